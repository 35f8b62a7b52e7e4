"""Entries of the register of a plan for tests: valid by default, each fact a test is about given by name."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any, Final

from app.clock import uuid7
from app.http.context import Context
from app.plan.records import AnyEntry, Recorded
from app.plan.register import queries
from app.plan.register.schemas import ENTRIES
from tests.clock import NIGHT
from tests.make import Json, new_id

PLAN: Final = "crack-2019"
RECORDED: Final = datetime(2022, 1, 10, 9, tzinfo=UTC)
"""When entries were recorded, unless a test says otherwise."""
_SOURCE: Final[Json] = {"title": "Rapport d'évaluation du plan"}
_TITLE: Final[Json] = {"fr": "Intitulé", "en": "Title"}
_ACTION: Final[Json] = {"number": 1, "title": _TITLE}
_OF: Final[dict[str, Json]] = {
    "plan": {"title": _TITLE, "valid_from": "2019-05-01", "valid_to": "2022-01-01"},
    "body": {"code": "etat", "name": {"fr": "Préfecture", "en": "Prefecture"}, "roles": ["signatory", "funder"]},
    "objective": {"number": 1, "title": _TITLE},
    "action": _ACTION,
    "milestone": {"code": "ouverture", "title": _TITLE, "due_on": "2020-06-30"},
    "milestone_reached": {"milestone": "ouverture", "body": "etat"},
    "assessment": {"action": 1, "body": "etat", "status": "initiated"},
    "statement": {
        "code": "realisees",
        "body": "etat",
        "subject": "realisation",
        "measure": "counted",
        "says": {"fr": "20 actions sur 33", "en": "20 of 33 actions"},
        "count": 20,
        "of": 33,
    },
    "amount": {
        "code": "ligne-1",
        "funder": "etat",
        "year": 2020,
        "nature": "commitment",
        "kind": "payment_credit",
        "cents": 300_000_000,
    },
    "committee": {"code": "pilotage", "title": _TITLE, "members": ["etat"], "meetings_per_year": 4},
    "meeting": {"code": "pilotage-1", "committee": "pilotage"},
    "decision": {"code": "decision-1", "committee": "pilotage", "title": _TITLE, "owner": "etat"},
    "decision_outcome": {"decision": "decision-1", "outcome": "done"},
    "target": {
        "code": "orientations",
        "indicator": "contacts",
        "valid_from": "2019-05-01",
        "valid_to": "2022-01-01",
        "direction": "at_least",
        "value": 100.0,
        "watch": 80.0,
        "alarm": 50.0,
    },
    "series": {
        "code": "appels-115",
        "title": _TITLE,
        "unit": {"fr": "appels", "en": "calls"},
        "publisher": "Ville",
        "licence": "ODbL",
    },
    "observation": {"series": "appels-115", "territory": "75118", "value": 12.5, "on": "2020-03-01"},
    "acknowledgement": {"alert": "overdue:action:1"},
    "withdrawal": {},
}
_REFERRED: Final = ("plan", "body", "objective", "action", "milestone", "committee", "decision", "series")


def entry(kind: str, /, **facts: Any) -> Json:
    """Return the JSON of an entry of a type, as it is posted. A withdrawal needs `corrects`."""
    common = {"id": new_id(), "type": kind, "plan": PLAN, "on": "2020-03-02", "source": dict(_SOURCE)}
    return common | _OF[kind] | facts


def base(plan: str = PLAN, **validity: Any) -> list[Json]:
    """Return one entry of each type that others name: what makes the default of every other type valid."""
    return [entry(kind, plan=plan, on="2019-05-01", **(validity if kind == "plan" else {})) for kind in _REFERRED]


def read(*sent: Json) -> list[AnyEntry]:
    """Return entries as the service reads them."""
    import orjson

    return ENTRIES.validate_json(orjson.dumps(list(sent)))


def recorded(*sent: Json, at: datetime = RECORDED, role: str = "plan_secretary") -> list[Recorded]:
    """Return entries as the register holds them, for what needs no database."""
    return [Recorded(one, at, role) for one in read(*sent)]


async def record(context: Context, *sent: Json, at: datetime = NIGHT, role: str = "plan_secretary") -> Sequence[Json]:
    """Put entries into the database as they are, unchecked, and return them."""
    async with context.database.writing() as session:
        assert await queries.add(session, recorded(*sent, at=at, role=role))
    return sent


def key() -> str:
    """Return a fresh id of an entry."""
    return str(uuid7(NIGHT))
