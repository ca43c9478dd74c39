"""Suppressions: what a pattern fits, what it covers, what then counts, and that nothing of it is silent."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from data_map.build import Look, apply, assemble
from data_map.errors import NotAllowedError, UsageError
from data_map.model import DataMap, Decision, FieldRef, MapField, State, Suppression
from data_map.store import suppressions as kept
from data_map.store.store import Store
from data_map.suppression import HYGIENE_KINDS, fits, is_known, is_universal, suppressed
from tests.data_map.examples import CRM, TODAY, decision, look, scan, verdict

AT = datetime(2026, 11, 1, tzinfo=UTC)
EMAIL = FieldRef("crm", "main.customers", "email")


def suppression(pattern: str, what: str = "", until_on: date | None = None) -> Suppression:
    return Suppression(pattern, what, "anna", "Test data", AT, until_on)


def a_map(*suppressions: Suppression, decided: tuple[Decision, ...] = (), today: date = TODAY) -> DataMap:
    looks = [
        look("main.customers", email="contact.email", phone="contact.phone", note=None),
        look("main.old_customers", email="contact.email", faith="special.religion"),
    ]
    return assemble(
        [CRM],
        looks=[Look(1, AT, one) for one in looks],
        decisions=decided,
        suppressions=suppressions,
        today=today,
    )


def fields(data_map: DataMap) -> dict[str, MapField]:
    return {
        f"{asset.asset.name.removeprefix('main.')}.{item.field.ref.field}": item
        for part in data_map.sources
        for asset in part.assets
        for item in asset.fields
    }


def personal(data_map: DataMap) -> set[str]:
    return {name for name, item in fields(data_map).items() if item.verdict.state.is_personal}


ALL = {"customers.email", "customers.phone", "old_customers.email", "old_customers.faith"}

PATTERNS = {
    "a field": ("crm:main.customers#email", "", {"customers.email"}),
    "fields by their end": ("*#email", "", {"customers.email", "old_customers.email"}),
    "a table": ("crm:main.customers", "", {"customers.email", "customers.phone"}),
    "tables": ("crm:main.old_*", "", {"old_customers.email", "old_customers.faith"}),
    "a source": ("crm", "", ALL),
    "a category": ("crm", "contact.email", {"customers.email", "old_customers.email"}),
    "a branch": ("crm", "special", {"old_customers.faith"}),
    "part of a name is no branch": ("crm", "spec", set()),
    "a hygiene finding is no category": ("crm", "no_tls", set()),
    "case counts": ("crm:main.Customers", "", set()),
    "another source": ("erp:*", "", set()),
    "the beginning of a source": ("cr", "", set()),
}


@pytest.mark.parametrize(("pattern", "what", "gone"), PATTERNS.values(), ids=PATTERNS)
def test_what_a_pattern_fits(pattern: str, what: str, gone: set[str]) -> None:
    one = suppression(pattern, what)
    found = a_map(one)
    assert ALL - personal(found) == gone
    items = fields(found)
    assert {name for name, item in items.items() if item.suppression == one} == gone
    # The machine's verdict is still there to be seen.
    assert all(items[name].machine.category is not None for name in gone)
    assert all(items[name].verdict.state is State.CLEAN and items[name].verdict.category is None for name in gone)
    assert found.suppressions == (one,)


@given(st.text(min_size=1), st.text(min_size=1), st.text(min_size=1))
def test_every_address_fits_itself_its_asset_and_its_source(source: str, asset: str, field: str) -> None:
    text = str(FieldRef(source, asset, field))
    assert fits(text, text)
    assert fits(text.partition("#")[0], text)
    assert fits(text.partition(":")[0], text)
    assert fits("*", text)


def test_a_name_with_the_characters_of_globs() -> None:
    text = str(FieldRef("share", "a[1].json", "items[*].mail"))
    assert fits(text, text)
    assert not fits(text, str(FieldRef("share", "a1.json", "items.mail")))


def test_a_decision_on_the_field_itself_comes_first() -> None:
    decided = decision(EMAIL, "contact.email")
    email = fields(a_map(suppression("crm"), decided=(decided,)))
    assert email["customers.email"].verdict.state is State.CONFIRMED
    assert email["customers.email"].suppression is None
    over = decision(EMAIL, "contact.email", TODAY - timedelta(days=1))
    assert fields(a_map(suppression("crm"), decided=(over,)))["customers.email"].suppression is not None


def test_its_last_day_counts() -> None:
    one = suppression("crm", until_on=TODAY)
    assert personal(a_map(one)) == set()
    after = a_map(one, today=TODAY + timedelta(days=1))
    assert personal(after) == ALL
    # It is still listed, so that it can be renewed or withdrawn.
    assert after.suppressions == (one,)


def test_a_verdict_that_is_not_personal_is_not_suppressed() -> None:
    undecided = verdict(EMAIL, None, State.UNDECIDED)
    assert apply(undecided, None, TODAY, [suppression("crm")]) is undecided
    assert apply(verdict(EMAIL, "contact.email"), None, TODAY, [suppression("crm")]).state is State.CLEAN


def test_hygiene_findings_are_suppressed_by_name_only() -> None:
    broad, named = suppression("crm"), suppression("crm", "no_tls")
    assert suppressed([broad, named], "crm", "no_tls", TODAY) == named
    assert suppressed([broad], "crm", "no_tls", TODAY) is None
    assert suppressed([broad], str(EMAIL), "secret", TODAY) is None
    assert suppressed([suppression("crm:main.*", "stale_copy")], "crm:main.old", "stale_copy", TODAY) is not None
    assert all(is_known(kind) for kind in HYGIENE_KINDS)
    assert is_known("contact")
    assert not is_known("kontakt")


def test_the_longest_pattern_is_named() -> None:
    wide, narrow = suppression("crm"), suppression("crm:main.customers#email")
    assert suppressed([wide, narrow], str(EMAIL), "contact.email", TODAY) == narrow


@pytest.mark.parametrize("pattern", ["*", "**", "*:*", "*:*#*", "?*", "*.*", "[!x]*", "*#*", "*_*"])
def test_patterns_that_name_nothing(pattern: str) -> None:
    assert is_universal(pattern)
    assert not is_universal(f"crm{pattern}")


def test_in_the_store(store: Store) -> None:
    scan(store, look("main.customers", email="contact.email"))
    one = suppression("crm:main.*", "contact", TODAY)
    kept.suppress(store, one)
    kept.suppress(store, suppression("*#email"))
    assert [(item.pattern, item.what) for item in kept.latest(store)] == [("*#email", ""), ("crm:main.*", "contact")]
    assert kept.latest(store)[1] == one
    assert personal(store.load(today=TODAY)) == set()
    # A past map is judged by what is said now, so that two maps differ only in what the scans saw.
    assert personal(store.load(1, today=TODAY)) == set()
    kept.withdraw(store, "*#email", "", "bob", "No", AT)
    kept.withdraw(store, "crm:main.*", "contact", "bob", "No", AT)
    assert kept.latest(store) == []
    assert personal(store.load(today=TODAY)) == {"customers.email"}
    with pytest.raises(NotAllowedError):
        kept.withdraw(store, "crm:main.*", "contact", "bob", "No", AT)
    told = [entry.action for entry in store.journal() if "suppressed" in entry.action]
    assert told == ["map.suppressed", "map.suppressed", "map.unsuppressed", "map.unsuppressed"]


@pytest.mark.parametrize("wrong", [suppression("", "contact"), suppression("crm", "kontakt")])
def test_what_could_never_fit_is_refused(store: Store, wrong: Suppression) -> None:
    with pytest.raises(UsageError):
        kept.suppress(store, wrong)
    assert kept.latest(store) == []
