"""The words of the clock: rows of law, what happened to a request, and a deadline with its derivation."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum


class Unit(StrEnum):
    """What a period is counted in."""

    MONTH = "month"
    DAY = "day"
    HOUR = "hour"


class Pause(StrEnum):
    """What an open question does to the clock."""

    NONE = "none"
    #: The days from asking to answering are added.
    SUSPEND = "suspend"
    #: As suspended, with the day of asking and the day of answering both left out of the count.
    EXCLUDE = "exclude"
    #: The period begins anew on the day of the answer.
    RESTART = "restart"


class QuestionKind(StrEnum):
    """What was asked of the person."""

    IDENTITY = "identity"
    CLARIFICATION = "clarification"
    FEE = "fee"


@dataclass(frozen=True, slots=True)
class Row:
    """One rule of a regime."""

    clocks: tuple[str, ...]
    article: str
    source: str
    #: ``primary``, ``secondary`` or ``unverified``: how the rule was read.
    checked: str
    valid_from: date
    #: The last day of receipt that the rule applies to; None while it is in force.
    valid_to: date | None = None
    #: Empty for all rights of the regime.
    rights: tuple[str, ...] = ()
    #: None where the law names no number.
    amount: int | None = None
    unit: Unit = Unit.MONTH
    #: Whether a period that ends on a day off ends with the next working day.
    roll: bool = False
    identity: Pause = Pause.NONE
    clarification: Pause = Pause.NONE
    fee: Pause = Pause.NONE
    #: Rights for which a clarification counts; empty for all.
    clarification_rights: tuple[str, ...] = ()
    #: What a question of a kind is judged by; the row's own article when empty.
    identity_article: str = ""
    clarification_article: str = ""
    #: For a clarification of a right for which it does not count.
    clarification_others_article: str = ""
    fee_article: str = ""
    #: Why there is no number.
    reason: str | None = None

    def pause(self, kind: QuestionKind, right: str) -> Pause:
        """What a question of this kind does to this clock."""
        if self._is_of_other_right(kind, right):
            return Pause.NONE
        return {
            QuestionKind.IDENTITY: self.identity,
            QuestionKind.CLARIFICATION: self.clarification,
            QuestionKind.FEE: self.fee,
        }[kind]

    def pause_article(self, kind: QuestionKind, right: str) -> str:
        """The article that says what a question of this kind does to this clock."""
        if self._is_of_other_right(kind, right):
            return self.clarification_others_article or self.article
        given = {
            QuestionKind.IDENTITY: self.identity_article,
            QuestionKind.CLARIFICATION: self.clarification_article,
            QuestionKind.FEE: self.fee_article,
        }[kind]
        return given or self.article

    def _is_of_other_right(self, kind: QuestionKind, right: str) -> bool:
        rights = self.clarification_rights
        return kind is QuestionKind.CLARIFICATION and bool(rights) and right not in rights


@dataclass(frozen=True, slots=True)
class Regime:
    """A law with its clocks, for one country or part of it."""

    #: As people write it: ``gdpr:DE-BY``.
    key: str
    title: str
    rights: tuple[str, ...]
    rows: tuple[Row, ...]
    #: ISO 3166-1 code, and ISO 3166-2 part where holidays are regional.
    country: str
    subdivision: str | None
    #: IANA time zone of the country's seat of government.
    timezone: str


@dataclass(frozen=True, slots=True)
class Question:
    """Something asked of the person, and its answer when there is one."""

    kind: QuestionKind
    asked_on: date
    #: None while it is open.
    answered_on: date | None = None
    #: A person's judgement that it was put without undue delay; a late question stops no clock.
    is_prompt: bool = True


@dataclass(frozen=True, slots=True)
class Step:
    """One step of a derivation."""

    rule: str
    article: str
    #: The date after the step; None where the law names no number.
    date: date | None
    #: What the step did, in words.
    note: str = ""


@dataclass(frozen=True, slots=True)
class Deadline:
    """A date with its derivation."""

    regime: str
    clock: str
    right: str
    #: None where the law names no number.
    due_on: date | None
    #: The instant, for clocks in hours.
    due_at: datetime | None
    #: Counted from receipt with no suspension, no restart and no roll: never later than what a strict reader counts.
    safe_due_on: date | None
    #: Whether a question is open: the date is as if it were answered today.
    is_provisional: bool
    steps: tuple[Step, ...]
