"""Millions of records of a make-believe city, drawn column by column: one table of arrow for every database.

The records are plausible, not lived: states and their instants agree, days and instants agree, but nobody folded them.
"""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from uuid import UUID

import numpy as np
import pyarrow as pa

TERRITORIES = (
    "7511801", "7511802", "7511803", "7511804", "7512001", "7512002", "7512003", "7512004",
    "7511901", "7511902", "7511904", "7511002", "7511004", "93001", "93066",
)  # fmt: skip
KINDS = (
    ("rest_room", "arrived", 2, 0.30),
    ("consumption_room", "arrived", 2, 0.12),
    ("harm_reduction_centre", "arrived", 7, 0.10),
    ("emergency_housing", "admitted", 3, 0.16),
    ("reintegration_housing", "admitted", 30, 0.07),
    ("longer_stay_housing", "admitted", 90, 0.05),
    ("addiction_treatment", "admitted", 30, 0.08),
    ("health_care", "arrived", 7, 0.08),
    ("social_rights", "arrived", 30, 0.04),
)
DAYS = 3 * 365
_DAY_MS = 86_400_000
_STATES = (
    "requested",
    "offered",
    "declined",
    "refused",
    "waitlisted",
    "accepted",
    "arrived",
    "admitted",
    "no_show",
    "cancelled",
    "expired",
)
_SHARES = (0.02, 0.06, 0.08, 0.14, 0.03, 0.03, 0.22, 0.16, 0.08, 0.03, 0.15)


_DESTINATIONS = ("street", "other_temporary", "longer_stay_housing", "lost_contact", "unknown")
_MET_ON_PATROL = 10


@dataclass(frozen=True, slots=True)
class Owner:
    """An organisation and one of its teams."""

    org_id: UUID
    team_id: UUID


@dataclass(frozen=True, slots=True)
class Place:
    """A facility, its kind and who operates it."""

    id: UUID
    kind: str
    org_id: UUID


class Population:
    """Draws encounters and half as many referrals over three years that end at `until`; the same for the same seed."""

    def __init__(
        self, owners: Sequence[Owner], places: Sequence[Place], encounters: int, until: dt.date, seed: int = 75118
    ) -> None:
        """Prepare; persons are one in a hundred encounters, and ten people are met on a patrol."""
        self._draw = np.random.default_rng(seed)
        self._owners = owners
        self._places = places
        self._count = encounters
        self._first = until - dt.timedelta(days=DAYS)
        self._until_ms = self._epoch_days(np.array([DAYS]))[0] * _DAY_MS
        self._a_day = max(1, encounters // (DAYS * len(owners) * _MET_ON_PATROL))
        self._patrols = self._draw.integers(0, 256, (DAYS * len(owners) * self._a_day, 16), np.uint8)
        self._persons = self._draw.integers(0, 256, (max(1, encounters // 100), 16), np.uint8)

    def patrols(self) -> pa.Table:
        """Return the rows of `patrol`: so many a day of each team, in two territories each."""
        n, draw = len(self._patrols), self._draw
        number = np.arange(n)
        day, owner = number // (len(self._owners) * self._a_day), number // self._a_day % len(self._owners)
        started = self._epoch_days(day) * _DAY_MS + draw.integers(18 * 60, 20 * 60, n) * 60_000
        received = (self._epoch_days(day) * _DAY_MS + draw.integers(25, 40, n) * 3_600_000).astype(np.int64)
        pairs = [f'["{one}", "{other}"]' for one, other in pairwise(TERRITORIES)]
        return pa.table(
            {
                **self._owned(owner),
                "id": _fixed(self._patrols, 16),
                "service_day": self._dates(day),
                "started_at": started,
                "ended_at": pa.array(started + draw.integers(60, 420, n) * 60_000, mask=draw.random(n) < 0.02),
                "night": np.ones(n, bool),
                "workers": np.full(n, 3, np.int16),
                "territories": self._words(pairs, draw.integers(0, len(pairs), n)),
                "withdrawn": draw.random(n) < 0.005,
                "skew_s": draw.integers(-60, 60, n).astype(np.int32),
                "first_received_at": received,
                "received_at": received,
                "revision": np.ones(n, np.int16),
                "digest": self._bytes(n, 32),
            }
        )

    def reports(self) -> pa.Table:
        """Return the rows of `facility_report`: one of each place at about nine every evening."""
        n, draw = DAYS * len(self._places), self._draw
        day, place = np.arange(n) // len(self._places), np.arange(n) % len(self._places)
        at = self._epoch_days(day) * _DAY_MS + draw.integers(19 * 60, 21 * 60, n) * 60_000
        return pa.table(
            {
                "org_id": pa.array([one.org_id.bytes for one in self._places], pa.binary(16)).take(pa.array(place)),
                "id": self._bytes(n, 16),
                "facility_id": pa.array([one.id.bytes for one in self._places], pa.binary(16)).take(pa.array(place)),
                "observed_at": at,
                "open": draw.random(n) < 0.95,
                "places_free": pa.array(draw.integers(0, 4, n).astype(np.int16)),
                "waiting": pa.nulls(n, pa.int16()),
                "reason": pa.nulls(n, pa.string()),
                "received_at": at // 3_600_000 * 3_600_000,
                "digest": self._bytes(n, 32),
            }
        )

    def encounters(self) -> pa.Table:
        """Return the rows of `encounter`."""
        n, draw = self._count, self._draw
        owner = draw.integers(0, len(self._owners), n)
        day = np.sort(draw.integers(0, DAYS, n))
        slot = draw.choice(np.array([9, 10, 11, 0, 1, 2, 8, 5]), n)
        received = (self._epoch_days(day) * _DAY_MS + draw.integers(18, 40, n) * 3_600_000).astype(np.int64)
        return pa.table(
            {
                **self._keys(owner, day, n),
                "patrol_id": self._patrolled(owner, day),
                "service_day": self._dates(day),
                "slot": slot.astype(np.int16),
                "territory": self._words(TERRITORIES, self._skewed(len(TERRITORIES), n)),
                "outside_perimeter": draw.random(n) < 0.2,
                "people_count": np.where(draw.random(n) < 0.1, draw.integers(2, 9, n), 1).astype(np.int16),
                "first_contact": self._words(("yes", "no", "unknown"), draw.choice(3, n, p=[0.15, 0.6, 0.25])),
                "gender": self._words(
                    ("woman", "man", "other", "unknown"), draw.choice(4, n, p=[0.25, 0.6, 0.02, 0.13])
                ),
                "age_band": self._words(("minor", "18_24", "25_39", "40_plus", "unknown"), draw.choice(5, n)),
                "sleeping": self._words(("street", "squat", "shelter", "hotel", "own", "unknown"), draw.choice(6, n)),
                "needs": self._words(('["rest"]', '["housing", "rest"]', '["care"]', "[]"), draw.choice(4, n)),
                "supplies": self._words(('{"pipe_kit": 2}', "{}"), draw.choice(2, n)),
                "acts": self._words(('["listening"]', "[]"), draw.choice(2, n)),
                "link_id": self._links(n),
                "withdrawn": draw.random(n) < 0.005,
                "rk": draw.integers(0, 2**32, n),
                "skew_s": draw.integers(-60, 60, n).astype(np.int32),
                "first_received_at": received,
                "received_at": received,
                "revision": np.ones(n, np.int16),
                "digest": self._bytes(n, 32),
            }
        )

    def referrals(self) -> pa.Table:
        """Return the rows of `referral`."""
        n, draw = self._count // 2, self._draw
        owner = draw.integers(0, len(self._owners), n)
        day = np.sort(draw.integers(0, DAYS, n))
        kind = draw.choice(len(KINDS), n, p=[share for *_, share in KINDS])
        state = draw.choice(len(_STATES), n, p=_SHARES)
        made = self._epoch_days(day) * _DAY_MS + draw.integers(18 * 60, 29 * 60, n) * 60_000
        expires = np.array([days for _, _, days, _ in KINDS])[kind]
        lag = (draw.exponential(4.0, n) * _DAY_MS).astype(np.int64) + 60_000
        lag = np.where(np.isin(state, self._are("expired")), expires * _DAY_MS, lag)
        at = np.where(np.isin(state, self._are("requested", "offered", "declined")), made, made + lag)

        stayed = (draw.exponential(40.0, n) * _DAY_MS).astype(np.int64)
        left = np.isin(state, self._are("admitted")) & (at + stayed < self._until_ms)

        def when(*states: str) -> pa.Array:
            return pa.array(at, mask=~np.isin(state, self._are(*states)))

        reached = ("accepted", "arrived", "admitted")
        keys = self._keys(owner, day, n)
        return pa.table(
            {
                **keys,
                "encounter_id": self._bytes(n, 16),
                "kind": self._words([code for code, *_ in KINDS], kind),
                "facility_id": self._placed(kind),
                "accompanied": draw.random(n) < 0.2,
                "previous_referral_id": self._previous(keys["id"], owner),
                "slip_digest": pa.nulls(n, pa.binary(16)),
                "link_id": self._links(n),
                "territory": self._words(TERRITORIES, self._skewed(len(TERRITORIES), n)),
                "outside_perimeter": draw.random(n) < 0.2,
                "cohort_day": self._dates(day),
                "created_at": made // 7_200_000 * 7_200_000,
                "received_at": made // 3_600_000 * 3_600_000 + draw.integers(0, 30, n) * 3_600_000,
                "first_state": self._words(
                    ("offered", "requested", "declined"), np.select([state == 1, state == 2], [0, 2], 1)
                ),
                "first_reason": pa.array(np.where(state == 2, "person_declined_service", ""), mask=state != 2),
                "success": self._words([success for _, success, _, _ in KINDS], kind),
                "expires_after_s": expires * 86_400,
                "rk": draw.integers(0, 2**32, n),
                "digest": self._bytes(n, 32),
                "state": self._words(_STATES, state),
                "reason": pa.array(
                    np.where(state == 2, "person_declined_service", "no_place"),
                    mask=~np.isin(state, self._are("declined", "refused", "waitlisted")),
                ),
                "state_at": at,
                "answer_channel": pa.array(
                    np.full(n, "desk"), mask=~np.isin(state, self._are(*reached, "refused", "no_show"))
                ),
                "requested_at": pa.array(made, mask=np.isin(state, self._are("offered", "declined"))),
                "waitlisted_at": when("waitlisted"),
                "accepted_at": when("accepted"),
                "arrived_at": when("arrived"),
                "admitted_at": when("admitted"),
                "exited_at": pa.array(at + stayed, mask=~left),
                "exit_destination": pa.array(
                    np.array(_DESTINATIONS)[draw.integers(0, len(_DESTINATIONS), n)], mask=~left
                ),
                "due_at": pa.nulls(n, pa.int64()),
                "position": np.ones(n, np.int64),
            }
        )

    def _keys(self, owner: np.ndarray, day: np.ndarray, n: int) -> dict[str, pa.Array]:
        ids = self._draw.integers(0, 256, (n, 16), np.uint8)
        ids[:, :6] = ((self._epoch_days(day) * _DAY_MS).astype(">i8").view(np.uint8).reshape(n, 8))[:, 2:]
        ids[:, 6], ids[:, 8] = ids[:, 6] & 0x0F | 0x70, ids[:, 8] & 0x3F | 0x80
        return {**self._owned(owner), "id": _fixed(ids, 16)}

    def _owned(self, owner: np.ndarray) -> dict[str, pa.Array]:
        orgs = pa.array([one.org_id.bytes for one in self._owners], pa.binary(16))
        teams = pa.array([one.team_id.bytes for one in self._owners], pa.binary(16))
        index = pa.array(owner)
        return {"org_id": orgs.take(index), "team_id": teams.take(index)}

    def _patrolled(self, owner: np.ndarray, day: np.ndarray) -> pa.Array:
        """Return a patrol of the same team and day for 95 % of encounters."""
        drawn = self._draw.integers(0, self._a_day, len(day))
        found = _fixed(self._patrols, 16).take(pa.array((day * len(self._owners) + owner) * self._a_day + drawn))
        return pa.compute.if_else(pa.array(self._draw.random(len(day)) < 0.95), found, None)

    def _placed(self, kind: np.ndarray) -> pa.Array:
        """Return a place of the same kind for half of the referrals to a kind that has places."""
        index, wanted = np.zeros(len(kind), np.int64), self._draw.random(len(kind)) < 0.5
        named = np.zeros(len(kind), bool)
        for number, (code, *_) in enumerate(KINDS):
            there = np.array([place for place, one in enumerate(self._places) if one.kind == code])
            chosen = wanted & (kind == number) & bool(len(there))
            index[chosen] = self._draw.choice(there, chosen.sum()) if len(there) else 0
            named |= chosen
        found = pa.array([one.id.bytes for one in self._places], pa.binary(16)).take(pa.array(index))
        return pa.compute.if_else(pa.array(named), found, None)

    def _previous(self, ids: pa.Array, owner: np.ndarray) -> pa.Array:
        """Return an earlier referral of the same organisation for a tenth of them."""
        n = len(owner)
        before = np.arange(n) - self._draw.integers(1, 500, n)
        there = (before >= 0) & (self._draw.random(n) < 0.3) & (owner[np.maximum(before, 0)] == owner)
        return pa.compute.if_else(pa.array(there), ids.take(pa.array(np.maximum(before, 0))), None)

    def _epoch_days(self, day: np.ndarray) -> np.ndarray:
        return day.astype(np.int64) + (self._first - dt.date(1970, 1, 1)).days

    def _dates(self, day: np.ndarray) -> pa.Array:
        return pa.array(self._epoch_days(day).astype(np.int32)).cast(pa.date32())

    def _links(self, n: int) -> pa.Array:
        """Return the card digests of 40 % of the rows, each of one of the persons."""
        chosen = _fixed(self._persons, 16).take(pa.array(self._draw.integers(0, len(self._persons), n)))
        return pa.compute.if_else(pa.array(self._draw.random(n) < 0.4), chosen, None)

    def _bytes(self, n: int, size: int) -> pa.Array:
        return _fixed(self._draw.integers(0, 256, (n, size), np.uint8), size)

    def _skewed(self, choices: int, n: int) -> np.ndarray:
        weights = 1.0 / np.arange(1, choices + 1)
        return self._draw.choice(choices, n, p=weights / weights.sum())

    @staticmethod
    def _words(words: Sequence[str], index: np.ndarray) -> pa.Array:
        return pa.array(list(words)).take(pa.array(index))

    @staticmethod
    def _are(*states: str) -> list[int]:
        return [_STATES.index(state) for state in states]


def _fixed(values: np.ndarray, size: int) -> pa.Array:
    return pa.FixedSizeBinaryArray.from_buffers(pa.binary(size), len(values), [None, pa.py_buffer(values.tobytes())])
