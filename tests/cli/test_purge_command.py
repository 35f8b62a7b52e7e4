"""`maraude purge` says what it would do, does it, and says what it did."""

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from app.cli import build


@pytest.fixture
def installed(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> CliRunner:
    """A migrated installation of this test's own."""
    monkeypatch.setenv("MARAUDE_DATABASE_URL", f"sqlite:///{tmp_path / 'maraude.db'}")
    monkeypatch.setenv("MARAUDE_KEYS_DIR", str(tmp_path / "keys"))
    runner = CliRunner()
    assert runner.invoke(build(), ["migrate"]).exit_code == 0
    return runner


def test_a_dry_run_counts_every_table_and_changes_nothing(installed: CliRunner) -> None:
    done = installed.invoke(build(), ["purge", "--dry-run", "--json"])
    assert done.exit_code == 0, done.output
    said = json.loads(done.stdout)
    assert said["dry_run"] is True
    assert said["settled"] == {"referral": 0, "referral_event": 0, "place_hold": 0}
    assert said["coarse"] == {"referral": 0, "encounter": 0}
    assert set(said["deleted"]) >= {"referral", "encounter", "patrol", "held_event", "token", "enrolment"}


def test_a_round_says_from_which_days_on_records_are_kept(installed: CliRunner) -> None:
    done = installed.invoke(build(), ["purge", "--json"])
    assert done.exit_code == 0, done.output
    said = json.loads(done.stdout)
    assert said["kept_from"] < said["fine_from"]
    assert installed.invoke(build(), ["purge"]).output.startswith("Fine from ")


def test_rewriting_says_what_it_cannot_reach_and_a_dry_run_rewrites_nothing(installed: CliRunner) -> None:
    done = installed.invoke(build(), ["purge", "--rewrite"])
    assert done.exit_code == 0, done.output
    assert "Backups still hold" in done.output
    assert "Backups" not in installed.invoke(build(), ["purge", "--rewrite", "--dry-run"]).output


def test_without_a_schema_it_says_so(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("MARAUDE_DATABASE_URL", f"sqlite:///{tmp_path / 'none.db'}")
    monkeypatch.setenv("MARAUDE_KEYS_DIR", str(tmp_path / "keys"))
    done = CliRunner().invoke(build(), ["purge"])
    assert done.exit_code == 1
    assert "maraude migrate" in done.output
