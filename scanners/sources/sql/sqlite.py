"""SQLite: opened immutable, so that nothing is written beside the file; a private copy where that is not safe."""

from __future__ import annotations

import errno
import os
import re
import shutil
import sqlite3
import stat
import tempfile
import time
from contextlib import suppress
from pathlib import Path
from typing import Any
from urllib.parse import quote

from sqlalchemy import ColumnElement, Connection, Engine, Select, TableClause, case, cast, create_engine, func, text
from sqlalchemy import types as sql_types
from sqlalchemy.engine import URL, Inspector
from sqlalchemy.exc import DBAPIError, OperationalError, SQLAlchemyError
from sqlalchemy.pool import StaticPool
from sqlalchemy.sql import literal_column

from data_map.model import AssetKind, Reason
from scanners.sources.base import Rights
from scanners.sources.sql.catalog import Catalog, Reflection
from scanners.sources.sql.habits import (
    Projection,
    Relation,
    Sampled,
    Statistics,
    head,
    key_ranges,
    reason_without_driver,
    stream,
)
from scanners.values import VALUE_CHARS, UnreadableError

_REASONS = {
    "SQLITE_PERM": Reason.NO_PERMISSION,
    "SQLITE_AUTH": Reason.NO_PERMISSION,
    "SQLITE_CANTOPEN": Reason.NO_PERMISSION,
    "SQLITE_BUSY": Reason.LOCKED,
    "SQLITE_LOCKED": Reason.LOCKED,
    "SQLITE_INTERRUPT": Reason.TIMED_OUT,
    "SQLITE_CORRUPT": Reason.DAMAGED,
    "SQLITE_NOTADB": Reason.DAMAGED,
    "SQLITE_IOERR": Reason.DAMAGED,
    "SQLITE_FULL": Reason.NO_DISK_SPACE,
    "SQLITE_TOOBIG": Reason.TOO_LARGE,
}
#: SQLite has no number of its own for what is not there.
_IS_GONE = re.compile("no such (?:table|column): ")
#: SQLite calls back after this many of its virtual machine's steps; a step takes well under a microsecond.
_STEPS = 20_000
#: A file that a writer changes while it is copied is copied again, this often in all.
_COPIES = 5


class SqliteHabits:
    """SQLite through the standard library's driver."""

    kind = "sqlite"

    def __init__(self) -> None:
        """One instance serves one database file."""
        self._copy: tempfile.TemporaryDirectory[str] | None = None
        self._deadline = float("inf")
        self._timeout_s = 30.0
        self._path: Path | None = None
        self._marker: str | None = None
        #: Of the file and of its logs: what stands in a log has changed the database, and not its file.
        self._changes: str | None = None

    def open(self, url: URL, timeout_s: float) -> Engine:
        """One connection, immutable or to a private copy, with ``query_only`` on and untrusted schema."""
        if not url.database or url.database == ":memory:":
            raise UnreadableError(Reason.NOT_FOUND, "ENOENT")
        path = Path(url.database.removeprefix("file:")).absolute()
        self._timeout_s = timeout_s
        try:
            if not stat.S_ISREG(path.stat().st_mode):  # to open a pipe would wait for its writer
                raise UnreadableError(Reason.NOT_A_FILE, "EISDIR" if path.is_dir() else None)
            with path.open("rb") as stream:
                stream.read(1)
        except FileNotFoundError:
            raise UnreadableError(Reason.NOT_FOUND, "ENOENT") from None
        except PermissionError:
            raise UnreadableError(Reason.NO_PERMISSION, "EACCES") from None
        except OSError as error:
            raise UnreadableError(Reason.READER_FAILED, _errno(error)) from None
        self._path, self._marker = path, _marker(path)
        self._changes = _changes(path)
        readable = self._settled(path)

        def connect() -> sqlite3.Connection:
            connection = sqlite3.connect(
                f"file:{quote(os.fsencode(readable))}?mode=ro&immutable=1", uri=True, check_same_thread=False
            )
            connection.text_factory = lambda raw: raw.decode("utf-8", "replace")
            connection.execute("PRAGMA query_only = ON")
            connection.execute("PRAGMA trusted_schema = OFF")
            connection.set_progress_handler(self._is_overdue, _STEPS)
            return connection

        return create_engine("sqlite://", creator=connect, poolclass=StaticPool, hide_parameters=True)

    def _settled(self, path: Path) -> Path:
        """The file itself, or a private copy with its log or hot journal applied.

        An immutable database ignores its write-ahead log and its journal; opening it in any other way may write
        ``-shm`` files beside it or roll the journal back.
        """
        for _ in range(_COPIES):
            before = _fingerprint(path)
            pending = [log for log in _logs(path) if log in before]
            if not pending:
                return path
            size = sum(each.stat().st_size for each in (path, *pending) if each.exists())
            if shutil.disk_usage(tempfile.gettempdir()).free < 2 * size + 2**26:
                raise UnreadableError(Reason.NO_DISK_SPACE, "ENOSPC")
            try:
                copied = self._copied(path, pending)
                if _fingerprint(path) == before:
                    _settle(copied)
                    return copied
            except BaseException as error:
                self.close()
                if isinstance(error, FileNotFoundError):  # the log was closed while it was copied
                    continue
                if isinstance(error, OSError):
                    raise UnreadableError(Reason.READER_FAILED, _errno(error)) from None
                if isinstance(error, sqlite3.Error):
                    raise UnreadableError(*self.reason(error)) from None
                raise
            self.close()
        raise UnreadableError(Reason.LOCKED, "SQLITE_BUSY")

    def _copied(self, path: Path, logs: list[Path]) -> Path:
        self._copy = tempfile.TemporaryDirectory(prefix="privacy-scan-")
        copied = Path(self._copy.name) / "copy.sqlite"
        for log in logs:
            shutil.copyfile(log, f"{copied}{str(log)[len(str(path)) :]}")
        shutil.copyfile(path, copied)
        return copied

    def _is_overdue(self) -> bool:
        return time.monotonic() > self._deadline

    def start_clock(self) -> None:
        """Begin the time-out of the next statement: SQLite has none of its own."""
        self._deadline = time.monotonic() + self._timeout_s

    def schemas(self, inspector: Inspector, url: URL) -> list[str | None]:
        """The one schema of a file; its name is left out of statements."""
        return [None]

    def names(self, connection: Connection, inspector: Inspector, schema: str | None, kind: AssetKind) -> list[str]:
        """SQLite has no materialised views."""
        if kind is AssetKind.TABLE:
            return inspector.get_table_names()
        return inspector.get_view_names() if kind is AssetKind.VIEW else []

    def catalog(
        self, connection: Connection, inspector: Inspector, schema: str | None, kind: AssetKind, names: list[str] | None
    ) -> Catalog:
        """By reflection."""
        return Reflection(inspector, schema, kind, names)

    def statistics(self, connection: Connection, schema: str | None) -> dict[str, Statistics]:
        """From ``sqlite_stat1`` where somebody ran ANALYZE; else the highest rowid, an upper bound."""
        self.start_clock()
        found: dict[str, Statistics] = {}
        names = connection.execute(text("SELECT name, rootpage FROM sqlite_master WHERE type = 'table'")).all()
        has_stat = any(name == "sqlite_stat1" for name, _ in names)
        counted: dict[str, int] = {}
        if has_stat:
            for name, stat in connection.execute(text("SELECT tbl, stat FROM sqlite_stat1")):
                first = str(stat).split(" ", 1)[0]
                if first.isdigit():
                    counted[name] = max(counted.get(name, 0), int(first))
        quote_name = connection.dialect.identifier_preparer.quote_identifier
        for name, rootpage in names:
            rows = counted.get(name)
            if rows is None and rootpage:
                try:
                    rows = connection.exec_driver_sql(f"SELECT max(rowid) FROM {quote_name(name)}").scalar()  # noqa: S608
                except SQLAlchemyError:  # WITHOUT ROWID
                    rows = None
                rows = rows if isinstance(rows, int) and rows >= 0 else None
            found[name] = Statistics(row_count=rows, change_marker=self._changes)
        return found

    def project(self, column: ColumnElement[Any], sql_type: Any) -> ColumnElement[Any]:
        """Cut to length, whatever the declared type: SQLite stores any value in any column."""
        # What is short is fetched as it is: ``substr`` ends a text at its first NUL.
        is_short = func.length(cast(column, sql_types.LargeBinary)) <= VALUE_CHARS
        return case((is_short, column), else_=func.substr(column, 1, VALUE_CHARS))

    def sample(
        self,
        connection: Connection,
        relation: Relation,
        table: TableClause,
        project: Projection,
        rows: int,
        seed: int,
    ) -> Sampled:
        """Ranges of the rowid, else of the primary key; the head where neither can be cut."""
        rowid = _rowid_name(relation)
        if rowid is not None:
            key: ColumnElement[Any] = literal_column(rowid, sql_types.Integer())
            try:
                chosen = key_ranges(connection, table, project, [key], rows, seed)
            except OperationalError as error:
                if self.reason(error)[0] is not Reason.NOT_FOUND:  # such a table has no rowid
                    raise
            else:
                return chosen or head(connection, table, project, rows)
        keys = [table.c[name] for name in relation.index]
        chosen = key_ranges(connection, table, project, keys, rows, seed) if keys else None
        return chosen or head(connection, table, project, rows)

    def all_rows(self, connection: Connection, statement: Select[Any], batch_rows: int) -> Sampled:
        """Streamed; the connector restarts the clock at each batch."""
        return Sampled(stream(connection, statement, batch_rows), "all")

    def rights(self, connection: Connection) -> Rights:
        """The file is opened immutable; whether the account may write it elsewhere is the file system's business."""
        is_read_only = bool(connection.exec_driver_sql("PRAGMA query_only").scalar())
        return Rights(is_read_only, None, is_encrypted=True)  # a file of this machine: nothing goes over a wire

    def reason(self, error: BaseException) -> tuple[Reason, str | None]:
        """By SQLite's own error name, without its extension."""
        own = reason_without_driver(error) if isinstance(error, SQLAlchemyError) else None
        if own is not None:
            return own
        name: str | None = getattr(getattr(error, "orig", error), "sqlite_errorname", None)
        if name is None:
            return Reason.QUERY_FAILED, None
        if name == "SQLITE_ERROR" and _IS_GONE.match(str(error.orig if isinstance(error, DBAPIError) else error)):
            return Reason.NOT_FOUND, name
        base = "_".join(name.split("_")[:2])
        return _REASONS.get(base, Reason.QUERY_FAILED), name

    def is_stale(self) -> bool:
        """Whether a writer changed the file itself, which SQLite was promised would not happen."""
        if self._path is None or self._copy is not None:
            return False
        try:
            return _marker(self._path) != self._marker
        except OSError:
            return True

    def close(self) -> None:
        """Remove the private copy."""
        if self._copy is not None:
            self._copy.cleanup()
            self._copy = None


def _rowid_name(relation: Relation) -> str | None:
    """A spelling of the rowid that no column of the table hides."""
    taken = {name.lower() for name, _ in relation.columns}
    return next((name for name in ("rowid", "_rowid_", "oid") if name not in taken), None)


def _marker(path: Path) -> str:
    status = path.stat()
    return f"{status.st_mtime_ns}-{status.st_size}"


def _changes(path: Path) -> str:
    parts = [_marker(path)]
    for log in _logs(path):
        with suppress(OSError):
            parts.extend([_marker(log)] if log.stat().st_size else [])
    return " ".join(parts)


def _logs(path: Path) -> list[Path]:
    return [Path(f"{path}{suffix}") for suffix in ("-wal", "-journal")]


def _fingerprint(path: Path) -> dict[Path, tuple[int, int, bytes]]:
    """What changes when a writer moves pages between a database and its log; empty logs are left out.

    A write-ahead log that only grew is the same log: its head says which pages it holds the later versions of.
    """
    found = {}
    for each in (path, *_logs(path)):
        try:
            status = each.stat()
            with each.open("rb") as stream:
                start = stream.read(32)
        except FileNotFoundError:
            continue
        is_growing = each.name.endswith("-wal")
        if status.st_size or each == path:
            found[each] = (0, 0, start) if is_growing else (status.st_mtime_ns, status.st_size, start)
    return found


def _settle(copied: Path) -> None:
    """Apply the log or the hot journal to the copy."""
    connection = sqlite3.connect(copied)
    try:
        connection.execute("SELECT count(*) FROM sqlite_master").fetchone()
        connection.execute("PRAGMA journal_mode = DELETE")
    finally:
        connection.close()


def _errno(error: OSError) -> str | None:
    return errno.errorcode.get(error.errno) if error.errno else None
