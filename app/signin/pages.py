"""Pages for people: signing in, accepting an invitation, seeing who is signed in, signing out. They need no script."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from html import escape
from typing import Final
from urllib.parse import parse_qsl
from zoneinfo import ZoneInfo

from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from app import errors
from app.errors import Problem
from app.http.context import context_of
from app.http.rates import SIGN_IN, client_address, rates_of
from app.identity.access import signed_in
from app.identity.origin import check_origin
from app.identity.records import PersonSession
from app.identity.service import SESSION_COOKIE
from app.identity.vocabulary import GRANTS, Role
from app.signin import service
from app.signin.cookies import JOURNEY_COOKIE, browser_of, drop_cookie, give, set_cookie
from app.signin.openid import CALLBACK, JOURNEY_LASTS, OpenId, open_journey, seal_journey
from app.signin.rendering import CSS, STYLES, Field, Page, form, page
from app.signin.rules import LONGEST_RECOVERY, LONGEST_TYPED
from app.signin.service import Attempt
from app.signin.words import PLACES, ROLES, WORDS, language_of

_SIGN_IN, _ACCOUNT, _SIGN_OUT, _INVITATION, _OPENID = (
    "/sign-in", "/account", "/sign-out", "/invitation", "/sign-in/openid",
)  # fmt: skip
_FORM: Final = "application/x-www-form-urlencoded"
_MOST_BYTES: Final = 8_192
_MOST_FIELDS: Final = 8
_PARIS: Final = ZoneInfo("Europe/Paris")


async def _form_of(request: Request) -> Mapping[str, str]:
    """Return the fields of a form that one of our own pages sent; bounded while it is read."""
    check_origin(request, always=True)
    if request.headers.get("content-type", "").split(";")[0].strip().lower() != _FORM:
        raise errors.unsupported_media()
    raw = bytearray()
    async for chunk in request.stream():
        raw += chunk
        if len(raw) > _MOST_BYTES:
            raise errors.body_too_large()
    try:
        return dict(parse_qsl(raw.decode("ascii"), errors="strict", max_num_fields=_MOST_FIELDS))
    except ValueError as error:
        raise errors.invalid() from error


def _language(request: Request) -> str:
    return language_of(request.headers.get("accept-language"))


async def _person(request: Request) -> PersonSession | None:
    try:
        return await signed_in(request)
    except Problem as problem:
        if problem.kind is errors.not_signed_in:
            return None
        raise


async def show_sign_in(request: Request) -> Response:
    """Show the form, or go on when somebody is signed in."""
    if await _person(request) is not None:
        return RedirectResponse(_ACCOUNT, 303)
    return _sign_in_page(request)


def _sign_in_page(request: Request, refused: str = "", status: int = 200) -> HTMLResponse:
    language = _language(request)
    fields = (
        Field("account", "account", autocomplete="username", most=120),
        Field("password", "password", kind="password", autocomplete="current-password", most=LONGEST_TYPED),
        Field("code", "code", "code_hint", autocomplete="one-time-code", most=LONGEST_RECOVERY),
    )
    body = form(language, _SIGN_IN, fields, "enter", refused)
    if context_of(request).settings.oidc_issuer is not None:
        body += f'<p><a class="button quiet" href="{_OPENID}">{escape(WORDS[language]["openid"])}</a></p>'
    body += f'<p><a href="{_INVITATION}">{escape(WORDS[language]["invited"])}</a></p>'
    return page(language, "sign_in", body, status=status)


async def do_sign_in(request: Request) -> Response:
    """Sign in and go on; whatever is wrong is said in one and the same way."""
    await rates_of(request).spend_by_address(request.scope, SIGN_IN)
    sent, ctx = await _form_of(request), context_of(request)
    host = client_address(request.scope, ctx.settings.trusted_hops)
    account, password, code = (sent.get(name, "")[:LONGEST_TYPED] for name in ("account", "password", "code"))
    attempt = Attempt(account, password, code, host, browser_of(request))
    try:
        done = await service.sign_in(
            ctx, request.app.state.passwords, ctx.clock(), attempt, replaces=request.cookies.get(SESSION_COOKIE)
        )
    except Problem as problem:
        if problem.kind is not errors.sign_in_refused:
            raise
        return _sign_in_page(request, "refused", 401)
    response = RedirectResponse(_ACCOUNT, 303)
    give(response, done)
    return response


async def show_account(request: Request) -> Response:
    """Show who is signed in, until when, and where to go."""
    person = await _person(request)
    if person is None:
        return RedirectResponse(_SIGN_IN, 303)
    language = _language(request)
    words, role = WORDS[language], Role(person.role)
    rows = (
        (words["account"], person.name),
        (words["role"], ROLES[language][role]),
        (words["until"], _time(person.idle_at)),
        (words["at_last"], _time(person.expires_at)),
    )
    facts = "".join(f"<dt>{escape(name)}</dt><dd>{escape(value)}</dd>" for name, value in rows)
    today = context_of(request).clock().astimezone(_PARIS).date()
    days = {"since": today - timedelta(days=30), "until": today}
    places = "".join(
        f'<li><a href="{escape(where.format(**days))}">{escape(names[language])}</a></li>'
        for permission, where, names in PLACES
        if permission in GRANTS[role]
    )
    out = escape(words["leave"]), escape(words["leave_everywhere"])
    body = (
        f"<dl>{facts}</dl><h2>{escape(words['where'])}</h2><ul>{places}</ul>"
        f'<form method="post" action="{_SIGN_OUT}"><button>{out[0]}</button>'
        f'<button class="quiet" name="everywhere" value="true">{out[1]}</button></form>'
    )
    return page(language, "who", body)


def _time(instant: datetime) -> str:
    return instant.astimezone(_PARIS).strftime("%H:%M")


async def do_sign_out(request: Request) -> Response:
    """End this session, or all of the account, and go back to the form."""
    sent, person, ctx = await _form_of(request), await _person(request), context_of(request)
    if person is not None:
        async with ctx.database.writing() as session:
            if sent.get("everywhere") == "true":
                org_id, account_id = person.org_id, person.account_id
                await service.sign_out_everywhere(
                    session, ctx.keyring, ctx.clock(), org_id, account_id, actor=account_id
                )
            else:
                await service.sign_out(session, ctx.keyring, ctx.clock(), request.cookies[SESSION_COOKIE])
    response = RedirectResponse(_SIGN_IN, 303)
    drop_cookie(response, SESSION_COOKIE)
    return response


async def show_invitation(request: Request) -> Response:
    """Show the form of an invitation."""
    return _invitation_page(request)


def _invitation_page(request: Request, refused: str = "", status: int = 200) -> HTMLResponse:
    language = _language(request)
    fields = (
        Field("invitation", "invitation_code", most=24),
        Field(
            "password",
            "new_password",
            "new_password_hint",
            kind="password",
            autocomplete="new-password",
            most=LONGEST_TYPED,
        ),
        Field("code", "code", "first_code_hint", autocomplete="one-time-code", most=24),
    )
    return page(language, "invitation", form(language, _INVITATION, fields, "accept", refused), status=status)


async def do_invitation(request: Request) -> Response:
    """Set the password and show the recovery codes, once."""
    await rates_of(request).spend_by_address(request.scope, SIGN_IN)
    sent, ctx, language = await _form_of(request), context_of(request), _language(request)
    typed = [sent.get(name, "")[:LONGEST_TYPED] for name in ("invitation", "password", "code")]
    try:
        login, recovery = await service.redeem(ctx, request.app.state.passwords, ctx.clock(), *typed)
    except Problem as problem:
        if problem.kind is errors.invalid:
            return _invitation_page(request, "weak", 422)
        if problem.kind is errors.invitation_refused:
            return _invitation_page(request, "invitation_refused", 401)
        raise
    words = WORDS[language]
    listed = "".join(f"<li><code>{escape(code)}</code></li>" for code in recovery)
    body = (
        f"<p>{escape(words['use_login'])} <code>{escape(login)}</code></p><p>{escape(words['recovery_hint'])}</p>"
        f'<ol>{listed}</ol><a class="button" href="{_SIGN_IN}">{escape(words["enter"])}</a>'
    )
    return page(language, "recovery", body)


async def begin_openid(request: Request) -> Response:
    """Send the browser to the provider, with a cookie of what it must bring back."""
    await rates_of(request).spend_by_address(request.scope, SIGN_IN)
    ctx, provider = context_of(request), _provider(request)
    url, journey = await provider.begin(ctx.clock())
    response = RedirectResponse(url, 303)
    lasts = int(JOURNEY_LASTS.total_seconds())
    set_cookie(response, JOURNEY_COOKIE, seal_journey(ctx.keyring, journey), max_age=lasts, same_site="lax")
    return response


async def end_openid(request: Request) -> Response:
    """Begin a session for whom the provider named.

    The answer is a page and no redirect: the way here began on the provider's site, and a browser sends no Strict
    cookie along the rest of such a way.
    """
    await rates_of(request).spend_by_address(request.scope, SIGN_IN)
    ctx, provider, language = context_of(request), _provider(request), _language(request)
    try:
        journey = open_journey(ctx.keyring, request.cookies.get(JOURNEY_COOKIE, ""), ctx.clock())
        issuer, subject = await provider.finish(ctx.clock(), journey, request.query_params)
        done = await service.sign_in_as(ctx, ctx.clock(), issuer, subject, replaces=request.cookies.get(SESSION_COOKIE))
    except Problem as problem:
        if problem.kind is not errors.sign_in_refused:
            raise
        response = _sign_in_page(request, "refused", 401)
        drop_cookie(response, JOURNEY_COOKIE)
        return response
    words = WORDS[language]
    link = f'<a class="button" href="{_ACCOUNT}">{escape(words["go_on"])}</a>'
    response = page(language, "sign_in", f"<p>{escape(words['signed_in'])}</p>{link}", goes_to=_ACCOUNT)
    give(response, done)
    drop_cookie(response, JOURNEY_COOKIE)
    return response


def _provider(request: Request) -> OpenId:
    held: OpenId = request.app.state.openid
    if held.issuer is None:
        raise errors.not_found()
    return held


async def show_styles(_request: Request) -> Response:
    """Return the style sheet."""
    return Response(CSS, media_type="text/css", headers={"Cache-Control": "public, max-age=3600"})


PAGES: Final = (
    Page(_SIGN_IN, show_sign_in, methods=["GET"]),
    Page(_SIGN_IN, do_sign_in, methods=["POST"]),
    Page(_ACCOUNT, show_account, methods=["GET"]),
    Page(_SIGN_OUT, do_sign_out, methods=["POST"]),
    Page(_INVITATION, show_invitation, methods=["GET"]),
    Page(_INVITATION, do_invitation, methods=["POST"]),
    Page(_OPENID, begin_openid, methods=["GET"]),
    Page(CALLBACK, end_openid, methods=["GET"]),
    Page(STYLES, show_styles, methods=["GET"]),
)
"""They are for people, so the API document does not list them."""
