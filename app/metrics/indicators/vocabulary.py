"""Why figures leave the service as a file: a closed set."""

from enum import StrEnum
from typing import Final

TICKET: Final = r"^[A-Z]{2,4}-[0-9]{1,5}$"
"""A ticket of the operator's tracker: too short for a telephone number, a date of birth or a sentence."""


class ExportReason(StrEnum):
    """Why a file has to hold small counts too."""

    steering = "steering"
    funding_report = "funding_report"
    evaluation = "evaluation"
    research = "research"
    audit = "audit"
    data_quality = "data_quality"
