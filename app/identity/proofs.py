"""Proofs that a device holds its key, in the shape of RFC 9449 (DPoP), and the nonces that keep them recent."""

import base64
import binascii
import hmac
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Any, Final

import jiter
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, EllipticCurvePublicKey, EllipticCurvePublicNumbers
from joserfc import jws
from joserfc.errors import JoseError
from joserfc.jwk import ECKey

from app.db.types import to_milliseconds
from app.keyring import Keyring

NONCE_LIFETIME: Final = timedelta(minutes=5)
CLOCK_TOLERANCE_S: Final = 300
LONGEST_PROOF: Final = 2_048
_LONGEST_JTI: Final = 128
_COORDINATE_BYTES: Final = 32
_STAMP_BYTES: Final = 8
_MAC_BYTES: Final = 16
_WORKERS_APART_MS: Final = 30_000
_HEADER: Final = {"typ": "dpop+jwt", "alg": "ES256"}
_KEY_KIND: Final = {"kty": "EC", "crv": "P-256"}


@dataclass(frozen=True, slots=True)
class DeviceKey:
    """A device's public key: the two coordinates of a point of P-256, 32 bytes each."""

    x: bytes
    y: bytes

    @classmethod
    def of(cls, x: str, y: str) -> "DeviceKey":
        """Return the key of two base64url coordinates, or raise ValueError for what is no point of the curve."""
        key = cls(_coordinate(x), _coordinate(y))
        key.point()
        return key

    def point(self) -> EllipticCurvePublicKey:
        """Return the key as cryptography knows it; ValueError off the curve."""
        numbers = EllipticCurvePublicNumbers(int.from_bytes(self.x, "big"), int.from_bytes(self.y, "big"), SECP256R1())
        return numbers.public_key()

    @property
    def thumbprint(self) -> bytes:
        """The SHA-256 of RFC 7638, 32 bytes."""
        x, y = (base64.urlsafe_b64encode(part).rstrip(b"=").decode() for part in (self.x, self.y))
        return sha256(f'{{"crv":"P-256","kty":"EC","x":"{x}","y":"{y}"}}'.encode()).digest()


def _coordinate(text: str) -> bytes:
    """Return the 32 bytes; more than one spelling of them is read, one is ever stored."""
    raw = base64.b64decode(text.encode() + b"=", altchars=b"-_", validate=True)
    if len(raw) != _COORDINATE_BYTES:
        raise binascii.Error
    return raw


@dataclass(frozen=True, slots=True)
class Proof:
    """A proof whose signature is right; what it claims is still to be judged."""

    key: DeviceKey
    claims: Mapping[str, Any]

    def holds(self, method: str, uri: str, now: datetime) -> bool:
        """Say whether it was made for this request, by a clock near ours, and names itself."""
        made, name = self.claims.get("iat"), self.claims.get("jti")
        return (
            self.claims.get("htm") == method
            and self.claims.get("htu") == uri
            and isinstance(made, int | float)
            and now.timestamp() - CLOCK_TOLERANCE_S <= made <= now.timestamp() + CLOCK_TOLERANCE_S
            and isinstance(name, str)
            and 0 < len(name) <= _LONGEST_JTI
        )

    @property
    def digest(self) -> bytes:
        """What marks this proof as seen: nobody can use up the name of another key's proof."""
        return sha256(self.key.thumbprint + str(self.claims["jti"]).encode()).digest()


def read_proof(sent: str) -> Proof | None:
    """Return the proof of a JWS in compact form, signed by the key in its own header, or None."""
    try:
        signed = jws.extract_compact(sent.encode())
        key = _key_of(signed.headers())
        if not jws.validate_compact(signed, ECKey.import_key(key.point()), ["ES256"]):
            return None
        claims = jiter.from_json(signed.payload)
    except (JoseError, ValueError, TypeError):
        return None
    return Proof(key, claims) if isinstance(claims, dict) else None


def _key_of(header: Any) -> DeviceKey:  # noqa: ANN401 - JSON
    """Return the key in a header that holds exactly `typ`, `alg` and a public `jwk`; ValueError otherwise."""
    if not isinstance(header, dict) or {**header, **_HEADER} != header or set(header) != {*_HEADER, "jwk"}:
        raise ValueError
    jwk = header["jwk"]
    if not isinstance(jwk, dict) or {**jwk, **_KEY_KIND} != jwk or set(jwk) != {*_KEY_KIND, "x", "y"}:
        raise ValueError
    x, y = jwk["x"], jwk["y"]
    if not isinstance(x, str) or not isinstance(y, str):
        raise TypeError
    return DeviceKey.of(x, y)


def new_nonce(keyring: Keyring, now: datetime) -> str:
    """Return a nonce that any worker will recognise for 5 minutes; nothing is stored."""
    stamp = to_milliseconds(now).to_bytes(_STAMP_BYTES, "big")
    return base64.urlsafe_b64encode(stamp + _nonce_mac(keyring, stamp)).decode()


def is_fresh(keyring: Keyring, nonce: object, now: datetime) -> bool:
    """Say whether this service made that nonce at most 5 minutes ago."""
    if not isinstance(nonce, str):
        return False
    try:
        raw = base64.b64decode(nonce, altchars=b"-_", validate=True)
    except ValueError:
        return False
    stamp, mac = raw[:_STAMP_BYTES], raw[_STAMP_BYTES:]
    if not hmac.compare_digest(mac, _nonce_mac(keyring, stamp)):
        return False
    age_ms = to_milliseconds(now) - int.from_bytes(stamp, "big")
    return -_WORKERS_APART_MS <= age_ms <= NONCE_LIFETIME.total_seconds() * 1000


def _nonce_mac(keyring: Keyring, stamp: bytes) -> bytes:
    return keyring.mark("nonce", stamp)[:_MAC_BYTES]
