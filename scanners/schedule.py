"""Many sources over many workers: who looks at what next, and what becomes of it, as a stream of events.

Nothing is kept here. A worker that dies, a source that is lost, an hour that ends: each is an event, never the end.
"""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, wait
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import datetime

from data_map.errors import ToolError
from data_map.model import AssetKind, Reason, Skipped, SourceScan
from scanners import worker
from scanners.executor import Lane, Workers
from scanners.fingerprint import fingerprint
from scanners.look import Limits, Looked, is_lost
from scanners.pace import Manners
from scanners.scan import LOST, Listing, Reading, Survey, ended, survey
from scanners.series import members
from scanners.sources.base import Listed, SourceConnector
from scanners.units import Detection, Opening, Piece, Unit, batches
from scanners.values import UnreadableError

#: Seconds between two looks at what could interrupt a wait.
_TICK_S = 0.2
#: Seconds between two looks at whether distant workers are still there.
_CHECK_S = 3.0
#: What a table and a byte of a file take one core, in seconds, roughly: for the choice between one and many only.
_TABLE_S, _BYTE_S = 0.08, 2e-6
#: More bytes than this of one file are hardly ever read without being asked to.
_SAMPLE_BYTES = 500_000


@dataclass(frozen=True, slots=True)
class Job:
    """One source that is to be scanned."""

    opening: Opening
    manners: Manners = field(default_factory=Manners)
    #: Assets that an earlier part of this scan has done, by name.
    done: frozenset[str] = frozenset()
    #: asset → fingerprint of its last look; what has the same one is not read. Empty: everything is read.
    known: Mapping[str, str] = field(default_factory=dict)
    #: Whether the fingerprints are needed at all.
    is_marked: bool = True
    #: asset → fingerprint as of when it was done; what has another one now is read again. None: it is taken as it is.
    done_as: Mapping[str, str | None] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Done:
    """A unit came back: to be committed at once."""

    looked: tuple[Looked, ...]


Event = Listing | Reading | Done | Skipped | SourceScan
#: The clock of the controller's zone: aware or not, it is only compared with hours of the day.
Clock = Callable[[], datetime]


@dataclass(frozen=True, slots=True)
class _Choice:
    """What becomes of the assets of a listing."""

    pieces: list[Piece] = field(default_factory=list)
    #: Read already by this scan, and changed since: to be read again.
    changed: list[Piece] = field(default_factory=list)
    unchanged: list[str] = field(default_factory=list)
    done: list[Listed] = field(default_factory=list)


@dataclass(slots=True, eq=False)
class _Going:
    """A source that is being scanned."""

    number: int
    job: Job
    known: Survey
    units: deque[Unit]
    #: Assets that this scan has read already, and that have changed since.
    changed: frozenset[str] = frozenset()
    in_flight: int = 0
    #: Assets in a row whose connection failed.
    lost: int = 0
    #: When the next unit may begin, by the monotonic clock.
    next_at: float = 0.0
    is_given_up: bool = False

    @property
    def is_over(self) -> bool:
        return not self.units and not self.in_flight


@dataclass(frozen=True, slots=True)
class _Flight:
    lane: Lane
    going: _Going
    unit: Unit
    is_second: bool


class Schedule:
    """One run over some sources. ``events`` can be taken once."""

    def __init__(
        self,
        jobs: Sequence[Job],
        workers: Workers,
        detection: Detection,
        limits: Limits,
        *,
        clock: Clock,
        on_wait: Callable[[], None] = lambda: None,
        monotonic: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        """``on_wait`` is called while there is nothing to tell; what it raises ends the run."""
        self._waiting = deque(enumerate(jobs))
        self._workers = workers
        self._detection = detection
        self._limits = limits
        self._clock = clock
        self._on_wait = on_wait
        self._monotonic = monotonic
        self._sleep = sleep
        self._going: list[_Going] = []
        #: When it was last looked whether distant workers are still there.
        self._checked_at = monotonic()
        self._flights: dict[Future[tuple[Looked, ...]], _Flight] = {}
        #: lane → the source that its worker holds open.
        self._holders: dict[Lane, _Going] = {}
        #: Pieces of a unit whose worker died: each is tried once more, with nothing else going on.
        self._again: deque[tuple[_Going, Unit]] = deque()

    def events(self) -> Iterator[tuple[int, Event]]:
        """What happens, with the number of the job it happens to. Each job ends with its ``SourceScan``, unless its
        source may not be read at this hour at all: then with the ``Skipped`` that says so.
        """
        while True:
            yield from self._late()
            yield from self._hand_out()
            if self._flights:
                yield from self._collect()
            elif self._going or self._again:
                self._on_wait()
                self._sleep(_TICK_S)
            elif not self._waiting:
                return

    # Handing out

    def _hand_out(self) -> Iterator[tuple[int, Event]]:
        """Give every idle lane something to do; list the next source when there is not enough."""
        is_idle = True
        while is_idle:
            is_idle = False
            busy = {flight.lane for flight in self._flights.values()}
            lanes = [lane for lane in self._workers.lanes() if lane not in busy]
            if self._again:
                if not busy and lanes:
                    going, unit = self._again.popleft()
                    yield from self._submit(lanes[0], going, unit, is_second=True)
                return
            for lane in lanes:
                chosen = self._choose(lane)
                if chosen is not None:
                    yield from self._submit(lane, chosen, chosen.units.popleft())
                elif self._waiting:
                    yield from self._begin(*self._waiting.popleft())
                    is_idle = True
                    break
                if any(future.done() for future in self._flights):
                    return

    def _choose(self, lane: Lane) -> _Going | None:
        """The source that a lane should read: the one it holds, else the first that lets one more in."""
        now = self._monotonic()
        ready = [going for going in self._going if going.units and going.next_at <= now]
        held = self._holders.get(lane)
        if held in ready:
            return held
        for going in ready:
            most = going.job.manners.connections
            if most is None or sum(other is going for other in self._holders.values()) < most:
                return going
        return None

    def _submit(self, lane: Lane, going: _Going, unit: Unit, *, is_second: bool = False) -> Iterator[tuple[int, Event]]:
        yield going.number, Reading(unit.pieces[0].listed.asset)
        self._holders[lane] = going
        if not is_second:
            going.in_flight += 1
        try:
            future = lane.submit(worker.look, unit)
        except RuntimeError:  # its pool broke a moment ago, or its cluster was closed
            future = Future()
            future.set_exception(RuntimeError())
        self._flights[future] = _Flight(lane, going, unit, is_second)

    def _begin(self, number: int, job: Job) -> Iterator[tuple[int, Event]]:
        """List a source and cut it into units."""
        source = job.opening.source
        if not job.manners.hours.is_open(self._clock()):
            yield number, Skipped(source.name, Reason.OUTSIDE_HOURS, code=str(job.manners.hours))
            return
        connector: SourceConnector | None = None
        is_kept = False
        try:
            try:
                connector = job.opening.open()
                known = survey(connector, self._limits)
                chosen = self._choice(job, known)
            except UnreadableError as error:
                known, chosen = _unlisted(job, error.reason, error.code), _Choice()
            except ToolError:
                raise
            except Exception as error:  # a source that cannot even be listed stops no other
                known, chosen = _unlisted(job, Reason.READER_FAILED, type(error).__name__), _Choice()
            # What was never read comes first: a scan that is often interrupted gets to its end.
            pieces = (*chosen.pieces, *chosen.changed)
            units = deque(Unit(job.opening, self._detection, self._limits, batch) for batch in batches(pieces))
            self._workers.expect(sum(map(_work_s, pieces)))
            is_kept = bool(units) and connector is not None and self._keep(job, connector)
        finally:
            if connector is not None and not is_kept:
                with suppress(Exception):  # whatever its driver thinks of it
                    connector.close()
        yield (
            number,
            Listing(
                source,
                tuple(piece.listed.asset for piece in pieces),
                tuple(chosen.unchanged),
                tuple(sorted(item.asset.name for item in chosen.done)),
                tuple(name for item in chosen.done for name in members(item)),
                known.skipped,
                known.count,
            ),
        )
        changed = frozenset(piece.listed.asset.name for piece in chosen.changed)
        going = _Going(number, job, known, units, changed)
        if units:
            self._going.append(going)
        else:
            yield from self._end(going)

    def _keep(self, job: Job, connector: SourceConnector) -> bool:
        """In this process the connector of the listing goes on: some are dear to open."""
        lanes = self._workers.lanes()
        if len(lanes) == 1 and self._workers.is_here(lanes[0]) and not self._flights:
            worker.adopt(job.opening, connector)
            return True
        return False

    def _choice(self, job: Job, known: Survey) -> _Choice:
        choice = _Choice()
        country = job.opening.source.country
        for item in known.listed:
            name = item.asset.name
            about = known.contexts.get(name)
            mark = fingerprint(item, about, self._limits, self._detection, country) if job.is_marked else None
            if name in job.done:
                if mark is None or job.done_as.get(name) in (None, mark):
                    choice.done.append(item)
                else:
                    choice.changed.append(Piece(item, about, mark))
            elif mark is not None and job.known.get(name) == mark:
                choice.unchanged.append(name)
            else:
                choice.pieces.append(Piece(item, about, mark))
        return choice

    # Collecting

    def _collect(self) -> Iterator[tuple[int, Event]]:
        """Wait for one unit at least, or a moment."""
        while True:
            done, _ = wait(self._flights, timeout=_TICK_S, return_when=FIRST_COMPLETED)
            if done:
                break
            self._on_wait()
            if self._monotonic() - self._checked_at >= _CHECK_S:
                self._checked_at = self._monotonic()
                done = {each for each, flight in self._flights.items() if not self._workers.is_alive(flight.lane)}
                if done:
                    break
            if self._may_hand_out():
                return
        for future in done:
            flight = self._flights.pop(future)
            yield from self._landed(flight, _result(future))
        self._on_wait()

    def _may_hand_out(self) -> bool:
        """Whether a pause that a source wants is over, or an hour has ended."""
        now = self._monotonic()
        return any(going.units and going.next_at and going.next_at <= now for going in self._going)

    def _landed(self, flight: _Flight, result: tuple[Looked, ...] | None) -> Iterator[tuple[int, Event]]:
        going = flight.going
        if result is None:
            self._workers.bury(flight.lane)
            self._holders.pop(flight.lane, None)
            if not flight.is_second:
                unit = flight.unit
                self._again.extend((going, replace(unit, pieces=(piece,))) for piece in unit.pieces)
                going.in_flight += len(unit.pieces) - 1
                return
            asset = flight.unit.pieces[0].listed.asset
            result = (worker.failed(asset.source, asset.name, "worker_died"),)
        for looked in result:
            going.lost = going.lost + 1 if is_lost(looked) else 0
        self._pace(going, result)
        going.in_flight -= 1
        yield going.number, Done(result)
        if going.lost >= LOST:
            going.is_given_up = True
            yield from self._leave(going, Reason.CONNECTION_LOST)
        if going.is_over:
            yield from self._end(going)

    def _pace(self, going: _Going, result: tuple[Looked, ...]) -> None:
        rate = going.job.manners.max_rows_per_s
        rows = sum(looked.scan.rows_read for looked in result if looked.scan is not None)
        if rate and rows:
            going.next_at = max(going.next_at, self._monotonic()) + rows / rate

    def _late(self) -> Iterator[tuple[int, Event]]:
        """Sources whose hours have ended, or that were given up while a worker was dying: what is in flight comes back,
        the rest is left for another day.
        """
        for going in list(self._going):
            if not going.units and all(each is not going for each, _ in self._again):
                continue
            if going.is_given_up:
                yield from self._leave(going, Reason.CONNECTION_LOST)
            elif not going.job.manners.hours.is_open(self._clock()):
                yield from self._leave(going, Reason.OUTSIDE_HOURS)
            if going.is_over:
                yield from self._end(going)

    def _leave(self, going: _Going, reason: Reason) -> Iterator[tuple[int, Event]]:
        """Everything of a source that is not in flight is left unread, for one reason."""
        again = [unit for each, unit in self._again if each is going]
        self._again = deque(item for item in self._again if item[0] is not going)
        pieces = [piece for unit in (*again, *going.units) for piece in unit.pieces]
        if reason is Reason.OUTSIDE_HOURS:  # a source that changes every day would never be done
            pieces = [piece for piece in pieces if piece.listed.asset.name not in going.changed]
        going.in_flight -= len(again)
        going.units.clear()
        source = going.job.opening.source.name
        if pieces:
            left = (Looked(None, (Skipped(source, reason, piece.listed.asset.name),)) for piece in pieces)
            yield going.number, Done(tuple(left))

    def _end(self, going: _Going) -> Iterator[tuple[int, Event]]:
        if going in self._going:
            self._going.remove(going)
        yield going.number, ended(going.job.opening.source, going.known, self._limits, is_given_up=going.is_given_up)


def _result(future: Future[tuple[Looked, ...]]) -> tuple[Looked, ...] | None:
    """What came back; None when the worker died, or could not take or give back the unit."""
    if not future.done() or future.cancelled() or future.exception() is not None:
        future.cancel()
        return None
    return future.result()


def _unlisted(job: Job, reason: Reason, code: str | None) -> Survey:
    return Survey((), (Skipped(job.opening.source.name, reason, code=code),), is_listed=False)


def _work_s(piece: Piece) -> float:
    asset = piece.listed.asset
    if asset.kind is not AssetKind.FILE:
        return _TABLE_S
    return 0.005 + min(asset.size_bytes or 0, _SAMPLE_BYTES) * _BYTE_S
