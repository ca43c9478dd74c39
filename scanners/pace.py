"""How gently a source is read: at which hours, over how many connections, how many rows a second. Pure."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, time, timedelta

_WINDOW = re.compile(r"\s*(\d{1,2}):(\d\d)\s*-\s*(\d{1,2}):(\d\d)\s*")
_DAY_MINUTES = 24 * 60


@dataclass(frozen=True, slots=True)
class Hours:
    """Windows of the day, in minutes since midnight: from the first one on, up to the second. May go over midnight."""

    windows: tuple[tuple[int, int], ...]

    @classmethod
    def parse(cls, texts: Sequence[str]) -> Hours:
        """From texts such as ``20:00-06:00``.

        Raises:
            ValueError: one is none.
        """
        windows = []
        for text in texts:
            found = _WINDOW.fullmatch(text)
            numbers = [int(number) for number in found.groups()] if found else []
            start, end = (numbers[0] * 60 + numbers[1], numbers[2] * 60 + numbers[3]) if found else (-1, -1)
            is_time = bool(found) and numbers[1] < 60 and numbers[3] < 60
            if not is_time or not 0 <= start < _DAY_MINUTES or not 0 <= end <= _DAY_MINUTES or start == end:
                msg = 'hours are written "20:00-06:00"'
                raise ValueError(msg)
            windows.append((start, end))
        return cls(tuple(windows))

    def is_open(self, at: datetime) -> bool:
        """Whether the source may be read at this local time. Without windows it always may."""
        return not self.windows or any(_is_in(window, at.time()) for window in self.windows)

    def opens_at(self, at: datetime) -> datetime:
        """The next local time at which a window begins, or ``at`` while one is open."""
        if self.is_open(at):
            return at
        minute = at.hour * 60 + at.minute
        wait = min((start - minute) % _DAY_MINUTES or _DAY_MINUTES for start, _ in self.windows)
        return at.replace(second=0, microsecond=0) + timedelta(minutes=wait)

    def __str__(self) -> str:
        """As it is written in the configuration."""
        return ", ".join(f"{_shown(start)}-{_shown(end)}" for start, end in self.windows)


def _is_in(window: tuple[int, int], at: time) -> bool:
    start, end = window
    minute = at.hour * 60 + at.minute
    return start <= minute < end if start < end else minute >= start or minute < end


def _shown(minute: int) -> str:
    return f"{minute // 60:02}:{minute % 60:02}"


@dataclass(frozen=True, slots=True)
class Manners:
    """How a source wants to be read."""

    #: Workers that may read it at the same time, each over one connection; None: as many as there are.
    connections: int | None = 2
    #: Rows a second, on average over time; 0 for no limit.
    max_rows_per_s: float = 0.0
    hours: Hours = Hours(())
