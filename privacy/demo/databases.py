"""Invented tables as a SQLite file."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable
from contextlib import closing

from privacy.demo.tables import Table


def sqlite_file(tables: Iterable[Table]) -> bytes:
    """The bytes of a database that holds the tables."""
    with closing(sqlite3.connect(":memory:")) as database:
        database.execute("PRAGMA foreign_keys = ON")
        for table in tables:
            database.execute(_create(table))
            places = ", ".join("?" * len(table.columns))
            # The names are literals of this package.
            database.executemany(f'INSERT INTO "{table.name}" VALUES ({places})', table.rows)  # noqa: S608
        database.commit()
        return database.serialize()


def _create(table: Table) -> str:
    columns = (f'"{column.name}" {column.sql}' for column in table.columns)
    return f'CREATE TABLE "{table.name}" ({", ".join((*columns, *table.keys))})'
