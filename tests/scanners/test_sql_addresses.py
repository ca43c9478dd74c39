"""Addresses of databases: what they name, and what never leaves them."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path
from typing import get_args

import pytest

from data_map.errors import ConfigurationError, UsageError
from privacy.config import SourceSettings
from scanners.sources import address
from scanners.sources.registry import CONNECTORS

ROOT = Path(__file__).resolve().parents[2]


@pytest.mark.parametrize(
    ("text", "kind", "location", "name"),
    [
        ("mssql://u:canary@db.example:1433/CRM", "mssql", "mssql://db.example:1433/CRM", "crm"),
        ("mssql+pymssql://u@db.example/CRM", "mssql", "mssql://db.example/CRM", "crm"),
        ("oracle://u:canary@db.example:1521/SALES", "oracle", "oracle://db.example:1521/SALES", "sales"),
        (
            "oracle://u@db.example/?service_name=SALES.example&wallet_password=canary",
            "oracle",
            "oracle://db.example/SALES.example",
            "sales-example",
        ),
        (
            "snowflake://u:canary@org-account/SHOP/CRM?warehouse=w&role=r&token=canary",
            "snowflake",
            "snowflake://org-account/SHOP/CRM",
            "crm",
        ),
        (
            "bigquery://my-project/sales?credentials_base64=canary",
            "bigquery",
            "bigquery://my-project/sales",
            "sales",
        ),
        ("bigquery://my-project", "bigquery", "bigquery://my-project/", "my-project"),
        ("bigquery://", "bigquery", "bigquery:///", "bigquery"),
        ("redshift://u:canary@c.example:5439/dev", "redshift", "redshift://c.example:5439/dev", "dev"),
        ("clickhouse://u:canary@h:8443/logs?secure=true", "clickhouse", "clickhouse://h:8443/logs", "logs"),
        ("clickhouse://", "clickhouse", "clickhouse://localhost/", "clickhouse"),
        ("odbc://u:canary@/?dsn=Old+Crm", "odbc", "odbc:///Old Crm", "old-crm"),
        ("odbc://u@h/d?driver=X&PWD=canary", "odbc", "odbc://h/d", "d"),
    ],
)
def test_an_address_names_a_place_and_nothing_secret(text: str, kind: str, location: str, name: str) -> None:
    place = address.locate(text)
    assert (place.kind, place.location) == (kind, location)
    assert re.fullmatch("[a-z0-9_-]{1,60}", place.name)
    assert place.name == name
    assert place.has_password == ("canary" in text)


@pytest.mark.parametrize("scheme", ["mssql", "oracle", "snowflake", "redshift", "clickhouse", "odbc"])
def test_a_password_that_is_not_written_as_it_should_be_is_refused_unseen(scheme: str) -> None:
    with pytest.raises(UsageError) as failed:
        address.locate(f"{scheme}://reader:can@ary@db.example/x")
    assert "ary" not in str(failed.value)


@pytest.mark.parametrize("option", ["service_name=X%3BPWD%3Dcanary", "service_name=%28DESCRIPTION%3Dcanary%29"])
def test_a_name_is_a_name(option: str) -> None:
    with pytest.raises(UsageError) as failed:
        address.locate(f"oracle://u@h/?{option}")
    assert "canary" not in str(failed.value)


def test_what_is_unknown_is_told_with_what_is_known() -> None:
    with pytest.raises(ConfigurationError) as failed:
        address.locate("db9://u:canary@h/x")
    assert "canary" not in str(failed.value)
    assert all(kind in str(failed.value) for kind in ("bigquery", "clickhouse", "duckdb", "odbc", "snowflake"))


def test_a_duckdb_address_names_a_file(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="A DuckDB address names a file"):
        address.locate("duckdb://")
    (tmp_path / "d.duckdb").write_bytes(b"\0" * 8 + b"DUCK" + b"\0" * 100)
    place = address.locate("duckdb:///d.duckdb", tmp_path)
    assert (place.location, place.name) == (str((tmp_path / "d.duckdb").resolve()), "d")
    assert address.locate(str(tmp_path / "d.duckdb")) == place
    (tmp_path / "short").write_bytes(b"\0" * 8 + b"DUC")
    assert address.locate(str(tmp_path / "short")).kind == "files"


def test_every_kind_can_be_configured_and_every_extra_that_is_asked_for_exists() -> None:
    kinds = {kind for part in get_args(SourceSettings.model_fields["kind"].annotation) for kind in get_args(part)}
    assert kinds >= set(CONNECTORS)
    extras = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["optional-dependencies"]
    asked = {
        name
        for path in (ROOT / "scanners" / "sources" / "sql").glob("*.py")
        for name in re.findall(r'\bdriver\("[\w.]+", "(\w+)"\)', path.read_text())
    }
    assert asked == {"bigquery", "clickhouse", "duckdb", "mssql", "odbc", "oracle", "snowflake"}
    assert asked <= set(extras)


def test_a_place_does_not_show_what_is_secret_in_its_options() -> None:
    for text in ("postgresql://u:zqsecret@h:1/d?sslpassword=zqsecret", "odbc:///?odbc_connect=Driver=X;PWD=zqsecret"):
        assert "zqsecret" not in repr(address.locate(text))
