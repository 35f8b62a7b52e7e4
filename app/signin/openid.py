"""The operator's OpenID provider: code flow with PKCE, state and nonce (OpenID Connect Core 1.0, RFC 7636, RFC 9207).

What a browser must bring back is sealed into a cookie of its own, so nothing is stored for a sign-in that never ends.
"""

import hmac
import secrets
from base64 import urlsafe_b64decode
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final
from urllib.parse import urlsplit

import httpx
import orjson
from authlib.oauth2.auth import ClientAuth
from authlib.oauth2.rfc6749.parameters import prepare_grant_uri, prepare_token_request
from authlib.oauth2.rfc7636 import create_s256_code_challenge
from authlib.oidc.core import CodeIDToken
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet

from app import errors
from app.keyring import Keyring
from app.settings import Settings
from app.signin.sealing import JOURNEY_KEY, seal, unseal

JOURNEY_LASTS: Final = timedelta(minutes=10)
CALLBACK: Final = "/sign-in/openid/callback"
_BOUND_TO: Final = b"openid journey"
_RANDOM_BYTES: Final = 32
_TIMEOUT_S: Final = 5.0
_MOST_BYTES: Final = 1_000_000
_KNOWN_FOR: Final = timedelta(hours=1)
_KEYS_ANEW_AFTER: Final = timedelta(minutes=1)
_LEEWAY_S: Final = 60
_LONGEST_SUBJECT: Final = 255
_LONGEST_TYPED: Final = 4_096
ALGORITHMS: Final = ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512")
"""Signatures by a key of the provider's own; `none`, and those by a shared secret, are not among them."""
_FORM: Final = {"Content-Type": "application/x-www-form-urlencoded", "Accept": "application/json"}


@dataclass(frozen=True, slots=True)
class Journey:
    """What a browser carries to the provider and back."""

    state: str
    nonce: str
    verifier: str
    began_s: int


def seal_journey(keyring: Keyring, journey: Journey) -> str:
    """Return the cookie of a journey."""
    content = orjson.dumps([journey.state, journey.nonce, journey.verifier, journey.began_s])
    return seal(keyring, JOURNEY_KEY, content, _BOUND_TO).hex()


def open_journey(keyring: Keyring, cookie: str, now: datetime) -> Journey:
    """Return the journey of a cookie; sign_in_refused for one that was not begun here or lasts too long."""
    try:
        content = unseal(keyring, JOURNEY_KEY, bytes.fromhex(cookie[:_LONGEST_TYPED]), _BOUND_TO)
    except ValueError:
        content = None
    if content is None:
        raise errors.sign_in_refused()
    journey = Journey(*orjson.loads(content))
    if not 0 <= now.timestamp() - journey.began_s + 1 <= JOURNEY_LASTS.total_seconds():
        raise errors.sign_in_refused()
    return journey


@dataclass(frozen=True, slots=True)
class _Known:
    """What the provider published about itself, and when it was read."""

    authorization: str
    token: str
    jwks: str
    basic: bool
    read_at: datetime


class OpenId:
    """One provider, as its issuer describes it; what it published is read again after an hour."""

    def __init__(self, settings: Settings, transport: httpx.AsyncBaseTransport | None = None) -> None:
        """Prepare; nothing connects before the first use."""
        self.issuer: Final = settings.oidc_issuer
        self._client_id = settings.oidc_client_id
        self._secret_file = settings.oidc_client_secret_file
        self._redirect = settings.public_url.rstrip("/") + CALLBACK
        self._transport = transport
        self._known: _Known | None = None
        self._keys: tuple[KeySet, datetime] | None = None

    async def begin(self, now: datetime) -> tuple[str, Journey]:
        """Return the address to send the browser to, and what it must bring back."""
        known = await self._published(now)
        state, nonce, verifier = (secrets.token_urlsafe(_RANDOM_BYTES) for _ in range(3))
        url = prepare_grant_uri(
            known.authorization,
            self._client_id,
            "code",
            self._redirect,
            "openid",
            state,
            nonce=nonce,
            code_challenge=create_s256_code_challenge(verifier),
            code_challenge_method="S256",
        )
        return str(url), Journey(state, nonce, verifier, int(now.timestamp()))

    async def finish(self, now: datetime, journey: Journey, answered: Mapping[str, str]) -> tuple[str, str]:
        """Return (issuer, subject) for what the browser brought back.

        Raises sign_in_refused for whatever is not right about it, provider_unavailable when the provider is away.
        """
        if not hmac.compare_digest(answered.get("state", "").encode(), journey.state.encode()):
            raise errors.sign_in_refused()
        known = await self._published(now)
        if answered.get("iss", self.issuer) != self.issuer or not answered.get("code"):
            raise errors.sign_in_refused()
        token = await self._redeem(known, answered["code"], journey)
        return str(self.issuer), await self._subject(known, now, journey, token)

    async def _redeem(self, known: _Known, code: str, journey: Journey) -> str:
        """Exchange the code for an id token."""
        body = prepare_token_request(
            "authorization_code", redirect_uri=self._redirect, code=code, code_verifier=journey.verifier
        )
        secret = self._secret_file.read_text().strip() if self._secret_file else ""
        way = "none" if not secret else "client_secret_basic" if known.basic else "client_secret_post"
        uri, headers, body = ClientAuth(self._client_id, secret, way).prepare("POST", known.token, dict(_FORM), body)
        status, answer = await self._ask("POST", uri, headers, body)
        if 400 <= status < 500:  # noqa: PLR2004 - the provider refuses the code
            raise errors.sign_in_refused()
        token = answer.get("id_token")
        if status != httpx.codes.OK or not isinstance(token, str):  # a redirect is not followed, and brings nothing
            raise errors.provider_unavailable()
        return token

    async def _subject(self, known: _Known, now: datetime, journey: Journey, token: str) -> str:
        """Return the subject of an id token, or raise sign_in_refused."""
        seconds = int(now.timestamp())
        try:
            signed = jwt.decode(token, await self._key_set(known, now, token), algorithms=list(ALGORITHMS))
            claims = CodeIDToken(
                signed.claims,
                signed.header,
                {
                    "iss": {"essential": True, "value": self.issuer},
                    "aud": {"essential": True, "value": self._client_id},
                },
                {"nonce": journey.nonce, "client_id": self._client_id},
            )
            claims.validate(seconds, _LEEWAY_S)
            made = claims["iat"]
        except (JoseError, ValueError, TypeError, KeyError) as error:
            raise errors.sign_in_refused() from error
        subject = claims.get("sub")
        recent = isinstance(made, int | float) and journey.began_s - _LEEWAY_S <= made <= seconds + _LEEWAY_S
        if not recent or not isinstance(subject, str) or not 0 < len(subject) <= _LONGEST_SUBJECT:
            raise errors.sign_in_refused()
        return subject

    async def _published(self, now: datetime) -> _Known:
        """Return the provider's description, which must be of this issuer."""
        if self.issuer is None:
            raise errors.not_found()
        if self._known is None or now - self._known.read_at >= _KNOWN_FOR:
            status, found = await self._ask("GET", self.issuer.rstrip("/") + "/.well-known/openid-configuration")
            if status != httpx.codes.OK or found.get("issuer") != self.issuer:
                raise errors.provider_unavailable()
            self._known = _Known(
                self._address(found, "authorization_endpoint"),
                self._address(found, "token_endpoint"),
                self._address(found, "jwks_uri"),
                "client_secret_basic" in found.get("token_endpoint_auth_methods_supported", ["client_secret_basic"]),
                now,
            )
        return self._known

    def _address(self, found: Mapping[str, Any], name: str) -> str:
        """Return an address the provider published; it is as safe as the issuer's own, or it is not used."""
        address = found.get(name)
        if not isinstance(address, str) or urlsplit(address).scheme not in {
            "https",
            urlsplit(self.issuer or "").scheme,
        }:
            raise errors.provider_unavailable()
        return address

    async def _key_set(self, known: _Known, now: datetime, token: str) -> KeySet:
        """Return the provider's keys, read again when they are old or the token names one that is not among them."""
        if self._keys is not None:
            keys, read_at = self._keys
            named = {key.kid for key in keys.keys}
            wanted = _key_named_by(token)
            age = now - read_at
            if age < _KNOWN_FOR and (wanted in named or age < _KEYS_ANEW_AFTER):
                return keys
        status, found = await self._ask("GET", known.jwks)
        if status != httpx.codes.OK:
            raise errors.provider_unavailable()
        try:
            keys = KeySet.import_key_set(found)  # type: ignore[arg-type]  # checked by the library itself
        except (JoseError, ValueError, TypeError, KeyError) as error:
            raise errors.provider_unavailable() from error
        self._keys = keys, now
        return keys

    async def _ask(
        self, method: str, url: str, headers: Mapping[str, str] | None = None, body: str | None = None
    ) -> tuple[int, dict[str, Any]]:
        """Return status and JSON of an answer of the provider; nothing it sends is logged or shown."""
        raw = bytearray()
        try:
            async with (
                httpx.AsyncClient(transport=self._transport, timeout=_TIMEOUT_S, trust_env=False) as client,
                client.stream(method, url, headers=dict(headers or {}), content=body) as answer,
            ):
                async for chunk in answer.aiter_bytes():
                    raw += chunk
                    if len(raw) > _MOST_BYTES:
                        raise errors.provider_unavailable()
            found = orjson.loads(raw)
        except (httpx.HTTPError, httpx.InvalidURL, ValueError) as error:
            raise errors.provider_unavailable() from error
        if answer.status_code >= 500 or not isinstance(found, dict):  # noqa: PLR2004 - the provider's own failure
            raise errors.provider_unavailable()
        return answer.status_code, found


def _key_named_by(token: str) -> object:
    """Return what the header of a compact JWS calls its key; ValueError when it has no header."""
    header = orjson.loads(urlsafe_b64decode(token.partition(".")[0] + "=="))
    return header.get("kid") if isinstance(header, dict) else None
