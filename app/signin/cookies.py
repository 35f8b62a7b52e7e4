"""The cookies: `__Host-`, Secure, HttpOnly, for the whole service and nobody else."""

from typing import Final, Literal

from fastapi import Request, Response

from app.identity.service import SESSION_COOKIE
from app.signin.service import SignedIn

BROWSER_COOKIE: Final = "__Host-maraude-browser"
"""By it a browser that signed in before is known again; it opens nothing."""
JOURNEY_COOKIE: Final = "__Host-maraude-journey"
"""What a browser carries to the OpenID provider and back. Lax: the way back begins on the provider's site."""
_BROWSER_S: Final = 90 * 86_400
_LONGEST_READ: Final = 200


def set_cookie(
    response: Response, name: str, value: str, *, max_age: int | None, same_site: Literal["lax", "strict"] = "strict"
) -> None:
    """Set one; without `max_age` the browser drops it when it closes."""
    response.set_cookie(name, value, max_age=max_age, path="/", secure=True, httponly=True, samesite=same_site)


def drop_cookie(response: Response, name: str) -> None:
    """Take one back."""
    response.delete_cookie(name, path="/", secure=True, httponly=True, samesite="strict")


def give(response: Response, signed_in: SignedIn) -> None:
    """Give the browser its session, and what it is known by next time."""
    set_cookie(response, SESSION_COOKIE, signed_in.session.value, max_age=None)
    if signed_in.browser is not None:
        set_cookie(response, BROWSER_COOKIE, signed_in.browser, max_age=_BROWSER_S)


def browser_of(request: Request) -> str | None:
    """Return the cookie of a browser that may have signed in before."""
    sent = request.cookies.get(BROWSER_COOKIE)
    return sent if sent is not None and len(sent) <= _LONGEST_READ else None
