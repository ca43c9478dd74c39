"""A report as one HTML page that needs nothing else: no script, no picture, no network."""

from __future__ import annotations

import re

from jinja2 import Environment, PackageLoader, StrictUndefined

from privacy.reports.report import Report
from privacy.reports.table import plain, visible
from privacy.reports.text import printable


class HtmlRenderer:
    """``templates/report.html``, filled. It is well-formed XML, too."""

    def render(self, report: Report, width: int) -> str:
        """The page. Every text goes through ``printable`` and is escaped; the template marks nothing as safe."""
        environment = Environment(
            loader=PackageLoader("privacy.reports"),
            autoescape=True,
            undefined=StrictUndefined,
            finalize=lambda value: printable(plain(value)),
            trim_blocks=True,
            lstrip_blocks=True,
            keep_trailing_newline=True,
        )
        return environment.get_template("report.html").render(report=report, visible=visible, pieces=_pieces)


def _pieces(value: object, is_long: bool) -> list[str]:
    """A cell's text, cut where a long name may be broken: after the signs that join its parts."""
    text = plain(value)
    return re.split(r"(?<=\w[/_:#-])(?=\w)", text) if is_long else [text]
