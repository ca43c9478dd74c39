"""Which maps are compared, and the changes between them as records and as a report. Pure but for the store it reads."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from difflib import get_close_matches
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from data_map.diff import ANY, NEW, Change, ChangeKind, diff
from data_map.errors import UsageError
from data_map.model import DataMap, FieldRef, Scan
from data_map.taxonomy import CATEGORIES, LegalClass
from privacy.inventory import change_record
from privacy.reports.report import Report, Section
from privacy.reports.table import Column, Table
from privacy.reports.text import counted

if TYPE_CHECKING:
    from data_map.store.store import Store

COLUMNS = (
    Column("change", "change"),
    Column("source", "source", fold=True),
    Column("asset", "table or file", fold=True),
    Column("field", "field", fold=True, optional=True),
    Column("what", "what", fold=True, optional=True),
)


@dataclass(frozen=True, slots=True)
class Comparison:
    """Two maps, and what has to be known of them to read their difference right."""

    #: In words: ``scan 3 to scan 4``.
    title: str
    old: DataMap
    new: DataMap
    #: What the difference does not show: sources that were not looked at, scans that broke off.
    notes: tuple[str, ...] = ()

    def changes(self) -> tuple[Change, ...]:
        """Everything that differs."""
        return diff(self.old, self.new)


def of_scans(store: Store, old: int | None, new: int | None, today: date) -> Comparison | None:
    """The maps after two scans: the last and the one before it where none is given; None where there is only one.

    Raises:
        UsageError: there is no such scan, or the first is not the earlier one.
    """
    scans = store.scans()
    numbers = [scan.id for scan in scans]
    for number in (old, new):
        if number is not None and number not in numbers:
            msg = f"There is no scan {number}. The scans are {min(numbers)} to {max(numbers)}."
            raise UsageError(msg)
    if old is not None and new is not None and old > new:
        msg = f"Scan {old} is later than scan {new}. Give the earlier one first."
        raise UsageError(msg)
    last = new if new is not None else max(numbers)
    first = old if old is not None else max((number for number in numbers if number < last), default=None)
    if first is None:
        return None
    title = f"From scan {first} to scan {last}"
    return _compared(store, title, first, last, scans, today)


def since(store: Store, day: date, zone: ZoneInfo, today: date) -> Comparison | None:
    """The map as it was when a day began, and as it is; the first scan's where there was none before.

    None where there is only one scan, or none since.
    """
    scans = store.scans()
    begin = datetime(day.year, day.month, day.day, tzinfo=zone)
    before = [scan.id for scan in scans if scan.started_at < begin]
    first = max(before, default=min(scan.id for scan in scans))
    last = max(scan.id for scan in scans)
    if first == last:
        return None
    title = f"Since {day.isoformat()}, from scan {first} to scan {last}"
    found = _compared(store, title, first, last, scans, today)
    if not before:
        note = f"No scan is older than {day.isoformat()}: compared with the first one, scan {first}."
        return replace(found, notes=(note, *found.notes))
    return found


def of_last(store: Store, today: date) -> Comparison | None:
    """For each source its last scan and the one before it; None where no source was scanned twice."""
    scans = store.scans()
    known = {scan.id: scan for scan in scans}
    pairs: dict[str, tuple[int, int]] = {}
    once = []
    for name in sorted({name for scan in scans for name in scan.sources}):
        touched = [scan.id for scan in scans if name in scan.sources]
        if len(touched) > 1:
            pairs[name] = (touched[-2], touched[-1])
        else:
            once.append(name)
    if not pairs:
        return None
    maps = {
        number: store.load(number, today=today) for number in sorted({one for pair in pairs.values() for one in pair})
    }
    old = [_part(maps[first], name) for name, (first, _) in pairs.items()]
    new = [_part(maps[last], name) for name, (_, last) in pairs.items()]
    notes = [f"Scanned only once, so not compared: {', '.join(once)}."] if once else []
    notes += _broken([known[last] for _, last in pairs.values()])
    return Comparison(
        "Each source's last scan and the one before it",
        DataMap(tuple(part for parts in old for part in parts)),
        DataMap(tuple(part for parts in new for part in parts)),
        tuple(dict.fromkeys(notes)),
    )


def only(compared: Comparison, wanted: Sequence[str]) -> Comparison:
    """The comparison of these sources alone.

    Raises:
        UsageError: one is in neither map.
    """
    names = {part.source.name for part in (*compared.old.sources, *compared.new.sources)}
    for name in wanted:
        if name not in names:
            msg = f"There is no source {name!r} in these maps. There are: {', '.join(sorted(names)) or 'none'}."
            raise UsageError(msg)
    return replace(
        compared,
        old=replace(compared.old, sources=tuple(one for one in compared.old.sources if one.source.name in wanted)),
        new=replace(compared.new, sources=tuple(one for one in compared.new.sources if one.source.name in wanted)),
    )


def check_words(wanted: Sequence[str]) -> None:
    """Refuse what is no kind of change, no category, no class, and neither ``new`` nor ``any``.

    Raises:
        UsageError: there is no such word.
    """
    kinds = [kind.value for kind in ChangeKind]
    classes = [item.value for item in LegalClass]
    words = {*kinds, *classes, *CATEGORIES, NEW, ANY}
    for word in wanted:
        if word not in words:
            near = get_close_matches(word, sorted(words), 3, 0.6)
            hint = f" Did you mean {' or '.join(near)}?" if near else ""
            msg = (
                f"--fail-on {word}: neither a kind of change ({', '.join(kinds)}), nor a category, nor a class "
                f"({', '.join(classes)}), nor “{NEW}” or “{ANY}”.{hint}"
            )
            raise UsageError(msg)


def for_people(change: Change) -> dict[str, Any]:
    """A change with what there was and is in one phrase."""
    return change_record(change) | {"what": _what(change)}


def _what(change: Change) -> str:
    if change.score is not None and change.before is not None:
        return f"was {_place(change)}, {change.score:.0%} sure"
    if change.kind is ChangeKind.NEWLY_PERSONAL or change.before is None:
        return change.after or ""
    return f"{change.after} (was {change.before})" if change.after else f"was {change.before}"


def _place(change: Change) -> str:
    """Where it was: by its field alone where the asset is the same."""
    if change.kind is not ChangeKind.MOVED_FIELD or change.before is None:
        return change.before or ""
    old = FieldRef.parse(change.before)
    return old.field if old.asset == change.asset else f"{old.asset}#{old.field}"


def report(compared: Comparison | None, changes: Sequence[Change], alarms: Sequence[Change], *, empty: str) -> Report:
    """The changes as a document to send or to keep; ``empty`` says why there are none."""
    counts = Counter(change.kind for change in changes)
    told = ", ".join(f"{count} {kind.value}" for kind in ChangeKind if (count := counts[kind]))
    warnings = (f"{counted(len(alarms), 'change')} of the kind that was asked about.",) if alarms else ()
    sections = [
        Section(
            "Changes",
            "changes",
            paragraphs=(f"{counted(len(changes), 'change')}: {told}.",) if changes else (),
            tables=(Table(COLUMNS, [for_people(change) for change in changes], empty=empty),),
            warnings=warnings,
        )
    ]
    if compared is not None and compared.notes:
        sections.append(Section("To read this right", "notes", paragraphs=compared.notes))
    return Report("What changed in the data map", f"{compared.title}." if compared else "", tuple(sections))


def _compared(store: Store, title: str, first: int, last: int, scans: Sequence[Scan], today: date) -> Comparison:
    between = [scan for scan in scans if first < scan.id <= last]
    touched = {name for scan in between for name in scan.sources}
    new = store.load(last, today=today)
    rest = [part.source.name for part in new.sources if part.source.name not in touched]
    notes = [f"Not scanned in between, so not compared: {', '.join(rest)}."] if rest else []
    return Comparison(title, store.load(first, today=today), new, (*notes, *_broken(between[-1:])))


def _broken(scans: Sequence[Scan]) -> list[str]:
    said = {"interrupted": "was interrupted", "running": "has not ended"}
    return [
        f"Scan {scan.id} {said[scan.outcome]}: what it did not reach is compared as it was before."
        for scan in scans
        if scan.outcome in said
    ]


def _part(data_map: DataMap, name: str) -> tuple[Any, ...]:
    return tuple(part for part in data_map.sources if part.source.name == name)
