"""The configuration: ``config.toml`` as frozen data, with every mistake told by the key it is in."""

from __future__ import annotations

import os
import shlex
import subprocess
import tomllib
from difflib import get_close_matches
from pathlib import Path
from typing import Annotated, Any, Literal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError, available_timezones

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator, model_validator

from data_map.errors import ConfigurationError
from scanners.pace import Hours

_COMMAND_S = 30


class _Section(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True, str_strip_whitespace=True)


class Contact(_Section):
    """Somebody whom the record has to name, with how to reach them."""

    name: str = ""
    #: Postal address, in one line.
    address: str = ""
    email: str = ""
    phone: str = ""


class Organisation(_Section):
    """The controller (or processor) whose inventory this is."""

    #: Its full name, as the record has to state it (GDPR Art. 30(1)(a)).
    name: str = ""
    #: ISO 3166-1 code of its main establishment.
    country: Annotated[str, Field(pattern=r"^([A-Z]{2})?$")] = ""
    #: IANA time zone in which its days begin and end; empty: the law's country's for deadlines, UTC for the rest.
    timezone: str = ""
    role: Literal["controller", "processor", "both"] = "controller"
    #: How to reach it, as the record has to state it: at least one of the three.
    address: str = ""
    email: str = ""
    phone: str = ""
    #: Its representative in the Union (GDPR Art. 27); empty when it has none.
    representative: Contact = Contact()
    #: Its data protection officer (GDPR Art. 37); empty when it has none.
    dpo: Contact = Contact()

    @field_validator("timezone")
    @classmethod
    def _known(cls, value: str) -> str:
        if not value:
            return value
        try:
            ZoneInfo(value)
        except (ValueError, OSError, ZoneInfoNotFoundError):
            near = get_close_matches(value, available_timezones(), 1)
            msg = "not a time zone" + (f"; did you mean {near[0]}?" if near else "; write Europe/Berlin, for example")
            raise ValueError(msg) from None
        return value


class StoreSettings(_Section):
    """Where the inventory is kept."""

    #: ``sqlite:///privacy.db`` or ``postgresql+psycopg://…``.
    url: str = "sqlite:///privacy.db"


class ScanSettings(_Section):
    """How much a scan reads."""

    #: Rows of each table or file; 0 reads 1,000 and goes on to 10,000 where that leaves a column undecided.
    sample_rows: Annotated[int, Field(ge=0)] = 0
    #: Seconds after which a statement is given up.
    timeout_s: Annotated[float, Field(gt=0)] = 30.0
    #: Larger files are reported as skipped.
    max_file_mb: Annotated[int, Field(gt=0)] = 100
    #: Module of the spaCy model that finds names in running text; empty takes the installed English one.
    model: str = ""
    #: Asset names (``*`` matches ``/`` too) that no scan of any source reads.
    exclude: tuple[str, ...] = ()
    #: Where it is done: ``inline``, ``processes`` or a cluster's ``dask://HOST:PORT``; empty takes what is quicker.
    executor: str = ""
    #: Processes to work in; 0 takes the cores.
    workers: Annotated[int, Field(ge=0, le=1000)] = 0
    #: Files for TLS to a cluster: its authority, our certificate and its key; relative to the configuration file.
    tls_ca: str = ""
    tls_cert: str = ""
    tls_key: str = ""


class MapSettings(_Section):
    """How the inventory is judged."""

    #: Days after which a look at a source, a table or a file is stale.
    stale_days: Annotated[int, Field(gt=0)] = 90


class SourceSettings(_Section):
    """One source to look into."""

    name: Annotated[str, Field(pattern=r"^[a-z0-9_-]{1,60}$")]
    #: What it is; told from the address when not given, and checked against it when given.
    kind: (
        Literal[
            "files",
            "sqlite",
            "postgresql",
            "mysql",
            "mariadb",
            "duckdb",
            "mssql",
            "oracle",
            "snowflake",
            "bigquery",
            "redshift",
            "clickhouse",
            "odbc",
            "mongodb",
            "ldap",
        ]
        | None
    ) = None
    #: A database or fsspec URL; the password is better kept out of it.
    url: str | None = None
    #: The environment variable that holds the whole URL.
    url_env: str | None = None
    #: A folder, a file, or a SQLite database; relative to the configuration file.
    path: str | None = None
    #: The environment variable that holds the password.
    password_env: str | None = None
    #: A command that prints the password (a password manager's, for example).
    password_command: str | None = None
    #: ``service/user`` in the system's keyring.
    password_keyring: str | None = None
    #: The person or team that answers for the source.
    owner: str | None = None
    #: ISO 3166-1 code of where the data lies.
    country: Annotated[str, Field(pattern=r"^[A-Z]{2}$")] | None = None
    #: Only assets whose name fits one of these are part of the source; none means all.
    include: tuple[str, ...] = ()
    exclude: tuple[str, ...] = ()
    #: Whether plain views are read too.
    views: bool = False
    #: Whether tables and files of like names and columns (``events_2024_01`` …) are sampled as one.
    series: bool = False
    #: Workers that read it at the same time, each over one connection; by default 2, and all for a local folder.
    connections: Annotated[int, Field(ge=1, le=1000)] | None = None
    #: Rows read of it a second, on average over time; 0 for no limit.
    max_rows_per_s: Annotated[float, Field(ge=0)] = 0.0
    #: When it may be read, in the controller's time zone: ``20:00-06:00``, or several such windows.
    hours: tuple[str, ...] = ()

    @field_validator("hours", mode="before")
    @classmethod
    def _one_or_several(cls, value: object) -> object:
        return (value,) if isinstance(value, str) else value

    @field_validator("hours")
    @classmethod
    def _are_hours(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        Hours.parse(value)
        return value

    @property
    def windows(self) -> Hours:
        """When it may be read."""
        return Hours.parse(self.hours)

    @model_validator(mode="after")
    def _one_place(self) -> SourceSettings:
        if sum(item is not None for item in (self.url, self.url_env, self.path)) != 1:
            msg = "give exactly one of url, url_env and path"
            raise ValueError(msg)
        if sum(item is not None for item in (self.password_env, self.password_command, self.password_keyring)) > 1:
            msg = "give at most one of password_env, password_command and password_keyring"
            raise ValueError(msg)
        return self

    def check_kind(self, found: str) -> None:
        """Refuse an address of another kind. MySQL and MariaDB can be reached under each other's name.

        Raises:
            ConfigurationError: the address is of another kind than the setting says.
        """
        fits = {"mysql", "mariadb"} if self.kind in ("mysql", "mariadb") else {self.kind}
        if self.kind is not None and found not in fits:
            msg = f"The source {self.name} says kind = {self.kind!r}, but its address is of the kind {found!r}."
            raise ConfigurationError(msg)


class Config(_Section):
    """The whole configuration. Every setting has a default, so that no file is needed."""

    organisation: Organisation = Organisation()
    store: StoreSettings = StoreSettings()
    scan: ScanSettings = ScanSettings()
    map: MapSettings = MapSettings()
    sources: tuple[SourceSettings, ...] = ()

    @model_validator(mode="after")
    def _names_differ(self) -> Config:
        names = [source.name for source in self.sources]
        twice = next((name for name in names if names.count(name) > 1), None)
        if twice is not None:
            msg = f"two sources are called {twice}"
            raise ValueError(msg)
        return self

    @property
    def zone(self) -> ZoneInfo:
        """The time zone of the controller's days; UTC when none is set."""
        return ZoneInfo(self.organisation.timezone or "UTC")

    @property
    def controller_zone(self) -> ZoneInfo | None:
        """The controller's time zone, None when none is set: clocks then take that of the law's country."""
        return self.zone if self.organisation.timezone else None


def load(path: Path) -> Config:
    """Read a configuration file.

    Raises:
        ConfigurationError: it cannot be read, is no TOML, or has a setting that is unknown or wrong.
    """
    try:
        raw = tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        msg = f"There is no configuration file at {path}. `privacy init` writes one."
        raise ConfigurationError(msg) from None
    except (OSError, UnicodeDecodeError):
        msg = f"The configuration file {path} cannot be read."
        raise ConfigurationError(msg) from None
    except tomllib.TOMLDecodeError as error:
        msg = f"The configuration file {path} is not valid TOML: {str(error).splitlines()[0]}"
        raise ConfigurationError(msg) from None
    return parse(raw, str(path))


def parse(raw: dict[str, Any], where: str) -> Config:
    """Check a configuration that was read elsewhere; ``where`` names it in messages.

    Raises:
        ConfigurationError: it has a setting that is unknown or wrong.
    """
    try:
        return Config.model_validate(raw)
    except ValidationError as error:
        problems = "\n".join(f"  {_place(item['loc'])}: {_problem(item)}" for item in error.errors())
        msg = f"The configuration {where} has a mistake:\n{problems}"
        raise ConfigurationError(msg) from None


def _place(location: tuple[int | str, ...]) -> str:
    return ".".join(str(part + 1) if isinstance(part, int) else part for part in location) or "(file)"


def _problem(item: Any) -> str:
    if item["type"] == "extra_forbidden":
        key = str(item["loc"][-1])
        known = {
            name
            for model in (Config, Organisation, Contact, StoreSettings, ScanSettings, MapSettings, SourceSettings)
            for name in model.model_fields
        }
        near = get_close_matches(key, known, 1)
        return "there is no such setting" + (f"; did you mean {near[0]}?" if near else "")
    return str(item["msg"]).removeprefix("Value error, ")


def password_of(source: SourceSettings) -> str | None:
    """The password from where the configuration says it is; None when it says nothing.

    Raises:
        ConfigurationError: it is not there.
    """
    if source.password_env is not None:
        return environment(source.password_env, f"the password of {source.name}")
    if source.password_command is not None:
        return _from_command(source.password_command, source.name)
    if source.password_keyring is not None:
        return _from_keyring(source.password_keyring, source.name)
    return None


def environment(variable: str, what: str) -> str:
    """An environment variable that has to be set.

    Raises:
        ConfigurationError: it is not.
    """
    value = os.environ.get(variable)
    if not value:
        msg = f"{what[0].upper()}{what[1:]} is to come from ${variable}, which is not set."
        raise ConfigurationError(msg)
    return value


def _from_command(command: str, name: str) -> str:
    try:
        done = subprocess.run(  # noqa: S603 - the user's own command from the user's own file, without a shell
            shlex.split(command),
            capture_output=True,
            text=True,
            timeout=_COMMAND_S,
            check=True,
            stdin=subprocess.DEVNULL,
        )
    except (OSError, ValueError, subprocess.SubprocessError):
        msg = f"The password command of {name} failed. Run it by hand to see why."
        raise ConfigurationError(msg) from None
    return done.stdout.rstrip("\r\n")


def _from_keyring(entry: str, name: str) -> str:
    try:
        import keyring
    except ImportError:
        msg = (
            f"The password of {name} is to come from the keyring. Install it: pip install 'privacy-inventory[keyring]'"
        )
        raise ConfigurationError(msg) from None
    service, _, user = entry.partition("/")
    try:
        value = keyring.get_password(service, user)
    except keyring.errors.KeyringError:
        value = None
    if not value:
        msg = f"The keyring has no password {entry!r} for {name}, or cannot be opened here."
        raise ConfigurationError(msg)
    return str(value)
