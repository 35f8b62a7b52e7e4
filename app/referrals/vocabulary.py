"""States, steps, reasons and exits of a referral: closed sets with labels in French and English."""

from collections.abc import Mapping
from enum import StrEnum
from typing import Final

from app.directory.vocabulary import Label


class State(StrEnum):
    """Where a referral stands."""

    offered = "offered"
    requested = "requested"
    waitlisted = "waitlisted"
    accepted = "accepted"
    arrived = "arrived"
    admitted = "admitted"
    refused = "refused"
    declined = "declined"
    no_show = "no_show"
    cancelled = "cancelled"
    expired = "expired"
    entered_in_error = "entered_in_error"


class Step(StrEnum):
    """What one event reports: a state, or the end of the stay that an admission opened."""

    offered = "offered"
    requested = "requested"
    waitlisted = "waitlisted"
    accepted = "accepted"
    arrived = "arrived"
    admitted = "admitted"
    refused = "refused"
    declined = "declined"
    no_show = "no_show"
    cancelled = "cancelled"
    expired = "expired"
    entered_in_error = "entered_in_error"
    exited = "exited"


class FirstState(StrEnum):
    """The states a referral may be made in."""

    offered = "offered"
    requested = "requested"
    declined = "declined"


class EventState(StrEnum):
    """The states an event from outside may report; only the service lets a referral expire."""

    requested = "requested"
    waitlisted = "waitlisted"
    accepted = "accepted"
    arrived = "arrived"
    admitted = "admitted"
    refused = "refused"
    declined = "declined"
    no_show = "no_show"
    cancelled = "cancelled"
    entered_in_error = "entered_in_error"


class Reason(StrEnum):
    """Why a referral did not go on."""

    person_declined_service = "person_declined_service"
    person_declined_conditions = "person_declined_conditions"
    person_not_found = "person_not_found"
    person_other_solution = "person_other_solution"
    person_unable = "person_unable"
    no_place = "no_place"
    closed_at_time = "closed_at_time"
    staff_shortage = "staff_shortage"
    not_eligible = "not_eligible"
    file_incomplete = "file_incomplete"
    temporary_exclusion = "temporary_exclusion"
    service_suspended = "service_suspended"
    no_service_in_area = "no_service_in_area"
    no_transport = "no_transport"
    outcome_not_reported = "outcome_not_reported"
    duplicate = "duplicate"
    other = "other"


class Destination(StrEnum):
    """Where a stay ends."""

    longer_stay_housing = "longer_stay_housing"
    other_temporary = "other_temporary"
    treatment_residential = "treatment_residential"
    hospital_or_institution = "hospital_or_institution"
    street = "street"
    lost_contact = "lost_contact"
    other = "other"
    unknown = "unknown"


class Channel(StrEnum):
    """How the outcome was learnt: on the team's phone, at the desk, or by calling a partner without an account."""

    app = "app"
    desk = "desk"
    phone = "phone"


class NotApplied(StrEnum):
    """Why the fold could not apply an event; the event is kept all the same."""

    impossible_transition = "impossible_transition"
    already_in_state = "already_in_state"
    terminal = "terminal"
    answered_in_time = "answered_in_time"
    no_stay = "no_stay"
    stay_ended = "stay_ended"
    referral_unknown = "referral_unknown"


PERSON: Final = frozenset(
    {
        Reason.person_declined_service,
        Reason.person_declined_conditions,
        Reason.person_not_found,
        Reason.person_other_solution,
        Reason.person_unable,
    }
)
PROVIDER: Final = frozenset(
    {
        Reason.no_place,
        Reason.closed_at_time,
        Reason.staff_shortage,
        Reason.not_eligible,
        Reason.file_incomplete,
        Reason.temporary_exclusion,
        Reason.service_suspended,
    }
)
SYSTEM: Final = frozenset({Reason.no_service_in_area, Reason.no_transport, Reason.duplicate, Reason.other})

STATE_LABELS: Final[Mapping[StrEnum, Label]] = {
    State.offered: Label("proposée", "offered"),
    State.requested: Label("demandée", "requested"),
    State.waitlisted: Label("en liste d'attente", "waitlisted"),
    State.accepted: Label("acceptée", "accepted"),
    State.arrived: Label("arrivée confirmée", "arrived"),
    State.admitted: Label("admission", "admitted"),
    State.refused: Label("refusée par le lieu", "refused"),
    State.declined: Label("déclinée par la personne", "declined"),
    State.no_show: Label("personne non venue", "no-show"),
    State.cancelled: Label("annulée", "cancelled"),
    State.expired: Label("sans réponse, issue inconnue", "expired, outcome unknown"),
    State.entered_in_error: Label("saisie par erreur", "entered in error"),
}
REASON_LABELS: Final[Mapping[StrEnum, Label]] = {
    Reason.person_declined_service: Label("la personne ne souhaite pas ce service", "person declined the service"),
    Reason.person_declined_conditions: Label("la personne refuse les conditions", "person declined the conditions"),
    Reason.person_not_found: Label("personne non retrouvée", "person not found"),
    Reason.person_other_solution: Label("la personne a une autre solution", "person has another solution"),
    Reason.person_unable: Label("la personne n'est pas en état", "person unable"),
    Reason.no_place: Label("pas de place", "no place"),
    Reason.closed_at_time: Label("fermé à cette heure", "closed at that time"),
    Reason.staff_shortage: Label("manque de personnel", "staff shortage"),
    Reason.not_eligible: Label("critères non remplis", "not eligible"),
    Reason.file_incomplete: Label("dossier incomplet", "file incomplete"),
    Reason.temporary_exclusion: Label("exclusion temporaire", "temporary exclusion"),
    Reason.service_suspended: Label("service suspendu", "service suspended"),
    Reason.no_service_in_area: Label("pas de service dans le secteur", "no service in the area"),
    Reason.no_transport: Label("pas de transport", "no transport"),
    Reason.outcome_not_reported: Label("issue non communiquée", "outcome not reported"),
    Reason.duplicate: Label("doublon", "duplicate"),
    Reason.other: Label("autre", "other"),
}
DESTINATION_LABELS: Final[Mapping[StrEnum, Label]] = {
    Destination.longer_stay_housing: Label("hébergement ou logement durable", "longer-stay housing"),
    Destination.other_temporary: Label("autre hébergement temporaire", "other temporary housing"),
    Destination.treatment_residential: Label("soins résidentiels", "residential treatment"),
    Destination.hospital_or_institution: Label("hôpital ou institution", "hospital or institution"),
    Destination.street: Label("rue", "street"),
    Destination.lost_contact: Label("perdu de vue", "lost contact"),
    Destination.other: Label("autre", "other"),
    Destination.unknown: Label("inconnue", "unknown"),
}
CHANNEL_LABELS: Final[Mapping[StrEnum, Label]] = {
    Channel.app: Label("application de l'équipe", "team's app"),
    Channel.desk: Label("accueil du lieu", "facility's desk"),
    Channel.phone: Label("appel au partenaire", "call to the partner"),
}
VOCABULARIES: Final[Mapping[str, Mapping[StrEnum, Label]]] = {
    "referral_state": STATE_LABELS,
    "reason": REASON_LABELS,
    "stay_exit": DESTINATION_LABELS,
    "channel": CHANNEL_LABELS,
}
