"""Invented tables and texts as files of a share."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Sequence
from dataclasses import dataclass, field

from privacy.demo import sheets
from privacy.demo.tables import UNMARKED, Marks, Table, Value, joined


@dataclass(frozen=True, slots=True)
class File:
    """A file of the share, and the truth about its fields."""

    #: POSIX, relative to the share.
    path: str
    content: bytes = field(repr=False)
    marks: Marks = UNMARKED


def delimited(path: str, table: Table, delimiter: str = ",", encoding: str = "utf-8", *, header: bool = True) -> File:
    """A delimited text file; without header its fields are named ``column_1``, ``column_2``, …"""
    out = io.StringIO(newline="")
    writer = csv.writer(out, delimiter=delimiter, lineterminator="\r\n" if encoding == "cp1252" else "\n")
    if header:
        writer.writerow(column.name for column in table.columns)
    writer.writerows(table.rows)
    # Code page 1252 has no ł: an old export writes a question mark.
    content = _encoded(out.getvalue(), encoding)
    return File(path, content, table.marks() if header else _numbered(table))


def json_array(path: str, table: Table) -> File:
    """A list of objects; a dot in a column's name makes an object inside the object."""
    text = json.dumps([_nested(table, row) for row in table.rows], ensure_ascii=False, indent=2)
    return File(path, text.encode() + b"\n", table.marks())


def ndjson(path: str, table: Table) -> File:
    """One object a line."""
    text = "".join(json.dumps(_nested(table, row), ensure_ascii=False) + "\n" for row in table.rows)
    return File(path, text.encode(), table.marks())


def xlsx(path: str, *pages: Table) -> File:
    """A workbook of Excel."""
    return File(path, sheets.xlsx(pages), _paged(pages))


def ods(path: str, *pages: Table) -> File:
    """A workbook of LibreOffice."""
    return File(path, sheets.ods(pages), _paged(pages))


def text(path: str, body: str, encoding: str = "utf-8") -> File:
    """A text that is about people."""
    return File(path, _encoded(body, encoding), Marks(personal=(("body", "text.personal"),)))


def dull(path: str, body: str) -> File:
    """A text that nobody is in."""
    return File(path, body.encode(), Marks(harmless=("body",)))


def _encoded(text: str, encoding: str) -> bytes:
    if encoding == "utf-16":
        # Named, because ``utf-16`` takes the byte order of the machine.
        return b"\xff\xfe" + text.encode("utf-16-le")
    return text.encode(encoding, "replace")


def _numbered(table: Table) -> Marks:
    columns = enumerate(table.columns, 1)
    return Marks(personal=tuple((f"column_{at}", column.category) for at, column in columns if column.category))


def _paged(pages: Sequence[Table]) -> Marks:
    return joined(page.marks(f"{page.name}.") for page in pages)


def _nested(table: Table, row: tuple[Value, ...]) -> dict[str, object]:
    out: dict[str, object] = {}
    for column, value in zip(table.columns, row, strict=True):
        *path, last = column.name.split(".")
        place = out
        for step in path:
            inner = place.setdefault(step, {})
            assert isinstance(inner, dict)  # noqa: S101
            place = inner
        place[last] = value
    return out
