"""`maraude keys create | list | close | destroy`: what they say, what they refuse, and that each can be run again."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import pytest
from typer.testing import Result

from app.audit.models import AuditEntry
from app.audit.service import SERVICE
from app.clock import utc_now
from app.closing import service
from app.encounters.models import Encounter
from app.http.context import Context
from app.settings import Settings
from tests import make, members, places, planted
from tests.cli.test_identity_commands import call, made, maraude, refused
from tests.street import rows

_THIS = utc_now().year
_LATER = _THIS - 2
_EARLIER = _THIS - 3
"""Two years that have long been over."""
_CARDS = 3
_REASON = "the association closed its doors"


@dataclass
class Told:
    """What each command said, in the order of their calls."""

    not_yet_closed: Result
    wrong_order: Result
    too_soon: Result
    early: Result
    again: Result
    later: Result
    unsure: Result
    before: Any
    between: Any
    destroyed: Result
    destroyed_again: Result
    after: Any


def _environment(settings: Settings, patch: pytest.MonkeyPatch, late_data: str) -> None:
    patch.setenv("MARAUDE_DATABASE_URL", settings.database_url)
    patch.setenv("MARAUDE_KEYS_DIR", str(settings.keys_dir))
    patch.setenv("MARAUDE_LATE_DATA", late_data)


@pytest.fixture(autouse=True)
def _as_settled(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    _environment(settings, monkeypatch, "P100D")


async def _say(*words: str, given: str | None = None) -> Result:
    return await asyncio.to_thread(call, "keys", *words, given=given)


async def _listed() -> Any:
    return {one["year"]: one for one in await made("keys", "list")}


@pytest.fixture(scope="module")
async def told(context: Context) -> AsyncIterator[Told]:
    """Two years with cards, ended one after the other; late data are still awaited unless a command says otherwise."""
    await places.seeded(context)
    house = await members.found(context)
    for year in (_EARLIER, _LATER):
        at = datetime(year, 3, 1, 21, tzinfo=UTC)
        seals = [context.keyring.seal(year, make.code()) for _ in range(_CARDS)]
        await planted.plant(context, Encounter, [planted.encounter(house, at, link_id=seal) for seal in seals])
    with pytest.MonkeyPatch.context() as patch:
        _environment(context.settings, patch, "P9000D")
        patch.setattr(service, "GRACE_S", 0.1)  # nobody writes meanwhile
        yield Told(
            before=await _listed(),
            not_yet_closed=await _say("destroy", str(_EARLIER), "--yes"),
            wrong_order=await _say("close", str(_LATER), "--early", _REASON),
            too_soon=await _say("close", str(_EARLIER)),
            early=await _say("close", str(_EARLIER), "--early", _REASON),
            again=await _say("close", str(_EARLIER)),
            later=await _say("close", str(_LATER), "--early", _REASON),
            between=await _listed(),
            unsure=await _say("destroy", str(_EARLIER), given="n\n"),
            destroyed=await _say("destroy", str(_EARLIER), given="y\n"),
            destroyed_again=await _say("destroy", str(_EARLIER), "--yes"),
            after=await _listed(),
        )


def test_the_help_of_each_command_says_what_it_does_and_what_cannot_be_undone() -> None:
    words = call("keys", "--help").stdout
    assert all(word in words for word in ("create", "list", "close", "destroy"))
    assert "Nothing brings them back" in call("keys", "close", "--help").stdout
    assert "--yes" in call("keys", "destroy", "--help").stdout
    assert (call("keys").exit_code, call("keys", "lose").exit_code) == (2, 2)


@pytest.mark.parametrize("command", ["create", "close", "destroy"])
@pytest.mark.parametrize("year", ["2019", "2101", "last", ""])
async def test_what_is_no_year_of_this_service_is_no_period(command: str, year: str) -> None:
    assert f"maraude keys {command}" in await refused("keys", command, year, code=2)


def test_the_list_says_which_periods_still_link_records(told: Told) -> None:
    shown = {
        year: (one["state"], one["since"], one["key_mode"], one["encounters"]) for year, one in told.before.items()
    }
    assert [shown[year] for year in (_EARLIER, _LATER)] == [("open", None, "0400", _CARDS)] * 2


def test_a_key_is_destroyed_after_its_period_was_closed_and_not_before(told: Told) -> None:
    assert (told.not_yet_closed.exit_code, told.not_yet_closed.stdout) == (1, "")
    assert told.not_yet_closed.stderr == f"Close the period first: maraude keys close {_EARLIER}.\n"


def test_a_period_is_closed_after_those_before_it(told: Told) -> None:
    assert (told.wrong_order.exit_code, told.wrong_order.stdout) == (1, "")
    assert told.wrong_order.stderr == f"Close the earlier periods first: {_EARLIER}.\n"


def test_a_period_is_closed_before_late_records_have_come_for_a_reason_only(told: Told) -> None:
    assert (told.too_soon.exit_code, "--early" in told.too_soon.stderr) == (1, True)
    assert told.early.exit_code == 0, told.early.output


def test_closing_says_how_many_links_went_and_what_comes_next_however_often_it_is_run(told: Told) -> None:
    expected = (
        f"The period {_EARLIER} is closed: {_CARDS} links were taken away. Now: maraude keys destroy {_EARLIER}.\n"
    )
    assert (told.early.stdout, told.again.stdout) == (expected, expected)
    assert told.later.exit_code == 0, told.later.output
    shown = {year: (one["state"], one["key_mode"], one["encounters"]) for year, one in told.between.items()}
    assert [shown[year] for year in (_EARLIER, _LATER)] == [("closed", "0400", 0)] * 2


def test_whoever_is_not_sure_destroys_nothing(told: Told) -> None:
    assert told.unsure.exit_code == 1
    assert f"Destroy the key of {_EARLIER}?" in told.unsure.stdout
    assert "destroying the key" not in told.unsure.stderr


def test_destroying_says_what_it_does_and_what_is_left_for_the_operator_however_often_it_is_run(told: Told) -> None:
    for done in (told.destroyed, told.destroyed_again):
        assert done.exit_code == 0, done.output
        steps = [
            "destroying the key ...",
            "waiting for whoever was writing ...",
            "writing the database's files anew ...",
        ]
        assert [line for line in done.stderr.splitlines() if line.endswith(" ...")] == steps
        assert f"The key of {_EARLIER} is destroyed.\n" in done.stdout
        assert "Backups still hold what was there" in done.stdout


def test_the_list_says_since_when_a_key_is_gone(told: Told, context: Context) -> None:
    gone, left = told.after[_EARLIER], told.after[_LATER]
    assert (gone["state"], gone["key_mode"], gone["encounters"]) == ("destroyed", None, 0)
    assert datetime.fromisoformat(gone["since"]) >= datetime.fromisoformat(left["since"])
    assert (left["state"], left["key_mode"]) == ("closed", "0400")
    assert not (context.settings.keys_dir / f"period-{_EARLIER}.key").exists()
    assert (context.settings.keys_dir / f"period-{_LATER}.key").exists()


@pytest.mark.usefixtures("told")
async def test_the_list_is_a_table_for_people() -> None:
    heading, *lines = (await maraude("keys", "list")).splitlines()
    assert heading.split() == ["year", "state", "since", "key_mode", "encounters", "referrals", "held_events"]
    assert [line.split()[:2] for line in lines[:2]] == [[str(_EARLIER), "destroyed"], [str(_LATER), "closed"]]


@pytest.mark.usefixtures("told")
async def test_every_step_is_on_the_services_chain_with_the_reason_for_not_waiting(context: Context) -> None:
    entries = sorted(await rows(context, AuditEntry, org_id=SERVICE), key=lambda entry: int(entry["number"]))
    acts = [(one["action"], one["detail"]) for one in entries if one["action"].startswith("keys.")]
    ended = [
        ("keys.close", {"period": _EARLIER, "early": _REASON}),
        ("keys.closed", {"period": _EARLIER, "unlinked": _CARDS}),
        ("keys.close", {"period": _LATER, "early": _REASON}),
        ("keys.closed", {"period": _LATER, "unlinked": _CARDS}),
        *[("keys.destroyed", {"period": _EARLIER})] * 2,
    ]
    assert [act for act in acts if act[0] != "keys.create"] == ended


@pytest.mark.usefixtures("told")
async def test_a_year_that_goes_on_is_not_closed_not_even_early() -> None:
    assert "has not ended" in await refused("keys", "close", str(_THIS), "--early", _REASON)


@pytest.mark.usefixtures("told")
async def test_a_key_is_made_ahead_once_and_for_this_year_or_the_next_only(context: Context) -> None:
    year = str(_THIS + 1)
    assert await maraude("keys", "create", year) == f"The key of {year} was made.\n"
    assert await maraude("keys", "create", year) == f"The key of {year} is there.\n"
    assert (context.settings.keys_dir / f"period-{year}.key").stat().st_mode & 0o777 == 0o400
    assert "this year or the next" in await refused("keys", "create", str(_EARLIER))
    assert "this year or the next" in await refused("keys", "create", str(_THIS + 2))


async def test_a_key_that_others_may_read_is_not_taken_for_one(context: Context) -> None:
    await maraude("keys", "create", str(_THIS))
    path = context.settings.keys_dir / f"period-{_THIS}.key"
    path.chmod(0o440)
    try:
        assert "chmod 0400" in await refused("keys", "create", str(_THIS))
    finally:
        path.chmod(0o400)
