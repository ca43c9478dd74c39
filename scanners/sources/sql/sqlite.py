"""SQLite: opened immutable, so that nothing is written beside the file; a private copy where that is not safe."""

from __future__ import annotations

import shutil
import sqlite3
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any
from urllib.parse import quote

from sqlalchemy import ColumnElement, Connection, Engine, Select, TableClause, create_engine, func, select, table, text
from sqlalchemy import types as sql_types
from sqlalchemy.engine import URL, Inspector
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.pool import StaticPool
from sqlalchemy.sql import literal_column, quoted_name

from data_map.model import Reason
from scanners.sources.base import Rights
from scanners.sources.sql.habits import Relation, Sampled, Statistics, head, key_ranges
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
    "SQLITE_TOOBIG": Reason.TOO_LARGE,
}
#: SQLite calls back after this many of its virtual machine's steps; a step takes well under a microsecond.
_STEPS = 20_000


class SqliteHabits:
    """SQLite through the standard library's driver."""

    kind = "sqlite"

    def __init__(self) -> None:
        """One instance serves one database file."""
        self._copy: tempfile.TemporaryDirectory[str] | None = None
        self._deadline = float("inf")
        self._timeout_s = 30.0
        self._marker: str | None = None

    def open(self, url: URL, timeout_s: float) -> Engine:
        """One connection, immutable or to a private copy, with ``query_only`` on and untrusted schema."""
        if not url.database or url.database == ":memory:":
            raise UnreadableError(Reason.NOT_FOUND, "ENOENT")
        path = Path(url.database.removeprefix("file:")).absolute()
        self._timeout_s = timeout_s
        try:
            status = path.stat()
            with path.open("rb") as stream:
                stream.read(1)
        except FileNotFoundError:
            raise UnreadableError(Reason.NOT_FOUND, "ENOENT") from None
        except PermissionError:
            raise UnreadableError(Reason.NO_PERMISSION, "EACCES") from None
        except OSError as error:
            raise UnreadableError(Reason.NOT_A_FILE, str(error.errno)) from None
        self._marker = f"{status.st_mtime_ns}-{status.st_size}"
        readable = self._settled(path)

        def connect() -> sqlite3.Connection:
            connection = sqlite3.connect(
                f"file:{quote(str(readable))}?mode=ro&immutable=1", uri=True, check_same_thread=False
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
        pending = [Path(f"{path}{suffix}") for suffix in ("-wal", "-journal")]
        pending = [log for log in pending if log.exists() and log.stat().st_size > 0]
        if not pending:
            return path
        size = path.stat().st_size + sum(log.stat().st_size for log in pending)
        if shutil.disk_usage(tempfile.gettempdir()).free < 2 * size + 2**26:
            raise UnreadableError(Reason.NO_DISK_SPACE, "ENOSPC")
        self._copy = tempfile.TemporaryDirectory(prefix="privacy-scan-")
        copied = Path(self._copy.name) / "copy.sqlite"
        try:
            for log in pending:
                shutil.copyfile(log, f"{copied}{str(log)[len(str(path)) :]}")
            shutil.copyfile(path, copied)
            connection = sqlite3.connect(copied)
            try:
                connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
                connection.execute("PRAGMA journal_mode = DELETE")
            finally:
                connection.close()
        except OSError as error:
            self.close()
            raise UnreadableError(Reason.READER_FAILED, str(error.errno)) from None
        except sqlite3.Error as error:
            self.close()
            raise UnreadableError(*self.reason(error)) from None
        return copied

    def _is_overdue(self) -> bool:
        return time.monotonic() > self._deadline

    def start_clock(self) -> None:
        """Begin the time-out of the next statement: SQLite has none of its own."""
        self._deadline = time.monotonic() + self._timeout_s

    def schemas(self, inspector: Inspector, url: URL) -> list[str | None]:
        """The one schema of a file; its name is left out of statements."""
        return [None]

    def statistics(self, connection: Connection, schema: str | None) -> dict[str, Statistics]:
        """From ``sqlite_stat1`` where somebody ran ANALYZE; else the highest rowid, an upper bound."""
        found: dict[str, Statistics] = {}
        names = connection.execute(text("SELECT name, rootpage FROM sqlite_master WHERE type = 'table'")).all()
        has_stat = any(name == "sqlite_stat1" for name, _ in names)
        counted: dict[str, int] = {}
        if has_stat:
            for name, stat in connection.execute(text("SELECT tbl, stat FROM sqlite_stat1")):
                first = str(stat).split(" ", 1)[0]
                if first.isdigit():
                    counted[name] = max(counted.get(name, 0), int(first))
        for name, rootpage in names:
            rows = counted.get(name)
            if rows is None and rootpage:
                try:
                    highest: Select[Any] = select(func.max(literal_column("rowid"))).select_from(
                        table(quoted_name(name, quote=True))
                    )
                    rows = connection.execute(highest).scalar()
                except SQLAlchemyError:  # WITHOUT ROWID, or a virtual table of a module that is not loaded
                    rows = None
            is_count = isinstance(rows, int) and rows >= 0
            found[name] = Statistics(row_count=rows if is_count else None, change_marker=self._marker)
        return found

    def project(self, column: ColumnElement[Any], sql_type: Any) -> ColumnElement[Any]:
        """Cut to length, whatever the declared type: SQLite stores any value in any column."""
        if isinstance(sql_type, sql_types.Integer | sql_types.Float):
            return column
        return func.substr(column, 1, VALUE_CHARS)

    def sample(
        self,
        connection: Connection,
        relation: Relation,
        clause: TableClause,
        columns: Sequence[Any],
        rows: int,
        seed: int,
    ) -> Sampled:
        """Ranges of the rowid; the head where there is none."""
        self.start_clock()
        key: ColumnElement[Any] = literal_column(_rowid_name(relation), sql_types.Integer())
        try:
            chosen = key_ranges(connection, clause, columns, key, rows, seed)
        except SQLAlchemyError:  # no rowid
            chosen = None
        return chosen or head(connection, clause, columns, rows)

    def rights(self, connection: Connection) -> Rights:
        """The file is opened immutable; whether the account may write it elsewhere is the file system's business."""
        is_read_only = bool(connection.exec_driver_sql("PRAGMA query_only").scalar())
        return Rights(is_read_only, None)

    def reason(self, error: BaseException) -> tuple[Reason, str | None]:
        """By SQLite's own error name, without its extension."""
        name: str | None = getattr(getattr(error, "orig", error), "sqlite_errorname", None)
        if name is None:
            return Reason.QUERY_FAILED, None
        base = "_".join(name.split("_")[:2])
        return _REASONS.get(base, Reason.QUERY_FAILED), name

    def close(self) -> None:
        """Remove the private copy."""
        if self._copy is not None:
            self._copy.cleanup()
            self._copy = None


def _rowid_name(relation: Relation) -> str:
    """A spelling of the rowid that no column of the table hides."""
    taken = {name.lower() for name, _ in relation.columns}
    return next((name for name in ("rowid", "_rowid_", "oid") if name not in taken), "rowid")
