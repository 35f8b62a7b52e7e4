"""What reaches a log: one JSON line for each thing, and never a value that somebody sent, stored or configured.

The service's own lines are made of templates, counts, codes and ids. Of anything else that is logged, by the server or
a library, only where it was said is kept: its words may hold an address, a query, a row or a password. Of an exception
its class and place are kept, as its words may hold the same.
"""

import json
import logging
import sys
import threading
from types import TracebackType
from typing import Any, Final

from typing_extensions import override

OWN: Final = "maraude"
_HARMLESS: Final = frozenset(
    {
        "Application shutdown failed. Exiting.",
        "Application startup failed. Exiting.",
        "ASGI callable returned without completing response.",
        "ASGI callable returned without starting response.",
        "Exception in ASGI application",
        "Exception in 'lifespan' protocol",
        "Exceeded concurrency limit.",
        "Invalid HTTP request received.",
        "Unsupported upgrade request.",
    }
)
"""Sentences of the server that never hold a value; any other of its own is told by its place."""


def place_of(trace: TracebackType | None) -> str:
    """Return module and line where an exception was raised."""
    place = "?"
    while trace is not None:
        place = f"{trace.tb_frame.f_globals.get('__name__', '?')}:{trace.tb_lineno}"
        trace = trace.tb_next
    return place


def described(error: BaseException) -> str:
    """Return what may be said of an exception: its class and place."""
    return f"{type(error).__name__} at {place_of(error.__traceback__)}"


class OneLine(logging.Formatter):
    """Writes a record as one JSON line; the service's own lines are JSON already."""

    @override
    def format(self, record: logging.LogRecord) -> str:
        """Return the line."""
        own = record.name.partition(".")[0] == OWN
        said = (record.getMessage() if own else str(record.msg)).strip()
        if own and said.startswith("{") and not record.exc_info:
            return said
        line = {"level": record.levelname.lower(), "logger": record.name, "at": f"{record.module}:{record.lineno}"}
        if own or said in _HARMLESS:
            line["message"] = said
        error = record.exc_info[1] if record.exc_info else None
        if error is not None:
            line["error"] = described(error)
        return json.dumps(line)


def configuration() -> dict[str, object]:
    """Return logging's configuration: own lines on stdout, everything else on stderr, all of them `OneLine`s."""
    stream = {"class": "logging.StreamHandler", "formatter": "line"}
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {"line": {"()": OneLine}},
        "handlers": {
            "out": {**stream, "stream": "ext://sys.stdout"},
            "err": {**stream, "stream": "ext://sys.stderr"},
        },
        "root": {"handlers": ["err"], "level": "WARNING"},
        "loggers": {
            OWN: {"handlers": ["out"], "level": "INFO", "propagate": False},
            "uvicorn": {"handlers": ["err"], "level": "WARNING", "propagate": False},
        },
    }


def take_over() -> None:
    """Have this process say through its log what Python would print by itself: warnings, and exceptions nobody took."""
    logging.raiseExceptions = False  # a line that cannot be written is lost; its arguments are not printed instead
    logging.captureWarnings(capture=True)
    sys.excepthook = _on_exception
    sys.unraisablehook = lambda unraisable: _note(unraisable.exc_value)
    threading.excepthook = lambda thread: _note(thread.exc_value)


def _on_exception(_kind: Any, error: BaseException, _trace: TracebackType | None) -> None:  # noqa: ANN401 - Python's hook
    _note(error)


def _note(error: BaseException | None) -> None:
    logging.getLogger(f"{OWN}.failure").error("unforeseen %s", described(error) if error else "failure")
