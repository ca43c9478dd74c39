"""The nightly scan of docs/change.md: quiet in a quiet night, a mail and exit code 6 at drift, 1 when it failed."""

from __future__ import annotations

import re
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.conftest import ROOT, clean_environment


@dataclass(frozen=True)
class Night:
    """What came of one night."""

    exit_code: int
    subject: str
    mail: str


@pytest.fixture
def night(tmp_path: Path, guard_log: Path) -> Callable[[], Night]:
    """Runs the script as it stands in the document, with `privacy` and a `mail` that keeps what it is given."""
    [script] = re.findall(r"^```bash\n(.*?)^```$", (ROOT / "docs/change.md").read_text(), re.MULTILINE | re.DOTALL)
    (tmp_path / "nightly").write_text(script)
    programs = tmp_path / "bin"
    programs.mkdir()
    home = tmp_path / "home"
    home.mkdir()
    for name, body in (
        ("privacy", f'exec {sys.executable} -m privacy "$@"'),
        ("mail", f'echo "$2 for $3" > {tmp_path}/subject; cat > {tmp_path}/mail; test ! -e {tmp_path}/mail-is-down'),
    ):
        (programs / name).write_text(f"#!/bin/sh\n{body}\n")
        (programs / name).chmod(0o755)
    env = clean_environment(home, guard_log)
    env |= {"PATH": f"{programs}:{env['PATH']}", "PRIVACY_HOME": str(home), "PRIVACY_MAIL": "dpo@example.org"}

    def run() -> Night:
        for name in ("subject", "mail"):
            (tmp_path / name).unlink(missing_ok=True)
        done = subprocess.run(["bash", tmp_path / "nightly"], env=env, cwd=tmp_path, check=False, timeout=120)
        subject, mail = (
            (tmp_path / name).read_text() if (tmp_path / name).exists() else "" for name in ("subject", "mail")
        )
        return Night(done.returncode, subject.strip(), mail)

    return run


def database(path: Path, *statements: str) -> None:
    with closing(sqlite3.connect(path)) as connection, connection:
        for statement in statements:
            connection.execute(statement)


def test_nights(night: Callable[[], Night], tmp_path: Path) -> None:
    home = tmp_path / "home"
    shop = home / "shop.db"
    (home / "config.toml").write_text('[[sources]]\nname = "shop"\npath = "shop.db"\n')
    database(shop, "CREATE TABLE items (id INTEGER PRIMARY KEY, title TEXT)", "INSERT INTO items VALUES (1, 'Chair')")
    # The first night has nothing to compare with, the second nothing to say.
    assert night() == Night(0, "", "")
    assert night() == Night(0, "", "")
    # A table of people comes, in a night in which the mail does not go out.
    database(
        shop,
        "CREATE TABLE people (id INTEGER PRIMARY KEY, email TEXT)",
        *(f"INSERT INTO people VALUES ({n}, 'ann{n}.lee@example.org')" for n in range(20)),
    )
    (tmp_path / "mail-is-down").touch()
    assert night().exit_code == 1
    (tmp_path / "mail-is-down").unlink()
    # So it is told in the next one, and once.
    told = night()
    assert (told.exit_code, told.subject) == (6, "Data map: something to look at for dpo@example.org")
    assert "newly\\_personal" in told.mail
    assert "contact.email" in told.mail
    assert "ann1" not in told.mail
    assert night() == Night(0, "", "")
    # A renamed column is no new personal data.
    database(shop, "ALTER TABLE people RENAME COLUMN email TO mail")
    assert night() == Night(0, "", "")
    # The only source cannot be opened.
    shop.rename(home / "away.db")
    failed = night()
    assert (failed.exit_code, failed.subject) == (1, "Data map: the nightly scan FAILED for dpo@example.org")
    (home / "away.db").rename(shop)
    assert night().exit_code in (0, 6)
    assert night() == Night(0, "", "")
    # The configuration is broken.
    (home / "config.toml").write_text("[[sources]]\nnme = 1\n")
    assert night().exit_code == 1


def test_what_was_skipped_is_told_once_and_fails_nothing(night: Callable[[], Night], tmp_path: Path) -> None:
    home = tmp_path / "home"
    database(home / "shop.db", "CREATE TABLE items (id INTEGER PRIMARY KEY)")
    (home / "share").mkdir()
    (home / "config.toml").write_text(
        '[[sources]]\nname = "shop"\npath = "shop.db"\n[[sources]]\nname = "share"\npath = "share"\n'
    )
    night()
    (home / "share" / "scan.xyz").write_bytes(b"\x00\x01")
    told = night()
    assert (told.exit_code, "newly\\_skipped" in told.mail) == (6, True)
    assert night() == Night(0, "", "")
