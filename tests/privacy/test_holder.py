"""Whether a run that holds a scan still lives: told of processes of this machine only."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from datetime import UTC, datetime

import pytest

from privacy import holder

AT = datetime(2026, 11, 24, tzinfo=UTC)


def test_this_process_lives() -> None:
    assert holder.is_dead(holder.me(AT)) is False
    assert holder.me(AT) == holder.me(AT)
    assert holder.me(AT) != holder.me(AT.replace(hour=1))


def test_a_process_that_ended_is_dead_also_before_its_parent_asked() -> None:
    code = "from datetime import UTC, datetime; from privacy import holder; print(holder.me(datetime.now(UTC)))"
    child = subprocess.Popen([sys.executable, "-c", f"{code}; input()"], stdout=subprocess.PIPE, stdin=subprocess.PIPE)
    assert child.stdout is not None
    told = child.stdout.readline().decode()
    assert holder.is_dead(told) is False
    child.kill()
    os.waitid(os.P_PID, child.pid, os.WEXITED | os.WNOWAIT)  # it has ended, and is still in the list
    assert holder.is_dead(told) is True
    child.communicate()
    assert holder.is_dead(told) is True


def test_a_number_that_is_used_again_is_another_process() -> None:
    told = json.loads(holder.me(AT))
    assert holder.is_dead(json.dumps(told | {"started": "1"})) is True


@pytest.mark.parametrize("text", ["", "{}", "[]", "null", '{"host": "h", "pid": "x", "started": 1}'])
def test_what_nobody_can_tell(text: str) -> None:
    assert holder.is_dead(text) is None


def test_nobody_can_tell_of_another_machine() -> None:
    told = json.loads(holder.me(AT))
    assert holder.is_dead(json.dumps(told | {"host": "elsewhere"})) is None
