"""What the name of a field says about the field of another table that it points at. Pure."""

from __future__ import annotations

import tomllib
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from importlib import resources
from typing import Any

from scanners.detect.names import expand, split, subject_of, vocabulary

_WORDS: Mapping[str, Any] = tomllib.loads(
    resources.files("scanners.joins").joinpath("words.toml").read_text(encoding="utf-8")
)
#: Word → the kind of key that it makes a name.
_KIND_OF: Mapping[str, str] = {word: kind for kind, words in _WORDS["keys"].items() for word in words}
#: Words for what tells one person, or one thing, from the others in every system.
IDENTIFYING = frozenset(_WORDS["identifying"])
_ATTRIBUTES, _SELF, _DEEDS, _KEPT = (frozenset(_WORDS[name]) for name in ("attributes", "own_table", "deeds", "kept"))
#: What stands at the end of words that are written together, the longest first.
_GLUED = ("schluessel", "nummer", "number", "numero", "uuid", "guid", "code", "key", "nr", "id", "no", "cd")
#: Of a longer name, as documents have them, the last words count.
_MOST_WORDS, _MOST_CHARS = 12, 200
#: A word that such an ending is cut off from keeps so many letters.
_LEAST_STEM = 3
#: The same in several words.
_REPORTS = (
    ("reports", "to"),
    ("report", "to"),
    ("in", "reply", "to"),
    ("reply", "to"),
    ("child", "of"),
    ("part", "of"),
)
#: What comes after a deed, before whoever did it.
_BY = frozenset({"by", "von", "durch", "par", "por", "door", "przez"})
#: Words that leave the word before them what it is.
_BESIDE = frozenset({"via", "by", "to", "from", "for", "with", "of", "alt", "old", "new", "main", "default"})
#: Whom a word for people may stand for in another table's name, the nearest first.
_NEAR: Mapping[str, tuple[str, ...]] = {
    "employee": ("employee", "user", "person", "member", "professional"),
    "contact": ("contact", "employee", "person", "customer"),
    "author": ("author", "user", "member", "employee", "person", "customer"),
    "owner": ("owner", "user", "employee", "person", "customer", "member"),
    "professional": ("professional", "employee", "person", "user"),
    "teacher": ("teacher", "employee", "person", "user"),
    "driver": ("driver", "employee", "person", "user"),
    "user": ("user", "member", "person", "customer", "employee"),
    "customer": ("customer", "user", "person", "member"),
    "deed": ("user", "employee", "person", "member", "professional", "teacher", "customer"),
}
#: Words beside one for people that leave a table a list of them.
_LIST = frozenset({"master", "stamm", "data", "daten", "main", "base", "list", "account", "info", "record", "table"})
_IRREGULAR = {"people": "person", "children": "child", "men": "man", "women": "woman", "staff": "staff", "data": "data"}


@dataclass(frozen=True, slots=True)
class Name:
    """A field's name taken apart."""

    #: Its words, singular, those that make it a key left out.
    words: tuple[str, ...]
    #: ``id``, ``number``, ``code``, or empty for no word that makes it a key.
    kind: str
    #: Whether it says a measure, a time, a text or a mark.
    is_attribute: bool

    @property
    def is_bare(self) -> bool:
        """Whether it says no more than that it is a key."""
        return not self.words


@dataclass(frozen=True, slots=True)
class Likeness:
    """How far a name says that a field points at another: 0–1, and in words."""

    strength: float
    because: str


#: What is said of two fields of which neither bears the name of its table.
SAME_NAME = "both bear the same name"
NONE = Likeness(0.0, "their names have nothing in common")


@lru_cache(maxsize=65536)
def field_name(name: str, dropped: str = "") -> Name:
    """Take a field's name apart; ``dropped`` is a first word that all fields of its table share."""
    words = list(split(name[-_MOST_CHARS:]))[-_MOST_WORDS:]
    if dropped and len(words) > 1 and words[0] == dropped:
        words = words[1:]
    kind = ""
    rest: list[str] = []
    for place, word in enumerate(words):
        if word in _KIND_OF and not (word in ("no", "ref") and place == 0 and len(words) > 1):
            kind = _KIND_OF[word] if not kind or kind == "id" else kind
            continue
        if word.isdigit() and place:
            continue
        stem, glued = _unglued(word)
        if glued:
            kind = _KIND_OF[glued] if not kind or kind == "id" else kind
        rest.append(singular(stem))
    # What has an id is a thing, whatever its name: ``unit_id``; a ``line_no`` is a measure all the same.
    is_attribute = kind != "id" and any(word in _ATTRIBUTES for word in (*rest, *words) if word not in _KIND_OF)
    return Name(tuple(rest), kind, is_attribute)


def shared_first_word(columns: Sequence[str]) -> str:
    """A word that the names of (nearly) all columns of a table begin with, as in ``l_orderkey, l_partkey``; or none."""
    firsts = Counter(words[0] for words in (split(name[:_MOST_CHARS]) for name in columns) if len(words) > 1)
    if not firsts or len(columns) < 3:
        return ""
    word, count = firsts.most_common(1)[0]
    return word if count >= 0.8 * len(columns) else ""


@lru_cache(maxsize=65536)
def table_words(name: str, dropped: str = "") -> tuple[str, ...]:
    """The words of a table's name as one would write them of a single thing."""
    words = [word for word in split(name[-_MOST_CHARS:]) if not word.isdigit()][-_MOST_WORDS:]
    if dropped and len(words) > 1 and words[0] == dropped:
        words = words[1:]
    kept = [singular(word) for word in words if word not in _KEPT]
    return tuple(kept or [singular(word) for word in words])


def _unglued(word: str) -> tuple[str, str]:
    """``orderkey`` as ``order`` and ``key``; a word that the vocabulary knows stays whole."""
    if word in _ATTRIBUTES:
        return word, ""
    for ending in _GLUED:
        if word.endswith(ending) and len(word) - len(ending) >= _LEAST_STEM:
            # Words end in ``id`` and ``no`` by chance: ``paid``, ``casino``; hardly any in ``nummer``.
            if len(ending) < 4 and word in vocabulary().known:
                return word, ""
            return word.removesuffix(ending), ending
    return word, ""


@lru_cache(maxsize=65536)
def singular(word: str) -> str:
    """One of the things that a word names, by the rules of English and a few German endings."""
    if word in _IRREGULAR:
        return _IRREGULAR[word]
    if len(word) > 4 and word.endswith("ies"):
        return word[:-3] + "y"
    if word.endswith(("sses", "xes", "ches", "shes", "uses")):
        return word[:-2]
    if len(word) > 3 and word.endswith("s") and not word.endswith(("ss", "us", "is")):
        return word[:-1]
    return word


@lru_cache(maxsize=262144)
def alike(one: str, other: str) -> float:
    """How far a word of a field's name stands for a word of a table's name: 1 for the same word, 0 for another."""
    if one == other:
        return 1.0
    short, long = sorted((one, other), key=len)
    if len(short) >= 4 and long.startswith(short) and len(long) - len(short) <= 3:  # kunde, kunden; bestellung(en)
        return 0.95
    if len(short) >= 5 and len(_shared(one, other)) >= max(5, len(long) - 2):
        return 0.9
    if len(short) >= 5 and long.endswith(short):  # kasse, krankenkasse
        return 0.8
    known = vocabulary()
    spelled = {singular(word) for word in expand((one,), known)}
    if other in spelled or singular(one) in expand((other,), known):
        return 0.95
    if one[0] == other[0] and len(one) < len(other) and _is_within(one, other):
        if other.startswith(one):
            return 0.9 if len(one) >= 3 else 0.6 if len(one) == 2 else 0.0
        return 0.85 if len(one) >= 4 else 0.75 if len(one) == 3 else 0.6 if len(one) == 2 else 0.0
    groups = (known.people.get(one), known.people.get(other))
    if groups[0] is not None and groups[0] == groups[1]:
        return 0.75
    return 0.0


def _shared(one: str, other: str) -> str:
    length = next((place for place, pair in enumerate(zip(one, other, strict=False)) if pair[0] != pair[1]), None)
    return one[: min(len(one), len(other)) if length is None else length]


def _is_within(short: str, long: str) -> bool:
    """Whether the letters of one word occur in the other in their order, as in ``dept`` and ``department``."""
    letters = iter(long)
    return all(letter in letters for letter in short)


def _all_alike(one: Sequence[str], other: Sequence[str]) -> float:
    """How far two lists of words say the same, word by word; run together they may too (``orderitem``)."""
    if not one or not other:
        return 0.0
    if len(one) == len(other):
        found = 1.0
        for pair in zip(one, other, strict=True):
            found *= alike(*pair)
            if not found:
                break
        if found:
            return found
    joined = "".join(one), "".join(other)
    if joined[0] == joined[1] or (len(one) != len(other) and singular(joined[0]) == singular(joined[1])):
        return 0.95
    if len(one) == 1 and len(other) > 1 and one[0] == "".join(word[0] for word in other) and len(other) >= 2:
        return 0.65  # ``oi`` for ``order_items``
    return 0.0


@lru_cache(maxsize=262144)
def likeness(
    child: Name, child_table: tuple[str, ...], parent: Name, table: tuple[str, ...], *, is_key: bool
) -> Likeness:
    """How far the names say that the child points at the parent, a field of a table of these words.

    ``is_key``: whether the parent is what rows of its table are told apart by; only then a table's name alone can
    mean it. Bare words for a key that both sides bear (``id`` and ``id``) say nothing.
    """
    own = _all_alike(parent.words, table) if parent.words else 1.0
    is_tables_key = parent.is_bare or own >= 0.6  # ``id`` or ``customer_id`` in ``customers``
    same_kind = child.kind == parent.kind
    best = NONE
    if child.is_bare:
        return NONE
    if parent.words and not is_tables_key:
        if child.words == parent.words and same_kind:
            best = Likeness(0.85 if child.kind else 0.55, SAME_NAME)
        elif same_kind and _all_alike(child.words, (*table, *parent.words)) >= 0.6:
            best = Likeness(0.9, "its name is that of the table and of the field")
        elif child.words[-len(parent.words) :] == parent.words and parent.kind and same_kind:
            best = Likeness(0.7, "its name ends in that of the field")
        if not is_key or (parent.is_attribute and parent.kind == ""):
            # A name or a title stands for its table only where nothing else in the name says what it is.
            if is_key and best is NONE and not child.kind and _all_alike(child.words, table) >= 0.9:
                return Likeness(0.6, "it is named after the table")
            return best
    if is_tables_key or is_key:
        found = _of_table(child, child_table, table)
        # ``cust_no`` means ``number`` rather than ``id``, where a table has both.
        fits = 1.0 if same_kind else 0.92 if not child.kind or not parent.kind else 0.8
        if not is_tables_key:
            fits *= 0.85
        found = Likeness(found.strength * fits, found.because)
        if found.strength > best.strength:
            best = found
    return best


def _of_table(child: Name, child_table: Sequence[str], table: Sequence[str]) -> Likeness:
    words = child.words
    whole = _all_alike(words, table)
    if whole:
        return Likeness(whole, f"it is named after the table{' and its key' if child.kind else ''}")
    role = "it is named after the table, with a role"
    if child.is_attribute:  # customer_count, order_date; but size_unit_code in units
        known = [_all_alike(words[-length:], table) for length in range(1, len(words))] if child.kind else []
        return Likeness(0.85 * max(known, default=0.0), role) if max(known, default=0.0) >= 0.9 else NONE
    found = [NONE]
    keyed = 1.0 if child.kind else 0.8
    for length in range(1, len(words)):
        found.append(Likeness(0.92 * keyed * _all_alike(words[-length:], table), role))
        # What comes after the table's name is mostly another thing: a customer type, an order status.
        after = 0.7 if _BESIDE.issuperset(words[length:]) else 0.6 if child.kind else 0.4
        found.append(Likeness(after * _all_alike(words[:length], table), role))
    found.append(Likeness(0.95 * _all_alike((*child_table, *words), table), "the table is named after both"))
    if child.kind or len(words) == 1:
        for length in range(1, len(table)):
            found.append(Likeness(0.68 * _all_alike(words, table[-length:]), "it is named after a part of the table"))
            found.append(Likeness(0.6 * _all_alike(words, table[:length]), "it is named after a part of the table"))
            if len(words) > 1:
                part = max(alike(words[-1], table[-1]), alike(words[-1], table[0]))
                found.append(Likeness(0.5 * part, "it is named after a part of the table, with a role"))
    return max(found, key=lambda one: one.strength)


def own_table(child: Name, table: Sequence[str]) -> Likeness:
    """How far a name says that rows point at rows of their own table."""
    words = child.words
    if not words:
        return NONE
    if tuple(words[:3]) in _REPORTS or tuple(words[:2]) in _REPORTS:
        return Likeness(0.9, "its name says that rows point at rows of their own table")
    if words[0] in _SELF or words[-1] in _SELF:
        rest = [word for word in words if word not in _SELF]
        if not rest or _all_alike(rest, table) or _all_alike(rest, table[-1:]):
            return Likeness(0.9, "its name says that rows point at rows of their own table")
    if len(words) > 1 and child.kind and not child.is_attribute and _all_alike(words[-len(table) :], table) >= 0.9:
        return Likeness(0.75, "it is named after its own table, with a role")
    return NONE


def people_of(table: str) -> str | None:
    """Whom a table lists (``user``, ``employee``, …); None for a table of something else."""
    words = table_words(table)
    known = vocabulary().people
    rest = [word for word in words if word not in _LIST]
    if not rest or (rest[-1] not in known and f"{rest[-1]}s" not in known and subject_of(rest[-1])[0] is None):
        return None
    return subject_of(" ".join(rest[-1:]))[0] or known.get(rest[-1]) or known.get(f"{rest[-1]}s")


def deed_of(child: Name) -> tuple[str, ...]:
    """Whom a field may point at that names somebody by what they do: the nearest first; empty for none."""
    words = child.words
    if not words or child.is_attribute:
        return ()
    if words[-1] in _BY or any(word in _DEEDS for word in words):
        return _NEAR["deed"]
    if words[-1] in _SELF:
        return ()
    group = vocabulary().people.get(words[-1])
    if group is None and not child.kind:
        return ()
    if group is None:
        group = vocabulary().people.get(words[0])
    return () if group is None else _NEAR.get(group, (group, "person", "user", "employee", "member"))


class Words:
    """Which tables may be meant by which word: found by the word, not by going through all tables."""

    def __init__(self, tables: Iterable[Sequence[str]]) -> None:
        """``tables``: the words of each table's name."""
        self._by_word: defaultdict[str, set[int]] = defaultdict(set)
        self._initials: defaultdict[str, set[str]] = defaultdict(set)
        self._groups: defaultdict[str, set[str]] = defaultdict(set)
        self._found: dict[str, frozenset[int]] = {}
        for place, words in enumerate(tables):
            initials = "".join(word[0] for word in words)
            for word in {*words, "".join(words), *([initials] if len(words) > 1 else [])} - {""}:
                self._by_word[word].add(place)
                self._initials[word[0]].add(word)
                group = vocabulary().people.get(word)
                if group is not None:
                    self._groups[group].add(word)

    def tables(self, word: str) -> frozenset[int]:
        """The places of tables whose names have a word like this one."""
        if word not in self._found:
            near = set(self._initials.get(word[0], ()))
            near |= {first for part in expand((word,), vocabulary()) for first in self._initials.get(part[0], ())}
            near |= self._groups.get(vocabulary().people.get(word, ""), set())
            places = (self._by_word[other] for other in near if alike(word, other) > 0)
            self._found[word] = frozenset().union(*places)
        return self._found[word]
