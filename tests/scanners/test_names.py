"""What column names say."""

from __future__ import annotations

import tomllib
from importlib import resources

import pytest
from hypothesis import given
from hypothesis import strategies as st

from data_map.taxonomy import CATEGORIES
from scanners.detect.names import fold, read_name, split, subject_of

DATA = tomllib.loads(resources.files("scanners.detect").joinpath("names.toml").read_text(encoding="utf-8"))
EXAMPLES = [(name, block["category"]) for block in DATA["phrases"] for name in block["examples"]]
COUNTER_EXAMPLES = [(name, block["category"]) for block in DATA["phrases"] for name in block["counter_examples"]]


@pytest.mark.parametrize(
    ("name", "parts"),
    [
        ("cust_eml", ("cust", "eml")),
        ("EmailAddress", ("email", "address")),
        ("HTTPServerName", ("http", "server", "name")),
        ("addr2", ("addr", "2")),
        ("Straße / Nr.", ("strasse", "nr")),
        ("téléphone_portable", ("telephone", "portable")),
        ("", ()),
        ("___", ()),
    ],
)
def test_a_name_is_split_into_folded_words(name: str, parts: tuple[str, ...]) -> None:
    assert split(name) == parts


@given(st.text(max_size=40))
def test_any_text_can_be_read(name: str) -> None:
    reading = read_name(name)
    assert reading.category is None or reading.category in CATEGORIES
    assert 0 <= reading.strength <= 1
    assert fold(fold(name)) == fold(name)


@pytest.mark.parametrize(("name", "category"), EXAMPLES, ids=lambda text: text)
def test_the_examples_of_the_vocabulary(name: str, category: str) -> None:
    assert read_name(name).category == category


@pytest.mark.parametrize(("name", "category"), COUNTER_EXAMPLES, ids=lambda text: text)
def test_the_counter_examples_of_the_vocabulary(name: str, category: str) -> None:
    assert read_name(name).category != category


def test_every_category_has_words_and_every_rule_a_known_category() -> None:
    used = {block["category"] for block in DATA["phrases"]}
    assert used == set(CATEGORIES)


def test_words_are_folded_and_spaced_as_the_splitter_gives_them() -> None:
    wrong = [
        words
        for block in DATA["phrases"]
        for words in block["words"]
        if words != fold(words) or words != " ".join(words.split())
    ]
    assert not wrong


@pytest.mark.parametrize("name", ["email_verified", "file_name", "name_length", "ip_count", "capacity", "is_email"])
def test_a_head_noun_of_another_kind_denies(name: str) -> None:
    assert read_name(name).category is None


@pytest.mark.parametrize(
    ("table", "subject", "group"),
    [
        ("customers", "customer", None),
        ("T_Mitarbeiter", "employee", None),
        ("employee_addresses", "employee", None),
        ("products", None, "product"),
        ("x17", None, None),
    ],
)
def test_whom_a_table_is_about(table: str, subject: str | None, group: str | None) -> None:
    assert subject_of(table) == (subject, group)


def test_a_name_that_is_a_person_and_nothing_else_may_hold_the_name() -> None:
    reading = read_name("Mitarbeiter")
    assert (reading.category, reading.subject) == ("identity.name", "employee")
