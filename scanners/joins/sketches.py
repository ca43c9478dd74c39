"""Keyed hashes of a field's values, by which two fields are compared without either being shown. Pure.

A sketch lives in memory while a run compares fields; it is never stored, and the key of its hashes is made anew for
each run.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from dataclasses import field as attribute
from hashlib import blake2b
from random import Random

from scanners.values import as_text, bytes_as_text

#: Of a longer value so many characters are compared: no key is longer.
_CHARS = 400
#: Values that stand for “none” where an empty cell was not wanted.
_NONE = ("0", "-1", "-", "--", "n/a", "na", "null", "none", "nil", "unknown", "?", "#n/a", "nan")
_WHOLE = re.compile(r"([+-]?)0*(\d+)(?:\.0+)?")
_UUID = re.compile(r"\{?([0-9a-f]{8})-?([0-9a-f]{4})-?([0-9a-f]{4})-?([0-9a-f]{4})-?([0-9a-f]{12})\}?")
#: Numbers this close together are those of a counter: so many times the numbers there are.
_GAPS = 1.6
#: Values of a field kept as the source gave them, to ask the other side for them.
PROBED = 200
#: Values of a field that are looked for in others.
MOST_OF_CHILD = 2_000


def normal(value: object) -> str:
    """One spelling of a value, so that 7, “7.0”, “007” and “ 7” are the same key, and two ways of writing a code too.

    Case, space around and runs of space do not count; neither do zeros before a whole number, nor how a UUID is set.
    """
    if type(value) is int:  # most keys are
        return str(value)
    if isinstance(value, bytes | bytearray | memoryview):
        text = bytes_as_text(bytes(value[:_CHARS])) or bytes(value[:_CHARS]).hex()
    else:
        text = as_text(value)
    text = " ".join(text[:_CHARS].split()).casefold()
    number = _WHOLE.fullmatch(text)
    if number is not None:
        sign = "-" if number[1] == "-" and number[2] != "0" else ""
        return sign + number[2]
    uuid = _UUID.fullmatch(text)
    return "".join(uuid.groups()) if uuid else text


class Hasher:
    """Hashes under one key."""

    def __init__(self, key: bytes) -> None:
        """``key``: random, 16 bytes or more, and of this run alone."""
        self._key = key[:64]
        self.none = frozenset(self.of(text) for text in _NONE)

    def of(self, text: str) -> int:
        """The hash of a value in its normal spelling."""
        digest = blake2b(text.encode("utf-8", "surrogatepass"), digest_size=8, key=self._key).digest()
        return int.from_bytes(digest, "big")


@dataclass(frozen=True, slots=True, repr=False)
class Sketch:
    """What is known of a field's values without them. No ``repr``: its numbers are values too."""

    #: Of every value that was read, or of some of them where none is looked for in it.
    hashes: frozenset[int]
    #: Whether every row was read.
    is_complete: bool
    #: Non-empty values read, and how many different ones.
    count: int
    distinct: int
    #: Least and greatest of values that are all whole numbers; None when some are not.
    low: int | None = None
    high: int | None = None
    #: Characters of its values on average.
    length: float = 0.0
    #: Some distinct values, as the source gave them: what the other side is asked for.
    probes: tuple[object, ...] = ()

    @property
    def is_unique(self) -> bool:
        """Whether no value was seen twice, and there are some."""
        return 0 < self.count == self.distinct

    @property
    def is_counter(self) -> bool:
        """Whether its values are whole numbers that follow each other, as a counter gives them."""
        if self.low is None or self.high is None or not self.distinct:
            return False
        return self.is_complete and self.high - self.low + 1 <= _GAPS * self.distinct + 5 and -1 <= self.low <= 10_000


@dataclass(slots=True, repr=False)
class Maker:
    """Makes the sketch of one field, value by value."""

    hasher: Hasher
    seed: int = 0
    _seen: dict[str, object] = attribute(default_factory=dict)
    _count: int = 0
    _chars: int = 0
    _is_whole: bool = True

    def add(self, value: object, times: int = 1) -> None:
        """Take a value in that stands there so many times. Nothing and blanks do not count."""
        if value is None:
            return
        text = normal(value)
        if not text:
            return
        self._count += times
        if text not in self._seen:
            self._seen[text] = value
            self._chars += len(text)
            self._is_whole = self._is_whole and text.removeprefix("-").isdecimal() and len(text) <= 18

    def extend(self, values: Iterable[object]) -> None:
        """Take many in. Equal ones are folded first, so that each is spelled once."""
        values = list(values)
        try:
            folded = Counter(values)
        except TypeError:  # lists and dicts, as drivers give for arrays and JSON
            for value in values:
                self.add(value)
            return
        for value, times in folded.items():
            self.add(value, times)

    def made(self, *, is_complete: bool, is_parent: bool) -> Sketch:
        """The sketch of what was taken in; ``is_parent``: other fields' values will be looked for in it."""
        texts = list(self._seen)
        if not is_parent and len(texts) > MOST_OF_CHILD:
            texts = Random(self.seed).sample(texts, MOST_OF_CHILD)  # noqa: S311 - chooses values, guards nothing
        hashes = frozenset(map(self.hasher.of, texts))
        numbers = [int(text) for text in self._seen] if self._is_whole and self._seen else []
        kept = list(self._seen.values())
        if len(kept) > PROBED:
            kept = Random(self.seed).sample(kept, PROBED)  # noqa: S311 - chooses values, guards nothing
        return Sketch(
            hashes,
            is_complete,
            self._count,
            len(self._seen),
            min(numbers, default=None),
            max(numbers, default=None),
            self._chars / len(self._seen) if self._seen else 0.0,
            tuple(kept),
        )
