"""Whose data is where: which tables hold people as rows, and which hang on them by which joins. Pure.

Everything is derived from the map at every read, so a join that is accepted, or a verdict that is decided, counts at
once. The machine's own word for a field, read off its name and its table's, always comes first.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace

from data_map import joins as joining
from data_map.model import DataMap, FieldRef, Join, JoinState, MapAsset, MapField
from data_map.standing import (
    NAMING,
    PERSON,
    RANK,
    AssetKey,
    Role,
    Standing,
    Step,
    field_at,
    key_of,
    own_subject,
    personal_of,
    step_of,
    words_of,
)
from data_map.subject_tables import subject_tables


def standings(data_map: DataMap) -> dict[AssetKey, Standing]:
    """How each table and file stands that holds personal data or hangs on people; the others are left out."""
    assets = {(part.source.name, asset.asset.name): asset for part in data_map.sources for asset in part.assets}
    joins = joining.counting(data_map.joins or joining.assemble(data_map.sources))
    joins = tuple(join for join in joins if key_of(join.child) in assets and key_of(join.parent) in assets)
    roots = subject_tables(assets, joins)
    hanging = _hanging(assets, joins, roots)
    found = {}
    for key, asset in assets.items():
        if key in roots:
            found[key] = roots[key]
        elif key in hanging and (not hanging[key].path[0].is_mention or any(hanging[key].personal)):
            found[key] = hanging[key]
        elif any(item.verdict.state.is_personal for item in asset.fields):
            found[key] = Standing(asset, Role.UNLINKED, own_subject(asset))
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


def _hanging(
    assets: Mapping[AssetKey, MapAsset], joins: Sequence[Join], roots: Mapping[AssetKey, Standing]
) -> dict[AssetKey, Standing]:
    below: defaultdict[AssetKey, list[Step]] = defaultdict(list)
    pointing: defaultdict[AssetKey, set[FieldRef]] = defaultdict(set)
    for join in joins:
        if key_of(join.child) != key_of(join.parent):
            below[key_of(join.parent)].append(step_of(join))
            pointing[key_of(join.child)].add(join.child)
    own = {key: own_subject(asset, pointing[key]) for key, asset in assets.items()}
    paths = _downwards(_Places(assets, roots, own), below)
    _sideways(_Places(assets, roots, own), joins, paths)
    direct: defaultdict[AssetKey, list[Step]] = defaultdict(list)
    for join in joins:
        if key_of(join.child) != key_of(join.parent):
            if key_of(join.parent) in roots:
                direct[key_of(join.child)].append(step_of(join))
            if key_of(join.child) in roots and any(step.is_reversed for step in paths.get(key_of(join.parent), ())[:1]):
                direct[key_of(join.parent)].append(step_of(join, is_reversed=True))
    found = {}
    for key, path in paths.items():
        root = roots[key_of(path[-1].there)]
        others = tuple(sorted((step for step in direct[key] if step != path[0]), key=_by_strength))
        subject = own[key]
        if not path[0].is_mention and (
            subject in (None, PERSON) or _is_named_once(assets[key], subject, pointing[key])
        ):
            subject = root.subject
        found[key] = Standing(assets[key], Role.HANGING, subject, path[0].here, path, others)
    return found


def _is_named_once(asset: MapAsset, subject: str | None, pointing: Collection[FieldRef]) -> bool:
    """Whether the word is that of one field alone, which names who did the work: the doctor of a sick leave.

    Of the other fields it says nothing.
    """
    personal = [item for item in personal_of(asset) if item.field.ref not in pointing]
    saying = [item for item in personal if item.verdict.subject == subject]
    is_worker = RANK.get(subject or "", 0) > 0
    return is_worker and len(saying) == 1 < len(personal) and saying[0].verdict.category in NAMING


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
            step.is_mention and "by" in words_of(step.here.field),  # a contact before who typed it in
            self.own[key_of(step.here)] not in (None, PERSON, subject),
            RANK.get(subject or "", 0),
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
            pointed[key_of(join.child)].append(step_of(join, is_reversed=True))
            keys[key_of(join.child)].add(join.child)
    frontier = list(places.roots)
    while frontier:
        offers: defaultdict[AssetKey, list[tuple[Step, ...]]] = defaultdict(list)
        for above in frontier:
            for step in pointed[above]:
                key = key_of(step.here)
                is_open = key not in paths or paths[key][0].is_mention
                has_own = any(item.field.ref not in keys[key] for item in personal_of(places.assets[key]))
                if key in places.roots or not is_open or not has_own:
                    continue
                path = (step, *paths.get(above, ()))
                if places.own[key] in (None, PERSON, places.roots[key_of(path[-1].there)].subject):
                    offers[key].append(path)
        frontier = []
        for key, offered in offers.items():
            paths[key] = min(offered, key=places.preference)
            frontier.append(key)
