from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from time import sleep

import pytest

from data_map.model import Asset, AssetKind, Field, FieldRef, Reason, Skipped
from scanners.sources.base import Listed
from scanners.values import Take
from tests import servers
from tests.scanners import databases
from tests.scanners.databases import listing, opened, read, run, values

DIALECTS = ["sqlite", "postgresql", "mariadb"]


@pytest.fixture
def url_of(request: pytest.FixtureRequest, tmp_path: Path) -> Callable[[str], str]:
    def find(dialect: str) -> str:
        if dialect == "sqlite":
            return f"sqlite:///{tmp_path / 'd.db'}"
        url: str = request.getfixturevalue(f"{dialect}_url")
        return url

    return find


def names(url: str, **options: object) -> list[str]:
    with opened(url, **options) as source:
        return [item.asset.name for item in source.list_assets() if isinstance(item, Listed)]


def fields(item: Listed) -> dict[str, Field]:
    return {field.ref.field: field for field in item.fields}


@pytest.mark.parametrize("dialect", DIALECTS)
def test_fields_say_what_the_catalog_says(dialect: str, url_of: Callable[[str], str]) -> None:
    url = url_of(dialect)
    with databases.writer(url) as connection:
        databases.metadata.create_all(connection)
    schema = {"sqlite": "main", "postgresql": "public", "mariadb": url.rsplit("/", 1)[1]}[dialect]
    with opened(url) as source:
        found = listing(source)

    assert list(found) == sorted(databases.metadata.tables)
    for name, table in databases.metadata.tables.items():
        assert [field.ref for field in found[name].fields] == [
            FieldRef("db", f"{schema}.{name}", column.name) for column in table.columns
        ]
        assert [field.position for field in found[name].fields] == list(range(len(table.columns)))
        keys = {field.ref.field for field in found[name].fields if field.is_primary_key}
        assert keys == {column.name for column in table.primary_key}
    customers, orders, lines = (fields(found[name]) for name in ("customers", "orders", "order_lines"))
    assert orders["customer_id"].references == FieldRef("db", f"{schema}.customers", "id")
    assert lines["order_id"].references == FieldRef("db", f"{schema}.orders", "id")
    assert lines["line_no"].references is None
    assert [name for name, field in customers.items() if field.is_unique] == ["id", "email"]
    assert [name for name, field in lines.items() if field.is_unique] == []
    assert (customers["full_name"].is_nullable, customers["phone"].is_nullable) == (False, True)
    assert customers["full_name"].declared_type == "VARCHAR(80)"
    assert customers["credit"].declared_type in ("NUMERIC(10, 2)", "DECIMAL(10,2)")
    comment = None if dialect == "sqlite" else "where invoices are sent"
    assert customers["email"].comment == comment
    assert not [field for field in orders.values() if "paid" in (field.declared_type or "")]


@pytest.mark.parametrize("dialect", DIALECTS)
def test_row_estimates_come_from_the_catalog(dialect: str, url_of: Callable[[str], str]) -> None:
    url = url_of(dialect)
    databases.fill(url, "t", "id int PRIMARY KEY, n int", [(number, number) for number in range(2_000)])
    databases.fill(url, "bare", "id int PRIMARY KEY, n int", [(1, 1)])
    run(url, "DELETE FROM bare", "ANALYZE TABLE t, bare" if dialect == "mariadb" else "ANALYZE")

    with opened(url) as source, databases.statements(source) as seen:
        found = listing(source)
        assert not [sql for sql, _ in seen if "count(" in sql.lower()]

    asset = found["t"].asset
    assert asset.row_count is not None
    assert 1_500 <= asset.row_count <= 2_500
    assert asset.size_bytes is None if dialect == "sqlite" else asset.size_bytes
    assert found["bare"].asset.row_count in (0, 1, None)


@pytest.mark.parametrize("dialect", DIALECTS)
def test_the_marker_changes_with_the_content(dialect: str, url_of: Callable[[str], str]) -> None:
    url = url_of(dialect)
    databases.fill(url, "t", "id int PRIMARY KEY, n int", [(1, 1)])
    if dialect == "mariadb":  # whole seconds, and not the last ones: something may follow within the same
        sleep(3.2)
    first = _marker(url)
    assert _marker(url) == first

    with databases.writer(url) as connection:
        for number in range(2, 1_000):
            connection.exec_driver_sql(f"INSERT INTO t VALUES ({number}, {number})")
    if dialect == "mariadb":
        assert _marker(url) != first  # none yet
        sleep(3.2)

    later = _marker(url)
    assert later is not None
    assert later != first


def _marker(url: str) -> str | None:
    with opened(url) as source:
        return listing(source)["t"].asset.change_marker


def test_postgresql_tables_that_were_never_analysed_have_an_estimate(postgresql_url: str) -> None:
    run(postgresql_url, "CREATE TABLE t (id int)", "CREATE TABLE nothing (id int)")
    run(postgresql_url, "INSERT INTO t SELECT * FROM generate_series(1, 5000)")

    with opened(postgresql_url) as source:
        found = listing(source)

    assert found["t"].asset.row_count in (5_000, None)  # None until the server's own statistics are published
    assert found["t"].asset.size_bytes == 23 * 8_192
    assert found["nothing"].asset.row_count == 0


def test_postgresql_shows_all_schemas_but_its_own(postgresql_url: str) -> None:
    run(
        postgresql_url,
        "CREATE SCHEMA sales",
        'CREATE SCHEMA "My Schema"',
        "CREATE TABLE public.t (id int PRIMARY KEY)",
        "CREATE TABLE sales.t (id int REFERENCES public.t)",
        'CREATE TABLE "My Schema".t (id int)',
        "CREATE VIEW sales.v AS SELECT * FROM public.t",
        "CREATE MATERIALIZED VIEW sales.m AS SELECT * FROM public.t",
        "CREATE UNLOGGED TABLE sales.u (id int)",
    )

    assert names(postgresql_url) == ["My Schema.t", "public.t", "sales.t", "sales.u", "sales.m"]
    assert names(postgresql_url, views=True) == ["My Schema.t", "public.t", "sales.t", "sales.u", "sales.m", "sales.v"]
    assert names(postgresql_url, include=("sales.*",), exclude=("*.u",)) == ["sales.t", "sales.m"]
    with opened(postgresql_url, views=True) as source:
        found = {item.asset.name: item for item in source.list_assets() if isinstance(item, Listed)}
    assert found["sales.t"].fields[0].references == FieldRef("db", "public.t", "id")
    assert {name: item.asset.kind for name, item in found.items() if name.startswith("sales")} == {
        "sales.t": AssetKind.TABLE,
        "sales.u": AssetKind.TABLE,
        "sales.m": AssetKind.MATERIALIZED_VIEW,
        "sales.v": AssetKind.VIEW,
    }


def test_postgresql_views_are_read(postgresql_url: str) -> None:
    run(
        postgresql_url,
        "CREATE TABLE t AS SELECT n, 'p' || n || '@example.org' AS mail FROM generate_series(1, 20000) n",
        "CREATE VIEW v AS SELECT * FROM t",
        "CREATE MATERIALIZED VIEW m AS SELECT * FROM t",
        "CREATE MATERIALIZED VIEW unfilled AS SELECT * FROM t WITH NO DATA",
    )
    with opened(postgresql_url, views=True) as source:
        found = listing(source)
        plain, materialised = source.read(found["v"], Take(500)), source.read(found["m"], Take(500))
        small = source.read(found["v"], Take(50_000))

    assert (plain.sampling, plain.rows_read, plain.is_whole) == ("head", 500, False)
    assert (materialised.sampling, materialised.rows_read, materialised.is_whole) == ("blocks", 500, False)
    assert (small.sampling, small.rows_read, small.is_whole) == ("all", 20_000, True)
    assert [field.declared_type for field in found["m"].fields] == ["INTEGER", "TEXT"]
    assert databases.skipped(postgresql_url) == [Skipped("db", Reason.QUERY_FAILED, "public.unfilled", code="55000")]


def test_postgresql_partitions_are_read_through_their_table(postgresql_url: str) -> None:
    run(
        postgresql_url,
        "CREATE TABLE visits (id int, n int, PRIMARY KEY (id)) PARTITION BY RANGE (id)",
        "CREATE TABLE visits_1 PARTITION OF visits FOR VALUES FROM (0) TO (10000)",
        "CREATE TABLE visits_2 PARTITION OF visits FOR VALUES FROM (10000) TO (20000) PARTITION BY RANGE (id)",
        "CREATE TABLE visits_2_a PARTITION OF visits_2 FOR VALUES FROM (10000) TO (20000)",
        "CREATE TABLE empty (id int) PARTITION BY RANGE (id)",
        "INSERT INTO visits SELECT n, n FROM generate_series(0, 19999) n",
    )
    run(postgresql_url, "ANALYZE")

    assert names(postgresql_url) == ["public.empty", "public.visits"]
    with opened(postgresql_url) as source:
        found = listing(source)
        content = source.read(found["visits"], Take(1_000))
        nothing = source.read(found["empty"], Take(1_000))

    assert found["visits"].asset.row_count == pytest.approx(20_000, rel=0.1)
    assert (content.sampling, content.is_whole) == ("blocks", False)
    found_ids = databases.integers(content, "id")
    assert len(found_ids) == content.rows_read > 500
    assert min(found_ids) < 10_000 < max(found_ids)
    assert (nothing.rows_read, nothing.is_whole) == (0, True)


def test_postgresql_parents_and_children_by_inheritance(postgresql_url: str) -> None:
    run(
        postgresql_url,
        "CREATE TABLE parent (id int)",
        "CREATE TABLE child (mail text) INHERITS (parent)",
        "INSERT INTO child SELECT n, n || '@example.org' FROM generate_series(1, 30) n",
    )

    assert names(postgresql_url) == ["public.child", "public.parent"]
    assert len(values(read(postgresql_url, "child", 100))["mail"]) == 30


def test_postgresql_foreign_tables_are_tables(postgresql_url: str, postgresql_server: servers.Server) -> None:
    other = postgresql_server.new_database()
    try:
        run(other, "CREATE TABLE t AS SELECT n AS id, 'p' || n AS name FROM generate_series(1, 5000) n")
        place = databases.sa.make_url(other)
        run(
            postgresql_url,
            "CREATE EXTENSION postgres_fdw",
            "CREATE SERVER other FOREIGN DATA WRAPPER postgres_fdw "
            f"OPTIONS (host '127.0.0.1', port '{place.port}', dbname '{place.database}')",
            "CREATE USER MAPPING FOR postgres SERVER other OPTIONS (user 'postgres')",
            "CREATE FOREIGN TABLE far (id int, name text) SERVER other OPTIONS (table_name 't')",
            "CREATE FOREIGN TABLE broken (id int) SERVER other OPTIONS (table_name 'absent')",
        )

        content = read(postgresql_url, "far", 500)
        whole = read(postgresql_url, "far", 6_000)

        assert (content.sampling, content.rows_read, content.is_whole) == ("head", 500, False)
        assert (whole.rows_read, whole.is_whole) == (5_000, True)
        assert databases.skipped(postgresql_url) == [Skipped("db", Reason.NOT_FOUND, "public.broken", code="42P01")]
    finally:
        postgresql_server.drop_database(other)


def test_postgresql_databases_in_other_encodings(postgresql_server: servers.Server) -> None:
    for encoding, written in (("LATIN1", "'Zoë'"), ("SQL_ASCII", "'Zoë'"), ("SQL_ASCII", "E'Zo\\xeb'")):
        name = f"enc_{encoding.lower()}"
        postgresql_server.execute(
            f"CREATE DATABASE {name} TEMPLATE template0 ENCODING '{encoding}' LC_COLLATE 'C' LC_CTYPE 'C'"
        )
        url = str(databases.sa.make_url(postgresql_server.admin_url).set(database=name))
        try:
            run(f"{url}?client_encoding=utf8", f"CREATE TABLE t AS SELECT {written}::text AS name")
            content = read(url, "t", 10)
            (value,) = values(content)["name"]
            assert value in ("Zoë", "Zo\ufffd"), encoding
        finally:
            postgresql_server.drop_database(url)


def test_mariadb_with_and_without_a_database(mariadb_url: str, mariadb_server: servers.Server) -> None:
    other = mariadb_server.new_database()
    here, there = (databases.sa.make_url(url).database for url in (mariadb_url, other))
    try:
        run(mariadb_url, "CREATE TABLE t (id int PRIMARY KEY)", "INSERT INTO t VALUES (1)")
        run(other, f"CREATE TABLE u (id int REFERENCES {here}.t (id))", "CREATE VIEW v AS SELECT * FROM u")
        run(other, "CREATE SEQUENCE s", "CREATE TABLE versioned (id int) WITH SYSTEM VERSIONING")

        assert names(mariadb_url) == [f"{here}.t"]
        everywhere = mariadb_url.rsplit("/", 1)[0]
        assert set(names(everywhere)) >= {f"{here}.t", f"{there}.u", f"{there}.versioned"}
        assert f"{there}.v" in names(everywhere, views=True)
        assert not [name for name in names(everywhere) if name.startswith(("mysql.", "information_schema.", "sys."))]
        with opened(everywhere, include=(f"{here}.*", f"{there}.u")) as source:
            found = {item.asset.name: item for item in source.list_assets() if isinstance(item, Listed)}
            assert list(found) == sorted([f"{here}.t", f"{there}.u"])
            assert source.read(found[f"{here}.t"], Take(10)).rows_read == 1
            assert found[f"{there}.u"].fields[0].references == FieldRef("db", f"{here}.t", "id")
    finally:
        mariadb_server.drop_database(other)


def test_a_broken_view_is_skipped_and_the_others_are_listed(mariadb_url: str) -> None:
    run(mariadb_url, "CREATE TABLE t (id int)", "CREATE VIEW broken AS SELECT * FROM t", "CREATE TABLE u (id int)")
    run(mariadb_url, "CREATE VIEW fine AS SELECT * FROM u", "DROP TABLE t")
    schema = mariadb_url.rsplit("/", 1)[1]

    with opened(mariadb_url, views=True) as source:
        found = list(source.list_assets())

    assert [item.asset.name if isinstance(item, Listed) else item for item in found] == [
        f"{schema}.u",
        Skipped("db", Reason.QUERY_FAILED, f"{schema}.broken", code="1356"),
        f"{schema}.fine",
    ]


def test_sqlite_lists_what_has_rows_of_its_own(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'd.db'}"
    run(
        url,
        "CREATE TABLE t (id INTEGER PRIMARY KEY AUTOINCREMENT, name TEXT, upper TEXT AS (upper(name)))",
        "INSERT INTO t (name) VALUES ('anna')",
        "CREATE VIEW v AS SELECT * FROM t",
        "CREATE VIRTUAL TABLE words USING fts5(body)",
        "INSERT INTO words VALUES ('call anna@example.org')",
        "CREATE TABLE untyped (a, b)",
    )

    found = names(url, views=True)

    assert {"main.t", "main.v", "main.words", "main.untyped"} <= set(found)
    assert "main.sqlite_sequence" not in found
    assert values(read(url, "t", 10)) == {"id": ["1"], "name": ["anna"], "upper": ["ANNA"]}
    assert values(read(url, "words", 10))["body"] == ["call anna@example.org"]
    with opened(url, views=True) as source:
        assert source.read(listing(source)["v"], Take(10)).rows_read == 1


def test_a_virtual_table_without_its_module_is_skipped(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'd.db'}"
    run(
        url,
        "CREATE TABLE t (id INTEGER)",
        "PRAGMA writable_schema = ON",
        "INSERT INTO sqlite_master VALUES ('table', 'odd', 'odd', 0, 'CREATE VIRTUAL TABLE odd USING absent(a)')",
    )

    with opened(url) as source:
        found = list(source.list_assets())

    assert [item.asset.name if isinstance(item, Listed) else item for item in found] == [
        Skipped("db", Reason.QUERY_FAILED, "main.odd", code="SQLITE_ERROR"),
        "main.t",
    ]


def test_a_listing_can_be_asked_for_twice(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'd.db'}"
    run(url, "CREATE TABLE t (id INTEGER)")
    with opened(url) as source:
        first, second = ([(one.asset, one.fields) for one in listing(source).values()] for _ in range(2))
        assert first == second


def test_enum_labels_are_no_part_of_a_type(postgresql_url: str, mariadb_url: str, tmp_path: Path) -> None:
    label = "Kaspar Hauser"
    run(
        postgresql_url,
        f"CREATE TYPE person AS ENUM ('{label}', 'b')",
        f"CREATE DOMAIN known AS text CHECK (VALUE IN ('{label}', 'b'))",
        f"CREATE TABLE t (a person, b person[], c known, d text DEFAULT '{label}', e text CHECK (e <> '{label}'))",
        f"INSERT INTO t VALUES ('{label}', '{{\"{label}\"}}', '{label}')",
    )
    run(mariadb_url, f"CREATE TABLE t (a enum('{label}', 'b'), b set('{label}', 'b'), c text DEFAULT '{label}')")
    run(mariadb_url, f"INSERT INTO t VALUES ('{label}', '{label},b', NULL)")
    sqlite_url = f"sqlite:///{tmp_path / 'd.db'}"
    run(sqlite_url, f"CREATE TABLE t (a TEXT, b VARCHAR(9) CHECK (b <> '{label}'), c DEFAULT '{label}')")
    run(sqlite_url, f"INSERT INTO t VALUES ('{label}', NULL, NULL)")

    for url in (postgresql_url, mariadb_url, sqlite_url):
        with opened(url) as source:
            item = listing(source)["t"]
            assert not [field for field in item.fields if "kaspar" in repr(field).lower()]
            assert label in values(source.read(item, Take(10)))["a"]


def test_an_asset_keeps_what_the_listing_knew(postgresql_url: str) -> None:
    databases.fill(postgresql_url, "t", "id int PRIMARY KEY", [(1,), (2,)])
    with opened(postgresql_url) as source:
        item = listing(source)["t"]
        content = source.read(item, Take(10))

    assert content.asset == Asset("db", "public.t", AssetKind.TABLE, 2, 8_192, item.asset.change_marker)


def test_what_inherits_without_a_column_of_its_own_is_a_part(postgresql_url: str) -> None:
    """Partitions as they were before PostgreSQL 10, and the chunks of TimescaleDB."""
    run(
        postgresql_url,
        "CREATE TABLE log (at date, email text)",
        "CREATE TABLE log_2023 (CHECK (at < '2024-01-01')) INHERITS (log)",
        "CREATE SCHEMA chunks",
        "CREATE TABLE chunks.log_2024 () INHERITS (log)",
        "CREATE TABLE log_more (phone text) INHERITS (log)",
        "INSERT INTO log_2023 SELECT '2023-05-01', n || '@example.org' FROM generate_series(1, 3000) n",
        "INSERT INTO chunks.log_2024 SELECT '2024-05-01', n || '@example.net' FROM generate_series(1, 3000) n",
        "ANALYZE",
    )
    with opened(postgresql_url) as source:
        found = listing(source)
        content = source.read(found["log"], Take(1_000))
    assert list(found) == ["log", "log_more"]
    log = found["log"].asset
    assert (log.row_count, log.member_count, found["log_more"].asset.member_count) == (6_000, 4, None)
    assert (content.sampling, content.rows_read) == ("blocks", 1_000)
    assert {mail[-3:] for mail in databases.values(content)["email"]} == {"org", "net"}


def test_partitions_at_every_depth_are_parts(postgresql_url: str) -> None:
    run(
        postgresql_url,
        "CREATE TABLE p (n int, kind int, email text) PARTITION BY RANGE (n)",
        "CREATE TABLE low PARTITION OF p FOR VALUES FROM (0) TO (5000) PARTITION BY LIST (kind)",
        "CREATE TABLE low_1 PARTITION OF low FOR VALUES IN (1)",
        "CREATE TABLE low_rest PARTITION OF low DEFAULT",
        "CREATE SCHEMA cold",
        "CREATE TABLE cold.high PARTITION OF p DEFAULT",
        "INSERT INTO p SELECT n, n % 3, n || '@example.org' FROM generate_series(1, 20000) n",
        "CREATE TABLE loose PARTITION OF p FOR VALUES FROM (-10) TO (-5)",
        "ALTER TABLE p DETACH PARTITION loose",
        "CREATE TABLE nothing (n int) PARTITION BY RANGE (n)",
        "ANALYZE",
    )
    with opened(postgresql_url) as source:
        found = listing(source)
        content = source.read(found["p"], Take(1_000))
        nothing = source.read(found["nothing"], Take(1_000))
    assert sorted(found) == ["loose", "nothing", "p"]
    assert (found["p"].asset.row_count, found["p"].asset.member_count) == (20_000, 3)
    assert content.sampling == "blocks"
    assert {int(n) // 5_000 for n in databases.values(content)["n"]} >= {0, 1, 2, 3}
    assert (nothing.rows_read, nothing.is_whole) == (0, True)


def test_a_partition_on_another_server_that_is_away(postgresql_url: str) -> None:
    run(
        postgresql_url,
        "CREATE EXTENSION postgres_fdw",
        "CREATE SERVER away FOREIGN DATA WRAPPER postgres_fdw OPTIONS (host '127.0.0.1', port '1', dbname 'x')",
        "CREATE USER MAPPING FOR CURRENT_USER SERVER away",
        "CREATE TABLE p (n int) PARTITION BY RANGE (n)",
        "CREATE TABLE near PARTITION OF p FOR VALUES FROM (0) TO (9)",
        "CREATE FOREIGN TABLE far PARTITION OF p FOR VALUES FROM (9) TO (99) SERVER away",
        *(f"CREATE FOREIGN TABLE ft{n} (n int, m text) SERVER away" for n in range(4)),
        "CREATE TABLE z (n int)",
    )
    assert [(one.asset, one.field, one.reason, one.code) for one in databases.skipped(postgresql_url)] == [
        *((f"public.ft{n}", None, Reason.QUERY_FAILED, "08001") for n in range(4)),
        ("public.p", None, Reason.QUERY_FAILED, "08001"),
    ]


def test_a_postgresql_table_with_a_part_on_another_server_has_no_sign_of_change(postgresql_url: str) -> None:
    run(
        postgresql_url,
        "CREATE FOREIGN DATA WRAPPER nowhere",
        "CREATE SERVER away FOREIGN DATA WRAPPER nowhere",
        "CREATE TABLE p (n int) PARTITION BY RANGE (n)",
        "CREATE TABLE near PARTITION OF p FOR VALUES FROM (0) TO (9)",
        "CREATE TABLE middle PARTITION OF p FOR VALUES FROM (9) TO (99) PARTITION BY RANGE (n)",
        "CREATE FOREIGN TABLE far PARTITION OF middle FOR VALUES FROM (9) TO (50) SERVER away",
        "CREATE TABLE parent (n int)",
        "CREATE FOREIGN TABLE child () INHERITS (parent) SERVER away",
        "CREATE TABLE t (n int)",
        "CREATE TABLE q (n int) PARTITION BY RANGE (n)",
        "CREATE TABLE q_1 PARTITION OF q FOR VALUES FROM (0) TO (9)",
        *(f"INSERT INTO {name} VALUES (1), (2)" for name in ("p", "parent", "t", "q")),
    )
    for _ in range(100):  # the server publishes its counts when a session ends, or a moment later
        with opened(postgresql_url) as source:
            markers = {name: item.asset.change_marker for name, item in listing(source).items()}
        if markers["t"] is not None and markers["q"] is not None:
            break
        sleep(0.05)
    assert {name for name, marker in markers.items() if marker is not None} == {"t", "q"}


def test_a_postgresql_table_that_was_made_anew_has_changed(postgresql_url: str) -> None:
    def made() -> str:
        run(
            postgresql_url,
            "DROP TABLE IF EXISTS t",
            "CREATE TABLE t (id int)",
            "INSERT INTO t SELECT * FROM generate_series(1, 50)",
        )
        for _ in range(100):  # the server publishes its counts when a session ends, or a moment later
            if (marker := _marker(postgresql_url)) is not None:
                return marker
            sleep(0.05)
        raise AssertionError("no marker")

    # As a nightly load does it: the same number of rows, others in them.
    first, second = made(), made()
    assert first != second
    run(postgresql_url, "TRUNCATE t")
    assert _marker(postgresql_url) != second
