"""All evidence of one column, folded into one verdict. Pure: no I/O, no clock, no randomness.

Each piece of evidence is a term, the natural logarithm of a likelihood ratio; terms add up to the log-odds that the
column holds the category *and* that it is a natural person's. What things have as well (a city, an age, a sex) is
personal only as far as the table's rows are people. The weights are measured: see ``weights.py``.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence, Set
from dataclasses import dataclass, field, replace
from itertools import islice
from math import exp, lgamma, log, sqrt

from data_map.model import Alternate, Contained, EvidenceKind, FieldRef, FieldVerdict, Finding, State, Term
from scanners import masking
from scanners.detect.base import Passed, Rule
from scanners.detect.lexicon import negatives
from scanners.detect.names import NameReading
from scanners.detect.people import score as name_score
from scanners.detect.secrets import Kind
from scanners.detect.specimens import known_among
from scanners.detect.text import SOFT, TextReading
from scanners.fits import FITS, LOOSE
from scanners.subjects import CORE, TableContext
from scanners.values import Column
from scanners.weights import Weights
from scanners.weights import weights as shipped

#: A true column passes its own detector on this share of its distinct values: there are typing errors and placeholders.
_TRUE_RATE = 0.85
#: No detector's values can say less than this.
_LEAST = -5.0
#: What identifies people differs from row to row: so many values with so few different ones do not.
_MANY, _FEW = 30, 3
_SEVERAL = re.compile(r"[,;/&+]|\s(?:and|und|et|y|e|en|i|feat\.?)\s")
#: A word for a person alone says no more than this of a name.
_WEAK = 0.5
#: Values of which the likeness to names is worked out.
_SCORED = 60
#: From this share on values that are no names (organisations, dates, colours) count, and how much all of them do.
_SOME, _OTHERS = 0.34, -8.0
#: From this share on a lexicon may say all that it can.
_MOSTLY = 0.6
#: The least chance rate of a check digit that is reckoned with; how unlikely, and how far beyond it, no accident is.
_RESOLUTION, _UNLIKELY, _BEYOND = 0.002, 1e-6, 10
#: Numbers whose check digits are wrong are other numbers, or made up: a person has to say which.
_REFUTED = -1.0
#: A detector with a chance rate as low as the resolution of its measurement.
_NEVER = 0.0005
#: Identifiers that are not met by accident in a cell with something else in it.
_SURE_INSIDE = frozenset({"contact.email", "contact.phone", "financial.iban"})
#: What says something of a person only where the rows of its table are people.
_ATTRIBUTES = frozenset(
    {
        "contact.place",
        "location.coordinates",
        "demographic.date_of_birth",
        "demographic.age",
        "demographic.gender",
        "demographic.nationality",
        "demographic.marital_status",
        "demographic.language",
        "special.ethnicity",
        "special.religion",
        "special.politics",
        "special.trade_union",
        "special.health",
        "special.sexuality",
        "criminal.record",
        "financial.income",
        "employment.job",
        "employment.date",
        "education.record",
    }
)
#: Groups of things that are called after people: a storm, a ship, a chair, a town.
_NAMED_LIKE_PEOPLE = frozenset({"product", "place", "animal", "technical"})
_SINGLE_WORDS = frozenset({"lexicon:given_name", "lexicon:name_word", "lexicon:somebody"})
#: What people and shops have alike, and how far that the rows are people's counts.
_OF_ANYBODY, _ANYBODY = frozenset({"contact.address", "contact.phone"}), 0.5
_NEVER_OF_ANIMALS = ("contact.", "government_id.", "financial.", "credential.")
#: Below this a table is about things; from there on it is about people.
_THING, _DESCRIBED = 0.3, 0.85
#: Values whose form is looked at, and those that are compared with published test data.
_LOOKED_AT, _TESTED = 300, 100
#: A longer value is looked at up to there.
_FORM_CHARS = 200
#: What organisations have as well, and the log-odds that are left of it in a table of them.
_OF_SITES = frozenset(
    {"contact.phone", "contact.address", "contact.place", "location.coordinates", "online.ip_address"}
)
_SITE = -1.7
#: Whom a table is about that is called after a category: results of a laboratory, marks of an examination.
_SUBJECT_OF = {
    "special.health": "patient",
    "education.record": "student",
    "employment.job": "employee",
    "employment.date": "employee",
    "financial.income": "employee",
}
#: The least that names of people in texts say, unless things are called so: undecided, for a person to look at.
_NAMED_IN = -1.2
#: What hardly any but employees have, in a table about persons of whom it says no more.
_OF_WORK = frozenset({"financial.income", "employment.job", "employment.date"})
#: How far a table is about people whose rows point at them.
_POINTS = 0.6
#: Words of tables about the work of the people that they point at.
_WORK = frozenset(
    {"job", "jobs", "employment", "position", "positions", "assignment", "assignments", "career", "history"}
)
_CONFIRMED, _PERSONAL, _UNDECIDED = 0.9, 0.5, 0.2


@dataclass(slots=True)
class _Candidate:
    terms: list[Term] = field(default_factory=list)
    passed: Passed | None = None
    #: Whether the column's name says it.
    is_named: bool = False
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
    #: Whether the name says a number with check digits, and the values have none that agree.
    is_refuted: bool = False
    #: What kinds of secrets, hashes and cards its values are: evidence beside the verdict, which changes nothing in it.
    kinds: tuple[Kind, ...] = ()
    _fits: dict[str, float] = field(default_factory=dict, repr=False, compare=False)

    def fit(self, category: str) -> float:
        """The share of distinct values that look like values of a category; 1 where there are none."""
        if category not in self._fits:
            pattern, values = FITS.get(category), list(islice(self.column.counts, _LOOKED_AT))
            fitting = (
                sum(pattern.fullmatch(value[:_FORM_CHARS]) is not None for value in values) if pattern else len(values)
            )
            self._fits[category] = fitting / len(values) if values else 1.0
        return self._fits[category]

    def names(self) -> float:
        """How much its values look like names of people, as mean log-odds a value, each from -3 to 3."""
        if "names" not in self._fits:
            values = list(islice(self.column.counts, _SCORED))
            found = sum(map(_likeness, values))
            self._fits["names"] = found / len(values) if values else 0.0
        return self._fits["names"]

    def share_of(self, negative: Rule) -> float:
        """The share of distinct values that pass a rule for what is not personal."""
        if negative.name not in self._fits:
            values = list(islice(self.column.counts, _SCORED))
            self._fits[negative.name] = sum(map(negative.matches, values)) / len(values) if values else 0.0
        return self._fits[negative.name]


def judge_table(found: Sequence[Evidence], context: TableContext, weights: Weights | None = None) -> list[FieldVerdict]:
    """Judge the columns of one table together: what the values of some say of its rows counts for the others."""
    weights = weights or shipped()
    if context.subject is None and context.person_ratio < 0.6 and any(map(_lists_organisations, found)):
        because = "its rows are called after organisations"
        context = replace(context, person_ratio=min(context.person_ratio, 0.2), is_organisation=True, because=because)
    verdicts = [judge(evidence, context, weights) for evidence in found]
    core = [
        verdict.category if verdict.state is State.CONFIRMED and verdict.category in CORE else None
        for verdict in verdicts
    ]
    for number, evidence in enumerate(found):
        others = frozenset(category for category in (*core[:number], *core[number + 1 :]) if category)
        seen = seen_context(context, others)
        if seen is not context:
            verdicts[number] = judge(evidence, seen, weights)
    return verdicts


def _negative(category: str) -> Rule:
    return next(rule for rule in negatives() if rule.category == category)


def _lists_organisations(evidence: Evidence) -> bool:
    """Whether a column holds hardly anything but names of organisations: that is what the rows are."""
    if evidence.reading.category not in (None, "identity.name") or len(evidence.column.counts) < _FEW:
        return False
    return evidence.share_of(_negative("not.organisation")) >= 0.5


def seen_context(context: TableContext, core: Set[str]) -> TableContext:
    """The context of a table after a look at its values: which categories of people its other columns hold."""
    if core and context.lists is not None:
        context = replace(context, lists=None)  # people's salaries are no list of what there is of them
    if not core or context.person_ratio >= _DESCRIBED:
        return context
    is_thing = context.person_ratio < _THING
    if context.is_organisation:
        if "identity.name" not in core:
            return context
        return replace(
            context, person_ratio=0.4, is_organisation=False, group=None, because="people are named in its rows"
        )
    ratio = (0.6 if is_thing else _DESCRIBED) if len(core) >= 2 else (0.25 if is_thing else 0.7)
    if ratio <= context.person_ratio:
        return context
    because = "its values describe a person" if len(core) >= 2 else "the values of one column describe a person"
    return replace(context, subject=context.subject or "person", person_ratio=ratio, because=because)


def judge(evidence: Evidence, context: TableContext, weights: Weights | None = None) -> FieldVerdict:
    """Fold the evidence of one column.

    Ties between categories go to the one with the higher share of passing values, then to the one whose detector passes
    less by accident, then to the first by name.
    """
    weights = weights or shipped()
    column, reading, passed, text = evidence.column, evidence.reading, evidence.passed, evidence.text
    ref = column.field.ref
    distinct = len(column.counts)
    subject = reading.subject or context.subject
    candidates = _candidates(evidence, context, weights)
    ranked = sorted(
        candidates.items(),
        key=lambda item: (
            -item[1].logit,
            -_rate(item[1].passed),
            item[1].passed.chance if item[1].passed else 1,
            item[0],
        ),
    )
    contains, text_term = _contained(evidence, context, weights)
    findings = (*_findings(ref, column, reading, passed), *_kind_findings(evidence))
    category, best = ranked[0] if ranked else (None, None)
    score = _probability(best.logit) if best else 0.0
    terms = list(best.terms) if best else []
    if text_term is not None and text_term.weight > (best.logit if best else weights.prior):
        score, category, terms = _probability(text_term.weight), "text.personal", [text_term]
    if terms and terms[0] is text_term and text is None and _is_all_one(contains, distinct):
        category, contains = contains[0].category, ()
    if text_term is not None and text is None and _is_mixture(best, contains):
        score, category, terms = _probability(text_term.weight), "text.personal", [text_term]
    some = list(islice(column.counts, _TESTED))
    if category is not None and (known := known_among(category, some)):
        terms.append(Term(f"{known} of {len(some)} different values are published test data", 0.0))
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
        terms=tuple(terms) or (Term("nothing in its name or its values points at a person", weights.prior),),
    )


def _candidates(evidence: Evidence, context: TableContext, weights: Weights) -> dict[str, _Candidate]:
    column, reading = evidence.column, evidence.reading
    candidates: dict[str, _Candidate] = {}
    if reading.category is not None:
        candidates[reading.category] = _Candidate([_name_term(reading, context, column.field.ref.field, weights)])
    for item in sorted(evidence.passed, key=lambda one: (one.chance, one.detector)):
        if item.needs_name and item.category != reading.category:
            continue
        candidate = candidates.setdefault(
            item.category, _Candidate([_context_term(item.category, reading.thing, context, weights)])
        )
        if candidate.passed is None or _value_weight(item) > _value_weight(candidate.passed):
            candidate.passed = item
    other = _other_kind(evidence)
    if other is not None and reading.category is not None:
        named = candidates[reading.category].terms
        candidates.setdefault(other, _Candidate([*named])).is_named = True
        named.append(Term(f"its values look like {other}", -1.0))
    for category, candidate in candidates.items():
        candidate.is_named |= category == reading.category
        candidate.terms.extend(_value_terms(category, candidate, evidence, context, weights))
        term = _organisation_term(category, candidate, reading, context)
        term = term or _person_term(category, candidate, reading, context, weights)
        if term is not None:
            candidate.terms.append(term)
    return candidates


def _other_kind(evidence: Evidence) -> str | None:
    """What a column holds whose values cannot be what its name says: mailboxes without a domain, logins for names."""
    category = evidence.reading.category
    if category == "contact.email" and evidence.fit(category) < 0.5:
        return "identity.username"
    if category == "identity.name" and evidence.column.counts and evidence.fit("login") >= 0.5:
        return "identity.username"
    # A word for a person alone (``rider``) may hold a key as well as a name.
    words = evidence.reading.words
    if (
        category == "identity.name"
        and evidence.reading.subject
        and not words[-1].endswith("s")
        and evidence.fit(category) < 0.5
        and evidence.fit("key") >= 0.8
    ):
        return "identity.subject_id"
    return None


def _value_terms(
    category: str, candidate: _Candidate, evidence: Evidence, context: TableContext, weights: Weights
) -> Iterator[Term]:
    """What the values say: by a detector, or by their looks where none knows what the name says."""
    passed, column = candidate.passed, evidence.column
    if category == "identity.name" and column.counts:
        share, what = max((evidence.share_of(rule), rule.name.removeprefix("not:")) for rule in negatives())
        if share >= _SOME:
            yield Term(f"{share:.0%} of its values are of another kind: {what}", _OTHERS * (share - _SOME / 2))
    weight = _value_weight(passed) if passed is not None else 0.0
    if passed is not None and (weight >= 1.0 or not candidate.is_named):
        yield _value_term(passed, weights)
        is_own = candidate.is_named and evidence.reading.needs_person  # the ``name`` of the things themselves
        if (
            weight > 0
            and category == "identity.name"
            and context.group in _NAMED_LIKE_PEOPLE
            and (is_own or passed.detector in _SINGLE_WORDS)
        ):
            share = 0.7 if passed.detector in _SINGLE_WORDS else 0.4
            yield Term(f"things are called after people too: {context.because}", -share * weights.values * weight)
        return
    if not candidate.is_named:
        return
    if column.counts:
        candidate.is_unmeasured = True  # values that a detector refuses may still be what the name says
        so_far, fit = candidate.logit, _fit_term(category, evidence, weights)
        yield fit
        if evidence.is_refuted and category.startswith("government_id."):
            left = min(0.0, _REFUTED - so_far - fit.weight)
            yield Term("its values lack the check digits of the numbers that its name says", round(left, 3))
        is_weak = evidence.reading.needs_person or evidence.reading.strength <= _WEAK
        if category == "identity.name" and fit.weight > 0 and is_weak:
            yield _names_term(evidence, context, weights)
    elif column.binary and category != "identity.photo":
        yield Term("its values are binary", -2.0)


def _name_term(reading: NameReading, context: TableContext, column: str, weights: Weights) -> Term:
    words = " ".join(reading.words)
    text = f"its name says “{words}”"
    ratio = 1.0
    if reading.category in _ATTRIBUTES:
        pass  # whether it is a person's is asked of all that is known, not of the name alone
    elif reading.needs_person:
        ratio = _person_ratio(reading, context)
        text += f", which is personal only of people: {context.because}"
    elif context.person_ratio < _THING and reading.subject is None and not reading.is_addressee:
        ratio = 0.75
        text += f", but {context.because}"
    if reading.category == "identity.subject_id" and (
        context.names_organisation or column in context.organisation_keys
    ):
        ratio *= 0.6
        text += ", but the table's customers are organisations"
    return Term(text, round(weights.name * _logit(reading.strength * ratio), 3))


def _person_ratio(reading: NameReading, context: TableContext) -> float:
    """How likely a column is a person's, by the table and by what its own name says of whose it is."""
    if reading.subject is not None:
        return 0.9
    if reading.is_addressee and not context.is_organisation and not context.organisation_keys and context.words:
        return max(context.person_ratio, 0.75)
    return context.person_ratio


def _person_term(
    category: str, candidate: _Candidate, reading: NameReading, context: TableContext, weights: Weights
) -> Term | None:
    """What is left of a category that things have too, when it is asked whether the rows are people.

    The probabilities multiply: that it is a sex, and that it is a person's; a term is the difference of the log-odds.
    """
    is_named = category == reading.category
    ratio, because = context.person_ratio, context.because
    if is_named and reading.subjects:
        ratio = 0.9 if _is_of(reading, context) else 0.2
    elif is_named:
        ratio = _person_ratio(reading, context)
        because = f"its name says {reading.subject}" if reading.subject else because
    if category in _ATTRIBUTES:
        ratio **= weights.person
        if is_named and not reading.needs_person:
            ratio = 1 - (1 - ratio) * weights.only_people
        if context.lists == category:
            ratio, because = 0.3 * ratio, f"{because}, and the table is a list of such"
    elif category in _OF_ANYBODY and not (is_named and reading.subjects):
        ratio **= _ANYBODY
    elif not (is_named and reading.subjects):
        ratio = 1.0
    if context.group == "animal" and reading.subject is None and not category.startswith(_NEVER_OF_ANIMALS):
        ratio *= 0.2
    if ratio >= 1:
        return None
    text = f"held down to {ratio:.0%}, how likely it is a person's at all: {because}"
    left = _probability(candidate.logit) * ratio
    return Term(text, round(log(left / (1 - left)) - max(-30.0, min(30.0, candidate.logit)), 3))


def _is_of(reading: NameReading, context: TableContext) -> bool:
    """Whether a column that is personal of some people only is theirs: an employee's start date, not a project's."""
    if reading.subject is not None:
        return reading.subject in reading.subjects
    if _SUBJECT_OF.get(context.own or "") in reading.subjects and context.person_ratio > _THING:
        return True
    if context.subject == "person" and context.person_ratio >= _POINTS and reading.category in _OF_WORK:
        return True
    is_about_work = context.group is None or not _WORK.isdisjoint(context.words)
    return context.subject in reading.subjects and is_about_work


def _organisation_term(
    category: str, candidate: _Candidate, reading: NameReading, context: TableContext
) -> Term | None:
    """A shop, a bank, a warehouse has a telephone and an address too, and they are nobody's: a doubt is left."""
    if not context.is_organisation or reading.subject is not None or category not in _OF_SITES:
        return None
    return Term(f"it is the organisation's: {context.because}", round(min(0.0, _SITE - candidate.logit), 3))


def _context_term(category: str, thing: str | None, context: TableContext, weights: Weights) -> Term:
    weight = weights.prior + (weights.described if context.person_ratio > 0.7 else 0.0)
    if context.person_ratio < _THING and category.startswith(("contact.", "identity.")):
        weight -= 1.0  # a shop has a telephone and an address too
    if thing is not None and category.startswith("identity."):
        return Term(f"how common {category} is in a column that is called after things", round(weight - 3.0, 3))
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
    if item.detector.startswith("lexicon:") and item.matched < _MOSTLY * item.of:
        # Words are of more than one kind: a column of them holds the category only where most of its values do.
        weight = min(weight, item.most * item.matched / (_MOSTLY * item.of) - 1)
    # One lucky hit among two values is not yet evidence of a column: from three on a detector may say all it can.
    most = item.most * min(1.0, (item.matched + 1) / 4)
    return max(_LEAST, min(most, weight))


def _value_term(item: Passed, weights: Weights) -> Term:
    text = (
        f"{item.matched} of {item.of} different values pass {item.detector}, "
        f"which {item.chance:.2%} of values of that shape pass by accident"
    )
    return Term(text, round(weights.values * _value_weight(item), 3))


def _likeness(value: str) -> float:
    """How much a value looks like the name of a person, or like those of several: ``J. Doe, R. Roe & M. Moe``."""
    best = name_score(value)
    parts = [part.strip() for part in _SEVERAL.split(value[:_FORM_CHARS]) if part.strip()] if best < 1 else []
    if len(parts) > 1:
        best = max(best, sum(map(name_score, parts)) / len(parts))
    return max(-3.0, min(3.0, best))


def _names_term(evidence: Evidence, context: TableContext, weights: Weights) -> Term:
    """What a lexicon makes of values under a weak word for a person (``name``), where hardly one is a known name."""
    mean = evidence.names()
    weight = max(-3.0, min(1.0, mean - 1.0)) * weights.names * min(1.0, len(evidence.column.counts) / 4)
    if weight < 0:  # in a table about people a name is one, known or not
        weight *= 1 - context.person_ratio
    return Term(f"its values look like names of people by {mean:+.1f} each", round(weight, 3))


def _fit_term(category: str, evidence: Evidence, weights: Weights) -> Term:
    column = evidence.column
    if category not in FITS:
        return Term("any value fits this category", 0.0)
    if category.startswith("identity.") and column.sampled >= _MANY and len(column.counts) <= _FEW:
        return Term(f"{column.sampled} values, of which only {len(column.counts)} are different", weights.misfits)
    share = evidence.fit(category)
    fits = weights.fits_loosely if category in LOOSE else weights.fits
    text = f"{share:.0%} of {len(column.counts)} different values look like values of it"
    return Term(text, fits if share >= 0.8 else weights.misfits if share < 0.5 else 0.0)


def _contained(
    evidence: Evidence, context: TableContext, weights: Weights
) -> tuple[tuple[Contained, ...], Term | None]:
    """What occurs in a column beside its main category, and whether it makes a text personal."""
    column, passed, text, inside = evidence.column, evidence.passed, evidence.text, evidence.inside
    if text is None:
        return _mixed(passed, inside, context)
    texts = max(1, len(column.counts))
    strong = [item for item in text.contained if item.category != "identity.name" and item.category not in SOFT]
    names = next((item for item in text.contained if item.category == "identity.name"), None)
    weight = weights.prior
    parts = []
    if strong:
        parts.append(f"{sum(item.count for item in strong)} identifiers")
        weight = 3.0 if sum(item.distinct for item in strong) >= 2 else 1.0
    if names is not None:
        share = text.texts_with.get("identity.name", 0) / texts
        parts.append(f"{names.count} names of people")
        if names.distinct >= 2 and share >= 0.02:
            odds = (
                -1.5
                + min(names.distinct, 10) * 0.15
                + min(share, 0.5) * (2 if context.group in _NAMED_LIKE_PEOPLE else 4)
                + (context.person_ratio - 0.35) * (8 if context.group in _NAMED_LIKE_PEOPLE else 2)
            )
            weight = max(weight, odds)
    if not parts:
        return (), None
    if context.group not in _NAMED_LIKE_PEOPLE:  # what somebody may be named in is not called clean
        weight = max(weight, _NAMED_IN)
    if evidence.reading.category == "text.personal" and weight > weights.prior:
        parts.append(f"its name says “{' '.join(evidence.reading.words)}”")
        weight += 1.0
    return text.contained, Term("its texts hold " + " and ".join(parts), round(weight, 3))


def _mixed(
    passed: Sequence[Passed], inside: TextReading | None, context: TableContext
) -> tuple[tuple[Contained, ...], Term | None]:
    """Identifiers among the cells of a column, where there are many more than pass by accident, and inside of cells."""
    not_theirs = _ATTRIBUTES | {"contact.address"} | (_OF_SITES if context.is_organisation else frozenset())
    best = {
        one.category: one
        for one in (inside.contained if inside else ())
        if one.category in _SURE_INSIDE and one.category not in not_theirs
    }
    weight = 3.0 if sum(one.distinct for one in best.values()) >= 2 else 1.0
    for item in passed:
        is_sure = not item.needs_name and item.chance <= 0.02 and _is_beyond_chance(item)
        is_sure &= item.category not in not_theirs
        if is_sure and (item.category not in best or best[item.category].distinct < item.matched):
            best[item.category] = Contained(item.category, item.matched, item.matched)
    contains = tuple(sorted(best.values(), key=lambda item: (-item.count, item.category)))
    if not contains:
        return (), None
    text = "its values hold identifiers: " + ", ".join(f"{one.category} ({one.distinct})" for one in contains)
    return contains, Term(text, weight)


def _is_beyond_chance(item: Passed) -> bool:
    """Whether more passed than some scheme among hundreds would by accident, as often as one in a million columns.

    Of values that have the shape of an e-mail address or an IBAN hardly one passes by accident.
    """
    if item.chance <= _NEVER and not item.category.startswith("government_id."):
        return item.matched >= 2
    expected = max(item.chance, _RESOLUTION) * item.of
    below = sum(exp(-expected + count * log(expected) - lgamma(count + 1)) for count in range(item.matched))
    return item.matched >= max(3, _BEYOND * item.chance * item.of) and 1 - below < _UNLIKELY


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


def _kind_findings(evidence: Evidence) -> Iterator[Finding]:
    column, distinct = evidence.column, len(evidence.column.counts)
    for item in evidence.kinds:
        share = round(item.matched / item.of, 4)
        yield Finding(
            column.field.ref,
            item.category,
            item.detector,
            EvidenceKind.VALUE,
            column.sampled,
            item.of,
            item.matched,
            share,
        )
    for (detector, category), count in sorted(evidence.text.kinds.items() if evidence.text else ()):
        share = round(count / distinct, 4)
        yield Finding(column.field.ref, category, detector, EvidenceKind.VALUE, column.sampled, distinct, count, share)


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


def _is_all_one(contains: Sequence[Contained], distinct: int) -> bool:
    """Whether nearly every cell has one and the same inside of it: ``p:+49170…``."""
    return len(contains) == 1 and contains[0].distinct >= 0.8 * distinct and contains[0].category != "identity.name"


def _is_mixture(best: _Candidate | None, contains: Sequence[Contained]) -> bool:
    """Whether cells of several kinds stand in one column, and the best explains less than half of them."""
    if best is None or best.is_named or best.passed is None:
        return False
    return best.passed.matched < 0.5 * best.passed.of and len(contains) >= 2


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


def _logit(probability: float) -> float:
    probability = min(max(probability, 0.005), 0.98)
    return log(probability / (1 - probability))


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
