"""`make attack`: attack the protection of releases and print how far that leads. Exit 1 when a threshold is missed."""

import sys

from app.releases.rules import ACTIVITY_FLOOR, FLOOR, method
from tests.attack.campaign import (
    CITIES,
    MOST_ACCURATE,
    MOST_SURE,
    NARROWEST,
    TRIALS,
    attack,
    errors,
    reconstruct,
    visits,
)
from tests.attack.city import chance_of, draw
from tests.attack.guessing import worst_cell


def main() -> int:
    """Run every attack on every city."""
    missed = 0
    print(f"method {method()}")
    for floor in (FLOOR, ACTIVITY_FLOOR):
        told, count = worst_cell(range(200), floor)
        print(f"one cell, floor {floor}: one more record is told at most with probability {told:.5f} (at {count})")
    for name, size in CITIES.items():
        city = draw(name, *size)
        for what, guesses in attack(city, chance_of(f"{name} guesses"), TRIALS).items():
            fails = guesses.accuracy > MOST_ACCURATE or guesses.sure > MOST_SURE
            missed += fails
            print(
                f"{name}, {what}: accuracy {guesses.accuracy:.4f}, over 95 % sure {guesses.sure:.4f}, "
                f"certain {guesses.certain:.4f} ({guesses.trials} trials){' MISSED' if fails else ''}"
            )
        for count, guesses in visits(city, chance_of(f"{name} visits"), 1000).items():
            print(f"{name}, for information, all {count} encounters of one person: accuracy {guesses.accuracy:.4f}")
        found = errors(city, chance_of(f"{name} errors"))
        print(
            f"{name}: published {found.published:.1%} of cells, mean error {found.mean_absolute:.2f}, "
            f"mean noise {found.mean_noise:+.4f} at 11 and more"
        )
        intervals = reconstruct(city, chance_of(f"{name} puzzle"))
        narrowest = min((one.width for one in intervals), default=None)
        fails = narrowest is not None and narrowest < NARROWEST
        missed += fails
        print(f"{name}: {len(intervals)} cells of 1-10, narrowest interval {narrowest}{' MISSED' if fails else ''}")
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
