"""A table of records, and a listing of it in three formats: terminal, JSON, CSV."""

from __future__ import annotations

import csv
import io
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
    return str(value) if is_number else inert_cell(printable(plain(value)))


#: What a column whose content may be folded needs at least, in characters.
_LEAST = 12


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
    widths = [
        max(len(column.title), *(min(row[place].cell_len, _LEAST if column.fold else 10_000) for row in rows))
        for place, column in enumerate(columns)
    ]
    if sum(widths) + len(widths) > console.width:
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
    for column in columns:
        shown.add_column(Text(printable(column.title)), justify=column.align, overflow="fold", no_wrap=not column.fold)
    for row in rows:
        shown.add_row(*row)
    console.print(shown)


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
