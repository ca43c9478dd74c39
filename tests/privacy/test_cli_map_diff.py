"""``privacy map diff``: which scans are compared, what is told, and when it fails."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from tests.conftest import Cli


def database(path: Path, *statements: str) -> None:
    with closing(sqlite3.connect(path)) as connection, connection:
        for statement in statements:
            connection.execute(statement)


def rows(table: str, count: int = 30) -> list[str]:
    return [f"INSERT INTO {table} VALUES ({n}, 'ann{n}.lee@example.org', 'K-{n % 3}')" for n in range(count)]


@pytest.fixture
def shop(inside: Cli, tmp_path: Path) -> Cli:
    create = "CREATE TABLE customers (id INTEGER PRIMARY KEY, email TEXT, code TEXT)"
    database(tmp_path / "shop.db", create, *rows("customers"))
    database(tmp_path / "other.db", "CREATE TABLE things (id INTEGER PRIMARY KEY, title TEXT)")
    assert inside("scan", "shop.db").exit_code == 0
    assert inside("scan", "other.db").exit_code == 0
    return inside


def changed(cli: Cli, *args: str) -> list[tuple[str, str | None, str | None]]:
    return [(one["change"], one["asset"], one["field"]) for one in cli("map", "diff", *args, "--format", "json").json()]


RENAMED = [("moved_field", "main.customers", "mail")]


def rename(shop: Cli, tmp_path: Path) -> None:
    database(tmp_path / "shop.db", "ALTER TABLE customers RENAME COLUMN email TO mail")
    assert shop("scan", "shop.db").exit_code == 0


def test_a_renamed_column_is_moved_and_no_alarm(shop: Cli, tmp_path: Path) -> None:
    rename(shop, tmp_path)
    assert changed(shop) == RENAMED
    [record] = shop("map", "diff", "--format", "json").json()
    assert (record["before"], record["after"]) == ("shop:main.customers#email", "shop:main.customers#mail")
    assert 0.8 < record["score"] <= 1
    shown = shop("map", "diff", env={"COLUMNS": "80"})
    assert "was email" in shown.stdout
    assert "Not scanned in between, so not compared: other." in shown.stderr
    assert shop("map", "diff", "--fail-on", "new", "--fail-on", "contact.email").exit_code == 0
    failed = shop("map", "diff", "--fail-on", "moved_field")
    assert failed.exit_code == 6
    assert "--fail-on: 1 change, first moved_field shop:main.customers#mail" in failed.stderr


def test_which_scans_are_compared(shop: Cli, tmp_path: Path) -> None:
    rename(shop, tmp_path)
    assert shop("scan", "other.db").exit_code == 0
    # The last scan touched another source: the map after it differs from the one before in nothing.
    assert changed(shop) == []
    assert changed(shop, "--last") == RENAMED
    assert changed(shop, "1", "4")[0][0] == "new_source"
    assert changed(shop, "1", "--source", "shop") == RENAMED
    assert changed(shop, "1", "--source", "other") == [("new_source", None, None)]
    assert shop("map", "diff", "--source", "nowhere").exit_code == 2
    assert shop("map", "diff", "4", "1").exit_code == 2
    assert shop("map", "diff", "9").exit_code == 2
    assert shop("map", "diff", "1", "--last").exit_code == 2


def test_since_a_day(shop: Cli, tmp_path: Path) -> None:
    rename(shop, tmp_path)
    early = shop("map", "diff", "--since", "2000-01-01", "--source", "shop")
    assert "No scan is older than 2000-01-01" in early.stderr
    assert "was email" in early.stdout
    late = shop("map", "diff", "--since", "2999-01-01")
    assert (late.exit_code, late.stdout.strip()) == (
        0,
        "Nothing was scanned twice in that time: nothing to compare.",
    )
    assert shop("map", "diff", "--since", "yesterday").exit_code == 2


def test_only_one_scan_of_each_source(shop: Cli) -> None:
    run = shop("map", "diff", "--last", "--fail-on", "any")
    assert (run.exit_code, run.stdout.strip()) == (0, "Nothing was scanned twice in that time: nothing to compare.")


def test_an_empty_store_has_no_changes(inside: Cli) -> None:
    for form in ("table", "json", "csv", "md", "html"):
        assert inside("map", "diff", "--format", form).exit_code == 0
    assert inside("map", "diff", "--format", "json").json() == []


def test_alarms_by_category_and_class(shop: Cli, tmp_path: Path) -> None:
    database(
        tmp_path / "shop.db",
        "CREATE TABLE members (id INTEGER PRIMARY KEY, religion TEXT)",
        *(f"INSERT INTO members VALUES ({n}, '{('Catholic', 'Muslim', 'Hindu')[n % 3]}')" for n in range(30)),
    )
    assert shop("scan", "shop.db").exit_code == 0
    for word in ("art9", "special.religion", "new", "new_asset", "any", "newly_personal"):
        assert shop("map", "diff", "--fail-on", word).exit_code == 6, word
    for word in ("pci", "contact.email", "newly_skipped", "gone_asset"):
        assert shop("map", "diff", "--fail-on", word).exit_code == 0, word
    wrong = shop("map", "diff", "--fail-on", "newly_personl")
    assert wrong.exit_code == 2
    assert "Did you mean newly_personal" in wrong.stderr


def test_a_source_that_can_be_read_no_more_is_told(shop: Cli, tmp_path: Path) -> None:
    (tmp_path / "shop.db").write_bytes(b"SQLite format 3\x00" + b"\x00" * 4000)
    assert shop("scan", "shop.db").exit_code != 0
    assert ("newly_skipped", None, None) in changed(shop)
    assert shop("map", "diff", "--fail-on", "newly_skipped").exit_code == 6


@pytest.mark.parametrize("form", ["table", "json", "csv", "md", "html"])
def test_every_format_goes_into_a_file_for_a_mail(shop: Cli, tmp_path: Path, form: str) -> None:
    rename(shop, tmp_path)
    run = shop("map", "diff", "--fail-on", "any", "--format", form, "-o", tmp_path / "mail")
    assert (run.exit_code, run.stdout) == (6, "")
    text = (tmp_path / "mail").read_text()
    assert "mail" in text
    assert ("Not scanned in between" in text) == (form in ("md", "html"))


def test_names_do_not_act_in_a_mail(inside: Cli, tmp_path: Path) -> None:
    name = '=HYPERLINK("x")<script>|\x1b[31m'
    quoted = name.replace('"', '""')
    database(tmp_path / "a.db", "CREATE TABLE t (id INTEGER PRIMARY KEY)")
    assert inside("scan", "a.db").exit_code == 0
    database(tmp_path / "a.db", f'CREATE TABLE "{quoted}" (id INTEGER PRIMARY KEY)')
    assert inside("scan", "a.db").exit_code == 0
    texts = {form: inside("map", "diff", "--format", form).stdout for form in ("table", "csv", "md", "html", "json")}
    assert all("\x1b" not in text for text in texts.values())
    assert "<script>" not in texts["html"]
    assert "<script>" not in texts["md"].replace("\\<", "")
    assert not any(cell.startswith("=") for line in texts["csv"].splitlines() for cell in line.split(","))
