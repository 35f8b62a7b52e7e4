"""Millions of records of a make-believe city, drawn column by column: one table of arrow for every database.

The records are plausible, not lived: states and their instants agree, days and instants agree, but nobody folded them.
"""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
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


@dataclass(frozen=True, slots=True)
class Owner:
    """An organisation and one of its teams."""

    org_id: UUID
    team_id: UUID


class Population:
    """Draws encounters and half as many referrals over three years that end at `until`; the same for the same seed."""

    def __init__(self, owners: Sequence[Owner], encounters: int, until: dt.date, seed: int = 75118) -> None:
        """Prepare; persons are one in a hundred encounters."""
        self._draw = np.random.default_rng(seed)
        self._owners = owners
        self._count = encounters
        self._first = until - dt.timedelta(days=DAYS)

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
                "patrol_id": pa.nulls(n, pa.binary(16)),
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

        def when(*states: str) -> pa.Array:
            return pa.array(at, mask=~np.isin(state, self._are(*states)))

        reached = ("accepted", "arrived", "admitted")
        return pa.table(
            {
                **self._keys(owner, day, n),
                "encounter_id": self._bytes(n, 16),
                "kind": self._words([code for code, *_ in KINDS], kind),
                "facility_id": pa.nulls(n, pa.binary(16)),
                "accompanied": draw.random(n) < 0.2,
                "previous_referral_id": pa.nulls(n, pa.binary(16)),
                "slip_digest": pa.nulls(n, pa.binary(16)),
                "link_id": self._links(n),
                "territory": self._words(TERRITORIES, self._skewed(len(TERRITORIES), n)),
                "outside_perimeter": draw.random(n) < 0.2,
                "cohort_day": self._dates(day),
                "created_at": made,
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
                "exited_at": pa.nulls(n, pa.int64()),
                "exit_destination": pa.nulls(n, pa.string()),
                "due_at": pa.nulls(n, pa.int64()),
                "position": np.ones(n, np.int64),
            }
        )

    def _keys(self, owner: np.ndarray, day: np.ndarray, n: int) -> dict[str, pa.Array]:
        orgs = pa.array([one.org_id.bytes for one in self._owners], pa.binary(16))
        teams = pa.array([one.team_id.bytes for one in self._owners], pa.binary(16))
        ids = self._draw.integers(0, 256, (n, 16), np.uint8)
        ids[:, :6] = ((self._epoch_days(day) * _DAY_MS).astype(">i8").view(np.uint8).reshape(n, 8))[:, 2:]
        ids[:, 6], ids[:, 8] = ids[:, 6] & 0x0F | 0x70, ids[:, 8] & 0x3F | 0x80
        index = pa.array(owner)
        return {"org_id": orgs.take(index), "id": _fixed(ids, 16), "team_id": teams.take(index)}

    def _epoch_days(self, day: np.ndarray) -> np.ndarray:
        return day.astype(np.int64) + (self._first - dt.date(1970, 1, 1)).days

    def _dates(self, day: np.ndarray) -> pa.Array:
        return pa.array(self._epoch_days(day).astype(np.int32)).cast(pa.date32())

    def _links(self, n: int) -> pa.Array:
        """Return the card digests of 40 % of the rows, of one person in a hundred rows."""
        persons = self._draw.integers(0, 256, (max(1, self._count // 100), 16), np.uint8)
        chosen = _fixed(persons, 16).take(pa.array(self._draw.integers(0, len(persons), n)))
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
