"""An LDAP directory as a source: the entries of one class below one branch are an asset, attributes are its fields."""

from __future__ import annotations

import re
import ssl
import warnings
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, cast

from data_map.model import Asset, AssetKind, Field, FieldRef, Reason, Skipped, Source
from scanners.extract.header import fill, is_nameable, unique_name
from scanners.sources.base import Listed, Rights
from scanners.sources.selection import is_wanted
from scanners.sources.wire import is_this_machine
from scanners.values import VALUE_CHARS, Column, Content, Take, UnreadableError

if TYPE_CHECKING:
    from ldap3 import Connection
    from sqlalchemy.engine import URL

#: Seconds until a connection has to be open.
_CONNECT_S = 10

#: What the standards mean by attributes whose names are abbreviations (RFC 4519, 2798 and 2307; Active Directory).
_MEANINGS = {
    "uid": "user name",
    "userid": "user name",
    "samaccountname": "user name",
    "userprincipalname": "user name",
    "uidnumber": "user id",
    "sn": "last name",
    "gn": "first name",
    "gecos": "full name",
    "l": "city",
    "st": "state",
    "postofficebox": "postal address",
    "carlicense": "car license plate",
}

#: Entries in a page (RFC 2696). Servers allow a thousand, mostly.
_PAGE = 500

#: Values of one entry's attribute that are looked at: a group may have a member for everybody.
_VALUES = 1_000
_BATCH = 2_000

#: Classes whose entries do nothing but hold others: those below the base are branches, which assets are named after.
_CONTAINERS = frozenset(
    {"builtindomain", "container", "country", "dcobject", "domain", "locality", "organization", "organizationalunit"}
)

#: What a server keeps of an entry beside its attributes, as far as it is about the entry's person: older passwords,
#: the last login. (Who made and changed an entry is left out.)
_OPERATIONAL = ["pwdHistory", "authTimestamp"]

#: What an asset is made by is no field of it.
_OWN = frozenset({"hassubordinates", "objectclass", "structuralobjectclass"})

#: What the listing asks for: the class, whether there is something below, and when it was changed.
_LISTED = ["objectClass", "structuralObjectClass", "hasSubordinates", "entryCSN", "modifyTimestamp"]

#: Result codes of RFC 4511 § 4.1.9 → what they mean. All others: the server refused the question.
_REASONS = {
    3: Reason.TIMED_OUT,  # timeLimitExceeded
    8: Reason.NO_PERMISSION,  # strongerAuthRequired
    13: Reason.NO_PERMISSION,  # confidentialityRequired
    32: Reason.NOT_FOUND,  # noSuchObject: also said to those who may not know that it is there
    34: Reason.NOT_FOUND,  # invalidDNSyntax
    48: Reason.NO_PERMISSION,  # inappropriateAuthentication
    49: Reason.NO_PERMISSION,  # invalidCredentials
    50: Reason.NO_PERMISSION,  # insufficientAccessRights
    51: Reason.LOCKED,  # busy
    52: Reason.CONNECTION_LOST,  # unavailable
}
_SUCCESS = 0
_NO_SUCH_OBJECT = 32
#: The server gives no more than it gave: sizeLimitExceeded, adminLimitExceeded.
_LIMITS = (4, 11)

#: Object identifiers of RFC 4517 § 3.3 → names. Others are shown as they are.
_SYNTAXES = {
    "3": "Attribute Type Description",
    "6": "Bit String",
    "7": "Boolean",
    "11": "Country String",
    "12": "DN",
    "14": "Delivery Method",
    "15": "Directory String",
    "21": "Enhanced Guide",
    "22": "Facsimile Telephone Number",
    "23": "Fax",
    "24": "Generalized Time",
    "26": "IA5 String",
    "27": "Integer",
    "28": "JPEG",
    "34": "Name And Optional UID",
    "36": "Numeric String",
    "38": "OID",
    "39": "Other Mailbox",
    "40": "Octet String",
    "41": "Postal Address",
    "44": "Printable String",
    "50": "Telephone Number",
    "53": "UTC Time",
}
_SYNTAX_ARC = "1.3.6.1.4.1.1466.115.121.1."
_CERTIFICATE = "8"
#: How attributes and classes are called (RFC 4512 § 2.5, and the underscore of some servers): anything else is content.
_DESCRIPTION = re.compile(r"[A-Za-z0-9][A-Za-z0-9.;_-]{0,199}")
#: Entries whose class the server does not tell.
_NO_CLASS = "(no class)"

_TIME = re.compile(rb"(\d{4})(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)?(?:[.,]\d+)?(?:Z|[+-]\d{2,4})")


@dataclass(frozen=True, slots=True)
class Branch:
    """Entries of one structural class below one name."""

    base: str
    #: Lower case.
    structural: str
    #: Names right below ``base`` that are branches of their own, in lower case; None: everything below belongs to it.
    apart: tuple[str, ...] | None = None


class LdapSource:
    """A directory, or what is below one name in it."""

    def __init__(
        self,
        source: Source,
        url: URL,
        *,
        include: tuple[str, ...] = (),
        exclude: tuple[str, ...] = (),
        views: bool = False,
        timeout_s: float = 30.0,
    ) -> None:
        """Options of the address: ``starttls=true``, ``ca=FILE`` (certificates to trust). Nothing is opened yet.

        A directory has no ``views``.
        """
        self.source = source
        self._url = url
        self._include = include
        self._exclude = exclude
        self._timeout_s = timeout_s
        self._connection: Connection | None = None

    def list_assets(self) -> Iterator[Listed | Skipped]:
        """Branch and class of every entry, found by asking each for its class and no more.

        What the server does not give (its limit of size, a referral to another server) is skipped in its place.

        Raises:
            UnreadableError: no connection, a refused login, or a base that is not there.
        """
        with _failing():
            bases = [self._url.database] if self._url.database else self._contexts()
        if not bases:
            raise UnreadableError(Reason.NOT_FOUND, "namingContexts")
        labels: set[str] = set()
        for base in bases:
            prefix = f"{base}/" if len(bases) > 1 else ""
            try:
                with _failing():
                    yield from self._list_base(base, prefix, labels)
            except UnreadableError as error:
                if len(bases) == 1 or error.reason in (Reason.CONNECTION_FAILED, Reason.CONNECTION_LOST):
                    raise
                yield Skipped(self.source.name, error.reason, prefix.rstrip("/"), code=error.code)

    def read(self, listed: Listed, take: Take) -> Content:
        """The first entries as the server gives them, with all their attributes.

        Raises:
            UnreadableError: the server refuses, is too slow, or is gone.
        """
        try:
            with _failing():
                return self._read(cast("Branch", listed.handle), listed.asset, take)
        except UnreadableError as error:
            if error.reason in (Reason.CONNECTION_LOST, Reason.TIMED_OUT):
                self.close()  # the next asset gets a session of its own
            raise

    def rights(self) -> Rights:
        """Our side refuses to write; what the account could do, a directory does not tell."""
        with _failing():
            self._open()
        return Rights(is_session_read_only=True, may_account_write=None, is_encrypted=self._is_encrypted())

    def close(self) -> None:
        """End the session."""
        if self._connection is not None:
            _let_go(self._connection)
            self._connection = None

    def _list_base(self, base: str, prefix: str, labels: set[str]) -> Iterator[Listed | Skipped]:
        own = _Seen()
        branches: list[str] = []
        for entry in self._search(base, "BASE", "(objectClass=*)", _LISTED, own):
            own.count(entry, self._class_of(entry))
        deep: list[str] = []
        for entry in self._search(base, "LEVEL", "(objectClass=*)", _LISTED, own):
            if _CONTAINERS.intersection(_texts(entry, "objectclass")):
                branches.append(entry.name)
                continue
            own.count(entry, self._class_of(entry))
            if "true" in _texts(entry, "hassubordinates"):
                deep.append(entry.name)
        for name in deep:
            for entry in self._search(name, "SUBTREE", "(objectClass=*)", _LISTED, own):
                if entry.name.lower() != name.lower():
                    own.count(entry, self._class_of(entry))
        branches.sort(key=str.lower)
        apart = tuple(name.lower() for name in branches)
        yield from self._listed(own, base, prefix + _first_part(base, 0), apart, labels)
        for number, name in enumerate(branches, start=1):
            seen = _Seen()
            try:
                for entry in self._search(name, "SUBTREE", "(objectClass=*)", _LISTED, seen):
                    seen.count(entry, self._class_of(entry))
            except UnreadableError as error:
                if error.reason in (Reason.CONNECTION_FAILED, Reason.CONNECTION_LOST):
                    raise
                yield Skipped(self.source.name, error.reason, prefix + _first_part(name, number), code=error.code)
                continue
            yield from self._listed(seen, name, prefix + _first_part(name, number), None, labels)

    def _listed(
        self, seen: _Seen, base: str, shown: str, apart: tuple[str, ...] | None, labels: set[str]
    ) -> Iterator[Listed | Skipped]:
        is_all = not seen.limit and not seen.referrals
        for lowered in sorted(seen.counts):
            name = unique_name(f"{shown}/{seen.spelled[lowered]}", labels)
            labels.add(name)
            if is_wanted(name, self._include, self._exclude):
                count = seen.counts[lowered]
                newest = seen.newest[lowered] if is_all else None
                marker = f"{count}-{newest}" if newest else None
                known = None if seen.limit else count
                asset = Asset(self.source.name, name, AssetKind.COLLECTION, known, change_marker=marker)
                yield Listed(asset, handle=Branch(base, lowered, apart))
        if seen.limit:
            yield Skipped(self.source.name, Reason.TOO_MANY_PARTS, f"{shown}/(more entries)", code=str(seen.limit))
        if seen.referrals:
            yield Skipped(self.source.name, Reason.OUTSIDE_ROOT, f"{shown}/(referrals)", code=f"{seen.referrals}")

    def _read(self, branch: Branch, asset: Asset, take: Take) -> Content:
        seen = _Seen()
        table = _Attributes(asset, take, self._declared)
        count = 0
        is_done = True
        for entry in self._entries(branch, seen, take):
            if take.rows is not None and count >= take.rows:
                is_done = False
                break
            count += 1
            table.add(entry.attributes)
        table.flush()
        columns = table.finished(count)
        is_whole = is_done and not seen.limit and not seen.referrals and table.is_whole
        if not count:
            return Content(replace(asset, row_count=0), sampling="none")
        return Content(
            asset=replace(asset, row_count=count) if is_done and not seen.limit else asset,
            columns=columns,
            rows_read=count,
            bytes_read=table.bytes_read,
            is_whole=is_whole,
            sampling="all" if is_whole else "head",
        )

    def _entries(self, branch: Branch, seen: _Seen, take: Take) -> Iterator[_Entry]:
        # Entries of classes derived from it have the class, too: whose they are is told by the entry itself.
        wanted = f"(objectClass={'*' if branch.structural == _NO_CLASS else _escaped(branch.structural)})"
        attributes = ["*", *_OPERATIONAL, "structuralObjectClass", "hasSubordinates"]
        pages = min(_PAGE, take.rows + 1) if take.rows is not None else _PAGE

        def of(base: str, scope: str, condition: str = wanted) -> Iterator[_Entry]:
            return self._search(base, scope, condition, attributes, seen, pages)

        if branch.apart is None:
            yield from (entry for entry in of(branch.base, "SUBTREE") if self._class_of(entry)[0] == branch.structural)
            return
        yield from (entry for entry in of(branch.base, "BASE") if self._class_of(entry)[0] == branch.structural)
        deep: list[str] = []
        for entry in of(branch.base, "LEVEL", "(objectClass=*)"):
            if entry.name.lower() in branch.apart:
                continue
            if "true" in _texts(entry, "hassubordinates"):
                deep.append(entry.name)
            if self._class_of(entry)[0] == branch.structural:
                yield entry
        for name in deep:
            for entry in of(name, "SUBTREE"):
                if entry.name.lower() != name.lower() and self._class_of(entry)[0] == branch.structural:
                    yield entry

    def _search(
        self, base: str, scope: str, condition: str, attributes: list[str], seen: _Seen, page: int = _PAGE
    ) -> Iterator[_Entry]:
        """Entries page by page; what the server leaves out is noted in ``seen``."""
        cookie: Any = None
        # The library refuses to ask for what the schema does not know.
        types = getattr(getattr(self._open().server, "schema", None), "attribute_types", None)
        attributes = [name for name in attributes if name == "*" or not types or name in types]
        while True:
            connection = self._open()
            with _quiet():
                connection.search(
                    base,
                    condition,
                    scope,
                    dereference_aliases="NEVER",
                    attributes=attributes,
                    time_limit=max(1, round(self._timeout_s)),
                    # A server that cannot give pages may give everything at once.
                    **({} if scope == "BASE" else {"paged_size": page, "paged_cookie": cookie}),
                )
            result, response = connection.result or {}, connection.response or ()
            for item in response:
                if item.get("type") == "searchResRef":
                    seen.referrals += 1
                elif item.get("type") == "searchResEntry":
                    raw = cast("Mapping[str, list[bytes]]", item.get("raw_attributes") or {})
                    yield _Entry(str(item.get("dn", "")), {str(name): list(held) for name, held in raw.items()})
            code = int(result.get("result", -1))
            if code in _LIMITS:
                seen.limit = code
                return
            if code == 10:  # the base itself is on another server
                seen.referrals += 1
                return
            if code != _SUCCESS:
                raise UnreadableError(_REASONS.get(code, Reason.QUERY_FAILED), str(code))
            controls = result.get("controls") or {}
            cookie = (controls.get("1.2.840.113556.1.4.319") or {}).get("value", {}).get("cookie")
            if not cookie:
                return

    def _class_of(self, entry: _Entry) -> tuple[str, str]:
        """The structural class of an entry: in lower case, and as the server spells it."""
        told = entry.values("structuralObjectClass") or entry.values("objectClass")[-1:]
        names = [value.decode("utf-8", "replace") for value in told]
        if not entry.values("structuralObjectClass"):
            # Of classes in an order the last is the most special one; where a schema is at hand, it says.
            names = self._most_special(entry) or names
        name = names[0] if names and _DESCRIPTION.fullmatch(names[0]) else _NO_CLASS
        return name.lower(), name

    def _most_special(self, entry: _Entry) -> list[str]:
        classes = getattr(getattr(self._open().server, "schema", None), "object_classes", None) or {}
        own = [value.decode("utf-8", "replace") for value in entry.values("objectClass")]
        known = [classes[name] for name in own if name in classes and str(classes[name].kind).lower() == "structural"]
        above = {str(name).lower() for each in known for name in each.superior or ()}
        special = [name for each in known for name in (each.name or ())[:1] if name.lower() not in above]
        return special[:1]

    def _declared(self, attribute: str) -> tuple[str | None, str]:
        """The syntax of an attribute as the schema says it, and its short object identifier ('' when unknown)."""
        types = getattr(getattr(self._open().server, "schema", None), "attribute_types", None) or {}
        name = attribute.partition(";")[0]
        for _ in range(8):  # an attribute may have its syntax from the one that it is derived from
            found = types.get(name)
            if found is None:
                return None, ""
            if found.syntax:
                syntax = str(found.syntax).partition("{")[0]
                short = syntax.removeprefix(_SYNTAX_ARC)
                return _SYNTAXES.get(short, "Certificate" if short == _CERTIFICATE else syntax), short
            name = next(iter(found.superior or ()), "")
        return None, ""

    def _contexts(self) -> list[str]:
        info = self._open().server.info
        found = list(getattr(info, "naming_contexts", None) or ())
        return [str(name) for name in found if str(name).lower() not in ("cn=config", "cn=schema", "cn=monitor", "")]

    def _open(self) -> Connection:
        if self._connection is None:
            self._connection = self._connected()
        return self._connection

    def _connected(self) -> Connection:
        try:
            with _quiet():
                import ldap3
        except ImportError:
            raise UnreadableError(Reason.MISSING_EXTRA, "privacy-inventory[ldap]") from None
        options = self._options()
        is_tls = self._url.drivername == "ldaps"
        is_started = _is_true(options.pop("starttls", "false"))
        authority = options.pop("ca", None)
        if options:
            raise UnreadableError(Reason.CONNECTION_FAILED, "address")
        host, port = _host(self._url, 636 if is_tls else 389)
        with _quiet():
            try:
                tls = ldap3.Tls(validate=ssl.CERT_REQUIRED, ca_certs_file=authority)
            except ldap3.core.exceptions.LDAPException:
                raise UnreadableError(Reason.NOT_FOUND, "ca") from None
            mode = ldap3.IP_V4_PREFERRED if is_this_machine(host) else ldap3.IP_SYSTEM_DEFAULT
            server = ldap3.Server(
                host, port, use_ssl=is_tls, tls=tls, get_info=ldap3.ALL, connect_timeout=_CONNECT_S, mode=mode
            )
            connection = ldap3.Connection(
                server,
                user=self._url.username or None,
                password=str(self._url.password) if self._url.password is not None else None,
                authentication=ldap3.SIMPLE if self._url.username else ldap3.ANONYMOUS,
                read_only=True,
                # Unasked, the library binds to every address of this machine before it connects.
                source_address="localhost" if is_this_machine(host) else None,
                auto_referrals=False,
                auto_range=False,
                check_names=False,
                return_empty_attributes=False,
                receive_timeout=max(1, round(self._timeout_s)) + 5,
                raise_exceptions=False,
            )
            if self._url.username and not self._url.password:
                # A login without a password is taken for an anonymous one by some servers (RFC 4513 § 5.1.2).
                raise UnreadableError(Reason.NO_PERMISSION, "password")
            try:
                self._log_in(connection, is_started=is_started)
            except BaseException:
                _let_go(connection)
                raise
        return connection

    def _log_in(self, connection: Connection, *, is_started: bool) -> None:
        connection.open(read_server_info=False)
        if is_started and not connection.start_tls(read_server_info=False):
            raise UnreadableError(Reason.CONNECTION_FAILED, "starttls")
        if not connection.bind(read_server_info=True):
            code = int((connection.result or {}).get("result", -1))
            raise UnreadableError(_REASONS.get(code, Reason.CONNECTION_FAILED), str(code))

    def _options(self) -> dict[str, str]:
        return {key.lower(): str(value) for key, value in self._url.query.items()}

    def _is_encrypted(self) -> bool:
        host, _ = _host(self._url, 389)
        is_started = _is_true(self._options().get("starttls", "false"))
        return self._url.drivername == "ldaps" or is_started or is_this_machine(host)


@dataclass(frozen=True, slots=True)
class _Entry:
    """One entry. Its name and its values are content."""

    name: str = field(repr=False)
    attributes: Mapping[str, list[bytes]] = field(repr=False)

    def values(self, name: str) -> list[bytes]:
        """Of an attribute, however the server spells it."""
        wanted = name.lower()
        return next((held for key, held in self.attributes.items() if key.lower() == wanted), [])


@dataclass(slots=True)
class _Seen:
    """What a search came across: entries by class, and what it was not given."""

    counts: Counter[str] = field(default_factory=Counter)
    spelled: dict[str, str] = field(default_factory=dict)
    #: The latest change of each class; "" where an entry does not say when it was changed.
    newest: dict[str, str] = field(default_factory=dict)
    #: Result code with which the server gave up, 0 when it did not.
    limit: int = 0
    referrals: int = 0

    def count(self, entry: _Entry, structural: tuple[str, str]) -> None:
        lowered, spelled = structural
        told = entry.values("entryCSN") or entry.values("modifyTimestamp")
        changed = told[0].decode("ascii", "replace")[:64] if told else ""
        before = self.newest.get(lowered)
        self.newest[lowered] = changed if before is None else max(before, changed) if before and changed else ""
        self.counts[lowered] += 1
        self.spelled.setdefault(lowered, spelled)


class _Attributes:
    """Columns by attribute."""

    def __init__(self, asset: Asset, take: Take, declared: Any) -> None:
        self._asset = asset
        self._take = take
        self._declared = declared
        self._columns: dict[str, Column] = {}
        self._syntaxes: dict[str, str] = {}
        self._present: Counter[str] = Counter()
        self._waiting: dict[str, list[object]] = {}
        self._held = 0
        self.is_whole = True
        self.bytes_read = 0

    def add(self, attributes: Mapping[str, list[bytes]]) -> None:
        """Count the attributes of one entry."""
        for spelled, values in attributes.items():
            # Active Directory gives the members of a large group in parts: ``member;range=0-1499``.
            name, ranged, _ = spelled.partition(";range=")
            self.is_whole &= not ranged
            if not values or name.lower() in _OWN:
                continue
            name = name if _DESCRIPTION.fullmatch(name) else "(odd attributes)"
            if self._take.fields is not None and name not in self._take.fields:
                continue
            if name not in self._columns:
                declared, self._syntaxes[name] = self._declared(name)
                ref = FieldRef(self._asset.source, self._asset.name, name)
                meaning = _MEANINGS.get(name.partition(";")[0].lower())
                self._columns[name] = Column(Field(ref, declared, len(self._columns), meaning=meaning))
            self._present[name] += 1
            self.is_whole &= len(values) <= _VALUES
            given = [_value(each, self._syntaxes[name]) for each in values[:_VALUES]]
            self._waiting.setdefault(name, []).extend(given)
            self._held += len(given)
        if self._held >= _BATCH:
            self.flush()

    def flush(self) -> None:
        """Count what waits."""
        for name, values in self._waiting.items():
            column = self._columns[name]
            self.bytes_read += sum(len(value) for value in values if isinstance(value, str | bytes))
            binary = [value for value in values if isinstance(value, bytes)]
            column.extend(binary)
            self.is_whole &= fill(column, [value for value in values if not isinstance(value, bytes)], self._take)
        self._waiting.clear()
        self._held = 0

    def finished(self, count: int) -> list[Column]:
        """The columns; an entry without the attribute counts as a missing value."""
        for name, column in self._columns.items():
            column.missing += max(0, count - self._present[name])
        return list(self._columns.values())


def _value(raw: bytes, syntax: str) -> str | bytes:
    """A value as text where it is text; times as everywhere else."""
    if syntax == "24" and (time := _TIME.fullmatch(raw)):
        year, month, day, hour, minute, second = ((part or b"00").decode() for part in time.groups())
        text = f"{year}-{month}-{day} {hour}:{minute}:{second}"
        return text.removesuffix(" 00:00:00")
    raw = raw[: VALUE_CHARS * 4]
    if syntax in ("28", _CERTIFICATE):
        return raw[:VALUE_CHARS]
    try:
        text = raw.decode("utf-8")
    except UnicodeDecodeError:
        return raw[:VALUE_CHARS]
    if syntax == "41":  # lines of a postal address (RFC 4517 § 3.3.28)
        text = text.replace("$", ", ")
    return text if "\0" not in text else raw[:VALUE_CHARS]


def _texts(entry: _Entry, name: str) -> list[str]:
    return [value.decode("utf-8", "replace").lower() for value in entry.values(name)]


def _first_part(name: str, number: int) -> str:
    """The first part of a distinguished name, which becomes a part of names here: not when it may be somebody's."""
    part = re.split(r"(?<!\\),", name, maxsplit=1)[0].strip()
    kind, _, value = part.partition("=")
    return part if is_nameable(value) else f"{kind}=branch_{number}"


def _escaped(text: str) -> str:
    """For a filter (RFC 4515 § 3)."""
    return re.sub(r"[\\*()\0]", lambda found: f"\\{ord(found.group()):02x}", text)


def _is_true(text: str) -> bool:
    return text.lower() in ("true", "yes", "1", "required")


def _host(url: URL, port: int) -> tuple[str, int]:
    given = (url.host or "localhost").split(",")[0]
    host, _, told = given.rpartition(":") if re.search(r":\d+$", given) else (given, "", "")
    return host.strip("[]"), int(told) if told else port


def _let_go(connection: Connection) -> None:
    """End a session, however far it got: the library leaves the socket open when something goes wrong."""
    with _quiet():
        with suppress(Exception):
            connection.unbind()
        with suppress(Exception):
            connection.socket.close()


@contextmanager
def _quiet() -> Iterator[None]:
    """Without the warnings that the library causes in the one below it."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield


@contextmanager
def _failing() -> Iterator[None]:
    """Turns what the library raises into ``UnreadableError``: by its kind, never by its message."""
    try:
        yield
    except UnreadableError:
        raise
    except Exception as error:
        from ldap3.core import exceptions as of

        if isinstance(error, of.LDAPSocketOpenError | of.LDAPServerPoolExhaustedError):
            raise UnreadableError(Reason.CONNECTION_FAILED) from None
        if isinstance(error, of.LDAPStartTLSError | of.LDAPSSLConfigurationError | of.LDAPCertificateError):
            raise UnreadableError(Reason.CONNECTION_FAILED, "tls") from None
        if isinstance(error, of.LDAPResponseTimeoutError):
            raise UnreadableError(Reason.TIMED_OUT) from None
        if isinstance(error, of.LDAPCommunicationError | of.LDAPSessionTerminatedByServerError):
            raise UnreadableError(Reason.CONNECTION_LOST) from None
        if isinstance(error, of.LDAPInvalidDnError):
            raise UnreadableError(Reason.NOT_FOUND, "34") from None
        if isinstance(error, of.LDAPPasswordIsMandatoryError):
            raise UnreadableError(Reason.NO_PERMISSION, "password") from None
        if isinstance(error, of.LDAPExceptionError):
            raise UnreadableError(Reason.READER_FAILED, type(error).__name__) from None
        raise
