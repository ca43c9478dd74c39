"""From a target to what reads it: its connector, how gently, and by which workers."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from data_map.errors import ConfigurationError, UsageError
from privacy.app import App, Target
from scanners.fingerprint import detectors_digest
from scanners.look import Limits
from scanners.pace import Manners
from scanners.units import Detection, Opening

if TYPE_CHECKING:
    from scanners.executor import Workers
    from scanners.sources.base import SourceConnector


def limits_of(app: App, **overrides: object) -> Limits:
    """The configuration's limits with what the command line says instead."""
    settings = app.config.scan
    given = {key: value for key, value in overrides.items() if value is not None}
    merged: dict[str, object] = {
        "sample_rows": settings.sample_rows or None,
        "max_file_bytes": settings.max_file_mb * 2**20,
        "timeout_s": settings.timeout_s,
    } | given
    return Limits(**merged)  # type: ignore[arg-type]


def opening_of(app: App, target: Target, timeout_s: float, *, series: bool = False) -> Opening:
    """How a target is opened. The store and the vault key never count as part of a scanned folder."""
    settings = target.settings
    own = _own_files(app, target) if target.place.root else ()
    return Opening(
        target.source,
        target.place,
        include=settings.include if settings else (),
        exclude=(*app.config.scan.exclude, *(settings.exclude if settings else ()), *own),
        views=settings.views if settings else False,
        timeout_s=timeout_s,
        series=series or (settings.series if settings else False),
    )


def connect(app: App, target: Target, timeout_s: float, *, series: bool = False) -> SourceConnector:
    """The connector of a target."""
    return opening_of(app, target, timeout_s, series=series).open()


#: What lies on this machine: nobody else is kept from his work by reading it with all cores.
_LOCAL_KINDS = frozenset({"files"})


def manners_of(target: Target) -> Manners:
    """How gently a target is to be read."""
    settings = target.settings
    is_local = target.place.kind in _LOCAL_KINDS and "://" not in (target.place.root or "")
    own = settings.connections if settings else None
    return Manners(
        connections=own or (None if is_local else Manners().connections),
        max_rows_per_s=settings.max_rows_per_s if settings else 0.0,
        hours=settings.windows if settings else Manners().hours,
    )


def workers_of(app: App, detection: Detection, executor: str | None = None, count: int | None = None) -> Workers:
    """Where to work, by the words of ``--executor`` and ``--workers``, else by the configuration.

    Raises:
        UsageError: the words do not fit together.
        ConfigurationError: there is no such executor, or what it needs is missing.
        UnavailableError: the cluster does not answer.
    """
    from scanners import executor as executors

    settings = app.config.scan
    wanted = executor or settings.executor or None
    given = count or settings.workers or None
    if wanted is None and given is None:
        return executors.Automatic(executors.cores(), detection.model)
    if wanted == "inline" or (wanted is None and given == 1):
        if count is not None and count > 1:
            msg = "--executor inline is this one process; --workers is for processes."
            raise UsageError(msg)
        return executors.Inline()
    if wanted in (None, "processes"):
        return executors.Processes(given or executors.cores(), detection.model)
    if count is not None:
        msg = "--workers is for processes of this machine; a cluster has the workers that it has."
        raise UsageError(msg)
    files = [app.beside_config(path) for path in (settings.tls_ca, settings.tls_cert, settings.tls_key) if path]
    if files and len(files) < 3:
        msg = "TLS needs all three of tls_ca, tls_cert and tls_key under [scan]."
        raise ConfigurationError(msg)
    certificates = executors.Certificates(*files) if files else None
    return executors.Dask(str(wanted), certificates, detectors_digest())


def _own_files(app: App, target: Target) -> tuple[str, ...]:
    from data_map.store import connection

    path = connection.sqlite_path(connection.parse(app.store_url))
    if path is None or target.place.root is None:
        return ()
    own = [Path(f"{path}{suffix}").resolve() for suffix in ("", "-wal", "-shm", "-journal")] + [app.key_path.resolve()]
    root = Path(target.place.root)
    return tuple(_literal(item.relative_to(root).as_posix()) for item in own if item.is_relative_to(root))


def _literal(name: str) -> str:
    """A glob that matches this name alone."""
    return "".join(f"[{char}]" if char in "*?[" else char for char in name)
