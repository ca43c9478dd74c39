"""From the map to measured joins: reads keys, asks for values, compares. Values are hashed here and go nowhere."""

from __future__ import annotations

import time
from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from dataclasses import field as attribute
from itertools import islice

from data_map.model import FieldRef, JoinMeasure, MapSource, Skipped, Term
from scanners.joins.candidates import Candidate, Column, Table, by_name, by_value, own_key, parents_of, tables_of
from scanners.joins.composite import Composite, composites, proposed
from scanners.joins.naming import NONE
from scanners.joins.scoring import UNMEASURED, Compared, Weighed, compare, kept, settle, weigh
from scanners.joins.sketches import PROBED, Hasher, Maker, Sketch, normal
from scanners.sources.base import Joinable, Listed, SourceConnector
from scanners.values import Take

#: A table of at most so many rows is read whole, as far as its keys go; of a larger one a sample.
WHOLE_ROWS = 20_000
SAMPLE_ROWS = 2_000
#: Hashes kept at once in all; beyond, tables are sampled however small they are, and beyond twice as many only a few
#: rows of each are read. About 100 bytes each.
_MOST_HASHES = 1_500_000
#: Of a larger table only a declared key is asked for values: there is an index on it, and the table is not walked.
_MOST_WALKED = 1_000_000
#: Questions asked to large tables about the values of one field.
_MOST_PROBES = 4
#: Parents found by values alone that are weighed for one field.
_MOST_FOUND = 4
#: Values of a field that are looked up to find a parent for it.
_LOOKED_UP = 200

#: A value that is a key in more fields than this tells none of them from the others.
_MOST_HOMES = 24
#: A counter of fewer numbers is filled by chance.
_LEAST_RANGE = 30

Open = Callable[[str], SourceConnector | None]


@dataclass(slots=True)
class Measured:
    """What measuring came to."""

    measures: list[JoinMeasure] = attribute(default_factory=list)
    #: Tables whose keys could not be read, and questions that were refused or took too long.
    failed_count: int = 0
    #: Source → rows read of it to measure.
    rows_read: Counter[str] = attribute(default_factory=Counter)
    #: Sources that took longer than their share of time.
    unfinished: list[str] = attribute(default_factory=list)


def measure(
    sources: Sequence[MapSource],
    open_: Open,
    *,
    key: bytes,
    seed: int,
    is_fresh: Callable[[str, str], bool] = lambda source, asset: True,
    known: Iterable[JoinMeasure] = (),
    budget_s: float = 120.0,
    max_file_bytes: int = 100 * 2**20,
    on_step: Callable[[], None] = lambda: None,
    rest: Callable[[str, int], bool] = lambda source, rows: True,
) -> Measured:
    """Measure the joins of all fields that were looked at again, or whose likely parents were.

    ``open_`` gives the connector of a source, or None for one that is not to be opened: pairs with a side there are
    left as they are. ``known`` are earlier measures; one whose pair no longer comes into question is taken back.
    ``budget_s``: seconds for each source. ``on_step`` is called between two questions; what it raises ends it.
    ``rest`` is called with a source and the rows just read of it, waits as long as the source wants, and says whether
    it may be read on.
    """
    run = _Run(tables_of(sources), is_fresh, Hasher(key), seed, budget_s, max_file_bytes, on_step, rest)
    return run.measured(open_, list(known))


class _Run:
    """One measuring, from the names to the scores."""

    def __init__(
        self,
        tables: list[Table],
        is_fresh: Callable[[str, str], bool],
        hasher: Hasher,
        seed: int,
        budget_s: float,
        max_file_bytes: int,
        on_step: Callable[[], None],
        rest: Callable[[str, int], bool],
    ) -> None:
        self._on_step = on_step
        self._rest = rest
        self._tables = tables
        self._fresh = [is_fresh(table.source, table.asset) for table in tables]
        self._hasher = hasher
        self._seed = seed
        self._budget_s = budget_s
        self._max_file_bytes = max_file_bytes
        self._hashes = 0
        self._sketches: dict[FieldRef, Sketch] = {}
        self._tuples: dict[tuple[FieldRef, ...], Sketch] = {}
        self._compared: dict[tuple[FieldRef, FieldRef], Compared] = {}
        self._opened: set[str] = set()
        #: The fields whose values may be looked for in a large table.
        self._asking: frozenset[FieldRef] = frozenset()
        self._done = Measured()

    def measured(self, open_: Open, known: list[JoinMeasure]) -> Measured:
        if not any(self._fresh):
            return self._done
        named = self._named()
        pairs = [pair for some in named.values() for pair in some]
        self._asking = frozenset(pair.child.ref for pair in pairs)
        combined = composites(self._tables, self._fresh)
        wanted, parents = self._wanted(pairs, combined)
        for source in sorted({self._tables[place].source for place in wanted}):
            connector = open_(source)
            if connector is None:
                continue
            self._opened.add(source)
            try:
                self._one_source(connector, source, wanted, parents, pairs, combined)
            finally:
                connector.close()
        found = {(pair.child.ref, pair.parent.ref): pair for pair in self._found_by_value(named)}
        pairs = [*pairs, *found.values()]
        weighed = [self._weighed(pair) for pair in pairs if self._is_open(pair.child) and self._is_open(pair.parent)]
        settled = settle(weighed)
        settled = proposed(settled, combined, self._tuples)
        self._done.measures = self._instead_of(known, [one.measure() for one in kept(settled)])
        self._take_back(known, weighed)
        return self._done

    def _instead_of(self, known: Iterable[JoinMeasure], measures: list[JoinMeasure]) -> list[JoinMeasure]:
        """The new measures, but of a pair with a side that could not be read now the one that was measured before."""
        before = {(one.child, one.parent): one for one in known if one.tested}
        return [
            before.get((one.child, one.parent), one)
            if not one.tested and not {one.child, one.parent} <= self._sketches.keys()
            else one
            for one in measures
        ]

    def _named(self) -> dict[FieldRef, list[Candidate]]:
        """The pairs that names suggest, of the fields that have to be looked at."""
        return {
            ref: pairs
            for ref, pairs in by_name(self._tables).items()
            if pairs[0].child.references is None
            and (self._fresh[pairs[0].child.table] or any(self._fresh[pair.parent.table] for pair in pairs))
        }

    def _wanted(
        self, pairs: Sequence[Candidate], combined: Sequence[Composite]
    ) -> tuple[dict[int, dict[str, None]], set[FieldRef]]:
        """The fields to read, by table, and those of them in which others' values are looked for."""
        wanted: defaultdict[int, dict[str, None]] = defaultdict(dict)
        parents: set[FieldRef] = set()
        for pair in pairs:
            wanted[pair.child.table][pair.child.ref.field] = None
            wanted[pair.parent.table][pair.parent.ref.field] = None
            parents.add(pair.parent.ref)
        for place, table in enumerate(self._tables):
            if not self._fresh[place]:
                continue
            for column in by_value(table):
                wanted[place][column.ref.field] = None
            for column in _keys(table):
                wanted[place][column.ref.field] = None
                parents.add(column.ref)
        for one in combined:
            for column in (*one.child, *one.parent):
                wanted[column.table][column.ref.field] = None
        return dict(wanted), parents

    def _one_source(
        self,
        connector: SourceConnector,
        source: str,
        wanted: Mapping[int, Mapping[str, None]],
        parents: Collection[FieldRef],
        pairs: Sequence[Candidate],
        combined: Sequence[Composite],
    ) -> None:
        until = time.monotonic() + self._budget_s
        listed = self._listed(connector)
        if listed is None:
            return
        for place, fields in sorted(wanted.items()):
            table = self._tables[place]
            if table.source != source or table.asset not in listed:
                continue
            self._on_step()
            if time.monotonic() > until:
                self._done.unfinished.append(source)
                return
            together = {side for one in combined for side in (one.child, one.parent) if side[0].table == place}
            before = self._done.rows_read[source]
            with self._counting_failure():
                self._read(connector, listed[table.asset], table, list(fields), parents, together)
            if not self._rest(source, self._done.rows_read[source] - before):
                self._done.unfinished.append(source)
                return
        if isinstance(connector, Joinable):
            self._probe(connector, source, listed, pairs, until)

    def _listed(self, connector: SourceConnector) -> dict[str, Listed] | None:
        with self._counting_failure():
            return {item.asset.name: item for item in connector.list_assets() if not isinstance(item, Skipped)}
        return None

    @contextmanager
    def _counting_failure(self) -> Iterator[None]:
        """One question to a source. Drivers raise whatever they like: no answer is no measure, and it is counted."""
        try:
            yield
        except Exception:
            self._done.failed_count += 1

    def _read(
        self,
        connector: SourceConnector,
        listed: Listed,
        table: Table,
        fields: list[str],
        parents: Collection[FieldRef],
        together: Collection[tuple[Column, ...]],
    ) -> None:
        makers = {name: Maker(self._hasher, self._seed) for name in fields}
        tuples = {side: Maker(self._hasher, self._seed) for side in together}
        sample = SAMPLE_ROWS if self._hashes < 2 * _MOST_HASHES else PROBED
        whole = WHOLE_ROWS if self._hashes < _MOST_HASHES else sample
        if isinstance(connector, Joinable):
            there = {item.ref.field for item in listed.fields}
            fields = [name for name in fields if name in there]
            read = connector.key_rows(listed, fields, whole=whole, sample=sample, seed=self._seed)
            is_whole = read.is_whole
            self._done.rows_read[table.source] += len(read.rows)
            for name, values in zip(fields, zip(*read.rows, strict=True), strict=False):
                makers[name].extend(values)
            for side, maker in tuples.items():
                places = [fields.index(column.ref.field) for column in side if column.ref.field in there]
                if len(places) == len(side):
                    maker.extend(_together([row[place] for place in places]) for row in read.rows)
        else:
            take = Take(whole, self._seed, frozenset(fields), self._max_file_bytes)
            content = connector.read(listed, take)
            is_whole = content.is_whole
            self._done.rows_read[table.source] += content.rows_read
            for column in content.columns:
                for value, count in column.counts.items():
                    if column.field.ref.field in makers:
                        makers[column.field.ref.field].add(value, count)
        for name, maker in makers.items():
            ref = FieldRef(table.source, table.asset, name)
            made = maker.made(is_complete=is_whole, is_parent=ref in parents)
            # Only the values of a field with a name for it are ever asked for.
            self._sketches[ref] = made if ref in self._asking else replace(made, probes=())
            self._hashes += len(self._sketches[ref].hashes)
        for side, maker in tuples.items():
            refs = tuple(column.ref for column in side)
            self._tuples[refs] = replace(maker.made(is_complete=is_whole, is_parent=True), probes=())
            self._hashes += len(self._tuples[refs].hashes)

    def _probe(
        self,
        connector: Joinable,
        source: str,
        listed: Mapping[str, Listed],
        pairs: Sequence[Candidate],
        until: float,
    ) -> None:
        """Ask large tables for the values of the fields that may point at them."""
        asked: Counter[FieldRef] = Counter()
        for pair in pairs:
            child, parent = pair.child.ref, pair.parent.ref
            if child.source != source or parent.source != source or parent.asset not in listed:
                continue
            sketches = self._sketches.get(child), self._sketches.get(parent)
            if sketches[0] is None or sketches[1] is None or sketches[1].is_complete or not sketches[0].probes:
                continue
            if not pair.parent.is_key and not sketches[1].is_unique:
                continue  # values that repeat are no key, and looking for them would read the whole table
            rows = listed[parent.asset].asset.row_count
            if not pair.parent.is_key and (rows is None or rows > _MOST_WALKED):
                continue
            if asked[child] >= _MOST_PROBES:
                continue
            self._on_step()
            if time.monotonic() > until:
                self._done.unfinished.append(source)
                return
            asked[child] += 1
            values = sketches[0].probes
            found = None
            with self._counting_failure():
                found = connector.count_found(listed[parent.asset], parent.field, values)
            if found is None:
                continue
            tested = len(values)
            if found < tested and any(self._hasher.none & {self._hasher.of(str(value))} for value in values):
                tested = max(found, tested - 1)
            self._compared[child, parent] = Compared(tested, min(found, tested), "probe")

    def _found_by_value(self, named: Mapping[FieldRef, Sequence[Candidate]]) -> list[Candidate]:
        """Pairs that no name suggests: nearly all values of one field are keys in the other, and not by a counter."""
        keys = {
            column.ref: column
            for place, table in enumerate(self._tables)
            if self._fresh[place]
            for column in _keys(table)
            if self._is_telling(column)
        }
        # Most values are at home in one field: a tuple of its own for each would be half of the memory.
        alone = {ref: (ref,) for ref in keys}
        where: dict[int, tuple[FieldRef, ...]] = {}
        for ref in keys:
            for value in self._sketches[ref].hashes:
                homes = where.get(value, ())
                if len(homes) < _MOST_HOMES:
                    where[value] = (*homes, ref) if homes else alone[ref]
        found = []
        for place, table in enumerate(self._tables):
            for child in by_value(table) if self._fresh[place] else ():
                sketch = self._sketches.get(child.ref)
                if sketch is None or child.references is not None or not sketch.hashes:
                    continue
                looked_up = [value for value in sorted(sketch.hashes)[:_LOOKED_UP] if value not in self._hasher.none]
                hits = Counter(ref for value in looked_up for ref in where.get(value, ()))
                have = {pair.parent.ref for pair in named.get(child.ref, ())}
                is_own = (child.is_key or child.looks_unique) and own_key(child, table)
                whole = [ref for ref, count in hits.items() if count == len(looked_up) and ref != child.ref]
                for ref, count in hits.most_common(_MOST_FOUND + len(have) + 1):
                    parent = keys[ref]
                    is_across = ref.source != child.ref.source
                    least = 0.3 if is_across and child.is_identifying and parent.is_identifying else 0.9
                    if self._sketches[ref].is_counter and whole != [ref]:
                        continue  # several counters have these numbers
                    if is_own and not is_across:
                        continue  # a table's own key points at none of its system
                    if ref not in have and parent.table != child.table and count >= max(2, least * len(looked_up)):
                        found.append(Candidate(child, parent, NONE))
        return [*found, *self._found_by_range(named)]

    def _found_by_range(self, named: Mapping[FieldRef, Sequence[Candidate]]) -> list[Candidate]:
        """Fields that are called an id, with whole numbers from the first to the last key of one other table alone."""
        counters: defaultdict[str, list[tuple[Column, Sketch]]] = defaultdict(list)
        for place, table in enumerate(self._tables):
            for column in _keys(table) if self._fresh[place] else ():
                sketch = self._sketches.get(column.ref)
                if sketch is not None and sketch.is_counter and sketch.is_unique and sketch.distinct >= _LEAST_RANGE:
                    counters[table.source].append((column, sketch))
        found = []
        for place, table in enumerate(self._tables):
            for child in by_value(table) if self._fresh[place] else ():
                sketch = self._sketches.get(child.ref)
                if sketch is None or child.name.kind != "id" or child.references is not None or child.ref in named:
                    continue
                if child.is_key and own_key(child, table):
                    continue
                # Two are as good as none: no more need be looked for.
                fitting = list(islice((column for column, keys in counters[table.source] if _fills(sketch, keys)), 2))
                if len(fitting) == 1 and fitting[0].table != child.table:
                    found.append(Candidate(child, fitting[0], NONE))
        return found

    def _is_telling(self, column: Column) -> bool:
        """Whether it is a surprise to find a value in this field."""
        sketch = self._sketches.get(column.ref)
        return (
            sketch is not None
            and sketch.is_complete
            and not (sketch.is_counter and sketch.low is not None and sketch.low <= max(100, sketch.distinct))
            and sketch.distinct >= 3
            and (sketch.is_unique or sketch.distinct >= 0.98 * sketch.count)
        )

    def _weighed(self, pair: Candidate) -> Weighed:
        child, parent = self._sketches.get(pair.child.ref), self._sketches.get(pair.parent.ref)
        compared = self._compared.get((pair.child.ref, pair.parent.ref))
        if compared is None and child is not None and parent is not None and parent.is_complete and child.count:
            compared = compare(child, parent, self._hasher.none)
        if compared is None or not compared.tested:
            compared = UNMEASURED
        return weigh(pair, child, parent, compared)

    def _is_open(self, column: Column) -> bool:
        return column.ref.source in self._opened

    def _take_back(self, known: Iterable[JoinMeasure], weighed: Sequence[Weighed]) -> None:
        """Earlier measures of fields that were weighed again, and that nothing speaks for any more."""
        again = {one.candidate.child.ref for one in weighed}
        for place, table in enumerate(self._tables):
            if self._fresh[place]:
                again |= {column.ref for column in table.columns}
        have = {(one.child, one.parent) for one in self._done.measures}
        gone = (Term("it no longer comes into question", 0.0),)
        self._done.measures += [
            JoinMeasure(one.child, one.parent, 0, 0, "name", 0.0, gone)
            for one in known
            if one.score > 0
            and one.child in again
            and one.parent.source in self._opened
            # Of a source that was left in the middle nothing is known to be otherwise.
            and {one.child.source, one.parent.source}.isdisjoint(self._done.unfinished)
            and (one.child, one.parent) not in have
        ]


def _together(values: Sequence[object]) -> str | None:
    """The values of a combined key as one; None where one of them is missing."""
    texts = ["" if value is None else normal(value) for value in values]
    return "\x1f".join(texts) if all(texts) else None


def _fills(child: Sketch, parent: Sketch) -> bool:
    """Whether whole numbers reach from the first to the last key of a counter, and are most of them."""
    if child.high is None or child.low is None or parent.high is None or parent.low is None:
        return False
    whole = parent.high - parent.low + 1
    is_within = parent.low <= child.low and child.high <= parent.high and child.hashes <= parent.hashes
    return is_within and child.high - parent.low + 1 >= 0.97 * whole and child.distinct >= 0.5 * parent.distinct


def _keys(table: Table) -> list[Column]:
    """The columns that values of other fields are looked for in although no name says so."""
    return [
        column
        for column, is_key in parents_of(table)
        if column.is_key
        or column.is_identifying
        or (is_key and not column.is_part)
        or (column.looks_unique and bool(column.name.kind) and own_key(column, table))
    ]
