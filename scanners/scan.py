"""One source, looked at from its listing to its last asset, as a stream of events."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from data_map.model import Asset, AssetScan, Field, FieldRef, FieldVerdict, Reason, Skipped, Source, SourceScan, State
from scanners.detect.engine import Engine, cut, unread
from scanners.extract.header import is_heading, looks_like_person, looks_like_value
from scanners.sources.base import Listed, SourceConnector
from scanners.sources.selection import is_wanted
from scanners.subjects import Table, TableContext, contexts_of
from scanners.values import Content, Take, UnreadableError

#: Rows of the first look. 1,000 rows settle most columns; see ``MORE_ROWS``.
FIRST_ROWS = 1_000
#: Rows of the second look, at the columns that the first one left undecided.
MORE_ROWS = 10_000
#: After so many assets in a row whose connection failed, the rest of the source is given up.
_LOST = 3


@dataclass(frozen=True, slots=True)
class Limits:
    """How much to read."""

    #: Rows of each asset; None reads ``FIRST_ROWS``, and ``MORE_ROWS`` where that leaves a column undecided.
    sample_rows: int | None = None
    #: Read everything.
    full: bool = False
    max_file_bytes: int = 100 * 2**20
    timeout_s: float = 30.0
    seed: int = 0
    include: tuple[str, ...] = ()
    exclude: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Listing:
    """The source's listing is done: how many assets will be looked at."""

    source: Source
    assets: tuple[Asset, ...]


@dataclass(frozen=True, slots=True)
class Reading:
    """An asset is about to be read."""

    asset: Asset


ScanEvent = Listing | Reading | AssetScan | Skipped | SourceScan


def listing(connector: SourceConnector) -> Iterator[Listed | Skipped]:
    """What the source holds. When the listing breaks off, its last item is a ``Skipped`` without an asset."""
    try:
        yield from connector.list_assets()
    except UnreadableError as error:
        yield Skipped(connector.source.name, error.reason, code=error.code)
    except Exception as error:  # a driver that refuses an option of the address raises whatever it likes
        yield Skipped(connector.source.name, Reason.READER_FAILED, code=type(error).__name__)


def scan(connector: SourceConnector, engine: Engine, limits: Limits) -> Iterator[ScanEvent]:
    """Look into one source. The last event is always its ``SourceScan``, whatever happened before."""
    source = connector.source
    listed: list[Listed] = []
    count = 0
    is_listed = True
    for item in listing(connector):
        if isinstance(item, Skipped):
            if item.asset is None:
                is_listed = False
                yield item
            elif is_wanted(item.asset, limits.include, limits.exclude):
                count += 1
                yield item
        elif is_wanted(item.asset.name, limits.include, limits.exclude):
            count += 1
            listed.append(item)
    yield Listing(source, tuple(item.asset for item in listed))
    contexts = contexts_of([table_of(item) for item in listed if item.fields])
    lost = 0
    for item in listed:
        if lost >= _LOST:
            yield Skipped(source.name, Reason.CONNECTION_LOST, item.asset.name)
            continue
        yield Reading(item.asset)
        try:
            content, fields, verdicts = _look(connector, engine, item, limits, contexts.get(item.asset.name))
        except UnreadableError as error:
            is_lost = error.reason in (Reason.CONNECTION_LOST, Reason.CONNECTION_FAILED)
            lost = lost + 1 if is_lost else 0
            yield Skipped(source.name, error.reason, item.asset.name, code=error.code)
            continue
        except Exception as error:
            yield Skipped(source.name, Reason.READER_FAILED, item.asset.name, code=type(error).__name__)
            continue
        lost = 0
        yield from content.skipped
        yield AssetScan(
            asset=content.asset,
            fields=fields,
            verdicts=verdicts,
            rows_read=content.rows_read,
            bytes_read=content.bytes_read,
            is_whole=content.is_whole,
            sampling=content.sampling,
        )
    is_complete = is_listed and lost < _LOST and not limits.include and not limits.exclude
    yield SourceScan(source, count, is_complete=is_complete)


def table_of(item: Listed) -> Table:
    """What the catalog says of a table, for its context."""
    columns = tuple(each.ref.field for each in item.fields)
    references = {each.ref.field: each.references.asset for each in item.fields if each.references is not None}
    return Table(item.asset, columns, references)


def _look(
    connector: SourceConnector, engine: Engine, item: Listed, limits: Limits, about: TableContext | None
) -> tuple[Content, tuple[Field, ...], tuple[FieldVerdict, ...]]:
    rows = None if limits.full else limits.sample_rows or FIRST_ROWS
    take = Take(rows, limits.seed, None, limits.max_file_bytes, limits.timeout_s)
    content = connector.read(item, take)
    if limits.full:
        engine = replace(engine, most=None)
    fields, verdicts = engine.look(content, about=about)
    skipped = unread(content, verdicts)
    content.skipped.extend((*skipped, *cut(content)))
    verdicts = tuple(verdict for verdict in verdicts if verdict.ref not in {_ref(skip) for skip in skipped})
    undecided = frozenset(verdict.ref.field for verdict in verdicts if verdict.state is State.UNDECIDED)
    if undecided and not content.is_whole and rows is not None and limits.sample_rows is None:
        more = connector.read(item, replace(take, rows=MORE_ROWS, fields=undecided))
        again = {verdict.ref: verdict for verdict in engine.look(more, context=content, about=about)[1]}
        verdicts = tuple(again.get(verdict.ref, verdict) for verdict in verdicts)
        content.rows_read = max(content.rows_read, more.rows_read)
        content.bytes_read += more.bytes_read
    return content, tuple(_without_personal_comment(each, engine) for each in fields), verdicts


def _ref(skipped: Skipped) -> FieldRef:
    return FieldRef(skipped.source, skipped.asset or "", skipped.field or "")


def _without_personal_comment(item: Field, engine: Engine) -> Field:
    if item.comment is None or _is_harmless(item.comment, engine):
        return item
    return replace(item, comment=None)


def _is_harmless(comment: str, engine: Engine) -> bool:
    """Whether nothing personal is in a comment. A few words that no heading has may be somebody's name."""
    words = comment.split()
    return (
        (len(words) > 3 or is_heading(comment))
        and not any(map(looks_like_value, words))
        and not looks_like_person(comment)
        and engine.is_nameable(comment)
    )
