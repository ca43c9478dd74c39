"""When something is due: one pure function for every list, letter, report and exit code.

Periods are counted by Regulation (EEC, Euratom) No 1182/71 Art. 3: the day of the event is not counted, a period in
months ends on the day of the same number or the last of the month, and one that is not in hours and ends on a day off
ends with the next working day. Order: restart, month, clamp, suspended days, roll.
"""

from __future__ import annotations

import calendar as months
from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from data_map.errors import UsageError
from privacy.law.model import Deadline, Pause, Question, QuestionKind, Regime, Row, Step, Unit

#: What each clock measures. Others than these are not known to any regime.
CLOCKS = {
    "response": "the answer to a request",
    "extended": "the answer, after an extension",
    "extension_notice": "telling the person of an extension",
    "refusal": "telling the person of a refusal and its reasons",
    "ack": "acknowledging a request",
    "optout": "acting on an opt-out",
    "appeal": "deciding an appeal",
    "appeal_extended": "deciding an appeal, after an extension",
    "full": "the full statement",
    "simplified": "the simplified statement",
    "complaint_ack": "acknowledging a complaint",
    "art14_notice": "informing a person whose data came from elsewhere",
    "breach_authority": "notifying the authority of a breach",
    "breach_individual": "telling the people concerned of a breach",
}

_MONTHS = "Reg. 1182/71 Art. 3(2)(c)"
_ROLL = "Reg. 1182/71 Art. 3(4)"
#: Later years are mistyped, and their deadlines would soon have no date.
LAST_YEAR = 2200


def due(
    regime: Regime,
    *,
    clock: str,
    right: str,
    received: date | datetime,
    questions: Sequence[Question] = (),
    today: date,
    zone: ZoneInfo,
    is_working: Callable[[date], bool],
) -> Deadline:
    """The deadline of a clock with every step of its derivation.

    ``received``: the day, or for clocks in hours the aware instant, of receipt or awareness. ``zone``: the
    controller's, in which an instant becomes a day.

    Raises:
        UsageError: the regime has no such clock or right, a clock in hours was given a day, a question was asked
            before receipt, or a date is beyond the year 2200.
    """
    check_year(received, today, *(day for one in questions for day in (one.asked_on, one.answered_on) if day))
    received_on = received.astimezone(zone).date() if isinstance(received, datetime) else received
    row = row_for(regime, clock, right, received_on)
    for question in questions:
        if question.asked_on < received_on:
            msg = (
                f"The question of {question.kind} of {question.asked_on.isoformat()} is before receipt, "
                f"on {received_on.isoformat()}."
            )
            raise UsageError(msg)
    if row.amount is None:
        step = Step("no_period", row.article, None, row.reason or "")
        return Deadline(regime.key, clock, right, None, None, None, False, (step,))
    if row.unit is Unit.HOUR:
        return _hours(regime, row, clock, right, received, zone)
    return _days(regime, row, clock, right, received_on, questions, today, is_working)


def check_year(*days: date | datetime) -> None:
    """Refuse what is no date of our time.

    Raises:
        UsageError: one is of a year beyond 2200, or of the first of all, where other time zones have no date.
    """
    for day in days:
        if not date.min.year < day.year <= LAST_YEAR:
            msg = f"{day.isoformat()} cannot be counted from: give a date up to the year {LAST_YEAR}."
            raise UsageError(msg)


def row_for(regime: Regime, clock: str, right: str, received_on: date) -> Row:
    """The rule in force on the day of receipt; one for the very right comes before one for all.

    Raises:
        UsageError: there is none.
    """
    if clock not in CLOCKS:
        msg = f"There is no clock {clock!r}. The clocks are: {', '.join(CLOCKS)}."
        raise UsageError(msg)
    if right not in regime.rights:
        msg = f"{regime.key} knows no right {right!r}. It has: {', '.join(regime.rights)}."
        raise UsageError(msg)
    rows = [row for row in regime.rows if clock in row.clocks and (not row.rights or right in row.rights)]
    current = [
        row for row in rows if row.valid_from <= received_on and (row.valid_to is None or received_on <= row.valid_to)
    ]
    if not current:
        since = min((row.valid_from for row in rows), default=None)
        why = f": the rule is in force since {since.isoformat()}" if since else ""
        msg = f"{regime.key} has no clock {clock!r} for something received on {received_on.isoformat()}{why}."
        raise UsageError(msg)
    return min(current, key=lambda row: not row.rights)


def _hours(regime: Regime, row: Row, clock: str, right: str, received: date | datetime, zone: ZoneInfo) -> Deadline:
    if not isinstance(received, datetime):
        msg = f"The clock {clock} runs in hours: give the instant, such as 2026-05-05T15:00:00+02:00."
        raise UsageError(msg)
    assert row.amount is not None  # noqa: S101 - the caller has looked
    begins = received.astimezone(zone)
    ends = (received.astimezone(UTC) + timedelta(hours=row.amount)).astimezone(zone)
    steps = (
        Step("start", row.article, begins.date(), f"aware at {begins.isoformat()}"),
        Step(
            "hours",
            row.article,
            ends.date(),
            f"{row.amount} elapsed hours; nights, weekends and holidays count, and the end does not move",
        ),
    )
    return Deadline(regime.key, clock, right, ends.date(), ends, ends.date(), False, steps)


def _days(
    regime: Regime,
    row: Row,
    clock: str,
    right: str,
    received_on: date,
    questions: Sequence[Question],
    today: date,
    is_working: Callable[[date], bool],
) -> Deadline:
    steps = [Step("start", row.article, received_on, "day of receipt; it is not counted")]
    start, counted, is_open = _restarted(row, right, received_on, questions, today, is_working, steps)
    ends = _counted(row, start, steps)
    ends, was_open = _paused(row, right, start, ends, counted, today, is_working, steps)
    if row.roll:
        ends = _rolled(ends, is_working, steps)
    safe = _counted(row, received_on, [])
    return Deadline(regime.key, clock, right, ends, None, safe, is_open or was_open, tuple(steps))


def _restarted(
    row: Row,
    right: str,
    received_on: date,
    questions: Sequence[Question],
    today: date,
    is_working: Callable[[date], bool],
    steps: list[Step],
) -> tuple[date, list[Question], bool]:
    """The day the period runs from, the questions left to consider, and whether a restarting one is open."""
    start, is_open = received_on, False
    left = [one for one in questions if row.pause(one.kind, right) is not Pause.RESTART]
    restarting = [one for one in questions if row.pause(one.kind, right) is Pause.RESTART]
    for question in sorted(restarting, key=lambda item: (item.asked_on, item.kind)):
        article = row.pause_article(question.kind, right)
        if not question.is_prompt:
            steps.append(_late(question, start, article))
            continue
        before = [one for one in left if one.asked_on <= question.asked_on]
        ends, _ = _paused(row, right, start, _counted(row, start, []), before, today, is_working, [])
        if question.asked_on > _last_day(ends, row, is_working):
            steps.append(_too_late(question, start, article, "start anew"))
            continue
        answered = question.answered_on or max(today, question.asked_on)
        is_open = is_open or question.answered_on is None
        if answered > start:
            start = answered
            what = {QuestionKind.FEE: "the fee was paid"}.get(question.kind, "the answer came")
            steps.append(Step("restart", article, start, f"the period runs from the day {what}" + _as_if(question)))
    return start, left, is_open


def _counted(row: Row, start: date, steps: list[Step]) -> date:
    assert row.amount is not None  # noqa: S101 - the caller has looked
    if row.unit is Unit.DAY:
        ends = start + timedelta(days=row.amount)
        steps.append(Step("days", row.article, ends, f"{row.amount} days after it"))
        return ends
    ends, is_clamped = add_months(start, row.amount)
    many = "one month" if row.amount == 1 else f"{row.amount} months"
    if is_clamped:
        note = f"{many} on; there is no day {start.day} in that month, so its last day"
        steps.append(Step("month_end_clamp", _MONTHS, ends, note))
    else:
        steps.append(Step("months", _MONTHS, ends, f"{many} on, the day of the same number"))
    return ends


def add_months(start: date, count: int) -> tuple[date, bool]:
    """The day of the same number ``count`` months on, or that month's last day and True."""
    index = start.year * 12 + start.month - 1 + count
    year, month = divmod(index, 12)
    last = months.monthrange(year, month + 1)[1]
    return date(year, month + 1, min(start.day, last)), start.day > last


def _paused(
    row: Row,
    right: str,
    start: date,
    ends: date,
    questions: Iterable[Question],
    today: date,
    is_working: Callable[[date], bool],
    steps: list[Step],
) -> tuple[date, bool]:
    """Add the days on which the clock stood, each once however many questions were open on it."""
    stopped: set[date] = set()
    is_open = False
    base = ends
    for question in sorted(questions, key=lambda item: (item.asked_on, item.kind)):
        pause = row.pause(question.kind, right)
        article = row.pause_article(question.kind, right)
        if pause is Pause.NONE:
            steps.append(Step("no_pause", article, ends, f"a question of {question.kind} does not stop this clock"))
            continue
        if not question.is_prompt:
            steps.append(_late(question, ends, article))
            continue
        limit = _last_day(ends, row, is_working)
        if question.asked_on > limit:
            steps.append(_too_late(question, ends, article, "stop"))
            continue
        is_open = is_open or question.answered_on is None
        answered = question.answered_on or max(today, question.asked_on)
        days = _stopped_days(pause, question.asked_on, answered, start)
        added = days - stopped
        stopped |= days
        ends = base + timedelta(days=len(stopped))
        both = ", both days left out" if pause is Pause.EXCLUDE else ""
        note = (
            f"{question.kind}: asked {question.asked_on.isoformat()}, answered {answered.isoformat()}{both}: "
            f"{len(added)} days more" + _as_if(question)
        )
        steps.append(Step("suspension", article, ends, note))
    return ends, is_open


def _stopped_days(pause: Pause, asked: date, answered: date, start: date) -> set[date]:
    """Suspended: from asking to the day before the answer. Excluded: both ends, and only days later than the start."""
    first = max(asked, start + timedelta(days=1)) if pause is Pause.EXCLUDE else max(asked, start)
    count = (answered - first).days + (1 if pause is Pause.EXCLUDE else 0)
    return {first + timedelta(days=number) for number in range(max(0, count))}


def _last_day(ends: date, row: Row, is_working: Callable[[date], bool]) -> date:
    """The last day of a period that ends on ``ends``, moved off a day off where the rule says so."""
    return next_working_day(ends, is_working) if row.roll else ends


def next_working_day(day: date, is_working: Callable[[date], bool]) -> date:
    """The day itself, or the first working day after it."""
    while not is_working(day):
        day += timedelta(days=1)
    return day


def _rolled(ends: date, is_working: Callable[[date], bool], steps: list[Step]) -> date:
    moved = next_working_day(ends, is_working)
    if moved != ends:
        why = {5: "a Saturday", 6: "a Sunday"}.get(ends.weekday(), "a public holiday")
        steps.append(Step("roll", _ROLL, moved, f"{ends.isoformat()} is {why}: the next working day"))
    return moved


def _late(question: Question, ends: date, article: str) -> Step:
    note = f"the question of {question.kind} of {question.asked_on.isoformat()} was judged not prompt: it stops nothing"
    return Step("not_prompt", article, ends, note)


def _too_late(question: Question, ends: date, article: str, what: str) -> Step:
    asked = question.asked_on.isoformat()
    note = f"{question.kind}: asked on {asked}, after the period had ended: it does not {what}"
    return Step("asked_too_late", article, ends, note)


def _as_if(question: Question) -> str:
    return " (still open: as if it were answered today)" if question.answered_on is None else ""
