"""``privacy map subjects``: whose data is where, how many people that is, and what is at stake."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from data_map.errors import UsageError
from privacy.cli.run import FormatOption, OutputOption, Run, command
from privacy.reports.table import Column, Format, Table
from privacy.reports.text import amount, counted, printable

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rich.text import Text
    from rich.tree import Tree

    from data_map.model import DataMap
    from data_map.volume import SourceVolume, TableVolume

_NO_MAP = "The map is empty: nothing was scanned yet. Try `privacy scan PATH`."
_NO_PEOPLE = "No personal data was found in what was scanned."
_EXPOSURE = (
    "Exposure: people × categories of data held of them. Special: the part of it in categories of GDPR "
    "Art. 9, 10 and 87, cardholder data and secrets. People named in free text are not counted."
)
#: Tables of a source that are listed in each part of its tree; the others are counted.
_MOST_ROOTS, _MOST_HANGING, _MOST_NAMES = 12, 8, 6


def add_to(app: typer.Typer) -> None:
    """Make it a command of ``privacy map``."""
    command(app, "subjects")(subjects)


def subjects(
    run: Run,
    source: Annotated[
        list[str] | None, typer.Option("--source", metavar="NAME", help="Only these sources (repeat the option).")
    ] = None,
    exposure: Annotated[
        bool, typer.Option("--exposure", help="One line for each source: people × categories, the highest first.")
    ] = False,
    graph: Annotated[
        Path | None,
        typer.Option("--graph", metavar="FILE", help="Draw it into an HTML file.", dir_okay=False),
    ] = None,
    everything: Annotated[bool, typer.Option("--all", help="List every table in the tree.")] = False,
    form: FormatOption = Format.TABLE,
    output: OutputOption = None,
) -> None:
    """Tables of people, what hangs on them by which keys, how many people that is, and what is at stake."""
    from data_map.volume import volumes
    from privacy.inventory import exposure_record, subject_record

    data_map = run.app.data_map()
    parts = _parts(volumes(data_map), source)
    if output is not None and form is Format.TABLE and output.suffix.lower() in (".html", ".htm"):
        graph, output = output, None
        only_graph = True
    else:
        only_graph = graph is not None and form is Format.TABLE and output is None
    if graph is not None:
        from privacy.reports.graph import render

        run.write(render(parts, organisation=run.app.config.organisation.name, today=run.app.today), graph)
        if only_graph:
            return
    if exposure:
        run.emit(_exposure_table([exposure_record(one) for one in parts], parts, form), form, output)
        if form is Format.TABLE and parts:
            run.say(_EXPOSURE)
        return
    if form is Format.TABLE and output is None:
        _show(run, parts, everything=everything)
        return
    records = [subject_record(table) for one in parts for table in one.tables]
    columns = (
        Column("source", "source", fold=True),
        Column("asset", "table or file", fold=True),
        Column("subject", "whose"),
        Column("role", "role"),
        Column("key", "key", fold=True),
        Column("via", "via", fold=True),
        Column("sure", "sure"),
        Column("people_low", "at least", "right"),
        Column("people_high", "at most", "right"),
        Column("categories", "categories", fold=True),
    )
    keys = (
        "source", "asset", "subject", "role", "key", "via", "sure", "people_low", "people_high", "is_exact", "rows",
        "categories", "special", "exposure_count", "copy_of",
    )  # fmt: skip
    run.emit(Table(columns, records, empty=_NO_PEOPLE if parts else _NO_MAP, csv_keys=keys), form, output)


def lines(data_map: DataMap) -> dict[str, str]:
    """A line for each source with personal data: how many people that is, and what is at stake."""
    from data_map.volume import volumes
    from privacy.inventory import at_stake, source_people_words

    return {one.source: f"{source_people_words(one)}, {at_stake(one)}" for one in volumes(data_map) if one.categories}


def _parts(found: Sequence[SourceVolume], wanted: list[str] | None) -> list[SourceVolume]:
    names = {one.source for one in found}
    for name in wanted or ():
        if name not in names:
            msg = f"There is no source {name!r} in the map. There are: {', '.join(sorted(names)) or 'none'}."
            raise UsageError(msg)
    return [one for one in found if not wanted or one.source in wanted]


def _exposure_table(records: list[dict[str, object]], parts: Sequence[SourceVolume], form: Format) -> Table:
    from privacy.inventory import exposure_words, source_people_words, uncounted_words

    columns = (
        Column("source", "source", fold=True),
        Column("people", "people"),
        Column("kinds", "categories", "right"),
        Column("exposure", "exposure", "right"),
        Column("special_exposure", "special", "right"),
        Column("uncounted", "not counted", fold=True, optional=True),
    )
    keys = (
        "source", "people_low", "people_high", "is_exact", "categories", "special", "exposure_low", "exposure_high",
        "special_low", "special_high", "uncounted_tables", "documents", "copies", "not_scanned",
    )  # fmt: skip
    if form is Format.TABLE:
        records = [
            record
            | {
                "people": re.sub(r"^people | people$| person$", "", source_people_words(one)),
                "kinds": len(one.categories),
                "exposure": exposure_words(one.exposure),
                "special_exposure": exposure_words(one.special_exposure),
                "uncounted": (uncounted_words(one) or "").removeprefix("not counted: "),
            }
            for record, one in zip(records, parts, strict=True)
        ]
    return Table(columns, records, empty=_NO_MAP, csv_keys=keys if form is Format.CSV else ())


# ---- the tree


def _show(run: Run, parts: Sequence[SourceVolume], *, everything: bool) -> None:
    from rich.text import Text
    from rich.tree import Tree

    from privacy.inventory import at_stake, source_people_words, uncounted_words

    if not parts:
        run.out.print(_NO_MAP)
        return
    for one in parts:
        head = Text(printable(one.source), style="bold")
        if one.tables:
            head.append(f"  {source_people_words(one)}", style="not bold")
            head.append(f"  {at_stake(one)}", style="not bold dim")
        tree = Tree(head)
        _grow(tree, one, everything=everything)
        left = uncounted_words(one)
        if left:
            tree.add(Text(left, style="dim"))
        if not one.categories and one.is_looked_at:
            tree.add(Text("no personal data was found in what was scanned", style="dim"))
        run.out.print(tree)
    run.say(f"\n{_EXPOSURE}")


def _grow(tree: Tree, one: SourceVolume, *, everything: bool) -> None:
    from rich.text import Text

    from data_map.standing import Role, is_document

    roots = [table for table in one.tables if table.standing.role is Role.SUBJECT]
    names = {root.standing.name for root in roots}
    below: dict[tuple[str, str] | None, list[TableVolume]] = {}
    for table in one.tables:
        below.setdefault(table.standing.root, []).append(table)
    for root in roots if everything else roots[:_MOST_ROOTS]:
        branch = tree.add(_root(root))
        _hang(branch, below.get(root.standing.name, []), everything=everything)
    if not everything and len(roots) > _MOST_ROOTS:
        tree.add(Text(f"… and {amount(len(roots) - _MOST_ROOTS)} more tables of people (--all)", style="dim"))
    for name, tables in below.items():
        if name is not None and name not in names:
            branch = tree.add(Text(f"on {printable(name[0])}: {printable(name[1])}", style="italic"))
            _hang(branch, tables, everything=everything)
    alone = [table for table in one.tables if table.standing.role is Role.UNLINKED]
    if not everything:
        alone = [table for table in alone if not is_document(table.standing.asset)]
    if alone:
        branch = tree.add(Text("hanging on nobody: no join says whose", style="yellow"))
        for table in alone if everything else alone[:_MOST_HANGING]:
            label = Text(printable(table.standing.name[1]))
            if table.standing.subject:
                label.append(f"  {table.standing.subject}, by its names", style="dim")
            branch.add(_with_holdings(label, table))
        if not everything and len(alone) > _MOST_HANGING:
            branch.add(Text(f"… and {amount(len(alone) - _MOST_HANGING)} more (--all)", style="dim"))


def _root(table: TableVolume) -> Text:
    from rich.text import Text

    from privacy.inventory import same_words

    standing = table.standing
    label = Text(printable(standing.name[1]), style="bold")
    label.append(f"  {standing.subject}", style="not bold")
    label.append(f", key {printable(standing.key.field)}" if standing.key else ", no key known", style="not bold dim")
    if standing.is_organisation:
        label.append(", one for each organisation", style="not bold dim")
    same = same_words(standing)
    if same:
        label.append(f", {printable(same)}", style="not bold dim")
    return _with_holdings(label, table)


def _hang(branch: Tree, tables: Sequence[TableVolume], *, everything: bool) -> None:
    from rich.text import Text

    from privacy.inventory import sure, via

    holding = [table for table in tables if table.categories]
    empty = [table for table in tables if not table.categories]
    shown = [*holding, *empty] if everything else holding[:_MOST_HANGING]
    for table in shown:
        standing = table.standing
        label = Text(f"{printable(standing.name[1])} via {printable(via(standing) or '')}")
        label.append(
            f"  {sure(standing.path)}", style="dim" if "proposed" not in (sure(standing.path) or "") else "yellow"
        )
        if standing.path[0].is_mention:
            label.append(", only names somebody", style="dim")
        others = {step.here.field: None for step in standing.others if step.here != standing.path[0].here}
        if others:
            label.append(f", also {printable(', '.join(others))}", style="dim")
        branch.add(_with_holdings(label, table))
    if not everything and len(holding) > _MOST_HANGING:
        branch.add(Text(f"… and {amount(len(holding) - _MOST_HANGING)} more with personal data (--all)", style="dim"))
    if not everything and empty:
        names = [f"{table.standing.name[1]} via {via(table.standing)}" for table in empty[:_MOST_NAMES]]
        more = f" and {amount(len(empty) - _MOST_NAMES)} more" if len(empty) > _MOST_NAMES else ""
        said = f"{counted(len(empty), 'table')} without personal data of {'its' if len(empty) == 1 else 'their'} own"
        branch.add(Text(f"{said}: {printable(', '.join(names))}{more}", style="dim"))


def _with_holdings(label: Text, table: TableVolume) -> Text:
    """The label, and below it how many people and which categories, the special ones marked and first."""
    from privacy.inventory import people_words

    if table.copy_of:
        label.append(f", an old copy of {printable(table.copy_of)}?", style="not bold yellow")
    label.append(f"\n{people_words(table.people)}", style="not bold")
    if table.categories:
        label.append(": ", style="not bold")
    ordered = [*table.special, *(key for key in table.categories if key not in table.special)]
    for number, key in enumerate(ordered):
        label.append(", " if number else "", style="not bold")
        label.append(key, style="bold red" if key in table.special else "not bold")
    return label
