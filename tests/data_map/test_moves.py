"""What left one place and came to another: told when it is sure enough, and never across another verdict."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from data_map.build import Look, assemble
from data_map.diff import Change, ChangeKind, diff, failing
from data_map.model import (
    Asset,
    AssetKind,
    AssetScan,
    Contained,
    DataMap,
    Field,
    FieldRef,
    FieldVerdict,
    State,
    Suppression,
)
from tests.data_map.examples import CRM, TODAY

AT = datetime(2026, 11, 1, tzinfo=UTC)
MAILS = (("aaaa.aaaa@aaaaaa.aa", 40), ("aaaaaaa@aaaaaa.aa", 20))
WORDS = (("Aaaaaaaaa aaa", 30), ("Aaaaa aaaaaaa", 20))
NUMBERS = (("999", 50), ("99", 8))

#: name → category, type, shapes
Columns = dict[str, tuple[str | None, str, tuple[tuple[str, int], ...]]]
CUSTOMERS: Columns = {
    "id": (None, "INTEGER", NUMBERS),
    "email": ("contact.email", "TEXT", MAILS),
    "note": (None, "TEXT", WORDS),
}


def table(name: str, columns: Columns, rows: int = 60, kind: AssetKind = AssetKind.TABLE) -> AssetScan:
    refs = {FieldRef("crm", name, column): content for column, content in columns.items()}
    return AssetScan(
        asset=Asset("crm", name, kind, rows, size_bytes=rows * 100),
        fields=tuple(
            Field(ref, kind_of, place, is_primary_key=ref.field == "id")
            for place, (ref, (_, kind_of, _)) in enumerate(refs.items())
        ),
        verdicts=tuple(
            FieldVerdict(
                ref,
                State.CONFIRMED if category else State.CLEAN,
                category,
                sampled=rows,
                distinct=sum(count for _, count in shapes),
                shapes=shapes,
            )
            for ref, (category, _, shapes) in refs.items()
        ),
        rows_read=rows,
        bytes_read=1,
        is_whole=True,
        sampling="all",
    )


def a_map(*looks: AssetScan, suppressions: tuple[Suppression, ...] = ()) -> DataMap:
    return assemble([CRM], looks=[Look(1, AT, one) for one in looks], suppressions=suppressions, today=TODAY)


def told(*changes: Change) -> list[str]:
    return [
        " ".join([change.kind.value, change.asset or "-", change.field or "-", change.before or "-"])
        for change in changes
    ]


def with_column(old: str, new: str, content: tuple[str | None, str, tuple[tuple[str, int], ...]]) -> Columns:
    return {new if name == old else name: content if name == old else one for name, one in CUSTOMERS.items()}


def without(name: str, **more: tuple[str | None, str, tuple[tuple[str, int], ...]]) -> Columns:
    return {key: content for key, content in CUSTOMERS.items() if key != name} | more


BEFORE = a_map(table("customers", CUSTOMERS))

CASES = {
    "a column renamed": (
        BEFORE,
        a_map(table("customers", with_column("email", "mail_address", CUSTOMERS["email"]))),
        ["moved_field customers mail_address crm:customers#email"],
    ),
    "a column without personal data renamed": (
        BEFORE,
        a_map(table("customers", with_column("note", "remark", CUSTOMERS["note"]))),
        ["moved_field customers remark crm:customers#note"],
    ),
    "another verdict is no renaming": (
        BEFORE,
        a_map(table("customers", with_column("email", "phone", ("contact.phone", "TEXT", MAILS)))),
        ["gone_field customers email -", "new_field customers phone -", "newly_personal customers phone -"],
    ),
    "another type is no renaming": (
        BEFORE,
        a_map(table("customers", with_column("email", "mail", ("contact.email", "BLOB", MAILS)))),
        ["gone_field customers email -", "new_field customers mail -", "newly_personal customers mail -"],
    ),
    "other contents are no renaming": (
        BEFORE,
        a_map(table("customers", with_column("note", "status", (None, "TEXT", (("A9", 60),))))),
        ["gone_field customers note -", "new_field customers status -"],
    ),
    "a number elsewhere is no renaming": (
        a_map(table("customers", CUSTOMERS | {"stock": (None, "INTEGER", NUMBERS)})),
        a_map(table("customers", {"rank": (None, "INTEGER", NUMBERS)} | CUSTOMERS)),
        ["new_field customers rank -", "gone_field customers stock -"],
    ),
    "a column moved into a new table": (
        BEFORE,
        a_map(
            table("contacts", {"customer": (None, "INTEGER", NUMBERS), "email": CUSTOMERS["email"]}),
            table("customers", without("email")),
        ),
        ["new_asset contacts - -", "moved_field contacts email crm:customers#email"],
    ),
    "a table renamed": (
        BEFORE,
        a_map(table("clients", CUSTOMERS)),
        ["moved_asset clients - customers"],
    ),
    "a table renamed, and one of its columns, and one more": (
        a_map(table("customers", CUSTOMERS | {f"c{n}": (None, "TEXT", WORDS) for n in range(9)})),
        a_map(
            table(
                "clients",
                with_column("email", "mail", CUSTOMERS["email"])
                | {f"c{n}": (None, "TEXT", WORDS) for n in range(9)}
                | {"phone": ("contact.phone", "TEXT", (("+99 999 99999", 60),))},
            )
        ),
        [
            "moved_asset clients - customers",
            "moved_field clients mail crm:customers#email",
            "new_field clients phone -",
            "newly_personal clients phone -",
        ],
    ),
    "a table with other contents is another": (
        BEFORE,
        a_map(
            table("books", {"id": CUSTOMERS["id"], "email": (None, "TEXT", ()), "note": (None, "TEXT", (("9", 9),))})
        ),
        ["new_asset books - -", "gone_asset customers - -"],
    ),
    "two letters": (
        a_map(table("a.docx", {"body": ("text.personal", "", ())}, 1, AssetKind.FILE)),
        a_map(table("b.docx", {"body": ("text.personal", "", ())}, 2, AssetKind.FILE)),
        ["gone_asset a.docx - -", "new_asset b.docx - -", "newly_personal b.docx body -"],
    ),
    "a file in another folder": (
        a_map(table("in/a.csv", CUSTOMERS, kind=AssetKind.FILE)),
        a_map(table("out/a.csv", CUSTOMERS, kind=AssetKind.FILE)),
        ["moved_asset out/a.csv - in/a.csv"],
    ),
    "a copy is no move": (
        BEFORE,
        a_map(table("customers", CUSTOMERS), table("customers_old", CUSTOMERS)),
        ["new_asset customers_old - -", "newly_personal customers_old email -"],
    ),
}


@pytest.mark.parametrize(("old", "new", "expected"), CASES.values(), ids=CASES)
def test_moves(old: DataMap, new: DataMap, expected: list[str]) -> None:
    changes = diff(old, new)
    assert told(*changes) == expected
    assert all((change.score is not None) == change.kind.value.startswith("moved") for change in changes)


def test_of_two_that_could_be_it_the_surer_one_is() -> None:
    old = a_map(table("t", {"home_mail": CUSTOMERS["email"], "work_mail": CUSTOMERS["email"]}))
    new = a_map(table("t", {"home_email": CUSTOMERS["email"], "work_email": CUSTOMERS["email"]}))
    assert told(*diff(old, new)) == [
        "moved_field t home_email crm:t#home_mail",
        "moved_field t work_email crm:t#work_mail",
    ]


def test_a_moved_field_is_told_with_what_else_changed() -> None:
    new = table("customers", with_column("email", "mail", CUSTOMERS["email"]))
    likely = replace(
        new, verdicts=tuple(replace(one, state=State.LIKELY) if one.category else one for one in new.verdicts)
    )
    assert told(*diff(BEFORE, a_map(likely))) == [
        "moved_field customers mail crm:customers#email",
        "state_changed customers mail confirmed",
    ]


def test_thousands_of_files_that_were_replaced() -> None:
    old = a_map(*(table(f"a/{n}.csv", {"x": (None, "", ())}, n + 1, AssetKind.FILE) for n in range(3000)))
    new = a_map(*(table(f"b/{n}.csv", {"x": (None, "", ())}, n + 9000, AssetKind.FILE) for n in range(3000)))
    kinds = {change.kind for change in diff(old, new)}
    assert kinds == {ChangeKind.GONE_ASSET, ChangeKind.NEW_ASSET}


# Texts, suppressions, alarms


def text_with(*categories: str) -> AssetScan:
    look = table("notes", {"body": ("text.personal", "TEXT", ())})
    contains = tuple(Contained(category, 5, 5) for category in categories)
    return replace(look, verdicts=tuple(replace(one, contains=contains) for one in look.verdicts))


def test_what_a_text_contains_now() -> None:
    [change] = diff(a_map(text_with("contact.email")), a_map(text_with("contact.email", "special.health")))
    assert (change.kind, change.after, change.categories) == (
        ChangeKind.NEWLY_CONTAINS,
        "special.health",
        ("special.health",),
    )
    assert failing([change], {"art9"}) == [change]
    assert failing([change], {"contact.email"}) == []
    assert diff(a_map(text_with("contact.email", "special.health")), a_map(text_with("contact.email"))) == ()


def test_what_a_pattern_keeps_from_an_alarm_is_told() -> None:
    pattern = Suppression("crm:customers", "", "anna", "Test data", AT)
    [change] = [
        one
        for one in diff(a_map(suppressions=(pattern,)), a_map(table("customers", CUSTOMERS), suppressions=(pattern,)))
        if one.field
    ]
    assert (change.kind, change.field, change.after) == (ChangeKind.NEWLY_SUPPRESSED, "email", "contact.email")
    assert failing([change], {"new", "contact.email"}) == []
    assert failing([change], {"newly_suppressed"}) == [change]


def test_alarms() -> None:
    changes = diff(a_map(), a_map(table("customers", CUSTOMERS)))
    assert told(*changes) == ["new_asset customers - -", "newly_personal customers email -"]
    new_asset, personal = changes
    for wanted, expected in (
        ((), []),
        (("new",), [personal]),
        (("newly_personal",), [personal]),
        (("new_asset",), [new_asset]),
        (("contact.email",), [personal]),
        (("ordinary",), [personal]),
        (("art9", "contact.phone", "gone_asset"), []),
        (("any",), [new_asset, personal]),
    ):
        assert failing(changes, wanted) == expected, wanted
