"""Which referrals changed in a way that bears on the days of others: what the marks of trails are made of."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID


@dataclass(frozen=True, slots=True)
class Trail:
    """A referral that later ones may look back at: up their chain, or as a success of the same card.

    With a card and the instant of a success, the card's referrals made from then on look back at it. One that waits for
    the referral it takes up stands for itself and for all below it, once that one is there.
    """

    org_id: UUID
    referral_id: UUID
    link_id: bytes | None = None
    since: datetime | None = None
    waits_for: UUID | None = None
