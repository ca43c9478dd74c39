"""What a scan would read: the listing alone, no row is touched."""

from __future__ import annotations

from dataclasses import dataclass

from data_map.model import Asset, AssetKind, Skipped
from privacy.app import App, Target
from privacy.opening import connect
from scanners.fingerprint import fingerprint
from scanners.scan import FIRST_ROWS, Limits, survey
from scanners.units import Detection


@dataclass(frozen=True, slots=True)
class Planned:
    """An asset that a scan would look at, or that it already could not."""

    source: str
    #: None when it is the whole source that cannot be read.
    asset: Asset | None
    #: About so many rows and bytes would be read at the first look; None where nobody can say before.
    rows: int | None = None
    bytes: int | None = None
    is_unchanged: bool = False
    skipped: Skipped | None = None


def planned(app: App, target: Target, limits: Limits, *, detection: Detection | None = None) -> list[Planned]:
    """What a scan would look at: the listing and the catalog's estimates alone, no row is read.

    ``detection``: the detectors of a scan with ``--changed-only``; what has not changed is marked.
    """
    connector = connect(app, target, limits.timeout_s, series=limits.series)
    try:
        found = survey(connector, limits)
    finally:
        connector.close()
    known = _known_fingerprints(app, target) if detection is not None else {}
    plans = []
    for item in found.listed:
        about = found.contexts.get(item.asset.name)
        country = target.source.country
        mark = fingerprint(item, about, limits, detection, country) if detection and known else None
        is_unchanged = mark is not None and known.get(item.asset.name) == mark
        rows, size = (0, 0) if is_unchanged else _estimate(item.asset, limits)
        plans.append(Planned(target.source.name, item.asset, rows, size, is_unchanged))
    return plans + [Planned(target.source.name, None, skipped=skip) for skip in found.skipped]


def _known_fingerprints(app: App, target: Target) -> dict[str, str]:
    from data_map.store import scans

    with app.reading_store() as store:
        if store is None:
            return {}
        return scans.last_fingerprints(store, store.source_name_for(target.source.name, target.source.location))


def _estimate(asset: Asset, limits: Limits) -> tuple[int | None, int | None]:
    """Rows and bytes of the first look. Of a file no more than all of it can be said."""
    if asset.kind is AssetKind.FILE:
        return None, None if asset.size_bytes is None else min(asset.size_bytes, limits.max_file_bytes)
    most = None if limits.full else limits.sample_rows or FIRST_ROWS
    if asset.row_count is None:
        return most, None
    rows = asset.row_count if most is None else min(asset.row_count, most)
    if asset.size_bytes is None:
        return rows, None
    return rows, round(asset.size_bytes * rows / max(asset.row_count, 1))
