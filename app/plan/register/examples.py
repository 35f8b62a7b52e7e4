"""One entry of each type that one may post: together, in this order, they make a small register."""

from collections.abc import Sequence
from typing import Any, Final

_PLAN: Final = "crack-2019"
_IDS: Final = "0195f1c2-5b7a-7c3e-9a41-2f60d1a4b7"
_ADOPTED: Final = {"on": "2019-05-27", "source": {"title": "Protocole signé", "published_on": "2019-05-27"}}
_FOUND: Final = {"on": "2021-06-30", "source": {"title": "Rapport d'évaluation", "reference": "p. 12"}}
_MINUTED: Final = {"on": "2019-09-12", "source": {"title": "Relevé de décisions"}}


def _entry(place: int, kind: str, about: dict[str, Any], /, **said: object) -> dict[str, Any]:
    return {"id": f"{_IDS}{place:02x}", "type": kind, "plan": _PLAN, **about, **said}


PLAN_ENTRY: Final = _entry(
    1, "plan", _ADOPTED,
    title={"fr": "Plan de mobilisation", "en": "Mobilisation plan"},
    valid_from="2019-05-27",
    valid_to="2022-01-01",
)  # fmt: skip
_OBSERVATION: Final = _entry(
    16, "observation", {"on": "2020-03-01", "source": {"title": "Données ouvertes", "url": "https://example.org/115"}},
    series="appels-115",
    territory="75118",
    value=412.0,
)  # fmt: skip
EXAMPLES: Final[Sequence[dict[str, Any]]] = [
    PLAN_ENTRY,
    _entry(
        2, "body", _ADOPTED,
        code="prefecture",
        name={"fr": "Préfecture de région", "en": "Regional prefecture"},
        roles=["signatory", "funder", "assessor"],
    ),
    _entry(3, "objective", _ADOPTED, number=2, title={"fr": "Mettre à l'abri", "en": "Give shelter"}),
    _entry(
        4, "action", _ADOPTED,
        number=12,
        title={"fr": "Ouvrir des espaces de repos", "en": "Open rest rooms"},
        objective=2,
        lead="prefecture",
        planned_start="2019-05-27",
        planned_end="2020-06-30",
        indicators=["contacts"],
    ),
    _entry(
        5, "milestone", _ADOPTED,
        code="ouverture",
        title={"fr": "Ouverture d'un espace de repos", "en": "Opening of a rest room"},
        due_on="2019-12-31",
        action=12,
    ),
    _entry(
        6, "milestone_reached", {"on": "2020-04-06", "source": {"title": "Communiqué"}},
        milestone="ouverture",
        body="prefecture",
    ),
    _entry(7, "assessment", _FOUND, action=12, body="prefecture", status="partly_done"),
    _entry(
        8, "statement", _FOUND,
        code="actions-engagees",
        body="prefecture",
        subject="realisation",
        measure="counted",
        says={"fr": "19 actions engagées sur 33", "en": "19 of 33 actions initiated"},
        count=19,
        of=33,
        status="initiated",
    ),
    _entry(
        9, "amount", {"on": "2019-06-28", "source": {"title": "Convention de financement", "reference": "article 3"}},
        code="convention-2019",
        action=12,
        funder="prefecture",
        year=2019,
        nature="commitment",
        kind="commitment_authorisation",
        cents=300_000_000,
    ),
    _entry(
        10, "committee", _ADOPTED,
        code="pilotage",
        title={"fr": "Comité de pilotage", "en": "Steering committee"},
        members=["prefecture"],
        meetings_per_year=4,
    ),
    _entry(
        11, "meeting", _MINUTED,
        code="pilotage-2019-09",
        committee="pilotage",
        held=True,
        held_on="2019-09-12",
        present=["prefecture"],
    ),
    _entry(
        12, "decision", _MINUTED,
        code="gardien",
        committee="pilotage",
        meeting="pilotage-2019-09",
        title={"fr": "Recruter un gardien de nuit", "en": "Hire a night guard"},
        owner="prefecture",
        due_on="2019-12-31",
        action=12,
    ),
    _entry(
        13, "decision_outcome", {"on": "2020-02-03", "source": {"title": "Relevé de décisions"}},
        decision="gardien",
        outcome="done",
    ),
    _entry(
        14, "target", _ADOPTED,
        code="maraudes",
        indicator="patrols_held",
        valid_from="2019-06-01",
        valid_to="2022-01-01",
        direction="at_least",
        value=60.0,
        watch=50.0,
        alarm=30.0,
    ),
    _entry(
        15, "series", {"on": "2020-01-01", "source": {"title": "Données ouvertes", "url": "https://example.org/115"}},
        code="appels-115",
        title={"fr": "Appels au 115", "en": "Calls to the shelter line"},
        unit={"fr": "appels", "en": "calls"},
        publisher="Ville",
        licence="ODbL",
    ),
    _OBSERVATION,
    _entry(
        17, "withdrawal", {"on": "2020-04-02", "source": {"title": "Données ouvertes", "reference": "rectificatif"}},
        corrects=_OBSERVATION["id"],
    ),
]  # fmt: skip
