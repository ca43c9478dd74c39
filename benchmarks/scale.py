"""What a scan costs when a table grows: time, memory, and bytes read, at a tenth of the rows and at all of them.

`python benchmarks/scale.py [--rows 1000000] [--database sqlite|postgresql]` generates the tables (130 bytes a row,
removed afterwards), then scans each in a process of its own with the default limits. A scanner that samples well takes
the same time and memory for both. PostgreSQL runs on a private server, started and stopped here.
"""

from __future__ import annotations

import argparse
import json
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

#: Bytes a row takes on disk at the most, with its share of the write-ahead log.
ROW_BYTES = 400


def measure(url: str) -> None:
    """Scan one database and print what it cost, as JSON. Runs in a process of its own, for its peak of memory."""
    from sqlalchemy import make_url

    from data_map.model import AssetScan, Skipped, Source
    from scanners.detect.engine import Engine
    from scanners.detect.ner import NameReader, installed_model
    from scanners.scan import Limits, scan
    from scanners.sources.sql.connector import SqlSource
    from scanners.sources.sql.postgresql import PostgresqlHabits
    from scanners.sources.sql.sqlite import SqliteHabits

    parsed = make_url(url)
    kind = parsed.get_backend_name()
    source = Source("scale", kind, "generated")
    detectors = Engine(NameReader(installed_model()))
    # The second scan is measured: the first one also loads the detectors, which costs the same for every table.
    for _ in range(2):
        connector = SqlSource(source, parsed, SqliteHabits() if kind == "sqlite" else PostgresqlHabits())
        before = _bytes_through_reads()
        start = time.perf_counter()
        events = list(scan(connector, detectors, Limits()))
        taken = time.perf_counter() - start
        connector.close()
        after = _bytes_through_reads()
    if any(isinstance(event, Skipped) for event in events):
        sys.exit(f"something was skipped: {events}")
    [seen] = [event for event in events if isinstance(event, AssetScan)]
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    report = {
        "seconds": taken,
        "rows_read": seen.rows_read,
        "value_bytes": seen.bytes_read,
        # What the operating system was asked for; a server reads in a process that is not ours.
        "file_bytes": after - before if kind == "sqlite" and before is not None and after is not None else None,
        # Linux counts kilobytes, macOS bytes.
        "peak_bytes": peak if sys.platform == "darwin" else peak * 1024,
        "sampling": seen.sampling,
    }
    print(json.dumps(report))


def _bytes_through_reads() -> int | None:
    try:
        lines = Path("/proc/self/io").read_text().splitlines()
    except OSError:
        return None
    return int(dict(line.split(": ") for line in lines)["rchar"])


@contextmanager
def databases(kind: str, rows: int, folder: Path) -> Iterator[list[tuple[int, str]]]:
    """Filled databases of two sizes: rows and URL."""
    from sqlalchemy import create_engine, text

    from benchmarks.customers import fill

    sizes = [rows // 10, rows]
    server = None
    if kind == "postgresql":
        from tests.servers import start_postgresql

        server = start_postgresql()
        urls = [server.new_database() for _ in sizes]
    else:
        urls = [f"sqlite:///{folder / f'{size}.db'}" for size in sizes]
    try:
        for size, url in zip(sizes, urls, strict=True):
            engine = create_engine(url)
            fill(engine, size)
            with engine.begin() as connection:
                # A database in use has statistics; a sampler relies on them.
                connection.execute(text("ANALYZE"))
            engine.dispose()
        yield list(zip(sizes, urls, strict=True))
    finally:
        if server:
            server.stop()


def main() -> None:
    """Generate, measure, print; what was generated is removed."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--rows", type=int, default=1_000_000, help="of the larger table")
    parser.add_argument("--database", choices=("sqlite", "postgresql"), default="sqlite")
    parser.add_argument("--measure", metavar="URL", help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.measure:
        measure(arguments.measure)
        return
    with tempfile.TemporaryDirectory(prefix="bench-scale-") as folder:
        needed, free = arguments.rows * ROW_BYTES, shutil.disk_usage(folder).free
        if needed > free // 2:
            sys.exit(
                f"{needed / 1e9:.1f} GB may be needed in {folder}, {free / 1e9:.1f} GB are free: take fewer --rows"
            )
        with databases(arguments.database, arguments.rows, Path(folder)) as filled:
            print(f"{'rows':>12}{'rows read':>12}{'seconds':>9}{'peak MB':>9}{'values kB':>11}{'file MB':>9}  sampling")
            for size, url in filled:
                command = [sys.executable, __file__, "--measure", url]
                done = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True)
                seen = json.loads(done.stdout)
                file = "-" if seen["file_bytes"] is None else f"{seen['file_bytes'] / 1e6:.1f}"
                print(
                    f"{size:12,}{seen['rows_read']:12,}{seen['seconds']:9.2f}{seen['peak_bytes'] / 1e6:9.0f}"
                    f"{seen['value_bytes'] / 1000:11.0f}{file:>9}  {seen['sampling']}"
                )


if __name__ == "__main__":
    main()
