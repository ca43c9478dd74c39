"""The command line: one file a noun. A command parses, calls one function, and renders."""

from __future__ import annotations

import gc
import sys

import typer

from privacy.cli.audit import app as audit_app
from privacy.cli.demo import register as register_demo
from privacy.cli.doctor import register as register_doctor
from privacy.cli.dsar import app as dsar_app
from privacy.cli.init import register as register_init
from privacy.cli.law import app as law_app
from privacy.cli.map import app as map_app
from privacy.cli.redact import register as register_redact
from privacy.cli.ropa import app as ropa_app
from privacy.cli.run import ConfigOption, Globals, QuietOption, StoreOption, TodayOption, VerboseOption
from privacy.cli.scan import register as register_scan
from privacy.cli.sources import app as sources_app
from privacy.cli.store import app as store_app

app = typer.Typer(
    name="privacy",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    pretty_exceptions_show_locals=False,
    rich_markup_mode=None,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
)


def _version(wanted: bool) -> None:
    if wanted:
        from privacy.app import App

        typer.echo(f"privacy-inventory {App.version()}")
        raise typer.Exit


@app.callback()
def root(
    context: typer.Context,
    config: ConfigOption = None,
    store_url: StoreOption = None,
    today: TodayOption = None,
    verbose: VerboseOption = 0,
    quiet: QuietOption = False,
    version: bool = typer.Option(False, "--version", help="Print the version.", callback=_version, is_eager=True),
) -> None:
    """Find the personal data in databases and files, and keep the inventory of it. Read-only, offline."""
    context.obj = Globals(config, store_url, today, verbose, quiet)


for _register in (register_init, register_doctor, register_demo, register_scan, register_redact):
    _register(app)
app.add_typer(sources_app, name="sources")
app.add_typer(map_app, name="map")
app.add_typer(ropa_app, name="ropa")
app.add_typer(dsar_app, name="dsar")
app.add_typer(law_app, name="law")
app.add_typer(audit_app, name="audit")
app.add_typer(store_app, name="store")


def main() -> None:
    """The console script."""
    for stream in (sys.stdout, sys.stderr):
        # A name that the terminal's encoding cannot show must not end the run.
        stream.reconfigure(errors="backslashreplace")  # type: ignore[union-attr]
    # A command makes many objects that live until it ends: looking for cycles among them so often is time lost.
    gc.set_threshold(100_000, 50, 50)
    app()
