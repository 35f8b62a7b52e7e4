"""KPIs: the same for everybody, live where about nobody, frozen where about people, a reason for whatever lacks."""

import csv
import io
from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any

import httpx
import pyarrow.parquet as pq
import pytest
from prometheus_client.openmetrics.parser import text_string_to_metric_families

from app.http.context import Context
from app.identity.vocabulary import Role
from app.patrols.models import Patrol
from app.referrals.models import Referral
from app.releases.definitions import read_period
from app.releases.service import compute
from tests import make, members, plans, planted
from tests.clock import SetClock
from tests.make import Json
from tests.members import House
from tests.street import rows

NOW = datetime(2026, 7, 20, 10, tzinfo=UTC)
QUARTER_DUE = datetime(2026, 7, 17, tzinfo=UTC)
_VALID = {"valid_from": "2026-01-01", "valid_to": "2028-01-01"}


@pytest.fixture
async def plan(context: Context, city: None) -> str:  # noqa: ARG001 - its perimeter lies in a city
    code = f"plan-{make.new_id()}"
    await plans.record(context, *plans.base(code, **_VALID))
    return code


@pytest.fixture
async def reader(context: Context, house: House, clock: SetClock) -> dict[str, str]:
    """A monitor who asks in July."""
    clock.now = NOW
    return {"Authorization": f"Bearer {await members.account_token(context, house, Role.monitor)}"}


async def _read(
    client: httpx.AsyncClient, reader: Mapping[str, str], plan: str, path: str = "/v1/kpis", **more: Any
) -> httpx.Response:
    answer = await client.get(path, headers=dict(reader), params={"plan": plan, **more})
    assert answer.status_code == 200, answer.text
    return answer


async def _items(client: httpx.AsyncClient, reader: Mapping[str, str], plan: str) -> dict[tuple[str, str | None], Json]:
    answer = (await _read(client, reader, plan)).json()
    return {(one["code"], one["key"]): one for one in answer["items"]}


async def test_figures_of_the_register_are_those_of_the_audit(
    client: httpx.AsyncClient, context: Context, plan: str, reader: dict[str, str]
) -> None:
    """33 actions, 19 found initiated; 9 M EUR promised, 24 M EUR paid."""
    more = [plans.entry("action", plan=plan, number=number, on="2026-01-01") for number in range(2, 34)]
    found = [
        plans.entry(
            "assessment",
            plan=plan,
            action=number,
            on="2026-06-01",
            status="initiated" if number < 20 else "not_started",
        )
        for number in range(1, 31)
    ]
    promised = {"nature": "commitment", "kind": "commitment_authorisation", "cents": 900_000_000}
    money = [
        plans.entry("amount", plan=plan, on="2026-01-02", year=2026, **promised),
        plans.entry(
            "amount", plan=plan, on="2026-05-02", year=2026, code="l2", nature="expenditure", cents=2_400_000_000
        ),
    ]
    await plans.record(context, *more, *found, *money)
    items = await _items(client, reader, plan)
    share = items["actions_initiated_share", "etat"]
    assert (round(share["value"], 3), share["unknown"], share["base"]) == (0.576, 3, 33)
    assert round(items["money_execution", None]["value"], 2) == 2.67
    assert items["money_overrun", None]["value"] == 15_000_000.0
    assert (share["unit"], share["source"], share["period_from"]) == ("ratio", "live", None)
    assert (
        share["key_label"] == {"fr": "Préfecture", "en": "Regional prefecture"}
        or share["key_label"]["fr"] == "Préfecture"
    )


async def test_what_a_body_stated_says_when_and_where_and_what_is_computed_does_not(
    client: httpx.AsyncClient, context: Context, plan: str, reader: dict[str, str]
) -> None:
    source = {"title": "Audit flash", "reference": "p. 12", "url": "https://example.org/audit"}
    await plans.record(context, plans.entry("statement", plan=plan, on="2026-06-30", source=source))
    names = ("said_on", "source_title", "source_url")
    items = await _items(client, reader, plan)
    stated, computed = items["realisation_stated", "etat.realisees"], items["actions_late", None]
    assert [stated[name] for name in names] == ["2026-06-30", "Audit flash", "https://example.org/audit"]
    assert [computed[name] for name in names] == [None, None, None]
    told = csv.DictReader(io.StringIO((await _read(client, reader, plan, "/v1/kpis.csv")).text))
    [row] = [one for one in told if one["code"] == "realisation_stated"]
    assert [row[name] for name in names] == [stated[name] for name in names]


async def test_what_is_not_recorded_is_null_and_says_why(
    client: httpx.AsyncClient, plan: str, reader: dict[str, str]
) -> None:
    items = await _items(client, reader, plan)
    why = {code: one["missing"]["code"] for (code, _), one in items.items() if one["missing"]}
    assert why["money_paid"] == "nothing_recorded"
    assert why["money_execution"] == "nothing_committed"
    assert why["published_referrals"] == "no_release"
    assert why["patrol_reports_received"] == "no_plan_of_patrols"
    assert why["meetings_held"] == "no_meeting_planned"
    for one in items.values():
        assert (one["value"] is None) == (one["missing"] is not None), one["code"]
        assert one["missing"] is None or (one["missing"]["label"]["fr"] and one["missing"]["label"]["en"])


async def test_live_indicators_are_of_the_last_month_that_is_over(
    client: httpx.AsyncClient, context: Context, plan: str, reader: dict[str, str], house: House
) -> None:
    before = (await _items(client, reader, plan))["patrols_held", None]["value"]
    for at in (datetime(2026, 6, 30, 20, tzinfo=UTC), datetime(2026, 7, 1, 20, tzinfo=UTC)):
        await planted.plant(context, Patrol, [planted.patrol(house, at, at + timedelta(hours=4))])
    items = await _items(client, reader, plan)
    held = items["patrols_held", None]
    assert (held["period_from"], held["period_to"]) == ("2026-06-01", "2026-07-01")
    assert held["value"] == (before or 0) + 1
    assert items["patrol_hours", None]["unit"] == "hours"


async def test_a_target_for_a_territory_is_judged_by_what_happened_there(
    client: httpx.AsyncClient, context: Context, plan: str, reader: dict[str, str], house: House
) -> None:
    targets = [
        plans.entry(
            "target", plan=plan, on="2026-01-01", **_VALID | more, code=f"c{n}", territory=place, value=value,
            watch=1.0, alarm=1.0, indicator=code,
        )
        for n, (place, value, code, more) in enumerate(
            [
                ("75118", 2.0, "patrols_held", {}),
                ("7511803", 3.0, "patrols_held", {}),
                ("75119", 4.0, "patrols_held", {"valid_to": "2026-06-30"}),
                ("75119", 5.0, "money_paid", {}),
            ]
        )
    ]  # fmt: skip
    await plans.record(context, *targets)
    routes = [["7511801"], ["7511801", "7511803"], ["75119"], ["75118"]]
    for number, route in enumerate(routes, 10):
        at = datetime(2026, 6, number, 20, tzinfo=UTC)
        await planted.plant(context, Patrol, [planted.patrol(house, at, at + timedelta(hours=4), territories=route)])
    since, until = datetime(2026, 6, 1, 10, tzinfo=UTC), datetime(2026, 7, 1, 10, tzinfo=UTC)
    went = [one["territories"] for one in await rows(context, Patrol) if since <= one["started_at"] < until]
    items = await _items(client, reader, plan)
    there = {key: one for (code, key), one in items.items() if code == "patrols_held" and one["territory"]}
    expected = {
        place: sum(any(one.startswith(place) for one in route) for route in went) for place in ("75118", "7511803")
    }
    assert {key: one["value"] for key, one in there.items()} == expected
    assert {key: (one["target"], one["status"], one["territory"]) for key, one in there.items()} == {
        "75118": (2.0, "on_target", "75118"), "7511803": (3.0, "on_target", "7511803"),
    }  # fmt: skip
    assert there["75118"]["key_label"]["fr"] == "Paris 18e Arrondissement"
    assert items["patrols_held", None]["status"] == "no_target"
    assert ("money_paid", "75119") not in items


async def test_a_plan_that_ended_before_the_service_has_no_zeros(
    client: httpx.AsyncClient, context: Context, reader: dict[str, str]
) -> None:
    code = f"plan-{make.new_id()}"
    await plans.record(context, *plans.base(code))
    held = (await _items(client, reader, code))["patrols_held", None]
    assert (held["value"], held["missing"]["code"], held["period_from"]) == (None, "before_service", "2021-12-01")


async def test_figures_about_people_come_from_the_newest_release_only(
    client: httpx.AsyncClient, context: Context, plan: str, reader: dict[str, str], house: House
) -> None:
    at = datetime(2026, 4, 10, 12, tzinfo=UTC)
    made = [planted.referral(house, at, rk=n * 7919, admitted_at=at, arrived_at=at) for n in range(80)]
    await planted.plant(context, Referral, [*made, *(planted.referral(house, at, rk=n) for n in range(200))])
    period = read_period("2026-Q2")
    assert period is not None
    await compute(context, period, QUARTER_DUE)
    release = (await client.get("/v1/releases/2026-Q2", headers=reader)).json()
    cells = {(one["measure"], one["category"]): one for one in release["cells"] if one["place"] == "*"}
    await planted.plant(context, Referral, [planted.referral(house, at, admitted_at=at) for _ in range(100)])
    items = await _items(client, reader, plan)
    admitted = items["published_admitted", None]
    assert (admitted["value"], admitted["source"]) == (cells["referrals", "admitted"]["value"], "2026-Q2")
    assert items["published_admitted_share", None]["value"] == cells["referrals", "admitted"]["share"]
    arrived = items["published_arrived", None]
    assert (arrived["value"], arrived["missing"]["code"]) == (None, "suppressed")
    of_place = plans.entry("target", plan=plan, on="2026-01-01", **_VALID, indicator="published_referrals")
    await plans.record(context, of_place | {"territory": "75118"}, of_place | _another(territory="7511804"))
    items = await _items(client, reader, plan)
    there = [one["value"] for one in release["cells"] if (one["place"], one["measure"]) == ("75118", "referrals")]
    own = items["published_referrals", "75118"]
    assert ([own["value"]], own["source"], own["period_from"]) == (there, "2026-Q2", "2026-04-01")
    assert ("published_referrals", "7511804") not in items
    assert items["published_referrals", None]["missing"]["code"] == "no_release"


def _another(**facts: Any) -> Json:
    return {"id": make.new_id(), "code": f"c{make.new_id()}", **facts}


async def test_nothing_about_people_is_live_and_each_of_it_is_named(
    client: httpx.AsyncClient, plan: str, reader: dict[str, str]
) -> None:
    answer = (await _read(client, reader, plan)).json()
    live = {one["code"] for one in answer["items"]}
    withheld = {one["code"] for one in answer["withheld"]}
    assert {"contacts", "file_active", "success_worst_case"} <= withheld
    assert not live & withheld
    listed = (await client.get("/v1/indicators", headers=reader)).json()["items"]
    assert {one["code"] for one in listed} == withheld | (live & {one["code"] for one in listed})


@pytest.mark.parametrize(
    ("alarm", "watch", "status"), [(0.5, 0.8, "watch"), (0.7, 0.8, "off_target"), (0.5, 0.6, "on_target")]
)
async def test_a_value_is_held_against_the_plans_target(
    client: httpx.AsyncClient,
    context: Context,
    plan: str,
    reader: dict[str, str],
    alarm: float,
    watch: float,
    status: str,
) -> None:
    held = [
        plans.entry(
            "meeting",
            plan=plan,
            code=f"r{n}",
            on=f"2026-0{n}-05",
            held=n != 3,
            held_on=f"2026-0{n}-05" if n != 3 else None,
        )
        for n in (2, 3, 4)
    ]
    target = plans.entry(
        "target", plan=plan, on="2026-01-01", **_VALID, indicator="meetings_held", value=0.9, watch=watch, alarm=alarm
    )
    await plans.record(context, *held, target)
    one = (await _items(client, reader, plan))["meetings_held", None]
    assert (round(one["value"], 3), one["target"], one["direction"], one["status"]) == (0.667, 0.9, "at_least", status)
    other = (await _items(client, reader, plan))["signatories_present", None]
    assert (other["status"], other["target"]) == ("no_target", None)


async def test_csv_and_parquet_hold_what_json_holds(
    client: httpx.AsyncClient, plan: str, reader: dict[str, str]
) -> None:
    items = (await _read(client, reader, plan)).json()["items"]
    by_suffix = await _read(client, reader, plan, "/v1/kpis.csv")
    by_header = await _read(client, {**reader, "Accept": "text/csv"}, plan)
    assert by_suffix.content == by_header.content
    told = list(csv.DictReader(io.StringIO(by_suffix.text)))
    table = pq.read_table(io.BytesIO((await _read(client, reader, plan, "/v1/kpis.parquet")).content)).to_pylist()
    for sent, row, cells in zip(items, told, table, strict=True):
        assert (row["code"], row["key"] or None, row["status"], row["source"]) == (
            sent["code"],
            sent["key"],
            sent["status"],
            sent["source"],
        )
        assert (float(row["value"]) if row["value"] else None) == sent["value"] == cells["value"]
        assert (row["missing"] or None) == (sent["missing"]["code"] if sent["missing"] else None) == cells["missing"]
        assert cells["period_from"] == (date.fromisoformat(sent["period_from"]) if sent["period_from"] else None)
    french = (await _read(client, reader, plan, "/v1/kpis.csv", decimal="comma", bom="true")).content
    assert french.startswith(b"\xef\xbb\xbfplan;code;key;")


@pytest.mark.parametrize("path", ["/v1/kpis", "/v1/kpis.csv", "/v1/kpis.parquet", "/metrics/kpis"])
async def test_the_tag_stays_while_no_figure_changes(
    client: httpx.AsyncClient, context: Context, plan: str, reader: dict[str, str], path: str, clock: SetClock
) -> None:
    tag = (await _read(client, reader, plan, path)).headers["ETag"]
    clock.now = NOW + timedelta(hours=3)
    again = await client.get(path, headers={**reader, "If-None-Match": tag}, params={"plan": plan})
    assert (again.status_code, again.content, again.headers["ETag"]) == (304, b"", tag)
    await plans.record(context, plans.entry("decision", plan=plan, code="d2", on="2026-07-01", due_on="2026-07-02"))
    changed = await client.get(path, headers={**reader, "If-None-Match": tag}, params={"plan": plan})
    assert (changed.status_code, changed.headers["ETag"] != tag) == (200, True)


def _parsed(text: str) -> Sequence[Any]:
    return list(text_string_to_metric_families(text))  # type: ignore[no-untyped-call]  # the library leaves it untyped


async def test_dashboards_get_openmetrics_that_another_parser_reads(
    client: httpx.AsyncClient, context: Context, plan: str, reader: dict[str, str]
) -> None:
    quoted = {"fr": 'Dit "presque" \\ tout', "en": "Said almost all"}
    said = plans.entry("statement", plan=plan, on="2026-02-01", measure="qualitative", count=None, of=None, says=quoted)
    target = plans.entry(
        "target",
        plan=plan,
        on="2026-01-01",
        **_VALID,
        indicator="decisions_overdue",
        direction="at_most",
        value=0.0,
        watch=0.0,
        alarm=2.0,
    )
    await plans.record(context, said, target)
    answer = await _read(client, reader, plan, "/metrics/kpis")
    assert answer.headers["Content-Type"] == "application/openmetrics-text; version=1.0.0; charset=utf-8"
    families = {one.name: one for one in _parsed(answer.text)}
    items = await _items(client, reader, plan)
    values = {(one.labels["kpi"], one.labels["key"] or None): one.value for one in families["maraude_kpi"].samples}
    assert values == {key: one["value"] for key, one in items.items() if one["value"] is not None}
    missing = {
        (one.labels["kpi"], one.labels["key"] or None): one.labels["reason"]
        for one in families["maraude_kpi_missing"].samples
    }
    assert missing == {key: one["missing"]["code"] for key, one in items.items() if one["missing"]}
    assert families["maraude_kpi_status"].type == "stateset"
    status = {
        (one.labels["kpi"], one.labels["key"] or None): one.labels["maraude_kpi_status"]
        for one in families["maraude_kpi_status"].samples
        if one.value == 1
    }
    assert status == {key: one["status"] for key, one in items.items()}
    names = {name for family in families.values() for one in family.samples for name in one.labels}
    assert names == {"plan", "kpi", "key", "source", "unit", "reason", "maraude_kpi_status"}


@pytest.mark.parametrize(
    "path", ["/v1/kpis", "/v1/plan/alerts", "/v1/plan/costs", "/v1/plan/snapshots", "/metrics/kpis"]
)
async def test_an_unknown_plan_is_not_there(client: httpx.AsyncClient, reader: dict[str, str], path: str) -> None:
    answer = await client.get(path, headers=reader, params={"plan": "no-such-plan"})
    assert answer.status_code == 404
