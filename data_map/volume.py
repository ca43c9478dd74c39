"""How many people a table and a source are about, and what is at stake there. Pure.

A number is only given where something says it: rows of a table of people, different keys that were read. Where that is
a bound, it is a bound; where nothing says it, it is not known, and never guessed.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from data_map.copies import stale_copies
from data_map.hygiene_finding import address
from data_map.model import AssetKind, DataMap, FieldVerdict, Join, JoinState, MapAsset, MapField, MapSource
from data_map.standing import (
    NAMING,
    PERSON,
    UNIQUE,
    AssetKey,
    Role,
    Standing,
    Step,
    field_at,
    is_document,
    key_of,
)
from data_map.subjects import standings
from data_map.taxonomy import CATEGORIES, LegalClass

_VIEWS = (AssetKind.VIEW, AssetKind.MATERIALIZED_VIEW)
#: Words for people who may well be the same as those of another table: they add nothing to what is sure.
_GENERIC = frozenset({PERSON, "user", "contact", "visitor", "subscriber"})


@dataclass(frozen=True, slots=True)
class People:
    """A number of different people, as far as it is known."""

    #: At least; None when nothing is known.
    low: int | None = None
    #: At most; None when nothing limits it.
    high: int | None = None
    #: Every row was read, and both are the same. An estimate of the catalog is not exact.
    is_exact: bool = False


@dataclass(frozen=True, slots=True)
class Bounds:
    """A count of which it is known between what it lies."""

    low: int
    high: int


UNKNOWN = People()
NOBODY = People(0, 0, is_exact=True)


@dataclass(frozen=True, slots=True)
class TableVolume:
    """A table with its people and what it holds of them."""

    standing: Standing
    people: People
    #: In the order of the taxonomy.
    categories: tuple[str, ...]
    #: The table of the same source that this one looks like a forgotten copy of.
    copy_of: str | None = None

    @property
    def special(self) -> tuple[str, ...]:
        """Those of its categories that are more than ordinary personal data."""
        return special_of(self.categories)

    @property
    def exposure_count(self) -> int | None:
        """People × categories, at most; None when its people are not known."""
        held = [most_of(held_of(self, key)) for key in self.categories]
        return None if most_of(self.people) is None else sum(count or 0 for count in held)


@dataclass(frozen=True, slots=True)
class SourceVolume:
    """A system with its people and its exposure."""

    source: str
    #: Of the tables that can be counted; not known where no personal data was found.
    people: People
    tables: tuple[TableVolume, ...]
    categories: tuple[str, ...]
    #: Pairs of a person and a category held of that person, over the tables that can be counted; None when none can.
    exposure: Bounds | None
    #: Those of them whose category is special.
    special_exposure: Bounds | None
    #: Tables with personal data of an unknown number of people, and documents: they are in none of the figures.
    uncounted_count: int
    document_count: int
    #: Tables that look like old copies of others; their people are not counted again.
    copy_count: int
    #: Tables and files that are known and were not read, in the last scan that tried.
    unread_count: int = 0
    #: Nobody knows what else there is: the source could not be opened, or not be listed to its end.
    is_cut_off: bool = False
    #: Whether anything of it was read at all.
    is_looked_at: bool = True

    @property
    def special(self) -> tuple[str, ...]:
        """Those of its categories that are more than ordinary personal data."""
        return special_of(self.categories)


def held(verdict: FieldVerdict) -> frozenset[str]:
    """The categories of personal data in a field: of free text what it contains, where that is known."""
    if not verdict.state.is_personal or not verdict.category:
        return frozenset()
    if verdict.category == "text.personal" and verdict.contains:
        return frozenset(one.category for one in verdict.contains)
    return frozenset({verdict.category})


def held_of(one: TableVolume, category: str) -> People:
    """Of how many of a table's people it holds a category: where all rows were read, of no more than have a value."""
    people = one.people
    if not one.standing.asset.is_whole or people.low is None:
        return people
    counts = [_filled(item.verdict, category) for item in one.standing.personal]
    filled = sum(counts)
    low, high = min(people.low, max(counts, default=0)), filled if people.high is None else min(people.high, filled)
    return People(low, high, is_exact=people.is_exact and low == high)


def _filled(verdict: FieldVerdict, category: str) -> int:
    """Rows of a field with a value of the category, as far as they were looked at."""
    if category not in held(verdict):
        return 0
    inside = [one.count for one in verdict.contains if one.category == category]
    return inside[0] if inside else verdict.sampled


def special_of(categories: Iterable[str]) -> tuple[str, ...]:
    """The categories whose legal class is not ``ordinary``: GDPR Art. 9, 10 and 87, cardholder data, secrets."""
    return tuple(key for key in categories if CATEGORIES[key].legal_class is not LegalClass.ORDINARY)


def volumes(data_map: DataMap) -> tuple[SourceVolume, ...]:
    """Each source with its people, the highest exposure first."""
    found = standings(data_map)
    copies = _copies(data_map, found)
    counted: dict[AssetKey, TableVolume] = {}
    for key, standing in sorted(found.items(), key=lambda pair: (len(pair[1].path), pair[0])):
        people = _people(standing, counted)
        counted[key] = TableVolume(standing, people, _categories(standing.asset), copies.get(key))
    by_source: defaultdict[str, list[TableVolume]] = defaultdict(list)
    for key in found:
        by_source[key[0]].append(counted[key])
    all_of_them = (_source(part, by_source[part.source.name], counted) for part in data_map.sources)
    return tuple(sorted(all_of_them, key=_by_exposure))


def _by_weight(one: TableVolume) -> tuple[object, ...]:
    """The most exposed first; of like ones the one that is nearest to its people."""
    return (-(one.exposure_count or 0), len(one.standing.path), one.standing.name)


def _by_exposure(one: SourceVolume) -> tuple[object, ...]:
    """The highest first; what is not known before what is nothing."""
    high = one.exposure.high if one.exposure else None
    special = one.special_exposure.high if one.special_exposure else 0
    return (not high, -(high or 0), high == 0, -special, -one.uncounted_count - one.document_count, one.source)


def _copies(data_map: DataMap, found: Collection[AssetKey]) -> dict[AssetKey, str]:
    """The original of each table that looks like a copy of one of the same source."""
    names = {address(*key): key for key in found}
    copies = {}
    for finding in stale_copies(data_map):
        original = names.get(finding.original or "")
        if finding.asset is not None and original is not None and original[0] == finding.source:
            copies[finding.source, finding.asset] = original[1]
    return copies


# ---- people of a table


def _people(standing: Standing, counted: Mapping[AssetKey, TableVolume]) -> People:
    if standing.asset.asset.row_count == 0 and standing.asset.is_whole:
        return NOBODY
    if standing.role is Role.SUBJECT:
        return _of_rows(standing)
    if standing.role is Role.UNLINKED or standing.is_somebody_elses:
        return _of_values(standing)
    first = standing.path[0]
    if not first.is_reversed:
        return _pointing(standing, first, counted)
    steps = (first, *(step for step in standing.others if step.is_reversed))
    return _added(_pointed_at(step, counted, is_direct=len(standing.path) == 1 or step is not first) for step in steps)


def _of_rows(standing: Standing) -> People:
    """One for each row where something tells the rows apart; else from the different values read to the rows."""
    asset = standing.asset
    rows, seen = asset.asset.row_count, _most_different(standing)
    if rows is None:
        return People(seen, None)
    if _tells_every_row(standing) and not standing.is_organisation:
        return People(rows, rows, is_exact=asset.is_whole)
    return _between(min(seen, rows), rows, is_whole=asset.is_whole)


def _tells_every_row(standing: Standing) -> bool:
    """Whether the key is declared to be one, or was read in every row and was never the same."""
    item = field_at({standing.name: standing.asset}, standing.key) if standing.key else None
    if item is None:
        return False
    if item.field.is_primary_key or item.field.is_unique:
        return True
    told = item.verdict
    return standing.asset.is_whole and told.distinct == told.sampled == standing.asset.asset.row_count


def _of_values(standing: Standing) -> People:
    """Bounds for a table that hangs on nobody: the different people it names, and its rows; else not known."""
    asset = standing.asset
    if is_document(asset):
        return UNKNOWN
    naming = _telling_apart(standing)
    if not naming:
        return UNKNOWN
    rows, seen = asset.asset.row_count, _most_different(standing)
    if rows is None:
        return People(seen, None)
    # An address, a user name or a number is one person's; rows without may be anybody's.
    told = [item.verdict for item in naming if item.verdict.category in UNIQUE | {"identity.subject_id"}]
    limits = [one.distinct + rows - one.sampled for one in told if asset.is_whole]
    high = min((rows, *limits))
    return _between(min(seen, high), high, is_whole=asset.is_whole)


def _pointing(standing: Standing, step: Step, counted: Mapping[AssetKey, TableVolume]) -> People:
    """At most the people it points at, and at most its rows; exactly its different keys where all were read."""
    asset, above = standing.asset, counted[key_of(step.there)].people
    item = field_at({standing.name: asset}, step.here)
    different = item.verdict.distinct if item else 0
    limits = [above.high, asset.asset.row_count, different if asset.is_whole and item else None]
    high = min((limit for limit in limits if limit is not None), default=None)
    if len(standing.path) > 1:
        low = min(different, 1)
        return People(low, high, is_exact=asset.is_whole and low == high)
    low = different if high is None else min(different, high)
    return People(low, high, is_exact=low == high and (asset.is_whole or above.is_exact))


def _pointed_at(step: Step, counted: Mapping[AssetKey, TableVolume], *, is_direct: bool) -> People:
    """The people whose rows point here: those with a key at all."""
    volume = counted[key_of(step.there)]
    asset, above = volume.standing.asset, volume.people
    item = field_at({volume.standing.name: asset}, step.there)
    if item is None or not is_direct:
        return People(min(above.low or 0, 1), above.high)
    if asset.is_whole and volume.people.is_exact:
        count = min(item.verdict.sampled, above.high or 0)
        return People(count, count, is_exact=True)
    seen = item.verdict.sampled if above.high is None else min(item.verdict.sampled, above.high)
    return People(min(seen, above.low or 0), above.high)


def _telling_apart(standing: Standing) -> list[MapField]:
    return [item for item in standing.own if item.verdict.category in NAMING | {"identity.subject_id"}]


def _most_different(standing: Standing) -> int:
    """Different values of the field that tells most people apart, as far as it was read."""
    return max((item.verdict.distinct for item in _telling_apart(standing)), default=0)


def _between(low: int, high: int, *, is_whole: bool) -> People:
    return People(low, high, is_exact=is_whole and low == high)


def _added(some: Iterable[People]) -> People:
    low, high, is_exact = 0, 0, True
    is_open = False
    for one in some:
        low += one.low or 0
        is_open |= one.high is None
        high += one.high or 0
        is_exact &= one.is_exact
    return People(low, None if is_open else high, is_exact and not is_open)


def most_of(people: People) -> int | None:
    """The figure to reckon with: at most so many, else at least so many; None when nothing is known."""
    return people.high if people.high is not None else people.low


# ---- people and exposure of a source


def _source(part: MapSource, found: Sequence[TableVolume], counted: Mapping[AssetKey, TableVolume]) -> SourceVolume:
    # A view shows rows of tables, so its people are there already, unless views are all that can be seen.
    tables = [one for one in found if one.standing.asset.asset.kind not in _VIEWS or not _has_tables(found)]
    read = {asset.asset.name for asset in part.assets}
    unread = {skip.asset for skip in part.skipped if skip.asset is not None and skip.field is None} - read
    with_data = [one for one in tables if one.categories]
    uncounted = [one for one in with_data if one.people.low is None]
    documents = sum(is_document(one.standing.asset) for one in uncounted)
    pairs = _pairs(tables, counted)
    is_known = bool(pairs) or (bool(part.assets) and not with_data)
    return SourceVolume(
        source=part.source.name,
        people=_people_of(tables, counted),
        tables=tuple(sorted(found, key=_by_weight)),
        categories=tuple(key for key in CATEGORIES if any(key in one.categories for one in found)),
        exposure=_sum(pairs.values()) if is_known else None,
        special_exposure=_sum(pairs[key] for key in special_of(pairs)) if is_known else None,
        uncounted_count=len(uncounted) - documents,
        document_count=documents,
        copy_count=sum(one.copy_of is not None for one in tables),
        unread_count=max(len(unread), part.asset_count - len(read)),
        is_cut_off=any(skip.asset is None for skip in part.skipped),
        is_looked_at=bool(part.assets),
    )


def _has_tables(found: Iterable[TableVolume]) -> bool:
    return any(one.categories and one.standing.asset.asset.kind not in _VIEWS for one in found)


def _pairs(tables: Iterable[TableVolume], counted: Mapping[AssetKey, TableVolume]) -> dict[str, Bounds]:
    """Of how many people each category is held; nobody twice for one category, as far as that is known."""
    tables = tuple(tables)
    largest = _largest(tables, counted)
    by_category: defaultdict[str, defaultdict[AssetKey, list[People]]] = defaultdict(lambda: defaultdict(list))
    limits: dict[AssetKey, int | None] = {}
    for one in tables:
        if one.people.low is None:
            continue
        if one.copy_of is not None:
            one = replace(counted[one.standing.name[0], one.copy_of], categories=one.categories)
        is_loose = one.standing.role is Role.UNLINKED or one.standing.is_somebody_elses
        if not is_loose:
            root = _original(one.standing.root or one.standing.name, counted)
        elif _may_be(one, largest.get(one.standing.subject), counted):
            root = largest[one.standing.subject]
        else:
            root = one.standing.name
        is_root = not is_loose or root != one.standing.name
        limits[root] = most_of(counted[root].people) if is_root else None
        for key in one.categories:
            by_category[key][root].append(held_of(one, key))
    found = {}
    for key, by_root in by_category.items():
        people = {root: _limited(_either(some), limits[root]) for root, some in by_root.items()}
        groups: defaultdict[str, list[People]] = defaultdict(list)
        for root, one_group in people.items():
            groups[counted[root].standing.subject or PERSON].append(one_group)
        together = _together(groups)
        found[key] = Bounds(together.low or 0, sum(most_of(one_group) or 0 for one_group in people.values()))
    return found


def _sum(some: Iterable[Bounds]) -> Bounds:
    some = tuple(some)
    return Bounds(sum(one.low for one in some), sum(one.high for one in some))


def _largest(tables: Iterable[TableVolume], counted: Mapping[AssetKey, TableVolume]) -> dict[str | None, AssetKey]:
    """The subject table with most people of each subject."""
    ordered = sorted(tables, key=lambda one: most_of(one.people) or 0)
    return {
        one.standing.subject: _original(one.standing.name, counted)
        for one in ordered
        if one.standing.role is Role.SUBJECT and one.copy_of is None
    }


def _may_be(one: TableVolume, root: AssetKey | None, counted: Mapping[AssetKey, TableVolume]) -> bool:
    """Whether the people of a table without a path may be rows of a subject table: there are enough of them."""
    if root is None:
        return False
    limit = counted[root].people.high
    return limit is None or (one.people.low or 0) <= limit


def _original(key: AssetKey, counted: Mapping[AssetKey, TableVolume]) -> AssetKey:
    """The table that counts for the people of a table: of a copy the original, of one row each the table above."""
    chain = [key]
    while True:
        same = counted[key].standing.same_as
        above = None
        if (copy_of := counted[key].copy_of) is not None:
            above = (key[0], copy_of)
        elif same is not None and _is_part(same.join):
            above = key_of(same.there)
        if above is None or above not in counted:
            return key
        if above in chain:  # each says that it is the other
            return min(chain[chain.index(above) :])
        chain.append(above)
        key = above


def _is_part(join: Join) -> bool:
    """Whether everybody in the one table is in the other: nobody doubts the join, and no value was missing there."""
    measure = join.measure
    return join.state is not JoinState.PROPOSED and (measure is None or measure.found == measure.tested)


def _people_of(tables: Sequence[TableVolume], counted: Mapping[AssetKey, TableVolume]) -> People:
    """The people of a source, none of them twice as far as that is known.

    What two tables of one subject hold may be the same people: at least the larger, at most both. So may users and
    persons be anybody's rows. Customers and employees are taken for different people. A table whose names say whose it
    is, without a join, counts for the people of that subject's table, unless it names more than there are.
    """
    groups: defaultdict[str, list[People]] = defaultdict(list)
    own = {one.standing.name for one in tables}
    tabled = _largest(tables, counted)
    foreign: defaultdict[AssetKey, list[People]] = defaultdict(list)
    roots = {}
    for one in tables:
        standing = one.standing
        if one.copy_of is not None:
            continue
        if standing.role is Role.SUBJECT:
            root = _original(standing.name, counted)
            if root in own:
                roots[root] = counted[root]
            else:
                roots[standing.name] = one
        elif standing.role is Role.UNLINKED or standing.is_somebody_elses:
            if one.people.low is None or _may_be(one, tabled.get(standing.subject), counted):
                continue
            groups[standing.subject or PERSON].append(one.people)
        elif standing.root is not None and standing.root not in own and one.categories:
            foreign[standing.root].append(one.people)
    for volume in roots.values():
        groups[volume.standing.subject or PERSON].append(volume.people)
    for root, some in foreign.items():
        groups[counted[root].standing.subject or PERSON].append(_limited(_either(some), counted[root].people.high))
    if not groups:
        return UNKNOWN
    return _together(groups)


def _together(groups: Mapping[str, Sequence[People]]) -> People:
    """The people of several subjects: different ones are different people, but for those who may be anybody."""
    specific = _added(_either(some) for subject, some in groups.items() if subject not in _GENERIC)
    return _either([specific, *(_either(some) for subject, some in groups.items() if subject in _GENERIC)])


def _either(some: Sequence[People]) -> People:
    """Several numbers of people who may be the same: at least the largest of them, at most all together."""
    some = [one for one in some if one != NOBODY]
    if len(some) <= 1:
        return some[0] if some else NOBODY
    added = _added(some)
    return People(max(one.low or 0 for one in some), added.high)


def _limited(people: People, limit: int | None) -> People:
    high = limit if people.high is None else people.high if limit is None else min(people.high, limit)
    low = people.low if people.low is None or high is None else min(people.low, high)
    return People(low, high, people.is_exact and low == high)


def _categories(asset: MapAsset) -> tuple[str, ...]:
    found = {key for item in asset.fields for key in held(item.verdict)}
    return tuple(key for key in CATEGORIES if key in found)
