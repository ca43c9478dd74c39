"""Fixed formats: hashes of passwords, keys and tokens, masked cards, coordinates, plates, dates of birth.

``formats.toml`` lists those that a single value shows; what only a column can show (ages, addresses of machines) is a
function here.
"""

from __future__ import annotations

import datetime as dt
import re
import tomllib
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from importlib import resources
from ipaddress import ip_address
from typing import Any

from scanners.detect.base import Passed, Rule

_VIN_VALUES = dict(
    zip("ABCDEFGHJKLMNPRSTUVWXYZ", (1, 2, 3, 4, 5, 6, 7, 8, 1, 2, 3, 4, 5, 7, 9, 2, 3, 4, 5, 6, 7, 8, 9), strict=True)
)
_VIN_WEIGHTS = (8, 7, 6, 5, 4, 3, 2, 10, 0, 9, 8, 7, 6, 5, 4, 3, 2)


def vin(value: str) -> bool:
    """ISO 3779 with the North American check digit (49 CFR 565.15)."""
    text = value.upper()
    if not text.isascii() or text.isdigit() or text.isalpha():
        return False
    total = sum(
        weight * (int(char) if char.isdigit() else _VIN_VALUES[char])
        for weight, char in zip(_VIN_WEIGHTS, text, strict=True)
    )
    return "0123456789X"[total % 11] == text[8]


def masked(value: str) -> bool:
    """Whether a masked number is as long as a card's, and something of it is left out by a sign made for it."""
    signs = [char for char in value if char.isalnum() or char in "*•#."]
    return 12 <= len(signs) <= 19 and sum(not char.isdigit() for char in signs) >= 4 and "...." not in value[:4]


_CHECKS: Mapping[str, Callable[[str], bool]] = {"vin": vin, "masked": masked}


def _accepts(entry: Mapping[str, Any]) -> Callable[[str], bool]:
    # As one expression, with the flags that each begins with around it alone.
    scoped = (re.sub(r"^\(\?([a-z]+)\)(.*)$|^(.*)$", r"(?\1:\2\3)", form, flags=re.DOTALL) for form in entry["forms"])
    forms = re.compile("|".join(scoped)).fullmatch
    check = _CHECKS.get(entry.get("check", ""))

    def accepts(value: str) -> bool:
        return forms(value) is not None and (check is None or check(value))

    return accepts


@lru_cache(maxsize=1)
def rules() -> tuple[Rule, ...]:
    """Rules for whole values."""
    with resources.files("scanners.detect").joinpath("formats.toml").open("rb") as stream:
        entries = tomllib.load(stream)["formats"]
    return tuple(
        Rule(
            f"format:{entry['name']}",
            entry["category"],
            re.compile(entry["shape"], re.DOTALL),
            _accepts(entry),
            entry["chance"],
            most=entry.get("most", 9.0),
            needs_name=entry.get("needs_name", False),
            named_by=frozenset(entry.get("named_by", ())),
            examples=tuple(entry["examples"]),
            counter_examples=tuple(entry["counter_examples"]),
        )
        for entry in entries
    )


# ---- dates of birth

#: The oldest person, in years, and how many years the births of a table's people lie apart at the least.
_OLDEST, _APART = 110, 15
#: Of people in a table half are older than this.
_GROWN = 12
_ISO = re.compile(r"(\d{4})[-/.](\d\d?)[-/.](\d\d?)(?:[T ]00:00(?::00(?:\.0+)?)?(?:Z|[+-]\d\d:?\d\d)?)?")
_DAY_FIRST = re.compile(r"(\d\d?)[-/. ](\d\d?)[-/. ](\d{4}|\d\d)")
_COMPACT = re.compile(r"((?:19|20)\d\d)(\d\d)(\d\d)")


def birth_date(value: str, today: dt.date) -> dt.date | None:
    """The day that a value names, where a living person can be born on it; None for others, and for a time of day."""
    found = _ISO.fullmatch(value) or _COMPACT.fullmatch(value)
    if found is not None:
        parts = [(int(found[1]), int(found[2]), int(found[3]))]
    else:
        found = _DAY_FIRST.fullmatch(value)
        if found is None:
            return None
        year = int(found[3])
        if len(found[3]) == 2:
            year += 2000 if year <= today.year % 100 else 1900
        parts = [(year, int(found[2]), int(found[1])), (year, int(found[1]), int(found[2]))]
    for year, month, day in parts:
        try:
            date = dt.date(year, month, day)
        except ValueError:
            continue
        if today.year - _OLDEST <= date.year and date <= today:
            return date
    return None


def birth_dates(values: Iterable[str], today: dt.date) -> float:
    """Share of values that are dates of birth of living people; 0 where they lie together as dates of events do.

    Births lie decades apart, and half of the people of a table are out of school. ``today`` bounds the ages: the day of
    the scan, or any fixed one.
    """
    values = list(values)
    dates = [date for date in (birth_date(value, today) for value in values) if date is not None]
    if not values or not dates:
        return 0.0
    years = sorted(date.year for date in dates)
    cut = len(years) // 10
    middle = years[cut : len(years) - cut]
    is_spread = middle[-1] - middle[0] >= (_APART if len(years) >= 5 else 1)
    is_grown = years[len(years) // 2] <= today.year - _GROWN
    # Dates that stand for others: the first of January of every year is none.
    is_day = len({(date.month, date.day) for date in dates}) > max(1, len(set(dates)) // 4) or len(dates) < 5
    return len(dates) / len(values) if is_spread and is_grown and is_day else 0.0


# ---- addresses of machines


@dataclass(frozen=True, slots=True)
class Addresses:
    """What addresses of a column are, as shares of the values that are any."""

    public: float
    private: float
    #: Of all four numbers all are small, as in versions of programs.
    versions: float


_SMALL = 40


def addresses(values: Sequence[str]) -> Addresses:
    """Tell people's addresses from those of a company's own machines, and from versions."""
    public = private = small = 0
    for value in values:
        try:
            address = ip_address(value.partition("/")[0])
        except ValueError:
            continue
        public += address.is_global
        private += not address.is_global
        if address.is_global and address.version == 4:
            small += max(address.packed) < _SMALL
    total = public + private
    if not total:
        return Addresses(0.0, 0.0, 0.0)
    return Addresses(public / total, private / total, small / total)


# ---- what only a column shows

#: Values on which a column is judged, and how many there have to be.
_SOME, _ENOUGH = 200, 3
#: From this share on addresses are versions, or a company's own; and the most that those say.
_MOSTLY, _MOST_PRIVATE = 0.9, 4.0
#: Births that are known to lie before this day; later ones are few in any table for years.
_LATEST = dt.date(2026, 12, 31)
#: Share of other columns of dates that lie decades apart, and the most that says.
_DATES_APART, _MOST_BIRTHS = 0.2, 3.5


def weigh(values: Sequence[str], passed: Sequence[Passed], named: str | None) -> list[Passed]:
    """What the detectors found in a column, after a look at the column as a whole. ``named``: what its name says."""
    some = values[:_SOME]
    found = [_told_by(one, named) for one in passed]
    if named != "online.ip_address" and any(one.category == "online.ip_address" for one in found):
        found = [_of_machines(one, some) if one.category == "online.ip_address" else one for one in found]
    if (
        named in (None, "demographic.date_of_birth")
        and len(some) >= _ENOUGH
        and any(char.isdigit() for char in some[0])
    ):
        share = birth_dates(some, _LATEST)
        if share >= (_MOSTLY if named is None else 0.01):
            found.append(
                Passed(
                    "format:birth_date",
                    "demographic.date_of_birth",
                    round(share * len(some)),
                    len(some),
                    _DATES_APART,
                    needs_name=False,
                    most=_MOST_BIRTHS,
                )
            )
    return found


def _told_by(item: Passed, named: str | None) -> Passed:
    """A format under a name for something else, such as a digest under one for passwords, is sure from one value on."""
    rule = _by_name().get(item.detector)
    is_told = rule is not None and named in rule.named_by and item.matched >= _MOSTLY * item.of
    return replace(item, weight=rule.most) if rule is not None and is_told else item


@lru_cache(maxsize=1)
def _by_name() -> Mapping[str, Rule]:
    return {rule.name: rule for rule in rules() if rule.named_by}


def _of_machines(item: Passed, values: Sequence[str]) -> Passed:
    kinds = addresses(values)
    if kinds.versions >= _MOSTLY and len(values) >= _ENOUGH:
        return replace(item, needs_name=True)
    return replace(item, most=min(item.most, _MOST_PRIVATE)) if kinds.private >= _MOSTLY else item
