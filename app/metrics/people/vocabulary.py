"""Words of what is kept about people. Pure Python."""

from enum import StrEnum


class KeptSpan(StrEnum):
    """The periods for which persons are kept as numbers once their links are gone."""

    month = "month"
    quarter = "quarter"
    year = "year"
