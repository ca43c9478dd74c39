"""The schema that the migrations make is the one that the code reads and writes."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory

import data_map.store
from data_map.errors import UnavailableError
from data_map.store import tables
from data_map.store.store import Store
from tests.data_map.conftest import Clock

MIGRATIONS = Path(data_map.store.__file__).parent / "migrations"


@pytest.fixture
def migrated(store_url: str) -> Iterator[sa.Engine]:
    Store.open(store_url, now=Clock(), tool_version="0.1.0", create=True).close()
    engine = sa.create_engine(store_url)
    yield engine
    engine.dispose()


def set_revision(engine: sa.Engine, revision: str, tool_version: str | None) -> None:
    with engine.begin() as connection:
        connection.execute(sa.text("UPDATE alembic_version SET version_num = :revision"), {"revision": revision})
        if tool_version is None:
            connection.execute(sa.delete(tables.meta))
        else:
            connection.execute(
                sa.update(tables.meta).where(tables.meta.c.key == "tool_version").values(value=tool_version)
            )


def test_the_constants_are_those_of_alembic() -> None:
    scripts = ScriptDirectory(str(MIGRATIONS))
    assert scripts.get_heads() == [tables.HEAD]
    assert tuple(script.revision for script in reversed(list(scripts.walk_revisions()))) == tables.REVISIONS


def test_the_migrated_schema_is_that_of_the_tables(migrated: sa.Engine) -> None:
    with migrated.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_server_default": True})
        assert compare_metadata(context, tables.metadata) == []


def test_keys_and_references_are_those_of_the_tables(migrated: sa.Engine) -> None:
    inspector = sa.inspect(migrated)
    for table in tables.metadata.sorted_tables:
        assert inspector.get_pk_constraint(table.name)["constrained_columns"] == [c.name for c in table.primary_key]
        found = {
            (tuple(key["constrained_columns"]), key["referred_table"], key["options"].get("ondelete"))
            for key in inspector.get_foreign_keys(table.name)
        }
        assert found == {
            (tuple(column.name for column in key.columns), key.referred_table.name, key.ondelete)
            for key in table.foreign_key_constraints
        }


def test_who_made_the_store_is_noted(migrated: sa.Engine) -> None:
    with migrated.connect() as connection:
        noted = {row.key: row.value for row in connection.execute(sa.select(tables.meta))}
    assert noted == {"tool_version": "0.1.0", "created_at": "2026-11-24T09:01:00.000000+00:00"}


@pytest.mark.parametrize("create", [True, False])
@pytest.mark.parametrize(
    ("tool_version", "said"),
    [("9.1.0", r"install privacy-inventory 9\.1\.0 or later"), (None, "install the latest privacy-inventory")],
)
def test_a_newer_store_names_the_version_to_install(
    migrated: sa.Engine, store_url: str, create: bool, tool_version: str | None, said: str
) -> None:
    set_revision(migrated, "0099", tool_version)
    assert Store.exists(store_url)
    with pytest.raises(UnavailableError, match=said):
        Store.open(store_url, now=Clock(), tool_version="0.1.0", create=create)


def test_an_older_store_is_migrated_by_writing_only(
    migrated: sa.Engine, store_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    # There is one revision so far: pretend that the tool knows an older one, and give the store that.
    monkeypatch.setattr(tables, "REVISIONS", ("0000", "0001"))
    set_revision(migrated, "0000", "0.0.1")
    with pytest.raises(UnavailableError, match="run `privacy init` to migrate it"):
        Store.open(store_url, now=Clock(), tool_version="0.1.0", create=False)


def test_opening_a_current_store_loads_no_alembic(sqlite_url: str) -> None:
    Store.open(sqlite_url, now=Clock(), tool_version="0.1.0", create=True).close()
    code = """
import sys
from datetime import UTC, datetime
from data_map.store.store import Store
for create in (True, False):
    Store.open(sys.argv[1], now=lambda: datetime(2026, 1, 1, tzinfo=UTC), tool_version="0.1.0", create=create).close()
assert not any(name.split(".")[0] in ("alembic", "psycopg") for name in sys.modules)
"""
    subprocess.run([sys.executable, "-c", code, sqlite_url], check=True, cwd=Path(__file__).parents[2])
