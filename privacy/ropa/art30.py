"""The record of processing activities as GDPR Art. 30(1) lays it out, each line with the evidence for it. Pure.

What is declared and what was found are kept apart; what is not there is said to be missing, and nothing is invented.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import asdict
from datetime import UTC

from data_map.activities import ProcessingActivity, Role, title_of
from data_map.codes import ART9_CONDITIONS, LEGAL_BASES, MECHANISMS
from data_map.completeness import Missing
from data_map.coverage import Outcome
from data_map.drift import Gap, GapKind
from privacy.inventory import coverage_record
from privacy.reports.report import Fact, Report, Section
from privacy.reports.table import Column, Table, as_csv
from privacy.reports.text import counted, json_text
from privacy.ropa.record import (
    CategoryLine,
    Evidence,
    Record,
    category_lines,
    gap_record,
    limit_of,
    limit_words,
    missing_record,
    names,
    party_words,
    patterns_words,
)

TITLE = "Record of processing activities"
#: What the document is, and what it is not.
NOTE = (
    "This record states what the organisation declared, and what was found in the sources that were scanned, as of the "
    "dates given. It states nothing more: what was not scanned is unknown, and whether the processing is lawful is not "
    "for this document to say."
)
_MOST_REFS = 3


def report(record: Record) -> Report:
    """The record as a document."""
    own = [activity for activity in record.activities if activity.role is Role.CONTROLLER]
    for_others = [activity for activity in record.activities if activity.role is Role.PROCESSOR]
    sections = [
        _controller(record),
        _coverage(record),
        _overview(record, own),
        *(_activity(record, activity) for activity in own),
        *_for_others(record, for_others),
        _gaps(record),
        _missing(record),
        _evidence(record),
        Section("About this record", "about", paragraphs=(NOTE,), facts=_reading()),
    ]
    return Report(TITLE, subtitle(record), tuple(sections))


def subtitle(record: Record) -> str:
    """Whose it is and of when."""
    return " · ".join(part for part in (record.controller.name, f"as of {record.today.isoformat()}") if part)


def of_activity(record: Record, activity: ProcessingActivity) -> Report:
    """One activity as a document."""
    if activity.role is Role.CONTROLLER:
        section = _activity(record, activity, level=1)
    else:
        section = _for_another(record, activity, level=1)
    more = [
        Section("Gaps", "gaps", tables=(_gap_table(record.gaps_of(activity.key)),)),
        Section("Missing", "missing", tables=(_missing_table(record.missing_in(activity.key)),)),
    ]
    return Report(activity.name, f"{activity.key} · as of {record.today.isoformat()}", (section, *more))


def summary(record: Record) -> Section:
    """The record in one section, for a page about other things as well."""
    required = [item for item in record.missing if not item.is_hint]
    warnings = []
    if required:
        warnings.append(f"{counted(len(required), 'entry', 'entries')} of Art. 30 missing.")
    for kind, words in _GAP_WORDS.items():
        count = sum(gap.kind is kind for gap in record.gaps)
        if count:
            warnings.append(f"{counted(count, *words[0])} {words[1]}")
    return Section(
        title="Processing activities",
        key="activities",
        paragraphs=() if record.activities else ("No processing activity is declared.",),
        tables=(_activity_table(record, record.activities),) if record.activities else (),
        warnings=tuple(warnings),
    )


_TABLE = ("table or file", "tables and files")
_CATEGORY = ("category", "categories")
_CLAIM = ("claim", "claims")
_ACTIVITY = ("activity", "activities")
#: In the order of the warnings.
_GAP_WORDS = {
    GapKind.UNCLAIMED: (_TABLE, "with personal data that no activity claims."),
    GapKind.UNDECLARED: (_CATEGORY, "found in what an activity claims, not declared by it."),
    GapKind.NOT_FOUND: (_CATEGORY, "declared and not found in what was scanned."),
    GapKind.NO_MATCH: (_CLAIM, "about nothing that is known."),
    GapKind.NOT_SCANNED: (_CLAIM, "about what was not scanned."),
    GapKind.NO_ART9: (_ACTIVITY, "with special categories and no condition of Art. 9(2)."),
    GapKind.NO_ART10: (_ACTIVITY, "with data about crimes and no law that allows it."),
}


# The first page


def _controller(record: Record) -> Section:
    who = record.controller
    facts = [
        Fact("Controller, Art. 30(1)(a)", who.name or _gone("Art. 30(1)(a)")),
        Fact("Contact", who.contact or _gone("Art. 30(1)(a)")),
    ]
    if who.country:
        facts.append(Fact("Country", who.country))
    for label, party in (("Representative", who.representative), ("Data protection officer", who.officer)):
        if party is None:
            facts.append(Fact(label, "none declared"))
        else:
            name = party.name or f"name {_gone('Art. 30(1)(a)')}"
            facts.append(Fact(label, f"{name}, {party.contact or 'contact ' + _gone('Art. 30(1)(a)')}"))
    facts.append(Fact("Processing activities", f"{len(record.activities):,}"))
    return Section("Controller", "controller", facts=tuple(facts), warnings=summary(record).warnings)


def _gone(article: str) -> str:
    return f"missing ({article})"


def _coverage(record: Record) -> Section:
    columns = (
        Column("source", "source", fold=True),
        Column("country", "country", optional=True),
        Column("outcome", "personal data", fold=True),
        Column("assets", "tables, files", "right"),
        Column("whole", "read whole", "right"),
        Column("sampled", "in part", "right", optional=True),
        Column("skipped", "not read", "right", optional=True),
        Column("not_reached", "not reached", "right", optional=True),
        Column("personal", "personal fields", "right"),
        Column("scanned_on", "scanned"),
    )
    records = []
    warnings = []
    for one in record.coverage:
        on = one.scanned_at.astimezone(UTC).date().isoformat() if one.scanned_at else "never"
        records.append(coverage_record(one) | {"country": one.source.country, "scanned_on": on})
        if one.outcome is Outcome.NOT_SCANNED:
            warnings.append(f"{one.source.name} was not scanned. Nothing is known of what is in it.")
        elif one.is_skipped:
            warnings.append(f"{one.source.name} could not be read to its end. What is in the rest is unknown.")
        if one.skipped_count + one.unreached_count:
            count = counted(one.skipped_count + one.unreached_count, *_TABLE)
            warnings.append(f"{count} of {one.source.name} not looked at. Nothing is known of what is in them.")
    return Section(
        "What was looked at",
        "coverage",
        paragraphs=("Evidence in this record comes from these sources, and from nothing else.",),
        tables=(Table(columns, records, empty="No source is configured, and nothing was scanned yet."),),
        warnings=tuple(warnings),
    )


# Activities


def _overview(record: Record, activities: Sequence[ProcessingActivity]) -> Section:
    return Section(
        "Processing activities",
        "activities",
        tables=(_activity_table(record, activities),),
    )


def _activity_table(record: Record, activities: Sequence[ProcessingActivity]) -> Table:
    columns = (
        Column("name", "activity", fold=True),
        Column("owner", "answers for it", fold=True, optional=True),
        Column("purposes", "purposes", fold=True),
        Column("categories", "categories", "right"),
        Column("fields", "fields claimed", "right"),
        Column("missing", "missing", "right"),
        Column("gaps", "gaps", "right"),
        Column("reviewed_on", "reviewed", optional=True),
    )
    return Table(columns, [activity_record(record, one) for one in activities], empty="None is declared.")


#: The keys of a line of a listing.
LISTED = ("key", "name", "role", "owner", "purposes", "categories", "fields", "missing", "gaps", "reviewed_on")


def activity_record(record: Record, activity: ProcessingActivity) -> dict[str, object]:
    """An activity as a line of a listing."""
    return {
        "key": activity.key,
        "name": activity.name,
        "role": activity.role.value,
        "owner": activity.owner,
        "purposes": "; ".join(activity.purposes or activity.processing),
        "categories": len(activity.categories),
        "fields": len(record.claims[activity.key].fields),
        "missing": sum(not item.is_hint for item in record.missing_in(activity.key)),
        "gaps": len(record.gaps_of(activity.key)),
        "reviewed_on": activity.reviewed_on.isoformat() if activity.reviewed_on else None,
    }


def _activity(record: Record, activity: ProcessingActivity, level: int = 2) -> Section:
    return Section(
        activity.name,
        f"activity-{activity.key}",
        facts=tuple(_facts(activity)),
        tables=(_category_table(record, activity),),
        warnings=tuple(_warnings(record, activity)),
        level=level,
    )


def _warnings(record: Record, activity: ProcessingActivity) -> Iterator[str]:
    for item in record.missing_in(activity.key):
        if not item.is_hint:
            yield f"Missing: {item.what} ({item.article})."
    for gap in record.gaps_of(activity.key):
        told = gap_record(gap)
        where = f" ({told['where']})" if told["where"] else ""
        yield f"{_sentence(str(told['what']))}{where}."


def _sentence(text: str) -> str:
    return text[:1].upper() + text[1:]


def _facts(activity: ProcessingActivity) -> Iterator[Fact]:
    if activity.owner:
        yield Fact("Answers for it", activity.owner)
    for party in activity.joint_controllers:
        yield Fact("Joint controller, (a)", party_words(party))
    yield Fact("Purposes, (b)", "; ".join(activity.purposes) or _gone("Art. 30(1)(b)"))
    yield Fact("Data subjects, (c)", "; ".join(activity.data_subjects) or _gone("Art. 30(1)(c)"))
    categories = "; ".join(title_of(one) for one in activity.categories)
    yield Fact("Personal data as declared, (c)", categories or _gone("Art. 30(1)(c)"))
    yield Fact("Recipients, (d)", recipients_words(activity) or _gone("Art. 30(1)(d)"))
    yield Fact("Transfers, (e)", transfers_words(activity, "Art. 30(1)(e)") or "none declared")
    if not activity.retention:
        yield Fact("Time limits for erasure, (f)", "not stated (Art. 30(1)(f), where possible)")
    for limit in activity.retention:
        yield Fact(f"Time limit for erasure, (f): {limit_of(limit)}", limit_words(limit))
    measures = "; ".join(activity.security_measures)
    yield Fact("Security measures, (g)", measures or "not stated (Art. 30(1)(g), where possible)")
    yield Fact("Legal basis, Art. 6(1)", basis_words(activity) or "not stated")
    if activity.art9:
        yield Fact("Condition for special categories, Art. 9(2)", art9_words(activity))
    for label, text in (
        ("Law for data about crimes, Art. 10", activity.art10_law),
        ("Where the data comes from", activity.data_source),
        ("Automated decisions", activity.automated_decisions),
        ("Impact assessment, Art. 35", activity.dpia),
        ("Systems", "; ".join(activity.systems)),
        ("Claims", patterns_words(activity.fields)),
        ("Reviewed on", activity.reviewed_on.isoformat() if activity.reviewed_on else ""),
        ("Notes", activity.notes),
    ):
        if text:
            yield Fact(label, text)


def recipients_words(activity: ProcessingActivity) -> str:
    """The recipients in one line; empty when nothing was declared."""
    if activity.recipients is None:
        return ""
    return (
        "; ".join(
            f"{one.name} ({', '.join(part for part in (one.kind.value, one.country) if part)})"
            for one in activity.recipients
        )
        or "none"
    )


def transfers_words(activity: ProcessingActivity, article: str) -> str:
    """The transfers in one line; empty when none was declared."""
    lines = []
    for one in activity.transfers:
        basis = (
            f"Art. {one.mechanism}, {MECHANISMS[one.mechanism]}"
            if one.mechanism and one.mechanism != "49.1.sub2"
            else MECHANISMS["49.1.sub2"]
            if one.mechanism
            else f"what it rests on is {_gone(article)}"
        )
        document = f" ({one.document})" if one.document else ""
        lines.append(f"{one.country or one.organisation}: {basis}{document}")
    return "; ".join(lines)


def basis_words(activity: ProcessingActivity) -> str:
    """The legal bases in one line."""
    lines = []
    for one in activity.legal_basis:
        named = ", ".join(part for part in (one.law, one.interest) if part)
        lines.append(f"{one.code} {LEGAL_BASES[one.code]}{': ' + named if named else ''}")
    return "; ".join(lines)


def art9_words(activity: ProcessingActivity) -> str:
    """The conditions for special categories in one line."""
    return "; ".join(
        f"{one.code} {ART9_CONDITIONS[one.code]}{': ' + one.law if one.law else ''}" for one in activity.art9
    )


def _category_table(record: Record, activity: ProcessingActivity) -> Table:
    columns = (
        Column("title", "personal data", fold=True),
        Column("declared", "declared"),
        Column("found", "in what the activity claims", fold=True),
        Column("where", "evidence", fold=True),
        Column("scanned_on", "scanned"),
    )
    records = [_category_record(line) for line in category_lines(record, activity)]
    return Table(columns, records, empty="No category is declared, and none was found.", title="Declared and found")


def _category_record(line: CategoryLine) -> dict[str, object]:
    days = sorted({one.scanned_on.isoformat() for one in line.evidence})
    return {
        "category": line.category,
        "title": line.title,
        "declared": "yes" if line.is_declared else "no",
        "found": f"found in {counted(len(line.evidence), 'field')}" if line.evidence else line.found,
        "where": names([_evidence_words(one) for one in line.evidence], _MOST_REFS),
        "scanned_on": " to ".join(dict.fromkeys((days[0], days[-1]))) if days else "",
    }


def _evidence_words(one: Evidence) -> str:
    return f"{one.ref} ({_sure(one)}{', ' + one.fits if one.fits else ''})"


def _sure(one: Evidence) -> str:
    return {"decided": "decided by a person", "name_only": "by name only"}.get(one.state, one.state)


# For others


def _for_others(record: Record, activities: Sequence[ProcessingActivity]) -> Iterator[Section]:
    if activities:
        words = "What is done on behalf of other controllers (Art. 30(2))."
        yield Section("Carried out for others", "for-others", paragraphs=(words,))
        yield from (_for_another(record, activity) for activity in activities)


def _for_another(record: Record, activity: ProcessingActivity, level: int = 2) -> Section:
    facts = [Fact("On behalf of, (a)", party_words(party)) for party in activity.controllers]
    if not facts:
        facts.append(Fact("On behalf of, (a)", _gone("Art. 30(2)(a)")))
    measures = "; ".join(activity.security_measures)
    facts += [
        Fact("Categories of processing, (b)", "; ".join(activity.processing) or _gone("Art. 30(2)(b)")),
        Fact("Transfers, (c)", transfers_words(activity, "Art. 30(2)(c)") or "none declared"),
        Fact("Security measures, (d)", measures or "not stated (Art. 30(2)(d), where possible)"),
    ]
    if activity.fields:
        facts.append(Fact("Claims", patterns_words(activity.fields)))
    lines = category_lines(record, activity)
    return Section(
        activity.name,
        f"activity-{activity.key}",
        facts=tuple(facts),
        tables=(_category_table(record, activity),) if lines else (),
        warnings=tuple(_warnings(record, activity)),
        level=level,
    )


# Gaps, missing entries, evidence


def _gaps(record: Record) -> Section:
    return Section(
        "Where record and sources do not meet",
        "gaps",
        paragraphs=(
            "Found and claimed by no activity; found and not declared; declared and not found in what was scanned; "
            "claimed and not scanned.",
        )
        if record.gaps
        else (),
        tables=(_gap_table(record.gaps),),
    )


def _gap_table(gaps: Sequence[Gap]) -> Table:
    columns = (
        Column("activity", "activity", fold=True, optional=True),
        Column("what", "what", fold=True),
        Column("where", "where", fold=True),
        Column("article", "article", optional=True),
    )
    return Table(columns, [gap_record(gap) for gap in gaps], empty="No gap was found between the record and the scans.")


def _missing(record: Record) -> Section:
    return Section("What Art. 30 asks for and is not there", "missing", tables=(_missing_table(record.missing),))


def _missing_table(items: Sequence[Missing]) -> Table:
    columns = (
        Column("activity", "activity", fold=True, optional=True),
        Column("what", "what", fold=True),
        Column("article", "article"),
        Column("need", "need"),
    )
    records = [missing_record(item) | {"need": "hint" if item.is_hint else "required"} for item in items]
    return Table(columns, records, empty="Nothing.")


def _evidence(record: Record) -> Section:
    columns = (
        Column("activity", "activity", fold=True),
        Column("title", "personal data", fold=True),
        Column("ref", "field", fold=True),
        Column("sure", "how sure"),
        Column("sampled", "values looked at", "right"),
        Column("fits", "that fit", optional=True),
        Column("detector", "by", fold=True, optional=True),
        Column("scanned_on", "scanned"),
    )
    records = [
        {"activity": activity.key, "title": line.title, "declared": line.is_declared, "sure": _sure(one)}
        | evidence_record(one)
        for activity in record.activities
        for line in category_lines(record, activity)
        for one in line.evidence
    ]
    return Section(
        "Evidence, field by field",
        "evidence",
        paragraphs=("Every claimed field in which a category was found, with how it was found.",) if records else (),
        tables=(Table(columns, records, empty="No claimed field holds personal data that was found."),),
    )


def evidence_record(one: Evidence) -> dict[str, object]:
    """A piece of evidence as data."""
    return {
        "category": one.category,
        "ref": str(one.ref),
        "state": one.state,
        "sampled": one.sampled,
        "occurs": one.occurs,
        "fits": one.fits,
        "detector": one.detector,
        "scanned_on": one.scanned_on.isoformat(),
    }


def _reading() -> tuple[Fact, ...]:
    return (
        Fact("Declared", "somebody wrote it into the record"),
        Fact("Found", "there is evidence for it in the names or the values of at least one field"),
        Fact("Not found in what was scanned", "no such evidence: of what was read, and of nothing else"),
        Fact("Not scanned", "nobody looked, or nobody could: it may hold anything"),
        Fact("Missing", "Art. 30 asks for it, and nobody declared it"),
    )


# As data


def as_json(record: Record) -> str:
    """The record as one JSON object."""
    return json_text(
        {
            "title": TITLE,
            "as_of": record.today.isoformat(),
            "note": NOTE,
            "organisation": _organisation(record),
            "activities": [activity_data(record, activity) for activity in record.activities],
            "coverage": [coverage_record(one) | {"country": one.source.country} for one in record.coverage],
            "gaps": [gap_record(gap) for gap in record.gaps],
            "missing": [missing_record(item) for item in record.missing],
        }
    )


def _organisation(record: Record) -> dict[str, object]:
    who = record.controller
    return {
        "name": who.name or None,
        "country": who.country or None,
        "contact": who.contact or None,
        "representative": {"name": who.representative.name or None, "contact": who.representative.contact}
        if who.representative
        else None,
        "dpo": {"name": who.officer.name or None, "contact": who.officer.contact} if who.officer else None,
    }


def activity_data(record: Record, activity: ProcessingActivity) -> dict[str, object]:
    """An activity as data: under ``declared`` its entries, under ``categories`` what was found beside them."""
    return {
        "key": activity.key,
        "name": activity.name,
        "role": activity.role.value,
        "declared": _declared(activity),
        "categories": [
            {
                "category": line.category,
                "title": line.title,
                "declared": line.is_declared,
                "found": line.found,
                "evidence": [evidence_record(one) for one in line.evidence],
            }
            for line in category_lines(record, activity)
        ],
        "gaps": [gap_record(gap) for gap in record.gaps_of(activity.key)],
        "missing": [missing_record(item) for item in record.missing_in(activity.key)],
    }


def _declared(activity: ProcessingActivity) -> dict[str, object]:
    data = asdict(activity)
    data["fields"] = [str(pattern) for pattern in activity.fields]
    data["reviewed_on"] = activity.reviewed_on.isoformat() if activity.reviewed_on else None
    for key in ("key", "name", "role"):
        del data[key]
    return data


def as_spreadsheet(record: Record) -> str:
    """CSV with a row for each activity."""
    who = record.controller
    records = [
        {
            "controller": who.name,
            "contact": who.contact,
            "representative": party_words(who.representative) if who.representative else "",
            "dpo": party_words(who.officer) if who.officer else "",
            "key": activity.key,
            "activity": activity.name,
            "role": activity.role.value,
            "joint_controllers": "; ".join(party_words(party) for party in activity.joint_controllers),
            "purposes": "; ".join(activity.purposes),
            "data_subjects": "; ".join(activity.data_subjects),
            "categories": "; ".join(title_of(one) for one in activity.categories),
            "found": "; ".join(line.title for line in category_lines(record, activity) if line.evidence),
            "not_declared": "; ".join(line.title for line in category_lines(record, activity) if not line.is_declared),
            "recipients": recipients_words(activity),
            "transfers": transfers_words(activity, "Art. 30(1)(e)"),
            "time_limits": "; ".join(f"{limit_of(limit)}: {limit_words(limit)}" for limit in activity.retention),
            "security_measures": "; ".join(activity.security_measures),
            "on_behalf_of": "; ".join(party_words(party) for party in activity.controllers),
            "processing": "; ".join(activity.processing),
            "legal_basis": basis_words(activity),
            "art9_conditions": art9_words(activity),
            "owner": activity.owner,
            "systems": "; ".join(activity.systems),
            "claims": patterns_words(activity.fields),
            "reviewed_on": activity.reviewed_on.isoformat() if activity.reviewed_on else "",
            "missing": "; ".join(
                f"{item.what} ({item.article})" for item in record.missing_in(activity.key) if not item.is_hint
            ),
        }
        for activity in record.activities
    ]
    return as_csv(Table(tuple(Column(key, key) for key in SPREADSHEET), records))


#: The columns of the CSV.
SPREADSHEET = (
    "controller",
    "contact",
    "representative",
    "dpo",
    "key",
    "activity",
    "role",
    "joint_controllers",
    "purposes",
    "data_subjects",
    "categories",
    "found",
    "not_declared",
    "recipients",
    "transfers",
    "time_limits",
    "security_measures",
    "on_behalf_of",
    "processing",
    "legal_basis",
    "art9_conditions",
    "owner",
    "systems",
    "claims",
    "reviewed_on",
    "missing",
)
