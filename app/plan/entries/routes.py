"""Routes that write to the register of plans and read it back."""

import re
from dataclasses import replace
from typing import Annotated, Any, Final

from fastapi import APIRouter, Path, Query, Request, Response
from pydantic import ValidationError

from app import errors
from app.errors import Fault
from app.http.body import read_body, strict_json
from app.http.context import Ctx, Now, Reading
from app.http.envelope import DryRun
from app.http.faults import faults_of
from app.http.formats import Format
from app.http.openapi import body_of
from app.http.problems import problems
from app.identity.access import allowed
from app.identity.rules import Principal
from app.identity.vocabulary import Permission
from app.plan.answering import ALSO_TABLES, AskedForm, Form, Suffix
from app.plan.asking import About, PlanCode, PlanQuestion, Reader
from app.plan.entries.entering import import_file, post
from app.plan.entries.importing import MOST_BYTES
from app.plan.entries.tables import register_sent, register_table
from app.plan.records import AnyEntry
from app.plan.register.schemas import EntriesReceived, EntriesResult, EntryVerdict, ImportResult, PlanList, RegisterSent
from app.plan.register.service import Writer, described_plans
from app.plan.vocabulary import EntryType

router: Final = APIRouter(prefix="/v1", tags=["plan"])
_AS_WRITTEN: Final = "00000000-0000-0000-0000-000000000000"
"""The one form of RFC 9562: the parser would also take braces, a URN or bare digits."""
_TAGGED: Final = re.compile(rf"^(/entries/[0-9]+)/({'|'.join(EntryType)})(?=/|$)")
OfType = Annotated[EntryType, Query(description="Only entries of this type.", examples=["action"])]
Secretary = Annotated[Principal, allowed(Permission.plan_write)]
_WRITE_PROBLEMS: Final = (
    errors.malformed_encoding,
    errors.unauthenticated,
    errors.forbidden,
    errors.item_conflict,
    errors.conflict,
    errors.body_too_large,
    errors.unsupported_media,
    errors.invalid,
    errors.unavailable,
    errors.storage_full,
)
_CSV_BODY: Final[dict[str, Any]] = {
    "requestBody": {
        "required": True,
        "description": "A CSV file in UTF-8: a header row, then a row an entry.",
        "content": {
            "text/csv": {
                "schema": {
                    "type": "string",
                    "maxLength": MOST_BYTES,
                    "examples": ["number,on,title.fr,title.en,source.title\n1,2019-05-27,Ouvrir,Open,Protocole\n"],
                }
            }
        },
    }
}


@router.get(
    "/plans",
    summary="List plans",
    responses=problems(errors.unauthenticated, errors.forbidden, errors.unavailable, errors.too_slow),
)
async def list_plans(_principal: Reader, session: Reading, now: Now) -> PlanList:
    """Return every plan as last worded, by its first day."""
    return await described_plans(session, now)


@router.post(
    "/plan/entries",
    summary="Add entries to the register of a plan",
    response_model=EntriesResult,
    responses=problems(errors.malformed_json, *_WRITE_PROBLEMS),
    openapi_extra=body_of(EntriesReceived),
)
async def post_plan_entries(request: Request, ctx: Ctx, now: Now, principal: Secretary) -> EntriesResult:
    """Record entries, all of them or none; sending the same again changes nothing.

    Nothing is overwritten: an entry that names another in `corrects` takes its place from now on, and a withdrawal
    takes it out; what was known before stays to be asked for. Each entry names only what stands in the register or
    before it in the request. Text is about the plan, never about a person.
    """
    entries = _entries(await read_body(request, ctx.settings.body_limit))
    outcomes = await post(ctx.database, ctx.keyring, Writer.of(principal), now, entries)
    verdicts = zip(entries, outcomes, strict=True)
    return EntriesResult(results=[EntryVerdict(id=entry.id, outcome=outcome) for entry, outcome in verdicts])


def _entries(raw: bytes) -> list[AnyEntry]:
    """Return the entries of a body, or raise `invalid` with a pointer to each fault."""
    parsed = strict_json(raw)
    try:
        entries = EntriesReceived.model_validate_json(raw).entries
    except ValidationError as error:
        # The type that chose among the kinds of entry is no part of the body.
        faults = [replace(one, pointer=_TAGGED.sub(r"\1", one.pointer)) for one in faults_of(error)]
        raise errors.invalid(faults=faults) from error
    faults = [
        Fault(f"/entries/{number}/{name}", "rule", "must be a UUID of 36 characters")
        for number, sent in enumerate(parsed["entries"])
        for name in ("id", "corrects")
        if len(sent.get(name) or _AS_WRITTEN) != len(_AS_WRITTEN)
    ]
    if faults:
        raise errors.invalid(faults=faults)
    return entries


@router.post(
    "/plan/imports/{entry_type}",
    summary="Import a CSV file into the register of a plan",
    response_model=ImportResult,
    responses=problems(*_WRITE_PROBLEMS, errors.not_found),
    openapi_extra=_CSV_BODY,
)
async def import_plan_entries(
    request: Request,
    ctx: Ctx,
    now: Now,
    principal: Secretary,
    entry_type: Annotated[EntryType, Path(description="Type of the entries.", examples=["action"])],
    plan: PlanCode = None,
    dry_run: DryRun = False,  # noqa: FBT002 - a query parameter
) -> ImportResult:
    """Record the entries of a file, all of them or none; importing the same file again changes nothing.

    Columns are called as the fields of the type, with a dot where they nest (`title.fr`, `source.title`), in any order;
    the members of a list are separated by semicolons. Commas or semicolons separate cells, decimals may follow a
    comma, and `euros` may stand for `cents`. A line without `id` gets one made from what it is about; without `plan`
    it is about the plan of the query. Every line that is refused is named, as `/line/column`.
    """
    raw = await read_body(request, MOST_BYTES, "text/csv")
    return await import_file(
        ctx.database, ctx.keyring, Writer.of(principal), now, entry_type, raw, plan=plan, dry_run=dry_run
    )


@router.get("/plan/entries", summary="The register of a plan", response_model=RegisterSent, responses=ALSO_TABLES)
async def list_plan_entries(_principal: Reader, question: About, form: AskedForm, type: OfType) -> Response:  # noqa: A002 - the word of the wire
    """Return every entry of a type ever recorded, those that were corrected or withdrawn since marked as such.

    CSV and Parquet have the columns that an import reads, so what was exported can be imported again.
    """
    return await _listed(question, form, type, None)


@router.get(
    "/plan/entries.{suffix}",
    summary="The register of a plan as a file",
    response_model=RegisterSent,
    responses=ALSO_TABLES,
)
async def list_plan_entries_file(
    _principal: Reader,
    question: About,
    form: AskedForm,
    suffix: Suffix,
    type: OfType,  # noqa: A002 - the word of the wire
) -> Response:
    """Return every entry of a type as CSV, Parquet or JSON, under an address that a spreadsheet refreshes by itself.

    What was said in words is of type `statement`; each row says where it was taken from.
    """
    return await _listed(question, form, type, suffix)


async def _listed(question: PlanQuestion, form: Form, kind: EntryType, suffix: Format | None) -> Response:
    plan, recorded = question.plan.plan, await question.recorded([kind])
    document = register_sent(plan, kind, recorded)
    return form.answered(document, lambda: register_table(plan, kind, recorded), suffix)
