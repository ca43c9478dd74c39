"""Where the people of a table live."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from scanners.detect.origin import Origin, origin_of


def origin(source: str | None = None, /, **columns: list[str]) -> Origin:
    counted: list[tuple[str, Mapping[str, int]]] = [
        (name, dict.fromkeys(values, 1)) for name, values in columns.items()
    ]
    return origin_of(counted, source)


@pytest.mark.parametrize(
    ("columns", "first"),
    [
        ({"country_code": ["BR"]}, "BR"),
        ({"country": ["Poland"]}, "PL"),
        ({"pais": ["España"]}, "ES"),
        ({"country": ["UK"]}, "GB"),
        ({"phone": ["+48 512 345 678", "+48 600 700 800"]}, "PL"),
        ({"konto": ["NL91 ABNA 0417 1643 00"]}, "NL"),
        ({"vorname": [], "nachname": [], "geburtsdatum": []}, "DE"),
        ({"imie": [], "nazwisko": [], "ulica": []}, "PL"),
    ],
)
def test_columns_tell_the_country(columns: dict[str, list[str]], first: str) -> None:
    assert origin(**columns).countries[0] == first


def test_the_source_comes_first() -> None:
    assert origin("AT", country=["DE"]).countries == ("AT", "DE")


def test_nothing_is_told_by_numbers_and_english_names() -> None:
    assert origin(id=["1", "2"], total=["3.50"]) == Origin()
