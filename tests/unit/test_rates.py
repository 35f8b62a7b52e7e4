"""Counting by windows, and whose address is whose."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app import errors
from app.http.rates import ANYBODY, DEVICE, Quota, Rates, Windows, address_class, client_address
from app.settings import Settings

_QUOTA = Quota("some", 3, 60)


class Time:
    now = 1_000.0

    def __call__(self) -> float:
        return self.now


def scope(address: str | None = "192.0.2.1", *forwarded: str) -> dict[str, Any]:
    headers = [(b"x-forwarded-for", one.encode("latin-1")) for one in forwarded]
    return {"client": (address, 1) if address else None, "headers": headers, "state": {"rates": []}}


async def allowed(rates: Rates, who: str, times: int, quota: Quota = _QUOTA) -> list[bool]:
    answers = []
    for _ in range(times):
        try:
            await rates.spend(scope(), quota, who)
            answers.append(True)
        except errors.Problem as problem:
            answers.append(problem.kind is not errors.too_many_requests)
    return answers


class TestAQuota:
    async def test_is_used_up_by_its_number_of_requests_and_whole_again_when_its_window_is_over(self) -> None:
        time = Time()
        rates = Rates(Settings(), time)
        assert await allowed(rates, "one", 5) == [True, True, True, False, False]
        time.now += 59.9
        assert await allowed(rates, "one", 1) == [False]
        time.now += 0.2
        assert await allowed(rates, "one", 4) == [True, True, True, False]

    async def test_is_each_callers_own_and_each_purposes_own(self) -> None:
        rates = Rates(Settings(), Time())
        assert await allowed(rates, "one", 4) == [True, True, True, False]
        assert await allowed(rates, "other", 1) == [True]
        assert await allowed(rates, "one", 1, DEVICE) == [True]

    async def test_says_what_is_left_and_when_it_is_whole_again(self) -> None:
        time = Time()
        rates = Rates(Settings(), time)
        asked = scope()
        await rates.spend(asked, _QUOTA, "one")
        time.now += 20
        await rates.spend(asked, _QUOTA, "one")
        assert [(one.remaining, one.reset_s) for one in asked["state"]["rates"]] == [(2, 60), (1, 40)]

    @pytest.mark.parametrize(("scale", "expected"), [(0, 9), (1, 3), (2, 6), (0.01, 1)])
    async def test_is_scaled_by_the_setting_and_none_at_0(self, scale: float, expected: int) -> None:
        assert sum(await allowed(Rates(Settings(rate_scale=scale), Time()), "one", 9)) == expected

    async def test_lets_a_night_of_single_posts_through(self) -> None:
        assert all(await allowed(Rates(Settings(), Time()), "one", 500, DEVICE))


class TestWindows:
    async def test_hold_no_more_keys_than_they_may_and_forget_the_oldest_first(self) -> None:
        windows = Windows(most=100, monotonic=Time())
        for number in range(1_000):
            await windows.incr(f"{number}", 60)
            assert len(windows._open) <= 100
        assert await windows.get("999") == 1
        assert await windows.get("0") == 0

    async def test_that_are_over_go_before_any_that_is_open(self) -> None:
        time = Time()
        windows = Windows(most=100, monotonic=time)
        for number in range(60):
            await windows.incr(f"old {number}", 60)
        time.now += 61
        for number in range(80):
            await windows.incr(f"new {number}", 60)
        assert [await windows.get(f"new {number}") for number in range(80)] == [1] * 80

    async def test_of_callers_are_not_pushed_out_by_a_flood_of_addresses(self) -> None:
        rates = Rates(Settings(), Time())
        await allowed(rates, "one", 3)
        for number in range(200):
            await rates.spend_by_address(scope(f"2001:db8:{number:x}::1"), ANYBODY)
        assert await allowed(rates, "one", 1) == [False]


class TestAnAddress:
    @pytest.mark.parametrize(
        ("one", "like", "unlike"),
        [
            ("192.0.2.1", "192.0.2.254", "192.0.3.1"),
            ("::ffff:192.0.2.1", "192.0.2.9", "::ffff:192.0.3.1"),
            ("2001:db8:0:aa00::1", "2001:db8:0:aaff:1:2:3:4", "2001:db8:0:ab00::1"),
            ("fe80::1%eth0", "fe80::2", "fe81::1"),
            ("", "unix:", "0.0.0.0"),  # noqa: S104 - an address like any other
        ],
    )
    def test_is_known_by_24_or_56_bits(self, one: str, like: str, unlike: str) -> None:
        assert address_class(one) == address_class(like) != address_class(unlike)

    @given(st.text())
    def test_of_any_form_has_a_class(self, text: str) -> None:
        assert len(address_class(text)) in {0, 3, 7}

    def test_is_kept_as_a_digest_that_another_process_does_not_share(self) -> None:
        one, other = Rates(Settings()), Rates(Settings())
        assert one.address_key(scope()) == one.address_key(scope("192.0.2.200"))
        assert one.address_key(scope()) != other.address_key(scope())
        assert "192" not in one.address_key(scope())

    @pytest.mark.parametrize(
        ("hops", "forwarded", "expected"),
        [
            (0, ["203.0.113.9"], "192.0.2.1"),
            (1, ["203.0.113.9"], "203.0.113.9"),
            (1, ["1.1.1.1, 203.0.113.9"], "203.0.113.9"),
            (1, ["1.1.1.1", "203.0.113.9"], "203.0.113.9"),
            (2, ["1.1.1.1, 203.0.113.9, 198.51.100.1"], "203.0.113.9"),
            (2, ["203.0.113.9"], "192.0.2.1"),
            (1, [], "192.0.2.1"),
        ],
    )
    def test_comes_from_the_trusted_hops_and_never_from_what_the_caller_wrote(
        self, hops: int, forwarded: list[str], expected: str
    ) -> None:
        assert client_address(scope("192.0.2.1", *forwarded), hops) == expected
