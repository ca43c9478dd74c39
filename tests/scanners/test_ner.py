"""What a language model is given to read. The model is one of the test's own."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from types import ModuleType

import pytest

from scanners.detect.ner import NameReader

NAME = re.compile("Quandt-Ibe")


@dataclass(frozen=True)
class Seen:
    """As spaCy's span."""

    start_char: int
    end_char: int
    label_: str = "PERSON"


@dataclass(frozen=True)
class Read:
    """As spaCy's document."""

    ents: list[Seen]


class Model(ModuleType):
    """A model that knows one name and how much it was given at once."""

    most_at_once = 0

    def load(self, exclude: list[str]) -> Model:
        assert "parser" in exclude
        return self

    def pipe(
        self, pieces: Iterable[tuple[str, object]], *, as_tuples: bool, batch_size: int
    ) -> Iterator[tuple[Read, object]]:
        assert as_tuples
        for piece, context in pieces:
            self.most_at_once = max(self.most_at_once, batch_size * len(piece))
            yield Read([Seen(*found.span()) for found in NAME.finditer(piece)]), context


@pytest.fixture
def model(monkeypatch: pytest.MonkeyPatch) -> Model:
    model = Model("en_model_of_a_test")
    monkeypatch.setitem(sys.modules, model.__name__, model)
    return model


@pytest.mark.parametrize("between", ["\n", " ", ""], ids=["lines", "one line", "no space"])
def test_a_long_text_is_read_a_little_at_a_time(model: Model, between: str) -> None:
    filling = between.join(["word"] * 50)
    text = between.join([f"{filling} Quandt-Ibe {filling}"] * 500)
    [entities] = NameReader(model.__name__).entities([text])
    assert len(text) > 200_000
    assert model.most_at_once <= 50_000
    assert [(one.start, one.stop) for one in entities] == [found.span() for found in NAME.finditer(text)]
