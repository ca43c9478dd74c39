"""Finds and hygiene findings as SARIF 2.1.0, for tools that track the results of analyses. Pure.

What people set aside or decided is in it, marked as suppressed with their reason: it is not lost, and not counted.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator
from urllib.parse import quote

from data_map.hygiene import findings
from data_map.hygiene_finding import HygieneFinding, HygieneKind, Severity, title
from data_map.model import REASON_TEXT, AssetKind, MapAsset, MapField, Skipped
from data_map.taxonomy import CATEGORIES, LegalClass
from privacy.exchange.content import Content, Written
from privacy.reports.text import json_text, printable

SCHEMA = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"

#: By what the law thinks of a category: data that people must not find where it is not expected.
LEVELS = {
    LegalClass.ORDINARY: "note",
    LegalClass.ART9: "warning",
    LegalClass.ART10: "warning",
    LegalClass.NATIONAL_ID: "warning",
    LegalClass.PCI: "error",
    LegalClass.SECRET: "error",
}
_SEVERITIES = {
    Severity.CRITICAL: "error",
    Severity.HIGH: "error",
    Severity.MEDIUM: "warning",
    Severity.LOW: "note",
    Severity.INFO: "note",
}


def write(content: Content) -> Written:
    """One run, with a rule for each category and kind of finding, a result for each find, and what was not read."""
    results = [*_finds(content), *_amiss(content)]
    used = {str(result["ruleId"]) for result in results}
    rules = [rule for rule in _rules() if rule["id"] in used]
    places = {str(rule["id"]): number for number, rule in enumerate(rules)}
    for result in results:
        result["ruleIndex"] = places[str(result["ruleId"])]
    skipped = [_notification(skip) for part in content.data_map.sources for skip in part.skipped]
    return Written(
        json_text(
            {
                "$schema": SCHEMA,
                "version": "2.1.0",
                "runs": [
                    {
                        "tool": {
                            "driver": {
                                "name": "privacy-inventory",
                                "version": content.tool_version,
                                "rules": rules,
                            }
                        },
                        "columnKind": "unicodeCodePoints",
                        "invocations": [
                            {"executionSuccessful": True, "toolExecutionNotifications": skipped},
                        ],
                        "results": results,
                    }
                ],
            }
        )
    )


def _rules() -> Iterator[dict[str, object]]:
    for key, category in CATEGORIES.items():
        yield {
            "id": key,
            "name": "".join(part.title() for part in key.replace("_", ".").split(".")),
            "shortDescription": {"text": category.title},
            "fullDescription": {"text": f"A field holds: {category.title}. Class: {category.legal_class.value}."},
            "defaultConfiguration": {"level": LEVELS[category.legal_class]},
            "properties": {"tags": ["privacy", category.legal_class.value]},
        }
    for kind in HygieneKind:
        yield {
            "id": kind.value,
            "name": "".join(part.title() for part in kind.value.split("_")),
            "shortDescription": {"text": title(kind)},
            "properties": {"tags": ["privacy", "hygiene"]},
        }


def _finds(content: Content) -> Iterator[dict[str, object]]:
    for part in content.data_map.sources:
        for asset in part.assets:
            for item in asset.fields:
                # What the machine saw is told even where people say that it does not count.
                key = item.verdict.category or (item.machine.category if _is_denied(item) else None)
                if key is None:
                    continue
                ref = str(item.field.ref)
                where = f"{printable(asset.asset.name)}, {printable(item.field.ref.field)}"
                result: dict[str, object] = {
                    "ruleId": key,
                    "level": LEVELS[CATEGORIES[key].legal_class],
                    "message": {"text": _plain(f"{CATEGORIES[key].title} in {where}{_how(item)}.")},
                    "locations": [_location(asset, ref, item.field.ref.field)],
                    "partialFingerprints": {"privacyField/v1": _digest(ref, key)},
                }
                yield result | _suppressed(item)


def _is_denied(item: MapField) -> bool:
    denied = item.decision is not None and item.decision.category is None
    return item.machine.state.is_personal and (denied or item.suppression is not None)


def _how(item: MapField) -> str:
    said = item.verdict.category is not None and item.decision is not None
    return " (decided by a person)" if said else f" ({item.machine.state.value})"


def _suppressed(item: MapField) -> dict[str, object]:
    """Why it does not count: who said so goes with the reason."""
    said = item.suppression or (item.decision if _is_denied(item) else None)
    if said is None:
        return {}
    by = f", by the pattern {printable(item.suppression.pattern)}" if item.suppression else ""
    return {
        "suppressions": [
            {
                "kind": "external",
                "status": "accepted",
                "justification": f"{printable(said.reason)} ({printable(said.author)}{by})",
            }
        ]
    }


def _amiss(content: Content) -> Iterator[dict[str, object]]:
    assets = {(part.source.name, asset.asset.name): asset for part in content.data_map.sources for asset in part.assets}
    for one in findings(content.data_map, content.today):
        asset = assets.get((one.source, one.asset or ""))
        result: dict[str, object] = {
            "ruleId": one.kind.value,
            "level": _SEVERITIES[one.severity],
            "message": {"text": _message(one)},
            "locations": [_location(asset, one.ref, one.field or one.asset or one.source)],
            "partialFingerprints": {"privacyField/v1": _digest(one.ref, one.kind.value)},
        }
        if one.aside is not None:
            aside = {"kind": "external", "status": "accepted", "justification": printable(one.aside)}
            result["suppressions"] = [aside]
        yield result


def _message(one: HygieneFinding) -> str:
    return _plain(f"{title(one.kind)} in {printable(one.ref)}: {printable(one.seen)}")


def _plain(text: str) -> str:
    """A message in which nothing is a link or a placeholder (SARIF 2.1.0, 3.11.5 and 3.11.6)."""
    return re.sub(r"[\\\[\]]", lambda one: f"\\{one.group()}", text).replace("{", "{{").replace("}", "}}")


def _location(asset: MapAsset | None, ref: str, name: str) -> dict[str, object]:
    logical = {
        "name": printable(name),
        "fullyQualifiedName": printable(ref),
        "kind": "field" if "#" in ref else "asset",
    }
    if asset is None or asset.asset.kind is not AssetKind.FILE:
        return {"logicalLocations": [logical]}
    # A path relative to the scanned root, so that the file is found from there.
    uri = quote(asset.asset.name.encode("utf-8", "surrogateescape"), safe="/")
    return {"physicalLocation": {"artifactLocation": {"uri": uri}}, "logicalLocations": [logical]}


def _notification(skip: Skipped) -> dict[str, object]:
    place = ":".join(printable(part) for part in (skip.source, skip.asset) if part)
    place += f"#{printable(skip.field)}" if skip.field else ""
    return {
        "level": "warning",
        "message": {"text": _plain(f"Not looked at: {place}: {REASON_TEXT[skip.reason]}.")},
        "descriptor": {"id": skip.reason.value},
    }


def _digest(ref: str, rule: str) -> str:
    return hashlib.sha256(f"{rule} {ref}".encode("utf-8", "backslashreplace")).hexdigest()
