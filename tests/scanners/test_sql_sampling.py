from __future__ import annotations

import random
import re
import time
import uuid
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import text

from scanners.sources.sql.habits import between
from scanners.values import Content, Take
from tests.scanners import databases
from tests.scanners.databases import fill, integers, listing, opened, read, statements, values

DIALECTS = ["sqlite", "postgresql", "mariadb"]
ROWS = 1_000


@pytest.fixture
def url_of(request: pytest.FixtureRequest, tmp_path: Path) -> Callable[[str], str]:
    def find(dialect: str) -> str:
        if dialect == "sqlite":
            return f"sqlite:///{tmp_path / 'd.db'}"
        url: str = request.getfixturevalue(f"{dialect}_url")
        return url

    return find


def big(url: str, rows: int = 100_000) -> None:
    """A table ``big`` of so many rows, made inside the database."""
    if url.startswith("postgresql"):
        databases.run(
            url,
            "CREATE TABLE big (id int PRIMARY KEY, mail text)",
            f"INSERT INTO big SELECT n, 'p' || n || '@example.org' FROM generate_series(1, {rows}) n",
        )
    elif url.startswith("mariadb"):
        databases.run(
            url,
            "CREATE TABLE big (id int PRIMARY KEY, mail varchar(60))",
            f"INSERT INTO big SELECT seq, concat('p', seq, '@example.org') FROM seq_1_to_{rows}",
        )
    else:
        databases.run(
            url,
            "CREATE TABLE big (id INTEGER PRIMARY KEY, mail TEXT)",
            f"WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {rows})"
            " INSERT INTO big SELECT i, 'p' || i || '@example.org' FROM n",
        )


def spread(found: list[int], low: int, high: int, parts: int = 10) -> int:
    """In how many equal parts of a range there is at least one of the numbers."""
    return len({min(parts - 1, (number - low) * parts // (high - low + 1)) for number in found})


def sample_is_right(content: Content, sampling: str) -> None:
    assert content.sampling == sampling
    assert not content.is_whole
    assert 0.5 * ROWS <= content.rows_read <= ROWS


@pytest.mark.parametrize(
    ("dialect", "sampling"), [("sqlite", "key_ranges"), ("postgresql", "blocks"), ("mariadb", "key_ranges")]
)
@pytest.mark.parametrize("is_analysed", [False, True], ids=["never-analysed", "analysed"])
def test_rows_come_from_all_over_a_big_table(
    dialect: str, sampling: str, is_analysed: bool, url_of: Callable[[str], str]
) -> None:
    url = url_of(dialect)
    big(url)
    if is_analysed:
        databases.run(url, "ANALYZE TABLE big" if dialect == "mariadb" else "ANALYZE")

    content = read(url, "big", ROWS)

    sample_is_right(content, sampling)
    found = integers(content, "id")
    assert len(found) == content.rows_read
    assert spread(found, 1, 100_000) >= 7
    assert len(values(content)["mail"]) == content.rows_read
    assert integers(read(url, "big", ROWS), "id") == found
    assert integers(read(url, "big", ROWS, seed=1), "id") != found


@pytest.mark.parametrize("dialect", DIALECTS)
@pytest.mark.parametrize(
    ("rows", "is_whole"), [(0, True), (1, True), (ROWS, True), (ROWS + 1, False)], ids=["0", "1", "1000", "1001"]
)
def test_a_table_is_read_whole_up_to_the_wanted_rows(
    dialect: str, rows: int, is_whole: bool, url_of: Callable[[str], str]
) -> None:
    url = url_of(dialect)
    fill(url, "t", "id int PRIMARY KEY, n int", [(-1, -1)])
    databases.run(url, "DELETE FROM t")
    with databases.writer(url) as connection:
        if rows:
            rows_ = [{"id": number, "n": number} for number in range(rows)]
            connection.execute(text("INSERT INTO t VALUES (:id, :n)"), rows_)

    content = read(url, "t", ROWS)

    assert content.is_whole is is_whole
    assert content.rows_read == min(rows, ROWS)
    if is_whole:
        assert content.sampling == "all"
        assert content.asset.row_count == rows
        assert integers(content, "n") == list(range(rows))


@pytest.mark.parametrize("dialect", DIALECTS)
def test_statistics_that_lie_do_not_make_a_sample_of_the_head(dialect: str, url_of: Callable[[str], str]) -> None:
    url = url_of(dialect)
    big(url, 3)
    databases.run(url, "ANALYZE TABLE big" if dialect == "mariadb" else "ANALYZE")
    with databases.writer(url) as connection:
        rows = [{"id": number, "mail": f"{number}@example.org"} for number in range(10, 20_010)]
        connection.execute(text("INSERT INTO big VALUES (:id, :mail)"), rows)

    content = read(url, "big", ROWS)

    assert content.rows_read == ROWS
    assert spread(integers(content, "id"), 1, 20_010) >= 7


KEYS: dict[str, tuple[str, list[tuple[Any, ...]]]] = {
    "sparse": ("id bigint PRIMARY KEY, n int", [(n * 10**12, n) for n in range(2_000)]),
    "negative": ("id int PRIMARY KEY, n int", [(n - 1_200, n) for n in range(2_000)]),
    "far-outlier": ("id bigint PRIMARY KEY, n int", [*((n, n) for n in range(1_999)), (2**62, 1_999)]),
    "two-crowds": (
        "id bigint PRIMARY KEY, n int",
        [*((n, n) for n in range(1_000)), *((2**60 + n * 10**6, n) for n in range(1_000, 2_000))],
    ),
    "exponential": ("id bigint PRIMARY KEY, n int", [(int(1.02**n) + n, n) for n in range(2_000)]),
    "composite": ("a int, b int, n int, PRIMARY KEY (a, b)", [(n // 20, n % 20, n) for n in range(2_000)]),
    "composite-one-tenant": ("a int, b int, n int, PRIMARY KEY (a, b)", [(7, n, n) for n in range(2_000)]),
    "composite-few-tenants": (
        "a int, b int, n int, PRIMARY KEY (a, b)",
        [(n // 1_000, n % 1_000, n) for n in range(2_000)],
    ),
    "text-number": ("k varchar(20) PRIMARY KEY, n int", [(f"{n:06d}", n) for n in range(2_000)]),
    "text-code": ("k varchar(20) PRIMARY KEY, n int", [(f"Ord-{chr(65 + n % 26)}{n:05d}", n) for n in range(2_000)]),
    "text-uuid": (
        "k varchar(36) PRIMARY KEY, n int",
        [(str(uuid.UUID(int=random.Random(n).getrandbits(128))), n) for n in range(2_000)],
    ),
    "text-cases": (
        "k varchar(20) PRIMARY KEY, n int",
        [(f"{'Zz' if n % 2 else 'aA'}{chr(97 + n % 26)}{n:05d}", n) for n in range(2_000)],
    ),
    "text-and-number": ("k varchar(9), b int, n int, PRIMARY KEY (k, b)", [("de", n, n) for n in range(2_000)]),
    "decimal": ("id decimal(12,2) PRIMARY KEY, n int", [(n / 4, n) for n in range(2_000)]),
    "date": ("id date, b int, n int, PRIMARY KEY (id, b)", [(f"20{n // 20:02d}-01-01", n, n) for n in range(2_000)]),
}
INTEGERS = ("far-outlier", "sparse", "negative", "two-crowds", "exponential", "decimal")


@pytest.mark.parametrize(
    ("dialect", "keys"),
    [*(("sqlite", keys) for keys in KEYS), *(("mariadb", keys) for keys in KEYS if keys not in INTEGERS[1:])],
)
def test_any_key_will_do(dialect: str, keys: str, url_of: Callable[[str], str]) -> None:
    url = url_of(dialect)
    columns, content = KEYS[keys]
    fill(url, "t", columns, content)

    sample = read(url, "t", 200)

    assert (sample.sampling, sample.rows_read) == ("key_ranges", 200)
    found = integers(sample, "n")
    assert len(found) == 200, "a row was read twice"
    assert spread(found, 0, 1_999) >= (3 if keys in ("far-outlier", "exponential") else 6)
    assert integers(read(url, "t", 200), "n") == found


@pytest.mark.parametrize("keys", [keys for keys in KEYS if keys not in INTEGERS[2:]])
def test_sqlite_tables_without_rowid_are_sampled_along_their_key(keys: str, tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'd.db'}"
    columns, content = KEYS[keys]
    fill(url, "plain", columns, content)
    databases.run(
        url, f"CREATE TABLE t ({columns}) WITHOUT ROWID", "INSERT INTO t SELECT * FROM plain", "DROP TABLE plain"
    )

    sample = read(url, "t", 200)

    assert sample.sampling == "key_ranges"
    assert 120 <= sample.rows_read <= 200
    found = integers(sample, "n")
    assert len(found) == sample.rows_read, "a row was read twice"
    assert spread(found, 0, 1_999) >= (2 if keys in ("far-outlier", "exponential") else 5)


@pytest.mark.parametrize(
    ("columns", "sampling"),
    [
        ("rowid text, n int", "key_ranges"),
        ("RowID int, _rowid_ text, n int", "key_ranges"),
        ("rowid int, _rowid_ text, oid text, n int", "head"),
        ("rowid int, _rowid_ text, oid text, n INTEGER PRIMARY KEY", "key_ranges"),
    ],
    ids=["one", "two", "all", "all-and-a-key"],
)
def test_a_column_called_rowid_is_not_taken_for_it(columns: str, sampling: str, tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'd.db'}"
    count = columns.count(",")
    fill(url, "t", columns, [("x",) * count + (number,) for number in range(5_000)])

    sample = read(url, "t", 500)

    assert (sample.sampling, sample.rows_read) == (sampling, 500)
    assert spread(integers(sample, "n"), 0, 4_999) >= (1 if sampling == "head" else 7)


def test_sqlite_keys_of_mixed_types_are_read_from_the_start(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'd.db'}"
    databases.run(url, "CREATE TABLE t (k PRIMARY KEY, n int) WITHOUT ROWID")
    with databases.writer(url) as connection:
        rows = [{"k": number if number % 2 else f"k{number}", "n": number} for number in range(5_000)]
        connection.execute(text("INSERT INTO t VALUES (:k, :n)"), rows)

    sample = read(url, "t", 500)

    assert (sample.sampling, sample.rows_read) == ("head", 500)


def test_mariadb_without_a_primary_key(mariadb_url: str) -> None:
    content = [(number, number) for number in range(5_000)]
    fill(mariadb_url, "no_key", "a int, n int", content)
    fill(mariadb_url, "unique_key", "a int UNIQUE, n int", content)

    none, unique = read(mariadb_url, "no_key", 500), read(mariadb_url, "unique_key", 500)

    assert (none.sampling, none.rows_read, none.is_whole) == ("head", 500, False)
    assert (unique.sampling, unique.rows_read, unique.is_whole) == ("key_ranges", 500, False)
    assert spread(integers(unique, "n"), 0, 4_999) >= 7


def test_mariadb_without_a_key_but_with_an_index(mariadb_url: str) -> None:
    """An index of many values will do. One of few, or with nulls, would give the oldest rows, or leave some out."""
    made = {
        "many": "seq * 7919 MOD 20011",
        "few": "seq MOD 3",
        "nulls": "if(seq MOD 5, seq, NULL)",
        "composite": "seq MOD 4",
    }
    for name, value in made.items():
        more = ", KEY (a, n)" if name == "composite" else ", KEY (a)"
        databases.run(
            mariadb_url,
            f"CREATE TABLE {name} (a int, n int, fill varchar(40){more})",
            f"INSERT INTO {name} SELECT {value}, seq, repeat('x', 40) FROM seq_1_to_60000",
            f"ANALYZE TABLE {name}",
        )
    with opened(mariadb_url) as source:
        for name, item in listing(source).items():
            before = _rows_touched(source)
            sample = source.read(item, Take(500))
            assert _rows_touched(source) - before < 4_000, name
            is_good = name in ("many", "composite")
            assert (sample.sampling, sample.rows_read) == ("key_ranges" if is_good else "head", 500), name
            if is_good:
                assert spread(integers(sample, "n"), 1, 60_000) >= 7


def test_mariadb_reads_no_more_rows_than_it_needs(mariadb_url: str) -> None:
    """Counted by the server: every row that any statement of the connection touched."""
    big(mariadb_url)
    fill(mariadb_url, "no_key", "a int, n int", [(number, number) for number in range(20_000)])
    fill(mariadb_url, "pair", "a int, b int, n int, PRIMARY KEY (a, b)", [(n // 9000, n, n) for n in range(20_000)])
    for name in ("big", "no_key", "pair"):
        with opened(mariadb_url) as source:
            item = listing(source)[name]
            before = _rows_touched(source)
            source.read(item, Take(ROWS))
            assert _rows_touched(source) - before < 4 * ROWS, name


def _rows_touched(source: Any) -> int:
    with source._open().connect() as connection:
        found = connection.exec_driver_sql("SHOW SESSION STATUS LIKE 'Handler_read%%'").all()
    return sum(int(count) for name, count in found if not name.startswith("Handler_read_rnd_deleted"))


def test_postgresql_reads_no_more_rows_than_it_needs(postgresql_url: str) -> None:
    """Counted by the server, which publishes its counts when the session has ended."""
    big(postgresql_url)
    databases.run(postgresql_url, "ANALYZE")

    read(postgresql_url, "big", ROWS)

    question = "SELECT seq_scan, seq_tup_read FROM pg_stat_user_tables WHERE relname = 'big'"
    deadline = time.monotonic() + 10
    scans = rows = 0
    while not scans and time.monotonic() < deadline:
        time.sleep(0.05)
        with databases.writer(postgresql_url) as connection:
            scans, rows = connection.exec_driver_sql(question).one()
    assert scans
    # Filling, the key's index and ANALYZE are not counted as scans by rows.
    assert rows < 100_000 + 8 * ROWS


def test_sqlite_walks_no_table_without_a_limit(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'd.db'}"
    big(url)
    content = [(number, number) for number in range(20_000)]
    fill(url, "plain", "a int, n int", content)
    databases.run(url, "CREATE TABLE keyed (a int, n int, PRIMARY KEY (n)) WITHOUT ROWID")
    databases.run(url, "INSERT INTO keyed SELECT * FROM plain")
    with opened(url) as source, statements(source) as seen:
        for item in listing(source).values():
            assert source.read(item, Take(ROWS)).sampling == "key_ranges"
        asked = [(sql, given) for sql, given in seen if "LIMIT" in sql and 'SELECT rowid \nFROM "keyed"' not in sql]
        assert len(asked) > 60
        with source._open().connect() as connection:
            for sql, given in asked:
                plan = [row[3] for row in connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {sql}", given)]
                walks = [step for step in plan if step.startswith("SCAN") and "CONSTANT" not in step]
                assert not walks or "LIMIT" in sql, sql
                assert not [step for step in plan if "TEMP B-TREE" in step], sql
    assert len(asked) > 60


@pytest.mark.parametrize("dialect", DIALECTS)
def test_no_statement_sorts_at_random_or_counts(dialect: str, url_of: Callable[[str], str]) -> None:
    url = url_of(dialect)
    big(url, 20_000)
    with opened(url) as source, statements(source) as seen:
        source.read(listing(source)["big"], Take(ROWS))
        with source._open().connect() as connection:
            source._habits.rights(connection)

    touching = [sql for sql, _ in seen if re.search(r"\bbig\b", sql)]
    assert touching
    for sql in touching:
        assert not re.search(r"(?i)\brand(om)?\s*\(|\bcount\s*\(", sql)
        assert re.search(r"(?i)\bLIMIT\b|max\(rowid\)|SHOW CREATE|PRAGMA|sqlite_master|information_schema", sql), sql


@pytest.mark.parametrize("dialect", DIALECTS)
def test_only_the_wanted_fields_are_fetched(dialect: str, url_of: Callable[[str], str]) -> None:
    url = url_of(dialect)
    big(url, 5_000)
    with opened(url) as source, statements(source) as seen:
        item = listing(source)["big"]
        seen.clear()
        content = source.read(item, Take(500, fields=frozenset({"id"})))
        nothing = source.read(item, Take(500, fields=frozenset()))

    assert list(values(content)) == ["id"]
    assert content.rows_read == 500
    assert not [sql for sql, _ in seen if "mail" in sql]
    assert (nothing.columns, nothing.rows_read, nothing.sampling) == ([], 0, "none")


@given(st.text(max_size=8), st.text(max_size=8), st.integers())
def test_a_point_between_texts_is_between_them(one: str, other: str, seed: int) -> None:
    low, high = min(one, other), max(one, other)
    point = between(low, high, random.Random(seed))
    if point is not None and point == point.lower() and low == low.lower() and high == high.lower():
        assert low < point <= high
    if low == high:
        assert point is None


@given(st.binary(max_size=6), st.binary(max_size=6), st.integers())
def test_a_point_between_bytes_is_between_them(one: bytes, other: bytes, seed: int) -> None:
    low, high = min(one, other), max(one, other)
    point = between(low, high, random.Random(seed))
    assert point is None if low == high else low < point <= high


@given(
    st.one_of(
        st.tuples(st.integers(), st.integers()),
        st.tuples(st.floats(-1e300, 1e300), st.floats(-1e300, 1e300)),
        st.tuples(st.decimals(-(10**9), 10**9, places=2), st.decimals(-(10**9), 10**9, places=2)),
        st.tuples(st.dates(), st.dates()),
        st.tuples(st.datetimes(), st.datetimes()),
        st.tuples(st.timedeltas(), st.timedeltas()),
    ),
    st.integers(),
)
def test_a_point_between_two_values_is_between_them(pair: tuple[Any, Any], seed: int) -> None:
    low, high = min(pair), max(pair)
    point = between(low, high, random.Random(seed))
    assert point is None if low == high else low < point <= high


@pytest.mark.parametrize(
    ("low", "high"), [(1, "a"), ("a", b"b"), (None, 1), (1.0, Decimal(2)), ([1], [2])], ids=lambda value: repr(value)
)
def test_there_is_no_point_between_values_of_different_types(low: Any, high: Any) -> None:
    assert between(low, high, random.Random(1)) is None
