"""What left one place of a source and came to another: guessed from types, verdicts, shapes, names and counts. Pure.

Nobody tells a scanner that a column was renamed. Each guess carries how sure it is, and what is not sure enough stays
gone and new. A wrong guess hides new personal data from an alarm, so the verdicts have to agree in every case.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Collection, Hashable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from functools import lru_cache
from typing import Generic, TypeVar

from data_map.model import AssetKind, MapAsset, MapField

#: From which score a move is told: of a field that kept its place among the others, of one that did not (a column
#: that was dropped and another that was added at the end look like this), to another asset, and of a whole asset.
#: Tried on six public databases: of 2,488 pairs of different columns of one table 34 pass, all of them neighbours with
#: the same kind of content (a first and a last name); of columns that were given another name about four in five do.
SAME_PLACE = 0.6
OTHER_PLACE = 0.8
ACROSS = 0.8
WHOLE = 0.7

#: How much each sign counts; those that cannot be told are left out and the others count for more.
_WEIGHTS = {"shapes": 0.35, "name": 0.2, "place": 0.15, "verdict": 0.1, "counts": 0.1, "keys": 0.1}

#: Characters from which a shape tells values of one kind from others: 999 fits most numbers, that of an e-mail few.
_TELLING_CHARS = 8

#: With at most this many a part is compared that has the same sign: where hundreds look alike, any choice is a guess.
_MOST_COMPARED = 10

_Part = TypeVar("_Part")


@dataclass(frozen=True, slots=True)
class Move(Generic[_Part]):
    """What was in the old map at one place and is in the new map at another."""

    old: _Part
    new: _Part
    #: 0-1: how sure that is.
    score: float


def of_assets(gone: Sequence[MapAsset], came: Sequence[MapAsset]) -> list[Move[MapAsset]]:
    """Assets of one source that have another name now: nearly all fields agree in name, type, verdict and shapes."""
    rated = []
    for old, new in _asset_pairs(gone, came):
        score = _asset_score(old, new)
        if score >= WHOLE:
            rated.append(Move(old, new, round(score, 2)))
    rated.sort(key=lambda move: (-move.score, move.old.asset.name, move.new.asset.name))
    return list(_each_once(rated, lambda part: part.asset.name))


def of_fields(
    pairs: Sequence[tuple[MapAsset, MapAsset]], gone: Sequence[MapAsset], came: Sequence[MapAsset]
) -> list[Move[MapField]]:
    """Fields of one source that have another name, or are in another asset now.

    ``pairs`` are the assets that are in both maps, renamed ones among them; ``gone`` and ``came`` those in one only.
    Within an asset any field may have been renamed. Of what came to another asset only personal fields that kept their
    name are told: counts and dates look alike everywhere, and nobody asks where they went.
    """
    rated: list[Move[MapField]] = []
    left: list[tuple[int, MapField]] = [(-1, item) for part in gone for item in part.fields]
    arrived: list[tuple[int, MapField]] = [(-2, item) for part in came for item in part.fields]
    for number, (old, new) in enumerate(pairs):
        before, after = _by_name(old), _by_name(new)
        away = [item for name, item in before.items() if name not in after]
        here = [item for name, item in after.items() if name not in before]
        if away and here:
            was, now = _neighbours(old, after.keys()), _neighbours(new, before.keys())
            for one in away:
                for other in here:
                    is_in_place = was[one.field.ref.field] == now[other.field.ref.field]
                    score = _field_score(one, other, is_in_place=is_in_place)
                    if score >= (SAME_PLACE if is_in_place else OTHER_PLACE):
                        rated.append(Move(one, other, round(score, 2)))
        left += [(number, item) for item in away]
        arrived += [(number, item) for item in here]
    rated += _across(left, arrived)
    rated.sort(key=lambda move: (-move.score, move.old.field.ref, move.new.field.ref))
    return list(_each_once(rated, lambda part: part.field.ref))


def _across(left: Iterable[tuple[int, MapField]], arrived: Iterable[tuple[int, MapField]]) -> Iterator[Move[MapField]]:
    by_kind: defaultdict[tuple[str | None, str | None, str], list[tuple[int, MapField]]] = defaultdict(list)
    for number, item in left:
        if item.machine.state.is_personal:
            by_kind[_kind(item)].append((number, item))
    for number, new in arrived:
        if new.machine.state.is_personal:
            for other, old in by_kind[_kind(new)][:_MOST_COMPARED]:
                score = _field_score(old, new, is_in_place=False)
                if other != number and score >= ACROSS:
                    yield Move(old, new, round(score, 2))


def _kind(item: MapField) -> tuple[str | None, str | None, str]:
    """What has to be the same in another asset: type, category and name."""
    return (item.field.declared_type, item.machine.category, _folded(item.field.ref.field))


def _by_name(part: MapAsset) -> dict[str, MapField]:
    return {item.field.ref.field: item for item in part.fields}


def _neighbours(part: MapAsset, shared: Collection[str]) -> dict[str, tuple[str, str]]:
    """The nearest fields before and after each that are in both maps: where it stands, whatever else came and went."""
    names = [item.field.ref.field for item in part.fields]
    before: dict[str, str] = {}
    last = ""
    for name in names:
        before[name] = last
        last = name if name in shared else last
    found: dict[str, tuple[str, str]] = {}
    last = ""
    for name in reversed(names):
        found[name] = (before[name], last)
        last = name if name in shared else last
    return found


def _each_once(rated: Iterable[Move[_Part]], key: Callable[[_Part], Hashable]) -> Iterator[Move[_Part]]:
    away: set[Hashable] = set()
    here: set[Hashable] = set()
    for move in rated:
        old, new = key(move.old), key(move.new)
        if old not in away and new not in here:
            away.add(old)
            here.add(new)
            yield move


def _asset_pairs(gone: Sequence[MapAsset], came: Sequence[MapAsset]) -> Iterator[tuple[MapAsset, MapAsset]]:
    """Pairs that are worth a look: not every asset with every other one."""
    by_sign: defaultdict[tuple[str, object], list[MapAsset]] = defaultdict(list)
    for new in came:
        for sign in _signs(new):
            by_sign[sign].append(new)
    for old in gone:
        rare = sorted((sign for sign in _signs(old) if sign in by_sign), key=lambda sign: len(by_sign[sign]))[:2]
        near = {new.asset.name: new for sign in rare for new in by_sign[sign][:_MOST_COMPARED]}
        yield from ((old, new) for new in near.values())


def _signs(part: MapAsset) -> list[tuple[str, object]]:
    """What a renamed asset has in common with itself before."""
    if part.asset.kind is AssetKind.FILE:
        return [("name", _last(part.asset.name)), ("size", part.asset.size_bytes)]
    return [("field", item.field.ref.field) for item in part.fields]


def _asset_score(old: MapAsset, new: MapAsset) -> float:
    if old.asset.kind != new.asset.kind or not (old.fields and new.fields):
        return 0.0
    # Two letters have the one field "body": a file has to have its name, or its very size, too.
    if (
        old.asset.kind is AssetKind.FILE
        and _last(old.asset.name) != _last(new.asset.name)
        and (old.asset.size_bytes != new.asset.size_bytes or old.asset.size_bytes is None)
    ):
        return 0.0
    before = _by_name(old)
    shared = [(before[name], item) for name, item in _by_name(new).items() if name in before]
    if len(shared) < WHOLE * max(len(old.fields), len(new.fields)):
        return 0.0
    total = sum(
        _field_score(one, other, is_in_place=one.field.position == other.field.position) for one, other in shared
    )
    rows = _ratio(old.asset.row_count, new.asset.row_count)
    agreed = total / max(len(old.fields), len(new.fields))
    return agreed if rows is None else agreed * (0.6 + 0.4 * rows)


def _field_score(old: MapField, new: MapField, *, is_in_place: bool) -> float:
    """How sure it is that two fields are one; 0 where the type or the verdict is another."""
    one, other = old.machine, new.machine
    if old.field.declared_type != new.field.declared_type or one.category != other.category:
        return 0.0
    if one.state.is_personal != other.state.is_personal:
        return 0.0
    signs = {
        "shapes": _shapes(dict(one.shapes), dict(other.shapes)),
        "name": _alike(_folded(old.field.ref.field), _folded(new.field.ref.field)),
        "place": float(is_in_place),
        "verdict": 1.0 if one.state.is_personal else 0.3,
        "counts": _ratio(one.distinct or None, other.distinct or None),
        "keys": float(_keys(old) == _keys(new)),
    }
    known = {sign: value for sign, value in signs.items() if value is not None}
    return sum(_WEIGHTS[sign] * value for sign, value in known.items()) / sum(_WEIGHTS[sign] for sign in known)


def _shapes(one: Mapping[str, int], other: Mapping[str, int]) -> float | None:
    """The share of values whose shape both have, less where the shapes tell little; None where neither has any."""
    if not one and not other:
        return None
    first, second = sum(one.values()), sum(other.values())
    if not (first and second):
        return 0.0
    return sum(
        min(count / first, other[shape] / second) * min(1.0, len(shape) / _TELLING_CHARS)
        for shape, count in one.items()
        if shape in other
    )


def _ratio(one: int | None, other: int | None) -> float | None:
    if one is None or other is None:
        return None
    return 1.0 if one == other else min(one, other) / max(one, other)


def _keys(part: MapField) -> tuple[bool, bool, bool]:
    return (part.field.is_primary_key, part.field.is_unique, part.field.references is not None)


def _alike(one: str, other: str) -> float:
    return 1.0 if one == other else SequenceMatcher(None, one, other).ratio()


@lru_cache(maxsize=4096)
def _folded(name: str) -> str:
    return re.sub(r"[\W_]+", "", name).casefold()


def _last(path: str) -> str:
    return path.rpartition("/")[2]
