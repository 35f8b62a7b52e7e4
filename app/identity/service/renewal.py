"""A device shows that it still holds its key and gets a fresh token."""

from datetime import datetime
from typing import Final

from app import errors
from app.http.context import Context
from app.identity import queries
from app.identity.proofs import NONCE_LIFETIME, is_fresh, read_proof
from app.identity.records import Device
from app.identity.service.acts import record
from app.identity.service.issuing import IssuedToken, issue

_HINT: Final = (
    "Sign again with the nonce of DPoP-Nonce, by the clock of Date."
    " If that is refused too, the device is not enrolled, or not any more."
)


async def renew(ctx: Context, now: datetime, sent: str, method: str, uri: str) -> IssuedToken:
    """Return a fresh token for the device whose proof was sent, or raise proof_refused without saying why.

    Tokens issued before stay good until they end: a lost answer locks nobody out.
    """
    proof = read_proof(sent)
    if proof is None or not proof.holds(method, uri, now) or not is_fresh(ctx.keyring, proof.claims.get("nonce"), now):
        raise errors.proof_refused(_HINT)
    device = await _device_in_use(ctx, proof.key.thumbprint)
    if device is None:
        raise errors.proof_refused(_HINT)
    async with ctx.database.writing() as session:
        await queries.purge(session, queries.PROOF_SEEN, now)
        if not await queries.remember_proof(session, proof.digest, now + 2 * NONCE_LIFETIME):
            raise errors.proof_refused(_HINT)
        issued = await issue(session, now, ctx.settings.token_lifetime, org_id=device.org_id, device_id=device.id)
        await record(session, ctx.keyring, now, device.org_id, device.id, "token.renew")
    return issued


async def _device_in_use(ctx: Context, thumbprint: bytes) -> Device | None:
    """Return the device of a key; a key revoked once is good for nothing."""
    async with ctx.database.reading() as session:
        devices = await queries.devices_of_key(session, thumbprint)
    if not devices or any(device.revoked_at is not None for device in devices):
        return None
    return devices[0]
