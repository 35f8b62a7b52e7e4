"""Patrols as they go over the wire."""

from typing import Self

from pydantic import Field, model_validator
from pydantic_core import PydanticCustomError

from app.http.wire import ItemId, Moment, Received, RecordStatus, TerritoryPosted, example
from app.patrols.rules import period_fault


class PatrolIn(Received):
    """One outing of a team."""

    model_config = Received.model_config | example(
        {
            "id": "0195f1c2-0000-7c3e-9a41-2f60d1a4b7c0",
            "started_at": "2026-03-02T21:00:00+01:00",
            "ended_at": "2026-03-03T01:30:00+01:00",
            "night": True,
            "workers": 3,
            "territories": ["7511803", "7511804"],
        }
    )

    id: ItemId
    started_at: Moment
    ended_at: Moment | None = Field(default=None, description="Null while the team is out; then post revision 2.")
    night: bool = Field(description="A night outing.")
    workers: int = Field(ge=1, le=20, description="People of the team who went out.")
    territories: list[TerritoryPosted] = Field(max_length=20, description="Where the outing led.")
    revision: int = Field(default=1, ge=1, le=1000, description="One more for each correction.")
    status: RecordStatus = Field(default=RecordStatus.recorded, description="`entered_in_error` withdraws it.")

    @model_validator(mode="after")
    def _ends_after_start(self) -> Self:
        fault = period_fault(self.started_at, self.ended_at)
        if fault is not None:
            raise PydanticCustomError("rule", "ended_at {fault}", {"fault": fault})
        return self
