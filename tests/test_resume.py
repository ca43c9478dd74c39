"""What ends a scan loses at most the units in flight: the next run of the same plan goes on, and finds the same."""

from __future__ import annotations

import json
import os
import resource
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

from tests import servers
from tests.conftest import ROOT, Cli, clean_environment

LINES = "email,note\n" + "".join(f"a{number}@example.org,Call Ann Miller today\n" for number in range(30))


@pytest.fixture
def share(tmp_path: Path) -> Path:
    folder = tmp_path / "share"
    folder.mkdir()
    for number in range(120):
        (folder / f"f{number:03}.csv").write_text(LINES)
    return folder


def started(
    tmp_path: Path, log: Path, *args: str | Path, file_bytes: int | None = None, env: dict[str, str] | None = None
) -> subprocess.Popen[str]:
    def limit() -> None:
        if file_bytes is not None:
            resource.setrlimit(resource.RLIMIT_FSIZE, (file_bytes, file_bytes))

    return subprocess.Popen(
        [sys.executable, "-m", "privacy", *map(str, args)],
        cwd=tmp_path,
        env=clean_environment(tmp_path, log) | (env or {}),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        stdin=subprocess.DEVNULL,
        text=True,
        preexec_fn=limit,
    )


def rows(store: Path, query: str) -> list[tuple[Any, ...]]:
    if not store.exists():
        return []
    try:
        with closing(sqlite3.connect(f"file:{store}?mode=ro", uri=True)) as connection:
            return connection.execute(query).fetchall()
    except sqlite3.OperationalError:
        return []


def wait_for(store: Path, count: int, process: subprocess.Popen[str]) -> None:
    deadline = time.monotonic() + 90
    while len(rows(store, "SELECT id FROM asset_scan")) < count:
        assert process.poll() is None, process.communicate()
        assert time.monotonic() < deadline
        time.sleep(0.02)


def descendants(pid: int) -> list[int]:
    """Every process below one, whoever started it."""
    found: list[int] = []
    for path in Path("/proc").glob("[0-9]*/stat"):
        try:
            words = path.read_text().rpartition(")")[2].split()
        except OSError:
            continue
        if int(words[1]) == pid:
            child = int(path.parent.name)
            found += [child, *descendants(child)]
    return found


def is_running(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] not in ("Z", "X")
    except OSError:
        return False


def assert_all_end(pids: list[int]) -> None:
    deadline = time.monotonic() + 20
    while any(map(is_running, pids)):
        assert time.monotonic() < deadline, "processes were left behind"
        time.sleep(0.1)


# Killed


def killed(folder: Path, log: Path, moments: int, stores: list[str]) -> dict[str, Any]:
    done = subprocess.run(
        [sys.executable, "-m", "tests.killing", str(folder), str(moments), *stores],
        cwd=ROOT,
        env=clean_environment(folder, log),
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout)
    assert isinstance(told, dict)
    return told


def assert_nothing_was_lost(told: dict[str, Any], moments: int) -> None:
    assert len(told["moments"]) == moments
    for moment in told["moments"]:
        assert moment["killed"] in (-signal.SIGKILL, 5), moment  # 5: it was done before
        assert (moment["resumed"], moment["is_same"]) == (5, True), moment
        if moment["killed"] == -signal.SIGKILL and moment["scans"] == [[1, "complete"]]:
            assert moment["redone"] == 0, moment
    # Otherwise nothing was shown: most of them came while it ran, and found something done.
    midway = [one for one in told["moments"] if one["killed"] == -signal.SIGKILL and one["kept"]]
    assert len(midway) >= moments // 4, told


def test_a_scan_that_is_killed_at_any_moment_goes_on_to_the_same_map(tmp_path: Path, guard_log: Path) -> None:
    moments = 20
    stores = [f"sqlite:///{tmp_path}/store-{number}.db" for number in range(moments + 1)]
    assert_nothing_was_lost(killed(tmp_path, guard_log, moments, stores), moments)
    assert guard_log.read_text() == ""


def test_so_it_does_with_a_store_in_postgresql(
    postgresql_server: servers.Server, tmp_path: Path, guard_log: Path
) -> None:
    moments = 5
    stores = [postgresql_server.new_database() for _ in range(moments + 1)]
    try:
        assert_nothing_was_lost(killed(tmp_path, guard_log, moments, stores), moments)
    finally:
        for store in stores:
            postgresql_server.drop_database(store)


@pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="processes are told by /proc")
def test_a_killed_run_leaves_no_worker_and_no_copy_behind(
    inside: Cli, tmp_path: Path, guard_log: Path, share: Path
) -> None:
    (tmp_path / "tmp").mkdir()
    process = started(tmp_path, guard_log, "scan", share, "--workers", "2", env={"TMPDIR": str(tmp_path / "tmp")})
    wait_for(tmp_path / "privacy.db", 1, process)
    below = descendants(process.pid)
    assert len(below) >= 2
    process.kill()
    process.communicate()
    assert_all_end(below)
    assert list((tmp_path / "tmp").glob("privacy-*")) == []
    before = rows(tmp_path / "privacy.db", "SELECT id FROM asset_scan")
    run = inside("scan", share, "--executor", "inline")
    assert run.exit_code == 0, run.stderr
    assert f"continuing scan 1: {len(before)} of 120 done" in run.stderr
    after = rows(tmp_path / "privacy.db", "SELECT id FROM asset_scan")
    assert set(before) <= set(after)
    assert len(after) == 120


# Interrupted


@pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="processes are told by /proc")
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM], ids=["Ctrl-C", "terminate"])
def test_ctrl_c_ends_all_processes_at_once(
    inside: Cli, tmp_path: Path, guard_log: Path, share: Path, number: signal.Signals
) -> None:
    process = started(tmp_path, guard_log, "scan", share, "--workers", "2")
    wait_for(tmp_path / "privacy.db", 1, process)
    below = descendants(process.pid)
    began = time.monotonic()
    # As a terminal does: every process of the group gets it, and twice.
    for pid in (process.pid, *below, process.pid):
        if number == signal.SIGINT or pid == process.pid:
            os.kill(pid, number)
    _, err = process.communicate(timeout=60)
    assert time.monotonic() - began < 15
    assert process.returncode == 130, err
    assert "Traceback" not in err
    assert "run the same command to continue" in err
    assert_all_end(below)
    done = len(rows(tmp_path / "privacy.db", "SELECT id FROM asset_scan"))
    assert 0 < done < 120
    run = inside("scan", share, "--format", "json", "--executor", "inline")
    assert run.exit_code == 0, run.stderr
    assert f"continuing scan 1: {done} of 120 done" in run.stderr
    # The summary is of the whole scan.
    assert (run.json()[0]["assets"], run.json()[0]["whole"], run.json()[0]["skips"]) == (120, 120, [])
    assert rows(tmp_path / "privacy.db", "SELECT id, outcome FROM scan") == [(1, "complete")]
    assert inside("map", "coverage", "--skipped", "--format", "json").json() == []


def test_what_has_changed_since_it_was_read_is_read_again(
    inside: Cli, tmp_path: Path, guard_log: Path, share: Path
) -> None:
    process = started(tmp_path, guard_log, "scan", share, "--executor", "inline")
    wait_for(tmp_path / "privacy.db", 1, process)
    process.send_signal(signal.SIGINT)
    process.communicate(timeout=60)
    [[done]] = rows(tmp_path / "privacy.db", "SELECT count(*) FROM asset_scan")
    assert 0 < done < 120
    (share / "f000.csv").write_text("iban,note\nDE89370400440532013000,Call Ann Miller today\n")
    run = inside("scan", share, "--format", "json", "--executor", "inline")
    assert run.exit_code == 0, run.stderr
    assert f"continuing scan 1: {done - 1} of 120 done" in run.stderr
    assert (run.json()[0]["assets"], run.json()[0]["whole"], run.json()[0]["skips"]) == (120, 120, [])
    query = "SELECT f.field FROM asset_scan a JOIN field_scan f ON f.asset_scan_id = a.id WHERE a.asset = 'f000.csv'"
    assert {name for (name,) in rows(tmp_path / "privacy.db", query)} == {"iban", "note"}
    assert rows(tmp_path / "privacy.db", "SELECT id, outcome FROM scan") == [(1, "complete")]


def test_a_finished_scan_is_not_continued_and_restart_begins_anew(
    inside: Cli, tmp_path: Path, guard_log: Path, share: Path
) -> None:
    process = started(tmp_path, guard_log, "scan", share, "--executor", "inline")
    wait_for(tmp_path / "privacy.db", 1, process)
    process.send_signal(signal.SIGINT)
    process.communicate(timeout=60)
    other = inside("scan", share, "--sample-rows", "5", "--executor", "inline")  # another plan
    assert "continuing" not in other.stderr
    run = inside("scan", share, "--restart", "--executor", "inline")
    assert (run.exit_code, "continuing" in run.stderr) == (0, False)
    again = inside("scan", share, "--executor", "inline")
    assert (again.exit_code, "continuing" in again.stderr) == (0, False)
    assert [row[0] for row in rows(tmp_path / "privacy.db", "SELECT outcome FROM scan ORDER BY id")] == [
        "interrupted",
        "complete",
        "complete",
        "complete",
    ]


def test_a_live_scan_of_the_same_plan_is_left_alone(inside: Cli, tmp_path: Path, guard_log: Path, share: Path) -> None:
    process = started(tmp_path, guard_log, "scan", share, "--executor", "inline")
    wait_for(tmp_path / "privacy.db", 1, process)
    os.kill(process.pid, signal.SIGSTOP)  # it lives, and does nothing
    try:
        run = inside("scan", share, "--executor", "inline")
        assert (run.exit_code, "continuing" in run.stderr) == (0, False), run.stderr
    finally:
        os.kill(process.pid, signal.SIGCONT)
    _, err = process.communicate(timeout=120)
    assert process.returncode == 0, err
    assert rows(tmp_path / "privacy.db", "SELECT id, outcome FROM scan") == [(1, "complete"), (2, "complete")]
    assert [row[0] for row in rows(tmp_path / "privacy.db", "SELECT count(*) FROM asset_scan GROUP BY scan_id")] == [
        120,
        120,
    ]


@pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
def test_two_scans_of_one_source_at_once_lose_nothing(
    request: pytest.FixtureRequest, inside: Cli, tmp_path: Path, guard_log: Path, share: Path, kind: str
) -> None:
    store = f"sqlite:///{tmp_path / 'shared.db'}" if kind == "sqlite" else request.getfixturevalue("postgresql_url")
    running = [
        started(tmp_path, guard_log, "scan", share, "--store", store, "--executor", how, "--seed", "3")
        for how in ("inline", "processes")
    ]
    for process in running:
        _, err = process.communicate(timeout=200)
        assert process.returncode == 0, err
    [covered] = inside("map", "coverage", "--format", "json", "--store", store).json()
    assert (covered["assets"], covered["whole"], covered["skipped"]) == (120, 120, 0)
    assert len(inside("map", "fields", "--format", "json", "--store", store).json()) == 240


# No room left


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A disk of three megabytes."""
    folder = tmp_path / "disk"
    folder.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=3m", "privacy-test", str(folder)]
    try:
        is_there = subprocess.run(mount, capture_output=True, check=False).returncode == 0
    except OSError:
        is_there = False
    if not is_there:
        pytest.skip("only root may mount a disk")
    try:
        yield folder
    finally:
        subprocess.run(["umount", str(folder)], check=True)


def test_a_full_disk_ends_the_run_and_spoils_nothing(
    inside: Cli, tmp_path: Path, guard_log: Path, share: Path, small_disk: Path
) -> None:
    store = small_disk / "privacy.db"
    assert inside("init", "--store", f"sqlite:///{store}").exit_code == 0
    filler = small_disk / "filler"
    free = os.statvfs(small_disk)
    filler.write_bytes(b"x" * max(0, free.f_bavail * free.f_bsize - 200_000))
    args = ("scan", share, "--store", f"sqlite:///{store}", "--executor", "inline")
    process = started(tmp_path, guard_log, *args)
    _, err = process.communicate(timeout=120)
    assert process.returncode == 4, err
    assert "there is no room left on the disk" in err
    assert "Traceback" not in err
    filler.unlink()
    with closing(sqlite3.connect(store)) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
    done = len(rows(store, "SELECT id FROM asset_scan"))
    run = inside(*args)
    assert run.exit_code == 0, run.stderr
    if done:
        assert f"continuing scan 1: {done} of 120 done" in run.stderr
    assert rows(store, "SELECT id, outcome FROM scan") == [(1, "complete")]
    assert len(rows(store, "SELECT id FROM asset_scan")) == 120


def test_a_file_that_may_not_grow_is_told_as_such(inside: Cli, tmp_path: Path, guard_log: Path, share: Path) -> None:
    assert inside("init").exit_code == 0
    size = (tmp_path / "privacy.db").stat().st_size
    process = started(tmp_path, guard_log, "scan", share, "--executor", "inline", file_bytes=size + 60_000)
    _, err = process.communicate(timeout=120)
    assert process.returncode == 4, err
    assert "the store" in err
    assert "Traceback" not in err
    with closing(sqlite3.connect(tmp_path / "privacy.db")) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
    assert inside("scan", share, "--executor", "inline").exit_code == 0
    assert len(rows(tmp_path / "privacy.db", "SELECT id FROM asset_scan")) == 120
