"""The labelled tables are well formed, and their scorer counts as it says."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path

import pytest

from benchmarks.labelled.score_tables import (
    FOLDER,
    PERSONAL,
    SETS,
    Judged,
    LabelledColumn,
    LabelledTable,
    content,
    false_alarms,
    load,
    parse,
)
from data_map.model import FieldRef, FieldVerdict, State
from data_map.taxonomy import category

KINDS = {"database", "web", "spreadsheet", "log", "json"}


@pytest.mark.parametrize("path", sorted(FOLDER.glob("*.jsonl")), ids=lambda path: path.stem)
def test_tables_are_well_formed(path: Path) -> None:
    for line in path.read_text(encoding="utf-8").splitlines():
        record = json.loads(line)
        assert set(record) == {"name", "lang", "kind", "columns"}
        table = parse(line)
        assert table.kind in KINDS, table.name
        assert len(table.lang) == 2, table.name
        assert {len(column.values) for column in table.columns} == {len(table.columns[0].values)}, table.name
        assert table.columns[0].values, table.name
        for column in table.columns:
            where = f"{table.name}.{column.name}"
            assert column.personal in PERSONAL, where
            assert (column.category is None) or column.personal == "yes", where
            assert column.personal != "yes" or column.category or column.optional, where
            for key in {column.category, *column.optional} - {None}:
                assert category(key).key == key, where
            assert column.category not in column.optional, where


def test_the_names_of_tables_differ() -> None:
    names = Counter(table.name for which in SETS for table in load(which))
    assert [name for name, count in names.items() if count > 1] == []


def column(personal: str, wanted: str | None = None, *optional: str) -> LabelledColumn:
    return LabelledColumn("c", ("x", None), personal, wanted, frozenset(optional))


def judged(label: LabelledColumn, found: str | None) -> Judged:
    state = State.LIKELY if found else State.CLEAN
    verdict = FieldVerdict(FieldRef("s", "t", "c"), state, found)
    return Judged(LabelledTable("t", "en", "web", (label,)), label, verdict)


@pytest.mark.parametrize(
    ("label", "found", "strict", "lenient", "categories"),
    [
        (column("yes", "contact.email"), "contact.email", "tp", "tp", [("contact.email", "tp")]),
        (column("yes", "contact.email"), None, "fn", "fn", [("contact.email", "fn")]),
        (
            column("yes", "contact.email"),
            "identity.name",
            "tp",
            "tp",
            [("contact.email", "fn"), ("identity.name", "fp")],
        ),
        (column("yes", None, "contact.place"), "contact.place", "tp", "tp", []),
        (column("no", None, "contact.place"), "contact.place", "fp", "tn", []),
        (column("no", None, "contact.place"), "identity.name", "fp", "fp", [("identity.name", "fp")]),
        (column("no"), None, "tn", "tn", []),
    ],
)
def test_outcomes(
    label: LabelledColumn, found: str | None, strict: str, lenient: str, categories: list[tuple[str, str]]
) -> None:
    one = judged(label, found)
    assert (one.outcome, one.lenient, list(one.categories())) == (strict, lenient, categories)


def test_false_alarms_count_in_tables_without_personal_data_alone() -> None:
    alarms = [judged(column("no"), "identity.name"), judged(column("no"), None)]
    assert "2 columns: strict 1 = 50.00%, lenient 1 = 50.00% (in 1 tables)" in false_alarms(alarms)
    person = LabelledTable("t", "en", "web", (column("no"), column("yes", "contact.email")))
    beside = Judged(person, person.columns[0], alarms[0].verdict)
    assert "0 columns" in false_alarms([beside])


def test_blank_and_ambiguous_columns_do_not_count() -> None:
    assert not LabelledColumn("c", (" ", None), "yes", "contact.email", frozenset()).counts
    assert not column("ambiguous").counts
    assert column("no").counts


def test_a_table_is_read_as_a_scan_would() -> None:
    header = LabelledColumn("", ("a", "a ", None), "no", None, frozenset())
    read = content(LabelledTable("t", "en", "web", (header,)))
    assert read.asset.name == "t.csv"
    assert (read.columns[0].field.ref.field, read.columns[0].counts, read.columns[0].missing) == (
        "column_1",
        {"a": 2},
        1,
    )
