"""How a route says who may call it: `principal: Annotated[Principal, allowed(Permission.encounter_write)]`."""

from typing import Any, Final

from fastapi import Depends, Request
from fastapi.openapi.models import HTTPBearer
from fastapi.security.base import SecurityBase

from app import errors
from app.http.context import context_of
from app.identity.rules import Principal, authorise
from app.identity.service import Authenticator
from app.identity.vocabulary import Permission


class Guard(SecurityBase):
    """The one dependency between a request and a route: it knows the caller and lets a permission through.

    The role test of the whole document reads the permission back.
    """

    model = HTTPBearer(description="`Authorization: Bearer mrd_...`, from an enrolment or a renewal.")
    scheme_name = "token"

    def __init__(self, permission: Permission) -> None:
        """Guard with one permission."""
        self.permission: Final = permission

    async def __call__(self, request: Request) -> Principal:
        """Return the principal, or raise unauthenticated or forbidden."""
        scheme, _, token = request.headers.get("authorization", "").partition(" ")
        if scheme.lower() != "bearer":
            raise errors.unauthenticated()
        authenticator: Authenticator = request.app.state.authenticator
        principal = await authenticator.principal(context_of(request), token.strip())
        request.state.role = principal.role.value
        authorise(principal, self.permission)
        return principal


def allowed(permission: Permission) -> Any:  # noqa: ANN401 - FastAPI's Depends is untyped
    """Return the dependency that yields the principal when its role has the permission."""
    return Depends(Guard(permission))
