"""Phone numbers, by phonenumbers: as whole values of a column, and as candidates in running text.

phonenumbers is loaded at the first value that could be one.
"""

from __future__ import annotations

import re
from functools import lru_cache

from scanners.detect.base import Rule

#: Regions tried for a phone number without a country code, when the source's country is not known.
REGIONS = ("US", "GB", "DE", "FR", "ES", "IT", "NL", "PL", "PT", "BE", "AT", "CH", "CA", "AU", "IN", "BR", "MX", "JP")

#: Finds candidate stretches in running text.
CANDIDATE = re.compile(r"(?<![\w.+-])(?:\+|00|\()?\d[\d ().\-/]{5,18}\d(?:\s?(?:x|ext\.?)\s?\d{1,5})?(?![\w-]|\.\d)")
#: What is written like a number of a telephone and is a date, a time or a price.
DATE = re.compile(
    r"(?:19|20)\d\d[-./ ]\d\d?[-./ ]\d\d?|\d\d?[-./]\d\d?[-./](?:19|20)\d\d|^\d\d?:\d\d|^\d{4}-\d{4}$|^\d+\.\d+$"
)


def _phone(value: str) -> bool:
    return value.lstrip("( ").startswith(("+", "00")) and is_phone(value, ())


def _national_phone(value: str) -> bool:
    return not DATE.search(value) and is_phone(value, REGIONS)


def is_phone(value: str, regions: tuple[str, ...]) -> bool:
    """Whether a value is a valid number, written internationally or as in one of the regions."""
    import phonenumbers

    text = value.strip()
    if text.startswith("00"):
        text = "+" + text[2:]
    for region in (None, *regions) if text.startswith(("+", "(+")) else regions:
        try:
            number = phonenumbers.parse(text, region)
        except phonenumbers.NumberParseException:
            continue
        if phonenumbers.is_valid_number(number):
            return True
    return False


@lru_cache(maxsize=1)
def rules() -> tuple[Rule, ...]:
    """Rules for whole values."""
    return (
        Rule(
            "phonenumbers:international",
            "contact.phone",
            re.compile(r"\(?\+9[9 ().\-/]{6,20}(?: ?(?:x|ext\.?) ?9{1,5})?|00[9 ().\-/]{8,20}"),
            _phone,
            0.02,
            examples=("+49 30 901820", "+1 (202) 456-1111"),
            counter_examples=("+0 12", "+49 1"),
        ),
        Rule(
            "phonenumbers:national",
            "contact.phone",
            # Written with separators: a bare run of digits is a number of any kind.
            re.compile(r"\(?9{1,5}\)?[ .\-/](?:[9() .\-/]{4,16})9(?: ?(?:x|ext\.?) ?9{1,5})?"),
            _national_phone,
            0.25,
            most=3.5,
            examples=("030 901820", "(202) 456-1111"),
            counter_examples=("2024-01-01", "1.23"),
        ),
        Rule(
            "phonenumbers:digits",
            "contact.phone",
            re.compile(r"9{8,13}"),
            _national_phone,
            0.75,
            most=1.5,
            needs_name=True,
            examples=("2024561111",),
        ),
    )
