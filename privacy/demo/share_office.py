"""The files of purchase, warehouse, marketing and management."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from random import Random

from privacy.demo import files, goods, identifiers, opaque, sheets, texts
from privacy.demo.files import File
from privacy.demo.people import Cast, day
from privacy.demo.tables import Column, Table, table, things

_ANSWERS = (
    "Mehr Farben bitte.",
    "Der Laden öffnet zu spät.",
    "Alles gut.",
    "Bitte leichtere Räder.",
    "Werkstatt ist top.",
)


def documents(rng: Random, cast: Cast) -> Iterator[File]:
    """Half of these files have nobody in them."""
    yield from _purchase(rng, cast)
    yield from _warehouse(rng)
    yield from _marketing(rng, cast)
    yield from _management(rng, cast)


def _purchase(rng: Random, cast: Cast) -> Iterator[File]:
    firms = things(
        "Firmen",
        ("Nr", "Firma", "USt-ID"),
        ((at, f"Radteile {at} GmbH", identifiers.german_vat(rng)) for at in range(1, 31)),
    )
    yield files.xlsx("einkauf/lieferanten.xlsx", firms, _contacts(cast))
    yield files.json_array("einkauf/kontakte.json", _address_book(cast))
    for at in range(1, 4):
        yield files.delimited(f"einkauf/preislisten/liste_{at}.csv", goods.price_list(rng), ";")
    yield files.ndjson("einkauf/bestellungen.ndjson", _purchases(rng))


def _contacts(cast: Cast) -> Table:
    return table(
        "Ansprechpartner",
        (
            "Nr",
            Column("Name", "identity.name"),
            Column("Durchwahl", "contact.phone"),
            Column("Mail", "contact.email"),
        ),
        ((at, one.name, identifiers.spoken(one.phone), one.email) for at, one in enumerate(cast.contacts, 1)),
    )


def _address_book(cast: Cast) -> Table:
    return table(
        "kontakte",
        (
            Column("name.first", "identity.name"),
            Column("name.last", "identity.name"),
            Column("address.street", "contact.address"),
            Column("address.city", "contact.place"),
            Column("phone", "contact.phone"),
        ),
        ((one.given, one.family, one.street, one.city, one.phone) for one in cast.contacts[:50]),
    )


def _purchases(rng: Random) -> Table:
    return things(
        "bestellungen",
        ("order", "supplier_no", "sku", "quantity", "due_on"),
        (
            (
                f"PO-{at:05d}",
                rng.randrange(1, 31),
                goods.sku(rng.randrange(1, goods.PRODUCTS)),
                10 * rng.randrange(1, 90),
                day(rng, date(2025, 3, 1), date(2025, 12, 19)).isoformat(),
            )
            for at in range(1, 161)
        ),
    )


def _warehouse(rng: Random) -> Iterator[File]:
    for place in ("halle_1", "halle_2", "aussen"):
        yield files.delimited(f"lager/inventur/{place}.tsv", goods.inventory(rng), "\t")
    yield files.json_array("lager/zonen.json", goods.shipping_zones())
    yield files.ods("lager/nachbestellen.ods", goods.price_list(rng))
    yield files.dull(
        "lager/hinweise.txt", "Regal C nur von links beladen.\nStapler abends laden.\nTor 3 klemmt bei Frost.\n"
    )


def _marketing(rng: Random, cast: Cast) -> Iterator[File]:
    yield files.delimited("marketing/umfrage_2025.csv", _survey(rng, cast), ";", "utf-8-sig")
    yield files.delimited("marketing/gewinnspiel.tsv", _raffle(rng, cast), "\t")
    yield files.json_array("marketing/produkte.json", goods.bike_models(rng))
    yield files.dull(
        "marketing/modellnamen.md",
        "# Our models\n\n" + "".join(f"- {name}: in the shop since spring\n" for name in goods.MODELS),
    )
    yield files.dull(
        "marketing/kampagne_herbst.md",
        "# Autumn\n\nLights and mudguards, 15 % off from week 40. Poster in A1, moss green.\n",
    )
    yield File("marketing/logo.png", opaque.png(32, 32))


def _survey(rng: Random, cast: Cast) -> Table:
    return table(
        "umfrage",
        (
            "Nr",
            Column("Alter", "demographic.age"),
            Column("Geschlecht", "demographic.gender"),
            Column("Wohnort", "contact.place"),
            Column("Wie erreichbar?", "contact.email"),
            "Was sollen wir ändern?",
        ),
        (
            (
                at,
                2025 - one.born.year,
                "w" if one.is_woman else "m",
                f"{one.postal_code} {one.city}",
                one.email if rng.random() < 0.6 else None,
                rng.choice(_ANSWERS),
            )
            for at, one in enumerate(rng.sample(cast.customers, 150), 1)
        ),
    )


def _raffle(rng: Random, cast: Cast) -> Table:
    return table(
        "gewinnspiel",
        (Column("wer", "identity.name"), Column("wohin", "contact.address"), "los", "antwort"),
        (
            (one.name, one.address, f"L{rng.randrange(1000, 9999)}", rng.choice("ABC"))
            for one in rng.sample(cast.customers, 120)
        ),
    )


def _management(rng: Random, cast: Cast) -> Iterator[File]:
    for on in (date(2025, 1, 14), date(2025, 3, 11), date(2025, 5, 13), date(2025, 9, 9), date(2025, 11, 11)):
        yield files.text(f"leitung/protokolle/{on}_jour_fixe.md", texts.minutes(rng, cast, on))
    yield files.xlsx("leitung/reise_taiwan.xlsx", _travellers(rng, cast))
    yield files.xlsx("leitung/budget_2026.xlsx", goods.budget(rng, "Plan"), goods.budget(rng, "Reserve"))
    # Cut off in the middle, as by a full disk.
    whole = sheets.xlsx((goods.budget(rng, "Plan"),))
    yield File("leitung/budget_2025_kaputt.xlsx", whole[: len(whole) // 2])
    writer = cast.customers[12]
    yield File(
        "leitung/beschwerde.eml",
        opaque.mail(writer, f"leitung@{texts.DOMAIN}", "Reklamation", texts.complaint(rng, writer, date(2025, 6, 3))),
    )


def _travellers(rng: Random, cast: Cast) -> Table:
    return table(
        "Reisende",
        (
            Column("Name", "identity.name"),
            Column("Pass", "government_id.passport"),
            Column("geboren", "demographic.date_of_birth"),
            "Sitz",
        ),
        (
            (
                one.name,
                identifiers.passport(rng),
                one.born.isoformat(),
                f"{rng.randrange(20, 45)}{rng.choice('ABCDEF')}",
            )
            for one in cast.employees[:24]
        ),
    )
