"""Scanners cannot write: with an account that may do everything, the database itself refuses."""

from __future__ import annotations

import gc
import hashlib
import os
import shutil
import sqlite3
import stat
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from sqlalchemy.exc import DBAPIError, OperationalError

from data_map.model import AssetScan, Reason, Skipped
from scanners.detect.engine import Engine
from scanners.detect.ner import NameReader
from scanners.scan import Limits, scan
from scanners.sources.base import Checkable, Listed, Rights
from scanners.sources.sql import sqlite as habits
from scanners.values import Take, UnreadableError
from tests import servers
from tests.scanners import databases
from tests.scanners.databases import listing, opened, read, run, values

WRITES = [
    "INSERT INTO t (id) VALUES (2)",
    "UPDATE t SET id = 3",
    "DELETE FROM t",
    "CREATE TABLE u (id int)",
    "DROP TABLE t",
    "ALTER TABLE t ADD COLUMN n int",
    "CREATE INDEX i ON t (id)",
    "CREATE VIEW v AS SELECT * FROM t",
]
OWN_WRITES = {
    "sqlite": ["VACUUM", "PRAGMA user_version = 5", "REPLACE INTO t VALUES (1)"],
    "postgresql": ["TRUNCATE t", "CREATE SCHEMA s", "COMMENT ON TABLE t IS 'x'", "SELECT nextval('s1')"],
    "mariadb": ["TRUNCATE TABLE t", "REPLACE INTO t (id) VALUES (1)", "CREATE DATABASE x", "RENAME TABLE t TO u"],
}


@pytest.fixture
def url_of(request: pytest.FixtureRequest, tmp_path: Path) -> Callable[[str], str]:
    def find(dialect: str) -> str:
        if dialect == "sqlite":
            return f"sqlite:///{tmp_path / 'd.db'}"
        url: str = request.getfixturevalue(f"{dialect}_url")
        return url

    return find


@pytest.fixture
def private_copies(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where private copies are made; must be empty afterwards."""
    folder = tmp_path_factory.mktemp("tmp")
    monkeypatch.setattr(tempfile, "tempdir", str(folder))
    return folder


@pytest.mark.parametrize("dialect", list(OWN_WRITES))
@pytest.mark.parametrize("is_autocommit", [False, True], ids=["reading", "listing"])
def test_the_database_refuses_to_write(dialect: str, is_autocommit: bool, url_of: Callable[[str], str]) -> None:
    url = url_of(dialect)
    run(url, "CREATE TABLE t (id int)", "INSERT INTO t VALUES (1)")
    if dialect == "postgresql":
        run(url, "CREATE SEQUENCE s1")
    options = {"isolation_level": "AUTOCOMMIT"} if is_autocommit else {}
    with opened(url) as source:
        item = listing(source)["t"]
        for statement in [*WRITES, *OWN_WRITES[dialect]]:
            with (
                source._open().connect().execution_options(**options) as connection,
                pytest.raises(DBAPIError) as refused,
            ):
                connection.exec_driver_sql(statement)
                connection.commit()
            code = source._habits.reason(refused.value)[1]
            assert code == {"postgresql": "25006", "mariadb": "1792"}.get(dialect, code), statement
        assert values(source.read(item, Take(10))) == {"id": ["1"]}
    assert values(read(url, "t", 10)) == {"id": ["1"]}


@pytest.mark.parametrize(("dialect", "may"), [("sqlite", None), ("postgresql", True), ("mariadb", True)])
def test_the_rights_of_an_account_that_may_do_everything(
    dialect: str, may: bool | None, url_of: Callable[[str], str]
) -> None:
    url = url_of(dialect)
    run(url, "CREATE TABLE t (id int)")
    with opened(url) as source:
        assert isinstance(source, Checkable)
        # The servers are on this machine: nothing goes over a wire.
        assert source.rights() == Rights(True, may, is_superuser=may, is_encrypted=True)


def test_the_rights_of_accounts_that_may_read(
    postgresql_url: str, postgresql_server: servers.Server, mariadb_url: str, mariadb_server: servers.Server
) -> None:
    for url, server in ((postgresql_url, postgresql_server), (mariadb_url, mariadb_server)):
        run(url, "CREATE TABLE t (id int)", "INSERT INTO t VALUES (7)")
        with opened(server.reader_url(url)) as source:
            assert source.rights() == Rights(True, False, is_superuser=False, is_encrypted=True)
            assert values(source.read(listing(source)["t"], Take(10))) == {"id": ["7"]}


def test_one_grant_on_one_table_is_seen(
    postgresql_url: str, postgresql_server: servers.Server, mariadb_url: str, mariadb_server: servers.Server
) -> None:
    run(postgresql_url, "CREATE TABLE t (id int)", f"GRANT UPDATE ON t TO {servers.READER}")
    run(mariadb_url, "CREATE TABLE t (id int)")
    schema = mariadb_url.rsplit("/", 1)[1]
    mariadb_server.execute("CREATE USER clerk@'127.0.0.1' IDENTIFIED BY 'pw'")
    mariadb_server.execute(f"GRANT SELECT, UPDATE ON {schema}.t TO clerk@'127.0.0.1'")
    try:
        with opened(postgresql_server.reader_url(postgresql_url)) as source:
            assert source.rights() == Rights(True, True, is_superuser=False, is_encrypted=True)
        with opened(mariadb_url.replace("root@", "clerk:pw@")) as source:
            assert source.rights() == Rights(True, True, is_superuser=False, is_encrypted=True)
    finally:
        mariadb_server.execute("DROP USER clerk@'127.0.0.1'")


# What SQLite leaves on disk


def snapshot(folder: Path) -> dict[str, tuple[int, int, str]]:
    """Names, modification times, sizes and content of a folder's files; access times are the file system's."""
    return {
        each.name: (each.stat().st_mtime_ns, each.stat().st_size, hashlib.sha256(each.read_bytes()).hexdigest())
        for each in sorted(folder.iterdir())
    }


def scanned(path: Path) -> list[AssetScan | Skipped]:
    with opened(f"sqlite:///{path}") as source:
        events = list(scan(source, Engine(NameReader(None)), Limits()))
    return [event for event in events if isinstance(event, AssetScan | Skipped)]


def fresh(path: Path, *pragmas: str) -> sqlite3.Connection:
    """An open connection to a new database with 50 addresses in it."""
    connection = sqlite3.connect(path, isolation_level=None)
    for pragma in pragmas:
        connection.execute(pragma)
    connection.execute("CREATE TABLE t (email TEXT)")
    connection.executemany("INSERT INTO t VALUES (?)", [(f"p{number}@example.org",) for number in range(50)])
    return connection


@pytest.mark.parametrize("mode", ["DELETE", "TRUNCATE", "PERSIST", "WAL"])
def test_nothing_is_written_beside_a_closed_database(mode: str, tmp_path: Path, private_copies: Path) -> None:
    fresh(tmp_path / "d.db", f"PRAGMA journal_mode = {mode}").close()
    before = snapshot(tmp_path)

    (found,) = scanned(tmp_path / "d.db")

    assert isinstance(found, AssetScan)
    assert found.rows_read == 50
    assert snapshot(tmp_path) == before
    assert not list(private_copies.iterdir())


def test_a_log_with_a_live_writer_is_read_from_a_private_copy(tmp_path: Path, private_copies: Path) -> None:
    writer = fresh(tmp_path / "d.db", "PRAGMA journal_mode = WAL", "PRAGMA wal_autocheckpoint = 0")
    try:
        writer.execute("BEGIN")
        writer.execute("INSERT INTO t VALUES ('uncommitted@example.org')")
        before = snapshot(tmp_path)
        assert before["d.db-wal"][1] > 0

        with opened(f"sqlite:///{tmp_path / 'd.db'}") as source:
            content = source.read(listing(source)["t"], Take(1_000))
            (copy,) = private_copies.iterdir()
            assert stat.S_IMODE(copy.stat().st_mode) == 0o700
        assert content.rows_read == 50
        assert snapshot(tmp_path) == before
        assert not list(private_copies.iterdir())
        writer.execute("COMMIT")
        assert len(values(read(f"sqlite:///{tmp_path / 'd.db'}", "t", 100))["email"]) == 51
    finally:
        writer.close()


@pytest.mark.parametrize("mode", ["WAL", "DELETE"])
def test_a_database_that_is_written_all_the_time(mode: str, tmp_path: Path, private_copies: Path) -> None:
    """Whatever is read of a table is one state of it: the numbers up to some number, without a gap."""
    path = tmp_path / "d.db"
    connection = sqlite3.connect(path, isolation_level=None)
    connection.executescript(f"PRAGMA journal_mode = {mode}; CREATE TABLE t (n, fill)")
    connection.close()
    stop = threading.Event()

    def write() -> None:
        writer = sqlite3.connect(path, isolation_level=None)
        writer.execute("PRAGMA wal_autocheckpoint = 20")
        number = 0
        while not stop.is_set() and number < 20_000:
            rows = [(number + step, "x" * 200) for step in range(1, 21)]
            number += len(rows)
            writer.execute("BEGIN")
            writer.executemany("INSERT INTO t VALUES (?, ?)", rows)
            writer.execute("COMMIT")
            stop.wait(0.01)
        writer.close()

    thread = threading.Thread(target=write)
    thread.start()
    states = []
    try:
        for _ in range(15):
            try:
                with opened(f"sqlite:///{path}") as source:
                    item = listing(source)["t"]
                    for _ in range(2):
                        states.append(sorted(map(int, values(source.read(item, Take(None)))["n"])))
            except UnreadableError as error:
                assert error.reason in (Reason.LOCKED, Reason.DAMAGED)  # said, not guessed
    finally:
        stop.set()
        thread.join()
    assert all(numbers == list(range(1, len(numbers) + 1)) for numbers in states)
    assert states
    assert not list(private_copies.iterdir())


def test_a_database_that_changed_after_the_listing_is_opened_again(tmp_path: Path) -> None:
    path = tmp_path / "d.db"
    writer = fresh(path)
    with opened(f"sqlite:///{path}") as source:
        item = listing(source)["t"]
        assert source.read(item, Take(1_000)).rows_read == 50
        writer.execute("DELETE FROM t WHERE rowid > 10")
        writer.execute("VACUUM")
        assert source.read(item, Take(1_000)).rows_read == 10
        writer.execute("DROP TABLE t")
        with pytest.raises(UnreadableError) as failed:
            source.read(item, Take(1_000))
        writer.close()
    assert (failed.value.reason, failed.value.code) == (Reason.NOT_FOUND, "SQLITE_ERROR")


def test_a_hot_journal_is_rolled_back_in_a_private_copy(tmp_path: Path, private_copies: Path) -> None:
    path = tmp_path / "d.db"
    fresh(path).close()
    crash = (
        "import os, sqlite3, sys\n"
        "c = sqlite3.connect(sys.argv[1], isolation_level=None)\n"
        "c.execute('PRAGMA cache_size = 1'); c.execute('PRAGMA cache_spill = 1'); c.execute('BEGIN IMMEDIATE')\n"
        "c.execute(\"UPDATE t SET email = 'half@example.org'\")\n"
        "c.executemany('INSERT INTO t VALUES (?)', [('x' * 3000,)] * 200)\n"
        "os._exit(1)\n"
    )
    subprocess.run([sys.executable, "-c", crash, str(path)], check=False, timeout=60)
    before = snapshot(tmp_path)
    assert before["d.db-journal"][1] > 0

    found = values(read(f"sqlite:///{path}", "t", 1_000))["email"]

    assert found == [f"p{number}@example.org" for number in range(50)]
    assert snapshot(tmp_path) == before
    assert not list(private_copies.iterdir())


@pytest.mark.skipif(not hasattr(os, "geteuid"), reason="needs Unix")
def test_a_folder_that_cannot_be_written(tmp_path: Path, private_copies: Path) -> None:
    folder = tmp_path / "closed"
    folder.mkdir()
    fresh(folder / "wal.db", "PRAGMA journal_mode = WAL").close()
    fresh(folder / "plain.db").close()
    for each in folder.iterdir():
        each.chmod(0o444)
    folder.chmod(0o555)
    before = snapshot(folder)
    try:
        for name in ("wal.db", "plain.db"):
            (found,) = scanned(folder / name)
            assert isinstance(found, AssetScan)
            assert found.rows_read == 50
        assert snapshot(folder) == before
    finally:
        folder.chmod(0o755)
    assert not list(private_copies.iterdir())


def test_a_copy_is_gone_after_a_failure(tmp_path: Path, private_copies: Path) -> None:
    path = tmp_path / "d.db"
    fresh(path).close()
    Path(f"{path}-wal").write_bytes(b"x" * 100)
    path.write_bytes(b"no database at all " * 300)

    with opened(f"sqlite:///{path}") as source, pytest.raises(UnreadableError) as failed:
        list(source.list_assets())

    assert (failed.value.reason, failed.value.code) == (Reason.DAMAGED, "SQLITE_NOTADB")
    assert not list(private_copies.iterdir())


def test_a_copy_is_gone_after_an_exception_in_the_middle(tmp_path: Path, private_copies: Path) -> None:
    writer = fresh(tmp_path / "d.db", "PRAGMA journal_mode = WAL")
    try:
        with pytest.raises(KeyboardInterrupt), opened(f"sqlite:///{tmp_path / 'd.db'}") as source:
            for item in source.list_assets():
                assert isinstance(item, Listed)
                assert list(private_copies.iterdir())
                raise KeyboardInterrupt
    finally:
        writer.close()
    assert not list(private_copies.iterdir())


def test_there_is_no_copy_without_room_for_it(tmp_path: Path, private_copies: Path) -> None:
    if shutil.disk_usage(private_copies).free > 2**43:
        pytest.skip("this disk is too large to be filled")
    writer = fresh(tmp_path / "d.db", "PRAGMA journal_mode = WAL")
    try:
        os.truncate(tmp_path / "d.db", 2**43)  # a sparse file that no disk could hold twice
        with opened(f"sqlite:///{tmp_path / 'd.db'}") as source, pytest.raises(UnreadableError) as failed:
            list(source.list_assets())
    except OSError:
        pytest.skip("this file system has no sparse files")
    finally:
        writer.close()
    assert (failed.value.reason, failed.value.code) == (Reason.NO_DISK_SPACE, "ENOSPC")
    assert not list(private_copies.iterdir())


def test_a_log_changes_its_fingerprint_only_when_it_starts_anew(tmp_path: Path) -> None:
    path = tmp_path / "d.db"
    writer = fresh(path, "PRAGMA journal_mode = WAL", "PRAGMA wal_autocheckpoint = 0")
    try:
        first = habits._fingerprint(path)
        writer.execute("INSERT INTO t VALUES ('one more')")
        assert habits._fingerprint(path) == first
        writer.execute("PRAGMA wal_checkpoint(RESTART)")
        writer.execute("INSERT INTO t VALUES ('another')")
        assert habits._fingerprint(path) != first
    finally:
        writer.close()


# What stays open


@pytest.mark.parametrize("dialect", ["sqlite", "postgresql", "mariadb"])
def test_a_source_may_be_closed_twice_and_used_again(dialect: str, url_of: Callable[[str], str]) -> None:
    url = url_of(dialect)
    run(url, "CREATE TABLE t (id int)", "INSERT INTO t VALUES (1)")
    with opened(url) as source:
        assert source.rights().is_session_read_only is True
        assert source.rights() == source.rights()
        source.close()
        source.close()
        item = listing(source)["t"]
        source.close()
        assert source.read(item, Take(10)).rows_read == 1
        source.close()


@pytest.mark.parametrize("dialect", ["postgresql", "mariadb"])
def test_no_connection_is_left(dialect: str, url_of: Callable[[str], str]) -> None:
    url = url_of(dialect)
    databases.fill(url, "t", "id int PRIMARY KEY, n int", [(number, number) for number in range(3_000)])
    for rows in (10, 5_000, None):
        read(url, "t", rows)
    gc.collect()

    assert connections(url) == 0


def connections(url: str) -> int:
    """How many sessions of ours the server knows."""
    question = (
        "SELECT count(*) FROM pg_stat_activity WHERE application_name = 'privacy scan' AND datname = current_database()"
        if url.startswith("postgresql")
        else "SELECT count(*) FROM information_schema.processlist WHERE db = database() AND id <> connection_id()"
    )
    left = 1
    for _ in range(100):
        with databases.writer(url) as connection:
            left = connection.exec_driver_sql(question).scalar_one()
        if not left:
            break
    return left


def test_an_unfinished_listing_leaves_nothing_open(postgresql_url: str) -> None:
    run(postgresql_url, "CREATE TABLE a (id int)", "CREATE TABLE b (id int)")
    with opened(postgresql_url) as source:
        found: Iterator[Listed | Skipped] = source.list_assets()
        first = next(found)
        assert isinstance(first, Listed)
        assert source.read(first, Take(10)).rows_read == 0  # while the listing goes on
        del found
    gc.collect()
    assert connections(postgresql_url) == 0


def test_sessions_say_who_they_are_and_hold_no_transaction(postgresql_url: str) -> None:
    run(postgresql_url, "CREATE TABLE t (id int)")
    with opened(postgresql_url) as source:
        source.read(listing(source)["t"], Take(10))
        with databases.writer(postgresql_url) as connection:
            states = connection.exec_driver_sql(
                "SELECT state FROM pg_stat_activity WHERE application_name = 'privacy scan'"
                " AND datname = current_database()"
            ).all()
    assert {state for (state,) in states} == {"idle"}


def test_a_function_of_the_database_s_own_is_never_called(postgresql_url: str) -> None:
    """A function for exactly this type would win over the system's, did we not name that one in full."""
    run(
        postgresql_url,
        "CREATE FUNCTION public.left(varchar, int) RETURNS text LANGUAGE plpgsql AS "
        "$$ BEGIN RAISE EXCEPTION 'called'; END $$",
        "CREATE FUNCTION public.substring(bytea, int, int) RETURNS bytea LANGUAGE plpgsql AS "
        "$$ BEGIN RAISE EXCEPTION 'called'; END $$",
        "CREATE TABLE t (a varchar(20), b bytea)",
        "INSERT INTO t VALUES ('x', 'y')",
    )
    with databases.writer(postgresql_url) as connection, pytest.raises(DBAPIError):
        connection.exec_driver_sql("SELECT left(a, 5) FROM t")

    assert values(read(postgresql_url, "t", 10)) == {"a": ["x"], "b": ["y"]}


def test_sqlite_functions_in_a_schema_are_not_trusted(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'd.db'}"
    run(url, "CREATE TABLE t (a)", "CREATE VIEW v AS SELECT load_extension('evil') AS a")
    with opened(url, views=True) as source:
        with source._open().connect() as connection, pytest.raises(OperationalError):
            connection.exec_driver_sql("SELECT * FROM v").all()
        item = next(each for each in source.list_assets() if isinstance(each, Listed) and each.asset.name == "main.t")
        assert source.read(item, Take(10)).rows_read == 0
