"""The map as one JSON document: sources, assets, fields, what was skipped, joins, what people said. Pure."""

from __future__ import annotations

from data_map.model import DataMap, Join, MapAsset, MapSource
from data_map.said import Said, place_of, sense_of
from privacy.exchange.content import Content, Written
from privacy.inventory import explanation, skip_record
from privacy.reports.text import json_text

FORMAT = "privacy-data-map"
VERSION = 1


def write(content: Content) -> Written:
    """The whole document, with the figures of the last look."""
    return Written(
        json_text(
            {
                "format": FORMAT,
                "version": VERSION,
                "tool_version": content.tool_version,
                "sources": [_source(part) for part in content.data_map.sources],
                "joins": _joins(content.data_map),
                "said": _said(content.said),
            }
        )
    )


def _source(part: MapSource) -> dict[str, object]:
    return {
        "name": part.source.name,
        "kind": part.source.kind,
        "location": part.source.location,
        "owner": part.source.owner,
        "country": part.source.country,
        "scanned_at": part.scanned_at.isoformat(timespec="seconds") if part.scanned_at else None,
        "asset_count": part.asset_count,
        "is_encrypted": part.connected.is_encrypted,
        "is_superuser": part.connected.is_superuser,
        "assets": [_asset(asset) for asset in part.assets],
        "skipped": [skip_record(skip) for skip in part.skipped],
    }


def _asset(asset: MapAsset) -> dict[str, object]:
    return {
        "name": asset.asset.name,
        "kind": asset.asset.kind.value,
        "rows": asset.asset.row_count,
        "bytes": asset.asset.size_bytes,
        "tables": asset.asset.member_count,
        "rows_read": asset.rows_read,
        "is_whole": asset.is_whole,
        "scanned_at": asset.scanned_at.isoformat(timespec="seconds"),
        "checked_at": asset.checked_at.isoformat(timespec="seconds"),
        "fields": [explanation(item) for item in asset.fields],
    }


def _joins(data_map: DataMap) -> list[dict[str, object]]:
    return [_join(join) for join in data_map.joins]


def _join(join: Join) -> dict[str, object]:
    return {"child": str(join.child), "parent": str(join.parent), "state": join.state.value, "score": join.score}


def _said(said: Said) -> list[dict[str, object]]:
    return [
        {
            "of": place_of(one),
            "says": sense_of(one),
            "author": one.author,
            "reason": one.reason,
            "decided_at": one.decided_at.isoformat(timespec="seconds"),
        }
        for one in said
    ]
