"""The labelled texts of this folder as records: the markup of ``text/dev`` and ``text/held`` becomes text and spans.

`python -m benchmarks.labelled.text --set dev` prints one JSON record a line; with `--lines` the bare texts, each
on one line (line ends become spaces, so offsets stay), as `privacy redact --lines` reads them.
"""

from __future__ import annotations

import argparse
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

FOLDER = Path(__file__).parent / "text"
SETS = ("dev", "held")
IGNORE = "IGNORE"

#: What the markup calls a category: mostly the last part of its key.
SHORT = {
    "?": IGNORE,
    "name": "identity.name",
    "username": "identity.username",
    "subject_id": "identity.subject_id",
    "email": "contact.email",
    "phone": "contact.phone",
    "address": "contact.address",
    "place": "contact.place",
    "url": "contact.profile_url",
    "coordinates": "location.coordinates",
    "born": "demographic.date_of_birth",
    "nationality": "demographic.nationality",
    "ethnicity": "special.ethnicity",
    "religion": "special.religion",
    "politics": "special.politics",
    "union": "special.trade_union",
    "health": "special.health",
    "sexuality": "special.sexuality",
    "national": "government_id.national",
    "tax": "government_id.tax",
    "passport": "government_id.passport",
    "licence": "government_id.driving_licence",
    "vehicle": "government_id.vehicle",
    "card": "financial.card",
    "card_security": "financial.card_security",
    "iban": "financial.iban",
    "account": "financial.bank_account",
    "income": "financial.income",
    "job": "employment.job",
    "ip": "online.ip_address",
    "device": "online.device_id",
    "password": "credential.password",
    "token": "credential.token",
}

_HEADER = re.compile(r"# lang: (?P<lang>[a-z]{2})  kind: (?P<kind>[a-z]+)\n")
_MARK = re.compile(r"\[(?P<short>[a-z_]+|\?):(?P<text>[^\[\]]+)\]")
#: Titles before a name are neither right nor wrong; here once, so that the markup need not say so each time.
_TITLES = re.compile(
    r"(?:\b(?:Mr|Mrs|Ms|Mx|Miss|Sir|Dame|Rev|Sgt|PC|DC|Cllr|Prof|Professor|Dr|med|Herrn?|Frau|Hr|Fr|Dipl\.-Ing|M|Mme|Mlle|"
    r"Mademoiselle|Maître|Monsieur|Madame|Pr|Sra?|Srta|Señora?|Don|Doña|Dña|D|Sig|Sig\.ra|Signora?|Dott|Dott\.ssa|Avv|Ing|"
    r"Dra?|Exma?|Eng|Prof\.ª|Dhr|De heer|Mevr|Mevrouw|Mw|Panie?|Pana|Panu|Panem|Panią|"
    r"lek|mgr|inż|Bayan?|Sayın|Sn)\.? +)+$",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Mark:
    """A labelled stretch: offsets in characters, end excluded; the category's key or ``IGNORE``."""

    start: int
    end: int
    category: str


@dataclass(frozen=True, slots=True)
class Document:
    """One text with its labels, in order of their start."""

    id: str
    lang: str
    kind: str
    text: str
    spans: tuple[Mark, ...]

    @property
    def flat(self) -> str:
        """The text on one line, offsets unchanged."""
        return self.text.replace("\n", " ")

    def record(self) -> dict[str, object]:
        """As JSON holds it."""
        spans = [{"start": span.start, "end": span.end, "category": span.category} for span in self.spans]
        return {"id": self.id, "lang": self.lang, "kind": self.kind, "text": self.text, "spans": spans}


class MarkupError(ValueError):
    """A source file is not written as its README says."""


def parse(source: str, name: str) -> Iterator[Document]:
    """The documents of one source file.

    Raises:
        MarkupError: a document without its header line, an unknown category, or an empty label.
    """
    for number, part in enumerate(re.split(r"^---\n", source, flags=re.MULTILINE), start=1):
        header = _HEADER.match(part)
        if header is None:
            msg = f"{name}, document {number}: the first line is no '# lang: xx  kind: word'"
            raise MarkupError(msg)
        identity = f"{name}-{number:02d}"
        text, spans = _unmark(part[header.end() :].rstrip("\n"), identity)
        yield Document(identity, header["lang"], header["kind"], text, spans)


def _unmark(marked: str, where: str) -> tuple[str, tuple[Mark, ...]]:
    text, spans, done = "", [], 0
    for mark in _MARK.finditer(marked):
        category = SHORT.get(mark["short"])
        if category is None or mark["text"] != mark["text"].strip():
            msg = f"{where}: no label: {mark[0]}"
            raise MarkupError(msg)
        text += marked[done : mark.start()]
        if category == "identity.name" and (title := _TITLES.search(text)):
            spans.append(Mark(title.start(), title.end(), IGNORE))
        spans.append(Mark(len(text), len(text) + len(mark["text"]), category))
        text += mark["text"]
        done = mark.end()
    return text + marked[done:], tuple(spans)


def load(which: str) -> list[Document]:
    """The documents of the set ``dev`` or ``held``, in order of their files' names."""
    return [
        document
        for path in sorted((FOLDER / which).glob("*.txt"))
        for document in parse(path.read_text(encoding="utf-8"), f"{which}-{path.stem}")
    ]


def main() -> None:
    """Print a set."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--set", choices=SETS, required=True)
    parser.add_argument("--lines", action="store_true")
    args = parser.parse_args()
    for document in load(args.set):
        print(document.flat if args.lines else json.dumps(document.record(), ensure_ascii=False))


if __name__ == "__main__":
    main()
