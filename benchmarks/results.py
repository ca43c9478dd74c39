"""RESULTS.md: figures with their date, versions and machine, written by the benchmarks and never by hand."""

from __future__ import annotations

import os
import platform
import re
import sys
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from importlib import metadata
from pathlib import Path

FILE = Path(__file__).with_name("RESULTS.md")
VERSIONS = ("privacy-inventory", "presidio-analyzer", "spacy", "python-stdnum", "phonenumbers", "sqlalchemy")
INTRODUCTION = """# Results

Written by the benchmarks themselves (`--write`), each its own section; what they measure and how to run them is in
[README.md](README.md). Compare figures of one section only: each was measured in one run on one machine.
"""


def stamp() -> str:
    """Date, machine and versions in one paragraph."""
    versions = ", ".join(f"{name} {metadata.version(name)}" for name in VERSIONS)
    return f"{datetime.now(UTC).date()}; {machine()}; Python {platform.python_version()}, {versions}"


def machine() -> str:
    """Processor, cores and memory, without the name of the host."""
    return f"{_processor()}, {os.cpu_count()} cores, {_memory_gb():.0f} GB, {platform.system()}"


def _processor() -> str:
    try:
        for line in Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    except OSError:  # macOS, Windows
        pass
    return platform.processor() or platform.machine()


def _memory_gb() -> float:
    if "SC_PHYS_PAGES" not in os.sysconf_names:
        return 0.0
    return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30


def placed(document: str, section: str, body: str) -> str:
    """The document with a section replaced, or put at its end."""
    block = f"<!-- {section} -->\n{body.strip()}\n<!-- end of {section} -->\n"
    pattern = re.compile(rf"<!-- {re.escape(section)} -->\n.*?<!-- end of {re.escape(section)} -->\n", re.DOTALL)
    if pattern.search(document):
        return pattern.sub(lambda _: block, document)
    return f"{document.rstrip()}\n\n{block}"


def command(words: Sequence[str]) -> str:
    """How a benchmark was called, without folders of this machine."""
    options = (Path(word).name if "/" in word else word for word in words[1:])
    return " ".join(["python", "-m", f"benchmarks.{Path(words[0]).stem}", *options])


def write(section: str, lines: Iterable[str]) -> None:
    """Put a section's lines, with the date and the command, into RESULTS.md."""
    body = "\n".join([f"## {section}", "", f"{stamp()}.", "", f"`{command(sys.argv)}`", "", *lines])
    document = FILE.read_text(encoding="utf-8") if FILE.exists() else INTRODUCTION
    FILE.write_text(placed(document, section, body), encoding="utf-8")


def table(header: Iterable[str], rows: Iterable[Iterable[str]]) -> list[str]:
    """Lines of a Markdown table; columns are padded, so that it reads well in a terminal too."""
    cells = [list(header), *(list(row) for row in rows)]
    widths = [max(len(row[index]) for row in cells) for index in range(len(cells[0]))]
    lines = [
        "| " + " | ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)) + " |" for row in cells
    ]
    return [lines[0], "| " + " | ".join("-" * width for width in widths) + " |", *lines[1:]]
