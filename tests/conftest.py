"""Fixtures shared by all tests: the command, and real database servers."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass
from functools import cache
from io import StringIO
from pathlib import Path
from typing import Any, Protocol, TypeVar

import pytest
from hypothesis import settings

from tests import servers
from tests.guard import sitecustomize

# No test is timed: how long an example takes says something about the machine, not about the code.
settings.register_profile("untimed", deadline=None)
settings.load_profile("untimed")

_Served = TypeVar("_Served", bound=servers.Server)

ROOT = Path(__file__).resolve().parents[1]
GUARD = Path(__file__).resolve().parent / "guard"


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--update-golden", action="store_true", help="write what is printed now to tests/golden/")


@pytest.fixture
def golden(request: pytest.FixtureRequest) -> Callable[[str, str], None]:
    """Compares a text with a file in ``tests/golden/``; with ``--update-golden`` writes it there instead."""

    def compare(name: str, text: str) -> None:
        path = Path(__file__).resolve().parent / "golden" / name
        if request.config.getoption("--update-golden"):
            path.write_text(text, encoding="utf-8")
        assert text == path.read_text(encoding="utf-8"), f"other than tests/golden/{name}; see --update-golden"

    return compare


@dataclass(frozen=True)
class Run:
    """What a command did."""

    exit_code: int
    stdout: str
    stderr: str

    def json(self) -> Any:
        """Standard output, which must be one JSON document and nothing else."""
        return json.loads(self.stdout)


class Cli(Protocol):
    """Runs ``privacy`` with these arguments."""

    def __call__(
        self,
        *args: str | Path,
        stdin: str | None = None,
        env: Mapping[str, str] | None = None,
        cwd: Path | None = None,
        timeout_s: float = 180,
    ) -> Run: ...


def clean_environment(home: Path, guard_log: Path) -> dict[str, str]:
    """An environment in which nothing of the developer's machine is left, and the network guard watches."""
    return {
        "PATH": os.environ["PATH"],
        "LANG": "C.UTF-8",
        "HOME": str(home),
        "NO_COLOR": "1",
        "TERM": "dumb",
        "COLUMNS": "100",
        "PYTHONPATH": os.pathsep.join((str(GUARD), str(ROOT))),
        "PRIVACY_GUARD_LOG": str(guard_log),
    }


@pytest.fixture(scope="session", autouse=True)
def _no_network(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """The test process itself may not leave this machine either."""
    log = tmp_path_factory.mktemp("guard") / "log"
    log.touch()
    sitecustomize.install(str(log))
    yield
    assert log.read_text() == "", "a test tried to leave this machine"


@pytest.fixture
def guard_log(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the network guard of the started commands writes what it denied."""
    log = tmp_path_factory.mktemp("guard") / "log"
    log.touch()
    return log


def command_in(home: Path, guard_log: Path) -> Cli:
    """Runs ``privacy`` as a user does: in a process of its own, in a folder that is also its home."""

    def run(
        *args: str | Path,
        stdin: str | None = None,
        env: Mapping[str, str] | None = None,
        cwd: Path | None = None,
        timeout_s: float = 180,
    ) -> Run:
        done = subprocess.run(
            [sys.executable, "-m", "privacy", *map(str, args)],
            # An empty input when none is given: nothing may wait for the developer's keyboard.
            input=stdin if stdin is not None else "",
            capture_output=True,
            encoding="utf-8",
            cwd=cwd or home,
            env=clean_environment(home, guard_log) | dict(env or {}),
            timeout=timeout_s,
            check=False,
        )
        return Run(done.returncode, done.stdout, done.stderr)

    return run


@cache
def _command() -> Any:
    from typer.main import get_command

    from privacy.cli import app

    return get_command(app)


def command_inside(home: Path) -> Cli:
    """Runs the same command inside of the tests' own process, where everything is loaded already."""

    def run(
        *args: str | Path,
        stdin: str | None = None,
        env: Mapping[str, str] | None = None,
        cwd: Path | None = None,
        timeout_s: float = 180,
    ) -> Run:
        out, err = StringIO(), StringIO()
        with pytest.MonkeyPatch.context() as patch, redirect_stdout(out), redirect_stderr(err):
            patch.chdir(cwd or home)
            for name in [name for name in os.environ if name.startswith("PRIVACY_")]:
                patch.delenv(name)
            for name, value in ({"NO_COLOR": "1", "TERM": "dumb", "COLUMNS": "100"} | dict(env or {})).items():
                patch.setenv(name, value)
            exit_code = _command().main(list(map(str, args)), standalone_mode=False)
        return Run(int(exit_code or 0), out.getvalue(), err.getvalue())

    return run


@pytest.fixture
def inside(tmp_path: Path) -> Cli:
    """Run ``privacy`` in an empty folder without starting a process: for the many commands of one test."""
    return command_inside(tmp_path)


@pytest.fixture
def cli(tmp_path: Path, guard_log: Path) -> Iterator[Cli]:
    """Run ``privacy`` in an empty folder. A test that uses this fails when a command tries to leave this machine."""
    yield command_in(tmp_path, guard_log)
    assert guard_log.read_text() == "", "a command tried to leave this machine"


@dataclass(frozen=True)
class Desk:
    """A folder that the tests of one module share, with the command run in it."""

    folder: Path
    cli: Cli
    inside: Cli
    guard_log: Path


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    """One folder for a whole module, for scans that several tests look at. It is watched as ``cli`` is."""
    folder = tmp_path_factory.mktemp("desk")
    log = tmp_path_factory.mktemp("guard") / "log"
    log.touch()
    yield Desk(folder, command_in(folder, log), command_inside(folder), log)
    assert log.read_text() == "", "a command tried to leave this machine"


@pytest.fixture(scope="session")
def postgresql_server() -> Iterator[servers.Server]:
    """A private PostgreSQL; absent: the test is skipped, and in CI it fails."""
    yield from _serve(servers.start_postgresql)


@pytest.fixture(scope="session")
def mariadb_server() -> Iterator[servers.Server]:
    """A private MariaDB; absent: the test is skipped, and in CI it fails."""
    yield from _serve(servers.start_mariadb)


@pytest.fixture(scope="session")
def mongodb_server() -> Iterator[servers.Server]:
    """A private emulator of MongoDB; absent: the test is skipped, and in CI it fails."""
    yield from _serve(servers.start_mongodb)


@pytest.fixture(scope="session")
def directory() -> Iterator[servers.Directory]:
    """A private, empty LDAP directory; absent: the test is skipped, and in CI it fails."""
    yield from _serve(servers.start_slapd)


@pytest.fixture
def postgresql_url(postgresql_server: servers.Server) -> Iterator[str]:
    """A fresh, empty PostgreSQL database."""
    yield from _database(postgresql_server)


@pytest.fixture
def mariadb_url(mariadb_server: servers.Server) -> Iterator[str]:
    """A fresh, empty MariaDB database."""
    yield from _database(mariadb_server)


def _serve(start: Callable[[], _Served]) -> Iterator[_Served]:
    try:
        server = start()
    except servers.AbsentError as absent:
        if os.environ.get("CI"):
            pytest.fail(str(absent), pytrace=False)
        pytest.skip(str(absent))
    try:
        yield server
    finally:
        server.stop()


def _database(server: servers.Server) -> Iterator[str]:
    url = server.new_database()
    try:
        yield url
    finally:
        server.drop_database(url)
