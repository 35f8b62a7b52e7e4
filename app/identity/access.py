"""How a route says who may call it: `principal: Annotated[Principal, allowed(Permission.encounter_write)]`."""

from collections.abc import Mapping
from typing import Any, Final

from fastapi import Depends, Request
from fastapi.openapi.models import APIKey, APIKeyIn, HTTPBearer
from fastapi.security.base import SecurityBase

from app import errors
from app.http.context import context_of
from app.http.rates import ACCOUNT, DEVICE, LOOK_UP, METRICS, Quota, rates_of
from app.identity.origin import check_origin
from app.identity.records import PersonSession
from app.identity.rules import Principal, authorise
from app.identity.service import SESSION_COOKIE, Authenticator, session_of
from app.identity.vocabulary import ACCOUNT_ROLES, Permission, Reach, Role


class Guard(SecurityBase):
    """The one dependency between a request and a route: it knows the caller and lets a permission through.

    The role test of the whole document reads the permission back. A browser's session cookie stands for a token where
    there is none; beside an `Authorization` of any kind it counts for nothing.
    """

    model = HTTPBearer(description="`Authorization: Bearer mrd_...`, from an enrolment or a renewal.")
    scheme_name = "token"

    def __init__(self, permission: Permission) -> None:
        """Guard with one permission."""
        self.permission: Final = permission

    async def __call__(self, request: Request) -> Principal:
        """Return the principal, or raise unauthenticated or forbidden."""
        principal = await _principal(request)
        request.state.role = principal.role.value
        await rates_of(request).spend(request.scope, self._quota(principal), principal.subject_id.hex)
        authorise(principal, self.permission)
        return principal

    def _quota(self, principal: Principal) -> Quota:
        if self.permission in _QUOTAS:
            return _QUOTAS[self.permission]
        return ACCOUNT if principal.role in ACCOUNT_ROLES else DEVICE


async def _principal(request: Request) -> Principal:
    sent = request.headers.get("authorization")
    if sent is None and SESSION_COOKIE in request.cookies:
        return await _by_cookie(request)
    scheme, _, token = (sent or "").partition(" ")
    if scheme.lower() != "bearer":
        raise errors.unauthenticated()
    authenticator: Authenticator = request.app.state.authenticator
    return await authenticator.principal(context_of(request), token.strip())


async def _by_cookie(request: Request) -> Principal:
    try:
        return principal_of_person(await signed_in(request))
    except errors.Problem as problem:
        if problem.kind is errors.not_signed_in or (problem.kind is errors.cross_site and request.method == "GET"):
            raise errors.unauthenticated() from problem  # for another site there is no cookie
        raise


async def signed_in(request: Request) -> PersonSession:
    """Return the session of the request's cookie, or raise not_signed_in, or cross_site for another site's page."""
    value = request.cookies.get(SESSION_COOKIE)
    if value is None or "authorization" in request.headers:
        raise errors.not_signed_in()
    check_origin(request)
    return await session_of(context_of(request), value)


def principal_of_person(session: PersonSession) -> Principal:
    """Return whom a session speaks for."""
    return Principal(
        role=Role(session.role),
        subject_id=session.account_id,
        org_id=session.org_id,
        reach=Reach(session.reach),
        perimeter=session.perimeter,
        expires_at=min(session.idle_at, session.expires_at),
    )


class SessionGuard(SecurityBase):
    """What stands before the routes of a person's own session: the cookie, and nothing else."""

    model = APIKey(
        **{"in": APIKeyIn.cookie},
        name=SESSION_COOKIE,
        description="A person's session, from `POST /v1/session` or the sign-in page. It also opens what only reads.",
    )
    scheme_name = "session"

    async def __call__(self, request: Request) -> PersonSession:
        """Return the session, or raise not_signed_in or cross_site."""
        session = await signed_in(request)
        request.state.role = session.role
        await rates_of(request).spend(request.scope, ACCOUNT, session.account_id.hex)
        return session


_QUOTAS: Final[Mapping[Permission, Quota]] = {Permission.metrics_read: METRICS, Permission.referral_lookup: LOOK_UP}
"""The permissions that are asked for more sparingly than the others of a device or an account."""


def allowed(permission: Permission) -> Any:  # noqa: ANN401 - FastAPI's Depends is untyped
    """Return the dependency that yields the principal when its role has the permission."""
    return Depends(Guard(permission))
