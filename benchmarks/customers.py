"""A table of invented customers, of any length, for the benchmarks of speed and scale."""

from __future__ import annotations

import datetime as dt
import random
from collections.abc import Iterator
from decimal import Decimal
from itertools import islice
from typing import Any

from sqlalchemy import Column, Date, Engine, Integer, MetaData, Numeric, String, Table, insert
from stdnum.iso7064 import mod_97_10

CUSTOMERS = Table(
    "customers",
    MetaData(),
    Column("id", Integer, primary_key=True),
    Column("first_name", String(40)),
    Column("last_name", String(40)),
    Column("email", String(80)),
    Column("phone", String(30)),
    Column("iban", String(40)),
    Column("city", String(40)),
    Column("status", String(10)),
    Column("balance", Numeric(12, 2)),
    Column("created_on", Date),
)

#: Distinct rows; a longer table repeats their cells in another order under new numbers.
_POOL = 20_000
_BATCH = 10_000
#: Each column walks the pool at a stride of its own, so that rows of a long table differ; none divides the pool.
_STRIDES = (1, 3, 7, 9, 11, 13, 17, 19, 21)
_SYLLABLES = ("al", "be", "cor", "da", "el", "fin", "ga", "han", "is", "jo", "ka", "lu", "mar", "no", "ro", "sa", "ti")


def fill(engine: Engine, rows: int, seed: int = 1) -> None:
    """Create the table and insert so many rows."""
    CUSTOMERS.create(engine)
    made = customers(rows, seed)
    with engine.begin() as connection:
        while batch := list(islice(made, _BATCH)):
            connection.execute(insert(CUSTOMERS), batch)


def customers(rows: int, seed: int = 1) -> Iterator[dict[str, Any]]:
    """The rows, the same ones for the same seed."""
    rng = random.Random(seed)
    columns = [list(cells) for cells in zip(*(_cells(rng) for _ in range(min(rows, _POOL))), strict=True)]
    names = [column.name for column in CUSTOMERS.columns if column.name != "id"]
    for number in range(1, rows + 1):
        cells = (values[number * stride % len(values)] for stride, values in zip(_STRIDES, columns, strict=True))
        yield {"id": number, **dict(zip(names, cells, strict=True))}


def _cells(rng: random.Random) -> tuple[Any, ...]:
    first, last, city = (_word(rng) for _ in range(3))
    account = f"{rng.randrange(10**18):018}"
    return (
        first,
        last,
        f"{first.lower()}.{last.lower()}@example.{rng.choice(('com', 'org', 'net'))}",
        f"+49 30 {rng.randrange(10**6, 10**8)}",
        f"DE{mod_97_10.calc_check_digits(account + 'DE')}{account}",
        city,
        rng.choice(("new", "active", "left")),
        Decimal(rng.randrange(10**7)) / 100,
        dt.date(2015, 1, 1) + dt.timedelta(days=rng.randrange(3650)),
    )


def _word(rng: random.Random) -> str:
    return "".join(rng.choices(_SYLLABLES, k=rng.randint(2, 4))).title()
