"""A report says the same in every format, and nothing in it acts: not as markup, formula, link or control code."""

from __future__ import annotations

import csv
import io
import json
import re
import unicodedata
from collections.abc import Callable, Iterator
from dataclasses import replace
from html import unescape
from importlib import import_module
from itertools import pairwise
from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt
from rich.cells import cell_len

from data_map.errors import UsageError
from privacy.reports.markdown import escaped
from privacy.reports.rendering import RENDERERS, render
from privacy.reports.report import Fact, Report, Section
from privacy.reports.table import Column, Table
from privacy.reports.text import inert_cell, json_text, printable

HOSTILE = {
    "markup": "<b onclick=\"alert(1)\">'bold'</b> & <img src=x onerror=alert(1)>",
    "end of script": "</script></style></title><script>alert(1)</script>",
    "comment": "--><!-- x <![CDATA[ ]]>",
    "template": "{{ 7 * 7 }} {% include '/etc/passwd' %} {# gone #} ${7*7}",
    "rich markup": "[red]red[/red] [link=https://evil.example]here[/link] :warning:",
    "markdown": "*a* _b_ `c` [d](https://evil.example) ![e](f.png) ~~g~~ # h | i \\ $x$ &lt; <https://evil.example>",
    "html block": "<div>\n\n# heading\n\n- item",
    "script link": "javascript:alert(1)",
    "address": "https://evil.example/?q=1 www.evil.example HTTPS://EVIL.example someone@evil.example",
    "formula": '=HYPERLINK("https://evil.example","x")',
    "plus": "+1+cmd|' /C calc'!A0",
    "minus": "-2+3",
    "at": "@SUM(A1)",
    "tab": "\t=1+1",
    "list": "1. one",
    "rule": "---",
    "setext": "===",
    "quote": "> quoted",
    "fence": "```\nrm -rf /\n```",
    "colours": "\x1b[31mred\x1b[0m \x1b]8;;https://evil.example\x07link\x1b]8;;\x07 \x9b2J",
    "bidi": "invoice\u202exslx.exe\u2066\u200b\u2028\u2029\ufeff",
    "controls": "a\x00b\x07c\x08d\x7fe\x85f\rg",
    "surrogate": "name\udcff.txt",
    "private": "\ue000\U000f0000",
    "quotes": "\"'` \u201c\u00ab",
    "wide": "\u6f22\u5b57" * 60,
    "long": "x" * 3000,
    "pipes": "a|b||c\\|d",
    "empty": "",
}


def report_of(text: str) -> Report:
    """A report with the text in every place that can hold one."""
    columns = (
        Column("a", text, fold=True),
        Column("b", text),
        Column("n", "n", "right"),
        Column("none", text, optional=True),
    )
    records = [
        {"a": text, "b": text, "n": 1234, "none": None, "more": [text]},
        {"a": "x", "b": text, "n": -5, "none": None, "more": []},
    ]
    section = Section(
        title=text,
        key="one",
        paragraphs=(text, "Plain."),
        facts=(Fact(text, text),),
        tables=(Table(columns, records, title=text), Table(columns, [], empty=text, title=text)),
        warnings=(text,),
    )
    return Report(text, text, (section, replace(section, key="two", level=2)))


FRIENDLY = Report(
    title="Record of processing",
    subtitle="Example Ltd · as of 2026-11-24",
    sections=(
        Section(
            title="At a glance",
            key="summary",
            paragraphs=("Everything was looked at.", "Nothing was changed."),
            facts=(Fact("Sources", "2"), Fact("Controller", "Example Ltd, 1 High Street, Dublin")),
            warnings=("The source archive was not scanned. What is in it is unknown.", "2 files could not be read."),
        ),
        Section(
            title="Fields",
            key="fields",
            paragraphs=("Those with personal data.",),
            tables=(
                Table(
                    (
                        Column("ref", "field", fold=True),
                        Column("title", "category", fold=True),
                        Column("note", "note", optional=True),
                        Column("count", "values", "right"),
                        Column("decided", "decided"),
                    ),
                    [
                        {"ref": "crm:main.customers#e_mail", "title": "E-mail address", "count": 1234, "decided": True},
                        {"ref": "share:a/b.csv#name", "title": ["Name", "Phone"], "count": 7, "decided": False},
                    ],
                    title="With personal data",
                ),
                Table((Column("x", "x"),), [], empty="No field is undecided.", title="Undecided"),
            ),
        ),
        Section(
            title="Of these in part",
            key="in-part",
            level=2,
            tables=(
                Table(
                    (Column("source", "source"), Column("count", "values", "right")), [{"source": "crm", "count": 5}]
                ),
            ),
        ),
    ),
)

hostile = pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE.keys())


@pytest.mark.parametrize("form", RENDERERS)
def test_the_whole_output(form: str, golden: Callable[[str, str], None]) -> None:
    golden(f"report.{'txt' if form == 'terminal' else form}", render(FRIENDLY, form))


@pytest.mark.parametrize("form", RENDERERS)
def test_every_renderer_can_be_imported_and_is_named_after_its_format(form: str) -> None:
    module, _, attribute = RENDERERS[form].partition(":")
    assert hasattr(import_module(module), attribute)


def test_an_unknown_format_is_refused_with_the_known_ones() -> None:
    with pytest.raises(UsageError, match=r"'docx'.* terminal, md, html, json, csv"):
        render(FRIENDLY, "docx")


@pytest.mark.parametrize("form", RENDERERS)
@hostile
def test_no_control_code_gets_out(form: str, text: str) -> None:
    written = render(report_of(text), form)
    assert written.endswith("\n")
    left = {char for char in written if char != "\n" and unicodedata.category(char)[0] == "C"}
    assert not left
    assert not set("\u2028\u2029") & set(written)
    written.encode("utf-8")


def elements(page: str) -> list[tuple[str, dict[str, str]]]:
    """Every element of a page in order, with its attributes, without the places where a long word may break."""
    return [(item.tag, item.attrib) for item in ElementTree.fromstring(page).iter() if item.tag != "wbr"]


@hostile
def test_html_has_the_same_elements_whatever_the_text(text: str) -> None:
    page = render(report_of(text), "html")
    shown = printable(text)
    said = {"aria-label": shown}
    expected = [
        (tag, attributes | (said if "aria-label" in attributes and attributes["aria-label"] == "plain" else {}))
        for tag, attributes in elements(render(report_of("plain"), "html"))
    ]
    if text:
        assert elements(page) == expected
    root = ElementTree.fromstring(page)
    for item in root.iter():
        assert not [name for name in item.attrib if name.startswith("on") or name in ("src", "style", "action")]
        assert item.attrib.get("href", "#").startswith("#")
    assert "".join(root.find("body/main/section/div/ul/li").itertext()) == shown  # type: ignore[union-attr]
    assert "".join(root.find("body/main/section//tbody/tr/th").itertext()) == shown  # type: ignore[union-attr]


def test_the_page_needs_nothing_from_anywhere() -> None:
    page = render(FRIENDLY, "html")
    assert page.startswith('<!DOCTYPE html>\n<html lang="en">')
    assert not re.search(r"https?:|//|<script|<link|<img|<iframe|@import|url\(|srcset|\bon\w+=", page)
    assert "default-src 'none'; style-src 'unsafe-inline'; img-src data:" in page
    used = {tag for tag, _ in elements(page)}
    assert not used & {"script", "link", "img", "iframe", "object", "embed", "form", "input", "svg", "base"}


def test_the_page_can_be_read_by_everybody() -> None:
    root = ElementTree.fromstring(render(FRIENDLY, "html"))
    identities = [item.attrib["id"] for item in root.iter() if "id" in item.attrib]
    assert len(identities) == len(set(identities))
    links = [item.attrib["href"].removeprefix("#") for item in root.iter("a")]
    assert set(links) <= set(identities)
    assert [key for key in links if key != "content"] == [section.key for section in FRIENDLY.sections]
    levels = [int(item.tag[1]) for item in root.iter() if re.fullmatch(r"h\d", item.tag)]
    assert levels[0] == 1
    assert levels.count(1) == 1
    assert all(after - before <= 1 for before, after in pairwise(levels))
    for table in root.iter("table"):
        assert all(cell.attrib["scope"] == "col" for cell in table.findall("thead/tr/th"))
        assert all(row[0].attrib.get("scope") == "row" for row in table.findall("tbody/tr"))
    assert root.find("body/main/section//caption").text == "With personal data"  # type: ignore[union-attr]
    # Not by its colour alone.
    assert [item.text for item in root.iter("p") if item.attrib.get("class") == "label"] == ["Attention"]


MARKDOWN = MarkdownIt("commonmark").enable(["table", "strikethrough"])


def spoken(written: str) -> Iterator[tuple[str, str]]:
    """The tokens of Markdown, each with the text that is shown."""
    for token in MARKDOWN.parse(written):
        if token.type == "inline":
            kinds = {child.type for child in token.children or ()}
            assert kinds <= {"text", "text_special", "strong_open", "strong_close"}, kinds
            yield "inline", "".join(child.content for child in token.children or ())
        else:
            yield token.type, ""


@hostile
def test_markdown_has_the_same_blocks_whatever_the_text(text: str) -> None:
    written = render(report_of(text), "md")
    if text:
        assert [kind for kind, _ in spoken(written)] == [kind for kind, _ in spoken(render(report_of("plain"), "md"))]
        assert printable(text).strip() in [shown for kind, shown in spoken(written) if kind == "inline"]
    # GitHub makes links of these without being asked.
    assert not re.search(r"(?i)https?://|\bwww\.|\w@\w", written)


@given(st.text() | st.text(alphabet="*_`[]()<>!#|~-+=.:1 \\&;/a\n\t"))
def test_markdown_shows_a_text_as_it_is(text: str) -> None:
    shown = printable(text).strip()
    assert list(spoken(escaped(text))) == (
        [("paragraph_open", ""), ("inline", shown), ("paragraph_close", "")] if shown else []
    )
    assert unescape(re.sub("</?p>", "", MARKDOWN.render(escaped(text)))).strip() == shown


@hostile
def test_json_gives_the_text_back(text: str) -> None:
    data = json.loads(render(report_of(text), "json"))
    assert list(data) == ["title", "subtitle", "language", "sections"]
    section = data["sections"][0]
    assert list(section) == ["key", "title", "level", "warnings", "paragraphs", "facts", "tables"]
    assert data["title"] == section["title"] == section["warnings"][0] == section["facts"][0]["label"] == text
    assert section["tables"][0]["columns"][0] == {"key": "a", "title": text}
    assert section["tables"][0]["records"][0] == {"a": text, "b": text, "n": 1234, "none": None, "more": [text]}


@given(
    st.recursive(
        st.text() | st.integers() | st.none(), lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner)
    )
)
def test_json_is_printable_and_means_the_same(value: object) -> None:
    written = json_text(value)
    assert json.loads(written) == value
    assert all(printable(line) == line for line in written.split("\n"))


@hostile
def test_csv_has_no_formula(text: str) -> None:
    rows = list(csv.reader(io.StringIO(render(report_of(text), "csv")), strict=True))
    assert {len(row) for row in rows} == {6}
    assert rows[0] == ["section", "table", "a", "b", "n", "none"]
    shown = inert_cell(printable(text))
    assert rows[1] == ["one", shown, shown, shown, "1234", ""]
    assert [row[0] for row in rows[1:]] == ["one", "one", "two", "two"]
    for cell in (cell for row in rows for cell in row):
        assert cell[:1] not in ("=", "+", "-", "@", "\t", "\r") or re.fullmatch(r"-\d+", cell)


def test_csv_of_one_table_is_that_table() -> None:
    one = replace(FRIENDLY, sections=FRIENDLY.sections[2:])
    assert render(one, "csv") == "source,count\ncrm,5\n"


@pytest.mark.parametrize("width", [40, 80, 160])
@hostile
def test_a_terminal_shows_all_of_it_within_its_width(text: str, width: int) -> None:
    written = render(report_of(text), "terminal", width)
    assert max(cell_len(line) for line in written.split("\n")) <= width
    if text and len(text) < 20:
        assert written.count(printable(text).strip()) > 6


def test_a_table_that_is_too_wide_for_a_terminal_is_shown_record_by_record() -> None:
    columns = tuple(Column(f"c{number}", f"column {number}", "right") for number in range(12))
    record = {f"c{number}": 1_000_000 + number for number in range(12)}
    one = Section("S", "s", tables=(Table(columns, [record, record]),))
    written = render(Report("T", "", (one,)), "terminal", 60)
    assert [line for line in written.splitlines() if line.startswith("column 11")] == ["column 11  1,000,011"] * 2
