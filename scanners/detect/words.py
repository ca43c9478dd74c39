"""The words of a text with where they stand, and the text as its writer would have written it with care. Pure."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Sequence
from functools import lru_cache
from typing import NamedTuple

from scanners.detect.folding import word_fold
from scanners.detect.language import introducing, small_words, telling
from scanners.detect.people import lexicon, word_weights

_LETTER = r"(?:[^\W\d_][\u0300-\u036f]*)"
_WORD = re.compile(rf"{_LETTER}+(?:['’`‐‑-]{_LETTER}+)*")
#: ``l'avocat``, ``d'Anna``, ``dell'arte``: what stands before the apostrophe is a word of its own.
_ELISION = re.compile(r"(?:[ldjmnstcLDJMNSTC]|[Qq]u|[Dd]ell|[Aa]ll|[Nn]ell|[Ss]ull|[Dd]all|[Uu]n)['’](?=[^\W\d_]{2})")
_SENTENCE = re.compile(r"[.!?] [A-Z][a-z]")
_POSSESSIVE = re.compile(r"['’][sS]$")
#: Below this share of capitals among its letters a text is one whose writer does not bother with them.
_FEW_CAPITALS, _MOST_CAPITALS = 0.004, 0.8
#: From this weight on a word that is written small is taken for a name.
_NAME = 1.2
#: From this weight on a word that no list has, behind a name.
_UNKNOWN = -0.8
#: Fewer words than this share begin with a capital alone.
_FEW_TITLES = 0.1


class Word(NamedTuple):
    """One word. Offsets in characters. The word itself does not show in a repr."""

    start: int
    stop: int
    text: str
    #: Lower case, without accents.
    folded: str

    def __repr__(self) -> str:
        return f"Word(start={self.start}, stop={self.stop})"

    @property
    def is_capital(self) -> bool:
        """Whether it begins with a capital letter."""
        return self.text[0].isupper() or self.text[0].istitle()

    @property
    def is_shouted(self) -> bool:
        """Whether it is written in capitals throughout, and is more than an initial."""
        return len(self.text) > 1 and self.text.isupper()


def index_at(words: Sequence[Word], offset: int) -> int:
    """The number of the first word that begins at or after an offset."""
    return bisect_left(words, offset, key=lambda word: word.start)


@lru_cache(maxsize=50_000)
def _folded(text: str) -> str:
    return word_fold(text)


def words_of(text: str) -> list[Word]:
    """The words of a text in order; an English ``'s`` at the end is no part of one, nor a French ``l'`` before it."""
    found = []
    for match in _WORD.finditer(text):
        start, stop = match.span()
        word = match.group()
        if "'" in word or "’" in word:
            elided = _ELISION.match(word)
            if elided and (word[0].islower() or word[elided.end()].islower()):
                found.append(Word(start, start + elided.end(), elided.group(), _folded(elided.group()[:-1])))
                start += elided.end()
                word = word[elided.end() :]
            possessive = _POSSESSIVE.search(word)
            if possessive:
                word = word[: possessive.start()]
                stop = start + len(word)
        if word:
            found.append(Word(start, stop, word, _folded(word)))
    return found


def with_capitals(text: str) -> str:
    """The text with names in capitals, as long as it was.

    All of them where all of it is written small or all of it in capitals; else those that their bearers tell.
    """
    raised = _with_capitals(text)
    return raised if raised is not text else _told_raised(text)


@lru_cache(maxsize=1)
def _telling() -> re.Pattern[str]:
    phrases = "|".join(re.escape(phrase) for phrase in telling())
    return re.compile(rf"\b(?:{phrases})[ \u00a0]((?:[^\W\d_][\w'’-]*[ \u00a0]?){{1,3}})", re.IGNORECASE)


def _told_raised(text: str) -> str:
    """The text with the name in capitals that stands behind ``my name is``."""
    chars: list[str] | None = None
    for found in _telling().finditer(text):
        for word in words_of(found.group(1)):
            is_name = len(word.text) > 1 and word.folded not in small_words()
            if not is_name or max(word_weights(word.folded)) <= _UNKNOWN:
                break
            chars = chars or list(text)
            at = found.start(1) + word.start
            if len(chars[at].upper()) == 1:
                chars[at] = chars[at].upper()
    return text if chars is None else "".join(chars)


def _with_capitals(text: str) -> str:
    letters = sum(map(str.isalpha, text))
    capitals = sum(map(str.isupper, text))
    if letters < 4:
        return text
    if capitals <= _FEW_CAPITALS * letters:
        return _raised(text, words_of(text))
    if capitals < 0.1 * letters and text[0].islower():
        words = words_of(text)
        titles = sum(word.is_capital and not word.is_shouted and len(word.text) > 1 for word in words)
        if titles < _FEW_TITLES * len(words) and not _SENTENCE.search(text):
            return _raised(text, words)
    if capitals >= _MOST_CAPITALS * letters and letters > 30:
        small = text.lower()
        return _raised(small, words_of(small)) if len(small) == len(text) else text
    return text


def _raised(text: str, words: Sequence[Word]) -> str:
    """The text with the words in capitals that the lexicon knows as names, and unknown ones directly behind them."""
    chars = list(text)
    known = lexicon().codes
    is_behind = False
    for index, word in enumerate(words):
        is_next = is_behind and words[index - 1].stop + 1 == word.start and text[word.start - 1] == " "
        is_listed = all(part in known for part in re.split(r"['’-]", word.folded))
        weight = max(word_weights(word.folded))
        is_unknown = not is_listed and is_next and len(word.text) > 3 and weight > _UNKNOWN
        before = tuple(other.folded for other in words[max(0, index - 2) : index])
        is_told = bool(introducing() & {before, before[-1:]}) and word.folded not in small_words()
        is_name = len(word.text) > 2 and ((is_listed and weight >= _NAME) or is_unknown or is_told)
        first = chars[word.start].upper()
        if is_name and len(first) == 1:
            chars[word.start] = first
            for at in range(word.start + 1, word.stop - 1):
                if chars[at] in "-'’" and len(chars[at + 1].upper()) == 1:
                    chars[at + 1] = chars[at + 1].upper()
        is_behind = is_name and (is_told or (is_listed and word_weights(word.folded)[0] >= _NAME))
    return "".join(chars)
