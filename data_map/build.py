"""From what the scans saw and what people decided to the map: pure functions."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from dataclasses import field as attribute
from datetime import date, datetime

from data_map import joins
from data_map.model import (
    AssetScan,
    Connected,
    DataMap,
    Decision,
    FieldRef,
    FieldVerdict,
    JoinDecision,
    JoinMeasure,
    MapAsset,
    MapField,
    MapSource,
    Skipped,
    Source,
    State,
    Suppression,
)
from data_map.series_names import members_among
from data_map.suppression import is_in_force as is_in_force
from data_map.suppression import suppressed


@dataclass(frozen=True, slots=True)
class Look:
    """An asset as one scan read it."""

    scan_id: int
    scanned_at: datetime
    scan: AssetScan


@dataclass(frozen=True, slots=True)
class SkipLook:
    """Something that one scan could not read."""

    scan_id: int
    skipped_at: datetime
    skipped: Skipped


@dataclass(frozen=True, slots=True)
class Seen:
    """An asset that one scan found in the listing and left unread, because it had not changed."""

    scan_id: int
    seen_at: datetime
    source: str
    asset: str


@dataclass(frozen=True, slots=True)
class Listing:
    """One listing of the assets of a source."""

    scan_id: int
    ended_at: datetime
    source: str
    asset_count: int
    #: Whether nothing was filtered out and nothing broke off: only then is an asset that is missing gone.
    is_complete: bool
    connected: Connected = attribute(default_factory=Connected)


def apply(
    verdict: FieldVerdict, decision: Decision | None, today: date, suppressions: Iterable[Suppression] = ()
) -> FieldVerdict:
    """What counts for a field: the person's decision while it is in force, else the machine's verdict.

    A personal field without a decision that a suppression fits counts as not personal. What people say is taken as
    certain (score 1). Evidence, terms and shapes stay, so that both can be compared; the prevalence stays only where
    the person named the same category as the machine.
    """
    if decision is None or not is_in_force(decision, today):
        return verdict if suppression_of(verdict, suppressions, today) is None else _not_personal(verdict)
    if decision.category is None:
        return _not_personal(verdict)
    decided = replace(verdict, state=State.CONFIRMED, category=decision.category, score=1.0, bound=None)
    if decision.category == verdict.category:
        return decided
    others = tuple(other for other in verdict.alternates if other.category != decision.category)
    return replace(decided, prevalence=None, prevalence_low=None, prevalence_high=None, alternates=others)


def suppression_of(verdict: FieldVerdict, suppressions: Iterable[Suppression], today: date) -> Suppression | None:
    """The suppression that makes a field not personal; None where the machine found nothing personal either."""
    if verdict.category is None or not verdict.state.is_personal:
        return None
    return suppressed(suppressions, str(verdict.ref), verdict.category, today)


def _not_personal(verdict: FieldVerdict) -> FieldVerdict:
    return replace(
        verdict,
        state=State.CLEAN,
        category=None,
        score=1.0,
        prevalence=None,
        prevalence_low=None,
        prevalence_high=None,
        contains=(),
        alternates=(),
    )


def assemble(
    sources: Iterable[Source],
    *,
    looks: Iterable[Look] = (),
    skips: Iterable[SkipLook] = (),
    seen: Iterable[Seen] = (),
    listings: Iterable[Listing] = (),
    decisions: Iterable[Decision] = (),
    suppressions: Iterable[Suppression] = (),
    measures: Iterable[JoinMeasure] = (),
    join_decisions: Iterable[JoinDecision] = (),
    today: date,
) -> DataMap:
    """The map as of the last look at each asset.

    Of several looks at an asset the one of the highest scan counts. An asset is gone, and left out, when a later
    complete listing of its source did not have it. A skip is shown while it is the last thing that happened to its
    asset (or source); fields read before stay in the map beside it. Sources, assets and fields are in order.
    """
    by_source: defaultdict[str, _Known] = defaultdict(_Known)
    for look in looks:
        by_source[look.scan.asset.source].looks.append(look)
    for skip in skips:
        by_source[skip.skipped.source].skips.append(skip)
    for sight in seen:
        by_source[sight.source].seen.append(sight)
    for listing in listings:
        by_source[listing.source].listings.append(listing)
    decided = {decision.ref: decision for decision in decisions if is_in_force(decision, today)}
    # In force and over ones alike: people see in the map which have ended.
    patterns = tuple(sorted(suppressions, key=lambda one: (one.pattern, one.what)))
    said = _Said(decided, patterns, today)
    parts = tuple(
        _source(source, by_source[source.name], said) for source in sorted(sources, key=lambda source: source.name)
    )
    return DataMap(parts, joins.assemble(parts, measures, join_decisions), suppressions=patterns)


@dataclass(frozen=True, slots=True)
class _Said:
    """What people said of fields, and the day on which it is asked."""

    decided: Mapping[FieldRef, Decision]
    suppressions: tuple[Suppression, ...]
    today: date


class _Known:
    """What is known of one source, unsorted."""

    def __init__(self) -> None:
        self.looks: list[Look] = []
        self.skips: list[SkipLook] = []
        self.seen: list[Seen] = []
        self.listings: list[Listing] = []


def _source(source: Source, known: _Known, said: _Said) -> MapSource:
    last_look: dict[str, Look] = {}
    for look in known.looks:
        name = look.scan.asset.name
        if name not in last_look or look.scan_id > last_look[name].scan_id:
            last_look[name] = look
    # The last scan that tried to read the asset, and the last one in whose listing it was.
    tried = {name: look.scan_id for name, look in last_look.items()}
    for skip in known.skips:
        if skip.skipped.asset is not None:
            tried[skip.skipped.asset] = max(tried.get(skip.skipped.asset, 0), skip.scan_id)
    present = dict(tried)
    for sight in known.seen:
        present[sight.asset] = max(present.get(sight.asset, 0), sight.scan_id)
    sights = {sight.asset: sight for sight in sorted(known.seen, key=lambda sight: sight.scan_id)}
    complete = max((listing.scan_id for listing in known.listings if listing.is_complete), default=0)
    unread = {
        skip.skipped.asset
        for skip in known.skips
        if skip.scan_id >= complete and skip.skipped.asset is not None and skip.skipped.field is None
    }
    since = _seen_after(known, complete)
    there = {
        name for name, scan_id in present.items() if scan_id >= complete or name in since or _is_inside(name, unread)
    }

    # What could not be read of a series stands under the member's name, and is no asset beside it.
    unknown = there - last_look.keys()
    members = members_among(unknown, (last_look[name].scan.asset for name in there & last_look.keys()))

    shown: dict[Skipped, None] = {}
    last_touch = max(
        (
            *present.values(),
            *(listing.scan_id for listing in known.listings),
            *(skip.scan_id for skip in known.skips),
        ),
        default=0,
    )
    for skip in sorted(known.skips, key=lambda skip: _place(skip.skipped)):
        asset = skip.skipped.asset
        is_last = skip.scan_id == (last_touch if asset is None else tried[asset])
        if is_last and (asset is None or asset in there):
            shown[skip.skipped] = None

    assets = tuple(_asset(last_look[name], said, sights.get(name)) for name in sorted(there & last_look.keys()))
    listed = max((listing.asset_count for listing in known.listings if listing.scan_id >= complete), default=0)
    times = [
        *(look.scanned_at for look in known.looks),
        *(sight.seen_at for sight in known.seen),
        *(skip.skipped_at for skip in known.skips if skip.skipped.asset is not None),
        # A listing that broke off before the first asset looked at nothing.
        *(listing.ended_at for listing in known.listings if listing.is_complete or listing.asset_count),
    ]
    return MapSource(
        source=source,
        assets=assets,
        skipped=tuple(shown),
        scanned_at=max(times, default=None),
        asset_count=max(listed, len(there - members)),
        connected=_last_known(known.listings),
    )


def _seen_after(known: _Known, scan_id: int) -> frozenset[str]:
    """Assets that an earlier scan, which was still going on, looked at after this one had listed the source.

    Two scans may overlap: what the earlier one found later is newer than the later one's listing, and not gone.
    """
    own = [
        *(look.scanned_at for look in known.looks if look.scan_id == scan_id),
        *(sight.seen_at for sight in known.seen if sight.scan_id == scan_id),
        *(skip.skipped_at for skip in known.skips if skip.scan_id == scan_id),
        *(listing.ended_at for listing in known.listings if listing.scan_id == scan_id),
    ]
    if not own:
        return frozenset()
    begun_at = min(own)
    return frozenset(
        (
            *(look.scan.asset.name for look in known.looks if look.scan_id < scan_id and look.scanned_at > begun_at),
            *(sight.asset for sight in known.seen if sight.scan_id < scan_id and sight.seen_at > begun_at),
        )
    )


def _last_known(listings: Iterable[Listing]) -> Connected:
    """What the last listing that could say something of its connection said."""
    last = sorted(listings, key=lambda listing: listing.scan_id)
    told = (listing.connected for listing in reversed(last) if listing.connected != Connected())
    return next(told, Connected())


def _is_inside(name: str, containers: Collection[str]) -> bool:
    """Whether ``archive.zip!inner/file`` lies in an archive that could not be opened this time: then it is not gone."""
    parts = name.split("!")
    return any("!".join(parts[:end]) in containers for end in range(1, len(parts)))


def _asset(look: Look, said: _Said, sight: Seen | None) -> MapAsset:
    verdicts = {verdict.ref: verdict for verdict in look.scan.verdicts}
    fields = []
    # A field without a verdict was not looked at: it is among the skipped, never here.
    for field in sorted(look.scan.fields, key=lambda field: (field.position, field.ref.field)):
        machine = verdicts.get(field.ref)
        if machine is not None:
            decision = said.decided.get(field.ref)
            suppression = suppression_of(machine, said.suppressions, said.today) if decision is None else None
            counts = apply(machine, decision, said.today) if suppression is None else _not_personal(machine)
            fields.append(MapField(field, counts, machine, decision, suppression))
    return MapAsset(
        asset=look.scan.asset,
        fields=tuple(fields),
        scan_id=look.scan_id,
        scanned_at=look.scanned_at,
        rows_read=look.scan.rows_read,
        bytes_read=look.scan.bytes_read,
        is_whole=look.scan.is_whole,
        sampling=look.scan.sampling,
        unchanged_scan_id=sight.scan_id if sight is not None and sight.scan_id > look.scan_id else None,
        unchanged_at=sight.seen_at if sight is not None and sight.scan_id > look.scan_id else None,
    )


def _place(skipped: Skipped) -> tuple[str, str, str, str]:
    return (skipped.asset or "", skipped.field or "", skipped.reason.value, skipped.code or "")
