"""The tables of people and what hangs on them as a drawing: an HTML page with SVG in it, and nothing else. Pure.

No script and no network: every text is escaped by the template, every number was reckoned here.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from unicodedata import east_asian_width

from jinja2 import Environment, PackageLoader, StrictUndefined

from data_map.model import JoinState
from data_map.standing import AssetKey, Role, is_document
from data_map.volume import SourceVolume, TableVolume
from privacy.inventory import (
    at_stake,
    exposure_words,
    people_words,
    same_words,
    source_people_words,
    sure,
    uncounted_words,
    via,
)
from privacy.reports.text import amount, counted, printable

#: Pixels: a box, the room between boxes, a line of text, and what a column is wide with the names of its joins.
_WIDTH, _GAP, _LINE, _COLUMN = 250, 14, 16, 430
_PADDING, _MARGIN = 9, 12
#: Characters of the two sizes of text that fit a box and the room before it.
_NAME, _SMALL, _SPECIAL, _LABEL = 29, 38, 34, 27
#: Lines of categories in a box.
_MOST_LINES = 3
#: What is drawn of a source, and of how many sources; the rest is counted, and the page says how to list it.
_MOST_ROOTS, _MOST_HANGING, _MOST_ALONE, _MOST_SOURCES = 10, 12, 12, 25


@dataclass(frozen=True, slots=True)
class Words:
    """A line of text in a drawing: cut to fit, and whole for whoever points at it."""

    x: int
    y: int
    text: str
    whole: str
    #: ``name``, ``small``, ``label``, ``special``.
    style: str


@dataclass(frozen=True, slots=True)
class Box:
    """A table."""

    x: int
    y: int
    height: int
    #: ``subject``, ``hanging``, ``empty`` (no personal data of its own), ``unlinked``, ``elsewhere``.
    style: str
    words: tuple[Words, ...]
    width: int = _WIDTH


@dataclass(frozen=True, slots=True)
class Line:
    """A join, from the table that hangs to what it hangs on."""

    path: str
    #: ``sure`` or ``proposed``.
    style: str
    words: tuple[Words, ...]


@dataclass(frozen=True, slots=True)
class Drawing:
    """The tables of one source."""

    title: str
    facts: str
    #: What is in the picture, for whoever cannot see it.
    said: str
    width: int
    height: int
    boxes: tuple[Box, ...]
    lines: tuple[Line, ...]
    #: What is not in it.
    left_out: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Node:
    table: TableVolume | None
    #: A table of another source, of which only the name is shown here.
    name: AssetKey
    below: tuple[_Node, ...] = ()


def render(parts: Sequence[SourceVolume], *, organisation: str | None, today: date) -> str:
    """The page: what is at stake in each source, and a drawing of each, the highest exposure first."""
    environment = Environment(
        loader=PackageLoader("privacy.reports"),
        autoescape=True,
        undefined=StrictUndefined,
        finalize=lambda value: printable(str(value)),
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    drawn = [one for one in parts if one.tables][:_MOST_SOURCES]
    rows = [
        {
            "source": one.source,
            "people": source_people_words(one),
            "categories": amount(len(one.categories)),
            "exposure": exposure_words(one.exposure),
            "special": exposure_words(one.special_exposure),
            "left_out": (uncounted_words(one) or "").removeprefix("not counted: "),
        }
        for one in parts
    ]
    left = len([one for one in parts if one.tables]) - len(drawn)
    return environment.get_template("graph.html").render(
        subtitle=" · ".join(part for part in (organisation, f"as of {today.isoformat()}") if part),
        rows=rows,
        drawings=[draw(one) for one in drawn],
        left=f"{counted(left, 'more source')}: not drawn, least exposed" if left > 0 else "",
    )


def draw(one: SourceVolume) -> Drawing:
    """The tables of a source, each tree below the one before, those that hang on nobody last."""
    by_name = {table.standing.name: table for table in one.tables}
    roots, left_out = _trees(one, by_name)
    boxes: list[Box] = []
    lines: list[Line] = []
    y, width = _MARGIN, _WIDTH
    for root in roots:
        y, right = _place(root, _MARGIN, y, boxes, lines)
        width = max(width, right)
        y += _GAP
    unlinked = [table for table in one.tables if table.standing.role is Role.UNLINKED]
    alone = [table for table in unlinked if not is_document(table.standing.asset)]
    if len(unlinked) > len(alone):
        left_out.append(f"{counted(len(unlinked) - len(alone), 'document')} of running text")
    if alone:
        columns = max(2, (width + _GAP) // (_WIDTH + _GAP))
        y, right = _grid(alone[:_MOST_ALONE], min(columns, 4), y + _GAP, boxes)
        width = max(width, right)
        if len(alone) > _MOST_ALONE:
            left_out.append(f"{counted(len(alone) - _MOST_ALONE, 'more table')} that no join links to anybody")
    said = f"{counted(len(boxes), 'table')} and {counted(len(lines), 'join')} of the source {one.source}"
    return Drawing(
        title=one.source,
        facts=f"{source_people_words(one)}; {at_stake(one)}",
        said=said,
        width=width + _MARGIN,
        height=y + _MARGIN,
        boxes=tuple(boxes),
        lines=tuple(lines),
        left_out=tuple(left_out),
    )


def _trees(one: SourceVolume, by_name: Mapping[AssetKey, TableVolume]) -> tuple[list[_Node], list[str]]:
    """What is drawn of a source, as trees, and in words what is not."""
    own = [table for table in one.tables if table.standing.role is Role.SUBJECT]
    hanging: dict[AssetKey, list[TableVolume]] = {}
    for table in one.tables:
        root = table.standing.root
        if root is not None:
            hanging.setdefault(root, []).append(table)
    names = [table.standing.name for table in own]
    names += [name for name in hanging if name not in by_name]
    left_out = []
    if len(names) > _MOST_ROOTS:
        left_out.append(f"{counted(len(names) - _MOST_ROOTS, 'more table')} of people, with what hangs on them")
    trees, cut = [], 0
    for name in names[:_MOST_ROOTS]:
        some = hanging.get(name, [])
        shown = _most_telling(some, by_name)
        cut += len(some) - len(shown)
        below: dict[AssetKey, list[AssetKey]] = {}
        for key in shown:
            step = by_name[key].standing.path[0]
            above = (step.there.source, step.there.asset)
            below.setdefault(above if above in shown else name, []).append(key)
        trees.append(_tree(name, below, by_name))
    if cut:
        left_out.append(f"{counted(cut, 'more table')} that hang{'s' if cut == 1 else ''} on them")
    return trees, left_out


def _most_telling(some: Sequence[TableVolume], by_name: Mapping[AssetKey, TableVolume]) -> list[AssetKey]:
    """The most exposed of what hangs on one table, with what lies between them and the people."""
    shown: dict[AssetKey, None] = {}
    for table in sorted(some, key=lambda one: not one.categories):
        between = [(step.here.source, step.here.asset) for step in table.standing.path]
        wanted = [key for key in between if key in by_name and key not in shown]
        if len(shown) + len(wanted) <= _MOST_HANGING:
            shown.update(dict.fromkeys(wanted))
    return list(shown)


def _tree(name: AssetKey, below: Mapping[AssetKey, list[AssetKey]], by_name: Mapping[AssetKey, TableVolume]) -> _Node:
    # Paths have no circles: each table has one, and it leads to a table of people.
    return _Node(by_name.get(name), name, tuple(_tree(key, below, by_name) for key in below.get(name, ())))


def _place(node: _Node, x: int, y: int, boxes: list[Box], lines: list[Line]) -> tuple[int, int]:
    """Put a table at a place and what hangs on it to its right; the lowest and the rightmost pixel in use."""
    box = _box(node, x, y)
    boxes.append(box)
    bottom, right, top = y + box.height, x + _WIDTH, y
    for child in node.below:
        start = len(boxes)
        low, far = _place(child, x + _COLUMN, top, boxes, lines)
        lines.append(_line(child, box, boxes[start]))
        top = low + _GAP
        bottom, right = max(bottom, low), max(right, far)
    return bottom, right


def _box(node: _Node, x: int, y: int) -> Box:
    table = node.table
    if table is None:
        return _boxed(x, y, "elsewhere", [(node.name[1], "name"), (f"of the source {node.name[0]}", "small")])
    standing = table.standing
    rows = [(standing.name[1], "name")]
    if standing.role is Role.SUBJECT:
        key = f"key {standing.key.field}" if standing.key else "no key known"
        rows.append((f"{standing.subject}, {key}", "small"))
        if table.copy_of:
            rows.append((f"an old copy of {table.copy_of}?", "small"))
        same = same_words(standing)
        if same:
            rows.append((same, "small"))
    elif standing.role is Role.UNLINKED and standing.subject:
        rows.append((f"{standing.subject}, by its names", "small"))
    rows.append((people_words(table.people), "small"))
    if standing.others:
        fields = dict.fromkeys(step.here.field for step in standing.others)
        rows.append((f"also {', '.join(fields)}", "small"))
    rows += [(text, "special") for text in _folded(table.special, _SPECIAL)]
    rows += [(text, "small") for text in _folded([key for key in table.categories if key not in table.special], _SMALL)]
    style = standing.role.value if table.categories or standing.role is Role.SUBJECT else "empty"
    return _boxed(x, y, style, rows)


def _folded(categories: Sequence[str], room: int) -> list[str]:
    """Categories in lines that fit, and in words how many there was no place for."""
    lines: list[str] = []
    for number, key in enumerate(categories):
        comma = "," if number < len(categories) - 1 else ""
        if lines and len(lines[-1]) + len(key) + 2 <= room:
            lines[-1] += f" {key}{comma}"
        elif len(lines) < _MOST_LINES:
            lines.append(key + comma)
        else:
            return [*lines[:-1], f"and {len(categories) - number + lines[-1].count(',')} more"]
    return lines


def _boxed(x: int, y: int, style: str, rows: Iterable[tuple[str, str]]) -> Box:
    room = {"name": _NAME, "special": _SPECIAL}
    words = tuple(
        _words(x + _PADDING, y + _PADDING + 11 + number * _LINE, text, look, room.get(look, _SMALL))
        for number, (text, look) in enumerate(rows)
    )
    return Box(x, y, len(words) * _LINE + 2 * _PADDING - 3, style, words)


def _line(child: _Node, above: Box, below: Box) -> Line:
    start, end = above.x + above.width, below.x
    y, to = above.y + 20, below.y + 20
    middle = start + 14
    turn = f"M{start} {y}H{middle}V{to}H{end}"
    standing = child.table.standing if child.table else None
    if standing is None:
        return Line(turn, "sure", ())
    first = standing.path[0]
    field = first.there.field if first.is_reversed else first.here.field
    said = f"via {via(standing) if len(standing.path) == 1 else field}"
    how = sure((first,)) or ""
    if first.is_mention:
        how += ", only named"
    style = "proposed" if first.join.state is JoinState.PROPOSED else "sure"
    whole = f"{first.join.child} → {first.join.parent}"
    return Line(
        turn,
        style,
        (
            _words(middle + 7, to - 5, said, "label", _LABEL, whole),
            _words(middle + 7, to + 13, how, "label", _LABEL, whole),
        ),
    )


def _grid(tables: Sequence[TableVolume], columns: int, y: int, boxes: list[Box]) -> tuple[int, int]:
    """Tables that hang on nobody, side by side; the lowest and the rightmost pixel in use."""
    right = 0
    for start in range(0, len(tables), columns):
        row = [
            _box(_Node(table, table.standing.name), _MARGIN + number * (_WIDTH + _GAP), y)
            for number, table in enumerate(tables[start : start + columns])
        ]
        boxes.extend(row)
        y += max(box.height for box in row) + _GAP
        right = max(right, row[-1].x + _WIDTH)
    return y - _GAP, right


def _words(x: int, y: int, text: str, style: str, room: int, whole: str | None = None) -> Words:
    clean = printable(text)
    return Words(x, y, _cut(clean, room), printable(whole) if whole else clean, style)


def _cut(text: str, room: int) -> str:
    """As much of a text as fits; wide characters take two places."""
    used = 0
    for number, char in enumerate(text):
        used += 2 if east_asian_width(char) in "WF" else 1
        if used > room:
            return text[: max(number - 1, 1)] + "…"
    return text
