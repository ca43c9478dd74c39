"""``privacy dsar``: requests of data subjects."""

from __future__ import annotations

import re
import sys
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from data_map.errors import UsageError
from privacy.cli.law import deadline_record, headline, parse_received
from privacy.cli.run import FormatOption, OutputOption, Run, command, parse_day
from privacy.dsar.model import GROUNDS, Act, Event, ExtensionReason, Method, Outcome, State, SubjectRequest
from privacy.exits import Exit
from privacy.law.model import QuestionKind
from privacy.reports.table import Column, Format, Table
from privacy.reports.text import printable

if TYPE_CHECKING:
    from privacy.dsar.clock import Standing
    from privacy.dsar.identifiers import Identifiers

app = typer.Typer(help="Requests of data subjects: access, erasure and the others.", no_args_is_help=True)

IdArgument = Annotated[str, typer.Argument(metavar="ID", help="R-2026-0001, as `dsar list` shows it.")]
OnOption = Annotated[
    str | None, typer.Option("--on", metavar="DATE", help="The day it took effect [today].", show_default=False)
]
KindOption = Annotated[QuestionKind, typer.Option("--kind", help="What the question is about.")]

_LABEL_CHARS = 80
#: Shorter words are in too many things to tell anybody.
_TELLING_CHARS = 3
_WORD = re.compile(r"[^\W_]+")
#: state → the command that takes the next step.
_HINTS = {
    State.RECEIVED: "dsar verify, or dsar ask --kind identity",
    State.WAITING: "dsar answer",
    State.IN_PROGRESS: "dsar close",
    State.CLOSED: "",
}


@command(app, "open")
def open_(
    run: Run,
    right: Annotated[str, typer.Option("--right", metavar="RIGHT", help="access, erasure, rectification …")],
    regime: Annotated[str, typer.Option("--regime", metavar="KEY", help="gdpr:DE, gdpr:DE-BY, ukgdpr:ENG …")],
    received: Annotated[str, typer.Option("--received", metavar="DATE", help="Day of receipt, or an instant.")],
    label: Annotated[
        str | None, typer.Option("--label", metavar="TEXT", help="To tell it from others; no name, no identifier.")
    ] = None,
    identifiers: Annotated[
        str | None,
        typer.Option("--identifiers", metavar="FILE", help="TOML with what the person gave, - for standard input."),
    ] = None,
) -> None:
    """Take a request in. Who asks goes encrypted to the vault, never to the open tables."""
    from privacy.dsar.clock import deadline_of, received_on
    from privacy.dsar.identifiers import dumps
    from privacy.dsar.store import has_sealed, open_request, save_sealed
    from privacy.vault import load_key, seal

    zone = run.app.config.controller_zone
    when = parse_received(received)
    draft = SubjectRequest("R-0", regime, right, label, when)
    deadline = deadline_of(draft, run.app.today, zone)  # refuses an unknown regime or right
    day = received_on(draft, zone)
    if day > run.app.today:
        msg = f"--received {day.isoformat()} is in the future; today is {run.app.today.isoformat()}."
        raise UsageError(msg)
    if label is not None:
        _check_label(run, label)
    given = _identifiers(run, identifiers)
    if label is not None and given:
        _check_apart(label, given)
    with run.app.writing_store() as store:
        key = load_key(run.app.key_path, create=not has_sealed(store)) if given else None
        request = open_request(
            store, regime=regime, right=right, label=label, received=when, received_on=day, on=run.app.today
        )
        if given and key:
            save_sealed(store, request.id, "identifiers", seal(key, dumps(given), f"{request.id}/identifiers"))
    run.out.print(request.id)
    for line in headline(deadline):
        run.say(line)
    if not given:
        run.say("No identifiers were given; the person cannot be looked for yet.")


def _check_label(run: Run, label: str) -> None:
    from scanners.extract.header import looks_like_person

    reason = None
    if len(label) > _LABEL_CHARS:
        reason = f"it is longer than {_LABEL_CHARS} characters"
    elif not label.strip():
        reason = "it is empty"
    elif looks_like_person(label) or _has_name(label) or not run.app.engine().is_nameable(label):
        reason = "it seems to hold a person's name or identifier, and labels are not encrypted"
    if reason:
        raise _refused(reason)


def _refused(reason: str) -> UsageError:
    return UsageError(f"The label is refused: {reason}. Take a word of your own, such as “letter of 3 March”.")


def _has_name(label: str) -> bool:
    """Whether one of its capitalised words is a given name or a surname, and no common word as well."""
    from scanners.detect.people import is_given_name, is_surname

    words = [word for word in _WORD.findall(label) if word[0].isupper()]
    return any(is_given_name(word) or is_surname(word) for word in words)


def _check_apart(label: str, given: Identifiers) -> None:
    """Refuse a label with a word of what the person gave."""
    from scanners.detect.names import fold

    words = {fold(word) for values in given.values() for value in values for word in _WORD.findall(value)}
    if any(fold(word) in words for word in _WORD.findall(label) if len(word) >= _TELLING_CHARS):
        raise _refused("it holds a word of the identifiers, and labels are not encrypted")


def _identifiers(run: Run, given: str | None) -> Identifiers | None:
    from privacy.dsar.identifiers import parse

    if given == "-":
        return parse(sys.stdin.read())
    if given is not None:
        try:
            return parse(Path(given).read_text(encoding="utf-8"))
        except (OSError, UnicodeDecodeError):
            msg = f"The identifiers file {given} cannot be read."
            raise UsageError(msg) from None
    return _asked() if sys.stdin.isatty() and sys.stderr.isatty() else None


def _asked() -> Identifiers | None:
    """Asked for at the terminal; several of one kind are parted by semicolons."""
    from privacy.dsar.identifiers import KEYS

    typer.echo("What did the person give to be found by? Empty to skip; several parted by “;”.", err=True)
    found: Identifiers = {}
    for key, words in KEYS.items():
        answer = typer.prompt(f"  {words}", default="", show_default=False, err=True)
        values = [part.strip() for part in answer.split(";") if part.strip()]
        if values:
            found[key] = values
    return found or None


@command(app, "list")
def list_(
    run: Run,
    everything: Annotated[bool, typer.Option("--all", help="Closed ones too.")] = False,
    form: FormatOption = Format.TABLE,
    output: OutputOption = None,
) -> None:
    """The requests with their dates, the most pressing first. JSON and CSV list the closed ones too."""
    found = _standings(run)
    shown = found if everything or form is not Format.TABLE else [one for one in found if one.request.closed_on is None]
    _emit(run, shown, "There is no open request.", form, output)


@command(app, "overdue")
def overdue(
    run: Run,
    within: Annotated[
        str | None, typer.Option("--within", metavar="DAYS", help="Also what is due within so many days, such as 7d.")
    ] = None,
    form: FormatOption = Format.TABLE,
    output: OutputOption = None,
) -> None:
    """What is past its date, unverified and waiting requests included. Exits 6 when it lists anything."""
    days = _days(within)
    found = [one for one in _standings(run) if one.days_left is not None and (one.is_overdue or one.days_left <= days)]
    _emit(run, found, "Nothing is overdue.", form, output)
    if found:
        run.exit = Exit.CHECK_FAILED


def _days(within: str | None) -> int:
    if within is None:
        return -1
    found = re.fullmatch(r"(\d{1,4})d?", within.strip())
    if found is None:
        msg = "--within takes a number of days, such as 7d."
        raise UsageError(msg)
    return int(found.group(1))


def _standings(run: Run) -> list[Standing]:
    from privacy.dsar.clock import standing
    from privacy.dsar.store import requests

    with run.app.reading_store() as store:
        found = requests(store) if store else []
    standings = [standing(one, run.app.today, run.app.config.controller_zone) for one in found]
    last = date.max
    return sorted(
        standings, key=lambda one: (one.request.closed_on is not None, one.deadline.due_on or last, one.request.id)
    )


_CSV_KEYS = (
    *("id", "right", "label", "received_on", "state", "due_on", "safe_due_on", "provisional", "days_left", "next_step"),
)


def _emit(run: Run, found: list[Standing], empty: str, form: Format, output: Path | None) -> None:
    records = [record(one) for one in found]
    if form is Format.TABLE:
        records = [one | {"due_on": f"{one['due_on']}?"} if one["provisional"] else one for one in records]
    # A label takes the place of the day of receipt and of the next step, which `dsar show` tells, so that a row stays a
    # row on a terminal of 80 columns.
    has_label = any(one.request.label for one in found)
    columns = (
        Column("id", "id"),
        Column("right", "right", fold=True),
        Column("label", "label", fold=True) if has_label else Column("received_on", "received"),
        Column("state", "state"),
        Column("due_on", "due"),
        Column("days_left", "days", "right"),
        *(() if has_label else (Column("next_step", "next", fold=True),)),
    )
    run.emit(Table(columns, records, empty=empty, csv_keys=_CSV_KEYS), form, output)
    if form is Format.TABLE and any(one["provisional"] for one in records):
        run.say("?: provisional, as if the open question were answered today")


def record(one: Standing) -> dict[str, object]:
    """A request as the contract of ``dsar list --format json`` has it."""
    request = one.request
    return {
        "id": request.id,
        "right": request.right,
        "regime": request.regime,
        "label": request.label,
        "received_on": one.received_on.isoformat(),
        "state": request.state.value,
        "waiting_for": [kind.value for kind in request.open_questions],
        "due_on": one.deadline.due_on.isoformat() if one.deadline.due_on else None,
        "safe_due_on": one.deadline.safe_due_on.isoformat() if one.deadline.safe_due_on else None,
        "provisional": one.deadline.is_provisional,
        "days_left": one.days_left,
        "is_overdue": one.is_overdue,
        "verified_on": request.verified_on.isoformat() if request.verified_on else None,
        "extended_on": request.extended_on.isoformat() if request.extended_on else None,
        "closed_on": request.closed_on.isoformat() if request.closed_on else None,
        "outcome": request.outcome.value if request.outcome else None,
        "grounds": list(request.grounds),
        "was_late": one.was_late,
        "next_step": one.next_step,
    }


@command(app, "show")
def show(
    run: Run,
    request_id: IdArgument,
    identifiers: Annotated[bool, typer.Option("--identifiers", help="Open the vault; the journal tells it.")] = False,
    form: FormatOption = Format.TABLE,
    output: OutputOption = None,
) -> None:
    """One request: where it stands, its date with every step, and what happened."""
    from privacy.dsar.clock import standing

    request = _find(run, request_id)
    one = standing(request, run.app.today, run.app.config.controller_zone)
    whole = record(one) | {
        "deadline": deadline_record(one.deadline),
        "events": [_event(item) for item in request.events],
    }
    given = _opened(run, request.id) if identifiers else None
    if identifiers:
        whole["identifiers"] = given
    if form is not Format.TABLE or output is not None:
        run.emit(Table(tuple(Column(key, key) for key in whole), [whole]), form, output)
        return
    _print(run, one, given)


def _print(run: Run, one: Standing, given: Identifiers | None) -> None:
    from rich.text import Text

    request = one.request
    out = run.out
    out.print(
        Text(f"{request.id}  {request.right}  {request.regime}  {printable(request.label or '')}".rstrip(), "bold")
    )
    out.print(
        f"  received {one.received_on.isoformat()}, {request.state}"
        + (f" ({request.outcome})" if request.outcome else "")
    )
    for line in headline(one.deadline):
        out.print(f"  {line}")
    if one.days_left is not None:
        days = abs(one.days_left)
        out.print(
            Text(
                f"  overdue by {days} days" if one.is_overdue else f"  {days} days left",
                "bold red" if one.is_overdue else "",
            )
        )
    if one.was_late:
        out.print(Text("  closed after its date", "bold red"))
    if request.verified_on is None and request.closed_on is None:
        out.print("  nobody has confirmed yet who is asking")
    if one.next_step:
        out.print(f"  next: {one.next_step} ({_HINTS[request.state]})")
    columns = (Column("date", "date"), Column("note", "step", fold=True), Column("article", "by", fold=True))
    steps = [{"date": str(step.date or ""), "note": step.note, "article": step.article} for step in one.deadline.steps]
    out.print(Text("\nHow the date comes about", "bold"))
    run.emit(Table(columns, steps), Format.TABLE)
    out.print(Text("\nWhat happened", "bold"))
    columns = (Column("on", "on"), Column("what", "what", fold=True), Column("actor", "who"))
    # By the day it took effect; being opened is written down later at times, and still comes first.
    events = sorted(request.events, key=lambda item: (item.act is not Act.OPENED, item.on))
    run.emit(Table(columns, [_event(item) for item in events]), Format.TABLE)
    if given is not None:
        out.print(Text("\nWho asks (from the vault)", "bold"))
        for key, values in given.items():
            out.print(Text(f"  {key}: " + ", ".join(printable(value) for value in values)))


def _event(event: Event) -> dict[str, object]:
    parts = [event.act.value]
    if event.question is not None:
        parts.append(f"about {event.question.value}")
    if not event.is_prompt:
        parts.append("(not promptly)")
    parts.extend(f"({item.value})" for item in (event.method, event.reason, event.outcome) if item is not None)
    parts.extend(f"{ground}, {GROUNDS[ground]}" for ground in event.grounds)
    return {
        "on": event.on.isoformat(),
        "what": " ".join(parts),
        "act": event.act.value,
        "question": event.question.value if event.question else None,
        "prompt": event.is_prompt,
        "actor": event.actor,
        "recorded_at": event.recorded_at.isoformat(timespec="seconds") if event.recorded_at else None,
    }


def _opened(run: Run, request_id: str) -> Identifiers | None:
    from privacy.dsar.identifiers import loads
    from privacy.dsar.store import open_sealed
    from privacy.vault import load_key, unseal

    with run.app.writing_store() as store:
        sealed = open_sealed(store, request_id, "identifiers")
    if sealed is None:
        return None
    return loads(unseal(load_key(run.app.key_path, create=False), sealed, f"{request_id}/identifiers"))


def _find(run: Run, request_id: str) -> SubjectRequest:
    from privacy.dsar.store import find

    with run.app.reading_store() as store:
        if store is None:
            msg = f"There is no request {request_id!r}: there is no store yet."
            raise UsageError(msg)
        return find(store, request_id)


def _record(run: Run, request_id: str, event: Event) -> None:
    """Add an event, and say what follows from it."""
    from privacy.dsar.clock import standing
    from privacy.dsar.store import record as add
    from privacy.dsar.workflow import apply

    zone, today = run.app.config.controller_zone, run.app.today

    def decide(request: SubjectRequest) -> Event:
        apply(request, event, today=today, zone=zone)
        return event

    _find(run, request_id)  # so that a wrong id makes no store
    with run.app.writing_store() as store:
        request = add(store, request_id, decide)
    one = standing(request, today, zone)
    run.say(f"{request.id}: {request.state}")
    for line in headline(one.deadline):
        run.say(line)
    if one.next_step:
        run.say(f"next: {one.next_step} ({_HINTS[request.state]})")


def _on(run: Run, on: str | None) -> date:
    return parse_day(on, "--on") if on else run.app.today


@command(app, "ask")
def ask(
    run: Run,
    request_id: IdArgument,
    kind: KindOption,
    on: OnOption = None,
    prompt: Annotated[
        str, typer.Option("--prompt", metavar="yes|no", help="Your judgement: was it asked without undue delay?")
    ] = "yes",
) -> None:
    """Note that the person was asked. Whether that stops the clock depends on the law, the kind and --prompt."""
    if prompt not in ("yes", "no"):
        msg = "--prompt is yes or no."
        raise UsageError(msg)
    _record(run, request_id, Event(Act.ASKED, _on(run, on), question=kind, is_prompt=prompt == "yes"))


@command(app, "answer")
def answer(run: Run, request_id: IdArgument, kind: KindOption, on: OnOption = None) -> None:
    """Note that the person has answered, in full; of a fee, that it was paid."""
    _record(run, request_id, Event(Act.ANSWERED, _on(run, on), question=kind))


@command(app, "verify")
def verify(
    run: Run,
    request_id: IdArgument,
    method: Annotated[Method, typer.Option("--method", help="How; no more than the doubt asks for (Art. 12(6)).")],
    on: OnOption = None,
) -> None:
    """Note that the person is who they say they are."""
    _record(run, request_id, Event(Act.VERIFIED, _on(run, on), method=method))


@command(app, "extend")
def extend(
    run: Run,
    request_id: IdArgument,
    reason: Annotated[ExtensionReason, typer.Option("--reason", help="The two that GDPR Art. 12(3) knows.")],
    on: OnOption = None,
) -> None:
    """Note that the person was told of an extension, on the day they were told. Too late, it is refused."""
    _record(run, request_id, Event(Act.EXTENDED, _on(run, on), reason=reason))


@command(app, "close")
def close(
    run: Run,
    request_id: IdArgument,
    outcome: Annotated[Outcome, typer.Option("--outcome", help="How it ended.")],
    ground: Annotated[
        list[str] | None, typer.Option("--ground", metavar="GROUND", help="Why not, or not all (repeat the option).")
    ] = None,
    on: OnOption = None,
) -> None:
    """Note that the request was answered, refused or withdrawn."""
    _record(run, request_id, Event(Act.CLOSED, _on(run, on), outcome=outcome, grounds=tuple(ground or ())))
