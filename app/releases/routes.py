"""The routes of releases: no parameter but a release's own name, so that no window is subtracted from another."""

from typing import Annotated, Any, Final

import orjson
from fastapi import APIRouter, Path, Response

from app import errors
from app.http.context import Ctx, Reading
from app.http.formats import (
    MEDIA_TYPES,
    SUFFIX,
    Accepted,
    Format,
    also_as_table,
    format_for,
    preferred,
    split_suffix,
)
from app.http.problems import problems
from app.http.tabular import CsvStyle, table_response
from app.http.tags import TAGGED, IfNoneMatch, frozen_file, tagged
from app.identity.access import allowed
from app.identity.rules import Principal
from app.identity.vocabulary import Permission
from app.releases.schemas import CatalogSent, DictionarySent, ReleaseDocument, ReleaseList, ReleaseSent, table_of
from app.releases.service import described, fetch, listed
from app.releases.vocabulary import Part

router: Final = APIRouter(prefix="/v1", tags=["releases"])
_ID: Final = r"20[2-9][0-9](-(0[1-9]|1[0-2]|Q[1-4]))?"
_PROBLEMS: Final = (errors.unauthenticated, errors.forbidden, errors.invalid, errors.unavailable, errors.too_slow)
_LINKED: Final = "application/ld+json"
_ALSO_LINKED: Final[dict[int | str, dict[str, Any]]] = {
    **TAGGED,
    200: {**TAGGED[200], "content": {_LINKED: {"schema": {"$ref": "#/components/schemas/CatalogSent"}}}},
}
Reader = Annotated[Principal, allowed(Permission.release_read)]


@router.get(
    "/releases",
    summary="List releases",
    response_model=ReleaseList,
    responses=problems(*_PROBLEMS, errors.not_acceptable) | also_as_table(TAGGED),
)
async def list_releases(
    _principal: Reader, session: Reading, accepted: Accepted, if_none_match: IfNoneMatch = None
) -> Response:
    """Return every release that was published, by period, with the SHA-256 of its JSON.

    The format is the one that `Accept` prefers among JSON, CSV and Parquet.
    """
    wanted, items = format_for(None, accepted), [ReleaseSent.of(one) for one in await listed(session)]
    if wanted is not Format.json:
        return tagged(table_response(table_of(items), wanted, CsvStyle()), if_none_match)
    body = orjson.dumps(ReleaseList(items=items).model_dump(mode="json"))
    return tagged(Response(body, media_type=MEDIA_TYPES[wanted]), if_none_match)


ReleaseNamed = Annotated[
    str,
    Path(
        pattern=rf"^{_ID}{SUFFIX}$",
        description="Name of the release, perhaps with a suffix: `.json`, `.csv` or `.parquet`.",
        examples=["2026-Q3"],
    ),
]


@router.get(
    "/releases/{release_id}",
    summary="A frozen release",
    response_model=ReleaseDocument,
    responses=problems(*_PROBLEMS, errors.not_found, errors.not_acceptable) | also_as_table(TAGGED),
)
async def get_release(
    _principal: Reader,
    session: Reading,
    accepted: Accepted,
    release_id: ReleaseNamed,
    if_none_match: IfNoneMatch = None,
) -> Response:
    """Return the bytes that were frozen when the release was computed; they never change.

    The format is that of the suffix, else the one that `Accept` prefers among JSON, CSV and Parquet. Counts carry noise
    and are rounded to 5; too small ones are null, zero included. There is no filter, and there will be none.
    """
    stem, suffix = split_suffix(release_id)
    wanted = format_for(suffix, accepted)
    file = await fetch(session, stem, Part(wanted.value))
    name = f"{stem.lower()}.{wanted.value}" if wanted is not Format.json else None
    return frozen_file(file.body, file.digest, MEDIA_TYPES[wanted], if_none_match, name)


@router.head(
    "/releases/{release_id}",
    summary="What a frozen release would be answered with",
    response_class=Response,
    responses=problems(*_PROBLEMS, errors.not_found, errors.not_acceptable) | TAGGED,
)
async def head_release(
    principal: Reader,
    session: Reading,
    accepted: Accepted,
    release_id: ReleaseNamed,
    if_none_match: IfNoneMatch = None,
) -> Response:
    """Answer as `get_release` does, without the body: type, size and tag, for who checks a `dcat:downloadURL`."""
    found = await get_release(principal, session, accepted, release_id, if_none_match)
    return Response(status_code=found.status_code, headers=found.headers)


@router.get(
    "/releases/{release_id}/dictionary",
    summary="The data dictionary of a release",
    response_model=DictionarySent,
    responses=problems(*_PROBLEMS, errors.not_found) | TAGGED,
)
async def get_release_dictionary(
    _principal: Reader,
    session: Reading,
    release_id: Annotated[str, Path(pattern=rf"^{_ID}$", description="Name of the release.", examples=["2026-Q3"])],
    if_none_match: IfNoneMatch = None,
) -> Response:
    """Return every column with its meaning and unit and why it may be null, and every code, in French and English."""
    file = await fetch(session, release_id, Part.dictionary)
    return frozen_file(file.body, file.digest, MEDIA_TYPES[Format.json], if_none_match)


@router.get(
    "/catalog",
    summary="The releases as a DCAT-AP catalogue",
    response_model=CatalogSent,
    responses=problems(*_PROBLEMS, errors.not_acceptable) | _ALSO_LINKED,
)
async def get_catalog(
    _principal: Reader, ctx: Ctx, session: Reading, accepted: Accepted, if_none_match: IfNoneMatch = None
) -> Response:
    """Describe every release and its files in JSON-LD, by DCAT-AP 3: periods, place, licence, sizes and checksums.

    The same bytes are called `application/json` or, for harvesters that `Accept` it, `application/ld+json`.
    """
    media = preferred(accepted, (MEDIA_TYPES[Format.json], _LINKED))
    return tagged(Response(await described(ctx, session), media_type=media), if_none_match)
