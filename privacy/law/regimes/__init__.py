"""The rows of law, one TOML file a law, and how they are looked up."""

from __future__ import annotations

import tomllib
from difflib import get_close_matches
from functools import lru_cache
from importlib import resources
from typing import Any

from data_map.errors import UsageError
from privacy.law.model import Pause, Regime, Row, Unit

#: The first part of a regime's key → its file.
FILES = {"gdpr": "gdpr.toml", "ukgdpr": "ukgdpr.toml"}

#: Country → time zone of its seat of government.
ZONES = {
    "AT": "Europe/Vienna", "BE": "Europe/Brussels", "BG": "Europe/Sofia", "CY": "Asia/Nicosia", "CZ": "Europe/Prague",
    "DE": "Europe/Berlin", "DK": "Europe/Copenhagen", "EE": "Europe/Tallinn", "ES": "Europe/Madrid",
    "FI": "Europe/Helsinki", "FR": "Europe/Paris", "GB": "Europe/London", "GR": "Europe/Athens",
    "HR": "Europe/Zagreb", "HU": "Europe/Budapest", "IE": "Europe/Dublin", "IS": "Atlantic/Reykjavik",
    "IT": "Europe/Rome", "LI": "Europe/Vaduz", "LT": "Europe/Vilnius", "LU": "Europe/Luxembourg", "LV": "Europe/Riga",
    "MT": "Europe/Malta", "NL": "Europe/Amsterdam", "NO": "Europe/Oslo", "PL": "Europe/Warsaw",
    "PT": "Europe/Lisbon", "RO": "Europe/Bucharest", "SE": "Europe/Stockholm", "SI": "Europe/Ljubljana",
    "SK": "Europe/Bratislava",
}  # fmt: skip


def regime(key: str) -> Regime:
    """The regime of a key such as ``gdpr:DE``, ``gdpr:DE-BY`` or ``ukgdpr:SCT``.

    Raises:
        UsageError: there is no such regime, country or part.
    """
    law, _, place = key.partition(":")
    if law not in FILES or not place:
        near = get_close_matches(law, FILES, 1)
        hint = f" Did you mean {near[0]}:{place or 'COUNTRY'}?" if near and law not in FILES else ""
        msg = f"There is no regime {key!r}. It is written gdpr:COUNTRY or ukgdpr:ENG (WLS, SCT, NIR).{hint}"
        raise UsageError(msg)
    raw = load(law)
    country, _, part = place.partition("-")
    if country not in raw["countries"]:
        msg = f"{law} has no place {country!r}. It has: {', '.join(raw['countries'])}."
        raise UsageError(msg)
    if law == "ukgdpr":
        country, part = "GB", country
    if part and law != "ukgdpr":
        from privacy.law.calendar import parts_of

        known = parts_of(country)
        if part not in known:
            which = f"Its parts are {', '.join(known)}." if known else "No part of it has holidays of its own."
            msg = f"{country} has no part {part!r}. {which}"
            raise UsageError(msg)
    rows = tuple(_row(item) for item in raw["rows"])
    return Regime(key, raw["title"], tuple(raw["rights"]), rows, country, part or None, ZONES[country])


@lru_cache(maxsize=8)
def load(law: str) -> dict[str, Any]:
    """The file of a law as it stands."""
    text = resources.files("privacy.law.regimes").joinpath(FILES[law]).read_text(encoding="utf-8")
    return tomllib.loads(text)


def _row(item: dict[str, Any]) -> Row:
    plain: dict[str, Any] = {key: tuple(value) if isinstance(value, list) else value for key, value in item.items()}
    pauses: dict[str, Any] = {key: Pause(plain[key]) for key in ("identity", "clarification", "fee") if key in plain}
    plain.update(pauses, unit=Unit(plain.get("unit", "month")))
    return Row(**plain)
