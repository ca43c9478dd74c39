"""What the company makes, keeps and sells: tables with nobody in them, though some words look like names."""

from __future__ import annotations

from random import Random

from privacy.demo import identifiers
from privacy.demo.people import TOWNS
from privacy.demo.tables import Table, number, refers, things

#: Bicycles named like people.
MODELS = (
    "Greta",
    "Anton",
    "Matilda",
    "Ludwig",
    "Carlotta Sport",
    "Jean-Luc Randonneur",
    "Henriette",
    "Oskar Cargo",
    "Ida Mini",
    "Theodor E",
    "Rosa Trekking",
    "Emil Kids 20",
    "Frau Holle Winter",
    "Don Pedalo",
    "Lady Spoke",
    "Hugo Gravel",
)
_COLOURS = ("Moosgrün", "Nachtblau", "Ziegelrot", "Sand", "Schwarz matt", "Weiß", "Kupfer")
_PARTS = ("Sattel", "Schlauch", "Reifen", "Kette", "Klingel", "Pedal", "Felge", "Lenker", "Schloss", "Licht", "Korb")
_GRADES = ("Komfort", "Sport", "City", "Trail", "Classic", "Pro", "Eco", "Ultra")
_STORE_NAMES = ("Radhaus am Markt", "Speichenwerk", "Velo-Werkstatt Süd", "Kettenblatt", "Radlager", "Tretmond Outlet")
_SETTINGS = {
    "cart.max_items": "50",
    "checkout.timeout_s": "900",
    "currency.default": "EUR",
    "display.theme": "moss",
    "export.hour": "3",
    "feature.click_and_collect": "true",
    "feature.reviews": "true",
    "language.default": "de",
    "mail.batch_size": "200",
    "password.min_length": "10",
    "phone.required": "false",
    "search.name_boost": "1.5",
    "session.minutes": "45",
    "shop.version": "4.12.0",
    "stock.warn_below": "3",
    "vat.standard": "19.0",
    "vat.reduced": "7.0",
    "address.lookup": "off",
}
_ZONES = (
    "Deutschland",
    "Österreich und Schweiz",
    "Benelux",
    "Frankreich",
    "Iberien",
    "Nord",
    "Ost",
    "Inseln",
    "Abholung",
)
_STATUSES = ("new", "paid", "packed", "shipped", "delivered", "returned", "cancelled", "disputed")
_CURRENCIES = (
    ("EUR", "Euro", 2),
    ("CHF", "Schweizer Franken", 2),
    ("PLN", "Złoty", 2),
    ("CZK", "Tschechische Krone", 2),
    ("SEK", "Schwedische Krone", 2),
    ("DKK", "Dänische Krone", 2),
    ("NOK", "Norwegische Krone", 2),
    ("GBP", "Pfund Sterling", 2),
    ("HUF", "Forint", 2),
    ("RON", "Leu", 2),
    ("USD", "US-Dollar", 2),
    ("JPY", "Yen", 0),
)
STORES = 12
PRODUCTS = 240


def bike_models(rng: Random) -> Table:
    """Bicycles, with given names."""
    return things(
        "bike_models",
        (number("model_id", "PRIMARY KEY"), "model_name", "series", "wheel_size", number("launched")),
        (
            (
                at,
                name,
                rng.choice(("City", "Reise", "Kinder", "Last")),
                rng.choice(("20", "26", "28", "29")),
                2016 + at % 9,
            )
            for at, name in enumerate(MODELS, 1)
        ),
    )


def products(rng: Random) -> Table:
    """What can be bought."""
    return things(
        "products",
        (
            number("product_id", "PRIMARY KEY"),
            "sku",
            "name",
            refers("model_id", "bike_models(model_id)"),
            "size",
            "colour",
            "ean",
            number("price_cents"),
            number("weight_g"),
        ),
        (
            (
                at,
                sku(at),
                _product_name(rng),
                rng.randrange(1, len(MODELS) + 1),
                rng.choice(("S", "M", "L", "XL", "54", "58")),
                rng.choice(_COLOURS),
                identifiers.ean(rng),
                100 * rng.randrange(4, 3900) + 99,
                rng.randrange(40, 24_000),
            )
            for at in range(1, PRODUCTS + 1)
        ),
    )


def sku(at: int) -> str:
    """The company's own number of a product."""
    return f"TM-{_PARTS[at % len(_PARTS)][:3].upper()}-{at:04d}"


def stores(rng: Random) -> Table:
    """The company's shops, with the phone numbers of shops."""
    towns = TOWNS["DE"] + TOWNS["AT"]
    return things(
        "stores",
        (
            number("store_id", "PRIMARY KEY"),
            "store_name",
            "city",
            "postal_code",
            "store_phone",
            "opening_hours",
            "latitude",
            "longitude",
        ),
        (
            (
                at,
                f"{_STORE_NAMES[at % len(_STORE_NAMES)]} {town}",
                town,
                code,
                identifiers.phone(rng, "DE" if at <= len(TOWNS["DE"]) else "AT"),
                rng.choice(("Mo-Sa 10-19", "Di-Sa 9-18", "Mo-Fr 9-18:30, Sa 9-14")),
                f"{rng.uniform(47.1, 54.3):.5f}",
                f"{rng.uniform(6.6, 16.2):.5f}",
            )
            for at, (code, town) in enumerate(towns[:STORES], 1)
        ),
    )


def stock(rng: Random) -> Table:
    """How many of each product lie in each shop."""
    return things(
        "stock",
        (
            refers("store_id", "stores(store_id)"),
            refers("product_id", "products(product_id)"),
            number("quantity"),
            "shelf",
        ),
        (
            (store, product, rng.randrange(0, 60), f"{rng.choice('ABCDEF')}{rng.randrange(1, 30):02d}")
            for store in range(1, STORES + 1)
            for product in range(1, PRODUCTS + 1)
            if (store + product) % 2
        ),
        "PRIMARY KEY (store_id, product_id)",
    )


def currencies() -> Table:
    """Currencies and their names."""
    return things("currencies", ("code", "name", number("minor_digits")), _CURRENCIES, "PRIMARY KEY (code)")


def shipping_zones() -> Table:
    """Where parcels go and what that costs."""
    return things(
        "shipping_zones",
        (number("zone_id", "PRIMARY KEY"), "zone_name", number("price_cents"), number("days")),
        ((at, name, 490 + 150 * at, 1 + at % 5) for at, name in enumerate(_ZONES, 1)),
    )


def order_statuses() -> Table:
    """What can become of an order."""
    return things(
        "order_statuses",
        ("status_code", "description", number("sort_order")),
        ((code, f"Order is {code}", at) for at, code in enumerate(_STATUSES)),
        "PRIMARY KEY (status_code)",
    )


def settings() -> Table:
    """How the shop is set up."""
    return things("settings", ("key", "value"), _SETTINGS.items(), "PRIMARY KEY (key)")


def status(rng: Random) -> str:
    """One of the codes of ``order_statuses``."""
    return rng.choice(_STATUSES)


def zone(rng: Random) -> int:
    """One of the numbers of ``shipping_zones``."""
    return rng.randrange(1, len(_ZONES) + 1)


def price_list(rng: Random) -> Table:
    """What a supplier asks for parts."""
    return things(
        "prices",
        ("Artikel", "Bezeichnung", "Preis EUR", "Mindestmenge", "Gültig ab"),
        (
            (sku(at), _product_name(rng), f"{rng.uniform(1, 400):.2f}", 10 * rng.randrange(1, 50), "2025-03-01")
            for at in range(1, 61)
        ),
    )


def inventory(rng: Random) -> Table:
    """What was counted in the warehouse."""
    return things(
        "count",
        ("shelf", "sku", "name", "counted", "expected", "checked_on"),
        (
            (
                f"{rng.choice('ABCDEF')}{rng.randrange(1, 30):02d}",
                sku(at),
                _product_name(rng),
                rng.randrange(60),
                rng.randrange(60),
                f"2025-12-{rng.randrange(27, 31)}",
            )
            for at in range(1, 91)
        ),
    )


def revenue(rng: Random, year: int, quarter: int) -> Table:
    """A quarter's revenue by shop and month."""
    return things(
        "revenue",
        ("store", "month", "orders", "revenue_eur", "returns_pct"),
        (
            (
                f"{_STORE_NAMES[at % len(_STORE_NAMES)]} {town}",
                f"{year}-{3 * quarter - 2 + month:02d}",
                rng.randrange(40, 700),
                f"{rng.uniform(8000, 210_000):.2f}",
                f"{rng.uniform(0.5, 6):.1f}",
            )
            for at, (_, town) in enumerate(TOWNS["DE"])
            for month in range(3)
        ),
    )


def budget(rng: Random, name: str) -> Table:
    """A plan of costs."""
    posts = ("Miete", "Strom", "Werbung", "Messe", "Werkzeug", "Versand", "Software", "Fuhrpark", "Schulung")
    return things(
        name,
        ("Posten", "Plan", "Ist", "Kostenstelle"),
        (
            (post, rng.randrange(5, 90) * 1000, rng.randrange(5, 90) * 1000, 4000 + 10 * at)
            for at, post in enumerate(posts)
        ),
    )


def _product_name(rng: Random) -> str:
    if rng.random() < 0.4:
        return f'{rng.choice(MODELS)} {rng.choice(("Damen", "Herren", "Wave", "Diamant"))} {rng.choice((20, 26, 28))}"'
    return f"{rng.choice(_PARTS)} {rng.choice(_GRADES)} {rng.randrange(1, 12) * 5}"
