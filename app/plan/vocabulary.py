"""The closed vocabularies of the plan, each code with its label in French and English. Pure Python."""

from collections.abc import Mapping
from enum import StrEnum
from typing import Final

from app.directory.vocabulary import Label


class EntryType(StrEnum):
    """What an entry of the register is about; the order is that of a reader."""

    plan = "plan"
    body = "body"
    objective = "objective"
    action = "action"
    milestone = "milestone"
    milestone_reached = "milestone_reached"
    assessment = "assessment"
    statement = "statement"
    amount = "amount"
    committee = "committee"
    meeting = "meeting"
    decision = "decision"
    decision_outcome = "decision_outcome"
    target = "target"
    series = "series"
    observation = "observation"
    acknowledgement = "acknowledgement"
    withdrawal = "withdrawal"


class BodyRole(StrEnum):
    """What a body is in the plan; it may be several."""

    signatory = "signatory"
    lead = "lead"
    partner = "partner"
    funder = "funder"
    assessor = "assessor"


class ActionStatus(StrEnum):
    """The scale of an assessment, from nothing to done; abandoned stands beside it."""

    not_started = "not_started"
    initiated = "initiated"
    partly_done = "partly_done"
    done = "done"
    abandoned = "abandoned"


class Subject(StrEnum):
    """What a statement about the plan as a whole speaks of."""

    realisation = "realisation"
    money = "money"
    coordination = "coordination"
    population = "population"
    pathway = "pathway"


class StatementMeasure(StrEnum):
    """How a statement says it."""

    counted = "counted"
    """So many of so many."""
    share = "share"
    """A share, as printed; the counts behind it were not published."""
    qualitative = "qualitative"
    """In words only: it is shown as such and never turned into a number."""


class AmountNature(StrEnum):
    """What an amount is: promised, a change of the promise, or paid."""

    commitment = "commitment"
    revision = "revision"
    expenditure = "expenditure"


class AmountKind(StrEnum):
    """Which kind of money, in the terms of French public accounts; kinds are never added up with in-kind help."""

    commitment_authorisation = "commitment_authorisation"
    payment_credit = "payment_credit"
    in_kind = "in_kind"


class OverrunCause(StrEnum):
    """Why a promise was changed, or more was paid than promised."""

    scope = "scope"
    volume = "volume"
    price = "price"
    delay = "delay"
    emergency = "emergency"
    underestimate = "underestimate"
    not_stated = "not_stated"


class MilestoneState(StrEnum):
    """Where a milestone stands on a day; missed is not reached past its day."""

    due = "due"
    reached = "reached"
    missed = "missed"


class DecisionOutcome(StrEnum):
    """How a decision ended; one without an outcome is open."""

    done = "done"
    dropped = "dropped"


class DecisionState(StrEnum):
    """Where a decision stands on a day; overdue is open past its day."""

    open = "open"
    overdue = "overdue"
    done = "done"
    dropped = "dropped"


class Direction(StrEnum):
    """Which way of the target is better."""

    at_least = "at_least"
    at_most = "at_most"


class TargetStatus(StrEnum):
    """How a value stands against a target, by the thresholds set with it."""

    on_target = "on_target"
    watch = "watch"
    off_target = "off_target"
    unknown = "unknown"


class Lacking(StrEnum):
    """Why a figure of the plan is not there."""

    no_action = "no_action"
    nothing_assessed = "nothing_assessed"
    never_dated = "never_dated"
    no_longer_dated = "no_longer_dated"
    nothing_committed = "nothing_committed"
    nothing_left_committed = "nothing_left_committed"
    no_expenditure = "no_expenditure"
    not_spread = "not_spread"
    no_meeting_planned = "no_meeting_planned"
    never_met = "never_met"
    none_held = "none_held"
    attendance_not_noted = "attendance_not_noted"
    no_signatory_expected = "no_signatory_expected"
    rhythm_not_stated = "rhythm_not_stated"
    no_decision = "no_decision"
    no_decision_due = "no_decision_due"
    no_value = "no_value"
    not_in_force = "not_in_force"
    no_baseline = "no_baseline"
    baseline_is_target = "baseline_is_target"
    not_published = "not_published"


class Unjudged(StrEnum):
    """Why nothing is ever held against a target."""

    unknown_indicator = "unknown_indicator"
    about_people = "about_people"
    territory = "territory"


LABELS: Final[Mapping[type[StrEnum], Mapping[StrEnum, Label]]] = {
    ActionStatus: {
        ActionStatus.not_started: Label("non commencée", "not started"),
        ActionStatus.initiated: Label("engagée", "initiated"),
        ActionStatus.partly_done: Label("réalisée en partie", "partly done"),
        ActionStatus.done: Label("réalisée", "done"),
        ActionStatus.abandoned: Label("abandonnée", "abandoned"),
    },
    BodyRole: {
        BodyRole.signatory: Label("signataire", "signatory"),
        BodyRole.lead: Label("pilote", "lead"),
        BodyRole.partner: Label("partenaire", "partner"),
        BodyRole.funder: Label("financeur", "funder"),
        BodyRole.assessor: Label("évaluateur", "assessor"),
    },
    Subject: {
        Subject.realisation: Label("réalisation", "realisation"),
        Subject.money: Label("finances", "money"),
        Subject.coordination: Label("coordination", "coordination"),
        Subject.population: Label("public concerné", "people concerned"),
        Subject.pathway: Label("parcours", "pathway"),
    },
    StatementMeasure: {
        StatementMeasure.counted: Label("décompte", "count"),
        StatementMeasure.share: Label("part publiée", "published share"),
        StatementMeasure.qualitative: Label("qualitatif", "qualitative"),
    },
    AmountNature: {
        AmountNature.commitment: Label("engagement", "commitment"),
        AmountNature.revision: Label("révision de l'engagement", "revision of the commitment"),
        AmountNature.expenditure: Label("dépense", "expenditure"),
    },
    AmountKind: {
        AmountKind.commitment_authorisation: Label("autorisation d'engagement", "commitment authorisation"),
        AmountKind.payment_credit: Label("crédit de paiement", "payment credit"),
        AmountKind.in_kind: Label("apport en nature", "in kind"),
    },
    OverrunCause: {
        OverrunCause.scope: Label("périmètre élargi", "wider scope"),
        OverrunCause.volume: Label("plus de personnes ou de places", "more people or places"),
        OverrunCause.price: Label("prix", "price"),
        OverrunCause.delay: Label("retard", "delay"),
        OverrunCause.emergency: Label("urgence", "emergency"),
        OverrunCause.underestimate: Label("sous-estimation initiale", "underestimated at first"),
        OverrunCause.not_stated: Label("cause non indiquée", "cause not stated"),
    },
    MilestoneState: {
        MilestoneState.due: Label("à venir", "due"),
        MilestoneState.reached: Label("atteint", "reached"),
        MilestoneState.missed: Label("manqué", "missed"),
    },
    DecisionOutcome: {
        DecisionOutcome.done: Label("exécutée", "done"),
        DecisionOutcome.dropped: Label("abandonnée", "dropped"),
    },
    DecisionState: {
        DecisionState.open: Label("en cours", "open"),
        DecisionState.overdue: Label("en retard", "overdue"),
        DecisionState.done: Label("exécutée", "done"),
        DecisionState.dropped: Label("abandonnée", "dropped"),
    },
    Direction: {
        Direction.at_least: Label("au moins", "at least"),
        Direction.at_most: Label("au plus", "at most"),
    },
    TargetStatus: {
        TargetStatus.on_target: Label("atteint ou dans la tolérance", "on target, or within its tolerance"),
        TargetStatus.watch: Label("à surveiller", "to be watched"),
        TargetStatus.off_target: Label("hors cible", "off target"),
        TargetStatus.unknown: Label("inconnu", "unknown"),
    },
    Lacking: {
        Lacking.no_action: Label("aucune action à cette date", "no action at that date"),
        Lacking.nothing_assessed: Label("cet organisme n'a évalué aucune action", "this body assessed no action"),
        Lacking.never_dated: Label("aucune fin n'a jamais été prévue", "no end was ever planned"),
        Lacking.no_longer_dated: Label("plus aucune fin n'est prévue", "an end is no longer planned"),
        Lacking.nothing_committed: Label("rien n'a été engagé", "nothing was committed"),
        Lacking.nothing_left_committed: Label(
            "l'engagement, tel que révisé, n'est pas supérieur à zéro", "the commitment, as revised, is not above zero"
        ),
        Lacking.no_expenditure: Label("aucune dépense n'a été enregistrée", "no expenditure was recorded"),
        Lacking.not_spread: Label(
            "des sommes que leur source ne répartit pas par année", "sums that their source does not spread over years"
        ),
        Lacking.no_meeting_planned: Label("aucune réunion prévue", "no meeting planned"),
        Lacking.never_met: Label("aucune réunion tenue jusque-là", "no meeting held until then"),
        Lacking.none_held: Label("aucune réunion tenue parmi celles prévues", "none of those planned was held"),
        Lacking.attendance_not_noted: Label("présences non notées", "attendance was not noted"),
        Lacking.no_signatory_expected: Label("aucun signataire attendu", "no signatory was expected"),
        Lacking.rhythm_not_stated: Label("rythme non fixé", "how often to meet was not stated"),
        Lacking.no_decision: Label("aucune décision", "no decision"),
        Lacking.no_decision_due: Label("aucune décision arrivée à échéance", "no decision was due yet"),
        Lacking.no_value: Label("pas de valeur", "no value"),
        Lacking.not_in_force: Label(
            "cible non en vigueur sur toute la période", "the target was not in force for the whole period"
        ),
        Lacking.no_baseline: Label("pas de point de départ", "no baseline"),
        Lacking.baseline_is_target: Label("le point de départ est la cible", "the baseline is the target"),
        Lacking.not_published: Label("mois sans valeur reçue", "no value was received for this month"),
    },
    Unjudged: {
        Unjudged.unknown_indicator: Label("aucun indicateur n'a ce code", "no indicator has this code"),
        Unjudged.about_people: Label(
            "l'indicateur porte sur des personnes : sa valeur exacte ne sort pas du service",
            "the indicator is about people: its exact value does not leave the service",
        ),
        Unjudged.territory: Label(
            "l'indicateur n'est pas connu par territoire, ou pas pour celui-ci",
            "the indicator is not known by territory, or not for this one",
        ),
    },
}
"""What people read, by vocabulary and code."""
