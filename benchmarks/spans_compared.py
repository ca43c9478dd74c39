"""Spans of personal data in labelled texts: the product's beside the peers'."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Sequence
from pathlib import Path

from benchmarks.labelled import score_text
from benchmarks.labelled.text import IGNORE, Document, Mark
from benchmarks.peers.catalogue import Peer
from benchmarks.scoring import SCORES, Score
from benchmarks.sets import category_of

#: A span as a runner gives it: start, end, word, score.
Raw = Sequence[tuple[int, int, str, float]]


def generated(path: Path) -> list[Document]:
    """A set of texts as they lie beside the project, in our categories."""
    documents = []
    for line in path.read_text(encoding="utf-8").splitlines():
        record = json.loads(line)
        spans = tuple(
            Mark(one["start"], one["end"], IGNORE if one["type"] == "IGNORE" else category_of(one["type"]))
            for one in record["spans"]
        )
        documents.append(Document(str(record["id"]), "en", "generated", record["text"], spans))
    return documents


def marks(peer: Peer, found: Raw, document: Document, least: float) -> list[Mark]:
    """A peer's spans in our categories, from a score on. Hopeful words count where they meet such a label alone."""
    kept = []
    for start, end, word, value in found:
        category = peer.means.get(word) if peer.requires else word
        if category is None or value < least:
            continue
        mark = Mark(start, end, category)
        if word not in peer.hopeful or any(_meets(mark, label) for label in document.spans):
            kept.append(mark)
    return kept


def _meets(mark: Mark, label: Mark) -> bool:
    same = score_text.GROUPS.get(mark.category, mark.category) == score_text.GROUPS.get(label.category, label.category)
    return same and mark.start < label.end and label.start < mark.end


def scores(documents: Sequence[Document], found: Iterable[Sequence[Mark]]) -> dict[str, Score]:
    """By category of the label or finding; the categories that no text is labelled with do not count."""
    known = frozenset(span.category for document in documents for span in document.spans) - {IGNORE}
    counts: Counter[tuple[str, str]] = Counter()
    for document, spans in zip(documents, found, strict=True):
        for outcome in score_text.judge(document, spans, known):
            counts[outcome.stretch.category, outcome.kind] += 1
    names = sorted({category for category, _ in counts})
    return {name: Score(*(counts[name, kind] for kind in ("tp", "fp", "fn"))) for name in names}


def best(peer: Peer, documents: Sequence[Document], found: Sequence[Raw]) -> tuple[float, dict[str, Score]]:
    """The least score that serves a peer best on these very texts, by F2, and what comes of it."""
    tried = {
        least: scores(
            documents,
            [marks(peer, spans, document, least) for spans, document in zip(found, documents, strict=True)],
        )
        for least in (SCORES if peer.requires else SCORES[:1])
    }
    least = max(tried, key=lambda one: sum(tried[one].values(), Score()).f(2))
    return least, tried[least]
