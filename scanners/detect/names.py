"""What a column's name says: tokens, abbreviations, phrases in many languages, and the head noun. Pure.

The vocabulary is data: ``names.toml`` for eight languages and ``names_world.toml`` for others and other scripts, with
examples and counter-examples beside each rule.
"""

from __future__ import annotations

import re
import tomllib
import unicodedata
from bisect import bisect_left
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from importlib import resources
from typing import Any

#: The words of a name that is written in letters of one alphabet, or of the shape of one in others (``_shape``).
_WORD = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|[0-9]+|Б+(?!б)|Б?б+|字+|語+")
#: Scripts that set no spaces between words: Thai, Lao, Burmese, Khmer, kana, Chinese signs, Korean compounds.
_SOLID = re.compile("[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3005-\u3007\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]")
_LETTERS = str.maketrans(
    {"ß": "ss", "ẞ": "SS", "ø": "o", "Ø": "O", "ł": "l", "Ł": "L", "æ": "ae", "Æ": "AE", "œ": "oe", "Œ": "OE", "đ": "d"}
    | {"Đ": "D", "ð": "d", "Ð": "D", "þ": "th", "Þ": "TH", "ħ": "h", "Ħ": "H", "ı": "i", "ə": "e", "Ə": "E"}
)
#: Two letters (``m w``) are no phrase when they are written together (``mw``).
_APART = 3
#: Letters that are written one for the other at the end of Arabic words, and the Persian forms of letters.
_ARABIC = str.maketrans("ىةکی", "يهكي")
#: The Arabic article, written twice before some words (``الالكتروني``), where enough of a word is left.
_ARTICLE = re.compile("(?:ال)+(?=.{3})")


@dataclass(frozen=True, slots=True)
class Rule:
    """What phrases of the vocabulary say."""

    category: str
    #: Chance that a column of exactly this name, in a table about people, holds the category.
    strength: float
    #: Whether the words say nothing unless the table is about people.
    needs_person: bool
    #: Whose data it can be only; empty for anybody's.
    subjects: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Phrase:
    """Words of the vocabulary, as they are written apart, with what they say."""

    words: tuple[str, ...]
    rule: Rule


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
    """The vocabulary files in the form that matching needs."""

    abbreviations: Mapping[str, tuple[str, ...]]
    before: frozenset[str]
    after: frozenset[str]
    negative_heads: frozenset[str]
    negative_leading: frozenset[str]
    addressee: frozenset[str]
    #: Words for a key beside whom it points at; of them, those that may stand before, and never say how many there are.
    keys: frozenset[str]
    leading_keys: frozenset[str]
    #: Words for a person or a thing that are several: each run of them as one word.
    joined: Mapping[tuple[str, ...], str]
    #: Word → its group: ``organisation``, ``place``, ``transaction``, ``product``, …
    things: Mapping[str, str]
    people: Mapping[str, str]
    #: Phrase, its words with spaces between or none → what it says.
    rules: Mapping[str, Rule]
    #: Phrase that is written together → the same with spaces.
    apart: Mapping[str, str]
    longest: int
    #: Phrases of one word, and all words that stand for themselves.
    single: tuple[str, ...]
    known: frozenset[str]
    #: Words of scripts that set no spaces.
    solid: frozenset[str]

    def phrase(self, parts: Sequence[str]) -> Phrase | None:
        """The phrase that these words are."""
        key = " ".join(parts)
        rule = self.rules.get(key)
        return None if rule is None else Phrase(tuple(self.apart.get(key, key).split()), rule)


def fold(text: str) -> str:
    """Lower case, marks over and under letters stripped; Latin letters as ASCII, syllables of Korean whole."""
    if text.isascii():
        return text.lower()
    plain = unicodedata.normalize("NFKD", text.translate(_LETTERS))
    return unicodedata.normalize("NFC", "".join(char for char in plain if not unicodedata.combining(char)).lower())


def split(name: str) -> tuple[str, ...]:
    """The words of a name: at punctuation, at changes of case, between letters and digits, and between scripts.

    Where a script sets no spaces, the words that the vocabulary knows are cut out. The Arabic article is dropped.
    """
    if name.isascii():
        return tuple(word.lower() for word in _WORD.findall(name))
    plain = unicodedata.normalize("NFKD", name.translate(_LETTERS))
    plain = "".join(char for char in plain if not unicodedata.combining(char))
    plain = unicodedata.normalize("NFC", plain).translate(_ARABIC)
    words = (plain[found.start() : found.end()].lower() for found in _WORD.finditer("".join(map(_shape, plain))))
    return tuple(part for word in words for part in _parts(word))


def _shape(char: str) -> str:
    """The letter that stands for one in ``_WORD``: by case; Latin, another script, one without spaces."""
    if char.isascii():
        return char
    if _SOLID.match(char):
        return "語" if char.isalnum() or unicodedata.category(char)[0] == "M" else " "
    if char.isdecimal():
        return "0"
    if char.isupper() or char.islower():
        upper, lower = ("A", "a") if unicodedata.name(char, "").startswith("LATIN") else ("Б", "б")
        return upper if char.isupper() else lower
    return "字" if char.isalnum() or unicodedata.category(char)[0] == "M" else " "


def _parts(word: str) -> Sequence[str]:
    """A word without the Arabic article; words that are written together, apart."""
    article = _ARTICLE.match(word)
    if article is not None:
        return (word[article.end() :],)
    return cut(word, vocabulary().solid) if _SOLID.match(word) else (word,)


def cut(text: str, words: frozenset[str]) -> Sequence[str]:
    """A text without spaces as the fewest known words; else the known ones of two signs and more, and what is between.

    A single sign is a word only where all others are words too: it is part of too many others.
    """
    if text in words:
        return (text,)
    whole = _fewest(text, words)
    if whole is not None:
        return whole
    found: list[str] = []
    start = position = 0
    while position < len(text):
        stop = next((end for end in range(len(text), position + 1, -1) if text[position:end] in words), None)
        if stop is None:
            position += 1
            continue
        found.extend(part for part in (text[start:position], text[position:stop]) if part)
        start = position = stop
    return (*found, text[start:]) if start < len(text) else found


def _fewest(text: str, words: frozenset[str]) -> tuple[str, ...] | None:
    best: list[tuple[str, ...] | None] = [(), *([None] * len(text))]
    for stop in range(1, len(text) + 1):
        for start in range(stop):
            before = best[start]
            if before is not None and text[start:stop] in words:
                known = best[stop]
                if known is None or len(before) + 1 < len(known):
                    best[stop] = (*before, text[start:stop])
    return best[-1]


@lru_cache(maxsize=1)
def vocabulary() -> Vocabulary:
    """The shipped vocabulary."""
    folder = resources.files("scanners.detect")
    files = (folder.joinpath(name) for name in ("names.toml", "names_world.toml"))
    return build_vocabulary(*(tomllib.loads(file.read_text(encoding="utf-8")) for file in files))


def build_vocabulary(*raws: Mapping[str, Any]) -> Vocabulary:
    """A vocabulary from its TOML form. What the first one says of a word holds; in one, the stronger rule of two."""
    rules: dict[str, Rule] = {}
    apart: dict[str, str] = {}
    things: dict[str, str] = {}
    people: dict[str, str] = {}
    joined: dict[tuple[str, ...], str] = {}

    def one(words: str) -> str:
        if " " not in words:
            return words
        return joined.setdefault(tuple(words.split()), words.replace(" ", ""))

    found = [_rules(raw["phrases"]) for raw in raws]
    for raw, (own, own_apart) in zip(raws, found, strict=True):
        rules, apart = own | rules, own_apart | apart
        things = {one(word): group for group, words in raw["things"].items() for word in listed(words)} | things
        people = {one(word): subject for subject, words in raw["people"].items() for word in listed(words)} | people
    abbreviations = {
        short: tuple(long.split()) for raw in reversed(raws) for short, long in raw["abbreviations"].items()
    }
    before, after, heads, leading, addressee, first_keys, last_keys = (
        frozenset(one(word) for raw in raws for word in listed(raw.get(table, {}).get(key, ())))
        for table, key in (
            ("neutral", "before"),
            ("neutral", "after"),
            ("negative", "heads"),
            ("negative", "leading"),
            ("addressee", "words"),
            ("keys", "before"),
            ("keys", "after"),
        )
    )
    keys = first_keys | last_keys
    known = frozenset(
        {*things, *people, *before, *after, *heads, *leading, *keys, *" ".join(rules).split()} | abbreviations.keys()
    )
    # Latin words of the first file alone are told from how they begin: of all languages too many begin alike.
    first = found[0][0]
    single = (key for key in rules if " " not in key and (key in first or not key.isascii()))
    return Vocabulary(
        abbreviations=abbreviations,
        before=before,
        after=after,
        negative_heads=heads,
        negative_leading=leading,
        addressee=addressee,
        keys=keys,
        leading_keys=first_keys,
        joined=joined,
        things=things,
        people=people,
        rules=rules,
        apart=apart,
        longest=max(key.count(" ") for key in rules) + 1,
        single=tuple(sorted(single)),
        known=known,
        solid=frozenset(word for word in known if not word.isascii() and _SOLID.match(word)),
    )


def listed(words: str | Iterable[str]) -> Iterator[str]:
    """The words of a list, or of a text: a line for each language, behind its sign, with commas between the words.

    Texts are read many times faster than lists of the same words.
    """
    if isinstance(words, str):
        for line in words.splitlines():
            yield from line.rpartition(": ")[2].split(", ")
    else:
        yield from words


def _rules(blocks: Sequence[Mapping[str, Any]]) -> tuple[dict[str, Rule], dict[str, str]]:
    """Phrases with what they say; and those that are written together, as they are apart."""
    found: dict[str, Rule] = {}
    apart: dict[str, str] = {}
    # The strongest come last, and of equals the first, so that they hold.
    for block in sorted(blocks, key=lambda block: -float(block["strength"]))[::-1]:
        rule = Rule(block["category"], block["strength"], block["needs_person"], frozenset(block.get("subjects", ())))
        words = list(listed(block["words"]))
        spaced = [phrase for phrase in words if " " in phrase and len(phrase) > _APART and not _SOLID.match(phrase)]
        together = [phrase.replace(" ", "") for phrase in spaced]
        for key in apart.keys() & set(words):
            del apart[key]
        found.update(dict.fromkeys([*together, *words], rule))
        apart.update(zip(together, spaced, strict=True))
    return found, apart


def expand(parts: Sequence[str], words: Vocabulary) -> tuple[str, ...]:
    """Abbreviations written out, unless the vocabulary knows the short form as a word of its own; keys taken off."""
    return tuple(
        word for part in _joined(parts, words) for word in words.abbreviations.get(part) or _parted(part, words)
    )


def _joined(parts: Sequence[str], words: Vocabulary) -> Iterator[str]:
    """The words of a name with those that only together mean a person or a thing (``khách hàng``) as one."""
    start = 0
    while start < len(parts):
        length = next((size for size in (4, 3, 2) if tuple(parts[start : start + size]) in words.joined), 1)
        yield words.joined[tuple(parts[start : start + length])] if length > 1 else parts[start]
        start += length


def _parted(part: str, words: Vocabulary) -> tuple[str, ...]:
    """``lidnr``, ``clientid``, ``termdt``: a known word with a word at its end that says what of it is meant."""
    if part in words.known:
        return (part,)
    for end in _GLUED:
        first = part.removesuffix(end)
        if first != part and len(first) > 3 and first in words.known:
            return *words.abbreviations.get(first, (first,)), *words.abbreviations.get(end, (end,))
    for middle in range(_COMPOUND, len(part) - _COMPOUND + 1):
        person, rest = part[:middle], part[middle:]
        if person not in words.people:
            continue
        for link in ("", *_LINKS):
            end = rest.removeprefix(link)
            if rest.startswith(link) and len(end) >= _COMPOUND and end in words.rules:
                return person, end
    return (part,)


#: What follows a word for a person in the name of a key that points at one.
KEYS = frozenset({"id", "ids", "number", "no", "nr", "code", "key", "uuid", "guid", "ref", "reference", "pk", "fk"})
#: What stands at the end of words that are written together.
_GLUED = (
    *("nummer", "number", "numero", "nr", "no", "num", "id", "code", "cd", "date", "datum", "dat", "dt", "name", "nm"),
    *("title", "ttl", "phone", "tel", "addr", "address", "email", "mail", "zip", "city", "street"),
)
#: Letters that a word for a person and a phrase have at least where they are written together, and what is between.
_COMPOUND, _LINKS = 4, ("s", "n", "en", "e")
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
#: Names of this strength are no thing's: a first name, a surname.
_PERSONS_OWN = 0.95
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
    whole = []
    for phrase in words.single[bisect_left(words.single, part) :]:
        if not phrase.startswith(part):
            break
        whole.append(phrase)
    categories = {words.rules[phrase].category for phrase in whole}
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
            found = words.phrase(parts[start : start + length])
            if found is not None:
                candidates.append((found, start, start + length))
    denied = None
    # The longest phrase wins; among equals the one that ends last, where English and German keep the head. A phrase
    # that is itself a word for a person (``contact``) comes last: it says whose the rest is.
    for phrase, start, stop in sorted(
        candidates,
        key=lambda item: (all(word in words.people for word in item[0].words), -(item[2] - item[1]), -item[2]),
    ):
        reading = _judge(phrase, parts[:start], parts[stop:], subject, words)
        if reading.category is not None:
            return reading
        denied = denied or reading
    return denied or _person(parts, subject, words)


def _person(parts: tuple[str, ...], subject: str | None, words: Vocabulary) -> NameReading:
    """A name that is a word for a person, alone or with a word for a key."""
    if subject is None:
        return NameReading()
    others = [part for part in parts if part not in words.people and not part.isdigit()]
    is_key = others and all(part in KEYS or part in words.keys for part in others)
    if is_key and (parts[0] not in KEYS or parts[0] in words.leading_keys):
        strength = _PUBLIC_STRENGTH if subject in _PUBLIC else _KEY_STRENGTH
        return NameReading("identity.subject_id", strength, False, parts, subject)
    if all(part in _BARE_BESIDE for part in others):
        return NameReading("identity.name", _BARE_STRENGTH, False, parts, subject)
    return NameReading(subject=subject)


def _judge(
    phrase: Phrase, leading: Sequence[str], trailing: Sequence[str], subject: str | None, words: Vocabulary
) -> NameReading:
    """Whether what stands around a phrase leaves its meaning alone."""
    rule = phrase.rule
    strength, needs_person = rule.strength, rule.needs_person
    # Whatever bears a first name and a last one is a person.
    is_persons = rule.category == "identity.name" and not needs_person and strength >= _PERSONS_OWN
    is_of_things = needs_person or (rule.category.startswith(_OF_THINGS) and not is_persons)
    for word in trailing:
        if word in words.people:
            needs_person = False
        elif word in words.after or word.isdigit():
            continue
        elif word in words.negative_heads or _is_others(word, rule.category, words):
            return NameReading(words=phrase.words, denied_by=word, subject=subject)
        else:
            strength *= 0.6
    for position, word in enumerate(leading):
        if word in words.people:
            needs_person = False
        elif (word in words.negative_leading and position == 0) or (
            is_of_things and _is_others(word, rule.category, words)
        ):
            return NameReading(words=phrase.words, denied_by=word, subject=subject)
        elif word in words.before or word.isdigit():
            continue
        else:
            strength *= 0.85 if not rule.needs_person else 0.6
    around = (*leading, *phrase.words, *trailing)
    is_addressee = rule.category.startswith(("contact.", "identity.name")) and any(
        word in words.addressee for word in around
    )
    if rule.category == "identity.subject_id" and subject in _PUBLIC:
        strength = min(strength, _PUBLIC_STRENGTH)
    return NameReading(
        rule.category,
        strength,
        needs_person,
        phrase.words,
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
    is_known = part in words.people or part in words.things
    return one if not is_known and (one in words.people or one in words.things) else part


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
