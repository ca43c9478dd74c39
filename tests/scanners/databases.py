"""One small company's database, the same on every dialect, and the ways in which the tests open databases."""

from __future__ import annotations

import datetime as dt
import random
import uuid
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from decimal import Decimal
from typing import Any, cast

import sqlalchemy as sa
from sqlalchemy.pool import NullPool

from data_map.model import Skipped, Source
from scanners.sources.address import locate
from scanners.sources.base import Listed
from scanners.sources.registry import open_source
from scanners.sources.sql.connector import SqlSource
from scanners.values import Content, Take, UnreadableError

FIRST = [
    "Anna",
    "Jonas",
    "Marta",
    "Pierre",
    "Ingrid",
    "Luca",
    "Sofia",
    "Emil",
    "Clara",
    "Hugo",
    "Nora",
    "Zoë",
    "Łukasz",
]
LAST = ["Keller", "Brandt", "Novak", "Dubois", "Lindqvist", "Rossi", "Almeida", "Fischer", "Vogel", "Moreau", "Øberg"]
CITIES = ["Lisbon", "Hamburg", "Lyon", "Vienna", "Turin", "Ghent", "Porto", "Malmö", "Gdańsk", "Graz"]
WORDS = ["bracket", "hinge", "valve", "gasket", "washer", "pulley", "socket", "spindle", "flange", "coupling"]

PEOPLE = 300
EVENTS = 20_000
KEYS = 3_000

metadata = sa.MetaData()

customers = sa.Table(
    "customers",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("full_name", sa.String(80), nullable=False),
    sa.Column("email", sa.String(120), unique=True, comment="where invoices are sent"),
    sa.Column("phone", sa.String(40)),
    sa.Column("date_of_birth", sa.Date),
    sa.Column("city", sa.String(40)),
    sa.Column("is_active", sa.Boolean),
    sa.Column("credit", sa.Numeric(10, 2)),
    sa.Column("created_at", sa.DateTime),
)
products = sa.Table(
    "products",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("name", sa.String(80)),
    sa.Column("sku", sa.String(20)),
    sa.Column("description", sa.Text),
    sa.Column("price", sa.Numeric(10, 2)),
    sa.Column("weight_kg", sa.Double),
)
orders = sa.Table(
    "orders",
    metadata,
    sa.Column("id", sa.BigInteger, primary_key=True, autoincrement=False),
    sa.Column("customer_id", sa.ForeignKey("customers.id"), nullable=False),
    sa.Column("ordered_at", sa.DateTime),
    sa.Column("status", sa.Enum("new", "paid", "sent", name="order_status")),
    sa.Column("total", sa.Numeric(10, 2)),
    sa.Column("ip_address", sa.String(45)),
)
order_lines = sa.Table(
    "order_lines",
    metadata,
    sa.Column("order_id", sa.ForeignKey("orders.id"), primary_key=True),
    sa.Column("line_no", sa.SmallInteger, primary_key=True),
    sa.Column("product_id", sa.ForeignKey("products.id")),
    sa.Column("quantity", sa.Integer),
)
notes = sa.Table(
    "notes",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("customer_id", sa.ForeignKey("customers.id")),
    sa.Column("body", sa.Text),
)
employees = sa.Table(
    "employees",
    metadata,
    sa.Column("staff_no", sa.String(10), primary_key=True),
    sa.Column("first_name", sa.String(40)),
    sa.Column("last_name", sa.String(40)),
    sa.Column("iban", sa.String(34)),
    sa.Column("salary", sa.Integer),
    sa.Column("hired_on", sa.Date),
)
audit_log = sa.Table(  # has no key
    "audit_log",
    metadata,
    sa.Column("at", sa.DateTime),
    sa.Column("actor", sa.String(120)),
    sa.Column("action", sa.String(20)),
)
profiles = sa.Table(
    "profiles",
    metadata,
    sa.Column("id", sa.Uuid(as_uuid=False), primary_key=True),
    sa.Column("payload", sa.JSON),
    sa.Column("picture", sa.LargeBinary),
)
settings = sa.Table(
    "settings",
    metadata,
    sa.Column("name", sa.String(40), primary_key=True),
    sa.Column("value", sa.String(80)),
)
leads = sa.Table(  # is empty
    "leads",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("email", sa.String(120)),
    sa.Column("first_name", sa.String(40)),
)
unicode_table = sa.Table(
    "Straßen & Größen",
    metadata,
    sa.Column("Nº", sa.Integer, primary_key=True),
    sa.Column("e-mail «privé»", sa.String(120)),
    sa.Column("größe", sa.Integer),
)
events = sa.Table(  # is sampled
    "events",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("user_email", sa.String(120)),
    sa.Column("ip_address", sa.String(45)),
    sa.Column("page", sa.String(60)),
    sa.Column("duration_ms", sa.Integer),
)
api_keys = sa.Table(  # is sampled along a key that is a text
    "api_keys",
    metadata,
    sa.Column("key", sa.String(36), primary_key=True),
    sa.Column("owner_email", sa.String(120)),
    sa.Column("uses", sa.Integer),
)
SAMPLED = frozenset({"events", "api_keys"})


def rows() -> Iterator[tuple[sa.Table, list[dict[str, Any]]]]:
    """The same rows at every call."""
    rng = random.Random(7)
    start = dt.datetime(2024, 1, 1)  # noqa: DTZ001 - the columns have no time zone

    def at() -> dt.datetime:
        return start + dt.timedelta(seconds=rng.randrange(30_000_000))

    def ip() -> str:
        return f"{rng.randrange(11, 190)}.{rng.randrange(256)}.{rng.randrange(256)}.{rng.randrange(1, 255)}"

    people = [(rng.choice(FIRST), rng.choice(LAST)) for _ in range(PEOPLE)]

    def mail(number: int) -> str:
        first, last = people[number % PEOPLE]
        return f"{first}.{last}{number}@example.org".lower().encode("ascii", "ignore").decode()

    yield (
        customers,
        [
            {
                "id": number + 1,
                "full_name": " ".join(people[number]),
                "email": mail(number) if number % 11 else None,
                "phone": f"+49 30 {rng.randrange(2_000_000, 9_999_999)}",
                "date_of_birth": dt.date(1950, 1, 1) + dt.timedelta(days=rng.randrange(18_000)),
                "city": rng.choice(CITIES),
                "is_active": rng.random() < 0.8,
                "credit": Decimal(rng.randrange(100_000)) / 100,
                "created_at": at(),
            }
            for number in range(PEOPLE)
        ],
    )
    yield (
        products,
        [
            {
                "id": number + 1,
                "name": f"{rng.choice(WORDS)} {number}",
                "sku": f"SKU-{number:05d}",
                "description": f"A {rng.choice(WORDS)} of steel for the {rng.choice(WORDS)} of a pump.",
                "price": Decimal(rng.randrange(10_000)) / 100,
                "weight_kg": rng.randrange(1, 999) / 8,
            }
            for number in range(100)
        ],
    )
    yield (
        orders,
        [
            {
                "id": 5_000_000_000 + number,
                "customer_id": rng.randrange(PEOPLE) + 1,
                "ordered_at": at(),
                "status": rng.choice(["new", "paid", "sent"]),
                "total": Decimal(rng.randrange(100_000)) / 100,
                "ip_address": ip(),
            }
            for number in range(400)
        ],
    )
    yield (
        order_lines,
        [
            {
                "order_id": 5_000_000_000 + number // 2,
                "line_no": number % 2 + 1,
                "product_id": rng.randrange(100) + 1,
                "quantity": rng.randrange(1, 9),
            }
            for number in range(800)
        ],
    )
    yield (
        notes,
        [
            {
                "id": number + 1,
                "customer_id": rng.randrange(PEOPLE) + 1,
                "body": f"{' '.join(rng.choice(people))} called about the delivery, "
                f"please answer to {mail(rng.randrange(PEOPLE))} before Friday.",
            }
            for number in range(200)
        ],
    )
    yield (
        employees,
        [
            {
                "staff_no": f"E{number:04d}",
                "first_name": people[number][0],
                "last_name": people[number][1],
                "iban": _iban(rng),
                "salary": rng.randrange(30_000, 90_000),
                "hired_on": dt.date(2001, 1, 1) + dt.timedelta(days=rng.randrange(8_000)),
            }
            for number in range(120)
        ],
    )
    yield (
        audit_log,
        [
            {"at": at(), "actor": mail(rng.randrange(20)), "action": rng.choice(["login", "logout", "export"])}
            for _ in range(500)
        ],
    )
    yield (
        profiles,
        [
            {
                "id": str(uuid.UUID(int=rng.getrandbits(128), version=4)),
                "payload": {"mail": mail(number), "theme": rng.choice(["dark", "light"])},
                "picture": b"\xff\xd8\xff\xe0" + rng.randbytes(60),
            }
            for number in range(100)
        ],
    )
    yield settings, [{"name": f"ui.{word}", "value": str(number)} for number, word in enumerate(WORDS)]
    yield leads, []
    yield (
        unicode_table,
        [{"Nº": number + 1, "e-mail «privé»": mail(number), "größe": rng.randrange(150, 200)} for number in range(60)],
    )
    yield (
        events,
        [
            {
                "id": number * 3 + 1,
                "user_email": mail(rng.randrange(PEOPLE)),
                "ip_address": ip(),
                "page": f"/shop/{rng.choice(WORDS)}",
                "duration_ms": rng.randrange(1, 90_000),
            }
            for number in range(EVENTS)
        ],
    )
    yield (
        api_keys,
        [
            {
                "key": str(uuid.UUID(int=rng.getrandbits(128), version=4)),
                "owner_email": mail(number),
                "uses": rng.randrange(1_000),
            }
            for number in range(KEYS)
        ],
    )


def _iban(rng: random.Random) -> str:
    account = f"{rng.randrange(10**8):08d}{rng.randrange(10**10):010d}"
    check = 98 - int(account + "131400") % 97
    return f"DE{check:02d}{account}"


def build(url: str) -> None:
    """Create the company's tables and fill them."""
    with writer(url) as connection:
        metadata.create_all(connection)
        for table, content in rows():
            if content:
                connection.execute(table.insert(), content)


@contextmanager
def writer(url: str) -> Iterator[sa.Connection]:
    """A connection that may write; commits at its end."""
    engine = sa.create_engine(url, poolclass=NullPool)
    try:
        with engine.begin() as connection:
            yield connection
    finally:
        engine.dispose()


def run(url: str, *statements: str) -> None:
    """Execute statements as they are written, one after the other, in one transaction."""
    with writer(url) as connection:
        for statement in statements:
            connection.exec_driver_sql(statement.replace("%", "%%") if not url.startswith("sqlite") else statement)


@contextmanager
def opened(url: str, **options: Any) -> Iterator[SqlSource]:
    """A database as a scan opens it."""
    place = locate(url)
    connector = open_source(Source("db", place.kind, place.location), place, **options)
    try:
        yield cast("SqlSource", connector)
    finally:
        connector.close()


def listing(source: SqlSource) -> dict[str, Listed]:
    """Everything listed, by the name after the schema; nothing may have been skipped."""
    found = list(source.list_assets())
    assert not [item for item in found if isinstance(item, Skipped)]
    return {item.asset.name.split(".", 1)[1]: item for item in found if isinstance(item, Listed)}


def read(url: str, name: str, rows: int | None = None, seed: int = 0) -> Content:
    """One table's content."""
    with opened(url) as source:
        return source.read(listing(source)[name], Take(rows, seed))


def values(content: Content) -> dict[str, list[str]]:
    """Distinct values by field."""
    return {item.field.ref.field: list(item.counts) for item in content.columns}


def integers(content: Content, field: str) -> list[int]:
    """The values of one field, in order of size."""
    return sorted(map(int, values(content)[field]))


@contextmanager
def statements(source: SqlSource) -> Iterator[list[tuple[str, Any]]]:
    """All statements with their parameters that the connector's own engine executes."""
    seen: list[tuple[str, Any]] = []

    def note(connection: Any, cursor: Any, statement: str, parameters: Any, context: Any, many: bool) -> None:
        seen.append((statement, parameters))

    engine = source._open()
    sa.event.listen(engine, "before_cursor_execute", note)
    try:
        yield seen
    finally:
        sa.event.remove(engine, "before_cursor_execute", note)


def fill(url: str, table: str, columns: str, content: Sequence[Sequence[Any]]) -> None:
    """Create a table of our own and insert rows by position."""
    names = [part.split()[0] for part in columns.split(", PRIMARY KEY (")[0].split(", ")]
    with writer(url) as connection:
        connection.exec_driver_sql(f"CREATE TABLE {table} ({columns})")
        marks = ", ".join(f":{name}" for name in names)
        insert = sa.text(f"INSERT INTO {table} ({', '.join(names)}) VALUES ({marks})")
        connection.execute(insert, [dict(zip(names, row, strict=True)) for row in content])


def skipped(url: str, **options: Any) -> list[Skipped]:
    """What a scan of this database would have to skip, in order."""
    found: list[Skipped] = []
    with opened(url, **options) as source:
        for item in source.list_assets():
            if isinstance(item, Skipped):
                found.append(item)
                continue
            try:
                found.extend(source.read(item, Take(1_000)).skipped)
            except UnreadableError as error:
                found.append(Skipped(item.asset.source, error.reason, item.asset.name, code=error.code))
    return found
