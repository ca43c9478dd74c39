"""A table of very many columns, personal and harmless ones mixed, for the benchmarks of speed and memory."""

from __future__ import annotations

import datetime as dt
import random
import sqlite3
import uuid
from collections.abc import Callable
from pathlib import Path

from stdnum.iso7064 import mod_97_10
from stdnum.luhn import calc_check_digit

COLUMNS, ROWS = 315, 10_000

_SYLLABLES = ("al", "be", "cor", "da", "el", "fin", "ga", "han", "is", "jo", "ka", "lu", "mar", "no", "ro", "sa", "ti")
# fmt: off
_THINGS = (
    "order", "parcel", "window", "north", "delivery", "stock", "paper", "green", "handle", "bottle", "storage",
    "repair", "colour", "pending", "weekly", "counter", "market", "bridge", "river", "report", "figure", "margin",
)
_GIVEN = (
    "Alma", "Boris", "Clara", "David", "Elena", "Farid", "Greta", "Hugo", "Ines", "Jonas", "Karin", "Lucas", "Marta",
    "Nils", "Olga", "Pedro", "Rosa", "Simon", "Tina", "Victor",
)
_STREETS = ("Mill Road", "Station Street", "High Street", "Chapel Lane", "Park Avenue", "Church Row", "Green Lane")
# fmt: on

Maker = Callable[[random.Random, int], object]


def _word(rng: random.Random) -> str:
    return "".join(rng.choices(_SYLLABLES, k=rng.randint(2, 4)))


def _iban(rng: random.Random, row: int) -> str:
    account = f"{rng.randrange(10**18):018}"
    return f"DE{mod_97_10.calc_check_digits(account + 'DE')}{account}"


def _card(rng: random.Random, row: int) -> str:
    number = f"4{rng.randrange(10**14):014}"
    return number + calc_check_digit(number)


def _date(rng: random.Random, first: int, last: int) -> str:
    start = dt.date(first, 1, 1)
    return str(start + dt.timedelta(days=rng.randrange((last - first) * 365)))


#: Name of the column → type and value.
KINDS: dict[str, tuple[str, Maker]] = {
    "id": ("INTEGER", lambda rng, row: row),
    "first_name": ("TEXT", lambda rng, row: rng.choice(_GIVEN)),
    "last_name": ("TEXT", lambda rng, row: _word(rng).title()),
    "email": ("TEXT", lambda rng, row: f"{_word(rng)}.{_word(rng)}@{_word(rng)}.org"),
    "phone": ("TEXT", lambda rng, row: f"+49 30 {rng.randrange(10**6, 10**8)}"),
    "birth_date": ("DATE", lambda rng, row: _date(rng, 1940, 2008)),
    "street": ("TEXT", lambda rng, row: f"{rng.randrange(1, 200)} {rng.choice(_STREETS)}"),
    "postcode": ("TEXT", lambda rng, row: f"{rng.randrange(10000, 99999)}"),
    "iban": ("TEXT", _iban),
    "card_number": ("TEXT", _card),
    "ip_address": ("TEXT", lambda rng, row: ".".join(str(rng.randrange(1, 255)) for _ in range(4))),
    "gender": ("TEXT", lambda rng, row: rng.choice(("f", "m", "x"))),
    "created_at": (
        "TIMESTAMP",
        lambda rng, row: f"{_date(rng, 2015, 2026)} 10:{rng.randrange(60):02}:{rng.randrange(60):02}",
    ),
    "status": ("TEXT", lambda rng, row: rng.choice(("new", "paid", "sent", "closed"))),
    "quantity": ("INTEGER", lambda rng, row: rng.randrange(1000)),
    "price": ("REAL", lambda rng, row: rng.randrange(10**6) / 100),
    "sku": ("TEXT", lambda rng, row: f"{_word(rng)[:3].upper()}-{rng.randrange(10**4):04}-{_word(rng)[:2].upper()}"),
    "product": ("TEXT", lambda rng, row: " ".join(rng.choices(_THINGS, k=3))),
    "token": ("TEXT", lambda rng, row: str(uuid.UUID(int=rng.getrandbits(128), version=4))),
    "checksum": ("TEXT", lambda rng, row: f"{rng.getrandbits(160):040x}"),
    "epoch": ("INTEGER", lambda rng, row: 1_500_000_000 + rng.randrange(10**8)),
    "barcode": ("TEXT", lambda rng, row: f"{rng.randrange(10**13):013}"),
    "version": ("TEXT", lambda rng, row: ".".join(str(rng.randrange(20)) for _ in range(3))),
    "path": ("TEXT", lambda rng, row: "/" + "/".join(rng.choices(_THINGS, k=3)) + ".html"),
    "weight": ("REAL", lambda rng, row: rng.random() * 100),
    "is_active": ("INTEGER", lambda rng, row: rng.randrange(2)),
    "colour": ("TEXT", lambda rng, row: rng.choice(_THINGS)),
    "note": (
        "TEXT",
        lambda rng, row: " ".join(rng.choices(_THINGS, k=rng.randint(4, 12))) if rng.random() < 0.3 else None,
    ),
}


def fill(path: Path, columns: int = COLUMNS, rows: int = ROWS, seed: int = 1) -> None:
    """Create the database with one table. Kinds follow one another; from the second round on names carry its number."""
    rng = random.Random(seed)
    names = list(KINDS)
    made = [
        (
            names[index % len(names)] + (f"_{index // len(names) + 1}" if index >= len(names) else ""),
            names[index % len(names)],
        )
        for index in range(columns)
    ]
    database = sqlite3.connect(path)
    with database:
        database.execute(f"CREATE TABLE wide ({', '.join(f'{name} {KINDS[kind][0]}' for name, kind in made)})")
        makers = [KINDS[kind][1] for _, kind in made]
        database.executemany(
            f"INSERT INTO wide VALUES ({', '.join('?' * columns)})",
            ([make(rng, row) for make in makers] for row in range(rows)),
        )
    database.close()
