"""Admissions per place declared vacant, in plain Python over the rows: from the definition, not from the SQL."""

from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

Row = Mapping[str, Any]
Counts = tuple[int, int, int, int]
_PARIS = ZoneInfo("Europe/Paris")


def counts(
    referrals: Sequence[Row], reports: Sequence[Row], kinds: Mapping[UUID, str], day: date, kind: str | None
) -> Counts:
    """Return (admissions on a declared place, places declared vacant, admissions in all, received late) of one day."""
    filled = vacant = admitted = late = 0
    stays = [
        one
        for one in referrals
        if one["state"] != "entered_in_error"
        and one["admitted_at"]
        and one["admitted_at"].astimezone(_PARIS).date() == day
    ]
    for facility, of_kind in kinds.items():
        if kind in {None, of_kind}:
            said = [
                one["places_free"]
                for one in reports
                if one["facility_id"] == facility
                and one["open"]
                and one["places_free"] is not None
                and one["observed_at"].astimezone(_PARIS).date() == day
            ]
            if said:
                vacant += max(said)
                filled += sum(stay["facility_id"] == facility for stay in stays)
    for stay in stays:
        if stay["kind"] in ({kind} if kind else set(kinds.values())):
            admitted += 1
            late += stay["received_at"] - stay["created_at"] >= timedelta(hours=26)
    return filled, vacant, admitted, late
