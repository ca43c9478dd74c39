"""``privacy map joins``: what a scan proposes, and what people say of it."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path
from time import monotonic
from typing import Any

import pytest

from privacy.app import App
from privacy.linking import measure
from privacy.opening import limits_of
from tests.conftest import Cli

CHILD, PARENT = "shop:main.orders#customer_id", "shop:main.customers#id"
PAIR = ("orders.customer_id", "customers.id")


def database(path: Path, *statements: str) -> None:
    with closing(sqlite3.connect(path)) as connection, connection:
        for statement in statements:
            connection.execute(statement)


def scan(cli: Cli, folder: Path) -> None:
    """A scan with its joins measured, whether or not the scan did so by itself."""
    assert cli("scan", "shop.db").exit_code == 0
    app = App(None, f"sqlite:///{folder / 'privacy.db'}", None)
    with app.writing_store() as store:
        measure(app, store, store.scans()[-1].id, [app.adhoc(str(folder / "shop.db"))], limits_of(app))


@pytest.fixture
def shop(inside: Cli, tmp_path: Path) -> Cli:
    database(
        tmp_path / "shop.db",
        "CREATE TABLE customers (id INTEGER PRIMARY KEY, name TEXT)",
        "CREATE TABLE orders (id INTEGER PRIMARY KEY, customer_id INTEGER, product_id INTEGER, status INTEGER)",
        "CREATE TABLE products (id INTEGER PRIMARY KEY, title TEXT)",
        "CREATE TABLE lines (order_id INTEGER REFERENCES orders(id), amount INTEGER)",
        *(f"INSERT INTO customers VALUES ({n}, 'Secret{n}')" for n in range(1, 90)),
        *(f"INSERT INTO products VALUES ({n}, 't{n}')" for n in range(1, 40)),
        *(f"INSERT INTO orders VALUES ({n}, {n % 89 + 1}, {n % 39 + 1}, {n % 4})" for n in range(1, 300)),
        *(f"INSERT INTO lines VALUES ({n % 299 + 1}, {n % 50})" for n in range(400)),
    )
    scan(inside, tmp_path)
    return inside


def listed(cli: Cli, *args: str) -> dict[tuple[str, str], dict[str, Any]]:
    found = cli("map", "joins", "--format", "json", *args).json()
    return {
        (f"{one['child_asset'][5:]}.{one['child_field']}", f"{one['parent_asset'][5:]}.{one['parent_field']}"): one
        for one in found
    }


def say(cli: Cli, action: str, child: str = CHILD, parent: str = PARENT, actor: str = "ann") -> Any:
    return cli("map", "joins", action, child, parent, "--reason", "I know it", env={"PRIVACY_ACTOR": actor})


def test_declared_and_proposed_joins_are_listed_with_their_reasons(shop: Cli) -> None:
    found = listed(shop)
    assert {pair: one["state"] for pair, one in found.items()} == {
        PAIR: "proposed",
        ("orders.product_id", "products.id"): "proposed",
        ("lines.order_id", "orders.id"): "declared",
    }
    one = found[PAIR]
    assert (one["child"], one["parent"]) == (CHILD, PARENT)
    assert (one["tested"], one["found"], one["method"], one["decision"]) == (89, 89, "sketch", None)
    assert one["score"] == pytest.approx(1 / (1 + 2.71828 ** -sum(term["weight"] for term in one["terms"])), abs=0.02)
    assert "89 of 89 values occur in customers.id" in [term["text"] for term in one["terms"]]
    assert found["lines.order_id", "orders.id"]["score"] == 1
    assert listed(shop, "--state", "declared").keys() == {("lines.order_id", "orders.id")}
    assert listed(shop, "--min-score", "1").keys() == {("lines.order_id", "orders.id")}
    assert listed(shop, "--source", "shop") == found


def test_decisions_outlive_scans(shop: Cli, tmp_path: Path) -> None:
    assert say(shop, "refuse").exit_code == 0
    assert say(shop, "accept", "shop:main.orders#status", "shop:main.products#id").exit_code == 0
    for _ in range(2):
        found = listed(shop, "--all")
        assert found[PAIR]["state"] == "refused"
        assert found[PAIR]["decision"]["author"] == "ann"
        # A person may know of a join that no scan would propose.
        assert found["orders.status", "products.id"]["state"] == "accepted"
        assert PAIR not in listed(shop)
        assert PAIR in listed(shop, "--state", "refused")
        scan(shop, tmp_path)
    assert say(shop, "withdraw", actor="ben").exit_code == 0
    assert listed(shop)[PAIR]["state"] == "proposed"
    assert say(shop, "withdraw").exit_code == 7


def test_people_can_read_it_at_80_columns(shop: Cli) -> None:
    run = shop("map", "joins", env={"COLUMNS": "80"})
    assert all(len(line) <= 80 for line in run.stdout.splitlines())
    assert "89 of 89" in run.stdout
    assert "--why tells the reasons" in run.stderr
    why = shop("map", "joins", "--why", env={"COLUMNS": "80"}).stdout
    assert f"{CHILD}\n  points at {PARENT}\n  proposed, " in why
    assert "customers.id is unique" in " ".join(why.split())
    text = shop("map", "joins", "--format", "csv").stdout.splitlines()
    assert text[0].startswith("child,parent,state,score,tested,found,method,")
    assert len(text) == 4


def test_values_are_nowhere(shop: Cli, tmp_path: Path) -> None:
    everything = shop("map", "joins", "--all", "--format", "json").stdout
    assert "Secret" not in everything
    assert b"Secret1" not in (tmp_path / "privacy.db").read_bytes()


@pytest.mark.parametrize(
    ("args", "said"),
    [
        (["acept", CHILD, PARENT, "--reason", "x"], "Did you mean accept?"),
        (["accept", CHILD, "--reason", "x"], "Name both fields"),
        (["accept", CHILD, PARENT], "--reason"),
        (["accept", CHILD, PARENT, "--reason", "  "], "--reason"),
        (["accept", CHILD, CHILD, "--reason", "x"], "cannot point at itself"),
        (["accept", "shop:main.orders#customerid", PARENT, "--reason", "x"], f"Did you mean '{CHILD}'"),
        (["accept", "orders.customer_id", PARENT, "--reason", "x"], "is not written source:asset#field"),
        (["--reason", "x"], "belongs to a decision"),
        (["--state", "sure"], "the states are declared, proposed, accepted, refused"),
        (["--min-score", "7"], "between 0 and 1"),
        (["--source", "crm"], "There are: shop"),
    ],
    ids=lambda value: str(value)[:40],
)
def test_what_is_wrong_is_said(shop: Cli, args: list[str], said: str) -> None:
    run = shop("map", "joins", *args)
    assert run.exit_code == 2
    assert said in run.stderr
    assert run.stdout == ""


def test_a_join_that_was_turned_is_told(shop: Cli) -> None:
    run = say(shop, "accept", PARENT, CHILD)
    assert run.exit_code == 0
    assert "the other way round" in run.stderr


def test_without_a_store(inside: Cli) -> None:
    run = inside("map", "joins", "--format", "json")
    assert (run.exit_code, run.json()) == (0, [])
    assert "nothing was scanned yet" in inside("map", "joins").stdout


def test_a_run_that_read_nothing_measures_nothing(shop: Cli, tmp_path: Path) -> None:
    app = App(None, f"sqlite:///{tmp_path / 'privacy.db'}", None)
    with app.writing_store() as store:
        scan_id = store.begin_scan(1, {})
        store.save_seen(scan_id, "shop", ["main.customers", "main.orders", "main.products", "main.lines"])
        store.end_scan(scan_id, "complete")
        (tmp_path / "shop.db").unlink()  # it would fail, were it opened
        done = measure(app, store, scan_id, [], limits_of(app))
    assert (done.measures, done.failed_count) == ([], 0)
    assert PAIR in listed(shop)


def test_joins_are_measured_as_gently_as_the_source_wants(inside: Cli, tmp_path: Path) -> None:
    rows = ", ".join(f"({number})" for number in range(40))
    database(tmp_path / "shop.db", "CREATE TABLE items (id INTEGER PRIMARY KEY)", f"INSERT INTO items VALUES {rows}")
    (tmp_path / "config.toml").write_text(
        '[[sources]]\nname = "shop"\nurl = "sqlite:///shop.db"\nmax_rows_per_s = 80\n', encoding="utf-8"
    )
    assert inside("scan", "--no-joins").exit_code == 0
    app = App(tmp_path / "config.toml", f"sqlite:///{tmp_path / 'privacy.db'}", None)
    [(settings, _)] = app.configured()
    steps: list[None] = []
    with app.writing_store() as store:
        begun = monotonic()
        measure(app, store, 1, [app.target(settings)], limits_of(app), on_step=lambda: steps.append(None))
    assert monotonic() - begun >= 0.5  # 40 rows
    assert len(steps) >= 3  # and somebody who wants to stop it is heard meanwhile
