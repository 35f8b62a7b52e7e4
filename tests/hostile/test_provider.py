"""Where the OpenID provider should be is somebody else: no redirect is followed, no certificate taken on trust."""

import json
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from ipaddress import IPv4Address
from pathlib import Path

import httpx
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from app import errors
from app.clock import utc_now
from app.errors import Problem
from app.settings import Settings
from app.signin.openid import Journey, OpenId

_DESCRIBED = "/.well-known/openid-configuration"


class _Somebody(BaseHTTPRequestHandler):
    """Describes itself as the provider, and sends away whoever asks for what `server.moved` names."""

    server: "_Server"

    def do_GET(self) -> None:
        self._answer()

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers.get("Content-Length", "0")))
        self._answer()

    def _answer(self) -> None:
        self.server.asked.append(self.path)
        issuer = self.server.issuer
        names = {"authorization_endpoint": "authorize", "token_endpoint": "token", "jwks_uri": "keys"}
        published = {"issuer": issuer, **{name: f"{issuer}/{path}" for name, path in names.items()}}
        body = json.dumps(published | {"id_token": "x.y.z", "keys": []}).encode()
        self.send_response(307 if self.path == self.server.moved else 200)
        self.send_header("Location", f"{issuer}/elsewhere")
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_said: object) -> None:
        """Say nothing."""


class _Server(ThreadingHTTPServer):
    scheme = "http"
    moved = ""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Somebody)
        self.asked: list[str] = []

    @property
    def issuer(self) -> str:
        return f"{self.scheme}://127.0.0.1:{self.server_port}"

    def handle_error(self, *_said: object) -> None:
        """A caller that hangs up while it looks at the certificate is no error."""


@contextmanager
def _running(made: Callable[[], _Server]) -> Iterator[_Server]:
    server = made()
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    try:
        yield server
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@pytest.fixture
def somebody() -> Iterator[_Server]:
    with _running(_Server) as server:
        yield server


def _openid(server: _Server) -> OpenId:
    return OpenId(Settings(oidc_issuer=server.issuer))


async def test_a_description_that_is_elsewhere_is_none(somebody: _Server) -> None:
    somebody.moved = _DESCRIBED
    with pytest.raises(Problem) as raised:
        await _openid(somebody).begin(utc_now())
    assert raised.value.kind is errors.provider_unavailable
    assert somebody.asked == [_DESCRIBED]


@pytest.mark.parametrize("moved", ["/token", "/keys"])
async def test_a_code_goes_to_the_provider_and_is_carried_no_further(somebody: _Server, moved: str) -> None:
    somebody.moved = moved
    now = utc_now()
    journey = Journey("state", "nonce", "v" * 43, int(now.timestamp()))
    with pytest.raises(Problem) as raised:
        await _openid(somebody).finish(now, journey, {"state": "state", "code": "code"})
    assert raised.value.kind in (errors.provider_unavailable, errors.sign_in_refused)
    assert somebody.asked[-1] == moved
    assert "/elsewhere" not in somebody.asked


def _certificate(folder: Path) -> tuple[Path, Path]:
    """Make a certificate of 127.0.0.1 that nobody but itself vouches for; return its file and its key's."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "127.0.0.1")])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - timedelta(hours=1))
        .not_valid_after(now + timedelta(hours=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(IPv4Address("127.0.0.1"))]), critical=False)
        .sign(key, hashes.SHA256())
    )
    public, private = folder / "certificate.pem", folder / "key.pem"
    public.write_bytes(made.public_bytes(serialization.Encoding.PEM))
    plain = serialization.NoEncryption()
    private.write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, plain)
    )  # pragma: allowlist secret
    return public, private


async def test_a_certificate_that_nobody_vouches_for_is_not_the_providers(tmp_path: Path) -> None:
    public, private = _certificate(tmp_path)

    def made() -> _Server:
        server = _Server()
        server.scheme = "https"
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(public, private)
        server.socket = context.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
        return server

    with _running(made) as server:
        with pytest.raises(Problem) as raised:
            await _openid(server).begin(utc_now())
        assert raised.value.kind is errors.provider_unavailable
        assert server.asked == []
        trusting = ssl.create_default_context(cafile=str(public))
        async with httpx.AsyncClient(verify=trusting, trust_env=False) as client:  # whoever trusts it is answered
            assert (await client.get(server.issuer + _DESCRIBED)).status_code == 200
