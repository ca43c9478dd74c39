"""What a reader of a file format has to do."""

from __future__ import annotations

from typing import BinaryIO, Protocol

from data_map.model import Asset
from scanners.values import Content, Take


class Companions(Protocol):
    """The files that belong to the one that is read, and lie beside it: memos of a table, the layout of an export."""

    @property
    def names(self) -> tuple[str, ...]:
        """Names without a folder, as they are spelled."""
        ...

    def open(self, name: str) -> BinaryIO:
        """Open one of ``names``; the stream is seekable and stands at 0.

        Raises:
            UnreadableError: it is none of them, is gone, too large, or leads out of the source.
        """
        ...


class Extractor(Protocol):
    """Turns the bytes of one file into columns and stretches of text."""

    def extract(self, stream: BinaryIO, asset: Asset, take: Take) -> Content:
        """Read at most ``take`` of the file. ``stream`` is seekable and stands at 0.

        Raises:
            UnreadableError: the file is damaged, protected or not what its name says.
        """
        ...
