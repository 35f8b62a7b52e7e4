"""Opaque page cursors: where the last page ended, never an offset."""

import base64
import binascii
from uuid import UUID

from app import errors
from app.errors import Fault

_LENGTH = 24


def write_cursor(position: int, last: UUID) -> str:
    """Return the cursor after the row at (position, last)."""
    packed = position.to_bytes(8, "big", signed=True) + last.bytes
    return base64.urlsafe_b64encode(packed).decode()


def read_cursor(cursor: str, parameter: str) -> tuple[int, UUID]:
    """Return (position, last), or raise `invalid` for anything this service did not write."""
    try:
        packed = base64.b64decode(cursor, altchars=b"-_", validate=True)
    except (binascii.Error, ValueError) as error:
        raise _refused(parameter) from error
    if len(packed) != _LENGTH:
        raise _refused(parameter)
    return int.from_bytes(packed[:8], "big", signed=True), UUID(bytes=packed[8:])


def _refused(parameter: str) -> errors.Problem:
    return errors.invalid(faults=[Fault(f"?{parameter}", "cursor", "is not a cursor of this service")])
