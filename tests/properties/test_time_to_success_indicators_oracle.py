"""The indicators of time to success, as the catalogue serves them, are what plain Python reads off the same rows."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.identity.vocabulary import Role
from tests import members
from tests.effort import examples
from tests.make import Json
from tests.oracles import time_to_success as oracle
from tests.oracles.funnel_indicators import periods_of
from tests.oracles.time_to_success import Question, Row, to_ms
from tests.properties import catalogued
from tests.properties.catalogued import Asked, Place
from tests.properties.cities import City
from tests.properties.test_time_to_success_oracle import keep, referral, refreshed

ORACLED = oracle.CODES
_AS_OF = datetime(2027, 1, 4, 9, 30, tzinfo=UTC)
_BELOW = {"75118": ("7511803", "7511804"), "75": ("7511803", "7511804", "7512001")}
_KINDS = ("rest_room", "emergency_housing")
_FORMS = (
    ("month", None),
    ("quarter", None),
    ("month", "kind"),
    ("quarter", "kind"),
    ("month", "territory"),
    ("quarter", "territory"),
    ("year", "kind"),
    (None, None),
)


def _asked(chance: Random, form: tuple[str | None, str | None]) -> Asked:
    since = _AS_OF.date() - timedelta(days=chance.randrange(30, 420))
    until = since + timedelta(days=chance.choice([45, 130, 500]))
    territory, kind = chance.choice([None, None, *_BELOW]), chance.choice([None, None, *_KINDS])
    return Asked(since, until, *form, {"territory": territory, "kind": kind})


def _wanted(code: str, rows: Sequence[Row], asked: Asked, as_of: int) -> dict[Place, Json]:
    """Return what plain Python reads off each period's curve; of a group only where it has a referral."""
    within = _BELOW.get(asked.beside["territory"] or "")
    found: dict[Place, Json] = {}
    for since, until in periods_of(asked.since, asked.until, asked.granularity):
        limits = frozenset(within) if within else None
        question = Question(since, until, oracle.horizon_of(code), as_of, limits, asked.beside["kind"], asked.split)
        answer = oracle.answer(rows, question)
        groups = answer["groups"] if asked.split else {None: answer["total"]}
        found |= {(since, until, key): oracle.reading(code, group) for key, group in groups.items()}
    return found


async def _compare(city: City, token: str, rows: Sequence[Row], asked: Asked) -> None:
    for code in ORACLED:
        shown = await catalogued.figures(city.client, token, code, asked)
        wanted = _wanted(code, rows, asked, to_ms(city.clock.now))
        assert shown.keys() == wanted.keys(), (code, asked)
        for place, figure in wanted.items():
            catalogued.part(shown[place])
            got = {name: shown[place][name] for name in figure}
            assert got == pytest.approx(figure, abs=1e-9), (code, asked, place)


@examples(2)
@given(st.integers(0, 2**32 - 1))
async def test_every_indicator_of_time_to_success_is_what_plain_python_reads_off(city: City, seed: int) -> None:
    """Asked with all days stale, from facts, and with some days stale."""
    chance = Random(seed)  # noqa: S311 - the same rows for the same seed
    rows, more = ([referral(chance) for _ in range(n)] for n in (110, 12))
    city.clock.now = _AS_OF
    house = await members.found(city.context)
    await keep(city, house, rows)
    token = await members.account_token(city.context, house, Role.coordinator)
    for step in ("stale", "refreshed", "stale in part"):
        if step == "refreshed":
            await refreshed(city, house)
        elif step == "stale in part":
            await keep(city, house, more)
            rows += more
        for form in chance.sample(_FORMS, 2):
            await _compare(city, token, rows, _asked(chance, form))
