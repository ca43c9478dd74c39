"""``privacy demo``: the whole job on a small fictitious company."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from privacy.cli.run import Globals, Run, command

if TYPE_CHECKING:
    from privacy.dsar.clock import Standing
    from privacy.ropa.record import Record


def register(app: typer.Typer) -> None:
    """Add the command."""
    command(app, "demo")(demo)


def demo(
    run: Run,
    folder: Annotated[Path, typer.Argument(metavar="[DIR]", file_okay=False)] = Path("privacy-demo"),
) -> None:
    """Run the whole job on a fictitious company in ./privacy-demo: scan, map, record, a request, a report."""
    from rich.text import Text

    from data_map.errors import NotAllowedError
    from privacy.cli.map import show_parts
    from privacy.cli.scan import explain_summary, scan_targets, summary_table
    from privacy.demo.company import build
    from privacy.demo.mission import declare, record_of
    from privacy.demo.mission import request as request_of
    from privacy.demo.report import write_report
    from privacy.demo.settings import write_config
    from privacy.dsar.summary import section as requests_section
    from privacy.opening import limits_of
    from privacy.reports.table import show
    from privacy.ropa.art30 import summary as activities_section

    try:
        company = build(folder)
    except FileExistsError as error:
        msg = f"{error} Name another folder: privacy demo DIR."
        raise NotAllowedError(msg) from None
    inside = Run(Globals(write_config(company), None, run.options.today, run.options.verbose, run.options.quiet))
    out = run.out
    out.print(
        Text(f"{company.name}: {len(company.databases)} databases and a share, in {company.folder}", style="bold")
    )
    out.print(Text("All of it is invented. Nothing leaves this machine, nothing is written to what is scanned.\n"))
    targets = [found for _, found in inside.app.configured() if not isinstance(found, Exception)]
    summary = scan_targets(inside, targets, limits_of(inside.app, seed=2026), [])
    show(summary_table(summary), out)
    explain_summary(inside, summary)
    out.print()
    show_parts(inside, most=6)
    sources = [target.source for target in targets]
    with inside.app.writing_store() as store:
        declare(store, inside.app.actor())
        record = record_of(inside.app, store, sources)
        request = request_of(inside.app, store)
    _show_record(inside, record)
    _show_request(inside, request)
    page = write_report(
        company,
        inside.app.data_map(),
        sources,
        inside.app.today,
        activities=activities_section(record),
        requests=requests_section([request]),
    )
    out.print(Text("\nThe report, to open in a browser:", style="bold"))
    inside.tell(f"  {page}")
    out.print(Text("\nTry it yourself:", style="bold"))
    config = inside.app.config_path
    for words in (
        "map explain 'crm:main.customers#x_fld3'",
        "map subjects",
        "map joins --state proposed",
        "map hygiene",
        "ropa check",
        "ropa export --layout art30 --format html -o record.html",
        f"dsar show {request.request.id}",
    ):
        inside.tell(f"  privacy --config {config} {words}")


def _show_record(run: Run, record: Record) -> None:
    from rich.text import Text

    from privacy.ropa.record import what_of, where_of

    run.out.print(
        Text(f"\nThe record: {len(record.activities)} processing activities, declared by people", style="bold")
    )
    shown = set()
    for gap in record.gaps:
        if gap.kind not in shown:
            shown.add(gap.kind)
            many = sum(other.kind is gap.kind for other in record.gaps)
            more = f" (and {many - 1} more)" if many > 1 else ""
            whose = f"{gap.activity}: " if gap.activity else ""
            run.tell(f"  {whose}{what_of(gap)}{more}")
            run.tell(f"    {where_of(gap)}" if where_of(gap) else "")
    if not record.gaps:
        run.out.print(Text("  record and map meet"))


def _show_request(run: Run, one: Standing) -> None:
    from rich.text import Text

    from privacy.cli.law import headline
    from privacy.reports.table import Column, Table, show

    request = one.request
    run.out.print(Text(f"\nA request: {request.id}, {request.right}, received {one.received_on}", style="bold"))
    for line in headline(one.deadline):
        run.out.print(Text(f"  {line}"))
    columns = (Column("date", "date"), Column("note", "step", fold=True), Column("article", "by", fold=True))
    steps = [{"date": str(step.date or ""), "note": step.note, "article": step.article} for step in one.deadline.steps]
    show(Table(columns, steps), run.out)
