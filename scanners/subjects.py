"""Whom a table is about: a natural person, or a shop, a product, a town; by its names and by what it hangs on. Pure."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import PurePosixPath

from data_map.model import Asset, AssetKind
from scanners.detect.names import KEYS, expand, read_name, split, subject_of, vocabulary

#: Categories that hardly ever stand in a table that is not about people.
CORE = frozenset(
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
#: What is said of people in surveys and statistics; one alone may be a head of a statistic, or an animal's.
_ATTRIBUTES = frozenset(
    {
        "demographic.date_of_birth",
        "demographic.age",
        "demographic.gender",
        "demographic.marital_status",
        "demographic.nationality",
        "special.ethnicity",
        "special.religion",
        "education.record",
        "employment.job",
        "financial.income",
    }
)
#: Words for figures about many people at once: sexes and ages head a statistic too.
_COUNTS = frozenset(
    {"count", "counts", "population", "deaths", "births", "total", "percent", "percentage", "rate", "value", "number"}
    | {"freq", "frequency", "n", "mean", "median", "share", "cases", "anzahl", "summe", "wert", "effectif", "nombre"}
)
#: What points at one person, in a table of what people do.
_OF_ACCOUNTS = frozenset({"identity.subject_id", "identity.username"})
#: Words for an organisation that is a customer or a supplier, not a part of one.
_FIRMS = frozenset(
    [
        "company",
        "companies",
        "firm",
        "organisation",
        "organization",
        "business",
        "corporation",
        "enterprise",
        "supplier",
        "vendor",
        "merchant",
        "manufacturer",
        "shipper",
        "publisher",
        "unternehmen",
        "firma",
        "firmenname",
        "gesellschaft",
        "lieferant",
        "societe",
        "entreprise",
        "fournisseur",
        "empresa",
        "compania",
        "proveedor",
        "azienda",
        "ditta",
        "fornitore",
        "fornecedor",
        "bedrijf",
        "leverancier",
        "przedsiebiorstwo",
        "dostawca",
    ]
)
#: A table with more columns than this is no list of one thing.
_LIST_COLUMNS = 6
#: Groups of things whose rows have a telephone and an address of their own, which are no person's.
_WITH_ADDRESS = frozenset({"organisation", "place", "technical"})
#: Words before the name of a table that say how it is kept, not what it is about.
_KEPT = frozenset(
    (
        "tbl",
        "tb",
        "t",
        "dim",
        "fact",
        "fct",
        "stg",
        "raw",
        "src",
        "ref",
        "vw",
        "v",
        "sys",
        "app",
        "main",
        "dbo",
        "public",
    )
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
    #: Whether its telephones and addresses are those of organisations or sites.
    is_organisation: bool = False
    #: Whether its customers are organisations: it has a column for their name.
    names_organisation: bool = False
    #: Its columns that point at such a table.
    organisation_keys: frozenset[str] = frozenset()
    #: The words of the table's name; a column that says nothing by itself is read together with them.
    words: tuple[str, ...] = ()
    #: The group of things that the table's name says it is about.
    group: str | None = None
    #: The category that the table's name says.
    own: str | None = None
    #: The category of which the table is a list: ``countries``, ``job_titles``, ``religions``.
    lists: str | None = None


@dataclass(frozen=True, slots=True)
class Table:
    """A table as the catalog knows it, before any row is read."""

    asset: Asset
    columns: tuple[str, ...]
    #: column → the name of the asset that a declared foreign key points at.
    references: Mapping[str, str] = field(default_factory=dict)


def table_name(asset: Asset) -> str:
    """The part of an asset's name that says what it is about: the table, or the file without folder and suffix."""
    if asset.kind is AssetKind.FILE:
        return PurePosixPath(asset.name.rsplit("!", 1)[-1]).stem
    return asset.name.rsplit(".", 1)[-1]


def context_of(name: str, columns: Iterable[str]) -> TableContext:
    """Weigh a table's name and the names of its columns."""
    columns = list(columns)
    subject, group = subject_of(name)
    ratio, because = (0.9, f"the table's name says {subject}") if subject else (0.35, "the table's name says nothing")
    if group is not None:
        ratio, because = (0.2 if group == "transaction" else 0.1), "the table's name says that it is about things"
    elif subject is None and (read_name(name).category or "").startswith("contact."):
        ratio, because = 0.6, "the table's name says that it holds contact data"
    core, attributes, keys, bare = set(), set(), set(), set()
    names_organisation = False
    for column in columns:
        reading = read_name(column)
        if reading.category in _OF_ACCOUNTS and reading.strength >= 0.5:
            keys.add(reading.subject or "person")
        elif reading.subject and reading.words == expand(split(column), vocabulary()):
            bare.add(reading.subject)
        if reading.category in _ATTRIBUTES and not reading.subjects and reading.strength >= 0.5:
            attributes.add(reading.category)
        names_organisation |= _names_organisation(column)
        if (
            reading.category in CORE
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
        ratio, because = (0.4 if group is not None else 0.7), "one of its columns describes a person"
    if (
        group is None and len(attributes) >= 2 and ratio < 0.85
    ):  # a survey has no names, and is about people all the same
        counted = any(not _COUNTS.isdisjoint(split(column)) for column in columns)
        several = len(attributes) + len(categories - attributes) >= 3
        ratio = max(ratio, 0.85 if several else ratio if counted else 0.7 if group is None else 0.6)
        because = "its columns describe a person"
    if group is None and subject is None and len(keys) == 1 and ratio < 0.6:
        [subject] = keys
        ratio, because = 0.6, f"its rows point at a {subject}"
    keys = keys or bare
    if group == "transaction" and len(keys) == 1 and subject is None and ratio < 0.6:
        [subject] = keys
        ratio, because = 0.6, f"its rows point at a {subject}"
    is_organisation = ratio < 0.3 and group in _WITH_ADDRESS
    names_organisation &= parts_of_name < 2
    if names_organisation and subject is None and not categories and ratio < 0.6:
        is_organisation, because = True, "it has a column for the name of an organisation"
    words = tuple(word for word in expand(split(name), vocabulary()) if word not in _KEPT)
    own = read_name(name)
    is_list = subject is None and not core and len(attributes) < 2 and len(columns) <= _LIST_COLUMNS
    lists = own.category if is_list or (own.category or "").startswith("contact.") else None
    return TableContext(
        subject,
        ratio,
        because,
        is_organisation,
        names_organisation,
        words=words,
        group=group,
        own=own.category,
        lists=lists,
    )


def _names_organisation(column: str) -> bool:
    """Whether a column holds the names of organisations: ``company``, ``CompanyName``, ``Firma``."""
    words = expand(split(column), vocabulary())
    rest = [word for word in words if word not in _FIRMS]
    return len(rest) < len(words) and all(
        word in {"name", "nom", "nombre", "nome", "naam", "nazwa", "title"} for word in rest
    )


def contexts_of(tables: Sequence[Table]) -> dict[str, TableContext]:
    """The context of each table, by asset name, with what it hangs on: orders on customers, addresses under them.

    Links are the declared foreign keys, and columns that are named after a table (``customer_id``).
    """
    own = {table.asset.name: context_of(table_name(table.asset), table.columns) for table in tables}
    links = _links(tables)
    points_at: dict[str, list[str]] = defaultdict(list)
    pointed_at: dict[str, list[str]] = defaultdict(list)
    for source, _, target in links:
        if source != target:
            points_at[source].append(target)
            pointed_at[target].append(source)
    found = {}
    for name, context in own.items():
        keys = frozenset(
            column for source, column, target in links if source == name and own[target].names_organisation
        )
        context = replace(context, organisation_keys=keys)
        if context.subject is None and context.person_ratio <= 0.6:
            context = _hanging(
                context, [own[target] for target in points_at[name]], [own[source] for source in pointed_at[name]]
            )
        found[name] = context
    return found


def _hanging(context: TableContext, above: Sequence[TableContext], below: Sequence[TableContext]) -> TableContext:
    """A context that says nothing by itself, after what it points at and what points at it."""
    if context.group == "animal":
        return context
    people = [other for other in above if other.subject and other.person_ratio >= 0.85]
    owners = [other for other in below if other.subject and other.person_ratio >= 0.85]
    sites = [other for other in below if other.is_organisation]
    # Departments and languages are pointed at by people as well; addresses belong to whom points at them.
    if (context.lists or "").startswith("contact."):
        if owners and len(owners) >= len(sites):
            subject = owners[0].subject
            because = f"a table about the {subject} points at it"
            return replace(context, subject=subject, person_ratio=0.75, because=because, lists=None)
        if sites:
            because = "only tables of organisations point at it"
            return replace(context, person_ratio=0.1, is_organisation=True, because=because)
    if len({other.subject for other in people}) == 1 and not context.is_organisation:
        subject = people[0].subject
        least = {None: 0.6, "transaction": 0.3}.get(context.group, 0.0)
        ratio = max(context.person_ratio, least)
        return replace(
            context, subject=subject, person_ratio=ratio, because=f"its rows point at a {subject}", lists=None
        )
    return context


def _links(tables: Sequence[Table]) -> list[tuple[str, str, str]]:
    """(table, column, table that it points at), by asset names."""
    by_words: dict[tuple[str, ...], list[str]] = defaultdict(list)
    for table in tables:
        by_words[_stems(table_name(table.asset))].append(table.asset.name)
    known = {table.asset.name for table in tables}
    found = []
    for table in tables:
        for column in table.columns:
            target = table.references.get(column)
            if target is None:
                candidates = by_words.get(_key_stems(column), [])
                target = candidates[0] if len(candidates) == 1 else None
            if target is not None and target in known:
                found.append((table.asset.name, column, target))
    return found


def _stems(name: str) -> tuple[str, ...]:
    """The words of a name as one would write them of a single thing."""
    return tuple(_singular(word) for word in expand(split(name), vocabulary()) if word not in _KEPT)


def _key_stems(column: str) -> tuple[str, ...]:
    """The words of a key without those that make it one; empty when it is none."""
    words = expand(split(column), vocabulary())
    rest = [word for word in words if word not in KEYS]
    return tuple(map(_singular, rest)) if len(rest) < len(words) else ()


def _singular(word: str) -> str:
    if word.endswith("ies") and len(word) > 4:
        return word[:-3] + "y"
    if word.endswith(("sses", "xes", "ches", "shes")):
        return word[:-2]
    return word[:-1] if word.endswith("s") and not word.endswith("ss") and len(word) > 3 else word
