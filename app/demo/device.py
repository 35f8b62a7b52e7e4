"""A device as an app developer would write one: enrols, signs proofs, follows the nonce, renews, sends with its token.

It knows the service by its documentation only and imports nothing of it but the clock; tests and the demo city use it.
"""

import json
import secrets
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Any, Final

import httpx
from joserfc import jws
from joserfc.jwk import ECKey

from app.clock import Clock, utc_now

_NONCE: Final = "DPoP-Nonce"
_RENEWED_BEFORE: Final = timedelta(hours=1)


class RefusedError(Exception):
    """The service did not let the device in; `response` says what it answered."""

    def __init__(self, response: httpx.Response) -> None:
        """Keep the response."""
        super().__init__(f"{response.request.method} {response.request.url.path} answered {response.status_code}")
        self.response = response


class Device:
    """One phone or tablet. Its key never leaves it; its token is renewed when it is about to end or is refused."""

    def __init__(self, client: httpx.AsyncClient, public_url: str, clock: Clock = utc_now) -> None:
        """Speak through `client`; proofs name `public_url`; `clock` is the device's own and may be wrong."""
        self._client = client
        self._public_url = public_url.rstrip("/")
        self._clock = clock
        self._ahead = timedelta()
        self._key = ECKey.generate_key("P-256")
        self._token: str | None = None
        self._expires_at = datetime.min.replace(tzinfo=UTC)
        self._nonce: str | None = None
        self.enrolled: dict[str, Any] = {}

    @property
    def public_key(self) -> dict[str, str]:
        """The JWK that others may see."""
        held = self._key.as_dict(private=False)
        return {name: str(held[name]) for name in ("kty", "crv", "x", "y")}

    @property
    def token(self) -> str:
        """The bearer token in use."""
        if self._token is None:
            msg = "the device is not enrolled"
            raise RuntimeError(msg)
        return self._token

    @property
    def now(self) -> datetime:
        """The time as the device knows it: its own clock, put right by what the service last said."""
        return self._clock() - self._ahead

    async def enrol(self, code: str) -> dict[str, Any]:
        """Redeem a one-time code and return the answer; raises RefusedError."""
        response = await self._client.post("/v1/enrolments", json={"code": code, "public_key": self.public_key})
        if response.status_code != httpx.codes.CREATED:
            raise RefusedError(response)
        self.enrolled = response.json()
        self._keep(self.enrolled)
        return self.enrolled

    async def renew(self) -> None:
        """Get a fresh token by a proof of the key; asks a second time when the nonce or the clock was refused."""
        response = await self.send_proof(self.proof())
        if response.status_code == httpx.codes.UNAUTHORIZED and _NONCE in response.headers:
            self._learn(response)
            response = await self.send_proof(self.proof())
        if response.status_code != httpx.codes.OK:
            raise RefusedError(response)
        self._keep(response.json())

    async def send_proof(self, proof: str) -> httpx.Response:
        """Post a proof as it is and return whatever is answered."""
        return await self._client.post("/v1/tokens", headers={"DPoP": proof})

    def proof(self, **changes: Any) -> str:  # noqa: ANN401 - claims are JSON
        """Return a signed proof for a renewal; `changes` replace claims, None leaves one out."""
        claims: dict[str, Any] = {
            "htm": "POST",
            "htu": f"{self._public_url}/v1/tokens",
            "iat": int(self.now.timestamp()),
            "jti": secrets.token_urlsafe(16),
            "nonce": self._nonce,
            **changes,
        }
        return self.sign({name: value for name, value in claims.items() if value is not None})

    def sign(self, claims: Mapping[str, Any], **header: Any) -> str:  # noqa: ANN401 - JSON
        """Return the claims as a JWS by the device's key; `header` replaces or adds header members."""
        protected = {"typ": "dpop+jwt", "alg": "ES256", "jwk": self.public_key, **header}
        return jws.serialize_compact(protected, _json(claims), self._key, ["ES256"])

    async def request(self, method: str, path: str, **options: Any) -> httpx.Response:  # noqa: ANN401 - httpx's options
        """Send with the bearer token, renewed first when it is about to end, and once more when it was refused."""
        if self.now + _RENEWED_BEFORE >= self._expires_at:
            await self.renew()
        response = await self._send(method, path, options)
        if response.status_code == httpx.codes.UNAUTHORIZED:
            await self.renew()
            response = await self._send(method, path, options)
        return response

    async def get(self, path: str, **options: Any) -> httpx.Response:  # noqa: ANN401 - httpx's options
        """Read."""
        return await self.request("GET", path, **options)

    async def post(self, path: str, **options: Any) -> httpx.Response:  # noqa: ANN401 - httpx's options
        """Send."""
        return await self.request("POST", path, **options)

    async def _send(self, method: str, path: str, options: Mapping[str, Any]) -> httpx.Response:
        headers = {**options.get("headers", {}), "Authorization": f"Bearer {self.token}"}
        return await self._client.request(method, path, **{**options, "headers": headers})

    def _keep(self, answer: Mapping[str, Any]) -> None:
        self._token = answer["token"]
        self._expires_at = datetime.fromisoformat(answer["expires_at"])
        self._nonce = answer["nonce"]

    def _learn(self, response: httpx.Response) -> None:
        """Take over the nonce, and how far the own clock is ahead of the service's."""
        self._nonce = response.headers[_NONCE]
        if dates := response.headers.get_list("date"):
            self._ahead = self._clock() - parsedate_to_datetime(dates[0])


def _json(value: Mapping[str, Any]) -> bytes:
    return json.dumps(value, separators=(",", ":")).encode()
