"""What a text tells of a person beside names and numbers: jobs, health, nationality, faith, politics, orientation.

Words for them are in ``sets.toml`` and ``sets.txt``; here they are tied to a person by what stands around them, which
is data too: ``traits.toml``. Pure but for loading.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from importlib import resources

from scanners.detect import lexicon
from scanners.detect.base import Span
from scanners.detect.language import small_words
from scanners.detect.mentions import among
from scanners.detect.mentions import cues as mention_cues
from scanners.detect.words import Word, index_at

#: Words before and behind the one that names a job, a disease.
_JOB_WORDS, _HEALTH_WORDS = 4, 4
#: Words behind ``diagnosed with`` at most, and characters behind ``Diagnoses:``.
_SUFFERED_WORDS, _LIST_CHARS = 5, 200
_LONGEST_CUE = 4
#: Words to either side in which a membership is told.
_NEAR = 5

_ONE_SPACE = re.compile(r"[ \u00a0]|-")
_APPOSITION = re.compile(
    r"\s?,\s(?:a|an|the|der|die|ein|eine|un|une|una|el|la|il|o|een|de)\s|\s?[,(|–—-]\s?\(?|\s[-–—|]\s|\s{1,3}"
    r"|\s?[,|]\s+"
)
_BEFORE_NAME = re.compile(r"[ \u00a0]|,\s|:\s|\s?\(")
_AGE_BEFORE = re.compile(
    r"(?:\d{1,2}[- ]years?[- ]old|\d{1,2}[- ]?jährigen?r?|de \d{1,2} ans|de \d{1,2} años|di \d{1,2} anni|\d{1,2} yo)"
    r"[\s,]+(?:[^\W\d_]+\s){0,2}$",
    re.IGNORECASE,
)
_AGED = re.compile(r"(?:\d{1,2}[- ]years?[- ]old|\d{1,2}[- ]?jährigen?r?|\d{1,2} yo)\s$", re.IGNORECASE)
_SPELL_BEFORE = re.compile(
    r"(?:\d{4}|present|today|heute|now|actualidad|oggi|hoje|heden|aujourd'hui|dziś)\s*:?\s{1,6}(?:as\s)?$",
    re.IGNORECASE,
)
_ANDS = frozenset(("and", "und", "et", "y", "e", "i", "a", "en"))
_ARTICLES = frozenset(("a", "an", "the", "eine", "einem", "einer", "un", "una", "une", "l", "d", "her", "his", "mild"))
_CLINIC = frozenset(("pmh", "hx", "dx", "patient", "pt", "diagnosis", "diagnoses", "ward", "yo", "gp", "clinic", "bp"))
_BELIEFS = frozenset(
    f"special.{name}" for name in ("religion", "politics", "trade_union", "ethnicity", "sexuality")
) | {"demographic.nationality"}
_OF = frozenset(("of", "de", "di", "du", "d", "del", "della", "da"))
_LIST_GAP = re.compile(r"\s*:\s*")
_LIST_END = re.compile(r"\n|[.](?=\s|$)|\s{3}")
_ITEM = re.compile(r"[^,;\n|/]+")
_CLAUSE = re.compile(r"[,.;:!?()\n|]|\s-\s|\s{2,}")
_DOSE = re.compile(r"\s+\d")
_CLAUSE_AFTER = re.compile(r"\s*(?:[,.;:!?)\n|]|$|\s{2}|\band\b|\bund\b|\bet\b|\by\b|\be\b|\ben\b|\bi\b|\bbut\b)")


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """``traits.toml``."""

    person: frozenset[str]
    job_cues: frozenset[tuple[str, ...]]
    job_not_cues: frozenset[tuple[str, ...]]
    job_sure_cues: frozenset[tuple[str, ...]]
    job_heads: frozenset[str]
    job_ends: tuple[str, ...]
    job_not_heads: frozenset[str]
    titles: frozenset[str]
    health_cues: frozenset[tuple[str, ...]]
    health_labels: frozenset[str]
    whole_cues: frozenset[tuple[str, ...]]
    nouns: frozenset[str]
    abbreviations: frozenset[str]
    health_not_after: frozenset[str]
    around: frozenset[str]
    not_alone: frozenset[str]
    nationality_after: frozenset[str]
    nationality_before: frozenset[tuple[str, ...]]
    nationality_not_after: frozenset[str]
    belief_cues: frozenset[str]
    belief_not_after: frozenset[str]
    #: Words of a state → its category, and whether only a word such as ``is`` before them ties it to a person.
    states: Mapping[tuple[str, ...], tuple[str, bool]]
    being: frozenset[tuple[str, ...]]
    state_not_after: frozenset[str]
    #: What somebody was convicted of stands behind these.
    convicted: frozenset[tuple[str, ...]]


@lru_cache(maxsize=1)
def vocabulary() -> Vocabulary:
    """The shipped words."""
    with resources.files("scanners.detect").joinpath("traits.toml").open("rb") as stream:
        raw = tomllib.load(stream)
    return Vocabulary(
        frozenset(raw["person"]["words"].split()),
        _phrases(raw["job"]["cues"]),
        _phrases(raw["job"]["not_cues"]),
        _phrases(raw["job"]["sure_cues"]),
        frozenset(raw["job"]["heads"].split()),
        tuple(raw["job"]["ends"].split()),
        frozenset(raw["job"]["not_heads"].split()),
        frozenset(raw["job"]["titles"].split()),
        _phrases(raw["health"]["cues"]),
        frozenset(raw["health"]["labels"].split()),
        _phrases(raw["health"]["whole_cues"]),
        frozenset(raw["health"]["nouns"].split()),
        frozenset(raw["health"]["abbreviations"].split()),
        frozenset(raw["health"]["not_after"].split()),
        frozenset(raw["health"]["around"].split()),
        frozenset(raw["health"]["not_alone"].split()),
        frozenset(raw["nationality"]["after"].split()),
        _phrases(raw["nationality"]["before"]),
        frozenset(raw["nationality"]["not_after"].split()),
        frozenset(raw["belief"]["cues"].split()),
        frozenset(raw["belief"]["not_after"].split()),
        {phrase: (state["category"], state["told"]) for state in raw["state"] for phrase in _phrases(state["words"])},
        _phrases(raw["being"]["before"]),
        frozenset(raw["being"]["not_after"].split()),
        _phrases(raw["convicted"]["cues"]),
    )


def _phrases(entries: Sequence[str]) -> frozenset[tuple[str, ...]]:
    return frozenset(tuple(re.split(r"[ ']", entry)) for entry in entries)


def traits_in(text: str, words: Sequence[Word], people: Collection[Span], language: str | None) -> Iterator[Span]:
    """All of it. ``people``: the names found in the text, by which a trait can be somebody's."""
    reading = _Reading(text, words, people, language)
    yield from reading.jobs()
    if reading.is_about_people:
        yield from reading.health()
        yield from reading.beliefs()
        yield from reading.states()


class _Reading:
    """One text as it is read."""

    def __init__(self, text: str, words: Sequence[Word], people: Collection[Span], language: str | None) -> None:
        self.text = text
        self.is_romance = language in ("fr", "es", "it", "pt")
        self.words = words
        self.known = vocabulary()
        self.starts = {span.start for span in people}
        self.stops = {span.stop for span in people}
        self.inside = {
            index for span in people for index in range(index_at(words, span.start), index_at(words, span.stop))
        }
        self.is_about_people = bool(people) or any(word.folded in self.known.person for word in words)

    def gap(self, index: int) -> str:
        """What stands between a word and the next one."""
        return self.text[self.words[index].stop : self.words[index + 1].start]

    def is_after(self, first: int, phrases: frozenset[tuple[str, ...]]) -> bool:
        """Whether one of the phrases stands directly before a word."""
        if not first or len(self.gap(first - 1)) > 3:
            return False
        return any(
            tuple(word.folded for word in self.words[first - length : first]) in phrases
            for length in range(1, min(_LONGEST_CUE, first) + 1)
        )

    # --- jobs

    def jobs(self) -> Iterator[Span]:
        done = 0
        for index in range(len(self.words)):
            if index < done or index in self.inside:
                continue
            found = self._told(index) or self._held(index)
            if found is not None:
                first, last = found
                done = last + 1
                yield Span(self.words[first].start, self.words[last].stop, "employment.job", 0.65, "trait:job")

    def _held(self, index: int) -> tuple[int, int] | None:
        """A title of a job that somebody has, around the word that names it."""
        if not self._is_head(index) or self.text[self.words[index].stop : self.words[index].stop + 1] == ":":
            return None
        first, last = self._title(index)
        if self.text[self.words[last].stop : self.words[last].stop + 1] == ":":
            return None
        # ``a pastry chef``: a small noun before it belongs to it when the words before that say so.
        for start in range(max(0, index - 2), first):
            inner = self.words[start:first]
            is_small = all(not word.is_capital and word.folded not in small_words() for word in inner)
            if is_small and self._is_row(start, first) and self._is_somebodys(start, last):
                return start, last
        return (first, last) if self._is_somebodys(first, last) else None

    def _told(self, index: int) -> tuple[int, int] | None:
        """Whatever stands behind ``works as a``, or between a nationality and a name."""
        if self.words[index].folded in small_words() or self.words[index].folded in _ARTICLES:
            return None
        before = self.text[max(0, self.words[index].start - 40) : self.words[index].start]
        is_aged = _AGED.search(before) is not None and self._is_jobby(index)
        if not is_aged and not self.is_after(index, self.known.job_sure_cues):
            return self._between(index)
        last = index
        while last + 1 < len(self.words) and last - index < _JOB_WORDS - 1 and last + 1 not in self.inside:
            after = self.words[last + 1]
            if not _ONE_SPACE.fullmatch(self.gap(last)) or after.folded in small_words():
                break
            if after.is_capital and not self.words[index].is_capital:
                break
            last += 1
        return (index, last) if not is_aged or self._is_jobby(last) else None

    def _is_jobby(self, index: int) -> bool:
        """Whether a word behind an age may be a job: none that only says man or woman."""
        folded = self.words[index].folded
        return (
            folded not in self.known.person
            and folded not in self.known.nationality_after
            and not _is_nationality(folded)
        )

    def _between(self, index: int) -> tuple[int, int] | None:
        """``the Norwegian skier Håkon …``, ``o surfista brasileiro Ubiratan …``."""
        word = self.words[index]
        if word.is_capital and self.words[index].start not in self.starts and not self._is_head(index):
            return None
        following = index + 1
        if following >= len(self.words) or not _ONE_SPACE.fullmatch(self.gap(index)):
            return None
        if self.words[following].start in self.starts and index and _is_nationality(self.words[index - 1].folded):
            return (index, index) if _ONE_SPACE.fullmatch(self.gap(index - 1)) else None
        if _is_nationality(self.words[following].folded) and following + 1 < len(self.words):
            is_named = self.words[following + 1].start in self.starts and _ONE_SPACE.fullmatch(self.gap(following))
            return (index, index) if is_named and len(word.text) > 4 else None
        return None

    def _is_row(self, first: int, last: int) -> bool:
        """Whether only single spaces part the words."""
        return all(_ONE_SPACE.fullmatch(self.gap(at)) for at in range(first, last))

    def _is_head(self, index: int) -> bool:
        known, folded = lexicon.lexicon(), self.words[index].folded
        if folded in self.known.job_not_heads or among(folded, "special.religion") or among(folded, "special.politics"):
            return False
        is_compound = len(folded) > 6 and folded.endswith(known.job_ends)
        is_english = len(folded) > 7 and folded.endswith(self.known.job_ends)
        return (
            is_compound
            or is_english
            or folded in self.known.job_heads
            or (folded in known.job_heads and known.jobs.get(folded, 0) >= 2)
        )

    def _title(self, index: int) -> tuple[int, int]:
        """The words of a title: what qualifies the one that names the job, before and behind it."""
        known = lexicon.lexicon()
        first = last = index
        while first and index - first < _JOB_WORDS and first - 1 not in self.inside:
            before = self.words[first - 1]
            if not _ONE_SPACE.fullmatch(self.gap(first - 1)) or before.folded in small_words():
                break
            weight = known.jobs.get(before.folded, -1)
            is_level = before.folded in known.job_levels
            alike = before.is_capital == self.words[index].is_capital
            if before.folded in mention_cues().not_names or before.folded in self.known.titles:
                break
            if not (is_level or (weight >= 1 and alike) or (alike and before.is_capital and weight > -4)):
                break
            first -= 1
        while last + 1 < len(self.words) and last - index < _JOB_WORDS and last + 1 not in self.inside:
            after = self.words[last + 1]
            if not _ONE_SPACE.fullmatch(self.gap(last)):
                break
            weight = known.jobs.get(after.folded, -9)
            is_capital = self.words[first].is_capital
            if self._is_head(last + 1) and after.is_capital == is_capital:
                last += 1
                continue
            reach = last + 1
            while reach < len(self.words) and reach - last <= 2 and self.words[reach].folded in known.links:
                reach += 1
            if last + 1 < reach < len(self.words) and reach not in self.inside:
                behind = self.words[reach]
                fits = known.jobs.get(behind.folded, -9) >= -2 and all(
                    _ONE_SPACE.fullmatch(self.gap(at)) for at in range(last, reach)
                )
                if fits and behind.is_capital and self.words[last + 1].folded not in _ANDS:
                    last = reach
                    continue
            # ``chirurgien orthopédiste``: in Romance languages what qualifies the word stands behind it.
            is_adjective = after.folded in known.jobs and not after.is_capital and self.is_romance
            if (weight >= 3 and after.is_capital and is_capital) or (
                is_adjective and after.folded not in small_words()
            ):
                last += 1
                continue
            break
        return first, last

    def _is_somebodys(self, first: int, last: int) -> bool:
        start, stop = self.words[first].start, self.words[last].stop
        if self.is_after(first, self.known.job_not_cues):
            return False
        if len(self.words[last].folded) < 3:
            return False
        before = self.text[max(0, start - 40) : start]
        if _AGE_BEFORE.search(before) or _SPELL_BEFORE.search(before[-20:]):
            return True
        for name_stop in range(start - 1, start - 9, -1):
            if name_stop in self.stops and _APPOSITION.fullmatch(self.text[name_stop:start]):
                return (
                    self.words[first].is_capital
                    or "," in self.text[name_stop:start]
                    or "(" in self.text[name_stop:start]
                )
        if last + 1 < len(self.words):
            following = last + 1
            while following + 1 < len(self.words) and self.words[following].folded in self.known.titles:
                following += 1
            between = self.text[stop : self.words[last + 1].start]
            if self.words[following].start in self.starts and _BEFORE_NAME.fullmatch(between):
                return self.words[first].folded not in mention_cues().honorifics or first != last
        if not self.is_about_people:
            return False
        return self.is_after(first, self.known.job_cues) or (
            first > 0 and _is_nationality(self.words[first - 1].folded)
        )

    # --- health

    def health(self) -> Iterator[Span]:
        for index, word in enumerate(self.words):
            if word.folded in self.known.health_labels and index + 1 < len(self.words):
                label = _LIST_GAP.match(self.text, word.stop)
                if label is not None:
                    yield from self._items(label.end())
            cue = self._cue_length(index)
            if cue and index + 1 < len(self.words):
                whole = tuple(word.folded for word in self.words[index + 1 - cue : index + 1]) in self.known.whole_cues
                yield from self._suffered(index + 1, self.words[index + 1 - cue].start if whole else None)
        yield from self._abbreviated()
        done = -1
        for index, word in enumerate(self.words):
            if index <= done or index in self.inside:
                continue
            is_drug = lexicon.is_drug(word.folded) and not _is_nationality(word.folded)  # marocaine
            is_said = word.folded in self.known.not_alone or word.folded in self.known.health_labels
            is_disease = lexicon.is_medical_word(word.folded) and not is_said
            is_noun = word.folded in self.known.nouns and index > 0
            if not is_drug and not is_disease and not is_noun:
                continue
            first, last = (index, index) if is_drug else self._disease(index)
            if is_noun and first == index:
                first = self._qualified(index)
                if first == index:
                    continue
            if last + 1 < len(self.words) and self.words[last + 1].folded in self.known.health_not_after:
                continue
            done = last
            yield Span(self.words[first].start, self.words[last].stop, "special.health", 0.6, "trait:health")

    def _cue_length(self, index: int) -> int:
        """How many words long the cue is that ends with a word; 0 when none does."""
        for length in range(min(_LONGEST_CUE, index + 1), 0, -1):
            if tuple(word.folded for word in self.words[index + 1 - length : index + 1]) in self.known.health_cues:
                return length
        return 0

    def _abbreviated(self) -> Iterator[Span]:
        if any(word.folded in _CLINIC for word in self.words):
            for word in self.words:
                if word.text in self.known.abbreviations:
                    yield Span(word.start, word.stop, "special.health", 0.55, "trait:health")

    def _disease(self, index: int) -> tuple[int, int]:
        first = last = index
        while first and index - first < _HEALTH_WORDS and first - 1 not in self.inside:
            before = self.words[first - 1]
            gap = self.gap(first - 1)
            is_typed = re.fullmatch(r"[ -]\d[ ]", gap) is not None
            if not (_ONE_SPACE.fullmatch(gap) or is_typed) or not self._goes_with(before.folded):
                break
            first -= 1
        while last + 1 < len(self.words) and last - index < _HEALTH_WORDS and last + 1 not in self.inside:
            if not _ONE_SPACE.fullmatch(self.gap(last)) or not self._goes_with(self.words[last + 1].folded):
                break
            last += 1
        while last > index and self.words[last].folded in small_words():
            last -= 1
        while first < index and self.words[first].folded in _OF:
            first += 1
        return first, last

    def _qualified(self, index: int) -> int:
        """``cubital tunnel syndrome``: from the first of up to two words before a noun that says little by itself."""
        first = index
        while first and index - first < 2 and _ONE_SPACE.fullmatch(self.gap(first - 1)):
            before = self.words[first - 1]
            if before.folded in small_words() or before.folded in _ARTICLES or before.is_capital:
                break
            first -= 1
        return first

    def _goes_with(self, folded: str) -> bool:
        if folded in self.known.around or lexicon.is_medical_word(folded):
            return True
        parts = folded.split("-")
        return len(parts) > 1 and all(part in self.known.around or lexicon.is_medical_word(part) for part in parts)

    def _suffered(self, first: int, begin: int | None, category: str = "special.health") -> Iterator[Span]:
        """What stands behind ``diagnosed with``: up to the end of the clause, at most five words."""
        while first < len(self.words) and self.words[first].folded in _ARTICLES:
            first += 1
        if first >= len(self.words) or self.words[first].start - self.words[first - 1].stop > 2:
            return
        start = self.words[first].start
        # No further than the words that count and the sign behind them: a text may hold many cues and no sign.
        reach = min(len(self.text), self.words[min(first + _SUFFERED_WORDS, len(self.words)) - 1].stop + 3)
        cut = _CLAUSE.search(self.text, start, reach)
        end = cut.start() if cut else reach
        last = first - 1
        for index in range(first, min(len(self.words), first + _SUFFERED_WORDS)):
            word = self.words[index]
            if word.stop > end or index in self.inside:
                break
            if word.folded in small_words() and word.folded not in ("of", "de", "di", "du", "d", "del", "della", "da"):
                break
            last = index
        while last >= first and self.words[last].folded in small_words():
            last -= 1
        span = [word.folded for word in self.words[first : last + 1]]
        is_known = any(lexicon.is_medical_word(word) or lexicon.is_drug(word) for word in span)
        # What no list knows is believed when it is short and at the end of its clause.
        is_short = len(span) in (1, 2, 3) and self.words[last].stop >= end and len(span[-1]) > 3
        if last < first or not (is_known or is_short or category != "special.health"):
            return
        stop = self.words[last].stop
        if self.text[stop : stop + 2] in ("'s", "’s"):
            stop += 2
        yield Span(start if begin is None else begin, stop, category, 0.7, "trait:health")

    def _items(self, at: int) -> Iterator[Span]:
        """``Diagnoses: asthma, type 2 diabetes``: what stands behind a label, one by one, to the end of the line."""
        end = min(len(self.text), at + _LIST_CHARS)
        cut = _LIST_END.search(self.text, at, end + 2)
        end = min(end, cut.start()) if cut else end
        for item in _ITEM.finditer(self.text, at, end):
            start, stop = item.span()
            inner = self.words[index_at(self.words, start) : index_at(self.words, stop)]
            kept: list[Word] = []
            for word in inner[:7]:
                dose = _DOSE.match(self.text, kept[-1].stop) if kept else None
                if dose and word.start > dose.end() - 1 and lexicon.is_drug(kept[0].folded):
                    break
                if word.folded in small_words() and kept and word.folded not in (*_OF, "on", "con", "mit", "typ"):
                    break
                kept.append(word)
            if kept and any(lexicon.is_medical_word(word.folded) or lexicon.is_drug(word.folded) for word in kept):
                yield Span(kept[0].start, kept[-1].stop, "special.health", 0.7, "trait:health")
            elif kept and len(kept) == len(inner) <= 3 and len(kept[0].text) > 3:
                yield Span(kept[0].start, kept[-1].stop, "special.health", 0.6, "trait:health")

    # --- what somebody is, in so many words

    def states(self) -> Iterator[Span]:
        """``is gay``, ``schwanger``, ``HIV positive``; and ``convicted of theft``."""
        firsts = _first_words()
        for index, word in enumerate(self.words):
            if word.folded not in firsts or index in self.inside:
                continue
            for length in range(min(_LONGEST_CUE, len(self.words) - index), 0, -1):
                found = self._state(index, index + length - 1)
                if found is not None:
                    yield found
                    break

    def _state(self, first: int, last: int) -> Span | None:
        if not all(_ONE_SPACE.fullmatch(self.gap(at)) for at in range(first, last)):
            return None
        phrase = tuple(part for word in self.words[first : last + 1] for part in word.folded.split("-"))
        if phrase in self.known.convicted:
            return next(self._suffered(last + 1, self.words[first].start, "criminal.record"), None)
        category, is_told = self.known.states.get(phrase, (None, False))
        after = self.words[last + 1].folded if last + 1 < len(self.words) and len(self.gap(last)) < 2 else ""
        if category is None or after in self.known.state_not_after:
            return None
        if is_told and not self.is_after(first, self.known.being):
            return None
        # Of overlapping findings the longer one of the same score holds: ``HIV positive`` outweighs ``HIV``.
        return Span(self.words[first].start, self.words[last].stop, category, 0.6, "trait:state")

    # --- beliefs and origins

    def beliefs(self) -> Iterator[Span]:
        index = 0
        while index < len(self.words):
            found = None
            for length in (3, 2, 1) if _may_begin_belief(self.words[index].folded) else ():
                if index + length <= len(self.words):
                    found = self._belief(index, index + length - 1)
                    if found is not None:
                        yield found
                        index += length - 1
                        break
            index += 1

    def _belief(self, first: int, last: int) -> Span | None:
        if any(not _ONE_SPACE.fullmatch(self.gap(at)) for at in range(first, last)) or first in self.inside:
            return None
        joined = "-".join(word.folded for word in self.words[first : last + 1])
        after = self.words[last + 1].folded if last + 1 < len(self.words) and len(self.gap(last)) < 3 else ""
        start, stop = self.words[first].start, self.words[last].stop
        category = None
        if among(joined, "special.sexuality"):
            category = "special.sexuality"
        elif _is_nationality(joined):
            if after not in self.known.nationality_not_after and self._has_nationality(first, last, after):
                category = "demographic.nationality"
        elif among(joined, "special.religion"):
            if after not in self.known.belief_not_after:
                category = "special.religion"
        elif among(joined, "special.ethnicity"):
            category = "special.ethnicity" if self._has_nationality(first, last, after) else None
        else:
            for one in ("special.trade_union", "special.politics"):
                is_told = one == "special.politics" and self.is_after(first, self.known.nationality_before)
                if _is_party(joined, one) and (self._is_member(first, last) or (is_told and len(joined) > 4)):
                    category = one
                    break
        return Span(start, stop, category, 0.6, "trait:belief") if category else None

    def _has_nationality(self, first: int, last: int, after: str) -> bool:
        if after in self.known.nationality_after:
            return True
        if last + 1 < len(self.words):
            following = self.words[last + 1]
            if _ONE_SPACE.fullmatch(self.gap(last)):
                if following.start in self.starts or self._is_head(last + 1):
                    return True
                is_near = last + 2 < len(self.words) and len(self.gap(last + 1)) == 1
                if is_near and (self._is_head(last + 2) or self.words[last + 2].start in self.starts):
                    return True
                if after in _ANDS and last + 2 < len(self.words) and _is_nationality(self.words[last + 2].folded):
                    return True
        ends = _CLAUSE_AFTER.match(self.text, self.words[last].stop) is not None
        return ends and (
            self.is_after(first, self.known.nationality_before)
            or re.search(
                r"(?:,|\n|\s{2})\s*$", self.text[max(0, self.words[first].start - 4) : self.words[first].start]
            )
            is not None
        )

    def _is_member(self, first: int, last: int) -> bool:
        near = (*self.words[max(0, first - _NEAR) : first], *self.words[last + 1 : last + 1 + _NEAR])
        return any(word.folded in self.known.belief_cues for word in near)


@lru_cache(maxsize=1)
def _first_words() -> frozenset[str]:
    """The words that a state begins with, and those with a hyphen that it may be written with."""
    known = vocabulary()
    phrases = (*known.states, *known.convicted)
    return frozenset(part for phrase in phrases for part in (phrase[0], "-".join(phrase)))


def _is_nationality(joined: str) -> bool:
    return len(joined) > 3 and among(joined, "demographic.nationality")


@lru_cache(maxsize=20_000)
def _is_party(joined: str, category: str) -> bool:
    """Whether folded words name a party or a union, be it a word that means other things too."""
    if len(joined) < 2 or joined in (
        "union",
        "member",
        "yes",
        "no",
        "none",
        "left",
        "right",
        "other",
        "d",
        "r",
        "i",
        "l",
        "g",
        "po",
        "sp",
    ):
        return False
    return any(joined in one.values or joined in one.weak for one in lexicon.lexicon().sets if one.category == category)


@lru_cache(maxsize=1)
def _belief_words() -> frozenset[str]:
    """The first word of each name of a belief, an origin, a party, a union."""
    return frozenset(
        value.split("-")[0]
        for one in lexicon.lexicon().sets
        if one.category in _BELIEFS
        for value in (*one.values, *one.weak)
    )


@lru_cache(maxsize=50_000)
def _may_begin_belief(folded: str) -> bool:
    known = _belief_words()
    return (
        folded in known or any(folded[:-cut] in known for cut in range(1, 6) if len(folded) - cut > 3) or "-" in folded
    )
