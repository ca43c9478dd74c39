"""A folder of files, or one file: what is in it, and each file through the reader of its format. Opens to read only."""

from __future__ import annotations

import errno
import os
import stat
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from enum import Enum, auto
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, BinaryIO, Protocol, cast

from data_map.model import Asset, AssetKind, Reason, Skipped, Source
from scanners.extract.registry import HEAD_BYTES, companion_names, extractor_for
from scanners.sources.base import Listed
from scanners.sources.selection import is_pruned, is_wanted
from scanners.values import Content, Take, UnreadableError

if TYPE_CHECKING:
    from fsspec import AbstractFileSystem

#: Protocols whose file systems have been tried against the real thing.
PROTOCOLS = frozenset({"file", "local", "memory"})

_REASONS = {
    errno.EACCES: Reason.NO_PERMISSION,
    errno.EPERM: Reason.NO_PERMISSION,
    errno.ENOENT: Reason.NOT_FOUND,
    errno.ENOTDIR: Reason.NOT_FOUND,
    errno.ELOOP: Reason.NOT_FOUND,
    errno.ESTALE: Reason.NOT_FOUND,
    errno.EISDIR: Reason.NOT_A_FILE,
    errno.ENXIO: Reason.NOT_A_FILE,
    errno.EBUSY: Reason.LOCKED,
    errno.EAGAIN: Reason.LOCKED,
    errno.ETIMEDOUT: Reason.TIMED_OUT,
    errno.ECONNRESET: Reason.CONNECTION_LOST,
    errno.ECONNABORTED: Reason.CONNECTION_LOST,
    errno.ENOTCONN: Reason.CONNECTION_LOST,
    errno.EPIPE: Reason.CONNECTION_LOST,
    errno.ECONNREFUSED: Reason.CONNECTION_FAILED,
    errno.EHOSTUNREACH: Reason.CONNECTION_FAILED,
    errno.ENETUNREACH: Reason.CONNECTION_FAILED,
}


class FileSource:
    """The files of one folder with all below it, or one file."""

    def __init__(self, source: Source, root: str, include: tuple[str, ...] = (), exclude: tuple[str, ...] = ()) -> None:
        """``root`` is a local path or an fsspec URL; the globs are those of ``selection.is_wanted``.

        Nothing is opened before it is asked for.
        """
        self.source = source
        self._include = include
        self._exclude = exclude
        self._root = root
        self._opened: _Tree | None = None

    def list_assets(self) -> Iterator[Listed | Skipped]:
        """Every file, folder by folder in the order of names; what cannot be looked into, in its place.

        A link to something inside the folder is the same content under another name, and is not listed.

        Raises:
            UnreadableError: the folder itself cannot be opened.
        """
        try:
            root = self._tree.root()
            folders = [self._grouped(self._tree.entries(""))] if root.kind is _Kind.FOLDER else []
        except OSError as error:
            raise unreadable(error) from None
        if not folders:
            if root.kind is not _Kind.FILE:
                raise UnreadableError(Reason.NOT_A_FILE)
            yield from self._outcome(root, self._tree.neighbours(companion_names(root.shown)))
        while folders:
            entry, companions = next(folders[-1], (None, ()))
            if entry is None:
                folders.pop()
            elif entry.kind is not _Kind.FOLDER:
                yield from self._outcome(entry, companions)
            elif not is_pruned(entry.shown, self._exclude):
                try:
                    folders.append(self._grouped(self._tree.entries(entry.path)))
                except OSError as error:
                    yield self._skipped(entry, unreadable(error))

    def read(self, listed: Listed, take: Take) -> Content:
        """Read one file through the reader of its format.

        Raises:
            UnreadableError: it is gone, too large, in a format without a reader, damaged or protected.
        """
        asset = listed.asset
        try:
            with self._tree.open(asset.name) as stream:
                head = stream.read(HEAD_BYTES)
                if not head:
                    return Content(replace(asset, row_count=0), sampling="none")
                beside = _Beside(self._tree, asset.name, cast("tuple[str, ...]", listed.handle or ()), take)
                reader = extractor_for(asset.name, head, beside)
                if stream.seek(0, os.SEEK_END) > take.max_file_bytes:
                    raise UnreadableError(Reason.TOO_LARGE)
                stream.seek(0)
                return reader.extract(stream, asset, take)
        except OSError as error:
            raise unreadable(error) from None

    def close(self) -> None:
        """Forget the file system."""
        self._opened = None

    @property
    def _tree(self) -> _Tree:
        if self._opened is None:
            self._opened = _open_tree(self._root)
        return self._opened

    def _grouped(self, entries: list[_Entry]) -> Iterator[tuple[_Entry, tuple[_Entry, ...]]]:
        """The entries of a folder, each with the files that belong to it, which are then no files of their own."""
        named = {_base(entry.path).lower(): entry for entry in reversed(entries) if entry.kind in _OPENED}
        belonging: dict[str, tuple[_Entry, ...]] = {}
        for entry in entries:
            if entry.kind is _Kind.FILE and is_wanted(entry.shown, self._include, self._exclude):
                wanted = companion_names(_base(entry.path))
                belonging[entry.path] = tuple(named[name] for name in wanted if name in named)
        parts = {part.path for companions in belonging.values() for part in companions}
        for entry in entries:
            if entry.path not in parts:
                yield entry, belonging.get(entry.path, ())

    def _outcome(self, entry: _Entry, companions: Sequence[_Entry]) -> Iterator[Listed | Skipped]:
        """What the listing says of anything but a folder: nothing when it is not wanted, or listed elsewhere."""
        if entry.kind is _Kind.ALIAS or not is_wanted(entry.shown, self._include, self._exclude):
            return
        if entry.problem is not None:
            yield self._skipped(entry, entry.problem)
        elif entry.kind is _Kind.OTHER:
            yield self._skipped(entry, UnreadableError(Reason.NOT_A_FILE))
        else:
            yield Listed(
                Asset(
                    source=self.source.name,
                    name=entry.shown,
                    kind=AssetKind.FILE,
                    size_bytes=entry.size,
                    # What is read of a table with memos changes with them.
                    change_marker="+".join(filter(None, (entry.marker, *(part.marker for part in companions)))) or None,
                ),
                handle=tuple(_base(part.path) for part in companions) or None,
            )

    def _skipped(self, entry: _Entry, problem: UnreadableError) -> Skipped:
        return Skipped(self.source.name, problem.reason, asset=entry.shown, code=problem.code)


def unreadable(error: OSError) -> UnreadableError:
    """The reason behind an operating system's error, with the name of its number and nothing of its message."""
    if error.errno is None:
        by_class = {FileNotFoundError: Reason.NOT_FOUND, PermissionError: Reason.NO_PERMISSION}
        return UnreadableError(by_class.get(type(error), Reason.READER_FAILED))
    return UnreadableError(_REASONS.get(error.errno, Reason.READER_FAILED), errno.errorcode.get(error.errno))


def shown_name(path: str) -> str:
    """A path as an asset's name: verbatim, and a byte that is not UTF-8 as ``\\xNN``."""
    return path.encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace")


class _Kind(Enum):
    FILE = auto()
    FOLDER = auto()
    #: A link to something that is listed under its own name.
    ALIAS = auto()
    #: A socket, a pipe, a device.
    OTHER = auto()


@dataclass(frozen=True, slots=True)
class _Entry:
    """One name in a folder."""

    #: Relative to the root, with ``/`` between names, as the file system gave it.
    path: str
    #: The same as the name of an asset.
    shown: str
    kind: _Kind
    size: int | None = None
    marker: str | None = None
    #: Why it cannot be read, when that shows already.
    problem: UnreadableError | None = None


#: What can be opened below its name.
_OPENED = (_Kind.FILE, _Kind.ALIAS)


class _Tree(Protocol):
    """A file system below one root. All may raise ``OSError`` and ``UnreadableError``."""

    def root(self) -> _Entry: ...
    def entries(self, path: str) -> list[_Entry]: ...
    def open(self, name: str) -> BinaryIO: ...

    def neighbours(self, names: Sequence[str]) -> list[_Entry]:
        """Of a root that is a file: the files beside it with these names (in lower case), in their order."""
        ...

    def open_beside(self, name: str, companion: str) -> BinaryIO:
        """Open a file that lies beside one of the tree's."""
        ...


class _Beside:
    """The companions of one file."""

    def __init__(self, tree: _Tree, name: str, names: tuple[str, ...], take: Take) -> None:
        self.names = names
        self._tree = tree
        self._name = name
        self._most_bytes = take.max_file_bytes

    def open(self, name: str) -> BinaryIO:
        """One of them, under the same limits as any file."""
        if name not in self.names:
            raise UnreadableError(Reason.NOT_FOUND)
        try:
            stream = self._tree.open_beside(self._name, name)
            if stream.seek(0, os.SEEK_END) > self._most_bytes:
                stream.close()
                raise UnreadableError(Reason.TOO_LARGE)
            stream.seek(0)
        except OSError as error:
            raise unreadable(error) from None
        return stream


def _base(path: str) -> str:
    return PurePosixPath(path).name


def _open_tree(root: str) -> _Tree:
    protocol, separator, _ = root.partition("://")
    if not separator:
        return _LocalTree(Path(root))
    if protocol not in PROTOCOLS:
        # Not the text of the URL: it may hold a password.
        raise UnreadableError(Reason.UNSUPPORTED_FORMAT, protocol if protocol.isalnum() else None)
    from fsspec.core import url_to_fs

    fs, path = url_to_fs(root)
    return _LocalTree(Path(path)) if protocol in ("file", "local") else _RemoteTree(fs, path)


class _LocalTree:
    """A folder of this machine. Links, pipes and odd names are why it does not go through fsspec."""

    def __init__(self, root: Path) -> None:
        self._given = root
        #: Without links, so that "inside" can be told from paths alone.
        self._real: Path | None = None

    def root(self) -> _Entry:
        real = self._resolved_root()
        return self._entry("", shown_name(self._given.absolute().name), real.stat())

    def entries(self, path: str) -> list[_Entry]:
        folder = self._resolved_root() / path
        found: list[_Entry] = []
        seen: set[str] = set()
        with os.scandir(folder) as items:
            names = sorted(items, key=lambda item: item.name)
        for item in names:
            inner = f"{path}/{item.name}" if path else item.name
            shown = shown_name(inner)
            try:
                entry = self._entry(inner, shown, item.stat(follow_symlinks=False))
            except OSError as error:
                entry = _Entry(inner, shown, _Kind.OTHER, problem=unreadable(error))
            if shown in seen:
                # Two names, one of them not UTF-8, that are written alike: only the first can be told by its name.
                entry = _Entry(inner, shown, _Kind.OTHER, problem=UnreadableError(Reason.READER_FAILED, "name"))
            seen.add(shown)
            found.append(entry)
        return found

    def open(self, name: str) -> BinaryIO:
        """Open one file without following a link out of the folder and without waiting for a pipe's other end."""
        root = self._resolved_root()
        path = root if root.is_file() else self._resolved(_spelled(root, name))
        if not path.is_relative_to(root):
            raise UnreadableError(Reason.OUTSIDE_ROOT)
        return self._open(path)

    def neighbours(self, names: Sequence[str]) -> list[_Entry]:
        """Only those names are looked up: the folder around the root is not part of the source."""
        root = self._resolved_root()
        if not names or not root.is_file():
            return []
        try:
            there = {name.lower(): name for name in sorted(os.listdir(root.parent), reverse=True)}  # noqa: PTH208
        except OSError:
            return []
        found = []
        for name in (there[name] for name in names if name in there):
            state = (root.parent / name).lstat()
            if stat.S_ISREG(state.st_mode):
                found.append(self._entry(name, shown_name(name), state))
        return found

    def open_beside(self, name: str, companion: str) -> BinaryIO:
        """Beside a root that is a file no link is followed at all."""
        root = self._resolved_root()
        if root.is_file():
            return self._open(root.parent / _base(companion))
        path = self._resolved(_spelled(root, name)).parent / _base(companion)
        path = self._resolved(path)
        if not path.is_relative_to(root):
            raise UnreadableError(Reason.OUTSIDE_ROOT)
        return self._open(path)

    def _open(self, path: Path) -> BinaryIO:
        if not stat.S_ISREG(path.lstat().st_mode):
            raise UnreadableError(Reason.NOT_A_FILE)
        number = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC | os.O_NOCTTY)
        if not stat.S_ISREG(os.fstat(number).st_mode):
            os.close(number)
            raise UnreadableError(Reason.NOT_A_FILE)
        return os.fdopen(number, "rb")

    def _resolved_root(self) -> Path:
        if self._real is None:
            self._real = self._resolved(self._given.absolute())
        return self._real

    def _resolved(self, path: Path) -> Path:
        # ``Path.resolve`` tells a loop of links by RuntimeError before Python 3.13.
        return Path(os.path.realpath(path, strict=True))

    def _entry(self, path: str, shown: str, state: os.stat_result) -> _Entry:
        if stat.S_ISLNK(state.st_mode):
            return self._link(path, shown)
        if stat.S_ISDIR(state.st_mode):
            return _Entry(path, shown, _Kind.FOLDER)
        kind = _Kind.FILE if stat.S_ISREG(state.st_mode) else _Kind.OTHER
        return _Entry(path, shown, kind, state.st_size, f"{state.st_mtime_ns}-{state.st_size}")

    def _link(self, path: str, shown: str) -> _Entry:
        root = self._resolved_root()
        try:
            is_inside = self._resolved(root / path).is_relative_to(root)
        except OSError as error:
            return _Entry(path, shown, _Kind.OTHER, problem=unreadable(error))
        if is_inside:
            return _Entry(path, shown, _Kind.ALIAS)
        return _Entry(path, shown, _Kind.OTHER, problem=UnreadableError(Reason.OUTSIDE_ROOT))


def _spelled(root: Path, name: str) -> Path:
    """The path behind an asset's name: the bytes that are not UTF-8 are put back when nothing is called that."""
    path = root / name
    if "\\x" not in name or os.path.lexists(path):
        return path
    head, *rest = name.split("\\x")
    raw = head + "".join(
        chr(0xDC00 + int(part[:2], 16)) + part[2:] if _is_high_byte(part[:2]) else "\\x" + part for part in rest
    )
    return root / raw


def _is_high_byte(digits: str) -> bool:
    return len(digits) == 2 and digits[0] in "89abcdef" and digits[1] in "0123456789abcdef"


class _RemoteTree:
    """A file system that fsspec knows."""

    #: What file systems call that which changes with the content, best first.
    _MARKERS = ("ETag", "mtime", "LastModified", "last_modified", "modified", "created")

    def __init__(self, fs: AbstractFileSystem, root: str) -> None:
        self._fs = fs
        self._root = root.rstrip("/")

    def root(self) -> _Entry:
        return self._entry(self._fs.info(self._root or "/"), "", self._root.rpartition("/")[2])

    def entries(self, path: str) -> list[_Entry]:
        found = {}
        for info in self._fs.ls(self._full(path) or "/", detail=True):
            inner = str(info["name"]).rstrip("/").removeprefix(self._root).lstrip("/")
            if inner != path:
                found[inner] = self._entry(info, inner, inner)
        return [found[inner] for inner in sorted(found)]

    def open(self, name: str) -> BinaryIO:
        path = self._root if self._fs.isfile(self._root) else self._full(name)
        return cast(BinaryIO, self._fs.open(path, "rb"))

    def neighbours(self, names: Sequence[str]) -> list[_Entry]:
        return []

    def open_beside(self, name: str, companion: str) -> BinaryIO:
        return self.open(f"{name.rpartition('/')[0]}/{_base(companion)}".lstrip("/"))

    def _full(self, path: str) -> str:
        return f"{self._root}/{path}" if path else self._root

    def _entry(self, info: dict[str, object], path: str, shown: str) -> _Entry:
        if info.get("type") == "directory":
            return _Entry(path, shown, _Kind.FOLDER)
        size = info.get("size")
        version = next((str(info[key]) for key in self._MARKERS if info.get(key)), None)
        return _Entry(
            path,
            shown,
            _Kind.FILE if info.get("type") == "file" else _Kind.OTHER,
            size if isinstance(size, int) else None,
            f"{version}-{size}" if version else None,
        )
