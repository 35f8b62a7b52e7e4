"""Who may call what: every role on every operation of the document, deny by default; and nobody touches, or sees, what
belongs to another organisation."""

from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any
from uuid import UUID

import httpx
import pytest

from app.http.context import Context
from app.identity import service as identity
from app.identity.vocabulary import GRANTS, Permission, Role
from app.monitoring.snapshots.service import take
from tests import make, members, places, plans, street
from tests.clock import SetClock
from tests.contract import document as walk
from tests.contract.callers import CALLERS, NOBODY, REVOKED, STRANGER, Organisation, headers, organisation, request
from tests.contract.document import Json
from tests.contract.guards import BY_COOKIE, PUBLIC

_OPERATIONS = {operation["operationId"]: (path, method) for path, method, operation in walk.operations(walk.frozen())}


@dataclass(frozen=True)
class Two:
    """Two organisations that have nothing to do with each other, and what the first has recorded."""

    client: httpx.AsyncClient
    context: Context
    one: Organisation
    other: Organisation
    referral: Json
    card: str
    encounter: Json
    event: Json


@pytest.fixture(scope="module")
async def two(client: httpx.AsyncClient, context: Context) -> Two:
    await places.seeded(context)
    one, other = await organisation(client, context), await organisation(client, context)
    card = make.code()
    referral = make.referral(slip=make.code(), facility_id=one.facility_id)
    encounter = make.encounter(card=card, referrals=[referral])
    event = make.event(referral_id=make.new_id())
    await street.store(one.phone, "encounters", encounter)
    await street.post(one.phone, "referral-events", event)
    return Two(client, context, one, other, referral, card, encounter, event)


@pytest.mark.parametrize("caller", CALLERS)
@pytest.mark.parametrize("name", _OPERATIONS)
async def test_a_role_may_call_what_it_is_granted_and_nothing_else(
    two: Two, document: Json, permissions: dict[str, Permission | None], name: str, caller: str
) -> None:
    path, method = _OPERATIONS[name]
    sent = request(document, path, method, document["paths"][path][method])
    token = None if caller == NOBODY else two.one.tokens[caller]
    answer = await two.client.request(**{**sent, "headers": {**sent.get("headers", {}), **headers(token)}})
    kind = _kind_of(answer, method)
    if name in PUBLIC:
        assert kind not in {"/problems/unauthenticated", "/problems/forbidden"}
    elif name in BY_COOKIE:
        assert (answer.status_code, kind) == (401, "/problems/not-signed-in")
    elif caller in {NOBODY, REVOKED, STRANGER}:
        assert (answer.status_code, kind) == (401, "/problems/unauthenticated")
    elif permissions[name] in GRANTS[Role(caller)]:
        assert answer.status_code not in {401, 403}
    else:
        assert (answer.status_code, kind) == (403, "/problems/forbidden")


def _kind_of(answer: httpx.Response, method: str) -> str | None:
    """Return the kind of problem an answer is; HEAD has no body, so there the status tells."""
    if method == "head":
        return {401: "/problems/unauthenticated", 403: "/problems/forbidden"}.get(answer.status_code)
    kind: str | None = answer.json()["type"] if answer.is_error else None
    return kind


async def _sees_no_referral(two: Two) -> None:
    assert (await two.other.phone.get(f"/v1/referrals/{two.referral['id']}")).status_code == 404
    assert (await two.one.phone.get(f"/v1/referrals/{two.referral['id']}")).status_code == 200


Check = Callable[[Two], Awaitable[None]]


async def _lists_its_own_referrals(two: Two) -> None:
    assert (await two.other.phone.get("/v1/referrals")).json()["items"] == []
    assert [one["id"] for one in (await two.one.phone.get("/v1/referrals")).json()["items"]] == [two.referral["id"]]


async def _follows_its_own_referrals(two: Two) -> None:
    for stranger in (two.other.phone, two.other.desk):
        assert (await street.changes(stranger))["referrals"] == []
    for own in (two.one.phone, two.one.desk):
        assert [one["id"] for one in (await street.changes(own))["referrals"]] == [two.referral["id"]]


async def _answers_its_own_referrals(two: Two) -> None:
    named = two.referral["id"]
    answers = [make.event(referral_id=named, state=state) for state in ("accepted", "entered_in_error")]
    for stranger in (two.other.phone, two.other.desk):
        verdicts = await street.post(stranger, "referral-events", *({**one, "id": make.new_id()} for one in answers))
        assert street.reasons(verdicts) == ["referral-unknown"] * 2
    assert await street.state(two.one.phone, two.referral["id"]) == "requested"


async def _ends_its_own_stays(two: Two) -> None:
    verdicts = await street.post(two.other.phone, "stay-exits", make.stay_exit(referral_id=two.referral["id"]))
    assert street.reasons(verdicts) == ["referral-unknown"]
    assert (await street.referral(two.one.phone, two.referral["id"]))["exited_at"] is None


async def _waits_for_its_own_events(two: Two) -> None:
    assert two.event["id"] in await street.pending(two.one.phone)
    assert two.event["id"] not in await street.pending(two.other.phone)
    assert two.event["id"] not in await street.pending(two.one.desk)


async def _looks_up_its_own_cards(two: Two) -> None:
    for stranger in (two.other.phone, two.other.desk):
        assert (await stranger.post("/v1/referrals/lookup", json={"card": two.card})).status_code == 404
    for own in (two.one.phone, two.one.desk):
        assert (await own.post("/v1/referrals/lookup", json={"card": two.card})).status_code == 200


async def _corrects_its_own_encounters(two: Two) -> None:
    foreign = {**two.encounter, "referrals": [], "revision": 2, "territory": "7512004"}
    withdrawn = {**foreign, "revision": 3, "status": "entered_in_error"}
    assert street.outcomes(await street.post(two.other.phone, "encounters", foreign, withdrawn)) == ["created"] * 2
    shown = await street.referral(two.one.phone, two.referral["id"])
    assert (shown["state"], shown["territory"]) == ("requested", two.encounter["territory"])


async def _makes_its_own_referrals(two: Two) -> None:
    """The same id elsewhere is another referral, and does not stand between the first and its answers."""
    own, foreign = make.lone_referral(), make.lone_referral()
    foreign["id"] = own["id"]
    await street.store(two.one.phone, "referrals", own)
    await street.store(two.other.phone, "referrals", foreign)
    await street.store(two.one.phone, "referral-events", make.event(referral_id=own["id"]))
    assert await street.state(two.one.phone, own["id"]) == "arrived"
    assert await street.state(two.other.phone, own["id"]) == "requested"
    await street.store(two.one.phone, "referrals", own | {"id": make.new_id()})


async def _records_its_own_patrols(two: Two) -> None:
    own = make.patrol()
    await street.store(two.one.phone, "patrols", own)
    assert street.outcomes(await street.post(two.other.phone, "patrols", {**own, "workers": 9})) == ["created"]
    assert street.outcomes(await street.post(two.one.phone, "patrols", own)) == ["unchanged"]


async def _reports_on_its_own_facility(two: Two) -> None:
    report = make.report(places_free=7)
    await street.store(two.other.desk, "facility-reports", report)
    own, other = [
        (await two.one.phone.get(f"/v1/facilities/{facility}")).json()["report"]
        for facility in (two.one.facility_id, two.other.facility_id)
    ]
    assert (own, other["places_free"]) == (None, 7)
    for role in (Role.monitor, Role.plan_secretary, Role.administrator, Role.dpo):  # how full it is is about people
        by = headers(two.other.tokens[role.value])
        listed = (await two.client.get("/v1/facilities", headers=by)).json()["items"]
        one = (await two.client.get(f"/v1/facilities/{two.other.facility_id}", headers=by)).json()
        assert {shown["report"] for shown in (one, *listed)} == {None}
    named = await street.post(two.other.desk, "facility-reports", {**report, "facility_id": str(two.one.facility_id)})
    assert street.outcomes(named) == ["rejected"]


async def _counts_its_own_referrals(two: Two) -> None:
    period = {"from": "2026-02-01", "to": "2026-04-01"}
    made = []
    for organisation_ in (two.one, two.other):
        asked = {"params": period, "headers": headers(organisation_.tokens[Role.coordinator.value])}
        answer = await two.client.get("/v1/metrics/funnel", **asked)  # type: ignore[arg-type]  # httpx's own options
        made.append(answer.json()["total"]["made"]["n"])
    sent = [len((await each.phone.get("/v1/referrals")).json()["items"]) for each in (two.one, two.other)]
    assert made == sent


async def _counts_its_own_unmet_demand(two: Two) -> None:
    period = {"from": "2026-02-01", "to": "2026-04-01"}
    for each in (two.one, two.other):
        token = each.tokens[Role.coordinator.value]
        answer = await two.client.get("/v1/metrics/unmet-demand", params=period, headers=headers(token))
        sent = (await each.phone.get("/v1/referrals", params={"size": 200})).json()["items"]
        assert answer.json()["total"]["made"]["n"] == len(sent)


def _counts_in(answer: Any) -> Iterator[int]:
    """Give every count in an answer, wherever it stands."""
    if isinstance(answer, dict):
        if isinstance(answer.get("n"), int):
            yield answer["n"]
        for value in answer.values():
            yield from _counts_in(value)
    elif isinstance(answer, list):
        for value in answer:
            yield from _counts_in(value)


def _counts_nothing_of_others(path: str, *, recorded: bool = True) -> Check:
    """Return the check that an organisation without records is shown nothing, and one with such records something."""

    async def check(two: Two) -> None:
        stranger = await members.found(two.context, "Nouvelle")
        token = await members.account_token(two.context, stranger, Role.coordinator)
        period = {"from": "2026-02-01", "to": "2026-04-01"}
        seen = {}
        for who, whose in (("stranger", token), ("owner", two.one.tokens[Role.coordinator.value])):
            answer = await two.client.get(f"/v1/{path}", params=period, headers=headers(whose))
            assert answer.status_code == 200, answer.text
            seen[who] = sum(_counts_in(answer.json()))
        assert seen["stranger"] == 0
        assert (seen["owner"] > 0) is recorded

    return check


async def _held(two: Two) -> str:
    """Hold a place of the first organisation's own facility for a new referral of its; return the hold."""
    await street.store(two.one.desk, "facility-reports", make.report(places_free=9))
    made = make.lone_referral(facility_id=two.one.facility_id)
    await street.store(two.one.phone, "referrals", made)
    wanted = {"id": make.new_id(), "referral_id": made["id"], "facility_id": str(two.one.facility_id)}
    for phone, status in ((two.other.phone, 404), (two.one.phone, 200)):
        assert (await phone.post("/v1/capacity/holds", json=wanted)).status_code == status
    return str(wanted["id"])


async def _holds_for_its_own_referrals(two: Two) -> None:
    hold = await _held(two)
    for own in (two.one.phone, two.one.desk):
        assert hold in [one["id"] for one in (await own.get("/v1/capacity/holds")).json()["items"]]
    for stranger in (two.other.phone, two.other.desk):
        assert (await stranger.get("/v1/capacity/holds")).json()["items"] == []


async def _releases_its_own_holds(two: Two) -> None:
    path = f"/v1/capacity/holds/{await _held(two)}"
    for device, status in ((two.other.phone, 404), (two.other.desk, 404), (two.one.desk, 200)):
        assert (await device.request("DELETE", path)).status_code == status


async def _sees_the_same_places(two: Two) -> None:
    answers = [(await each.phone.get("/v1/capacity/now")).json()["items"] for each in (two.one, two.other)]
    assert answers[0] == answers[1] != []


async def _knows_itself(two: Two) -> None:
    for each in (two.one, two.other):
        assert (await each.phone.get("/v1/me")).json()["organisation"]["id"] == str(each.house.org_id)


async def _reads_its_own_log(two: Two) -> None:
    seen = []
    for each in (two.one, two.other):
        asked = {"params": {"size": 200}, "headers": headers(each.tokens[Role.dpo.value])}
        answer = await two.client.get("/v1/audit", **asked)  # type: ignore[arg-type]  # httpx's own options
        seen.append({(entry["actor"]["id"], entry["actor"]["kind"]) for entry in answer.json()["items"]})
    assert {kind for _, kind in seen[0] | seen[1]} == {"service", "device", "account"}
    assert all(kind == "service" for _, kind in seen[0] & seen[1])


async def _is_for_all(two: Two) -> None:
    """Facilities, territories and vocabularies are the same for everybody, whoever operates them."""
    answers = [(await each.phone.get("/v1/reference")).content for each in (two.one, two.other)]
    assert answers[0] == answers[1]


async def _is_published_to_all(two: Two) -> None:
    """What is published is the same for monitors of every organisation, to the byte."""
    for path in ("releases", "catalog", "releases/2026-Q3", "releases/2026-Q3/dictionary"):
        tokens = [each.tokens[Role.monitor.value] for each in (two.one, two.other)]
        answers = [await two.client.get(f"/v1/{path}", headers=headers(token)) for token in tokens]
        assert (answers[0].status_code, answers[0].content) == (answers[1].status_code, answers[1].content)


def _is_the_same_plan(path: str) -> Check:
    """Return the check that monitors of two organisations read the same of a plan."""

    async def check(two: Two) -> None:
        await plans.record(two.context, *plans.base())
        answers = []
        for each in (two.one, two.other):
            answer = await two.client.get(f"/v1/{path}", headers=headers(each.tokens[Role.monitor.value]))
            assert answer.status_code == 200, answer.text
            answers.append(answer.content)
        assert answers[0] == answers[1] != b""

    return check


async def _is_the_same_snapshot(two: Two) -> None:
    code = f"plan-{make.new_id()}"
    await plans.record(two.context, *plans.base(code))
    await take(two.context, code, two.context.clock())
    for path in ("plan/snapshots/2026-02", "plan/snapshots/2026-02/changes/2026-02"):
        await _is_the_same_plan(f"{path}?plan={code}")(two)


async def _takes_note_of_its_own_teams(two: Two) -> None:
    """A coordinator takes note of a silent team of its own organisation, and knows of no other."""
    code, clock = f"plan-{make.new_id()}", two.context.clock
    valid = {"valid_from": "2026-01-01", "valid_to": "2028-01-01"}
    soon = {"indicator": "team_silence_days", "direction": "at_most", "value": 0.0, "watch": 1.0, "alarm": 9.0}
    target = plans.entry("target", plan=code, on="2026-01-01", **valid, **soon)
    await plans.record(two.context, *plans.base(code, **valid), target)
    own = await organisation(two.client, two.context)
    assert isinstance(clock, SetClock)
    clock.advance(timedelta(hours=16))  # the night is over, and nobody wrote
    silent = f"/v1/plan/alerts/silent_team:{own.house.team_id}/acknowledgements?plan={code}"
    for each, status in ((two.other, 404), (own, 200)):
        sent, asked = {"id": make.new_id()}, headers(each.tokens[Role.coordinator.value])
        assert (await two.client.post(silent, json=sent, headers=asked)).status_code == status


async def _enters_for_all(two: Two) -> None:
    """The register is one: what a secretariat enters, every monitor reads, and not who did."""
    entered = plans.entry("plan", plan=f"plan-{make.new_id()}")
    asked = headers(two.one.tokens[Role.plan_secretary.value])
    answer = await two.client.post("/v1/plan/entries", json={"entries": [entered]}, headers=asked)
    assert answer.status_code == 200, answer.text
    await _reads_what_was_entered(two, entered["plan"], "plan")


async def _imports_for_all(two: Two) -> None:
    code = f"plan-{make.new_id()}"
    await plans.record(two.context, *plans.base(code))
    asked = {"Content-Type": "text/csv", **headers(two.one.tokens[Role.plan_secretary.value])}
    body = "code,on,name.fr,name.en,roles,source.title\nville,2020-01-01,Ville,City,funder,Convention\n"
    answer = await two.client.post(f"/v1/plan/imports/body?plan={code}", content=body, headers=asked)
    assert answer.status_code == 200, answer.text
    await _reads_what_was_entered(two, code, "body")


async def _reads_what_was_entered(two: Two, code: str, kind: str) -> None:
    path = f"/v1/plan/entries?plan={code}&type={kind}"
    answers = [
        await two.client.get(path, headers=headers(each.tokens[Role.monitor.value])) for each in (two.one, two.other)
    ]
    assert answers[0].content == answers[1].content
    assert code in answers[0].text
    assert str(two.one.house.org_id) not in answers[0].text


_OWNERSHIP: dict[str, Check] = {
    "list_referrals": _lists_its_own_referrals,
    "list_changes": _follows_its_own_referrals,
    "get_referral": _sees_no_referral,
    "list_pending_events": _waits_for_its_own_events,
    "look_up_referral": _looks_up_its_own_cards,
    "post_encounters": _corrects_its_own_encounters,
    "post_referral_events": _answers_its_own_referrals,
    "post_stay_exits": _ends_its_own_stays,
    "post_patrols": _records_its_own_patrols,
    "post_facility_reports": _reports_on_its_own_facility,
    "post_referrals": _makes_its_own_referrals,
    "get_funnel": _counts_its_own_referrals,
    "get_unmet_demand": _counts_its_own_unmet_demand,
    "get_time_to_success": _counts_nothing_of_others("metrics/time-to-success"),
    "get_flows": _counts_nothing_of_others("metrics/flows"),
    "get_reach": _counts_nothing_of_others("metrics/reach"),
    "get_coverage": _counts_nothing_of_others("metrics/coverage"),
    "get_housing": _counts_nothing_of_others("metrics/housing", recorded=False),
    "get_territories": _counts_nothing_of_others("metrics/territories"),
    "get_effort": _counts_nothing_of_others("metrics/effort"),
    "get_reporting": _counts_nothing_of_others("metrics/reporting"),
    "list_indicators": _is_for_all,
    "get_indicator": _counts_nothing_of_others("indicators/contacts"),
    "get_capacity_now": _sees_the_same_places,
    "hold_place": _holds_for_its_own_referrals,
    "list_holds": _holds_for_its_own_referrals,
    "release_place": _releases_its_own_holds,
    "list_plans": _is_the_same_plan("plans"),
    "list_plan_entries": _is_the_same_plan("plan/entries?type=action"),
    "list_plan_entries_file": _is_the_same_plan("plan/entries.csv?type=action"),
    "post_plan_entries": _enters_for_all,
    "import_plan_entries": _imports_for_all,
    "get_plan": _is_the_same_plan("plan"),
    "get_actions": _is_the_same_plan("plan/actions"),
    "get_actions_file": _is_the_same_plan("plan/actions.csv"),
    "get_action": _is_the_same_plan("plan/actions/1"),
    "get_money": _is_the_same_plan("plan/money"),
    "get_money_file": _is_the_same_plan("plan/money.csv"),
    "get_coordination": _is_the_same_plan("plan/coordination"),
    "get_coordination_file": _is_the_same_plan("plan/coordination.csv"),
    "get_targets": _is_the_same_plan("plan/targets"),
    "get_targets_file": _is_the_same_plan("plan/targets.csv"),
    "get_context": _is_the_same_plan("plan/context"),
    "get_context_file": _is_the_same_plan("plan/context.csv"),
    "get_kpis": _is_the_same_plan("kpis"),
    "get_kpis_file": _is_the_same_plan("kpis.csv"),
    "get_kpi_metrics": _is_the_same_plan("../metrics/kpis"),
    "list_alerts": _is_the_same_plan("plan/alerts"),
    "list_alerts_file": _is_the_same_plan("plan/alerts.csv"),
    "post_acknowledgement": _takes_note_of_its_own_teams,
    "get_costs": _is_the_same_plan("plan/costs"),
    "get_costs_file": _is_the_same_plan("plan/costs.csv"),
    "list_snapshots": _is_the_same_plan("plan/snapshots"),
    "get_snapshot": _is_the_same_snapshot,
    "get_snapshot_changes": _is_the_same_snapshot,
    "list_releases": _is_published_to_all,
    "get_release": _is_published_to_all,
    "head_release": _is_published_to_all,
    "get_release_dictionary": _is_published_to_all,
    "get_catalog": _is_published_to_all,
    "list_audit_entries": _reads_its_own_log,
    "read_me": _knows_itself,
    "get_reference": _is_for_all,
    "list_facilities": _is_for_all,
    "get_facility": _is_for_all,
}


def test_every_guarded_operation_has_its_rule_of_ownership() -> None:
    assert (
        set(_OWNERSHIP) == set(_OPERATIONS) - set(PUBLIC) - BY_COOKIE
    )  # a session is its own: tests/api/test_sessions


@pytest.mark.parametrize("name", _OWNERSHIP)
async def test_what_belongs_to_another_organisation_is_not_there(two: Two, name: str) -> None:
    await _OWNERSHIP[name](two)


async def test_another_team_of_the_organisation_sees_a_referral_but_corrects_no_record(two: Two) -> None:
    async with two.context.database.writing() as session:
        team_id: UUID = await identity.create_team(
            session, two.context.keyring, two.context.clock(), org_id=two.one.house.org_id, name="Jour", night=False
        )
    colleague = await members.enrolled(two.client, two.context, replace(two.one.house, team_id=team_id))
    assert (await colleague.get("/v1/referrals")).json()["items"] == []
    assert (await colleague.get(f"/v1/referrals/{two.referral['id']}")).status_code == 200
    correction: dict[str, Any] = {**two.encounter, "referrals": [], "revision": 2, "territory": "7512004"}
    assert street.reasons(await street.post(colleague, "encounters", correction)) == ["not-yours"]
