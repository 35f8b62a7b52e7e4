"""The Paris plan of 2019 to 2021 as a monitor reads it: the audit's headline figures, each with where it stands."""

import asyncio
import csv
import io
import json
from typing import Any

import httpx
import pytest
from typer.testing import CliRunner

from app.cli import build
from app.demo import crack_2019
from app.demo.planning import named
from app.http.context import Context
from app.identity.vocabulary import Role
from app.plan.vocabulary import EntryType
from app.settings import Settings
from tests import members

_PLAN = "crack-2019"
_MILLION = 100_000_000
"""In cents."""
_AUDIT = "La mise en œuvre du « plan crack » à Paris, audit flash de la Cour des comptes"
_SUMMARY_URL = "https://www.ccomptes.fr/fr/publications/la-mise-en-oeuvre-du-plan-crack-paris"
_SIGNATORIES = {"ville-paris", "prefecture-idf", "prefecture-police", "ars-idf", "mildeca", "parquet-paris"}


@pytest.fixture(scope="module")
async def loaded(context: Context, settings: Settings) -> list[str]:  # noqa: ARG001 - keys and tables are there
    """What the command said, typed twice, on a database without a demo city."""
    environment = {"MARAUDE_DATABASE_URL": settings.database_url, "MARAUDE_KEYS_DIR": str(settings.keys_dir)}
    said = []
    for _ in range(2):
        words = ["demo", "--plan", _PLAN]
        result = await asyncio.to_thread(CliRunner().invoke, build(), words, env=environment)
        assert result.exit_code == 0, result.output
        said.append(result.stdout)
    return said


@pytest.fixture
async def monitor(context: Context, loaded: list[str]) -> dict[str, str]:  # noqa: ARG001 - there is a plan to read
    house = await members.found(context, "Mission")
    return {"Authorization": f"Bearer {await members.account_token(context, house, Role.monitor)}"}


async def _get(client: httpx.AsyncClient, headers: dict[str, str], path: str, **params: str) -> Any:
    answer = await client.get(f"/v1/{path}", params={"plan": _PLAN, **params}, headers=headers)
    assert answer.status_code == 200, answer.text
    return answer.json() if answer.headers["content-type"].startswith("application/json") else answer.text


async def _kpis(client: httpx.AsyncClient, headers: dict[str, str]) -> dict[tuple[str, str | None], Any]:
    return {(one["code"], one["key"]): one for one in (await _get(client, headers, "kpis"))["items"]}


def test_entering_it_a_second_time_changes_nothing(loaded: list[str]) -> None:
    count = len(crack_2019.entries())
    assert f"{count} entries (created {count}, unchanged 0)" in loaded[0]
    assert f"{count} entries (created 0, unchanged {count})" in loaded[1]


def test_its_ids_are_the_same_each_time_and_no_two_alike() -> None:
    ids = [named(one).id for one in crack_2019.entries()]
    assert ids == [named(one).id for one in crack_2019.entries()]
    assert len(set(ids)) == len(ids)
    assert all(one.version == 5 for one in ids)


async def test_the_plan_ran_from_its_signing_to_the_end_of_2021(
    client: httpx.AsyncClient, monitor: dict[str, str]
) -> None:
    listed = {one["code"]: one for one in (await _get(client, monitor, "plans"))["items"]}
    found = listed[_PLAN]
    assert (found["adopted_on"], found["valid_from"], found["valid_to"]) == ("2019-05-27", "2019-05-27", "2022-01-01")
    [entry] = await _entries(client, monitor, EntryType.plan)
    assert "27 mai 2019" in entry["source"]["reference"]


async def _entries(client: httpx.AsyncClient, headers: dict[str, str], kind: EntryType) -> list[Any]:
    answer = await _get(client, headers, "plan/entries", type=kind.value)
    return [one["entry"] for one in answer["items"]]


async def test_every_entry_says_where_it_stands(client: httpx.AsyncClient, monitor: dict[str, str]) -> None:
    seen = 0
    for kind in EntryType:
        for entry in await _entries(client, monitor, kind):
            seen += 1
            source = entry["source"]
            assert source["title"]
            assert source.get("url") or source.get("reference"), entry
    assert seen == len(crack_2019.entries())


async def test_its_signatories_and_judges_are_those_published(
    client: httpx.AsyncClient, monitor: dict[str, str]
) -> None:
    by_role: dict[str, set[str]] = {}
    for body in await _entries(client, monitor, EntryType.body):
        for role in body["roles"]:
            by_role.setdefault(role, set()).add(body["code"])
    assert by_role == {
        "signatory": _SIGNATORIES,
        "assessor": {"crc-idf", "presse", "etat"},
        "funder": {"financeurs"},
    }


async def test_33_actions_are_placeholders_without_an_invented_title(
    client: httpx.AsyncClient, monitor: dict[str, str]
) -> None:
    headline = (await _get(client, monitor, "plan"))["headline"]
    assert (headline["actions"], headline["placeholders"], headline["assessed"]) == (33, 33, 0)
    for entry in await _entries(client, monitor, EntryType.action):
        number = entry["number"]
        assert entry["title"] == {
            "fr": f"Action {number} (intitulé non repris)",
            "en": f"Action {number} (title not entered)",
        }
        assert "annexe 1" in entry["source"]["reference"]


async def test_57_6_percent_were_initiated_says_the_chamber_and_others_say_otherwise(
    client: httpx.AsyncClient, monitor: dict[str, str]
) -> None:
    said = {
        one["body"]["code"]: one
        for one in (await _get(client, monitor, "plan"))["statements"]
        if one["subject"] == "realisation"
    }
    names = ("on", "measure", "status", "count", "of", "share", "contradictory")
    assert {body: tuple(one[name] for name in names) for body, one in said.items()} == {
        "crc-idf": ("2021-06-30", "counted", "initiated", 19, 33, 0.5758, True),
        "presse": ("2021-12-09", "counted", "initiated", 20, 33, 0.6061, True),
        "etat": ("2021-12-31", "share", None, None, None, 0.85, False),
    }
    assert (said["crc-idf"]["source"]["title"], said["crc-idf"]["source"]["url"]) == (_AUDIT, _SUMMARY_URL)
    assert said["crc-idf"]["source"]["published_on"] == "2021-12-09"
    assert "19 sur les 33" in said["crc-idf"]["source"]["reference"]
    assert said["presse"]["source"]["url"].startswith("https://france3-regions.francetvinfo.fr/")
    assert "ni décompte" in said["etat"]["source"]["reference"]
    assert {one["derived_reason"] for one in (said["crc-idf"], said["presse"])} == {"nothing_assessed"}


async def test_the_kpis_show_each_body_s_share_and_what_nobody_published(
    client: httpx.AsyncClient, monitor: dict[str, str]
) -> None:
    items = await _kpis(client, monitor)
    stated = {key: one["value"] for (code, key), one in items.items() if code == "realisation_stated"}
    assert stated == {
        "crc-idf.actions-engagees": 0.5758,
        "presse.actions-engagees": 0.6061,
        "etat.part-realisee": 0.85,
    }
    assert f"{100 * stated['crc-idf.actions-engagees']:.1f}" == "57.6"
    by_action = items["actions_initiated_share", "crc-idf"]
    assert (by_action["value"], by_action["missing"]["code"], by_action["unknown"]) == (None, "nothing_assessed", 33)
    assert items["actions_late", None]["missing"]["code"] == "never_dated"
    assert items["patrols_held", None]["missing"]["code"] == "before_service"
    assert items["published_admitted", None]["missing"]["code"] == "no_release"


async def test_execution_is_24_over_9(client: httpx.AsyncClient, monitor: dict[str, str]) -> None:
    answer = await _get(client, monitor, "plan/money")
    totals = answer["totals"]
    assert totals["authorisations"]["committed_cents"] == 9 * _MILLION
    assert totals["credits"]["spent_cents"] == 24 * _MILLION
    assert totals["execution_initial"] == {"value": 2.6667, "reason": None}
    assert totals["overrun"]["cents"] == totals["overrun"]["unexplained_cents"] == 15 * _MILLION
    committed = {
        one["year"]: one["sums"]["committed_cents"]
        for one in answer["rows"]
        if one["kind"] == "commitment_authorisation"
    }
    assert committed == {2019: 3 * _MILLION, 2020: 3 * _MILLION, 2021: 3 * _MILLION}
    by_year = {one["year"]: one["totals"] for one in answer["by_year"]}
    assert by_year.keys() == committed.keys()
    for year in by_year.values():
        assert (year["execution_initial"], year["overrun"]) == ({"value": None, "reason": "not_spread"}, None)
        assert year["credits"]["spent_cents"] is None
    apart = answer["not_spread"]
    assert (apart["credits"]["spent_cents"], apart["reason"]) == (24 * _MILLION, "not_spread")
    assert apart["authorisations"]["committed_cents"] is None
    assert "not_spread" in {one["code"] for one in answer["reasons"]}
    lines = csv.DictReader(io.StringIO(await _get(client, monitor | {"Accept": "text/csv"}, "plan/money")))
    assert [(one["year"], one["kind"], one["spent_cents"]) for one in lines if one["spent_cents"]] == [
        ("", "payment_credit", str(24 * _MILLION))
    ]
    items = await _kpis(client, monitor)
    assert [items[code, None]["value"] for code in ("money_committed", "money_paid", "money_overrun")] == [
        9_000_000.0, 24_000_000.0, 15_000_000.0,
    ]  # fmt: skip
    assert f"{items['money_execution', None]['value']:.2f}" == "2.67"


async def test_every_amount_says_where_it_stands_and_which_day_was_taken(
    client: httpx.AsyncClient, monitor: dict[str, str]
) -> None:
    amounts = {one["code"]: one for one in await _entries(client, monitor, EntryType.amount)}
    assert {code: (one["on"], one.get("year"), one["cents"]) for code, one in amounts.items()} == {
        "engagement-2019": ("2019-05-27", 2019, 3 * _MILLION),
        "engagement-2020": ("2020-01-01", 2020, 3 * _MILLION),
        "engagement-2021": ("2021-01-01", 2021, 3 * _MILLION),
        "depenses-2019-2021": ("2021-12-31", None, 24 * _MILLION),
    }
    for code, one in amounts.items():
        assert one["source"]["url"] == _SUMMARY_URL
        assert ("répartition par année non publiée" in one["source"]["reference"]) is (code == "depenses-2019-2021")
    said = [one for one in (await _get(client, monitor, "plan"))["statements"] if one["subject"] == "money"]
    assert {(one["body"]["code"], one["measure"]) for one in said} == {
        ("crc-idf", "qualitative"),
        ("presse", "qualitative"),
    }
    assert all(one["source"]["url"] for one in said)


async def test_nothing_was_spent_by_what_was_booked_before_the_end(
    client: httpx.AsyncClient, monitor: dict[str, str]
) -> None:
    totals = (await _get(client, monitor, "plan/money", at="2021-12-30"))["totals"]
    assert (totals["credits"]["spent_cents"], totals["execution_initial"]["reason"]) == (None, "no_expenditure")


async def test_coordination_faded_after_the_spring_of_2020_in_words_only(
    client: httpx.AsyncClient, monitor: dict[str, str]
) -> None:
    answer = await _get(client, monitor, "plan/coordination")
    assert (answer["committees"], answer["quarters"], answer["decisions"]) == ([], [], [])
    assert {one["value"] for one in answer["index"]} == {None}
    assert all(one["reason"] for one in answer["index"])
    said = answer["statements"]
    assert [(one["on"], one["body"]["code"], one["measure"]) for one in said] == [
        ("2020-06-01", "crc-idf", "qualitative"),
        ("2021-12-09", "crc-idf", "qualitative"),
    ]
    assert "avril et mai 2020" in said[0]["says"]["fr"]
    assert (said[0]["source"]["title"], "III-A" in said[0]["source"]["reference"]) == (_AUDIT, True)
    before = await _get(client, monitor, "plan/coordination", at="2020-05-31")
    assert before["statements"] == []
    items = await _kpis(client, monitor)
    for code in ("meetings_held", "signatories_present", "days_since_last_meeting"):
        assert (items[code, None]["value"], items[code, None]["missing"]["code"]) == (None, "nothing_recorded")


async def test_whom_it_was_for_and_where_the_pathway_blocked_stand_in_words(
    client: httpx.AsyncClient, monitor: dict[str, str]
) -> None:
    said = {one["code"]: one for one in (await _get(client, monitor, "plan"))["statements"]}
    population, pathway = said["public"], said["aval"]
    assert (population["subject"], population["measure"], population["count"]) == ("population", "qualitative", None)
    assert "700 à 800" in population["says"]["fr"]
    assert (pathway["subject"], pathway["measure"]) == ("pathway", "qualitative")
    assert "longue durée" in pathway["says"]["fr"]
    assert {one["source"]["url"] for one in (population, pathway)} == {"https://www.ccomptes.fr/fr/documents/58046"}


async def test_the_alert_of_month_one_is_the_spending_of_the_whole_plan_and_of_no_year(
    client: httpx.AsyncClient, monitor: dict[str, str]
) -> None:
    items = (await _get(client, monitor, "plan/alerts"))["items"]
    [whole] = [one for one in items if one["id"].startswith("overspending:")]
    assert whole["id"] == "overspending:plan"
    assert (whole["since"], whole["severity"], round(whole["value"], 2)) == ("2021-12-31", "alarm", 2.67)


async def test_no_cost_of_a_year_is_made_up_and_a_spreadsheet_sees_what_is_lacking(
    client: httpx.AsyncClient, monitor: dict[str, str]
) -> None:
    answer = await _get(client, monitor, "plan/costs")
    [whole] = answer["items"]
    assert (whole["period"], whole["paid_cents"]) == ("2019-Q2/2021-Q4", 24 * _MILLION)
    assert {one["missing"] for one in whole["rows"]} == {"no_release"}
    rows = list(csv.DictReader(io.StringIO(await _get(client, monitor, "plan/costs.csv"))))
    assert {(one["paid_cents"], one["euros"], one["missing"]) for one in rows} == {
        (str(24 * _MILLION), "", "no_release")
    }
    assert {one["certainty_fr"] for one in rows} == {answer["certainty"]["fr"]}
    assert (answer["not_spread"]["paid_cents"], answer["not_spread"]["missing"]) == (24 * _MILLION, "not_spread")
    assert all(answer["not_spread"]["missing_label"].values())


async def test_it_leaves_as_a_table_and_comes_back_unchanged(
    client: httpx.AsyncClient, context: Context, monitor: dict[str, str]
) -> None:
    house = await members.found(context, "Secrétariat")
    secretary = {"Authorization": f"Bearer {await members.account_token(context, house, Role.plan_secretary)}"}
    for kind in ("body", "action", "statement", "amount"):
        table = await _get(client, monitor | {"Accept": "text/csv"}, "plan/entries", type=kind)
        lines = list(csv.DictReader(io.StringIO(table)))
        answer = await client.post(
            f"/v1/plan/imports/{kind}",
            params={"plan": _PLAN, "dry_run": "true"},
            content=table.encode(),
            headers=secretary | {"Content-Type": "text/csv"},
        )
        assert answer.status_code == 200, json.dumps(answer.json(), ensure_ascii=False)
        assert (answer.json()["unchanged"], answer.json()["created"]) == (len(lines), 0)
