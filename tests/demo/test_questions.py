"""The ten questions of docs/questions.md, asked as they stand there of two months of the demo city."""

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
    """A coordinator's token for a city of two months."""
    await load(settings, City(1, NIGHT.date() - timedelta(days=60), NIGHT))
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
    days = _days()
    request = re.sub(r"\$([A-Z]+)", lambda named: days[named[1]], _REQUEST.findall(section)[0])
    answer = await client.get(request, headers={"Authorization": f"Bearer {coordinator}"})
    assert answer.status_code == 200, answer.text
    assert answer.json()["definition_version"] >= 1
