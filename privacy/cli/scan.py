"""``privacy scan``."""

from __future__ import annotations

import secrets
import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Annotated, Any

import typer

from data_map.errors import ToolError, UnavailableError, UsageError
from privacy.cli.run import FormatOption, OutputOption, Run, command
from privacy.exits import Exit
from privacy.reports.table import Column, Format, Table
from privacy.reports.text import amount, counted, printable, size

if TYPE_CHECKING:
    from data_map.model import Skipped
    from privacy.app import Target
    from privacy.planning import Planned
    from privacy.scan_summary import ScanSummary, SourceSummary
    from privacy.scanning import Mode, Stopped
    from scanners.scan import Limits, ScanEvent

_PLACES = "A configured source's name, a database URL, a folder or a file. None scans every configured source."


def register(app: typer.Typer) -> None:
    """Add the command."""
    command(app, "scan")(scan)


def scan(
    run: Run,
    places: Annotated[list[str] | None, typer.Argument(metavar="[NAME|URL|PATH]...", help=_PLACES)] = None,
    sample_rows: Annotated[
        int | None,
        typer.Option("--sample-rows", metavar="N", min=1, help="Rows of each [1,000, more when undecided]"),
    ] = None,
    full: Annotated[bool, typer.Option("--full", help="Read every row.")] = False,
    include: Annotated[
        list[str] | None, typer.Option("--include", metavar="GLOB", help="Only tables and files with such names.")
    ] = None,
    exclude: Annotated[
        list[str] | None, typer.Option("--exclude", metavar="GLOB", help="No tables and files with such names.")
    ] = None,
    timeout_s: Annotated[
        float | None, typer.Option("--timeout-s", metavar="S", min=0.1, help="Give a statement up after this [30]")
    ] = None,
    max_file_mb: Annotated[
        int | None, typer.Option("--max-file-mb", metavar="MB", min=1, help="Skip larger files [100]")
    ] = None,
    series: Annotated[
        bool, typer.Option("--series", help="Take tables and files of like names and columns as one.")
    ] = False,
    seed: Annotated[
        int | None, typer.Option("--seed", metavar="N", help="Choose the rows that another run chose.")
    ] = None,
    fail_on: Annotated[
        list[str] | None,
        typer.Option(
            "--fail-on", metavar="WHAT", help="Exit 6 when this category, class, kind of hygiene or “new” is found."
        ),
    ] = None,
    changed_only: Annotated[
        bool, typer.Option("--changed-only", help="Leave unread what has not changed since its last look.")
    ] = False,
    restart: Annotated[
        bool, typer.Option("--restart", help="Begin anew, also where the last scan was left unfinished.")
    ] = False,
    workers: Annotated[
        int | None, typer.Option("--workers", metavar="N", min=1, max=1000, help="Processes to work in [the cores]")
    ] = None,
    executor: Annotated[
        str | None,
        typer.Option("--executor", metavar="WHERE", help="inline, processes or dask://HOST:PORT [what is quicker]"),
    ] = None,
    no_joins: Annotated[
        bool, typer.Option("--no-joins", help="Do not measure which fields join, which reads keys a second time.")
    ] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="List what would be read; touch no row.")] = False,
    form: FormatOption = Format.TABLE,
    output: OutputOption = None,
) -> None:
    """Look for personal data in databases, folders and files, read-only, and keep what was found in the map."""
    from privacy.opening import limits_of
    from privacy.scan_summary import check_fail_on
    from privacy.scanning import Mode, keep_missed

    if full and sample_rows is not None:
        msg = "--full reads every row and --sample-rows only some; give one of them."
        raise UsageError(msg)
    check_fail_on(fail_on or ())
    targets, failures, missed = _targets(run, places or [])
    limits = limits_of(
        run.app,
        sample_rows=sample_rows,
        full=full or None,
        max_file_bytes=None if max_file_mb is None else max_file_mb * 2**20,
        timeout_s=timeout_s,
        seed=secrets.randbelow(2**31) if seed is None else seed,
        include=tuple(include or ()),
        exclude=tuple(exclude or ()),
        series=series,
    )
    if dry_run:
        if not targets:
            raise _final(failures)
        _plan(run, targets, limits, form, output, changed_only=changed_only)
        if failures:
            run.exit = Exit.SKIPPED
        return
    if not targets:
        if missed:
            with run.app.writing_store() as store:
                keep_missed(store, missed, limits)
        raise _final(failures)
    mode = Mode(changed_only=changed_only, restart=restart, is_seed_given=seed is not None, has_joins=not no_joins)
    summary = scan_targets(
        run, targets, limits, fail_on or [], missed, mode=mode, executor=executor, worker_count=workers
    )
    is_filtered = bool(limits.include or limits.exclude)
    empty = [one for one in summary.sources if one.asset_count == 0 and not one.skipped]
    left_out = [one.source.name for one in empty] if is_filtered else []
    if left_out and len(left_out) == len(summary.sources) and not (summary.is_interrupted or summary.refused):
        raise _nothing_left(left_out)
    for name in left_out:
        run.warn(f"privacy: nothing of {name} was scanned: {_FILTERED}")
    run.emit(summary_table(summary), form, output)
    if form is Format.TABLE and output is None:
        explain_summary(run, summary)
    run.exit = _exit(run, summary, bool(failures))


_FILTERED = "--include and --exclude leave none of its tables and files"


def _nothing_left(names: list[str]) -> UsageError:
    return UsageError(f"Nothing was scanned: --include and --exclude leave nothing of {', '.join(names)}.")


def _targets(run: Run, places: list[str]) -> tuple[list[Target], list[ToolError], list[Skipped]]:
    """What was asked for, what of it cannot be located, and what is to be kept of that in the map."""
    targets: list[Target] = []
    failures: list[ToolError] = []
    missed: list[Skipped] = []
    names = {settings.name for settings in run.app.config.sources}
    wanted = list(dict.fromkeys(place for place in places if place in names))
    if wanted or not places:
        for settings, found in run.app.configured(wanted):
            if isinstance(found, ToolError):
                run.warn(f"privacy: {settings.name} is not scanned: {found}")
                failures.append(found)
                missed.append(_missed(settings.name, found))
            else:
                targets.append(found)
    for place in dict.fromkeys(places):
        if place in names:
            continue
        try:
            target = run.app.adhoc(place)
        except ToolError as error:
            if len(places) > 1:
                run.warn(f"privacy: not scanned: {error}")
            failures.append(error)
            known = run.app.known_at(place)
            missed.extend([_missed(known.name, error)] if known else [])
            continue
        if target.place.has_password:
            run.warn(
                "privacy: a password in an address can be read in the shell's history and in the list of processes; "
                "configure the source with password_env instead"
            )
        if all(target.place != other.place for other in targets):
            targets.append(target)
    if not targets and not failures:
        msg = "No source is configured. Name a database URL or a path, or add sources to the file of `privacy init`."
        raise UsageError(msg)
    return targets, failures, missed


def _missed(name: str, error: ToolError) -> Skipped:
    from data_map.model import Reason, Skipped

    gone = isinstance(error, UnavailableError)
    return Skipped(name, Reason.NOT_FOUND if gone else Reason.CONNECTION_FAILED)


def _final(failures: list[ToolError]) -> ToolError:
    """What ends a run of which no source could be located: the one error, or one sentence for several."""
    if len(failures) == 1:
        return failures[0]
    kind = type(failures[0]) if len({type(failure) for failure in failures}) == 1 else UnavailableError
    return kind("None of the sources could be opened.")


def scan_targets(
    run: Run,
    targets: list[Target],
    limits: Limits,
    fail_on: list[str],
    missed: list[Skipped] | None = None,
    *,
    mode: Mode | None = None,
    executor: str | None = None,
    worker_count: int | None = None,
) -> ScanSummary:
    """Scan with live progress; what is seen goes to the run's store."""
    from privacy.opening import workers_of
    from privacy.scanning import Stopped, run_scan

    stopped = Stopped()
    with _stoppable(stopped):
        detection = run.app.detection()
        workers = workers_of(run.app, detection, executor, worker_count)
        with run.app.writing_store() as store, _progress(run) as (watch, say):
            return run_scan(
                run.app,
                store,
                targets,
                detection,
                limits,
                workers=workers,
                mode=mode,
                missed=missed or (),
                fail_on=fail_on,
                watch=watch,
                stopped=stopped,
                say=say,
            )


#: Who presses Ctrl-C so often wants it to end whatever it costs.
_PATIENCE = 4


@contextmanager
def _stoppable(stopped: Stopped) -> Iterator[None]:
    """Ctrl-C and a request to terminate end the scan, and what is done is kept."""
    asked = 0

    def interrupt(number: int, frame: object) -> None:
        nonlocal asked
        asked += 1
        if asked >= _PATIENCE:
            raise KeyboardInterrupt
        stopped.ask()

    before = {number: signal.signal(number, interrupt) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


@contextmanager
def _progress(run: Run) -> Iterator[tuple[Any, Any]]:
    """Live on a terminal: what is being read, the rate, what is left. In a pipe, a line when a source is done."""
    from data_map.model import AssetScan, Skipped, SourceScan
    from scanners.scan import Listing, Reading

    if run.options.quiet or not run.err.is_terminal or run.err.is_dumb_terminal:

        def tell(target: Target, event: ScanEvent) -> None:
            if isinstance(event, SourceScan):
                what = "file" if event.source.kind == "files" else "table"
                run.say(f"{event.source.name}: done, {counted(event.asset_count, what)}")
            elif isinstance(event, Skipped) and run.options.verbose:
                run.say(f"skipped {skip_line(event)}")

        yield tell, run.say
        return

    from rich.markup import escape
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, SpinnerColumn, TextColumn, TimeRemainingColumn

    started = time.monotonic()
    rows = 0
    total = 0
    progress = Progress(
        SpinnerColumn(),
        TextColumn("{task.fields[source]}"),
        BarColumn(bar_width=16),
        MofNCompleteColumn(),
        TextColumn("{task.fields[rate]}"),
        TimeRemainingColumn(compact=True),
        TextColumn("{task.fields[reading]}"),
        console=run.err,
        transient=True,
    )
    with progress:
        task = progress.add_task("", total=None, source="", rate="", reading="listing …")
        begun: set[str] = set()

        def watch(target: Target, event: ScanEvent) -> None:
            nonlocal rows, total
            name = escape(printable(target.source.name))[:24]
            if isinstance(event, Listing):
                begun.add(target.source.name)
                total += len(event.assets)
                progress.update(task, total=total, source=name, reading="")
            elif isinstance(event, Reading):
                progress.update(task, source=name, reading=escape(printable(event.asset.name))[-40:])
            elif isinstance(event, AssetScan):
                rows += event.rows_read
                rate = f"{amount(int(rows / max(time.monotonic() - started, 0.1)))} rows/s"
                progress.update(task, advance=1, rate=rate)
            elif isinstance(event, Skipped):
                # What the listing could not look into is not among what is to be read.
                if event.asset is not None and event.field is None and target.source.name in begun:
                    progress.update(task, advance=1)
                if run.options.verbose:
                    progress.console.print(f"skipped {skip_line(event)}")

        yield watch, progress.console.print


def skip_line(skipped: Skipped) -> str:
    """A skipped thing and the reason in words."""
    from data_map.model import REASON_TEXT

    place = ":".join(printable(part) for part in (skipped.source, skipped.asset) if part)
    place += f"#{printable(skipped.field)}" if skipped.field else ""
    code = f" ({printable(skipped.code)})" if skipped.code else ""
    return f"{place}: {REASON_TEXT[skipped.reason]}{code}"


def summary_table(summary: ScanSummary) -> Table:
    """One line for each source."""
    columns = (
        Column("source", "source", fold=True),
        Column("assets", "assets", "right"),
        Column("whole", "whole", "right"),
        Column("sampled", "sampled", "right", optional=True),
        Column("skipped", "skipped", "right", optional=True),
        Column("unchanged", "unchanged", "right", optional=True),
        Column("not_reached", "not reached", "right", optional=True),
        Column("fields", "fields", "right"),
        Column("personal", "personal", "right"),
        Column("rows_read", "rows read", "right"),
    )
    return Table(
        columns=columns,
        records=[_record(one) for one in summary.sources],
        empty="Nothing was scanned.",
        csv_keys=(*(column.key for column in columns), "bytes_read", "seconds"),
    )


def _record(one: SourceSummary) -> dict[str, object]:
    return {
        "source": one.source.name,
        "kind": one.source.kind,
        "location": one.source.location,
        "assets": one.asset_count,
        "whole": one.whole_count,
        "sampled": one.read_count - one.whole_count,
        "skipped": len({(skip.asset, skip.field) for skip in one.skipped}),
        "unchanged": one.unchanged_count,
        "not_reached": one.unreached_count,
        "fields": one.field_count,
        "personal": one.personal_count,
        "rows_read": one.rows_read,
        "key_rows_read": one.key_rows_read,
        "bytes_read": one.bytes_read,
        "seconds": round(one.seconds, 1),
        "categories": dict(one.categories.most_common()),
        "skips": [
            {"asset": skip.asset, "field": skip.field, "reason": skip.reason.value, "code": skip.code}
            for skip in one.skipped
        ],
    }


def explain_summary(run: Run, summary: ScanSummary) -> None:
    """What was found and what was not looked at, in sentences."""
    from collections import Counter

    from rich.text import Text

    from data_map.taxonomy import CATEGORIES

    found: Counter[str] = Counter()
    for one in summary.sources:
        found.update(one.categories)
    out = run.out
    if found:
        out.print(Text("\nFound, by category (fields):", style="bold"))
        special = [key for key in found if CATEGORIES[key].legal_class.value != "ordinary"]
        for key, count in sorted(found.items(), key=lambda item: (item[0] not in special, -item[1], item[0])):
            category = CATEGORIES[key]
            note = "" if category.legal_class.value == "ordinary" else f"  [{category.legal_class.value}]"
            out.print(Text(f"  {count:>5}  {category.title}{note}"))
    elif any(one.read_count for one in summary.sources):
        out.print(Text("\nNo personal data was found in what was scanned."))
    unchanged = sum(one.unchanged_count for one in summary.sources)
    if unchanged:
        held = "what they hold is in the map, and not counted above"
        out.print(Text(f"\n{amount(unchanged)} not read again, unchanged since their last look: {held}."))
    skipped = [skip for one in summary.sources for skip in one.skipped]
    if skipped:
        out.print(Text(f"\nNot scanned ({amount(len(skipped))}):", style="bold"))
        for skip in skipped[:10]:
            out.print(Text(f"  {skip_line(skip)}"))
        if len(skipped) > 10:
            out.print(Text(f"  … and {amount(len(skipped) - 10)} more: privacy map coverage --skipped"))
    if summary.suppressed_count:
        set_aside = counted(summary.suppressed_count, "field")
        out.print(Text(f"\n{set_aside} set aside by pattern, not counted above: privacy map suppressions"))
    if summary.model is None:
        out.print(
            Text(
                "\nNames of people in running text were not looked for: no language model is installed.\n"
                "  pip install 'privacy-inventory[en]'"
            )
        )
    where = "" if summary.workers == "this process" else f" by {summary.workers}"
    if len(summary.sources) > 1:
        out.print(Text("\nRead:", style="bold"))
        for one in summary.sources:
            out.print(Text(f"  {printable(one.source.name)}: {_read(one)}{where}"))
        out.print(Text("\nNext:"))
    else:
        read = _read(summary.sources[0]) if summary.sources else "nothing read"
        out.print(Text(f"\n{read}{where}. Next:"))
    for words in ("map show", "map fields --personal", "map explain REF"):
        run.tell(f"  privacy {words}")


def _read(one: SourceSummary) -> str:
    keys = f", keys of {counted(one.key_rows_read, 'row')} for joins" if one.key_rows_read else ""
    return f"{counted(one.rows_read, 'row')} and {size(one.bytes_read)} read in {one.seconds:.1f} s{keys}"


def _exit(run: Run, summary: ScanSummary, has_failures: bool) -> Exit:
    if summary.failing:
        run.warn(f"privacy: --fail-on: {counted(len(summary.failing), 'field')}, first {summary.failing[0].ref}")
    if summary.amiss:
        worst = summary.amiss[0]
        run.warn(f"privacy: --fail-on: {counted(len(summary.amiss), 'hygiene finding')}, first {printable(worst.ref)}")
    skipped = sum(len(one.skipped) for one in summary.sources)
    if skipped:
        run.warn(f"privacy: {amount(skipped)} skipped, see `privacy map coverage --skipped`")
    if summary.is_interrupted:
        run.warn("privacy: interrupted; what was done is kept; run the same command to continue")
        return Exit.INTERRUPTED
    for error in summary.refused:
        run.warn(f"privacy: not scanned: {error}")
    if summary.late:
        names = ", ".join(dict.fromkeys(summary.late))
        run.warn(f"privacy: the hours of {names} have ended; the same command goes on there when they begin again")
    if summary.refused and not summary.sources:
        return Exit.NOT_ALLOWED
    if summary.sources and all(one.is_unopened for one in summary.sources):
        raise UnavailableError("None of the sources could be opened.")
    if summary.failing or summary.amiss:
        return Exit.CHECK_FAILED
    return Exit.SKIPPED if summary.has_skips or has_failures or summary.refused else Exit.DONE


def _plan(run: Run, targets: list[Target], limits: Limits, form: Format, output: Any, *, changed_only: bool) -> None:
    from privacy.planning import planned

    detection = run.app.detection() if changed_only else None
    records: list[dict[str, object]] = []
    opened = 0
    left_out: list[str] = []
    totals: list[str] = []
    for target in targets:
        plans = planned(run.app, target, limits, detection=detection)
        if not plans and (limits.include or limits.exclude):
            left_out.append(target.source.name)
        opened += not any(plan.skipped is not None and plan.skipped.asset is None for plan in plans)
        records.extend(map(_planned_record, plans))
        if any(plan.skipped for plan in plans):
            run.exit = Exit.SKIPPED
        totals.append(_total(target, plans))
    if len(left_out) == len(targets):
        raise _nothing_left(left_out)
    for name in left_out:
        run.warn(f"privacy: nothing of {name} would be scanned: {_FILTERED}")
    table = Table(
        (
            Column("source", "source", fold=True),
            Column("asset", "table or file", fold=True),
            Column("kind", "kind"),
            Column("rows", "rows, about", "right", optional=True),
            Column("bytes", "bytes", "right", optional=True),
            Column("rows_to_read", "rows to read", "right", optional=True),
            Column("bytes_to_read", "bytes to read", "right", optional=True),
            Column("note", "note", fold=True, optional=True),
        ),
        records,
        empty="There is nothing to read.",
    )
    run.emit(table, form, output)
    for total in totals:
        run.say(total)
    if not opened:
        raise UnavailableError("None of the sources could be opened.")


def _planned_record(plan: Planned) -> dict[str, object]:
    from data_map.model import REASON_TEXT

    skip, asset = plan.skipped, plan.asset
    note = f"cannot be read: {REASON_TEXT[skip.reason]}" if skip else "unchanged" if plan.is_unchanged else ""
    name = asset.name if asset else skip.asset if skip and skip.asset else "(the whole source)"
    return {
        "source": plan.source,
        "asset": name,
        "kind": asset.kind.value if asset else None,
        "rows": asset.row_count if asset else None,
        "bytes": asset.size_bytes if asset else None,
        "rows_to_read": plan.rows,
        "bytes_to_read": plan.bytes,
        "note": note,
    }


def _total(target: Target, plans: list[Planned]) -> str:
    """What would be read of one source, and when, in a sentence."""
    from privacy.opening import manners_of

    read = [plan for plan in plans if plan.asset is not None and not plan.is_unchanged]
    what = "file" if target.place.kind == "files" else "table"
    rows, sizes = ([item for item in each if item is not None] for each in _columns(read))
    parts = [f"{target.source.name}: {counted(len(read), what)} to read"]
    if rows:
        parts.append(f"about {counted(sum(rows), 'row')}")
    if sizes:
        parts.append(f"{'at most' if what == 'file' else 'about'} {size(sum(sizes))}")
    hours = manners_of(target).hours
    if hours.windows:
        parts.append(f"at {hours}")
    return ", ".join(parts)


def _columns(plans: list[Planned]) -> tuple[list[int | None], list[int | None]]:
    return [plan.rows for plan in plans], [plan.bytes for plan in plans]
