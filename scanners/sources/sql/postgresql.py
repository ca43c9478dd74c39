"""PostgreSQL: read-only sessions, catalog estimates, TABLESAMPLE by page. Tested against a real server."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import chain, islice
from math import ceil
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    Engine,
    TableClause,
    Text,
    cast,
    create_engine,
    event,
    func,
    literal,
    select,
    tablesample,
    text,
)
from sqlalchemy import types as sql_types
from sqlalchemy.engine import URL, Inspector

from data_map.model import AssetKind, Reason
from scanners.sources.base import Rights
from scanners.sources.sql.habits import BINARY_BYTES, Relation, Sampled, Statistics, head
from scanners.values import VALUE_CHARS

_BLOCK_BYTES = 8192
#: Rows a page is taken to hold while the table was never analysed.
_ROWS_A_BLOCK = 50
#: Below this many pages a table is read from its start: as cheap, and exact.
_SMALL_BLOCKS = 20

_REASONS = {
    "42501": Reason.NO_PERMISSION,
    "28": Reason.NO_PERMISSION,
    "3D": Reason.NOT_FOUND,
    "42P01": Reason.NOT_FOUND,
    "42703": Reason.NOT_FOUND,
    "57014": Reason.TIMED_OUT,
    "55P03": Reason.LOCKED,
    "57P": Reason.CONNECTION_LOST,
    "08": Reason.CONNECTION_LOST,
}

_STATISTICS = text(
    """
    SELECT c.relname, c.reltuples, c.relpages, pg_relation_size(c.oid),
           s.n_tup_ins, s.n_tup_upd, s.n_tup_del
    FROM pg_catalog.pg_class c
    JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
    LEFT JOIN pg_catalog.pg_stat_all_tables s ON s.relid = c.oid
    WHERE n.nspname = :schema AND c.relkind IN ('r', 'p', 'm')
    """
)

_MAY_WRITE = text(
    """
    SELECT (SELECT rolsuper FROM pg_catalog.pg_roles WHERE rolname = current_user)
        OR EXISTS (
            SELECT FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
            WHERE c.relkind IN ('r', 'p') AND n.nspname NOT LIKE 'pg\\_%' AND n.nspname <> 'information_schema'
              AND has_table_privilege(c.oid, 'INSERT, UPDATE, DELETE, TRUNCATE')
        )
    """
)


class PostgresqlHabits:
    """PostgreSQL through psycopg 3."""

    kind = "postgresql"

    def open(self, url: URL, timeout_s: float) -> Engine:
        """Sessions are read-only by their own characteristics; statements and locks time out."""
        engine = create_engine(
            url.set(drivername="postgresql+psycopg"),
            hide_parameters=True,
            pool_size=1,
            max_overflow=1,
            connect_args={"connect_timeout": 10, "application_name": "privacy scan"},
        )
        settings = (
            "SET SESSION CHARACTERISTICS AS TRANSACTION READ ONLY",
            f"SET statement_timeout = {int(timeout_s * 1000)}",
            f"SET lock_timeout = {int(min(timeout_s, 5) * 1000)}",
            "SET idle_in_transaction_session_timeout = 600000",
        )

        @event.listens_for(engine, "connect")
        def make_read_only(connection: Any, record: Any) -> None:
            with connection.cursor() as cursor:
                for statement in settings:
                    cursor.execute(statement)
            connection.commit()

        return engine

    def schemas(self, inspector: Inspector, url: URL) -> list[str | None]:
        """Every schema but the system's own."""
        return [
            name for name in inspector.get_schema_names() if name != "information_schema" and not name.startswith("pg_")
        ]

    def statistics(self, connection: Connection, schema: str | None) -> dict[str, Statistics]:
        """From ``pg_class``: rows as of the last ANALYZE, pages as of now."""
        found = {}
        for name, tuples, _, size, *changes in connection.execute(_STATISTICS, {"schema": schema}):
            marker = "-".join(str(change) for change in changes) if any(changes) else None
            found[name] = Statistics(
                row_count=int(tuples) if tuples >= 0 else None,
                size_bytes=size,
                block_count=ceil(size / _BLOCK_BYTES),
                change_marker=marker,
            )
        return found

    def project(self, column: ColumnElement[Any], sql_type: Any) -> ColumnElement[Any]:
        """Numbers as they are, bytes cut, all else as text: the driver cannot give every date or domain."""
        if isinstance(sql_type, sql_types.Integer | sql_types.Numeric | sql_types.Boolean):
            return column
        if isinstance(sql_type, sql_types.LargeBinary):
            return func.substring(column, 1, BINARY_BYTES)
        if isinstance(sql_type, sql_types.Enum) or not isinstance(sql_type, sql_types.String):
            return func.left(cast(column, Text), VALUE_CHARS)
        return func.left(column, VALUE_CHARS)

    def sample(
        self,
        connection: Connection,
        relation: Relation,
        table: TableClause,
        columns: Sequence[Any],
        rows: int,
        seed: int,
    ) -> Sampled:
        """Pages chosen by ``TABLESAMPLE SYSTEM … REPEATABLE``; more of them when the first were too empty."""
        blocks = relation.statistics.block_count or 0
        if relation.kind is AssetKind.VIEW or blocks <= _SMALL_BLOCKS:
            return head(connection, table, columns, rows)
        known = relation.statistics.row_count
        rows_a_block = max(known / blocks, 1.0) if known else _ROWS_A_BLOCK
        percent = min(100.0, 100 * max(ceil(1.5 * rows / rows_a_block), 5) / blocks)
        while True:
            chosen = tablesample(table, func.system(percent), name="chosen", seed=literal(seed % 2**31))
            picked = [_rebind(column, table, chosen) for column in columns]
            result = iter(connection.execute(select(*picked).select_from(chosen).limit(rows)))
            first = list(islice(result, rows // 4))
            if len(first) == rows // 4 or percent >= 100:
                return Sampled(chain(first, result), "blocks")
            percent = min(100.0, percent * 8)

    def rights(self, connection: Connection) -> Rights:
        """By the session's setting, the role's attributes and its grants on tables of the user's schemas."""
        is_read_only = connection.scalar(text("SHOW transaction_read_only")) == "on"
        return Rights(is_read_only, bool(connection.scalar(_MAY_WRITE)))

    def reason(self, error: BaseException) -> tuple[Reason, str | None]:
        """By SQLSTATE, the longest known prefix first."""
        original = getattr(error, "orig", error)
        state = getattr(original, "sqlstate", None)
        if state is None:
            lost = getattr(error, "connection_invalidated", False)
            return (Reason.CONNECTION_LOST if lost else Reason.CONNECTION_FAILED), None
        for length in (5, 3, 2):
            if state[:length] in _REASONS:
                return _REASONS[state[:length]], state
        return Reason.QUERY_FAILED, state

    def close(self) -> None:
        """Nothing was made beside the engine."""


def _rebind(expression: Any, table: TableClause, chosen: Any) -> Any:
    from sqlalchemy.sql.util import ClauseAdapter

    return ClauseAdapter(chosen).traverse(expression)
