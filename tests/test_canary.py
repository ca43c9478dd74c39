"""No value read from a source gets out: not to a terminal, a report, the store or a backup, and not in what fails.

Unmistakable values are planted wherever a source can hold some; then every command runs, and everything it said and
wrote is searched for them and their pieces. Names of tables, columns of databases and files are shown verbatim by
contract, so none is planted there.
"""

from __future__ import annotations

import json
import re
import sqlite3
import stat
import zipfile
from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest
import xlsxwriter
from sqlalchemy import create_engine, make_url, text
from typer.main import get_command

from privacy.cli import app
from privacy.demo import sheets, tables
from tests.conftest import Cli, Desk, Run, command_inside
from tests.servers import Server

EMAIL = "zqcanary17@xylvester.org"
OTHER_EMAIL = "zqcanary18@xylvester.example"
NAME = "Zqcanaria Xylvester"
PHONE = "+49 30 90182773"
IBAN = "GB29 NWBK 6016 1331 9268 19"
CARD = "4539 5787 6362 1486"
SSN = "536-22-8726"
PASSWORD = "zqsecret-Kx19"

#: What may occur nowhere, in lower case and without the signs between digits: each value in pieces.
CANARIES = (
    "zqcanary",
    "xylvester",
    "zqcanaria",
    "90182773",
    "nwbk6016",
    "133192681",
    "453957876",
    "63621486",
    "536228726",
    "zqsecret",
)
ROW = (EMAIL, NAME, PHONE, IBAN, CARD, SSN)
NOTE = f"Spoke to {NAME} on Monday, reach her at {EMAIL} or {PHONE}; card {CARD}."


def canaries_in(written: str) -> set[str]:
    """The canaries in a text, however it spells and groups them."""
    folded = written.casefold()
    bare = re.sub(r"(?<=\w)[ \-./]+(?=\w)", "", folded)
    return {canary for canary in CANARIES if canary in folded or canary in bare}


@dataclass
class Watched:
    """Everything that commands said and wrote: where, and what."""

    said: list[tuple[str, str]] = field(default_factory=list)

    def run(self, cli: Cli, *args: str | Path, exit_code: int | None = None, env: dict[str, str] | None = None) -> Run:
        run = cli(*args, env=env)
        label = " ".join(map(str, args))
        if exit_code is not None:
            assert run.exit_code == exit_code, f"{label}: {run.exit_code}\n{run.stdout}\n{run.stderr}"
        assert "Traceback" not in run.stderr
        assert "unexpected error" not in run.stderr, run.stderr
        self.said += [(f"{label}, stdout", run.stdout), (f"{label}, stderr", run.stderr)]
        return run

    def inside(self, *args: str | Path, env: dict[str, str] | None = None) -> int:
        """The same command in this process, without a start of Python: there are many of them."""
        run = command_inside(Path.cwd())(*args, env=env)
        label = " ".join(map(str, args))
        assert "unexpected error" not in run.stderr, run.stderr
        self.said += [(f"{label}, stdout", run.stdout), (f"{label}, stderr", run.stderr)]
        return run.exit_code

    def file(self, path: Path) -> None:
        """The bytes of a file; an archive's members unpacked too."""
        self.said.append((path.name, path.read_bytes().decode("latin-1")))
        if zipfile.is_zipfile(path):
            with zipfile.ZipFile(path) as archive:
                for name in archive.namelist():
                    self.said.append((f"{path.name}!{name}", archive.read(name).decode("latin-1")))

    def leaks(self) -> list[tuple[str, set[str]]]:
        return [(where, found) for where, written in self.said if (found := canaries_in(written))]


def plant_sqlite(path: Path) -> None:
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.executescript(
            f"""
            CREATE TABLE customers (
                id INTEGER PRIMARY KEY, email TEXT, full_name TEXT, phone TEXT, iban TEXT, card_number TEXT, ssn TEXT,
                kind TEXT DEFAULT '{NAME}' CHECK (kind IN ('{NAME}', '{EMAIL}', 'new')), -- asked for by {NAME}
                notes TEXT, payload JSON, scan BLOB
            );
            CREATE TABLE t1 (a TEXT, b TEXT, c TEXT, d TEXT, e TEXT, f, g VARCHAR(40) DEFAULT '{EMAIL}');
            CREATE TABLE once (x TEXT, y BLOB);
            CREATE VIEW v AS SELECT '{NAME}' AS who, email FROM customers;
            CREATE INDEX i ON customers (email) WHERE email <> '{EMAIL}';
            """
        )
        payload = json.dumps({EMAIL: {"name": NAME, "phone": PHONE}})
        for number in range(12):
            # The same shape again and again: shapes are shown, values are not.
            email = EMAIL.replace("17", f"{17 + number}")
            row = (email, f"{NAME}", PHONE, IBAN, CARD, SSN, NAME, NOTE, payload, f"{NAME} {EMAIL}".encode())
            connection.execute("INSERT INTO customers VALUES (NULL, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)", row)
            connection.execute("INSERT INTO t1 VALUES (?, ?, ?, ?, ?, ?, ?)", (*ROW, NOTE))
        connection.execute("INSERT INTO once VALUES (?, ?)", (NAME, b"\x89PNG\r\n\x1a\n" + EMAIL.encode()))


def plant_share(share: Path) -> None:
    share.mkdir()
    header = "email,name,phone,iban,card,ssn\n"
    line = ",".join(ROW) + "\n"
    (share / "table.csv").write_text(header + line * 5)
    (share / "headerless.csv").write_text(line + ",".join(("a@b.org", "Ann Lee", "+49 30 1", "x", "y", "z")) + "\n")
    (share / "one-line.csv").write_text(line)
    (share / "names.csv").write_text("Zqcanaria;Xylvester\nAnna;Smith\nBob;Miller\n")
    (share / "hours.csv").write_text(f"day,{NAME},{EMAIL}\n" + "2026-01-05,8,7\n2026-01-06,7,8\n" * 5)
    (share / "titled.csv").write_text(f"Report for {NAME}\n\nemail,city\n{EMAIL},Paris\n{EMAIL},Rome\n")
    (share / "broken.csv").write_text(f'email,name\n"{EMAIL},{NAME}\n' + line * 3)
    (share / "by-address.json").write_text(json.dumps({EMAIL: {"name": NAME}, OTHER_EMAIL: {"name": "Ann Lee"}}))
    (share / "by-name.json").write_text(json.dumps({"hours": {NAME: 8, "Ann Lee": 7}, "phones": {PHONE: {"ok": True}}}))
    (share / "one-key.json").write_text(json.dumps({"people": [{"contacts": {EMAIL: NAME}}]}))
    (share / "broken.json").write_text(json.dumps({EMAIL: NAME})[:-2])
    lines = [{"email": EMAIL, "name": NAME, "seen": {OTHER_EMAIL: 1}}, {"email": EMAIL, "tags": [NAME, IBAN]}]
    (share / "events.ndjson").write_text("".join(json.dumps(item) + "\n" for item in lines) + f'{{"{EMAIL}": \n')
    for ending in ("txt", "log", "md"):
        (share / f"note.{ending}").write_text(f"# {NAME}\n\n{NOTE}\n" * 4)
    with xlsxwriter.Workbook(share / "book.xlsx") as book:
        for name in ("Customers", NAME, EMAIL):
            sheet = book.add_worksheet(name)
            sheet.write_row(0, 0, ("email", "name", NAME))
            sheet.write_row(1, 0, (EMAIL, NAME, 8))
            sheet.write_comment("A1", f"{NAME} {PHONE}", {"author": NAME})
    page = tables.Table(NAME, (tables.Column("email"), tables.Column(NAME)), ((EMAIL, 8), (OTHER_EMAIL, 7)))
    (share / "book.ods").write_bytes(sheets.ods([page]))
    (share / "damaged.xlsx").write_bytes(b"PK\x03\x04" + NOTE.encode() * 20)
    (share / "paper.pdf").write_bytes(b"%PDF-1.7\n" + NOTE.encode())
    (share / "photo.png").write_bytes(b"\x89PNG\r\n\x1a\n" + NOTE.encode())
    (share / "empty.csv").touch()


FORMS = ("json", "table", "csv")
LISTINGS = (
    ("map", "show"),
    ("map", "fields", "--all"),
    ("map", "coverage"),
    ("map", "coverage", "--skipped"),
    ("map", "coverage", "--old"),
    ("map", "diff"),
    ("map", "diff", "--last"),
    ("map", "scans"),
    ("map", "decisions"),
    ("map", "suppressions"),
    ("map", "hygiene", "--all"),
    ("map", "joins", "--all"),
    ("map", "joins", "--why"),
    ("map", "subjects"),
    ("map", "subjects", "--exposure"),
    ("sources", "list"),
    ("sources", "check"),
    ("doctor",),
    ("ropa", "list"),
    ("ropa", "check"),
)


def _here(folder: Path) -> tuple[str | Path, ...]:
    return ("--store", f"sqlite:///{folder / 'privacy.db'}", "--config", folder / "config.toml", "-vv")


def watch_everything(
    watched: Watched, cli: Cli, folder: Path, *places: str, env: dict[str, str], forms: Sequence[str] = FORMS
) -> list[str]:
    """Scan the places and run every command on what was found; the addresses of all fields come back."""
    scanned = watched.inside("scan", *places, "--format", "json", "--full", "-v", *_here(folder), env=env)
    assert scanned in (0, 5)
    listing = watched.run(cli, "map", "fields", "--format", "json", exit_code=0, env=env).json()
    assert listing
    references = [str(item["ref"]) for item in listing]
    here = _here(folder)
    watched.inside("scan", *places, "--dry-run", "-o", folder / "plan.txt", *here, env=env)
    watched.inside("map", "decide", references[0], "--category", "contact.email", "--reason", "Seen", *here)
    watched.inside("map", "suppress", references[-1], "--reason", "Invented", "--all", *here)
    for kind in ("git", "csv", "json", "dbt", "openmetadata", "datahub", "sarif"):
        assert watched.inside("map", "export", "--as", kind, "-o", folder / f"map-{kind}.toml", *here) == 0
    assert watched.inside("map", "import", folder / "map-git.toml", *here) == 0
    for form in ("md", "html"):
        assert watched.inside("map", "diff", "--format", form, *here) == 0
    activity = folder / "activity.toml"
    activity.write_text('key = "all"\nname = "All"\nfields = ["*:*"]\n')
    assert watched.inside("ropa", "add", "--from", activity, *here) == 0
    for form in ("md", "html", "json", "csv", "toml"):
        assert watched.inside("ropa", "export", "--format", form, *here) == 0
    for form in ("table", "json", "toml"):
        assert watched.inside("ropa", "show", "all", "--format", form, *here) == 0
    assert watched.inside("map", "subjects", "--graph", folder / "people.html", *here) == 0
    watched.file(folder / "people.html")
    for form in forms:
        for command in LISTINGS:
            output = folder / f"{'-'.join(command)}.{form}"
            assert watched.inside(*command, *here, "--format", form, "-o", output, env=env) in (0, 4, 5, 6)
            watched.file(output)
    for command in LISTINGS:
        watched.inside(*command, *here, env=env)
    for number, reference in enumerate(references):
        assert watched.inside("map", "explain", reference, "--format", "json", *here) == 0
        if number % 3 == 0:
            assert watched.inside("map", "explain", reference, *here) == 0
    backup = folder / "backup.zip"
    assert watched.inside("store", "backup", backup, *here) == 0
    assert watched.inside("store", "restore", backup, *here) == 7
    assert watched.inside("store", "restore", backup, "--force", *here) == 0
    for path in [folder / "plan.txt", folder / "backup.zip", *folder.glob("privacy.db*"), *folder.glob("*.toml")]:
        watched.file(path)
    return references


def watch_requests(watched: Watched, folder: Path) -> None:
    """Take in a request of the planted person; run the commands of requests, the law, the journal and the record."""
    here = _here(folder)
    who = folder / "share" / "who.toml"
    who.write_text(f'name = "{NAME}"\nemail = ["{EMAIL}", "{OTHER_EMAIL}"]\nphone = "{PHONE}"\nnational_id = "{SSN}"\n')
    wrong = folder / "share" / "wrong.toml"
    wrong.write_text(f'nmae = "{NAME}"\n"{EMAIL}" = 1\n')
    opened = ("dsar", "open", "--right", "access", "--regime", "gdpr:DE", "--received", "2026-11-02")
    today = ("--today", "2026-11-24", "-vv")
    assert watched.inside(*opened, "--identifiers", who, *here, *today) == 0
    assert watched.inside(*opened, "--identifiers", wrong, *here, *today) == 2
    assert watched.inside(*opened, "--label", NAME, *here, *today) == 2
    who.unlink()
    wrong.unlink()
    for words in (
        ("ask", "--kind", "identity", "--on", "2026-11-04"),
        ("answer", "--kind", "identity", "--on", "2026-11-10"),
        ("answer", "--kind", "fee"),
        ("verify", "--method", "login"),
        ("extend", "--reason", "number"),
        ("close", "--outcome", "refused", "--ground", "legal_obligation"),
    ):
        verb, *options = words
        assert watched.inside("dsar", verb, "R-2026-0001", *options, *here, *today) in (0, 7)
    for form in FORMS:
        assert watched.inside("dsar", "show", "R-2026-0001", "--format", form, *here, *today) == 0
        for words in (("dsar", "list"), ("dsar", "overdue"), ("audit", "export"), ("law", "list")):
            assert watched.inside(*words, "--format", form, *here, *today) == 0
    due = ("law", "due", "--regime", "gdpr:DE", "--received", "2026-11-02")
    assert watched.inside(*due, *here) == 0
    assert watched.inside("audit", "verify", *here) == 0
    assert watched.inside("audit", "head", *here) == 0
    record = folder / "activity.toml"
    for words in (("edit", "all", "--from", record), ("import", folder / "register.toml"), ("list",), ("check",)):
        if words[0] == "import":
            record_text = record.read_text()
            (folder / "register.toml").write_text(f"[[activities]]\n{record_text}")
        assert watched.inside("ropa", *words, *here) in (0, 6)
    assert watched.inside("ropa", "remove", "all", "--reason", "Done", *here) == 0


@pytest.fixture(scope="module")
def local(desk: Desk) -> tuple[Watched, list[str]]:
    """A SQLite database and a share, scanned; every command, run."""
    watched = Watched()
    plant_sqlite(desk.folder / "crm.db")
    plant_share(desk.folder / "share")
    watched.run(desk.cli, "init", exit_code=0)
    with (desk.folder / "config.toml").open("a") as config:
        config.write('[[sources]]\nname = "crm"\npath = "crm.db"\nviews = true\n')
        config.write('[[sources]]\nname = "gone"\npath = "gone"\n')
    watched.run(desk.cli, "scan", "crm", "share", "-vv", "--fail-on", "ordinary", exit_code=6)
    references = watch_everything(watched, desk.cli, desk.folder, "crm", "share", env={})
    watch_requests(watched, desk.folder)
    watched.run(desk.cli, "scan", "share/damaged.xlsx", "nothing-here", "--format", "csv", exit_code=5)
    watched.run(desk.cli, "scan", "nothing-here", "-vv", exit_code=4)
    watched.run(desk.cli, "redact", "share/note.txt", "--format", "json", "-vv", exit_code=0)
    for path in desk.folder.glob("privacy.db*"):
        watched.file(path)
    return watched, references


def test_nothing_read_from_a_database_or_a_file_gets_out(local: tuple[Watched, list[str]]) -> None:
    watched, _ = local
    assert watched.leaks() == []


def test_the_canaries_were_read(local: tuple[Watched, list[str]], desk: Desk) -> None:
    """Without this, a scan that reads nothing would keep every secret."""
    fields = desk.cli("map", "fields", "--personal", "--format", "json").json()
    found = {(item["source"], item["asset"]) for item in fields}
    assert {("crm", "main.customers"), ("crm", "main.t1"), ("crm", "main.v")} <= found
    read = {path.name for path in (desk.folder / "share").iterdir()}
    unread = {"damaged.xlsx", "paper.pdf", "photo.png", "broken.json", "empty.csv"}
    # Names alone, and names as keys over numbers: too little to say that they are people.
    too_little = {"hours.csv", "by-name.json", "names.csv"}
    assert {asset for source, asset in found if source == "share"} >= read - unread - too_little


def test_the_planted_files_hold_every_canary(local: tuple[Watched, list[str]], desk: Desk) -> None:
    planted = Watched()
    for path in [desk.folder / "crm.db", *(desk.folder / "share").iterdir()]:
        planted.file(path)
    found = {canary for _, some in planted.leaks() for canary in some}
    assert found == set(CANARIES) - {"zqsecret"}


def test_the_search_finds_what_is_there(desk: Desk, local: tuple[Watched, list[str]]) -> None:
    """The negative control: a value in a name that is shown by contract is found in all that is said and kept."""
    folder = desk.folder / "control"
    folder.mkdir()
    (folder / "share").mkdir()
    (folder / "share" / f"{NAME}.csv").write_text("email\na@b.org\n")
    cli = command_inside(folder)
    watched = Watched()
    watched.run(cli, "scan", "share")
    watched.run(cli, "map", "fields", "--format", "json")
    watched.run(cli, "store", "backup", "backup.zip")
    watched.file(folder / "privacy.db")
    watched.file(folder / "backup.zip")
    where = {place for place, found in watched.leaks() if {"zqcanaria", "xylvester"} <= found}
    assert where >= {"map fields --format json, stdout", "privacy.db", "backup.zip!tables/asset_scan.ndjson"}


@pytest.mark.parametrize(
    "written",
    [
        f"x{EMAIL.upper()}x",
        NAME.split()[1],
        "+49 (0)30 / 9018-2773".replace("(0)", ""),
        IBAN.replace(" ", ""),
        SSN.replace("-", " "),
        CARD.replace(" ", "-"),
        f'"{NAME}"'.replace(" ", "_"),
    ],
)
def test_a_canary_is_found_however_it_is_written(written: str) -> None:
    assert canaries_in(written)


def run_sql(url: str, statements: Iterable[str]) -> None:
    engine = create_engine(url, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        for statement in statements:
            connection.execute(text(statement.replace(":", "\\:")))
    engine.dispose()


POSTGRESQL = [
    f"CREATE TYPE kind AS ENUM ('{NAME}', '{EMAIL}', 'new')",
    f"CREATE DOMAIN code AS text DEFAULT '{EMAIL}' CHECK (VALUE <> '{NAME}')",
    f"""CREATE TABLE customers (
        id serial PRIMARY KEY, email text, full_name text, phone text, iban text, card text, ssn text,
        kind kind DEFAULT '{NAME}', code code, payload jsonb, tags text[], data bytea, notes text)""",
    *(
        f"COMMENT ON COLUMN customers.{column} IS '{comment}'"
        for column, comment in {
            "email": f"Ask {NAME} about it",
            "full_name": NAME,
            "phone": f"zqcanaria xylvester, {PHONE}",
            "iban": OTHER_EMAIL,
            "card": EMAIL,
            "ssn": f"Xylvester, Zqcanaria: {SSN}",
            "kind": NAME.upper(),
            "notes": NAME.lower(),
        }.items()
    ),
    f"COMMENT ON TABLE customers IS '{NAME} {EMAIL}'",
    f"""INSERT INTO customers (email, full_name, phone, iban, card, ssn, payload, tags, data, notes)
        SELECT '{EMAIL}', '{NAME}', '{PHONE}', '{IBAN}', '{CARD}', '{SSN}',
               '{json.dumps({EMAIL: {"name": NAME}})}', ARRAY['{NAME}', '{EMAIL}'], '{NAME}', '{NOTE}'
        FROM generate_series(1, 20)""",
    f"""CREATE FUNCTION fail() RETURNS int LANGUAGE plpgsql AS
        $$ BEGIN RAISE EXCEPTION 'no such customer {NAME} {EMAIL}'; END $$""",
    "CREATE VIEW failing AS SELECT email, fail() FROM customers",
    "CREATE VIEW casting AS SELECT email, full_name::int AS number FROM customers",
    "CREATE TABLE locked AS SELECT * FROM customers",
]
MARIADB = [
    f"""CREATE TABLE customers (
        id int AUTO_INCREMENT PRIMARY KEY,
        email varchar(80) COMMENT 'Ask {NAME} about it', full_name varchar(80) COMMENT '{NAME}',
        phone varchar(40) DEFAULT '{PHONE}' COMMENT 'zqcanaria xylvester, {PHONE}',
        iban varchar(40) COMMENT '{OTHER_EMAIL}', card varchar(40) COMMENT '{EMAIL}',
        ssn varchar(20) COMMENT 'Xylvester, Zqcanaria: {SSN}',
        kind enum('{NAME}', '{EMAIL}') DEFAULT '{NAME}' COMMENT '{NAME.upper()}',
        kinds set('{NAME}', 'new'), payload json COMMENT '{NAME.lower()}', data blob, notes text
    ) COMMENT '{NAME} {EMAIL}'""",
    *[
        f"""INSERT INTO customers (email, full_name, phone, iban, card, ssn, kinds, payload, data, notes)
        VALUES ('{EMAIL}', '{NAME}', '{PHONE}', '{IBAN}', '{CARD}', '{SSN}', '{NAME}',
                '{json.dumps({EMAIL: {"name": NAME}})}', '{NAME}', '{NOTE}')"""
    ]
    * 5,
    f"""CREATE FUNCTION fail() RETURNS int DETERMINISTIC
        BEGIN SIGNAL SQLSTATE '45000' SET MESSAGE_TEXT = 'no such customer {NAME}'; RETURN 1; END""",
    "CREATE VIEW failing AS SELECT email, fail() FROM customers",
]


@pytest.fixture(params=["postgresql", "mariadb"])
def server(request: pytest.FixtureRequest) -> Server:
    found = request.getfixturevalue(f"{request.param}_server")
    assert isinstance(found, Server)
    return found


@pytest.fixture
def planted_url(server: Server) -> Iterator[str]:
    url = server.new_database()
    run_sql(url, POSTGRESQL if server.kind == "postgresql" else MARIADB)
    yield url
    server.drop_database(url)


@contextmanager
def held(url: str, kind: str) -> Iterator[None]:
    """Somebody else holds a lock on a table."""
    if kind != "postgresql":
        yield
        return
    engine = create_engine(url)
    with engine.connect() as connection:
        connection.execute(text("LOCK TABLE locked IN ACCESS EXCLUSIVE MODE"))
        yield
    engine.dispose()


def test_nothing_read_from_a_server_gets_out(server: Server, planted_url: str, cli: Cli, tmp_path: Path) -> None:
    watched = Watched()
    reader = make_url(server.reader_url(planted_url))
    password = f"{reader.password}"
    (tmp_path / "config.toml").write_text(
        f"""
        [[sources]]
        name = "crm"
        url = "{reader.set(password=None).render_as_string()}"
        password_env = "CRM_PASSWORD"
        views = true
        [[sources]]
        name = "refused"
        url = "{reader.set(password=None).render_as_string()}"
        password_env = "WRONG_PASSWORD"
        """
    )
    env = {"CRM_PASSWORD": password, "WRONG_PASSWORD": PASSWORD}
    with held(planted_url, server.kind):
        watched.run(cli, "scan", "crm", "refused", "--timeout-s", "1", "-vv", exit_code=5, env=env)
    references = watch_everything(watched, cli, tmp_path, "crm", "refused", env=env, forms=("json",))
    assert "crm" in {reference.partition(":")[0] for reference in references}
    skipped = cli("map", "coverage", "--skipped", "--format", "json", env=env).json()
    assert {"refused"} < {item["source"] for item in skipped}
    assert any("failing" in (item["asset"] or "") for item in skipped)
    bare = reader.set(password=PASSWORD)
    wrong = [
        str(item.render_as_string(hide_password=False))
        for item in (bare, bare.set(port=1), bare.set(database="nosuch"), bare.set(host="127.0.0.1", query={"x": "y"}))
    ]
    watched.run(cli, "scan", wrong[0], "-vv", exit_code=4)
    for address in wrong:
        here = ("--store", address, "--config", tmp_path / "config.toml", "-vv")
        there = ("--store", f"sqlite:///{tmp_path / 'privacy.db'}", *here[2:])
        assert watched.inside("scan", address, *there) == 4
        assert watched.inside("scan", address, "--dry-run", *there) == 4
        for command in (*LISTINGS[:2], ("init",), ("store", "backup", "other.zip"), ("doctor",)):
            assert watched.inside(*command, *here, env=env) in (3, 4, 6)
    for path in tmp_path.glob("privacy.db*"):
        watched.file(path)
    # The addresses were typed by the user of this test, and yet not even they are repeated.
    said = [(where.replace(PASSWORD, "…"), written) for where, written in watched.said]
    assert Watched(said).leaks() == []


def test_a_mistake_in_the_configuration_repeats_no_value(tmp_path: Path) -> None:
    watched = Watched()
    for number, settings in enumerate(
        (
            f'[scan]\ntimeout_s = "{PASSWORD}"',
            f'[[sources]]\nname = "{NAME}"\npath = "x"',
            f'[[sources]]\nname = "a"\nurl = "postgresql://u:{PASSWORD}@127.0.0.1:1/x"\npath = "x"',
            f'[[sources]]\nname = "a"\nurl = "nosuch://u:{PASSWORD}@127.0.0.1:1/x"',
            f'[[sources]]\nname = "a"\nurl = "postgresql://u:{PASSWORD}@127.0.0.1:port/x"',
            f'[[sources]]\nname = "a"\nurl = "postgresql://u@127.0.0.1:1/x"\npassword_command = "cat {PASSWORD}"',
            f'[store]\nurl = "{PASSWORD}"',
            f'[store]\nurl = "postgresql://u:{PASSWORD}@127.0.0.1:1/x"',
            f"[organisation]\nname = {NAME}",
        )
    ):
        path = tmp_path / f"{number}.toml"
        path.write_text(settings)
        for command in (("scan",), ("sources", "check"), ("sources", "list"), ("doctor",), ("init",), ("map", "show")):
            watched.inside(*command, "--config", path, "--store", f"sqlite:///{tmp_path / 'privacy.db'}", "-vv")
    assert watched.leaks() == []


def test_every_command_was_watched(local: tuple[Watched, list[str]]) -> None:
    """A command that is added to the tool is added here."""
    said = [where for where, _ in local[0].said]
    commands = get_command(app).commands  # type: ignore[attr-defined]
    for noun in commands.keys() - {"demo"}:  # which reads its own company only
        for verb in getattr(commands[noun], "commands", {"": None}):
            words = f"{noun} {verb}".strip()
            assert any(where.startswith(words) for where in said), words


def test_the_store_its_key_and_a_backup_are_for_their_owner_only(local: tuple[Watched, list[str]], desk: Desk) -> None:
    for path in [*desk.folder.glob("privacy.db*"), desk.folder / "privacy.key", desk.folder / "backup.zip"]:
        assert stat.S_IMODE(path.stat().st_mode) == 0o600, path
