"""What is backed up comes back, on either database; what is no backup changes nothing."""

from __future__ import annotations

import hashlib
import io
import json
import stat
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from data_map.errors import NotAllowedError, ToolError, UnavailableError, UsageError
from data_map.model import DataMap, FieldRef, Reason, Skipped
from data_map.store import backup as backup_module
from data_map.store.backup import BackupError, Manifest, backup, restore
from data_map.store.store import Store
from tests.data_map.conftest import Clock
from tests.data_map.examples import CRM, TODAY, decision, full_look, look, scan

KEY = b"the key of the vault"


@pytest.fixture(params=["sqlite", "postgresql"])
def target_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """Where the backup goes: another SQLite file, or an empty PostgreSQL database."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'target.db'}"
    server = request.getfixturevalue("postgresql_server")
    url = server.new_database()
    request.addfinalizer(lambda: server.drop_database(url))
    return str(url)


def fill(store: Store) -> None:
    """Something in every table, hostile names among it."""
    scan(store, full_look("crm", "a\x00\udcff\\u0041 ü.csv", "e-mail"), skipped=[Skipped("crm", Reason.LOCKED, "b")])
    scan(store, look("t", f="contact.email"), seen=["a\x00\udcff\\u0041 ü.csv"])
    store.decide(decision(FieldRef("crm", "t", "f"), "contact.phone", TODAY))
    store.decide(decision(FieldRef("crm", "t", "f"), None))
    store.add_source(type(CRM)("share", "files", "/srv/share"))


def everything(url: str) -> tuple[DataMap, DataMap, Any, Any]:
    with Store.open(url, now=Clock(), tool_version="0.1.0", create=False) as store:
        return store.load(today=TODAY), store.load(1, today=TODAY), store.scans(), store.decisions()


def restored(url: str, archive: Path, key_path: Path | None = None, *, force: bool = False) -> Manifest:
    return restore(url, archive, key_path, force=force, now=Clock(), tool_version="0.1.0")


@pytest.fixture
def archive(sqlite_url: str, tmp_path: Path) -> Path:
    """A backup of a full store with its key."""
    (tmp_path / "privacy.key").write_bytes(KEY)
    with Store.open(sqlite_url, now=Clock(), tool_version="0.1.0", create=True) as store:
        fill(store)
        backup(store, tmp_path / "privacy.key", tmp_path / "backup.zip")
    return tmp_path / "backup.zip"


def test_round_trip(store: Store, store_url: str, target_url: str, tmp_path: Path) -> None:
    fill(store)
    (tmp_path / "privacy.key").write_bytes(KEY)
    made = backup(store, tmp_path / "privacy.key", tmp_path / "backup.zip")
    assert made.has_key
    assert made.rows["asset_scan"] == 2
    found = restored(target_url, tmp_path / "backup.zip", tmp_path / "new.key")
    assert found == made
    assert everything(target_url) == everything(store_url)
    assert (tmp_path / "new.key").read_bytes() == KEY
    assert stat.S_IMODE((tmp_path / "new.key").stat().st_mode) == 0o600
    # Ids go on where they ended.
    with Store.open(target_url, now=Clock(), tool_version="0.1.0", create=True) as target:
        assert scan(target, look("u", f=None)) == 3
        target.decide(decision(FieldRef("crm", "t", "f"), "identity.name"))
        assert target.decisions() == [decision(FieldRef("crm", "t", "f"), "identity.name")]


def test_an_empty_store_round_trips(store: Store, target_url: str, tmp_path: Path) -> None:
    assert not backup(store, tmp_path / "privacy.key", tmp_path / "backup.zip").has_key
    restored(target_url, tmp_path / "backup.zip")
    with Store.open(target_url, now=Clock(), tool_version="0.1.0", create=True) as target:
        assert target.load(today=TODAY) == DataMap()
        assert scan(target, look("u", f=None)) == 1


def test_what_an_archive_looks_like(archive: Path, tmp_path: Path) -> None:
    assert stat.S_IMODE(archive.stat().st_mode) == 0o600
    assert sorted(path.name for path in tmp_path.iterdir()) == ["backup.zip", "privacy.db", "privacy.key"]
    with zipfile.ZipFile(archive) as zipped:
        assert sorted(zipped.namelist()) == [
            "manifest.json",
            "privacy.key",
            "tables/activity.ndjson",
            "tables/asset_scan.ndjson",
            "tables/asset_seen.ndjson",
            "tables/decision.ndjson",
            "tables/field_scan.ndjson",
            "tables/join_decision.ndjson",
            "tables/join_measure.ndjson",
            "tables/journal.ndjson",
            "tables/meta.ndjson",
            "tables/request.ndjson",
            "tables/request_event.ndjson",
            "tables/scan.ndjson",
            "tables/skip.ndjson",
            "tables/source.ndjson",
            "tables/source_scan.ndjson",
            "tables/suppression.ndjson",
            "tables/vault_item.ndjson",
        ]
        manifest = json.loads(zipped.read("manifest.json"))
        assert {key: manifest[key] for key in ("format_version", "revision", "tool_version")} == {
            "format_version": 1,
            "revision": "0003",
            "tool_version": "0.1.0",
        }
        data = zipped.read("tables/source.ndjson")
        member = manifest["members"]["tables/source.ndjson"]
        assert member == {"bytes": len(data), "sha256": hashlib.sha256(data).hexdigest()}
        assert manifest["rows"]["source"] == data.count(b"\n") == 2


def test_a_backup_never_overwrites(store: Store, tmp_path: Path) -> None:
    (tmp_path / "backup.zip").write_text("older")
    with pytest.raises(NotAllowedError, match="never overwrites"):
        backup(store, None, tmp_path / "backup.zip")
    assert (tmp_path / "backup.zip").read_text() == "older"


def test_a_backup_into_nowhere(store: Store, tmp_path: Path) -> None:
    with pytest.raises(ToolError, match="cannot be written: No such file"):
        backup(store, None, tmp_path / "no" / "backup.zip")


def test_a_full_store_is_replaced_by_force_only(archive: Path, target_url: str, tmp_path: Path) -> None:
    with Store.open(target_url, now=Clock(), tool_version="0.1.0", create=True) as target:
        scan(target, look("mine", f=None))
    before = target_url, (tmp_path / "privacy.key")
    with pytest.raises(NotAllowedError, match="is not empty"):
        restored(target_url, archive, before[1])
    with Store.open(target_url, now=Clock(), tool_version="0.1.0", create=False) as target:
        assert target.load(today=TODAY).sources[0].assets[0].asset.name == "mine"
    restored(target_url, archive, before[1], force=True)
    assert everything(target_url) == everything(f"sqlite:///{tmp_path / 'privacy.db'}")


def test_an_empty_store_needs_no_force(archive: Path, target_url: str, tmp_path: Path) -> None:
    Store.open(target_url, now=Clock(), tool_version="0.1.0", create=True).close()
    restored(target_url, archive, tmp_path / "privacy.key")
    assert len(everything(target_url)[2]) == 2


def test_another_key_is_replaced_by_force_only_and_kept(archive: Path, target_url: str, tmp_path: Path) -> None:
    key_path = tmp_path / "folder" / "privacy.key"
    key_path.parent.mkdir()
    key_path.write_bytes(b"another key")
    with pytest.raises(NotAllowedError, match="another vault key"):
        restored(target_url, archive, key_path)
    assert not Store.exists(target_url)
    assert key_path.read_bytes() == b"another key"
    restored(target_url, archive, key_path, force=True)
    assert key_path.read_bytes() == KEY
    (old,) = key_path.parent.glob("privacy.key.old-*")
    assert old.read_bytes() == b"another key"


def test_a_key_needs_a_place(archive: Path, target_url: str) -> None:
    with pytest.raises(UsageError, match="where to put it"):
        restored(target_url, archive)


def test_a_key_that_cannot_be_written_undoes_everything(archive: Path, target_url: str, tmp_path: Path) -> None:
    with pytest.raises(ToolError, match="nothing was changed"):
        restored(target_url, archive, tmp_path / "no" / "privacy.key")
    assert not Store.exists(target_url)


def test_somebody_elses_database_is_never_replaced(archive: Path, store_url: str, tmp_path: Path) -> None:
    url = store_url.replace("privacy.db", "customers.db")
    engine = sa.create_engine(url)
    with engine.begin() as connection:
        connection.exec_driver_sql("CREATE TABLE customers (email TEXT)")
    with pytest.raises(UnavailableError, match="holds other tables"):
        restored(url, archive, tmp_path / "privacy.key", force=True)
    assert sa.inspect(engine).get_table_names() == ["customers"]
    engine.dispose()


# Archives that nobody of ours has written


Members = dict[str, bytes]


def unpacked(archive: Path) -> Members:
    with zipfile.ZipFile(archive) as zipped:
        return {name: zipped.read(name) for name in zipped.namelist()}


def sealed(members: Members, **changes: Any) -> Members:
    """Members with a manifest that fits them, as an attacker would make it."""
    manifest = json.loads(members["manifest.json"])
    manifest["members"] = {
        name: {"bytes": len(data), "sha256": hashlib.sha256(data).hexdigest()}
        for name, data in members.items()
        if name != "manifest.json"
    }
    for name, data in members.items():
        if name.startswith("tables/"):
            manifest["rows"][name.removeprefix("tables/").removesuffix(".ndjson")] = data.count(b"\n")
    manifest |= changes
    return {**members, "manifest.json": json.dumps(manifest).encode()}


def packed(members: Members) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as zipped:
        for name, data in members.items():
            zipped.writestr(name, data)
    return buffer.getvalue()


def with_row(members: Members, table: str, **changes: Any) -> Members:
    """The first row of a table with other values; None of a key takes the column away."""
    first, *others = members[f"tables/{table}.ndjson"].splitlines(keepends=True)
    row = json.loads(first) | changes
    row = {key: value for key, value in row.items() if value != "absent"}
    return sealed({**members, f"tables/{table}.ndjson": json.dumps(row).encode() + b"\n" + b"".join(others)})


def without(members: Members, name: str) -> Members:
    return {key: data for key, data in members.items() if key != name}


def flipped(members: Members, name: str) -> Members:
    data = bytearray(members[name])
    data[len(data) // 2] ^= 1
    return {**members, name: bytes(data)}


HOSTILE: dict[str, Callable[[Members], Members]] = {
    "no manifest": lambda m: without(m, "manifest.json"),
    "manifest of garbage": lambda m: {**m, "manifest.json": b"\xff{"},
    "manifest of nothing": lambda m: {**m, "manifest.json": b"{}"},
    "manifest is a list": lambda m: {**m, "manifest.json": b"[]"},
    "manifest is deep": lambda m: {**m, "manifest.json": b"[" * 100_000},
    "manifest is huge": lambda m: {**m, "manifest.json": m["manifest.json"] + b" " * 2**20},
    "a table is missing": lambda m: without(m, "tables/skip.ndjson"),
    "a table is missing, sealed": lambda m: {
        **(s := sealed(without(m, "tables/skip.ndjson"))),
        "manifest.json": json.dumps(
            {**(j := json.loads(s["manifest.json"])), "rows": {k: v for k, v in j["rows"].items() if k != "skip"}}
        ).encode(),
    },
    "a member too many": lambda m: {**m, "readme.txt": b"hello"},
    "a member too many, sealed": lambda m: sealed({**m, "readme.txt": b"hello"}),
    "a path that leads out": lambda m: sealed({**m, "../../evil": b"hello"}),
    "a table that leads out": lambda m: sealed({**m, "tables/../../evil.ndjson": b"{}\n"}),
    "an unknown table": lambda m: sealed({**m, "tables/users.ndjson": b"{}\n"}),
    "a flipped bit": lambda m: flipped(m, "tables/asset_scan.ndjson"),
    "a flipped bit in the key": lambda m: flipped(m, "privacy.key"),
    "a bomb": lambda m: sealed({**m, "tables/skip.ndjson": b"\0" * 20_000_000}),
    "a huge key": lambda m: sealed({**m, "privacy.key": bytes(range(256)) * 1000}),
    "a column too many": lambda m: with_row(m, "source", evil=1),
    "a column too few": lambda m: with_row(m, "source", kind="absent"),
    "text for a number": lambda m: with_row(m, "asset_scan", rows_read="many"),
    "a boolean for a number": lambda m: with_row(m, "asset_scan", rows_read=True),
    "a number for a boolean": lambda m: with_row(m, "asset_scan", is_whole=1),
    "a number for a text": lambda m: with_row(m, "asset_scan", asset=1),
    "a number out of range": lambda m: with_row(m, "asset_scan", rows_read=2**63),
    "null": lambda m: with_row(m, "asset_scan", asset=None),
    "NUL": lambda m: with_row(m, "asset_scan", asset="\x00"),
    "a lone surrogate": lambda m: with_row(m, "asset_scan", asset="\udcff"),
    "a row of an unknown source": lambda m: with_row(m, "asset_scan", source="nobody"),
    "an unknown kind": lambda m: with_row(m, "asset_scan", kind="planet"),
    "an unknown reason": lambda m: with_row(m, "skip", reason="because"),
    "no instant": lambda m: with_row(m, "scan", started_at="yesterday"),
    "no date": lambda m: with_row(m, "decision", until_on="never"),
    "broken JSON in a cell": lambda m: with_row(m, "field_scan", contains="[{"),
    "other JSON in a cell": lambda m: with_row(m, "field_scan", contains='[{"evil": 1}]'),
    "deep JSON in a cell": lambda m: with_row(m, "field_scan", contains="[" * 100_000),
    "a row twice": lambda m: sealed({**m, "tables/scan.ndjson": m["tables/scan.ndjson"] * 2}),
    "a row that is a list": lambda m: sealed({**m, "tables/skip.ndjson": b"[]\n"}),
    "a row that is no JSON": lambda m: sealed({**m, "tables/skip.ndjson": b"\xff\n"}),
    "other row counts": lambda m: sealed(m, rows=dict.fromkeys(json.loads(m["manifest.json"])["rows"], 0)),
}


@pytest.mark.parametrize("change", HOSTILE.values(), ids=HOSTILE)
def test_a_hostile_archive_changes_nothing(
    archive: Path, change: Callable[[Members], Members], target_url: str, tmp_path: Path
) -> None:
    archive.write_bytes(packed(change(unpacked(archive))))
    with pytest.raises(BackupError) as told:
        restored(target_url, archive, tmp_path / "new.key", force=True)
    assert "nothing was changed" in str(told.value)
    assert not Store.exists(target_url)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["backup.zip", "privacy.db", "privacy.key"]
    assert not (tmp_path.parent / "evil").exists()


@pytest.mark.parametrize("name", ["a number out of range", "an unknown kind", "a row twice"])
def test_a_hostile_archive_leaves_a_full_store_as_it_was(
    archive: Path, name: str, target_url: str, tmp_path: Path
) -> None:
    restored(target_url, archive, tmp_path / "new.key")
    before = everything(target_url)
    archive.write_bytes(packed(HOSTILE[name](unpacked(archive))))
    with pytest.raises(BackupError):
        restored(target_url, archive, tmp_path / "new.key", force=True)
    assert everything(target_url) == before


@pytest.mark.parametrize(
    "content",
    [b"", b"PK", b"hello", b"PK\x05\x06" + b"\0" * 18],
    ids=["empty", "two letters", "text", "an empty ZIP"],
)
def test_what_is_no_archive(content: bytes, sqlite_url: str, tmp_path: Path) -> None:
    (tmp_path / "x.zip").write_bytes(content)
    with pytest.raises(BackupError):
        restored(sqlite_url, tmp_path / "x.zip")
    assert not Store.exists(sqlite_url)


def test_an_archive_that_is_not_there(sqlite_url: str, tmp_path: Path) -> None:
    with pytest.raises(BackupError, match="cannot be read: No such file"):
        restored(sqlite_url, tmp_path / "x.zip")


def test_a_member_twice(archive: Path, tmp_path: Path) -> None:
    with pytest.warns(UserWarning, match="Duplicate name"), zipfile.ZipFile(archive, "a") as zipped:
        zipped.writestr("tables/skip.ndjson", b"")
    with pytest.raises(BackupError, match="twice"):
        restored(f"sqlite:///{tmp_path / 'target.db'}", archive, tmp_path / "new.key")


def test_every_cut_archive_is_refused(archive: Path, tmp_path: Path) -> None:
    whole = archive.read_bytes()
    for length in range(0, len(whole), 97):
        archive.write_bytes(whole[:length])
        with pytest.raises(BackupError):
            restored(f"sqlite:///{tmp_path / 'target.db'}", archive, tmp_path / "new.key")
    assert not (tmp_path / "target.db").exists()


def test_no_changed_byte_crashes(archive: Path, tmp_path: Path) -> None:
    whole = archive.read_bytes()
    for place in range(0, len(whole), 131):
        content = bytearray(whole)
        content[place] ^= 0xFF
        archive.write_bytes(content)
        try:
            restored(f"sqlite:///{tmp_path / 'target.db'}", archive, tmp_path / "new.key", force=True)
        except BackupError:
            continue
        # Not every byte of a ZIP means something; then the whole content is there.
        assert len(everything(f"sqlite:///{tmp_path / 'target.db'}")[2]) == 2


@pytest.mark.parametrize("changes", [{"format_version": 2}, {"revision": "0099"}], ids=["format", "revision"])
def test_a_newer_archive_names_the_version_to_install(archive: Path, changes: dict[str, Any], tmp_path: Path) -> None:
    archive.write_bytes(packed(sealed(unpacked(archive), tool_version="9.1.0", **changes)))
    with pytest.raises(UnavailableError, match=r"install privacy-inventory 9\.1\.0 or later"):
        restored(f"sqlite:///{tmp_path / 'target.db'}", archive, tmp_path / "new.key")


def test_a_long_row_is_refused(archive: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(backup_module, "LINE_BYTES", 50)
    with pytest.raises(BackupError, match="too long"):
        restored(f"sqlite:///{tmp_path / 'target.db'}", archive, tmp_path / "new.key")


def test_a_backup_is_of_one_moment(store: Store, store_url: str, target_url: str, tmp_path: Path) -> None:
    scan(store, look("t", f=None))
    with Store.open(store_url, now=Clock(), tool_version="0.1.0", create=False) as reader:

        @sa.event.listens_for(reader.engine, "before_cursor_execute")
        def _(_connection: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
            # Somebody scans between any two tables of the backup.
            if statement.startswith("SELECT") and "FROM" in statement:
                scan(store, look("late", f=None))

        made = backup(reader, None, tmp_path / "backup.zip")
    assert len({made.rows[table] for table in ("scan", "source_scan", "asset_scan", "field_scan")}) == 1
    assert len(store.scans()) > made.rows["scan"]
    restored(target_url, tmp_path / "backup.zip")
    assert len(everything(target_url)[2]) == made.rows["scan"]
