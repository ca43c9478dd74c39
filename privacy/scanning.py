"""A scan from its targets to the store: what is seen is kept as it is seen, and summed up at the end."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

from data_map.build import apply
from data_map.errors import NotAllowedError, UsageError
from data_map.model import Asset, AssetScan, Decision, FieldRef, FieldVerdict, Reason, Skipped, Source, SourceScan
from data_map.taxonomy import CATEGORIES, LegalClass, class_of
from privacy.app import App, Target
from scanners.detect.engine import Engine
from scanners.scan import Limits, Listing, ScanEvent, listing, scan
from scanners.sources.registry import open_source
from scanners.sources.selection import is_wanted

if TYPE_CHECKING:
    from data_map.model import DataMap
    from data_map.store.store import Store
    from scanners.sources.base import SourceConnector


@dataclass(slots=True)
class SourceSummary:
    """What became of one source."""

    source: Source
    #: What its listing holds; None when the scan was interrupted before it was listed.
    asset_count: int | None = None
    read_count: int = 0
    whole_count: int = 0
    field_count: int = 0
    personal_count: int = 0
    rows_read: int = 0
    bytes_read: int = 0
    #: Category → fields in which it was found, as the field's own category or inside a text.
    categories: Counter[str] = field(default_factory=Counter)
    skipped: list[Skipped] = field(default_factory=list)

    @property
    def unreached_count(self) -> int:
        """Assets that were listed, and neither read nor refused: the scan was interrupted before them."""
        refused = {skip.asset for skip in self.skipped if skip.asset is not None and skip.field is None}
        return max(0, (self.asset_count or 0) - self.read_count - len(refused))

    @property
    def is_unopened(self) -> bool:
        """Whether the source itself could not be opened, so that nothing of it was read."""
        return self.read_count == 0 and any(skip.asset is None for skip in self.skipped)

    def add(self, event: ScanEvent) -> None:
        """Count one event of the scan."""
        if isinstance(event, Skipped):
            self.skipped.append(event)
        elif isinstance(event, Listing):
            self.asset_count = len(event.assets) + sum(skip.asset is not None for skip in self.skipped)
        elif isinstance(event, SourceScan):
            self.asset_count = event.asset_count
        elif isinstance(event, AssetScan):
            self.read_count += 1
            self.whole_count += event.is_whole
            self.field_count += len(event.fields)
            self.rows_read += event.rows_read
            self.bytes_read += event.bytes_read
            for verdict in event.verdicts:
                if verdict.state.is_personal:
                    self.personal_count += 1
                    self.categories.update(categories_of(verdict))


@dataclass(slots=True)
class ScanSummary:
    """What became of a whole run."""

    scan_id: int
    #: Module of the language model; None when names in running text were not looked for.
    model: str | None
    sources: list[SourceSummary] = field(default_factory=list)
    is_interrupted: bool = False
    #: Fields that ``--fail-on`` was asked about and that were found.
    failing: list[FieldVerdict] = field(default_factory=list)

    #: Sources that could not be taken, with the reason.
    refused: list[NotAllowedError] = field(default_factory=list)

    @property
    def has_skips(self) -> bool:
        """Whether anything was not read."""
        return any(source.skipped for source in self.sources)


def categories_of(verdict: FieldVerdict) -> set[str]:
    """The categories a personal field holds: its own, or what its text contains."""
    own = {verdict.category} if verdict.category and verdict.category != "text.personal" else set()
    return own | {item.category for item in verdict.contains}


def limits_of(app: App, **overrides: object) -> Limits:
    """The configuration's limits with what the command line says instead."""
    settings = app.config.scan
    given = {key: value for key, value in overrides.items() if value is not None}
    merged: dict[str, object] = {
        "sample_rows": settings.sample_rows or None,
        "max_file_bytes": settings.max_file_mb * 2**20,
        "timeout_s": settings.timeout_s,
    } | given
    return Limits(**merged)  # type: ignore[arg-type]


def connect(app: App, target: Target, timeout_s: float) -> SourceConnector:
    """The connector of a target. The store and the vault key never count as part of a scanned folder."""
    settings = target.settings
    own = _own_files(app, target) if target.place.root else ()
    exclude = (*app.config.scan.exclude, *(settings.exclude if settings else ()), *own)
    return open_source(
        target.source,
        target.place,
        include=settings.include if settings else (),
        exclude=exclude,
        views=settings.views if settings else False,
        timeout_s=timeout_s,
    )


def _own_files(app: App, target: Target) -> tuple[str, ...]:
    from data_map.store import connection

    path = connection.sqlite_path(connection.parse(app.store_url))
    if path is None or target.place.root is None:
        return ()
    own = [Path(f"{path}{suffix}").resolve() for suffix in ("", "-wal", "-shm", "-journal")] + [app.key_path.resolve()]
    root = Path(target.place.root)
    return tuple(_literal(item.relative_to(root).as_posix()) for item in own if item.is_relative_to(root))


def _literal(name: str) -> str:
    """A glob that matches this name alone."""
    return "".join(f"[{char}]" if char in "*?[" else char for char in name)


class Stopped:
    """Whether the scan was asked to stop: an interrupt that somebody's callback swallowed still counts."""

    def __init__(self) -> None:
        self.is_set = False


def run_scan(
    app: App,
    store: Store,
    targets: Sequence[Target],
    engine: Engine,
    limits: Limits,
    *,
    missed: Sequence[Skipped] = (),
    fail_on: Sequence[str] = (),
    watch: Callable[[Target, ScanEvent], None] = lambda target, event: None,
    stopped: Stopped | None = None,
) -> ScanSummary:
    """Scan targets one after the other; each asset is committed as soon as it was looked at.

    ``missed`` are known sources that cannot even be located; they are kept as skipped. ``watch`` is called with every
    event. A ``KeyboardInterrupt`` ends the scan and is told in the summary.
    """
    before = store.load(today=app.today) if "new" in fail_on else None
    decisions = {decision.ref: decision for decision in store.decisions()}
    options = {"model": engine.names.model, "sample_rows": limits.sample_rows, "full": limits.full}
    scan_id = store.begin_scan(limits.seed, options)
    summary = ScanSummary(scan_id, engine.names.model)
    try:
        _keep_missed(store, scan_id, missed)
        for target in targets:
            try:
                source = _taken(store, target)
            except NotAllowedError as error:  # its name stands for another place: the others are still scanned
                summary.refused.append(error)
                continue
            target = Target(source, target.place, target.settings)
            one = SourceSummary(source)
            summary.sources.append(one)
            for event in _events(app, target, engine, limits):
                if stopped is not None and stopped.is_set:
                    raise KeyboardInterrupt
                counted = _decided(event, decisions, app.today)
                one.add(counted)
                _keep(store, scan_id, one, event)
                if isinstance(counted, AssetScan):
                    summary.failing.extend(_failing(counted.verdicts, fail_on))
                watch(target, event)
    except KeyboardInterrupt:
        summary.is_interrupted = True
        _keep_unreached(store, scan_id, targets, summary)
    except BaseException:
        store.end_scan(scan_id, "interrupted")
        raise
    store.end_scan(scan_id, "interrupted" if summary.is_interrupted else "complete")
    if before is not None:
        summary.failing.extend(_new(before, store.load(today=app.today), summary))
    return summary


def _decided(event: ScanEvent, decisions: Mapping[FieldRef, Decision], today: date) -> ScanEvent:
    """The event as it counts: what people decided stands before what the machine says. The store keeps the latter."""
    if not isinstance(event, AssetScan) or not decisions:
        return event
    return replace(event, verdicts=tuple(apply(one, decisions.get(one.ref), today) for one in event.verdicts))


def keep_missed(store: Store, missed: Sequence[Skipped], limits: Limits) -> None:
    """A scan of nothing: keep that known sources could not be located, so that what is known is not taken for fresh."""
    scan_id = store.begin_scan(limits.seed, {})
    _keep_missed(store, scan_id, missed)
    store.end_scan(scan_id, "complete")


def _keep_missed(store: Store, scan_id: int, missed: Sequence[Skipped]) -> None:
    known = {source.name for source in store.sources()} if missed else set()
    for skip in missed:
        if skip.source in known:
            store.save_skip(scan_id, skip)


def _taken(store: Store, target: Target) -> Source:
    """The target's source, known to the store."""
    if target.is_adhoc:
        return store.add_source(target.source)
    store.save_source(target.source)
    return target.source


def _keep_unreached(store: Store, scan_id: int, targets: Sequence[Target], summary: ScanSummary) -> None:
    """Say of each source whose listing an interrupt forestalled that it was not looked at."""
    begun = summary.sources[-1] if summary.sources else None
    unlisted = [begun] if begun is not None and begun.asset_count is None else []
    for target in targets[len(summary.sources) :]:
        unlisted.append(SourceSummary(_taken(store, target)))
        summary.sources.append(unlisted[-1])
    for one in unlisted:
        skip = Skipped(one.source.name, Reason.INTERRUPTED)
        store.save_skip(scan_id, skip)
        one.skipped.append(skip)


def _new(before: DataMap, after: DataMap, summary: ScanSummary) -> Iterator[FieldVerdict]:
    """The personal fields of the scanned sources that the map did not have before."""
    known = {ref for ref, verdict in _verdicts(before) if verdict.state.is_personal}
    scanned = {one.source.name for one in summary.sources}
    for ref, verdict in _verdicts(after):
        if verdict.state.is_personal and ref not in known and ref.source in scanned:
            yield verdict


def _verdicts(data_map: DataMap) -> Iterator[tuple[FieldRef, FieldVerdict]]:
    for part in data_map.sources:
        for asset in part.assets:
            for item in asset.fields:
                yield item.field.ref, item.verdict


def _events(app: App, target: Target, engine: Engine, limits: Limits) -> Iterator[ScanEvent]:
    connector = connect(app, target, limits.timeout_s)
    try:
        yield from scan(connector, engine.for_country(target.source.country), limits)
    finally:
        connector.close()


def _keep(store: Store, scan_id: int, one: SourceSummary, event: ScanEvent) -> None:
    if isinstance(event, AssetScan):
        store.save_asset(scan_id, event)
    elif isinstance(event, Skipped):
        store.save_skip(scan_id, event)
    elif isinstance(event, Listing):
        # At once, so that whatever ends the run, what was listed and not read shows in the coverage.
        store.end_source(scan_id, SourceScan(one.source, one.asset_count or 0, is_complete=False))
    elif isinstance(event, SourceScan):
        store.end_source(scan_id, event)


def check_fail_on(wanted: Sequence[str]) -> None:
    """Refuse what is neither a category, nor a class, nor ``new``.

    Raises:
        UsageError: there is no such word.
    """
    classes = {item.value for item in LegalClass}
    for word in wanted:
        if word != "new" and word not in classes and word not in CATEGORIES:
            msg = f"--fail-on {word}: neither a category, nor a class ({', '.join(sorted(classes))}), nor “new”."
            raise UsageError(msg)


def _failing(verdicts: Sequence[FieldVerdict], fail_on: Sequence[str]) -> Iterator[FieldVerdict]:
    wanted = set(fail_on)
    for verdict in verdicts:
        if verdict.state.is_personal:
            found = categories_of(verdict) | ({verdict.category} if verdict.category else set())
            if found & wanted or {class_of(item) for item in found} & wanted:
                yield verdict


def planned(app: App, target: Target, limits: Limits) -> tuple[list[Asset], list[Skipped]]:
    """What a scan would look at, and what it already could not: the listing alone, no row is read."""
    assets: list[Asset] = []
    skipped: list[Skipped] = []
    connector = connect(app, target, limits.timeout_s)
    try:
        for item in listing(connector):
            if isinstance(item, Skipped):
                if item.asset is None or is_wanted(item.asset, limits.include, limits.exclude):
                    skipped.append(item)
            elif is_wanted(item.asset.name, limits.include, limits.exclude):
                assets.append(item.asset)
    finally:
        connector.close()
    return assets, skipped
