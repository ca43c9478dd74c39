"""What a column's name says: tokens, abbreviations, phrases in eight languages, and the head noun. Pure.

The vocabulary is data: ``names.toml``, with examples and counter-examples beside each rule.
"""

from __future__ import annotations

import re
import tomllib
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from importlib import resources
from typing import Any

_CAMEL = re.compile(r"(?<=[a-z])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])|(?<=[A-Za-z])(?=\d)|(?<=\d)(?=[A-Za-z])")
_LETTERS = str.maketrans(
    {
        "ß": "ss",
        "ø": "o",
        "Ø": "O",
        "ł": "l",
        "Ł": "L",
        "æ": "ae",
        "Æ": "AE",
        "œ": "oe",
        "Œ": "OE",
        "đ": "d",
        "Đ": "D",
        "ı": "i",
    }
)


@dataclass(frozen=True, slots=True)
class Phrase:
    """One rule of the vocabulary."""

    category: str
    words: tuple[str, ...]
    #: Chance that a column of exactly this name, in a table about people, holds the category.
    strength: float
    #: Whether the words say nothing unless the table is about people.
    needs_person: bool
    #: Whose data it can be only; empty for anybody's.
    subjects: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class NameReading:
    """What a name says."""

    category: str | None = None
    strength: float = 0.0
    needs_person: bool = False
    #: The words of the name that said it.
    words: tuple[str, ...] = ()
    #: Whose data it is, when the name has a word for people in it (``customer_name``).
    subject: str | None = None
    #: A word that makes the column something else (``email_verified``, ``product_name``).
    denied_by: str | None = None
    #: Whether a word beside it says that something is sent or billed to somebody there (``ship_city``).
    is_addressee: bool = False
    #: Whose data it can be only; empty for anybody's.
    subjects: frozenset[str] = frozenset()
    #: The group of things that a name says which says nothing personal: ``stadium``, ``Album``.
    thing: str | None = None


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """``names.toml`` in the form that matching needs."""

    abbreviations: Mapping[str, tuple[str, ...]]
    before: frozenset[str]
    after: frozenset[str]
    negative_heads: frozenset[str]
    negative_leading: frozenset[str]
    addressee: frozenset[str]
    #: Word → its group: ``organisation``, ``place``, ``transaction``, ``product``, …
    things: Mapping[str, str]
    people: Mapping[str, str]
    phrases: Mapping[tuple[str, ...], Phrase]
    longest: int
    #: Phrases of one word, and all words that stand for themselves.
    single: tuple[str, ...]
    known: frozenset[str]


def fold(text: str) -> str:
    """Lower case, ASCII, accents stripped."""
    plain = unicodedata.normalize("NFKD", text.translate(_LETTERS))
    return "".join(char for char in plain if not unicodedata.combining(char)).lower()


def split(name: str) -> tuple[str, ...]:
    """The words of a name: at punctuation, at changes of case, and between letters and digits."""
    stripped = unicodedata.normalize("NFKD", name.translate(_LETTERS))
    stripped = "".join(char for char in stripped if not unicodedata.combining(char))
    return tuple(part.lower() for chunk in re.split(r"[^0-9A-Za-z]+", stripped) for part in _CAMEL.split(chunk) if part)


@lru_cache(maxsize=1)
def vocabulary() -> Vocabulary:
    """The shipped vocabulary."""
    with resources.files("scanners.detect").joinpath("names.toml").open("rb") as stream:
        return build_vocabulary(tomllib.load(stream))


def build_vocabulary(raw: Mapping[str, Any]) -> Vocabulary:
    """A vocabulary from its TOML form. Of two rules for the same words the stronger one holds."""
    phrases: dict[tuple[str, ...], Phrase] = {}
    for block in raw["phrases"]:
        for words in block["words"]:
            parts = tuple(words.split())
            rule = Phrase(
                block["category"], parts, block["strength"], block["needs_person"], frozenset(block.get("subjects", ()))
            )
            for key in {parts, ("".join(parts),)}:
                if key not in phrases or phrases[key].strength < rule.strength:
                    phrases[key] = rule
    things = {word: group for group, words in raw["things"].items() for word in words}
    people = {word: subject for subject, words in raw["people"].items() for word in words}
    others = [
        *raw["neutral"]["before"],
        *raw["neutral"]["after"],
        *raw["negative"]["heads"],
        *raw["negative"]["leading"],
    ]
    return Vocabulary(
        abbreviations={short: tuple(long.split()) for short, long in raw["abbreviations"].items()},
        before=frozenset(raw["neutral"]["before"]),
        after=frozenset(raw["neutral"]["after"]),
        negative_heads=frozenset(raw["negative"]["heads"]),
        negative_leading=frozenset(raw["negative"]["leading"]),
        addressee=frozenset(raw["addressee"]["words"]),
        things=things,
        people=people,
        phrases=phrases,
        longest=max(len(key) for key in phrases),
        single=tuple(sorted(key[0] for key in phrases if len(key) == 1)),
        known=frozenset({*things, *people, *others, *(word for key in phrases for word in key), *raw["abbreviations"]}),
    )


def expand(parts: Sequence[str], words: Vocabulary) -> tuple[str, ...]:
    """Abbreviations written out, unless the vocabulary knows the short form as a word of its own; keys taken off."""
    return tuple(word for part in parts for word in words.abbreviations.get(part) or _parted(part, words))


def _parted(part: str, words: Vocabulary) -> tuple[str, ...]:
    """``lidnr``, ``clientid``, ``termdt``: a known word with a word at its end that says what of it is meant."""
    if part in words.known:
        return (part,)
    for end in _GLUED:
        first = part.removesuffix(end)
        if first != part and len(first) > 2 and first in words.known:
            return *words.abbreviations.get(first, (first,)), *words.abbreviations.get(end, (end,))
    return (part,)


#: What follows a word for a person in the name of a key that points at one.
KEYS = frozenset({"id", "ids", "number", "no", "nr", "code", "key", "uuid", "guid", "ref", "reference", "pk", "fk"})
#: What stands at the end of words that are written together.
_GLUED = (
    *("nummer", "number", "numero", "nr", "no", "num", "id", "code", "cd", "date", "datum", "dat", "dt", "name", "nm"),
    *("title", "ttl", "phone", "tel", "addr", "address", "email", "mail", "zip", "city", "street"),
)
#: Chance that ``customer_id`` identifies a person, and that ``customer`` alone holds a person's name.
_KEY_STRENGTH, _BARE_STRENGTH = 0.6, 0.5
#: How much of a word has to be left, and what it then says.
_CUT, _CUT_STRENGTH = 5, 0.6
#: Of those who are mostly public, and often no single person (a band), a key says less.
_PUBLIC, _PUBLIC_STRENGTH = frozenset({"author", "actor", "player", "parent", "child"}), 0.4
#: Words that may stand beside a bare word for a person: ``new_customer``, ``customer_1``.
_BARE_BESIDE = frozenset(
    {
        "in",
        "innen",
        "e",
        "a",
        "new",
        "old",
        "current",
        "primary",
        "secondary",
        "main",
        "first",
        "second",
        "the",
        "from",
        "to",
    }
)
#: Categories of which things have their own: a shop has a telephone, a server an address.
_OF_TRANSACTIONS = frozenset({"contact.email", "contact.phone", "contact.address"})
_OF_THINGS = ("identity.name", "contact.", "online.ip_address", "location.")


@lru_cache(maxsize=65536)
def read_name(name: str) -> NameReading:
    """What a column's name says about its content: as it is written, or with its abbreviations written out."""
    words = vocabulary()
    plain = split(name)
    readings = [_read(parts, words) for parts in dict.fromkeys((plain, expand(plain, words)))]
    denied = {reading.words for reading in readings if reading.denied_by is not None}
    if not any(reading.category or reading.denied_by for reading in readings):
        readings.extend(_read_cut(parts, words) for parts in [_written_out(plain, words)] if parts != plain)
    # A word that denies in one spelling denies the same phrase in the other.
    kept = [reading for reading in readings if reading.category is None or reading.words not in denied]
    best = max(kept, key=lambda reading: (reading.strength, reading.denied_by is not None, reading.subject is not None))
    return replace(best, thing=subject_of(name)[1]) if best.category is None else best


def _written_out(parts: tuple[str, ...], words: Vocabulary) -> tuple[str, ...]:
    """Words that were cut short (``eintr``, ``vorn``), as the only phrase of one word that begins so, if any."""
    return tuple(_uncut(part, words) for part in parts)


def _uncut(part: str, words: Vocabulary) -> str:
    if len(part) < _CUT or part in words.known:
        return part
    whole = [phrase for phrase in words.single if phrase.startswith(part)]
    categories = {words.phrases[(phrase,)].category for phrase in whole}
    return min(whole, key=lambda phrase: (len(phrase), phrase)) if len(categories) == 1 else part


def _read_cut(parts: tuple[str, ...], words: Vocabulary) -> NameReading:
    """What a name says whose words were cut short: less, and only in a table about people."""
    reading = _read(parts, words)
    if reading.category is None or reading.subject is not None:
        return NameReading(subject=reading.subject)
    return replace(reading, strength=reading.strength * _CUT_STRENGTH, needs_person=True)


def _read(parts: tuple[str, ...], words: Vocabulary) -> NameReading:
    subject = next((words.people[part] for part in parts if part in words.people), None)
    candidates = []
    for start in range(len(parts)):
        for length in range(min(words.longest, len(parts) - start), 0, -1):
            rule = words.phrases.get(parts[start : start + length])
            if rule is not None:
                candidates.append((rule, start, start + length))
    denied = None
    # The longest phrase wins; among equals the one that ends last, where English and German keep the head. A phrase
    # that is itself a word for a person (``contact``) comes last: it says whose the rest is.
    for rule, start, stop in sorted(
        candidates,
        key=lambda item: (all(word in words.people for word in item[0].words), -(item[2] - item[1]), -item[2]),
    ):
        reading = _judge(rule, parts[:start], parts[stop:], subject, words)
        if reading.category is not None:
            return reading
        denied = denied or reading
    return denied or _person(parts, subject, words)


def _person(parts: tuple[str, ...], subject: str | None, words: Vocabulary) -> NameReading:
    """A name that is a word for a person, alone or with a word for a key."""
    if subject is None:
        return NameReading()
    others = [part for part in parts if part not in words.people and not part.isdigit()]
    if others and all(part in KEYS for part in others) and parts[0] not in KEYS:
        strength = _PUBLIC_STRENGTH if subject in _PUBLIC else _KEY_STRENGTH
        return NameReading("identity.subject_id", strength, False, parts, subject)
    if all(part in _BARE_BESIDE for part in others):
        return NameReading("identity.name", _BARE_STRENGTH, False, parts, subject)
    return NameReading(subject=subject)


def _judge(
    rule: Phrase, leading: Sequence[str], trailing: Sequence[str], subject: str | None, words: Vocabulary
) -> NameReading:
    """Whether what stands around a phrase leaves its meaning alone."""
    strength, needs_person = rule.strength, rule.needs_person
    is_of_things = needs_person or rule.category.startswith(_OF_THINGS)
    for word in trailing:
        if word in words.people:
            needs_person = False
        elif word in words.after or word.isdigit():
            continue
        elif word in words.negative_heads or _is_others(word, rule.category, words):
            return NameReading(words=rule.words, denied_by=word, subject=subject)
        else:
            strength *= 0.6
    for position, word in enumerate(leading):
        if word in words.people:
            needs_person = False
        elif (word in words.negative_leading and position == 0) or (
            is_of_things and _is_others(word, rule.category, words)
        ):
            return NameReading(words=rule.words, denied_by=word, subject=subject)
        elif word in words.before or word.isdigit():
            continue
        else:
            strength *= 0.85 if not rule.needs_person else 0.6
    around = (*leading, *rule.words, *trailing)
    is_addressee = rule.category.startswith(("contact.", "identity.name")) and any(
        word in words.addressee for word in around
    )
    if rule.category == "identity.subject_id" and subject in _PUBLIC:
        strength = min(strength, _PUBLIC_STRENGTH)
    return NameReading(
        rule.category,
        strength,
        needs_person,
        rule.words,
        subject,
        is_addressee=is_addressee,
        subjects=rule.subjects,
    )


def _is_others(word: str, category: str, words: Vocabulary) -> bool:
    """Whether what stands beside a word for a thing is the thing's own: an order has a name, but no telephone."""
    group = words.things.get(word)
    return group is not None and (group != "transaction" or category not in _OF_TRANSACTIONS)


#: What a table is, whatever it holds.
_KEPT_IN = frozenset(
    {"event", "events", "catalog", "catalogue", "collection", "collections", "report", "reports", "record", "records"}
    | {"list", "lists", "register", "registry", "results", "directory", "history", "profile", "profiles", "index"}
)


def _one_of(part: str, words: Vocabulary) -> str:
    """A plural as its singular, where the vocabulary has that alone."""
    one = part.removesuffix("s")
    return (
        one if part not in words.people and part not in words.things and one in (*words.people, *words.things) else part
    )


def subject_of(name: str) -> tuple[str | None, str | None]:
    """Whom a table is about by its name, and what group of things its name says that it is about.

    The head of the name decides: the last word, or in languages that put it first the first one.
    """
    words = vocabulary()
    parts = [_one_of(part, words) for part in expand(split(name), words)]
    known = [part for part in parts if part in words.people or part in words.things]
    if not known:
        return None, None
    # What it is kept for comes last in English (``orders_site``), where it is no head: the rest decides.
    heads = [part for part in known if words.things.get(part) not in ("place", "technical") and part not in _KEPT_IN]
    known = heads or known
    head = known[-1]
    if head in words.people:
        return words.people[head], None
    return None, words.things[head]
