"""What happens to a database while it is scanned: each event costs the tables that it hits, with a reason, no others.

The events are real: another session locks, drops, revokes and kills, servers are stopped and started.
"""

from __future__ import annotations

import os
import signal
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from data_map.model import AssetScan, Reason, Skipped, SourceScan
from scanners.detect.engine import Engine
from scanners.detect.ner import NameReader
from scanners.scan import Limits, Listing, scan
from scanners.sources.sql.connector import SqlSource
from scanners.values import Take, UnreadableError
from tests import servers
from tests.conftest import Cli
from tests.scanners import databases
from tests.scanners.databases import listing, opened, run, skipped

SERVERS = ["postgresql", "mariadb"]
ROWS = [(n, f"p{n}@example.org") for n in range(30)]


@pytest.fixture
def url_of(request: pytest.FixtureRequest) -> Callable[[str], str]:
    def find(dialect: str) -> str:
        url: str = request.getfixturevalue(f"{dialect}_url")
        return url

    return find


def tables(url: str, names: str = "abcde") -> None:
    for name in names:
        databases.fill(url, name, "id int PRIMARY KEY, email varchar(40)", ROWS)


Outcome = tuple[dict[str, Reason], list[str], bool]


def scanned(source: SqlSource, at: Callable[[str], Any], timeout_s: float = 2.5) -> Outcome:
    """What was skipped and why, what was read, and whether the listing was complete.

    ``at`` is called with ``listed`` when the listing is done, and with the name of each table that was read.
    """
    skips: dict[str, Reason] = {}
    done: list[str] = []
    is_complete = False
    for event in scan(source, Engine(NameReader(None)), Limits(timeout_s=timeout_s)):
        if isinstance(event, Listing):
            at("listed")
        elif isinstance(event, Skipped):
            skips[_own(event.asset) + (f"#{event.field}" if event.field else "")] = event.reason
        elif isinstance(event, AssetScan):
            done.append(_own(event.asset.name))
            at(done[-1])
        elif isinstance(event, SourceScan):
            is_complete = event.is_complete
    return skips, done, is_complete


def _own(name: str | None) -> str:
    return (name or "").rpartition(".")[2]


def once(moment: str, *statements: str, url: str) -> Callable[[str], None]:
    """Another session's statements, at a moment of the scan."""

    def act(at: str) -> None:
        if at == moment:
            run(url, *statements)

    return act


@pytest.mark.parametrize("dialect", SERVERS)
def test_a_table_is_dropped(dialect: str, url_of: Callable[[str], str]) -> None:
    url = url_of(dialect)
    tables(url)
    with opened(url) as source:
        found = scanned(source, once("a", "DROP TABLE b", "DROP TABLE d", url=url))
    assert found == ({"b": Reason.NOT_FOUND, "d": Reason.NOT_FOUND}, ["a", "c", "e"], True)


@pytest.mark.parametrize("dialect", SERVERS)
def test_a_table_is_another_one_by_the_time_it_is_read(dialect: str, url_of: Callable[[str], str]) -> None:
    url = url_of(dialect)
    tables(url)
    changes = ["DROP TABLE b", "CREATE TABLE b (sku varchar(9))", "ALTER TABLE c RENAME COLUMN email TO mail"]
    with opened(url) as source:
        found = scanned(source, once("a", *changes, url=url))
    assert found == ({"b": Reason.NOT_FOUND, "c#email": Reason.NOT_FOUND}, ["a", "c", "d", "e"], True)


def test_a_table_becomes_a_view(postgresql_url: str) -> None:
    """A view cannot be sampled by page."""
    run(postgresql_url, "CREATE TABLE a (id int)", "CREATE TABLE b AS SELECT n AS id FROM generate_series(1, 5000) n")
    tables(postgresql_url, "c")
    changes = ["ALTER TABLE b RENAME TO z", "CREATE VIEW b AS SELECT * FROM z"]
    with opened(postgresql_url) as source:
        skips, done, _ = scanned(source, once("a", *changes, url=postgresql_url))
    assert (skips, done) == ({"b": Reason.QUERY_FAILED}, ["a", "c"])


def test_a_schema_is_dropped(postgresql_url: str) -> None:
    run(postgresql_url, "CREATE SCHEMA gone", "CREATE TABLE gone.x (id int)", "CREATE TABLE gone.y (id int)")
    tables(postgresql_url, "ab")
    with opened(postgresql_url) as source:
        found = scanned(source, once("listed", "DROP SCHEMA gone CASCADE", url=postgresql_url))
    assert found == ({"x": Reason.NOT_FOUND, "y": Reason.NOT_FOUND}, ["a", "b"], True)


@pytest.mark.parametrize("dialect", SERVERS)
def test_a_right_is_taken_away(dialect: str, url_of: Callable[[str], str], request: pytest.FixtureRequest) -> None:
    url = url_of(dialect)
    tables(url)
    schema = str(sa.make_url(url).database)
    if dialect == "postgresql":
        name, make, drop = "passing", ["CREATE ROLE passing LOGIN"], ["DROP OWNED BY passing", "DROP ROLE passing"]
        grants = [f"GRANT SELECT ON {each} TO passing" for each in "abcde"]
        revoke = "REVOKE SELECT ON b FROM passing"
    else:
        name, make, drop = "passing", ["CREATE USER passing@'127.0.0.1'"], ["DROP USER passing@'127.0.0.1'"]
        grants = [f"GRANT SELECT ON {schema}.{each} TO passing@'127.0.0.1'" for each in "abcde"]
        revoke = f"REVOKE SELECT ON {schema}.b FROM passing@'127.0.0.1'"
    run(url, *make, *grants)
    theirs = sa.make_url(url).set(username=name).render_as_string(hide_password=False)
    try:
        with opened(theirs) as source:
            found = scanned(source, once("a", revoke, url=url))
    finally:
        run(url, *drop)
    assert found == ({"b": Reason.NO_PERMISSION}, ["a", "c", "d", "e"], True)


@pytest.mark.parametrize(
    ("dialect", "lock"),
    [("postgresql", "LOCK TABLE b, d IN ACCESS EXCLUSIVE MODE"), ("mariadb", "LOCK TABLES b WRITE, d WRITE")],
)
def test_tables_are_locked(dialect: str, lock: str, url_of: Callable[[str], str]) -> None:
    url = url_of(dialect)
    tables(url)
    with databases.writer(url) as other, opened(url, timeout_s=2.5) as source:
        found = scanned(source, lambda at: other.exec_driver_sql(lock) if at == "a" else None)
    assert found == ({"b": Reason.LOCKED, "d": Reason.LOCKED}, ["a", "c", "e"], True)


@pytest.mark.parametrize("dialect", SERVERS)
def test_sessions_are_killed_all_the_time(dialect: str, url_of: Callable[[str], str]) -> None:
    """Between two statements nobody notices; in the middle of one its table is lost, and the next one is read."""
    url = url_of(dialect)
    slow = "pg_sleep(0.7)::text" if dialect == "postgresql" else "sleep(0.7)"
    tables(url, "ace")
    run(url, *(f"CREATE VIEW {name} AS SELECT id, {slow} AS email FROM a LIMIT 2" for name in "bd"))
    stop = threading.Event()

    asked = (
        "SELECT pid FROM pg_stat_activity WHERE application_name = 'privacy scan' AND wait_event = 'PgSleep'"
        if dialect == "postgresql"
        else "SELECT id FROM information_schema.processlist WHERE state = 'User sleep'"
    )
    kill = "SELECT pg_terminate_backend({})" if dialect == "postgresql" else "KILL {}"

    def kill_what_sleeps() -> None:
        while not stop.wait(0.05):
            with databases.writer(url) as other:
                for (number,) in other.exec_driver_sql(asked).all():
                    other.exec_driver_sql(kill.format(number))

    thread = threading.Thread(target=kill_what_sleeps)
    thread.start()
    try:
        with opened(url, views=True) as source:
            skips, done, is_complete = scanned(source, lambda at: None)
    finally:
        stop.set()
        thread.join()
    assert skips == {"b": Reason.CONNECTION_LOST, "d": Reason.CONNECTION_LOST}
    assert sorted(done) == ["a", "c", "e"]
    assert is_complete


def test_a_query_is_cancelled(mariadb_url: str) -> None:
    """An administrator ends the statement and leaves the session: no time-out of ours, and told alike."""
    tables(mariadb_url, "ac")
    run(mariadb_url, "CREATE VIEW b AS SELECT id, sleep(5) AS email FROM a")
    stop = threading.Event()

    def cancel() -> None:
        with databases.writer(mariadb_url) as other:
            while not stop.wait(0.05):
                for (number,) in other.exec_driver_sql(
                    "SELECT id FROM information_schema.processlist WHERE state = 'User sleep'"
                ).all():
                    other.exec_driver_sql(f"KILL QUERY {number}")

    thread = threading.Thread(target=cancel)
    thread.start()
    try:
        with opened(mariadb_url, views=True, timeout_s=20) as source:
            skips, done, _ = scanned(source, lambda at: None, 20)
    finally:
        stop.set()
        thread.join()
    assert (skips, sorted(done)) == ({"b": Reason.TIMED_OUT}, ["a", "c"])


@pytest.mark.parametrize(
    ("dialect", "setting"),
    [
        ("postgresql", "ALTER DATABASE {} SET idle_session_timeout = '300ms'"),
        ("mariadb", "SET GLOBAL wait_timeout = 1"),
    ],
)
def test_a_server_that_ends_idle_sessions(dialect: str, setting: str, url_of: Callable[[str], str]) -> None:
    url = url_of(dialect)
    tables(url)
    try:
        run(url, setting.format(sa.make_url(url).database))
        with opened(url) as source:
            found = scanned(source, lambda at: time.sleep(1.3) if at in ("listed", "b") else None)
    finally:
        if dialect == "mariadb":
            run(url, "SET GLOBAL wait_timeout = 28800")
    assert found == ({}, ["a", "b", "c", "d", "e"], True)


def test_an_idle_transaction_is_ended(postgresql_url: str) -> None:
    """A reader that is slow between two batches holds a transaction; the server's patience is not endless."""
    databases.fill(postgresql_url, "t", "id int PRIMARY KEY, n text", [(n, "x") for n in range(5_000)])
    tables(postgresql_url, "u")
    with opened(postgresql_url) as source:
        items = listing(source)

        def kill() -> None:
            run(
                postgresql_url,
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                " WHERE application_name = 'privacy scan' AND state = 'idle in transaction'",
            )

        with source._open().connect() as connection:
            rows = source._habits.all_rows(
                connection, sa.select(sa.literal_column("id")).select_from(sa.table("t")), 1_000
            ).rows
            next(rows)
            kill()
            with pytest.raises(sa.exc.DBAPIError) as failed:
                list(rows)
            assert source._habits.reason(failed.value)[0] is Reason.CONNECTION_LOST
        assert source.read(items["u"], Take(10)).rows_read == 10


# Servers that go and come back


@contextmanager
def private(dialect: str) -> Iterator[servers.Server]:
    try:
        server = servers.start_postgresql() if dialect == "postgresql" else servers.start_mariadb()
    except servers.AbsentError as absent:
        pytest.skip(str(absent))
    try:
        yield server
    finally:
        server.stop()


def restarted(server: servers.Server, pause_s: float) -> None:
    """End a server's process and start it again with the same words, at the same port."""
    old = server._process
    words = Path(f"/proc/{old.pid}/cmdline").read_bytes().split(b"\0")[:-1]
    status = Path(f"/proc/{old.pid}").stat()
    old.send_signal(server._stop_signal)
    old.wait(30)
    time.sleep(pause_s)
    server._process = subprocess.Popen(
        words,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        cwd=server._folder,
        user=status.st_uid,
        group=status.st_gid,
    )


@pytest.mark.skipif(not Path("/proc/self/cmdline").exists(), reason="asks /proc how a server was started")
@pytest.mark.parametrize("dialect", SERVERS)
def test_a_server_is_started_anew(dialect: str) -> None:
    """Nothing is lost when nothing was being read: the scan waits some seconds for a server that was there before."""
    with private(dialect) as server:
        url = server.new_database()
        tables(url)
        with opened(url) as source:
            threads = []

            def act(at: str) -> None:
                if at == "b":
                    # The old one is gone when the next table is read, and the new one comes while it waits.
                    threads.append(threading.Thread(target=restarted, args=(server, 1.0)))
                    threads[0].start()
                    server._process.wait(30)

            found = scanned(source, act)
            threads[0].join()
    assert found == ({}, ["a", "b", "c", "d", "e"], True)


@pytest.mark.parametrize("dialect", SERVERS)
def test_a_frozen_server(dialect: str) -> None:
    """A server that takes what it is asked and does not answer: told after the time-out, not waited for."""
    with private(dialect) as server:
        url = server.new_database()
        tables(url, "abcdefg")
        started = 0.0
        with opened(url, timeout_s=1) as source:

            def act(at: str) -> None:
                nonlocal started
                if at == "b":
                    _signal(server, signal.SIGSTOP)
                    started = time.monotonic()

            try:
                skips, done, is_complete = scanned(source, act, 1)
                lasted = time.monotonic() - started
            finally:
                _signal(server, signal.SIGCONT)
                server._process.kill()  # its sessions end by themselves
    assert done == ["a", "b"]
    assert set(skips) == set("cdefg")
    assert set(skips.values()) <= {Reason.CONNECTION_LOST, Reason.CONNECTION_FAILED, Reason.TIMED_OUT}
    assert not is_complete
    assert lasted < 40


def _signal(server: servers.Server, number: int) -> None:
    """To the server and to the processes that it has for its sessions."""
    own = server._process.pid
    found = subprocess.run(["ps", "-o", "pid=", "--ppid", str(own)], capture_output=True, text=True, check=False)
    for pid in [own, *map(int, found.stdout.split())]:
        os.kill(pid, number)


@pytest.mark.parametrize(("dialect", "code"), [("postgresql", "53300"), ("mariadb", "1226")])
def test_no_connection_is_left_for_the_account(dialect: str, code: str, url_of: Callable[[str], str]) -> None:
    url = url_of(dialect)
    tables(url)
    if dialect == "postgresql":
        run(url, "CREATE ROLE lone LOGIN CONNECTION LIMIT 1 IN ROLE pg_read_all_data")
        drop = "DROP ROLE lone"
    else:
        run(url, "CREATE USER lone@'127.0.0.1' WITH MAX_USER_CONNECTIONS 1", "GRANT SELECT ON *.* TO lone@'127.0.0.1'")
        drop = "DROP USER lone@'127.0.0.1'"
    lone = sa.make_url(url).set(username="lone").render_as_string(hide_password=False)
    try:
        with databases.writer(lone) as taken, opened(lone) as source:
            taken.exec_driver_sql("SELECT 1")
            with pytest.raises(UnreadableError) as failed:
                list(source.list_assets())
        with opened(lone) as source:  # one is enough for a scan
            found = scanned(source, lambda at: None)
    finally:
        run(url, drop)
    assert (failed.value.reason, failed.value.code) == (Reason.CONNECTION_FAILED, code)
    assert found == ({}, ["a", "b", "c", "d", "e"], True)


@pytest.mark.parametrize(("dialect", "code"), [("postgresql", "53300"), ("mariadb", "1040")])
def test_no_connection_is_left_at_all(dialect: str, code: str, url_of: Callable[[str], str]) -> None:
    url = url_of(dialect)
    tables(url, "a")
    theirs = url.replace("postgres@", f"{servers.READER}:{servers.READER_PASSWORD}@").replace(
        "root@", f"{servers.READER}:{servers.READER_PASSWORD}@"
    )
    if dialect == "mariadb":
        run(url, "SET GLOBAL max_connections = 10")
    engine = sa.create_engine(theirs, poolclass=sa.pool.NullPool)
    taken: list[sa.Connection] = []
    try:
        with pytest.raises(sa.exc.DBAPIError):
            for _ in range(200):
                taken.append(engine.connect())
        with opened(theirs) as source, pytest.raises(UnreadableError) as failed:
            list(source.list_assets())
    finally:
        for each in taken:
            each.close()
        if dialect == "mariadb":
            run(url, "SET GLOBAL max_connections = 151")
    assert (failed.value.reason, failed.value.code) == (Reason.CONNECTION_FAILED, code)


def test_a_server_without_room_for_a_sort(postgresql_url: str) -> None:
    tables(postgresql_url, "ac")
    run(
        postgresql_url,
        "CREATE VIEW b AS SELECT n AS id, repeat('x', 900) AS email FROM generate_series(1, 20000) n ORDER BY n % 7, n",
        f"ALTER DATABASE {sa.make_url(postgresql_url).database} SET temp_file_limit = '100kB'",
        f"ALTER DATABASE {sa.make_url(postgresql_url).database} SET work_mem = '64kB'",
    )
    with opened(postgresql_url, views=True, timeout_s=20) as source:
        skips, done, _ = scanned(source, lambda at: None, 20)
    assert (skips, done) == ({"b": Reason.NO_DISK_SPACE}, ["a", "c"])


def test_a_file_is_removed_and_another_one_put_there(tmp_path: Path) -> None:
    path = tmp_path / "d.db"
    url = f"sqlite:///{path}"
    tables(url)

    def act(at: str) -> None:
        if at == "b":
            path.unlink()
        if at == "again":
            databases.fill(url, "e", "id int, email text", ROWS)

    with opened(url) as source:
        items = listing(source)
        assert source.read(items["a"], Take(10)).rows_read == 10
        act("b")
        with pytest.raises(UnreadableError) as failed:
            source.read(items["c"], Take(10))
        assert failed.value.reason is Reason.NOT_FOUND
        act("again")
        with pytest.raises(UnreadableError) as failed:
            source.read(items["d"], Take(10))
        assert failed.value.reason is Reason.NOT_FOUND
        assert source.read(items["e"], Take(10)).rows_read == 10


# Damage


def test_a_page_that_is_damaged(tmp_path: Path) -> None:
    """Some rows of one table cannot be read any more: the table is told, the others are read."""
    with private("postgresql") as server:
        url = server.new_database()
        tables(url, "ac")
        run(url, "CREATE TABLE b AS SELECT n AS id, 'p' || n || '@example.org' AS email FROM generate_series(1, 900) n")
        with databases.writer(url) as connection:
            place = connection.exec_driver_sql("SELECT pg_relation_filepath('b')").scalar_one()
        run(url, "SELECT 1")
        server.execute("CHECKPOINT")
        # Out of the server's memory, so that it reads the file again.
        _stop_and_start(server, server._folder / "data" / place)
        with opened(url) as source:
            found = scanned(source, lambda at: None)
    assert found == ({"b": Reason.DAMAGED}, ["a", "c"], True)


def _stop_and_start(server: servers.Server, file: Path) -> None:
    if not Path("/proc/self/cmdline").exists():
        pytest.skip("asks /proc how a server was started")
    restarted(server, 0)
    with file.open("r+b") as stream:
        stream.seek(8192)
        stream.write(b"\xa5" * 8192)
    for _ in range(200):
        if servers._answers(server.admin_url):
            return
        time.sleep(0.05)
    raise AssertionError


def test_a_table_whose_file_is_damaged(mariadb_url: str, mariadb_server: servers.Server) -> None:
    tables(mariadb_url, "ac")
    run(mariadb_url, "CREATE TABLE b (id int, email varchar(99)) ENGINE=MyISAM")
    run(mariadb_url, "INSERT INTO b SELECT seq, concat('p', seq, '@example.org') FROM seq_1_to_5000", "FLUSH TABLES")
    folder = mariadb_server._folder / "data" / str(sa.make_url(mariadb_url).database)
    (folder / "b.MYD").write_bytes(b"\xa5" * 4_000)
    (folder / "b.MYI").write_bytes(b"\xa5" * 4_000)
    with opened(mariadb_url) as source:
        skips, done, _ = scanned(source, lambda at: None)
    assert (list(skips), done) == (["b"], ["a", "c"])
    assert skips["b"] is Reason.DAMAGED, skipped(mariadb_url)


# Views that do harm


def test_views_with_a_will_of_their_own(postgresql_url: str) -> None:
    """They try to write, to take away the time-out, to end the session, and to divide by zero."""
    tables(postgresql_url, "az")
    bodies = {
        "b_divides": "id / (id - 5) AS n, email FROM a",
        "c_writes": "writes() AS n",
        "d_frees_itself": "frees() AS n",
        "e_waits": "waits() AS n, email FROM a",
        "f_dies": "dies() AS n",
    }
    functions = {
        "writes": "INSERT INTO z VALUES (99, 'x')",
        "frees": "PERFORM set_config('transaction_read_only', 'off', false); INSERT INTO z VALUES (99, 'x')",
        "waits": "PERFORM set_config('statement_timeout', '0', false); PERFORM pg_sleep(20)",
        "dies": "PERFORM pg_terminate_backend(pg_backend_pid())",
    }
    run(
        postgresql_url,
        *(
            f"CREATE FUNCTION {name}() RETURNS int LANGUAGE plpgsql AS $$ BEGIN {body}; RETURN 1; END $$"
            for name, body in functions.items()
        ),
        *(f"CREATE VIEW {name} AS SELECT {body}" for name, body in bodies.items()),
        "CREATE VIEW g_calm AS SELECT * FROM a",
    )
    started = time.monotonic()
    with opened(postgresql_url, views=True, timeout_s=1.5) as source:
        skips, done, is_complete = scanned(source, lambda at: None)
        with source._open().connect() as connection:
            assert connection.exec_driver_sql("SHOW statement_timeout").scalar_one() == "1500ms"
    with databases.writer(postgresql_url) as connection:
        assert connection.exec_driver_sql("SELECT count(*) FROM z").scalar_one() == 30
    assert skips == {
        "b_divides#n": Reason.QUERY_FAILED,
        "c_writes": Reason.QUERY_FAILED,
        "d_frees_itself": Reason.QUERY_FAILED,
        "e_waits": Reason.TIMED_OUT,
        "f_dies": Reason.CONNECTION_LOST,
    }
    assert done == ["a", "z", "b_divides", "g_calm"]
    assert is_complete
    assert time.monotonic() - started < 15


# As a user sees it


@pytest.mark.parametrize("dialect", SERVERS)
def test_one_bad_table_and_one_bad_source_stop_nothing_else(
    dialect: str, url_of: Callable[[str], str], inside: Cli, tmp_path: Path
) -> None:
    url = url_of(dialect)
    tables(url)
    databases.fill(f"sqlite:///{tmp_path / 'fine.db'}", "t", "id int, email text", ROWS)
    lock = "LOCK TABLE b IN ACCESS EXCLUSIVE MODE" if dialect == "postgresql" else "LOCK TABLES b WRITE"
    shown = url.replace("+psycopg", "").replace("+pymysql", "")
    with databases.writer(url) as other:
        other.exec_driver_sql(lock)
        done = inside(
            "scan", f"{dialect}://x@127.0.0.1:1/absent", shown, "fine.db", "--timeout-s", "2", "--format", "json"
        )
    assert done.exit_code == 5
    found = done.json()
    by_name = (
        {one["source"]: one for one in found["records"] if isinstance(found, dict)}
        if isinstance(found, dict)
        else {one["source"]: one for one in found}
    )
    database = str(sa.make_url(url).database)
    assert [(skip["asset"], skip["reason"]) for skip in by_name["absent"]["skips"]] == [(None, "connection_failed")]
    (skip,) = by_name[database]["skips"]
    assert (_own(skip["asset"]), skip["reason"]) == ("b", "locked")
    assert by_name[database]["personal"] == 4
    assert (by_name["fine"]["skipped"], by_name["fine"]["personal"]) == (0, 1)
