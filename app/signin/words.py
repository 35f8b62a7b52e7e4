"""The words of the pages, in French and English."""

from collections.abc import Mapping
from typing import Final

from app.identity.vocabulary import Permission, Role

FRENCH, ENGLISH = "fr", "en"

WORDS: Final[Mapping[str, Mapping[str, str]]] = {
    FRENCH: {
        "sign_in": "Connexion",
        "account": "Compte",
        "password": "Mot de passe",
        "code": "Code à usage unique",
        "code_hint": "Les 6 chiffres de votre application, ou un code de secours.",
        "enter": "Se connecter",
        "openid": "Se connecter avec le compte de votre organisation",
        "refused": "Compte, mot de passe ou code inexact, ou nouvel essai trop tôt. Attendez un peu, puis réessayez.",
        "who": "Votre session",
        "role": "Rôle",
        "until": "Sans usage, la session se ferme à",
        "at_last": "Dans tous les cas, elle se ferme à",
        "where": "Où aller",
        "leave": "Se déconnecter",
        "leave_everywhere": "Se déconnecter partout",
        "go_on": "Continuer",
        "signed_in": "Vous êtes connecté.",
        "invitation": "Invitation",
        "invitation_code": "Code d'invitation",
        "new_password": "Mot de passe choisi",
        "new_password_hint": "12 à 128 caractères, de toute sorte : plusieurs mots font un bon mot de passe.",
        "first_code_hint": "Les 6 chiffres que votre application affiche maintenant.",
        "accept": "Enregistrer",
        "invitation_refused": "L'invitation ou le code a été refusé.",
        "weak": "Ce mot de passe est trop court, trop long, trop courant, ou trop proche du nom du compte.",
        "recovery": "Codes de secours",
        "recovery_hint": "Notez-les et rangez-les : ils ne seront plus montrés. Chacun sert une fois.",
        "use_login": "Votre compte est",
        "invited": "J'ai une invitation",
    },
    ENGLISH: {
        "sign_in": "Sign in",
        "account": "Account",
        "password": "Password",
        "code": "One-time code",
        "code_hint": "The 6 figures your app shows, or a recovery code.",
        "enter": "Sign in",
        "openid": "Sign in with your organisation's account",
        "refused": "Account, password or code is not right, or it is too soon. Wait a little, then try again.",
        "who": "Your session",
        "role": "Role",
        "until": "Unused, the session ends at",
        "at_last": "In any case it ends at",
        "where": "Where to go",
        "leave": "Sign out",
        "leave_everywhere": "Sign out everywhere",
        "go_on": "Continue",
        "signed_in": "You are signed in.",
        "invitation": "Invitation",
        "invitation_code": "Invitation code",
        "new_password": "Password of your choice",
        "new_password_hint": "12 to 128 characters, of any kind: several words make a good password.",
        "first_code_hint": "The 6 figures your app shows now.",
        "accept": "Save",
        "invitation_refused": "The invitation or the code was refused.",
        "weak": "This password is too short, too long, too common, or too close to the account's name.",
        "recovery": "Recovery codes",
        "recovery_hint": "Note them and keep them safe: they are not shown again. Each is good once.",
        "use_login": "Your account is",
        "invited": "I have an invitation",
    },
}

ROLES: Final[Mapping[str, Mapping[str, str]]] = {
    FRENCH: {
        Role.coordinator: "coordination",
        Role.monitor: "suivi",
        Role.plan_secretary: "secrétariat du plan",
        Role.administrator: "administration",
        Role.dpo: "protection des données",
    },
    ENGLISH: {
        Role.coordinator: "coordination",
        Role.monitor: "monitoring",
        Role.plan_secretary: "secretariat of the plan",
        Role.administrator: "administration",
        Role.dpo: "data protection",
    },
}

PLACES: Final = (
    (
        Permission.metrics_read,
        "/v1/metrics/funnel?from={since}&to={until}",
        {FRENCH: "Parcours des 30 derniers jours", ENGLISH: "Pathways of the last 30 days"},
    ),
    (Permission.capacity_read, "/v1/capacity/now", {FRENCH: "Places disponibles", ENGLISH: "Places left"}),
    (Permission.release_read, "/v1/releases", {FRENCH: "Publications", ENGLISH: "Releases"}),
    (Permission.audit_read, "/v1/audit", {FRENCH: "Journal d'audit", ENGLISH: "Audit log"}),
    (Permission.reference_read, "/v1/indicators", {FRENCH: "Définitions", ENGLISH: "Definitions"}),
    (Permission.self_read, "/v1/me", {FRENCH: "Ce que ce compte peut faire", ENGLISH: "What this account may do"}),
)
"""What a browser can open with a session, by the permission it needs."""


def language_of(accepted: str | None) -> str:
    """Return the page language an `Accept-Language` prefers (RFC 9110); French when it names neither."""
    best, weight = FRENCH, 0.0
    for part in (accepted or "")[:500].split(","):
        tag, _, parameter = part.strip().partition(";")
        language = tag.strip().lower().partition("-")[0]
        given = parameter.strip().removeprefix("q=")
        quality = 1.0 if not given else float(given) if given.replace(".", "", 1).isdigit() else 0.0
        if language in WORDS and quality > weight:
            best, weight = language, quality
    return best
