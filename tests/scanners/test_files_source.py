from __future__ import annotations

import os
import shutil
import socket
import stat
import tempfile
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path

import fsspec  # type: ignore[import-untyped]
import pytest

from data_map.model import AssetKind, Reason, Skipped, Source
from scanners.extract.registry import READERS
from scanners.sources.base import Listed
from scanners.sources.files import FileSource
from scanners.sources.selection import is_pruned, is_wanted
from scanners.values import Take, UnreadableError

TAKE = Take(rows=100)


def opened(root: str | Path, **globs: tuple[str, ...]) -> FileSource:
    return FileSource(Source("share", "files", str(root)), str(root), **globs)


def listing(source: FileSource) -> list[str | tuple[str | None, Reason, str | None]]:
    return [
        (item.asset, item.reason, item.code) if isinstance(item, Skipped) else item.asset.name
        for item in source.list_assets()
    ]


def listed(source: FileSource, name: str) -> Listed:
    return next(item for item in source.list_assets() if isinstance(item, Listed) and item.asset.name == name)


def touch(root: Path, *names: str) -> None:
    for name in names:
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text("id,name\n1,Jane\n2,Bob\n")


def test_everything_in_order(tmp_path: Path) -> None:
    touch(tmp_path, "b.csv", "a/z.csv", "a/b/c.csv", "c/x", ".hidden/y.csv", "a.csv")
    (tmp_path / "empty folder").mkdir()
    source = opened(tmp_path)
    assert listing(source) == [".hidden/y.csv", "a/b/c.csv", "a/z.csv", "a.csv", "b.csv", "c/x"]
    assert listing(source) == listing(opened(f"file://{tmp_path}")) == listing(opened(f"{tmp_path}/"))
    item = listed(source, "a/z.csv")
    state = (tmp_path / "a/z.csv").stat()
    assert (item.asset.source, item.asset.kind, item.asset.size_bytes) == ("share", AssetKind.FILE, state.st_size)
    assert item.asset.change_marker == f"{state.st_mtime_ns}-{state.st_size}"
    content = source.read(item, TAKE)
    assert [list(column.counts) for column in content.columns] == [["1", "2"], ["Jane", "Bob"]]
    assert str(content.columns[1].field.ref) == "share:a/z.csv#name"
    source.close()
    source.close()


def test_one_file(tmp_path: Path) -> None:
    touch(tmp_path, "a.csv", "b.csv")
    (tmp_path / "latest.csv").symlink_to("a.csv")
    for name in ("a.csv", "latest.csv"):
        source = opened(tmp_path / name)
        assert listing(source) == [name]
        assert source.read(listed(source, name), TAKE).rows_read == 2


def test_a_link_to_a_folder_as_root(tmp_path: Path) -> None:
    touch(tmp_path, "real/a.csv")
    (tmp_path / "link").symlink_to("real")
    assert listing(opened(tmp_path / "link")) == ["a.csv"]


def test_globs(tmp_path: Path) -> None:
    touch(tmp_path, "a.csv", "sub/b.csv", "sub/c.txt", "old/d.csv", "A.CSV")
    assert listing(opened(tmp_path, include=("*.csv",))) == ["a.csv", "old/d.csv", "sub/b.csv"]
    assert listing(opened(tmp_path, include=("*.csv",), exclude=("old/*",))) == ["a.csv", "sub/b.csv"]
    assert listing(opened(tmp_path, exclude=("*",))) == []


@pytest.mark.parametrize(
    ("name", "include", "exclude", "expected"),
    [
        ("a/b.csv", (), (), True),
        ("a/b.csv", ("*.csv",), (), True),
        ("a/b.CSV", ("*.csv",), (), False),
        ("a/b.csv", ("b.csv",), (), False),
        ("a/b.csv", ("a/?.csv",), (), True),
        ("a/b.csv", ("*",), ("a/*",), False),
        ("a/b\n.csv", ("*.csv",), (), True),
        ("[x].csv", ("[[]x].csv",), (), True),
    ],
)
def test_is_wanted(name: str, include: tuple[str, ...], exclude: tuple[str, ...], expected: bool) -> None:
    assert is_wanted(name, include, exclude) is expected


def test_is_pruned() -> None:
    assert is_pruned("a/old", ["a/old/*"])
    assert is_pruned("a/old", ["*old/*"])
    assert not is_pruned("a/old", ["a/old/x*"])
    assert not is_pruned("a/old", ["*.csv"])


def test_an_empty_file_is_an_asset(tmp_path: Path) -> None:
    (tmp_path / "a.docx").touch()
    source = opened(tmp_path)
    content = source.read(listed(source, "a.docx"), TAKE)
    assert (content.sampling, content.asset.row_count, content.columns, content.is_whole) == ("none", 0, [], True)


def test_links(tmp_path: Path) -> None:
    root = tmp_path / "root"
    touch(root, "a.csv", "sub/b.csv")
    touch(tmp_path, "outside/secret.csv")
    (root / "broken").symlink_to("nowhere")
    (root / "inside.csv").symlink_to("sub/b.csv")
    (root / "inside dir").symlink_to("sub")
    (root / "loop").symlink_to(".")
    (root / "knot1").symlink_to("knot2")
    (root / "knot2").symlink_to("knot1")
    (root / "out.csv").symlink_to("../outside/secret.csv")
    (root / "out dir").symlink_to(tmp_path / "outside")
    (root / "up").symlink_to("..")
    (root / "twin").symlink_to(f"{root}2")
    Path(f"{root}2").mkdir()
    assert listing(opened(root)) == [
        "a.csv",
        ("broken", Reason.NOT_FOUND, "ENOENT"),
        ("knot1", Reason.NOT_FOUND, "ELOOP"),
        ("knot2", Reason.NOT_FOUND, "ELOOP"),
        ("out dir", Reason.OUTSIDE_ROOT, None),
        ("out.csv", Reason.OUTSIDE_ROOT, None),
        "sub/b.csv",
        ("twin", Reason.OUTSIDE_ROOT, None),
        ("up", Reason.OUTSIDE_ROOT, None),
    ]


def test_a_file_that_becomes_something_else_before_it_is_read(tmp_path: Path) -> None:
    root = tmp_path / "root"
    touch(root, "a.csv", "sub/b.csv")
    touch(tmp_path, "outside/b.csv")
    source = opened(root)
    item = listed(source, "a.csv")
    inner = listed(source, "sub/b.csv")

    def reason(of: Listed) -> tuple[Reason, str | None]:
        with pytest.raises(UnreadableError) as caught:
            source.read(of, TAKE)
        return caught.value.reason, caught.value.code

    (root / "a.csv").unlink()
    assert reason(item) == (Reason.NOT_FOUND, "ENOENT")
    (root / "a.csv").symlink_to(tmp_path / "outside/b.csv")
    assert reason(item) == (Reason.OUTSIDE_ROOT, None)
    (root / "a.csv").unlink()
    os.mkfifo(root / "a.csv")
    assert reason(item) == (Reason.NOT_A_FILE, None)
    (root / "a.csv").unlink()
    (root / "a.csv").mkdir()
    assert reason(item) == (Reason.NOT_A_FILE, None)
    shutil.rmtree(root / "sub")
    (root / "sub").symlink_to(tmp_path / "outside")
    assert reason(inner) == (Reason.OUTSIDE_ROOT, None)


@pytest.mark.timeout(20)
def test_pipes_and_sockets_are_never_opened(tmp_path: Path) -> None:
    touch(tmp_path, "a.csv")
    os.mkfifo(tmp_path / "pipe.csv")
    with socket.socket(socket.AF_UNIX) as server:
        here = os.open(tmp_path, os.O_RDONLY)
        try:
            server.bind(f"/proc/self/fd/{here}/s" if Path("/proc/self/fd").exists() else str(tmp_path / "s"))
        finally:
            os.close(here)
        assert listing(opened(tmp_path)) == [
            "a.csv",
            ("pipe.csv", Reason.NOT_A_FILE, None),
            ("s", Reason.NOT_A_FILE, None),
        ]
    with pytest.raises(UnreadableError) as caught:
        list(opened(tmp_path / "pipe.csv").list_assets())
    assert caught.value.reason is Reason.NOT_A_FILE


@pytest.fixture
def open_folder() -> Iterator[Path]:
    """A folder that another account can reach, which it cannot below pytest's own."""
    folder = Path(tempfile.mkdtemp())
    folder.chmod(0o755)
    yield folder
    for path in sorted(folder.rglob("*")):
        if path.is_dir():
            path.chmod(stat.S_IRWXU)
    shutil.rmtree(folder)


@pytest.fixture
def _nobody() -> Iterator[None]:
    """Give up root's power to read everything, for one test."""
    is_root = os.geteuid() == 0
    if is_root:
        for module in READERS.values():
            import_module(module.partition(":")[0])
        try:
            os.seteuid(65534)
        except OSError:
            pytest.skip("root that cannot become another account reads everything")
    yield
    if is_root:
        os.seteuid(0)


@pytest.fixture
def forbidden(open_folder: Path) -> Path:
    touch(open_folder, "a.csv", "closed/b.csv", "shut.csv", "z.csv")
    (open_folder / "closed").chmod(0)
    (open_folder / "shut.csv").chmod(0)
    return open_folder


@pytest.mark.usefixtures("_nobody")
class TestPermissions:
    """What the account may not read is told of, and the rest goes on."""

    @pytest.fixture(autouse=True)
    def _order(self, forbidden: Path, _nobody: None) -> None:
        self.root = forbidden

    def test_listing(self) -> None:
        assert listing(opened(self.root)) == [
            "a.csv",
            ("closed", Reason.NO_PERMISSION, "EACCES"),
            "shut.csv",
            "z.csv",
        ]
        assert listing(opened(self.root, exclude=("closed/*", "shut*"))) == ["a.csv", "z.csv"]

    def test_reading(self) -> None:
        source = opened(self.root)
        with pytest.raises(UnreadableError) as caught:
            source.read(listed(source, "shut.csv"), TAKE)
        assert (caught.value.reason, caught.value.code) == (Reason.NO_PERMISSION, "EACCES")
        assert "shut" not in str(caught.value)
        assert caught.value.__suppress_context__
        assert source.read(listed(source, "z.csv"), TAKE).rows_read == 2

    def test_the_root(self) -> None:
        with pytest.raises(UnreadableError) as caught:
            list(opened(self.root / "closed").list_assets())
        assert caught.value.reason is Reason.NO_PERMISSION


def test_no_such_folder(tmp_path: Path) -> None:
    for root in (f"{tmp_path}/none", f"file://{tmp_path}/none", "memory://none/such"):
        with pytest.raises(UnreadableError) as caught:
            list(opened(root).list_assets())
        assert caught.value.reason is Reason.NOT_FOUND


def test_a_url_of_another_kind_is_refused_without_its_text() -> None:
    with pytest.raises(UnreadableError) as caught:
        list(opened("ftp://jane:geheim@host/x").list_assets())
    assert (caught.value.reason, caught.value.code) == (Reason.UNSUPPORTED_FORMAT, "ftp")
    assert "geheim" not in repr(caught.value)


@pytest.mark.parametrize(
    "name",
    ["[bold red]x[/].csv", "\x1b[31mred.csv", "new\nline.csv", "=cmd().csv", "a::b.csv", "*?.csv", "#%: .csv", "~.csv"],
)
def test_names_stay_verbatim(tmp_path: Path, name: str) -> None:
    touch(tmp_path, name)
    source = opened(tmp_path)
    assert listing(source) == [name]
    assert source.read(listed(source, name), TAKE).rows_read == 2


def test_names_that_are_not_utf8(tmp_path: Path) -> None:
    folder = os.fsencode(tmp_path) + b"/M\xfcller"
    try:
        Path(os.fsdecode(folder)).mkdir()
    except OSError:
        pytest.skip("this file system has no such names")
    for name in (b"/caf\xe9.csv", b"/caf\\xe9 too.csv"):
        Path(os.fsdecode(folder + name)).write_text("id,name\n1,Jane\n")
    source = opened(tmp_path)
    assert listing(source) == ["M\\xfcller/caf\\xe9 too.csv", "M\\xfcller/caf\\xe9.csv"]
    for item in source.list_assets():
        assert isinstance(item, Listed)
        item.asset.name.encode()
    assert source.read(listed(source, "M\\xfcller/caf\\xe9.csv"), TAKE).rows_read == 1


def test_two_names_written_alike(tmp_path: Path) -> None:
    try:
        Path(os.fsdecode(os.fsencode(tmp_path) + b"/\xe9.csv")).touch()
    except OSError:
        pytest.skip("this file system has no such names")
    touch(tmp_path, "\\xe9.csv")
    source = opened(tmp_path)
    assert listing(source) == ["\\xe9.csv", ("\\xe9.csv", Reason.READER_FAILED, "name")]
    assert source.read(listed(source, "\\xe9.csv"), TAKE).rows_read == 2


def test_deep_folders(tmp_path: Path) -> None:
    deep = tmp_path / "/".join("d" * 500)
    deep.mkdir(parents=True)
    touch(deep, "a.csv")
    assert listing(opened(tmp_path)) == ["/".join("d" * 500) + "/a.csv"]


def test_nothing_is_changed(tmp_path: Path) -> None:
    touch(tmp_path, "a.csv", "b/c.csv")

    def state() -> list[tuple[str, int, int, int]]:
        found = [(path, path.stat()) for path in sorted(tmp_path.rglob("*"))]
        return [(str(path), about.st_mtime_ns, about.st_ctime_ns, about.st_mode) for path, about in found]

    before = state()
    source = opened(tmp_path)
    for item in source.list_assets():
        assert isinstance(item, Listed)
        source.read(item, TAKE)
    assert state() == before


@pytest.fixture
def memory() -> Iterator[str]:
    fs = fsspec.filesystem("memory")
    fs.pipe({"/share/a.csv": b"id,name\n1,Jane\n", "/share/sub/b.txt": b"hello", "/share/e.csv": b"", "/other": b"x"})
    yield "memory://share"
    fs.rm("/share", recursive=True)
    fs.rm("/other")


def test_through_fsspec(memory: str) -> None:
    source = opened(memory)
    assert listing(source) == ["a.csv", "e.csv", "sub/b.txt"]
    item = listed(source, "a.csv")
    assert item.asset.size_bytes == 15
    assert item.asset.change_marker
    assert source.read(item, TAKE).rows_read == 1
    assert source.read(listed(source, "sub/b.txt"), TAKE).texts[0].text == "hello"
    assert source.read(listed(source, "e.csv"), TAKE).sampling == "none"
    single = opened(f"{memory}/sub/b.txt")
    assert listing(single) == ["b.txt"]
    assert single.read(listed(single, "b.txt"), TAKE).rows_read == 1


def test_gone_from_fsspec(memory: str) -> None:
    source = opened(memory)
    item = listed(source, "a.csv")
    fsspec.filesystem("memory").rm("/share/a.csv")
    with pytest.raises(UnreadableError) as caught:
        source.read(item, TAKE)
    assert caught.value.reason is Reason.NOT_FOUND


@pytest.mark.parametrize("ending", READERS)
def test_every_reader_is_there(ending: str) -> None:
    module, _, name = READERS[ending].partition(":")
    assert callable(getattr(import_module(module), name)().extract)
