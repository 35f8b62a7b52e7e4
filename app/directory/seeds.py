"""The places every installation starts with, and territory files in the same form. Sources: data/README.md."""

import csv
from collections.abc import Mapping
from datetime import date
from importlib.resources import files
from typing import Annotated, Any, Final

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, TypeAdapter, ValidationError

from app import errors
from app.directory.rules import Place, place_fault, rank
from app.directory.vocabulary import Rung, SuccessState, TerritoryLevel
from app.errors import Fault
from app.http.faults import faults_of

Row = dict[str, Any]


def _given(cell: object) -> object:
    return None if cell == "" else cell


_Blank = BeforeValidator(_given)
_Code = Annotated[str, Field(pattern=r"^[0-9]{2,7}$")]
_Word = Annotated[str, Field(pattern=r"^[a-z][a-z_-]{2,39}$")]
_Name = Annotated[str, Field(min_length=1, max_length=120)]
_Measure = Annotated[Annotated[float, Field(allow_inf_nan=False)] | None, _Blank]
_Until = Annotated[date | None, _Blank]


class _Line(BaseModel):
    """One line of a CSV file, its columns named in the header."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class TerritoryLine(_Line):
    """A territory; empty cells are null."""

    code: _Code
    name: _Name
    level: TerritoryLevel
    parent: Annotated[_Code | None, _Blank]
    area_km2: _Measure
    east_km: _Measure
    north_km: _Measure
    source: _Name

    def place(self) -> Place:
        """Return where it stands in the tree."""
        return Place(self.code, self.level, self.parent)


class BorderLine(_Line):
    """Two territories that touch, the lower code first."""

    code_a: _Code
    code_b: _Code
    shared_border_m: Annotated[int, Field(ge=0)]


class KindLine(_Line):
    """What holds for a kind of facility during a period."""

    code: _Word
    valid_from: date
    valid_until: _Until
    rung: Rung
    success: SuccessState
    expires_after_s: Annotated[int, Field(gt=0)]
    label_fr: _Name
    label_en: _Name


class PerimeterLine(_Line):
    """A perimeter, its territories separated by spaces."""

    code: _Word
    label_fr: _Name
    label_en: _Name
    valid_from: date
    valid_until: _Until
    territories: str


_TERRITORIES: Final = TypeAdapter(list[TerritoryLine])
_BORDERS: Final = TypeAdapter(list[BorderLine])
_KINDS: Final = TypeAdapter(list[KindLine])
_PERIMETERS: Final = TypeAdapter(list[PerimeterLine])


def territories() -> list[Row]:
    """Return the territories shipped, parents first."""
    return read_territories(_shipped("territories"), {})


def borders() -> list[Row]:
    """Return the borders shipped."""
    return [line.model_dump() for line in _BORDERS.validate_python(_lines(_shipped("borders")))]


def kinds() -> list[Row]:
    """Return the kinds of facility shipped."""
    return [line.model_dump() for line in _KINDS.validate_python(_lines(_shipped("kinds")))]


def perimeters() -> list[tuple[Row, list[str]]]:
    """Return the perimeters shipped, each with the codes of its territories."""
    lines = _PERIMETERS.validate_python(_lines(_shipped("perimeters")))
    return [(line.model_dump(exclude={"territories"}), line.territories.split()) for line in lines]


def read_territories(text: str, known: Mapping[str, Place]) -> list[Row]:
    """Return the territories of a CSV text as rows, parents first; `known` holds those that are there already.

    Raises `invalid`; its pointers are /line/column, with lines counted from 0 after the header.
    """
    try:
        lines = _TERRITORIES.validate_python(_lines(text))
    except ValidationError as error:
        raise errors.invalid("The territories cannot be read.", faults_of(error)) from error
    places = {**known, **{line.code: line.place() for line in lines}}
    codes = [line.code for line in lines]
    faults = [Fault(f"/{n}/code", "rule", "must not be repeated") for n, code in enumerate(codes) if code in codes[:n]]
    for number, line in enumerate(lines):
        wrong = place_fault(line.place(), places.get(line.parent or ""))
        faults += [Fault(f"/{number}/parent", "rule", wrong)] if wrong else []
    if not faults and any(place_fault(place, places.get(place.parent or "")) for place in places.values()):
        faults.append(Fault("", "rule", "must leave the territories already there in their places"))
    if faults:
        raise errors.invalid("The territories do not form a tree.", faults)
    return [line.model_dump() for line in sorted(lines, key=lambda line: rank(line.level))]


def _shipped(name: str) -> str:
    return files("app.directory").joinpath("data", f"{name}.csv").read_text(encoding="utf-8")


def _lines(text: str) -> list[dict[str, str]]:
    """Return the lines of a CSV text with a header; cells beyond the header are dropped."""
    return [{key: cell for key, cell in line.items() if key} for line in csv.DictReader(text.splitlines(), restval="")]
