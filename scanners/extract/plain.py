"""Running text: notes, logs, Markdown. The whole file is one field, ``body``."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import BinaryIO, TextIO

from data_map.model import Asset, Field, FieldRef
from scanners.extract.decode import text_of
from scanners.values import Content, Take, TextPart

#: Characters of one part: what a detector gets at once.
PART_CHARS = 100_000

#: Characters read when only a sample is asked for.
SAMPLE_CHARS = 2_000_000


class PlainReader:
    """Reads a text as parts that end at line ends, where its lines allow it."""

    def extract(self, stream: BinaryIO, asset: Asset, take: Take) -> Content:
        """Read the text, or its first ``SAMPLE_CHARS`` characters when rows are limited. Rows are lines."""
        body = Field(FieldRef(asset.source, asset.name, "body"))
        content = Content(asset)
        with text_of(stream) as text:
            budget = None if take.rows is None else SAMPLE_CHARS
            lines = 0
            ends_open = False
            for part in _parts(text, budget):
                lines += part.count("\n") or (part.count("\r"))
                ends_open = not part.endswith(("\n", "\r"))
                if take.fields is None or "body" in take.fields:
                    content.texts.append(TextPart(body, part.replace("\0", "")))
            content.is_whole = not text.read(1)
        content.rows_read = lines + ends_open
        content.bytes_read = stream.tell()
        if content.is_whole:
            content.asset = replace(asset, row_count=content.rows_read)
        else:
            content.sampling = "head"
        return content


def _parts(text: TextIO, budget: int | None) -> Iterator[str]:
    """The text in stretches of at most ``PART_CHARS``, cut after a line, else at a blank, else anywhere."""
    rest = ""
    read = 0
    while True:
        want = PART_CHARS - len(rest)
        if budget is not None:
            want = min(want, budget - read)
        piece = text.read(want) if want > 0 else ""
        read += len(piece)
        rest += piece
        if not piece:
            break
        if len(rest) >= PART_CHARS:
            cut = max(rest.rfind("\n"), rest.rfind("\r")) + 1 or rest.rfind(" ") + 1 or len(rest)
            yield rest[:cut]
            rest = rest[cut:]
    if rest:
        yield rest
