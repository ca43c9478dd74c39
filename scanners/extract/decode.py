"""Bytes to text: which encoding a file is in, decided from its first bytes, and a text stream that never fails."""

from __future__ import annotations

import codecs
import io
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import BinaryIO, TextIO

#: How much of a file the encoding is judged by.
SAMPLE_BYTES = 64 * 2**10

#: Longest first: the mark of UTF-16 is the beginning of that of UTF-32.
_MARKS = (
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)

#: The encodings that files without a mark are found in; more candidates make the guess worse, not better.
_LEGACY = ["cp1252", "cp1250", "cp1251", "cp1253", "cp1254", "cp932", "gb18030", "big5", "cp949"]

#: Letters of cp1250 that are rare signs in cp1252 (ą ł ş ż Ť Ź ť Š š Ž ž Ś ś ź), but for the œ of French.
_CENTRAL_EUROPEAN = frozenset(b"\xb9\xb3\xba\xbf\x8d\x8f\x9d\x8a\x9a\x8e\x9e\x8c\x9f")

#: Name of the error handler that reads a byte that is not UTF-8 as cp1252: logs and merged exports mix both.
_MIXED = "privacy_inventory.mixed"

_CONTROLS = dict.fromkeys([*range(9), 14, *range(15, 27), *range(28, 32), 127])


def _as_cp1252(error: UnicodeError) -> tuple[str, int]:
    if not isinstance(error, UnicodeDecodeError):
        raise error
    return error.object[error.start : error.end].decode("cp1252", "replace"), error.end


codecs.register_error(_MIXED, _as_cp1252)


@dataclass(frozen=True, slots=True)
class Encoding:
    """A codec and what to do with bytes that are wrong in it."""

    name: str
    errors: str = "replace"


def encoding_of(sample: bytes) -> Encoding:
    """The encoding of a text that begins with these bytes. Always answers; the same bytes get the same answer."""
    for mark, name in _MARKS:
        if sample.startswith(mark):
            return Encoding(name)
    if wide := _unmarked_utf16(sample):
        return Encoding(wide)
    text = _decoded(sample, "utf-8", _MIXED if _is_mostly_utf8(sample) else "strict")
    return Encoding("utf-8", _MIXED) if text is not None else Encoding(_legacy(sample))


def is_text(sample: bytes) -> bool:
    """Whether a file that begins with these bytes can be read as text. A few NUL bytes do not make it binary."""
    encoding = encoding_of(sample)
    text = _decoded(sample, encoding.name, encoding.errors) or ""
    if not text:
        return not sample
    controls = len(text) - len(text.translate(_CONTROLS))
    # Random bytes hold a tenth of control characters; a text in a legacy encoding holds none.
    return controls / len(text) < (0.3 if encoding.name == "utf-8" else 0.04)


@contextmanager
def text_of(stream: BinaryIO) -> Iterator[TextIO]:
    """A text stream over the bytes, line ends kept as they are. The stream is read piece by piece and stays open."""
    sample = stream.read(SAMPLE_BYTES)
    stream.seek(0)
    encoding = encoding_of(sample)
    text = io.TextIOWrapper(stream, encoding.name, encoding.errors, newline="")
    try:
        yield text
    finally:
        text.detach()


def _decoded(sample: bytes, name: str, errors: str) -> str | None:
    """The sample as text but for a last character that may be cut in two; None when it is not in this encoding."""
    try:
        return codecs.getincrementaldecoder(name)(errors).decode(sample)
    except UnicodeError:
        return None


def _is_mostly_utf8(sample: bytes) -> bool:
    """Whether the letters beyond ASCII that are UTF-8 outnumber the bytes that are not, well."""
    text = sample.decode("utf-8", "replace")
    wrong = text.count("�")
    return sum(char > "\x7f" for char in text) - wrong > 3 * wrong


def _unmarked_utf16(sample: bytes) -> str | None:
    """UTF-16 shows by every second byte being one of a few: the script's block."""
    if b"\0" not in sample or len(sample) < 4:
        return None
    even, odd = sample[: len(sample) & ~1 : 2], sample[1::2]
    for name, block, rest in (("utf-16-le", odd, even), ("utf-16-be", even, odd)):
        if len(set(block)) <= 4 and len(set(rest)) > len(set(block)) and block.count(0) * 10 >= len(block):
            text = _decoded(sample[: len(sample) & ~1], name, "strict")
            if text is not None and text.translate(_CONTROLS) == text:
                return name
    return None


def _legacy(sample: bytes) -> str:
    """One of the encodings of before UTF-8."""
    from charset_normalizer import from_bytes

    # A sample that ends in half a character is in no encoding at all.
    whole_lines = sample[: sample.rfind(b"\n") + 1] or sample
    guesses = {guess.encoding: guess for guess in from_bytes(whole_lines, cp_isolation=_LEGACY, enable_fallback=False)}
    if not guesses:
        return "cp1252"
    best = next(iter(guesses))
    western = guesses.get("cp1252")
    if best != "cp1250" or _CENTRAL_EUROPEAN.intersection(sample):
        return best
    if western is None or (western.chaos, -western.coherence) <= (guesses[best].chaos, -guesses[best].coherence):
        # The guesser leaves out a code page that gives the same text: the more common one is the better bet.
        return "cp1252"
    return best
