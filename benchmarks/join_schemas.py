"""Invented schemas whose joins are known: a shop, a hospital's old system, a service with many counters.

A seed changes sizes, ways of naming and kinds of keys. Weights were tuned on seeds from 101 on; what is reported comes
from the seeds in ``REPORTED``.
"""

from __future__ import annotations

import random
import sqlite3
import uuid
from collections.abc import Callable, Iterable, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path

#: The seed of each schema that is reported.
REPORTED = {"shop": 7, "hospital": 7, "service": 7}

Cell = str | int | float | None
#: Child table and field, parent table and field.
Edge = tuple[str, str, str, str]


@dataclass
class Schema:
    """Tables with their rows, and which fields point at which."""

    rng: random.Random
    tables: dict[str, tuple[list[tuple[str, str]], tuple[str, ...], list[tuple[Cell, ...]]]] = field(
        default_factory=dict
    )
    edges: set[Edge] = field(default_factory=set)

    def add(
        self,
        table: str,
        columns: Sequence[str],
        key: str,
        rows: Iterable[Sequence[Cell]],
        **points_at: str,
    ) -> None:
        """A table. ``columns``: names, with ``:type`` where it is not INTEGER; ``points_at``: field=“table.field”."""
        parsed = [(name, kind or "INTEGER") for name, _, kind in (column.partition(":") for column in columns)]
        self.tables[table] = (parsed, tuple(key.split()), [tuple(row) for row in rows])
        for child, target in points_at.items():
            parent, _, name = target.partition(".")
            self.edges.add((table, child, parent, name))

    def column(self, table: str, name: str) -> list[Cell]:
        """The values of a column."""
        columns, _, rows = self.tables[table]
        place = [each for each, _ in columns].index(name)
        return [row[place] for row in rows]

    def some(self, table: str, name: str, missing: float = 0.0) -> Cell:
        """One of the values of a column, the first ones more often than the last ones."""
        if self.rng.random() < missing:
            return None
        values = self.column(table, name)
        return values[min(int(self.rng.random() ** 1.3 * len(values)), len(values) - 1)]

    def write(self, path: Path, *, with_keys: bool) -> None:
        """A SQLite file without foreign keys, and without any key unless ``with_keys``."""
        with closing(sqlite3.connect(path)) as database, database:
            for table, (columns, key, rows) in self.tables.items():
                parts = [f'"{name}" {kind}' for name, kind in columns]
                if with_keys and key:
                    quoted = ", ".join(f'"{name}"' for name in key)
                    parts.append(f"PRIMARY KEY ({quoted})")
                database.execute(f'CREATE TABLE "{table}" ({", ".join(parts)})')
                marks = ", ".join("?" * len(columns))
                database.executemany(f'INSERT OR IGNORE INTO "{table}" VALUES ({marks})', rows)


def shop(seed: int) -> Schema:
    """A web shop: keys with roles, UUIDs or numbers, natural keys, trees, one-to-one tables, combined keys."""
    rng = random.Random(seed)
    made = Schema(rng)
    is_uuid = seed % 3 == 1
    own = seed % 2 == 0  # customer_id in customers, or id
    kind = "TEXT" if is_uuid else "INTEGER"
    start = rng.choice((1, 1, 1000))

    def key(of: str) -> str:
        return f"{of}_id" if own else "id"

    def keys(count: int) -> list[Cell]:
        if is_uuid:
            return [str(uuid.UUID(int=rng.getrandbits(128), version=4)) for _ in range(count)]
        return [start + number for number in range(count)]

    def at() -> str:
        return (
            f"2026-{rng.randint(1, 12):02}-{rng.randint(1, 28):02} {rng.randint(0, 23):02}:{rng.randint(0, 59):02}:00"
        )

    customers = keys(rng.randint(200, 900))
    made.add(
        "customers",
        [f"{key('customer')}:{kind}", "email:TEXT", "full_name:TEXT", "loyalty_points", "created_at:TIMESTAMP"],
        key("customer"),
        [
            (one, f"user{number}@example.org", f"Name {rng.randint(1, 5000)}", rng.randint(0, 900), at())
            for number, one in enumerate(customers)
        ],
    )
    customer = f"customers.{key('customer')}"
    made.add(
        "customer_profiles",
        [f"customer_id:{kind}", "bio:TEXT", "age", "newsletter:BOOLEAN"],
        "customer_id",
        [
            (one, f"text {rng.random()}", rng.randint(18, 90), rng.randint(0, 1))
            for one in customers
            if rng.random() < 0.8
        ],
        customer_id=customer,
    )
    made.add(
        "addresses",
        [f"{key('address')}:{kind}", f"customer_id:{kind}", "street:TEXT", "city:TEXT", "country_code:TEXT"],
        key("address"),
        [
            (one, made.some("customers", key("customer")), f"Street {rng.randint(1, 99)}", f"City {rng.randint(1, 40)}",
             rng.choice(("DE", "FR", "PL", "IT")))
            for one in keys(rng.randint(300, 1200))
        ],
        customer_id=customer,
        country_code="countries.code",
    )  # fmt: skip
    made.add(
        "countries",
        ["code:TEXT", "name:TEXT", "vat_rate:REAL"],
        "code",
        [(code, f"Country {code}", 0.2) for code in ("DE", "FR", "PL", "IT", "ES", "NL", "BE", "AT", "DK", "SE")],
    )
    made.add(
        "staff",
        [f"{key('staff')}:{kind}", "username:TEXT", f"reports_to:{kind}", "hourly_rate"],
        key("staff"),
        [],
        reports_to=f"staff.{key('staff')}",
    )
    team = keys(rng.randint(12, 60))
    made.tables["staff"][2].extend(
        (one, f"staff{number}", team[rng.randrange(number)] if number else None, rng.randint(15, 60))
        for number, one in enumerate(team)
    )
    tree = keys(rng.randint(15, 60))
    made.add(
        "categories",
        [f"{key('category')}:{kind}", f"parent_id:{kind}", "title:TEXT", "sort_order"],
        key("category"),
        [
            (one, tree[rng.randrange(number)] if number > 4 else None, f"Category {number}", number)
            for number, one in enumerate(tree)
        ],
        parent_id=f"categories.{key('category')}",
    )
    made.add(
        "brands", [f"{key('brand')}:{kind}", "name:TEXT"], key("brand"), [(one, f"Brand {one}") for one in keys(25)]
    )
    products = keys(rng.randint(150, 700))
    skus = rng.sample(range(10_000, 99_999), len(products))
    made.add(
        "products",
        [
            f"{key('product')}:{kind}", "sku:TEXT", f"category_id:{kind}", f"brand_id:{kind}", "weight_grams",
            "stock", "price:NUMERIC(10,2)", "rating",
        ],
        key("product"),
        [
            (one, f"SKU-{sku}", made.some("categories", key("category")), made.some("brands", key("brand"), 0.1),
             rng.randint(10, 5000), rng.randint(0, 300), rng.randint(100, 9999) / 100, rng.randint(1, 5))
            for one, sku in zip(products, skus, strict=True)
        ],
        category_id=f"categories.{key('category')}",
        brand_id=f"brands.{key('brand')}",
    )  # fmt: skip
    made.add(
        "product_images",
        [f"{key('image')}:{kind}", f"product_id:{kind}", "position", "width", "url:TEXT"],
        key("image"),
        [
            (
                one,
                made.some("products", key("product")),
                rng.randint(1, 6),
                rng.choice((320, 640, 1280)),
                f"/i/{rng.random()}",
            )
            for one in keys(rng.randint(300, 1500))
        ],
        product_id=f"products.{key('product')}",
    )
    made.add(
        "warehouses",
        [f"{key('warehouse')}:{kind}", "name:TEXT", f"manager_id:{kind}"],
        key("warehouse"),
        [(one, f"W{number}", made.some("staff", key("staff"))) for number, one in enumerate(keys(6))],
        manager_id=f"staff.{key('staff')}",
    )
    made.add(
        "stock_levels",
        [f"warehouse_id:{kind}", f"product_id:{kind}", "quantity", "reorder_point"],
        "warehouse_id product_id",
        [
            (house, product, rng.randint(0, 200), rng.randint(1, 20))
            for house in made.column("warehouses", key("warehouse"))
            for product in products[:100]
        ],
        warehouse_id=f"warehouses.{key('warehouse')}",
        product_id=f"products.{key('product')}",
    )
    made.add("currencies", ["iso:TEXT", "decimals"], "iso", [(iso, 2) for iso in ("EUR", "USD", "PLN", "CHF", "GBP")])
    orders = keys(rng.randint(800, 2500))
    made.add(
        "orders",
        [
            f"{key('order')}:{kind}", "order_number:TEXT", f"billing_customer_id:{kind}", f"shipping_address_id:{kind}",
            f"billing_address_id:{kind}", "status", "currency:TEXT", f"created_by:{kind}", "item_count", "total_cents",
        ],
        key("order"),
        [
            (one, f"2026-{number:06}", made.some("customers", key("customer")), made.some("addresses", key("address")),
             made.some("addresses", key("address")), rng.randint(1, 6), rng.choice(("EUR", "EUR", "USD", "PLN")),
             made.some("staff", key("staff"), 0.6), rng.randint(1, 9), rng.randint(500, 99_999))
            for number, one in enumerate(orders)
        ],
        billing_customer_id=customer,
        shipping_address_id=f"addresses.{key('address')}",
        billing_address_id=f"addresses.{key('address')}",
        created_by=f"staff.{key('staff')}",
        currency="currencies.iso",
    )  # fmt: skip
    lines = [(order, line) for order in orders for line in range(1, rng.randint(2, 4))]
    made.add(
        "order_lines",
        [f"order_id:{kind}", "line_no", "sku:TEXT", "quantity", "unit_price_cents"],
        "order_id line_no",
        [
            (order, line, made.some("products", "sku"), rng.randint(1, 5), rng.randint(99, 9999))
            for order, line in lines
        ],
        order_id=f"orders.{key('order')}",
        sku="products.sku",
    )
    made.add("carriers", ["code:TEXT", "label:TEXT"], "code", [(code, code) for code in ("DHL", "UPS", "DPD", "GLS")])
    made.add(
        "shipments",
        [f"{key('shipment')}:{kind}", f"order_id:{kind}", "carrier_code:TEXT", "parcels", f"packed_by:{kind}"],
        key("shipment"),
        [
            (one, made.some("orders", key("order")), made.some("carriers", "code"), rng.randint(1, 4),
             made.some("staff", key("staff")))
            for one in keys(rng.randint(400, 900))
        ],
        order_id=f"orders.{key('order')}",
        carrier_code="carriers.code",
        packed_by=f"staff.{key('staff')}",
    )  # fmt: skip
    made.add(
        "shipment_lines",
        [f"shipment_id:{kind}", f"order_id:{kind}", "line_no", "quantity"],
        "shipment_id order_id line_no",
        [
            (made.some("shipments", key("shipment")), order, line, rng.randint(1, 3))
            for order, line in rng.sample(lines, min(700, len(lines)))
        ],
        shipment_id=f"shipments.{key('shipment')}",
        order_id="order_lines.order_id",
        line_no="order_lines.line_no",
    )
    made.add(
        "reviews",
        [f"{key('review')}:{kind}", f"product_id:{kind}", f"author_id:{kind}", "stars", "helpful_votes"],
        key("review"),
        [
            (one, made.some("products", key("product")), made.some("customers", key("customer")), rng.randint(1, 5),
             rng.randint(0, 60))
            for one in keys(rng.randint(300, 900))
        ],
        product_id=f"products.{key('product')}",
        author_id=customer,
    )  # fmt: skip
    made.add("coupons", ["code:TEXT", "percent", "max_uses"], "code", [(f"SAVE{n:03}", n, n * 2) for n in range(5, 45)])
    made.add(
        "order_coupons",
        [f"order_id:{kind}", "coupon_code:TEXT"],
        "order_id coupon_code",
        [(order, made.some("coupons", "code")) for order in rng.sample(orders, 200)],
        order_id=f"orders.{key('order')}",
        coupon_code="coupons.code",
    )
    made.add(
        "carts",
        [f"{key('cart')}:{kind}", f"customer_id:{kind}", "item_count", "session:TEXT"],
        key("cart"),
        [
            (one, made.some("customers", key("customer"), 0.3), rng.randint(0, 9), f"{rng.getrandbits(64):x}")
            for one in keys(300)
        ],
        customer_id=customer,
    )
    return made


def hospital(seed: int) -> Schema:
    """A hospital's old system: German and short names, natural keys, combined keys, rows under rows."""
    rng = random.Random(seed)
    made = Schema(rng)
    before = ("", "T_", "KIS_")[seed % 3]
    nr = ("NR", "ID")[seed % 2]
    is_padded = seed % 2 == 1

    def patient(number: int) -> Cell:
        return f"P{number:06}" if is_padded else 400_000 + 7 * number

    pat = "TEXT" if is_padded else "NUMERIC"
    t = {
        name: before + name
        for name in (
            "PATIENT", "ABTEILUNG", "MITARBEITER", "STATION", "BETT", "KRANKENKASSE", "FALL", "BELEGUNG", "DIAGNOSE",
            "ICD", "LEISTUNG", "GEBUEHR", "TERMIN", "RAUM", "REZEPT", "MEDIKAMENT", "DIENST", "BERUF", "VERWANDTER",
        )
    }  # fmt: skip

    def day() -> str:
        return f"20{rng.randint(10, 25)}-{rng.randint(1, 12):02}-{rng.randint(1, 28):02}"

    made.add(
        t["KRANKENKASSE"],
        ["IK_NR:TEXT", "BEZEICHNUNG:TEXT", "BEITRAG:REAL"],
        "IK_NR",
        [(f"10{number * 137 % 9_999_999:07}", f"Kasse {number}", 14.6) for number in range(1, 40)],
    )
    made.add(
        t["PATIENT"],
        [f"PAT_{nr}:{pat}", "NAME:TEXT", "GEB_DAT:DATE", "GESCHL:CHAR(1)", "PLZ:TEXT", "KASSE_IK:TEXT"],
        f"PAT_{nr}",
        [
            (patient(number), f"Name{number}", day(), rng.choice("MWD"), f"{rng.randint(1000, 99999):05}",
             made.some(t["KRANKENKASSE"], "IK_NR"))
            for number in range(1, rng.randint(300, 1500))
        ],
        KASSE_IK=f"{t['KRANKENKASSE']}.IK_NR",
    )  # fmt: skip
    made.add(
        t["ABTEILUNG"],
        [f"ABT_{nr}", "BEZ:TEXT", f"LEITER_{nr}", "BETTENZAHL"],
        f"ABT_{nr}",
        [
            (number * 10, f"Abteilung {number}", 5000 + rng.randint(1, 80), rng.randint(10, 60))
            for number in range(1, 15)
        ],
        **{f"LEITER_{nr}": f"{t['MITARBEITER']}.PERS_{nr}"},
    )
    made.add(
        t["BERUF"], ["BERUF_KZ:TEXT", "BEZ:TEXT"], "BERUF_KZ", [(kz, kz) for kz in ("AR", "PF", "VW", "TH", "HD", "LA")]
    )
    staff = [5000 + number for number in range(1, rng.randint(120, 300))]
    made.add(
        t["MITARBEITER"],
        [
            f"PERS_{nr}", "NACHNAME:TEXT", f"ABT_{nr}", f"VORGESETZTER_{nr}", "BERUF_KZ:TEXT", "WOCHENSTUNDEN",
            "TARIFSTUFE",
        ],
        f"PERS_{nr}",
        [
            (one, f"N{one}", made.some(t["ABTEILUNG"], f"ABT_{nr}"), rng.choice(staff[:20]) if place else None,
             made.some(t["BERUF"], "BERUF_KZ"), rng.choice((20, 30, 39)), rng.randint(1, 15))
            for place, one in enumerate(staff)
        ],
        **{
            f"ABT_{nr}": f"{t['ABTEILUNG']}.ABT_{nr}",
            f"VORGESETZTER_{nr}": f"{t['MITARBEITER']}.PERS_{nr}",
            "BERUF_KZ": f"{t['BERUF']}.BERUF_KZ",
        },
    )  # fmt: skip
    made.add(
        t["STATION"],
        ["STAT_KZ:TEXT", "BEZ:TEXT", f"ABT_{nr}", "STOCKWERK"],
        "STAT_KZ",
        [
            (f"{kz}{floor}", f"Station {kz}{floor}", made.some(t["ABTEILUNG"], f"ABT_{nr}"), floor)
            for kz in ("CH", "IN", "KI", "NE", "GY") for floor in range(1, 5)
        ],
        **{f"ABT_{nr}": f"{t['ABTEILUNG']}.ABT_{nr}"},
    )  # fmt: skip
    beds = [(station, bed) for station in made.column(t["STATION"], "STAT_KZ") for bed in range(1, rng.randint(8, 20))]
    made.add(
        t["BETT"],
        ["STAT_KZ:TEXT", "BETT_NR", "ART:TEXT"],
        "STAT_KZ BETT_NR",
        [(*bed, rng.choice(("N", "I"))) for bed in beds],
        STAT_KZ=f"{t['STATION']}.STAT_KZ",
    )
    cases = [f"{rng.choice((24, 25))}{number:07}" for number in range(1, rng.randint(500, 2500))]
    made.add(
        t["FALL"],
        [
            "FALL_NR:TEXT", f"PAT_{nr}:{pat}", "AUFN_DAT:DATE", f"AUFN_ARZT_{nr}", "AUFN_STAT_KZ:TEXT", "FALLART",
            "VERWEILDAUER",
        ],
        "FALL_NR",
        [
            (one, made.some(t["PATIENT"], f"PAT_{nr}"), day(), rng.choice(staff), made.some(t["STATION"], "STAT_KZ"),
             rng.randint(1, 4), rng.randint(1, 30))
            for one in cases
        ],
        **{
            f"PAT_{nr}": f"{t['PATIENT']}.PAT_{nr}",
            f"AUFN_ARZT_{nr}": f"{t['MITARBEITER']}.PERS_{nr}",
            "AUFN_STAT_KZ": f"{t['STATION']}.STAT_KZ",
        },
    )  # fmt: skip
    made.add(
        t["BELEGUNG"],
        ["FALL_NR:TEXT", "VON:DATE", "STAT_KZ:TEXT", "BETT_NR"],
        "FALL_NR VON",
        [(rng.choice(cases), day(), *rng.choice(beds)) for _ in range(900)],
        FALL_NR=f"{t['FALL']}.FALL_NR",
        STAT_KZ=f"{t['BETT']}.STAT_KZ",
        BETT_NR=f"{t['BETT']}.BETT_NR",
    )
    codes = sorted({f"{rng.choice('ABCDEFGHIJ')}{rng.randint(0, 99):02}.{rng.randint(0, 9)}" for _ in range(400)})
    made.add(t["ICD"], ["ICD_CODE:TEXT", "KLARTEXT:TEXT"], "ICD_CODE", [(code, f"Diagnose {code}") for code in codes])
    made.add(
        t["DIAGNOSE"],
        ["FALL_NR:TEXT", "LFD_NR", "ICD_CODE:TEXT", f"GESTELLT_VON_{nr}", "SICHERHEIT:CHAR(1)"],
        "FALL_NR LFD_NR",
        [
            (case, number, rng.choice(codes), rng.choice(staff), rng.choice("GVZA"))
            for case in cases for number in range(1, rng.randint(2, 4))
        ],
        **{
            "FALL_NR": f"{t['FALL']}.FALL_NR",
            "ICD_CODE": f"{t['ICD']}.ICD_CODE",
            f"GESTELLT_VON_{nr}": f"{t['MITARBEITER']}.PERS_{nr}",
        },
    )  # fmt: skip
    fees = rng.sample(range(1000, 9999), 150)
    made.add(
        t["GEBUEHR"],
        ["ZIFFER", "PUNKTE", "TEXT:TEXT"],
        "ZIFFER",
        [(fee, rng.randint(10, 900), f"L {fee}") for fee in fees],
    )
    made.add(
        t["LEISTUNG"],
        ["LEIST_ID", "FALL_NR:TEXT", "GEB_ZIFFER", "ANZAHL", f"ERBRINGER_{nr}", "FAKTOR:REAL"],
        "LEIST_ID",
        [(n, rng.choice(cases), rng.choice(fees), rng.randint(1, 9), rng.choice(staff), 2.3) for n in range(1, 2000)],
        **{
            "FALL_NR": f"{t['FALL']}.FALL_NR",
            "GEB_ZIFFER": f"{t['GEBUEHR']}.ZIFFER",
            f"ERBRINGER_{nr}": f"{t['MITARBEITER']}.PERS_{nr}",
        },
    )
    made.add(
        t["RAUM"], [f"RAUM_{nr}", "GEBAEUDE:TEXT", "PLAETZE"], f"RAUM_{nr}", [(n, "A", n % 9) for n in range(101, 160)]
    )
    made.add(
        t["TERMIN"],
        [f"TERMIN_{nr}", f"PATIENT_{nr}:{pat}", f"ARZT_{nr}", f"RAUM_{nr}", "DAUER_MIN", "STATUS"],
        f"TERMIN_{nr}",
        [
            (n, made.some(t["PATIENT"], f"PAT_{nr}"), rng.choice(staff), rng.randint(101, 159), rng.choice((15, 30)),
             rng.randint(0, 4))
            for n in range(1, 1200)
        ],
        **{
            f"PATIENT_{nr}": f"{t['PATIENT']}.PAT_{nr}",
            f"ARZT_{nr}": f"{t['MITARBEITER']}.PERS_{nr}",
            f"RAUM_{nr}": f"{t['RAUM']}.RAUM_{nr}",
        },
    )  # fmt: skip
    drugs = [f"{number:08}" for number in rng.sample(range(100_000, 19_999_999), 200)]
    made.add(
        t["MEDIKAMENT"], ["PZN:TEXT", "HANDELSNAME:TEXT", "PACKUNG"], "PZN", [(pzn, f"M {pzn}", 20) for pzn in drugs]
    )
    made.add(
        t["REZEPT"],
        ["REZ_ID", f"PAT_{nr}:{pat}", "PZN:TEXT", "MENGE", f"AUSGESTELLT_{nr}"],
        "REZ_ID",
        [
            (n, made.some(t["PATIENT"], f"PAT_{nr}"), rng.choice(drugs), rng.randint(1, 3), rng.choice(staff))
            for n in range(1, 800)
        ],
        **{
            f"PAT_{nr}": f"{t['PATIENT']}.PAT_{nr}",
            "PZN": f"{t['MEDIKAMENT']}.PZN",
            f"AUSGESTELLT_{nr}": f"{t['MITARBEITER']}.PERS_{nr}",
        },
    )
    made.add(
        t["DIENST"],
        [f"PERS_{nr}", "TAG:DATE", "SCHICHT", "STAT_KZ:TEXT"],
        f"PERS_{nr} TAG",
        [(rng.choice(staff), day(), rng.randint(1, 3), made.some(t["STATION"], "STAT_KZ")) for _ in range(1000)],
        **{f"PERS_{nr}": f"{t['MITARBEITER']}.PERS_{nr}", "STAT_KZ": f"{t['STATION']}.STAT_KZ"},
    )
    made.add(
        t["VERWANDTER"],
        [f"PAT_{nr}:{pat}", "LFD_NR", "NAME:TEXT", "GRAD"],
        f"PAT_{nr} LFD_NR",
        [(one, n, f"V {n}", rng.randint(1, 3)) for one in made.column(t["PATIENT"], f"PAT_{nr}")[:200] for n in (1, 2)],
        **{f"PAT_{nr}": f"{t['PATIENT']}.PAT_{nr}"},
    )
    return made


def service(seed: int) -> Schema:
    """A service with many whole numbers from 1 on: counters, small sets, and measures that look like keys."""
    rng = random.Random(seed)
    made = Schema(rng)
    camel = seed % 2 == 0
    single = seed % 3 == 0
    start = rng.choice((1, 1, 100))

    def n(text: str) -> str:
        words = text.split("_")
        return words[0] + "".join(word.title() for word in words[1:]) if camel else text

    def tb(text: str) -> str:
        text = (text[:-3] + "y" if text.endswith("ies") else text.removesuffix("s")) if single else text
        text = "task_status" if text == "task_statuse" else text
        return text.title().replace("_", "") if camel else text

    def put(table: str, columns: str, key: str, rows: Iterable[Sequence[Cell]], **points_at: str) -> None:
        named = [
            f"{n(name)}:{kind}" if kind else n(name) for name, _, kind in (c.partition(":") for c in columns.split())
        ]
        targets = {
            n(child): f"{tb(parent)}.{n(own)}"
            for child, (parent, own) in ((child, target.split(".")) for child, target in points_at.items())
        }
        made.add(tb(table), named, " ".join(map(n, key.split())), rows, **targets)

    def any_of(table: str, missing: float = 0.0) -> Cell:
        return made.some(tb(table), n("id"), missing)

    def ids(low: int, high: int) -> range:
        return range(start, start + rng.randint(low, high))

    put(
        "plans",
        "id name:TEXT price_cents seats_included",
        "id",
        [(i, f"Plan {i}", i * 900, i * 5) for i in range(1, 6)],
    )
    put(
        "organizations",
        "id name:TEXT plan_id employee_count country:TEXT",
        "id",
        [(i, f"Org {i}", any_of("plans"), rng.randint(1, 400), rng.choice(("de", "us"))) for i in ids(60, 200)],
        plan_id="plans.id",
    )
    put(
        "users",
        "id email:TEXT org_id invited_by login_count age failed_logins",
        "id",
        [],
        org_id="organizations.id",
        invited_by="users.id",
    )
    users = list(ids(400, 1500))
    made.tables[tb("users")][2].extend(
        (
            i,
            f"u{i}@example.com",
            any_of("organizations"),
            rng.choice(users[: max(1, place)]) if place and rng.random() < 0.6 else None,
            rng.randint(0, 300),
            rng.randint(18, 70),
            rng.randint(0, 9),
        )
        for place, i in enumerate(users)
    )
    put("roles", "id code:TEXT level", "id", [(i, f"role{i}", i) for i in range(1, 8)])
    put(
        "teams",
        "id organization_id lead_user_id name:TEXT size",
        "id",
        [(i, any_of("organizations"), any_of("users"), f"Team {i}", rng.randint(2, 30)) for i in ids(100, 300)],
        organization_id="organizations.id",
        lead_user_id="users.id",
    )
    put(
        "memberships",
        "user_id team_id role_id",
        "user_id team_id",
        sorted({(any_of("users"), any_of("teams"), 1): None for _ in range(1500)}),
        user_id="users.id",
        team_id="teams.id",
        role_id="roles.id",
    )
    rows = made.tables[tb("memberships")][2]
    rows[:] = [(user, team, rng.randint(1, 7)) for user, team, _ in rows]
    put(
        "projects",
        "id org_id owner_id name:TEXT color budget",
        "id",
        [
            (i, any_of("organizations"), any_of("users"), f"P {i}", rng.randint(1, 12), rng.randint(1, 900))
            for i in ids(200, 500)
        ],
        org_id="organizations.id",
        owner_id="users.id",
    )
    put("task_statuses", "id title:TEXT position", "id", [(i, f"S{i}", i) for i in range(1, 7)])
    tasks = list(ids(1200, 3000))
    put(
        "tasks",
        "id project_id assignee_id reporter_id parent_task_id status_id priority estimate_hours votes",
        "id",
        [
            (
                i,
                any_of("projects"),
                any_of("users", 0.3),
                any_of("users"),
                rng.choice(tasks[:place]) if place and rng.random() < 0.2 else None,
                rng.randint(1, 6),
                rng.randint(1, 5),
                rng.randint(1, 80),
                rng.randint(0, 50),
            )
            for place, i in enumerate(tasks)
        ],
        project_id="projects.id",
        assignee_id="users.id",
        reporter_id="users.id",
        parent_task_id="tasks.id",
        status_id="task_statuses.id",
    )
    put(
        "labels",
        "id org_id text:TEXT hue",
        "id",
        [(i, any_of("organizations"), f"L {i}", rng.randint(0, 360)) for i in ids(100, 300)],
        org_id="organizations.id",
    )
    put(
        "task_labels",
        "task_id label_id",
        "task_id label_id",
        sorted({(any_of("tasks"), any_of("labels")) for _ in range(1500)}),
        task_id="tasks.id",
        label_id="labels.id",
    )
    comments = list(ids(1500, 3000))
    put(
        "comments",
        "id task_id author_id reply_to_id likes edit_count",
        "id",
        [
            (
                i,
                any_of("tasks"),
                any_of("users"),
                rng.choice(comments[:place]) if place and rng.random() < 0.3 else None,
                rng.randint(0, 40),
                rng.randint(0, 4),
            )
            for place, i in enumerate(comments)
        ],
        task_id="tasks.id",
        author_id="users.id",
        reply_to_id="comments.id",
    )
    put(
        "attachments",
        "id comment_id uploaded_by size_kb pages",
        "id",
        [(i, any_of("comments"), any_of("users"), rng.randint(1, 4000), rng.randint(1, 30)) for i in ids(300, 700)],
        comment_id="comments.id",
        uploaded_by="users.id",
    )
    put("event_types", "id code:TEXT", "id", [(i, f"evt.{i}") for i in range(1, 25)])
    put(
        "events",
        "id event_type_id actor_id org_id duration_ms hour retries http_status",
        "id",
        [
            (
                i,
                any_of("event_types"),
                any_of("users", 0.1),
                any_of("organizations"),
                rng.randint(1, 2500),
                rng.randint(0, 23),
                rng.randint(0, 3),
                rng.choice((200, 404, 500)),
            )
            for i in ids(2500, 5000)
        ],
        event_type_id="event_types.id",
        actor_id="users.id",
        org_id="organizations.id",
    )
    put(
        "subscriptions",
        "id org_id plan_id seats months discount_percent",
        "id",
        [
            (i, any_of("organizations"), any_of("plans"), rng.randint(1, 60), rng.randint(1, 24), rng.randint(0, 30))
            for i in ids(80, 250)
        ],
        org_id="organizations.id",
        plan_id="plans.id",
    )
    put(
        "invoices",
        "id subscription_id invoice_number amount_cents year month days_overdue",
        "id",
        [
            (
                i,
                any_of("subscriptions"),
                20_000 + i,
                rng.randint(900, 90_000),
                rng.randint(2022, 2026),
                rng.randint(1, 12),
                rng.randint(0, 60),
            )
            for i in ids(500, 1500)
        ],
        subscription_id="subscriptions.id",
    )
    put(
        "payments",
        "id invoice_id attempt gateway_code",
        "id",
        [(i, any_of("invoices"), rng.randint(1, 3), rng.randint(1, 4)) for i in ids(500, 1500)],
        invoice_id="invoices.id",
    )
    put("feature_flags", "flag_key:TEXT rollout_percent", "flag_key", [(f"flag-{i}", i * 2) for i in range(40)])
    put(
        "org_flags",
        "org_id flag_key:TEXT enabled:BOOLEAN",
        "org_id flag_key",
        sorted({(any_of("organizations"), f"flag-{rng.randrange(40)}") for _ in range(400)}),
        org_id="organizations.id",
        flag_key="feature_flags.flag_key",
    )
    rows = made.tables[tb("org_flags")][2]
    rows[:] = [(*row[:2], rng.randint(0, 1)) for row in rows]
    put(
        "user_settings",
        "user_id theme page_size",
        "user_id",
        [(i, rng.randint(1, 3), rng.choice((10, 25, 50))) for i in users if rng.random() < 0.7],
        user_id="users.id",
    )
    put(
        "daily_stats",
        "org_id day:DATE logins active_users errors",
        "org_id day",
        [
            (
                any_of("organizations"),
                f"2026-01-{rng.randint(1, 28):02}",
                rng.randint(0, 90),
                rng.randint(0, 60),
                rng.randint(0, 9),
            )
            for _ in range(800)
        ],
        org_id="organizations.id",
    )
    put(
        "audit_log",
        "id user_id object_type object_id version",
        "id",
        [(i, any_of("users"), rng.randint(1, 5), rng.randint(1, 900), rng.randint(1, 30)) for i in ids(900, 2000)],
        user_id="users.id",
    )
    return made


SCHEMAS: dict[str, Callable[[int], Schema]] = {"shop": shop, "hospital": hospital, "service": service}
