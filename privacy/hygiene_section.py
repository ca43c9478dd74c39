"""The section on hygiene of the first page of the inventory. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from data_map.hygiene_finding import HygieneFinding, HygieneKind, Severity, title
from privacy.hygiene import hygiene_record, in_one_line, told
from privacy.reports.report import Fact, Section
from privacy.reports.table import Column, Table
from privacy.reports.text import amount, counted

#: Rows of the table; what is left out is said, with the command that lists all.
_MOST = 100
_COMMAND = "privacy map hygiene"


def hygiene_fact(found: Sequence[HygieneFinding], *, has_looked: bool) -> Fact:
    """How much is amiss, for the head of the page."""
    return Fact("Amiss", in_one_line(found) or ("nothing found in what was scanned" if has_looked else "not scanned"))


def hygiene_section(found: Sequence[HygieneFinding], *, has_looked: bool) -> Section:
    """What is amiss, the worst first, and what to do for each kind. What people set aside is counted."""
    counting = [one for one in found if one.aside is None]
    aside = len(found) - len(counting)
    shown = counting[:_MOST]
    paragraphs = []
    if len(shown) < len(counting):
        paragraphs.append(f"The first {amount(_MOST)} of {amount(len(counting))}. All of them: {_COMMAND}")
    if aside:
        paragraphs.append(f"{counted(aside, 'finding')} set aside by people, each with its reason: {_COMMAND} --all")
    kinds = Counter(one.kind for one in counting)
    first = {one.kind: one for one in reversed(counting)}
    columns = (
        Column("severity", "severity"),
        Column("ref", "where", fold=True),
        Column("told", "what was seen", fold=True),
    )
    records = [hygiene_record(one) | {"told": told(one)} for one in shown]
    return Section(
        title="What is amiss",
        key="hygiene",
        paragraphs=tuple(paragraphs),
        facts=tuple(
            Fact(f"{title(kind)} ({amount(kinds[kind])})", f"{first[kind].todo} ({first[kind].why})")
            for kind in HygieneKind
            if kind in kinds
        ),
        tables=(
            Table(
                columns,
                records,
                empty="Nothing was found in what was scanned." if has_looked else "Nothing was scanned yet.",
            ),
        ),
        warnings=tuple(f"{told(one)} ({one.ref})." for one in counting if one.severity is Severity.CRITICAL)[
            :_MOST_WARNINGS
        ],
    )


#: Critical findings that are told above the table as well.
_MOST_WARNINGS = 5
