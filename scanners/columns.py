"""All evidence of one column, folded into one verdict. Pure: no I/O, no clock, no randomness.

Each piece of evidence is a term, the natural logarithm of a likelihood ratio; terms add up to the log-odds that the
column holds the category. The weights are first estimates by hand; a later calibration replaces them by measured ones.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from math import exp, log, sqrt

from data_map.model import Alternate, Contained, EvidenceKind, FieldRef, FieldVerdict, Finding, State, Term
from scanners import masking
from scanners.detect.base import Passed
from scanners.detect.names import NameReading
from scanners.detect.text import TextReading
from scanners.subjects import CORE, TableContext
from scanners.values import Column

#: Log-odds that a column taken at random holds one given category.
_PRIOR = -4.0
#: A true column passes its own detector on this share of its distinct values: there are typing errors and placeholders.
_TRUE_RATE = 0.85
#: No detector's values can say less than this.
_LEAST = -5.0
#: Values that look as the category's do, or do not, when a name says it and no detector can.
_FITS, _MISFITS = 1.0, -4.0
#: What a detector's silence says against a weak name, and from how many values on.
_UNLIKE, _ENOUGH = -1.5, 5
#: What identifies people differs from row to row: so many values with so few different ones do not.
_MANY, _FEW = 30, 3
#: Cells that pass are believed in a mixed column when there are this many times more than chance explains.
_BEYOND = 10
#: A detector with a chance rate as low as the resolution of its measurement.
_NEVER = 0.0005
#: Identifiers that are not met by accident in a cell with something else in it.
_SURE_INSIDE = frozenset({"contact.email", "contact.phone", "financial.iban"})
#: What organisations have as well, and how much less such a column is about a person in a table of them.
_OF_SITES = frozenset(
    {"contact.phone", "contact.address", "contact.place", "location.coordinates", "online.ip_address"}
)
_SITE = -6.0
_CONFIRMED, _PERSONAL, _UNDECIDED = 0.9, 0.5, 0.2

_DATE = re.compile(r"(?:\d{4}[-/.]\d\d?[-/.]\d\d?|\d\d?[-/.]\d\d?[-/.](?:\d{4}|\d\d)|(?:19|20)\d{6})(?:[T ].*)?")
_NUMBER = re.compile(r"[-+]?[\d.,' ]*\d[\d.,' ]*\s?(?:[€$£]|EUR|USD|GBP|%)?")
_WORDS = re.compile(r"[^\W\d_][^\d@/\\<>{}=:;*]{0,59}")
_TEXT = re.compile(r"(?s).*[^\W\d_].*")
_PLAIN = re.compile(r"[^\n]{1,120}")

#: category → what a value of it looks like, for categories that no detector can confirm and for those whose name lies.
FITS: Mapping[str, re.Pattern[str]] = {
    "identity.name": re.compile(r"[^\W\d_][^\d@/\\<>{}=;*|]{0,59}"),
    "identity.username": re.compile(r"[^\s,;<>{}]{2,64}|[^\W\d_]\S* \S*"),
    "identity.subject_id": re.compile(r"[\w./#-]{1,36}"),
    "contact.email": re.compile(r"\S+@\S+"),
    "contact.phone": re.compile(r"(?=(?:\D*\d){5})[+\d ().\-/x*]{5,25}(?:ext\.? ?\d+)?"),
    "contact.address": re.compile(r"(?s)(?=.*[^\W\d_]).{3,200}|\d{1,5}\s?[a-zA-Z]?"),
    "contact.place": re.compile(r"[^@<>{}=;*|]{1,60}"),
    "contact.profile_url": re.compile(r"(?:https?://|www\.|@)?\S+"),
    "location.coordinates": re.compile(r"-?\d{1,3}(?:[.,]\d+)?|.*-?\d{1,3}\.\d+.*[ ,].*\d{1,3}\.\d+.*"),
    "demographic.date_of_birth": _DATE,
    "demographic.age": re.compile(r"(?:1[01]\d|\d{1,2})(?:[.,]0)?|\d\d?\s?[-–+]\s?(?:\d\d)?"),
    "demographic.gender": re.compile(r"[^\W_]{1,12}(?:[- ]\w{1,12})?"),
    "demographic.nationality": _WORDS,
    "demographic.marital_status": re.compile(r"\w[\w /-]{0,24}"),
    "demographic.language": re.compile(r"[^\W\d_][\w -]{1,24}"),
    "special.ethnicity": _WORDS,
    "special.religion": _WORDS,
    "special.politics": _WORDS,
    "special.trade_union": _PLAIN,
    "special.health": _TEXT,
    "special.sexuality": _WORDS,
    "criminal.record": _PLAIN,
    "government_id.national": re.compile(r"(?=(?:\D*\d){4})[\w .\-/+]{6,24}"),
    "government_id.tax": re.compile(r"(?=(?:\D*\d){4})[\w .\-/]{6,24}"),
    "government_id.passport": re.compile(r"(?=(?:\D*\d){3})[A-Z\d ]{6,14}"),
    "government_id.driving_licence": re.compile(r"(?=(?:\D*\d){3})[\w .\-/]{5,24}"),
    "government_id.vehicle": re.compile(r"(?=.*\d)[\w .\-]{4,20}"),
    "financial.card": re.compile(r"(?=(?:\D*[\d*xX]){8})[\d *xX-]{8,25}"),
    "financial.card_security": re.compile(r"\d{3,4}"),
    "financial.iban": re.compile(r"[A-Z]{2}\d\d[A-Z\d ]{10,36}"),
    "financial.bank_account": re.compile(r"(?=(?:\D*\d){4})[\w \-/]{5,36}"),
    "financial.income": _NUMBER,
    "employment.job": _TEXT,
    "employment.date": _DATE,
    "education.record": _TEXT,
    "online.ip_address": re.compile(r"[\da-fA-F:.]{3,45}(?:/\d+)?"),
    "online.device_id": re.compile(r"[\w:.\-]{6,64}"),
    "online.cookie": re.compile(r"\S{8,}"),
    "credential.password": re.compile(r"\S{3,64}"),
    "credential.password_hash": re.compile(r"\S{16,}"),
    "credential.token": re.compile(r"\S{8,}"),
    "pseudonym.hashed": re.compile(r"[\w+/=:-]{16,}"),
    "text.personal": _TEXT,
}


@dataclass(slots=True)
class _Candidate:
    terms: list[Term] = field(default_factory=list)
    passed: Passed | None = None
    #: Whether ``passed`` measures nothing: the name says the category, and the detector does not know its values.
    is_unmeasured: bool = False

    @property
    def logit(self) -> float:
        return sum(term.weight for term in self.terms)


@dataclass(frozen=True, slots=True)
class Evidence:
    """All that was seen of one column."""

    column: Column
    reading: NameReading
    passed: tuple[Passed, ...] = ()
    #: For a column of running text, what its texts hold.
    text: TextReading | None = None
    #: For a column of cells, what stands inside of cells that are no identifier as a whole.
    inside: TextReading | None = None


def judge_table(found: Sequence[Evidence], context: TableContext) -> list[FieldVerdict]:
    """Judge the columns of one table together: what the values of some say of its rows counts for the others."""
    verdicts = [judge(evidence, context) for evidence in found]
    seen = seen_context(context, verdicts)
    return verdicts if seen is context else [judge(evidence, seen) for evidence in found]


def seen_context(context: TableContext, verdicts: Sequence[FieldVerdict]) -> TableContext:
    """The context of a table after a first look at its values."""
    core = {verdict.category for verdict in verdicts if verdict.state is State.CONFIRMED and verdict.category in CORE}
    if not core or context.person_ratio >= 0.85:
        return context
    is_thing = context.person_ratio < 0.3
    has_name = "identity.name" in core
    if context.is_organisation:
        if not has_name:
            return context
        return replace(context, person_ratio=0.5, is_organisation=False, because="people are named in its rows")
    ratio = (0.5 if is_thing else 0.85) if len(core) >= 2 else (0.25 if is_thing else 0.6)
    if ratio <= context.person_ratio:
        return context
    because = "its values describe a person" if len(core) >= 2 else "the values of one column describe a person"
    return replace(context, subject=context.subject or "person", person_ratio=ratio, because=because)


def judge(evidence: Evidence, context: TableContext) -> FieldVerdict:
    """Fold the evidence of one column.

    Ties between categories go to the one with the higher share of passing values, then to the one whose detector passes
    less by accident, then to the first by name.
    """
    column, reading, passed, text = evidence.column, evidence.reading, evidence.passed, evidence.text
    ref = column.field.ref
    distinct = len(column.counts)
    subject = reading.subject or context.subject
    candidates = _candidates(column, reading, passed, context)
    ranked = sorted(
        candidates.items(),
        key=lambda item: (
            -item[1].logit,
            -_rate(item[1].passed),
            item[1].passed.chance if item[1].passed else 1,
            item[0],
        ),
    )
    contains, text_term = _contained(column, passed, text, context, evidence.inside)
    findings = _findings(ref, column, reading, passed)
    category, best = ranked[0] if ranked else (None, None)
    score = _probability(best.logit) if best else 0.0
    terms = list(best.terms) if best else []
    if text_term is not None and text_term.weight > (best.logit if best else _PRIOR):
        score, category, terms = _probability(text_term.weight), "text.personal", [text_term]
    state = _state(score, category, column, best, is_text=bool(terms) and terms[0] is text_term)
    is_personal = state.is_personal
    prevalence = low = high = None
    measured = best.passed if best is not None and not best.is_unmeasured else None
    if measured is not None and is_personal and category != "text.personal":
        prevalence = measured.matched / measured.of
        low, high = wilson(measured.matched, measured.of)
    others = [(key, item) for key, item in ranked if key != category or not is_personal]
    return FieldVerdict(
        ref=ref,
        state=state,
        category=category if is_personal else None,
        score=round(score, 4),
        prevalence=prevalence,
        prevalence_low=low,
        prevalence_high=high,
        sampled=column.sampled,
        distinct=distinct,
        subject=subject if is_personal else None,
        contains=_beside(contains, category if is_personal else None, best, is_cells=text is None),
        alternates=_alternates(others),
        shapes=masking.shapes(column.counts),
        evidence=findings,
        terms=tuple(terms) or (Term("nothing in its name or its values points at a person", _PRIOR),),
    )


def _candidates(
    column: Column, reading: NameReading, passed: Sequence[Passed], context: TableContext
) -> dict[str, _Candidate]:
    candidates: dict[str, _Candidate] = {}
    if reading.category is not None:
        candidates[reading.category] = _Candidate([_name_term(reading, context, column.field.ref.field)])
    for item in sorted(passed, key=lambda one: (one.chance, one.detector)):
        named = item.category == reading.category
        if item.needs_name and not named:
            continue
        candidate = candidates.setdefault(item.category, _Candidate([_context_term(item.category, context)]))
        weight = _value_weight(item)
        if candidate.passed is None or weight > _value_weight(candidate.passed):
            candidate.passed = item
    for category, candidate in candidates.items():
        if candidate.passed is not None:
            candidate.terms.append(_value_term(candidate.passed))
        if category == reading.category and column.counts:
            weight = _value_weight(candidate.passed) if candidate.passed else 0.0
            if weight < 1.0:
                if candidate.passed is not None:  # values that a detector refuses may still be what the name says
                    candidate.terms.pop()
                    candidate.is_unmeasured = True
                candidate.terms.append(_fit_term(category, column))
                if candidate.passed is not None and reading.needs_person and _is_unlike(candidate.passed):
                    candidate.terms.append(_unlike_term(candidate.passed))
        organisation = _organisation_term(category, reading, context)
        if organisation is not None:
            candidate.terms.append(organisation)
        if category == reading.category and not column.counts and column.binary and category != "identity.photo":
            candidate.terms.append(Term("its values are binary", -2.0))
    return candidates


def _name_term(reading: NameReading, context: TableContext, column: str) -> Term:
    probability = reading.strength
    words = " ".join(reading.words)
    text = f"its name says “{words}”"
    if reading.needs_person:
        ratio = 0.9 if reading.subject else context.person_ratio
        if reading.is_addressee and not context.is_organisation and context.words:
            ratio = max(ratio, 0.75)
        probability *= ratio
        text += f", which is personal only of people: {context.because}"
    elif context.person_ratio < 0.3 and reading.subject is None and not reading.is_addressee:
        probability *= 0.75
        text += f", but {context.because}"
    if reading.category == "identity.subject_id" and (
        context.names_organisation or column in context.organisation_keys
    ):
        probability *= 0.6
        text += ", but the table's customers are organisations"
    probability = min(max(probability, 0.005), 0.98)
    return Term(text, round(log(probability / (1 - probability)), 3))


def _organisation_term(category: str, reading: NameReading, context: TableContext) -> Term | None:
    """A shop, a bank, a warehouse has a telephone and an address too, and they are nobody's."""
    if not context.is_organisation or reading.subject is not None or category not in _OF_SITES:
        return None
    return Term(f"it is the organisation's: {context.because}", _SITE)


def _context_term(category: str, context: TableContext) -> Term:
    weight = _PRIOR + (1.0 if context.person_ratio > 0.7 else 0.0)
    if context.person_ratio < 0.3 and category.startswith(("contact.", "identity.")):
        weight -= 1.0  # a shop has a telephone and an address too
    return Term(f"how common {category} is, and {context.because}", round(weight, 3))


def _value_weight(item: Passed) -> float:
    if item.weight is not None:
        return max(_LEAST, item.weight)
    if not item.of:
        return 0.0
    if item.chance >= 1:
        return 0.0
    # A value of the category passes as a true one does, or by accident like any other.
    true_rate = _TRUE_RATE + (1 - _TRUE_RATE) * item.chance
    hit, miss = log(true_rate / item.chance), log((1 - true_rate) / (1 - item.chance))
    weight = item.matched * hit + (item.of - item.matched) * miss
    if item.matched >= 0.5 * item.of:
        weight = max(weight, min(item.matched * hit, 4.0) * (item.matched / item.of))
    # One lucky hit among two values is not yet evidence of a column: from three on a detector may say all it can.
    most = item.most * min(1.0, (item.matched + 1) / 4)
    return max(_LEAST, min(most, weight))


def _value_term(item: Passed) -> Term:
    text = (
        f"{item.matched} of {item.of} different values pass {item.detector}, "
        f"which {item.chance:.2%} of values of that shape pass by accident"
    )
    return Term(text, round(_value_weight(item), 3))


def _is_unlike(item: Passed) -> bool:
    """Whether fewer values pass than do by accident, among enough of them."""
    return item.of >= _ENOUGH and item.matched < item.chance * item.of


def _unlike_term(item: Passed) -> Term:
    """A weak word for a person's data (``name``) over values of which hardly one is known to be such."""
    return Term(f"only {item.matched} of {item.of} different values pass {item.detector}", _UNLIKE)


def _fit_term(category: str, column: Column) -> Term:
    pattern = FITS.get(category)
    if pattern is None:
        return Term("any value fits this category", 0.0)
    fitting = sum(pattern.fullmatch(value) is not None for value in column.counts)
    share = fitting / len(column.counts)
    text = f"{fitting} of {len(column.counts)} different values look like it"
    if category.startswith("identity.") and column.sampled >= _MANY and len(column.counts) <= _FEW:
        return Term(f"{column.sampled} values, of which only {len(column.counts)} are different", _MISFITS)
    return Term(text, _FITS if share >= 0.8 else _MISFITS if share < 0.5 else 0.0)


def _contained(
    column: Column,
    passed: Sequence[Passed],
    text: TextReading | None,
    context: TableContext,
    inside: TextReading | None,
) -> tuple[tuple[Contained, ...], Term | None]:
    """What occurs in a column beside its main category, and whether it makes a text personal."""
    if text is None:
        return _mixed(passed, inside)
    texts = max(1, len(column.counts))
    strong = [item for item in text.contained if item.category != "identity.name"]
    names = next((item for item in text.contained if item.category == "identity.name"), None)
    weight = _PRIOR
    parts = []
    if strong:
        parts.append(f"{sum(item.count for item in strong)} identifiers")
        weight = 3.0 if sum(item.distinct for item in strong) >= 2 else 1.0
    if names is not None:
        share = text.texts_with.get("identity.name", 0) / texts
        parts.append(f"{names.count} names of people")
        if names.distinct >= 2 and share >= 0.02:
            odds = -1.5 + min(names.distinct, 10) * 0.15 + min(share, 0.5) * 4 + (context.person_ratio - 0.35) * 2
            weight = max(weight, odds)
    if not parts:
        return (), None
    return text.contained, Term("its texts hold " + " and ".join(parts), round(weight, 3))


def _mixed(passed: Sequence[Passed], inside: TextReading | None) -> tuple[tuple[Contained, ...], Term | None]:
    """Identifiers among the cells of a column, where there are many more than pass by accident, and inside of cells."""
    best = {one.category: one for one in (inside.contained if inside else ()) if one.category in _SURE_INSIDE}
    weight = 3.0 if sum(one.distinct for one in best.values()) >= 2 else 1.0
    for item in passed:
        # Of values that have the shape of an e-mail address or an IBAN hardly one passes by accident.
        enough = 2 if item.chance <= _NEVER else max(3, _BEYOND * item.chance * item.of)
        is_sure = not item.needs_name and item.chance <= 0.02 and item.matched >= enough
        if is_sure and (item.category not in best or best[item.category].distinct < item.matched):
            best[item.category] = Contained(item.category, item.matched, item.matched)
    contains = tuple(sorted(best.values(), key=lambda item: (-item.count, item.category)))
    if not contains:
        return (), None
    text = "its values hold identifiers: " + ", ".join(f"{one.category} ({one.distinct})" for one in contains)
    return contains, Term(text, weight)


def _findings(ref: FieldRef, column: Column, reading: NameReading, passed: Sequence[Passed]) -> tuple[Finding, ...]:
    distinct = len(column.counts)
    found = []
    if reading.category is not None:
        name = f"name:{' '.join(reading.words)}"
        found.append(
            Finding(ref, reading.category, name, EvidenceKind.NAME, column.sampled, distinct, 0, reading.strength)
        )
    found.extend(
        Finding(
            ref,
            item.category,
            item.detector,
            EvidenceKind.VALUE,
            column.sampled,
            item.of,
            item.matched,
            round(item.matched / item.of, 4),
        )
        for item in passed
        if item.matched
    )
    return tuple(found)


def _state(score: float, category: str | None, column: Column, best: _Candidate | None, *, is_text: bool) -> State:
    if category is None or score < _UNDECIDED:
        return State.CLEAN
    if score < _PERSONAL:
        return State.UNDECIDED if column.sampled else State.CLEAN
    if not column.sampled:
        return State.NAME_ONLY
    has_values = is_text or (best is not None and best.passed is not None and _value_weight(best.passed) >= 1.0)
    if has_values and score >= _CONFIRMED:
        return State.CONFIRMED
    return State.LIKELY


def _beside(
    contains: Sequence[Contained], category: str | None, best: _Candidate | None, *, is_cells: bool
) -> tuple[Contained, ...]:
    """What occurs beside the main category. Of cells, what the main category explains is not counted twice: the digits
    of an IBAN, or of a telephone's serial number, may pass for those of a card.
    """
    if category in (None, "text.personal") or not is_cells or best is None or best.passed is None:
        return tuple(item for item in contains if item.category != category)
    left = best.passed.of - best.passed.matched
    return tuple(item for item in contains if item.category != category and item.distinct <= left)


def _alternates(ranked: Sequence[tuple[str, _Candidate]]) -> tuple[Alternate, ...]:
    """The three best of the categories that lost, where they stood a chance."""
    scores = [(category, _probability(candidate.logit)) for category, candidate in ranked]
    return tuple(Alternate(category, round(score, 4)) for category, score in scores if score >= 0.1)[:3]


def _rate(item: Passed | None) -> float:
    return item.matched / item.of if item else 0.0


def _probability(logit: float) -> float:
    return 1 / (1 + exp(-max(-30.0, min(30.0, logit))))


def wilson(matched: int, of: int) -> tuple[float, float]:
    """95 % score interval of a share (Wilson 1927)."""
    if not of:
        return 0.0, 1.0
    z = 1.959964
    share = matched / of
    middle = share + z * z / (2 * of)
    half = z * sqrt(share * (1 - share) / of + z * z / (4 * of * of))
    scale = 1 + z * z / of
    return round(max(0.0, (middle - half) / scale), 6), round(min(1.0, (middle + half) / scale), 6)
