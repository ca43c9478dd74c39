"""Hygiene findings as records and in words: what the listing, the reports and an exit code make of them. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Sequence

from data_map.errors import UsageError
from data_map.hygiene_finding import Certainty, HygieneFinding, HygieneKind, Severity, title
from privacy.reports.text import amount

#: Stands for every kind, where a command asks for one.
ANY = "any"


def hygiene_record(one: HygieneFinding) -> dict[str, object]:
    """A finding as the contract of ``map hygiene --format json`` has it."""
    return {
        "severity": one.severity.value,
        "certainty": one.certainty.value,
        "kind": one.kind.value,
        "title": title(one.kind),
        "ref": one.ref,
        "source": one.source,
        "asset": one.asset,
        "field": one.field,
        "seen": one.seen,
        "why": one.why,
        "todo": one.todo,
        "original": one.original,
        "aside": one.aside,
    }


def check_kinds(wanted: Iterable[str], option: str, *, may_be_any: bool = False) -> None:
    """Refuse what is no kind of finding.

    Raises:
        UsageError: the message names the kinds.
    """
    known = [kind.value for kind in HygieneKind]
    for word in wanted:
        if word not in known and not (may_be_any and word == ANY):
            either = f", or {ANY}" if may_be_any else ""
            msg = f"{option} {word}: the kinds are {', '.join(known)}{either}."
            raise UsageError(msg)


def failing(found: Iterable[HygieneFinding], wanted: Collection[str]) -> list[HygieneFinding]:
    """The findings of the wanted kinds that count: none that was set aside, and nothing that is only told."""
    return [
        one
        for one in found
        if one.aside is None and one.severity is not Severity.INFO and (ANY in wanted or one.kind.value in wanted)
    ]


def told(one: HygieneFinding) -> str:
    """A finding in a sentence: its kind, how sure it is, what was seen."""
    likely = "likely: " if one.certainty is Certainty.LIKELY else ""
    return f"{title(one.kind)}: {likely}{one.seen}"


def in_one_line(found: Sequence[HygieneFinding]) -> str:
    """How many findings of each severity there are, worst first; empty for none."""
    counts = Counter(one.severity for one in found if one.aside is None)
    return ", ".join(f"{amount(counts[severity])} {severity.value}" for severity in Severity if counts[severity])
