"""The record as a whole: the organisation, its activities, and how they compare with the map. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date

from data_map.activities import (
    EVERY_CATEGORY,
    ActivityError,
    Controller,
    FieldPattern,
    Party,
    ProcessingActivity,
    Retention,
    is_category_key,
    parse,
    title_of,
)
from data_map.build import is_in_force
from data_map.completeness import Missing, missing
from data_map.coverage import SourceCoverage, coverage
from data_map.drift import (
    GAP_ARTICLE,
    GAP_TEXT,
    Claim,
    ClaimedField,
    Gap,
    GapKind,
    Unscanned,
    claims,
    gaps,
    outcome,
)
from data_map.model import DataMap, EvidenceKind, FieldRef, Source
from privacy.config import Contact, Organisation
from privacy.reports.text import counted

#: Names that a line of a table shows; the others are counted.
_MOST_NAMES = 3


@dataclass(frozen=True, slots=True)
class Record:
    """Everything that the documents about the record are made from."""

    controller: Controller
    activities: tuple[ProcessingActivity, ...]
    coverage: tuple[SourceCoverage, ...]
    claims: Mapping[str, Claim]
    gaps: tuple[Gap, ...]
    missing: tuple[Missing, ...]
    today: date

    def missing_in(self, activity: str | None) -> tuple[Missing, ...]:
        """What an activity misses, or with None the organisation."""
        return tuple(item for item in self.missing if item.activity == activity)

    def gaps_of(self, activity: str | None) -> tuple[Gap, ...]:
        """The gaps of an activity, or with None what no activity claims."""
        return tuple(gap for gap in self.gaps if gap.activity == activity)

    @property
    def is_failing(self) -> bool:
        """Whether something required is missing, or record and map do not meet."""
        return bool(self.gaps) or any(not item.is_hint for item in self.missing)


def record_of(
    organisation: Organisation,
    bodies: Iterable[tuple[str, str]],
    data_map: DataMap,
    configured: Sequence[Source],
    today: date,
) -> Record:
    """The record of these activities, given as key and TOML.

    Raises:
        ActivityError: one of them cannot be read by this version of the tool.
    """
    activities = tuple(_activity(key, body) for key, body in bodies)
    controller = controller_of(organisation)
    claimed = claims(activities, data_map, configured)
    return Record(
        controller=controller,
        activities=activities,
        coverage=coverage(data_map, configured, today),
        claims=claimed,
        gaps=gaps(activities, data_map, claimed),
        missing=missing(controller, activities),
        today=today,
    )


def _activity(key: str, body: str) -> ProcessingActivity:
    try:
        return parse(body)
    except ActivityError as error:
        msg = f"{key}, as it is recorded, cannot be read. `privacy ropa edit {key}` opens it.\n{error}"
        raise ActivityError(msg) from None


def controller_of(organisation: Organisation) -> Controller:
    """Whose record it is, from the configuration."""
    return Controller(
        name=organisation.name,
        country=organisation.country,
        contact=_contact(organisation.address, organisation.email, organisation.phone),
        representative=_party(organisation.representative),
        officer=_party(organisation.dpo),
    )


def _party(contact: Contact) -> Party | None:
    reached = _contact(contact.address, contact.email, contact.phone)
    return Party(contact.name, reached or None) if contact.name or reached else None


def _contact(*parts: str) -> str:
    return ", ".join(part for part in parts if part)


# What was found, beside what was declared


@dataclass(frozen=True, slots=True)
class Evidence:
    """Why a claimed field is said to hold a category."""

    category: str
    ref: FieldRef
    #: ``confirmed``, ``likely``, ``name_only``; ``decided`` when a person said so; ``in text`` for free text.
    state: str
    #: Values looked at; for text, how often the category occurs in it.
    sampled: int
    occurs: int | None
    #: The strongest detector; None when a person decided.
    detector: str | None
    #: ``978 of 987``: distinct values that fit; None without evidence from values.
    fits: str | None
    scanned_on: date


@dataclass(frozen=True, slots=True)
class CategoryLine:
    """A category of an activity: declared, found, or both."""

    category: str
    is_declared: bool
    #: What can be said about it in what the activity claims; in words.
    found: str
    evidence: tuple[Evidence, ...] = ()

    @property
    def title(self) -> str:
        """The category in words."""
        return title_of(self.category)


OWN_WORDS = "in own words, not compared"
NOTHING_CLAIMED = "the activity claims no fields"


def category_lines(record: Record, activity: ProcessingActivity) -> tuple[CategoryLine, ...]:
    """The declared categories in their order, then those that were found and not declared."""
    claim = record.claims[activity.key]
    undeclared = [
        one for gap in record.gaps_of(activity.key) if gap.kind is GapKind.UNDECLARED for one in gap.categories
    ]
    return tuple(
        CategoryLine(
            category,
            category in activity.categories,
            _found(activity, claim, category),
            tuple(evidence(field, category, record.today) for field in claim.holding(category)),
        )
        for category in (*activity.categories, *undeclared)
    )


def _found(activity: ProcessingActivity, claim: Claim, category: str) -> str:
    if not is_category_key(category):
        return OWN_WORDS
    if not activity.fields:
        return NOTHING_CLAIMED
    return outcome(claim, category).value


def evidence(field: ClaimedField, category: str, today: date) -> Evidence:
    """Why a claimed field is said to hold a category."""
    item, verdict = field.item, field.item.verdict
    is_decided = item.decision is not None and item.decision.category == category and is_in_force(item.decision, today)
    occurs = next((one.count for one in verdict.contains if one.category == category), None)
    is_text = category != verdict.category
    own = [one for one in verdict.evidence if one.category == category]
    best = max(own, key=lambda one: (one.kind is EvidenceKind.VALUE, one.matched, one.score), default=None)
    has_values = best is not None and best.kind is EvidenceKind.VALUE and best.distinct > 0
    return Evidence(
        category=category,
        ref=field.ref,
        state="decided" if is_decided else "in text" if is_text else verdict.state.value,
        sampled=verdict.sampled,
        occurs=occurs if is_text else None,
        detector=best.detector if best and not is_decided else None,
        fits=f"{best.matched} of {best.distinct}" if best and has_values and not is_decided else None,
        scanned_on=field.scanned_at.astimezone(UTC).date(),
    )


# In words


def names(items: Sequence[str], most: int = _MOST_NAMES) -> str:
    """The first names, and how many more there are."""
    more = len(items) - most
    return "; ".join(items[:most]) + (f"; and {more:,} more" if more > 0 else "")


def where_of(gap: Gap) -> str:
    """Where a gap is, in one line."""
    if gap.pattern is not None:
        return gap.pattern
    if gap.kind is GapKind.NOT_SCANNED:
        return names([_unscanned(item) for item in gap.unscanned])
    if gap.kind is GapKind.NOT_FOUND:
        places = len(gap.unscanned)
        return f"{counted(places, 'claimed place')} not scanned" if places else ""
    if gap.kind is GapKind.UNCLAIMED:
        counts = Counter(FieldRef(ref.source, ref.asset, "x") for ref in gap.refs)
        return names([f"{str(asset).rpartition('#')[0]} ({counted(n, 'field')})" for asset, n in counts.items()])
    return names([str(ref) for ref in gap.refs])


def _unscanned(item: Unscanned) -> str:
    parts = ":".join(part for part in (item.source, item.asset) if part is not None)
    field = f"#{item.field}" if item.field is not None else ""
    return f"{parts}{field}: {item.because}"


def what_of(gap: Gap) -> str:
    """What a gap is, in one line."""
    about = ", ".join(title_of(category) for category in gap.categories)
    return f"{GAP_TEXT[gap.kind]}: {about}" if about else GAP_TEXT[gap.kind]


def gap_record(gap: Gap) -> dict[str, object]:
    """A gap as data."""
    return {
        "gap": gap.kind.value,
        "activity": gap.activity,
        "what": what_of(gap),
        "where": where_of(gap),
        "article": GAP_ARTICLE[gap.kind] or None,
        "categories": list(gap.categories),
        "fields": [str(ref) for ref in gap.refs],
        "not_scanned": [
            {"source": item.source, "asset": item.asset, "field": item.field, "because": item.because}
            for item in gap.unscanned
        ],
        "pattern": gap.pattern,
    }


def missing_record(item: Missing) -> dict[str, object]:
    """A missing entry as data."""
    where = f"configuration: {item.key}" if item.key.startswith("organisation") else item.key
    return {
        "activity": item.activity,
        "what": item.what,
        "where": where,
        "article": item.article or None,
        "required": not item.is_hint,
    }


def check_records(record: Record) -> Iterator[dict[str, object]]:
    """What is missing, then the gaps, then the hints."""
    missed = [missing_record(item) for item in record.missing]
    yield from ({"kind": "missing", **item} for item in missed if item["required"])
    yield from ({"kind": "gap", **gap_record(gap), "required": True} for gap in record.gaps)
    yield from ({"kind": "hint", **item} for item in missed if not item["required"])


_UNITS = {"Y": "year", "M": "month", "W": "week", "D": "day"}


def period_words(period: str) -> str:
    """An ISO 8601 period in words: ``10 years``."""
    words, digits = [], ""
    for char in period[1:]:
        if char in _UNITS:
            words.append(counted(int(digits), _UNITS[char]))
            digits = ""
        else:
            digits += char
    return ", ".join(words)


def limit_words(limit: Retention) -> str:
    """A time limit in words."""
    start = f" from {limit.starts_on}" if limit.starts_on else ""
    how_long = period_words(limit.period) if limit.period else limit.criterion or ""
    basis = f" ({limit.basis})" if limit.basis else ""
    return f"{how_long}{start}, then {limit.action.value}{basis}"


def limit_of(limit: Retention) -> str:
    """What a time limit is for, in words."""
    return "all categories" if limit.category == EVERY_CATEGORY else title_of(limit.category)


def party_words(party: Party) -> str:
    """A party in one line."""
    representative = f"represented by {party.representative}" if party.representative else None
    return ", ".join(part for part in (party.name, party.contact, party.country, representative) if part)


def patterns_words(patterns: Iterable[FieldPattern]) -> str:
    """What is claimed, as written."""
    return "; ".join(str(pattern) for pattern in patterns)
