"""Which permission guards which operation, read back from the application itself."""

from collections.abc import Iterator
from typing import Any

from fastapi import FastAPI
from fastapi.dependencies.models import Dependant
from fastapi.routing import iter_route_contexts

from app.identity.access import Guard
from app.identity.vocabulary import Permission

PUBLIC = {
    "enrol_device": "a device has no token yet: it shows a one-time code",
    "renew_token": "the token may have ended: the device signs a proof",
    "sign_in": "nobody is signed in yet: a person shows password and code",
    "redeem_invitation": "a person has no password yet: a one-time code is shown",
    "get_health": "a supervisor asks; it learns nothing but yes or no",
    "list_problem_kinds": "documentation",
    "get_problem_kind": "documentation",
}
"""The operations that need no token, and why. Everything else is guarded."""

BY_COOKIE = {"read_session", "end_session", "change_password"}
"""The operations of a person's own session: no token opens them."""


def guards(app: FastAPI) -> dict[str, Permission | None]:
    """Return {operation: the permission its guard asks for}; None for an operation without one."""
    found: dict[str, Permission | None] = {}
    for context in iter_route_contexts(app.routes):
        dependant: Dependant | None = getattr(context, "dependant", None)
        if dependant is not None and context.name is not None:
            asked = [call.permission for call in _calls(dependant) if isinstance(call, Guard)]
            assert len(asked) <= 1, f"{context.name} is guarded twice"
            found[context.name] = asked[0] if asked else None
    return found


def _calls(dependant: Dependant) -> Iterator[Any]:
    for below in dependant.dependencies:
        yield below.call
        yield from _calls(below)
