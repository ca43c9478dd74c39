"""Starts a peer in a process of its own and fetches what it found."""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from benchmarks.peers.catalogue import Peer
from benchmarks.peers.environments import CACHE, environment, short
from benchmarks.sets import Column

RUNNERS = Path(__file__).parent / "runners"
ROOT = Path(__file__).parents[2]
#: A peer gets so long for one task.
SECONDS = 3600

#: The product itself, as a peer among the others.
OURS = Peer(
    name="ours",
    title="this product",
    requires=(),
    runner="run_ours.py",
    tasks=frozenset({"columns", "text", "speed"}),
    unit="columns",
    settings="its engine in memory, default settings",
    means={},
    hopeful=frozenset(),
)


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a run gave, or the reason why it gave nothing."""

    found: Any = field(default=None, repr=False)
    seconds: float = 0.0
    #: Of the first run; later ones of a median find what a tool remembers of the same cells.
    first_seconds: float = 0.0
    cells: int = 0
    bytes: int = 0
    memory_mb: float = 0.0
    reason: str = ""


def run(peer: Peer, job: Mapping[str, Any]) -> Outcome:
    """Do a job with a peer; nothing but installing it may touch the network.

    A peer's answers are kept, with their time and memory, and used again for the same cells, packages and runner. Times
    that are compared are always taken anew.
    """
    if peer.absent:
        return Outcome(reason=peer.absent)
    question = json.dumps({"variant": peer.variant, **job})
    kept = CACHE / "answers" / f"{peer.name}-{_digest(peer, question)}.json"
    is_kept = bool(peer.requires) and job["task"] != "speed"
    if is_kept and kept.exists():
        return Outcome(**json.loads(kept.read_text(encoding="utf-8")))
    outcome = _started(peer, question)
    if is_kept and not outcome.reason:
        kept.parent.mkdir(parents=True, exist_ok=True)
        kept.write_text(json.dumps(asdict(outcome)), encoding="utf-8")
    return outcome


def _digest(peer: Peer, question: str) -> str:
    sources = [(RUNNERS / name).read_text(encoding="utf-8") for name in (peer.runner, "common.py") if peer.runner]
    return hashlib.sha256("\0".join([*peer.requires, question, *sources]).encode()).hexdigest()[:16]


def _started(peer: Peer, question: str) -> Outcome:
    python: Path | None = Path(sys.executable)
    if peer.requires:
        made = environment(peer.requires)
        python = made.python
        if python is None:
            return Outcome(reason=made.reason)
    if not peer.tasks:
        return Outcome(reason="installs, and is run for none of these tasks")
    with tempfile.TemporaryDirectory() as folder:
        job, answer = Path(folder) / "job.json", Path(folder) / "result.json"
        job.write_text(question, encoding="utf-8")
        env = {**os.environ, "PYTHONPATH": "" if peer.requires else str(ROOT), "PYTHONWARNINGS": "ignore"}
        words = [str(python), str(RUNNERS / peer.runner), str(job), str(answer)]
        try:
            done = subprocess.run(
                words, capture_output=True, text=True, check=False, env=env, cwd=folder, timeout=SECONDS
            )
        except subprocess.TimeoutExpired:
            return Outcome(reason=f"not done within {SECONDS} s")
        if done.returncode:
            last = (done.stderr.strip().splitlines() or ["no message"])[-1]
            return Outcome(reason=f"does not run: {short(last)}")
        return Outcome(**json.loads(answer.read_text(encoding="utf-8")))


def run_all(peer: Peer, jobs: Sequence[Mapping[str, Any]]) -> list[Outcome]:
    """Several jobs, one after another, up to the first that fails."""
    outcomes = []
    for job in jobs:
        outcomes.append(run(peer, job))
        if outcomes[-1].reason:
            break
    return outcomes


def job_of_columns(columns: Sequence[Column], values: int | None = None) -> dict[str, Any]:
    """The job for columns: their places in the list are their ids."""
    tables: dict[str, list[dict[str, Any]]] = {}
    for number, column in enumerate(columns):
        cells = list(column.values) if values is None else list(column.values[:values])
        tables.setdefault(column.table, []).append({"id": number, "name": column.name, "values": cells})
    return {"task": "columns", "tables": [{"name": name, "columns": items} for name, items in tables.items()]}
