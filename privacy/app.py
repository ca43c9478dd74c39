"""The composition root: from a configuration to a store, connectors and detectors. The clock is read here."""

from __future__ import annotations

import getpass
import os
import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, date, datetime
from functools import cached_property
from importlib import metadata
from pathlib import Path
from typing import TYPE_CHECKING

from data_map.errors import ToolError, UsageError
from data_map.model import Source
from privacy import config as configuration
from privacy.config import Config, SourceSettings

if TYPE_CHECKING:
    from data_map.model import DataMap
    from data_map.store.store import Store
    from scanners.detect.engine import Engine
    from scanners.sources.address import Place
    from scanners.units import Detection

DISTRIBUTION = "privacy-inventory"


@dataclass(frozen=True, slots=True)
class Target:
    """A source together with the place it is in and how it is to be read."""

    source: Source
    place: Place
    settings: SourceSettings | None

    @property
    def is_adhoc(self) -> bool:
        """Whether it was named on the command line instead of in the configuration."""
        return self.settings is None


def parse_day(text: str, where: str) -> date:
    """A date that a person wrote; ``where`` names the option or variable.

    Raises:
        UsageError: it is none.
    """
    if re.fullmatch(r"\d{4}-\d\d-\d\d", text):
        with suppress(ValueError):
            return date.fromisoformat(text)
    msg = f"{where} takes a date written as 2026-11-24."
    raise UsageError(msg)


class App:
    """One run of the tool: its configuration, its store, its clock."""

    def __init__(self, config_path: Path | None, store_url: str | None, today: date | None) -> None:
        """Arguments as given on the command line; None falls back to the environment, then to the configuration."""
        self._config_path = config_path
        self._store_url = store_url
        self._today = today

    @cached_property
    def config_path(self) -> Path | None:
        """The configuration file in use; None when there is none."""
        if self._config_path is not None:
            return self._config_path
        from_environment = os.environ.get("PRIVACY_CONFIG")
        if from_environment:
            return Path(from_environment)
        local = Path("config.toml")
        return local if local.exists() else None

    @cached_property
    def config(self) -> Config:
        """The configuration, or its defaults."""
        return configuration.load(self.config_path) if self.config_path else Config()

    @cached_property
    def store_url(self) -> str:
        """Where the store is. A relative SQLite path from the configuration is seen from the configuration file."""
        given = self._store_url or os.environ.get("PRIVACY_STORE")
        if given:
            return given
        url = self.config.store.url
        prefix = "sqlite:///"
        if self.config_path and url.startswith(prefix) and not url.startswith("sqlite:////"):
            return prefix + str((self.config_path.parent / url.removeprefix(prefix)).absolute())
        return url

    @property
    def store_place(self) -> str:
        """Where the store is, for people: without login."""
        from data_map.store import connection

        return connection.place(connection.parse(self.store_url))

    @property
    def key_path(self) -> Path:
        """The file of the vault key: beside a SQLite store, else in the working directory."""
        from data_map.store import connection

        path = connection.sqlite_path(connection.parse(self.store_url))
        return (path.parent if path else Path.cwd()) / "privacy.key"

    @cached_property
    def today(self) -> date:
        """The day that deadlines and ages are counted from, in the controller's time zone unless it was given."""
        if self._today is not None:
            return self._today
        given = os.environ.get("PRIVACY_TODAY")
        if given:
            return parse_day(given, "$PRIVACY_TODAY")
        return datetime.now(self.config.zone).date()

    @property
    def is_today_given(self) -> bool:
        """Whether ``today`` was set by hand; every output then says so."""
        return self._today is not None or bool(os.environ.get("PRIVACY_TODAY"))

    @staticmethod
    def now() -> datetime:
        """The present instant."""
        return datetime.now(UTC)

    @staticmethod
    def version() -> str:
        """The version of the installed distribution."""
        return metadata.version(DISTRIBUTION)

    @staticmethod
    def actor() -> str:
        """Who acts: ``$PRIVACY_ACTOR`` or the login name. A claim, not an authentication."""
        given = os.environ.get("PRIVACY_ACTOR")
        if given:
            return given
        try:
            return getpass.getuser()
        except (OSError, KeyError):
            return "unknown"

    @contextmanager
    def writing_store(self) -> Iterator[Store]:
        """The store, made or migrated when needed."""
        from data_map.store.store import Store

        with Store.open(
            self.store_url, now=self.now, tool_version=self.version(), create=True, actor=self.actor()
        ) as store:
            yield store

    @contextmanager
    def reading_store(self) -> Iterator[Store | None]:
        """The store, or None when there is none yet."""
        from data_map.store.store import Store, StoreAbsentError

        try:
            store = Store.open(self.store_url, now=self.now, tool_version=self.version(), create=False)
        except StoreAbsentError:
            yield None
            return
        with store:
            yield store

    def data_map(self, scan_id: int | None = None) -> DataMap:
        """The map as it is now, or as of a scan, with whose data is where; empty when there is no store."""
        from data_map.model import DataMap
        from data_map.subjects import with_subjects

        with self.reading_store() as store:
            return DataMap() if store is None else with_subjects(store.load(scan_id, today=self.today))

    def configured(self, names: Sequence[str] = ()) -> Iterator[tuple[SourceSettings, Target | ToolError]]:
        """The configured sources, each as a target or with the error that keeps it from being one.

        Raises:
            UsageError: a name is not configured.
        """
        known = {settings.name: settings for settings in self.config.sources}
        for name in names:
            if name not in known:
                listed = ", ".join(known) or "none"
                msg = f"No source {name!r} is configured. Configured: {listed}."
                raise UsageError(msg)
        for settings in self.config.sources:
            if names and settings.name not in names:
                continue
            try:
                yield settings, self.target(settings)
            except ToolError as error:
                yield settings, error

    def target(self, settings: SourceSettings) -> Target:
        """Where a configured source is, with its password filled in.

        Raises:
            ToolError: its address or its password is missing or wrong.
        """
        from dataclasses import replace

        from scanners.sources.address import locate

        base = self.config_path.parent.absolute() if self.config_path else None
        address = settings.path or settings.url
        if settings.url_env is not None:
            address = configuration.environment(settings.url_env, f"the address of {settings.name}")
        assert address is not None  # noqa: S101 - the configuration was checked for it
        place = locate(address, base)
        settings.check_kind(place.kind)
        password = configuration.password_of(settings)
        if password is not None and place.url is not None:
            place = replace(place, url=place.url.set(password=password))
        source = Source(settings.name, place.kind, place.location, settings.owner, settings.country)
        return Target(source, place, settings)

    def adhoc(self, text: str) -> Target:
        """A URL or path from the command line as a target; its name may still change when it is taken.

        Raises:
            ToolError: it is no address, or there is nothing there.
        """
        from scanners.sources.address import locate

        place = locate(text)
        return Target(Source(place.name, place.kind, place.location), place, None)

    def known_at(self, path: str) -> Source | None:
        """The source that an earlier scan found at a path; None when there was none."""
        location = str(Path(path).expanduser().absolute())
        with self.reading_store() as store:
            return next((item for item in store.sources() if item.location == location), None) if store else None

    def beside_config(self, path: str) -> Path:
        """A path of the configuration, which is seen from the configuration file."""
        base = self.config_path.parent if self.config_path else Path.cwd()
        return (base / Path(path).expanduser()).absolute()

    def detection(self) -> Detection:
        """Which detectors look; nothing is loaded.

        Raises:
            ConfigurationError: the configured language model is not installed.
        """
        from scanners.detect.ner import installed_model
        from scanners.units import Detection

        return Detection(installed_model(self.config.scan.model or None))

    def engine(self) -> Engine:
        """The detectors.

        Raises:
            ConfigurationError: the configured language model is not installed.
        """
        from scanners.detect.engine import Engine
        from scanners.detect.ner import NameReader, installed_model

        return Engine(NameReader(installed_model(self.config.scan.model or None), with_lists=True))
