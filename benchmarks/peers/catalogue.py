"""The peers in peers.toml."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

LIST = Path(__file__).with_name("peers.toml")


@dataclass(frozen=True, slots=True)
class Peer:
    """A tool, how it is run, and what its words mean."""

    name: str
    title: str
    #: Pinned packages; empty for the product itself, which runs in the environment of the benchmark.
    requires: tuple[str, ...]
    runner: str
    #: ``columns``, ``text``, ``speed``; empty where it cannot be run.
    tasks: frozenset[str]
    #: ``cells`` when it says something of each cell, ``columns`` when it gives the verdict itself.
    unit: str
    settings: str
    #: Its words and the categories they mean.
    means: Mapping[str, str]
    #: Words that count as right where the label agrees, and are overlooked elsewhere.
    hopeful: frozenset[str]
    variant: str = ""
    #: Values of a column that it is given; None for all.
    values: int | None = None
    #: Why it is not even installed.
    absent: str = ""

    @property
    def version(self) -> str:
        """Of its first package."""
        return self.requires[0].partition("==")[2] if self.requires else ""


def peers() -> list[Peer]:
    """All peers, in the order of the file."""
    entries = tomllib.loads(LIST.read_text(encoding="utf-8"))["peers"]
    words = {entry["name"]: entry["means"] for entry in entries}
    return [
        Peer(
            name=entry["name"],
            title=entry["title"],
            requires=tuple(entry["requires"]),
            runner=entry.get("runner", ""),
            tasks=frozenset(entry["tasks"]),
            unit=entry["unit"],
            settings=entry["settings"],
            means=words[entry.get("same_words_as", entry["name"])],
            hopeful=frozenset(entry["hopeful"]),
            variant=entry.get("variant", ""),
            values=entry.get("values"),
            absent=entry.get("absent", ""),
        )
        for entry in entries
    ]


def chosen(names: str) -> list[Peer]:
    """Those of a list with commas; ``all`` or ``none``.

    Raises:
        ValueError: a name that no peer has.
    """
    known = {peer.name: peer for peer in peers()}
    wanted = {"all": list(known), "none": []}.get(names, [name.strip() for name in names.split(",") if name.strip()])
    unknown = [name for name in wanted if name not in known]
    if unknown:
        msg = f"no peer is called {', '.join(unknown)}; there are {', '.join(known)}"
        raise ValueError(msg)
    return [known[name] for name in wanted]
