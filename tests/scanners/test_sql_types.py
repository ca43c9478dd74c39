from __future__ import annotations

import tracemalloc
from pathlib import Path

import pytest

from scanners.values import VALUE_CHARS, Column, Take
from tests.scanners import databases
from tests.scanners.databases import listing, opened, read, run, values

LONG = 10 * 2**20


def columns(url: str, name: str = "t", rows: int = 100) -> dict[str, Column]:
    return {column.field.ref.field: column for column in read(url, name, rows).columns}


def declared(url: str, name: str = "t") -> dict[str, str | None]:
    with opened(url) as source:
        return {field.ref.field: field.declared_type for field in listing(source)[name].fields}


def test_postgresql_types(postgresql_url: str) -> None:
    run(
        postgresql_url,
        "CREATE EXTENSION citext",
        "CREATE EXTENSION hstore",
        "CREATE TYPE mood AS ENUM ('glad', 'sad')",
        "CREATE TYPE pair AS (a int, b text)",
        "CREATE DOMAIN mail AS citext CHECK (VALUE LIKE '%@%')",
        "CREATE DOMAIN amount AS numeric(9, 2)",
        """CREATE TABLE t (
            json_ json, jsonb_ jsonb, array_ text[], matrix int[][], enum_ mood, uuid_ uuid, inet_ inet, cidr_ cidr,
            mac macaddr, bool_ bool, nan numeric, inf float8, day date, forever timestamptz, ago timestamp, bc date,
            bit_ bit(3), varbit_ varbit, interval_ interval, money_ money, xml_ xml, citext_ citext, domain_ mail,
            amount_ amount, pair_ pair, range_ int4range, point_ point, tsv tsvector, name_ name, char_ "char",
            bpchar_ char(6), oid_ oid, class_ regclass, time_ timetz, hstore_ hstore, big bigint, text_bytes bytea,
            bytes_ bytea, empty_ text, null_ text
        )""",
        r"""INSERT INTO t VALUES (
            '{"mail": "a@example.org"}', '{"n": [1, 2]}', '{a@example.org,"b c",NULL}', '{{1,2},{3,4}}', 'glad',
            '123e4567-e89b-12d3-a456-426655440000', '10.1.2.3', '10.0.0.0/8', '08:00:2b:01:02:03', true, 'NaN',
            'infinity', '2024-02-29', 'infinity', '-infinity', '0044-03-15 BC', B'101', B'1', '1 day 02:00', 12.5,
            '<a>b</a>', 'Anna', 'a@example.org', 3.14, ROW(1, 'x'), '[1,5)', '(1.5,2)', 'cat:1', 'anna', 'x', 'ab',
            42, 'pg_class', '12:00+02', 'k=>v', 9223372036854775807, 'a@example.org', '\xff00ff', '', NULL
        )""",
    )

    found = columns(postgresql_url)

    assert {name: list(column.counts) for name, column in found.items()} == {
        "json_": ['{"mail": "a@example.org"}'],
        "jsonb_": ['{"n": [1, 2]}'],
        "array_": ['{a@example.org,"b c",NULL}'],
        "matrix": ["{{1,2},{3,4}}"],
        "enum_": ["glad"],
        "uuid_": ["123e4567-e89b-12d3-a456-426655440000"],
        "inet_": ["10.1.2.3"] if found["inet_"].counts == {"10.1.2.3": 1} else ["10.1.2.3/32"],
        "cidr_": ["10.0.0.0/8"],
        "mac": ["08:00:2b:01:02:03"],
        "bool_": ["1"],
        "nan": ["NaN"],
        "inf": ["inf"],
        "day": ["2024-02-29"],
        "forever": ["infinity"],
        "ago": ["-infinity"],
        "bc": ["0044-03-15 BC"],
        "bit_": ["101"],
        "varbit_": ["1"],
        "interval_": ["1 day 02:00:00"],
        "money_": ["$12.50"],
        "xml_": ["<a>b</a>"],
        "citext_": ["Anna"],
        "domain_": ["a@example.org"],
        "amount_": ["3.14"],
        "pair_": ["(1,x)"],
        "range_": ["[1,5)"],
        "point_": ["(1.5,2)"],
        "tsv": ["'cat':1"],
        "name_": ["anna"],
        "char_": ["x"],
        "bpchar_": ["ab"],
        "oid_": ["42"],
        "class_": ["pg_class"],
        "time_": ["12:00:00+02"],
        "hstore_": ['"k"=>"v"'],
        "big": ["9223372036854775807"],
        "text_bytes": ["a@example.org"],
        "bytes_": [],
        "empty_": [],
        "null_": [],
    }
    assert (found["bytes_"].binary, found["bytes_"].sampled) == (1, 1)
    assert (found["empty_"].missing, found["null_"].missing) == (1, 1)
    types = declared(postgresql_url)
    assert types["enum_"] == "ENUM"
    assert types["json_"] == "JSON"
    assert types["array_"] == "TEXT[]"
    assert types["amount_"] == "amount"
    assert types["pair_"] == "unknown"


def test_mariadb_types(mariadb_url: str) -> None:
    with databases.writer(mariadb_url) as connection:
        connection.exec_driver_sql("SET SESSION sql_mode = ''")
        connection.exec_driver_sql(
            """CREATE TABLE t (
                json_ json, zero_day date, zero_time datetime, day date, moment datetime(3), stamp timestamp NULL,
                year_ year, time_ time, bit_ bit(8), flag bit(1), bool_ bool, enum_ enum('glad', 'sad'),
                set_ set('a', 'b'), uuid_ uuid, inet6_ inet6, inet4_ inet4, point_ point, shape geometry,
                blob_ blob, blob_text blob, binary_ binary(4), varbinary_ varbinary(20), decimal_ decimal(30, 10),
                double_ double, unsigned_ bigint unsigned, latin varchar(20) CHARACTER SET latin1,
                utf16_ varchar(20) CHARACTER SET utf16, emoji varchar(20) CHARACTER SET utf8mb4,
                long_ longtext, char_ char(5), made varchar(20) AS (concat('x', char_))
            )"""
        )
        connection.exec_driver_sql(
            """INSERT INTO t VALUES (
                '{"mail": "a@example.org"}', '0000-00-00', '0000-00-00 00:00:00', '2024-00-00',
                '2024-02-29 12:30:00.125', '2024-02-29 00:00:00', 2024, '-838:59:59', b'101', b'1', true, 'glad', 'a,b',
                '123e4567-e89b-12d3-a456-426655440000', '2001:db8::1', '10.1.2.3', point(1, 2),
                st_geomfromtext('POLYGON((0 0, 1 0, 1 1, 0 0))'), x'ff00ff', 'a@example.org', x'00010203',
                'a@example.org', 12345678901234567890.5, 1.5e300, 18446744073709551615, 'Zoë', 'Zoë', '😀',
                'a@example.org', 'ab', DEFAULT
            )"""
        )

    found = columns(mariadb_url)

    assert {name: list(column.counts) for name, column in found.items()} == {
        "json_": ['{"mail": "a@example.org"}'],
        "zero_day": ["0000-00-00"],
        "zero_time": ["0000-00-00 00:00:00"],
        "day": ["2024-00-00"],
        "moment": ["2024-02-29 12:30:00.125"],
        "stamp": ["2024-02-29 00:00:00"],
        "year_": ["2024"],
        "time_": ["-838:59:59"],
        "bit_": ["5"],
        "flag": ["1"],
        "bool_": ["1"],
        "enum_": ["glad"],
        "set_": ["a,b"],
        "uuid_": ["123e4567-e89b-12d3-a456-426655440000"],
        "inet6_": ["2001:db8::1"],
        "inet4_": ["10.1.2.3"],
        "point_": ["POINT(1 2)"],
        "shape": ["POLYGON((0 0,1 0,1 1,0 0))"],
        "blob_": [],
        "blob_text": ["a@example.org"],
        "binary_": [],
        "varbinary_": ["a@example.org"],
        "decimal_": ["12345678901234567890.5000000000"],
        "double_": ["1.5e+300"],
        "unsigned_": ["18446744073709551615"],
        "latin": ["Zoë"],
        "utf16_": ["Zoë"],
        "emoji": ["😀"],
        "long_": ["a@example.org"],
        "char_": ["ab"],
        "made": ["xab"],
    }
    assert (found["blob_"].binary, found["binary_"].binary) == (1, 1)
    types = declared(mariadb_url)
    assert (types["enum_"], types["set_"], types["point_"], types["inet6_"]) == ("ENUM", "SET", "POINT", "INET6")
    assert types["latin"] == "VARCHAR(20)"


def test_sqlite_stores_any_value_in_any_column(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'd.db'}"
    run(
        url,
        "CREATE TABLE t (i INTEGER, b BOOLEAN, d DATE, dt DATETIME, n NUMERIC, j JSON, bl BLOB, x, odd WHATEVER(3))",
        "INSERT INTO t VALUES ('anna@example.org', 'yes', 'tomorrow', 20240229, 'abc', '{broken', 'text', 1.5, 'v')",
        "INSERT INTO t VALUES (1, 1, 1.0, x'ff00', 9e999, 5, x'6162', x'ff', NULL)",
        "INSERT INTO t VALUES (9223372036854775807, 0, '2024-02-29', NULL, -9e999, NULL, 3, '', 12)",
    )

    assert values(read(url, "t", 10)) == {
        "i": ["anna@example.org", "1", "9223372036854775807"],
        "b": ["yes", "1", "0"],
        "d": ["tomorrow", "1", "2024-02-29"],
        "dt": ["20240229"],
        "n": ["abc", "inf", "-inf"],
        "j": ["{broken", "5"],
        "bl": ["text", "ab", "3"],
        "x": ["1.5"],
        "odd": ["v", "12"],
    }


def test_sqlite_texts_that_are_not_text(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'd.db'}"
    run(
        url,
        "CREATE TABLE t (a TEXT)",
        "INSERT INTO t VALUES (CAST(x'5a6fff' AS TEXT))",
        "INSERT INTO t VALUES ('before' || char(0) || 'after@example.org')",
        "INSERT INTO t VALUES (CAST(x'eda080' AS TEXT))",
    )
    utf16 = f"sqlite:///{tmp_path / 'utf16.db'}"
    run(utf16, "PRAGMA encoding = 'UTF-16le'", "CREATE TABLE t (a TEXT)", "INSERT INTO t VALUES ('Zoë 😀')")

    found = values(read(url, "t", 10))["a"]

    assert found[0] == "Zo\ufffd"
    assert found[1] == "before\x00after@example.org"
    assert set(found[2]) == {"\ufffd"}
    assert values(read(utf16, "t", 10)) == {"a": ["Zoë 😀"]}


@pytest.mark.parametrize("dialect", ["sqlite", "postgresql", "mariadb"])
def test_of_a_huge_value_little_is_fetched(dialect: str, tmp_path: Path, request: pytest.FixtureRequest) -> None:
    url = f"sqlite:///{tmp_path / 'd.db'}" if dialect == "sqlite" else request.getfixturevalue(f"{dialect}_url")
    long = {
        "sqlite": f"CAST(zeroblob({LONG // 2}) AS TEXT)",
        "postgresql": f"repeat('ä', {LONG})",
        "mariadb": f"repeat('ä', {LONG})",
    }[dialect]
    binary = {"sqlite": "BLOB", "postgresql": "bytea", "mariadb": "longblob"}[dialect]
    text = "TEXT" if dialect != "mariadb" else "longtext"
    run(url, f"CREATE TABLE t (id int PRIMARY KEY, a {text}, b {binary}, c int)")
    if dialect == "sqlite":
        long = f"replace(hex(zeroblob({LONG // 2})), '0', 'ä')"
        run(url, f"INSERT INTO t VALUES (1, {long}, zeroblob({LONG}), {long})")  # the last one in an integer column
    else:
        byte = f"convert_to(repeat('a', {LONG}), 'UTF8')" if dialect == "postgresql" else f"repeat('a', {LONG})"
        if dialect == "mariadb":
            run(url, "SET GLOBAL max_allowed_packet = 67108864")
        run(url, f"INSERT INTO t VALUES (1, {long}, {byte}, 1)")
    with opened(url) as source:
        item = listing(source)["t"]
        tracemalloc.start()
        try:
            content = source.read(item, Take(10))
            _, peak = tracemalloc.get_traced_memory()
        finally:
            tracemalloc.stop()

    found = {column.field.ref.field: column for column in content.columns}
    assert list(found["a"].counts) == ["ä" * VALUE_CHARS]
    if dialect == "sqlite":
        assert list(found["c"].counts) == ["ä" * VALUE_CHARS]
        assert found["b"].magic == [b"\0" * 16]
    else:
        assert list(found["b"].counts) == ["a" * VALUE_CHARS]
    assert peak < 2 * 2**20, "Python has seen the whole value"
