"""KPIs in the text format of OpenMetrics 1.0 (github.com/prometheus/OpenMetrics, 1.0.0). Pure Python.

Labels are plan, KPI, key (a body, a statement, a committee, a territory with a target), source and reason: never
anybody, never a door.
"""

from collections.abc import Iterable, Iterator, Mapping
from typing import Final, NamedTuple

from app.monitoring.kpis.records import Held
from app.monitoring.kpis.vocabulary import KpiStatus

CONTENT_TYPE: Final = "application/openmetrics-text; version=1.0.0; charset=utf-8"
_STATUS: Final = "maraude_kpi_status"


class _Family(NamedTuple):
    name: str
    kind: str
    help: str


_VALUE: Final = _Family("maraude_kpi", "gauge", "Value of a KPI, in the unit of its label.")
_TARGET: Final = _Family("maraude_kpi_target", "gauge", "What the plan's target for it asks to reach.")
_UNKNOWN: Final = _Family("maraude_kpi_unknown", "gauge", "How many of maraude_kpi_base are not known.")
_BASE: Final = _Family("maraude_kpi_base", "gauge", "What maraude_kpi_unknown is a part of.")
_MISSING: Final = _Family("maraude_kpi_missing", "gauge", "1 for a KPI without a value, with the reason.")
_STATES: Final = _Family(_STATUS, "stateset", "How the value stands against the target.")


def exposition(plan: str, rows: Iterable[Held]) -> bytes:
    """Return the exposition of a plan's KPIs: a missing value has no sample, and one that says why."""
    held = list(rows)
    lines = [
        *_family(_VALUE, ((_labels(plan, one, unit=one.value.kpi.unit), one.value.value) for one in held)),
        *_family(_TARGET, ((_labels(plan, one), one.target.value if one.target else None) for one in held)),
        *_family(_UNKNOWN, ((_labels(plan, one), one.value.unknown) for one in held)),
        *_family(_BASE, ((_labels(plan, one), one.value.base) for one in held)),
        *_family(
            _MISSING,
            ((_labels(plan, one, reason=one.value.missing.code), 1) for one in held if one.value.missing is not None),
        ),
        *_family(_STATES, _states(plan, held)),
        "# EOF",
    ]
    return "".join(f"{line}\n" for line in lines).encode()


def _labels(plan: str, one: Held, **more: str) -> Mapping[str, str]:
    value = one.value
    return {"plan": plan, "kpi": value.kpi.code, "key": value.key or "", "source": value.source, **more}


def _states(plan: str, held: Iterable[Held]) -> Iterator[tuple[Mapping[str, str], float]]:
    for one in held:
        for status in KpiStatus:
            yield {**_labels(plan, one), _STATUS: status.value}, float(one.status is status)


def _family(family: _Family, samples: Iterable[tuple[Mapping[str, str], float | None]]) -> Iterator[str]:
    """Yield the lines of a metric family: its descriptor, then a sample for each value that is there."""
    yield f"# TYPE {family.name} {family.kind}"
    yield f"# HELP {family.name} {_escaped(family.help)}"
    for labels, value in samples:
        if value is not None:
            said = ",".join(f'{name}="{_escaped(text)}"' for name, text in labels.items())
            yield f"{family.name}{{{said}}} {float(value)!r}"


def _escaped(text: str) -> str:
    return text.replace("\\", r"\\").replace('"', r"\"").replace("\n", r"\n")
