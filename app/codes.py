"""Short codes people carry, read aloud and type: Crockford base32 with a check character of the same alphabet.

The check character follows the hybrid system of ISO/IEC 7064 (modulus 33, 32): every single wrong character is
noticed. Slips and cards are 10 random characters and 1 check character: 50 bits that mean nothing.
"""

import secrets
from typing import Final

ALPHABET: Final = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
RANDOM_CHARACTERS: Final = 10
CODE_LENGTH: Final = RANDOM_CHARACTERS + 1
_VALUE: Final = {character: value for value, character in enumerate(ALPHABET)}
_CHARACTERS: Final = frozenset(ALPHABET)
_SIZE: Final = len(ALPHABET)
_LOOKALIKES: Final = str.maketrans({"O": "0", "I": "1", "L": "1", "-": None, " ": None})
_LONGEST_TYPED: Final = 24


def check_character(body: str) -> str:
    """Return the check character of `body`, whose characters are all of the alphabet."""
    product = _SIZE
    for character in body:
        total = (product + _VALUE[character]) % _SIZE or _SIZE
        product = total * 2 % (_SIZE + 1)
    return ALPHABET[(_SIZE + 1 - product) % _SIZE]


def new_code() -> str:
    """Return a fresh slip or card code."""
    body = random_characters(RANDOM_CHARACTERS)
    return body + check_character(body)


def random_characters(count: int) -> str:
    """Return that many random characters of the alphabet."""
    return "".join(secrets.choice(ALPHABET) for _ in range(count))


def normalised(typed: str) -> str:
    """Return what was meant: upper case, no hyphens or spaces, O as 0, I and L as 1 (Crockford's rule)."""
    return typed[:_LONGEST_TYPED].upper().translate(_LOOKALIKES)


def is_code(code: str) -> bool:
    """Say whether `code`, normalised, is 11 characters of the alphabet with a right check character."""
    return len(code) == CODE_LENGTH and _CHARACTERS.issuperset(code) and check_character(code[:-1]) == code[-1]
