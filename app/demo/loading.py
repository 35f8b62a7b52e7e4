"""Posting the demo city through the public API, its clock moving from round to round."""

import asyncio
import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any, Final

import httpx
import orjson

from app.demo.city_plan import city_plan
from app.demo.device import Device
from app.demo.founding import change_hours, enrol_devices, found, hours_changes
from app.demo.model import City, Round
from app.demo.outbox import Post, Route
from app.demo.planning import enter
from app.directory.rules import local_day
from app.http.context import Context
from app.http.envelope import Outcome
from app.main import create_app
from app.metrics.refreshing import refresh
from app.monitoring.snapshots.service import take_what_is_due
from app.referrals.service import sweep
from app.releases.definitions import DUE_AFTER
from app.releases.service import publish_what_is_due
from app.settings import Settings

_TOKEN_LIFETIME: Final = timedelta(days=120)
_NEVER_S: Final = 1e9
_SWEPT_EVERY: Final = timedelta(days=7)
_ONE_DAY: Final = timedelta(days=1)
_TOGETHER: Final = (
    (Route.patrols, Route.facility_reports),
    (Route.encounters, Route.referrals),
    (Route.referral_events, Route.stay_exits),
)
"""Routes posted at the same time: what the writer finds queued behind a commit shares the next one."""
_HEADERS: Final = {"content-type": "application/json"}
Progress = Callable[[datetime], None]


class DemoError(Exception):
    """The service did not take what the demo city posts."""


@dataclass(slots=True)
class Tally:
    """What was posted and how it was judged."""

    requests: int = 0
    made: Counter[str] = field(default_factory=Counter)
    """Records by kind; referrals made in encounters are among the referrals."""
    outcomes: Counter[tuple[Route, Outcome]] = field(default_factory=Counter)
    without_effect: Counter[str] = field(default_factory=Counter)
    """Events kept that could not be applied, or not yet, by reason."""
    unexpected: Counter[str] = field(default_factory=Counter)
    expired: int = 0
    seconds: float = 0.0

    @property
    def encounters(self) -> int:
        """Encounters stored, the withdrawn ones included."""
        return self.made["encounters"]

    def posted(self) -> dict[str, int]:
        """Return how many of each kind of record were made, by name."""
        return dict(self.made)

    def judged(self) -> dict[str, int]:
        """Return how many items got each verdict."""
        return {outcome: sum(n for (_, o), n in self.outcomes.items() if o is outcome) for outcome in Outcome}

    def count(self, post: Post, results: Sequence[dict[str, Any]]) -> None:
        """Count the verdicts on one request: everything is new, but for what is sent again."""
        expected = Outcome.unchanged if post.again else Outcome.created
        self.requests += 1
        for verdict in results:
            outcome, problem = Outcome(verdict["outcome"]), verdict["problem"]
            self.outcomes[post.route, outcome] += 1
            if outcome is not expected:
                self.unexpected[f"{post.route}: {outcome}, {problem['type'] if problem else 'no problem'}"] += 1
            elif problem is not None:
                self.without_effect[problem.get("not_applied", problem["type"])] += 1
        if not post.again:
            self._count_made(post)

    def _count_made(self, post: Post) -> None:
        first = [item for item in post.items if item.get("revision", 1) == 1]
        self.made[post.route.replace("-", " ")] += len(first)
        self.made["revisions"] += len(post.items) - len(first)
        self.made["referrals"] += sum(len(item.get("referrals", ())) for item in first)


class _SetClock:
    """The service's clock while the city is loaded."""

    def __init__(self, now: datetime) -> None:
        self.now = now

    def __call__(self) -> datetime:
        return self.now


def loading_settings(settings: Settings) -> Settings:
    """Return the settings of the service while it is loaded.

    SQLite leaves syncing to the system, for the city can be made again. Tokens last for months: a renewal a day and
    device would be 9,000 requests which show nothing new. Nobody is asked to wait. The sweep runs at the city's time
    and not at ours.
    """
    return settings.model_copy(
        update={
            "sqlite_synchronous": "OFF",
            "token_lifetime": _TOKEN_LIFETIME,
            "rate_scale": 0,
            "sweep_interval_s": _NEVER_S,
            "refresh_interval_s": _NEVER_S,
            "release_interval_s": _NEVER_S,
        }
    )


async def load(settings: Settings, city: City, progress: Progress = lambda _: None) -> Tally:
    """Found the city in a seeded database without one, and post its days; `progress` hears each instant."""
    started, clock = time.perf_counter(), _SetClock(city.start)
    app = create_app(loading_settings(settings), clock=clock)
    transport = httpx.ASGITransport(app=app)
    async with (
        app.router.lifespan_context(app),
        httpx.AsyncClient(transport=transport, base_url=settings.public_url) as client,
    ):
        context: Context = app.state.context
        await found(context, city)
        loading = _Loading(context, await enrol_devices(context, client, city), city)
        for one in city.rounds():
            clock.now = one.at
            await loading.post(one)
            progress(one.at)
        await refresh(context.database)
    loading.tally.seconds = time.perf_counter() - started
    return loading.tally


class _Loading:
    def __init__(self, context: Context, devices: dict[str, Device], city: City) -> None:
        self._context = context
        self._devices = devices
        self._changes = list(hours_changes(city))
        self._plan = list(city_plan(local_day(city.until)))
        self._swept: date = date.min
        self._frozen: date = date.min
        self.tally = Tally()

    async def post(self, one: Round) -> None:
        """Post a round: records before what answers them, the devices at the same time; then sweep once a week."""
        today = local_day(one.at)
        while self._changes and self._changes[0].day <= today:
            await change_hours(self._context, self._changes.pop(0))
        await self._enter_plan(today)
        for routes in _TOGETHER:
            await asyncio.gather(*(self._send(post) for post in one.posts if post.route in routes))
        if one.is_last or today - self._swept >= _SWEPT_EVERY:
            expired, _ = await sweep(self._context, one.at)
            self.tally.expired += expired
            self._swept = today
        await self._freeze(one, today)

    async def _freeze(self, one: Round, today: date) -> None:
        """Freeze releases and snapshots, once a month, when the last month's release has fallen due."""
        month = (today - DUE_AFTER - _ONE_DAY).replace(day=1)
        if one.is_last or month != self._frozen:
            self._frozen = month
            await publish_what_is_due(self._context, one.at)
            await take_what_is_due(self._context, one.at)

    async def _enter_plan(self, today: date) -> None:
        """Enter what became known of the city's plan since it was last looked at; first what was known before."""
        known = [one.entry for one in self._plan if one.since <= today]
        if known:
            self._plan = self._plan[len(known) :]
            await enter(self._context.database, self._context.keyring, self._context.clock(), known)

    async def _send(self, post: Post) -> None:
        path, body = f"/v1/{post.route}", orjson.dumps({"device_now": post.device_now, "items": post.items})
        response = await self._devices[post.sender].post(path, content=body, headers=_HEADERS)
        if response.status_code != httpx.codes.OK:
            raise DemoError(f"{path} answered {response.status_code}")
        self.tally.count(post, orjson.loads(response.content)["results"])
