"""How words of values are written alike before they are looked up. Pure."""

from __future__ import annotations

import unicodedata

from scanners.detect.names import fold

_LETTERS = str.maketrans({"ð": "d", "Ð": "d", "þ": "th", "Þ": "th", "ə": "e", "Ə": "e", "ħ": "h", "’": "'", "ʻ": "'"})


def word_fold(text: str) -> str:
    """Lower case without accents; syllables of Korean stay whole."""
    if text.isascii():
        return text.lower()
    return unicodedata.normalize("NFC", fold(text.translate(_LETTERS)))
