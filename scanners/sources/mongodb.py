"""A MongoDB as a source: collections as assets, documents as paths. Sends nothing but commands that read."""

from __future__ import annotations

import random
import re
import uuid
import warnings
from collections import deque
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from itertools import islice
from typing import TYPE_CHECKING, Any, cast

from data_map.model import Asset, AssetKind, Reason, Skipped, Source
from scanners.extract.header import is_nameable
from scanners.extract.structured import Paths
from scanners.sources.base import Listed, Rights
from scanners.sources.selection import is_wanted
from scanners.sources.wire import is_this_machine
from scanners.values import VALUE_CHARS, Content, Take, UnreadableError

if TYPE_CHECKING:
    from pymongo import MongoClient
    from pymongo.collection import Collection
    from sqlalchemy.engine import URL

#: The server's own.
_SYSTEM = frozenset({"admin", "config", "local"})

#: Seconds until a server has to be found, and a connection opened.
_CONNECT_S = 10.0

#: Documents fetched at a time, and the size of what is held at a time before it is counted.
_BATCH_DOCUMENTS = 500
_CHUNK_BYTES = 8 * 2**20

#: Levels and values of one document that are looked at. MongoDB itself allows 100 levels.
_LEVELS = 100
_LEAVES = 100_000

#: Places at which a large collection is read, and how often one is sought between two keys.
_RANGES = 16
_TRIES = 3

#: From this many times the wanted size on the server draws a sample without reading everything (manual of $sample).
_SAMPLE_RATIO = 20

#: Actions of roles that change something.
_WRITES = frozenset(
    {
        "anyAction",
        "collMod",
        "createCollection",
        "createIndex",
        "dropCollection",
        "dropDatabase",
        "dropIndex",
        "insert",
        "remove",
        "renameCollectionSameDB",
        "update",
    }
)

#: Numbers of the server's errors (its error_codes.yml) → what they mean. All others: the query was refused.
_REASONS = {
    11: Reason.NO_PERMISSION,  # UserNotFound
    13: Reason.NO_PERMISSION,  # Unauthorized
    18: Reason.NO_PERMISSION,  # AuthenticationFailed
    8000: Reason.NO_PERMISSION,  # AtlasError: what Atlas says to a wrong password
    24: Reason.LOCKED,  # LockTimeout
    46: Reason.LOCKED,  # LockBusy
    26: Reason.NOT_FOUND,  # NamespaceNotFound
    73: Reason.NOT_FOUND,  # InvalidNamespace
    175: Reason.NOT_FOUND,  # QueryPlanKilled: the collection was dropped in the middle
    50: Reason.TIMED_OUT,  # MaxTimeMSExpired
    262: Reason.TIMED_OUT,  # ExceededTimeLimit
    43: Reason.CONNECTION_LOST,  # CursorNotFound
    91: Reason.CONNECTION_LOST,  # ShutdownInProgress
    11600: Reason.CONNECTION_LOST,  # InterruptedAtShutdown
    133: Reason.CONNECTION_FAILED,  # FailedToSatisfyReadPreference
}


@dataclass(frozen=True, slots=True)
class Namespace:
    """Where a collection is, and how it may be read."""

    database: str
    collection: str
    #: ``collection``, ``view`` or ``timeseries``.
    type: str = "collection"


class MongoSource:
    """The collections of one database, or of all that are not the server's own."""

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
        """``views`` also lists views. Nothing is opened before it is asked for."""
        self.source = source
        self._url = url
        self._include = include
        self._exclude = exclude
        self._views = views
        self._timeout_s = timeout_s
        self._client: MongoClient[dict[str, Any]] | None = None

    def list_assets(self) -> Iterator[Listed | Skipped]:
        """Collections, time series, and views when they are wanted, of each database in the order of names.

        Raises:
            UnreadableError: no connection, or the databases cannot be listed.
        """
        if self._url.database:
            databases = [self._url.database]
        else:
            with _failing():
                databases = sorted(set(self._open().list_database_names()) - _SYSTEM)
        for database in databases:
            try:
                with _failing():
                    found = self._collections(database)
            except UnreadableError as error:
                if len(databases) == 1 or error.reason in (Reason.CONNECTION_FAILED, Reason.CONNECTION_LOST):
                    raise
                yield Skipped(self.source.name, error.reason, f"{database}.(collections)", code=error.code)
                continue
            for namespace in found:
                name = f"{database}.{namespace.collection}"
                if not is_wanted(name, self._include, self._exclude):
                    continue
                kind = AssetKind.VIEW if namespace.type == "view" else AssetKind.COLLECTION
                with _failing():
                    count, size = (None, None) if kind is AssetKind.VIEW else self._sizes(namespace)
                yield Listed(Asset(self.source.name, name, kind, count, size), handle=namespace)

    def read(self, listed: Listed, take: Take) -> Content:
        """A sample of one collection, or all of it when it is small or ``take.rows`` is None.

        Raises:
            UnreadableError: the server refuses, is too slow, or is gone.
        """
        namespace = cast("Namespace", listed.handle)
        with _failing():
            documents, sampling = self._documents(namespace, listed.asset.row_count, take)
            try:
                return _content(documents, sampling, listed.asset, take)
            finally:
                documents.close()

    def rights(self) -> Rights:
        """What the account's roles let it do. A server without access control lets everybody do everything."""
        with _failing():
            client = self._open()
            answer = client.admin.command(
                "connectionStatus", showPrivileges=True, maxTimeMS=_milliseconds(self._timeout_s)
            )
            info = answer.get("authInfo")
            if not isinstance(info, Mapping):
                return Rights(None, None, None, self._is_encrypted())
            if not info.get("authenticatedUsers"):
                is_open = self._is_open_to_all()
                return Rights(None, is_open, is_open, self._is_encrypted())
            roles = {(role.get("db"), role.get("role")) for role in info.get("authenticatedUserRoles", ())}
            privileges = info.get("authenticatedUserPrivileges", ())
            is_superuser = bool(roles & {("admin", "root"), ("admin", "__system")})
            may_write = is_superuser or any(
                _WRITES.intersection(privilege.get("actions", ())) and _is_about_data(privilege.get("resource", {}))
                for privilege in privileges
            )
            return Rights(None, may_write, is_superuser, self._is_encrypted())

    def close(self) -> None:
        """Close the connections."""
        if self._client is not None:
            self._client.close()
            self._client = None

    def _open(self) -> MongoClient[dict[str, Any]]:
        if self._client is None:
            try:
                from bson.codec_options import DatetimeConversion
                from pymongo import MongoClient
            except ImportError:
                raise UnreadableError(Reason.MISSING_EXTRA, "privacy-inventory[mongodb]") from None
            given = {key.lower() for key in self._url.query}
            # The address itself may say otherwise.
            defaults: dict[str, Any] = {
                "readPreference": "secondaryPreferred",
                "serverSelectionTimeoutMS": _milliseconds(_CONNECT_S),
                "connectTimeoutMS": _milliseconds(_CONNECT_S),
                # A little later than the server, whose own answer says more.
                "socketTimeoutMS": _milliseconds(self._timeout_s + 5),
                "appname": "privacy scan",
            }
            options = {key: value for key, value in defaults.items() if key.lower() not in given}
            if self._url.username:
                options |= {"username": self._url.username, "password": self._url.password}
            with warnings.catch_warnings():
                # Of an option that it does not know the driver only warns, and leaves it out: TLS, for example.
                warnings.simplefilter("error", UserWarning)
                try:
                    self._client = MongoClient(
                        _address(self._url),
                        **options,
                        retryWrites=False,
                        maxPoolSize=2,
                        tz_aware=False,
                        uuidRepresentation="standard",
                        unicode_decode_error_handler="replace",
                        datetime_conversion=DatetimeConversion.DATETIME_AUTO.name,
                    )
                except UserWarning:
                    raise UnreadableError(Reason.CONNECTION_FAILED, "address") from None
        return self._client

    def _collections(self, database: str) -> list[Namespace]:
        from pymongo.errors import OperationFailure

        found = []
        handle, limit = self._open()[database], _milliseconds(self._timeout_s)
        try:
            listed = list(handle.list_collections(maxTimeMS=limit))
        except OperationFailure as error:
            if _reason(error)[0] is not Reason.NO_PERMISSION:
                raise
            # Without the right to list all, an account is still told of those that it may read.
            listed = list(handle.list_collections(nameOnly=True, authorizedCollections=True, maxTimeMS=limit))
        for each in listed:
            name, type_ = str(each.get("name", "")), str(each.get("type", "collection"))
            if not name or name.startswith("system.") or (type_ == "view" and not self._views):
                continue
            found.append(Namespace(database, name, type_))
        return sorted(found, key=lambda each: each.collection)

    def _sizes(self, namespace: Namespace) -> tuple[int | None, int | None]:
        """How many documents and bytes; estimates are welcome, not needed."""
        from pymongo.errors import AutoReconnect, PyMongoError

        count = size = None
        try:
            collection = self._collection(namespace)
            count = collection.estimated_document_count(maxTimeMS=_milliseconds(self._timeout_s))
            (stats,) = collection.aggregate(
                [{"$collStats": {"storageStats": {}}}], maxTimeMS=_milliseconds(self._timeout_s)
            )
            size = stats["storageStats"]["size"]
        except AutoReconnect:
            raise
        except (PyMongoError, LookupError, TypeError, ValueError):
            pass
        return count if isinstance(count, int) else None, int(size) if isinstance(size, int | float) else None

    def _collection(self, namespace: Namespace) -> Collection[dict[str, Any]]:
        return self._open()[namespace.database][namespace.collection]

    def _documents(self, namespace: Namespace, count: int | None, take: Take) -> tuple[_Documents, str]:
        collection = self._collection(namespace)
        if take.rows is None:
            # No time-out for the whole: that of the connection holds for each batch.
            return _Documents(collection.find({}, batch_size=_BATCH_DOCUMENTS)), "all"
        limit = _milliseconds(take.timeout_s)
        # The server's number is an estimate: whether a collection is read whole is decided by its documents.
        beyond = collection.find({}, {"_id": 1}, max_time_ms=limit).skip(take.rows).limit(1)
        is_small = next(iter(beyond), None) is None
        if is_small or namespace.type == "view":
            cursor = collection.find({}, batch_size=_BATCH_DOCUMENTS, max_time_ms=limit).limit(take.rows)
            return _Documents(cursor), "all" if is_small else "head"
        if namespace.type == "collection":
            index = _Index(collection, limit)
            ranges = index.ranges(random.Random(take.seed))  # noqa: S311 - chooses documents, guards nothing
            if len(ranges) > 1:
                return _Documents(index.read(ranges, take.rows)), "key_ranges"
        if count is not None and count >= take.rows * _SAMPLE_RATIO:
            drawn = collection.aggregate(
                [{"$sample": {"size": take.rows}}], batchSize=_BATCH_DOCUMENTS, maxTimeMS=limit
            )
            return _Documents(drawn), "random"
        cursor = collection.find({}, batch_size=_BATCH_DOCUMENTS, max_time_ms=limit).limit(take.rows)
        return _Documents(cursor), "head"

    def _is_open_to_all(self) -> bool:
        """Whether somebody who has not logged in is let in."""
        from pymongo.errors import OperationFailure

        try:
            self._open().admin.command("listDatabases", nameOnly=True, maxTimeMS=_milliseconds(self._timeout_s))
        except OperationFailure as error:
            if _reason(error)[0] is Reason.NO_PERMISSION:
                return False
            raise
        return True

    def _is_encrypted(self) -> bool:
        options = {key.lower(): str(value).lower() for key, value in self._url.query.items()}
        told = options.get("tls", options.get("ssl"))
        if told == "true" or (told is None and self._url.drivername == "mongodb+srv"):
            return True
        # With a port, or in brackets, or neither.
        hosts = [re.sub(r":\d+$", "", host) for host in (self._url.host or "").split(",")]
        return self._url.drivername == "mongodb" and all(map(is_this_machine, hosts))


class _Documents:
    """Documents from a cursor or a generator, which is closed in the end."""

    def __init__(self, origin: Any) -> None:
        self._origin = origin

    def __iter__(self) -> Iterator[Mapping[str, Any]]:
        return iter(self._origin)

    def close(self) -> None:
        self._origin.close()


@dataclass(frozen=True, slots=True, repr=False)  # keys are values
class _Range:
    """Documents whose ``_id`` is one from ``low`` to ``high``, which both occur."""

    low: Any
    high: Any


class _Index:
    """The index that every collection has, cut at random points between keys that occur."""

    def __init__(self, collection: Collection[dict[str, Any]], limit_ms: int) -> None:
        self._collection = collection
        self._limit_ms = limit_ms

    def ranges(self, rng: random.Random) -> list[_Range]:
        """At most ``_RANGES``, one when the keys are of a type that has no points between."""
        low, high = self._first({}, 1), self._first({}, -1)
        # Keys of one type follow each other: where the first and the last are of one, all are.
        if low is None or high is None or _number(low) is None or not _is_alike(low, high):
            return []
        waiting, done = deque([_Range(low, high)]), list[_Range]()
        while waiting and len(waiting) + len(done) < _RANGES:
            each = waiting.popleft()
            points = [between(each.low, each.high, rng) for _ in range(_TRIES)]
            halves = next(filter(None, (self._halves(each, point) for point in points if point is not None)), None)
            waiting.extend(halves or [])
            done.extend([] if halves else [each])
        return [*done, *waiting]

    def read(self, ranges: list[_Range], rows: int) -> Iterator[Mapping[str, Any]]:
        """At most ``rows`` documents, as many of each range as there are, up to its share."""
        wanted, unread = rows, []
        share = -(-rows // len(ranges))
        for each in ranges:
            last, count = None, 0
            for document in self._within({"$gte": each.low, "$lte": each.high}, min(share, wanted)):
                last, count = document.get("_id"), count + 1
                yield document
            wanted -= count
            if count == share:
                unread.append((each, last))
        for each, last in unread:  # where others had fewer than their share
            if not wanted:
                return
            for document in self._within({"$gt": last, "$lte": each.high}, wanted):
                wanted -= 1
                yield document

    def _within(self, condition: dict[str, Any], rows: int) -> Iterator[Mapping[str, Any]]:
        if rows > 0:
            found = self._collection.find({"_id": condition}, batch_size=_BATCH_DOCUMENTS, max_time_ms=self._limit_ms)
            yield from found.sort("_id", 1).limit(rows)

    def _halves(self, each: _Range, point: Any) -> list[_Range] | None:
        high = self._first({"$gte": each.low, "$lt": point}, -1)
        low = self._first({"$gte": point, "$lte": each.high}, 1)
        return None if low is None or high is None else [_Range(each.low, high), _Range(low, each.high)]

    def _first(self, condition: dict[str, Any], order: int) -> Any:
        found = self._collection.find({"_id": condition} if condition else {}, {"_id": 1}, max_time_ms=self._limit_ms)
        document = next(iter(found.sort("_id", order).limit(1)), None)
        return None if document is None else document.get("_id")


def between(low: Any, high: Any, rng: random.Random) -> Any:
    """A random key above ``low`` and not above ``high``; None for types that have no keys between, or no order."""
    first, last = _number(low), _number(high)
    if first is None or last is None or not _is_alike(low, high) or not low < high:
        return None
    if isinstance(low, float) or isinstance(high, float):
        point = low + (high - low) * rng.random()
        return point if low < point <= high else None
    if isinstance(low, str):
        pairs = enumerate(zip(low, high, strict=False))
        same = next((place for place, pair in pairs if pair[0] != pair[1]), len(low))
        rest = [_digits(text[same : same + 8]) for text in (low, high)]
        drawn = rng.randint(rest[0] + 1, rest[1]) if rest[0] < rest[1] else rest[1]
        text = high[:same] + "".join(chr(min(drawn >> (7 * place) & 127, 126)) for place in range(7, -1, -1))
        text = text.rstrip("\0")
        return text if low < text <= high else None
    number = rng.randint(int(first) + 1, int(last))
    if isinstance(low, int):
        return number
    if isinstance(low, uuid.UUID):
        return uuid.UUID(int=number)
    return type(low)(number.to_bytes(12, "big"))


def _is_alike(low: Any, high: Any) -> bool:
    return type(low) is type(high) or (isinstance(low, int | float) and isinstance(high, int | float))


def _digits(text: str) -> int:
    """The first eight characters as one number that orders as they do; beyond ASCII they count as the last one."""
    return sum(min(ord(char), 126) << (7 * (7 - place)) for place, char in enumerate(text))


def _number(key: Any) -> float | None:
    """A number that orders as the key does; None for types that are not cut."""
    from bson import ObjectId

    if isinstance(key, bool):
        return None
    if isinstance(key, int | float):
        return key
    if isinstance(key, str):
        return 0 if not key else _digits(key[:8])
    if isinstance(key, uuid.UUID):
        return key.int
    return int.from_bytes(key.binary, "big") if isinstance(key, ObjectId) else None


def _content(documents: _Documents, sampling: str, asset: Asset, take: Take) -> Content:
    paths = Paths(asset, take, is_nameable)
    count = size = deep = 0
    rows = iter(documents)
    is_done = False
    while not is_done:
        chunk: list[Mapping[str, Any]] = []
        held = 0
        while held < _CHUNK_BYTES:
            batch = next(rows, None)
            if batch is None:
                is_done = True
                break
            plain = Plain()
            chunk.append(cast("dict[str, Any]", plain.of(batch)))
            held += plain.size
            deep += plain.is_cut
        count += len(chunk)
        size += held
        # All values at a path are best seen together; of documents that are very large only some fit into memory.
        paths.look(chunk, "", 0)
    for column in paths.columns.values():
        if column.field.ref.field == "_id":
            column.field = replace(column.field, is_nullable=False, is_primary_key=True, is_unique=True)
    skipped = list(paths.skipped)
    if deep:
        skipped.append(Skipped(asset.source, Reason.TOO_MANY_PARTS, asset.name, "(large documents)", f"{deep}"))
    is_whole = sampling == "all" and paths.is_whole and not deep
    if not count:
        return Content(replace(asset, row_count=0), sampling="none")
    return Content(
        asset=replace(asset, row_count=count) if sampling == "all" else asset,
        columns=list(paths.columns.values()),
        skipped=skipped,
        rows_read=count,
        bytes_read=size,
        is_whole=is_whole,
        sampling="head" if sampling == "all" and not is_whole else sampling,
    )


class Plain:
    """A document with values that every reader knows: what is special to BSON is spelled as text."""

    def __init__(self) -> None:
        #: Bytes, roughly.
        self.size = 0
        #: Whether levels or values were left out because there are too many of them.
        self.is_cut = False
        self._left = _LEAVES

    def of(self, value: Any, level: int = 0) -> Any:
        """A value from a document, cut where it is longer than is looked at."""
        from bson import Code, DatetimeMS, DBRef, Regex, Timestamp

        self._left -= 1
        if isinstance(value, DBRef):
            value = value.as_doc()
        elif isinstance(value, Code) and value.scope:
            value = {"$code": str.__str__(value), "$scope": value.scope}
        if isinstance(value, Mapping | list):
            if level >= _LEVELS or self._left <= 0:
                self.is_cut = True
                return None
            self.is_cut |= len(value) > self._left
            if isinstance(value, list):
                return [self.of(each, level + 1) for each in islice(value, max(0, self._left))]
            return {self._key(key): self.of(value[key], level + 1) for key in islice(value, max(0, self._left))}
        self.size += 16
        if isinstance(value, str):
            value = str.__str__(value)[: VALUE_CHARS + 1]
            self.size += len(value)
        elif isinstance(value, bytes):
            value = bytes(value[:VALUE_CHARS])
            self.size += len(value)
        elif isinstance(value, Regex):
            value = value.pattern if isinstance(value.pattern, str) else value.pattern.decode("utf-8", "replace")
            self.size += len(value)
        elif isinstance(value, Timestamp):
            value = value.as_datetime().replace(tzinfo=None)
        elif isinstance(value, DatetimeMS):
            value = str(int(value))
        elif value is not None and not isinstance(value, bool | int | float) and not hasattr(value, "isoformat"):
            value = str(value)  # ObjectId, Decimal128, UUID, MinKey, MaxKey
        return value

    def _key(self, key: Any) -> str:
        text = str(key)[: VALUE_CHARS + 1]
        self.size += len(text)
        return text


def _is_about_data(resource: Mapping[str, Any]) -> bool:
    """Whether a privilege's resource may be a collection with data: not the server's own, nor the cluster itself."""
    if resource.get("anyResource"):
        return True
    database = resource.get("db")
    return isinstance(database, str) and (not database or database not in _SYSTEM)


def _address(url: URL) -> str:
    """The address without a login, which is handed over apart, so that it stands in no message."""
    from urllib.parse import quote, urlencode

    options = urlencode({key: value for key, value in url.query.items() if isinstance(value, str)})
    return f"{url.drivername}://{url.host}/{quote(url.database or '', safe='')}" + (f"?{options}" if options else "")


def _milliseconds(seconds: float) -> int:
    return max(1, round(seconds * 1000))


@contextmanager
def _failing() -> Iterator[None]:
    """Turns what the driver raises into ``UnreadableError``."""
    try:
        yield
    except UnreadableError:
        raise
    except Exception as error:
        found = _reason(error)
        if found[0] is None:
            raise
        raise UnreadableError(found[0], found[1]) from None


def _reason(error: Exception) -> tuple[Reason | None, str | None]:
    """What an error of the driver means, and its number; never its message. None for what is no error of the driver."""
    from bson.errors import BSONError
    from pymongo import errors

    if isinstance(error, errors.ServerSelectionTimeoutError):
        return Reason.CONNECTION_FAILED, None
    if isinstance(error, errors.NetworkTimeout | errors.WTimeoutError):
        return Reason.TIMED_OUT, None
    if isinstance(error, errors.AutoReconnect):
        return Reason.CONNECTION_LOST, None
    if isinstance(error, errors.OperationFailure):
        return _REASONS.get(error.code or 0, Reason.QUERY_FAILED), None if error.code is None else str(error.code)
    if isinstance(error, errors.ConfigurationError):
        return Reason.CONNECTION_FAILED, "address"
    if isinstance(error, BSONError | errors.ProtocolError):
        return Reason.DAMAGED, "bson"
    if isinstance(error, errors.PyMongoError):
        return Reason.READER_FAILED, type(error).__name__
    return None, None
