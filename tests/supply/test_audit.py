"""An audit that could not look is no audit. The reports are written in the form that pip-audit documents."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from supply import audit, locks

_CLEAN = {"name": "fastapi", "version": "0.165.0", "vulns": []}
_FAULTY = {
    "name": "Starlette",
    "version": "1.10.0",
    "vulns": [
        {"id": "PYSEC-2026-1", "fix_versions": ["1.10.1", "1.11.0"], "aliases": ["CVE-2026-1"], "description": "Slow."},
        {"id": "PYSEC-2026-2", "fix_versions": [], "aliases": [], "description": "Wrong."},
    ],
}
_SKIPPED = {
    "name": "orjson",
    "skip_reason": "Dependency not found on PyPI and could not be audited: orjson (3.13.0)",
}


def report(*dependencies: dict[str, Any]) -> str:
    return json.dumps({"dependencies": dependencies, "fixes": []})


def test_a_report_of_every_package_without_a_fault_passes() -> None:
    verdict = audit.judge(report(_CLEAN), ["fastapi"])
    assert verdict == audit.Verdict(audited=1, vulnerable=(), unaudited=())
    assert verdict.passed


def test_every_fault_is_named_with_what_mends_it() -> None:
    verdict = audit.judge(report(_CLEAN, _FAULTY), ["fastapi", "starlette"])
    assert verdict.vulnerable == (
        "Starlette: PYSEC-2026-1, fixed in 1.10.1, 1.11.0",
        "Starlette: PYSEC-2026-2, fixed in no version yet",
    )
    assert verdict.audited == 2
    assert not verdict.passed


def test_a_package_that_was_skipped_counts_as_failed() -> None:
    verdict = audit.judge(report(_CLEAN, _SKIPPED), ["fastapi", "orjson"])
    assert verdict.unaudited == (f"orjson: {_SKIPPED['skip_reason']}",)
    assert not verdict.passed


def test_a_package_the_report_does_not_speak_of_counts_as_failed() -> None:
    verdict = audit.judge(report(_CLEAN), ["fastapi", "orjson"])
    assert verdict.unaudited == ("orjson: not in the report",)
    assert not verdict.passed


def test_a_report_in_which_all_were_skipped_audited_nothing() -> None:
    verdict = audit.judge(report(_SKIPPED), ["orjson"])
    assert verdict.audited == 0
    assert not verdict.passed


def test_where_all_were_skipped_the_reason_is_told_and_not_that_nothing_was_found() -> None:
    verdict = audit.judge(report(_SKIPPED), ["fastapi", "orjson"])
    assert audit.why_nothing(verdict, "No known vulnerabilities found\n") == f"orjson: {_SKIPPED['skip_reason']}"


def test_without_a_report_the_last_words_are_told() -> None:
    verdict = audit.judge("", ["orjson"])
    assert audit.why_nothing(verdict, "one\nERROR: no route to host\n") == "ERROR: no route to host"
    assert audit.why_nothing(verdict, "") == "nothing was said"


@pytest.mark.parametrize("text", ["", "ERROR: no route to host", "[]", "{}", '{"dependencies": []}', "null"])
def test_what_is_no_report_audited_nothing(text: str) -> None:
    verdict = audit.judge(text, ["fastapi"])
    assert (verdict.audited, verdict.passed) == (0, False)


def test_nothing_expected_and_nothing_told_does_not_pass() -> None:
    assert not audit.judge(report(), []).passed


def test_names_are_compared_as_the_index_compares_them() -> None:
    assert audit.judge(report({"name": "Psycopg_Binary", "version": "3", "vulns": []}), ["psycopg-binary"]).passed


def test_the_command_fails_and_says_so_when_nobody_answers() -> None:
    command = [sys.executable, "-m", "supply.audit", "-s", "osv", "--osv-url", "http://127.0.0.1:9/"]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=120)
    assert done.returncode == 1
    assert done.stdout.startswith("NOTHING COULD BE AUDITED")


def test_what_runs_is_among_what_is_audited() -> None:
    running = {locked.name for locked in locks.read(locks.FOLDER / "run.txt") if locked.applies({})}
    assert running
    assert running <= audit.expected_packages()


def test_a_lock_without_an_exact_version_or_a_hash_is_refused(tmp_path: Path) -> None:
    lock = tmp_path / "run.txt"
    for line in ("fastapi==0.165.0\n", f"fastapi>=0.165.0 --hash=sha256:{'0' * 64}\n"):
        lock.write_text(line)
        with pytest.raises(ValueError, match="fastapi is not locked"):
            locks.read(lock)
