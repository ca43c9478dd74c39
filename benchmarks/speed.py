"""How much time the scanner takes, as a ratio to reading the same cells and doing nothing with them.

`python benchmarks/speed.py [--rows N]` reads one generated SQLite table whole in three ways: SQLAlchemy alone; the
scanner's connector, which counts distinct values; connector and detectors. A ratio says more than seconds: it holds on
another machine too. Running text is slower by far, because a language model reads it; its rate is printed apart.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median

from sqlalchemy import URL, create_engine, select

from benchmarks.customers import CUSTOMERS, fill
from data_map.model import AssetScan, Source, State
from scanners.detect.engine import Engine
from scanners.detect.ner import NameReader, installed_model
from scanners.scan import Limits, scan
from scanners.sources.base import Listed
from scanners.sources.sql.connector import SqlSource
from scanners.sources.sql.sqlite import SqliteHabits
from scanners.values import Take

RUNS = 5
SENTENCES = (
    "Called {} about the invoice of last month; payment follows on Friday. ",
    "The parcel for {} came back, the address was out of date. ",
    "{} asked us to write by e-mail only. ",
)


def seconds(action: Callable[[], object]) -> float:
    """The median time of one run, after one that warms up."""
    action()
    times = []
    for _ in range(RUNS):
        start = time.perf_counter()
        action()
        times.append(time.perf_counter() - start)
    return median(times)


def table(rows: int, folder: Path) -> None:
    """Print what three ways of reading one table take."""
    url = URL.create("sqlite", database=str(folder / "speed.db"))
    database = create_engine(url)
    fill(database, rows)
    detectors = Engine(NameReader(installed_model()))
    source = Source("speed", "sqlite", "speed.db")

    def read() -> int:
        with database.connect() as connection:
            return sum(len(row) for row in connection.execute(select(CUSTOMERS)))

    def fetch() -> int:
        connector = SqlSource(source, url, SqliteHabits())
        [listed] = [item for item in connector.list_assets() if isinstance(item, Listed)]
        content = connector.read(listed, Take(None))
        connector.close()
        return sum(column.sampled + column.missing for column in content.columns)

    def judge() -> int:
        connector = SqlSource(source, url, SqliteHabits())
        [seen] = [event for event in scan(connector, detectors, Limits(full=True)) if isinstance(event, AssetScan)]
        connector.close()
        personal = {verdict.ref.field for verdict in seen.verdicts if verdict.state is not State.CLEAN}
        # A scan that found nothing would be fast for the wrong reason.
        assert {"first_name", "last_name", "email", "phone", "iban"} <= personal, personal
        return seen.rows_read * len(seen.fields)

    cells = rows * len(CUSTOMERS.columns)
    assert read() == fetch() == judge() == cells
    base = seconds(read)
    print(f"{rows:,} rows, {cells:,} cells, SQLite, read whole; median of {RUNS} runs")
    print(f"{'':34}{'seconds':>8}{'cells/s':>12}{'ratio':>8}")
    for name, taken in (
        ("SQLAlchemy, nothing done with it", base),
        ("connector: distinct values", seconds(fetch)),
        ("scan: connector and detectors", seconds(judge)),
    ):
        print(f"{name:34}{taken:8.2f}{cells / taken:12,.0f}{taken / base:8.2f}")
    database.dispose()


def text(names: list[str]) -> None:
    """Print the rate at which running text is read."""
    model = installed_model()
    if model is None:
        print("running text: no language model is installed, so no names are looked for in it")
        return
    lines = [SENTENCES[number % len(SENTENCES)].format(name) for number, name in enumerate(names)]
    reader = NameReader(model)
    size = sum(len(line.encode()) for line in lines)
    taken = seconds(lambda: list(reader.spans(lines)))
    print(f"running text, names by {model}: {size / taken / 1000:.0f} kB/s, on one core")


def main() -> None:
    """Generate, measure, print; what was generated is removed."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--rows", type=int, default=50_000)
    rows = parser.parse_args().rows
    with tempfile.TemporaryDirectory(prefix="bench-speed-") as folder:
        table(rows, Path(folder))
        engine = create_engine(URL.create("sqlite", database=str(Path(folder) / "speed.db")))
        with engine.connect() as connection:
            found = connection.execute(select(CUSTOMERS.c.first_name, CUSTOMERS.c.last_name).limit(500))
            names = [f"{first} {last}" for first, last in found]
        engine.dispose()
        text(names)


if __name__ == "__main__":
    main()
