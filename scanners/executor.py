"""Where the pieces of a scan are looked at: in this process, in processes of this machine, or on a Dask cluster.

All three are lanes of the same shape: ``concurrent.futures.Executor`` with one worker each. A lane per worker, and not
one pool of them, is what lets the scan say who holds a connection to which source, and know whose fault it was when a
worker dies.
"""

from __future__ import annotations

import importlib
import ipaddress
import logging
import multiprocessing
import os
import shutil
import signal
import tempfile
import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Executor, Future, ProcessPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol, TypeVar
from urllib.parse import urlsplit

from data_map.errors import ConfigurationError, UnavailableError
from scanners import worker
from scanners.preload import PRELOAD_MODEL

T = TypeVar("T")

#: So much work is worth the start of processes, in seconds of one core: they take about two to load the detectors.
WORTHWHILE_S = 6.0
#: Seconds within which a cluster has to answer.
_ANSWER_S = 15
#: A cluster may lose all of its workers for so long before the scan gives up.
_NO_WORKER_S = 120.0


class Lane:
    """One worker. What is handed to it runs one after the other."""

    def __init__(self, executor: Executor, name: str) -> None:
        """``name`` is for people."""
        self.executor = executor
        self.name = name

    def submit(self, function: Callable[..., T], *arguments: object) -> Future[T]:
        """Start it; the result comes in the future."""
        return self.executor.submit(function, *arguments)


class Workers(Protocol):
    """Lanes to work in."""

    #: For people: ``1 process``, ``4 processes``, ``dask``.
    name: str

    def expect(self, work_s: float) -> None:
        """Say how much more there is to do, in seconds of one core, before it is handed out."""
        ...

    def lanes(self) -> Sequence[Lane]:
        """The lanes that are there now.

        Raises:
            UnavailableError: there is none, and none will come.
        """
        ...

    def is_alive(self, lane: Lane) -> bool:
        """Whether a lane can still give an answer."""
        ...

    def bury(self, lane: Lane) -> None:
        """Take a lane out whose worker died; another one takes its place where that is ours to do."""
        ...

    def is_here(self, lane: Lane) -> bool:
        """Whether a lane works in this very process, while ``submit`` is called."""
        ...

    def close(self, *, at_once: bool) -> None:
        """End the workers; ``at_once``: whatever they are doing. May be called twice."""
        ...


class _Now(Executor):
    """Does it at once."""

    def submit(self, function: Callable[..., T], /, *args: Any, **kwargs: Any) -> Future[T]:
        future: Future[T] = Future()
        future.set_result(function(*args, **kwargs))
        return future


class Inline:
    """One lane, in this process."""

    name = "this process"

    def __init__(self) -> None:
        """Nothing is started."""
        self._lane = Lane(_Now(), "here")

    def expect(self, work_s: float) -> None:
        """There is nothing to prepare."""

    def lanes(self) -> Sequence[Lane]:
        """The one."""
        return (self._lane,)

    def is_alive(self, lane: Lane) -> bool:
        """As long as we are."""
        return True

    def bury(self, lane: Lane) -> None:
        """It cannot die alone."""

    def is_here(self, lane: Lane) -> bool:
        """It does."""
        return True

    def close(self, *, at_once: bool) -> None:
        """Close the source that is still open."""
        worker.release()


class Processes:
    """Processes of this machine, forked from one that has loaded the detectors."""

    def __init__(self, count: int, model: str | None) -> None:
        """``count`` processes at the most; each is started when it is first needed."""
        self.name = f"{count} process{'es' if count != 1 else ''}"
        self._count = count
        self._model = model
        self._lanes: list[Lane] = []
        self._folder: str | None = None
        self._context: Any = None
        self._made = 0

    def expect(self, work_s: float) -> None:
        """Load the detectors, beside whatever else is done meanwhile."""
        self._start()

    def lanes(self) -> Sequence[Lane]:
        """As many as were asked for."""
        self._start()
        while len(self._lanes) < self._count:
            pool = ProcessPoolExecutor(1, self._context, initializer=worker.begin, initargs=(self._folder,))
            self._made += 1
            self._lanes.append(_ProcessLane(pool, f"process {self._made}"))
        return tuple(self._lanes)

    def is_alive(self, lane: Lane) -> bool:
        """Its future tells."""
        return True

    def bury(self, lane: Lane) -> None:
        """Another one is made at the next look at the lanes."""
        if lane in self._lanes:
            self._lanes.remove(lane)
            lane.executor.shutdown(wait=False, cancel_futures=True)

    def is_here(self, lane: Lane) -> bool:
        """No."""
        return False

    def close(self, *, at_once: bool) -> None:
        """Let them end, or kill them; then remove what they left in the temporary folder."""
        lanes, self._lanes = self._lanes, []
        for lane in lanes:
            if at_once and isinstance(lane, _ProcessLane):
                lane.kill()
            lane.executor.shutdown(wait=False, cancel_futures=True)
        for lane in lanes:
            lane.executor.shutdown(wait=True)
        folder, self._folder = self._folder, None
        if folder is not None:
            shutil.rmtree(folder, ignore_errors=True)

    def _start(self) -> None:
        if self._context is None:
            self._context = _context(self._model)
        if self._folder is None:
            self._folder = tempfile.mkdtemp(prefix="privacy-scan-")


class _ProcessLane(Lane):
    def __init__(self, executor: Executor, name: str) -> None:
        super().__init__(executor, name)
        self._processes: list[Any] = []

    def submit(self, function: Callable[..., T], *arguments: object) -> Future[T]:
        if self._processes:
            return super().submit(function, *arguments)
        before = set(multiprocessing.active_children())
        future = super().submit(function, *arguments)
        self._processes = [child for child in multiprocessing.active_children() if child not in before]
        return future

    def kill(self) -> None:
        for process in self._processes:
            with suppress(ValueError, OSError):
                process.kill()


def _context(model: str | None) -> Any:
    """How processes are started: forked from a small server that loads the detectors once, else each from nothing."""
    if "forkserver" not in multiprocessing.get_all_start_methods():
        return multiprocessing.get_context("spawn")
    from multiprocessing import forkserver

    context: Any = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["scanners.preload"])
    # One thread for each worker: there are as many workers as cores.
    settings = {PRELOAD_MODEL: model or "", "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}
    with _environment(settings), _blocked(signal.SIGINT):
        forkserver.ensure_running()
    return context


@contextmanager
def _environment(settings: dict[str, str]) -> Iterator[None]:
    before = {name: os.environ.get(name) for name in settings}
    os.environ.update(settings)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                del os.environ[name]
            else:
                os.environ[name] = value


@contextmanager
def _blocked(number: signal.Signals) -> Iterator[None]:
    """What is started here never gets the signal: it reaches all processes of a terminal, and is ours to answer."""
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {number})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


class Automatic:
    """In this process as long as that is quicker, then in processes."""

    def __init__(self, count: int, model: str | None) -> None:
        """``count`` processes at the most."""
        self.name = "this process"
        self._inline = Inline()
        self._processes: Processes | None = None
        self._count = count
        self._model = model
        self._work_s = 0.0

    def expect(self, work_s: float) -> None:
        """Start processes when enough has come together."""
        self._work_s += work_s
        if self._processes is None and self._count > 1 and self._work_s >= WORTHWHILE_S:
            processes = Processes(self._count, self._model)
            try:
                processes.lanes()
            except (OSError, ImportError, NotImplementedError):  # no shared memory, no semaphores: as in small boxes
                processes.close(at_once=True)
                self._count = 1
                return
            self._processes = processes
            self.name = processes.name

    def lanes(self) -> Sequence[Lane]:
        """The one, or all processes."""
        return (self._processes or self._inline).lanes()

    def is_alive(self, lane: Lane) -> bool:
        """As the lane's own say."""
        return True

    def bury(self, lane: Lane) -> None:
        """As the lane's own do."""
        if self._processes is not None:
            self._processes.bury(lane)

    def is_here(self, lane: Lane) -> bool:
        """Whether it is the one in this process."""
        return lane in self._inline.lanes()

    def close(self, *, at_once: bool) -> None:
        """Both."""
        self._inline.close(at_once=at_once)
        if self._processes is not None:
            self._processes.close(at_once=at_once)


@dataclass(frozen=True, slots=True)
class Certificates:
    """Files for TLS, as Dask takes them: the authority, our certificate and its key."""

    authority: Path
    certificate: Path
    key: Path


class Dask:
    """The workers of a Dask cluster, one lane each; those that join later get work, too."""

    name = "dask"

    def __init__(
        self, address: str, certificates: Certificates | None, digest: str, *, security: object = None
    ) -> None:
        """``address``: ``dask://HOST:PORT``, ``tls://…`` or ``tcp://…``. ``digest``: of the detectors that are here.

        ``security``: a ``distributed.Security`` instead of ``certificates``.

        Raises:
            ConfigurationError: the address is none, is not encrypted and not of this machine, or Dask is missing.
            UnavailableError: nobody answers there.
        """
        url = dask_url(address, is_encrypted=certificates is not None or security is not None)
        try:
            distributed: Any = importlib.import_module("distributed")
        except ImportError:
            msg = "Work on a Dask cluster needs: pip install 'privacy-inventory[cluster]'"
            raise ConfigurationError(msg) from None
        if certificates is not None:
            for path in (certificates.authority, certificates.certificate, certificates.key):
                if not path.is_file():
                    msg = f"There is no certificate or key at {path}."
                    raise ConfigurationError(msg)
            security = distributed.Security(
                tls_ca_file=str(certificates.authority),
                tls_client_cert=str(certificates.certificate),
                tls_client_key=str(certificates.key),
                require_encryption=True,
            )
        # What its loggers say of lost connections is said by us.
        logging.getLogger("distributed").setLevel(logging.CRITICAL)
        try:
            self._client: Any = distributed.Client(url, security=security, timeout=_ANSWER_S, set_as_default=False)
        except (OSError, TimeoutError, ValueError, RuntimeError):
            msg = f"No Dask scheduler answers at {url}, or it refuses our certificate."
            raise UnavailableError(msg) from None
        self._url = url
        self._digest = digest
        self._lanes: dict[str, Lane] = {}
        self._missing = threading.Event()
        self._without_s = 0.0

    def expect(self, work_s: float) -> None:
        """The cluster is there already."""

    def lanes(self) -> Sequence[Lane]:
        """One for each worker that the scheduler knows at this moment."""
        addresses = self._addresses()
        new = [address for address in addresses if address not in self._lanes]
        for address in self._fit(new) if new else ():
            self._lanes[address] = Lane(self._client.get_executor(workers=[address], pure=False, retries=0), address)
        for address in set(self._lanes) - set(addresses):
            del self._lanes[address]
        if not self._lanes:
            self._wait()
        else:
            self._without_s = 0.0
        return tuple(self._lanes.values())

    def is_alive(self, lane: Lane) -> bool:
        """Whether the scheduler still knows the worker: it would keep work for one that is gone for ever."""
        return lane.name in self._addresses()

    def bury(self, lane: Lane) -> None:
        """Its nanny starts it again, under another address."""
        self._lanes.pop(lane.name, None)

    def is_here(self, lane: Lane) -> bool:
        """No."""
        return False

    def close(self, *, at_once: bool) -> None:
        """Leave the cluster; it goes on."""
        with suppress(Exception):
            if not at_once:
                self._client.run(worker.release)
        with suppress(Exception):
            self._client.close(timeout=3)

    def _addresses(self) -> tuple[str, ...]:
        if self._client.status != "running":
            return ()
        try:
            return tuple(self._client.scheduler_info(n_workers=-1)["workers"])
        except TypeError:  # an older one gives all without being asked to
            return tuple(self._client.scheduler_info()["workers"])
        except (OSError, RuntimeError, KeyError):  # it has gone this moment
            return ()

    def _wait(self) -> None:
        if self._client.status != "running" or self._without_s >= _NO_WORKER_S:
            msg = f"The Dask cluster at {self._url} has no worker, or is not there any more."
            raise UnavailableError(msg)
        self._missing.wait(0.5)
        self._without_s += 0.5

    def _fit(self, addresses: list[str]) -> list[str]:
        """Those that have our detectors. One that gives no answer is left out, and asked again at the next look.

        Raises:
            ConfigurationError: one has others: it would find other things.
        """
        from scanners.fingerprint import detectors_digest

        try:
            told = self._client.run(detectors_digest, workers=addresses, on_error="return")
        except (OSError, TimeoutError, LookupError, ValueError, RuntimeError):  # they, or the scheduler, went away
            return []
        # Without the package, or with one from before the digest, there is nothing to call.
        wrong = [
            address
            for address, digest in told.items()
            if isinstance(digest, ImportError | AttributeError) or (isinstance(digest, str) and digest != self._digest)
        ]
        if wrong:
            is_absent = isinstance(told[wrong[0]], ImportError)
            what = "has no privacy-inventory" if is_absent else "has another version of privacy-inventory"
            msg = f"The Dask worker {wrong[0]} {what}: all machines need the same one."
            raise ConfigurationError(msg)
        return [address for address, digest in told.items() if digest == self._digest]


def dask_url(address: str, *, is_encrypted: bool) -> str:
    """The address of a scheduler as Dask writes it.

    Whoever reaches a scheduler can run code on its workers, and whoever listens on the way reads passwords: in the
    clear it is allowed on this machine only.

    Raises:
        ConfigurationError: it is no such address, or would not be encrypted on its way to another machine.
    """
    parts = urlsplit(address)
    try:
        port = parts.port
    except ValueError:
        port = None
    if parts.scheme not in ("dask", "tls", "tcp") or not parts.hostname or port is None:
        msg = f"{address!r} is not the address of a Dask scheduler. It is written dask://HOST:PORT."
        raise ConfigurationError(msg)
    if parts.username is not None or parts.password is not None:
        msg = "The address of a Dask scheduler has no login; certificates say who we are."
        raise ConfigurationError(msg)
    if parts.scheme == "tls" and not is_encrypted:
        msg = f"TLS to {parts.hostname} needs certificates: set tls_ca, tls_cert and tls_key under [scan]."
        raise ConfigurationError(msg)
    if not is_encrypted and not _is_loopback(parts.hostname):
        msg = (
            f"The way to {parts.hostname} has to be encrypted: whoever reaches a Dask scheduler in the clear can run "
            "code on all of its workers. Set tls_ca, tls_cert and tls_key under [scan]."
        )
        raise ConfigurationError(msg)
    host = f"[{parts.hostname}]" if ":" in parts.hostname else parts.hostname
    return f"{'tls' if is_encrypted else 'tcp'}://{host}:{port}"


def _is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def cores() -> int:
    """The cores that this process may use."""
    try:
        return max(1, len(os.sched_getaffinity(0)))
    except AttributeError:  # macOS
        return os.cpu_count() or 1
