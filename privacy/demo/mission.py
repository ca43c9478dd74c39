"""What follows the scan in the demo: the record with its gaps, and one request with a pause."""

from __future__ import annotations

from datetime import date, timedelta
from importlib import resources
from typing import TYPE_CHECKING

from data_map.register import split
from data_map.store.activities import put_all
from privacy.app import App
from privacy.dsar.clock import Standing, standing
from privacy.dsar.identifiers import dumps
from privacy.dsar.model import Act, Event, Method
from privacy.dsar.store import has_sealed, open_request, record, requests, save_sealed
from privacy.dsar.workflow import apply
from privacy.law.model import QuestionKind
from privacy.vault import load_key, seal

if TYPE_CHECKING:
    from data_map.model import Source
    from data_map.store.store import Store
    from privacy.dsar.model import SubjectRequest
    from privacy.ropa.record import Record

#: Days before today on which the demo's request came in, was questioned and was answered.
_RECEIVED, _ASKED, _ANSWERED = 16, 14, 9


def declare(store: Store, author: str) -> None:
    """Put the company's declared activities into the store; those that are there already stay as they are."""
    text = resources.files("privacy.demo").joinpath("register.toml").read_text(encoding="utf-8")
    put_all(store, {_key(body): body for body in split(text)}, author)


def _key(body: str) -> str:
    from data_map.activities import parse

    return parse(body).key


def record_of(app: App, store: Store, configured: list[Source]) -> Record:
    """The record against what the scan has found."""
    from data_map.store.activities import latest
    from privacy.ropa.record import record_of as made

    bodies = [(version.key, version.body) for version in latest(store)]
    return made(app.config.organisation, bodies, store.load(today=app.today), configured, app.today)


def request(app: App, store: Store) -> Standing:
    """One request of access: received, its sender asked and confirmed. A second run finds the first one's."""
    known = requests(store)
    made = known[0] if known else _opened(app, store)
    return standing(made, app.today, app.config.controller_zone)


def _opened(app: App, store: Store) -> SubjectRequest:
    received = app.today - timedelta(days=_RECEIVED)
    made = open_request(
        store,
        regime="gdpr:DE",
        right="access",
        label="letter about a delivery",
        received=received,
        received_on=received,
        on=received,
    )
    key = load_key(app.key_path, create=not has_sealed(store))
    identifiers = {"name": ["Ottilie Brandwein"], "email": ["ottilie.brandwein@postkasten-velo-4711.de"]}
    save_sealed(store, made.id, "identifiers", seal(key, dumps(identifiers), f"{made.id}/identifiers"))
    for event in _events(app.today):
        record(store, made.id, lambda now, event=event: _allowed(now, event, app))  # type: ignore[misc]
    return requests(store)[0]


def _events(today: date) -> list[Event]:
    return [
        Event(Act.ASKED, today - timedelta(days=_ASKED), question=QuestionKind.IDENTITY),
        Event(Act.ANSWERED, today - timedelta(days=_ANSWERED), question=QuestionKind.IDENTITY),
        Event(Act.VERIFIED, today - timedelta(days=_ANSWERED), method=Method.CONTACT_ON_FILE),
    ]


def _allowed(now: SubjectRequest, event: Event, app: App) -> Event:
    apply(now, event, today=app.today, zone=app.config.controller_zone)
    return event
