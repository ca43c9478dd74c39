"""What dbt's properties say already, with what the map knows set in by the names of tables and columns. Pure.

dbt refuses a table that two files declare, so a project that has its sources and models described takes it in there.
"""

from __future__ import annotations

from collections.abc import Iterator
from importlib import import_module
from typing import Any

from data_map.errors import UsageError
from privacy.exchange.content import Content, Found, Written, found, is_table, schema_and_table, unsaid
from privacy.exchange.dbt import meta_of, tags_of, untemplated

#: What dbt describes by name: of sources the tables are a level deeper.
_KINDS = ("models", "seeds", "snapshots")


def merge(content: Content, text: str, name: str) -> Written:
    """The file with ``meta`` and ``tags`` set; everything else in it stays, but for comments and quotation marks.

    A table is found by its name, or its ``identifier``, whatever its case; a source's also by its ``schema``. A column
    that is not described yet is added.

    Raises:
        UsageError: it is no properties file of dbt.
    """
    # Presidio needs it, so it is there; its type stubs are not.
    yaml: Any = import_module("yaml")
    try:
        raw = yaml.safe_load(text)
    except yaml.YAMLError:
        msg = f"{name} is not valid YAML."
        raise UsageError(msg) from None
    if not isinstance(raw, dict) or not any(key in raw for key in ("sources", *_KINDS)):
        msg = f"{name} is no properties file of dbt: it has none of sources, {', '.join(_KINDS)}."
        raise UsageError(msg)
    tables: dict[tuple[str, str, str], list[Found]] = {}
    for one in found(content.data_map):
        if is_table(one.asset):
            tables.setdefault((one.source.source.name, *schema_and_table(one.asset)), []).append(one)
    missing = []
    for (source, schema, table), fields in tables.items():
        entries = list(_entries(raw, source, schema, table))
        for entry in entries:
            _set(entry, fields)
        if not entries:
            missing.append(f"{source}:{schema}.{table}")
    notes = [f"{len(missing):,} tables that {name} does not have: {', '.join(missing[:3])}{' …' * (len(missing) > 3)}"]
    return Written(_dumped(yaml, raw), (*(notes if missing else ()), *unsaid(content)))


def _entries(raw: dict[str, Any], source: str, schema: str, table: str) -> Iterator[dict[str, Any]]:
    """What the file has of a table."""
    for one in _listed(raw, "sources"):
        places = {str(one.get("schema") or one.get("name")).casefold(), str(one.get("name")).casefold()}
        if places & {schema.casefold(), source.casefold()}:
            for entry in _listed(one, "tables"):
                if table.casefold() in (str(entry.get("name")).casefold(), str(entry.get("identifier")).casefold()):
                    yield entry
    for kind in _KINDS:
        for entry in _listed(raw, kind):
            if str(entry.get("name")).casefold() == table.casefold():
                yield entry


def _listed(raw: dict[str, Any], key: str) -> list[dict[str, Any]]:
    rows = raw.get(key)
    return [row for row in rows if isinstance(row, dict)] if isinstance(rows, list) else []


def _set(entry: dict[str, Any], fields: list[Found]) -> None:
    _add_tags(entry, tags_of(fields))
    columns = entry.get("columns")
    if not isinstance(columns, list):
        columns = entry["columns"] = []
    known = {str(column.get("name")).casefold(): column for column in columns if isinstance(column, dict)}
    for one in fields:
        name = untemplated(one.item.field.ref.field)
        column = known.get(name.casefold())
        if column is None:
            column = {"name": name}
            columns.append(column)
        _add_tags(column, tags_of([one]))
        meta = _section(column["config"], "meta")
        meta["privacy"] = meta_of(one)


def _add_tags(entry: dict[str, Any], tags: list[str]) -> None:
    config = _section(entry, "config")
    before = config.get("tags")
    given = [before] if isinstance(before, str) else before if isinstance(before, list) else []
    config["tags"] = list(dict.fromkeys((*given, *tags)))


def _section(entry: dict[str, Any], key: str) -> dict[str, Any]:
    if not isinstance(entry.get(key), dict):
        entry[key] = {}
    found: dict[str, Any] = entry[key]
    return found


def _dumped(yaml: Any, raw: object) -> str:
    class Dumper(yaml.SafeDumper):  # type: ignore[misc]
        def ignore_aliases(self, data: object) -> bool:
            return True

    def text(dumper: Any, value: str) -> Any:
        return dumper.represent_scalar("tag:yaml.org,2002:str", value, style="|" if "\n" in value.strip() else None)

    Dumper.add_representer(str, text)
    return str(yaml.dump(raw, Dumper=Dumper, sort_keys=False, allow_unicode=True, width=120))
