"""How much was looked at, and that what was not is never called clean."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from data_map.build import Listing, Look, Seen, SkipLook, assemble
from data_map.coverage import Outcome, SourceCoverage, coverage, old_looks
from data_map.model import AssetScan, Connected, DataMap, Reason, Skipped, Source, Suppression
from tests.data_map.examples import CRM, TODAY, look

AT = datetime(2026, 11, 21, 23, 0, tzinfo=UTC)


def a_map(*looks: AssetScan, skipped: tuple[Skipped, ...] = (), listed: int | None = None) -> DataMap:
    return assemble(
        [CRM],
        looks=[Look(1, AT, one) for one in looks],
        skips=[SkipLook(1, AT, one) for one in skipped],
        listings=[] if listed is None else [Listing(1, AT, "crm", listed, is_complete=True)],
        today=TODAY,
    )


def test_everything_is_counted_once() -> None:
    whole = look("a", x="contact.email", y=None)
    sampled = replace(look("b", z=None), is_whole=False, rows_read=3, bytes_read=30)
    skipped = (
        Skipped("crm", Reason.LOCKED, "c"),
        Skipped("crm", Reason.LOCKED, "d"),
        Skipped("crm", Reason.UNSUPPORTED_TYPE, "b", "blob"),
    )
    assert coverage(a_map(whole, sampled, skipped=skipped, listed=6), [CRM], TODAY) == (
        SourceCoverage(
            source=CRM,
            outcome=Outcome.FOUND,
            is_configured=True,
            is_skipped=False,
            asset_count=6,
            whole_count=1,
            sampled_count=1,
            skipped_count=2,
            unreached_count=2,
            skip_reasons=((Reason.LOCKED, 2), (Reason.UNSUPPORTED_TYPE, 1)),
            field_count=3,
            personal_count=1,
            skipped_field_count=1,
            rows_read=13,
            bytes_read=130,
            scanned_at=AT,
            scanned_days_ago=3,
            oldest_days_ago=3,
        ),
    )


def test_a_configured_source_that_was_never_scanned_is_listed() -> None:
    hr = Source("hr", "files", "/srv/hr")
    crm, never = coverage(a_map(look("a", x=None)), [hr], TODAY)
    assert (crm.source.name, crm.is_configured, crm.outcome) == ("crm", False, Outcome.NOT_FOUND)
    assert (never.source, never.is_configured, never.outcome) == (hr, True, Outcome.NOT_SCANNED)
    assert (never.scanned_at, never.scanned_days_ago, never.asset_count) == (None, None, 0)


ONLY_SKIPPED_FIELDS = replace(look("a", x=None), verdicts=())

OUTCOMES = {
    "found": (a_map(look("a", x="contact.email")), Outcome.FOUND),
    "nothing in what was scanned": (a_map(look("a", x=None)), Outcome.NOT_FOUND),
    "an empty source: nothing was looked at": (a_map(listed=0), Outcome.NOT_SCANNED),
    "never scanned": (a_map(), Outcome.NOT_SCANNED),
    "dead": (a_map(skipped=(Skipped("crm", Reason.CONNECTION_FAILED),)), Outcome.NOT_SCANNED),
    "dead, listing of nothing": (a_map(skipped=(Skipped("crm", Reason.TIMED_OUT),), listed=0), Outcome.NOT_SCANNED),
    "all assets skipped": (a_map(skipped=(Skipped("crm", Reason.LOCKED, "a"),), listed=1), Outcome.NOT_SCANNED),
    "all fields skipped": (
        a_map(ONLY_SKIPPED_FIELDS, skipped=(Skipped("crm", Reason.UNSUPPORTED_TYPE, "a", "x"),)),
        Outcome.NOT_SCANNED,
    ),
    "listed, not reached": (a_map(listed=3), Outcome.NOT_SCANNED),
}


@pytest.mark.parametrize(("data_map", "outcome"), OUTCOMES.values(), ids=OUTCOMES)
def test_the_three_things_that_can_be_said(data_map: DataMap, outcome: Outcome) -> None:
    (row,) = coverage(data_map, [CRM], TODAY)
    assert row.outcome == outcome
    assert row.asset_count == row.whole_count + row.sampled_count + row.skipped_count + row.unreached_count


def test_an_asset_read_before_and_skipped_now_counts_as_skipped() -> None:
    (row,) = coverage(a_map(look("a", x="contact.email"), skipped=(Skipped("crm", Reason.LOCKED, "a"),)), [], TODAY)
    assert (row.whole_count, row.skipped_count, row.personal_count, row.outcome) == (0, 1, 1, Outcome.FOUND)


# How long ago

DAY = timedelta(days=1)


def scanned(*looks: tuple[int, datetime, str], seen: tuple[tuple[int, datetime, str], ...] = ()) -> DataMap:
    return assemble(
        [CRM],
        looks=[Look(number, at, look(asset, x=None)) for number, at, asset in looks],
        seen=[Seen(number, at, "crm", asset) for number, at, asset in seen],
        today=TODAY,
    )


@pytest.mark.parametrize(("age", "is_stale"), [(89, False), (90, False), (91, True)])
def test_a_look_is_stale_after_ninety_days(age: int, is_stale: bool) -> None:
    at = datetime(TODAY.year, TODAY.month, TODAY.day, 12, tzinfo=UTC) - age * DAY
    [row] = coverage(scanned((1, at, "a")), [], TODAY)
    assert (row.is_stale, row.stale_count, row.oldest_days_ago) == (is_stale, int(is_stale), age)
    assert [look.asset for look in old_looks(scanned((1, at, "a")), TODAY)] == (["a"] if is_stale else [])


def test_the_days_are_for_the_user_to_set() -> None:
    data_map = scanned((1, AT, "a"))
    assert coverage(data_map, [], TODAY, 2)[0].is_stale
    assert not coverage(data_map, [], TODAY, 3)[0].is_stale


def test_an_asset_that_the_last_scan_passed_by() -> None:
    data_map = scanned((1, AT - DAY, "a"), (2, AT, "b"))
    [row] = coverage(data_map, [], TODAY)
    assert (row.behind_count, row.is_stale, row.oldest_days_ago) == (1, False, 4)
    [look_at] = old_looks(data_map, TODAY)
    assert (look_at.asset, look_at.is_behind, look_at.is_stale) == ("a", True, False)


def test_an_asset_that_was_found_unchanged_is_as_fresh_as_that() -> None:
    data_map = scanned((1, AT - 200 * DAY, "a"), (2, AT, "b"), seen=((2, AT, "a"),))
    [row] = coverage(data_map, [], TODAY)
    assert (row.behind_count, row.stale_count, row.oldest_days_ago) == (0, 0, 3)
    # When it was read is still known.
    assert data_map.sources[0].assets[0].scanned_at == AT - 200 * DAY


def test_an_older_sight_says_nothing_of_a_newer_look() -> None:
    data_map = scanned((3, AT, "a"), seen=((2, AT - DAY, "a"),))
    assert data_map.sources[0].assets[0].unchanged_at is None


def test_a_source_without_assets_is_stale_by_its_last_scan() -> None:
    listing = Listing(1, AT - 100 * DAY, "crm", 0, is_complete=True)
    [row] = coverage(assemble([CRM], listings=[listing], today=TODAY), [], TODAY)
    assert (row.is_stale, row.stale_count, row.oldest_days_ago) == (True, 0, None)


def test_what_is_known_of_the_connection() -> None:
    listing = Listing(1, AT, "crm", 0, is_complete=True, connected=Connected(is_encrypted=False, is_superuser=True))
    [row] = coverage(assemble([CRM], listings=[listing], today=TODAY), [], TODAY)
    assert (row.connected.is_encrypted, row.connected.is_superuser) == (False, True)


def test_what_people_set_aside_is_counted() -> None:
    pattern = Suppression("crm", "", "anna", "Test data", AT)
    looks = [Look(1, AT, look("a", x="contact.email", y="contact.phone", z=None))]
    [row] = coverage(assemble([CRM], looks=looks, suppressions=[pattern], today=TODAY), [], TODAY)
    assert (row.personal_count, row.suppressed_count) == (0, 2)


# Series


def series(name: str) -> AssetScan:
    one = look(name, x="contact.email")
    return replace(one, asset=replace(one.asset, member_count=4))


def test_a_member_that_could_not_be_read_is_no_asset_of_its_own() -> None:
    looks = (series("main.events_*"), series("main.events_*~2"), look("main.a", x=None))
    skipped = (
        Skipped("crm", Reason.DAMAGED, "main.events_03"),
        Skipped("crm", Reason.UNSUPPORTED_TYPE, "main.events_04", "blob"),
    )
    [row] = coverage(a_map(*looks, skipped=skipped, listed=3), [CRM], TODAY)
    assert (row.asset_count, row.whole_count, row.skipped_count, row.unreached_count) == (3, 3, 0, 0)
    assert row.skip_reasons == ((Reason.DAMAGED, 1), (Reason.UNSUPPORTED_TYPE, 1))
    # Nor does it stand for one that was not reached.
    [row] = coverage(a_map(*looks, skipped=skipped, listed=4), [CRM], TODAY)
    assert (row.asset_count, row.skipped_count, row.unreached_count) == (4, 0, 1)


@pytest.mark.parametrize(
    "other", ["main.events_archive", "main.events_v2", "main.events_03_old", "mainxevents_03", "aux.events_03"]
)
def test_what_only_resembles_a_member_is_an_asset(other: str) -> None:
    [row] = coverage(
        a_map(series("main.events_*"), skipped=(Skipped("crm", Reason.LOCKED, other),), listed=2), [CRM], TODAY
    )
    assert (row.asset_count, row.whole_count, row.skipped_count, row.unreached_count) == (2, 1, 1, 0)


def test_a_table_that_was_read_by_itself_is_an_asset_whatever_it_is_called() -> None:
    looks = (series("main.events_*"), look("main.events_03", y="contact.phone"))
    [row] = coverage(a_map(*looks, skipped=(Skipped("crm", Reason.LOCKED, "main.events_03"),), listed=2), [], TODAY)
    assert (row.asset_count, row.whole_count, row.skipped_count, row.personal_count) == (2, 1, 1, 2)


def test_a_star_alone_makes_no_series() -> None:
    looks = (look("main.events_*", x=None),)
    [row] = coverage(a_map(*looks, skipped=(Skipped("crm", Reason.LOCKED, "main.events_03"),)), [], TODAY)
    assert (row.asset_count, row.skipped_count) == (2, 1)
