"""``privacy map hygiene``, as somebody uses it: real files, real databases, real servers."""

from __future__ import annotations

import csv
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from tests import servers
from tests.conftest import Cli
from tests.scanners.databases import run as execute

PASSWORD, KEY = "Tr0ub4dor-3", "ghp_k3Jd82hFs0aLqPz7Yw5XcVb1Nm4Rt6Ug9EoI"
KINDS = ("cleartext_password", "stale_copy", "secret")


@pytest.fixture
def shop(inside: Cli, tmp_path: Path) -> Cli:
    """A database with passwords in clear and a forgotten copy, a folder with a key."""
    with closing(sqlite3.connect(tmp_path / "shop.db")) as connection, connection:
        for name in ("customers", "customers_bak"):
            connection.execute(f"CREATE TABLE {name} (id INTEGER PRIMARY KEY, name TEXT, email TEXT, password TEXT)")
            connection.executemany(
                f"INSERT INTO {name} VALUES (?, ?, ?, ?)",
                [(n, f"Jane Keller{n}", f"jane{n}@kestrel-mail.org", f"{PASSWORD}{n}") for n in range(40)],
            )
    share = tmp_path / "share"
    (share / "app").mkdir(parents=True)
    (share / "app" / ".env").write_text(f"DB_PASSWORD={PASSWORD}\n", encoding="utf-8")
    (share / "app" / "deploy.sh").write_text(f"export TOKEN={KEY}\n", encoding="utf-8")
    (share / "app" / ".env.example").write_text("DB_PASSWORD=changeme\n", encoding="utf-8")
    assert inside("scan", "shop.db", "share").exit_code == 0
    return inside


def test_what_is_amiss_worst_first(shop: Cli) -> None:
    found = shop("map", "hygiene", "--format", "json").json()
    assert [(one["severity"], one["certainty"], one["kind"], one["ref"]) for one in found] == [
        ("critical", "sure", "cleartext_password", "shop:main.customers#password"),
        ("critical", "sure", "cleartext_password", "shop:main.customers_bak#password"),
        ("high", "sure", "secret", "share:app/.env#body"),
        ("high", "sure", "secret", "share:app/deploy.sh#body"),
        ("high", "sure", "stale_copy", "shop:main.customers_bak"),
    ]
    assert found[4]["original"] == "shop:main.customers"
    assert all(one["why"] and one["todo"] and one["aside"] is None for one in found)


def test_for_people_at_80_columns(shop: Cli) -> None:
    shown = shop("map", "hygiene", env={"COLUMNS": "80"})
    assert shown.exit_code == 0
    assert max(len(line.rstrip()) for line in shown.stdout.splitlines()) <= 80
    assert "critical  shop:main.customers#password\n" in shown.stdout
    assert "NIST SP 800-63B-4" in " ".join(shown.stdout.split())


def test_no_value_is_shown_or_kept(shop: Cli, tmp_path: Path) -> None:
    told = [shop("map", "hygiene", "--format", form) for form in ("table", "json", "csv")]
    for one in told:
        assert PASSWORD not in one.stdout + one.stderr
        assert KEY not in one.stdout + one.stderr
    kept = (tmp_path / "privacy.db").read_bytes()
    assert PASSWORD.encode() not in kept
    assert KEY.encode() not in kept


def test_csv_and_file(shop: Cli, tmp_path: Path) -> None:
    rows = list(csv.DictReader(shop("map", "hygiene", "--format", "csv").stdout.splitlines()))
    assert {row["kind"] for row in rows} == set(KINDS)
    shop("map", "hygiene", "-o", "amiss.txt")
    assert "shop:main.customers" in (tmp_path / "amiss.txt").read_text(encoding="utf-8")


def test_choosing_kinds_and_sources(shop: Cli) -> None:
    assert {one["kind"] for one in shop("map", "hygiene", "--kind", "secret", "--format", "json").json()} == {"secret"}
    assert {one["source"] for one in shop("map", "hygiene", "--source", "shop", "--format", "json").json()} == {"shop"}
    for wrong in (("--kind", "typo"), ("--fail-on", "typo"), ("--source", "typo")):
        refused = shop("map", "hygiene", *wrong)
        assert refused.exit_code == 2
        assert "typo" in refused.stderr


@pytest.mark.parametrize(
    ("args", "exit_code"),
    [
        (("--fail-on", "secret"), 6),
        (("--fail-on", "any"), 6),
        (("--fail-on", "no_tls"), 0),
        (("--source", "share", "--fail-on", "cleartext_password"), 0),
    ],
)
def test_an_exit_code_for_scripts(shop: Cli, args: tuple[str, ...], exit_code: int) -> None:
    assert shop("map", "hygiene", *args, "--format", "json").exit_code == exit_code


def test_set_aside_with_a_reason(shop: Cli) -> None:
    said = shop("map", "suppress", "share:app/*", "--what", "secret", "--reason", "made up for a course")
    assert said.exit_code == 0, said.stderr
    assert "secret" not in {one["kind"] for one in shop("map", "hygiene", "--format", "json").json()}
    assert shop("map", "hygiene", "--fail-on", "secret").exit_code == 0
    every = shop("map", "hygiene", "--all", "--format", "json").json()
    assert {"made up for a course" in one["aside"] for one in every if one["kind"] == "secret"} == {True}
    assert "2 findings set aside" in shop("map", "hygiene").stderr


def test_the_map_tells_of_it(shop: Cli) -> None:
    shown = shop("map", "show", env={"COLUMNS": "80"}).stdout
    assert "amiss: 2 critical, 1 high: privacy map hygiene --source shop" in shown


def test_an_empty_map(inside: Cli) -> None:
    run = inside("map", "hygiene")
    assert (run.exit_code, run.stdout) == (0, "The map is empty: nothing was scanned yet. Try `privacy scan PATH`.\n")
    assert inside("map", "hygiene", "--format", "json").json() == []


def test_nothing_amiss(inside: Cli, tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("Nothing to see.\n", encoding="utf-8")
    inside("scan", "notes.txt")
    assert inside("map", "hygiene").stdout == "Nothing amiss was found in what was scanned.\n"


@pytest.mark.parametrize("dialect", ["postgresql", "mariadb"])
def test_an_account_that_may_do_everything(dialect: str, inside: Cli, request: pytest.FixtureRequest) -> None:
    server: servers.Server = request.getfixturevalue(f"{dialect}_server")
    url: str = request.getfixturevalue(f"{dialect}_url")
    execute(url, "CREATE TABLE t (id int, email varchar(60))", "INSERT INTO t VALUES (1, 'jane@kestrel-mail.org')")
    assert inside("scan", url).exit_code == 0
    (one,) = inside("map", "hygiene", "--format", "json").json()
    assert (one["kind"], one["severity"], one["asset"]) == ("superuser", "medium", None)
    # The next scan by an account that may only read is the one that counts.
    assert inside("scan", server.reader_url(url)).exit_code == 0
    assert inside("map", "hygiene", "--format", "json").json() == []


def test_a_check_of_nothing_does_not_pass(inside: Cli) -> None:
    for words in (("hygiene", "--fail-on", "any"), ("coverage", "--fail-on", "skipped"), ("diff", "--fail-on", "any")):
        run = inside("map", *words)
        assert run.exit_code == 6, words
        assert "a check of nothing does not pass" in run.stderr
        assert inside("map", words[0]).exit_code == 0
