"""The map as records: what the listings, JSON and CSV show of it. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from datetime import date

from data_map.coverage import OldLook, SourceCoverage
from data_map.diff import Change
from data_map.judgements import JudgedField, JudgedPattern, holds
from data_map.model import (
    REASON_TEXT,
    AssetKind,
    DataMap,
    FieldRef,
    FieldVerdict,
    Join,
    JoinState,
    MapField,
    MapSource,
    Scan,
    Skipped,
)
from data_map.standing import Standing, Step
from data_map.taxonomy import class_of
from data_map.volume import Bounds, People, SourceVolume, TableVolume
from data_map.volume import held as held
from privacy.reports.text import amount, counted


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
        "suppressed_by": item.suppression.pattern if item.suppression else None,
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
        "suppression": None
        if item.suppression is None
        else {
            "pattern": item.suppression.pattern,
            "what": item.suppression.what,
            "author": item.suppression.author,
            "reason": item.suppression.reason,
            "decided_at": item.suppression.decided_at.isoformat(),
            "until_on": item.suppression.until_on.isoformat() if item.suppression.until_on else None,
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


def decision_record(one: JudgedField, today: date) -> dict[str, object]:
    """A decision, and how it stands."""
    decision, machine = one.decision, one.machine
    notes = ["the field is gone"] if one.is_gone else []
    if one.is_contradicted and machine is not None:
        notes.append(f"the machine now says {machine.category or 'nothing'} ({machine.state.value})")
    return {
        "ref": str(decision.ref),
        "category": decision.category,
        "author": decision.author,
        "decided_at": decision.decided_at.isoformat(timespec="seconds"),
        "until_on": decision.until_on.isoformat() if decision.until_on else None,
        "days_left": one.days_left,
        "state": holds(decision, today),
        "reason": decision.reason,
        "is_gone": one.is_gone,
        "is_contradicted": one.is_contradicted,
        "machine": None if machine is None else {"state": machine.state.value, "category": machine.category},
        "note": "; ".join(notes),
    }


def suppression_record(one: JudgedPattern, today: date) -> dict[str, object]:
    """A suppression, and what it sets aside."""
    said = one.suppression
    return {
        "pattern": said.pattern,
        "what": said.what,
        "fields": len(one.fields),
        "special": len(one.special),
        "author": said.author,
        "decided_at": said.decided_at.isoformat(timespec="seconds"),
        "until_on": said.until_on.isoformat() if said.until_on else None,
        "days_left": one.days_left,
        "state": holds(said, today),
        "reason": said.reason,
        "refs": [str(item.field.ref) for item in one.fields],
    }


def words(verdict: FieldVerdict) -> str:
    """A verdict in the only words that are true of it."""
    if verdict.state.is_personal:
        return f"found ({verdict.state.value})"
    return "undecided" if verdict.state.value == "undecided" else "not found in what was scanned"


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
        "is_stale": one.is_stale,
        "stale": one.stale_count,
        "behind": one.behind_count,
        "oldest_days_ago": one.oldest_days_ago,
        "suppressed": one.suppressed_count,
        "is_encrypted": one.connected.is_encrypted,
        "is_superuser": one.connected.is_superuser,
        "reasons": {reason.value: count for reason, count in one.skip_reasons},
    }


def old_look_record(look: OldLook) -> dict[str, object]:
    """An asset that was looked at too long ago, or was passed by."""
    return {
        "source": look.source,
        "asset": look.asset,
        "checked_at": look.checked_at.isoformat(timespec="seconds"),
        "days_ago": look.days_ago,
        "is_stale": look.is_stale,
        "is_behind": look.is_behind,
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


def scan_record(scan: Scan) -> dict[str, object]:
    """One run of the scanner."""
    return {
        "scan": scan.id,
        "started_at": scan.started_at.isoformat(timespec="seconds"),
        "ended_at": scan.ended_at.isoformat(timespec="seconds") if scan.ended_at else None,
        "outcome": scan.outcome,
        "sources": list(scan.sources),
        "tool_version": scan.tool_version,
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


def subject_record(one: TableVolume) -> dict[str, object]:
    """How a table stands to people: whose it is, by which joins, how many they are, what is held of them."""
    standing = one.standing
    return {
        "source": standing.name[0],
        "asset": standing.name[1],
        "subject": standing.subject,
        "role": standing.role.value,
        "key": standing.key.field if standing.key else None,
        "path": [_step_record(step) for step in standing.path],
        "via": via(standing),
        "sure": sure(standing.path),
        "people_low": one.people.low,
        "people_high": one.people.high,
        "is_exact": one.people.is_exact,
        "rows": standing.asset.asset.row_count,
        "is_whole": standing.asset.is_whole,
        "categories": list(one.categories),
        "special": list(one.special),
        "exposure_count": one.exposure_count,
        "others": [_step_record(step) for step in standing.others],
        "same_as": _step_record(standing.same_as) if standing.same_as else None,
        "copy_of": one.copy_of,
    }


def _step_record(step: Step) -> dict[str, object]:
    join = step.join
    return {
        "child": str(join.child),
        "parent": str(join.parent),
        "state": join.state.value,
        "score": join.score,
        "is_mention": step.is_mention,
    }


def via(standing: Standing) -> str | None:
    """The path in short: the table's own key, or the fields of the tables between it and the people."""
    if not standing.path:
        return None
    first = standing.path[0]
    if len(standing.path) == 1 and not first.is_reversed:
        return first.here.field
    last = standing.path[-1]
    steps = [step for step in standing.path if step is not last or step.is_reversed]
    is_file = standing.asset.asset.kind is AssetKind.FILE
    return ", ".join(
        f"{step.there.asset if is_file else step.there.asset.rpartition('.')[2]}.{step.there.field}" for step in steps
    )


def sure(path: tuple[Step, ...]) -> str | None:
    """How sure a path is: as its least sure join."""
    if not path:
        return None
    joins = [step.join for step in path]
    proposed = [join.score for join in joins if join.state is JoinState.PROPOSED]
    if proposed:
        return f"proposed {min(proposed):.0%}".replace("%", " %")
    return (JoinState.ACCEPTED if any(join.state is JoinState.ACCEPTED for join in joins) else JoinState.DECLARED).value


def same_words(standing: Standing) -> str | None:
    """That the people of a table are rows of another one too, and how sure that is."""
    step = standing.same_as
    if step is None:
        return None
    there = step.there
    source = "" if there.source == standing.name[0] else f"{there.source}: "
    how = f", {sure((step,))}" if step.join.state is JoinState.PROPOSED else ""
    return f"the people of {source}{there.asset}{how}"


def exposure_record(one: SourceVolume) -> dict[str, object]:
    """A system with its people and what is at stake there."""
    return {
        "source": one.source,
        "people_low": one.people.low,
        "people_high": one.people.high,
        "is_exact": one.people.is_exact,
        "categories": list(one.categories),
        "special": list(one.special),
        "exposure_low": one.exposure.low if one.exposure else None,
        "exposure_high": one.exposure.high if one.exposure else None,
        "special_low": one.special_exposure.low if one.special_exposure else None,
        "special_high": one.special_exposure.high if one.special_exposure else None,
        "uncounted_tables": one.uncounted_count,
        "documents": one.document_count,
        "copies": one.copy_count,
        "not_scanned": one.unread_count,
        "is_cut_off": one.is_cut_off,
    }


def people_words(people: People) -> str:
    """A number of people, and no more than is known of it."""
    low, high = people.low, people.high
    if low is None or (low == 0 and high is None):
        return "people not known"
    if high is None:
        return f"at least {counted(low, 'person', 'people')}"
    if low == high:
        if people.is_exact:
            return counted(low, "person", "people")
        return f"about {counted(low, 'person', 'people')}"
    if low == 0:
        return f"at most {counted(high, 'person', 'people')}"
    return f"{amount(low)} to {amount(high)} people"


def exposure_words(bounds: Bounds | None) -> str:
    """People × categories: one number where it is known, else between what it lies."""
    if bounds is None:
        return "not known"
    return amount(bounds.high) if bounds.low == bounds.high else f"{amount(bounds.low)} to {amount(bounds.high)}"


def at_stake(one: SourceVolume) -> str:
    """The exposure of a system, in words."""
    if one.exposure is None:
        return "exposure not known"
    return f"exposure {exposure_words(one.exposure)}, special {exposure_words(one.special_exposure)}"


def uncounted_words(one: SourceVolume) -> str | None:
    """What is in none of a system's figures; None when all of it is."""
    parts = []
    if one.uncounted_count:
        parts.append(f"{counted(one.uncounted_count, 'table')} of unknown people")
    if one.document_count:
        parts.append(counted(one.document_count, "document"))
    if one.copy_count:
        parts.append(counted(one.copy_count, "old copy", "old copies"))
    if one.unread_count:
        parts.append(f"{amount(one.unread_count)} not scanned")
    if one.is_cut_off:
        parts.append("what could not be reached")
    return f"not counted: {', '.join(parts)}" if parts else None


def source_people_words(one: SourceVolume) -> str:
    """The people of a system; where nothing was found, no more than that."""
    return people_words(one.people) if one.categories else "none found" if one.is_looked_at else "not known"


def join_record(join: Join) -> dict[str, object]:
    """A join with all that was measured and said of it."""
    measure, decision = join.measure, join.decision
    return {
        "child": str(join.child),
        "parent": str(join.parent),
        "child_source": join.child.source,
        "child_asset": join.child.asset,
        "child_field": join.child.field,
        "parent_source": join.parent.source,
        "parent_asset": join.parent.asset,
        "parent_field": join.parent.field,
        "state": join.state.value,
        "score": join.score,
        "tested": measure.tested if measure else None,
        "found": measure.found if measure else None,
        "method": measure.method if measure else None,
        "terms": [{"text": term.text, "weight": term.weight} for term in measure.terms] if measure else [],
        "decision": None
        if decision is None
        else {
            "accepted": decision.is_accepted,
            "author": decision.author,
            "reason": decision.reason,
            "decided_at": decision.decided_at.isoformat(),
        },
    }
