"""The labelled texts are well formed, and their scorer counts as it says."""

from __future__ import annotations

from collections import Counter
from itertools import pairwise

import pytest

from benchmarks.labelled.score_text import judge, stretches
from benchmarks.labelled.text import IGNORE, SETS, SHORT, Document, Mark, MarkupError, load, parse
from data_map.taxonomy import category

PEOPLE = frozenset({"identity.name", "contact.place", "contact.address"})


def document(marked: str) -> Document:
    return next(parse(f"# lang: en  kind: email\n{marked}\n", "made"))


@pytest.mark.parametrize("key", sorted(set(SHORT.values()) - {IGNORE}))
def test_every_short_name_stands_for_a_category(key: str) -> None:
    assert category(key).key == key


@pytest.mark.parametrize("which", SETS)
def test_a_set_is_well_formed(which: str) -> None:
    documents = load(which)
    assert len({one.id for one in documents}) == len(documents)
    for one in documents:
        assert one.text.strip(), one.id
        ends = [(span.start, span.end) for span in one.spans]
        assert all(start < end <= len(one.text) for start, end in ends), one.id
        assert all(before[1] <= after[0] for before, after in pairwise(ends)), one.id


def test_the_sets_share_no_person() -> None:
    dev, held = (
        {
            one.text[span.start : span.end]
            for one in load(which)
            for span in one.spans
            if span.category == "identity.name"
        }
        for which in SETS
    )
    assert not {name for name in dev & held if " " in name}


def test_markup_becomes_text_and_spans() -> None:
    one = document("Dear Mr. [name:Oake],\n[address:1 Elm Road\nYork] and [?:Acme]: x[1]")
    assert one.text == "Dear Mr. Oake,\n1 Elm Road\nYork and Acme: x[1]"
    assert [(one.text[s.start : s.end], s.category) for s in one.spans] == [
        ("Mr. ", IGNORE),
        ("Oake", "identity.name"),
        ("1 Elm Road\nYork", "contact.address"),
        ("Acme", IGNORE),
    ]


@pytest.mark.parametrize(
    "source", ["no header\n", "# lang: en  kind: email\n[nome:Ann]\n", "# lang: en  kind: sms\n[name: Ann]\n"]
)
def test_bad_markup_is_refused(source: str) -> None:
    with pytest.raises(MarkupError, match="made"):
        list(parse(source, "made"))


@pytest.mark.parametrize(
    ("found", "expected"),
    [
        ([("Ann Bexley", "identity.name"), ("Ghent", "contact.place")], {"tp": 2}),
        ([("Ann", "identity.name"), ("Bexley", "identity.name"), ("Ghent", "contact.address")], {"tp": 2}),
        ([("Ann", "identity.name")], {"fn": 2, "fp": 1}),
        ([("Ann Bexley", "contact.place")], {"fn": 2, "fp": 1}),
        ([("Acme Ltd", "identity.name")], {"fn": 2}),
        ([("Ann Bexley of Acme Ltd", "contact.email")], {"fn": 2}),
        ([("Ann Bexley of Acme", "identity.name"), ("went", "identity.name")], {"tp": 1, "fn": 1, "fp": 1}),
    ],
    ids=["right", "in parts", "too short", "wrong category", "ignored", "category that does not count", "near enough"],
)
def test_outcomes(found: list[tuple[str, str]], expected: dict[str, int]) -> None:
    one = document("[name:Ann Bexley] of [?:Acme Ltd] went to [place:Ghent]")
    marks = [Mark(one.text.index(words), one.text.index(words) + len(words), key) for words, key in found]
    assert Counter(outcome.kind for outcome in judge(one, marks, PEOPLE)) == expected


def test_only_white_space_joins_spans() -> None:
    text = "Ann Bex, Bo"
    spans = [Mark(0, 3, "identity.name"), Mark(4, 7, "identity.name"), Mark(9, 11, "identity.name")]
    assert [sorted(one.positions) for one in stretches(text, spans)] == [[0, 1, 2, 4, 5, 6], [9, 10]]
