"""What a scan came to, source by source, and whether it found what somebody wanted to be told of."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import TYPE_CHECKING

from data_map.errors import NotAllowedError, UsageError
from data_map.hygiene import findings
from data_map.model import Asset, AssetScan, FieldRef, FieldVerdict, Reason, Skipped, Source, SourceScan
from data_map.series_names import members_among
from data_map.suppression import HYGIENE_KINDS
from data_map.taxonomy import CATEGORIES, LegalClass, class_of
from privacy.hygiene import failing
from scanners.scan import Listing, ScanEvent

if TYPE_CHECKING:
    from data_map.hygiene_finding import HygieneFinding
    from data_map.model import DataMap, MapSource


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
    #: Rows whose keys were read a second time, to measure joins.
    key_rows_read: int = 0
    #: Assets that were not read again because nothing about them has changed.
    unchanged_count: int = 0
    #: Seconds from its listing to its last asset, in this run.
    seconds: float = 0.0
    #: Category → fields in which it was found, as the field's own category or inside a text.
    categories: Counter[str] = field(default_factory=Counter)
    skipped: list[Skipped] = field(default_factory=list)
    #: Assets that stand for several tables or files.
    series: list[Asset] = field(default_factory=list)

    @property
    def unreached_count(self) -> int:
        """Assets that were listed, and neither read nor refused: the scan was interrupted before them."""
        refused = {skip.asset for skip in self.skipped if skip.asset is not None and skip.field is None}
        refused -= members_among(refused, self.series)
        return max(0, (self.asset_count or 0) - self.read_count - self.unchanged_count - len(refused))

    @property
    def is_unopened(self) -> bool:
        """Whether the source itself could not be opened, so that nothing of it was read."""
        nothing = self.read_count == 0 and self.unchanged_count == 0
        unopened = (skip.asset is None and skip.reason is not Reason.OUTSIDE_HOURS for skip in self.skipped)
        return nothing and any(unopened)

    def add(self, event: ScanEvent) -> None:
        """Count one event of the scan."""
        if isinstance(event, Skipped):
            self.skipped.append(event)
        elif isinstance(event, Listing):
            self.asset_count = event.asset_count
            self.unchanged_count += len(event.unchanged)
        elif isinstance(event, SourceScan):
            self.asset_count = event.asset_count
        elif isinstance(event, AssetScan):
            self.read_count += 1
            if event.asset.member_count is not None:
                self.series.append(event.asset)
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
    #: Whether an earlier run began this scan.
    is_continued: bool
    #: Module of the language model; None when names in running text were not looked for.
    model: str | None
    sources: list[SourceSummary] = field(default_factory=list)
    is_interrupted: bool = False
    #: Sources whose hours ended before all of it was read: the next run goes on there.
    late: list[str] = field(default_factory=list)
    #: Where it was done: ``this process``, ``4 processes``, ``dask``.
    workers: str = "this process"
    #: Fields that ``--fail-on`` was asked about and that were found.
    failing: list[FieldVerdict] = field(default_factory=list)
    #: Hygiene findings that it was asked about.
    amiss: list[HygieneFinding] = field(default_factory=list)
    #: Personal fields of the scanned sources that people set aside by pattern.
    suppressed_count: int = 0

    #: Sources that could not be taken, with the reason.
    refused: list[NotAllowedError] = field(default_factory=list)

    @property
    def names(self) -> frozenset[str]:
        """The sources that were scanned, by name."""
        return frozenset(one.source.name for one in self.sources)

    @property
    def has_skips(self) -> bool:
        """Whether anything was not read."""
        return any(source.skipped for source in self.sources)


def categories_of(verdict: FieldVerdict) -> set[str]:
    """The categories a personal field holds: its own, or what its text contains."""
    own = {verdict.category} if verdict.category and verdict.category != "text.personal" else set()
    return own | {item.category for item in verdict.contains}


def check_fail_on(wanted: Sequence[str]) -> None:
    """Refuse what is neither a category, nor a class, nor a kind of hygiene finding, nor ``new``.

    Raises:
        UsageError: there is no such word.
    """
    classes = {item.value for item in LegalClass}
    for word in wanted:
        if word != "new" and word not in classes and word not in CATEGORIES and word not in HYGIENE_KINDS:
            msg = (
                f"--fail-on {word}: neither a category, nor a class ({', '.join(sorted(classes))}), nor a kind of "
                f"hygiene finding ({', '.join(HYGIENE_KINDS)}), nor “new”."
            )
            raise UsageError(msg)


def failing_of(verdicts: Sequence[FieldVerdict], fail_on: Sequence[str]) -> Iterator[FieldVerdict]:
    """The personal fields of a category or class that was asked about."""
    wanted = set(fail_on)
    for verdict in verdicts:
        if verdict.state.is_personal:
            found = categories_of(verdict) | ({verdict.category} if verdict.category else set())
            if found & wanted or {class_of(item) for item in found} & wanted:
                yield verdict


def newly_found(before: DataMap, after: DataMap, summary: ScanSummary) -> Iterator[FieldVerdict]:
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


def amiss(data_map: DataMap, parts: Iterable[MapSource], fail_on: Sequence[str], today: date) -> list[HygieneFinding]:
    """The hygiene findings of these sources that were asked about."""
    kinds = _hygiene_kinds(fail_on)
    if not kinds:
        return []
    names = {part.source.name for part in parts}
    return [one for one in failing(findings(data_map, today), kinds) if one.source in names]


def asks_for_hygiene(fail_on: Sequence[str]) -> bool:
    """Whether a kind of hygiene finding is among the words."""
    return bool(_hygiene_kinds(fail_on))


def _hygiene_kinds(fail_on: Sequence[str]) -> list[str]:
    # ``secret`` is a class of categories as well, and stands for that one here.
    classes = {item.value for item in LegalClass}
    return [word for word in fail_on if word in HYGIENE_KINDS and word not in classes]
