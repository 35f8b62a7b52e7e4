"""What the devices of the demo city hold, and when they send it: late without a network, twice after a lost answer."""

from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, Final

from app.demo.draws import Draws
from app.directory.rules import PARIS

Item = dict[str, Any]
"""One item as a device posts it; instants and ids are datetime and UUID until they are written as JSON."""

_MOST_ITEMS: Final = 500
_WITHOUT_NETWORK: Final = 0.012
_SHORTEST_OUTAGE, _LONGEST_OUTAGE = timedelta(hours=8), timedelta(hours=66)
_ANSWER_LOST: Final = 0.03


class Route(StrEnum):
    """Where items are posted, in the order a device goes through them."""

    patrols = "patrols"
    encounters = "encounters"
    referrals = "referrals"
    referral_events = "referral-events"
    stay_exits = "stay-exits"
    facility_reports = "facility-reports"


_CAN_WAIT: Final = frozenset({Route.referrals, Route.referral_events, Route.stay_exits})
_MOST_WAITED: Final = timedelta(hours=30)


@dataclass(frozen=True, slots=True)
class Post:
    """One request of one device; `again` when the same was sent before and its answer got lost."""

    sender: str
    route: Route
    device_now: datetime
    items: Sequence[Item]
    again: bool = False


@dataclass(slots=True)
class _Waiting:
    route: Route
    item: Item
    ready: datetime
    until: datetime | None


@dataclass(slots=True)
class _Device:
    waiting: list[_Waiting] = field(default_factory=list)
    offline_until: datetime | None = None
    unanswered: list[Post] = field(default_factory=list)


class Outbox:
    """The queues of all devices."""

    def __init__(self, draws: Draws, behind: Callable[[str, datetime], timedelta]) -> None:
        """Start empty; `behind` says how far a sender's clock is behind at an instant."""
        self._draws = draws
        self._behind = behind
        self._devices: defaultdict[str, _Device] = defaultdict(_Device)

    def say(
        self,
        sender: str,
        route: Route,
        item: Item,
        at: datetime,
        *,
        ready: datetime | None = None,
        until: datetime | None = None,
    ) -> Item:
        """Let a device note an item at an instant, by its own clock, and send it from `ready` on; return it as written.

        Past `until` the device no longer offers it: corrections are taken for 72 hours.
        """
        behind = self._behind(sender, at)
        written = {
            name: (value - behind).astimezone(PARIS) if isinstance(value, datetime) else value
            for name, value in item.items()
        }
        self._devices[sender].waiting.append(_Waiting(route, written, ready or at, until))
        return written

    def say_again(self, sender: str, route: Route, written: Item, ready: datetime, until: datetime) -> None:
        """Let a device send a later revision of what it wrote before."""
        self._devices[sender].waiting.append(_Waiting(route, written, ready, until))

    def collect(self, at: datetime, *, everything: bool = False) -> list[Post]:
        """Return what the devices send at an instant, in the order of the routes.

        Some are off or without a network, unless `everything` is asked for.
        """
        sending = [(s, d) for s, d in self._devices.items() if everything or self._is_reachable(d, at)]
        posts = [post for sender, device in sending for post in self._send(sender, device, at)]
        order = list(Route)
        return sorted(posts, key=lambda post: order.index(post.route))

    def _is_reachable(self, device: _Device, at: datetime) -> bool:
        """Say whether a device is in use and has a network; a desk is in use daily, a phone after an outing."""
        if device.offline_until is not None and at < device.offline_until:
            return False
        device.offline_until = None
        due = [waiting for waiting in device.waiting if waiting.ready <= at]
        if not any(waiting.route not in _CAN_WAIT or at - waiting.ready >= _MOST_WAITED for waiting in due):
            return False
        if self._draws.chance(_WITHOUT_NETWORK):
            device.offline_until = at + self._draws.between(_SHORTEST_OUTAGE, _LONGEST_OUTAGE)
        return device.offline_until is None

    def _send(self, sender: str, device: _Device, at: datetime) -> Iterator[Post]:
        due = [waiting for waiting in device.waiting if waiting.ready <= at]
        device.waiting = [waiting for waiting in device.waiting if waiting.ready > at]
        device_now = (at - self._behind(sender, at)).astimezone(PARIS)
        again = [Post(sender, post.route, device_now, post.items, again=True) for post in device.unanswered]
        fresh = list(_posts(sender, device_now, due, at))
        device.unanswered = [post for post in fresh if self._draws.chance(_ANSWER_LOST)]
        yield from again
        yield from fresh


def _posts(sender: str, device_now: datetime, due: Sequence[_Waiting], at: datetime) -> Iterator[Post]:
    by_route: defaultdict[Route, list[Item]] = defaultdict(list)
    for waiting in due:
        if waiting.until is None or at <= waiting.until:
            by_route[waiting.route].append(waiting.item)
    for route, items in by_route.items():
        for start in range(0, len(items), _MOST_ITEMS):
            yield Post(sender, route, device_now, items[start : start + _MOST_ITEMS])
