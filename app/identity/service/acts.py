"""What administration shares: writing acts down, and naming what stands in the way."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from uuid import UUID

from sqlalchemy.exc import IntegrityError

from app import errors
from app.audit import service as audit
from app.audit.service import Act
from app.db.engine import WriteSession
from app.keyring import Keyring


async def record(
    session: WriteSession, keyring: Keyring, now: datetime, org_id: UUID, actor: UUID, action: str, **detail: object
) -> None:
    """Append one act to the organisation's chain; the last thing a transaction does."""
    kept = {name: str(value) for name, value in detail.items() if value is not None}
    await audit.append(session, keyring, [Act(org_id, actor, action, now, kept)])


@contextmanager
def naming_conflicts(sentence: str) -> Iterator[None]:
    """Raise `conflict` with this sentence when the database refuses a row."""
    try:
        yield
    except IntegrityError as error:
        raise errors.conflict(sentence) from error
