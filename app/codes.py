"""Short codes people carry, read aloud and type: Crockford base32 with a check character of the same alphabet.

The check character follows the hybrid system of ISO/IEC 7064 (modulus 33, 32): every single wrong character is
noticed. Slips and cards are 10 random characters and 1 check character: 50 bits that mean nothing.
"""

import re
import secrets
from typing import Final

ALPHABET: Final = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
RANDOM_CHARACTERS: Final = 10
CODE_LENGTH: Final = RANDOM_CHARACTERS + 1
_VALUE: Final = {character: value for value, character in enumerate(ALPHABET)}
_WRITTEN: Final = re.compile(f"[{ALPHABET}]{{{CODE_LENGTH}}}")
_SIZE: Final = len(ALPHABET)
_LOOKALIKES: Final = str.maketrans({"O": "0", "I": "1", "L": "1", "-": None, " ": None})
_LONGEST_TYPED: Final = 24


def _step(product: int, value: int) -> int:
    """Return the running product of the check after one more character."""
    total = (product + value) % _SIZE or _SIZE
    return total * 2 % (_SIZE + 1)


_NEXT: Final = [
    {character: _step(product, value) for character, value in _VALUE.items()} for product in range(_SIZE + 1)
]
"""_NEXT[product][character]: every slip and card is checked, so the arithmetic is done once for all of them."""


def check_character(body: str) -> str:
    """Return the check character of `body`, whose characters are all of the alphabet."""
    product = _SIZE
    for character in body:
        product = _NEXT[product][character]
    return ALPHABET[(_SIZE + 1 - product) % _SIZE]


def new_code() -> str:
    """Return a fresh slip or card code."""
    body = random_characters(RANDOM_CHARACTERS)
    return body + check_character(body)


def random_characters(count: int) -> str:
    """Return that many random characters of the alphabet."""
    return "".join(secrets.choice(ALPHABET) for _ in range(count))


def normalised(typed: str, longest: int = _LONGEST_TYPED) -> str:
    """Return what was meant: upper case, no hyphens or spaces, O as 0, I and L as 1 (Crockford's rule).

    No more than `longest` of the characters typed are looked at.
    """
    if _WRITTEN.fullmatch(typed):
        return typed
    return typed[:longest].upper().translate(_LOOKALIKES)


def is_code(code: str) -> bool:
    """Say whether `code`, normalised, is 11 characters of the alphabet with a right check character."""
    return _WRITTEN.fullmatch(code) is not None and check_character(code[:-1]) == code[-1]
