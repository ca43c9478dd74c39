"""How fast the product is beside its peers: the same cells, files and texts, one core each, in one run.

`python -m benchmarks.speed_compared [--peers all|none|NAME,…] [--rows N] [--write]`

Each tool runs in a process of its own, imports and loading excluded, median of five runs. Tools that need minutes get
the first cells alone, and what they would need for all is told from their rate. All cells are in memory but in the
rows that say file.
"""

from __future__ import annotations

import argparse
import csv
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from benchmarks import harmless, results, sets
from benchmarks.accuracy import DATA, names_of_peers
from benchmarks.customers import CUSTOMERS, customers
from benchmarks.labelled import text
from benchmarks.peers.catalogue import Peer
from benchmarks.peers.run import OURS, Outcome, job_of_columns, run
from scanners.values import as_text

RUNS = 5
#: Cells for tools that read a few hundred a second.
FEW = 5000
#: Bytes of text for tools that read a few ten thousand a second.
FEW_BYTES = 100_000
TEXT_BYTES = 1_000_000
SLOW = ("presidio", "presidio-patterns", "presidio-structured", "datafog", "dataprofiler")
PATTERNS = replace(OURS, title="this product, without language model", variant="patterns")


@dataclass(frozen=True, slots=True)
class Load:
    """What is to be read, whole and in part."""

    title: str
    whole: dict[str, Any]
    part: dict[str, Any] | None
    peers: frozenset[str]


def generated(rows: int) -> list[sets.Column]:
    """The columns of a table of customers."""
    made = list(customers(rows))
    return [
        sets.Column("customers", column.name, tuple(as_text(row[column.name]) for row in made), None)
        for column in CUSTOMERS.columns
    ]


def first(columns: Sequence[sets.Column], cells: int) -> list[sets.Column]:
    """The first rows of a table, or the first columns of many tables, with so many cells together."""
    if len({column.table for column in columns}) == 1:
        return [replace(column, values=column.values[: cells // len(columns)]) for column in columns]
    taken, count = [], 0
    for column in sets.spread(columns, max(1, cells * len(columns) // sum(len(one.values) for one in columns))):
        taken.append(column)
        count += len(column.values)
        if count >= cells:
            break
    return taken


def loads(rows: int, data: Path, folder: Path) -> list[Load]:
    """What all tools are timed on."""
    table = generated(rows)
    mixed = [*sets.databases(data), *sets.tables("dev"), *sets.tables("held"), *sets.public(harmless.prepare()[0])]
    documents = [document.text for which in text.SETS for document in text.load(which) if document.lang == "en"]
    texts = documents * max(1, TEXT_BYTES // max(1, sum(len(one) for one in documents)))
    path = folder / "customers.csv"
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(column.name for column in table)
        writer.writerows(zip(*(column.values for column in table), strict=True))
    cells = frozenset({"presidio", "datafog-rust", "pii-radar"})
    return [
        Load(f"customers, {rows:,} rows", job_of_columns(table), job_of_columns(first(table, FEW)), cells),
        Load("labelled and public columns", job_of_columns(mixed), job_of_columns(first(mixed, FEW)), cells),
        Load("customers, CSV file", {"path": str(path)}, None, frozenset({"pii-radar"})),
        Load(
            "English texts",
            {"texts": texts},
            {"texts": _first(texts)},
            frozenset({"presidio", "presidio-patterns", "pii-radar"}),
        ),
    ]


def _first(texts: Sequence[str]) -> list[str]:
    taken, size = [], 0
    for one in texts:
        if size >= FEW_BYTES:
            break
        taken.append(one)
        size += len(one.encode())
    return taken


def timed(load: Load, peer: Peer, cells: int) -> list[str]:
    """A row: the tool, how much it read, its rate, and the time that the whole would take it."""
    is_slow = peer.name in SLOW or (peer is OURS and "texts" in load.whole)
    job = load.part if is_slow and load.part is not None else load.whole
    outcome = run(peer, {**job, "task": "speed", "runs": RUNS if not is_slow else 3})
    if outcome.reason:
        return [load.title, peer.title, "–", "–", "–", outcome.reason]
    amount, rate = _rate(outcome, cells)
    whole = sum(len(one.encode()) for one in load.whole.get("texts", ())) or cells
    read = f"{amount:,} {'bytes' if outcome.bytes else 'cells'}"
    needed = whole / rate if rate else 0.0
    return [
        load.title,
        f"{peer.title} {peer.version}".strip(),
        read,
        f"{rate:,.0f}",
        f"{needed:,.2f}",
        f"{outcome.memory_mb:.0f}",
    ]


def _rate(outcome: Outcome, cells: int) -> tuple[int, float]:
    amount = outcome.bytes or outcome.cells or cells
    return amount, amount / outcome.seconds


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--peers", type=names_of_peers, default=[], help="all, none, or names with commas between")
    parser.add_argument("--rows", type=int, default=50_000)
    parser.add_argument("--data", type=Path, default=DATA)
    parser.add_argument("--write", action="store_true", help="put the figures into RESULTS.md")
    options = parser.parse_args()
    lines = []
    with tempfile.TemporaryDirectory() as name:
        for load in loads(options.rows, options.data, Path(name)):
            cells = sum(len(one["values"]) for table in load.whole.get("tables", ()) for one in table["columns"])
            cells = cells or options.rows * len(CUSTOMERS.columns)
            rows = [timed(load, peer, cells) for peer in (OURS, PATTERNS)]
            rows += [timed(load, peer, cells) for peer in options.peers if peer.name in load.peers]
            mine = [float(row[3].replace(",", "")) for row in rows[:2] if row[3] != "–"]
            for number, row in enumerate(rows):
                rate = float(row[3].replace(",", "")) if row[3] != "–" else 0.0
                ratio = (
                    f"{mine[0] / rate:,.2f} / {mine[1] / rate:,.2f}" if number > 1 and rate and len(mine) > 1 else "–"
                )
                row.append(ratio)
            header = ("what", "tool", "read", "a second", "s for all", "MB", "ours is × as fast, with / without model")
            part = results.table(header, rows)
            print(*part, "", sep="\n", flush=True)
            lines += [*part, ""]
    if options.write:
        results.write("Speed beside peers", lines)


if __name__ == "__main__":
    main()
