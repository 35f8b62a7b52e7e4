"""Problems on their way out: application/problem+json, nothing of the request in it."""

import logging
from collections.abc import Mapping
from typing import Any, cast

import orjson
from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from sqlalchemy.exc import IntegrityError
from starlette.exceptions import HTTPException

from app import errors
from app.errors import CATALOGUE, Problem, ProblemKind
from app.http.faults import parameter_faults
from app.log import described

MEDIA_TYPE = "application/problem+json"
_log = logging.getLogger("maraude.failure")
_BY_STATUS: Mapping[int, ProblemKind] = {
    401: errors.unauthenticated,
    404: errors.not_found,
    405: errors.method_not_allowed,
    413: errors.body_too_large,
}


def problem_response(problem: Problem, headers: Mapping[str, str] | None = None) -> Response:
    """Return the response that carries a problem."""
    sent = dict(headers or {})
    if problem.kind.retry_after is not None:
        sent["Retry-After"] = str(problem.kind.retry_after)
    if problem.kind is errors.unauthenticated:
        sent["WWW-Authenticate"] = "Bearer"
    return Response(orjson.dumps(problem.document()), problem.kind.status, sent, MEDIA_TYPE)


def as_problem(error: Exception) -> Problem:
    """Return the problem an exception stands for; what nobody foresaw is logged by its class and place only."""
    if isinstance(error, Problem):
        return error
    if isinstance(error, IntegrityError):
        return errors.conflict()
    _log.error("unforeseen %s", described(error))
    return errors.internal()


async def _on_problem(_request: Request, error: Exception) -> Response:
    problem = as_problem(error)
    return problem_response(problem, getattr(error, "headers", None))


async def _on_parameters(_request: Request, error: Exception) -> Response:
    found = cast("RequestValidationError", error).errors()
    return problem_response(errors.invalid(faults=parameter_faults(found)))


async def _on_http(_request: Request, error: Exception) -> Response:
    refused = cast("HTTPException", error)
    kind = _BY_STATUS.get(refused.status_code)
    problem = kind() if kind else errors.internal()
    allowed = (refused.headers or {}).get("Allow")
    return problem_response(problem, {"Allow": allowed} if allowed else None)


def install_problems(app: FastAPI) -> None:
    """Make every failure of the application a problem."""
    app.add_exception_handler(Problem, _on_problem)
    app.add_exception_handler(IntegrityError, _on_problem)
    app.add_exception_handler(RequestValidationError, _on_parameters)
    app.add_exception_handler(HTTPException, _on_http)


def problems(*kinds: ProblemKind) -> dict[int | str, dict[str, Any]]:
    """Return the `responses=` that document these problems, one entry a status."""
    by_status: dict[int | str, list[ProblemKind]] = {}
    for kind in kinds:
        by_status.setdefault(kind.status, []).append(kind)
    return {
        status: {
            "description": "; ".join(f"`{kind.code}`: {kind.title}" for kind in listed),
            "content": {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/ProblemSent"}}},
        }
        for status, listed in by_status.items()
    }


__all__ = ["CATALOGUE", "MEDIA_TYPE", "as_problem", "install_problems", "problem_response", "problems"]
