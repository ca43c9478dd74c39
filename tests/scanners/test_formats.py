"""Fixed formats, dates of birth, addresses of machines, and published test data."""

from __future__ import annotations

import datetime as dt

import pytest

from scanners.detect.base import Passed
from scanners.detect.formats import Addresses, addresses, birth_date, birth_dates, rules, weigh
from scanners.detect.specimens import is_test, known_among

TODAY = dt.date(2026, 11, 24)


def categories(value: str) -> set[str]:
    return {rule.category for rule in rules() if not rule.needs_name and rule.matches(value)}


@pytest.mark.parametrize(
    ("value", "category"),
    [
        ("$argon2id$v=19$m=65536,t=3,p=4$c2FsdHNhbHQ$aGFzaGhhc2hoYXNo", "credential.password_hash"),
        ("scrypt:32768:8:1$saltsalt$" + "ab" * 64, "credential.password_hash"),
        ("glpat-abcdefghij0123456789", "credential.token"),
        ("xoxb-123456789012-abcdefghijkl", "credential.token"),
        ("-----BEGIN OPENSSH PRIVATE KEY-----\nb3BlbnNzaC1rZXk\n-----END OPENSSH PRIVATE KEY-----", "credential.token"),
        ("5100-XXXX-XXXX-1234", "financial.card"),
        ("XXX-XX-6789", "government_id.national"),
        ("1M8GDM9AXKP042788", "government_id.vehicle"),
        ("P<UTODOE<<NOBODY" + "<" * 28, "government_id.passport"),
    ],
)
def test_a_format_needs_no_name(value: str, category: str) -> None:
    assert categories(value) == {category}


@pytest.mark.parametrize("value", ["", "hello", "12345", "XXXXXXXX", "****", "2024-01-01", "not-a-token-but-a-slug"])
def test_other_values_have_no_format(value: str) -> None:
    assert not categories(value)


@pytest.mark.parametrize(
    ("value", "date"),
    [
        ("1984-02-29", dt.date(1984, 2, 29)),
        ("29.02.1984", dt.date(1984, 2, 29)),
        ("02/29/1984", dt.date(1984, 2, 29)),
        ("19840229", dt.date(1984, 2, 29)),
        ("1984-02-29 00:00:00", dt.date(1984, 2, 29)),
        ("24.12.84", dt.date(1984, 12, 24)),
        ("24.12.14", dt.date(2014, 12, 24)),
        ("1984-02-29 10:15:00", None),
        ("1983-02-29", None),
        ("1899-01-01", None),
        ("2030-01-01", None),
        ("soon", None),
    ],
)
def test_a_date_of_birth_is_a_day_in_a_life(value: str, date: dt.date | None) -> None:
    assert birth_date(value, TODAY) == date


def days(start: dt.date, apart: int, count: int = 40) -> list[str]:
    return [str(start + dt.timedelta(days=apart * index)) for index in range(count)]


def test_births_lie_decades_apart() -> None:
    assert birth_dates(days(dt.date(1941, 3, 2), 431), TODAY) == 1
    assert birth_dates([*days(dt.date(1941, 3, 2), 431), "unknown"], TODAY) > 0.97
    assert birth_dates(days(dt.date(2023, 3, 2), 11), TODAY) == 0  # orders
    assert birth_dates([f"{year}-01-01" for year in range(1960, 2000)], TODAY) == 0  # years
    assert birth_dates([], TODAY) == 0


def test_addresses_of_machines_and_versions_are_told() -> None:
    assert addresses(["10.0.0.7", "192.168.1.4"]) == Addresses(0.0, 1.0, 0.0)
    assert addresses(["1.2.3.4", "2.0.1.1"]).versions == 1
    assert addresses(["93.184.216.34", "2a00:1450:4001:82a::200e"]) == Addresses(1.0, 0.0, 0.0)
    assert addresses(["nothing"]) == Addresses(0.0, 0.0, 0.0)


ADDRESS = Passed("presidio:IpRecognizer", "online.ip_address", 4, 4, 0.05, needs_name=False)


@pytest.mark.parametrize(
    ("values", "named", "needs_name", "most"),
    [
        (["93.184.216.34", "8.8.8.8", "1.1.1.1", "151.101.1.69"], None, False, 9.0),
        (["10.0.0.7", "10.0.0.8", "192.168.1.4", "172.16.0.1"], None, False, 4.0),
        (["1.2.3.4", "2.0.1.1", "2.0.1.2", "3.0.0.0"], None, True, 9.0),
        (["1.2.3.4", "2.0.1.1", "2.0.1.2", "3.0.0.0"], "online.ip_address", False, 9.0),
    ],
)
def test_addresses_are_weighed_by_what_they_are(
    values: list[str], named: str | None, needs_name: bool, most: float
) -> None:
    (found,) = weigh(values, [ADDRESS], named)
    assert (found.needs_name, found.most) == (needs_name, most)


def test_one_digest_under_a_name_for_passwords_is_enough() -> None:
    hit = Passed("format:password_digest", "credential.password_hash", 1, 1, 0.01, needs_name=False)
    (found,) = weigh(["5baa61e4c9b93f3f0682250b6cf8331b7ee68fd8"], [hit], "credential.password")
    assert found.weight == 9
    assert weigh(["5baa61e4c9b93f3f0682250b6cf8331b7ee68fd8"], [hit], "credential.password_hash") == [hit]


def test_a_name_for_births_is_confirmed_by_dates_decades_apart() -> None:
    births = days(dt.date(1941, 3, 2), 431)
    assert [(one.detector, one.matched) for one in weigh(births, [], "demographic.date_of_birth")] == [
        ("format:birth_date", 40)
    ]
    assert weigh(births, [], "employment.date") == []
    assert weigh(days(dt.date(2023, 3, 2), 11), [], "demographic.date_of_birth") == []


@pytest.mark.parametrize(
    ("category", "value"),
    [
        ("financial.card", "4111 1111 1111 1111"),
        ("government_id.national", "078-05-1120"),
        ("government_id.national", "219-09-9999"),
        ("contact.email", "Jane@example.com"),
        ("contact.email", "jane@mail.example.org"),
        ("contact.phone", "(202) 555-0143"),
        ("contact.phone", "07700 900123"),
        ("online.ip_address", "192.0.2.17"),
        ("online.ip_address", "2001:db8::1"),
        ("financial.iban", "DE89 3704 0044 0532 0130 00"),
    ],
)
def test_published_test_data_is_known(category: str, value: str) -> None:
    assert is_test(category, value)
    assert known_among(category, [value, "something else"]) == 1


@pytest.mark.parametrize(
    ("category", "value"),
    [
        ("financial.card", "4539 1488 0343 6467"),
        ("contact.email", "jane@kestrel-mail.org"),
        ("contact.phone", "+1 202 456 1111"),
        ("online.ip_address", "192.0.22.17"),
        ("identity.username", "jdoe"),
    ],
)
def test_other_data_is_not(category: str, value: str) -> None:
    assert not is_test(category, value)
