"""SQL Server and Azure SQL: transactions that are always rolled back, pages by TABLESAMPLE. Never run on a server."""

from __future__ import annotations

from collections.abc import Iterator
from math import ceil
from typing import Any, ClassVar

from sqlalchemy import (
    ColumnElement,
    Connection,
    Engine,
    Select,
    TableClause,
    cast,
    create_engine,
    event,
    func,
    literal_column,
    null,
    select,
    text,
)
from sqlalchemy import types as sql_types
from sqlalchemy.engine import URL
from sqlalchemy.exc import SQLAlchemyError

from data_map.model import AssetKind, Reason
from scanners.sources.base import Rights
from scanners.sources.sql.dictionary import AskedHabits, Opaque, by_blocks, driver, words
from scanners.sources.sql.habits import (
    BINARY_BYTES,
    Projection,
    Relation,
    Sampled,
    Statistics,
    head,
    wait_for_restarts,
)
from scanners.sources.wire import is_this_machine
from scanners.values import VALUE_CHARS

_ISO: ColumnElement[Any] = literal_column("121")
_DATES = words("date datetime datetime2 smalldatetime datetimeoffset time sql_variant")
#: Needs VIEW SERVER STATE, and forgets at a restart of the server; then there is no marker.
_CHANGED = text(
    """
    SELECT o.name, CONVERT(varchar(30), MAX(u.last_user_update), 126)
    FROM sys.dm_db_index_usage_stats u
    JOIN sys.objects o ON o.object_id = u.object_id
    JOIN sys.schemas s ON s.schema_id = o.schema_id
    WHERE u.database_id = DB_ID() AND s.name = :schema
    GROUP BY o.name
    """
)
_RIGHTS = text(
    """
    SELECT CASE WHEN DATABASEPROPERTYEX(DB_NAME(), 'Updateability') = 'READ_ONLY' THEN 1 ELSE 0 END,
           (SELECT COUNT(*) FROM sys.tables t JOIN sys.schemas s ON s.schema_id = t.schema_id
            WHERE t.is_ms_shipped = 0 AND 1 IN (
                HAS_PERMS_BY_NAME(QUOTENAME(s.name) + '.' + QUOTENAME(t.name), 'OBJECT', 'INSERT'),
                HAS_PERMS_BY_NAME(QUOTENAME(s.name) + '.' + QUOTENAME(t.name), 'OBJECT', 'UPDATE'),
                HAS_PERMS_BY_NAME(QUOTENAME(s.name) + '.' + QUOTENAME(t.name), 'OBJECT', 'DELETE'))),
           IS_SRVROLEMEMBER('sysadmin')
    """
)
_ENCRYPTED = text("SELECT encrypt_option FROM sys.dm_exec_connections WHERE session_id = @@SPID")


class MssqlHabits(AskedHabits):
    """SQL Server through pymssql."""

    kind = "mssql"
    schemas_question = """
        SELECT s.name FROM sys.schemas s
        WHERE s.name NOT IN ('sys', 'INFORMATION_SCHEMA') AND s.schema_id < 16384 ORDER BY s.name
    """
    names_question = """
        SELECT o.name, CASE WHEN o.type = 'U' THEN 'table'
            WHEN EXISTS (SELECT 1 FROM sys.indexes i WHERE i.object_id = o.object_id AND i.index_id = 1)
            THEN 'materialized_view' ELSE 'view' END
        FROM sys.objects o JOIN sys.schemas s ON s.schema_id = o.schema_id
        WHERE s.name = :schema AND o.type IN ('U', 'V') AND o.is_ms_shipped = 0
    """
    #: Types of one's own by what they are made of; 240 are those of the CLR, which have only their own name.
    columns_question = """
        SELECT o.name, c.name, COALESCE(TYPE_NAME(NULLIF(c.system_type_id, 240)), TYPE_NAME(c.user_type_id)),
               c.is_nullable, CAST(e.value AS nvarchar(1000))
        FROM sys.columns c
        JOIN sys.objects o ON o.object_id = c.object_id
        JOIN sys.schemas s ON s.schema_id = o.schema_id
        LEFT JOIN sys.extended_properties e
            ON e.class = 1 AND e.major_id = c.object_id AND e.minor_id = c.column_id AND e.name = 'MS_Description'
        WHERE s.name = :schema AND o.type IN ('U', 'V') ORDER BY o.name, c.column_id
    """
    keys_question = """
        SELECT o.name, i.name, i.is_primary_key, c.name
        FROM sys.indexes i
        JOIN sys.index_columns k ON k.object_id = i.object_id AND k.index_id = i.index_id
        JOIN sys.columns c ON c.object_id = k.object_id AND c.column_id = k.column_id
        JOIN sys.objects o ON o.object_id = i.object_id
        JOIN sys.schemas s ON s.schema_id = o.schema_id
        WHERE s.name = :schema AND i.is_unique = 1 AND i.has_filter = 0 AND k.is_included_column = 0
        ORDER BY o.name, i.index_id, k.key_ordinal
    """
    references_question = """
        SELECT o.name, c.name, SCHEMA_NAME(r.schema_id), r.name, d.name
        FROM sys.foreign_key_columns f
        JOIN sys.objects o ON o.object_id = f.parent_object_id
        JOIN sys.schemas s ON s.schema_id = o.schema_id
        JOIN sys.columns c ON c.object_id = f.parent_object_id AND c.column_id = f.parent_column_id
        JOIN sys.objects r ON r.object_id = f.referenced_object_id
        JOIN sys.columns d ON d.object_id = f.referenced_object_id AND d.column_id = f.referenced_column_id
        WHERE s.name = :schema
    """
    statistics_question = """
        SELECT o.name, SUM(p.rows), SUM(a.total_pages) * 8192, NULL
        FROM sys.partitions p
        JOIN sys.objects o ON o.object_id = p.object_id
        JOIN sys.schemas s ON s.schema_id = o.schema_id
        LEFT JOIN sys.allocation_units a ON a.container_id = p.hobt_id AND a.type = 1
        WHERE s.name = :schema AND o.type IN ('U', 'V') AND p.index_id IN (0, 1)
        GROUP BY o.name
    """
    numbers = words("tinyint smallint int bigint bit decimal numeric float real money smallmoney")
    texts = words("char varchar nchar nvarchar text ntext sysname")
    binaries = words("binary varbinary image")
    block_bytes = 8192
    reasons: ClassVar = {
        **dict.fromkeys(("229", "230", "300", "297", "916", "4060", "18452", "18456", "18470"), Reason.NO_PERMISSION),
        **dict.fromkeys(("207", "208", "911"), Reason.NOT_FOUND),
        **dict.fromkeys(("1204", "1205", "1222", "3960"), Reason.LOCKED),
        **dict.fromkeys(("8645", "20003"), Reason.TIMED_OUT),
        **dict.fromkeys(("20002", "20009", "20012", "20013", "40613"), Reason.CONNECTION_FAILED),
        **dict.fromkeys(("596", "20004", "20006", "20017", "20047"), Reason.CONNECTION_LOST),
        **dict.fromkeys(("823", "824", "605"), Reason.DAMAGED),
        "1105": Reason.NO_DISK_SPACE,
    }

    def __init__(self) -> None:
        """One instance serves one database."""
        self._host: str | None = None

    def open(self, url: URL, timeout_s: float) -> Engine:
        """A session with the intent to read, which loses every deadlock and waits for no lock for long.

        The server knows no read-only session: that nothing is written rests on the account, and on transactions that
        are always rolled back.
        """
        driver("pymssql", "mssql")
        self._host = url.host
        engine = create_engine(
            url.set(drivername="mssql+pymssql"),
            hide_parameters=True,
            pool_size=1,
            max_overflow=1,
            pool_pre_ping=True,
            connect_args={
                "login_timeout": ceil(max(2.0, min(timeout_s, 10))),
                "timeout": ceil(timeout_s),
                "appname": "privacy scan",
                "read_only": True,
                "autocommit": False,
            },
        )
        lock_ms = int(min(timeout_s / 2, 5) * 1000)

        @event.listens_for(engine, "connect")
        def be_polite(connection: Any, record: Any) -> None:
            with connection.cursor() as cursor:
                cursor.execute(f"SET LOCK_TIMEOUT {lock_ms}; SET DEADLOCK_PRIORITY LOW")

        @event.listens_for(engine, "before_execute", retval=True)
        def order(connection: Connection, clause: Any, many: Any, parameters: Any, options: Any) -> Any:
            return ordered(clause), many, parameters

        wait_for_restarts(engine)
        return engine

    def statistics(self, connection: Connection, schema: str | None) -> dict[str, Statistics]:
        """Rows and pages from the catalog; the last change where the account may see it."""
        found = super().statistics(connection, schema)
        try:
            changed = {str(name): at for name, at in connection.execute(_CHANGED, {"schema": schema})}
        except SQLAlchemyError:
            changed = {}
        return {
            name: Statistics(known.row_count, known.size_bytes, known.block_count, changed.get(name))
            for name, known in found.items()
        }

    def type_of(self, declared: str) -> Any:
        """Dates have a way of their own to become text, and so has the version of a row."""
        if declared in _DATES:
            return _Date()
        return _Version() if declared in ("timestamp", "rowversion") else super().type_of(declared)

    def project(self, column: ColumnElement[Any], sql_type: Any) -> ColumnElement[Any]:
        """Numbers as they are, texts and bytes cut, dates as ISO 8601, all else as text."""
        if isinstance(sql_type, sql_types.Numeric | Opaque):
            return column
        if isinstance(sql_type, sql_types.String | sql_types.LargeBinary):
            most = VALUE_CHARS if isinstance(sql_type, sql_types.String) else BINARY_BYTES
            return func.substring(column, 1, most)
        if isinstance(sql_type, _Version):
            return cast(column, sql_types.VARBINARY(8))
        if isinstance(sql_type, _Date):
            return func.convert(literal_column("nvarchar(100)"), column, _ISO)
        return func.left(cast(column, sql_types.NVARCHAR()), VALUE_CHARS)

    def sample(
        self,
        connection: Connection,
        relation: Relation,
        table: TableClause,
        project: Projection,
        rows: int,
        seed: int,
    ) -> Sampled:
        """Random pages, repeatable; the head of what is no table."""
        if relation.kind is not AssetKind.TABLE:
            return head(connection, table, project, rows)
        repeatable = seed % (2**31 - 1) + 1

        def clause(percent: float) -> str:
            return f"TABLESAMPLE SYSTEM ({percent:.6f} PERCENT) REPEATABLE ({repeatable})"

        return by_blocks(connection, relation, table, project, rows, seed, clause)

    def rights(self, connection: Connection) -> Rights:
        """By the database's state and the account's permissions; a session cannot be read-only here."""
        is_read_only, writable, is_sysadmin = connection.execute(_RIGHTS).one()
        try:
            option = connection.scalar(_ENCRYPTED)
        except SQLAlchemyError:  # needs VIEW SERVER STATE
            option = None
        is_encrypted = True if is_this_machine(self._host) else None if option is None else str(option) == "TRUE"
        return Rights(bool(is_read_only), bool(writable), bool(is_sysadmin), is_encrypted)

    def code(self, error: BaseException) -> str | None:
        """The first number among the arguments: the server's, or the driver's from 20000 on."""
        return next((str(number) for number in _numbers(error.args) if number), None)


def ordered(clause: Any) -> Any:
    """A statement with an OFFSET needs an order here, be it none."""
    if isinstance(clause, Select) and clause._offset_clause is not None and not clause._order_by_clauses:
        return clause.order_by(select(null()).scalar_subquery())
    return clause


def _numbers(arguments: Any) -> Iterator[int]:
    for each in arguments:
        if isinstance(each, int):
            yield each
        elif isinstance(each, tuple | list):
            yield from _numbers(each)


class _Date(sql_types.UserDefinedType[Any]):
    """Dates and times."""


class _Version(sql_types.UserDefinedType[Any]):
    """The version of a row: eight bytes."""
