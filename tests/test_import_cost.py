"""Importing is free: help comes before anything heavy is loaded."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.conftest import clean_environment

HEAVY = {
    "alembic",
    "numpy",
    "pandas",
    "phonenumbers",
    "presidio_analyzer",
    "psycopg",
    "pymysql",
    "spacy",
    "sqlalchemy",
    "tldextract",
    "xlsxwriter",
}

PROBE = """
import json, runpy, sys
sys.argv = ["privacy", *sys.argv[1:]]
try:
    runpy.run_module("privacy", run_name="__main__")
except SystemExit as end:
    code = end.code
json.dump({"code": code, "modules": sorted(sys.modules)}, sys.stderr)
"""


@pytest.mark.parametrize("args", [("--help",), ("map", "--help"), ("scan", "--help"), ("ropa", "--help")], ids=" ".join)
def test_help_loads_nothing_heavy(args: tuple[str, ...], tmp_path: Path, guard_log: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-c", PROBE, *args],
        capture_output=True,
        text=True,
        cwd=tmp_path,
        env=clean_environment(tmp_path, guard_log),
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    seen = json.loads(done.stderr)
    assert seen["code"] in (0, None), done.stdout
    assert "privacy.cli" in seen["modules"]
    assert not HEAVY.intersection(seen["modules"])
