"""`maraude plan import | list | entries`: the register of plans."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

import typer

from app.cli.running import AsJson, Hand, finish, run, show_list, show_made
from app.plan.vocabulary import EntryType

if TYPE_CHECKING:
    from app.http.tabular import Table
    from app.plan.register.schemas import ImportResult

plan: Final = typer.Typer(help="The register of plans.", no_args_is_help=True)
OfType = Annotated[
    EntryType,
    typer.Option("--type", metavar="TYPE", help=f"One of {', '.join(EntryType)}.", show_choices=False),
]
OfPlan = Annotated[str | None, typer.Option("--plan", metavar="CODE", help="Code of the plan.")]


@plan.command("import")
def import_entries(
    file: Annotated[Path, typer.Argument(exists=True, dir_okay=False, help="A CSV file in UTF-8.")],
    entry_type: OfType,
    plan: OfPlan = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Say what would happen, and store nothing.")] = False,
    *,
    as_json: AsJson = False,
) -> None:
    """Record the entries of a CSV file, all of them or none; every line that is refused is named.

    Columns are called as the fields of the type (`title.fr`, `source.title`); `euros` may stand for `cents`. Lines
    without a column `plan` are about the plan given. Importing the same file again changes nothing.
    """
    done = finish(_import(file, entry_type, plan, dry_run))
    show_made(done.model_dump(mode="json"), as_json=as_json)


async def _import(file: Path, kind: EntryType, plan: str | None, dry_run: bool) -> "ImportResult":
    from app import errors
    from app.clock import utc_now
    from app.db.engine import Database
    from app.keyring import Keyring
    from app.plan.entries.entering import import_file
    from app.plan.entries.importing import MOST_BYTES
    from app.plan.register.service import COMMAND_LINE
    from app.settings import Settings

    if file.stat().st_size > MOST_BYTES:  # noqa: ASYNC240 - nothing else waits for this loop
        raise errors.body_too_large(f"At most {MOST_BYTES} bytes are read.")
    settings = Settings()
    database = Database(settings, pooled=False)
    try:
        keyring, raw = Keyring(settings.keys_dir), file.read_bytes()  # noqa: ASYNC240 - the same
        return await import_file(database, keyring, COMMAND_LINE, utc_now(), kind, raw, plan=plan, dry_run=dry_run)
    finally:
        await database.close()


@plan.command("list")
def list_plans(*, as_json: AsJson = False) -> None:
    """List the plans by their first day; the one by default is meant where none is named."""
    from app.plan.register.service import described_plans

    rows = [
        {
            "code": one.code,
            "title": one.title.fr,
            "valid_from": one.valid_from,
            "valid_to": one.valid_to,
            "perimeter": one.perimeter,
            "by_default": one.by_default,
        }
        for one in run(lambda h: described_plans(h.session, h.now)).items
    ]
    show_list(rows, as_json=as_json)


@plan.command("entries")
def list_entries(entry_type: OfType, plan: OfPlan = None, *, as_json: AsJson = False) -> None:
    """List every entry of a type ever recorded in a plan, with the one that replaced it."""
    from app.directory.rules import local_day
    from app.plan.entries.tables import register_table
    from app.plan.register.queries import load
    from app.plan.register.service import chosen_plan

    async def work(h: Hand) -> "Table":
        code = (await chosen_plan(h.session, plan, local_day(h.now))).plan
        return register_table(code, entry_type, await load(h.session, code, [entry_type]))

    table = run(work)
    show_list([dict(zip(table.columns, row, strict=True)) for row in table.rows], as_json=as_json)
