"""What a machine may lack and CI may not: programs that stand beside the service in tests."""

import os
from typing import NoReturn

import pytest


def go_without(missing: str) -> NoReturn:
    """Say what is missing: a failure in CI; elsewhere what needs it is skipped, and pytest says so in the end.

    Whoever changes a rule of the field on a laptop without PostgreSQL still runs everything on SQLite; nothing lands
    without CI, where nothing is skipped.
    """
    if os.environ.get("CI"):
        pytest.fail(missing)
    pytest.skip(missing)
