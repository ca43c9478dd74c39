"""The lexicon of people's names: how often each word is a given name, a surname, or something else.

A word's share of given names is a mean over lists: each list of a country counts as one population, a short list less,
a list of a big population more. Its share of other things is a mean over words of many languages, names of towns and
names of wares, animals, dishes, films' and songs' titles. The lexicon keeps the logarithms of the three shares in
steps (``LEVEL_STEP``), as one hexadecimal digit each.

Words that no list has are judged by their letters: a logistic regression over three-letter groups, fitted here.
"""

from __future__ import annotations

import math
import random
import tomllib
import unicodedata
from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from scanners.detect.folding import word_fold
from scanners.detect.people import FLOOR, LEVEL_STEP, grams

#: Lists of these countries stand for more people than one list does.
_BIG = {"us": 4.0, "en": 2.0, "de": 2.0, "fr": 2.0, "es": 2.0, "it": 2.0, "pt": 2.0, "nl": 1.5, "pl": 1.5, "in": 1.5}
#: A list with fewer names is a part of what a country has.
_WHOLE_LIST = 250
#: No name is borne by more people of a world-wide column than this.
_MOST_OF_A_LIST = 0.006
#: So many people bear names that are rare everywhere; each listed name has its part of them.
_RARE = 0.2
#: Surnames of the census borne by a smaller percentage are left out: letters say as much.
_CENSUS_PERCENT = 0.0003
SSA_BIRTHS = 700
#: A word this far down in its language's list is no longer kept as a word.
_COMMON_RANK = 3000
#: Of a name in films that English also has as a noun (``bill``, ``rose``), so much is the noun.
_ALSO_A_WORD = 0.15
_MOST_LEVEL = 15
_GRAM_STEP = 8
LEAST_OTHER = 5

with Path(__file__).with_name("settings.toml").open("rb") as _stream:
    SETTINGS = tomllib.load(_stream)
_LANGUAGES = SETTINGS["languages"].split()
_SCRIPTS = SETTINGS["scripts"].split()
_SAINTS = frozenset(SETTINGS["saints"].split())
_CYRILLIC, _GREEK = (
    {pair.split(":")[0]: pair.split(":")[1].replace("-", "") for pair in SETTINGS["letters"][key].split()}
    for key in ("cyrillic", "greek")
)
_FIRST, _MIDDLE, _LAST = (
    ["" if sound == "-" else sound for sound in SETTINGS["letters"][f"hangul_{key}"].split()]
    for key in ("first", "middle", "last")
)


def latin(name: str) -> Iterator[str]:
    """A name of another script in Latin letters, in the spellings that passports use; nothing for other scripts."""
    lower = unicodedata.normalize("NFC", name.lower())
    if any("а" <= char <= "ӿ" for char in lower):
        plain = "".join(_CYRILLIC.get(char, char) for char in lower)
        other = plain.replace("ya", "ia").replace("yu", "iu")
        yield from dict.fromkeys((plain, other, plain.replace("iy", "y"), plain.replace("y", "i")))
    elif any("α" <= char <= "ώ" for char in lower):
        plain = "".join(char for char in unicodedata.normalize("NFKD", lower) if not unicodedata.combining(char))
        for letters, sound in _GREEK.items():
            plain = plain.replace(letters, sound)
        yield from dict.fromkeys((plain, plain.replace("u", "ou")))
    elif lower and all("가" <= char <= "힣" for char in lower):
        yield "".join(map(_syllable, lower))
        yield "-".join(map(_syllable, lower))


def _syllable(char: str) -> str:
    first, rest = divmod(ord(char) - ord("가"), 588)
    middle, last = divmod(rest, 28)
    return _FIRST[first] + _MIDDLE[middle] + _LAST[last]


def words(text: str) -> list[str]:
    """The folded words of a text, without single letters and numbers."""
    plain = word_fold(text)
    for mark in "-'’.`()/,&!?:\"_":
        plain = plain.replace(mark, " ")
    return [
        word
        for word in plain.split()
        if (len(word) > 1 or not word.isascii()) and all(unicodedata.category(char)[0] in "LM" for char in word)
    ]


def share_of_lists(lists: Iterable[tuple[str, Mapping[str, float]]]) -> dict[str, float]:
    """Share of each word among the names of several populations."""
    shares: dict[str, float] = defaultdict(float)
    total = 0.0
    for locale, weights in lists:
        found: Counter[str] = Counter()
        for name, weight in weights.items():
            for word in words(name):
                found[word] += weight
        mass = sum(found.values())
        if not mass:
            continue
        size = min(1.0, len(found) / _WHOLE_LIST) * max(
            _BIG.get(locale.lower(), 1.0), _BIG.get(locale[:2], 1.0), _BIG.get(locale[-2:].lower(), 1.0)
        )
        total += size
        for word, weight in found.items():
            shares[word] += size * min(_MOST_OF_A_LIST, weight / mass)
    rare = _RARE / len(shares)
    return {word: (1 - _RARE) * share / total + rare for word, share in shares.items()}


def name_lists(
    python: Mapping[str, Any], npm: Mapping[str, Any], ssa: Mapping[str, float], kind: str
) -> Iterator[tuple[str, Mapping[str, float]]]:
    """Every list of given names or of surnames with the locale it is for."""
    for locale, weights in python["people"][kind].items():
        yield locale, weights
    for locale, names in npm[kind].items():
        yield locale, dict.fromkeys(names, 1.0)
    for locale, names in (*python["people"][kind].items(), *npm[kind].items()):
        romanised = [spelling for name in names for spelling in latin(name)]
        yield f"{locale}_latin", dict.fromkeys(romanised, 1.0)
    yield "ja", python["japanese"][kind]
    yield "zh_latin", python["chinese"][kind]
    census = python["census"][kind]
    yield "us", {name: percent for name, percent in census.items() if kind == "given" or percent >= _CENSUS_PERCENT}
    if kind == "given":
        yield "et", python["ethiopian"]
        yield "us", ssa


def other_shares(python: Mapping[str, Any], npm: Mapping[str, Any], named: set[str]) -> dict[str, float]:
    """Share of each word among words of languages, towns and things."""
    shares: dict[str, float] = defaultdict(float)

    def add(counts: Mapping[str, float], mass: float) -> None:
        total = sum(counts.values())
        for word, count in counts.items():
            shares[word] += mass * count / total

    nouns = {lemma.lower() for _, _, lemmas, _ in npm["nouns"] for lemma in lemmas if lemma.islower()}
    spread = Counter(word for language in _LANGUAGES for word in {word_fold(one) for one in npm["common"][language]})
    for language in (*_LANGUAGES, *_SCRIPTS):
        counts: dict[str, float] = defaultdict(float)
        for rank, one in enumerate(npm["common"][language], start=1):
            word = word_fold(one)
            if rank > _COMMON_RANK * (1 if language in _LANGUAGES else 0.5) and word not in named:
                continue
            # The lists are of films' subtitles: a name that the films of many countries say is no word of theirs.
            is_name = word in named and spread[word] >= 5
            if not is_name:
                counts[word] += 1 / (rank + 20)
            elif language == "english" and word in nouns:
                counts[word] += _ALSO_A_WORD / (rank + 20)
        add(counts, 0.25 if language == "english" else 0.35 / len(_LANGUAGES))
    towns: dict[str, float] = defaultdict(float)
    for name, _, population, _ in python["places"]["cities"]:
        parts = words(name)
        for before, word in zip(["", *parts], parts, strict=False):
            if before not in _SAINTS:
                towns[word] += math.sqrt(population) / len(parts) ** 2
    add(towns, 0.2)
    lexical: Counter[str] = Counter()
    for _, file, lemmas, _ in npm["nouns"]:
        for lemma in lemmas[:2]:
            # Files 15 and 18 are places and people; capitalised lemmas are names.
            if file not in ("15", "18") and lemma.islower():
                lexical.update(words(lemma.replace("_", " ")))
    add({word: count for word, count in lexical.items() if count >= 3 or word in named}, 0.15)
    things = Counter(word for items in npm["things"].values() for item in items for word in words(item))
    add({word: count for word, count in things.items() if count >= 2 or word in named}, 0.15)
    return dict(shares)


def is_alphabetic(word: str) -> bool:
    """Whether a word is in Latin, Greek or Cyrillic letters."""
    return all(char <= "ӿ" for char in word)


def level(share: float) -> int:
    """A share as a step of its logarithm; 0 for what is as good as none."""
    if share <= 0:
        return 0
    return max(0, min(_MOST_LEVEL, 1 + round((math.log(share) - FLOOR) / LEVEL_STEP)))


def fit(positive: list[str], negative: list[str]) -> tuple[dict[str, int], float]:
    """Weights of letter groups in steps, and the share of words held back that they tell right."""
    rng = random.Random(2026)  # noqa: S311
    examples = [(word, 1.0) for word in positive] + [(word, 0.0) for word in negative]
    rng.shuffle(examples)
    held, used = examples[: len(examples) // 20], examples[len(examples) // 20 :]
    seen = Counter(gram for word, _ in used for gram in grams(word))
    weights = {gram: 0.0 for gram, count in seen.items() if count >= 25}
    balance = len(positive) / len(negative)
    for epoch in range(6):
        rate = 0.12 / (1 + epoch)
        for word, truth in used:
            present = [gram for gram in grams(word) if gram in weights]
            logit = sum(weights[gram] for gram in present)
            error = truth - 1 / (1 + math.exp(-max(-30.0, min(30.0, logit))))
            step = rate * error * (1.0 if truth else balance)
            for gram in present:
                weights[gram] += step - rate * 0.002 * weights[gram]
    rounded = {gram: round(weight * _GRAM_STEP) for gram, weight in weights.items()}
    right = sum((sum(rounded.get(gram, 0) for gram in grams(word)) > 0) == bool(truth) for word, truth in held)
    return {gram: weight for gram, weight in rounded.items() if weight}, right / len(held)


def rare_surnames(python: Mapping[str, Any], npm: Mapping[str, Any], kept: Collection[str]) -> list[str]:
    """Surnames that are on long lists only, and no word, no thing and no town that we know of."""
    taken = set(kept)
    for language in (*_LANGUAGES, *_SCRIPTS):
        taken.update(map(word_fold, npm["common"][language]))
    for _, _, lemmas, _ in npm["nouns"]:
        taken.update(word for lemma in lemmas if lemma.islower() for word in words(lemma.replace("_", " ")))
    for items in npm["things"].values():
        taken.update(word for item in items for word in words(item))
    for name, _, _, _ in python["places"]["cities"]:
        taken.update(words(name))
    found = {word for name in (*python["rare surnames"], *python["census"]["surname"]) for word in words(name)}
    return sorted(word for word in found - taken if 3 <= len(word) <= 15 and word.isascii())


def build(python: Mapping[str, Any], npm: Mapping[str, Any], ssa: Mapping[str, float]) -> tuple[str, str, str]:
    """The texts of ``people.txt`` and ``surnames.txt``, and a line about them."""
    given = share_of_lists(name_lists(python, npm, ssa, "given"))
    surname = share_of_lists(name_lists(python, npm, ssa, "surname"))
    named = set(given) | set(surname)
    other = other_shares(python, npm, named)
    codes: dict[str, list[str]] = defaultdict(list)
    for word in sorted(named | set(other)):
        if len(word) > 20:
            continue
        three = tuple(level(shares.get(word, 0.0)) for shares in (given, surname, other))
        if any(three[:2]) or three[2] > LEAST_OTHER:
            codes["".join(f"{one:x}" for one in three)].append(word)
    kept = {word for found in codes.values() for word in found}
    rare = rare_surnames(python, npm, kept)
    spelled = [word for word in named if is_alphabetic(word)]
    names_only = [word for word in spelled if other.get(word, 0) < given.get(word, 0) + surname.get(word, 0)]
    words_only = [word for word in other if is_alphabetic(word) and word not in named]
    weights, right = fit(sorted({*names_only, *rare}), sorted(words_only))
    by_weight: dict[int, list[str]] = defaultdict(list)
    for gram in sorted(weights):
        by_weight[weights[gram]].append(gram)
    lines = [f"{code} {' '.join(found)}" for code, found in sorted(codes.items())]
    lines += [f"= {weight} {' '.join(found)}" for weight, found in sorted(by_weight.items())]
    about = (
        f"{sum(map(len, codes.values())):,} words ({len(given):,} given names, {len(surname):,} surnames), "
        f"{len(rare):,} rare surnames, "
        f"{len(weights):,} letter groups that tell {right:.1%} of unseen words right"
    )
    return "\n".join(lines) + "\n", "\n".join(rare) + "\n", about
