"""Names of people by a lexicon: how much likelier a word stands in a name than in the name of another thing.

``people.txt`` is built by ``scripts/lexicon``; its sources stand in NOTICE. A word's weight is the logarithm of its
share among given names, or surnames, over its share among words, towns and wares. A name's score is the sum over its
words for the likeliest order of given names and surnames. Words that no list has are weighed by their letters.
"""

from __future__ import annotations

import re
import tomllib
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from importlib import resources

from scanners.detect import places
from scanners.detect.base import Rule
from scanners.detect.folding import word_fold

#: The logarithm of the smallest share that the lexicon tells from none, which is level 1, and of a step between levels.
FLOOR, LEVEL_STEP = -14.0, 0.75
#: The same of a word that is not in the lists: of given names, of surnames, of other things.
_PLACEHOLDER = "080"
_UNSEEN = (-16.0, -15.5, -14.5)

#: Readings are written in either of the two syllabaries.
_HIRAGANA = {code: code - 0x60 for code in range(0x30A1, 0x30F7)}
_SHAPE = re.compile(r"[a.,'?`/\- ]{2,60}")
_MOST_WORDS = 7
#: What one word can say for or against.
_MOST_FOR, _MOST_AGAINST = 5.0, -4.5
#: What the letters of an unknown word can say: less, since towns and wares have pleasant letters too.
_LETTERS_FOR, _LETTERS_AGAINST, _LETTER_STEP = 2.0, -3.0, 0.45
#: An unknown word is sooner a surname than a given name, of which there are fewer.
_NEW_GIVEN, _NEW_SURNAME = -0.5, 0.5
#: What being on a long list of rare surnames says, beside the letters.
_RARE_SURNAME = 1.5
#: A surname may be a given name, and a given name a surname, but seldom.
_OTHER_ROLE = -3.0
_TITLE, _INITIAL, _PARTICLE, _PLACE = 3.0, 1.2, 0.7, -4.0
_COMMA, _NO_COMMA, _SURNAME_FIRST = 1.0, -1.5, -0.7
#: Names are written with capitals; a column in lower case is a little less likely one of names.
_LOWER = -1.0
#: Of a name in Chinese, Japanese or Korean letters the given name is put together freely.
_KNOWN_LETTER, _NEW_LETTER = 1.0, -1.5
_SCRIPT_CHARS = 6

#: A whole name has a word of this weight as a given name.
_A_GIVEN_NAME = 0.3
#: Scores from which a value counts as a name.
FULL_NAME, NAME_WORD, GIVEN_NAME = 1.0, 1.0, 1.5


@dataclass(frozen=True, slots=True)
class Lexicon:
    """Folded words with what they weigh."""

    #: Word → its three levels.
    codes: Mapping[str, str]
    #: Levels → weight as a given name, weight as a surname.
    weights: Mapping[str, tuple[float, float]]
    #: Groups of letters → weight for being in a name.
    grams: Mapping[str, int]
    #: Written between or before the words of a name, and no name by themselves.
    particles: frozenset[str]
    #: Written before or after a name, and hardly ever with other things.
    titles: frozenset[str]
    #: Words that names of places begin with: ``San``, ``Los``, ``Bad``.
    places: frozenset[str]
    #: Words by which a name of an organisation, a place or a thing gives itself away.
    others: frozenset[str]
    #: Legal forms of firms.
    forms: frozenset[str]
    #: Words of firms, offices, schools and the like, and their ends in languages that join words.
    sectors: frozenset[str]
    sector_ends: tuple[str, ...]

    @property
    def names(self) -> frozenset[str]:
        """Words that are likelier a given name or a surname than anything else."""
        return frozenset(word for word, code in self.codes.items() if max(self.weights[code]) > 0)


@lru_cache(maxsize=1)
def lexicon() -> Lexicon:
    """The shipped lexicon."""
    text = resources.files("scanners.detect").joinpath("people.txt").read_text(encoding="utf-8")
    codes: dict[str, str] = {}
    weighed: dict[str, int] = {}
    for line in text.splitlines():
        code, _, rest = line.partition(" ")
        if code == "=":
            weight, _, rest = rest.partition(" ")
            weighed.update(dict.fromkeys(rest.split(), int(weight)))
        else:
            codes.update(dict.fromkeys(rest.split(), code))
    with resources.files("scanners.detect").joinpath("lexicon.toml").open("rb") as stream:
        names = tomllib.load(stream)["names"]
    codes.update(dict.fromkeys(names["surnames"].split(), _PLACEHOLDER))
    return Lexicon(
        codes,
        {code: _weights(code) for code in set(codes.values())},
        weighed,
        frozenset(names["particles"].split()),
        frozenset(names["titles"].split()),
        frozenset(names["places"].split()),
        frozenset((*names["others"].split(), *names["forms"].split())),
        frozenset(names["forms"].split()),
        frozenset(names["sectors"].split()),
        tuple(names["sector_ends"].split()),
    )


def _weights(code: str) -> tuple[float, float]:
    given, surname, other = (
        FLOOR + LEVEL_STEP * (int(digit, 16) - 1) if digit != "0" else unseen
        for digit, unseen in zip(code, _UNSEEN, strict=True)
    )
    as_given, as_surname = given - other, surname - other
    return (
        max(_MOST_AGAINST, min(_MOST_FOR, max(as_given, as_surname + _OTHER_ROLE))),
        max(_MOST_AGAINST, min(_MOST_FOR, max(as_surname, as_given + _OTHER_ROLE))),
    )


def grams(word: str) -> list[str]:
    """The groups of three letters of a word with its ends, and its last four."""
    marked = f"^{word}$"
    return [marked[index : index + 3] for index in range(len(marked) - 2)] + [marked[-5:]]


@lru_cache(maxsize=1)
def _rare_surnames() -> bytes:
    """A hundred thousand words take a twentieth of the memory when they stay one sorted text."""
    return b"\n" + resources.files("scanners.detect").joinpath("surnames.txt").read_bytes()


def is_rare_surname(word: str) -> bool:
    """Whether a folded word is a surname on long lists only, and no word or town that we know of."""
    if not word.isascii() or "\n" in word:
        return False
    text, key = _rare_surnames(), word.encode()
    low, high = 0, len(text) - 1
    while low < high:  # between two line ends
        start = text.rfind(b"\n", 0, (low + high) // 2 + 1)
        stop = text.index(b"\n", start + 1)
        found = text[start + 1 : stop]
        if found == key:
            return True
        if found < key:
            low = stop
        else:
            high = start
    return False


@lru_cache(maxsize=50_000)
def word_weights(word: str) -> tuple[float, float]:
    """Weight of a folded word as a given name and as a surname: the logarithm of a likelihood ratio."""
    known = lexicon()
    code = known.codes.get(word)
    if code is not None:
        return known.weights[code]
    parts = [part for part in re.split(r"['’`-]", word) if part]
    if len(parts) > 1:
        return _joined(parts)
    letters = sum(known.grams.get(gram, 0) for gram in grams(word)) / 8
    weight = max(_LETTERS_AGAINST, min(_LETTERS_FOR, letters * _LETTER_STEP))
    if is_rare_surname(word):
        weight = max(weight, 0.0) + _RARE_SURNAME
    return weight + _NEW_GIVEN, weight + _NEW_SURNAME


def _joined(parts: list[str]) -> tuple[float, float]:
    """``Anne-Marie``, ``O'Neil``: a joined name is what its parts are; single letters say nothing."""
    known = lexicon()
    weights = [word_weights(part) for part in parts if len(part) > 1 and part not in known.particles]
    if not weights:
        return (0.0, 0.0)
    return sum(one[0] for one in weights) / len(weights), sum(one[1] for one in weights) / len(weights)


def _is_word(text: str) -> bool:
    """Letters and their marks, with hyphens and apostrophes inside, perhaps a full stop at the end."""
    bare = text.rstrip(".")
    if bare.isalpha():
        return True
    return bool(bare) and all(char in "-'’`." or unicodedata.category(char)[0] in "LM" for char in bare)


@dataclass(frozen=True, slots=True)
class _Parsed:
    #: Folded words before a comma, or all of them. They do not show in a repr.
    words: tuple[str, ...] = field(repr=False)
    #: Folded words after the comma.
    after: tuple[str, ...] = field(repr=False)
    has_comma: bool
    #: What titles, initials and particles say.
    extra: float
    titles: int


@lru_cache(maxsize=20_000)
def _parse(value: str) -> _Parsed | None:
    """None when something in the value is no word of a name."""
    known = lexicon()
    sides = value.replace("/", ",").split(",")
    if len(sides) > 2:
        return None
    words: tuple[list[str], list[str]] = ([], [])
    extra, count, titles = 0.0, 0, 0
    for index, side in enumerate(sides):
        parts = side.split()
        for place, part in enumerate(parts):
            count += 1
            if count > _MOST_WORDS or not _is_word(part):
                return None
            folded = word_fold(part).rstrip(".")
            if folded in known.others:
                return None
            if folded in known.titles:
                extra += _TITLE * (part[-1] == "." or len(folded) > 2)
                titles += 1
            elif folded in known.places and not place:
                extra += _PLACE
            elif folded in known.particles and len(parts) > 1 and (place or len(parts) > 2 or index):
                extra += _PARTICLE if len(folded) > 2 else 0.0
            elif all(len(piece) == 1 for piece in folded.split(".")) and folded.isascii():
                extra += _INITIAL if "." in part else 0.0
            elif "." in folded:
                return None
            else:
                words[index].append(folded)
    if not (words[0] or words[1]):
        return None
    has_comma = len(sides) == 2 and bool(words[1] or extra)
    return _Parsed(tuple(words[0]), tuple(words[1]), has_comma, extra, titles)


def score(value: str) -> float:
    """Log-odds, before any prior, that a value is a person's name rather than that of another thing."""
    return _score(value) if len(value) <= _LONGEST else _NO_NAME


#: A longer value is no name; nor is it kept.
_LONGEST, _NO_NAME = 80, -9.0


@lru_cache(maxsize=20_000)
def _score(value: str) -> float:
    parsed = _parse(value)
    if parsed is None:
        return -9.0
    if not value.isascii() and not any(char.isascii() and char.isalpha() for char in value) and _is_east_asian(value):
        return _east_asian(value)
    weights = [word_weights(word) for word in parsed.words]
    after = [word_weights(word) for word in parsed.after]
    base = parsed.extra + (_LOWER if value.islower() and value.isascii() else 0.0)
    count = len(weights) + len(after)
    if count == 1:
        [only] = weights or after
        return base + max(only)
    if count > 5:
        base -= 3.0 * (count - 5)
    if after:
        as_list = sum(one[1] for one in weights) + sum(one[0] for one in after)
        return base + as_list + (_COMMA if weights else _NO_COMMA)
    given = [one[0] for one in weights]
    surname = [one[1] for one in weights]
    best = max(
        max(sum(given[:cut]) + sum(surname[cut:]), sum(surname[:cut]) + sum(given[cut:]) + _SURNAME_FIRST)
        for cut in range(1, count)
    )
    return base + best


def _is_east_asian(value: str) -> bool:
    return all("぀" <= char <= "鿿" or "가" <= char <= "힣" or char in " ・·　" for char in value)


@lru_cache(maxsize=1)
def _given_letters() -> frozenset[str]:
    known = lexicon()
    return frozenset(
        char
        for word, code in known.codes.items()
        if code[0] != "0" and len(word) <= 3 and not word.isascii() and _is_east_asian(word)
        for char in word
    )


def _east_asian(value: str) -> float:
    """A surname of one to three letters, then a given name of one to three: 王伟, 佐藤太郎, 김민준."""
    known = lexicon()
    parts = re.split(r"[ ・·　]+", value.strip())
    parts = [word_fold(part.translate(_HIRAGANA)) for part in parts]
    joined = "".join(parts)
    if not 2 <= len(joined) <= (_SCRIPT_CHARS if len(parts) == 1 else 2 * _SCRIPT_CHARS) or len(parts) > 2:
        return -9.0
    whole = known.codes.get(joined)
    if whole is not None:
        return max(known.weights[whole])
    cuts = [len(parts[0])] if len(parts) == 2 else range(1, min(4, len(joined)))
    best = -9.0
    for cut in cuts:
        family, own = joined[:cut], joined[cut:]
        code = known.codes.get(family)
        if code is None or code[1] == "0":
            continue
        own_code = known.codes.get(own)
        if own_code is not None and own_code[0] != "0":
            said = known.weights[own_code][0]
        else:
            said = sum(_KNOWN_LETTER if char in _given_letters() else _NEW_LETTER for char in own)
        best = max(best, max(0.0, known.weights[code][1]) + said - (len(own) > 2))
    return best


def words_of(value: str) -> tuple[str, ...] | None:
    """The folded words of what may be a name, without titles, initials and particles; None when it is none."""
    parsed = _parse(value)
    return None if parsed is None else parsed.words + parsed.after


def is_full_name(value: str) -> bool:
    """Whether a value is a given name with a surname, in either order: ``Jane van der Doe``, ``Doe, J. Jane``."""
    parsed = _parse(value)
    if parsed is None:
        return False
    count = len(parsed.words) + len(parsed.after)
    if count < 2 and not parsed.extra and not _is_east_asian(value):
        return False
    if count > 5 or score(value) < FULL_NAME or places.kind(value) is not None:
        return False
    words = (*parsed.words, *parsed.after)
    # Two surnames are a firm as often as a person.
    has_given = parsed.extra > 0 or any(word_weights(word)[0] >= _A_GIVEN_NAME for word in words)
    return (has_given or _is_east_asian(value)) and not any(word in lexicon().sectors for word in words)


def is_given_name(value: str) -> bool:
    """Whether a value of one word, or a double name, is made of given names."""
    words = _few_words(value)
    return words is not None and all(word_weights(word)[0] >= GIVEN_NAME for word in words)


def is_surname(value: str) -> bool:
    """Whether a value of one word, or a double name, is made of surnames."""
    words = _few_words(value)
    return words is not None and all(word_weights(word)[1] >= _least(word) for word in words)


def is_name_word(value: str) -> bool:
    """Whether a value of one word, or a double name, is made of given names or surnames."""
    words = _few_words(value)
    return words is not None and all(max(word_weights(word)) >= _least(word) for word in words)


def _least(word: str) -> float:
    """By itself an unknown word has to look more like a name than beside a known one."""
    return NAME_WORD if word in lexicon().codes or is_rare_surname(word) else NAME_WORD + _NEW_SURNAME


def _few_words(value: str) -> tuple[str, ...] | None:
    parsed = _parse(value)
    if parsed is None or parsed.has_comma or parsed.titles or not 1 <= len(parsed.words) <= 2:
        return None
    return parsed.words


_BESIDE = re.compile(r"\([^)]*\)|<[^>]*>|\[[^\]]*\]|\d+")
_SEVERAL = re.compile(r"\s*(?:[;*/&+\n]|\band\b|\bund\b|\bet\b|,?\s*geb\.|\bnee\b|\bnée\b)\s*")
_INITIALS = re.compile(r"(?:[^\W\d_]{1,2}\.[ -]?){1,5}")


def is_somebody(value: str) -> bool:
    """Whether a value of a column that is said to hold names holds one: beside other marks, or one of several.

    ``Miller (1-0)``, ``DOE*JANE ANN/``, ``Dr & Mrs P Doe``, ``J.K.``.
    """
    text = _BESIDE.sub(" ", value).strip(" ,*/-")
    if _INITIALS.fullmatch(text):
        return True
    return any(
        is_full_name(part) or is_name_word(part) or bool((parsed := _parse(part)) and parsed.titles)
        for part in (text.replace("*", " "), *_SEVERAL.split(text))
        if part
    )


def looks_like_organisation(value: str) -> bool:
    """Whether a value has a word of firms and offices, or a legal form, and more beside it: ``Doe Holding GmbH``."""
    known = lexicon()
    parts = [word_fold(part.strip(".,()\"'")) for part in value.split()]
    if not 2 <= len(parts) <= 10 or not value[:1].isupper():
        return False
    if any(part.replace(".", "") in known.forms for part in parts[1:]) or "&" in parts[1:-1]:
        return True
    return any(
        part in known.sectors or (len(part) > 8 and part.endswith(known.sector_ends)) for part in parts
    ) and not is_full_name(value)


@lru_cache(maxsize=1)
def rules() -> tuple[Rule, ...]:
    """Rules for whole values.

    The chance rates are what ``benchmarks/lexicon_chance.py`` found in lists of other things (towns, films, firms,
    wares, animals): the highest of a list of some size. Towns, firms and wares are called after people, and in one list
    they are all of a kind, so what passing says is bounded.
    """
    return (
        Rule("lexicon:full_name", "identity.name", _SHAPE, is_full_name, 0.05, most=6.5, examples=("Jane A. Doe",)),
        Rule("lexicon:given_name", "identity.name", _SHAPE, is_given_name, 0.1, most=4.5, examples=("Anne-Marie",)),
        Rule("lexicon:name_word", "identity.name", _SHAPE, is_name_word, 0.2, most=3.0, examples=("Schmidtke",)),
        Rule(
            "lexicon:somebody",
            "identity.name",
            re.compile(r"(?=.*a).{2,80}", re.DOTALL),
            is_somebody,
            0.2,
            most=1.0,
            needs_name=True,
            examples=("Miller (1-0)", "DOE*JANE ANN/", "Dr & Mrs P Doe", "J.K."),
        ),
    )
