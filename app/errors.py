"""Every failure the service can name: a closed catalogue with stable codes, in French and English. Pure Python.

A problem says where and what, never the value received: values may identify a person.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class Fault:
    """One fault inside a request: `pointer` is a JSON pointer into the body, or `?name` for a parameter."""

    pointer: str
    code: str
    detail: str


class Problem(Exception):  # noqa: N818 - RFC 9457's own word
    """A named failure on its way to the caller."""

    def __init__(
        self, kind: "ProblemKind", detail: str, faults: Sequence[Fault] = (), extra: Mapping[str, Any] | None = None
    ) -> None:
        """Keep the parts; `extra` holds RFC 9457 extension members."""
        super().__init__(f"{kind.code}: {detail}")
        self.kind = kind
        self.detail = detail
        self.faults = tuple(faults)
        self.extra = dict(extra or {})
        self.headers: dict[str, str] = {}
        """Response headers that belong to this failure, such as a nonce to try again with."""

    def document(self) -> dict[str, Any]:
        """Return the RFC 9457 members of this problem."""
        body: dict[str, Any] = {
            "type": f"/problems/{self.kind.code}",
            "title": self.kind.title,
            "status": self.kind.status,
            "detail": self.detail,
        }
        if self.faults:
            body["errors"] = [{"pointer": f.pointer, "code": f.code, "detail": f.detail} for f in self.faults]
        return body | self.extra


@dataclass(frozen=True, slots=True)
class ProblemKind:
    """One entry of the catalogue. `retry_after` is in seconds."""

    code: str
    status: int
    title: str
    title_fr: str
    retry_after: int | None = None
    extra: Mapping[str, Any] = field(default_factory=dict)

    def __call__(self, detail: str = "", faults: Sequence[Fault] = (), **extra: Any) -> Problem:  # noqa: ANN401 - extension members are JSON
        """Make the problem to raise."""
        return Problem(self, detail or f"{self.title}.", faults, {**self.extra, **extra})


CATALOGUE: dict[str, ProblemKind] = {}


def _kind(code: str, status: int, title: str, title_fr: str, retry_after: int | None = None) -> ProblemKind:
    kind = ProblemKind(code, status, title, title_fr, retry_after)
    CATALOGUE[code] = kind
    return kind


malformed_json = _kind(
    "malformed-json", 400, "The body is not strict UTF-8 JSON", "Le corps n'est pas du JSON UTF-8 strict"
)
malformed_encoding = _kind(
    "malformed-encoding", 400, "The body does not inflate as gzip", "Le corps ne se décompresse pas en gzip"
)
malformed_header = _kind("malformed-header", 400, "A header is malformed", "Un en-tête est mal formé")
unauthenticated = _kind(
    "unauthenticated", 401, "A valid bearer token is required", "Un jeton d'accès valide est requis"
)
proof_refused = _kind("proof-refused", 401, "The proof of key was refused", "La preuve de clé a été refusée")
enrolment_refused = _kind(
    "enrolment-refused", 401, "The enrolment code was refused", "Le code d'enrôlement a été refusé"
)
not_signed_in = _kind("not-signed-in", 401, "Nobody is signed in", "Personne n'est connecté")
sign_in_refused = _kind(
    "sign-in-refused",
    401,
    "Account, password or code is not right, or it is too soon to try again",
    "Compte, mot de passe ou code inexact, ou nouvel essai trop tôt",
)
invitation_refused = _kind("invitation-refused", 401, "The invitation was refused", "L'invitation a été refusée")
cross_site = _kind(
    "cross-site",
    403,
    "This request does not come from a page of this service",
    "Cette requête ne vient pas d'une page de ce service",
)
forbidden = _kind("forbidden", 403, "This role may not do that", "Ce rôle ne le permet pas")
not_found = _kind("not-found", 404, "There is no such thing here", "Cela n'existe pas ici")
method_not_allowed = _kind(
    "method-not-allowed", 405, "This method is not offered here", "Cette méthode n'est pas offerte ici"
)
not_acceptable = _kind(
    "not-acceptable", 406, "None of the formats asked for is offered", "Aucun des formats demandés n'est offert"
)
conflict = _kind("conflict", 409, "This contradicts what is stored", "Ceci contredit ce qui est enregistré")
cursor_expired = _kind(
    "cursor-expired",
    410,
    "This cursor is of another life of the database; start again without it",
    "Ce curseur date d'une autre vie de la base ; recommencez sans lui",
)
body_too_large = _kind("body-too-large", 413, "The body is larger than allowed", "Le corps dépasse la taille permise")
unsupported_media = _kind(
    "unsupported-media-type",
    415,
    "Only the media type of this operation, plain or gzip, is read here",
    "Seul le type de contenu de cette opération, brut ou gzip, est lu ici",
)
invalid = _kind("invalid", 422, "Some values are outside what is allowed", "Certaines valeurs ne sont pas admises")
figures_gone = _kind(
    "figures-gone",
    410,
    "The cards of this period are gone with its key, and these figures were not kept",
    "Les cartes de cette période ont disparu avec sa clé, et ces chiffres n'ont pas été gardés",
)
too_many_attempts = _kind(
    "too-many-attempts", 429, "Too many failed attempts today", "Trop d'essais manqués aujourd'hui", retry_after=3600
)
too_many_requests = _kind(
    "too-many-requests", 429, "Too many requests; wait a little", "Trop de requêtes ; patientez un peu"
)
budget_spent = _kind(
    "budget-spent",
    429,
    "The questions for figures of this day are used up",
    "Les questions de ce jour sur les chiffres sont épuisées",
)
body_too_slow = _kind(
    "body-too-slow", 408, "The body took too long to arrive", "Le corps a mis trop de temps à arriver"
)
provider_unavailable = _kind(
    "provider-unavailable",
    503,
    "The OpenID provider does not answer as it should; try again",
    "Le fournisseur OpenID ne répond pas comme il devrait ; réessayez",
    retry_after=30,
)
unavailable = _kind(
    "unavailable",
    503,
    "The service cannot store or read just now; try again",
    "Le service ne peut ni lire ni enregistrer pour l'instant ; réessayez",
    retry_after=5,
)
too_slow = _kind(
    "too-slow",
    503,
    "The answer took too long; ask for a shorter period",
    "La réponse prend trop de temps ; demandez une période plus courte",
    retry_after=30,
)
storage_full = _kind(
    "storage-full",
    507,
    "The service has no room left to store",
    "Le service n'a plus de place pour enregistrer",
    retry_after=300,
)
internal = _kind("internal", 500, "The service failed; this is its fault", "Le service a échoué ; c'est sa faute")

# Verdicts on single items of a batch: the request itself was fine.
item_conflict = _kind(
    "item-conflict",
    409,
    "This id is already stored with other content",
    "Cet identifiant est déjà enregistré avec un autre contenu",
)
unknown_territory = _kind(
    "unknown-territory", 422, "This territory code is not known", "Ce code de territoire est inconnu"
)
unknown_facility = _kind("unknown-facility", 422, "This facility is not known", "Ce lieu est inconnu")
outside_time_window = _kind(
    "outside-time-window",
    422,
    "This happened too long ago or has not happened yet",
    "Ceci date de trop longtemps ou n'a pas encore eu lieu",
)
correction_too_late = _kind(
    "correction-too-late", 409, "Corrections are taken for 72 hours", "Les corrections sont admises pendant 72 heures"
)
not_yours = _kind(
    "not-yours", 404, "There is no such thing here for this team", "Cela n'existe pas ici pour cette équipe"
)
referral_unknown = _kind(
    "referral-unknown",
    404,
    "No referral answers to this; the event is kept until one does",
    "Aucune orientation n'y répond ; l'événement est gardé en attente",
)
link_not_made = _kind(
    "link-not-made",
    409,
    "The item is stored, but not linked to what it names",
    "L'élément est enregistré, mais n'est pas relié à ce qu'il nomme",
)
transition_not_applied = _kind(
    "transition-not-applied",
    409,
    "The referral's state does not allow this; the event is kept",
    "L'état de l'orientation ne le permet pas ; l'événement est gardé",
)
referral_immutable = _kind(
    "referral-immutable",
    409,
    "A referral is not edited: enter it in error and make a new one",
    "Une orientation ne se modifie pas : annulez-la comme erreur et créez-en une autre",
)

# Why a place is not held.
no_place_left = _kind("no-place-left", 409, "No place is left there", "Il n'y reste pas de place")
no_places_reported = _kind(
    "no-places-reported",
    409,
    "This facility has not said how many places are free",
    "Ce lieu n'a pas dit combien de places sont libres",
)
report_too_old = _kind(
    "report-too-old",
    409,
    "This facility's last report is too old to hold a place by",
    "Le dernier état de ce lieu est trop ancien pour y retenir une place",
)
facility_closed = _kind("facility-closed", 409, "This facility is closed now", "Ce lieu est fermé en ce moment")
referral_over = _kind(
    "referral-over",
    409,
    "This referral needs no place any more",
    "Cette orientation n'a plus besoin de place",
)
already_held = _kind(
    "already-held",
    409,
    "A place is already held for this referral",
    "Une place est déjà retenue pour cette orientation",
)
