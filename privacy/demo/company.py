"""Builds the company of the demo: two databases and a file share, with the truth about them."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from random import Random

from data_map.model import FieldRef
from privacy.demo import crm, legacy_hr, people, share, texts
from privacy.demo.databases import sqlite_file
from privacy.demo.tables import Marks

#: Lists the files that ``build`` made in a folder, one a line.
MANIFEST = ".privacy-demo"


@dataclass(frozen=True, slots=True)
class Planted:
    """A field that was given personal data on purpose."""

    source: str
    #: ``main.table`` of a database; the POSIX path of a file, relative to the share.
    asset: str
    #: In JSON the keys from the object down, joined by dots, without a mark for the list around the objects.
    field: str
    category: str


@dataclass(frozen=True, slots=True)
class Company:
    """What was built, and what is true of it."""

    name: str
    folder: Path
    databases: tuple[Path, ...]
    share: Path
    planted: tuple[Planted, ...]
    #: Fields that hold nobody's data, many of them made to look as if they did. Fields in neither list are open to
    #: dispute: a surrogate key, the date of an order.
    harmless: tuple[FieldRef, ...]


def build(folder: Path, seed: int = 2026) -> Company:
    """Write the company into ``folder``: the same bytes for the same seed.

    What an earlier ``build`` wrote is replaced; other files are left alone.

    Raises:
        FileExistsError: a file stands where one is to be written, and no earlier ``build`` wrote it.
    """
    rng = Random(seed)  # noqa: S311
    cast = people.cast(rng)
    databases = {"crm": crm.tables(rng, cast), "legacy_hr": legacy_hr.tables(rng, cast)}
    files = share.documents(rng, cast)
    _write(
        folder,
        {f"{name}.sqlite": sqlite_file(tables) for name, tables in databases.items()}
        | {f"share/{file.path}": file.content for file in files},
    )
    marks = [(name, f"main.{table.name}", table.marks()) for name, tables in databases.items() for table in tables]
    marks += [("share", file.path, file.marks) for file in files]
    return Company(
        name=texts.COMPANY,
        folder=folder,
        databases=tuple(folder / f"{name}.sqlite" for name in databases),
        share=folder / "share",
        planted=tuple(_planted(marks)),
        harmless=tuple(_harmless(marks)),
    )


def _planted(marks: Iterable[tuple[str, str, Marks]]) -> Iterable[Planted]:
    return (Planted(source, asset, *mark) for source, asset, found in marks for mark in found.personal)


def _harmless(marks: Iterable[tuple[str, str, Marks]]) -> Iterable[FieldRef]:
    return (FieldRef(source, asset, name) for source, asset, found in marks for name in found.harmless)


def _write(folder: Path, contents: Mapping[str, bytes]) -> None:
    manifest = folder / MANIFEST
    ours = set(manifest.read_text(encoding="utf-8").splitlines()) if manifest.exists() else set()
    for path in contents:
        if path not in ours and os.path.lexists(folder / path):
            msg = f"{folder / path} exists and was not made by the demo"
            raise FileExistsError(msg)
    folder.mkdir(parents=True, exist_ok=True)
    # First, so that a build that was broken off can be made again.
    manifest.write_text("".join(f"{path}\n" for path in sorted(ours | contents.keys())), encoding="utf-8")
    for path, content in contents.items():
        target = folder / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(content)
