"""A table of records, and a listing of it in three formats: terminal, JSON, CSV."""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, Literal

from privacy.reports.text import amount, inert_cell, json_text, printable

if TYPE_CHECKING:
    from rich.console import Console
    from rich.text import Text


class Format(StrEnum):
    """How a listing is printed."""

    TABLE = "table"
    JSON = "json"
    CSV = "csv"


@dataclass(frozen=True, slots=True)
class Column:
    """A column as people see it."""

    key: str
    title: str
    align: Literal["left", "right"] = "left"
    #: Whether long content may be folded into further lines. Numbers and words of a short list are not.
    fold: bool = False
    #: Whether a terminal leaves the column out when it has nothing to say.
    optional: bool = False


@dataclass(frozen=True, slots=True)
class Table:
    """Records with the columns in which people see them. JSON has every key, the other two have the columns."""

    columns: tuple[Column, ...]
    records: Sequence[Mapping[str, object]]
    #: What is said instead of a table without rows.
    empty: str = "Nothing to show."
    title: str | None = None
    #: Keys of the CSV; the columns' when empty.
    csv_keys: tuple[str, ...] = field(default=())


def visible(table: Table) -> tuple[Column, ...]:
    """The columns without the optional ones that have nothing to say."""
    return tuple(
        column
        for column in table.columns
        if not column.optional or any(record.get(column.key) not in (None, "", 0) for record in table.records)
    )


def plain(value: object) -> str:
    """A value as people read it: counts with their thousands set apart, lists with commas, nothing for None."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, int):
        return amount(value)
    if isinstance(value, list | tuple):
        return ", ".join(plain(item) for item in value)
    return str(value)


def as_json(table: Table) -> str:
    """One JSON array."""
    return json_text(list(table.records))


def as_csv(table: Table) -> str:
    """With a header; cells that a spreadsheet would take for formulas are made inert."""
    keys = table.csv_keys or tuple(column.key for column in table.columns)
    return csv_text([keys, *([record.get(key) for key in keys] for record in table.records)])


def csv_text(rows: Iterable[Iterable[object]]) -> str:
    """Rows as the lines of a CSV file. Numbers stay numbers, and no cell is a formula or holds a control character."""
    stream = io.StringIO()
    writer = csv.writer(stream, lineterminator="\n")
    for row in rows:
        writer.writerow([_cell(value) for value in row])
    return stream.getvalue()


def _cell(value: object) -> str:
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    if isinstance(value, dict) or (isinstance(value, list | tuple) and any(isinstance(one, dict) for one in value)):
        return inert_cell(printable(json.dumps(value, ensure_ascii=False)))  # records within a cell
    return str(value) if is_number else inert_cell(printable(plain(value)))


#: What a column whose content may be folded needs at least, in characters.
_LEAST = 12
#: Between two columns.
_GAP = 2


def show(table: Table, console: Console) -> None:
    """On a terminal: as a table, or record by record where it is too narrow for one. Nothing is cut off."""
    from rich.box import SIMPLE_HEAD
    from rich.table import Table as RichTable
    from rich.text import Text

    title = Text(printable(table.title)) if table.title else None
    if not table.records:
        if title:
            console.print(title, style="italic")
        console.print(Text(printable(table.empty)))
        return
    columns = visible(table)
    rows = [[Text(printable(plain(record.get(column.key)))) for column in columns] for record in table.records]
    widths = _widths(columns, rows, console.width)
    if widths is None:
        _show_records(title, columns, rows, console)
        return
    shown = RichTable(
        box=SIMPLE_HEAD,
        title=title,
        title_justify="left",
        padding=(0, 1, 0, 0),
        pad_edge=False,
        show_edge=False,
    )
    for column, width in zip(columns, widths, strict=True):
        shown.add_column(Text(printable(column.title)), justify=column.align, overflow="fold", width=width)
    for row in rows:
        shown.add_row(*(Text(folded(cell.plain, width)) for cell, width in zip(row, widths, strict=True)))
    console.print(shown)


def _widths(columns: Sequence[Column], rows: Sequence[Sequence[Text]], width: int) -> list[int] | None:
    """The width of each column, so that the fewest words and names are broken; None where there is no room."""
    from rich.cells import cell_len

    whole, parts, least = [], [], []
    for place, column in enumerate(columns):
        cells = [row[place].plain for row in rows]
        title = cell_len(printable(column.title))
        whole.append(max(title, *map(cell_len, cells)))
        longest = max((cell_len(piece) for cell in cells for piece in _pieces(cell)), default=0)
        parts.append(max(title, longest) if column.fold else whole[-1])
        least.append(max(title, min(whole[-1], _LEAST)) if column.fold else whole[-1])
    room = width - _GAP * (len(columns) - 1)
    if sum(least) > room:
        return None
    given = least
    for wanted in (parts, whole):
        # The narrowest first: those that need little more get all of it.
        while sum(given) < room:
            short = [place for place in range(len(given)) if given[place] < wanted[place]]
            if not short:
                break
            given[min(short, key=given.__getitem__)] += 1
    return given


def _pieces(text: str) -> list[str]:
    """What is not broken where there is room: words, and the parts of names, each with the mark that ends it."""
    return re.findall(r"[^\s._/-]*[._/-]+|[^\s._/-]+", text)


def folded(text: str, width: int) -> str:
    """The text in lines of a width: broken at spaces, else in names after ``. _ / -``, else anywhere."""
    from rich.cells import cell_len, chop_cells

    if cell_len(text) <= width:
        return text
    lines = [""]
    for number, word in enumerate(text.split()):
        space = " " if number and lines[-1] else ""
        if cell_len(lines[-1] + space + word) <= width:
            lines[-1] += space + word
            continue
        if lines[-1]:
            lines.append("")
        for piece in _pieces(word):
            for chunk in [piece] if cell_len(piece) <= width else chop_cells(piece, width):
                if cell_len(lines[-1] + chunk) > width:
                    lines.append("")
                lines[-1] += chunk
    return "\n".join(lines)


def _show_records(
    title: Text | None, columns: Sequence[Column], rows: Sequence[Sequence[Text]], console: Console
) -> None:
    from rich.table import Table as Grid
    from rich.text import Text

    if title:
        console.print(title, style="italic")
    for number, row in enumerate(rows):
        grid = Grid.grid(padding=(0, 2, 0, 0))
        grid.add_column(no_wrap=True, style="dim")
        grid.add_column(overflow="fold")
        for place, (column, cell) in enumerate(zip(columns, row, strict=True)):
            if cell:
                grid.add_row(Text(printable(column.title)), cell, style="" if place else "bold")
        if number:
            console.print()
        console.print(grid)
