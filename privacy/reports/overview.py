"""The first page of the inventory: what was looked at, what was found where, and what was not looked at. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date
from typing import TypeVar

from data_map.coverage import Outcome, SourceCoverage
from data_map.hygiene import findings
from data_map.model import REASON_TEXT, DataMap, FieldVerdict, MapAsset, MapField, Skipped, State
from data_map.standing import Role
from data_map.taxonomy import CATEGORIES, LegalClass
from data_map.volume import volumes
from privacy.hygiene_section import hygiene_fact, hygiene_section
from privacy.inventory import (
    exposure_record,
    exposure_words,
    held,
    holdings,
    people_words,
    source_people_words,
    subject_record,
    uncounted_words,
)
from privacy.reports.report import Fact, Report, Section
from privacy.reports.table import Column, Table
from privacy.reports.text import amount, counted

T = TypeVar("T")

#: The classes that a person wants to know of first, in words.
SENSITIVE: Mapping[LegalClass, str] = {
    LegalClass.ART9: "Special categories (GDPR Art. 9)",
    LegalClass.ART10: "Criminal convictions and offences (GDPR Art. 10)",
    LegalClass.NATIONAL_ID: "National identification numbers (GDPR Art. 87)",
    LegalClass.PCI: "Cardholder data (PCI DSS)",
    LegalClass.SECRET: "Passwords, keys and tokens",
}

#: The same, where there is little room.
_SHORT = {
    LegalClass.ART9: "GDPR Art. 9",
    LegalClass.ART10: "GDPR Art. 10",
    LegalClass.NATIONAL_ID: "GDPR Art. 87",
    LegalClass.PCI: "PCI DSS",
    LegalClass.SECRET: "secret",
}

#: What follows ``privacy map fields --category`` to list a class.
_BRANCHES = {
    LegalClass.ART9: "special",
    LegalClass.ART10: "criminal",
    LegalClass.NATIONAL_ID: "government_id",
    LegalClass.PCI: "financial",
    LegalClass.SECRET: "credential",
}

#: Rows of a table; what is left out is said, with the command that lists all.
_MOST_FIELDS = 100
_MOST_SKIPS = 200
_MOST_ASSETS = 15
#: Sources that have a column of their own.
_MOST_SOURCES = 8

_FIND = "privacy map fields"
_UNKNOWN = "What is in it is unknown."
_UNKNOWN_MANY = "What is in them is unknown."


@dataclass(frozen=True, slots=True)
class _Place:
    """A category in a field."""

    category: str
    item: MapField
    #: How often it occurs in free text, or beside what the field mostly holds; None when the field is of the category.
    count: int | None


def overview(
    data_map: DataMap,
    coverages: Iterable[SourceCoverage],
    *,
    organisation: str | None,
    today: date,
    activities_section: Section | None = None,
    requests_section: Section | None = None,
) -> Report:
    """The inventory as a document. ``coverages`` name every source that is configured or in the map.

    The sections on the record of processing activities and on requests are taken as they are; what they warn of is
    repeated on top. Without them the report does not mention either.
    """
    covered = tuple(coverages)
    given = tuple(section for section in (requests_section, activities_section) if section is not None)
    places = tuple(_places(data_map))
    amiss = findings(data_map, today)
    has_looked = any(one.outcome is not Outcome.NOT_SCANNED for one in covered)
    sections = [
        _summary(data_map, covered, places, given, hygiene_fact(amiss, has_looked=has_looked)),
        _coverage(covered),
        *_sensitive(places, has_looked),
        hygiene_section(amiss, has_looked=has_looked),
        *given,
        _categories(data_map, covered),
        _people(data_map),
        _largest(data_map),
        _not_scanned(data_map, covered),
        _undecided(data_map),
        _decisions(data_map),
        _reading(),
    ]
    return Report(
        title="Inventory of personal data",
        subtitle=" · ".join(part for part in (organisation, f"as of {today.isoformat()}") if part),
        sections=tuple(sections),
    )


def _summary(
    data_map: DataMap,
    covered: Sequence[SourceCoverage],
    places: Sequence[_Place],
    given: Sequence[Section],
    amiss: Fact,
) -> Section:
    personal = [item for _, item in _fields(data_map) if item.verdict.state.is_personal]
    undecided = sum(item.verdict.state is State.UNDECIDED for _, item in _fields(data_map))
    decided = sum(item.decision is not None for _, item in _fields(data_map))
    aside = sum(item.suppression is not None for _, item in _fields(data_map))
    looked_at = sum(one.outcome is not Outcome.NOT_SCANNED for one in covered)
    whole, sampled = sum(one.whole_count for one in covered), sum(one.sampled_count for one in covered)
    listed = sum(one.asset_count for one in covered)
    facts = [
        Fact("Sources looked at", f"{amount(looked_at)} of {amount(len(covered))}"),
        Fact(
            "Tables and files looked at",
            f"{amount(whole + sampled)} of {amount(listed)}: {amount(whole)} whole, {amount(sampled)} in part",
        ),
        Fact("Fields looked at", amount(sum(one.field_count for one in covered))),
        Fact("Personal data", _found(personal, looked_at)),
        *(Fact(title, _found(_of(one, places), looked_at)) for one, title in SENSITIVE.items()),
        amiss,
        Fact("Undecided", f"{counted(undecided, 'field')}, for a person to look at" if undecided else "none"),
        Fact("Decided by people", counted(decided, "field") if decided else "none"),
        *([Fact("Set aside by pattern", f"{counted(aside, 'field')}, not counted as found")] if aside else []),
    ]
    days = sorted(one.scanned_at.astimezone(UTC).date() for one in covered if one.scanned_at is not None)
    if days:
        last = days[-1].isoformat()
        facts.append(Fact("Last scanned", last if days[0] == days[-1] else f"between {days[0].isoformat()} and {last}"))
    repeated = [f"{section.title}: {warning}" for section in given for warning in section.warnings]
    return Section(
        title="At a glance",
        key="summary",
        paragraphs=() if covered else ("No source is configured, and nothing was scanned yet.",),
        facts=tuple(facts),
        warnings=(*repeated, *_gaps(covered)),
    )


def _gaps(covered: Iterable[SourceCoverage]) -> Iterator[str]:
    """What nobody may take for clean."""
    some = tuple(covered)
    for one in some:
        if one.outcome is Outcome.NOT_SCANNED:
            yield f"The source {one.source.name} was not scanned. {_UNKNOWN}"
        elif one.is_skipped:
            yield f"The source {one.source.name} could not be read to its end. What is in the rest is unknown."
    for count, noun, plural, what in (
        (sum(one.skipped_count for one in some), "table or file", "tables and files", "could not be read"),
        (sum(one.unreached_count for one in some), "table or file", "tables and files", "not reached by the scan"),
        (sum(one.skipped_field_count for one in some), "part", "parts", "of tables and files could not be read"),
    ):
        if count:
            if what.startswith("not"):
                what = f"{'was' if count == 1 else 'were'} {what}"
            yield f"{counted(count, noun, plural)} {what}. {_UNKNOWN if count == 1 else _UNKNOWN_MANY}"


def _coverage(covered: Sequence[SourceCoverage]) -> Section:
    columns = (
        Column("source", "source"),
        Column("kind", "kind"),
        Column("country", "country", optional=True),
        Column("owner", "answers for it", fold=True, optional=True),
        Column("outcome", "personal data", fold=True),
        Column("assets", "tables, files", "right"),
        Column("whole", "whole", "right"),
        Column("sampled", "in part", "right", optional=True),
        Column("skipped", "not read", "right", optional=True),
        Column("not_reached", "not reached", "right", optional=True),
        Column("fields", "fields", "right"),
        Column("personal", "personal", "right"),
        Column("scanned_on", "scanned"),
    )
    records = [
        {
            "source": one.source.name,
            "kind": one.source.kind,
            "location": one.source.location,
            "country": one.source.country,
            "owner": one.source.owner,
            "outcome": one.outcome.value,
            "assets": one.asset_count,
            "whole": one.whole_count,
            "sampled": one.sampled_count,
            "skipped": one.skipped_count,
            "not_reached": one.unreached_count,
            "fields": one.field_count,
            "personal": one.personal_count,
            "fields_skipped": one.skipped_field_count,
            "scanned_on": one.scanned_at.astimezone(UTC).date().isoformat() if one.scanned_at else "never",
        }
        for one in covered
    ]
    return Section(
        title="What was looked at",
        key="coverage",
        paragraphs=(
            "Whole: every row was read. In part: a sample was read, which proves what was found and not what was not.",
        ),
        tables=(Table(columns, records, empty="No source is configured, and nothing was scanned yet."),),
    )


def _sensitive(places: Sequence[_Place], has_looked: bool) -> Iterator[Section]:
    by_class = {one: [place for place in places if CATEGORIES[place.category].legal_class is one] for one in SENSITIVE}
    absent = [title for one, title in SENSITIVE.items() if not by_class[one]]
    yield Section(
        title="Where the sensitive data is",
        key="sensitive",
        paragraphs=(
            ()
            if not absent
            else (f"Not found in what was scanned: {'; '.join(absent)}.",)
            if has_looked
            else ("Nothing was scanned yet.",)
        ),
    )
    for one, some in by_class.items():
        if some:
            yield _sensitive_class(one, some)


def _sensitive_class(one: LegalClass, places: Sequence[_Place]) -> Section:
    columns = (
        Column("title", "category", fold=True),
        Column("ref", "where", fold=True),
        Column("occurs", "occurs", optional=True),
        Column("subject", "whose", optional=True),
        Column("state", "how sure"),
    )
    shown, rest = _first(places, _MOST_FIELDS, f"{_FIND} --category {_BRANCHES[one]}")
    records = [
        {
            "category": place.category,
            "title": CATEGORIES[place.category].title,
            "class": one.value,
            "ref": str(place.item.field.ref),
            "occurs": _occurs(place),
            "subject": place.item.verdict.subject,
            "state": _state(place.item),
        }
        for place in shown
    ]
    return Section(
        title=SENSITIVE[one],
        key=f"sensitive-{one.value.replace('_', '-')}",
        paragraphs=(f"Found in {_extent([place.item for place in places])}.", *rest),
        tables=(Table(columns, records),),
        level=2,
    )


def _occurs(place: _Place) -> str | None:
    if place.count is None:
        return None
    where = "in text" if place.item.verdict.category == "text.personal" else "among others"
    return f"{where}, {counted(place.count, 'time')}"


def _categories(data_map: DataMap, covered: Sequence[SourceCoverage]) -> Section:
    counts: dict[str, Counter[str]] = {}
    for _, item in _fields(data_map):
        for key in _held(item.verdict):
            counts.setdefault(key, Counter())[item.field.ref.source] += 1
    looked_at = [one for one in covered if one.outcome is not Outcome.NOT_SCANNED]
    unseen = [one.source.name for one in covered if one.outcome is Outcome.NOT_SCANNED]
    most_first = sorted(looked_at, key=lambda one: (-one.personal_count, one.source.name))
    own = sorted(one.source.name for one in most_first[:_MOST_SOURCES])
    is_cut = len(most_first) > _MOST_SOURCES
    columns = (
        Column("title", "category", fold=True),
        Column("sensitive_as", "sensitive as", optional=True),
        *(Column(f"in {name}", name, "right", fold=True) for name in own),
        *((Column("elsewhere", "other sources", "right"),) if is_cut else ()),
        Column("fields", "all", "right"),
    )
    records = [
        {
            "category": key,
            "title": row.title,
            "class": row.legal_class.value,
            "sensitive_as": _SHORT.get(row.legal_class),
            **{f"in {name}": counts[key][name] or None for name in own},
            "elsewhere": sum(count for name, count in counts[key].items() if name not in own) or None,
            "fields": counts[key].total(),
            "sources": dict(sorted(counts[key].items())),
        }
        for key, row in CATEGORIES.items()
        if key in counts
    ]
    return Section(
        title="Categories by source",
        key="categories",
        paragraphs=(
            "Fields that hold each category. A field of free text counts once for every category that occurs in it. "
            "Where there is no number, the category was not found in what was scanned.",
            *((f"Not scanned, and so without a column: {', '.join(unseen)}.",) if unseen else ()),
        ),
        tables=(Table(columns, records, empty=_none_found(data_map)),),
    )


def _people(data_map: DataMap) -> Section:
    found = volumes(data_map)
    systems = [
        exposure_record(one)
        | {
            "people": source_people_words(one),
            "kinds": len(one.categories),
            "exposure": exposure_words(one.exposure),
            "special_exposure": exposure_words(one.special_exposure),
            "uncounted": (uncounted_words(one) or "").removeprefix("not counted: "),
        }
        for one in found
    ]
    tables = [table for one in found for table in one.tables]
    hanging = Counter(table.standing.root for table in tables)
    people = [table for table in tables if table.standing.role is Role.SUBJECT]
    people.sort(key=lambda table: (-(table.exposure_count or 0), table.standing.name))
    shown, rest = _first(people, _MOST_ASSETS, "privacy map subjects")
    records = [
        subject_record(table)
        | {
            "whose": table.standing.subject,
            "people": people_words(table.people),
            "hanging": hanging[table.standing.name] or None,
            "copy": f"an old copy of {table.copy_of}?" if table.copy_of else None,
        }
        for table in shown
    ]
    return Section(
        title="Whose data, and what is at stake",
        key="people",
        paragraphs=(
            "Exposure is people × categories of data held of them; special is the part of it in categories "
            "that are sensitive. People who are named in running text are not counted, and where nothing tells people "
            "apart their number is not known.",
            *rest,
        ),
        tables=(
            Table(
                (
                    Column("source", "source"),
                    Column("people", "people"),
                    Column("kinds", "categories", "right"),
                    Column("exposure", "exposure", "right"),
                    Column("special_exposure", "special", "right"),
                    Column("uncounted", "not counted", fold=True, optional=True),
                ),
                systems,
                empty=_none_found(data_map),
            ),
            Table(
                (
                    Column("asset", "table or file", fold=True),
                    Column("source", "source"),
                    Column("whose", "whose"),
                    Column("key", "key", fold=True, optional=True),
                    Column("people", "people"),
                    Column("hanging", "tables on it", "right", optional=True),
                    Column("copy", "remark", fold=True, optional=True),
                ),
                records,
                title="Tables whose rows are people",
                empty="No table was recognised as one of people.",
            ),
        ),
    )


def _largest(data_map: DataMap) -> Section:
    found = []
    for part in data_map.sources:
        by_name = {asset.asset.name: asset for asset in part.assets}
        found += [(by_name[name], counts) for name, counts in holdings(part)]
    found.sort(key=lambda pair: (-_personal_count(pair[0]), pair[0].asset.source, pair[0].asset.name))
    shown, rest = _first(found, _MOST_ASSETS, "privacy map show")
    records = [
        {
            "source": asset.asset.source,
            "asset": asset.asset.name,
            "fields": _personal_count(asset),
            "of": len(asset.fields),
            "rows": asset.asset.row_count,
            "categories": [key for key in CATEGORIES if key in counts],
            "holds": "; ".join(CATEGORIES[key].title for key in CATEGORIES if key in counts),
        }
        for asset, counts in shown
    ]
    columns = (
        Column("asset", "table or file", fold=True),
        Column("source", "source"),
        Column("fields", "personal fields", "right"),
        Column("of", "of", "right"),
        Column("rows", "rows, about", "right", optional=True),
        Column("holds", "holds", fold=True),
    )
    return Section(
        title="Tables and files with most personal data",
        key="largest",
        paragraphs=tuple(rest),
        tables=(Table(columns, records, empty=_none_found(data_map)),),
    )


def _not_scanned(data_map: DataMap, covered: Sequence[SourceCoverage]) -> Section:
    skips = [skip for part in data_map.sources for skip in part.skipped]
    earlier = {
        (asset.asset.source, asset.asset.name): asset.scanned_at.astimezone(UTC).date().isoformat()
        for part in data_map.sources
        for asset in part.assets
    }
    shown, rest = _first(skips, _MOST_SKIPS, "privacy map coverage --skipped")
    records = [_skip(skip, earlier) for skip in shown]
    records += [
        {"source": one.source.name, "asset": None, "because": "it was never scanned"}
        for one in covered
        if one.scanned_at is None and not any(skip.source == one.source.name for skip in skips)
    ]
    records += [
        {
            "source": one.source.name,
            "asset": counted(one.unreached_count, "table or file", "tables and files"),
            "because": "the scan ended before them",
        }
        for one in covered
        if one.unreached_count
    ]
    columns = (
        Column("source", "source"),
        Column("asset", "table or file", fold=True),
        Column("field", "part", fold=True, optional=True),
        Column("because", "because", fold=True),
        Column("code", "code", optional=True),
        Column("earlier", "read before", optional=True),
    )
    words = "Nothing that is listed here may be taken for free of personal data."
    return Section(
        title="Not scanned",
        key="not-scanned",
        paragraphs=(words, *rest) if records else (),
        tables=(Table(columns, records, empty="Everything that was found was read." if covered else "Nothing yet."),),
    )


def _skip(skip: Skipped, earlier: Mapping[tuple[str, str], str]) -> dict[str, object]:
    return {
        "source": skip.source,
        "asset": skip.asset or "the whole source",
        "field": skip.field,
        "reason": skip.reason.value,
        "because": REASON_TEXT[skip.reason],
        "code": skip.code,
        "earlier": None if skip.asset is None or skip.field is not None else earlier.get((skip.source, skip.asset)),
    }


def _undecided(data_map: DataMap) -> Section:
    found = [item for _, item in _fields(data_map) if item.verdict.state is State.UNDECIDED]
    found.sort(key=lambda item: (-item.verdict.score, item.field.ref))
    shown, rest = _first(found, _MOST_FIELDS, f"{_FIND} --state undecided")
    records = [
        {
            "ref": str(item.field.ref),
            "alternates": [one.category for one in item.verdict.alternates],
            "perhaps": "; ".join(CATEGORIES[key].title for key in _candidates(item.verdict)),
            "score": f"{item.verdict.score:.0%}",
            "sampled": item.verdict.sampled,
        }
        for item in shown
    ]
    columns = (
        Column("ref", "field", fold=True),
        Column("perhaps", "perhaps", fold=True),
        Column("score", "likely", "right"),
        Column("sampled", "values looked at", "right"),
    )
    how = (
        "The evidence in these fields is too weak for a verdict. Somebody who knows them can settle it: "
        "privacy map decide REF --category KEY (or --not-personal) --reason TEXT."
    )
    return Section(
        title="For a person to look at",
        key="undecided",
        paragraphs=(how, *rest) if records else (),
        tables=(Table(columns, records, empty="No field is undecided."),),
    )


def _candidates(verdict: FieldVerdict) -> list[str]:
    keys = [one.category for one in verdict.alternates] + [one.category for one in verdict.contains]
    return list(dict.fromkeys(keys))


def _decisions(data_map: DataMap) -> Section:
    records = []
    for _, item in _fields(data_map):
        decision = item.decision
        if decision is not None:
            machine = item.machine.category
            records.append(
                {
                    "ref": str(item.field.ref),
                    "category": decision.category,
                    "decided": CATEGORIES[decision.category].title if decision.category else "not personal data",
                    "machine": CATEGORIES[machine].title if machine else item.machine.state.value,
                    "author": decision.author,
                    "decided_on": decision.decided_at.astimezone(UTC).date().isoformat(),
                    "until_on": decision.until_on.isoformat() if decision.until_on else None,
                    "reason": decision.reason,
                }
            )
    columns = (
        Column("ref", "field", fold=True),
        Column("decided", "decided", fold=True),
        Column("machine", "the tool's verdict", fold=True),
        Column("author", "by", fold=True),
        Column("decided_on", "on"),
        Column("until_on", "until", optional=True),
        Column("reason", "because", fold=True),
    )
    return Section(
        title="Decided by people",
        key="decisions",
        tables=(
            Table(columns, records, empty="Nobody has overruled or confirmed a verdict yet."),
            *_suppressions(data_map),
        ),
    )


def _suppressions(data_map: DataMap) -> Iterator[Table]:
    """What people set aside by pattern; no table where nobody has."""
    if not data_map.suppressions:
        return
    hits = Counter((one.pattern, one.what) for _, item in _fields(data_map) if (one := item.suppression) is not None)
    columns = (
        Column("pattern", "pattern", fold=True),
        Column("what", "what", fold=True),
        Column("fields", "fields", "right"),
        Column("author", "by", fold=True),
        Column("decided_on", "on"),
        Column("until_on", "until", optional=True),
        Column("reason", "because", fold=True),
    )
    records = [
        {
            "pattern": one.pattern,
            "what": one.what or "every category",
            "fields": hits[one.pattern, one.what],
            "author": one.author,
            "decided_on": one.decided_at.astimezone(UTC).date().isoformat(),
            "until_on": one.until_on.isoformat() if one.until_on else None,
            "reason": one.reason,
        }
        for one in data_map.suppressions
    ]
    yield Table(columns, records, title="Set aside by pattern, and not counted as found")


def _reading() -> Section:
    return Section(
        title="How to read this page",
        key="reading",
        paragraphs=(
            "It holds names of sources, tables, files and columns, counts, and what people wrote. Values that were "
            "read from a source are never kept.",
            "A field is written source:table#column; privacy map explain shows what its verdict is made of.",
        ),
        facts=(
            Fact("Found", "there is evidence for it in the names or the values of at least one field"),
            Fact("Not found in what was scanned", "no such evidence: of what was read, and of nothing else"),
            Fact("Not scanned", "nobody looked, or nobody could: it may hold anything"),
            Fact("Confirmed", "the values themselves show it"),
            Fact("Likely", "names and values make it more likely than not"),
            Fact("By name only", "the name says it, and there were no values to look at"),
            Fact("Undecided", "too little evidence for a verdict; not counted as found"),
        ),
    )


def _fields(data_map: DataMap) -> Iterator[tuple[MapAsset, MapField]]:
    for part in data_map.sources:
        for asset in part.assets:
            for item in asset.fields:
                yield asset, item


def _places(data_map: DataMap) -> Iterator[_Place]:
    """Every sensitive category in every field, in the order of the categories, then of the map."""
    order = {key: number for number, key in enumerate(CATEGORIES)}
    places = []
    for _, item in _fields(data_map):
        times = {one.category: one.count for one in item.verdict.contains}
        for key in _held(item.verdict):
            if CATEGORIES[key].legal_class in SENSITIVE:
                places.append(_Place(key, item, None if key == item.verdict.category else times.get(key)))
    yield from sorted(places, key=lambda place: order[place.category])


def _held(verdict: FieldVerdict) -> frozenset[str]:
    """The categories of a field, and what is sensitive of what occurs beside them."""
    if not verdict.state.is_personal:
        return frozenset()
    # Where every value fits the category, what else was recognised is another reading of the same values.
    has_others = verdict.prevalence is None or verdict.distinct * (1 - verdict.prevalence) >= 1
    return held(verdict) | {
        one.category for one in verdict.contains if has_others and CATEGORIES[one.category].legal_class in SENSITIVE
    }


def _personal_count(asset: MapAsset) -> int:
    return sum(item.verdict.state.is_personal for item in asset.fields)


def _class(place: _Place) -> LegalClass:
    return CATEGORIES[place.category].legal_class


def _of(one: LegalClass, places: Iterable[_Place]) -> list[MapField]:
    return [place.item for place in places if _class(place) is one]


def _found(items: Sequence[MapField], looked_at: int) -> str:
    if items:
        return f"found in {_extent(items)}"
    return (Outcome.NOT_FOUND if looked_at else Outcome.NOT_SCANNED).value


def _extent(items: Iterable[MapField]) -> str:
    refs = {item.field.ref for item in items}
    assets = {(ref.source, ref.asset) for ref in refs}
    return f"{counted(len(refs), 'field')} of {counted(len(assets), 'table or file', 'tables and files')}"


def _state(item: MapField) -> str:
    if item.decision is not None:
        return "decided"
    return "by name only" if item.verdict.state is State.NAME_ONLY else item.verdict.state.value


def _none_found(data_map: DataMap) -> str:
    return "No personal data was found in what was scanned." if data_map.sources else "Nothing was scanned yet."


def _first(some: Sequence[T], most: int, command: str) -> tuple[Sequence[T], list[str]]:
    """The first of them, and a sentence on the others when there are any."""
    if len(some) <= most:
        return some, []
    return some[:most], [f"The first {amount(most)} of {amount(len(some))}. All of them: {command}"]
