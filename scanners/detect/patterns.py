"""Presidio's pattern recognisers as rules for whole values and as spans in text.

Presidio and what it imports are loaded at the first value that could match, never by ``--help`` or an empty table.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from scanners.detect import phones
from scanners.detect.base import Rule, Span

#: Presidio's own threshold for what counts, after its validators and without context words.
MIN_SCORE = 0.3


@dataclass(frozen=True, slots=True)
class Pattern:
    """A Presidio recogniser with the text that makes it worth asking."""

    recognizer: str
    entity: str
    category: str
    #: Over the value's signature; ``None`` when the recogniser is for text only.
    shape: str
    #: Finds candidate stretches in running text; the recogniser then says which of them it accepts.
    candidate: str
    chance: float
    examples: tuple[str, ...]
    counter_examples: tuple[str, ...]


PATTERNS = (
    Pattern(
        "EmailRecognizer",
        "EMAIL_ADDRESS",
        "contact.email",
        r"\S+@\S+\.\S+",
        # Without the signs that part a web address: Presidio takes them for a part of the name before the @.
        r"[^\s@<>\"'(),;:\[\]/?=&]{1,64}@[^\s@<>\"'(),;:\[\]/?=&]{1,253}",
        0.0005,
        ("jane.doe@kestrel-mail.org",),
        ("jane.doe@localhost", "@handle"),
    ),
    Pattern(
        "CreditCardRecognizer",
        "CREDIT_CARD",
        "financial.card",
        r"9(?:[ -]?9){11,18}",
        r"(?<!\d)\d(?:[ -]?\d){11,18}(?!\d)",
        0.02,
        ("4111111111111111", "5500 0000 0000 0004"),
        ("4111111111111112",),
    ),
    Pattern(
        "IbanRecognizer",
        "IBAN_CODE",
        "financial.iban",
        r"aa99[ a9]{10,40}",
        r"\b[A-Z]{2}\d{2}(?: ?[A-Z0-9]){11,30}\b",
        0.0005,
        ("DE89 3704 0044 0532 0130 00", "NL91ABNA0417164300"),
        ("DE89 3704 0044 0532 0130 01",),
    ),
    Pattern(
        "IpRecognizer",
        "IP_ADDRESS",
        "online.ip_address",
        r"9{1,3}(?:\.9{1,3}){3}(?:/9{1,2})?|[9a:]*:[9a:.]*:[9a:.]*",
        r"(?<![\d.])(?:\d{1,3}\.){3}\d{1,3}(?![\d.])|(?<![\w:])(?:[0-9a-fA-F]{0,4}:){2,7}[0-9a-fA-F]{0,4}(?![\w:])",
        0.05,
        ("192.0.2.17", "2001:db8::8a2e:370:7334"),
        ("1.2.3", "999.1.1.1"),
    ),
    Pattern(
        "MacAddressRecognizer",
        "MAC_ADDRESS",
        "online.device_id",
        r"[9a]{2}(?:[:-][9a]{2}){5}",
        r"\b[0-9A-Fa-f]{2}(?:[:-][0-9A-Fa-f]{2}){5}\b",
        0.0005,
        ("3c:22:fb:9a:10:7e",),
        ("zz:22:fb:9a:10:7e",),
    ),
)

_SSN_TEXT = re.compile(r"(?<![\d-])(?!000|666|9\d\d)\d{3}-(?!00)\d\d-(?!0000)\d{4}(?![\d-])")


@lru_cache(maxsize=1)
def _offline() -> Any:
    """Presidio, after its e-mail check was tied to the public suffix list that tldextract ships.

    Left alone, tldextract asks the network for that list at the first e-mail and writes a cache in the home directory.
    """
    import tldextract
    import tldextract.tldextract as module
    from presidio_analyzer import predefined_recognizers

    module.TLD_EXTRACTOR = tldextract.TLDExtract(suffix_list_urls=(), cache_dir=None)
    return predefined_recognizers


@lru_cache(maxsize=32)
def _recognizer(name: str) -> Any:
    return getattr(_offline(), name)()


@lru_cache(maxsize=100_000)
def _analyse(name: str, entity: str, text: str) -> tuple[tuple[int, int, float], ...]:
    found = _recognizer(name).analyze(text, [entity], None)
    return tuple((item.start, item.end, item.score) for item in found if item.score >= MIN_SCORE)


def _accepts(pattern: Pattern) -> Callable[[str], bool]:
    def accepts(value: str) -> bool:
        spans = _analyse(pattern.recognizer, pattern.entity, value)
        return any(stop - start >= 0.9 * len(value) for start, stop, _ in spans)

    return accepts


@lru_cache(maxsize=1)
def rules() -> tuple[Rule, ...]:
    """Rules for whole values."""
    return tuple(
        Rule(
            f"presidio:{pattern.recognizer}",
            pattern.category,
            re.compile(pattern.shape),
            _accepts(pattern),
            pattern.chance,
            examples=pattern.examples,
            counter_examples=pattern.counter_examples,
        )
        for pattern in PATTERNS
    )


_TEXT_PATTERNS = tuple((pattern, re.compile(pattern.candidate)) for pattern in PATTERNS)


def spans(text: str, regions: tuple[str, ...] = ()) -> Iterator[Span]:
    """Identifiers in running text. A number counts only with a check digit and a formatted shape, or as a phone number.

    ``regions``: ISO 3166-1 codes whose national phone formats are tried beside the international one.
    """
    taken: list[tuple[int, int]] = []
    for pattern, candidate in _TEXT_PATTERNS:
        if pattern.entity == "EMAIL_ADDRESS" and "@" not in text:
            continue
        for found in candidate.finditer(text):
            for start, stop, score in _analyse(pattern.recognizer, pattern.entity, found.group()):
                span = (found.start() + start, found.start() + stop)
                if not _overlaps(span, taken):
                    taken.append(span)
                    yield Span(*span, pattern.category, score, f"presidio:{pattern.recognizer}")
    for found in _SSN_TEXT.finditer(text):
        if not _overlaps(found.span(), taken):
            taken.append(found.span())
            yield Span(*found.span(), "government_id.national", 0.5, "format:us_ssn")
    for found in phones.CANDIDATE.finditer(text):
        digits = sum(char.isdigit() for char in found.group())
        written = found.group()
        is_international = written.startswith(("+", "00"))
        if digits < 7 or _overlaps(found.span(), taken) or phones.DATE.search(written):
            continue
        if (is_international and phones.is_phone(written, ())) or (
            not written.isdigit() and not is_international and phones.is_phone(written, regions or phones.REGIONS[:6])
        ):
            taken.append(found.span())
            yield Span(*found.span(), "contact.phone", 0.75 if is_international else 0.5, "phonenumbers")


def _overlaps(span: tuple[int, int], taken: list[tuple[int, int]]) -> bool:
    return any(span[0] < stop and start < span[1] for start, stop in taken)
