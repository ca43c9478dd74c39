"""Snowflake: statements with time-outs under a role that can only read, micro-partitions by SAMPLE SYSTEM."""

from __future__ import annotations

from typing import Any, ClassVar

from sqlalchemy import ColumnElement, Connection, Engine, TableClause, create_engine, func, select, text
from sqlalchemy import types as sql_types
from sqlalchemy.engine import URL, Inspector
from sqlalchemy.exc import SQLAlchemyError

from data_map.model import AssetKind, Reason
from scanners.sources.base import Rights
from scanners.sources.sql.catalog import Catalog
from scanners.sources.sql.dictionary import (
    LEAST_BLOCKS,
    MOST_TIMES,
    AskedHabits,
    Dictionary,
    Nested,
    driver,
    silence,
    words,
)
from scanners.sources.sql.habits import BINARY_BYTES, Projection, Relation, Sampled, head, stream, thinned
from scanners.values import VALUE_CHARS

_MAY_WRITE = text(
    """
    SELECT COUNT(*) FROM information_schema.table_privileges
    WHERE grantee = CURRENT_ROLE() AND table_schema <> 'INFORMATION_SCHEMA'
    AND privilege_type IN ('INSERT', 'UPDATE', 'DELETE', 'TRUNCATE', 'OWNERSHIP')
    """
)
#: Starts of SQLSTATEs.
_STATES = {
    "08": Reason.CONNECTION_FAILED,
    "28": Reason.NO_PERMISSION,
    "42501": Reason.NO_PERMISSION,
    "57014": Reason.TIMED_OUT,
    "HYT": Reason.TIMED_OUT,
}
_ALL_POWERFUL = ("ACCOUNTADMIN", "SYSADMIN", "SECURITYADMIN")


class SnowflakeHabits(AskedHabits):
    """Snowflake through its own driver and dialect."""

    kind = "snowflake"
    schemas_question = """
        SELECT schema_name FROM information_schema.schemata
        WHERE schema_name <> 'INFORMATION_SCHEMA' ORDER BY schema_name
    """
    names_question = """
        SELECT table_name, CASE table_type WHEN 'VIEW' THEN 'view' WHEN 'MATERIALIZED VIEW' THEN 'materialized_view'
                           ELSE 'table' END
        FROM information_schema.tables WHERE table_schema = :schema
    """
    columns_question = """
        SELECT table_name, column_name, data_type, CASE WHEN is_nullable = 'YES' THEN 1 ELSE 0 END, comment
        FROM information_schema.columns WHERE table_schema = :schema ORDER BY table_name, ordinal_position
    """
    statistics_question = """
        SELECT table_name, row_count, bytes, last_altered
        FROM information_schema.tables WHERE table_schema = :schema AND table_type <> 'VIEW'
    """
    numbers = words("number decimal numeric int integer bigint smallint tinyint float double real boolean")
    texts = words("text varchar char string")
    binaries = words("binary varbinary")
    opaque = words("vector file")
    #: A micro-partition holds at most so much, compressed.
    block_bytes = 16 * 2**20
    reasons: ClassVar = {
        **dict.fromkeys(("3001", "390100", "390144", "390189", "390201", "394400"), Reason.NO_PERMISSION),
        # For what may not be read the server says that it does not exist or is not authorised.
        **dict.fromkeys(("2003", "2043", "904", "250001:404"), Reason.NOT_FOUND),
        **dict.fromkeys(("604", "630"), Reason.TIMED_OUT),
        **dict.fromkeys(("625", "639"), Reason.LOCKED),
        **dict.fromkeys(("14", "250001", "250003", "290404", "290403", "251001"), Reason.CONNECTION_FAILED),
        **dict.fromkeys(("250002", "390112", "390114", "390195"), Reason.CONNECTION_LOST),
    }

    def open(self, url: URL, timeout_s: float) -> Engine:
        """A session whose statements time out. It cannot be made read-only: that is the role's part."""
        driver("snowflake.connector", "snowflake")
        driver("snowflake.sqlalchemy", "snowflake")
        silence("snowflake", "urllib3", "botocore", "boto3")
        seconds = max(1, int(timeout_s))
        engine = create_engine(
            url.set(drivername="snowflake"),
            hide_parameters=True,
            pool_size=1,
            max_overflow=1,
            connect_args={
                "login_timeout": max(2, min(seconds, 10)),
                "request_timeout": seconds + 5,
                # As it will be by default; said, so that the driver does not warn of it.
                "enable_server_session_keep_alive_auto_detection": False,
                "application": "privacy_scan",
                "session_parameters": {
                    "STATEMENT_TIMEOUT_IN_SECONDS": seconds,
                    "LOCK_TIMEOUT": max(1, min(seconds // 2, 5)),
                    "QUERY_TAG": "privacy scan",
                    # The driver would report on itself to its maker.
                    "CLIENT_TELEMETRY_ENABLED": False,
                },
            },
        )
        take_names_as_they_are(engine.dialect)
        return engine

    def schemas(self, inspector: Inspector, url: URL) -> list[str | None]:
        """The schema that the address names, as the catalog spells it; else every one of the database."""
        found = super().schemas(inspector, url)
        named = (url.database or "").partition("/")[2]
        return [name for name in found if not named or str(name).lower() == named.lower()]

    def catalog(
        self, connection: Connection, inspector: Inspector, schema: str | None, kind: AssetKind, names: list[str] | None
    ) -> Catalog:
        """Columns from the information schema, keys by SHOW: there is no view of them."""
        place = connection.dialect.identifier_preparer.quote_identifier(schema or "")
        keys = [
            (row["table_name"], row["constraint_name"], is_primary, row["column_name"])
            for show, is_primary in (("PRIMARY", True), ("UNIQUE", False))
            for row in _shown(connection, f"SHOW {show} KEYS IN SCHEMA {place}")
        ]
        references = [
            (
                row["fk_table_name"],
                row["fk_column_name"],
                row["pk_schema_name"],
                row["pk_table_name"],
                row["pk_column_name"],
            )
            for row in _shown(connection, f"SHOW IMPORTED KEYS IN SCHEMA {place}")
        ]
        return Dictionary(self.ask(connection, self.columns_question, schema), keys, references, self.type_of)

    def type_of(self, declared: str) -> Any:
        """Places on Earth have a function of their own to become text."""
        return _Spatial() if declared.lower() in ("geography", "geometry") else super().type_of(declared)

    def project(self, column: ColumnElement[Any], sql_type: Any) -> ColumnElement[Any]:
        """Numbers as they are, bytes cut, what is nested as JSON, all else as text."""
        if isinstance(sql_type, sql_types.Numeric):
            return column
        if isinstance(sql_type, sql_types.LargeBinary):
            return func.substr(column, 1, BINARY_BYTES)
        if isinstance(sql_type, Nested):
            column = func.to_json(column)
        elif isinstance(sql_type, _Spatial):
            column = func.st_astext(column)
        elif not isinstance(sql_type, sql_types.String):
            column = func.to_varchar(column)
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
        """Of a large table some micro-partitions, of a small one some rows; both repeatable while nothing changes."""
        known, blocks = relation.statistics.row_count, relation.statistics.block_count
        if relation.kind is not AssetKind.TABLE or not known or not blocks:
            return head(connection, table, project, rows)
        percent = min(100.0, 100 * 2 * rows / known)
        how = "BERNOULLI"
        if blocks > LEAST_BLOCKS:
            percent, how = max(percent, 100 * LEAST_BLOCKS / blocks), "SYSTEM"
        while True:
            clause = text(f"SAMPLE {how} ({percent:.6f}) SEED ({seed % 2**31})")
            chosen = select(*project(table)).select_from(table).suffix_with(clause).subquery("chosen")
            statement = select(*chosen.c)
            # Partitions hold far more rows than are wanted: of those, rows all over by what they hold.
            share = int(known * percent / 100 / (2 * rows)) if how == "SYSTEM" else 1
            if share > 1:
                statement = statement.where(func.mod(func.abs(func.hash(*chosen.c)), share) == seed % share)
            found, seen = thinned(stream(connection, statement.limit(MOST_TIMES * rows), rows), rows, seed)
            if seen >= rows // 2 or percent >= 100:
                return Sampled(iter(found), "blocks")
            percent = min(100.0, percent * 8)

    def rights(self, connection: Connection) -> Rights:
        """By the role in use: a session is never read-only here."""
        try:
            may_write: bool | None = bool(connection.scalar(_MAY_WRITE))
        except SQLAlchemyError:
            may_write = None
        role = str(connection.scalar(text("SELECT CURRENT_ROLE()")))
        return Rights(False, may_write, role in _ALL_POWERFUL, is_encrypted=True)

    def reason(self, error: BaseException) -> tuple[Reason, str | None]:
        """By the number; by the class of SQLSTATE where the number says nothing to us."""
        reason, code = super().reason(error)
        state = str(getattr(getattr(error, "orig", None), "sqlstate", None) or "")
        if reason is Reason.QUERY_FAILED:
            reason = next((found for start, found in _STATES.items() if state.startswith(start)), reason)
        return reason, code

    def code(self, error: BaseException) -> str | None:
        """The server's or the driver's number."""
        number = getattr(error, "errno", None)
        return str(number) if isinstance(number, int) and number > 0 else None


def take_names_as_they_are(dialect: Any) -> None:
    """The dialect reads a schema's name as a path, and stumbles over dots and quotes in it."""
    dialect.identifier_preparer.quote_schema = dialect.identifier_preparer.quote_identifier


def _shown(connection: Connection, statement: str) -> list[Any]:
    try:
        return list(connection.exec_driver_sql(statement).mappings())
    except SQLAlchemyError:  # welcome, not needed
        return []


class _Spatial(sql_types.UserDefinedType[Any]):
    """A type with ``ST_ASTEXT``."""
