"""Kills scans at chosen moments, continues them, and tells what their maps are: ``python -m tests.killing FOLDER …``.

Detectors are loaded once; each scan then is a process of its own, forked from this one, that runs the real command. So
a scan takes a second instead of four, and a kill may come at any moment of it.
"""

from __future__ import annotations

import importlib
import json
import os
import random
import signal
import sqlite3
import sys
import time
from collections.abc import Sequence
from contextlib import closing, suppress
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

TODAY = date(2026, 11, 24)
TABLES, FILES = 20, 36
#: What the command imports while it runs.
LOADED = (
    "alembic.command",
    "data_map.store.scans",
    "privacy.cli",
    "privacy.reports.terminal",
    "privacy.scanning",
    "psycopg",
    "rich.progress",
    "scanners.executor",
    "scanners.sources.files",
    "scanners.sources.sql.sqlite",
    "sqlalchemy.dialects.postgresql.psycopg",
    "sqlalchemy.dialects.sqlite.pysqlite",
)


def plant(folder: Path, tables: int, files: int) -> list[str]:
    """A database and a folder with something in each; the addresses to scan."""
    rng = random.Random(3)
    given, family = ("Anna", "Boris", "Clara", "David", "Elena"), ("Keller", "Novak", "Rossi", "Vogel", "Dubois")
    with closing(sqlite3.connect(folder / "shop.db")) as connection, connection:
        for number in range(tables):
            connection.execute(
                f"CREATE TABLE t{number:02} (id INTEGER PRIMARY KEY, email TEXT, full_name TEXT, note TEXT, "
                f"customer_id INTEGER REFERENCES t00 (id))"
            )
            rows = [
                (
                    f"{rng.choice(given).lower()}{row}@kestrel-mail.org",
                    f"{rng.choice(given)} {rng.choice(family)}",
                    f"Number {row} was sent back on a {rng.choice(('Monday', 'Friday'))} by train",
                    rng.randrange(1, 300),
                )
                for row in range(1500 if number % 10 == 0 else 120)
            ]
            connection.executemany(f"INSERT INTO t{number:02} VALUES (NULL, ?, ?, ?, ?)", rows)
    share = folder / "share"
    share.mkdir()
    for number in range(files):
        lines = [
            f"{rng.choice(given)} {rng.choice(family)},+49 30 {rng.randrange(10**6, 10**7)},{n}" for n in range(40)
        ]
        (share / f"f{number:02}.csv").write_text("name,phone,count\n" + "\n".join(lines) + "\n")
    (share / "letter.unknown").write_bytes(b"\x00\x01\x02")
    (share / "zz-broken.json").write_text('{"a": ')
    return [str(folder / "shop.db"), str(share)]


def start(arguments: Sequence[str], folder: Path) -> int:
    """Run the command in a process forked from this one; its number."""
    child = os.fork()
    if child:
        return child
    code = 70
    try:
        os.chdir(folder)
        with (folder / "said").open("ab") as said:
            os.dup2(said.fileno(), 1)
            os.dup2(said.fileno(), 2)
        from typer.main import get_command

        from privacy.cli import app

        code = get_command(app).main(list(arguments), standalone_mode=False) or 0
    finally:
        sys.stdout.flush()
        os._exit(int(code))


def ended(child: int) -> int:
    """The exit code, or minus the signal."""
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


def map_of(url: str) -> tuple[str, list[tuple[int, str]], dict[tuple[str, str], str]]:
    """The map without ids and times; the scans with their outcome; when each asset was looked at."""
    from data_map.store.store import Store

    with Store.open(url, now=lambda: datetime.now(UTC), tool_version="0", create=False) as store:
        found = store.load(today=TODAY)
        scans = [(scan.id, scan.outcome) for scan in store.scans()]
    looked = {(part.source.name, each.asset.name): each.scanned_at.isoformat() for part in found.sources
              for each in part.assets}  # fmt: skip
    plain = [
        (part.source, part.skipped, part.asset_count, part.connected,
         [(a.asset, a.fields, a.rows_read, a.bytes_read, a.is_whole, a.sampling) for a in part.assets])
        for part in found.sources
    ]  # fmt: skip
    return repr((plain, found.joins)), scans, looked


def made(url: str) -> None:
    """Make an empty store."""
    from data_map.store.store import Store

    Store.open(url, now=lambda: datetime.now(UTC), tool_version="0", create=True).close()


def main(folder: Path, moments: int, stores: Sequence[str]) -> None:
    """Print what happened as JSON. ``stores``: a fresh store's address for each moment, and one for the whole run."""
    from scanners import worker
    from scanners.detect.ner import installed_model

    worker.warm(installed_model())
    for name in LOADED:
        importlib.import_module(name)
    places = plant(folder, tables=TABLES, files=FILES)
    base = ["scan", *places, "--seed", "5", "--executor", "inline"]

    def command(store: str) -> list[str]:
        return [*base, "--store", store]

    made(stores[-1])
    began = time.monotonic()
    assert ended(start(command(stores[-1]), folder)) == 5, (folder / "said").read_text()
    duration = time.monotonic() - began
    whole, scans, _ = map_of(stores[-1])
    assert [outcome for _, outcome in scans] == ["complete"]
    rng = random.Random(moments)
    told: list[dict[str, Any]] = []
    for number, store in enumerate(stores[:moments]):
        if number > 2:  # most kills shall find a scan, and not the making of its store
            made(store)
        wait_s = (number + rng.random()) / moments * duration
        child = start(command(store), folder)
        time.sleep(wait_s)
        with suppress(ProcessLookupError):
            os.kill(child, signal.SIGKILL)
        killed = ended(child)
        before: dict[tuple[str, str], str] = {}
        with suppress(Exception):  # it may have been killed before there was a store
            before = map_of(store)[2]
        resumed = ended(start(command(store), folder))
        now, scans, after = map_of(store)
        told.append(
            {
                "wait_s": wait_s,
                "killed": killed,
                "resumed": resumed,
                "is_same": now == whole,
                "kept": len(before),
                "redone": sum(after.get(place) != at for place, at in before.items()),
                "scans": scans,
            }
        )
    json.dump({"duration_s": duration, "moments": told}, sys.stdout)


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]), sys.argv[3:])
