"""The record in the store: every version of every activity as its author wrote it, none ever changed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from data_map.errors import NotAllowedError
from data_map.store import tables as t
from data_map.store.store import Store

#: PostgreSQL's advisory lock under which versions follow each other.
_LOCK = 0x70726976_0003


@dataclass(frozen=True, slots=True)
class Version:
    """One version of an activity."""

    #: Higher than that of every earlier version.
    id: int
    key: str
    #: TOML.
    body: str
    #: As claimed by the login name or ``$PRIVACY_ACTOR``: a claim, not an authentication.
    author: str
    recorded_at: datetime
    is_removed: bool


@dataclass(frozen=True, slots=True)
class Imported:
    """What an import changed: keys, in the order of the file."""

    added: tuple[str, ...]
    changed: tuple[str, ...]
    unchanged: tuple[str, ...]


def latest(store: Store) -> list[Version]:
    """The version that counts of each activity, in the order in which they were first recorded."""
    with store.reading() as connection:
        return list(_latest(connection).values())


def history(store: Store, key: str) -> list[Version]:
    """Every version of an activity, removed ones among them, oldest first."""
    with store.reading() as connection:
        rows = connection.execute(sa.select(t.activity).where(t.activity.c.key == key).order_by(t.activity.c.id))
        return [_version(row) for row in rows]


def add(store: Store, key: str, body: str, author: str) -> None:
    """Keep a new activity.

    Raises:
        NotAllowedError: there is one of this key.
    """
    with store.writing("ropa.added", key) as connection:
        _lock(connection)
        if key in _latest(connection):
            msg = f"There is an activity {key} already. `privacy ropa edit {key}` changes it."
            raise NotAllowedError(msg)
        _append(connection, store, key, body, author)


def edit(store: Store, key: str, body: str, author: str, based_on: int) -> None:
    """Keep a new version of an activity that was made from the version ``based_on``.

    Raises:
        NotAllowedError: somebody else changed or removed it in the meantime.
    """
    with store.writing("ropa.edited", key) as connection:
        _lock(connection)
        found = _latest(connection).get(key)
        if found is None or found.id != based_on:
            what = "removed" if found is None else f"changed by {found.author}"
            msg = f"The activity {key} was {what} while you edited it; nothing was saved."
            raise NotAllowedError(msg)
        _append(connection, store, key, body, author)


def remove(store: Store, key: str, author: str, reason: str) -> None:
    """Take an activity out of the record; its versions stay.

    Raises:
        NotAllowedError: there is none.
    """
    with store.writing("ropa.removed", key, {"reason": reason}) as connection:
        _lock(connection)
        found = _latest(connection).get(key)
        if found is None:
            msg = f"There is no activity {key}."
            raise NotAllowedError(msg)
        _append(connection, store, key, found.body, author, is_removed=True)


def compare(store: Store | None, bodies: Mapping[str, str]) -> Imported:
    """What an import of these activities would change."""
    known = {} if store is None else {version.key: version.body for version in latest(store)}
    return _compared(known, bodies)


def put_all(store: Store, bodies: Mapping[str, str], author: str) -> Imported:
    """Keep all of these activities, by key, or none; those that are the same already stay as they are."""
    done = compare(store, bodies)
    if not done.added and not done.changed:
        return done
    details: dict[str, object] = {}
    with store.writing("ropa.imported", "record", details) as connection:
        _lock(connection)
        done = _compared({key: version.body for key, version in _latest(connection).items()}, bodies)
        for key in bodies:
            if key not in done.unchanged:
                _append(connection, store, key, bodies[key], author)
        details |= {"added": list(done.added), "changed": list(done.changed)}
    return done


def _compared(known: Mapping[str, str], bodies: Mapping[str, str]) -> Imported:
    return Imported(
        tuple(key for key in bodies if key not in known),
        tuple(key for key, body in bodies.items() if known.get(key, body) != body),
        tuple(key for key, body in bodies.items() if known.get(key) == body),
    )


def _latest(connection: Connection) -> dict[str, Version]:
    """Rows come oldest first: a key keeps the place of its first version and takes the content of its last."""
    found: dict[str, Version] = {}
    for row in connection.execute(sa.select(t.activity).order_by(t.activity.c.id)):
        found[row.key] = _version(row)
    return {key: version for key, version in found.items() if not version.is_removed}


def _version(row: sa.Row[tuple[object, ...]]) -> Version:
    return Version(row.id, row.key, row.body, row.author, row.recorded_at, row.is_removed)


def _append(
    connection: Connection, store: Store, key: str, body: str, author: str, *, is_removed: bool = False
) -> None:
    connection.execute(
        sa.insert(t.activity).values(key=key, body=body, author=author, recorded_at=store.now(), is_removed=is_removed)
    )


def _lock(connection: Connection) -> None:
    if connection.dialect.name == "postgresql":
        connection.execute(sa.select(sa.func.pg_advisory_xact_lock(_LOCK)))
