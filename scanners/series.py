"""Series: tables or files of like names and columns (``events_2024_01`` …, ``t_0`` …), sampled as one asset on request.

A series is named after its members with ``*`` for the part that changes: ``main.events_*``. The name comes from the
members' names alone, so that it stays the same when members are added or removed.
"""

from __future__ import annotations

import hashlib
import random
import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from math import ceil

from data_map.model import Asset, AssetKind, Field, FieldRef, Reason, Skipped
from data_map.series_names import pattern_of as pattern_of
from scanners.sources.base import Checkable, Joinable, KeyRows, Listed, SourceConnector
from scanners.sources.selection import is_wanted
from scanners.values import Column, Content, Take, TextPart, UnreadableError

#: Fewer tables of like names are a coincidence: they stay as they are.
LEAST_MEMBERS = 3
#: Members that are read of a longer series: the first, the last and some between.
_READ_MEMBERS = 10
#: Where those hold too few rows, others follow, up to this many in all.
_MOST_MEMBERS = 50
#: Columns that two members must have in common, as a share of those that either has.
_ALIKE = 0.8
#: Characters of running text after which no further member is opened.
_TEXT_CHARS = 2_000_000
#: After so many members in a row whose connection failed, the rest of the series is given up.
_LOST = 3
#: First bytes that are kept of binary values, as ``Column`` does.
_MAGIC = 20


@dataclass(frozen=True, slots=True)
class Series:
    """What is needed to read a series: its members as they were listed, in the order of their numbers."""

    members: tuple[Listed, ...]


def grouped(items: Iterable[Listed]) -> list[Listed]:
    """A listing in which series stand in the place of their first members; all else is as it was.

    Tables belong together when their names are alike up to numbers and dates, and four fifths of their columns, names
    and types, are the same; files when their names are alike, since their columns show only in reading. Fewer than
    ``LEAST_MEMBERS`` stay alone. Of tables of like names and other columns the later ones get ``~2``.
    """
    every = list(items)
    order = {each.asset.name: place for place, each in enumerate(every)}
    taken = {each.asset.name for each in every}
    alike: dict[tuple[AssetKind, str], list[Listed]] = defaultdict(list)
    for each in every:
        pattern = pattern_of(each.asset.name, each.asset.kind)
        if pattern is not None:
            alike[each.asset.kind, pattern].append(each)
    found: list[tuple[str, tuple[Listed, ...]]] = []
    series_of: dict[str, str] = {}
    for (_, pattern), candidates in alike.items():
        for members in _together(sorted(candidates, key=lambda each: _natural(each.asset.name))):
            name = _free(pattern, taken)
            taken.add(name)
            found.append((name, members))
            series_of.update((member.asset.name, name) for member in members)
    if not found:
        return every
    places: dict[str, Listed] = {}
    for name, members in found:
        first = min((member.asset.name for member in members), key=order.__getitem__)
        # Members that point each at its own neighbour (tenant_1, tenant_2 …) point at the same series.
        places[first] = _series(name, tuple(_pointing(member, series_of) for member in members))
    kept = [places.get(each.asset.name) or (None if each.asset.name in series_of else each) for each in every]
    return [_pointing(each, series_of) for each in kept if each is not None]


def read(connector: SourceConnector, listed: Listed, take: Take) -> Content:
    """At most ``take`` of an asset, whether it is a series or not.

    Of a series some members are read, chosen with the seed, the first and the last among them; all of them when
    ``take.rows`` is None. The rows of one asset are shared out among them. A member that cannot be read is skipped
    under its own name.

    Raises:
        UnreadableError: the asset cannot be read; of a series, none of the members that were tried.
    """
    if not isinstance(listed.handle, Series):
        return connector.read(listed, take)
    return _Reading(connector, listed, listed.handle, take).content()


def chosen(item: Listed, include: Sequence[str], exclude: Sequence[str]) -> list[Listed]:
    """What the globs of ``selection.is_wanted`` leave of a listed asset: of a series, the members that are wanted.

    A series is taken whole when a glob names it as it is called.
    """
    if not isinstance(item.handle, Series):
        return [item] if is_wanted(item.asset.name, include, exclude) else []
    if not is_wanted(item.asset.name, (), exclude):
        return []
    if item.asset.name in include or is_wanted(item.asset.name, include):
        include = ()
    members = tuple(each for each in item.handle.members if is_wanted(each.asset.name, include, exclude))
    if len(members) == len(item.handle.members):
        return [item]
    return [_series(item.asset.name, members)] if len(members) >= LEAST_MEMBERS else list(members)


def members(listed: Listed) -> tuple[str, ...]:
    """The names of the members of a series; of a single asset none."""
    return tuple(each.asset.name for each in listed.handle.members) if isinstance(listed.handle, Series) else ()


def has_gaps(listed: Listed, skipped: Iterable[Skipped]) -> bool:
    """Whether something was skipped under the name of a member: the series has to be read again, changed or not."""
    own = frozenset(members(listed))
    return any(skip.asset in own for skip in skipped)


class Grouping:
    """A connector that tells the tables or files of a series as one asset, and reads them so."""

    def __init__(self, connector: SourceConnector) -> None:
        """What the connector can do besides is passed on, where it can."""
        self.source = connector.source
        self._connector = connector
        if isinstance(connector, Checkable):
            self.rights = connector.rights
        if isinstance(connector, Joinable):
            self._joinable = connector
            self.key_rows = self._key_rows
            self.count_found = self._count_found

    def list_assets(self) -> Iterator[Listed | Skipped]:
        """Series and single assets, in the order of the connector; when its listing breaks off, what came so far."""
        items: list[Listed] = []
        failure: UnreadableError | None = None
        try:
            for item in self._connector.list_assets():
                if isinstance(item, Skipped):
                    yield item
                else:
                    items.append(item)
        except UnreadableError as error:
            failure = error
        yield from grouped(items)
        if failure is not None:
            raise failure

    def read(self, listed: Listed, take: Take) -> Content:
        """As ``read`` of this module."""
        return read(self._connector, listed, take)

    def close(self) -> None:
        """Close the connector."""
        self._connector.close()

    def _key_rows(self, listed: Listed, fields: Sequence[str], *, whole: int, sample: int, seed: int) -> KeyRows:
        if not isinstance(listed.handle, Series):
            return self._joinable.key_rows(listed, fields, whole=whole, sample=sample, seed=seed)
        every = [each for each in listed.handle.members if set(fields) <= _names(each)]
        members = random.Random(seed).sample(every, min(len(every), _READ_MEMBERS))  # noqa: S311 - chooses tables
        rows: list[tuple[object, ...]] = []
        is_whole = len(members) == len(listed.handle.members)
        for member in members:
            share = len(members)
            part = self._joinable.key_rows(
                member, fields, whole=max(1, whole // share), sample=max(1, sample // share), seed=seed
            )
            rows += part.rows
            is_whole &= part.is_whole
        return KeyRows(rows, is_whole)

    def _count_found(self, listed: Listed, field: str, values: Sequence[object]) -> int:
        if isinstance(listed.handle, Series):  # the members' counts cannot be added up: a value may be in several
            raise UnreadableError(Reason.QUERY_FAILED)
        return self._joinable.count_found(listed, field, values)


# Grouping


def _together(candidates: Sequence[Listed]) -> Iterator[tuple[Listed, ...]]:
    """Groups of candidates with nearly the same columns, each around its first member."""
    left = [(each, _columns(each)) for each in candidates]
    while len(left) >= LEAST_MEMBERS:
        leader = left[0][1]
        near = tuple(each for each, columns in left if _are_alike(leader, columns))
        left = [(each, columns) for each, columns in left if not _are_alike(leader, columns)]
        if len(near) >= LEAST_MEMBERS:
            yield near


def _columns(item: Listed) -> frozenset[tuple[str, str]]:
    """Names and types of the columns; lengths of types may differ."""
    return frozenset((each.ref.field.lower(), (each.declared_type or "").split("(")[0].upper()) for each in item.fields)


def _are_alike(one: frozenset[tuple[str, str]], other: frozenset[tuple[str, str]]) -> bool:
    return one == other or len(one & other) >= _ALIKE * len(one | other)


def _natural(name: str) -> tuple[tuple[int, str], ...]:
    """Sorts ``t_9`` before ``t_10``."""
    parts = re.split(r"([0-9]+)", name)
    # By length without zeros in front: a name may have more digits than Python makes a number of.
    return tuple((len(part.lstrip("0")), part) if place % 2 else (-1, part) for place, part in enumerate(parts))


def _free(pattern: str, taken: set[str]) -> str:
    name, number = pattern, 1
    while name in taken:
        number += 1
        name = f"{pattern}~{number}"
    return name


def _series(name: str, members: tuple[Listed, ...]) -> Listed:
    first, last = members[0].asset, members[-1].asset
    asset = Asset(
        source=first.source,
        name=name,
        kind=first.kind,
        row_count=_sum([each.asset.row_count for each in members]),
        size_bytes=_sum([each.asset.size_bytes for each in members]),
        change_marker=_marker(members),
        member_count=len(members),
    )
    # The latest member says best what the series holds; columns that only others have follow.
    fields: dict[str, Field] = {}
    for member in (members[-1], *members[:-1]):
        for each in member.fields:
            fields.setdefault(each.ref.field, each)
    targets: dict[str, set[FieldRef | None]] = defaultdict(set)
    nullable: set[str] = set()
    for member in members:
        for each in member.fields:
            targets[each.ref.field].add(each.references)
            nullable.update([each.ref.field] if each.is_nullable else [])
    return Listed(
        asset,
        tuple(
            replace(
                each,
                ref=FieldRef(last.source, name, each.ref.field),
                position=position,
                is_nullable=each.ref.field in nullable,
                # What is unique in each member may occur in several.
                is_unique=False,
                references=each.references if len(targets[each.ref.field]) == 1 else None,
            )
            for position, each in enumerate(fields.values())
        ),
        Series(members),
    )


def _sum(counts: Sequence[int | None]) -> int | None:
    known = [count for count in counts if count is not None]
    return sum(known) if len(known) == len(counts) else None


def _marker(members: Sequence[Listed]) -> str | None:
    """Changes when a member's does, or when members come and go; None when one member has none."""
    if any(each.asset.change_marker is None for each in members):
        return None
    text = "\n".join(f"{each.asset.name}\t{each.asset.change_marker}" for each in members)
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:16]


def _pointing(item: Listed, series_of: dict[str, str]) -> Listed:
    """A listed asset whose foreign keys point at a series where they pointed at a member."""
    if not any(each.references and each.references.asset in series_of for each in item.fields):
        return item
    fields = tuple(
        replace(each, references=replace(each.references, asset=series_of[each.references.asset]))
        if each.references and each.references.asset in series_of
        else each
        for each in item.fields
    )
    return replace(item, fields=fields)


# Reading


class _Reading:
    """One look at a series."""

    def __init__(self, connector: SourceConnector, listed: Listed, series: Series, take: Take) -> None:
        self._connector = connector
        self._listed = listed
        self._members = series.members
        self._take = take
        self._fields = {each.ref.field: each for each in listed.fields}
        self._columns: dict[str, Column] = {}
        self._texts: list[TextPart] = []
        self._skipped: list[Skipped] = []
        self._read: list[Content] = []
        self._failures: list[UnreadableError] = []
        self._rows = 0
        self._chars = 0

    def content(self) -> Content:
        order, least = self._chosen()
        lost = 0
        for place, member in enumerate(order):
            if place >= least and not self._is_short():
                break
            try:
                self._look(member, len(order[place:least]))
                lost = 0
            except UnreadableError as error:
                self._failures.append(error)
                self._skipped.append(Skipped(member.asset.source, error.reason, member.asset.name, code=error.code))
                lost = lost + 1 if error.reason in (Reason.CONNECTION_LOST, Reason.CONNECTION_FAILED) else 0
                if lost == _LOST:
                    break
            if self._chars >= _TEXT_CHARS:
                break
        if not self._read:
            failure = self._failures[0] if self._failures else UnreadableError(Reason.NOT_FOUND)
            raise UnreadableError(failure.reason, failure.code)
        return self._summed()

    def _chosen(self) -> tuple[list[Listed], int]:
        """Members in the order in which they are read, and how many of them are read in any case."""
        members = list(self._members)
        if self._take.rows is None:
            return members, len(members)
        rng = random.Random(self._take.seed)  # noqa: S311 - chooses tables, guards nothing
        between = members[1:-1]
        rng.shuffle(between)
        first = [members[0], *members[-1:]]
        # A column that few members have is read in one of them at least.
        missing = {each.ref.field for each in self._listed.fields} - _names(*first)
        for member in between:
            if len(first) < _READ_MEMBERS and missing & _names(member):
                first.append(member)
                missing -= _names(member)
        names = {member.asset.name for member in first}
        order = [*first, *(member for member in between if member.asset.name not in names)]
        # Fewer rows than members: each of those that are read still gives one.
        return order[:_MOST_MEMBERS], min(len(order), _READ_MEMBERS, max(2, self._take.rows))

    def _is_short(self) -> bool:
        """Whether the members so far were so small that others should be read as well."""
        wanted = self._take.rows
        return wanted is not None and self._rows < wanted // 2 and not self._texts

    def _look(self, member: Listed, left: int) -> None:
        take = self._take
        if take.rows is not None:
            take = replace(take, rows=max(1, ceil((take.rows - self._rows) / max(1, left))))
        if take.fields is not None and member.fields and not take.fields & _names(member):
            return
        content = self._connector.read(member, take)
        self._read.append(content)
        self._rows += content.rows_read
        for column in content.columns:
            self._add(column)
        for text in content.texts:
            self._texts.append(TextPart(self._own(text.field), text.text))
            self._chars += len(text.text)
        self._skipped.extend(content.skipped)

    def _add(self, column: Column) -> None:
        name = column.field.ref.field
        whole = self._columns.get(name)
        if whole is None:
            whole = self._columns[name] = Column(self._own(column.field))
        for value, count in column.counts.items():
            whole.counts[value] = whole.counts.get(value, 0) + count
        whole.sampled += column.sampled
        whole.missing += column.missing
        whole.binary += column.binary
        whole.cut += column.cut
        whole.magic = [*whole.magic, *column.magic][:_MAGIC]

    def _own(self, field: Field) -> Field:
        """The field of the series that a member's field belongs to."""
        known = self._fields.get(field.ref.field)
        asset = self._listed.asset
        return known or replace(field, ref=FieldRef(asset.source, asset.name, field.ref.field), is_unique=False)

    def _summed(self) -> Content:
        asset = self._listed.asset
        is_whole = len(self._read) == len(self._members) and all(each.is_whole for each in self._read)
        columns = sorted(self._columns.values(), key=lambda column: column.field.position)
        if not self._listed.fields:  # files: the order of first sight
            columns = list(self._columns.values())
            for position, column in enumerate(columns):
                column.field = replace(column.field, position=position)
        return Content(
            replace(asset, row_count=self._rows) if is_whole else asset,
            columns,
            self._texts,
            self._skips(),
            rows_read=self._rows,
            bytes_read=sum(each.bytes_read for each in self._read),
            is_whole=is_whole,
            sampling=self._sampling(is_whole=is_whole),
        )

    def _skips(self) -> list[Skipped]:
        """A column that no member gave is the series's; what was missing in one member only is that member's."""
        own: dict[Skipped, None] = {}
        asset = self._listed.asset.name
        members = {member.asset.name for member in self._members}
        for skip in self._skipped:
            is_column = skip.field is not None and skip.asset in members
            is_everywhere = is_column and skip.field not in self._columns
            own[replace(skip, asset=asset) if is_everywhere else skip] = None
        return list(own)

    def _sampling(self, *, is_whole: bool) -> str:
        kinds = {each.sampling for each in self._read} - {"none"}
        if is_whole:
            return "all" if kinds else "none"
        # Nothing follows for the rest from the first rows of a table.
        return "head" if "head" in kinds else "members"


def _names(*members: Listed) -> set[str]:
    return {each.ref.field for member in members for each in member.fields}
