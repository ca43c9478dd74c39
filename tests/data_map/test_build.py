"""The map as a pure function of looks, skips and decisions."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime

import pytest

from data_map.build import Listing, Look, Seen, SkipLook, apply, assemble
from data_map.model import Alternate, Contained, DataMap, FieldRef, FieldVerdict, Reason, Skipped, State
from tests.data_map.examples import CRM, TODAY, assets_of, decision, look, skips_of

REF = FieldRef("crm", "main.t", "a")
MACHINE = FieldVerdict(
    REF,
    State.LIKELY,
    "contact.email",
    0.8,
    0.5,
    0.4,
    0.6,
    10,
    9,
    contains=(Contained("contact.phone", 1, 1),),
    alternates=(Alternate("identity.name", 0.4), Alternate("identity.username", 0.2)),
)
AT = datetime(2026, 11, 1, tzinfo=UTC)


def test_no_decision_leaves_the_machine_right() -> None:
    assert apply(MACHINE, None, TODAY) is MACHINE


def test_the_same_category_is_confirmed() -> None:
    assert apply(MACHINE, decision(REF, "contact.email"), TODAY) == replace(MACHINE, state=State.CONFIRMED, score=1.0)


def test_another_category_replaces_it() -> None:
    assert apply(MACHINE, decision(REF, "identity.name"), TODAY) == replace(
        MACHINE,
        state=State.CONFIRMED,
        category="identity.name",
        score=1.0,
        prevalence=None,
        prevalence_low=None,
        prevalence_high=None,
        alternates=(Alternate("identity.username", 0.2),),
    )


def test_not_personal_is_clean() -> None:
    assert apply(MACHINE, decision(REF, None), TODAY) == FieldVerdict(
        REF, State.CLEAN, None, 1.0, None, None, None, 10, 9
    )


@pytest.mark.parametrize(
    ("until_on", "state"),
    [
        (None, State.CONFIRMED),
        (date(2026, 11, 25), State.CONFIRMED),
        (date(2026, 11, 24), State.CONFIRMED),
        (date(2026, 11, 23), State.LIKELY),
    ],
    ids=["no end", "tomorrow", "its last day", "expired"],
)
def test_how_long_a_decision_holds(until_on: date | None, state: State) -> None:
    assert apply(MACHINE, decision(REF, "identity.name", until_on), TODAY).state == state


def built(
    looks: list[tuple[int, str]],
    listings: list[tuple[int, bool]],
    *,
    skips: list[tuple[int, str | None, str | None]] | None = None,
    seen: list[tuple[int, str]] | None = None,
) -> DataMap:
    return assemble(
        [CRM],
        looks=[Look(scan_id, AT, look(asset, a="contact.email")) for scan_id, asset in looks],
        skips=[
            SkipLook(scan_id, AT, Skipped("crm", Reason.LOCKED, asset, field)) for scan_id, asset, field in skips or []
        ],
        seen=[Seen(scan_id, AT, "crm", asset) for scan_id, asset in seen or []],
        listings=[Listing(scan_id, AT, "crm", 2, is_complete) for scan_id, is_complete in listings],
        today=TODAY,
    )


def test_an_asset_missing_from_a_later_complete_listing_is_gone() -> None:
    assert assets_of(built([(1, "a"), (1, "b"), (2, "a")], [(1, True), (2, True)])) == ["a"]


def test_a_filtered_listing_takes_nothing_away() -> None:
    assert assets_of(built([(1, "a"), (1, "b"), (2, "a")], [(1, True), (2, False)])) == ["a", "b"]


def test_an_asset_that_came_back_is_there() -> None:
    assert assets_of(built([(1, "a"), (3, "a")], [(1, True), (2, True), (3, False)])) == ["a"]


def test_an_unchanged_asset_is_not_gone() -> None:
    assert assets_of(built([(1, "a")], [(1, True), (2, True)], seen=[(2, "a")])) == ["a"]


def test_an_asset_now_skipped_keeps_its_fields_and_shows_the_skip() -> None:
    data_map = built([(1, "a")], [(1, True), (2, True)], skips=[(2, "a", None)])
    assert assets_of(data_map) == ["a"]
    assert skips_of(data_map) == [("a", None, "locked")]


def test_a_skip_that_was_later_read_is_gone() -> None:
    assert skips_of(built([(2, "a")], [(1, True), (2, True)], skips=[(1, "a", None), (1, "a", "f")])) == []


def test_a_skipped_field_stays_skipped_while_its_asset_is_unchanged() -> None:
    data_map = built([(1, "a")], [(1, True), (2, True)], skips=[(1, "a", "f")], seen=[(2, "a")])
    assert skips_of(data_map) == [("a", "f", "locked")]


def test_a_skipped_asset_that_is_gone_is_not_shown() -> None:
    assert skips_of(built([], [(1, True), (2, True)], skips=[(1, "a", None)])) == []


def test_a_dead_source_is_shown_until_it_lives_again() -> None:
    assert skips_of(built([(1, "a")], [(1, True)], skips=[(2, None, None)])) == [(None, None, "locked")]
    assert skips_of(built([(1, "a"), (3, "a")], [(1, True)], skips=[(2, None, None)])) == []
    assert skips_of(built([], [], skips=[(2, None, None), (3, None, None)])) == [(None, None, "locked")]


def test_what_lies_in_an_archive_that_cannot_be_opened_is_not_gone() -> None:
    looks = [(1, "a.zip!x.csv"), (1, "b.zip!x.csv"), (1, "c!d.csv")]
    data_map = built(looks, [(1, True), (2, True)], skips=[(2, "a.zip", None)])
    assert assets_of(data_map) == ["a.zip!x.csv"]


def test_a_source_is_scanned_when_something_in_it_was_looked_at() -> None:
    assert built([], [], skips=[(1, None, None)]).sources[0].scanned_at is None
    assert built([], [(1, True)]).sources[0].scanned_at == AT


def test_the_listing_counts_what_was_not_reached() -> None:
    assert built([(1, "a")], [(1, False)]).sources[0].asset_count == 2
    assert built([(1, "a"), (1, "b"), (1, "c")], [(1, False)]).sources[0].asset_count == 3


def test_a_field_without_verdict_is_not_in_the_map() -> None:
    seen = look("a", x="contact.email", y=None)
    seen = replace(seen, verdicts=seen.verdicts[:1])
    (part,) = assemble([CRM], looks=[Look(1, AT, seen)], today=TODAY).sources
    assert [field.field.ref.field for field in part.assets[0].fields] == ["x"]


def test_an_expired_decision_is_not_shown_at_the_field() -> None:
    ref = FieldRef("crm", "a", "x")
    looks = [Look(1, AT, look("a", x="contact.email"))]

    def field(until_on: date | None) -> tuple[State, bool]:
        decisions = [decision(ref, None, until_on)]
        shown = assemble([CRM], looks=looks, decisions=decisions, today=TODAY).sources[0].assets[0].fields[0]
        assert shown.machine.state == State.LIKELY
        return shown.verdict.state, shown.decision is not None

    assert field(None) == (State.CLEAN, True)
    assert field(date(2026, 1, 1)) == (State.LIKELY, False)


def test_a_skipped_member_of_a_series_is_shown_and_not_counted_as_an_asset() -> None:
    one = look("main.events_*", a="contact.email")
    data_map = assemble(
        [CRM],
        looks=[Look(1, AT, replace(one, asset=replace(one.asset, member_count=3)))],
        skips=[SkipLook(1, AT, Skipped("crm", Reason.DAMAGED, "main.events_03"))],
        listings=[Listing(1, AT, "crm", 1, is_complete=True)],
        today=TODAY,
    )
    assert data_map.sources[0].asset_count == 1
    assert skips_of(data_map) == [("main.events_03", None, "damaged")]


def test_what_an_earlier_scan_that_still_runs_finds_later_is_not_gone() -> None:
    def at(minute: int) -> datetime:
        return AT.replace(minute=minute)

    # Scan 1 began first and came to this source last; in between, scan 2 had listed it without the table.
    data_map = assemble(
        [CRM],
        looks=[Look(1, at(30), look("main.new")), Look(2, at(10), look("main.old")), Look(1, at(5), look("main.gone"))],
        listings=[Listing(1, at(31), "crm", 2, is_complete=True), Listing(2, at(12), "crm", 1, is_complete=True)],
        today=TODAY,
    )
    assert assets_of(data_map) == ["main.new", "main.old"]
