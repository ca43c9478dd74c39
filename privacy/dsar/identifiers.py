"""What a person gave to be found by. It comes from a file, standard input or a prompt, and goes to the vault."""

from __future__ import annotations

import json
import tomllib
from difflib import get_close_matches

from data_map.errors import UsageError

#: Key → what is asked at the prompt.
KEYS = {
    "name": "name",
    "email": "e-mail address",
    "phone": "phone number",
    "address": "postal address",
    "date_of_birth": "date of birth",
    "username": "user name",
    "customer_id": "customer, employee or patient number",
    "national_id": "national identification number",
    "other": "anything else to find the person by",
}

Identifiers = dict[str, list[str]]


def parse(text: str) -> Identifiers:
    """Identifiers from TOML: each key has a text or an array of texts.

    Raises:
        UsageError: it is no TOML, or a key or value is none of ours. What was given is not repeated.
    """
    try:
        raw = tomllib.loads(text)
    except tomllib.TOMLDecodeError:
        msg = 'The identifiers are not valid TOML. They are written like this: email = ["a@b.example"]'
        raise UsageError(msg) from None
    found: Identifiers = {}
    for key, value in raw.items():
        if key not in KEYS:
            near = get_close_matches(key, KEYS, 1)
            hint = f"; did you mean {near[0]}?" if near else ""
            msg = f"The identifiers have a key that is not known{hint} The keys are: {', '.join(KEYS)}."
            raise UsageError(msg)
        values = value if isinstance(value, list) else [value]
        if not all(isinstance(item, str) and item.strip() for item in values):
            msg = f"The identifier {key} has to be a text, or an array of texts that are not empty."
            raise UsageError(msg)
        found[key] = [item.strip() for item in values]
    if not found:
        msg = "There is no identifier in what was given."
        raise UsageError(msg)
    return found


def dumps(identifiers: Identifiers) -> bytes:
    """As they are sealed."""
    return json.dumps(identifiers, ensure_ascii=False, sort_keys=True).encode()


def loads(plain: bytes) -> Identifiers:
    """What ``dumps`` made."""
    found: Identifiers = json.loads(plain)
    return found
