"""What is put into the store comes back, on both databases."""

from __future__ import annotations

import sqlite3
import stat
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from data_map.diff import ChangeKind, diff
from data_map.errors import ConfigurationError, NotAllowedError, UnavailableError, UsageError
from data_map.model import (
    DataMap,
    FieldRef,
    MapField,
    Reason,
    Scan,
    Skipped,
    Source,
    SourceScan,
    State,
)
from data_map.store import tables
from data_map.store.store import Store, StoreAbsentError
from tests import servers
from tests.data_map.conftest import START, Clock
from tests.data_map.examples import CRM, TODAY, assets_of, decision, full_look, look, scan, skips_of

NAMES = st.text(st.one_of(st.sampled_from("\\\x00\ud800u0:#%'\""), st.characters(codec=None)), min_size=1)
HOSTILE = ["a\x00b", "caf\udce9.csv", "\\x00", "\\udce9", "x" * 5000, "🦄", "%s :p {}", "'; DROP TABLE scan; --"]


def test_a_full_look_comes_back(store: Store) -> None:
    seen = full_look("crm", "a/b.csv", "e-mail")
    scan_id = scan(store, seen)
    (part,) = store.load(today=TODAY).sources
    (asset,) = part.assets
    by_ref = {field.ref: field for field in seen.fields}
    # The third field has no verdict: it was not looked at.
    assert asset.fields == tuple(MapField(by_ref[v.ref], v, v) for v in (seen.verdicts[1], seen.verdicts[0]))
    assert (part.source, part.asset_count, part.skipped) == (CRM, 1, ())
    assert (asset.asset, asset.scan_id, asset.rows_read, asset.bytes_read) == (seen.asset, scan_id, 5, 2**33)
    assert (asset.is_whole, asset.sampling) == (False, "head")
    assert START < asset.scanned_at < START + timedelta(hours=1)
    assert asset.scanned_at.tzinfo == UTC


@pytest.mark.parametrize("name", HOSTILE, ids=ascii)
def test_any_name_can_be_kept(store: Store, name: str) -> None:
    seen = look(name, **{name: "contact.email"})
    skipped = Skipped("crm", Reason.DAMAGED, name + "2", name, name)
    scan(store, seen, source=replace(CRM, location=name, owner=name), skipped=[skipped])
    ref = FieldRef("crm", name, name)
    store.decide(decision(ref, "contact.phone"))
    (part,) = store.load(today=TODAY).sources
    assert (part.source.location, part.source.owner) == (name, name)
    assert part.assets[0].asset.name == name
    assert part.assets[0].fields[0].field.ref == ref
    assert part.assets[0].fields[0].verdict.category == "contact.phone"
    assert part.skipped == (skipped,)


@given(NAMES)
def test_escaping_is_undone(name: str) -> None:
    stored = tables.escape(name)
    assert tables.unescape(stored) == name
    assert "\x00" not in stored
    stored.encode()


@given(NAMES)
@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
def test_any_name_is_found_again(store: Store, name: str) -> None:
    ref = FieldRef("crm", name, name)
    store.decide(decision(ref, None))
    assert decision(ref, None) in store.decisions()
    store.withdraw(ref, "anna", "a mistake", START)
    assert store.decisions() == []


def test_scans_are_listed_with_the_sources_they_touched(store: Store) -> None:
    scan(store, look("t", f=None))
    hr = Source("hr", "files", "/srv/hr")
    store.save_source(hr)
    dead = store.begin_scan(8, {"started": START})
    store.save_skip(dead, Skipped("hr", Reason.CONNECTION_FAILED))
    minutes = [row.started_at for row in store.scans()]
    assert store.scans() == [
        Scan(1, minutes[0], store.scans()[0].ended_at, "complete", 7, "0.1.0", ("crm",)),
        Scan(2, minutes[1], None, "running", 8, "0.1.0", ("hr",)),
    ]
    store.end_scan(dead, "interrupted")
    assert store.scans()[1].outcome == "interrupted"
    assert store.scans()[1].ended_at is not None


def test_an_asset_that_is_gone_leaves_the_map_and_stays_in_the_past(store: Store) -> None:
    first = scan(store, look("a", f="contact.email"), look("b", f=None))
    scan(store, look("a", f="contact.email"))
    assert assets_of(store.load(today=TODAY)) == ["a"]
    assert assets_of(store.load(first, today=TODAY)) == ["a", "b"]
    kinds = [change.kind for change in diff(store.load(first, today=TODAY), store.load(today=TODAY))]
    assert kinds == [ChangeKind.GONE_ASSET]


def test_an_incomplete_listing_takes_nothing_away(store: Store) -> None:
    scan(store, look("a", f=None), look("b", f=None))
    scan(store, look("a", f=None), is_complete=False)
    assert assets_of(store.load(today=TODAY)) == ["a", "b"]


def test_an_unchanged_asset_stays(store: Store) -> None:
    first = scan(store, look("a", f=None), look("b", f=None))
    second = scan(store, look("a", f=None), seen=["b", "b"])
    store.save_seen(second, "crm", ["b"])
    assert assets_of(store.load(today=TODAY)) == ["a", "b"]
    assert [asset.scan_id for asset in store.load(today=TODAY).sources[0].assets] == [second, first]


def test_a_skip_is_shown_until_its_asset_is_read(store: Store) -> None:
    scan(store, look("a", f="contact.email"), skipped=[Skipped("crm", Reason.LOCKED, "b")])
    assert skips_of(store.load(today=TODAY)) == [("b", None, "locked")]
    scan(store, look("b", f=None), skipped=[Skipped("crm", Reason.DAMAGED, "a", code="EIO")])
    data_map = store.load(today=TODAY)
    assert skips_of(data_map) == [("a", None, "damaged")]
    assert assets_of(data_map) == ["a", "b"]
    assert skips_of(store.load(1, today=TODAY)) == [("b", None, "locked")]


def test_a_look_and_its_skips_are_kept_together(store: Store) -> None:
    store.save_source(CRM)
    scan_id = store.begin_scan(1, {})
    store.save_asset(scan_id, look("a", f=None), [Skipped("crm", Reason.UNSUPPORTED_TYPE, "a", "blob")])
    assert skips_of(store.load(today=TODAY)) == [("a", "blob", "unsupported_type")]


def test_a_second_look_in_the_same_scan_replaces_the_first(store: Store) -> None:
    store.save_source(CRM)
    scan_id = store.begin_scan(1, {})
    store.save_asset(scan_id, look("a", f=None))
    store.save_asset(scan_id, look("a", g=None))
    for count in (5, 6):
        store.end_source(scan_id, SourceScan(CRM, count, is_complete=False))
    (part,) = store.load(today=TODAY).sources
    assert [field.field.ref.field for field in part.assets[0].fields] == ["g"]
    assert part.asset_count == 6


def test_a_look_whose_parts_do_not_fit_is_a_mistake_of_ours(store: Store) -> None:
    store.save_source(CRM)
    scan_id = store.begin_scan(1, {})
    with pytest.raises(ValueError, match="do not fit"):
        store.save_asset(scan_id, replace(look("a", f=None), fields=()))
    assert assets_of(store.load(today=TODAY)) == []


def test_a_decision_outlives_a_new_scan(store: Store) -> None:
    scan(store, look("t", f="contact.email", g="identity.name"))
    email, name = FieldRef("crm", "t", "f"), FieldRef("crm", "t", "g")
    store.decide(decision(email, "contact.phone"))
    store.decide(decision(name, None))
    for _ in range(2):
        scan(store, look("t", f="online.cookie", g="identity.username"))
        fields = store.load(today=TODAY).sources[0].assets[0].fields
        assert [(f.verdict.state, f.verdict.category) for f in fields] == [
            (State.CONFIRMED, "contact.phone"),
            (State.CLEAN, None),
        ]
        assert [f.machine.category for f in fields] == ["online.cookie", "identity.username"]
        assert [f.decision for f in fields] == store.decisions()


def test_the_latest_decision_counts_and_can_be_withdrawn(store: Store) -> None:
    scan(store, look("t", f="contact.email"))
    ref = FieldRef("crm", "t", "f")
    store.decide(decision(ref, "contact.phone"))
    store.decide(decision(ref, "identity.name"))
    assert store.decisions() == [decision(ref, "identity.name")]
    store.withdraw(ref, "bert", "a mistake", START)
    assert store.decisions() == []
    assert store.load(today=TODAY).sources[0].assets[0].fields[0].verdict.category == "contact.email"
    with pytest.raises(NotAllowedError, match="crm:t#f"):
        store.withdraw(ref, "bert", "a mistake", START)


def test_nobody_can_withdraw_what_was_never_decided(store: Store) -> None:
    with pytest.raises(NotAllowedError, match="no decision"):
        store.withdraw(FieldRef("crm", "t", "f"), "bert", "a mistake", START)


def test_a_decision_names_a_known_category(store: Store) -> None:
    with pytest.raises(UsageError, match=r"contact\.email"):
        store.decide(decision(FieldRef("crm", "t", "f"), "contact.emial"))
    assert store.decisions() == []


def test_instants_are_kept_in_utc(store: Store) -> None:
    ref = FieldRef("crm", "t", "f")
    at = datetime(2026, 1, 1, 0, 30, tzinfo=timezone(timedelta(hours=2)))
    store.decide(replace(decision(ref, None), decided_at=at))
    assert store.decisions()[0].decided_at == at
    assert store.decisions()[0].decided_at.tzinfo == UTC
    with pytest.raises(sa.exc.StatementError, match="time zone"):
        store.decide(replace(decision(ref, None), decided_at=datetime(2026, 1, 1)))  # noqa: DTZ001


def test_a_name_stands_for_one_location(store: Store) -> None:
    assert store.source_name_for("crm", "/a/crm.db") == "crm"
    assert store.add_source(Source("crm", "sqlite", "/a/crm.db")).name == "crm"
    assert store.source_name_for("crm", "/b/crm.db") == "crm-2"
    assert store.add_source(Source("crm", "sqlite", "/b/crm.db")).name == "crm-2"
    assert store.add_source(Source("crm", "sqlite", "/c/crm.db")).name == "crm-3"
    assert store.add_source(Source("other", "sqlite", "/a/crm.db")) == Source("crm", "sqlite", "/a/crm.db")
    with pytest.raises(NotAllowedError, match=r"/b/crm\.db"):
        store.save_source(Source("crm-2", "sqlite", "/d/crm.db"))
    assert [source.location for source in store.sources()] == ["/a/crm.db", "/b/crm.db", "/c/crm.db"]


def test_a_configured_source_may_move(store: Store) -> None:
    scan(store, look("t", f=None))
    store.save_source(replace(CRM, location="/srv/new.db", country="FR"))
    assert store.sources() == [replace(CRM, location="/srv/new.db", country="FR")]
    assert assets_of(store.load(today=TODAY)) == ["t"]


@pytest.mark.parametrize("name", ["", "x" * 201], ids=len)
def test_a_source_needs_a_name_of_sane_length(store: Store, name: str) -> None:
    with pytest.raises(UsageError, match="1 to 200"):
        store.save_source(Source(name, "sqlite", "/a"))


def test_a_known_source_without_scan_is_in_the_current_map_only(store: Store) -> None:
    first = scan(store, look("t", f=None))
    store.save_source(Source("hr", "files", "/srv/hr"))
    assert [part.source.name for part in store.load(today=TODAY).sources] == ["crm", "hr"]
    assert store.load(today=TODAY).sources[1].scanned_at is None
    assert [part.source.name for part in store.load(first, today=TODAY).sources] == ["crm"]


def test_an_unknown_scan_is_a_usage_error(store: Store) -> None:
    with pytest.raises(UsageError, match="no scan 9"):
        store.load(9, today=TODAY)


def test_an_absent_store(store_url: str) -> None:
    assert not Store.exists(store_url)
    with pytest.raises(StoreAbsentError, match="privacy init"):
        Store.open(store_url, now=Clock(), tool_version="0.1.0", create=False)
    assert not Store.exists(store_url)


def test_a_store_is_opened_again(store_url: str) -> None:
    with Store.open(store_url, now=Clock(), tool_version="0.1.0", create=True) as store:
        scan(store, look("t", f=None))
    assert Store.exists(store_url)
    for create in (True, False):
        with Store.open(store_url, now=Clock(), tool_version="0.2.0", create=create) as store:
            assert assets_of(store.load(today=TODAY)) == ["t"]


def test_an_empty_store_is_an_empty_map(store: Store) -> None:
    assert store.load(today=TODAY) == DataMap()
    assert store.scans() == []


def test_a_store_in_memory() -> None:
    with Store.open("sqlite://", now=Clock(), tool_version="0.1.0", create=True) as store:
        scan(store, look("t", f=None))
        assert assets_of(store.load(today=TODAY)) == ["t"]


# Files


def test_the_file_is_for_its_owner_only(sqlite_url: str, tmp_path: Path) -> None:
    with Store.open(sqlite_url, now=Clock(), tool_version="0.1.0", create=True) as store:
        store.save_source(CRM)
        modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in tmp_path.iterdir()}
        assert modes == {"privacy.db": 0o600, "privacy.db-wal": 0o600, "privacy.db-shm": 0o600}


def test_reading_makes_no_file(sqlite_url: str, tmp_path: Path) -> None:
    with pytest.raises(StoreAbsentError):
        Store.open(sqlite_url, now=Clock(), tool_version="0.1.0", create=False)
    assert list(tmp_path.iterdir()) == []


def test_an_empty_file_is_an_absent_store(sqlite_url: str, tmp_path: Path) -> None:
    (tmp_path / "privacy.db").touch()
    assert not Store.exists(sqlite_url)
    with pytest.raises(StoreAbsentError):
        Store.open(sqlite_url, now=Clock(), tool_version="0.1.0", create=False)


def test_a_missing_folder(tmp_path: Path) -> None:
    with pytest.raises(UnavailableError, match="cannot be created: No such file"):
        Store.open(f"sqlite:///{tmp_path}/no/privacy.db", now=Clock(), tool_version="0.1.0", create=True)


@pytest.mark.parametrize("create", [True, False])
def test_a_file_that_is_no_database(sqlite_url: str, tmp_path: Path, create: bool) -> None:
    (tmp_path / "privacy.db").write_text("name,mail\nanna,anna@example.org\n" * 100)
    with pytest.raises(UnavailableError, match="it is not a SQLite database") as told:
        Store.open(sqlite_url, now=Clock(), tool_version="0.1.0", create=create)
    assert "anna" not in str(told.value)
    assert told.value.__suppress_context__
    with pytest.raises(UnavailableError):
        Store.exists(sqlite_url)


def test_a_folder_is_no_store(tmp_path: Path) -> None:
    with pytest.raises(UnavailableError, match="cannot be opened"):
        Store.open(f"sqlite:///{tmp_path}", now=Clock(), tool_version="0.1.0", create=False)


def test_a_damaged_store(sqlite_url: str, tmp_path: Path) -> None:
    with Store.open(sqlite_url, now=Clock(), tool_version="0.1.0", create=True) as store:
        scan(store, *(look(f"t{number}", f="contact.email") for number in range(50)))
    path = tmp_path / "privacy.db"
    content = bytearray(path.read_bytes())
    content[4096:] = b"\xff" * (len(content) - 4096)
    path.write_bytes(content)
    with pytest.raises(UnavailableError, match="restore a backup"):
        Store.open(sqlite_url, now=Clock(), tool_version="0.1.0", create=False).load(today=TODAY)


@pytest.mark.parametrize("create", [True, False])
def test_somebody_elses_database_is_left_alone(store_url: str, create: bool) -> None:
    engine = sa.create_engine(store_url)
    with engine.begin() as connection:
        connection.exec_driver_sql("CREATE TABLE customers (email TEXT)")
    with pytest.raises(UnavailableError, match="holds other tables"):
        Store.open(store_url, now=Clock(), tool_version="0.1.0", create=create)
    assert sa.inspect(engine).get_table_names() == ["customers"]
    engine.dispose()


def test_a_customers_database_does_not_even_change_its_journal(sqlite_url: str, tmp_path: Path) -> None:
    with sqlite3.connect(tmp_path / "privacy.db") as connection:
        connection.execute("CREATE TABLE customers (email TEXT)")
    connection.close()
    before = (tmp_path / "privacy.db").read_bytes()
    with pytest.raises(UnavailableError):
        Store.open(sqlite_url, now=Clock(), tool_version="0.1.0", create=True)
    assert (tmp_path / "privacy.db").read_bytes() == before


# Addresses


@pytest.mark.parametrize(
    "address",
    ["", "privacy.db", "mysql://anna:s3cret@db/x", "sqlite:///file:x?uri=true", "http://anna:s3cret@x/", "://s3cret"],
)
def test_an_address_that_is_none(address: str) -> None:
    with pytest.raises(ConfigurationError, match="sqlite:///") as told:
        Store.open(address, now=Clock(), tool_version="0.1.0", create=True)
    assert "s3cret" not in str(told.value)


def test_a_server_that_is_not_there() -> None:
    address = "postgresql://anna:s3cret@127.0.0.1:1/privacy"
    with pytest.raises(UnavailableError, match=r"postgresql://127\.0\.0\.1:1/privacy is not available") as told:
        Store.open(address, now=Clock(), tool_version="0.1.0", create=True)
    assert "s3cret" not in str(told.value)
    assert "anna" not in str(told.value)
    with pytest.raises(UnavailableError):
        Store.exists(address)


def test_an_account_that_may_not_write(postgresql_server: servers.Server, postgresql_url: str) -> None:
    with pytest.raises(UnavailableError, match="lacks the permission") as told:
        Store.open(postgresql_server.reader_url(postgresql_url), now=Clock(), tool_version="0.1.0", create=True)
    assert servers.READER_PASSWORD not in str(told.value)
