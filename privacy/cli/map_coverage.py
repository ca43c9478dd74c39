"""``privacy map coverage``: how much was looked at, how long ago, and what was not."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated, Any

import typer

from data_map.errors import UsageError
from privacy.cli.run import FormatOption, OutputOption, Run, command
from privacy.exits import Exit
from privacy.reports.table import Column, Format, Table
from privacy.reports.text import amount, counted, printable

if TYPE_CHECKING:
    from data_map.coverage import SourceCoverage
    from data_map.model import DataMap, Source

_NO_MAP = "The map is empty: nothing was scanned yet. Try `privacy scan PATH`."


class Gap(StrEnum):
    """What coverage can lack."""

    STALE = "stale"
    SKIPPED = "skipped"
    NEVER = "never"
    NOT_REACHED = "not_reached"


def coverage(
    run: Run,
    skipped: Annotated[bool, typer.Option("--skipped", help="List what was skipped, each with its reason.")] = False,
    old: Annotated[
        bool, typer.Option("--old", help="List tables and files whose look is stale, or not of the last scan.")
    ] = False,
    stale_days: Annotated[
        int | None,
        typer.Option("--stale-days", metavar="N", min=1, help="Days after which a look is stale [config: 90]."),
    ] = None,
    fail_on: Annotated[
        list[Gap] | None,
        typer.Option("--fail-on", metavar="WHAT", help="Exit 6 at one: stale, skipped, never, not_reached."),
    ] = None,
    form: FormatOption = Format.TABLE,
    output: OutputOption = None,
) -> None:
    """How much of each source was looked at, what was skipped and why, what is stale, what was never scanned."""
    from data_map.coverage import coverage as covered

    if skipped and old:
        msg = "Give one of --skipped and --old."
        raise UsageError(msg)
    data_map = run.app.data_map()
    days = stale_days or run.app.config.map.stale_days
    parts = covered(data_map, _configured(run), run.app.today, days)
    if skipped:
        run.emit(_skipped(data_map), form, output)
    elif old:
        run.emit(_old(run, data_map, days), form, output)
    else:
        run.emit(_table(parts, form), form, output)
        for note in _notes(parts, days) if form is Format.TABLE else ():
            run.say(note)
    if fail_on and not data_map.sources:
        run.fail_on_nothing()
        return
    failing = [(one.source.name, gap) for one in parts for gap in fail_on or () if _lacks(one, gap)]
    if failing:
        run.exit = Exit.CHECK_FAILED
        name, gap = failing[0]
        run.warn(f"privacy: --fail-on: {counted(len(failing), 'gap')}, first {gap.value}: {name}")


def _lacks(one: SourceCoverage, gap: Gap) -> bool:
    return {
        Gap.STALE: one.is_stale,
        Gap.SKIPPED: one.is_skipped or bool(one.skip_reasons),
        Gap.NEVER: one.scanned_at is None,
        Gap.NOT_REACHED: one.unreached_count > 0,
    }[gap]


def _configured(run: Run) -> Iterator[Source]:
    from data_map.errors import ToolError
    from data_map.model import Source

    for settings, found in run.app.configured():
        if isinstance(found, ToolError):
            yield Source(settings.name, "unknown", "", settings.owner, settings.country)
        else:
            yield found.source


def _skipped(data_map: DataMap) -> Table:
    from privacy.inventory import skip_record

    columns = (
        Column("source", "source", fold=True),
        Column("asset", "table or file", fold=True),
        Column("field", "part", fold=True, optional=True),
        Column("because", "because", fold=True),
        Column("code", "code", optional=True),
    )
    records = [skip_record(skip) for part in data_map.sources for skip in part.skipped]
    return Table(columns, records, empty="Nothing was skipped.")


def _old(run: Run, data_map: DataMap, days: int) -> Table:
    from data_map.coverage import old_looks
    from privacy.inventory import old_look_record

    columns = (
        Column("source", "source", fold=True),
        Column("asset", "table or file", fold=True),
        Column("days_ago", "days ago", "right"),
        Column("is_stale", "stale"),
        Column("is_behind", "not in its last scan"),
    )
    records = [old_look_record(look) for look in old_looks(data_map, run.app.today, days)]
    return Table(columns, records, empty=f"Everything was looked at in its last scan, at most {days} days ago.")


def _table(parts: Iterable[SourceCoverage], form: Format) -> Table:
    from privacy.inventory import coverage_record

    columns = (
        Column("source", "source", fold=True),
        Column("outcome", "outcome", fold=True),
        Column("assets", "assets", "right"),
        Column("whole", "whole", "right"),
        Column("sampled", "sampled", "right", optional=True),
        Column("skipped", "skipped", "right", optional=True),
        Column("not_reached", "not reached", "right", optional=True),
        Column("fields", "fields", "right"),
        Column("personal", "personal", "right"),
        Column("days_ago", "days ago", "right"),
    )
    records = [coverage_record(one) for one in parts]
    keys = tuple(column.key for column in columns)
    more = ("is_stale", "stale", "behind", "oldest_days_ago", "suppressed", "is_encrypted", "is_superuser")
    if form is Format.TABLE:
        records = [record | _skipped_words(record) for record in records]
    return Table(columns, records, empty=_NO_MAP, csv_keys=(*keys, *more))


def _skipped_words(record: dict[str, Any]) -> dict[str, object]:
    """A source that could not be opened, or not be read to its end, counts as skipped too."""
    count = record["skipped"]
    if not record["source_skipped"]:
        return {}
    return {"skipped": f"{amount(count)} + the source" if count else "the source"}


def _notes(parts: Iterable[SourceCoverage], days: int) -> Iterator[str]:
    """What the figures do not say."""
    for one in parts:
        name = printable(one.source.name)
        if one.scanned_at is None:
            yield f"{name}: never scanned"
        elif one.is_stale:
            ago = max(one.oldest_days_ago or 0, one.scanned_days_ago or 0)
            yield f"{name}: stale, the oldest look is {amount(ago)} days ago, more than {days}: --old lists them"
        if one.behind_count:
            what = "tables and files were" if one.behind_count > 1 else "table or file was"
            yield f"{name}: {amount(one.behind_count)} {what} not in its last scan: --old lists them"
        if one.suppressed_count:
            yield f"{name}: {counted(one.suppressed_count, 'field')} set aside by pattern: privacy map suppressions"
        if one.connected.is_encrypted is False:
            yield f"{name}: the connection was not encrypted"
        if one.connected.is_superuser:
            yield f"{name}: scanned with an account that may do everything"


def add_to(app: typer.Typer) -> None:
    """Make it a command of ``privacy map``."""
    command(app, "coverage")(coverage)
