"""What changed between two maps: a pure function."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum

from data_map import moves
from data_map.model import DataMap, FieldVerdict, MapAsset, MapField, MapSource, Skipped
from data_map.taxonomy import class_of


class ChangeKind(StrEnum):
    """What happened."""

    NEW_SOURCE = "new_source"
    GONE_SOURCE = "gone_source"
    NEW_ASSET = "new_asset"
    GONE_ASSET = "gone_asset"
    MOVED_ASSET = "moved_asset"
    NEW_FIELD = "new_field"
    GONE_FIELD = "gone_field"
    MOVED_FIELD = "moved_field"
    CATEGORY_CHANGED = "category_changed"
    STATE_CHANGED = "state_changed"
    NEWLY_PERSONAL = "newly_personal"
    NEWLY_CONTAINS = "newly_contains"
    NEWLY_SUPPRESSED = "newly_suppressed"
    NO_LONGER_PERSONAL = "no_longer_personal"
    NEWLY_SKIPPED = "newly_skipped"
    NO_LONGER_SKIPPED = "no_longer_skipped"


_ORDER = {kind: number for number, kind in enumerate(ChangeKind)}


#: Stands for personal data where there was none before, whatever its category.
NEW = "new"
#: Stands for every change.
ANY = "any"


@dataclass(frozen=True, slots=True)
class Change:
    """One difference between two maps. Its place is that in the new map, where it is in it."""

    kind: ChangeKind
    source: str
    #: None when the whole source changed.
    asset: str | None = None
    #: None when the whole asset changed.
    field: str | None = None
    #: Category, state, reason or place, as the kind has it; None where there was none.
    before: str | None = None
    after: str | None = None
    #: What is personal now and was not before: the categories of the field, and those that occur in it.
    categories: tuple[str, ...] = ()
    #: 0-1: how sure it is that what left one place came to the other; None for other kinds.
    score: float | None = None


def diff(old: DataMap, new: DataMap) -> tuple[Change, ...]:
    """The changes from the old map to the new, ordered by source, asset, field and kind.

    What is new or gone as a whole is one change and its parts are not listed, with one exception: every personal field
    in it is also ``newly_personal``, so that this one kind answers "what personal data is new?". A skip whose reason
    changed is one ``no_longer_skipped`` and one ``newly_skipped``. ``category_changed`` has the categories before and
    after, ``state_changed`` the states, ``newly_personal`` the state before and the category after,
    ``newly_contains`` a category that occurs in it now and did not, ``newly_suppressed`` the category that people set
    aside by a pattern, ``no_longer_personal`` the category before and the state after, skips their reason.

    What left one place of a source and came to another, as ``moves`` tells it, is one ``moved_asset`` (names of assets)
    or ``moved_field`` (whole addresses) and neither new nor gone nor newly personal; what else changed in it is told
    at its new place. ``moved_field`` across assets leaves the assets themselves new or gone.
    """
    changes: list[Change] = []
    before = {part.source.name: part for part in old.sources}
    after = {part.source.name: part for part in new.sources}
    for name in before.keys() | after.keys():
        _source(name, before.get(name), after.get(name), changes)
    return tuple(sorted(changes, key=_place))


def failing(changes: Iterable[Change], wanted: Collection[str]) -> list[Change]:
    """The changes that an alarm was asked for, in their order.

    ``wanted`` are kinds of changes, categories and legal classes of what is personal now and was not before, ``new``
    for any such, ``any`` for every change.
    """
    return [change for change in changes if _alarms(change, frozenset(wanted))]


def _alarms(change: Change, wanted: frozenset[str]) -> bool:
    is_new = change.kind is ChangeKind.NEWLY_PERSONAL
    return (
        ANY in wanted
        or change.kind.value in wanted
        or (NEW in wanted and is_new)
        or not wanted.isdisjoint(change.categories)
        or not wanted.isdisjoint(map(class_of, change.categories))
    )


def _source(name: str, old: MapSource | None, new: MapSource | None, changes: list[Change]) -> None:
    if new is None:
        changes.append(Change(ChangeKind.GONE_SOURCE, name))
        return
    if old is None:
        changes.append(Change(ChangeKind.NEW_SOURCE, name))
    before = {part.asset.name: part for part in old.assets} if old else {}
    after = {part.asset.name: part for part in new.assets}
    gone = [part for asset, part in before.items() if asset not in after]
    came = [part for asset, part in after.items() if asset not in before]
    pairs = [(before[asset], after[asset]) for asset in after if asset in before]
    for move in moves.of_assets(gone, came):
        changes.append(
            Change(
                ChangeKind.MOVED_ASSET,
                name,
                move.new.asset.name,
                before=move.old.asset.name,
                after=move.new.asset.name,
                score=move.score,
            )
        )
        pairs.append((move.old, move.new))
    away = {old.asset.name for old, _ in pairs}
    here = {new.asset.name for _, new in pairs}
    gone = [part for part in gone if part.asset.name not in away]
    came = [part for part in came if part.asset.name not in here]
    changes += [Change(ChangeKind.NEW_ASSET, name, part.asset.name) for part in came if old is not None]
    changes += [Change(ChangeKind.GONE_ASSET, name, part.asset.name) for part in gone]
    _fields(name, pairs, gone, came, changes)
    _skips(name, old.skipped if old else (), new.skipped, changes)


def _fields(
    source: str,
    pairs: Sequence[tuple[MapAsset, MapAsset]],
    gone_assets: Sequence[MapAsset],
    new_assets: Sequence[MapAsset],
    changes: list[Change],
) -> None:
    """Changes of fields: of assets that are in both maps, and moves between any."""
    moved = moves.of_fields(pairs, gone_assets, new_assets)
    away = {move.old.field.ref for move in moved}
    here = {move.new.field.ref for move in moved}
    for move in moved:
        ref = move.new.field.ref
        old_ref = str(move.old.field.ref)
        changes.append(
            Change(ChangeKind.MOVED_FIELD, source, ref.asset, ref.field, old_ref, str(ref), score=move.score)
        )
        _verdict(source, ref.asset, ref.field, move.old, move.new, changes)
    for old, new in pairs:
        before = {part.field.ref.field: part for part in old.fields}
        after = {part.field.ref.field: part for part in new.fields}
        for field, part in after.items():
            if field in before:
                _verdict(source, new.asset.name, field, before[field], part, changes)
            elif part.field.ref not in here:
                changes.append(Change(ChangeKind.NEW_FIELD, source, new.asset.name, field))
                _new_field(source, part, changes)
        changes += [
            Change(ChangeKind.GONE_FIELD, source, new.asset.name, field)
            for field, part in before.items()
            if field not in after and part.field.ref not in away
        ]
    for asset in new_assets:
        for part in asset.fields:
            if part.field.ref not in here:
                _new_field(source, part, changes)


def _new_field(source: str, part: MapField, changes: list[Change]) -> None:
    ref = part.field.ref
    if part.verdict.state.is_personal:
        categories = held(part.verdict)
        changes.append(
            Change(
                ChangeKind.NEWLY_PERSONAL,
                source,
                ref.asset,
                ref.field,
                after=part.verdict.category,
                categories=categories,
            )
        )
    elif part.suppression is not None:
        changes.append(Change(ChangeKind.NEWLY_SUPPRESSED, source, ref.asset, ref.field, after=part.machine.category))


def held(verdict: FieldVerdict) -> tuple[str, ...]:
    """The categories of a personal field: its own, and those that occur in it; none of a field that is not personal."""
    if not verdict.state.is_personal or verdict.category is None:
        return ()
    return tuple(sorted({verdict.category, *(one.category for one in verdict.contains)}))


def _verdict(source: str, asset: str, field: str, before: MapField, after: MapField, changes: list[Change]) -> None:
    old, new = before.verdict, after.verdict
    come = tuple(category for category in held(new) if category not in held(old))

    def add(kind: ChangeKind, before: str | None, after: str | None, categories: tuple[str, ...] = ()) -> None:
        changes.append(Change(kind, source, asset, field, before, after, categories))

    if new.state.is_personal and not old.state.is_personal:
        add(ChangeKind.NEWLY_PERSONAL, old.state.value, new.category, come)
        return
    if after.suppression is not None and before.suppression is None:
        add(ChangeKind.NEWLY_SUPPRESSED, old.state.value, after.machine.category)
    if old.state.is_personal and not new.state.is_personal:
        add(ChangeKind.NO_LONGER_PERSONAL, old.category, new.state.value)
        return
    if old.category != new.category:
        add(ChangeKind.CATEGORY_CHANGED, old.category, new.category, come)
    else:
        for category in come:
            add(ChangeKind.NEWLY_CONTAINS, None, category, (category,))
    if old.state != new.state:
        add(ChangeKind.STATE_CHANGED, old.state.value, new.state.value)


def _skips(source: str, old: tuple[Skipped, ...], new: tuple[Skipped, ...], changes: list[Change]) -> None:
    # The driver's code is left out: another errno for the same reason is no news.
    before = {(skip.asset, skip.field, skip.reason) for skip in old}
    after = {(skip.asset, skip.field, skip.reason) for skip in new}
    changes += [
        Change(ChangeKind.NEWLY_SKIPPED, source, asset, field, after=reason.value)
        for asset, field, reason in after - before
    ]
    changes += [
        Change(ChangeKind.NO_LONGER_SKIPPED, source, asset, field, before=reason.value)
        for asset, field, reason in before - after
    ]


def _place(change: Change) -> tuple[str, str, str, int, str, str]:
    return (
        change.source,
        change.asset or "",
        change.field or "",
        _ORDER[change.kind],
        change.before or "",
        change.after or "",
    )
