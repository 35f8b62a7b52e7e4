import hashlib
import string
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.identity.tokens import TOKEN_LENGTH, digest_of, new_token


def test_tokens_have_one_prefix_one_length_and_one_alphabet() -> None:
    for token in (new_token() for _ in range(200)):
        assert token.startswith("mrd_")
        assert len(token) == TOKEN_LENGTH == 53
        assert set(token[4:]) <= set(string.ascii_letters + string.digits)


def test_a_token_is_stored_as_its_sha256() -> None:
    token = new_token()
    assert digest_of(token) == hashlib.sha256(token.encode()).digest()


def test_no_two_tokens_are_alike() -> None:
    assert len({new_token() for _ in range(1000)}) == 1000


@given(place=st.integers(4, TOKEN_LENGTH - 1), other=st.sampled_from(string.ascii_letters + string.digits))
def test_one_wrong_character_is_noticed(place: int, other: str) -> None:
    token = new_token()
    changed = token[:place] + other + token[place + 1 :]
    assert changed == token or digest_of(changed) is None


@given(st.text())
def test_any_other_text_is_no_token(text: str) -> None:
    assert digest_of(text) is None


@pytest.mark.parametrize(
    "spoil", [str.upper, str.lower, lambda token: token + "0", lambda token: token[:-1], lambda token: f" {token}"]
)
def test_a_token_is_read_exactly_as_it_was_issued(spoil: Callable[[str], str]) -> None:
    assert digest_of(spoil(new_token())) is None
