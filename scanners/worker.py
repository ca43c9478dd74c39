"""What runs in a worker: it opens sources and loads detectors once, looks, and gives back what holds no value."""

from __future__ import annotations

import os
import shutil
import signal
import tempfile
import threading
from contextlib import suppress
from dataclasses import replace
from typing import TYPE_CHECKING

from data_map.model import Reason, Skipped
from scanners.look import Looked, look_at
from scanners.series import has_gaps
from scanners.units import Detection, Opening, Piece, Unit

if TYPE_CHECKING:
    from scanners.detect.engine import Engine
    from scanners.sources.base import SourceConnector


#: Why a part of an asset could not be read, when that may be otherwise without the asset having changed.
_MAY_PASS = frozenset(
    {
        Reason.NO_PERMISSION,
        Reason.NOT_FOUND,
        Reason.CONNECTION_FAILED,
        Reason.CONNECTION_LOST,
        Reason.TIMED_OUT,
        Reason.LOCKED,
        Reason.MISSING_EXTRA,
        Reason.QUERY_FAILED,
        Reason.NO_DISK_SPACE,
    }
)


class _Desk:
    """What one worker has at hand. It holds one source open at a time, and so at most one connection."""

    def __init__(self) -> None:
        # A worker of a cluster may have several threads; connectors and detectors are made for one.
        self.lock = threading.Lock()
        self._opening: Opening | None = None
        self._connector: SourceConnector | None = None
        self._engines: dict[Detection, Engine] = {}

    def connector(self, opening: Opening) -> SourceConnector:
        if self._connector is None or self._opening != opening:
            self.release()
            self._opening, self._connector = opening, opening.open()
        return self._connector

    def adopt(self, opening: Opening, connector: SourceConnector) -> None:
        self.release()
        self._opening, self._connector = opening, connector

    def engine(self, detection: Detection) -> Engine:
        if detection not in self._engines:
            from scanners.detect.engine import Engine
            from scanners.detect.ner import NameReader

            self._engines[detection] = Engine(NameReader(detection.model, with_lists=detection.with_lists))
        return self._engines[detection]

    def release(self) -> None:
        connector, self._connector, self._opening = self._connector, None, None
        if connector is not None:
            with suppress(Exception):  # whatever its driver thinks of it
                connector.close()


_desk = _Desk()


def look(unit: Unit) -> tuple[Looked, ...]:
    """Look at each piece of a unit. Values stay here: what failed comes back as a ``Skipped``, never as an error."""
    with _desk.lock:
        try:
            connector = _desk.connector(unit.opening)
            engine = _desk.engine(unit.detection).for_country(unit.opening.source.country)
        except KeyboardInterrupt:
            raise
        except BaseException as error:
            return tuple(failed(piece.listed.asset.source, piece.listed.asset.name, error) for piece in unit.pieces)
        return tuple(
            _marked(look_at(connector, engine, piece.listed, unit.limits, piece.about), piece) for piece in unit.pieces
        )


def failed(source: str, asset: str, error: BaseException | str) -> Looked:
    """An asset whose reader failed; of the error only its class is told."""
    code = error if isinstance(error, str) else type(error).__name__
    return Looked(None, (Skipped(source, Reason.READER_FAILED, asset, code=code),))


def _marked(looked: Looked, piece: Piece) -> Looked:
    if looked.scan is None or piece.fingerprint is None:
        return looked
    if has_gaps(piece.listed, looked.skipped) or any(skip.reason in _MAY_PASS for skip in looked.skipped):
        return looked  # it has to be read again, changed or not
    return replace(looked, scan=replace(looked.scan, fingerprint=piece.fingerprint))


def adopt(opening: Opening, connector: SourceConnector) -> None:
    """Go on with a connector that was opened for the listing, in the same process."""
    _desk.adopt(opening, connector)


def release() -> None:
    """Close the source that is open."""
    with _desk.lock:
        _desk.release()


def begin(folder: str | None) -> None:
    """Make this process a worker: it ends with the one that started it, and leaves nothing behind.

    ``folder``: where private copies go. Whoever started the workers removes it, so that it is gone even when a worker
    is killed.
    """
    import resource

    # Ctrl-C reaches every process of the terminal; the one that started us decides.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    # The memory of a worker is full of values.
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    if folder is not None:
        tempfile.tempdir = folder
    threading.Thread(target=_end_with_parent, args=(folder,), daemon=True).start()


def _end_with_parent(folder: str | None) -> None:
    import multiprocessing

    parent = multiprocessing.parent_process()
    if parent is None:
        return
    parent.join()
    if folder is not None:
        shutil.rmtree(folder, ignore_errors=True)
    os._exit(1)


def warm(model: str | None) -> None:
    """Load all detectors, so that processes that are forked from this one need not."""
    from data_map.model import Asset, AssetKind, Field, FieldRef
    from scanners.values import Column, Content, TextPart

    asset = Asset("warm", "up", AssetKind.FILE)
    fields = [Field(FieldRef("warm", "up", name), position=place) for place, name in enumerate(("a", "b", "body"))]
    columns = [Column(item) for item in fields[:2]]
    columns[0].extend(["ann@example.org", "+49 30 1234567", "DE02120300000000202051", "2001-02-03"])
    columns[1].extend([f"Ann Miller called on Monday about order {number}." for number in range(4)])
    engine = _desk.engine(Detection(model))
    engine.look(Content(asset, columns))
    engine.look(Content(asset, texts=[TextPart(fields[2], "Ann Miller lives in Paris, Mill Road 7.")]))
