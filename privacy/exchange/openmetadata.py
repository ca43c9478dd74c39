"""The map for OpenMetadata: a classification, its tags, and the tags of columns, as its API takes them. Pure."""

from __future__ import annotations

import re

from data_map.taxonomy import CATEGORIES, Category
from privacy.exchange.content import Content, Found, Written, found, is_table, schema_and_table, unsaid
from privacy.reports.text import json_text, printable

CLASSIFICATION = "PrivacyInventory"
#: Its name of the database of a service that has only one.
DEFAULT = "default"


def write(content: Content) -> Written:
    """One JSON object.

    ``classification`` and ``tags`` are bodies for ``PUT /v1/classifications`` and ``PUT /v1/tags``; ``columns`` pairs
    each column's fully qualified name with a tag label, as ``ColumnTag`` of its Python package has them.
    """
    used = [one for one in found(content.data_map) if is_table(one.asset)]
    keys = {key for one in used for key in (one.category.key, *one.contains)}
    return Written(
        json_text(
            {
                "classification": {
                    "name": CLASSIFICATION,
                    "displayName": "Personal data",
                    "description": "What kind of personal data a column holds, as found by privacy-inventory.",
                    "mutuallyExclusive": False,
                },
                "tags": [_tag(category) for key, category in CATEGORIES.items() if key in keys],
                "columns": [entry for one in used for entry in _entries(one, content.database)],
            }
        ),
        unsaid(content),
    )


def _tag(category: Category) -> dict[str, object]:
    return {
        "classification": CLASSIFICATION,
        "name": _name(category.key),
        "displayName": category.title,
        "description": f"{category.title} ({category.key}). Class: {category.legal_class.value}.",
    }


def _name(key: str) -> str:
    """A dot would divide the tag's own qualified name."""
    return key.replace(".", "_")


def _entries(one: Found, database: str | None) -> list[dict[str, object]]:
    schema, table = schema_and_table(one.asset)
    names = (one.source.source.name, database or DEFAULT, schema or DEFAULT, table, one.item.field.ref.field)
    state = "Confirmed" if one.how in ("decided", "confirmed") else "Suggested"
    return [
        {
            "column_fqn": ".".join(_quoted(name) for name in names),
            "tag_label": {
                "tagFQN": f"{CLASSIFICATION}.{_name(key)}",
                "source": "Classification",
                "labelType": "Manual" if one.how == "decided" else "Automated",
                "state": state,
            },
        }
        for key in (one.category.key, *one.contains)
    ]


def _quoted(name: str) -> str:
    """A part of a qualified name: in quotes where it holds a dot or a quote."""
    name = printable(name)
    return '"' + name.replace('"', '""') + '"' if re.search(r'[."]', name) else name
