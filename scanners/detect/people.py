"""Names of people by a lexicon: which words are given names, surnames or common words. Pure but for loading it.

``people.txt`` is built by ``scripts/lexicon.py``; its sources stand in NOTICE.
"""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass
from functools import lru_cache
from importlib import resources

from scanners.detect.base import Rule
from scanners.detect.names import fold

_WORD = re.compile(r"[^\W\d_]+(?:['’`-][^\W\d_]+)*\.?")
_SHAPE = re.compile(r"[a.,'’`\- ]{2,60}")


@dataclass(frozen=True, slots=True)
class Lexicon:
    """Folded words by what they are."""

    #: Written between or before the words of a name, and no name by themselves.
    particles: frozenset[str]
    #: Words by which a name of an organisation, a place or a thing gives itself away.
    others: frozenset[str]

    given: frozenset[str]
    #: Given names that are also common words.
    given_or_word: frozenset[str]
    surname: frozenset[str]
    surname_or_word: frozenset[str]
    word: frozenset[str]


@lru_cache(maxsize=1)
def lexicon() -> Lexicon:
    """The shipped lexicon."""
    text = resources.files("scanners.detect").joinpath("people.txt").read_text(encoding="utf-8")
    found = {}
    for line in text.splitlines():
        key, _, words = line.partition(" ")
        found[key] = frozenset(words.split(" "))
    with resources.files("scanners.detect").joinpath("lexicon.toml").open("rb") as stream:
        names = tomllib.load(stream)["names"]
    return Lexicon(
        frozenset(names["particles"].split()),
        frozenset(names["others"].split()),
        found["given"],
        found["given?"],
        found["surname"],
        found["surname?"],
        found["word"],
    )


def words_of(value: str) -> list[str] | None:
    """The folded words of what may be a name; None when something in it is no word of a name."""
    parts = value.replace(",", " ").split()
    if not 1 <= len(parts) <= 6:
        return None
    known = lexicon()
    words = []
    for part in parts:
        if not _WORD.fullmatch(part):
            return None
        folded = fold(part).rstrip(".")
        if folded in known.others:
            return None
        if len(folded) == 1 or folded in known.particles:  # an initial, a title, a particle
            continue
        if part.islower():
            return None
        words.append(folded)
    return words or None


def is_full_name(value: str) -> bool:
    """Whether a value is a given name with a surname, in either order: ``Jane van der Doe``, ``Doe, J. Jane``."""
    words = words_of(value)
    if words is None or not 2 <= len(words) <= 4:
        return False
    known = lexicon()
    parts = [part for word in words for part in word.replace("'", "-").split("-") if part]
    given = sum(part in known.given or part in known.given_or_word for part in parts)
    surnames = sum(part in known.surname or part in known.surname_or_word for part in parts)
    common = sum(part in known.word for part in parts)
    return given >= 1 and (given + surnames >= 2 or len(parts) > given) and common == 0


def is_given_name(value: str) -> bool:
    """Whether a value of one word, or a double name, is made of given names."""
    known = lexicon()
    return _consists_of(value, (known.given, known.given_or_word))


def is_name_word(value: str) -> bool:
    """Whether a value of one word, or a double name, is made of given names or surnames."""
    known = lexicon()
    return _consists_of(value, (known.given, known.given_or_word, known.surname, known.surname_or_word))


def _consists_of(value: str, sets: tuple[frozenset[str], ...]) -> bool:
    words = words_of(value)
    if words is None or len(words) > 2:
        return False
    parts = [part for word in words for part in word.replace("'", "-").split("-") if part]
    return all(any(part in names for names in sets) for part in parts)


@lru_cache(maxsize=1)
def rules() -> tuple[Rule, ...]:
    """Rules for whole values.

    The chance rates are the highest shares that columns of other things reached (towns, films, firms, wares, colours):
    towns and wares are called after people, and in one list they are all of a kind, so what passing says is bounded.
    """
    return (
        Rule(
            "lexicon:full_name", "identity.name", _SHAPE, is_full_name, 0.18, most=6.0, examples=("Jane van der Doe",)
        ),
        Rule("lexicon:given_name", "identity.name", _SHAPE, is_given_name, 0.32, most=4.5, examples=("Anne-Marie",)),
        Rule("lexicon:name_word", "identity.name", _SHAPE, is_name_word, 0.52, most=1.5),
    )
