"""Entity tags: an answer that is sent again only when it changed (RFC 9110, 8.8.3 and 13.1.2)."""

from hashlib import sha256
from typing import Annotated, Any, Final

from fastapi import Header, Response

IfNoneMatch = Annotated[str | None, Header(max_length=1000, description="`ETag` of the answer the caller holds.")]
_DOCUMENTED: Final = {
    "ETag": {"description": "Strong entity tag: the SHA-256 of the body.", "schema": {"type": "string"}}
}
TAGGED: Final[dict[int | str, dict[str, Any]]] = {
    200: {"headers": _DOCUMENTED},
    304: {"description": "Nothing changed since the tag sent.", "headers": _DOCUMENTED},
}
"""The `responses=` of a route that answers with `tagged_json` or `tagged`."""


def tag_of(body: bytes) -> str:
    """Return the strong entity tag of a body: its SHA-256."""
    return f'"{sha256(body).hexdigest()}"'


def tagged_json(body: bytes, tag: str, if_none_match: str | None) -> Response:
    """Return a JSON body with its tag, or 304 when the caller holds it already."""
    headers = {"ETag": tag, "Cache-Control": "private, no-cache"}
    if _holds(if_none_match, tag):
        return Response(status_code=304, headers=headers)
    return Response(body, media_type="application/json", headers=headers)


def tagged(answer: Response, if_none_match: str | None) -> Response:
    """Return an answer in whichever form with the tag of its body, or 304 when the caller holds it already."""
    headers = {"ETag": tag_of(bytes(answer.body)), "Cache-Control": "private, no-cache", "Vary": "Accept"}
    if _holds(if_none_match, headers["ETag"]):
        return Response(status_code=304, headers=headers)
    answer.headers.update(headers)
    return answer


def frozen_file(body: bytes, digest: bytes, media: str, if_none_match: str | None, name: str | None = None) -> Response:
    """Return bytes that never change, for any cache to keep a year; a name makes them a file to be saved."""
    tag = f'"{digest.hex()}"'
    headers = {"ETag": tag, "Cache-Control": "public, max-age=31536000, immutable", "Vary": "Accept"}
    if _holds(if_none_match, tag):
        return Response(status_code=304, headers=headers)
    if name is not None:
        headers["Content-Disposition"] = f'attachment; filename="{name}"'
    return Response(body, media_type=media, headers=headers)


def _holds(if_none_match: str | None, tag: str) -> bool:
    """Say whether a tag is among those sent; a proxy that compresses may have weakened it."""
    sent = [one.strip().removeprefix("W/") for one in (if_none_match or "").split(",")]
    return tag in sent or sent == ["*"]
