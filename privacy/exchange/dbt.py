"""The map as properties of dbt: ``sources`` with tables, columns, and what each holds as ``meta`` and ``tags``. Pure.

Written for dbt 1.10 and later, which has ``meta`` and ``tags`` of a column under ``config``.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from data_map.taxonomy import CATEGORIES
from privacy.exchange.content import Content, Found, Written, found, is_table, schema_and_table, unsaid
from privacy.exchange.quoting import yaml

#: dbt fills in templates wherever it reads a property. A name that looks like one is put together so that it is text.
_TEMPLATE = re.compile(r"\{(?=[{%#])")


def write(content: Content) -> Written:
    """A properties file: a source of dbt for each schema, with its tables and the columns that hold personal data."""
    schemas: dict[tuple[str, str], dict[str, list[Found]]] = {}
    for one in found(content.data_map):
        if is_table(one.asset):
            schema, table = schema_and_table(one.asset)
            schemas.setdefault((one.source.source.name, schema), {}).setdefault(table, []).append(one)
    lines = ["version: 2", "sources:" if schemas else "sources: []"]
    for (source, schema), tables in schemas.items():
        is_only = sum(name == source for name, _ in schemas) == 1
        lines.append(f"  - name: {_text(source if is_only else f'{source}_{schema}')}")
        if content.database is not None:
            lines.append(f"    database: {_text(content.database)}")
        if schema:
            lines.append(f"    schema: {_text(schema)}")
        lines.append("    tables:")
        for table, fields in tables.items():
            lines.append(f"      - name: {_text(table)}")
            # dbt selects tables by tag, never columns: `dbt ls --select tag:art9`.
            lines.append("        config:")
            lines.append(f"          tags: [{_tags(fields)}]")
            lines.append("        columns:")
            for one in fields:
                lines += _column(one)
    return Written("\n".join(lines) + "\n", unsaid(content))


def _column(one: Found) -> Iterator[str]:
    yield f"          - name: {_text(one.item.field.ref.field)}"
    yield "            config:"
    yield f"              tags: [{_tags([one])}]"
    yield "              meta:"
    yield "                privacy:"
    for key, value in meta_of(one).items():
        said = f"[{', '.join(map(_text, value))}]" if isinstance(value, list) else _text(value)
        yield f"                  {key}: {said}"


def meta_of(one: Found) -> dict[str, str | list[str]]:
    """What is said of a column under ``meta.privacy``."""
    meta: dict[str, str | list[str]] = {
        "category": one.category.key,
        "class": one.category.legal_class.value,
        "state": one.how,
    }
    if one.item.verdict.subject:
        meta["subject"] = one.item.verdict.subject
    return meta | {"contains": list(one.contains)} if one.contains else meta


def _tags(fields: Iterable[Found]) -> str:
    return ", ".join(map(_text, tags_of(fields)))


def tags_of(fields: Iterable[Found]) -> list[str]:
    """What they hold, by category and class, in the order of the categories."""
    held = {key for one in fields for key in (one.category.key, *one.contains)}
    keys = [key for key in CATEGORIES if key in held]
    classes = [CATEGORIES[key].legal_class.value for key in keys]
    return list(dict.fromkeys(("personal_data", *classes, *keys)))


def untemplated(text: str) -> str:
    """A text that dbt fills in to what it is."""
    return _TEMPLATE.sub("{{ '{' }}", text)


def _text(text: str) -> str:
    return yaml(untemplated(text))
