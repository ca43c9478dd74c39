"""``privacy map``: people's decisions, and what changes between scans."""

from __future__ import annotations

import csv
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from privacy.reports.table import folded
from tests.conftest import Cli

REF = "shop:main.customers#code"


def database(path: Path, *statements: str) -> None:
    with closing(sqlite3.connect(path)) as connection, connection:
        for statement in statements:
            connection.execute(statement)


@pytest.fixture
def shop(inside: Cli, tmp_path: Path) -> Cli:
    database(
        tmp_path / "shop.db",
        "CREATE TABLE customers (id INTEGER PRIMARY KEY, email TEXT, code TEXT)",
        *(f"INSERT INTO customers VALUES ({n}, 'a{n}@example.org', 'K-{n % 3}')" for n in range(30)),
        "CREATE TABLE products (id INTEGER PRIMARY KEY, title TEXT)",
    )
    assert inside("scan", "shop.db").exit_code == 0
    return inside


def field(cli: Cli, ref: str = REF, *args: str) -> dict[str, Any]:
    [found] = cli("map", "explain", ref, "--format", "json", *args).json()
    assert isinstance(found, dict)
    return found


def decide(cli: Cli, *args: str, actor: str = "ann") -> None:
    run = cli("map", "decide", REF, *args, env={"PRIVACY_ACTOR": actor})
    assert run.exit_code == 0, run.stderr
    assert run.stdout == ""


def test_a_decision_is_pinned_with_author_and_reason(shop: Cli) -> None:
    machine = field(shop)
    assert (machine["decided"], machine["decision"], machine["category"]) == (False, None, None)
    decide(shop, "--category", "identity.subject_id", "--reason", "It is the customer's number")
    for _ in range(2):
        found = field(shop)
        assert (found["decided"], found["category"], found["class"]) == (True, "identity.subject_id", "ordinary")
        assert found["state"] == "confirmed"
        assert found["decision"]["author"] == "ann"
        assert found["decision"]["reason"] == "It is the customer's number"
        assert found["machine"]["state"] == machine["state"]
        shown = shop("map", "explain", REF).stdout
        assert "decided by ann" in shown
        assert "because: It is the customer's number" in shown
        assert "(decided)" in shop("map", "fields").stdout
        # It survives every later scan.
        assert shop("scan", "shop.db", "--full").exit_code == 0


def test_the_last_decision_counts_and_can_be_withdrawn(shop: Cli) -> None:
    email = "shop:main.customers#email"
    decide(shop, "--category", "identity.subject_id", "--reason", "First thought")
    decide(shop, "--not-personal", "--reason", "It is a batch number", actor="bob")
    found = field(shop)
    assert (found["decided"], found["category"], found["state"]) == (True, None, "clean")
    assert found["decision"]["author"] == "bob"
    decide(shop, "--withdraw", "--reason", "Not sure after all")
    assert field(shop)["decided"] is False
    again = shop("map", "decide", REF, "--withdraw", "--reason", "Again")
    assert again.exit_code == 7
    # Also a find can be denied.
    assert shop("map", "decide", email, "--not-personal", "--reason", "Role mailboxes").exit_code == 0
    assert "contact.email" not in shop("map", "show").stdout
    assert field(shop, email)["machine"]["category"] == "contact.email"


def test_a_decision_with_an_end(shop: Cli) -> None:
    decide(shop, "--category", "identity.subject_id", "--reason", "Until the audit", "--until", "2031-06-30")
    assert field(shop, REF, "--today", "2031-06-30")["decided"] is True
    assert field(shop, REF, "--today", "2031-07-01")["decided"] is False
    assert "until 2031-06-30" in shop("map", "explain", REF, "--today", "2031-06-30").stdout
    assert shop("map", "decide", REF, "--not-personal", "--reason", "x", "--until", "soon").exit_code == 2
    over = shop("map", "decide", REF, "--not-personal", "--reason", "x", "--until", "2001-01-01")
    assert over.exit_code == 2
    assert "is over" in over.stderr


def test_decisions_are_told_from_the_machine_in_exports(shop: Cli) -> None:
    decide(shop, "--category", "identity.subject_id", "--reason", "Known")
    rows = csv.DictReader(shop("map", "fields", "--format", "csv").stdout.splitlines())
    [row] = [row for row in rows if row["ref"] == REF]
    assert (row["category"], row["decided"], row["suppressed_by"]) == ("identity.subject_id", "yes", "")


def test_an_unknown_reference_is_answered_with_near_ones(shop: Cli) -> None:
    run = shop("map", "explain", "shop:main.customer#emial")
    assert run.exit_code == 2
    assert "'shop:main.customers#email'" in run.stderr
    assert shop("map", "decide", "shop:main.customer#email", "--not-personal", "--reason", "x").exit_code == 2


def test_what_changed_between_scans(shop: Cli, tmp_path: Path) -> None:
    assert shop("map", "diff").stdout.strip() == "There was only one scan so far: nothing to compare it with."
    assert shop("scan", "shop.db").exit_code == 0
    run = shop("map", "diff")
    assert (run.stdout.strip(), run.stderr.strip()) == ("Nothing changed.", "From scan 1 to scan 2:")
    database(
        tmp_path / "shop.db",
        "DROP TABLE products",
        "ALTER TABLE customers ADD COLUMN phone TEXT",
        "ALTER TABLE customers DROP COLUMN code",
        "UPDATE customers SET phone = '+49 30 12345' || (100 + id), email = 'none'",
        "CREATE TABLE staff (id INTEGER PRIMARY KEY, iban TEXT)",
        *("INSERT INTO staff (iban) VALUES ('DE89370400440532013000')" for _ in range(5)),
    )
    assert shop("scan", "shop.db").exit_code == 0
    changes = {
        (item["change"], item["asset"], item["field"]): (item["before"], item["after"])
        for item in shop("map", "diff", "--format", "json").json()
    }
    assert ("gone_asset", "main.products", None) in changes
    assert ("new_asset", "main.staff", None) in changes
    assert changes["newly_personal", "main.staff", "iban"] == (None, "financial.iban")
    assert ("new_field", "main.customers", "phone") in changes
    assert changes["newly_personal", "main.customers", "phone"] == (None, "contact.phone")
    assert ("gone_field", "main.customers", "code") in changes
    # From one scan to another, and the map as it was.
    assert shop("map", "diff", "1", "2").stdout.strip() == "Nothing changed."
    assert len(shop("map", "diff", "1", "3", "--format", "json").json()) == len(changes)
    assert "main.products" in shop("map", "fields", "--scan", "1", "--all").stdout
    assert "main.products" not in shop("map", "fields", "--all").stdout


def test_filters(shop: Cli) -> None:
    def refs(*args: str) -> list[str]:
        return [item["field"] for item in shop("map", "fields", "--format", "json", *args).json()]

    assert refs() == ["id", "email", "code", "id", "title"]
    assert refs("--personal") == ["email"]
    assert refs("--category", "contact") == ["email"]
    assert refs("--category", "contact.email", "--category", "special") == ["email"]
    assert refs("--category", "special") == []
    assert refs("--state", "confirmed") == ["email"]
    assert "email" not in refs("--state", "clean")
    assert refs("--source", "shop", "--personal") == ["email"]


def test_backup_and_restore(shop: Cli, tmp_path: Path) -> None:
    decide(shop, "--category", "identity.subject_id", "--reason", "Known")
    before = shop("map", "fields", "--format", "json").stdout
    assert shop("init").exit_code == 0
    run = shop("store", "backup", "backup.zip")
    assert run.exit_code == 0
    assert "and the vault key" in run.stderr
    assert shop("store", "backup", "backup.zip").exit_code == 7
    assert shop("store", "restore", "backup.zip").exit_code == 7
    for name in ("privacy.db", "privacy.key"):
        (tmp_path / name).unlink()
    for path in tmp_path.glob("privacy.db-*"):
        path.unlink()
    assert shop("map", "fields", "--format", "json").json() == []
    assert shop("store", "restore", "backup.zip").exit_code == 0
    assert shop("map", "fields", "--format", "json").stdout == before
    assert shop("store", "restore", "absent.zip", "--force").exit_code != 0
    assert shop("map", "fields", "--format", "json").stdout == before


def test_what_people_decided_away_is_not_called_nothing_found(shop: Cli) -> None:
    for name in ("email", "code"):
        ref = f"shop:main.customers#{name}"
        assert shop("map", "decide", ref, "--not-personal", "--reason", "Test data").exit_code == 0
    shown = shop("map", "show").stdout
    assert "2 fields decided not personal by people" in shown
    assert "1 more: nothing found" in shown  # the products alone
    hidden = len(shop("map", "fields", "--format", "json").json()) - 2
    listed = shop("map", "fields").stderr
    assert f"{hidden} more fields: nothing found in what was scanned; 2 fields decided not personal" in listed


def test_an_empty_source_and_a_dead_one(inside: Cli, tmp_path: Path) -> None:
    (tmp_path / "void").mkdir()
    assert inside("scan", "void").exit_code == 0
    assert inside("scan", "postgresql://reader@127.0.0.1:1/crm").exit_code == 4
    shown = inside("map", "show").stdout
    assert "empty: there was nothing to scan" in shown
    assert "it could not be opened: privacy map coverage --skipped" in shown
    assert [one["outcome"] for one in inside("map", "coverage", "--format", "json").json()] == ["not scanned"] * 2
    assert "the source" in inside("map", "coverage", env={"COLUMNS": "200"}).stdout


def test_at_80_columns_names_are_broken_at_their_marks(inside: Cli, tmp_path: Path) -> None:
    rows = ", ".join(f"('1980-0{n % 9 + 1}-1{n % 9}')" for n in range(60))
    name = "customer_relationship_management_contact_persons_of_all_branches_and_years_before"
    database(tmp_path / "shop.db", f"CREATE TABLE {name} (date_of_birth TEXT)", f"INSERT INTO {name} VALUES {rows}")
    assert inside("scan", "shop.db").exit_code == 0
    shown = inside("map", "fields", env={"COLUMNS": "80"}).stdout
    cells = [cell for line in shown.splitlines()[2:] for cell in line.split()]
    assert all(
        cell.endswith((*"._", "%")) or cell in ("shop", "before", "birth", "date_of_birth", "likely", "confirmed")
        for cell in cells
    ), cells
    assert "values" not in shown
    assert max(map(len, shown.splitlines())) <= 80
    # What `map explain` prints can be copied.
    ref = f"shop:main.{name}#date_of_birth"
    assert ref in inside("map", "explain", ref, env={"COLUMNS": "80"}).stdout.splitlines()


@pytest.mark.parametrize(
    ("text", "width", "lines"),
    [
        ("demographic.date_of_birth", 15, ["demographic.", "date_of_birth"]),
        ("one two.three", 9, ["one", "two.three"]),
        ("abcdefghij", 4, ["abcd", "efgh", "ij"]),
        ("a/b-c", 5, ["a/b-c"]),
        ("姓名姓名.姓名", 9, ["姓名姓名.", "姓名"]),
        ("", 3, [""]),
    ],
)
def test_folding(text: str, width: int, lines: list[str]) -> None:
    assert folded(text, width).split("\n") == lines
