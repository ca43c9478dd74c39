"""``privacy map subjects``: the tree, the records, the list by exposure and the drawing."""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Callable
from contextlib import closing
from datetime import date
from pathlib import Path
from xml.etree import ElementTree

import pytest

from data_map.model import AssetKind, DataMap, MapAsset, MapField
from data_map.subjects import standings
from data_map.volume import volumes
from privacy.inventory import via
from privacy.reports import graph
from tests.conftest import Cli
from tests.data_map.people import column, customers, join, mapped, shop, table

TODAY = date(2026, 11, 24)
NARROW = {"COLUMNS": "80"}
FIRST = ("Anna", "Ben", "Clara", "David", "Emma", "Felix", "Greta", "Hugo", "Ida", "Jonas")
LAST = ("Schmidt", "Weber", "Fischer", "Wagner", "Becker", "Hoffmann", "Koch", "Richter", "Klein", "Wolf")


@pytest.fixture
def store(inside: Cli, tmp_path: Path) -> Cli:
    with closing(sqlite3.connect(tmp_path / "shop.db")) as connection, connection:
        connection.executescript(
            """
            CREATE TABLE customers (id INTEGER PRIMARY KEY, first_name TEXT, last_name TEXT, email TEXT);
            CREATE TABLE employees (id INTEGER PRIMARY KEY, first_name TEXT, last_name TEXT, religion TEXT,
                                    manager_id INTEGER REFERENCES employees (id));
            CREATE TABLE orders (id INTEGER PRIMARY KEY, customer_id INTEGER NOT NULL REFERENCES customers (id),
                                 employee_id INTEGER REFERENCES employees (id), ship_address TEXT);
            CREATE TABLE order_lines (order_id INTEGER REFERENCES orders (id), item TEXT, quantity INTEGER);
            CREATE TABLE newsletter (email TEXT, topic TEXT);
            """
        )
        people = [(n, FIRST[n % 10], LAST[n // 10 % 10]) for n in range(40)]
        connection.executemany(
            "INSERT INTO customers VALUES (?, ?, ?, ?)",
            [(n, first, last, f"{first}.{last}{n}@example.org".lower()) for n, first, last in people],
        )
        connection.executemany(
            "INSERT INTO employees VALUES (?, ?, ?, ?, ?)",
            [(n, first, last, ("catholic", "protestant", "muslim")[n % 3], n // 4) for n, first, last in people[:12]],
        )
        connection.executemany(
            "INSERT INTO orders VALUES (?, ?, ?, ?)",
            [(n, n % 25, n % 6, f"{LAST[n % 10]}straße {n}, 10115 Berlin") for n in range(90)],
        )
        connection.executemany("INSERT INTO order_lines VALUES (?, ?, ?)", [(n % 90, f"P{n}", 1) for n in range(150)])
        connection.executemany(
            "INSERT INTO newsletter VALUES (?, ?)", [(f"reader{n % 30}@example.net", "news") for n in range(60)]
        )
    assert inside("scan", "shop.db").exit_code == 0
    return inside


def test_the_tree(store: Cli, golden: Callable[[str, str], None]) -> None:
    run = store("map", "subjects", env=NARROW)
    assert run.exit_code == 0
    assert max(map(len, run.stdout.splitlines())) <= 80
    golden("map_subjects.txt", "\n".join(line.rstrip() for line in run.stdout.splitlines()) + "\n")
    assert "Exposure: people × categories" in run.stderr


def test_the_records(store: Cli) -> None:
    records = {record["asset"]: record for record in store("map", "subjects", "--format", "json").json()}
    assert records["main.customers"] | {"categories": None} == {
        "source": "shop",
        "asset": "main.customers",
        "subject": "customer",
        "role": "subject",
        "key": "id",
        "path": [],
        "via": None,
        "sure": None,
        "people_low": 40,
        "people_high": 40,
        "is_exact": True,
        "rows": 40,
        "is_whole": True,
        "categories": None,
        "special": [],
        "exposure_count": 40 * len(records["main.customers"]["categories"]),
        "others": [],
        "same_as": None,
        "copy_of": None,
    }
    lines = records["main.order_lines"]
    assert (lines["role"], lines["subject"], lines["via"], lines["sure"]) == (
        "hanging",
        "customer",
        "orders.id",
        "declared",
    )
    assert [step["child"] for step in lines["path"]] == [
        "shop:main.order_lines#order_id",
        "shop:main.orders#customer_id",
    ]
    assert records["main.newsletter"]["role"] == "unlinked"
    assert records["main.employees"]["special"] == ["special.religion"]


def test_every_field_says_whose_it_is(store: Cli) -> None:
    whose = {
        (record["asset"].removeprefix("main."), record["field"]): record["subject"]
        for record in store("map", "fields", "--personal", "--format", "json").json()
    }
    assert {whose["customers", "email"], whose["orders", "ship_address"]} == {"customer"}
    assert {whose["employees", "religion"], whose["employees", "last_name"]} == {"employee"}
    assert whose["newsletter", "email"] is None  # nothing says it


def test_an_accepted_join_counts_at_once(store: Cli) -> None:
    def whose() -> tuple[str, str | None]:
        [role] = [
            record["role"]
            for record in store("map", "subjects", "--format", "json").json()
            if record["asset"] == "main.newsletter"
        ]
        [told] = store("map", "explain", "shop:main.newsletter#email", "--format", "json").json()
        return role, told["subject"]

    join = ("shop:main.newsletter#email", "shop:main.customers#email")
    assert whose() == ("unlinked", None)
    assert store("map", "joins", "accept", *join, "--reason", "Readers are customers").exit_code == 0
    assert whose() == ("hanging", "customer")
    assert "newsletter via email  accepted" in store("map", "subjects").stdout
    assert store("map", "joins", "refuse", *join, "--reason", "They are not, after all").exit_code == 0
    assert whose() == ("unlinked", None)


def test_the_list_by_exposure(store: Cli) -> None:
    [record] = store("map", "subjects", "--exposure", "--format", "json").json()
    assert (record["source"], record["people_low"], record["people_high"]) == ("shop", 52, 82)
    assert record["special"] == ["special.religion"]
    assert (record["exposure_low"], record["exposure_high"]) == (166, 196)
    assert (record["special_low"], record["special_high"]) == (12, 12)
    head, line = store("map", "subjects", "--exposure", "--format", "csv").stdout.splitlines()
    assert head.startswith("source,people_low,people_high,is_exact,categories,special,exposure_low,exposure_high")
    assert line.startswith("shop,52,82,no,")
    assert "52 to 82" in store("map", "subjects", "--exposure", env=NARROW).stdout


def test_the_drawing_is_written(store: Cli, tmp_path: Path) -> None:
    for options in (("--graph", "people.html"), ("-o", "people.html")):
        run = store("map", "subjects", *options)
        assert (run.exit_code, run.stdout) == (0, "")
        page = (tmp_path / "people.html").read_text(encoding="utf-8")
        (tmp_path / "people.html").unlink()
        assert "main.order_lines" in page
        assert "<svg" in page


def test_other_files_hold_the_listing(store: Cli, tmp_path: Path) -> None:
    assert store("map", "subjects", "-o", "people.txt").exit_code == 0
    assert "main.order_lines" in (tmp_path / "people.txt").read_text(encoding="utf-8")


def test_a_source_that_is_not_there(store: Cli) -> None:
    run = store("map", "subjects", "--source", "shopp")
    assert run.exit_code == 2
    assert "There are: shop" in run.stderr


def test_before_the_first_scan(inside: Cli, tmp_path: Path) -> None:
    assert "nothing was scanned yet" in inside("map", "subjects").stdout
    assert inside("map", "subjects", "--format", "json").json() == []
    assert "nothing was scanned yet" in inside("map", "subjects", "--exposure").stdout
    assert inside("map", "subjects", "--graph", "empty.html").exit_code == 0
    assert "Nothing was scanned yet" in (tmp_path / "empty.html").read_text(encoding="utf-8")


# ---- the drawing


def page(data_map: DataMap) -> str:
    return graph.render(volumes(data_map), organisation="Example & Co", today=TODAY)


def parsed(text: str) -> ElementTree.Element:
    return ElementTree.fromstring(text.partition("<!DOCTYPE html>\n")[2])


def test_the_page_is_well_formed_and_needs_nothing(golden: Callable[[str, str], None]) -> None:
    text = page(shop())
    golden("map_subjects.html", text.partition("<body")[2])
    root = parsed(text)
    assert {element.tag.rpartition("}")[2] for element in root.iter()}.isdisjoint({"script", "link", "img", "a:href"})
    assert not re.search(r"(?:src|href)=\"(?!#)|url\(|@import", text)


def test_names_with_markup_are_inert() -> None:
    hostile = "<script>alert(1)</script>\"'&\u202e\x00]]>"
    text = page(
        mapped(
            table(hostile, column("id", key=True), column("email", "contact.email", hostile), source=hostile),
            table(f"{hostile}2", column(hostile, "contact.phone"), source=hostile),
        )
    )
    assert "<script" not in text
    assert not {"\u202e", "\x00"} & set(text)
    parsed(text)


def test_boxes_do_not_lie_over_each_other_and_stay_in_the_picture() -> None:
    alone = [table(f"x{n}", column("email", "contact.email", distinct=5)) for n in range(9)]
    for one in volumes(mapped(*[a for part in shop().sources for a in part.assets], *alone)):
        drawing = graph.draw(one)
        assert len(drawing.boxes) == 13
        for number, box in enumerate(drawing.boxes):
            assert box.x + box.width <= drawing.width
            assert box.y + box.height <= drawing.height
            for other in drawing.boxes[number + 1 :]:
                apart = (
                    box.x + box.width <= other.x
                    or other.x + other.width <= box.x
                    or box.y + box.height <= other.y
                    or other.y + other.height <= box.y
                )
                assert apart, (box.words[0].text, other.words[0].text)


def test_what_does_not_fit_is_said() -> None:
    big = [customers()]
    big += [
        table(f"c{n}", column("customer_id", to="customers#id"), column("phone", "contact.phone")) for n in range(600)
    ]
    big += [customers(5, f"people{n}") for n in range(600)]
    big += [table(f"x{n}", column("email", "contact.email", distinct=5)) for n in range(600)]
    big += [table(f"mail{n}.txt", column("body", "text.personal"), kind=AssetKind.FILE) for n in range(200)]
    [one] = volumes(mapped(*big))
    drawing = graph.draw(one)
    assert len(drawing.boxes) == 10 + 12 + 12
    assert drawing.height < 4000
    assert drawing.left_out == (
        "591 more tables of people, with what hangs on them",
        "588 more tables that hang on them",
        "200 documents of running text",
        "588 more tables that no join links to anybody",
    )


def test_proposals_are_drawn_as_such() -> None:
    cards = table("cards", column("owner"), column("number", "financial.card"))
    [one] = volumes(mapped(customers(), cards, joins=[join("cards#owner", "customers#id")]))
    [line] = graph.draw(one).lines
    assert line.style == "proposed"
    assert [words.text for words in line.words] == ["via owner", "proposed 92 %"]


def test_files_are_called_by_their_whole_names() -> None:
    def file(name: str, *columns: MapField) -> MapAsset:
        return table(name, *columns, kind=AssetKind.FILE)

    data_map = mapped(
        customers(),
        file("in/orders.csv", column("nr", key=True), column("customer", to="customers#id")),
        file("in/lines.csv", column("order", to="in/orders.csv#nr"), column("note", "text.personal")),
    )
    [found] = [one for one in standings(data_map).values() if one.name[1] == "in/lines.csv"]
    assert via(found) == "in/orders.csv.nr"
