"""The feed as it goes over the wire."""

from pydantic import Field

from app.directory.schemas import FacilitySent
from app.http.wire import Sent, example
from app.referrals.schemas import ReferralSent


class ChangesSent(Sent):
    """What changed since a cursor: each object as it is now, once, however often it changed."""

    model_config = Sent.model_config | example(
        {
            "referrals": [],
            "facilities": [],
            "reference": "12",
            "next": "AAAAAAAAAAEBlfHCW3p8PppBL2DRpLfI",
            "more": False,
        }
    )

    referrals: list[ReferralSent] = Field(description="Referrals of the team, or naming the desk's facility.")
    facilities: list[FacilitySent] = Field(description="Facilities, with their present state.")
    reference: str = Field(description="Version of the reference; fetch `/v1/reference` when it differs from yours.")
    next: str = Field(description="Pass as `after` next time; the same as before when nothing changed.")
    more: bool = Field(description="There is more already: ask again at once.")
