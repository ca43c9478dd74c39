"""Real private database servers for the tests: a data folder, a port and a process of their own, gone afterwards."""

from __future__ import annotations

import itertools
import os
import pwd
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from sqlalchemy import create_engine, make_url, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.pool import NullPool

START_S = 60.0
STOP_S = 30.0
#: Servers' folders are put into memory when this much of it is free.
MEMORY_BYTES = 4 * 2**30
READER = "reader"
READER_PASSWORD = "reader-pw"


class AbsentError(Exception):
    """The server's programs are not installed; says how to install them."""


class Server:
    """A running server. ``admin_url`` may do everything and needs no password."""

    def __init__(self, kind: str, admin_url: str, process: subprocess.Popen[bytes], folder: Path, stop: int) -> None:
        self.kind = kind
        self.admin_url = admin_url
        self._process = process
        self._folder = folder
        self._stop_signal = stop
        self._numbers = itertools.count(1)

    def new_database(self) -> str:
        """Create an empty database and return its URL, for an account that may do everything in it."""
        name = f"t{next(self._numbers)}_{secrets.token_hex(3)}"
        self.execute(f"CREATE DATABASE {name}")
        return _render(make_url(self.admin_url).set(database=name))

    def drop_database(self, url: str) -> None:
        """Remove a database, whoever is still connected to it."""
        force = " WITH (FORCE)" if self.kind == "postgresql" else ""
        self.execute(f"DROP DATABASE IF EXISTS {make_url(url).database}{force}")

    def reader_url(self, url: str) -> str:
        """The same database for an account that has a password and may only read."""
        return _render(make_url(url).set(username=READER, password=READER_PASSWORD))

    def execute(self, statement: str, url: str | None = None) -> None:
        """Run one statement as the administrator, outside a transaction."""
        _execute(url or self.admin_url, statement)

    def stop(self) -> None:
        """End the process that was started, and remove its folder. May be called twice."""
        if self._process.poll() is None:
            self._process.send_signal(self._stop_signal)
            try:
                self._process.wait(STOP_S)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait()
        shutil.rmtree(self._folder, ignore_errors=True)


def start_postgresql() -> Server:
    """Start a PostgreSQL of our own.

    Raises:
        AbsentError: it is not installed.
        RuntimeError: it is installed and does not start; the message ends with its log.
    """
    initdb = _find("initdb", "/usr/lib/postgresql/*/bin", "/opt/homebrew/opt/postgresql*/bin")
    if initdb is None or not (initdb.parent / "postgres").exists():
        raise AbsentError("PostgreSQL is not installed: sudo apt-get install postgresql")
    who = _account("postgres")
    folder = _folder("pg", who)
    # UTF-8 whatever the locale of the machine, so that every run sees the same sort order and text.
    _run(
        [initdb, "-D", folder / "data", "-U", "postgres", "-A", "trust", "-E", "UTF8", "--locale=C", "--no-sync"],
        folder,
        who,
    )
    # The reading account must give its password; everybody else is trusted, for only this machine can connect.
    access = folder / "data" / "pg_hba.conf"
    access.write_text(f"host all {READER} 127.0.0.1/32 scram-sha-256\n" + access.read_text())

    def command(port: int) -> list[str | Path]:
        settings = {
            "listen_addresses": "127.0.0.1",
            "unix_socket_directories": str(folder),
            # Durability is worth nothing here.
            "fsync": "off",
            "synchronous_commit": "off",
            "full_page_writes": "off",
            "max_connections": "50",
        }
        options = [f"--{name}={value}" for name, value in settings.items()]
        return [initdb.parent / "postgres", "-D", folder / "data", "-p", str(port), *options]

    # SIGINT is PostgreSQL's fast shutdown: it does not wait for clients.
    server = _start(
        "postgresql", command, "postgresql+psycopg://postgres@127.0.0.1:{port}/postgres", folder, who, signal.SIGINT
    )
    server.execute(f"CREATE ROLE {READER} LOGIN PASSWORD '{READER_PASSWORD}' IN ROLE pg_read_all_data")
    return server


def start_mariadb() -> Server:
    """Start a MariaDB of our own.

    Raises:
        AbsentError: it is not installed.
        RuntimeError: it is installed and does not start; the message ends with its log.
    """
    install = _find("mariadb-install-db", "/opt/homebrew/opt/mariadb*/bin")
    daemon = _find("mariadbd", "/usr/sbin", "/usr/libexec", "/opt/homebrew/opt/mariadb*/bin")
    if install is None or daemon is None:
        raise AbsentError("MariaDB is not installed: sudo apt-get install mariadb-server")
    who = _account("mysql")
    folder = _folder("my", who)
    as_user = ["--user=mysql"] if who else []
    _run(
        [
            install,
            "--no-defaults",
            *as_user,
            f"--datadir={folder / 'data'}",
            "--auth-root-authentication-method=normal",
            "--skip-test-db",
        ],
        folder,
        None,
    )

    def command(port: int) -> list[str | Path]:
        return [
            daemon,
            "--no-defaults",
            *as_user,
            f"--datadir={folder / 'data'}",
            f"--socket={folder / 's'}",
            f"--pid-file={folder / 'pid'}",
            f"--port={port}",
            "--bind-address=127.0.0.1",
            "--skip-name-resolve",
            "--character-set-server=utf8mb4",
            "--innodb-flush-log-at-trx-commit=0",
            "--innodb-buffer-pool-size=32M",
            "--innodb-log-file-size=16M",
            "--skip-log-bin",
            "--performance-schema=OFF",
        ]

    server = _start("mariadb", command, "mariadb+pymysql://root@127.0.0.1:{port}/mysql", folder, None, signal.SIGTERM)
    server.execute(f"CREATE USER {READER}@'127.0.0.1' IDENTIFIED BY '{READER_PASSWORD}'")
    server.execute(f"GRANT SELECT, SHOW VIEW ON *.* TO {READER}@'127.0.0.1'")
    return server


def start_mongodb() -> Server:
    """Start an emulator that speaks the protocol of MongoDB, with its data in memory. It has no accounts.

    Raises:
        AbsentError: it is not installed.
        RuntimeError: it is installed and does not start; the message ends with its log.
    """
    program = _find("nx-27017", str(Path(sys.executable).parent))
    if program is None or find_spec("pymongo") is None:
        raise AbsentError("the emulator of MongoDB is not installed: pip install 'nx-27017==0.8.1' pymongo")
    folder = _folder("mongo", None)

    def command(port: int) -> list[str | Path]:
        address = ["--host", "127.0.0.1", "-p", str(port)]
        files = ["--log-file", str(folder / "own-log"), "--pid-file", str(folder / "pid")]
        return [program, "--data-dir", "memory", *address, *files]

    return _start("mongodb", command, "mongodb://127.0.0.1:{port}", folder, None, signal.SIGTERM, _listens)


#: What the directory's server is started with. The reader may read all but what is closed; without a login passwords
#: are closed, too; ``small`` is given no more than fifty entries.
_SLAPD = """
include {schema}/core.schema
include {schema}/cosine.schema
include {schema}/inetorgperson.schema
{module}
pidfile {folder}/pid
TLSCertificateFile {folder}/ca.pem
TLSCertificateKeyFile {folder}/key.pem
database mdb
maxsize 104857600
suffix "dc=example,dc=org"
rootdn "cn=admin,dc=example,dc=org"
rootpw admin-pw
directory {folder}/data
limits dn.exact="cn=small,dc=example,dc=org" size=50
access to dn.subtree="ou=closed,dc=example,dc=org" by * none
access to attrs=userPassword by dn.exact="cn=reader,dc=example,dc=org" read by anonymous auth by * none
access to * by * read
"""


class Directory(Server):
    """A running slapd for ``dc=example,dc=org``. Its accounts: ``admin``, and those that a test adds."""

    #: The certificate that the server shows, and its port for those who want it at once.
    authority: Path
    tls_port: int


def start_slapd() -> Directory:
    """Start an OpenLDAP server of our own, empty.

    Raises:
        AbsentError: it is not installed.
        RuntimeError: it is installed and does not start; the message ends with its log.
    """
    daemon = _find("slapd", "/usr/sbin", "/usr/libexec", "/usr/lib/openldap", "/opt/homebrew/opt/openldap*/libexec")
    schemas = ("/etc/ldap/schema", "/etc/openldap/schema", "/opt/homebrew/etc/openldap/schema")
    schema = next((path for path in schemas if Path(path, "core.schema").exists()), None)
    if daemon is None or schema is None or find_spec("ldap3") is None:
        raise AbsentError("slapd or ldap3 is not installed: sudo apt-get install slapd; pip install ldap3")
    folder = _folder("ldap", None)
    (folder / "data").mkdir()
    _self_signed(folder)
    modules = next((path for path in Path("/").glob("usr/lib*/ldap/back_mdb*.so")), None)
    module = f"modulepath {modules.parent}\nmoduleload back_mdb" if modules else ""
    settings = _SLAPD.format(schema=schema, folder=folder, module=module)
    (folder / "slapd.conf").write_text(settings)
    ports: list[int] = []

    def command(port: int) -> list[str | Path]:
        ports.append(_free_port())
        addresses = f"ldap://127.0.0.1:{port} ldaps://127.0.0.1:{ports[-1]}"
        return [daemon, "-d", "0", "-f", folder / "slapd.conf", "-h", addresses]

    server = _start("ldap", command, "ldap://127.0.0.1:{port}", folder, None, signal.SIGTERM, _listens)
    directory = Directory(server.kind, server.admin_url, server._process, folder, signal.SIGTERM)
    directory.authority, directory.tls_port = folder / "ca.pem", ports[-1]
    return directory


def _self_signed(folder: Path) -> None:
    """A key and a certificate for ``localhost``, good for a day."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(hours=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False)
        .sign(key, hashes.SHA256())
    )
    (folder / "ca.pem").write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    plain = serialization.NoEncryption()
    (folder / "key.pem").write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, plain)
    )


def _start(
    kind: str,
    command: Callable[[int], list[str | Path]],
    url: str,
    folder: Path,
    who: str | None,
    stop: int,
    answers: Callable[[str], bool] | None = None,
) -> Server:
    # Another session may take a free port between our look and the server's start: then the server says so and ends,
    # and the next port is tried.
    for _ in range(3):
        port = _free_port()
        with (folder / "log").open("wb") as log:
            process = subprocess.Popen(
                command(port),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                cwd=folder,
                user=who,
                group=who,
                extra_groups=[] if who else None,
            )
        server = Server(kind, url.format(port=port), process, folder, stop)
        deadline = time.monotonic() + START_S
        while process.poll() is None and time.monotonic() < deadline:
            if (answers or _answers)(server.admin_url):
                return server
            time.sleep(0.05)
        if process.poll() is None:
            break
    tail = _tail(folder / "log")
    server.stop()
    raise RuntimeError(f"{kind} is installed but did not start. The end of its log:\n{tail}")


def _answers(url: str) -> bool:
    try:
        _execute(url, "SELECT 1")
    except DBAPIError:
        return False
    return True


def _listens(url: str) -> bool:
    port = int(url.rpartition(":")[2])
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def _execute(url: str, statement: str) -> None:
    engine = create_engine(url, isolation_level="AUTOCOMMIT", poolclass=NullPool)
    with engine.connect() as connection:
        connection.execute(text(statement))


def _render(url: Any) -> str:
    rendered: str = url.render_as_string(hide_password=False)
    return rendered


def _find(program: str, *folders: str) -> Path | None:
    """The newest one in the folders where packages keep servers, else the one on the path."""
    found = [path for pattern in folders for path in Path("/").glob(f"{pattern.lstrip('/')}/{program}")]
    if found:
        return max(found, key=lambda path: [int(part) if part.isdecimal() else -1 for part in path.parts])
    on_path = shutil.which(program)
    return Path(on_path).resolve() if on_path else None


def _account(name: str) -> str | None:
    """The account to run a server as: servers refuse to run as root, and only root may choose."""
    if os.geteuid() != 0:
        return None
    try:
        return pwd.getpwnam(name).pw_name
    except KeyError:
        raise AbsentError(f"the server cannot run as root and there is no account {name}") from None


def _folder(prefix: str, who: str | None) -> Path:
    # In memory where there is enough of it: a new database there takes a tenth of the time.
    memory = Path("/dev/shm")
    in_memory = os.access(memory, os.W_OK) and shutil.disk_usage(memory).free >= MEMORY_BYTES
    # Not pytest's folder: that one is closed to other accounts, and its path is too long for a Unix socket.
    folder = Path(tempfile.mkdtemp(prefix=f"{prefix}-", dir=memory if in_memory else "/tmp"))
    folder.chmod(0o755)
    if who:
        shutil.chown(folder, who, who)
    return folder


def _run(command: list[str | Path], folder: Path, who: str | None) -> None:
    with (folder / "log").open("wb") as log:
        done = subprocess.run(
            command,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            cwd=folder,
            user=who,
            group=who,
            extra_groups=[] if who else None,
            check=False,
        )
    if done.returncode != 0:
        tail = _tail(folder / "log")
        shutil.rmtree(folder, ignore_errors=True)
        raise RuntimeError(f"{command[0]} failed with {done.returncode}:\n{tail}")


def _tail(log: Path) -> str:
    return "\n".join(log.read_text(errors="replace").splitlines()[-30:])


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
