"""Values that are nothing personal, and people's values that must not pass for them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scanners.detect import lexicon
from scanners.detect.base import Rule
from scanners.detect.negatives import is_phrase, is_product, is_title

RULES = lexicon.negatives()
PEOPLE = [
    "Anneliese Brockschmidt",
    "Brockschmidt, Anneliese",
    "Dr. N. Abiodunwe",
    "Ludwig van den Brugge",
    "Mehmet Yıldızkaya",
    "jane.doe@kestrel-mail.org",
    "12 Larkspur Close",
]


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.name)
def test_examples_pass_and_people_do_not(rule: Rule) -> None:
    assert rule.category.startswith("not.")
    assert rule.examples
    assert all(rule.matches(value) for value in rule.examples)
    assert not any(rule.matches(value) for value in (*rule.counter_examples, *PEOPLE))


@pytest.mark.parametrize(
    ("value", "category"),
    [
        ("Kestrel Optics Ltd.", "not.organisation"),
        ("Mountain Bike Helmet, Red", "not.product"),
        ("HL Road Frame 58 cm", "not.product"),
        ("The Silent Harbour", "not.title"),
        ("Troglodytes troglodytes", "not.species"),
        ("2024-05-01T10:00:00Z", "not.date"),
        ("poniedziałek", "not.date"),
        ("C:\\data\\report.xlsx", "not.file"),
        ("application/json", "not.file"),
        ("1.10.0-beta2", "not.version"),
        ("da39a3ee5e6b4b0d3255bfef95601890afd80709", "not.hash"),
        ("https://example.org/p?id=1", "not.url"),
        ("€ 1.299,00", "not.number"),
        ("BK-M82S-38", "not.part_number"),
        ("in Bearbeitung", "not.enum"),
        ("hellgrün", "not.colour"),
        ("Stück", "not.unit"),
        ("CHF", "not.currency"),
    ],
)
def test_what_a_value_is(value: str, category: str) -> None:
    assert category in {rule.category for rule in RULES if rule.matches(value)}


def test_words_that_are_also_names_make_no_phrase() -> None:
    assert is_phrase("Customer Service")
    assert not is_phrase("Rose Miller")
    assert not is_product("Anna Brown")
    assert not is_title("Vincent van Hoogendaal")


@given(st.text(max_size=120))
def test_any_text_can_be_asked(value: str) -> None:
    for rule in RULES:
        assert rule.matches(value) in (True, False)
