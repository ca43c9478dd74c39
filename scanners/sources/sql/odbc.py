"""Any ODBC source: its catalog as every driver tells it, and the first rows of each table."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from itertools import islice
from math import ceil
from typing import Any, ClassVar

from sqlalchemy import ColumnElement, Connection, Engine, Select, TableClause, create_engine, event, select
from sqlalchemy import types as sql_types
from sqlalchemy.dialects import registry
from sqlalchemy.engine import URL, Inspector
from sqlalchemy.engine.default import DefaultDialect
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import IdentifierPreparer, SQLCompiler
from sqlalchemy.sql.functions import FunctionElement

from data_map.model import AssetKind, Reason
from scanners.sources.base import Rights
from scanners.sources.sql.catalog import Catalog
from scanners.sources.sql.dictionary import AskedHabits, Dictionary, Other, driver, words
from scanners.sources.sql.habits import Projection, Relation, Sampled, Statistics
from scanners.sources.wire import is_this_machine
from scanners.values import VALUE_CHARS, UnreadableError

#: How a database limits the rows of an answer, by the start of its name; of others rows are left unfetched.
_LIMITS = {
    "limit": words(
        "postgresql mysql mariadb sqlite vertica snowflake redshift greenplum hive impala spark presto trino h2 hsql"
        " monetdb exa clickhouse hdb cockroach"
    ),
    "fetch": words("oracle db2 derby apache firebird ingres"),
    "top": words("microsoft access teradata adaptive sybase sql sap"),
}
#: What makes a session read-only and gives its statements a time-out, by the start of the database's name.
_SESSION = {
    "postgresql": ("SET SESSION CHARACTERISTICS AS TRANSACTION READ ONLY", "SET statement_timeout = {ms}"),
    "mysql": ("SET SESSION TRANSACTION READ ONLY", "SET SESSION max_execution_time = {ms}"),
    "mariadb": ("SET SESSION TRANSACTION READ ONLY", "SET SESSION max_statement_time = {ms} / 1000"),
    "sqlite": ("PRAGMA query_only = ON",),
}
_SYSTEM = words("information_schema pg_catalog sys syscat sysibm sysstat systools mysql performance_schema")
_NUMBERS = {2, 3, 4, 5, 6, 7, 8, -5, -6, -7}
_TEXTS = {1, 12, -1, -8, -9, -10}
_BINARIES = {-2, -3, -4}
#: ``SQL_FN_STR_SUBSTRING`` in what a driver says of its functions.
_SUBSTRING = 0x800
_OPTION = re.compile(r"[A-Za-z][A-Za-z0-9_ ]{0,60}")


class OdbcHabits(AskedHabits):
    """Whatever there is a driver for, through pyodbc."""

    kind = "odbc"
    has_sqlstates = True
    reasons: ClassVar = {
        **dict.fromkeys(("28", "42501"), Reason.NO_PERMISSION),
        **dict.fromkeys(("42S02", "42S22", "S0002", "S0022", "42P01", "42703", "3D", "IM002"), Reason.NOT_FOUND),
        **dict.fromkeys(("HYT00", "57014", "HY008", "HY018"), Reason.TIMED_OUT),
        **dict.fromkeys(("40", "55P03"), Reason.LOCKED),
        **dict.fromkeys(("08001", "08004", "HYT01"), Reason.CONNECTION_FAILED),
        **dict.fromkeys(("08", "57P"), Reason.CONNECTION_LOST),
        # The driver's library is not there, or not for this machine.
        **dict.fromkeys(("01000", "IM003", "IM004"), Reason.MISSING_EXTRA),
    }

    def __init__(self) -> None:
        """One instance serves one source."""
        self._is_read_only: bool | None = None
        self._host: str | None = None
        self._can_cut = False
        self._database = ""
        self._has_limit = True

    def open(self, url: URL, timeout_s: float) -> Engine:
        """Read-only by what the driver manager offers, and by the database's own words where they are known."""
        pyodbc = driver("pyodbc", "odbc")
        text, self._host = connection_string(url), url.host
        registry.register("odbc.privacy", __name__, "OdbcDialect")

        def connect() -> Any:
            connection = pyodbc.connect(text, timeout=ceil(max(2.0, min(timeout_s, 10))), readonly=True)
            with suppress(pyodbc.Error):  # a driver without time-outs
                connection.timeout = ceil(timeout_s)
            return connection

        engine = create_engine(
            "odbc+privacy://",
            creator=connect,
            pool_size=1,
            max_overflow=1,
            pool_reset_on_return="rollback",
            hide_parameters=True,
        )

        @event.listens_for(engine, "connect")
        def make_read_only(connection: Any, record: Any) -> None:
            dbms = _dbms(connection)
            with suppress(pyodbc.Error):
                self._can_cut = bool(connection.getinfo(pyodbc.SQL_STRING_FUNCTIONS) & _SUBSTRING)
            self._has_limit = _limit_of(dbms) is not None
            self._database = str(connection.getinfo(pyodbc.SQL_DATABASE_NAME) or "")
            statements = next((said for name, said in _SESSION.items() if dbms.startswith(name)), ())
            if statements:
                cursor = connection.cursor()
                for statement in statements:
                    cursor.execute(statement.format(ms=int(timeout_s * 1000)))
                cursor.close()
                connection.commit()
                self._is_read_only = True

        return engine

    def schemas(self, inspector: Inspector, url: URL) -> list[str | None]:
        """Those of the tables that the driver tells of, without those that are known to be the system's."""
        assert isinstance(inspector.bind, Connection)  # noqa: S101 - the connector inspects a connection
        with _told(inspector.bind) as cursor:
            every = [row for row in cursor.tables() if row[3] in ("TABLE", "BASE TABLE", "VIEW")]
            found = {row[1] or None for row in every if self._is_here(row)}
        if every and not found:  # the address names none of the server's databases
            raise UnreadableError(Reason.NOT_FOUND, "3D000")
        return sorted(
            (name for name in found if name is None or name.lower() not in _SYSTEM), key=lambda name: name or ""
        )

    def names(self, connection: Connection, inspector: Inspector, schema: str | None, kind: AssetKind) -> list[str]:
        """Views only where the database is known to limit the rows that it sends of them."""
        types = {AssetKind.TABLE: ("TABLE", "BASE TABLE"), AssetKind.VIEW: ("VIEW",)}.get(kind, ())
        if not types or (kind is AssetKind.VIEW and not self._has_limit):
            return []
        with _told(connection) as cursor:
            every = list(cursor.tables())
        return [row[2] for row in every if self._is_here(row) and (row[1] or None) == schema and row[3] in types]

    def catalog(
        self, connection: Connection, inspector: Inspector, schema: str | None, kind: AssetKind, names: list[str] | None
    ) -> Catalog:
        """Columns of the whole schema at once, keys table by table, both as the driver tells them."""
        wanted = names if names is not None else self.names(connection, inspector, schema, kind)
        with _told(connection) as cursor:
            # The driver takes names as patterns: they are compared here.
            rows = [row for row in cursor.columns() if self._is_here(row) and (row[1] or None) == schema]
        codes = {str(row[5]): row[4] for row in rows}
        columns = [(row[2], row[3], row[5], row[10] != 0, row[11]) for row in rows]
        keys, references = [], []
        for name in wanted:
            with suppress(DBAPIError), _told(connection) as cursor:  # welcome, not needed
                found = sorted(cursor.primaryKeys(table=name, schema=schema), key=lambda row: row[4])
                keys.extend([(name, "primary", True, row[3]) for row in found if row[2] == name])
            with suppress(DBAPIError), _told(connection) as cursor:
                found = list(cursor.foreignKeys(foreignTable=name, foreignSchema=schema))
                references.extend([(name, row[7], row[1] or None, row[2], row[3]) for row in found if row[6] == name])
        return Dictionary(columns, keys, references, lambda declared: _type_of(codes[declared], declared))

    def _is_here(self, row: Any) -> bool:
        """Whether a table is in the database that is connected to: drivers tell of the server's others as well."""
        return not row[0] or row[0].lower() == self._database.lower()

    def statistics(self, connection: Connection, schema: str | None) -> dict[str, Statistics]:
        """Drivers tell none for a whole schema."""
        return {}

    def project(self, column: ColumnElement[Any], sql_type: Any) -> ColumnElement[Any]:
        """Texts cut where the driver says that it can; all else as the driver gives it, and cut here."""
        return _Cut(column) if self._can_cut and isinstance(sql_type, sql_types.String) else column

    def sample(
        self,
        connection: Connection,
        relation: Relation,
        table: TableClause,
        project: Projection,
        rows: int,
        seed: int,
    ) -> Sampled:
        """The first rows: there is no way to choose others that every database has."""
        found = connection.execute(select(*project(table)).select_from(table).limit(rows))

        def read() -> Iterator[Any]:
            yield from islice(found, rows)
            found.close()

        return Sampled(read(), "head")

    def rights(self, connection: Connection) -> Rights:
        """Whether the session was made read-only by the database's own words; an account cannot be asked."""
        return Rights(self._is_read_only, None, None, True if self._host and is_this_machine(self._host) else None)

    def code(self, error: BaseException) -> str | None:
        """SQLSTATE, by which the driver's errors begin."""
        state = error.args[0] if error.args else None
        return state if isinstance(state, str) and re.fullmatch("[0-9A-Z]{5}", state) else None


def connection_string(url: URL) -> str:
    """What the driver manager takes. Options of the address follow as they are.

    Raises:
        UnreadableError: the name of an option is none.
    """
    named = {"DSN": "dsn", "DRIVER": "driver"}
    given = {key.lower(): (key, str(value)) for key, value in url.query.items()}
    parts = {key: given.pop(name)[1] for key, name in named.items() if name in given}
    own = {"SERVER": url.host, "PORT": url.port, "DATABASE": url.database, "UID": url.username, "PWD": url.password}
    parts |= {key: str(value) for key, value in own.items() if value is not None and value != ""}
    parts |= dict(given.values())
    if not all(_OPTION.fullmatch(key) for key in parts):
        raise UnreadableError(Reason.CONNECTION_FAILED, "option")
    return ";".join(f"{key}={_braced(key, value)}" for key, value in parts.items())


def _braced(key: str, value: str) -> str:
    if key == "DRIVER" or re.search(r"[\[\]{}(),;?*=!@]", value) or value != value.strip():
        return "{" + value.strip("{}" if key == "DRIVER" else "").replace("}", "}}") + "}"
    return value


def _dbms(connection: Any) -> str:
    return str(connection.getinfo(driver("pyodbc", "odbc").SQL_DBMS_NAME)).lower()


def _limit_of(dbms: str) -> str | None:
    return next((style for style, names in _LIMITS.items() if dbms.startswith(tuple(names))), None)


def _type_of(code: int, declared: str) -> Any:
    """Drivers call everything a text that they have no other name for; only what the database calls one can be cut."""
    if code in _NUMBERS:
        return sql_types.Numeric()
    if code in _TEXTS and re.search("char|text|clob|string|memo", declared, re.IGNORECASE):
        return sql_types.String()
    return sql_types.LargeBinary() if code in _BINARIES else Other()


@contextmanager
def _told(connection: Connection) -> Iterator[Any]:
    """A cursor for the driver's own catalog functions, with its errors as SQLAlchemy's."""
    cursor = connection.connection.driver_connection.cursor()  # type: ignore[union-attr]
    try:
        yield cursor
    except driver("pyodbc", "odbc").Error as error:
        raise DBAPIError(None, None, error, hide_parameters=True) from None
    finally:
        cursor.close()


class _Cut(FunctionElement[Any]):
    """The start of a text, in the spelling that ODBC drivers translate into their database's own."""

    inherit_cache = True


@compiles(_Cut)
def _cut(element: _Cut, compiler: SQLCompiler, **options: Any) -> str:
    return f"{{fn SUBSTRING({compiler.process(element.clauses, **options)}, 1, {VALUE_CHARS})}}"


class OdbcCompiler(SQLCompiler):
    """Limits in the spelling of the database behind the driver."""

    dialect: OdbcDialect

    def get_select_precolumns(self, select: Select[Any], **kw: Any) -> str:
        """TOP, which has no offset: those rows are passed over when the answer comes."""
        before = super().get_select_precolumns(select, **kw)
        if self.dialect.limit_style == "top" and select._limit is not None:
            return f"{before}TOP {select._limit + (select._offset or 0)} "
        return before

    def limit_clause(self, select: Select[Any], **kw: Any) -> str:
        """Behind the statement."""
        if self.dialect.limit_style == "limit":
            return str(super().limit_clause(select, **kw))  # type: ignore[no-untyped-call]
        if self.dialect.limit_style == "fetch":
            return f" OFFSET {select._offset or 0} ROWS FETCH NEXT {select._limit} ROWS ONLY"
        return ""


class OdbcDialect(DefaultDialect):
    """As little as is needed to write SELECT statements in the quotes and limits of the database behind the driver."""

    name = "odbc"
    driver = "privacy"
    supports_statement_cache = False
    default_paramstyle = "qmark"
    statement_compiler = OdbcCompiler
    limit_style: str | None = None

    @classmethod
    def import_dbapi(cls) -> Any:
        """The driver manager's module."""
        return driver("pyodbc", "odbc")

    def initialize(self, connection: Connection) -> None:
        """Ask how names are quoted and which database it is."""
        used: Any = connection.connection.driver_connection
        quote = str(used.getinfo(self.loaded_dbapi.SQL_IDENTIFIER_QUOTE_CHAR)).strip()
        final = "]" if quote == "[" else quote
        self.identifier_preparer = IdentifierPreparer(self, initial_quote=quote, final_quote=final)
        self.limit_style = _limit_of(_dbms(used))
        super().initialize(connection)

    def do_execute(self, cursor: Any, statement: str, parameters: Any, context: Any = None) -> None:
        """Where the database has no offset, rows are passed over here."""
        cursor.execute(statement, parameters)
        asked = getattr(getattr(context, "compiled", None), "statement", None)
        if self.limit_style in ("top", None) and isinstance(asked, Select) and asked._offset:
            for _ in range(asked._offset):
                if cursor.fetchone() is None:
                    break

    def is_disconnect(self, e: Any, connection: Any, cursor: Any) -> bool:
        """By the class of SQLSTATE."""
        return bool(e.args) and str(e.args[0]).startswith("08")

    def get_isolation_level_values(self, dbapi_conn: Any) -> Any:
        """The only one that is asked for."""
        return ("AUTOCOMMIT",)

    def set_isolation_level(self, dbapi_connection: Any, level: Any) -> None:
        """One question a transaction."""
        dbapi_connection.autocommit = True

    def reset_isolation_level(self, dbapi_conn: Any) -> None:
        """Back to transactions that are rolled back."""
        dbapi_conn.autocommit = False

    def _get_default_schema_name(self, connection: Connection) -> str:
        return "main"
