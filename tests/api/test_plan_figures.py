"""The plan, its actions and its money as a monitor pulls them."""

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

_PLAN = "figures"
_MILLION = 100_000_000
"""In cents."""
_JANUARY = datetime(2021, 1, 20, 9, tzinfo=UTC)
_APRIL = datetime(2021, 4, 12, 9, tzinfo=UTC)
_NOW = datetime(2021, 6, 30, 9, tzinfo=UTC)
_FORMS = ("plan", "plan/actions", "plan/actions/1", "plan/money", "plan/actions.csv", "plan/money.parquet")


def _entry(type_: str, **facts: Any) -> Json:
    return plans.entry(type_, plan=_PLAN, **{"on": "2019-05-27"} | facts)


def _amount(nature: str, kind: str, cents: int, year: int, **facts: Any) -> Json:
    said = {"on": f"{year}-06-01", "nature": nature, "year": year, "cents": cents, "code": f"{nature}-{year}"}
    return _entry("amount", **said | facts) | {"kind": kind}


def _stated(body: str, **facts: Any) -> Json:
    return _entry("statement", code=f"realisees-{body}", body=body, on="2021-06-30", status="initiated", **facts)


@pytest.fixture(scope="module")
async def plan(context: Context) -> str:
    """A plan with an audit's headline figures: 33 actions, 19 initiated; 3 million a year promised, 24 paid."""
    found = _entry("assessment", body="etat", status="done", on="2021-01-15")
    chambre = [
        _entry("assessment", action=n, body="chambre", status="partly_done", on="2021-06-30") for n in range(1, 20)
    ]
    early = [
        _entry("plan"),
        _entry("objective"),
        *(_entry("body", code=code, roles=["assessor", "funder"]) for code in ("chambre", "etat", "ville")),
        _entry("action", number=1, planned_end="2020-06-30", lead="ville", objective=1),
        _entry("action", number=1, planned_end="2021-03-31", on="2020-05-01", lead="ville", objective=1),
        *(_entry("action", number=n, title_published=False) for n in range(2, 34)),
        found,
        _entry("milestone", action=1, due_on="2020-06-30"),
        *(_amount("commitment", "commitment_authorisation", 3 * _MILLION, year) for year in (2019, 2020, 2021)),
        _amount("expenditure", "payment_credit", 24 * _MILLION, 2021, action=1, cause=None),
        _amount("expenditure", "in_kind", 7_000, 2020, funder="ville", action=1),
        *chambre,
        _stated("chambre", count=19, of=33),
        _stated("etat", measure="share", share=0.85, count=None, of=None),
        _stated("ville", measure="qualitative", count=None, of=None),
    ]
    later = _entry("assessment", body="etat", status="initiated", on="2021-01-15", corrects=found["id"])
    await plans.record(context, *early, at=_JANUARY)
    await plans.record(context, later, at=_APRIL)
    return _PLAN


@pytest.fixture
async def monitor(context: Context, house: House, clock: SetClock, plan: str) -> dict[str, str]:  # noqa: ARG001 - there is one
    clock.now = _NOW
    return {"Authorization": f"Bearer {await members.account_token(context, house, Role.monitor)}"}


async def _get(client: httpx.AsyncClient, headers: dict[str, str], path: str, **params: str) -> httpx.Response:
    answer = await client.get(f"/v1/{path}", params={"plan": _PLAN, **params}, headers=headers)
    assert answer.status_code == 200, answer.text
    return answer


async def test_the_plan_gives_the_audits_headline_figures(client: httpx.AsyncClient, monitor: dict[str, str]) -> None:
    answer = (await _get(client, monitor, "plan")).json()
    lines = {one["body"]["code"]: one for one in answer["assessors"]}
    assert (lines["chambre"]["initiated_at_least"], lines["chambre"]["actions"], lines["chambre"]["share"]) == (
        19, 33, 0.5758,
    )  # fmt: skip
    assert (lines["ville"]["share"], lines["ville"]["reason"]) == (None, "nothing_assessed")
    assert (lines["etat"]["initiated"], lines["etat"]["not_assessed"]) == (1, 32)
    headline = answer["headline"]
    assert (headline["actions"], headline["placeholders"], headline["slipped"], headline["late"]) == (33, 32, 1, 1)
    assert (headline["contradictory"], headline["milestones_missed"]) == (1, 1)
    assert [one["number"] for one in answer["objectives"]] == [1]
    assert {one["code"] for one in answer["rules"]} >= {"initiated_at_least", "contradictory", "agrees"}
    assert {one["code"] for one in answer["reasons"]} == {"nothing_assessed"}


async def test_statements_stand_side_by_side_as_they_were_said(
    client: httpx.AsyncClient, monitor: dict[str, str]
) -> None:
    said = {one["body"]["code"]: one for one in (await _get(client, monitor, "plan")).json()["statements"]}
    names = ("measure", "share", "derived_count", "derived_share", "agrees", "contradictory")
    assert {body: tuple(one[name] for name in names) for body, one in said.items()} == {
        "chambre": ("counted", 0.5758, 19, 0.5758, True, True),
        "etat": ("share", 0.85, 1, 0.0303, None, True),
        "ville": ("qualitative", None, None, None, None, False),
    }


async def test_an_action_says_how_it_slipped_and_who_says_what(
    client: httpx.AsyncClient, monitor: dict[str, str]
) -> None:
    first, *others = (await _get(client, monitor, "plan/actions")).json()["actions"]
    assert len(others) == 32
    assert (first["first_planned_end"], first["planned_end"], first["slip_days"]) == ("2020-06-30", "2021-03-31", 274)
    assert (first["late_since"], first["days_late"], first["contradictory"]) == ("2021-04-01", 91, True)
    assert [(one["body"]["code"], one["status"], one["on"]) for one in first["found"]] == [
        ("chambre", "partly_done", "2021-06-30"),
        ("etat", "initiated", "2021-01-15"),
    ]
    assert first["found"][0]["source"]["title"]
    assert (first["milestones"][0]["state"], first["lead"]["code"]) == ("missed", "ville")
    assert (others[0]["slip_days"], others[0]["slip_reason"], others[0]["title_published"]) == (
        None, "never_dated", False,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("at", "known_at", "statuses"),
    [
        ("2021-01-31", "2021-03-31T12:00:00Z", ["done"]),
        ("2021-01-31", "2021-04-30T12:00:00Z", ["initiated"]),
        ("2021-01-14", "2021-04-30T12:00:00Z", []),
        ("2021-06-30", "2021-03-31T12:00:00Z", ["partly_done", "done"]),
        ("2021-01-31", "2021-01-20T08:59:59Z", None),
    ],
)
async def test_what_was_known_in_march_of_january_can_still_be_asked(
    client: httpx.AsyncClient, monitor: dict[str, str], at: str, known_at: str, statuses: list[str] | None
) -> None:
    answer = (await _get(client, monitor, "plan/actions", at=at, known_at=known_at)).json()
    assert (answer["at"], answer["known_at"]) == (at, known_at)
    found = [[one["status"] for one in action["found"]] for action in answer["actions"] if action["number"] == 1]
    assert found == ([] if statuses is None else [statuses])


async def test_an_actions_history_keeps_what_was_corrected(client: httpx.AsyncClient, monitor: dict[str, str]) -> None:
    answer = (await _get(client, monitor, "plan/actions/1")).json()
    assert answer["action"]["slip_days"] == 274
    of_etat = [one for one in answer["history"] if one["type"] == "assessment" and one["body"]["code"] == "etat"]
    first, second = of_etat
    assert (first["status"], first["replaced_by"]) == ("done", second["id"])
    assert (second["status"], second["corrects"], second["replaced_by"]) == ("initiated", first["id"], None)
    assert (first["recorded_at"], second["recorded_at"]) == ("2021-01-20T09:00:00Z", "2021-04-12T09:00:00Z")
    types = [one["type"] for one in answer["history"]]
    assert sorted(types) == ["action", "action", "amount", "amount", *["assessment"] * 3, "milestone"]
    before = (await _get(client, monitor, "plan/actions/1", known_at="2021-03-31T12:00:00Z")).json()
    assert [one["replaced_by"] for one in before["history"]] == [None] * 7


async def test_a_number_no_action_has_is_not_there(client: httpx.AsyncClient, monitor: dict[str, str]) -> None:
    asked = {"plan": _PLAN}
    assert (await client.get("/v1/plan/actions/34", params=asked, headers=monitor)).status_code == 404
    asked["at"] = "2019-05-26"
    assert (await client.get("/v1/plan/actions/1", params=asked, headers=monitor)).status_code == 404
    assert (await client.get("/v1/plan/actions/0", headers=monitor)).status_code == 422


async def test_execution_is_2_67_and_help_in_kind_stands_apart(
    client: httpx.AsyncClient, monitor: dict[str, str]
) -> None:
    answer = (await _get(client, monitor, "plan/money")).json()
    totals = answer["totals"]
    assert totals["authorisations"]["committed_cents"] == 9 * _MILLION
    assert totals["credits"]["spent_cents"] == 24 * _MILLION
    assert totals["execution_initial"] == {"value": 2.6667, "reason": None}
    assert totals["execution_credits"] == {"value": None, "reason": "nothing_committed"}
    assert (totals["overrun"]["cents"], totals["overrun"]["unexplained_cents"]) == (15 * _MILLION, 15 * _MILLION)
    assert totals["in_kind"]["spent_cents"] == 7_000
    assert {one["year"]: one["totals"]["execution_initial"]["value"] for one in answer["by_year"]} == {
        2019: None, 2020: None, 2021: 8.0,
    }  # fmt: skip
    by_action = {one["action"]: one["totals"]["execution_initial"] for one in answer["by_action"]}
    assert by_action == {
        None: {"value": None, "reason": "no_expenditure"},
        1: {"value": None, "reason": "nothing_committed"},
    }
    assert {one["code"] for one in answer["reasons"]} == {"nothing_committed", "no_expenditure"}


async def test_money_booked_after_the_day_asked_for_is_not_there_yet(
    client: httpx.AsyncClient, monitor: dict[str, str]
) -> None:
    totals = (await _get(client, monitor, "plan/money", at="2020-06-01")).json()["totals"]
    assert totals["authorisations"]["committed_cents"] == 6 * _MILLION
    assert (totals["execution_initial"]["value"], totals["overrun"]) == (None, None)


async def test_the_tables_hold_what_the_answers_hold(client: httpx.AsyncClient, monitor: dict[str, str]) -> None:
    answer = (await _get(client, monitor, "plan/money")).json()
    rows = list(csv.DictReader(io.StringIO((await _get(client, monitor, "plan/money.csv")).text)))
    assert [(row["action"], row["funder"], row["year"], row["kind"], row["spent_cents"]) for row in rows] == [
        (str(one["action"] or ""), one["funder"]["code"], str(one["year"]), one["kind"],
         "" if one["sums"]["spent_cents"] is None else str(one["sums"]["spent_cents"]))
        for one in answer["rows"]
    ]  # fmt: skip
    assert {row["sources"] for row in rows} == {"Rapport d'évaluation du plan"}
    assert list(rows[0])[-1] == "sources"
    file = pq.read_table(io.BytesIO((await _get(client, monitor, "plan/money.parquet")).content))
    assert file.column("spent_cents").to_pylist() == [one["sums"]["spent_cents"] for one in answer["rows"]]
    assert json.loads(file.schema.metadata[b"totals"]) == _without_nulls(answer["totals"])
    actions = list(csv.DictReader(io.StringIO((await _get(client, monitor, "plan/actions.csv")).text)))
    assert [(row["number"], row["body"], row["status"]) for row in actions[:3]] == [
        ("1", "chambre", "partly_done"), ("1", "etat", "initiated"), ("2", "chambre", "partly_done"),
    ]  # fmt: skip
    assert (actions[0]["slip_days"], actions[0]["contradictory"], actions[0]["status_fr"]) == (
        "274", "true", "réalisée en partie",
    )  # fmt: skip
    assert len(actions) == 34
    assert (actions[-1]["number"], actions[-1]["body"]) == ("33", "")
    typed = pq.read_table(io.BytesIO((await _get(client, monitor, "plan/actions.parquet")).content))
    assert typed.num_rows == 34


async def test_money_taken_from_several_documents_names_them_side_by_side(
    client: httpx.AsyncClient, context: Context, monitor: dict[str, str]
) -> None:
    own = {"plan": "sourced"}
    law = {"title": "Loi de finances", "reference": "titre 3", "published_on": "2019-12-28"}
    report = {"title": "Rapport", "url": "https://example.org/rapport"}
    amounts = [
        plans.entry("amount", on=f"2020-0{month}-01", source=said, **own)
        for month, said in enumerate((law, report, law), 3)
    ]
    await plans.record(context, *plans.base(own["plan"]), *amounts)
    (row,) = (await client.get("/v1/plan/money", params=own, headers=monitor)).json()["rows"]
    assert [(one["title"], one["reference"], one["url"]) for one in row["sources"]] == [
        ("Loi de finances", "titre 3", None), ("Rapport", None, "https://example.org/rapport"),
    ]  # fmt: skip
    (line,) = csv.DictReader(io.StringIO((await client.get("/v1/plan/money.csv", params=own, headers=monitor)).text))
    assert line["sources"] == "Loi de finances, titre 3, 2019-12-28 | Rapport, https://example.org/rapport"


def _without_nulls(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _without_nulls(one) for key, one in value.items() if one is not None}
    return [_without_nulls(one) for one in value] if isinstance(value, list) else value


async def test_a_spreadsheet_may_have_commas_and_accents(client: httpx.AsyncClient, monitor: dict[str, str]) -> None:
    body = (await _get(client, monitor, "plan/money.csv", bom="true", decimal="comma")).content
    assert body.startswith(b"\xef\xbb\xbfplan;at;known_at;action;")


async def test_suffix_and_accept_ask_for_the_same_bytes(client: httpx.AsyncClient, monitor: dict[str, str]) -> None:
    for path in ("plan/actions", "plan/money"):
        as_json = await _get(client, monitor, path)
        assert (await _get(client, monitor, f"{path}.json")).content == as_json.content
        preferred = await _get(client, monitor | {"Accept": "text/csv"}, path)
        assert (await _get(client, monitor, f"{path}.csv")).content == preferred.content


@pytest.mark.parametrize("path", _FORMS)
async def test_an_answer_is_sent_again_only_when_it_changed(
    client: httpx.AsyncClient, context: Context, monitor: dict[str, str], path: str
) -> None:
    own = {"plan": f"changing-{_FORMS.index(path)}"}
    await plans.record(context, *plans.base(own["plan"]))
    first = await client.get(f"/v1/{path}", params=own, headers=monitor)
    asked = monitor | {"If-None-Match": first.headers["ETag"]}
    again = await client.get(f"/v1/{path}", params=own, headers=asked)
    assert (first.status_code, again.status_code, again.content) == (200, 304, b"")
    changed = [
        plans.entry("action", on="2021-06-30", planned_end="2021-12-31", **own),
        plans.entry("milestone", on="2021-06-30", due_on="2021-07-31", action=1, **own),
        plans.entry("amount", on="2021-06-30", **own),
    ]
    await plans.record(context, *changed)
    assert (await client.get(f"/v1/{path}", params=own, headers=asked)).status_code == 200
    await plans.record(
        context, *(plans.entry("withdrawal", on="2021-06-30", corrects=one["id"], **own) for one in changed)
    )
    undone = await client.get(f"/v1/{path}", params=own, headers=asked)
    assert undone.status_code == (200 if path == "plan/actions/1" else 304)  # a history keeps what was withdrawn


@pytest.mark.parametrize("path", _FORMS)
@pytest.mark.parametrize("role", [Role.administrator, Role.dpo])
async def test_who_may_not_read_the_plan_reads_none_of_it(
    client: httpx.AsyncClient, context: Context, house: House, role: Role, path: str
) -> None:
    refused = {"Authorization": f"Bearer {await members.account_token(context, house, role)}"}
    assert (await client.get(f"/v1/{path}", headers=refused)).status_code == 403


@pytest.mark.parametrize("path", _FORMS)
async def test_a_plan_nobody_entered_is_not_there(
    client: httpx.AsyncClient, monitor: dict[str, str], path: str
) -> None:
    assert (await client.get(f"/v1/{path}", params={"plan": "none"}, headers=monitor)).status_code == 404
    refused = await client.get(f"/v1/{path}", params={"plan": "No Plan"}, headers=monitor)
    assert refused.status_code == 422
