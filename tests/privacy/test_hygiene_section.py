"""What is amiss, on the first page of the inventory."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime

from data_map.hygiene import findings
from data_map.model import DataMap, Suppression
from privacy.hygiene import failing
from privacy.hygiene_section import hygiene_fact, hygiene_section
from tests.data_map.hygiene_cases import CARDS, IDS, MAILS, PASSWORDS, Case, map_of

TODAY = date(2026, 11, 24)


def users(number: int) -> Case:
    return Case(f"main.users{number}", {"id": IDS, "email": MAILS, "password": PASSWORDS})


def test_the_worst_is_warned_of_and_what_to_do_is_told_once() -> None:
    found = findings(map_of(*map(users, range(3)), Case("main.cards", {"card_number": CARDS})), TODAY)
    section = hygiene_section(found, has_looked=True)
    assert len(section.warnings) == 3
    assert [fact.label for fact in section.facts] == ["Passwords in clear (3)", "Cardholder data in clear (1)"]
    assert [row["severity"] for row in section.tables[0].records] == ["critical"] * 3 + ["high"]
    assert hygiene_fact(found, has_looked=True).text == "3 critical, 1 high"


def test_what_is_set_aside_is_counted_and_neither_listed_nor_failing() -> None:
    said = Suppression("shop", "cleartext_password", "anna", "a course", datetime(2026, 11, 1, tzinfo=UTC))
    found = findings(replace(map_of(users(1)), suppressions=(said,)), TODAY)
    section = hygiene_section(found, has_looked=True)
    assert section.tables[0].records == []
    assert section.paragraphs == ("1 finding set aside by people, each with its reason: privacy map hygiene --all",)
    assert failing(found, ["any"]) == []


def test_many_are_cut_with_the_command_that_lists_all() -> None:
    found = findings(map_of(*(Case(f"main.t{n}_bak", {"id": IDS, "email": MAILS}) for n in range(120))), TODAY)
    section = hygiene_section(found, has_looked=True)
    assert len(section.tables[0].records) == 100
    assert "privacy map hygiene" in section.paragraphs[0]


def test_nothing_scanned_is_not_called_clean() -> None:
    assert findings(DataMap(), TODAY) == ()
    assert hygiene_fact((), has_looked=False).text == "not scanned"
    assert hygiene_section((), has_looked=False).tables[0].empty == "Nothing was scanned yet."
