"""The map as text that reads well in Git, and back: one line for each field, no times, no figures of a sample. Pure.

What a scan measures anew each time (scores, shares, counts, shapes, and whether a find is confirmed or likely) is left
out, so that a re-scan of what has not changed gives the same text. What people said is in it whole, with their names.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import UTC, date, datetime
from typing import Any, TypeVar

from data_map.errors import UsageError
from data_map.model import (
    Decision,
    FieldRef,
    JoinDecision,
    MapAsset,
    MapField,
    MapSource,
    State,
    Suppression,
)
from data_map.said import Said
from data_map.suppression import is_known
from data_map.taxonomy import CATEGORIES
from privacy.exchange.content import Content, Written
from privacy.exchange.quoting import quoted, told, toml_key

#: The first line of every file, by which they are known again.
HEAD = "# A data map, written by `privacy map export`. `privacy map import` takes decisions back from it."
VERSION = 1
#: The file of a folder that holds what people said.
SAID = "said.toml"


def write(content: Content) -> Written:
    """Everything in one file."""
    parts = [_source(part) for part in content.data_map.sources]
    return Written("\n".join([_head(), *parts, *_said(content)]))


def files(content: Content) -> dict[str, str]:
    """A file for each source, by name, and one for what people said."""
    found = {}
    for part in content.data_map.sources:
        name = re.sub(r"[^A-Za-z0-9_-]", lambda one: f"%{ord(one.group()):02X}", part.source.name)
        found[f"{name}.source.toml"] = f"{_head()}\n{_source(part)}"
    found[SAID] = "\n".join([_head(), *_said(content)])
    return found


def _head() -> str:
    return f"{HEAD}\nversion = {VERSION}\n"


def _source(part: MapSource) -> str:
    key = f"sources.{toml_key(part.source.name)}"
    lines = [f"[{key}]", f"kind = {quoted(part.source.kind)}", f"location = {quoted(part.source.location)}"]
    lines += [f"{name} = {quoted(value)}" for name, value in _optional(part).items()]
    lines.append("")
    if part.skipped:
        lines.append(f"[{key}.not_looked_at]")
        reasons = {
            f"{skip.asset or ''}{'#' + skip.field if skip.field else ''}": skip.reason.value for skip in part.skipped
        }
        lines += [
            f"{toml_key(place) if place else quoted('')} = {quoted(why)}" for place, why in sorted(reasons.items())
        ]
        lines.append("")
    for asset in part.assets:
        lines.append(f"[{key}.assets.{toml_key(asset.asset.name)}]")
        lines += [f"{toml_key(item.field.ref.field)} = {_field(asset, item)}" for item in asset.fields]
        lines.append("")
    return "\n".join(lines)


def _optional(part: MapSource) -> dict[str, str]:
    found = {"owner": part.source.owner, "country": part.source.country}
    return {name: value for name, value in found.items() if value is not None}


def _field(asset: MapAsset, item: MapField) -> str:
    """What is the same at every scan of the same content."""
    verdict, declared = item.verdict, item.field.declared_type
    parts = []
    if verdict.category is not None:
        parts.append(f"category = {quoted(verdict.category)}")
        if verdict.subject:
            parts.append(f"subject = {quoted(verdict.subject)}")
        # Of a sample it is chance what occurs in it.
        if asset.is_whole and verdict.contains:
            held = ", ".join(quoted(key) for key in sorted({one.category for one in verdict.contains}))
            parts.append(f"contains = [{held}]")
    if verdict.state in (State.NAME_ONLY, State.UNDECIDED):
        parts.append(f"state = {quoted(verdict.state.value)}")
    if item.decision is not None:
        parts.append("decided = true")
    if item.suppression is not None:
        parts.append(f"set_aside_by = {quoted(item.suppression.pattern)}")
        parts.append(f"found = {quoted(item.machine.category or '')}")
    if declared:
        parts.append(f"type = {quoted(declared)}")
    return "{ " + ", ".join(parts) + " }" if parts else "{}"


def _said(content: Content) -> Iterator[str]:
    for one in content.said.decisions:
        what = {"not_personal": True} if one.category is None else {"category": one.category}
        yield _block("decisions", {"field": str(one.ref)} | what | _signed(one))
    for pattern in content.said.suppressions:
        what = {"what": pattern.what} if pattern.what else {}
        yield _block("suppressions", {"pattern": pattern.pattern} | what | _signed(pattern))
    for join in content.said.joins:
        pair = {"child": str(join.child), "parent": str(join.parent), "is_accepted": join.is_accepted}
        yield _block("joins", pair | _signed(join))


def _signed(one: Decision | Suppression | JoinDecision) -> dict[str, object]:
    found: dict[str, object] = {
        "author": one.author,
        "reason": one.reason,
        "decided_at": one.decided_at.astimezone(UTC).isoformat(timespec="seconds"),
    }
    until = None if isinstance(one, JoinDecision) else one.until_on
    return found if until is None else found | {"until_on": until.isoformat()}


def _block(name: str, values: Mapping[str, object]) -> str:
    lines = [f"[[{name}]]"]
    for key, value in values.items():
        lines.append(f"{key} = {str(value).lower() if isinstance(value, bool) else quoted(str(value))}")
    return "\n".join((*lines, ""))


def read(texts: Iterable[tuple[str, str]]) -> Said:
    """What people said, from texts with the names of their files.

    Raises:
        UsageError: one is no TOML, or of a later version, or has a mistake; all mistakes are told at once.
    """
    problems: list[str] = []
    decisions: list[Decision] = []
    suppressions: list[Suppression] = []
    joins: list[JoinDecision] = []
    for name, text in texts:
        try:
            raw = tomllib.loads(text)
        except tomllib.TOMLDecodeError as error:
            problems.append(f"{name}: it is not valid TOML: {str(error).splitlines()[0]}")
            continue
        if raw.get("version") != VERSION:
            problems.append(f"{name}: it has no line `version = {VERSION}`: no map that this version can read")
            continue
        decisions += _rows(raw, "decisions", name, _decision, problems)
        suppressions += _rows(raw, "suppressions", name, _suppression, problems)
        joins += _rows(raw, "joins", name, _join, problems)
    keys = [
        *(("decision on", str(one.ref)) for one in decisions),
        *(("suppression by", f"{one.pattern} {one.what}".strip()) for one in suppressions),
        *(("decision on the join", f"{join.child} {join.parent}") for join in joins),
    ]
    problems += [
        f"there is more than one {what} {key}" for what, key in dict.fromkeys(keys) if keys.count((what, key)) > 1
    ]
    if problems:
        msg = "\n  ".join(("This cannot be taken over:", *problems))
        raise UsageError(msg)
    return Said(tuple(decisions), tuple(suppressions), tuple(joins))


_One = TypeVar("_One")


def _rows(
    raw: Mapping[str, object], block: str, name: str, take: Callable[[_Row], _One], problems: list[str]
) -> Iterator[_One]:
    """The blocks of one kind; what is wrong with one goes to the problems."""
    rows = raw.get(block, [])
    if not isinstance(rows, list):
        problems.append(f"{name}: {block} are written under lines [[{block}]]")
        return
    for number, row in enumerate(rows, 1):
        try:
            yield take(_Row(row, f"{name}: {block}.{number}"))
        except ValueError as error:
            problems.append(str(error))


class _Row:
    """The entries of one block, each asked for by name."""

    def __init__(self, raw: object, where: str) -> None:
        if not isinstance(raw, dict):
            msg = f"{where}: it is no block of entries"
            raise ValueError(msg)
        self._raw: dict[str, Any] = raw
        self._where = where

    def wrong(self, key: str, what: str) -> ValueError:
        return ValueError(f"{self._where}: {key}: {what}")

    def only(self, *keys: str) -> None:
        for key in self._raw:
            if key not in keys:
                raise self.wrong(key, f"there is no such entry; there are {', '.join(keys)}")

    def text(self, key: str, default: str | None = None) -> str:
        value = self._raw.get(key, default)
        if not isinstance(value, str) or (not value.strip() and default is None):
            raise self.wrong(key, "it has to be a text")
        return told(value)

    def flag(self, key: str) -> bool:
        value = self._raw.get(key, False)
        if not isinstance(value, bool):
            raise self.wrong(key, "it is true or false")
        return value

    def has(self, key: str) -> bool:
        return key in self._raw

    def ref(self, key: str) -> FieldRef:
        try:
            return FieldRef.parse(self.text(key))
        except ValueError as error:
            raise self.wrong(key, str(error)) from None

    def at(self) -> datetime:
        try:
            value = datetime.fromisoformat(self.text("decided_at"))
        except ValueError:
            raise self.wrong("decided_at", "it is written like 2026-11-24T09:00:00+00:00") from None
        if value.tzinfo is None:
            raise self.wrong("decided_at", "it needs a time zone, such as +00:00")
        return value.astimezone(UTC)

    def until(self) -> date | None:
        if not self.has("until_on"):
            return None
        try:
            return date.fromisoformat(self.text("until_on"))
        except ValueError:
            raise self.wrong("until_on", "it is a day, written like 2026-11-24") from None


_SIGNED = ("author", "reason", "decided_at")


def _decision(row: _Row) -> Decision:
    row.only("field", "category", "not_personal", *_SIGNED, "until_on")
    if row.has("category") == row.flag("not_personal"):
        raise row.wrong("category", "give exactly one of category and not_personal = true")
    category = row.text("category") if row.has("category") else None
    if category is not None and category not in CATEGORIES:
        raise row.wrong("category", f"there is no category {category!r}")
    return Decision(row.ref("field"), category, row.text("author"), row.text("reason"), row.at(), row.until())


def _suppression(row: _Row) -> Suppression:
    row.only("pattern", "what", *_SIGNED, "until_on")
    what = row.text("what", "")
    if not is_known(what):
        raise row.wrong("what", f"there is no category, branch or kind of finding {what!r}")
    return Suppression(row.text("pattern"), what, row.text("author"), row.text("reason"), row.at(), row.until())


def _join(row: _Row) -> JoinDecision:
    row.only("child", "parent", "is_accepted", *_SIGNED)
    if not row.has("is_accepted"):
        raise row.wrong("is_accepted", "it is true or false")
    return JoinDecision(
        row.ref("child"), row.ref("parent"), row.flag("is_accepted"), row.text("author"), row.text("reason"), row.at()
    )
