"""From declared keys, measures and decisions to the joins of the map: pure functions."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import NamedTuple

from data_map.model import FieldRef, Join, JoinDecision, JoinMeasure, JoinState, MapSource

#: From this score on a proposal counts and is shown; those below are kept for whoever asks for them.
THRESHOLD = 0.5


class Pair(NamedTuple):
    """Who points, and at whom."""

    child: FieldRef
    parent: FieldRef


def assemble(
    sources: Iterable[MapSource], measures: Iterable[JoinMeasure] = (), decisions: Iterable[JoinDecision] = ()
) -> tuple[Join, ...]:
    """The joins between fields that are in the map, by child and parent.

    Of several measures of a pair, and of several decisions, the last one counts. What a person refused is refused,
    whoever declared it; a declared join that was accepted stays a declared one. A join with a side that is not in the
    map (any more) is left out: it comes back with it.
    """
    places = _Places(sources)
    declared = {Pair(child, parent) for child, parent in places.references()}
    # A score of 0 takes an earlier measure back.
    measured = {pair: one for pair, one in _last(measures).items() if one.score > 0 or pair in declared}
    decided = {Pair(one.child, one.parent): one for one in decisions}
    return tuple(
        _join(pair, pair in declared, measured.get(pair), decided.get(pair))
        for pair in sorted(declared | measured.keys() | decided.keys())
        if pair.child in places and pair.parent in places
    )


def counting(joins: Iterable[Join], least: float = THRESHOLD) -> tuple[Join, ...]:
    """The joins to rely on: declared and accepted ones, and proposals from this score on."""
    return tuple(
        join
        for join in joins
        if join.state in (JoinState.DECLARED, JoinState.ACCEPTED)
        or (join.state is JoinState.PROPOSED and join.score >= least)
    )


def _last(measures: Iterable[JoinMeasure]) -> dict[Pair, JoinMeasure]:
    return {Pair(one.child, one.parent): one for one in measures}


def _join(pair: Pair, is_declared: bool, measure: JoinMeasure | None, decision: JoinDecision | None) -> Join:
    if decision is not None and not decision.is_accepted:
        return Join(*pair, JoinState.REFUSED, 0.0, measure, decision)
    if is_declared:
        return Join(*pair, JoinState.DECLARED, 1.0, measure, decision)
    if decision is not None:
        return Join(*pair, JoinState.ACCEPTED, 1.0, measure, decision)
    return Join(*pair, JoinState.PROPOSED, measure.score if measure else 0.0, measure)


class _Places:
    """The fields of a map, found by their addresses."""

    def __init__(self, sources: Iterable[MapSource]) -> None:
        self._fields = {
            item.field.ref: item.field.references for part in sources for asset in part.assets for item in asset.fields
        }
        self._folded: Mapping[tuple[str, str, str], FieldRef] | None = None

    def __contains__(self, ref: FieldRef) -> bool:
        return ref in self._fields

    def references(self) -> Iterable[tuple[FieldRef, FieldRef]]:
        """Field and the field that its declared key points at; those whose target is not in the map are left out."""
        for ref, target in self._fields.items():
            found = None if target is None else self._find(target)
            if found is not None:
                yield ref, found

    def _find(self, ref: FieldRef) -> FieldRef | None:
        """SQLite and MySQL let a key name its table in other letters than the table itself."""
        if ref in self._fields:
            return ref
        if self._folded is None:
            self._folded = {_folded(one): one for one in self._fields}
        return self._folded.get(_folded(ref))


def _folded(ref: FieldRef) -> tuple[str, str, str]:
    return ref.source, ref.asset.casefold(), ref.field.casefold()
