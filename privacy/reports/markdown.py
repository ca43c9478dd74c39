"""A report as Markdown (CommonMark with GitHub's tables)."""

from __future__ import annotations

import re
from collections.abc import Iterator

from privacy.reports.report import Report, Section
from privacy.reports.table import Table, plain, visible
from privacy.reports.text import printable

#: Everything that starts or ends a span, a link, HTML, an entity, mathematics, a mention or a template somewhere.
_SPANS = re.compile(r"[\\`*_\[\]<>|#~$@{}&]")
#: What makes an address a link without any mark around it: the sign after ``https`` or ``www``.
_ADDRESS = re.compile(r"(?i)(?<=[a-z0-9+.-]):(?=//)|(?<=\bwww)\.")
#: What makes a line a list, a heading of the line above, or a rule.
_LEADING = re.compile(r"^(\d{0,9})([-+=:.)])")


class MarkdownRenderer:
    """Headings, paragraphs, lists, and tables with pipes."""

    def render(self, report: Report, width: int) -> str:
        """One block after the other, with an empty line between them."""
        return "\n\n".join(_blocks(report)) + "\n"


def _blocks(report: Report) -> Iterator[str]:
    yield f"# {escaped(report.title)}"
    if report.subtitle:
        yield escaped(report.subtitle)
    for section in report.sections:
        yield from _section(section)


def _section(section: Section) -> Iterator[str]:
    yield f"{'#' * (section.level + 1)} {escaped(section.title)}"
    for warning in section.warnings:
        yield f"> **Attention:** {escaped(warning)}"
    for paragraph in section.paragraphs:
        yield escaped(paragraph)
    if section.facts:
        yield "\n".join(f"- **{escaped(fact.label)}:** {escaped(fact.text)}" for fact in section.facts)
    for table in section.tables:
        if table.title:
            yield f"**{escaped(table.title)}**"
        yield _table(table) if table.records else escaped(table.empty)


def _table(table: Table) -> str:
    columns = visible(table)
    lines = [
        [escaped(column.title) for column in columns],
        ["---:" if column.align == "right" else "---" for column in columns],
        *([escaped(plain(record.get(column.key))) for column in columns] for record in table.records),
    ]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def escaped(text: str) -> str:
    """The text on one line, such that it is shown as it is written."""
    shown = _SPANS.sub(r"\\\g<0>", printable(text).strip())
    return _LEADING.sub(r"\1\\\2", _ADDRESS.sub(r"\\\g<0>", shown))
