"""How right the spans of personal data in the labelled texts are, by category, language and kind.

`python -m benchmarks.labelled.score_text --set dev [--flat] [--errors] [--only CATEGORY] [--predictions FILE]`

Asks the product for the spans of every text (or reads them from FILE: one JSON array a line, as `privacy redact --lines
--format json` prints them) and counts as the scorer of the development data does: spans of one category parted by white
space alone are one; a label is met when what was found of its category covers it with an intersection over union of
letters and digits of at least .75; IGNORE is cut out of both sides; what no text of the set is labelled with is not
counted. An address and a place meet each other, and so do the other pairs of ``GROUPS``. `--flat` puts each text on one
line first, as `--lines` does; errors are printed with their surroundings.
"""

from __future__ import annotations

import argparse
import json
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from benchmarks.labelled.text import IGNORE, SETS, Document, Mark, load
from scanners.detect.ner import NameReader, installed_model
from scanners.detect.text import TextReader

IOU = 0.75
#: Categories that a careful reader would not part: each is scored as its group.
GROUPS = {
    "contact.address": "place",
    "contact.place": "place",
    "demographic.nationality": "origin",
    "special.ethnicity": "origin",
    "credential.password": "secret",
    "credential.token": "secret",
    "financial.card": "card",
    "financial.card_security": "card",
    "government_id.national": "state number",
    "government_id.tax": "state number",
}


@dataclass(frozen=True, slots=True)
class Stretch:
    """Joined spans of one category: the places of their letters and digits."""

    positions: frozenset[int]
    category: str

    @property
    def group(self) -> str:
        """What it is matched as."""
        return GROUPS.get(self.category, self.category)


@dataclass(frozen=True, slots=True)
class Outcome:
    """One label met (``tp``) or missed (``fn``), or one finding too many (``fp``)."""

    kind: str
    stretch: Stretch


def stretches(text: str, spans: Iterable[Mark], ignored: frozenset[int] = frozenset()) -> list[Stretch]:
    """Spans as they are compared; those of white space and ignored places alone are left out."""
    joined: list[tuple[frozenset[int], int, str]] = []
    for span in sorted(spans, key=lambda span: (span.start, span.end)):
        positions = frozenset(i for i in range(span.start, min(span.end, len(text))) if text[i].isalnum()) - ignored
        if not positions:
            continue
        if joined and joined[-1][2] == span.category and not text[joined[-1][1] : span.start].strip():
            before, end, _ = joined.pop()
            joined.append((before | positions, max(end, span.end), span.category))
        else:
            joined.append((positions, span.end, span.category))
    return [Stretch(positions, category) for positions, _, category in joined]


def compare(labels: Sequence[Stretch], found: Sequence[Stretch]) -> Iterator[Outcome]:
    """What became of each label, then the findings that meet none.

    Several findings of one category that miss the same label count as one error.
    """
    used: set[int] = set()
    for label in labels:
        over = [i for i, one in enumerate(found) if one.group == label.group and one.positions & label.positions]
        union = frozenset[int]().union(*(found[i].positions for i in over))
        if over and len(label.positions & union) / len(label.positions | union) >= IOU:
            used.update(over)
            yield Outcome("tp", label)
        else:
            yield Outcome("fn", label)
    counted: set[tuple[int, str]] = set()
    for i, one in enumerate(found):
        if i in used:
            continue
        near = next((n for n, label in enumerate(labels) if label.positions & one.positions), None)
        if near is None or (near, one.category) not in counted:
            yield Outcome("fp", one)
        if near is not None:
            counted.add((near, one.category))


def judge(document: Document, found: Iterable[Mark], known: frozenset[str]) -> list[Outcome]:
    """The outcomes of one text; ``known``: the categories that count."""
    ignored = frozenset(i for span in document.spans if span.category == IGNORE for i in range(span.start, span.end))
    labels = stretches(document.text, (span for span in document.spans if span.category != IGNORE), ignored)
    return list(compare(labels, stretches(document.text, (s for s in found if s.category in known), ignored)))


def product_spans(texts: Sequence[str]) -> Iterator[list[Mark]]:
    """What the product finds in each text, as `privacy redact` does without configuration."""
    for spans in TextReader(NameReader(installed_model())).spans(texts):
        yield [Mark(span.start, span.stop, span.category) for span in spans]


def read_spans(path: Path) -> Iterator[list[Mark]]:
    """Spans from a file of JSON arrays, one a line."""
    for line in path.read_text(encoding="utf-8").splitlines():
        yield [Mark(span["start"], span["end"], span["category"]) for span in json.loads(line)]


def row(name: str, counts: Counter[str]) -> str:
    """A line of the tables."""
    tp, fp, fn = counts["tp"], counts["fp"], counts["fn"]
    precision = tp / (tp + fp) if tp + fp else 0.0
    recall = tp / (tp + fn) if tp + fn else 0.0
    f1, f2 = (
        (1 + b * b) * precision * recall / (b * b * precision + recall) if precision + recall else 0.0 for b in (1, 2)
    )
    scores = f"P {precision:.3f}  R {recall:.3f}  F1 {f1:.3f}  F2 {f2:.3f}"
    return f"  {name:<28} {scores}   (tp {tp} fp {fp} fn {fn})"


def context(document: Document, stretch: Stretch, around: int = 30) -> str:
    """The stretch between angle quotes with a little text on both sides, on one line."""
    start, stop = min(stretch.positions), max(stretch.positions) + 1
    text = document.flat
    return f"{text[max(0, start - around) : start]}«{text[start:stop]}»{text[stop : stop + around]}"


def main() -> None:
    """Print the tables, and the errors when asked."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--set", choices=SETS, required=True)
    parser.add_argument("--flat", action="store_true", help="each text on one line, as `redact --lines` reads it")
    parser.add_argument("--errors", action="store_true", help="list the errors")
    parser.add_argument("--only", help="list the errors of this category alone")
    parser.add_argument("--predictions", type=Path, help="spans from a file in place of the product's")
    args = parser.parse_args()
    documents = load(args.set)
    known = frozenset(span.category for document in documents for span in document.spans) - {IGNORE}
    texts = [document.flat if args.flat else document.text for document in documents]
    found = read_spans(args.predictions) if args.predictions else product_spans(texts)
    tables: dict[str, dict[str, Counter[str]]] = {name: defaultdict(Counter) for name in ("category", "lang", "kind")}
    total: Counter[str] = Counter()
    harmless = alarmed = 0
    for document, spans in zip(documents, found, strict=True):
        outcomes = judge(document, spans, known)
        if not any(span.category not in (IGNORE, "contact.place") for span in document.spans):
            harmless += 1
            alarmed += any(o.kind == "fp" and o.stretch.category != "contact.place" for o in outcomes)
        for outcome in outcomes:
            total[outcome.kind] += 1
            tables["category"][outcome.stretch.category][outcome.kind] += 1
            tables["lang"][document.lang][outcome.kind] += 1
            tables["kind"][document.kind][outcome.kind] += 1
            if args.errors and outcome.kind != "tp" and args.only in (None, outcome.stretch.category):
                place = context(document, outcome.stretch)
                print(f"{outcome.kind} {outcome.stretch.category:<26} {document.id}: {place}")
    print(f"{args.set}: {len(documents)} texts")
    for name, table in tables.items():
        print(f"by {name}")
        for key in sorted(table):
            print(row(key, table[key]))
    print(row("ALL", total))
    print(f"  {harmless} texts hold no personal data besides places; something else is found in {alarmed}")


if __name__ == "__main__":
    main()
