"""What a busy team posts: distinct encounters of about one kilobyte, with 0 to 3 referrals each."""

import random
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import orjson

from app import codes

_TERRITORIES = ("7511801", "7511802", "7511803", "7511804", "7512001", "7512002", "7512003", "7512004", "7511901")
_KINDS = ("rest_room", "consumption_room", "emergency_housing", "longer_stay_housing", "addiction_treatment")
_NEEDS = ("rest", "hygiene", "food", "housing", "care", "mental_health", "treatment", "supplies", "rights", "safety")
_ACTS = ("listening", "harm_reduction_advice", "wound_care", "accompaniment", "mediation")


class Items:
    """Makes encounters one after another, reproducibly."""

    def __init__(self, seed: int, now: datetime | None = None) -> None:
        self._random = random.Random(seed)  # noqa: S311 - reproducible load, not secrets
        self._now = now or datetime.now(UTC)
        self._count = 0

    def _id(self, at: datetime) -> str:
        value = int(at.timestamp() * 1000) << 80 | 0x7 << 76 | self._random.getrandbits(12) << 64
        return str(UUID(int=value | 0b10 << 62 | self._random.getrandbits(62)))

    def _code(self) -> str:
        body = "".join(self._random.choices(codes.ALPHABET, k=codes.RANDOM_CHARACTERS))
        return body + codes.check_character(body)

    def encounter(self) -> dict[str, Any]:
        """Return the next encounter."""
        draw = self._random
        self._count += 1
        at = self._now - timedelta(days=30) + timedelta(milliseconds=200 * (self._count % 12_000_000))
        return {
            "id": self._id(at),
            "patrol_id": self._id(at),
            "occurred_at": at.isoformat(),
            "territory": draw.choice(_TERRITORIES),
            "people_count": 1,
            "first_contact_this_year": draw.choice(("yes", "no", "unknown")),
            "gender": draw.choice(("woman", "man", "unknown")),
            "age_band": draw.choice(("18_24", "25_39", "40_plus", "unknown")),
            "sleeping": draw.choice(("street", "squat", "shelter", "hotel", "unknown")),
            "needs": draw.sample(_NEEDS, 3),
            "supplies": {"pipe_kit": draw.randint(1, 4), "filters": draw.randint(1, 9), "condoms": draw.randint(1, 9)},
            "acts": draw.sample(_ACTS, 2),
            "card": self._code() if draw.random() < 0.4 else None,
            "referrals": [self._referral(at) for _ in range(draw.choice((0, 0, 1, 1, 1, 2, 3)))],
        }

    def _referral(self, at: datetime) -> dict[str, Any]:
        return {
            "id": self._id(at),
            "kind": self._random.choice(_KINDS),
            "accompanied": self._random.random() < 0.2,
            "state": "requested",
            "slip": self._code(),
        }

    def bodies(self, batches: int, size: int) -> list[bytes]:
        """Return that many request bodies of `size` encounters each."""
        now = datetime.now(UTC).isoformat()
        return [
            orjson.dumps({"device_now": now, "items": [self.encounter() for _ in range(size)]}) for _ in range(batches)
        ]
