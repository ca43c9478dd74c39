"""Check digits of schemes that python-stdnum does not have. Pure; each is named by its scheme in ``identifiers.toml``.

A function gets a number of its scheme's form, without separators and in capitals; what else the form asks (length,
first letters) is the row's own regular expression.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable, Sequence

_LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"


def _digits(text: str) -> list[int]:
    return [int(char) for char in text]


def _weighted(digits: Iterable[int], weights: Sequence[int]) -> int:
    """Weights repeat when they are fewer than the digits."""
    return sum(digit * weights[index % len(weights)] for index, digit in enumerate(digits))


def _letter(char: str) -> int:
    """A = 10, as on machine-readable documents (ICAO 9303)."""
    return int(char) if char.isdecimal() else _LETTERS.index(char) + 10


def _icao(text: str) -> int:
    return _weighted(map(_letter, text), (7, 3, 1)) % 10


def luhn(number: str) -> bool:
    """ISO/IEC 7812-1."""
    total = 0
    for index, digit in enumerate(reversed(_digits(number))):
        total += digit if index % 2 == 0 else digit * 2 - 9 * (digit > 4)
    return total % 10 == 0


def is_date(day: str, month: str, years: Sequence[int]) -> bool:
    """Whether a day exists in one of the years that two digits may mean."""
    for year in years:
        try:
            dt.date(year, int(month), int(day))
        except ValueError:
            continue
        return True
    return False


def _years(two: str) -> tuple[int, int]:
    return 1900 + int(two), 2000 + int(two)


def yymmdd(text: str) -> bool:
    """Whether six digits are a date, the year first."""
    return is_date(text[4:6], text[2:4], _years(text[:2]))


def ddmmyy(text: str) -> bool:
    """Whether six digits are a date, the day first."""
    return is_date(text[:2], text[2:4], _years(text[4:6]))


def yyyymmdd(text: str) -> bool:
    """Whether eight digits are a date of a life."""
    return 1900 <= int(text[:4]) <= 2099 and is_date(text[6:8], text[4:6], (int(text[:4]),))


# ---- Europe


def de_kvnr(number: str) -> bool:
    """Insured person of a German statutory health fund: the letter as two digits, every second digit doubled."""
    digits = _digits(f"{_LETTERS.index(number[0]) + 1:02}{number[1:9]}")
    doubled = [digit * (1 + index % 2) for index, digit in enumerate(digits)]
    return sum(value // 10 + value % 10 for value in doubled) % 10 == int(number[9])


def de_rvnr(number: str) -> bool:
    """German pension insurance: area, date of birth, letter, serial number, check digit."""
    digits = _digits(f"{number[:8]}{_LETTERS.index(number[8]) + 1:02}{number[9:11]}")
    products = [digit * weight for digit, weight in zip(digits, (2, 1, 2, 5, 7, 1, 2, 1, 2, 1, 2, 1), strict=True)]
    return ddmmyy(number[2:8]) and sum(value // 10 + value % 10 for value in products) % 10 == int(number[11])


def de_lanr(number: str) -> bool:
    """Physician of a German statutory health fund."""
    return (10 - _weighted(_digits(number[:6]), (4, 9)) % 10) % 10 == int(number[6])


def icao_last(number: str) -> bool:
    """A document's number with the check digit of its machine-readable zone."""
    return _icao(number[:-1]) == int(number[-1])


def es_nuss(number: str) -> bool:
    """Spanish social security: province, number, remainder by 97."""
    province, serial = int(number[:2]), int(number[2:10])
    return (province * (10**7 if serial < 10**7 else 10**8) + serial) % 97 == int(number[10:])


def hu_taj(number: str) -> bool:
    """Hungarian social security."""
    return _weighted(_digits(number[:8]), (3, 7)) % 10 == int(number[8])


def hu_tax(number: str) -> bool:
    """Hungarian tax number of a natural person."""
    return _weighted(_digits(number[:9]), range(1, 10)) % 11 == int(number[9])


def hu_personal(number: str) -> bool:
    """Hungarian personal number: the weights run the other way for those born from 1997 on."""
    digits = _digits(number[:10])
    rises, falls = _weighted(digits, range(1, 11)), _weighted(digits, range(10, 0, -1))
    return yymmdd(number[1:7]) and int(number[10]) in (rises % 11, falls % 11)


def lu_matricule(number: str) -> bool:
    """Luxembourg: a Luhn digit and a Verhoeff digit, both over the date of birth and the serial number."""
    from stdnum import verhoeff

    return yyyymmdd(number[:8]) and luhn(number[:12]) and bool(verhoeff.is_valid(number[:11] + number[12]))


def pl_id_card(number: str) -> bool:
    """Polish identity card: three letters, a check digit, five digits."""
    values = [_letter(char) for char in number[:3] + number[4:]]
    return _weighted(values, (7, 3, 1, 7, 3, 1, 7, 3)) % 10 == int(number[3])


def pl_passport(number: str) -> bool:
    """Polish passport: two letters, a check digit, six digits."""
    values = [_letter(char) for char in number[:2] + number[3:]]
    return _weighted(values, (7, 3, 1, 7, 3, 1, 7, 3)) % 10 == int(number[2])


def pt_niss(number: str) -> bool:
    """Portuguese social security."""
    return 9 - _weighted(_digits(number[:10]), (29, 23, 19, 17, 13, 11, 7, 5, 3, 2)) % 10 == int(number[10])


def md_idnp(number: str) -> bool:
    """Moldovan personal number."""
    return _weighted(_digits(number[:12]), (7, 3, 1)) % 10 == int(number[12])


def ru_snils(number: str) -> bool:
    """Russian pension insurance."""
    return _weighted(_digits(number[:9]), range(9, 0, -1)) % 101 % 100 == int(number[9:])


def by_personal(number: str) -> bool:
    """Belarusian personal number: the date of birth stands in its second to seventh digit."""
    return ddmmyy(number[1:7])


def gb_driving(number: str) -> bool:
    """British driving licence: surname, date of birth (with 50 added to the month for women), initials."""
    day, month = number[8:10], int(number[6:8])
    return is_date(day, str(month % 50), _years(number[5] + number[10]))


# ---- the Americas


def us_dea(number: str) -> bool:
    """Prescriber of controlled drugs in the United States."""
    digits = _digits(number[2:])
    return (digits[0] + digits[2] + digits[4] + 2 * (digits[1] + digits[3] + digits[5])) % 10 == digits[6]


def us_npi(number: str) -> bool:
    """Health care provider in the United States: Luhn behind the issuer's prefix."""
    return luhn("80840" + number)


def ca_ramq(number: str) -> bool:
    """Quebec health insurance: the month has 50 added for women."""
    return is_date(number[8:10], str(int(number[6:8]) % 50), _years(number[4:6]))


def br_pis(number: str) -> bool:
    """Brazilian social integration number (PIS, PASEP, NIS)."""
    rest = _weighted(_digits(number[:10]), (3, 2, 9, 8, 7, 6, 5, 4, 3, 2)) % 11
    return (0 if rest < 2 else 11 - rest) == int(number[10]) and len(set(number)) > 1


def br_cnh(number: str) -> bool:
    """Brazilian driving licence: two check digits, the second lowered where the first one overflows."""
    digits = _digits(number)
    first = _weighted(digits[:9], range(9, 0, -1)) % 11
    lowered = 2 if first >= 10 else 0
    second = _weighted(digits[:9], range(1, 10)) % 11
    second = 0 if second >= 10 else second - lowered
    return digits[9] == (0 if first >= 10 else first) and digits[10] == second % 11 and len(set(number)) > 1


def br_titulo(number: str) -> bool:
    """Brazilian voter: serial number, state, two check digits."""
    digits = _digits(number)
    special = number[8:10] in ("01", "02")  # Sao Paulo and Minas Gerais have no digit 0 while numbers last

    def check(total: int) -> int:
        rest = total % 11
        return 0 if rest == 10 else 1 if rest == 0 and special else rest

    first = check(_weighted(digits[:8], range(2, 10)))
    return (
        1 <= int(number[8:10]) <= 28
        and digits[10] == first
        and digits[11] == check(_weighted([*digits[8:10], first], (7, 8, 9)))
    )


def br_cns(number: str) -> bool:
    """Brazilian health card."""
    return _weighted(_digits(number), range(15, 0, -1)) % 11 == 0


def uy_ci(number: str) -> bool:
    """Uruguayan identity card."""
    return (10 - _weighted(_digits(number[:-1].zfill(7)), (2, 9, 8, 7, 6, 3, 4)) % 10) % 10 == int(number[-1])


def sv_dui(number: str) -> bool:
    """Salvadoran identity document."""
    return (10 - _weighted(_digits(number[:8]), range(9, 1, -1)) % 10) % 10 == int(number[8])


def gt_cui(number: str) -> bool:
    """Guatemalan personal document: number, check digit, department and town of birth."""
    return (
        _weighted(_digits(number[:8]), range(2, 10)) % 11 == int(number[8])
        and 1 <= int(number[9:11]) <= 22
        and 1 <= int(number[11:]) <= 38
    )


def mx_clabe(number: str) -> bool:
    """Mexican bank account."""
    digits = _digits(number)
    return (10 - sum(d * w % 10 for d, w in zip(digits[:17], (3, 7, 1) * 6, strict=False)) % 10) % 10 == digits[17]


# ---- Asia, Africa, Oceania


def au_medicare(number: str) -> bool:
    """Australian health insurance card."""
    return _weighted(_digits(number[:8]), (1, 3, 7, 9)) % 10 == int(number[8])


def nz_nhi(number: str) -> bool:
    """New Zealand health index: letters without I and O count from 1."""
    values = [_LETTERS.replace("I", "").replace("O", "").index(char) + 1 for char in number[:3]] + _digits(number[3:6])
    rest = _weighted(values, range(7, 1, -1)) % 11
    return rest != 0 and (11 - rest) % 10 == int(number[6])


def sg_nric(number: str) -> bool:
    """Singapore identity card and foreigner's number."""
    total = _weighted(_digits(number[1:8]), (2, 7, 6, 5, 4, 3, 2)) + {"T": 4, "G": 4, "M": 3}.get(number[0], 0)
    letters = {"S": "JZIHGFEDCBA", "T": "JZIHGFEDCBA", "M": "XWUTRQPNJLK"}.get(number[0], "XWUTRQPNMLK")
    return letters[total % 11] == number[8]


def hk_id(number: str) -> bool:
    """Hong Kong identity card: one letter or two; a missing one counts as 36."""
    values = [36] * (9 - len(number)) + [_letter(char) for char in number[:-1]]
    check = 10 if number[-1] == "A" else int(number[-1])
    return (_weighted(values, range(9, 1, -1)) + check) % 11 == 0


def cn_ric(number: str) -> bool:
    """Resident of China: place, date of birth, serial number, remainder by 11. Places come and go: any is taken."""
    weights = [2 ** (17 - index) % 11 for index in range(17)]
    check = (12 - _weighted(_digits(number[:17]), weights)) % 11
    return yyyymmdd(number[6:14]) and number[17] == "0123456789X"[check]


#: The number that each letter stands for: the order in which Taiwan's counties were given theirs.
_TAIWAN = {char: 10 + index for index, char in enumerate("ABCDEFGHJKLMNPQRSTUVXYWZIO")}


def tw_id(number: str) -> bool:
    """Taiwanese identity card and resident certificate."""
    first = _TAIWAN[number[0]]
    return (first // 10 + first % 10 * 9 + _weighted(_digits(number[1:]), (8, 7, 6, 5, 4, 3, 2, 1, 1))) % 10 == 0


def kr_frn(number: str) -> bool:
    """Foreigner in South Korea: as for residents, with 2 more."""
    check = (13 - _weighted(_digits(number[:12]), (2, 3, 4, 5, 6, 7, 8, 9)) % 11) % 10
    return yymmdd(number[:6]) and check == int(number[12])


def kz_iin(number: str) -> bool:
    """Kazakh personal number."""
    digits = _digits(number[:11])
    rest = _weighted(digits, range(1, 12)) % 11
    if rest == 10:
        rest = _weighted(digits, (3, 4, 5, 6, 7, 8, 9, 10, 11, 1, 2)) % 11
    return yymmdd(number[:6]) and rest == int(number[11])


def ir_national(number: str) -> bool:
    """Iranian national code."""
    rest = _weighted(_digits(number[:9]), range(10, 1, -1)) % 11
    return (rest if rest < 2 else 11 - rest) == int(number[9]) and len(set(number)) > 1


def ae_eid(number: str) -> bool:
    """Emirates ID: country, year of birth, serial number, Luhn."""
    return 1900 <= int(number[3:7]) <= 2099 and luhn(number)


def kw_civil(number: str) -> bool:
    """Kuwaiti civil number."""
    check = 11 - _weighted(_digits(number[:11]), (2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)) % 11
    return yymmdd(number[1:7]) and check == int(number[11])


def eg_national(number: str) -> bool:
    """Egyptian national number: century, date of birth, governorate; how its last digit is made is not published."""
    return yymmdd(number[1:7]) and (1 <= int(number[7:9]) <= 35 or number[7:9] == "88")


def lk_nic(number: str) -> bool:
    """Sri Lankan identity card: year and day of the year (500 more for women), in the old form or the new."""
    day = int(number[2:5] if len(number) == 10 else number[4:7])
    return 1 <= day % 500 <= 366


def verhoeff_valid(number: str) -> bool:
    """Verhoeff's check digit."""
    from stdnum import verhoeff

    return bool(verhoeff.is_valid(number))


def dated_yymmdd(number: str) -> bool:
    """A number that begins with a date of birth, the year first, and has no published check digit."""
    return yymmdd(number[:6])


def dated_ddmmyy(number: str) -> bool:
    """A number whose fourth to ninth digits are a date of birth."""
    return ddmmyy(number[3:9])


# ---- any country


#: Beginnings of payment cards' numbers by issuer, from and to, with the lengths that each issuer gives (ISO/IEC 7812;
#: the issuers' own tables of ranges).
_ISSUERS: tuple[tuple[str, str, frozenset[int]], ...] = (
    ("4", "4", frozenset({13, 16, 19})),  # Visa
    ("51", "55", frozenset({16})),  # Mastercard
    ("2221", "2720", frozenset({16})),  # Mastercard
    ("34", "34", frozenset({15})),  # American Express
    ("37", "37", frozenset({15})),
    ("6011", "6011", frozenset({16, 19})),  # Discover
    ("644", "649", frozenset({16, 19})),
    ("65", "65", frozenset({16, 19})),
    ("622126", "622925", frozenset({16, 17, 18, 19})),  # UnionPay and Discover
    ("62", "62", frozenset({16, 17, 18, 19})),  # UnionPay
    ("81", "81", frozenset({16, 17, 18, 19})),
    ("3528", "3589", frozenset({16, 17, 18, 19})),  # JCB
    ("300", "305", frozenset({14, 16})),  # Diners Club
    ("3095", "3095", frozenset({14, 16})),
    ("36", "36", frozenset({14, 16})),
    ("38", "39", frozenset({14, 16})),
    ("5018", "5018", frozenset(range(12, 20))),  # Maestro
    ("5020", "5020", frozenset(range(12, 20))),
    ("5038", "5038", frozenset(range(12, 20))),
    ("56", "58", frozenset(range(12, 20))),
    ("6304", "6304", frozenset(range(12, 20))),
    ("6759", "6763", frozenset(range(12, 20))),
    ("2200", "2204", frozenset({16, 17, 18, 19})),  # Mir
    ("60", "60", frozenset({16})),  # RuPay
    ("508", "508", frozenset({16})),
    ("9792", "9792", frozenset({16})),  # Troy
    ("606282", "606282", frozenset({16})),  # Hipercard
    ("6362", "6363", frozenset({16})),  # Elo
    ("5067", "5067", frozenset({16})),
)


def has_issuer(number: str) -> bool:
    """Whether a number begins as those of an issuer of payment cards do, and is as long."""
    return any(low <= number[: len(low)] <= high and len(number) in lengths for low, high, lengths in _ISSUERS)


def card(number: str) -> bool:
    """Payment card."""
    return number.isdecimal() and has_issuer(number) and luhn(number)


def bic(number: str) -> bool:
    """ISO 9362: bank, country, place, branch."""
    return number[4:6] in _COUNTRIES


def iban_like(number: str) -> bool:
    """ISO 13616 by python-stdnum, with the lengths of the countries."""
    from stdnum import iban

    return bool(iban.is_valid(number, check_country=False))


def any_form(number: str) -> bool:
    """A scheme without a check digit: its form is all there is."""
    return bool(number)


#: ISO 3166-1; two letters are found in it only as a code of their own.
_COUNTRIES = (
    "AD AE AF AG AI AL AM AO AR AS AT AU AW AZ BA BB BD BE BF BG BH BI BJ BL BM BN BO BR BS BT BW BY BZ CA CD CF "
    "CG CH CI CK CL CM CN CO CR CU CV CW CY CZ DE DJ DK DM DO DZ EC EE EG ER ES ET FI FJ FK FM FO FR GA GB GD GE "
    "GF GG GH GI GL GM GN GP GQ GR GT GU GW GY HK HN HR HT HU ID IE IL IM IN IQ IR IS IT JE JM JO JP KE KG KH KI "
    "KM KN KP KR KW KY KZ LA LB LC LI LK LR LS LT LU LV LY MA MC MD ME MF MG MH MK ML MM MN MO MP MQ MR MS MT MU "
    "MV MW MX MY MZ NA NC NE NG NI NL NO NP NR NU NZ OM PA PE PF PG PH PK PL PM PR PS PT PW PY QA RE RO RS RU RW "
    "SA SB SC SD SE SG SI SK SL SM SN SO SR SS ST SV SX SY SZ TC TD TG TH TJ TL TM TN TO TR TT TV TW TZ UA UG US "
    "UY UZ VA VC VE VG VI VN VU WF WS XK YE YT ZA ZM ZW "
)

#: Name in ``identifiers.toml`` → function.
CHECKS: dict[str, Callable[[str], bool]] = {
    check.__name__: check
    for check in (
        ae_eid, any_form, au_medicare, bic, br_cnh, br_cns, br_pis, br_titulo, by_personal, ca_ramq, card, cn_ric,
        dated_ddmmyy, dated_yymmdd, de_kvnr, de_lanr, de_rvnr, eg_national, es_nuss, gb_driving, gt_cui, hk_id,
        hu_personal, hu_taj,
        hu_tax, iban_like, icao_last, ir_national, kr_frn, kw_civil, kz_iin, lk_nic, lu_matricule, luhn, md_idnp,
        mx_clabe, nz_nhi, pl_id_card, pl_passport, pt_niss, ru_snils, sg_nric, sv_dui, tw_id, us_dea, us_npi, uy_ci,
        verhoeff_valid,
    )
}  # fmt: skip
