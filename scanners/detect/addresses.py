"""Postal addresses in running text, each as one span from its first number to its country; and places by themselves.

An address begins with what names a street, a box or a house; units, codes of the post, towns and countries are taken in
as long as they follow, on the same line or the next ones. Words are data: ``addresses.toml``.
"""

from __future__ import annotations

import re
import tomllib
from bisect import bisect_left
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from importlib import resources
from typing import Any

from scanners.detect import places
from scanners.detect.base import Span
from scanners.detect.folding import word_fold
from scanners.detect.language import small_words
from scanners.detect.mentions import cues as mention_cues
from scanners.detect.mentions import is_trait
from scanners.detect.ner import Entity
from scanners.detect.people import score as people_score
from scanners.detect.people import word_weights
from scanners.detect.spans import longest
from scanners.detect.words import Word, index_at

#: Parts of an address at most.
_MOST_PARTS = 9
#: A street's name has so many words at most, a town's so many.
_STREET_WORDS, _TOWN_WORDS = 5, 5
#: A word that weighs less as a name is a common one; a name that weighs more is a person's.
_COMMON, _PERSON = -4.4, 3.0
#: Behind a preposition, a name of the list is a place's up to this weight.
_LIKELY = 2.0

#: Small words before a street that are no part of its name: ``Zabel in der Hauptstraße``.
_APART = frozenset(("am", "an", "im", "in", "the", "and", "y", "e"))

_HOUSE_NUMBER = r"\d{1,5}(?:\s?[-/–]\s?\d{1,4})?(?:\s?(?:bis|ter|[a-hA-H])|-[IVX]{1,3})?(?![\w]|[.:]\d)"
_WORD_BEFORE = re.compile(r"([^\W\d_][\w'’\-]*\.?|\d{1,3}(?:st|nd|rd|th))[ \u00a0]$", re.IGNORECASE)
_WORD_HERE = re.compile(r"[^\W\d_](?:[^\W\d_]|['’\-](?=[^\W\d_]))*(?![\w])\.?")
_NUMBER_BEFORE = re.compile(rf"(?<![\w/.:\-])({_HOUSE_NUMBER}),?[ \u00a0]{{1,2}}$")
_NUMBER_AFTER = re.compile(
    # Behind a comma a code of the post with its town is no house's number.
    r"(?:,?[ \u00a0][nN][°º.o]:?\s?|[ \u00a0]|,\s?(?!\d{4,5}(?:-\d{3})?\s[^\W\d_a-z]))"
    rf"({_HOUSE_NUMBER})(?:\.(?=\s))?"
)
#: What may stand between two parts: marks of quoted mail too.
_GAP = re.compile(
    # ``Eichenweg 5 in 24103 Kiel``
    r"[ \u00a0](?:in|à|en|te|em|w)[ \u00a0](?=(?:\d{5}|\d{4}|\d{2}-\d{3})[ \u00a0][^\W\d_])"
    r"|[ \t\u00a0]*(?:[,;|·•]|\s-|\s–)?[ \t\u00a0]*(?:[\r\n]+[ \t>?*|]*)?,?[ \t\u00a0>?*|]*"
)
_CODE = re.compile(
    r"(?P<sure>(?:GIR ?0AA|[A-Z]{1,2}\d[A-Z\d]? ?\d[A-Z]{2})(?!\w)"  # United Kingdom
    r"|[A-Z]\d[A-Z] ?\d[A-Z]\d(?!\w)"  # Canada
    r"|\d{4} ?[A-Z]{2}(?![\w])(?=[ ,]{1,2}[A-Z'’])"  # Netherlands
    r"|[A-Z]\d{2} ?[A-Z\d]{4}(?!\w)"  # Ireland
    r"|(?:[A-Z]{1,2}-)\d{4,5}(?!\w)"
    r"|\d{2}-\d{3}(?![\w-])|\d{4}-\d{3}(?![\w-])|\d{5}-\d{3,4}(?![\w-])|\d{3} \d{2}(?![\w-]|[ .]\d))"
    r"|(?P<plain>\d{4,6}(?![\w]|[-/.:]\d|,\d{2}\b))"
)
_REGION = re.compile(r"\(?(?:[A-Z]{2,3}|[a-z]{2}|nan)\)?(?=[, ]+\d{4,6}(?!\d))|\(?[A-Z]{2,3}\)?(?![\w])")
_MILITARY = re.compile(
    r"(?:\b(?:PSC|CMR|Unit)\s\d{1,5},?\s+Box\s\d{1,5}|\bUS[A-Z]{1,4}\s[^\W\d_][\w'’-]*)\s+[AFD]PO\s+A[AEP]\s+\d{5}(?:-\d{4})?",
    re.IGNORECASE,
)
_CORNER = re.compile(r"(?:\bthe\s+)?\bcorner\s+of\s+(?:[^\n.;:?!]{2,40}?\s+(?:and|&)\s+)?$", re.IGNORECASE)
_AND_BEFORE = re.compile(r"([^\W\d_][\w'’-]+)\s+and\s+$")
#: ``… and 3rd Street`` of a corner; a house's number and the words behind it.
_SECOND_STREET = re.compile(rf"\s+and\s+(?:{_HOUSE_NUMBER}\s)?(?:[^\W\d_][\w'’.-]*\s){{1,4}}")
_NUMBER_AND_WORDS = re.compile(rf"(?:{_HOUSE_NUMBER}\s)?(?:[^\W\d_][\w'’.-]*\s){{1,3}}")
_SPACE = re.compile(r"[ \u00a0]")
_COMMA_OR_SPACE = re.compile(r"[ ,\u00a0]{1,2}")
#: ``Rue du 8 mai``: a number within the name of a street.
_ORDINAL = re.compile(r"\d{1,2}(?=[ \u00a0](?:de |di |da )?[^\W\d_])")
_WORD_NEXT = re.compile(r"\s([^\W\d_]+)\s")
_CODE_NEXT = re.compile(r"[, ]+\d{4,6}(?!\d)")
#: ``Dublin 4``: a district behind a town, the gap within a town's name, what stands behind the town.
_DISTRICT_NUMBER = re.compile(r"\s\d{1,2}(?=\s*(?:[,;]|$|\s[A-Z]))")
_TOWN_GAP = re.compile(r"[ \u00a0](?!\s)|(?<=\w)-")
_REST_GAP = re.compile(r"\s*,?\s{1,2}")
_REGION_AND_CODE = re.compile(r"(?:(?:[A-Z]{2,3}|nan|[a-z]{2})\s{1,2})?\d{4,6}(?!\d)")
_REGION_LETTERS = re.compile(r"(?:[A-Z]{2,3}|nan)(?!\w)")
#: Behind a number: then it is an amount of something.
_MEASURE = re.compile(r"\s?(?:mg|ml|mcg|µg|g|kg|km|cm|mm|%|€|\$|years?|hours?|days?|x)\b", re.IGNORECASE)
_DIRECTION = re.compile(r" (?:N|S|E|W|NE|NW|SE|SW|North|South|East|West)\b\.?")
_LAST_WORD = re.compile(r"\s([^\W\d_]+)$")
_CLAUSE_END = re.compile(r"\s*(?:[.,;:!?)\]\"”|<]|[\r\n]|$|\s{2}|[(–-])")
_CUE_GAP = re.compile(r"[\"']?\s*[:=,]?\s*(?:[\r\n>?]\s*)*[\"“(<]*")
_LABEL_GAP = re.compile(r"[\"']?\s*[:=]\s*[\"“(<]*")
_FLOOR = (
    r"\d{1,2}(?:st|nd|rd|th|\.|º|ª|e|er|ème)?\s?(?:floor|fl|og|etage|étage|piso|andar|piano|verdieping|obergeschoss)\b"
)

#: ``4.º B``, ``3.º Dto.``, ``2ª izda``.
_SIDE = r"\d{1,2}\.?[ºª°]\.?,?(?:\s?(?:dto|dta|esq|izda?|dcha?|frente|d|e|[a-h])\b\.?)?"


@dataclass(frozen=True, slots=True)
class Patterns:
    """``addresses.toml`` as regular expressions and sets."""

    after: frozenset[str]
    sure: frozenset[str]
    ending: tuple[str, ...]
    weak_ending: tuple[str, ...]
    before: frozenset[str]
    short: frozenset[str]
    numbered: frozenset[str]
    weak_before: frozenset[str]
    tiny_before: frozenset[str]
    box: re.Pattern[str]
    unit: re.Pattern[str]
    unit_before: re.Pattern[str]
    house_before: re.Pattern[str]
    inside: frozenset[str]
    address_cues: frozenset[tuple[str, ...]]
    weak_cues: frozenset[tuple[str, ...]]
    prepositions: frozenset[str]
    place_cues: frozenset[tuple[str, ...]]
    place_labels: frozenset[tuple[str, ...]]
    postcode_cues: frozenset[tuple[str, ...]]


def _any(words: str) -> str:
    return "|".join(re.escape(word) for word in sorted(words.split(), key=len, reverse=True))


def _folded(words: str) -> frozenset[str]:
    return frozenset(map(word_fold, words.split()))


def _phrases(entries: Sequence[str]) -> frozenset[tuple[str, ...]]:
    return frozenset(tuple(re.split(r"[ ']", entry)) for entry in entries)


@lru_cache(maxsize=1)
def shipped() -> Patterns:
    """The shipped words."""
    with resources.files("scanners.detect").joinpath("addresses.toml").open("rb") as stream:
        raw: dict[str, Any] = tomllib.load(stream)
    street = raw["street"]
    unit = (
        rf"(?:(?:{_any(raw['unit']['words'])})\.?[ :]*(?:n[°o.]\s?)?#?\s?"
        r"(?:\d{1,5}[ ]?[a-z]?|[a-z]\d{0,4})(?![\w])"
        rf"|#\s?\d{{1,5}}\w?|{_FLOOR}|{_SIDE})"
    )
    return Patterns(
        _folded(street["after"]),
        _folded(street["sure"]),
        tuple(_folded(street["ending"])),
        tuple(_folded(street["weak_ending"])),
        _folded(street["before"]),
        _folded(street["short"]),
        _folded(street["numbered"]),
        _folded(street["weak_before"]),
        _folded(street["tiny_before"]),
        re.compile(
            rf"\b(?:{'|'.join(raw['box']['words'].split())})\s*(?:n[°o.]\s?)?\d(?: ?\d){{0,6}}\b", re.IGNORECASE
        ),
        re.compile(unit, re.IGNORECASE),
        re.compile(rf"(?<![\w]){unit}\s?[,/]?\s+$", re.IGNORECASE),
        re.compile(
            rf"(?<![\w])((?:[^\W\d_][\w'’-]*\s){{0,3}}(?:{_any(raw['unit']['house'])}|[^\W\d_]+house)),\s*$",
            re.IGNORECASE,
        ),
        _folded(raw["cue"]["inside"]),
        _phrases(raw["cue"]["address"]),
        _phrases(raw["cue"]["weak"]),
        _folded(raw["cue"]["prepositions"]),
        _phrases(raw["cue"]["place"]),
        frozenset(tuple(re.split(r"[ _]", entry)) for entry in raw["cue"]["place_label"]),
        _phrases(raw["cue"]["postcode"]),
    )


@dataclass(frozen=True, slots=True)
class _Street:
    """What an address begins with."""

    start: int
    stop: int
    has_number: bool
    #: 0: any words with a number; 1: a kind of street that means other things too; 2: one that means nothing else.
    sureness: int


@dataclass(slots=True)
class _Parts:
    """What followed the street."""

    stop: int
    codes: int = 0
    towns: int = 0
    units: int = 0


def addresses_in(
    text: str, cased: str, words: Sequence[Word], people: Sequence[Span], identifiers: Sequence[Span] = ()
) -> Iterator[Span]:
    """Whole addresses.

    ``people``: the names found in the text; ``Ann Lee 12 Mill Lane`` begins with the number. ``identifiers``: what
    patterns find in it; the last digits of a phone number are no house's.
    """
    return _Reading(text, cased, words, people, identifiers).addresses()


def places_in(
    text: str, cased: str, words: Sequence[Word], entities: Sequence[Entity], is_models: bool
) -> Iterator[Span]:
    """Towns, regions, countries and codes of the post that stand by themselves.

    ``is_models``: whether the text is in the language that the model was made for.
    """
    return _Reading(text, cased, words).places(entities, is_models)


class _Reading:
    """One text as it is read."""

    def __init__(
        self,
        text: str,
        cased: str,
        words: Sequence[Word],
        people: Sequence[Span] = (),
        identifiers: Sequence[Span] = (),
    ) -> None:
        self.text = text
        self.cased = cased
        self.words = words
        self.known = shipped()
        #: Where names of more than one word begin.
        self.people = frozenset(span.start for span in people if " " in text[span.start : span.stop])
        self.identifiers = sorted(identifiers, key=lambda span: span.start)
        #: Whether capitals say anything in this text.
        self.is_small = cased != text

    def addresses(self) -> Iterator[Span]:
        """Of readings that overlap, the longest."""
        yield from longest(filter(None, map(self._whole, self._streets())))

    # --- what an address begins with

    def _streets(self) -> Iterator[_Street]:
        text, known = self.text, self.known
        for found in _MILITARY.finditer(text):
            yield _Street(*found.span(), True, 3)
        for found in known.box.finditer(text):
            yield _Street(*found.span(), True, 2)
        for index, word in enumerate(self.words):
            if word.folded in known.after and index:
                yield from self._named_before(word)
            elif word.folded.endswith(known.ending):
                yield from self._named_by_ending(word)
            if word.folded in known.before:
                yield from self._named_after(word)
        yield from self._numbered()

    def _named_before(self, kind: Word) -> Iterator[_Street]:
        """``12 Mill Lane``."""
        start = self._words_before(kind.start)
        if start == kind.start:
            return
        number = self._number_before(start)
        is_sure = kind.folded in self.known.sure and (kind.is_capital or number is not None)
        is_numbered = number is not None or kind.folded in self.known.numbered
        if not is_numbered and not (is_sure and kind.is_capital) and not self.is_small:
            return
        direction = _DIRECTION.match(self.text, kind.stop)
        stop = direction.end() if direction else kind.stop
        if kind.folded in self.known.short and self.text[stop : stop + 1] == ".":
            stop += self.text[stop + 1 : stop + 3].strip() != ""
        after = _NUMBER_AFTER.match(self.text, stop) if kind.folded in self.known.numbered and number is None else None
        if after is not None:
            yield _Street(start, after.end(1), True, 2)
            return
        yield _Street(number.start(1) if number else start, stop, number is not None, 2 if is_sure else 1)

    def _number_before(self, at: int) -> re.Match[str] | None:
        """The house's number directly before an offset, unless it is the end of another number."""
        found = _NUMBER_BEFORE.search(self.text, max(0, at - 14), at)
        return None if found is not None and self._is_inside_identifier(found.start(1)) else found

    def _is_inside_identifier(self, at: int) -> bool:
        index = bisect_left(self.identifiers, at, key=lambda span: span.start)
        return index > 0 and self.identifiers[index - 1].stop > at

    def _words_before(self, at: int) -> int:
        """Where the street's name begins that ends at ``at``; ``at`` itself when there is none."""
        start = at
        for _ in range(_STREET_WORDS):
            found = _WORD_BEFORE.search(self.text, max(0, start - 30), start)
            if found is None:
                break
            word = found.group(1)
            folded = word_fold(word).rstrip(".")
            if word[0].isdigit():
                return found.start(1)
            capital = self.cased[found.start(1)].isupper()
            if folded in self.known.inside and start != at and not capital:
                start = found.start(1)
                continue
            if not capital and (not self.is_small or folded in small_words()):
                break
            if capital and self._is_stop(word) and start != at:
                break
            if capital and folded in small_words() and folded not in self.known.inside:
                break
            if word.endswith(".") and len(word) > 4:
                break
            start = found.start(1)
            if self.is_small and at - start > 24:
                break
        while start < at and word_fold(self.text[start:at].split()[0]) in self.known.inside - {"st", "le", "la"}:
            start += len(self.text[start:at].split()[0]) + 1
        return start

    def _named_by_ending(self, kind: Word) -> Iterator[_Street]:
        """``Lindenallee 14``, ``Große Bergstr. 3a``."""
        if not (kind.is_capital or self.is_small) or len(kind.text) < 5:
            return
        dot = self.text[kind.stop : kind.stop + 1] == "." and kind.folded.endswith(("str", "g"))
        number = _NUMBER_AFTER.match(self.text, kind.stop + dot)
        is_weak = kind.folded.endswith(self.known.weak_ending) and not kind.folded.endswith(("strasse", "tr"))
        if number is None and (is_weak or dot):
            return
        start = self._ending_start(kind)
        yield _Street(start, number.end(1) if number else kind.stop, number is not None, 1 if is_weak else 2)

    def _ending_start(self, kind: Word) -> int:
        """Where ``Große Bergstr.`` or ``Carry van Bruggenweg`` begins: what else stands before it is a name."""
        index = self._index(kind.start)
        if not index or not self._is_beside(index):
            return kind.start
        before = self.words[index - 1]
        if before.folded in self.known.tiny_before and before.is_capital:
            return before.start
        if before.folded in self.known.inside and before.folded not in _APART:
            first = index - 1
            while first and self.words[first].folded in self.known.inside and self._is_beside(first):
                first -= 1
            if any(word.folded in _APART for word in self.words[first + 1 : index]):
                return kind.start
            if self.words[first].is_capital and not self._is_stop(self.words[first].text):
                return self.words[first].start
        return kind.start

    def _named_after(self, kind: Word) -> Iterator[_Street]:
        """``rue des Tanneurs 8``, ``8 bis, rue des Tanneurs``, ``Calle Mayor 8``."""
        is_weak = kind.folded in self.known.weak_before
        first = kind.stop + (self.text[kind.stop : kind.stop + 1] in (".", "/"))
        at = first
        capitals = 0
        for _ in range(_STREET_WORDS + 1):
            gap = _SPACE.match(self.text, at)
            if gap is None:
                break
            word = _WORD_HERE.match(self.text, gap.end())
            if word is None:
                ordinal = _ORDINAL.match(self.text, gap.end())
                if ordinal is None or capitals:
                    break
                at = ordinal.end()
                continue
            folded = word_fold(word.group()).rstrip(".")
            capital = self.cased[word.start()].isupper()
            if not capital and folded not in self.known.inside and not (self.is_small and folded not in small_words()):
                break
            if capital and self._is_stop(word.group()) and capitals:
                break
            capitals += capital or self.is_small
            at = word.end()
            if word.group().endswith(".") and len(folded) > 3:
                at -= 1
                break
        if not capitals:
            return
        # A particle at the end belongs to what follows.
        while (trail := _LAST_WORD.search(self.text, first, at)) and word_fold(trail.group(1)) in self.known.inside:
            at = trail.start()
        number = _NUMBER_AFTER.match(self.text, at)
        before = self._number_before(kind.start)
        start = before.start(1) if before and number is None else kind.start
        stop = number.end(1) if number else at
        if kind.folded in self.known.tiny_before:
            # ``Am Anger 3``, but ``im Eichenweg 5``.
            if number and (kind.is_capital or self.is_small):
                yield _Street(start, stop, True, 0)
        elif is_weak:
            if number:
                yield _Street(start, stop, True, 1)
        elif number or before or kind.is_capital:
            yield _Street(start, stop, bool(number or before), 2)

    def _numbered(self) -> Iterator[_Street]:
        """``Laugarvegur 77``, ``610 Broadway``: any capitalised words with a number; what follows has to say more."""
        for word_index, word in enumerate(self.words):
            if not (word.is_capital or self.is_small) or self._is_stop(word.text):
                continue
            number = _NUMBER_AFTER.match(self.text, word.stop)
            if number is not None and not _MEASURE.match(self.text, number.end(1)):
                start = self._words_before_number(word_index)
                if start not in self.people:
                    yield _Street(start, number.end(1), True, 0)
            before = self._number_before(word.start)
            if before is not None:
                stop = self._words_after_number(word_index)
                after = _NUMBER_AFTER.match(self.text, stop)
                yield _Street(before.start(1), after.end(1) if after else stop, True, 0)

    def _words_before_number(self, index: int) -> int:
        start = first = self.words[index].start
        for other in range(index - 1, max(-1, index - 4), -1):
            word = self.words[other]
            gap = self.text[word.stop : start]
            if (
                gap not in (" ", "\u00a0", ". ")
                or self._is_stop(word.text)
                or not (word.is_capital or word.folded in self.known.inside)
            ):
                break
            if word.folded in _APART and not word.is_capital:
                break
            if gap == ". " and len(word.text) > 3:
                break
            start = word.start
            if word.is_capital:
                first = start
        return first

    def _words_after_number(self, index: int) -> int:
        stop = self.words[index].stop
        for other in range(index + 1, min(len(self.words), index + 4)):
            word = self.words[other]
            gap = self.text[stop : word.start]
            if (
                gap not in (" ", "\u00a0")
                or self._is_stop(word.text)
                or not (word.is_capital or word.folded in self.known.inside)
            ):
                break
            stop = word.stop
        return stop

    # --- the whole of it

    def _whole(self, street: _Street) -> Span | None:
        start = self._left(street)
        parts = self._right(self._crossing(start, street))
        cue = self._is_cued(start, self.known.address_cues)
        tail = parts.codes * 2 + parts.towns + parts.units
        if street.sureness == 0:
            doubled = start < street.start
            is_whole = (parts.codes and parts.towns) or (parts.units and (tail > 1 or doubled))
            is_told = (cue and (tail or doubled)) or self._is_labelled(start)
            if not is_told and (not is_whole or (self.is_small and not parts.codes)):
                return None
        elif street.sureness == 1:
            is_numbered = self.text[start].isdigit() or self.text[street.stop - 1].isdigit()
            if not tail and not is_numbered and not cue and not self._is_cued(start, self.known.weak_cues):
                return None
        elif not street.has_number and not tail and not cue and not self.text[street.start].isupper():
            return None
        # A street with a number outweighs the name that it may bear, one without does not.
        score = 0.86 + 0.02 * min(4, tail) if street.has_number or tail > 1 else 0.6
        return Span(start, parts.stop, "contact.address", score, "address:whole")

    def _left(self, street: _Street) -> int:
        start = street.start
        for _ in range(3):
            before = self.text[max(0, start - 60) : start]
            offset = start - len(before)
            found = self.known.unit_before.search(before)
            if found is not None:
                start = offset + found.start()
                continue
            house = self.known.house_before.search(before)
            if house is not None:
                start = offset + self._without_stops(house.group(1), house.start(1))
                continue
            number = self._number_before(start)
            if (
                number is not None
                and len(number.group(1)) < 5
                and not self.text[max(0, number.start() - 5) : number.start()].rstrip()[-1:].isdigit()
            ):
                start = number.start(1)
                continue
            break
        corner = _CORNER.search(self.text, max(0, start - 70), start)
        if corner is not None:
            return corner.start()
        crossing = _AND_BEFORE.search(self.text, max(0, start - 40), start)
        if (
            crossing is not None
            and crossing.group(1)[0].isupper()
            and self._is_cued(crossing.start(), self.known.address_cues)
        ):
            return crossing.start()
        return start

    def _crossing(self, start: int, street: _Street) -> int:
        """Where a street ends; of ``the corner of A and B`` the second one."""
        if self.text[start : start + 10].lower().startswith(("the corner", "corner")):
            found = _SECOND_STREET.match(self.text, street.stop)
            if found is not None:
                return self._kind_between(street.stop, found.end() + 12) or street.stop
        return street.stop

    def _without_stops(self, words: str, offset: int) -> int:
        """Where a house's name begins: not with ``at`` or ``From``."""
        for found in re.finditer(r"[^\W\d_][\w'’-]*", words):
            if found.group()[0].isupper() and not (self._is_stop(found.group()) and found.group().lower() != "the"):
                return offset + found.start()
        return offset

    def _right(self, stop: int) -> _Parts:
        parts = _Parts(stop)
        for _ in range(_MOST_PARTS):
            gap = _GAP.match(self.text, parts.stop)
            assert gap is not None  # noqa: S101 - it matches the empty text
            at = gap.end()
            if at == parts.stop:
                break
            unit = self.known.unit.match(self.text, at)
            if unit is not None:
                parts.stop, parts.units = at + len(unit.group().rstrip()), parts.units + 1
                continue
            code = _CODE.match(self.text, at)
            if code is not None:
                if not self._takes_code(code, parts, gap.group()):
                    break
                continue
            if parts.towns or "," in gap.group():
                region = _REGION.match(self.text, at)
                if region is not None and self._is_region(region):
                    parts.stop = region.end()
                    continue
            second = self._second_street(at)
            if second and not parts.towns and not parts.codes:
                parts.stop = second
                continue
            town = self._town(at, parts, gap.group())
            if town is None:
                break
            parts.stop, parts.towns = town, parts.towns + 1
        return parts

    def _is_region(self, found: re.Match[str]) -> bool:
        code = found.group().strip("()")
        following = _CODE_NEXT.match(self.text, found.end())
        return following is not None or (code.isupper() and places.is_region_code(code))

    def _takes_code(self, code: re.Match[str], parts: _Parts, gap: str) -> bool:
        """Whether a number is a code of the post: one of a sure form, or with a town beside it."""
        if parts.codes:
            return False
        town = None
        following = _COMMA_OR_SPACE.match(self.text, code.end())
        if following is not None:
            town = self._town(following.end(), _Parts(code.end(), codes=1), following.group())
        if (
            code["sure"] is None
            and town is None
            and not parts.towns
            and not (len(code.group()) == 5 and ("," in gap or parts.units))
        ):
            return False
        parts.codes = 1
        parts.stop = code.end()
        if town is not None:
            parts.stop, parts.towns = town, parts.towns + 1
        return True

    def _second_street(self, at: int) -> int | None:
        """``Bakery Yard, 3 Mill Lane``: a street may have two lines."""
        found = _NUMBER_AND_WORDS.match(self.text, at)
        if found is None or not (self.cased[at].isupper() or self.text[at].isdigit()):
            return None
        stop = self._kind_between(at, found.end() + 12)
        between = self.text[at:stop].split()[:-1] if stop else []
        is_name = all(word[0].isupper() or word[0].isdigit() or self.is_small for word in between)
        return stop if between and is_name else None

    def _kind_between(self, start: int, stop: int) -> int | None:
        """Where a word for a kind of street ends that stands between two offsets."""
        for word in self.words[self._index(start) : self._index(stop)]:
            if word.folded in self.known.after and word.start > start:
                return word.stop
        return None

    def _index(self, offset: int) -> int:
        """The number of the first word that begins at or after an offset."""
        return index_at(self.words, offset)

    def _town(self, at: int, parts: _Parts, gap: str) -> int | None:
        """Where a town, region or country ends that begins at ``at``."""
        ends = self._name_ends(at)
        if not ends:
            return None
        first_word = _WORD_HERE.match(self.text, at)
        if first_word is None:
            return None
        for end in reversed(ends):
            kind = _kind(self.text[at:end])
            # ``Call``, ``Male``: a town that is a common word too has to have more words.
            if kind == "country" or (kind and (end > ends[0] or not self._is_stop(first_word.group()))):
                return self._with_rest(end, ends)
        if self._is_other(first_word.group()) or not (self.cased[at].isupper() or self.is_small):
            return None
        for end in reversed(ends):
            if self._is_followed(end):
                return end
        apart = "," in gap or "\n" in gap or "\r" in gap or "  " in gap or parts.units > 0 or parts.codes > 0
        if not apart:
            return None
        for end in reversed(ends):
            if _CLAUSE_END.match(self.text, end):
                return end
        if parts.codes and not parts.towns:
            return ends[0]
        if (parts.units or "\n" in gap or "  " in gap) and not parts.towns and len(ends) <= 2:
            return ends[-1]
        return None

    def _with_rest(self, end: int, ends: Sequence[int]) -> int:
        """``Torres de Albánchez``, ``Praha 6``: a town's name with what still belongs to it."""
        number = _DISTRICT_NUMBER.match(self.text, end)
        if number is not None:
            return number.end()
        following = _WORD_NEXT.match(self.text, end)
        if (
            following is None
            or end == ends[-1]
            or following.group(1) not in ("de", "del", "di", "do", "da", "nad", "am")
        ):
            return end
        return ends[-1]

    def _name_ends(self, at: int) -> list[int]:
        """Where names of one, two, … words end."""
        ends: list[int] = []
        place = at
        if self.known.unit.match(self.text, at):
            return ends
        for count in range(_TOWN_WORDS):
            word = _WORD_HERE.match(self.text, place)
            if word is None:
                break
            raw = word.group()
            folded = word_fold(raw).rstrip(".")
            end = word.end() - (raw.endswith(".") and len(folded) > 3)
            if count and self.text[end : end + 1] == ":":
                break
            is_inside = folded in self.known.inside
            if not (self.cased[place].isupper() or self.is_small or is_inside):
                break
            if count and self._is_other(raw) and not is_inside:
                break
            if not is_inside or self.cased[place].isupper():
                ends.append(end)
            if end < word.end():
                break
            gap = _TOWN_GAP.match(self.text, end)
            if gap is None:
                break
            place = gap.end()
        return ends

    def _is_followed(self, end: int) -> bool:
        """Whether what comes after a name shows that it was a town: a code, a region, a country."""
        rest = _REST_GAP.match(self.text, end)
        if rest is None:
            return False
        if _REGION_AND_CODE.match(self.text, rest.end()):
            return True
        region = _REGION_LETTERS.match(self.text, rest.end())
        if region is not None:
            return "," in rest.group() and (places.is_region_code(region.group()) or self._is_followed(region.end()))
        return any(places.kind(self.text[rest.end() : stop]) == "country" for stop in self._name_ends(rest.end()))

    def _is_stop(self, word: str) -> bool:
        """Whether a capitalised word is one that begins something else: a sentence, a greeting, a label."""
        folded = word_fold(word).rstrip(".")
        if folded in self.known.inside and folded not in ("the", "and", "y", "e"):
            return False
        if folded in mention_cues().not_names or folded in small_words():
            return True
        return (folded,) in mention_cues().labels and folded not in ("van", "de", "da", "von")

    def _is_other(self, word: str) -> bool:
        """The same, with words that tell of a person: jobs, relations."""
        folded = word_fold(word).rstrip(".")
        if self._is_stop(word):
            return True
        is_place = places.kind(folded) == "country"
        return not is_place and (folded in mention_cues().beside or is_trait(folded))

    # --- what stands before

    def _phrase_before(self, start: int, gap: re.Pattern[str], phrases: frozenset[tuple[str, ...]]) -> bool:
        low = self._index(start)
        if low == 0 or not gap.fullmatch(self.text[self.words[low - 1].stop : start]):
            return False
        return any(
            tuple(word.folded for word in self.words[low - length : low]) in phrases
            for length in range(1, min(5, low) + 1)
        )

    def _is_cued(self, start: int, phrases: frozenset[tuple[str, ...]]) -> bool:
        return self._phrase_before(start, _CUE_GAP, phrases)

    def _is_labelled(self, start: int) -> bool:
        return self._phrase_before(start, _LABEL_GAP, self.known.address_cues)

    # --- places by themselves

    def places(self, entities: Sequence[Entity], is_models: bool) -> Iterator[Span]:
        for entity in entities:
            if entity.kind == "place":
                start, stop = entity.start, entity.stop
                if self.text[start:stop].lower().startswith("the "):
                    start += 4
                if places.kind(self.text[start:stop]) is not None:
                    if not self._is_stop(self.text[start:stop]):
                        yield Span(start, stop, "contact.place", 0.7, "place:model+list")
                elif is_models and self._may_be_unknown(start, stop):
                    yield Span(start, stop, "contact.place", 0.5, "place:model")
        yield from self._listed()
        yield from self._cued_codes()

    def _may_be_unknown(self, start: int, stop: int) -> bool:
        """Whether what only the model takes for a place may be one: no common words, no name of a person."""
        inside = [word for word in self.words if start <= word.start and word.stop <= stop]
        if not inside or not inside[0].is_capital or any(char.isdigit() for char in self.text[start:stop]):
            return False
        if any(self._is_other(word.text) or max(word_weights(word.folded)) < _COMMON for word in inside):
            return False
        return people_score(self.text[start:stop]) < _PERSON

    def _listed(self) -> Iterator[Span]:
        """Names of the list that stand after ``lives in``, ``City:`` and the like, and countries anywhere."""
        skip = 0
        for index, word in enumerate(self.words):
            if index < skip or not (word.is_capital or self.is_small) or len(word.text) < 3:
                continue
            ends = self._name_ends(word.start)
            cued = self._is_cued(word.start, self.known.place_cues) or self._phrase_before(
                word.start, _LABEL_GAP, self.known.place_labels
            )
            for end in reversed(ends):
                kind = _kind(text := self.text[word.start : end])
                if kind is None and not (cued and end == ends[-1] and self._may_be_place(word)):
                    continue
                if (self._is_stop(text) and not (cued and kind)) or (kind != "country" and is_trait(word.folded)):
                    continue
                personal = max(word_weights(word.folded)) if " " not in text else -3.0
                is_big = places.lexicon().cities.get(word_fold(text)) == 1 or kind in ("region", "country")
                if kind == "country" and (word.is_capital or personal < 0):
                    score = 0.7
                elif cued:
                    score = 0.7 if kind else 0.55
                elif kind and self._is_behind_preposition(index) and personal < _LIKELY:
                    score = 0.6
                elif kind and is_big and word.is_capital and personal < 0 and not self.is_small:
                    score = 0.45
                else:
                    continue
                yield Span(word.start, end, "contact.place", score, "place:list")
                skip = self._index(end)
                break

    def _may_be_place(self, word: Word) -> bool:
        """Whether a name that no list has may be a town where the words before say so."""
        return word.is_capital and not self._is_stop(word.text) and max(word_weights(word.folded)) < 1.5

    def _is_beside(self, index: int) -> bool:
        """Whether only a space parts a word from the one before it."""
        return self.text[self.words[index - 1].stop : self.words[index].start] in (" ", "\u00a0")

    def _is_behind_preposition(self, index: int) -> bool:
        return index > 0 and self.words[index - 1].folded in self.known.prepositions and self._is_beside(index)

    def _cued_codes(self) -> Iterator[Span]:
        for found in _CODE.finditer(self.text):
            if self._is_cued(found.start(), self.known.postcode_cues) or self._phrase_before(
                found.start(), _LABEL_GAP, self.known.place_labels
            ):
                yield Span(*found.span(), "contact.place", 0.8, "place:code")


_FORMAL = re.compile(
    r"(?:(?:the|people's|democratic|islamic|federated|united|socialist|federal)\s)*"
    r"(?:republic|kingdom|states|state|islands)\sof\s(?:the\s)?",
    re.IGNORECASE,
)


def _kind(name: str) -> str | None:
    """What place a name is that of; a country's formal name counts too."""
    name = name.strip(".")
    found = places.kind(name)
    if found is None and (formal := _FORMAL.match(name)):
        return places.kind(name[formal.end() :])
    return found
