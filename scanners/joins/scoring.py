"""How sure it is that one field points at another: terms with their weights, and which of several parents it is. Pure.

The weights are natural logarithms of odds, set by hand on public schemas (see ``benchmarks/joins.py``), not measured.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from math import exp, log2

from data_map.joins import THRESHOLD
from data_map.model import FieldRef, JoinMeasure, Term
from scanners.joins.candidates import Candidate, Column, Type
from scanners.joins.naming import SAME_NAME
from scanners.joins.sketches import Sketch

#: Few pairs of fields join.
_PRIOR = Term("few pairs of fields join", -3.0)
#: A proposal this unlikely is not kept.
KEPT = 0.2
#: So many pairs of one child are kept, the likeliest.
_MOST_KEPT = 3
#: Keys fewer than this are the first numbers of any counter, and of any list of ranks.
_FEW = 10


@dataclass(frozen=True, slots=True)
class Compared:
    """How many of the child's values the parent has."""

    tested: int
    found: int
    #: ``probe``, ``sketch`` or ``name``.
    method: str


UNMEASURED = Compared(0, 0, "name")


@dataclass(frozen=True, slots=True)
class Weighed:
    """A pair with all that was said of it."""

    candidate: Candidate
    compared: Compared
    terms: tuple[Term, ...]

    @property
    def raw(self) -> float:
        """The sum of its weights."""
        return sum(term.weight for term in self.terms)

    @property
    def score(self) -> float:
        """0–1."""
        return 1 / (1 + exp(-self.raw))

    def but(self, text: str, weight: float) -> Weighed:
        """The pair with one more term."""
        return replace(self, terms=(*self.terms, Term(text, weight)))

    def beaten(self, text: str) -> Weighed:
        """The pair with a reason that leaves it no proposal, whatever spoke for it."""
        return self.but(text, min(-4.0, -1.0 - self.raw))

    def measure(self) -> JoinMeasure:
        """The pair as it is kept; the heaviest terms first."""
        candidate, compared = self.candidate, self.compared
        terms = tuple(
            Term(term.text, round(term.weight, 2)) for term in sorted(self.terms, key=lambda term: -abs(term.weight))
        )
        return JoinMeasure(
            candidate.child.ref,
            candidate.parent.ref,
            compared.tested,
            compared.found,
            compared.method,
            round(self.score, 3),
            terms,
        )


def compare(child: Sketch, parent: Sketch, none: frozenset[int]) -> Compared:
    """The child's values among the parent's, all of which are known. A value that means “none” and is not there is
    left out."""
    found = child.hashes & parent.hashes
    return Compared(len(found | (child.hashes - none)), len(found), "sketch")


def weigh(candidate: Candidate, child: Sketch | None, parent: Sketch | None, compared: Compared) -> Weighed:
    """All that speaks for a pair and against it, but for the other pairs of the child."""
    terms = [_PRIOR, *_of_names(candidate, compared), *_of_types(candidate), *_of_key(candidate.parent, parent)]
    is_across = candidate.child.ref.source != candidate.parent.ref.source
    is_counter = _is_counter(candidate.parent, parent)
    if compared.tested:
        terms += _of_values(candidate, child, parent, compared, is_counter=is_counter, is_across=is_across)
    elif child is not None and not child.count:
        terms.append(Term("it has no values yet: its name alone speaks", -1.2))
    else:
        terms.append(Term("not measured: its name alone speaks", -2.0 if is_across else -1.5))
    if is_across:
        terms.append(Term("the two are in different systems", -0.8))
        child_column = candidate.child
        if is_counter:
            terms.append(Term("the numbers of two systems may mean different things", -1.5))
        elif not (child_column.name.kind or child_column.is_identifying or child_column.type is Type.UUID):
            terms.append(Term("words and places are the same in many systems", -2.5))
    return Weighed(candidate, compared, tuple(term for term in terms if term.weight))


def _of_names(candidate: Candidate, compared: Compared) -> list[Term]:
    said, child = candidate.name, candidate.child
    terms = []
    if said.strength:
        terms.append(Term(said.because, 5.5 * said.strength - 1.0))
    elif child.name.kind or child.is_identifying or child.type is Type.UUID:
        terms.append(Term("its name, or its values, are those of a key", 0.3))
    else:
        weight = -0.3 if compared.found >= 15 else -0.4 if candidate.parent.is_key else -0.8
        terms.append(Term("neither name says anything of a key", weight))
    if child.name.is_attribute and said.strength < 0.85:
        terms.append(Term("its name says a measure or a text, not a key", -2.5))
    return terms


def _of_types(candidate: Candidate) -> list[Term]:
    kinds = {candidate.child.type, candidate.parent.type}
    if Type.ANY in kinds or len(kinds) == 1 or candidate.child.ref.source != candidate.parent.ref.source:
        return []
    return [Term("the two have different types", -0.4 if Type.UUID in kinds else -1.0)]


def _of_key(column: Column, sketch: Sketch | None) -> list[Term]:
    name = column.label
    if column.is_key:
        return [Term(f"{name} is unique", 0.8)]
    if sketch is None or not sketch.count:
        return [Term(f"nobody says that {name} is unique", -0.5)]
    if sketch.is_unique:
        return [Term(f"no value of {name} occurs twice", 0.4)] if sketch.is_complete else []
    # A few rows that stand there twice, as in files, leave a key a key.
    if sketch.distinct >= 0.98 * sketch.count and sketch.distinct >= 50:
        return [Term(f"hardly a value of {name} occurs twice", -0.5)]
    is_spoilt = column.name.is_bare and sketch.distinct >= 0.7 * sketch.count
    return [Term(f"values of {name} occur several times", -1.3 if is_spoilt else -5.0)]


def _of_values(
    candidate: Candidate,
    child: Sketch | None,
    parent: Sketch | None,
    compared: Compared,
    *,
    is_counter: bool,
    is_across: bool,
) -> list[Term]:
    tested, found = compared.tested, compared.found
    share = found / tested
    text = f"{found:,} of {tested:,} values occur in {candidate.parent.label}"
    lacking = 1 - share
    if is_counter:
        # A counter that begins far from 1 is met by chance less often, unless all of them do.
        is_far = parent is not None and parent.low is not None and parent.low > max(100, parent.distinct)
        terms = [Term(text, (1.2 if is_far else 0.4) - 8 * lacking)]
        if share == 1:
            terms += _of_range(candidate, child, parent)
        return terms
    surprise = min(3.0, 0.5 + 0.55 * log2(max(1, found)))
    length = child.length if child is not None else 0.0
    if child is not None and length <= 2:
        surprise *= 0.6
    elif length >= 12 and found >= 2:
        surprise = max(surprise, min(2.5, 0.6 * found))
    is_loose = is_across and candidate.child.is_identifying and found >= 5
    return [Term(text, surprise - (4 if is_loose else 10) * lacking)]


def _of_range(candidate: Candidate, child: Sketch | None, parent: Sketch | None) -> list[Term]:
    """Whole numbers that lie in a counter's range prove little; how they lie in it says a little more."""
    if parent is None or child is None or child.high is None or parent.high is None or parent.low is None:
        return []
    keys = max(parent.distinct, 1)
    if keys < _FEW:
        return [Term(f"any whole numbers up to {keys} would fit: no weight", -0.4)]
    reach = (child.high - parent.low + 1) / (parent.high - parent.low + 1)
    is_sure = candidate.name.strength >= 0.7
    terms = []
    if child.is_unique and child.is_counter and candidate.parent.is_key and not candidate.child.is_key:
        # Another counter: a rank, a line number. Few tables have one row for each of another.
        terms.append(Term("its values are those of a counter of its own", 0.0 if is_sure else -1.5))
    if child.distinct >= 3 and reach >= 0.9:
        is_full = child.distinct >= 0.5 * keys
        if is_full and not candidate.name.strength:
            terms.append(Term("there is no other key whose range they fill", 0.6))
        said = "its values fill the range of those keys" if is_full else "its values reach over the range of those keys"
        return [*terms, Term(said, 1.4 if is_full else 0.8)]
    if child.distinct >= 5 and reach < 0.35:
        weight = -2.0 if child.distinct >= 20 or reach < 0.05 else -1.2
        return [*terms, Term("its values stay among the smallest of those keys", weight * (0.4 if is_sure else 1.0))]
    return [*terms, Term("whole numbers in a counter's range prove little", -0.2)]


def _is_counter(column: Column, sketch: Sketch | None) -> bool:
    if sketch is None:
        return column.type is Type.WHOLE
    if sketch.is_complete:
        return sketch.is_counter
    # A part of a large table: whole numbers there are those of a counter, unless they are long ones.
    return sketch.low is not None and sketch.high is not None and sketch.high < 10**9


def settle(weighed: Iterable[Weighed]) -> list[Weighed]:
    """Of several parents of one child the best in its own source stays, and the best in each other source.

    Two fields that have each other's values join one way only.
    """
    by_child: defaultdict[FieldRef, list[Weighed]] = defaultdict(list)
    for one in _first_hand(weighed):
        by_child[one.candidate.child.ref].append(one)
    found: list[Weighed] = []
    for child, pairs in sorted(by_child.items()):
        at_home: Weighed | None = None
        best: dict[str, Weighed] = {}
        for pair in sorted(pairs, key=lambda one: (one.candidate.parent.ref.source != child.source, *_order(one))):
            source = pair.candidate.parent.ref.source
            if source in best:
                better = best[source].candidate.parent.label
                found.append(pair.beaten(f"{better} fits better"))
                continue
            best[source] = pair
            if source == child.source:
                at_home = pair
            elif at_home is not None and at_home.score >= THRESHOLD:
                pair = pair.beaten(f"it joins {at_home.candidate.parent.label} in its own system")
            found.append(pair)
    return _one_way(found)


def _first_hand(pairs: Iterable[Weighed]) -> list[Weighed]:
    """Two fields that point at the same key have the same values; neither is the other's key."""
    pairs = list(pairs)
    points_at = {
        one.candidate.child.ref: one.candidate.parent
        for one in pairs
        if one.raw >= 0 and one.candidate.name.strength and one.candidate.name.because != SAME_NAME
    }
    found = []
    for one in pairs:
        parent = one.candidate.parent
        further = points_at.get(parent.ref)
        if further is not None and not parent.is_key and one.candidate.name.because == SAME_NAME:
            one = one.beaten(f"{parent.label} itself points at {further.label}")
        found.append(one)
    return found


def kept(pairs: Iterable[Weighed]) -> list[Weighed]:
    """The pairs worth telling of: for each child the likeliest few."""
    by_child: defaultdict[FieldRef, list[Weighed]] = defaultdict(list)
    for one in pairs:
        if one.score >= KEPT:
            by_child[one.candidate.child.ref].append(one)
    return [one for some in by_child.values() for one in sorted(some, key=_order)[:_MOST_KEPT]]


def _order(pair: Weighed) -> tuple[float, float, bool, FieldRef]:
    return -pair.raw, -pair.candidate.name.strength, not pair.candidate.parent.is_key, pair.candidate.parent.ref


def _one_way(pairs: Sequence[Weighed]) -> list[Weighed]:
    known = {(one.candidate.child.ref, one.candidate.parent.ref): one for one in pairs}
    found = []
    for (child, parent), one in known.items():
        other = known.get((parent, child))
        if other is not None and (other.raw, (parent, child)) > (one.raw, (child, parent)):
            one = one.beaten("it rather joins the other way round")
        found.append(one)
    return found
