"""Nothing leaves this machine: the guard bites, and no command gives it anything to bite."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

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
    ("map", "diff"),
]

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
