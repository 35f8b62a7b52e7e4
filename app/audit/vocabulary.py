"""What may be done to a chain, and what each act is called in French and English. Pure Python."""

from collections.abc import Mapping
from enum import StrEnum
from typing import Final, NamedTuple


class Tampering(StrEnum):
    """What somebody did to a chain or to the file of its anchors."""

    changed = "changed"
    removed = "removed"
    inserted = "inserted"
    reordered = "reordered"
    rewritten = "rewritten"
    truncated = "truncated"
    regrown = "regrown"
    anchors_changed = "anchors_changed"
    anchors_shortened = "anchors_shortened"


class Label(NamedTuple):
    """A name in both languages."""

    fr: str
    en: str


SENTENCES: Final[Mapping[Tampering, str]] = {
    Tampering.changed: "not what the service wrote there: changed since, or put at what was then the end",
    Tampering.removed: "taken out",
    Tampering.inserted: "put in",
    Tampering.reordered: "moved to each other's places",
    Tampering.rewritten: "nothing from here on was written with this key after what stands before it",
    Tampering.truncated: "cut off: an anchor remembers them",
    Tampering.regrown: "cut off and grown again, or rewritten with the key: an anchor remembers another entry",
    Tampering.anchors_changed: "line of the file of anchors not as it was written",
    Tampering.anchors_shortened: "cut off from the file of anchors",
}

ACTIONS: Final[Mapping[str, Label]] = {
    "account.create": Label("Création d'un compte", "Account created"),
    "account.invite": Label("Invitation d'une personne", "Person invited"),
    "account.link": Label("Compte relié au fournisseur d'identité", "Account linked to the identity provider"),
    "account.password": Label("Changement de mot de passe", "Password changed"),
    "account.redeem": Label("Invitation acceptée", "Invitation redeemed"),
    "account.revoke": Label("Fermeture d'un compte", "Account shut out"),
    "account.unlink": Label("Compte détaché du fournisseur d'identité", "Account unlinked from the identity provider"),
    "annotation.add": Label("Ajout d'un événement daté", "Dated event added"),
    "audit.anchor": Label("Ancrage des journaux hors de la base", "Heads of the logs written down outside"),
    "audit.export": Label("Export du journal d'audit", "Audit log exported"),
    "audit.read": Label("Lecture du journal d'audit", "Audit log read"),
    "database.copy": Label("Copie de sauvegarde de la base", "Database copied for a backup"),
    "database.distribute": Label("Répartition de la base", "Database distributed"),
    "database.grant": Label("Droits du rôle de service fixés", "Rights of the serving role set"),
    "database.migrate": Label("Migration de la base", "Database migrated"),
    "database.restore": Label("Base restaurée, flux recalés", "Database restored, feeds put right"),
    "demo.copy": Label("Copie de la ville de démonstration", "Demo city copied"),
    "device.enrolment": Label("Enrôlement d'un appareil", "Device enrolled"),
    "device.revoke": Label("Exclusion d'un appareil", "Device shut out"),
    "encounter.post": Label("Envoi de rencontres", "Encounters posted"),
    "enrolment.open": Label("Ouverture d'un code d'enrôlement", "Enrolment code opened"),
    "facility.close": Label("Fermeture d'un lieu", "Facility closed"),
    "facility.create": Label("Création d'un lieu", "Facility entered"),
    "facility.hours": Label("Horaires d'un lieu", "Opening hours planned"),
    "facility-report.post": Label("Envoi de l'état d'un lieu", "State of a facility posted"),
    "facts.rebuild": Label("Recalcul complet des agrégats", "Facts computed anew"),
    "hold.make": Label("Place retenue", "Place held"),
    "hold.refuse": Label("Place demandée sans succès", "Place asked for in vain"),
    "hold.release": Label("Place rendue", "Held place given up"),
    "keys.close": Label("Clôture d'une période de clés commencée", "Closing of a key period begun"),
    "keys.closed": Label("Période de clés close", "Key period closed"),
    "keys.create": Label("Création d'une clé de période", "Key of a period made"),
    "keys.destroyed": Label("Destruction d'une clé de période", "Key of a period destroyed"),
    "metrics.coverage": Label("Question : couverture du territoire", "Question: coverage"),
    "metrics.effort": Label("Question : effort des équipes", "Question: effort"),
    "metrics.flows": Label("Question : flux entre lieux", "Question: flows"),
    "metrics.funnel": Label("Question : entonnoir des orientations", "Question: funnel of referrals"),
    "metrics.housing": Label("Question : hébergement et logement", "Question: housing"),
    "metrics.indicators": Label("Question : indicateur", "Question: indicator"),
    "metrics.reach": Label("Question : personnes rencontrées", "Question: people reached"),
    "metrics.refuse": Label("Question refusée : budget du jour épuisé", "Question refused: none left that day"),
    "metrics.reporting": Label("Question : qualité de la saisie", "Question: reporting"),
    "metrics.territories": Label("Question : territoires", "Question: territories"),
    "metrics.time_to_success": Label("Question : délais jusqu'au succès", "Question: time to success"),
    "metrics.unmet-demand": Label("Question : demande sans réponse", "Question: unmet demand"),
    "organisation.create": Label("Création d'une organisation", "Organisation entered"),
    "patrol.post": Label("Envoi de maraudes", "Patrols posted"),
    "perimeter.create": Label("Création d'un périmètre", "Perimeter entered"),
    "plan.acknowledge": Label("Alerte du plan notée", "Alert of the plan taken note of"),
    "plan.entries": Label("Inscription au registre du plan", "Entered in the register of the plan"),
    "plan.import": Label("Import au registre du plan", "Imported into the register of the plan"),
    "plan.snapshot": Label("Instantané mensuel du plan figé", "Monthly snapshot of the plan frozen"),
    "record.coarsen": Label("Enregistrements anciens rendus moins précis", "Old records made coarser"),
    "record.delete": Label("Suppression d'enregistrements échus", "Records past their time deleted"),
    "record.settle": Label("Minutes des étapes closes effacées", "Minutes of settled answers taken away"),
    "referral.expire": Label("Orientations closes faute de réponse", "Silent referrals expired"),
    "referral.lookup": Label("Recherche d'une orientation par bon ou carte", "Referral looked up by slip or card"),
    "referral.post": Label("Envoi d'orientations", "Referrals posted"),
    "referral-event.post": Label("Envoi de réponses à des orientations", "Answers to referrals posted"),
    "release.compute": Label("Publication figée", "Release computed and frozen"),
    "session.end": Label("Déconnexion", "Signed out"),
    "session.refuse": Label("Connexion refusée", "Sign-in refused"),
    "session.start": Label("Connexion", "Signed in"),
    "stay-exit.post": Label("Envoi de fins de séjour", "Ends of stays posted"),
    "team.close": Label("Fermeture d'une équipe", "Team closed"),
    "team.create": Label("Création d'une équipe", "Team entered"),
    "territory.import": Label("Import de territoires", "Territories imported"),
    "token.issue": Label("Remise d'un jeton d'accès", "Token issued"),
    "token.renew": Label("Renouvellement d'un jeton d'appareil", "Device's token renewed"),
    "token.revoke": Label("Retrait d'un jeton", "Token withdrawn"),
}
"""Every act there is; a test finds those in the code that have no label."""


def label_of(action: str) -> Label:
    """Return what an act is called; one that an older or newer version wrote is called by its code."""
    return ACTIONS.get(action, Label(action, action))
