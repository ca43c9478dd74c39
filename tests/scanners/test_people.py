"""Names of people by the lexicon, and what only looks like them. The people were made up for this file."""

from __future__ import annotations

from functools import cache
from importlib import resources

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scanners.detect.people import (
    GIVEN_NAME,
    is_full_name,
    is_given_name,
    is_name_word,
    is_rare_surname,
    is_somebody,
    lexicon,
    looks_like_organisation,
    rules,
    score,
    word_weights,
)

FULL = [
    "Anneliese Brockschmidt",
    "Brockschmidt, Anneliese",
    "Dr. Peter van den Brugge",
    "María José Quintanar Robledo",
    "J. Robert Millwright",
    "IVAN PETRUSHENKO",
    "annika lindströmberg",
    "DOE Jane",
    "Jean-Yves de la Fontenelle",
    "Ngoc Anh Phamvo",
    "Mehmet Yıldızkaya",
    "Thulani Dlamini-Mokwena",
    "Ольга Петрушенко",
    "Αλέξανδρος Παπαδόγλου",
    "王思雨",
    "佐藤 花子",
    "김서연",
]
NOT_FULL = [
    "Anna",
    "Monthly Report",
    "Schmidt GmbH",
    "Bank of Anna Schmidt",
    "Anna Schmidt 2",
    "San Francisco",
    "Los Angeles",
    "Golden Retriever",
    "Steel Hammer",
    "Customer Service",
    "Deutsche Bahn",
    "Apple Pie",
    "Stranger Things",
    "in progress",
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
    assert is_given_name("ANNA MARIA")
    assert not is_given_name("Monthly")
    assert is_name_word("Schmidt")
    assert is_name_word("O'Brien")
    assert not is_name_word("Spanner")
    assert not is_name_word("Dr. Schmidt, Anna")


def test_a_word_weighs_by_what_it_mostly_is() -> None:
    for name, thing in (("anna", "blue"), ("wolfgang", "berlin"), ("mehmet", "friday")):
        assert max(word_weights(name)) >= GIVEN_NAME > max(word_weights(thing))
    assert word_weights("anna")[0] > word_weights("anna")[1]
    assert word_weights("schmidt")[1] > word_weights("schmidt")[0]


def test_unknown_words_are_weighed_by_their_letters() -> None:
    for name, thing in (("petrushenkova", "installations"), ("brockmanson", "productively")):
        assert name not in lexicon().codes
        assert thing not in lexicon().codes
        assert max(word_weights(name)) > max(word_weights(thing))


def test_rare_surnames_are_found_in_their_text() -> None:
    for word in ("aaby", "zyzak", "kaltenbrunner"):
        assert is_rare_surname(word) is (word in lexicon_of_rare())
    words = sorted(lexicon_of_rare())
    assert len(words) > 100_000
    for word in (words[0], words[1], words[len(words) // 2], words[-1]):
        assert is_rare_surname(word)
        assert not is_rare_surname(word + "qx")
    assert not is_rare_surname("")
    assert not is_rare_surname("hammer")


@cache
def lexicon_of_rare() -> frozenset[str]:
    return frozenset(resources.files("scanners.detect").joinpath("surnames.txt").read_text(encoding="ascii").split())


@pytest.mark.parametrize("value", ["Brockschmidt (1-0)", "BROCKSCHMIDT*ANNA MARIA/", "Dr & Mrs P Brockschmidt", "J.K."])
def test_where_names_are_said_to_be_marks_beside_them_do_not_matter(value: str) -> None:
    assert is_somebody(value)


@pytest.mark.parametrize("value", ["—", "unknown", "reception", "12", "", "Monthly Report"])
def test_what_is_nobody(value: str) -> None:
    assert not is_somebody(value)


def test_order_commas_titles_and_case_change_the_score() -> None:
    plain = score("Anneliese Brockschmidt")
    assert score("Dr. Anneliese Brockschmidt") > plain > score("anneliese brockschmidt") > score("Blue Chair")
    assert score("Brockschmidt, Anneliese") > score("Brockschmidt Anneliese")


@pytest.mark.parametrize(
    "value",
    ["Kestrel Optics Ltd.", "Brockschmidt GmbH & Co. KG", "Universität Nirgendwo", "Société Générale", "Zakład Usług"],
)
def test_an_organisation(value: str) -> None:
    assert looks_like_organisation(value)
    assert not is_full_name(value)


@pytest.mark.parametrize("value", ["Anneliese Brockschmidt", "Berlin", "GmbH", "Blue Chair", "", "bank account number"])
def test_no_organisation(value: str) -> None:
    assert not looks_like_organisation(value)


def test_examples_of_the_rules() -> None:
    for rule in rules():
        assert all(rule.matches(value) for value in rule.examples)


@given(st.text(max_size=80))
def test_any_text_can_be_asked(value: str) -> None:
    for asked in (is_full_name, is_given_name, is_name_word, is_somebody, is_rare_surname, looks_like_organisation):
        assert asked(value) in (True, False)
    assert -60 < score(value) < 60


def test_the_lexicon_holds_names_of_many_scripts() -> None:
    known = lexicon()
    names = known.names
    assert len(names) > 80_000
    for word in ("wolfgang", "иван", "αλεξανδρος", "佐藤", "abebe", "nguyen", "thulani"):
        assert word in names, word
    assert all(len(code) == 3 for code in known.weights)
