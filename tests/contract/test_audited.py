"""What changes something, and every question for figures, leaves an entry on the log: over the whole document."""

import ast
import re
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass

import httpx
import pytest
from sqlalchemy import text

from app.audit.vocabulary import ACTIONS
from app.db.catalogue import ROOT, all_tables
from app.http.context import Context
from app.identity.vocabulary import GRANTS, Permission, Role
from tests import make, members, people, places, plans, street
from tests.contract import document as walk
from tests.contract.callers import Organisation, headers, organisation, request
from tests.contract.document import Json

_READING_NEEDS_NO_ENTRY = {
    "read_me": "one's own rights",
    "get_reference": "the directory, which is public",
    "list_facilities": "the same",
    "get_facility": "the same",
    "get_capacity_now": "free places, about no person",
    "list_holds": "a team's or a desk's own work, read all night by its own device",
    "list_referrals": "the same",
    "get_referral": "the same",
    "list_pending_events": "the same",
    "list_changes": "the same",
    "list_indicators": "definitions, no figure",
    "read_session": "one's own rights",
    "list_releases": "public, the same for everybody, fixed once",
    "get_release": "the same",
    "head_release": "the same, less its body",
    "get_release_dictionary": "the same",
    "get_catalog": "the same",
    "get_kpis": "about no person, or published: the same for everybody",
    "get_kpis_file": "the same",
    "get_kpi_metrics": "the same",
    "get_costs": "the same",
    "get_costs_file": "the same",
    "list_alerts": "about no person: teams, facilities, the plan",
    "list_alerts_file": "the same",
    "list_snapshots": "about no person, fixed once",
    "get_snapshot": "the same",
    "get_snapshot_changes": "the same",
    "list_plans": "the plan, about no person, the same for everybody",
    "list_plan_entries": "the same",
    "list_plan_entries_file": "the same",
    "get_plan": "the plan, about no person, the same for everybody",
    "get_actions": "the same",
    "get_actions_file": "the same",
    "get_action": "the same",
    "get_money": "the same",
    "get_money_file": "the same",
    "get_coordination": "the same",
    "get_coordination_file": "the same",
    "get_targets": "the same",
    "get_targets_file": "the same",
    "get_context": "the same",
    "get_context_file": "the same",
    "get_health": "whether the service works",
    "list_problem_kinds": "documentation",
    "get_problem_kind": "documentation",
}
"""Which GET leaves no entry, and why. Every other operation must."""


@dataclass(frozen=True)
class Scene:
    """An organisation with callers of every role, and how to see how long its chain is."""

    client: httpx.AsyncClient
    context: Context
    one: Organisation

    async def length(self) -> int:
        key = self.one.house.org_id.bytes if self.context.database.is_sqlite else self.one.house.org_id
        async with self.context.database.reading() as session:
            asked = text("SELECT count(*) FROM audit_entry WHERE org_id = :org")
            return int((await session.execute(asked, {"org": key})).scalar_one())


@pytest.fixture(scope="module")
async def scene(client: httpx.AsyncClient, context: Context) -> Scene:
    await places.seeded(context)
    return Scene(client, context, await organisation(client, context))


async def _enrols(scene: Scene) -> None:
    await members.enrolled(scene.client, scene.context, scene.one.house)


async def _renews(scene: Scene) -> None:
    await scene.one.phone.renew()


async def _looks_up_in_vain(scene: Scene) -> None:
    assert (await scene.one.phone.post("/v1/referrals/lookup", json={"card": make.code()})).status_code == 404


async def _hold(scene: Scene) -> str:
    await street.store(scene.one.desk, "facility-reports", make.report(places_free=9))
    made = make.lone_referral(facility_id=scene.one.facility_id)
    await street.store(scene.one.phone, "referrals", made)
    return str(made["id"])


async def _holds(scene: Scene) -> str:
    wanted = {"id": make.new_id(), "referral_id": await _hold(scene), "facility_id": str(scene.one.facility_id)}
    before = await scene.length()
    assert (await scene.one.phone.post("/v1/capacity/holds", json=wanted)).status_code == 200
    assert await scene.length() == before + 1
    return str(wanted["id"])


async def _releases(scene: Scene) -> None:
    path = f"/v1/capacity/holds/{await _holds(scene)}"
    before = await scene.length()
    assert (await scene.one.phone.request("DELETE", path)).status_code == 200
    assert await scene.length() == before + 1


async def _posts_an_encounter(scene: Scene) -> None:
    await street.store(scene.one.phone, "encounters", make.encounter())


async def _posts_a_referral(scene: Scene) -> None:
    await street.store(scene.one.phone, "referrals", make.lone_referral())


async def _posts_an_event(scene: Scene) -> None:
    await street.post(scene.one.phone, "referral-events", make.event(referral_id=make.new_id()))


async def _redeems(scene: Scene) -> None:
    person = await people.invited(scene.client, scene.context, scene.one.house)
    before = await scene.length()
    assert (await person.redeem()).status_code == 200
    assert await scene.length() > before


async def _browser(scene: Scene) -> people.Browser:
    person = await people.joined(scene.client, scene.context, scene.one.house)
    before = await scene.length()
    browser = await person.sign_in()
    assert await scene.length() > before
    return browser


async def _signs_out(scene: Scene) -> None:
    browser = await _browser(scene)
    before = await scene.length()
    assert (await browser.ask("DELETE", "/v1/session")).status_code == 204
    assert await scene.length() > before


async def _changes_the_password(scene: Scene) -> None:
    person = await people.joined(scene.client, scene.context, scene.one.house)
    browser = await person.sign_in()
    before = await scene.length()
    sent = {"password": people.PASSWORD, "new_password": "quatre autres mots au hasard", "code": person.code(1)}
    answer = await browser.ask("POST", "/v1/session/password", json=sent)
    assert answer.status_code == 204, answer.text
    assert await scene.length() > before


async def _imports(scene: Scene) -> None:
    await plans.record(scene.context, *plans.base())
    asked = {"Content-Type": "text/csv", **headers(scene.one.tokens[Role.plan_secretary.value])}
    body = "code,on,name.fr,name.en,roles,source.title\nville,2020-01-01,Ville,City,funder,Convention\n"
    answer = await scene.client.post("/v1/plan/imports/body", content=body, headers=asked)
    assert answer.status_code == 200, answer.text


async def _takes_note(scene: Scene) -> None:
    code = f"plan-{make.new_id()}"
    overdue = plans.entry("decision", plan=code, on="2020-01-01", due_on="2020-02-01")
    await plans.record(scene.context, *plans.base(code), overdue)
    path = f"/v1/plan/alerts/overdue_decision:decision-1/acknowledgements?plan={code}"
    asked = headers(scene.one.tokens[Role.plan_secretary.value])
    answer = await scene.client.post(path, json={"id": make.new_id()}, headers=asked)
    assert answer.status_code == 200, answer.text


_BY_HAND: dict[str, Callable[[Scene], Awaitable[object]]] = {
    "enrol_device": _enrols,
    "renew_token": _renews,
    "post_encounters": _posts_an_encounter,
    "post_referrals": _posts_a_referral,
    "post_referral_events": _posts_an_event,
    "redeem_invitation": _redeems,
    "sign_in": _browser,
    "end_session": _signs_out,
    "change_password": _changes_the_password,
    "look_up_referral": _looks_up_in_vain,
    "hold_place": _holds,
    "release_place": _releases,
    "import_plan_entries": _imports,
    "post_acknowledgement": _takes_note,
}
"""What needs more than the document's own example to go well."""

_OPERATIONS = {operation["operationId"]: (path, method) for path, method, operation in walk.operations(walk.frozen())}
_AUDITED = sorted(set(_OPERATIONS) - set(_READING_NEEDS_NO_ENTRY))


def test_only_reading_goes_without_an_entry() -> None:
    assert {_OPERATIONS[name][1] for name in _READING_NEEDS_NO_ENTRY} == {"get", "head"}
    metrics = [name for name, (path, _) in _OPERATIONS.items() if path.startswith("/v1/metrics")]
    assert not set(metrics) & set(_READING_NEEDS_NO_ENTRY)


@pytest.mark.parametrize("name", _AUDITED)
async def test_it_leaves_an_entry(
    scene: Scene, document: Json, permissions: dict[str, Permission | None], name: str
) -> None:
    before = await scene.length()
    if name in _BY_HAND:
        await _BY_HAND[name](scene)
    else:
        path, method = _OPERATIONS[name]
        sent = request(document, path, method, document["paths"][path][method])
        sent["params"].pop("dry_run", None)
        role = next(role for role in Role if permissions[name] in GRANTS[role])
        token = scene.one.tokens[role.value]
        answer = await scene.client.request(**{**sent, "headers": {**sent.get("headers", {}), **headers(token)}})
        assert answer.status_code < 300, answer.text
    assert await scene.length() > before


async def test_entries_hold_no_content(scene: Scene) -> None:
    """What a phone posts about people: none of it is on the log, and no code of a slip or card."""
    slip, card = make.code(), make.code()
    encounter = make.encounter(card=card, territory="7511803", referrals=[make.referral(slip=slip)])
    await street.store(scene.one.phone, "encounters", encounter)
    await scene.one.phone.post("/v1/referrals/lookup", json={"slip": slip})
    await scene.one.phone.post("/v1/referrals/lookup", json={"card": card})
    async with scene.context.database.reading() as session:
        found = (await session.execute(text("SELECT action, CAST(detail AS TEXT) FROM audit_entry"))).all()
    told = " ".join(detail for action, detail in found if action in {"encounter.post", "referral.lookup"})
    assert told
    allowed_ids = {str(scene.one.facility_id)}
    for secret in (slip, card, "7511803", encounter["id"], encounter["referrals"][0]["id"], "rest_room", "kit"):
        assert secret in allowed_ids or secret not in told


_NAMESPACES = {action.partition(".")[0] for action in ACTIONS}


def _actions() -> Iterator[str]:
    """Yield every word that the code passes and that looks like an act: `something.done`."""
    for path in sorted(ROOT.rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text())):
            for given in node.args if isinstance(node, ast.Call) else ():
                word = given.value if isinstance(given, ast.Constant) and isinstance(given.value, str) else ""
                if re.fullmatch(r"[a-z-]+\.[a-z_-]+", word) and word.partition(".")[0] in _NAMESPACES:
                    yield word


def test_every_act_has_a_name_in_both_languages() -> None:
    columns = {f"{table.name}.{column.name}" for table in all_tables().tables.values() for column in table.columns}
    named = dict.fromkeys(word for word in _actions() if word not in columns)
    assert len(named) > 30
    assert [action for action in named if action not in ACTIONS] == []
    assert all(label.fr and label.en and label.fr != label.en for label in ACTIONS.values())
