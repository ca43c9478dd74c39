"""``privacy map joins``: which fields point at which, and what people say of it."""

from __future__ import annotations

from difflib import get_close_matches
from typing import TYPE_CHECKING, Annotated

import typer

from data_map.errors import UsageError
from privacy.cli.run import FormatOption, OutputOption, Run, command
from privacy.reports.table import Column, Format, Table
from privacy.reports.text import counted, printable

if TYPE_CHECKING:
    from collections.abc import Sequence

    from data_map.joins import Pair
    from data_map.model import DataMap, FieldRef, Join

_ACTIONS = ("accept", "refuse", "withdraw")
_NO_MAP = "The map is empty: nothing was scanned yet. Try `privacy scan PATH`."
#: Reasons that a table names; JSON has all of them.
_MOST_REASONS = 4
_CSV = (
    "child", "parent", "state", "score", "tested", "found", "method", "child_source", "child_asset", "child_field",
    "parent_source", "parent_asset", "parent_field", "reasons",
)  # fmt: skip


def add_to(app: typer.Typer) -> None:
    """Make it a command of ``privacy map``."""
    command(app, "joins")(joins)


def joins(
    run: Run,
    action: Annotated[
        str | None,
        typer.Argument(metavar="accept|refuse|withdraw", help="Say what you know of a join; without it, list them."),
    ] = None,
    child: Annotated[
        str | None, typer.Argument(metavar="CHILD", help="The field that points: source:asset#field.")
    ] = None,
    parent: Annotated[str | None, typer.Argument(metavar="PARENT", help="The field that it points at.")] = None,
    reason: Annotated[
        str | None, typer.Option("--reason", metavar="TEXT", help="Why; it is kept with the decision.")
    ] = None,
    source: Annotated[
        list[str] | None,
        typer.Option("--source", metavar="NAME", help="Only joins with a side in these sources (repeat the option)."),
    ] = None,
    state: Annotated[
        list[str] | None,
        typer.Option("--state", metavar="STATE", help="Only these: declared, proposed, accepted, refused."),
    ] = None,
    min_score: Annotated[
        float | None,
        typer.Option(
            "--min-score", metavar="X", help="Proposals at least this sure, 0 to 1 [0.5].", show_default=False
        ),
    ] = None,
    why: Annotated[bool, typer.Option("--why", help="In a table too, the reasons of each.")] = False,
    everything: Annotated[
        bool, typer.Option("--all", help="Also unlikely proposals, and joins that were refused.")
    ] = False,
    form: FormatOption = Format.TABLE,
    output: OutputOption = None,
) -> None:
    """Fields that point at fields of other tables: declared keys, and what the values and names suggest.

    Proposals are measured at the end of a scan. What you accept or refuse outlives later scans, and `map subjects`
    goes by it.
    """
    if action is not None:
        _decide(run, action, child, parent, reason)
        return
    if reason is not None:
        msg = "--reason belongs to a decision: privacy map joins accept|refuse|withdraw CHILD PARENT --reason TEXT."
        raise UsageError(msg)
    _list(run, source, state, min_score, why, everything, form, output)


def _list(
    run: Run,
    source: list[str] | None,
    state: list[str] | None,
    min_score: float | None,
    why: bool,
    everything: bool,
    form: Format,
    output: OutputOption,
) -> None:
    from data_map.joins import THRESHOLD
    from data_map.model import JoinState
    from privacy.inventory import join_record

    known = [item.value for item in JoinState]
    for word in state or ():
        if word not in known:
            msg = f"--state {word}: the states are {', '.join(known)}."
            raise UsageError(msg)
    if min_score is not None and not 0 <= min_score <= 1:
        msg = f"--min-score {min_score:g}: a score lies between 0 and 1."
        raise UsageError(msg)
    least = min_score if min_score is not None else 0.0 if everything else THRESHOLD
    data_map = run.app.data_map()
    names = {part.source.name for part in data_map.sources}
    for name in source or ():
        if name not in names:
            msg = f"There is no source {name!r} in the map. There are: {', '.join(sorted(names)) or 'none'}."
            raise UsageError(msg)
    mine = [join for join in data_map.joins if not source or {join.child.source, join.parent.source} & set(source)]
    shown = [join for join in mine if _is_wanted(join, state, least, everything=everything)]
    records = [join_record(join) for join in shown]
    none = "None of the joins that are known is like that." if mine else "No joins are known of what was scanned."
    empty = none if names else _NO_MAP
    if why and form is Format.TABLE and output is None and shown:
        _show_why(run, shown)
        _say_more(run, mine, shown, why=why)
        return
    columns = [
        Column("child", "field", fold=True),
        Column("parent", "points at", fold=True),
        Column("state", "state"),
        Column("sure", "sure", "right"),
        Column("values", "values found", "right", optional=True),
    ]
    if form is Format.TABLE:
        records = [record | _for_people(join) for record, join in zip(records, shown, strict=True)]
        if why:
            columns.append(Column("because", "because", fold=True))
    elif form is Format.CSV:
        records = [record | {"reasons": _reasons(join, None)} for record, join in zip(records, shown, strict=True)]
    run.emit(Table(tuple(columns), records, empty=empty, csv_keys=_CSV if form is Format.CSV else ()), form, output)
    if form is Format.TABLE:
        _say_more(run, mine, shown, why=why)


def _show_why(run: Run, shown: Sequence[Join]) -> None:
    """Each join as a paragraph with its reasons: in a table they would have no room."""
    from rich.padding import Padding
    from rich.text import Text

    for number, join in enumerate(shown):
        if number:
            run.out.print()
        # Each address on one line, however long, so that it can be copied.
        run.out.print(Text(printable(str(join.child)), style="bold"), soft_wrap=True)
        run.out.print(Text(f"  points at {printable(str(join.parent))}"), soft_wrap=True)
        said = _for_people(join)
        sure = f", {said['sure']}" if said["sure"] and join.state.value == "proposed" else ""
        because = f": {said['because']}" if said["because"] else ""
        run.out.print(Padding(Text(printable(f"{join.state.value}{sure}{because}")), (0, 0, 0, 2), expand=False))


def _is_wanted(join: Join, states: Sequence[str] | None, least: float, *, everything: bool) -> bool:
    from data_map.model import JoinState

    if states and join.state.value not in states:
        return False
    if join.state is JoinState.REFUSED:
        return everything or bool(states)
    return join.state is not JoinState.PROPOSED or join.score >= least


def _for_people(join: Join) -> dict[str, object]:
    measure = join.measure
    values = f"{measure.found:,} of {measure.tested:,}" if measure is not None and measure.tested else None
    if measure is not None and not measure.tested:
        values = "none there"
    because = _reasons(join, _MOST_REASONS)
    if join.decision is not None:
        because = f"{join.decision.author}: {join.decision.reason}" + (f"; {because}" if because else "")
    sure = f"{join.score:.0%}" if join.state.value in ("proposed", "declared", "accepted") else None
    return {"sure": sure, "values": values, "because": because}


def _reasons(join: Join, most: int | None) -> str:
    """What was said for and against it, the weightiest first; that few pairs join at all is said of every pair."""
    terms = [term for term in join.measure.terms if not term.text.startswith("few pairs")] if join.measure else []
    return "; ".join(term.text for term in terms[:most])


def _say_more(run: Run, mine: Sequence[Join], shown: Sequence[Join], *, why: bool) -> None:
    from data_map.model import JoinState

    hidden = [join for join in mine if join not in set(shown)]
    unlikely = sum(join.state is JoinState.PROPOSED for join in hidden)
    refused = sum(join.state is JoinState.REFUSED for join in hidden)
    said = [f"{counted(unlikely, 'less likely proposal')}"] if unlikely else []
    said += [f"{refused} refused"] if refused else []
    if said:
        run.say(f"Not shown: {', '.join(said)} (--all lists them).")
    proposed = [join for join in shown if join.state is JoinState.PROPOSED]
    if proposed and not why:
        run.say("--why tells the reasons. Right or wrong? privacy map joins accept|refuse CHILD PARENT --reason TEXT")


def _decide(run: Run, action: str, child: str | None, parent: str | None, reason: str | None) -> None:
    from data_map.joins import Pair
    from data_map.model import JoinDecision, JoinState
    from data_map.store import joins as kept

    if action not in _ACTIONS:
        near = get_close_matches(action, _ACTIONS, 1)
        hint = f" Did you mean {near[0]}?" if near else ""
        msg = f"privacy map joins {action}: there are {', '.join(_ACTIONS)}, and without any of them a list.{hint}"
        raise UsageError(msg)
    if child is None or parent is None:
        msg = f"Name both fields, first the one that points: privacy map joins {action} CHILD PARENT --reason TEXT."
        raise UsageError(msg)
    if reason is None or not reason.strip():
        msg = "Say why with --reason TEXT: the next person will ask."
        raise UsageError(msg)
    data_map = run.app.data_map()
    may_be_gone = action == "withdraw"
    pair = Pair(_ref(data_map, child, may_be_gone=may_be_gone), _ref(data_map, parent, may_be_gone=may_be_gone))
    if pair.child == pair.parent:
        msg = f"{pair.child} cannot point at itself. A row that points at another row does so by another field."
        raise UsageError(msg)
    known = next((join for join in data_map.joins if (join.child, join.parent) == pair), None)
    if known is None and action != "withdraw":
        _say_if_turned(run, data_map, pair)
    with run.app.writing_store() as store:
        if action == "withdraw":
            kept.withdraw(store, pair, run.app.actor(), reason.strip(), run.app.now())
        else:
            accepts = action == "accept"
            kept.decide(store, JoinDecision(*pair, accepts, run.app.actor(), reason.strip(), run.app.now()))
    done = {"accept": "Accepted", "refuse": "Refused", "withdraw": "Withdrawn"}[action]
    run.say(f"{done}: {pair.child} points at {pair.parent}.")
    if action == "refuse" and known is not None and known.state is JoinState.DECLARED:
        run.say("The database declares this key; it stays in the map as refused.")


def _say_if_turned(run: Run, data_map: DataMap, pair: Pair) -> None:
    turned = any((join.parent, join.child) == pair for join in data_map.joins)
    if turned:
        run.say("The map has this join the other way round: there the second field points at the first.")


def _ref(data_map: DataMap, text: str, *, may_be_gone: bool) -> FieldRef:
    from data_map.model import FieldRef
    from privacy.inventory import find, references

    try:
        ref: FieldRef | None = FieldRef.parse(text)
    except ValueError:
        ref = None
    if ref is not None and (may_be_gone or find(data_map, ref) is not None):
        return ref
    near = get_close_matches(text, references(data_map), 3, 0.5)
    hint = (
        "Did you mean " + " or ".join(f"'{one}'" for one in near) + "?" if near else "`privacy map fields` lists them."
    )
    what = "is not written source:asset#field" if ref is None else "is not in the map"
    msg = f"{text} {what}. {hint}"
    raise UsageError(msg)
