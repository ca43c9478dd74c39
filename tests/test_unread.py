"""Nothing unread is clean: whatever keeps something from being read, no report says that nothing was found in it."""

from __future__ import annotations

import os
import shutil
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import Cli, Desk, clean_environment

GOOD = "email\nann@example.org\nbob@example.org\n"
#: What is in the share beside one good file → the reason with which it has to be skipped.
UNREADABLE = {
    "letter.pdf": "unsupported_format",
    "photo.png": "unsupported_format",
    "damaged.xlsx": "damaged",
    "half.json": "damaged",
    "pipe": "not_a_file",
    "outside.csv": "outside_root",
    "nowhere.csv": "not_found",
    "large.csv": "too_large",
}


def fill(share: Path) -> None:
    share.mkdir()
    (share / "good.csv").write_text(GOOD)
    (share / "letter.pdf").write_bytes(b"%PDF-1.7\n")
    (share / "photo.png").write_bytes(b"\x89PNG\r\n\x1a\n")
    (share / "damaged.xlsx").write_bytes(b"PK\x03\x04 no workbook")
    (share / "half.json").write_text('{"email": ["ann@exam')
    os.mkfifo(share / "pipe")
    (share / "outside.csv").symlink_to("/etc/hostname")
    (share / "nowhere.csv").symlink_to("gone.csv")
    (share / "large.csv").write_text("email\n" + "ann@example.org\n" * 70_000)


def records(cli: Cli, *args: str) -> list[dict[str, Any]]:
    run = cli(*args, "--format", "json")
    assert run.exit_code == 0, run.stderr
    found = run.json()
    assert isinstance(found, list)
    return found


@pytest.fixture(scope="module")
def scanned(desk: Desk) -> tuple[Desk, dict[str, Any]]:
    """A share of which one file can be read, after a scan."""
    fill(desk.folder / "share")
    run = desk.cli("scan", "share", "--max-file-mb", "1", "--format", "json")
    assert run.exit_code == 5, run.stderr
    [summary] = run.json()
    return desk, summary


def test_the_scan_says_what_it_did_not_read(scanned: tuple[Desk, dict[str, Any]]) -> None:
    _, summary = scanned
    assert {item["asset"]: item["reason"] for item in summary["skips"]} == UNREADABLE
    assert (summary["assets"], summary["whole"], summary["skipped"]) == (9, 1, 8)


def test_coverage_says_it_too(scanned: tuple[Desk, dict[str, Any]]) -> None:
    desk, _ = scanned
    [source] = records(desk.inside, "map", "coverage")
    assert (source["assets"], source["whole"], source["skipped"], source["not_reached"]) == (9, 1, 8, 0)
    skipped = records(desk.inside, "map", "coverage", "--skipped")
    assert {item["asset"]: item["reason"] for item in skipped} == UNREADABLE
    assert all(item["because"] for item in skipped)


def test_there_is_no_verdict_on_what_was_not_read(scanned: tuple[Desk, dict[str, Any]]) -> None:
    desk, _ = scanned
    assert {item["asset"] for item in records(desk.inside, "map", "fields")} == {"good.csv"}
    shown = desk.inside("map", "show").stdout
    assert "8 not scanned" in shown
    assert "nothing found" not in shown
    run = desk.inside("map", "explain", "share:letter.pdf#body")
    assert run.exit_code == 2
    assert "was skipped: no reader for this format yet" in run.stderr


def test_what_can_be_read_again_is_no_longer_skipped(inside: Cli, tmp_path: Path) -> None:
    share = tmp_path / "share"
    share.mkdir()
    (share / "people.csv").write_text(GOOD)
    (share / "book.xlsx").write_bytes(b"PK\x03\x04 no workbook")
    assert inside("scan", "share").exit_code == 5
    (share / "book.xlsx").unlink()
    (share / "book.csv").write_text(GOOD)
    assert inside("scan", "share").exit_code == 0
    assert records(inside, "map", "coverage", "--skipped") == []
    changes = {(item["change"], item["asset"]) for item in records(inside, "map", "diff")}
    assert {("no_longer_skipped", "book.xlsx"), ("new_asset", "book.csv")} <= changes

    # … and what could be read once, and cannot be now, keeps its fields and is skipped.
    (share / "people.csv").write_bytes(b"PK\x03\x04 overwritten")
    assert inside("scan", "share").exit_code == 5
    assert ("share", "people.csv") in {(item["source"], item["asset"]) for item in records(inside, "map", "fields")}
    [skipped] = records(inside, "map", "coverage", "--skipped")
    assert (skipped["asset"], skipped["reason"]) == ("people.csv", "damaged")
    [source] = records(inside, "map", "coverage")
    assert (source["outcome"], source["whole"], source["skipped"]) == ("found", 1, 1)
    assert "1 not scanned" in inside("map", "show").stdout


def test_only_unreadable_things_is_not_scanned(inside: Cli, tmp_path: Path) -> None:
    (tmp_path / "share").mkdir()
    (tmp_path / "share" / "letter.pdf").write_bytes(b"%PDF-1.7\n")
    run = inside("scan", "share")
    assert run.exit_code == 5
    assert "No personal data" not in run.stdout
    [source] = records(inside, "map", "coverage")
    assert source["outcome"] == "not scanned"


def test_what_may_not_be_read(inside: Cli, tmp_path: Path, guard_log: Path) -> None:
    share = tmp_path / "share"
    (share / "closed").mkdir(parents=True)
    (share / "good.csv").write_text(GOOD)
    (share / "secret.csv").write_text(GOOD)
    (share / "closed" / "inside.csv").write_text(GOOD)
    with closing(sqlite3.connect(tmp_path / "shop.db")) as connection:
        connection.execute("CREATE TABLE customers (email TEXT)")
    closed = [share / "secret.csv", share / "closed", tmp_path / "shop.db"]
    as_others: list[str] = []
    if os.geteuid() == 0:
        # Root may read everything, unless the right to that is taken away.
        as_others = ["setpriv", "--bounding-set=-dac_override,-dac_read_search"]
        for path in closed:
            shutil.chown(path, "nobody")
    for path in closed:
        path.chmod(0)

    def run(*args: str) -> int:
        return subprocess.run(
            [*as_others, sys.executable, "-m", "privacy", *args],
            cwd=tmp_path,
            env=clean_environment(tmp_path, guard_log),
            stdout=subprocess.DEVNULL,
            check=False,
        ).returncode

    assert run("scan", "share", "shop.db") == 5
    skipped = records(inside, "map", "coverage", "--skipped")
    assert {(item["source"], item["asset"], item["reason"]) for item in skipped} == {
        ("share", "secret.csv", "no_permission"),
        ("share", "closed", "no_permission"),
        # That it is a database cannot be seen.
        ("shop", "shop.db", "no_permission"),
    }
    assert {item["asset"] for item in records(inside, "map", "fields")} == {"good.csv"}
    outcomes = {item["source"]: item["outcome"] for item in records(inside, "map", "coverage")}
    assert outcomes == {"share": "found", "shop": "not scanned"}
    assert run("scan", "shop.db") == 5
    assert run("scan", "share/closed", "--dry-run") == 4
    for path in closed:
        path.chmod(0o700)


def test_a_dead_database_among_living_sources(inside: Cli, tmp_path: Path) -> None:
    (tmp_path / "share").mkdir()
    (tmp_path / "share" / "people.csv").write_text(GOOD)
    (tmp_path / "config.toml").write_text(
        '[[sources]]\nname = "dead"\nurl = "postgresql://reader@127.0.0.1:1/crm"\n'
        '[[sources]]\nname = "share"\npath = "share"\n'
        '[[sources]]\nname = "gone"\npath = "gone"\n'
        '[[sources]]\nname = "locked-away"\nurl = "postgresql://reader@127.0.0.1:1/crm"\npassword_env = "NOT_SET"\n'
    )
    run = inside("scan")
    assert run.exit_code == 5
    assert "gone is not scanned: There is nothing at" in run.stderr
    assert "$NOT_SET" in run.stderr
    outcomes = {item["source"]: item["outcome"] for item in records(inside, "map", "coverage")}
    assert outcomes == {"dead": "not scanned", "gone": "not scanned", "locked-away": "not scanned", "share": "found"}
    assert [item["asset"] for item in records(inside, "map", "fields")] == ["people.csv"]
    checks = inside("sources", "check", "--format", "json")
    assert checks.exit_code == 5
    assert {item["name"]: item["can_be_read"] for item in checks.json()} == {
        "dead": False,
        "share": True,
        "gone": False,
        "locked-away": False,
    }
    assert inside("sources", "check", "dead").exit_code == 4
    assert inside("scan", "dead").exit_code == 4
    assert inside("scan", "gone").exit_code == 4
    assert inside("scan", "gone", "dead").exit_code == 4
    assert inside("scan", "locked-away").exit_code == 3


@pytest.mark.parametrize("is_configured", [True, False], ids=["configured", "ad hoc"])
def test_a_source_that_is_gone_keeps_its_fields_and_is_skipped(
    inside: Cli, tmp_path: Path, is_configured: bool
) -> None:
    (tmp_path / "share").mkdir()
    (tmp_path / "share" / "people.csv").write_text(GOOD)
    if is_configured:
        (tmp_path / "config.toml").write_text('[[sources]]\nname = "share"\npath = "share"\n')
    assert inside("scan", "share").exit_code == 0
    (tmp_path / "share").rename(tmp_path / "moved")
    assert inside("scan", "share").exit_code == 4
    assert len(records(inside, "map", "fields")) == 1
    [skipped] = records(inside, "map", "coverage", "--skipped")
    assert (skipped["source"], skipped["asset"], skipped["reason"]) == ("share", None, "not_found")
    assert "could not be read" in inside("map", "show").stdout
    (tmp_path / "moved").rename(tmp_path / "share")
    assert inside("scan", "share").exit_code == 0
    assert records(inside, "map", "coverage", "--skipped") == []


def test_what_is_excluded_has_no_verdict(inside: Cli, tmp_path: Path) -> None:
    (tmp_path / "share").mkdir()
    for name in ("people.csv", "private.csv", "letter.pdf"):
        (tmp_path / "share" / name).write_text(GOOD)
    assert inside("scan", "share", "--exclude", "pri*", "--exclude", "*.pdf").exit_code == 0
    assert [item["asset"] for item in records(inside, "map", "fields")] == ["people.csv"]
    # A filtered scan says nothing of what it left out: a field known before stays known.
    assert inside("scan", "share", "--include", "private.csv").exit_code == 0
    assert {item["asset"] for item in records(inside, "map", "fields")} == {"people.csv", "private.csv"}


# Interrupted


def many(folder: Path, count: int = 300) -> None:
    folder.mkdir()
    text = "email,note\n" + "".join(f"a{number}@example.org,Call Ann Miller today\n" for number in range(200))
    for number in range(count):
        (folder / f"f{number:03}.csv").write_text(text)


def large_database(path: Path) -> None:
    with closing(sqlite3.connect(path)) as connection, connection:
        for number in range(60):
            connection.execute(f"CREATE TABLE t{number} (id INTEGER PRIMARY KEY, email TEXT, note TEXT)")
            connection.executemany(
                f"INSERT INTO t{number} VALUES (NULL, ?, ?)",
                [(f"a{row}@example.org", f"Call number {row} of Ann Miller") for row in range(2000)],
            )


@pytest.fixture(scope="module")
def sources(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    folder = tmp_path_factory.mktemp("sources")
    many(folder / "many")
    large_database(folder / "large.db")
    (folder / "after").mkdir()
    (folder / "after" / "people.csv").write_text(GOOD)
    yield folder


def interrupted(tmp_path: Path, log: Path, number: signal.Signals, *places: Path) -> subprocess.Popen[str]:
    """Start a scan, and send it a signal when it has kept a few assets."""
    process = subprocess.Popen(
        [sys.executable, "-m", "privacy", "scan", *map(str, places)],
        cwd=tmp_path,
        env=clean_environment(tmp_path, log),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        stdin=subprocess.DEVNULL,
        text=True,
    )
    deadline = time.monotonic() + 60
    while kept(tmp_path / "privacy.db") < 3:
        assert process.poll() is None, process.communicate()
        assert time.monotonic() < deadline
        time.sleep(0.02)
    process.send_signal(number)
    return process


def kept(store: Path) -> int:
    if not store.exists():
        return 0
    try:
        with closing(sqlite3.connect(f"file:{store}?mode=ro", uri=True)) as connection:
            return int(connection.execute("SELECT count(*) FROM asset_scan").fetchone()[0])
    except sqlite3.OperationalError:
        return 0


def outcome(store: Path) -> str:
    with closing(sqlite3.connect(store)) as connection:
        return str(connection.execute("SELECT outcome FROM scan ORDER BY id").fetchone()[0])


@pytest.mark.parametrize(
    ("number", "first", "count"),
    [(signal.SIGINT, "many", 300), (signal.SIGTERM, "many", 300), (signal.SIGINT, "large.db", 60)],
    ids=["Ctrl-C, files", "terminate, files", "Ctrl-C, database"],
)
def test_an_interrupted_scan(
    inside: Cli, tmp_path: Path, guard_log: Path, sources: Path, number: signal.Signals, first: str, count: int
) -> None:
    process = interrupted(tmp_path, guard_log, number, sources / first, sources / "after")
    out, err = process.communicate(timeout=60)
    assert process.returncode == 130, err
    assert "interrupted; what was done is kept" in err
    assert "Traceback" not in err
    assert "not reached" in out
    assert "No personal data was found" not in out
    assert outcome(tmp_path / "privacy.db") == "interrupted"
    covered = {item["source"]: item for item in records(inside, "map", "coverage")}
    began = covered[Path(first).stem]
    assert began["assets"] == count
    assert 3 <= began["whole"] + began["sampled"] < count
    assert began["not_reached"] == count - began["whole"] - began["sampled"]
    assert began["skipped"] == 0
    assert (covered["after"]["outcome"], covered["after"]["source_skipped"]) == ("not scanned", True)
    assert "not reached" in inside("map", "show").stdout
    # The next scan works, and takes nothing of it for gone or for skipped.
    assert inside("scan", sources / "after").exit_code == 0
    assert [item["source"] for item in records(inside, "map", "fields") if item["source"] == "after"] == ["after"]
    assert records(inside, "map", "coverage", "--skipped") == []


def test_a_killed_scan(inside: Cli, tmp_path: Path, guard_log: Path, sources: Path) -> None:
    process = interrupted(tmp_path, guard_log, signal.SIGKILL, sources / "many")
    process.communicate(timeout=60)
    assert process.returncode == -signal.SIGKILL
    [source] = records(inside, "map", "coverage")
    assert source["assets"] == 300
    assert source["not_reached"] == 300 - source["whole"] > 0
    assert len(records(inside, "map", "fields")) >= 6
    assert inside("scan", sources / "after").exit_code == 0


@pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
def test_two_scans_at_once_lose_nothing(
    request: pytest.FixtureRequest, inside: Cli, tmp_path: Path, guard_log: Path, kind: str
) -> None:
    store = f"sqlite:///{tmp_path / 'shared.db'}" if kind == "sqlite" else request.getfixturevalue("postgresql_url")
    for place in ("one", "two"):
        (tmp_path / place / "share").mkdir(parents=True)
        for number in range(15):
            (tmp_path / place / "share" / f"{number}.csv").write_text(GOOD)
    # The same name at two places: neither may take it from the other.
    running = [
        subprocess.Popen(
            [sys.executable, "-m", "privacy", "scan", f"{place}/share", "--store", store],
            cwd=tmp_path,
            env=clean_environment(tmp_path, guard_log),
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
        )
        for place in ("one", "two")
    ]
    for process in running:
        _, err = process.communicate(timeout=120)
        assert process.returncode == 0, err
    covered = records(inside, "map", "coverage", "--store", store)
    assert {(item["source"], item["whole"]) for item in covered} == {("share", 15), ("share-2", 15)}
    assert len(records(inside, "map", "fields", "--store", store)) == 30
