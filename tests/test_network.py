"""Nothing leaves this machine: the guard bites, and no command gives it anything to bite."""

from __future__ import annotations

import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from typer.main import get_command

from privacy.cli import app
from tests.conftest import Cli, clean_environment
from tests.guard.sitecustomize import is_local

#: Every command that needs no input; commands with input are watched by the ``cli`` fixture in their own tests.
COMMANDS: list[tuple[str, ...]] = [
    ("--help",),
    ("--version",),
    ("doctor",),
    ("sources", "list"),
    ("sources", "check"),
    ("map", "show"),
    ("map", "fields"),
    ("map", "coverage"),
    ("map", "coverage", "--skipped"),
    ("map", "diff"),
    ("map", "subjects"),
    ("map", "joins"),
    ("map", "hygiene"),
    ("map", "scans"),
    ("map", "decisions"),
    ("map", "suppressions"),
    ("map", "export"),
    ("init",),
    ("demo",),
]

#: What could tempt somebody to look it up: hosts, mail domains, public suffixes, addresses, phone numbers.
TEMPTING = """website,email,host,ip,phone,note
https://shop.privacy.example/x?y=1,ann@privacy.example,db.privacy.example,192.0.2.7,+49 30 1234567,See privacy.example
http://privacy.co.uk,bob@mail.privacy.co.uk,intranet.privacy.co.uk,2001:db8::7,+44 20 7946 0958,Ask Ann Miller in Paris
"""

ATTEMPTS = {
    "connect": "socket.socket().connect(('192.0.2.1', 80))",
    "connect_ex": "socket.socket().connect_ex(('192.0.2.1', 80))",
    "connect, IPv6": "socket.socket(socket.AF_INET6).connect(('2001:db8::1', 80))",
    "sendto": "socket.socket(type=socket.SOCK_DGRAM).sendto(b'x', ('192.0.2.1', 53))",
    "bind": "socket.socket().bind(('0.0.0.0', 0))",
    "getaddrinfo": "socket.getaddrinfo('privacy.example', 443)",
    "gethostbyname": "socket.gethostbyname('privacy.example')",
    "gethostbyaddr": "socket.gethostbyaddr('192.0.2.1')",
    "urllib": "import urllib.request; urllib.request.urlopen('http://privacy.example/', timeout=5)",
    "a child process": "import subprocess; subprocess.run("
    "[sys.executable, '-c', \"import socket; socket.gethostbyname('privacy.example')\"], check=True)",
}


def python(code: str, tmp_path: Path, log: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", f"import socket, sys; {code}"],
        capture_output=True,
        text=True,
        cwd=tmp_path,
        env=clean_environment(tmp_path, log),
        timeout=60,
        check=False,
    )


@pytest.mark.parametrize("code", ATTEMPTS.values(), ids=ATTEMPTS)
def test_the_guard_denies_and_writes_down(code: str, tmp_path: Path, guard_log: Path) -> None:
    done = python(code, tmp_path, guard_log)
    assert done.returncode != 0
    assert "network guard" in done.stderr
    assert guard_log.read_text().count("\n") == 1


def test_the_guard_lets_this_machine_talk_to_itself(tmp_path: Path, guard_log: Path) -> None:
    code = """
    with socket.create_server(('127.0.0.1', 0)) as server:
        socket.create_connection(('localhost', server.getsockname()[1])).sendall(b'x')
    with socket.socket(socket.AF_UNIX) as server:
        server.bind('s'); server.listen(); socket.socket(socket.AF_UNIX).connect('s')
    """
    code = "\n" + "\n".join(line.removeprefix("    ") for line in code.splitlines())
    done = python(code, tmp_path, guard_log)
    assert (done.returncode, done.stderr, guard_log.read_text()) == (0, "", "")


@pytest.mark.parametrize(
    ("host", "expected"),
    [
        ("localhost", True),
        (b"localhost", True),
        ("127.0.0.1", True),
        ("127.1.2.3", True),
        ("::1", True),
        ("::ffff:127.0.0.1", True),
        (None, True),
        ("", False),
        ("0.0.0.0", False),
        ("127.example.org", False),
        ("127.0.0.example", False),
        ("localhost.example.org", False),
        ("::ffff:192.0.2.1", False),
        ("::2", False),
    ],
)
def test_what_counts_as_this_machine(host: str | bytes | None, expected: bool) -> None:
    assert is_local(host) is expected


@pytest.mark.parametrize("args", COMMANDS, ids=" ".join)
def test_a_command_stays_on_this_machine(args: tuple[str, ...], cli: Cli, guard_log: Path) -> None:
    run = cli(*args)
    assert run.exit_code == 0, run.stderr
    assert guard_log.read_text() == ""


def test_every_command_without_arguments_is_watched() -> None:
    def leaves(command: Any, words: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], Any]]:
        members = getattr(command, "commands", {})
        for name, member in members.items():
            yield from leaves(member, (*words, name))
        if not members:
            yield words, command

    mine = ("init", "doctor", "demo", "sources", "map")
    known = {words for words, leaf in leaves(get_command(app)) if not any(item.required for item in leaf.params)}
    assert {words for words in known if words[0] in mine} <= {words[:2] for words in COMMANDS}


def test_a_scan_looks_nothing_up(cli: Cli, tmp_path: Path) -> None:
    (tmp_path / "share").mkdir()
    (tmp_path / "share" / "hosts.csv").write_text(TEMPTING * 5)
    (tmp_path / "share" / "hosts.txt").write_text(TEMPTING * 5)
    (tmp_path / "share" / "hosts.html").write_text('<img src="https://privacy.example/pixel.png">')
    with closing(sqlite3.connect(tmp_path / "hosts.db")) as connection, connection:
        connection.execute("CREATE TABLE hosts (website TEXT, email TEXT, host TEXT, ip TEXT, phone TEXT, note TEXT)")
        for line in TEMPTING.splitlines()[1:]:
            connection.execute("INSERT INTO hosts VALUES (?, ?, ?, ?, ?, ?)", line.split(","))
    assert cli("scan", "share", "hosts.db", "--full").exit_code == 5
    assert cli("scan", "mariadb://reader@127.0.0.1:1/x").exit_code == 4
