"""The journal in the store: appended in the very transaction of what it tells."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from data_map.journal import GENESIS, Entry, seal
from data_map.store import tables as t

#: PostgreSQL's advisory lock under which the next number is taken.
_LOCK = 7_203_114_002


def append(
    connection: Connection, *, at: datetime, actor: str, action: str, target: str, details: Mapping[str, object]
) -> Entry:
    """Add an entry to the end of the chain; it comes to stand together with the rest of the transaction."""
    if connection.dialect.name == "postgresql":
        connection.execute(sa.select(sa.func.pg_advisory_xact_lock(_LOCK)))
    j = t.journal.c
    last = connection.execute(sa.select(j.number, j.hash).order_by(j.number.desc()).limit(1)).one_or_none()
    number, previous = (last.number + 1, last.hash) if last else (1, GENESIS)
    plain = json.loads(json.dumps(details, default=str))
    entry = seal(number, at, actor, action, target, plain, previous)
    connection.execute(
        sa.insert(t.journal).values(
            number=number,
            at=at,
            actor=actor,
            action=action,
            target=target,
            details=json.dumps(plain, sort_keys=True),
            previous=previous,
            hash=entry.hash,
        )
    )
    return entry


def entries(connection: Connection) -> list[Entry]:
    """The whole journal, in order."""
    rows = connection.execute(sa.select(t.journal).order_by(t.journal.c.number))
    return [
        Entry(row.number, row.at, row.actor, row.action, row.target, json.loads(row.details), row.previous, row.hash)
        for row in rows
    ]
