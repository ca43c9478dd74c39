"""Shapes of values, one by one and many at once; and counting many values as counting each."""

from __future__ import annotations

import datetime as dt

from hypothesis import given
from hypothesis import strategies as st

from data_map.model import Field, FieldRef
from scanners import masking
from scanners.values import VALUE_CHARS, Column

texts = st.text(st.characters() | st.sampled_from("aB9 .-@\n\0é٣"), max_size=250)


@given(st.lists(texts))
def test_signatures_of_many_are_those_of_each(values: list[str]) -> None:
    assert masking.signatures(values) == [masking.signature(value) for value in values]


@given(st.dictionaries(texts, st.integers(1, 5)))
def test_shapes_of_many_are_those_of_each(counts: dict[str, int]) -> None:
    each = [masking.shape(value) for value, count in counts.items() for _ in range(count)]
    expected = {(text, each.count(text)) for text in each if each.count(text) >= 3}
    found = masking.shapes(counts)
    assert set(found) <= expected
    assert len(found) == min(5, len(expected))
    assert [count for _, count in found] == sorted((count for _, count in expected), reverse=True)[:5]


cells = st.lists(
    st.one_of(
        st.none(),
        st.text(" \tab\n", max_size=4),
        st.integers(2, 9),
        st.integers(2, 9).map(lambda number: number + 0.5),
        st.dates(dt.date(2020, 1, 1), dt.date(2020, 1, 3)),
        st.sampled_from([b"abc", b"\xff\xd8\xff", "x" * VALUE_CHARS, "y" * (VALUE_CHARS + 1), [1, "a"]]),
    )
)


@given(cells)
def test_counting_many_is_counting_each(values: list[object]) -> None:
    many, each = Column(Field(FieldRef("s", "a", "f"))), Column(Field(FieldRef("s", "a", "f")))
    many.extend(values)
    for value in values:
        each.add(value)
    assert many.counts == each.counts
    assert (many.sampled, many.missing, many.binary, many.cut) == (each.sampled, each.missing, each.binary, each.cut)
