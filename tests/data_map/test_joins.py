"""Joins of the map: what is declared, measured and decided, and what of it counts."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from data_map import joins
from data_map.errors import NotAllowedError
from data_map.joins import Pair
from data_map.model import (
    AssetScan,
    DataMap,
    FieldRef,
    Join,
    JoinDecision,
    JoinMeasure,
    JoinState,
    Term,
)
from data_map.store import joins as kept
from data_map.store.store import Store
from tests.data_map.examples import TODAY, look, scan

CHILD, PARENT = FieldRef("crm", "orders", "customer"), FieldRef("crm", "customers", "id")
OTHER = FieldRef("crm", "customers", "code")
AT = datetime(2026, 11, 24, 9, tzinfo=UTC)
TERMS = (Term("188 of 188 values occur in customers.id", 1.25), Term("a – dash", -0.1))


def orders(references: FieldRef | None = None) -> AssetScan:
    seen = look("orders", customer=None)
    return replace(seen, fields=(replace(seen.fields[0], references=references),))


CUSTOMERS = look("customers", id=None, code=None)


def measure(parent: FieldRef = PARENT, score: float = 0.8, **more: Any) -> JoinMeasure:
    return JoinMeasure(CHILD, parent, 188, 187, "probe", score, TERMS, **more)


def decision(is_accepted: bool, parent: FieldRef = PARENT) -> JoinDecision:
    return JoinDecision(CHILD, parent, is_accepted, "anna", "I asked", AT)


def loaded(store: Store, scan_id: int | None = None) -> tuple[Join, ...]:
    return store.load(scan_id, today=TODAY).joins


def test_a_declared_key_is_a_join_whatever_its_letters(store: Store) -> None:
    scan(store, orders(FieldRef("crm", "Customers", "ID")), CUSTOMERS)
    assert loaded(store) == (Join(CHILD, PARENT, JoinState.DECLARED, 1.0),)


def test_a_declared_key_whose_target_nobody_scanned_is_no_join(store: Store) -> None:
    scan(store, orders(PARENT))
    assert loaded(store) == ()


def test_a_measure_comes_back_as_a_proposal(store: Store) -> None:
    scan_id = scan(store, orders(), CUSTOMERS)
    kept.keep(store, scan_id, [measure()])
    assert loaded(store) == (Join(CHILD, PARENT, JoinState.PROPOSED, 0.8, measure()),)


def test_the_latest_measure_counts_and_a_past_map_has_its_own(store: Store) -> None:
    first = scan(store, orders(), CUSTOMERS)
    kept.keep(store, first, [measure(score=0.9), measure(OTHER, 0.7)])
    kept.keep(store, first, [measure(score=0.8)])
    second = scan(store, orders(), CUSTOMERS)
    kept.keep(store, second, [measure(score=0.1)])
    assert [join.score for join in loaded(store)] == [0.7, 0.1]
    assert [join.score for join in loaded(store, first)] == [0.7, 0.8]
    assert [join.parent for join in joins.counting(loaded(store))] == [OTHER]


def test_a_proposal_goes_with_its_side_and_comes_back_with_it(store: Store) -> None:
    kept.keep(store, scan(store, orders(), CUSTOMERS), [measure()])
    kept.decide(store, decision(True))
    scan(store, orders())
    assert loaded(store) == ()
    scan(store, orders(), CUSTOMERS)
    assert [join.state for join in loaded(store)] == [JoinState.ACCEPTED]


@pytest.mark.parametrize(
    ("is_declared", "is_measured", "is_accepted", "state", "score"),
    [
        (True, True, None, JoinState.DECLARED, 1.0),
        (True, False, True, JoinState.DECLARED, 1.0),
        (True, True, False, JoinState.REFUSED, 0.0),
        (False, True, True, JoinState.ACCEPTED, 1.0),
        (False, True, False, JoinState.REFUSED, 0.0),
        (False, False, True, JoinState.ACCEPTED, 1.0),
        (False, False, False, JoinState.REFUSED, 0.0),
    ],
)
def test_what_people_say_counts(
    store: Store, is_declared: bool, is_measured: bool, is_accepted: bool | None, state: JoinState, score: float
) -> None:
    for _ in range(2):  # and it survives a scan
        scan_id = scan(store, orders(PARENT if is_declared else None), CUSTOMERS)
        if is_measured:
            kept.keep(store, scan_id, [measure()])
        if is_accepted is not None:
            kept.decide(store, decision(not is_accepted))
            kept.decide(store, decision(is_accepted))
    (join,) = loaded(store)
    assert (join.state, join.score, join.measure is not None) == (state, score, is_measured)
    assert join.decision == (None if is_accepted is None else decision(is_accepted))
    assert (join in joins.counting([join])) is (state is not JoinState.REFUSED)


def test_a_withdrawn_decision_leaves_what_the_machine_says(store: Store) -> None:
    kept.keep(store, scan(store, orders(), CUSTOMERS), [measure()])
    kept.decide(store, decision(False))
    kept.withdraw(store, Pair(CHILD, PARENT), "ben", "it does join", AT)
    assert [join.state for join in loaded(store)] == [JoinState.PROPOSED]
    with pytest.raises(NotAllowedError, match="no decision"):
        kept.withdraw(store, Pair(CHILD, PARENT), "ben", "again", AT)


def test_decisions_are_in_the_journal(store: Store) -> None:
    scan(store, orders(), CUSTOMERS)
    kept.decide(store, decision(True))
    kept.withdraw(store, Pair(CHILD, PARENT), "ben", "no", AT)
    told = [(entry.action, entry.target) for entry in store.journal() if entry.action.startswith("map.join")]
    assert told == [("map.join.accepted", str(CHILD)), ("map.join.withdrawn", str(CHILD))]


def test_proposals_below_the_threshold_do_not_count() -> None:
    low = Join(CHILD, PARENT, JoinState.PROPOSED, joins.THRESHOLD - 0.01)
    assert joins.counting([low]) == ()
    assert joins.counting([low], 0.2) == (low,)
    assert DataMap().joins == ()
