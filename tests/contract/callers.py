"""One caller of every role, and requests that are right in everything but who sends them."""

import json
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import httpx

from app.demo.device import Device
from app.http.context import Context
from app.identity.vocabulary import ACCOUNT_ROLES, Role
from tests import members, places
from tests.contract import document as walk
from tests.contract.document import Json
from tests.members import House

NOBODY, REVOKED, STRANGER = "nobody", "revoked", "made_up"
CALLERS = (*(role.value for role in Role), NOBODY, REVOKED, STRANGER)
_MADE_UP = "mrd_2nV8cQyJ7mXw4RkT0sLbFh6ZpGdE1uAq9CyWjN5oKtIxSvBeMr00aB3d"


@dataclass(frozen=True)
class Organisation:
    """An organisation with a phone, a facility with its desk, and people of every role."""

    house: House
    phone: Device
    facility_id: UUID
    desk: Device
    tokens: dict[str, str]


async def organisation(client: httpx.AsyncClient, context: Context) -> Organisation:
    """Found an organisation whose callers are all different."""
    house = await members.found(context)
    facility_id = await places.opened(context, house)
    phone = await members.enrolled(client, context, house)
    desk = await places.desk(client, context, house, facility_id)
    tokens = {Role.team_device.value: phone.token, Role.facility_device.value: desk.token, STRANGER: _MADE_UP}
    for role in ACCOUNT_ROLES:
        tokens[role.value] = await members.account_token(context, house, role)
    shut_out = await members.enrolled(client, context, house)
    await members.revoke(context, house, shut_out)
    return Organisation(house, phone, facility_id, desk, tokens | {REVOKED: shut_out.token})


def headers(token: str | None) -> dict[str, str]:
    """Return the headers that show a token."""
    return {"Authorization": f"Bearer {token}"} if token is not None else {}


def request(document: Json, path: str, method: str, operation: Json) -> dict[str, Any]:
    """Return httpx's arguments of a request that the document itself gives as an example; it stores nothing."""
    query: dict[str, str] = {}
    for parameter in operation.get("parameters", ()):
        if parameter["in"] == "path":
            path = path.replace(f"{{{parameter['name']}}}", _example(parameter["schema"]))
        elif parameter["name"] == "dry_run":
            query["dry_run"] = "true"
        elif parameter.get("required"):
            query[parameter["name"]] = _example(parameter["schema"])
    schema = walk.request_schema(operation)
    body: dict[str, Any] = {}
    if schema is not None:
        content = json.dumps(walk.resolved(document, schema)["examples"][0])
        body = {"content": content, "headers": {"Content-Type": "application/json"}}
    for media, read in operation.get("requestBody", {}).get("content", {}).items():
        if media != "application/json":
            body = {"content": read["schema"]["examples"][0], "headers": {"Content-Type": media}}
    return {"method": method.upper(), "url": path, "params": query, **body}


def _example(schema: Json) -> str:
    if schema.get("format") == "uuid":
        return "0195f1c2-5b7a-7c3e-9a41-2f60d1a4b7c9"
    return str(schema["examples"][0])
