"""A value against its target, and series by month, are what plain Python says, whatever is drawn."""

from datetime import UTC, date, datetime, timedelta
from random import Random

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from app.plan.records.steering import Target
from app.plan.standing import of_type, standing
from app.plan.steering.context import drawn
from app.plan.steering.targets import judge
from tests import plans
from tests.effort import examples
from tests.make import Json
from tests.oracles.steering import judged, series

_FIRST = date(2019, 12, 1)


def _target(random: Random) -> Json:
    """Draw a target whose thresholds are in their order, often equal to each other."""
    direction = random.choice(["at_least", "at_most"])
    value, watch, alarm = sorted((random.randint(-8, 8) / 4 for _ in range(3)), reverse=direction == "at_least")
    since = _FIRST + timedelta(days=random.randint(0, 40))
    baseline = random.choice([None, random.randint(-8, 8) / 4])
    return plans.entry(
        "target",
        direction=direction,
        value=value,
        watch=watch,
        alarm=alarm,
        valid_from=since.isoformat(),
        valid_to=(since + timedelta(days=random.randint(1, 40))).isoformat(),
        baseline=baseline,
        baseline_on=None if baseline is None else "2019-05-01",
    )


@examples(400)
@example(0)
@given(st.integers(0, 2**32))
def test_a_judgement_is_what_the_thresholds_say(seed: int) -> None:
    random = Random(seed)  # noqa: S311 - a test's own draws
    sent = _target(random)
    (target,) = of_type(plans.read(sent), Target)
    value = random.choice([None, *([random.randint(-9, 9) / 4] * 9)])
    since = target.valid_from + timedelta(days=random.choice([0, 0, 1, 5, -1]))
    until = min(
        since + timedelta(days=random.randint(0, 40)), target.valid_to + timedelta(days=random.choice([0, 0, 1]))
    )
    found, wanted = judge(target, value, since, until), judged(sent, value, since, until)
    shown = {"status": found.status.value, "reached": found.reached, "gap": found.gap, "progress": found.progress}
    assert shown == pytest.approx(wanted)
    assert (found.reason is None) is (found.status.value != "unknown")
    assert (found.progress_reason is None) is (found.progress is not None)


def test_the_values_drawn_are_judged_in_every_way() -> None:
    seen = set()
    for seed in range(200):
        random = Random(seed)  # noqa: S311 - a test's own draws
        sent = _target(random)
        since, until = (date.fromisoformat(sent[name]) for name in ("valid_from", "valid_to"))
        one = judged(sent, random.randint(-9, 9) / 4, since, until)
        seen.add((one["status"], one["reached"], one["progress"] is None))
    possible = [("on_target", True), ("on_target", False), ("watch", False), ("off_target", False)]
    assert seen == {(*one, none) for one in possible for none in (True, False)}


@examples(150)
@example(0)
@given(st.integers(0, 2**32))
def test_series_are_every_month_from_the_first_to_the_last_received(seed: int) -> None:
    random = Random(seed)  # noqa: S311 - a test's own draws
    sent = [plans.entry("series", code=code, on="2019-01-01") for code in random.sample("abc", random.randint(0, 3))]
    sent += [
        plans.entry(
            "observation",
            series=random.choice("abc"),
            territory=random.choice(["75118", "7511804", "93001"]),
            on=date(random.choice([2019, 2020, 2021]), random.randint(1, 12), 1).isoformat(),
            value=random.randint(-20, 20) / 2,
        )
        for _ in range(random.randint(0, 25))
    ]
    start = datetime(2022, 1, 1, tzinfo=UTC)
    recorded = [one for n, entry in enumerate(sent) for one in plans.recorded(entry, at=start + timedelta(minutes=n))]
    shown = {
        (one.series.code, track.territory): [(point.month.isoformat()[:7], point.value) for point in track.points]
        for one in drawn(standing(recorded))
        for track in one.tracks
    }
    assert shown == series(sent)
