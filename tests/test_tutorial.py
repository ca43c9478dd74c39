"""The tutorial runs as it is written, from its first block to its last, and prints what it says it prints."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.conftest import clean_environment

ROOT = Path(__file__).resolve().parents[1]
TUTORIAL = ROOT / "docs" / "tutorial.md"

FENCE = re.compile(r"^```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
EXITS = re.compile(r"^# exits (\d+)", re.MULTILINE)
#: Stands for anything: on a line of its own for lines, else for the rest of one.
ANYTHING = "…"
#: The folder that the tutorial pretends to be in.
PRETENDED = "/home/you/first"
#: What ends a block's output in the shell's: no command prints it.
MARK = "\x1e"


@dataclass(frozen=True)
class Step:
    """A block of commands, and what the document says of it."""

    commands: str
    exit_code: int
    #: None: nothing is said of its output.
    expected: str | None


def steps(document: str) -> Iterator[Step]:
    """The blocks to run, each with the ``text`` that follows it before the next one."""
    blocks = FENCE.findall(document)
    for place, (kind, body) in enumerate(blocks):
        if kind == "sh":
            after, text = blocks[place + 1] if place + 1 < len(blocks) else ("", "")
            code = EXITS.search(body)
            yield Step(body, int(code.group(1)) if code else 0, text if after == "text" else None)


def tidy(text: str) -> str:
    """Without what the eye does not see: spaces at the end of lines, empty lines around it."""
    return "\n".join(line.rstrip() for line in text.splitlines()).strip("\n") + "\n"


def fits(expected: str, printed: str) -> bool:
    """Whether an output is what a document says it is."""
    pattern = "".join(
        r"(?:.*\n)*?" if line == ANYTHING else ".*".join(map(re.escape, line.split(ANYTHING))) + r"\n"
        for line in tidy(expected).splitlines()
    )
    return re.fullmatch(pattern, tidy(printed)) is not None


def script(blocks: list[Step]) -> str:
    """All blocks for one shell, which writes a mark and the exit code after each; an unexpected error ends it."""
    lines = ["set -eu", "exec 2>&1"]
    for step in blocks:
        if step.exit_code:
            lines += ["set +e", step.commands, "code=$?", "set -e", f"printf '{MARK}%s{MARK}' \"$code\""]
        else:
            lines += [step.commands, f"printf '{MARK}0{MARK}'"]
    return "\n".join(lines)


def run(folder: Path, guard_log: Path, text: str) -> list[str]:
    """What a POSIX shell prints that runs this in a folder, with ``privacy`` and ``python3`` on its path."""
    programs = folder / "bin"
    desk = folder / "desk"
    for place in (programs, desk):
        place.mkdir()
    for name, words in {"privacy": "-m privacy", "python3": ""}.items():
        (programs / name).write_text(f'#!/bin/sh\nexec "{sys.executable}" {words} "$@"\n', encoding="utf-8")
        (programs / name).chmod(0o755)
    environment = clean_environment(desk, guard_log)
    # The name in the document's output; unbuffered, so that both streams mix as on a terminal.
    environment |= {"COLUMNS": "80", "PRIVACY_ACTOR": "robin", "PYTHONUNBUFFERED": "1"}
    environment["PATH"] = f"{programs}:{environment['PATH']}"
    (folder / "tutorial.sh").write_text(text, encoding="utf-8")
    done = subprocess.run(
        ["/bin/sh", str(folder / "tutorial.sh")],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        encoding="utf-8",
        cwd=desk,
        env=environment,
        timeout=180,
        check=False,
    )
    printed = (done.stdout + done.stderr).replace(str(desk.resolve()), PRETENDED).replace(str(desk), PRETENDED)
    return printed.split(MARK)


@pytest.fixture
def short_folder() -> Iterator[Path]:
    """A folder whose path is short enough not to be folded at 80 columns, as pytest's own would be."""
    folder = Path(tempfile.mkdtemp(prefix="t-"))
    yield folder
    shutil.rmtree(folder)


def test_the_tutorial_prints_what_it_says(short_folder: Path, guard_log: Path) -> None:
    blocks = list(steps(TUTORIAL.read_text(encoding="utf-8")))
    parts = run(short_folder, guard_log, script(blocks))
    outputs, codes = parts[0::2], parts[1::2]
    for step, printed, code in zip(blocks, outputs, codes, strict=False):
        assert int(code) == step.exit_code, f"{step.commands}\n{printed}"
        if step.expected is not None:
            assert fits(step.expected, printed), f"{step.commands}\nprinted:\n{printed}\nnot:\n{step.expected}"
    assert len(codes) == len(blocks), f"{blocks[len(codes)].commands}\nended the tutorial:\n{outputs[-1]}"
    assert outputs[-1] == ""
    assert sum(step.expected is not None for step in blocks) >= 20
    assert guard_log.read_text() == "", "the tutorial tried to leave this machine"


@pytest.mark.parametrize(
    ("expected", "printed", "is_fitting"),
    [
        ("a\nb\n", "\na  \nb\n\n", True),
        ("a\nb\n", "a\nc\n", False),
        ("a\nb\n", "a\nb\nc\n", False),
        ("a\n…\nc\n", "a\nc\n", True),
        ("a\n…\nc\n", "a\nb\nb\nc\n", True),
        ("a\n…\nc\n", "a\nb\n", False),
        ("a … c\n", "a b c\n", True),
        ("a … c\n", "a\nc\n", False),
        ("a.c\n", "abc\n", False),
    ],
)
def test_an_output_is_compared_line_by_line(expected: str, printed: str, is_fitting: bool) -> None:
    assert fits(expected, printed) is is_fitting


def test_an_unexpected_exit_code_ends_the_tutorial(short_folder: Path, guard_log: Path) -> None:
    document = "```sh\n# exits 3\nsh -c 'exit 3'\n```\n\n```sh\nfalse\n```\n\n```sh\necho never\n```\n"
    parts = run(short_folder, guard_log, script(list(steps(document))))
    assert parts == ["", "3", ""]
