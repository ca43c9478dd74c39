"""How words of values are written alike before they are looked up. Pure."""

from __future__ import annotations

import unicodedata
from functools import lru_cache

from scanners.detect.names import fold

_LETTERS = str.maketrans({"ð": "d", "Ð": "d", "þ": "th", "Þ": "th", "ə": "e", "Ə": "e", "ħ": "h", "’": "'", "ʻ": "'"})


def word_fold(text: str) -> str:
    """Lower case without accents; syllables of Korean stay whole."""
    return text.lower() if text.isascii() else _without_accents(text)


@lru_cache(maxsize=50_000)
def _without_accents(text: str) -> str:
    return unicodedata.normalize("NFC", fold(text.translate(_LETTERS)))
