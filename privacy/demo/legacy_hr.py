"""The tables of the old personnel database: no keys, and names from a time of eight characters."""

from __future__ import annotations

from datetime import date
from random import Random

from privacy.demo import identifiers, texts
from privacy.demo.people import Cast, Person, customer_number, day, staff_number
from privacy.demo.tables import Column, Table, Value, number, table, things

_SICKNESSES = (
    "J06.9 Infekt der oberen Atemwege",
    "M54.5 Rückenschmerzen",
    "F32.1 depressive Episode",
    "S82.0 Bruch der Kniescheibe",
    "G43.9 Migräne",
    "K35.8 Blinddarmentzündung",
    "E11.9 Diabetes Typ 2",
    "A09 Magen-Darm-Infekt",
)
_JOBS = (
    "Mechanikerin",
    "Lackierer",
    "Lagerist",
    "Buchhalterin",
    "Verkäufer",
    "Einkäuferin",
    "Meister",
    "Azubi",
    "Disponent",
)
_SCHOOLS = (
    "Realschule",
    "Abitur",
    "Meisterbrief Zweiradmechanik",
    "B. Eng. Maschinenbau",
    "Hauptschule",
    "Gesellenbrief",
)
_DEPARTMENTS = ("Montage", "Lackiererei", "Lager", "Verkauf", "Einkauf", "Buchhaltung", "IT", "Leitung")
_WAGE_KINDS = ("Grundlohn", "Überstunden", "Nachtzuschlag", "Urlaubsgeld", "Weihnachtsgeld", "Fahrgeld", "Pfändung")
_HOLIDAYS = (
    (20250101, "Neujahr"),
    (20250106, "Heilige Drei Könige"),
    (20250418, "Karfreitag"),
    (20250421, "Ostermontag"),
    (20250501, "Tag der Arbeit"),
    (20250529, "Christi Himmelfahrt"),
    (20250609, "Pfingstmontag"),
    (20250624, "Johannistag"),
    (20251003, "Tag der Deutschen Einheit"),
    (20251031, "Reformationstag"),
    (20251101, "Allerheiligen"),
    (20251111, "St. Martin"),
    (20251225, "1. Weihnachtstag"),
    (20251226, "St. Stephan"),
)


def tables(rng: Random, cast: Cast) -> tuple[Table, ...]:
    """Nothing in them says how they hang together; ``p_nr`` and ``kd_nr`` do."""
    return (
        _staff(rng, cast),
        _payroll(rng, cast),
        _taxes(rng, cast),
        _foreign_ids(cast, rng),
        _applicants(rng, cast),
        _sick_notes(rng, cast),
        _union(rng, cast),
        _leave(rng, cast),
        _company_cars(rng, cast),
        _old_customers(rng, cast),
        _changes(rng, cast),
        _leftover(rng, cast),
        things("T_ABT", (number("kst"), "bez"), ((100 * at, name) for at, name in enumerate(_DEPARTMENTS, 1))),
        things("T_LOHNART", (number("la"), "txt"), ((10 * at, name) for at, name in enumerate(_WAGE_KINDS, 1))),
        things("T_FTAG", (number("dt"), "bez"), _HOLIDAYS),
        things("T_PARAM", ("k", "v"), ((f"P{at:03d}", str(rng.randrange(1000))) for at in range(40))),
    )


def _staff(rng: Random, cast: Cast) -> Table:
    def row(at: int, person: Person) -> tuple[Value, ...]:
        return (
            staff_number(at),
            f"{person.family}, {person.given}",
            "W" if person.is_woman else "M",
            f"{person.born:%d.%m.%Y}",
            person.nationality,
            rng.choice(("ledig", "verheiratet", "geschieden", "verwitwet")),
            person.street,
            f"{person.postal_code} {person.city}",
            identifiers.spoken(person.phone),
            person.email,
            rng.choice(_JOBS),
            f"{day(rng, date(1998, 1, 1), date(2025, 10, 1)):%d.%m.%Y}",
            100 * rng.randrange(1, len(_DEPARTMENTS) + 1),
        )

    return table(
        "T_PERS",
        (
            Column("p_nr", "identity.subject_id"),
            Column("fl_nm", "identity.name"),
            Column("gesl", "demographic.gender"),
            Column("dob_dt", "demographic.date_of_birth"),
            Column("natl", "demographic.nationality"),
            Column("fam_st", "demographic.marital_status"),
            Column("str_hnr", "contact.address"),
            Column("plz_ort", "contact.place"),
            Column("tel_p", "contact.phone"),
            Column("eml_p", "contact.email"),
            Column("taet", "employment.job"),
            Column("eintr", "employment.date"),
            number("kst"),
        ),
        (row(at, person) for at, person in enumerate(cast.employees)),
    )


def _payroll(rng: Random, cast: Cast) -> Table:
    wages = [rng.randrange(2300, 6200) for _ in cast.employees]
    return table(
        "T_GEH",
        (
            Column("p_nr", "identity.subject_id"),
            number("per"),
            Column("brt", "financial.income", "REAL"),
            Column("nto", "financial.income", "REAL"),
            Column("kto_ib", "financial.iban"),
        ),
        (
            (staff_number(at), 202_500 + month, float(wage), round(wage * rng.uniform(0.58, 0.71), 2), person.iban)
            for month in range(1, 13)
            for at, (person, wage) in enumerate(zip(cast.employees, wages, strict=True))
        ),
    )


def _taxes(rng: Random, cast: Cast) -> Table:
    return table(
        "T_STEU",
        (
            Column("p_nr", "identity.subject_id"),
            Column("idnr", "government_id.tax"),
            number("stkl"),
            Column("konf", "special.religion"),
        ),
        (
            (
                staff_number(at),
                person.tax_id,
                rng.randrange(1, 6),
                rng.choice(("ev", "rk", "--", "jd", "is")),
            )
            for at, person in enumerate(cast.employees)
        ),
    )


def _foreign_ids(cast: Cast, rng: Random) -> Table:
    def national(person: Person) -> str | None:
        match person.language:
            case "nl":
                return identifiers.bsn(rng)
            case "fr":
                return identifiers.nir(rng, person.born, person.is_woman)
            case "es":
                return identifiers.dni(rng)
            case "pl":
                return identifiers.pesel(rng, person.born, person.is_woman)
            case _:
                return None

    return table(
        "T_AUSL",
        (Column("p_nr", "identity.subject_id"), "ld", Column("nid", "government_id.national")),
        (
            (staff_number(at), person.language.upper(), found)
            for at, person in enumerate(cast.employees)
            if (found := national(person))
        ),
    )


def _applicants(rng: Random, cast: Cast) -> Table:
    return table(
        "T_BEW",
        (
            number("bw_nr"),
            Column("nm", "identity.name"),
            Column("vnm", "identity.name"),
            Column("eml", "contact.email"),
            Column("tl", "contact.phone"),
            Column("abschl", "education.record"),
            Column("geh_w", "financial.income", "INTEGER"),
            Column("bem", "text.personal"),
        ),
        (
            (
                7000 + at,
                person.family,
                person.given,
                person.email,
                person.phone,
                rng.choice(_SCHOOLS),
                500 * rng.randrange(56, 110),
                texts.applicant_note(rng, cast, person),
            )
            for at, person in enumerate(cast.applicants)
        ),
    )


def _sick_notes(rng: Random, cast: Cast) -> Table:
    return table(
        "T_KRANK",
        (
            Column("p_nr", "identity.subject_id"),
            number("von"),
            number("tage"),
            Column("dg", "special.health"),
            Column("arzt", "identity.name"),
        ),
        (
            (
                staff_number(rng.randrange(len(cast.employees))),
                int(f"{day(rng, date(2024, 1, 2), date(2026, 1, 30)):%Y%m%d}"),
                rng.randrange(1, 30),
                rng.choice(_SICKNESSES),
                f"Dr. {rng.choice(cast.contacts).family}",
            )
            for _ in range(280)
        ),
    )


def _union(rng: Random, cast: Cast) -> Table:
    return table(
        "T_GEWK",
        (
            Column("p_nr", "identity.subject_id"),
            Column("gewk", "special.trade_union"),
            Column("betr", sql="REAL"),
        ),
        (
            (
                staff_number(at),
                rng.choice(("IG Metall", "IG Metall", "ver.di", "IG BCE")),
                round(rng.uniform(18, 55), 2),
            )
            for at in sorted(rng.sample(range(len(cast.employees)), 58))
        ),
    )


def _leave(rng: Random, cast: Cast) -> Table:
    return table(
        "T_URL",
        (Column("p_nr", "identity.subject_id"), number("von"), number("bis"), Column("vertr", "identity.name")),
        (
            (staff_number(rng.randrange(len(cast.employees))), start, start + 9, rng.choice(cast.employees).family)
            for start in (20_250_000 + 100 * rng.randrange(1, 13) + rng.randrange(1, 19) for _ in range(520))
        ),
    )


def _company_cars(rng: Random, cast: Cast) -> Table:
    return table(
        "T_KFZ",
        (
            Column("p_nr", "identity.subject_id"),
            Column("kz", "government_id.vehicle"),
            Column("fs_nr", "government_id.driving_licence"),
            "typ",
        ),
        (
            (
                staff_number(at),
                identifiers.plate(rng),
                f"B{identifiers.letters(rng, 10, '0123456789ABCDEFGHJKLMNPRSTUVWXYZ')}",
                rng.choice(("Kombi", "Transporter", "Kleinwagen")),
            )
            for at in range(0, len(cast.employees), 4)
        ),
    )


def _old_customers(rng: Random, cast: Cast) -> Table:
    def row(at: int, person: Person) -> tuple[Value, ...]:
        return (
            customer_number(at),
            person.name,
            person.email,
            int(f"{person.born:%Y%m%d}"),
            person.street,
            f"{person.postal_code} {person.city}",
            person.phone,
            rng.choice(("A", "B", "C")),
        )

    return table(
        "T_KD_ALT",
        (
            Column("kd_nr", "identity.subject_id"),
            Column("fl_nm", "identity.name"),
            Column("cust_eml", "contact.email"),
            Column("dob_dt", "demographic.date_of_birth", "INTEGER"),
            Column("str1", "contact.address"),
            Column("str2", "contact.place"),
            Column("x_fld7", "contact.phone"),
            "kl",
        ),
        (row(at, person) for at, person in enumerate(cast.customers[:640])),
    )


def _changes(rng: Random, cast: Cast) -> Table:
    return table(
        "T_LOG",
        (
            number("ts"),
            Column("usr", "identity.username"),
            "akt",
            "obj",
            Column("adr", "online.ip_address"),
        ),
        (
            (
                1_735_700_000 + 611 * at + rng.randrange(600),
                rng.choice(cast.employees[:40]).username,
                rng.choice(("INS", "UPD", "DEL", "SEL")),
                rng.choice(("T_PERS", "T_GEH", "T_BEW", "T_KRANK")),
                f"10.4.{rng.randrange(1, 6)}.{rng.randrange(2, 254)}",
            )
            for at in range(1900)
        ),
    )


def _leftover(rng: Random, cast: Cast) -> Table:
    """What somebody copied aside and forgot."""
    return table(
        "T_TMP_X",
        (
            number("fld1"),
            Column("fld2", "identity.name"),
            Column("fld3", "government_id.passport"),
            Column("fld4", "financial.iban"),
            "fld5",
        ),
        (
            (
                at,
                f"{person.family} {person.given}",
                identifiers.passport(rng),
                identifiers.grouped(person.iban),
                rng.choice(("J", "N")),
            )
            for at, person in enumerate(cast.employees[60:140], 1)
        ),
    )
