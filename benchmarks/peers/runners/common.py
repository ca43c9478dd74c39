"""What every runner does: read a job, do it, write the result with its time and memory.

Runs in a peer's own environment, so it imports nothing but the standard library. A job is JSON:
``{"task": "columns" | "text" | "speed", "variant": str, "runs": int}`` with one of ``"texts": [str]``, ``"path": str``
and ``"tables": [{"name", "columns": [{"id", "name", "values"}]}]``. The result is JSON too.
"""

from __future__ import annotations

import json
import os
import resource
import sys
import time
from pathlib import Path
from statistics import median


def one_core():
    """Keep this process, and what it starts, on one core."""
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})


def peak():
    """The most memory this process has had, in MiB.

    Linux counts what the parent had before the exec into ``getrusage``, but not into the status of the process.
    """
    status = Path("/proc/self/status")
    if status.exists():
        [line] = [line for line in status.read_text(encoding="utf-8").splitlines() if line.startswith("VmHWM")]
        return int(line.split()[1]) / 2**10
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / (2**10 if sys.platform == "linux" else 2**20)


def main(prepare, columns=None, text=None, file=None):
    """Do the job in the file that the first argument names, and write the result to the second.

    ``prepare(job)`` loads the peer; its time does not count. ``columns(peer, tables)`` gives, by a column's id, either
    ``{word: [score of each cell that has it]}`` or a list of words; ``text(peer, texts)`` returns for each text a list
    of ``[start, end, word, score]``; ``file(peer, path)`` reads a CSV file and looks at every cell.
    """
    job = json.loads(Path(sys.argv[1]).read_text(encoding="utf-8"))
    if job["task"] == "speed":
        one_core()
    peer = prepare(job)
    result = {}
    times = []
    for _ in range(job.get("runs", 1)):
        start = time.perf_counter()
        if job.get("path"):
            found = file(peer, job["path"])
        else:
            found = text(peer, job["texts"]) if job.get("texts") else columns(peer, job["tables"])
        times.append(time.perf_counter() - start)
    result["found"] = found if job["task"] != "speed" else None
    result["seconds"] = median(times)
    result["first_seconds"] = times[0]
    result["cells"] = sum(len(column["values"]) for table in job.get("tables", ()) for column in table["columns"])
    result["bytes"] = sum(len(text.encode()) for text in job.get("texts", ()))
    result["memory_mb"] = peak()
    Path(sys.argv[2]).write_text(json.dumps(result), encoding="utf-8")


def hits(cells):
    """``{word: [scores]}`` of a column, from each cell's ``[(word, score)]``: the best score a word has in a cell."""
    found = {}
    for cell in cells:
        best = {}
        for word, score in cell:
            best[word] = max(score, best.get(word, 0.0))
        for word, score in best.items():
            found.setdefault(word, []).append(score)
    return found


def places(text, piece, word, score):
    """Spans of every occurrence of a piece that a tool reports without saying where it stands."""
    spans, start = [], text.find(piece) if piece else -1
    while start >= 0:
        spans.append([start, start + len(piece), word, score])
        start = text.find(piece, start + len(piece))
    return spans
