"""Joins with their foreign keys hidden: which of them does a scan propose, and what else?

`python -m benchmarks.joins` copies each database without its foreign keys, once with its primary keys and once without
any key, scans the copies, and compares the proposals at the default threshold with the keys that were hidden.
"""

from __future__ import annotations

import argparse
import json
import sqlite3
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from benchmarks import results
from benchmarks.join_schemas import REPORTED, SCHEMAS, Edge
from benchmarks.scoring import Score, total
from data_map.joins import THRESHOLD
from privacy.demo.company import build

ROOT = Path(__file__).resolve().parents[1]
DATABASES = ROOT.parent / "shared" / "data" / "databases"
#: Published schemas beside the project whose declared keys are the truth.
PUBLISHED = ("chinook", "northwind")
#: The demo's old personnel database declares nothing. What it means by its columns:
UNDECLARED: set[Edge] = {
    *((f"T_{name}", "p_nr", "T_PERS", "p_nr") for name in ("GEH", "STEU", "AUSL", "KRANK", "GEWK", "URL", "KFZ")),
    ("T_PERS", "kst", "T_ABT", "kst"),
}


@dataclass(frozen=True, slots=True)
class Case:
    """A database with its foreign keys hidden, and what they were."""

    name: str
    keys: str
    database: Path
    truth: set[Edge]


def declared(path: Path) -> set[Edge]:
    """The foreign keys of a SQLite file."""
    found: set[Edge] = set()
    with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as database:
        for table in _tables(database):
            for row in database.execute(f"PRAGMA foreign_key_list({_quoted(table)})"):
                parent, child, target = row[2], row[3], row[4]
                if target is None:
                    keys = [each[1] for each in _columns(database, parent) if each[5]]
                    target = keys[row[1]]
                found.add((table, child, parent, target))
    return found


def hide(path: Path, copy: Path, *, with_keys: bool) -> None:
    """Copy a SQLite file without foreign keys, and without primary keys unless ``with_keys``."""
    with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as old, closing(sqlite3.connect(copy)) as new, new:
        old.text_factory = bytes
        for table in _tables(old):
            columns = _columns(old, table)
            parts = [f"{_quoted(row[1])} {row[2]}" for row in columns]
            keys = [_quoted(row[1]) for row in sorted(columns, key=lambda row: int(row[5])) if row[5]]
            if with_keys and keys:
                parts.append(f"PRIMARY KEY ({', '.join(keys)})")
            new.execute(f"CREATE TABLE {_quoted(table)} ({', '.join(parts)})")
            marks = ", ".join("?" * len(columns))
            rows = (tuple(map(_text, row)) for row in old.execute(f"SELECT * FROM {_quoted(table)}"))
            new.executemany(f"INSERT INTO {_quoted(table)} VALUES ({marks})", rows)


def _text(value: object) -> object:
    if not isinstance(value, bytes):
        return value
    try:
        return value.decode()
    except UnicodeDecodeError:
        return value


def _tables(database: sqlite3.Connection) -> list[str]:
    query = "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%' ORDER BY name"
    return [row[0].decode() if isinstance(row[0], bytes) else row[0] for row in database.execute(query)]


def _columns(database: sqlite3.Connection, table: str) -> list[Sequence[str]]:
    rows = database.execute(f"PRAGMA table_info({_quoted(table)})").fetchall()
    return [[cell.decode() if isinstance(cell, bytes) else cell for cell in row] for row in rows]


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def cases(folder: Path, databases: Path) -> list[Case]:
    """Every schema, with its primary keys and without."""
    found: list[Case] = []
    real: list[tuple[str, Path, set[Edge]]] = []
    for name in PUBLISHED:
        path = databases / f"{name}.sqlite"
        if path.exists():
            real.append((name, path, declared(path)))
    company = build(folder / "company")
    for path in company.databases:
        real.append((f"demo, {path.stem}", path, declared(path) or UNDECLARED))
    for title, with_keys in (("primary", True), ("none", False)):
        for name, path, truth in real:
            copy = folder / f"{path.stem}_{title}.sqlite"
            hide(path, copy, with_keys=with_keys)
            found.append(Case(name, title, copy, truth))
        for name, make in SCHEMAS.items():
            made = make(REPORTED[name])
            copy = folder / f"{name}_{title}.sqlite"
            made.write(copy, with_keys=with_keys)
            found.append(Case(f"generated, {name}", title, copy, made.edges))
    return found


def proposed(case: Case, folder: Path) -> dict[Edge, str]:
    """What the product proposes after a scan, with its reasons."""
    store = f"sqlite:///{folder}/{case.database.stem}.store"
    _privacy("--store", store, "-q", "scan", str(case.database))
    found: dict[Edge, str] = {}
    for one in json.loads(_privacy("--store", store, "map", "joins", "--format", "json")):
        tables = [one[side].partition(".")[2] for side in ("child_asset", "parent_asset")]
        edge = (tables[0], one["child_field"], tables[1], one["parent_field"])
        found[edge] = f"{one['score']:.2f} " + "; ".join(f"{term['weight']:+} {term['text']}" for term in one["terms"])
    return found


def _privacy(*words: str) -> str:
    done = subprocess.run(
        [sys.executable, "-m", "privacy", *words],
        capture_output=True,
        text=True,
        check=False,
        cwd=ROOT,
        encoding="utf-8",
    )
    if done.returncode not in (0, 5):
        raise SystemExit(done.stderr)
    return done.stdout


def main() -> None:
    """Print precision, recall and F1 of each schema, and of all."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--databases", type=Path, default=DATABASES, help="folder of chinook.sqlite, northwind.sqlite")
    parser.add_argument("--errors", type=int, default=0, help="list so many pairs that were missed or wrong")
    parser.add_argument("--write", action="store_true", help="put the figures into RESULTS.md")
    options = parser.parse_args()
    rows: list[list[str]] = []
    scores: dict[str, list[Score]] = {}
    wrong: list[str] = []
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for case in cases(folder, options.databases):
            found = proposed(case, folder)
            score = Score(
                len(found.keys() & case.truth), len(found.keys() - case.truth), len(case.truth - found.keys())
            )
            scores.setdefault(case.keys, []).append(score)
            rows.append(_row(case.name, case.keys, score))
            for edge in sorted(found.keys() ^ case.truth):
                what = "MISSED" if edge in case.truth else "WRONG"
                wrong.append(f"{what} {case.name}: {edge[0]}.{edge[1]} → {edge[2]}.{edge[3]} {found.get(edge, '')}")
    rows += [_row("all", keys, total(some)) for keys, some in scores.items()]
    intro = (
        "Foreign keys hidden, proposals at the default threshold of "
        f"{THRESHOLD} against them. Keys left in the copy: the primary ones, or none. Generated schemas: seeds "
        f"{', '.join(f'{name} {seed}' for name, seed in REPORTED.items())}; weights were tuned on other seeds of the "
        "same generators, which change sizes, ways of naming and kinds of keys, and on the published schemas."
    )
    lines = [intro, "", *results.table(("schema", "keys left", "P", "R", "F1", "tp / fp / fn"), rows)]
    print(*lines, sep="\n")
    print(*wrong[: options.errors], sep="\n")
    if options.write:
        results.write("Joins", lines)


def _row(name: str, keys: str, score: Score) -> list[str]:
    counts = f"{score.tp} / {score.fp} / {score.fn}"
    return [name, keys, f"{score.precision:.3f}", f"{score.recall:.3f}", f"{score.f():.3f}", counts]


if __name__ == "__main__":
    main()
