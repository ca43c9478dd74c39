"""Which event may follow on a request, and why another may not. Pure."""

from __future__ import annotations

from datetime import date
from zoneinfo import ZoneInfo

from data_map.errors import NotAllowedError, UsageError
from privacy.dsar.clock import deadline_of, received_on
from privacy.dsar.model import GROUNDS, TRANSITIONS, Act, Event, Outcome, SubjectRequest, fold
from privacy.law.model import QuestionKind


def apply(request: SubjectRequest, event: Event, *, today: date, zone: ZoneInfo | None) -> SubjectRequest:
    """The request after an event.

    Raises:
        NotAllowedError: its state, or the law, does not allow it.
        UsageError: the event's date or grounds cannot be.
    """
    if event.act not in TRANSITIONS[request.state]:
        msg = f"{request.id} is {request.state}: it cannot be {event.act} now."
        raise NotAllowedError(msg)
    _check_day(request, event, today, zone)
    problem = _problem(request, event, today, zone)
    if problem is not None:
        msg = f"{request.id}: {problem}"
        raise NotAllowedError(msg)
    for ground in event.grounds:
        if ground not in GROUNDS:
            msg = f"There is no ground {ground!r}. The grounds are: {', '.join(GROUNDS)}."
            raise UsageError(msg)
    return fold(request, event)


def _check_day(request: SubjectRequest, event: Event, today: date, zone: ZoneInfo | None) -> None:
    if event.on > today:
        msg = f"{event.on.isoformat()} is in the future; today is {today.isoformat()}."
        raise UsageError(msg)
    received = received_on(request, zone)
    if event.on < received:
        msg = f"{event.on.isoformat()} is before the request was received, on {received.isoformat()}."
        raise UsageError(msg)
    if event.act is Act.ANSWERED:
        asked = [q.asked_on for q in request.questions if q.kind is event.question and q.answered_on is None]
        if asked and event.on < asked[0]:
            msg = f"{event.on.isoformat()} is before the question, of {asked[0].isoformat()}."
            raise UsageError(msg)
    # Being opened is the day it was written down, which may be long after what happened.
    before = [one for one in request.events if one.act is not Act.OPENED and _precedes(one, event)]
    last = max(before, key=lambda one: one.on, default=None)
    if last is not None and event.on < last.on:
        msg = f"{event.on.isoformat()} is before what happened already: {last.act} on {last.on.isoformat()}."
        raise UsageError(msg)


def _precedes(earlier: Event, event: Event) -> bool:
    """Whether an event cannot have taken effect before another that is recorded."""
    if event.act is Act.CLOSED:
        return True
    return event.act is Act.VERIFIED and earlier.act is Act.ANSWERED and earlier.question is QuestionKind.IDENTITY


def _problem(request: SubjectRequest, event: Event, today: date, zone: ZoneInfo | None) -> str | None:
    """What keeps an act from happening that the state as such allows."""
    if event.act is Act.ASKED:
        if event.question in request.open_questions:
            return f"a question of {event.question} is open already; record its answer first."
        if event.question is QuestionKind.IDENTITY and request.verified_on is not None:
            return "the person's identity is verified already."
    if event.act is Act.ANSWERED and event.question not in request.open_questions:
        return f"no question of {event.question} is open."
    if event.act is Act.VERIFIED and request.verified_on is not None:
        return "the person's identity is verified already."
    if event.act is Act.VERIFIED and QuestionKind.IDENTITY in request.open_questions:
        return "a question of identity is open; record its answer first (dsar answer --kind identity)."
    if event.act is Act.EXTENDED:
        return _extension_problem(request, event, today, zone)
    if event.act is Act.CLOSED and event.outcome in (Outcome.REFUSED, Outcome.PARTLY) and not event.grounds:
        return "a refusal, whole or in part, needs its ground (--ground, GDPR Art. 12(4))."
    return None


def _extension_problem(request: SubjectRequest, event: Event, today: date, zone: ZoneInfo | None) -> str | None:
    if request.extended_on is not None:
        return f"it was extended already, on {request.extended_on.isoformat()}; once is all."
    notice = deadline_of(request, today, zone, "extension_notice")
    if notice.due_on is None:
        return f"there is nothing to extend: {notice.steps[0].note}"
    if event.on > notice.due_on:
        return (
            f"the person had to be told of an extension by {notice.due_on.isoformat()} ({notice.steps[0].article}); "
            f"on {event.on.isoformat()} it moves nothing."
        )
    return None
