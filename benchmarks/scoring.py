"""Counting right and wrong: columns and spans, ours and the peers' alike."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import product

from benchmarks.peers.catalogue import Peer
from benchmarks.sets import TEXT, Column, kind_of

#: A hit counts from this score, and a word from this share of a column's cells: the pairs that are tried.
SCORES = (0.0, 0.3, 0.5, 0.6, 0.85)
SHARES = (0.0, 0.02, 0.05, 0.1, 0.2, 0.3, 0.5, 0.7)
#: Of cells or columns: the words with the scores of their hits, or the words alone.
Found = Mapping[str, Sequence[float]] | Sequence[str]


@dataclass(frozen=True, slots=True)
class Score:
    """Hits and errors."""

    tp: int = 0
    fp: int = 0
    fn: int = 0

    def __add__(self, other: Score) -> Score:
        return Score(self.tp + other.tp, self.fp + other.fp, self.fn + other.fn)

    @property
    def precision(self) -> float:
        """Share of what was found that is right; 0 when nothing was found."""
        return self.tp / (self.tp + self.fp) if self.tp + self.fp else 0.0

    @property
    def recall(self) -> float:
        """Share of what there is that was found."""
        return self.tp / (self.tp + self.fn) if self.tp + self.fn else 0.0

    def f(self, beta: float = 1.0) -> float:
        """The weighted harmonic mean; beta 2 counts recall four times."""
        p, r = self.precision, self.recall
        return (1 + beta**2) * p * r / (beta**2 * p + r) if p + r else 0.0


@dataclass(frozen=True, slots=True)
class Thresholds:
    """From which score a hit counts, and from which share of cells on a word."""

    score: float = 0.0
    share: float = 0.0


def kinds(peer: Peer, found: Found, column: Column, cells: int, at: Thresholds) -> frozenset[str]:
    """What a peer says of a column, in our kinds.

    A word counts when at least the share of the cells holds it with the score, and more than none. Words without a
    meaning here are dropped, hopeful ones where the label does not ask for them. Whatever is found in a column of
    running text is what there is to find there: no peer has a word for that.
    """
    if isinstance(found, Mapping):
        hits = {word: sum(score >= at.score for score in scores) for word, scores in found.items()}
        words = [word for word, count in hits.items() if count and count >= at.share * cells]
    else:
        words = list(found)
    wanted = column.needed | column.optional
    said = set()
    for word in words:
        category = peer.means.get(word, word if not peer.means and not peer.requires else None)
        if category is not None and (word not in peer.hopeful or kind_of(category) in wanted):
            said.add(kind_of(category))
    if peer.requires and said and TEXT in column.needed:
        said = set(column.needed)
    return frozenset(said)


def score(columns: Sequence[Column], said: Sequence[frozenset[str]]) -> tuple[Score, Score]:
    """Personal yes or no, and kinds, of the columns that count."""
    personal, typed = Score(), Score()
    for column, have in zip(columns, said, strict=True):
        if column.personal is None:
            continue
        if column.personal:
            personal += Score(tp=bool(have), fn=not have)
        else:
            personal += Score(fp=bool(have))
        typed += Score(
            len(have & column.needed), len(have - column.needed - column.optional), len(column.needed - have)
        )
    return personal, typed


def best(peer: Peer, columns: Sequence[Column], found: Mapping[str, Found], values: int | None) -> Thresholds:
    """The thresholds that serve a peer best on these very columns: the sum of its two F1 is the highest."""
    if peer.unit != "cells":
        return Thresholds()

    def worth(at: Thresholds) -> float:
        return sum(one.f() for one in score(columns, verdicts(peer, columns, found, at, values)))

    return max((Thresholds(*pair) for pair in product(SCORES, SHARES)), key=worth)


def verdicts(
    peer: Peer, columns: Sequence[Column], found: Mapping[str, Found], at: Thresholds, values: int | None
) -> list[frozenset[str]]:
    """What a peer says of each column."""
    return [
        kinds(peer, found.get(str(number), ()), column, len(column.values[:values]), at)
        for number, column in enumerate(columns)
    ]


def total(scores: Iterable[Score]) -> Score:
    """All counts together."""
    return sum(scores, Score())


def wrong(columns: Sequence[Column], said: Sequence[frozenset[str]]) -> list[tuple[str, Column, frozenset[str]]]:
    """The scored columns with an error: ``FP``, ``FN`` or ``KIND``."""
    errors = []
    for column, have in zip(columns, said, strict=True):
        if column.personal is None:
            continue
        if bool(have) != column.personal:
            errors.append(("FN" if column.personal else "FP", column, have))
        elif have - column.needed - column.optional or column.needed - have:
            errors.append(("KIND", column, have))
    return errors


def counted(kinds_found: Iterable[frozenset[str]]) -> Counter[str]:
    """How often each kind was found."""
    return Counter(kind for have in kinds_found for kind in have)
