"""Names of people in running text: runs of words that can be a name, weighed by what they are and what stands around.

A run is a row of capitalised words, initials and particles. What speaks for it: the lexicon of names, a language model,
titles, greetings, labels, an e-mail address that has the same words, and the name's being used elsewhere in the text.
"""

from __future__ import annotations

import re
import tomllib
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from importlib import resources

from scanners.detect import lexicon as traits
from scanners.detect import people, places
from scanners.detect.base import Span
from scanners.detect.folding import word_fold
from scanners.detect.language import small_words
from scanners.detect.ner import Entity
from scanners.detect.words import Word, index_at

#: Log-odds, before any evidence, that a run of capitalised words names a person; in German all nouns are capitalised.
_PRIOR, _PRIOR_GERMAN = -2.0, -3.0
#: What speaks for and against.
_MODEL = {"person": 3.2, "place": -2.0, "building": -2.0, "organisation": -2.5, "group": -2.5, "thing": -2.0}
#: The same of a model that was made for another language.
_FOREIGN_MODEL = 0.4
_TITLE, _WEAK_TITLE, _GREETING, _NAMING, _RELATION, _LABEL = 5.0, 3.0, 4.0, 4.5, 3.6, 4.5
_DOING, _SPEAKER, _MAIL, _AGAIN, _LISTED = 1.5, 2.5, 3.5, 4.0, 3.5
_SPOKEN_TO = 2.0
_SENTENCE_START, _ACRONYM, _ONE_WORD = -0.3, -2.5, -0.5
#: Against one word by itself: in a text about nobody, in quotation marks, behind an article, when a town has the name.
_NOBODY, _QUOTED, _ARTICLE, _PLACE, _WHERE = -1.5, -2.0, -2.0, -3.0, -2.5
_SURNAME_ALONE = 1.5
#: Up to this weight a first word leads a name, in English and elsewhere, when the next weighs so much as a given name.
_LEAD, _LEAD_FOREIGN, _LED = -0.5, 0.6, 2.0
#: A name is never as sure as a whole address, in which it may stand.
_MOST = 0.85
#: From this weight on the lexicon is believed more than a model that says otherwise: it is left that share.
_SURE, _DOUBT = 2.0, 0.25
#: The most that the lexicon says of one run, for and against.
_LEXICON_FOR, _LEXICON_AGAINST = 6.0, -6.0
#: A word at the edge of a run that weighs less is no part of the name, unless the model says so.
_EDGE, _EDGE_MODEL, _INSIDE = -1.9, -4.4, -3.6
#: Words in a name at most.
_LONGEST = 5
#: Of an address of mail the parts from so many letters on are compared with names.
_MAIL_PART = 3

_TRAITS = (
    "special.religion",
    "special.politics",
    "demographic.nationality",
    "special.ethnicity",
    "special.sexuality",
)
#: Ends that adjectives take on.
_ENDS = ("e", "er", "en", "es", "em", "s", "in", "innen", "a", "o", "os", "as", "i")

_SPACE = re.compile(r"[ \u00a0\t]")
_AFTER_INITIAL = re.compile(r"\.[ \u00a0]?|\.-|[ \u00a0]")
_NICK_OPEN, _NICK_CLOSE = re.compile(r'[ \u00a0]["“„\'(]'), re.compile(r'["”“\')][ \u00a0]')
_CUE_GAP = re.compile(r"\.?\s*[,:;!]?\s*[-–—>]*\s*[\"“„'(<*\[]*\s*")
_LABEL_GAP = re.compile(r"(?:\s?\((?:s|as shown[^)]*)\))?[\"']?\s*[:=;]\s*[\"“„'(<*\[]*\s*|\s{2,}|>\s*")
_TITLE_GAP = re.compile(r"\.?[ \u00a0]{1,2}|\.")
#: ``i. A.``, ``i.V.``, ``p. p. a.``: for somebody; no initials.
_ON_BEHALF = re.compile(r"(?<![\w.])[ip]\.[ \u00a0]?$")
_MAIL_ADDRESS = re.compile(r"(?<![\w.%+-])([\w.%+-]{1,64})@[\w-]+\.\w")
_LINE_START = re.compile(r"(?:^|\n)[\s>*•\-]*(?:\[?\d{1,2}[:.]\d\d(?:[:.]\d\d)?\]?\s*[-–]?\s*)?$")
#: Behind a speaker words stand: what has a number or an address of mail behind its colon is a label.
_SPEAKS = re.compile(r"\s?\\?\"?:(?!//|\d|\s+(?:\+?\d|[\w.+-]+@|https?://|www\.))")
_MAIL_AFTER = re.compile(r"[\"']?\s*[<(\[]\s*[\w.+-]+@")
_AGE_AFTER = re.compile(r"\s*[,(]\s*\d{1,2}\s*[,)]|\s*,?\s*\d{1,2}[- ](?:years?|yo)\b")
_VOCATIVE = re.compile(r",\s([^\W\d_]+)")
_SENTENCE_END = re.compile(r"(?:^|[.!?\n]|\W[\"“„'])\s*[\"“„'(]*$")


@dataclass(frozen=True, slots=True)
class Cues:
    """``mentions.toml`` in the form that matching needs: phrases of folded words with what they say."""

    before: Mapping[tuple[str, ...], float]
    labels: frozenset[tuple[str, ...]]
    honorifics: Mapping[str, float]
    #: Those that stand before a name whatever stands before them.
    dividing: frozenset[str]
    doing: frozenset[str]
    not_names: frozenset[str]
    #: Words that stand beside names and are none: greetings, relations, labels.
    beside: frozenset[str]
    particles: frozenset[str]
    articles: frozenset[str]
    german_articles: frozenset[str]
    #: Prepositions behind which places stand and people do not.
    where: frozenset[str]
    #: Particles that, in capitals, begin a sentence rather than a name.
    openers: frozenset[str]
    months: frozenset[str]
    #: Firms and wares that are called as people are.
    brands: frozenset[tuple[str, ...]]
    #: Labels of whole names.
    full_labels: frozenset[str]
    #: Words by which a text speaks of people.
    person: frozenset[str]
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
        frozenset(raw["honorifics"]["dividing"].split()),
        frozenset(raw["cues"]["doing"].split()),
        frozenset(raw["not_names"]["words"].split()),
        frozenset(
            phrase for kind in ("greeting", "relation", "label") for phrase in raw["cues"][kind] if " " not in phrase
        ),
        frozenset(raw["inside"]["particles"].split()),
        frozenset(raw["before"]["articles"].split()),
        frozenset(raw["before"]["german_articles"].split()),
        frozenset(raw["before"]["where"].split()),
        frozenset(raw["before"]["openers"].split()),
        frozenset(raw["not_names"]["months"].split()),
        frozenset(tuple(brand.split()) for brand in raw["not_names"]["brands"]),
        frozenset(raw["before"]["full_labels"].split()),
        frozenset(raw["before"]["person"].split()),
        max(map(len, (*before, *labels))),
    )


def people_in(
    text: str, words: Sequence[Word], entities: Sequence[Entity], language: str | None, is_models: bool
) -> Iterator[Span]:
    """The names of people, longest form first; spans may overlap those of other things.

    ``is_models``: whether the text is in the language that the model was made for.
    """
    reading = _Reading(text, words, entities, language, is_models)
    runs = reading.turned(list(map(reading.weighed, reading.runs())))
    known = reading.known(runs)
    for run in runs:
        run = reading.again(run, known)
        if run.score > 0:
            start, stop = words[run.first].start, words[run.last].stop
            yield Span(start, stop, "identity.name", min(_MOST, 0.5 + 0.06 * run.score), "mention:name")


def names_again(words: Sequence[Word], people: Sequence[Span]) -> Iterator[Span]:
    """Whole names that were found once at their other places, however they are written there.

    Of two words at least that are no small ones: ``An Le`` in small letters may be anything.
    """
    known: dict[tuple[str, ...], float] = {}
    found = {span.start for span in people}
    for span in people:
        name = words[index_at(words, span.start) : index_at(words, span.stop)]
        if sum(len(word.text) > 2 and word.folded not in small_words() for word in name) > 1:
            folded = tuple(word.folded for word in name)
            known[folded] = max(known.get(folded, 0.0), span.score)
    lengths: dict[str, set[int]] = defaultdict(set)
    for folded in known:
        lengths[folded[0]].add(len(folded))
    for index, word in enumerate(words):
        for length in sorted(lengths.get(word.folded, ()), reverse=True):
            row = words[index : index + length]
            score = known.get(tuple(one.folded for one in row))
            if score is not None and row[-1].stop - row[0].start < sum(len(one.text) + 2 for one in row):
                if word.start not in found:
                    yield Span(word.start, row[-1].stop, "identity.name", score, "mention:again")
                break


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
        self.mail_behind_initial = {part[1:] for part in self.mail}
        self.is_about_people = bool(self.mail) or any(
            word.folded in self.cues.person or word.folded in self.cues.honorifics for word in words
        )

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
        if len(word.text) != 1 or not word.text.isupper():
            return False
        dot = self.text[word.stop : word.stop + 1] == "."
        if dot and word.text in "AVP" and _ON_BEHALF.search(self.text, max(0, word.start - 4), word.start):
            return False
        return dot or word.text not in "AI" or self._is_labelled_letter(index)

    def _is_labelled_letter(self, index: int) -> bool:
        """``To: A Patel``."""
        if not 0 < index < len(self.words) - 1 or not self.words[index + 1].is_capital:
            return False
        is_label = (self.words[index - 1].folded,) in self.cues.labels and _LABEL_GAP.fullmatch(self.gap(index - 1))
        is_one = self.gap(index) == " " and len(self.words[index + 1].text) > 1
        return bool(is_label) and is_one

    def runs(self) -> Iterator[Run]:
        """Rows of words that can be names, cut where a word is none."""
        words, particles = self.words, self.cues.particles
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
                while reach < len(words) and words[reach].folded in particles and self._joins(reach - 1, reach):
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
        """As ``_begins``; ``al-Rahman`` may stand inside of a name."""
        text = self.words[index].text
        return self._begins(index) or (text[:3].lower() in ("al-", "el-", "ar-", "as-", "ad-") and text[3:4].isupper())

    def _is_in_code(self, index: int) -> bool:
        """Whether the word is a piece of an address, a path, a code or a number."""
        word = self.words[index]
        before = self.text[word.start - 1 : word.start]
        after = self.text[word.stop : word.stop + 2]
        if after[:1] == "\\" and after[1:] in ("'", '"'):  # quotation marks as a programme writes them
            after = ""
        return (before.isalnum() or before in ("_", "@", "/", "\\", "#", "&", "$")) or (
            after[:1] in ("_", "@", "\\")
            or after[:1].isdigit()
            or (after[:1] in "./" and after[1:].isalnum() and len(word.text) > 1)
        )

    def _joins(self, left: int, right: int) -> bool:
        gap = self.gap(left)
        if not gap and self.words[left].text.endswith(("'", "’")):
            return True
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
        if self._is_german_article(index):
            return True
        if word.folded in self.cues.particles and start < index and not word.is_capital:
            return False
        if self.is_initial(index):
            return index == start and self._is_french_title(index)
        is_opener = index == start and word.folded in self.cues.openers and word.is_capital
        if self._is_other_word(index) or (is_opener and not self._is_followed_small(index)):
            return True
        if word.folded in self.cues.dividing and index + 1 < len(self.words) and self._joins(index, index + 1):
            return True
        if word.folded in self.cues.honorifics and (index == start or self.weight(index) < 0):
            return True
        if word.folded in people.lexicon().others and self.kinds[index] != "person":
            return False
        if self._title_before(index) or (index == start and self._is_addressed(index)):
            return False
        inside = start < index and self._continues(index + 1) if index + 1 < len(self.words) else False
        limit = _EDGE_MODEL if self.kinds[index] == "person" else _INSIDE if inside else _EDGE
        return self.weight(index) < limit

    def _is_german_article(self, index: int) -> bool:
        """``Beschwerde der Eheleute Krug``: an article that no ``von`` stands before is no part of a name."""
        if self.language != "de" or self.words[index].text not in ("der", "des", "dem", "den", "das", "die"):
            return False
        return index == 0 or self.words[index - 1].folded not in (
            "von",
            "van",
            "aus",
            "auf",
            "an",
            "in",
            "op",
            "zu",
            "zur",
        )

    def _is_french_title(self, index: int) -> bool:
        """``M. Prudhon``: no initial in French."""
        return self.language in ("fr", None) and self.words[index].text == "M"

    def _is_addressed(self, index: int) -> bool:
        """``Hi Dot,``: whatever stands alone behind a greeting is a name."""
        cue = self._phrase_before(index)
        after = self.text[self.words[index].stop : self.words[index].stop + 1]
        return cue >= _NAMING or (cue >= _GREETING and after in (",", "!"))

    def _is_other_word(self, index: int) -> bool:
        """Whether a word is one that stands beside names: a small word, a greeting, a relation, a job, a label."""
        folded = self.words[index].folded
        if folded in self.cues.not_names:
            return not (folded in self.cues.months and self._is_followed(index))
        if self._title_before(index):
            return False
        weight = max(people.word_weights(folded))
        if folded in small_words() and folded not in self.cues.particles:
            return weight < 3
        if folded in self.cues.beside or (folded in self.cues.honorifics and weight < 0):
            return weight < 2.5
        if self.text[self.words[index].stop : self.words[index].stop + 1] == ":" and (folded,) in self.cues.labels:
            return True
        return weight < 2.5 and is_trait(folded)

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

    def _is_followed(self, index: int) -> bool:
        """Whether a word that may be another part of a name stands directly behind."""
        following = index + 1
        if following >= len(self.words) or not self._joins(index, following) or not self._begins(following):
            return False
        return self.words[following].folded not in self.cues.not_names and self.weight(following) > 0

    def _is_followed_small(self, index: int) -> bool:
        following = index + 1
        return following < len(self.words) and self.words[following].folded in self.cues.particles

    def _is_behind_article(self, index: int) -> bool:
        if self.language != "de" or not index or self.gap(index - 1) != " ":
            return False
        return self.words[index - 1].folded in self.cues.german_articles

    def _led(self, first: int, last: int) -> int:
        """Where a name begins that a noun leads: ``Rechtsstreit Ingeborg Hasselbach``, ``Boletín de Jimena``."""
        start = first + 1
        while start < last and self.words[start].folded in self.cues.particles and not self.words[start].is_capital:
            start += 1
        if start > last or self.is_initial(first) or self._title_before(first):
            return first
        given = people.word_weights(self.words[start].folded)[0]
        lead_given, lead_surname = people.word_weights(self.words[first].folded)
        # ``der Zeugin Ilka Dorn``: behind a German article a noun stands, unless it is a name.
        if (
            start == first + 1
            and given > max(lead_given, 0.0)
            and lead_surname < _SURE
            and self._is_behind_article(first)
        ):
            return start
        if self._phrase_before(first) and not (
            start > first + 1 and people.word_weights(self.words[first].folded)[0] < 0
        ):
            return first
        lead = max(people.word_weights(self.words[first].folded))
        limit = _LEAD if self.language in ("en", None) and start == first + 1 else _LEAD_FOREIGN
        is_seen = self.is_models and self.kinds[first] == "person"
        return start if given >= _LED and lead < limit and not is_seen else first

    def _trimmed(self, first: int, last: int) -> Run | None:
        while last > first and not self.is_initial(last) and self.words[last].folded in self.cues.particles:
            last -= 1
        # ``M`` behind a name without a full stop says male; a word before a colon is a label.
        while last > first and (
            (len(self.words[last].text) == 1 and self.text[self.words[last].stop : self.words[last].stop + 1] != ".")
            or (self.text[self.words[last].stop : self.words[last].stop + 1] == ":" and self.weight(last) < 1.5)
        ):
            last -= 1
        first = self._led(first, last)
        if first > last or (first == last and self.is_initial(first)):
            return None
        if not any(self._continues(index) for index in range(first, last + 1)):
            return None
        return Run(first, last)

    def turned(self, runs: list[Run]) -> list[Run]:
        """The runs, with ``SURNAME, Given`` as one where capitals or a label say that it is one."""
        joined: list[Run] = []
        for run in runs:
            before = joined[-1] if joined else None
            if (
                before
                and before.last + 1 == run.first
                and self.gap(before.last) == ", "
                and before.first == before.last
            ):
                is_list = self.words[before.first].is_shouted and not self.words[run.first].is_shouted
                is_shouted = self.words[before.first].is_shouted and self.words[run.last].is_shouted
                is_given = people.word_weights(self.words[run.first].folded)[0] > 0
                if is_given and (is_list or is_shouted or self._is_full_label(before.first)):
                    joined[-1] = replace(before, last=run.last, score=max(before.score, run.score))
                    continue
            joined.append(run)
        return joined

    def _is_full_label(self, first: int) -> bool:
        """``Name, Vorname:``: what follows is a whole name, the surname first perhaps."""
        if not first or not _LABEL_GAP.fullmatch(self.gap(first - 1)):
            return False
        return self.words[first - 1].folded in self.cues.full_labels

    def weighed(self, run: Run) -> Run:
        """The run with what speaks for and against it."""
        words = self.words[run.first : run.last + 1]
        text = " ".join(word.text + "." * (len(word.text) == 1) for word in words)
        kinds = {self.kinds[index] for index in range(run.first, run.last + 1)} - {None}
        score = _PRIOR_GERMAN if self.language == "de" else _PRIOR
        lexicon = people.score(text)
        if len(words) == 1 and self._title_before(run.first):
            lexicon = max(lexicon, -2.0)
        elif len(words) == 1:
            # A surname by itself is as often a thing's name.
            given, surname = people.word_weights(words[0].folded)
            is_seen = "person" in kinds and self.is_models
            lexicon = max(given, surname if is_seen else min(surname, _SURNAME_ALONE))
            if words[0].folded in self.cues.not_names:
                lexicon = -5.0
        score += max(_LEXICON_AGAINST, min(_LEXICON_FOR, lexicon))
        model = sum(_MODEL.get(kind or "", 0.0) for kind in (("person",) if "person" in kinds else kinds))
        cue = self._cue(run)
        if model < 0 and (lexicon >= _SURE or cue >= _GREETING):
            model *= _DOUBT
        score += model * (1.0 if self.is_models else _FOREIGN_MODEL)
        if len(words) == 1:
            score += self._alone(run.first) * (_DOUBT if cue >= _GREETING else 1.0)
        elif not self.is_about_people:
            score += _NOBODY / 2
        if tuple(word.folded for word in words) in self.cues.brands:
            score += _LEXICON_AGAINST
        if len(words) == 1:
            score += _ONE_WORD
            if _SENTENCE_END.search(self.text[max(0, words[0].start - 12) : words[0].start]):
                score += _SENTENCE_START
        if len(words) == 1 and words[0].is_shouted and len(words[0].text) < 5:
            score += _ACRONYM
        return replace(run, cue=cue, score=score + cue)

    def _alone(self, index: int) -> float:
        """What speaks against one word's being a name: an article, quotation marks, a town of that name."""
        word = self.words[index]
        before = self.text[max(0, word.start - 2) : word.start]
        score = 0.0 if self.is_about_people else _NOBODY / 2 if self.kinds[index] == "person" else _NOBODY
        if before.endswith((*"\"'“„‘«`", "« ")):
            score += _QUOTED
        if index and self.gap(index - 1) == " " and self.words[index - 1].folded in self.cues.articles:
            score += _ARTICLE / 2 if self.kinds[index] == "person" else _ARTICLE
        if index and self.gap(index - 1) == " " and self.words[index - 1].folded in self.cues.where:
            score += _WHERE if people.word_weights(word.folded)[0] < 3 else _WHERE / 3
        if places.kind(word.text) is not None:
            score += _PLACE if people.word_weights(word.folded)[0] < 2 else _PLACE / 3
        return score

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
        if run.first == run.last and self._is_spoken_to(run.first, rest):
            score += _SPOKEN_TO
        following = run.last + 1
        if (
            following < len(self.words)
            and self.words[following].folded in self.cues.doing
            and len(self.gap(run.last)) < 3
        ):
            score += _DOING
        return score

    def _is_spoken_to(self, index: int, rest: str) -> bool:
        """``Lucas, can I …``: a given name at the beginning, with a small word behind the comma."""
        found = _VOCATIVE.match(rest)
        if found is None or word_fold(found.group(1)) not in small_words():
            return False
        start = self.words[index].start
        is_first = _SENTENCE_END.search(self.text[max(0, start - 12) : start]) is not None
        return is_first and people.word_weights(self.words[index].folded)[0] >= _SURE

    def _is_in_mail(self, run: Run) -> bool:
        for index in range(run.first, run.last + 1):
            folded = self.words[index].folded
            is_part = folded in self.mail or (len(folded) > 3 and folded in self.mail_behind_initial)
            if is_part and len(folded) >= _MAIL_PART and folded not in self.cues.not_names:
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


@lru_cache(maxsize=20_000)
def is_trait(folded: str) -> bool:
    """Whether a word tells of a person and names nobody: a job, a faith, a nationality."""
    known = traits.lexicon()
    if folded in known.job_heads or (len(folded) > 6 and folded.endswith(known.job_ends)):
        return True
    return any(among(folded, category) for category in _TRAITS)


@lru_cache(maxsize=50_000)
def among(joined: str, category: str) -> bool:
    """Whether folded words are among those of a category, in one of the forms that languages give an adjective."""
    known = traits.words(category)
    if joined in known:
        return True
    return any(joined.endswith(end) and len(joined) - len(end) > 3 and joined[: -len(end)] in known for end in _ENDS)


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
