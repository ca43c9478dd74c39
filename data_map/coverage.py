"""How much of each source was looked at: pure functions. What was not looked at is never called clean."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from enum import StrEnum

from data_map.model import Connected, DataMap, MapSource, Reason, Source
from data_map.series_names import members_among

#: Days after which a look is stale where nobody set another number: three months.
STALE_DAYS = 90


class Outcome(StrEnum):
    """All that can be said about personal data in a source."""

    FOUND = "found"
    NOT_FOUND = "not found in what was scanned"
    NOT_SCANNED = "not scanned"


@dataclass(frozen=True, slots=True)
class SourceCoverage:
    """How much of one source was looked at."""

    source: Source
    outcome: Outcome
    #: Whether it is in the configuration: one that is not was scanned by hand, or was taken out.
    is_configured: bool
    #: Whether its last scan could not open it, or lost it on the way.
    is_skipped: bool
    #: Assets in the last listing; each is in exactly one of the four counts below.
    asset_count: int
    whole_count: int
    sampled_count: int
    #: Could not be read; an older look at one that could be read before still counts as found.
    skipped_count: int
    #: Listed, and neither read nor refused: the scan was interrupted before them.
    unreached_count: int
    #: Everything that was skipped (sources, assets, fields), most frequent reason first.
    skip_reasons: tuple[tuple[Reason, int], ...]
    #: Fields looked at, those of them that hold personal data, and fields that could not be read.
    field_count: int
    personal_count: int
    skipped_field_count: int
    rows_read: int
    bytes_read: int
    #: None when it was never scanned.
    scanned_at: datetime | None
    #: Whole days since then in UTC; None when it was never scanned.
    scanned_days_ago: int | None
    #: Whether its last scan, or the last look at an asset of it, is longer ago than it may be.
    is_stale: bool = False
    #: Assets that were last read, or found unchanged, longer ago than they may be.
    stale_count: int = 0
    #: Assets that the last scan of the source neither read nor found unchanged; what was read of them is older.
    behind_count: int = 0
    #: Whole days since the oldest of these looks; None without assets.
    oldest_days_ago: int | None = None
    #: Personal fields that people set aside by a pattern; they are not among ``personal_count``.
    suppressed_count: int = 0
    connected: Connected = field(default_factory=Connected)


@dataclass(frozen=True, slots=True)
class OldLook:
    """An asset that was looked at too long ago, or not in the last scan of its source."""

    source: str
    asset: str
    checked_at: datetime
    #: Whole days since then in UTC.
    days_ago: int
    #: Whether that is longer than it may be.
    is_stale: bool
    #: Whether the last scan of its source passed it by.
    is_behind: bool


def coverage(
    data_map: DataMap, configured: Iterable[Source], today: date, stale_days: int = STALE_DAYS
) -> tuple[SourceCoverage, ...]:
    """The coverage of every source that is configured or in the map, by name; one never scanned is among them.

    A look is stale from ``stale_days`` + 1 whole days on.
    """
    wanted = {source.name: source for source in configured}
    known = {part.source.name: part for part in data_map.sources}
    return tuple(
        _coverage(known.get(name) or MapSource(wanted[name]), name in wanted, today, stale_days)
        for name in sorted(wanted.keys() | known.keys())
    )


def old_looks(data_map: DataMap, today: date, stale_days: int = STALE_DAYS) -> tuple[OldLook, ...]:
    """The assets whose last look is stale or from before the last scan of their source, the oldest first."""
    found = [look for part in data_map.sources for look in _looks(part, today, stale_days)]
    return tuple(
        sorted(
            (look for look in found if look.is_stale or look.is_behind),
            key=lambda look: (look.checked_at, look.source, look.asset),
        )
    )


def _looks(part: MapSource, today: date, stale_days: int) -> Iterator[OldLook]:
    last = max((asset.checked_scan_id for asset in part.assets), default=0)
    for asset in part.assets:
        days = _days_since(asset.checked_at, today)
        yield OldLook(
            part.source.name, asset.asset.name, asset.checked_at, days, days > stale_days, asset.checked_scan_id < last
        )


def _days_since(at: datetime, today: date) -> int:
    return max((today - at.astimezone(UTC).date()).days, 0)


def _coverage(part: MapSource, is_configured: bool, today: date, stale_days: int) -> SourceCoverage:
    refused = {skip.asset for skip in part.skipped if skip.asset is not None and skip.field is None}
    # A member of a series that was read is no asset beside it, although its skip stands under its own name.
    known = {asset.asset.name for asset in part.assets}
    refused -= members_among(refused - known, (asset.asset for asset in part.assets))
    read = [asset for asset in part.assets if asset.asset.name not in refused]
    fields = [field for asset in part.assets for field in asset.fields]
    personal_count = sum(field.verdict.state.is_personal for field in fields)
    whole_count = sum(asset.is_whole for asset in read)
    skipped_fields = {(skip.asset, skip.field) for skip in part.skipped if skip.field is not None}
    asset_count = max(part.asset_count, len(read) + len(refused))
    reasons = Counter(skip.reason for skip in part.skipped)
    if personal_count:
        outcome = Outcome.FOUND
    elif fields or (part.assets and not skipped_fields):
        outcome = Outcome.NOT_FOUND
    else:
        outcome = Outcome.NOT_SCANNED
    days = None if part.scanned_at is None else _days_since(part.scanned_at, today)
    looks = list(_looks(part, today, stale_days))
    return SourceCoverage(
        source=part.source,
        outcome=outcome,
        is_configured=is_configured,
        is_skipped=any(skip.asset is None for skip in part.skipped),
        asset_count=asset_count,
        whole_count=whole_count,
        sampled_count=len(read) - whole_count,
        skipped_count=len(refused),
        unreached_count=asset_count - len(read) - len(refused),
        skip_reasons=tuple(sorted(reasons.items(), key=lambda item: (-item[1], item[0].value))),
        field_count=len(fields),
        personal_count=personal_count,
        skipped_field_count=len(skipped_fields),
        rows_read=sum(asset.rows_read for asset in part.assets),
        bytes_read=sum(asset.bytes_read for asset in part.assets),
        scanned_at=part.scanned_at,
        scanned_days_ago=days,
        is_stale=(days is not None and days > stale_days) or any(look.is_stale for look in looks),
        stale_count=sum(look.is_stale for look in looks),
        behind_count=sum(look.is_behind for look in looks),
        oldest_days_ago=max((look.days_ago for look in looks), default=None),
        suppressed_count=sum(field.suppression is not None for field in fields),
        connected=part.connected,
    )
