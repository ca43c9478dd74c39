"""Where in a record which field stands: descriptions of exports, as TOML and as CSV. Places count from 1 there."""

from __future__ import annotations

import csv
import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from io import StringIO
from typing import Any

#: A description larger than this is none.
LAYOUT_BYTES = 2**20
#: Fields, each repetition counted.
MAX_PLACES = 10_000
#: Bytes or characters of a record.
MAX_RECORD = 2**20

_TYPES = {
    "alpha": "text",
    "char": "text",
    "date": "text",
    "string": "text",
    "text": "text",
    "": "text",
    "int": "number",
    "integer": "number",
    "num": "number",
    "number": "number",
    "numeric": "number",
    "zoned": "zoned",
    "comp-3": "packed",
    "packed": "packed",
    "binary": "binary",
    "comp": "binary",
}
#: Types that are no text in any encoding.
BYTES = frozenset({"packed", "binary", "national", "opaque"})

_HEADINGS = {
    "name": ("field", "name", "column", "feld"),
    "start": ("start", "position", "pos", "from", "begin", "von"),
    "length": ("length", "len", "width", "size", "länge", "laenge"),
    "end": ("end", "to", "bis"),
    "type": ("type", "typ"),
    "decimals": ("decimals", "scale"),
    "record": ("record", "satzart"),
}
_FIELD_KEYS = frozenset(_HEADINGS)
_KEYS = frozenset({"copybook", "encoding", "fields", "header_lines", "record", "record_length"})


class LayoutError(Exception):
    """A description has a mistake. ``place`` says where, and nothing of what stands there: ``line 3``, ``field 2``."""

    def __init__(self, place: str) -> None:
        super().__init__(place)
        self.place = place


@dataclass(frozen=True, slots=True)
class Place:
    """A field, or one of its repetitions, in a record."""

    name: str
    #: From 0; in bytes for records without line ends, else in characters.
    start: int
    length: int
    #: ``text``, ``number``, ``zoned`` (the sign is in the last digit), ``packed`` (two digits a byte), ``binary``
    #: (the first byte counts most), ``national`` (UTF-16), ``opaque`` (no text, and nobody says what).
    type: str = "text"
    #: Digits behind the point that is not written.
    decimals: int = 0
    is_signed: bool = True
    #: Only in records of this kind; None: in all.
    record: str | None = None

    @property
    def declared(self) -> str:
        """The type for people: ``packed(5,2)``."""
        return f"{self.type}({self.length},{self.decimals})" if self.decimals else f"{self.type}({self.length})"


@dataclass(frozen=True, slots=True)
class Layout:
    """A record's description."""

    places: tuple[Place, ...]
    encoding: str | None = None
    #: Bytes of a record, when the description says so.
    record_length: int | None = None
    #: Lines or records before the first one with data.
    header_lines: int = 0
    #: Start (from 0) and length of what tells the kind of a record.
    record: tuple[int, int] | None = None
    #: Bytes of a record as a copybook adds them up, fillers included; None: up to the end of the last place.
    length: int | None = None


def from_toml(text: str) -> tuple[Layout, str | None]:
    """A description, and the name of the copybook that has the places, when it names one.

    Raises:
        LayoutError: it is no TOML, or a key or a field in it is wrong.
    """
    try:
        raw = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        line = re.search(r"line (\d+)", str(error))
        raise LayoutError(f"line {line[1]}" if line else "end") from None
    except RecursionError:
        raise LayoutError("nesting") from None
    if not raw.keys() <= _KEYS:
        raise LayoutError("unknown key")
    copybook = raw.get("copybook")
    fields = raw.get("fields", [])
    if not isinstance(fields, list) or (copybook is None) == (not fields) or not isinstance(copybook, str | None):
        raise LayoutError("fields")
    places = []
    for number, each in enumerate(fields, start=1):
        if not isinstance(each, dict) or not each.keys() <= _FIELD_KEYS:
            raise LayoutError(f"field {number}")
        places.append(_place(each, f"field {number}"))
    return Layout(
        _checked(places),
        _encoding(raw.get("encoding")),
        _whole(raw, "record_length", 1, None),
        _whole(raw, "header_lines", 0, 0) or 0,
        _record(raw.get("record")),
    ), copybook


def from_csv(text: str) -> Layout:
    """A description with a field on each line, below a line of headings: ``field,start,length`` and more.

    Raises:
        LayoutError: a line of it is wrong.
    """
    first = text.partition("\n")[0]
    delimiter = max(";\t,|", key=first.count)
    names: list[str | None] = []
    places = []
    try:
        reader = csv.reader(StringIO(text.replace("\0", ""), newline=""), delimiter=delimiter)
        for row in reader:
            where = f"line {reader.line_num}"
            if not any(cell.strip() for cell in row) or row[0].lstrip().startswith("#"):
                continue
            if not names:
                names = [_heading(cell) for cell in row]
                if "name" not in names or "start" not in names or not {"length", "end"} & {*names}:
                    raise LayoutError(where)
                continue
            cells = zip(names, row, strict=False)
            places.append(_place({name: cell.strip() for name, cell in cells if name and cell.strip()}, where))
    except csv.Error:
        raise LayoutError(f"line {reader.line_num}") from None
    if not places:
        raise LayoutError("fields")
    return Layout(_checked(places))


def _heading(cell: str) -> str | None:
    return next((name for name, known in _HEADINGS.items() if cell.strip().lower() in known), None)


def _place(given: Mapping[str, Any], where: str) -> Place:
    name, kind = given.get("name"), str(given.get("type", "")).lower()
    start = _number(given.get("start"), where)
    length = _number(given["end"], where) - start + 1 if "end" in given else _number(given.get("length"), where)
    decimals = _number(given["decimals"], where) if "decimals" in given else 0
    if not isinstance(name, str) or not name.strip() or kind not in _TYPES or not 0 <= decimals <= 18:
        raise LayoutError(where)
    if start < 1 or length < 1 or start + length > MAX_RECORD:
        raise LayoutError(where)
    record = given.get("record")
    return Place(
        name.strip(), start - 1, length, _TYPES[kind], decimals, record=None if record is None else str(record)
    )


def _number(given: object, where: str) -> int:
    text = str(given)
    if isinstance(given, bool) or not re.fullmatch(r"[0-9]{1,9}", text):
        raise LayoutError(where)
    return int(text)


def _checked(places: list[Place]) -> tuple[Place, ...]:
    if len(places) > MAX_PLACES:
        raise LayoutError("too many fields")
    return tuple(places)


def _encoding(given: object) -> str | None:
    import codecs

    if given is None:
        return None
    try:
        found = codecs.lookup(given) if isinstance(given, str) else None
        "".encode(found.name if found else "")
    except (LookupError, ValueError):
        found = None
    if found is None:
        raise LayoutError("encoding")
    return found.name


def _whole(raw: Mapping[str, object], key: str, least: int, otherwise: int | None) -> int | None:
    given = raw.get(key, otherwise)
    if given is None:
        return None
    if not isinstance(given, int) or isinstance(given, bool) or not least <= given <= MAX_RECORD:
        raise LayoutError(key)
    return given


def _record(given: object) -> tuple[int, int] | None:
    if given is None:
        return None
    if not isinstance(given, dict) or given.keys() != {"start", "length"}:
        raise LayoutError("record")
    start, length = _number(given["start"], "record"), _number(given["length"], "record")
    if start < 1 or length < 1 or start + length > MAX_RECORD:
        raise LayoutError("record")
    return start - 1, length
