"""Names of people in running text: runs of words that can be a name, weighed by what they are and what stands around.

A run is a row of capitalised words, initials and particles. What speaks for it: the lexicon of names, a language model,
titles, greetings, labels, an e-mail address that has the same words, and the name's being used elsewhere in the text.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from importlib import resources

from scanners.detect import people
from scanners.detect.base import Span
from scanners.detect.folding import word_fold
from scanners.detect.ner import Entity
from scanners.detect.words import Word

#: Log-odds, before any evidence, that a run of capitalised words names a person; in German all nouns are capitalised.
_PRIOR, _PRIOR_GERMAN = -2.0, -3.0
#: What speaks for and against.
_MODEL = {"person": 3.2, "place": -2.0, "building": -2.0, "organisation": -2.5, "group": -2.5, "thing": -2.0}
#: The same of a model that was made for another language.
_FOREIGN_MODEL = 0.4
_TITLE, _WEAK_TITLE, _GREETING, _NAMING, _RELATION, _LABEL = 5.0, 3.0, 4.0, 4.5, 2.5, 4.5
_DOING, _SPEAKER, _MAIL, _AGAIN, _LISTED = 1.5, 2.5, 3.5, 4.0, 2.5
_SENTENCE_START, _ACRONYM, _ONE_WORD = -0.5, -2.5, -0.5
#: The most that the lexicon says of one run, for and against.
_LEXICON_FOR, _LEXICON_AGAINST = 6.0, -6.0
#: A word at the edge of a run that weighs less is no part of the name, unless the model says so.
_EDGE, _EDGE_MODEL = -1.9, -4.5
#: Words in a name at most.
_LONGEST = 5
#: Of an address of mail the parts from so many letters on are compared with names.
_MAIL_PART = 3

_SPACE = re.compile(r"[ \u00a0\t]")
_AFTER_INITIAL = re.compile(r"\.[ \u00a0]?|\.-|[ \u00a0]")
_NICK_OPEN, _NICK_CLOSE = re.compile(r'[ \u00a0]["“„\'(]'), re.compile(r'["”“\')][ \u00a0]')
_CUE_GAP = re.compile(r"\s*[,:;!]?\s*[-–—>]*\s*[\"“„'(<*\[]*\s*")
_LABEL_GAP = re.compile(r"(?:\s?\((?:s|as shown[^)]*)\))?[\"']?\s*[:=;]\s*[\"“„'(<*\[]*\s*|\s{2,}|>\s*")
_TITLE_GAP = re.compile(r"\.?[ \u00a0]{1,2}|\.")
_MAIL_ADDRESS = re.compile(r"([\w.%+-]+)@[\w-]+\.\w")
_LINE_START = re.compile(r"(?:^|\n)[\s>*•\-]*(?:\[?\d{1,2}[:.]\d\d(?:[:.]\d\d)?\]?\s*[-–]?\s*)?$")
_SPEAKS = re.compile(r"\s?\\?\"?:(?!//|\d)")
_MAIL_AFTER = re.compile(r"[\"']?\s*[<(\[]\s*[\w.+-]+@")
_AGE_AFTER = re.compile(r"\s*[,(]\s*\d{1,2}\s*[,)]|\s*,?\s*\d{1,2}[- ](?:years?|yo)\b")
_SENTENCE_END = re.compile(r"(?:^|[.!?\n]|\W[\"“„'])\s*[\"“„'(]*$")


@dataclass(frozen=True, slots=True)
class Cues:
    """``mentions.toml`` in the form that matching needs: phrases of folded words with what they say."""

    before: Mapping[tuple[str, ...], float]
    labels: frozenset[tuple[str, ...]]
    honorifics: Mapping[str, float]
    doing: frozenset[str]
    not_names: frozenset[str]
    longest: int


@dataclass(frozen=True, slots=True)
class Run:
    """Words ``first`` to ``last`` (included) that may be one name."""

    first: int
    last: int
    #: What the surroundings say.
    cue: float = 0.0
    score: float = 0.0


@lru_cache(maxsize=1)
def cues() -> Cues:
    """The shipped cues."""
    with resources.files("scanners.detect").joinpath("mentions.toml").open("rb") as stream:
        raw = tomllib.load(stream)
    before: dict[tuple[str, ...], float] = {}
    for kind, weight in (("relation", _RELATION), ("naming", _NAMING), ("greeting", _GREETING)):
        before.update({tuple(re.split(r"[ ']", phrase)): weight for phrase in raw["cues"][kind]})
    labels = frozenset(tuple(re.split(r"[ _-]+", phrase)) for phrase in raw["cues"]["label"])
    honorifics = dict.fromkeys(raw["honorifics"]["weak"].split(), _WEAK_TITLE)
    honorifics |= dict.fromkeys(raw["honorifics"]["strong"].split(), _TITLE)
    return Cues(
        before,
        labels,
        honorifics,
        frozenset(raw["cues"]["doing"].split()),
        frozenset(raw["not_names"]["words"].split()),
        max(map(len, (*before, *labels))),
    )


def people_in(
    text: str, words: Sequence[Word], entities: Sequence[Entity], language: str | None, is_models: bool
) -> Iterator[Span]:
    """The names of people, longest form first; spans may overlap those of other things.

    ``is_models``: whether the text is in the language that the model was made for.
    """
    reading = _Reading(text, words, entities, language, is_models)
    runs = [run for run in map(reading.weighed, reading.runs()) if run is not None]
    known = reading.known(runs)
    for run in runs:
        run = reading.again(run, known)
        if run.score > 0:
            start, stop = words[run.first].start, words[run.last].stop
            yield Span(start, stop, "identity.name", min(0.95, 0.5 + 0.06 * run.score), "mention:name")


class _Reading:
    """One text as it is read."""

    def __init__(
        self, text: str, words: Sequence[Word], entities: Sequence[Entity], language: str | None, is_models: bool
    ) -> None:
        self.text = text
        self.words = words
        self.language = language
        self.is_models = is_models
        self.cues = cues()
        self.kinds = _kinds(words, entities)
        self.mail = _mail_parts(text)

    def gap(self, index: int) -> str:
        """What stands between a word and the next one."""
        return self.text[self.words[index].stop : self.words[index + 1].start]

    def weight(self, index: int) -> float:
        """The better of a word's weights as a given name and as a surname."""
        word = self.words[index]
        if word.folded in self.cues.not_names:
            return -5.0
        return max(people.word_weights(word.folded))

    def is_initial(self, index: int) -> bool:
        """``J.`` or ``J``: not ``I`` and ``A``, which are words."""
        word = self.words[index]
        dot = self.text[word.stop : word.stop + 1] == "."
        return len(word.text) == 1 and word.text.isupper() and (dot or word.text not in "AI")

    def runs(self) -> Iterator[Run]:
        """Rows of words that can be names, cut where a word is none."""
        words, particles = self.words, people.lexicon().particles
        index = 0
        while index < len(words):
            if not self._begins(index):
                index += 1
                continue
            last = index
            while last + 1 < len(words) and last - index < _LONGEST + 2:
                following = last + 1
                if self._joins(last, following) and self._continues(following):
                    last = following
                    continue
                # ``van der Berg``: particles count where a name follows them.
                reach = following
                while reach < len(words) and words[reach].folded in particles and _SPACE.fullmatch(self.gap(reach - 1)):
                    reach += 1
                if following < reach < len(words) and self._joins(reach - 1, reach) and self._begins(reach):
                    last = reach
                    continue
                break
            yield from self._pieces(index, last)
            index = last + 1

    def _begins(self, index: int) -> bool:
        word = self.words[index]
        return word.is_capital and (len(word.text) > 1 or self.is_initial(index)) and not self._is_in_code(index)

    def _continues(self, index: int) -> bool:
        return self._begins(index)

    def _is_in_code(self, index: int) -> bool:
        """Whether the word is a piece of an address, a path, a code or a number."""
        word = self.words[index]
        before = self.text[word.start - 1 : word.start]
        after = self.text[word.stop : word.stop + 2]
        return (before.isalnum() or before in ("_", "@", "/", "\\", "#", "&", "$")) or (
            after[:1] in ("_", "@", "\\")
            or after[:1].isdigit()
            or (after[:1] in "./" and after[1:].isalnum() and len(word.text) > 1)
        )

    def _joins(self, left: int, right: int) -> bool:
        gap = self.gap(left)
        if self.is_initial(left):
            return _AFTER_INITIAL.fullmatch(gap) is not None
        if _SPACE.fullmatch(gap):
            return True
        if gap == ". " and self.words[left].folded in self.cues.honorifics:
            return True
        if _NICK_OPEN.fullmatch(gap):
            return right + 1 < len(self.words) and _NICK_CLOSE.fullmatch(self.gap(right)) is not None
        return (
            _NICK_CLOSE.fullmatch(gap) is not None and left > 0 and _NICK_OPEN.fullmatch(self.gap(left - 1)) is not None
        )

    def _pieces(self, first: int, last: int) -> Iterator[Run]:
        """A row without what is no part of a name, in pieces where something in the midst is none."""
        start = first
        for index in range(first, last + 2):
            if index <= last and not self._parts(index, start):
                continue
            run = self._trimmed(start, index - 1)
            if run is not None:
                yield run
            start = index + 1

    def _parts(self, index: int, start: int) -> bool:
        """Whether a word stands between names rather than in one."""
        word = self.words[index]
        if word.folded in people.lexicon().particles and index > start:
            return False
        if self.is_initial(index):
            return False
        if word.folded in self.cues.honorifics and (index == start or self.weight(index) < 0):
            return True
        if word.folded in people.lexicon().others and self.kinds[index] != "person":
            return False
        limit = _EDGE_MODEL if self.kinds[index] == "person" or self._title_before(index) else _EDGE
        return self.weight(index) < limit

    def _title_before(self, index: int) -> bool:
        return self._title(index) > 0

    def _title(self, index: int) -> float:
        """What a title directly before a word says."""
        if index == 0 or not _TITLE_GAP.fullmatch(self.gap(index - 1)):
            return 0.0
        word = self.words[index - 1]
        weight = self.cues.honorifics.get(word.folded, 0.0)
        short = len(word.folded) < 3
        if short and not (
            word.is_capital and (self.gap(index - 1).startswith(".") or word.folded in ("mr", "ms", "dr", "pc"))
        ):
            return 0.0
        return weight

    def _trimmed(self, first: int, last: int) -> Run | None:
        particles = people.lexicon().particles
        while last > first and self.words[last].folded in particles and not self.weight(last) > 0:
            last -= 1
        if first > last or (first == last and self.is_initial(first)):
            return None
        return Run(first, last)

    def weighed(self, run: Run) -> Run | None:
        """The run with what speaks for and against it."""
        words = self.words[run.first : run.last + 1]
        text = " ".join(word.text + "." * (len(word.text) == 1) for word in words)
        kinds = {self.kinds[index] for index in range(run.first, run.last + 1)} - {None}
        score = _PRIOR_GERMAN if self.language == "de" else _PRIOR
        lexicon = people.score(text)
        if len(words) == 1 and self._title_before(run.first):
            lexicon = max(lexicon, -2.0)
        score += max(_LEXICON_AGAINST, min(_LEXICON_FOR, lexicon))
        model = sum(_MODEL.get(kind or "", 0.0) for kind in (("person",) if "person" in kinds else kinds))
        score += model * (1.0 if self.is_models else _FOREIGN_MODEL)
        if len(words) == 1:
            score += _ONE_WORD
            if _SENTENCE_END.search(self.text[max(0, words[0].start - 12) : words[0].start]):
                score += _SENTENCE_START
        if len(words) == 1 and words[0].is_shouted and len(words[0].text) < 5:
            score += _ACRONYM
        cue = self._cue(run)
        return replace(run, cue=cue, score=score + cue)

    def _cue(self, run: Run) -> float:
        before = max(self._title(run.first), self._phrase_before(run.first))
        after = self._after(run)
        mail = _MAIL if self._is_in_mail(run) else 0.0
        return before + after + mail

    def _phrase_before(self, first: int) -> float:
        """What the phrase directly before a run says; a title between them is stepped over."""
        while first and self._title(first):
            first -= 1
        if first == 0:
            return 0.0
        gap = self.gap(first - 1)
        if len(gap) > 12:
            return 0.0
        is_label = _LABEL_GAP.fullmatch(gap) is not None
        if not is_label and not _CUE_GAP.fullmatch(gap):
            return 0.0
        best = 0.0
        for length in range(1, self.cues.longest + 1):
            if length > first:
                break
            phrase = tuple(word.folded for word in self.words[first - length : first])
            if is_label and phrase in self.cues.labels:
                best = max(best, _LABEL)
            weight = self.cues.before.get(phrase, 0.0)
            # ``Best,`` and ``love Anna``: short cues count where the name stands apart or at the end.
            best = max(best, weight)
        return best

    def _after(self, run: Run) -> float:
        stop = self.words[run.last].stop
        rest = self.text[stop : stop + 40]
        if _MAIL_AFTER.match(rest):
            return _LABEL
        score = 0.0
        if _SPEAKS.match(rest):
            before = self.text[max(0, self.words[run.first].start - 20) : self.words[run.first].start]
            score += _SPEAKER if _LINE_START.search(before) else _SPEAKER / 2
        if _AGE_AFTER.match(rest):
            score += _DOING
        following = run.last + 1
        if (
            following < len(self.words)
            and self.words[following].folded in self.cues.doing
            and len(self.gap(run.last)) < 3
        ):
            score += _DOING
        return score

    def _is_in_mail(self, run: Run) -> bool:
        for index in range(run.first, run.last + 1):
            folded = self.words[index].folded
            if len(folded) >= _MAIL_PART and folded not in self.cues.not_names:
                for part in self.mail:
                    if part == folded or (len(folded) > 3 and part.endswith(folded) and len(part) - len(folded) < 2):
                        return True
        return False

    def known(self, runs: Iterable[Run]) -> dict[str, float]:
        """Words of names that are sure, with how sure."""
        found: dict[str, float] = {}
        for run in runs:
            if run.score > 1.0:
                for index in range(run.first, run.last + 1):
                    folded = self.words[index].folded
                    if (
                        len(folded) > 2
                        and folded not in people.lexicon().particles
                        and folded not in self.cues.not_names
                    ):
                        found[folded] = max(found.get(folded, 0.0), run.score)
        return found

    def again(self, run: Run, known: Mapping[str, float]) -> Run:
        """The run, surer where its words are those of a name that is sure, or where it stands in a row with one."""
        if run.score > 0:
            return run
        words = {self.words[index].folded for index in range(run.first, run.last + 1)}
        if words & known.keys():
            return replace(run, score=run.score + _AGAIN)
        if self._is_listed(run, known):
            return replace(run, score=run.score + _LISTED)
        return run

    def _is_listed(self, run: Run, known: Mapping[str, float]) -> bool:
        """``Ann, Lee and Kim``: beside a name with a comma or an ``and`` between."""
        first, last = run.first, run.last
        if first and self.gap(first - 1) == ", " and self.words[first - 1].folded in known:
            return True
        if last + 1 < len(self.words) and self.gap(last) == ", " and self.words[last + 1].folded in known:
            return True
        ands = ("and", "und", "et", "y", "e", "en", "i", "oraz", "ou", "or")
        if first > 1 and self.words[first - 1].folded in ands and self.words[first - 2].folded in known:
            return True
        return (
            last + 2 < len(self.words) and self.words[last + 1].folded in ands and self.words[last + 2].folded in known
        )


def _kinds(words: Sequence[Word], entities: Sequence[Entity]) -> list[str | None]:
    """What the model takes each word for."""
    kinds: list[str | None] = [None] * len(words)
    index = 0
    for entity in entities:
        while index < len(words) and words[index].stop <= entity.start:
            index += 1
        at = index
        while at < len(words) and words[at].start < entity.stop:
            kinds[at] = entity.kind
            at += 1
    return kinds


def _mail_parts(text: str) -> frozenset[str]:
    """The words of the names before the @ of all addresses of mail."""
    if "@" not in text:
        return frozenset()
    return frozenset(
        part
        for found in _MAIL_ADDRESS.finditer(text)
        for part in re.split(r"[^a-z]+", word_fold(found.group(1)))
        if len(part) >= _MAIL_PART
    )
