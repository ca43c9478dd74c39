"""The record against the map, both ways: what is declared and not found, what is found and not declared. Pure.

What was not scanned is said to be not scanned; it is never counted as absent.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from data_map.activities import FieldPattern, ProcessingActivity, is_category_key
from data_map.coverage import Outcome
from data_map.model import (
    REASON_TEXT,
    DataMap,
    FieldRef,
    FieldVerdict,
    MapAsset,
    MapField,
    MapSource,
    Reason,
    Source,
)
from data_map.taxonomy import class_of

#: Free text that holds personal data: what it holds is what counts.
TEXT = "text.personal"


@dataclass(frozen=True, slots=True)
class ClaimedField:
    """A field of the map that an activity claims, with its last look."""

    item: MapField
    scanned_at: datetime

    @property
    def ref(self) -> FieldRef:
        """Its address."""
        return self.item.field.ref


@dataclass(frozen=True, slots=True)
class Unscanned:
    """Something that an activity claims and that nobody has looked at."""

    source: str
    #: None when it is the whole source, or what of it was not reached.
    asset: str | None = None
    field: str | None = None
    #: None when the source was never scanned.
    reason: Reason | None = None

    @property
    def because(self) -> str:
        """Why, in words."""
        return "never scanned" if self.reason is None else REASON_TEXT[self.reason]


@dataclass(frozen=True, slots=True)
class Claim:
    """What an activity's patterns are about."""

    activity: str
    fields: tuple[ClaimedField, ...]
    unscanned: tuple[Unscanned, ...]
    #: Patterns about nothing that is known, scanned or not.
    unmatched: tuple[FieldPattern, ...]

    def holding(self, category: str) -> tuple[ClaimedField, ...]:
        """The claimed fields that hold a category."""
        return tuple(claimed for claimed in self.fields if category in held(claimed.item.verdict))


class GapKind(StrEnum):
    """Where record and map do not meet."""

    UNCLAIMED = "unclaimed"
    UNDECLARED = "undeclared"
    NOT_FOUND = "not_found"
    NO_MATCH = "no_match"
    NOT_SCANNED = "not_scanned"
    NO_ART9 = "no_art9_condition"
    NO_ART10 = "no_art10_law"


#: What each kind means, in the words of the reports.
GAP_TEXT: Mapping[GapKind, str] = {
    GapKind.UNCLAIMED: "found, claimed by no activity",
    GapKind.UNDECLARED: "found in what the activity claims, not declared by it",
    GapKind.NOT_FOUND: f"declared, {Outcome.NOT_FOUND.value}",
    GapKind.NO_MATCH: "claimed, and nothing of that name is known",
    GapKind.NOT_SCANNED: "claimed, not scanned",
    GapKind.NO_ART9: "special category without a condition of Art. 9(2)",
    GapKind.NO_ART10: "data about crimes without the law that allows it",
}

#: The provision that a gap touches; none for those that only say that the two could not be compared.
GAP_ARTICLE: Mapping[GapKind, str] = {
    GapKind.UNCLAIMED: "Art. 30(1)",
    GapKind.UNDECLARED: "Art. 30(1)(c)",
    GapKind.NOT_FOUND: "Art. 30(1)(c)",
    GapKind.NO_MATCH: "",
    GapKind.NOT_SCANNED: "",
    GapKind.NO_ART9: "Art. 9(2)",
    GapKind.NO_ART10: "Art. 10",
}


@dataclass(frozen=True, slots=True)
class Gap:
    """One place where record and map do not meet."""

    kind: GapKind
    #: None for what no activity claims.
    activity: str | None = None
    #: The categories it is about.
    categories: tuple[str, ...] = ()
    #: The fields it is about, in the order of the map.
    refs: tuple[FieldRef, ...] = ()
    #: For claims: what was not scanned, or the pattern that is about nothing.
    unscanned: tuple[Unscanned, ...] = ()
    pattern: str | None = None


def held(verdict: FieldVerdict) -> tuple[str, ...]:
    """The categories that a field holds; for free text those found in it."""
    if not verdict.state.is_personal or verdict.category is None:
        return ()
    if verdict.category == TEXT and verdict.contains:
        return tuple(dict.fromkeys((TEXT, *(one.category for one in verdict.contains))))
    return (verdict.category,)


def _to_declare(verdict: FieldVerdict) -> tuple[str, ...]:
    """The categories that an activity has to declare for a field: of free text its content, when that is known."""
    found = held(verdict)
    return tuple(category for category in found if category != TEXT or len(found) == 1)


def claims(
    activities: Iterable[ProcessingActivity], data_map: DataMap, configured: Iterable[Source]
) -> dict[str, Claim]:
    """What each activity claims, by its key; ``configured`` are the sources that ought to be scanned."""
    known = {part.source.name: part for part in data_map.sources}
    for source in configured:
        known.setdefault(source.name, MapSource(source))
    parts = [known[name] for name in sorted(known)]
    return {activity.key: _claim(activity, parts) for activity in activities}


def _claim(activity: ProcessingActivity, parts: Sequence[MapSource]) -> Claim:
    found: dict[FieldRef, ClaimedField] = {}
    unscanned: dict[Unscanned, None] = {}
    unmatched = []
    for pattern in activity.fields:
        fields = [claimed for part in parts for claimed in _fields(pattern, part)]
        missing = [item for part in parts for item in _unscanned(pattern, part, has_fields=bool(fields))]
        found |= {claimed.ref: claimed for claimed in fields}
        unscanned |= dict.fromkeys(missing)
        if not fields and not missing and not _is_known(pattern, parts):
            unmatched.append(pattern)
    return Claim(activity.key, tuple(found[ref] for ref in sorted(found)), tuple(unscanned), tuple(unmatched))


def _assets(pattern: FieldPattern, part: MapSource) -> Iterator[MapAsset]:
    if pattern.fits_source(part.source.name):
        yield from (asset for asset in part.assets if pattern.fits_asset(part.source.name, asset.asset.name))


def _fields(pattern: FieldPattern, part: MapSource) -> Iterator[ClaimedField]:
    for asset in _assets(pattern, part):
        for item in asset.fields:
            if pattern.fits(item.field.ref):
                yield ClaimedField(item, asset.scanned_at)


def _is_known(pattern: FieldPattern, parts: Sequence[MapSource]) -> bool:
    """Whether it is about a table or file that was read and has no fields: an empty file, for example."""
    return pattern.field is None and any(True for part in parts for _ in _assets(pattern, part))


def _unscanned(pattern: FieldPattern, part: MapSource, *, has_fields: bool) -> Iterator[Unscanned]:
    name = part.source.name
    if not pattern.fits_source(name):
        return
    if part.scanned_at is None and not part.skipped:
        yield Unscanned(name)
        return
    for skip in part.skipped:
        if skip.asset is None:
            yield Unscanned(name, reason=skip.reason)
        elif pattern.fits_asset(name, skip.asset) and (
            skip.field is None or pattern.fits(FieldRef(name, skip.asset, skip.field))
        ):
            yield Unscanned(name, skip.asset, skip.field, skip.reason)
    seen = {asset.asset.name for asset in part.assets} | {skip.asset for skip in part.skipped if skip.asset}
    if part.asset_count > len(seen) and not (pattern.is_exact and has_fields):
        yield Unscanned(name, reason=Reason.INTERRUPTED)


def gaps(activities: Sequence[ProcessingActivity], data_map: DataMap, claimed: Mapping[str, Claim]) -> tuple[Gap, ...]:
    """Every gap: what no activity claims first, by table and file; then activity by activity."""
    return (
        *_unclaimed(data_map, claimed),
        *(gap for activity in activities for gap in _gaps_of(activity, claimed[activity.key])),
    )


def _unclaimed(data_map: DataMap, claimed: Mapping[str, Claim]) -> Iterator[Gap]:
    taken = {field.ref for claim in claimed.values() for field in claim.fields}
    for part in data_map.sources:
        for asset in part.assets:
            free = [item for item in asset.fields if item.verdict.state.is_personal and item.field.ref not in taken]
            if free:
                categories = dict.fromkeys(category for item in free for category in _to_declare(item.verdict))
                refs = tuple(item.field.ref for item in free)
                yield Gap(GapKind.UNCLAIMED, categories=tuple(categories), refs=refs)


def _gaps_of(activity: ProcessingActivity, claim: Claim) -> Iterator[Gap]:
    key = activity.key
    for pattern in claim.unmatched:
        yield Gap(GapKind.NO_MATCH, key, pattern=str(pattern))
    by_source: defaultdict[str, list[Unscanned]] = defaultdict(list)
    for item in claim.unscanned:
        by_source[item.source].append(item)
    for items in by_source.values():
        yield Gap(GapKind.NOT_SCANNED, key, unscanned=tuple(items))

    found: defaultdict[str, list[FieldRef]] = defaultdict(list)
    for field in claim.fields:
        for category in _to_declare(field.item.verdict):
            found[category].append(field.ref)
    for category, refs in sorted(found.items()):
        if category not in activity.categories:
            yield Gap(GapKind.UNDECLARED, key, (category,), tuple(refs))
    for category in activity.categories:
        if claim.fields and is_category_key(category) and not claim.holding(category):
            yield Gap(GapKind.NOT_FOUND, key, (category,), unscanned=claim.unscanned)

    declared = [category for category in activity.categories if is_category_key(category)]
    involved = tuple(dict.fromkeys((*declared, *sorted(found))))
    for kind, legal_class, answer in (
        (GapKind.NO_ART9, "art9", activity.art9),
        (GapKind.NO_ART10, "art10", activity.art10_law),
    ):
        special = tuple(category for category in involved if class_of(category) == legal_class)
        if special and not answer:
            yield Gap(kind, key, special, tuple(dict.fromkeys(ref for one in special for ref in found.get(one, ()))))


def outcome(claim: Claim, category: str) -> Outcome:
    """What can be said about a declared category in what its activity claims."""
    if claim.holding(category):
        return Outcome.FOUND
    return Outcome.NOT_FOUND if claim.fields else Outcome.NOT_SCANNED
