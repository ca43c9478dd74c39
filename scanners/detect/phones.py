"""Telephone numbers: as whole values of a column, and in running text. Numbering plans are those of phonenumbers.

A column is tried as a whole: which region's plan explains its values tells numbers of a telephone from other digits.
phonenumbers parses 10,000 values a second; the plans' own expressions, asked directly, read fifty times as many.
"""

from __future__ import annotations

import re
import tomllib
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from importlib import resources
from math import log
from typing import Any

from scanners.detect.base import Passed, Rule, TextPattern
from scanners.masking import signatures

#: Regions tried for a phone number without a country code, when the source's country is not known.
REGIONS = ("US", "GB", "DE", "FR", "ES", "IT", "NL", "PL", "PT", "BE", "AT", "CH", "CA", "AU", "IN", "BR", "MX", "JP")

#: What is written like a number of a telephone and is a date, a time, a price, an invoice, or American post.
DATE = re.compile(
    r"(?:19|20)\d\d[-./ ]\d\d?[-./ ]\d\d?|\d\d?[-./]\d\d?[-./](?:19|20)\d\d|^\d\d?:\d\d|^\d+\.\d+$"
    r"|^\d{4}-\d{4}$|^(?:19|20)\d\d[-/]\d{3,}$|^\d{5}-\d{4}$"
    r"|^\d{1,3}[ .]\d{3}$|^\d\d?(?:[ .]\d{3}){2,3}$|^\d{3}(?:\.\d{3}){2}$"
)
#: How many digits a number has, written nationally or with its country's code.
LENGTHS = range(7, 14)

#: In signatures a letter is an ``a``.
_EXTENSION = r"(?: ?(?:;aaa=|a{1,9}\.?|#) ?9{1,6})?"
_INTERNATIONAL = re.compile(rf"(?:aaa:)?\(?(?:\+|00) ?\(?9[9 ().\-/]{{6,22}}9{_EXTENSION}")
_WRITTEN = re.compile(rf"(?:aaa:)?\(?9{{1,5}}\)?[ .\-/](?:[9() .\-/]{{4,16}})9{_EXTENSION}")
_DIGITS = re.compile(r"9{7,13}")
_TAIL = re.compile(r"(?i) ?(?:;ext=|x|extn?\.?|#|durchwahl|dw|poste|int\.?) ?(\d{1,6})$")
_NOT_DIGIT = re.compile(r"\D")
#: Values on which the region is chosen; a region that explains less than nothing of the first of them is out.
_FIRST, _LOST = 60, 15
#: Share of true numbers in a true column.
_TRUE_RATE = 0.85
#: The most that a column of numbers can say: written with separators; bare digits, by how often other digits fit the
#: plan. Digits that lie close together are a sequence.
_MOST_WRITTEN, _MOST_FIRM, _MOST_LOOSE, _MOST_SEQUENCE = 6.0, 5.0, 2.0, 0.5
#: A column of bare digits of which fewer are numbers is none of telephones, unless its name says so.
_BARE_SHARE = 0.75
#: How North America groups its numbers, and how a country's code is written before any; by form alone.
_NORTH_AMERICAN = re.compile(
    r"(?:1[-. ]|001-)?(?:\([2-9]\d\d\) ?\d{3}[-. ]\d{4}|[2-9]\d\d([-.])\d{3}\1\d{4})(?: ?(?:x|ext\.?) ?\d{1,6})?"
)
_CODED = re.compile(r"(?:tel:)?\(?\+ ?\(?\d{1,3}[\d ().\-/]{5,20}\d(?: ?(?:x|ext\.?) ?\d{1,6})?", re.IGNORECASE)
#: So many of a column are written so, and what that says at the most.
_FORM_SHARE, _MOST_FORM = 0.75, 7.5
#: So many with a country's code tell what the others are.
_CODED_SHARE = 0.1
#: Digits of a telephone among others are not told by themselves, however few digits a plan allows.
_NOT_SURE = 0.03
#: A plan that fewer digits fit than this says something.
_FIRM = 0.2
#: Likelier beforehand: where the source or the table says the country.
_HOME = 3.0


@dataclass(frozen=True, slots=True)
class Plan:
    """The numbers of one region."""

    region: str
    code: int
    prefix: re.Pattern[str] | None
    transform: str | None
    general: re.Pattern[str]
    types: tuple[re.Pattern[str], ...]

    def is_number(self, digits: str) -> bool:
        """Whether digits without any prefix are a number of the region."""
        return self.general.fullmatch(digits) is not None and any(
            kind.fullmatch(digits) is not None for kind in self.types
        )

    def stripped(self, digits: str) -> str:
        """Digits without the prefix that calls inside of the country begin with."""
        if self.prefix is None:
            return digits
        found = self.prefix.match(digits)
        if found is None or not found.group():
            return digits
        if self.transform and found.lastindex and found.group(found.lastindex) is not None:
            rest = self.prefix.sub(self.transform, digits, count=1)
        else:
            rest = digits[found.end() :]
        fits = self.general.fullmatch
        return digits if fits(digits) is not None and fits(rest) is None else rest


@lru_cache(maxsize=1)
def regions() -> tuple[str, ...]:
    """All regions with a numbering plan."""
    import phonenumbers

    return tuple(sorted(phonenumbers.SUPPORTED_REGIONS))


@lru_cache(maxsize=512)
def plan(region: str) -> Plan | None:
    """The plan of a region; None where there is no such region."""
    from phonenumbers import PhoneMetadata

    data: Any = PhoneMetadata.metadata_for_region(region, None)
    if data is None:
        return None
    kinds = (
        data.fixed_line, data.mobile, data.toll_free, data.premium_rate, data.shared_cost, data.personal_number,
        data.voip, data.pager, data.uan, data.voicemail,
    )  # fmt: skip
    expressions = dict.fromkeys(kind.national_number_pattern for kind in kinds if kind is not None)
    prefix = data.national_prefix_for_parsing
    return Plan(
        region,
        data.country_code,
        re.compile(prefix) if prefix else None,
        data.national_prefix_transform_rule,
        re.compile(data.general_desc.national_number_pattern),
        tuple(re.compile(expression) for expression in expressions if expression),
    )


@lru_cache(maxsize=1)
def _codes() -> Mapping[str, tuple[str, ...]]:
    from phonenumbers import COUNTRY_CODE_TO_REGION_CODE

    return {str(code): found for code, found in COUNTRY_CODE_TO_REGION_CODE.items()}


def _of_code(digits: str) -> tuple[str, tuple[str, ...]]:
    """What follows a country's code, and the regions that share the code."""
    for size in (1, 2, 3):
        if digits[:size] in _codes():
            return digits[size:], _codes()[digits[:size]]
    return digits, ()


def _is_of(digits: str, main: Plan | None, shared: Sequence[str]) -> bool:
    """Whether digits, with a region's inland prefix or without, are a number in one that shares its code."""
    if main is None:  # 001: free numbers of the world
        return False
    digits = main.stripped(digits)
    return any(one is not None and one.is_number(digits) for one in map(plan, shared))


def bare(value: str) -> tuple[str, bool]:
    """The digits of a number without its extension, and whether a country's code leads them."""
    text = value.strip()
    if text[:4].lower() == "tel:":
        text = text[4:]
    text = _TAIL.sub("", text)
    head = text.lstrip("( ")
    is_international = head.startswith(("+", "00"))
    if is_international:
        text = text.replace("(0)", "", 1)
    digits = _NOT_DIGIT.sub("", text)
    return (digits[2:] if head.startswith("00") else digits), is_international


def is_international(digits: str) -> bool:
    """Whether digits that begin with a country's code are a valid number."""
    rest, shared = _of_code(digits)
    return bool(shared) and _is_of(rest, plan(shared[0]), shared)


@lru_cache(maxsize=100_000)
def is_national(digits: str, region: str) -> bool:
    """Whether digits are a valid number as one writes it in the region, with the prefix for calls inland or without."""
    main = plan(region)
    return main is not None and 4 <= len(digits) <= 14 and _is_of(digits, main, _codes()[str(main.code)])


def _has_own_code(digits: str, region: str) -> bool:
    """Whether digits are a region's number behind its country's code, and no number of it as they stand."""
    main = plan(region)
    code = str(main.code) if main is not None else ""
    if main is None or not digits.startswith(code) or main.general.fullmatch(digits) is not None:
        return False
    return _is_of(digits[len(code) :], main, _codes()[code])


def is_phone(value: str, tried: Sequence[str]) -> bool:
    """Whether a value is a valid number, written internationally or as in one of the regions."""
    digits, has_code = bare(value)
    if has_code and (is_international(digits) or "+" in value):
        return is_international(digits)
    digits = f"00{digits}" if has_code else digits
    return any(is_national(digits, region) or _has_own_code(digits, region) for region in tried)


def region_of(value: str) -> str | None:
    """The region of a valid number that has a country's code; of those that share one, the main one."""
    digits, has_code = bare(value)
    _, shared = _of_code(digits)
    return shared[0] if has_code and shared and is_international(digits) else None


# ---- columns


@lru_cache(maxsize=1)
def _chances() -> Mapping[str, Sequence[float]]:
    with resources.files("scanners.detect").joinpath("phones.toml").open("rb") as stream:
        found: Mapping[str, Sequence[float]] = tomllib.load(stream)["chance"]
    return found


def chance(region: str, length: int) -> float:
    """Share of random digits, so many of them, that are a number in the region."""
    rates = _chances().get(region)
    return 0.0 if rates is None or length not in LENGTHS else rates[length - LENGTHS.start]


def is_candidate(mark: str, value: str) -> bool:
    """Whether a value's signature could be that of a number; cheap, and right for all that ``column`` counts."""
    return len(mark) <= _LONGEST_MARK and _may_be_dialled(mark) and DATE.search(value) is None


#: No number is written with more signs.
_LONGEST_MARK = 60


@lru_cache(maxsize=100_000)
def _may_be_dialled(mark: str) -> bool:
    return any(form.fullmatch(mark) for form in (_DIGITS, _WRITTEN, _INTERNATIONAL))


@dataclass(frozen=True, slots=True)
class _Reading:
    """One way to read a column's bare or national digits: as numbers of a region, or with its code before them."""

    region: str
    has_code: bool

    def accepts(self, digits: str) -> bool:
        if not self.has_code:
            return is_national(digits, self.region)
        main = plan(self.region)
        return main is not None and digits.startswith(str(main.code)) and is_international(digits)

    def chance(self, length: int) -> float:
        main = plan(self.region)
        if main is None:
            return 1.0
        if not self.has_code:
            return max(0.001, chance(self.region, length))
        code = str(main.code)
        return max(0.001, 10.0 ** -len(code) * max(0.1, chance(self.region, length - len(code))))


def column(
    values: Sequence[str], home: Sequence[str] = (), *, is_named: bool = False
) -> tuple[list[Passed], frozenset[str]]:
    """How many of a column's distinct values are numbers of telephones, and which.

    ``home``: regions that the source or the table names, the likeliest first. ``is_named``: the column's name says so.
    Numbers without a country's code are read as those of the one region that explains most of them.
    """
    coded, others, bares = {}, {}, 0
    for value, mark in zip(values, signatures(values), strict=True):
        if not is_candidate(mark, value):
            continue
        digits, has_code = bare(value)
        if has_code:
            coded[value] = digits
        elif len(digits) in LENGTHS:
            others[value] = digits
            bares += mark == "9" * len(mark)
    found = _by_form(values)
    taken = {value for value, digits in coded.items() if is_international(digits)}
    if found and len(taken) < _FORM_SHARE * len(values):
        return found, frozenset(coded) | frozenset(others)
    if taken:
        rule = "phonenumbers:international"
        found.append(Passed(rule, "contact.phone", len(taken), len(values), 0.02, needs_name=False))
    if not others or len(others) + len(taken) < 0.3 * len(values):
        return found, frozenset(taken)
    abroad = [_of_code(digits)[1][0] for digits in list(coded.values())[:_FIRST] if _of_code(digits)[1]]
    reading, score = _best(list(others.values())[:_FIRST], _tried(home, abroad))
    if reading is None or score <= 0:
        return found, frozenset(taken)
    passing = {value for value, digits in others.items() if reading.accepts(digits)}
    rates = [reading.chance(len(digits)) for digits in others.values()]
    rate = sum(rates) / len(rates)
    if not passing:
        return found, frozenset(taken)
    is_bare = bares > 0.5 * len(others)
    most = _MOST_WRITTEN if not is_bare else _MOST_FIRM if rate <= _FIRM else _MOST_LOOSE
    if rate > 0.5:
        most = min(most, 3.5)
    if is_bare and _is_sequence(list(others.values())):
        most = _MOST_SEQUENCE
    if is_named:
        most = max(most, 3.0)
    matched = len(passing) + len(taken)
    national = Passed(
        "phonenumbers:digits" if is_bare else "phonenumbers:national",
        "contact.phone",
        matched,
        len(values),
        min(0.95, max(_NOT_SURE, rate)),
        needs_name=False,
        most=most,
    )
    if is_bare and not is_named and matched < _BARE_SHARE * len(values):
        return found, frozenset(taken)
    tries = 1 if reading.region in home else 2 * len(_tried(home, abroad))
    found.append(_weighed(national, rate, tries))
    return found, frozenset(taken)


def _by_form(values: Sequence[str]) -> list[Passed]:
    """Columns whose values are written as hardly anything but telephones is; they may be made up, and in no plan."""
    coded = grouped = alike = 0
    for mark, value in zip(signatures(values), values, strict=True):
        digits, has_code = bare(value)
        if has_code and "+" in value:
            coded += 7 <= len(digits) <= 15 and bool(_of_code(digits)[1]) and _CODED.fullmatch(value) is not None
        elif _NORTH_AMERICAN.fullmatch(value) is not None:
            grouped += 1
        else:
            alike += len(digits) in LENGTHS and is_candidate(mark, value)
    matched = coded + grouped
    if coded >= max(2, _CODED_SHARE * len(values)):  # beside some with a code, the rest is what it looks like
        matched += alike
    if not matched or matched < _FORM_SHARE * len(values):
        return []
    most = _MOST_FORM * min(1.0, (matched + 1) / 4)
    row = Passed("phonenumbers:form", "contact.phone", matched, len(values), _NOT_SURE, needs_name=False, most=most)
    return [_weighed(row, _NOT_SURE, 1)]


def _weighed(item: Passed, rate: float, tries: int) -> Passed:
    """The row with its own weight: hits that fit a plan which most digits fit say little, however many they are, and
    the best of many plans says less than the only one.
    """
    rate = min(0.95, rate)
    true_rate = _TRUE_RATE + (1 - _TRUE_RATE) * rate
    hit, miss = log(true_rate / rate), log((1 - true_rate) / (1 - rate))
    return replace(item, weight=min(item.most, item.matched * hit + (item.of - item.matched) * miss - log(tries)))


def _tried(home: Sequence[str], abroad: Sequence[str]) -> tuple[str, ...]:
    frequent = [region for region, _ in Counter(abroad).most_common(3)]
    return tuple(dict.fromkeys([*home, *frequent, *REGIONS]))


def _best(digits: Sequence[str], tried: Sequence[str]) -> tuple[_Reading | None, float]:
    """The reading that explains most, and what it says against any other digits."""
    best, most = None, 0.0
    for index, region in enumerate(tried):
        if plan(region) is None:
            continue
        for has_code in (False, True):
            reading = _Reading(region, has_code)
            score = _HOME if index == 0 else 1.0 if index < 3 else 0.0
            for count, number in enumerate(digits):
                if count == _LOST and score < 0:
                    break
                rate = min(0.95, reading.chance(len(number)))
                true_rate = _TRUE_RATE + (1 - _TRUE_RATE) * rate
                score += log(true_rate / rate) if reading.accepts(number) else log((1 - true_rate) / (1 - rate))
            if score > most:
                best, most = reading, score
    return best, most


def _is_sequence(digits: Sequence[str]) -> bool:
    """Whether numbers of one length lie so close together that something counts them up."""
    lengths = {len(one) for one in digits}
    if len(digits) < 3 or len(lengths) > 1:
        return False
    numbers = sorted(map(int, digits))
    return numbers[-1] - numbers[0] < 10 ** (len(digits[0]) - 4) or len({one[:4] for one in digits}) == 1


def _coded(value: str) -> bool:
    digits, has_code = bare(value)
    return has_code and is_international(digits)


def _national(value: str) -> bool:
    return DATE.search(value) is None and is_phone(value, REGIONS)


@lru_cache(maxsize=1)
def rules() -> tuple[Rule, ...]:
    """Rules for single values. Of a column, ``column`` says more than they do."""
    return (
        Rule(
            "phonenumbers:international",
            "contact.phone",
            _INTERNATIONAL,
            _coded,
            0.02,
            examples=("+49 30 901820", "+1 (202) 456-1111", "tel:+49-30-901820", "+49 (0)30 901820-22"),
            counter_examples=("+0 12", "+49 1"),
        ),
        Rule(
            "phonenumbers:national",
            "contact.phone",
            # Written with separators: a bare run of digits is a number of any kind.
            _WRITTEN,
            _national,
            0.25,
            most=3.5,
            examples=("030 901820", "(202) 456-1111", "202.456.1111 ext. 12"),
            counter_examples=("2024-01-01", "1.23", "90210-1234"),
        ),
        Rule(
            "phonenumbers:digits",
            "contact.phone",
            _DIGITS,
            _national,
            0.75,
            most=1.5,
            needs_name=True,
            examples=("2024561111",),
        ),
        Rule(
            "phonenumbers:form",
            "contact.phone",
            # Of a column only: what is written so, valid or made up.
            re.compile(
                rf"{_INTERNATIONAL.pattern}|(?:9{{1,3}}[-. ])?\(?9{{3}}[-.) ]{{1,2}}9{{3}}[-. ]9{{4}}{_EXTENSION}"
            ),
            lambda value: bool(_by_form([value])),
            _NOT_SURE,
            most=_MOST_FORM,
            needs_name=True,
            examples=("+49 000 0000000", "(999) 123-4567"),
        ),
    )


# ---- running text

#: Words near a number that make it one of a telephone, folded.
_CONTEXT = frozenset(
    [
        "tel", "telefon", "telephone", "telefono", "telefoon", "telefone", "tlf", "phone", "mobile", "mobil", "mobiel",
        "cell", "cellphone", "celular", "movil", "cellulare", "portable", "handy", "fax", "call", "ring", "text",
        "whatsapp", "contact", "numero", "nummer", "number", "hotline", "sms", "anrufen", "appelez", "llamar", "dial",
        "telefonu", "telefonnummer", "rufnummer", "reach", "komorka", "durchwahl", "extension",
    ]
)  # fmt: skip


def text_patterns(tried: Sequence[str] = ()) -> tuple[TextPattern, ...]:
    """Numbers in running text: with a country's code, in a region's groups, or bare beside a word for telephones."""
    known = tuple(dict.fromkeys([*tried, *REGIONS[:6]]))

    def national(value: str) -> bool:
        return DATE.search(value) is None and is_phone(value, known)

    def grouped_alone(value: str) -> bool:
        """In the groups of North America, with the prefix for calls inland, or of a region of ours that has none."""
        if not national(value):
            return False
        if value.startswith(("0", "(")) or _NORTH_AMERICAN.fullmatch(value) is not None:
            return True
        digits, _ = bare(value)
        return any((one := plan(region)) and not one.prefix and is_national(digits, region) for region in tried)

    coded = r"(?:\+|\b00)\(?[0-9][0-9 ().\-/]{6,20}[0-9](?: ?(?:x|ext\.?) ?[0-9]{1,5})?"
    grouped = r"\(?\b[0-9]{2,5}\)?[ .\-/](?:[0-9() .\-/]{4,14})[0-9](?: ?(?:x|ext\.?) ?[0-9]{1,5})?"
    return (
        TextPattern("phonenumbers:international", "contact.phone", coded, _coded, 0.75),
        TextPattern("phonenumbers:national", "contact.phone", grouped, grouped_alone, 0.5),
        TextPattern("phonenumbers:national", "contact.phone", grouped, national, 0.5, _CONTEXT, needs_context=True),
        TextPattern(
            "phonenumbers:digits", "contact.phone", r"\b[0-9]{8,13}\b", national, 0.6, _CONTEXT, needs_context=True
        ),
    )
