"""A report as JSON: the same structure as the types, for programs."""

from __future__ import annotations

from privacy.reports.report import Report, Section
from privacy.reports.table import Table
from privacy.reports.text import json_text


class JsonRenderer:
    """One object. Records are whole: they have the keys that no column shows, too."""

    def render(self, report: Report, width: int) -> str:
        """``title``, ``subtitle``, ``language`` and ``sections``."""
        return json_text(
            {
                "title": report.title,
                "subtitle": report.subtitle,
                "language": report.language,
                "sections": [_section(section) for section in report.sections],
            }
        )


def _section(section: Section) -> dict[str, object]:
    return {
        "key": section.key,
        "title": section.title,
        "level": section.level,
        "warnings": list(section.warnings),
        "paragraphs": list(section.paragraphs),
        "facts": [{"label": fact.label, "text": fact.text} for fact in section.facts],
        "tables": [_table(table) for table in section.tables],
    }


def _table(table: Table) -> dict[str, object]:
    return {
        "title": table.title,
        "columns": [{"key": column.key, "title": column.title} for column in table.columns],
        "records": list(table.records),
    }
