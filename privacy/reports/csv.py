"""A report's tables as CSV, for spreadsheets."""

from __future__ import annotations

from privacy.reports.report import Report
from privacy.reports.table import as_csv, csv_text


class CsvRenderer:
    """The tables only: what a report says in sentences is in the other formats.

    One table is written as it is. Several share one header, so that the file stays a table: first the key of the
    section and the title of the table that a line is from, then every column of any of them, empty where a table has
    none such.
    """

    def render(self, report: Report, width: int) -> str:
        """Lines of equally many cells, the first of them the header."""
        tables = [(section.key, table) for section in report.sections for table in section.tables]
        if len(tables) == 1:
            return as_csv(tables[0][1])
        own = [table.csv_keys or tuple(column.key for column in table.columns) for _, table in tables]
        keys = tuple(dict.fromkeys(key for one in own for key in one))
        rows: list[tuple[object, ...]] = [("section", "table", *keys)]
        for (section, table), mine in zip(tables, own, strict=True):
            for record in table.records:
                rows.append((section, table.title, *(record.get(key) if key in mine else None for key in keys)))
        return csv_text(rows)
