"""Schemes of people's numbers, and which of them explains a column."""

from __future__ import annotations

import re
from itertools import product
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scanners.detect import identifiers, numbers
from scanners.detect.base import Passed

#: Numbers by which authorities and python-stdnum explain their check digits; none belongs to anybody.
SPECIMENS = [
    ("number:de.kvnr", "A123456780", "A123456781"),
    ("number:de.rvnr", "15 070649 C 103", "15 070649 C 104"),
    ("number:de.id_card", "T220001293", "T220001294"),
    ("number:pl.id_card", "ABA300000", "ABA400000"),
    ("number:hu.taj", "111 111 110", "111 111 111"),
    ("number:uy.ci", "1.234.567-2", "1.234.567-3"),
    ("number:sg.nric", "S1234567D", "S1234567E"),
    ("number:sg.nric", "G1234567X", "G1234567Y"),
    ("number:hk.id", "A123456(3)", "A123456(4)"),
    ("number:tw.id", "A123456789", "A123456788"),
    ("number:nz.nhi", "ZZZ0016", "ZZZ0017"),
    ("number:ru.snils", "112-233-445 95", "112-233-445 96"),
    ("number:ir.national", "0499370899", "0499370898"),
    ("number:us.dea", "AB1234563", "AB1234564"),
    ("number:gb.driving", "MORGA657054SM9IJ", "MORGA693054SM9IJ"),
    ("number:sv.dui", "00016297-5", "00016297-6"),
    ("number:mx.clabe", "032180000118359719", "032180000118359710"),
    ("number:es.nuss", "28/12345678/40", "28/12345678/41"),
    ("number:br.cnh", "02650306461", "02650306462"),
    ("number:br.titulo", "1023 8501 0671", "1023 8501 0672"),
    ("number:gb.nino", "AB 12 34 56 C", "BG 12 34 56 C"),
    ("number:card", "3782 822463 10005", "3782 822463 10006"),
    ("number:iban", "DE89 3704 0044 0532 0130 00", "DE89 3704 0044 0532 0130 01"),
    ("stdnum:es.dni", "54.362.315-K", "54.362.315-L"),
]


def passed(detector: str, matched: int, of: int) -> Passed:
    scheme = {**identifiers.schemes(), **identifiers.organisations()}[detector]
    rule = scheme.rule
    return Passed(rule.name, rule.category, matched, of, rule.chance, needs_name=False, most=rule.most)


@pytest.mark.parametrize(("name", "valid", "wrong"), SPECIMENS)
def test_a_check_digit_is_checked(name: str, valid: str, wrong: str) -> None:
    rule = identifiers.schemes()[name].rule
    assert rule.matches(valid)
    assert not rule.matches(wrong)


def test_cards_have_an_issuer() -> None:
    assert numbers.card("4111111111111111")
    assert numbers.luhn("1111111111111117")
    assert not numbers.card("1111111111111117")
    assert not numbers.card("41111111111111111111")


@given(st.sampled_from(sorted(numbers.CHECKS)), st.text("0123456789ABCXZ", max_size=20))
def test_a_row_takes_any_value_without_failing(check: str, value: str) -> None:
    entry: dict[str, Any] = {"name": "number:any", "check": check}
    assert identifiers.accepts(entry)(value) in (True, False)


def test_the_scheme_that_explains_most_values_is_chosen() -> None:
    found = identifiers.choose([passed("stdnum:nl.bsn", 20, 20), passed("stdnum:pt.nif", 2, 20)])
    assert [one.scheme.name for one in found] == ["stdnum:nl.bsn", "stdnum:pt.nif"]
    assert found[0].share > 0.99
    assert found[0].weight > 5 > 0 > found[1].weight


@pytest.mark.parametrize(
    ("name_words", "countries", "first"),
    [
        (("oib",), (), "stdnum:hr.oib"),
        (("steuer", "id"), (), "stdnum:de.idnr"),
        (("steuerid",), (), "stdnum:de.idnr"),
    ],
)
def test_names_and_countries_shift_what_is_chosen(
    name_words: tuple[str, ...], countries: tuple[str, ...], first: str
) -> None:
    hits = [passed("stdnum:hr.oib", 3, 3), passed("stdnum:de.idnr", 2, 3)]
    assert identifiers.choose(hits, name_words, countries)[0].scheme.name == first


def test_the_country_decides_between_schemes_of_one_kind() -> None:
    hits = [passed("stdnum:cz.rc", 5, 5), passed("stdnum:sk.rc", 5, 5)]
    chosen = {home: identifiers.choose(hits, (), (home,))[0].scheme.rule.country for home in ("CZ", "SK")}
    assert chosen == {"CZ": "CZ", "SK": "SK"}


def test_more_fitting_schemes_make_each_less_likely() -> None:
    hits = [passed("stdnum:gb.nhs", 5, 5)]
    alone, among = (identifiers.choose(hits, fitting=count)[0].weight for count in (1, 20))
    assert alone > among


def test_an_organisations_number_explains_a_persons_away_where_the_name_says_so() -> None:
    hits = [passed("stdnum:il.idnr", 30, 30), passed("stdnum:fr.siren", 30, 30)]
    (person,) = (one for one in identifiers.choose(hits) if not one.scheme.is_organisation)
    (named,) = (one for one in identifiers.choose(hits, ("siren",)) if not one.scheme.is_organisation)
    assert person.weight > 4 > 0 > named.weight


def test_hits_among_values_written_alike_do_not_stand_for_themselves() -> None:
    values = [f"{7_000_000_019 + 900_001 * index}" for index in range(60)]
    few = [passed("stdnum:gb.nhs", 6, 60)]
    assert all(item.needs_name for item in identifiers.weigh(values, few))


def test_dates_of_birth_are_not_those_of_orders() -> None:
    born = [f"{day:02}{month:02}{year:02}-1234" for day, month, year in zip(
        range(1, 21), [1, 2, 3, 4] * 5, range(40, 100, 3), strict=True
    )]  # fmt: skip
    ordered = [f"2{index % 3}{index % 9 + 1:02}{index + 1:02}-1234" for index in range(20)]
    hits = [passed("stdnum:dk.cpr", 20, 20)]
    (people,), (orders,) = identifiers.weigh(born, hits), identifiers.weigh(ordered, hits)
    assert people.weight is not None
    assert orders.weight is not None
    assert people.weight > 2 > 1 > orders.weight


def test_numbers_that_are_counted_up_say_nothing() -> None:
    values = [str(255_082_015_00 + index) for index in range(60)]
    (found,) = identifiers.weigh(values, [passed("number:au.medicare", 60, 60)])
    assert found.weight is not None
    assert found.weight < 1


@pytest.mark.parametrize(
    ("name_words", "is_refuted"),
    [(("pesel",), True), (("numer", "pesel"), True), (("reference",), False), (("cedula",), False), (("ssn",), False)],
)
def test_a_name_is_refuted_by_numbers_without_its_check_digits(name_words: tuple[str, ...], is_refuted: bool) -> None:
    wrong = [f"{index * 7_919_317 % 10**11:011}" for index in range(1, 41)]
    assert identifiers.is_refuted(wrong, name_words) is is_refuted


def test_a_name_stands_where_its_numbers_are_valid() -> None:
    assert not identifiers.is_refuted(["44051401359", "44051401458", "02070803628", "02070803604"], ["pesel"])


def test_every_scheme_stands_in_texts_with_its_words_or_alone() -> None:
    patterns = identifiers.text_patterns()
    for pattern, scheme in product(patterns, [identifiers.schemes()["stdnum:br.cpf"]]):
        if pattern.name != scheme.name:
            continue
        written = "CPF 390.533.447-05" if not pattern.needs_context else "CPF 39053344705"
        found = re.search(pattern.candidate, written)
        assert found is not None
        assert pattern.accepts(found.group())
    assert {pattern.needs_context for pattern in patterns if pattern.name == "stdnum:br.cpf"} == {True, False}
    assert all(pattern.context for pattern in patterns if pattern.needs_context)
    assert not any(re.search(pattern.candidate, "on 2024-11-24 at 10:30") for pattern in patterns)


def test_dates_and_versions_are_no_candidates() -> None:
    alone = [pattern for pattern in identifiers.text_patterns() if not pattern.needs_context]
    for text in ("12.03.2024", "version 10.4.2.1", "+49 30 901820", "2024-03-12 10:22:33"):
        assert not [
            pattern.name
            for pattern in alone
            for found in re.finditer(pattern.candidate, text)
            if pattern.accepts(found.group())
        ]
