"""The codes that a declared activity uses: legal bases, conditions, ways of transfer, countries. Data only."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

#: GDPR Art. 6(1).
LEGAL_BASES: Mapping[str, str] = MappingProxyType(
    {
        "6.1.a": "consent",
        "6.1.b": "contract, or steps before one",
        "6.1.c": "legal obligation",
        "6.1.d": "vital interests",
        "6.1.e": "public task",
        "6.1.f": "legitimate interests",
    }
)

#: Bases that rest on a law, which has to be named (GDPR Art. 6(3)).
BASES_BY_LAW = frozenset({"6.1.c", "6.1.e"})

#: GDPR Art. 9(2).
ART9_CONDITIONS: Mapping[str, str] = MappingProxyType(
    {
        "9.2.a": "explicit consent",
        "9.2.b": "employment, social security and social protection law",
        "9.2.c": "vital interests of somebody who cannot consent",
        "9.2.d": "members of a not-for-profit body",
        "9.2.e": "manifestly made public by the person",
        "9.2.f": "legal claims and courts",
        "9.2.g": "substantial public interest, by law",
        "9.2.h": "preventive or occupational medicine, care",
        "9.2.i": "public health, by law",
        "9.2.j": "archiving, research, statistics, by law",
    }
)

#: GDPR Art. 45 to 49: what a transfer to a third country rests on.
MECHANISMS: Mapping[str, str] = MappingProxyType(
    {
        "45": "adequacy decision",
        "46.2.a": "binding instrument between public bodies",
        "46.2.b": "binding corporate rules",
        "46.2.c": "standard clauses of the Commission",
        "46.2.d": "standard clauses of a supervisory authority",
        "46.2.e": "code of conduct with binding commitments",
        "46.2.f": "certification with binding commitments",
        "46.3.a": "ad hoc clauses, authorised",
        "46.3.b": "administrative arrangement, authorised",
        "48": "judgment of a third country, by treaty",
        "49.1.a": "explicit consent to the transfer",
        "49.1.b": "contract with the person",
        "49.1.c": "contract in the person's interest",
        "49.1.d": "important reasons of public interest",
        "49.1.e": "legal claims",
        "49.1.f": "vital interests",
        "49.1.g": "public register",
        "49.1.sub2": "compelling legitimate interests, Art. 49(1) second subparagraph",
    }
)

#: ISO 3166-1 alpha-2, and XK, which the Commission uses for Kosovo.
COUNTRIES = frozenset(
    """
    AD AE AF AG AI AL AM AO AQ AR AS AT AU AW AX AZ BA BB BD BE BF BG BH BI BJ BL BM BN BO BQ BR BS BT BV BW BY BZ CA CC
    CD CF CG CH CI CK CL CM CN CO CR CU CV CW CX CY CZ DE DJ DK DM DO DZ EC EE EG EH ER ES ET FI FJ FK FM FO FR GA GB GD
    GE GF GG GH GI GL GM GN GP GQ GR GS GT GU GW GY HK HM HN HR HT HU ID IE IL IM IN IO IQ IR IS IT JE JM JO JP KE KG KH
    KI KM KN KP KR KW KY KZ LA LB LC LI LK LR LS LT LU LV LY MA MC MD ME MF MG MH MK ML MM MN MO MP MQ MR MS MT MU MV MW
    MX MY MZ NA NC NE NF NG NI NL NO NP NR NU NZ OM PA PE PF PG PH PK PL PM PN PR PS PT PW PY QA RE RO RS RU RW SA SB SC
    SD SE SG SH SI SJ SK SL SM SN SO SR SS ST SV SX SY SZ TC TD TF TG TH TJ TK TL TM TN TO TR TT TV TW TZ UA UG UM US UY
    UZ VA VC VE VG VI VN VU WF WS XK YE YT ZA ZM ZW
    """.split()  # noqa: SIM905 - a list of literals would be longer than the map
)

#: Where the GDPR holds: the Union with the parts that have a code of their own, Iceland, Liechtenstein, Norway.
EEA = frozenset(
    """
    AT BE BG CY CZ DE DK EE ES FI FR GR HR HU IE IT LT LU LV MT NL PL PT RO SE SI SK
    AX GF GP MF MQ RE YT IS LI NO
    """.split()  # noqa: SIM905 - a list of literals would be longer than the map
)

#: Codes that people write and that are not in the list.
MISWRITTEN: Mapping[str, str] = MappingProxyType({"UK": "GB", "EL": "GR"})
