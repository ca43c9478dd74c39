"""Requests in the store: what never changes, the events, and the sealed items of the vault."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import date, datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from data_map.errors import UsageError
from data_map.journal import Entry
from data_map.store import journal
from data_map.store import tables as t
from data_map.store.store import Store
from privacy.audit import Written, WrittenEvent
from privacy.dsar.model import Act, Event, ExtensionReason, Method, Outcome, SubjectRequest, fold
from privacy.law.model import QuestionKind

#: PostgreSQL's advisory lock under which a request is opened or gets an event: two at once see each other.
_LOCK = 7_203_114_003


def open_request(
    store: Store, *, regime: str, right: str, label: str | None, received: date | datetime, received_on: date, on: date
) -> SubjectRequest:
    """Keep a new request; its id counts from 1 in the year of receipt."""
    request_id = ""
    event = Event(Act.OPENED, on)
    details = _told(event) | {"regime": regime, "right": right, "received": received.isoformat()}
    with store.writing("request.opened", lambda: request_id, details) as connection:
        _lock(connection)
        prefix = f"R-{received_on.year}-"
        ids = connection.scalars(sa.select(t.request.c.id).where(t.request.c.id.like(f"{prefix}%")))
        number = max((int(one.removeprefix(prefix)) for one in ids), default=0) + 1
        request_id = f"{prefix}{number:04}"
        connection.execute(
            sa.insert(t.request).values(
                id=request_id, regime=regime, right=right, label=label, received=received.isoformat()
            )
        )
        _insert(connection, request_id, event, store)
        return _load(connection, request_id)


def record(store: Store, request_id: str, decide: Callable[[SubjectRequest], Event]) -> SubjectRequest:
    """Add the event that ``decide`` makes of the request as it stands; what it raises leaves all as it was.

    Raises:
        UsageError: there is no such request.
    """
    details: dict[str, object] = {}
    with store.writing("request.changed", request_id, details) as connection:
        _lock(connection)
        event = decide(_load(connection, request_id))
        details.update(_told(event))
        _insert(connection, request_id, event, store)
        return _load(connection, request_id)


def written(store: Store) -> tuple[list[Entry], list[Written], list[WrittenEvent]]:
    """The journal, and the requests and events as they stand in the store at the same moment, unread."""
    r, e = t.request.c, t.request_event.c
    with store.reading() as connection:
        opened = connection.execute(sa.select(r.id, r.regime, r.right, r.received).order_by(r.id))
        on = sa.type_coerce(e.on, sa.Text)
        events = connection.execute(sa.select(e.request_id, e.kind, on, e.details, e.actor).order_by(e.id))
        return (
            journal.entries(connection),
            [Written(*row) for row in opened],
            [WrittenEvent(*row) for row in events],
        )


def has_sealed(store: Store) -> bool:
    """Whether the vault holds anything that only its key opens."""
    with store.reading() as connection:
        return connection.scalar(sa.select(t.vault_item.c.name).limit(1)) is not None


def requests(store: Store) -> list[SubjectRequest]:
    """Every request, by id."""
    with store.reading() as connection:
        return _loaded(connection, None)


def find(store: Store, request_id: str) -> SubjectRequest:
    """One request.

    Raises:
        UsageError: there is no such request.
    """
    with store.reading() as connection:
        return _load(connection, request_id)


def save_sealed(store: Store, request_id: str, name: str, sealed: str) -> None:
    """Keep a sealed item of a request; one of the same name is replaced."""
    v = t.vault_item.c
    with store.writing("request.vault_written", request_id, {"item": name}) as connection:
        connection.execute(sa.delete(t.vault_item).where(v.request_id == request_id, v.name == name))
        connection.execute(sa.insert(t.vault_item).values(request_id=request_id, name=name, sealed=sealed))


def open_sealed(store: Store, request_id: str, name: str) -> str | None:
    """A sealed item of a request, None when there is none. That it was opened is told in the journal."""
    v = t.vault_item.c
    with store.writing("request.vault_opened", request_id, {"item": name}) as connection:
        query = sa.select(v.sealed).where(v.request_id == request_id, v.name == name)
        sealed: str | None = connection.scalar(query)
        return sealed


def _lock(connection: Connection) -> None:
    if connection.dialect.name == "postgresql":
        connection.execute(sa.select(sa.func.pg_advisory_xact_lock(_LOCK)))


def _load(connection: Connection, request_id: str) -> SubjectRequest:
    found = _loaded(connection, request_id)
    if not found:
        msg = f"There is no request {request_id!r}. `privacy dsar list` shows them."
        raise UsageError(msg)
    return found[0]


def _loaded(connection: Connection, request_id: str | None) -> list[SubjectRequest]:
    rows, events = sa.select(t.request), sa.select(t.request_event)
    if request_id is not None:
        rows = rows.where(t.request.c.id == request_id)
        events = events.where(t.request_event.c.request_id == request_id)
    known = {
        row.id: SubjectRequest(row.id, row.regime, row.right, row.label, _received(row.received))
        for row in connection.execute(rows.order_by(t.request.c.id))
    }
    for row in connection.execute(events.order_by(t.request_event.c.id)):
        known[row.request_id] = fold(known[row.request_id], _event(row))
    return list(known.values())


def _received(text: str) -> date | datetime:
    return datetime.fromisoformat(text) if "T" in text else date.fromisoformat(text)


def _insert(connection: Connection, request_id: str, event: Event, store: Store) -> None:
    connection.execute(
        sa.insert(t.request_event).values(
            request_id=request_id,
            kind=event.act.value,
            on=event.on,
            details=json.dumps(_details(event), sort_keys=True),
            actor=store.actor,
            recorded_at=store.now(),
        )
    )


def _told(event: Event) -> dict[str, object]:
    """An event as the journal has it."""
    return _details(event) | {"act": event.act.value, "on": event.on.isoformat()}


def _details(event: Event) -> dict[str, object]:
    details: dict[str, object] = {}
    if event.question is not None:
        details["question"] = event.question.value
    if not event.is_prompt:
        details["prompt"] = False
    for key, value in (("method", event.method), ("reason", event.reason), ("outcome", event.outcome)):
        if value is not None:
            details[key] = value.value
    if event.grounds:
        details["grounds"] = list(event.grounds)
    return details


def _event(row: sa.Row[Any]) -> Event:
    details = json.loads(row.details)
    return Event(
        act=Act(row.kind),
        on=row.on,
        question=QuestionKind(details["question"]) if "question" in details else None,
        is_prompt=details.get("prompt", True),
        method=Method(details["method"]) if "method" in details else None,
        reason=ExtensionReason(details["reason"]) if "reason" in details else None,
        outcome=Outcome(details["outcome"]) if "outcome" in details else None,
        grounds=tuple(details.get("grounds", ())),
        actor=row.actor,
        recorded_at=row.recorded_at,
    )
