"""`maraude plan`: importing files into the register of plans, and seeing what is in it."""

import asyncio
import json
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from app.audit.models import AuditEntry
from app.audit.service import SERVICE
from app.cli import build
from app.http.context import Context
from app.plan.register import queries
from app.settings import Settings
from tests import places, plans
from tests.street import rows

_HEADER = "code,on,name.fr,name.en,roles,source.title\n"


@pytest.fixture(autouse=True)
async def _environment(context: Context, settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MARAUDE_DATABASE_URL", settings.database_url)
    monkeypatch.setenv("MARAUDE_KEYS_DIR", str(settings.keys_dir))
    await places.seeded(context)


async def call(*command: str) -> Result:
    return await asyncio.to_thread(CliRunner().invoke, build(), ["plan", *command])


async def _entered(context: Context, code: str) -> None:
    await plans.record(context, *plans.base(code))


async def _imports(context: Context) -> int:
    return len(await rows(context, AuditEntry, org_id=SERVICE, action="plan.import"))


def _file(folder: Path, *lines: str) -> str:
    path = folder / "bodies.csv"
    path.write_text(_HEADER + "".join(f"{line}\n" for line in lines), encoding="utf-8")
    return str(path)


async def test_import_records_a_file_once_and_a_dry_run_records_nothing(context: Context, tmp_path: Path) -> None:
    await _entered(context, "import")
    file = _file(tmp_path, "ville,2020-01-01,Ville,City,signatory;funder,Convention")
    command = ("import", file, "--type", "body", "--plan", "import", "--json")
    before = await _imports(context)
    told = [json.loads((await call(*command, *more)).stdout) for more in (("--dry-run",), (), ())]
    assert [(one["dry_run"], one["created"], one["unchanged"]) for one in told] == [
        (True, 1, 0),
        (False, 1, 0),
        (False, 0, 1),
    ]
    assert await _imports(context) == before + 2
    async with context.database.reading() as session:
        (one,) = [one for one in await queries.load(session, "import") if one.role == "service"]
    assert (one.entry.plan, one.account) == ("import", None)


async def test_import_names_every_line_it_refuses_and_never_what_it_says(context: Context, tmp_path: Path) -> None:
    await _entered(context, "refus")
    file = _file(tmp_path, "ville,2020-01-01,Ville,City,canari,Convention", "Canari,2020-01-01,V,V,funder,x")
    done = await call("import", file, "--type", "body", "--plan", "refus")
    assert done.exit_code == 1
    assert "2 lines of the file are refused, of 2" in done.stderr
    assert "/2/roles" in done.stderr
    assert "/3/code" in done.stderr
    assert "canari" not in done.stderr.lower()


async def test_list_shows_plans_and_entries_show_what_replaced_them(context: Context) -> None:
    await _entered(context, "liste")
    first = plans.entry("body", plan="liste", code="ville")
    second = plans.entry("body", plan="liste", code="ville", corrects=first["id"], name={"fr": "Paris", "en": "Paris"})
    await plans.record(context, first, second)
    listed = json.loads((await call("list", "--json")).stdout)
    assert "liste" in {one["code"] for one in listed}
    assert [one["by_default"] for one in listed].count(True) == 1
    shown = json.loads((await call("entries", "--type", "body", "--plan", "liste", "--json")).stdout)
    told = {one["id"]: (one["name.fr"], one["replaced_by"]) for one in shown}
    assert (told[first["id"]], told[second["id"]]) == (("Préfecture", second["id"]), ("Paris", None))


async def test_entries_of_no_plan_are_refused() -> None:
    done = await call("entries", "--type", "body", "--plan", "nulle-part")
    assert (done.exit_code, "no such plan" in done.stderr) == (1, True)
