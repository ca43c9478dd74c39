"""Labelled columns with a few of their values: the cells that the product and its peers are all given.

Four sets: the labelled databases beside the project (``../shared/data``, when they are there), the labelled tables of
this project, the databases of the demo, and public tables without any personal data.
"""

from __future__ import annotations

import csv
import sqlite3
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from benchmarks import harmless
from benchmarks.labelled import score_tables
from privacy.demo.company import Company
from scanners.values import Column as Counter

#: Values of a column that are given to each tool.
VALUES = 200
KINDS = Path(__file__).parent / "peers" / "kinds.toml"
#: What a column of running text is labelled with, and all that its label may say.
TEXT = "text"


@dataclass(frozen=True, slots=True)
class Column:
    """A column of a table with its label, in the words of kinds.toml."""

    table: str
    name: str
    values: tuple[str, ...]
    #: None: not scored.
    personal: bool | None
    needed: frozenset[str] = frozenset()
    optional: frozenset[str] = frozenset()

    def __repr__(self) -> str:
        return f"Column({self.table}.{self.name}, {len(self.values)} values)"


@cache
def _words() -> dict[str, dict[str, str]]:
    return tomllib.loads(KINDS.read_text(encoding="utf-8"))


def kind_of(category: str) -> str:
    """The kind that a category of ours counts as."""
    return _words()["kinds"][category]


def category_of(label: str) -> str:
    """The category that a label's word means."""
    return _words()["labels"][label]


def databases(data: Path) -> list[Column]:
    """The labelled databases beside the project; none when they are not there."""
    found = []
    for path in sorted((data / "databases").glob("*.sqlite")):
        with (data / "labels" / f"{path.stem}.csv").open(encoding="utf-8") as file:
            labels = {(row["table"], row["column"]): row for row in csv.DictReader(file)}
        for table, name, values in _sqlite(path):
            label = labels.get((table, name))
            if label is not None:
                found.append(_labelled(f"{path.stem}.{table}", name, values, label))
    return found


def _labelled(table: str, name: str, values: tuple[str, ...], label: Mapping[str, str]) -> Column:
    words = [word.strip() for word in label["type"].split("|") if word.strip() not in ("", "NONE")]
    is_open = label["personal"] == "ambiguous" or label["note"].startswith("empty")
    return Column(
        table,
        name,
        values,
        None if is_open else label["personal"] == "yes",
        frozenset(kind_of(category_of(word)) for word in words if not word.endswith("?")),
        frozenset(kind_of(category_of(word[:-1])) for word in words if word.endswith("?")),
    )


def tables(which: str) -> list[Column]:
    """The labelled tables of this project."""
    return [
        Column(
            table.name,
            column.name,
            tuple(as_cells(column.values)),
            (column.personal == "yes") if column.counts else None,
            frozenset({kind_of(column.category)} if column.category else ()),
            frozenset(map(kind_of, column.optional)),
        )
        for table in score_tables.load(which)
        for column in table.columns
    ]


def demo(company: Company) -> list[Column]:
    """The databases of the demo's company. Fields that it calls neither personal nor harmless are not scored."""
    planted: dict[tuple[str, str, str], set[str]] = {}
    for item in company.planted:
        planted.setdefault((item.source, item.asset, item.field), set()).add(kind_of(item.category))
    harmless_ones = {(ref.source, ref.asset, ref.field) for ref in company.harmless}
    found = []
    for path in company.databases:
        for table, name, values in _sqlite(path):
            ref = (path.stem, f"main.{table}", name)
            personal = True if ref in planted else False if ref in harmless_ones else None
            found.append(Column(f"{path.stem}.{table}", name, values, personal, frozenset(planted.get(ref, ()))))
    return found


def public(paths: Sequence[Path]) -> list[Column]:
    """The public tables without personal data."""
    found = []
    for path in paths:
        with path.open(encoding="utf-8", newline="") as file:
            csv.field_size_limit(harmless.CELL_CHARS)
            header, *rows = csv.reader(file)
        for index, name in enumerate(header):
            values = as_cells([row[index] for row in spread(rows) if index < len(row)])
            found.append(Column(path.stem, name or f"column_{index + 1}", tuple(values), False))
    return found


def spread(rows: Sequence[Any], most: int = VALUES) -> list[Any]:
    """So many rows at equal distances, from the first on."""
    return [rows[int(number * len(rows) / most)] for number in range(most)] if len(rows) > most else list(rows)


def as_cells(values: Sequence[object]) -> list[str]:
    """Values as the text that all tools are given; empty ones and bytes that are no text are left out."""
    one: list[str] = []
    for value in values:
        counter = Counter(field=None)  # type: ignore[arg-type]  # only its spelling of a value is wanted
        counter.add(value)
        one.extend(counter.counts)
    return one


def _sqlite(path: Path) -> Iterator[tuple[str, str, tuple[str, ...]]]:
    """Table, column and values of each column of a database."""
    with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as database:
        database.text_factory = lambda raw: raw.decode("utf-8", errors="replace")
        names = "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%' ORDER BY name"
        for (table,) in database.execute(names).fetchall():
            quoted = table.replace('"', '""')
            cursor = database.execute(f'SELECT * FROM "{quoted}"')
            columns = [item[0] for item in cursor.description]
            rows = spread(cursor.fetchall())
            for index, name in enumerate(columns):
                yield table, name, tuple(as_cells([row[index] for row in rows]))
