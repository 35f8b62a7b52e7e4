"""The plans that come with the service. Pure Python."""

from enum import StrEnum


class PublishedPlan(StrEnum):
    """A plan that ran, as far as it was published."""

    crack_2019 = "crack-2019"
