"""The map for DataHub: tags of columns as metadata change proposals that add and never overwrite. Pure."""

from __future__ import annotations

import json
import re
from urllib.parse import quote

from data_map.taxonomy import CATEGORIES, Category
from privacy.exchange.content import Content, Found, Written, found, is_table, unsaid
from privacy.reports.text import json_text, printable

#: Our kinds of sources → DataHub's names of platforms, where they differ.
PLATFORMS = {"postgresql": "postgres", "sqlserver": "mssql"}

_PATCH = "application/json-patch+json"


def write(content: Content) -> Written:
    """A JSON array for its ``file`` source: what the tags mean, then for each table the tags of its columns.

    Tags of columns are patches: what people wrote there in DataHub stays.
    """
    tables: dict[tuple[str, str], list[Found]] = {}
    for one in found(content.data_map):
        if is_table(one.asset):
            tables.setdefault((one.source.source.name, one.asset.asset.name), []).append(one)
    keys = {key for fields in tables.values() for one in fields for key in (one.category.key, *one.contains)}
    proposals = [_tag(category) for key, category in CATEGORIES.items() if key in keys]
    proposals += [_dataset(fields, content) for fields in tables.values()]
    return Written(json_text(proposals), unsaid(content))


def _tag(category: Category) -> dict[str, object]:
    said = {"name": category.key, "description": f"{category.title}. Class: {category.legal_class.value}."}
    return {
        "entityType": "tag",
        "entityUrn": _urn(category.key),
        "changeType": "UPSERT",
        "aspectName": "tagProperties",
        "aspect": {"value": json.dumps(said), "contentType": "application/json"},
    }


def _urn(key: str) -> str:
    return f"urn:li:tag:privacy.{key}"


def _dataset(fields: list[Found], content: Content) -> dict[str, object]:
    source, asset = fields[0].source.source, fields[0].asset.asset.name
    name = f"{content.database}.{asset}" if content.database else asset
    platform = PLATFORMS.get(source.kind, source.kind)
    # Its URNs are divided by these; it writes them so itself.
    place = re.sub("[,()\u241f]", lambda one: quote(one.group()), printable(name))
    changes = [
        {
            "op": "add",
            "path": f"/editableSchemaFieldInfo/{_pointer(one.item.field.ref.field)}/globalTags/tags/{_urn(key)}",
            "value": {"tag": _urn(key)},
        }
        for one in fields
        for key in (one.category.key, *one.contains)
    ]
    return {
        "entityType": "dataset",
        "entityUrn": f"urn:li:dataset:(urn:li:dataPlatform:{platform},{place},{content.environment})",
        "changeType": "PATCH",
        "aspectName": "editableSchemaMetadata",
        "aspect": {"value": json.dumps(changes), "contentType": _PATCH},
    }


def _pointer(name: str) -> str:
    """A part of a JSON pointer (RFC 6901)."""
    return re.sub(r"[~/]", lambda one: {"~": "~0", "/": "~1"}[one.group()], printable(name))
