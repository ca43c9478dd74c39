"""The configuration: the example shows and loads everything, and every mistake is told by its key."""

from __future__ import annotations

import re
import sqlite3
import tomllib
from contextlib import closing
from pathlib import Path

import pytest

from privacy import config
from privacy.config import Config, Organisation, ScanSettings, SourceSettings, StoreSettings
from tests.conftest import Cli

ROOT = Path(__file__).resolve().parents[2]
EXAMPLE = (ROOT / "config.example.toml").read_text()
#: The example with its sources in force: a ``#`` right before a letter or a bracket is a setting.
IN_FORCE = re.sub(r"(?m)^#(?=[a-z\[])", "", EXAMPLE)
SECTIONS = {"organisation": Organisation, "store": StoreSettings, "scan": ScanSettings}


def test_the_example_changes_nothing() -> None:
    assert config.parse(tomllib.loads(EXAMPLE), "the example") == Config()


def test_the_example_names_every_setting() -> None:
    raw = tomllib.loads(IN_FORCE)
    assert raw.keys() == Config.model_fields.keys()
    for section, model in SECTIONS.items():
        assert raw[section].keys() == model.model_fields.keys()
    assert {key for source in raw["sources"] for key in source} == set(SourceSettings.model_fields)


def test_the_sources_of_the_example_load() -> None:
    sources = config.parse(tomllib.loads(IN_FORCE), "the example").sources
    assert [source.name for source in sources] == [
        "shop",
        "share",
        "crm",
        "payroll",
        "app",
        "directory",
        "sales",
        "warehouse",
        "billing",
    ]


def test_every_setting_of_the_example_is_explained() -> None:
    """Above each setting, or above the block of a source, stands a sentence."""
    lines = EXAMPLE.splitlines()
    for number, line in enumerate(lines):
        if re.match(r"[a-z_]+ = ", line):
            assert lines[number - 1].startswith("# "), line
        if line == "#[[sources]]":
            assert lines[number - 1].startswith("# "), lines[number + 1]


def test_init_writes_the_example_and_the_next_commands_work(inside: Cli, tmp_path: Path) -> None:
    assert inside("init").exit_code == 0
    assert (tmp_path / "config.toml").read_text() == EXAMPLE
    assert inside("doctor").exit_code == 0
    run = inside("scan")
    assert run.exit_code == 2
    assert "No source is configured" in run.stderr
    (tmp_path / "people.csv").write_text("email\nann@example.org\n")
    assert inside("scan", "people.csv").exit_code == 0

    (tmp_path / "config.toml").write_text("# mine\n")
    key = (tmp_path / "privacy.key").read_bytes()
    again = inside("init")
    assert again.exit_code == 0
    assert "left as it is" in again.stderr
    assert (tmp_path / "config.toml").read_text() == "# mine\n"
    assert (tmp_path / "privacy.key").read_bytes() == key


def test_without_a_time_zone_days_are_those_of_the_law_or_utc(inside: Cli) -> None:
    assert inside("init").exit_code == 0
    night = ("law", "due", "--regime", "gdpr:DE", "--received", "2026-03-30T22:30:00+00:00", "--format", "json")
    assert inside(*night).json()["steps"][0]["date"] == "2026-03-31"
    empty, own = Config(), config.parse({"organisation": {"timezone": "UTC"}}, "a test")
    assert (empty.zone.key, empty.controller_zone) == ("UTC", None)
    assert own.controller_zone == own.zone == empty.zone


SOURCE = '[[sources]]\nname = "crm"\n'
MISTAKES = {
    "unknown section": ("[organization]\n", ["organization", "did you mean organisation?"]),
    "unknown key": ("[scan]\nsample_row = 5\n", ["scan.sample_row", "did you mean sample_rows?"]),
    "unknown key of a source": (f'{SOURCE}pth = "x"\n', ["sources.1.pth", "did you mean path?"]),
    "no number": ('[scan]\ntimeout_s = "soon"\n', ["scan.timeout_s", "number"]),
    "negative": ("[scan]\nsample_rows = -1\n", ["scan.sample_rows"]),
    "zero": ("[scan]\nmax_file_mb = 0\n", ["scan.max_file_mb"]),
    "time zone": ('[organisation]\ntimezone = "Europe/Berln"\n', ["organisation.timezone", "Europe/Berlin"]),
    "no time zone at all": ('[organisation]\ntimezone = "../etc"\n', ["organisation.timezone"]),
    "country": ('[organisation]\ncountry = "Germany"\n', ["organisation.country"]),
    "role": ('[organisation]\nrole = "boss"\n', ["organisation.role", "controller"]),
    "two sources alike": (f'{SOURCE}path = "a"\n{SOURCE}path = "b"\n', ["two sources are called crm"]),
    "name of a source": ('[[sources]]\nname = "My CRM"\npath = "a"\n', ["sources.1.name"]),
    "no name": ('[[sources]]\npath = "a"\n', ["sources.1.name"]),
    "no such kind": (f'{SOURCE}path = "a"\nkind = "paradox"\n', ["sources.1.kind", "postgresql"]),
    "no place": (SOURCE, ["sources.1", "exactly one of url, url_env and path"]),
    "two places": (f'{SOURCE}path = "a"\nurl = "sqlite:///b"\n', ["sources.1", "exactly one of"]),
    "two passwords": (
        f'{SOURCE}path = "a"\npassword_env = "A"\npassword_command = "b"\n',
        ["sources.1", "at most one of password_env"],
    ),
    "a table where a list is wanted": ("[sources]\n", ["sources"]),
    "no TOML": ("[scan\n", ["not valid TOML", "line 1"]),
    "not UTF-8": ("[organisation]\nname = 'M\udcfcller'\n", ["cannot be read"]),
}


@pytest.mark.parametrize(
    ("source", "kind"),
    [
        ('path = "share"', "files"),
        ('path = "shop.db"', "sqlite"),
        ('url = "sqlite:///shop.db"', "sqlite"),
        ('url = "postgresql://r@127.0.0.1:1/crm"', "postgresql"),
        ('url = "mysql://r@127.0.0.1:1/crm"', "mysql"),
        ('url = "mysql://r@127.0.0.1:1/crm"', "mariadb"),
    ],
)
def test_a_kind_fits_its_address(inside: Cli, tmp_path: Path, source: str, kind: str) -> None:
    (tmp_path / "share").mkdir()
    with closing(sqlite3.connect(tmp_path / "shop.db")) as connection, connection:
        connection.execute("CREATE TABLE t (x)")
    (tmp_path / "config.toml").write_text(f'[[sources]]\nname = "crm"\nkind = "{kind}"\n{source}\n')
    assert "says kind" not in inside("scan").stderr
    other = "files" if kind != "files" else "sqlite"
    (tmp_path / "config.toml").write_text(f'[[sources]]\nname = "crm"\nkind = "{other}"\n{source}\n')
    run = inside("scan")
    assert run.exit_code == 3
    assert f"The source crm says kind = '{other}', but its address is of the kind " in run.stderr


@pytest.mark.parametrize(("settings", "said"), MISTAKES.values(), ids=MISTAKES)
def test_a_mistake_is_told_by_its_key(inside: Cli, tmp_path: Path, settings: str, said: list[str]) -> None:
    (tmp_path / "config.toml").write_bytes(settings.encode("utf-8", "surrogateescape"))
    for command in (("scan",), ("map", "show")):
        run = inside(*command)
        assert (run.exit_code, run.stdout) == (3, "")
        for words in said:
            assert words in run.stderr
    doctor = inside("doctor", "--format", "json")
    assert doctor.exit_code in (3, 6)


@pytest.mark.parametrize("address", ["mongodb://x", "privacy.db", "mysql://u@h/x"])
def test_a_store_that_is_none(inside: Cli, tmp_path: Path, address: str) -> None:
    (tmp_path / "config.toml").write_text(f'[store]\nurl = "{address}"\n')
    for run in (inside("map", "show"), inside("map", "show", "--store", address), inside("init")):
        assert (run.exit_code, run.stdout) == (3, "")
        assert "the store" in run.stderr
        assert "sqlite:///" in run.stderr


PASSWORDS = {
    "variable that is not set": ('password_env = "CRM_PASSWORD"', "$CRM_PASSWORD, which is not set"),
    "command that fails": ('password_command = "false"', "The password command of crm failed"),
    "command that is not there": ('password_command = "no-such-program x"', "The password command of crm failed"),
    "command with an open quote": ("password_command = 'echo \"'", "The password command of crm failed"),
    "address that is not set": (None, "$CRM_URL, which is not set"),
}


@pytest.mark.parametrize(("setting", "said"), PASSWORDS.values(), ids=PASSWORDS)
def test_a_password_that_is_not_there(inside: Cli, tmp_path: Path, setting: str | None, said: str) -> None:
    place = 'url_env = "CRM_URL"' if setting is None else f'url = "postgresql://u@127.0.0.1:1/crm"\n{setting}'
    (tmp_path / "config.toml").write_text(f"{SOURCE}{place}\n")
    run = inside("scan")
    assert (run.exit_code, run.stdout) == (3, "")
    assert said in run.stderr
    [record] = inside("sources", "list", "--format", "json").json()
    assert said in record["problem"]
    assert inside("sources", "check").exit_code == 4
    [named] = [item for item in inside("doctor", "--format", "json").json() if item["check"] == "source crm"]
    assert named["state"] == "missing"


def test_a_password_from_a_variable_and_from_a_command(
    inside: Cli, tmp_path: Path, postgresql_server: object, postgresql_url: str
) -> None:
    from tests.servers import READER, READER_PASSWORD

    address = postgresql_url.replace("//postgres@", f"//{READER}@")
    (tmp_path / "config.toml").write_text(
        f'[[sources]]\nname = "one"\nurl = "{address}"\npassword_env = "CRM_PASSWORD"\n'
        f'[[sources]]\nname = "two"\nurl = "{address}"\npassword_command = "echo {READER_PASSWORD}"\n'
        f'[[sources]]\nname = "three"\nurl_env = "CRM_URL"\n'
    )
    whole = address.replace(f"{READER}@", f"{READER}:{READER_PASSWORD}@")
    checks = inside("sources", "check", "--format", "json", env={"CRM_PASSWORD": READER_PASSWORD, "CRM_URL": whole})
    assert checks.exit_code == 0, checks.stderr
    assert [(item["can_be_read"], item["session_read_only"], item["account_may_write"]) for item in checks.json()] == [
        (True, True, False)
    ] * 3


def test_relative_paths_are_seen_from_the_configuration(inside: Cli, tmp_path: Path) -> None:
    there, here = tmp_path / "there", tmp_path / "here"
    (there / "share").mkdir(parents=True)
    here.mkdir()
    (there / "share" / "people.csv").write_text("email\nann@example.org\n")
    with closing(sqlite3.connect(there / "shop.db")) as connection:
        connection.execute("CREATE TABLE customers (email TEXT)")
    (there / "mine.toml").write_text(
        '[store]\nurl = "sqlite:///map.db"\n'
        '[[sources]]\nname = "share"\npath = "share"\n'
        '[[sources]]\nname = "shop"\nurl = "sqlite:///shop.db"\n'
    )
    run = inside("scan", env={"PRIVACY_CONFIG": "../there/mine.toml"}, cwd=here)
    assert run.exit_code == 0, run.stderr
    assert (there / "map.db").exists()
    assert list(here.iterdir()) == []


def test_no_configuration_is_fine_but_a_named_one_must_be_there(inside: Cli) -> None:
    assert inside("map", "show").exit_code == 0
    for run in (inside("map", "show", "--config", "no.toml"), inside("map", "show", env={"PRIVACY_CONFIG": "no.toml"})):
        assert run.exit_code == 3
        assert "There is no configuration file at no.toml" in run.stderr
    assert inside("init", "--config", "folder/that/is/absent.toml").exit_code == 3


def test_what_is_excluded_everywhere_and_in_a_source(inside: Cli, tmp_path: Path) -> None:
    (tmp_path / "share").mkdir()
    for name in ("a.csv", "b.csv", "c.csv", "d.txt"):
        (tmp_path / "share" / name).write_text("email\nann@example.org\n")
    (tmp_path / "config.toml").write_text(
        '[scan]\nexclude = ["a*"]\n[[sources]]\nname = "share"\npath = "share"\ninclude = ["*.csv"]\nexclude = ["b*"]\n'
    )
    plan = inside("scan", "--dry-run", "--format", "json").json()
    assert [item["asset"] for item in plan] == ["c.csv"]


def test_doctor_knows_every_extra(inside: Cli) -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    told = {row["check"] for row in inside("doctor", "--format", "json").json()}
    # The language model has a line of its own.
    assert {f"extra {name}" for name in project["optional-dependencies"]} - told == {
        "extra en",
        "extra all",
        "extra dev",
    }
