"""The table of marks."""

from datetime import date
from typing import Final
from uuid import UUID

from sqlalchemy import CheckConstraint

from app.db.table import Base, column, placed
from app.db.types import Big, Bytes16, Day, Key, Word

FACTS: Final = "facts"
"""Of facts: those of earlier days are never computed again."""
LINKS: Final = "links"
"""Of cards and slips: records of earlier days have lost theirs, with the key of their period."""


class StaleDay(Base, table=True):
    """A mark of one transaction on one service day of an organisation.

    A mark is a row of its own, never an update of another's: whoever computes the day takes away only the marks that
    were there to be seen, and a transaction that commits later leaves its own.
    """

    __tablename__ = "stale_day"
    __table_args__ = (placed("organisation", "Service days whose records changed since their facts were computed."),)

    org_id: UUID = column(Key, "Organisation of the records.", key=True)
    day: date = column(Day, "Service day, or cohort day of referrals.", key=True)
    position: int = column(Big, "Commit position of the transaction that changed them.", key=True)


class TrailMark(Base, table=True):
    """A referral that changed in a way that bears on the referrals that look back at it, whosever they are.

    Their days are found by whoever reads or computes, never by who writes: a look for them inside the changing
    transaction would miss those that others are writing at that moment. Rows are few and gone at the next upkeep, but
    for referrals whose previous one has not arrived.
    """

    __tablename__ = "trail_mark"
    __table_args__ = (placed("organisation", "Referrals whose change bears on later ones, until those are marked."),)

    org_id: UUID = column(Key, "Organisation of the referral.", key=True)
    id: UUID = column(Key, "Random identifier.", key=True)
    referral_id: UUID = column(Key, "The referral.")
    link_id: bytes | None = column(Bytes16, "Card under which it succeeded, before or after.", null=True)
    since: int | None = column(Big, "First instant of that success, ms since 1970 UTC.", null=True)
    waits_for: UUID | None = column(
        Key, "Referral it takes up, of the same organisation: it bears on the days once that one is there.", null=True
    )


class Finality(Base, table=True):
    """From which service day on something still holds; a row for each thing that has ended before some day.

    Records of earlier days may have lost their links, their detail, or be gone: a recount would find something else.
    """

    __tablename__ = "finality"
    __table_args__ = (
        CheckConstraint(f"name IN ('{FACTS}', '{LINKS}')", name="name"),
        placed("reference", "The days from which facts are still computed, and from which cards are still there."),
    )

    name: str = column(Word, "What it is about: facts, or links.", key=True)
    before: date = column(Day, "Service days before this one have ended: facts are final, or links are gone.")
