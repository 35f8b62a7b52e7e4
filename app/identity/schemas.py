"""What devices and people send and receive about who they are."""

from typing import Annotated, Final, Literal
from uuid import UUID

from pydantic import Field, model_validator
from pydantic_core import PydanticCustomError

from app.http.wire import Moment, Received, Sent, example
from app.identity.proofs import DeviceKey
from app.identity.vocabulary import Permission, Reach, Role

_ORG: Final = {"id": "0195f1c2-5b7a-7c3e-9a41-2f60d1a4b7c8", "name": "Association des maraudes du Nord-Est"}
_TEAM: Final = {"id": "0195f1c2-5b7a-7d00-8a41-2f60d1a4b7c9", "name": "Maraude de nuit", "night": True}
_TOKEN: Final = "mrd_2nV8cQyJ7mXw4RkT0sLbFh6ZpGdE1uAq9CyWjN5oKtIxSvBeMr00aB3d"  # noqa: S105 - an example, its CRC is wrong
_EXPIRY: Final = "2026-03-03T21:10:00Z"
_NONCE: Final = "AAABnK2Yb0Dm3k0Y2vYF0kq1o5bq1c0E"

Coordinate = Annotated[
    str,
    Field(
        min_length=43,
        max_length=43,
        pattern="^[A-Za-z0-9_-]+$",
        description="32 bytes in base64url without padding.",
    ),
]


class PublicKey(Received):
    """A P-256 public key as a JWK (RFC 7517) with these members only."""

    model_config = Received.model_config | example(
        {
            "kty": "EC",
            "crv": "P-256",
            "x": "axfR8uEsQkf4vOblY6RA8ncDfYEt6zOg9KE5RdiYwpY",
            "y": "T-NC4v4af5uO5-tKfA-eFivOM1drMV7Oy7ZAaDe_UfU",
        }
    )

    kty: Literal["EC"] = Field(description="Type of key.")
    crv: Literal["P-256"] = Field(description="Curve.")
    x: Coordinate
    y: Coordinate

    @model_validator(mode="after")
    def _on_the_curve(self) -> "PublicKey":
        try:
            self.key()
        except ValueError as error:
            raise PydanticCustomError("rule", "must be a point of the curve P-256") from error
        return self

    def key(self) -> DeviceKey:
        """Return the key."""
        return DeviceKey.of(self.x, self.y)


class EnrolmentReceived(Received):
    """A one-time code and the key the device made for itself."""

    model_config = Received.model_config | example(
        {
            "code": "7KQ2-M4T9X-B0WHE",
            "public_key": {
                "kty": "EC",
                "crv": "P-256",
                "x": "axfR8uEsQkf4vOblY6RA8ncDfYEt6zOg9KE5RdiYwpY",
                "y": "T-NC4v4af5uO5-tKfA-eFivOM1drMV7Oy7ZAaDe_UfU",
            },
        }
    )

    code: str = Field(
        min_length=14,
        max_length=24,
        description="The code, typed or scanned: case, hyphens, spaces and lookalikes (O, I, L) do not matter.",
    )
    public_key: PublicKey


class OrganisationSent(Sent):
    """An organisation, by name."""

    id: UUID
    name: str


class TeamSent(Sent):
    """A team, by name."""

    id: UUID
    name: str
    night: bool = Field(description="Whether its service day runs noon to noon.")


class EnrolledSent(Sent):
    """What a device needs to begin."""

    model_config = Sent.model_config | example(
        {
            "device_id": "0195f1c2-6000-7c3e-9a41-2f60d1a4b7d0",
            "organisation": _ORG,
            "team": _TEAM,
            "facility_id": None,
            "token": _TOKEN,
            "expires_at": _EXPIRY,
            "nonce": _NONCE,
        }
    )

    device_id: UUID = Field(description="The device, as people who look after it see it.")
    organisation: OrganisationSent
    team: TeamSent | None = Field(description="The team the device works for; null at a facility.")
    facility_id: UUID | None = Field(description="The facility where the device stands; null with a team.")
    token: str = Field(description="Bearer token; shown once.")
    expires_at: Moment = Field(description="When the token ends.")
    nonce: str = Field(description="To sign the next proof with, for 5 minutes.")


class TokenSent(Sent):
    """A fresh bearer token."""

    model_config = Sent.model_config | example({"token": _TOKEN, "expires_at": _EXPIRY, "nonce": _NONCE})

    token: str = Field(description="Bearer token; shown once. Earlier tokens stay good until they end.")
    expires_at: Moment = Field(description="When the token ends.")
    nonce: str = Field(description="To sign the next proof with, for 5 minutes.")


class MeSent(Sent):
    """Who a token speaks for."""

    model_config = Sent.model_config | example(
        {
            "role": "team_device",
            "subject_id": "0195f1c2-6000-7c3e-9a41-2f60d1a4b7d0",
            "organisation": _ORG,
            "team": _TEAM,
            "facility_id": None,
            "reach": "organisation",
            "perimeter": None,
            "permissions": ["encounter:write", "self:read"],
            "expires_at": _EXPIRY,
        }
    )

    role: Role
    subject_id: UUID = Field(description="The device or the account.")
    organisation: OrganisationSent
    team: TeamSent | None
    facility_id: UUID | None = Field(description="The facility where the device stands; null for anybody else.")
    reach: Reach
    perimeter: str | None = Field(description="Code of the perimeter the view is confined to.")
    permissions: list[Permission] = Field(description="What this role may do.")
    expires_at: Moment | None = Field(description="When the token ends.")
