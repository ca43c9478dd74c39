"""How much of each source was looked at: pure functions. What was not looked at is never called clean."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime
from enum import StrEnum

from data_map.model import DataMap, MapSource, Reason, Source


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


def coverage(data_map: DataMap, configured: Iterable[Source], today: date) -> tuple[SourceCoverage, ...]:
    """The coverage of every source that is configured or in the map, by name; one never scanned is among them."""
    wanted = {source.name: source for source in configured}
    known = {part.source.name: part for part in data_map.sources}
    return tuple(
        _coverage(known.get(name) or MapSource(wanted[name]), name in wanted, today)
        for name in sorted(wanted.keys() | known.keys())
    )


def _coverage(part: MapSource, is_configured: bool, today: date) -> SourceCoverage:
    refused = {skip.asset for skip in part.skipped if skip.asset is not None and skip.field is None}
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
    days = None if part.scanned_at is None else max((today - part.scanned_at.astimezone(UTC).date()).days, 0)
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
    )
