"""How right the verdicts on the columns of the labelled tables are.

`python -m benchmarks.labelled.score_tables --set dev [--errors] [--only CATEGORY] [--categories]`

Every table goes through the engine as a scan would put it through: a database's as a table, the others as files. What
counts is as in the scorer of the development data: columns labelled ambiguous and columns without a value do not.
Personal: a column labelled yes in which something was found is right, one labelled no a false alarm; ``lenient``
forgives the latter when what was found is optional there (the address of a shop). Category: found and wanted is right;
found, neither wanted nor optional, is one too many; wanted and not found is a miss. A table has no personal data when
none of its columns is labelled yes.
"""

from __future__ import annotations

import argparse
import json
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from data_map.model import Asset, AssetKind, Field, FieldRef, FieldVerdict
from scanners.detect.engine import Engine
from scanners.detect.ner import NameReader, installed_model
from scanners.values import Column, Content

FOLDER = Path(__file__).parent / "tables"
SETS = ("dev", "held")
PERSONAL = ("yes", "no", "ambiguous")


@dataclass(frozen=True, slots=True)
class LabelledColumn:
    """A column with its label."""

    name: str
    values: tuple[str | None, ...]
    personal: str
    #: What has to be found in it, and what may be.
    category: str | None
    optional: frozenset[str]

    @property
    def counts(self) -> bool:
        """Whether it is scored."""
        return self.personal != "ambiguous" and any(value and value.strip() for value in self.values)


@dataclass(frozen=True, slots=True)
class LabelledTable:
    """A table with the labels of its columns."""

    name: str
    lang: str
    kind: str
    columns: tuple[LabelledColumn, ...]

    @property
    def is_personal(self) -> bool:
        """Whether any column is about a person."""
        return any(column.personal == "yes" for column in self.columns)


@dataclass(frozen=True, slots=True)
class Judged:
    """One scored column beside the verdict on it."""

    table: LabelledTable
    column: LabelledColumn
    verdict: FieldVerdict

    @property
    def outcome(self) -> str:
        """``tp``, ``fp``, ``fn`` or ``tn`` of the question whether it is personal."""
        found = self.verdict.category is not None
        if self.column.personal == "yes":
            return "tp" if found else "fn"
        return "fp" if found else "tn"

    @property
    def lenient(self) -> str:
        """The same, with what is optional forgiven."""
        return "tn" if self.outcome == "fp" and self.verdict.category in self.column.optional else self.outcome

    def categories(self) -> Iterator[tuple[str, str]]:
        """``(category, outcome)`` of the question which category it is."""
        found, wanted = self.verdict.category, self.column.category
        if wanted is not None:
            yield wanted, "tp" if found == wanted else "fn"
        if found is not None and found != wanted and found not in self.column.optional:
            yield found, "fp"

    @property
    def is_wrong(self) -> bool:
        """Whether any of the answers is an error; an optional find is none."""
        return self.lenient in ("fp", "fn") or any(outcome != "tp" for _, outcome in self.categories())


def parse(line: str) -> LabelledTable:
    """A table from its JSON."""
    record = json.loads(line)
    columns = tuple(
        LabelledColumn(
            one["name"], tuple(one["values"]), one["personal"], one["category"], frozenset(one.get("optional", ()))
        )
        for one in record["columns"]
    )
    return LabelledTable(record["name"], record["lang"], record["kind"], columns)


def load(which: str) -> list[LabelledTable]:
    """The tables of the set ``dev`` or ``held``."""
    return [
        parse(line)
        for path in sorted(FOLDER.glob(f"{which}-*.jsonl"))
        for line in path.read_text(encoding="utf-8").splitlines()
    ]


def content(table: LabelledTable) -> Content:
    """What reading the table would give."""
    is_table = table.kind == "database"
    name = f"main.{table.name}" if is_table else f"{table.name}.csv"
    asset = Asset("labelled", name, AssetKind.TABLE if is_table else AssetKind.FILE)
    columns = []
    for position, labelled in enumerate(table.columns):
        # A column without a header is called by its place, as the readers of files call it.
        header = labelled.name.strip() or f"column_{position + 1}"
        column = Column(Field(FieldRef(asset.source, name, header), position=position))
        column.extend(labelled.values)
        columns.append(column)
    return Content(asset, columns, rows_read=len(table.columns[0].values))


def judge(tables: Iterable[LabelledTable], engine: Engine) -> Iterator[Judged]:
    """The scored columns with the engine's verdicts."""
    for table in tables:
        _, verdicts = engine.look(content(table))
        for column, verdict in zip(table.columns, verdicts, strict=True):
            if column.counts:
                yield Judged(table, column, verdict)


def row(name: str, counts: Counter[str]) -> str:
    """A line of the report."""
    tp, fp, fn = counts["tp"], counts["fp"], counts["fn"]
    precision = tp / (tp + fp) if tp + fp else 0.0
    recall = tp / (tp + fn) if tp + fn else 0.0
    f1 = 2 * precision * recall / (precision + recall) if precision + recall else 0.0
    return f"  {name:<30} P {precision:.3f}  R {recall:.3f}  F1 {f1:.3f}   (tp {tp} fp {fp} fn {fn})"


def false_alarms(judged: Iterable[Judged]) -> str:
    """The share of false alarms in tables without personal data."""
    inside = [one for one in judged if not one.table.is_personal]
    strict = sum(one.outcome == "fp" for one in inside)
    lenient = sum(one.lenient == "fp" for one in inside)
    tables = len({id(one.table) for one in inside if one.lenient == "fp"})
    of = max(1, len(inside))
    shares = f"strict {strict} = {strict / of:.2%}, lenient {lenient} = {lenient / of:.2%}"
    return f"  {len(inside)} columns: {shares} (in {tables} tables)"


def explain(one: Judged) -> str:
    """A wrong column on a few lines: where, what was found and wanted, its first values and the terms."""
    wanted = one.column.category or one.column.personal
    if one.column.optional:
        wanted += " or " + "|".join(sorted(one.column.optional))
    found = f"{one.verdict.category or 'nothing'} ({one.verdict.state}, {one.verdict.score:.2f})"
    values = [value for value in one.column.values if value][:3]
    kind = one.lenient.upper() if one.lenient in ("fp", "fn") else "TYPE"
    lines = [f"{kind} {one.table.name}.{one.column.name} [{one.table.lang}]: found {found}, wanted {wanted}"]
    lines.append(f"       {values}")
    lines.extend(f"       {term.weight:+.2f} {term.text}" for term in one.verdict.terms)
    return "\n".join(lines)


def report(judged: Sequence[Judged], *, categories: bool) -> Iterator[str]:
    """The tables of figures, line by line."""
    yield f"{len({id(one.table) for one in judged})} tables, {len(judged)} columns scored"
    yield "personal"
    yield row("strict", Counter(one.outcome for one in judged))
    yield row("lenient", Counter(one.lenient for one in judged))
    by_category: dict[str, Counter[str]] = defaultdict(Counter)
    for one in judged:
        for key, outcome in one.categories():
            by_category[key][outcome] += 1
    yield "category"
    yield row("all", sum(by_category.values(), Counter()))
    if categories:
        yield from (row(key, by_category[key]) for key in sorted(by_category))
    yield "false alarms in tables without personal data"
    yield false_alarms(judged)
    for what in ("lang", "kind"):
        yield f"personal, lenient, by {what}"
        groups: dict[str, Counter[str]] = defaultdict(Counter)
        for one in judged:
            groups[getattr(one.table, what)][one.lenient] += 1
        yield from (row(key, groups[key]) for key in sorted(groups))


def main() -> None:
    """Print the figures, and the errors when asked."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--set", choices=SETS, required=True)
    parser.add_argument("--errors", action="store_true", help="list the wrong columns")
    parser.add_argument("--only", help="list only those where this category was found or wanted")
    parser.add_argument("--categories", action="store_true", help="figures for each category too")
    args = parser.parse_args()
    judged = list(judge(load(args.set), Engine(NameReader(installed_model()))))
    if args.errors:
        for one in judged:
            if one.is_wrong and args.only in (None, one.verdict.category, one.column.category):
                print(explain(one))
    print(f"{args.set}:", "\n".join(report(judged, categories=args.categories)))


if __name__ == "__main__":
    main()
