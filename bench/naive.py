"""The baseline: what a tutorial would write, with the same fields, one add, commit and refresh a row."""

import os
import sqlite3
from collections.abc import Iterator
from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from fastapi import Depends, FastAPI
from sqlalchemy import JSON, event
from sqlalchemy.engine import make_url
from sqlmodel import Column, Field, Session, SQLModel, create_engine


class NaiveReferral(SQLModel, table=True):
    """A referral as a table."""

    id: UUID = Field(primary_key=True)
    encounter_id: UUID = Field(index=True)
    kind: str
    accompanied: bool
    state: str
    slip: str | None = None


class NaiveEncounter(SQLModel, table=True):
    """An encounter as a table."""

    id: UUID = Field(primary_key=True)
    patrol_id: UUID | None = None
    occurred_at: datetime
    territory: str = Field(index=True)
    people_count: int
    first_contact_this_year: str
    gender: str
    age_band: str
    sleeping: str
    needs: list[str] = Field(sa_column=Column(JSON))
    supplies: dict[str, int] = Field(sa_column=Column(JSON))
    acts: list[str] = Field(sa_column=Column(JSON))
    card: str | None = None


class NaiveEncounterIn(SQLModel):
    """An encounter as posted."""

    id: UUID
    patrol_id: UUID | None = None
    occurred_at: datetime
    territory: str
    people_count: int
    first_contact_this_year: str
    gender: str
    age_band: str
    sleeping: str
    needs: list[str]
    supplies: dict[str, int]
    acts: list[str]
    card: str | None = None
    referrals: list[dict[str, Any]]


class NaiveBatch(SQLModel):
    """Some encounters."""

    device_now: datetime
    items: list[NaiveEncounterIn]


_url = make_url(os.environ["MARAUDE_DATABASE_URL"])
_engine = create_engine(_url.set(drivername="postgresql+psycopg") if _url.get_backend_name() == "postgresql" else _url)
if _engine.dialect.name == "sqlite":

    @event.listens_for(_engine, "connect")
    def _durable(connection: sqlite3.Connection, _record: object) -> None:
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA synchronous = FULL")
        connection.execute("PRAGMA busy_timeout = 30000")


SQLModel.metadata.create_all(_engine, tables=[NaiveEncounter.__table__, NaiveReferral.__table__])  # type: ignore[attr-defined]
app = FastAPI()


def _session() -> Iterator[Session]:
    with Session(_engine) as session:
        yield session


@app.post("/v1/encounters")
def post_encounters(batch: NaiveBatch, session: Annotated[Session, Depends(_session)]) -> dict[str, list[str]]:
    """Store each row by itself."""
    stored = []
    for item in batch.items:
        encounter = NaiveEncounter(**item.model_dump(exclude={"referrals"}))
        session.add(encounter)
        session.commit()
        session.refresh(encounter)
        for given in item.referrals:
            referral = NaiveReferral(**{**given, "id": UUID(given["id"])}, encounter_id=encounter.id)
            session.add(referral)
            session.commit()
            session.refresh(referral)
        stored.append(str(encounter.id))
    return {"stored": stored}


@app.get("/healthz")
def healthy() -> dict[str, str]:
    """Answer."""
    return {"status": "ok"}
