"""PostgreSQL: read-only sessions, catalog estimates, TABLESAMPLE by page. Tested against a real server."""

from __future__ import annotations

import re
import time
from collections import defaultdict
from math import ceil
from typing import Any

import psycopg
from psycopg.adapt import Loader
from sqlalchemy import (
    ColumnElement,
    Connection,
    Engine,
    Select,
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
from sqlalchemy.exc import InterfaceError, OperationalError, SQLAlchemyError

from data_map.model import AssetKind, Reason
from scanners.sources.base import Rights
from scanners.sources.sql.catalog import Catalog, Reflection
from scanners.sources.sql.habits import (
    BINARY_BYTES,
    Projection,
    Relation,
    Sampled,
    Statistics,
    head,
    reason_without_driver,
    stream,
    thinned,
    wait_for_restarts,
)
from scanners.sources.wire import is_this_machine
from scanners.values import VALUE_CHARS

_NUMBERS = (sql_types.Integer, sql_types.Numeric, sql_types.Float, sql_types.Boolean)
_BLOCK_BYTES = 8192
#: Rows a page is taken to hold while nothing is known about the table.
_ROWS_A_BLOCK = 50
#: Never fewer pages than this are looked at, so that the rows come from many places.
_LEAST_BLOCKS = 20
#: Seconds that a server gets beyond the time-out, in which it ends a statement itself.
_GRACE_S = 5.0
#: More rows than this many times the wanted ones are not fetched, should the catalog be wrong.
_MOST_TIMES = 20

_REASONS = {
    "42501": Reason.NO_PERMISSION,
    "28": Reason.NO_PERMISSION,
    "3D": Reason.NOT_FOUND,
    "3F": Reason.NOT_FOUND,
    "42P01": Reason.NOT_FOUND,
    "42703": Reason.NOT_FOUND,
    "57014": Reason.TIMED_OUT,
    "55P03": Reason.LOCKED,
    "40": Reason.LOCKED,
    "57P": Reason.CONNECTION_LOST,
    "25P03": Reason.CONNECTION_LOST,
    "25P04": Reason.CONNECTION_LOST,
    "08": Reason.CONNECTION_LOST,
    "53100": Reason.NO_DISK_SPACE,
    "53400": Reason.NO_DISK_SPACE,
    "53300": Reason.CONNECTION_FAILED,
    "58030": Reason.DAMAGED,
    "58P01": Reason.DAMAGED,
    "XX001": Reason.DAMAGED,
    "XX002": Reason.DAMAGED,
}

#: What the server says when it refuses a connection: the driver passes on no SQLSTATE then, and in other languages
#: than English the reason stays ``connection_failed``.
_REFUSALS = (
    (re.compile("password authentication failed|no password supplied"), Reason.NO_PERMISSION, "28P01"),
    (
        re.compile(r'role ".*" does not exist|no pg_hba\.conf entry|not permitted to log in', re.DOTALL),
        Reason.NO_PERMISSION,
        "28000",
    ),
    (re.compile(r'database ".*" does not exist', re.DOTALL), Reason.NOT_FOUND, "3D000"),
    (re.compile("permission denied for database"), Reason.NO_PERMISSION, "42501"),
    (re.compile("too many (?:clients|connections)|connection slots are reserved"), Reason.CONNECTION_FAILED, "53300"),
    (re.compile("the database system is (?:starting up|shutting down|in recovery)"), Reason.CONNECTION_FAILED, "57P03"),
)

_KINDS = {AssetKind.TABLE: ["r", "p", "f"], AssetKind.MATERIALIZED_VIEW: ["m"], AssetKind.VIEW: ["v"]}

#: A table that inherits from another one and adds no column of its own is a part of that one, as a partition is.
_NAMES = text(
    """
    SELECT c.relname
    FROM pg_catalog.pg_class c
    JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
    WHERE n.nspname = :schema AND c.relkind::text = ANY (:kinds) AND NOT c.relispartition
      AND (
          NOT EXISTS (SELECT FROM pg_catalog.pg_inherits i WHERE i.inhrelid = c.oid)
          OR EXISTS (
              SELECT FROM pg_catalog.pg_attribute a
              WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped AND a.attinhcount = 0
          )
      )
    """
)

#: One row for each table, and for each other one that holds rows of it: partitions, and tables that inherit from it.
#: The size of a table that somebody has locked exclusively cannot be asked for without waiting.
_STATISTICS = text(
    """
    WITH RECURSIVE part (root, relid) AS (
        SELECT c.oid, c.oid
        FROM pg_catalog.pg_class c
        JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
        WHERE n.nspname = :schema AND c.relkind IN ('r', 'p', 'm') AND NOT c.relispartition
        UNION
        SELECT part.root, i.inhrelid FROM part JOIN pg_catalog.pg_inherits i ON i.inhparent = part.relid
    ), distant AS (
        SELECT part.root FROM part JOIN pg_catalog.pg_class f ON f.oid = part.relid AND f.relkind = 'f'
    ), locked AS (
        SELECT k.relation FROM pg_catalog.pg_locks k
        WHERE k.mode = 'AccessExclusiveLock' AND k.relation IS NOT NULL
    )
    SELECT c.relname, l.reltuples, l.relpages,
           CASE WHEN l.oid NOT IN (SELECT relation FROM locked) THEN pg_catalog.pg_relation_size(l.oid) END,
           pg_catalog.pg_stat_get_live_tuples(l.oid), pg_catalog.pg_stat_get_tuples_inserted(l.oid),
           pg_catalog.pg_stat_get_tuples_updated(l.oid), pg_catalog.pg_stat_get_tuples_deleted(l.oid),
           l.oid::bigint, l.relfilenode::bigint,
           part.root IN (SELECT root FROM distant)
    FROM part
    JOIN pg_catalog.pg_class c ON c.oid = part.root
    JOIN pg_catalog.pg_class l ON l.oid = part.relid AND l.relkind IN ('r', 'm')
    ORDER BY c.oid, l.oid
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

#: The role itself, whoever it stands in for, and what hosted servers have in place of a superuser. Roles that may only
#: read everything (``pg_read_all_data``) are none.
_IS_SUPERUSER = text(
    """
    SELECT bool_or(rolsuper OR (rolname IN ('rds_superuser', 'cloudsqlsuperuser', 'alloydbsuperuser', 'azure_pg_admin')
                                AND pg_catalog.pg_has_role(current_user, oid, 'MEMBER')))
    FROM pg_catalog.pg_roles
    WHERE rolname IN (current_user, session_user,
                      'rds_superuser', 'cloudsqlsuperuser', 'alloydbsuperuser', 'azure_pg_admin')
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
            pool_pre_ping=True,
            connect_args={
                "connect_timeout": ceil(max(2.0, min(timeout_s, 10))),
                "application_name": "privacy scan",
                "client_encoding": "utf8",
                # Statements differ from table to table, and poolers between us and the server dislike prepared ones.
                "prepare_threshold": None,
                # A machine that has fallen silent; for a server that has, see ``_impatient``.
                "tcp_user_timeout": int((timeout_s + _GRACE_S) * 1000),
            },
        )
        settings = (
            "SET SESSION CHARACTERISTICS AS TRANSACTION READ ONLY",
            f"SET statement_timeout = {int(timeout_s * 1000)}",
            f"SET lock_timeout = {int(min(timeout_s / 2, 5) * 1000)}",
            "SET idle_in_transaction_session_timeout = 600000",
            # A policy that hides rows is told as a refusal, instead of a part being taken for the whole.
            "SET row_security = off",
            # The same rows at every run, and one process of the server's for us.
            "SET synchronize_seqscans = off",
            "SET max_parallel_workers_per_gather = 0",
        )

        @event.listens_for(engine, "connect")
        def make_read_only(connection: Any, record: Any) -> None:
            with connection.cursor() as cursor:
                for statement in settings:
                    cursor.execute(statement)
            if connection.info.parameter_status("server_encoding") == "SQL_ASCII":
                # The server would refuse to send what is not UTF-8.
                connection.execute("SET client_encoding = 'SQL_ASCII'")
                for name in ("text", "name", "varchar", "bpchar"):
                    connection.adapters.register_loader(name, _AnyText)
            connection.commit()
            connection.read_only = True  # and each transaction says so again, whatever became of the session

        wait_for_restarts(engine, _impatient(timeout_s + _GRACE_S).connect)
        return engine

    def schemas(self, inspector: Inspector, url: URL) -> list[str | None]:
        """Every schema but the system's own."""
        return [
            name for name in inspector.get_schema_names() if name != "information_schema" and not name.startswith("pg_")
        ]

    def names(self, connection: Connection, inspector: Inspector, schema: str | None, kind: AssetKind) -> list[str]:
        """Foreign tables are tables; partitions are read through the table that they are a part of."""
        return [str(name) for name in connection.scalars(_NAMES, {"schema": schema, "kinds": _KINDS[kind]})]

    def catalog(
        self, connection: Connection, inspector: Inspector, schema: str | None, kind: AssetKind, names: list[str] | None
    ) -> Catalog:
        """By reflection."""
        return Reflection(inspector, schema, kind, names)

    def statistics(self, connection: Connection, schema: str | None) -> dict[str, Statistics]:
        """Rows a page as of the last ANALYZE, else the server's own count of changes; pages as of now."""
        parts: dict[str, list[Any]] = defaultdict(list)
        for name, *part in connection.execute(_STATISTICS, {"schema": schema}):
            parts[name].append(part)
        return {name: _total(each) for name, each in parts.items()}

    def project(self, column: ColumnElement[Any], sql_type: Any) -> ColumnElement[Any]:
        """Numbers as they are, bytes cut, all else as text: the driver cannot give every date or domain."""
        # Functions by their full names: a database may have functions of its own that are called the same.
        if isinstance(sql_type, _NUMBERS):
            return column
        if isinstance(sql_type, sql_types.LargeBinary):
            return func.pg_catalog.substring(column, 1, BINARY_BYTES)
        if isinstance(sql_type, sql_types.Enum) or not isinstance(sql_type, sql_types.String):
            return func.pg_catalog.left(cast(column, Text), VALUE_CHARS)
        return func.pg_catalog.left(column, VALUE_CHARS)

    def sample(
        self,
        connection: Connection,
        relation: Relation,
        table: TableClause,
        project: Projection,
        rows: int,
        seed: int,
    ) -> Sampled:
        """Pages by ``TABLESAMPLE SYSTEM … REPEATABLE``, thinned; more of them when the first were too empty."""
        blocks = relation.statistics.block_count or 0
        if not blocks:  # a foreign table, or one whose size could not be asked for
            return head(connection, table, project, rows)
        known = relation.statistics.row_count
        rows_a_block = max(known / blocks, 1.0) if known else _ROWS_A_BLOCK
        percent = min(100.0, 100 * max(ceil(1.2 * rows / rows_a_block), _LEAST_BLOCKS) / blocks)
        while True:
            chosen = tablesample(table, func.pg_catalog.system(percent), name="chosen", seed=literal(seed % 2**31))
            statement = select(*project(chosen)).select_from(chosen).limit(_MOST_TIMES * rows)
            sample, seen = thinned(stream(connection, statement, rows), rows, seed)
            if seen >= rows // 2 or percent >= 100:
                return Sampled(iter(sample), "blocks")
            percent = min(100.0, percent * 8)

    def all_rows(self, connection: Connection, statement: Select[Any], batch_rows: int) -> Sampled:
        """Through a cursor on the server, for which each batch is a statement."""
        return Sampled(stream(connection, statement, batch_rows), "all")

    def start_clock(self) -> None:
        """The server has a time-out of its own."""

    def rights(self, connection: Connection) -> Rights:
        """By the session's setting, the role's attributes and its grants on tables of the user's schemas."""
        is_read_only = connection.scalar(text("SHOW transaction_read_only")) == "on"
        may_write, is_superuser = bool(connection.scalar(_MAY_WRITE)), bool(connection.scalar(_IS_SUPERUSER))
        return Rights(is_read_only, may_write, is_superuser, _is_encrypted(connection))

    def reason(self, error: BaseException) -> tuple[Reason, str | None]:
        """By SQLSTATE, the longest known prefix first."""
        own = reason_without_driver(error) if isinstance(error, SQLAlchemyError) else None
        if own is not None:
            return own
        original = getattr(error, "orig", error)
        state = getattr(original, "sqlstate", None)
        if state is not None:
            if state.startswith("08") and not getattr(error, "connection_invalidated", False):
                return Reason.QUERY_FAILED, state  # another server could not be reached by a foreign table
            known = next((state[:length] for length in (5, 3, 2) if state[:length] in _REASONS), None)
            return (_REASONS[known] if known else Reason.QUERY_FAILED), state
        if getattr(error, "connection_invalidated", False):
            return Reason.CONNECTION_LOST, None
        if not isinstance(error, OperationalError | InterfaceError):  # the driver's own trouble with a value
            return Reason.QUERY_FAILED, None
        said = str(original)
        return next(
            ((reason, code) for pattern, reason, code in _REFUSALS if pattern.search(said)),
            (Reason.CONNECTION_FAILED, None),
        )

    def is_stale(self) -> bool:
        """The server sees to it that a statement reads one state of the database."""
        return False

    def close(self) -> None:
        """Nothing was made beside the engine."""


def _is_encrypted(connection: Connection) -> bool:
    """By the client's end of the wire: a pooler between us and the server would answer for its own connection."""
    driver: Any = connection.connection.driver_connection
    host = driver.info.hostaddr or driver.info.host
    return bool(driver.pgconn.ssl_in_use) or host.startswith(("/", "@")) or is_this_machine(host)


def _impatient(limit_s: float) -> type[psycopg.Connection[Any]]:
    """Connections that give a server up that takes what it is asked and never answers.

    The server's own time-outs end a statement before that, unless the server itself hangs, as on a disk that is gone:
    the driver would wait for ever.
    """

    class Impatient(psycopg.Connection[Any]):
        def wait(self, gen: Any, *args: Any, **options: Any) -> Any:
            return super().wait(self._bounded(gen), *args, **options)

        def _bounded(self, gen: Any) -> Any:
            deadline = time.monotonic() + limit_s
            try:
                wanted = next(gen)
                while True:
                    ready = yield wanted  # the driver comes back every tenth of a second, ready or not
                    if not ready and time.monotonic() > deadline:
                        gen.close()
                        self.pgconn.finish()
                        raise psycopg.OperationalError("no answer")
                    wanted = gen.send(ready)
            except StopIteration as done:
                return done.value

    return Impatient


class _AnyText(Loader):
    """For databases that do not say how their texts are encoded, and do not check it either."""

    def load(self, data: Any) -> str:
        return bytes(data).decode("utf-8", "replace")


def _total(parts: list[list[Any]]) -> Statistics:
    """The statistics of a table from those of the parts that hold its rows."""
    counts: list[int | None] = []
    sizes: list[int | None] = []
    changes: list[int] = []
    # A table that was emptied, or dropped and made anew, may come to the same counts of changes in another file.
    files: list[int] = []
    # What lies on another server changes without a trace on this one.
    has_foreign = False
    for tuples, pages, size, live, inserted, updated, deleted, *file, is_beside_foreign in parts:
        has_foreign |= bool(is_beside_foreign)
        sizes.append(size)
        changes.extend(int(change or 0) for change in (inserted, updated, deleted))
        files.extend(map(int, file))
        if size == 0:
            counts.append(0)
        elif tuples > 0 and pages > 0:
            counts.append(round(tuples / pages * size / _BLOCK_BYTES) if size else int(tuples))
        else:
            counts.append(live or None)
    size_bytes = sum(size for size in sizes if size is not None) if any(size is not None for size in sizes) else None
    return Statistics(
        row_count=sum(count for count in counts if count is not None) if None not in counts else None,
        size_bytes=size_bytes,
        block_count=size_bytes // _BLOCK_BYTES if size_bytes is not None else None,
        change_marker="-".join(map(str, (*changes, *files))) if any(changes) and not has_foreign else None,
        member_count=len(parts) if len(parts) > 1 else None,
    )
