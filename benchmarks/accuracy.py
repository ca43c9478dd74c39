"""How right detection is: over labelled databases, tables and texts, through the product's own commands; beside peers.

`python -m benchmarks.accuracy [--peers all|none|NAME,…] [--errors N] [--write] [--data FOLDER]`

Without peers it takes a minute. ``--data`` names labelled development data that is not part of the project; where it is
missing, the sets of this project alone are scored. Peers are installed once, each into an environment of its own; they
get the same cells and texts. ``--write`` puts the figures into RESULTS.md.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from benchmarks import harmless, results, scoring, sets, spans_compared
from benchmarks.labelled import text
from benchmarks.labelled.text import Document, Mark
from benchmarks.peers import run as peer_runs
from benchmarks.peers.catalogue import Peer, chosen
from benchmarks.peers.run import OURS, Outcome, job_of_columns
from benchmarks.scoring import Score
from privacy.demo.company import Company, build

ROOT = Path(__file__).resolve().parents[1]
DATA = ROOT.parent / "shared" / "data"
#: Texts are read in one process; so many of each set are enough, at equal distances.
TEXTS = 2500


@dataclass(slots=True)
class Report:
    """What is printed, and written when asked."""

    lines: list[str] = field(default_factory=list)

    def add(self, *lines: str) -> None:
        """Print lines and keep them."""
        self.lines.extend(lines)
        print(*lines, sep="\n", flush=True)


def privacy(*words: str | Path, given: str | None = None) -> str:
    """Standard output of a command; 5 (something was skipped) is an answer too."""
    done = subprocess.run(
        [sys.executable, "-m", "privacy", *map(str, words)],
        capture_output=True,
        text=True,
        check=False,
        cwd=ROOT,
        input=given,
        encoding="utf-8",
    )
    if done.returncode not in (0, 5):
        raise SystemExit(done.stderr)
    return done.stdout


def scanned(places: Sequence[Path], folder: Path) -> list[dict[str, Any]]:
    """The fields of the map after a scan of some places into a store of its own."""
    store = f"sqlite:///{folder}/privacy.db"
    privacy("--store", store, "-q", "scan", *places)
    fields: list[dict[str, Any]] = json.loads(privacy("--store", store, "map", "fields", "--format", "json"))
    return fields


def line(name: str, score: Score) -> list[str]:
    """A row of precision, recall, F1 and counts."""
    return [
        name,
        f"{score.precision:.3f}",
        f"{score.recall:.3f}",
        f"{score.f():.3f}",
        f"{score.tp} / {score.fp} / {score.fn}",
    ]


def through_product(report: Report, company: Company, data: Path, errors: int) -> None:
    """Scan the labelled databases, the demo's company and the public tables with the command line."""
    rows: list[list[str]] = []
    wrong: list[str] = []
    columns = sets.databases(data)
    with tempfile.TemporaryDirectory() as name:
        folders = [Path(name) / str(number) for number in range(3)]
        for folder in folders:
            folder.mkdir()
        if columns:
            said = _said(columns, scanned(sorted((data / "databases").glob("*.sqlite")), folders[0]))
            personal, typed = scoring.score(columns, said)
            rows += [line("labelled databases: personal", personal), line("labelled databases: category", typed)]
            wrong += _errors(columns, said)
        personal, typed, missed = demo(company, scanned([*company.databases, company.share], folders[1]))
        rows += [line("the demo's company: personal", personal), line("the demo's company: category", typed)]
        wrong += missed
        tables, missing = harmless.prepare()
        fields = scanned([harmless.FOLDER], folders[2])
    alarms = [found for found in fields if found["category"]]
    wrong += [f"ALARM {one['asset']} | {one['field']} | {one['category']}, {one['state']}" for one in alarms]
    report.add("", "### Through the product: `privacy scan`, `privacy map fields --format json`", "")
    report.add(*results.table(("columns", "P", "R", "F1", "tp / fp / fn"), rows), "")
    report.add(
        f"Public tables without personal data: {len(tables)} tables, {len(fields)} columns, called personal: "
        f"{len(alarms)} ({len(alarms) / max(1, len(fields)):.2%}).",
        *(f"Not had: {reason}." for reason in missing),
    )
    if not columns:
        report.add("The labelled development databases are not there: they are no part of the project.")
    # Names of columns alone; no values.
    print(*wrong[:errors], sep="\n")


def demo(company: Company, fields: Sequence[dict[str, Any]]) -> tuple[Score, Score, list[str]]:
    """Personal and category of the fields that the demo's generator lists, files included, and what was wrong.

    Other fields do not count. Of a text it says that it is personal, not what is in it.
    """
    found = {
        (one["source"], one["asset"], one["field"]): {one["category"]} | {item["category"] for item in one["contains"]}
        for one in fields
        if one["category"]
    }
    planted: dict[tuple[str, str, str], set[str]] = {}
    for item in company.planted:
        planted.setdefault((item.source, item.asset, item.field), set()).add(item.category)
    alarms = [(ref.source, ref.asset, ref.field) for ref in company.harmless]
    alarms = [ref for ref in alarms if ref in found]
    missed = [ref for ref in planted if ref not in found]
    typed = Score(fp=sum(len(found[ref]) for ref in alarms))
    for ref, wanted in planted.items():
        have = found.get(ref, set())
        have = have & wanted if "text.personal" in wanted else have - {"text.personal"}
        typed += Score(len(have & wanted), len(have - wanted), len(wanted - have))
    personal = Score(len(planted) - len(missed), len(alarms), len(missed))
    wrong = [f"FN {' | '.join(ref)} | label {', '.join(sorted(planted[ref]))}" for ref in missed]
    wrong += [f"FP {' | '.join(ref)} | found {', '.join(sorted(found[ref]))}" for ref in alarms]
    return personal, typed, wrong


def _said(columns: Sequence[sets.Column], fields: Sequence[dict[str, Any]]) -> list[frozenset[str]]:
    found = {}
    for one in fields:
        key = (f"{Path(one['source']).stem}.{one['asset'].rpartition('.')[2]}", one["field"])
        found[key] = frozenset({sets.kind_of(one["category"])} if one["category"] else ())
    return [found.get((column.table, column.name), frozenset()) for column in columns]


def _errors(columns: Sequence[sets.Column], said: Sequence[frozenset[str]]) -> list[str]:
    return [
        f"{what} {column.table} | {column.name} | found {', '.join(sorted(have)) or 'nothing'}"
        f" | label {', '.join(sorted(column.needed)) or 'none'}"
        for what, column, have in scoring.wrong(columns, said)
    ]


def columns_compared(report: Report, company: Company, data: Path, peers: Sequence[Peer], errors: int) -> None:
    """Score all tools on the same cells: each labelled set, then the public tables."""
    labelled = {
        "databases": sets.databases(data),
        "tables, dev": sets.tables("dev"),
        "tables, held": sets.tables("held"),
        "demo": sets.demo(company),
    }
    labelled = {name: columns for name, columns in labelled.items() if columns}
    public = sets.public(harmless.prepare()[0])
    report.add("", f"### The same cells: up to {sets.VALUES} values of each column", "")
    counts = ", ".join(
        f"{name} {sum(column.personal is not None for column in columns)}" for name, columns in labelled.items()
    )
    report.add(
        f"Scored columns: {counts}; public tables {len(public)}. F1 of personal yes or no / of the category.", ""
    )
    every = [column for columns in labelled.values() for column in columns]
    rows: list[list[str]] = []
    notes: list[str] = []
    for peer in (OURS, *peers):
        if "columns" not in peer.tasks and peer.tasks:
            continue
        # Set by set, so that a set that did not change need not be asked about again.
        parts = [*labelled.values(), public]
        outcomes = peer_runs.run_all(peer, [job_of_columns(columns, peer.values) for columns in parts])
        if outcomes[-1].reason:
            rows.append([_title(peer), *["–"] * (len(labelled) + 5)])
            notes.append(f"- {_title(peer)}: {outcomes[-1].reason}.")
            continue
        found = _joined([outcome.found for outcome in outcomes[:-1]], parts)
        at = scoring.best(peer, every, found, peer.values)
        said = scoring.verdicts(peer, every, found, at, peer.values)
        alarms = sum(map(bool, scoring.verdicts(peer, public, outcomes[-1].found, at, peer.values)))
        rows.append([_title(peer), *_row(labelled, said), f"{alarms / len(public):.2%}", *_speed(outcomes)])
        notes.append(f"- {_title(peer)}: {peer.settings}{_thresholds(peer, at)}.")
        if peer is OURS:
            print(*_errors(every, said)[:errors], sep="\n")
    header = ["tool", *labelled, "all: P, R of personal", "public: called personal", "s", "cells/s", "MB"]
    report.add(*results.table(header, rows), "", *notes)


def _joined(answers: Sequence[dict[str, Any]], parts: Sequence[Sequence[sets.Column]]) -> dict[str, Any]:
    """Answers about several lists of columns as one about all of them, whose places are counted through."""
    joined, start = {}, 0
    for answer, columns in zip(answers, parts, strict=False):
        joined.update({str(start + int(number)): found for number, found in answer.items()})
        start += len(columns)
    return joined


def _row(labelled: dict[str, list[sets.Column]], said: Sequence[frozenset[str]]) -> list[str]:
    cells, start, whole = [], 0, Score()
    for columns in labelled.values():
        personal, typed = scoring.score(columns, said[start : start + len(columns)])
        cells.append(f"{personal.f():.3f} / {typed.f():.3f}")
        whole += personal
        start += len(columns)
    return [*cells, f"{whole.precision:.3f}, {whole.recall:.3f}"]


def _speed(outcomes: Sequence[Outcome]) -> list[str]:
    seconds, cells = sum(one.seconds for one in outcomes), sum(one.cells for one in outcomes)
    return [f"{seconds:.1f}", f"{cells / seconds:,.0f}", f"{max(one.memory_mb for one in outcomes):.0f}"]


def _title(peer: Peer) -> str:
    return f"{peer.title} {peer.version}".strip()


def _thresholds(peer: Peer, at: scoring.Thresholds) -> str:
    if peer.unit != "cells":
        return ""
    given = f"; given {peer.values} values of a column" if peer.values else ""
    return f"{given}; a word counts from a score of {at.score} and {at.share:.0%} of the cells on, its best here"


def texts_compared(report: Report, data: Path, peers: Sequence[Peer]) -> None:
    """Score the spans that all tools find in the labelled texts."""
    groups = {
        "generated": [
            document
            for path in sorted((data / "text").glob("*.jsonl"))
            for document in sets.spread(spans_compared.generated(path), TEXTS)
        ]
    }
    own = {which: text.load(which) for which in text.SETS}
    for language, is_english in (("English", True), ("other languages", False)):
        for which, documents in own.items():
            groups[f"{which}, {language}"] = [one for one in documents if (one.lang == "en") is is_english]
    groups = {name: documents for name, documents in groups.items() if documents}
    report.add("", "### Spans in text", "")
    report.add(f"Texts: {', '.join(f'{name} {len(documents)}' for name, documents in groups.items())}.", "")
    rows: list[list[str]] = []
    notes: list[str] = []
    for peer in (OURS, *peers):
        if "text" not in peer.tasks:
            continue
        jobs = [{"task": "text", "texts": [document.text for document in some]} for some in groups.values()]
        outcomes = peer_runs.run_all(peer, jobs)
        if outcomes[-1].reason:
            notes.append(f"- {_title(peer)}: {outcomes[-1].reason}.")
            continue
        at = []
        for (name, documents), outcome in zip(groups.items(), outcomes, strict=True):
            least, by_category = spans_compared.best(peer, documents, outcome.found)
            at.append(str(least))
            rows.append([_title(peer), name, *_spans(by_category), f"{outcome.bytes / outcome.seconds / 1000:.0f}"])
        if peer.requires:
            notes.append(
                f"- {_title(peer)}: {peer.settings}; from a score of {', '.join(at)} on, which serves it best."
            )
    rows.sort(key=lambda row: list(groups).index(row[1]))
    header = ("tool", "texts", "P", "R", "F1", "F2", "names: F1", "kB/s")
    report.add(*results.table(header, rows), "", *notes)
    report.add(*_through_redact([document for documents in own.values() for document in documents]))


def _spans(by_category: dict[str, Score]) -> list[str]:
    whole = scoring.total(by_category.values())
    names = by_category.get("identity.name", Score())
    return [*(f"{value:.3f}" for value in (whole.precision, whole.recall, whole.f(), whole.f(2), names.f()))]


def _through_redact(documents: Sequence[Document]) -> list[str]:
    """The same through `privacy redact --lines`, where each text stands on one line."""
    given = "".join(f"{document.flat}\n" for document in documents)
    lines = privacy("redact", "--lines", "--format", "json", given=given).splitlines()
    found = [[Mark(one["start"], one["end"], one["category"]) for one in json.loads(each)] for each in lines]
    whole = scoring.total(spans_compared.scores(documents, found).values())
    return ["", f"Own texts through `privacy redact --lines`: F1 {whole.f():.3f}, F2 {whole.f(2):.3f}."]


def main() -> None:
    """Print all scores."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, default=DATA)
    parser.add_argument("--errors", type=int, default=0, help="list so many wrong columns of each part")
    parser.add_argument("--peers", type=names_of_peers, default=[], help="all, none, or names with commas between")
    parser.add_argument("--write", action="store_true", help="put the figures into RESULTS.md")
    options = parser.parse_args()
    print(results.stamp())
    report = Report()
    with tempfile.TemporaryDirectory() as name:
        company = build(Path(name) / "company")
        parts: tuple[Callable[[], None], ...] = (
            lambda: through_product(report, company, options.data, options.errors),
            lambda: columns_compared(report, company, options.data, options.peers, options.errors),
            lambda: texts_compared(report, options.data, options.peers),
        )
        for part in parts:
            part()
    if options.write:
        results.write("Accuracy", report.lines)


def names_of_peers(names: str) -> list[Peer]:
    """The peers that a word of the command line names."""
    try:
        return chosen(names)
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error)) from error


if __name__ == "__main__":
    main()
