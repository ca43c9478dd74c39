"""Whom a table is about: a natural person, or a shop, a product, a town. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import PurePosixPath

from data_map.model import Asset, AssetKind
from scanners.detect.names import read_name, subject_of

#: Categories that hardly ever stand in a table that is not about people.
_CORE = frozenset(
    {
        "identity.name",
        "demographic.date_of_birth",
        "demographic.gender",
        "demographic.marital_status",
        "government_id.national",
        "government_id.passport",
        "contact.email",
        "credential.password",
        "credential.password_hash",
        "identity.username",
        "financial.income",
        "employment.date",
    }
)


@dataclass(frozen=True, slots=True)
class TableContext:
    """What the whole table says about each of its columns."""

    #: ``customer``, ``employee``, …; None when no name says it.
    subject: str | None
    #: 0–1: how likely its rows are about natural persons.
    person_ratio: float
    #: What said so, in words.
    because: str


def table_name(asset: Asset) -> str:
    """The part of an asset's name that says what it is about: the table, or the file without folder and suffix."""
    if asset.kind is AssetKind.FILE:
        return PurePosixPath(asset.name.rsplit("!", 1)[-1]).stem
    return asset.name.rsplit(".", 1)[-1]


def context_of(name: str, columns: Iterable[str]) -> TableContext:
    """Weigh a table's name and the names of its columns."""
    subject, is_thing = subject_of(name)
    ratio, because = (0.9, f"the table's name says {subject}") if subject else (0.35, "the table's name says nothing")
    if is_thing:
        ratio, because = 0.1, "the table's name says that it is about things"
    core = set()
    for column in columns:
        reading = read_name(column)
        if (
            reading.category in _CORE
            and not reading.needs_person
            and reading.strength >= 0.7
            and reading.subject is None
        ):
            core.add((reading.category, reading.words))
    categories = {category for category, _ in core}
    parts_of_name = sum(category == "identity.name" for category, _ in core)
    if len(categories) >= 2 or parts_of_name >= 2:
        if ratio < 0.85:
            ratio, because = 0.85, "its columns describe a person"
        subject = subject or "person"
    elif categories and ratio < 0.6:
        ratio, because = (0.4 if is_thing else 0.6), "one of its columns describes a person"
    return TableContext(subject, ratio, because)
