"""Towns, regions, countries, lines of addresses and postal codes by their values."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scanners.detect import places

ADDRESSES = [
    "12 Main St",
    "1600 Nowhere Avenue NW",
    "Hauptstr. 5",
    "Lindenallee 12a, 20095 Hamburg",
    "Am Alten Markt 3",
    "12 bis, rue de la Paix",
    "Calle Mayor 8, 3º B",
    "Avda. de la Libertad 22",
    "Via Garibaldi 112",
    "Rua das Flores, 1500",
    "Keizersgracht 123-2",
    "ul. Długa 3/4",
    "Storgatan 4",
    "P.O. Box 123",
    "Postfach 12 34",
    "C/ Mayor, s/n",
]
NO_ADDRESSES = [
    "Sleeping Bag 5",
    "Windows 11",
    "Berlin",
    "Main Street",
    "12",
    "3 of 5",
    "Room 101",
    "2024-01-02",
    "",
    "Terminal 2",
]


@pytest.mark.parametrize("value", ADDRESSES)
def test_a_line_of_an_address(value: str) -> None:
    assert places.is_address_line(value)


@pytest.mark.parametrize("value", NO_ADDRESSES)
def test_no_line_of_an_address(value: str) -> None:
    assert not places.is_address_line(value)


@pytest.mark.parametrize(
    ("value", "kind"),
    [
        ("Berlin", "city"),
        ("München", "city"),
        ("Munich", "city"),
        ("St. Petersburg", "city"),
        ("Frankfurt am Main", "city"),
        ("stratford-upon-avon", "city"),
        ("New York City", "city"),
        ("Bayern", "region"),
        ("Texas", "region"),
        ("Niederlande", "country"),
        ("Pays-Bas", "country"),
        ("Hiszpania", "country"),
        ("USA", "country"),
        ("Hammer", None),
        ("Monthly", None),
        ("", None),
        ("X", None),
    ],
)
def test_kinds_of_places(value: str, kind: str | None) -> None:
    assert places.kind(value) == kind


def test_towns_with_what_stands_beside_them() -> None:
    for value in (
        "10115 Berlin",
        "Austin, TX",
        "Paris, France",
        "D-80331 München",
        "Lyon, Auvergne-Rhône-Alpes, France",
    ):
        assert places.is_city(value), value
    for value in ("10115", "Austin, Powers", "Berlin, Hammer, Nail, Saw"):
        assert not places.is_city(value), value
    assert places.is_region("Texas, USA")
    assert not places.is_region("Texas, Hammer")
    assert places.is_country_code("DE")
    assert places.is_country_code("DEU")
    assert not places.is_country_code("XQ")
    assert places.is_region_code("TX")


@pytest.mark.parametrize(
    "value",
    ["10115", "90210-1234", "SW1A 1AA", "1012 AB", "00-950", "1000-001", "111 22", "K1A 0B1", "D-10115"],
)
def test_postal_codes(value: str) -> None:
    assert places.is_postal_code(value)


@pytest.mark.parametrize("value", ["SE-111", "12", "1234567", "12-34", "Berlin", "2024-01-02", "+49 30"])
def test_no_postal_codes(value: str) -> None:
    assert not places.is_postal_code(value)


@pytest.mark.parametrize("rule", places.rules(), ids=lambda rule: rule.name)
def test_examples_of_the_rules(rule: places.Rule) -> None:
    assert all(rule.matches(value) for value in rule.examples)
    assert not any(rule.matches(value) for value in rule.counter_examples)


@given(st.text(max_size=80))
def test_any_text_can_be_asked(value: str) -> None:
    assert places.kind(value) in (None, "city", "region", "country")
    for rule in places.rules():
        assert rule.matches(value) in (True, False)
