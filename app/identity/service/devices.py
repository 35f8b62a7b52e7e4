"""Inviting devices and shutting them out."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from app import codes, errors
from app.audit.service import SERVICE
from app.db.engine import ReadSession, WriteSession
from app.identity import queries
from app.identity.records import Device
from app.identity.rules import HANDLE_LENGTH, SECRET_LENGTH, check_bound_once, check_name
from app.identity.service.acts import naming_conflicts, record
from app.keyring import Keyring

_GROUP: Final = 5
_HANDLES_TRIED: Final = 20


async def open_enrolment(
    session: WriteSession,
    keyring: Keyring,
    now: datetime,
    lifetime: timedelta,
    *,
    org_id: UUID,
    label: str,
    team_id: UUID | None = None,
    facility_id: UUID | None = None,
    actor: UUID = SERVICE,
) -> str:
    """Return a fresh one-time code `HHHH-SSSSS-SSSSS` for a device of a team or a facility; it is shown once."""
    check_name(label)
    check_bound_once(team_id, facility_id)
    await _check_place(session, org_id, team_id)
    await queries.purge(session, queries.ENROLMENT, now)
    row = {
        "org_id": org_id,
        "team_id": team_id,
        "facility_id": facility_id,
        "label": label,
        "expires_at": now + lifetime,
        "tries": 0,
        "used_at": None,
        "device_id": None,
    }
    for _ in range(_HANDLES_TRIED):
        code = codes.random_characters(HANDLE_LENGTH + SECRET_LENGTH)
        keyed = {"handle": code[:HANDLE_LENGTH], "secret_mac": mac_of(keyring, code), **row}
        with naming_conflicts("There is no such facility."):
            stored = await queries.add_enrolment(session, keyed)
        if stored:
            await record(session, keyring, now, org_id, actor, "enrolment.open", team=team_id, facility=facility_id)
            return shown(code)
    raise errors.unavailable("Too many enrolment codes are open; try again.")


async def _check_place(session: WriteSession, org_id: UUID, team_id: UUID | None) -> None:
    if await queries.organisation(session, org_id) is None:
        raise errors.not_found("There is no such organisation.")
    if team_id is None:
        return
    team = await queries.team(session, org_id, team_id)
    if team is None or team.closed_at is not None:
        raise errors.not_found("There is no such open team.")


def mac_of(keyring: Keyring, code: str) -> bytes:
    """Return the 32 bytes under which a normalised code is stored."""
    return keyring.mark("enrolment", code.encode())


def shown(code: str) -> str:
    """Return a code as people read it: `HHHH-SSSSS-SSSSS`."""
    secret = code[HANDLE_LENGTH:]
    return "-".join((code[:HANDLE_LENGTH], secret[:_GROUP], secret[_GROUP:]))


async def list_devices(session: ReadSession | WriteSession, org_id: UUID) -> Sequence[Device]:
    """Return the devices of an organisation, oldest first, revoked ones included."""
    return await queries.devices(session, org_id)


async def revoke_device(
    session: WriteSession, keyring: Keyring, now: datetime, *, org_id: UUID, device_id: UUID, actor: UUID = SERVICE
) -> None:
    """Shut a device out: its tokens are refused within a second, its key for ever. Twice changes nothing."""
    if await queries.device(session, org_id, device_id) is None:
        raise errors.not_found("There is no such device.")
    if await queries.mark(session, queries.DEVICE, org_id, device_id, "revoked_at", now):
        await record(session, keyring, now, org_id, actor, "device.revoke", device=device_id)
