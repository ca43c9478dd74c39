"""Values in running text that the words before them name: ``customer no. K-4471``, ``Kennwort: …``, ``salary £27,300``.

The words are data: ``labels.toml``. A form says what a value of each kind looks like.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from importlib import resources

from scanners.detect.base import Span
from scanners.detect.folding import word_fold
from scanners.detect.language import small_words
from scanners.detect.people import lexicon
from scanners.detect.words import Word

_LONGEST = 4
#: Between the words and the value: a word for number, a verb, signs.
_LINK = re.compile(
    r"[\"']?(?:\s?\([^()\n]{1,30}\))?[.,]?\s*"
    r"(?:(?:no|nr|num|number|nummer|numer|n[°ºo]|num[eé]ro|n[uú]mero|id|code|card)\b[.:]?\s*|#\s*|n[°º]\.?\s*){0,2}[\"']?\s*"
    r"(?P<firm>(?:[:=#]|->|→|\b(?:is|was|are|lautet|ist|est|es|è|é|to|auf|of|at|von|de|as|jest|là)\b|[,]?)\s*){0,3}"
    r"[\"“„'(<]*",
    re.IGNORECASE,
)
_FIRM = re.compile(r"[:=#]|->|→|\b(?:is|was|lautet|ist|est|es|è|é|jest)\b", re.IGNORECASE)
_CODE = re.compile(
    r"(?=[^\s]{0,12}\d|[A-Z]{2}\s\d)(?:[A-Za-z]{1,5}[-/. ]?)?\d[\dA-Za-z]*"
    r"(?:[-/.][\dA-Za-z]+|[ \u00a0]\d[\dA-Z]*(?![.,]\d|\w*[:/])|[ \u00a0][A-Z]{1,2}(?![\w'’.:]))*"
)
_ITALIAN = re.compile(r"[A-Z]{6}\d{2}[A-Z]\d{2}[A-Z]\d{3}[A-Z]")
_MONEY = r"(?:€|\$|£|¥|₺|EUR|USD|GBP|CHF|PLN|SEK|TL|zł|kr|Kč|R\$|US\$)"
_AMOUNT = re.compile(
    rf"[-+−]?\s?{_MONEY}\s?\d[\d.,'’ \u00a0]*\d?\s?[kK]?\b(?:,-)?"
    rf"|[-+−]?\d[\d.,'’ \u00a0]*\s?(?:{_MONEY}|euros?|dollars?|pounds|złotych)(?!\w)|\d{{2,3}}k\b",
    re.IGNORECASE,
)
_PER = re.compile(
    r"\s(?:a|per|pro|im|par|al|por|an|all['’]|p\.|na)\s?(?:year|month|hour|week|jahr|monat|stunde|mois|heure|año|mes|hora|anno"
    r"|mese|ora|ano|mês|jaar|maand|uur|rok|miesiąc)\b",
    re.IGNORECASE,
)

_PHONE = re.compile(r"(?:\+|\()?\d[\d ().\-/\u00a0]{4,19}\d(?:\s?(?:x|ext\.?)\s?\d{1,6})?(?![\w])")
#: ``… office``, ``…-Fax``: the word that says so may stand behind the number.
_PHONE_KIND = re.compile(r"\s?[-(]?\s?\b(?:office|fax|mobile|cell|home|work|direct)\b", re.IGNORECASE)
_PHONE_BEFORE = re.compile(
    r"(?<![\d.,/-])(?:\+\d{1,3}[ .-]?)?(?:\(\d{2,4}\)\s?|\d{2,4}[ .-]?)(?:\d{2,4}[ .-]?){0,3}\d{2,6}(?:x\d{1,6})?$"
)
_NUMBERED = re.compile(r"[\w./º°'-]+")

_FORMS: Mapping[str, re.Pattern[str]] = {
    "code": _CODE,
    "account": re.compile(r"\d[\d \u00a0-]{5,32}\d(?![\w/])|\d{6,}[-/]\d+"),
    "phone": _PHONE,
    "plate": re.compile(
        r"(?=[A-ZÄÖÜ0-9 -]{0,10}\d)(?=[A-ZÄÖÜ0-9 -]{0,10}[A-ZÄÖÜ])"
        r"[A-ZÄÖÜ0-9]{1,7}(?:[ -](?!\d+\.)[A-ZÄÖÜ0-9]{1,5}){0,3}(?!\w)"
    ),
    "vin": re.compile(r"[A-HJ-NPR-Z0-9]{17}(?!\w)", re.IGNORECASE),
    "three": re.compile(r"\d{3,4}(?!\w)"),
    "secret": re.compile(r"[^\s\"'“”<>]{4,}"),
    "long_secret": re.compile(r"[A-Za-z0-9_\-./+=]{12,}"),
    "user": re.compile(r"@?[A-Za-z0-9][\w.+\\-]{2,}(?!@)"),
    "phrase": re.compile(r"[^\W\d_][^\n,;|()<>{}\"=:.]{1,60}\.?"),
    "word": re.compile(r"[^\W\d_][\w-]+(?:(?:\s?[/,]\s?|\s(?:and|und|et|y|e|en|i)\s)[^\W\d_][\w-]+)?"),
    "amount": _AMOUNT,
}


@dataclass(frozen=True, slots=True)
class Label:
    """What words say of the value behind them."""

    category: str
    form: str
    is_strict: bool
    near: int


@lru_cache(maxsize=1)
def labels() -> Mapping[tuple[str, ...], tuple[Label, ...]]:
    """The shipped labels by their words."""
    with resources.files("scanners.detect").joinpath("labels.toml").open("rb") as stream:
        raw = tomllib.load(stream)["label"]
    found: dict[tuple[str, ...], tuple[Label, ...]] = {}
    for block in raw:
        label = Label(block["category"], block["value"], block.get("strict", False), block.get("near", 0))
        for phrase in block["words"]:
            words = tuple(part for part in re.split(r"[ '_/]+", phrase) if part)
            found[words] = (*found.get(words, ()), label)
    return found


def labelled_in(text: str, words: Sequence[Word]) -> Iterator[Span]:
    """Values that are named."""
    yield from _phones_before_kinds(text)
    known = labels()
    index = 0
    while index < len(words):
        start = words[index].start
        if start and (text[start - 1].isalnum() or text[start - 1] == ":"):  # a part of a number: ``f13b:43cc:f142``
            index += 1
            continue
        for length in range(min(_LONGEST, len(words) - index), 0, -1):
            phrase = tuple(word.folded for word in words[index : index + length])
            found = known.get(phrase)
            if found is not None and (length == 1 or _is_close(words, index, length)):
                for label in found:
                    span = _value(text, words[index + length - 1].stop, label)
                    if span is not None:
                        yield span
                index += length - 1
                break
        index += 1


def _phones_before_kinds(text: str) -> Iterator[Span]:
    for kind in _PHONE_KIND.finditer(text):
        found = _PHONE_BEFORE.search(text, max(0, kind.start() - 28), kind.start())
        if found is not None and _fits(found.group(), "phone", True, True):
            yield Span(*found.span(), "contact.phone", 0.72, "label:value")


def is_other_number(text: str, span: Span) -> bool:
    """Whether words before a number that may be a telephone's say that it is another: an order's, an article's."""
    if not span.detector.startswith("phonenumbers:") or text[span.start] == "+":
        return False
    before = _NUMBERED.findall(word_fold(text[max(0, span.start - 30) : span.start]))[-3:]
    return any(word.strip(".:'") in other_numbers() for word in before)


@lru_cache(maxsize=1)
def other_numbers() -> frozenset[str]:
    """Words for things that are numbered."""
    with resources.files("scanners.detect").joinpath("labels.toml").open("rb") as stream:
        return frozenset(tomllib.load(stream)["other_numbers"]["words"].split())


def _is_close(words: Sequence[Word], index: int, length: int) -> bool:
    return all(words[at + 1].start - words[at].stop <= 2 for at in range(index, index + length - 1))


def _value(text: str, at: int, label: Label) -> Span | None:
    link = _LINK.match(text, at)
    if link is None:
        return None
    is_firm = _FIRM.search(link.group()) is not None
    if label.is_strict and not is_firm:
        return None
    if label.near:
        return _amount(text, at, label)
    if link.end() == at:
        return None
    if label.form == "code" and (italian := _ITALIAN.match(text, link.end())):
        return Span(*italian.span(), label.category, 0.85, "label:value")
    begin = link.end() - (label.form == "phone" and text[link.end() - 1] == "(")
    found = _FORMS[label.form].match(text, begin)
    if found is None:
        return None
    start, stop = found.span()
    value = text[start:stop]
    if label.form in ("secret", "user"):
        value = value.rstrip(".,;:)!?" if label.form == "user" else ".,;:)")
    elif label.form in ("phrase", "word"):
        value = _phrase(value)
    value = value.rstrip()
    if not _fits(value, label.form, is_firm, ":" in link.group() or "=" in link.group()):
        return None
    score = 0.8 if is_firm else 0.7
    return Span(start, start + len(value), label.category, score, "label:value")


def _phrase(value: str) -> str:
    """Up to five words, without what begins the next label: two spaces, or a line's end made to a space."""
    value = re.split(r"\s{2,}", value)[0]
    words = value.split(" ")
    kept: list[str] = []
    for word in words[:5]:
        # ``Nationality: Dutch Address: …``: a capitalised word after a small one begins something else.
        if kept and word[:1].isupper() and not kept[-1][:1].isupper() and kept[-1].lower() not in small_words():
            break
        kept.append(word)
    return " ".join(kept)


def _fits(value: str, form: str, is_firm: bool, is_named: bool) -> bool:
    digits = sum(char.isdigit() for char in value)
    if form == "code":
        return digits >= 3 and 4 <= sum(char.isalnum() for char in value) <= 24 and not _looks_dated(value)
    if form == "account":
        return 6 <= digits <= 28 and not _looks_dated(value)
    if form == "phone":
        return 7 <= digits <= 15 and not _looks_dated(value)
    if form == "plate":
        return 4 <= sum(char.isalnum() for char in value) <= 10
    if form == "secret":
        has_sign = digits > 0 or any(not char.isalnum() for char in value)
        is_plain = value.lower() in small_words() or (not has_sign and not is_named)
        return len(value) >= 4 and not is_plain and not value.startswith(("http", "*", "<"))
    if form == "long_secret":
        return digits > 2 and len(value) >= 12
    if form == "user":
        folded = value.lower()
        is_marked = digits > 0 or any(char in value for char in "_.@\\")
        is_own = value.islower() and len(value) > 3 and (is_firm or (len(value) > 5 and folded not in lexicon().codes))
        is_word = folded in small_words() or not any(map(str.isalpha, value))
        return not is_word and (is_marked or is_own)
    return len(value) > 1


def _looks_dated(value: str) -> bool:
    return re.fullmatch(r"\d{1,2}[./-]\d{1,2}[./-]\d{2,4}|\d{4}-\d\d-\d\d", value) is not None


def _amount(text: str, at: int, label: Label) -> Span | None:
    """An amount of money shortly after the words, in the same sentence."""
    window = text[at : at + label.near + 20]
    cut = re.search(r"[!?;\n]|[.](?=\s+[A-Z])", window)
    if cut is not None:
        window = window[: cut.start()]
    found = _AMOUNT.search(window)
    if found is None or found.start() > label.near:
        return None
    stop = at + found.end()
    start = at + found.start() + len(found.group()) - len(found.group().lstrip())
    value = text[start:stop].rstrip(" .,'’")
    stop = start + len(value)
    per = _PER.match(text, stop)
    return Span(start, per.end() if per else stop, label.category, 0.6, "label:amount")
