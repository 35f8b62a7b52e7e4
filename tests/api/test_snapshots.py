"""Snapshots of a plan: taken once when a month is over, the same bytes for ever, and whoever touches one is found."""

import asyncio
import hashlib
import json
from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any

import httpx
import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from app.audit.service import SERVICE
from app.db.engine import WriteSession
from app.directory.rules import PARIS
from app.encounters.models import Encounter
from app.http.context import Context
from app.identity.vocabulary import Role
from app.monitoring.snapshots.models import PlanSnapshot
from app.monitoring.snapshots.service import take, take_what_is_due, verify
from app.monitoring.snapshots.vocabulary import Tampering
from app.patrols.models import Patrol
from tests import make, members, plans, planted
from tests.clock import NIGHT
from tests.members import House
from tests.street import notes, rows

FEBRUARY, MARCH, APRIL = (datetime(2026, month, 1, 12, tzinfo=PARIS) for month in (3, 4, 5))
"""When each month is over."""
_VALID = {"valid_from": "2026-01-01", "valid_to": "2028-01-01"}


@pytest.fixture
async def plan(context: Context, city: None) -> str:  # noqa: ARG001 - its perimeter lies in a city
    """A plan of this test's own, in force."""
    code = f"plan-{make.new_id()}"
    await plans.record(context, *plans.base(code, **_VALID), at=NIGHT - timedelta(days=60))
    return code


@pytest.fixture
async def reader(context: Context, house: House) -> dict[str, str]:
    return {"Authorization": f"Bearer {await members.account_token(context, house, Role.monitor)}"}


async def _get(client: httpx.AsyncClient, reader: dict[str, str], path: str, plan: str) -> httpx.Response:
    answer = await client.get(f"/v1/plan/{path}", headers=reader, params={"plan": plan})
    assert answer.status_code == 200, answer.text
    return answer


async def _grown(context: Context, plan: str) -> Sequence[Mapping[str, Any]]:
    """Take three months' snapshots and return their rows."""
    for at in (FEBRUARY, MARCH, APRIL):
        [taken] = await take(context, plan, at)
        assert taken.new
        await plans.record(
            context, plans.entry("milestone", plan=plan, code=f"m{at.month}", due_on="2026-06-01"), at=at
        )
    return sorted(await rows(context, PlanSnapshot, plan=plan), key=lambda row: row["number"])


async def _found(context: Context, plan: str) -> list[tuple[str, int]]:
    reports = await verify(context.database, context.keyring, plan)
    return [(finding.kind.value, finding.number) for report in reports for finding in report.findings]


async def test_a_month_is_taken_from_noon_after_its_last_night_and_only_once(context: Context, plan: str) -> None:
    [early] = await take(context, plan, FEBRUARY - timedelta(seconds=1))
    assert (early.link.month, early.new) == (date(2026, 1, 1), True)
    [first], [again] = [await take(context, plan, FEBRUARY + timedelta(days=days)) for days in (0, 9)]
    assert (first.link.month, first.new) == (date(2026, 2, 1), True)
    assert (again.link, again.new) == (first.link, False)
    assert len(await rows(context, PlanSnapshot, plan=plan)) == 2


async def test_the_service_takes_what_is_due_of_plans_in_force_and_nothing_else(context: Context, plan: str) -> None:
    over = f"plan-{make.new_id()}"
    await plans.record(context, *plans.base(over, valid_from="2019-05-01", valid_to="2026-02-01"))
    taken = {one.link.plan: one.link.id for one in await take_what_is_due(context, FEBRUARY)}
    assert taken[plan] == "2026-02"
    assert over not in taken
    assert await take_what_is_due(context, FEBRUARY + timedelta(days=20)) == []


async def test_months_at_whose_end_no_worker_ran_are_made_up_for_as_they_were_known(
    client: httpx.AsyncClient, context: Context, plan: str, reader: dict[str, str]
) -> None:
    await take(context, plan, FEBRUARY)
    facts = {"plan": plan, "on": "2026-03-10"}
    known, late = [plans.entry("action", **facts, number=number) for number in (2, 3)]
    renamed = plans.entry("action", **facts, number=2, planned_end="2026-03-20", corrects=known["id"])
    await plans.record(context, known, at=MARCH)
    await plans.record(context, late, renamed, at=MARCH + timedelta(milliseconds=1))
    may = datetime(2026, 6, 9, tzinfo=UTC)
    taken = [one.link for one in await take_what_is_due(context, may) if one.link.plan == plan]
    assert [(one.id, one.number, one.taken_at) for one in taken] == [
        (f"2026-0{month}", month - 1, may) for month in (3, 4, 5)
    ]
    march, april, last = [(await _get(client, reader, f"snapshots/{one.id}", plan)).json() for one in taken]
    assert (march["at"], march["known_at"]) == ("2026-03-31", "2026-04-01T10:00:00.000+00:00")
    assert (march["taken_at"], last["known_at"]) == (last["taken_at"], last["taken_at"])
    assert (sorted(march["actions"]), sorted(april["actions"])) == (["1", "2"], ["1", "2", "3"])
    assert march["entries"].keys() == april["entries"].keys() - {late["id"], renamed["id"]}
    assert [one["kpis"]["actions_late"]["value"] for one in (march, april)] == [None, 1]
    reasons = [one["kpis"]["patrols_held"]["missing"] for one in (march, april, last)]
    assert reasons == ["taken_late", "taken_late", None]
    assert await take_what_is_due(context, may) == []
    assert await _found(context, plan) == []


async def test_a_plan_that_ended_while_no_worker_ran_is_taken_to_its_last_month(context: Context, city: None) -> None:  # noqa: ARG001 - its perimeter lies in a city
    code = f"plan-{make.new_id()}"
    await plans.record(context, *plans.base(code, valid_from="2026-01-01", valid_to="2026-04-15"), at=NIGHT)
    await take(context, code, FEBRUARY)
    taken = await take_what_is_due(context, datetime(2026, 8, 9, tzinfo=UTC))
    assert [one.link.id for one in taken if one.link.plan == code] == ["2026-03", "2026-04"]


async def test_two_workers_take_it_once(context: Context, plan: str) -> None:
    taken = await asyncio.gather(*(take(context, plan, MARCH) for _ in range(4)))
    assert [one.new for [one] in taken].count(True) == 1
    assert len({one.link.digest for [one] in taken}) == 1
    assert len(await rows(context, PlanSnapshot, plan=plan)) == 1
    acts = [act for act in await notes(context, SERVICE, "plan.snapshot") if act["plan"] == plan]
    assert acts == [{"plan": plan, "number": 1, "month": "2026-03", "sha256": taken[0][0].link.digest.hex()}]


async def test_each_is_bound_to_the_one_before_it_as_anybody_can_recompute(
    client: httpx.AsyncClient, context: Context, plan: str, reader: dict[str, str]
) -> None:
    await _grown(context, plan)
    listed = (await _get(client, reader, "snapshots", plan)).json()["items"]
    previous = bytes(32)
    for number, one in enumerate(listed, 1):
        body = (await _get(client, reader, f"snapshots/{one['id']}", plan)).content
        assert (one["number"], one["previous"]) == (number, previous.hex())
        previous = hashlib.sha256(previous + body).digest()
        assert one["sha256"] == previous.hex()
    assert [one["id"] for one in listed] == ["2026-02", "2026-03", "2026-04"]


async def test_its_bytes_stay_whatever_is_recorded_later(
    client: httpx.AsyncClient, context: Context, plan: str, reader: dict[str, str]
) -> None:
    [taken] = await take(context, plan, MARCH)
    first = await _get(client, reader, "snapshots/2026-03", plan)
    await plans.record(context, plans.entry("action", plan=plan, number=2, on="2026-03-01"), at=MARCH)
    again = await _get(client, reader, "snapshots/2026-03", plan)
    assert (again.content, again.headers["ETag"]) == (first.content, f'"{taken.link.digest.hex()}"')
    held = {**reader, "If-None-Match": first.headers["ETag"]}
    answer = await client.get("/v1/plan/snapshots/2026-03", headers=held, params={"plan": plan})
    assert answer.status_code == 304


async def test_it_holds_register_money_coordination_targets_and_figures_about_nobody(
    client: httpx.AsyncClient, context: Context, plan: str, reader: dict[str, str], house: House
) -> None:
    since = datetime(2026, 3, 10, 21, tzinfo=UTC)
    await planted.plant(context, Patrol, [planted.patrol(house, since, since + timedelta(hours=4))])
    await planted.plant(context, Encounter, [planted.encounter(house, since) for _ in range(40)])
    promised = {"nature": "commitment", "kind": "commitment_authorisation", "cents": 900}
    target = {"indicator": "money_execution", "direction": "at_most", "value": 1.0, "watch": 1.0, "alarm": 1.2}
    paid = {"plan": plan, "year": 2026, "nature": "expenditure"}
    said = [
        plans.entry("amount", plan=plan, on="2026-01-05", year=2026, **promised),
        plans.entry("amount", **paid, on="2026-03-05", code="ligne-2", cents=2400),
        plans.entry("amount", **paid | {"year": None}, on="2026-03-06", code="ligne-4", kind="in_kind", cents=5),
        plans.entry("amount", **paid, on="2026-04-01", code="ligne-3", cents=1),
        plans.entry("meeting", plan=plan, on="2026-02-20", held=True, held_on="2026-02-20"),
        plans.entry("target", plan=plan, on="2026-01-02", **_VALID, **target),
    ]
    await plans.record(context, *said, at=MARCH - timedelta(days=1))
    await take(context, plan, MARCH)
    shown = (await _get(client, reader, "snapshots/2026-03", plan)).json()
    assert (shown["at"], shown["money"]["credits"]["spent"]) == ("2026-03-31", 2400)
    assert shown["money"]["execution"] == 2.6667
    assert shown["kpis"]["money_execution"]["status"] == "off_target"
    assert shown["targets"]["orientations"]["indicator"] == "money_execution"
    assert shown["coordination"]["pilotage"]["2026-Q1"]["held"] == 1
    assert shown["actions"]["1"]["found"] == {}
    assert shown["kpis"]["patrols_held"]["value"] == 1
    assert shown["money"]["rows"]["plan.etat.not_spread.in_kind"]["spent"] == 5
    later = shown["entries"][said[3]["id"]]
    assert (later["stands"], later["entry"]["cents"]) == (False, 1)
    assert len(shown["entries"]) == len(plans.base()) + len(said)
    assert not [code for code in shown["kpis"] if code.startswith("published") or "encounters" in code]


async def test_the_difference_of_two_names_what_was_added_removed_and_changed(
    client: httpx.AsyncClient, context: Context, plan: str, reader: dict[str, str]
) -> None:
    milestone = plans.entry("milestone", plan=plan, code="ouvrir", due_on="2026-03-20", on="2026-01-01")
    await plans.record(context, milestone, at=FEBRUARY - timedelta(days=3))
    await take(context, plan, FEBRUARY)
    gone = plans.entry("withdrawal", plan=plan, corrects=milestone["id"], on="2026-03-02")
    added = plans.entry("action", plan=plan, number=7, on="2026-03-03", planned_end="2026-03-04")
    await plans.record(context, gone, added, at=MARCH - timedelta(days=3))
    await take(context, plan, MARCH)
    answer = (await _get(client, reader, "snapshots/2026-03/changes/2026-02", plan)).json()
    found = {one["path"]: (one["change"], one["before"], one["after"]) for one in answer["items"]}
    assert found["/actions/7"][:2] == ("added", None)
    assert found["/milestones/ouvrir"][0] == "removed"
    assert found[f"/entries/{milestone['id']}/stands"] == ("changed", True, False)
    assert found["/kpis/actions_late/value"] == ("changed", None, 1)
    assert found["/at"] == ("changed", "2026-02-28", "2026-03-31")
    assert not {"/number", "/taken_at", "/month", "/code_version"} & found.keys()
    assert (answer["before"]["id"], answer["after"]["id"]) == ("2026-02", "2026-03")
    same = (await _get(client, reader, "snapshots/2026-03/changes/2026-03", plan)).json()
    assert same["items"] == []


@pytest.mark.parametrize("path", ["snapshots/2026-01", "snapshots/2026-02/changes/2025-01"])
async def test_a_month_without_a_snapshot_is_not_there(
    client: httpx.AsyncClient, context: Context, plan: str, reader: dict[str, str], path: str
) -> None:
    await take(context, plan, FEBRUARY)
    answer = await client.get(f"/v1/plan/{path}", headers=reader, params={"plan": plan})
    assert answer.status_code == 404


# Tampering: somebody with the file, or the owner's rights.


async def _unguarded(session: WriteSession) -> list[str]:
    if session.get_bind().dialect.name != "sqlite":
        return []
    asked = text("SELECT name, sql FROM sqlite_master WHERE type = 'trigger' AND tbl_name = 'plan_snapshot'")
    found = (await session.execute(asked)).all()
    for name, _ in found:
        await session.execute(text(f"DROP TRIGGER {name}"))
    return [sql for _, sql in found]


async def _tamper(context: Context, plan: str, *statements: str, **values: Any) -> None:
    async with context.database.writing() as session:
        rules = await _unguarded(session)
        assert len(rules) == (3 if context.database.is_sqlite else 0)
        for statement in statements:
            await session.execute(text(statement), {"plan": plan, **values})
        for rule in rules:
            await session.execute(text(rule))


_FLIP = "UPDATE plan_snapshot SET body = :body WHERE plan = :plan AND number = :number"
_CHANGE = "UPDATE plan_snapshot SET {} WHERE plan = :plan AND number = 2"
_REMAKE = (
    "UPDATE plan_snapshot SET body = :body, previous = :previous, digest = :digest"
    " WHERE plan = :plan AND number = :number"
)
_DELETE = "DELETE FROM plan_snapshot WHERE plan = :plan AND number = :number"
_SWAP = (
    "UPDATE plan_snapshot SET number = 90, month = '2099-01-01' WHERE plan = :plan AND number = 1",
    "UPDATE plan_snapshot SET number = 1, month = '2098-01-01' WHERE plan = :plan AND number = 2",
    "UPDATE plan_snapshot SET number = 2, month = '2026-02-01' WHERE plan = :plan AND number = 90",
    "UPDATE plan_snapshot SET month = '2026-03-01' WHERE plan = :plan AND number = 1",
)


async def test_a_chain_nobody_touched_holds(context: Context, plan: str) -> None:
    await _grown(context, plan)
    assert await _found(context, plan) == []


@pytest.mark.parametrize("number", [1, 2, 3])
async def test_a_flipped_byte_is_found(context: Context, plan: str, number: int) -> None:
    body = (await _grown(context, plan))[number - 1]["body"]
    at = body.index(b'"milestones"') + 2
    flipped = body[:at] + bytes([body[at] ^ 1]) + body[at + 1 :]
    await _tamper(context, plan, _FLIP, body=flipped, number=number)
    assert await _found(context, plan) == [("changed", number)]


@pytest.mark.parametrize(
    "change", ["taken_at = taken_at + 1", "month = '2031-01-01'", "code_version = 'other'", "digest = previous"]
)
async def test_a_changed_column_is_found(context: Context, plan: str, change: str) -> None:
    await _grown(context, plan)
    await _tamper(context, plan, _CHANGE.format(change))
    assert ("changed", 2) in await _found(context, plan)


@pytest.mark.parametrize(("number", "kind"), [(1, "removed"), (2, "removed"), (3, "truncated")])
async def test_a_deleted_snapshot_is_found(context: Context, plan: str, number: int, kind: str) -> None:
    await _grown(context, plan)
    await _tamper(context, plan, _DELETE, number=number)
    assert await _found(context, plan) == [(kind, number)]


async def test_all_deleted_is_found(context: Context, plan: str) -> None:
    await _grown(context, plan)
    await _tamper(context, plan, "DELETE FROM plan_snapshot WHERE plan = :plan")
    assert await _found(context, plan) == [("truncated", number) for number in (1, 2, 3)]


async def test_two_in_each_others_places_are_found(context: Context, plan: str) -> None:
    await _grown(context, plan)
    await _tamper(context, plan, *_SWAP)
    assert await _found(context, plan) == [("reordered", 1), ("reordered", 2)]


async def test_a_chain_made_anew_with_right_digests_is_found(context: Context, plan: str) -> None:
    stored = await _grown(context, plan)
    previous = bytes(32)
    for row in stored:
        body = row["body"].replace(b'"due_on":"2026-06-01"', b'"due_on":"2026-07-01"')
        digest = hashlib.sha256(previous + body).digest()
        changed = _REMAKE
        values = {"body": body, "previous": previous, "digest": digest, "number": row["number"]}
        await _tamper(context, plan, changed, **values)
        previous = digest
    assert await _found(context, plan) == [("rewritten", 2), ("rewritten", 3)]


async def test_one_put_in_behind_the_last_is_found(context: Context, plan: str) -> None:
    stored = (await _grown(context, plan))[-1]
    said = json.loads(stored["body"]) | {"number": 4, "month": "2026-05"}
    body = json.dumps(said).encode()
    digest = hashlib.sha256(stored["digest"] + body).digest()
    put = (
        "INSERT INTO plan_snapshot SELECT plan, 4, '2026-05-01', taken_at, code_version, digest, :digest, :body"
        " FROM plan_snapshot WHERE plan = :plan AND number = 3"
    )
    await _tamper(context, plan, put, body=body, digest=digest)
    assert await _found(context, plan) == [("inserted", 4)]


async def test_a_log_that_was_made_up_to_match_is_found(context: Context, plan: str) -> None:
    await _grown(context, plan)
    async with context.database.writing() as session:
        if context.database.is_sqlite:
            asked = text("SELECT name, sql FROM sqlite_master WHERE type = 'trigger' AND tbl_name = 'audit_entry'")
            found = (await session.execute(asked)).all()
            for name, _ in found:
                await session.execute(text(f"DROP TRIGGER {name}"))
        forged = '{"plan": "other", "number": 1, "sha256": "zz"}'
        cast = ":forged" if context.database.is_sqlite else "CAST(:forged AS jsonb)"
        statement = f"UPDATE audit_entry SET detail = {cast} WHERE action = 'plan.snapshot' AND org_id = :org"  # noqa: S608 - no value
        org = SERVICE.bytes if context.database.is_sqlite else SERVICE
        before = {row["number"]: row["detail"] for row in await _log(session)}
        await session.execute(text(statement), {"forged": forged, "org": org})
        for sql in (sql for _, sql in found) if context.database.is_sqlite else ():
            await session.execute(text(sql))
    kinds = {kind for kind, _ in await _found(context, plan)}
    assert {"inserted", "log_broken"} <= kinds
    await _restore(context, before)
    assert await _found(context, plan) == []


async def _log(session: WriteSession) -> Sequence[Any]:
    asked = "SELECT number, detail FROM audit_entry WHERE action = 'plan.snapshot'"
    return (await session.execute(text(asked))).mappings().all()


async def _restore(context: Context, before: dict[int, Any]) -> None:
    """Put the log back: other tests of this module go on with it."""
    async with context.database.writing() as session:
        rules: list[Any] = []
        if context.database.is_sqlite:
            asked = text("SELECT name, sql FROM sqlite_master WHERE type = 'trigger' AND tbl_name = 'audit_entry'")
            rules = list((await session.execute(asked)).all())
            for name, _ in rules:
                await session.execute(text(f"DROP TRIGGER {name}"))
        cast = ":detail" if context.database.is_sqlite else "CAST(:detail AS jsonb)"
        statement = f"UPDATE audit_entry SET detail = {cast} WHERE action = 'plan.snapshot' AND number = :number"  # noqa: S608 - no value
        for number, detail in before.items():
            said = detail if isinstance(detail, str) else json.dumps(detail)
            await session.execute(text(statement), {"detail": said, "number": number})
        for _, sql in rules:
            await session.execute(text(sql))


async def test_sqlite_refuses_what_changes_one(context: Context, plan: str) -> None:
    await _grown(context, plan)
    for statement in (
        "UPDATE plan_snapshot SET taken_at = 1 WHERE plan = :plan AND number = 1",
        "DELETE FROM plan_snapshot WHERE plan = :plan AND number = 1",
        "INSERT OR REPLACE INTO plan_snapshot SELECT * FROM plan_snapshot WHERE plan = :plan AND number = 1",
    ):
        if context.database.is_sqlite:
            with pytest.raises(DBAPIError):
                async with context.database.writing() as session:
                    await session.execute(text(statement), {"plan": plan})
    assert await _found(context, plan) == []


def test_every_finding_has_a_sentence() -> None:
    from app.monitoring.snapshots.vocabulary import SENTENCES

    assert SENTENCES.keys() == set(Tampering)
