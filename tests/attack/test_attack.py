"""The attacks of `make attack` in a short form, held against the same thresholds."""

import pytest

from app.releases.definitions import MOST_CELLS
from app.releases.rules import ACTIVITY_FLOOR, FLOOR
from tests.attack.campaign import (
    CITIES,
    LARGEST_MEAN_NOISE,
    MOST_ACCURATE,
    MOST_SURE,
    NARROWEST,
    TRIALS,
    attack,
    errors,
    publish,
    reconstruct,
)
from tests.attack.city import City, chance_of, draw
from tests.attack.guessing import key, worst_cell


@pytest.fixture(scope="module", params=CITIES)
def city(request: pytest.FixtureRequest) -> City:
    return draw(request.param, *CITIES[request.param])


def test_who_knows_all_records_but_one_can_hardly_tell_whether_it_exists(city: City) -> None:
    for what, guesses in attack(city, chance_of("guesses"), TRIALS).items():
        assert guesses.accuracy <= MOST_ACCURATE, what
        assert guesses.sure <= MOST_SURE, what
        assert guesses.accuracy > 0.55, f"{what}: an attack that learns nothing is no attack"


def test_no_small_cell_is_known_more_closely_than_three(city: City) -> None:
    intervals = reconstruct(city, chance_of("puzzle"), most=4)
    assert [one for one in intervals if one.width < NARROWEST] == []
    assert [one for one in intervals if not one.low <= one.truth <= one.high] == []


def test_nothing_is_published_between_1_and_9_and_the_noise_has_no_mean(city: City) -> None:
    for seed in range(5):
        values = publish(city, key(chance_of(f"key {seed}"))).values()
        assert [value for value in values if value is not None and value < 10] == []
    assert abs(errors(city, chance_of("errors")).mean_noise) <= LARGEST_MEAN_NOISE


@pytest.mark.parametrize("floor", [FLOOR, ACTIVITY_FLOOR])
def test_one_cell_alone_nearly_never_tells_of_one_record(floor: int) -> None:
    told, _ = worst_cell(range(200), floor)
    assert told <= MOST_SURE / MOST_CELLS


def test_no_record_enters_more_cells_than_the_bound(city: City) -> None:
    assert max(len(record.cells()) for record in city.records) == MOST_CELLS
