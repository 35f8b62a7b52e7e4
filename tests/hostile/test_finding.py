"""A search that finds nothing is worth what it would have found."""

import base64
import json
from collections.abc import Callable
from urllib.parse import quote

import pytest

from tests.hostile.canaries import EACH, Canary, key, phone_digits, thousand
from tests.hostile.finding import Finder

CANARIES = thousand()
FINDER = Finder(CANARIES)
NOISE = bytes(range(256)) * 40
WRITERS: dict[str, Callable[[str], bytes]] = {
    "UTF-8": str.encode,
    "capitals": lambda text: text.upper().encode(),
    "UTF-16": lambda text: text.encode("utf-16"),
    "UTF-16, big end first": lambda text: text.encode("utf-16-be"),
    "base64": lambda text: base64.b64encode(text.encode()),
    "base64 after a byte": lambda text: base64.b64encode(b"!" + text.encode() + b"!!"),
    "base64 after two": lambda text: base64.b64encode(b"!!" + text.encode() + b"!"),
    "base64 for addresses": lambda text: base64.urlsafe_b64encode(b'{"name":"' + text.encode() + b'"}'),
    "hexadecimal": lambda text: text.encode().hex().encode(),
    "hexadecimal in capitals": lambda text: text.encode().hex().upper().encode(),
    "JSON": lambda text: json.dumps({"name": text}).encode(),
    "JSON as UTF-8": lambda text: json.dumps({"name": text}, ensure_ascii=False).encode(),
    "JSON, all escaped": lambda text: "".join(f"\\u{ord(one):04X}" for one in text).encode(),
    "an address": lambda text: quote(text).encode(),
    "backwards": lambda text: text.encode()[::-1],
}


def test_a_thousand_name_somebody_each_differently() -> None:
    assert len({canary.text for canary in CANARIES}) == len(CANARIES) == 4 * EACH == 1000
    numbers = [canary.number for canary in CANARIES if canary.number is not None]
    assert len(numbers) == len([one for one in CANARIES if phone_digits(one)]) == EACH
    for number in numbers:
        assert number % 100 == key(number // 100)
        assert number // 100 % 1000 == 0  # an order number nobody is given


@pytest.mark.parametrize("writer", WRITERS)
def test_each_is_found_however_it_is_written(writer: str) -> None:
    for canary in CANARIES:
        assert canary.text in {found.text for found in FINDER.find(NOISE + WRITERS[writer](canary.text) + NOISE)}


def test_each_way_of_writing_it_is_looked_for() -> None:
    for canary in CANARIES:
        for written in canary.written:
            assert canary.text in {found.text for found in FINDER.find(NOISE + written.encode() + NOISE)}


def test_a_number_is_found_as_databases_store_it() -> None:
    for canary in CANARIES:
        if canary.number is not None:
            stored = canary.number.to_bytes(8, "big") + bytes(3) + canary.number.to_bytes(8, "little")
            assert {found.text for found in FINDER.find(NOISE + stored + NOISE)} == {canary.text}


def test_what_lies_across_two_parts_of_a_large_file_is_found() -> None:
    text = CANARIES[0].text.encode()
    for before in range((1 << 22) - len(text) - 1, (1 << 22) + 2):
        assert FINDER.find(bytes(before) + text)


def test_nothing_is_found_where_nothing_is() -> None:
    assert FINDER.find(NOISE * 100) == set()
    assert FINDER.find(b"") == set()
    assert Finder([Canary("Quelqu'une", ("Quelqu'une",))]).find(CANARIES[0].text.encode()) == set()
