"""The child process that opens a spreadsheet: bytes in on standard input, one JSON message per line out.

calamine allocates a sheet's whole rectangle at once, so that a file of 6 kB with a cell at each end of a sheet ends the
process it is opened in, and when it panics it writes what it was looking at to standard error. Here it has a process
of its own to end, with little memory, no core dump and nobody who listens to its standard error.

Started as a script, by its path: it knows nothing of this package.

Messages: ``{"sheet": name}``, then ``{"rows": [[cell, …], …]}`` as often as there are more, for each sheet;
``{"cut": true}`` when a sheet has more rows than asked for; ``{"end": true}`` at last. Or ``{"error": word}`` with
``encrypted``, ``damaged``, ``too_large`` or ``missing``.
"""

from __future__ import annotations

import datetime as dt
import json
import os
import sys
from collections.abc import Iterator
from itertools import islice
from typing import Any

_BATCH_ROWS = 500


def main(rows: int | None, memory_bytes: int) -> None:
    """Read a workbook from standard input and write it to standard output, ``rows`` of each sheet."""
    limit_memory(memory_bytes)
    data = sys.stdin.buffer.read()
    out = os.fdopen(os.dup(1), "w", encoding="utf-8", errors="backslashreplace")
    for message in messages(data, rows):
        out.write(json.dumps(message, default=spelled) + "\n")
    out.flush()


def limit_memory(memory_bytes: int) -> None:
    """Bound this process. (macOS takes the bound on memory and does not hold to it.)"""
    import resource

    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    try:
        resource.setrlimit(resource.RLIMIT_AS, (memory_bytes, memory_bytes))
    except (OSError, ValueError):
        # The system has a lower bound of its own.
        return


def messages(data: bytes, rows: int | None) -> Iterator[dict[str, Any]]:
    """What the parent is told of the workbook."""
    try:
        from python_calamine import CalamineWorkbook, PasswordError
    except ImportError:
        yield {"error": "missing"}
        return
    try:
        yield from _sheets(data, rows, CalamineWorkbook)
    except PasswordError:
        yield {"error": "encrypted"}
    except MemoryError:
        yield {"error": "too_large"}
    except Exception:  # the reader's errors have no class in common, and a hostile file may raise any
        yield {"error": "damaged"}
    except BaseException as error:
        # What a panic in Rust becomes has no class that could be imported.
        if type(error).__name__ != "PanicException":
            raise
        yield {"error": "damaged"}
    yield {"end": True}


def _sheets(data: bytes, rows: int | None, workbook: Any) -> Iterator[dict[str, Any]]:
    from io import BytesIO

    from python_calamine import SheetTypeEnum

    with workbook.from_filelike(BytesIO(data)) as book:
        for place, about in enumerate(book.sheets_metadata):
            if about.typ not in (SheetTypeEnum.WorkSheet, SheetTypeEnum.MacroSheet):
                continue
            yield {"sheet": about.name}
            lines = (row for row in book.get_sheet_by_index(place).iter_rows() if any(cell != "" for cell in row))
            left = rows
            while batch := list(islice(lines, _BATCH_ROWS if left is None else min(_BATCH_ROWS, left))):
                yield {"rows": batch}
                left = None if left is None else left - len(batch)
            if left == 0 and next(lines, None) is not None:
                yield {"cut": True}


def spelled(value: object) -> str:
    """A date or time as text, as ``scanners.values.as_text`` writes it."""
    if isinstance(value, dt.datetime):
        return value.isoformat(sep=" ").removesuffix(" 00:00:00")
    return str(value)


if __name__ == "__main__":
    main(int(sys.argv[1]) if sys.argv[1] else None, int(sys.argv[2]))
