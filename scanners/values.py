"""What was read, on its way to detection. Values live here and nowhere else, and no ``repr`` shows them."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from dataclasses import field as attribute

from data_map.model import Asset, Field, Reason, Skipped

#: A value longer than this many characters is cut. Long enough for a paragraph, short enough for 1,000 columns.
VALUE_CHARS = 4096


class UnreadableError(Exception):
    """One asset (or one part of it) cannot be read; the scan turns it into a ``Skipped``."""

    def __init__(self, reason: Reason, code: str | None = None) -> None:
        """``code`` is an SQLSTATE, an errno or the name of an extra, never a driver's message."""
        super().__init__(reason.value)
        self.reason = reason
        self.code = code


@dataclass(frozen=True, slots=True)
class Take:
    """How much to read of one asset."""

    #: Rows at the most; None reads all of them.
    rows: int | None
    #: Chooses the rows, so that two runs with the same seed read the same ones.
    seed: int = 0
    #: Only these fields (by name); None for all.
    fields: frozenset[str] | None = None
    max_file_bytes: int = 100 * 2**20
    timeout_s: float = 30.0


@dataclass(slots=True)
class Column:
    """The distinct values of one field with their counts."""

    field: Field
    #: Distinct non-empty values, stripped, at most ``VALUE_CHARS`` long, in order of first sight.
    counts: dict[str, int] = attribute(default_factory=dict, repr=False)
    #: Values that are neither null nor blank.
    sampled: int = 0
    #: Null and blank values.
    missing: int = 0
    #: Values that are bytes: they are counted, their content is not looked at as text.
    binary: int = 0
    #: Values longer than ``VALUE_CHARS``: they were looked at up to there.
    cut: int = 0
    #: The first bytes of a few binary values, for their magic numbers.
    magic: list[bytes] = attribute(default_factory=list, repr=False)

    def add(self, value: object) -> None:
        """Count one value as the source's driver gave it."""
        self._count(value, 1)

    def extend(self, values: Iterable[object]) -> None:
        """Count many values. Equal ones are folded first, so that each distinct value is looked at once."""
        values = list(values)
        try:
            folded = Counter(values)
        except TypeError:  # lists and dicts, as drivers give for arrays and JSON
            for value in values:
                self._count(value, 1)
            return
        counts, sampled = self.counts, 0
        for value, count in folded.items():
            # The frequent cases by themselves: this runs for nearly every cell of a table.
            text = value if type(value) is str else str(value) if type(value) is int else None
            if text is None or len(text) >= VALUE_CHARS or not (text := text.strip()):
                self._count(value, count)
            else:
                sampled += count
                counts[text] = counts.get(text, 0) + count
        self.sampled += sampled

    def _count(self, value: object, count: int) -> None:
        if isinstance(value, bytes | bytearray | memoryview):
            text = bytes_as_text(bytes(value[:VALUE_CHARS]))
            # Databases are asked for so much and no more: a value of that length has been cut there.
            self.cut += count if len(value) >= VALUE_CHARS and text is not None else 0
            if text is None:
                self.sampled += count
                self.binary += count
                if len(self.magic) < 20:
                    self.magic.append(bytes(value[:16]))
                return
            value = text
        elif value is not None:
            value = as_text(value)
            self.cut += count if len(value) >= VALUE_CHARS else 0
        value = "" if value is None else value[:VALUE_CHARS].strip()
        if not value:
            self.missing += count
            return
        self.sampled += count
        self.counts[value] = self.counts.get(value, 0) + count

    @property
    def text_bytes(self) -> int:
        """Characters of all values read, repeats included: what the reports call bytes read."""
        return sum(len(value) * count for value, count in self.counts.items()) + 16 * self.binary


@dataclass(frozen=True, slots=True)
class TextPart:
    """A stretch of running text of a document."""

    #: ``body`` for a document without columns.
    field: Field
    text: str = attribute(repr=False)


@dataclass(slots=True)
class Content:
    """What was read of one asset."""

    #: The asset again, with what became known by reading it (row count of an asset read whole).
    asset: Asset
    columns: list[Column] = attribute(default_factory=list)
    texts: list[TextPart] = attribute(default_factory=list)
    skipped: list[Skipped] = attribute(default_factory=list)
    rows_read: int = 0
    bytes_read: int = 0
    is_whole: bool = True
    #: ``all``, ``head``, ``blocks``, ``key_ranges``, ``members`` (some tables of a series), ``none``.
    sampling: str = "all"


def as_text(value: object) -> str:
    """One spelling of a value for every dialect and format, so that the same data gets the same verdict.

    Booleans are ``0``/``1``, whole floats lose their ``.0``, dates are ISO 8601 with a space before the time.
    """
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "1" if value else "0"
    if isinstance(value, float):
        return str(int(value)) if value.is_integer() and abs(value) < 1e15 else repr(value)
    if isinstance(value, dt.datetime):
        text = value.isoformat(sep=" ")
        return text.removesuffix(" 00:00:00")
    if isinstance(value, list | tuple | set):
        return ", ".join(as_text(item) for item in value if item is not None)
    return str(value)


def bytes_as_text(value: bytes) -> str | None:
    """The text in a binary column's value, or None when it is not text. A last character cut in two is dropped."""
    try:
        text = value.decode("utf-8")
    except UnicodeDecodeError as error:
        if len(value) - error.start > 3 or error.reason != "unexpected end of data":
            return None
        text = value[: error.start].decode("utf-8")
    return text if all(char.isprintable() or char in "\t\r\n" for char in text) else None
