"""Redshift: read-only transactions through PostgreSQL's driver, stretches of the sort key. Never run on a cluster."""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from math import ceil
from typing import Any, ClassVar

from sqlalchemy import ColumnElement, Connection, Engine, TableClause, cast, create_engine, event, func, select, text
from sqlalchemy import types as sql_types
from sqlalchemy.dialects import registry
from sqlalchemy.dialects.postgresql.psycopg import PGDialect_psycopg
from sqlalchemy.engine import URL
from sqlalchemy.engine.default import DefaultDialect
from sqlalchemy.exc import SQLAlchemyError

from data_map.model import AssetKind, Reason
from scanners.sources.base import Rights
from scanners.sources.sql.dictionary import AskedHabits, Opaque, words
from scanners.sources.sql.habits import Projection, Relation, Sampled, between, head, wait_for_restarts
from scanners.sources.wire import is_this_machine
from scanners.values import VALUE_CHARS

#: Places of the sort key from which rows are taken.
_PLACES = 20
_SORT_KEY = text('SELECT sortkey1 FROM svv_table_info WHERE "schema" = :schema AND "table" = :name')
_RIGHTS = text(
    """
    SELECT (SELECT COUNT(*) FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
            WHERE c.relkind = 'r' AND n.nspname NOT LIKE 'pg!_%' ESCAPE '!' AND n.nspname <> 'information_schema'
            AND (has_table_privilege(c.oid, 'INSERT') OR has_table_privilege(c.oid, 'UPDATE')
                 OR has_table_privilege(c.oid, 'DELETE'))),
           (SELECT COUNT(*) FROM pg_user WHERE usename = current_user AND usesuper)
    """
)


class RedshiftHabits(AskedHabits):
    """Redshift, which speaks PostgreSQL 8's language."""

    kind = "redshift"
    schemas_question = """
        SELECT nspname FROM pg_namespace
        WHERE nspname <> 'information_schema' AND nspname NOT LIKE 'pg!_%' ESCAPE '!' ORDER BY nspname
    """
    names_question = """
        SELECT c.relname, CASE c.relkind WHEN 'v' THEN 'view' ELSE 'table' END
        FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
        WHERE n.nspname = :schema AND c.relkind IN ('r', 'v')
    """
    columns_question = """
        SELECT c.relname, a.attname, format_type(a.atttypid, a.atttypmod), NOT a.attnotnull,
               col_description(c.oid, a.attnum)
        FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid JOIN pg_namespace n ON n.oid = c.relnamespace
        WHERE n.nspname = :schema AND c.relkind IN ('r', 'v') AND a.attnum > 0 AND NOT a.attisdropped
        ORDER BY c.relname, a.attnum
    """
    #: Declared, not enforced: Redshift checks no key.
    keys_question = """
        SELECT t.table_name, t.constraint_name, t.constraint_type = 'PRIMARY KEY', k.column_name
        FROM information_schema.table_constraints t
        JOIN information_schema.key_column_usage k
            ON k.constraint_schema = t.constraint_schema AND k.constraint_name = t.constraint_name
            AND k.table_name = t.table_name
        WHERE t.table_schema = :schema AND t.constraint_type IN ('PRIMARY KEY', 'UNIQUE')
        ORDER BY t.table_name, t.constraint_name, k.ordinal_position
    """
    references_question = """
        SELECT k.table_name, k.column_name, u.table_schema, u.table_name, u.column_name
        FROM information_schema.referential_constraints r
        JOIN information_schema.key_column_usage k
            ON k.constraint_schema = r.constraint_schema AND k.constraint_name = r.constraint_name
        JOIN information_schema.key_column_usage u
            ON u.constraint_schema = r.unique_constraint_schema AND u.constraint_name = r.unique_constraint_name
            AND u.ordinal_position = k.ordinal_position
        WHERE k.table_schema = :schema
    """
    statistics_question = """
        SELECT "table", tbl_rows, size * 1048576, NULL FROM svv_table_info WHERE "schema" = :schema
    """
    numbers = words("smallint integer bigint numeric real boolean") | {"double precision"}
    texts = words("text character bpchar varchar") | {"character varying"}
    opaque = words("geometry geography hllsketch")
    has_sqlstates = True
    reasons: ClassVar = {
        **dict.fromkeys(("42501", "28"), Reason.NO_PERMISSION),
        **dict.fromkeys(("3D", "3F", "42P01", "42703"), Reason.NOT_FOUND),
        "57014": Reason.TIMED_OUT,
        **dict.fromkeys(("55P03", "40"), Reason.LOCKED),
        **dict.fromkeys(("57P", "08"), Reason.CONNECTION_LOST),
    }

    def __init__(self) -> None:
        """One instance serves one database."""
        self._is_on_this_machine = False

    def open(self, url: URL, timeout_s: float) -> Engine:
        """Each transaction is begun as a read-only one; statements time out."""
        import psycopg

        self._is_on_this_machine = is_this_machine(url.host)
        registry.register("redshift.privacy", __name__, "RedshiftDialect")
        engine = create_engine(
            url.set(drivername="redshift+privacy", port=url.port or 5439),
            hide_parameters=True,
            pool_size=1,
            max_overflow=2,
            pool_pre_ping=True,
            use_native_hstore=False,
            connect_args={
                "connect_timeout": ceil(max(2.0, min(timeout_s, 10))),
                "application_name": "privacy scan",
                # The server would say UNICODE, which the driver does not know.
                "client_encoding": "utf8",
                "prepare_threshold": None,
                # Values are put into the statement on this side: the server is from before the newer protocol.
                "cursor_factory": psycopg.ClientCursor,
            },
        )

        @event.listens_for(engine, "connect")
        def make_read_only(connection: Any, record: Any) -> None:
            with connection.cursor() as cursor:
                cursor.execute(f"SET statement_timeout TO {int(timeout_s * 1000)}")
            connection.commit()
            connection.read_only = True

        wait_for_restarts(engine)
        return engine

    def type_of(self, declared: str) -> Any:
        """Semi-structured values and bytes have functions of their own."""
        if declared == "super":
            return _Super()
        return _Bytes() if declared.startswith(("varbyte", "binary varying", "bytea")) else super().type_of(declared)

    def project(self, column: ColumnElement[Any], sql_type: Any) -> ColumnElement[Any]:
        """Numbers as they are, bytes cut, what is nested as JSON, all else as text."""
        if isinstance(sql_type, sql_types.Numeric | Opaque):
            return column
        if isinstance(sql_type, _Bytes):
            return func.substring(column, 1, VALUE_CHARS)
        if isinstance(sql_type, _Super):
            column = func.json_serialize(column)
        elif not isinstance(sql_type, sql_types.String):
            column = cast(column, sql_types.VARCHAR())
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
        """Stretches of the sort key, by which whole blocks are passed over; the head where there is none."""
        if relation.kind is AssetKind.TABLE:
            key = _sort_key(connection.engine, relation)
            if key is not None and key in table.c:
                chosen = stretches(connection, table, project, table.c[key], rows, seed)
                if chosen is not None:
                    return chosen
        return head(connection, table, project, rows)

    def rights(self, connection: Connection) -> Rights:
        """Every transaction is begun read-only; what the account may do stands in the catalog."""
        writable, superuser = connection.execute(_RIGHTS).one()
        used: Any = connection.connection.driver_connection
        is_encrypted = bool(used.pgconn.ssl_in_use) or self._is_on_this_machine
        return Rights(bool(used.read_only), bool(writable), bool(superuser), is_encrypted)

    def reason(self, error: BaseException) -> tuple[Reason, str | None]:
        """By SQLSTATE; the driver has none for a connection that could not be opened."""
        reason, code = super().reason(error)
        original = getattr(error, "orig", None)
        if code is None and reason is Reason.QUERY_FAILED and type(original).__name__ == "OperationalError":
            refused = "authentication failed" in str(original)
            return (Reason.NO_PERMISSION, "28000") if refused else (Reason.CONNECTION_FAILED, None)
        return reason, code

    def code(self, error: BaseException) -> str | None:
        """SQLSTATE."""
        return getattr(error, "sqlstate", None)


def _sort_key(engine: Engine, relation: Relation) -> str | None:
    """Asked for on a connection of its own: a refusal would end the transaction."""
    try:
        with engine.connect() as connection:
            found = connection.scalar(_SORT_KEY, {"schema": relation.schema, "name": relation.name})
    except SQLAlchemyError:  # only some accounts may see it
        return None
    return str(found) if found else None


def stretches(
    connection: Connection, table: TableClause, project: Projection, key: ColumnElement[Any], rows: int, seed: int
) -> Sampled | None:
    """Rows from behind random points of a sort key; None for a key that has no points between its ends.

    There is no index: each further question would read the column again, so that only its ends are asked for.
    """
    low, high = connection.execute(select(func.min(key), func.max(key))).one()
    rng = random.Random(seed)  # noqa: S311 - chooses rows, guards nothing
    points = [point for point in (between(low, high, rng) for _ in range(_PLACES - 1)) if point is not None]
    if low is None or not points:
        return None
    starts = [low, *sorted(set(points))]
    share = ceil(rows / len(starts))

    def read() -> Iterator[Sequence[Any]]:
        wanted = rows
        for place, start in enumerate(starts):
            end = [key < starts[place + 1]] if place + 1 < len(starts) else []
            statement = select(*project(table)).select_from(table).where(key >= start, *end).limit(min(share, wanted))
            found = connection.execute(statement).all()
            wanted -= len(found)
            yield from found
            if not wanted:
                return

    return Sampled(read(), "key_ranges")


class RedshiftDialect(PGDialect_psycopg):
    """PostgreSQL's dialect without the questions about itself that Redshift cannot answer."""

    supports_statement_cache = True

    def initialize(self, connection: Connection) -> None:
        """Nothing is asked but the schema."""
        self.server_version_info = (8, 0, 2)
        DefaultDialect.initialize(self, connection)

    def _get_server_version_info(self, connection: Connection) -> Any:
        return (8, 0, 2)

    def _get_default_schema_name(self, connection: Connection) -> str:
        return str(connection.exec_driver_sql("SELECT current_schema()").scalar())

    def get_default_isolation_level(self, dbapi_conn: Any) -> Any:
        """The only one that Redshift has."""
        return "SERIALIZABLE"


class _Super(sql_types.UserDefinedType[Any]):
    """Semi-structured values."""


class _Bytes(sql_types.UserDefinedType[Any]):
    """Bytes."""
