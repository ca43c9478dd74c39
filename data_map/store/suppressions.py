"""Suppressions in the store: added, never changed; the latest row of a pattern and what it suppresses counts."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from data_map.errors import NotAllowedError, UsageError
from data_map.model import Suppression
from data_map.store import tables as t
from data_map.suppression import is_known

if TYPE_CHECKING:
    from data_map.store.store import Store


def latest(store: Store) -> list[Suppression]:
    """Every suppression that was not withdrawn, those that have ended among them, by pattern."""
    with store.reading() as connection:
        return read(connection)


def read(connection: Connection) -> list[Suppression]:
    """As ``latest``, as a connection sees them."""
    found: dict[tuple[str, str], Suppression] = {}
    for row in connection.execute(sa.select(t.suppression).order_by(t.suppression.c.id)):
        key = (row.pattern, row.what)
        if row.is_withdrawn:
            found.pop(key, None)
        else:
            found[key] = Suppression(row.pattern, row.what, row.author, row.reason, row.decided_at, row.until_on)
    return [found[key] for key in sorted(found)]


def suppress(store: Store, suppression: Suppression) -> None:
    """Keep a suppression; it replaces an earlier one of the same pattern and kind, which stays in the table.

    Raises:
        UsageError: it suppresses nothing that there is a name for, or its pattern is empty.
    """
    check(suppression)
    details = {"what": suppression.what, "until_on": suppression.until_on}
    with store.writing("map.suppressed", suppression.pattern, details) as connection:
        insert(connection, suppression)


def withdraw(store: Store, pattern: str, what: str, author: str, reason: str, at: datetime) -> None:
    """Take a suppression back, so that the machine's verdicts count again.

    Raises:
        NotAllowedError: there is none.
    """
    with store.writing("map.unsuppressed", pattern, {"what": what}) as connection:
        if (pattern, what) not in {(one.pattern, one.what) for one in read(connection)}:
            msg = f"there is no suppression of {what or 'every category'} by the pattern {pattern}"
            raise NotAllowedError(msg)
        insert(connection, Suppression(pattern, what, author, reason, at), is_withdrawn=True)


def check(suppression: Suppression) -> None:
    """Refuse what could never fit anything.

    Raises:
        UsageError: it suppresses nothing that there is a name for, or its pattern is empty.
    """
    if not suppression.pattern:
        msg = "the pattern of a suppression is empty"
        raise UsageError(msg)
    if not is_known(suppression.what):
        msg = f"there is no category, branch of categories or kind of hygiene finding {suppression.what!r}"
        raise UsageError(msg)


def insert(connection: Connection, suppression: Suppression, *, is_withdrawn: bool = False) -> None:
    """Add a row, as part of a transaction that tells it in the journal."""
    connection.execute(
        sa.insert(t.suppression).values(
            pattern=suppression.pattern,
            what=suppression.what,
            author=suppression.author,
            reason=suppression.reason,
            decided_at=suppression.decided_at,
            until_on=suppression.until_on,
            is_withdrawn=is_withdrawn,
        )
    )
