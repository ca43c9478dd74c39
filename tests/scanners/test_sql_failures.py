"""What cannot be read is said, with a code and never with a driver's words, and everything else is read."""

from __future__ import annotations

import os
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import sqlalchemy as sa
from sqlalchemy.pool import NullPool

from data_map.model import AssetScan, Reason, Skipped, SourceScan
from scanners.detect.engine import Engine
from scanners.detect.ner import NameReader
from scanners.scan import Limits, ScanEvent, scan
from scanners.sources.base import Listed
from scanners.sources.sql.connector import SqlSource
from scanners.values import Take, UnreadableError
from tests import servers
from tests.scanners import databases
from tests.scanners.databases import listing, opened, run, skipped, values

SERVERS = ["postgresql", "mariadb"]


@pytest.fixture
def url_of(request: pytest.FixtureRequest) -> Callable[[str], str]:
    def find(dialect: str) -> str:
        url: str = request.getfixturevalue(f"{dialect}_url")
        return url

    return find


@pytest.fixture
def server_of(request: pytest.FixtureRequest) -> Callable[[str], servers.Server]:
    def find(dialect: str) -> servers.Server:
        server: servers.Server = request.getfixturevalue(f"{dialect}_server")
        return server

    return find


def refused(url: str, timeout_s: float = 30) -> tuple[Reason, str | None]:
    """Why a source cannot be opened: the same from each of its methods."""
    with opened(url, timeout_s=timeout_s) as source:
        with pytest.raises(UnreadableError) as listed:
            list(source.list_assets())
        with pytest.raises(UnreadableError) as asked:
            source.rights()
    assert (listed.value.reason, listed.value.code) == (asked.value.reason, asked.value.code)
    assert str(listed.value) == listed.value.reason.value
    assert listed.value.__suppress_context__
    return listed.value.reason, listed.value.code


def scanned(source: SqlSource, limits: Limits | None = None) -> Iterator[ScanEvent]:
    return scan(source, Engine(NameReader(None)), limits or Limits())


def three_tables(url: str) -> str:
    """Tables ``a``, ``b`` and ``c``; returns their schema."""
    for name in "abc":
        databases.fill(
            url, name, "id int PRIMARY KEY, email varchar(40)", [(n, f"p{n}@example.org") for n in range(30)]
        )
    return "public" if url.startswith("postgresql") else url.rsplit("/", 1)[1]


@contextmanager
def session(url: str, *statements: str) -> Iterator[sa.Connection]:
    """Somebody else's session, in a transaction that stays open."""
    engine = sa.create_engine(url, poolclass=NullPool)
    with engine.connect() as connection:
        for statement in statements:
            connection.exec_driver_sql(statement)
        yield connection
        connection.rollback()


# A source that cannot be opened


@pytest.mark.parametrize(("dialect", "code"), [("postgresql", "28P01"), ("mariadb", "1045")])
def test_a_wrong_password(
    dialect: str, code: str, url_of: Callable[[str], str], server_of: Callable[[str], servers.Server]
) -> None:
    url = server_of(dialect).reader_url(url_of(dialect))
    assert refused(url.replace(servers.READER_PASSWORD, "s3cret-pw")) == (Reason.NO_PERMISSION, code)
    assert refused(url.replace(f":{servers.READER_PASSWORD}", "")) == (Reason.NO_PERMISSION, code)


@pytest.mark.parametrize(("dialect", "code"), [("postgresql", "28000"), ("mariadb", "1045")])
def test_an_unknown_account(dialect: str, code: str, url_of: Callable[[str], str]) -> None:
    url = str(sa.make_url(url_of(dialect)).set(username="nobody-here", password="x").render_as_string(False))
    assert refused(url) == (Reason.NO_PERMISSION, code)


@pytest.mark.parametrize(("dialect", "code"), [("postgresql", "3D000"), ("mariadb", "1049")])
def test_an_unknown_database(dialect: str, code: str, url_of: Callable[[str], str]) -> None:
    assert refused(url_of(dialect) + "_absent") == (Reason.NOT_FOUND, code)


@pytest.mark.parametrize(("dialect", "code"), [("postgresql", None), ("mariadb", "2003")])
def test_a_closed_port(dialect: str, code: str | None) -> None:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    started = time.monotonic()
    assert refused(f"{dialect}://somebody:s3cret-pw@127.0.0.1:{port}/db") == (Reason.CONNECTION_FAILED, code)
    assert time.monotonic() - started < 10


@pytest.mark.parametrize("dialect", SERVERS)
def test_something_else_listens_at_the_port(dialect: str) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()

        def answer() -> None:
            for _ in range(2):
                client, _ = other.accept()
                client.sendall(b"SSH-2.0-OpenSSH_9.2\r\n")
                client.close()

        thread = threading.Thread(target=answer)
        thread.start()
        reason, _ = refused(f"{dialect}://somebody@127.0.0.1:{other.getsockname()[1]}/db", timeout_s=2)
        thread.join()
    assert reason in (Reason.CONNECTION_FAILED, Reason.CONNECTION_LOST)


@pytest.mark.parametrize(
    ("make", "reason", "code"),
    [
        (lambda path: None, Reason.NOT_FOUND, "ENOENT"),
        (lambda path: path.mkdir(), Reason.NOT_A_FILE, "EISDIR"),
        (lambda path: os.mkfifo(path), Reason.NOT_A_FILE, None),
        (
            lambda path: path.write_text("only a text, which is long enough to be a page " * 100),
            Reason.DAMAGED,
            "SQLITE_NOTADB",
        ),
        (lambda path: path.write_bytes(b"SQLite format 3\0" + b"\xff" * 5_000), Reason.DAMAGED, "SQLITE_NOTADB"),
        (lambda path: path.symlink_to(path.with_name("nowhere")), Reason.NOT_FOUND, "ENOENT"),
    ],
    ids=["absent", "folder", "pipe", "text", "header-only", "dangling-link"],
)
def test_a_file_that_is_no_database(
    make: Callable[[Path], object], reason: Reason, code: str | None, tmp_path: Path
) -> None:
    from data_map.model import Source
    from scanners.sources.sql.sqlite import SqliteHabits

    path = tmp_path / "d.sqlite"
    make(path)
    source = SqlSource(Source("db", "sqlite", str(path)), sa.URL.create("sqlite", database=str(path)), SqliteHabits())
    with pytest.raises(UnreadableError) as failed:
        list(source.list_assets())
    source.close()
    assert (failed.value.reason, failed.value.code) == (reason, code)


@pytest.mark.parametrize("content", [b"", b"SQLite format 3\0"], ids=["empty", "cut-off"])
def test_a_file_of_no_pages_is_no_table(content: bytes, tmp_path: Path) -> None:
    """SQLite itself takes an empty file for an empty database."""
    path = tmp_path / "d.sqlite"
    path.write_bytes(content)
    with opened(f"sqlite:///{path}") as source:
        try:
            assert list(source.list_assets()) == []
        except UnreadableError as error:
            assert error.reason is Reason.DAMAGED


def test_a_damaged_page_spoils_its_table_only(tmp_path: Path) -> None:
    path = tmp_path / "d.db"
    url = f"sqlite:///{path}"
    three_tables(url)
    with databases.writer(url) as connection:
        page = connection.exec_driver_sql("SELECT rootpage FROM sqlite_master WHERE name = 'b'").scalar_one()
        size = connection.exec_driver_sql("PRAGMA page_size").scalar_one()
    with path.open("r+b") as stream:
        stream.seek((page - 1) * size)
        stream.write(b"\xa5" * size)

    with opened(url) as source:
        events = list(scanned(source))

    assert [event for event in events if isinstance(event, Skipped)] == [
        Skipped("db", Reason.DAMAGED, "main.b", code="SQLITE_CORRUPT")
    ]
    assert [event.asset.name for event in events if isinstance(event, AssetScan)] == ["main.a", "main.c"]


def test_a_cut_off_database(tmp_path: Path) -> None:
    path = tmp_path / "d.db"
    url = f"sqlite:///{path}"
    databases.fill(url, "t", "id int PRIMARY KEY, n varchar(99)", [(n, "x" * 90) for n in range(5_000)])
    os.truncate(path, path.stat().st_size // 2)

    with opened(url) as source:
        events = list(scanned(source))

    problems = [event for event in events if isinstance(event, Skipped)]
    assert [problem.reason for problem in problems] == [Reason.DAMAGED]
    assert not [event for event in events if isinstance(event, AssetScan)]


@pytest.mark.skipif(os.geteuid() == 0, reason="everything is open to root")
def test_a_file_that_may_not_be_read(tmp_path: Path) -> None:
    path = tmp_path / "d.db"
    run(f"sqlite:///{path}", "CREATE TABLE t (id int)")
    path.chmod(0)
    assert refused(f"sqlite:///{path}") == (Reason.NO_PERMISSION, "EACCES")


# A table that cannot be read


def test_postgresql_without_permission(postgresql_url: str, postgresql_server: servers.Server) -> None:
    three_tables(postgresql_url)
    run(
        postgresql_url,
        "CREATE ROLE guest LOGIN",
        "GRANT SELECT ON a, c TO guest",
        "CREATE TABLE d (id int, email text, salary int)",
        "INSERT INTO d VALUES (1, 'd@example.org', 5)",
        "GRANT SELECT (id, email) ON d TO guest",
        "CREATE SCHEMA hidden",
        "CREATE TABLE hidden.t (id int)",
    )
    guest = postgresql_url.replace("postgres@", "guest@")
    try:
        with opened(guest) as source:
            events = list(scanned(source))
    finally:
        run(postgresql_url, "DROP OWNED BY guest", "DROP ROLE guest")

    assert [event for event in events if isinstance(event, Skipped)] == [
        Skipped("db", Reason.NO_PERMISSION, "hidden.t", code="42501"),
        Skipped("db", Reason.NO_PERMISSION, "public.b", code="42501"),
        Skipped("db", Reason.NO_PERMISSION, "public.d", "salary", "42501"),
    ]
    read = {event.asset.name: event for event in events if isinstance(event, AssetScan)}
    assert list(read) == ["public.a", "public.c", "public.d"]
    assert [field.ref.field for field in read["public.d"].fields] == ["id", "email"]
    end = events[-1]
    assert isinstance(end, SourceScan)
    assert end.asset_count == 5


def test_rows_that_a_policy_hides_are_not_taken_for_the_whole_table(postgresql_url: str) -> None:
    run(
        postgresql_url,
        "CREATE ROLE clerk LOGIN",
        "CREATE TABLE r (id int, email text)",
        "INSERT INTO r SELECT n, 'person' || n || '@kestrel-mail.org' FROM generate_series(1, 300) n",
        "ALTER TABLE r ENABLE ROW LEVEL SECURITY",
        "CREATE POLICY few ON r USING (id <= 3)",
        "GRANT SELECT ON r TO clerk",
    )
    try:
        with opened(postgresql_url.replace("postgres@", "clerk@")) as source:
            events = list(scanned(source))
    finally:
        run(postgresql_url, "DROP OWNED BY clerk", "DROP ROLE clerk")
    skips = [event for event in events if isinstance(event, Skipped)]
    assert [(one.asset, one.field, one.reason, one.code) for one in skips] == [
        ("public.r", None, Reason.NO_PERMISSION, "42501")
    ]


def test_mariadb_without_permission(mariadb_url: str, mariadb_server: servers.Server) -> None:
    schema = three_tables(mariadb_url)
    run(mariadb_url, "CREATE SQL SECURITY INVOKER VIEW v AS SELECT * FROM b")
    for statement in (
        "CREATE USER guest@'127.0.0.1'",
        *(f"GRANT SELECT ON {schema}.{name} TO guest@'127.0.0.1'" for name in "acv"),
        f"GRANT INSERT ON {schema}.b TO guest@'127.0.0.1'",
    ):
        mariadb_server.execute(statement)
    try:
        with opened(mariadb_url.replace("root@", "guest@"), views=True) as source:
            events = list(scanned(source))
    finally:
        mariadb_server.execute("DROP USER guest@'127.0.0.1'")

    found = [event for event in events if isinstance(event, Skipped)]
    assert [(item.asset, item.field) for item in found] == [(f"{schema}.b", None), (f"{schema}.v", None)]
    assert (found[0].reason, found[0].code) == (Reason.NO_PERMISSION, "1142")
    assert [event.asset.name for event in events if isinstance(event, AssetScan)] == [f"{schema}.a", f"{schema}.c"]


@pytest.mark.parametrize(
    ("dialect", "locks", "code"),
    [
        ("postgresql", ["LOCK TABLE b IN ACCESS EXCLUSIVE MODE"], "55P03"),
        ("mariadb", ["LOCK TABLES b WRITE"], "1205"),
    ],
)
def test_a_locked_table(dialect: str, locks: list[str], code: str, url_of: Callable[[str], str]) -> None:
    url = url_of(dialect)
    schema = three_tables(url)
    with session(url, *locks), opened(url, timeout_s=2.5) as source:
        started = time.monotonic()
        events = list(scanned(source))
        lasted = time.monotonic() - started

    assert [event for event in events if isinstance(event, Skipped)] == [
        Skipped("db", Reason.LOCKED, f"{schema}.b", code=code)
    ]
    assert [event.asset.name for event in events if isinstance(event, AssetScan)] == [f"{schema}.a", f"{schema}.c"]
    assert lasted < 6


@pytest.mark.parametrize(
    ("dialect", "slow", "code"),
    [
        ("postgresql", "SELECT pg_sleep(20)::text AS id", "57014"),
        ("mariadb", "SELECT sleep(20) + count(*) AS id FROM a", "1969"),
    ],
)
def test_a_slow_view(dialect: str, slow: str, code: str, url_of: Callable[[str], str]) -> None:
    url = url_of(dialect)
    schema = three_tables(url)
    run(url, f"CREATE VIEW slow AS {slow}", "CREATE VIEW swift AS SELECT * FROM c")
    started = time.monotonic()
    assert skipped(url, views=True, timeout_s=1) == [Skipped("db", Reason.TIMED_OUT, f"{schema}.slow", code=code)]
    assert time.monotonic() - started < 6


@pytest.mark.parametrize("dialect", SERVERS)
def test_reading_everything_may_take_longer_than_one_time_out(dialect: str, url_of: Callable[[str], str]) -> None:
    url = url_of(dialect)
    databases.fill(url, "t", "id int PRIMARY KEY, n varchar(99)", [(n, "x" * 90) for n in range(20_000)])
    with opened(url, timeout_s=1) as source:
        item = listing(source)["t"]
        with source._open().connect() as connection:
            statement = sa.select(sa.literal_column("id"), sa.literal_column("n")).select_from(sa.table("t"))
            rows = source._habits.all_rows(connection, statement, 1_000).rows
            first = next(rows)
            time.sleep(1.5)  # the reader is slow, not the server
            assert 1 + sum(1 for _ in rows) == 20_000
            assert len(first) == 2
        run(url, "CREATE VIEW slow AS SELECT " + ("pg_sleep(20)::text" if dialect == "postgresql" else "sleep(20)"))
        assert source.read(item, Take(None)).rows_read == 20_000
    assert [each.reason for each in skipped(url, views=True, timeout_s=1)] == [Reason.TIMED_OUT]


def test_a_slow_view_in_sqlite(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'd.db'}"
    three_tables(url)
    run(
        url,
        "CREATE VIEW slow AS WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT max(i) AS m FROM n",
        "CREATE VIEW swift AS SELECT * FROM c",
    )
    started = time.monotonic()
    assert skipped(url, views=True, timeout_s=0.5) == [
        Skipped("db", Reason.TIMED_OUT, "main.slow", code="SQLITE_INTERRUPT")
    ]
    assert time.monotonic() - started < 6


def test_a_column_that_fails_is_skipped_alone(postgresql_url: str) -> None:
    run(
        postgresql_url,
        "CREATE FUNCTION fails() RETURNS int STABLE LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'Kaspar'; END $$",
        "CREATE VIEW v AS SELECT 'anna@example.org'::text AS email, fails() AS broken",
    )
    with opened(postgresql_url, views=True) as source:
        content = source.read(listing(source)["v"], Take(10))

    assert values(content) == {"email": ["anna@example.org"]}
    assert content.skipped == [Skipped("db", Reason.QUERY_FAILED, "public.v", "broken", "P0001")]


@pytest.mark.parametrize(
    ("dialect", "code"), [("sqlite", "SQLITE_ERROR"), ("postgresql", "42P01"), ("mariadb", "1146")]
)
def test_a_table_dropped_after_the_listing(
    dialect: str, code: str, url_of: Callable[[str], str], tmp_path: Path
) -> None:
    url = f"sqlite:///{tmp_path / 'd.db'}" if dialect == "sqlite" else url_of(dialect)
    three_tables(url)
    with opened(url) as source:
        found = listing(source)
        run(url, "DROP TABLE b")
        with pytest.raises(UnreadableError) as failed:
            source.read(found["b"], Take(10))
        assert (failed.value.reason, failed.value.code) == (Reason.NOT_FOUND, code)
        assert source.read(found["c"], Take(10)).rows_read == 10


@pytest.mark.parametrize(
    ("dialect", "code"), [("sqlite", "SQLITE_ERROR"), ("postgresql", "42703"), ("mariadb", "1054")]
)
@pytest.mark.parametrize("change", ["DROP COLUMN email", "RENAME COLUMN email TO mail"])
def test_a_column_that_is_gone_after_the_listing(
    dialect: str, code: str, change: str, url_of: Callable[[str], str], tmp_path: Path
) -> None:
    url = f"sqlite:///{tmp_path / 'd.db'}" if dialect == "sqlite" else url_of(dialect)
    schema = three_tables(url)
    with opened(url) as source:
        item = listing(source)["b"]
        run(url, f"ALTER TABLE b {change}")
        content = source.read(item, Take(10))
    assert list(values(content)) == ["id"]
    assert content.skipped == [Skipped("db", Reason.NOT_FOUND, item.asset.name, "email", code)]
    assert item.asset.name == (f"{schema}.b" if dialect != "sqlite" else "main.b")


# A connection that breaks


def kill_all(url: str) -> None:
    """End every session in this database but the one that does it."""
    with databases.writer(url) as connection:
        if url.startswith("postgresql"):
            connection.exec_driver_sql(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                " WHERE application_name = 'privacy scan' AND datname = current_database()"
            )
            return
        question = "SELECT id FROM information_schema.processlist WHERE db = database() AND id <> connection_id()"
        for (number,) in connection.exec_driver_sql(question).all():
            connection.exec_driver_sql(f"KILL {number}")


@pytest.mark.parametrize("dialect", SERVERS)
def test_a_connection_killed_between_two_tables_is_not_noticed(dialect: str, url_of: Callable[[str], str]) -> None:
    url = url_of(dialect)
    three_tables(url)
    with opened(url) as source:
        for item in listing(source).values():
            kill_all(url)
            assert source.read(item, Take(10)).rows_read == 10


@pytest.mark.parametrize(
    ("dialect", "slow", "code"),
    [
        ("postgresql", "SELECT pg_sleep(20)::text AS id", "57P01"),
        ("mariadb", "SELECT sleep(20) + count(*) AS id FROM a", "2013"),
    ],
)
def test_a_connection_killed_in_the_middle_of_a_table(
    dialect: str, slow: str, code: str, url_of: Callable[[str], str]
) -> None:
    url = url_of(dialect)
    schema = three_tables(url)
    run(url, f"CREATE VIEW slow AS {slow}", "CREATE VIEW swift AS SELECT * FROM c")

    def kill_the_reader() -> None:
        asked = (
            "SELECT count(*) FROM pg_stat_activity WHERE application_name = 'privacy scan' AND wait_event = 'PgSleep'"
            if dialect == "postgresql"
            else "SELECT count(*) FROM information_schema.processlist WHERE state = 'User sleep'"
        )
        for _ in range(500):
            with databases.writer(url) as connection:
                if connection.exec_driver_sql(asked).scalar_one():
                    break
            time.sleep(0.02)
        kill_all(url)

    thread = threading.Thread(target=kill_the_reader)
    with opened(url, views=True) as source:
        events = []
        for event in scanned(source):
            events.append(event)
            if getattr(event, "asset", None) == f"{schema}.c" or (
                isinstance(event, AssetScan) and event.asset.name == f"{schema}.c"
            ):
                thread.start()
    thread.join()

    lost = [event for event in events if isinstance(event, Skipped)]
    assert [(item.reason, item.asset) for item in lost] == [(Reason.CONNECTION_LOST, f"{schema}.slow")]
    assert lost[0].code in (code, None)
    assert [event.asset.name for event in events if isinstance(event, AssetScan)] == [
        f"{schema}.{name}" for name in ("a", "b", "c", "swift")
    ]


@pytest.mark.parametrize("dialect", SERVERS)
def test_a_server_that_stops_half_way(dialect: str) -> None:
    try:
        server = servers.start_postgresql() if dialect == "postgresql" else servers.start_mariadb()
    except servers.AbsentError as absent:
        pytest.skip(str(absent))
    try:
        url = server.new_database()
        for number in range(12):
            run(url, f"CREATE TABLE t{number:02d} (id int)")
        with opened(url) as source:
            events = []
            started = 0.0
            for event in scanned(source):
                events.append(event)
                if isinstance(event, AssetScan) and event.asset.name.endswith("t02"):
                    server.stop()
                    started = time.monotonic()
            lasted = time.monotonic() - started
    finally:
        server.stop()

    assert [event.asset.name[-3:] for event in events if isinstance(event, AssetScan)] == ["t00", "t01", "t02"]
    lost = [event for event in events if isinstance(event, Skipped)]
    assert [item.asset[-3:] for item in lost if item.asset] == [f"t{number:02d}" for number in range(3, 12)]
    assert {item.reason for item in lost} <= {Reason.CONNECTION_LOST, Reason.CONNECTION_FAILED}
    assert isinstance(events[-1], SourceScan)
    assert lasted < 10


def test_no_driver_s_words_are_in_a_skip(postgresql_url: str, mariadb_url: str, tmp_path: Path) -> None:
    """Messages of drivers hold values: here the canary is a key, a label and a text."""
    run(
        postgresql_url,
        "CREATE FUNCTION fails() RETURNS int STABLE LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'canary'; END $$",
        "CREATE VIEW a AS SELECT fails() AS b",
        "CREATE VIEW c AS SELECT ('canary' || n)::int AS d FROM generate_series(1, 3) n",
    )
    run(
        mariadb_url,
        "CREATE FUNCTION fails() RETURNS int BEGIN SIGNAL SQLSTATE '45000' SET MESSAGE_TEXT = 'canary'; RETURN 1; END",
        "CREATE VIEW a AS SELECT fails() AS b",
    )
    url = f"sqlite:///{tmp_path / 'd.db'}"
    run(url, "CREATE TABLE t (a)", "INSERT INTO t VALUES ('canary')", "CREATE VIEW a AS SELECT json(a) AS b FROM t")

    found = [item for each in (postgresql_url, mariadb_url, url) for item in skipped(each, views=True)]

    assert [(item.reason, item.code) for item in found] == [
        (Reason.QUERY_FAILED, "P0001"),
        (Reason.QUERY_FAILED, "22P02"),
        (Reason.QUERY_FAILED, "1644"),
        (Reason.QUERY_FAILED, "SQLITE_ERROR"),
    ]
    assert "canary" not in repr(found)


def test_a_listing_goes_on_when_the_sizes_cannot_be_asked(postgresql_url: str) -> None:
    """An exclusive lock makes the server wait to say how large a table is."""
    run(postgresql_url, "CREATE TABLE a AS SELECT 1 AS id", "CREATE TABLE b AS SELECT 1 AS id")
    with (
        session(postgresql_url, "LOCK TABLE a IN ACCESS EXCLUSIVE MODE"),
        opened(postgresql_url, timeout_s=2) as source,
    ):
        started = time.monotonic()
        found = {item.asset.name: item for item in source.list_assets() if isinstance(item, Listed)}
        assert time.monotonic() - started < 1.5
    assert (found["public.a"].asset.size_bytes, found["public.b"].asset.size_bytes) == (None, 8_192)
