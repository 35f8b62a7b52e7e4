"""A thousand things that name somebody, none of whom exists.

Names are put together from syllables; phone numbers are those France keeps for fiction (ARCEP, decision 2018-0881:
06 39 98); addresses are under example.org (RFC 2606); social-security numbers have a right key and the order number
000, which nobody is given.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from random import Random
from typing import Final

EACH: Final = 250
_FIRST: Final = ("Éli", "Noé", "Maë", "Célia", "Hugo", "Inès", "Loïc", "Zoé", "Jérô", "Bé", "Anaï", "Gaëlle")
_FIRST_ENDS: Final = ("ne", "mie", "line", "than", "rine", "stan", "dor")
_LAST: Final = ("Vau", "Kerdo", "Besse", "Çala", "Dro", "Montu", "Fau", "Trébi", "Goz", "Lam")
_MIDDLE: Final = ("gre", "bri", "lan", "mou", "vel", "chan", "tier")
_LAST_ENDS: Final = ("quois", "ville", "dec", "nard", "zier", "court", "maud")
_PLAIN: Final = str.maketrans("éèëêïîôçÉÇ", "eeeeiiocEC")


@dataclass(frozen=True)
class Canary:
    """What is sent, and every way of writing the same that is searched for."""

    text: str
    written: tuple[str, ...]
    number: int | None = None
    """The same as a number, where it is one."""


def thousand() -> list[Canary]:
    """Return them, the same each time: names, mails, phones and social-security numbers in turn."""
    chance = Random(4)  # noqa: S311 - the same in every run
    kinds = (_names(chance), _mails(chance), _phones(chance), _social_security_numbers(chance))
    return [next(kind) for _ in range(EACH) for kind in kinds]


def _unique(made: Iterator[Canary]) -> Iterator[Canary]:
    seen: set[str] = set()
    for canary in made:
        if canary.text not in seen:
            seen.add(canary.text)
            yield canary


def _person(chance: Random) -> tuple[str, str]:
    last = "".join(map(chance.choice, (_LAST, _MIDDLE, _LAST_ENDS)))
    return chance.choice(_FIRST) + chance.choice(_FIRST_ENDS), last


def _names(chance: Random) -> Iterator[Canary]:
    def made() -> Iterator[Canary]:
        while True:
            first, last = _person(chance)
            yield Canary(f"{first} {last}", (f"{first} {last}", f"{last} {first}", f"{first} {last}".translate(_PLAIN)))

    return _unique(made())


def _mails(chance: Random) -> Iterator[Canary]:
    def made() -> Iterator[Canary]:
        while True:
            mail = ".".join(_person(chance)).translate(_PLAIN).lower() + f"{chance.randint(1, 99)}@example.org"
            yield Canary(mail, (mail, mail.partition("@")[0]))

    return _unique(made())


def _phones(chance: Random) -> Iterator[Canary]:
    for number in chance.sample(range(10_000), EACH):
        digits = f"063998{number:04}"
        pairs = [digits[at : at + 2] for at in range(0, 10, 2)]
        forms = (digits, " ".join(pairs), ".".join(pairs), "-".join(pairs), f"33{digits[1:]}")
        yield Canary(chance.choice([*forms[:3], f"+{forms[4]}"]), forms)


def _social_security_numbers(chance: Random) -> Iterator[Canary]:
    def made() -> Iterator[Canary]:
        while True:
            sex, year, month = chance.randint(1, 2), chance.randint(30, 99), chance.randint(1, 12)
            number = int(f"{sex}{year:02}{month:02}{chance.randint(1, 95):02}{chance.randint(1, 999):03}000")
            digits = f"{number}{key(number):02}"
            parts = (digits[0], digits[1:3], digits[3:5], digits[5:7], digits[7:10], digits[10:13], digits[13:])
            forms = (digits, " ".join(parts), digits[:13])
            yield Canary(chance.choice(forms[:2]), forms, int(digits))

    return _unique(made())


def key(number: int) -> int:
    """Return the key of the 13 digits of a social-security number: what their sum needs to a multiple of 97."""
    return 97 - number % 97


def phone_digits(canary: Canary) -> str | None:
    """Return the ten digits of a phone number, which are also characters of a slip; None for anything else."""
    digits = canary.written[0]
    return digits if len(digits) == 10 and digits.isdigit() else None
