from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from sqlalchemy import Column, Integer, MetaData, String, Table

from data_map.model import FieldRef, Reason
from scanners.sources.base import Listed
from scanners.values import Take
from tests.scanners import databases
from tests.scanners.databases import listing, opened, read, run, statements, values

DIALECTS = ["sqlite", "postgresql", "mariadb"]
NAMES = [
    "select",
    "table",
    "order",
    "user",
    "a b",
    "a.b",
    "a%b",
    "a%%b",
    "a%(b)s",
    "a:b",
    ":a",
    "a?b",
    'a"b',
    'a""b',
    "a'b",
    "a`b",
    "a\\b",
    "a[b]",
    "[red]a[/red]",
    "a#b",
    "a/b",
    "a;b",
    "größe",
    "Ім'я",
    "氏名",
    "اسم",
    "a\u200bb",
    "a\u202eb",
    "e\u0301",
    "a\x1b[31mb",
    "a\nb",
    "a\tb",
    "1",
    "1=1",
    "*",
    "-- x",
    "/* x */",
    "x); DROP TABLE victim; --",
    '"; DROP TABLE victim; --',
    "`; DROP TABLE victim; -- ",
    "' OR 1=1 --",
    "{}",
    "${HOME}",
    "%s",
    "=1+1",
    "c0",
    "sampling_key",
    "chosen",
    "x" * 60,
]
EMOJI = ["😀", "a😀b"]  # MariaDB's catalog has no room for characters beyond the first plane


@pytest.fixture
def url_of(request: pytest.FixtureRequest, tmp_path: Path) -> Callable[[str], str]:
    def find(dialect: str) -> str:
        if dialect == "sqlite":
            return f"sqlite:///{tmp_path / 'd.db'}"
        url: str = request.getfixturevalue(f"{dialect}_url")
        return url

    return find


@pytest.mark.parametrize("dialect", DIALECTS)
def test_any_name_will_do(dialect: str, url_of: Callable[[str], str]) -> None:
    url = url_of(dialect)
    names = [name for name in NAMES if not name.endswith(" ")] if dialect == "mariadb" else NAMES + EMOJI
    metadata = MetaData()
    for name in names:
        Table(name, metadata, Column(name, Integer, primary_key=True), Column(f"{name} 2", String(20)), quote=True)
    Table("victim", metadata, Column("id", Integer))
    with databases.writer(url) as connection:
        metadata.create_all(connection, checkfirst=False)
        for name in names:
            rows = [{"c0": number, "c1": f"v{number}"} for number in range(1, 61)]
            quote = connection.dialect.identifier_preparer.quote_identifier
            marks = {"sqlite": ":c0, :c1"}.get(dialect, "%(c0)s, %(c1)s")
            connection.exec_driver_sql(f"INSERT INTO {quote(name)} VALUES ({marks})", rows)

    with opened(url) as source:
        found = listing(source)
        assert set(found) == {*names, "victim"}
        for name in names:
            item = found[name]
            assert [field.ref.field for field in item.fields] == [name, f"{name} 2"]
            assert FieldRef.parse(str(item.fields[0].ref)) == item.fields[0].ref
            whole = source.read(item, Take(100))
            assert whole.is_whole, name
            assert values(whole) == {
                name: [str(number) for number in range(1, 61)],
                f"{name} 2": [f"v{number}" for number in range(1, 61)],
            }
            part = source.read(item, Take(25))
            assert part.rows_read == 25, name
            assert not part.is_whole
            assert source.read(item, Take(None)).rows_read == 60


@pytest.mark.parametrize("dialect", ["postgresql", "mariadb"])
def test_schemas_have_odd_names_too(dialect: str, url_of: Callable[[str], str], request: pytest.FixtureRequest) -> None:
    url = url_of(dialect)
    schemas = ["select", "a%b", "a:b", "a b", 'a"b', "a`b", "größe", "x; DROP"]
    with databases.writer(url) as connection:
        quote = connection.dialect.identifier_preparer.quote_identifier
        for schema in schemas:
            connection.exec_driver_sql(f"CREATE SCHEMA {quote(schema)}")
            connection.exec_driver_sql(f"CREATE TABLE {quote(schema)}.t (id int PRIMARY KEY, n int)")
            connection.exec_driver_sql(f"INSERT INTO {quote(schema)}.t VALUES (1, 2)")
    try:
        with opened(url if dialect == "postgresql" else url.rsplit("/", 1)[0]) as source:
            found = {item.asset.name: item for item in source.list_assets() if isinstance(item, Listed)}
            for schema in schemas:
                assert values(source.read(found[f"{schema}.t"], Take(10))) == {"id": ["1"], "n": ["2"]}
    finally:
        if dialect == "mariadb":
            with databases.writer(url) as connection:
                for schema in schemas:
                    connection.exec_driver_sql(f"DROP SCHEMA {quote(schema)}")


@pytest.mark.parametrize("dialect", DIALECTS)
def test_names_that_differ_in_case_only(dialect: str, url_of: Callable[[str], str]) -> None:
    """PostgreSQL keeps both columns and both tables apart; MariaDB, on Linux, the tables; SQLite none."""
    url = url_of(dialect)
    if dialect == "postgresql":
        run(url, 'CREATE TABLE "People" ("Id" int, "ID" int, id int)', 'INSERT INTO "People" VALUES (1, 2, 3)')
        run(url, "CREATE TABLE people (id int)", "INSERT INTO people VALUES (4)")
        assert values(read(url, "People", 10)) == {"Id": ["1"], "ID": ["2"], "id": ["3"]}
        assert values(read(url, "people", 10)) == {"id": ["4"]}
    elif dialect == "mariadb":
        run(url, "CREATE TABLE People (Id int)", "INSERT INTO People VALUES (1)", "CREATE TABLE PEOPLE (id int)")
        assert values(read(url, "People", 10)) == {"Id": ["1"]}
        assert values(read(url, "PEOPLE", 10)) == {"id": []}
    else:
        run(url, "CREATE TABLE People (Id int)", "INSERT INTO People VALUES (1)")
        assert values(read(url, "People", 10)) == {"Id": ["1"]}


def test_dots_that_make_two_labels_equal(postgresql_url: str) -> None:
    run(
        postgresql_url,
        'CREATE SCHEMA "a.b"',
        "CREATE SCHEMA a",
        'CREATE SCHEMA "a.b.c"',
        'CREATE TABLE a."b.c.d" AS SELECT 1 AS one',
        'CREATE TABLE "a.b"."c.d" AS SELECT 2 AS one',
        'CREATE TABLE "a.b.c".d AS SELECT 3 AS one',
    )
    with opened(postgresql_url) as source:
        found = {item.asset.name: item for item in source.list_assets() if isinstance(item, Listed)}
        assert list(found) == ["a.b.c.d", "a.b.c.d~2", "a.b.c.d~3"]
        assert [item.fields[0].ref.asset for item in found.values()] == list(found)
        assert [values(source.read(item, Take(10)))["one"] for item in found.values()] == [["1"], ["2"], ["3"]]


def test_an_injection_is_only_a_name(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'd.db'}"
    name = 'a" UNION SELECT secret FROM other --'
    quoted = name.replace('"', '""')
    run(
        url,
        "CREATE TABLE other (secret TEXT)",
        "INSERT INTO other VALUES ('s3cret')",
        f'CREATE TABLE t ("{quoted}" TEXT)',
        "INSERT INTO t VALUES ('plain')",
    )
    assert values(read(url, "t", 10)) == {name: ["plain"]}


def test_a_column_without_a_name(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'd.db'}"
    run(url, 'CREATE TABLE t (a, "", " ")', "INSERT INTO t VALUES (1, 2, 3)")

    assert values(read(url, "t", 10)) == {"a": ["1"], "column_2": ["2"], "column_3": ["3"]}


@pytest.mark.parametrize("dialect", DIALECTS)
def test_a_thousand_columns(dialect: str, url_of: Callable[[str], str]) -> None:
    url = url_of(dialect)
    columns = ", ".join(f"c{number} smallint" for number in range(1_000))
    run(url, f"CREATE TABLE wide ({columns}, PRIMARY KEY (c0))")
    with databases.writer(url) as connection:
        for first in range(1, 2_001, 500):
            rows = ", ".join(f"({first + step}, {step}, 7)" for step in range(500))
            connection.exec_driver_sql(f"INSERT INTO wide (c0, c1, c999) VALUES {rows}")

    part, whole = read(url, "wide", 500), read(url, "wide", 5_000)

    assert len(part.columns) == len(whole.columns) == 1_000
    assert part.rows_read == 500
    assert whole.rows_read == 2_000
    assert values(part)["c999"] == ["7"]
    assert part.columns[500].missing == 500


@pytest.mark.parametrize("dialect", DIALECTS)
def test_an_empty_table_is_read_and_empty(dialect: str, url_of: Callable[[str], str]) -> None:
    url = url_of(dialect)
    run(url, "CREATE TABLE t (id int PRIMARY KEY, email varchar(20))")

    content = read(url, "t", 1_000)

    assert (content.rows_read, content.is_whole, content.sampling) == (0, True, "all")
    assert content.asset.row_count == 0
    assert values(content) == {"id": [], "email": []}


def test_a_table_without_columns(postgresql_url: str) -> None:
    run(postgresql_url, "CREATE TABLE t ()", "INSERT INTO t DEFAULT VALUES")

    content = read(postgresql_url, "t", 10)

    assert (content.columns, content.rows_read, content.sampling) == ([], 0, "none")


@pytest.mark.parametrize(
    "path", ["a b.db", "a%20b.db", "a?mode=rw.db", "a#b.db", "größe.db", "a&b;c.db", "[a].db", "a\nb.db"]
)
def test_any_file_name_will_do(path: str, tmp_path: Path) -> None:
    file = tmp_path / path
    plain = f"sqlite:///{tmp_path / 'plain.db'}"
    run(plain, "CREATE TABLE t (id int)", "INSERT INTO t VALUES (1)")
    (tmp_path / "plain.db").rename(file)

    assert values(read(str(file), "t", 10)) == {"id": ["1"]}
    assert [each.name for each in tmp_path.iterdir()] == [path]


def test_a_file_name_that_is_no_text(tmp_path: Path) -> None:
    plain = tmp_path / "plain.db"
    run(f"sqlite:///{plain}", "CREATE TABLE t (id int)", "INSERT INTO t VALUES (1)")
    file = Path(str(tmp_path) + "/a\udcffb.db")
    try:
        plain.rename(file)
    except OSError:
        pytest.skip("this file system has no such names")

    assert values(read(str(file), "t", 10)) == {"id": ["1"]}


def test_names_in_statements_are_quoted(postgresql_url: str) -> None:
    run(postgresql_url, "CREATE TABLE plain (id int)", "INSERT INTO plain VALUES (1)")
    with opened(postgresql_url) as source, statements(source) as seen:
        source.read(listing(source)["plain"], Take(10))
    assert [sql for sql, _ in seen if '"public"."plain"' in sql]
    assert Reason.QUERY_FAILED not in {item.reason for item in databases.skipped(postgresql_url)}
