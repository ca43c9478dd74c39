"""``privacy scan``: what it names, reads, leaves out, and when it fails on request."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from data_map.model import REASON_TEXT, Reason
from scanners.sources.address import locate
from tests.conftest import Cli

PEOPLE = "id,email\n" + "".join(f"{n},a{n}@example.org\n" for n in range(3000))


def share(folder: Path, **files: str) -> Path:
    folder.mkdir(parents=True)
    for name, content in (files or {"people": "email\nann@example.org\nbob@example.org\n"}).items():
        (folder / f"{name}.csv").write_text(content)
    return folder


def names(inside: Cli) -> dict[str, str]:
    return {item["name"]: item["location"] for item in inside("sources", "list", "--format", "json").json()}


def fields(inside: Cli, *args: str) -> list[dict[str, Any]]:
    found = inside("map", "fields", "--format", "json", *args).json()
    assert isinstance(found, list)
    return found


def test_names_of_sources_that_are_not_configured(inside: Cli, tmp_path: Path) -> None:
    one, two = share(tmp_path / "a" / "My Share"), share(tmp_path / "b" / "My Share")
    assert inside("scan", one).exit_code == 0
    assert names(inside) == {"my-share": str(one)}
    # The same location keeps its name, however it is written; another location never shares it.
    assert inside("scan", "a/My Share/").exit_code == 0
    assert inside("scan", f"file://{one}").exit_code == 0
    assert (
        inside("scan", "../My Share", cwd=one, env={"PRIVACY_STORE": f"sqlite:///{tmp_path}/privacy.db"}).exit_code == 0
    )
    assert names(inside) == {"my-share": str(one)}
    assert inside("scan", two, one).exit_code == 0
    assert names(inside) == {"my-share": str(one), "my-share-2": str(two)}
    assert len(fields(inside)) == 2
    # A single file is a share of one file, and is called as it is.
    assert inside("scan", one / "people.csv").exit_code == 0
    assert names(inside)["people"] == str(one / "people.csv")
    assert [item["asset"] for item in fields(inside, "--source", "people")] == ["people.csv"]


def test_a_configured_source_does_not_take_the_name_of_another(inside: Cli, tmp_path: Path) -> None:
    assert inside("scan", share(tmp_path / "a" / "share")).exit_code == 0
    share(tmp_path / "b" / "share")
    (tmp_path / "config.toml").write_text('[[sources]]\nname = "share"\npath = "b/share"\n')
    run = inside("scan")
    assert run.exit_code == 7
    assert "give the configured source another name" in run.stderr
    assert [item["source"] for item in fields(inside)] == ["share"]


def test_a_sqlite_file_is_a_database_whatever_its_ending(inside: Cli, tmp_path: Path) -> None:
    with closing(sqlite3.connect(tmp_path / "shop.data")) as connection, connection:
        connection.execute("CREATE TABLE customers (email TEXT)")
        connection.execute("INSERT INTO customers VALUES ('ann@example.org')")
    for place in ("shop.data", "sqlite:///shop.data", f"sqlite:///{tmp_path}/shop.data"):
        assert inside("scan", place).exit_code == 0
    [found] = fields(inside)
    assert (found["ref"], found["category"]) == ("shop:main.customers#email", "contact.email")


def test_the_same_place_twice_is_scanned_once(inside: Cli, tmp_path: Path) -> None:
    share(tmp_path / "share")
    assert len(inside("scan", "share", "share", "./share", "--format", "json").json()) == 1


def test_the_store_in_the_scanned_folder_is_not_part_of_it(inside: Cli, tmp_path: Path) -> None:
    share(tmp_path / "work")
    work = tmp_path / "work"
    (tmp_path / "link").symlink_to(work)
    for place, cwd in ((".", work), (work, tmp_path / "link"), ("link", tmp_path)):
        run = inside("scan", place, "--store", f"sqlite:///{work}/privacy.db", "--format", "json", cwd=cwd)
        assert run.exit_code == 0, run.stderr
        assert (run.json()[0]["assets"], run.json()[0]["skips"]) == (1, [])
    assert inside("init", cwd=work).exit_code == 0
    [found] = inside("scan", ".", "--format", "json", cwd=work).json()
    assert [skip["asset"] for skip in found["skips"]] == ["config.toml"]


def test_include_and_exclude(inside: Cli, tmp_path: Path) -> None:
    email = "email\nann@example.org\n"
    share(tmp_path / "share", a=email, b=email, c=email)
    (tmp_path / "share" / "old").mkdir()
    (tmp_path / "share" / "old" / "a.csv").write_text(email)

    def planned(*args: str) -> list[str]:
        return [item["asset"] for item in inside("scan", "share", "--dry-run", "--format", "json", *args).json()]

    assert planned() == ["a.csv", "b.csv", "c.csv", "old/a.csv"]
    assert planned("--include", "a*") == ["a.csv"]
    assert planned("--include", "*a.csv", "--include", "b*") == ["a.csv", "b.csv", "old/a.csv"]
    assert planned("--exclude", "old/*") == ["a.csv", "b.csv", "c.csv"]
    assert planned("--include", "*a.csv", "--exclude", "old/*") == ["a.csv"]


def test_filters_that_leave_nothing(inside: Cli, tmp_path: Path) -> None:
    share(tmp_path / "share")
    share(tmp_path / "other", letters="email\nann@example.org\n")
    for more in ([], ["--dry-run"]):
        run = inside("scan", "share", "--include", "nomatch*", *more)
        assert (run.exit_code, run.stdout) == (2, "")
        assert "--include and --exclude leave nothing of share" in run.stderr
        run = inside("scan", "share", "other", "--include", "let*", *more)
        assert run.exit_code == 0
        assert "nothing of share w" in run.stderr
        assert "nothing of other" not in run.stderr


def test_what_cannot_be_read_is_told_in_words(inside: Cli, tmp_path: Path) -> None:
    share(tmp_path / "share")
    (tmp_path / "share" / "link.csv").symlink_to(tmp_path / "nowhere")
    planned = inside("scan", "share", "--dry-run", "--format", "json").json()
    assert [item["note"] for item in planned if item["note"]] == [f"cannot be read: {REASON_TEXT[Reason.NOT_FOUND]}"]


def test_a_dry_run_touches_no_row_and_no_store(inside: Cli, tmp_path: Path) -> None:
    with closing(sqlite3.connect(tmp_path / "shop.db")) as connection, connection:
        connection.execute("CREATE TABLE customers (id INTEGER PRIMARY KEY, email TEXT)")
        connection.executemany("INSERT INTO customers (email) VALUES (?)", [("ann@example.org",)] * 50)
        # Whoever reads a row of this view fails; listing it does not.
        connection.execute("CREATE VIEW trap AS SELECT load_extension('nothing') AS x FROM customers")
    before = {path.name: path.stat().st_mtime_ns for path in tmp_path.iterdir()}
    run = inside("scan", "shop.db", "--dry-run", "--format", "json")
    assert run.exit_code == 0, run.stderr
    [customers] = run.json()
    assert (customers["asset"], customers["kind"], customers["rows"]) == ("main.customers", "table", 50)
    assert {path.name: path.stat().st_mtime_ns for path in tmp_path.iterdir()} == before


def test_how_much_is_read(inside: Cli, tmp_path: Path) -> None:
    share(tmp_path / "share", people=PEOPLE)

    def scan(*args: str) -> dict[str, Any]:
        [found] = inside("scan", "share", "--format", "json", *args).json()
        assert isinstance(found, dict)
        return found

    assert (scan()["rows_read"], scan()["sampled"]) == (1000, 1)
    assert (scan("--sample-rows", "50")["rows_read"], scan()["whole"]) == (50, 0)
    assert (scan("--full")["rows_read"], scan("--full")["whole"]) == (3000, 1)
    assert (scan("--sample-rows", "5000")["rows_read"], scan("--sample-rows", "5000")["sampled"]) == (3000, 0)
    # What a sample did not show is never called clean, and of rows from a file's head no bound follows for the rest.
    scan("--sample-rows", "50")
    number = next(item for item in fields(inside) if item["field"] == "id")
    assert number["bound"] is None
    shown = inside("map", "explain", number["ref"]).stdout
    assert "not found in what was scanned" in shown
    assert "at most" not in shown


def test_the_same_seed_reads_the_same_rows(inside: Cli, tmp_path: Path) -> None:
    with closing(sqlite3.connect(tmp_path / "shop.db")) as connection, connection:
        connection.execute("CREATE TABLE t (id INTEGER PRIMARY KEY, email TEXT)")
        connection.executemany(
            "INSERT INTO t (email) VALUES (?)",
            [(f"a{n}@example.org" if n % 2 else f"no {n}",) for n in range(20_000)],
        )
    found = []
    for _ in range(2):
        assert inside("scan", "shop.db", "--seed", "7", "--sample-rows", "100").exit_code == 0
        found.append(fields(inside))
    assert found[0] == found[1]


@pytest.mark.parametrize(
    ("wanted", "exit_code"),
    [
        (("contact.email",), 6),
        (("ordinary",), 6),
        (("special.health", "contact.email"), 6),
        (("contact.phone",), 0),
        (("art9",), 0),
        (("new",), 6),
    ],
    ids=["category", "class", "several", "another category", "another class", "new"],
)
def test_fail_on(inside: Cli, tmp_path: Path, wanted: tuple[str, ...], exit_code: int) -> None:
    share(tmp_path / "share")
    options = [word for item in wanted for word in ("--fail-on", item)]
    run = inside("scan", "share", *options)
    assert run.exit_code == exit_code
    if exit_code:
        assert "share:people.csv#email" in run.stderr
        assert "--fail-on: 1 field, first" in run.stderr
    # Only what the map did not know yet is new.
    assert inside("scan", "share", "--fail-on", "new").exit_code == 0


def test_fail_on_beats_what_was_skipped(inside: Cli, tmp_path: Path) -> None:
    share(tmp_path / "share")
    (tmp_path / "share" / "letter.pdf").write_bytes(b"%PDF-1.7\n")
    run = inside("scan", "share", "nothing-here", "--fail-on", "contact.email")
    assert run.exit_code == 6
    assert "1 skipped" in run.stderr
    assert "There is nothing at" in run.stderr


def test_a_table_with_no_data_is_no_failure(inside: Cli, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    (tmp_path / "share").mkdir()
    (tmp_path / "share" / "empty.csv").touch()
    assert inside("scan", "empty").exit_code == 0
    assert inside("scan", "share").exit_code == 0
    assert "nothing" in inside("map", "show").stdout


def test_a_password_in_an_address_is_warned_of_and_kept_nowhere(inside: Cli, tmp_path: Path) -> None:
    run = inside("scan", "postgresql://reader:hunter2-zz@127.0.0.1:1/crm")
    assert run.exit_code == 4
    assert "configure the source with password_env" in run.stderr
    assert "hunter2-zz" not in run.stdout + run.stderr
    assert b"hunter2-zz" not in (tmp_path / "privacy.db").read_bytes()


def test_a_name_taken_by_another_place_stops_no_other_source(inside: Cli, tmp_path: Path) -> None:
    for folder in ("a", "b"):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "x.csv").write_text("email\nperson1@kestrel-mail.org\n")
    assert inside("scan", "a").exit_code == 0
    (tmp_path / "config.toml").write_text('[[sources]]\nname = "a"\npath = "b"\n[[sources]]\nname = "c"\npath = "b"\n')
    done = inside("scan", "--format", "json")
    assert (done.exit_code, [one["source"] for one in done.json()]) == (5, ["c"])
    assert "another name" in done.stderr
    (tmp_path / "config.toml").write_text('[[sources]]\nname = "a"\npath = "b"\n')
    assert inside("scan").exit_code == 7


def test_what_people_decided_counts_in_a_scan_too(inside: Cli, tmp_path: Path) -> None:
    (tmp_path / "x.csv").write_text("email\nperson1@kestrel-mail.org\nperson2@kestrel-mail.org\n")
    assert inside("scan", "x.csv", "--fail-on", "contact.email").exit_code == 6
    assert inside("map", "decide", "x:x.csv#email", "--not-personal", "--reason", "Test accounts").exit_code == 0
    again = inside("scan", "x.csv", "--fail-on", "contact.email", "--format", "json")
    assert (again.exit_code, again.json()[0]["personal"]) == (0, 0)
    assert inside("map", "decide", "x:x.csv#email", "--withdraw", "--reason", "They are real").exit_code == 0
    assert inside("scan", "x.csv", "--fail-on", "contact.email").exit_code == 6


@pytest.mark.parametrize(
    "address",
    [
        "mysql://rev_m:p@ss/w:rd@127.0.0.1/db",
        "mysql://rev_m:p@ss@127.0.0.1/db",
        "postgresql://rev_m:p@ss/w?rd@127.0.0.1/db",
        "postgresql://rev_m/pass@127.0.0.1/db",
    ],
)
def test_a_password_that_is_not_escaped_is_refused_and_not_repeated(inside: Cli, tmp_path: Path, address: str) -> None:
    run = inside("scan", address, "--timeout-s", "1")
    assert run.exit_code == 2
    assert "write @ as %40" in run.stderr
    assert not any(piece in run.stderr + run.stdout for piece in ("ss/w", "rd@", "ss@", "pass@", "127.0.0.1"))
    assert not (tmp_path / "privacy.db").exists()


@pytest.mark.parametrize(
    "address", ["mysql://u:p%40ss%2Fw@h/db", "mysql://u@h/db?password=x", "mysql://u@h/db?passwd=x"]
)
def test_a_password_is_known_wherever_it_stands(address: str) -> None:
    place = locate(address)
    assert (place.location, place.has_password) == ("mysql://h/db", True)
