"""What changed between two maps: a pure function."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from data_map.model import DataMap, FieldVerdict, MapAsset, MapField, MapSource, Skipped


class ChangeKind(StrEnum):
    """What happened."""

    NEW_SOURCE = "new_source"
    GONE_SOURCE = "gone_source"
    NEW_ASSET = "new_asset"
    GONE_ASSET = "gone_asset"
    NEW_FIELD = "new_field"
    GONE_FIELD = "gone_field"
    CATEGORY_CHANGED = "category_changed"
    STATE_CHANGED = "state_changed"
    NEWLY_PERSONAL = "newly_personal"
    NO_LONGER_PERSONAL = "no_longer_personal"
    NEWLY_SKIPPED = "newly_skipped"
    NO_LONGER_SKIPPED = "no_longer_skipped"


_ORDER = {kind: number for number, kind in enumerate(ChangeKind)}


@dataclass(frozen=True, slots=True)
class Change:
    """One difference between two maps."""

    kind: ChangeKind
    source: str
    #: None when the whole source changed.
    asset: str | None = None
    #: None when the whole asset changed.
    field: str | None = None
    #: Category, state or reason, as the kind has it; None where there was none.
    before: str | None = None
    after: str | None = None


def diff(old: DataMap, new: DataMap) -> tuple[Change, ...]:
    """The changes from the old map to the new, ordered by source, asset, field and kind.

    What is new or gone as a whole is one change and its parts are not listed, with one exception: every personal field
    in it is also ``newly_personal``, so that this one kind answers "what personal data is new?". A skip whose reason
    changed is one ``no_longer_skipped`` and one ``newly_skipped``. ``category_changed`` has the categories before and
    after, ``state_changed`` the states, ``newly_personal`` the state before and the category after,
    ``no_longer_personal`` the category before and the state after, skips their reason.
    """
    changes: list[Change] = []
    before = {part.source.name: part for part in old.sources}
    after = {part.source.name: part for part in new.sources}
    for name in before.keys() | after.keys():
        _source(name, before.get(name), after.get(name), changes)
    return tuple(sorted(changes, key=_place))


def _source(name: str, old: MapSource | None, new: MapSource | None, changes: list[Change]) -> None:
    if new is None:
        changes.append(Change(ChangeKind.GONE_SOURCE, name))
        return
    if old is None:
        changes.append(Change(ChangeKind.NEW_SOURCE, name))
    before = {part.asset.name: part for part in old.assets} if old else {}
    after = {part.asset.name: part for part in new.assets}
    for asset in after:
        if asset in before:
            _asset(name, asset, before[asset], after[asset], changes)
        else:
            if old is not None:
                changes.append(Change(ChangeKind.NEW_ASSET, name, asset))
            _new_fields(name, asset, after[asset].fields, changes)
    changes += [Change(ChangeKind.GONE_ASSET, name, asset) for asset in before if asset not in after]
    _skips(name, old.skipped if old else (), new.skipped, changes)


def _asset(source: str, asset: str, old: MapAsset, new: MapAsset, changes: list[Change]) -> None:
    before = {part.field.ref.field: part for part in old.fields}
    after = {part.field.ref.field: part for part in new.fields}
    for field in after:
        if field in before:
            _verdict(source, asset, field, before[field].verdict, after[field].verdict, changes)
        else:
            changes.append(Change(ChangeKind.NEW_FIELD, source, asset, field))
            _new_fields(source, asset, (after[field],), changes)
    changes += [Change(ChangeKind.GONE_FIELD, source, asset, field) for field in before if field not in after]


def _new_fields(source: str, asset: str, fields: tuple[MapField, ...], changes: list[Change]) -> None:
    changes += [
        Change(ChangeKind.NEWLY_PERSONAL, source, asset, part.field.ref.field, after=part.verdict.category)
        for part in fields
        if part.verdict.state.is_personal
    ]


def _verdict(source: str, asset: str, field: str, old: FieldVerdict, new: FieldVerdict, changes: list[Change]) -> None:
    def add(kind: ChangeKind, before: str | None, after: str | None) -> None:
        changes.append(Change(kind, source, asset, field, before, after))

    if new.state.is_personal and not old.state.is_personal:
        add(ChangeKind.NEWLY_PERSONAL, old.state.value, new.category)
    elif old.state.is_personal and not new.state.is_personal:
        add(ChangeKind.NO_LONGER_PERSONAL, old.category, new.state.value)
    else:
        if old.category != new.category:
            add(ChangeKind.CATEGORY_CHANGED, old.category, new.category)
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
