"""Names of people by the lexicon, and what only looks like them. Common names, put together for this file."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scanners.detect.people import is_full_name, is_given_name, is_name_word, lexicon

FULL = [
    "Anna Schmidt",
    "Schmidt, Anna",
    "Dr. Peter van den Berg",
    "Maria José Garcia",
    "J. Robert Miller",
    "IVAN PETROV",
]
NOT_FULL = [
    "Anna",
    "Monthly Report",
    "Schmidt GmbH",
    "Bank of Anna Schmidt",
    "anna schmidt",
    "Anna Schmidt 2",
    "San Francisco",
    "",
    "Anna\nSchmidt und Söhne Holding International Trading",
]


@pytest.mark.parametrize("value", FULL)
def test_a_full_name(value: str) -> None:
    assert is_full_name(value)


@pytest.mark.parametrize("value", NOT_FULL)
def test_no_full_name(value: str) -> None:
    assert not is_full_name(value)


def test_words_of_names() -> None:
    assert is_given_name("Anna")
    assert is_given_name("Anne-Marie")
    assert not is_given_name("Monthly")
    assert is_name_word("Schmidt")
    assert not is_name_word("Spanner")


@given(st.text(max_size=80))
def test_any_text_can_be_asked(value: str) -> None:
    for asked in (is_full_name, is_given_name, is_name_word):
        assert asked(value) in (True, False)


def test_the_classes_do_not_overlap() -> None:
    known = lexicon()
    assert not known.given & known.given_or_word
    assert not known.surname & known.surname_or_word
    assert not known.word & (known.given | known.surname | known.given_or_word | known.surname_or_word)
    assert len(known.given) > 20_000
