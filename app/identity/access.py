"""How a route says who may call it: `principal: Annotated[Principal, allowed(Permission.encounter_write)]`."""

from typing import Annotated, Any, Final

from fastapi import Depends, Request, Security
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer

from app import errors
from app.http.context import context_of
from app.identity.rules import Principal, authorise
from app.identity.service import Authenticator
from app.identity.vocabulary import Permission

_bearer: Final = HTTPBearer(
    auto_error=False,
    scheme_name="token",
    description="`Authorization: Bearer mrd_...`, from an enrolment or a renewal.",
)


async def _principal(
    request: Request, credentials: Annotated[HTTPAuthorizationCredentials | None, Security(_bearer)]
) -> Principal:
    if credentials is None:
        raise errors.unauthenticated()
    authenticator: Authenticator = request.app.state.authenticator
    principal = await authenticator.principal(context_of(request), credentials.credentials)
    request.state.role = principal.role.value
    return principal


class Guard:
    """The dependency that lets a permission through; the role test of the whole document reads it back."""

    def __init__(self, permission: Permission) -> None:
        """Guard with one permission."""
        self.permission: Final = permission

    async def __call__(self, principal: Principal = Depends(_principal)) -> Principal:
        """Return the principal, or raise unauthenticated or forbidden."""
        authorise(principal, self.permission)
        return principal


def allowed(permission: Permission) -> Any:  # noqa: ANN401 - FastAPI's Depends is untyped
    """Return the dependency that yields the principal when its role has the permission."""
    return Depends(Guard(permission))
