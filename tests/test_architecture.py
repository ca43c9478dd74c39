"""The plan of the code holds: which package knows which, and what may happen where. Read from the source text."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
PACKAGES = ("data_map", "scanners", "privacy")

#: Who may not know whom: importing module (or anything in it) → what it never imports.
FORBIDDEN = [
    ("data_map", "scanners"),
    ("data_map", "privacy"),
    ("scanners", "privacy"),
    # Scanners cannot write, and the store is where writing happens.
    ("scanners", "data_map.store"),
]

#: Extension folders, and the modules in each that every sibling may use. All others never know of each other.
SHARED = {
    "scanners.sources": {"address", "base", "registry", "selection", "wire"},
    "scanners.sources.sql": {"catalog", "dictionary", "habits"},
    "scanners.extract": {"base", "decode", "header", "registry"},
    "privacy.reports": {"rendering", "report", "table", "text"},
}

BANNED_NAMES = {"common", "handler", "helper", "helpers", "manager", "processor", "service", "util", "utils"}

#: The clock is read here and handed on.
CLOCK_READERS = ("privacy.app", "privacy.cli")
CLOCKS = {"now", "today", "utcnow"}


@cache
def modules() -> dict[str, ast.Module]:
    """Every module of the product by dotted name (a package under its own name)."""
    return {
        ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__"): ast.parse(path.read_text())
        for package in PACKAGES
        for path in sorted((ROOT / package).rglob("*.py"))
    }


def is_in(module: str, package: str) -> bool:
    """Whether a module is the package or lies in it."""
    return module == package or module.startswith(package + ".")


def imports(module: str) -> Iterator[str]:
    """What a module imports, wherever the statement stands: ``from a import b`` yields ``a`` and ``a.b``."""
    for node in ast.walk(modules()[module]):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{module}:{node.lineno}: imports are absolute"
            assert node.module
            yield node.module
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def calls(module: str) -> Iterator[tuple[str, int]]:
    """What a module calls, as written (``datetime.now``), and in which line."""
    for node in ast.walk(modules()[module]):
        if isinstance(node, ast.Call):
            yield ast.unparse(node.func), node.lineno


def test_there_is_something_to_look_at() -> None:
    assert {"data_map.model", "scanners.sources.base", "privacy"} <= modules().keys()


@pytest.mark.parametrize(("package", "unknown"), FORBIDDEN, ids=lambda name: name)
def test_the_direction_of_the_packages(package: str, unknown: str) -> None:
    wrong = [
        f"{module} imports {name}"
        for module in modules()
        if is_in(module, package)
        for name in imports(module)
        if is_in(name, unknown)
    ]
    assert not wrong


@pytest.mark.parametrize("folder", SHARED)
def test_siblings_do_not_know_each_other(folder: str) -> None:
    wrong = []
    for module in modules():
        if not module.startswith(folder + "."):
            continue
        own = module.removeprefix(folder + ".").split(".")[0]
        for name in imports(module):
            if name.startswith(folder + "."):
                sibling = name.removeprefix(folder + ".").split(".")[0]
                # ``from folder.base import Name`` also yields ``folder.base.Name``: the same sibling.
                if sibling != own and sibling not in SHARED[folder] and f"{folder}.{sibling}" in modules():
                    wrong.append(f"{module} imports {name}")
    assert not wrong


def test_the_command_line_is_the_outermost_layer() -> None:
    wrong = [
        f"{module} imports {name}"
        for module in modules()
        if module != "privacy.__main__" and not is_in(module, "privacy.cli")
        for name in imports(module)
        if is_in(name, "privacy.cli")
    ]
    assert not wrong


def test_only_the_store_of_the_data_map_knows_sqlalchemy() -> None:
    wrong = [
        f"{module} imports {name}"
        for module in modules()
        if is_in(module, "data_map") and not is_in(module, "data_map.store")
        for name in imports(module)
        if is_in(name, "sqlalchemy") or is_in(name, "alembic")
    ]
    assert not wrong


def test_only_the_command_line_prints() -> None:
    wrong = [
        f"{module}:{line}: {call}"
        for module in modules()
        if not is_in(module, "privacy.cli")
        for call, line in calls(module)
        if call in ("print", "sys.stdout.write", "sys.stderr.write")
    ]
    assert not wrong


def test_the_clock_is_read_in_one_place() -> None:
    wrong = []
    for module in modules():
        if any(is_in(module, reader) for reader in CLOCK_READERS):
            continue
        for call, line in calls(module):
            owner, _, method = call.rpartition(".")
            if (method in CLOCKS and owner.split(".")[-1] in ("date", "datetime")) or call == "time.time":
                wrong.append(f"{module}:{line}: {call}")
    assert not wrong


def test_modules_are_named_after_what_they_are() -> None:
    assert not [module for module in modules() if BANNED_NAMES.intersection(module.split("."))]
