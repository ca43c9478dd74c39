"""``privacy law``: the regimes with their sources, and one date with its derivation."""

from __future__ import annotations

import json
from datetime import date, datetime
from typing import TYPE_CHECKING, Annotated
from zoneinfo import ZoneInfo, available_timezones

import typer

from data_map.errors import UsageError
from privacy.cli.run import FormatOption, OutputOption, Run, command, parse_day
from privacy.reports.table import Column, Format, Table

if TYPE_CHECKING:
    from collections.abc import Callable

    from privacy.law.model import Deadline, Question, QuestionKind

app = typer.Typer(
    help="The law as data: regimes with sources, and deadlines with their derivation.", no_args_is_help=True
)


@command(app, "list")
def list_(run: Run, form: FormatOption = Format.TABLE, output: OutputOption = None) -> None:
    """Every rule: its clock, period, pauses, article, source, and how surely it was read."""
    from privacy.law.regimes import FILES, load

    records = [_row(law, load(law), row) for law in FILES for row in load(law)["rows"]]
    columns = (
        Column("regime", "regime"),
        Column("clock", "clock", fold=True),
        Column("period", "period"),
        Column("article", "article", fold=True),
        Column("valid_from", "from"),
        Column("checked", "read in"),
    )
    run.emit(Table(columns, records), form, output)


def _row(law: str, raw: dict[str, object], row: dict[str, object]) -> dict[str, object]:
    amount = row.get("amount")
    unit = row.get("unit", "month")
    return {
        "regime": f"{law}:…",
        "title": raw["title"],
        "countries": raw["countries"],
        "clock": ", ".join(row["clocks"]),  # type: ignore[arg-type]
        "rights": row.get("rights") or raw["rights"],
        "period": f"{amount} {unit}{'' if amount == 1 else 's'}" if amount else "none named",
        "rolls": row.get("roll", False),
        "identity": row.get("identity", "none"),
        "clarification": row.get("clarification", "none"),
        "fee": row.get("fee", "none"),
        "reason": row.get("reason"),
        "article": row["article"],
        "source": row["source"],
        "checked": row["checked"],
        "valid_from": str(row["valid_from"]),
        "valid_to": str(row["valid_to"]) if "valid_to" in row else None,
    }


@command(app, "due")
def due_(
    run: Run,
    regime: Annotated[str, typer.Option("--regime", metavar="KEY", help="gdpr:DE, gdpr:DE-BY, ukgdpr:SCT …")],
    received: Annotated[
        str,
        typer.Option("--received", metavar="DATE", help="Day of receipt, or an instant with offset"),
    ],
    right: Annotated[str, typer.Option("--right", metavar="RIGHT", help="access, erasure, rectification …")] = "access",
    clock: Annotated[str, typer.Option("--clock", metavar="CLOCK", help="response, extended, refusal …")] = "response",
    event: Annotated[
        list[str] | None,
        typer.Option(
            "--event",
            metavar="KIND=DATE",
            help="id_asked, id_received, clar_asked, clar_received, fee_paid, tz …",
        ),
    ] = None,
    form: FormatOption = Format.TABLE,
    output: OutputOption = None,
) -> None:
    """When something is due, step by step with the articles. Needs no store."""
    from privacy.law.calendar import working_days
    from privacy.law.clocks import due, row_for
    from privacy.law.model import Pause
    from privacy.law.regimes import regime as found

    law = found(regime)
    events = parse_events(event or ())
    zone = events.zone or run.app.config.controller_zone or ZoneInfo(law.timezone)
    clock, right = events.clock or clock, events.right or right
    when = parse_received(received)
    row = row_for(law, clock, right, when.astimezone(zone).date() if isinstance(when, datetime) else when)
    deadline = due(
        law,
        clock=clock,
        right=right,
        received=when,
        questions=events.questions(zone, lambda kind: row.pause(kind, right) is Pause.RESTART),
        today=run.app.today,
        zone=zone,
        is_working=working_days(law.country, law.subdivision),
    )
    if form is Format.JSON:
        run.write(json.dumps(deadline_record(deadline), ensure_ascii=False, indent=2) + "\n", output)
        return
    columns = (Column("date", "date"), Column("note", "step", fold=True), Column("article", "by", fold=True))
    steps = [{"date": str(step.date or ""), "note": step.note, "article": step.article} for step in deadline.steps]
    if form is Format.TABLE and output is None:
        for line in headline(deadline):
            run.out.print(line)
    run.emit(Table(columns, steps), form, output)


def headline(deadline: Deadline) -> list[str]:
    """The date itself, in a line or two."""
    if deadline.due_on is None:
        return [f"{deadline.clock}: no date; the law names no number"]
    when = deadline.due_at.isoformat() if deadline.due_at else f"{deadline.due_on.isoformat()} ({deadline.due_on:%A})"
    lines = [f"{deadline.clock}: due {when}" + (", provisional: a question is open" if deadline.is_provisional else "")]
    if deadline.safe_due_on is not None and deadline.safe_due_on != deadline.due_on:
        lines.append(f"safe: {deadline.safe_due_on.isoformat()}, with no pause and no moved weekend")
    return lines


def deadline_record(deadline: Deadline) -> dict[str, object]:
    """A deadline as the contract of ``law due --format json`` has it."""
    return {
        "due_on": str(deadline.due_on) if deadline.due_on else None,
        "due_at": deadline.due_at.isoformat() if deadline.due_at else None,
        "safe_due_on": str(deadline.safe_due_on) if deadline.safe_due_on else None,
        "provisional": deadline.is_provisional,
        "regime": deadline.regime,
        "clock": deadline.clock,
        "right": deadline.right,
        "steps": [
            {
                "rule": step.rule,
                "article": step.article,
                "date": str(step.date) if step.date else None,
                "note": step.note,
            }
            for step in deadline.steps
        ],
    }


def parse_received(text: str) -> date | datetime:
    """A day, or an aware instant.

    Raises:
        UsageError: it is neither, or not of our time.
    """
    from privacy.law.clocks import check_year

    if "T" not in text and " " not in text.strip():
        day = parse_day(text, "--received")
        check_year(day)
        return day
    try:
        instant = datetime.fromisoformat(text.strip())
    except ValueError:
        instant = datetime.min  # noqa: DTZ901 - stands for what cannot be read
    if instant.tzinfo is None:
        msg = "--received takes a day, or an instant with its offset such as 2026-05-05T15:00:00+02:00."
        raise UsageError(msg)
    check_year(instant)
    return instant


class Events:
    """What ``--event`` gave, by kind."""

    #: kind of the question → the event that asks it and the one that answers it.
    QUESTIONS = (
        ("identity", "id_asked", "id_received"),
        ("clarification", "clar_asked", "clar_received"),
        ("fee", "fee_asked", "fee_paid"),
    )
    #: Known, and without effect on a date: the controller's clock starts when the controller knows.
    IDLE = ("fee_told", "processor_aware")

    def __init__(self) -> None:
        """Nothing yet; ``parse_events`` fills it."""
        self.days: dict[str, list[str]] = {}
        self.zone: ZoneInfo | None = None
        self.is_prompt = True
        self.clock: str | None = None
        self.right: str | None = None

    def questions(self, zone: ZoneInfo, restarts: Callable[[QuestionKind], bool]) -> list[Question]:
        """Asked and answered, paired in the order given.

        An answer alone says enough only where the period begins anew with it (``restarts``): it then stands for a
        question of the same day.

        Raises:
            UsageError: an answer is before its question, or needs one.
        """
        from privacy.law.model import Question, QuestionKind

        found = []
        for kind, before, after in self.QUESTIONS:
            asked = [_local(text, before, zone) for text in self.days.get(before, ())]
            answered = [_local(text, after, zone) for text in self.days.get(after, ())]
            for number in range(max(len(asked), len(answered))):
                answer = answered[number] if number < len(answered) else None
                question = asked[number] if number < len(asked) else answer
                if question is None or (answer is not None and answer < question):
                    msg = f"--event {after}={answer}: the answer is before its question, {before}={question}."
                    raise UsageError(msg)
                if number >= len(asked) and not restarts(QuestionKind(kind)):
                    msg = f"--event {after}={answer}: give {before} too; the clock stands from the question on."
                    raise UsageError(msg)
                found.append(Question(QuestionKind(kind), question, answer, self.is_prompt))
        return found


def parse_events(given: list[str] | tuple[str, ...]) -> Events:
    """``--event`` options.

    Raises:
        UsageError: one is not of the form KIND=VALUE, or of no known kind.
    """
    events = Events()
    kinds = [kind for _, *pair in Events.QUESTIONS for kind in pair]
    for item in given:
        kind, equals, value = item.partition("=")
        if not equals:
            msg = f"--event {item}: it is written KIND=DATE, such as id_asked=2026-03-04."
            raise UsageError(msg)
        if kind in kinds:
            events.days.setdefault(kind, []).append(value)
        elif kind == "tz":
            if value not in available_timezones():
                msg = f"--event tz={value}: there is no such time zone."
                raise UsageError(msg)
            events.zone = ZoneInfo(value)
        elif kind == "prompt":
            events.is_prompt = _yes(value)
        elif kind == "clock":
            events.clock = value
        elif kind == "right":
            events.right = value
        elif kind not in Events.IDLE:
            msg = f"--event {kind}: the kinds are {', '.join([*kinds, *Events.IDLE, 'tz', 'prompt'])}."
            raise UsageError(msg)
    return events


def _yes(value: str) -> bool:
    if value not in ("yes", "no"):
        msg = "prompt is yes or no: a person's judgement whether the question was put without undue delay."
        raise UsageError(msg)
    return value == "yes"


def _local(text: str, kind: str, zone: ZoneInfo) -> date:
    if "T" not in text:
        return parse_day(text, f"--event {kind}")
    instant = parse_received(text)
    return instant.astimezone(zone).date() if isinstance(instant, datetime) else instant
