"""Workbooks: XLSX, XLSM, XLSB, XLS and ODS. Each sheet, hidden ones too, is a table: ``Sheet1.column``."""

from __future__ import annotations

import json
import re
import signal
import subprocess
import sys
import zipfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from html import unescape
from io import BytesIO
from pathlib import Path
from threading import Event, Timer
from typing import Any, BinaryIO

from data_map.model import Asset, Field, FieldRef, Reason, Skipped
from scanners.extract.header import SAMPLE_ROWS, default_label, is_nameable, read_table, unique_name
from scanners.values import Column, Content, Take, TextPart, UnreadableError

#: A workbook may hold this much when unpacked.
MAX_UNPACKED_BYTES = 512 * 2**20

#: … and this many times as much as a file may be large.
_UNPACKED_PER_PACKED = 20

#: Memory of the process that opens a workbook, beyond what the file itself and its unpacked content take.
_MEMORY_BYTES = 2**30

_WORKBOOK = Path(__file__).with_name("workbook.py")

#: Parts of an OOXML file with texts that stand in no cell, and the elements that hold them.
_LOOSE_PARTS = re.compile(r"xl/(?:comments\d*|(?:comments|threadedComments|drawings)/[^/]+)\.xml")
_LOOSE_TEXT = re.compile(r"<(?:\w+:)?(?:t|text|author)(?:\s[^>]*)?>([^<]+)<")
_LOOSE_BYTES = 4 * 2**20

#: Characters of one stretch of text.
PART_CHARS = 100_000

#: What the child says → what is reported.
_ERRORS = {
    "encrypted": (Reason.ENCRYPTED, None),
    "damaged": (Reason.DAMAGED, None),
    "too_large": (Reason.TOO_LARGE, None),
    "missing": (Reason.MISSING_EXTRA, "python-calamine"),
}


class SpreadsheetReader:
    """Reads a workbook in a child process, see ``workbook.py``."""

    def __init__(
        self,
        label: Callable[[str, int], str] = default_label,
        is_name: Callable[[str], bool] = is_nameable,
    ) -> None:
        """``label`` gives the name of a sheet from its own and its place (from 1).

        ``is_name`` says whether a cell of a header may be used as a name.
        """
        self._label = label
        self._is_name = is_name

    def extract(self, stream: BinaryIO, asset: Asset, take: Take) -> Content:
        """Read the first ``take.rows`` rows of each sheet, and the texts of comments and shapes.

        A sheet's name that is not used as one is a value of the field ``(sheet names)``.
        """
        data = stream.read()
        unpacked = _checked_size(data, take)
        content = Content(asset, bytes_read=len(data))
        sheets = _Sheets(content, take, self._label, self._is_name)
        with _messages(data, take, _MEMORY_BYTES + 2 * len(data) + 2 * unpacked) as messages:
            sheets.read(messages)
        content.texts, skipped = _loose_texts(data, asset, take)
        content.skipped += skipped
        content.sampling = "all" if content.is_whole else "head"
        if content.is_whole:
            content.asset = replace(asset, row_count=content.rows_read)
        return content


@dataclass(slots=True)
class _Sheets:
    """Turns the messages of the child into the tables of the content."""

    content: Content
    take: Take
    label: Callable[[str, int], str]
    is_name: Callable[[str], bool]

    def read(self, messages: Iterator[dict[str, Any]]) -> None:
        names: list[str] = []
        withheld: list[str] = []
        message = next(messages, {})
        while "sheet" in message:
            own = str(message["sheet"])
            label = unique_name(self.label(own, len(names) + 1), names)
            names.append(label)
            if not label.startswith(own):
                withheld.append(own)
            message = self._sheet(label, messages)
        if withheld:
            ref = FieldRef(self.content.asset.source, self.content.asset.name, "(sheet names)")
            column = Column(Field(ref, position=len(self.content.columns)))
            column.extend(withheld)
            if self.take.fields is None or ref.field in self.take.fields:
                self.content.columns.append(column)

    def _sheet(self, label: str, messages: Iterator[dict[str, Any]]) -> dict[str, Any]:
        """Read one sheet; returns the message after it."""
        after: dict[str, Any] = {}

        def rows() -> Iterator[list[Any]]:
            nonlocal after
            for after in messages:
                if "cut" in after:
                    self.content.is_whole = False
                elif "rows" in after:
                    yield from after["rows"]
                else:
                    return
            after = {}

        source = rows()
        table = read_table(
            source,
            self.content.asset,
            self.take,
            prefix=f"{label}.",
            first_position=len(self.content.columns),
            is_name=self.is_name,
        )
        # The rest, when enough was read: the next sheet comes after it.
        for _ in source:
            pass
        self.content.columns += table.columns
        self.content.skipped += table.skipped
        self.content.rows_read += table.rows_read
        self.content.is_whole &= table.is_whole
        return after


@contextmanager
def _messages(data: bytes, take: Take, memory_bytes: int) -> Iterator[Iterator[dict[str, Any]]]:
    """What a child process says of the workbook. The messages raise ``UnreadableError`` when it cannot be read."""
    # Titles and a header come on top of the rows.
    rows = "" if take.rows is None else str(take.rows + SAMPLE_ROWS)
    child = subprocess.Popen(  # noqa: S603 our own script
        [sys.executable, "-P", str(_WORKBOOK), rows, str(memory_bytes)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
    )
    is_late = Event()

    def end() -> None:
        is_late.set()
        child.kill()

    timer = Timer(take.timeout_s, end)
    timer.daemon = True
    timer.start()
    try:
        yield _said(child, data, is_late)
    finally:
        timer.cancel()
        child.kill()
        child.wait()
        for pipe in (child.stdin, child.stdout):
            with suppress(OSError):
                pipe.close()  # type: ignore[union-attr]


def _said(child: subprocess.Popen[bytes], data: bytes, is_late: Event) -> Iterator[dict[str, Any]]:
    assert child.stdin and child.stdout  # noqa: S101 both are pipes
    # It says nothing before it has read everything, so neither waits for the other. When it is gone already, its
    # silence says so below.
    with suppress(BrokenPipeError), child.stdin:
        child.stdin.write(data)
    for line in child.stdout:
        if not line.endswith(b"\n"):
            break
        message = json.loads(line)
        if "end" in message:
            return
        if "error" in message:
            raise UnreadableError(*_ERRORS[message["error"]])
        yield message
    code = child.wait()
    if is_late.is_set():
        raise UnreadableError(Reason.TIMED_OUT)
    # Rust aborts when there is no memory left; the system kills for the same reason.
    is_memory = code in (-signal.SIGABRT, -signal.SIGKILL)
    raise UnreadableError(Reason.TOO_LARGE if is_memory else Reason.READER_FAILED)


def _checked_size(data: bytes, take: Take) -> int:
    """Size of the content when unpacked, as the file's directory says; calamine holds a file to that.

    Raises:
        UnreadableError: it is too large, protected, or has no directory.
    """
    if not zipfile.is_zipfile(BytesIO(data)):
        if data.startswith(b"PK"):
            raise UnreadableError(Reason.DAMAGED)
        if "EncryptedPackage".encode("utf-16-le") in data:
            raise UnreadableError(Reason.ENCRYPTED)
        return len(data)
    with _archive(data) as archive:
        parts = archive.infolist()
        unpacked = sum(part.file_size for part in parts)
        if unpacked > min(MAX_UNPACKED_BYTES, _UNPACKED_PER_PACKED * take.max_file_bytes):
            raise UnreadableError(Reason.TOO_LARGE)
        manifest = _start_of(archive, "META-INF/manifest.xml") if "META-INF/manifest.xml" in archive.namelist() else ""
        if any(part.flag_bits & 1 for part in parts) or "encryption-data" in manifest:
            raise UnreadableError(Reason.ENCRYPTED)
        return unpacked


def _loose_texts(data: bytes, asset: Asset, take: Take) -> tuple[list[TextPart], list[Skipped]]:
    """Comments, their authors and the texts of shapes, which stand in no cell."""
    place = Field(FieldRef(asset.source, asset.name, "(comments)"))
    if not zipfile.is_zipfile(BytesIO(data)) or (take.fields is not None and "(comments)" not in take.fields):
        return [], []
    with _archive(data) as archive:
        names = sorted(name for name in archive.namelist() if _LOOSE_PARTS.fullmatch(name))
        found = "\n".join(unescape(text) for name in names for text in _LOOSE_TEXT.findall(_start_of(archive, name)))
        is_cut = any(archive.getinfo(name).file_size > _LOOSE_BYTES for name in names)
    texts = [TextPart(place, found[start : start + PART_CHARS]) for start in range(0, len(found), PART_CHARS)]
    skipped = Skipped(asset.source, Reason.TOO_LARGE, asset=asset.name, field="(more comments)")
    return texts, [skipped] if is_cut else []


@contextmanager
def _archive(data: bytes) -> Iterator[zipfile.ZipFile]:
    try:
        with zipfile.ZipFile(BytesIO(data)) as archive:
            yield archive
    except (zipfile.BadZipFile, NotImplementedError, zlib.error, EOFError, RuntimeError, ValueError):
        raise UnreadableError(Reason.DAMAGED) from None


def _start_of(archive: zipfile.ZipFile, name: str) -> str:
    with archive.open(name) as part:
        return part.read(_LOOSE_BYTES).decode("utf-8", "replace")
