"""The ten questions of docs/questions.md, asked as they stand there of six weeks of the demo city."""

import csv
import io
import re
import subprocess
from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path
from shutil import which
from typing import Final

import httpx
import pytest

from app.demo.credentials import issue_credentials
from app.demo.loading import load
from app.demo.model import City
from app.http.context import Context
from app.settings import Settings
from tests.clock import NIGHT

_PAGE: Final = (Path(__file__).parents[2] / "docs" / "questions.md").read_text()
_QUESTION: Final = re.compile(r"^## (\d+)\. (.+)$", re.MULTILINE)
_REQUEST: Final = re.compile(
    r"""^    curl -s -H "Authorization: Bearer \$COORDINATOR" "\$MARAUDE(/v1/[^"]+)"$""", re.MULTILINE
)
_FILE: Final = re.compile(
    r"""^    curl -s -o \w+\.csv -H "Authorization: Bearer \$COORDINATOR" "\$MARAUDE(/v1/[^"]+)"$""", re.MULTILINE
)
_DAY: Final = re.compile(r"^    ([A-Z]+)=\$\(date -d '([a-z0-9 ]+)' (\+[-%Ymd0-9]+)\)", re.MULTILINE)
_SECTIONS: Final = _PAGE.split("\n## ")[1:]


def _days() -> Mapping[str, str]:
    """Return the days that the shell would set, on the day of the tests."""
    found = {}
    for name, ago, pattern in _DAY.findall(_PAGE):
        words = [which("date") or "date", "-d", f"{NIGHT.date()} {ago}", pattern]
        found[name] = subprocess.run(words, capture_output=True, text=True, check=True).stdout.strip()
    return found


@pytest.fixture(scope="module")
async def coordinator(settings: Settings, context: Context) -> str:
    """A coordinator's token for a city of six weeks: what is asked of weeks looks back five."""
    await load(settings, City(1, NIGHT.date() - timedelta(weeks=6), NIGHT))
    async with context.database.writing() as session:
        return (await issue_credentials(session, context.keyring, context.settings, NIGHT)).coordinator_token


def test_there_are_ten_questions_each_with_one_request_and_a_sentence_on_reading_it() -> None:
    assert [int(number) for number, _ in _QUESTION.findall(_PAGE)] == list(range(1, 11))
    assert all(question.endswith("?") for _, question in _QUESTION.findall(_PAGE))
    for section in _SECTIONS:
        assert len(_REQUEST.findall(section)) == 1
        assert _REQUEST.split(section)[-1].strip().endswith(".")


def test_every_day_a_request_names_is_set_at_the_top() -> None:
    used = set(re.findall(r"\$([A-Z]+)", " ".join(_REQUEST.findall(_PAGE))))
    assert used == set(_days()), "a day is used and not set, or set and not used"


@pytest.mark.parametrize("section", _SECTIONS, ids=lambda section: section.partition(".")[0])
async def test_a_question_is_answered(client: httpx.AsyncClient, coordinator: str, section: str) -> None:
    answer = await _asked(client, coordinator, _REQUEST.findall(section)[0])
    assert answer.json()["definition_version"] >= 1


async def test_a_file_withholds_small_counts_and_one_with_a_reason_does_not(
    client: httpx.AsyncClient, coordinator: str
) -> None:
    answers = [await _asked(client, coordinator, request) for request in _FILE.findall(_PAGE)]
    guarded, exact = [list(csv.DictReader(io.StringIO(answer.text))) for answer in answers]
    assert len(guarded) == len(exact) > 1
    assert all(line["value"] for line in exact)
    assert any(not line["value"] for line in guarded)


async def _asked(client: httpx.AsyncClient, coordinator: str, request: str) -> httpx.Response:
    """Ask as the page does, on the days that a shell would set."""
    days = _days()
    asked = re.sub(r"\$([A-Z]+)", lambda named: days[named[1]], request)
    answer = await client.get(asked, headers={"Authorization": f"Bearer {coordinator}"})
    assert answer.status_code == 200, answer.text
    return answer
