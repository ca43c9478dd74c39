"""Invented tables as workbooks, the same bytes every time."""

from __future__ import annotations

import io
from collections.abc import Sequence
from datetime import UTC, datetime
from xml.sax.saxutils import escape, quoteattr

import xlsxwriter

from privacy.demo.archives import zipped
from privacy.demo.tables import Table, Value

_MADE = datetime(2026, 1, 5, 8, 0, tzinfo=UTC)
_ODS_TYPE = "application/vnd.oasis.opendocument.spreadsheet"
_ODS_SPACES = " ".join(
    f'xmlns:{prefix}="urn:oasis:names:tc:opendocument:xmlns:{name}:1.0"'
    for prefix, name in (("office", "office"), ("table", "table"), ("text", "text"))
)
_MANIFEST = (
    '<?xml version="1.0" encoding="UTF-8"?>'
    '<manifest:manifest xmlns:manifest="urn:oasis:names:tc:opendocument:xmlns:manifest:1.0" manifest:version="1.2">'
    f'<manifest:file-entry manifest:full-path="/" manifest:media-type="{_ODS_TYPE}"/>'
    '<manifest:file-entry manifest:full-path="content.xml" manifest:media-type="text/xml"/></manifest:manifest>'
)


def xlsx(sheets: Sequence[Table]) -> bytes:
    """A workbook of Excel, a sheet for each table."""
    out = io.BytesIO()
    with xlsxwriter.Workbook(out, {"in_memory": True, "strings_to_urls": False}) as book:
        book.set_properties({"created": _MADE})
        for sheet in sheets:
            page = book.add_worksheet(sheet.name)
            page.write_row(0, 0, [column.name for column in sheet.columns])
            for at, row in enumerate(sheet.rows, 1):
                page.write_row(at, 0, row)
    return out.getvalue()


def ods(sheets: Sequence[Table]) -> bytes:
    """A workbook of LibreOffice, a sheet for each table."""
    pages = "".join(
        f"<table:table table:name={quoteattr(sheet.name)}>"
        + "".join(_ods_row(row) for row in (tuple(column.name for column in sheet.columns), *sheet.rows))
        + "</table:table>"
        for sheet in sheets
    )
    content = (
        f'<?xml version="1.0" encoding="UTF-8"?><office:document-content {_ODS_SPACES} office:version="1.2">'
        f"<office:body><office:spreadsheet>{pages}</office:spreadsheet></office:body></office:document-content>"
    )
    # The type comes first, as the standard (ODF 1.2, part 3, 3.3) asks.
    return zipped({"mimetype": _ODS_TYPE, "content.xml": content, "META-INF/manifest.xml": _MANIFEST})


def _ods_row(row: tuple[Value, ...]) -> str:
    return f"<table:table-row>{''.join(_ods_cell(value) for value in row)}</table:table-row>"


def _ods_cell(value: Value) -> str:
    if value is None:
        return "<table:table-cell/>"
    if isinstance(value, str):
        return f'<table:table-cell office:value-type="string"><text:p>{escape(value)}</text:p></table:table-cell>'
    return f'<table:table-cell office:value-type="float" office:value="{value}"/>'
