"""Whether a request that carries a cookie was made by a page of this service: browsers send cookies by themselves."""

from typing import Final
from urllib.parse import urlsplit

from fastapi import Request

from app import errors
from app.http.context import context_of

_HARMLESS: Final = frozenset({"GET", "HEAD"})
_OURSELVES: Final = "same-origin"
_BY_THE_USER: Final = "none"
_HIDDEN: Final = "null"


def origin_of(url: str) -> str:
    """Return scheme, host and port of a URL as browsers write an origin."""
    split = urlsplit(url)
    return f"{split.scheme}://{split.netloc}".lower()


def check_origin(request: Request, *, always: bool = False) -> None:
    """Raise `cross_site` unless a page of this service made the request.

    What only reads must not be asked for by another site; what changes something, or is checked `always`, must name
    this service in `Origin`. Under our own `no-referrer` a browser writes `null` there for a form, so `null` counts
    when `Sec-Fetch-Site`, which no page can set, says same-origin.
    """
    site = request.headers.get("sec-fetch-site")
    if site is not None and site not in {_OURSELVES, _BY_THE_USER}:
        raise errors.cross_site()
    if request.method in _HARMLESS and not always:
        return
    origin = request.headers.get("origin", "").lower()
    ours = origin == origin_of(context_of(request).settings.public_url)
    if site == _BY_THE_USER or not (ours or (origin == _HIDDEN and site == _OURSELVES)):
        raise errors.cross_site()


def refuse_other_sites(request: Request) -> None:
    """Raise `cross_site` for a request that a browser says another site made; programs, which say nothing, pass."""
    if "origin" in request.headers or "sec-fetch-site" in request.headers:
        check_origin(request, always=True)
