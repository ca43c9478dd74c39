"""Where the people of a table live: by the source's country, a column for the country, prefixes, words of the names.

Pure. It decides nothing alone: schemes of that country, and its telephone numbers, are tried and believed first.
"""

from __future__ import annotations

import re
import tomllib
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from importlib import resources

from scanners.detect.names import fold, split

#: Values of a column that are looked at.
_SOME = 200
#: Countries of fewer of the rows than this are a customer's, not the table's.
_SHARE = 0.1
_COUNTRY_WORDS = frozenset(
    ["country", "countries", "land", "pays", "pais", "paese", "kraj", "nation", "nationality", "ctry"]
)
_CODE = re.compile(r"[A-Z]{2}")
#: An IBAN begins with its country.
_IBAN = re.compile(r"([A-Z]{2})\d\d[ ]?[A-Z0-9]{4}[A-Z0-9 ]{7,}")
_PREFIX = re.compile(r"\(?\+[\d ()./-]{7,20}")


@dataclass(frozen=True, slots=True)
class Origin:
    """Countries, the likeliest first, and languages."""

    countries: tuple[str, ...] = ()
    languages: tuple[str, ...] = ()


def origin_of(columns: Iterable[tuple[str, Mapping[str, int]]], country: str | None = None) -> Origin:
    """What a table's columns, each a name with its values, say. ``country``: the source's own."""
    seen: Counter[str] = Counter()
    words: Counter[str] = Counter()
    for name, counts in columns:
        parts = split(name)
        for language in {tongue for part in parts for tongue in _tongues().get(part, ())}:
            words[language] += 1
        some = list(counts)[:_SOME]
        if _COUNTRY_WORDS.intersection(parts):
            found = Counter({code: counts[value] for value in some if (code := _country(value))})
        else:
            found = Counter(code for value in some if (code := _of_number(value)))
        total = sum(found.values())
        if total >= 0.5 * min(len(some), total + 1):
            seen.update({code: 1 for code, times in found.items() if times >= _SHARE * total})
    most = max(words.values(), default=0)
    languages = tuple(sorted(language for language, times in words.items() if times == most and times >= 2))
    told = [code for code, _ in seen.most_common(5)]
    spoken = [code for language in languages for code in _homes().get(language, ())[:3]] if not told else []
    return Origin(tuple(dict.fromkeys([*([country] if country else []), *told, *spoken])), languages)


def _country(value: str) -> str | None:
    if _CODE.fullmatch(value):
        return "GB" if value == "UK" else value
    return _written().get(fold(value).strip().replace(" ", "-"))


def _of_number(value: str) -> str | None:
    iban = _IBAN.fullmatch(value)
    if iban is not None:
        return iban.group(1)
    if _PREFIX.fullmatch(value) is None:
        return None
    from scanners.detect import phones

    return phones.region_of(value)


@lru_cache(maxsize=1)
def _data() -> Mapping[str, Mapping[str, str]]:
    with resources.files("scanners.detect").joinpath("origin.toml").open("rb") as stream:
        found: Mapping[str, Mapping[str, str]] = tomllib.load(stream)
    return found


@lru_cache(maxsize=1)
def _tongues() -> Mapping[str, tuple[str, ...]]:
    found: dict[str, list[str]] = {}
    for language, words in _data()["words"].items():
        for word in words.split():
            found.setdefault(word, []).append(language)
    return {word: tuple(languages) for word, languages in found.items()}


@lru_cache(maxsize=1)
def _homes() -> Mapping[str, tuple[str, ...]]:
    return {language: tuple(codes.split()) for language, codes in _data()["languages"].items()}


@lru_cache(maxsize=1)
def _written() -> Mapping[str, str]:
    return {name: code for code, names in _data()["countries"].items() for name in names.split()}
