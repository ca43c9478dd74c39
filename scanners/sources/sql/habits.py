"""What differs between dialects, as the connector sees it."""

from __future__ import annotations

import random
import time
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from math import ceil
from typing import Any, Protocol

from sqlalchemy import ColumnElement, Connection, Engine, FromClause, Select, TableClause, event, select
from sqlalchemy.engine import URL, Inspector
from sqlalchemy.exc import DBAPIError, NoSuchTableError

from data_map.model import AssetKind, Reason
from scanners.sources.base import Rights
from scanners.sources.sql.catalog import Catalog
from scanners.values import VALUE_CHARS

#: Of a binary value only this much is fetched: enough to see a file's magic number or a short text.
BINARY_BYTES = VALUE_CHARS
#: Places of an index from which rows are taken.
_RANGES = 20
#: How long a server that was there before is waited for in all, and how long between two attempts, in seconds.
_RESTART_S = 6.0
_RETRY_S = 0.25
#: Points tried for one cut, since a database may sort texts in another order than Python does.
_TRIES = 4


@dataclass(frozen=True, slots=True)
class Statistics:
    """What the catalog says about one table, without touching its rows."""

    row_count: int | None = None
    size_bytes: int | None = None
    #: Pages of the table, where the dialect samples by page.
    block_count: int | None = None
    change_marker: str | None = None
    #: Tables that hold its rows, when there are several: partitions, and tables that inherit from it.
    member_count: int | None = None


@dataclass(frozen=True, slots=True)
class Relation:
    """A table or view with what is needed to sample it."""

    schema: str | None
    name: str
    kind: AssetKind
    #: (name, SQLAlchemy type) in the order of the table.
    columns: tuple[tuple[str, Any], ...]
    #: The columns of an index along which rows can be chosen: the primary key, else a unique one.
    index: tuple[str, ...]
    statistics: Statistics


@dataclass(frozen=True, slots=True)
class Sampled:
    """Rows as they come, with how they were chosen."""

    rows: Iterator[Sequence[Any]]
    sampling: str


#: What is fetched of each row, seen from a table or from an alias of it.
Projection = Callable[[FromClause], list[ColumnElement[Any]]]


class Habits(Protocol):
    """The ways of one dialect."""

    kind: str

    def open(self, url: URL, timeout_s: float) -> Engine:
        """An engine whose every connection is read-only by the database's own means, with time-outs.

        Raises:
            UnreadableError: the database is not there or no connection can be opened.
        """
        ...

    def schemas(self, inspector: Inspector, url: URL) -> list[str | None]:
        """The schemas to look into, the system's own left out."""
        ...

    def names(self, connection: Connection, inspector: Inspector, schema: str | None, kind: AssetKind) -> list[str]:
        """The tables, materialised views or plain views of a schema; what is a part of another table is left out."""
        ...

    def catalog(
        self, connection: Connection, inspector: Inspector, schema: str | None, kind: AssetKind, names: list[str] | None
    ) -> Catalog:
        """The definitions of the tables of a schema; ``names``: the only ones that will be asked for, None for all."""
        ...

    def statistics(self, connection: Connection, schema: str | None) -> dict[str, Statistics]:
        """Estimates for the tables of a schema from the catalog; a table may be missing."""
        ...

    def project(self, column: ColumnElement[Any], sql_type: Any) -> ColumnElement[Any]:
        """The column as it is fetched: capped in length, and in a type that the driver can always give."""
        ...

    def sample(
        self,
        connection: Connection,
        relation: Relation,
        table: TableClause,
        project: Projection,
        rows: int,
        seed: int,
    ) -> Sampled:
        """At most, and about, ``rows`` rows of a table that has more, never by reading all of it."""
        ...

    def all_rows(self, connection: Connection, statement: Select[Any], batch_rows: int) -> Sampled:
        """Every row, streamed: the time-out is that of a batch, not of the whole table."""
        ...

    def start_clock(self) -> None:
        """Begin the time-out of the next statement or batch, where the database itself has none."""
        ...

    def rights(self, connection: Connection) -> Rights:
        """Whether the session is read-only, and whether the account could write in another one."""
        ...

    def reason(self, error: BaseException) -> tuple[Reason, str | None]:
        """What a driver's error means, and its code; never its message."""
        ...

    def is_stale(self) -> bool:
        """Whether the database changed since ``open`` in a way that spoils what is read; then it is opened again."""
        ...

    def close(self) -> None:
        """Give back what ``open`` made beside the engine."""
        ...


def reason_without_driver(error: BaseException) -> tuple[Reason, str | None] | None:
    """What an error means that SQLAlchemy raised itself; None for one that came from the driver."""
    if isinstance(error, DBAPIError):
        return None
    if isinstance(error, NoSuchTableError):
        return Reason.NOT_FOUND, None
    return Reason.QUERY_FAILED, None


def wait_for_restarts(engine: Engine, connector: Callable[..., Any] | None = None) -> None:
    """Make an engine that has been connected once try again for a while when it cannot connect any more.

    A server that is started anew then costs the table that was being read, and not all that follow. The seconds are
    those of the whole engine, so that a server that is gone for good is not waited for at each table. ``connector``:
    what connects in place of the driver's own function.
    """
    patience_s = _RESTART_S
    was_connected = False

    @event.listens_for(engine, "do_connect")
    def connect(dialect: Any, record: Any, arguments: Any, options: Any) -> Any:
        nonlocal patience_s, was_connected
        while True:
            started = time.monotonic()
            try:
                connection = (connector or dialect.connect)(*arguments, **options)
            except dialect.loaded_dbapi.Error:
                time.sleep(_RETRY_S if was_connected and patience_s > 0 else 0)
                patience_s -= time.monotonic() - started
                if not was_connected or patience_s <= 0:
                    raise
            else:
                was_connected = True
                return connection


def head(connection: Connection, table: FromClause, project: Projection, rows: int) -> Sampled:
    """The first rows as the database gives them: the last resort, and it says so."""
    return Sampled(iter(connection.execute(select(*project(table)).select_from(table).limit(rows))), "head")


def stream(connection: Connection, statement: Select[Any], batch_rows: int) -> Iterator[Sequence[Any]]:
    """Rows as the database sends them, a batch in memory at a time."""
    result = connection.execution_options(yield_per=batch_rows).execute(statement)
    try:
        yield from result
    finally:  # also when the connection broke off: a cursor that is left open says so, later and elsewhere
        result.close()


def thinned(found: Iterator[Sequence[Any]], rows: int, seed: int) -> tuple[list[Sequence[Any]], int]:
    """Of all rows found, ``rows`` with equal chances (reservoir sampling), and how many there were."""
    rng = random.Random(seed)  # noqa: S311 - chooses rows, guards nothing
    kept: list[Sequence[Any]] = []
    seen = 0
    for seen, row in enumerate(found, 1):
        if seen <= rows:
            kept.append(row)
        elif (place := rng.randrange(seen)) < rows:
            kept[place] = row
    return kept, seen


def key_ranges(
    connection: Connection,
    table: TableClause,
    project: Projection,
    keys: Sequence[ColumnElement[Any]],
    rows: int,
    seed: int,
) -> Sampled | None:
    """Rows from many places along an index, each place read along the index and no further than it has to be.

    The index is cut at random points between keys that occur, so that gaps and crowds of keys do no harm. None when
    there is nothing to cut, as with keys of a type that has no points between.
    """
    index = _Index(connection, table, keys)
    ranges = _cut(index, random.Random(seed))  # noqa: S311 - chooses rows, guards nothing
    if len(ranges) < 2:
        return None
    share = ceil(rows / len(ranges))
    columns = project(table)

    def read() -> Iterator[Sequence[Any]]:
        wanted = rows
        unread = []
        for each in ranges:
            batch = index.read(columns, each, min(share, wanted))
            wanted -= len(batch)
            if len(batch) == share:
                unread.append((each, batch[-1][-1]))
            yield from (row[:-1] for row in batch)
        for each, last in unread:  # where others had fewer rows than their share
            if not wanted:
                return
            batch = index.read(columns, each, wanted, after=last)
            wanted -= len(batch)
            yield from (row[:-1] for row in batch)

    return Sampled(read(), "key_ranges")


@dataclass(frozen=True, slots=True, repr=False)  # keys are values
class _Range:
    """Rows whose first keys have the ``fixed`` values, and the next key one from ``low`` to ``high``, which occur."""

    fixed: tuple[Any, ...]
    low: Any
    high: Any


def _cut(index: _Index, rng: random.Random) -> list[_Range]:
    whole = index.extremes(())
    waiting = deque([whole] if whole else [])
    done: list[_Range] = []
    while waiting and len(waiting) + len(done) < _RANGES:
        each = waiting.popleft()
        if each.low == each.high:
            deeper = index.extremes((*each.fixed, each.low))
            waiting.extend([deeper] if deeper else [])
            done.extend([] if deeper else [each])
            continue
        points = [between(each.low, each.high, rng) for _ in range(_TRIES)]
        halves = next(filter(None, (index.halves(each, point) for point in points if point is not None)), None)
        waiting.extend(halves or [])
        done.extend([] if halves else [each])
    return [*done, *waiting]


class _Index:
    """The questions that an index answers by looking at a few of its entries."""

    def __init__(self, connection: Connection, table: TableClause, keys: Sequence[ColumnElement[Any]]) -> None:
        self._connection = connection
        self._table = table
        self._keys = keys

    def extremes(self, fixed: tuple[Any, ...]) -> _Range | None:
        """The range of the key after the fixed ones; None when there is no such key or no such row."""
        if len(fixed) == len(self._keys):
            return None
        key, same = self._key(fixed)
        low, high = self._ask(self._least(key, same), self._greatest(key, same))
        return None if low is None or high is None else _Range(fixed, low, high)

    def halves(self, each: _Range, point: Any) -> list[_Range] | None:
        """A range cut at a point; None when the database's order of keys leaves one half empty."""
        key, same = self._key(each.fixed)
        within = [*same, key >= each.low, key <= each.high]
        high, low = self._ask(self._greatest(key, [*within, key < point]), self._least(key, [*within, key >= point]))
        if low is None or high is None:
            return None
        return [_Range(each.fixed, each.low, high), _Range(each.fixed, low, each.high)]

    def read(
        self, columns: Sequence[ColumnElement[Any]], each: _Range, rows: int, after: Any = None
    ) -> Sequence[Sequence[Any]]:
        """The first rows of a range, or the first ones after a key. The key comes last in each row."""
        key, same = self._key(each.fixed)
        start = key >= each.low if after is None else key > after
        statement = (
            select(*columns, key.label("sampling_key"))
            .select_from(self._table)
            .where(*same, start, key <= each.high)
            .order_by(*self._keys[len(each.fixed) :])
            .limit(rows)
        )
        return self._connection.execute(statement).all()

    def _key(self, fixed: tuple[Any, ...]) -> tuple[ColumnElement[Any], list[ColumnElement[bool]]]:
        return self._keys[len(fixed)], [key == value for key, value in zip(self._keys, fixed, strict=False)]

    def _least(self, key: ColumnElement[Any], conditions: list[ColumnElement[bool]]) -> Any:
        return self._first(key, key, conditions)

    def _greatest(self, key: ColumnElement[Any], conditions: list[ColumnElement[bool]]) -> Any:
        return self._first(key, key.desc(), conditions)

    def _first(self, key: ColumnElement[Any], order: ColumnElement[Any], conditions: list[ColumnElement[bool]]) -> Any:
        return select(key).select_from(self._table).where(*conditions).order_by(order).limit(1).scalar_subquery()

    def _ask(self, *questions: Any) -> Sequence[Any]:
        # Scalar subqueries: one SELECT of both MIN and MAX makes SQLite walk the whole table.
        return self._connection.execute(select(*questions)).one()


def between(low: Any, high: Any, rng: random.Random) -> Any:
    """A random point above ``low`` and not above ``high``; None for types that have no points between, or no order."""
    if isinstance(low, str) and isinstance(high, str):
        if low > high or rng.random() < 0.5:  # the database may sort without regard to case
            low, high = low.lower(), high.lower()
        codes = _codes_between([ord(char) for char in low], [ord(char) for char in high], rng)
        # Half a surrogate pair is no character.
        return "".join(chr(0xE000 if 0xD800 <= code <= 0xDFFF else code) for code in codes) if codes else None
    if isinstance(low, bytes) and isinstance(high, bytes):
        codes = _codes_between(list(low), list(high), rng)
        return bytes(codes) if codes else None
    if isinstance(low, int) and isinstance(high, int):
        return rng.randint(low + 1, high) if low < high else None
    if isinstance(low, int | float) and isinstance(high, int | float):  # SQLite stores 2.0 as 2
        low, high = float(low), float(high)
    if type(low) is not type(high) or not isinstance(low, float | Decimal | date | timedelta) or not low < high:
        return None
    ratio = Decimal(rng.random()) if isinstance(low, Decimal) else rng.random()
    point = low + (high - low) * ratio
    return point if low < point else high


def _codes_between(low: list[int], high: list[int], rng: random.Random) -> list[int] | None:
    """The shared start of two texts, a code between those in which they first differ, and a rest that fits both."""
    if low >= high:
        return None
    same = next((place for place, pair in enumerate(zip(low, high, strict=False)) if pair[0] != pair[1]), len(low))
    least = low[same] if same < len(low) else 0
    if least >= high[same]:
        return high
    point = [*high[:same], rng.randint(least + 1, high[same])]
    # With a rest the point looks like a key, and lies anywhere among those that start alike. (A short text may be a
    # number, too, which SQLite then takes it for.)
    rest = [rng.randint(*sorted(pair)) for pair in zip(low[same + 1 :], high[same + 1 :], strict=False)]
    return [*point, *rest] if [*point, *rest] <= high else point
