"""Alerts: what is to be looked at now, by whom it may be seen, and who took note of it."""

import csv
import io
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID

import httpx
import pyarrow.parquet as pq
import pytest

from app.directory.rules import Hours
from app.directory.upkeep import plan_hours
from app.directory.vocabulary import Weekday
from app.http.context import Context
from app.identity.vocabulary import Role
from app.monitoring.alerts.vocabulary import LOOK_AT
from app.patrols.models import Patrol
from tests import make, members, places, plans, planted
from tests.clock import NIGHT, SetClock
from tests.make import Json
from tests.members import House
from tests.street import notes

_VALID = {"valid_from": "2026-01-01", "valid_to": "2028-01-01"}
LATER = NIGHT + timedelta(days=10)


@pytest.fixture
async def plan(context: Context, city: None) -> str:  # noqa: ARG001 - its perimeter lies in a city
    code = f"plan-{make.new_id()}"
    await plans.record(context, *plans.base(code, **_VALID))
    return code


async def _caller(context: Context, house: House, role: Role, perimeter: str | None = None) -> dict[str, str]:
    return {"Authorization": f"Bearer {await members.account_token(context, house, role, perimeter)}"}


async def _alerts(client: httpx.AsyncClient, caller: dict[str, str], plan: str) -> dict[str, Json]:
    answer = await client.get("/v1/plan/alerts", headers=caller, params={"plan": plan})
    assert answer.status_code == 200, answer.text
    return {one["id"]: one for one in answer.json()["items"]}


async def _note(
    client: httpx.AsyncClient, caller: dict[str, str], plan: str, alert: str, **sent: Any
) -> httpx.Response:
    path = f"/v1/plan/alerts/{alert}/acknowledgements"
    return await client.post(path, headers=caller, params={"plan": plan}, json={"id": make.new_id()} | sent)


async def _went_out(context: Context, house: House, at: datetime) -> None:
    await planted.plant(context, Patrol, [planted.patrol(house, at, at + timedelta(hours=4))])


async def test_monitors_see_every_silent_team_and_coordinators_those_of_their_reach(
    client: httpx.AsyncClient, context: Context, plan: str, house: House, clock: SetClock
) -> None:
    other = await members.found(context)
    for one in (house, other):
        await _went_out(context, one, NIGHT)
    clock.now = LATER
    monitor, secretary = [await _caller(context, house, role) for role in (Role.monitor, Role.plan_secretary)]
    own = await _caller(context, house, Role.coordinator)
    wide = await _caller(context, house, Role.coordinator, "paris-nord-est")
    both = {f"silent_team:{one.team_id}" for one in (house, other)}
    for caller, expected in ((monitor, both), (secretary, both), (wide, both), (own, {f"silent_team:{house.team_id}"})):
        assert both & (await _alerts(client, caller, plan)).keys() == expected
    found = (await _alerts(client, own, plan))[f"silent_team:{house.team_id}"]
    assert (found["since"], found["severity"], found["value"]) == ("2026-03-05", "alarm", 9)
    named = await _alerts(client, wide, plan)
    assert found["where"] == "/v1/kpis"  # what every reader of alerts may read
    names = [named[f"silent_team:{one.team_id}"]["name"]["fr"] for one in (house, other)]
    assert names == [f"{one.name} : Maraude" for one in (house, other)]


async def test_a_team_that_went_out_again_is_silent_no_more(
    client: httpx.AsyncClient, context: Context, plan: str, house: House, clock: SetClock
) -> None:
    await _went_out(context, house, NIGHT)
    clock.now = LATER
    own = await _caller(context, house, Role.coordinator)
    name = f"silent_team:{house.team_id}"
    assert name in await _alerts(client, own, plan)
    await _went_out(context, house, LATER - timedelta(days=2))
    assert name not in await _alerts(client, own, plan)


async def test_a_facility_that_says_nothing_any_more_is_an_alert(
    client: httpx.AsyncClient, context: Context, plan: str, house: House, clock: SetClock
) -> None:
    quiet, fresh, shut = [
        await places.opened(context, house, name=f"Lieu {make.new_id()}", opened_on=NIGHT.date()) for _ in range(3)
    ]
    thursdays = [Hours(Weekday.thursday, 540, 1080, NIGHT.date())]
    async with context.database.writing() as session:
        await plan_hours(session, context.keyring, clock(), shut, NIGHT.date(), thursdays)
    for one in (quiet, shut):
        await _says(client, context, house, one)
    clock.now = NIGHT + timedelta(days=2)  # a Wednesday: nobody was to be in the third place since
    await _says(client, context, house, fresh)
    found = await _alerts(client, await _caller(context, house, Role.monitor), plan)
    assert {f"stale_report:{one}" for one in (quiet, fresh, shut)} & found.keys() == {f"stale_report:{quiet}"}
    shown = found[f"stale_report:{quiet}"]
    assert (shown["where"], shown["since"]) == ("/v1/facilities", "2026-03-03")
    assert shown["name"]["en"].startswith(f"{house.name}: Lieu ")


async def _says(client: httpx.AsyncClient, context: Context, house: House, facility: UUID) -> None:
    """Let a facility report of itself, an hour ago."""
    desk = await places.desk(client, context, house, facility)
    observed = (context.clock() - timedelta(hours=1)).isoformat()
    sent = {"device_now": context.clock().isoformat(), "items": [make.report(observed_at=observed)]}
    answer = await desk.post("/v1/facility-reports", json=sent)
    assert answer.status_code == 200, answer.text


async def test_a_facility_that_never_reported_has_a_word_of_its_own_until_it_does(
    client: httpx.AsyncClient, context: Context, plan: str, house: House, clock: SetClock
) -> None:
    opened_on = date(2023, 1, 2)
    planned, unplanned = [
        await places.opened(context, house, name=f"Lieu {make.new_id()}", opened_on=opened_on) for _ in range(2)
    ]
    thursdays = [Hours(Weekday.thursday, 540, 1080, opened_on)]
    async with context.database.writing() as session:
        await plan_hours(session, context.keyring, clock(), planned, opened_on, thursdays)
    monitor = await _caller(context, house, Role.monitor)
    found = await _alerts(client, monitor, plan)
    assert not {f"stale_report:{one}" for one in (planned, unplanned)} & found.keys()
    assert f"never_reported:{unplanned}" not in found
    shown = found[f"never_reported:{planned}"]
    assert (shown["since"], shown["severity"], shown["value"], shown["threshold"]) == (
        "2023-01-05",
        "watch",
        None,
        None,
    )
    assert shown["name"]["fr"].startswith(f"{house.name} : Lieu ")
    assert [one["kind"] for one in found.values()][-1] == "never_reported"
    await _says(client, context, house, planned)
    assert not [name for name in await _alerts(client, monitor, plan) if name.endswith(str(planned))]


async def test_a_plan_that_is_over_has_no_silent_teams(
    client: httpx.AsyncClient,
    context: Context,
    house: House,
    clock: SetClock,
    city: None,  # noqa: ARG001 - a city
) -> None:
    code = f"plan-{make.new_id()}"
    await plans.record(
        context, *plans.base(code), plans.entry("decision", plan=code, on="2020-01-01", due_on="2021-12-01")
    )
    await _went_out(context, house, NIGHT)
    clock.now = LATER
    found = await _alerts(client, await _caller(context, house, Role.monitor), code)
    assert {one["kind"] for one in found.values()} <= {"overdue_decision", "missed_milestone", "missed_meeting"}
    overdue = found["overdue_decision:decision-1"]
    assert (overdue["since"], overdue["value"]) == ("2021-12-02", 30)  # as on its last day


async def test_what_is_off_target_says_since_when(
    client: httpx.AsyncClient, context: Context, plan: str, house: House
) -> None:
    rules: Json = {"direction": "at_most", "value": 1.0, "watch": 1.0, "alarm": 2.0}
    target = plans.entry("target", plan=plan, on="2026-01-01", **_VALID, indicator="money_execution", **rules)
    promised = {"nature": "commitment", "kind": "commitment_authorisation", "cents": 100}
    booked = {"year": 2026, "nature": "expenditure"}
    said = [
        plans.entry("amount", plan=plan, on="2026-01-02", year=2026, **promised),
        *(
            plans.entry("amount", plan=plan, on=on, code=on, cents=cents, **booked)
            for on, cents in (("2026-01-20", 90), ("2026-02-11", 50))
        ),
    ]
    await plans.record(context, target, *said)
    found = (await _alerts(client, await _caller(context, house, Role.monitor), plan))["off_target:money_execution"]
    assert (found["since"], found["severity"], found["value"]) == ("2026-02-11", "watch", 1.4)


async def test_a_live_indicator_off_target_is_dated_by_the_month_it_began_in(
    client: httpx.AsyncClient, context: Context, plan: str, house: House, clock: SetClock
) -> None:
    rules: Json = {"direction": "at_least", "value": 500.0, "watch": 400.0, "alarm": 300.0}
    await plans.record(
        context,
        plans.entry(
            "target",
            plan=plan,
            on="2026-03-01",
            valid_from="2026-03-01",
            valid_to="2028-01-01",
            indicator="patrols_held",
            **rules,
        ),
    )
    clock.now = datetime(2026, 6, 20, tzinfo=UTC)
    found = (await _alerts(client, await _caller(context, house, Role.monitor), plan))["off_target:patrols_held"]
    assert (found["since"], found["severity"], found["threshold"]) == ("2026-04-01", "alarm", 400)


async def test_an_indicator_off_its_target_for_a_territory_is_dated_by_the_months_of_that_territory(
    client: httpx.AsyncClient, context: Context, plan: str, house: House, clock: SetClock
) -> None:
    """Each month there was one outing in Paris 19e, and from April on none: the perimeter has some all along."""
    facts: Json = {"plan": plan, "on": "2026-03-01", "valid_from": "2026-03-01", "valid_to": "2028-01-01"}
    rules: Json = {"indicator": "patrols_held", "direction": "at_least", "value": 1.0, "watch": 1.0, "alarm": 1.0}
    await plans.record(context, plans.entry("target", **facts, **rules, territory="75119"))
    for month, place in ((3, "75119"), (4, "7511803"), (5, "7511803")):
        at = datetime(2026, month, 12, 20, tzinfo=UTC)
        await planted.plant(context, Patrol, [planted.patrol(house, at, at + timedelta(hours=4), territories=[place])])
    clock.now = datetime(2026, 6, 20, tzinfo=UTC)
    found = await _alerts(client, await _caller(context, house, Role.monitor), plan)
    shown = found["off_target:patrols_held.75119"]
    assert (shown["since"], shown["severity"], shown["value"]) == ("2026-05-01", "alarm", 0)
    assert shown["name"]["fr"].endswith(" : Paris 19e Arrondissement")
    assert "off_target:patrols_held" not in found


@pytest.fixture
async def overdue(context: Context, plan: str) -> str:
    await plans.record(context, plans.entry("decision", plan=plan, code="ouvrir", on="2026-01-05", due_on="2026-02-20"))
    return "overdue_decision:ouvrir"


async def test_taking_note_is_a_dated_entry_with_its_role_and_account(
    client: httpx.AsyncClient, context: Context, plan: str, house: House, overdue: str
) -> None:
    from app.plan.register import queries

    account = await members.new_account(context, house, Role.plan_secretary)
    caller = {"Authorization": f"Bearer {await members.token_of(context, house, account)}"}
    key = make.new_id()
    before = len(await notes(context, house.org_id, "plan.acknowledge"))
    answers = [await _note(client, caller, plan, overdue, id=key, until="2026-04-01") for _ in range(2)]
    assert [one.status_code for one in answers] == [200, 200]
    assert answers[0].json() == answers[1].json()
    shown = (await _alerts(client, caller, plan))[overdue]
    assert (shown["acknowledged"], shown["acknowledgements"]) == (True, [answers[0].json()])
    row = (await _rows(client, caller, plan))[overdue]
    noted = [row[name] for name in ("acknowledged", "acknowledgements", "acknowledged_on", "acknowledged_until")]
    assert (noted, row["acknowledged_by"]) == (["true", "1", "2026-03-02", "2026-04-01"], "plan_secretary")
    async with context.database.reading() as session:
        [kept] = [one for one in await queries.load(session, plan) if str(one.entry.id) == key]
    assert (kept.role, kept.account, kept.entry.on.isoformat()) == ("plan_secretary", account, "2026-03-02")
    assert len(await notes(context, house.org_id, "plan.acknowledge")) == before + 1


async def test_a_note_that_would_be_over_before_it_begins_is_refused(
    client: httpx.AsyncClient, context: Context, plan: str, house: House, overdue: str
) -> None:
    caller = {"Authorization": f"Bearer {await members.account_token(context, house, Role.plan_secretary)}"}
    for until, status in (("2001-04-01", 422), ("2026-03-02", 422), ("2026-03-03", 200)):
        answer = await _note(client, caller, plan, overdue, until=until)
        assert answer.status_code == status, answer.text
        if status == 422:
            assert [(one["pointer"], one["code"]) for one in answer.json()["errors"]] == [("/until", "rule")]


async def _rows(client: httpx.AsyncClient, caller: dict[str, str], plan: str) -> dict[str, dict[str, str]]:
    answer = await client.get("/v1/plan/alerts.csv", headers=caller, params={"plan": plan})
    assert answer.status_code == 200, answer.text
    return {one["id"]: one for one in csv.DictReader(io.StringIO(answer.text))}


async def test_alerts_open_in_a_spreadsheet(
    client: httpx.AsyncClient, context: Context, plan: str, house: House, overdue: str
) -> None:
    monitor = await _caller(context, house, Role.monitor)
    shown, rows = await _alerts(client, monitor, plan), await _rows(client, monitor, plan)
    assert list(rows) == list(shown)
    same = ("plan", "kind", "subject", "name_fr", "since", "severity", "where", "acknowledged", "acknowledged_by")
    named = shown[overdue] | {"plan": plan, "name_fr": "Intitulé", "acknowledged": "false", "acknowledged_by": ""}
    assert {name: rows[overdue][name] for name in same} == {name: named[name] for name in same}
    assert (float(rows[overdue]["value"]), float(rows[overdue]["threshold"])) == (named["value"], named["threshold"])
    parquet = (await client.get("/v1/plan/alerts.parquet", headers=monitor, params={"plan": plan})).content
    assert [one["id"] for one in pq.read_table(io.BytesIO(parquet)).to_pylist()] == list(shown)


async def test_the_same_id_for_another_note_is_refused(
    client: httpx.AsyncClient, context: Context, plan: str, house: House, overdue: str
) -> None:
    caller, key = await _caller(context, house, Role.plan_secretary), make.new_id()
    assert (await _note(client, caller, plan, overdue, id=key)).status_code == 200
    answer = await _note(client, caller, plan, overdue, id=key, until="2026-05-01")
    assert (answer.status_code, answer.json()["type"]) == (409, "/problems/item-conflict")


async def test_only_what_one_is_shown_can_be_taken_note_of(
    client: httpx.AsyncClient, context: Context, plan: str, house: House, overdue: str, clock: SetClock
) -> None:
    other = await members.found(context)
    for one in (house, other):
        await _went_out(context, one, NIGHT)
    clock.now = LATER
    coordinator = await _caller(context, house, Role.coordinator)
    for alert in ("overdue_decision:nothing", f"silent_team:{other.team_id}"):
        assert (await _note(client, coordinator, plan, alert)).status_code == 404
    assert (await _note(client, coordinator, plan, f"silent_team:{house.team_id}")).status_code == 200
    assert (await _note(client, await _caller(context, house, Role.monitor), plan, overdue)).status_code == 403
    assert (await _note(client, coordinator, plan, overdue, until="1999-01-01")).status_code == 422


@pytest.mark.parametrize("role", [Role.monitor, Role.plan_secretary, Role.coordinator])
@pytest.mark.usefixtures("plan")
async def test_whoever_reads_alerts_may_read_where_they_send_one(
    client: httpx.AsyncClient, context: Context, house: House, role: Role
) -> None:
    caller = await _caller(context, house, role)
    answers = [(where, await client.get(where, headers=caller)) for where in {where for where, _ in LOOK_AT.values()}]
    assert {where: answer.status_code for where, answer in answers if answer.status_code != 200} == {}


async def test_the_tag_stays_while_nothing_changes(
    client: httpx.AsyncClient, context: Context, plan: str, house: House, overdue: str
) -> None:
    caller = await _caller(context, house, Role.plan_secretary)
    first = await client.get("/v1/plan/alerts", headers=caller, params={"plan": plan})
    held = {**caller, "If-None-Match": first.headers["ETag"]}
    assert (await client.get("/v1/plan/alerts", headers=held, params={"plan": plan})).status_code == 304
    await _note(client, caller, plan, overdue)
    assert (await client.get("/v1/plan/alerts", headers=held, params={"plan": plan})).status_code == 200
