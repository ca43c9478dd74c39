"""A request as the fold of its events. Nothing here says who the person is."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, datetime
from enum import StrEnum

from privacy.law.model import Question, QuestionKind


class Act(StrEnum):
    """What can happen to a request."""

    OPENED = "opened"
    ASKED = "asked"
    ANSWERED = "answered"
    VERIFIED = "verified"
    EXTENDED = "extended"
    CLOSED = "closed"


class State(StrEnum):
    """Where a request stands; always derived, never set."""

    #: Nobody has confirmed yet who is asking.
    RECEIVED = "received"
    #: At least one question to the person is open.
    WAITING = "waiting"
    #: The person is known, nothing is open: it is on us.
    IN_PROGRESS = "in_progress"
    CLOSED = "closed"


class Outcome(StrEnum):
    """How a request was closed."""

    FULFILLED = "fulfilled"
    PARTLY = "partly"
    REFUSED = "refused"
    NO_DATA = "no_data"
    NOT_IDENTIFIED = "not_identified"
    WITHDRAWN = "withdrawn"


class Method(StrEnum):
    """How the person was identified; proportionate to the doubt (GDPR Art. 12(6))."""

    KNOWN = "known"
    LOGIN = "login"
    CONTACT_ON_FILE = "contact_on_file"
    KNOWLEDGE = "knowledge"
    DOCUMENT = "document"
    IN_PERSON = "in_person"
    REPRESENTATIVE = "representative"


class ExtensionReason(StrEnum):
    """The two reasons of GDPR Art. 12(3)."""

    COMPLEXITY = "complexity"
    NUMBER = "number"


#: Why a request may be refused or answered in part, with the article. GDPR throughout.
GROUNDS = {
    "not_identified": "Art. 11(2), 12(6)",
    "manifestly_unfounded": "Art. 12(5)",
    "manifestly_excessive": "Art. 12(5)",
    "rights_of_others": "Art. 15(4), 20(4)",
    "no_ground_for_erasure": "Art. 17(1)",
    "freedom_of_expression": "Art. 17(3)(a)",
    "legal_obligation": "Art. 17(3)(b)",
    "public_health": "Art. 17(3)(c)",
    "archiving": "Art. 17(3)(d)",
    "legal_claims": "Art. 17(3)(e), 21(1)",
    "no_ground_for_restriction": "Art. 18(1)",
    "not_consent_or_contract": "Art. 20(1)(a)",
    "not_automated": "Art. 20(1)(b)",
    "public_task": "Art. 20(3)",
    "compelling_grounds": "Art. 21(1)",
    "decision_allowed": "Art. 22(2)",
    "data_accurate": "Art. 16",
    "national_law": "Art. 23",
    "not_controller": "Art. 4(7)",
}

#: state → what may happen in it. What is missing is not allowed.
TRANSITIONS: dict[State, frozenset[Act]] = {
    State.RECEIVED: frozenset({Act.ASKED, Act.VERIFIED, Act.EXTENDED, Act.CLOSED}),
    State.WAITING: frozenset({Act.ASKED, Act.ANSWERED, Act.VERIFIED, Act.EXTENDED, Act.CLOSED}),
    State.IN_PROGRESS: frozenset({Act.ASKED, Act.EXTENDED, Act.CLOSED}),
    State.CLOSED: frozenset(),
}


@dataclass(frozen=True, slots=True)
class Event:
    """Something that happened."""

    act: Act
    #: When it took effect; the store also knows when it was written down, and by whom.
    on: date
    #: For asked and answered.
    question: QuestionKind | None = None
    #: For asked: a person's judgement that it was put without undue delay.
    is_prompt: bool = True
    method: Method | None = None
    reason: ExtensionReason | None = None
    outcome: Outcome | None = None
    #: For refused and partly: keys of ``GROUNDS``.
    grounds: tuple[str, ...] = ()
    actor: str = ""
    recorded_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class SubjectRequest:
    """A request with all that follows from its events."""

    id: str
    #: Key of the law and place it is under: ``gdpr:DE``.
    regime: str
    right: str
    label: str | None
    received: date | datetime
    events: tuple[Event, ...] = ()
    questions: tuple[Question, ...] = ()
    verified_on: date | None = None
    method: Method | None = None
    extended_on: date | None = None
    reason: ExtensionReason | None = None
    closed_on: date | None = None
    outcome: Outcome | None = None
    grounds: tuple[str, ...] = ()

    @property
    def open_questions(self) -> tuple[QuestionKind, ...]:
        """What was asked and not answered, in the order of asking."""
        return tuple(question.kind for question in self.questions if question.answered_on is None)

    @property
    def state(self) -> State:
        """Where it stands."""
        if self.closed_on is not None:
            return State.CLOSED
        if self.open_questions:
            return State.WAITING
        return State.IN_PROGRESS if self.verified_on is not None else State.RECEIVED


def fold(request: SubjectRequest, event: Event) -> SubjectRequest:
    """The request after one more event. Whether the event is allowed is ``workflow``'s business."""
    request = replace(request, events=(*request.events, event))
    if event.act is Act.ASKED and event.question is not None:
        question = Question(event.question, event.on, None, event.is_prompt)
        return replace(request, questions=(*request.questions, question))
    if event.act is Act.ANSWERED:
        return replace(
            request,
            questions=tuple(
                replace(question, answered_on=event.on)
                if question.kind is event.question and question.answered_on is None
                else question
                for question in request.questions
            ),
        )
    if event.act is Act.VERIFIED:
        return replace(request, verified_on=event.on, method=event.method)
    if event.act is Act.EXTENDED:
        return replace(request, extended_on=event.on, reason=event.reason)
    if event.act is Act.CLOSED:
        return replace(request, closed_on=event.on, outcome=event.outcome, grounds=event.grounds)
    return request
