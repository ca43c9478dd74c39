"""Which fields may point at which: from names, declared types, keys and verdicts, without a look at a value. Pure."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum

from data_map.model import AssetKind, FieldRef, MapAsset, MapSource
from scanners.joins.naming import (
    IDENTIFYING,
    NONE,
    Likeness,
    Name,
    Words,
    deed_of,
    field_name,
    likeness,
    own_table,
    people_of,
    shared_first_word,
    table_words,
)
from scanners.subjects import table_name

#: A likeness of names below this is none.
LEAST = 0.4
#: Parents weighed for one child.
_MOST_PARENTS = 12
#: Tables weighed for one child, by its words.
_MOST_TABLES = 30
#: Fields of one table that are weighed as children and as parents: documents may have thousands.
_MOST_COLUMNS, _MOST_KEYS = 500, 24
#: Fields of one table that are read to find joins by their values alone.
_MOST_BY_VALUE = 8


class Type(StrEnum):
    """What kind of values a field was declared to have."""

    WHOLE = "whole"
    TEXT = "text"
    UUID = "uuid"
    ANY = "any"


_EXCLUDED = re.compile(
    r"bool|^bit|date|time|interval|real|float|double|money|blob|binary|bytea|raw|image|json|xml|geo|point|polygon"
    r"|array|\[\]|vector|tsv|long raw|object|variant|struct|map|inet|cidr|clob|ntext|longtext",
    re.IGNORECASE,
)
_WHOLE = re.compile(r"int|serial|^number|^numeric|^decimal|^dec\b|^oid|rowid", re.IGNORECASE)
_SCALE = re.compile(r"\(\s*\d+\s*,\s*(\d+)\s*\)")
_UUID = re.compile(r"uuid|uniqueidentifier|guid", re.IGNORECASE)
_TEXT = re.compile(r"char|text|string|enum|name|citext|clob", re.IGNORECASE)
#: Categories of values that tell one person, or one thing, from the others: keys wherever they stand.
_IDENTIFYING = (
    "contact.email",
    "identity.username",
    "identity.subject_id",
    "government_id.",
    "financial.iban",
    "online.device_id",
)


def type_of(declared: str | None) -> Type | None:
    """The kind of a declared type; None for one that no key has."""
    if declared is None or not declared.strip() or declared == "unknown":
        return Type.ANY
    if _UUID.search(declared):
        return Type.UUID
    if _WHOLE.search(declared):
        scale = _SCALE.search(declared)
        return None if scale is not None and int(scale[1]) > 0 else Type.WHOLE
    if _EXCLUDED.search(declared):
        return None
    return Type.TEXT if _TEXT.search(declared) else Type.ANY


@dataclass(frozen=True, slots=True)
class Column:
    """A field that may be one side of a join."""

    ref: FieldRef
    #: Table and field, for people.
    label: str
    name: Name
    type: Type
    table: int
    #: Whether the catalog says that it alone tells rows apart.
    is_key: bool
    #: Whether it is one part of a key of several.
    is_part: bool
    #: Whether no value was seen twice when the table was scanned, though no catalog says so.
    looks_unique: bool
    is_identifying: bool
    is_empty: bool
    #: What the catalog says that it points at.
    references: FieldRef | None


@dataclass(frozen=True, slots=True)
class Table:
    """A table or file with what its name says."""

    source: str
    asset: str
    words: tuple[str, ...]
    people: str | None
    columns: tuple[Column, ...]
    #: Whether the catalog declares a primary key.
    has_key: bool
    is_view: bool

    @property
    def parts(self) -> tuple[Column, ...]:
        """The columns of a key of several; empty for a key of one.

        Without a declared key these are the first two, where no column by itself tells rows apart: whether they do
        together shows when they are read.
        """
        declared = tuple(column for column in self.columns if column.is_part)
        if declared or self.has_key or any(column.is_key or column.looks_unique for column in self.columns):
            return declared
        first = self.columns[:2]
        is_likely = not any(column.is_empty or (column.name.is_attribute and not column.name.kind) for column in first)
        return first if is_likely else ()


@dataclass(frozen=True, slots=True)
class Candidate:
    """Two fields that may join, and what their names say of it."""

    child: Column
    parent: Column
    name: Likeness


def tables_of(sources: Iterable[MapSource]) -> list[Table]:
    """The tables and files of the map, with their fields that may be keys or point at some."""
    found: list[Table] = []
    for part in sources:
        first = _shared_first(part.assets)
        for asset in part.assets:
            found.append(_table(asset, len(found), first))
    return found


def _shared_first(assets: Sequence[MapAsset]) -> str:
    """A word that most tables of a source begin with: ``oc_customer``, ``oc_order``."""
    names = [table_name(asset.asset) for asset in assets]
    return shared_first_word(names) if len(names) >= 4 else ""


def _table(asset: MapAsset, place: int, first: str) -> Table:
    shared = shared_first_word([item.field.ref.field for item in asset.fields])
    name = table_name(asset.asset)
    words = table_words(name, first)
    # A table whose every column begins with its own name (customer_id, customer_name) means that name.
    if shared and shared in (*words, *table_words(shared)):
        shared = ""
    primary = [item.field for item in asset.fields if item.field.is_primary_key]
    columns = []
    for item in asset.fields[:_MOST_COLUMNS]:
        kind = type_of(item.field.declared_type)
        verdict = item.machine
        if kind is None or verdict.category == "text.personal":
            continue
        is_sole = item.field.is_unique or (item.field.is_primary_key and len(primary) == 1)
        category = verdict.category or ""
        said = field_name(item.field.ref.field, shared)
        columns.append(
            Column(
                item.field.ref,
                f"{name}.{item.field.ref.field}",
                said,
                kind,
                place,
                is_sole,
                item.field.is_primary_key and len(primary) > 1,
                verdict.sampled > 0 and verdict.sampled == verdict.distinct,
                category.startswith(_IDENTIFYING) or bool(said.words[-1:] and said.words[-1] in IDENTIFYING),
                verdict.sampled == 0,
                item.field.references,
            )
        )
    return Table(
        asset.asset.source,
        asset.asset.name,
        words,
        people_of(name),
        tuple(columns),
        bool(primary),
        asset.asset.kind in (AssetKind.VIEW, AssetKind.MATERIALIZED_VIEW),
    )


def parents_of(table: Table) -> list[tuple[Column, bool]]:
    """The columns that rows of a table may be told apart by, and whether each is what its rows go by.

    Where the catalog is silent, as in files, what the values and the names say has to do. A view has no keys: it shows
    those of tables.
    """
    return [] if table.is_view else _parents_of(table)[:_MOST_KEYS]


def _parents_of(table: Table) -> list[tuple[Column, bool]]:
    found = [(column, column.is_key) for column in table.columns if column.is_key or column.is_part]
    known = {column.ref for column, _ in found}
    likely = [
        column for column in table.columns if (column.looks_unique or column.is_empty) and column.ref not in known
    ]
    if any(column.is_key for column, _ in found):
        # What only looks unique may be a natural key beside the declared one.
        return found + [(column, False) for column in likely if column.looks_unique]
    if not any(_is_named_key(column, table) for column in likely):
        # A key that bad data spoilt is one all the same.
        likely += [column for column in table.columns if _is_named_key(column, table) and column.ref not in known]
    named = [column for column in likely if _is_named_key(column, table) and not column.name.is_attribute]
    unique = [column for column in likely if column.looks_unique]
    # A list of names or titles goes by these where it has nothing else.
    first = (
        named[:1]
        or [column for column in unique if not column.name.is_attribute][:1]
        or [column for column in unique if column.type is Type.TEXT and column.ref == table.columns[0].ref]
    )
    return found + [(column, column in first or column in named) for column in likely]


def _is_named_key(column: Column, table: Table) -> bool:
    """Whether a name is that of its own table's key: ``id``, or ``customer_no`` in ``customers``."""
    if column.name.is_bare:
        return bool(column.name.kind)
    return bool(column.name.kind) and own_key(column, table)


def own_key(column: Column, table: Table) -> bool:
    """Whether a column is named after the table that it stands in, or after nothing."""
    bare = Name((), column.name.kind, is_attribute=False)
    words = column.name.words
    if column.name.is_bare:
        return True
    # ``pass_id`` in ``boarding_passes``, but not in a table that links passes to something.
    if (
        (column.is_key or column.ref == table.columns[0].ref)
        and column.name.kind
        and words == table.words[-len(words) :]
    ):
        return True
    return likeness(column.name, (), bare, table.words, is_key=True).strength >= 0.85


def by_name(tables: Sequence[Table]) -> dict[FieldRef, list[Candidate]]:
    """For each field the fields whose names say that it points at them, the likest first."""
    index = Words(table.words for table in tables)
    parents = [parents_of(table) for table in tables]
    same: defaultdict[tuple[tuple[str, ...], str], set[int]] = defaultdict(set)
    people: defaultdict[tuple[str, str], list[int]] = defaultdict(list)
    for place, table in enumerate(tables):
        for column, _ in parents[place]:
            if column.name.words:
                same[column.name.words, column.name.kind].add(place)
        if table.people is not None:
            people[table.source, table.people].append(place)
    found: dict[FieldRef, list[Candidate]] = {}
    for place, table in enumerate(tables):
        for child in table.columns:
            if child.name.is_bare:
                continue
            near: set[int] = {place}
            for word in {*child.name.words, "".join(child.name.words)}:
                near |= index.tables(word)
            for word in child.name.words[:1]:  # a column that says of which part of its table's name it is
                near |= index.tables("".join((*table.words, word)))
            near |= same.get((child.name.words, child.name.kind), set())
            groups = deed_of(child.name)
            for group in groups:
                near |= set(people.get((table.source, group), ()))
            chosen = sorted(near, key=lambda other: (tables[other].source != table.source, other))[:_MOST_TABLES]
            pairs = [
                Candidate(child, parent, said)
                for other in chosen
                for parent, is_key in parents[other]
                if parent.ref != child.ref and _fit(child.type, parent.type)
                for said in [_said(child, table, parent, tables[other], groups, is_key=is_key)]
                if said.strength >= LEAST
            ]
            if pairs:
                pairs.sort(key=lambda pair: (-pair.name.strength, not pair.parent.is_key, pair.parent.ref))
                found[child.ref] = pairs[:_MOST_PARENTS]
    return found


def _said(
    child: Column, table: Table, parent: Column, other: Table, groups: Sequence[str], *, is_key: bool
) -> Likeness:
    if child.table == parent.table:
        found = own_table(child.name, table.words) if is_key or parent.is_key else NONE
    elif (child.is_key or child.looks_unique or child.is_empty) and own_key(child, table):
        found = _extension(child, table, parent, other, is_key=is_key)
    else:
        found = likeness(child.name, table.words, parent.name, other.words, is_key=is_key)
    if groups and is_key and other.people in groups and table.source == other.source:
        who = _of_people(child, parent, other, groups.index(other.people))
        found = max(found, who, key=lambda one: one.strength)
    return found


def _of_people(child: Column, parent: Column, other: Table, distance: int) -> Likeness:
    """A field that names somebody by what they do, and the key of a table of people; ``distance``: how far those are
    from the people that the name means."""
    strength = 0.78 - 0.05 * distance
    if child.table == parent.table:
        strength += 0.05  # the manager of employees is one
    if not child.name.kind and child.name.words[-1] != "by":
        strength -= 0.1
    if child.name.kind and child.name.kind != parent.name.kind:
        strength *= 0.85
    return Likeness(strength, f"its name says who did something, and the rows there are {other.people}s")


def _extension(child: Column, table: Table, parent: Column, other: Table, *, is_key: bool) -> Likeness:
    """A table's own key points elsewhere only where the table adds to another one: ``customer_details``."""
    if not is_key or len(other.words) >= len(table.words) or not other.words:
        return NONE
    if child.name.words != parent.name.words and not (child.name.is_bare and parent.name.is_bare):
        return NONE
    is_longer = table.words[: len(other.words)] == other.words
    return Likeness(0.55, "its table is named as an addition to the other one") if is_longer else NONE


def _fit(one: Type, other: Type) -> bool:
    """Whether values of two declared kinds can be the same; text may hold numbers and UUIDs."""
    return one is other or Type.ANY in (one, other) or Type.TEXT in (one, other)


def by_value(table: Table) -> list[Column]:
    """The fields of a table that may point at a key which their names do not tell: few, the most key-like first."""

    def rank(column: Column) -> int:
        return 0 if column.type is Type.UUID else 1 if column.is_identifying else 2 if column.name.kind else 3

    likely = [
        column
        for column in table.columns
        if not column.is_empty
        and (
            column.type is Type.UUID
            or column.is_identifying
            or (not column.name.is_attribute and (column.name.kind or not column.is_key))
        )
    ]
    return sorted(likely, key=rank)[:_MOST_BY_VALUE]
