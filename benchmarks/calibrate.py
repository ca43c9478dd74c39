"""The weights of evidence, fitted to labelled columns: `python benchmarks/calibrate.py [--write]`.

Reads the development part of our own labelled tables and, where it is there, the labelled databases in
``../shared/data``; collects the evidence of every column once; then moves one weight after the other, as long as the
mean loss falls. The loss is the cross-entropy of the state of each column (personal, and as what) with a penalty for
leaving the first estimates, so that few columns do not move a weight far. `--folds` prints the loss on columns of
tables left out beside the loss on those that were fitted.
"""

from __future__ import annotations

import argparse
import csv
import random
import runpy
import tomllib
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from math import log
from pathlib import Path

from sqlalchemy import URL

from benchmarks.labelled import score_tables
from data_map.model import Source
from scanners.columns import Evidence, judge_table
from scanners.detect.engine import Engine
from scanners.detect.ner import NameReader, installed_model
from scanners.scan import FIRST_ROWS, table_of
from scanners.sources.base import Listed
from scanners.sources.sql.connector import SqlSource
from scanners.sources.sql.sqlite import SqliteHabits
from scanners.subjects import TableContext, contexts_of, table_name
from scanners.values import Take
from scanners.weights import Weights

ROOT = Path(__file__).resolve().parents[1]
DATA = ROOT / "scanners" / "detect" / "weights.toml"
#: Factors by which a weight is moved, coarse first.
_STEPS = (1.5, 1.2, 1.07)
#: What a weight e times or 1/e of its first estimate costs, in mean loss.
_PENALTY = 0.004
_FLOOR = 0.002
#: What finding the telephone of a shop costs, as a share of another false alarm.
_OPTIONAL = 0.3


@dataclass(frozen=True, slots=True)
class Wanted:
    """A column's label."""

    personal: bool
    #: What it may be called.
    categories: frozenset[str]
    #: What may be found in it although it is nobody's: the telephone of a shop.
    optional: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class LabelledTable:
    """The evidence of one table, collected once, and the labels of its columns; None where they do not count."""

    evidence: list[Evidence]
    context: TableContext
    wanted: list[Wanted | None]


def own_tables(engine: Engine) -> list[LabelledTable]:
    """Our labelled tables, the development part."""
    found = []
    for table in score_tables.load("dev"):
        labels = {
            column.field.ref.field: label
            for column, label in zip(score_tables.content(table).columns, table.columns, strict=True)
        }
        for evidence, context in engine.gather(score_tables.content(table)):
            wanted = []
            for each in evidence:
                label = labels[each.column.field.ref.field]
                categories = frozenset({label.category}) if label.category else frozenset()
                wanted.append(
                    Wanted(label.personal == "yes", categories | label.optional, label.optional)
                    if label.counts
                    else None
                )
            found.append(LabelledTable(evidence, context, wanted))
    return found


def databases(data: Path, engine: Engine) -> list[LabelledTable]:
    """The labelled databases that lie beside the project, with the words of their labels read as our categories."""
    words = runpy.run_path(str(data / "predictions.py"))["VOCABULARY"]
    meaning: dict[str, set[str]] = defaultdict(set)
    for category, word in words.items():
        meaning[word].add(category)
    found = []
    for labels in sorted((data / "labels").glob("*.csv")):
        path = data / "databases" / f"{labels.stem}.sqlite"
        if not path.exists():
            continue
        rows = {(row["table"], row["column"]): row for row in csv.DictReader(labels.open(encoding="utf-8"))}
        connector = SqlSource(
            Source(path.stem, "sqlite", path.name), URL.create("sqlite", database=str(path)), SqliteHabits()
        )
        listed = [item for item in connector.list_assets() if isinstance(item, Listed)]
        contexts = contexts_of([table_of(item) for item in listed])
        for item in listed:
            for evidence, context in engine.gather(
                connector.read(item, Take(FIRST_ROWS)), about=contexts[item.asset.name]
            ):
                wanted = [
                    _wanted(rows.get((table_name(item.asset), each.column.field.ref.field)), each, meaning)
                    for each in evidence
                ]
                found.append(LabelledTable(evidence, context, wanted))
        connector.close()
    return found


def _wanted(row: dict[str, str] | None, evidence: Evidence, meaning: dict[str, set[str]]) -> Wanted | None:
    if row is None or row["personal"] == "ambiguous" or not evidence.column.sampled:
        return None
    words = [word for word in row["type"].split("|") if word != "NONE"]
    categories = frozenset(category for word in words for category in meaning[word.rstrip("?")])
    return Wanted(row["personal"] == "yes", categories, categories if row["personal"] == "no" else frozenset())


def loss(tables: Sequence[LabelledTable], weights: Weights) -> float:
    """Mean cross-entropy over the labelled columns."""
    total, count = 0.0, 0
    for table in tables:
        for verdict, wanted in zip(judge_table(table.evidence, table.context, weights), table.wanted, strict=True):
            if wanted is None:
                continue
            best = verdict.category or next((other.category for other in verdict.alternates), None)
            is_right = best in wanted.categories
            right = verdict.score if wanted.personal and is_right else 1 - verdict.score
            if wanted.personal and not is_right:
                right = min(right, 0.5)  # found as something else, or not at all: never a success
            cost = -log(max(right, _FLOOR))
            total += cost * (_OPTIONAL if best in wanted.optional and not wanted.personal else 1.0)
            count += 1
    return total / max(1, count)


def fitted(tables: Sequence[LabelledTable], first: Weights) -> Weights:
    """The weights after coordinate descent from a first estimate."""

    def cost(weights: Weights) -> float:
        away = sum(log(value / asdict(first)[name]) ** 2 for name, value in asdict(weights).items())
        return loss(tables, weights) + _PENALTY * away

    best, lowest = first, cost(first)
    for step in _STEPS:
        moved = True
        while moved:
            moved = False
            for name in asdict(first):
                for factor in (step, 1 / step):
                    other = replace(best, **{name: getattr(best, name) * factor})
                    if (value := cost(other)) < lowest - 1e-5:
                        best, lowest, moved = other, value, True
    return best


def cross_validated(tables: Sequence[LabelledTable], first: Weights, folds: int) -> tuple[float, float]:
    """The loss on tables left out, before and after fitting to the others."""
    shuffled = random.Random(2026).sample(list(tables), len(tables))
    before = after = 0.0
    for number in range(folds):
        held = shuffled[number::folds]
        rest = [table for index, table in enumerate(shuffled) if index % folds != number]
        before += loss(held, first) / folds
        after += loss(held, fitted(rest, first)) / folds
    return before, after


def main() -> None:
    """Print the fitted weights beside the first estimates, and write them when asked."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, default=ROOT.parent / "shared" / "data")
    parser.add_argument("--folds", type=int, default=0, help="also print the loss on tables left out, in so many parts")
    parser.add_argument("--write", action="store_true", help=f"put the weights into {DATA.relative_to(ROOT)}")
    options = parser.parse_args()
    engine = Engine(NameReader(installed_model()))
    tables = own_tables(engine)
    sources = [f"{len(tables)} labelled tables of our own"]
    if (options.data / "labels").exists():
        more = databases(options.data, engine)
        sources.append(f"{len(more)} tables of the labelled databases")
        tables += more
    text = DATA.read_text(encoding="utf-8")
    first = Weights(**tomllib.loads(text)["first"])
    if options.folds:
        before, after = cross_validated(tables, first, options.folds)
        print(f"loss on tables left out, {options.folds} parts: first estimates {before:.4f}, fitted {after:.4f}")
    best = fitted(tables, first)
    columns = sum(wanted is not None for table in tables for wanted in table.wanted)
    print(f"{columns} columns; loss {loss(tables, first):.4f} -> {loss(tables, best):.4f}")
    for name, value in asdict(best).items():
        print(f"  {name:14} {asdict(first)[name]:7.3f} -> {value:7.3f}")
    if options.write:
        DATA.write_text(written(text, best, f"{columns} columns of {' and '.join(sources)}"), encoding="utf-8")


def written(text: str, weights: Weights, source: str) -> str:
    """The data file with other weights, and the date and source that they have."""
    head, _, _ = text.partition("[weights]")
    lines = [f"{name} = {round(value, 3)}" for name, value in asdict(weights).items()]
    return "\n".join(
        [f"{head}[weights]", f"# {datetime.now(UTC).date()}, benchmarks/calibrate.py, {source}", *lines, ""]
    )


if __name__ == "__main__":
    main()
