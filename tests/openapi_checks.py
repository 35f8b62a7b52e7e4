"""Every response of every test is held against the API document: what is not documented is a failure.

Only two answers need no entry: 404 for a path and 405 for a method that the document does not know.
"""

import json
import re
import zlib
from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import quote

import httpx
from jsonschema_rs import Draft202012Validator, Registry, ValidationError

_DOCUMENT = "urn:maraude:openapi"
_PROBLEM = "application/problem+json"
_GZIP_WINDOW = 31
_METHODS = ("get", "put", "post", "delete", "options", "head", "patch", "trace")


class UndocumentedError(AssertionError):
    """The service and its document disagree."""


def _pointer(*steps: str) -> str:
    return "#/" + "/".join(quote(step.replace("~", "~0").replace("/", "~1"), safe="~") for step in steps)


class Contract:
    """The document, ready to judge exchanges; schemas are compiled once."""

    def __init__(self, document: dict[str, Any]) -> None:
        self._document = document
        self._registry = Registry([(_DOCUMENT, document)])
        self._validators: dict[str, Draft202012Validator] = {}
        self._templates = [(_matcher(template), template) for template in document["paths"]]

    def check(self, request: httpx.Request, sent: bytes, response: httpx.Response) -> None:
        """Raise UndocumentedError unless the document foresees this exchange."""
        where = f"{request.method} {request.url.path} -> {response.status_code}"
        template = self._template(request.url.path)
        operation = self._document["paths"][template].get(request.method.lower()) if template else None
        if template is None or operation is None:
            self._check_refusal(where, template, request.method, response)
            return
        steps = ("paths", template, request.method.lower())
        self._check_response(where, (*steps, "responses"), operation["responses"], response)
        if response.is_success and sent:
            self._check_request(where, (*steps, "requestBody", "content"), operation, request, sent, response)

    def _template(self, path: str) -> str | None:
        """Return the template that fits; one without parameters goes before one with."""
        fitting = [template for matcher, template in self._templates if matcher.fullmatch(path)]
        return min(fitting, key=lambda template: template.count("{"), default=None)

    def _check_refusal(self, where: str, template: str | None, method: str, response: httpx.Response) -> None:
        wanted = 404 if template is None else 405
        if response.status_code != wanted:
            raise UndocumentedError(f"{where}: the document does not know this")
        if method != "HEAD":
            self._check_problem(where, response)

    def _check_response(
        self, where: str, steps: tuple[str, ...], responses: Mapping[str, Any], response: httpx.Response
    ) -> None:
        status = str(response.status_code)
        if status not in responses:
            raise UndocumentedError(f"{where}: status not among {sorted(responses)}; body {response.text[:500]}")
        content = responses[status].get("content")
        if not content:
            if response.content:
                raise UndocumentedError(f"{where}: a body where none is documented")
            return
        media = _media_type(response.headers)
        if media not in content:
            raise UndocumentedError(f"{where}: {media!r} not among {sorted(content)}")
        if media == _PROBLEM:
            self._check_problem(where, response)
        if media.endswith("json"):
            self._validate(where, _pointer(*steps, status, "content", media, "schema"), response.content)

    def _check_request(
        self,
        where: str,
        steps: tuple[str, ...],
        operation: Mapping[str, Any],
        request: httpx.Request,
        sent: bytes,
        response: httpx.Response,
    ) -> None:
        """What was accepted must be valid; in a batch, the items that were rejected need not be."""
        if "requestBody" not in operation:
            raise UndocumentedError(f"{where}: a request body was accepted and none is documented")
        media = _media_type(request.headers)
        if media not in operation["requestBody"]["content"]:
            raise UndocumentedError(f"{where}: {media!r} was accepted and is not documented")
        if not media.endswith("json"):
            return
        if request.headers.get("content-encoding", "").strip().lower() == "gzip":
            sent = zlib.decompress(sent, _GZIP_WINDOW)
        rejected = _rejected_items(response)
        for error in self._errors(_pointer(*steps, media, "schema"), sent):
            if not (error.instance_path[:1] == ["items"] and set(error.instance_path[1:2]) & rejected):
                raise UndocumentedError(f"{where}: accepted, yet {_sentence(error)}")

    def _check_problem(self, where: str, response: httpx.Response) -> None:
        """Problems are of one shape everywhere and say the status they come with."""
        if _media_type(response.headers) != _PROBLEM:
            raise UndocumentedError(f"{where}: a failure that is no problem document")
        self._validate(where, _pointer("components", "schemas", "ProblemSent"), response.content)
        if response.json()["status"] != response.status_code:
            raise UndocumentedError(f"{where}: the problem names another status")

    def _validate(self, where: str, pointer: str, body: bytes) -> None:
        for error in self._errors(pointer, body):
            raise UndocumentedError(f"{where}: {_sentence(error)}")

    def _errors(self, pointer: str, body: bytes) -> Iterator[ValidationError]:
        validator = self._validators.get(pointer)
        if validator is None:
            validator = self._validators[pointer] = Draft202012Validator(
                {"$ref": _DOCUMENT + pointer}, registry=self._registry, validate_formats=True
            )
        return validator.iter_errors(json.loads(body))


def _sentence(error: ValidationError) -> str:
    return f"/{'/'.join(map(str, error.instance_path))}: {error.message}"


def _rejected_items(response: httpx.Response) -> set[int | str]:
    """Return the indexes of the items of a batch that the response rejects."""
    answered = response.json() if response.content else None
    results = answered.get("results", []) if isinstance(answered, dict) else []
    return {index for index, result in enumerate(results) if result["outcome"] == "rejected"}


def _accepted(sent: bytes, response: httpx.Response) -> bytes | None:
    """Return the request without the items of a batch that were rejected: those need not be as documented."""
    answered = json.loads(response.content) if response.content else None
    if not isinstance(answered, dict) or "results" not in answered:
        return sent
    envelope = json.loads(sent)
    judged = zip(envelope["items"], answered["results"], strict=True)
    kept = [item for item, verdict in judged if verdict["outcome"] != "rejected"]
    return json.dumps(envelope | {"items": kept}).encode() if kept else None


def _media_type(headers: httpx.Headers) -> str:
    return str(headers.get("content-type", "")).split(";")[0].strip().lower()


def _matcher(template: str) -> re.Pattern[str]:
    """Return the pattern of the paths a template stands for."""
    literal_and_named = re.split(r"\{[^}]+\}", template)
    return re.compile("[^/]+".join(map(re.escape, literal_and_named)))


class CheckedTransport(httpx.AsyncBaseTransport):
    """Passes requests on and holds every exchange against the contract."""

    def __init__(self, inner: httpx.AsyncBaseTransport, contract: Contract) -> None:
        self._inner = inner
        self._contract = contract

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        sent = await request.aread()
        response = await self._inner.handle_async_request(request)
        await response.aread()
        self._contract.check(request, sent, response)
        return response

    async def aclose(self) -> None:
        await self._inner.aclose()


def operations(document: Mapping[str, Any]) -> Iterator[tuple[str, str, Mapping[str, Any]]]:
    """Yield (path, METHOD, operation) for everything the document offers."""
    for path, offered in document["paths"].items():
        for method in _METHODS:
            if method in offered:
                yield path, method.upper(), offered[method]
