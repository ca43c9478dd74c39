"""What every command has in common: exit codes, streams, global options, and output that is safe to show."""

from __future__ import annotations

import csv
import io
import json
import os
import pty
import re
import signal
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import Cli, Desk, clean_environment

PEOPLE = "id,email,full_name\n" + "".join(f"{n},a{n}@example.org,Ann Miller\n" for n in range(40))
LISTINGS = [
    ("map", "show"),
    ("map", "fields"),
    ("map", "coverage"),
    ("map", "coverage", "--skipped"),
    ("map", "diff"),
    ("sources", "list"),
    ("sources", "check"),
    ("doctor",),
]
ESCAPE = "\x1b"


def make_sources(folder: Path) -> None:
    (folder / "share" / "letters").mkdir(parents=True)
    (folder / "share" / "people.csv").write_text(PEOPLE)
    (folder / "share" / "letters" / "a-letter-with-a-rather-long-name-to-the-customer.txt").write_text(
        "Dear Ann Miller,\nwrite to ann.miller@example.org or call +49 30 1234567.\n"
    )
    (folder / "share" / "scan.pdf").write_bytes(b"%PDF-1.7\n")
    with closing(sqlite3.connect(folder / "shop.db")) as connection, connection:
        connection.execute("CREATE TABLE customers (id INTEGER PRIMARY KEY, email TEXT, notes TEXT)")
        connection.executemany(
            "INSERT INTO customers VALUES (NULL, ?, ?)", [(f"a{n}@example.org", "fine") for n in range(40)]
        )


@pytest.fixture(scope="module")
def scanned(desk: Desk) -> Desk:
    make_sources(desk.folder)
    run = desk.inside("scan", "share", "shop.db")
    assert run.exit_code == 5, run.stderr
    return desk


@pytest.mark.parametrize("args", LISTINGS, ids=" ".join)
def test_json_is_one_array_and_nothing_else(scanned: Desk, args: tuple[str, ...]) -> None:
    for more in ((), ("-vv",), ("-q",), ("--today", "2030-01-01")):
        found = scanned.inside(*args, "--format", "json", *more).json()
        assert isinstance(found, list)
        assert all(isinstance(item, dict) for item in found)


@pytest.mark.parametrize("args", [item for item in LISTINGS if item != ("doctor",)], ids=" ".join)
def test_an_absent_store_is_empty(inside: Cli, tmp_path: Path, args: tuple[str, ...]) -> None:
    run = inside(*args, "--format", "json")
    assert (run.exit_code, run.json()) == (0, [])
    assert inside(*args).exit_code == 0
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("args", LISTINGS, ids=" ".join)
def test_csv_has_one_header_and_one_width(scanned: Desk, args: tuple[str, ...]) -> None:
    rows = list(csv.reader(io.StringIO(scanned.inside(*args, "--format", "csv").stdout)))
    assert rows
    assert {len(row) for row in rows} == {len(rows[0])}


def test_scan_prints_one_array_too(inside: Cli, tmp_path: Path) -> None:
    (tmp_path / "people.csv").write_text(PEOPLE)
    [source] = inside("scan", "people.csv", "--format", "json", "-vv").json()
    assert source["categories"] == {"contact.email": 1, "identity.name": 1}
    [asset] = inside("scan", "people.csv", "--format", "json", "--dry-run").json()
    assert (asset["asset"], asset["bytes"]) == ("people.csv", len(PEOPLE))


def test_the_fields_are_those_of_the_contract(scanned: Desk) -> None:
    records = scanned.inside("map", "fields", "--format", "json").json()
    wanted = {
        "source", "asset", "field", "ref", "category", "class", "state", "score", "prevalence", "prevalence_low",
        "prevalence_high", "sampled", "distinct", "subject", "decided", "contains", "alternates", "shapes", "evidence",
    }  # fmt: skip
    for record in records:
        assert wanted <= record.keys()
        assert (record["category"] is not None) == (record["state"] in ("confirmed", "likely", "name_only"))
        assert (record["class"] is not None) == (record["category"] is not None)
        for item in record["evidence"]:
            assert {"detector", "kind", "matched", "of", "score"} <= item.keys()
    email = next(item for item in records if item["ref"] == "share:people.csv#email")
    assert (email["category"], email["state"], email["sampled"]) == ("contact.email", "confirmed", 40)
    letter = next(item for item in records if item["asset"].startswith("letters/"))
    assert (letter["field"], letter["category"]) == ("body", "text.personal")
    assert {"contact.email", "contact.phone"} <= {item["category"] for item in letter["contains"]}


# Global options


def test_options_before_and_after_the_verb(inside: Cli, tmp_path: Path) -> None:
    (tmp_path / "people.csv").write_text(PEOPLE)
    stores = [f"sqlite:///{name}.db" for name in ("before", "after", "environment")]
    before, after, environment = stores
    assert inside("--store", before, "scan", "people.csv").exit_code == 0
    assert inside("scan", "people.csv", "--store", after).exit_code == 0
    assert inside("--store", "sqlite:///nowhere/x.db", "map", "fields", "--store", after).stdout != ""
    assert inside("scan", "people.csv", env={"PRIVACY_STORE": environment}).exit_code == 0
    assert {path.name for path in tmp_path.glob("*.db")} == {"before.db", "after.db", "environment.db"}
    assert len(inside("map", "fields", "--format", "json", env={"PRIVACY_STORE": environment}).json()) == 3
    assert inside("map", "fields", "--store", before, "--format", "json", env={"PRIVACY_STORE": "x://"}).exit_code == 0


@pytest.mark.parametrize("args", LISTINGS, ids=" ".join)
def test_a_day_that_was_given_is_printed(inside: Cli, args: tuple[str, ...]) -> None:
    for run in (
        inside(*args, "--today", "2031-02-03"),
        inside("--today", "2031-02-03", *args),
        inside(*args, env={"PRIVACY_TODAY": "2031-02-03"}),
        inside("--today", "2020-01-01", *args, "--today", "2031-02-03"),
    ):
        assert "Counted from 2031-02-03, as given." in run.stderr
    assert "Counted" not in inside(*args).stderr


@pytest.mark.parametrize("day", ["tomorrow", "2026-02-30", "20260101", ""])
def test_a_day_that_is_none(inside: Cli, day: str) -> None:
    assert inside("map", "show", "--today", day).exit_code == 2
    if day:  # an empty variable is none
        assert inside("map", "show", env={"PRIVACY_TODAY": day}).exit_code == 2


def test_quiet_says_only_results(inside: Cli, tmp_path: Path) -> None:
    (tmp_path / "people.csv").write_text(PEOPLE)
    run = inside("scan", "people.csv", "-q", "--format", "csv")
    assert (run.exit_code, run.stderr) == (0, "")
    assert run.stdout.startswith("source,")


# Exit codes


@pytest.mark.parametrize(
    "args",
    [
        ("--no-such-option",),
        ("no-such-command",),
        ("map", "no-such-command"),
        ("map", "fields", "--no-such-option"),
        ("map", "fields", "--format", "xml"),
        ("map", "explain"),
        ("map", "decide", "a:b#c", "--category", "contact.email"),
        ("scan", "--sample-rows", "0", "."),
    ],
    ids=" ".join,
)
def test_a_misspelt_command_is_a_usage_error(cli: Cli, args: tuple[str, ...]) -> None:
    run = cli(*args)
    assert (run.exit_code, run.stdout) == (2, "")
    assert run.stderr


@pytest.mark.parametrize(
    ("args", "exit_code", "said"),
    [
        (("map", "fields", "--state", "sure"), 2, "the states are confirmed"),
        (("map", "fields", "--category", "contact.emial"), 2, "contact.email"),
        (("map", "fields", "--source", "nope"), 2, "There are: share, shop"),
        (("map", "show", "--scan", "99"), 2, "no scan 99"),
        (("map", "diff", "1", "99"), 2, "no scan 99"),
        (("map", "explain", "no reference"), 2, "is not written source:asset#field"),
        (("map", "explain", "share:people.csv#emial"), 2, "'share:people.csv#email'"),
        (("map", "decide", "share:people.csv#id", "--reason", "x"), 2, "exactly one of"),
        (("map", "decide", "share:people.csv#id", "--reason", " ", "--not-personal"), 2, "--reason is empty"),
        (("map", "decide", "share:people.csv#id", "--reason", "x", "--category", "cat"), 2, "cat"),
        (("map", "decide", "share:people.csv#id", "--reason", "x", "--withdraw"), 7, "no decision"),
        (("scan", "share", "--full", "--sample-rows", "5"), 2, "give one of them"),
        (("scan", "share", "--fail-on", "emails"), 2, "neither a category, nor a class"),
        (("scan", "nothing-here"), 4, "There is nothing at"),
        (("scan", "nothing-here", "--dry-run"), 4, "There is nothing at"),
        (("scan", "sqlite:///nothing.db"), 4, "There is no database at"),
        (("scan", "ftp://host/x"), 3, "no connector for ftp://"),
        (("scan", "postgresql://u@127.0.0.1:1/x"), 4, "None of the sources could be opened"),
        (("sources", "check", "nope"), 2, "No source 'nope' is configured"),
        (("map", "show", "--store", "sqlite:///share/people.csv"), 4, "it is not a SQLite database"),
        (("map", "show", "--store", "sqlite:///shop.db"), 4, "holds other tables and no store"),
        (("map", "show", "--store", "postgresql://u@127.0.0.1:1/x"), 4, "cannot be reached"),
        (("init", "--store", "sqlite:///no/folder/x.db"), 4, "cannot be created"),
        (("store", "backup", "shop.db"), 7, "exists"),
        (("store", "backup", "x.zip", "--store", "sqlite:///none.db"), 4, "There is no store at none.db"),
        (("map", "show", "--config", "absent.toml"), 3, "no configuration file"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, tuple) else "",
)
def test_exit_codes_with_a_sentence(scanned: Desk, args: tuple[str, ...], exit_code: int, said: str) -> None:
    run = scanned.inside(*args)
    assert (run.exit_code, run.stdout) == (exit_code, "") or args[:2] == ("scan", "postgresql://u@127.0.0.1:1/x")
    assert run.exit_code == exit_code
    assert said in run.stderr
    assert "Traceback" not in run.stderr


def test_a_broken_installation_is_an_unexpected_error_without_its_message(cli: Cli, tmp_path: Path) -> None:
    broken = tmp_path / "broken" / "sqlalchemy"
    broken.mkdir(parents=True)
    (broken / "__init__.py").write_text("customer = 'Ann Miller'\nraise RuntimeError(f'no such customer {customer}')\n")
    path = clean_environment(tmp_path, tmp_path)["PYTHONPATH"]
    (tmp_path / "privacy.db").touch()
    run = cli("map", "show", env={"PYTHONPATH": f"{tmp_path / 'broken'}:{path}"})
    assert (run.exit_code, run.stdout) == (1, "")
    assert "unexpected error, which is a mistake in this tool: RuntimeError" in run.stderr
    assert 'sqlalchemy/__init__.py", line 2' in run.stderr
    assert "Miller" not in run.stderr


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="this system has no /dev/full")
def test_a_full_disk_is_told(scanned: Desk) -> None:
    with Path("/dev/full").open("w") as full:
        done = started(scanned, "map", "fields", "--format", "json", stdout=full)
        _, err = done.communicate(timeout=60)
    assert done.returncode == 1
    assert "the output cannot be written: No space left" in err
    assert "Traceback" not in err


# Streams


def started(desk: Desk, *args: str, **streams: Any) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "privacy", *args],
        cwd=desk.folder,
        env=clean_environment(desk.folder, desk.guard_log),
        stdin=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
        **streams,
    )


@pytest.mark.parametrize("form", ["table", "json", "csv"])
def test_a_reader_who_has_enough(scanned: Desk, form: str) -> None:
    """``privacy map fields | head -1``: no complaint, whenever the reader goes."""
    read, write = os.pipe()
    os.close(read)
    process = started(scanned, "map", "fields", "--all", "--format", form, stdout=write)
    os.close(write)
    _, err = process.communicate(timeout=60)
    assert process.returncode == 0
    assert [line for line in err.splitlines() if "more fields" not in line] == []


def test_a_file_is_written_whole_or_not_at_all(scanned: Desk, tmp_path: Path) -> None:
    target = tmp_path / "fields.json"
    target.write_text("old")
    run = scanned.inside("map", "explain", "share:people.csv#nope", "--format", "json", "-o", target)
    assert run.exit_code == 2
    assert target.read_text() == "old"
    run = scanned.inside("map", "fields", "--format", "json", "-o", target)
    assert (run.exit_code, run.stdout) == (0, "")
    assert len(json.loads(target.read_text())) > 3
    assert scanned.inside("map", "fields", "-o", tmp_path / "absent" / "x").exit_code == 2
    assert scanned.inside("map", "fields", "-o", tmp_path / "table.txt").exit_code == 0
    assert ESCAPE not in (tmp_path / "table.txt").read_text()
    assert {path.name for path in tmp_path.iterdir()} == {"fields.json", "table.txt"}


def on_terminal(desk: Desk, *args: str, columns: int = 80, **env: str) -> tuple[str, int]:
    """What a terminal of 80 columns gets, both streams, and the exit code."""
    master, slave = pty.openpty()
    import fcntl
    import struct
    import termios

    fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", 40, columns, 0, 0))
    environment = clean_environment(desk.folder, desk.guard_log)
    del environment["COLUMNS"]
    del environment["NO_COLOR"]
    process = subprocess.Popen(
        [sys.executable, "-m", "privacy", *args],
        cwd=desk.folder,
        env=environment | {"TERM": "xterm-256color"} | env,
        stdin=slave,
        stdout=slave,
        stderr=slave,
    )
    os.close(slave)
    written = b""
    while True:
        try:
            data = os.read(master, 65536)
        except OSError:
            break
        if not data:
            break
        written += data
    os.close(master)
    return written.decode(), process.wait()


def test_colours_only_where_they_are_wanted(scanned: Desk) -> None:
    args = ("map", "show")
    assert ESCAPE in on_terminal(scanned, *args)[0]
    assert ESCAPE not in on_terminal(scanned, *args, NO_COLOR="1")[0]
    assert ESCAPE not in on_terminal(scanned, *args, TERM="dumb")[0]
    assert ESCAPE not in scanned.cli(*args, env={"TERM": "xterm-256color", "NO_COLOR": ""}).stdout


def test_a_scan_on_a_terminal(scanned: Desk) -> None:
    shown, exit_code = on_terminal(scanned, "scan", "share", "shop.db", "--store", "sqlite:///terminal.db")
    assert exit_code == 5
    assert ESCAPE in shown
    shown, exit_code = on_terminal(scanned, "scan", "share", "--store", "sqlite:///terminal.db", TERM="dumb")
    assert exit_code == 5
    assert ESCAPE not in shown


@pytest.mark.parametrize(
    "args",
    [
        ("scan", "share", "shop.db", "--store", "sqlite:///wide.db"),
        ("map", "show"),
        ("map", "fields", "--all"),
        ("map", "explain", "share:people.csv#email"),
        ("map", "coverage"),
        ("map", "coverage", "--skipped"),
        ("map", "diff"),
        ("sources", "list"),
        ("doctor",),
    ],
    ids=" ".join,
)
def test_eighty_columns(scanned: Desk, args: tuple[str, ...]) -> None:
    run = scanned.inside(*args, env={"COLUMNS": "80"})
    lines = run.stdout.splitlines()
    assert lines
    commands = [line for line in lines if "privacy " in line or "pip install" in line]
    for line in lines:
        assert len(line) <= 80 or line in commands
    # A column is folded between words, never letter by letter.
    assert not re.search(r"(?m)^(?:.{0,70}\s)?\w\s*\n(?:.{0,70}\s)?\w\s*\n(?:.{0,70}\s)?\w\s*$", run.stdout)


# Names from hostile places

HOSTILE = {
    "markup": "[bold red]x[/] [link=https://example.org]y[/link]",
    "escape": "a\x1b[31mred\x1b]0;title\x07b",
    "bidi": "invoice\u202egpj.\u2066exe",
    "formula": '=HYPERLINK("https://example.org","x")',
    "plus": "+1+cmd|' /C calc'!A0",
    "lines": "one\ntwo\r\u2028three",
    "wide": "表" * 12 + "é" * 3,
    "quotes": "it's \"quoted\", isn't it; `$(x)`",
}


@pytest.fixture(scope="module")
def hostile(tmp_path_factory: pytest.TempPathFactory, desk: Desk) -> Desk:
    from tests.conftest import command_in, command_inside

    folder = tmp_path_factory.mktemp("hostile")
    (folder / "share").mkdir()
    for name in HOSTILE.values():
        (folder / "share" / f"{name.replace('/', '-')}.csv").write_text("email\nann@example.org\nbob@example.org\n")
    with closing(sqlite3.connect(folder / "odd.db")) as connection, connection:
        for name in HOSTILE.values():
            quoted = '"' + name.replace('"', '""') + '"'
            connection.execute(f"CREATE TABLE {quoted} (email TEXT, {quoted} TEXT)")
            connection.execute(f"INSERT INTO {quoted} VALUES ('ann@example.org', 'bob@example.org')")
    found = Desk(folder, command_in(folder, desk.guard_log), command_inside(folder), desk.guard_log)
    run = found.inside("scan", "share", "odd.db", "-vv")
    assert run.exit_code == 0, run.stderr
    assert_inert(run.stdout + run.stderr)
    return found


def assert_inert(written: str) -> None:
    for char in written:
        assert char == "\n" or char.isprintable() or char == "\u3000", repr(char)


@pytest.mark.parametrize("args", [item for item in LISTINGS if item != ("doctor",)], ids=" ".join)
def test_hostile_names_are_inert(hostile: Desk, args: tuple[str, ...]) -> None:
    shown = hostile.inside(*args, env={"COLUMNS": "200"})
    assert_inert(shown.stdout + shown.stderr)
    table = hostile.inside(*args, "--format", "csv")
    assert_inert(table.stdout)
    for row in csv.reader(io.StringIO(table.stdout)):
        for cell in row:
            assert cell[:1] not in ("=", "+", "-", "@") or re.fullmatch(r"[-+]?[\d.]+", cell)
    written = hostile.inside(*args, "--format", "json")
    assert ESCAPE not in written.stdout
    assert isinstance(written.json(), list)


def test_hostile_names_are_raw_in_json_and_shown_as_they_are_written(hostile: Desk) -> None:
    records = hostile.inside("map", "fields", "--format", "json").json()
    names = set(HOSTILE.values())
    assert {item["field"] for item in records if item["source"] == "odd"} == names | {"email"}
    assert {item["asset"] for item in records if item["source"] == "odd"} == {f"main.{name}" for name in names}
    shown = hostile.inside("map", "fields", "--source", "odd", env={"COLUMNS": "400"}).stdout
    assert HOSTILE["markup"] in shown
    assert "a\\x1b[31mred\\x1b]0;title\\x07b" in shown
    assert "invoice\\u202egpj" in shown


def test_hostile_names_can_be_explained(hostile: Desk) -> None:
    for record in hostile.inside("map", "fields", "--format", "json").json():
        shown = hostile.inside("map", "explain", record["ref"])
        assert shown.exit_code == 0
        assert_inert(shown.stdout + shown.stderr)


def test_an_interrupt_at_any_command_ends_it_quietly(scanned: Desk) -> None:
    """Nothing to interrupt in a listing but its start: no traceback all the same."""
    process = started(scanned, "map", "fields", stdout=subprocess.PIPE)
    process.send_signal(signal.SIGINT)
    process.communicate(timeout=60)
    assert process.returncode in (0, 130, -signal.SIGINT)
