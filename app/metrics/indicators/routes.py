"""The routes of the catalogue."""

from typing import Annotated, Final

from fastapi import APIRouter, Path, Query, Response

from app import errors
from app.http.formats import SUFFIX, Accepted, Format, also_as_table, format_for, split_suffix
from app.http.problems import problems
from app.http.tabular import AskedCsvStyle, table_response
from app.http.tags import TAGGED, IfNoneMatch, tag_of, tagged_json
from app.identity.access import allowed
from app.identity.rules import Principal
from app.identity.vocabulary import Permission
from app.metrics.asking import PROBLEMS, AskedByKind
from app.metrics.indicator import Granularity, Split
from app.metrics.indicators.schemas import IndicatorAnswer, IndicatorsSent
from app.metrics.indicators.service import Export, ask_indicator, catalogue_document
from app.metrics.indicators.tables import table_of_answer
from app.metrics.indicators.vocabulary import TICKET, ExportReason

router: Final = APIRouter(prefix="/v1", tags=["metrics"])
Code = Annotated[
    str,
    Path(
        pattern=rf"^[a-z][a-z0-9_]{{2,59}}{SUFFIX}$",
        description="Code of the indicator, perhaps with a suffix: `.json`, `.csv` or `.parquet`.",
        examples=["success_worst_case"],
    ),
]


@router.get(
    "/indicators",
    summary="Every indicator, as data",
    response_model=IndicatorsSent,
    responses=problems(errors.unauthenticated, errors.forbidden, errors.invalid, errors.unavailable, errors.too_slow)
    | TAGGED,
)
async def list_indicators(
    _principal: Annotated[Principal, allowed(Permission.reference_read)], if_none_match: IfNoneMatch = None
) -> Response:
    """Return the catalogue: code, unit, numerator, denominator, rule, source and pitfalls of each indicator.

    It holds no figures, so everybody with a token may read it. It changes with the service only: keep it and ask again
    with `If-None-Match`.
    """
    body = catalogue_document()
    return tagged_json(body, tag_of(body), if_none_match)


@router.get(
    "/indicators/{code}",
    summary="An indicator's value or series",
    response_model=IndicatorAnswer,
    responses=problems(*PROBLEMS, errors.not_acceptable) | also_as_table(),
)
async def get_indicator(
    question: AskedByKind,
    code: Code,
    accepted: Accepted,
    style: AskedCsvStyle,
    granularity: Annotated[Granularity | None, Query(description="Length of the periods of a series.")] = None,
    split: Annotated[Split | None, Query(description="Give a figure for each of these.")] = None,
    reason: Annotated[
        ExportReason | None, Query(description="CSV and Parquet only: why the file must hold small counts too.")
    ] = None,
    ticket: Annotated[
        str | None, Query(pattern=TICKET, description="Ticket the reason is explained in.", examples=["DATA-123"])
    ] = None,
) -> IndicatorAnswer | Response:
    """Compute one indicator of the catalogue for a period, for each calendar period in it, and for each group.

    Only what makes sense for an indicator is answered: its entry in the catalogue says by what it may be split and how
    long its periods may be. The format is that of the suffix, else the one that `Accept` prefers among JSON, CSV and
    Parquet. Figures are exact and stay within the caller's organisation or perimeter; every question is written down
    and is one of the account's questions of the day. A file may travel: its counts under 11 are withheld unless a
    `reason` is given, which is written down with its `ticket`.
    """
    stem, suffix = split_suffix(code)
    wanted = format_for(suffix, accepted)
    export = Export(wanted, reason, ticket)
    answer = await ask_indicator(question, stem, granularity, split, export)
    return answer if wanted is Format.json else table_response(table_of_answer(answer, reason), wanted, style)
