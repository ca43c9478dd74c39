"""The rules for whole values, and spans in text."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from data_map.taxonomy import CATEGORIES
from scanners.detect import patterns
from scanners.detect.base import Rule
from scanners.detect.engine import is_running_text, rules, try_values

RULES = rules()

#: Published test numbers and numbers worked out by the schemes' own rules; none belongs to anybody.
VALID = [
    ("stdnum:nl.bsn", "111222333"),
    ("stdnum:es.dni", "54362315K"),
    ("stdnum:de.idnr", "36574261809"),
    ("stdnum:pl.pesel", "44051401359"),
    ("stdnum:it.codicefiscale", "RCCMNL83S18D969H"),
    ("stdnum:gb.nhs", "943 476 5870"),
    ("stdnum:fr.nir", "295109912611193"),
    ("stdnum:br.cpf", "390.533.447-05"),
    ("stdnum:se.personnummer", "880320-0016"),
    ("format:password_hash", "$2b$12$" + "a" * 53),
    ("format:token", "AKIA" + "ABCDEFGH12345678"),
    ("format:vin", "1M8GDM9AXKP042788"),
    ("format:profile_url", "https://www.linkedin.com/in/nobody-0001"),
    ("lexicon:gender", "weiblich"),
    ("lexicon:religion", "Roman Catholic"),
    ("lexicon:marital_status", "verheiratet"),
    ("lexicon:blood_group", "AB-"),
]


def rule(name: str) -> Rule:
    return next(one for one in RULES if one.name == name)


@pytest.mark.parametrize("one", RULES, ids=lambda one: one.name)
def test_a_rule_has_a_known_category_and_a_chance(one: Rule) -> None:
    assert one.category in CATEGORIES
    assert 0 < one.chance <= 1
    assert all(one.matches(value) for value in one.examples)
    assert not any(one.matches(value) for value in one.counter_examples)


@pytest.mark.parametrize(("name", "value"), VALID, ids=[name for name, _ in VALID])
def test_a_valid_value_passes_and_a_changed_one_does_not(name: str, value: str) -> None:
    assert rule(name).matches(value)
    if name.startswith("stdnum:"):
        digit = next(index for index, char in enumerate(value) if char.isdigit())
        changed = [value[:digit] + str(other) + value[digit + 1 :] for other in range(10)]
        assert sum(map(rule(name).matches, changed)) <= 2  # a check digit of two decimals lets a second one through


@settings(deadline=None)
@given(st.text(max_size=60))
def test_no_value_breaks_a_rule(value: str) -> None:
    for one in RULES:
        one.matches(value)


@settings(deadline=None, max_examples=50)
@given(st.text(max_size=200))
def test_spans_lie_in_the_text_and_do_not_overlap(text: str) -> None:
    found = sorted(patterns.spans(text), key=lambda span: span.start)
    assert all(0 <= span.start < span.stop <= len(text) for span in found)
    assert all(left.stop <= right.start for left, right in pairwise(found))


def test_spans_of_a_sentence() -> None:
    text = (
        "Ring +49 30 901820 or (202) 456-1111, write to jane.doe@kestrel-mail.org, pay to DE89 3704 0044 0532 0130 00 "
        "by 2026-01-02 10:11:12, from 192.0.2.17; card 4111 1111 1111 1111; version 1.2.3, order 12345678."
    )
    assert {(span.category, text[span.start : span.stop]) for span in patterns.spans(text)} == {
        ("contact.phone", "+49 30 901820"),
        ("contact.phone", "(202) 456-1111"),
        ("contact.email", "jane.doe@kestrel-mail.org"),
        ("financial.iban", "DE89 3704 0044 0532 0130 00"),
        ("online.ip_address", "192.0.2.17"),
        ("financial.card", "4111 1111 1111 1111"),
    }


def test_a_span_does_not_show_the_text() -> None:
    assert "jane" not in repr(list(patterns.spans("mail jane@kestrel-mail.org")))


def test_rules_that_need_a_name_are_not_tried_without_it() -> None:
    values = {f"{index:032x}": 1 for index in range(100)}
    assert not [one for one in try_values(values)[0] if one.needs_name]
    assert [one for one in try_values(values, "pseudonym.hashed")[0] if one.needs_name]
    # A digest under a name for passwords is a password's.
    found = try_values(values, "credential.password")[0]
    assert [(one.category, one.needs_name) for one in found] == [("credential.password_hash", False)]


@pytest.mark.parametrize(
    ("values", "is_text"),
    [
        (["The parcel was left with a neighbour on Monday.", "Please call before noon, the bell is broken."], True),
        (['{"a": 1}', '{"a": 2}'], True),
        (["null", '"x"', '{"a": 1}', '{"a": 2}'], True),
        (["Jane Doe", "John Roe"], False),
        (["2026-01-01 10:00:00", "2026-01-02 11:00:00"], False),
        (["1", "2"], False),
        (["DE89 3704 0044 0532 0130 00", "NL91 ABNA 0417 1643 00"], False),
        ([], False),
    ],
)
def test_what_is_running_text(values: list[str], is_text: bool) -> None:
    assert is_running_text(dict.fromkeys(values, 1)) is is_text
