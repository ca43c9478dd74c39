"""Places by a lexicon: towns, regions and countries, lines of street addresses, and forms of postal codes.

``places.txt`` is built by ``scripts/lexicon``; its sources stand in NOTICE. Words of streets are in ``lexicon.toml``.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from importlib import resources
from typing import Literal

from scanners.detect.base import Rule
from scanners.detect.folding import word_fold

Kind = Literal["city", "region", "country"]

_SHAPE = re.compile(r"[a9.,'?()/\- ]{2,60}")
_CODE = re.compile(r"[a]{2,3}")
_LINE_SHAPE = re.compile(r"(?=.*a)[a9.,'?()/#ºª&\- ]{5,80}")
_POSTAL_SHAPE = re.compile(r"[a9]{3,8}|[a9]{2,5}[ -][a9]{2,5}|a-9{4,6}|a{1,2}[ -]?9{3,5}(?:[ -]a{2})?")
_WORDS = re.compile(r"[\s\-]+")


@dataclass(frozen=True, slots=True)
class Lexicon:
    """Folded names."""

    #: Name → 1 for a big town, 2, or 3 for a small one.
    cities: Mapping[str, int]
    regions: frozenset[str]
    region_codes: frozenset[str]
    countries: frozenset[str]
    country_codes: frozenset[str]
    #: Words for streets that stand before the name, and those that stand behind it.
    streets_before: frozenset[str]
    streets_after: frozenset[str]
    #: Ends of words for streets: ``hauptstrasse``.
    street_ends: tuple[str, ...]
    #: Words for a part of a house: floor, flat, door.
    units: frozenset[str]


@lru_cache(maxsize=1)
def lexicon() -> Lexicon:
    """The shipped lexicon."""
    text = resources.files("scanners.detect").joinpath("places.txt").read_text(encoding="utf-8")
    found = {}
    for line in text.splitlines():
        key, *names = line.split(";")
        found[key] = names
    with resources.files("scanners.detect").joinpath("lexicon.toml").open("rb") as stream:
        address = tomllib.load(stream)["address"]
    cities: dict[str, int] = {}
    for size in (3, 2, 1):
        cities.update(dict.fromkeys(found[f"city{size}"], size))
    return Lexicon(
        cities,
        frozenset(found["region"]),
        frozenset(found["region code"]),
        frozenset(found["country"]),
        frozenset(found["country code"]),
        frozenset(address["before"].split()),
        frozenset(address["after"].split()),
        tuple(address["street_ends"].split()),
        frozenset(address["units"].split()),
    )


_DOTS = str.maketrans({".": " ", "-": " ", "_": " ", "(": " ", ")": " "})
_SAINT = re.compile(r"\b(?:st|ste|sta|sto|skt)\b")
_SAINTS = {
    "st": ("saint", "sankt", "sint"),
    "ste": ("sainte",),
    "sta": ("santa",),
    "sto": ("santo",),
    "skt": ("sankt",),
}
_DIGITS = re.compile(r"^\d{4,6}(?: \d{2,3})?\s+|\s+\d{5}(?:-\d{4})?$|^[a-z]{1,2}-\d{4,6}\s+")


@lru_cache(maxsize=50_000)
def kind(value: str) -> Kind | None:
    """What place a value names as a whole, a country before a region before a town; None when it is none we know.

    Bigger is likelier: who writes ``Georgia`` or ``Luxembourg`` means the country or the state.
    """
    known = lexicon()
    spelled = _spelled(value)
    if len(spelled[0]) < 3 and spelled[0].isascii():
        return "country" if spelled[0] in known.countries else None
    for one in spelled:
        if one in known.countries:
            return "country"
        size = known.cities.get(one)
        if one in known.regions:
            return "city" if size == 1 else "region"
        if size is not None:
            return "city"
    return None


@lru_cache(maxsize=50_000)
def _spelled(value: str) -> tuple[str, ...]:
    """A name as the lexicon writes it, first as it stands, then with what is short written out or left out."""
    name = word_fold(value).translate(_DOTS)
    if not name.isalpha():
        name = " ".join(name.split())
    if " " not in name:
        return (name,)
    spelled = [name]
    found = _SAINT.search(name)
    if found:
        spelled += [name[: found.start()] + full + name[found.end() :] for full in _SAINTS[found.group()]]
    for end in (" city", " town"):
        if name.endswith(end):
            spelled.append(name.removesuffix(end))
    if name.startswith("the "):
        spelled.append(name.removeprefix("the "))
    return tuple(spelled)


def is_city(value: str) -> bool:
    """Whether a value is a town, perhaps with its postal code, region or country: ``10115 Berlin``, ``Austin, TX``."""
    first, *rest = _parts(value)
    cities = lexicon().cities
    if not any(one in cities for one in _spelled(first)):
        return False
    return len(rest) <= 2 and all(kind(part) or is_region_code(part) or is_country_code(part) for part in rest)


def is_region(value: str) -> bool:
    """Whether a value is a region's name, perhaps with its country."""
    first, *rest = _parts(value)
    regions = lexicon().regions
    return any(one in regions for one in _spelled(first)) and all(kind(part) == "country" for part in rest)


def is_country(value: str) -> bool:
    """Whether a value is a country's name in one of eleven languages."""
    countries = lexicon().countries
    return any(one in countries for one in _spelled(value))


def is_country_code(value: str) -> bool:
    """Whether a value is a code of ISO 3166-1."""
    return word_fold(value.strip()) in lexicon().country_codes


def is_region_code(value: str) -> bool:
    """Whether a value is a region's code: ``TX``, ``NSW``."""
    return word_fold(value.strip()) in lexicon().region_codes


@lru_cache(maxsize=20_000)
def _parts(value: str) -> tuple[str, ...]:
    """A place and what it lies in, without postal codes."""
    text = word_fold(value).strip()
    if not text or text.isalpha():
        return (text,)
    text = _DIGITS.sub("", text)
    town, _, code = text.rpartition(" ")
    if "," not in text and len(code) == 2 and town and code in lexicon().region_codes:
        return (town, code)  # ``Lafayette LA 70503``
    return tuple(part.strip() for part in text.split(","))


_NUMBER = re.compile(r"(?:no:?|nr:?|num|n[°o]|#|д|кв)?\d{1,5}(?:[a-z]|\s?[-/]\s?\d{1,5}[a-z]?|bis|ter)?")
_HAS_NUMBER = re.compile(r"\d|\bs/?nc?\b")
_PARTS = re.compile(r"[\s,;.]+")
_POST_BOX = re.compile(
    r"\b(?:p\.? ?o\.? ?box|post(?:fach|bus|boks|box)|apartado(?: postal)?|casella postale|caixa postal|b\.?p\.?"
    r"|boite postale|skrytka pocztowa)\s+\d"
)
#: A Chinese, Japanese or Korean address: a place, a street or block, a number.
_EAST_ASIAN = re.compile(
    r"(?=.*\d)[\u4e00-\u9fff\u3040-\u30ff]{2,}.*(?:[路街道巷弄村园区號号]|丁目|番地|[市区町村].*\d+-\d+).*"
    r"|(?=.*\d)[\uac00-\ud7a3 ]+(?:로|길|동|가) ?\d.*"
)
#: Words that a street's name is not made of.
_NO_NAMES = frozenset(("dr", "prof", "mr", "mrs", "ms", "the", "of"))


@lru_cache(maxsize=50_000)
def is_address_line(value: str) -> bool:
    """Whether a value is a street with a house number, or a post box; perhaps with the town behind it.

    ``12 Main St``, ``Hauptstr. 5a``, ``12 bis, rue de la Paix``, ``ul. Długa 3/4``, ``Calle Mayor 8, 3º B``.
    """
    text = word_fold(value).replace("º", "").replace("ª", "")
    if not _HAS_NUMBER.search(text):
        return False
    if _POST_BOX.search(text) or (not text.isascii() and _EAST_ASIAN.fullmatch(text)):
        return True
    words = [part for part in _PARTS.split(text) if part]
    if not 2 <= len(words) <= 16:
        return False
    numbers = [_NUMBER.fullmatch(word) is not None for word in words]
    has_number = any(numbers) or any(word in ("s/n", "sn", "snc") for word in words[1:])
    return has_number and _has_street(words, numbers)


def _has_street(words: list[str], numbers: list[bool]) -> bool:
    """Whether a word for a street has a name beside it, or is one word with it."""
    known = lexicon()
    for index, word in enumerate(words):
        if len(word) > 5 and word.endswith(known.street_ends):
            return True
        before, after = index > 0 and not numbers[index - 1], index + 1 < len(words) and not numbers[index + 1]
        if word in known.streets_after and before and len(words[index - 1]) > 1 and words[index - 1] not in _NO_NAMES:
            return True
        if word in known.streets_before and after and len(words[index + 1]) > 1:
            return True
        # Streets that are called by a number: ``350 5th Ave``, ``Calle 72``, ``112. Sok. No:6``.
        if word in known.streets_after and sum(numbers) >= 2 and index > 0 and len(word) > 1:
            return True
        if word in ("calle", "carrera", "cra", "avenida", "kr", "cl", "via", "rua", "carrer") and numbers[index + 1 :]:
            return True
    return False


def is_street(value: str) -> bool:
    """Whether a value is a street's name without a number: ``Rue de la Paix``, ``Hauptstraße``, ``Elm Street``."""
    words = [part for part in _PARTS.split(word_fold(value)) if part]
    known = lexicon()
    if not 1 <= len(words) <= 7 or any(map(str.isdigit, words)):
        return False
    if any(len(word) > 5 and word.endswith(known.street_ends) for word in words):
        return True
    if len(words) < 2 or words[0] in _NO_NAMES:
        return False
    return words[-1] in known.streets_after or (words[0] in known.streets_before and len(words[1]) > 2)


#: A name and a number at its end, as addresses are written where the word for a street is left out: ``Husova 12``.
_NAME_AND_NUMBER = re.compile(
    r"[^\W\d_][^\d]{2,40}[ ,]\s?\d{1,4}(?: ?[a-z]|[-/]\d{1,3}[a-z]?)?(?:[ ,].{1,20})?", re.IGNORECASE
)


def is_name_and_number(value: str) -> bool:
    """Whether a value is words and a number, or an address by its words."""
    return _NAME_AND_NUMBER.fullmatch(value.strip()) is not None or is_address_line(value)


#: Forms of postal codes: three to six digits with what countries write before, between and after them.
_POSTAL = re.compile(
    r"(?:[A-Z]{1,2}-)?\d{4,6}|\d{3}|\d{5}-\d{3,4}|\d{4}-\d{3}|\d{3}-\d{4}|\d{2}-\d{3}|\d{3} \d{2}|\d{4} ?[A-Z]{2}"
    r"|[A-Z]\d[A-Z] ?\d[A-Z]\d|[A-Z]{1,2}\d[A-Z\d]? ?\d[A-Z]{2}|[A-Z]{1,2}\d{3,4}|[A-Z]\d{4}[A-Z]{3}"
    r"|[A-Z]\d[\dW] ?[A-Z\d]{4}"
)


def is_postal_code(value: str) -> bool:
    """Whether a value has the form of a postal code of some country."""
    return _POSTAL.fullmatch(value.strip().upper()) is not None


@lru_cache(maxsize=1)
def rules() -> tuple[Rule, ...]:
    """Rules for whole values. Families and firms are called after towns, so what passing says is bounded."""
    return (
        Rule("lexicon:city", "contact.place", _SHAPE, is_city, 0.2, most=4.0, examples=("Berlin", "Austin, TX")),
        Rule("lexicon:region", "contact.place", _SHAPE, is_region, 0.05, most=4.0, examples=("Bayern", "Texas")),
        Rule("lexicon:country", "contact.place", _SHAPE, is_country, 0.02, most=4.0, examples=("Deutschland",)),
        Rule("lexicon:country_code", "contact.place", _CODE, is_country_code, 0.4, needs_name=True, examples=("DE",)),
        Rule("lexicon:region_code", "contact.place", _CODE, is_region_code, 0.3, needs_name=True, examples=("TX",)),
        Rule(
            "lexicon:address_line",
            "contact.address",
            _LINE_SHAPE,
            is_address_line,
            0.01,
            examples=("12 Main St", "Hauptstr. 5", "12 rue de la Paix", "ul. Długa 3"),
            counter_examples=("Sleeping Bag 5", "Street Fighter", "Windows 11", "Dr. A. Muster 2"),
        ),
        Rule(
            "format:address_named",
            "contact.address",
            _LINE_SHAPE,
            is_name_and_number,
            0.2,
            needs_name=True,
            examples=("Husova 12", "San Luis 70", "Feria 112, 3 C"),
        ),
        Rule("lexicon:street", "contact.address", _SHAPE, is_street, 0.05, most=4.0, examples=("Elm Street",)),
        Rule(
            "format:postal_code",
            "contact.place",
            _POSTAL_SHAPE,
            is_postal_code,
            0.3,
            needs_name=True,
            examples=("10115", "SW1A 1AA", "1012 AB", "00-950"),
        ),
    )
