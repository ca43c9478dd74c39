"""Oracle: read-only transactions, a time-out of each call, blocks by SAMPLE BLOCK. Never run on a server."""

from __future__ import annotations

import re
from typing import Any, ClassVar

from sqlalchemy import ColumnElement, Connection, Engine, TableClause, create_engine, event, func, literal_column, text
from sqlalchemy import types as sql_types
from sqlalchemy.engine import URL

from data_map.model import Reason
from scanners.sources.base import Rights
from scanners.sources.sql.dictionary import AskedHabits, Opaque, by_blocks, driver, words
from scanners.sources.sql.habits import Projection, Relation, Sampled, wait_for_restarts
from scanners.sources.wire import is_this_machine
from scanners.values import VALUE_CHARS

#: The most bytes that DBMS_LOB gives of a BLOB inside a query.
_BLOB_BYTES = 2000
_RIGHTS = text(
    """
    SELECT (SELECT COUNT(*) FROM session_privs WHERE privilege IN (
                'INSERT ANY TABLE', 'UPDATE ANY TABLE', 'DELETE ANY TABLE', 'DROP ANY TABLE', 'ALTER ANY TABLE',
                'CREATE TABLE', 'CREATE ANY TABLE'))
         + (SELECT COUNT(*) FROM user_tables)
         + (SELECT COUNT(*) FROM all_tab_privs WHERE privilege IN ('INSERT', 'UPDATE', 'DELETE', 'ALTER')
            AND grantee IN (SELECT role FROM session_roles UNION ALL SELECT USER FROM dual UNION ALL
                            SELECT 'PUBLIC' FROM dual)
            AND table_schema IN (SELECT username FROM all_users WHERE oracle_maintained = 'N')),
           (SELECT COUNT(*) FROM session_roles WHERE role = 'DBA'),
           SYS_CONTEXT('USERENV', 'NETWORK_PROTOCOL')
    FROM dual
    """
)


class OracleHabits(AskedHabits):
    """Oracle Database 12.1 and later through python-oracledb, which needs no client of Oracle's."""

    kind = "oracle"
    schemas_question = "SELECT username FROM all_users WHERE oracle_maintained = 'N' ORDER BY username"
    names_question = """
        SELECT t.table_name, 'table' FROM all_tables t
        WHERE t.owner = :schema AND t.nested = 'NO' AND t.secondary = 'N' AND t.dropped = 'NO'
        AND (t.iot_type IS NULL OR t.iot_type = 'IOT')
        AND NOT EXISTS (SELECT 1 FROM all_mviews m WHERE m.owner = t.owner AND m.mview_name = t.table_name)
        UNION ALL SELECT mview_name, 'materialized_view' FROM all_mviews WHERE owner = :schema
        UNION ALL SELECT view_name, 'view' FROM all_views WHERE owner = :schema
    """
    columns_question = """
        SELECT c.table_name, c.column_name, c.data_type, CASE WHEN c.nullable = 'Y' THEN 1 ELSE 0 END, k.comments
        FROM all_tab_columns c
        LEFT JOIN all_col_comments k
            ON k.owner = c.owner AND k.table_name = c.table_name AND k.column_name = c.column_name
        WHERE c.owner = :schema ORDER BY c.table_name, c.column_id
    """
    keys_question = """
        SELECT c.table_name, c.constraint_name, CASE WHEN c.constraint_type = 'P' THEN 1 ELSE 0 END, k.column_name
        FROM all_constraints c
        JOIN all_cons_columns k ON k.owner = c.owner AND k.constraint_name = c.constraint_name
        WHERE c.owner = :schema AND c.constraint_type IN ('P', 'U')
        ORDER BY c.table_name, c.constraint_name, k.position
    """
    references_question = """
        SELECT c.table_name, k.column_name, r.owner, r.table_name, r.column_name
        FROM all_constraints c
        JOIN all_cons_columns k ON k.owner = c.owner AND k.constraint_name = c.constraint_name
        JOIN all_cons_columns r
            ON r.owner = c.r_owner AND r.constraint_name = c.r_constraint_name AND r.position = k.position
        WHERE c.owner = :schema AND c.constraint_type = 'R'
    """
    #: The server's own list of changes lags behind by hours, so that it is no marker.
    statistics_question = "SELECT table_name, num_rows, blocks * 8192, NULL FROM all_tables WHERE owner = :schema"
    numbers = words("number float binary_float binary_double integer boolean")
    texts = words("varchar2 nvarchar2 char nchar varchar clob nclob")
    binaries = words("blob")
    opaque = words("raw long xmltype sdo_geometry anydata bfile")
    block_bytes = 8192
    reasons: ClassVar = {
        **dict.fromkeys(
            ("ORA-01017", "ORA-01031", "ORA-01045", "ORA-28000", "ORA-28001", "ORA-41900"), Reason.NO_PERMISSION
        ),
        # For a table that may not be read the server says that there is none.
        **dict.fromkeys(("ORA-00942", "ORA-00904", "ORA-12514", "ORA-12505", "DPY-6001", "DPY-6003"), Reason.NOT_FOUND),
        **dict.fromkeys(("ORA-01013", "ORA-03136", "DPY-4024"), Reason.TIMED_OUT),
        **dict.fromkeys(("ORA-00054", "ORA-00060", "ORA-04021"), Reason.LOCKED),
        **dict.fromkeys(
            ("ORA-03113", "ORA-03114", "ORA-03135", "ORA-00028", "ORA-02396", "DPY-1001", "DPY-4011"),
            Reason.CONNECTION_LOST,
        ),
        **dict.fromkeys(
            ("ORA-12541", "ORA-12170", "ORA-01033", "ORA-01034", "DPY-6000", "DPY-6005"), Reason.CONNECTION_FAILED
        ),
        **dict.fromkeys(("ORA-01578", "ORA-00600"), Reason.DAMAGED),
    }

    def __init__(self) -> None:
        """One instance serves one database."""
        self._host: str | None = None

    def open(self, url: URL, timeout_s: float) -> Engine:
        """The path of the address is a service; ``?sid=`` names an instance of the old way instead."""
        driver("oracledb", "oracle")
        self._host = url.host
        engine = create_engine(
            address(url),
            hide_parameters=True,
            pool_size=1,
            max_overflow=1,
            pool_pre_ping=True,
            connect_args={"tcp_connect_timeout": max(2.0, min(timeout_s, 10.0))},
        )

        @event.listens_for(engine, "connect")
        def limit(connection: Any, record: Any) -> None:
            connection.call_timeout = int(timeout_s * 1000)

        @event.listens_for(engine, "begin")
        def make_read_only(connection: Connection) -> None:
            connection.exec_driver_sql("SET TRANSACTION READ ONLY")

        wait_for_restarts(engine)
        return engine

    def type_of(self, declared: str) -> Any:
        """Dates, and types that want a function of their own to become text."""
        first = re.split("[(]", declared.lower())[0].strip()
        if first == "date":
            return _Date()
        if first.startswith("timestamp"):
            return _Timestamp()
        if first == "json":
            return _Json()
        return _RowId() if first in ("rowid", "urowid") else super().type_of(declared)

    def project(self, column: ColumnElement[Any], sql_type: Any) -> ColumnElement[Any]:
        """Numbers as they are, texts and the starts of BLOBs cut, dates as ISO 8601, all else as text."""
        if isinstance(sql_type, sql_types.Numeric | Opaque):
            return column
        if isinstance(sql_type, sql_types.String):
            return func.substr(column, 1, VALUE_CHARS)
        if isinstance(sql_type, sql_types.LargeBinary):
            return func.dbms_lob.substr(column, _BLOB_BYTES, 1)
        if isinstance(sql_type, _Date):
            # A day without a time of day is written as a day.
            return func.replace(func.to_char(column, _form("YYYY-MM-DD HH24:MI:SS")), _form(" 00:00:00"))
        if isinstance(sql_type, _Timestamp):
            return func.to_char(column, _form("YYYY-MM-DD HH24:MI:SS.FF6"))
        if isinstance(sql_type, _Json):
            return func.substr(func.json_serialize(column), 1, VALUE_CHARS)
        return func.rowidtochar(column) if isinstance(sql_type, _RowId) else func.to_char(column)

    def sample(
        self,
        connection: Connection,
        relation: Relation,
        table: TableClause,
        project: Projection,
        rows: int,
        seed: int,
    ) -> Sampled:
        """Random blocks, repeatable; the head where the catalog knows no blocks: views, external tables."""

        def clause(percent: float) -> str:
            return f"SAMPLE BLOCK ({min(max(percent, 0.000001), 99.999999):.6f}) SEED ({seed % 2**32})"

        return by_blocks(connection, relation, table, project, rows, seed, clause)

    def rights(self, connection: Connection) -> Rights:
        """Every transaction is begun read-only. What the account may do is asked of the session's privileges."""
        writable, dba, protocol = connection.execute(_RIGHTS).one()
        is_encrypted = is_this_machine(self._host) or str(protocol).lower() == "tcps"
        # A listener that encrypts by the server's own means still says tcp.
        return Rights(True, bool(writable), bool(dba), is_encrypted or None)

    def code(self, error: BaseException) -> str | None:
        """ORA-00942, DPY-4011."""
        found = getattr(error.args[0], "full_code", None) if error.args else None
        return str(found) if found else None


def address(url: URL) -> URL:
    """What SQLAlchemy takes for an instance is a service, unless the address says otherwise."""
    query = dict(url.query)
    instance = query.pop("sid", None)
    if instance:
        return url.set(drivername="oracle+oracledb", database=str(instance), query=query)
    if url.database and "service_name" not in query:
        return url.set(drivername="oracle+oracledb", database="", query={**query, "service_name": url.database})
    return url.set(drivername="oracle+oracledb")


def _form(literal: str) -> ColumnElement[Any]:
    return literal_column(f"'{literal}'")


class _Date(sql_types.UserDefinedType[Any]):
    """A day with a time of day, which is often midnight."""


class _Timestamp(sql_types.UserDefinedType[Any]):
    """Instants, with or without a time zone."""


class _Json(sql_types.UserDefinedType[Any]):
    """JSON in the binary form."""


class _RowId(sql_types.UserDefinedType[Any]):
    """Addresses of rows."""
