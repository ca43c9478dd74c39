"""The language of a text, told from its most common small words. Pure but for loading the words."""

from __future__ import annotations

import re
import tomllib
from collections import Counter
from collections.abc import Mapping
from functools import lru_cache
from importlib import resources
from typing import Any

from scanners.detect.folding import word_fold

#: ISO 639-1 codes of the languages whose words are known.
LANGUAGES = ("en", "de", "fr", "es", "it", "pt", "nl", "pl")
#: A text's beginning says it all.
_CHARS = 4_000
_WORD = re.compile(r"[^\W\d_]+")


@lru_cache(maxsize=1)
def _raw() -> Mapping[str, Any]:
    with resources.files("scanners.detect").joinpath("language.toml").open("rb") as stream:
        return tomllib.load(stream)


@lru_cache(maxsize=1)
def introducing() -> frozenset[tuple[str, ...]]:
    """Words directly behind which somebody's name stands, however it is written."""
    return frozenset(tuple(phrase.split()) for phrase in _raw()["introducing"])


@lru_cache(maxsize=1)
def telling() -> tuple[str, ...]:
    """Phrases in lower case, with their accents, behind which somebody tells their own name."""
    return tuple(_raw()["telling"])


@lru_cache(maxsize=1)
def _words() -> Mapping[str, Mapping[str, float]]:
    """Small word → language → weight: a word that several languages share says less about each."""
    raw = _raw()
    found: dict[str, dict[str, float]] = {}
    for code in LANGUAGES:
        for word in raw[code].split():
            found.setdefault(word, {})[code] = 0.0
    return {word: dict.fromkeys(codes, 1 / len(codes)) for word, codes in found.items()}


@lru_cache(maxsize=1)
def small_words() -> frozenset[str]:
    """The small words of all languages, without accents: no names of anything."""
    return frozenset(map(word_fold, _words()))


def language_of(text: str) -> str | None:
    """The code of the language that a text is most likely in; None when too little speaks for any."""
    words = _words()
    scores: Counter[str] = Counter()
    for word in _WORD.findall(text[:_CHARS].lower()):
        scores.update(words.get(word, {}))
    best = scores.most_common(2)
    if not best or best[0][1] < 0.9 or (len(best) == 2 and best[0][1] < 1.15 * best[1][1]):
        return None
    return best[0][0]
