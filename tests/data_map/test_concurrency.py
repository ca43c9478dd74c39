"""Processes that use one store at the same time lose nothing."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from data_map.model import FieldRef
from data_map.store.store import Store
from tests.data_map.conftest import Clock
from tests.data_map.examples import TODAY, decision, look, scan

ROOT = Path(__file__).parents[2]

#: Each process opens (and the first one creates) the store, scans, decides and adds a source of a taken name.
WRITER = """
import sys, time
from datetime import UTC, datetime
from data_map.model import FieldRef, Source
from data_map.store.store import Store
from tests.data_map.examples import decision, look, scan
url, number, start = sys.argv[1], sys.argv[2], float(sys.argv[3])
time.sleep(max(0.0, start - time.time()))
with Store.open(url, now=lambda: datetime.now(UTC), tool_version="0.1.0", create=True) as store:
    source = store.add_source(Source("share", "files", f"/srv/{number}"))
    looks = [look(f"t{n}", source=source.name, a="contact.email", b=None) for n in range(30)]
    scan_id = scan(store, *looks, source=source)
    for n in range(30):
        store.decide(decision(FieldRef(source.name, f"t{n}", "b"), None))
        store.load(today=datetime.now(UTC).date())
print(scan_id, source.name)
"""


def run(code: str, *args: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-W", "error", "-c", code, *args],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def outputs(processes: list[subprocess.Popen[str]]) -> list[str]:
    done = [process.communicate(timeout=120) for process in processes]
    assert [stderr for _, stderr in done] == [""] * len(processes)
    return [stdout.strip() for stdout, _ in done]


def test_two_writers_on_an_absent_store_lose_nothing(store_url: str) -> None:
    import time

    start = str(time.time() + 1.5)
    said = outputs([run(WRITER, store_url, str(number), start) for number in range(3)])
    assert sorted(line.split()[0] for line in said) == ["1", "2", "3"]
    assert sorted(line.split()[1] for line in said) == ["share", "share-2", "share-3"]
    with Store.open(store_url, now=Clock(), tool_version="0.1.0", create=False) as store:
        data_map = store.load(today=TODAY)
        assert [part.source.name for part in data_map.sources] == ["share", "share-2", "share-3"]
        for part in data_map.sources:
            assert len(part.assets) == 30
            assert all(field.decision for asset in part.assets for field in asset.fields[1:])
        assert len(store.decisions()) == 90
        assert [row.outcome for row in store.scans()] == ["complete"] * 3


def test_a_reader_sees_one_state_while_somebody_writes(store: Store, store_url: str) -> None:
    scan(store, look("t", f=None))
    writer = run(WRITER, store_url, "1", "0")
    seen = 0
    while writer.poll() is None:
        data_map = store.load(today=TODAY)
        seen = max(seen, sum(len(part.assets) for part in data_map.sources))
        assert all(len(asset.fields) in (1, 2) for part in data_map.sources for asset in part.assets)
    outputs([writer])
    assert sum(len(part.assets) for part in store.load(today=TODAY).sources) == 31


def test_what_was_saved_survives_a_kill(store_url: str) -> None:
    code = WRITER.replace("print(scan_id, source.name)", "import os; os.kill(os.getpid(), 9)")
    killed = run(code, store_url, "1", "0")
    killed.communicate(timeout=120)
    assert killed.returncode == -9
    with Store.open(store_url, now=Clock(), tool_version="0.1.0", create=True) as store:
        assert len(store.load(today=TODAY).sources[0].assets) == 30
        store.decide(decision(FieldRef("share", "t0", "a"), None))
        assert len(store.decisions()) == 31


@pytest.mark.parametrize("round_number", range(3))
def test_two_that_only_create_both_succeed(store_url: str, round_number: int) -> None:
    code = """
import sys
from datetime import UTC, datetime
from data_map.store.store import Store
sys.stdin.readline()
Store.open(sys.argv[1], now=lambda: datetime.now(UTC), tool_version="0.1.0", create=True).close()
"""
    processes = [
        subprocess.Popen(
            [sys.executable, "-W", "error", "-c", code, store_url],
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        for _ in range(4)
    ]
    for process in processes:
        assert process.stdin is not None
        process.stdin.write("\n")
        process.stdin.flush()
    outputs(processes)
