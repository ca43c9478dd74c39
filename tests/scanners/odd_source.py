"""A source that does to a worker whatever its assets are called. It can be sent to another process, as all can."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import cast

from data_map.model import Asset, AssetKind, Field, FieldRef, Reason, Skipped, Source
from scanners.sources.address import Place
from scanners.sources.base import Listed, Rights, SourceConnector
from scanners.units import Opening
from scanners.values import Column, Content, Take, UnreadableError

CANARY = "zqcanary17@xylvester.org"


@dataclass(frozen=True, slots=True)
class OddOpening(Opening):
    """Opens an ``OddSource``."""

    names: tuple[str, ...] = ()
    #: Where each connection that is opened and closed leaves a line.
    log: str | None = None

    def open(self) -> SourceConnector:
        return cast(SourceConnector, OddSource(self.source, self.names, self.log))


class OddSource:
    """Its assets: ``ok…``, ``die…`` (kills the process), ``die-once…``, ``lost…``, ``raise…``, ``exit…``, ``slow…``,
    ``partly…`` (a field is refused).
    """

    def __init__(self, source: Source, names: tuple[str, ...], log: str | None) -> None:
        self.source = source
        self._names = names
        self._log = log
        self._is_open = False

    def list_assets(self) -> Iterator[Listed | Skipped]:
        for name in self._names:
            marker = None if name.startswith("unmarked") else "1"
            fields = (Field(FieldRef(self.source.name, name, "email")),)
            yield Listed(Asset(self.source.name, name, AssetKind.TABLE, 10, 1000, marker), fields, handle=name)

    def read(self, listed: Listed, take: Take) -> Content:
        self._note("open")
        name = str(listed.handle)
        if name.startswith("die-once"):
            assert self._log is not None
            mark = Path(f"{self._log}.{name}")
            if not mark.exists():
                mark.touch()
                os.kill(os.getpid(), signal.SIGKILL)
        elif name.startswith("die"):
            os.kill(os.getpid(), signal.SIGKILL)
        elif name.startswith("lost"):
            raise UnreadableError(Reason.CONNECTION_LOST)
        elif name.startswith("raise"):
            raise ValueError(CANARY)
        elif name.startswith("exit"):
            raise SystemExit(CANARY)
        elif name.startswith("slow"):
            time.sleep(0.3)
        column = Column(listed.fields[0])
        # The seed is told by the number of values.
        column.extend([f"{number}{CANARY}" for number in range(5 + take.seed % 50)])
        content = Content(listed.asset, [column], rows_read=100, bytes_read=100)
        if name.startswith("partly"):
            content.skipped.append(Skipped(self.source.name, Reason.NO_PERMISSION, name, "closed"))
        return content

    def rights(self) -> Rights:
        return Rights(True, False, is_superuser=True, is_encrypted=False)

    def close(self) -> None:
        if self._is_open:
            self._is_open = False
            self._write("close")

    def _note(self, what: str) -> None:
        if not self._is_open:
            self._is_open = True
            self._write(what)

    def _write(self, what: str) -> None:
        if self._log is not None:
            with Path(self._log).open("a") as file:
                file.write(f"{what} {os.getpid()}\n")


def odd(*names: str, log: Path | None = None, source: str = "odd") -> OddOpening:
    """A source with such assets."""
    place = Place("odd", "nowhere", source)
    return OddOpening(Source(source, "odd", "nowhere"), place, names=names, log=str(log) if log else None)
