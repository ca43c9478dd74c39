"""``privacy demo``: the whole job on a small fictitious company."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from privacy.cli.run import Globals, Run, command


def register(app: typer.Typer) -> None:
    """Add the command."""
    command(app, "demo")(demo)


def demo(
    run: Run,
    folder: Annotated[Path, typer.Argument(metavar="[DIR]", file_okay=False)] = Path("privacy-demo"),
) -> None:
    """Build a fictitious company in ./privacy-demo, scan it, show what was found, and write a report."""
    from rich.text import Text

    from data_map.errors import NotAllowedError
    from privacy.cli.map import show_parts
    from privacy.cli.scan import explain_summary, scan_targets, summary_table
    from privacy.demo.company import build
    from privacy.demo.report import write_report
    from privacy.demo.settings import write_config
    from privacy.reports.table import show
    from privacy.scanning import limits_of

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
    page = write_report(company, inside.app.data_map(), [target.source for target in targets], inside.app.today)
    out.print(Text("\nThe report, to open in a browser:", style="bold"))
    inside.tell(f"  {page}")
    out.print(Text("\nTry it yourself:", style="bold"))
    config = inside.app.config_path
    for words in ("map fields --category special", "map coverage --skipped", "map explain 'crm:main.customers#x_fld3'"):
        out.print(Text(f"  privacy --config {config} {words}"))
