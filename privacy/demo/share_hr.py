"""The files of the personnel department and of the works council."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date
from random import Random

from privacy.demo import files, identifiers, opaque, texts
from privacy.demo.files import File
from privacy.demo.people import Cast, Person, day, staff_number
from privacy.demo.tables import Column, Table, table, things

_COMPLAINTS = ("Grippe", "Bandscheibenvorfall", "Migräne", "Handgelenk gebrochen", "Depression", "Corona", "Asthma")
_JOBS = ("Monteur", "Lackiererin", "Lager", "Verkauf", "Einkauf", "Buchhaltung", "IT", "Werkstattleitung")


def documents(rng: Random, cast: Cast) -> Iterator[File]:
    """Lists of staff, payroll, applications, sickness, the works council."""
    legend = things(
        "Legende", ("Kürzel", "Bedeutung"), (("TZ", "Teilzeit"), ("VZ", "Vollzeit"), ("AT", "außertariflich"))
    )
    yield files.xlsx(
        "hr/mitarbeiterliste.xlsx",
        _staff(rng, "Aktiv", 0, cast.employees[:140]),
        _staff(rng, "Ausgeschieden", 140, cast.employees[140:]),
        legend,
    )
    for month, (delimiter, encoding) in enumerate(
        ((";", "cp1252"), (";", "cp1252"), ("|", "utf-16"), ("|", "utf-16"), (",", "utf-8"), (",", "utf-8-sig")), 1
    ):
        yield files.delimited(f"hr/payroll/lohn_2025-{month:02d}.csv", _payroll(rng, cast), delimiter, encoding)
    yield files.xlsx("hr/krankmeldungen_2025.xlsx", _sickness(rng, "Q1", cast), _sickness(rng, "Q2", cast))
    yield files.delimited("hr/fuehrungszeugnisse.csv", _records(rng, cast), ";")
    yield files.ods("hr/bewerbungen/bewerber_2025.ods", _applicants(rng, cast))
    for at, person in enumerate(rng.sample(cast.applicants, 4), 1):
        on = day(rng, date(2025, 2, 3), date(2025, 11, 28))
        yield files.text(f"hr/bewerbungen/gespraech_{at}.txt", texts.interview(rng, cast, person, on))
    for on in (date(2025, 2, 12), date(2025, 5, 14), date(2025, 9, 10)):
        yield files.text(f"hr/betriebsrat/protokoll_{on}.md", texts.council_minutes(rng, cast, on))
    yield files.delimited("hr/betriebsrat/mitglieder.csv", _union(rng, cast))
    applicant = cast.applicants[3]
    yield File(
        "hr/bewerbungen/lebenslauf.pdf",
        opaque.pdf(
            ("Lebenslauf", applicant.name, f"geboren am {applicant.born:%d.%m.%Y}", applicant.address, applicant.email)
        ),
    )
    leaver = cast.employees[150]
    yield File(
        "hr/zeugnis_entwurf.docx",
        opaque.docx(
            ("Arbeitszeugnis", f"{leaver.title} {leaver.name}, geboren am {leaver.born:%d.%m.%Y}, hat uns verlassen.")
        ),
    )


def _staff(rng: Random, name: str, first: int, staff: Sequence[Person]) -> Table:
    return table(
        name,
        (
            Column("Personalnr", "identity.subject_id"),
            Column("Name", "identity.name"),
            Column("Tätigkeit", "employment.job"),
            Column("Eintritt", "employment.date"),
            Column("Mail privat", "contact.email"),
            Column("Notfallkontakt", "contact.phone"),
            "Umfang",
        ),
        (
            (
                staff_number(at),
                person.name,
                rng.choice(_JOBS),
                day(rng, date(2001, 1, 1), date(2025, 9, 1)).isoformat(),
                person.email,
                identifiers.spoken(person.phone),
                rng.choice(("TZ", "VZ", "AT")),
            )
            for at, person in enumerate(staff, first)
        ),
    )


def _payroll(rng: Random, cast: Cast) -> Table:
    return table(
        "lohn",
        (
            Column("PersNr", "identity.subject_id"),
            Column("Mitarbeiter", "identity.name"),
            Column("SteuerID", "government_id.tax"),
            Column("Brutto", "financial.income"),
            Column("IBAN", "financial.iban"),
        ),
        (
            (
                staff_number(at),
                f"{person.family}, {person.given}",
                person.tax_id,
                f"{rng.uniform(2300, 6100):.2f}",
                person.iban,
            )
            for at, person in enumerate(cast.employees[:110])
        ),
    )


def _sickness(rng: Random, name: str, cast: Cast) -> Table:
    return table(
        name,
        (Column("Wer", "identity.name"), "ab", "Tage", Column("Grund", "special.health")),
        (
            (
                person.name,
                day(rng, date(2025, 1, 2), date(2025, 6, 27)).isoformat(),
                rng.randrange(1, 25),
                rng.choice(_COMPLAINTS),
            )
            for person in rng.sample(cast.employees, 40)
        ),
    )


def _records(rng: Random, cast: Cast) -> Table:
    found = (
        "keine Eintragung",
        "keine Eintragung",
        "Trunkenheit im Verkehr, 40 Tagessätze",
        "Diebstahl, 30 Tagessätze",
    )
    return table(
        "zeugnisse",
        (Column("Name", "identity.name"), "vorgelegt am", Column("Eintragung", "criminal.record")),
        (
            (person.name, day(rng, date(2024, 1, 8), date(2025, 6, 27)).isoformat(), rng.choice(found))
            for person in rng.sample(cast.employees, 36)
        ),
    )


def _applicants(rng: Random, cast: Cast) -> Table:
    return table(
        "Bewerber",
        (
            Column("Name", "identity.name"),
            Column("E-Mail", "contact.email"),
            Column("Alter", "demographic.age"),
            Column("Staatsangehörigkeit", "demographic.nationality"),
            "Stelle",
            "Note",
        ),
        (
            (
                person.name,
                person.email,
                2025 - person.born.year,
                person.nationality,
                rng.choice(_JOBS),
                rng.randrange(1, 6),
            )
            for person in cast.applicants
        ),
    )


def _union(rng: Random, cast: Cast) -> Table:
    return table(
        "mitglieder",
        (
            Column("name", "identity.name"),
            Column("gewerkschaft", "special.trade_union"),
            Column("seit", "employment.date"),
        ),
        (
            (
                person.name,
                rng.choice(("IG Metall", "ver.di", "IG BCE")),
                day(rng, date(2005, 1, 1), date(2025, 1, 1)).isoformat(),
            )
            for person in rng.sample(cast.employees, 44)
        ),
    )
