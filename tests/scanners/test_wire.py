"""What leaves the machine, by the host's name or address alone."""

from __future__ import annotations

import pytest

from scanners.sources.wire import is_this_machine


@pytest.mark.parametrize(
    "host",
    [None, "", "localhost", "LOCALHOST.", "db.localhost", "127.0.0.1", "127.8.9.1", "::1", "[::1]", "::ffff:127.0.0.1"],
)
def test_of_this_machine(host: str | None) -> None:
    assert is_this_machine(host)


@pytest.mark.parametrize(
    "host",
    [
        "db",
        "db.internal",
        "localhost.example.org",
        "10.0.0.7",
        "192.0.2.2",
        "fe80::1%eth0",
        "::ffff:10.0.0.7",
        "127.0.0.1.example.org",
    ],
)
def test_of_another(host: str) -> None:
    assert not is_this_machine(host)
