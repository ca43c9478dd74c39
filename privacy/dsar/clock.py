"""The deadline of a request: the one function behind list, show, overdue, reports and exit codes."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, datetime
from zoneinfo import ZoneInfo

from privacy.dsar.model import State, SubjectRequest
from privacy.law.calendar import working_days
from privacy.law.clocks import check_year, due
from privacy.law.model import Deadline, Question
from privacy.law.regimes import regime


@dataclass(frozen=True, slots=True)
class Standing:
    """A request seen on one day."""

    request: SubjectRequest
    received_on: date
    deadline: Deadline
    #: Days from the day of looking to the due date, negative when it has passed; None when closed or without a date.
    days_left: int | None
    is_overdue: bool
    #: For a closed one: whether it was closed after its due date.
    was_late: bool
    next_step: str


def deadline_of(request: SubjectRequest, today: date, zone: ZoneInfo | None, clock: str | None = None) -> Deadline:
    """The deadline of a request as of a day; of a closed one as of the day it was closed.

    ``zone``: the controller's; the one of the regime's country when None. ``clock``: the answer's, extended when the
    request was, unless another is named.
    """
    law = regime(request.regime)
    check_year(request.received)
    first = received_on(request, zone)
    return due(
        law,
        clock=clock or ("extended" if request.extended_on else "response"),
        right=request.right,
        received=request.received,
        questions=[_not_before(question, first) for question in request.questions],
        today=request.closed_on or today,
        zone=zone or ZoneInfo(law.timezone),
        is_working=working_days(law.country, law.subdivision),
    )


def _not_before(question: Question, first: date) -> Question:
    """A question of the day of receipt may come to stand before it when the controller's time zone is changed."""
    answered = question.answered_on
    return replace(
        question, asked_on=max(question.asked_on, first), answered_on=None if answered is None else max(answered, first)
    )


def received_on(request: SubjectRequest, zone: ZoneInfo | None) -> date:
    """The day of receipt where the controller is."""
    if isinstance(request.received, datetime):
        return request.received.astimezone(zone or ZoneInfo(regime(request.regime).timezone)).date()
    return request.received


def standing(request: SubjectRequest, today: date, zone: ZoneInfo | None) -> Standing:
    """Where a request stands on a day."""
    deadline = deadline_of(request, today, zone)
    is_open = request.state is not State.CLOSED
    due_on = deadline.due_on
    days_left = (due_on - today).days if is_open and due_on is not None else None
    closed = request.closed_on
    return Standing(
        request=request,
        received_on=received_on(request, zone),
        deadline=deadline,
        days_left=days_left,
        is_overdue=days_left is not None and days_left < 0,
        was_late=closed is not None and due_on is not None and closed > due_on,
        next_step=_next_step(request, deadline),
    )


def _next_step(request: SubjectRequest, deadline: Deadline) -> str:
    state = request.state
    if state is State.CLOSED:
        return ""
    if state is State.WAITING:
        return "record the answer: " + ", ".join(request.open_questions)
    if state is State.RECEIVED:
        return "verify who asks"
    return "act at once" if deadline.due_on is None else "find the data, answer"
