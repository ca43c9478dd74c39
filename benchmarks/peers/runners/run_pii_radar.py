"""pii-radar: its detector on each cell with the column's name, as its scanner of files calls it."""

from pathlib import Path

import common
from pii_radar.detectors import detect, detect_pii_in_text
from pii_radar.scanner import scan_file


def prepare(job):
    """Nothing to load."""
    return detect


def columns(peer, tables):
    """Hits by column."""
    return {
        column["id"]: common.hits(
            [(one.pii_type, one.confidence) for one in peer(value, column["name"], row)]
            for row, value in enumerate(column["values"])
        )
        for table in tables
        for column in table["columns"]
    }


def text(peer, texts):
    """Spans of each text."""
    return [
        [
            span
            for one in detect_pii_in_text(text)
            for span in common.places(text, one.value, one.pii_type, one.confidence)
        ]
        for text in texts
    ]


def file(peer, path):
    """Its scan of a file."""
    scan_file(Path(path))


if __name__ == "__main__":
    common.main(prepare, columns, text, file)
