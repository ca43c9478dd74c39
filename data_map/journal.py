"""The journal's entries and their chain: who did what, when, to what; never whose data. Pure.

Each entry carries the hash of the one before it, so that a change anywhere changes every hash after it. The chain
alone cannot show that its end was cut off, or that all of it was written anew: for that a head is kept elsewhere.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

#: What the first entry has for the hash of the one before it.
GENESIS = "0" * 64


@dataclass(frozen=True, slots=True)
class Entry:
    """One act."""

    #: 1, 2, 3, … without gaps.
    number: int
    at: datetime
    #: As claimed by the login name or ``$PRIVACY_ACTOR``: a claim, not an authentication.
    actor: str
    #: ``scan.begun``, ``map.decided``, ``request.opened``, …
    action: str
    #: The id or address of what was acted on.
    target: str
    details: Mapping[str, object]
    previous: str
    #: SHA-256, in hex, over everything above.
    hash: str


def seal(
    number: int, at: datetime, actor: str, action: str, target: str, details: Mapping[str, object], previous: str
) -> Entry:
    """An entry with its hash: SHA-256 of the JSON array of its parts, as ``docs/security.md`` spells it out."""
    mark = digest(number, at, actor, action, target, details, previous)
    return Entry(number, at, actor, action, target, details, previous, mark)


def digest(
    number: int, at: datetime, actor: str, action: str, target: str, details: Mapping[str, object], previous: str
) -> str:
    """The hash that an entry of these parts has to carry."""
    instant = at.astimezone(UTC).isoformat(timespec="microseconds")
    parts = [number, instant, actor, action, target, details, previous]
    text = json.dumps(parts, sort_keys=True, separators=(",", ":"), ensure_ascii=True)
    return hashlib.sha256(text.encode("ascii")).hexdigest()


@dataclass(frozen=True, slots=True)
class Verification:
    """What a walk along the chain found."""

    entry_count: int
    #: Hash of the last entry; ``GENESIS`` when there is none.
    head: str
    #: Number of the first entry that does not fit, with what is wrong with it; None when all fit.
    broken_at: int | None = None
    problem: str | None = None
    #: Number of the entry that has the head kept elsewhere; None when none was given or none has it.
    anchored_at: int | None = None
    is_anchor_missing: bool = False

    @property
    def is_intact(self) -> bool:
        """Whether nothing speaks against the chain."""
        return self.broken_at is None and not self.is_anchor_missing


def verify(entries: Sequence[Entry], head: str | None = None) -> Verification:
    """Walk the chain from its beginning. ``head``: a hash that was noted elsewhere and has to be in it."""
    previous = GENESIS
    for place, entry in enumerate(entries, start=1):
        problem = None
        if entry.number != place:
            problem = f"entry {place} is missing, or entries are out of order"
        elif entry.previous != previous:
            problem = "it does not follow the entry before it"
        elif entry.hash != digest(
            entry.number, entry.at, entry.actor, entry.action, entry.target, entry.details, entry.previous
        ):
            problem = "its content was changed"
        if problem is not None:
            return Verification(len(entries), previous, place, problem)
        previous = entry.hash
    if head is None:
        return Verification(len(entries), previous)
    if head == GENESIS:
        return Verification(len(entries), previous, anchored_at=0)
    anchored = next((entry.number for entry in entries if entry.hash == head), None)
    return Verification(len(entries), previous, anchored_at=anchored, is_anchor_missing=anchored is None)
