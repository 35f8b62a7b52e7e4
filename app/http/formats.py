"""Which format a caller wants: the suffix of the path when it has one, else the Accept header (RFC 9110, 12.5.1)."""

from collections.abc import Mapping, Sequence
from enum import StrEnum
from typing import Annotated, Any, Final

from fastapi import Depends, Request

from app import errors


class Format(StrEnum):
    """How a table is sent, the preferred way first."""

    json = "json"
    csv = "csv"
    parquet = "parquet"


MEDIA_TYPES: Final[Mapping[Format, str]] = {
    Format.json: "application/json",
    Format.csv: "text/csv",
    Format.parquet: "application/vnd.apache.parquet",
}
SUFFIX: Final = rf"(\.({'|'.join(Format)}))?"
"""The end of a pattern for a path parameter that may carry a suffix."""


async def _accepted(request: Request) -> str:
    """OpenAPI knows Accept from the media types of the answers, so it is no documented parameter."""
    return ", ".join(request.headers.getlist("accept"))


Accepted = Annotated[str, Depends(_accepted)]
"""The Accept header as sent; empty when there is none."""


def split_suffix(name: str) -> tuple[str, Format | None]:
    """Return a name without its suffix, and the format that the suffix asks for."""
    stem, _, suffix = name.partition(".")
    return stem, Format(suffix) if suffix else None


def format_for(suffix: Format | None, accepted: str) -> Format:
    """Return the format to answer in, or raise `not_acceptable` when none of those accepted is offered."""
    if suffix is not None:
        return suffix
    media = preferred(accepted, list(MEDIA_TYPES.values()))
    return next(offered for offered in Format if MEDIA_TYPES[offered] == media)


def preferred(accepted: str, offered: Sequence[str]) -> str:
    """Return which of the media types offered is wanted most, the first of equals; `not_acceptable` when none is."""
    ranges = _ranges(accepted) or [("*", "*", 1.0)]
    weights = {media: _weight(media, ranges) for media in offered}
    best = max(weights, key=lambda media: weights[media])
    if not weights[best]:
        raise errors.not_acceptable()
    return best


def _ranges(accepted: str) -> Sequence[tuple[str, str, float]]:
    """Return (type, subtype, weight) of each media range; one that cannot be read is left out."""
    found = []
    for one in accepted.split(","):
        media, *parameters = (part.strip().lower() for part in one.split(";"))
        kind, slash, subtype = media.partition("/")
        weight = _quality(parameters)
        if slash and kind and subtype and weight is not None:
            found.append((kind, subtype, weight))
        elif media:
            found.append(("", "", 0.0))
    return found


def _quality(parameters: Sequence[str]) -> float | None:
    """Return the weight among the parameters of a media range, 1 without one, None for one that is no weight."""
    for parameter in parameters:
        name, _, value = parameter.partition("=")
        if name.strip() == "q":
            try:
                weight = float(value)
            except ValueError:
                return None
            return weight if 0 <= weight <= 1 else None
    return 1.0


def _weight(media: str, ranges: Sequence[tuple[str, str, float]]) -> float:
    """Return how much a media type is wanted: the word of the most exact range that holds it, 0 when none does."""
    kind, _, subtype = media.partition("/")
    for exact in ((kind, subtype), (kind, "*"), ("*", "*")):
        weights = [weight for *named, weight in ranges if tuple(named) == exact]
        if weights:
            return max(weights)
    return 0.0


def also_as_table(others: Mapping[int | str, dict[str, Any]] | None = None) -> dict[int | str, dict[str, Any]]:
    """Return the `responses=` that document CSV and Parquet beside JSON, with what others document."""
    content = {
        MEDIA_TYPES[Format.csv]: {"schema": {"type": "string", "description": "A header row, then a row a figure."}},
        MEDIA_TYPES[Format.parquet]: {
            "schema": {"type": "string", "format": "binary", "description": "The same columns; terms as metadata."}
        },
    }
    documented = dict(others or {})
    return {**documented, 200: {**documented.get(200, {}), "content": content}}
