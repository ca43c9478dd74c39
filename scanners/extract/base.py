"""What a reader of a file format has to do."""

from __future__ import annotations

from typing import BinaryIO, Protocol

from data_map.model import Asset
from scanners.values import Content, Take


class Extractor(Protocol):
    """Turns the bytes of one file into columns and stretches of text."""

    def extract(self, stream: BinaryIO, asset: Asset, take: Take) -> Content:
        """Read at most ``take`` of the file. ``stream`` is seekable and stands at 0.

        Raises:
            UnreadableError: the file is damaged, protected or not what its name says.
        """
        ...
