"""``privacy init``."""

from __future__ import annotations

from importlib import resources
from pathlib import Path

import typer

from data_map.errors import ConfigurationError
from privacy.cli.run import Run, command


def register(app: typer.Typer) -> None:
    """Add the command."""
    command(app, "init")(init)


def example() -> str:
    """The commented configuration with every setting: shipped with the package, in a checkout at its top."""
    shipped = resources.files("privacy").joinpath("config.example.toml")
    if shipped.is_file():
        return shipped.read_text(encoding="utf-8")
    return (Path(__file__).parents[2] / "config.example.toml").read_text(encoding="utf-8")


def init(run: Run) -> None:
    """Write a commented config.toml (never over an existing one), make the store and the vault key."""
    from privacy.dsar.store import has_sealed
    from privacy.vault import load_key, make_key

    path = run.options.config or run.app.config_path or Path("config.toml")
    is_new = _write_new(path)
    run.say(f"{path}: " + ("written; add your sources to it" if is_new else "there already, left as it is"))
    run.options.config = path
    del run.app  # look again: the file may have just come into being
    with run.app.writing_store() as store:
        run.say(f"{run.app.store_place}: the store is ready")
        is_in_use = has_sealed(store)
    if is_in_use:
        load_key(run.app.key_path, create=False)  # a new one would open nothing, and hide that the old one is lost
        run.say("The vault key opens what is there already; it is left as it is.")
        run.say("Next: privacy doctor · privacy scan PATH · privacy map show")
        return
    try:
        made = make_key(run.app.key_path)
    except OSError as error:
        msg = f"The vault key {run.app.key_path} cannot be written: {error.strerror}."
        raise ConfigurationError(msg) from None
    run.say(f"{run.app.key_path}: " + ("the vault key, new; keep it as safe as the data" if made else "the vault key"))
    run.say("Next: privacy doctor · privacy scan PATH · privacy map show")


def _write_new(path: Path) -> bool:
    try:
        with path.open("x", encoding="utf-8") as stream:
            stream.write(example())
    except FileExistsError:
        return False
    except OSError as error:
        msg = f"{path} cannot be written: {error.strerror}."
        raise ConfigurationError(msg) from None
    return True
