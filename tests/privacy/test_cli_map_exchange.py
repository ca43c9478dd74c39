"""``privacy map export`` and ``import``: a map in Git, and its decisions in another store."""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from tests.conftest import Cli

EMAIL = "shop:main.customers#email"
CODE = "shop:main.customers#code"


@pytest.fixture
def shop(inside: Cli, tmp_path: Path) -> Cli:
    with closing(sqlite3.connect(tmp_path / "shop.db")) as connection, connection:
        connection.execute("CREATE TABLE customers (id INTEGER PRIMARY KEY, email TEXT, code TEXT, note TEXT)")
        for number in range(4000):
            row = (number, f"ann{number}.lee@example.org", f"K-{number % 3}", f"Called ann{number} on Monday.")
            connection.execute("INSERT INTO customers VALUES (?, ?, ?, ?)", row)
    assert inside("scan", "shop.db").exit_code == 0
    return inside


def said(cli: Cli) -> None:
    for words in (
        ("decide", EMAIL, "--not-personal", "--reason", "Role mailboxes"),
        ("decide", CODE, "--category", "identity.subject_id", "--reason", "Customer's number", "--until", "2031-06-30"),
        ("suppress", "shop:main.test_*", "--reason", "Invented people"),
        ("suppress", "shop", "--what", "no_tls", "--reason", "On this machine"),
    ):
        assert cli("map", *words, env={"PRIVACY_ACTOR": "ann"}).exit_code == 0


def text(cli: Cli, *args: str) -> str:
    run = cli("map", "export", *args)
    assert run.exit_code == 0, run.stderr
    return run.stdout


def test_a_scan_of_the_same_changes_no_line(shop: Cli) -> None:
    said(shop)
    before = text(shop)
    assert shop("scan", "shop.db").exit_code == 0
    assert text(shop) == before
    assert EMAIL in before
    assert "ann1" not in before


def test_decisions_come_to_another_store(shop: Cli, tmp_path: Path) -> None:
    said(shop)
    (tmp_path / "map.toml").write_text(text(shop))
    other = {"PRIVACY_STORE": f"sqlite:///{tmp_path / 'other.db'}", "PRIVACY_ACTOR": "bob"}
    preview = shop("map", "import", "map.toml", "--dry-run", env=other)
    assert preview.exit_code == 0
    for line in (
        "4 new:",
        f"{EMAIL}: not personal, by ann: Role mailboxes",
        "2 of fields that are not in this map (yet)",
    ):
        assert line in preview.stderr
    assert not (tmp_path / "other.db").exists()
    done = shop("map", "import", "map.toml", env=other)
    assert done.exit_code == 0
    assert "Taken over: 4 statements." in done.stderr
    assert shop("scan", "shop.db", env=other).exit_code == 0
    assert text(shop, "--as", "git") == shop("map", "export", env=other).stdout
    assert shop("map", "explain", CODE, env=other).stdout.count("decided by ann") == 1
    entries = shop("audit", "export", "--format", "json", env=other).json()
    [entry] = [entry for entry in entries if entry["action"] == "map.imported"]
    assert entry["actor"] == "bob"
    assert f"{EMAIL}: not personal" in entry["details"]["added"]
    assert shop("audit", "verify", env=other).exit_code == 0
    again = shop("map", "import", "map.toml", env=other)
    assert "4 said here too" in again.stderr
    assert "Nothing to take over." in again.stderr


def test_nothing_is_overwritten_silently(shop: Cli, tmp_path: Path) -> None:
    said(shop)
    (tmp_path / "map.toml").write_text(text(shop))
    assert shop("map", "decide", EMAIL, "--category", "contact.email", "--reason", "It is").exit_code == 0
    assert shop("map", "decide", CODE, "--withdraw", "--reason", "No").exit_code == 0
    ours = text(shop)
    kept = shop("map", "import", "map.toml")
    assert kept.exit_code == 0
    assert "2 in conflict, kept as they are here" in kept.stderr
    assert f"{EMAIL}: here contact.email by" in kept.stderr
    assert f"{CODE}: here withdrawn, in the text identity.subject_id until 2031-06-30 by ann" in kept.stderr
    assert text(shop) == ours
    assert shop("map", "import", "map.toml", "--replace").exit_code == 0
    assert text(shop) == (tmp_path / "map.toml").read_text()


def test_a_text_that_sets_too_much_aside_is_refused_whole(shop: Cli, tmp_path: Path) -> None:
    said(shop)
    wide = text(shop).replace('pattern = "shop:main.test_*"', 'pattern = "*"')
    (tmp_path / "map.toml").write_text(wide)
    other = {"PRIVACY_STORE": f"sqlite:///{tmp_path / 'other.db'}"}
    run = shop("map", "import", "map.toml", env=other)
    assert run.exit_code == 7
    assert "*: The pattern * names nothing" in run.stderr
    assert not (tmp_path / "other.db").exists()
    assert shop("map", "import", "map.toml", "--all", env=other).exit_code == 0


def test_a_folder_has_a_file_for_each_source(shop: Cli, tmp_path: Path) -> None:
    said(shop)
    folder = tmp_path / "git"
    folder.mkdir()
    (folder / "mine.source.toml").write_text("# mine\n")
    (folder / "README").write_text("mine\n")
    assert shop("map", "export", "-o", "git").exit_code == 0
    assert sorted(path.name for path in folder.iterdir()) == [
        "README",
        "mine.source.toml",
        "said.toml",
        "shop.source.toml",
    ]
    (folder / "shop.source.toml").rename(folder / "gone.source.toml")
    assert "Removed" in shop("map", "export", "-o", "git").stderr
    assert sorted(path.name for path in folder.iterdir()) == [
        "README",
        "mine.source.toml",
        "said.toml",
        "shop.source.toml",
    ]
    other = {"PRIVACY_STORE": f"sqlite:///{tmp_path / 'other.db'}"}
    assert "Taken over: 4" in shop("map", "import", "git", env=other).stderr


@pytest.mark.parametrize("form", ["csv", "json", "dbt", "openmetadata", "datahub", "sarif"])
def test_every_format_goes_to_a_file(shop: Cli, tmp_path: Path, form: str) -> None:
    assert shop("map", "export", "--as", form, "-o", "out").exit_code == 0
    written = (tmp_path / "out").read_text()
    assert written == text(shop, "--as", form)
    assert "email" in written
    assert "ann1" not in written
    if form in ("json", "openmetadata", "datahub", "sarif"):
        assert json.loads(written)


def test_what_is_not_there(shop: Cli, tmp_path: Path) -> None:
    assert shop("map", "export", "--source", "nowhere").exit_code == 2
    assert shop("map", "import", "nowhere.toml").exit_code == 2
    (tmp_path / "bytes").write_bytes(b"\xff\xfe")
    assert shop("map", "import", "bytes").exit_code == 2
    assert shop("map", "import", "shop.db").exit_code == 2
    (tmp_path / "empty").mkdir()
    assert shop("map", "import", "empty").exit_code == 2


def test_an_empty_store_exports_nothing(inside: Cli, tmp_path: Path) -> None:
    for form in ("git", "csv", "json", "dbt", "openmetadata", "datahub", "sarif"):
        assert inside("map", "export", "--as", form).exit_code == 0
    assert not (tmp_path / "privacy.db").exists()
