"""The record against the map, both ways; what was not scanned is never counted as absent."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from data_map.activities import Art9Condition, FieldPattern, ProcessingActivity
from data_map.build import Listing, Look, SkipLook, assemble
from data_map.coverage import Outcome
from data_map.drift import GAP_ARTICLE, GAP_TEXT, Gap, GapKind, Unscanned, claims, gaps, held, outcome
from data_map.model import (
    AssetScan,
    Contained,
    DataMap,
    Decision,
    FieldRef,
    FieldVerdict,
    Reason,
    Skipped,
    Source,
    State,
)
from tests.data_map.examples import CRM, TODAY, look

AT = datetime(2026, 11, 21, 23, 0, tzinfo=UTC)
HR = Source("hr", "files", "/srv/hr")


def a_map(
    *looks: AssetScan,
    skipped: tuple[Skipped, ...] = (),
    listed: int | None = None,
    decisions: tuple[Decision, ...] = (),
) -> DataMap:
    return assemble(
        [CRM],
        looks=[Look(1, AT, one) for one in looks],
        skips=[SkipLook(1, AT, one) for one in skipped],
        listings=[] if listed is None else [Listing(1, AT, "crm", listed, is_complete=True)],
        decisions=decisions,
        today=TODAY,
    )


def an_activity(key: str, *patterns: str, categories: tuple[str, ...] = ()) -> ProcessingActivity:
    return ProcessingActivity(key, key, categories=categories, fields=tuple(map(FieldPattern.parse, patterns)))


def drift(data_map: DataMap, *activities: ProcessingActivity, configured: tuple[Source, ...] = ()) -> tuple[Gap, ...]:
    return gaps(activities, data_map, claims(activities, data_map, configured))


def ref(asset: str, field: str) -> FieldRef:
    return FieldRef("crm", asset, field)


CUSTOMERS = look("main.customers", id=None, email="contact.email", name="identity.name")
LOG = look("main.log", ip="online.ip_address")


def test_a_record_that_fits_has_no_gap() -> None:
    care = an_activity("care", "crm:main.*", categories=("contact.email", "identity.name", "online.ip_address", "x"))
    assert drift(a_map(CUSTOMERS, LOG), care) == ()


def test_what_no_activity_claims_is_told_by_table() -> None:
    care = an_activity("care", "crm:main.customers#email", categories=("contact.email",))
    assert drift(a_map(CUSTOMERS, LOG), care) == (
        Gap(GapKind.UNCLAIMED, None, ("identity.name",), (ref("main.customers", "name"),)),
        Gap(GapKind.UNCLAIMED, None, ("online.ip_address",), (ref("main.log", "ip"),)),
    )


def test_without_a_record_everything_is_unclaimed() -> None:
    (gap,) = drift(a_map(CUSTOMERS))
    assert gap.refs == (ref("main.customers", "email"), ref("main.customers", "name"))


def test_found_in_what_is_claimed_and_not_declared() -> None:
    care = an_activity("care", "crm:main.customers", categories=("contact.email",))
    assert drift(a_map(CUSTOMERS), care) == (
        Gap(GapKind.UNDECLARED, "care", ("identity.name",), (ref("main.customers", "name"),)),
    )


def test_declared_and_not_found_in_what_is_claimed() -> None:
    care = an_activity("care", "crm:main.customers", categories=("contact.email", "identity.name", "contact.phone"))
    assert drift(a_map(CUSTOMERS), care) == (Gap(GapKind.NOT_FOUND, "care", ("contact.phone",)),)


def test_an_activity_that_claims_nothing_cannot_be_compared() -> None:
    assert drift(a_map(), an_activity("care", categories=("contact.phone",))) == ()


def test_a_pattern_about_nothing() -> None:
    care = an_activity("care", "crm:main.customers", "crm:main.custmers", categories=("contact.email", "identity.name"))
    assert drift(a_map(CUSTOMERS), care) == (Gap(GapKind.NO_MATCH, "care", pattern="crm:main.custmers"),)


def test_a_claimed_file_without_fields_is_known() -> None:
    assert drift(a_map(look("empty.csv")), an_activity("care", "crm:empty.csv")) == ()


@pytest.mark.parametrize(
    ("data_map", "unscanned"),
    [
        (DataMap(), Unscanned("hr")),
        (a_map(), Unscanned("hr")),
    ],
    ids=["no map", "others scanned"],
)
def test_a_source_that_was_never_scanned(data_map: DataMap, unscanned: Unscanned) -> None:
    payroll = an_activity("payroll", "hr:*", categories=("contact.email",))
    assert drift(data_map, payroll, configured=(HR,)) == (Gap(GapKind.NOT_SCANNED, "payroll", unscanned=(unscanned,)),)
    claim = claims([payroll], data_map, [HR])["payroll"]
    assert outcome(claim, "contact.email") is Outcome.NOT_SCANNED
    assert unscanned.because == "never scanned"


def test_a_source_that_nobody_knows_is_a_pattern_about_nothing() -> None:
    assert drift(a_map(), an_activity("payroll", "hr:*")) == (Gap(GapKind.NO_MATCH, "payroll", pattern="hr:*"),)


LOCKED = Skipped("crm", Reason.LOCKED, "main.orders")
BLOB = Skipped("crm", Reason.UNSUPPORTED_TYPE, "main.customers", "photo")


@pytest.mark.parametrize(
    ("pattern", "skipped", "unscanned"),
    [
        ("crm:main.orders", LOCKED, Unscanned("crm", "main.orders", None, Reason.LOCKED)),
        ("crm:main.orders#email", LOCKED, Unscanned("crm", "main.orders", None, Reason.LOCKED)),
        ("crm:main.customers", BLOB, Unscanned("crm", "main.customers", "photo", Reason.UNSUPPORTED_TYPE)),
        ("crm:main.customers#photo", BLOB, Unscanned("crm", "main.customers", "photo", Reason.UNSUPPORTED_TYPE)),
        ("crm:main.customers#email", BLOB, None),
        ("crm:main.customers", LOCKED, None),
        ("crm:*", Skipped("crm", Reason.CONNECTION_LOST), Unscanned("crm", None, None, Reason.CONNECTION_LOST)),
    ],
    ids=str,
)
def test_what_was_skipped_is_not_scanned(pattern: str, skipped: Skipped, unscanned: Unscanned | None) -> None:
    care = an_activity("care", pattern)
    told = [gap for gap in drift(a_map(CUSTOMERS, skipped=(skipped,)), care) if gap.activity and gap.unscanned]
    assert [gap.kind for gap in told] == ([GapKind.NOT_SCANNED] if unscanned else [])
    assert [item for gap in told for item in gap.unscanned] == ([unscanned] if unscanned else [])
    assert not [gap for gap in told if gap.kind is GapKind.NO_MATCH]


def test_not_found_says_what_was_not_scanned() -> None:
    care = an_activity("care", "crm:main.*", categories=("contact.email", "identity.name", "contact.phone"))
    (_, gap) = drift(a_map(CUSTOMERS, skipped=(LOCKED,)), care)
    assert (gap.kind, gap.unscanned) == (
        GapKind.NOT_FOUND,
        (Unscanned("crm", "main.orders", None, Reason.LOCKED),),
    )


def test_tables_that_a_scan_did_not_reach() -> None:
    data_map = a_map(CUSTOMERS, listed=3)
    care = an_activity("care", "crm:main.customers", categories=("contact.email", "identity.name"))
    assert drift(data_map, care) == ()
    for pattern in ("crm:*", "crm:main.orders"):
        kinds = [gap.kind for gap in drift(data_map, replace(care, fields=(FieldPattern.parse(pattern),)))]
        assert GapKind.NOT_SCANNED in kinds
        assert GapKind.NO_MATCH not in kinds


HEALTH = look("main.sick", diagnosis="special.health")
CRIME = look("main.checks", record="criminal.record")


def test_special_categories_need_a_condition_whether_declared_or_found() -> None:
    declared = an_activity(
        "sick", "crm:main.customers", categories=("special.health", "contact.email", "identity.name")
    )
    found = an_activity("other", "crm:main.sick", categories=("contact.email",))
    told = {
        gap.activity: gap for gap in drift(a_map(CUSTOMERS, HEALTH), declared, found) if gap.kind is GapKind.NO_ART9
    }
    assert told == {
        "sick": Gap(GapKind.NO_ART9, "sick", ("special.health",)),
        "other": Gap(GapKind.NO_ART9, "other", ("special.health",), (ref("main.sick", "diagnosis"),)),
    }
    answered = replace(an_activity("sick", "crm:main.sick", categories=("special.health",)))
    assert drift(a_map(HEALTH), replace(answered, art9=(Art9Condition("9.2.b"),))) == ()


def test_data_about_crimes_needs_a_law() -> None:
    checks = an_activity("checks", "crm:main.checks", categories=("criminal.record",))
    assert [gap.kind for gap in drift(a_map(CRIME), checks)] == [GapKind.NO_ART10]
    assert drift(a_map(CRIME), replace(checks, art10_law="§ 30a BZRG")) == ()


def text_with(*contained: str) -> FieldVerdict:
    return FieldVerdict(
        ref("main.notes", "body"),
        State.CONFIRMED,
        "text.personal",
        contains=tuple(Contained(category, 3, 2) for category in contained),
    )


def test_of_free_text_its_content_is_declared() -> None:
    assert held(text_with("contact.email")) == ("text.personal", "contact.email")
    notes = replace(look("main.notes", body="text.personal"), verdicts=(text_with("contact.email"),))
    assert drift(a_map(notes), an_activity("a", "crm:*", categories=("contact.email",))) == ()
    assert drift(a_map(notes), an_activity("a", "crm:*", categories=("contact.email", "text.personal"))) == ()
    (gap,) = drift(a_map(notes), an_activity("a", "crm:*"))
    assert gap.categories == ("contact.email",)
    bare = replace(notes, verdicts=(text_with(),))
    (gap,) = drift(a_map(bare), an_activity("a", "crm:*"))
    assert gap.categories == ("text.personal",)


def test_a_persons_decision_counts() -> None:
    no = Decision(ref("main.log", "ip"), None, "anna", "test data", AT)
    assert drift(a_map(LOG, decisions=(no,))) == ()


def test_two_activities_may_claim_the_same_field() -> None:
    one = an_activity("one", "crm:main.log", categories=("online.ip_address",))
    assert drift(a_map(LOG), one, replace(one, key="two")) == ()


def test_every_kind_has_words_and_an_article_or_none() -> None:
    assert GAP_TEXT.keys() == GAP_ARTICLE.keys() == set(GapKind)
