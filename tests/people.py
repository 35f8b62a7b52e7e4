"""People who sign in, in tests: invited as the command line invites them, with an authenticator app of their own."""

from dataclasses import dataclass, field
from http.cookies import SimpleCookie
from typing import Any
from urllib.parse import parse_qs, urlsplit
from uuid import UUID

import httpx
import pyotp

from app.clock import Clock
from app.http.context import Context
from app.identity.vocabulary import Role
from app.signin import service
from app.signin.service import Invited
from tests import members
from tests.members import House

PASSWORD = "quatre mots pris au hasard"
SESSION = "__Host-maraude"
BROWSER = "__Host-maraude-browser"
OURS = {"Origin": "http://127.0.0.1:8000", "Sec-Fetch-Site": "same-origin"}
"""What a browser says of a request that a page of this service makes."""


@dataclass
class Person:
    """Somebody with an account, a password, and an app that shows codes."""

    client: httpx.AsyncClient
    clock: Clock
    org_id: UUID
    account_id: UUID
    invited: Invited
    password: str = PASSWORD
    recovery: list[str] = field(default_factory=list)

    @property
    def login(self) -> str:
        return self.invited.login

    def code(self, steps: int = 0) -> str:
        """Return the code the app shows now, or so many steps of 30 s later."""
        [secret] = parse_qs(urlsplit(self.invited.otpauth).query)["secret"]
        return pyotp.TOTP(secret).at(self.clock(), counter_offset=steps)

    async def redeem(self, **changed: str) -> httpx.Response:
        sent = {"invitation": self.invited.code, "password": self.password, "code": self.code()} | changed
        return await self.client.post("/v1/session/invitation", json=sent)

    async def try_in(self, headers: dict[str, str] | None = None, **changed: str) -> httpx.Response:
        """Try to sign in; without other words all is right."""
        sent = {"account": self.login, "password": self.password, "code": self.code()} | changed
        return await self.client.post("/v1/session", json=sent, headers=headers or {})

    async def sign_in(self, headers: dict[str, str] | None = None, **changed: str) -> "Browser":
        answer = await self.try_in(headers, **changed)
        assert answer.status_code == 204, answer.text
        return Browser(self.client, cookies_of(answer))


@dataclass
class Browser:
    """A browser with the cookies it was given."""

    client: httpx.AsyncClient
    cookies: dict[str, str]

    async def ask(self, method: str, path: str, headers: dict[str, str] | None = None, **sent: Any) -> httpx.Response:
        """Send a request as a page of this service would, unless `headers` say otherwise."""
        said = OURS if headers is None else headers
        return await self.client.request(method, path, headers={**said, "Cookie": self.cookie}, **sent)

    async def whoami(self) -> httpx.Response:
        return await self.ask("GET", "/v1/session")

    @property
    def cookie(self) -> str:
        return f"{SESSION}={self.cookies[SESSION]}"


def cookies_of(answer: httpx.Response) -> dict[str, str]:
    """Return {name: value} of the cookies an answer sets."""
    return {
        name: morsel.value
        for line in answer.headers.get_list("set-cookie")
        for name, morsel in SimpleCookie(line).items()
    }


def kind_of(answer: httpx.Response) -> str:
    named: str = answer.json()["type"].removeprefix("/problems/")
    return named


async def invited(client: httpx.AsyncClient, context: Context, house: House, role: Role = Role.coordinator) -> Person:
    """Make an account and invite its person."""
    account_id = await members.new_account(context, house, role)
    async with context.database.writing() as session:
        made = await service.invite(
            session,
            context.keyring,
            context.settings,
            context.clock(),
            org_id=house.org_id,
            account_id=account_id,
        )
    return Person(client, context.clock, house.org_id, account_id, made)


async def joined(client: httpx.AsyncClient, context: Context, house: House, role: Role = Role.coordinator) -> Person:
    """Invite a person who has redeemed the invitation; the code that took is used up, the next one is not."""
    person = await invited(client, context, house, role)
    answer = await person.redeem(code=person.code(-1))
    assert answer.status_code == 200, answer.text
    person.recovery = answer.json()["recovery_codes"]
    return person
