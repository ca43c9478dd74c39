"""``privacy map diff`` and ``scans``: what changed between which scans, and an exit code for it."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING, Annotated

import typer

from data_map.errors import UsageError
from privacy.cli.run import FormatOption, OutputOption, Run, command, parse_day
from privacy.exits import Exit
from privacy.reports.table import Column, Format, Table
from privacy.reports.text import counted

if TYPE_CHECKING:
    from collections.abc import Sequence

    from data_map.diff import Change
    from privacy.changes import Comparison

_NO_MAP = "The map is empty: nothing was scanned yet. Try `privacy scan PATH`."
_ONE = "There was only one scan so far: nothing to compare it with."


class DiffFormat(StrEnum):
    """How the changes are written."""

    TABLE = "table"
    JSON = "json"
    CSV = "csv"
    MD = "md"
    HTML = "html"


def diff(
    run: Run,
    old: Annotated[int | None, typer.Argument(metavar="[OLD]", help="A scan's number [the last but one].")] = None,
    new: Annotated[int | None, typer.Argument(metavar="[NEW]", help="A later one's [the last].")] = None,
    since: Annotated[
        str | None, typer.Option("--since", metavar="DATE", help="From the map as it was when this day began.")
    ] = None,
    last: Annotated[
        bool, typer.Option("--last", help="Each source's last scan with the one before it, whenever they were.")
    ] = False,
    source: Annotated[
        list[str] | None, typer.Option("--source", metavar="NAME", help="Only these sources (repeat the option).")
    ] = None,
    fail_on: Annotated[
        list[str] | None,
        typer.Option(
            "--fail-on",
            metavar="WHAT",
            help="Exit 6 at such a change: its kind, a category or class that is personal now, “new” or “any”.",
        ),
    ] = None,
    form: Annotated[DiffFormat, typer.Option("--format", help="How to write it.")] = DiffFormat.TABLE,
    output: OutputOption = None,
) -> None:
    """What changed between two scans: new, gone, moved, other verdicts, new personal data, what could not be read."""
    from data_map.diff import failing
    from privacy import changes as told

    told.check_words(fail_on or ())
    if (old is not None) + (since is not None) + last > 1:
        msg = "Give one of scan numbers, --since and --last."
        raise UsageError(msg)
    day = parse_day(since, "--since") if since is not None else None
    with run.app.reading_store() as store:
        if store is None or not store.scans():
            _write(run, None, (), (), form, output, empty=_NO_MAP)
            if fail_on:
                run.fail_on_nothing()
            return
        if day is not None:
            compared = told.since(store, day, run.app.config.zone, run.app.today)
        elif last:
            compared = told.of_last(store, run.app.today)
        else:
            compared = told.of_scans(store, old, new, run.app.today)
    if compared is None:
        empty = _ONE if day is None and not last else "Nothing was scanned twice in that time: nothing to compare."
        _write(run, None, (), (), form, output, empty=empty)
        return
    if source:
        compared = told.only(compared, source)
    changes = compared.changes()
    alarms = failing(changes, fail_on or ())
    _write(run, compared, changes, alarms, form, output, empty="Nothing changed.")
    if alarms:
        run.exit = Exit.CHECK_FAILED
        first = alarms[0]
        place = ":".join(part for part in (first.source, first.asset) if part) + (
            f"#{first.field}" if first.field else ""
        )
        run.warn(f"privacy: --fail-on: {counted(len(alarms), 'change')}, first {first.kind.value} {place}")


def scans(run: Run, form: FormatOption = Format.TABLE, output: OutputOption = None) -> None:
    """Every scan with its number, when it ran, how it ended, and which sources it touched."""
    from privacy.inventory import scan_record

    with run.app.reading_store() as store:
        records = [scan_record(one) for one in store.scans()] if store else []
    columns = (
        Column("scan", "scan", "right"),
        Column("started_at", "began"),
        Column("outcome", "ended"),
        Column("sources", "sources", fold=True),
    )
    keys = ("scan", "started_at", "ended_at", "outcome", "sources", "tool_version")
    run.emit(Table(columns, records, empty=_NO_MAP, csv_keys=keys), form, output)


def _write(
    run: Run,
    compared: Comparison | None,
    changes: Sequence[Change],
    alarms: Sequence[Change],
    form: DiffFormat,
    output: OutputOption,
    *,
    empty: str,
) -> None:
    from privacy import changes as told
    from privacy.inventory import change_record

    if form in (DiffFormat.MD, DiffFormat.HTML):
        from privacy.reports.rendering import render

        run.write(render(told.report(compared, changes, alarms, empty=empty), form.value), output)
        return
    if compared is not None:
        run.say(f"{compared.title}:")
    is_table = form is DiffFormat.TABLE
    records = [told.for_people(change) if is_table else change_record(change) for change in changes]
    keys = ("change", "source", "asset", "field", "before", "after", "categories", "score")
    run.emit(Table(told.COLUMNS, records, empty=empty, csv_keys=keys), Format(form.value), output)
    for note in compared.notes if compared is not None else ():
        run.say(note)


def add_to(app: typer.Typer) -> None:
    """Make them commands of ``privacy map``."""
    command(app, "scans")(scans)
    command(app, "diff")(diff)
