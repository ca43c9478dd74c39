"""``privacy audit``: the journal."""

from __future__ import annotations

from typing import Annotated

import typer

from privacy.cli.run import FormatOption, OutputOption, Run, command
from privacy.exits import Exit
from privacy.reports.table import Column, Format, Table
from privacy.reports.text import amount

app = typer.Typer(help="The journal of everything that was changed.", no_args_is_help=True)


@command(app, "verify")
def verify(
    run: Run,
    head: Annotated[
        str | None, typer.Option("--head", metavar="HASH", help="A head that was noted elsewhere (`audit head`).")
    ] = None,
) -> None:
    """Walk the chain, and compare the requests with it.

    Only against a head kept elsewhere does it show a cut end, or a journal written anew.
    """
    from data_map.journal import verify as walk
    from privacy.audit import differences
    from privacy.dsar.store import written

    with run.app.reading_store() as store:
        entries, requests, events = written(store) if store else ([], [], [])
    found = walk(entries, head.strip().lower() if head else None)
    count = amount(found.entry_count)
    if found.broken_at is not None:
        run.out.print(f"Broken at entry {found.broken_at} of {count}: {found.problem}.")
        run.exit = Exit.CHECK_FAILED
    elif found.is_anchor_missing:
        run.out.print(f"{count} entries fit together, and none of them has the head given:")
        run.out.print("the end was cut off, or the journal was written anew, or the head is of another store.")
        run.exit = Exit.CHECK_FAILED
    elif head is None:
        run.out.print(f"{count} entries: internally consistent, not anchored.")
        run.say("Note the head elsewhere (`privacy audit head`) and give it back with --head next time.")
    else:
        after = found.entry_count - (found.anchored_at or 0)
        run.out.print(f"{count} entries: consistent, anchored at entry {found.anchored_at}, {amount(after)} after it.")
    for problem in differences(entries, requests, events):
        run.out.print(f"Not as the journal tells it: {problem}.")
        run.exit = Exit.CHECK_FAILED


@command(app, "head")
def head_(run: Run) -> None:
    """The hash of the last entry, to be noted elsewhere: on paper, in another system, in a mail to the auditor."""
    from data_map.journal import verify as walk

    with run.app.reading_store() as store:
        run.out.print(walk(store.journal() if store else []).head)


@command(app, "export")
def export(run: Run, form: FormatOption = Format.TABLE, output: OutputOption = None) -> None:
    """Every entry with its hash: what a stranger needs to verify it (docs/security.md says how)."""
    with run.app.reading_store() as store:
        entries = store.journal() if store else []
    records = [
        {
            "number": entry.number,
            "at": entry.at.isoformat(timespec="microseconds"),
            "actor": entry.actor,
            "action": entry.action,
            "target": entry.target,
            "details": dict(entry.details),
            "previous": entry.previous,
            "hash": entry.hash,
        }
        for entry in entries
    ]
    columns = (
        Column("number", "no.", "right"),
        Column("at", "at"),
        Column("actor", "who"),
        Column("action", "what"),
        Column("target", "to what", fold=True),
    )
    keys = ("number", "at", "actor", "action", "target", "details", "previous", "hash")
    empty = "The journal is empty: nothing was changed yet."
    if form is Format.TABLE:
        records = [record | {"at": str(record["at"])[:19]} for record in records]
    run.emit(Table(columns, records, empty=empty, csv_keys=keys), form, output)
