"""What differs between dialects, as the connector sees it."""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, Protocol

from sqlalchemy import ColumnElement, Connection, Engine, FromClause, Select, TableClause, select
from sqlalchemy.engine import URL, Inspector

from data_map.model import AssetKind, Reason
from scanners.sources.base import Rights

#: Of a binary value only this much is fetched: enough to see a file's magic number or a short text.
BINARY_BYTES = 512


@dataclass(frozen=True, slots=True)
class Statistics:
    """What the catalog says about one table, without touching its rows."""

    row_count: int | None = None
    size_bytes: int | None = None
    #: Pages of the table, where the dialect samples by page.
    block_count: int | None = None
    change_marker: str | None = None


@dataclass(frozen=True, slots=True)
class Relation:
    """A table or view with what is needed to sample it."""

    schema: str | None
    name: str
    kind: AssetKind
    #: (name, SQLAlchemy type) in the order of the table.
    columns: tuple[tuple[str, Any], ...]
    primary_key: tuple[str, ...]
    statistics: Statistics


@dataclass(frozen=True, slots=True)
class Sampled:
    """Rows as they come, with how they were chosen."""

    rows: Iterator[Sequence[Any]]
    sampling: str


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
        columns: Sequence[Any],
        rows: int,
        seed: int,
    ) -> Sampled:
        """About ``rows`` rows of a large table, never by reading all of it."""
        ...

    def rights(self, connection: Connection) -> Rights:
        """Whether the session is read-only, and whether the account could write in another one."""
        ...

    def reason(self, error: BaseException) -> tuple[Reason, str | None]:
        """What a driver's error means, and its code; never its message."""
        ...

    def close(self) -> None:
        """Give back what ``open`` made beside the engine."""
        ...


def head(connection: Connection, table: FromClause, columns: Sequence[Any], rows: int) -> Sampled:
    """The first rows as the database gives them: the last resort, and it says so."""
    return Sampled(iter(connection.execute(select(*columns).select_from(table).limit(rows))), "head")


def key_ranges(
    connection: Connection,
    table: TableClause,
    columns: Sequence[Any],
    key: ColumnElement[Any],
    rows: int,
    seed: int,
    strata: int = 20,
) -> Sampled | None:
    """Rows from ``strata`` equal ranges of an integer key, each read along the key's index from a seeded start.

    Where keys are sparse, the ranges that had more rows to give are read on. None when the key has no integer range.
    """
    low, high = connection.execute(select(*_extremes(key, table))).one()
    if not isinstance(low, int) or not isinstance(high, int) or high - low < strata:
        return None
    bounds = [low + (high - low + 1) * step // strata for step in range(strata + 1)]
    wanted = -(-rows // strata)
    rng = random.Random(seed)  # noqa: S311 - chooses rows, guards nothing
    starts = [low + rng.randrange(max(1, high - low - wanted)) for low, high in pairwise(bounds)]

    def read() -> Iterator[Sequence[Any]]:
        got = 0
        unread: list[tuple[int, int]] = []
        for start, stop in zip(starts, bounds[1:], strict=True):
            batch = connection.execute(_range(table, columns, key, start, stop, wanted)).all()
            got += len(batch)
            if len(batch) == wanted:
                unread.append((batch[-1][-1] + 1, stop))
            yield from (row[:-1] for row in batch)
        for start, stop in unread:
            if got >= rows:
                return
            batch = connection.execute(_range(table, columns, key, start, stop, rows - got)).all()
            got += len(batch)
            yield from (row[:-1] for row in batch)

    return Sampled(read(), "key_ranges")


def _extremes(key: ColumnElement[Any], table: TableClause) -> list[Any]:
    # Two scalar subqueries: one SELECT of both MIN and MAX makes SQLite walk the whole table.
    smallest = select(key).select_from(table).where(key.is_not(None)).order_by(key).limit(1).scalar_subquery()
    largest = select(key).select_from(table).where(key.is_not(None)).order_by(key.desc()).limit(1).scalar_subquery()
    return [smallest, largest]


def _range(
    table: TableClause, columns: Sequence[Any], key: ColumnElement[Any], start: int, stop: int, rows: int
) -> Select[Any]:
    return (
        select(*columns, key.label("sampling_key"))
        .select_from(table)
        .where(key >= start, key < stop)
        .order_by(key)
        .limit(rows)
    )
