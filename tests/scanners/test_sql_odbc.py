"""ODBC, for real: through the drivers of SQLite and of PostgreSQL, where they are installed."""

from __future__ import annotations

import os
import pickle
import time
from pathlib import Path

import pytest
import sqlalchemy as sa

from data_map.errors import UsageError
from data_map.model import AssetKind, Reason, Skipped
from scanners.sources.address import locate
from scanners.sources.sql import odbc
from scanners.values import Take, UnreadableError
from tests.conftest import Cli
from tests.scanners import databases
from tests.scanners.databases import listing, opened, read, run, values

pyodbc = pytest.importorskip("pyodbc", reason="needs the extra odbc, and unixODBC", exc_type=ImportError)


def needs(name: str) -> pytest.MarkDecorator:
    # In CI a driver that is not there makes its tests fail.
    is_absent = name not in pyodbc.drivers() and not os.environ.get("CI")
    return pytest.mark.skipif(is_absent, reason=f"there is no ODBC driver called {name}")


sqlite_driver = needs("SQLite3")
postgresql_driver = needs("PostgreSQL Unicode")


@pytest.fixture(scope="module")
def company(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("odbc") / "company.db"
    databases.build(f"sqlite:///{path}")
    return path


def through_sqlite(path: Path) -> str:
    return f"odbc:///{path}?driver=SQLite3"


def through_postgresql(url: str, login: str = "postgres") -> str:
    given = sa.make_url(url)
    return f"odbc://{login}@{given.host}:{given.port}/{given.database}?driver=PostgreSQL+Unicode"


# The address


@pytest.mark.parametrize(
    ("address", "expected", "location"),
    [
        ("odbc://reader:p%3Bw%7D@/?dsn=CRM", "DSN=CRM;UID=reader;PWD={p;w}}}", "odbc:///CRM"),
        (
            "odbc://u@h:5/db?driver=PostgreSQL+Unicode&SSLmode=require",
            "DRIVER={PostgreSQL Unicode};SERVER=h;PORT=5;DATABASE=db;UID=u;SSLmode=require",
            "odbc://h:5/db",
        ),
        ("odbc:///?driver=%7BX%7D&Trusted_Connection=yes", "DRIVER={X};Trusted_Connection=yes", "odbc:///"),
    ],
)
def test_an_address_becomes_what_the_driver_manager_takes(address: str, expected: str, location: str) -> None:
    place = locate(address)
    assert place.url is not None
    assert odbc.connection_string(place.url) == expected
    assert place.location == location


def test_options_cannot_be_smuggled_into_names() -> None:
    with pytest.raises(UsageError) as failed:
        locate("odbc:///?dsn=CRM;PWD=canary")
    assert "canary" not in str(failed.value)
    with pytest.raises(UnreadableError):
        odbc.connection_string(sa.make_url("odbc:///?dsn=CRM&a%3Db%3Bc=d"))
    # A value stays one.
    assert odbc.connection_string(sa.make_url("odbc:///?dsn=CRM&Note=x%3BPWD%3Dy")) == "DSN=CRM;Note={x;PWD=y}"


# SQLite's driver


@sqlite_driver
def test_the_listing_has_tables_and_keys(company: Path) -> None:
    with opened(through_sqlite(company)) as source:
        found = listing(source)
    assert set(found) == set(databases.metadata.tables)
    lines = {field.ref.field: field for field in found["order_lines"].fields}
    assert [name for name, field in lines.items() if field.is_primary_key] == ["order_id", "line_no"]
    assert str(lines["product_id"].references) == "db:main.products#id"


@sqlite_driver
def test_rows_are_read_and_a_large_table_s_first_ones_are_called_so(company: Path) -> None:
    with opened(through_sqlite(company)) as source:
        found = pickle.loads(pickle.dumps(listing(source)))
        people = source.read(found["customers"], Take(1_000))
        events = source.read(found["events"], Take(1_000))
        whole = source.read(found["events"], Take(None))
    assert (people.sampling, people.rows_read, people.skipped) == ("all", 300, [])
    assert values(people)["email"] == values(read(f"sqlite:///{company}", "customers"))["email"]
    assert (events.sampling, events.is_whole, events.rows_read) == ("head", False, 1_000)
    assert (whole.sampling, whole.rows_read) == ("all", databases.EVENTS)


@sqlite_driver
def test_the_session_is_made_read_only(company: Path) -> None:
    with opened(through_sqlite(company)) as source:
        assert source.rights().is_session_read_only is True
        with pytest.raises(sa.exc.DBAPIError), source._open().connect() as connection:
            connection.exec_driver_sql("DELETE FROM events")


@sqlite_driver
def test_odd_names_and_long_texts(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'd.db'}"
    run(
        url,
        'CREATE TABLE "a ""b"" %s :c" ("select" text, "Größe" int)',
        """INSERT INTO "a ""b"" %s :c" VALUES (replace(hex(zeroblob(20000)), '0', 'x'), 5)""",
    )
    (content,) = [read(through_sqlite(tmp_path / "d.db"), 'a "b" %s :c')]
    assert {name: len(found[0]) for name, found in values(content).items()} == {"select": 4096, "Größe": 1}
    assert content.columns[0].cut == 1


@sqlite_driver
def test_through_the_command(company: Path, cli: Cli) -> None:
    assert cli("scan", through_sqlite(company)).exit_code == 5  # a picture is seen to be one, not looked into
    found = cli("map", "fields", "--personal", "--format", "json").json()
    assert "contact.email" in {row["category"] for row in found if row["asset"] == "main.customers"}


# PostgreSQL's driver


@postgresql_driver
def test_types_views_and_schemas(postgresql_url: str) -> None:
    run(
        postgresql_url,
        "CREATE SCHEMA hr",
        "CREATE TYPE mood AS ENUM ('sad', 'ok')",
        "CREATE TABLE hr.t (a int PRIMARY KEY, b inet, c timestamptz, d bytea, e int[], f json, g text, h bool,"
        " m mood)",
        "INSERT INTO hr.t VALUES (1, '192.0.2.7', '2024-01-02 03:04:05+00', '\\xff00', '{1,2}', '{\"a\": 1}', 'x',"
        " true, 'ok')",
        "CREATE VIEW v AS SELECT g FROM hr.t",
    )
    with opened(through_postgresql(postgresql_url), views=True) as source:
        assert source.rights().is_session_read_only is True
        found = listing(source)
        assert [(name, item.asset.kind) for name, item in found.items()] == [
            ("t", AssetKind.TABLE),
            ("v", AssetKind.VIEW),
        ]
        content = source.read(found["t"], Take(10))
    assert not content.skipped
    assert {name: kept[0] for name, kept in values(content).items() if kept and name not in "cd"} == {
        "a": "1",
        "b": "192.0.2.7",
        "e": "{1,2}",
        "f": '{"a": 1}',
        "g": "x",
        "h": "1",
        "m": "ok",
    }


@postgresql_driver
def test_what_is_refused_or_slow_is_skipped_with_its_reason(postgresql_url: str) -> None:
    run(
        postgresql_url,
        "CREATE TABLE a AS SELECT 1 AS id, 'canary' AS secret",
        "CREATE TABLE b AS SELECT 'canary' AS secret",
        "CREATE VIEW slow AS SELECT pg_sleep(20)::text AS x",
        "CREATE ROLE odbc_reader LOGIN PASSWORD 'p'",
        "GRANT SELECT (id) ON a TO odbc_reader",
        "GRANT SELECT ON slow TO odbc_reader",
    )
    try:
        started = time.monotonic()
        found = databases.skipped(through_postgresql(postgresql_url, "odbc_reader:p"), views=True, timeout_s=1)
        assert time.monotonic() - started < 10
    finally:
        run(postgresql_url, "DROP OWNED BY odbc_reader", "DROP ROLE odbc_reader")
    assert [(item.asset, item.field, item.reason, item.code) for item in found] == [
        ("public.a", "secret", Reason.NO_PERMISSION, "42501"),
        ("public.b", None, Reason.NO_PERMISSION, "42501"),
        ("public.slow", None, Reason.TIMED_OUT, "57014"),
    ]
    assert "canary" not in repr(found)


@needs("MariaDB Unicode")
def test_mariadb_s_driver_shows_the_database_of_the_address_alone(mariadb_url: str) -> None:
    databases.build(mariadb_url)
    run(mariadb_url, "CREATE VIEW slow AS SELECT sleep(20) + count(*) AS x FROM customers")
    given = sa.make_url(mariadb_url)
    server = f"odbc://root@127.0.0.1:{given.port}/"
    with opened(f"{server}{given.database}?driver=MariaDB+Unicode", views=True, timeout_s=1) as source:
        found = listing(source)
        assert set(found) == {*databases.metadata.tables, "slow"}
        assert source.read(found["customers"], Take(1_000)).rows_read == 300
        with pytest.raises(UnreadableError) as failed:
            source.read(found["slow"], Take(10))
        assert failed.value.reason is Reason.TIMED_OUT
        with pytest.raises(sa.exc.DBAPIError), source._open().connect() as connection:
            connection.exec_driver_sql("DELETE FROM events")
    with opened(f"{server}?driver=MariaDB+Unicode") as source, pytest.raises(UnreadableError) as unnamed:
        list[object](source.list_assets())
    assert (unnamed.value.reason, unnamed.value.code) == (Reason.NOT_FOUND, "3D000")


@pytest.mark.parametrize(
    ("address", "reason", "code"),
    [
        ("odbc:///?dsn=there-is-none", Reason.NOT_FOUND, "IM002"),
        ("odbc://u@127.0.0.1:1/d?driver=There+Is+None", Reason.MISSING_EXTRA, "01000"),
    ],
)
def test_a_source_or_a_driver_that_is_not_there(address: str, reason: Reason, code: str) -> None:
    with opened(address) as source, pytest.raises(UnreadableError) as failed:
        list[object](source.list_assets())
    assert (failed.value.reason, failed.value.code) == (reason, code)


@postgresql_driver
def test_a_server_that_does_not_answer() -> None:
    found: list[Skipped] = []
    with (
        opened("odbc://u@127.0.0.1:1/d?driver=PostgreSQL+Unicode") as source,
        pytest.raises(UnreadableError) as failed,
    ):
        list[object](source.list_assets())
    assert (failed.value.reason, found) == (Reason.CONNECTION_FAILED, [])


@pytest.mark.parametrize(
    ("dbms", "style", "expected"),
    [
        ("DB2/LINUXX8664", "fetch", "SELECT 1 FROM t OFFSET 10 ROWS FETCH NEXT 1 ROWS ONLY"),
        ("Microsoft SQL Server", "top", "SELECT TOP 11 1 FROM t"),
        ("PostgreSQL", "limit", "SELECT 1 FROM t LIMIT 1 OFFSET 10"),
        ("Something Else", None, "SELECT 1 FROM t"),
    ],
)
def test_rows_are_limited_in_the_database_s_own_spelling(dbms: str, style: str | None, expected: str) -> None:
    dialect = odbc.OdbcDialect()
    dialect.limit_style = odbc._limit_of(dbms.lower())
    assert dialect.limit_style == style
    statement = sa.select(sa.literal_column("1")).select_from(sa.table("t")).limit(1).offset(10)
    compiled = statement.compile(dialect=dialect, compile_kwargs={"literal_binds": True})
    assert " ".join(str(compiled).split()) == expected
