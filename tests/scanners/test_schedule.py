"""Who reads what when: connections, pace, hours, and what is given up. The clock is an argument."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from concurrent.futures import Executor, Future, ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from threading import Event
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from data_map.model import AssetScan, Reason, Skipped, Source, SourceScan
from scanners import worker
from scanners.executor import Inline, Lane, Processes
from scanners.look import Limits
from scanners.pace import Hours, Manners
from scanners.scan import Listing, events_of
from scanners.schedule import Done, Job, Schedule
from scanners.sources.address import Place
from scanners.units import Detection, Opening
from tests.scanners.odd_source import odd

DETECTION = Detection(None)


class Time:
    """A clock that goes on when somebody sleeps, and a second with every look at it."""

    def __init__(self, start: datetime, step_s: float = 0.0) -> None:
        self.at = start
        self.passed = 0.0
        self.step_s = step_s

    def sleep(self, seconds: float) -> None:
        self.at += timedelta(seconds=seconds)
        self.passed += seconds

    def now(self) -> datetime:
        self.sleep(self.step_s)
        return self.at

    def monotonic(self) -> float:
        return self.passed


def took(jobs: Sequence[Job], clock: Time, workers: Any = None) -> list[tuple[int, object]]:
    own = workers or Inline()
    schedule = Schedule(
        jobs,
        own,
        DETECTION,
        Limits(seed=1),
        clock=clock.now,
        monotonic=clock.monotonic,
        sleep=clock.sleep,
    )
    found: list[tuple[int, object]] = []
    try:
        for number, event in schedule.events():
            if isinstance(event, Done):
                found.extend((number, each) for looked in event.looked for each in events_of(looked))
            else:
                found.append((number, event))
    finally:
        own.close(at_once=False)
    return found


def of(found: list[tuple[int, object]], kind: type) -> list[Any]:
    return [event for _, event in found if isinstance(event, kind)]


NIGHT = datetime(2026, 11, 24, 23, 0, tzinfo=UTC)


# Hours


@pytest.mark.parametrize(
    ("hours", "at", "is_open"),
    [
        (["20:00-06:00"], "20:00", True),
        (["20:00-06:00"], "19:59", False),
        (["20:00-06:00"], "05:59", True),
        (["20:00-06:00"], "06:00", False),
        (["12:00-13:00", "20:00-06:00"], "12:30", True),
        (["12:00-13:00", "20:00-06:00"], "13:00", False),
        (["00:00-24:00"], "23:59", True),
        (["8:00-9:30"], "09:29", True),
        ([], "03:00", True),
    ],
)
def test_hours(hours: list[str], at: str, is_open: bool) -> None:
    hour, minute = map(int, at.split(":"))
    assert Hours.parse(hours).is_open(NIGHT.replace(hour=hour, minute=minute)) is is_open


@pytest.mark.parametrize("text", ["", "20-6", "25:00-06:00", "20:00-06:60", "20:00", "20:00-20:00", "24:00-06:00", "x"])
def test_what_is_no_hours(text: str) -> None:
    with pytest.raises(ValueError, match="20:00-06:00"):
        Hours.parse([text])


@given(st.integers(0, 1439), st.integers(0, 1439), st.integers(0, 1439))
def test_a_window_opens_when_it_says(start: int, length: int, minute: int) -> None:
    end = (start + 1 + length % 1439) % 1440
    if end == start:
        return
    hours = Hours.parse([f"{start // 60:02}:{start % 60:02}-{end // 60:02}:{end % 60:02}"])
    assert Hours.parse([str(hours)]) == hours
    at = NIGHT.replace(hour=minute // 60, minute=minute % 60)
    opens = hours.opens_at(at)
    assert hours.is_open(opens)
    assert timedelta(0) <= opens - at < timedelta(days=1)
    assert opens == at or not hours.is_open(opens - timedelta(minutes=1))


def test_outside_its_hours_a_source_is_not_even_listed(tmp_path: Path) -> None:
    manners = Manners(hours=Hours.parse(["12:00-13:00"]))
    found = took([Job(odd("ok1", log=tmp_path / "log"), manners), Job(odd("ok2", source="other"))], Time(NIGHT))
    [skip] = of(found, Skipped)
    assert (skip.source, skip.asset, skip.reason, skip.code) == ("odd", None, Reason.OUTSIDE_HOURS, "12:00-13:00")
    assert [listing.source.name for listing in of(found, Listing)] == ["other"]
    assert [each.asset.name for each in of(found, AssetScan)] == ["ok2"]
    assert not (tmp_path / "log").exists()


def test_when_the_hours_end_the_rest_is_left() -> None:
    # Each look at the clock takes ten minutes, and the window ends at midnight.
    clock = Time(NIGHT, step_s=600)
    manners = Manners(hours=Hours.parse(["20:00-00:00"]))
    names = [f"ok{number:02}" for number in range(20)]
    found = took([Job(odd(*names), manners)], clock)
    read = [each.asset.name for each in of(found, AssetScan)]
    left = [each.asset for each in of(found, Skipped)]
    assert 2 <= len(read) <= 6
    assert read + left == names
    assert {each.reason for each in of(found, Skipped)} == {Reason.OUTSIDE_HOURS}
    [ended] = of(found, SourceScan)
    assert (ended.asset_count, ended.is_complete) == (20, True)  # the listing was: what is missing in it is gone


# Pace


def test_rows_are_spread_over_time() -> None:
    clock = Time(NIGHT)
    names = [f"ok{number}" for number in range(11)]
    found = took([Job(odd(*names), Manners(max_rows_per_s=50))], clock)
    assert len(of(found, AssetScan)) == 11
    # Ten pauses after 100 rows each: after the last one nobody waits.
    assert 20.0 <= clock.passed < 25.0
    clock = Time(NIGHT)
    took([Job(odd(*names), Manners(max_rows_per_s=0))], clock)
    assert clock.passed == 0.0


def test_while_one_source_waits_another_is_read() -> None:
    jobs = [
        Job(odd("ok1", "ok2", "ok3", source="slow"), Manners(max_rows_per_s=10)),
        Job(odd("ok1", "ok2", "ok3", source="quick")),
    ]
    found = took(jobs, Time(NIGHT))
    assert [each.asset.source for each in of(found, AssetScan)] == ["slow", *["quick"] * 3, "slow", "slow"]


# Connections


class Threads:
    """Lanes that are threads, each with a worker of its own, which says when it holds what."""

    name = "threads"

    def __init__(self, count: int) -> None:
        self._lanes = tuple(_ThreadLane(str(number)) for number in range(count))

    def expect(self, work_s: float) -> None: ...

    def lanes(self) -> Sequence[Lane]:
        return self._lanes

    def is_alive(self, lane: Lane) -> bool:
        return True

    def bury(self, lane: Lane) -> None: ...

    def is_here(self, lane: Lane) -> bool:
        return False

    def close(self, *, at_once: bool) -> None:
        for lane in self._lanes:
            lane.executor.shutdown()

    def most_at_once(self) -> Counter[str]:
        """source → the most lanes that had it open at the same time; a lane has open what it read last."""
        events = sorted(event for lane in self._lanes for event in lane.seen)
        held: dict[str, str] = {}
        most: Counter[str] = Counter()
        for _, lane, source in events:
            held[lane] = source
            for name, count in Counter(held.values()).items():
                most[name] = max(most[name], count)
        return most


class _ThreadLane(Lane):
    _count = iter(range(10**9))

    def __init__(self, name: str) -> None:
        super().__init__(ThreadPoolExecutor(1), name)
        self.seen: list[tuple[int, str, str]] = []

    def submit(self, function: Any, *arguments: Any) -> Future[Any]:
        [unit] = arguments
        self.seen.append((next(self._count), self.name, unit.opening.source.name))
        return super().submit(_slowly, function, unit)


def _slowly(function: Any, unit: Any) -> Any:
    Event().wait(0.01)
    return function(unit)


@pytest.mark.parametrize("connections", [1, 2, 3, None])
def test_a_source_has_no_more_connections_than_it_wants(connections: int | None) -> None:
    workers = Threads(4)
    jobs = [
        Job(odd(*(f"ok{number}" for number in range(30)), source=name), Manners(connections=connections))
        for name in ("a", "b", "c")
    ]
    clock = Time(NIGHT)
    found = took(jobs, clock, workers)
    assert len(of(found, AssetScan)) == 90
    assert len(of(found, SourceScan)) == 3
    most = workers.most_at_once()
    assert all(count <= (connections or 4) for count in most.values()), most
    assert max(most.values()) == (connections or 4)


def test_processes_hold_no_more_connections_than_a_source_wants(tmp_path: Path) -> None:
    log = tmp_path / "log"
    names = [f"slow{number}" for number in range(8)]
    found = took([Job(odd(*names, log=log), Manners(connections=1))], Time(NIGHT), Processes(3, None))
    assert len(of(found, AssetScan)) == 8
    assert len({line for line in log.read_text().splitlines() if line.startswith("open")}) == 1
    log.unlink()
    found = took([Job(odd(*names, log=log), Manners(connections=None))], Time(NIGHT), Processes(3, None))
    assert len({line for line in log.read_text().splitlines() if line.startswith("open")}) == 3


# What is given up


@pytest.mark.parametrize("make", [Inline, lambda: Processes(2, None)], ids=["inline", "processes"])
def test_after_three_lost_in_a_row_the_rest_is_given_up(make: Any) -> None:
    names = ["lost1", "lost2", "ok1", "lost3", "lost4", "lost5", *(f"ok{number}" for number in range(10, 30))]
    found = took([Job(odd(*names), Manners(connections=1)), Job(odd("ok", source="other"))], Time(NIGHT), make())
    read = [each.asset.name for each in of(found, AssetScan)]
    assert sorted(read) == ["ok", "ok1"]  # in which order two processes answer is left to them
    skipped = of(found, Skipped)
    assert len(skipped) == 25
    assert {each.reason for each in skipped} == {Reason.CONNECTION_LOST}
    ended = {each.source.name: each for each in of(found, SourceScan)}
    assert (ended["odd"].asset_count, ended["odd"].is_complete) == (26, False)
    assert ended["other"].is_complete


def test_a_source_that_cannot_be_listed_stops_no_other(tmp_path: Path) -> None:
    gone = Opening(Source("gone", "files", "x"), Place("files", "x", "gone", root=str(tmp_path / "gone")))
    found = took([Job(gone), Job(odd("ok"))], Time(NIGHT))
    [listing] = [each for each in of(found, Listing) if each.source.name == "gone"]
    assert [(skip.asset, skip.reason) for skip in listing.skipped] == [(None, Reason.NOT_FOUND)]
    assert [each.asset.name for each in of(found, AssetScan)] == ["ok"]
    assert [each.is_complete for each in of(found, SourceScan)] == [False, True]


# What is done, and what has not changed


def test_what_is_done_or_unchanged_is_not_read() -> None:
    names = ("ok1", "ok2", "ok3", "unmarked1")
    first = {each.asset.name: each for each in of(took([Job(odd(*names))], Time(NIGHT)), AssetScan)}
    known = {name: each.fingerprint for name, each in first.items() if each.fingerprint}
    assert sorted(known) == ["ok1", "ok2", "ok3"]  # who cannot say whether he has changed is always read
    job = Job(odd(*names), done=frozenset({"ok1", "gone"}), known=known)
    found = took([job], Time(NIGHT))
    [listing] = of(found, Listing)
    assert (listing.done, listing.unchanged) == (("ok1",), ("ok2", "ok3"))
    assert [asset.name for asset in listing.assets] == ["unmarked1"]
    assert listing.asset_count == 4
    assert [each.asset.name for each in of(found, AssetScan)] == ["unmarked1"]
    # In another country telephones are others.
    abroad = replace(job, opening=replace(job.opening, source=replace(job.opening.source, country="FR")))
    assert len(of(took([abroad], Time(NIGHT)), AssetScan)) == 3


def test_what_has_changed_since_it_was_done_is_read_again_after_what_was_never_read() -> None:
    names = ("ok1", "ok2", "ok3", "ok4", "unmarked1")
    marks = {each.asset.name: each.fingerprint for each in of(took([Job(odd(*names))], Time(NIGHT)), AssetScan)}
    assert marks["unmarked1"] is None
    done_as = {"ok1": "another", "ok2": marks["ok2"], "ok3": None, "unmarked1": "another"}
    job = Job(odd(*names), done=frozenset({"ok1", "ok2", "ok3", "unmarked1"}), done_as=done_as)
    found = took([job], Time(NIGHT))
    [listing] = of(found, Listing)
    # Where it cannot be told whether something has changed, what was read stays.
    assert (listing.done, listing.asset_count) == (("ok2", "ok3", "unmarked1"), 5)
    assert [(each.asset.name, each.fingerprint) for each in of(found, AssetScan)] == [
        ("ok4", marks["ok4"]),
        ("ok1", marks["ok1"]),
    ]


def test_when_the_hours_end_before_what_has_changed_its_first_look_stays() -> None:
    # Else a source that changes from day to day would never be done.
    clock = Time(NIGHT, step_s=600)
    manners = Manners(hours=Hours.parse(["20:00-00:00"]))
    names = [f"ok{number:02}" for number in range(20)]
    done = frozenset(names[1:])
    found = took([Job(odd(*names), manners, done=done, done_as=dict.fromkeys(done, "another"))], clock)
    read = [each.asset.name for each in of(found, AssetScan)]
    assert 2 <= len(read) <= 6
    assert read == names[: len(read)]
    assert of(found, Skipped) == []
    assert len(of(found, SourceScan)) == 1


def test_what_was_read_in_part_for_want_of_a_permission_is_read_again() -> None:
    # To be given the right to a column changes nothing about its table.
    found = {each.asset.name: each for each in of(took([Job(odd("ok1", "partly1"))], Time(NIGHT)), AssetScan)}
    assert found["ok1"].fingerprint is not None
    assert found["partly1"].fingerprint is None


def test_members_of_a_series_that_is_done_are_told(tmp_path: Path) -> None:
    for number in range(1, 5):
        (tmp_path / f"log_{number}.csv").write_text("mail,town\nann@example.org,Paris\n", encoding="utf-8")
    place = Place("files", str(tmp_path), "share", root=str(tmp_path))
    opening = Opening(Source("share", "files", str(tmp_path)), place, series=True)
    [seen] = of(took([Job(opening)], Time(NIGHT)), AssetScan)
    [listing] = of(took([Job(opening, done=frozenset({seen.asset.name}))], Time(NIGHT)), Listing)
    assert listing.done == ("log_*.csv",)
    # What of a member could not be read stands under its name, and has to outlive the second listing.
    assert listing.members == tuple(f"log_{number}.csv" for number in range(1, 5))


class _Dying(_ThreadLane):
    """Dies of everything it gets."""

    def __init__(self) -> None:
        super().__init__("dying")
        self.asked: list[str] = []

    def submit(self, function: Any, *arguments: Any) -> Future[Any]:
        self.asked += [piece.listed.asset.name for piece in arguments[0].pieces]
        future: Future[Any] = Future()
        future.set_exception(RuntimeError())
        return future


class _Mortal(Threads):
    """One lane, whose worker always dies."""

    def __init__(self) -> None:
        super().__init__(0)
        self.lane = _Dying()
        self._lanes = (self.lane,)


def test_what_a_worker_died_of_is_not_tried_again_outside_the_hours() -> None:
    # Each look at the clock takes an hour: the first unit begins within the window, and ends after it.
    workers = _Mortal()
    job = Job(odd("ok1", "ok2"), Manners(hours=Hours.parse(["22:00-00:00"])))
    found = took([job], Time(NIGHT - timedelta(minutes=30), step_s=3600), workers)
    assert workers.lane.asked == ["ok1"]
    assert sorted((each.asset, each.reason) for each in of(found, Skipped)) == [
        ("ok1", Reason.OUTSIDE_HOURS),
        ("ok2", Reason.OUTSIDE_HOURS),
    ]
    assert len(of(found, SourceScan)) == 1


class _Hanging(_ThreadLane):
    """Hangs on the first that is called ``late…``, until the test lets it die of that."""

    def __init__(self, name: str, deaths: list[Future[Any]]) -> None:
        super().__init__(name)
        self._deaths = deaths
        self.asked: list[str] = []

    def submit(self, function: Any, *arguments: Any) -> Future[Any]:
        [piece] = arguments[0].pieces
        self.asked.append(piece.listed.asset.name)
        if self._deaths or not piece.listed.asset.name.startswith("late"):
            return super().submit(function, *arguments)
        future: Future[Any] = Future()
        self._deaths.append(future)
        return future


class _Failing(Threads):
    """Two lanes that may hang."""

    def __init__(self) -> None:
        super().__init__(0)
        self.deaths: list[Future[Any]] = []
        self.own = (_Hanging("a", self.deaths), _Hanging("b", self.deaths))
        self._lanes = self.own

    def asked(self) -> list[str]:
        return sorted(name for lane in self.own for name in lane.asked)


def test_what_a_worker_died_of_is_not_tried_again_when_the_source_was_given_up() -> None:
    workers = _Failing()
    names = ("late1", "lost1", "lost2", "lost3", "ok1")
    schedule = Schedule(
        [Job(odd(*names), Manners(connections=2))], workers, DETECTION, Limits(seed=1), clock=lambda: NIGHT
    )
    skipped: list[Skipped] = []
    ends = 0
    for _, event in schedule.events():
        if isinstance(event, Done):
            skipped += [skip for looked in event.looked for skip in looked.skipped]
        ends += isinstance(event, SourceScan)
        if len(skipped) == 4 and not workers.deaths[0].done():
            workers.deaths[0].set_exception(RuntimeError())
    workers.close(at_once=True)
    assert workers.asked() == ["late1", "lost1", "lost2", "lost3"]
    assert sorted((each.asset or "", each.reason) for each in skipped) == [
        (name, Reason.CONNECTION_LOST) for name in sorted(names)
    ]
    assert ends == 1


class _Leaving(_ThreadLane):
    """Answers once, then no more until somebody has buried it."""

    def __init__(self) -> None:
        super().__init__("leaving")
        self.asked = 0
        self.is_buried = False

    def submit(self, function: Any, *arguments: Any) -> Future[Any]:
        self.asked += 1
        return super().submit(function, *arguments) if self.asked == 1 or self.is_buried else Future()


class _Away(Threads):
    """One lane, whose worker goes away and comes back."""

    def __init__(self) -> None:
        super().__init__(0)
        self.lane = _Leaving()
        self._lanes = (self.lane,)

    def is_alive(self, lane: Lane) -> bool:
        return self.lane.is_buried

    def bury(self, lane: Lane) -> None:
        self.lane.is_buried = True


def test_a_worker_that_went_away_is_missed_although_its_source_waits_for_a_free_one() -> None:
    clock = Time(NIGHT, step_s=1.0)
    jobs = [Job(odd("ok1", "ok2", "ok3"), Manners(connections=1, max_rows_per_s=10_000))]
    assert len(of(took(jobs, clock, _Away()), AssetScan)) == 3


def test_what_a_fingerprint_depends_on(tmp_path: Path) -> None:
    from scanners.fingerprint import fingerprint
    from scanners.scan import survey

    [item] = survey(odd("ok").open(), Limits()).listed
    base = fingerprint(item, None, Limits(), DETECTION, None)
    asset = item.asset
    others = [
        fingerprint(replace(item, asset=replace(asset, change_marker="2")), None, Limits(), DETECTION, None),
        fingerprint(replace(item, fields=()), None, Limits(), DETECTION, None),
        fingerprint(
            replace(item, fields=(replace(item.fields[0], declared_type="TEXT"),)), None, Limits(), DETECTION, None
        ),
        fingerprint(item, None, Limits(sample_rows=5), DETECTION, None),
        fingerprint(item, None, Limits(full=True), DETECTION, None),
        fingerprint(item, None, Limits(), Detection("en_core_web_sm"), None),
        fingerprint(item, None, Limits(), DETECTION, "DE"),
    ]
    assert None not in others
    assert len({base, *others}) == len(others) + 1
    # Not on these.
    assert base == fingerprint(item, None, Limits(seed=9, timeout_s=1, include=("*",)), DETECTION, None)
    assert base == fingerprint(replace(item, asset=replace(asset, row_count=99)), None, Limits(), DETECTION, None)
    assert fingerprint(replace(item, asset=replace(asset, change_marker=None)), None, Limits(), DETECTION, None) is None


@pytest.fixture(autouse=True)
def _nothing_stays_open() -> Any:
    yield
    worker.release()


def test_lanes_are_executors() -> None:
    assert all(isinstance(lane.executor, Executor) for lane in Inline().lanes())
