"""What is kept sealed: secrets of one-time codes, and what a browser carries to the provider and back. AES-256-GCM."""

import os
from typing import Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from app.keyring import Keyring

TOTP_KEY: Final = "totp"
JOURNEY_KEY: Final = "journey"
_NONCE_BYTES: Final = 12


def seal(keyring: Keyring, key: str, content: bytes, bound_to: bytes) -> bytes:
    """Return nonce and ciphertext; it opens only together with `bound_to`, such as the account it belongs to."""
    nonce = os.urandom(_NONCE_BYTES)
    return nonce + AESGCM(keyring.key(key)).encrypt(nonce, content, bound_to)


def unseal(keyring: Keyring, key: str, sealed: bytes, bound_to: bytes) -> bytes | None:
    """Return what was sealed, or None for what was not sealed here, for this, with this key."""
    nonce, ciphertext = sealed[:_NONCE_BYTES], sealed[_NONCE_BYTES:]
    try:
        return AESGCM(keyring.key(key)).decrypt(nonce, ciphertext, bound_to)
    except (InvalidTag, ValueError):
        return None
