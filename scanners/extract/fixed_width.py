"""Exports whose records have fields at fixed places, read by the description that lies beside them.

The description is a table of places (TOML or CSV) or a COBOL copybook. What it leaves out of a record is looked at as
well, under a name of its own: nobody's data is skipped because a description forgot it.
"""

from __future__ import annotations

import io
import random
import string
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from itertools import islice
from typing import BinaryIO, TextIO

from data_map.model import Asset, Field, FieldRef, Reason, Skipped
from scanners.copybook import from_copybook
from scanners.extract.base import Companions
from scanners.extract.decode import SAMPLE_BYTES, text_of
from scanners.extract.header import fill, is_nameable, unique_name
from scanners.layout import BYTES, LAYOUT_BYTES, Layout, LayoutError, Place, from_csv, from_toml
from scanners.values import Column, Content, Take, UnreadableError

#: Name of the column of what no field of the layout covers.
OUTSIDE = "(outside the layout)"

_BLOCK_RECORDS = 20
_BATCH_RECORDS = 1_000

#: A line longer than this is read in pieces, each a record.
_LINE_CHARS = 2**20

_EBCDIC = "cp037"

#: Letters, digits and the space.
_SIGNS = " " + string.ascii_letters + string.digits
_ASCII_SIGNS = frozenset(_SIGNS.encode("ascii"))
_EBCDIC_SIGNS = frozenset(_SIGNS.encode(_EBCDIC))

#: The sign of a zoned number and its last digit in one character: +0 to +9, then -0 to -9; and as some ASCII compilers
#: write negative ones.
_OVERPUNCHED = {char: ("", str(digit)) for digit, char in enumerate("{ABCDEFGHI")}
_OVERPUNCHED |= {char: ("-", str(digit)) for digit, char in enumerate("}JKLMNOPQR")}
_OVERPUNCHED |= {char: ("-", str(digit)) for digit, char in enumerate("pqrstuvwxy")}


class FixedWidthReader:
    """Reads an export by the layout beside it."""

    def __init__(self, beside: Companions) -> None:
        """``beside``: the layout, and the copybook when the layout names one."""
        self._beside = beside

    def extract(self, stream: BinaryIO, asset: Asset, take: Take) -> Content:
        """The first ``take.rows`` lines; of records without line ends as many in short runs at random places.

        Raises:
            UnreadableError: the layout has a mistake; the code says in which line, ``layout:line 3``.
        """
        try:
            layout = _with_encoding(self._layout(), stream)
        except LayoutError as error:
            raise UnreadableError(Reason.DAMAGED, f"layout:{error.place}") from None
        length = _record_length(stream, layout)
        table = _Table(layout, asset, take, is_text=length is None)
        if length is None:
            return _from_lines(stream, layout, table, asset, take)
        return _from_records(stream, layout, length, table, asset, take)

    def _layout(self) -> Layout:
        names = {name.lower(): name for name in self._beside.names}
        low, first = next(iter(names.items()))
        if low.endswith(".csv"):
            return from_csv(self._text(first))
        if low.endswith(".cpy"):
            return from_copybook(self._text(first))
        layout, copybook = from_toml(self._text(first))
        if copybook is None:
            return layout
        if copybook.lower() not in names:
            raise LayoutError("copybook")
        try:
            found = from_copybook(self._text(names[copybook.lower()]))
        except LayoutError as error:
            raise LayoutError(f"copybook {error.place}") from None
        return replace(layout, places=found.places, length=found.length)

    def _text(self, name: str) -> str:
        with self._beside.open(name) as stream:
            if stream.seek(0, 2) > LAYOUT_BYTES:
                raise LayoutError("too large")
            stream.seek(0)
            with text_of(stream) as text:
                return text.read()


class _Table:
    """Columns filled from records."""

    def __init__(self, layout: Layout, asset: Asset, take: Take, *, is_text: bool) -> None:
        self.is_whole = True
        self._asset = asset
        self._take = take
        self._layout = layout
        self._is_text = is_text
        self._columns: dict[str, Column] = {}
        self._bad: dict[str, int] = {}
        self._gaps: dict[str | None, tuple[tuple[int, int | None], ...]] = {}
        names: dict[str, str] = {}
        for place in layout.places:
            if place.name not in names:
                shown = place.name if _is_name(place.name) else f"column_{len(names) + 1}"
                names[place.name] = unique_name(shown, names.values())
                self._add_column(names[place.name], place.declared)
        self._names = names
        self._add_column(OUTSIDE, None)

    def _add_column(self, name: str, declared: str | None) -> None:
        if self._take.fields is None or name in self._take.fields:
            ref = FieldRef(self._asset.source, self._asset.name, name)
            self._columns[name] = Column(Field(ref, declared, len(self._columns)))

    def add(self, records: Sequence[str | bytes]) -> None:
        """Count the values of some records."""
        found: dict[str, list[object]] = {name: [] for name in self._columns}
        for record in records:
            kind = self._kind(record)
            for place in self._layout.places:
                name = self._names[place.name]
                if name in found and (place.record is None or place.record == kind):
                    found[name].append(self._value(record[place.start : place.start + place.length], place, name))
            if OUTSIDE in found:
                found[OUTSIDE].extend(self._outside(record, kind))
        for name, values in found.items():
            column = self._columns[name]
            binary = [value for value in values if isinstance(value, bytes)]
            column.extend(binary)
            self.is_whole &= fill(column, [value for value in values if not isinstance(value, bytes)], self._take)

    def columns(self) -> list[Column]:
        """The columns, without that of what is outside of the layout when nothing is."""
        outside = self._columns.get(OUTSIDE)
        if outside is not None and not outside.sampled:
            del self._columns[OUTSIDE]
        return list(self._columns.values())

    def damaged(self) -> Iterator[Skipped]:
        """Columns of which values could not be read."""
        for name, count in self._bad.items():
            self.is_whole = False
            yield Skipped(self._asset.source, Reason.DAMAGED, self._asset.name, name, f"{count} values")

    def _kind(self, record: str | bytes) -> str | None:
        where = self._layout.record
        if where is None:
            return None
        cut = record[where[0] : where[0] + where[1]]
        return (cut if isinstance(cut, str) else self._decoded(cut)).strip()

    def _decoded(self, raw: bytes) -> str:
        return raw.decode(self._layout.encoding or "cp1252", "replace")

    def _value(self, cut: str | bytes, place: Place, name: str) -> object:
        try:
            if isinstance(cut, str):
                return _zoned(cut, place) if place.type == "zoned" else _decimal(cut, place)
            return self._of_bytes(cut, place)
        except ValueError:
            self._bad[name] = self._bad.get(name, 0) + 1
            return None

    def _of_bytes(self, raw: bytes, place: Place) -> object:
        if len(raw) < place.length and place.type not in ("text", "number"):
            return None
        if place.type == "packed":
            return _packed(raw, place)
        if place.type == "binary":
            return _pointed(int.from_bytes(raw, "big", signed=place.is_signed), place.decimals)
        if place.type == "opaque":
            return raw if raw.strip(b"\0 \x40") else None
        if place.type == "national":
            return raw.decode("utf-16-be", "replace").strip("\0 ")
        if place.type == "zoned":
            # Signs are the same letters in every EBCDIC code page only as seen by the first of them.
            is_ebcdic = _is_ebcdic(self._layout.encoding)
            return _zoned(raw.decode(_EBCDIC) if is_ebcdic else self._decoded(raw), place)
        return _decimal(self._decoded(raw).replace("\0", " "), place)

    def _outside(self, record: str | bytes, kind: str | None) -> Iterator[object]:
        known = kind if any(place.record == kind for place in self._layout.places) else None
        if known not in self._gaps:
            self._gaps[known] = _gaps(self._layout, known)
        for start, end in self._gaps[known]:
            cut = record[start:end]
            text = cut if isinstance(cut, str) else self._decoded(cut)
            # Between fields of text stands, now and then, something binary, which is nobody's.
            if text and (text := text.strip("\0 ")) and text.isprintable():
                yield text


def _from_lines(stream: BinaryIO, layout: Layout, table: _Table, asset: Asset, take: Take) -> Content:
    stream.seek(0)
    count = 0
    with _lines_of(stream, layout.encoding) as lines:
        for _ in islice(lines, layout.header_lines):
            pass
        rows = (line for line in lines if line.strip("\0 \x1a"))
        left = take.rows
        while batch := list(islice(rows, _BATCH_RECORDS if left is None else min(_BATCH_RECORDS, left))):
            table.add(batch)
            count += len(batch)
            left = None if left is None else left - len(batch)
        is_done = left is None or left > 0 or next(rows, None) is None
    known = count if is_done else None
    return _content(table, asset, known, count, stream.tell(), is_done, "all" if is_done else "head", [])


def _from_records(stream: BinaryIO, layout: Layout, length: int, table: _Table, asset: Asset, take: Take) -> Content:
    size = stream.seek(0, 2)
    start = min(size, layout.header_lines * length)
    count, rest = divmod(size - start, length)
    is_all = take.rows is None or count <= take.rows
    places = [(0, count)] if is_all or take.rows is None else _places(count, take.rows, take.seed)
    read = 0
    at_once = max(1, min(_BATCH_RECORDS, 2**20 // length))
    for first, number in places:
        for at in range(first, first + number, at_once):
            stream.seek(start + at * length)
            data = stream.read(min(at_once, first + number - at) * length)
            records = [data[each : each + length] for each in range(0, len(data) - length + 1, length)]
            table.add(records)
            read += len(records)
    skipped = []
    if rest > 1 or (rest == 1 and not _is_end(stream, size)):  # DOS ends a file with one character
        skipped.append(Skipped(asset.source, Reason.DAMAGED, asset.name, "(last record)", f"{rest} bytes"))
    return _content(table, asset, count, read, read * length, is_all, "all" if is_all else "blocks", skipped)


def _content(
    table: _Table,
    asset: Asset,
    row_count: int | None,
    count: int,
    bytes_read: int,
    is_done: bool,
    sampling: str,
    skipped: list[Skipped],
) -> Content:
    skipped = [*skipped, *table.damaged()]
    return Content(
        asset=asset if row_count is None else replace(asset, row_count=row_count),
        columns=table.columns(),
        skipped=skipped,
        rows_read=count,
        bytes_read=bytes_read,
        is_whole=is_done and table.is_whole and not skipped,
        sampling=sampling if count else "none",
    )


def _record_length(stream: BinaryIO, layout: Layout) -> int | None:
    """Bytes from one record to the next; None when lines are the records."""
    stream.seek(0)
    head = stream.read(SAMPLE_BYTES)
    end = max(place.start + place.length for place in layout.places)
    natural = layout.record_length or layout.length or end
    has_bytes = any(place.type in BYTES for place in layout.places)
    if has_bytes or _is_ebcdic(layout.encoding) or (layout.record_length and layout.record_length <= len(head)):
        after = head[natural : natural + 2]
        if after[:1] == b"\n" or after == b"\r\n":
            is_text = not has_bytes and not _is_ebcdic(layout.encoding)
            return None if is_text else natural + (1 if after[:1] == b"\n" else 2)
        return natural
    # Characters may be more than one byte long: a line end anywhere in the first pages is one.
    has_lines = b"\n" in head or b"\r" in head
    return None if has_lines or len(head) < natural else natural


def _with_encoding(layout: Layout, stream: BinaryIO) -> Layout:
    """Mainframes write another alphabet: it shows where nobody has said which one."""
    if layout.encoding is not None:
        return layout
    stream.seek(0)
    return replace(layout, encoding=_EBCDIC) if _looks_ebcdic(stream.read(SAMPLE_BYTES)) else layout


def _gaps(layout: Layout, kind: str | None) -> tuple[tuple[int, int | None], ...]:
    """What no place of a kind of records covers, the last gap open at its end."""
    covered = sorted(
        (place.start, place.start + place.length)
        for place in layout.places
        if place.record is None or place.record == kind
    )
    if layout.record is not None:
        covered = sorted([*covered, (layout.record[0], sum(layout.record))])
    gaps: list[tuple[int, int | None]] = []
    at = 0
    for start, end in covered:
        if start > at:
            gaps.append((at, start))
        at = max(at, end)
    return (*gaps, (at, None))


def _places(count: int, rows: int, seed: int) -> list[tuple[int, int]]:
    """First record and number of records of runs that do not overlap, about evenly over the file."""
    runs = max(1, rows // _BLOCK_RECORDS)
    rng = random.Random(seed)  # noqa: S311 - chooses rows, guards nothing
    share, rest = divmod(rows, runs)
    places = []
    for run in range(runs):
        low, high = count * run // runs, count * (run + 1) // runs
        number = min(share + (run < rest), high - low)
        places.append((rng.randint(low, high - number), number))
    return places


@contextmanager
def _lines_of(stream: BinaryIO, encoding: str | None) -> Iterator[Iterator[str]]:
    """The lines without their ends."""

    def lines(text: TextIO) -> Iterator[str]:
        while line := text.readline(_LINE_CHARS):
            yield line.rstrip("\r\n")

    if encoding is None:
        with text_of(stream) as text:
            yield lines(text)
        return
    wrapper = io.TextIOWrapper(stream, encoding, "replace", newline="")
    try:
        yield lines(wrapper)
    finally:
        wrapper.detach()


def _is_name(text: str) -> bool:
    """A short word of letters is a name even when it may be a value elsewhere: ``NO`` for number."""
    return (text.isalpha() and len(text) <= 10) or is_nameable(text)


def _is_end(stream: BinaryIO, size: int) -> bool:
    stream.seek(size - 1)
    return stream.read(1) in (b"\x1a", b"\n", b"\0")


def _is_ebcdic(encoding: str | None) -> bool:
    if encoding is None:
        return False
    try:
        return "A0".encode(encoding) == b"\xc1\xf0"
    except UnicodeError:
        return False


def _looks_ebcdic(sample: bytes) -> bool:
    """Whether more of the bytes are letters, digits and spaces of EBCDIC than of ASCII, by far."""
    here = sum(byte in _EBCDIC_SIGNS for byte in sample)
    there = sum(byte in _ASCII_SIGNS for byte in sample)
    return here > 2 * there


def _decimal(text: str, place: Place) -> str:
    text = text.strip("\0 ")
    if not place.decimals or not text.isdigit():
        return text
    return _pointed(int(text), place.decimals)


def _zoned(text: str, place: Place) -> str | None:
    """A number whose sign stands before or behind it, or within its last or first digit."""
    text = text.strip("\0 ")
    if not text:
        return None
    sign = ""
    if text[0] in "+-":
        sign, text = text[0], text[1:]
    elif text[-1] in "+-":
        sign, text = text[-1], text[:-1]
    elif text[-1] in _OVERPUNCHED:
        sign, digit = _OVERPUNCHED[text[-1]]
        text = text[:-1] + digit
    elif text[0] in _OVERPUNCHED:
        sign, digit = _OVERPUNCHED[text[0]]
        text = digit + text[1:]
    if not (text.isascii() and text.isdigit()):
        raise ValueError
    return _pointed(-int(text) if sign == "-" else int(text), place.decimals)


def _packed(raw: bytes, place: Place) -> str | None:
    """Two digits a byte, the sign in the last half: D and B are negative, all others are not."""
    if not raw.strip(b"\0") or not raw.strip(b"\x40") or not raw.strip(b" "):
        return None
    text = raw.hex()
    digits, sign = text[:-1], text[-1]
    if not digits.isdigit() or sign.isdigit():
        raise ValueError
    return _pointed(-int(digits) if sign in "bd" else int(digits), place.decimals)


def _pointed(number: int, decimals: int) -> str:
    if not decimals:
        return str(number)
    digits = str(abs(number)).rjust(decimals + 1, "0")
    return f"{'-' if number < 0 else ''}{digits[:-decimals]}.{digits[-decimals:]}"
