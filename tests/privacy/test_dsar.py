"""Requests: every state with every act, dates that agree everywhere, and a vault that keeps its mouth shut."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from itertools import product
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from data_map.errors import ConfigurationError, NotAllowedError, UsageError
from privacy.dsar import identifiers
from privacy.dsar.clock import standing
from privacy.dsar.model import (
    TRANSITIONS,
    Act,
    Event,
    ExtensionReason,
    Method,
    Outcome,
    State,
    SubjectRequest,
    fold,
)
from privacy.dsar.workflow import apply
from privacy.law.model import QuestionKind
from privacy.vault import seal, unseal

RECEIVED, TODAY = date(2026, 6, 10), date(2026, 6, 20)
IDENTITY, CLARIFICATION, FEE = QuestionKind


def event(act: Act, on: date = TODAY, question: QuestionKind = IDENTITY, **details: object) -> Event:
    settings: dict[str, object] = {
        Act.ASKED: {"question": question},
        Act.ANSWERED: {"question": question},
        Act.VERIFIED: {"method": Method.LOGIN},
        Act.EXTENDED: {"reason": ExtensionReason.COMPLEXITY},
        Act.CLOSED: {"outcome": Outcome.FULFILLED},
        Act.OPENED: {},
    }[act]
    return Event(act, on, **(settings | details))  # type: ignore[arg-type]


def request(*events: Event, regime: str = "gdpr:DE", right: str = "access") -> SubjectRequest:
    found = SubjectRequest("R-2026-0001", regime, right, None, RECEIVED)
    for one in (Event(Act.OPENED, RECEIVED), *events):
        found = fold(found, one)
    return found


def after(found: SubjectRequest, one: Event, today: date = TODAY) -> SubjectRequest:
    return apply(found, one, today=today, zone=None)


#: A request in each state.
IN_STATE = {
    State.RECEIVED: request(),
    State.WAITING: request(event(Act.ASKED, RECEIVED)),
    State.IN_PROGRESS: request(event(Act.VERIFIED, RECEIVED)),
    State.CLOSED: request(event(Act.CLOSED, RECEIVED)),
}

#: What every act that is allowed leads to; what is not here is refused.
LEADS_TO = {
    (State.RECEIVED, Act.ASKED): State.WAITING,
    (State.RECEIVED, Act.VERIFIED): State.IN_PROGRESS,
    (State.RECEIVED, Act.EXTENDED): State.RECEIVED,
    (State.RECEIVED, Act.CLOSED): State.CLOSED,
    (State.WAITING, Act.ANSWERED): State.RECEIVED,
    (State.WAITING, Act.EXTENDED): State.WAITING,
    (State.WAITING, Act.CLOSED): State.CLOSED,
    (State.IN_PROGRESS, Act.EXTENDED): State.IN_PROGRESS,
    (State.IN_PROGRESS, Act.CLOSED): State.CLOSED,
}


def test_there_is_a_request_in_every_state() -> None:
    assert {state: one.state for state, one in IN_STATE.items()} == {state: state for state in State}
    assert set(TRANSITIONS) == set(State)


@pytest.mark.parametrize(("state", "act"), list(product(State, Act)), ids=lambda item: item.value)
def test_every_act_in_every_state(state: State, act: Act) -> None:
    before = IN_STATE[state]
    if (state, act) in LEADS_TO:
        found = after(before, event(act))
        assert found.state is LEADS_TO[state, act]
        assert found.events == (*before.events, event(act))
        assert act in TRANSITIONS[state]
    else:
        with pytest.raises(NotAllowedError):
            after(before, event(act))


def test_questions_of_different_kinds_may_be_open_at_once() -> None:
    found = after(IN_STATE[State.WAITING], event(Act.ASKED, question=CLARIFICATION))
    assert found.open_questions == (IDENTITY, CLARIFICATION)
    found = after(found, event(Act.ANSWERED))
    assert (found.state, found.open_questions) == (State.WAITING, (CLARIFICATION,))
    found = after(after(found, event(Act.VERIFIED)), event(Act.ANSWERED, question=CLARIFICATION))
    assert found.state is State.IN_PROGRESS
    asked_again = after(found, event(Act.ASKED, question=CLARIFICATION))
    assert asked_again.state is State.WAITING


def test_identity_is_not_asked_of_somebody_known() -> None:
    with pytest.raises(NotAllowedError, match="verified already"):
        after(IN_STATE[State.IN_PROGRESS], event(Act.ASKED))


@pytest.mark.parametrize(
    ("one", "found"),
    [
        (event(Act.ASKED, TODAY + timedelta(days=1)), IN_STATE[State.RECEIVED]),
        (event(Act.ASKED, RECEIVED - timedelta(days=1)), IN_STATE[State.RECEIVED]),
        (event(Act.ANSWERED, date(2026, 6, 11)), request(event(Act.ASKED, date(2026, 6, 12)))),
        (event(Act.CLOSED, outcome=Outcome.REFUSED, grounds=("mood",)), IN_STATE[State.RECEIVED]),
    ],
    ids=["in the future", "before receipt", "before the question", "no such ground"],
)
def test_dates_and_grounds_that_cannot_be(one: Event, found: SubjectRequest) -> None:
    with pytest.raises(UsageError):
        after(found, one)


def test_nothing_ends_before_what_happened_already() -> None:
    asked = after(IN_STATE[State.RECEIVED], event(Act.ASKED, date(2026, 6, 12)))
    answered = after(asked, event(Act.ANSWERED, date(2026, 6, 15)))
    for found, one in (
        (asked, event(Act.CLOSED, date(2026, 6, 11))),
        (answered, event(Act.CLOSED, date(2026, 6, 14))),
        (answered, event(Act.VERIFIED, date(2026, 6, 14))),
    ):
        with pytest.raises(UsageError, match="before what happened"):
            after(found, one)
    verified = after(answered, event(Act.VERIFIED, date(2026, 6, 15)))
    assert after(verified, event(Act.CLOSED, date(2026, 6, 15))).state is State.CLOSED
    written_down_later = fold(
        SubjectRequest("R-2026-0001", "gdpr:DE", "access", None, RECEIVED), event(Act.OPENED, TODAY)
    )
    assert after(written_down_later, event(Act.CLOSED, date(2026, 6, 12))).state is State.CLOSED


def test_a_question_of_the_day_of_receipt_outlives_another_time_zone() -> None:
    night = SubjectRequest("R-2026-0001", "gdpr:DE", "access", None, datetime(2026, 3, 31, 22, 30, tzinfo=UTC))
    found = apply(night, event(Act.ASKED, date(2026, 3, 31)), today=TODAY, zone=ZoneInfo("Europe/Dublin"))
    assert standing(found, TODAY, None).deadline.is_provisional


def test_a_refusal_needs_its_ground() -> None:
    with pytest.raises(NotAllowedError, match="ground"):
        after(IN_STATE[State.RECEIVED], event(Act.CLOSED, outcome=Outcome.REFUSED))
    refused = event(Act.CLOSED, outcome=Outcome.REFUSED, grounds=("manifestly_unfounded",))
    assert after(IN_STATE[State.RECEIVED], refused).grounds == ("manifestly_unfounded",)


def test_an_extension_is_in_time_on_the_day_the_person_was_told() -> None:
    late = date(2026, 7, 20)
    told = event(Act.EXTENDED, date(2026, 7, 10))
    assert standing(after(request(), told, late), late, None).deadline.due_on == date(2026, 9, 10)
    with pytest.raises(NotAllowedError, match="2026-07-10"):
        after(request(), event(Act.EXTENDED, date(2026, 7, 11)), late)
    with pytest.raises(NotAllowedError, match="once"):
        after(after(request(), told, late), told, late)
    with pytest.raises(NotAllowedError, match="nothing to extend"):
        after(request(right="withdraw_consent"), told, late)


def test_overdue_includes_the_unverified_and_the_waiting_that_were_late_before() -> None:
    day = date(2026, 7, 13)
    assert standing(request(), day, None).is_overdue
    assert standing(request(event(Act.VERIFIED, RECEIVED)), day, None).is_overdue
    asked_late = request(event(Act.ASKED, date(2026, 7, 12)))
    assert standing(asked_late, day, None).is_overdue
    assert not standing(request(event(Act.ASKED, date(2026, 6, 11))), day, None).is_overdue
    assert not standing(request(), date(2026, 7, 10), None).is_overdue


def test_what_was_closed_is_seen_as_of_the_day_it_was_closed() -> None:
    for closed, was_late in ((date(2026, 7, 10), False), (date(2026, 7, 11), True)):
        seen = [standing(request(event(Act.CLOSED, closed)), day, None) for day in (closed, date(2027, 1, 1))]
        assert {one.was_late for one in seen} == {was_late}
        assert {one.deadline for one in seen} == {seen[0].deadline}
        assert not any(one.is_overdue for one in seen)
        assert all(one.days_left is None for one in seen)


def test_an_instant_of_receipt_is_a_day_where_the_controller_is() -> None:
    night = SubjectRequest("R-2026-0001", "gdpr:DE", "access", None, datetime(2026, 3, 31, 22, 30, tzinfo=UTC))
    assert standing(night, TODAY, None).received_on == date(2026, 4, 1)
    assert standing(night, TODAY, ZoneInfo("Europe/Dublin")).received_on == date(2026, 3, 31)


@given(st.lists(st.tuples(st.sampled_from(Act), st.sampled_from(QuestionKind), st.integers(0, 60)), max_size=12))
def test_whatever_is_tried_the_state_follows_from_the_events(tries: list[tuple[Act, QuestionKind, int]]) -> None:
    today = RECEIVED + timedelta(days=60)
    found = request()
    for act, question, later in tries:
        try:
            found = after(found, event(act, RECEIVED + timedelta(days=later), question), today)
        except (NotAllowedError, UsageError):
            continue
    again = request(*found.events[1:])
    assert again == found
    one = standing(found, today, None)
    assert (one.days_left is None) == (found.state is State.CLOSED)
    assert (found.state is State.WAITING) == (bool(found.open_questions) and found.closed_on is None)


KEY = bytes(range(32))


@given(st.binary(max_size=200), st.text(max_size=20))
def test_the_vault_opens_what_it_sealed_and_for_its_place_only(plain: bytes, context: str) -> None:
    sealed = seal(KEY, plain, context)
    assert unseal(KEY, sealed, context) == plain
    assert seal(KEY, plain, context) != sealed
    for key, text, place in ((bytes(32), sealed, context), (KEY, sealed, context + "x"), (KEY, sealed[:-8], context)):
        with pytest.raises(ConfigurationError):
            unseal(key, text, place)


def test_identifiers_are_read_and_never_repeated_in_an_error() -> None:
    found = identifiers.parse('name = "Zqcanaria Xylvester"\nemail = ["a@kestrel-mail.org", "b@kestrel-mail.org"]')
    assert identifiers.loads(identifiers.dumps(found)) == found
    for wrong in ('nmae = "Zqcanaria"', "Zqcanaria", 'email = [""]', "email = 7", ""):
        with pytest.raises(UsageError) as error:
            identifiers.parse(wrong)
        assert "Zqcanaria" not in str(error.value)


def pairs() -> Iterator[tuple[Outcome, bool]]:
    yield from ((outcome, outcome in (Outcome.REFUSED, Outcome.PARTLY)) for outcome in Outcome)


@pytest.mark.parametrize(("outcome", "needs_ground"), list(pairs()), ids=lambda item: str(item))
def test_every_outcome(outcome: Outcome, needs_ground: bool) -> None:
    grounds = ("legal_obligation",) if needs_ground else ()
    found = after(IN_STATE[State.IN_PROGRESS], event(Act.CLOSED, outcome=outcome, grounds=grounds))
    assert (found.state, found.outcome) == (State.CLOSED, outcome)
