"""References survive being written down."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from data_map.model import FieldRef

#: Any character, lone surrogates and NUL included; the reserved ones more often.
PARTS = st.text(st.one_of(st.sampled_from(":#%23A5Ba\\\x00"), st.characters(codec=None)), min_size=1)


@given(PARTS, PARTS, PARTS)
def test_a_reference_reads_back(source: str, asset: str, field: str) -> None:
    ref = FieldRef(source, asset, field)
    assert FieldRef.parse(str(ref)) == ref


@given(PARTS, PARTS, PARTS, PARTS, PARTS, PARTS)
def test_two_references_are_never_written_alike(a: str, b: str, c: str, d: str, e: str, f: str) -> None:
    one, other = FieldRef(a, b, c), FieldRef(d, e, f)
    assert (str(one) == str(other)) == (one == other)


@pytest.mark.parametrize(
    ("ref", "text"),
    [
        (FieldRef("crm", "public.customers", "email"), "crm:public.customers#email"),
        (FieldRef("share", "a:b#c.csv", "50%"), "share:a%3Ab%23c.csv#50%25"),
        (FieldRef("s", "x", "%3A"), "s:x#%253A"),
    ],
    ids=["plain", "reserved", "looks escaped"],
)
def test_how_a_reference_is_written(ref: FieldRef, text: str) -> None:
    assert str(ref) == text


@pytest.mark.parametrize("text", ["", "crm", "crm:a", "a#b", ":a#b", "s:#b", "s:a#"])
def test_half_a_reference_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="source:asset#field"):
        FieldRef.parse(text)
