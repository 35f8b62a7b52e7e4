"""The problems every posting route may answer with."""

from typing import Final

from app import errors
from app.http.problems import problems

INGEST_PROBLEMS: Final = problems(
    errors.malformed_json,
    errors.malformed_encoding,
    errors.unauthenticated,
    errors.forbidden,
    errors.body_too_large,
    errors.unsupported_media,
    errors.invalid,
    errors.unavailable,
    errors.storage_full,
)
