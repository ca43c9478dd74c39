"""Everything people said of the map, and what an import of it would change. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from typing import TypeAlias

from data_map.joins import Pair
from data_map.judgements import effect, fields_of, objection
from data_map.model import DataMap, Decision, FieldRef, JoinDecision, Suppression
from data_map.suppression import is_in_force

One: TypeAlias = Decision | Suppression | JoinDecision
#: What something is said of: a field, a pattern with what it covers, a pair of fields.
Key: TypeAlias = FieldRef | tuple[str, str] | Pair


@dataclass(frozen=True, slots=True)
class Said:
    """What people said; of each field, pattern and join the last word."""

    decisions: tuple[Decision, ...] = ()
    suppressions: tuple[Suppression, ...] = ()
    joins: tuple[JoinDecision, ...] = ()

    def __iter__(self) -> Iterator[One]:
        yield from self.decisions
        yield from self.suppressions
        yield from self.joins


@dataclass(frozen=True, slots=True)
class Kept:
    """What a store holds of it, and what was taken back there."""

    said: Said
    #: Of what the last word is a withdrawal.
    withdrawn: frozenset[Key]


@dataclass(frozen=True, slots=True)
class Conflict:
    """Something that the text says, and the store says otherwise."""

    theirs: One
    #: None when it was withdrawn here.
    ours: One | None


@dataclass(frozen=True, slots=True)
class Taking:
    """What an import would do."""

    #: Nobody said anything of it here.
    added: tuple[One, ...] = ()
    #: Said here too, in the same sense; who said it, when and why stays as it is here.
    same: tuple[One, ...] = ()
    conflicts: tuple[Conflict, ...] = ()
    #: Ended already: not worth taking.
    over: tuple[One, ...] = ()
    #: Suppressions that set aside too much to be taken without asking, each with the reason.
    objections: tuple[tuple[Suppression, str], ...] = ()
    #: Of fields that the map does not have (yet), among ``added`` and ``conflicts``.
    unknown: tuple[One, ...] = ()
    #: Said here and not in the text; it stays.
    others_count: int = 0

    def chosen(self, *, replacing: bool) -> Said:
        """What is to be kept: what is new, and with ``replacing`` what the text says otherwise."""
        wanted = (*self.added, *((one.theirs for one in self.conflicts) if replacing else ()))
        return Said(
            tuple(one for one in wanted if isinstance(one, Decision)),
            tuple(one for one in wanted if isinstance(one, Suppression)),
            tuple(one for one in wanted if isinstance(one, JoinDecision)),
        )


def taking(theirs: Said, kept: Kept, data_map: DataMap, today: date) -> Taking:
    """What an import of this would do to a store whose map this is."""
    ours = {key_of(one): one for one in kept.said}
    added: list[One] = []
    same: list[One] = []
    conflicts: list[Conflict] = []
    over: list[One] = []
    for one in theirs:
        key = key_of(one)
        before = ours.get(key)
        if not isinstance(one, JoinDecision) and not is_in_force(one, today):
            over.append(one)
        elif before is not None and sense_of(before) == sense_of(one):
            same.append(one)
        elif before is not None or key in kept.withdrawn:
            conflicts.append(Conflict(one, before))
        else:
            added.append(one)
    wanted = [*added, *(conflict.theirs for conflict in conflicts)]
    objections = [
        (one, why)
        for one in wanted
        if isinstance(one, Suppression) and (why := objection(one, effect(data_map, one, today))) is not None
    ]
    known = {item.field.ref for item in fields_of(data_map)}
    unknown = [one for one in wanted if not known.issuperset(_fields(one))]
    keys = {key_of(one) for one in theirs}
    return Taking(
        tuple(added),
        tuple(same),
        tuple(conflicts),
        tuple(over),
        tuple(objections),
        tuple(unknown),
        sum(key not in keys for key in ours),
    )


def sense_of(one: One) -> str:
    """What is said, without who said it, when and why."""
    if isinstance(one, JoinDecision):
        return "accepted" if one.is_accepted else "refused"
    until = f" until {one.until_on.isoformat()}" if one.until_on else ""
    if isinstance(one, Suppression):
        return f"set aside{until}"
    return f"{one.category or 'not personal'}{until}"


def _fields(one: One) -> tuple[FieldRef, ...]:
    if isinstance(one, Suppression):
        return ()
    return (one.ref,) if isinstance(one, Decision) else (one.child, one.parent)


def place_of(one: One) -> str:
    """What it is said of, in words."""
    if isinstance(one, Decision):
        return str(one.ref)
    if isinstance(one, Suppression):
        return f"{one.pattern} ({one.what or 'every category'})"
    return f"{one.child} joins {one.parent}"


def key_of(one: One) -> Key:
    """What it is said of."""
    if isinstance(one, Decision):
        return one.ref
    return (one.pattern, one.what) if isinstance(one, Suppression) else Pair(one.child, one.parent)
