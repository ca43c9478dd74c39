"""The pieces a scan is cut into: a table, or a batch of small files. They can be sent to another process or machine."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from dataclasses import field as attribute

from data_map.model import AssetKind, Source
from scanners.look import Limits
from scanners.sources.address import Place
from scanners.sources.base import Listed, SourceConnector
from scanners.subjects import TableContext

#: Small files that are read as one piece: few enough that an interrupt loses little, and one commit is shared.
_BATCH_FILES, _BATCH_BYTES = 20, 256 * 1024


@dataclass(frozen=True, slots=True)
class Opening:
    """How a source is opened, as data."""

    source: Source
    #: May hold a password, which its own ``repr`` hides as well.
    place: Place = attribute(repr=False)
    include: tuple[str, ...] = ()
    exclude: tuple[str, ...] = ()
    views: bool = False
    timeout_s: float = 30.0
    #: Tables and files of like names and columns are one asset.
    series: bool = False

    def open(self) -> SourceConnector:
        """The connector. Nothing is opened before its first method is called."""
        from scanners.series import Grouping
        from scanners.sources.registry import open_source

        connector = open_source(
            self.source,
            self.place,
            include=self.include,
            exclude=self.exclude,
            views=self.views,
            timeout_s=self.timeout_s,
        )
        return Grouping(connector) if self.series else connector


@dataclass(frozen=True, slots=True)
class Detection:
    """Which detectors look, as data; a worker loads them once."""

    #: Module of the language model; None: names in running text are not looked for by a model.
    model: str | None
    with_lists: bool = True


@dataclass(frozen=True, slots=True)
class Piece:
    """One asset that is to be looked at."""

    listed: Listed
    about: TableContext | None = None
    #: Kept with the look: what has the same one need not be read again.
    fingerprint: str | None = None


@dataclass(frozen=True, slots=True)
class Unit:
    """What one worker does at a time, and what is committed at once."""

    opening: Opening
    detection: Detection
    limits: Limits
    pieces: tuple[Piece, ...]


def batches(pieces: Iterable[Piece]) -> Iterator[tuple[Piece, ...]]:
    """The pieces in their order: small files that follow each other together, everything else by itself."""
    batch: list[Piece] = []
    size = 0
    for piece in pieces:
        own = piece.listed.asset.size_bytes
        is_small = piece.listed.asset.kind is AssetKind.FILE and own is not None and own <= _BATCH_BYTES
        if batch and (not is_small or len(batch) == _BATCH_FILES or size + (own or 0) > _BATCH_BYTES):
            yield tuple(batch)
            batch, size = [], 0
        if is_small:
            batch.append(piece)
            size += own or 0
        else:
            yield (piece,)
    if batch:
        yield tuple(batch)
