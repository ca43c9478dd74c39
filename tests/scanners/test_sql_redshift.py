"""Redshift, as far as PostgreSQL can stand in for it: what is asked is older SQL than PostgreSQL's own."""

from __future__ import annotations

import pickle

import pytest
import sqlalchemy as sa

from data_map.model import Reason
from scanners.sources.address import locate
from scanners.values import Take, UnreadableError
from tests.scanners import databases
from tests.scanners.databases import integers, listing, opened, run

#: Redshift's own view, with what the test needs of it.
TABLE_INFO = """
    CREATE VIEW svv_table_info AS
    SELECT n.nspname::text AS "schema", c.relname::text AS "table", 20000::bigint AS tbl_rows, 3::bigint AS size,
           CASE c.relname WHEN 'events' THEN 'id' WHEN 'settings' THEN NULL ELSE 'AUTO(SORTKEY)' END AS sortkey1
    FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace WHERE c.relkind = 'r' AND n.nspname = 'public'
"""


@pytest.fixture
def company(postgresql_url: str) -> str:
    databases.build(postgresql_url)
    run(postgresql_url, TABLE_INFO)
    given = sa.make_url(postgresql_url)
    return f"redshift://postgres@{given.host}:{given.port}/{given.database}"


def test_the_catalog_rows_and_rights(company: str) -> None:
    place = locate(company)
    assert (place.kind, place.location) == ("redshift", company.replace("postgres@", ""))
    with opened(company) as source:
        found = pickle.loads(pickle.dumps(listing(source)))
        assert set(found) == set(databases.metadata.tables)
        rights = source.rights()
        assert (rights.is_session_read_only, rights.may_account_write, rights.is_superuser) == (True, True, True)
        customers = {field.ref.field: field for field in found["customers"].fields}
        assert customers["email"].is_unique
        assert customers["email"].comment == "where invoices are sent"
        assert customers["id"].is_primary_key
        lines = {field.ref.field: str(field.references) for field in found["order_lines"].fields if field.references}
        assert lines == {"order_id": "db:public.orders#id", "product_id": "db:public.products#id"}
        assert (found["events"].asset.row_count, found["events"].asset.size_bytes) == (20_000, 3 * 2**20)
        for item in found.values():
            assert not source.read(item, Take(1_000)).skipped
        assert source.read(found["events"], Take(None)).rows_read == databases.EVENTS
        with pytest.raises(sa.exc.DBAPIError) as failed, source._open().connect() as connection:
            connection.exec_driver_sql("DELETE FROM events")
        assert source._habits.reason(failed.value)[1] == "25006"


def test_stretches_of_the_sort_key_come_again_with_their_seed(company: str) -> None:
    with opened(company) as source:
        events = listing(source)["events"]
        first, again, other = (source.read(events, Take(1_000, seed)) for seed in (7, 7, 8))
        without = source.read(listing(source)["api_keys"], Take(1_000))
    assert (first.sampling, first.is_whole) == ("key_ranges", False)
    assert 600 < first.rows_read <= 1_000
    assert integers(first, "id") == integers(again, "id") != integers(other, "id")
    assert len({number // 6_000 for number in integers(first, "id")}) >= 8
    # Another way of sorting, or a view that may not be asked: the first rows, and that is said.
    assert without.sampling == "head"


def test_a_refused_view_of_sort_keys_does_not_spoil_the_table(company: str, postgresql_url: str) -> None:
    run(postgresql_url, "DROP VIEW svv_table_info")
    with opened(company) as source:
        found = listing(source)
        assert found["events"].asset.row_count is None
        assert source.read(found["events"], Take(1_000)).sampling == "head"


def test_a_statement_that_takes_too_long_and_a_login_that_is_refused(company: str, postgresql_url: str) -> None:
    run(postgresql_url, "CREATE VIEW slow AS SELECT pg_sleep(20)::text AS x")
    found = databases.skipped(company, views=True, timeout_s=1)
    assert [(item.asset, item.reason, item.code) for item in found] == [("public.slow", Reason.TIMED_OUT, "57014")]
    with (
        opened(company.replace("postgres@", "reader:wrong@")) as source,
        pytest.raises(UnreadableError) as failed,
    ):
        list[object](source.list_assets())
    assert (failed.value.reason, failed.value.code) == (Reason.NO_PERMISSION, "28000")
