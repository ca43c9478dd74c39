"""What is asked of a table does not grow with it: the pages that the server looks at, the plan of each statement."""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from data_map.model import AssetScan
from scanners.detect.engine import Engine
from scanners.detect.ner import NameReader
from scanners.scan import Limits, scan
from scanners.values import Take
from tests.scanners import databases
from tests.scanners.databases import listing, opened, run, statements

#: Rows of the larger table; the smaller one has a tenth.
ROWS = 600_000


@pytest.fixture
def url_of(request: pytest.FixtureRequest, tmp_path: Path) -> Callable[[str], str]:
    def find(dialect: str) -> str:
        if dialect == "sqlite":
            return f"sqlite:///{tmp_path / 'd.db'}"
        url: str = request.getfixturevalue(f"{dialect}_url")
        return url

    return find


def build(url: str, name: str, rows: int) -> None:
    """A table with a key, and one column that leaves a first look undecided."""
    run(
        url,
        f"CREATE UNLOGGED TABLE {name} (id int, code text, email text)",
        f"INSERT INTO {name} SELECT n, 'ZX' || n * 919 % 100003, 'p' || n || '@example.org'"
        f" FROM generate_series(1, {rows}) n",
        f"ALTER TABLE {name} ADD PRIMARY KEY (id)",
        f"ANALYZE {name}",
    )


def pages(url: str, name: str) -> int:
    """Pages of a table and its indexes that the server has looked at so far; counts come when sessions end."""
    question = (
        "SELECT heap_blks_read + heap_blks_hit + coalesce(idx_blks_read + idx_blks_hit, 0)"
        f" FROM pg_statio_user_tables WHERE relname = '{name}'"
    )
    seen = -1
    for _ in range(20):
        with databases.writer(url) as connection:
            now = connection.exec_driver_sql(question).scalar_one()
        if now == seen:
            break
        seen = now
        time.sleep(0.2)
    return int(seen)


def test_the_pages_that_a_scan_looks_at_do_not_grow_with_the_table(postgresql_url: str) -> None:
    looked = {}
    for name, rows in (("small", ROWS // 10), ("large", ROWS)):
        build(postgresql_url, name, rows)
        before = pages(postgresql_url, name)
        with opened(postgresql_url, include=(f"*.{name}",)) as source:
            (seen,) = [e for e in scan(source, Engine(NameReader(None)), Limits(seed=3)) if isinstance(e, AssetScan)]
        assert 500 <= seen.rows_read <= 10_000
        looked[name] = pages(postgresql_url, name) - before
    assert 20 <= looked["large"] < 400
    assert looked["large"] < 1.5 * looked["small"]


def test_no_plan_of_postgresql_walks_or_sorts_a_table(postgresql_url: str) -> None:
    build(postgresql_url, "large", ROWS // 4)
    with opened(postgresql_url) as source, statements(source) as seen:
        item = listing(source)["large"]
        for rows in (1_000, 10_000):
            source.read(item, Take(rows))
        source.key_rows(item, ["id"], whole=5_000, sample=1_000, seed=1)
        source.count_found(item, "id", list(range(0, 900_000, 3_000)))
        asked = [
            (sql, given) for sql, given in seen if re.search(r"\blarge\b", sql) and "pg_catalog.pg_class" not in sql
        ]
        assert len(asked) >= 6
        with source._open().connect() as connection:
            for sql, given in asked:
                plan = "\n".join(row[0] for row in connection.exec_driver_sql(f"EXPLAIN {sql}", given))
                assert not re.search(r"^\s*(?:->\s+)?Sort\b", plan, re.MULTILINE), plan
                # Where it is not led by an index or a sample of pages, it ends after a few rows.
                assert re.search(r"\bSample Scan\b|\bIndex (?:Only )?Scan\b|^Limit\b", plan, re.MULTILINE), plan


@pytest.mark.parametrize("dialect", ["sqlite", "postgresql", "mariadb"])
def test_every_statement_on_a_large_table_is_limited(dialect: str, url_of: Callable[[str], str]) -> None:
    url = url_of(dialect)
    databases.fill(
        url, "large", "id int PRIMARY KEY, email varchar(60)", [(n, f"p{n}@example.org") for n in range(9_000)]
    )
    with opened(url) as source, statements(source) as seen:
        item = listing(source)["large"]
        seen.clear()
        for rows in (1_000, 5_000):
            source.read(item, Take(rows))
        source.key_rows(item, ["id"], whole=5_000, sample=1_000, seed=1)
    assert seen
    for sql, _ in seen:
        if re.search(r"\blarge\b", sql):
            assert re.search(r"\bLIMIT\b", sql), sql
            assert not re.search(r"(?i)\bcount\s*\(|\brand(?:om)?\s*\(|\bdistinct\b|\bgroup by\b", sql), sql


@pytest.mark.parametrize("dialect", ["sqlite", "postgresql", "mariadb"])
def test_hundreds_of_tables_are_listed_with_a_handful_of_statements(dialect: str, url_of: Callable[[str], str]) -> None:
    """SQLite's own reflection asks for each table; that is a call of a function, not a way over a network."""
    url = url_of(dialect)
    run(url, *(f"CREATE TABLE t{number:03d} (id int PRIMARY KEY, a int, b int)" for number in range(200)))
    with opened(url) as source, statements(source) as seen:
        assert len(listing(source)) == 200
    assert len(seen) < (200 * 12 if dialect == "sqlite" else 40)
