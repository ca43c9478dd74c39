"""CSV and its kin: which delimiter, and records that survive a stray quote."""

from __future__ import annotations

import csv
import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from io import StringIO
from itertools import chain
from pathlib import PurePosixPath
from typing import BinaryIO

from data_map.model import Asset
from scanners.extract.decode import text_of
from scanners.extract.header import is_nameable, read_table, table_place
from scanners.values import Content, Take

#: In order of preference: a comma also stands in numbers and sentences, a tab hardly anywhere.
DELIMITERS = ("\t", ";", "|", ",")

#: Stands for "one column": a delimiter that no text holds.
ONE_COLUMN = "\x1f"

#: By the ending of the file's name.
_EXPECTED = {"tsv": "\t", "tab": "\t", "psv": "|"}

_SAMPLE_CHARS = 64 * 2**10
_SAMPLE_RECORDS = 50

#: A record over more lines than this is taken for a quote that was never closed.
_RECORD_LINES = 200


class DelimitedReader:
    """Reads a delimited text as one table."""

    def __init__(self, is_name: Callable[[str], bool] = is_nameable) -> None:
        """``is_name`` says whether a cell of the header may be used as the name of its field."""
        self._is_name = is_name

    def extract(self, stream: BinaryIO, asset: Asset, take: Take) -> Content:
        """Read the first ``take.rows`` rows."""
        with text_of(stream) as text:
            # To the next line end, so that no record is cut that is not long itself.
            sample = (text.read(_SAMPLE_CHARS) + text.readline(_SAMPLE_CHARS)).replace("\0", "")
            declared = re.match(r"sep=([^\r\n\"])\r?\n", sample, re.IGNORECASE)
            start = declared.end() if declared else 0
            delimiter = declared[1] if declared else delimiter_of(sample, _EXPECTED.get(_ending(asset.name)))
            lines = chain(StringIO(sample[start:], newline=""), (line.replace("\0", "") for line in text))
            table = read_table(records(lines, delimiter), asset, take, is_name=self._is_name)
        return Content(
            asset=replace(asset, row_count=table.rows_read) if table.is_whole else asset,
            columns=table.columns,
            skipped=table.skipped,
            rows_read=table.rows_read,
            bytes_read=stream.tell(),
            is_whole=table.is_whole,
            sampling="all" if table.is_whole else "head",
        )


def delimiter_of(sample: str, expected: str | None = None) -> str:
    """The delimiter under which the first records have the same number of cells, ``ONE_COLUMN`` when there is none.

    Lines above the table (a title) do not count. ``expected`` wins when it works at all.
    """
    scores = {delimiter: _consistency(sample, delimiter) for delimiter in DELIMITERS}
    if expected and scores[expected] >= 0.5:
        return expected
    best = max(DELIMITERS, key=lambda delimiter: round(scores[delimiter], 1))
    return best if scores[best] >= 0.6 else ONE_COLUMN


def records(lines: Iterable[str], delimiter: str) -> Iterator[list[str]]:
    """The cells of each record. A quote that is never closed ends with its line, instead of with the file.

    In a line read that way the last cells may be pieces of one.
    """
    source = iter(lines)
    pending: list[str] = []

    def remembered() -> Iterator[str]:
        for line in source:
            pending.append(line)
            if len(pending) > _RECORD_LINES:
                return
            yield line

    while True:
        reader = csv.reader(remembered(), delimiter=delimiter)
        try:
            for record in reader:
                if len(pending) > 1 and _is_open(pending, delimiter):
                    break
                pending.clear()
                yield record
        except csv.Error:
            # A cell beyond the limit of the csv module: mostly a quote, too.
            pass
        if not pending:
            return
        # Only the line with the quote is read anew without it; what follows gets its chance again.
        first, *rest = pending
        yield first.rstrip("\r\n").split(delimiter)
        pending.clear()
        source = chain(rest, source)


def _is_open(record: list[str], delimiter: str) -> bool:
    """Whether the lines of a record end inside of a quoted cell."""
    if len(record) > _RECORD_LINES:
        return True
    try:
        list(csv.reader(record, delimiter=delimiter, strict=True))
    except csv.Error as error:
        # The one thing the csv module tells by its message only.
        return "unexpected end of data" in str(error)
    return False


def _consistency(sample: str, delimiter: str) -> float:
    """Share of records as wide as most, 0 when most are one cell wide; a first record of another width costs."""
    rows = []
    for record in records(StringIO(sample, newline=""), delimiter):
        if any(map(str.strip, record)):
            rows.append(record)
        if len(rows) == _SAMPLE_RECORDS:
            break
    if not rows:
        return 0.0
    titles = table_place(rows)
    rows = rows[titles:]
    widths = Counter(map(len, rows))
    width, count = max(widths.items(), key=lambda item: (item[1], item[0]))
    if width == 1:
        return 0.0
    # Under the wrong delimiter a header is one cell, and looks like a title.
    return count / len(rows) - (0.3 if len(rows[0]) != width else 0.0) - min(0.3, 0.15 * titles)


def _ending(name: str) -> str:
    return PurePosixPath(name).suffix.lower().removeprefix(".")
