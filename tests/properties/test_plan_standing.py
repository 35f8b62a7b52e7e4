"""What stands in the register at a date, as known at an instant, against a plain reading of the definition."""

from datetime import UTC, date, datetime, timedelta
from random import Random
from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st

from app.plan.records import AnyEntry, Recorded, Withdrawal
from app.plan.standing import latest, standing
from tests import plans
from tests.make import Json

_FIRST = date(2020, 3, 1)
_KNOWN = datetime(2022, 1, 1, tzinfo=UTC)


def _history(seed: int, length: int) -> list[Recorded]:
    """Return a register in which entries correct and withdraw earlier ones, some recorded long after their day."""
    chance = Random(seed)  # noqa: S311 - a drawn history
    made: list[Recorded] = []
    free: list[Json] = []
    for number in range(length):
        kind, facts = "assessment", {"on": (_FIRST + timedelta(days=chance.randrange(6))).isoformat()}
        if free and chance.random() < 0.5:
            corrected = free.pop(chance.randrange(len(free)))
            facts["corrects"] = corrected["id"]
            kind = chance.choice(["assessment", "withdrawal"])
        sent = plans.entry(kind, **facts)
        if kind == "assessment":
            free.append(sent)
        # A correction is never recorded before what it corrects; several entries may share an instant.
        made += plans.recorded(sent, at=_KNOWN + timedelta(hours=number // chance.choice([1, 2, 3])))
        made[-1] = Recorded(made[-1].entry, max(made[-1].recorded_at, made[-2].recorded_at if number else _KNOWN), "x")
    return made


def _replaced_by(entry_id: UUID, known: list[Recorded]) -> bool:
    return any(one.entry.corrects == entry_id for one in known)


def _oracle(recorded: list[Recorded], at: date | None, known_at: datetime | None) -> list[AnyEntry]:
    known = [one for one in recorded if known_at is None or not one.recorded_at > known_at]
    stood = []
    for one in known:
        if isinstance(one.entry, Withdrawal) or _replaced_by(one.entry.id, known):
            continue
        if at is None or not one.entry.on > at:
            stood.append(one)
    return [one.entry for one in sorted(stood, key=lambda one: (one.entry.on, one.recorded_at, one.entry.id.int))]


@given(st.integers(0, 2**32), st.integers(0, 24), st.none() | st.integers(-1, 7), st.none() | st.integers(-1, 25))
def test_what_stands_is_what_the_definition_says(seed: int, length: int, day: int | None, hour: int | None) -> None:
    recorded = _history(seed, length)
    at = _FIRST + timedelta(days=day) if day is not None else None
    known_at = _KNOWN + timedelta(hours=hour) if hour is not None else None
    assert standing(recorded, at, known_at) == _oracle(recorded, at, known_at)


@given(st.integers(0, 2**32), st.integers(0, 24), st.randoms(use_true_random=False))
def test_what_stands_does_not_depend_on_the_order_of_the_entries(seed: int, length: int, chance: Random) -> None:
    recorded = _history(seed, length)
    shuffled = list(recorded)
    chance.shuffle(shuffled)
    assert standing(shuffled) == standing(recorded)


@given(st.integers(0, 2**32), st.integers(1, 24))
def test_what_was_known_never_changes_by_what_is_recorded_later(seed: int, length: int) -> None:
    recorded = _history(seed, length)
    for number, one in enumerate(recorded):
        until_then = [other for other in recorded[: number + 1] if other.recorded_at <= one.recorded_at]
        same_instant = [other for other in recorded[number + 1 :] if other.recorded_at == one.recorded_at]
        assert standing(recorded, known_at=one.recorded_at) == standing(until_then + same_instant)


def test_a_withdrawn_correction_brings_nothing_back() -> None:
    first = plans.entry("assessment")
    second = plans.entry("assessment", corrects=first["id"], status="done")
    third = plans.entry("withdrawal", corrects=second["id"])
    assert standing(plans.recorded(first, second)) == plans.read(second)
    assert standing(plans.recorded(first, second, third)) == []


def test_the_latest_of_a_key_is_the_one_of_the_last_day_then_of_the_last_recording() -> None:
    early, late = plans.entry("action", on="2020-01-01"), plans.entry("action", on="2020-02-01")
    again = plans.entry("action", on="2020-02-01", title={"fr": "Autre", "en": "Other"})
    recorded = [*plans.recorded(again, at=_KNOWN + timedelta(hours=1)), *plans.recorded(late, early, at=_KNOWN)]
    held = latest(standing(recorded), lambda one: one.plan)
    assert list(held.values()) == plans.read(again)
    held = latest(standing(recorded, known_at=_KNOWN), lambda one: one.plan)
    assert list(held.values()) == plans.read(late)
