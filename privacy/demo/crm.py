"""The tables of the shop's database: modern, with keys and telling names."""

from __future__ import annotations

import hashlib
from datetime import date
from random import Random

from privacy.demo import goods, identifiers, texts
from privacy.demo.people import Cast, Person, customer_number, day
from privacy.demo.tables import Column, Table, Value, number, plain, refers, table, things

_FIRST, _LAST = date(2024, 1, 2), date(2026, 2, 27)
_ORDERS = 2400
_SUPPLIERS = 38
_FIRMS = (
    "Speichenhof",
    "Felgenbau Nord",
    "Roulements du Rhin",
    "Kettingwerk",
    "Pneu Levante",
    "Lackwerk",
    "Siodło-Met",
)
_FORMS = ("GmbH", "AG", "SE", "GmbH & Co. KG")
_JOBS = ("Key account manager", "Sales", "Quality engineer", "Accounts receivable", "Export clerk", "Managing director")


def tables(rng: Random, cast: Cast) -> tuple[Table, ...]:
    """In an order in which foreign keys find what they refer to."""
    return (
        goods.bike_models(rng),
        goods.products(rng),
        goods.stores(rng),
        goods.stock(rng),
        goods.currencies(),
        goods.shipping_zones(),
        goods.order_statuses(),
        goods.settings(),
        _customers(rng, cast),
        _logins(rng, cast),
        _orders(rng, cast),
        _order_lines(rng),
        _invoices(rng, cast),
        _payment_cards(rng, cast),
        _support_tickets(rng, cast),
        _newsletter(rng, cast),
        _web_sessions(rng, cast),
        _product_reviews(rng, cast),
        _suppliers(rng),
        _supplier_contacts(rng, cast),
    )


def _customers(rng: Random, cast: Cast) -> Table:
    def row(at: int, person: Person) -> tuple[Value, ...]:
        partner = rng.choice(cast.customers)
        return (
            at + 1,
            customer_number(at),
            person.given,
            person.family,
            person.email,
            identifiers.spoken(person.phone) if rng.random() < 0.85 else None,
            person.born.isoformat() if rng.random() < 0.7 else None,
            person.street,
            person.postal_code,
            person.city,
            person.country,
            person.language,
            partner.email if rng.random() < 0.4 else None,
            person.iban if rng.random() < 0.3 else None,
            rng.randrange(2),
            f"{texts.moment(rng, day(rng, _FIRST, _LAST)):%Y-%m-%d %H:%M:%S}",
        )

    return table(
        "customers",
        (
            number("customer_id", "PRIMARY KEY"),
            Column("customer_no", "identity.subject_id", "TEXT NOT NULL UNIQUE"),
            Column("first_name", "identity.name"),
            Column("last_name", "identity.name"),
            Column("email", "contact.email", "TEXT NOT NULL"),
            Column("phone", "contact.phone"),
            Column("date_of_birth", "demographic.date_of_birth", "DATE"),
            Column("street", "contact.address"),
            Column("postal_code", "contact.place"),
            Column("city", "contact.place"),
            Column("country", "contact.place"),
            Column("language", "demographic.language"),
            Column("x_fld3", "contact.email"),
            Column("iban", "financial.iban"),
            plain("email_verified", "INTEGER"),
            "created_at",
        ),
        (row(at, person) for at, person in enumerate(cast.customers)),
    )


def _logins(rng: Random, cast: Cast) -> Table:
    return table(
        "customer_logins",
        (
            refers("customer_id", "customers(customer_id)"),
            Column("username", "identity.username"),
            Column("password_hash", "credential.password_hash"),
            Column("last_login_ip", "online.ip_address"),
            "last_login_at",
            plain("failed_attempts", "INTEGER"),
        ),
        (
            (
                at + 1,
                person.username,
                identifiers.bcrypt(rng),
                identifiers.ip(rng),
                f"{texts.moment(rng, day(rng, _FIRST, _LAST)):%Y-%m-%d %H:%M:%S}",
                rng.choice((0, 0, 0, 1, 2)),
            )
            for at, person in enumerate(cast.customers[:700])
        ),
        "PRIMARY KEY (customer_id)",
    )


def _orders(rng: Random, cast: Cast) -> Table:
    return table(
        "orders",
        (
            number("order_id", "PRIMARY KEY"),
            refers("customer_id", "customers(customer_id)"),
            Column("status_code", sql="TEXT REFERENCES order_statuses(status_code)"),
            refers("zone_id", "shipping_zones(zone_id)"),
            Column("currency", sql="TEXT REFERENCES currencies(code)"),
            number("total_cents"),
            "ordered_on",
            Column("delivery_note", "text.personal"),
        ),
        (
            (
                20_000 + at,
                _customer(rng, cast),
                goods.status(rng),
                goods.zone(rng),
                "EUR",
                100 * rng.randrange(9, 4200) + 99,
                day(rng, _FIRST, _LAST).isoformat(),
                texts.delivery_note(rng, cast),
            )
            for at in range(_ORDERS)
        ),
    )


def _order_lines(rng: Random) -> Table:
    return things(
        "order_lines",
        (
            number("line_id", "PRIMARY KEY"),
            refers("order_id", "orders(order_id)"),
            refers("product_id", "products(product_id)"),
            number("quantity"),
            number("unit_price_cents"),
        ),
        (
            (
                at,
                20_000 + rng.randrange(_ORDERS),
                rng.randrange(1, goods.PRODUCTS + 1),
                rng.randrange(1, 4),
                100 * rng.randrange(4, 3900) + 99,
            )
            for at in range(1, 3601)
        ),
    )


def _invoices(rng: Random, cast: Cast) -> Table:
    def row(at: int) -> tuple[Value, ...]:
        person = rng.choice(cast.customers)
        return (
            f"RE-2025-{at:05d}",
            20_000 + at,
            person.name,
            person.address,
            person.iban if rng.random() < 0.5 else None,
            100 * rng.randrange(9, 4200) + 99,
            19,
            day(rng, _FIRST, _LAST).isoformat(),
        )

    return table(
        "invoices",
        (
            "invoice_no",
            refers("order_id", "orders(order_id)"),
            Column("billed_to", "identity.name"),
            Column("billing_address", "contact.address"),
            Column("payer_account", "financial.iban"),
            number("total_cents"),
            plain("vat_rate", "INTEGER"),
            "issued_on",
        ),
        (row(at) for at in range(1700)),
        "PRIMARY KEY (invoice_no)",
    )


def _payment_cards(rng: Random, cast: Cast) -> Table:
    def row(at: int) -> tuple[Value, ...]:
        customer = _customer(rng, cast)
        holder = cast.customers[customer - 1].name.upper()
        return at, customer, holder, identifiers.card(rng), f"{rng.randrange(1, 13):02d}/{rng.randrange(26, 31)}"

    return table(
        "payment_cards",
        (
            number("card_id", "PRIMARY KEY"),
            refers("customer_id", "customers(customer_id)"),
            Column("holder", "identity.name"),
            Column("pan", "financial.card"),
            "expires",
        ),
        (row(at) for at in range(1, 261)),
    )


def _support_tickets(rng: Random, cast: Cast) -> Table:
    return table(
        "support_tickets",
        (
            number("ticket_id", "PRIMARY KEY"),
            refers("customer_id", "customers(customer_id)"),
            "opened_at",
            plain("topic"),
            Column("notes", "text.personal"),
            Column("handled_by", "identity.name"),
            plain("state"),
        ),
        (
            (
                at,
                _customer(rng, cast),
                f"{texts.moment(rng, day(rng, _FIRST, _LAST)):%Y-%m-%dT%H:%M:%SZ}",
                rng.choice(("brake", "delivery", "invoice", "light", "frame", "other")),
                texts.ticket(rng, cast),
                rng.choice(cast.employees[:25]).name,
                rng.choice(("open", "waiting", "closed")),
            )
            for at in range(1, 421)
        ),
    )


def _newsletter(rng: Random, cast: Cast) -> Table:
    readers = cast.customers[100:700] + cast.applicants[:60]
    return table(
        "newsletter",
        (
            number("subscription_id", "PRIMARY KEY"),
            Column("email", "contact.email"),
            Column("email_sha256", "pseudonym.hashed"),
            Column("confirmed_from", "online.ip_address"),
            "subscribed_on",
            plain("source_campaign"),
        ),
        (
            (
                at,
                person.email,
                hashlib.sha256(person.email.encode()).hexdigest(),
                identifiers.ip(rng),
                day(rng, _FIRST, _LAST).isoformat(),
                rng.choice(("spring_sale", "checkout", "fair_2025", "store")),
            )
            for at, person in enumerate(readers, 1)
        ),
    )


def _web_sessions(rng: Random, cast: Cast) -> Table:
    return table(
        "web_sessions",
        (
            number("id", "PRIMARY KEY"),
            refers("customer_id", "customers(customer_id)"),
            Column("cookie", "online.cookie"),
            Column("client", "online.ip_address"),
            "user_agent",
            "landing_page",
            number("started_at"),
        ),
        (
            (
                at,
                _customer(rng, cast) if rng.random() < 0.4 else None,
                f"_tm.{identifiers.hexadecimal(rng, 24)}",
                identifiers.ip(rng),
                texts.agent(rng),
                rng.choice(texts.PAGES),
                1_735_700_000 + rng.randrange(30_000_000),
            )
            for at in range(1, 1501)
        ),
    )


def _product_reviews(rng: Random, cast: Cast) -> Table:
    return table(
        "product_reviews",
        (
            number("review_id", "PRIMARY KEY"),
            refers("product_id", "products(product_id)"),
            Column("nickname", "identity.username"),
            plain("stars", "INTEGER"),
            plain("review"),
        ),
        (
            (
                at,
                rng.randrange(1, goods.PRODUCTS + 1),
                rng.choice(cast.customers).username,
                rng.randrange(1, 6),
                texts.review(rng),
            )
            for at in range(1, 301)
        ),
    )


def _suppliers(rng: Random) -> Table:
    return things(
        "suppliers",
        (number("supplier_id", "PRIMARY KEY"), "company_name", "vat_number", "city", number("payment_days")),
        (
            (
                at,
                f"{rng.choice(_FIRMS)} {at} {rng.choice(_FORMS)}",
                identifiers.german_vat(rng),
                rng.choice(("Göttingen", "Ulm", "Kassel", "Trier", "Kiel", "Hof")),
                rng.choice((14, 30, 60)),
            )
            for at in range(1, _SUPPLIERS + 1)
        ),
    )


def _supplier_contacts(rng: Random, cast: Cast) -> Table:
    return table(
        "supplier_contacts",
        (
            number("contact_id", "PRIMARY KEY"),
            refers("supplier_id", "suppliers(supplier_id)"),
            Column("contact_person", "identity.name"),
            Column("email", "contact.email"),
            Column("direct_line", "contact.phone"),
            Column("job_title", "employment.job"),
        ),
        (
            (at, rng.randrange(1, _SUPPLIERS + 1), person.name, person.email, person.phone, rng.choice(_JOBS))
            for at, person in enumerate(cast.contacts, 1)
        ),
    )


def _customer(rng: Random, cast: Cast) -> int:
    return rng.randrange(1, len(cast.customers) + 1)
