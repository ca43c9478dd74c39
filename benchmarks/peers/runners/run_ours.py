"""The product itself, in its own environment: its engine in memory, on the same cells and texts as its peers."""

import common

from data_map.model import Asset, AssetKind, AssetScan, Field, FieldRef, Source
from privacy.redaction import Choice, documents
from scanners.detect.engine import Engine
from scanners.detect.ner import NameReader, installed_model
from scanners.detect.recognisers import presidio_spans
from scanners.detect.text import TextReader
from scanners.scan import Limits, scan
from scanners.sources.files import FileSource
from scanners.values import Column, Content


def prepare(job):
    """The engine, its rules and lexicon loaded; for the variant ``patterns`` without a language model.

    For the variant ``recognisers`` only what equals Presidio's pattern recognisers.
    """
    if job.get("variant") == "recognisers":
        presidio_spans(["Call Jane Doe on Monday."])
        return presidio_spans
    engine = Engine(NameReader(None if job.get("variant") == "patterns" else installed_model()))
    columns(engine, [{"name": "warm", "columns": [{"id": 0, "name": "up", "values": ["Call Jane Doe on Monday."]}]}])
    return engine


def columns(peer, tables):
    """The verdict on each column, judged beside its neighbours as in a scan."""
    found = {}
    for table in tables:
        asset = Asset("bench", f"main.{table['name']}", AssetKind.TABLE)
        filled = []
        for position, one in enumerate(table["columns"]):
            column = Column(Field(FieldRef(asset.source, asset.name, one["name"]), position=position))
            column.extend(one["values"])
            filled.append(column)
        content = Content(asset, filled, rows_read=max(len(one["values"]) for one in table["columns"]))
        for one, verdict in zip(table["columns"], peer.look(content)[1], strict=True):
            found[one["id"]] = [verdict.category] if verdict.category else []
    return found


def text(peer, texts):
    """Spans of each text, as `privacy redact` has them; for the variant ``recognisers`` what Presidio's would find."""
    if peer is presidio_spans:
        return [list(found) for found in presidio_spans(texts)]
    return [
        [[span.start, span.stop, span.category, span.score] for span in document.spans]
        for document in documents(texts, TextReader(peer.names), Choice())
    ]


def file(peer, path):
    """A scan of a file, every row of it."""
    connector = FileSource(Source("bench", "files", "bench"), path)
    events = list(scan(connector, peer, Limits(full=True)))
    connector.close()
    # A scan that read nothing would be fast for the wrong reason.
    if not any(isinstance(event, AssetScan) and event.verdicts for event in events):
        raise SystemExit("the file was not scanned")


if __name__ == "__main__":
    common.main(prepare, columns, text, file)
