from __future__ import annotations

from collections.abc import Iterator

import pytest

from data_map.model import AssetScan, Reason, Skipped, SourceScan, State
from scanners.detect.engine import Engine
from scanners.detect.ner import NameReader, installed_model
from scanners.scan import Limits, scan
from tests import servers
from tests.scanners import databases

Verdicts = dict[str, tuple[str | None, State]]


@pytest.fixture(scope="module")
def engine() -> Engine:
    return Engine(NameReader(installed_model()))


@pytest.fixture(scope="module")
def sqlite(tmp_path_factory: pytest.TempPathFactory) -> str:
    url = f"sqlite:///{tmp_path_factory.mktemp('company') / 'company.db'}"
    databases.build(url)
    return url


@pytest.fixture(scope="module")
def postgresql(postgresql_server: servers.Server) -> Iterator[str]:
    yield from _built(postgresql_server)


@pytest.fixture(scope="module")
def mariadb(mariadb_server: servers.Server) -> Iterator[str]:
    yield from _built(mariadb_server)


def _built(server: servers.Server) -> Iterator[str]:
    url = server.new_database()
    databases.build(url)
    yield url
    server.drop_database(url)


def scanned(url: str, engine: Engine, limits: Limits | None = None) -> dict[str, AssetScan]:
    with databases.opened(url) as source:
        found = list(scan(source, engine, limits or Limits()))
    skipped = [event for event in found if isinstance(event, Skipped)]
    # A picture is seen to be one, not looked into.
    assert [(one.field, one.reason) for one in skipped] == [("picture", Reason.UNSUPPORTED_TYPE)]
    end = found[-1]
    assert isinstance(end, SourceScan)
    assert end.is_complete
    assert end.asset_count == len(databases.metadata.tables)
    return {event.asset.name.split(".", 1)[1]: event for event in found if isinstance(event, AssetScan)}


def verdicts(assets: dict[str, AssetScan]) -> Verdicts:
    return {
        f"{name}#{verdict.ref.field}": (verdict.category, verdict.state)
        for name, asset in assets.items()
        for verdict in asset.verdicts
    }


@pytest.mark.parametrize("dialect", ["postgresql", "mariadb"])
def test_one_database_gets_the_same_verdicts_on_every_dialect(
    dialect: str, sqlite: str, engine: Engine, request: pytest.FixtureRequest
) -> None:
    here = scanned(sqlite, engine)
    there = scanned(request.getfixturevalue(dialect), engine)

    assert set(here) == set(there) == set(databases.metadata.tables)
    for name, asset in here.items():
        other = there[name]
        assert asset.is_whole == other.is_whole == (name not in databases.SAMPLED), name
        assert [field.ref.field for field in asset.fields] == [field.ref.field for field in other.fields]
        if asset.is_whole:
            assert asset.rows_read == other.rows_read == asset.asset.row_count == other.asset.row_count
    ours, theirs = verdicts(here), verdicts(there)
    whole = {field for field in ours if field.split("#")[0] not in databases.SAMPLED}
    assert {field: theirs[field] for field in whole} == {field: ours[field] for field in whole}
    assert {field: category for field, (category, _) in theirs.items()} == {
        field: category for field, (category, _) in ours.items()
    }


def test_the_database_s_people_are_found(sqlite: str, engine: Engine) -> None:
    found = verdicts(scanned(sqlite, engine))

    personal = {field: category for field, (category, state) in found.items() if state.is_personal}
    assert (
        personal.items()
        >= {
            "customers#full_name": "identity.name",
            "customers#email": "contact.email",
            "customers#phone": "contact.phone",
            "customers#date_of_birth": "demographic.date_of_birth",
            "orders#ip_address": "online.ip_address",
            "notes#body": "text.personal",
            "employees#iban": "financial.iban",
            "audit_log#actor": "contact.email",
            "Straßen & Größen#e-mail «privé»": "contact.email",
            "events#user_email": "contact.email",
            "api_keys#owner_email": "contact.email",
        }.items()
    )
    assert found["leads#email"] == ("contact.email", State.NAME_ONLY)
    assert not {field for field in personal if field.startswith(("products#", "order_lines#line_no"))}


@pytest.mark.parametrize("dialect", ["sqlite", "postgresql", "mariadb"])
def test_a_full_scan_reads_every_row(dialect: str, engine: Engine, request: pytest.FixtureRequest) -> None:
    limits = Limits(full=True, include=("*.events", "*.api_keys"))
    with databases.opened(request.getfixturevalue(dialect)) as source:
        found = [event for event in scan(source, engine, limits) if isinstance(event, AssetScan)]

    assert {(asset.asset.name.split(".")[1], asset.rows_read, asset.is_whole, asset.sampling) for asset in found} == {
        ("events", databases.EVENTS, True, "all"),
        ("api_keys", databases.KEYS, True, "all"),
    }
