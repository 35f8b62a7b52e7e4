"""How often one may ask: by address class, by device, by account. Counted in the memory of each worker.

An address is cut to its class (IPv4 /24, IPv6 /56) and hashed with a salt that lives as long as the process; neither is
ever stored or logged. Two workers count apart, so a caller may get as many times the limit as there are workers.
"""

import hashlib
import secrets
import socket
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from math import ceil
from typing import Any, Final, cast

from fastapi import Depends, Request
from limits import RateLimitItem, RateLimitItemPerSecond
from limits.aio.storage import Storage
from limits.aio.strategies import FixedWindowRateLimiter
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app import errors
from app.http.problems import problem_response
from app.settings import Settings

MOST_KEYS: Final = 50_000
"""So many windows are remembered at once; beyond, the ones opened longest ago are forgotten: 10 MB, never more."""
_STATE: Final = "rates"
_IPV4_CLASS: Final = 3
_IPV6_CLASS: Final = 7
_MAPPED: Final = bytes(10) + b"\xff\xff"


@dataclass(frozen=True, slots=True)
class Quota:
    """So many requests in a window, which opens with the first of them."""

    name: str
    amount: int
    window_s: int


ANYBODY: Final = Quota("address", 6000, 60)
"""Every request of an address class: an office and the phones behind one carrier's address share it."""
ENROLMENT: Final = Quota("enrolment", 60, 600)
"""Redeeming codes, by address class: a team's phones are enrolled in one go, codes are not found by trying."""
RENEWAL: Final = Quota("renewal", 300, 600)
"""Renewing tokens, by address class."""
SIGN_IN: Final = Quota("sign-in", 30, 600)
"""Passwords and one-time codes, by address class and again by account."""
DEVICE: Final = Quota("device", 600, 60)
"""Everything a phone or a desk does: a night's work is some hundreds of items, even if sent one by one."""
LOOK_UP: Final = Quota("look-up", 30, 60)
"""Looking up slips and cards, by device: a queue at a desk, not a search."""
ACCOUNT: Final = Quota("account", 300, 60)
"""Everything an account does besides asking for figures."""
METRICS: Final = Quota("metrics", 120, 60)
"""Asking for figures, by account: some pages of a dashboard."""


class Windows(Storage):
    """The counters of fixed windows: the library's contract over one bounded dictionary.

    Its own memory storage walks all keys in a task of its own at each hit. Nothing here waits, so nothing is locked.
    """

    STORAGE_SCHEME = None

    def __init__(self, most: int = MOST_KEYS, monotonic: Callable[[], float] = time.monotonic) -> None:
        """Start with no window; `monotonic` counts seconds."""
        super().__init__()
        self._most = most
        self._monotonic = monotonic
        self._open: dict[str, tuple[int, float]] = {}

    @property
    def base_exceptions(self) -> type[Exception]:
        """Return what a failing store raises: this one does not fail."""
        return ValueError

    async def incr(self, key: str, expiry: float, amount: int = 1) -> int:
        """Count, in the window that is open or in a new one; return how many there are now."""
        now = self._monotonic()
        count, ends = self._open.get(key, (0, 0.0))
        if ends <= now:
            self._open.pop(key, None)
            count, ends = 0, now + expiry
            if len(self._open) >= self._most:
                self._make_room(now)
        self._open[key] = count + amount, ends
        return count + amount

    def _make_room(self, now: float) -> None:
        """Forget the windows that are over, and the tenth opened longest ago when they are too few."""
        self._open = {key: window for key, window in self._open.items() if window[1] > now}
        for key in list(self._open)[: max(0, len(self._open) - self._most + self._most // 10 + 1)]:
            del self._open[key]

    async def get(self, key: str) -> int:
        """Return how many the open window holds."""
        count, ends = self._open.get(key, (0, 0.0))
        return count if ends > self._monotonic() else 0

    async def get_expiry(self, key: str) -> float:
        """Return when the window ends, on the clock of `monotonic`."""
        _, ends = self._open.get(key, (0, 0.0))
        return max(ends, self._monotonic())

    async def check(self) -> bool:
        """Say that the store works."""
        return True

    async def reset(self) -> int:
        """Forget everything; return how many windows that were."""
        forgotten = len(self._open)
        self._open.clear()
        return forgotten

    async def clear(self, key: str) -> None:
        """Forget one window."""
        self._open.pop(key, None)


@dataclass(frozen=True, slots=True)
class Standing:
    """How a caller stands with one quota."""

    name: str
    amount: int
    window_s: int
    remaining: int
    reset_s: int
    """Seconds until the quota is whole again."""

    def refusal(self, kind: errors.ProblemKind, detail: str = "") -> errors.Problem:
        """Return the problem that says when to come back."""
        problem = kind(detail, policy=self.name, retry_after_s=self.reset_s)
        problem.headers = {"Retry-After": str(self.reset_s)}
        return problem


class Rates:
    """The counters of one worker. Addresses have a store apart: a flood of them pushes out nobody's device."""

    def __init__(self, settings: Settings, monotonic: Callable[[], float] = time.monotonic) -> None:
        """Start with nothing counted; `monotonic` counts seconds."""
        self._scale = settings.rate_scale
        self._hops = settings.trusted_hops
        self._monotonic = monotonic
        self._salt = secrets.token_bytes(32)
        self._callers = FixedWindowRateLimiter(Windows(monotonic=monotonic))
        self._addresses = FixedWindowRateLimiter(Windows(monotonic=monotonic))
        self._items: dict[Quota, RateLimitItem] = {}

    async def spend(self, scope: Scope, quota: Quota, who: str) -> None:
        """Count one request of a caller; raise `too_many_requests` when the quota is used up.

        `who` is an id, or a digest of what a caller typed: never that itself.
        """
        await self._count(scope, self._callers, quota, who, shown=True)

    async def spend_by_address(self, scope: Scope, quota: Quota) -> None:
        """Count one request of an address class; what everybody shares is shown only when it is used up."""
        await self._count(scope, self._addresses, quota, self.address_key(scope), shown=quota is not ANYBODY)

    async def _count(
        self, scope: Scope, limiter: FixedWindowRateLimiter, quota: Quota, who: str, *, shown: bool
    ) -> None:
        if not self._scale:
            return
        item = self._items.get(quota) or self._made(quota)
        allowed = await limiter.hit(item, who)
        if allowed and not shown:
            return
        stats = await limiter.get_window_stats(item, who)
        left_s = max(1, ceil(stats.reset_time - self._monotonic()))
        standing = Standing(quota.name, item.amount, quota.window_s, stats.remaining, left_s)
        show(scope, standing)
        if not allowed:
            raise standing.refusal(errors.too_many_requests)

    def _made(self, quota: Quota) -> RateLimitItem:
        amount = max(1, int(quota.amount * self._scale))
        item = self._items[quota] = RateLimitItemPerSecond(amount, quota.window_s, quota.name)
        return item

    def address_key(self, scope: Scope) -> str:
        """Return the salted digest of the class of the caller's address."""
        network = address_class(client_address(scope, self._hops))
        return hashlib.blake2b(network, key=self._salt, digest_size=16).hexdigest()


def client_address(scope: Scope, trusted_hops: int) -> str:
    """Return the caller's address: the peer's, or what the outermost of so many trusted proxies saw.

    Each proxy adds the address it was called from at the right of X-Forwarded-For; what stands further left than the
    trusted ones wrote is the caller's own text. With no trusted hop the header is not looked at.
    """
    client = scope.get("client")
    peer = str(client[0]) if client else ""
    if not trusted_hops:
        return peer
    lines = [value.decode("latin-1") for name, value in scope["headers"] if name == b"x-forwarded-for"]
    seen = [one.strip() for one in ",".join(lines).split(",")] if lines else []
    return seen[-trusted_hops] if len(seen) >= trusted_hops else peer


def address_class(address: str) -> bytes:
    """Return the first 24 bits of an IPv4 address, 56 of an IPv6 one; what is neither is one class of its own."""
    with suppress(OSError, ValueError):
        return socket.inet_pton(socket.AF_INET, address)[:_IPV4_CLASS]
    try:
        packed = socket.inet_pton(socket.AF_INET6, address.partition("%")[0].strip("[]"))
    except (OSError, ValueError):
        return b""
    return packed[12 : 12 + _IPV4_CLASS] if packed.startswith(_MAPPED) else packed[:_IPV6_CLASS]


def show(scope: Scope, standing: Standing) -> None:
    """Put a standing on the answer to come."""
    shown: list[Standing] | None = scope.get("state", {}).get(_STATE)
    if shown is not None:
        shown.append(standing)


def _headers(shown: list[Standing]) -> list[tuple[bytes, bytes]]:
    """Return the fields of draft-ietf-httpapi-ratelimit-headers-10: the policies, and what is left of each."""
    policy = ", ".join(f'"{one.name}";q={one.amount};w={one.window_s}' for one in shown)
    left = ", ".join(f'"{one.name}";r={one.remaining};t={one.reset_s}' for one in shown)
    return [(b"ratelimit-policy", policy.encode()), (b"ratelimit", left.encode())]


class RateGate:
    """Inside the frame: lets an address class through while it keeps to its quota, and shows every standing."""

    def __init__(self, app: ASGIApp, rates: Rates) -> None:
        """Stand in front of `app`."""
        self._app = app
        self._rates = rates

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request, or refuse it."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        shown: list[Standing] = []
        scope.setdefault("state", {})[_STATE] = shown

        async def send_with_standings(message: Message) -> None:
            if shown and message["type"] == "http.response.start":
                message.setdefault("headers", []).extend(_headers(shown))
            await send(message)

        try:
            await self._rates.spend_by_address(scope, ANYBODY)
        except errors.Problem as problem:
            await problem_response(problem, problem.headers)(scope, receive, send_with_standings)
            return
        await self._app(scope, receive, send_with_standings)


def rates_of(request: Request) -> Rates:
    """Return the counters of the application that serves this request."""
    return cast("Rates", request.app.state.rates)


class Throttle:
    """A dependency of a route that anybody may call: counts against a quota by address class."""

    def __init__(self, quota: Quota) -> None:
        """Count against `quota`."""
        self.quota: Final = quota

    async def __call__(self, request: Request) -> None:
        """Count, or raise `too_many_requests`."""
        await rates_of(request).spend_by_address(request.scope, self.quota)


def throttled(quota: Quota) -> Any:  # noqa: ANN401 - FastAPI's Depends is untyped
    """Return the dependency that counts a route's calls by address class: `dependencies=[throttled(SIGN_IN)]`."""
    return Depends(Throttle(quota))


HEADERS_DOCUMENTED: Final[Mapping[str, Any]] = {
    "RateLimit": {
        "description": 'What is left of each quota: `"name";r=requests;t=seconds` (IETF draft ratelimit-headers).',
        "schema": {"type": "string"},
    },
    "RateLimit-Policy": {
        "description": 'Each quota: `"name";q=requests;w=window in seconds`.',
        "schema": {"type": "string"},
    },
    "Retry-After": {"description": "Seconds until it is worth asking again.", "schema": {"type": "string"}},
}
"""For the 429 of every operation."""
