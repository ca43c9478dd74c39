"""What happens to a scan when there is much: as ratios, which hold on another machine too, and in seconds.

`python -m benchmarks.scale [--scale small|full|FACTOR] [--write] [PART ...]` measures, through the command that a user
types, with generated data that is removed afterwards, on a private PostgreSQL on disk:

* `growth`: a table of 20 million rows (× the factor), and one of a tenth of that. A scanner that samples well takes the
  same time for both and has the server look at as many pages.
* `tables`: 2,000 tables (× the factor) in one database: columns a minute, and memory; then the same again with
  `--changed-only`, nothing having changed.
* `processes`: files of text, read whole: two processes beside one.

`small` (the default) is a twentieth, for a look in two minutes; `full` is a factor of 1: some 6 GB of disk and a
quarter of an hour. Free disk is checked before anything is made.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Any

from sqlalchemy import create_engine, text
from sqlalchemy.pool import NullPool

from benchmarks import mixed, results
from benchmarks.customers import fill
from tests import servers

ROWS, TABLES, CHARACTERS = 20_000_000, 2_000, 40_000_000
SCALES = {"small": 0.05, "full": 1.0}
#: Runs of what is quick; the median counts.
RUNS = 3
#: Bytes on disk at the most: a row with its index entry, a small table with its files, and what a server needs itself.
ROW_BYTES, TABLE_BYTES, SERVER_BYTES = 260, 400_000, 1_000_000_000

Add = Callable[..., None]
ROOT = Path(__file__).resolve().parents[1]

#: Runs a command and tells its time and the memory of its largest process. A process takes over the peak of the one
#: that started it, so what starts it must be small.
WATCH = """
import json, os, subprocess, sys, time
start = time.perf_counter()
child = subprocess.Popen(sys.argv[1:], stdout=subprocess.DEVNULL)
_, status, used = os.wait4(child.pid, 0)
print(json.dumps([status, time.perf_counter() - start, used.ru_maxrss]))
"""


@dataclass(frozen=True, slots=True)
class Cost:
    """What one scan took, as a whole command."""

    seconds: float
    peak_bytes: int
    #: The command's own record of the source.
    record: dict[str, Any]


def scan(folder: Path, place: str | Path, *options: str, is_new: bool = True) -> Cost:
    """Run `privacy scan`; ``is_new``: into a store of its own."""
    store, output = folder / "store.db", folder / "summary.json"
    if is_new:
        for each in folder.glob("store.db*"):
            each.unlink()
    words = [sys.executable, "-m", "privacy", "--quiet", "--store", f"sqlite:///{store}", "scan", str(place), *options]
    done = subprocess.run(
        [sys.executable, "-S", "-c", WATCH, *words, "--format", "json", "--output", str(output)],
        stdout=subprocess.PIPE,
        cwd=folder,
        env={**os.environ, "HOME": str(folder), "PYTHONPATH": str(ROOT)},
        check=True,
    )
    status, taken, peak = json.loads(done.stdout)
    if status:
        sys.exit(f"the scan of {place} ended with {os.waitstatus_to_exitcode(status)}")
    (record,) = json.loads(output.read_text())
    # Linux counts kilobytes, macOS bytes.
    return Cost(taken, peak * (1 if sys.platform == "darwin" else 1024), record)


@contextmanager
def postgresql() -> Iterator[servers.Server]:
    """A server of our own whose data lies on disk: memory is no place for much."""
    before, servers.MEMORY_BYTES = servers.MEMORY_BYTES, 2**63
    try:
        server = servers.start_postgresql()
    finally:
        servers.MEMORY_BYTES = before
    try:
        yield server
    finally:
        server.stop()


def run(url: str, *statements: str) -> list[Any]:
    """Execute statements outside a transaction; the rows of the last one."""
    engine = create_engine(url, isolation_level="AUTOCOMMIT", poolclass=NullPool)
    with engine.connect() as connection:
        done = [connection.execute(text(statement)) for statement in statements][-1]
        return list(done.all()) if done.returns_rows else []


def pool(url: str) -> None:
    """A table of 20,000 customers that others are made from, inside the server."""
    engine = create_engine(url, poolclass=NullPool)
    fill(engine, 20_000)
    run(url, "ALTER TABLE customers RENAME TO pool", "ANALYZE pool")


def growth(add: Add, factor: float, folder: Path) -> None:
    """The same table at two sizes."""
    with postgresql() as server:
        lines, costs, pages = [], [], []
        for rows in (round(ROWS * factor / 10), round(ROWS * factor)):
            url = server.new_database()
            pool(url)
            begun = time.monotonic()
            # Each row is put together from three of the pool. Nothing is logged: the data is thrown away.
            run(
                url,
                "CREATE UNLOGGED TABLE customers (LIKE pool)",
                "INSERT INTO customers SELECT n, a.first_name, b.last_name, a.email, c.phone, b.iban, c.city, a.status,"
                f" b.balance, c.created_on FROM generate_series(1, {rows}) n"
                " JOIN pool a ON a.id = n % 20000 + 1 JOIN pool b ON b.id = n * 7 % 20000 + 1"
                " JOIN pool c ON c.id = n * 11 % 20000 + 1",
                "DROP TABLE pool",
                "ALTER TABLE customers ADD PRIMARY KEY (id)",
                "ANALYZE customers",
                "CHECKPOINT",
            )
            made_s = time.monotonic() - begun
            ((size,),) = run(url, "SELECT pg_total_relation_size('customers')")
            some = []
            for _ in range(RUNS):
                before = blocks(url)
                some.append(scan(folder, plain(url)))
                pages.append(blocks(url) - before)
            one = sorted(some, key=lambda cost: cost.seconds)[RUNS // 2]
            costs.append(median(cost.record["seconds"] for cost in some))
            lines.append(
                (
                    f"{rows:,}",
                    f"{size / 1e9:.2f}",
                    f"{made_s:.0f}",
                    f"{costs[-1]:.1f}",
                    f"{one.seconds:.1f}",
                    f"{one.record['rows_read']:,}",
                    f"{median(pages[-RUNS:]) * 8192 / 1e6:.2f}",
                    f"{one.peak_bytes / 1e6:.0f}",
                )
            )
            server.drop_database(url)
    header = (
        "rows",
        "GB",
        "made in s",
        "s of scan",
        "s of command",
        "rows read",
        "MB the server looked at",
        "MB memory",
    )
    add("A table that grows tenfold, PostgreSQL, default settings:", "", *results.table(header, lines), "")
    grown = median(pages[RUNS:]) / max(1, median(pages[:RUNS]))
    add(f"Ten times the rows: {costs[1] / max(costs[0], 0.1):.2f} × the time, {grown:.2f} × the pages.", "")


def plain(url: str) -> str:
    """The address as a user writes it."""
    return url.replace("+psycopg", "")


def blocks(url: str) -> int:
    """Pages of tables and indexes, the catalog's left out, that the server has looked at in this database."""
    ((count,),) = run(
        url,
        "SELECT pg_stat_clear_snapshot()",
        "SELECT coalesce(sum(heap_blks_read + heap_blks_hit + coalesce(idx_blks_read + idx_blks_hit, 0)), 0)"
        " FROM pg_statio_user_tables",
    )
    return int(count)


def tables(add: Add, factor: float, folder: Path) -> None:
    """Very many tables, and the same again when nothing has changed."""
    count = max(20, round(TABLES * factor))
    names = ("first_name", "last_name", "email", "phone", "iban", "city", "status", "balance", "created_on")
    with postgresql() as server:
        url = server.new_database()
        pool(url)
        run(url, *(_table(number, names) for number in range(count)), "DROP TABLE pool", "ANALYZE")
        first = scan(folder, plain(url))
        columns = first.record["fields"]
        before = blocks(url)
        again = scan(folder, plain(url), "--changed-only", is_new=False)
        looked_at = blocks(url) - before
    if again.record["unchanged"] != count:
        sys.exit(f"only {again.record['unchanged']} of {count} tables were found to be unchanged")
    lines = [
        (name, f"{cost.seconds:.1f}", f"{cost.record['rows_read']:,}", f"{cost.peak_bytes / 1e6:.0f}")
        for name, cost in (("first scan", first), ("`--changed-only`, nothing changed", again))
    ]
    add(f"{count:,} tables of {columns / count:.0f} columns and 500 rows, PostgreSQL, default settings:", "")
    add(*results.table(("", "s of command", "rows read", "MB memory"), lines), "")
    add(f"{columns / first.seconds * 60:,.0f} columns a minute ({first.record['assets'] / first.seconds:.1f} tables a")
    add(f"second). Again with nothing changed: {again.seconds / first.seconds:.1%} of the time; {looked_at:,} pages of")
    add("tables looked at.", "")


def _table(number: int, names: Sequence[str]) -> str:
    """A table of eight columns, no two neighbours with the same ones."""
    chosen = [names[(number + step * (1 + number % 2)) % len(names)] for step in range(7)]
    columns = ", ".join(dict.fromkeys(("id", *chosen)))
    start = number * 37 % 19_000
    return f"CREATE UNLOGGED TABLE t{number:04d}_{chosen[0]} AS SELECT {columns} FROM pool WHERE id > {start} LIMIT 500"


def processes(add: Add, factor: float, folder: Path) -> None:
    """The same files by one process and by two."""
    place = folder / "files"
    place.mkdir()
    # Files of one size: what two can share is not told by the largest one.
    made = []
    for number, (kind, content) in enumerate(mixed.parts(max(1_000_000, round(CHARACTERS * factor)))):
        header = ",".join(mixed.HEADER) + "\n" if kind == "csv" else ""
        made.append(place / f"{number:04d}.{'jsonl' if kind == 'ndjson' else kind}")
        made[-1].write_text(header + content, encoding="utf-8")
    size = sum(path.stat().st_size for path in made)
    one = scan(folder, place, "--full", "--executor", "inline")
    two = scan(folder, place, "--full", "--executor", "processes", "--workers", "2")
    lines = [
        (name, f"{cost.seconds:.1f}", f"{size / 1e6 / cost.seconds:.2f}")
        for name, cost in (("one process", one), ("two processes", two))
    ]
    add(f"{len(made)} files of {size / 1e6:.0f} MB in all (CSV, NDJSON, logs), `--full`:", "")
    add(*results.table(("", "s of command", "MB a second"), lines), "")
    add(f"Two processes: {one.seconds / two.seconds:.2f} × the speed of one, on {os.cpu_count()} cores.", "")
    same = ("assets", "fields", "personal", "categories", "rows_read")
    if any(one.record[key] != two.record[key] for key in same):
        sys.exit("two processes found other things than one")


PARTS: dict[str, Callable[[Add, float, Path], None]] = {"growth": growth, "tables": tables, "processes": processes}


def needed_bytes(parts: Sequence[str], factor: float) -> int:
    """Disk that the parts need at the same time, at the most."""
    sizes = {
        "growth": SERVER_BYTES + round(ROWS * factor) * ROW_BYTES,
        "tables": SERVER_BYTES + round(TABLES * factor) * TABLE_BYTES,
        "processes": round(CHARACTERS * factor) * 2,
    }
    return max(sizes[part] for part in parts)


def factor_of(words: str) -> float:
    """``small``, ``full`` or a number above 0.

    Raises:
        argparse.ArgumentTypeError: it is none of these.
    """
    try:
        factor = SCALES.get(words) or float(words)
    except ValueError:
        factor = 0.0
    if not 0 < factor <= 100:
        msg = "small, full, or a factor such as 0.1"
        raise argparse.ArgumentTypeError(msg)
    return factor


def main() -> None:
    """Generate, measure, print; what was generated is removed."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("parts", nargs="*", metavar="PART", help="growth, tables, processes; all when none is named")
    parser.add_argument("--scale", type=factor_of, default="small", metavar="SIZE", help="small, full or a factor")
    parser.add_argument("--write", action="store_true", help="put the figures into RESULTS.md")
    options = parser.parse_args()
    unknown = set(options.parts) - PARTS.keys()
    if unknown:
        parser.error(f"no such part: {', '.join(sorted(unknown))}")
    parts = [part for part in PARTS if not options.parts or part in options.parts]
    lines: list[str] = []
    # Who is told to end tidies up as well.
    signal.signal(signal.SIGTERM, lambda number, frame: sys.exit(128 + number))

    def add(*some: str) -> None:
        lines.extend(some)
        print(*some, sep="\n", flush=True)

    with tempfile.TemporaryDirectory(prefix="bench-scale-") as name:
        needed, free = needed_bytes(parts, options.scale), shutil.disk_usage(name).free
        if needed > free * 0.8:
            sys.exit(f"{needed / 1e9:.1f} GB may be needed in {tempfile.gettempdir()}, {free / 1e9:.1f} GB are free.")
        add(f"Factor {options.scale:g}.", "")
        for part in parts:
            inner = Path(name) / part
            inner.mkdir()
            try:
                PARTS[part](add, options.scale, inner)
            except servers.AbsentError as absent:
                add(f"`{part}` was not measured: {absent}.", "")
    if options.write:
        results.write("Scale", lines)


if __name__ == "__main__":
    main()
