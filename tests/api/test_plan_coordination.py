"""Coordination as a monitor reads it: quarters, the parts of the index, decisions and words, in every form."""

import csv
import io
import json
from datetime import UTC, datetime
from typing import Any

import httpx
import pyarrow.parquet as pq
import pytest

from app.http.context import Context
from app.identity.vocabulary import Role
from tests import members, plans
from tests.clock import SetClock
from tests.make import Json
from tests.members import House

APRIL_2021 = datetime(2021, 4, 1, 9, tzinfo=UTC)
_RECORDED = datetime(2020, 1, 20, 9, tzinfo=UTC)
_FIXED = datetime(2020, 7, 1, 9, tzinfo=UTC)


@pytest.fixture(scope="module")
async def plan(context: Context) -> str:
    """A plan whose partners met twice, then no more; what became of the second meeting was entered in July."""
    of = {"plan": "coordination"}
    second = plans.entry("meeting", code="m2", on="2020-03-11", **of)
    held = {"held": True, "held_on": "2020-03-12", "present": ["etat"], "corrects": second["id"]}
    qualitative = {"subject": "coordination", "measure": "qualitative", "count": None, "of": None}
    said = {"says": {"fr": "La coordination s'est érodée", "en": "Coordination eroded"}}
    early = [
        plans.entry("plan", on="2019-05-27", valid_from="2020-01-01", valid_to="2022-01-01", **of),
        plans.entry("body", code="etat", on="2019-05-27", roles=["signatory"], **of),
        plans.entry("body", code="ville", on="2019-05-27", roles=["signatory"], **of),
        plans.entry("committee", on="2020-01-01", members=["etat", "ville"], **of),
        plans.entry(
            "meeting", code="m1", on="2020-01-15", held=True, held_on="2020-01-15", present=["etat", "ville"], **of
        ),
        second,
        plans.entry("meeting", code="m3", on="2020-06-10", held=False, **of),
        plans.entry("decision", code="d1", on="2020-01-15", due_on="2020-06-30", owner="ville", action=3, **of),
        plans.entry("statement", code="erosion", on="2020-12-01", **qualitative, **said, **of),
        plans.entry("statement", code="autre", on="2020-12-01", **of),
    ]
    await plans.record(context, *early, at=_RECORDED)
    await plans.record(context, plans.entry("meeting", code="m2", on="2020-03-11", **held, **of), at=_FIXED)
    return "coordination"


@pytest.fixture
async def monitor(context: Context, house: House, clock: SetClock) -> dict[str, str]:
    clock.now = APRIL_2021
    return {"Authorization": f"Bearer {await members.account_token(context, house, Role.monitor)}"}


async def _get(
    client: httpx.AsyncClient, monitor: dict[str, str], path: str = "coordination", **params: str
) -> httpx.Response:
    answer = await client.get(f"/v1/plan/{path}", params={"plan": "coordination", **params}, headers=monitor)
    assert answer.status_code == 200, answer.text
    return answer


def _quarters(answer: Json, *names: str) -> list[tuple[Any, ...]]:
    return [tuple(one[name] for name in names) for one in answer["quarters"]]


async def test_the_partners_meet_twice_and_then_no_more(
    client: httpx.AsyncClient, monitor: dict[str, str], plan: str
) -> None:
    answer = (await _get(client, monitor)).json()
    assert (answer["plan"], answer["at"], answer["known_at"]) == (plan, "2021-04-01", None)
    names = ("quarter", "planned", "held", "not_held", "unknown", "took_place", "days_since_last", "decisions_overdue")
    assert _quarters(answer, *names) == [
        ("2020-Q1", 2, 2, 0, 0, 2, 19, 0),
        ("2020-Q2", 1, 0, 1, 0, 0, 110, 0),
        ("2020-Q3", 0, 0, 0, 0, 0, 202, 1),
        ("2020-Q4", 0, 0, 0, 0, 0, 294, 1),
        ("2021-Q1", 0, 0, 0, 0, 0, 384, 1),
        ("2021-Q2", 0, 0, 0, 0, 0, 385, 1),
    ]
    reasons = ("signatories_present", "signatories_expected", "signatories_reason")
    assert _quarters(answer, *reasons)[:3] == [
        (3, 4, None),
        (None, None, "none_held"),
        (None, None, "no_meeting_planned"),
    ]
    (committee,) = answer["committees"]
    assert committee["members"] == [
        {"code": code, "name": {"fr": "Préfecture", "en": "Prefecture"}} for code in ("etat", "ville")
    ]
    assert (committee["last_held_on"], committee["days_since_last"]) == ("2020-03-12", 385)
    assert (committee["interval_days"], committee["days_beyond"]) == (91.25, 293.75)
    assert {one["code"] for one in answer["reasons"]} == {"none_held", "no_meeting_planned"}
    assert all(one["label"]["fr"] and one["label"]["en"] for one in answer["reasons"])


async def test_the_index_is_a_list_of_parts_without_a_number_for_the_whole(
    client: httpx.AsyncClient, monitor: dict[str, str], plan: str
) -> None:
    answer = (await _get(client, monitor, plan=plan)).json()
    parts = {one["code"]: (one["numerator"], one["denominator"], one["value"]) for one in answer["index"]}
    assert (parts["meetings_held"], parts["signatories_present"]) == ((2, 3, 2 / 3), (3, 4, 0.75))
    assert (parts["decisions_in_time"], parts["decisions_ended"]) == ((0, 1, 0.0), (0, 1, 0.0))
    assert isinstance(answer["index"], list)
    assert not [name for name in answer if "index" in name and name != "index"]
    assert [one["code"] for one in answer["decisions"]] == ["d1"]
    assert answer["decisions"][0]["owner"]["code"] == "ville"
    assert (answer["decisions"][0]["state"], answer["decisions"][0]["late_days"]) == ("overdue", 275)


async def test_what_was_said_in_words_stands_beside_and_stays_in_words(
    client: httpx.AsyncClient, monitor: dict[str, str], plan: str
) -> None:
    (said,) = (await _get(client, monitor, plan=plan)).json()["statements"]
    assert (said["measure"], said["count"], said["share"]) == ("qualitative", None, None)
    assert said["says"] == {"fr": "La coordination s'est érodée", "en": "Coordination eroded"}
    assert said["source"]["title"] == "Rapport d'évaluation du plan"
    assert (await _get(client, monitor, at="2020-11-30")).json()["statements"] == []


async def test_what_stood_at_a_date_and_what_was_known_then_are_two_questions(
    client: httpx.AsyncClient, monitor: dict[str, str], plan: str
) -> None:
    names = ("quarter", "held", "unknown", "took_place")
    now = (await _get(client, monitor, plan=plan, at="2020-03-31")).json()
    assert _quarters(now, *names) == [("2020-Q1", 2, 0, 2)]
    then = (await _get(client, monitor, at="2020-03-31", known_at="2020-06-30T12:00:00+02:00")).json()
    assert _quarters(then, *names) == [("2020-Q1", 1, 1, 1)]
    assert then["known_at"] == "2020-06-30T10:00:00Z"
    day_before = (await _get(client, monitor, at="2020-03-11")).json()
    assert _quarters(day_before, *names) == [("2020-Q1", 1, 1, 1)]
    before = (await _get(client, monitor, known_at="2020-01-20T08:59:59Z")).json()
    assert (before["quarters"], before["committees"]) == ([], [])


async def test_quarters_open_in_a_spreadsheet(client: httpx.AsyncClient, monitor: dict[str, str], plan: str) -> None:
    answer = await _get(client, monitor, "coordination.csv", bom="true", decimal="comma", at="2020-12-31")
    assert answer.headers["Content-Type"] == "text/csv; charset=utf-8; header=present"
    assert f'filename="maraude-{plan}-coordination-2020-12-31.csv"' in answer.headers["Content-Disposition"]
    rows = list(csv.DictReader(io.StringIO(answer.content.decode("utf-8-sig")), delimiter=";"))
    shown = (await _get(client, monitor, at="2020-12-31")).json()["quarters"]
    assert [(one["quarter"], one["signatories_reason"]) for one in rows] == [
        (one["quarter"], one["signatories_reason"] or "") for one in shown
    ]
    assert [float(one["due"].replace(",", ".")) for one in rows] == [one["due"] for one in shown]
    assert rows[0]["title_fr"] == "Intitulé"
    by_header = await client.get(
        "/v1/plan/coordination", params={"plan": plan}, headers=monitor | {"Accept": "text/csv"}
    )
    assert by_header.headers["Content-Type"].startswith("text/csv")
    assert by_header.headers["Vary"] == "Accept"


async def test_a_parquet_file_holds_the_parts_of_the_index_too(
    client: httpx.AsyncClient, monitor: dict[str, str], plan: str
) -> None:
    table = pq.read_table(io.BytesIO((await _get(client, monitor, "coordination.parquet", plan=plan)).content))
    shown = (await _get(client, monitor, "coordination.json")).json()
    assert table.column("planned").to_pylist() == [one["planned"] for one in shown["quarters"]]
    assert table.column("due").to_pylist() == [one["due"] for one in shown["quarters"]]
    facts = table.schema.metadata
    assert json.loads(facts[b"index"]) == [
        {name: value for name, value in one.items() if value is not None} for one in shown["index"]
    ]


@pytest.mark.parametrize("path", ["coordination", "coordination.csv", "coordination.parquet"])
async def test_what_the_caller_holds_is_not_sent_again(
    client: httpx.AsyncClient, monitor: dict[str, str], plan: str, path: str
) -> None:
    first = await _get(client, monitor, path, plan=plan)
    held = monitor | {"If-None-Match": first.headers["ETag"]}
    again = await client.get(f"/v1/plan/{path}", params={"plan": plan}, headers=held)
    assert (again.status_code, again.content) == (304, b"")
    other = await client.get(f"/v1/plan/{path}", params={"plan": plan, "at": "2020-02-01"}, headers=held)
    assert other.status_code == 200
    assert other.headers["ETag"] != first.headers["ETag"]


@pytest.mark.parametrize(
    ("params", "status"),
    [
        ({"plan": "none-such"}, 404),
        ({"at": "1999-12-31"}, 422),
        ({"at": "2020-02-30"}, 422),
        ({"known_at": "2020"}, 422),
    ],
)
async def test_a_question_that_makes_no_sense_is_refused(
    client: httpx.AsyncClient, monitor: dict[str, str], plan: str, params: dict[str, str], status: int
) -> None:
    answer = await client.get("/v1/plan/coordination", params={"plan": plan} | params, headers=monitor)
    assert answer.status_code == status


@pytest.mark.parametrize("path", ["coordination", "targets", "context"])
async def test_a_form_that_is_not_offered_is_refused(
    client: httpx.AsyncClient, monitor: dict[str, str], plan: str, path: str
) -> None:
    asked = {"params": {"plan": plan}, "headers": monitor | {"Accept": "image/png"}}
    assert (await client.get(f"/v1/plan/{path}", **asked)).status_code == 406  # type: ignore[arg-type]  # httpx's own options
    assert (await client.get(f"/v1/plan/{path}.xlsx", headers=monitor)).status_code == 422
