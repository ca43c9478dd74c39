"""ClickHouse: read-only requests with a time-out, samples by the sampling key or along the primary key."""

from __future__ import annotations

import random
import re
from typing import Any, ClassVar

from sqlalchemy import ColumnElement, Connection, Engine, TableClause, create_engine, func, select, text
from sqlalchemy import types as sql_types
from sqlalchemy.engine import URL, Inspector
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.pool import QueuePool

from data_map.model import Reason
from scanners.sources.base import Rights
from scanners.sources.sql.dictionary import MOST_TIMES, AskedHabits, Nested, driver, silence, words
from scanners.sources.sql.habits import Projection, Relation, Sampled, head, key_ranges, stream, thinned
from scanners.sources.wire import is_this_machine
from scanners.values import VALUE_CHARS

_WRAPPED = re.compile(r"(?:Nullable|LowCardinality)\((.*)\)", re.DOTALL)
_WRITES = re.compile(r"\b(?:ALL|INSERT|ALTER|DROP|TRUNCATE|CREATE)\b(?! TEMPORARY| VIEW| NAMED)")
_SUPERUSER = re.compile(r"\b(?:ALL|SYSTEM|ACCESS MANAGEMENT)\b.* ON \*\.\*")


class ClickhouseHabits(AskedHabits):
    """ClickHouse over HTTP, through clickhouse-connect."""

    kind = "clickhouse"
    schemas_question = """
        SELECT name FROM system.databases WHERE lower(name) NOT IN ('system', 'information_schema') ORDER BY name
    """
    #: Tables that a materialised view keeps its rows in are read through the view.
    names_question = """
        SELECT name, multiIf(engine = 'MaterializedView', 'materialized_view', endsWith(engine, 'View'), 'view',
                             'table')
        FROM system.tables WHERE database = :schema AND NOT is_temporary AND NOT startsWith(name, '.inner')
    """
    columns_question = """
        SELECT table, name, type, position(type, 'Nullable(') IN (1, 16), comment
        FROM system.columns WHERE database = :schema AND default_kind <> 'EPHEMERAL' ORDER BY table, position
    """
    #: The marker: names of parts change with whatever is written, and with merges.
    statistics_question = """
        SELECT t.name, t.total_rows, t.total_bytes, nullIf(p.marker, '')
        FROM system.tables t
        LEFT JOIN (
            SELECT table, concat(toString(count()), '-', toString(groupBitXor(cityHash64(name)))) AS marker
            FROM system.parts WHERE database = :schema AND active GROUP BY table
        ) p ON p.table = t.name
        WHERE t.database = :schema
    """
    numbers = words(
        "int8 int16 int32 int64 int128 int256 uint8 uint16 uint32 uint64 uint128 uint256 float32 float64 bfloat16"
        " decimal decimal32 decimal64 decimal128 decimal256 bool"
    )
    texts = words("string")
    opaque = words("aggregatefunction nothing")
    reasons: ClassVar = {
        **dict.fromkeys(("192", "193", "194", "291", "497", "516"), Reason.NO_PERMISSION),
        **dict.fromkeys(("10", "16", "47", "60", "81", "218"), Reason.NOT_FOUND),
        **dict.fromkeys(("159", "160", "209", "394"), Reason.TIMED_OUT),
        **dict.fromkeys(("473", "519"), Reason.LOCKED),
        **dict.fromkeys(("210", "32", "999"), Reason.CONNECTION_LOST),
        **dict.fromkeys(("40", "246", "432"), Reason.DAMAGED),
        "243": Reason.NO_DISK_SPACE,
    }

    def __init__(self) -> None:
        """One instance serves one server."""
        self._is_encrypted: bool | None = None

    def open(self, url: URL, timeout_s: float) -> Engine:
        """Every request says that it is read-only and how long it may take; options of the address go to the driver."""
        dbapi = driver("clickhouse_connect.dbapi", "clickhouse")
        silence("clickhouse_connect", "urllib3")
        # An account that is read-only by itself may set nothing more: the driver is to leave out what it may not set.
        driver("clickhouse_connect.common", "clickhouse").set_setting("invalid_setting_action", "drop")
        options = self.options(url, timeout_s)
        self._is_encrypted = bool(options.get("secure")) or is_this_machine(url.host)
        return create_engine(
            "clickhousedb+connect://",
            creator=lambda: dbapi.connect(**options),
            poolclass=QueuePool,
            pool_size=1,
            max_overflow=1,
            hide_parameters=True,
        )

    def options(self, url: URL, timeout_s: float) -> dict[str, Any]:
        """What the driver is opened with."""
        secure = str(url.query.get("secure", "")).lower() in ("1", "true") or url.port in (443, 8443)
        return {
            "host": url.host or "localhost",
            "port": url.port,
            "username": url.username or "",
            "password": url.password or "",
            "database": url.database,
            "connect_timeout": max(2, min(int(timeout_s), 10)),
            "send_receive_timeout": int(timeout_s) + 5,
            **url.query,
            **settings(timeout_s),
            "secure": secure,
        }

    def schemas(self, inspector: Inspector, url: URL) -> list[str | None]:
        """The database that the address names, else every one but the system's own."""
        return [url.database] if url.database else super().schemas(inspector, url)

    def type_of(self, declared: str) -> Any:
        """By what a nullable or dictionary-encoded type wraps."""
        while wrapped := _WRAPPED.fullmatch(declared):
            declared = wrapped[1]
        kind = super().type_of(declared)
        if declared.startswith("FixedString"):
            return _Fixed()
        return Nested() if declared.startswith("Nested") else kind

    def project(self, column: ColumnElement[Any], sql_type: Any) -> ColumnElement[Any]:
        """Numbers as they are, what is nested as JSON, all else as text."""
        if isinstance(sql_type, sql_types.Numeric):
            return column
        if isinstance(sql_type, Nested):
            column = func.toJSONString(column)
        elif isinstance(sql_type, _Fixed):
            column = func.toStringCutToZero(column)
        elif not isinstance(sql_type, sql_types.String):
            column = func.toString(column)
        return func.substringUTF8(column, 1, VALUE_CHARS)

    def sample(
        self,
        connection: Connection,
        relation: Relation,
        table: TableClause,
        project: Projection,
        rows: int,
        seed: int,
    ) -> Sampled:
        """A stretch of the sampling key where the table has one, else ranges of the primary key, else the head."""
        question = text("SELECT sampling_key, primary_key FROM system.tables WHERE database = :schema AND name = :name")
        asked = connection.execute(question, {"schema": relation.schema, "name": relation.name}).first()
        sampling_key, primary_key = (str(part) for part in asked) if asked else ("", "")
        known = relation.statistics.row_count
        if sampling_key and known:
            ratio = min(1.0, 2 * rows / known)
            start = random.Random(seed).random() * (1 - ratio)  # noqa: S311 - chooses rows, guards nothing
            clause = text(f"SAMPLE {ratio:.12f} OFFSET {start:.12f}")
            chosen = select(*project(table)).select_from(table).suffix_with(clause).subquery("chosen")
            statement = select(*chosen.c).limit(MOST_TIMES * rows)
            found, seen = thinned(stream(connection, statement, rows), rows, seed)
            if seen >= rows // 2:
                return Sampled(iter(found), "key_ranges")
        # An expression in the key ends what rows can be found by quickly.
        names = {name for name, _ in relation.columns}
        keys = []
        for name in (part.strip().strip("`") for part in primary_key.strip("()").split(",")):
            if name not in names:
                break
            keys.append(table.c[name])
        ranges = key_ranges(connection, table, project, keys, rows, seed) if keys else None
        return ranges or head(connection, table, project, rows)

    def rights(self, connection: Connection) -> Rights:
        """By the session's setting and the account's grants, those of its roles included where the server tells."""
        is_read_only = connection.scalar(text("SELECT getSetting('readonly')")) not in (0, "0", None)
        try:
            grants = [str(row[0]) for row in connection.execute(text("SHOW GRANTS FINAL"))]
        except SQLAlchemyError:
            return Rights(is_read_only, None, None, self._is_encrypted)
        may_write = any(_WRITES.search(grant.split(" ON ")[0]) for grant in grants)
        return Rights(is_read_only, may_write, any(map(_SUPERUSER.search, grants)), self._is_encrypted)

    def reason(self, error: BaseException) -> tuple[Reason, str | None]:
        """An error without a number never reached the server."""
        reason, code = super().reason(error)
        is_driver_s = type(getattr(error, "orig", None)).__module__.startswith("clickhouse_connect")
        if code is None and is_driver_s and type(getattr(error, "orig", None)).__name__ == "OperationalError":
            return Reason.CONNECTION_FAILED, None
        return reason, code

    def code(self, error: BaseException) -> str | None:
        """The server's number."""
        number = getattr(error, "code", None)
        if isinstance(number, int):
            return str(number)
        found = re.search(r"\bCode: (\d+)", str(error)[:400])
        return found[1] if found else None


def settings(timeout_s: float) -> dict[str, int]:
    """What every request asks of the server."""
    return {
        # As 1, but the driver may still set what concerns the answer's form.
        "readonly": 2,
        "max_execution_time": max(1, int(timeout_s)),
        "lock_acquire_timeout": max(1, min(int(timeout_s / 2), 5)),
    }


class _Fixed(sql_types.UserDefinedType[Any]):
    """Texts that are filled up with NULs."""
