"""What people said of the map and how that stands: what is over, what is gone, what the machine sees now. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date

from data_map.model import DataMap, Decision, FieldRef, FieldVerdict, MapField, Suppression
from data_map.suppression import covers, fits, is_in_force, is_universal, suppressed
from data_map.taxonomy import CATEGORIES, LegalClass

#: Days before its end from which something is said to end soon: time enough to ask somebody.
SOON_DAYS = 30


@dataclass(frozen=True, slots=True)
class JudgedField:
    """A decision, with what has become of its field."""

    decision: Decision
    #: Days it still holds, its last one included; negative when it is over, None when it has no end.
    days_left: int | None
    #: The machine's verdict of now; None when the field is not in the map (any more).
    machine: FieldVerdict | None
    #: The machine's verdict when the person decided; None when there was none.
    machine_then: FieldVerdict | None

    @property
    def is_over(self) -> bool:
        """Whether it has ended and counts for nothing."""
        return self.days_left is not None and self.days_left < 0

    @property
    def is_ending(self) -> bool:
        """Whether it ends within ``SOON_DAYS``."""
        return self.days_left is not None and 0 <= self.days_left <= SOON_DAYS

    @property
    def is_gone(self) -> bool:
        """Whether there is no such field in the map (any more)."""
        return self.machine is None

    @property
    def is_contradicted(self) -> bool:
        """Whether the machine sees something else than the person, and something else than it saw back then.

        A decision that overrules a verdict is no contradiction: the person knew of it.
        """
        now, then = self.machine, self.machine_then
        if now is None or now.category == self.decision.category:
            return False
        if not now.state.is_personal and self.decision.category is not None:
            # That nothing is found any more overrules nobody.
            return False
        return then is None or then.category != now.category


@dataclass(frozen=True, slots=True)
class JudgedPattern:
    """A suppression, with what it sets aside now."""

    suppression: Suppression
    #: As of a decision.
    days_left: int | None
    #: Fields that count as not personal because of it, by address.
    fields: tuple[MapField, ...]

    @property
    def is_over(self) -> bool:
        """Whether it has ended and counts for nothing."""
        return self.days_left is not None and self.days_left < 0

    @property
    def is_ending(self) -> bool:
        """Whether it ends within ``SOON_DAYS``."""
        return self.days_left is not None and 0 <= self.days_left <= SOON_DAYS

    @property
    def special(self) -> tuple[MapField, ...]:
        """Those of its fields whose category the law protects more than others."""
        return tuple(item for item in self.fields if is_special(item))


def is_special(item: MapField) -> bool:
    """Whether the machine sees a category here that is not an ordinary one, in the field or in its text."""
    held = {item.machine.category, *(one.category for one in item.machine.contains)} - {None}
    return any(CATEGORIES[key].legal_class is not LegalClass.ORDINARY for key in held if key is not None)


def of_decisions(
    decisions: Iterable[Decision], now: DataMap, then: Mapping[FieldRef, FieldVerdict], today: date
) -> tuple[JudgedField, ...]:
    """Every decision with what has become of it, in the given order; ``then``: the verdicts when each was made."""
    verdicts = {item.field.ref: item.machine for item in fields_of(now)}
    return tuple(
        JudgedField(one, _days_left(one, today), verdicts.get(one.ref), then.get(one.ref)) for one in decisions
    )


def of_suppressions(data_map: DataMap, today: date) -> tuple[JudgedPattern, ...]:
    """Every suppression with the fields that it sets aside, by pattern."""
    by: dict[tuple[str, str], list[MapField]] = {}
    for item in fields_of(data_map):
        if item.suppression is not None:
            by.setdefault((item.suppression.pattern, item.suppression.what), []).append(item)
    return tuple(
        JudgedPattern(one, _days_left(one, today), tuple(by.get((one.pattern, one.what), ())))
        for one in data_map.suppressions
    )


@dataclass(frozen=True, slots=True)
class Effect:
    """What a suppression would do to the map as it is."""

    #: Fields that would no longer count as personal.
    fields: tuple[MapField, ...]
    #: Fields that fit it and are kept by a person's decision on the field itself.
    kept: tuple[MapField, ...]
    #: Fields that fit it and are set aside by another suppression already.
    already: tuple[MapField, ...]
    #: Whether it would set aside every personal field there is.
    is_all: bool


def effect(data_map: DataMap, wanted: Suppression, today: date) -> Effect:
    """What a suppression would do; an older one of the same pattern and kind counts as replaced."""
    others = [one for one in data_map.suppressions if (one.pattern, one.what) != (wanted.pattern, wanted.what)]
    fresh: list[MapField] = []
    kept: list[MapField] = []
    already: list[MapField] = []
    personal = 0
    for item in fields_of(data_map):
        machine, ref = item.machine, str(item.field.ref)
        if machine.category is None or not machine.state.is_personal:
            continue
        before = suppressed(others, ref, machine.category, today)
        personal += before is None and item.decision is None
        if covers(wanted.what, machine.category) and fits(wanted.pattern, ref):
            (kept if item.decision is not None else fresh if before is None else already).append(item)
    return Effect(tuple(fresh), tuple(kept), tuple(already), bool(fresh) and len(fresh) == personal)


def objection(wanted: Suppression, found: Effect) -> str | None:
    """Why a suppression sets aside too much to be kept without asking; None when it does not."""
    if is_universal(wanted.pattern):
        return f"The pattern {wanted.pattern} names nothing, so it fits all there is and all that will be found."
    if wanted.what:
        return None
    if found.is_all and len(found.fields) > 1:
        return f"This would set aside all of the {len(found.fields):,} personal fields of the map."
    special = [item for item in found.fields if is_special(item)]
    if special:
        held = ", ".join(sorted({item.machine.category or "" for item in special}))
        return (
            f"Among these are {len(special):,} of categories that the law protects more: {held}. "
            "Set those aside by name with --what, if they are to be."
        )
    return None


def fields_of(data_map: DataMap) -> Iterable[MapField]:
    """Every field, in the order of the map."""
    return (item for part in data_map.sources for asset in part.assets for item in asset.fields)


def holds(said: Decision | Suppression, today: date) -> str:
    """``in_force``, ``ending`` (within ``SOON_DAYS``) or ``over``."""
    left = _days_left(said, today)
    return (
        "over" if not is_in_force(said, today) else "ending" if left is not None and left <= SOON_DAYS else "in_force"
    )


def _days_left(said: Decision | Suppression, today: date) -> int | None:
    return None if said.until_on is None else (said.until_on - today).days
