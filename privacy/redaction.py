"""Personal data in text, masked: what `privacy redact` does, for any program that has text."""

from __future__ import annotations

import codecs
import io
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, BinaryIO

if TYPE_CHECKING:
    from scanners.detect.base import Span
    from scanners.detect.text import TextReader

#: Documents are read in batches of so many, or of so many characters: a language model is faster on many at once.
_BATCH, _BATCH_CHARS = 256, 100_000
#: Longest first: the mark of UTF-16 is the beginning of that of UTF-32.
_MARKS = (
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
_WIDE = tuple(name for _, name in _MARKS)
#: Encodings of one byte a character: whatever their bytes are, they come back as they were.
_NARROW = ("cp1250", "cp1251", "cp1252", "cp1253", "cp1254")
#: What is no character: a byte that is wrong in its encoding and is carried through a text so, or what a program sent.
_BROKEN = re.compile("[\ud800-\udfff]")
#: Carried bytes, and the error handler that carries them: what ``surrogateescape`` does, for UTF-16 and UTF-32.
_CARRIED = re.compile("([\udc00-\udcff]+)")
_CARRY = "privacy_inventory.carry"


@dataclass(frozen=True, slots=True)
class Choice:
    """Which categories are masked: keys of the taxonomy, or their first part alone (``contact``)."""

    #: Only these, inside of other things too: a town in an address. Empty means all.
    only: tuple[str, ...] = ()
    #: These not, and nothing inside of them: all of an address stays.
    keep: tuple[str, ...] = ()

    def takes(self, category: str) -> bool:
        """Whether spans of a category are looked for."""
        return not self.only or not _names(category).isdisjoint(self.only)

    def keeps(self, category: str) -> bool:
        """Whether what spans of a category hold stays as it is."""
        return not _names(category).isdisjoint(self.keep)


def _names(category: str) -> set[str]:
    return {category, category.partition(".")[0]}


@dataclass(frozen=True, slots=True)
class Document:
    """A text with the personal data in it. The text does not show in a repr."""

    text: str
    spans: tuple[Span, ...]

    def __repr__(self) -> str:
        return f"Document({len(self.text)} characters, {len(self.spans)} spans)"

    def masked(self) -> str:
        """The text with each span replaced by its category, ``<identity.name>``, and all else as it was."""
        parts: list[str] = []
        done = 0
        for span in self.spans:
            parts += (self.text[done : span.start], f"<{span.category}>")
            done = span.stop
        return "".join((*parts, self.text[done:]))

    def record(self) -> list[dict[str, object]]:
        """The spans as the contract of ``redact --format json`` has them: offsets in characters, never the text."""
        return [
            {"start": span.start, "end": span.stop, "category": span.category, "score": round(span.score, 2)}
            for span in self.spans
        ]


@dataclass(frozen=True, slots=True)
class Coding:
    """How bytes become text, and text the same bytes again."""

    name: str

    @classmethod
    def of(cls, beginning: bytes) -> Coding:
        """What a stream that begins so is written in; where it is hard to tell, UTF-8 with some bytes wrong."""
        from scanners.extract.decode import encoding_of

        marked = next((name for mark, name in _MARKS if beginning.startswith(mark)), None)
        name = marked or encoding_of(beginning).name
        return cls(name if name in (*_WIDE, *_NARROW) else "utf-8")

    def texts(self, stream: BinaryIO) -> Iterator[str]:
        """The lines of a stream with their line ends, which are ``\\n`` and nothing else."""
        if self.name in _WIDE:
            yield from io.TextIOWrapper(stream, self.name, _CARRY, newline="\n")
        else:
            yield from (line.decode(self.name, "surrogateescape") for line in stream)

    def encode(self, text: str) -> bytes:
        """The bytes of a text."""
        if self.name not in _WIDE:
            return text.encode(self.name, "surrogateescape")
        # Every second piece is bytes that were none of the encoding.
        return b"".join(
            bytes(ord(char) - 0xDC00 for char in piece) if at % 2 else piece.encode(self.name)
            for at, piece in enumerate(_CARRIED.split(text))
        )


def _as_surrogates(error: UnicodeError) -> tuple[str, int]:
    if not isinstance(error, UnicodeDecodeError):
        raise error
    wrong = error.object[error.start : error.end]
    return "".join(chr(0xDC00 + byte) for byte in wrong), error.end


codecs.register_error(_CARRY, _as_surrogates)


def documents(texts: Iterable[str], reader: TextReader, choice: Choice) -> Iterator[Document]:
    """Each text with the personal data in it, in order. Holds one batch of texts at a time."""
    batch: list[str] = []
    size = 0
    for text in texts:
        batch.append(text)
        size += len(text)
        if len(batch) >= _BATCH or size >= _BATCH_CHARS:
            yield from _read(batch, reader, choice)
            batch, size = [], 0
    yield from _read(batch, reader, choice)


def _read(batch: list[str], reader: TextReader, choice: Choice) -> Iterator[Document]:
    found = reader.spans([_BROKEN.sub(_letter, text) for text in batch], choice.takes)
    for text, spans in zip(batch, found, strict=True):
        yield Document(text, tuple(span for span in spans if not choice.keeps(span.category)))


def _letter(found: re.Match[str]) -> str:
    """What a byte that is no UTF-8 most likely is: a letter of Windows-1252."""
    code = ord(found.group()) - 0xDC00
    return bytes((code,)).decode("cp1252", "replace") if 0x80 <= code <= 0xFF else "\ufffd"
