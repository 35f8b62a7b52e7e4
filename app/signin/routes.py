"""Signing in, being signed in, signing out: for programs in a browser. Pages for people are in `pages`."""

from typing import Annotated, Final

from fastapi import APIRouter, Depends, Query, Request, Response
from pydantic import TypeAdapter

from app import errors
from app.errors import Problem
from app.http.body import read_one
from app.http.context import Context, Ctx, Now, context_of
from app.http.openapi import body_of
from app.http.problems import problems
from app.http.rates import SIGN_IN, client_address, throttled
from app.identity.access import SessionGuard
from app.identity.origin import refuse_other_sites
from app.identity.records import PersonSession
from app.identity.service import SESSION_COOKIE
from app.identity.vocabulary import GRANTS, Reach, Role, SignInMethod
from app.signin import service
from app.signin.cookies import browser_of, drop_cookie, give
from app.signin.hashing import Passwords
from app.signin.schemas import PasswordChangeReceived, RedeemedSent, RedeemReceived, SessionSent, SignInReceived
from app.signin.service import Attempt, SignedIn

router = APIRouter(prefix="/v1/session", tags=["session"])

_SIGN_IN: Final = TypeAdapter(SignInReceived)
_REDEEM: Final = TypeAdapter(RedeemReceived)
_CHANGE: Final = TypeAdapter(PasswordChangeReceived)
_BODY: Final = (
    errors.malformed_json,
    errors.malformed_encoding,
    errors.body_too_large,
    errors.unsupported_media,
    errors.invalid,
)
_STORED: Final = (errors.unavailable, errors.too_slow, errors.storage_full)
_MOST_BYTES: Final = 16_384
_CHALLENGE: Final = {"WWW-Authenticate": "SignIn"}

Person = Annotated[PersonSession, Depends(SessionGuard())]


def _passwords(request: Request) -> Passwords:
    held: Passwords = request.app.state.passwords
    return held


def _limit(ctx: Context) -> int:
    return min(ctx.settings.body_limit, _MOST_BYTES)


def _host(request: Request) -> str:
    return client_address(request.scope, context_of(request).settings.trusted_hops)


@router.post(
    "",
    dependencies=[throttled(SIGN_IN)],
    status_code=204,
    summary="Sign in with password and one-time code",
    openapi_extra=body_of(SignInReceived),
    responses=problems(*_BODY, errors.sign_in_refused, errors.cross_site, *_STORED),
)
async def sign_in(request: Request, ctx: Ctx, now: Now) -> Response:
    """Begin a session and receive its cookie; the session the browser came with, if any, ends.

    An unknown account, a wrong password, a wrong or used code and an attempt made too soon after failures are refused
    in one and the same way.
    """
    refuse_other_sites(request)
    sent = await read_one(request, _limit(ctx), _SIGN_IN)
    attempt = Attempt(sent.account, sent.password, sent.code, _host(request), browser_of(request))
    try:
        signed_in = await service.sign_in(
            ctx, _passwords(request), now, attempt, replaces=request.cookies.get(SESSION_COOKIE)
        )
    except Problem as problem:
        raise _challenged(problem) from problem
    response = Response(status_code=204)
    give(response, signed_in)
    return response


@router.get(
    "",
    summary="Say who is signed in, and until when",
    responses=problems(errors.not_signed_in, errors.cross_site, errors.unavailable, errors.too_slow),
)
async def read_session(person: Person) -> SessionSent:
    """Return the account of the cookie and when the session ends; asking counts as using it."""
    role = Role(person.role)
    return SessionSent(
        account_id=person.account_id,
        organisation_id=person.org_id,
        name=person.name,
        role=role,
        reach=Reach(person.reach),
        perimeter=person.perimeter,
        permissions=sorted(GRANTS[role]),
        method=SignInMethod(person.method),
        signed_in_at=person.started_at,
        idle_at=person.idle_at,
        expires_at=person.expires_at,
    )


@router.delete(
    "",
    status_code=204,
    summary="Sign out",
    responses=problems(errors.not_signed_in, errors.cross_site, errors.invalid, *_STORED),
)
async def end_session(
    request: Request,
    person: Person,
    ctx: Ctx,
    now: Now,
    everywhere: Annotated[bool, Query(description="End every session of the account, wherever it is.")] = False,  # noqa: FBT002 - a query parameter
) -> Response:
    """End this session, or every one of the account; refused everywhere from the next request on."""
    async with ctx.database.writing() as session:
        if everywhere:
            await service.sign_out_everywhere(
                session, ctx.keyring, now, person.org_id, person.account_id, actor=person.account_id
            )
        else:
            await service.sign_out(session, ctx.keyring, now, request.cookies[SESSION_COOKIE])
    response = Response(status_code=204)
    drop_cookie(response, SESSION_COOKIE)
    return response


@router.post(
    "/invitation",
    dependencies=[throttled(SIGN_IN)],
    summary="Accept an invitation: set a password, receive recovery codes",
    openapi_extra=body_of(RedeemReceived),
    responses=problems(*_BODY, errors.invitation_refused, errors.cross_site, errors.conflict, *_STORED),
)
async def redeem_invitation(request: Request, ctx: Ctx, now: Now) -> RedeemedSent:
    """Set the password of an invited account, with a first code of the authenticator app that holds its secret.

    Invitations die after 5 wrong tries; one that is wrong, used, expired or dead, or a wrong first code, is refused in
    one and the same way. The recovery codes are shown once; a new invitation makes new ones.
    """
    refuse_other_sites(request)
    sent = await read_one(request, _limit(ctx), _REDEEM)
    try:
        login, recovery = await service.redeem(ctx, _passwords(request), now, sent.invitation, sent.password, sent.code)
    except Problem as problem:
        raise _challenged(problem) from problem
    return RedeemedSent(account=login, recovery_codes=list(recovery))


@router.post(
    "/password",
    dependencies=[throttled(SIGN_IN)],
    status_code=204,
    summary="Change one's password",
    openapi_extra=body_of(PasswordChangeReceived),
    responses=problems(*_BODY, errors.not_signed_in, errors.sign_in_refused, errors.cross_site, *_STORED),
)
async def change_password(request: Request, person: Person, ctx: Ctx, now: Now) -> Response:
    """Set another password, showing the present one and a code again; every other session of the account ends."""
    sent = await read_one(request, _limit(ctx), _CHANGE)
    attempt = Attempt("", sent.password, sent.code, _host(request), browser_of(request))
    try:
        cookie = await service.change_password(ctx, _passwords(request), now, person, attempt, sent.new_password)
    except Problem as problem:
        raise _challenged(problem) from problem
    response = Response(status_code=204)
    give(response, SignedIn(cookie))
    return response


def _challenged(problem: Problem) -> Problem:
    """Return the problem with the header that a 401 must have."""
    if problem.kind in (errors.sign_in_refused, errors.invitation_refused):
        problem.headers = dict(_CHALLENGE)
    return problem
