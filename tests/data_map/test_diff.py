"""What changed between two maps."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from data_map.build import Look, SkipLook, assemble
from data_map.diff import diff
from data_map.model import AssetScan, DataMap, FieldRef, Reason, Skipped, Source, State
from tests.data_map.examples import CRM, TODAY, look, verdict

AT = datetime(2026, 11, 1, tzinfo=UTC)
HR = Source("hr", "files", "/srv/hr")


def a_map(*looks: AssetScan, sources: tuple[Source, ...] = (CRM,), skipped: tuple[Skipped, ...] = ()) -> DataMap:
    return assemble(
        sources,
        looks=[Look(1, AT, one) for one in looks],
        skips=[SkipLook(1, AT, one) for one in skipped],
        today=TODAY,
    )


def field(category: str | None, state: State) -> DataMap:
    ref = FieldRef("crm", "t", "f")
    return a_map(
        AssetScan(look("t").asset, look("t", f=None).fields, (verdict(ref, category, state),), 1, 1, True, "all")
    )


EMPTY = a_map()
EMAIL = field("contact.email", State.LIKELY)

CASES = {
    "nothing": (EMAIL, EMAIL, []),
    "a new source": (
        a_map(),
        a_map(look("x.csv", source="hr", n="identity.name", k=None), sources=(CRM, HR)),
        ["new_source hr - - - -", "newly_personal hr x.csv n - identity.name"],
    ),
    "a source that is gone": (
        a_map(look("x", source="hr", n=None), sources=(CRM, HR)),
        EMPTY,
        ["gone_source hr - - - -"],
    ),
    "a new asset": (
        EMPTY,
        a_map(look("t", f="contact.email", g=None)),
        ["new_asset crm t - - -", "newly_personal crm t f - contact.email"],
    ),
    "an asset that is gone": (EMAIL, EMPTY, ["gone_asset crm t - - -"]),
    "new fields": (
        a_map(look("t", f=None)),
        a_map(look("t", f=None, g=None, a="identity.name")),
        ["new_field crm t a - -", "newly_personal crm t a - identity.name", "new_field crm t g - -"],
    ),
    "a field that is gone": (a_map(look("t", f=None, g=None)), a_map(look("t", f=None)), ["gone_field crm t g - -"]),
    "another category": (
        EMAIL,
        field("identity.username", State.LIKELY),
        ["category_changed crm t f contact.email identity.username"],
    ),
    "another state": (EMAIL, field("contact.email", State.CONFIRMED), ["state_changed crm t f likely confirmed"]),
    "another category and state": (
        EMAIL,
        field("identity.name", State.NAME_ONLY),
        ["category_changed crm t f contact.email identity.name", "state_changed crm t f likely name_only"],
    ),
    "newly personal": (field(None, State.UNDECIDED), EMAIL, ["newly_personal crm t f undecided contact.email"]),
    "no longer personal": (EMAIL, field(None, State.CLEAN), ["no_longer_personal crm t f contact.email clean"]),
    "sure that there is nothing": (
        field(None, State.UNDECIDED),
        field(None, State.CLEAN),
        ["state_changed crm t f undecided clean"],
    ),
    "skips": (
        a_map(skipped=(Skipped("crm", Reason.LOCKED, "a"), Skipped("crm", Reason.LOCKED, "b", "f", "55P03"))),
        a_map(skipped=(Skipped("crm", Reason.DAMAGED, "a"), Skipped("crm", Reason.LOCKED, "b", "f", "55P04"))),
        ["newly_skipped crm a - - damaged", "no_longer_skipped crm a - locked -"],
    ),
    "a source that could not be opened": (
        EMPTY,
        a_map(skipped=(Skipped("crm", Reason.CONNECTION_FAILED),)),
        ["newly_skipped crm - - - connection_failed"],
    ),
    "a stable order": (
        EMPTY,
        a_map(look("b"), look("a"), look("x", source="hr"), sources=(HR, CRM)),
        ["new_asset crm a - - -", "new_asset crm b - - -", "new_source hr - - - -"],
    ),
}


@pytest.mark.parametrize(("old", "new", "expected"), CASES.values(), ids=CASES)
def test_diff(old: DataMap, new: DataMap, expected: list[str]) -> None:
    changes = [
        " ".join(
            part or "-"
            for part in (change.kind, change.source, change.asset, change.field, change.before, change.after)
        )
        for change in diff(old, new)
    ]
    assert changes == expected
