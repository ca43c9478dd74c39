"""Every version of every activity is kept, and none is lost when two people write."""

from __future__ import annotations

import pytest

from data_map.errors import NotAllowedError
from data_map.store import activities as kept
from data_map.store.activities import Imported
from data_map.store.store import Store
from tests.data_map.conftest import Clock


def bodies_of(store: Store) -> dict[str, str]:
    return {version.key: version.body for version in kept.latest(store)}


HOSTILE = 'key = "a"\n# \\ "%s" \x7f 🦄 \u202e\n'


def test_versions_follow_each_other(store: Store) -> None:
    kept.add(store, "a", HOSTILE, "anna")
    (first,) = kept.latest(store)
    assert (first.key, first.body, first.author, first.is_removed) == ("a", HOSTILE, "anna", False)
    kept.edit(store, "a", "two", "berta", based_on=first.id)
    assert bodies_of(store) == {"a": "two"}
    kept.remove(store, "a", "carla", "not done any more")
    assert kept.latest(store) == []
    assert [(version.body, version.author, version.is_removed) for version in kept.history(store, "a")] == [
        (HOSTILE, "anna", False),
        ("two", "berta", False),
        ("two", "carla", True),
    ]
    kept.add(store, "a", "three", "anna")
    assert bodies_of(store) == {"a": "three"}
    entries = store.journal()
    assert [(entry.action, entry.target) for entry in entries] == [
        ("ropa.added", "a"),
        ("ropa.edited", "a"),
        ("ropa.removed", "a"),
        ("ropa.added", "a"),
    ]
    assert entries[2].details == {"reason": "not done any more"}


def test_what_is_not_allowed_leaves_no_trace(store: Store) -> None:
    kept.add(store, "a", "one", "anna")
    (first,) = kept.latest(store)
    kept.edit(store, "a", "two", "berta", based_on=first.id)
    with pytest.raises(NotAllowedError, match="There is an activity a already"):
        kept.add(store, "a", "x", "carla")
    with pytest.raises(NotAllowedError, match="was changed by berta while you edited it"):
        kept.edit(store, "a", "x", "carla", based_on=first.id)
    with pytest.raises(NotAllowedError, match="There is no activity b"):
        kept.remove(store, "b", "carla", "x")
    kept.remove(store, "a", "berta", "x")
    with pytest.raises(NotAllowedError, match="was removed while you edited it"):
        kept.edit(store, "a", "x", "carla", based_on=first.id)
    assert len(kept.history(store, "a")) == 3
    assert len(store.journal()) == 3


def test_an_import_is_one_act(store: Store) -> None:
    assert kept.put_all(store, {"b": "1", "a": "1"}, "anna") == Imported(("b", "a"), (), ())
    assert kept.put_all(store, {"b": "1", "a": "1"}, "anna") == Imported((), (), ("b", "a"))
    assert kept.put_all(store, {"a": "2", "c": "1", "b": "1"}, "anna") == Imported(("c",), ("a",), ("b",))
    # In the order in which they were first recorded, so that a text in Git stays in order.
    assert list(bodies_of(store).items()) == [("b", "1"), ("a", "2"), ("c", "1")]
    assert [(entry.action, entry.details) for entry in store.journal()] == [
        ("ropa.imported", {"added": ["b", "a"], "changed": []}),
        ("ropa.imported", {"added": ["c"], "changed": ["a"]}),
    ]


def test_what_an_import_would_change_without_a_store() -> None:
    assert kept.compare(None, {"a": "1"}) == Imported(("a",), (), ())


def test_the_record_is_there_after_opening_again(sqlite_url: str) -> None:
    for create in (True, False):
        with Store.open(sqlite_url, now=Clock(), tool_version="0.1.0", create=create) as store:
            if create:
                kept.add(store, "a", "one", "anna")
            assert bodies_of(store) == {"a": "one"}
