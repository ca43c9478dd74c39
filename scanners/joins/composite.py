"""Keys of several fields: all of them together point at a row, none of them alone. Pure."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from data_map.joins import THRESHOLD
from data_map.model import FieldRef, Term
from scanners.joins.candidates import Candidate, Column, Table
from scanners.joins.naming import Likeness
from scanners.joins.scoring import Compared, Weighed, compare
from scanners.joins.sketches import Sketch

#: Pairs of tables whose combined keys are compared, for one parent.
_MOST_CHILDREN = 40
_SAME = Likeness(1.0, "both tables have all fields of a combined key, under the same names")
_NOTHING: frozenset[int] = frozenset()


@dataclass(frozen=True, slots=True)
class Composite:
    """Fields of one table that together may point at the key of another."""

    child: tuple[Column, ...]
    parent: tuple[Column, ...]


def composites(tables: Sequence[Table], fresh: Sequence[bool]) -> list[Composite]:
    """Tables of one source that have, under the same names, every field of another one's combined key."""
    bearers: defaultdict[tuple[str, tuple[str, ...], str], list[Column]] = defaultdict(list)
    for table in tables:
        for column in table.columns:
            bearers[table.source, column.name.words, column.name.kind].append(column)
    found = []
    for parent in tables:
        parts = parent.parts
        if len(parts) < 2:
            continue
        by_table: defaultdict[int, dict[int, Column]] = defaultdict(dict)
        for place, part in enumerate(parts):
            for column in bearers[parent.source, part.name.words, part.name.kind]:
                if column.table != part.table and column.type is part.type:
                    by_table[column.table].setdefault(place, column)
        whole = [columns for columns in by_table.values() if len(columns) == len(parts)]
        for columns in whole[:_MOST_CHILDREN]:
            child = tuple(columns[place] for place in range(len(parts)))
            is_same_key = set(child) == set(tables[child[0].table].parts)
            # Of two tables with the same combined key the one whose name is longer adds to the other.
            is_addition = len(tables[child[0].table].words) > len(parent.words)
            if (fresh[child[0].table] or fresh[parts[0].table]) and (not is_same_key or is_addition):
                found.append(Composite(child, parts))
    return found


def proposed(
    settled: Sequence[Weighed], combined: Sequence[Composite], tuples: Mapping[tuple[FieldRef, ...], Sketch]
) -> list[Weighed]:
    """The weighed pairs with those of combined keys added.

    A combined key is proposed where at least one of its fields points nowhere by itself: two fields that each have a
    parent of their own, as in a table that links two others, are two joins.
    """
    alone = {
        one.candidate.child.ref
        for one in settled
        if one.score >= THRESHOLD and one.candidate.child.ref.source == one.candidate.parent.ref.source
    }
    added: dict[tuple[FieldRef, FieldRef], Weighed] = {}
    taken: set[FieldRef] = set()
    for one in combined:
        refs = tuple(column.ref for column in one.child)
        if any(column.references is not None for column in one.child) or alone.issuperset(refs):
            continue
        child, parent = tuples.get(refs), tuples.get(tuple(column.ref for column in one.parent))
        if child is None or parent is None or not parent.is_complete or not child.count:
            continue
        compared = compare(child, parent, _NOTHING)
        if compared.found < 0.9 * compared.tested or not parent.is_unique or taken.intersection(refs):
            continue
        taken.update(refs)
        for pair in _pairs(one, compared):
            added[pair.candidate.child.ref, pair.candidate.parent.ref] = pair
    return [*_without(settled, added, taken), *added.values()]


def _pairs(one: Composite, compared: Compared) -> list[Weighed]:
    text = f"{compared.found:,} of {compared.tested:,} combinations occur there"
    lacking = 1 - compared.found / compared.tested
    terms = (
        Term("few pairs of fields join", -3.0),
        Term(_SAME.because, 2.5),
        Term("the combination is unique there", 0.8),
        Term(text, (1.5 if compared.found >= 5 else 0.7) - 8 * lacking),
    )
    return [
        Weighed(Candidate(child, parent, _SAME), compared, terms)
        for child, parent in zip(one.child, one.parent, strict=True)
    ]


def _without(
    settled: Sequence[Weighed], added: Mapping[tuple[FieldRef, FieldRef], Weighed], taken: Collection[FieldRef]
) -> list[Weighed]:
    """The other pairs; a field that is part of a combined key points there, and no longer at the parent's parent."""
    kept = []
    for one in settled:
        child, parent = one.candidate.child.ref, one.candidate.parent.ref
        if (child, parent) in added:
            continue
        if child in taken and child.source == parent.source:
            one = one.beaten("it is part of a combined key that points elsewhere")
        kept.append(one)
    return kept
