"""Telephone numbers against phonenumbers itself, and as columns."""

from __future__ import annotations

import random
import re

import phonenumbers
import pytest
from hypothesis import given
from hypothesis import strategies as st

from scanners.detect import phones

REGIONS = phones.regions()
DIGITS = st.text("0123456789", min_size=5, max_size=14)


def is_valid(text: str, region: str | None) -> bool:
    try:
        number = phonenumbers.parse(text, region)
    except phonenumbers.NumberParseException:
        return False
    # Where a 0 calls abroad (Samoa), a number may turn out to be another country's; here abroad is + or 00.
    is_own = region is None or number.country_code == phonenumbers.country_code_for_region(region)
    return is_own and phonenumbers.is_valid_number(number)


@given(DIGITS, st.sampled_from(REGIONS))
def test_plans_say_what_phonenumbers_says(digits: str, region: str) -> None:
    if not digits.startswith("00"):  # which calls abroad here, whatever the region's own prefix for that is
        assert phones.is_phone(digits, (region,)) == is_valid(digits, region)


@given(st.sampled_from(REGIONS), DIGITS)
def test_numbers_with_a_code_are_those_of_phonenumbers(region: str, digits: str) -> None:
    text = f"+{phonenumbers.country_code_for_region(region)}{digits}"
    assert phones.is_phone(text, ()) == is_valid(text, None)


@pytest.mark.parametrize("region", REGIONS)
def test_the_example_of_each_region_is_a_number_however_it_is_written(region: str) -> None:
    number = phonenumbers.example_number(region)
    assert number is not None
    for form in (phonenumbers.PhoneNumberFormat.INTERNATIONAL, phonenumbers.PhoneNumberFormat.E164):
        assert phones.is_phone(phonenumbers.format_number(number, form), ())
    national = phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.NATIONAL)
    assert national.startswith("00") or phones.is_phone(national, (region,)) == is_valid(national, region)


def column(values: list[str], *home: str, named: bool = False) -> dict[str, float]:
    found, _ = phones.column(values, home, is_named=named)
    return {item.detector: item.matched / item.of for item in found if item.weight is None or item.weight > 2.5}


def numbers(template: str, count: int = 40) -> list[str]:
    rng = random.Random(7)
    return [re.sub("#", lambda _: rng.choice("123456789"), template) for _ in range(count)]


@pytest.mark.parametrize(
    ("template", "home", "detector"),
    [
        ("+49 30 ######1", "", "phonenumbers:international"),
        ("0049 30 ######1", "", "phonenumbers:international"),
        ("tel:+49-30-######1", "", "phonenumbers:international"),
        ("(202) 456-####", "", "phonenumbers:form"),
        ("202.456.#### ext. ##", "", "phonenumbers:form"),
        ("+39 000 ### ####", "", "phonenumbers:form"),
        ("06 ## ## ## ##", "FR", "phonenumbers:national"),
        ("06########", "", "phonenumbers:digits"),
        ("336########", "", "phonenumbers:digits"),
    ],
)
def test_columns_of_numbers(template: str, home: str, detector: str) -> None:
    assert column(numbers(template), *filter(None, [home])).get(detector, 0) > 0.85


def test_bare_digits_that_many_others_are_like_need_a_name() -> None:
    values = numbers("6########")  # of Spain, or of France with the leading zero lost
    assert column(values, "ES") == {}
    assert column(values, "ES", named=True)["phonenumbers:digits"] == 1


@pytest.mark.parametrize(
    "values",
    [
        [f"2024-0{month}-{day:02}" for month in range(1, 10) for day in range(10, 29)],
        [f"{day:02}.0{month}.2024" for month in range(1, 10) for day in range(10, 29)],
        [f"{number}.99" for number in range(1000, 1200)],
        [f"1 {number} 000" for number in range(100, 300)],
        [f"52.52{number}" for number in range(1000, 1200)],
        [str(3_012_345_600 + index) for index in range(200)],
        [str(1_700_000_000 + 86_399 * index) for index in range(200)],
        numbers("##########", 200),
        numbers("###########", 200),
        [f"{number}-1234" for number in range(90_000, 90_200)],
        [f"{number:02}:30:15" for number in range(24)],
    ],
    ids=["dates", "days", "prices", "thousands", "latitudes", "sequence", "seconds", "ten", "eleven", "zip", "times"],
)
def test_columns_of_other_numbers(values: list[str]) -> None:
    assert column(values) == {}


def test_a_prefix_of_other_values_tells_the_country() -> None:
    few = numbers("+36 30 ### ####", 3) + numbers("06 30 ### ####", 40)
    assert column(few)["phonenumbers:national"] > 0.9


def test_beside_numbers_with_a_code_others_are_what_they_look_like() -> None:
    made_up = numbers("+39 000 ### ####", 10) + numbers("0## ### ####", 20)
    assert column(made_up) == {"phonenumbers:form": 1}


def test_numbers_in_texts() -> None:
    found = {
        (pattern.name, hit.group())
        for pattern in phones.text_patterns(("DE",))
        for hit in re.finditer(pattern.candidate, "call +49 30 901820, or 030 901821; order 12-34")
        if pattern.accepts(hit.group())
    }
    assert {("phonenumbers:international", "+49 30 901820"), ("phonenumbers:national", "030 901821")} <= found
