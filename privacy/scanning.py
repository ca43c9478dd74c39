"""A scan from its targets to the store: what is seen is kept as it is seen, and summed up at the end."""

from __future__ import annotations

import hashlib
import json
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import date
from typing import TYPE_CHECKING

from data_map.build import apply
from data_map.errors import NotAllowedError, ToolError
from data_map.model import AssetScan, Decision, FieldRef, Reason, Skipped, Source, SourceScan, Suppression
from privacy import holder
from privacy.app import App, Target
from privacy.opening import manners_of, opening_of
from privacy.scan_summary import ScanSummary, SourceSummary, amiss, asks_for_hygiene, failing_of, newly_found
from scanners.fingerprint import detectors_digest
from scanners.scan import Limits, Listing, ScanEvent, events_of
from scanners.schedule import Done, Event, Job, Schedule
from scanners.units import Detection

if TYPE_CHECKING:
    from data_map.store.store import Store
    from scanners.executor import Workers


class Stopped:
    """Whether the run was asked to stop, and when it may be told so by a ``KeyboardInterrupt``.

    An interrupt that somebody's callback swallowed still counts. While something is being kept in the store it waits.
    """

    def __init__(self) -> None:
        self.is_set = False
        self._shields = 0

    def ask(self) -> None:
        """From a signal's handler.

        Raises:
            KeyboardInterrupt: unless this is no moment for it.
        """
        self.is_set = True
        if not self._shields:
            raise KeyboardInterrupt

    def check(self) -> None:
        """Stop here, if asked to.

        Raises:
            KeyboardInterrupt: it was.
        """
        if self.is_set:
            raise KeyboardInterrupt

    @contextmanager
    def shield(self) -> Iterator[None]:
        """No interrupt in here."""
        self._shields += 1
        try:
            yield
        finally:
            self._shields -= 1


@dataclass(frozen=True, slots=True)
class Mode:
    """How a run goes about it."""

    #: What has not changed since its last look is not read.
    changed_only: bool = False
    #: Begin a new scan, also where the last one of the same plan was left unfinished.
    restart: bool = False
    #: The seed was chosen by hand: a scan with another one is another scan.
    is_seed_given: bool = False
    #: When all is looked at, measure which fields join.
    has_joins: bool = True


def run_scan(
    app: App,
    store: Store,
    targets: Sequence[Target],
    detection: Detection,
    limits: Limits,
    *,
    workers: Workers,
    mode: Mode | None = None,
    missed: Sequence[Skipped] = (),
    fail_on: Sequence[str] = (),
    watch: Callable[[Target, ScanEvent], None] = lambda target, event: None,
    stopped: Stopped | None = None,
    say: Callable[[str], None] = lambda text: None,
) -> ScanSummary:
    """Scan targets with the workers; what each unit of work found is committed when it is done.

    Where the last scan of the same plan was left unfinished, it is continued. ``missed`` are known sources that cannot
    even be located; they are kept as skipped. ``watch`` is called with every event, ``say`` with what is worth a line.
    A ``KeyboardInterrupt`` ends the run and is told in the summary. The workers are closed.

    Raises:
        UnavailableError: the store or the cluster is not there any more; what was committed stays.
    """
    return _Run(app, store, detection, limits, workers, mode or Mode(), fail_on, watch, stopped or Stopped(), say).run(
        targets, missed
    )


class _Run:
    """One run as it goes on."""

    def __init__(
        self,
        app: App,
        store: Store,
        detection: Detection,
        limits: Limits,
        workers: Workers,
        mode: Mode,
        fail_on: Sequence[str],
        watch: Callable[[Target, ScanEvent], None],
        stopped: Stopped,
        say: Callable[[str], None],
    ) -> None:
        self._app = app
        self._store = store
        self._detection = detection
        self._limits = limits
        self._workers = workers
        self._mode = mode
        self._fail_on = fail_on
        self._watch = watch
        self._stopped = stopped
        self._say = say
        self._decisions: dict[FieldRef, Decision] = {}
        self._suppressions: tuple[Suppression, ...] = ()
        self._alive_at = time.monotonic()

    def run(self, targets: Sequence[Target], missed: Sequence[Skipped]) -> ScanSummary:
        from data_map.store import scans, suppressions

        before = self._store.load(today=self._app.today) if "new" in self._fail_on else None
        self._decisions = {decision.ref: decision for decision in self._store.decisions()}
        self._suppressions = tuple(suppressions.latest(self._store))
        options = {
            "model": self._detection.model,
            "sample_rows": self._limits.sample_rows,
            "full": self._limits.full,
            "changed_only": self._mode.changed_only,
        }
        plan = plan_of(self._app, targets, self._detection, self._limits, self._mode)
        me = holder.me(self._app.now())
        self._begun = scans.begin(
            self._store,
            plan,
            self._limits.seed,
            options,
            me,
            is_dead=holder.is_dead,
            is_anew=self._mode.restart,
            sources=[_known_as(self._store, target) for target in targets],
        )
        self._limits = replace(self._limits, seed=self._begun.seed)
        self.summary = ScanSummary(self._begun.id, self._begun.is_continued, self._detection.model)
        if before is not None and self._begun.is_continued:
            earlier = scans.before(self._store, self._begun.id)
            before = self._store.load(earlier, today=self._app.today) if earlier else type(before)()
        try:
            try:
                taken = self._work(targets, missed)
                self._workers.close(at_once=False)  # and with them their connections
                self._link(taken)
            except KeyboardInterrupt:
                self.summary.is_interrupted = True
            with self._stopped.shield():
                self._workers.close(at_once=self.summary.is_interrupted)
                if self.summary.is_interrupted:
                    self._keep_unreached(targets)
                is_open = self.summary.is_interrupted or bool(self.summary.late)
                self._store.end_scan(self._begun.id, "interrupted" if is_open else "complete")
        except BaseException as error:
            with self._stopped.shield():
                self._workers.close(at_once=True)
                # A store that fails, or that another run goes on with, keeps what it has.
                if not isinstance(error, ToolError):
                    self._store.end_scan(self._begun.id, "interrupted")
            raise
        self.summary.workers = self._workers.name
        is_unread = bool(self._fail_on) and any(one.unchanged_count for one in self.summary.sources)
        if before is not None or self._suppressions or asks_for_hygiene(self._fail_on) or is_unread:
            after = self._store.load(today=self._app.today)
            if before is not None:
                self.summary.failing.extend(newly_found(before, after, self.summary))
            parts = [part for part in after.sources if part.source.name in self.summary.names]
            # What is there still is there, although it was not read again: an alarm does not end by itself.
            for asset in (asset for part in parts for asset in part.assets):
                if asset.unchanged_scan_id == self._begun.id:
                    verdicts = [item.verdict for item in asset.fields]
                    self.summary.failing.extend(failing_of(verdicts, self._fail_on))
            self.summary.amiss = amiss(after, parts, self._fail_on, self._app.today)
            self.summary.suppressed_count = sum(
                item.suppression is not None for part in parts for asset in part.assets for item in asset.fields
            )
        return self.summary

    def _link(self, targets: Sequence[Target]) -> None:
        """Measure the joins between what was read in this scan."""
        from data_map.store import scans
        from privacy.linking import measure

        unread = {one.source.name for one in self.summary.sources if one.is_unopened} | set(self.summary.late)
        at = self._app.now().astimezone(self._app.config.zone)
        open_now = [
            target for target in targets if target.source.name not in unread and manners_of(target).hours.is_open(at)
        ]
        if not self._mode.has_joins or not any(one.read_count for one in self.summary.sources):
            return
        if scans.try_joins(self._store, self._begun) > _JOIN_TRIES:
            self._say("joins were not measured: that ended this scan twice before, perhaps for want of memory")
            return
        try:
            done = measure(self._app, self._store, self._begun.id, open_now, self._limits, on_step=self._wait)
        except ToolError:
            raise
        except Exception as error:  # what was looked at is kept, and the scan is done
            self._say(f"joins were not measured: {type(error).__name__}, which is a mistake in this tool")
            return
        for one in self.summary.sources:
            one.key_rows_read += done.rows_read[one.source.name]
        for name in done.unfinished:
            self._say(f"{name}: not all joins were measured in the time for it")
        if done.failed_count:
            self._say(f"{done.failed_count} questions about joins were refused or took too long")

    def _work(self, targets: Sequence[Target], missed: Sequence[Skipped]) -> list[Target]:
        self._keep_missed(missed)
        taken: list[Target] = []
        for target in targets:
            try:
                source = _taken(self._store, target)
            except NotAllowedError as error:  # its name stands for another place: the others are still scanned
                self.summary.refused.append(error)
                continue
            taken.append(Target(source, target.place, target.settings))
        jobs = [self._job(target) for target in taken]
        schedule = Schedule(
            jobs,
            self._workers,
            self._detection,
            self._limits,
            clock=lambda: self._app.now().astimezone(self._app.config.zone),
            on_wait=self._wait,
        )
        summaries: dict[int, SourceSummary] = {}
        began: dict[int, float] = {}
        for number, event in schedule.events():
            self._stopped.check()
            if number not in summaries:
                summaries[number] = SourceSummary(taken[number].source)
                began[number] = time.monotonic()
                self.summary.sources.append(summaries[number])
            with self._stopped.shield():
                self._take(taken[number], summaries[number], event)
            summaries[number].seconds = time.monotonic() - began[number]
        return taken

    def _job(self, target: Target) -> Job:
        from data_map.store import scans

        name = target.source.name
        known = scans.last_fingerprints(self._store, name) if self._mode.changed_only else {}
        earlier = scans.Committed()
        if self._begun.is_continued:
            earlier = scans.committed(self._store, self._begun.id, name)
        opening = opening_of(self._app, target, self._limits.timeout_s, series=self._limits.series)
        return Job(opening, manners_of(target), earlier.assets, known, done_as=known | earlier.fingerprints)

    def _take(self, target: Target, one: SourceSummary, event: Event) -> None:
        """Keep one event, count it, and tell it."""
        from data_map.store import scans

        self._alive_at = time.monotonic()
        if isinstance(event, Listing):
            listed = SourceScan(one.source, event.asset_count or 0, is_complete=False)
            scans.begin_source(
                self._store,
                self._begun,
                listed,
                skipped=event.skipped,
                unchanged=event.unchanged,
                done=(*event.done, *event.members),
            )
            self._tell(target, one, *event.skipped, event)
            self._tell_earlier(one, event)
        elif isinstance(event, Done):
            scans.save_unit(self._store, self._begun, [(each.scan, each.skipped) for each in event.looked])
            for each in event.looked:
                self._tell(target, one, *events_of(each))
            reasons = {skip.reason for each in event.looked for skip in each.skipped}
            if Reason.OUTSIDE_HOURS in reasons:
                self.summary.late.append(one.source.name)
        elif isinstance(event, Skipped):
            scans.skip_source(self._store, self._begun, event)
            self._tell(target, one, event)
        elif isinstance(event, SourceScan):
            scans.end_source(self._store, self._begun, event)
            self._tell(target, one, event)
        else:
            self._tell(target, one, event)

    def _tell(self, target: Target, one: SourceSummary, *events: ScanEvent) -> None:
        for event in events:
            self._count(one, event)
            self._watch(target, event)

    def _count(self, one: SourceSummary, event: ScanEvent) -> None:
        counted = _decided(event, self._decisions, self._suppressions, self._app.today)
        one.add(counted)
        if isinstance(counted, AssetScan):
            self.summary.failing.extend(failing_of(counted.verdicts, self._fail_on))

    def _tell_earlier(self, one: SourceSummary, event: Listing) -> None:
        """Count what earlier parts of this scan have done."""
        from data_map.store import scans

        if not event.done:
            return
        earlier = scans.committed(self._store, self._begun.id, one.source.name)
        here = set(event.done)
        for look in earlier.looks:
            if look.asset.name in here:
                self._count(one, look)
        own = here.union(event.members)
        one.skipped.extend(skip for skip in earlier.skipped if skip.asset in own)
        one.unchanged_count += sum(name in here for name in earlier.unchanged)
        count = one.asset_count or 0
        self._say(f"{one.source.name}: continuing scan {self._begun.id}: {len(here):,} of {count:,} done")

    def _wait(self) -> None:
        from data_map.store import scans

        self._stopped.check()
        if time.monotonic() - self._alive_at > _ALIVE_S:
            with self._stopped.shield():
                scans.stay_alive(self._store, self._begun)
            self._alive_at = time.monotonic()

    def _keep_missed(self, missed: Sequence[Skipped]) -> None:
        from data_map.store import scans

        known = {source.name for source in self._store.sources()} if missed else set()
        for skip in missed:
            if skip.source in known:
                scans.skip_source(self._store, self._begun, skip)

    def _keep_unreached(self, targets: Sequence[Target]) -> None:
        """Say of each source whose listing an interrupt forestalled that it was not looked at."""
        from data_map.store import scans

        begun = {one.source.name for one in self.summary.sources}
        for target in targets:
            try:
                source = _taken(self._store, target)
            except NotAllowedError:
                continue
            if source.name not in begun:
                self.summary.sources.append(SourceSummary(source))
        for one in self.summary.sources:
            if one.asset_count is None and not one.skipped:
                skip = Skipped(one.source.name, Reason.INTERRUPTED)
                scans.skip_source(self._store, self._begun, skip)
                one.skipped.append(skip)


#: So often the joins of one scan are begun to be measured: whatever ends the run there must not end it for ever.
_JOIN_TRIES = 2
#: Seconds between two signs of life while nothing comes back.
_ALIVE_S = 30.0


def plan_of(app: App, targets: Sequence[Target], detection: Detection, limits: Limits, mode: Mode) -> str:
    """A digest of what is to be scanned and how: a run with the same one may go on where another was interrupted."""
    openings = [opening_of(app, target, limits.timeout_s, series=limits.series) for target in targets]
    plan = {
        "sources": sorted(
            [
                target.source.name if target.settings else "",
                opening.place.kind,
                opening.place.location,
                target.source.country or "",
                list(opening.include),
                list(opening.exclude),
                opening.views,
                opening.series,
            ]
            for target, opening in zip(targets, openings, strict=True)
        ),
        "limits": [
            limits.sample_rows,
            limits.full,
            limits.max_file_bytes,
            limits.timeout_s,
            list(limits.include),
            list(limits.exclude),
            limits.seed if mode.is_seed_given else None,
        ],
        "changed_only": mode.changed_only,
        "model": [detection.model, detection.with_lists],
        "detectors": detectors_digest(),
    }
    return hashlib.sha256(json.dumps(plan, sort_keys=True).encode("utf-8", "surrogatepass")).hexdigest()


def _decided(
    event: ScanEvent,
    decisions: Mapping[FieldRef, Decision],
    suppressions: Sequence[Suppression],
    today: date,
) -> ScanEvent:
    """The event as it counts: what people decided stands before what the machine says. The store keeps the latter."""
    if not isinstance(event, AssetScan) or not (decisions or suppressions):
        return event
    verdicts = tuple(apply(one, decisions.get(one.ref), today, suppressions) for one in event.verdicts)
    return replace(event, verdicts=verdicts)


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


def _known_as(store: Store, target: Target) -> str:
    """The name under which the store knows the target's source, or will."""
    source = target.source
    return store.source_name_for(source.name, source.location) if target.is_adhoc else source.name


def _taken(store: Store, target: Target) -> Source:
    """The target's source, known to the store."""
    if target.is_adhoc:
        return store.add_source(target.source)
    store.save_source(target.source)
    return target.source
