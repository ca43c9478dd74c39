"""The categories of personal data: what each is called, its legal class and its names in other vocabularies.

The rows are in ``taxonomy.toml``, in the order of the reports; they are read when first asked for.
"""

from __future__ import annotations

import difflib
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from importlib import resources
from types import MappingProxyType

from data_map.errors import UsageError


class LegalClass(StrEnum):
    """What the law thinks of a category."""

    ORDINARY = "ordinary"
    #: Special categories, GDPR Art. 9.
    ART9 = "art9"
    #: Criminal convictions and offences, GDPR Art. 10.
    ART10 = "art10"
    #: National identification numbers, GDPR Art. 87.
    NATIONAL_ID = "national_id"
    #: Cardholder data, PCI DSS.
    PCI = "pci"
    #: Credentials.
    SECRET = "secret"  # noqa: S105


@dataclass(frozen=True, slots=True)
class Category:
    """One category of personal data."""

    #: Dotted, never renamed: ``contact.email``.
    key: str
    #: In plain words, for people.
    title: str
    legal_class: LegalClass
    #: Full IRI of the DPV 2.3 term.
    dpv: str
    #: Presidio's entity names that mean this category.
    presidio: tuple[str, ...]
    #: Nearest key of Fides' taxonomy.
    fides: str


class UnknownCategoryError(UsageError, KeyError):
    """The words name no category."""

    __str__ = Exception.__str__


@cache
def _rows() -> Mapping[str, Category]:
    text = resources.files("data_map").joinpath("taxonomy.toml").read_text(encoding="utf-8")
    return MappingProxyType(
        {
            key: Category(key, row["title"], LegalClass(row["class"]), row["dpv"], tuple(row["presidio"]), row["fides"])
            for key, row in tomllib.loads(text)["category"].items()
        }
    )


class _Categories(Mapping[str, Category]):
    """The rows, read at the first use, so that importing this module reads no file."""

    def __getitem__(self, key: str) -> Category:
        return _rows()[key]

    def __iter__(self) -> Iterator[str]:
        return iter(_rows())

    def __len__(self) -> int:
        return len(_rows())


#: Every category by its key, in the order of the reports. Read-only.
CATEGORIES: Mapping[str, Category] = _Categories()


def category(key: str) -> Category:
    """The category of a key that a person wrote.

    Raises:
        UnknownCategoryError: there is none; the message names the nearest ones.
    """
    found = CATEGORIES.get(key)
    if found is None:
        raise UnknownCategoryError(_unknown(key))
    return found


def class_of(key: str) -> str:
    """The legal class of a category (``ordinary``, ``art9``, …).

    Raises:
        UnknownCategoryError: there is no such category.
    """
    return category(key).legal_class.value


@cache
def presidio_categories() -> Mapping[str, str]:
    """Category key by Presidio's entity name; an entity that is missing means no personal data to us."""
    return MappingProxyType({entity: row.key for row in CATEGORIES.values() for entity in row.presidio})


def _unknown(key: str) -> str:
    wanted = key.strip().lower()
    near = [
        known
        for known, row in CATEGORIES.items()
        if wanted and wanted in (known, known.partition(".")[2], known.partition(".")[0], row.title.lower())
    ] or difflib.get_close_matches(wanted, CATEGORIES, n=3, cutoff=0.5)
    if not near:
        # "mail", "birth": part of a key.
        near = [known for known in CATEGORIES if len(wanted) > 2 and wanted in known]
    hint = f"did you mean {', '.join(near)}?" if near else "the categories are listed in the documentation"
    return f"there is no category {key!r}: {hint}"
