import asyncio
import logging
from datetime import timedelta
from typing import Any, Self
from uuid import UUID

import httpx
import pytest
from sqlalchemy import event, text

from app import errors
from app.audit import queries as audit_queries
from app.audit import service as audit
from app.demo.device import Device
from app.http.context import Context
from app.identity import queries, service
from app.identity.records import TokenInUse
from app.identity.service import Authenticator
from app.identity.tokens import digest_of, handle_of, new_token
from app.identity.vocabulary import ACCOUNT_ROLES, GRANTS, Role
from tests.clock import SetClock
from tests.members import House, account_token, enrolled, found, new_account, open_code, revoke, token_of
from tests.street import notes

UNKNOWN = "mrd_00000000000000000000000000000000000000000002nYOCw"


@pytest.fixture(scope="module")
async def house(context: Context) -> House:
    return await found(context)


@pytest.fixture
async def phone(client: httpx.AsyncClient, context: Context, house: House) -> Device:
    return await enrolled(client, context, house)


async def me(client: httpx.AsyncClient, token: str) -> httpx.Response:
    return await client.get("/v1/me", headers={"Authorization": f"Bearer {token}"})


class Counted:
    """Counts what an authenticator asks of the database."""

    def __init__(self, context: Context) -> None:
        self.statements = 0
        self._engine = context.database._reader.sync_engine

    def __enter__(self) -> Self:
        event.listen(self._engine, "before_cursor_execute", self._count)
        return self

    def __exit__(self, *_: object) -> None:
        event.remove(self._engine, "before_cursor_execute", self._count)

    def _count(self, _connection: Any, _cursor: Any, statement: str, *_: object) -> None:
        self.statements += not statement.startswith(("BEGIN", "SET"))


async def test_me_says_who_a_phone_is(client: httpx.AsyncClient, phone: Device, house: House) -> None:
    answer = (await me(client, phone.token)).json()
    assert answer == {
        "role": "team_device",
        "subject_id": phone.enrolled["device_id"],
        "organisation": {"id": str(house.org_id), "name": house.name},
        "team": {"id": str(house.team_id), "name": "Maraude", "night": True},
        "facility_id": None,
        "reach": "organisation",
        "perimeter": None,
        "permissions": sorted(GRANTS[Role.team_device]),
        "expires_at": phone.enrolled["expires_at"],
    }


@pytest.mark.parametrize("role", [Role.coordinator, Role.monitor, Role.administrator, Role.dpo])
async def test_me_says_who_a_person_is(client: httpx.AsyncClient, context: Context, house: House, role: Role) -> None:
    token = await account_token(context, house, role, "paris-nord-est")
    answer = (await me(client, token)).json()
    assert (answer["role"], answer["reach"], answer["perimeter"]) == (role.value, "perimeter", "paris-nord-est")
    assert answer["organisation"]["id"] == str(house.org_id)
    assert answer["team"] is None


async def test_tokens_of_two_organisations_speak_for_their_own(client: httpx.AsyncClient, context: Context) -> None:
    houses = [await found(context), await found(context)]
    phones = [await enrolled(client, context, house) for house in houses]
    for house, phone in zip(houses, phones, strict=True):
        assert (await me(client, phone.token)).json()["organisation"]["id"] == str(house.org_id)


@pytest.mark.parametrize(
    "header",
    ["", "Bearer", "Bearer ", "Bearer x", "Basic bXJkXzp4", "Bearer mrd_" + "0" * 49, f"bearer {UNKNOWN}", "mrd_x"],
)
async def test_anything_but_a_token_in_use_is_refused(client: httpx.AsyncClient, header: str) -> None:
    answer = await client.get("/v1/me", headers={"Authorization": header})
    assert answer.status_code == 401
    assert answer.headers["WWW-Authenticate"] == "Bearer"
    assert (await client.get("/v1/me")).json() == answer.json()


async def test_a_token_ends_when_it_said_even_while_it_is_remembered(
    client: httpx.AsyncClient, phone: Device, clock: SetClock
) -> None:
    clock.advance(timedelta(hours=24) - timedelta(milliseconds=1))
    assert (await me(client, phone.token)).status_code == 200
    clock.advance(timedelta(milliseconds=1))
    assert (await me(client, phone.token)).status_code == 401


async def test_a_revoked_device_is_refused_within_a_second(
    client: httpx.AsyncClient, phone: Device, context: Context, house: House
) -> None:
    assert (await me(client, phone.token)).status_code == 200
    await revoke(context, house, phone)
    await asyncio.sleep(1)
    assert (await me(client, phone.token)).status_code == 401


async def test_a_revocation_holds_on_every_worker(phone: Device, context: Context, house: House) -> None:
    now = 0.0
    workers = [Authenticator(lambda: now) for _ in range(3)]
    for worker in workers:
        await worker.principal(context, phone.token)
        now += 0.3
    await revoke(context, house, phone)
    now += 0.999
    for worker in workers:
        with pytest.raises(errors.Problem, match="unauthenticated"):
            await worker.principal(context, phone.token)


async def test_a_revoked_account_and_a_withdrawn_token_are_refused(
    client: httpx.AsyncClient, context: Context, house: House
) -> None:
    account_id = await new_account(context, house, Role.coordinator)
    first, second = [await token_of(context, house, account_id) for _ in range(2)]
    async with context.database.writing() as session:
        await service.revoke_token(session, context.keyring, context.clock(), first)
    assert [(await me(client, token)).status_code for token in (first, second)] == [401, 200]
    async with context.database.writing() as session:
        await service.revoke_account(
            session, context.keyring, context.clock(), org_id=house.org_id, account_id=account_id
        )
    await asyncio.sleep(1)
    assert [(await me(client, token)).status_code for token in (first, second)] == [401, 401]


async def pull_token(context: Context, house: House, account_id: UUID, days: int) -> str:
    async with context.database.writing() as session:
        issued = await service.issue_pull_token(
            session, context.keyring, context.clock(), days, org_id=house.org_id, account_id=account_id
        )
    assert issued.expires_at == context.clock() + timedelta(days=days)
    return issued.token


async def in_use(context: Context, house: House, account_id: UUID) -> list[TokenInUse]:
    async with context.database.reading() as session:
        listed = await service.list_tokens(session, house.org_id, context.clock())
    return [token for token in listed if token.account_id == account_id]


async def withdraw(context: Context, house: House, handle: str) -> None:
    async with context.database.writing() as session:
        await service.revoke_token_called(session, context.keyring, context.clock(), org_id=house.org_id, handle=handle)


async def plant(context: Context, house: House, account_id: UUID, digest: bytes) -> None:
    """Store a token of a digest, whose text nobody knows."""
    row = {"digest": digest, "org_id": house.org_id, "device_id": None, "account_id": account_id, "revoked_at": None}
    span = {"issued_at": context.clock(), "expires_at": context.clock() + timedelta(days=1)}
    async with context.database.writing() as session:
        await queries.add(session, queries.TOKEN, row | span)


class TestPullTokens:
    @pytest.mark.parametrize("days", [1, 90])
    async def test_last_as_many_days_as_they_said_and_not_a_moment_more(
        self, client: httpx.AsyncClient, context: Context, house: House, clock: SetClock, days: int
    ) -> None:
        token = await pull_token(context, house, await new_account(context, house, Role.monitor), days)
        answer = (await me(client, token)).json()
        assert (answer["role"], answer["permissions"]) == ("monitor", sorted(GRANTS[Role.monitor]))
        clock.advance(timedelta(days=days) - timedelta(milliseconds=1))
        assert (await me(client, token)).status_code == 200
        clock.advance(timedelta(milliseconds=1))
        assert (await me(client, token)).status_code == 401

    @pytest.mark.parametrize("role", [role for role in ACCOUNT_ROLES if role is not Role.monitor])
    async def test_are_for_monitors_only(self, context: Context, house: House, role: Role) -> None:
        account_id = await new_account(context, house, role)
        before = await notes(context, house.org_id, "token.issue")
        with pytest.raises(errors.Problem) as refused:
            await pull_token(context, house, account_id, 1)
        assert refused.value.kind is errors.invalid
        assert [one.pointer for one in refused.value.faults] == ["/days"]
        async with context.database.reading() as session:
            assert account_id not in await service.token_ends(session, house.org_id, context.clock())
        assert await notes(context, house.org_id, "token.issue") == before

    async def test_are_not_for_an_account_that_is_shut_out(self, context: Context, house: House) -> None:
        account_id = await new_account(context, house, Role.monitor)
        async with context.database.writing() as session:
            await service.revoke_account(
                session, context.keyring, context.clock(), org_id=house.org_id, account_id=account_id
            )
        with pytest.raises(errors.Problem, match="not-found"):
            await pull_token(context, house, account_id, 1)

    @pytest.mark.parametrize("whole_account", [False, True])
    async def test_are_refused_by_every_worker_within_a_second_of_their_revocation(
        self, context: Context, house: House, *, whole_account: bool
    ) -> None:
        account_id = await new_account(context, house, Role.monitor)
        token = await pull_token(context, house, account_id, 90)
        now = 0.0
        workers = [Authenticator(lambda: now) for _ in range(3)]
        for worker in workers:
            await worker.principal(context, token)
            now += 0.3
        async with context.database.writing() as session:
            hand = (session, context.keyring, context.clock())
            if whole_account:
                await service.revoke_account(*hand, org_id=house.org_id, account_id=account_id)
            else:
                await service.revoke_token(*hand, token)
        now += 0.999
        for worker in workers:
            with pytest.raises(errors.Problem, match="unauthenticated"):
                await worker.principal(context, token)

    async def test_are_written_down_with_their_length(self, context: Context, house: House) -> None:
        account_id = await new_account(context, house, Role.monitor)
        await pull_token(context, house, account_id, 30)
        await token_of(context, house, account_id)
        kept = [one for one in await notes(context, house.org_id, "token.issue") if one["account"] == str(account_id)]
        handles = [one.pop("handle") for one in kept]
        assert kept == [{"account": str(account_id), "days": "30"}, {"account": str(account_id)}]
        assert sorted(handles) == sorted(handle_of(one.digest) for one in await in_use(context, house, account_id))


class TestHandles:
    """A token is ended by what it is called, when its text is lost."""

    async def test_end_one_token_of_an_account_and_leave_the_other(
        self, client: httpx.AsyncClient, context: Context, house: House
    ) -> None:
        account_id = await new_account(context, house, Role.monitor)
        lost, kept = [await pull_token(context, house, account_id, days) for days in (30, 90)]
        handles = [handle_of(one.digest) for one in await in_use(context, house, account_id)]
        await withdraw(context, house, handles[0].upper())
        assert [(await me(client, token)).status_code for token in (lost, kept)] == [401, 200]
        assert [handle_of(one.digest) for one in await in_use(context, house, account_id)] == handles[1:]
        assert (await notes(context, house.org_id, "token.revoke"))[-1]["digest"].startswith(handles[0])

    async def test_that_several_tokens_have_in_common_end_none(self, context: Context, house: House) -> None:
        account_id = await new_account(context, house, Role.monitor)
        for ending in (1, 2):
            await plant(context, house, account_id, bytes.fromhex("c0ffee") + bytes([ending]) * 29)
        with pytest.raises(errors.Problem, match="conflict"):
            await withdraw(context, house, "c0ffee")
        assert len(await in_use(context, house, account_id)) == 2
        await withdraw(context, house, "c0ffee01")
        assert len(await in_use(context, house, account_id)) == 1

    @pytest.mark.parametrize("typed", ["", "c0f", "%", "c0ffee9", "no handle", "C0FFEE\0", "c0ffee" * 20])
    async def test_that_no_token_has_end_none(self, context: Context, house: House, typed: str) -> None:
        with pytest.raises(errors.Problem, match="not-found"):
            await withdraw(context, house, typed)

    async def test_of_another_organisation_end_none(self, context: Context, house: House) -> None:
        elsewhere = await found(context)
        account_id = await new_account(context, elsewhere, Role.monitor)
        await pull_token(context, elsewhere, account_id, 30)
        [token] = await in_use(context, elsewhere, account_id)
        with pytest.raises(errors.Problem, match="not-found"):
            await withdraw(context, house, handle_of(token.digest))
        assert await in_use(context, elsewhere, account_id) == [token]

    async def test_are_listed_of_accounts_that_are_let_in(
        self, context: Context, house: House, clock: SetClock
    ) -> None:
        account_id = await new_account(context, house, Role.monitor)
        await pull_token(context, house, account_id, 1)
        clock.advance(timedelta(days=1))
        assert await in_use(context, house, account_id) == []
        await pull_token(context, house, account_id, 1)
        async with context.database.writing() as session:
            await service.revoke_account(
                session, context.keyring, context.clock(), org_id=house.org_id, account_id=account_id
            )
        assert await in_use(context, house, account_id) == []


async def test_the_ends_of_tokens_are_known_until_these_are_over_or_withdrawn(
    context: Context, house: House, clock: SetClock
) -> None:
    async def ends() -> list[timedelta]:
        async with context.database.reading() as session:
            found = await service.token_ends(session, house.org_id, context.clock())
        return [end - start for end in found.get(account_id, ())]

    start = clock.now
    account_id = await new_account(context, house, Role.monitor)
    assert await ends() == []
    month = await pull_token(context, house, account_id, 30)
    await token_of(context, house, account_id)
    assert await ends() == [timedelta(days=1), timedelta(days=30)]
    clock.advance(timedelta(days=1))
    assert await ends() == [timedelta(days=30)]
    async with context.database.writing() as session:
        await service.revoke_token(session, context.keyring, context.clock(), month)
    assert await ends() == []


async def test_a_token_is_read_once_a_second_by_one_statement(phone: Device, context: Context) -> None:
    now = 0.0
    worker = Authenticator(lambda: now)
    with Counted(context) as counted:
        for _ in range(20):
            await worker.principal(context, phone.token)
        assert counted.statements == 1
        now = 1.0
        await worker.principal(context, phone.token)
        assert counted.statements == 2


async def test_what_was_never_a_token_does_not_reach_the_database(context: Context) -> None:
    worker = Authenticator()
    with Counted(context) as counted:
        for token in ("", "x", "mrd_" + "0" * 49, new_token()[:-1] + "é"):
            with pytest.raises(errors.Problem, match="unauthenticated"):
                await worker.principal(context, token)
        assert counted.statements == 0
        with pytest.raises(errors.Problem, match="unauthenticated"):
            await worker.principal(context, new_token())
        assert counted.statements == 1


async def test_a_worker_remembers_a_bounded_number_of_tokens(
    phone: Device, context: Context, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("app.identity.service.authentication._MOST_HELD", 3)
    worker = Authenticator()
    for _ in range(5):
        answer = await phone.send_proof(phone.proof())
        await worker.principal(context, answer.json()["token"])
    await worker.principal(context, phone.token)
    assert len(worker._held) == 3
    assert digest_of(phone.token) in worker._held


async def test_expired_tokens_leave_the_database(
    phone: Device, context: Context, clock: SetClock, client: httpx.AsyncClient
) -> None:
    clock.advance(timedelta(days=300))
    await phone.renew()
    async with context.database.reading() as session:
        tokens = (await session.execute(text("SELECT count(*) FROM token"))).scalar_one()
        proofs = (await session.execute(text("SELECT count(*) FROM proof_seen"))).scalar_one()
    assert (tokens, proofs) == (1, 1)
    assert (await me(client, phone.token)).status_code == 200


async def test_every_act_stands_in_the_organisations_audit_chain(client: httpx.AsyncClient, context: Context) -> None:
    house = await found(context)
    phone = await enrolled(client, context, house)
    await phone.renew()
    await account_token(context, house, Role.dpo)
    await revoke(context, house, phone)
    await revoke(context, house, phone)
    async with context.database.reading() as session:
        acts = [entry.action for entry in await audit_queries.chain(session, house.org_id)]
        assert await audit.first_broken(session, context.keyring, house.org_id) is None
    assert acts == [
        "organisation.create",
        "team.create",
        "enrolment.open",
        "device.enrolment",
        "token.renew",
        "account.create",
        "token.issue",
        "device.revoke",
    ]


async def test_no_secret_reaches_a_log_or_the_database(
    client: httpx.AsyncClient, context: Context, house: House, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    code = await open_code(context, house)
    phone = Device(client, context.settings.public_url, context.clock)
    await phone.enrol(code)
    proof = phone.proof()
    await phone.send_proof(proof)
    await phone.send_proof(proof)
    await me(client, phone.token)
    await client.post("/v1/enrolments", json={"code": code, "public_key": "x"})
    logged = "\n".join(f"{record.getMessage()} {record.exc_info} {record.__dict__}" for record in caplog.records)
    stored = await everything_stored(context)
    for secret in (phone.token, code, code.replace("-", ""), code.replace("-", "")[4:], proof, proof.split(".")[2]):
        assert secret not in logged
        assert secret.encode() not in stored


async def everything_stored(context: Context) -> bytes:
    """Every column of this feature's tables, one after the other."""
    stored = b""
    async with context.database.reading() as session:
        for table in ("organisation", "team", "device", "enrolment", "account", "token", "proof_seen", "audit_entry"):
            for row in await session.execute(text(f"SELECT * FROM {table}")):  # noqa: S608 - names of the schema
                stored += b"|".join(v if isinstance(v, bytes) else str(v).encode() for v in row)
    return stored
