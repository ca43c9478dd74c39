"""Scans that are done in pieces, in the store: which one is continued, by whom, and what is kept of it."""

from __future__ import annotations

from datetime import timedelta

import pytest

from data_map.model import Asset, AssetKind, Field, FieldRef, Reason, Skipped, Source, SourceScan
from data_map.store import scans
from data_map.store.scans import Begun, TakenOverError
from data_map.store.store import Store
from tests.data_map.conftest import Clock
from tests.data_map.examples import TODAY, look

SHARE = Source("share", "files", "/srv/share")


def clock_of(store: Store) -> Clock:
    clock = store._now
    assert isinstance(clock, Clock)
    return clock


def begin(store: Store, plan: str = "p", holder: str = "me", dead: bool | None = False, **how: bool) -> Begun:
    return scans.begin(store, plan, 7, {"x": 1}, holder, is_dead=lambda who: dead, **how)


def outcomes(store: Store) -> list[str]:
    return [scan.outcome for scan in store.scans()]


def test_an_unfinished_scan_of_the_same_plan_is_continued(store: Store) -> None:
    first = begin(store)
    assert (first.id, first.seed, first.is_continued) == (1, 7, False)
    store.end_scan(first.id, "interrupted")
    assert begin(store, "another plan").id == 2
    again = scans.begin(store, "p", 99, {}, "you", is_dead=lambda who: False)
    assert (again.id, again.seed, again.is_continued) == (1, 7, True)
    assert outcomes(store) == ["running", "running"]
    store.end_scan(1, "complete")
    assert begin(store).id == 3
    store.end_scan(3, "interrupted")
    assert begin(store, is_anew=True).id == 4
    store.end_scan(4, "complete")
    # Only the last one of a plan counts.
    assert begin(store).id == 5
    assert [entry.action for entry in store.journal() if entry.action.startswith("scan.")][:4] == [
        "scan.begun",
        "scan.ended",
        "scan.begun",
        "scan.continued",
    ]


@pytest.mark.parametrize(
    ("dead", "silent", "is_continued"),
    [
        (True, timedelta(0), True),
        (False, timedelta(days=1), False),
        (None, timedelta(minutes=8), False),
        (None, timedelta(minutes=12), True),
    ],
    ids=["dead", "alive", "elsewhere", "elsewhere, silent"],
)
def test_whether_a_running_scan_has_died(
    store: Store, dead: bool | None, silent: timedelta, is_continued: bool
) -> None:
    begin(store)
    clock_of(store).at += silent
    assert begin(store, holder="you", dead=dead).is_continued is is_continued


def test_what_is_too_old_is_not_continued(store: Store) -> None:
    store.end_scan(begin(store).id, "interrupted")
    clock_of(store).at += timedelta(days=13)
    assert begin(store).is_continued
    store.end_scan(1, "interrupted")
    clock_of(store).at += timedelta(days=2)
    assert not begin(store).is_continued


def test_what_a_later_scan_has_listed_is_not_continued(store: Store) -> None:
    store.add_source(SHARE)
    store.end_scan(begin(store).id, "interrupted")
    later = begin(store, "another plan")
    scans.begin_source(store, later, SourceScan(SHARE, 1, is_complete=True))
    store.end_scan(later.id, "complete")

    def again(*sources: str) -> Begun:
        return scans.begin(store, "p", 7, {}, "me", is_dead=lambda who: False, sources=sources)

    # What another source's scan did is no reason.
    assert again("elsewhere").is_continued
    store.end_scan(1, "interrupted")
    # Of two looks at an asset that of the later scan counts: what is read now must not be behind.
    assert (again("elsewhere", "share").id, again("share").is_continued) == (3, False)


def test_who_was_taken_for_dead_may_not_go_on(store: Store) -> None:
    store.add_source(SHARE)
    mine = begin(store)
    scans.save_unit(store, mine, [(look("a.csv", source="share", a="contact.email"), ())])
    yours = begin(store, holder="you", dead=True)
    assert yours.is_continued
    for act in (
        lambda: scans.save_unit(store, mine, [(look("b.csv", source="share", a="contact.email"), ())]),
        lambda: scans.begin_source(store, mine, SourceScan(SHARE, 2, is_complete=False)),
        lambda: scans.end_source(store, mine, SourceScan(SHARE, 2, is_complete=True)),
        lambda: scans.skip_source(store, mine, Skipped("share", Reason.INTERRUPTED)),
        lambda: scans.stay_alive(store, mine),
    ):
        with pytest.raises(TakenOverError, match="taken over scan 1"):
            act()
    assert {look.asset.name for look in scans.committed(store, 1, "share").looks} == {"a.csv"}
    scans.stay_alive(store, yours)


def shown(store: Store) -> set[tuple[str | None, str]]:
    return {(skip.asset, skip.reason.value) for part in store.load(today=TODAY).sources for skip in part.skipped}


def test_skips_of_a_first_part_do_not_outlive_what_the_second_part_read(store: Store) -> None:
    store.add_source(SHARE)
    first = begin(store)
    listed = SourceScan(SHARE, 6, is_complete=False)
    scans.begin_source(store, first, listed, skipped=[Skipped("share", Reason.NO_PERMISSION, "closed.csv")])
    scans.save_unit(
        store,
        first,
        [
            (
                look("read.csv", source="share", a="contact.email"),
                [Skipped("share", Reason.TOO_LARGE, "read.csv", "x")],
            ),
            (None, [Skipped("share", Reason.DAMAGED, "damaged.csv")]),
            (None, [Skipped("share", Reason.OUTSIDE_HOURS, "late.csv")]),
            (None, [Skipped("share", Reason.CONNECTION_LOST, "lost.csv")]),
        ],
    )
    scans.skip_source(store, first, Skipped("share", Reason.INTERRUPTED))
    store.end_scan(first.id, "interrupted")
    assert len(shown(store)) == 6

    second = begin(store)
    done = scans.committed(store, second.id, "share")
    assert done.assets == {"read.csv", "damaged.csv", "closed.csv"}
    # The listing is made anew: what was closed is open now, and something else is closed.
    scans.begin_source(
        store,
        second,
        listed,
        skipped=[Skipped("share", Reason.NO_PERMISSION, "other.csv")],
        done={"read.csv", "damaged.csv"},
    )
    assert shown(store) == {("read.csv", "too_large"), ("damaged.csv", "damaged"), ("other.csv", "no_permission")}
    scans.save_unit(
        store,
        second,
        [
            (look("late.csv", source="share", a="contact.email"), ()),
            (None, [Skipped("share", Reason.CONNECTION_LOST, "lost.csv")]),
        ],
    )
    scans.save_unit(store, second, [(look("lost.csv", source="share", a="contact.email"), ())])
    assert shown(store) == {("read.csv", "too_large"), ("damaged.csv", "damaged"), ("other.csv", "no_permission")}
    scans.end_source(store, second, SourceScan(SHARE, 6, is_complete=True))
    [part] = store.load(today=TODAY).sources
    assert [asset.asset.name for asset in part.assets] == ["late.csv", "lost.csv", "read.csv"]


def test_a_unit_is_kept_whole_or_not_at_all(store: Store) -> None:
    store.add_source(SHARE)
    begun = begin(store)
    good = look("a.csv", source="share", a="contact.email")
    twice = Field(FieldRef("share", "b.csv", "a"))
    from dataclasses import replace

    bad = replace(good, asset=Asset("share", "b.csv", AssetKind.FILE), fields=(twice, twice), verdicts=())
    with pytest.raises(ValueError, match="do not fit together"):
        scans.save_unit(store, begun, [(good, ()), (bad, ())])
    assert scans.committed(store, begun.id, "share").assets == frozenset()


def test_fingerprints_of_the_last_looks(store: Store) -> None:
    from dataclasses import replace

    store.add_source(SHARE)

    def marked(name: str, mark: str | None) -> object:
        return replace(look(name, source="share", a="contact.email"), fingerprint=mark)

    first = begin(store)
    for name, mark in (("a", "1"), ("b", "1"), ("c", None), ("d", "1")):
        scans.save_unit(store, first, [(marked(name, mark), ())])  # type: ignore[list-item]
    store.end_scan(first.id, "complete")
    second = begin(store)
    scans.save_unit(store, second, [(marked("a", "2"), [Skipped("share", Reason.UNSUPPORTED_TYPE, "a", "x")])])  # type: ignore[list-item]
    scans.save_unit(store, second, [(None, [Skipped("share", Reason.TIMED_OUT, "b")])])
    scans.begin_source(store, second, SourceScan(SHARE, 4, is_complete=False), unchanged=["d"])
    # What could not be read the last time is tried again, and what was seen unchanged stays so.
    assert scans.last_fingerprints(store, "share") == {"a": "2", "d": "1"}
    assert scans.last_fingerprints(store, "other") == {}
    assert scans.committed(store, second.id, "share").unchanged == ("d",)


def test_what_is_read_again_in_a_continued_scan_replaces_its_first_look(store: Store) -> None:
    from dataclasses import replace

    store.add_source(SHARE)
    listed = SourceScan(SHARE, 2, is_complete=True)
    first = begin(store)
    one = replace(look("a", source="share", a="contact.email"), fingerprint="1")
    scans.begin_source(store, first, listed, unchanged=["b"])
    scans.save_unit(store, first, [(one, [Skipped("share", Reason.UNSUPPORTED_TYPE, "a", "x")])])
    store.end_scan(first.id, "interrupted")

    second = begin(store)
    assert scans.committed(store, second.id, "share").fingerprints == {"a": "1"}
    # It has changed, and so has what was found unchanged before: neither is done.
    scans.begin_source(store, second, listed)

    def skips() -> list[str | None]:
        [part] = store.load(today=TODAY).sources
        return [skip.field for skip in part.skipped]

    # Until it is read its first look stands, with what could not be read of it.
    assert skips() == ["x"]
    two = replace(look("a", source="share", b="contact.phone"), fingerprint="2")
    scans.save_unit(store, second, [(two, ()), (look("b", source="share", a="contact.email"), ())])
    assert skips() == []
    done = scans.committed(store, second.id, "share")
    assert (done.fingerprints, done.unchanged) == ({"a": "2", "b": None}, ())
    [part] = store.load(today=TODAY).sources
    assert [[item.field.ref.field for item in asset.fields] for asset in part.assets] == [["b"], ["a"]]
