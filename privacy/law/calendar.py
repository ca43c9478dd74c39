"""Public holidays of a country or a part of it, by the holidays library: the days off that a period does not end on."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from functools import lru_cache
from typing import Any

#: The UK's four, as the library spells them.
_UK = {"ENG": "ENG", "WLS": "WLS", "SCT": "SCT", "NIR": "NIR"}


def parts_of(country: str) -> tuple[str, ...]:
    """ISO 3166-2 codes, without the country, of parts with holidays of their own."""
    import holidays

    return tuple(holidays.list_supported_countries().get(country, ()))


@lru_cache(maxsize=64)
def _holidays(country: str, part: str | None) -> Any:
    import holidays

    return holidays.country_holidays(country, subdiv=_UK.get(part or "", part))


def working_days(country: str, part: str | None) -> Callable[[date], bool]:
    """Whether a day is neither Saturday, nor Sunday, nor a public holiday there (Reg. 1182/71 Art. 2)."""
    days = _holidays(country, part)

    def is_working(day: date) -> bool:
        return day.weekday() < 5 and day not in days

    return is_working


def holiday_name(country: str, part: str | None, day: date) -> str | None:
    """What is celebrated on a day."""
    name: str | None = _holidays(country, part).get(day)
    return name
