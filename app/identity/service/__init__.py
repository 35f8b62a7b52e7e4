"""Who is asking, how devices join and stay, and what administrators do."""

from app.identity.service.accounts import (
    create_account,
    find_account,
    issue_account_token,
    issue_pull_token,
    list_accounts,
    list_tokens,
    revoke_account,
    revoke_token,
    revoke_token_called,
    token_ends,
)
from app.identity.service.authentication import Authenticator
from app.identity.service.devices import list_devices, open_enrolment, revoke_device
from app.identity.service.enrolment import Enrolled, redeem
from app.identity.service.issuing import IssuedToken
from app.identity.service.organisations import (
    close_team,
    create_organisation,
    create_team,
    list_organisations,
    list_teams,
    organisations_of_teams,
)
from app.identity.service.renewal import renew
from app.identity.service.sessions import (
    SESSION_COOKIE,
    Cookie,
    end_every_session,
    end_session,
    session_of,
    start_session,
)
from app.identity.service.whoami import Home, home_of

__all__ = [
    "SESSION_COOKIE",
    "Authenticator",
    "Cookie",
    "Enrolled",
    "Home",
    "IssuedToken",
    "close_team",
    "create_account",
    "create_organisation",
    "create_team",
    "end_every_session",
    "end_session",
    "find_account",
    "home_of",
    "issue_account_token",
    "issue_pull_token",
    "list_accounts",
    "list_devices",
    "list_organisations",
    "list_teams",
    "list_tokens",
    "open_enrolment",
    "organisations_of_teams",
    "redeem",
    "renew",
    "revoke_account",
    "revoke_device",
    "revoke_token",
    "revoke_token_called",
    "session_of",
    "start_session",
    "token_ends",
]
