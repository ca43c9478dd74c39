"""``privacy ropa`` as people use it: from files, in an editor on a terminal, and in a script that reads exit codes."""

from __future__ import annotations

import csv
import json
import os
import pty
import re
import sqlite3
import subprocess
import sys
from contextlib import closing
from dataclasses import dataclass
from io import StringIO
from pathlib import Path

import pytest

from tests.conftest import Cli, Run, clean_environment

CARE = """\
# Ask sales before changing this one.
key = "care"
name = "Customer care"
purposes = ["Answering questions"] # and complaints
data_subjects = ["customers"]
categories = ["contact.email", "identity.name"]
recipients = "none"
fields = ["crm:main.customers"]
security_measures = ["access by role"]

[[retention]] # as agreed
period = "P3Y"

[[legal_basis]]
code = "6.1.b"
"""
PAYROLL = 'key = "payroll"\nname = "Payroll"\n'
FIRST = ("Anna", "Peter", "Maria", "James", "Susan", "David")
LAST = ("Miller", "Schmidt", "Garcia", "Johnson", "Brown", "Rossi")
ORGANISATION = """
[organisation]
name = "Example GmbH"
country = "DE"
email = "privacy@example.org"
"""


@pytest.fixture
def desk(inside: Cli, tmp_path: Path) -> Path:
    """A folder with a scanned source, its organisation, and no record yet."""
    (tmp_path / "config.toml").write_text(f'{ORGANISATION}\n[[sources]]\nname = "crm"\npath = "crm.db"\n')
    with closing(sqlite3.connect(tmp_path / "crm.db")) as connection:
        connection.execute("CREATE TABLE customers (email TEXT, full_name TEXT)")
        connection.execute("CREATE TABLE newsletter (email TEXT)")
        names = [f"{first} {last}" for first in FIRST for last in LAST]
        rows = [(f"ann{number}@example.org", name) for number, name in enumerate(names)]
        connection.executemany("INSERT INTO customers VALUES (?, ?)", rows)
        connection.executemany("INSERT INTO newsletter VALUES (?)", [row[:1] for row in rows])
        connection.commit()
    assert inside("scan").exit_code == 0
    return tmp_path


def declare(inside: Cli, folder: Path, *bodies: str) -> None:
    for body in bodies:
        path = folder / "activity.toml"
        path.write_text(body)
        done = inside("ropa", "add", "--from", path)
        assert done.exit_code == 0, done.stderr


def journal(inside: Cli) -> list[tuple[str, str]]:
    done = inside("audit", "export", "--format", "json")
    return [(entry["action"], entry["target"]) for entry in done.json()]


@dataclass(frozen=True)
class Terminal:
    """Runs ``privacy`` on a terminal, with an editor that is a script."""

    folder: Path
    guard_log: Path

    def __call__(self, *args: str, editor: str, answers: str = "") -> Run:
        """``editor`` is Python that gets the text's path as ``path``; ``answers`` is what is typed."""
        script = self.folder / "editor.py"
        script.write_text(f"import sys\nfrom pathlib import Path\npath = Path(sys.argv[1])\n{editor}\n")
        master, slave = pty.openpty()
        environment = clean_environment(self.folder, self.guard_log)
        environment |= {"EDITOR": f"{sys.executable} {script}", "TMPDIR": str(self.folder)}
        try:
            os.write(master, answers.encode())
            done = subprocess.run(
                [sys.executable, "-m", "privacy", *args],
                stdin=slave,
                stdout=slave,
                stderr=subprocess.PIPE,
                encoding="utf-8",
                cwd=self.folder,
                env=environment,
                timeout=60,
                check=False,
            )
        finally:
            os.close(slave)
            os.close(master)
        return Run(done.returncode, "", done.stderr)

    def kept(self) -> list[Path]:
        """Texts that are kept for their author."""
        return list(self.folder.glob("privacy-*.toml"))


@pytest.fixture
def terminal(tmp_path: Path, guard_log: Path) -> Terminal:
    return Terminal(tmp_path, guard_log)


# Reading commands before there is anything


@pytest.mark.parametrize("command", ["list", "check"])
def test_without_a_store_there_is_nothing_to_list(inside: Cli, command: str) -> None:
    done = inside("ropa", command, "--format", "json")
    assert (done.exit_code, done.json()) == (0, [])
    assert "no processing activity yet" in inside("ropa", command).stdout


def test_without_a_store_the_record_is_empty_and_none_is_made(inside: Cli, tmp_path: Path) -> None:
    for form in ("md", "html", "json", "csv", "toml"):
        assert inside("ropa", "export", "--format", form).exit_code == 0
    assert inside("ropa", "show", "care").exit_code == 2
    assert list(tmp_path.iterdir()) == []


# Declaring


def test_an_activity_from_a_file_is_kept_as_it_was_written(inside: Cli, desk: Path) -> None:
    declare(inside, desk, CARE)
    assert inside("ropa", "show", "care", "--format", "toml").stdout == CARE
    [row] = inside("ropa", "list", "--format", "json").json()
    assert (row["key"], row["name"], row["categories"], row["fields"], row["gaps"]) == (
        "care",
        "Customer care",
        2,
        2,
        0,
    )
    assert ("ropa.added", "care") in journal(inside)
    again = inside("ropa", "add", "--from", "activity.toml")
    assert again.exit_code == 7
    assert "`privacy ropa edit care`" in again.stderr


def test_an_activity_from_standard_input(cli: Cli) -> None:
    assert cli("ropa", "add", "payroll", "--from", "-", stdin=PAYROLL).exit_code == 0
    assert cli("ropa", "edit", "payroll", "--from", "-", stdin=PAYROLL + "# more\n").exit_code == 0
    assert cli("ropa", "show", "payroll", "--format", "toml").stdout == PAYROLL + "# more\n"
    assert cli("ropa", "remove", "payroll").exit_code == 2
    assert cli("ropa", "remove", "payroll", "--reason", " ").exit_code == 2
    assert cli("ropa", "remove", "payroll", "--reason", "Outsourced").exit_code == 0
    assert cli("ropa", "list", "--format", "json").json() == []


def test_without_a_terminal_there_is_no_editor(cli: Cli, tmp_path: Path) -> None:
    done = cli("ropa", "add", "payroll", env={"EDITOR": "touch /should/not/run"})
    assert done.exit_code == 2
    assert "--from FILE" in done.stderr
    assert cli("ropa", "add").exit_code == 2
    assert list(tmp_path.glob("privacy-*")) == []


@pytest.mark.parametrize(
    ("args", "text", "said"),
    [
        (["add"], 'key = "a"\nname = "A"\npurpose = 1', "purpose: there is no such key; did you mean purposes?"),
        (["add", "b"], 'key = "a"\nname = "A"', 'key: has to stay "b"'),
        (["add", "B"], 'key = "B"\nname = "A"', "a to z"),
        (["edit", "care"], 'key = "a"\nname = "A"', 'key: has to stay "care"'),
        (["edit", "car"], "", "There is no activity 'car'. Did you mean care?"),
        (["add"], "\udcff", "is not UTF-8"),
    ],
)
def test_a_mistake_saves_nothing(inside: Cli, desk: Path, args: list[str], text: str, said: str) -> None:
    declare(inside, desk, CARE)
    (desk / "bad.toml").write_bytes(text.encode("utf-8", "surrogateescape"))
    done = inside("ropa", *args, "--from", "bad.toml")
    assert (done.exit_code, done.stdout) == (2, "")
    assert said in done.stderr
    assert inside("ropa", "export", "--format", "toml").stdout == "[[activities]]\n" + CARE.replace(
        "[[retention]]", "[[activities.retention]]"
    ).replace("[[legal_basis]]", "[[activities.legal_basis]]")


def test_a_file_that_is_not_there(inside: Cli) -> None:
    for words in (("add", "--from", "no.toml"), ("import", "no.toml")):
        done = inside("ropa", *words)
        assert done.exit_code == 2
        assert "no.toml cannot be read" in done.stderr


# In an editor


def test_a_new_activity_in_the_editor(terminal: Terminal, inside: Cli) -> None:
    editor = "path.write_text(path.read_text().replace('name = \"\"', 'name = \"Payroll\"'))"
    done = terminal("ropa", "add", "payroll", editor=editor)
    assert done.exit_code == 0, done.stderr
    text = inside("ropa", "show", "payroll", "--format", "toml").stdout
    assert "# How people name it." in text
    assert 'name = "Payroll"' in text
    assert terminal.kept() == []
    assert terminal("ropa", "add", "payroll", editor="raise SystemExit(9)").exit_code == 7


def test_a_template_that_comes_back_as_it_was_is_not_added(terminal: Terminal, inside: Cli) -> None:
    done = terminal("ropa", "add", "payroll", editor="")
    assert done.exit_code == 0
    assert "nothing was added" in done.stderr
    assert inside("ropa", "list", "--format", "json").json() == []
    assert terminal.kept() == []


def test_a_change_keeps_comments_and_versions(terminal: Terminal, inside: Cli, desk: Path) -> None:
    declare(inside, desk, CARE)
    done = terminal("ropa", "edit", "care", editor="path.write_text(path.read_text().replace('P3Y', 'P4Y'))")
    assert done.exit_code == 0, done.stderr
    assert "Changed: care" in done.stderr
    assert inside("ropa", "show", "care", "--format", "toml").stdout == CARE.replace("P3Y", "P4Y")
    assert journal(inside)[-1] == ("ropa.edited", "care")
    assert terminal.kept() == []


def test_no_change_is_no_version(terminal: Terminal, inside: Cli, desk: Path) -> None:
    declare(inside, desk, CARE)
    before = journal(inside)
    done = terminal("ropa", "edit", "care", editor="path.write_text(path.read_text())")
    assert done.exit_code == 0
    assert "unchanged: nothing was saved" in done.stderr
    done = inside("ropa", "edit", "care", "--from", "activity.toml")
    assert "unchanged: nothing was saved" in done.stderr
    assert journal(inside) == before


SPOIL = "path.write_text(path.read_text() + '\\n[[retention]]\\nperiod = \"soon\" # typed for an hour\\n')"


@pytest.mark.parametrize("answers", ["n\n", "\x04"], ids=["no", "end of input"])
def test_a_mistake_is_shown_and_the_text_is_kept(terminal: Terminal, inside: Cli, desk: Path, answers: str) -> None:
    declare(inside, desk, CARE)
    done = terminal("ropa", "edit", "care", editor=SPOIL, answers=answers)
    assert done.exit_code == 2, done.stderr
    assert "retention.2.period: is written as an ISO 8601 period" in done.stderr
    assert "Edit it again?" in done.stderr
    (kept,) = terminal.kept()
    assert f"Your text is kept in {kept}" in done.stderr
    assert "typed for an hour" in kept.read_text()
    assert inside("ropa", "show", "care", "--format", "toml").stdout == CARE


def test_after_a_mistake_the_same_text_is_opened_again(terminal: Terminal, inside: Cli, desk: Path) -> None:
    declare(inside, desk, CARE)
    editor = (
        "text = path.read_text()\n"
        "path.write_text(text.replace('soon', 'P9Y') if 'soon' in text else text.replace('P3Y', 'soon'))"
    )
    done = terminal("ropa", "edit", "care", editor=editor, answers="y\n")
    assert done.exit_code == 0, done.stderr
    assert inside("ropa", "show", "care", "--format", "toml").stdout == CARE.replace("P3Y", "P9Y")
    assert terminal.kept() == []


def test_an_editor_that_fails_loses_nothing(terminal: Terminal, inside: Cli, desk: Path) -> None:
    declare(inside, desk, CARE)
    done = terminal("ropa", "edit", "care", editor=SPOIL + "\nraise SystemExit(3)")
    assert done.exit_code == 3
    assert "The editor ended with the code 3" in done.stderr
    (kept,) = terminal.kept()
    assert "typed for an hour" in kept.read_text()
    kept.unlink()
    assert terminal("ropa", "edit", "care", editor="raise SystemExit(3)").exit_code == 3
    assert terminal.kept() == []


def test_what_the_editor_leaves_is_no_text(terminal: Terminal, inside: Cli, desk: Path) -> None:
    declare(inside, desk, CARE)
    done = terminal("ropa", "edit", "care", editor="path.write_bytes(b'\\xff')")
    assert done.exit_code == 2
    assert len(terminal.kept()) == 1


def test_somebody_else_was_faster(terminal: Terminal, inside: Cli, desk: Path) -> None:
    declare(inside, desk, CARE)
    (desk / "other.toml").write_text(CARE.replace("P3Y", "P5Y"))
    editor = (
        "import subprocess\n"
        "words = 'ropa edit care --from other.toml'.split()\n"
        "subprocess.run([sys.executable, '-m', 'privacy', *words], check=True)\n"
        "path.write_text(path.read_text().replace('P3Y', 'P4Y'))"
    )
    done = terminal("ropa", "edit", "care", editor=editor)
    assert done.exit_code == 7, done.stderr
    assert "while you edited it" in done.stderr
    (kept,) = terminal.kept()
    assert "P4Y" in kept.read_text()
    assert "P5Y" in inside("ropa", "show", "care", "--format", "toml").stdout


def test_an_editor_that_is_not_there(terminal: Terminal, inside: Cli, desk: Path) -> None:
    declare(inside, desk, CARE)
    for editor in ("/no/such/editor", "'open quote"):
        master, slave = pty.openpty()
        done = subprocess.run(
            [sys.executable, "-m", "privacy", "ropa", "edit", "care"],
            stdin=slave,
            stdout=slave,
            stderr=subprocess.PIPE,
            encoding="utf-8",
            cwd=desk,
            env=clean_environment(desk, terminal.guard_log) | {"VISUAL": editor, "TMPDIR": str(desk)},
            timeout=60,
            check=False,
        )
        os.close(slave)
        os.close(master)
        assert done.returncode == 3, done.stderr
        assert "$EDITOR" in done.stderr
    assert terminal.kept() == []


# The record as text

REGISTER = """\
# The record of Example GmbH.

# Ask sales.
[[activities]]
key = "care"
name = "Customer care"
# about the mailer
[[activities.recipients]]
name = "Mailer" # since 2024
kind = "processor"

# Payroll: ask Anna.
[[activities]]
key = "payroll"
name = "Payroll"
"""


def test_a_record_comes_back_as_text_with_its_comments(inside: Cli, tmp_path: Path) -> None:
    (tmp_path / "register.toml").write_text(REGISTER)
    first = inside("ropa", "import", "register.toml")
    assert first.exit_code == 0
    assert "2 added: care, payroll" in first.stderr
    assert inside("ropa", "export", "--format", "toml", "-o", "out.toml").exit_code == 0
    out = (tmp_path / "out.toml").read_text()
    assert sorted(re.findall("#.*", out)) == sorted(re.findall("#.*", REGISTER))
    before = journal(inside)
    for path in ("out.toml", "register.toml"):
        assert "2 unchanged: care, payroll" in inside("ropa", "import", path).stderr
    assert journal(inside) == before
    (tmp_path / "out.toml").write_text(out.replace('"Payroll"', '"Wages"').replace('"care"', '"support"'))
    changed = inside("ropa", "import", "out.toml")
    assert "1 added: support" in changed.stderr
    assert "1 changed: payroll" in changed.stderr
    assert "1 in the record and not in the file: left as they are" in changed.stderr
    assert [row["key"] for row in inside("ropa", "list", "--format", "json").json()] == ["care", "payroll", "support"]


def test_an_import_takes_all_or_nothing(inside: Cli, tmp_path: Path) -> None:
    bad = REGISTER.replace('"processor"', '"procesor"') + '\n[[activities]]\nkey = "care"\nname = "Again"\nfoo = 1\n'
    (tmp_path / "register.toml").write_text(bad)
    done = inside("ropa", "import", "register.toml")
    assert done.exit_code == 2
    for words in ("activities.1", "recipients.1.kind", "processor?", "activities.3", "foo", "Nothing was taken over"):
        assert words in done.stderr
    (tmp_path / "register.toml").write_text(REGISTER + '\n[[activities]]\nkey = "care"\nname = "Again"\n')
    assert "there is another activity care" in inside("ropa", "import", "register.toml").stderr
    assert inside("ropa", "list", "--format", "json").json() == []
    (tmp_path / "register.toml").write_text("# nothing yet\n")
    assert "nothing to take over" in inside("ropa", "import", "register.toml").stderr


# What is missing


def test_check_fails_on_both_gaps_and_says_where(inside: Cli, desk: Path) -> None:
    declare(inside, desk, CARE.replace('"identity.name"]', '"identity.name", "contact.phone"]'))
    done = inside("ropa", "check", "--format", "json")
    assert done.exit_code == 6
    gaps = {item["gap"]: item for item in done.json() if item["kind"] == "gap"}
    assert gaps.keys() == {"unclaimed", "not_found"}
    assert gaps["unclaimed"]["fields"] == ["crm:main.newsletter#email"]
    assert (gaps["not_found"]["activity"], gaps["not_found"]["categories"]) == ("care", ["contact.phone"])
    assert gaps["not_found"]["article"] == "Art. 30(1)(c)"
    table = inside("ropa", "check")
    assert table.exit_code == 6
    assert "crm:main.newsletter" in table.stdout


def test_check_passes_when_nothing_is_open(inside: Cli, desk: Path) -> None:
    declare(inside, desk, CARE.replace("main.customers", "*"))
    done = inside("ropa", "check", "--format", "json")
    assert done.exit_code == 0, done.stdout
    assert {item["kind"] for item in done.json()} <= {"hint"}


def test_check_fails_on_what_art_30_misses(inside: Cli, desk: Path) -> None:
    declare(inside, desk, CARE.replace("main.customers", "*").replace('recipients = "none"\n', ""))
    done = inside("ropa", "check", "--format", "json")
    assert done.exit_code == 6
    assert [(item["article"], item["where"]) for item in done.json() if item["kind"] == "missing"] == [
        ("Art. 30(1)(d)", "recipients")
    ]
    (desk / "config.toml").write_text((desk / "config.toml").read_text().replace('name = "Example GmbH"\n', ""))
    missing = [item["article"] for item in inside("ropa", "check", "--format", "json").json() if item["required"]]
    assert missing == ["Art. 30(1)(a)", "Art. 30(1)(d)"]


def test_a_source_that_was_not_scanned_is_told(inside: Cli, desk: Path) -> None:
    with (desk / "config.toml").open("a") as config:
        config.write('[[sources]]\nname = "hr"\npath = "hr"\n')
    declare(inside, desk, CARE.replace("main.customers", "*"), PAYROLL + 'fields = ["hr:*"]\n')
    done = inside("ropa", "check", "--format", "json")
    assert done.exit_code == 6
    assert [item["where"] for item in done.json() if item["kind"] == "gap"] == ["hr: never scanned"]
    page = inside("ropa", "export").stdout
    assert "hr was not scanned" in page


# The documents


def test_the_record_in_every_format(inside: Cli, desk: Path) -> None:
    declare(inside, desk, CARE)
    for form in ("md", "html", "json", "csv"):
        done = inside("ropa", "export", "--layout", "art30", "--format", form, "-o", f"record.{form}")
        assert (done.exit_code, done.stdout) == (0, "")
    markdown, page = (desk / "record.md").read_text(), (desk / "record.html").read_text()
    for text in (markdown, page):
        assert "Example GmbH" in text
        assert "privacy@example.org" in text.replace("\\", "")
        assert "Customer care" in text
    assert page.startswith("<!DOCTYPE html>")
    data = json.loads((desk / "record.json").read_text())
    assert [one["outcome"] for one in data["coverage"]] == ["found"]
    assert data["activities"][0]["categories"][0]["evidence"][0]["ref"] == "crm:main.customers#email"
    [row] = csv.DictReader(StringIO((desk / "record.csv").read_text()))
    assert row["found"] == "E-mail address; Name of a person"


def test_no_value_is_in_any_document(inside: Cli, desk: Path) -> None:
    declare(inside, desk, CARE)
    said = [
        inside("ropa", *words).stdout
        for words in (
            *(("export", "--format", form) for form in ("md", "html", "json", "csv", "toml")),
            *(("show", "care", "--format", form) for form in ("table", "json", "toml")),
            *(("list", "--format", form) for form in ("table", "json", "csv")),
            *(("check", "--format", form) for form in ("table", "json", "csv")),
        )
    ]
    assert all(said)
    assert not [text for text in said if re.search("ann[0-9]|miller|garcia|rossi", text, re.IGNORECASE)]


def test_show_is_a_page_on_one_activity(inside: Cli, desk: Path) -> None:
    declare(inside, desk, CARE)
    page = inside("ropa", "show", "care")
    assert page.exit_code == 0
    for words in ("Customer care", "Purposes, (b)", "Answering questions", "found in 1 field"):
        assert words in page.stdout
    data = inside("ropa", "show", "care", "--format", "json").json()
    assert data["declared"]["retention"][0]["period"] == "P3Y"
    assert data["author"]
    assert inside("ropa", "show", "care", "-o", "care.txt").exit_code == 0
    assert "Purposes, (b)" in (desk / "care.txt").read_text()
