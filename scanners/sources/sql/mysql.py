"""MariaDB and MySQL: read-only sessions, catalog estimates, key ranges. MariaDB is tested against a real server."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator, Sequence
from math import ceil
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    Engine,
    Select,
    TableClause,
    bindparam,
    cast,
    create_engine,
    event,
    func,
    literal_column,
    select,
    table,
    text,
)
from sqlalchemy import types as sql_types
from sqlalchemy.engine import URL, Inspector
from sqlalchemy.exc import NoSuchTableError, SQLAlchemyError
from sqlalchemy.sql import quoted_name

from data_map.model import AssetKind, Reason
from scanners.sources.base import Rights
from scanners.sources.sql.catalog import Catalog, ColumnDefinition, Definition
from scanners.sources.sql.habits import (
    BINARY_BYTES,
    Projection,
    Relation,
    Sampled,
    Statistics,
    head,
    key_ranges,
    reason_without_driver,
    stream,
    wait_for_restarts,
)
from scanners.sources.wire import is_this_machine
from scanners.values import VALUE_CHARS

#: An index that is no key is of use for sampling when the server thinks that it holds so many different values.
_LEAST_VALUES = 1_000
#: Marks a connection whose statement may take longer than the time-out, since its rows are streamed.
_LASTING = "lasting"
_SYSTEM = {"information_schema", "mysql", "performance_schema", "sys"}

_REASONS = {
    1044: Reason.NO_PERMISSION,
    1045: Reason.NO_PERMISSION,
    1142: Reason.NO_PERMISSION,
    1143: Reason.NO_PERMISSION,
    1698: Reason.NO_PERMISSION,
    1049: Reason.NOT_FOUND,
    1051: Reason.NOT_FOUND,
    1054: Reason.NOT_FOUND,
    1146: Reason.NOT_FOUND,
    1317: Reason.TIMED_OUT,
    1969: Reason.TIMED_OUT,
    3024: Reason.TIMED_OUT,
    1205: Reason.LOCKED,
    1213: Reason.LOCKED,
    1129: Reason.NO_PERMISSION,
    1130: Reason.NO_PERMISSION,
    1370: Reason.NO_PERMISSION,
    # Too many connections, of the server or of the account; an account that has asked too much in an hour.
    1040: Reason.CONNECTION_FAILED,
    1203: Reason.CONNECTION_FAILED,
    1226: Reason.CONNECTION_FAILED,
    1053: Reason.CONNECTION_LOST,
    4031: Reason.CONNECTION_LOST,
    1021: Reason.NO_DISK_SPACE,
    1114: Reason.NO_DISK_SPACE,
    **dict.fromkeys((126, 127, 130, 144, 145), Reason.DAMAGED),  # of storage engines
    1016: Reason.DAMAGED,
    1034: Reason.DAMAGED,
    1035: Reason.DAMAGED,
    1194: Reason.DAMAGED,
    1195: Reason.DAMAGED,
    1712: Reason.DAMAGED,
    1932: Reason.DAMAGED,
    2002: Reason.CONNECTION_FAILED,
    2003: Reason.CONNECTION_FAILED,
    2006: Reason.CONNECTION_LOST,
    2013: Reason.CONNECTION_LOST,
    2055: Reason.CONNECTION_LOST,
    1927: Reason.CONNECTION_LOST,
}

#: A change is dated in whole seconds: of one that is this young a later one could not be told.
_STATISTICS = text(
    "SELECT table_name, table_rows, data_length,"
    " CASE WHEN update_time < NOW() - INTERVAL 2 SECOND THEN update_time END"
    " FROM information_schema.tables WHERE table_schema = :schema"
)

_WRITES = re.compile(r"\b(?:ALL PRIVILEGES|INSERT|UPDATE|DELETE|CREATE|DROP|ALTER|SUPER|FILE)\b(?! VIEW| TEMPORARY)")
#: On ``*.*`` these let an account do everything, or give itself the right to.
_EVERYTHING = re.compile(r"\b(?:ALL PRIVILEGES|SUPER)\b")


class MysqlHabits:
    """MariaDB and MySQL through PyMySQL."""

    def __init__(self, kind: str = "mysql") -> None:
        """``kind`` is ``mysql`` or ``mariadb``, as the address says it."""
        self.kind = kind

    def open(self, url: URL, timeout_s: float) -> Engine:
        """Sessions are read-only; the two dialects spell the statement time-out in different units."""
        engine = create_engine(
            url.set(drivername=f"{self.kind}+pymysql"),
            hide_parameters=True,
            pool_size=1,
            max_overflow=1,
            pool_pre_ping=True,
            connect_args={
                "connect_timeout": ceil(min(timeout_s, 10)),
                # A server that has fallen silent; one that answers ends the statement itself before that.
                "read_timeout": ceil(timeout_s) + 5,
                "charset": "utf8mb4",
                "local_infile": False,
            },
        )
        lock_s = max(1, int(min(timeout_s / 2, 5)))

        @event.listens_for(engine, "connect")
        def make_read_only(connection: Any, record: Any) -> None:
            version = connection.get_server_info().lower()
            is_mariadb = "mariadb" in version
            timeout = (
                f"SET SESSION max_statement_time = {timeout_s:.3f}"
                if is_mariadb
                else f"SET SESSION max_execution_time = {int(timeout_s * 1000)}"
            )
            with connection.cursor() as cursor:
                cursor.execute(timeout)
                cursor.execute(f"SET SESSION lock_wait_timeout = {lock_s}, innodb_lock_wait_timeout = {lock_s}")
                cursor.execute("SET SESSION TRANSACTION READ ONLY")
                if not is_mariadb and not version.startswith("5."):
                    # MySQL would tell for a day when a table had been changed as of the first time it was asked.
                    cursor.execute("SET SESSION information_schema_stats_expiry = 0")

        @event.listens_for(engine, "before_cursor_execute", retval=True)
        def let_it_last(
            connection: Connection, cursor: Any, statement: str, parameters: Any, context: Any, many: bool
        ) -> tuple[str, Any]:
            if connection.get_execution_options().get(_LASTING):
                if _is_mariadb(connection):
                    return f"SET STATEMENT max_statement_time = 0 FOR {statement}", parameters
                return statement.replace("SELECT", "SELECT /*+ MAX_EXECUTION_TIME(0) */", 1), parameters
            return statement, parameters

        wait_for_restarts(engine)
        return engine

    def schemas(self, inspector: Inspector, url: URL) -> list[str | None]:
        """The database that the address names, else every one but the system's own."""
        if url.database:
            return [url.database]
        return [name for name in inspector.get_schema_names() if name not in _SYSTEM]

    def names(self, connection: Connection, inspector: Inspector, schema: str | None, kind: AssetKind) -> list[str]:
        """Neither dialect has materialised views; sequences are no tables."""
        if kind is AssetKind.TABLE:
            return inspector.get_table_names(schema=schema)
        return inspector.get_view_names(schema=schema) if kind is AssetKind.VIEW else []

    def catalog(
        self, connection: Connection, inspector: Inspector, schema: str | None, kind: AssetKind, names: list[str] | None
    ) -> Catalog:
        """By ``information_schema``: reflection trips over names with backticks and line ends."""
        return _InformationSchema(connection, schema or "", names)

    def statistics(self, connection: Connection, schema: str | None) -> dict[str, Statistics]:
        """From ``information_schema.tables``: InnoDB's counts are estimates."""
        found = {}
        for name, rows, size, updated in connection.execute(_STATISTICS, {"schema": schema}):
            found[name] = Statistics(row_count=rows, size_bytes=size, change_marker=str(updated) if updated else None)
        return found

    def project(self, column: ColumnElement[Any], sql_type: Any) -> ColumnElement[Any]:
        """Numbers as they are, bytes cut, all else as text: a zero date is not a date to the driver."""
        if isinstance(sql_type, sql_types.Integer | sql_types.Numeric | sql_types.Float):
            return column
        if isinstance(sql_type, sql_types.String):
            return func.left(column, VALUE_CHARS)
        if isinstance(sql_type, sql_types.LargeBinary):
            return func.substring(column, 1, BINARY_BYTES)
        if isinstance(sql_type, _Bits):
            return column.op("+")(0)
        if isinstance(sql_type, _Spatial):
            return func.left(func.st_astext(column), VALUE_CHARS)
        if isinstance(sql_type, _Printable):
            return cast(column, sql_types.CHAR(VALUE_CHARS))
        # A type that we do not know may refuse to be made text.
        return func.substring(cast(column, sql_types.BINARY), 1, BINARY_BYTES)

    def sample(
        self,
        connection: Connection,
        relation: Relation,
        table: TableClause,
        project: Projection,
        rows: int,
        seed: int,
    ) -> Sampled:
        """Ranges of the primary or a unique key, else of another index; the head where there is none to be cut.

        An index with a null in it is none of these, for its nulls would be left out.
        """
        keys = [table.c[name] for name in relation.index]
        chosen = key_ranges(connection, table, project, keys, rows, seed) if keys else None
        return chosen or head(connection, table, project, rows)

    def all_rows(self, connection: Connection, statement: Select[Any], batch_rows: int) -> Sampled:
        """Streamed; the statement may last, and a silent server still times out."""
        return Sampled(stream(connection.execution_options(**{_LASTING: True}), statement, batch_rows), "all")

    def start_clock(self) -> None:
        """The server has a time-out of its own."""

    def rights(self, connection: Connection) -> Rights:
        """By the session's variable (which the two dialects spell differently) and the account's own list of grants."""
        name = "tx_read_only" if _is_mariadb(connection) else "transaction_read_only"
        is_read_only = bool(connection.scalar(text(f"SELECT @@session.{name}")))
        grants = [str(row[0]).upper() for row in connection.execute(text("SHOW GRANTS"))]
        may_write = any(_WRITES.search(grant.split(" ON ")[0]) for grant in grants if " ON " in grant)
        is_superuser = any(" ON *.* " in grant and _EVERYTHING.search(grant.split(" ON ")[0]) for grant in grants)
        return Rights(is_read_only, may_write, is_superuser, _is_encrypted(connection))

    def reason(self, error: BaseException) -> tuple[Reason, str | None]:
        """By the server's error number."""
        own = reason_without_driver(error) if isinstance(error, SQLAlchemyError) else None
        if own is not None:
            return own
        arguments = getattr(getattr(error, "orig", error), "args", ())
        number = arguments[0] if arguments and isinstance(arguments[0], int) else None
        if number is None or number == 0:
            return Reason.CONNECTION_LOST, None
        return _REASONS.get(number, Reason.QUERY_FAILED), str(number)

    def is_stale(self) -> bool:
        """The server sees to it that a statement reads one state of the database."""
        return False

    def close(self) -> None:
        """Nothing was made beside the engine."""


class _InformationSchema:
    """The definitions of a schema's tables and views, from four questions."""

    def __init__(self, connection: Connection, schema: str, names: list[str] | None) -> None:
        self._connection = connection
        self._schema = schema
        self._columns: dict[str, list[ColumnDefinition]] = defaultdict(list)
        self._keys: dict[str, dict[str, list[str]]] = defaultdict(lambda: defaultdict(list))
        self._indexes: dict[str, dict[str, list[str]]] = defaultdict(lambda: defaultdict(list))
        self._values: dict[str, dict[str, int]] = defaultdict(dict)
        self._references: dict[str, dict[str, tuple[str | None, str, str]]] = defaultdict(dict)
        for name, *details in self._ask(_COLUMNS, names):
            self._columns[name].append(_column(*details))
        for name, key, is_plain, values, column in self._ask(_KEYS, names):
            (self._indexes if int(is_plain) else self._keys)[name][key].append(column)
            self._values[name][key] = max(self._values[name].get(key, 0), values or 0)
        for name, column, *target in self._ask(_REFERENCES, names):
            self._references[name][column] = (target[0], target[1], target[2])

    def definition(self, name: str) -> Definition:
        """One table's or view's."""
        if name not in self._columns:
            # A view that is broken, or a table that is gone: the database says which.
            broken = table(quoted_name(name, quote=True), schema=quoted_name(self._schema, quote=True))
            self._connection.execute(select(literal_column("1")).select_from(broken).limit(0))
            raise NoSuchTableError
        keys = dict(self._keys[name])
        primary = keys.pop("PRIMARY", [])
        return Definition(
            tuple(self._columns[name]),
            tuple(primary),
            tuple(map(tuple, keys.values())),
            self._references[name],
            self._useful(name),
        )

    def _useful(self, name: str) -> tuple[tuple[str, ...], ...]:
        """Indexes with so many different values that rows from many of them are rows from all over the table."""
        values = self._values[name]
        found = [key for key in self._indexes[name] if values[key] >= _LEAST_VALUES]
        return tuple(tuple(self._indexes[name][key]) for key in sorted(found, key=lambda key: (-values[key], key)))

    def _ask(self, question: str, names: list[str] | None) -> Iterator[Sequence[Any]]:
        if names is None:
            return iter(self._connection.execute(text(question.format("")), {"schema": self._schema}))
        chosen = text(question.format("AND table_name IN :names")).bindparams(bindparam("names", expanding=True))
        return iter(self._connection.execute(chosen, {"schema": self._schema, "names": names}))


_COLUMNS = """
    SELECT table_name, column_name, data_type, column_type, is_nullable, column_comment
    FROM information_schema.columns WHERE table_schema = :schema {} ORDER BY table_name, ordinal_position
"""
#: Keys and other indexes; one that holds only the start of a column, or an expression, is none for us.
_KEYS = """
    SELECT table_name, index_name, non_unique, cardinality, column_name
    FROM information_schema.statistics
    WHERE table_schema = :schema AND index_type = 'BTREE' {}
    AND (table_name, index_name) NOT IN (
        SELECT table_name, index_name FROM information_schema.statistics
        WHERE table_schema = :schema AND (sub_part IS NOT NULL OR column_name IS NULL)
    )
    ORDER BY table_name, index_name, seq_in_index
"""
_REFERENCES = """
    SELECT table_name, column_name, referenced_table_schema, referenced_table_name, referenced_column_name
    FROM information_schema.key_column_usage
    WHERE table_schema = :schema AND referenced_table_name IS NOT NULL {}
"""


def _column(name: str, data_type: str, column_type: str, nullable: str, comment: str) -> ColumnDefinition:
    # Labels of enumerations are content and are left out.
    declared = data_type if data_type in ("enum", "set") else column_type
    return ColumnDefinition(name, _sql_type(data_type), declared.upper()[:60], nullable == "YES", comment or None)


def _sql_type(data_type: str) -> Any:
    kind = next((kind for kind, names in _TYPES.items() if data_type in names), None)
    return kind() if kind else sql_types.NullType()


class _Spatial(sql_types.UserDefinedType[Any]):
    """A type with ``ST_AsText``."""


class _Bits(sql_types.UserDefinedType[Any]):
    """Bits, which the driver gives as bytes."""


class _Printable(sql_types.UserDefinedType[Any]):
    """Any type that has a text of its own."""


_TYPES: dict[Any, set[str]] = {
    sql_types.Integer: {"tinyint", "smallint", "mediumint", "int", "integer", "bigint"},
    sql_types.Numeric: {"decimal", "numeric"},
    sql_types.Float: {"float", "double", "real"},
    sql_types.String: {"char", "varchar", "tinytext", "text", "mediumtext", "longtext", "enum", "set"},
    sql_types.LargeBinary: {"binary", "varbinary", "tinyblob", "blob", "mediumblob", "longblob"},
    _Bits: {"bit"},
    _Printable: {"date", "datetime", "timestamp", "time", "year", "json", "uuid", "inet4", "inet6"},
    _Spatial: {
        "geometry",
        "point",
        "linestring",
        "polygon",
        "multipoint",
        "multilinestring",
        "multipolygon",
        "geometrycollection",
        "geomcollection",
    },
}


def _is_encrypted(connection: Connection) -> bool:
    driver: Any = connection.connection.driver_connection
    if driver.unix_socket or is_this_machine(driver.host):
        return True
    cipher = connection.execute(text("SHOW SESSION STATUS LIKE 'Ssl_cipher'")).first()
    return cipher is not None and bool(cipher[1])


def _is_mariadb(connection: Connection) -> bool:
    return bool(getattr(connection.dialect, "is_mariadb", False))
