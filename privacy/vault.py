"""What belongs to one case alone, encrypted: AES-256-GCM with a key that lies outside the store."""

from __future__ import annotations

import base64
import binascii
import os
import secrets
from pathlib import Path

from data_map.errors import ConfigurationError

KEY_BYTES = 32
KEY_VARIABLE = "PRIVACY_VAULT_KEY"
#: Service and user under which the system's keyring has the key.
KEYRING = ("privacy-inventory", "vault")

_NONCE_BYTES = 12
#: Says how a sealed text was made, so that a later way can be told from this one.
_FORM = "v1:"


def make_key(path: Path) -> bool:
    """Write a new random key unless there is one; whether it was written.

    Raises:
        OSError: the file cannot be written.
    """
    try:
        descriptor = os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600)
    except FileExistsError:
        return False
    with os.fdopen(descriptor, "wb") as stream:
        stream.write(base64.urlsafe_b64encode(secrets.token_bytes(KEY_BYTES)) + b"\n")
    return True


def is_private(path: Path) -> bool:
    """Whether nobody but the owner may read the key."""
    return path.stat().st_mode & 0o077 == 0


def load_key(path: Path, *, create: bool) -> bytes:
    """The vault key: from ``$PRIVACY_VAULT_KEY``, else the file, else the keyring; made in the file when ``create``.

    Raises:
        ConfigurationError: there is none, it is no key, or others may read its file.
    """
    given = os.environ.get(KEY_VARIABLE)
    if given:
        return _decoded(given.encode(), f"${KEY_VARIABLE}")
    if not path.exists():
        stored = _from_keyring()
        if stored is not None:
            return _decoded(stored.encode(), "the keyring's vault key")
        if not create:
            msg = (
                f"The vault key is missing: it is not at {path}, not in ${KEY_VARIABLE}, not in the keyring. No other "
                f"key opens what the vault holds: copy {path.name} back to where it was, or restore a backup "
                "(privacy store restore)."
            )
            raise ConfigurationError(msg)
    try:
        if create:
            make_key(path)
        if not is_private(path):
            msg = f"The vault key {path} can be read by others. Close it first: chmod 600 {path}"
            raise ConfigurationError(msg)
        return _decoded(path.read_bytes(), f"The vault key {path}")
    except OSError as error:
        msg = f"The vault key {path} cannot be read or written: {error.strerror}."
        raise ConfigurationError(msg) from None


def _decoded(text: bytes, what: str) -> bytes:
    try:
        key = base64.urlsafe_b64decode(text.strip())
    except (binascii.Error, ValueError):
        key = b""
    if len(key) != KEY_BYTES:
        msg = f"{what} is no key: it has to be {KEY_BYTES} bytes in URL-safe base64."
        raise ConfigurationError(msg)
    return key


def _from_keyring() -> str | None:
    try:
        import keyring
        from keyring.errors import KeyringError
    except ImportError:
        return None
    try:
        found: str | None = keyring.get_password(*KEYRING)
    except KeyringError:
        return None
    return found


def seal(key: bytes, plain: bytes, context: str) -> str:
    """Encrypt for one place: opened in another (``context``), it is refused."""
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

    nonce = secrets.token_bytes(_NONCE_BYTES)
    sealed = AESGCM(key).encrypt(nonce, plain, context.encode())
    return _FORM + base64.b64encode(nonce + sealed).decode("ascii")


def unseal(key: bytes, sealed: str, context: str) -> bytes:
    """What was sealed for this place.

    Raises:
        ConfigurationError: the key is another one, or the sealed text was changed or moved.
    """
    from cryptography.exceptions import InvalidTag
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

    try:
        raw = base64.b64decode(sealed.removeprefix(_FORM), validate=True)
        return AESGCM(key).decrypt(raw[:_NONCE_BYTES], raw[_NONCE_BYTES:], context.encode())
    except (InvalidTag, binascii.Error, ValueError):
        msg = f"The vault key does not open {context}: it is another key, or what was sealed was changed."
        raise ConfigurationError(msg) from None
