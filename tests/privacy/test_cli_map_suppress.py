"""What people said of the map is never silent: suppressions, decisions, and the alarms of coverage."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest

from data_map.build import Look, assemble
from data_map.coverage import coverage
from data_map.model import Suppression
from privacy.reports.overview import overview
from privacy.reports.rendering import RENDERERS, render
from tests.conftest import Cli, Run
from tests.data_map.examples import CRM, TODAY, look

AT = datetime(2026, 11, 1, tzinfo=UTC)

EMAIL = "shop:main.customers#email"


def database(path: Path, *statements: str) -> None:
    with closing(sqlite3.connect(path)) as connection, connection:
        for statement in statements:
            connection.execute(statement)


def mails(table: str) -> list[str]:
    return [f"INSERT INTO {table} (id, email) VALUES ({n}, 'ann{n}.lee@example.org')" for n in range(30)]


@pytest.fixture
def shop(inside: Cli, tmp_path: Path) -> Cli:
    database(
        tmp_path / "shop.db",
        "CREATE TABLE customers (id INTEGER PRIMARY KEY, email TEXT, code TEXT)",
        *mails("customers"),
        "UPDATE customers SET code = 'K-' || (id % 3)",
        "CREATE TABLE test_people (id INTEGER PRIMARY KEY, email TEXT, religion TEXT)",
        *mails("test_people"),
        "UPDATE test_people SET religion = CASE id % 3 WHEN 0 THEN 'Catholic' WHEN 1 THEN 'Muslim' ELSE 'Hindu' END",
    )
    assert inside("scan", "shop.db").exit_code == 0
    return inside


def suppress(cli: Cli, pattern: str, *args: str, actor: str = "ann", code: int = 0) -> Run:
    run = cli("map", "suppress", pattern, "--reason", "Invented people", *args, env={"PRIVACY_ACTOR": actor})
    assert run.exit_code == code, run.stderr
    assert run.stdout == ""
    return run


def personal(cli: Cli, *args: str) -> set[str]:
    return {item["ref"] for item in cli("map", "fields", "--personal", "--format", "json", *args).json()}


def test_what_is_set_aside_is_told_everywhere(shop: Cli) -> None:
    before = personal(shop)
    assert before == {EMAIL, "shop:main.test_people#email", "shop:main.test_people#religion"}
    run = suppress(shop, "*:main.test_*", "--what", "contact")
    assert "sets aside 1 field" in run.stderr
    for _ in range(2):
        assert personal(shop) == before - {"shop:main.test_people#email"}
        assert "1 field set aside by pattern (*:main.test_*)" in shop("map", "show").stdout.replace("\n", " ")
        assert "1 field set aside by pattern (*:main.test_*)" in shop("map", "fields").stderr
        assert "clean (suppressed)" in shop("map", "fields", "--all").stdout
        assert "1 field set aside by pattern" in shop("map", "coverage").stderr
        # It holds for every later scan.
        assert shop("scan", "shop.db", "--full").exit_code == 0
    shown = shop("map", "explain", "shop:main.test_people#email").stdout
    for said in ("set aside by ann", "by the pattern *:main.test_*, for contact", "because: Invented people"):
        assert said in shown
    assert "the machine's own verdict: found" in shown
    [explained] = shop("map", "explain", "shop:main.test_people#email", "--format", "json").json()
    assert (explained["suppressed_by"], explained["category"]) == ("*:main.test_*", None)
    assert explained["machine"]["category"] == "contact.email"
    assert explained["suppression"]["reason"] == "Invented people"
    [listed] = shop("map", "suppressions", "--format", "json").json()
    assert (listed["pattern"], listed["what"], listed["fields"], listed["author"]) == (
        "*:main.test_*",
        "contact",
        1,
        "ann",
    )
    assert listed["refs"] == ["shop:main.test_people#email"]
    [journalled] = [item for item in shop("audit", "export").stdout.splitlines() if "map.suppressed" in item]
    assert "*:main.test_*" in journalled


def test_it_can_be_withdrawn(shop: Cli) -> None:
    before = personal(shop)
    suppress(shop, "shop:main.test_people", "--what", "contact")
    assert "There is one of: contact" in suppress(shop, "shop:main.test_people", "--withdraw", code=7).stderr.replace(
        "By this pattern there is", "There is"
    )
    assert (
        "Would be withdrawn"
        in suppress(shop, "shop:main.test_people", "--what", "contact", "--withdraw", "--dry-run").stderr
    )
    assert personal(shop) != before
    suppress(shop, "shop:main.test_people", "--what", "contact", "--withdraw")
    assert personal(shop) == before
    assert shop("map", "suppressions").stdout.strip() == "Nothing is set aside by pattern."


@pytest.mark.parametrize("pattern", ["*", "*:*#*", "shop", "shop:main.test_people"])
def test_too_much_is_refused(shop: Cli, pattern: str) -> None:
    before = personal(shop)
    run = suppress(shop, pattern, code=7)
    assert "Nothing was kept" in run.stderr
    assert personal(shop) == before
    # Whoever means it can say so, and sees first what it would do.
    assert "sets aside" in suppress(shop, pattern, "--all", "--dry-run").stderr
    assert personal(shop) == before
    suppress(shop, pattern, "--all")
    assert personal(shop) == {EMAIL} & before if "test_people" in pattern else personal(shop) == set()


def test_special_categories_are_set_aside_by_name(shop: Cli) -> None:
    assert "special.religion" in suppress(shop, "shop:main.test_people", code=7).stderr
    run = suppress(shop, "shop:main.test_people", "--what", "special")
    assert "shop:main.test_people#religion  special.religion  (special)" in run.stderr
    [listed] = shop("map", "suppressions", "--format", "json").json()
    assert listed["special"] == 1


def test_wrong_words(shop: Cli) -> None:
    assert "Did you mean contact" in suppress(shop, "shop", "--what", "contct", code=2).stderr
    assert suppress(shop, "", code=2)
    assert suppress(shop, "shop:x", "--until", "2001-01-01", code=2)
    assert shop("map", "suppress", "shop:x", "--reason", " ").exit_code == 2
    assert "fits no personal field" in suppress(shop, "shop:main.nowhere").stderr


def test_it_ends(shop: Cli) -> None:
    suppress(shop, EMAIL, "--until", "2031-06-30")
    assert EMAIL not in personal(shop, "--today", "2031-06-30")
    assert EMAIL in personal(shop, "--today", "2031-07-01")

    def state(today: str) -> str:
        [one] = shop("map", "suppressions", "--format", "json", "--today", today).json()
        return str(one["state"])

    assert [state(day) for day in ("2031-05-30", "2031-05-31", "2031-06-30", "2031-07-01")] == [
        "in_force",
        "ending",
        "ending",
        "over",
    ]
    assert "over since 2031-06-30" in shop("map", "suppressions", "--today", "2031-07-01").stdout


def test_the_author_is_told_when_it_is_replaced(shop: Cli) -> None:
    suppress(shop, EMAIL)
    assert "replaces what ann said" in suppress(shop, EMAIL, actor="bob").stderr
    [one] = shop("map", "suppressions", "--format", "json").json()
    assert one["author"] == "bob"


def test_a_finding_is_suppressed_by_its_kind(shop: Cli) -> None:
    assert "fits no finding" in suppress(shop, "shop", "--what", "no_tls").stderr
    assert EMAIL in personal(shop)


def test_the_page_of_the_inventory_tells_it() -> None:
    said = Suppression("crm:main.t", "contact", "ann", "Invented people", AT, date(2031, 6, 30))
    looks = [Look(1, AT, look("main.t", mail="contact.email", name="identity.name"))]
    data_map = assemble([CRM], looks=looks, suppressions=[said], today=TODAY)
    page = overview(data_map, coverage(data_map, [], TODAY), organisation=None, today=TODAY)
    for form in RENDERERS:
        text = render(page, form, 120)
        assert "Invented people" in text, form
        # A file of tables has no line for it, but the table of what was set aside.
        assert form == "csv" or "1 field, not counted as found" in text, form
    assert "crm:main.t" in render(page, "json")


# Decisions


def decided(cli: Cli, *args: str) -> list[dict[str, Any]]:
    found = cli("map", "decisions", "--format", "json", *args).json()
    assert isinstance(found, list)
    return found


def decide(cli: Cli, ref: str, *args: str) -> None:
    assert cli("map", "decide", ref, "--reason", "I asked", *args).exit_code == 0


def test_decisions_and_how_they_stand(shop: Cli, tmp_path: Path) -> None:
    assert shop("map", "decisions").stdout.strip() == "Nobody has decided anything yet."
    code = "shop:main.customers#code"
    decide(shop, code, "--category", "identity.subject_id", "--until", "2031-06-30")
    decide(shop, EMAIL, "--not-personal")
    first, second = decided(shop, "--today", "2031-07-01")
    assert (first["ref"], first["state"], first["days_left"]) == (code, "over", -1)
    # The person knew what the machine said: that is no contradiction.
    assert (second["ref"], second["state"], second["note"]) == (EMAIL, "in_force", "")
    assert [one["ref"] for one in decided(shop, "--open", "--today", "2031-07-01")] == [code]
    assert decided(shop, "--open") == []
    assert shop("map", "decisions", "--open").stdout.strip() == "No decision needs a look."
    # The column now holds something else, and the other one is gone.
    database(
        tmp_path / "shop.db",
        "UPDATE customers SET email = '+49 30 1234' || (100 + id)",
        "ALTER TABLE customers DROP COLUMN code",
    )
    assert shop("scan", "shop.db").exit_code == 0
    gone, contradicted = decided(shop, "--open")
    assert (gone["ref"], gone["note"], gone["machine"]) == (code, "the field is gone", None)
    assert contradicted["is_contradicted"]
    assert "the machine now says" in contradicted["note"]
    assert "the machine now" in shop("map", "decisions").stdout


# Coverage


def test_alarms_of_coverage(shop: Cli, tmp_path: Path) -> None:
    (tmp_path / "config.toml").write_text(
        "[map]\nstale_days = 10\n"
        '[[sources]]\nname = "never"\npath = "never.db"\n[[sources]]\nname = "shop"\npath = "shop.db"\n'
    )

    def code(*args: str) -> int:
        return shop("map", "coverage", *args).exit_code

    assert code("--fail-on", "skipped") == 0
    never = shop("map", "coverage", "--fail-on", "never")
    assert never.exit_code == 6
    assert "first never: never" in never.stderr
    assert code("--fail-on", "stale") == 0
    assert code("--fail-on", "stale", "--today", "2999-01-01") == 6
    assert code("--fail-on", "stale", "--today", "2999-01-01", "--stale-days", "999999") == 0
    assert code("--skipped", "--old") == 2
    old = shop("map", "coverage", "--old", "--format", "json", "--today", "2999-01-01").json()
    assert [one["is_stale"] for one in old] == [True, True]
    assert "Everything was looked at" in shop("map", "coverage", "--old").stdout
    assert "stale, the oldest look is" in shop("map", "coverage", "--today", "2999-01-01").stderr
