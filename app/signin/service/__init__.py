"""Inviting people, letting them in, changing passwords, linking them to the operator's provider."""

from app.signin.service.attempts import Attempt
from app.signin.service.federation import link_subject, sign_in_as, unlink_subject
from app.signin.service.inviting import Invited, invite, redeem
from app.signin.service.passwords import change_password
from app.signin.service.signing_in import SignedIn, sign_in
from app.signin.service.signing_out import sign_out, sign_out_everywhere

__all__ = [
    "Attempt",
    "Invited",
    "SignedIn",
    "change_password",
    "invite",
    "link_subject",
    "redeem",
    "sign_in",
    "sign_in_as",
    "sign_out",
    "sign_out_everywhere",
    "unlink_subject",
]
