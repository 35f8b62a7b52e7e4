"""A hold as it comes out of the database, with its referral as it is now: plain values, no table."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from app.capacity.rules import hold_state
from app.capacity.vocabulary import HoldState
from app.referrals.vocabulary import State


@dataclass(frozen=True, slots=True)
class Hold:
    """A place held for a referral; `referral_state` and `due_at` are the referral's."""

    org_id: UUID
    id: UUID
    team_id: UUID
    referral_id: UUID
    facility_id: UUID
    made_at: datetime
    expires_at: datetime
    released_at: datetime | None
    digest: bytes
    referral_state: str
    due_at: datetime | None

    def state(self, now: datetime) -> HoldState:
        """Return what has become of it."""
        return hold_state(self.expires_at, self.released_at, State(self.referral_state), self.due_at, now)
