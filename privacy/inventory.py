"""The map as records: what the listings, JSON and CSV show of it. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from data_map.coverage import SourceCoverage
from data_map.diff import Change
from data_map.model import REASON_TEXT, DataMap, FieldRef, FieldVerdict, MapField, MapSource, Skipped
from data_map.taxonomy import class_of


def field_records(data_map: DataMap) -> Iterator[dict[str, object]]:
    """One record for each field looked at, in the order of the map."""
    for part in data_map.sources:
        for asset in part.assets:
            for item in asset.fields:
                yield field_record(item)


def field_record(item: MapField) -> dict[str, object]:
    """A field as the contract of ``map fields --format json`` has it."""
    verdict, ref = item.verdict, item.field.ref
    return {
        "source": ref.source,
        "asset": ref.asset,
        "field": ref.field,
        "ref": str(ref),
        "category": verdict.category,
        "class": class_of(verdict.category) if verdict.category else None,
        "state": verdict.state.value,
        "score": verdict.score,
        "prevalence": verdict.prevalence,
        "prevalence_low": verdict.prevalence_low,
        "prevalence_high": verdict.prevalence_high,
        "sampled": verdict.sampled,
        "distinct": verdict.distinct,
        "subject": verdict.subject,
        "decided": item.decision is not None,
        "contains": [
            {"category": one.category, "count": one.count, "distinct": one.distinct} for one in verdict.contains
        ],
        "alternates": [{"category": one.category, "score": one.score} for one in verdict.alternates],
        "shapes": [list(pair) for pair in verdict.shapes],
        "evidence": [
            {
                "detector": one.detector,
                "kind": one.kind.value,
                "category": one.category,
                "matched": one.matched,
                "of": one.distinct,
                "score": one.score,
            }
            for one in verdict.evidence
        ],
        "bound": verdict.bound,
        "declared_type": item.field.declared_type,
    }


def explanation(item: MapField) -> dict[str, object]:
    """A field with every term of its verdict, and a person's decision beside the machine's verdict."""
    machine = item.machine
    decision = item.decision
    return field_record(item) | {
        "terms": [{"text": term.text, "weight": term.weight} for term in machine.terms],
        "machine": {"state": machine.state.value, "category": machine.category, "score": machine.score},
        "decision": None
        if decision is None
        else {
            "category": decision.category,
            "author": decision.author,
            "reason": decision.reason,
            "decided_at": decision.decided_at.isoformat(),
            "until_on": decision.until_on.isoformat() if decision.until_on else None,
        },
        "comment": item.field.comment,
        "references": str(item.field.references) if item.field.references else None,
    }


def find(data_map: DataMap, ref: FieldRef) -> MapField | None:
    """The field at an address."""
    for part in data_map.sources:
        if part.source.name == ref.source:
            for asset in part.assets:
                if asset.asset.name == ref.asset:
                    return next((item for item in asset.fields if item.field.ref == ref), None)
    return None


def references(data_map: DataMap) -> list[str]:
    """The address of every field."""
    return [str(item.field.ref) for part in data_map.sources for asset in part.assets for item in asset.fields]


def is_decided_away(item: MapField) -> bool:
    """Whether a person decided that the field holds no personal data, and that counts."""
    return item.decision is not None and item.decision.category is None and not item.verdict.state.is_personal


def words(verdict: FieldVerdict) -> str:
    """A verdict in the only words that are true of it."""
    if verdict.state.is_personal:
        return f"found ({verdict.state.value})"
    return "undecided" if verdict.state.value == "undecided" else "not found in what was scanned"


def held(verdict: FieldVerdict) -> frozenset[str]:
    """The categories of personal data in a field: of free text what it contains, where that is known."""
    if not verdict.state.is_personal or not verdict.category:
        return frozenset()
    if verdict.category == "text.personal" and verdict.contains:
        return frozenset(one.category for one in verdict.contains)
    return frozenset({verdict.category})


def holdings(part: MapSource) -> list[tuple[str, Counter[str]]]:
    """Assets with personal data and how many of their fields hold each category, most first."""
    found = []
    for asset in part.assets:
        counts: Counter[str] = Counter()
        for item in asset.fields:
            counts.update(held(item.verdict))
        if counts:
            found.append((asset.asset.name, counts))
    return sorted(found, key=lambda pair: (-pair[1].total(), pair[0]))


def coverage_record(one: SourceCoverage) -> dict[str, object]:
    """How much of a source was looked at."""
    return {
        "source": one.source.name,
        "outcome": one.outcome.value,
        "configured": one.is_configured,
        "assets": one.asset_count,
        "whole": one.whole_count,
        "sampled": one.sampled_count,
        "skipped": one.skipped_count,
        "not_reached": one.unreached_count,
        "source_skipped": one.is_skipped,
        "fields": one.field_count,
        "personal": one.personal_count,
        "fields_skipped": one.skipped_field_count,
        "rows_read": one.rows_read,
        "bytes_read": one.bytes_read,
        "scanned_at": one.scanned_at.isoformat(timespec="seconds") if one.scanned_at else None,
        "days_ago": one.scanned_days_ago,
        "reasons": {reason.value: count for reason, count in one.skip_reasons},
    }


def skip_record(skipped: Skipped) -> dict[str, object]:
    """Something that was not read, and why."""
    return {
        "source": skipped.source,
        "asset": skipped.asset,
        "field": skipped.field,
        "reason": skipped.reason.value,
        "because": REASON_TEXT[skipped.reason],
        "code": skipped.code,
    }


def change_record(change: Change) -> dict[str, object]:
    """One difference between two maps."""
    return {
        "change": change.kind.value,
        "source": change.source,
        "asset": change.asset,
        "field": change.field,
        "before": change.before,
        "after": change.after,
        "categories": list(change.categories),
        "score": change.score,
    }
