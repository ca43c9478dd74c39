"""``privacy map suppress``, ``suppressions`` and ``decisions``: what people said, and how it stands."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from data_map.errors import NotAllowedError, UsageError
from privacy.cli.run import FormatOption, OutputOption, Run, command, parse_day
from privacy.reports.table import Column, Format, Table
from privacy.reports.text import amount, counted, printable

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from data_map.judgements import Effect
    from data_map.model import DataMap, Decision, FieldRef, FieldVerdict, MapField, MapSource, Suppression
    from data_map.store.store import Store

#: Fields that a preview names; the rest are counted.
_SHOWN = 10


def suppress(
    run: Run,
    pattern: Annotated[
        str,
        typer.Argument(metavar="PATTERN", help="A glob over source:asset#field; a source or a table means all in it."),
    ],
    reason: Annotated[str, typer.Option("--reason", metavar="TEXT", help="Why; it is kept with the suppression.")],
    what: Annotated[
        str,
        typer.Option(
            "--what", metavar="WHAT", help="A category, a branch or a kind of hygiene finding [every category]."
        ),
    ] = "",
    until: Annotated[
        str | None, typer.Option("--until", metavar="DATE", help="The last day on which it holds.")
    ] = None,
    withdraw: Annotated[bool, typer.Option("--withdraw", help="The machine's verdicts count again.")] = False,
    everything: Annotated[
        bool, typer.Option("--all", help="Also all there is, and special categories that --what does not name.")
    ] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only say what it would set aside.")] = False,
) -> None:
    """Set aside by pattern what counts as no personal data here, or as no finding: test data, role mailboxes.

    The machine's verdicts stay to be seen, later scans keep to it, and listings say how much is set aside.
    """
    from data_map.judgements import effect, objection
    from data_map.model import Suppression
    from data_map.store import suppressions as kept
    from data_map.suppression import meant

    _check(what, reason)
    until_on = parse_day(until, "--until") if until else None
    if until_on is not None and until_on < run.app.today:
        msg = f"--until {until_on.isoformat()} is over: a suppression that has ended counts for nothing."
        raise UsageError(msg)
    data_map = run.app.data_map()
    if not any(one.pattern == pattern for one in data_map.suppressions):
        pattern = meant(pattern, data_map)
    before = next((one for one in data_map.suppressions if (one.pattern, one.what) == (pattern, what)), None)
    if withdraw:
        _withdraw(run, data_map, pattern, what, reason, dry_run=dry_run)
        return
    wanted = Suppression(pattern, what, run.app.actor(), reason.strip(), run.app.now(), until_on)
    kept.check(wanted)
    found = effect(data_map, wanted, run.app.today)
    _preview(run, data_map, wanted, found)
    why = objection(wanted, found)
    if why is not None and not everything:
        msg = f"{why} Nothing was kept. Name less, or add --all if that is what you mean."
        raise NotAllowedError(msg)
    if before is not None:
        run.say(f"It replaces what {before.author} said on {before.decided_at.date()}: {before.reason}")
    if dry_run:
        run.say("Nothing was kept: --dry-run.")
        return
    with run.app.writing_store() as store:
        kept.suppress(store, wanted)
    end = f" until {until_on.isoformat()}" if until_on else ""
    run.say(f"Suppressed{end}: {what or 'every category'} by {pattern}.")


def _check(what: str, reason: str) -> None:
    from difflib import get_close_matches

    from data_map.suppression import HYGIENE_KINDS, is_known
    from data_map.taxonomy import CATEGORIES

    if not reason.strip():
        msg = "--reason is empty. Say why: the next person will ask."
        raise UsageError(msg)
    if not is_known(what):
        words = sorted({*CATEGORIES, *(key.partition(".")[0] for key in CATEGORIES), *HYGIENE_KINDS})
        near = get_close_matches(what, words, 3, 0.5)
        hint = f" Did you mean {' or '.join(near)}?" if near else ""
        kinds = ", ".join(HYGIENE_KINDS)
        msg = f"--what {what}: neither a category, nor a branch, nor a kind of finding ({kinds}).{hint}"
        raise UsageError(msg)


def _preview(run: Run, data_map: DataMap, wanted: Suppression, found: Effect) -> None:
    from data_map.judgements import is_special
    from data_map.suppression import HYGIENE_KINDS

    if wanted.what in HYGIENE_KINDS:
        _preview_findings(run, data_map, wanted)
        return
    if not (found.fields or found.kept or found.already):
        run.say("It fits no personal field of the map as it is. It counts for what later scans find.")
    if found.fields:
        run.say(f"It sets aside {counted(len(found.fields), 'field')}:")
        ordered = sorted(found.fields, key=lambda item: (not is_special(item), item.field.ref))
        for item in ordered[:_SHOWN]:
            run.say(f"  {item.field.ref}  {item.machine.category}{'  (special)' if is_special(item) else ''}")
        if len(ordered) > _SHOWN:
            run.say(f"  … and {amount(len(ordered) - _SHOWN)} more")
    if found.kept:
        run.say(f"{counted(len(found.kept), 'field')} that fit were decided one by one: those decisions stay.")
    if found.already:
        run.say(f"{counted(len(found.already), 'field')} that fit are set aside by another pattern already.")


def _preview_findings(run: Run, data_map: DataMap, wanted: Suppression) -> None:
    from dataclasses import replace

    from data_map.hygiene import findings
    from data_map.suppression import fits

    bare = replace(data_map, suppressions=())
    hit = [
        one for one in findings(bare, run.app.today) if one.kind.value == wanted.what and fits(wanted.pattern, one.ref)
    ]
    if not hit:
        run.say("It fits no finding of the map as it is. It counts for what later scans find.")
        return
    run.say(f"It sets aside {counted(len(hit), 'finding')}:")
    for one in hit[:_SHOWN]:
        run.say(f"  {one.ref}  {one.kind.value}")
    if len(hit) > _SHOWN:
        run.say(f"  … and {amount(len(hit) - _SHOWN)} more")


def _withdraw(run: Run, data_map: DataMap, pattern: str, what: str, reason: str, *, dry_run: bool) -> None:
    from data_map.judgements import of_suppressions
    from data_map.store import suppressions as kept

    said = what or "every category"
    judged = of_suppressions(data_map, run.app.today)
    found = next((one for one in judged if (one.suppression.pattern, one.suppression.what) == (pattern, what)), None)
    if found is None:
        same = [one.suppression.what or "every category" for one in judged if one.suppression.pattern == pattern]
        hint = (
            f" By this pattern there is one of: {', '.join(same)}."
            if same
            else " `privacy map suppressions` lists them."
        )
        msg = f"There is no suppression of {said} by {pattern}.{hint}"
        raise NotAllowedError(msg)
    if not dry_run:
        with run.app.writing_store() as store:
            kept.withdraw(store, pattern, what, run.app.actor(), reason.strip(), run.app.now())
    verb = "Would be withdrawn" if dry_run else "Withdrawn"
    run.say(
        f"{verb}: {said} by {pattern}. {counted(len(found.fields), 'field')} of it count as the machine says again."
    )


def suppressions(run: Run, form: FormatOption = Format.TABLE, output: OutputOption = None) -> None:
    """What people set aside by pattern: by whom, why, until when, and how many fields that is now."""
    from data_map.judgements import of_suppressions
    from privacy.inventory import suppression_record

    columns = (
        Column("pattern", "pattern", fold=True),
        Column("covers", "what", fold=True),
        Column("fields", "fields", "right"),
        Column("special", "special", "right", optional=True),
        Column("author", "by", fold=True),
        Column("holds", "holds", fold=True),
        Column("reason", "because", fold=True),
    )
    judged = of_suppressions(run.app.data_map(), run.app.today)
    records = [suppression_record(one, run.app.today) for one in judged]
    if form is Format.TABLE:
        records = [one | _in_words(one) | {"covers": one["what"] or "every category"} for one in records]
    keys = ("pattern", "what", "fields", "special", "author", "decided_at", "until_on", "state", "reason")
    run.emit(Table(columns, records, empty="Nothing is set aside by pattern.", csv_keys=keys), form, output)


def decisions(
    run: Run,
    open_: Annotated[
        bool, typer.Option("--open", help="Only those to look at: over, ending, gone, or contradicted since.")
    ] = False,
    form: FormatOption = Format.TABLE,
    output: OutputOption = None,
) -> None:
    """What people decided on fields, and how it stands: what has ended, what is gone, what the machine sees now."""
    from data_map.judgements import of_decisions
    from privacy.inventory import decision_record

    with run.app.reading_store() as store:
        kept = store.decisions() if store else []
        judged = (
            of_decisions(kept, store.load(today=run.app.today), _then(store, kept, run), run.app.today) if store else ()
        )
    records = [decision_record(one, run.app.today) for one in judged]
    if open_:
        records = [one for one in records if one["state"] != "in_force" or one["note"]]
    if form is Format.TABLE:
        records = [one | _in_words(one) | {"says": one["category"] or "not personal"} for one in records]
    columns = (
        Column("ref", "field", fold=True),
        Column("says", "decided", fold=True),
        Column("author", "by", fold=True),
        Column("holds", "holds", fold=True),
        Column("note", "note", fold=True, optional=True),
        Column("reason", "because", fold=True),
    )
    keys = ("ref", "category", "author", "decided_at", "until_on", "state", "note", "reason")
    empty = "No decision needs a look." if open_ and judged else "Nobody has decided anything yet."
    run.emit(Table(columns, records, empty=empty, csv_keys=keys), form, output)


def _in_words(record: Mapping[str, object]) -> dict[str, object]:
    """Whether something said still holds, in one phrase."""
    until = record["until_on"]
    if until is None:
        return {"holds": "yes"}
    said = {"over": "over since", "ending": "ends soon:", "in_force": "until"}[str(record["state"])]
    return {"holds": f"{said} {until}"}


def _then(store: Store, kept: Sequence[Decision], run: Run) -> dict[FieldRef, FieldVerdict]:
    """The machine's verdicts on the decided fields as each decision was made."""
    from data_map.judgements import fields_of

    started = [(scan.started_at, scan.id) for scan in store.scans()]
    by_scan: dict[int, list[FieldRef]] = {}
    for one in kept:
        before = max((number for at, number in started if at <= one.decided_at), default=None)
        if before is not None:
            by_scan.setdefault(before, []).append(one.ref)
    found: dict[FieldRef, FieldVerdict] = {}
    for number, refs in by_scan.items():
        items: dict[FieldRef, MapField] = {
            item.field.ref: item for item in fields_of(store.load(number, today=run.app.today))
        }
        found.update({ref: items[ref].machine for ref in refs if ref in items})
    return found


def set_aside(parts: Iterable[MapSource]) -> str | None:
    """How many fields of these sources people set aside, and by which patterns; None when none."""
    fields = (item for part in parts for asset in part.assets for item in asset.fields)
    items = [item.suppression for item in fields if item.suppression is not None]
    if not items:
        return None
    patterns = sorted({one.pattern for one in items})
    named = ", ".join(printable(one) for one in patterns[:3]) + (", …" if len(patterns) > 3 else "")
    return f"{counted(len(items), 'field')} set aside by pattern ({named})"


def add_to(app: typer.Typer) -> None:
    """Make them commands of ``privacy map``."""
    command(app, "suppress")(suppress)
    command(app, "suppressions")(suppressions)
    command(app, "decisions")(decisions)
