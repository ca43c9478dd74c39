"""``privacy map hygiene``: what lies in the sources in a way that it should not."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from data_map.errors import UsageError
from privacy.cli.run import FormatOption, OutputOption, Run, command
from privacy.exits import Exit
from privacy.reports.table import Column, Format, Table
from privacy.reports.text import counted, printable

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date

    from data_map.hygiene_finding import HygieneFinding
    from data_map.model import DataMap

_NO_MAP = "The map is empty: nothing was scanned yet. Try `privacy scan PATH`."
_NONE = "Nothing amiss was found in what was scanned."

#: How each severity is written on a terminal that has colours.
_STYLES = {"critical": "bold red", "high": "red", "medium": "yellow", "low": "dim", "info": "dim"}
_INDENT = 10


def hygiene(
    run: Run,
    source: Annotated[
        list[str] | None, typer.Option("--source", metavar="NAME", help="Only these sources (repeat the option).")
    ] = None,
    kind: Annotated[
        list[str] | None, typer.Option("--kind", metavar="KIND", help="Only these kinds (repeat the option).")
    ] = None,
    everything: Annotated[
        bool, typer.Option("--all", help="Also what people set aside, each with who and why.")
    ] = False,
    fail_on: Annotated[
        list[str] | None,
        typer.Option("--fail-on", metavar="KIND", help="Exit 6 when there is a finding of this kind, or “any”."),
    ] = None,
    form: FormatOption = Format.TABLE,
    output: OutputOption = None,
) -> None:
    """Secrets, weak or clear passwords, cardholder data, open connections, superusers, stale copies: worst first."""
    from data_map.hygiene import findings
    from privacy.hygiene import check_kinds, failing, hygiene_record

    check_kinds(kind or (), "--kind")
    check_kinds(fail_on or (), "--fail-on", may_be_any=True)
    data_map = run.app.data_map()
    _known_sources(data_map, source)
    found = [
        one
        for one in findings(data_map, run.app.today)
        if (not source or one.source in source) and (not kind or one.kind.value in kind)
    ]
    shown = [one for one in found if everything or one.aside is None]
    empty = _NONE if data_map.sources else _NO_MAP
    if form is Format.TABLE and output is None and shown:
        _show(run, shown)
    else:
        columns = (
            Column("severity", "severity"),
            Column("kind", "kind"),
            Column("ref", "where", fold=True),
            Column("certainty", "sure"),
            Column("seen", "what was seen", fold=True),
            Column("aside", "set aside", fold=True, optional=True),
        )
        keys = (
            "severity",
            "certainty",
            "kind",
            "ref",
            "source",
            "asset",
            "field",
            "seen",
            "why",
            "todo",
            "original",
            "aside",
        )
        table = Table(columns, [hygiene_record(one) for one in shown], empty=empty, csv_keys=keys)
        run.emit(table, form, output)
    if form is Format.TABLE:
        _say_what_is_missing(run, data_map, len(found) - len(shown), source)
    if fail_on and not data_map.sources:
        run.fail_on_nothing()
        return
    failed = failing(found, fail_on or ())
    if failed:
        run.exit = Exit.CHECK_FAILED
        run.warn(f"privacy: --fail-on: {counted(len(failed), 'finding')}, first {failed[0].kind.value} {failed[0].ref}")


def add_to(app: typer.Typer) -> None:
    """Register the command."""
    command(app, "hygiene")(hygiene)


def lines(data_map: DataMap, today: date) -> dict[str, str]:
    """For each source that has findings, how many of each severity: ``1 critical, 2 high``."""
    from data_map.hygiene import findings
    from privacy.hygiene import in_one_line

    found = findings(data_map, today)
    told = {
        part.source.name: in_one_line([one for one in found if one.source == part.source.name])
        for part in data_map.sources
    }
    return {name: line for name, line in told.items() if line}


def _known_sources(data_map: DataMap, wanted: list[str] | None) -> None:
    names = {part.source.name for part in data_map.sources}
    for name in wanted or ():
        if name not in names:
            msg = f"There is no source {name!r} in the map. There are: {', '.join(sorted(names)) or 'none'}."
            raise UsageError(msg)


def _show(run: Run, found: Sequence[HygieneFinding]) -> None:
    """Two or three lines for each finding, and what to do once for each kind."""
    from rich.padding import Padding
    from rich.text import Text

    from data_map.hygiene_finding import HygieneKind, title
    from privacy.hygiene import told

    for one in found:
        head = Text(f"{one.severity.value:<{_INDENT}}", style=_STYLES[one.severity.value])
        head.append(printable(one.ref), style="bold")
        run.out.print(head, soft_wrap=True)  # in one line, however long, so that it can be copied
        run.out.print(Padding(Text(printable(told(one))), (0, 0, 0, _INDENT), expand=False))
        if one.aside is not None:
            aside = Text(printable(f"set aside: {one.aside}"), style="dim")
            run.out.print(Padding(aside, (0, 0, 0, _INDENT), expand=False))
    kinds = {one.kind: one for one in reversed(found)}
    run.out.print()
    run.out.print(Text("What to do", style="bold"))
    for kind in HygieneKind:
        if kind in kinds:
            line = Text(f"{title(kind)}: ", style="bold")
            line.append(kinds[kind].todo, style="not bold")
            line.append(f" ({kinds[kind].why})", style="dim not bold")
            run.out.print(Padding(line, (0, 0, 0, 2), expand=False))


def _say_what_is_missing(run: Run, data_map: DataMap, aside: int, source: list[str] | None) -> None:
    if aside:
        run.say(f"{counted(aside, 'finding')} set aside by people (--all lists them).")
    parts = [part for part in data_map.sources if not source or part.source.name in source]
    skipped = {(skip.source, skip.asset) for part in parts for skip in part.skipped}
    if skipped:
        run.say(f"{counted(len(skipped), 'thing')} could not be looked at: privacy map coverage --skipped")
    # Files are read where they lie.
    asked = [part for part in parts if part.assets and part.source.kind != "files"]
    unknown = [part.source.name for part in asked if part.connected.is_encrypted is None]
    if unknown:
        what = ", ".join(printable(name) for name in unknown)
        run.say(f"Whether the connection was encrypted is not known of: {what}.")
