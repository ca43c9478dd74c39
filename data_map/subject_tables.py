"""Which tables hold people as rows, and by which key. Pure."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace

from data_map.model import AssetKind, FieldRef, Join, MapAsset, MapField
from data_map.standing import (
    NAMING,
    PERSON,
    RANK,
    UNIQUE,
    AssetKey,
    Role,
    Standing,
    Step,
    distinct_ratio,
    field_at,
    is_document,
    key_of,
    own_subject,
    personal_of,
    step_of,
    words_of,
)

_DESCRIBING = NAMING | {"demographic.gender", "demographic.marital_status", "credential.password"}
_CONTACT = "contact"
#: Who has a job and a day of entry in one row works there, whatever the table is called.
_OF_WORK = {"employment.job", "employment.date"}
#: What lists things without declaring a key.
_KEYLESS = (AssetKind.FILE, AssetKind.COLLECTION)
#: Share of different values from which a column's rows are one for each person, and values from which that says much.
_DISTINCT, _MANY = 0.8, 10
#: Share of rows that have a value at all, in a file of people.
_FULL = 0.9
_TWO = 2
#: Rank of a field that is no key by its name and holds nothing that tells people apart.
_NO_KEY = 4


def subject_tables(assets: Mapping[AssetKey, MapAsset], joins: Sequence[Join]) -> dict[AssetKey, Standing]:
    """The tables of people among these, by the joins that count."""
    pointing: defaultdict[AssetKey, list[Join]] = defaultdict(list)
    for join in joins:
        if key_of(join.child) != key_of(join.parent):
            pointing[key_of(join.child)].append(join)
    pointed_at = Counter(join.parent for join in joins)
    found = {}
    for key, asset in assets.items():
        children = {join.child for join in pointing[key]}
        if _rows_are_people(asset, children, pointed_at):
            subject = own_subject(asset, children) or PERSON
            if subject == PERSON and {item.verdict.category for item in personal_of(asset)} >= _OF_WORK:
                subject = "employee"
            found[key] = Standing(
                asset,
                Role.SUBJECT,
                subject,
                subject_key(asset, children, pointed_at),
                is_organisation=_is_of_organisations(asset, subject),
            )
    # A table that repeats the people of another one hangs on it: orders with the customer's name.
    # The poorer first: of two that point at each other one is left.
    for key in sorted(found, key=lambda key: (_weight(assets[key]), key)):
        if any(_repeats(found[key], join, found, assets) for join in pointing[key]):
            del found[key]
    for key, standing in found.items():
        same = next((step for join in pointing[key] for step in _same(standing, join, found, assets)), None)
        others = tuple(
            step_of(join)
            for join in sorted(pointing[key], key=lambda join: (-join.score, join.child))
            if key_of(join.parent) in found and (same is None or join != same.join)
        )
        found[key] = replace(standing, same_as=same, others=others)
    for key, standing in found.items():
        if standing.same_as is not None and standing.subject == PERSON:
            found[key] = replace(standing, subject=found[key_of(standing.same_as.there)].subject)
    return found


def _rows_are_people(asset: MapAsset, children: Iterable[FieldRef], pointed_at: Mapping[FieldRef, int]) -> bool:
    """Whether each row is a person: something tells people apart in it, and hardly any of it is repeated."""
    if is_document(asset):
        return False
    own = [item for item in personal_of(asset) if item.field.ref not in set(children)]
    naming = [item for item in own if item.verdict.category in NAMING]
    if not naming:
        return False
    addresses = [item for item in naming if item.verdict.category in UNIQUE and item.verdict.sampled >= _MANY]
    if addresses and max(map(distinct_ratio, addresses)) < _DISTINCT:
        return False  # the same address again and again: rows are what people did
    key = subject_key(asset, children, pointed_at)
    if any(item.field.ref == key and item.verdict.category == "identity.subject_id" for item in own):
        return True
    if len({item.verdict.category for item in own if item.verdict.category in _DESCRIBING}) >= _TWO:
        return True
    is_different = any(item.verdict.sampled >= _MANY and distinct_ratio(item) >= _DISTINCT for item in naming)
    if sum(item.verdict.category == "identity.name" for item in naming) >= _TWO:  # a first and a last name
        return key is not None or is_different
    is_told = naming[0].verdict.subject not in (None, PERSON)
    if key is not None and is_told:
        return is_different or all(item.verdict.sampled < _MANY for item in naming)
    # A nickname alone stands below what somebody wrote, too.
    if not is_different or {item.verdict.category for item in naming} == {"identity.username"}:
        return False
    is_full = any(item.verdict.sampled >= _FULL * asset.rows_read for item in naming)
    return key is not None or (asset.asset.kind in _KEYLESS and is_full)


def _repeats(
    standing: Standing, join: Join, found: Mapping[AssetKey, Standing], assets: Mapping[AssetKey, MapAsset]
) -> bool:
    above = found.get(key_of(join.parent))
    if above is None or step_of(join).is_mention or above.is_organisation:
        return False
    if _is_one_to_one(join, assets):
        # The same people in two tables; in one system, a table that holds little of its own is a part of the other.
        return (
            join.child.source == join.parent.source
            and standing.subject == above.subject
            and _weight(standing.asset) < _weight(above.asset)
        )
    if standing.subject == above.subject:
        return True
    is_described = _weight(standing.asset) > _TWO
    return standing.subject == PERSON and not is_described and RANK.get(above.subject or "", 0) < _TWO


def _weight(asset: MapAsset) -> int:
    return sum(item.verdict.category in _DESCRIBING for item in personal_of(asset))


def _same(
    standing: Standing, join: Join, found: Mapping[AssetKey, Standing], assets: Mapping[AssetKey, MapAsset]
) -> Iterator[Step]:
    """The step to another subject table, when each row stands for one row there, and so for the same person."""
    above = found.get(key_of(join.parent))
    if above is not None and not step_of(join).is_mention and _is_one_to_one(join, assets):
        yield step_of(join)


def _is_one_to_one(join: Join, assets: Mapping[AssetKey, MapAsset]) -> bool:
    child, parent = field_at(assets, join.child), field_at(assets, join.parent)
    if child is None or parent is None:
        return False
    if child.verdict.category in UNIQUE and parent.verdict.category == child.verdict.category:
        return True  # both are known by the same address
    asset = assets[key_of(join.child)]
    keys = sum(item.field.is_primary_key for item in asset.fields)
    if child.field.is_unique or (child.field.is_primary_key and keys == 1):
        return True
    told = child.verdict
    return asset.is_whole and told.sampled >= _MANY and told.distinct == told.sampled == asset.asset.row_count


def subject_key(
    asset: MapAsset, children: Iterable[FieldRef] = (), pointed_at: Mapping[FieldRef, int] | None = None
) -> FieldRef | None:
    """The field that tells the rows of a table apart; None when none is known to.

    The declared key; without one the field that other tables point at; else a number, an address or a user name that
    no two rows have in common, as far as they were read.
    """
    keys = [item.field.ref for item in asset.fields if item.field.is_primary_key]
    if len(keys) == 1:
        return keys[0]
    pointing, counts = set(children), pointed_at or {}
    own = [
        item
        for item in asset.fields
        if (item.field.ref not in pointing or counts.get(item.field.ref)) and not item.field.is_primary_key
    ]
    unique = [item for item in own if item.field.is_unique]
    # A key of several fields says that no single one of them is unique.
    seen = [item for item in own if not keys and item.verdict.sampled > 0 and distinct_ratio(item) == 1]
    ranked = sorted(
        (item for item in (*unique, *seen) if counts.get(item.field.ref) or _key_rank(item) < _NO_KEY),
        key=lambda item: (
            -counts.get(item.field.ref, 0),
            not item.field.is_unique,
            _key_rank(item),
            item.field.position,
        ),
    )
    return ranked[0].field.ref if ranked else None


def _key_rank(item: MapField) -> int:
    if item.verdict.category == "identity.subject_id":
        return 0
    words = words_of(item.field.ref.field)
    if words in (["id"], ["uuid"], ["key"], ["no"], ["nr"]):
        return 1
    table = words_of(item.field.ref.asset)
    is_own = all(any(known.startswith(word) for known in table) for word in words[:-1])
    if words[-1:] in (["id"], ["no"], ["nr"]) and is_own:
        return 2
    return 3 if item.verdict.category in UNIQUE else _NO_KEY


def _is_of_organisations(asset: MapAsset, subject: str) -> bool:
    """Whether the rows are organisations that name a contact: the table's other fields are nobody's."""
    if subject != _CONTACT:
        return False
    personal = list(personal_of(asset))
    naming = [item for item in personal if item.verdict.category in NAMING]
    return any(item.machine.subject is None for item in personal) or all(
        _CONTACT in words_of(item.field.ref.field) for item in naming
    )
