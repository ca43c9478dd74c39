"""Makes the documents that are drawn from the code, or checks that they are in step with it."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Callable, Iterator
from difflib import unified_diff
from pathlib import Path
from typing import Any

# Before Typer is loaded: it asks for the width of the terminal then, and a page must not depend on who makes it.
os.environ |= {"COLUMNS": "100", "TERMINAL_WIDTH": "100", "NO_COLOR": "1", "TERM": "dumb", "LANG": "C.UTF-8"}
for _name in ("FORCE_COLOR", "CLICOLOR_FORCE", "GITHUB_ACTIONS", "PY_COLORS", "LINES"):
    os.environ.pop(_name, None)
# What a developer has set for the tool may not show as a default either.
for _name in [name for name in os.environ if name.startswith("PRIVACY_")]:
    del os.environ[_name]

ROOT = Path(__file__).resolve().parents[1]
DOCS = ROOT / "docs"


def cli() -> str:
    """The reference of the command line: every command's own help."""
    from typer.main import get_command
    from typer.testing import CliRunner

    from privacy.cli import app

    lines = [
        "# Command line",
        "",
        "<!-- Made by `make docs` from the commands' own help; changes made here are lost. -->",
    ]
    for words in _commands(get_command(app)):
        name = " ".join(("privacy", *words))
        done = CliRunner().invoke(app, [*words, "--help"], prog_name="privacy", terminal_width=100)
        if done.exit_code != 0:
            raise RuntimeError(f"{name} --help exits with {done.exit_code}:\n{done.output}")
        help_ = "\n".join(line.rstrip() for line in done.output.strip("\n").splitlines())
        lines += ["", f"{'#' * (min(len(words), 2) + 2)} `{name}`", "", "```text", help_.strip("\n"), "```"]
    return "\n".join(lines) + "\n"


def detectors() -> str:
    """Every rule that recognises a value, by the category it speaks for."""
    from data_map.taxonomy import category
    from scanners.detect import engine

    rules = engine.rules()
    lines = [
        "# Detectors",
        "",
        "<!-- Made by `make docs` from the rules in scanners/detect; changes made here are lost. -->",
        "",
        "A rule is tried on values whose shape fits. *Chance* is the share of unrelated values of that shape that pass",
        "all the same: the verdict on a column weighs its hits against it. A rule that counts *with the name* counts",
        "only where the column's name says the same. Beside these, the names of columns are read, and names of people",
        "in running text are found by a language model.",
    ]
    for key in sorted({rule.category for rule in rules}):
        lines += [
            "",
            f"## {category(key).title} (`{key}`)",
            "",
            "| rule | country | chance | counts |",
            "|---|---|---|---|",
        ]
        for rule in sorted(rules, key=lambda rule: (rule.country or "", rule.name)):
            if rule.category == key:
                counts = "with the name" if rule.needs_name else "alone"
                lines.append(f"| `{rule.name}` | {rule.country or 'any'} | {rule.chance:.2%} | {counts} |")
    return "\n".join(lines) + "\n"


#: Document → what makes it.
GENERATORS: dict[str, Callable[[], str]] = {
    "cli.md": cli,
    "detectors.md": detectors,
}


def _commands(command: Any, words: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    """Every command that help shows, a group before its members, in the order of the help."""
    yield words
    # Groups are told by what they have: Typer carries its own copy of Click, whose classes it does not offer.
    for name, member in getattr(command, "commands", {}).items():
        if not member.hidden:
            yield from _commands(member, (*words, name))


def main() -> None:
    """Write the documents, or with ``--check`` exit with a message when one is out of step."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true", help="only compare, and fail when a document is out of step")
    check = parser.parse_args().check
    stale = []
    for name, generate in GENERATORS.items():
        path, new = DOCS / name, generate()
        for private in (str(ROOT), str(Path.home())):
            if private.rstrip("/") and private in new:
                sys.exit(f"docs: docs/{name} would hold a path of this machine: {private}")
        old = path.read_text(encoding="utf-8") if path.exists() else ""
        if new == old:
            continue
        if check:
            stale.append(name)
            difference = unified_diff(old.splitlines(True), new.splitlines(True), f"docs/{name}", "from the code", n=1)
            sys.stdout.writelines(list(difference)[:40])
        else:
            path.write_text(new, encoding="utf-8")
            sys.stdout.write(f"docs: wrote docs/{name}\n")
    if stale:
        sys.exit(f"docs: out of step with the code: {', '.join(stale)}; run `make docs` and commit the change")
    if check:
        sys.stdout.write(f"docs: {', '.join(GENERATORS)} in step with the code\n")


if __name__ == "__main__":
    main()
