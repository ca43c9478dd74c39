"""Running text: the personal data in it, span by span; and what occurs in a set of texts, for the scan."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from dataclasses import field as attribute

from data_map.model import Contained
from data_map.taxonomy import CATEGORIES
from scanners.detect import patterns
from scanners.detect.addresses import addresses_in, places_in
from scanners.detect.base import Span
from scanners.detect.births import births_in
from scanners.detect.folding import word_fold
from scanners.detect.labels import is_other_number, labelled_in
from scanners.detect.language import language_of
from scanners.detect.links import handles_in, links_in, mails_in, marks_in
from scanners.detect.mentions import names_again, people_in
from scanners.detect.ner import Entity, NameReader
from scanners.detect.phones import REGIONS
from scanners.detect.secrets import kind_of_span, secrets_in
from scanners.detect.spans import apart, resolve
from scanners.detect.traits import traits_in
from scanners.detect.words import with_capitals, words_of

#: Names are looked for in at most this many characters of one asset: spaCy reads about 18,000 a second.
NER_CHARS = 50_000
#: Enough names to know that there are names.
NER_ENOUGH = 15
_BATCH_CHARS = 5_000
#: What a text about nobody may hold as well: it makes no text personal by itself.
SOFT = frozenset(
    (
        "contact.place",
        "contact.address",
        "employment.job",
        "special.health",
        "special.religion",
        "special.politics",
        "special.trade_union",
        "special.ethnicity",
        "special.sexuality",
        "demographic.nationality",
        "demographic.marital_status",
        "criminal.record",
        "financial.income",
        "location.coordinates",
        "identity.username",
    )
)

#: A line can hold a name only when it has a capitalised word.
_CAPITALISED = re.compile(r"\b[^\W\d_a-z][^\W\d_]+")
_DIGITS = re.compile(r"\d+")

#: What ``privacy redact`` writes instead of what it masks.
_MASKED = re.compile(r"<([a-z_]+\.[a-z_]+)>")

_MAIL = "contact.email"


@dataclass(frozen=True, slots=True)
class TextReader:
    """Finds the personal data in texts."""

    names: NameReader
    #: ISO 3166-1 code; national phone numbers of this country are tried first.
    country: str | None = None
    #: ISO 639-1 code of the texts' language; None tells it from each text.
    language: str | None = None

    def spans(self, texts: Sequence[str], takes: Callable[[str], bool] = lambda _: True) -> list[list[Span]]:
        """For each text its spans, in order, none overlapping another.

        ``takes``: which categories count. What lies inside of one that does not is found for itself: a town in an
        address.
        """
        regions = (self.country, *REGIONS[:6]) if self.country else ()
        return [resolve(span for span in found if takes(span.category)) for found, _ in self._read(texts, regions)]

    def beside_patterns(self, texts: Sequence[str], regions: tuple[str, ...]) -> list[list[Span]]:
        """The same without what ``patterns`` finds by itself."""
        read = ((resolve(found), frozenset(known)) for found, known in self._read(texts, regions))
        return [[span for span in found if span not in known] for found, known in read]

    def _read(self, texts: Sequence[str], regions: tuple[str, ...]) -> Iterator[tuple[list[Span], list[Span]]]:
        """For each text all that is found, be it one in another, and what among it patterns find."""
        cased = [with_capitals(text) for text in texts]
        entities = self.names.entities(cased)
        identifiers = _identifiers(texts, regions)
        for text, capitals, seen, known in zip(texts, cased, entities, identifiers, strict=True):
            yield self._one(text, capitals, seen, known), known

    def _one(self, text: str, cased: str, entities: Sequence[Entity], identifiers: Sequence[Span]) -> list[Span]:
        language = self.language or language_of(text)
        is_models = language in (None, self.names.language)
        words = words_of(cased)
        people = list(people_in(cased, words, entities, language, is_models))
        people += names_again(words, people)
        found = [
            *(span for span in identifiers if not is_other_number(text, span)),
            *people,
            *addresses_in(text, cased, words, people, identifiers),
            *places_in(text, cased, words, entities, is_models),
            *labelled_in(text, words),
            *births_in(text, words),
            *traits_in(cased, words, people, language),
            *mails_in(text),
            *handles_in(text),
            *marks_in(text),
        ]
        mails = [text[span.start : span.stop].partition("@")[0] for span in found if span.category == _MAIL]
        names = {
            part
            for name in (*mails, *(cased[span.start : span.stop] for span in people))
            for part in re.split(r"[^a-z]+", word_fold(name))
        }
        masked = [known.span() for known in _MASKED.finditer(text) if known.group(1) in CATEGORIES]
        return [span for span in (*found, *links_in(text, words, names)) if not _touches(span, masked)]


def _touches(span: Span, stretches: Sequence[tuple[int, int]]) -> bool:
    """Whether a span has something in common with one of the stretches, which are in order."""
    index = bisect_left(stretches, (span.stop, 0))
    return index > 0 and stretches[index - 1][1] > span.start


@dataclass(frozen=True, slots=True)
class TextReading:
    """What occurs in a set of texts."""

    contained: tuple[Contained, ...]
    #: Texts that hold at least one identifier or name, by category; a line that many have counts for the first alone.
    texts_with: Mapping[str, int]
    #: The same for each kind of secret and card, by its name and its category.
    kinds: Mapping[tuple[str, str], int] = attribute(default_factory=dict)


def read_texts(texts: Mapping[str, int], names: NameReader, regions: tuple[str, ...] = ()) -> TextReading:
    """Count personal data in texts, each given with how often it occurs."""
    counts: Counter[str] = Counter()
    values: dict[str, set[int]] = defaultdict(set)
    texts_with: dict[str, set[int]] = defaultdict(set)
    kinds: dict[tuple[str, str], set[int]] = defaultdict(set)
    identifiers = _identifiers(list(texts), regions)
    for number, ((text, times), found) in enumerate(zip(texts.items(), identifiers, strict=True)):
        for span in found:
            counts[span.category] += times
            values[span.category].add(hash(text[span.start : span.stop].lower()))
            texts_with[span.category].add(number)
            if (kind := kind_of_span(text, span)) is not None:
                kinds[kind, span.category].add(number)
    read_chars = 0
    reader = TextReader(names)
    for batch in _batches(texts) if names.with_lists else ():
        if read_chars >= NER_CHARS or len(values["identity.name"]) >= NER_ENOUGH:
            break
        lines = [line for line, _, _ in batch]
        read_chars += sum(map(len, lines))
        for (line, times, number), found in zip(batch, reader.beside_patterns(lines, regions), strict=True):
            for span in found:
                counts[span.category] += times
                values[span.category].add(hash(line[span.start : span.stop].lower()))
                texts_with[span.category].add(number)
                if (kind := kind_of_span(line, span)) is not None:
                    kinds[kind, span.category].add(number)
    # A town or a job says of a text that it is about people only where it names one.
    if not counts.keys() - SOFT:
        counts.clear()
    contained = tuple(
        Contained(category, count, len(values[category]))
        for category, count in sorted(counts.items(), key=lambda item: (-item[1], item[0]))
    )
    return TextReading(
        contained,
        {category: len(numbers) for category, numbers in texts_with.items()},
        {kind: len(numbers) for kind, numbers in kinds.items()},
    )


def _identifiers(texts: Sequence[str], regions: tuple[str, ...]) -> list[list[Span]]:
    """For each text what forms alone give away. What looks like mail in ``user:secret@host`` is a password."""
    found = []
    for spans, secrets in zip(patterns.spans_of(texts, regions), secrets_in(texts), strict=True):
        found.append([*apart(spans, secrets), *secrets] if secrets else list(spans))
    return found


def _batches(texts: Mapping[str, int]) -> Iterator[list[tuple[str, int, int]]]:
    """Lines that can hold a name, each once, with how often they occur and the number of the first text that has them.

    Lines that differ in their numbers alone (logs) count as one.
    """
    once: dict[str, tuple[str, int, int]] = {}
    for number, (text, times) in enumerate(texts.items()):
        for line in _paragraphs(text):
            if _CAPITALISED.search(line):
                key = _DIGITS.sub("0", line)
                known = once.get(key)
                once[key] = (line, times, number) if known is None else (known[0], known[1] + times, known[2])
    batch: list[tuple[str, int, int]] = []
    size = 0
    for entry in once.values():
        batch.append(entry)
        size += len(entry[0])
        if size >= _BATCH_CHARS:
            yield batch
            batch, size = [], 0
    if batch:
        yield batch


def _paragraphs(text: str) -> Iterable[str]:
    return (line.strip() for line in text.splitlines() if line.strip())
