"""One source, looked at from its listing to its last asset, as a stream of events.

``scan`` is the simplest shape: in this process, one asset after the other. ``scanners.schedule`` does the same with
many workers; both share the listing (``survey``) and the look at one asset (``scanners.look``).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from data_map.model import Asset, AssetScan, Connected, Reason, Skipped, Source, SourceScan
from scanners.look import FIRST_ROWS as FIRST_ROWS
from scanners.look import MORE_ROWS as MORE_ROWS
from scanners.look import Limits as Limits
from scanners.look import Looked, is_lost, look_at
from scanners.series import chosen
from scanners.sources.base import Checkable, Listed, SourceConnector
from scanners.sources.selection import is_wanted
from scanners.subjects import Table, TableContext, contexts_of
from scanners.values import UnreadableError

if TYPE_CHECKING:
    from scanners.detect.engine import Engine

#: After so many assets in a row whose connection failed, the rest of the source is given up.
LOST = 3


@dataclass(frozen=True, slots=True)
class Listing:
    """The source's listing is done: how many assets will be looked at."""

    source: Source
    assets: tuple[Asset, ...]
    #: Assets that were not read again because nothing about them has changed since their last look.
    unchanged: tuple[str, ...] = ()
    #: Assets that an earlier part of this scan has done.
    done: tuple[str, ...] = ()
    #: Members of the series among them: what could not be read of those stands under their own names.
    members: tuple[str, ...] = ()
    #: What the listing already could not look into.
    skipped: tuple[Skipped, ...] = ()
    #: Everything that was listed, whatever became of it; None where only the assets are known.
    asset_count: int | None = None


@dataclass(frozen=True, slots=True)
class Reading:
    """An asset is about to be read."""

    asset: Asset


ScanEvent = Listing | Reading | AssetScan | Skipped | SourceScan


@dataclass(frozen=True, slots=True)
class Survey:
    """What a source holds, before any row is read."""

    listed: tuple[Listed, ...]
    skipped: tuple[Skipped, ...]
    #: Whether the listing came to its end.
    is_listed: bool
    #: What the names and keys of all tables say about each, by asset name; files have none.
    contexts: dict[str, TableContext] = field(default_factory=dict)
    connected: Connected = field(default_factory=Connected)

    @property
    def count(self) -> int:
        """Assets that are part of the scan, whether they can be read or not."""
        return len(self.listed) + sum(skip.asset is not None for skip in self.skipped)


def listing(connector: SourceConnector) -> Iterator[Listed | Skipped]:
    """What the source holds. When the listing breaks off, its last item is a ``Skipped`` without an asset."""
    try:
        yield from connector.list_assets()
    except UnreadableError as error:
        yield Skipped(connector.source.name, error.reason, code=error.code)
    except Exception as error:  # a driver that refuses an option of the address raises whatever it likes
        yield Skipped(connector.source.name, Reason.READER_FAILED, code=type(error).__name__)


def survey(connector: SourceConnector, limits: Limits) -> Survey:
    """List a source, and ask once how it is connected."""
    listed: list[Listed] = []
    skipped: list[Skipped] = []
    is_listed = True
    for item in listing(connector):
        if isinstance(item, Skipped):
            is_listed &= item.asset is not None
            if item.asset is None or is_wanted(item.asset, limits.include, limits.exclude):
                skipped.append(item)
        else:
            listed.extend(chosen(item, limits.include, limits.exclude))
    contexts = contexts_of([table_of(item) for item in listed if item.fields])
    return Survey(tuple(listed), tuple(skipped), is_listed, contexts, _connected(connector) if listed else Connected())


def scan(connector: SourceConnector, engine: Engine, limits: Limits) -> Iterator[ScanEvent]:
    """Look into one source. The last event is always its ``SourceScan``, whatever happened before."""
    source = connector.source
    known = survey(connector, limits)
    yield from known.skipped
    yield Listing(source, tuple(item.asset for item in known.listed))
    lost = 0
    for item in known.listed:
        if lost >= LOST:
            yield Skipped(source.name, Reason.CONNECTION_LOST, item.asset.name)
            continue
        yield Reading(item.asset)
        looked = look_at(connector, engine, item, limits, known.contexts.get(item.asset.name))
        lost = lost + 1 if is_lost(looked) else 0
        yield from events_of(looked)
    yield ended(source, known, limits, is_given_up=lost >= LOST)


def ended(source: Source, known: Survey, limits: Limits, *, is_given_up: bool) -> SourceScan:
    """How the scan of a source ended."""
    is_complete = known.is_listed and not is_given_up and not limits.include and not limits.exclude
    return SourceScan(source, known.count, is_complete=is_complete, connected=known.connected)


def events_of(looked: Looked) -> Iterator[AssetScan | Skipped]:
    """What became of an asset, one by one."""
    yield from looked.skipped
    if looked.scan is not None:
        yield looked.scan


def table_of(item: Listed) -> Table:
    """What the catalog says of a table, for its context."""
    columns = tuple(each.ref.field for each in item.fields)
    references = {each.ref.field: each.references.asset for each in item.fields if each.references is not None}
    return Table(item.asset, columns, references)


def _connected(connector: SourceConnector) -> Connected:
    if not isinstance(connector, Checkable):
        return Connected()
    try:
        rights = connector.rights()
    except Exception:  # the question is a welcome extra: that it cannot be answered says nothing of the source
        return Connected()
    return Connected(rights.is_encrypted, rights.is_superuser)
