"""What every format is made from, and the ways to look at it. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date
from typing import Protocol

from data_map.model import AssetKind, DataMap, MapAsset, MapField, MapSource, State
from data_map.said import Said
from data_map.taxonomy import CATEGORIES, Category


@dataclass(frozen=True, slots=True)
class Content:
    """The map with what people said of it, and how the tool that reads it calls things."""

    data_map: DataMap
    said: Said = field(default_factory=Said)
    today: date = field(default=date.min)
    tool_version: str = ""
    #: The database's name in the other tool, where a source's address does not say it.
    database: str | None = None
    #: The other tool's name of the environment (DataHub's ``PROD``).
    environment: str = "PROD"


@dataclass(frozen=True, slots=True)
class Written:
    """A file for another tool, and what of the map it could not say."""

    text: str
    #: In sentences, for the person who exports.
    notes: tuple[str, ...] = ()


class Form(Protocol):
    """Writes the map for one reader."""

    def __call__(self, content: Content) -> Written:
        """The whole file. It holds no value of a source, and nothing in it acts as markup, formula or template."""
        ...


@dataclass(frozen=True, slots=True)
class Found:
    """A field with personal data, as it counts."""

    source: MapSource
    asset: MapAsset
    item: MapField

    @property
    def category(self) -> Category:
        """What it holds."""
        assert self.item.verdict.category is not None  # noqa: S101 - only fields with a category are found
        return CATEGORIES[self.item.verdict.category]

    @property
    def contains(self) -> tuple[str, ...]:
        """What occurs in it besides, by key."""
        return tuple(sorted({one.category for one in self.item.verdict.contains} - {self.category.key}))

    @property
    def how(self) -> str:
        """``decided`` by a person, or the state of the machine's verdict."""
        return "decided" if self.item.decision is not None else self.item.verdict.state.value


def found(data_map: DataMap) -> Iterator[Found]:
    """Every field that counts as personal, in the order of the map."""
    for part in data_map.sources:
        for asset in part.assets:
            for item in asset.fields:
                if item.verdict.state.is_personal and item.verdict.category is not None:
                    yield Found(part, asset, item)


def is_table(asset: MapAsset) -> bool:
    """Whether a catalog of databases can have it: files are none."""
    return asset.asset.kind is not AssetKind.FILE


def schema_and_table(asset: MapAsset) -> tuple[str, str]:
    """``public.customers`` in two; the schema is empty where the name has none."""
    schema, dot, name = asset.asset.name.partition(".")
    return (schema, name) if dot else ("", schema)


def unsaid(content: Content, *, files: bool = True) -> tuple[str, ...]:
    """What a catalog of databases is not told: files, undecided fields, what was not looked at, what was set aside."""
    parts = content.data_map.sources
    items = [item for part in parts for asset in part.assets for item in asset.fields]
    count = {
        "in files, which this format does not know": sum(not is_table(one.asset) for one in found(content.data_map))
        if files
        else 0,
        "undecided, for a person to look at": sum(item.verdict.state is State.UNDECIDED for item in items),
        "set aside by pattern": sum(item.suppression is not None for item in items),
    }
    notes = [
        f"{number:,} {'field is' if number == 1 else 'fields are'} {why}" for why, number in count.items() if number
    ]
    skips = sum(len(part.skipped) for part in parts)
    if skips:
        notes.append(
            f"{skips:,} {'thing was' if skips == 1 else 'things were'} not looked at: privacy map coverage --skipped"
        )
    return tuple(notes)
