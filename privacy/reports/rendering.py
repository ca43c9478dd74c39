"""A report in one of the formats. This is the registry of the renderers: a new one is a file here and a line below."""

from __future__ import annotations

from collections.abc import Mapping
from importlib import import_module
from types import MappingProxyType
from typing import Protocol, cast

from data_map.errors import UsageError
from privacy.reports.report import Report


class Renderer(Protocol):
    """Writes a report in one format. Everything in the report is plain text, and none of it may act as markup."""

    def render(self, report: Report, width: int) -> str:
        """The whole document, ending in a line break. ``width`` is in characters; formats without lines ignore it."""
        ...


#: Format → where its renderer is. It is imported when it is first asked for.
RENDERERS: Mapping[str, str] = MappingProxyType(
    {
        "terminal": "privacy.reports.terminal:TerminalRenderer",
        "md": "privacy.reports.markdown:MarkdownRenderer",
        "html": "privacy.reports.html:HtmlRenderer",
        "json": "privacy.reports.json:JsonRenderer",
        "csv": "privacy.reports.csv:CsvRenderer",
    }
)


def render(report: Report, form: str, width: int = 80) -> str:
    """The report in a format of ``RENDERERS``. It can be written as UTF-8 whatever the names in it are.

    Raises:
        UsageError: there is no such format.
    """
    if form not in RENDERERS:
        msg = f"There is no format {form!r}. There are: {', '.join(RENDERERS)}."
        raise UsageError(msg)
    module, _, attribute = RENDERERS[form].partition(":")
    renderer = cast(Renderer, getattr(import_module(module), attribute)())
    return renderer.render(report, width)
