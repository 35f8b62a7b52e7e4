"""A device redeems its one-time code and registers its key."""

import hmac
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from app import codes, errors
from app.clock import uuid7
from app.db.engine import WriteSession
from app.http.context import Context
from app.identity import queries
from app.identity.proofs import DeviceKey
from app.identity.records import Enrolment
from app.identity.rules import HANDLE_LENGTH, CodeFate, PresentedCode, fate_of, is_enrolment_code
from app.identity.service.acts import record
from app.identity.service.devices import mac_of
from app.identity.service.issuing import IssuedToken, issue
from app.identity.service.whoami import Home, home_of


@dataclass(frozen=True, slots=True)
class Enrolled:
    """What a device learns when it is let in."""

    device_id: UUID
    home: Home
    facility_id: UUID | None
    issued: IssuedToken


async def redeem(ctx: Context, now: datetime, typed: str, key: DeviceKey) -> Enrolled:
    """Let a device in and return its first token.

    Every way a code can be bad raises the same enrolment_refused; a key that already belongs to a device raises
    conflict. The same code with the same key answers again until it expires, because answers get lost.
    """
    code = codes.normalised(typed)
    if not is_enrolment_code(code):
        raise errors.enrolment_refused()
    async with ctx.database.reading() as reading:  # codes nobody opened never take the writers' time
        known = await queries.enrolment(reading, code[:HANDLE_LENGTH])
    if known is None:
        raise errors.enrolment_refused()
    async with ctx.database.writing() as session:  # must end well to count a wrong try: it raises only after it
        enrolled = await _let_in(ctx, session, now, code, key)
    if enrolled is None:
        raise errors.enrolment_refused()
    return enrolled


async def _let_in(ctx: Context, session: WriteSession, now: datetime, code: str, key: DeviceKey) -> Enrolled | None:
    enrolment = await queries.hold_enrolment(session, code[:HANDLE_LENGTH])
    if enrolment is None:
        return None
    presented = PresentedCode(
        expires_at=enrolment.expires_at,
        tries=enrolment.tries,
        used=enrolment.used_at is not None,
        right_secret=hmac.compare_digest(mac_of(ctx.keyring, code), enrolment.secret_mac),
        same_device=await _is_same_device(session, enrolment, key),
    )
    match fate_of(presented, now):
        case CodeFate.bind:
            device_id = await _bind(session, now, enrolment, key)
        case CodeFate.repeat if enrolment.device_id is not None:
            device_id = enrolment.device_id
        case CodeFate.miss:
            await queries.count_try(session, enrolment.handle)
            return None
        case _:
            return None
    return await _welcome(ctx, session, now, enrolment, device_id)


async def _is_same_device(session: WriteSession, enrolment: Enrolment, key: DeviceKey) -> bool:
    if enrolment.device_id is None:
        return False
    device = await queries.device(session, enrolment.org_id, enrolment.device_id)
    return device is not None and device.revoked_at is None and device.thumbprint == key.thumbprint


async def _bind(session: WriteSession, now: datetime, enrolment: Enrolment, key: DeviceKey) -> UUID:
    """Make the device; one key is one device, so that revoking it leaves no other way in."""
    if await queries.devices_of_key(session, key.thumbprint):
        raise errors.conflict("This key already belongs to a device; make a new key.")
    device_id = uuid7(now)
    row = {
        "org_id": enrolment.org_id,
        "id": device_id,
        "team_id": enrolment.team_id,
        "facility_id": enrolment.facility_id,
        "label": enrolment.label,
        "public_x": key.x,
        "public_y": key.y,
        "thumbprint": key.thumbprint,
        "enrolled_at": now,
        "revoked_at": None,
    }
    await queries.add(session, queries.DEVICE, row)
    await queries.use_enrolment(session, enrolment.handle, device_id, now)
    return device_id


async def _welcome(
    ctx: Context, session: WriteSession, now: datetime, enrolment: Enrolment, device_id: UUID
) -> Enrolled:
    org_id, team_id, facility_id = enrolment.org_id, enrolment.team_id, enrolment.facility_id
    issued = await issue(session, now, ctx.settings.token_lifetime, org_id=org_id, device_id=device_id)
    home = await home_of(session, org_id, team_id)
    await record(session, ctx.keyring, now, org_id, device_id, "device.enrolment", team=team_id, facility=facility_id)
    return Enrolled(device_id, home, facility_id, issued)
