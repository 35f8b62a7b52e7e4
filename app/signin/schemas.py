"""What people send to sign in and learn about their session."""

from typing import Annotated, Final
from uuid import UUID

from pydantic import Field

from app.http.wire import Moment, Received, Sent, example
from app.identity.vocabulary import Permission, Reach, Role, SignInMethod
from app.signin.rules import LONGEST_RECOVERY, LONGEST_TYPED

_PASSWORD: Final = "quatre mots pris au hasard"  # noqa: S105 - an example
_LOGIN: Final = "coordination-nord-est"

Password = Annotated[str, Field(min_length=1, max_length=LONGEST_TYPED, description="The password.")]
NewPassword = Annotated[
    str,
    Field(
        min_length=1,
        max_length=LONGEST_TYPED,
        description="The password to be: 12 to 128 characters after NFC, not among the common ones, not the account's "
        "own name; nothing is asked about kinds of characters.",
    ),
]
OneTimeCode = Annotated[
    str,
    Field(
        min_length=6,
        max_length=LONGEST_RECOVERY,
        description="The 6 figures an authenticator app shows now, or a recovery code.",
    ),
]


class SignInReceived(Received):
    """Who signs in."""

    model_config = Received.model_config | example({"account": _LOGIN, "password": _PASSWORD, "code": "492817"})

    account: str = Field(
        min_length=1, max_length=120, pattern=r"^[^\x00-\x1f]*$", description="The login the invitation named."
    )
    password: Password
    code: OneTimeCode


class RedeemReceived(Received):
    """An invited person sets a password and shows that the authenticator app works."""

    model_config = Received.model_config | example(
        {"invitation": "7KQ2-M4T9X-B0WHE", "password": _PASSWORD, "code": "492817"}
    )

    invitation: str = Field(
        min_length=14,
        max_length=24,
        description="The code, typed: case, hyphens, spaces and lookalikes (O, I, L) do not matter.",
    )
    password: NewPassword
    code: Annotated[str, Field(min_length=6, max_length=24, description="The 6 figures the app shows now.")]


class RedeemedSent(Sent):
    """What an invited person keeps."""

    model_config = Sent.model_config | example({"account": _LOGIN, "recovery_codes": ["7KQ2-M4T9-XB0H-1D8R-Z3VW-C5HT"]})

    account: str = Field(description="The login to sign in with.")
    recovery_codes: list[str] = Field(description="10 codes, shown once; each stands in for one one-time code.")


class PasswordChangeReceived(Received):
    """The present password and a code, again, and the password to be."""

    model_config = Received.model_config | example(
        {"password": _PASSWORD, "code": "492817", "new_password": "cinq autres mots pris au hasard"}
    )

    password: Password
    code: OneTimeCode
    new_password: NewPassword


class SessionSent(Sent):
    """Who is signed in, and until when."""

    model_config = Sent.model_config | example(
        {
            "account_id": "0195f1c2-6000-7c3e-9a41-2f60d1a4b7d0",
            "organisation_id": "0195f1c2-5b7a-7c3e-9a41-2f60d1a4b7c8",
            "name": "Coordination Nord-Est",
            "role": "coordinator",
            "reach": "perimeter",
            "perimeter": "paris-nord-est",
            "permissions": ["metrics:read", "self:read"],
            "method": "password",
            "signed_in_at": "2026-03-02T20:10:00Z",
            "idle_at": "2026-03-02T20:40:00Z",
            "expires_at": "2026-03-03T08:10:00Z",
        }
    )

    account_id: UUID = Field(description="The account.")
    organisation_id: UUID = Field(description="Its organisation.")
    name: str
    role: Role
    reach: Reach
    perimeter: str | None = Field(description="Code of the perimeter the view is confined to.")
    permissions: list[Permission] = Field(description="What this role may do.")
    method: SignInMethod
    signed_in_at: Moment = Field(description="When the session began.")
    idle_at: Moment = Field(description="When it ends unless it is used before.")
    expires_at: Moment = Field(description="When it ends whatever happens.")
