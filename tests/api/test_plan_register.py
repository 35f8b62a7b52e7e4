"""The register of plans over HTTP: all of what is sent or none, nothing overwritten, every line named."""

import json
from datetime import date, timedelta

import httpx
import orjson
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError

from app.errors import Problem
from app.http.context import Context
from app.identity.vocabulary import Role
from app.plan.register import queries
from app.plan.register.schemas import EntriesReceived
from app.plan.register.service import chosen_plan
from app.plan.standing import standing
from app.plan.vocabulary import EntryType
from tests import members, plans
from tests.api.registers import Secretary, code, count, faults, fresh_code, logged, secretary
from tests.clock import NIGHT, SetClock
from tests.make import Json
from tests.members import House

__all__ = ["code", "secretary"]


async def test_every_type_of_entry_comes_back_as_it_was_recorded(context: Context, code: str) -> None:
    sent = [plans.entry(kind.value, plan=code) for kind in EntryType]
    await plans.record(context, *sent)
    async with context.database.reading() as session:
        found = await queries.load(session, code)
    assert {one.entry.id: one.entry for one in found} == {one.id: one for one in plans.read(*sent)}
    assert {(one.recorded_at, one.role, one.account) for one in found} == {(NIGHT, "plan_secretary", None)}


async def test_some_types_come_with_every_withdrawal(context: Context, code: str) -> None:
    amount, body = plans.entry("amount", plan=code), plans.entry("body", plan=code)
    gone = plans.entry("withdrawal", plan=code, corrects=amount["id"])
    await plans.record(context, amount, body, gone)
    async with context.database.reading() as session:
        amounts = await queries.load(session, code, [EntryType.amount])
        others = await queries.load(session, "another-plan")
    assert {str(one.entry.id) for one in amounts} == {amount["id"], gone["id"]}
    assert (standing(amounts), others) == ([], [])


async def test_one_of_each_type_is_recorded_in_one_request_that_defines_what_it_names(
    secretary: Secretary, code: str
) -> None:
    rest = (
        "milestone_reached",
        "assessment",
        "statement",
        "amount",
        "meeting",
        "decision_outcome",
        "target",
        "observation",
    )
    sent = [*plans.base(code), *(plans.entry(kind, plan=code) for kind in rest)]
    sent.append(plans.entry("withdrawal", plan=code, corrects=sent[-1]["id"]))
    assert await secretary.enter(*sent) == ["created"] * len(sent)
    assert await secretary.enter(*sent) == ["unchanged"] * len(sent)
    for one in sent:
        (held,) = [item for item in await secretary.held(code, one["type"]) if item["entry"]["id"] == one["id"]]
        assert held["entry"] == one
        assert held["role"] == "plan_secretary"
        assert held["replaced_by"] == (sent[-1]["id"] if one is sent[-2] else None)


async def test_what_is_named_before_it_is_defined_is_refused_and_nothing_is_stored(
    context: Context, secretary: Secretary, code: str
) -> None:
    before = await count(context)
    sent = plans.base(code)
    answer = await secretary.post(*sent[1:], sent[0])
    assert ("/entries/0/plan", "unknown") in faults(answer)
    assert await count(context) == before


async def test_every_fault_of_every_entry_is_pointed_at(context: Context, secretary: Secretary, code: str) -> None:
    before = await count(context)
    wrong = [
        plans.entry("amount", plan=code, cents=-1, funder="nobody"),
        plans.entry("assessment", plan=code, action=9),
        plans.entry("acknowledgement", plan=code),
        plans.entry("withdrawal", plan=code),
        plans.entry("body", plan=code, id="6ba7b810-9dad-11d1-80b4-00c04fd430c8", code="ville"),
    ]
    n = len(plans.base())
    assert faults(await secretary.post(*plans.base(code), *wrong)) == [
        (f"/entries/{n}/funder", "unknown"),
        (f"/entries/{n}/cents", "rule"),
        (f"/entries/{n + 1}/action", "unknown"),
        (f"/entries/{n + 2}/type", "rule"),
        (f"/entries/{n + 3}/corrects", "rule"),
        (f"/entries/{n + 4}/id", "rule"),
    ]
    assert await count(context) == before


@pytest.mark.parametrize(
    ("changed", "pointer"),
    [
        ({"cents": "5"}, "/entries/0/cents"),
        ({"cents": 1.5}, "/entries/0/cents"),
        ({"kind": "gold"}, "/entries/0/kind"),
        ({"on": "yesterday"}, "/entries/0/on"),
        ({"canari": 1}, "/entries/0"),
        ({"source": {"title": "a", "canari": 1}}, "/entries/0/source"),
        ({"source": {"title": "x" * 301}}, "/entries/0/source/title"),
        ({"type": "canari"}, "/entries/0"),
        ({"action": 0}, "/entries/0/action"),
    ],
)
async def test_what_has_the_wrong_form_is_pointed_at_in_the_body_as_it_was_sent(
    secretary: Secretary, changed: Json, pointer: str
) -> None:
    answer = await secretary.post({**plans.entry("amount"), **changed})
    assert [at for at, _ in faults(answer)] == [pointer]
    assert "canari" not in answer.text


async def test_the_same_id_with_other_content_is_a_conflict_and_nothing_is_stored(
    context: Context, secretary: Secretary, code: str
) -> None:
    sent = plans.base(code)
    await secretary.enter(*sent)
    before = await count(context)
    other = {**sent[1], "code": "autre"}
    answer = await secretary.post(plans.entry("body", plan=code, code="ville"), other)
    assert faults(answer, 409) == [("/entries/1/id", "item-conflict")]
    assert await count(context) == before
    assert (await secretary.held(code, "body"))[0]["entry"] == sent[1]


async def test_an_id_twice_in_one_request_is_refused(secretary: Secretary, code: str) -> None:
    plan = plans.entry("plan", plan=code)
    assert faults(await secretary.post(plan, {**plan, "on": "2020-01-01"})) == [("/entries/1", "repeated")]


async def test_a_correction_leaves_what_was_known_before(
    context: Context, secretary: Secretary, clock: SetClock, code: str
) -> None:
    first = plans.entry("amount", plan=code, cents=300)
    await secretary.enter(*plans.base(code), first)
    known = clock()
    clock.advance(timedelta(hours=5))
    second = plans.entry("amount", plan=code, cents=2_400, corrects=first["id"])
    await secretary.enter(second)
    async with context.database.reading() as session:
        found = await queries.load(session, code, [EntryType.amount])
    assert standing(found) == plans.read(second)
    assert standing(found, known_at=known) == plans.read(first)
    assert [one["replaced_by"] for one in await secretary.held(code, "amount")] == [second["id"], None]
    again = plans.entry("amount", plan=code, corrects=first["id"])
    assert faults(await secretary.post(again)) == [("/entries/0/corrects", "replaced")]


async def test_the_database_itself_refuses_a_second_correction(context: Context, code: str) -> None:
    first = plans.entry("amount", plan=code)
    await plans.record(context, first, plans.entry("amount", plan=code, corrects=first["id"]))
    async with context.database.writing() as session:
        late = plans.recorded(plans.entry("amount", plan=code, corrects=first["id"]))
        assert not await queries.add(session, late)


async def test_an_entry_remembers_the_account_that_recorded_it_and_does_not_tell(
    context: Context, secretary: Secretary, code: str
) -> None:
    await secretary.enter(plans.entry("plan", plan=code))
    async with context.database.reading() as session:
        (one,) = await queries.load(session, code)
    assert one.account is not None
    assert one.account.hex not in (await secretary.get("plan/entries", plan=code, type="plan")).text.replace("-", "")


async def test_what_is_recorded_is_on_the_log_without_its_content(
    context: Context, secretary: Secretary, code: str
) -> None:
    await secretary.enter(*plans.base(code))
    await secretary.enter(plans.entry("amount", plan=code))
    assert (await secretary.post(plans.entry("amount", plan=code))).status_code == 422
    acts = await logged(context, secretary.house)
    assert [action for action, _ in acts] == ["plan.entries"] * 2
    assert acts[1][1] == {"plans": [code], "types": {"amount": 1}, "created": 1}
    assert "300000000" not in json.dumps(acts)


_VALID: list[Json] = [
    *plans.base(),
    plans.entry("assessment"),
    plans.entry("amount"),
    plans.entry("milestone_reached"),
    plans.entry("observation"),
]
_NEEDS = {"body": {"plan"}, "objective": {"plan"}, "action": {"plan"}, "milestone": {"plan"}, "series": {"plan"}}
_NEEDS |= {
    "committee": {"plan", "body"},
    "decision": {"plan", "body", "committee"},
    "assessment": {"plan", "action", "body"},
}
_NEEDS |= {
    "amount": {"plan", "body"},
    "milestone_reached": {"plan", "milestone", "body"},
    "observation": {"plan", "series"},
}


@given(st.permutations(range(len(_VALID))), st.integers(1, len(_VALID)))
@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
async def test_any_order_that_defines_before_it_names_leaves_the_same_register(
    context: Context, secretary: Secretary, order: list[int], cut: int
) -> None:
    """Drawn orders are put right as little as it takes, and sent in two requests; then all of it again."""
    plan = fresh_code()
    kinds = {one["type"] for one in _VALID}
    waiting, sorted_, there = [_VALID[place] for place in order], [], set[str]()
    while waiting:
        one = next(one for one in waiting if _NEEDS.get(one["type"], set()) <= there)
        waiting.remove(one)
        there.add(one["type"])
        sorted_.append({**one, "plan": plan, "id": plans.key()})
    for part in (sorted_[:cut], sorted_[cut:]):
        if part:
            assert set(await secretary.enter(*part)) == {"created"}
    assert set(await secretary.enter(*sorted_)) == {"unchanged"}
    async with context.database.reading() as session:
        found = await queries.load(session, plan)
    assert {one.type.value for one in standing(found)} == kinds
    assert {one.id: one for one in standing(found)} == {one.id: one for one in plans.read(*sorted_)}


async def test_the_plan_meant_is_the_one_valid_that_day_else_the_last_to_end(context: Context) -> None:
    spans = {
        "choix-a": ("2010-01-01", "2013-01-01"),
        "choix-b": ("2012-01-01", "2014-01-01"),
        "choix-c": ("2012-06-01", "2012-07-01"),
        "choix-d": ("2090-01-01", "2091-01-01"),
    }
    for name, (since, until) in spans.items():
        await plans.record(context, plans.entry("plan", plan=name, valid_from=since, valid_to=until))
    gone = plans.entry("plan", plan="choix-e", valid_from="2012-06-02", valid_to="2099-01-01")
    await plans.record(context, gone, plans.entry("withdrawal", plan="choix-e", corrects=gone["id"]))
    async with context.database.reading() as session:
        for day, meant in {
            "2011-01-01": "choix-a",
            "2012-03-01": "choix-b",
            "2012-06-15": "choix-c",
            "2013-12-31": "choix-b",
            "2014-01-01": "choix-d",
        }.items():
            assert (await chosen_plan(session, None, date.fromisoformat(day))).plan == meant
        assert (await chosen_plan(session, "choix-a", date(2030, 1, 1))).plan == "choix-a"
        for unknown in ("choix-e", "choix-f"):
            with pytest.raises(Problem, match="no such plan"):
                await chosen_plan(session, unknown, date(2012, 6, 15))


async def test_plans_are_listed_as_last_worded(secretary: Secretary, code: str) -> None:
    title = {"fr": "Prolongé", "en": "Prolonged"}
    later = plans.entry("plan", plan=code, on="2021-06-01", title=title, valid_to="2023-01-01")
    await secretary.enter(plans.entry("plan", plan=code), later)
    (one,) = [one for one in (await secretary.get("plans")).json()["items"] if one["code"] == code]
    assert (one["title"], one["adopted_on"], one["valid_to"]) == (title, "2021-06-01", "2023-01-01")


async def test_one_post_does_not_hide_a_plan_and_all_that_stands_in_it(
    context: Context, secretary: Secretary, code: str
) -> None:
    plan, *rest = plans.base(code)
    await secretary.enter(plan, *rest)
    before = await count(context)
    gone = plans.entry("withdrawal", plan=code, corrects=plan["id"])
    assert faults(await secretary.post(gone)) == [("/entries/0/corrects", "named")]
    assert (await secretary.get("plan", plan=code)).status_code == 200
    assert await count(context) == before
    undone = [plans.entry("withdrawal", plan=code, corrects=one["id"]) for one in reversed(rest)]
    assert set(await secretary.enter(*undone, gone)) == {"created"}


async def test_what_was_known_of_a_plan_that_was_withdrawn_can_still_be_asked(
    secretary: Secretary, clock: SetClock, code: str
) -> None:
    plan = plans.entry("plan", plan=code)
    await secretary.enter(plan)
    known = clock().isoformat()
    clock.advance(timedelta(hours=5))
    await secretary.enter(plans.entry("withdrawal", plan=code, corrects=plan["id"]))
    assert (await secretary.get("plan", plan=code)).status_code == 404
    assert (await secretary.get("plan", plan=code, known_at=known)).json()["title"] == plan["title"]


async def test_the_past_is_told_in_the_words_of_its_own_wording(
    secretary: Secretary, clock: SetClock, code: str
) -> None:
    first = plans.entry("plan", plan=code, on="2019-05-01")
    await secretary.enter(first)
    known = clock().isoformat()
    clock.advance(timedelta(hours=5))
    title = {"fr": "Prolongé", "en": "Prolonged"}
    await secretary.enter(plans.entry("plan", plan=code, on="2021-06-01", title=title, valid_to="2023-01-01"))
    questions: list[tuple[dict[str, str], tuple[str, str]]] = [
        ({}, ("Prolongé", "2023-01-01")),
        ({"at": "2021-06-01"}, ("Prolongé", "2023-01-01")),
        ({"at": "2021-05-31"}, ("Intitulé", "2022-01-01")),
        ({"at": "2019-01-01"}, ("Intitulé", "2022-01-01")),
        ({"known_at": known}, ("Intitulé", "2022-01-01")),
        ({"known_at": "2020-01-01T12:00:00Z"}, ("Intitulé", "2022-01-01")),
    ]
    for asked, worded in questions:
        answer = (await secretary.get("plan", plan=code, **asked)).json()
        assert (answer["title"]["fr"], answer["valid_to"]) == worded


async def test_what_happened_is_not_entered_before_it_happened(
    secretary: Secretary, clock: SetClock, code: str
) -> None:
    """The day is that of Paris: a quarter of an hour before midnight it is still today."""
    await secretary.enter(*plans.base(code))
    clock.now = NIGHT.replace(hour=23, minute=45)
    tomorrow = plans.entry("assessment", plan=code, on="2026-03-03")
    assert faults(await secretary.post(tomorrow)) == [("/entries/0/on", "rule")]
    clock.advance(timedelta(minutes=15))
    assert await secretary.enter(tomorrow) == ["created"]


async def test_the_document_shows_an_entry_of_each_type_and_all_of_them_can_be_entered(
    secretary: Secretary,
) -> None:
    bodies = EntriesReceived.model_json_schema()["examples"]
    assert [body["entries"][0]["type"] for body in bodies] == [kind for kind in EntryType if kind != "acknowledgement"]
    for body in bodies:
        assert len(body["entries"]) == 1
        assert await secretary.enter(*body["entries"]) == ["created"]
        (read,) = plans.read(*body["entries"])
        assert queries.written(read) == body["entries"][0]


async def test_more_entries_than_one_request_takes_are_refused(secretary: Secretary) -> None:
    many = [plans.entry("body", code=f"b{n}") for n in range(501)]
    assert faults(await secretary.post(*many)) == [("/entries", "too_long")]
    assert faults(await secretary.post()) == [("/entries", "too_short")]


@pytest.mark.parametrize("role", [Role.coordinator, Role.monitor, Role.administrator, Role.dpo])
async def test_only_the_secretariat_of_the_plan_writes(
    client: httpx.AsyncClient, context: Context, house: House, role: Role
) -> None:
    other = Secretary(client, await members.account_token(context, house, role), house)
    before = await count(context)
    assert (await other.post(*plans.base("role"))).status_code == 403
    assert (await other.send("body", "x")).status_code == 403
    assert await count(context) == before
    reads = role in {Role.coordinator, Role.monitor}
    assert ((await other.get("plans")).status_code == 200) is reads


async def test_an_account_of_the_secretariat_is_kept_by_the_database(context: Context, house: House) -> None:
    account = await members.new_account(context, house, Role.plan_secretary)
    key = account.bytes if context.database.is_sqlite else account
    async with context.database.reading() as session:
        held = (await session.execute(text("SELECT role FROM account WHERE id = :id"), {"id": key})).scalar_one()
    assert held == "plan_secretary"


async def test_the_digest_of_an_entry_does_not_depend_on_how_it_was_written(secretary: Secretary, code: str) -> None:
    plan = plans.entry("plan", plan=code)
    await secretary.enter(plan)
    reversed_ = dict(reversed(plan.items())) | {"perimeter": None, "corrects": None, "id": plan["id"].upper()}
    assert orjson.dumps(reversed_) != orjson.dumps(plan)
    assert await secretary.enter(reversed_) == ["unchanged"]


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE plan_entry SET recorded_at = 0",
        "DELETE FROM plan_entry",
        (
            "REPLACE INTO plan_entry (id, plan, type, on_day, recorded_at, role, content, digest)"
            " SELECT id, plan, type, on_day, 0, role, content, zeroblob(32) FROM plan_entry LIMIT 1"
        ),
    ],
)
@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
async def test_what_was_entered_is_guarded_by_the_file_itself(
    secretary: Secretary, context: Context, code: str, statement: str
) -> None:
    """On PostgreSQL the rights of the serving role do this: tests/deploy/test_audit_roles.py."""
    await secretary.enter(plans.entry("plan", plan=code))
    with pytest.raises(IntegrityError, match="only added to"):
        async with context.database.writing() as session:
            await session.execute(text(statement))
