"""The record as one text for Git: activities under ``[[activities]]``, taken apart and put together line by line.

No line of an activity is written anew, so comments, order and spelling stay as their author left them. Pure.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable, Iterator
from difflib import get_close_matches

from data_map.activities import ActivityError

_NAME = "activities"
_HEAD = re.compile(rf"""(?P<open>\s*\[\[?\s*)(?:{_NAME}|"{_NAME}"|'{_NAME}')\s*(?P<more>\.\s*|(?P<close>\]\]))""")


def tidy(text: str) -> str:
    """An activity's text as it is kept: with plain line ends, and no blank lines around it."""
    lines = text.removeprefix("\ufeff").replace("\r\n", "\n").rstrip().split("\n")
    while lines and not lines[0].strip():
        del lines[0]
    return "\n".join(lines) + "\n"


def join(texts: Iterable[str]) -> str:
    """The record of these activities, each given as its own TOML."""
    return "\n".join(f"[[{_NAME}]]\n{_shifted(text)}" for text in texts)


def split(text: str) -> list[str]:
    """The TOML of each activity of a record, in order. Comments right above a ``[[activities]]`` go with it.

    Raises:
        ActivityError: it is no TOML, or has something else than activities.
    """
    text = tidy(text)
    try:
        raw = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        msg = f"The record is not valid TOML: {str(error).splitlines()[0]}"
        raise ActivityError(msg) from None
    for key in raw:
        if key != _NAME:
            near = get_close_matches(key, [_NAME], 1)
            hint = "; did you mean activities?" if near else f". Each activity stands under a line [[{_NAME}]]"
            msg = f"The record has a mistake:\n  {key}: there is no such key{hint}"
            raise ActivityError(msg)
    parts = list(_parts(text))
    if _read(parts) != raw.get(_NAME, []):
        msg = f"The record cannot be taken apart: write each activity under a line [[{_NAME}]] of its own."
        raise ActivityError(msg)
    return [tidy(part) for part in parts]


def _read(parts: list[str]) -> list[dict[str, object]] | None:
    try:
        return [tomllib.loads(part) for part in parts]
    except tomllib.TOMLDecodeError:
        return None


def _parts(text: str) -> Iterator[str]:
    before: list[tuple[str, bool]] = []
    part: list[tuple[str, bool]] | None = None
    for line, is_outside in _lines(text):
        head = _HEAD.match(line) if is_outside else None
        if head is None:
            (before if part is None else part).append((line, is_outside))
        elif head["close"] is None:
            # [[activities.recipients]]: one of the activity's own blocks.
            (before if part is None else part).append((head["open"] + line[head.end() :], True))
        else:
            own = before
            if part is not None:
                cut = _comments_at_end(part)
                yield _text(part[:cut])
                own = part[cut:]
            rest = line[head.end() :].strip()
            part = [*own, *([(rest, True)] if rest else [])]
    if part is not None:
        yield _text(part)


def _text(lines: list[tuple[str, bool]]) -> str:
    return "\n".join(line for line, _ in lines)


def _comments_at_end(lines: list[tuple[str, bool]]) -> int:
    """Where the comments that end the lines begin."""
    cut = len(lines)
    while cut and lines[cut - 1][1] and lines[cut - 1][0].lstrip().startswith("#"):
        cut -= 1
    return cut


def _shifted(text: str) -> str:
    """An activity's own blocks, named as part of the record."""
    lines = []
    for line, is_outside in _lines(tidy(text)):
        head = re.match(r"\s*\[\[?\s*", line) if is_outside else None
        lines.append(f"{head.group()}{_NAME}.{line[head.end() :]}" if head else line)
    return "\n".join(lines)


def _lines(text: str) -> Iterator[tuple[str, bool]]:
    """The lines of valid TOML, each with whether it begins outside of any string and list."""
    quote, depth = "", 0
    for line in text.split("\n"):
        yield line, not quote and not depth
        at = 0
        while at < len(line):
            if quote:
                if line[at] == "\\" and quote[0] == '"':
                    at += 2
                elif line.startswith(quote, at):
                    at += len(quote)
                    if len(quote) == 3:
                        # Up to two quotation marks may stand right before the closing three.
                        extra = len(line[at : at + 2]) - len(line[at : at + 2].lstrip(quote[0]))
                        at += extra
                    quote = ""
                else:
                    at += 1
            elif line[at] == "#":
                break
            elif line[at] in "\"'":
                quote = line[at] * 3 if line.startswith(line[at] * 3, at) else line[at]
                at += len(quote)
            else:
                depth += (line[at] in "[{") - (line[at] in "]}")
                at += 1
