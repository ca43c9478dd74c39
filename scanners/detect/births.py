"""Dates of birth in running text, as against other dates. Words are data: ``births.toml``."""

from __future__ import annotations

import re
import tomllib
from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from importlib import resources

from scanners.detect.base import Span
from scanners.detect.folding import word_fold
from scanners.detect.words import Word, index_at

_LONGEST = 4
#: Characters between the words and the date at most: ``born in Leeds on 3 May 1980``.
_REACH, _YEAR_REACH = 45, 8

_YEAR = r"(?:1[89]\d\d|20[0-4]\d)"
_NUMERIC = re.compile(
    rf"(?<![\d./-])(?:{_YEAR}[-./]\d{{1,2}}[-./]\d{{1,2}}|\d{{1,2}}\s?[./-]\s?\d{{1,2}}\s?[./-]\s?(?:{_YEAR}|\d\d))(?![\d]|[./-]\d)"
)
_DAY_FIRST = re.compile(
    rf"(?<![\w.])(?P<day>\d{{1,2}})(?:st|nd|rd|th|er|º|\.)?\s(?:of\s|de\s|d[’'])?(?P<month>[^\W\d_]{{3,12}})\.?,?"
    rf"(?:\s(?:de\s|del\s)?(?P<year>{_YEAR}))?(?![\w])"
)
_MONTH_FIRST = re.compile(
    rf"(?<![\w.])(?P<month>[^\W\d_]{{3,12}})\.?\s(?P<day>\d{{1,2}})(?:st|nd|rd|th)?(?:,?\s(?P<year>{_YEAR}))?(?![\w])"
)
_BARE_YEAR = re.compile(rf"(?<![\w./-]){_YEAR}(?![\w/-]|\.\d)")
_STAR = re.compile(r"(?:^|[\s,(])\*\s?$")


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """``births.toml``, folded."""

    before: frozenset[tuple[str, ...]]
    after: frozenset[tuple[str, ...]]
    months: frozenset[str]


@lru_cache(maxsize=1)
def vocabulary() -> Vocabulary:
    """The shipped words."""
    with resources.files("scanners.detect").joinpath("births.toml").open("rb") as stream:
        raw = tomllib.load(stream)
    return Vocabulary(
        frozenset(tuple(re.split(r"[ ._]+", phrase)) for phrase in raw["before"]),
        frozenset(tuple(phrase.split()) for phrase in raw["after"] if phrase != "in"),
        frozenset(raw["months"].split()),
    )


def dates_of(text: str) -> list[tuple[int, int]]:
    """Where calendar dates stand: written with numbers, or with the name of a month."""
    found = [match.span() for match in _NUMERIC.finditer(text)]
    months = vocabulary().months
    for pattern in (_DAY_FIRST, _MONTH_FIRST):
        for match in pattern.finditer(text):
            if word_fold(match["month"]) in months and 1 <= int(match["day"]) <= 31:
                start, stop = match.span()
                if all(stop <= low or high <= start for low, high in found):
                    found.append((start, stop - (match.group()[-1] in ",.")))
    return sorted(found)


def births_in(text: str, words: Sequence[Word]) -> Iterator[Span]:
    """Dates that the words around them say to be somebody's date of birth."""
    cues = _cues(words)
    if not cues and "*" not in text:
        return
    dates = dates_of(text)
    for number, (start, stop) in enumerate(dates):
        cue = _before(cues, start)
        is_near = cue is not None and start - cue <= _REACH and _is_bridge(text[cue:start])
        is_first = not number or cue is None or dates[number - 1][0] < cue
        if (is_near and is_first) or _STAR.search(text, max(0, start - 3), start) or _is_said_after(words, stop):
            yield Span(start, stop, "demographic.date_of_birth", 0.85, "date:birth")
    for match in _BARE_YEAR.finditer(text):
        start, stop = match.span()
        cue = _before(cues, start)
        at = bisect_left(dates, (start + 1, 0))
        is_in_date = at > 0 and dates[at - 1][1] > start
        if cue is not None and start - cue <= _YEAR_REACH and not is_in_date and _is_bridge(text[cue:start]):
            yield Span(start, stop, "demographic.date_of_birth", 0.7, "date:birth")


def _before(cues: Sequence[int], start: int) -> int | None:
    """The last of the sorted offsets that is not behind ``start``."""
    at = bisect_right(cues, start)
    return cues[at - 1] if at else None


def _cues(words: Sequence[Word]) -> list[int]:
    """Where the words for a birth end."""
    known = vocabulary().before
    found = []
    for index in range(len(words)):
        for length in range(1, min(_LONGEST, len(words) - index) + 1):
            if tuple(word.folded for word in words[index : index + length]) in known:
                if words[index].folded == "b" and words[index].text != "b":
                    continue
                found.append(words[index + length - 1].stop)
    return sorted(found)


def _is_bridge(between: str) -> bool:
    """Whether what stands between the words and a date keeps them together."""
    return len(between) <= _REACH and between.count(".") <= 2 and not re.search(r"[!?;]\s|\n\n|\d{3}", between)


def _is_said_after(words: Sequence[Word], stop: int) -> bool:
    following = words[index_at(words, stop) : index_at(words, stop + 17)][:3]
    return any(tuple(word.folded for word in following[:length]) in vocabulary().after for length in (1, 2, 3))
