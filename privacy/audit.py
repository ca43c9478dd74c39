"""Whether the requests in the store are those that the journal tells of. Pure."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from data_map.journal import Entry


@dataclass(frozen=True, slots=True)
class Written:
    """A request as it stands in the store: what its dates are counted from."""

    id: str
    regime: str
    right: str
    received: str


@dataclass(frozen=True, slots=True)
class WrittenEvent:
    """An event of a request as it stands in the store."""

    request_id: str
    act: str
    on: str
    #: JSON object.
    details: str
    actor: str


def differences(entries: Sequence[Entry], requests: Iterable[Written], events: Sequence[WrittenEvent]) -> list[str]:
    """What the store and the journal tell differently about requests, a sentence each that names the request."""
    known = {one.id: one for one in requests}
    told = [one for one in entries if one.action in ("request.opened", "request.changed")]
    found = []
    for name in sorted({*known, *(one.target for one in told), *(one.request_id for one in events)}):
        problem = _difference(
            known.get(name),
            [one for one in events if one.request_id == name],
            [one for one in told if one.target == name],
        )
        if problem is not None:
            found.append(f"{name}: {problem}")
    return found


def _difference(request: Written | None, events: Sequence[WrittenEvent], told: Sequence[Entry]) -> str | None:
    opened = [one.details for one in told if one.action == "request.opened"]
    if request is None:
        return "the journal tells of it, and it is not in the store" if told else "it has events, and is not there"
    if len(opened) != 1:
        return "the journal does not tell that it was opened" if not opened else "it was opened more than once"
    for key, value in (("received", request.received), ("regime", request.regime), ("right", request.right)):
        if opened[0].get(key) != value:
            return f"its {key} is {value!r}, and the journal has {opened[0].get(key)!r}"
    if len(events) != len(told):
        return f"it has {len(events)} events, and the journal has {len(told)}"
    for number, (event, entry) in enumerate(zip(events, told, strict=True), start=1):
        if _plain(event) != _told(entry):
            return f"its event {number} ({event.act}, {event.on}) is not the one in entry {entry.number} of the journal"
    return None


def _plain(event: WrittenEvent) -> dict[str, object]:
    try:
        details = json.loads(event.details)
    except ValueError:
        details = None
    # What is no JSON object was not written by us, and is like nothing in the journal.
    given = details if isinstance(details, dict) else {"unreadable": True}
    return given | {"act": event.act, "on": event.on, "actor": event.actor}


def _told(entry: Entry) -> dict[str, object]:
    """The event of an entry, without what only an opened one has."""
    opening = ("regime", "right", "received") if entry.action == "request.opened" else ()
    return {key: value for key, value in entry.details.items() if key not in opening} | {"actor": entry.actor}
