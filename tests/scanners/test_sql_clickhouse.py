"""ClickHouse: its engine inside of this process, through its real driver. There is no server to be had for tests."""

from __future__ import annotations

import pickle
import time
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.engine import URL

from data_map.model import AssetKind, Reason, Skipped, Source
from scanners.sources.address import locate
from scanners.sources.base import Listed
from scanners.sources.sql.clickhouse import ClickhouseHabits, settings
from scanners.sources.sql.connector import SqlSource
from scanners.values import Take, UnreadableError
from tests.scanners.databases import integers, values

pytest.importorskip("clickhouse_connect", reason="needs the extra clickhouse")
embedded = pytest.mark.skipif(find_spec("chdb") is None, reason="needs chdb, ClickHouse's engine as a library")

TABLES = [
    "CREATE DATABASE crm",
    "CREATE DATABASE other",
    """CREATE TABLE crm.people (
        id UInt64, name LowCardinality(Nullable(String)) COMMENT 'who', state Enum8('canary' = 1, 'b' = 2),
        tags Array(String), extra Map(String, Int32), pair Tuple(x Int32, y String), seen DateTime64(3, 'UTC'),
        born Date32, token UUID, ip IPv4, ip6 IPv6, credit Decimal(10, 2), weight Float64, code FixedString(5),
        doc JSON, is_active Bool, nothing Nullable(Int32), huge UInt256
    ) ENGINE = MergeTree ORDER BY id""",
    """INSERT INTO crm.people SELECT number, 'n' || toString(number), 1, ['x'], map('k', 1), (1, 'y'),
        toDateTime64('2024-02-03 04:05:06.789', 3, 'UTC'), toDate32('1950-01-02'),
        '7f49da25-8e6f-4177-a3d4-ce462f090962', '192.0.2.7', '::1', 1.5, 2, 'abc', '{"a":1}', true, NULL, 1
        FROM numbers(100000)""",
    "CREATE TABLE crm.hits (id UInt64, h UInt32) ENGINE = MergeTree ORDER BY (h, id) SAMPLE BY h",
    "INSERT INTO crm.hits SELECT number, cityHash64(number) FROM numbers(100000)",
    "CREATE TABLE crm.log (at DateTime, v String) ENGINE = MergeTree ORDER BY toDate(at)",
    "INSERT INTO crm.log SELECT toDateTime('2024-01-01 00:00:00') + number, toString(number) FROM numbers(50000)",
    'CREATE TABLE crm.`a ``b`` %s :c` (`Größe "x"` String) ENGINE = MergeTree ORDER BY tuple()',
    "INSERT INTO crm.`a ``b`` %s :c` VALUES ('z')",
    "CREATE TABLE crm.long (s String, a Array(String)) ENGINE = MergeTree ORDER BY tuple()",
    "INSERT INTO crm.long SELECT repeat('é', 100000), [repeat('a', 100000)]",
    "CREATE VIEW crm.twice AS SELECT id * 2 AS twice FROM crm.hits",
    "CREATE VIEW crm.slow AS SELECT count() AS c FROM numbers(100000000000) WHERE sipHash64(number) % 7 = 3",
    "CREATE MATERIALIZED VIEW crm.summary ENGINE = MergeTree ORDER BY id AS SELECT id FROM crm.people",
    "CREATE TABLE other.t (id Int32) ENGINE = MergeTree ORDER BY id",
]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    import clickhouse_connect

    path = tmp_path_factory.mktemp("clickhouse") / "data"
    client = clickhouse_connect.get_client(interface="chdb", path=str(path))
    for statement in TABLES:
        client.command(statement)
    client.close()
    return path


@contextmanager
def opened(folder: Path, address: str = "clickhouse://localhost/crm", **options: Any) -> Iterator[SqlSource]:
    class Embedded(ClickhouseHabits):
        """The engine in this process, with what every request asks of a server."""

        def options(self, url: URL, timeout_s: float) -> dict[str, Any]:
            return {"interface": "chdb", "path": str(folder), "database": url.database, **settings(timeout_s)}

    place = locate(address)
    assert place.url is not None
    source = SqlSource(Source("db", place.kind, place.location), place.url, Embedded(), **options)
    try:
        yield source
    finally:
        source.close()


def listing(source: SqlSource) -> dict[str, Listed]:
    found = list(source.list_assets())
    assert not [item for item in found if isinstance(item, Skipped)]
    return {item.asset.name: item for item in found if isinstance(item, Listed)}


@embedded
def test_the_listing(folder: Path) -> None:
    with opened(folder, views=True) as source:
        found = listing(source)
    assert {name: item.asset.kind for name, item in found.items()} == {
        "crm.a `b` %s :c": AssetKind.TABLE,
        "crm.hits": AssetKind.TABLE,
        "crm.log": AssetKind.TABLE,
        "crm.long": AssetKind.TABLE,
        "crm.people": AssetKind.TABLE,
        "crm.summary": AssetKind.MATERIALIZED_VIEW,
        "crm.slow": AssetKind.VIEW,
        "crm.twice": AssetKind.VIEW,
    }
    people = found["crm.people"]
    assert people.asset.row_count == 100_000
    assert people.asset.size_bytes
    assert people.asset.change_marker
    fields = {field.ref.field: field for field in people.fields}
    assert (fields["name"].comment, fields["name"].is_nullable, fields["id"].is_nullable) == ("who", True, False)
    assert fields["state"].declared_type == "ENUM8"
    with opened(folder, "clickhouse://localhost/") as source:
        assert "other.t" in listing(source)
        assert not [name for name in listing(source) if name.lower().startswith(("system.", "information_schema."))]


@embedded
def test_a_marker_changes_with_the_rows_and_not_by_itself(tmp_path: Path) -> None:
    import clickhouse_connect

    path = tmp_path / "data"

    def run(statement: str) -> None:
        client = clickhouse_connect.get_client(interface="chdb", path=str(path))
        client.command(statement)
        client.close()

    def marker() -> str | None:
        with opened(path, "clickhouse://localhost/d") as source:
            return listing(source)["d.t"].asset.change_marker

    run("CREATE DATABASE d")
    run("CREATE TABLE d.t (id Int32) ENGINE = MergeTree ORDER BY id")
    run("INSERT INTO d.t VALUES (1)")
    first = marker()
    assert first == marker()
    run("INSERT INTO d.t VALUES (3)")
    second = marker()
    run("ALTER TABLE d.t DELETE WHERE id = 3 SETTINGS mutations_sync = 2")
    assert len({first, second, marker()}) == 3


@embedded
def test_every_type_comes_as_text_or_number(folder: Path) -> None:
    with opened(folder) as source:
        content = source.read(listing(source)["crm.people"], Take(1_000))
        long = source.read(listing(source)["crm.long"], Take(10))
        odd = source.read(listing(source)["crm.a `b` %s :c"], Take(10))
    found = values(content)
    assert not content.skipped
    assert {name: kept[0] for name, kept in found.items() if kept and name not in ("id", "name")} == {
        "state": "canary",
        "tags": '["x"]',
        "extra": '{"k":1}',
        "pair": '{"x":1,"y":"y"}',
        "seen": "2024-02-03 04:05:06.789",
        "born": "1950-01-02",
        "token": "7f49da25-8e6f-4177-a3d4-ce462f090962",
        "ip": "192.0.2.7",
        "ip6": "::1",
        "credit": "1.50",
        "weight": "2",
        "code": "abc",
        "doc": '{"a":1}',
        "is_active": "1",
        "huge": "1",
    }
    assert found["nothing"] == []
    assert {name: len(kept[0]) for name, kept in values(long).items()} == {"s": 4096, "a": 4096}
    assert values(odd) == {'Größe "x"': ["z"]}


@embedded
@pytest.mark.parametrize("name", ["people", "hits"])
def test_a_sample_comes_again_with_its_seed(folder: Path, name: str) -> None:
    with opened(folder) as source:
        item = pickle.loads(pickle.dumps(listing(source)[f"crm.{name}"]))
        first, again, other = (source.read(item, Take(1_000, seed)) for seed in (7, 7, 8))
    assert (first.sampling, first.rows_read, first.is_whole) == ("key_ranges", 1_000, False)
    assert integers(first, "id") == integers(again, "id") != integers(other, "id")
    assert len({number // 10_000 for number in integers(first, "id")}) >= 4


@embedded
def test_a_key_that_is_an_expression_leaves_the_head(folder: Path) -> None:
    with opened(folder) as source:
        content = source.read(listing(source)["crm.log"], Take(1_000))
        whole = source.read(listing(source)["crm.log"], Take(None))
    assert (content.sampling, content.rows_read) == ("head", 1_000)
    assert (whole.sampling, whole.rows_read) == ("all", 50_000)


@embedded
def test_the_engine_itself_refuses_writes(folder: Path) -> None:
    with opened(folder) as source:
        assert source.rights().is_session_read_only is True
        for statement in [
            "INSERT INTO crm.hits VALUES (1, 1)",
            "DROP TABLE crm.hits",
            "CREATE TABLE crm.x (a Int8) ENGINE = Memory",
            "ALTER TABLE crm.hits DELETE WHERE 1",
            "SET readonly = 0",
        ]:
            with pytest.raises(sa.exc.DBAPIError) as failed, source._open().connect() as connection:
                connection.exec_driver_sql(statement)
            assert source._habits.reason(failed.value)[1] == "164"


@embedded
def test_a_slow_view_is_given_up_and_what_is_gone_is_not_found(folder: Path) -> None:
    with opened(folder, views=True, timeout_s=1) as source:
        item = listing(source)["crm.slow"]
        started = time.monotonic()
        with pytest.raises(UnreadableError) as failed:
            source.read(item, Take(10))
        assert time.monotonic() - started < 10
        assert (failed.value.reason, failed.value.code) == (Reason.TIMED_OUT, "159")
        for statement, code in [("SELECT * FROM crm.gone", "60"), ("SELECT gone FROM crm.hits", "47")]:
            with pytest.raises(sa.exc.DBAPIError) as gone, source._open().connect() as connection:
                connection.exec_driver_sql(statement)
            assert source._habits.reason(gone.value) == (Reason.NOT_FOUND, code)


def test_a_server_that_does_not_answer_says_nothing_on_the_terminal(capfd: pytest.CaptureFixture[str]) -> None:
    place = locate("clickhouse://reader:canary@127.0.0.1:1/crm")
    assert place.url is not None
    source = SqlSource(Source("db", place.kind, place.location), place.url, ClickhouseHabits(), timeout_s=2)
    with pytest.raises(UnreadableError) as failed:
        list[object](source.list_assets())
    source.close()
    assert (failed.value.reason, failed.value.code) == (Reason.CONNECTION_FAILED, None)
    assert capfd.readouterr() == ("", "")
    assert "canary" not in place.location


def test_what_the_driver_is_opened_with() -> None:
    url = locate("clickhouse://reader:p@db.example:8443/crm?verify=false&readonly=0").url
    assert url is not None
    options = ClickhouseHabits().options(url, 30)
    assert options["secure"] is True
    assert options["max_execution_time"] == 30
    assert options["verify"] == "false"
    # An option of the address does not make the session writable.
    assert options["readonly"] == 2
