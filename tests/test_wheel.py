"""What is shipped: the three packages, whole, and nothing else."""

from __future__ import annotations

import subprocess
import sys
import zipfile
from pathlib import Path, PurePosixPath

import pytest

from tests.conftest import clean_environment

ROOT = Path(__file__).resolve().parents[1]
PACKAGES = {"data_map", "privacy", "scanners"}


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("wheel")
    done = subprocess.run(
        [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    [built] = folder.glob("*.whl")
    return built


def test_the_wheel_holds_the_three_packages_whole(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        names = [name for name in archive.namelist() if not name.endswith("/")]
    top = {PurePosixPath(name).parts[0] for name in names}
    [info] = [name for name in top if name.endswith(".dist-info")]
    assert top == {*PACKAGES, info}
    source = {
        path.relative_to(ROOT).as_posix()
        for package in PACKAGES
        for path in (ROOT / package).rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }
    # Data files, migrations and the markers for type checkers come along: as many as there are in the tree. The example
    # of a configuration stands at the top of the tree, where people look for it, and is shipped for `privacy init`.
    assert {name for name in names if not name.startswith(info)} == source | {"privacy/config.example.toml"}
    assert {f"{package}/py.typed" for package in PACKAGES} <= source
    assert any(name.endswith(".toml") for name in source)
    assert any("/migrations/versions/" in name for name in source)
    assert {f"privacy/reports/templates/report.{ending}" for ending in ("css", "html")} <= source
    assert not [name for name in names if "test" in PurePosixPath(name).stem]
    assert {f"{info}/licenses/LICENSE", f"{info}/licenses/NOTICE", f"{info}/entry_points.txt"} <= set(names)


def test_the_wheel_runs_from_where_it_was_unpacked(wheel: Path, tmp_path: Path, guard_log: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(tmp_path / "site")
    environment = clean_environment(tmp_path, guard_log)
    # The tree itself off the path: only what was shipped may be found. ``-S`` would also hide the dependencies.
    guard = environment["PYTHONPATH"].split(":")[0]
    environment["PYTHONPATH"] = f"{guard}:{tmp_path / 'site'}"
    code = """
import privacy, runpy, sys
print(privacy.__file__, flush=True)
sys.argv = ["privacy", "--help"]
runpy.run_module("privacy", run_name="__main__")
"""
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=tmp_path, env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith(str(tmp_path / "site"))
