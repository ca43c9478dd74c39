"""Whose data is where: which tables hold people as rows, and which hang on them by which joins. Pure.

Everything is derived from the map at every read, so a join that is accepted, or a verdict that is decided, counts at
once. The machine's own word for a field, read off its name and its table's, always comes first.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

from data_map import joins as joining
from data_map.model import AssetKind, DataMap, FieldRef, Join, JoinState, MapAsset, MapField

#: What tells people apart; a table with several of them describes people.
NAMING = frozenset(
    {
        "identity.name",
        "identity.username",
        "contact.email",
        "government_id.national",
        "government_id.tax",
        "government_id.passport",
        "government_id.driving_licence",
        "demographic.date_of_birth",
    }
)
#: What different people hardly ever share.
UNIQUE = frozenset({"identity.username", "contact.email", "government_id.national", "government_id.passport"})
_DESCRIBING = NAMING | {"demographic.gender", "demographic.marital_status", "credential.password"}
#: Whoever is not told apart any further.
PERSON = "person"
_CONTACT = "contact"
#: Who has a job and a day of entry in one row works there, whatever the table is called.
_OF_WORK = {"employment.job", "employment.date"}
#: What lists things without declaring a key.
_KEYLESS = (AssetKind.FILE, AssetKind.COLLECTION)
#: Those who do the work come after those for whom it is done: an order is the customer's, not the clerk's.
_RANK = {"employee": 2, "professional": 2, "teacher": 2, "user": 1, "author": 1, "actor": 1, _CONTACT: 1}
#: Words of a key for somebody who had a hand in a row without its being about them.
_HANDS = frozenset(
    {"by", "manager", "supervisor", "approver", "editor", "creator", "modifier", "rep", "representative", "contact"}
    | {"assignee", "assigned", "responsible", "handler", "clerk", "agent", "seller", "reports", "lead", "head", "chief"}
    | {"bearbeiter", "sachbearbeiter", "betreuer", "vertreter", "leiter", "responsable", "gerente"}
)
#: Share of different values from which a column's rows are one for each person, and values from which that says much.
_DISTINCT, _MANY = 0.8, 10
#: Share of rows that have a value at all, in a file of people.
_FULL = 0.9
_TWO = 2
_WORDS = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+")

AssetKey = tuple[str, str]


class Role(StrEnum):
    """How a table stands to the people of the map."""

    #: Its rows are people.
    SUBJECT = "subject"
    #: Its rows belong to the people of a subject table.
    HANGING = "hanging"
    #: It holds personal data, and no join says whose.
    UNLINKED = "unlinked"


@dataclass(frozen=True, slots=True)
class Step:
    """One join on the way from a table to the table of its people."""

    join: Join
    #: The people's row points at this table's (a customer at an address), not the other way round.
    is_reversed: bool = False
    #: It only names somebody who had a hand in the row: a manager, the last editor.
    is_mention: bool = False

    @property
    def here(self) -> FieldRef:
        """The field of the table that the step starts from."""
        return self.join.parent if self.is_reversed else self.join.child

    @property
    def there(self) -> FieldRef:
        """The field of the table that the step leads to."""
        return self.join.child if self.is_reversed else self.join.parent


@dataclass(frozen=True, slots=True)
class Standing:
    """Where a table stands, and whose its rows are."""

    asset: MapAsset
    role: Role
    #: ``customer``, ``employee``, ``person`` …; None when nothing says whose it is.
    subject: str | None
    #: What tells its people apart: one field of a subject table, or the first field of the path; None when none does.
    key: FieldRef | None = None
    #: From this table up to its subject table; empty for a subject table and an unlinked one.
    path: tuple[Step, ...] = ()
    #: Direct steps to further subject tables: the employee who took the order.
    others: tuple[Step, ...] = ()
    #: For a subject table: the step that says that its people are rows of another one too.
    same_as: Step | None = None
    #: Its rows are organisations, and the people are their contacts: what hangs on it is the organisation's.
    is_organisation: bool = False

    @property
    def name(self) -> AssetKey:
        """Source and asset."""
        return self.asset.asset.source, self.asset.asset.name

    @property
    def root(self) -> AssetKey | None:
        """The subject table at the end of the path."""
        return key_of(self.path[-1].there) if self.path else None

    @property
    def personal(self) -> Iterator[MapField]:
        """Its fields with personal data."""
        return (item for item in self.asset.fields if item.verdict.state.is_personal)

    @property
    def own(self) -> list[MapField]:
        """Its personal fields but for the keys that point at people."""
        pointing = {step.here for step in (*self.path[:1], *self.others) if not step.is_reversed}
        return [item for item in self.personal if item.field.ref not in pointing]

    @property
    def is_somebody_elses(self) -> bool:
        """Whether its path only names who had a hand in its rows, and what else is in them is other people's."""
        return bool(self.path) and self.path[0].is_mention and bool(self.own)


def standings(data_map: DataMap) -> dict[AssetKey, Standing]:
    """How each table and file stands that holds personal data or hangs on people; the others are left out."""
    assets = {(part.source.name, asset.asset.name): asset for part in data_map.sources for asset in part.assets}
    joins = joining.counting(data_map.joins or joining.assemble(data_map.sources))
    joins = tuple(join for join in joins if key_of(join.child) in assets and key_of(join.parent) in assets)
    roots = _subject_tables(assets, joins)
    hanging = _hanging(assets, joins, roots)
    found = {}
    for key, asset in assets.items():
        if key in roots:
            found[key] = roots[key]
        elif key in hanging and (not hanging[key].path[0].is_mention or any(hanging[key].personal)):
            found[key] = hanging[key]
        elif any(item.verdict.state.is_personal for item in asset.fields):
            found[key] = Standing(asset, Role.UNLINKED, _own_subject(asset))
    return found


def with_subjects(data_map: DataMap) -> DataMap:
    """The map with whose data each personal field is, wherever it can be told.

    The machine's own word stays, but for ``person``, which any other word makes plainer. A key is whose it points at;
    every other field is whose the row is.
    """
    found = standings(data_map)
    pointing = {
        step.here: _subject_at(step, found)
        for one in found.values()
        for step in (*one.path[:1], *one.others)
        if not step.is_reversed
    }

    def told(item: MapField, standing: Standing) -> MapField:
        verdict = item.verdict
        if not verdict.state.is_personal or verdict.subject not in (None, PERSON):
            return item
        subject = pointing.get(item.field.ref) or standing.subject
        if subject is None or subject == verdict.subject:
            return item
        return replace(item, verdict=replace(verdict, subject=subject))

    parts = []
    for part in data_map.sources:
        assets = []
        for asset in part.assets:
            standing = found.get((part.source.name, asset.asset.name))
            if standing is None:
                assets.append(asset)
            else:
                assets.append(replace(asset, fields=tuple(told(item, standing) for item in asset.fields)))
        parts.append(replace(part, assets=tuple(assets)))
    return replace(data_map, sources=tuple(parts))


def _subject_at(step: Step, found: Mapping[AssetKey, Standing]) -> str | None:
    standing = found.get(key_of(step.there))
    return standing.subject if standing else None


# ---- tables whose rows are people


def _subject_tables(assets: Mapping[AssetKey, MapAsset], joins: Sequence[Join]) -> dict[AssetKey, Standing]:
    pointing: defaultdict[AssetKey, list[Join]] = defaultdict(list)
    for join in joins:
        if key_of(join.child) != key_of(join.parent):
            pointing[key_of(join.child)].append(join)
    pointed_at = Counter(join.parent for join in joins)
    found = {}
    for key, asset in assets.items():
        children = {join.child for join in pointing[key]}
        if _rows_are_people(asset, children, pointed_at):
            subject = _own_subject(asset, children) or PERSON
            if subject == PERSON and {item.verdict.category for item in _personal(asset)} >= _OF_WORK:
                subject = "employee"
            found[key] = Standing(
                asset,
                Role.SUBJECT,
                subject,
                subject_key(asset, children, pointed_at),
                is_organisation=_is_of_organisations(asset, subject),
            )
    # A table that repeats the people of another one hangs on it: orders with the customer's name.
    for key in [key for key in found if any(_repeats(found[key], join, found, assets) for join in pointing[key])]:
        del found[key]
    for key, standing in found.items():
        same = next((step for join in pointing[key] for step in _same(standing, join, found, assets)), None)
        others = tuple(
            _step(join)
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
    own = [item for item in _personal(asset) if item.field.ref not in set(children)]
    naming = [item for item in own if item.verdict.category in NAMING]
    if not naming:
        return False
    addresses = [item for item in naming if item.verdict.category in UNIQUE and item.verdict.sampled >= _MANY]
    if addresses and max(map(_distinct_ratio, addresses)) < _DISTINCT:
        return False  # the same address again and again: rows are what people did
    key = subject_key(asset, children, pointed_at)
    if any(item.field.ref == key and item.verdict.category == "identity.subject_id" for item in own):
        return True
    if len({item.verdict.category for item in own if item.verdict.category in _DESCRIBING}) >= _TWO:
        return True
    is_different = any(item.verdict.sampled >= _MANY and _distinct_ratio(item) >= _DISTINCT for item in naming)
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
    if above is None or _step(join).is_mention or above.is_organisation:
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
    return standing.subject == PERSON and not is_described and _RANK.get(above.subject or "", 0) < _TWO


def _weight(asset: MapAsset) -> int:
    return sum(item.verdict.category in _DESCRIBING for item in _personal(asset))


def _same(
    standing: Standing, join: Join, found: Mapping[AssetKey, Standing], assets: Mapping[AssetKey, MapAsset]
) -> Iterator[Step]:
    """The step to another subject table, when each row stands for one row there, and so for the same person."""
    above = found.get(key_of(join.parent))
    if above is not None and not _step(join).is_mention and _is_one_to_one(join, assets):
        yield _step(join)


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
    seen = [item for item in own if not keys and item.verdict.sampled > 0 and _distinct_ratio(item) == 1]
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


#: Rank of a field that is no key by its name and holds nothing that tells people apart.
_NO_KEY = 4


def _key_rank(item: MapField) -> int:
    if item.verdict.category == "identity.subject_id":
        return 0
    words = _words(item.field.ref.field)
    if words in (["id"], ["uuid"], ["key"], ["no"], ["nr"]):
        return 1
    table = "".join(_words(item.field.ref.asset.rpartition(".")[2]))
    if words[-1:] in (["id"], ["no"], ["nr"]) and table.startswith("".join(words[:-1])):
        return 2
    return 3 if item.verdict.category in UNIQUE else _NO_KEY


def _is_of_organisations(asset: MapAsset, subject: str) -> bool:
    """Whether the rows are organisations that name a contact: the table's other fields are nobody's."""
    if subject != _CONTACT:
        return False
    personal = list(_personal(asset))
    naming = [item for item in personal if item.verdict.category in NAMING]
    return any(item.machine.subject is None for item in personal) or all(
        _CONTACT in _words(item.field.ref.field) for item in naming
    )


# ---- tables that hang on them


def _hanging(
    assets: Mapping[AssetKey, MapAsset], joins: Sequence[Join], roots: Mapping[AssetKey, Standing]
) -> dict[AssetKey, Standing]:
    below: defaultdict[AssetKey, list[Step]] = defaultdict(list)
    pointing: defaultdict[AssetKey, set[FieldRef]] = defaultdict(set)
    for join in joins:
        if key_of(join.child) != key_of(join.parent):
            below[key_of(join.parent)].append(_step(join))
            pointing[key_of(join.child)].add(join.child)
    own = {key: _own_subject(asset, pointing[key]) for key, asset in assets.items()}
    paths = _downwards(_Places(assets, roots, own), below)
    _sideways(_Places(assets, roots, own), joins, paths)
    direct: defaultdict[AssetKey, list[Step]] = defaultdict(list)
    for join in joins:
        if key_of(join.child) != key_of(join.parent):
            if key_of(join.parent) in roots:
                direct[key_of(join.child)].append(_step(join))
            if key_of(join.child) in roots and any(step.is_reversed for step in paths.get(key_of(join.parent), ())[:1]):
                direct[key_of(join.parent)].append(_step(join, is_reversed=True))
    found = {}
    for key, path in paths.items():
        root = roots[key_of(path[-1].there)]
        others = tuple(sorted((step for step in direct[key] if step != path[0]), key=_by_strength))
        subject = own[key]
        if subject in (None, PERSON) and not path[0].is_mention:
            subject = root.subject
        found[key] = Standing(assets[key], Role.HANGING, subject, path[0].here, path, others)
    return found


@dataclass(frozen=True, slots=True)
class _Places:
    """The tables, those of people among them, and the machine's word for each."""

    assets: Mapping[AssetKey, MapAsset]
    roots: Mapping[AssetKey, Standing]
    own: Mapping[AssetKey, str | None]

    def preference(self, path: tuple[Step, ...]) -> tuple[object, ...]:
        """Less is better: whom the row is about before who had a hand in it, what is sure before what is likely."""
        step, subject = path[0], self.roots[key_of(path[-1].there)].subject
        field = field_at(self.assets, step.here)
        return (
            step.is_mention,
            step.is_mention and "by" in _words(step.here.field),  # a contact before who typed it in
            self.own[key_of(step.here)] not in (None, PERSON, subject),
            _RANK.get(subject or "", 0),
            step.join.state is JoinState.PROPOSED,
            field is not None and field.field.is_nullable,
            *_by_strength(step),
        )


def _downwards(places: _Places, below: Mapping[AssetKey, list[Step]]) -> dict[AssetKey, tuple[Step, ...]]:
    """The path of each table whose rows point at people, or at rows that do; the nearest people first.

    Each round goes one table further, so a circle of joins ends where it meets a table that has its path. What only
    mentions somebody leads no further, and gives way to any path that says more.
    """
    paths: dict[AssetKey, tuple[Step, ...]] = {}
    frontier: list[AssetKey] = list(places.roots)
    while frontier:
        offers: defaultdict[AssetKey, list[tuple[Step, ...]]] = defaultdict(list)
        for above in frontier:
            for step in below.get(above, ()):
                key = key_of(step.here)
                if key in places.roots or (key in paths and not paths[key][0].is_mention):
                    continue
                # What points at a firm is the firm's; who had a hand in an order is no part of its lines.
                if above in paths and step.is_mention:
                    continue
                if above in places.roots and places.roots[above].is_organisation and not step.is_mention:
                    continue
                offers[key].append((step, *paths.get(above, ())))
        frontier = []
        for key, offered in offers.items():
            best = min(offered, key=places.preference)
            if key in paths and best[0].is_mention:
                continue
            paths[key] = best
            if not best[0].is_mention:
                frontier.append(key)
    return paths


def _by_strength(step: Step) -> tuple[object, ...]:
    return (step.is_mention, -step.join.score, step.here, step.there)


def _sideways(places: _Places, joins: Sequence[Join], paths: dict[AssetKey, tuple[Step, ...]]) -> None:
    """Tables with personal data at which people's rows point: addresses; and what those point at in turn."""
    pointed: defaultdict[AssetKey, list[Step]] = defaultdict(list)
    keys: defaultdict[AssetKey, set[FieldRef]] = defaultdict(set)
    for join in joins:
        if key_of(join.child) != key_of(join.parent):
            pointed[key_of(join.child)].append(_step(join, is_reversed=True))
            keys[key_of(join.child)].add(join.child)
    frontier = list(places.roots)
    while frontier:
        offers: defaultdict[AssetKey, list[tuple[Step, ...]]] = defaultdict(list)
        for above in frontier:
            for step in pointed[above]:
                key = key_of(step.here)
                is_open = key not in paths or paths[key][0].is_mention
                has_own = any(item.field.ref not in keys[key] for item in _personal(places.assets[key]))
                if key in places.roots or not is_open or not has_own:
                    continue
                path = (step, *paths.get(above, ()))
                if places.own[key] in (None, PERSON, places.roots[key_of(path[-1].there)].subject):
                    offers[key].append(path)
        frontier = []
        for key, offered in offers.items():
            paths[key] = min(offered, key=places.preference)
            frontier.append(key)


# ---- small questions


def _personal(asset: MapAsset) -> Iterator[MapField]:
    return (item for item in asset.fields if item.verdict.state.is_personal)


def _own_subject(asset: MapAsset, pointing: Iterable[FieldRef] = ()) -> str | None:
    """The word that most of a table's personal fields have from the machine; of two, the one for what names people.

    Keys that point elsewhere count only where there is nothing else: they are whose they point at.
    """
    left_out = set(pointing)
    votes: Counter[str] = Counter()
    for item in _personal(asset):
        if item.verdict.subject is not None and item.field.ref not in left_out:
            votes[item.verdict.subject] += 2 if item.verdict.category in NAMING else 1
    return max(votes.items(), key=lambda vote: (vote[1], vote[0] != PERSON))[0] if votes else None


def _step(join: Join, *, is_reversed: bool = False) -> Step:
    # In a table of agents the key of an agent is whose the row is.
    hands = _HANDS.intersection(_words(join.child.field)) - {
        part for word in _words(join.parent.asset) for part in (word, word.removesuffix("s"))
    }
    return Step(join, is_reversed, bool(hands) and not is_reversed)


def _words(name: str) -> list[str]:
    return [word.lower() for word in _WORDS.findall(name)]


def is_document(asset: MapAsset) -> bool:
    """Whether an asset is one text, a mail or a page, and no table."""
    return asset.asset.kind is AssetKind.FILE and any(
        item.field.ref.field == "body" and item.verdict.category in (None, "text.personal") for item in asset.fields
    )


def _distinct_ratio(item: MapField) -> float:
    return item.verdict.distinct / item.verdict.sampled if item.verdict.sampled else 0.0


def field_at(assets: Mapping[AssetKey, MapAsset], ref: FieldRef) -> MapField | None:
    """The field at an address; None when it was not looked at."""
    asset = assets.get(key_of(ref))
    return None if asset is None else next((item for item in asset.fields if item.field.ref == ref), None)


def key_of(ref: FieldRef) -> AssetKey:
    """Source and asset of a field."""
    return ref.source, ref.asset
