"""The map as CSV: a row for each field looked at, fit for a spreadsheet. Pure."""

from __future__ import annotations

from privacy.exchange.content import Content, Written
from privacy.inventory import field_record
from privacy.reports.table import csv_text

COLUMNS = (
    "ref", "source", "kind", "location", "owner", "country", "asset", "asset_kind", "field", "declared_type",
    "category", "class", "state", "score", "subject", "contains", "decided", "suppressed_by", "rows", "is_whole",
    "scanned_at",
)  # fmt: skip


def write(content: Content) -> Written:
    """A header and a row for each field; cells that a spreadsheet would take for formulas are made inert."""
    rows: list[list[object]] = [list(COLUMNS)]
    for part in content.data_map.sources:
        for asset in part.assets:
            for item in asset.fields:
                record = field_record(item) | {
                    "kind": part.source.kind,
                    "location": part.source.location,
                    "owner": part.source.owner,
                    "country": part.source.country,
                    "asset_kind": asset.asset.kind.value,
                    "contains": sorted({one.category for one in item.verdict.contains}),
                    "rows": asset.asset.row_count,
                    "is_whole": asset.is_whole,
                    "scanned_at": asset.scanned_at.isoformat(timespec="seconds"),
                }
                rows.append([record[column] for column in COLUMNS])
    skips = sum(len(part.skipped) for part in content.data_map.sources)
    notes = (f"{skips:,} not looked at and so without a row: privacy map coverage --skipped",) if skips else ()
    return Written(csv_text(rows), notes)
