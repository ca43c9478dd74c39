"""Invented tables that say beside each column what was put in it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

Value = str | int | float | None


@dataclass(frozen=True, slots=True)
class Column:
    """A column, and the category of personal data planted in it."""

    name: str
    #: A key of the taxonomy; None when nothing is claimed about the column.
    category: str | None = None
    #: Declared type and constraints, for databases.
    sql: str = "TEXT"
    #: It holds nobody's data, though its table is about people.
    is_harmless: bool = False


@dataclass(frozen=True, slots=True)
class Marks:
    """What a careful reader would say about the fields of one asset; fields in neither list are open to dispute."""

    #: (field, category)
    personal: tuple[tuple[str, str], ...] = ()
    #: Fields that look personal to a hasty reader, or to nobody, and are not.
    harmless: tuple[str, ...] = ()


#: Nothing is claimed.
UNMARKED = Marks()


@dataclass(frozen=True, slots=True)
class Table:
    """A table of a database, a sheet of a workbook, or the records of a file."""

    name: str
    columns: tuple[Column, ...]
    rows: tuple[tuple[Value, ...], ...]
    #: Table constraints of the database, as SQL.
    keys: tuple[str, ...] = ()
    #: Nobody is in it: every column is harmless.
    is_about_things: bool = False

    def marks(self, prefix: str = "") -> Marks:
        """The truth about its fields, their names preceded by ``prefix``."""
        columns = self.columns
        return Marks(
            personal=tuple((prefix + column.name, column.category) for column in columns if column.category),
            harmless=tuple(prefix + column.name for column in columns if self.is_about_things or column.is_harmless),
        )


def table(name: str, columns: Iterable[Column | str], rows: Iterable[tuple[Value, ...]], *keys: str) -> Table:
    """A table about people; a bare string is a text column about which nothing is claimed."""
    return Table(name, _columns(columns), tuple(rows), keys)


def things(name: str, columns: Iterable[Column | str], rows: Iterable[tuple[Value, ...]], *keys: str) -> Table:
    """A table about things."""
    return Table(name, _columns(columns), tuple(rows), keys, is_about_things=True)


def plain(name: str, sql: str = "TEXT") -> Column:
    """A column that holds nobody's data, in a table about people."""
    return Column(name, sql=sql, is_harmless=True)


def number(name: str, more: str = "") -> Column:
    """An integer column."""
    return Column(name, sql=f"INTEGER {more}".strip())


def refers(name: str, target: str) -> Column:
    """An integer column with a declared foreign key, ``target`` written ``table(column)``."""
    return number(name, f"REFERENCES {target}")


def joined(marks: Iterable[Marks]) -> Marks:
    """The marks of several parts of one asset."""
    parts = tuple(marks)
    return Marks(
        personal=tuple(mark for part in parts for mark in part.personal),
        harmless=tuple(name for part in parts for name in part.harmless),
    )


def _columns(columns: Iterable[Column | str]) -> tuple[Column, ...]:
    return tuple(Column(column) if isinstance(column, str) else column for column in columns)
