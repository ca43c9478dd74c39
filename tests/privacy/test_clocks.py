"""The clock: worked examples, its traps, and what must hold for any dates."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from data_map.errors import UsageError
from privacy.law.calendar import working_days
from privacy.law.clocks import CLOCKS, add_months, due
from privacy.law.model import Deadline, Question, QuestionKind
from privacy.law.regimes import FILES, ZONES, load, regime

VECTORS = Path(__file__).resolve().parents[3] / "shared" / "law" / "deadline_vectors.csv"
IDENTITY, CLARIFICATION, FEE = QuestionKind.IDENTITY, QuestionKind.CLARIFICATION, QuestionKind.FEE
TODAY = date(2026, 11, 24)
DAYS = st.dates(date(2018, 6, 1), date(2032, 12, 31))


def deadline(key: str, received: str | date, *questions: Question, **options: Any) -> Deadline:
    law = regime(key)
    when = received
    if isinstance(when, str):
        when = datetime.fromisoformat(when) if "T" in when else date.fromisoformat(when)
    settings: dict[str, Any] = {"clock": "response", "right": "access", "today": TODAY, "zone": ZoneInfo(law.timezone)}
    return due(
        law,
        received=when,
        questions=questions,
        is_working=working_days(law.country, law.subdivision),
        **(settings | options),
    )


def asked(kind: QuestionKind, on: str, answered: str | None = None, *, prompt: bool = True) -> Question:
    return Question(kind, date.fromisoformat(on), date.fromisoformat(answered) if answered else None, prompt)


def rows() -> Iterator[dict[str, str]]:
    if VECTORS.exists():
        with VECTORS.open(encoding="utf-8") as stream:
            yield from (row for row in csv.DictReader(stream) if row["regime"].split(":")[0] in FILES)


@pytest.mark.skipif(not VECTORS.exists(), reason="the worked deadlines are not beside the project")
@pytest.mark.parametrize("row", list(rows()), ids=lambda row: row["id"])
def test_the_worked_deadlines(row: dict[str, str]) -> None:
    events = dict(part.split("=", 1) for part in row["events"].split(";") if part)
    options: dict[str, Any] = {key: events[key] for key in ("clock", "right") if key in events}
    questions = [
        asked(kind, events.get(before) or events[after], events.get(after), prompt=events.get("prompt") != "no")
        for kind, before, after in (
            (IDENTITY, "id_asked", "id_received"),
            (CLARIFICATION, "clar_asked", "clar_received"),
            (FEE, "fee_asked", "fee_paid"),
        )
        if before in events or after in events
    ]
    found = deadline(row["regime"], row["received"], *questions, **options)
    expected = found.due_at.isoformat() if found.due_at else found.due_on.isoformat() if found.due_on else ""
    assert expected == row["due"], row["why"]


# Worked out by hand with a calendar; the reason stands beside each.
@pytest.mark.parametrize(
    ("key", "received", "due_on"),
    [
        pytest.param("gdpr:DE", "2026-01-31", "2026-03-02", id="clamped to Saturday 28 February, then Monday"),
        pytest.param("gdpr:DE-BY", "2025-12-06", "2026-01-07", id="6 January is a holiday in Bavaria"),
        pytest.param("gdpr:DE-BE", "2025-12-06", "2026-01-06", id="and none in Berlin"),
        pytest.param("gdpr:AT", "2026-05-14", "2026-06-15", id="14 June 2026 is a Sunday"),
        pytest.param("gdpr:ES", "2026-09-12", "2026-10-13", id="12 October is the Fiesta Nacional"),
        pytest.param("gdpr:PL", "2026-10-11", "2026-11-12", id="11 November is Independence Day"),
        pytest.param("ukgdpr:SCT", "2026-10-30", "2026-12-01", id="30 November, St Andrew's Day, is a bank holiday"),
        pytest.param("ukgdpr:ENG", "2026-10-30", "2026-11-30", id="and none in England"),
        pytest.param("ukgdpr:SCT", "2025-12-02", "2026-01-05", id="2 January in Scotland, then a weekend"),
        pytest.param("ukgdpr:ENG", "2025-12-02", "2026-01-02", id="an ordinary Friday in England"),
    ],
)
def test_the_end_of_a_month_and_the_days_off_of_a_place(key: str, received: str, due_on: str) -> None:
    assert deadline(key, received).due_on == date.fromisoformat(due_on)


def test_the_safe_date_has_no_roll_and_no_pause() -> None:
    found = deadline("gdpr:DE", "2026-01-31", asked(IDENTITY, "2026-02-02", "2026-02-20"))
    assert found.safe_due_on == date(2026, 2, 28)
    assert found.due_on == date(2026, 3, 18)


def test_a_question_that_was_not_prompt_stops_nothing() -> None:
    late = asked(IDENTITY, "2026-06-20", "2026-07-01", prompt=False)
    assert deadline("gdpr:DE", "2026-06-10", late).due_on == date(2026, 7, 10)
    assert deadline("ukgdpr:ENG", "2026-06-10", late).due_on == date(2026, 7, 10)


def test_a_question_after_the_end_stops_nothing() -> None:
    found = deadline("gdpr:DE", "2026-06-10", asked(CLARIFICATION, "2026-07-13", "2026-07-20"))
    assert found.due_on == date(2026, 7, 10)
    assert "asked_too_late" in [step.rule for step in found.steps]


def test_in_the_uk_a_question_after_the_end_starts_nothing_anew() -> None:
    for kind in (IDENTITY, FEE):
        for answered in ("2026-06-10", None):
            found = deadline("ukgdpr:ENG", "2026-03-02", asked(kind, "2026-06-01", answered))
            assert (found.due_on, found.is_provisional) == (date(2026, 4, 2), False)
            assert "asked_too_late" in [step.rule for step in found.steps]
    # A question on the last day is in time, and so is one in the period that another question began anew or stretched.
    assert deadline("ukgdpr:ENG", "2026-03-02", asked(FEE, "2026-04-02", "2026-04-09")).due_on == date(2026, 5, 11)
    first = asked(IDENTITY, "2026-03-03", "2026-03-25")
    assert deadline("ukgdpr:ENG", "2026-03-02", asked(FEE, "2026-04-20", "2026-04-22"), first).due_on == date(
        2026, 5, 22
    )
    first = asked(CLARIFICATION, "2026-03-03", "2026-03-25")
    assert deadline("ukgdpr:ENG", "2026-03-02", asked(FEE, "2026-04-20", "2026-04-22"), first).due_on == date(
        2026, 5, 22
    )


def test_a_question_before_receipt_and_a_year_that_is_mistyped_are_refused() -> None:
    with pytest.raises(UsageError, match="before receipt"):
        deadline("gdpr:DE", "2026-06-10", asked(IDENTITY, "2026-06-09", "2026-06-12"))
    for received in ("9999-12-31", "2201-01-01", "9999-12-31T23:59:00-12:00", "0001-01-01T00:00:00+14:00"):
        with pytest.raises(UsageError, match="2200"):
            deadline("gdpr:DE", received)
    with pytest.raises(UsageError, match="2200"):
        deadline("gdpr:DE", "2026-06-10", asked(IDENTITY, "2026-06-11", "9999-12-31"))


CITED = {
    ("gdpr:DE", "2026-03-16", "access", IDENTITY): "GDPR Art. 12(6); EDPB Guidelines 01/2022",
    ("gdpr:DE", "2026-03-16", "access", CLARIFICATION): "GDPR Recital 63; EDPB Guidelines 01/2022",
    ("gdpr:DE", "2026-03-16", "access", FEE): "GDPR Art. 12(5)",
    ("ukgdpr:ENG", "2026-03-16", "access", IDENTITY): "UK GDPR Art. 12A(2)(b)",
    ("ukgdpr:ENG", "2026-03-16", "access", FEE): "UK GDPR Art. 12A(2)(c)",
    ("ukgdpr:ENG", "2026-03-16", "access", CLARIFICATION): "UK GDPR Art. 12A(5)",
    ("ukgdpr:ENG", "2026-03-16", "erasure", CLARIFICATION): "UK GDPR Art. 12A(5): access only",
    ("ukgdpr:ENG", "2026-01-16", "access", IDENTITY): "UK GDPR Art. 12(3), (6); ICO guidance",
    ("ukgdpr:ENG", "2026-01-16", "access", FEE): "UK GDPR Art. 12(3), (6); ICO guidance",
    ("ukgdpr:ENG", "2026-01-16", "access", CLARIFICATION): "UK GDPR Art. 12(3), (6); ICO guidance",
}


@pytest.mark.parametrize(("case", "article"), CITED.items(), ids=str)
@pytest.mark.parametrize("prompt", [True, False])
@pytest.mark.parametrize("clock", ["response", "extended", "extension_notice", "refusal"])
def test_a_question_is_judged_by_the_law_it_is_under(
    case: tuple[str, str, str, QuestionKind], article: str, prompt: bool, clock: str
) -> None:
    key, received, right, kind = case
    first = date.fromisoformat(received)
    question = Question(kind, first + timedelta(days=2), first + timedelta(days=9), prompt)
    rules = {"restart", "suspension", "no_pause", "not_prompt"}
    steps = deadline(key, first, question, right=right, clock=clock).steps
    assert [step.article for step in steps if step.rule in rules] == [article]


def test_an_open_question_makes_the_date_provisional() -> None:
    question = asked(IDENTITY, "2026-11-20")
    found = deadline("gdpr:DE", "2026-11-18", question)
    assert (found.is_provisional, found.due_on) == (True, date(2026, 12, 22))
    later = deadline("gdpr:DE", "2026-11-18", question, today=TODAY + timedelta(days=3))
    assert later.due_on == date(2026, 12, 28)  # 25 December, a holiday on a Friday, and Boxing Day's weekend


def test_in_the_uk_identity_restarts_and_a_clarification_of_an_erasure_stops_nothing() -> None:
    assert deadline("ukgdpr:ENG", "2026-06-01", asked(IDENTITY, "2026-06-02", "2026-06-10")).due_on == date(2026, 7, 10)
    question = asked(CLARIFICATION, "2026-03-18", "2026-03-25")
    assert deadline("ukgdpr:ENG", "2026-03-16", question, right="erasure").due_on == date(2026, 4, 16)


def test_in_the_uk_the_act_of_2025_changed_how_a_clarification_counts() -> None:
    before = deadline("ukgdpr:ENG", "2026-02-02", asked(CLARIFICATION, "2026-02-09", "2026-02-13"))
    after = deadline("ukgdpr:ENG", "2026-02-05", asked(CLARIFICATION, "2026-02-09", "2026-02-13"))
    assert next(step.note for step in before.steps if step.rule == "suspension").endswith("4 days more")
    assert next(step.note for step in after.steps if step.rule == "suspension").endswith("5 days more")


def test_receipt_at_night_is_the_day_of_the_controller() -> None:
    night = "2026-03-31T22:30:00+00:00"
    assert deadline("gdpr:DE", night).due_on == date(2026, 5, 4)  # 1 April in Berlin; 1 May is a holiday on a Friday
    assert deadline("gdpr:IE", night).due_on == date(2026, 4, 30)


@pytest.mark.parametrize("key", ["gdpr:DE", "ukgdpr:ENG"])
def test_where_the_law_names_no_number_it_says_why(key: str) -> None:
    for options in ({"right": "withdraw_consent"}, {"clock": "breach_individual"}, {"clock": "ack"}):
        found = deadline(key, "2026-06-20", **options)
        assert found.due_on is None
        assert found.steps[0].note


@pytest.mark.parametrize(
    ("key", "options"),
    [
        ("gdpr:DE", {"clock": "fortnight"}),
        ("gdpr:DE", {"right": "applause"}),
        ("gdpr:DE", {"clock": "breach_authority"}),
        ("ukgdpr:ENG", {"clock": "complaint_ack", "received": "2026-06-01"}),
        ("gdpr:XX", {}),
        ("gdpr:DE-XX", {}),
        ("gdpr", {}),
        ("gdrp:DE", {}),
    ],
    ids=str,
)
def test_what_is_not_known_is_refused(key: str, options: dict[str, Any]) -> None:
    received = options.pop("received", "2026-06-20")
    with pytest.raises(UsageError):
        deadline(key, received, **options)


@pytest.mark.parametrize("law", FILES)
def test_the_rows_of_a_law(law: str) -> None:
    raw = load(law)
    for country in raw["countries"]:
        found = regime(f"{law}:{country}")
        assert found.country in ZONES
        for row in found.rows:
            assert set(row.clocks) <= set(CLOCKS)
            assert set(row.rights) | set(row.clarification_rights) <= set(found.rights)
            assert (row.amount is None) == (row.reason is not None)
            assert row.checked in ("primary", "secondary", "unverified")
            assert row.source
            assert row.article
    for clock in ("response", "extended", "extension_notice", "refusal", "breach_authority"):
        spans = sorted(
            (row.valid_from, row.valid_to or date.max) for row in found.rows if clock in row.clocks and not row.rights
        )
        assert spans
        for (_, ends), (begins, _) in pairwise(spans):
            assert begins == ends + timedelta(days=1), "rules of one clock follow each other without gap or overlap"


PLACES = st.sampled_from(["gdpr:DE", "gdpr:DE-BY", "gdpr:FR", "gdpr:IE", "gdpr:SE", "ukgdpr:ENG", "ukgdpr:NIR"])


@given(PLACES, DAYS, st.sampled_from(["response", "extended", "refusal", "extension_notice"]))
def test_a_deadline_is_a_working_day_not_before_the_safe_one(key: str, received: date, clock: str) -> None:
    law = regime(key)
    found = deadline(key, received, clock=clock)
    assert found.due_on is not None
    assert found.safe_due_on is not None
    assert received < found.safe_due_on <= found.due_on <= found.safe_due_on + timedelta(days=6)
    assert working_days(law.country, law.subdivision)(found.due_on)
    assert found.steps[-1].date == found.due_on


@given(PLACES, DAYS, st.integers(1, 40))
def test_who_asks_later_is_never_answered_earlier(key: str, received: date, later: int) -> None:
    first = deadline(key, received).due_on
    second = deadline(key, received + timedelta(days=later)).due_on
    assert first is not None
    assert second is not None
    assert first <= second


@given(
    PLACES,
    DAYS,
    st.lists(st.tuples(st.sampled_from([IDENTITY, CLARIFICATION]), st.integers(0, 25), st.integers(0, 20))),
)
def test_a_pause_never_shortens_and_overlaps_count_once(
    key: str, received: date, spans: list[tuple[QuestionKind, int, int]]
) -> None:
    questions = [
        Question(kind, received + timedelta(days=start), received + timedelta(days=start + length))
        for kind, start, length in spans
    ]
    plain, paused = deadline(key, received), deadline(key, received, *questions)
    assert plain.due_on is not None
    assert paused.due_on is not None
    assert paused.due_on >= plain.due_on
    assert paused.safe_due_on == plain.safe_due_on
    assert deadline(key, received, *questions, *questions).due_on == paused.due_on
    if all(kind is IDENTITY for kind, _, _ in spans) and key.startswith("gdpr:"):
        longest = max((start + length for _, start, length in spans), default=0)
        assert paused.due_on <= plain.due_on + timedelta(days=longest + 6)


@given(DAYS, st.integers(0, 36))
def test_months_end_on_the_same_number_or_the_last_day(start: date, count: int) -> None:
    ends, is_clamped = add_months(start, count)
    assert (ends.year * 12 + ends.month) - (start.year * 12 + start.month) == count
    if is_clamped:
        assert ends.day < start.day
        assert (ends + timedelta(days=1)).day == 1
    else:
        assert ends.day == start.day


INSTANTS = st.builds(
    lambda day, minute: datetime.combine(day, time(), UTC) + timedelta(minutes=minute), DAYS, st.integers(0, 1439)
)


@given(INSTANTS.map(lambda instant: instant.astimezone(ZoneInfo("Europe/Berlin"))))
def test_seventy_two_hours_are_elapsed_hours(aware: datetime) -> None:
    found = deadline("gdpr:DE", aware.date(), clock="response")
    assert found.due_at is None
    law = regime("gdpr:DE")
    ends = due(
        law,
        clock="breach_authority",
        right="access",
        received=aware,
        today=TODAY,
        zone=ZoneInfo(law.timezone),
        is_working=working_days("DE", None),
    ).due_at
    assert ends is not None
    assert ends.timestamp() - aware.timestamp() == 72 * 3600
