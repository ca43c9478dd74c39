"""How much was looked at, and that what was not is never called clean."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from data_map.build import Listing, Look, SkipLook, assemble
from data_map.coverage import Outcome, SourceCoverage, coverage
from data_map.model import AssetScan, DataMap, Reason, Skipped, Source
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
