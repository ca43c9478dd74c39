"""A table of records, and its three renderers: terminal, JSON, CSV."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, Literal

from privacy.reports.text import amount, inert_cell, printable

if TYPE_CHECKING:
    from rich.console import Console


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


def as_json(table: Table) -> str:
    """One JSON array."""
    return json.dumps(list(table.records), ensure_ascii=False, indent=2, default=str) + "\n"


def as_csv(table: Table) -> str:
    """With a header; cells that a spreadsheet would take for formulas are made inert."""
    keys = table.csv_keys or tuple(column.key for column in table.columns)
    stream = io.StringIO()
    writer = csv.writer(stream, lineterminator="\n")
    writer.writerow(keys)
    for record in table.records:
        writer.writerow([inert_cell(printable(_plain(record.get(key)))) for key in keys])
    return stream.getvalue()


def show(table: Table, console: Console) -> None:
    """On a terminal."""
    from rich.box import SIMPLE_HEAD
    from rich.table import Table as RichTable
    from rich.text import Text

    if not table.records:
        console.print(Text(table.empty))
        return
    shown = RichTable(
        box=SIMPLE_HEAD,
        title=table.title,
        title_justify="left",
        padding=(0, 1, 0, 0),
        pad_edge=False,
        show_edge=False,
    )
    columns = [
        column
        for column in table.columns
        if not column.optional or any(record.get(column.key) not in (None, "", 0) for record in table.records)
    ]
    for column in columns:
        shown.add_column(column.title, justify=column.align, overflow="fold", no_wrap=not column.fold)
    for record in table.records:
        shown.add_row(*(Text(printable(_plain(record.get(column.key)))) for column in columns))
    console.print(shown)


def _plain(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, int):
        return amount(value)
    if isinstance(value, list | tuple):
        return ", ".join(_plain(item) for item in value)
    return str(value)
