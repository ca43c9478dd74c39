"""Identifiers by their patterns and check digits: as rules for whole values, and as spans in running text.

The recognisers are Presidio's; ``PATTERNS`` says which of its entities count here. In running text they are looked for
together with the numbers of authorities (``identifiers``) and telephones (``phones``), in one pass over many texts.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache, partial

from data_map.taxonomy import presidio_categories
from scanners.detect import identifiers, phones
from scanners.detect.base import Rule, Span, TextPattern
from scanners.detect.multipattern import Hit, folded, joined, multi_pattern
from scanners.detect.names import fold
from scanners.detect.recognisers import ADDRESS, Recogniser, is_host, recognisers, run, windows_of
from scanners.detect.spans import resolve


@dataclass(frozen=True, slots=True)
class Pattern:
    """One of Presidio's entities as a rule for whole values."""

    entity: str
    recogniser: str
    #: Over the value's signature.
    shape: str
    chance: float
    examples: tuple[str, ...]
    counter_examples: tuple[str, ...]


PATTERNS = (
    Pattern(
        "EMAIL_ADDRESS",
        "EmailRecognizer",
        r"\S+@\S+\.\S+",
        0.0005,
        ("jane.doe@kestrel-mail.org",),
        ("jane.doe@localhost", "@handle"),
    ),
    Pattern(
        "CREDIT_CARD",
        "CreditCardRecognizer",
        r"9(?:[ -]?9){11,18}",
        0.02,
        ("4111111111111111", "5500 0000 0000 0004"),
        ("4111111111111112",),
    ),
    Pattern(
        "IBAN_CODE",
        "IbanRecognizer",
        r"aa99[ a9]{10,40}",
        0.0005,
        ("DE89 3704 0044 0532 0130 00", "NL91ABNA0417164300"),
        ("DE89 3704 0044 0532 0130 01",),
    ),
    Pattern(
        "IP_ADDRESS",
        "IpRecognizer",
        r"9{1,3}(?:\.9{1,3}){3}(?:/9{1,2})?|[9a:]*:[9a:.]*:[9a:.]*",
        0.05,
        ("192.0.2.17", "2001:db8::8a2e:370:7334"),
        ("1.2.3", "999.1.1.1"),
    ),
    Pattern(
        "MAC_ADDRESS",
        "MacAddressRecognizer",
        r"[9a]{2}(?:[:-][9a]{2}){5}",
        0.0005,
        ("3c:22:fb:9a:10:7e",),
        ("zz:22:fb:9a:10:7e",),
    ),
    Pattern(
        "CRYPTO",
        "CryptoRecognizer",
        r"[a9]{26,62}",
        0.0005,
        ("1BoatSLRHtKNngkdXEeobR76b53LETtpyT",),
        ("1BoatSLRHtKNngkdXEeobR76b53LETtpyU",),
    ),
)

#: Presidio's entities that are no finding by themselves, and why.
LEFT_OUT = {
    "DATE_TIME": "a date is personal where it is a birth date, which its words say",
    "URL": "a web address is personal where it is somebody's page (format:profile_url)",
    "UUID": "it numbers things as often as people; the column's name says which",
    "US_SSN": "number:us.ssn, which knows the numbers that are never given out",
    "US_ITIN": "stdnum:us.itin, in a text beside a word for it",
    "UK_NHS": "stdnum:gb.nhs, in a text beside a word for it: any ten digits pass once in eleven times",
    "MEDICAL_LICENSE": "nine characters inside of longer ones pass once in ten times",
    "US_DRIVER_LICENSE": "a letter and a digit are one",
}

# ---- whole values


def _accepts(entity: str) -> Callable[[str], bool]:
    rows = tuple(row for row in recognisers() if row.entity == entity)

    def accepts(value: str) -> bool:
        whole = joined((value,))
        buffer = folded(whole)
        least = 0.9 * len(value)
        for row in rows:
            # Each stretch of its characters, as long as the value nearly.
            windows = [found.span() for found in row.inside.finditer(buffer) if found.end() - found.start() >= least]
            for start, stop, _ in row.find(buffer, windows):
                if stop - start >= least and (row.validate is None or row.validate(whole[start:stop])):
                    return True
        return False

    return accepts


@lru_cache(maxsize=1)
def rules() -> tuple[Rule, ...]:
    """Rules for whole values."""
    return tuple(
        Rule(
            f"presidio:{pattern.recogniser}",
            presidio_categories()[pattern.entity],
            re.compile(pattern.shape),
            _accepts(pattern.entity),
            pattern.chance,
            examples=pattern.examples,
            counter_examples=pattern.counter_examples,
        )
        for pattern in PATTERNS
    )


# ---- running text

#: How far from a number a word may stand that says what it is.
_BEFORE, _BEHIND = 60, 30
#: How far before the end of a word a number may begin near which it stands: it and a phrase are so long at the most.
_LONGEST = _BEHIND + 120
_WORDS = re.compile(r"\w+")
_DIGIT = re.compile(r"\d")
#: Between the words of a phrase.
_GAP = r"[^\w\n]+"
#: So few characters are read without the expressions for words, which take longer to compile than to do without.
_FEW_CHARS = 5_000_000


def _email(text: str) -> float:
    return float(is_host(text.rpartition("@")[2]))


def _in_text() -> Iterator[Recogniser]:
    """Presidio's recognisers that count in a text."""
    entities = {pattern.entity for pattern in PATTERNS}
    for row in recognisers():
        if row.entity == "EMAIL_ADDRESS":
            # Without the signs that part a web address: Presidio takes them for a part of the name before the @.
            yield replace(row, inside=run(re.sub("['/?=&]", "", ADDRESS)), validate=_email)
        elif row.entity in entities:
            yield row


def _is_wanted(entity: str, text: str, start: int, stop: int) -> bool:
    """Whether a stretch that Presidio takes for an address of the internet is no version and no name of a program."""
    if entity != "IP_ADDRESS":
        return True
    if ":" in text[start:stop]:
        return any(char.isdigit() for char in text[start:stop])
    is_longer = text[stop] == "." and text[stop + 1].isdigit()
    return not is_longer and not (text[start - 1] == "." and text[start - 2].isdigit())


def factor_of(candidate: str) -> str:
    """A regular expression without what not all engines know, that matches wherever the given one does.

    What must not stand before a candidate becomes a character that does stand there; what looks ahead is left out.
    """
    out, rest = "", candidate
    while rest:
        if rest.startswith(("(?!", "(?=", "(?<!", "(?<=")):
            inside, behind = _group(rest)
            before = re.fullmatch(r"\(\?<([!=])(\[(?!\^)[^\[\]]+\])\)|\(\?<([!=])(\\[wdWDsS])\)", inside)
            if before is not None:
                mark, characters = (before[1], before[2]) if before[1] else (before[3], f"[{before[4]}]")
                out += characters if mark == "=" else f"[^{characters[1:]}"
            rest = behind
        elif rest.startswith("\\"):
            out, rest = out + rest[:2], rest[2:]
        elif rest.startswith("["):
            end = rest.index("]", 2 if rest[1] not in "^]" else 3)
            out, rest = out + rest[: end + 1], rest[end + 1 :]
        else:
            out, rest = out + rest[0], rest[1:]
    return out


def _group(text: str) -> tuple[str, str]:
    """The group in parentheses that a text begins with, and what follows it."""
    depth = index = 0
    while True:
        char = text[index]
        if char == "\\":
            index += 1
        elif char == "[":
            index = text.index("]", index + 2)
        elif char in "()":
            depth += 1 if char == "(" else -1
            if not depth:
                return text[: index + 1], text[index + 1 :]
        index += 1


@dataclass(frozen=True, slots=True)
class _Number:
    """A pattern for numbers in texts, ready to use."""

    pattern: TextPattern
    candidate: re.Pattern[str]
    #: Words of its context, and phrases, which are words between spaces.
    words: frozenset[str]
    phrases: tuple[str, ...]

    def is_near(self, words: frozenset[str], phrase: str) -> bool:
        """Whether one of the words stands among those near a number; ``phrase`` is all of them, between spaces."""
        return not self.words.isdisjoint(words) or any(f" {one} " in phrase for one in self.phrases)


def _number(pattern: TextPattern) -> _Number:
    context = {" ".join(_words(word)) for word in pattern.context}
    return _Number(
        pattern,
        re.compile(pattern.candidate),
        frozenset(word for word in context if " " not in word),
        tuple(sorted(word for word in context if " " in word)),
    )


class Reader:
    """All that is looked for in texts, ready to read.

    A number that needs a word near it is looked for where the word is: there are fewer words than numbers.
    """

    def __init__(self, regions: tuple[str, ...], engine: str | None) -> None:
        self._rows = tuple(_in_text())
        self._numbers = [_number(pattern) for pattern in (*identifiers.text_patterns(), *phones.text_patterns(regions))]
        alone: dict[str, list[int]] = defaultdict(list)
        self._words: dict[str, list[int]] = defaultdict(list)
        for index, number in enumerate(self._numbers):
            if not number.pattern.needs_context:
                alone[factor_of(number.pattern.candidate)].append(index)
            else:
                for word in (*number.words, *number.phrases):
                    self._words[word].append(index)
        self._phrases: dict[str, list[str]] = defaultdict(list)
        for word in self._words:
            self._phrases[word.partition(" ")[0]].append(word)
        factors = (*(row.factor for row in self._rows), *alone)
        #: By the expression's number, behind those of the rows.
        self._alone = list(alone.values())
        self._ascii_words = [word for word in self._words if word.isascii()]
        words = (rf"(?i)\b{word.replace(' ', _GAP)}\b" for word in self._ascii_words)
        self._without_words = partial(multi_pattern, factors, engine)
        self._with_words = partial(multi_pattern, (*factors, *words), engine)
        #: Characters read so far.
        self.seen = 0

    def read(self, texts: Sequence[str]) -> list[list[Span]]:
        """As ``spans_of``."""
        whole = joined(texts)
        buffer = folded(whole)
        starts = [1]
        for text in texts:
            starts.append(starts[-1] + len(text) + 1)
        found: list[list[Span]] = [[] for _ in texts]
        self.seen += len(buffer)
        has_words = self.seen > _FEW_CHARS
        hits = (self._with_words if has_words else self._without_words)().hits(buffer)
        taken = bytearray(len(buffer))
        categories = presidio_categories()
        for row, windows in zip(self._rows, windows_of(buffer, hits, self._rows), strict=True):
            for start, stop, score in row.find(buffer, windows):
                score = score if row.validate is None else row.validate(whole[start:stop])
                if score and _is_wanted(row.entity, whole, start, stop):
                    index = bisect_right(starts, start) - 1
                    span = (start - starts[index], stop - starts[index])
                    found[index].append(Span(*span, categories[row.entity], score, f"presidio:{row.name}"))
                    taken[start:stop] = b"\1" * (stop - start)
        for index, begin, end, wanted in self._lines(texts, starts, buffer, hits, has_words=has_words):
            first, last = starts[index], starts[index + 1] - 1
            for number in map(self._numbers.__getitem__, sorted(wanted)):
                pattern = number.pattern
                for match in number.candidate.finditer(whole, begin, end):
                    start, stop = match.span()
                    # What is a part of an address or of a number with better check digits is not tried.
                    if taken.find(1, start, stop) >= 0:
                        continue
                    if pattern.needs_context and not number.is_near(*_near(whole, start, stop, first, last)):
                        continue
                    if pattern.accepts(match.group()):
                        span = (start - first, stop - first)
                        found[index].append(Span(*span, pattern.category, pattern.score, pattern.name))
        return [resolve(some) if len(some) > 1 else some for some in found]

    def _lines(
        self, texts: Sequence[str], starts: Sequence[int], buffer: bytes, hits: Sequence[Hit], *, has_words: bool
    ) -> list[tuple[int, int, int, set[int]]]:
        """The lines in which a number may stand: number of the text, begin, end, and which numbers; in order.

        ``has_words``: whether the words in ASCII are among the hits; those of other lines are looked up.
        """
        lines: dict[int, tuple[int, int, int, set[int]]] = {}
        rows = len(self._rows)
        begin = end = index = 0
        wanted: set[int] = set()

        def mark(start: int, stop: int, numbers: Sequence[int]) -> None:
            nonlocal begin, end, index, wanted
            at = start
            while at < stop:
                if not begin <= at < end:
                    begin, end = buffer.rfind(b"\n", 0, at) + 1, buffer.find(b"\n", at)
                    index = bisect_right(starts, begin) - 1
                    wanted = lines.setdefault(begin, (index, begin, end, set()))[3]
                wanted.update(numbers)
                at = end + 1

        first_word = rows + len(self._alone)
        for stop, which in hits:
            if which >= first_word:
                text = bisect_right(starts, stop - 1) - 1
                near = max(starts[text], stop - _LONGEST), min(starts[text + 1] - 1, stop + _BEFORE + 1)
                mark(*near, self._words[self._ascii_words[which - first_word]])
            elif which >= rows:
                mark(stop - 1, stop, self._alone[which - rows])
        for text, (start, some) in enumerate(zip(starts, texts, strict=False)):
            if (has_words and some.isascii()) or not _DIGIT.search(some):
                continue
            at = start
            for line in some.split("\n"):
                if not has_words or not line.isascii():
                    numbers = self._of_words(line)
                    if numbers:
                        near = max(start, at - _LONGEST), min(starts[text + 1] - 1, at + len(line) + _BEFORE + 1)
                        mark(*near, numbers)
                at += len(line) + 1
        return [lines[key] for key in sorted(lines)]

    def _of_words(self, line: str) -> list[int]:
        """The numbers for which a word stands in a line."""
        words = _words(line)
        phrase = f" {' '.join(words)} "
        found = {key for word in words for key in self._phrases.get(word, ()) if f" {key} " in phrase}
        return [number for key in found for number in self._words[key]]


def _near(text: str, start: int, stop: int, first: int, last: int) -> tuple[frozenset[str], str]:
    """The whole words that stand near a stretch of a text, which lies from ``first`` to ``last``: folded."""
    begin, end = max(first, start - _BEFORE), min(last, stop + _BEHIND)
    while first < begin < start and _is_word(text[begin - 1]) and _is_word(text[begin]):
        begin += 1
    while stop < end < last and _is_word(text[end - 1]) and _is_word(text[end]):
        end -= 1
    before, behind = _words(text[begin:start]), _words(text[stop:end])
    return frozenset((*before, *behind)), f" {' '.join(before)} | {' '.join(behind)} "


def _words(text: str) -> list[str]:
    found: list[str] = _WORDS.findall(text.lower() if text.isascii() else fold(text))
    return found


def _is_word(char: str) -> bool:
    return char == "_" or char.isalnum()


@lru_cache(maxsize=16)
def _reader(regions: tuple[str, ...], engine: str | None) -> Reader:
    return Reader(regions, engine)


#: Characters of one pass.
_PASS = 1_000_000


def spans_of(texts: Sequence[str], regions: tuple[str, ...] = (), engine: str | None = None) -> list[list[Span]]:
    """For each text the identifiers in it, in order, none overlapping another. One pass for many texts: hand in all
    that there are rather than one by one.

    A number counts with a check digit in a shape of its own, beside a word that says what it is, or as a telephone's.
    ``regions``: ISO 3166-1 codes whose national phone formats are tried beside the international one.
    """
    reader = _reader(regions, engine)
    results: list[list[Span]] = []
    start = size = 0
    for index, text in enumerate(texts):
        size += len(text)
        if size >= _PASS:
            results += reader.read(texts[start : index + 1])
            start, size = index + 1, 0
    return results + reader.read(texts[start:])


def spans(text: str, regions: tuple[str, ...] = ()) -> list[Span]:
    """The identifiers in one text; see ``spans_of``."""
    return spans_of((text,), regions)[0]
