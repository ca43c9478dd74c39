"""The lexicon of places: towns by the size of the place, regions, countries and their codes.

Names of towns come in GeoNames' own spelling, big ones in other spellings too; countries in eleven languages (CLDR).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from typing import Any

from build_people import SETTINGS

from scanners.detect.folding import word_fold

#: Smaller towns are left out, but where a country is read often.
_LEAST, _LEAST_OFTEN = 15_000, 8_000
_OFTEN = frozenset(SETTINGS["often"].split())
#: From this size on the towns' names in other languages are kept.
_WORLD_KNOWN = 400_000
#: ... and from this size on those in Cyrillic, Greek, Chinese, Japanese and Korean letters where these are at home.
_OWN_SCRIPT = 80_000
_CYRILLIC = frozenset(SETTINGS["cyrillic"].split())
_HAN = frozenset(SETTINGS["han"].split())
#: Smaller towns whose names are among so many words are left out: ``Price``.
_NOT_COMMON, _COMMON = 60_000, 2500
_LATIN = frozenset("abcdefghijklmnopqrstuvwxyz -")


def _is_plain(name: str) -> bool:
    """Whether an alternate name reads like a name: Latin letters or their accents, no codes, not endless."""
    return (
        3 < len(name) <= 18
        and name[0].isupper()
        and not name.isupper()
        and len(name.split()) <= 2
        and set(word_fold(name)) <= _LATIN
    )


def _is_in_script(name: str, country: str) -> bool:
    """Whether an alternate name is in the letters of its country."""
    low, high = ("а", "ӿ") if country in _CYRILLIC else ("α", "ώ") if country in ("GR", "CY") else ("一", "鿿")
    if country == "KR":
        low, high = "가", "힣"
    elif low == "一" and country not in _HAN:
        return False
    return 2 <= len(name) <= 25 and all(low <= char <= high or char in " -" for char in word_fold(name))


def build(python: Mapping[str, Any], npm: Mapping[str, Any]) -> tuple[str, str]:
    """The text of ``places.txt``, and a line about it."""
    cities: dict[str, int] = defaultdict(int)
    for name, country, population, others in python["places"]["cities"]:
        if population < (_LEAST_OFTEN if country in _OFTEN else _LEAST):
            continue
        spelled = {name, *(one for one in others if population >= _WORLD_KNOWN and _is_plain(one))}
        spelled.update(one for one in others if population >= _OWN_SCRIPT and _is_in_script(one, country))
        for one in spelled:
            key = word_fold(one).replace("-", " ").strip()
            if (len(key) > 2 or not key.isascii()) and ";" not in key:
                cities[key] = max(cities[key], population)
    common = {word_fold(word) for language in ("english", "german") for word in npm["common"][language][:_COMMON]}
    common -= {name for name, population in cities.items() if population >= _NOT_COMMON}
    common.update(SETTINGS["no_towns"].split())
    sizes: dict[str, list[str]] = {"city1": [], "city2": [], "city3": []}
    for name, population in sorted((name, size) for name, size in cities.items() if name not in common):
        sizes["city1" if population >= 300_000 else "city2" if population >= 50_000 else "city3"].append(name)
    regions = {
        word_fold(name).replace("-", " ")
        for country, found in npm["regions"]
        for name, _ in found
        if len(name) > 2 and "(" not in name
    }
    regions |= {word_fold(name).replace("-", " ") for found in npm["places"].values() for name in found["state"]}
    regions = {name for name in regions if ";" not in name and len(name) > 2}
    codes = {
        code.lower()
        for country, found in npm["regions"]
        if country in ("US", "CA", "AU", "BR", "IT", "MX", "DE", "CH", "AT", "ES", "IN")
        for _, code in found
        if code.isalpha() and 2 <= len(code) <= 3
    }
    countries = {
        word_fold(name).replace("-", " ") for names in python["places"]["countries"].values() for name in names
    }
    country_codes = [code.lower() for code in python["places"]["codes"]]
    long_codes = [found[0].lower() for found in python["places"]["codes"].values() if found[0]]
    countries.update(SETTINGS["countries"].split(";"))
    lines = [
        *(f"{key};{';'.join(names)}" for key, names in sizes.items()),
        f"region;{';'.join(sorted(regions))}",
        f"region code;{';'.join(sorted(codes))}",
        f"country;{';'.join(sorted(countries))}",
        f"country code;{';'.join(sorted({*country_codes, *long_codes}))}",
    ]
    about = f"{len(cities):,} names of towns, {len(regions):,} of regions, {len(countries):,} of countries"
    return "\n".join(lines) + "\n", about
