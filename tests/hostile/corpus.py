"""Bodies and values nobody sends in good faith. The corpus only grows: an input that ever did harm stays here.

CANARY is in all of it: whatever of it comes back in an answer or appears in a log was echoed.
"""

import gzip
import json
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Final

from tests.make import Json

CANARY: Final = "canary-4f1d"
MANY: Final = 100_000


@dataclass(frozen=True)
class Body:
    """A whole request body made of a good one, and the problem it must meet."""

    name: str
    made: Callable[[bytes], bytes]
    expected: tuple[int, str]
    headers: dict[str, str] = field(default_factory=dict)


def _with(member: bytes) -> Callable[[bytes], bytes]:
    """Return what adds a member to the first item."""
    return lambda good: good.replace(b'"items": [{', b'"items": [{' + member + b", ", 1)


NOT_JSON: Final = (400, "malformed-json")
NOT_GZIP: Final = (400, "malformed-encoding")
TOO_LARGE: Final = (413, "body-too-large")
OTHER_MEDIA: Final = (415, "unsupported-media-type")
INVALID: Final = (422, "invalid")
_BOMB: Final = gzip.compress(b'{"canary-4f1d": "' + b"0" * 50_000_000)

BODIES: Final = [
    Body("nothing", lambda _: b"", NOT_JSON),
    Body("white space", lambda _: b" \n\t ", NOT_JSON),
    Body("a word", lambda _: CANARY.encode(), NOT_JSON),
    Body("an open brace", lambda _: b"{", NOT_JSON),
    Body("cut short", lambda good: good[:-1], NOT_JSON),
    Body("two documents", lambda good: good + good, NOT_JSON),
    Body("something after it", lambda good: good + CANARY.encode(), NOT_JSON),
    Body("NUL after it", lambda good: good + b"\x00", NOT_JSON),
    Body("single quotes", lambda good: good.replace(b'"', b"'"), NOT_JSON),
    Body("trailing comma", lambda good: good[:-1] + b",}", NOT_JSON),
    Body("a comment", lambda good: b"/* " + CANARY.encode() + b" */" + good, NOT_JSON),
    Body("byte order mark", lambda good: b"\xef\xbb\xbf" + good, NOT_JSON),
    Body("UTF-16", lambda good: good.decode().encode("utf-16"), NOT_JSON),
    Body("UTF-16 without mark", lambda good: good.decode().encode("utf-16-be"), NOT_JSON),
    Body("UTF-32", lambda good: good.decode().encode("utf-32"), NOT_JSON),
    Body("UTF-7", lambda good: good.decode().encode("utf-7"), INVALID),
    Body("Latin-1", _with(b'"x": "canary-4f1d \xe9"'), NOT_JSON),
    Body("overlong UTF-8", _with(b'"x": "\xc0\x80"'), NOT_JSON),
    Body("surrogate in UTF-8", _with(b'"x": "\xed\xa0\x80"'), NOT_JSON),
    Body("lone surrogate", _with(b'"x": "canary-4f1d \\ud800"'), NOT_JSON),
    Body("lone low surrogate", _with(b'"x": "\\udc00"'), NOT_JSON),
    Body("lone surrogate in a name", _with(b'"canary-4f1d \\ud800": 1'), NOT_JSON),
    Body("raw NUL", _with(b'"x": "canary-4f1d \x00"'), NOT_JSON),
    Body("raw line feed", _with(b'"x": "canary-4f1d \n"'), NOT_JSON),
    Body("unknown escape", _with(b'"x": "\\x41"'), NOT_JSON),
    Body("NaN", _with(b'"x": NaN'), NOT_JSON),
    Body("Infinity", _with(b'"x": Infinity'), NOT_JSON),
    Body("minus Infinity", _with(b'"x": -Infinity'), NOT_JSON),
    Body("leading zero", _with(b'"x": 01'), NOT_JSON),
    Body("leading plus", _with(b'"x": +1'), NOT_JSON),
    Body("hexadecimal", _with(b'"x": 0x10'), NOT_JSON),
    Body("Python's True", _with(b'"x": True'), NOT_JSON),
    Body("number of five thousand digits", _with(b'"x": ' + b"9" * 5_000), NOT_JSON),
    Body("the same key twice", _with(b'"x": 1, "x": 2'), NOT_JSON),
    Body("the same key twice, once escaped", _with(b'"xy": 1, "\\u0078y": 2'), NOT_JSON),
    Body("the same id twice in one item", _with(b'"id": "canary-4f1d"'), NOT_JSON),
    Body("the envelope's key twice", lambda good: b'{"items": [], ' + good[1:], NOT_JSON),
    Body("a hundred thousand brackets", lambda _: b"[" * MANY, NOT_JSON),
    Body("a hundred thousand closed brackets", lambda _: b"[" * MANY + b"]" * MANY, NOT_JSON),
    Body("a hundred thousand objects", lambda _: b'{"a":' * MANY + b"1" + b"}" * MANY, NOT_JSON),
    Body("a value nested five hundred times", _with(b'"x": ' + b"[" * 500 + b"]" * 500), NOT_JSON),
    Body("no object", lambda _: b'"canary-4f1d"', INVALID),
    Body("a list", lambda good: b"[" + good + b"]", INVALID),
    Body("null", lambda _: b"null", INVALID),
    Body("a number beyond every float", lambda _: b"1e400", INVALID),
    Body("an empty object", lambda _: b"{}", INVALID),
    Body("a field of the sender's own", lambda good: b'{"canary-4f1d": "canary-4f1d", ' + good[1:], INVALID),
    Body("a prototype", lambda good: b'{"__proto__": {"admin": true}, ' + good[1:], INVALID),
    Body("items that are one item", lambda good: good.replace(b"[{", b"{", 1).replace(b"}]", b"}", 1), INVALID),
    Body("no items", lambda good: json.dumps(json.loads(good) | {"items": []}).encode(), INVALID),
    Body("too many items", lambda good: json.dumps(json.loads(good) | {"items": [CANARY] * 501}).encode(), INVALID),
    Body("a clock beyond all", lambda good: json.dumps(json.loads(good) | {"device_now": CANARY}).encode(), INVALID),
    Body("a clock at the end of time", lambda good: _clock(good, "9999-12-31T23:59:59-23:59"), INVALID),
    Body("a clock at its beginning", lambda good: _clock(good, "0001-01-01T00:00:00+23:59"), INVALID),
    Body("a string of five megabytes", _with(b'"x": "' + CANARY.encode() * 500_000 + b'"'), TOO_LARGE),
    Body("five megabytes of nothing", lambda good: good + b" " * 5_000_000, TOO_LARGE),
    Body("a bomb", lambda _: _BOMB, TOO_LARGE, {"Content-Encoding": "gzip"}),
    Body("no gzip", lambda good: good, NOT_GZIP, {"Content-Encoding": "gzip"}),
    Body("half a gzip", lambda good: gzip.compress(good)[:-9], NOT_GZIP, {"Content-Encoding": "gzip"}),
    Body("two gzips", lambda good: gzip.compress(good) * 2, NOT_GZIP, {"Content-Encoding": "gzip"}),
    Body("gzip in gzip", lambda good: gzip.compress(gzip.compress(good)), NOT_JSON, {"Content-Encoding": "gzip"}),
    Body("another coding", lambda good: good, OTHER_MEDIA, {"Content-Encoding": CANARY}),
    Body("another medium", lambda good: good, OTHER_MEDIA, {"Content-Type": f"text/{CANARY}"}),
    Body("a form", lambda _: b"items=canary-4f1d", OTHER_MEDIA, {"Content-Type": "application/x-www-form-urlencoded"}),
]


def _clock(good: bytes, says: str) -> bytes:
    return json.dumps(json.loads(good) | {"device_now": says}).encode()


WORDS: Final = [
    CANARY,
    f"{CANARY}\x00",
    f"{CANARY}\U0001f600",
    CANARY * 100,
    f"../../{CANARY}",
    "../../etc/passwd",
    "%00",
    "-1",
    str(2**70),
    "1e400",
    "NaN",
    "",
    "'",
    "[]",
    "\ufffd\u202e",
    "0001-01-01",
    "9999-12-31",
]
"""What stands in place of a parameter."""

RAW_NUMBERS: Final = {"@1e400@": "1e400", "@-1e400@": "-1e400", "@1e-400@": "1e-400", "@-0@": "-0.0"}
"""Numbers Python cannot write: each stands in VALUES under its sign and is put in just before sending."""

VALUES: Final[list[Any]] = [
    CANARY,
    "",
    " ",
    f"{CANARY}\x00",
    "\x00",
    f"{CANARY}\ufeff\u202e\u2028",
    "\U0001f600" * 50,
    CANARY * 2_000,
    "4T8KWZ20H6A",
    "0195f1c2-5b7a-7c3e-9a41-2f60d1a4b7c8 ",
    "{0195f1c2-5b7a-7c3e-9a41-2f60d1a4b7c8}",
    "urn:uuid:0195f1c2-5b7a-7c3e-9a41-2f60d1a4b7c8",
    "00000000-0000-0000-0000-000000000000",
    "ffffffff-ffff-ffff-ffff-ffffffffffff",
    "9999-12-31T23:59:59-23:59",
    "0001-01-01T00:00:00+23:59",
    "2026-03-02T20:30:00",
    "2026-03-02T20:30:60Z",
    "'; DROP TABLE referral; --",
    "$" + "{jndi:ldap://" + CANARY + "}",
    "<script>" + CANARY + "</script>",
    "%s%n{0.__class__}",
    0,
    -1,
    1.5,
    51,
    2**31,
    2**53 + 1,
    2**63,
    2**70,
    -(2**70),
    *RAW_NUMBERS,
    True,
    False,
    None,
    [],
    [CANARY],
    [None],
    [[]],
    [CANARY] * 30,
    {},
    {CANARY: CANARY},
    {"$ref": "#"},
    {"__class__": CANARY},
]

PERSONAL: Final = [
    "name",
    "first_name",
    "last_name",
    "nom",
    "prenom",
    "birth_date",
    "age",
    "phone",
    "email",
    "address",
    "latitude",
    "longitude",
    "gps",
    "nationality",
    "social_security_number",
    "photo",
    "comment",
    "note",
    "org_id",
    "team_id",
    "rk",
    "position",
    "__proto__",
    "",
    CANARY,
    f"{CANARY}/~0~1",
    "id ",
    "Id",
]
"""Fields no record has: those a form would have room for, and those that are the service's own."""


def sent(document: Json) -> bytes:
    """Return a document as it is sent, with the numbers Python cannot write."""
    raw = json.dumps(document)
    for sign, number in RAW_NUMBERS.items():
        raw = raw.replace(f'"{sign}"', number)
    return raw.encode()
