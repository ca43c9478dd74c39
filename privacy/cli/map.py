"""``privacy map``: the inventory."""

from __future__ import annotations

from difflib import get_close_matches
from typing import TYPE_CHECKING, Annotated, Any

import typer

from data_map.errors import UsageError
from privacy.cli import map_coverage, map_diff, map_exchange, map_hygiene, map_joins, map_subjects, map_suppress
from privacy.cli.run import FormatOption, OutputOption, Run, command, parse_day
from privacy.reports.table import Column, Format, Table
from privacy.reports.text import amount, counted, printable

if TYPE_CHECKING:
    from rich.padding import Padding
    from rich.text import Text

    from data_map.model import DataMap, FieldRef, MapField, MapSource, Skipped

app = typer.Typer(help="The inventory: what personal data is where.", no_args_is_help=True)

_NO_MAP = "The map is empty: nothing was scanned yet. Try `privacy scan PATH`."

#: Characters of a terminal from which a list of fields shows how many values were looked at too.
_WIDE = 100

SourceOption = Annotated[
    list[str] | None, typer.Option("--source", metavar="NAME", help="Only these sources (repeat the option).")
]
ScanOption = Annotated[int | None, typer.Option("--scan", metavar="ID", help="The map as of this scan, not as of now.")]


@command(app, "show")
def show_(
    run: Run,
    source: SourceOption = None,
    scan: ScanOption = None,
    form: FormatOption = Format.TABLE,
    output: OutputOption = None,
) -> None:
    """Sources, their tables and files, and the categories of personal data in each."""
    from privacy.inventory import holdings

    if form is Format.TABLE and output is None:
        show_parts(run, source, scan)
        return
    parts = _parts(run.app.data_map(scan), source)
    records = [
        {"source": part.source.name, "asset": name, "category": category, "fields": count}
        for part in parts
        for name, counts in holdings(part)
        for category, count in counts.most_common()
    ]
    columns = (
        Column("source", "source", fold=True),
        Column("asset", "table or file", fold=True),
        Column("category", "category"),
        Column("fields", "fields", "right"),
    )
    run.emit(Table(columns, records, empty=_NO_MAP), form, output)


def show_parts(run: Run, source: list[str] | None = None, scan: int | None = None, most: int | None = None) -> None:
    """The map as a tree on the terminal; ``most`` tables and files of each source, all when None."""
    data_map = run.app.data_map(scan)
    parts = _parts(data_map, source)
    amiss = map_hygiene.lines(data_map, run.app.today)
    people = map_subjects.lines(data_map)
    for part in parts:
        _show_tree(run, part, most, amiss.get(part.source.name), people.get(part.source.name))
    if not parts:
        run.out.print(_NO_MAP)


def _show_tree(
    run: Run, part: MapSource, most: int | None, amiss: str | None = None, people: str | None = None
) -> None:
    from rich.text import Text
    from rich.tree import Tree

    from data_map.taxonomy import CATEGORIES
    from privacy.inventory import holdings, is_decided_away

    head = Text(printable(part.source.name), style="bold")
    head.append(f"  {part.source.kind}  {printable(part.source.location)}", style="dim")
    tree = Tree(head)
    found = holdings(part)
    rows = {asset.asset.name: asset for asset in part.assets}
    for name, counts in found[:most]:
        asset = rows[name]
        label = Text(printable(name))
        if asset.asset.row_count is not None:
            label.append(f"  {counted(asset.asset.row_count, 'row')}{'' if asset.is_whole else ', about'}", style="dim")
        branch = tree.add(label)
        line = Text()
        for category, count in sorted(counts.items(), key=lambda item: (_rank(item[0]), -item[1], item[0])):
            if line:
                line.append(", ")
            special = CATEGORIES[category].legal_class.value != "ordinary"
            line.append(category, style="bold red" if special else "")
            if count > 1:
                line.append(f" ×{count}", style="dim")
        branch.add(line)
    if most is not None and len(found) > most:
        tree.add(Text(f"… and {amount(len(found) - most)} more with personal data: privacy map show", style="dim"))
    if people is not None:
        tree.add(Text(f"{people}: privacy map subjects", style="dim"))
    decided = {asset.asset.name: count for asset in part.assets if (count := sum(map(is_decided_away, asset.fields)))}
    aside = map_suppress.set_aside([part])
    spoken = {asset.asset.name for asset in part.assets if any(item.suppression for item in asset.fields)}
    others = len(rows.keys() - {name for name, _ in found} - decided.keys() - spoken)
    if others:
        tree.add(Text(f"{amount(others)} more: nothing found in what was scanned", style="dim"))
    if decided:
        total = counted(sum(decided.values()), "field")
        tree.add(Text(f"{total} decided not personal by people: privacy map fields --all", style="dim"))
    if aside is not None:
        tree.add(Text(f"{aside}: privacy map suppressions", style="dim"))
    refused = {skip.asset for skip in part.skipped if skip.field is None and skip.asset is not None}
    if any(skip.asset is None for skip in part.skipped):
        said = "it could not be read to its end" if rows or refused or part.asset_count else "it could not be opened"
        tree.add(Text(f"{said}: privacy map coverage --skipped", style="yellow"))
    elif part.scanned_at is not None and not (rows or refused or part.asset_count):
        tree.add(Text("empty: there was nothing to scan", style="dim"))
    if refused:
        tree.add(Text(f"{amount(len(refused))} not scanned: privacy map coverage --skipped", style="yellow"))
    if amiss is not None:
        tree.add(Text(f"amiss: {amiss}: privacy map hygiene --source {printable(part.source.name)}", style="red"))
    unreached = part.asset_count - len(refused | set(rows))
    if unreached > 0:
        tree.add(Text(f"{amount(unreached)} not reached: the scan ended before them", style="yellow"))
    run.out.print(tree)


def _rank(category: str) -> int:
    from data_map.taxonomy import CATEGORIES

    return 0 if CATEGORIES[category].legal_class.value != "ordinary" else 1


@command(app, "fields")
def fields(
    run: Run,
    source: SourceOption = None,
    category: Annotated[
        list[str] | None,
        typer.Option("--category", metavar="KEY", help="Only these categories or branches."),
    ] = None,
    state: Annotated[list[str] | None, typer.Option("--state", metavar="STATE", help="Only these states.")] = None,
    personal: Annotated[bool, typer.Option("--personal", help="Only fields with personal data.")] = False,
    everything: Annotated[
        bool, typer.Option("--all", help="In a table too, the fields in which nothing was found.")
    ] = False,
    scan: ScanOption = None,
    form: FormatOption = Format.TABLE,
    output: OutputOption = None,
) -> None:
    """Every field looked at, with its category and how sure that is. JSON and CSV list all of them."""
    from data_map.model import State
    from privacy.inventory import field_records

    states = {item.value for item in State}
    for word in state or ():
        if word not in states:
            msg = f"--state {word}: the states are {', '.join(item.value for item in State)}."
            raise UsageError(msg)
    _known_categories(category)
    data_map = run.app.data_map(scan)
    kept = {part.source.name for part in _parts(data_map, source)}
    records = [
        record
        for record in field_records(data_map)
        if record["source"] in kept
        and (not category or _is_of(record, category))
        and (not state or record["state"] in state)
        and (not personal or record["category"] is not None)
    ]
    shown = records
    if form is Format.TABLE and not (everything or state):
        shown = [record for record in records if record["state"] != State.CLEAN.value]
    columns: tuple[Column, ...] = (
        Column("source", "source", fold=True),
        Column("asset", "table or file", fold=True),
        Column("field", "field", fold=True),
        Column("holds", "category", fold=True),
        Column("state", "state"),
        Column("sure", "sure", "right"),
        Column("sampled", "values", "right"),
    )
    empty = _NO_MAP if not data_map.sources else "No personal data was found in what was scanned."
    keys = (
        "ref", "source", "asset", "field", "category", "class", "state", "score", "prevalence", "sampled", "distinct",
        "subject", "decided", "suppressed_by",
    )  # fmt: skip
    if form is Format.TABLE:
        shown = [record | _for_people(record) for record in shown]
        if output is None and run.out.width < _WIDE:
            columns = columns[:-1]
    run.emit(Table(columns, shown, empty=empty, csv_keys=keys if form is Format.CSV else ()), form, output)
    if form is Format.TABLE and len(shown) < len(records):
        hidden = len(records) - len(shown)
        away = sum(bool(record["decided"]) for record in records if record["state"] == State.CLEAN.value)
        patterns = sorted({str(record["suppressed_by"]) for record in records if record["suppressed_by"]})
        aside = sum(bool(record["suppressed_by"]) for record in records)
        rest = hidden - away - aside
        said = [f"{counted(rest, 'more field')}: nothing found in what was scanned"] if rest else []
        said += [f"{counted(away, 'field')} decided not personal by people"] if away else []
        said += [f"{counted(aside, 'field')} set aside by pattern ({', '.join(patterns[:3])})"] if aside else []
        run.say(f"{'; '.join(said)} (--all lists them).")


def _for_people(record: dict[str, Any]) -> dict[str, object]:
    holds = record["category"] or ("? " + ", ".join(item["category"] for item in record["alternates"])).rstrip("? ")
    if record["contains"]:
        inside = ", ".join(item["category"] for item in record["contains"][:4])
        holds = f"{holds}: {inside}" if holds else inside
    said = "decided" if record["decided"] else "suppressed" if record["suppressed_by"] else None
    state = f"{record['state']} ({said})" if said else record["state"]
    return {"holds": holds, "state": state, "sure": f"{record['score']:.0%}"}


def _is_of(record: dict[str, Any], wanted: list[str]) -> bool:
    held = {record["category"], *(item["category"] for item in record["contains"])} - {None}
    return any(one == key or one.startswith(f"{key}.") for one in held for key in wanted)


def _known_categories(wanted: list[str] | None) -> None:
    from data_map.taxonomy import CATEGORIES
    from data_map.taxonomy import category as known

    branches = {key.split(".")[0] for key in CATEGORIES}
    for key in wanted or ():
        if key not in branches:
            known(key)


@command(app, "explain")
def explain(
    run: Run,
    ref: Annotated[str, typer.Argument(metavar="REF", help="source:asset#field, as `map fields` prints it.")],
    form: FormatOption = Format.TABLE,
    output: OutputOption = None,
) -> None:
    """Why a field has its verdict: every piece of evidence with its weight."""
    from privacy.inventory import explanation

    item = _field(run.app.data_map(), ref)
    record = explanation(item)
    if form is not Format.TABLE or output is not None:
        run.emit(Table(tuple(Column(key, key) for key in record), [record]), form, output)
        return
    _explain(run, item)


def _explain(run: Run, item: MapField) -> None:
    from rich.text import Text

    from data_map.taxonomy import CATEGORIES
    from privacy.inventory import words

    verdict, machine, decision, aside = item.verdict, item.machine, item.decision, item.suppression
    title = CATEGORIES[verdict.category].title if verdict.category else None
    lines = [Text(printable(str(item.field.ref)), style="bold")]
    declared = f", {printable(item.field.declared_type)}" if item.field.declared_type else ""
    said = "decided: no personal data" if decision is not None and decision.category is None else words(verdict)
    said = "set aside: counts as no personal data" if aside is not None else said
    lines.append(Text(f"  {said}" + (f": {verdict.category}, {title}" if title else "") + declared))
    if verdict.subject:
        lines.append(Text(f"  about: {verdict.subject}"))
    if decision is not None:
        until = f" until {decision.until_on.isoformat()}" if decision.until_on else ""
        what = decision.category or "not personal data"
        lines.append(Text(f"  decided by {printable(decision.author)} on {decision.decided_at.date()}{until}: {what}"))
        lines.append(Text(f"    because: {printable(decision.reason)}"))
    if aside is not None:
        until = f" until {aside.until_on.isoformat()}" if aside.until_on else ""
        lines.append(Text(f"  set aside by {printable(aside.author)} on {aside.decided_at.date()}{until}"))
        lines.append(Text(f"    by the pattern {printable(aside.pattern)}, for {aside.what or 'every category'}"))
        lines.append(Text(f"    because: {printable(aside.reason)}"))
    if decision is not None or aside is not None:
        lines.append(
            Text(
                f"  the machine's own verdict: {words(machine)}" + (f", {machine.category}" if machine.category else "")
            )
        )
    lines.append(Text(f"  {amount(machine.sampled)} values looked at, {amount(machine.distinct)} different"))
    if machine.prevalence is not None:
        low, high = machine.prevalence_low or 0.0, machine.prevalence_high or 1.0
        lines.append(Text(f"  {machine.prevalence:.1%} of them fit (95 % interval {low:.1%} to {high:.1%})"))
    run.out.print(lines[0], soft_wrap=True)  # in one line, however long, so that it can be copied
    for line in lines[1:]:
        run.out.print(_hanging(line))
    _section(
        run,
        f"what made the verdict (score {machine.score:.2f}):",
        [(f"{term.weight:+.2f}", term.text) for term in machine.terms],
    )
    _section(
        run,
        "what occurs in it:",
        [
            ("", f"{one.category}: {counted(one.count, 'time')}, {amount(one.distinct)} different")
            for one in machine.contains
        ],
    )
    _section(
        run, "what else would explain it:", [("", f"{one.category} ({one.score:.0%})") for one in machine.alternates]
    )
    _section(
        run, "shapes of its values (a letter, 9 digit):", [(amount(count), shape) for shape, count in machine.shapes]
    )
    if machine.bound is not None:
        bound = (
            f"  at most {machine.bound:.2%} of its values could be of a kind that was not seen (rule of three)"
            if machine.bound
            else "  every one of its values was looked at"
        )
        run.out.print()
        run.out.print(_hanging(Text(bound)))
    run.say(f"\nWrong? privacy map decide '{item.field.ref}' --category KEY --reason TEXT (or --not-personal)")


def _section(run: Run, title: str, rows: list[tuple[str, str]]) -> None:
    """A heading and lines of two parts, of which the second is folded below itself; nothing when there are none."""
    from rich.padding import Padding
    from rich.table import Table as Grid
    from rich.text import Text

    if not rows:
        return
    grid = Grid.grid(padding=(0, 2, 0, 0))
    grid.add_column(justify="right", no_wrap=True)
    grid.add_column(overflow="fold")
    for left, right in rows:
        grid.add_row(Text(left), Text(printable(right)))
    run.out.print()
    run.out.print(Text(f"  {title}", style="bold"))
    run.out.print(Padding(grid, (0, 0, 0, 4)))


def _hanging(line: Text) -> Padding:
    """A line whose further lines are indented as its first one is."""
    from rich.padding import Padding

    indent = len(line.plain) - len(line.plain.lstrip(" "))
    return Padding(line[indent:], (0, 0, 0, indent), expand=False)


@command(app, "decide")
def decide(
    run: Run,
    ref: Annotated[str, typer.Argument(metavar="REF", help="source:asset#field, as `map fields` prints it.")],
    reason: Annotated[str, typer.Option("--reason", metavar="TEXT", help="Why; it is kept with the decision.")],
    category: Annotated[str | None, typer.Option("--category", metavar="KEY", help="It holds this.")] = None,
    not_personal: Annotated[bool, typer.Option("--not-personal", help="It holds no personal data.")] = False,
    withdraw: Annotated[bool, typer.Option("--withdraw", help="The machine's verdict counts again.")] = False,
    until: Annotated[
        str | None, typer.Option("--until", metavar="DATE", help="The last day on which it holds.")
    ] = None,
) -> None:
    """Pin a verdict on a field. It survives every later scan, until it ends or is withdrawn."""
    from data_map.model import Decision
    from data_map.taxonomy import category as known

    if (category is not None) + not_personal + withdraw != 1:
        msg = "Give exactly one of --category, --not-personal and --withdraw."
        raise UsageError(msg)
    if not reason.strip():
        msg = "--reason is empty. Say why: the next person will ask."
        raise UsageError(msg)
    if category is not None:
        known(category)
    until_on = parse_day(until, "--until") if until else None
    if until_on is not None and until_on < run.app.today:
        msg = f"--until {until_on.isoformat()} is over: a decision that has ended counts for nothing."
        raise UsageError(msg)
    item = _field(run.app.data_map(), ref)
    target = item.field.ref
    with run.app.writing_store() as store:
        if withdraw:
            store.withdraw(target, run.app.actor(), reason, run.app.now())
            run.say(f"Withdrawn. The machine's verdict on {target} counts again.")
            return
        store.decide(Decision(target, category, run.app.actor(), reason, run.app.now(), until_on))
    run.say(f"Decided: {target} holds {category or 'no personal data'}.")


map_coverage.add_to(app)
map_diff.add_to(app)
map_hygiene.add_to(app)
map_suppress.add_to(app)
map_exchange.add_to(app)
map_joins.add_to(app)
map_subjects.add_to(app)


def _parts(data_map: DataMap, wanted: list[str] | None) -> list[MapSource]:
    names = {part.source.name for part in data_map.sources}
    for name in wanted or ():
        if name not in names:
            msg = f"There is no source {name!r} in the map. There are: {', '.join(sorted(names)) or 'none'}."
            raise UsageError(msg)
    return [part for part in data_map.sources if not wanted or part.source.name in wanted]


def _field(data_map: DataMap, text: str) -> MapField:
    from data_map.model import REASON_TEXT, FieldRef
    from privacy.inventory import find, references

    try:
        ref: FieldRef | None = FieldRef.parse(text)
    except ValueError:
        ref = None
    item = find(data_map, ref) if ref else None
    if item is not None:
        return item
    skipped = _skip_at(data_map, ref) if ref else None
    if skipped is not None:
        msg = f"{ref} was not looked at. {printable(skipped.asset or '')} was skipped: {REASON_TEXT[skipped.reason]}."
        raise UsageError(msg)
    known = references(data_map)
    near = get_close_matches(text, known, 3, 0.5)
    hint = (
        "Did you mean " + " or ".join(f"'{one}'" for one in near) + "?" if near else "`privacy map fields` lists them."
    )
    what = "is not written source:asset#field" if ref is None else "is not in the map"
    msg = f"{text} {what}. {hint}"
    raise UsageError(msg)


def _skip_at(data_map: DataMap, ref: FieldRef) -> Skipped | None:
    """What kept a field's asset, or the field itself, from being read."""
    for part in data_map.sources:
        for skip in part.skipped:
            if (skip.source, skip.asset) == (ref.source, ref.asset) and skip.field in (None, ref.field):
                return skip
    return None
