"""Reading a file the way a scan does, for the tests of the readers."""

from __future__ import annotations

from pathlib import Path

from data_map.model import Skipped, Source
from scanners.sources.files import FileSource
from scanners.values import Content, Take


def read(path: Path, rows: int | None = None, **limits: object) -> Content:
    """The content of one file."""
    source = FileSource(Source("s", "files", str(path)), str(path))
    (listed,) = source.list_assets()
    assert not isinstance(listed, Skipped)
    return source.read(listed, Take(rows=rows, **limits))  # type: ignore[arg-type]


def values(content: Content) -> dict[str, list[str]]:
    """Distinct values by field."""
    return {column.field.ref.field: list(column.counts) for column in content.columns}


def names(content: Content) -> list[str]:
    """The names of the fields in their order."""
    assert [column.field.position for column in content.columns] == list(range(len(content.columns)))
    return list(values(content))
