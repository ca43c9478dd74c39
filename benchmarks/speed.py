"""How much time and memory the scanner takes: as ratios, which hold on another machine too, and in seconds.

`python benchmarks/speed.py [--write] [PART ...]` measures, with generated data that is removed afterwards:

* `table`: one SQLite table read whole in three ways: SQLAlchemy alone; the scanner's connector, which counts distinct
  values; connector and detectors. Imports and loading are excluded.
* `text`: a mix of CSV, NDJSON and logs by Presidio's recognisers as we run them, by all that the product looks for
  without a language model, and a small part of it by Presidio itself; then logs that are full of hits.
  A candidate is a stretch of text that an exact expression is tried on.
* `names`: running text read for names by the language model.
* `command`: the whole command `privacy scan`, cold, on a table of very many columns; and its memory there, on one with
  ten times the rows, and on the mix as files of two sizes.

Medians of five runs, the mix of three.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from statistics import median

from presidio_analyzer import LocalRecognizer, RecognizerRegistry
from sqlalchemy import URL, create_engine, select

from benchmarks import mixed, results, wide
from benchmarks.customers import CUSTOMERS, customers, fill
from data_map.model import Asset, AssetKind, AssetScan, Field, FieldRef, Source, State
from scanners.detect import patterns, recognisers
from scanners.detect.engine import Engine
from scanners.detect.multipattern import folded, installed_engine, joined, multi_pattern
from scanners.detect.ner import NameReader, installed_model
from scanners.scan import Limits, scan
from scanners.sources.base import Listed
from scanners.sources.sql.connector import SqlSource
from scanners.sources.sql.sqlite import SqliteHabits
from scanners.values import Column, Content, Take

RUNS, MIX_RUNS = 5, 3
SENTENCES = (
    "Called {} about the invoice of last month; payment follows on Friday. ",
    "The parcel for {} came back, the address was out of date. ",
    "{} asked us to write by e-mail only. ",
)
#: Characters that Presidio itself reads: it needs a minute for a few of these.
FEW = 200_000

Add = Callable[..., None]


def judge_cells(columns: Mapping[str, Sequence[str]]) -> None:
    """Run all detectors on the columns of one table that are in memory, as a scan with ``--full`` does."""
    asset = Asset("cells", "cells", AssetKind.TABLE)
    made = []
    for position, (name, values) in enumerate(columns.items()):
        column = Column(Field(FieldRef("cells", "cells", name), position=position))
        column.extend(values)
        made.append(column)
    Engine(NameReader(None), most=None).look(Content(asset, made))


def seconds(action: Callable[[], object], runs: int = RUNS) -> float:
    """The median time of one run, after one that warms up."""
    action()
    times = []
    for _ in range(runs):
        start = time.perf_counter()
        action()
        times.append(time.perf_counter() - start)
    return median(times)


def table(add: Add, rows: int, folder: Path) -> None:
    """What three ways of reading one table take, and the detectors alone on the same cells."""
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
    made = [{name: str(value) for name, value in row.items()} for row in customers(rows)]
    columns = {column.name: [row[column.name] for row in made] for column in CUSTOMERS.columns}
    taken = [
        ("SQLAlchemy, nothing done with it", seconds(read)),
        ("connector: distinct values", seconds(fetch)),
        ("scan: connector and detectors", seconds(judge)),
        ("detectors alone, cells in memory", seconds(lambda: judge_cells(columns))),
    ]
    base = taken[0][1]
    lines = [(name, f"{each:.2f}", f"{cells / each:,.0f}", f"{base / each:.3f}") for name, each in taken]
    add(f"{rows:,} rows, {cells:,} cells, SQLite, read whole:", "")
    add(*results.table(("", "seconds", "cells a second", "of SQLAlchemy's speed"), lines), "")
    database.dispose()


def text(add: Add, characters: int) -> None:
    """Rates on a mix of files, and on logs that are full of hits."""
    some = [line for _, part in mixed.parts(3 * mixed.PART) for line in part[: FEW // 3].splitlines()]
    size = sum(map(len, some)) / 1e6
    registry = RecognizerRegistry()
    registry.load_predefined_recognizers(languages=["en"])
    all_ = [one for one in registry.recognizers if type(one).__name__ != "SpacyRecognizer"]
    ours = {row.name for row in recognisers.recognisers()}
    assert recognisers.presidio_spans(some) == [sorted(recognisers.by_presidio(line, ours)) for line in some]
    lines = []
    bases = []
    for name, used in (
        ("Presidio's registry, all but spaCy", all_),
        ("of it the pattern recognisers that we run", [one for one in all_ if type(one).__name__ in ours]),
    ):
        rate = size / seconds(lambda used=used: by_presidio(some, used), 1)  # type: ignore[misc]
        bases.append(rate)
        lines.append((name, "mix", f"{size:.1f}", "", f"{rate:.3f}", ""))
    mix = [part for _, part in mixed.parts(characters)]
    dense = list(mixed.dense_logs(characters // 10))
    for title, parts in (("mix", mix), ("dense logs", dense)):
        size = sum(map(len, parts)) / 1e6
        for name, read, density in (
            ("those pattern recognisers, as we run them", recognisers.presidio_spans, candidates(parts)),
            ("all identifiers that the product looks for", patterns.spans_of, None),
        ):
            rate = size / seconds(lambda read=read, parts=parts: read(parts), MIX_RUNS)  # type: ignore[misc]
            each = "" if density is None else f"{density:,.0f}"
            factors = " / ".join(f"{rate / base:,.0f}" for base in bases)
            lines.append((name, title, f"{size:.0f}", each, f"{rate:.1f}", factors))
    add(f"Text, on one core, by {installed_engine()}; Presidio's own line by line:", "")
    add(*results.table(("", "of", "MB", "candidates a MB", "MB a second", "× the first / second row"), lines), "")


def by_presidio(lines: Sequence[str], used: Sequence[LocalRecognizer]) -> None:
    """Run recognisers of Presidio on each line."""
    for line in lines:
        for one in used:
            one.analyze(line, one.supported_entities, None)  # type: ignore[arg-type]


def candidates(parts: Iterable[str]) -> float:
    """How many stretches a million characters have on which one of Presidio's expressions is tried."""
    rows = recognisers.recognisers()
    together = multi_pattern(tuple(row.factor for row in rows))
    found = characters = 0
    for part in parts:
        buffer = folded(joined([part]))
        found += sum(map(len, recognisers.windows_of(buffer, together.hits(buffer), rows)))
        characters += len(part)
    return found * 1e6 / characters


def names(add: Add) -> None:
    """The rate at which running text is read for names."""
    model = installed_model()
    if model is None:
        add("Running text: no language model is installed, so no names are looked for in it.", "")
        return
    people = [f"{row['first_name']} {row['last_name']}" for row in customers(500)]
    lines = [SENTENCES[number % len(SENTENCES)].format(name) for number, name in enumerate(people)]
    reader = NameReader(model)
    size = sum(len(line.encode()) for line in lines)
    taken = seconds(lambda: list(reader.entities(lines)))
    add(f"Running text, names by {model}: {size / taken / 1000:.0f} kB a second, on one core.", "")


def command(add: Add, characters: int, folder: Path) -> None:
    """Time and memory of whole commands, each in a process of its own."""
    first, longer = folder / "wide.sqlite", folder / "long.sqlite"
    wide.fill(first)
    wide.fill(longer, columns=wide.COLUMNS // 10, rows=wide.ROWS * 10)
    small, large = folder / "small", folder / "large"
    for place, size in ((small, characters // 10), (large, characters)):
        place.mkdir()
        mixed.write(place, size)
    lines = []
    for title, path, runs in (
        (f"{wide.COLUMNS} columns × {wide.ROWS:,} rows, SQLite", first, RUNS),
        (f"{wide.COLUMNS // 10} columns × {wide.ROWS * 10:,} rows, SQLite", longer, 1),
        (f"mix of {characters // 10 / 1e6:.0f} MB in files", small, 1),
        (f"mix of {characters / 1e6:.0f} MB in files", large, 1),
    ):
        for model in (True, False):
            made = [run(path, folder, has_model=model) for _ in range(runs)]
            taken, used = (median(each[index] for each in made) for index in (0, 1))
            peak = max(each[2] for each in made)
            lines.append((title, "yes" if model else "no", f"{taken:.1f}", f"{used:.1f}", f"{peak / 1e6:.0f}"))
    add("`privacy --store … scan …`, whole command, cold, default settings:", "")
    add(*results.table(("of", "language model", "seconds", "of a processor", "MB at the most"), lines), "")


#: Runs a command and tells its time and memory. A process takes over the peak of the one that started it, so what
#: starts it must be small.
WATCH = """
import json, os, subprocess, sys, time
start = time.perf_counter()
child = subprocess.Popen(sys.argv[1:], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
_, status, used = os.wait4(child.pid, 0)
print(json.dumps([status, time.perf_counter() - start, used.ru_utime + used.ru_stime, used.ru_maxrss]))
"""


def run(path: Path, folder: Path, *, has_model: bool) -> tuple[float, float, int]:
    """Seconds, seconds of a processor and bytes of memory that one scan into a new store took."""
    store = folder / "store.db"
    store.unlink(missing_ok=True)
    code = "import runpy, sys; sys.argv[0] = 'privacy'; runpy.run_module('privacy', run_name='__main__')"
    if not has_model:  # as where the model is not installed
        code = f"from scanners.detect import ner; ner.MODELS = (); {code}"
    command = [sys.executable, "-c", code, "--store", f"sqlite:///{store}", "scan", str(path)]
    done = subprocess.run(
        [sys.executable, "-S", "-c", WATCH, *command],
        stdout=subprocess.PIPE,
        cwd=folder,
        env={**os.environ, "HOME": str(folder)},
        check=True,
    )
    status, taken, used, peak = json.loads(done.stdout)
    assert status == 0, status
    # Linux counts kilobytes, macOS bytes.
    return taken, used, peak * (1 if sys.platform == "darwin" else 1024)


def main() -> None:
    """Generate, measure, print; what was generated is removed."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("parts", nargs="*", metavar="PART", help="table, text, names, command; all when none is named")
    parser.add_argument("--rows", type=int, default=50_000, help="of the table")
    parser.add_argument("--megabytes", type=int, default=100, help="of the mix")
    parser.add_argument("--write", action="store_true", help="put the figures into RESULTS.md")
    options = parser.parse_args()
    lines: list[str] = []

    def add(*some: str) -> None:
        lines.extend(some)
        print(*some, sep="\n", flush=True)

    with tempfile.TemporaryDirectory(prefix="bench-speed-") as name:
        folder = Path(name)
        measures: dict[str, Callable[[], None]] = {
            "table": lambda: table(add, options.rows, folder),
            "text": lambda: text(add, options.megabytes * 1_000_000),
            "names": lambda: names(add),
            "command": lambda: command(add, options.megabytes * 1_000_000, folder),
        }
        for part in options.parts or measures:
            measures[part]()
    if options.write:
        results.write("Speed", lines)


if __name__ == "__main__":
    main()
