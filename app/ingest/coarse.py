"""What is left of records after ninety days: the week, the parent of the quarter, and ids that tell no time.

The rules, and keyed ids and digests. Devices make ids of version 7, whose first 48 bits are the millisecond of their
making; the digest of a record's content stands in the log beside that id. So both are replaced by their HMAC under a
key of its own: an item that is sent again is recognised, and who has the database without the keys learns no time.
"""

from collections.abc import Callable
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from typing import Final
from uuid import UUID
from zoneinfo import ZoneInfo

from app.clock import SLOT_HOURS
from app.keyring import Keyring

FINE_FOR: Final = timedelta(days=90)
"""How long records keep their day, slot and quarter at least."""
LATEST_END: Final = timedelta(hours=35)
"""No service day ends later than this after 00:00 UTC of its day: noon in Paris in winter, the day after."""
SPARE_DAYS: Final = 2
"""Days that stay fine although their facts are final: facts of a day read the days beside it."""
CLOSED: Final = -2
"""The commit position of a coarse referral: below the beginning of every feed, and in no order with any other."""
LATE: Final = 0
"""The number of an answer that came when its referral was coarse: it has no place in the order."""
SLOT: Final = timedelta(hours=SLOT_HOURS)
TICK: Final = timedelta(milliseconds=1)
_PARIS: Final = ZoneInfo("Europe/Paris")
_KEY: Final = "coarse"
_HOUR_S: Final = 3600
_UUID_BYTES: Final = 16
_TIME_ORDERED, _OUR_OWN = 7, 8
"""Versions of UUIDs (RFC 9562)."""
_NOON: Final = time(12)


def monday_of(day: date) -> date:
    """Return the Monday of a day's week, also across New Year."""
    return day - timedelta(days=day.weekday())


def noon_of_week(day: date) -> datetime:
    """Return noon in Paris of the Monday of a day's week, in UTC: the instant that stands for the week."""
    return datetime.combine(monday_of(day), _NOON, _PARIS).astimezone(UTC)


def slot_began(instant: datetime) -> datetime:
    """Return when the two-hour slot of the Paris clock that an instant lies in began, in UTC.

    A slot that begins in an hour that is skipped begins at the skip; one with a repeated hour at the first of them.
    """
    return _slot_of(int(instant.timestamp()) // _HOUR_S)


@lru_cache(maxsize=10_000)  # a night has a dozen hours, and each of its referrals several instants
def _slot_of(hour: int) -> datetime:
    """Return when the slot began that an hour (since 1970 UTC) lies in: the clock in Paris is whole hours from UTC."""
    local = datetime.fromtimestamp(hour * _HOUR_S, _PARIS)
    first = local.replace(hour=local.hour // SLOT_HOURS * SLOT_HOURS, fold=0)
    return first.astimezone(UTC)


def slot_ended(began: datetime) -> datetime:
    """Return the last millisecond of the slot that began at an instant, of one or three hours when clocks change."""
    hours = range(SLOT_HOURS + 1, 0, -1)
    ends = (began + timedelta(hours=hour) - TICK for hour in hours)
    return next(end for end in ends if slot_began(end) == began)


def fine_from(now: datetime) -> date:
    """Return the first service day that is still kept fine: a Monday.

    Weeks become coarse whole, else the coarse part of a week would tell its days. All days before it, and `SPARE_DAYS`
    from it on, ended 90 days ago, so that every referral of theirs was followed for 90 days.
    """
    over = (now - FINE_FOR - LATEST_END).astimezone(UTC).date()
    return monday_of(over - timedelta(days=SPARE_DAYS - 1))


def may_be_coarse(item_id: UUID, day: date, now: datetime) -> bool:
    """Say whether an item with this id and day may be stored coarse already.

    A correction may have moved its day since, so the instant in the id counts too.
    """
    return day < fine_from(now) or id_may_be_coarse(item_id, now)


def id_may_be_coarse(item_id: UUID, now: datetime) -> bool:
    """Say whether what has this id may be stored coarse already; one of version 4 tells no time, so it may."""
    if item_id.version != _TIME_ORDERED:
        return True
    return (item_id.int >> 80) < int((now - FINE_FOR).timestamp() * 1000)


def coarse_id(keyring: Keyring, item_id: UUID) -> UUID:
    """Return the id an item has once coarse: its HMAC, as a UUID of version 8, which no device may send.

    What has such an id already keeps it.
    """
    if item_id.version == _OUR_OWN:
        return item_id
    number = int.from_bytes(keyring.mark(_KEY, item_id.bytes)[:_UUID_BYTES], "big")
    return UUID(int=number & ~(0xF << 76 | 0b11 << 62) | _OUR_OWN << 76 | 0b10 << 62)


def coarse_digest(keyring: Keyring, digest: bytes) -> bytes:
    """Return the digest a record has once coarse: the HMAC of the one it had."""
    return keyring.mark(_KEY, b"digest" + digest)


def shift(made_at: datetime, day: date) -> Callable[[datetime], datetime]:
    """Return what moves the instants of a referral made at `made_at` on a service day.

    Its making comes to noon of its week's Monday, all others stay as far from it, rounded to two hours. So intervals
    stay true to an hour, their order stays, and only the week is known.
    """
    noon = noon_of_week(day)

    def moved(instant: datetime) -> datetime:
        return noon + SLOT * round((instant - made_at) / SLOT)

    return moved
