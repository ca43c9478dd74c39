"""The scripts behind ``make check`` see what they are there to see."""

from __future__ import annotations

from pathlib import Path

import pytest

from scripts import licences, lock

ROOT = Path(__file__).resolve().parents[1]
HASH = "    --hash=sha256:" + "0" * 64
PROJECT = {
    "name": "privacy-inventory",
    "dependencies": ["alpha[x]>=2"],
    "optional-dependencies": {"all": ["privacy-inventory[more]"], "more": ["Beta.Gamma==1.0"]},
}
GOOD = f"""# by
#    make lock
alpha==2.1 ; sys_platform == 'linux' \\
{HASH} \\
{HASH}
    # via x
beta-gamma==1.0 \\
{HASH}
"""


def test_a_good_lock_has_no_faults() -> None:
    assert lock.faults(GOOD, PROJECT) == []
    assert lock.pins(GOOD) == {"alpha": ["2.1"], "beta-gamma": ["1.0"]}


@pytest.mark.parametrize(
    ("old", "new", "fault"),
    [
        ("alpha==2.1", "alpha==1.9", "alpha[x]>=2: the lock has 1.9"),
        ("beta-gamma", "beta-delta", "Beta.Gamma==1.0: not in the lock"),
        ("# by", "--index-url x", "neither a pin nor a hash"),
        ("# by", "# https://example.org/simple", "an address or a path"),
        ("#    make lock", "#    /home/me/bin/uv", "an address or a path"),
        (f"1.0 \\\n{HASH}\n", "1.0\nzeta==1 \\\n" + HASH, "has no hash"),
    ],
)
def test_a_fault_is_named(old: str, new: str, fault: str) -> None:
    assert fault in "\n".join(lock.faults(GOOD.replace(old, new), PROJECT))


def test_the_lock_answers_the_project() -> None:
    assert lock.faults((ROOT / "requirements.lock").read_text(), lock.project()) == []


@pytest.mark.parametrize(
    ("name", "expression", "expected"),
    [
        ("a", "MIT", True),
        ("a", "MIT AND Zlib", True),
        ("a", "GPL-3.0-only OR MIT", True),
        ("a", "GPL-3.0-only AND MIT", False),
        ("a", "", False),
        ("a", "LGPL-3.0-only", False),
        ("psycopg", "LGPL-3.0-only", True),
        ("tqdm", "MPL-2.0 AND MIT", True),
    ],
)
def test_licences_are_judged_whole(name: str, expression: str, expected: bool) -> None:
    assert licences.is_allowed(name, expression) is expected
