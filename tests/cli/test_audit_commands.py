"""`maraude audit`: anchors, verification and export from the command line; and what commands leave on the log."""

import asyncio
import csv
import io
import json
from collections.abc import Sequence
from pathlib import Path

import pytest
from sqlalchemy import text
from typer.testing import CliRunner, Result

from app.audit.service import SERVICE
from app.cli import build
from app.http.context import Context
from app.settings import Settings


@pytest.fixture(autouse=True)
def _environment(settings: Settings, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("MARAUDE_DATABASE_URL", settings.database_url)
    monkeypatch.setenv("MARAUDE_KEYS_DIR", str(settings.keys_dir))
    monkeypatch.setenv("MARAUDE_ANCHORS_DIR", str(tmp_path / "anchors"))


@pytest.fixture(scope="module", autouse=True)
async def _begun(context: Context) -> None:
    """`maraude migrate` begins the service's chain where it was stopped before it could."""
    assert await acts(context) == []
    with pytest.MonkeyPatch.context() as environment:
        environment.setenv("MARAUDE_DATABASE_URL", context.settings.database_url)
        environment.setenv("MARAUDE_KEYS_DIR", str(context.settings.keys_dir))
        await maraude("migrate")
    assert await acts(context) == ["database.migrate"]


async def maraude(*words: str, code: int = 0) -> Result:
    result = await asyncio.to_thread(CliRunner().invoke, build(), list(words))
    assert result.exit_code == code, result.output
    return result


async def acts(context: Context, org_id: object = SERVICE) -> Sequence[str]:
    key = SERVICE.bytes if context.database.is_sqlite else org_id
    async with context.database.reading() as session:
        asked = text("SELECT action FROM audit_entry WHERE org_id = :org ORDER BY number")
        return (await session.scalars(asked, {"org": key})).all()


async def cut(context: Context, most: int, name: str) -> None:
    """Delete what an organisation's chain has above a number, as whoever has the file or owns the tables can."""
    async with context.database.writing() as session:
        if context.database.is_sqlite:
            await session.execute(text("DROP TRIGGER IF EXISTS audit_entry_no_delete"))
        cutting = (
            "DELETE FROM audit_entry WHERE org_id = (SELECT id FROM organisation WHERE name = :name) AND number > :most"
        )
        await session.execute(text(cutting), {"name": name, "most": most})


async def test_a_chain_that_was_cut_is_told_by_name_and_ends_with_one(context: Context) -> None:
    await maraude("org", "create", "Coupée")
    await maraude("team", "create", "Nuit", "--org", "Coupée")
    await maraude("audit", "anchor")
    assert "Coupée: holds; 2 entries, 1 anchors" in (await maraude("audit", "verify")).stdout
    await cut(context, 1, "Coupée")
    told = await maraude("audit", "verify", code=1)
    assert "Coupée: DOES NOT HOLD; 1 entries, 1 anchors\n  truncated: 2 cut off" in told.stdout
    assert "tampered" in told.stderr
    assert "the service: holds" in told.stdout


async def test_lines_kept_elsewhere_hold_when_the_file_is_gone(context: Context, tmp_path: Path) -> None:
    await maraude("org", "create", "Collée")
    await maraude("team", "create", "Nuit", "--org", "Collée")
    kept = tmp_path / "mail.txt"
    kept.write_text(f"Bonjour,\n{(await maraude('audit', 'anchor', '--print')).stdout}\nMerci\n")
    (tmp_path / "anchors" / "anchors.txt").unlink()
    await cut(context, 1, "Collée")
    told = await maraude("audit", "verify", "--org", "Collée", "--kept", str(kept), code=1)
    assert "anchors_shortened" in told.stdout
    assert "truncated: 2 cut off" in told.stdout


@pytest.mark.usefixtures("context")
async def test_an_export_is_every_act_in_both_languages() -> None:
    await maraude("org", "create", "Exportée")
    await maraude("account", "create", "=coordination", "--org", "Exportée", "--role", "coordinator")
    lines = (await maraude("audit", "export", "--org", "Exportée")).stdout.splitlines()
    told = [json.loads(line) for line in lines]
    assert [entry["action"] for entry in told] == ["organisation.create", "account.create", "audit.export"]
    assert told[1]["label_fr"] == "Création d'un compte"
    assert told[1]["details"]["role"] == "coordinator"
    table = (await maraude("audit", "export", "--org", "Exportée", "--format", "csv")).stdout
    rows = list(csv.DictReader(io.StringIO(table, newline="")))
    assert [row["number"] for row in rows] == ["1", "2", "3", "4"]
    assert rows[0]["label_en"] == "Organisation entered"
    nothing = await maraude("audit", "export", "--org", "Exportée", "--to", "2020-01-02")
    assert nothing.stdout == ""
    await maraude("audit", "export", "--org", "Exportée", "--from", "2026-01-02", "--to", "2026-01-01", code=1)


async def test_commands_that_change_something_leave_it_on_the_log(context: Context) -> None:
    before = len(await acts(context))
    await maraude("metrics", "rebuild")
    await maraude("db", "restored")
    await maraude("audit", "anchor")
    assert (await acts(context))[before:] == ["facts.rebuild", "database.restore", "audit.anchor"]


async def test_without_the_file_of_anchors_it_is_said_what_cannot_be_seen(context: Context, tmp_path: Path) -> None:
    """Last in its file but one: the service's whole chain goes."""
    await maraude("org", "create", "Sans ancre")
    told = (await maraude("audit", "verify", code=1)).stdout
    assert "Sans ancre: holds; 1 entries, no anchors: a cut end cannot be seen" in told
    await cut(context, 0, "Sans ancre")
    async with context.database.writing() as session:
        service = {"org": SERVICE.bytes if context.database.is_sqlite else SERVICE}
        await session.execute(text("DELETE FROM audit_entry WHERE org_id = :org"), service)
    assert not (tmp_path / "anchors").exists()
    await maraude("migrate")  # begins no chain anew where there are organisations
    told = (await maraude("audit", "verify", code=1)).stdout
    for name in ("Sans ancre", "the service"):
        assert f"{name}: DOES NOT HOLD; 0 entries, no anchors: a cut end cannot be seen\n  removed: 1 taken out" in told


async def test_only_postgresql_has_roles(context: Context) -> None:
    told = await maraude("db", "grant", "no_such_role", code=1)
    assert ("SQLite" in told.stderr) is context.database.is_sqlite
