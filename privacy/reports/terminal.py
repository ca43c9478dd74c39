"""A report on a terminal, or as plain text."""

from __future__ import annotations

from io import StringIO

from rich.console import Console
from rich.padding import Padding
from rich.table import Table as Grid
from rich.text import Text

from privacy.reports.report import Fact, Report, Section
from privacy.reports.table import show as show_table
from privacy.reports.text import printable

#: Lines of prose are not wider than this, however wide the terminal is.
_PROSE = 100


class TerminalRenderer:
    """Plain text of a given width, with headings underlined."""

    def render(self, report: Report, width: int) -> str:
        """Without colours: fit for a pipe and a file."""
        stream = StringIO()
        show(report, Console(file=stream, width=width, color_system=None, highlight=False, markup=False, emoji=False))
        return "".join(f"{line.rstrip()}\n" for line in stream.getvalue().splitlines())


def show(report: Report, console: Console) -> None:
    """Print it, with what colours the console has."""
    _heading(report.title, "=", console)
    if report.subtitle:
        _prose(report.subtitle, console)
    for section in report.sections:
        console.print()
        _section(section, console)


def _section(section: Section, console: Console) -> None:
    _heading(section.title, "-" if section.level == 1 else "", console)
    for warning in section.warnings:
        grid = Grid.grid(padding=(0, 1, 0, 0))
        grid.add_column(no_wrap=True)
        grid.add_column(overflow="fold", max_width=_PROSE)
        grid.add_row(Text("!", style="bold yellow"), Text(printable(warning), style="yellow"))
        console.print(grid)
    for number, paragraph in enumerate(section.paragraphs):
        if number or section.warnings:
            console.print()
        _prose(paragraph, console)
    if section.facts:
        if section.paragraphs or section.warnings:
            console.print()
        _facts(section.facts, console)
    for number, table in enumerate(section.tables):
        if number or section.paragraphs or section.warnings or section.facts:
            console.print()
        show_table(table, console)


def _heading(title: str, rule: str, console: Console) -> None:
    text = Text(printable(title), style="bold")
    console.print(text)
    if rule:
        console.print(Text(rule * min(text.cell_len, console.width), style="dim"))


def _prose(text: str, console: Console) -> None:
    console.print(Padding(Text(printable(text), overflow="fold"), (0, max(console.width - _PROSE, 0), 0, 0)))


def _facts(facts: tuple[Fact, ...], console: Console) -> None:
    grid = Grid.grid(padding=(0, 2, 0, 0))
    grid.add_column(overflow="fold", max_width=max(console.width // 2, 10))
    grid.add_column(overflow="fold", max_width=_PROSE)
    for fact in facts:
        grid.add_row(Text(printable(fact.label), style="dim"), Text(printable(fact.text)))
    console.print(grid)
