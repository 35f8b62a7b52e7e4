"""What would break a caller between two versions of the API document: a pure comparison (docs/api-versioning.md).

Requests may grow: an optional field, a wider type. Answers may grow: a field, a member of an enumeration. Everything
else that a caller can notice is a breach.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from tests.contract.document import Json, operations, request_schema, resolved

_AT_LEAST = ("minimum", "exclusiveMinimum", "minLength", "minItems", "minProperties")
_AT_MOST = ("maximum", "exclusiveMaximum", "maxLength", "maxItems", "maxProperties")
_EXACT = ("pattern", "format", "const", "uniqueItems")


def breaches(before: Json, after: Json) -> list[str]:
    """Return what a caller who relies on `before` would stumble over in `after`."""
    return sorted(set(_Comparison(before, after).all()))


class _Comparison:
    def __init__(self, before: Json, after: Json) -> None:
        self._before = before
        self._after = after
        self._seen: set[tuple[str, str, bool]] = set()

    def all(self) -> Iterator[str]:
        now = {(path, method): operation for path, method, operation in operations(self._after)}
        for path, method, old in operations(self._before):
            new = now.get((path, method))
            if new is None:
                yield f"{method.upper()} {path}: removed"
            else:
                yield from self._operation(f"{method.upper()} {path}", old, new)

    def _operation(self, where: str, old: Json, new: Json) -> Iterator[str]:
        if old["operationId"] != new["operationId"]:
            yield f"{where}: another operation id"
        yield from self._parameters(where, old, new)
        yield from self._bodies(where, old, new)
        for status, answer in old["responses"].items():
            if status.startswith("2"):
                yield from self._answer(f"{where} {status}", answer, new["responses"].get(status))

    def _parameters(self, where: str, old: Json, new: Json) -> Iterator[str]:
        held = {(one["in"], one["name"]): one for one in old.get("parameters", ())}
        offered = {(one["in"], one["name"]): one for one in new.get("parameters", ())}
        for key, one in held.items():
            if key not in offered:
                yield f"{where} ?{key[1]}: removed"
            else:
                yield from self._narrowed(f"{where} ?{key[1]}", one["schema"], offered[key]["schema"])
        for key, one in offered.items():
            if one.get("required") and not held.get(key, {}).get("required"):
                yield f"{where} ?{key[1]}: required now"

    def _bodies(self, where: str, old: Json, new: Json) -> Iterator[str]:
        held, wanted = request_schema(old), request_schema(new)
        if held is None:
            if wanted is not None and new["requestBody"].get("required"):
                yield f"{where}: wants a body now"
        elif wanted is None:
            yield f"{where}: takes no body any more"
        else:
            yield from self._narrowed(where, held, wanted)

    def _answer(self, where: str, old: Json, new: Json | None) -> Iterator[str]:
        if new is None:
            yield f"{where}: not answered any more"
            return
        for media, content in old.get("content", {}).items():
            if media not in new.get("content", {}):
                yield f"{where}: {media} not offered any more"
            else:
                yield from self._loosened(where, content["schema"], new["content"][media]["schema"])

    def _pair(self, old: Json, new: Json, *, received: bool) -> tuple[Json, Json] | None:
        """Return both schemas, or None when this pair was compared before: schemas may refer to themselves."""
        names = (old.get("$ref", ""), new.get("$ref", ""), received)
        if all(names[:2]):
            if names in self._seen:
                return None
            self._seen.add(names)
        return resolved(self._before, old), resolved(self._after, new)

    def _narrowed(self, where: str, old: Json, new: Json) -> Iterator[str]:
        """Yield what was accepted and no longer is."""
        pair = self._pair(old, new, received=True)
        if pair is None:
            return
        old, new = pair
        if "anyOf" in old or "anyOf" in new:
            yield from self._alternatives(where, old, new, received=True)
            return
        yield from _bounds(where, old, new)
        gone = _values(old) - _values(new) if "enum" in new else set()
        if gone or ("enum" in new and "enum" not in old):
            yield f"{where}: values no longer accepted: {', '.join(sorted(gone)) or 'all but a few'}"
        held, wanted = old.get("properties", {}), new.get("properties", {})
        for name in held.keys() - wanted.keys() if new.get("additionalProperties") is False else ():
            yield f"{where}.{name}: no longer accepted"
        for name in set(new.get("required", ())) - set(old.get("required", ())):
            yield f"{where}.{name}: required now"
        yield from self._below(where, old, new, received=True)

    def _loosened(self, where: str, old: Json, new: Json) -> Iterator[str]:
        """Yield what was sure in an answer and no longer is."""
        pair = self._pair(old, new, received=False)
        if pair is None:
            return
        old, new = pair
        if "anyOf" in old or "anyOf" in new:
            yield from self._alternatives(where, old, new, received=False)
            return
        if old.get("type") != new.get("type") and not _type_of(new) <= _type_of(old):
            yield f"{where}: another type"
        if old.get("format") != new.get("format"):
            yield f"{where}: another format"
        for name in old.get("properties", {}).keys() - new.get("properties", {}).keys():
            yield f"{where}.{name}: no longer answered"
        for name in (set(old.get("required", ())) - set(new.get("required", ()))) & new.get("properties", {}).keys():
            yield f"{where}.{name}: no longer always there"
        yield from self._below(where, old, new, received=False)

    def _below(self, where: str, old: Json, new: Json, *, received: bool) -> Iterator[str]:
        compare = self._narrowed if received else self._loosened
        held, offered = old.get("properties", {}), new.get("properties", {})
        for name in held.keys() & offered.keys():
            yield from compare(f"{where}.{name}", held[name], offered[name])
        for keyword in ("items", "additionalProperties"):
            if isinstance(old.get(keyword), Mapping) and isinstance(new.get(keyword), Mapping):
                yield from compare(f"{where}[]", old[keyword], new[keyword])

    def _alternatives(self, where: str, old: Json, new: Json, *, received: bool) -> Iterator[str]:
        """Compare unions: each alternative that was accepted must be, each that is answered must have been."""
        olds, news = list(old.get("anyOf", [old])), list(new.get("anyOf", [new]))
        asked, offered = (olds, news) if received else (news, olds)
        for one in asked:
            tried = [self._fits(where, one, other, received=received) for other in offered]
            if [] not in tried:
                yield from min(tried, key=len, default=[f"{where}: an alternative is gone"])

    def _fits(self, where: str, one: Json, other: Json, *, received: bool) -> list[str]:
        seen = set(self._seen)
        found = list(self._narrowed(where, one, other) if received else self._loosened(where, other, one))
        self._seen = self._seen if not found else seen
        return found


def _bounds(where: str, old: Json, new: Json) -> Iterator[str]:
    if not _type_of(old) <= _type_of(new):
        yield f"{where}: another type"
    for keyword in _AT_LEAST:
        if keyword in new and new[keyword] > old.get(keyword, new[keyword] - 1):
            yield f"{where}: {keyword} rose"
    for keyword in _AT_MOST:
        if keyword in new and new[keyword] < old.get(keyword, new[keyword] + 1):
            yield f"{where}: {keyword} fell"
    for keyword in _EXACT:
        if keyword in new and new[keyword] != old.get(keyword):
            yield f"{where}: another {keyword}"


def _type_of(schema: Json) -> set[str]:
    """Return the types a schema allows; an integer is a number, and a schema without a type allows everything."""
    kind: str | Sequence[str] | None = schema.get("type")
    if kind is None:
        return {"anything"} if not {"enum", "const"} & schema.keys() else {"string"}
    return {kind} if isinstance(kind, str) else set(kind)


def _values(schema: Json) -> set[Any]:
    values = schema.get("enum", [schema["const"]] if "const" in schema else [])
    return {str(value) for value in values}
