"""How fast the product is beside its peers: the same cells, files and texts, one core each, in one run.

`python -m benchmarks.speed_compared [--peers all|none|NAME,…] [--rows N] [--write]`

Each tool runs in a process of its own, imports and loading excluded, median of five runs; the first is printed beside
it, for tools that remember what they have seen. Tools that would need minutes get a few of the cells alone, three
times, and what they would need for all is told from their rate. All is in memory but what says file.
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
from benchmarks.accuracy import DATA, Report, names_of_peers
from benchmarks.customers import CUSTOMERS, customers
from benchmarks.labelled import text
from benchmarks.mixed import parts
from benchmarks.peers.catalogue import Peer
from benchmarks.peers.run import OURS, job_of_columns, run
from scanners.values import as_text

RUNS = 5
FEW_RUNS = 3
#: Cells for tools that read a few hundred a second.
FEW = 5000
#: Bytes of text for tools that read a few ten thousand a second.
FEW_BYTES = 100_000
TEXT_BYTES = 1_000_000
MIX_BYTES = 10_000_000
SLOW = ("presidio", "presidio-patterns", "presidio-structured", "datafog", "dataprofiler")
PATTERNS = replace(OURS, title="this product, without language model", variant="patterns")
RECOGNISERS = replace(OURS, title="this product, Presidio's patterns alone", variant="recognisers")
#: Characters of a piece of the mix: long pieces serve tools best that pay for each call.
PIECE = 10_000


@dataclass(frozen=True, slots=True)
class Load:
    """What is to be read, whole and in part, and by whom."""

    title: str
    #: Cells or bytes of the whole.
    amount: int
    whole: dict[str, Any]
    #: For tools that would need minutes for the whole.
    part: dict[str, Any]
    ours: tuple[Peer, ...]
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
    both = (PATTERNS, OURS)
    pieces = [piece for _, part in parts(MIX_BYTES) for piece in cut(part)]
    return [
        _of_columns(f"customers, {rows:,} rows", table, both, cells),
        _of_columns("labelled and public columns", mixed, both, cells),
        Load("customers, CSV file", rows * len(table), {"path": str(path)}, {}, both, frozenset({"pii-radar"})),
        _of_texts("English texts", texts, both, frozenset({"presidio", "presidio-patterns", "pii-radar"})),
        _of_texts("CSV, NDJSON, logs", pieces, (RECOGNISERS,), frozenset({"presidio-patterns", "pii-radar"})),
    ]


def _of_columns(title: str, columns: Sequence[sets.Column], ours: tuple[Peer, ...], peers: frozenset[str]) -> Load:
    amount = sum(len(column.values) for column in columns)
    return Load(title, amount, job_of_columns(columns), job_of_columns(first(columns, FEW)), ours, peers)


def _of_texts(title: str, texts: Sequence[str], ours: tuple[Peer, ...], peers: frozenset[str]) -> Load:
    amount = sum(len(one.encode()) for one in texts)
    few = sets.spread(texts, max(1, FEW_BYTES * len(texts) // amount))
    return Load(title, amount, {"texts": texts}, {"texts": few}, ours, peers)


def cut(part: str) -> list[str]:
    """A long text in pieces of whole lines."""
    pieces: list[list[str]] = [[]]
    size = 0
    for line in part.splitlines(keepends=True):
        if size >= PIECE:
            pieces.append([])
            size = 0
        pieces[-1].append(line)
        size += len(line)
    return ["".join(piece) for piece in pieces if piece]


def timed(load: Load, peer: Peer) -> tuple[float, list[str]]:
    """A tool's rate, 0 when it gave none, and its row: what it read, rates, the time for the whole, memory."""
    is_slow = bool(load.part) and (peer.name in SLOW or (peer is OURS and "texts" in load.whole))
    outcome = run(
        peer, {**(load.part if is_slow else load.whole), "task": "speed", "runs": FEW_RUNS if is_slow else RUNS}
    )
    title = f"{peer.title} {peer.version}".strip()
    if outcome.reason:
        return 0.0, [title, "–", "–", "–", "–", outcome.reason]
    amount = outcome.bytes or outcome.cells or load.amount
    rate = amount / outcome.seconds
    return rate, [
        title,
        f"{amount:,} {'bytes' if outcome.bytes else 'cells'}",
        f"{rate:,.0f}",
        f"{amount / outcome.first_seconds:,.0f}",
        f"{load.amount / rate:,.2f}",
        f"{outcome.memory_mb:.0f}",
    ]


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--peers", type=names_of_peers, default=[], help="all, none, or names with commas between")
    parser.add_argument("--rows", type=int, default=50_000)
    parser.add_argument("--data", type=Path, default=DATA)
    parser.add_argument("--write", action="store_true", help="put the figures into RESULTS.md")
    options = parser.parse_args()
    report = Report()
    with tempfile.TemporaryDirectory() as name:
        for load in loads(options.rows, options.data, Path(name)):
            ours = [timed(load, peer) for peer in load.ours]
            peers = [timed(load, peer) for peer in options.peers if peer.name in load.peers]
            factors = [" / ".join(f"{mine / rate:,.2f}" for mine, _ in ours) if rate else "–" for rate, _ in peers]
            rows = [
                [*row, factor] for (_, row), factor in zip([*ours, *peers], ["–"] * len(ours) + factors, strict=True)
            ]
            names = " / ".join(str(number + 1) for number in range(len(ours)))
            header = ("tool", "read", "a second", "first time", "s for all", "MB", f"row {names}: × as fast")
            report.add(f"### {load.title}", "", *results.table(header, rows), "")
    report.add(*(f"- {peer.title}: {peer.settings}." for peer in options.peers if "speed" in peer.tasks))
    if options.write:
        results.write("Speed beside peers", report.lines)


if __name__ == "__main__":
    main()
