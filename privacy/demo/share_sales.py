"""The files of the sales department."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from random import Random

from privacy.demo import files, goods, identifiers, texts
from privacy.demo.files import File
from privacy.demo.people import Cast, Person, customer_number, day
from privacy.demo.tables import Column, Table, table

_INTERESTS = ("Lastenrad", "E-Bike", "Reiserad", "Kinderrad", "Leasing")


def documents(rng: Random, cast: Cast) -> Iterator[File]:
    """Exports, leads, letters of complaint, reports on visits."""
    yield files.delimited("sales/export_kunden_2024.csv", _customers(cast), ";", "cp1252")
    yield files.delimited("sales/export_customers_2025.csv", _orders(rng, cast))
    yield files.delimited("sales/leads_messe_2025.csv", _leads(rng, cast), ";", "utf-8-sig")
    yield files.delimited("sales/telefonbestellungen.csv", _phone_orders(rng, cast), "|")
    yield files.delimited("sales/ruecksendungen.tsv", _returns(rng, cast), "\t")
    for year, quarter in ((2024, 3), (2024, 4), (2025, 1), (2025, 2)):
        yield files.delimited(f"sales/umsatz/{year}-Q{quarter}.csv", goods.revenue(rng, year, quarter), ";")
    yield files.delimited("sales/newsletter/abmeldungen.csv", _unsubscribed(rng, cast), ";", header=False)
    yield files.text(
        "sales/newsletter/verteiler_maerz.txt", "".join(f"{one.email}\n" for one in cast.customers[200:290])
    )
    for at, person in enumerate(rng.sample(cast.customers, 9), 1):
        on = day(rng, date(2025, 1, 7), date(2025, 12, 12))
        encoding = "cp1252" if at % 3 == 0 and person.language == "de" else "utf-8"
        yield files.text(f"sales/reklamationen/brief_{at:02d}.txt", texts.complaint(rng, person, on), encoding)
    for at, contact in enumerate(rng.sample(cast.contacts, 3), 1):
        yield files.text(f"sales/besuche/visit_{at}.md", texts.visit_report(rng, cast, contact))


def _customers(cast: Cast) -> Table:
    def row(at: int, person: Person) -> tuple[str, ...]:
        return (
            customer_number(at),
            person.title,
            person.given,
            person.family,
            person.street,
            person.postal_code,
            person.city,
            identifiers.spoken(person.phone),
            person.email,
            f"{person.born:%d.%m.%Y}",
        )

    return table(
        "kunden",
        (
            Column("Kundennr", "identity.subject_id"),
            "Anrede",
            Column("Vorname", "identity.name"),
            Column("Nachname", "identity.name"),
            Column("Straße", "contact.address"),
            Column("PLZ", "contact.place"),
            Column("Ort", "contact.place"),
            Column("Telefon", "contact.phone"),
            Column("E-Mail", "contact.email"),
            Column("Geburtsdatum", "demographic.date_of_birth"),
        ),
        (row(at, person) for at, person in enumerate(cast.customers[:420])),
    )


def _orders(rng: Random, cast: Cast) -> Table:
    return table(
        "orders",
        (
            "order",
            "ordered_on",
            Column("customer", "identity.name"),
            Column("ship_to", "contact.address"),
            Column("mail", "contact.email"),
            "total_eur",
            "status",
        ),
        (
            (
                20_000 + at,
                day(rng, date(2025, 1, 2), date(2025, 12, 30)).isoformat(),
                person.name,
                person.address,
                person.email,
                f"{rng.uniform(9, 4200):.2f}",
                goods.status(rng),
            )
            for at, person in enumerate(cast.customers[300:620])
        ),
    )


def _leads(rng: Random, cast: Cast) -> Table:
    return table(
        "leads",
        (
            Column("Wer", "identity.name"),
            Column("Kontakt", "contact.phone"),
            "Interesse",
            Column("Notiz", "text.personal"),
        ),
        (
            (
                person.name,
                person.phone,
                rng.choice(_INTERESTS),
                f"Mail an {person.email}, wohnt in {person.city}, {rng.choice(('Probefahrt', 'Angebot', 'Rückruf'))}",
            )
            for person in cast.customers[700:790]
        ),
    )


def _phone_orders(rng: Random, cast: Cast) -> Table:
    return table(
        "telefon",
        (
            "Datum",
            Column("Besteller", "identity.name"),
            Column("Zahlung", "financial.card"),
            Column("Prüf", "financial.card_security"),
            "Artikel",
        ),
        (
            (
                day(rng, date(2024, 3, 1), date(2025, 6, 30)).isoformat(),
                person.name,
                identifiers.grouped(identifiers.card(rng)),
                identifiers.digits(rng, 3),
                goods.sku(rng.randrange(1, goods.PRODUCTS)),
            )
            for person in rng.sample(cast.customers, 70)
        ),
    )


def _returns(rng: Random, cast: Cast) -> Table:
    return table(
        "returns",
        ("return_no", Column("sent_by", "identity.name"), Column("refund_to", "financial.iban"), "sku", "reason"),
        (
            (
                f"RT-{at:04d}",
                person.name,
                identifiers.grouped(person.iban),
                goods.sku(rng.randrange(1, goods.PRODUCTS)),
                rng.choice(("too small", "damaged", "changed mind", "wrong colour")),
            )
            for at, person in enumerate(rng.sample(cast.customers, 140), 1)
        ),
    )


def _unsubscribed(rng: Random, cast: Cast) -> Table:
    return table(
        "abmeldungen",
        (Column("", "contact.email"), "", ""),
        (
            (
                person.email,
                day(rng, date(2025, 1, 1), date(2025, 9, 30)).isoformat(),
                rng.choice(("link", "mail", "shop")),
            )
            for person in cast.customers[500:610]
        ),
    )
