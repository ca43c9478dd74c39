"""DuckDB, for real: the engine is in the driver."""

from __future__ import annotations

import json
import os
import pickle
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.dialects import postgresql

from data_map.model import AssetKind, AssetScan, Reason, Skipped
from scanners.detect.engine import Engine
from scanners.detect.ner import NameReader, installed_model
from scanners.scan import Limits, scan
from scanners.sources.address import locate
from scanners.sources.sql import duckdb as habits
from scanners.values import Take, UnreadableError
from tests.conftest import Cli
from tests.scanners import databases
from tests.scanners.databases import integers, listing, opened, read, values

duckdb = pytest.importorskip("duckdb")


def execute(path: Path, *statements: str) -> None:
    """Execute statements in a database file that is made when it is not there."""
    connection = duckdb.connect(str(path))
    try:
        for statement in statements:
            connection.execute(statement)
    finally:
        connection.close()


def build(path: Path) -> None:
    """The company's tables and rows."""
    connection = duckdb.connect(str(path))
    dialect = postgresql.dialect()  # type: ignore[no-untyped-call]
    other = {"BYTEA": "BLOB", "order_status": "ENUM ('new', 'paid', 'sent')"}
    for table in databases.metadata.sorted_tables:
        parts = []
        for column in table.columns:
            declared = str(column.type.compile(dialect=dialect))
            target = next(iter(column.foreign_keys), None)
            points_at = f' REFERENCES "{target.column.table.name}" ("{target.column.name}")' if target else ""
            unique = " UNIQUE" if column.unique else ""
            parts.append(f'"{column.name}" {other.get(declared, declared)}{unique}{points_at}')
        key = ", ".join(f'"{column.name}"' for column in table.primary_key.columns)
        parts.extend([f"PRIMARY KEY ({key})"] if key else [])
        connection.execute(f'CREATE TABLE "{table.name}" ({", ".join(parts)})')
    connection.execute("COMMENT ON COLUMN customers.email IS 'where invoices are sent'")
    for table, rows in databases.rows():
        marks = f"({', '.join('?' * len(table.columns))})"
        for start in range(0, len(rows), 1_000):
            some = rows[start : start + 1_000]
            flat = [_given(row[column.name]) for row in some for column in table.columns]
            connection.execute(f'INSERT INTO "{table.name}" VALUES {", ".join([marks] * len(some))}', flat)
    connection.close()


def _given(value: Any) -> Any:
    return json.dumps(value) if isinstance(value, dict) else value


@pytest.fixture(scope="module")
def company(tmp_path_factory: pytest.TempPathFactory) -> str:
    path = tmp_path_factory.mktemp("duck") / "company.duckdb"
    build(path)
    return f"duckdb:///{path}"


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "d.duckdb"


def url_of(path: Path) -> str:
    return f"duckdb:///{path}"


# The address


def test_a_file_is_known_by_its_first_bytes(file: Path) -> None:
    execute(file, "CREATE TABLE t (id int)")
    odd = file.rename(file.with_name("Kunden 2024.dat"))
    place = locate(str(odd))
    assert (place.kind, place.location, place.name) == ("duckdb", str(odd), "kunden-2024")
    assert locate(f"duckdb:///{odd}") == place


# The catalog


def test_the_listing_has_tables_keys_references_and_comments(company: str) -> None:
    with opened(company) as source:
        found = listing(source)
    assert set(found) == set(databases.metadata.tables)
    assert found["events"].asset.row_count == databases.EVENTS
    assert found["events"].asset.change_marker
    customers = {field.ref.field: field for field in found["customers"].fields}
    assert [name for name, field in customers.items() if field.is_primary_key] == ["id"]
    assert customers["email"].is_unique
    assert customers["email"].comment == "where invoices are sent"
    assert not customers["full_name"].is_unique
    lines = {field.ref.field: str(field.references) for field in found["order_lines"].fields if field.references}
    assert lines == {"order_id": "db:main.orders#id", "product_id": "db:main.products#id"}
    assert {field.ref.field: field.declared_type for field in found["orders"].fields}["status"] == "ENUM"


def test_what_was_listed_can_be_handed_to_another_process(company: str) -> None:
    with opened(company) as source:
        listed = pickle.loads(pickle.dumps(listing(source)["customers"]))
    with opened(company) as other:
        assert other.read(listed, Take(10)).rows_read == 10


def test_views_are_left_out_unless_asked_for_and_schemas_are_all_read(file: Path) -> None:
    execute(
        file,
        "CREATE SCHEMA hr",
        "CREATE TABLE hr.staff AS SELECT range AS id FROM range(5)",
        "CREATE VIEW v AS SELECT id * 2 AS twice FROM hr.staff",
    )
    with opened(url_of(file)) as source:
        assert [item.asset.name for item in source.list_assets() if not isinstance(item, Skipped)] == ["hr.staff"]
    with opened(url_of(file), views=True) as source:
        found = listing(source)
        assert found["v"].asset.kind is AssetKind.VIEW
        assert integers(source.read(found["v"], Take(10)), "twice") == [0, 2, 4, 6, 8]


def test_odd_names(file: Path) -> None:
    names = ['a "b"', "c.d", "e%f", "g:h", "i?j", "k;l", "--m", "Größe", "n\no", "select"]
    for name in names:
        quoted = name.replace('"', '""')
        execute(file, f'CREATE TABLE "{quoted}" ("{quoted}" varchar)', f"INSERT INTO \"{quoted}\" VALUES ('x')")
    with opened(url_of(file)) as source:
        found = listing(source)
        assert set(found) == set(names)
        for name, item in found.items():
            assert values(source.read(item, Take(10))) == {name: ["x"]}


# Values


def test_every_type_comes_as_text_or_number(file: Path) -> None:
    execute(
        file,
        """CREATE TABLE t (a int[], s STRUCT(x int, y varchar), m MAP(varchar, int), j json, h hugeint, u uuid,
        e ENUM('x', 'y'), iv interval, bt bit, ts timestamptz, tm time, un UNION(n int, s varchar), d decimal(20, 3),
        ub ubigint, f double, arr int[3], dt date, b boolean, nested STRUCT(l varchar[])[])""",
        """INSERT INTO t VALUES ([1, 2], {'x': 1, 'y': 'é'}, map {'k': 1}, '{"mail": "a@example.org"}',
        170141183460469231731687303715884105727, '7f49da25-8e6f-4177-a3d4-ce462f090962', 'x', interval 3 days,
        '0101'::bit, '2024-02-03 04:05:06+00', '10:00:00', 'z', 1.5, 18446744073709551615, 2.0, [1, 2, 3],
        '0044-03-15 (BC)', true, [{'l': ['p', 'q']}])""",
    )
    content = read(url_of(file), "t")
    assert {name: found[0] for name, found in values(content).items()} == {
        "a": "[1,2]",
        "s": '{"x":1,"y":"é"}',
        "m": '{"k":1}',
        "j": '{"mail": "a@example.org"}',
        "h": "170141183460469231731687303715884105727",
        "u": "7f49da25-8e6f-4177-a3d4-ce462f090962",
        "e": "x",
        "iv": "3 days",
        "bt": "0101",
        "ts": "2024-02-03 04:05:06+00",
        "tm": "10:00:00",
        "un": '{"s":"z"}',
        "d": "1.500",
        "ub": "18446744073709551615",
        "f": "2",
        "arr": "[1,2,3]",
        "dt": "0044-03-15 (BC)",
        "b": "1",
        "nested": '[{"l":["p","q"]}]',
    }
    assert not content.skipped


def test_labels_of_enumerations_do_not_become_names_of_types(file: Path) -> None:
    execute(file, "CREATE TABLE t (a ENUM('canary'), b STRUCT(x ENUM('canary'))[])")
    with opened(url_of(file)) as source:
        assert [field.declared_type for field in listing(source)["t"].fields] == ["ENUM", "STRUCT"]


def test_long_values_are_cut_in_the_query(file: Path) -> None:
    execute(file, "CREATE TABLE t AS SELECT repeat('é', 100000) AS s, repeat('a', 100000)::blob AS b")
    content = read(url_of(file), "t")
    assert {name: len(found[0]) for name, found in values(content).items()} == {"s": 4096, "b": 4096}
    assert [column.cut for column in content.columns] == [1, 1]


def test_a_binary_value_keeps_its_magic_number(file: Path) -> None:
    execute(file, r"CREATE TABLE t AS SELECT '\xFF\xD8\xFF\xE0\x00'::blob AS b")
    (column,) = read(url_of(file), "t").columns
    assert (column.binary, column.magic) == (1, [b"\xff\xd8\xff\xe0\x00"])


# Samples


def test_a_sample_is_of_the_whole_table_and_comes_again_with_its_seed(file: Path) -> None:
    execute(file, "CREATE TABLE t AS SELECT range AS id, 'n' || range AS name FROM range(400000)")
    first = read(url_of(file), "t", 1_000, seed=7)
    again = read(url_of(file), "t", 1_000, seed=7)
    other = read(url_of(file), "t", 1_000, seed=8)
    assert first.sampling == "blocks"
    assert first.rows_read == 1_000
    assert not first.is_whole
    assert integers(first, "id") == integers(again, "id") != integers(other, "id")
    found = integers(first, "id")
    tenths = {number // 40_000 for number in found}
    assert len(tenths) >= 6
    # Few blocks are looked at, and not only the start of each.
    assert 10 <= len({number // 2048 for number in found}) <= 45


def test_a_small_table_is_read_whole_and_one_of_few_blocks_evenly(file: Path) -> None:
    execute(
        file,
        "CREATE TABLE small AS SELECT range AS id FROM range(1000)",
        "CREATE TABLE middle AS SELECT range AS id FROM range(30000)",
        "CREATE TABLE nothing (id int)",
    )
    assert (read(url_of(file), "small", 1_000).sampling, read(url_of(file), "nothing", 1_000).rows_read) == ("all", 0)
    middle = integers(read(url_of(file), "middle", 1_000), "id")
    assert len(middle) == 1_000
    assert sum(number < 15_000 for number in middle) in range(400, 600)


def test_all_rows_are_streamed(file: Path) -> None:
    execute(file, "CREATE TABLE t AS SELECT range AS id FROM range(50000)")
    content = read(url_of(file), "t", None)
    assert (content.rows_read, content.is_whole, content.sampling) == (50_000, True, "all")


# Read-only


def test_the_database_itself_refuses_writes_and_everything_outside(file: Path, tmp_path: Path) -> None:
    execute(file, "CREATE TABLE t AS SELECT 1 AS id")
    before = file.read_bytes()
    out = tmp_path / "out"
    with opened(url_of(file)) as source:
        rights = source.rights()
        assert (rights.is_session_read_only, rights.is_encrypted) == (True, True)
        for statement in [
            "INSERT INTO t VALUES (2)",
            "DELETE FROM t",
            "DROP TABLE t",
            "CREATE TABLE u (id int)",
            "CREATE VIEW v AS SELECT 1",
            f"COPY t TO '{out}'",
            f"ATTACH '{out}'",
            f"EXPORT DATABASE '{out}'",
            "SELECT * FROM read_csv('/etc/passwd')",
            "SET enable_external_access = true",
            "INSTALL httpfs",
        ]:
            with pytest.raises(sa.exc.DBAPIError), source._open().connect() as connection:
                connection.exec_driver_sql(statement)
    assert file.read_bytes() == before
    assert sorted(path.name for path in tmp_path.iterdir()) == ["d.duckdb"]


def test_a_view_that_needs_more_memory_than_there_is_writes_nothing_beside_the_file(
    file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    execute(file, "CREATE VIEW v AS SELECT list(md5(range::varchar)) AS l FROM range(4000000)")
    monkeypatch.setitem(habits._SETTINGS, "memory_limit", "100MB")
    with opened(url_of(file), views=True) as source:
        item = listing(source)["v"]
        with source._open().connect() as connection:
            assert connection.scalar(sa.text("SELECT current_setting('temp_directory')")) == ""
        with pytest.raises(UnreadableError) as failed:
            source.read(item, Take(10))
        assert sorted(path.name for path in tmp_path.iterdir()) == ["d.duckdb"]
    assert (failed.value.reason, failed.value.code) == (Reason.TOO_LARGE, "OutOfMemoryException")


def test_a_view_cannot_make_us_read_another_file(file: Path, tmp_path: Path) -> None:
    (tmp_path / "other.csv").write_text("name\ncanary\n")
    execute(file, f"CREATE VIEW v AS SELECT * FROM read_csv('{tmp_path / 'other.csv'}')")
    found = databases.skipped(url_of(file), views=True)
    assert [(item.asset, item.reason, item.code) for item in found] == [
        ("main.v", Reason.NO_PERMISSION, "PermissionException")
    ]
    assert "canary" not in repr(found)


# What goes wrong


def test_a_statement_that_takes_too_long_is_given_up_and_the_others_go_on(file: Path) -> None:
    execute(
        file,
        "CREATE TABLE a AS SELECT 1 AS id",
        "CREATE VIEW slow AS SELECT count(*) AS n FROM range(100000000) x, range(100000) y WHERE x.range*y.range%7 = 3",
        "CREATE VIEW swift AS SELECT * FROM a",
    )
    started = time.monotonic()
    found = databases.skipped(url_of(file), views=True, timeout_s=0.5)
    assert time.monotonic() - started < 10
    assert [(item.asset, item.reason, item.code) for item in found] == [
        ("main.slow", Reason.TIMED_OUT, "InterruptException")
    ]


HOLDER = """
import duckdb, sys
connection = duckdb.connect(sys.argv[1])
connection.execute("CREATE TABLE fresh AS SELECT 42 AS answer")
print("ready", flush=True)
sys.stdin.read()
import os
os._exit(1)
"""


@pytest.fixture
def writer(file: Path) -> Iterator[subprocess.Popen[str]]:
    execute(file, "CREATE TABLE t (id int)")
    process = subprocess.Popen(
        [sys.executable, "-c", HOLDER, str(file)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "ready\n"
    try:
        yield process
    finally:
        process.communicate("")


def test_a_file_that_somebody_writes_is_locked(file: Path, writer: subprocess.Popen[str]) -> None:
    with opened(url_of(file)) as source, pytest.raises(UnreadableError) as failed:
        list(source.list_assets())
    assert failed.value.reason is Reason.LOCKED


def test_what_lies_in_the_log_only_is_read_and_nothing_is_written(
    file: Path, tmp_path: Path, writer: subprocess.Popen[str]
) -> None:
    writer.communicate("")
    before = {path.name: path.read_bytes() for path in tmp_path.iterdir()}
    assert set(before) == {"d.duckdb", "d.duckdb.wal"}
    assert values(read(url_of(file), "fresh")) == {"answer": ["42"]}
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == before


@pytest.mark.parametrize("kind", ["short", "zeros", "noise"])
def test_a_damaged_file(kind: str, file: Path) -> None:
    execute(file, "CREATE TABLE t AS SELECT range AS id FROM range(100000)")
    whole = file.read_bytes()
    broken = {
        "short": whole[:5_000],
        "zeros": whole[:16] + bytes(len(whole) - 16),
        "noise": whole[:8_192] + os.urandom(len(whole) - 8_192),
    }
    file.write_bytes(broken[kind])
    assert locate(str(file)).kind == "duckdb"
    with opened(url_of(file)) as source, pytest.raises(UnreadableError) as failed:
        list(source.list_assets())
    assert failed.value.reason is Reason.DAMAGED


def test_an_encrypted_file(file: Path) -> None:
    execute(
        Path(":memory:"),
        "SET force_mbedtls_unsafe = 'true'",  # the cipher of the driver that can write
        f"ATTACH '{file}' AS e (ENCRYPTION_KEY 'canary')",
        "CREATE TABLE e.t (id int)",
    )
    with opened(url_of(file)) as source, pytest.raises(UnreadableError) as failed:
        list(source.list_assets())
    assert failed.value.reason is Reason.ENCRYPTED


def test_a_file_that_is_gone_before_it_is_opened(file: Path) -> None:
    execute(file, "CREATE TABLE t (id int)")
    with opened(url_of(file)) as source:
        file.unlink()
        with pytest.raises(UnreadableError) as failed:
            list(source.list_assets())
    assert (failed.value.reason, failed.value.code) == (Reason.NOT_FOUND, "ENOENT")


def test_without_the_driver_the_extra_is_named(file: Path) -> None:
    execute(file, "CREATE TABLE t (id int)")
    code = (
        "import sys; sys.modules['duckdb'] = None\n"
        "from tests.scanners.databases import opened\n"
        "from scanners.values import UnreadableError\n"
        "with opened(sys.argv[1]) as source:\n"
        "    try: list(source.list_assets())\n"
        "    except UnreadableError as error: print(error.reason.value, error.code)\n"
    )
    done = subprocess.run([sys.executable, "-c", code, url_of(file)], capture_output=True, text=True, check=False)
    assert (done.stdout, done.stderr) == ("missing_extra privacy-inventory[duckdb]\n", "")


# The same verdicts as elsewhere


@pytest.fixture(scope="module")
def engine() -> Engine:
    return Engine(NameReader(installed_model()))


def test_the_same_verdicts_as_in_sqlite(company: str, tmp_path: Path, engine: Engine) -> None:
    sqlite = f"sqlite:///{tmp_path / 'company.db'}"
    databases.build(sqlite)

    def verdicts(url: str) -> dict[str, object]:
        with databases.opened(url) as source:
            found = [event for event in scan(source, engine, Limits()) if isinstance(event, AssetScan)]
        return {
            f"{asset.asset.name}#{verdict.ref.field}": (
                verdict.category,
                verdict.state if asset.is_whole else None,
                asset.is_whole,
            )
            for asset in found
            for verdict in asset.verdicts
        }

    assert verdicts(company) == verdicts(sqlite)


def test_through_the_command(company: str, cli: Cli, tmp_path: Path) -> None:
    path = company.removeprefix("duckdb:///")
    assert cli("scan", path).exit_code == 5  # a picture is seen to be one, not looked into
    fields = {
        f"{row['asset']}#{row['field']}": row["category"]
        for row in cli("map", "fields", "--personal", "--format", "json").json()
    }
    assert fields["main.customers#email"] == "contact.email"
    assert fields["main.employees#iban"] == "financial.iban"
