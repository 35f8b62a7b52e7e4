"""Valid JSON for every kind of item, one argument for each fact a test is about: `make.encounter(people_count=4)`.

Instants and ids may be given as datetime and UUID. By default everything happens within the two hours before
`tests.clock.NIGHT`, in the order of the field: patrol, encounter, event, exit.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from random import Random
from typing import Any
from uuid import UUID

from app import codes
from app.clock import uuid7
from tests.clock import NIGHT

Json = dict[str, Any]
QUARTER = "7511803"
"""Goutte-d'Or, inside the default perimeter."""

_chance = Random(75118)  # noqa: S311 - the same values in every run: workers must collect the same parameters
_MET = NIGHT - timedelta(minutes=30)
_ANSWERED = NIGHT - timedelta(minutes=10)


def new_id(at: datetime = NIGHT) -> str:
    """Return an id that no other call returns, as a device makes them (UUID version 7)."""
    fresh = uuid7(at).int >> 80 << 80 | _chance.getrandbits(80)
    return str(UUID(int=fresh & ~(0xF << 76 | 0b11 << 62) | 0x7 << 76 | 0b10 << 62))


def code() -> str:
    """Return a slip or card code that no other call returns."""
    body = "".join(_chance.choices(codes.ALPHABET, k=codes.RANDOM_CHARACTERS))
    return body + codes.check_character(body)


def patrol(**changes: Any) -> Json:
    """An outing of three people that has ended."""
    started = NIGHT - timedelta(hours=2)
    return _item(
        {"started_at": started, "ended_at": NIGHT, "night": True, "workers": 3, "territories": [QUARTER]}, changes
    )


def encounter(**changes: Any) -> Json:
    """A contact with one person who is not referred anywhere."""
    return _item({"occurred_at": _MET, "territory": QUARTER, "people_count": 1}, changes)


def referral(**changes: Any) -> Json:
    """A referral made in an encounter, requested of any rest room."""
    return _item({"kind": "rest_room", "accompanied": False, "state": "requested"}, changes)


def lone_referral(**changes: Any) -> Json:
    """A referral made outside any encounter."""
    return referral(**{"occurred_at": _MET, "territory": QUARTER, **changes})


def event(**changes: Any) -> Json:
    """An arrival; of a referral nobody knows unless `referral_id` or `slip` says which."""
    return _item({**_named(changes), "state": "arrived", "occurred_at": _ANSWERED}, changes)


def stay_exit(**changes: Any) -> Json:
    """The end of a stay; of a referral nobody knows unless `referral_id` or `slip` says which."""
    return _item({**_named(changes), "occurred_at": NIGHT, "destination": "longer_stay_housing"}, changes)


def report(**changes: Any) -> Json:
    """A facility that is open, with places."""
    return _item({"observed_at": NIGHT, "open": True, "places_free": 3, "waiting": 0}, changes)


def envelope(items: Sequence[Json], device_now: datetime = NIGHT) -> Json:
    """What a device with a right clock posts."""
    return {"device_now": _plain(device_now), "items": list(items)}


def _named(changes: Json) -> Json:
    return {} if "slip" in changes else {"referral_id": new_id(_MET)}


def _item(facts: Json, changes: Json) -> Json:
    return {name: _plain(value) for name, value in ({"id": new_id()} | facts | changes).items()}


def _plain(value: Any) -> Any:
    if isinstance(value, datetime):
        return value.isoformat()
    return str(value) if isinstance(value, UUID) else value
