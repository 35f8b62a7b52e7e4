"""What was paid beyond what was committed, by stated cause. Pure Python, in whole EUR cents."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from app.plan.records.money import Amount
from app.plan.vocabulary import AmountKind, AmountNature, OverrunCause


@dataclass(frozen=True, slots=True)
class CauseLine:
    """How much of an overrun one cause explains, and by which entries."""

    cause: OverrunCause
    by_revisions: int
    """Cents within the revised commitment: the promise was changed for this cause."""
    by_expenditure: int
    """Cents beyond the revised commitment, of expenditure that carries this cause."""

    @property
    def cents(self) -> int:
        """Both together."""
        return self.by_revisions + self.by_expenditure


@dataclass(frozen=True, slots=True)
class Overrun:
    """Cents paid beyond the commitment as first made; its causes and `unexplained` add up to it."""

    cents: int
    causes: tuple[CauseLine, ...]
    """Those that explain something, in the vocabulary's order."""
    unexplained: int
    """Covered by no revision and by no expenditure with a cause."""


def overrun(amounts: Iterable[Amount], committed: int, paid: int) -> Overrun:
    """Return how far `paid` is beyond `committed`, and why.

    First the revisions of authorisations explain, up to what they add to the commitment on the whole; then, of what is
    still beyond, expenditure of payment credits that carries a cause. So no euro is explained twice, once when it was
    promised anew and once when it was paid. Where causes explain more than there is, each is cut in proportion
    (`shared`). Revisions whose cause is `not_stated` explain under that name: somebody changed the promise and did not
    say why, while `unexplained` was never promised at all.
    """
    known = list(amounts)
    beyond = max(0, paid - committed)
    revised = _by_cause(known, AmountNature.revision, AmountKind.commitment_authorisation)
    covered = min(beyond, max(0, sum(revised.values())))
    first = shared(covered, revised)
    spent = _by_cause(known, AmountNature.expenditure, AmountKind.payment_credit)
    carried = min(beyond - covered, sum(cents for cents in spent.values() if cents > 0))
    then = shared(carried, spent)
    lines = [CauseLine(cause, first.get(cause, 0), then.get(cause, 0)) for cause in OverrunCause]
    return Overrun(beyond, tuple(line for line in lines if line.cents), beyond - covered - carried)


def _by_cause(amounts: Iterable[Amount], nature: AmountNature, kind: AmountKind) -> Mapping[OverrunCause, int]:
    found: dict[OverrunCause, int] = {}
    for one in amounts:
        if one.nature is nature and one.kind is kind and one.cause is not None:
            found[one.cause] = found.get(one.cause, 0) + one.cents
    return found


def shared(cents: int, weights: Mapping[OverrunCause, int]) -> Mapping[OverrunCause, int]:
    """Return cents shared out in proportion to the weights above zero, to the last cent.

    Each first gets its whole cents; those left go one each to the largest remainders, of equal ones to the cause that
    stands first in the vocabulary. `cents` is 0 when no weight is above zero.
    """
    above = {cause: weights[cause] for cause in OverrunCause if weights.get(cause, 0) > 0}
    whole = sum(above.values())
    found = {cause: cents * weight // whole for cause, weight in above.items()}
    by_remainder = sorted(above, key=lambda cause: -(cents * above[cause] % whole))
    for cause in by_remainder[: cents - sum(found.values())]:
        found[cause] += 1
    return found
