import base64
import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from joserfc import jwk, jws

from app.demo.device import Device
from app.identity.proofs import DeviceKey, Proof, is_fresh, new_nonce, read_proof
from app.keyring import Keyring

NOW = datetime(2026, 3, 2, 20, 0, tzinfo=UTC)
URI = "https://maraude.example/v1/tokens"


@pytest.fixture
def device() -> Device:
    return Device(httpx.AsyncClient(), "https://maraude.example", lambda: NOW)


@pytest.fixture
def keyring(tmp_path: Path) -> Keyring:
    return Keyring(tmp_path)


def read(sent: str) -> Proof:
    proof = read_proof(sent)
    assert proof is not None
    return proof


def test_a_devices_own_proof_is_read_and_holds(device: Device) -> None:
    proof = read(device.proof())
    assert proof.holds("POST", URI, NOW)
    assert proof.key == DeviceKey.of(device.public_key["x"], device.public_key["y"])


def test_the_thumbprint_is_that_of_rfc_7638(device: Device) -> None:
    expected = jwk.thumbprint(device.public_key)
    assert base64.urlsafe_b64encode(read(device.proof()).key.thumbprint).rstrip(b"=").decode() == expected


@pytest.mark.parametrize(
    "changes",
    [
        {"htm": "GET"},
        {"htm": None},
        {"htu": "https://other.example/v1/tokens"},
        {"htu": None},
        {"iat": None},
        {"iat": "2026-03-02T20:00:00Z"},
        {"iat": int(NOW.timestamp()) + 301},
        {"iat": int(NOW.timestamp()) - 301},
        {"iat": 10**400},
        {"iat": True},
        {"jti": None},
        {"jti": ""},
        {"jti": "x" * 129},
        {"jti": 7},
    ],
    ids=str,
)
def test_a_proof_made_for_something_else_does_not_hold(device: Device, changes: dict[str, Any]) -> None:
    assert not read(device.proof(**changes)).holds("POST", URI, NOW)


@pytest.mark.parametrize("seconds", [-300, 0, 300])
def test_a_clock_five_minutes_off_is_near_enough(device: Device, seconds: int) -> None:
    assert read(device.proof(iat=int(NOW.timestamp()) + seconds)).holds("POST", URI, NOW)


def test_a_proof_signed_by_another_key_is_refused(device: Device) -> None:
    other = Device(httpx.AsyncClient(), "https://maraude.example", lambda: NOW)
    assert read_proof(other.sign({"htm": "POST"}, jwk=device.public_key)) is None


def test_a_proof_changed_after_signing_is_refused(device: Device) -> None:
    header, _, signature = device.proof().split(".")
    claims = base64.urlsafe_b64encode(json.dumps({"htm": "POST"}).encode()).rstrip(b"=").decode()
    assert read_proof(f"{header}.{claims}.{signature}") is None


@pytest.mark.parametrize(
    "header",
    [
        {"typ": "JWT"},
        {"kid": "1"},
        {"jwk": {"kty": "EC", "crv": "P-256"}},
        {"jwk": {"kty": "EC", "crv": "P-384", "x": "A" * 43, "y": "A" * 43}},
        {"jwk": {"kty": "EC", "crv": "P-256", "x": "A" * 43, "y": "A" * 43}},
    ],
    ids=str,
)
def test_a_header_that_is_not_exactly_ours_is_refused(device: Device, header: dict[str, Any]) -> None:
    assert read_proof(device.sign({"htm": "POST"}, **header)) is None


def test_a_private_key_in_the_header_is_refused() -> None:
    key = jwk.ECKey.generate_key("P-256")
    header = {"typ": "dpop+jwt", "alg": "ES256", "jwk": key.as_dict(private=True)}
    assert read_proof(jws.serialize_compact(header, b"{}", key, ["ES256"])) is None


def _unsigned(header: str, payload: str = "{}") -> str:
    parts = (base64.urlsafe_b64encode(part.encode()).rstrip(b"=").decode() for part in (header, payload, "x" * 64))
    return ".".join(parts)


@pytest.mark.parametrize(
    "sent",
    [
        "",
        "..",
        "a.b",
        "a.b.c.d",
        "é.é.é",
        "mrd_x",
        _unsigned("null"),
        _unsigned("[]"),
        _unsigned('"alg"'),
        _unsigned("7"),
        _unsigned('{"alg":"none","typ":"dpop+jwt","jwk":{}}'),
        _unsigned('{"alg":["ES256"],"typ":"dpop+jwt","jwk":{}}'),
        _unsigned('{"alg":"ES256","typ":"dpop+jwt","jwk":[]}'),
        _unsigned('{"alg":"ES256","typ":"dpop+jwt","jwk":{"kty":"EC","crv":"P-256","x":1,"y":2}}'),
        _unsigned('{"alg":"ES256","typ":"dpop+jwt","jwk":{"kty":"EC","crv":"P-256","x":"é","y":"+/="}}'),
        _unsigned('{"alg":"ES256","b64":false,"crit":["b64"]}'),
        _unsigned('{"alg":"ES256","b64":false}'),
        _unsigned('{"alg":"ES256","typ":"dpop+jwt","jwk":' + "[" * 300),
    ],
)
def test_whatever_else_is_sent_is_no_proof(sent: str) -> None:
    assert read_proof(sent) is None


@pytest.mark.parametrize("payload", ["[]", "7", "null", "{", '{"a":1', '{"jti":"\\ud800"}', "[" * 900])
def test_claims_that_are_no_json_object_are_no_proof(device: Device, payload: str) -> None:
    header = {"typ": "dpop+jwt", "alg": "ES256", "jwk": device.public_key}
    assert read_proof(jws.serialize_compact(header, payload.encode(), device._key, ["ES256"])) is None


def test_the_same_proof_name_of_two_keys_is_two_proofs(device: Device) -> None:
    other = Device(httpx.AsyncClient(), "https://maraude.example", lambda: NOW)
    assert read(device.proof(jti="1")).digest != read(other.proof(jti="1")).digest
    assert read(device.proof(jti="1")).digest == read(device.proof(jti="1", iat=1)).digest


def test_a_nonce_is_good_for_five_minutes_and_needs_no_memory(keyring: Keyring, tmp_path: Path) -> None:
    nonce = new_nonce(keyring, NOW)
    another_worker = Keyring(tmp_path)
    assert is_fresh(another_worker, nonce, NOW)
    assert is_fresh(another_worker, nonce, NOW + timedelta(minutes=5))
    assert not is_fresh(another_worker, nonce, NOW + timedelta(minutes=5, milliseconds=1))
    assert not is_fresh(another_worker, nonce, NOW - timedelta(minutes=1))


@pytest.mark.parametrize("nonce", [None, 7, "", "é", "AAAA", "A" * 32, "=" * 32])
def test_an_invented_nonce_is_refused(keyring: Keyring, nonce: object) -> None:
    assert not is_fresh(keyring, nonce, NOW)


def test_a_nonce_of_another_installation_is_refused(keyring: Keyring, tmp_path: Path) -> None:
    assert not is_fresh(keyring, new_nonce(Keyring(tmp_path / "other"), NOW), NOW)
