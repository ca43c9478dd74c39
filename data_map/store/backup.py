"""Backup of the store and of the vault key beside it: one archive, restored on SQLite and PostgreSQL alike.

The archive is a ZIP with ``manifest.json``, one ``tables/NAME.ndjson`` per table and, when there is a key,
``privacy.key``. The manifest holds the size and the SHA-256 of each member: that tells damage, it is no signature. An
archive with a key in it opens the vault, so it is as secret as the vault.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import secrets
import zipfile
import zlib
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import IO, Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection
from sqlalchemy.exc import DataError, IntegrityError

from data_map.errors import NotAllowedError, ToolError, UnavailableError, UsageError
from data_map.store import connection as db
from data_map.store import tables as t
from data_map.store.store import Store, load

FORMAT_VERSION = 1
MANIFEST = "manifest.json"
KEY = "privacy.key"

#: Of one row, of the manifest and of the key: more is not a backup of ours.
LINE_BYTES = 64 * 2**20
MANIFEST_BYTES = 2**20
KEY_BYTES = 2**16
#: Rows of a store compress to a tenth, very regular ones to a hundredth; a bomb to a thousandth.
MAX_RATIO = 900
RATIO_FROM_BYTES = 2**20
#: Rows per INSERT.
BATCH_ROWS = 500
CHUNK_BYTES = 2**20

#: What PostgreSQL refuses inside a text.
_UNSTORABLE = re.compile("[\x00\ud800-\udfff]")


class BackupError(ToolError):
    """The archive is damaged, is no backup, or does not fit."""


@dataclass(frozen=True, slots=True)
class Manifest:
    """What a backup holds."""

    revision: str
    tool_version: str
    created_at: str
    #: Row count of each table.
    rows: dict[str, int]
    #: Size and SHA-256 of each member.
    members: dict[str, tuple[int, str]]

    @property
    def has_key(self) -> bool:
        """Whether the vault key is in it."""
        return KEY in self.members


def backup(store: Store, key_path: Path | None, destination: Path) -> Manifest:
    """Write the store, as it is at one moment, and the vault key to a new file that only its owner may read.

    Raises:
        NotAllowedError: the destination exists.
        ToolError: it, or the key, cannot be read or written.
    """
    if destination.exists() or destination.is_symlink():
        raise NotAllowedError(_exists(destination))
    partial = destination.with_name(f".{destination.name}.{secrets.token_hex(4)}.partial")
    try:
        key = None if key_path is None else _key_at(key_path)
        with os.fdopen(os.open(partial, os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o600), "w+b") as file:
            manifest = _write(store, key, file)
            file.flush()
            os.fsync(file.fileno())
        _publish(partial, destination)
    except OSError as error:
        msg = f"the backup {destination} cannot be written: {error.strerror}"
        raise ToolError(msg) from None
    finally:
        partial.unlink(missing_ok=True)
    return manifest


def restore(
    url: str,
    archive: Path,
    key_path: Path | None,
    *,
    force: bool,
    now: Callable[[], datetime],
    tool_version: str,
) -> Manifest:
    """Put a backup in place of the store and of the vault key; all of it or nothing.

    Everything in the archive is checked before anything is changed. A key that ``force`` replaces is kept beside the
    new one as ``NAME.old-…``.

    Raises:
        BackupError: the archive is damaged, hostile, or no backup.
        NotAllowedError: the store is not empty, or there is another key, and ``force`` is off.
        UsageError: the archive holds a key and ``key_path`` is None.
        UnavailableError: the store cannot be reached, or it or the archive is newer than the tool.
    """
    with _open(archive) as zipped:
        try:
            manifest = _checked(zipped, archive)
            key = _read_small(zipped, KEY, KEY_BYTES) if manifest.has_key else None
        except _ZIP_ERRORS:
            raise BackupError(_damaged(archive, "it is no ZIP archive, or a broken one")) from None
        if key is not None and key_path is None:
            msg = "the backup holds a vault key; say where to put it"
            raise UsageError(msg)
        if key is not None and key_path is not None and not force and _key_at(key_path) not in (None, key):
            msg = f"there is another vault key at {key_path}; without it what it encrypted is lost"
            raise NotAllowedError(msg)
        address = db.parse(url)
        created = db.make_file(address)
        engine = db.make_engine(address)
        try:
            # Whatever is there is looked at before it is changed in any way.
            with db.reading(engine) as connection:
                _refuse(connection, force=force)
            db.use_wal(engine)
            with db.writing(engine, db.MIGRATION_LOCK) as connection:
                _refuse(connection, force=force)
                _replace(connection, zipped, manifest, now=now(), tool_version=tool_version)
                undo = _put_key(key, key_path) if key is not None and key_path is not None else None
                try:
                    connection.commit()
                except BaseException:
                    if undo is not None:
                        undo()
                    raise
        except BaseException:
            engine.dispose()
            if created:
                _remove_file(address)
            raise
        engine.dispose()
    return manifest


def _exists(destination: Path) -> str:
    return f"{destination} exists; a backup never overwrites"


# Writing an archive


class _Counted:
    """Counts and hashes what is written to a member."""

    def __init__(self, target: IO[bytes]) -> None:
        self._target = target
        self._hash = hashlib.sha256()
        self._size = 0

    def write(self, data: bytes) -> None:
        self._target.write(data)
        self._hash.update(data)
        self._size += len(data)

    @property
    def seal(self) -> tuple[int, str]:
        return self._size, self._hash.hexdigest()


def _write(store: Store, key: bytes | None, file: IO[bytes]) -> Manifest:
    rows: dict[str, int] = {}
    members: dict[str, tuple[int, str]] = {}
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as zipped:
        with db.reading(store.engine) as connection:
            for table in t.metadata.sorted_tables:
                name = _member(table.name)
                with zipped.open(name, "w", force_zip64=True) as member:
                    counted = _Counted(member)
                    rows[table.name] = 0
                    for row in _raw_rows(connection, table):
                        counted.write(json.dumps(row, separators=(",", ":")).encode() + b"\n")
                        rows[table.name] += 1
                members[name] = counted.seal
        if key is not None:
            zipped.writestr(KEY, key)
            members[KEY] = (len(key), hashlib.sha256(key).hexdigest())
        created_at = store.now().astimezone(UTC).isoformat(timespec="microseconds")
        manifest = Manifest(t.HEAD, store.tool_version, created_at, rows, members)
        text = {
            "format_version": FORMAT_VERSION,
            "revision": manifest.revision,
            "tool_version": manifest.tool_version,
            "created_at": manifest.created_at,
            "rows": rows,
            "members": {name: {"bytes": size, "sha256": digest} for name, (size, digest) in members.items()},
        }
        zipped.writestr(MANIFEST, json.dumps(text, indent=2))
    return manifest


def _raw_rows(connection: Connection, table: sa.Table) -> Iterator[dict[str, object]]:
    """The rows as the database keeps them: both databases keep the same texts and numbers."""
    raw = [sa.type_coerce(column, _raw_type(column)).label(column.name) for column in table.c]
    query = sa.select(*raw).order_by(*table.primary_key.columns).execution_options(yield_per=1000)
    with connection.execute(query) as found:
        for row in found.mappings():
            yield dict(row)


def _raw_type(column: sa.Column[Any]) -> sa.types.TypeEngine[Any]:
    return column.type.impl_instance if isinstance(column.type, sa.types.TypeDecorator) else column.type


def _member(table: str) -> str:
    return f"tables/{table}.ndjson"


def _publish(partial: Path, destination: Path) -> None:
    """Give the finished file its name, unless somebody took it in the meantime."""
    try:
        destination.hardlink_to(partial)
    except FileExistsError:
        raise NotAllowedError(_exists(destination)) from None
    except OSError:
        # A file system without hard links.
        if destination.exists():
            raise NotAllowedError(_exists(destination)) from None
        partial.rename(destination)


# Reading an archive: nobody knows who wrote it


#: What zipfile raises for archives that are damaged or made to confuse it.
_ZIP_ERRORS = (zipfile.BadZipFile, zipfile.LargeZipFile, zlib.error, EOFError, NotImplementedError, OSError, ValueError)


def _open(archive: Path) -> zipfile.ZipFile:
    try:
        return zipfile.ZipFile(archive)
    except OSError as error:
        msg = f"the backup {archive} cannot be read: {error.strerror or 'it is damaged'}"
        raise BackupError(msg) from None
    except _ZIP_ERRORS:
        raise BackupError(_damaged(archive, "it is no ZIP archive, or a broken one")) from None


def _damaged(archive: Path | str | None, why: str) -> str:
    return f"{archive} is not a whole backup: {why}; nothing was changed"


def _checked(zipped: zipfile.ZipFile, archive: Path) -> Manifest:
    """The manifest of an archive whose every member is as the manifest says."""
    infos = {info.filename: info for info in zipped.infolist()}
    if len(infos) != len(zipped.infolist()):
        raise BackupError(_damaged(archive, "a member occurs twice"))
    if MANIFEST not in infos:
        raise BackupError(_damaged(archive, "it has no manifest"))
    for info in infos.values():
        if info.flag_bits & 1 or info.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
            raise BackupError(_damaged(archive, "a member is packed in an unknown way"))
        if info.file_size > RATIO_FROM_BYTES and info.file_size > MAX_RATIO * max(info.compress_size, 1):
            raise BackupError(_damaged(archive, "a member unpacks to far more than it should"))
    manifest = _manifest(_read_small(zipped, MANIFEST, MANIFEST_BYTES), archive)
    expected = {_member(table) for table in manifest.rows}
    allowed = {MANIFEST, *manifest.members}
    if infos.keys() != allowed or manifest.members.keys() - {KEY} != expected:
        raise BackupError(_damaged(archive, "its members are not those of its manifest"))
    for name, (size, digest) in manifest.members.items():
        if infos[name].file_size != size:
            raise BackupError(_damaged(archive, f"{name} has another size than it should"))
        found = hashlib.sha256()
        with zipped.open(name) as member:
            while chunk := member.read(CHUNK_BYTES):
                found.update(chunk)
        if found.hexdigest() != digest:
            raise BackupError(_damaged(archive, f"{name} has been changed"))
    return manifest


def _read_small(zipped: zipfile.ZipFile, name: str, limit_bytes: int) -> bytes:
    with zipped.open(name) as member:
        data = member.read(limit_bytes + 1)
    if len(data) > limit_bytes:
        raise BackupError(_damaged(zipped.filename, f"{name} is too large"))
    return data


def _manifest(data: bytes, archive: Path) -> Manifest:
    try:
        text: Any = json.loads(data)
        if text["format_version"] > FORMAT_VERSION or str(text["revision"]) not in t.REVISIONS:
            raise UnavailableError(db.newer("the backup", str(archive), str(text["tool_version"])[:40]))
        manifest = Manifest(
            revision=str(text["revision"]),
            tool_version=str(text["tool_version"]),
            created_at=str(text["created_at"]),
            rows={str(table): int(count) for table, count in text["rows"].items()},
            members={
                str(name): (int(member["bytes"]), str(member["sha256"])) for name, member in text["members"].items()
            },
        )
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError):
        raise BackupError(_damaged(archive, "its manifest cannot be read")) from None
    return manifest


# Restoring


#: What rows raise that are not those of a store, in the database and in our own reading of them.
_ROW_ERRORS = (IntegrityError, DataError, TypeError, LookupError, AttributeError, RecursionError)


def _refuse(connection: Connection, *, force: bool) -> None:
    """Refuse a store that must not be replaced."""
    if db.check(connection) is None or force:
        return
    for table in _reflected(connection).values():
        if table.name != "meta" and connection.execute(sa.select(sa.literal(1)).select_from(table).limit(1)).first():
            msg = f"the store {db.place(connection.engine.url)} is not empty; restoring replaces all of it"
            raise NotAllowedError(msg)


def _reflected(connection: Connection) -> dict[str, sa.Table]:
    """The tables of the store as they are, in the order in which rows can be added."""
    found = sa.MetaData()
    found.reflect(connection)
    return {table.name: table for table in found.sorted_tables if table.name != "alembic_version"}


def _replace(
    connection: Connection, zipped: zipfile.ZipFile, manifest: Manifest, *, now: datetime, tool_version: str
) -> None:
    """Make the store what the archive says, inside the transaction of the connection."""
    if db.revision(connection) is not None:
        old = sa.MetaData()
        old.reflect(connection)
        old.drop_all(connection)
    # A backup of an older version is restored as it was, then migrated as its store would have been.
    db.upgrade(connection, manifest.revision, now=now, tool_version=manifest.tool_version)
    targets = _reflected(connection)
    if targets.keys() != manifest.rows.keys():
        raise BackupError(_damaged(zipped.filename, "its tables are not those of a store"))
    connection.execute(sa.delete(targets["meta"]))
    try:
        for name, table in targets.items():
            count = 0
            for batch in _batches(_lines(zipped, table)):
                connection.execute(sa.insert(table), batch)
                count += len(batch)
            if count != manifest.rows[name]:
                raise BackupError(_damaged(zipped.filename, f"{name} has another number of rows than it should"))
        if manifest.revision != t.HEAD:
            db.upgrade(connection, t.HEAD, now=now, tool_version=tool_version)
        # Whatever the rows hold, each must be readable, and together they must make a map.
        for table in t.metadata.sorted_tables:
            with connection.execute(sa.select(table).execution_options(yield_per=1000)) as found:
                for _ in found:
                    pass
        load(connection, None, date.min)
    except (*_ROW_ERRORS, *_ZIP_ERRORS):
        raise BackupError(_damaged(zipped.filename, "its rows are not those of a store")) from None
    _reset_numbering(connection)


def _lines(zipped: zipfile.ZipFile, table: sa.Table) -> Iterator[dict[str, object]]:
    columns = {column.name: column for column in table.c}
    with zipped.open(_member(table.name)) as member:
        while line := member.readline(LINE_BYTES + 1):
            if len(line) > LINE_BYTES:
                raise BackupError(_damaged(zipped.filename, f"a row of {table.name} is too long"))
            row: Any = json.loads(line)
            if not isinstance(row, dict) or row.keys() != columns.keys():
                raise BackupError(_damaged(zipped.filename, f"a row of {table.name} has other columns"))
            if not all(_fits(value, columns[name]) for name, value in row.items()):
                raise BackupError(_damaged(zipped.filename, f"a row of {table.name} has values of another type"))
            yield row


def _fits(value: object, column: sa.Column[Any]) -> bool:
    """Whether a value is of the column's type: SQLite itself would keep anything anywhere."""
    if value is None:
        return bool(column.nullable)
    if isinstance(column.type, sa.Boolean):
        return isinstance(value, bool)
    if isinstance(column.type, sa.Integer):
        return isinstance(value, int) and not isinstance(value, bool) and -(2**63) <= value < 2**63
    if isinstance(column.type, sa.Float):
        return isinstance(value, int | float) and not isinstance(value, bool)
    return isinstance(value, str) and _UNSTORABLE.search(value) is None


def _batches(rows: Iterable[dict[str, object]]) -> Iterator[list[dict[str, object]]]:
    batch: list[dict[str, object]] = []
    for row in rows:
        batch.append(row)
        if len(batch) == BATCH_ROWS:
            yield batch
            batch = []
    if batch:
        yield batch


def _reset_numbering(connection: Connection) -> None:
    """Let PostgreSQL go on after the highest id that was restored; SQLite does so by itself."""
    if connection.dialect.name != "postgresql":
        return
    for table in t.metadata.sorted_tables:
        if "id" in table.c and isinstance(table.c.id.type, sa.BigInteger):
            highest = sa.func.max(table.c.id)
            sequence = sa.func.pg_get_serial_sequence(table.name, "id")
            connection.execute(sa.select(sa.func.setval(sequence, sa.func.coalesce(highest, 1), highest.is_not(None))))


def _key_at(path: Path) -> bytes | None:
    try:
        return path.read_bytes() if path.exists() else None
    except OSError as error:
        msg = f"the vault key {path} cannot be read: {error.strerror}"
        raise ToolError(msg) from None


def _put_key(key: bytes, path: Path) -> Callable[[], None]:
    """Put the key in its place; what comes back takes it away again."""
    if _key_at(path) == key:
        return lambda: None
    try:
        partial = path.with_name(f".{path.name}.{secrets.token_hex(4)}.partial")
        with os.fdopen(os.open(partial, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600), "wb") as file:
            file.write(key)
            file.flush()
            os.fsync(file.fileno())
        old: Path | None = None
        if path.exists():
            old = path.with_name(f"{path.name}.old-{secrets.token_hex(4)}")
            path.rename(old)
        partial.rename(path)
    except OSError as error:
        msg = f"the vault key cannot be written to {path}: {error.strerror}; nothing was changed"
        raise ToolError(msg) from None

    def undo() -> None:
        if old is None:
            path.unlink()
        else:
            old.replace(path)

    return undo


def _remove_file(address: sa.URL) -> None:
    path = db.sqlite_path(address)
    if path is not None:
        for name in (path, path.with_name(f"{path.name}-wal"), path.with_name(f"{path.name}-shm")):
            with suppress(OSError):
                name.unlink()
