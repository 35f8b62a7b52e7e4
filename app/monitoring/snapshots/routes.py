"""The routes of snapshots: a month's name is all one may say of when."""

from typing import Annotated, Final

import orjson
from fastapi import APIRouter, Path, Response

from app.http.problems import problems
from app.http.tags import TAGGED, IfNoneMatch, tag_of, tagged_json
from app.monitoring.asking import AboutPlan
from app.monitoring.snapshots import queries
from app.monitoring.snapshots.schemas import (
    DifferenceSent,
    DifferencesSent,
    SnapshotDocument,
    SnapshotList,
    SnapshotSent,
)
from app.monitoring.snapshots.service import changes, one
from app.plan.asking import PROBLEMS, Reader

router: Final = APIRouter(prefix="/v1", tags=["monitoring"])
_MONTH: Final = r"^20[0-9][0-9]-(0[1-9]|1[0-2])$"
Month = Annotated[str, Path(pattern=_MONTH, description="Name of the snapshot: its month.", examples=["2026-10"])]
Earlier = Annotated[str, Path(pattern=_MONTH, description="The one it is held against.", examples=["2026-09"])]


@router.get(
    "/plan/snapshots",
    summary="The snapshots of a plan",
    response_model=SnapshotList,
    responses=problems(*PROBLEMS) | TAGGED,
)
async def list_snapshots(_principal: Reader, question: AboutPlan, if_none_match: IfNoneMatch = None) -> Response:
    """Return every snapshot with its digest and that of the one before it, the first one first."""
    plan = question.plan.plan
    found = await queries.links(question.session, plan)
    listed = SnapshotList(plan=plan, items=[SnapshotSent.of(link) for link in found])
    body = orjson.dumps(listed.model_dump(mode="json"))
    return tagged_json(body, tag_of(body), if_none_match)


@router.get(
    "/plan/snapshots/{snapshot_id}",
    summary="A snapshot",
    response_model=SnapshotDocument,
    responses=problems(*PROBLEMS) | TAGGED,
)
async def get_snapshot(
    _principal: Reader, question: AboutPlan, snapshot_id: Month, if_none_match: IfNoneMatch = None
) -> Response:
    """Return the bytes that were kept when the month was over; they never change.

    SHA-256 over the digest of the one before it and these bytes is the digest that the list gives.
    """
    found = await one(question.session, question.plan.plan, snapshot_id)
    return tagged_json(found.body, f'"{found.link.digest.hex()}"', if_none_match)


@router.get(
    "/plan/snapshots/{snapshot_id}/changes/{since}",
    summary="What changed from one snapshot to another",
    response_model=DifferencesSent,
    responses=problems(*PROBLEMS) | TAGGED,
)
async def get_snapshot_changes(
    _principal: Reader, question: AboutPlan, snapshot_id: Month, since: Earlier, if_none_match: IfNoneMatch = None
) -> Response:
    """Return every value that was added, removed or changed, by path; what a snapshot says of itself is left out."""
    plan = question.plan.plan
    before, after, found = await changes(question.session, plan, since, snapshot_id)
    answer = DifferencesSent(
        plan=plan,
        before=SnapshotSent.of(before),
        after=SnapshotSent.of(after),
        items=[DifferenceSent.of(each) for each in found],
    )
    body = orjson.dumps(answer.model_dump(mode="json"))
    return tagged_json(body, tag_of(body), if_none_match)
