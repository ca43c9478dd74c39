"""JSON, and JSON line by line: one column per path, whatever the nesting. A list adds nothing to a path."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import chain
from typing import Any, BinaryIO

from data_map.model import Asset, Field, FieldRef, Reason, Skipped
from scanners.extract.decode import text_of
from scanners.extract.header import fill, is_heading, is_nameable
from scanners.values import Column, Content, Take, UnreadableError

#: Levels of objects that a path can name; what lies deeper is counted at the last of them.
MAX_DEPTH = 30

#: Different keys at one path that may still be the names of fields.
MAX_KEYS = 40

#: Paths of one file.
MAX_PATHS = 10_000

#: Values at one path for each row that was asked for: lists in records are cut as records are.
NESTED_PER_ROW = 10

#: Objects at one path from which it can be told what is regular in them, and the share that makes a key regular.
_REGULAR_OBJECTS = 5
_REGULAR_RATIO = 0.2
_REGULAR_KEYS = 1_000

#: How much of their keys objects share that are entries of one map: shared by all of both.
_ALIKE_RATIO = 0.5

#: Words for the parties of a record, which no heading has: keys made of these and of headings keep their names.
_PARTIES = frozenset(
    [
        "applicant",
        "buyer",
        "creditor",
        "debtor",
        "guardian",
        "landlord",
        "passenger",
        "payee",
        "payer",
        "receiver",
        "recipient",
        "seller",
        "sender",
        "tenant",
    ]
)
_WORDS = re.compile(r"[A-Z]*[^\W\d_A-Z]+|[^\W\d_]+")

#: Name of the path when a file holds no objects.
_ROOT = "value"


class StructuredReader:
    """Reads one JSON document; a list at its top is a list of rows."""

    def __init__(self, is_name: Callable[[str], bool] = is_nameable) -> None:
        """``is_name`` says whether a key may be used as a name."""
        self._is_name = is_name

    def extract(self, stream: BinaryIO, asset: Asset, take: Take) -> Content:
        """Read the whole document, then look at the first ``take.rows`` elements of a list at its top.

        A file that holds one document per line is read as that, whatever its name.
        """
        with text_of(stream) as text:
            written = text.read()
        size = stream.tell()
        try:
            document = _parsed(written)
        except ValueError:
            records, bad = _parsed_lines(written.splitlines(), None)
            if bad or len(records) < 2:
                raise UnreadableError(Reason.DAMAGED) from None
            document = records
        if isinstance(document, list):
            return _content(document, 0, len(document), asset, take, size, self._is_name)
        return _content([document], 0, _rows_within(document), asset, take, size, self._is_name)


class LinesReader:
    """Reads one JSON document per line; each is a row."""

    def __init__(self, is_name: Callable[[str], bool] = is_nameable) -> None:
        """``is_name`` says whether a key may be used as a name."""
        self._is_name = is_name

    def extract(self, stream: BinaryIO, asset: Asset, take: Take) -> Content:
        """Read the first ``take.rows`` lines. Lines that are not JSON are left out and told of."""
        with text_of(stream) as text:
            # One more than wanted tells whether there are more.
            records, bad = _parsed_lines(text, None if take.rows is None else take.rows + 1)
        if bad and not records:
            raise UnreadableError(Reason.DAMAGED)
        return _content(records, bad, len(records), asset, take, stream.tell(), self._is_name)


def _content(
    records: list[object],
    bad: int,
    row_count: int,
    asset: Asset,
    take: Take,
    bytes_read: int,
    is_name: Callable[[str], bool],
) -> Content:
    is_cut = take.rows is not None and len(records) > take.rows
    paths = Paths(asset, take, is_name)
    paths.look(records[: take.rows] if is_cut else records, "", 0)
    is_whole = not is_cut and paths.is_whole
    skipped = list(paths.skipped)
    if bad:
        skipped.append(Skipped(asset.source, Reason.DAMAGED, asset=asset.name, field="(unparsed lines)"))
    return Content(
        asset=replace(asset, row_count=row_count) if is_whole and not bad else asset,
        columns=list(paths.columns.values()),
        skipped=skipped,
        rows_read=min(row_count, take.rows) if is_cut and take.rows is not None else row_count,
        bytes_read=bytes_read,
        is_whole=is_whole,
        sampling="all" if is_whole else "head",
    )


@dataclass(slots=True)
class Paths:
    """Columns by path, filled from the outermost level inwards: all values at a path are seen together."""

    asset: Asset
    take: Take
    is_name: Callable[[str], bool]
    columns: dict[str, Column] = field(default_factory=dict)
    skipped: list[Skipped] = field(default_factory=list)
    is_whole: bool = True

    def look(self, values: Iterable[object], path: str, depth: int) -> None:
        """Count the values at a path, then those below it."""
        objects: list[Mapping[str, object]] = []
        scalars: list[object] = []
        for value in self._cut(values):
            if isinstance(value, dict):
                objects.append(value)
            else:
                scalars.append(value)
        if scalars:
            self._count(path or _ROOT, scalars)
        if not objects:
            return
        if depth == MAX_DEPTH:
            self._count(path, _leaves(objects))
            return
        named = regular_keys(objects, self.is_name)
        entries = map_keys(objects, named)
        named = [key for key in named if key not in entries]
        for key in named:
            inner = [each[key] for each in objects if key in each]
            self.look(inner, f"{path}.{key}" if path else key, depth + 1)
        others = [(key, value) for each in objects for key, value in each.items() if key not in named]
        if others:
            prefix = f"{path}." if path else ""
            self._count(f"{prefix}(keys)", [key for key, _ in others])
            self.look([value for _, value in others], f"{prefix}*", depth + 1)

    def _cut(self, values: Iterable[object]) -> Iterator[object]:
        most = None if self.take.rows is None else self.take.rows * NESTED_PER_ROW
        for number, value in enumerate(_elements(values)):
            if most is not None and number >= most:
                self.is_whole = False
                return
            yield value

    def _count(self, path: str, values: Sequence[object]) -> None:
        if self.take.fields is not None and path not in self.take.fields:
            return
        if path not in self.columns:
            if len(self.columns) >= MAX_PATHS:
                self._too_many()
                return
            ref = FieldRef(self.asset.source, self.asset.name, path)
            self.columns[path] = Column(Field(ref, position=len(self.columns)))
        self.is_whole &= fill(self.columns[path], values, self.take)

    def _too_many(self) -> None:
        if not self.skipped:
            self.skipped.append(
                Skipped(self.asset.source, Reason.TOO_MANY_PARTS, asset=self.asset.name, field="(more paths)")
            )


def regular_keys(objects: Sequence[Mapping[str, object]], is_name: Callable[[str], bool]) -> list[str]:
    """The keys of objects of one kind that name fields, in order of first sight; all others are content.

    A few keys that all look like names are names. Where there are many, or some look like somebody's data, only those
    are that many objects share.
    """
    counts = Counter(key for each in objects for key in each)
    unfit = {key for key in counts if not is_name(key)}
    if not unfit and len(counts) <= MAX_KEYS:
        return list(counts)
    if len(objects) < _REGULAR_OBJECTS:
        return []
    regular = [key for key, count in counts.items() if key not in unfit and count >= _REGULAR_RATIO * len(objects)]
    return regular if len(regular) <= _REGULAR_KEYS else []


def map_keys(objects: Sequence[Mapping[str, object]], keys: Sequence[str]) -> frozenset[str]:
    """Those of the keys that are content because what they hold is alike: two logins with the same data below each.

    Such keys are names only when every one of them is made of words of headings: ``billing`` and ``shipping``.
    """
    inner: dict[str, set[str]] = {}
    for key in keys:
        held = _elements(each[key] for each in objects if key in each)
        found = [item for item in held if isinstance(item, dict)]
        if found:
            inner[key] = set().union(*found)
    groups: list[tuple[set[str], list[str]]] = []
    for key, below in inner.items():
        group = next((group for group in groups if _is_alike(group[0], below)), None)
        if group is None:
            groups.append((below, [key]))
        else:
            group[1].append(key)
    entries = {key for _, alike in groups if len(alike) > 1 and not all(map(_is_generic, alike)) for key in alike}
    if entries:
        # Beside the entries of a map stand more of them: with other data below, or with none.
        blank = {key for key in keys if all(each.get(key) in (None, []) for each in objects)}
        entries |= {key for key in inner.keys() | blank if not _is_generic(key)}
    return frozenset(entries)


def _is_alike(one: set[str], other: set[str]) -> bool:
    return len(one & other) >= _ALIKE_RATIO * len(one | other)


def _is_generic(key: str) -> bool:
    """Whether a key consists of words of headings alone."""
    words = _WORDS.findall(key)
    return bool(words) and all(is_heading(word) or word.lower() in _PARTIES for word in words)


def _elements(values: Iterable[object]) -> Iterator[object]:
    """The values with lists, however nested, replaced by what is in them, in their order."""
    stack = [iter(values)]
    while stack:
        for value in stack[-1]:
            if isinstance(value, list):
                stack.append(iter(value))
                break
            yield value
        else:
            stack.pop()


def _leaves(values: Iterable[object]) -> list[object]:
    """All keys and scalar values in objects and lists, however deep."""
    found: list[object] = []
    stack = [iter(values)]
    while stack:
        for value in stack[-1]:
            if isinstance(value, dict):
                stack.append(chain.from_iterable(value.items()))
                break
            if isinstance(value, list):
                stack.append(iter(value))
                break
            found.append(value)
        else:
            stack.pop()
    return found


def _rows_within(document: object) -> int:
    """Rows of a document that is not a list: those of its longest list."""
    inner = document.values() if isinstance(document, dict) else ()
    return max((len(value) for value in inner if isinstance(value, list)), default=1) or 1


def _parsed_lines(lines: Iterable[str], most: int | None) -> tuple[list[object], int]:
    """The documents on the lines, at most so many, and how many lines hold none."""
    records: list[object] = []
    bad = 0
    for line in lines:
        if most is not None and len(records) >= most:
            break
        if not line.strip("\0 \t\r\n"):
            continue
        try:
            records.append(_parsed(line))
        except (ValueError, UnreadableError):
            bad += 1
    return records, bad


def _parsed(text: str) -> Any:
    """One JSON document. Numbers keep their digits, and a key that occurs twice in an object keeps both values.

    Raises:
        ValueError: it is not JSON.
        UnreadableError: it is nested too deeply to be read.
    """
    try:
        return json.loads(text, object_pairs_hook=_object, parse_int=str)
    except RecursionError:
        raise UnreadableError(Reason.DAMAGED) from None


def _object(pairs: list[tuple[str, object]]) -> dict[str, object]:
    found = dict(pairs)
    if len(found) < len(pairs):
        found = {key: [value for name, value in pairs if name == key] for key in found}
    return found
