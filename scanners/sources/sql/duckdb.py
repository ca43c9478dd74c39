"""DuckDB through its own API: opened read-only and shut off from everything else, blocks of rows by TABLESAMPLE."""

from __future__ import annotations

import re
from pathlib import Path
from threading import Timer
from typing import Any, ClassVar

from sqlalchemy import ColumnElement, Connection, Engine, TableClause, Text, cast, create_engine, func, select, text
from sqlalchemy import types as sql_types
from sqlalchemy.dialects import registry
from sqlalchemy.engine import URL
from sqlalchemy.engine.default import DefaultDialect
from sqlalchemy.pool import StaticPool

from data_map.model import Reason
from scanners.sources.base import Rights
from scanners.sources.sql.dictionary import LEAST_BLOCKS, AskedHabits, Nested, driver, words
from scanners.sources.sql.habits import BINARY_BYTES, Projection, Relation, Sampled, Statistics, head
from scanners.values import VALUE_CHARS, UnreadableError

#: TABLESAMPLE takes or leaves so many rows at a time.
_ROWS_A_BLOCK = 2048
_SETTINGS = {
    "threads": 1,  # with more, a sample cannot be repeated
    "memory_limit": "1GB",
    "temp_directory": "",  # what does not fit would be written beside the file
    "autoinstall_known_extensions": "false",
    "autoload_known_extensions": "false",
}
#: What a database file is allowed to do to us: a view in it could read other files, or fetch an extension.
_LOCKS = "SET enable_external_access = false; SET lock_configuration = true"
#: The driver has no codes, and one class of error for many troubles: what its text says is only ever compared.
_SAID = (
    (re.compile("Could not set lock|different configuration"), Reason.LOCKED),
    (re.compile("database does not exist"), Reason.NOT_FOUND),
    (re.compile("[Ee]ncrypted database|encryption key"), Reason.ENCRYPTED),
    (re.compile("[Cc]orrupt|not a valid DuckDB|enough bytes|checksum"), Reason.DAMAGED),
    (re.compile("version number"), Reason.UNSUPPORTED_FORMAT),
)


class DuckdbHabits(AskedHabits):
    """DuckDB files."""

    kind = "duckdb"
    schemas_question = """
        SELECT schema_name FROM duckdb_schemas() WHERE database_name = current_database()
        AND schema_name NOT IN ('information_schema', 'pg_catalog') ORDER BY 1
    """
    names_question = """
        SELECT table_name, 'table' FROM duckdb_tables()
        WHERE database_name = current_database() AND schema_name = :schema AND NOT internal
        UNION ALL
        SELECT view_name, 'view' FROM duckdb_views()
        WHERE database_name = current_database() AND schema_name = :schema AND NOT internal
    """
    columns_question = """
        SELECT table_name, column_name, data_type, is_nullable, comment FROM duckdb_columns()
        WHERE database_name = current_database() AND schema_name = :schema AND NOT internal
        ORDER BY table_name, column_index
    """
    keys_question = """
        SELECT table_name, constraint_index, constraint_type = 'PRIMARY KEY', unnest(constraint_column_names)
        FROM duckdb_constraints()
        WHERE database_name = current_database() AND schema_name = :schema
        AND constraint_type IN ('PRIMARY KEY', 'UNIQUE')
        ORDER BY table_name, constraint_index
    """
    references_question = """
        SELECT table_name, unnest(constraint_column_names), schema_name, referenced_table,
               unnest(referenced_column_names)
        FROM duckdb_constraints()
        WHERE database_name = current_database() AND schema_name = :schema AND constraint_type = 'FOREIGN KEY'
    """
    statistics_question = """
        SELECT table_name, estimated_size, NULL, NULL FROM duckdb_tables()
        WHERE database_name = current_database() AND schema_name = :schema AND NOT internal
    """
    numbers = words(
        "tinyint smallint integer bigint hugeint utinyint usmallint uinteger ubigint uhugeint float double decimal"
        " boolean"
    )
    texts = frozenset({"varchar", "json"})
    binaries = frozenset({"blob"})
    reasons: ClassVar = {
        "InterruptException": Reason.TIMED_OUT,
        "OutOfMemoryException": Reason.TOO_LARGE,
        "CatalogException": Reason.NOT_FOUND,
        "BinderException": Reason.NOT_FOUND,
        "PermissionException": Reason.NO_PERMISSION,
        "IOException": Reason.DAMAGED,
        "SerializationException": Reason.DAMAGED,
        "InternalException": Reason.DAMAGED,
        "FatalException": Reason.DAMAGED,
    }

    def __init__(self) -> None:
        """One instance serves one database file."""
        self._timeout_s = 30.0
        self._timer: Timer | None = None
        self._cursor: Any = None
        self._marker: str | None = None

    def open(self, url: URL, timeout_s: float) -> Engine:
        """One read-only connection. While it is open, no other process can open the file to write."""
        duckdb = driver("duckdb", "duckdb")
        path = Path(url.database or "").absolute()
        try:
            with path.open("rb") as stream:
                stream.read(1)
        except FileNotFoundError:
            raise UnreadableError(Reason.NOT_FOUND, "ENOENT") from None
        except PermissionError:
            raise UnreadableError(Reason.NO_PERMISSION, "EACCES") from None
        except IsADirectoryError:
            raise UnreadableError(Reason.NOT_A_FILE, "EISDIR") from None
        self._timeout_s = timeout_s
        self._marker = _marker(path)

        def connect() -> Any:
            connection = duckdb.connect(str(path), read_only=True, config=_SETTINGS)
            connection.execute(_LOCKS)
            return connection

        registry.register("duckdb.privacy", __name__, "DuckdbDialect")
        engine = create_engine(
            "duckdb+privacy://",
            creator=connect,
            poolclass=StaticPool,
            hide_parameters=True,
        )
        dialect: Any = engine.dialect
        dialect.before_execute = self._begin
        return engine

    def _begin(self, cursor: Any) -> None:
        self._cursor = cursor
        self.start_clock()

    def start_clock(self) -> None:
        """DuckDB has no time-out: another thread interrupts the statement that runs when the time is up."""
        self._stop_clock()
        if self._cursor is not None:
            # To interrupt a connection that does nothing does nothing.
            self._timer = Timer(self._timeout_s, self._cursor.interrupt)
            self._timer.daemon = True
            self._timer.start()

    def _stop_clock(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def statistics(self, connection: Connection, schema: str | None) -> dict[str, Statistics]:
        """Rows from the catalog, deleted ones included; the file's own time and size as the marker of each table."""
        found = super().statistics(connection, schema)
        return {
            name: Statistics(
                known.row_count,
                block_count=-(-known.row_count // _ROWS_A_BLOCK) if known.row_count else None,
                change_marker=self._marker,
            )
            for name, known in found.items()
        }

    def type_of(self, declared: str) -> Any:
        """Unions are nested as well."""
        return Nested() if declared.lower().startswith("union(") else super().type_of(declared)

    def project(self, column: ColumnElement[Any], sql_type: Any) -> ColumnElement[Any]:
        """Numbers as they are, bytes cut, what is nested as JSON, all else as text."""
        if isinstance(sql_type, sql_types.Numeric):
            return column
        if isinstance(sql_type, sql_types.LargeBinary):
            return func.array_slice(column, 1, BINARY_BYTES)
        if isinstance(sql_type, Nested):
            column = func.to_json(column)
        if not isinstance(sql_type, sql_types.String):
            column = cast(column, Text)
        return func.left(column, VALUE_CHARS)

    def sample(
        self,
        connection: Connection,
        relation: Relation,
        table: TableClause,
        project: Projection,
        rows: int,
        seed: int,
    ) -> Sampled:
        """Random blocks, and of their rows as many as are wanted; more blocks when the first were too empty."""
        blocks = relation.statistics.block_count
        if not blocks:
            return head(connection, table, project, rows)
        percent = min(100.0, 100 * max(2 * rows / _ROWS_A_BLOCK, LEAST_BLOCKS) / blocks)
        repeatable = f"REPEATABLE ({seed % 2**31})"
        while True:
            some = text(f"TABLESAMPLE system({percent:f} PERCENT) {repeatable}")
            chosen = select(*project(table)).select_from(table).suffix_with(some).subquery("chosen")
            statement = select(*chosen.c).suffix_with(text(f"USING SAMPLE reservoir({rows} ROWS) {repeatable}"))
            found = connection.execute(statement).all()
            if len(found) >= rows or percent >= 100:
                return Sampled(iter(found), "blocks")
            percent = min(100.0, percent * 8)

    def rights(self, connection: Connection) -> Rights:
        """As the database itself says; whether the account may write the file is the file system's business."""
        question = text("SELECT readonly FROM duckdb_databases() WHERE database_name = current_database()")
        return Rights(bool(connection.scalar(question)), None, None, is_encrypted=True)

    def reason(self, error: BaseException) -> tuple[Reason, str | None]:
        """By the class of the error, and by what it says where one class stands for many."""
        reason, code = super().reason(error)
        said = str(getattr(error, "orig", None) or error) if code is not None else ""
        return next((found for pattern, found in _SAID if pattern.search(said)), reason), code

    def code(self, error: BaseException) -> str | None:
        """The name of the error's class."""
        return type(error).__name__ if type(error).__module__ in ("duckdb", "_duckdb") else None

    def close(self) -> None:
        """Stop the clock."""
        self._stop_clock()
        self._cursor = None


class DuckdbDialect(DefaultDialect):
    """As little as is needed to write SELECT statements and to fetch their rows."""

    name = "duckdb"
    driver = "privacy"
    supports_statement_cache = True
    default_paramstyle = "qmark"
    before_execute: Any = staticmethod(lambda cursor: None)

    @classmethod
    def import_dbapi(cls) -> Any:
        """DuckDB's own module."""
        return driver("duckdb", "duckdb")

    def do_execute(self, cursor: Any, statement: str, parameters: Any, context: Any = None) -> None:
        """With the clock running."""
        self.before_execute(cursor)
        cursor.execute(statement, parameters)

    def do_rollback(self, dbapi_connection: Any) -> None:
        """Each statement is a transaction of its own, and a reader's file does not change."""

    def get_isolation_level_values(self, dbapi_conn: Any) -> Any:
        """The only one that is asked for."""
        return ("AUTOCOMMIT",)

    def set_isolation_level(self, dbapi_connection: Any, level: Any) -> None:
        """It is so anyway."""

    def reset_isolation_level(self, dbapi_conn: Any) -> None:
        """It is so anyway."""

    def _get_default_schema_name(self, connection: Connection) -> str:
        return "main"


def _marker(path: Path) -> str:
    """Time and size of the file and of its log."""
    parts = []
    for each in (path, Path(f"{path}.wal")):
        try:
            status = each.stat()
        except OSError:
            continue
        parts.append(f"{status.st_mtime_ns}-{status.st_size}")
    return "-".join(parts)
