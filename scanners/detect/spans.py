"""Which of several findings in one text hold, when they overlap. Pure."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Sequence

from scanners.detect.base import Span


def resolve(found: Iterable[Span]) -> list[Span]:
    """Spans that do not overlap, in the order of the text.

    The surer one holds; of equally sure ones the longer, then the earlier. What overlaps one that holds is dropped.
    """
    return _held(sorted(found, key=lambda span: (-span.score, span.start - span.stop, span.start)))


def longest(found: Iterable[Span]) -> list[Span]:
    """The same where the longest holds, however sure."""
    return _held(sorted(found, key=lambda span: (span.start - span.stop, span.start)))


def apart(found: Iterable[Span], held: Sequence[Span]) -> list[Span]:
    """Findings that overlap none of those that hold whatever else there is, which stand in order and apart."""
    kept = []
    for span in found:
        index = bisect_right(held, span.start, key=lambda other: other.stop)
        if index == len(held) or held[index].start >= span.stop:
            kept.append(span)
    return kept


def _held(ranked: Iterable[Span]) -> list[Span]:
    held: list[Span] = []
    for span in ranked:
        index = bisect_left(held, span.start, key=lambda other: other.start)
        before = index and held[index - 1].stop > span.start
        after = index < len(held) and held[index].start < span.stop
        if span.stop > span.start and not before and not after:
            held.insert(index, span)
    return held
