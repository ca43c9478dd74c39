"""What people said, taken over into a store in one step, on both databases."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from data_map.errors import NotAllowedError
from data_map.joins import Pair
from data_map.model import FieldRef, JoinDecision, Suppression
from data_map.said import Said
from data_map.store import joins, said, suppressions
from data_map.store.store import Store
from tests.data_map.examples import decision

AT = datetime(2026, 11, 1, tzinfo=UTC)
EMAIL = FieldRef("crm", "main.t", "email")
CODE = FieldRef("crm", "main.t", 'c:o#d%e"\x00\udcff')
DECISION = decision(CODE, "contact.email")
PATTERN = Suppression("crm:main.test_*", "", "anna", "Invented", AT)
JOIN = JoinDecision(EMAIL, CODE, False, "anna", "By chance", AT)
SAID = Said((DECISION,), (PATTERN,), (JOIN,))


def test_it_comes_back_as_it_was(store: Store) -> None:
    before = said.read(store)
    assert list(before.said) == []
    said.put(store, SAID, before, {"added": ["x"]})
    assert said.read(store).said == SAID
    assert store.decisions() == [DECISION]
    entry = store.journal()[-1]
    assert (entry.action, entry.details) == ("map.imported", {"added": ["x"]})


def test_what_was_taken_back_is_known(store: Store) -> None:
    said.put(store, SAID, said.read(store), {})
    store.withdraw(CODE, "bob", "No", AT)
    suppressions.withdraw(store, PATTERN.pattern, "", "bob", "No", AT)
    joins.withdraw(store, Pair(EMAIL, CODE), "bob", "No", AT)
    found = said.read(store)
    assert list(found.said) == []
    assert found.withdrawn == {CODE, (PATTERN.pattern, ""), Pair(EMAIL, CODE)}


def test_somebody_else_was_faster(store: Store) -> None:
    before = said.read(store)
    store.decide(decision(EMAIL, None))
    count = len(store.journal())
    with pytest.raises(NotAllowedError, match="nothing was taken over"):
        said.put(store, SAID, before, {})
    assert said.read(store).said == Said((decision(EMAIL, None),))
    assert len(store.journal()) == count
