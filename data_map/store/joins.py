"""Joins in the store: what scans measured and what people decided, every row as it was written."""

from __future__ import annotations

import json
from collections.abc import Iterable
from datetime import datetime
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from data_map.errors import NotAllowedError
from data_map.joins import Pair
from data_map.model import FieldRef, JoinDecision, JoinMeasure, Term
from data_map.store import connection as db
from data_map.store import tables as t

if TYPE_CHECKING:
    from data_map.store.store import Store

_CHILD = ("child_source", "child_asset", "child_field")
_PARENT = ("parent_source", "parent_asset", "parent_field")


def keep(store: Store, scan_id: int, measures: Iterable[JoinMeasure]) -> None:
    """Keep what a scan measured. A second measure of a pair in the same scan replaces the first."""
    rows = {(measure.child, measure.parent): measure for measure in measures}
    if not rows:
        return
    now = store.now()
    m = t.join_measure.c
    with db.writing(store.engine) as connection:
        known = connection.execute(sa.select(t.join_measure).where(m.scan_id == scan_id)).all()
        again = [row.id for row in known if (_ref(row, _CHILD), _ref(row, _PARENT)) in rows]
        for start in range(0, len(again), 500):
            connection.execute(sa.delete(t.join_measure).where(m.id.in_(again[start : start + 500])))
        connection.execute(
            sa.insert(t.join_measure),
            [
                {
                    "scan_id": scan_id,
                    **_columns(measure.child, measure.parent),
                    "tested": measure.tested,
                    "found": measure.found,
                    "method": measure.method,
                    "score": measure.score,
                    "terms": json.dumps([{"text": term.text, "weight": term.weight} for term in measure.terms]),
                    "measured_at": now,
                }
                for measure in rows.values()
            ],
        )


def has_looks(store: Store, scan_id: int) -> bool:
    """Whether a scan looked at any asset: one that found nothing changed did not."""
    query = sa.select(t.asset_scan.c.id).where(t.asset_scan.c.scan_id == scan_id).limit(1)
    with store.reading() as connection:
        return connection.scalar(query) is not None


def measures(connection: Connection, scan_id: int | None = None) -> list[JoinMeasure]:
    """The latest measure of each pair, or the latest one up to a scan, by child and parent."""
    m = t.join_measure.c
    query = sa.select(t.join_measure).order_by(m.scan_id, m.id)
    if scan_id is not None:
        query = query.where(m.scan_id <= scan_id)
    latest = {Pair(_ref(row, _CHILD), _ref(row, _PARENT)): row for row in connection.execute(query)}
    return [
        JoinMeasure(
            *pair, row.tested, row.found, row.method, row.score, tuple(Term(**item) for item in json.loads(row.terms))
        )
        for pair, row in sorted(latest.items())
    ]


def decide(store: Store, decision: JoinDecision) -> None:
    """Keep a person's verdict on a join; it replaces an earlier one on the same pair, which stays in the table."""
    verdict = "accepted" if decision.is_accepted else "refused"
    details = {"child": str(decision.child), "parent": str(decision.parent)}
    with store.writing(f"map.join.{verdict}", str(decision.child), details) as connection:
        _insert(connection, decision, verdict)


def withdraw(store: Store, pair: Pair, author: str, reason: str, at: datetime) -> None:
    """Take back the verdict on a pair, so that the machine's counts again.

    Raises:
        NotAllowedError: there is none.
    """
    details = {"child": str(pair.child), "parent": str(pair.parent)}
    with store.writing("map.join.withdrawn", str(pair.child), details) as connection:
        if pair not in {Pair(one.child, one.parent) for one in decisions(connection)}:
            msg = f"there is no decision on {pair.child} → {pair.parent} to withdraw"
            raise NotAllowedError(msg)
        _insert(connection, JoinDecision(*pair, False, author, reason, at), "withdrawn")


def decisions(connection: Connection) -> list[JoinDecision]:
    """The latest decision on each pair that was not withdrawn, by child and parent."""
    latest: dict[Pair, JoinDecision] = {}
    for row in connection.execute(sa.select(t.join_decision).order_by(t.join_decision.c.id)):
        pair = Pair(_ref(row, _CHILD), _ref(row, _PARENT))
        if row.verdict == "withdrawn":
            latest.pop(pair, None)
        else:
            latest[pair] = JoinDecision(*pair, row.verdict == "accepted", row.author, row.reason, row.decided_at)
    return [latest[pair] for pair in sorted(latest)]


def _insert(connection: Connection, decision: JoinDecision, verdict: str) -> None:
    connection.execute(
        sa.insert(t.join_decision).values(
            **_columns(decision.child, decision.parent),
            verdict=verdict,
            author=decision.author,
            reason=decision.reason,
            decided_at=decision.decided_at,
        )
    )


def _columns(child: FieldRef, parent: FieldRef) -> dict[str, str]:
    names = (*_CHILD, *_PARENT)
    values = (child.source, child.asset, child.field, parent.source, parent.asset, parent.field)
    return dict(zip(names, values, strict=True))


def _ref(row: sa.Row[Any], names: tuple[str, str, str]) -> FieldRef:
    return FieldRef(*(getattr(row, name) for name in names))
