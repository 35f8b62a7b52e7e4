"""Every place of the pages people sign in with where a browser may put something: fields are read from their forms.

A provider that nobody should trust is here too: whatever the service tells it comes back in what it answers.
"""

import itertools
import json
import threading
from base64 import urlsafe_b64encode
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from html.parser import HTMLParser
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Final, Literal
from urllib.parse import urlencode

from app.http.context import Context
from app.identity.service import SESSION_COOKIE
from app.identity.vocabulary import Role
from app.signin import service
from app.signin.cookies import BROWSER_COOKIE, JOURNEY_COOKIE
from app.signin.openid import CALLBACK, Journey, seal_journey
from app.signin.pages import PAGES
from tests import members
from tests.hostile.positions import PASSIVE_HEADERS, UNKNOWN

QUERY: Final = ("code", "state", "iss", "error", "error_description", UNKNOWN)
"""What an address of these pages may carry: the provider's answers, and what no page asks for."""
COOKIES: Final = (SESSION_COOKIE, BROWSER_COOKIE, JOURNEY_COOKIE, UNKNOWN)
READ_HEADERS: Final = (
    "Accept-Language",
    "Authorization",
    "Content-Encoding",
    "Content-Type",
    "Origin",
    "Sec-Fetch-Site",
)
"""Headers that what a page answers depends on."""
HEADERS: Final = (*READ_HEADERS, *(name for name in PASSIVE_HEADERS if name not in {*READ_HEADERS, "Cookie"}))
_STATE: Final = "a state that was begun here"
_SUBJECT: Final = "subject"


@dataclass(frozen=True)
class Spot:
    """One place of one page's requests."""

    method: str
    path: str
    where: Literal["query", "header", "cookie", "field"]
    name: str


@dataclass(frozen=True)
class Browser:
    """Somebody's browser: with a session, or with none."""

    session: str | None = None
    journey: str = ""

    def asks(
        self, spot: Spot, value: str, fields: Sequence[str] = (), headers: Mapping[str, str] | None = None
    ) -> dict[str, Any]:
        """Return httpx's arguments of a request that is good but for one place."""
        put: dict[str, dict[str, str]] = {
            "query": {"state": _STATE, "code": "code"} if spot.path == CALLBACK else {},
            "header": {"Origin": "http://127.0.0.1:8000", "Sec-Fetch-Site": "same-origin", **(headers or {})},
            "cookie": {JOURNEY_COOKIE: self.journey, **({SESSION_COOKIE: self.session} if self.session else {})},
            "field": dict.fromkeys(fields, "a good word or two"),
        }
        if spot.method == "POST":
            put["header"]["Content-Type"] = "application/x-www-form-urlencoded"
        put[spot.where][spot.name] = value
        cookie = "; ".join(f"{name}={said}" for name, said in put["cookie"].items())
        sent = [(name, said.encode("utf-8", "replace")) for name, said in (put["header"] | {"Cookie": cookie}).items()]
        content = {"content": urlencode(put["field"])} if spot.method == "POST" else {}
        return {"method": spot.method, "url": spot.path, "params": put["query"], "headers": sent, **content}


def spots(forms: Mapping[str, Sequence[str]]) -> list[Spot]:
    """Return every place there is; `forms` are the fields of each path that takes some."""
    return [
        Spot(method, page.path, where, name)
        for page in PAGES
        for method in sorted(set(page.methods or ()) - {"HEAD"})
        for where, names in _places(forms.get(page.path, ()) if method == "POST" else None).items()
        for name in names
    ]


def _places(fields: Sequence[str] | None) -> dict[Literal["query", "header", "cookie", "field"], Sequence[str]]:
    inside = () if fields is None else (*fields, UNKNOWN)
    return {"query": QUERY, "header": HEADERS, "cookie": COOKIES, "field": inside}


class Forms(HTMLParser):
    """Reads {where a form goes: the fields it sends} off a page."""

    def __init__(self) -> None:
        super().__init__()
        self.found: dict[str, list[str]] = {}
        self._open = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        said = dict(attrs)
        if tag == "form":
            self._open = said["action"] or ""
            self.found[self._open] = []
        elif tag in {"input", "button", "select", "textarea"} and said.get("name"):
            self.found[self._open].append(said["name"] or "")


@dataclass
class Desk:
    """Gives out browsers: of nobody, or of somebody whom the provider vouched for."""

    context: Context
    issuer: str
    forms: dict[str, list[str]] = field(default_factory=dict)

    async def open(self, house: members.House) -> None:
        """Let somebody in by the provider from now on."""
        account_id = await members.new_account(self.context, house, Role.coordinator)
        now = self.context.clock()
        async with self.context.database.writing() as session:
            await service.link_subject(
                session, self.context.keyring, now, org_id=house.org_id, account_id=account_id, issuer=self.issuer,
                subject=_SUBJECT,
            )  # fmt: skip

    def nobody(self) -> Browser:
        """Return a browser that began a journey to the provider a moment ago."""
        began_s = int(self.context.clock().timestamp())
        return Browser(None, seal_journey(self.context.keyring, Journey(_STATE, "nonce", "v" * 43, began_s)))

    async def somebody(self) -> Browser:
        """Return a browser with a session of its own: signing out ends it."""
        done = await service.sign_in_as(self.context, self.context.clock(), self.issuer, _SUBJECT, replaces=None)
        return Browser(done.session.value, self.nobody().journey)


class _Answers(BaseHTTPRequestHandler):
    """Describes itself as it should; of a code it repeats whatever it was sent, each time in another way."""

    ways = itertools.cycle(range(5))

    def do_GET(self) -> None:
        issuer = f"http://{self.headers['Host']}"
        published = {
            "issuer": issuer,
            "authorization_endpoint": f"{issuer}/authorize",
            "token_endpoint": f"{issuer}/token",
            "jwks_uri": f"{issuer}/keys",
        }
        key = {"kty": "EC", "crv": "P-256", "kid": "1", "x": _X, "y": _Y}
        self._say(200, published if "openid-configuration" in self.path else {"keys": [key]})

    def do_POST(self) -> None:
        said = self.rfile.read(int(self.headers.get("Content-Length", "0"))).decode("latin-1")
        way = next(self.ways)
        if way == 0:
            self._say(400, {"error": "invalid_grant", "error_description": said})
        elif way == 1:
            self._say(200, {"id_token": said})
        elif way == 2:
            self._say(200, {"id_token": f"{_b64(b'[]')}.{_b64(said.encode())}.{_b64(said.encode())}"})
        elif way == 3:
            self._say(500, {"error": said})
        else:
            self._say(200, said)

    def _say(self, status: int, content: object) -> None:
        body = json.dumps(content).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_said: object) -> None:
        """Say nothing: what it was sent is not to be repeated here either."""


_X, _Y = "f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU", "x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0"
"""The public key of RFC 7515, appendix A.3."""


def _b64(content: bytes) -> str:
    return urlsafe_b64encode(content).rstrip(b"=").decode()


@contextmanager
def echo() -> Iterator[str]:
    """Run the provider; yield its issuer."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Answers)
    running = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    running.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        running.join()
        server.server_close()
