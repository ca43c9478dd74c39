"""Identifiers that nobody was given, right by their check digits."""

from __future__ import annotations

from datetime import date
from random import Random

from stdnum import ean as _ean
from stdnum import iban as _iban
from stdnum import luhn
from stdnum.es import ccc
from stdnum.es import dni as _dni
from stdnum.fr import nir as _nir
from stdnum.iso7064 import mod_11_10
from stdnum.nl import bsn as _bsn
from stdnum.pl import pesel as _pesel

#: Issuer ranges that card schemes use for test numbers.
_TEST_CARDS = ("400000", "422222", "555555", "222300", "510510")
_PASSPORT_CHARS = "CFGHJKLMNPRTVWXYZ0123456789"
_HEX = "0123456789abcdef"
_BASE64 = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789./"
#: Prefix and number of digits to follow. Germany and France: the ranges that their regulators keep for fiction.
_PHONES = {
    "AT": (("+43664", 7), ("+43676", 7)),
    "DE": (("+493023125", 3), ("+496990009", 3), ("+494066969", 3), ("+492214710", 3), ("+498999998", 3)),
    "ES": (("+3461", 7), ("+3463", 7)),
    "FR": (("+3319900", 4), ("+3326191", 4), ("+3346571", 4), ("+3353649", 4)),
    "IT": (("+39347", 7), ("+39320", 7)),
    "NL": (("+3161", 7), ("+3162", 7)),
    "PL": (("+48601", 6), ("+48503", 6)),
}


def digits(rng: Random, count: int) -> str:
    """``count`` random digits."""
    return f"{rng.randrange(10**count):0{count}d}"


def letters(rng: Random, count: int, alphabet: str = "ABCDEFGHJKLMNPRSTUVWXYZ") -> str:
    """``count`` random letters of the alphabet."""
    return "".join(rng.choice(alphabet) for _ in range(count))


def hexadecimal(rng: Random, count: int) -> str:
    """``count`` random hexadecimal digits."""
    return letters(rng, count, _HEX)


def phone(rng: Random, country: str) -> str:
    """A number in E.164."""
    prefix, count = rng.choice(_PHONES[country])
    return prefix + digits(rng, count)


def spoken(number: str) -> str:
    """The E.164 number as people write it: with spaces, from abroad or from home."""
    code, rest = (number[:3], number[3:]) if number[1] in "34" else (number[:2], number[2:])
    if int(number[-1]) % 2:
        return f"{code} {rest[:3]} {rest[3:6]} {rest[6:]}".strip()
    if number.startswith(("+34", "+39", "+48")):
        return f"{code} {rest}"
    return f"0{rest[:3]} {rest[3:]}"


def iban(rng: Random, country: str) -> str:
    """An IBAN of AT, DE, ES, FR, NL or PL; of other countries a German one."""
    bban = _BBAN.get(country, _bban_de)(rng)
    country = country if country in _BBAN else "DE"
    return country + _iban.calc_check_digits(f"{country}00{bban}") + bban


def grouped(number: str) -> str:
    """The number in groups of four, as on paper."""
    return " ".join(number[at : at + 4] for at in range(0, len(number), 4))


def _bban_de(rng: Random) -> str:
    return f"{rng.randrange(1, 9)}{digits(rng, 17)}"


def _bban_at(rng: Random) -> str:
    return f"{rng.randrange(1, 9)}{digits(rng, 15)}"


def _bban_nl(rng: Random) -> str:
    return f"TRMB{digits(rng, 10)}"


def _bban_pl(rng: Random) -> str:
    return digits(rng, 24)


def _bban_es(rng: Random) -> str:
    number = f"{digits(rng, 8)}00{digits(rng, 10)}"
    return number[:8] + ccc.calc_check_digits(number) + number[10:]


def _bban_fr(rng: Random) -> str:
    bank, desk, account = digits(rng, 5), digits(rng, 5), digits(rng, 11)
    # The RIB key, so that the French check inside the IBAN holds too.
    key = 97 - (89 * int(bank) + 15 * int(desk) + 3 * int(account)) % 97
    return f"{bank}{desk}{account}{key:02d}"


_BBAN = {"AT": _bban_at, "DE": _bban_de, "ES": _bban_es, "FR": _bban_fr, "NL": _bban_nl, "PL": _bban_pl}


def card(rng: Random) -> str:
    """A payment card number of 16 digits from a test range."""
    number = rng.choice(_TEST_CARDS) + digits(rng, 9)
    return number + luhn.calc_check_digit(number)


def german_tax_id(rng: Random) -> str:
    """A German identification number (IdNr): one digit occurs twice, the others once."""
    chosen = rng.sample("123456789", 8)
    chosen.insert(rng.randrange(1, 9), "0")
    at = rng.randrange(9)
    chosen.insert(rng.randrange(at + 1, 10), chosen[at])
    number = "".join(chosen)
    return number + mod_11_10.calc_check_digit(number)


def german_vat(rng: Random) -> str:
    """A German VAT number."""
    number = f"{rng.randrange(1, 10)}{digits(rng, 7)}"
    return f"DE{number}{mod_11_10.calc_check_digit(number)}"


def bsn(rng: Random) -> str:
    """A Dutch citizen service number."""
    while True:
        number = f"{rng.randrange(1, 9)}{digits(rng, 8)}"
        if _bsn.checksum(number) == 0:
            return number


def nir(rng: Random, born: date, is_woman: bool) -> str:
    """A French social security number with its key."""
    number = f"{2 if is_woman else 1}{born:%y%m}{rng.randrange(10, 95)}{rng.randrange(1, 400):03d}{digits(rng, 3)}"
    return number + _nir.calc_check_digits(number)


def dni(rng: Random) -> str:
    """A Spanish identity number."""
    number = digits(rng, 8)
    return number + _dni.calc_check_digit(number)


def pesel(rng: Random, born: date, is_woman: bool) -> str:
    """A Polish PESEL."""
    month = born.month + (20 if born.year >= 2000 else 0)
    number = f"{born:%y}{month:02d}{born:%d}{digits(rng, 3)}{2 * rng.randrange(5) + (not is_woman)}"
    return number + _pesel.calc_check_digit(number)


def ean(rng: Random) -> str:
    """An article number of 13 digits from the range for use inside a shop."""
    number = f"20{digits(rng, 10)}"
    return number + _ean.calc_check_digit(number)


def imei(rng: Random) -> str:
    """A device number."""
    number = f"35{digits(rng, 12)}"
    return number + luhn.calc_check_digit(number)


def passport(rng: Random) -> str:
    """A German passport number, without its check digit."""
    return "C" + letters(rng, 8, _PASSPORT_CHARS)


def plate(rng: Random) -> str:
    """A German number plate."""
    return f"GÖ-{letters(rng, 2)} {rng.randrange(10, 9999)}"


def bcrypt(rng: Random) -> str:
    """What looks like a bcrypt hash."""
    return f"$2b$12${letters(rng, 53, _BASE64)}"


def ip(rng: Random) -> str:
    """An address of the public internet; one in eight is of version 6."""
    if rng.random() < 0.125:
        return "2a02:" + ":".join(hexadecimal(rng, 4) for _ in range(7))
    return f"{rng.choice((31, 46, 78, 84, 91, 109, 178, 217))}." + ".".join(str(rng.randrange(1, 255)) for _ in "abc")
