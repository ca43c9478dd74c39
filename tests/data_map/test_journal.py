"""The chain of the journal: intact, changed, cut, reordered, written anew."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest
import sqlalchemy as sa

from data_map.journal import GENESIS, Entry, seal, verify
from data_map.model import Decision, FieldRef
from data_map.store import tables as t
from data_map.store.store import Store

START = datetime(2026, 11, 24, 9, tzinfo=UTC)


def chain(count: int) -> list[Entry]:
    entries: list[Entry] = []
    for number in range(1, count + 1):
        at = START + timedelta(minutes=number)
        previous = entries[-1].hash if entries else GENESIS
        entries.append(seal(number, at, "ada", "map.decided", f"s:a#{number}", {"category": None}, previous))
    return entries


def test_an_untouched_chain_is_intact_and_anchored_by_a_head_in_it() -> None:
    entries = chain(5)
    found = verify(entries)
    assert (found.is_intact, found.head, found.anchored_at) == (True, entries[-1].hash, None)
    assert verify(entries, entries[2].hash).anchored_at == 3
    assert verify([], GENESIS).is_intact


@pytest.mark.parametrize("number", [1, 3, 5], ids=["first", "middle", "last"])
@pytest.mark.parametrize(
    "change",
    [
        {"actor": "eve"},
        {"action": "map.withdrawn"},
        {"target": "s:a#other"},
        {"details": {"category": "contact.email"}},
        {"at": START},
        {"number": 9},
        {"previous": "f" * 64},
    ],
    ids=lambda change: next(iter(change)),
)
def test_a_changed_entry_shows(number: int, change: dict[str, object]) -> None:
    entries = chain(5)
    entries[number - 1] = replace(entries[number - 1], **change)  # type: ignore[arg-type]
    assert verify(entries).broken_at == number


def test_a_removed_or_moved_entry_shows() -> None:
    entries = chain(5)
    assert verify(entries[1:]).broken_at == 1
    assert verify([*entries[:2], *entries[3:]]).broken_at == 3
    assert verify([entries[1], entries[0], *entries[2:]]).broken_at == 1


def test_a_cut_tail_and_a_chain_written_anew_show_only_against_a_head() -> None:
    entries = chain(5)
    assert verify(entries[:3]).is_intact
    assert not verify(entries[:3], entries[-1].hash).is_intact
    anew = [seal(1, START, "eve", "map.decided", "s:a#1", {}, GENESIS)]
    assert verify(anew).is_intact
    assert verify(anew, entries[0].hash).is_anchor_missing


def test_what_the_store_writes_is_in_the_journal(store_url: str) -> None:
    now = iter(START + timedelta(seconds=number) for number in range(100))
    ref = FieldRef("crm", "main.t", "x")
    with Store.open(store_url, now=lambda: next(now), tool_version="0.1.0", create=True, actor="ada") as store:
        scan_id = store.begin_scan(7, {})
        store.decide(Decision(ref, None, "ada", "seen by hand", START, date(2027, 1, 1)))
        store.end_scan(scan_id, "complete")
        entries = store.journal()
        assert [(entry.action, entry.actor) for entry in entries] == [
            ("scan.begun", "ada"),
            ("map.decided", "ada"),
            ("scan.ended", "ada"),
        ]
        assert entries[1].target == str(ref)
        assert "seen by hand" not in str(entries)
        assert verify(entries, entries[0].hash).is_intact
        with store.engine.begin() as connection:
            connection.execute(sa.update(t.journal).where(t.journal.c.number == 2).values(actor="eve"))
        assert verify(store.journal()).broken_at == 2


def test_work_that_fails_leaves_no_entry(store_url: str) -> None:
    with Store.open(store_url, now=lambda: START, tool_version="0.1.0", create=True) as store:
        with pytest.raises(RuntimeError), store.writing("test.failed", "x"):
            raise RuntimeError
        assert store.journal() == []
