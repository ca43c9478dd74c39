"""A document as data: the waist between what is known and the formats it is shown in.

Text is plain text: renderers escape it, each for its own format. A report never holds a value read from a source.
"""

from __future__ import annotations

from dataclasses import dataclass

from privacy.reports.table import Table


@dataclass(frozen=True, slots=True)
class Fact:
    """A label with what it says, as the head of a document has them."""

    label: str
    text: str


@dataclass(frozen=True, slots=True)
class Section:
    """A heading with paragraphs, facts and tables, shown in this order."""

    title: str
    #: Names the section in JSON and in links within the document: lower-case words joined by ``-``.
    key: str
    paragraphs: tuple[str, ...] = ()
    facts: tuple[Fact, ...] = ()
    tables: tuple[Table, ...] = ()
    #: Something the reader must not miss: a gap, a date passed, a thing that was not scanned.
    warnings: tuple[str, ...] = ()
    #: 1 for a chapter, 2 for a part of one.
    level: int = 1


@dataclass(frozen=True, slots=True)
class Report:
    """A titled document."""

    title: str
    #: One line under the title: whose it is and of when.
    subtitle: str
    sections: tuple[Section, ...]
    #: BCP 47 code of the language it is written in.
    language: str = "en"
