"""``privacy scan``: what it names, reads, leaves out, and when it fails on request."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from datetime import UTC, datetime, timedelta
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
    # The configuration is a file like any other; the store and the key of the vault are not there.
    assert {"privacy.db", "privacy.key"} <= {path.name for path in work.iterdir()}
    assert (found["assets"], found["skips"]) == (2, [])
    listed = inside("map", "fields", "--format", "json", cwd=work).json()
    assert {item["asset"] for item in listed} == {"config.toml", "people.csv"}


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


def test_an_alarm_goes_on_although_nothing_changed(inside: Cli, tmp_path: Path) -> None:
    (tmp_path / "x.csv").write_text("email\nperson1@kestrel-mail.org\nperson2@kestrel-mail.org\n")
    words = ("scan", "x.csv", "--changed-only", "--fail-on", "contact.email")
    assert inside(*words).exit_code == 6
    again = inside(*words, "--format", "json")
    assert (again.exit_code, again.json()[0]["unchanged"]) == (6, 1)
    assert "--fail-on: 1 field, first x:x.csv#email" in again.stderr
    assert inside("scan", "x.csv", "--changed-only", "--fail-on", "contact.phone").exit_code == 0
    assert inside("scan", "x.csv", "--changed-only", "--fail-on", "new").exit_code == 0
    assert inside("map", "decide", "x:x.csv#email", "--not-personal", "--reason", "Test accounts").exit_code == 0
    assert inside(*words).exit_code == 0


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


# In pieces


def scanned(inside: Cli, *args: str | Path) -> dict[str, Any]:
    run = inside("scan", *args, "--format", "json")
    assert run.exit_code in (0, 5), run.stderr
    [found] = run.json()
    assert isinstance(found, dict)
    return found


def test_only_what_has_changed_is_read(inside: Cli, tmp_path: Path) -> None:
    email = "email\nann@example.org\nbob@example.org\n"
    folder = share(tmp_path / "share", a=email, b=email, c=email)
    (folder / "letter.unknown").write_bytes(b"\x00\x01")
    first = scanned(inside, "share", "--changed-only")
    assert (first["whole"], first["unchanged"], first["skipped"]) == (3, 0, 1)
    before = fields(inside)
    again = scanned(inside, "share", "--changed-only")
    # What could not be read is tried again every time: not looked at is never clean.
    assert (again["assets"], again["whole"], again["unchanged"], again["skipped"]) == (4, 0, 3, 1)
    assert (again["rows_read"], again["not_reached"]) == (0, 0)
    assert fields(inside) == before
    (folder / "b.csv").write_text("phone\n+49 30 1234567\n+49 30 7654321\n")
    (folder / "c.csv").unlink()
    (folder / "d.csv").write_text(email)
    assert [
        (item["asset"], item["note"], item["bytes_to_read"])
        for item in inside("scan", "share", "--changed-only", "--dry-run", "--format", "json").json()
    ] == [("a.csv", "unchanged", 0), ("b.csv", "", 36), ("d.csv", "", 38), ("letter.unknown", "", 2)]
    third = scanned(inside, "share", "--changed-only")
    assert (third["assets"], third["whole"], third["unchanged"]) == (4, 2, 1)
    assert {(item["asset"], item["field"]) for item in fields(inside)} == {
        ("a.csv", "email"),
        ("b.csv", "phone"),
        ("d.csv", "email"),
    }
    # Other settings would find other things.
    assert scanned(inside, "share", "--changed-only", "--sample-rows", "5")["whole"] == 3
    # And without the option everything is read.
    assert scanned(inside, "share")["whole"] == 3


def test_a_database_with_a_pending_log_has_changed(inside: Cli, tmp_path: Path) -> None:
    with closing(sqlite3.connect(tmp_path / "shop.db", isolation_level=None)) as connection:
        connection.execute("PRAGMA journal_mode=WAL")
        connection.execute("CREATE TABLE t (email TEXT)")
        connection.execute("INSERT INTO t VALUES ('ann@example.org')")
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        assert scanned(inside, "shop.db", "--changed-only")["whole"] == 1
        assert scanned(inside, "shop.db", "--changed-only")["unchanged"] == 1
        # It stands in the log alone: the file itself is as it was.
        connection.execute("INSERT INTO t VALUES ('bob@example.org')")
        assert scanned(inside, "shop.db", "--changed-only")["rows_read"] == 2
        assert scanned(inside, "shop.db", "--changed-only")["unchanged"] == 1


def test_how_much_a_dry_run_expects(inside: Cli, tmp_path: Path) -> None:
    share(tmp_path / "share", people=PEOPLE)
    with closing(sqlite3.connect(tmp_path / "shop.db")) as connection, connection:
        connection.execute("CREATE TABLE t (id INTEGER PRIMARY KEY)")
        connection.executemany("INSERT INTO t VALUES (?)", [(n + 1,) for n in range(5000)])
    run = inside("scan", "shop.db", "share", "--dry-run", "--format", "json")
    table, file = run.json()
    assert (table["rows"], table["rows_to_read"]) == (5000, 1000)
    assert (file["rows_to_read"], file["bytes_to_read"]) == (None, len(PEOPLE))
    assert "shop: 1 table to read, about 1,000 rows" in run.stderr
    assert "share: 1 file to read, at most" in run.stderr
    whole = inside("scan", "shop.db", "--dry-run", "--full", "--format", "json").json()
    assert whole[0]["rows_to_read"] == 5000


def test_outside_its_hours_a_source_is_skipped(inside: Cli, tmp_path: Path) -> None:
    share(tmp_path / "share")
    share(tmp_path / "other")
    hour = datetime.now(UTC).hour
    closed = f"{(hour + 2) % 24:02}:00-{(hour + 4) % 24:02}:00"
    (tmp_path / "config.toml").write_text(
        f'[[sources]]\nname = "share"\npath = "share"\nhours = "{closed}"\n'
        '[[sources]]\nname = "other"\npath = "other"\nhours = ["00:00-12:00", "12:00-24:00"]\nmax_rows_per_s = 1e6\n'
    )
    run = inside("scan", "--format", "json")
    assert run.exit_code == 5
    late, read = run.json()
    assert (late["source"], late["assets"], late["rows_read"]) == ("share", None, 0)
    assert late["skips"] == [{"asset": None, "field": None, "reason": "outside_hours", "code": closed}]
    assert (read["source"], read["whole"]) == ("other", 1)
    assert f"at {closed}" in inside("scan", "share", "--dry-run").stderr
    assert inside("scan", "share").exit_code == 5


@pytest.mark.parametrize(
    ("line", "says"),
    [
        ('hours = "20-6"', "20:00-06:00"),
        ("hours = 5", "hours"),
        ("connections = 0", "connections"),
        ("max_rows_per_s = -1", "max_rows_per_s"),
    ],
)
def test_manners_that_are_none(inside: Cli, tmp_path: Path, line: str, says: str) -> None:
    (tmp_path / "config.toml").write_text(f'[[sources]]\nname = "share"\npath = "share"\n{line}\n')
    run = inside("scan")
    assert run.exit_code == 3
    assert says in run.stderr


@pytest.mark.parametrize(
    ("args", "exit_code", "says"),
    [
        (("--executor", "inline", "--workers", "2"), 2, "--workers is for processes"),
        (("--executor", "dask://127.0.0.1:9", "--workers", "2"), 2, "--workers is for processes"),
        (("--executor", "threads"), 3, "dask://HOST:PORT"),
        (("--executor", "dask://scheduler.internal:8786"), 3, "has to be encrypted"),
    ],
)
def test_where_work_cannot_be_done(
    inside: Cli, tmp_path: Path, args: tuple[str, ...], exit_code: int, says: str
) -> None:
    share(tmp_path / "share")
    run = inside("scan", "share", *args)
    assert (run.exit_code, run.stdout) == (exit_code, "")
    assert says in run.stderr
    assert not (tmp_path / "privacy.db").exists()


def test_hours_that_end_leave_the_rest_to_the_next_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from privacy.app import App
    from privacy.opening import limits_of
    from privacy.scanning import run_scan
    from scanners.executor import Inline
    from scanners.units import Detection

    folder = share(tmp_path / "share", **{f"f{number:03}": PEOPLE for number in range(60)})
    (tmp_path / "config.toml").write_text('[[sources]]\nname = "share"\npath = "share"\nhours = "20:00-06:00"\n')

    class Night(App):
        """An hour passes with every three looks at the clock."""

        at = datetime(2026, 11, 24, 20, 0, tzinfo=UTC)

        @staticmethod
        def now() -> datetime:
            Night.at += timedelta(minutes=20)
            return Night.at

    def run() -> Any:
        app = Night(tmp_path / "config.toml", f"sqlite:///{tmp_path}/privacy.db", None)
        targets = [found for _, found in app.configured() if not isinstance(found, Exception)]
        with app.writing_store() as store:
            done = run_scan(app, store, targets, Detection(None), limits_of(app, seed=1), workers=Inline())
            return done, [(scan.id, scan.outcome) for scan in store.scans()], store.load(today=app.today)

    (folder / "big.csv").write_text(PEOPLE * 20)
    first, scans, seen = run()
    assert (first.late, scans) == (["share"], [(1, "interrupted")])
    assert 0 < len(seen.sources[0].assets) < 61
    assert {skip.reason for skip in seen.sources[0].skipped} == {Reason.OUTSIDE_HOURS}
    for _ in range(20):
        Night.at = datetime(2026, 11, 25, 20, 0, tzinfo=UTC)
        done, scans, seen = run()
        assert done.is_continued
        if not done.late:
            break
    assert scans == [(1, "complete")]
    assert (len(seen.sources[0].assets), seen.sources[0].skipped) == (61, ())
    assert done.sources[0].read_count == 61


def test_a_hygiene_finding_can_fail_a_scan(inside: Cli, tmp_path: Path) -> None:
    rows = "".join(
        f"{name}{number},{name}-{number * 7919}!x\n" for number, name in enumerate(["ann", "bob", "eve"] * 20)
    )
    (tmp_path / "logins.csv").write_text("username,password\n" + rows)
    failed = inside("scan", "logins.csv", "--fail-on", "cleartext_password")
    assert failed.exit_code == 6
    assert "1 hygiene finding, first logins:logins.csv#password" in failed.stderr
    assert inside("scan", "logins.csv", "--fail-on", "superuser").exit_code == 0
    unknown = inside("scan", "logins.csv", "--fail-on", "untidy")
    assert unknown.exit_code == 2


def test_what_people_set_aside_is_told_and_fails_nothing(inside: Cli, tmp_path: Path) -> None:
    (tmp_path / "list.csv").write_text("email\n" + "".join(f"p{number}@mail.example\n" for number in range(50)))
    assert inside("scan", "list.csv", "--fail-on", "contact.email").exit_code == 6
    assert inside("map", "suppress", "list:list.csv#*", "--what", "contact", "--reason", "invented").exit_code == 0
    again = inside("scan", "list.csv", "--fail-on", "contact.email", "--fail-on", "new")
    assert again.exit_code == 0, again.stderr
    assert "1 field set aside by pattern" in again.stdout


def test_joins_are_measured_unless_told_otherwise(inside: Cli, tmp_path: Path) -> None:
    (tmp_path / "shop").mkdir()
    (tmp_path / "shop" / "customers.csv").write_text(
        "id,email\n" + "".join(f"c{n * 37},p{n}@x.org\n" for n in range(60))
    )
    (tmp_path / "shop" / "orders.csv").write_text(
        "id,customer_id\n" + "".join(f"{n},c{n % 60 * 37}\n" for n in range(90))
    )
    assert inside("scan", "shop", "--no-joins").exit_code == 0
    assert inside("map", "joins", "--format", "json").json() == []
    assert inside("scan", "shop", "--restart").exit_code == 0
    [join] = inside("map", "joins", "--format", "json").json()
    assert (join["child"], join["parent"]) == ("shop:orders.csv#customer_id", "shop:customers.csv#id")
    assert (join["state"], join["tested"], join["found"]) == ("proposed", 60, 60)
