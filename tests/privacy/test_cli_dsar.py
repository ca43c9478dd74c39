"""Requests, the law and the journal through the command."""

from __future__ import annotations

import json
import sqlite3
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import Cli

CANARIES = ("zqcanary17", "Zqcanaria", "Xylvester")
IDENTIFIERS = 'name = "Zqcanaria Xylvester"\nemail = ["zqcanary17@kestrel-mail.org"]\n'


def opened(inside: Cli, *options: str, received: str = "2026-11-02", right: str = "access") -> str:
    done = inside(
        "dsar",
        "open",
        "--right",
        right,
        "--regime",
        "gdpr:DE",
        "--received",
        received,
        "--today",
        "2026-11-24",
        *options,
    )
    assert done.exit_code == 0, done.stderr
    return done.stdout.strip()


def test_one_date_in_every_place(inside: Cli) -> None:
    name = opened(inside)
    for words in (
        ("ask", name, "--kind", "identity", "--on", "2026-11-04"),
        ("answer", name, "--kind", "identity", "--on", "2026-11-10"),
        ("verify", name, "--method", "login"),
    ):
        assert inside("dsar", *words, "--today", "2026-11-24").exit_code == 0
    (listed,) = inside("dsar", "list", "--format", "json", "--today", "2026-11-24").json()
    (shown,) = inside("dsar", "show", name, "--format", "json", "--today", "2026-11-24").json()
    counted = inside(
        *("law", "due", "--regime", "gdpr:DE", "--received", "2026-11-02", "--format", "json"),
        *("--event", "id_asked=2026-11-04", "--event", "id_received=2026-11-10"),
    ).json()
    late = inside("dsar", "overdue", "--format", "json", "--today", "2026-12-09")
    in_time = inside("dsar", "overdue", "--today", "2026-12-08")
    soon = inside("dsar", "overdue", "--within", "7d", "--today", "2026-12-01")
    assert listed["due_on"] == shown["due_on"] == shown["deadline"]["due_on"] == counted["due_on"] == "2026-12-08"
    assert counted["steps"] == shown["deadline"]["steps"]
    assert (late.exit_code, [one["due_on"] for one in late.json()]) == (6, ["2026-12-08"])
    assert (in_time.exit_code, soon.exit_code) == (0, 6)
    assert "2026-12-08" in inside("dsar", "list", "--today", "2026-11-24").stdout
    assert "2026-12-08" in inside("dsar", "show", name, "--today", "2026-11-24").stdout


def test_in_the_uk_an_answer_alone_says_enough_and_a_late_question_nothing(inside: Cli) -> None:
    due = ("law", "due", "--regime", "ukgdpr:ENG", "--received", "2026-03-02", "--format", "json")
    alone = inside(*due, "--event", "id_received=2026-03-10")
    assert alone.json()["due_on"] == "2026-04-10"
    late = inside(*due, "--event", "id_asked=2026-06-01", "--event", "id_received=2026-06-10")
    assert late.json()["due_on"] == "2026-04-02"
    clarified = inside(*due, "--event", "clar_received=2026-03-10")
    assert (clarified.exit_code, "give clar_asked too" in clarified.stderr) == (2, True)


def test_who_asks_is_nowhere_but_in_the_vault(cli: Cli, inside: Cli, tmp_path: Path) -> None:
    done = cli(
        *("dsar", "open", "--right", "access", "--regime", "gdpr:DE", "--received", "2026-11-02", "--identifiers", "-"),
        *("--today", "2026-11-24", "-v"),
        stdin=IDENTIFIERS,
    )
    outputs = [done]
    for words in (
        ("dsar", "show", "R-2026-0001"),
        ("dsar", "list", "--format", "json"),
        ("audit", "export", "--format", "json"),
        ("audit", "verify"),
        ("dsar", "close", "R-2026-0001", "--outcome", "no_data"),
    ):
        outputs.append(inside(*words, "-vv"))
    assert all(run.exit_code == 0 for run in outputs)
    dump = "\n".join(sqlite3.connect(tmp_path / "privacy.db").iterdump())
    raw = b"".join(path.read_bytes() for path in tmp_path.glob("privacy.db*"))
    for canary in CANARIES:
        assert not any(canary.lower() in (run.stdout + run.stderr).lower() for run in outputs)
        assert canary not in dump
        assert canary.encode() not in raw
    vault = inside("dsar", "show", "R-2026-0001", "--identifiers", "--format", "json").json()[0]["identifiers"]
    assert vault == {"name": ["Zqcanaria Xylvester"], "email": ["zqcanary17@kestrel-mail.org"]}
    assert (tmp_path / "privacy.key").stat().st_mode & 0o777 == 0o600
    journal = inside("audit", "export", "--format", "json").json()
    assert journal[-1]["action"] == "request.vault_opened"
    (tmp_path / "privacy.key").unlink()
    assert inside("dsar", "show", "R-2026-0001", "--identifiers").exit_code == 3
    assert inside("dsar", "show", "R-2026-0001").exit_code == 0


@pytest.mark.parametrize(
    ("label", "is_refused"),
    [
        ("letter of 3 march", False),
        ("letter of 3 March", False),
        ("Ticket by post, Monday", False),
        ("Jane Doe", True),
        ("Ms Schmidt's letter", True),
        ("call of AHMED", True),
        ("letter (Müller-Huber)", True),
        ("a@kestrel-mail.org", True),
        (" ", True),
        ("x" * 81, True),
    ],
)
def test_a_label_says_nothing_of_the_person(inside: Cli, label: str, is_refused: bool) -> None:
    done = inside(
        *("dsar", "open", "--right", "access", "--regime", "gdpr:DE", "--received", "2026-11-02", "--label", label)
    )
    assert done.exit_code == (2 if is_refused else 0), done.stderr
    if is_refused and label.strip():
        assert label not in done.stderr


@pytest.mark.parametrize(
    ("label", "is_refused"), [("about the xylvester order", True), ("case zqcanary17", True), ("an org chart", True)]
)
def test_a_label_has_no_word_of_what_the_person_gave(cli: Cli, tmp_path: Path, label: str, is_refused: bool) -> None:
    done = cli(
        *("dsar", "open", "--right", "access", "--regime", "gdpr:DE", "--received", "2026-11-02", "--label", label),
        *("--identifiers", "-"),
        stdin=IDENTIFIERS,
    )
    assert (done.exit_code, "label is refused" in done.stderr) == ((2, True) if is_refused else (0, False))
    assert not (is_refused and (tmp_path / "privacy.db").exists())


def test_a_lost_key_is_not_replaced(cli: Cli, inside: Cli, tmp_path: Path) -> None:
    words = ("dsar", "open", "--right", "access", "--regime", "gdpr:DE", "--received", "2026-11-02")
    assert inside(*words).exit_code == 0
    assert cli(*words, "--identifiers", "-", stdin=IDENTIFIERS).exit_code == 0
    assert inside("store", "backup", "safe.zip").exit_code == 0
    key = tmp_path / "privacy.key"
    before = key.read_bytes()
    key.unlink()
    again = cli(*words, "--identifiers", "-", stdin=IDENTIFIERS)
    for run in (again, inside("init"), inside("dsar", "show", "R-2026-0002", "--identifiers")):
        assert (run.exit_code, run.stdout) == (3, "")
        assert "vault key is missing" in run.stderr
        assert "store restore" in run.stderr
    assert not key.exists()
    assert len(inside("dsar", "list", "--format", "json").json()) == 2
    assert inside("store", "restore", "safe.zip", "--force").exit_code == 0
    assert key.read_bytes() == before
    assert inside("init").exit_code == 0
    assert inside("dsar", "show", "R-2026-0002", "--identifiers").exit_code == 0


def test_a_row_stays_a_row_and_shows_that_its_date_is_provisional(inside: Cli) -> None:
    name = opened(inside, "--label", "letter about a delivery that never came", right="automated_decision")
    day = ("--today", "2026-11-24")
    assert inside("dsar", "ask", name, "--kind", "identity", "--on", "2026-11-03", *day).exit_code == 0
    shown = inside("dsar", "list", *day, env={"COLUMNS": "80"})
    lines = shown.stdout.splitlines()
    assert lines[0].split() == ["id", "right", "label", "state", "due", "days"]
    assert "2026-12-23?" in lines[2]
    assert "?: provisional" in shown.stderr
    assert max(map(len, lines)) <= 80
    header, row = inside("dsar", "list", "--format", "csv", *day).stdout.splitlines()
    assert header == "id,right,label,received_on,state,due_on,safe_due_on,provisional,days_left,next_step"
    assert row.split(",")[3:8] == ["2026-11-02", "waiting", "2026-12-23", "2026-12-02", "yes"]


def test_what_happened_is_told_in_the_order_in_which_it_took_effect(inside: Cli) -> None:
    name = opened(inside)
    for words in (
        ("verify", name, "--method", "login", "--on", "2026-11-10"),
        ("ask", name, "--kind", "clarification", "--on", "2026-11-04"),
        ("answer", name, "--kind", "clarification", "--on", "2026-11-10"),
    ):
        assert inside("dsar", *words, "--today", "2026-11-24").exit_code == 0
    shown = inside("dsar", "show", name, "--today", "2026-11-24").stdout
    told = [line.split()[:2] for line in shown.partition("What happened")[2].splitlines()[3:]]
    assert told == [
        ["2026-11-24", "opened"],
        ["2026-11-04", "asked"],
        ["2026-11-10", "verified"],
        ["2026-11-10", "answered"],
    ]


#: Edits of the store that would move a date or a duty, and the words by which they are told.
EDITS = {
    "received": ("UPDATE request SET received = '2026-11-20'", "its received is '2026-11-20'"),
    "regime": ("UPDATE request SET regime = 'gdpr:DE-BY'", "its regime is"),
    "right": ("UPDATE request SET right = 'withdraw_consent'", "its right is"),
    "no request": ("DELETE FROM request", "not in the store"),
    "one more request": ("INSERT INTO request VALUES ('R-2026-0002', 'gdpr:DE', 'access', NULL, '2026-11-02')", "0002"),
    "another id": ("UPDATE request SET id = 'R-2026-0003'", "R-2026-0003"),
    "day": ("UPDATE request_event SET \"on\" = '2026-11-08' WHERE kind = 'answered'", "event 3 (answered, 2026-11-08)"),
    "act": ("UPDATE request_event SET kind = 'verified' WHERE kind = 'answered'", "event 3 (verified"),
    "question": ("UPDATE request_event SET details = '{\"question\": \"fee\"}' WHERE kind = 'asked'", "event 2"),
    "prompt": ("UPDATE request_event SET details = '{\"question\": \"identity\"}' WHERE kind = 'asked'", "event 2"),
    "unreadable": ("UPDATE request_event SET details = 'x', \"on\" = 'soon' WHERE kind = 'asked'", "event 2"),
    "who": ("UPDATE request_event SET actor = 'eve' WHERE kind = 'opened'", "event 1"),
    "no event": ("DELETE FROM request_event WHERE kind = 'answered'", "2 events, and the journal has 3"),
    "one more event": (
        'INSERT INTO request_event (request_id, kind, "on", details, actor, recorded_at) '
        "SELECT request_id, 'extended', \"on\", '{}', actor, recorded_at FROM request_event WHERE kind = 'answered'",
        "4 events, and the journal has 3",
    ),
}


@pytest.mark.parametrize(("edit", "told"), EDITS.values(), ids=EDITS)
def test_an_edit_of_what_deadlines_are_counted_from_shows(inside: Cli, tmp_path: Path, edit: str, told: str) -> None:
    name = opened(inside)
    assert inside("dsar", "ask", name, "--kind", "identity", "--on", "2026-11-04", "--prompt", "no").exit_code == 0
    assert inside("dsar", "answer", name, "--kind", "identity", "--on", "2026-11-10").exit_code == 0
    head = inside("audit", "head").stdout.strip()
    (first, *_) = inside("audit", "export", "--format", "json").json()
    assert (first["target"], first["details"]) == (
        name,
        {"act": "opened", "on": "2026-11-24", "received": "2026-11-02", "regime": "gdpr:DE", "right": "access"},
    )
    assert inside("audit", "verify", "--head", head).exit_code == 0
    with sqlite3.connect(tmp_path / "privacy.db") as store:
        store.execute(edit)
    store.close()
    done = inside("audit", "verify", "--head", head)
    assert done.exit_code == 6
    assert "Not as the journal tells it: R-2026-000" in done.stdout
    assert told in done.stdout


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (("dsar", "show", "R-2026-0009"), 2),
        (("dsar", "verify", "R-2026-0009", "--method", "login"), 2),
        (("dsar", "open", "--right", "applause", "--regime", "gdpr:DE", "--received", "2026-11-02"), 2),
        (("dsar", "open", "--right", "access", "--regime", "gdpr:ZZ", "--received", "2026-11-02"), 2),
        (("dsar", "open", "--right", "access", "--regime", "gdpr:DE", "--received", "2999-01-01"), 2),
        (("dsar", "overdue", "--within", "soon"), 2),
        (("law", "due", "--regime", "gdpr:DE", "--received", "2026-02-30"), 2),
        (("law", "due", "--regime", "gdpr:DE", "--received", "2026-02-03", "--event", "lunch=2026-02-04"), 2),
        (("law", "due", "--regime", "gdpr:DE", "--received", "2026-02-03", "--clock", "breach_authority"), 2),
        (("law", "due", "--regime", "gdpr:DE", "--received", "9999-12-31"), 2),
        (("law", "due", "--regime", "gdpr:DE", "--received", "9999-12-31T23:59:00-12:00"), 2),
        (("dsar", "open", "--right", "access", "--regime", "gdpr:DE", "--received", "9999-12-31"), 2),
        (("law", "due", "--regime", "gdpr:DE", "--received", "2026-02-03", "--event", "id_asked=2026-02-02"), 2),
        (("law", "due", "--regime", "gdpr:DE", "--received", "2026-02-03", "--event", "id_received=2026-02-09"), 2),
    ],
    ids=lambda item: " ".join(item) if isinstance(item, tuple) else "",
)
def test_what_cannot_be_is_told_and_makes_nothing(
    inside: Cli, tmp_path: Path, words: tuple[str, ...], code: int
) -> None:
    done = inside(*words)
    assert (done.exit_code, done.stdout) == (code, "")
    assert done.stderr.startswith("privacy: ")
    assert not (tmp_path / "privacy.db").exists()


def test_a_step_that_is_not_allowed_exits_7_and_changes_nothing(inside: Cli) -> None:
    name = opened(inside)
    before = inside("dsar", "show", name, "--format", "json").json()
    done = inside("dsar", "answer", name, "--kind", "fee")
    assert done.exit_code == 7
    late = inside("dsar", "extend", name, "--reason", "number", "--on", "2026-12-03", "--today", "2026-12-04")
    assert (late.exit_code, "2026-12-02" in late.stderr) == (7, True)
    assert inside("dsar", "show", name, "--format", "json").json() == before


def test_ids_count_within_the_year_of_receipt(inside: Cli) -> None:
    assert [opened(inside), opened(inside), opened(inside, received="2025-12-30")] == [
        "R-2026-0001",
        "R-2026-0002",
        "R-2025-0001",
    ]


def test_reading_commands_need_no_store(inside: Cli, tmp_path: Path) -> None:
    assert inside("dsar", "list", "--format", "json").json() == []
    assert inside("dsar", "overdue").exit_code == 0
    assert inside("audit", "verify").stdout == "0 entries: internally consistent, not anchored.\n"
    assert inside("law", "list", "--format", "json").json()
    assert not list(tmp_path.glob("privacy*"))


def test_an_edit_of_the_journal_shows(inside: Cli, tmp_path: Path) -> None:
    opened(inside)
    opened(inside)
    head = inside("audit", "head").stdout.strip()
    assert inside("audit", "verify", "--head", head).exit_code == 0
    assert "not anchored" in inside("audit", "verify").stdout
    opened(inside)
    assert inside("audit", "verify", "--head", head).exit_code == 0
    with sqlite3.connect(tmp_path / "privacy.db") as store:
        store.execute("DELETE FROM journal WHERE number > 1")
    assert inside("audit", "verify").exit_code == 6
    with sqlite3.connect(tmp_path / "privacy.db") as store:
        store.execute("DELETE FROM request_event WHERE request_id > 'R-2026-0001'")
        store.execute("DELETE FROM request WHERE id > 'R-2026-0001'")
    assert inside("audit", "verify").exit_code == 0
    assert inside("audit", "verify", "--head", head).exit_code == 6
    with sqlite3.connect(tmp_path / "privacy.db") as store:
        store.execute("UPDATE journal SET actor = 'eve'")
    store.close()
    assert inside("audit", "verify").exit_code == 6


def test_requests_survive_backup_and_restore(cli: Cli, inside: Cli, tmp_path: Path) -> None:
    done = cli(
        *("dsar", "open", "--right", "erasure", "--regime", "ukgdpr:ENG", "--received", "2026-11-02"),
        *("--identifiers", "-", "--today", "2026-11-24"),
        stdin=IDENTIFIERS,
    )
    assert done.exit_code == 0
    assert inside("store", "backup", "safe.zip").exit_code == 0
    (tmp_path / "elsewhere").mkdir()
    there: dict[str, Any] = {"env": {"PRIVACY_STORE": "sqlite:///elsewhere/privacy.db"}}
    assert inside("store", "restore", "safe.zip", **there).exit_code == 0
    shown = inside("dsar", "show", "R-2026-0001", "--identifiers", "--format", "json", **there)
    assert json.loads(shown.stdout)[0]["identifiers"]["name"] == ["Zqcanaria Xylvester"]
    assert inside("audit", "verify", **there).exit_code == 0


def test_the_journal_vouches_for_requests_in_postgresql_too(inside: Cli, postgresql_url: str) -> None:
    there: dict[str, Any] = {"env": {"PRIVACY_STORE": postgresql_url}}
    words = ("--right", "access", "--regime", "gdpr:DE", "--received", "2026-11-02", "--today", "2026-11-24")
    assert inside("dsar", "open", *words, **there).exit_code == 0
    assert inside("dsar", "extend", "R-2026-0001", "--reason", "number", "--on", "2026-11-04", **there).exit_code == 0
    done = inside("audit", "verify", **there)
    assert done.exit_code == 0, done.stdout + done.stderr
