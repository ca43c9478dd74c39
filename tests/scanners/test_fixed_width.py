from __future__ import annotations

import pickle
import random
from pathlib import Path

import pytest

from data_map.model import Reason, Skipped, Source
from scanners.copybook import from_copybook
from scanners.layout import MAX_PLACES, Layout, LayoutError, Place, from_csv, from_toml
from scanners.sources.base import Listed
from scanners.sources.files import FileSource
from scanners.values import Content, Take, UnreadableError
from tests.conftest import Cli
from tests.scanners.reading import read, values

NAMES = ["Jürgen Müller", "Anna Schmidt", "Peter Weber", "Maria Fischer", "Zoë Keller"]
LAYOUT = "field,start,length,type,decimals\nkundennr,1,6\nname,7,20\nemail,27,25\nbetrag,52,7,number,2\n"

COPYBOOK = """\
000100* customers of the branch                                         OLD00001
000200 01  CUSTOMER-RECORD.
000300     05  CUST-ID            PIC 9(6).
000400     05  CUST-NAME          PIC X(20).                            OLD00002
000500     05  BALANCE            PIC S9(7)V99 COMP-3.
000600     05  CREDIT             PIC S9(5)V99.
000700     05  ADDRESS-GRP.
000800         10  CITY           PIC X(15).
000900         10  ZIP-CODE       PIC 9(5).
001000     05  CONTACTS OCCURS 2 TIMES INDEXED BY CONTACT-IX.
001100         10  PHONE          PIC X(14).
001200         88  NO-PHONE       VALUE 'NONE. NEVER'.
001300     05  VISITS             PIC S9(4) USAGE IS COMP.
001400     05  FILLER             PIC X(10) VALUE SPACES.
"""


def line(number: int) -> str:
    name = NAMES[number % 5]
    return f"{number:06d}{name:<20}{f'kunde{number}@example.org':<25}{number * 7:07d}"


def packed(number: int, digits: int) -> bytes:
    text = str(abs(number)).rjust(digits, "0") + ("c" if number >= 0 else "d")
    return bytes.fromhex(text if len(text) % 2 == 0 else "0" + text)


def zoned(number: int, digits: int) -> str:
    text = str(abs(number)).rjust(digits, "0")
    return text[:-1] + ("{ABCDEFGHI" if number >= 0 else "}JKLMNOPQR")[int(text[-1])]


def record(number: int, encoding: str, filler: str = "") -> bytes:
    """A record of ``COPYBOOK``, 98 bytes."""
    return b"".join(
        (
            f"{number:06d}{NAMES[number % 5]:<20}".encode(encoding),
            packed(number - 12_345, 9),
            # The letters of the sign are the same bytes in every EBCDIC code page, and other letters in some.
            zoned(number - 5, 7).encode("ascii" if encoding == "cp1252" else "cp037"),
            f"{'Berlin':<15}{10_115 + number % 99:05d}{f'+49 30 {100_000 + number}':<14}{'':<14}".encode(encoding),
            (number - 3).to_bytes(2, "big", signed=True),
            f"{filler:<10}".encode(encoding),
        )
    )


def files(folder: Path, **contents: str | bytes) -> Path:
    """Files by their names, with ``__`` for a dot."""
    for name, content in contents.items():
        path = folder / name.replace("__", ".")
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return folder


def test_lines_by_a_layout_in_csv(tmp_path: Path) -> None:
    text = "\r\n".join(line(number) + ("  jane@example.org" if number == 7 else "") for number in range(50))
    files(tmp_path, kunden__dat=(text + "\r\n\x1a").encode("cp1252"), kunden__layout__csv=LAYOUT)
    content = read(tmp_path)  # one asset: the layout is none of its own
    found = values(content)
    assert (content.rows_read, content.asset.row_count, content.is_whole, content.sampling) == (50, 50, True, "all")
    assert found["name"] == NAMES and found["kundennr"][:2] == ["000000", "000001"]
    assert found["betrag"][:3] == ["0.00", "0.07", "0.14"]
    # What the layout forgot is looked at as well.
    assert found["(outside the layout)"] == ["jane@example.org"]
    declared = {column.field.ref.field: column.field.declared_type for column in content.columns}
    assert (declared["name"], declared["betrag"]) == ("text(20)", "number(7,2)")
    head = read(tmp_path, rows=10)
    assert (head.rows_read, head.is_whole, head.sampling, head.asset.row_count) == (10, False, "head", None)
    assert "(outside the layout)" not in values(read(tmp_path, rows=5))
    assert list(values(read(tmp_path, fields=frozenset({"email"})))) == ["email"]


def test_gaps_and_short_lines(tmp_path: Path) -> None:
    layout = "Feld;Position;bis\nid;1;2\nname;10;20\n"
    files(tmp_path, a__txt="01Anna   Schmidt\n02\n\n0", a__layout__csv=layout)
    content = read(tmp_path)
    assert values(content) == {"id": ["01", "02", "0"], "name": ["Schmidt"], "(outside the layout)": ["Anna"]}
    assert content.columns[1].missing == 2 and content.rows_read == 3


def test_kinds_of_records(tmp_path: Path) -> None:
    layout = """
        header_lines = 1
        encoding = "latin-1"
        record = { start = 1, length = 1 }
        [[fields]]
        name = "ordered_on"
        start = 2
        length = 8
        record = "O"
        [[fields]]
        name = "customer_name"
        start = 2
        length = 20
        record = "C"
    """
    text = "".join(f"C{NAMES[number % 5]:<20}\nO20240101\n" for number in range(10)) + "Xjane@example.org\n"
    files(tmp_path, a__asc=("produced by Jane\n" + text).encode("latin-1"), a__layout__toml=layout)
    found = values(read(tmp_path))
    assert found["customer_name"] == NAMES and found["ordered_on"] == ["20240101"]
    # A kind of record that the layout does not know.
    assert found["(outside the layout)"] == ["jane@example.org"]


@pytest.mark.parametrize(
    ("encoding", "layout"),
    [
        ("cp037", None),  # it shows
        ("cp273", 'copybook = "CUST.CPY"\nencoding = "cp273"'),
        ("cp500", 'copybook = "cust.cpy"\nencoding = "cp500"'),
        ("cp1252", None),
    ],
)
def test_records_of_a_mainframe(tmp_path: Path, encoding: str, layout: str | None) -> None:
    data = b"".join(record(number, encoding, "x@y.org" if number == 9 else "") for number in range(500))
    files(tmp_path, CUST__DAT=data, CUST__CPY=COPYBOOK)
    if layout:
        files(tmp_path, cust__layout__toml=layout)
    content = read(tmp_path)
    found = values(content)
    assert content.skipped == [] and (content.rows_read, content.is_whole) == (500, True)
    assert found["CUST-NAME"] == NAMES
    assert (found["BALANCE"][0], found["BALANCE"][-1]) == ("-123.45", "-118.46")
    assert found["CREDIT"][:2] == ["-0.05", "-0.04"] and found["CREDIT"][-1] == "4.94"
    assert (found["ADDRESS-GRP.CITY"], found["ADDRESS-GRP.ZIP-CODE"][0]) == (["Berlin"], "10115")
    assert found["CONTACTS.PHONE"][0] == "+49 30 100000" and content.columns[6].missing == 500
    assert found["VISITS"][:2] == ["-3", "-2"] and found["VISITS"][-1] == "496"
    assert found["(outside the layout)"] == ["x@y.org"]  # a filler that is used
    sample = read(tmp_path, rows=100)
    numbers = [int(text) for text in values(sample)["CUST-ID"]]
    assert (sample.rows_read, sample.is_whole, sample.sampling) == (100, False, "blocks")
    assert sample.asset.row_count == 500
    assert {number // 100 for number in numbers} == {0, 1, 2, 3, 4}
    assert numbers == [int(text) for text in values(read(tmp_path, rows=100))["CUST-ID"]]
    assert numbers != [int(text) for text in values(read(tmp_path, rows=100, seed=2))["CUST-ID"]]


def test_a_copybook_for_lines(tmp_path: Path) -> None:
    book = "01 R.\n 05 NAME PIC X(10).\n 05 CITY PIC X(10).\n"
    files(tmp_path, a__txt="Anna      Berlin\nPeter\n", a__cpy=book)
    assert values(read(tmp_path)) == {"NAME": ["Anna", "Peter"], "CITY": ["Berlin"]}
    files(tmp_path, a__txt="Anna      Berlin    Peter     Hamburg   ")
    assert values(read(tmp_path)) == {"NAME": ["Anna", "Peter"], "CITY": ["Berlin", "Hamburg"]}


def test_one_layout_for_the_exports_of_every_day(tmp_path: Path) -> None:
    files(tmp_path, cust_20240101__dat=line(1), CUST20240102__TXT=line(2), cust__layout__csv=LAYOUT, a7__dat=line(3))
    own = LAYOUT.replace("name,", "full_name,")
    files(tmp_path, cust_20240103__dat=line(3), cust_20240103__layout__csv=own)
    source = FileSource(Source("s", "files", ""), str(tmp_path))
    found: dict[str, object] = {}
    for item in source.list_assets():
        assert isinstance(item, Listed)
        found[item.asset.name] = item.handle
    assert found == {
        "CUST20240102.TXT": ("cust.layout.csv",),
        "a7.dat": None,
        "cust_20240101.dat": ("cust.layout.csv",),
        "cust_20240103.dat": ("cust_20240103.layout.csv", "cust.layout.csv"),
    }
    assert values(read(tmp_path / "cust_20240103.dat"))["full_name"] == [NAMES[3]]  # the closest one counts


def test_records_with_line_ends_and_a_rest(tmp_path: Path) -> None:
    data = b"".join(record(number, "cp1252") + b"\r\n" for number in range(10))
    files(tmp_path, a__dat=data, a__cpy=COPYBOOK)
    assert (read(tmp_path).rows_read, values(read(tmp_path))["CUST-NAME"]) == (10, NAMES)
    files(tmp_path, a__dat=record(1, "cp1252") * 3 + b"0001")
    content = read(tmp_path)
    assert content.skipped == [Skipped("s", Reason.DAMAGED, "a.dat", "(last record)", "4 bytes")]
    assert content.rows_read == 3 and not content.is_whole


def test_what_is_no_number_is_told_of(tmp_path: Path) -> None:
    book = "01 R.\n 05 A PIC S9(3) COMP-3.\n 05 B PIC S9(3).\n 05 C PIC S9(4) COMP.\n 05 D COMP-1.\n"
    rows = [b"\x12\x3c123\x00\x05\x41\x10\x00\x00", b"\xff\xff12?\xff\xff\x00\x00\x00\x00", b"\0\0   \0\0\0\0\0\0"]
    files(tmp_path, a__dat=b"".join(rows), a__cpy=book)
    content = read(tmp_path)
    assert values(content) == {"A": ["123"], "B": ["123"], "C": ["5", "-1", "0"], "D": []}
    assert [(skip.field, skip.reason, skip.code) for skip in content.skipped] == [
        ("A", Reason.DAMAGED, "1 values"),
        ("B", Reason.DAMAGED, "1 values"),
    ]
    assert content.columns[3].binary == 1  # a number of IBM's or of IEEE's: nothing says which


def test_a_file_without_a_layout_stays_what_it_was(tmp_path: Path) -> None:
    files(tmp_path, a__txt="Anna Schmidt\n", b__dat="x", c__cpy=COPYBOOK, d__layout__csv=LAYOUT, d__csv="a,b\n1,2\n")
    source = FileSource(Source("s", "files", ""), str(tmp_path))
    found: dict[str, object] = {}
    for item in source.list_assets():
        assert isinstance(item, Listed)
        try:
            found[item.asset.name] = [
                part.field.ref.field for part in source.read(item, Take(rows=None)).texts
            ] or "table"
        except UnreadableError as error:
            found[item.asset.name] = error.code
    assert found == {"a.txt": ["body"], "b.dat": "dat", "c.cpy": "cpy", "d.csv": "table", "d.layout.csv": "table"}


def test_what_does_not_belong_and_what_is_left_out(tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    (tmp_path / "out.csv").write_text(LAYOUT)
    files(tmp_path / "in", a__dat=line(1))
    (tmp_path / "in" / "a.layout.csv").symlink_to(tmp_path / "out.csv")
    source = FileSource(Source("s", "files", ""), str(tmp_path / "in"))
    found = list(source.list_assets())
    # A link that leads out of the folder describes nothing.
    assert [(type(item).__name__) for item in found] == ["Listed", "Skipped"]
    assert isinstance(found[0], Listed) and found[0].handle is None
    (tmp_path / "in" / "a.layout.csv").unlink()
    files(tmp_path / "in", A__LAYOUT__CSV=LAYOUT)
    without = FileSource(Source("s", "files", ""), str(tmp_path / "in"), exclude=("*.dat",))
    (left,) = without.list_assets()
    assert isinstance(left, Listed) and left.asset.name == "A.LAYOUT.CSV"
    (item,) = FileSource(Source("s", "files", ""), str(tmp_path / "in")).list_assets()
    assert isinstance(item, Listed) and pickle.loads(pickle.dumps(item)).handle == ("A.LAYOUT.CSV",)
    assert values(read(tmp_path / "in" / "a.dat"))["name"] == [NAMES[1]]


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("field,start,length\na,1,2\nb,x,3\n", "line 3"),
        ("field,start,length\na,0,2\n", "line 2"),
        ("field,start,length\na,1,0\n", "line 2"),
        ("field,start,length\n\n# c\na,1,99999999999999999999\n", "line 4"),
        ("field,start,length\na,1048000,2000\n", "line 2"),
        ("field,start,length,type\na,1,2,jane@example.org\n", "line 2"),
        ("field,start,end\na,5,2\n", "line 2"),
        ("field,length\na,1\n", "line 1"),
        ("field,start,length\n,1,2\n", "line 2"),
        ("field,start,length,decimals\na,1,2,99\n", "line 2"),
        ("field,start,length\n", "fields"),
        ("", "fields"),
        ('field,start,length\n"' + "a" * 200_000 + "\n", "line 2"),
        ("field,start,length\n" + "a,1,2\n" * (MAX_PLACES + 1), "too many fields"),
    ],
)
def test_mistakes_in_csv(tmp_path: Path, text: str, place: str) -> None:
    with pytest.raises(LayoutError) as caught:
        from_csv(text)
    assert caught.value.place == place
    files(tmp_path, a__dat="x", a__layout__csv=text)
    with pytest.raises(UnreadableError) as refused:
        read(tmp_path)
    assert (refused.value.reason, refused.value.code) == (Reason.DAMAGED, f"layout:{place}")


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("fields = [\n  1,\n  =\n", "line 3"),
        ("[[fields]]\nname = 'a'\n", "field 1"),
        ("[[fields]]\nname = 'a'\nstart = 1\nlength = 2\nlenght = 3\n", "field 1"),
        ("[[fields]]\nname = 'a'\nstart = true\nlength = 2\n", "field 1"),
        ("[[fields]]\nname = 5\nstart = 1\nlength = 2\n", "field 1"),
        ("fields = 5\n", "fields"),
        ("fields = [5]\n", "field 1"),
        ("", "fields"),
        ("copybook = 'a'\n[[fields]]\nname = 'a'\nstart = 1\nlength = 2\n", "fields"),
        ("copybook = 5\n", "fields"),
        ("copybook = 'a.cpy'\nencoding = 'klingon'\n", "encoding"),
        ("copybook = 'a.cpy'\nencoding = 'base64'\n", "encoding"),
        ("copybook = 'a.cpy'\nencoding = 5\n", "encoding"),
        ("copybook = 'a.cpy'\nrecord_length = 0\n", "record_length"),
        ("copybook = 'a.cpy'\nrecord_length = 99999999\n", "record_length"),
        ("copybook = 'a.cpy'\nheader_lines = -1\n", "header_lines"),
        ("copybook = 'a.cpy'\nrecord = 5\n", "record"),
        ("copybook = 'a.cpy'\nrecord = {start = 0, length = 1}\n", "record"),
        ("jane = 'a.cpy'\n", "unknown key"),
        ("a = " + "[" * 5000 + "]" * 5000, "nesting"),
    ],
)
def test_mistakes_in_toml(text: str, place: str) -> None:
    with pytest.raises(LayoutError) as caught:
        from_toml(text)
    assert caught.value.place == place


def test_a_copybook_that_is_not_there(tmp_path: Path) -> None:
    for name in ("other.cpy", "../secret.cpy", "/etc/passwd"):
        files(tmp_path, a__dat="x", a__layout__toml=f"copybook = '{name}'\n")
        with pytest.raises(UnreadableError) as caught:
            read(tmp_path)
        assert caught.value.code == "layout:copybook"
    files(tmp_path, a__layout__toml="copybook = 'a.cpy'\n", a__cpy="01 R.\n 05 A PIC Q.\n")
    with pytest.raises(UnreadableError) as caught:
        read(tmp_path)
    assert caught.value.code == "layout:copybook line 2"
    files(tmp_path, a__layout__toml="#" * (2**20 + 1))
    with pytest.raises(UnreadableError) as caught:
        read(tmp_path)
    assert caught.value.code == "layout:too large"


def places(text: str) -> list[tuple[str, int, int, str, int]]:
    return [(each.name, each.start, each.length, each.type, each.decimals) for each in from_copybook(text).places]


def test_what_copybooks_say() -> None:
    book = """\
      * A comment, and one in the line            *> here
       01 REC.
          03 A PIC 9(4) COMP-3. 03 B
             PICTURE IS S9(9)
             USAGE COMPUTATIONAL.
          03 C PIC S9(3) SIGN IS LEADING SEPARATE CHARACTER.
          03 D VALUE 'PIC X(9).' PIC X.
          03 E PIC ZZ,ZZ9.99-.
          03 F PIC S9(18) BINARY.
          03 G USAGE COMP-3. 05 H PIC 9(3). 05 I PIC S9V9(4).
          03 J PIC X(4).
          03 K REDEFINES J. 05 L PIC 99. 05 FILLER PIC XX.
          03 M PIC N(3). 03 N PIC 9(3)CR.
          03 O PIC A(2)X BLANK WHEN ZERO.
          03 P OCCURS 2. 05 Q PIC X OCCURS 3 TIMES.
          88 YES VALUE 'Y'. 66 ALIAS RENAMES A.
          03 R PIC 9.
    """
    assert places(book) == [
        ("A", 0, 3, "packed", 0),
        ("B", 3, 4, "binary", 0),
        ("C", 7, 4, "zoned", 0),
        ("D", 11, 1, "text", 0),
        ("E", 12, 10, "text", 0),
        ("F", 22, 8, "binary", 0),
        ("G.H", 30, 2, "packed", 0),
        ("G.I", 32, 3, "packed", 4),
        ("J", 35, 4, "text", 0),
        ("K.L", 35, 2, "number", 0),
        ("M", 39, 6, "national", 0),
        ("N", 45, 5, "text", 0),
        ("O", 50, 3, "text", 0),
        *[("P.Q", place, 1, "text", 0) for place in range(53, 59)],
        ("R", 59, 1, "number", 0),
    ]
    assert from_copybook(book).length == 60


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("01 R.\n 05 A PIC X(5) OCCURS 1 TO 9 DEPENDING ON N.", 2),
        ("01 R.\n 05 A PIC S9(5) COMP SYNC.", 2),
        ("01 R. 05 A PIC X.\n01 S. 05 B PIC X.", 2),
        ("COPY OTHER.", 1),
        ("01 R.\n 05 A PIC X(0).", 2),
        ("01 R.\n 05 A.", 2),
        ("01 R.\n 05 A PIC.", 2),
        ("01 R.\n 05 A PIC X(9999999).", 2),
        ("01 R.\n 05 A PIC X(99) OCCURS 999999.", 2),
        ("01 R.\n 05 A PIC 9(19) COMP.", 2),
        ("01 R.\n 05 A PIC 9(5)P(3).", 2),
        ("01 R.\n 05 A PIC X(5) COMP-3.", 2),
        ("01 R.\n 05 A PIC X.\n 10 B PIC X.", 3),
        ("01 R.\n 05 A REDEFINES Z PIC X.", 2),
        ("01 R.\n 05 A PIC X.\n 05 B REDEFINES A PIC X(5).", 3),
        ("01 R.\n 05 A PIC X", 2),
        ("01 R.\n 05 jane@example.org PIC X.", 2),
        ("77 A PIC X.", 1),
        ("99 A PIC X.", 1),
        ("\0\0\0", 1),
    ],
)
def test_what_copybooks_are_refused_for(text: str, line: int) -> None:
    with pytest.raises(LayoutError) as caught:
        from_copybook(text)
    assert caught.value.place == f"line {line}"


def test_copybooks_without_measure() -> None:
    wide = "01 R.\n" + "".join(f" 05 F{number} PIC X.\n" for number in range(MAX_PLACES))
    assert len(from_copybook(wide).places) == MAX_PLACES
    with pytest.raises(LayoutError) as caught:
        from_copybook(wide + " 05 ONE-MORE PIC X.\n")
    assert caught.value.place == "too many fields"
    deep = "01 A OCCURS 9. " + "".join(f"{level:02} B{level} OCCURS 9. " for level in range(2, 49)) + "49 C PIC X."
    with pytest.raises(LayoutError):
        from_copybook(deep)
    for empty in ("", "* nothing\n", "01 R. 05 FILLER PIC X."):
        with pytest.raises(LayoutError) as caught:
            from_copybook(empty)
        assert caught.value.place == "fields"


def test_ten_thousand_fields(tmp_path: Path) -> None:
    layout = "field,start,length\n" + "".join(f"f{number},{number + 1},1\n" for number in range(MAX_PLACES))
    files(tmp_path, a__dat=("x" * MAX_PLACES + "\n") * 20, a__layout__csv=layout)
    content = read(tmp_path)
    assert (len(content.columns), content.rows_read) == (MAX_PLACES, 20)


def test_no_bytes_make_the_reader_fail(tmp_path: Path) -> None:
    rng = random.Random(5)
    for number in range(150):
        data = bytearray(b"".join(record(each, rng.choice(("cp037", "cp1252"))) for each in range(4)))
        for _ in range(rng.randint(0, 60)):
            data[rng.randrange(len(data))] = rng.randrange(256)
        book = bytearray(COPYBOOK.encode())
        for _ in range(rng.randint(0, 3) if number % 2 else 0):
            book[rng.randrange(len(book))] = rng.randrange(256)
        files(tmp_path, a__dat=bytes(data[: rng.randrange(1, len(data))]), a__cpy=bytes(book))
        try:
            content: Content = read(tmp_path)
        except UnreadableError as error:
            assert error.reason is Reason.DAMAGED and error.code is not None
            assert error.code.startswith("layout:")
        else:
            assert all(len(value) <= 4096 for column in content.columns for value in column.counts)


def test_an_endless_line_and_nuls(tmp_path: Path) -> None:
    files(tmp_path, a__txt=b"x" * 5_000_000, b__txt=b"\0" * 100_000, a__layout__csv=LAYOUT, b__layout__csv=LAYOUT)
    source = FileSource(Source("s", "files", ""), str(tmp_path))
    for item in source.list_assets():
        assert isinstance(item, Listed)
        content = source.read(item, Take(rows=10))
        assert all(len(value) <= 4096 for column in content.columns for value in column.counts)


def test_places_overlap_and_records_end_early() -> None:
    layout, copybook = from_toml("[[fields]]\nname='a'\nstart=1\nlength=4\n[[fields]]\nname='b'\nstart=3\nlength=4\n")
    assert (layout, copybook) == (Layout((Place("a", 0, 4), Place("b", 2, 4))), None)


def test_from_the_command_line(cli: Cli, tmp_path: Path) -> None:
    share = tmp_path / "share"
    share.mkdir()
    data = b"".join(record(number, "cp037") for number in range(200))
    files(share, cust__dat=data, cust__cpy=COPYBOOK, bad__dat="x", bad__layout__csv="field,start\n")
    done = cli("scan", share, "--format", "json")
    assert done.exit_code == 5, done.stdout + done.stderr
    (skipped,) = cli("map", "coverage", "--skipped", "--format", "json").json()
    assert (skipped["asset"], skipped["reason"], skipped["code"]) == ("bad.dat", "damaged", "layout:line 1")
    listed = cli("map", "fields", "--format", "json")
    found = {item["field"]: item["category"] for item in listed.json()}
    assert found["CUST-NAME"] == "identity.name" and found["CONTACTS.PHONE"] == "contact.phone"
    stored = b"".join(path.read_bytes() for path in tmp_path.glob("privacy.db*"))
    for value in ("Müller", "Schmidt", "+49 30"):
        assert value.encode() not in stored and value not in done.stdout + done.stderr + listed.stdout
