"""DBF tables: dBase III to 7, Clipper, FoxPro and Visual FoxPro, with the memos that lie beside them.

Deleted records are read as all others: they are marked, not removed, and whoever has the file has them. The layout of
the header is that of the dBase and Visual FoxPro manuals; nothing in it is believed that the file's size contradicts.
"""

from __future__ import annotations

import random
import struct
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import BinaryIO

from data_map.model import Asset, Field, FieldRef, Reason, Skipped
from scanners.extract.base import Companions
from scanners.extract.header import fill, is_nameable, unique_name
from scanners.values import VALUE_CHARS, Column, Content, Take, UnreadableError

#: Records read in one place of a large file, and how much of a file is read at a time.
_BLOCK_RECORDS = 20
_READ_BYTES = 2**20

#: Bytes by which an undeclared code page is judged.
_JUDGED_BYTES = 256 * 2**10

_VISUAL_FOXPRO = frozenset({0x30, 0x31, 0x32})
_VERSIONS = frozenset({0x02, 0x03, 0x04, 0x43, 0x63, 0x7B, 0x83, 0x8B, 0x8C, 0x8E, 0xCB, 0xE5, 0xEB, 0xF5, 0xFB})

#: Language driver of the header (byte 29) → encoding.
_CODE_PAGES = {
    0x01: "cp437", 0x02: "cp850", 0x03: "cp1252", 0x04: "mac_roman", 0x08: "cp865", 0x09: "cp437", 0x0A: "cp850",
    0x0B: "cp437", 0x0D: "cp437", 0x0E: "cp850", 0x0F: "cp437", 0x10: "cp850", 0x11: "cp437", 0x12: "cp850",
    0x13: "cp932", 0x14: "cp850", 0x15: "cp437", 0x16: "cp850", 0x17: "cp865", 0x18: "cp437", 0x19: "cp437",
    0x1A: "cp850", 0x1B: "cp437", 0x1C: "cp863", 0x1D: "cp850", 0x1F: "cp852", 0x22: "cp852", 0x23: "cp852",
    0x24: "cp860", 0x25: "cp850", 0x26: "cp866", 0x37: "cp850", 0x40: "cp852", 0x4D: "gbk", 0x4E: "cp949",
    0x4F: "big5", 0x50: "cp874", 0x57: "cp1252", 0x58: "cp1252", 0x59: "cp1252", 0x64: "cp852", 0x65: "cp866",
    0x66: "cp865", 0x67: "cp861", 0x6A: "cp737", 0x6B: "cp857", 0x6C: "cp863", 0x78: "big5", 0x79: "cp949",
    0x7A: "gbk", 0x7B: "cp932", 0x7C: "cp874", 0x7D: "cp1255", 0x7E: "cp1256", 0x86: "cp737", 0x87: "cp852",
    0x88: "cp857", 0x96: "mac_cyrillic", 0x97: "mac_latin2", 0x98: "mac_greek", 0xC8: "cp1250", 0xC9: "cp1251",
    0xCA: "cp1254", 0xCB: "cp1253", 0xCC: "cp1257",
}  # fmt: skip

_TEXT, _MEMO, _BINARY_MEMO = "CNFDLV", "M", "GPWB"


@dataclass(frozen=True, slots=True)
class _Column:
    """A column of the table as its header declares it."""

    name: str
    #: The letter of its type.
    type: str
    #: Place and length within a record, in bytes.
    start: int
    length: int
    decimals: int
    #: FoxPro: its bytes are no text.
    is_binary: bool
    #: Visual FoxPro: its bits in the column of flags; -1 for none.
    short_bit: int = -1
    null_bit: int = -1

    @property
    def declared(self) -> str:
        """The type with its length, as dBase shows it: ``C(30)``, ``N(10,2)``."""
        size = f"{self.length},{self.decimals}" if self.type in "NF" and self.decimals else f"{self.length}"
        return f"{self.type}({size})" if self.type in "CNFVQ" else self.type


@dataclass(frozen=True, slots=True)
class _Header:
    """What the beginning of the file says."""

    version: int
    record_count: int
    start: int
    record_bytes: int
    language: int
    columns: tuple[_Column, ...]
    flags: _Column | None

    @property
    def is_visual_foxpro(self) -> bool:
        """Whether memos are pointed at by four bytes, and numbers are stored as such."""
        return self.version in _VISUAL_FOXPRO

    @property
    def is_dbase7(self) -> bool:
        """Whether numbers are stored with their most significant byte first."""
        return self.version & 7 == 4 and not self.is_visual_foxpro


class DbfReader:
    """Reads a DBF table, and the memos beside it."""

    def __init__(self, beside: Companions | None = None) -> None:
        """``beside``: its memo file (``dbt``, ``fpt``) and the name of its encoding (``cpg``), when they are there."""
        self._beside = beside

    def extract(self, stream: BinaryIO, asset: Asset, take: Take) -> Content:
        """All records, or ``take.rows`` of them in short runs at random places. Deleted ones count.

        Raises:
            UnreadableError: the header is no DBF header, or the table is encrypted.
        """
        size = stream.seek(0, 2)
        header = _header(stream)
        there = max(0, size - header.start) // header.record_bytes
        skipped = []
        count = min(header.record_count, there)
        if there < header.record_count:
            skipped.append(Skipped(asset.source, Reason.DAMAGED, asset.name, "(missing records)"))
        elif there > count and _is_record(stream, header.start + count * header.record_bytes):
            # Written after the header was: a program that broke off left them.
            count = there
        is_all = take.rows is None or count <= take.rows
        places = [(0, count)] if is_all or take.rows is None else _places(count, take.rows, take.seed)
        table = _Table(header, asset, take, self._encoding(stream, header, count))
        rows_read = 0
        with ExitStack() as opened:
            table.open_memos(self._beside, opened, skipped)
            for first, number in places:
                for records in _runs(stream, header, first, number):
                    table.add(records)
                    rows_read += len(records)
        skipped.extend(table.damaged())
        if not count and not skipped:
            return Content(replace(asset, row_count=0), sampling="none")
        is_whole = is_all and table.is_whole
        return Content(
            asset=replace(asset, row_count=count),
            columns=list(table.columns.values()),
            skipped=skipped,
            rows_read=rows_read,
            bytes_read=rows_read * header.record_bytes + table.memo_bytes,
            is_whole=is_whole,
            sampling="all" if is_all else "blocks",
        )

    def _encoding(self, stream: BinaryIO, header: _Header, count: int) -> str:
        """What the header says, else what lies beside, else what the bytes look like: of Windows, or of DOS."""
        if header.language in _CODE_PAGES:
            return _CODE_PAGES[header.language]
        return _named_encoding(self._beside) or _judged_encoding(stream, header, count)


class _Table:
    """Columns filled from records."""

    def __init__(self, header: _Header, asset: Asset, take: Take, encoding: str) -> None:
        self.columns: dict[str, Column] = {}
        self.is_whole = True
        self.memo_bytes = 0
        self._asset = asset
        self._take = take
        self._header = header
        self._encoding = encoding
        self._memos: _Memos | None = None
        #: Columns whose values are there and cannot be read → how many of them.
        self._bad: dict[str, int] = {}
        self._wanted: list[tuple[_Column, str]] = []
        names: list[str] = []
        for place, each in enumerate(header.columns):
            name = unique_name(each.name if _is_name(each.name) else f"column_{place + 1}", names)
            names.append(name)
            if take.fields is None or name in take.fields:
                self.columns[name] = Column(Field(FieldRef(asset.source, asset.name, name), each.declared, place))
                self._wanted.append((each, name))

    def open_memos(self, beside: Companions | None, opened: ExitStack, skipped: list[Skipped]) -> None:
        """Open the file with the memos; without it the columns of memos are skipped."""
        memos = [name for each, name in self._wanted if self._is_memo(each)]
        if not memos:
            return
        try:
            found = [name for name in (beside.names if beside else ()) if name.lower().endswith((".dbt", ".fpt"))]
            if beside is None or not found:
                raise UnreadableError(Reason.NOT_FOUND, "memo")
            stream = opened.enter_context(beside.open(found[0]))
            self._memos = _Memos(stream, is_foxpro=found[0].lower().endswith(".fpt"), version=self._header.version)
        except UnreadableError as error:
            for name in memos:
                skipped.append(Skipped(self._asset.source, error.reason, self._asset.name, name, error.code))
                del self.columns[name]
            self._wanted = [(each, name) for each, name in self._wanted if name not in memos]

    def add(self, records: Sequence[bytes]) -> None:
        """Count the values of some records."""
        for each, name in self._wanted:
            column = self.columns[name]
            if each.type == "C" and not each.is_binary and each.null_bit < 0:  # nearly all there is, by the short way
                start, end, encoding = each.start, each.start + each.length, self._encoding
                plain = [record[start:end].rstrip(b"\0 ").decode(encoding, "replace") for record in records]
                self.is_whole &= fill(column, plain, self._take)
                continue
            values = [self._value(record, each, name) for record in records]
            binary = [value for value in values if isinstance(value, bytes)]
            column.extend(binary)
            texts = [value for value in values if not isinstance(value, bytes)] if binary else values
            self.is_whole &= fill(column, texts, self._take)

    def damaged(self) -> Iterator[Skipped]:
        """Columns of which values could not be read."""
        for name, count in self._bad.items():
            self.is_whole = False
            yield Skipped(self._asset.source, Reason.DAMAGED, self._asset.name, name, f"{count} values")

    def _is_memo(self, each: _Column) -> bool:
        return each.type in _MEMO + _BINARY_MEMO and not (each.type == "B" and self._header.is_visual_foxpro)

    def _value(self, record: bytes, each: _Column, name: str) -> object:
        raw = record[each.start : each.start + each.length]
        if self._flag(record, each.null_bit):
            return None
        try:
            if self._is_memo(each):
                return self._memo(raw, each)
            if each.type in "VQ":
                # When it is shorter than the column, its last byte says how long it is.
                raw = raw[: raw[-1]] if raw and self._flag(record, each.short_bit) else raw
                return raw if each.type == "Q" or each.is_binary else self._text(raw)
            if each.is_binary and each.type == "C":
                return raw
            if each.type in _TEXT:
                return self._typed(raw, each.type)
            return _number(raw, each, is_dbase7=self._header.is_dbase7)
        except (ValueError, OverflowError, struct.error):
            self._bad[name] = self._bad.get(name, 0) + 1
            return None

    def _typed(self, raw: bytes, kind: str) -> str | None:
        text = self._text(raw)
        if kind == "D" and len(text) == 8 and text.isdigit():
            return None if text == "00000000" else f"{text[:4]}-{text[4:6]}-{text[6:]}"
        if kind == "L":
            return {"Y": "1", "T": "1", "J": "1", "N": "0", "F": "0"}.get(text.upper())
        if kind in "NF" and text.startswith("*"):  # the number was too long for its column
            return None
        return text

    def _text(self, raw: bytes) -> str:
        return raw.rstrip(b"\0 ").decode(self._encoding, "replace").strip()

    def _memo(self, raw: bytes, each: _Column) -> object:
        assert self._memos is not None  # noqa: S101 - columns of memos are left out without it
        block = int.from_bytes(raw, "little") if each.length == 4 else _digits(raw)
        if not block:
            return None
        memo = self._memos.read(block)
        self.memo_bytes += len(memo)
        if each.type in _BINARY_MEMO or each.is_binary:
            return memo[:VALUE_CHARS]
        return self._text(memo)

    def _flag(self, record: bytes, bit: int) -> bool:
        flags = self._header.flags
        if bit < 0 or flags is None or bit // 8 >= flags.length:
            return False
        return bool(record[flags.start + bit // 8] >> (bit % 8) & 1)


class _Memos:
    """A memo file. Memos do not point at each other, and each is read up to where values are cut."""

    def __init__(self, stream: BinaryIO, *, is_foxpro: bool, version: int) -> None:
        self._stream = stream
        self._is_foxpro = is_foxpro
        head = stream.read(512)
        self._size = stream.seek(0, 2)
        if len(head) < 8:
            raise UnreadableError(Reason.DAMAGED, "memo")
        if is_foxpro:
            self._block = int.from_bytes(head[6:8], "big") or 1
            self._has_lengths = True
        else:
            # dBase III has blocks of 512 bytes, and memos that end with a mark.
            told = int.from_bytes(head[20:22], "little")
            self._has_lengths = version not in (0x03, 0x83, 0xF5)
            self._block = told if self._has_lengths and told else 512

    def read(self, block: int) -> bytes:
        """One memo, or its beginning when it is longer than values are looked at.

        Raises:
            ValueError: there is none at that place.
        """
        start = block * self._block
        if start >= self._size:
            raise ValueError
        self._stream.seek(start)
        # Four bytes a character at the most.
        most = VALUE_CHARS * 4
        if not self._has_lengths:
            return self._stream.read(most).partition(b"\x1a")[0]
        head = self._stream.read(8)
        if self._is_foxpro:
            length = int.from_bytes(head[4:8], "big")
        elif head[:4] == b"\xff\xff\x08\x00":
            length = int.from_bytes(head[4:8], "little") - 8
        else:  # some programs write memos of dBase III into tables of dBase IV
            return (head + self._stream.read(most)).partition(b"\x1a")[0]
        if length < 0 or start + 8 + length > self._size:
            raise ValueError
        return self._stream.read(min(length, most))


def _header(stream: BinaryIO) -> _Header:
    stream.seek(0)
    head = stream.read(32)
    if len(head) < 32 or (head[0] not in _VERSIONS and head[0] not in _VISUAL_FOXPRO):
        raise UnreadableError(Reason.DAMAGED, "header")
    if head[15] == 1:
        raise UnreadableError(Reason.ENCRYPTED)
    record_count, start, record_bytes = struct.unpack("<IHH", head[4:12])
    is_dbase7 = head[0] & 7 == 4 and head[0] not in _VISUAL_FOXPRO
    is_old = head[0] == 0x02
    if is_old:  # dBase II: another header, long gone
        raise UnreadableError(Reason.UNSUPPORTED_FORMAT, "dbase2")
    if record_bytes < 2 or start < 33:
        raise UnreadableError(Reason.DAMAGED, "header")
    stream.seek(68 if is_dbase7 else 32)
    declared = stream.read(start - stream.tell())
    width = 48 if is_dbase7 else 32
    columns: list[_Column] = []
    flags = None
    place, bit = 1, 0
    for first in range(0, len(declared) - width + 1, width):
        entry = declared[first : first + width]
        if entry[0] in (0x0D, 0x0A, 0x00):
            break
        column = _declared(entry, place, is_dbase7=is_dbase7, is_foxpro=head[0] in _VISUAL_FOXPRO or head[0] == 0xF5)
        if not column.length and column.type != "C":
            raise UnreadableError(Reason.DAMAGED, "header")
        place += column.length
        if head[0] in _VISUAL_FOXPRO:
            if column.type in "VQ":
                column, bit = replace(column, short_bit=bit), bit + 1
            if entry[18] & 0x02:
                column, bit = replace(column, null_bit=bit), bit + 1
            if column.type == "0" or entry[18] & 0x01:
                flags = column if column.type == "0" else flags
                continue
        columns.append(column)
    if not columns or place > record_bytes:
        raise UnreadableError(Reason.DAMAGED, "header")
    return _Header(head[0], record_count, start, record_bytes, head[29], tuple(columns), flags)


def _declared(entry: bytes, place: int, *, is_dbase7: bool, is_foxpro: bool) -> _Column:
    long = 32 if is_dbase7 else 11
    name = entry[:long].partition(b"\0")[0].decode("cp850", "replace").strip()
    kind = chr(entry[long])
    length, decimals = entry[long + 1 : long + 3] if is_dbase7 else entry[16:18]
    if kind == "C" and not is_foxpro and not is_dbase7:
        # Clipper keeps long texts by using the byte that texts have no need of.
        length, decimals = length + 256 * decimals, 0
    return _Column(name, kind, place, length, decimals, is_binary=is_foxpro and bool(entry[18] & 0x04))


def _number(raw: bytes, column: _Column, *, is_dbase7: bool) -> object:
    """A value that is stored as a number; bytes for a type that nobody knows."""
    kind = column.type
    if kind in "I+" and len(raw) == 4:
        if is_dbase7:  # the sign's bit is turned, so that numbers order as their bytes do
            return int.from_bytes(raw, "big") - 2**31 if any(raw) else None
        return int.from_bytes(raw, "little", signed=True)
    if kind in "BO" and len(raw) == 8:
        if kind == "B":
            return float(struct.unpack("<d", raw)[0])
        if not any(raw):
            return None
        turned = bytes([raw[0] & 0x7F, *raw[1:]]) if raw[0] & 0x80 else bytes(255 - byte for byte in raw)
        return float(struct.unpack(">d", turned)[0])
    if kind == "Y" and len(raw) == 8:
        whole, rest = divmod(abs(number := int.from_bytes(raw, "little", signed=True)), 10_000)
        return f"{'-' if number < 0 else ''}{whole}.{rest:04}"
    if kind in "T@" and len(raw) == 8:
        return _moment(raw, is_dbase7=is_dbase7)
    return raw if raw.strip(b"\0 ") else None


def _moment(raw: bytes, *, is_dbase7: bool) -> datetime | None:
    """Days since the Julian period began and milliseconds of the day; in dBase 7 one number of milliseconds."""
    if not any(raw):
        return None
    if is_dbase7:
        milliseconds = struct.unpack(">d", bytes([raw[0] & 0x7F, *raw[1:]]))[0]
        return datetime.min + timedelta(milliseconds=milliseconds - 86_400_000)  # noqa: DTZ901 - has no zone
    days, milliseconds = struct.unpack("<II", raw)
    # 1 January 4713 BC is 1,721,425 days before 1 January of the year 1, which Python counts as day 1.
    day = date.fromordinal(days - 1_721_425)
    return datetime(day.year, day.month, day.day) + timedelta(milliseconds=milliseconds)  # noqa: DTZ001 - has no zone


def _is_name(text: str) -> bool:
    """A short word of letters is a name even when it may be a value elsewhere: ``NO`` for number."""
    return (text.isalpha() and len(text) <= 10) or is_nameable(text)


def _digits(raw: bytes) -> int:
    text = raw.strip(b"\0 ")
    if not text:
        return 0
    if not text.isdigit():
        raise ValueError
    return int(text)


def _is_record(stream: BinaryIO, place: int) -> bool:
    stream.seek(place)
    return stream.read(1) in (b" ", b"*")


def _places(count: int, rows: int, seed: int) -> list[tuple[int, int]]:
    """First record and number of records of runs that do not overlap, about evenly over the file."""
    runs = max(1, rows // _BLOCK_RECORDS)
    rng = random.Random(seed)  # noqa: S311 - chooses rows, guards nothing
    share, rest = divmod(rows, runs)
    places = []
    for run in range(runs):
        low, high = count * run // runs, count * (run + 1) // runs
        number = min(share + (run < rest), high - low)
        places.append((rng.randint(low, high - number), number))
    return places


def _runs(stream: BinaryIO, header: _Header, first: int, number: int) -> Iterator[list[bytes]]:
    """The records of one place, a few at a time."""
    at_once = max(1, _READ_BYTES // header.record_bytes)
    stream.seek(header.start + first * header.record_bytes)
    place = stream.tell()
    while number > 0:
        stream.seek(place)
        data = stream.read(min(number, at_once) * header.record_bytes)
        got = len(data) // header.record_bytes
        if not got:
            return
        yield [data[at * header.record_bytes :][: header.record_bytes] for at in range(got)]
        place += got * header.record_bytes
        number -= got


def _named_encoding(beside: Companions | None) -> str | None:
    """The encoding in a ``cpg`` file: ``UTF-8``, ``1252``, ``ISO 88591``."""
    import codecs

    for name in beside.names if beside else ():
        if beside is None or not name.lower().endswith(".cpg"):
            continue
        try:
            with beside.open(name) as stream:
                text = stream.read(64).decode("ascii", "replace").strip().lower()
        except UnreadableError:
            return None
        spelled = text.replace("ansi ", "").replace("iso 8859", "iso8859-").replace("--", "-").replace("oem ", "")
        for candidate in (spelled, f"cp{spelled}"):
            try:
                found = codecs.lookup(candidate)
            except (LookupError, ValueError):
                continue
            if found._is_text_encoding:
                return found.name
    return None


def _judged_encoding(stream: BinaryIO, header: _Header, count: int) -> str:
    """UTF-8 when it is that; else DOS when more letters are where DOS has its own than where Windows has them."""
    stream.seek(header.start)
    data = stream.read(min(_JUDGED_BYTES, count * header.record_bytes))
    texts = [each for each in header.columns if each.type == "C"]
    high = bytearray()
    is_utf8 = True
    for at in range(0, len(data) - header.record_bytes + 1, header.record_bytes):
        for each in texts:
            cell = data[at + each.start :][: each.length]
            if not cell.isascii():
                high += bytes(byte for byte in cell if byte > 0x7F)
                is_utf8 = is_utf8 and _is_utf8(cell)
    if not high:
        return "cp1252"
    if is_utf8:
        return "utf-8"
    # Left out: E1, which is the ß of the one and the á of the other.
    dos = sum(0x80 <= byte <= 0xA5 for byte in high)
    windows = sum(byte >= 0xC0 and byte != 0xE1 for byte in high)
    return "cp850" if dos > windows else "cp1252"


def _is_utf8(cell: bytes) -> bool:
    try:
        # A text as long as its column may be cut within a letter.
        cell.rstrip(b"\0 ").decode("utf-8")
    except UnicodeDecodeError as error:
        return error.reason == "unexpected end of data" and len(cell) - error.start < 4
    return True
