"""The feed as it goes over the wire."""

from pydantic import ConfigDict, Field

from app.directory.schemas import FacilitySent
from app.http.wire import Sent
from app.referrals.schemas import ReferralSent


class ChangesSent(Sent):
    """What changed since a cursor: each object as it is now, once, however often it changed."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "referrals": [],
                    "facilities": [],
                    "reference": "4f2c9a",
                    "next": "AAAAAAAAAAEBlfHCW3p8PppBL2DRpLfI",
                    "more": False,
                }
            ]
        }
    )

    referrals: list[ReferralSent]
    facilities: list[FacilitySent]
    reference: str = Field(description="Version of the reference; fetch `/v1/reference` when it differs from yours.")
    next: str = Field(description="Pass as `after` next time; the same as before when nothing changed.")
    more: bool = Field(description="There is more already: ask again at once.")
