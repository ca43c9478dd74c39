"""Numbers that authorities and banks give to people: which schemes there are, and which of them explains a column.

``identifiers.toml`` lists the schemes with their chance rates. Many of them are so many digits with a check digit, so
that one column passes several; ``choose`` weighs them against each other and against the numbers of organisations.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from importlib import import_module, resources
from math import exp, log

from scanners.detect import numbers
from scanners.detect.base import Passed, Rule, TextPattern
from scanners.masking import signature

#: A scheme that random digits pass more often than this says nothing without the column's name.
_WEAK = 0.2
#: What is left out between the groups of a number.
_SEPARATORS = str.maketrans("", "", " .-/()")
#: Share of true numbers in a true column; the rest are typing errors and placeholders.
_TRUE_RATE = 0.85
#: How much likelier a scheme is where the column's name says its name, and where the country is its own.
_SAID, _HOME = 200.0, 12.0
#: How likely an organisation's number is against a person's, without hints and where the name says it.
_ORGANISATION, _ORGANISATION_SAID = 0.002, 4.0
#: What a name is worth that says a scheme, and that no vocabulary of categories knows.
_NAMED = 5.0
#: The most that a category loses to another one whose schemes explain the values better: it stays an alternate.
_WORSE = -6.0
#: Weight over which the kind of evidence does not rise, whatever the number of values.
_MOST = 9.0
#: The same where there is no check digit and the name has to say it: no more than any value that looks like it.
_BY_NAME = 0.9
#: Of values that are written alike fewer than this do not stand for themselves.
_RARE = 0.6
#: So many values refute a name when no more of them pass than this share.
_REFUTING, _REFUTED = 4, 0.4
#: A column of which fewer values pass is not one of a scheme.
_MAIN = 0.65
#: Values on which the schemes of organisations are tried, and on which the spread of birth dates is seen.
_SOME = 60
#: Different days and years among so many dates of birth at the least, where a check digit vouches for the rest and
#: where none does.
_SPREAD = {False: ((3, 2, 2), (8, 3, 4)), True: ((3, 3, 3), (4, 4, 4), (20, 9, 8))}
#: What remains to be said by values whose dates all lie together, again with a check digit and without one; and by
#: numbers that something counts up.
_CLOSE, _COUNTED = {False: 2.0, True: 0.5}, 0.5
#: A sequence: no wider than so many times the number of its values.
_DENSE = 100
#: Words that may stand beside a scheme's in a column's name.
_BESIDE = frozenset(
    [
        "a",
        "card",
        "code",
        "customer",
        "de",
        "del",
        "der",
        "di",
        "do",
        "du",
        "employee",
        "id",
        "member",
        "nr",
        "no",
        "num",
        "number",
        "nummer",
        "numer",
        "numero",
        "of",
        "patient",
        "person",
        "the",
        "user",
        "value",
        "kunde",
        "client",
        "cliente",
        "persona",
    ]
)


@dataclass(frozen=True, slots=True)
class Scheme:
    """A rule with what tells its numbers from those of other schemes."""

    rule: Rule
    title: str
    #: Folded words that stand in the names of columns and near numbers in texts.
    words: frozenset[str]
    #: Where the date of birth stands among the digits: ``YYMMDD``, ``.`` for another digit, ``X`` for a changed month;
    #: ``-`` before it counts from the end.
    dated: str = ""
    #: Signatures that count in a text without a word near them.
    alone: tuple[str, ...] = ()
    shapes: tuple[str, ...] = ()
    #: Whether the numbers are those of an organisation, which explain a column and make nothing personal.
    is_organisation: bool = False

    @property
    def name(self) -> str:
        """The rule's."""
        return self.rule.name


@dataclass(frozen=True, slots=True)
class Choice:
    """A scheme among those that a column's values pass."""

    scheme: Scheme
    passed: Passed
    #: Share of it among all explanations, those by accident left out: 0–1.
    share: float
    #: Natural logarithm of the likelihood ratio of its category against any other values, hints counted.
    weight: float


def validator(module: str) -> Callable[[str], bool]:
    """``is_valid`` of a stdnum module, imported at its first use."""

    @lru_cache(maxsize=1)
    def load() -> Callable[[str], bool]:
        found: Callable[[str], bool] = import_module(f"stdnum.{module}").is_valid
        return found

    def accepts(value: str) -> bool:
        try:
            return load()(value)
        except Exception:  # some modules fail on numbers that they should refuse; either way it is no such number
            return False

    return accepts


def accepts(entry: Mapping[str, str | int]) -> Callable[[str], bool]:
    """The test of a row: its form, which is cheap, then its check digits."""
    source, _, name = str(entry["name"]).partition(":")
    form = re.compile(str(entry["form"])).fullmatch if "form" in entry else None
    if source == "stdnum":
        is_valid = validator(name)

        def passes(value: str) -> bool:
            if form is not None and form(value) is None:
                return False
            if is_valid(value):
                return True
            bare = value.translate(_SEPARATORS)  # python-stdnum knows one way to write a number, people several
            return bare != value and is_valid(bare)

        return passes
    check, cut = numbers.CHECKS[str(entry["check"])], int(entry.get("cut", 60))

    def checks(value: str) -> bool:
        value = value.upper()
        if form is not None and form(value) is None:
            return False
        try:
            return check(value.translate(_SEPARATORS)[:cut])
        except (ValueError, IndexError, KeyError):  # not made of the letters and digits that the scheme's shapes have
            return False

    return checks


@lru_cache(maxsize=1)
def _data() -> dict[str, list[dict[str, str]]]:
    with resources.files("scanners.detect").joinpath("identifiers.toml").open("rb") as stream:
        return tomllib.load(stream)


def _scheme(entry: Mapping[str, str]) -> Scheme:
    chance = float(entry["chance"])
    rule = Rule(
        name=entry["name"],
        category=entry.get("category", ""),
        shape=re.compile("|".join(f"(?:{shape})" for shape in entry["shapes"])),
        accepts=accepts(entry),
        chance=chance,
        most=float(entry.get("most", _BY_NAME if chance > _WEAK or entry.get("check") == "any_form" else _MOST)),
        needs_name=bool(entry.get("needs_name")) or chance > _WEAK,
        country=entry.get("country"),
        examples=tuple(entry.get("examples", ())),
        counter_examples=tuple(entry.get("counter_examples", ())),
    )
    return Scheme(
        rule,
        entry.get("title", ""),
        frozenset(entry.get("words", ())),
        entry.get("dated", ""),
        tuple(entry.get("alone", ())),
        tuple(entry["shapes"]),
        "category" not in entry,
    )


@lru_cache(maxsize=1)
def schemes() -> Mapping[str, Scheme]:
    """Schemes of people's numbers by name, on for all countries."""
    return {entry["name"]: _scheme(entry) for entry in _data()["identifiers"]}


@lru_cache(maxsize=1)
def organisations() -> Mapping[str, Scheme]:
    """Schemes of numbers of companies and goods, which look like those of people."""
    return {entry["name"]: _scheme(entry) for entry in _data()["organisations"]}


@lru_cache(maxsize=1)
def rules() -> tuple[Rule, ...]:
    """Rules for whole values."""
    return tuple(scheme.rule for scheme in schemes().values())


def says(name_words: Sequence[str], scheme: Scheme) -> bool:
    """Whether a column's name, split into folded words, has a word of the scheme in it."""
    return scheme.name in _said(tuple(name_words))


@lru_cache(maxsize=4096)
def _said(name_words: tuple[str, ...]) -> frozenset[str]:
    """The names of all schemes that have a word in a column's name."""
    glued = "".join(name_words)
    return frozenset(
        name
        for name, scheme in (*schemes().items(), *organisations().items())
        if glued in scheme.words or any(_is_within(tuple(word.split()), name_words) for word in scheme.words)
    )


def _is_all(name_words: Sequence[str], scheme: Scheme) -> bool:
    """Whether the name says the scheme and nothing else."""
    for word in scheme.words:
        parts = tuple(word.split())
        if len(word) >= 3 and _is_within(parts, name_words):  # noqa: SIM102 - two questions
            if all(part in parts or part in _BESIDE or part.isdigit() for part in name_words):
                return True
    return False


def _is_within(parts: tuple[str, ...], words: Sequence[str]) -> bool:
    size = len(parts)
    return any(tuple(words[start : start + size]) == parts for start in range(len(words) - size + 1))


def choose(
    passed: Sequence[Passed],
    name_words: Sequence[str] = (),
    countries: Sequence[str] = (),
    fitting: int = 0,
) -> tuple[Choice, ...]:
    """The schemes that explain a column, the best one first.

    Each scheme's hits are weighed against its chance rate, times how likely the scheme is beforehand: schemes that fit
    the shape share what is likely among them (``fitting``: how many do, at least as many as passed), and the name and
    the countries that the table's people live in shift it. An organisation's numbers count against people's.
    """
    known = {**schemes(), **organisations()}
    rows = []
    for item in passed:
        scheme = known.get(item.detector)
        if scheme is None or not item.of:
            continue
        is_said = says(name_words, scheme)
        if scheme.is_organisation:
            likely = _ORGANISATION_SAID if is_said else _ORGANISATION
        else:
            likely = _SAID if is_said else 1.0
        likely *= _HOME if scheme.rule.country in countries else 1.0
        rows.append((scheme, item, log(likely), _log_ratio(item)))
    if not rows:
        return ()
    people = [row for row in rows if not row[0].is_organisation]
    # What is likely beforehand is shared out; schemes that no value passed are as likely as any.
    shared = log(sum(exp(likely) for _, _, likely, _ in people) + max(0, fitting - len(people)) + 1e-9)
    goods = _log_sum([0.0, *(one[2] - shared + one[3] for one in rows if one[0].is_organisation)])
    total = _log_sum([likely + ratio for _, _, likely, ratio in rows])
    choices = []
    for scheme, item, likely, ratio in rows:
        same = [one[2] + one[3] for one in rows if one[0].rule.category == scheme.rule.category]
        # One lucky hit among two values is not yet evidence of a column: from three on a scheme may say all it can.
        most = min(item.most + max(0.0, likely), _MOST) * min(1.0, (item.matched + 1) / 4)
        weight = min(most, _log_sum(same) - shared - goods) + max(_WORSE, _log_sum(same) - total)
        choices.append(Choice(scheme, item, exp(likely + ratio - total), 0.0 if scheme.is_organisation else weight))
    return tuple(sorted(choices, key=lambda choice: (-choice.share, choice.scheme.name)))


def _log_ratio(item: Passed) -> float:
    """What the hits say of a scheme, as the logarithm of a likelihood ratio."""
    if item.chance >= 1:
        return 0.0
    true_rate = _TRUE_RATE + (1 - _TRUE_RATE) * item.chance
    hit, miss = log(true_rate / item.chance), log((1 - true_rate) / (1 - item.chance))
    return item.matched * hit + (item.of - item.matched) * miss


def _log_sum(logs: Sequence[float]) -> float:
    most = max(logs)
    return most + log(sum(exp(one - most) for one in logs))


def weigh(
    values: Sequence[str],
    passed: Sequence[Passed],
    name_words: Sequence[str] = (),
    countries: Sequence[str] = (),
    *,
    is_named: bool = False,
) -> list[Passed]:
    """What all detectors found in a column, with the schemes weighed against each other.

    Of the schemes of one category the best one is left, with a weight of its own. ``is_named``: the column's name says
    a category by the vocabulary, so that a scheme's own name adds nothing.
    """
    known = schemes()
    ours = [item for item in passed if item.detector in known]
    if not ours:
        return list(passed)
    some = list(values[:_SOME])
    if any(item.matched * 2 >= item.of for item in ours):
        ours += _of_organisations(some, name_words)
    fitting = _fitting(some)
    is_bare = all(value.isdecimal() for value in some)
    is_counted = is_bare and _is_counted(some)
    best: dict[str, Passed] = {}
    for choice in choose(ours, name_words, countries, fitting):
        scheme, item = choice.scheme, choice.passed
        if scheme.is_organisation:
            continue
        weight = choice.weight
        is_told = scheme.rule.most > _BY_NAME and item.matched * 2 >= item.of
        if is_told and not is_named and weight > -1 and _is_all(name_words, scheme):
            weight += _NAMED
        if is_counted:
            weight = min(weight, _COUNTED)
        elif scheme.dated and not _is_spread(some, scheme):
            weight = min(weight, _CLOSE[scheme.rule.most < _MOST])
        if item.matched < _MAIN * item.of:
            weight = min(weight, _COUNTED)
            # A few among values that are all written alike pass by accident, or by the way they are counted up.
            alike = sum(scheme.rule.shape.fullmatch(signature(value)) is not None for value in some)
            if scheme.rule.most < _MOST or item.matched * len(some) < _RARE * alike * item.of:
                item = replace(item, needs_name=True)
        if scheme.rule.category not in best:
            best[scheme.rule.category] = replace(item, weight=weight)
    return [item for item in passed if item.detector not in known] + list(best.values())


def _of_organisations(values: Sequence[str], name_words: Sequence[str]) -> list[Passed]:
    found = []
    marks = [(value, signature(value)) for value in values]
    for scheme in organisations().values():
        rule = scheme.rule
        hits = sum(rule.shape.fullmatch(mark) is not None and rule.accepts(value) for value, mark in marks)
        if hits and (not rule.needs_name or says(name_words, scheme)):
            found.append(Passed(rule.name, "", hits, len(values), rule.chance, rule.needs_name, rule.most))
    return found


def _fitting(values: Sequence[str]) -> int:
    """How many schemes that need no name fit the shape of most values."""
    marks = [signature(value) for value in values[:5]]
    return max((_fit(mark) for mark in marks), default=0)


@lru_cache(maxsize=10_000)
def _fit(mark: str) -> int:
    return sum(not one.rule.needs_name and one.rule.shape.fullmatch(mark) is not None for one in schemes().values())


def _is_spread(values: Sequence[str], scheme: Scheme) -> bool:
    """Whether dates of birth lie as those of different people do, not as those of orders, days or runs of a machine."""
    days, years = set(), set()
    seen = 0
    mask = scheme.dated.lstrip("-")
    for value in values:
        if not scheme.rule.matches(value):
            continue
        digits = "".join(char for char in value if char.isdecimal())
        if scheme.dated.startswith("-"):
            digits = digits[-10:]
        if len(digits) >= len(mask):
            seen += 1
            days.add("".join(digit for digit, kind in zip(digits, mask, strict=False) if kind == "D"))
            years.add("".join(digit for digit, kind in zip(digits, mask, strict=False) if kind == "Y"))
    asked = [row for row in _SPREAD[scheme.rule.most < _MOST] if seen >= row[0]]
    return not asked or (len(days) >= asked[-1][1] and len(years) >= asked[-1][2])


def _is_counted(values: Sequence[str]) -> bool:
    """Whether numbers lie so close together that something counts them up."""
    numbers = [int(value) for value in values]
    return len(numbers) >= 3 and max(numbers) - min(numbers) < _DENSE * len(numbers)


@lru_cache(maxsize=1)
def _first_words() -> frozenset[str]:
    return frozenset(word.split()[0] for one in schemes().values() for word in one.words)


@lru_cache(maxsize=4096)
def _said_alone(name_words: tuple[str, ...]) -> tuple[Scheme, ...]:
    return tuple(one for one in schemes().values() if _is_all(name_words, one))


def is_refuted(values: Sequence[str], name_words: Sequence[str]) -> bool:
    """Whether a column's name says a scheme whose check digits its values lack: hardly more pass than by accident.

    A name that several schemes share, one of them without check digits (``cedula``), refutes nothing.
    """
    if _first_words().isdisjoint(name_words):
        return False
    named = [one.rule for one in _said_alone(tuple(name_words))]
    some = list(values[:_SOME])
    if not named or len(some) < _REFUTING or any(rule.needs_name or rule.most < _MOST for rule in named):
        return False
    return all(sum(map(rule.matches, some)) <= _REFUTED * len(some) for rule in named)


@lru_cache(maxsize=1)
def text_patterns() -> tuple[TextPattern, ...]:
    """Schemes in running text: alone in a shape that nothing else is written in, otherwise beside a word of theirs."""
    found = []
    for scheme in schemes().values():
        rule = scheme.rule
        rest = tuple(shape for shape in scheme.shapes if shape not in scheme.alone)
        if scheme.alone:
            found.append(
                TextPattern(
                    rule.name,
                    rule.category,
                    _candidate(scheme.alone),
                    rule.matches,
                    0.85 if rule.chance <= 0.11 else 0.6,
                )
            )
        if rest and scheme.words:
            found.append(
                TextPattern(
                    rule.name,
                    rule.category,
                    _candidate(rest),
                    rule.matches,
                    0.75,
                    frozenset(scheme.words),
                    needs_context=True,
                )
            )
    return tuple(found)


def _candidate(shapes: Sequence[str]) -> str:
    """A regular expression over text for those over signatures: ``9`` is a digit, ``a`` a letter."""
    written = "|".join(f"(?:{_in_text(shape)})" for shape in shapes)
    return rf"(?<![\w.-])(?:{written})(?![\w-]|\.\d)"


def _in_text(shape: str) -> str:
    out, inside, counting = [], False, False
    for char in shape:
        if char == "[":
            inside = True
        elif char == "]":
            inside = False
        elif char in "{}":
            counting = char == "{"
        if char == "9" and not counting:
            out.append("0-9" if inside else "[0-9]")
        elif char == "a" and not counting:
            out.append("A-Za-z" if inside else "[A-Za-z]")
        else:
            out.append(char)
    return "".join(out)
