"""The table of encounters."""

from datetime import date, datetime
from typing import Final
from uuid import UUID

from sqlalchemy import Boolean, ForeignKeyConstraint, Index, Integer

from app.db.table import Base, column, placed
from app.db.types import (
    Big,
    Bytes16,
    Bytes32,
    Day,
    Document,
    Instant,
    Key,
    Small,
    TerritoryCode,
    Word,
    between,
    one_of,
    where,
)
from app.encounters.vocabulary import AgeBand, FirstContact, Gender, Sleeping

SLEPT_OUTSIDE: Final = "link_id IS NOT NULL AND sleeping IN ('street', 'squat')"
"""Somebody with a card slept in the street, as SQL: whoever asks for returns to it says it in these words."""


class Encounter(Base, table=True):
    """One contact. Its time is a service day and a 2-hour slot, its place a quarter; nothing finer exists.

    After 90 days it is coarse (`app.ingest.coarse`): its day is the Monday of its week, its place the quarter's parent,
    its id and digest are keyed, and slot, patrol, receipts and skew are gone.
    """

    __tablename__ = "encounter"
    __table_args__ = (
        ForeignKeyConstraint(["org_id", "team_id"], ["team.org_id", "team.id"]),
        between("slot", 0, 11),
        between("people_count", 1, 50),
        one_of("first_contact", FirstContact),
        one_of("gender", Gender),
        one_of("age_band", AgeBand),
        one_of("sleeping", Sleeping),
        Index(None, "org_id", "service_day"),
        Index(None, "link_id", **where("link_id IS NOT NULL")),
        Index(
            "ix_encounter_slept_outside",
            "link_id",
            "service_day",
            "territory",
            "org_id",
            "withdrawn",
            **where(SLEPT_OUTSIDE),
        ),
        placed("organisation", "One contact with one person or a group: pseudonymised personal health data."),
    )

    org_id: UUID = column(Key, "Organisation of the team.", key=True)
    id: UUID = column(Key, "UUID made on the device.", key=True)
    team_id: UUID = column(Key, "Team that met the person.")
    patrol_id: UUID | None = column(Key, "Outing it belongs to; may arrive later.", null=True)
    service_day: date = column(Day, "Service day.")
    slot: int | None = column(
        Small, "Two-hour slot of the local clock, 0 (00-02) to 11 (22-24); null once coarse.", null=True
    )
    territory: str = column(TerritoryCode, "Quarter or commune.")
    outside_perimeter: bool = column(Boolean, "Outside the plan's perimeter.")
    people_count: int = column(Small, "How many people; a group above 1.")
    first_contact: str = column(Word, "First contact this year, as far as the team knows.")
    gender: str = column(Word, "As presented; unknown for groups.")
    age_band: str = column(Word, "Age band; unknown for groups.")
    sleeping: str = column(Word, "Where the person sleeps; unknown for groups.")
    needs: list[str] = column(Document, "What was asked for.")
    supplies: dict[str, int] = column(Document, "What was handed out, with counts.")
    acts: list[str] = column(Document, "What the team did.")
    link_id: bytes | None = column(
        Bytes16, "Seal of the card: a byte for the key period, HMAC-SHA256(period key, card)[:15].", null=True
    )
    withdrawn: bool = column(Boolean, "Entered in error.")
    rk: int = column(Big, "Record key of the disclosure control: uint32.")
    skew_s: int = column(Integer, "Device clock behind ours, in seconds, at the last revision.")
    first_received_at: datetime | None = column(
        Instant, "Hour the first revision was received in, ms since 1970 UTC; null once coarse.", null=True
    )
    received_at: datetime | None = column(
        Instant, "Hour this revision was received in, ms since 1970 UTC; null once coarse.", null=True
    )
    revision: int = column(Small, "Revision, from 1.")
    digest: bytes = column(Bytes32, "SHA-256 of the canonical content of this revision, card and slips sealed.")
