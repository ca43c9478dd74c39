"""Our recognisers give what Presidio's own give: entity, start, end and score."""

from __future__ import annotations

import json
from importlib.util import find_spec
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scanners.detect import patterns
from scanners.detect.multipattern import ENGINES, MultiPattern, installed_engine
from scanners.detect.recognisers import by_presidio, is_host, presidio_spans, recognisers

#: Those that are installed; the library's own always is.
INSTALLED = [name for name in ENGINES if find_spec(name) is not None]
NAMES = sorted({row.name for row in recognisers()})
TEXTS = Path(__file__).parents[3] / "shared" / "data" / "text"

#: Pieces of what the recognisers look for, right and nearly so, of which random texts are put together.
PIECES = (
    *("4111111111111111", "4111 1111-1111 1111", "5500000000000004", "378282246310005", "1609459200000", "6011 0009"),
    *(
        "943 476 5870",
        "9434765870",
        "943-476-5871",
        "912-70-1234",
        "912701234",
        "123-45-6789",
        "536 90.4399",
        "536.90.4399",
    ),
    *(
        "DE89370400440532013000",
        "DE89 3704 0044 0532 0130 00",
        "GB82WEST12345698765432",
        "NL91-ABNA-0417-1643-00",
        "DE89",
    ),
    *("CR05015202001026284066", "MT84MALT011000012345MTLCAST001S", "FR1420041010050500013M02606", " 2 DAYS", "XX"),
    *(
        "192.0.2.17",
        "1.2.3.04",
        "256.1.1.1",
        "10.0.0.1/24",
        "/33",
        "::",
        "::1",
        "fe80::1%eth0",
        "::ffff:192.0.2.1",
        "1:2:3",
    ),
    *("2001:db8::8a2e:370:7334", "1:2:3:4:5:6:7:8", "1:2:3:4:5:6:192.0.2.1", "a::b:1.2.3.4", "/64", "/129", "std::x"),
    *("3c:22:fb:9a:10:7e", "3C-22-FB-9A-10-7E", "3c22.fb9a.107e", "ff:ff:ff:ff:ff:ff", "00-00-00-00-00-00"),
    *(
        "123e4567-e89b-12d3-a456-426614174000",
        "00000000-0000-0000-0000-000000000000",
        "123e4567-e89b-92d3-c456-426614174000",
    ),
    *(
        "2026-01-02",
        "2026-01-02T10:11:12.345Z",
        "2026-01-02T10:11+02:00",
        "1/2/26",
        "31/12/2026",
        "2026/1/31",
        "13-12-2026",
    ),
    *("31.12.2026", "1.2.03", "12-JAN-2026", "Feb-26", "7-mar", "99-dec", "12/2026", "T10:11", "+01:00"),
    *(
        "jane@kestrel-mail.org",
        "j",
        "jane.doe+x",
        "@",
        "@@",
        "a/b@x.com",
        "//",
        "kestrel.co.uk",
        "localhost",
        "münchen.de",
        "bücher",
    ),
    *(
        "http://",
        "https://",
        "HTTPS://",
        "www.",
        "www2.",
        "kestrel.community",
        "a.com",
        "x.co",
        ".com",
        "/path?q=1&r=a.de/b",
        "e.g",
    ),
    *('"', "'", "<", ">", "(", ")", ",", ".", "-", "_", ":", "/", "+", "=", "#", "%", "\t", "\n", " ", " ", " ", "  "),
    *(
        "A1",
        "AB123456",
        "h1234567",
        "12ABC12345",
        "A1B2C",
        "12345678Z",
        "A-Z]]12",
        "A-Z]]123456",
        "A123456R",
        "123456789",
    ),
    *("BB1388568", "b91234563", "1BoatSLRHtKNngkdXEeobR76b53LETtpyT", "3J98t1WpEZ73CNmQviecrnyiWrnqRhWNLy"),
    *("bc1qar0srrr7xfkvy5l643lydnw9re59gtzzwf5mdq", "bc1QAR0srrr7", "13" + "a" * 30),
    *("é", "ß", "ſ", "K", "İ", "ı", "٣", "²", "–", "€", "\u00a0", "\u2003", "\u0301", "\x1c", "\x02", "\u200d", "😀"),
)

texts = st.lists(
    st.one_of(st.sampled_from(PIECES), st.text(max_size=3), st.from_regex(r"[0-9a-fA-F.:@/ -]{1,12}", fullmatch=True)),
    max_size=9,
).map("".join)


@settings(deadline=None, max_examples=300)
@given(st.lists(texts, max_size=4))
def test_results_are_presidios(some: list[str]) -> None:
    assert presidio_spans(some) == [sorted(by_presidio(text, NAMES)) for text in some]


@settings(deadline=None, max_examples=100)
@given(st.lists(texts, max_size=4))
def test_all_engines_give_the_same(some: list[str]) -> None:
    first, *others = (presidio_spans(some, engine) for engine in INSTALLED)
    assert all(other == first for other in others)


@pytest.mark.parametrize("piece", PIECES, ids=ascii)
def test_each_piece_alone_and_in_a_sentence(piece: str) -> None:
    some = [piece, f"It is {piece}, said J.", f'{{"a": "{piece}"}}', f"x{piece}x", f"{piece}{piece}"]
    assert presidio_spans(some) == [sorted(by_presidio(text, NAMES)) for text in some]


@pytest.mark.parametrize("engine", INSTALLED)
def test_an_engine_tells_where_expressions_match(engine: str) -> None:
    together = MultiPattern([r"(?i)[a-z]@\w", r"\b[0-9]{3}-[0-9]{2}\b", "zz"], engine)
    assert together.hits(b"\nJane@x.org 123-45 1234-56\nA@b\n\n") == [(7, 0), (18, 1), (30, 0)]


def test_an_engine_that_is_installed_is_taken() -> None:
    assert installed_engine() in INSTALLED


def test_results_on_generated_sentences_are_presidios() -> None:
    file = TEXTS / "en_generated.jsonl"
    if not file.exists():
        pytest.skip("the development texts are not there")
    some = [json.loads(line)["text"] for line in file.read_text(encoding="utf-8").splitlines()]
    assert presidio_spans(some) == [sorted(by_presidio(text, NAMES)) for text in some]


def test_each_entity_counts_or_is_left_out_for_a_reason() -> None:
    entities = {row.entity for row in recognisers()}
    assert {pattern.entity for pattern in patterns.PATTERNS} | set(patterns.LEFT_OUT) == entities
    assert not {pattern.entity for pattern in patterns.PATTERNS} & set(patterns.LEFT_OUT)


#: Pieces with words that make a number count, some of them far from it or in another line.
NUMBERS = (
    *("social security", "SSN", "Numéro national", "steuer-id", "егн", "hotel", "tel.", "phone", "driver's licence no"),
    *("123-45-6789", "536904399", "85073003328", "36574261809", "+49 30 901820", "(202) 456-1111", "2024561111"),
    *(" ", "\n", ": ", " is ", "é", "_", "x" * 50, " word" * 12, ", "),
)


@settings(deadline=None, max_examples=150)
@given(st.lists(st.lists(st.sampled_from((*PIECES, *NUMBERS)), max_size=9).map("".join), max_size=4))
def test_all_engines_give_the_same_spans_and_so_does_each_text_alone(some: list[str]) -> None:
    first, *others = (patterns.spans_of(some, ("DE",), engine) for engine in INSTALLED)
    assert all(other == first for other in others)
    assert [patterns.spans(text, ("DE",)) for text in some] == first


@pytest.fixture(scope="module")
def readers() -> list[patterns.Reader]:
    """One that looks words up, and one that has read so much that it has expressions for them."""
    found = [patterns.Reader(("DE",), None) for _ in range(2)]
    found[1].seen = 10**9
    return found


@settings(deadline=None, max_examples=150)
@given(st.lists(st.lists(st.sampled_from(NUMBERS), max_size=9).map("".join), max_size=4))
def test_words_are_found_by_either_way(readers: list[patterns.Reader], some: list[str]) -> None:
    readers[0].seen = 0
    assert readers[0].read(some) == readers[1].read(some)


def test_hosts_are_told_as_tldextract_tells_them() -> None:
    import tldextract

    told = tldextract.TLDExtract(suffix_list_urls=(), cache_dir=None)
    ends = sorted(told.tlds)
    hosts = [
        before + end.lstrip("!*.") + behind
        for end in (*ends[::10], *(end for end in ends if end[0] in "!*"))
        for before in ("", "a.", "www.", "a.b-c.", "..", "a..")
        for behind in ("", ".", ".zz")
    ]
    assert [is_host(host) for host in hosts] == [bool(told(host).fqdn) for host in hosts]


@pytest.mark.parametrize(
    ("text", "counts"),
    [
        ("Steuer-ID: 36574261809", True),
        ("steuerliche Identifikationsnummer\n36574261809", True),
        ("36574261809", False),
        ("36574261809" + " and so on" * 4 + " Steuer-ID", False),
        ("ASteuer-ID 36574261809", False),
    ],
)
def test_a_number_counts_beside_its_word(text: str, counts: bool) -> None:
    assert any(span.category == "government_id.tax" for span in patterns.spans(text)) is counts


@pytest.mark.parametrize(
    ("candidate", "factor"),
    [
        (r"(?<![\w.-])[0-9]{9}(?![\w-]|\.\d)", r"[^\w.-][0-9]{9}"),
        (r"(?<!\d)a(?=[(])b", r"[^\d]ab"),
        (r"\(?[)(]x", r"\(?[)(]x"),
        (r"(?<!ab)c(?!(?:d)e)f", "cf"),
    ],
)
def test_a_factor_has_no_look_around(candidate: str, factor: str) -> None:
    assert patterns.factor_of(candidate) == factor


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("see 192.0.2.17.", ["192.0.2.17"]),
        ("version 1.2.3.4.5", []),
        ("https://kestrel-mail.org/a?to=jane@kestrel-mail.org&b=1", ["jane@kestrel-mail.org"]),
        ("dead::beef", []),
        ("pay 3J98t1WpEZ73CNmQviecrnyiWrnqRhWNLy", ["3J98t1WpEZ73CNmQviecrnyiWrnqRhWNLy"]),
    ],
)
def test_what_counts_of_what_presidio_finds(text: str, found: list[str]) -> None:
    assert [text[span.start : span.stop] for span in patterns.spans(text)] == found
