"""The words of a text. The people in it are made up for this file."""

from __future__ import annotations

from scanners.detect.words import words_of


def test_words_stand_where_they_say() -> None:
    text = "L’avocat de Tuuli Achterhof's brother"
    words = words_of(text)
    assert [word.text for word in words] == ["L’", "avocat", "de", "Tuuli", "Achterhof", "brother"]
    assert all(text[word.start : word.stop] == word.text for word in words)


def test_a_word_does_not_show_in_a_repr() -> None:
    assert "uuli" not in repr(words_of("Tuuli Achterhof"))
