"""Everything people said of the map, read and taken over as one: decisions, suppressions, verdicts on joins."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from data_map.errors import NotAllowedError
from data_map.joins import Pair
from data_map.model import Decision, FieldRef, JoinDecision
from data_map.said import Kept, Said
from data_map.store import joins, suppressions
from data_map.store import tables as t

if TYPE_CHECKING:
    from data_map.store.store import Store

#: PostgreSQL's advisory lock under which an import compares and writes.
_LOCK = 0x70726976_0004


def read(store: Store) -> Kept:
    """As of now; decisions and suppressions that are over are among them."""
    with store.reading() as connection:
        return _read(connection)


def _read(connection: Connection) -> Kept:
    latest: dict[FieldRef, Decision | None] = {}
    for row in connection.execute(sa.select(t.decision).order_by(t.decision.c.id)):
        ref = FieldRef(row.source, row.asset, row.field)
        said = Decision(ref, row.category, row.author, row.reason, row.decided_at, row.until_on)
        latest[ref] = None if row.is_withdrawn else said
    withdrawn: dict[FieldRef | tuple[str, str] | Pair, bool] = {ref: one is None for ref, one in latest.items()}
    for row in connection.execute(sa.select(t.suppression).order_by(t.suppression.c.id)):
        withdrawn[row.pattern, row.what] = row.is_withdrawn
    for row in connection.execute(sa.select(t.join_decision).order_by(t.join_decision.c.id)):
        child = FieldRef(row.child_source, row.child_asset, row.child_field)
        parent = FieldRef(row.parent_source, row.parent_asset, row.parent_field)
        withdrawn[Pair(child, parent)] = row.verdict == "withdrawn"
    found = Said(
        tuple(one for _, one in sorted(latest.items(), key=lambda item: item[0]) if one is not None),
        tuple(suppressions.read(connection)),
        tuple(joins.decisions(connection)),
    )
    return Kept(found, frozenset(key for key, is_withdrawn in withdrawn.items() if is_withdrawn))


def put(store: Store, said: Said, based_on: Kept, told: Mapping[str, object]) -> None:
    """Keep all of it, in one step. ``told`` stands in the journal.

    Raises:
        NotAllowedError: somebody said something else since ``based_on`` was read; nothing is kept.
    """
    with store.writing("map.imported", "map", dict(told)) as connection:
        if connection.dialect.name == "postgresql":
            connection.execute(sa.select(sa.func.pg_advisory_xact_lock(_LOCK)))
        if _read(connection) != based_on:
            msg = "Somebody decided something while this was looked at; nothing was taken over. Try again."
            raise NotAllowedError(msg)
        for one in said.decisions:
            row = {
                "source": one.ref.source,
                "asset": one.ref.asset,
                "field": one.ref.field,
                "category": one.category,
                "until_on": one.until_on,
                "is_withdrawn": False,
            }
            connection.execute(sa.insert(t.decision).values(row | _signed(one)))
        for pattern in said.suppressions:
            suppressions.insert(connection, pattern)
        for join in said.joins:
            places = {
                f"{end}_{part}": getattr(ref, part)
                for end, ref in (("child", join.child), ("parent", join.parent))
                for part in ("source", "asset", "field")
            }
            verdict = {"verdict": "accepted" if join.is_accepted else "refused"}
            connection.execute(sa.insert(t.join_decision).values(places | verdict | _signed(join)))


def _signed(one: Decision | JoinDecision) -> dict[str, object]:
    return {"author": one.author, "reason": one.reason, "decided_at": one.decided_at}
