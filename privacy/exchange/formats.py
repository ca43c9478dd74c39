"""The formats of `privacy map export`: a new one is a file here and a line below. Each is imported when asked for."""

from __future__ import annotations

from collections.abc import Mapping
from importlib import import_module
from types import MappingProxyType
from typing import cast

from privacy.exchange.content import Content, Form, Written

#: Format → where its function is.
FORMS: Mapping[str, str] = MappingProxyType(
    {
        "git": "privacy.exchange.git:write",
        "csv": "privacy.exchange.spreadsheet:write",
        "json": "privacy.exchange.document:write",
        "dbt": "privacy.exchange.dbt:write",
        "openmetadata": "privacy.exchange.openmetadata:write",
        "datahub": "privacy.exchange.datahub:write",
        "sarif": "privacy.exchange.sarif:write",
    }
)


def write(form: str, content: Content) -> Written:
    """The map in a format of ``FORMS``."""
    module, _, name = FORMS[form].partition(":")
    return cast(Form, getattr(import_module(module), name))(content)
