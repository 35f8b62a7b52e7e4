"""How an answer about a plan leaves: as JSON or as a table, with its tag, in the form asked for."""

from collections.abc import Callable
from typing import Annotated, Any, Final

from fastapi import Depends, Path, Response

from app import errors
from app.http.formats import MEDIA_TYPES, Accepted, Format, also_as_table, format_for
from app.http.problems import problems
from app.http.tabular import AskedCsvStyle, CsvStyle, Table, table_response
from app.http.tags import TAGGED, IfNoneMatch, tagged
from app.http.wire import Sent
from app.plan.asking import PROBLEMS

ALSO_TABLES: Final[dict[int | str, dict[str, Any]]] = problems(*PROBLEMS, errors.not_acceptable) | also_as_table(TAGGED)
"""The `responses=` of a route that answers with `answered`."""
Suffix = Annotated[Format, Path(description="The form, as the end of a file's name.", examples=["csv"])]
"""The end of an address such as `/v1/plan/money.csv`, which a spreadsheet opens and refreshes by itself."""


def as_json(document: Sent, if_none_match: str | None) -> Response:
    """Return a document as JSON with its tag, or 304 when the caller holds it already."""
    return tagged(Response(document.model_dump_json().encode(), media_type=MEDIA_TYPES[Format.json]), if_none_match)


class Form:
    """In which form an answer is wanted, and which one the caller holds."""

    def __init__(self, accepted: Accepted, style: AskedCsvStyle, if_none_match: IfNoneMatch = None) -> None:
        """Keep what the headers and the query say."""
        self._accepted, self._style, self._held = accepted, style, if_none_match

    def answered(self, document: Sent, table: Callable[[], Table], suffix: Format | None = None) -> Response:
        """Return a document, or its table, in the form of the suffix or else the one `Accept` prefers."""
        wanted = format_for(suffix, self._accepted)
        style: CsvStyle = self._style
        if wanted is not Format.json:
            return tagged(table_response(table(), wanted, style), self._held)
        return as_json(document, self._held)


AskedForm = Annotated[Form, Depends()]
"""The form a caller wants. Put it behind the principal."""
