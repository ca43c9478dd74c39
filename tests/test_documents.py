"""What the documents say is so: links lead somewhere, commands parse, codes and states are all explained."""

from __future__ import annotations

import re
import shlex
from dataclasses import asdict
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from typer.main import get_command
from typer.testing import CliRunner

from data_map import journal
from data_map.model import Reason, State
from privacy.cli import app
from privacy.exits import Exit
from scanners.extract.registry import READERS
from scanners.sources.registry import CONNECTORS

ROOT = Path(__file__).resolve().parents[1]
#: Drawn from the code by `make docs`.
GENERATED = {"cli.md", "detectors.md"}
DOCUMENTS = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")])
WRITTEN = [path for path in DOCUMENTS if path.name not in GENERATED]

FENCE = re.compile(r"^```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
INLINE = re.compile(r"`([^`\n]+)`")
LINK = re.compile(r"\[[^\]]*\]\(([^)\s]+)\)")
OF_THE_TREE = re.compile(r"(?:data_map|scanners|privacy|tests|scripts|benchmarks|docs)/[\w./-]*")


@cache
def text_of(path: Path) -> str:
    return path.read_text(encoding="utf-8")


def prose(path: Path) -> str:
    """A document without its blocks of code."""
    return FENCE.sub("", text_of(path))


def blocks(path: Path, language: str) -> list[str]:
    return [body for kind, body in FENCE.findall(text_of(path)) if kind == language]


def anchors(path: Path) -> set[str]:
    """The fragments that a document's headings can be reached by."""
    headings = re.findall(r"^#+ (.+)$", prose(path), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).strip().replace(" ", "-") for heading in headings}


def commands() -> list[tuple[str, list[str], bool]]:
    """Where a command stands, its words, and whether it is meant to be run as it is."""
    found = []
    for path in WRITTEN:
        joined = (re.sub(r"\\\n *", "", block) for block in blocks(path, "sh"))
        # What the shell does with a command's input and output is not the command's.
        lines = [re.sub(r" (?:\||<<?|>).*", "", line) for block in joined for line in block.splitlines()]
        lines += [
            line.removeprefix("$ ") for block in blocks(path, "text") for line in block.splitlines() if line[:1] == "$"
        ]
        whole = [line for line in lines if re.match(r"privacy( |$)", line)]
        named = [code for code in INLINE.findall(prose(path)) if re.match(r"privacy( |$)", code)]
        found += [(path.name, shlex.split(line, comments=True)[1:], True) for line in whole]
        found += [(path.name, shlex.split(code)[1:], False) for code in named]
    return found


def links() -> list[tuple[Path, str]]:
    found = [(path, target) for path in DOCUMENTS for target in LINK.findall(prose(path))]
    return [(path, target) for path, target in found if not re.match(r"[a-z]+:", target)]


def test_there_are_documents_with_links_and_commands() -> None:
    assert {"README.md", "CHANGELOG.md", "CONTRIBUTING.md", "architecture.md", "security.md"} <= {
        path.name for path in WRITTEN
    }
    assert len(links()) > 20
    assert len(commands()) > 20


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: path.name)
def test_links_lead_somewhere(path: Path) -> None:
    for _, target in (link for link in links() if link[0] == path):
        name, _, fragment = target.partition("#")
        there = (path.parent / name).resolve() if name else path
        assert there.exists(), target
        assert there.is_relative_to(ROOT), target
        if fragment:
            assert fragment in anchors(there), target


@pytest.mark.parametrize("path", WRITTEN, ids=lambda path: path.name)
def test_files_that_are_named_are_there(path: Path) -> None:
    named = [code for code in INLINE.findall(prose(path)) if OF_THE_TREE.fullmatch(code)]
    # NAME and NOUN stand for a file of yours.
    assert not [name for name in named if not Path(name).stem.isupper() and not (ROOT / name).exists()]


@pytest.mark.parametrize(("name", "words"), [(name, words) for name, words, _ in commands()], ids=str)
def test_a_command_exists_with_its_options(name: str, words: list[str]) -> None:
    done = CliRunner().invoke(app, [*words, "--help"], prog_name="privacy")
    assert done.exit_code == 0, f"{name}: {' '.join(words)}\n{done.output}"


@pytest.mark.parametrize(("name", "words"), [(name, words) for name, words, whole in commands() if whole], ids=str)
def test_a_command_to_copy_parses_whole(name: str, words: list[str]) -> None:
    command: Any = get_command(app)
    context, title, rest = None, "privacy", words
    while True:
        context = command.make_context(title, list(rest), parent=context)
        if not hasattr(command, "commands"):
            return
        title, command, rest = command.resolve_command(context, [*context._protected_args, *context.args])


def test_targets_of_make_exist() -> None:
    targets = set(re.findall(r"^([a-z-]+):.*## ", text_of(ROOT / "Makefile"), re.MULTILINE))
    named = {
        found
        for path in WRITTEN
        for code in [*INLINE.findall(prose(path)), *"\n".join(blocks(path, "sh")).splitlines()]
        for found in re.findall(r"^make ([a-z-]+)", code)
    }
    assert named <= targets
    assert {"demo", "test"} <= named


def test_every_exit_code_is_in_the_readme() -> None:
    readme = text_of(ROOT / "README.md")
    rows = re.findall(r"^\| `(\d+)` \|", readme, re.MULTILINE)
    assert [int(row) for row in rows] == [code.value for code in Exit]


def test_every_reason_is_explained() -> None:
    rows = re.findall(r"^\| `(\w+)` \|", text_of(ROOT / "docs" / "sources.md"), re.MULTILINE)
    assert rows[-len(Reason) :] == [reason.value for reason in Reason]


def test_every_kind_of_source_and_format_is_named() -> None:
    sources = text_of(ROOT / "docs" / "sources.md")
    assert all(f"{kind}://" in sources for kind in CONNECTORS if kind != "files")
    assert not [ending for ending in READERS if ending and f"`{ending}`" not in sources]


def test_every_state_is_explained() -> None:
    rows = re.findall(r"^\| `(\w+)` \|", text_of(ROOT / "docs" / "detection.md"), re.MULTILINE)
    assert rows == [state.value for state in State]


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: path.name)
def test_no_document_names_this_machine(path: Path) -> None:
    assert str(ROOT) not in text_of(path)
    assert not re.search(r"/(?:root|tmp)/\w", text_of(path))


@pytest.mark.parametrize("path", WRITTEN, ids=lambda path: path.name)
def test_lines_fit(path: Path) -> None:
    lines = [line for line in FENCE.sub("", text_of(path)).splitlines() if not line.startswith("|")]
    assert max(map(len, lines)) <= 120
    # What is shown of a terminal fits one of 80 columns.
    assert max((len(line) for block in blocks(path, "text") for line in block.splitlines()), default=0) <= 80


def test_the_journal_is_hashed_as_security_md_says() -> None:
    [block] = blocks(ROOT / "docs" / "security.md", "python")
    names: dict[str, Any] = {}
    exec(compile(block, "docs/security.md", "exec"), names)
    at = datetime(2026, 11, 24, 7, tzinfo=UTC)
    entry = journal.seal(1, at, "Zoë", "map.decided", "crm:main.t#x", {"b": None, "a": [1, "ß"]}, journal.GENESIS)
    exported = asdict(entry) | {"at": at.isoformat(timespec="microseconds")}
    assert exported["at"] in text_of(ROOT / "docs" / "security.md")
    assert names["hash_of"](exported) == entry.hash
