"""Enrolling a device, renewing its token, and asking who one is."""

from typing import Annotated, Any, Final

from fastapi import APIRouter, Header, Request, Response
from pydantic import TypeAdapter

from app import errors
from app.http.body import read_one
from app.http.context import Ctx, Now, Reading
from app.http.openapi import body_of
from app.http.problems import problems
from app.http.rates import ENROLMENT, RENEWAL, throttled
from app.identity import service
from app.identity.access import allowed
from app.identity.proofs import LONGEST_PROOF, new_nonce
from app.identity.rules import Principal
from app.identity.schemas import EnrolledSent, EnrolmentReceived, MeSent, OrganisationSent, TeamSent, TokenSent
from app.identity.service import Home
from app.identity.vocabulary import GRANTS, Permission

router = APIRouter(prefix="/v1", tags=["identity"])

_ENROLMENT: Final = TypeAdapter(EnrolmentReceived)
_NONCE_HEADER: Final = "DPoP-Nonce"
_NONCE_DOCUMENTED: Final = {
    _NONCE_HEADER: {
        "description": "Nonce to sign the next proof with, good for 5 minutes.",
        "schema": {"type": "string"},
    }
}


def _with_nonce_documented(responses: dict[int | str, dict[str, Any]]) -> dict[int | str, dict[str, Any]]:
    responses[401]["headers"] = _NONCE_DOCUMENTED
    return responses | {200: {"headers": _NONCE_DOCUMENTED}}


@router.post(
    "/enrolments",
    status_code=201,
    summary="Enrol a device with a one-time code",
    dependencies=[throttled(ENROLMENT)],
    openapi_extra=body_of(EnrolmentReceived),
    responses=problems(
        errors.malformed_json,
        errors.malformed_encoding,
        errors.enrolment_refused,
        errors.conflict,
        errors.body_too_large,
        errors.unsupported_media,
        errors.invalid,
        errors.unavailable,
        errors.too_slow,
        errors.storage_full,
    ),
)
async def enrol_device(request: Request, ctx: Ctx, now: Now) -> EnrolledSent:
    """Register the device's P-256 public key and receive its first token.

    Codes live 15 minutes and die after 5 wrong secrets; a code that is wrong, used, expired or dead is refused in one
    and the same way. If the answer is lost, send the same code with the same key again: it answers with a fresh token
    for the same device; once the code is over, a proof sent to `/v1/tokens` does it. A key belongs to one device:
    `conflict` asks for a new key.
    """
    sent = await read_one(request, ctx.settings.body_limit, _ENROLMENT)
    try:
        enrolled = await service.redeem(ctx, now, sent.code, sent.public_key.key())
    except errors.Problem as problem:
        if problem.kind is errors.enrolment_refused:
            problem.headers = {"WWW-Authenticate": "EnrolmentCode"}
        raise
    return EnrolledSent(
        device_id=enrolled.device_id,
        organisation=_organisation(enrolled.home),
        team=_team(enrolled.home),
        facility_id=enrolled.facility_id,
        token=enrolled.issued.token,
        expires_at=enrolled.issued.expires_at,
        nonce=new_nonce(ctx.keyring, now),
    )


@router.post(
    "/tokens",
    summary="Renew a device's token with a proof of its key",
    dependencies=[throttled(RENEWAL)],
    responses=_with_nonce_documented(
        problems(errors.proof_refused, errors.invalid, errors.unavailable, errors.too_slow, errors.storage_full)
    ),
)
async def renew_token(
    request: Request,
    response: Response,
    ctx: Ctx,
    now: Now,
    proof: Annotated[
        str,
        Header(
            alias="DPoP",
            max_length=LONGEST_PROOF,
            description="A JWS in RFC 9449's shape: typ dpop+jwt, alg ES256, jwk; claims htm, htu, iat, jti, nonce.",
        ),
    ] = "",
) -> TokenSent:
    """Receive a fresh token for the device that signed the proof in `DPoP`.

    Without a fresh nonce, or by a clock more than 5 minutes off, the answer is 401 `proof-refused` with a nonce in
    `DPoP-Nonce` and the service's time in `Date`: sign again with both. Each proof is good once.
    """
    uri = ctx.settings.public_url.rstrip("/") + request.url.path
    try:
        issued = await service.renew(ctx, now, proof, request.method, uri)
    except errors.Problem as problem:
        if problem.kind is errors.proof_refused:
            problem.headers = {_NONCE_HEADER: new_nonce(ctx.keyring, now), "WWW-Authenticate": 'DPoP algs="ES256"'}
        raise
    nonce = new_nonce(ctx.keyring, now)
    response.headers[_NONCE_HEADER] = nonce
    return TokenSent(token=issued.token, expires_at=issued.expires_at, nonce=nonce)


@router.get(
    "/me",
    summary="Say who the token speaks for",
    responses=problems(errors.unauthenticated, errors.unavailable, errors.too_slow),
)
async def read_me(principal: Annotated[Principal, allowed(Permission.self_read)], session: Reading) -> MeSent:
    """Return the role, the organisation, the team or facility, and what the role permits."""
    home = await service.home_of(session, principal.org_id, principal.team_id)
    return MeSent(
        role=principal.role,
        subject_id=principal.subject_id,
        organisation=_organisation(home),
        team=_team(home),
        facility_id=principal.facility_id,
        reach=principal.reach,
        perimeter=principal.perimeter,
        permissions=sorted(GRANTS[principal.role]),
        expires_at=principal.expires_at,
    )


def _organisation(home: Home) -> OrganisationSent:
    return OrganisationSent(id=home.organisation.id, name=home.organisation.name)


def _team(home: Home) -> TeamSent | None:
    return TeamSent(id=home.team.id, name=home.team.name, night=home.team.night) if home.team else None
