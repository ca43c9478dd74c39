"""Snowflake, through its own dialect and an emulator of it: the emulator's engine is DuckDB, and no test of Snowflake.

It needs an environment of its own, whose Python is named by ``FAKESNOW_PYTHON``; see ``snowflake_company.py``.
"""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def found(tmp_path_factory: pytest.TempPathFactory) -> Any:
    python = os.environ.get("FAKESNOW_PYTHON")
    if python is None and os.environ.get("CI"):
        pytest.fail("FAKESNOW_PYTHON names no Python that has the emulator of Snowflake", pytrace=False)
    if python is None:
        pytest.skip("FAKESNOW_PYTHON names no Python that has the emulator of Snowflake")
    done = subprocess.run(
        [python, str(Path(__file__).with_name("snowflake_company.py"))],
        capture_output=True,
        text=True,
        cwd=tmp_path_factory.mktemp("snowflake"),
        env={"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT), "HOME": str(tmp_path_factory.mktemp("home"))},
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-3000:]
    return json.loads(done.stdout)


def test_the_listing(found: Any) -> None:
    assert found["location"] == "snowflake://fakesnow/shop/crm"
    assert set(found["fields"]) == {"CRM.CUSTOMERS", "CRM.EVENTS", 'CRM.odd "name" %s :c'}
    assert found["fields"]["CRM.CUSTOMERS"] == {
        "ID": ["NUMBER", True],
        "FULL_NAME": ["TEXT", False],
        "BORN": ["DATE", False],
        "PAYLOAD": ["VARIANT", False],
        "MADE_AT": ["TIMESTAMP_NTZ", False],
        "CREDIT": ["NUMBER", False],
        "IS_ACTIVE": ["BOOLEAN", False],
        "LONG": ["TEXT", False],
    }
    assert found["skipped"] == []


def test_values_come_as_text_or_number_and_cut(found: Any) -> None:
    customers = found["customers"]
    assert customers.pop("MADE_AT").startswith("2024-01-02 03:04:05")
    assert json.loads(customers.pop("PAYLOAD")) == {"a": 1}
    assert customers == {
        "ID": "0",
        "FULL_NAME": "n0",
        "BORN": "1980-02-03",
        "CREDIT": "1.50",
        "IS_ACTIVE": "1",
        "LONG": 4096,
        "(rows)": 500,
        "(skipped)": 0,
    }
    assert found["odd"] == {"select": "z", "(rows)": 1, "(skipped)": 0}


@pytest.mark.parametrize("size", ["few", "many"])
def test_a_sample_is_no_head_and_takes_a_seed(found: Any, size: str) -> None:
    first, again, other = found[size]
    assert first[0] == "blocks"
    assert len(first[1]) == 1_000
    assert first != other
    assert len({number // 2_000 for number in first[1]}) >= 5
    assert first == again


def test_what_has_no_statistics_is_read_from_its_head(found: Any) -> None:
    assert found["head"] == ["head", list(range(1_000))]
    assert found["whole"] == 20_000


def test_a_table_that_is_gone_and_what_is_known_of_the_account(found: Any) -> None:
    assert found["gone"] == ["not_found", "2003"]
    assert found["rights"] == [False, False, True]
