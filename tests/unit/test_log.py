"""One JSON line for whatever is logged, by whomever, and no word of a library in it."""

import json
import logging
from collections.abc import Iterator

import pytest

from app.log import OneLine, configuration

CANARY = "canary-4f1d"
LIBRARIES = ["uvicorn.error", "asyncio", "sqlalchemy.pool", "psycopg", "py.warnings"]


@pytest.fixture
def formatted() -> Iterator[list[str]]:
    """Lines as they are written, whoever logs."""
    written: list[str] = []

    class Ear(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            written.append(self.format(record))

    ear = Ear()
    ear.setFormatter(OneLine())
    logging.getLogger().addHandler(ear)
    yield written
    logging.getLogger().removeHandler(ear)


@pytest.mark.parametrize("name", [*LIBRARIES, "maraude.failure"])
def test_an_exception_is_told_by_class_and_place_only(formatted: list[str], name: str) -> None:
    try:
        int(CANARY)
    except ValueError as error:
        logging.getLogger(name).log(logging.ERROR, "Exception in ASGI application\n", exc_info=error)
    [line] = formatted
    assert CANARY not in line
    assert json.loads(line)["error"].startswith("ValueError at ")
    assert json.loads(line)["message"] == "Exception in ASGI application"


@pytest.mark.parametrize("name", LIBRARIES)
def test_words_of_a_library_are_left_out(formatted: list[str], name: str) -> None:
    logging.getLogger(name).error("row " + CANARY + " of %s", CANARY)  # noqa: G003 - as libraries do
    [line] = formatted
    assert CANARY not in line
    assert json.loads(line).keys() == {"level", "logger", "at"}


def test_everything_that_is_logged_goes_through_it() -> None:
    said = configuration()
    handlers = said["handlers"]
    assert isinstance(handlers, dict)
    assert {handler["formatter"] for handler in handlers.values()} == {"line"}
    assert said["root"] == {"handlers": ["err"], "level": "WARNING"}
