"""Asking for flows: nodes and links made of counts."""

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, time
from typing import Final

from app import errors
from app.directory.rules import PARIS
from app.directory.schemas import LabelSent
from app.metrics.asking import Compute, Question, limits, view_of
from app.metrics.figures import CountSent, RateSent
from app.metrics.flows import counting, queries
from app.metrics.flows.definitions import (
    FLOWS_RULE,
    FLOWS_VERSION,
    LINK_RULES,
    NODES,
    STREET,
    UNLINKED_RULE,
    LinkRule,
    Outcome,
    Side,
)
from app.metrics.flows.queries import FlowsQuestion
from app.metrics.flows.records import ExitFlow, Flow, Lookup
from app.metrics.flows.schemas import FlowsSent, LinkRuleSent, LinkSent, NodeSent
from app.metrics.indicator import Figure, Period, Ratio, Split, is_small
from app.metrics.linking import needing_cards
from app.referrals.vocabulary import Destination

_Link = tuple[str, str, LinkRule]
"""Ids of source and target, and what the link is known by."""
_ORDER: Final = {f"{side}.{code}": place for side, nodes in NODES.items() for place, code in enumerate(nodes)}
_SIDES: Final = tuple(Side)
_FIRST_DAY: Final = date(2020, 1, 1)
"""No record is older: the service refuses earlier instants."""


async def ask_flows(question: Question) -> FlowsSent:
    """Return the flows of a period, after writing down who asked for them."""
    await question.write_down("metrics.flows")
    asked = _asked(question, [question.period])
    if not await counting.are_kept_for(question.session, asked):
        raise errors.figures_gone()
    found = await counting.flows(question.session, asked)
    since, until = max(question.period.since, _FIRST_DAY), max(question.period.until, _FIRST_DAY)
    exits = await queries.exit_flows(question.session, asked, _midnight(since), _midnight(until))
    return _answer(question, found, exits)


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time(), PARIS).astimezone(UTC)


def _asked(question: Question, periods: Sequence[Period]) -> FlowsQuestion:
    reach = view_of(question.principal, question.directory, None)
    rules = [kind.rule for kind in question.directory.kinds]
    lookup = Lookup.of(rules, reach.territories, own=reach.org_id is not None)
    return FlowsQuestion(question.view, lookup, periods)


def _links(flows: Sequence[Flow], exits: Sequence[ExitFlow]) -> Mapping[_Link, int]:
    """Return how many went each way, in the order of the pathway."""
    found: Counter[_Link] = Counter()
    for flow in flows:
        source, target = f"{Side.before}.{flow.source or STREET}", f"{Side.after}.{flow.target}"
        found[source, target, LinkRule(flow.rule)] += flow.referrals
    for ended in exits:
        target = f"{Side.exit}.{ended.destination or Destination.unknown.value}"
        found[f"{Side.before}.{ended.rung}", target, LinkRule.exit] += ended.exits
    return dict(sorted(found.items(), key=lambda item: [*map(_place, item[0][:2]), item[0][2]]))


def _place(node: str) -> tuple[int, int]:
    """Return where a node stands: its side, and its place in the order of the pathway."""
    return _SIDES.index(Side(node.partition(".")[0])), _ORDER[node]


def _node(node: str) -> NodeSent:
    side, _, code = node.partition(".")
    label = NODES[Side(side)][code]
    return NodeSent(id=node, side=Side(side), code=code, label=LabelSent.of(label))


def _answer(question: Question, flows: Sequence[Flow], exits: Sequence[ExitFlow]) -> FlowsSent:
    links = _links(flows, exits)
    nodes = sorted({node for link in links for node in link[:2]}, key=_place)
    referrals = sum(flow.referrals for flow in flows)
    unlinked = sum(flow.referrals for flow in flows if flow.rule == LinkRule.unlinked)
    unknown = {Outcome.no_outcome.value, Outcome.open.value}
    rate = RateSent.of("unlinked_share", UNLINKED_RULE, unlinked, referrals)
    return FlowsSent(
        definition="pathway_flows",
        definition_version=FLOWS_VERSION,
        rule=LabelSent.of(FLOWS_RULE),
        **limits(question),
        unit="referrals",
        link_rules=[LinkRuleSent(rule=rule, meaning=LabelSent.of(words)) for rule, words in LINK_RULES.items()],
        nodes=[_node(node) for node in nodes],
        links=[
            LinkSent(source=source, target=target, rule=rule, value=n, small=is_small(n))
            for (source, target, rule), n in links.items()
        ],
        referrals=CountSent.of(referrals),
        late=CountSent.of(sum(flow.late for flow in flows)),
        exits=CountSent.of(sum(ended.exits for ended in exits)),
        unlinked=CountSent.of(unlinked),
        no_outcome=CountSent.of(sum(flow.referrals for flow in flows if flow.target in unknown)),
        rates=[rate],
    )


async def _unlinked_share_of(question: Question, periods: Sequence[Period], split: Split | None) -> list[Figure]:  # noqa: ARG001 - it has no splits
    rows = await counting.flows(question.session, _asked(question, periods))
    figures = []
    for place, period in enumerate(periods):
        of = [row for row in rows if row.period == place]
        n = sum(row.referrals for row in of if row.rule == LinkRule.unlinked)
        base, late = sum(row.referrals for row in of), sum(row.late for row in of)
        why = None if base else "no referral was made in the period"
        value = Ratio(n, base).value
        figures.append(
            Figure(period.since, period.until, None, value, n, base, unknown=0, base=base, late=late, reason=why)
        )
    return figures


async def _unlinked_share(question: Question, periods: Sequence[Period], split: Split | None) -> list[Figure]:
    """Return the share; of periods whose cards are gone only where facts of the caller's look-up were kept."""
    kept = await counting.are_kept_for(question.session, _asked(question, periods))
    return await (_unlinked_share_of if kept else needing_cards(_unlinked_share_of))(question, periods, split)


COMPUTED: Final[Mapping[str, Compute]] = {"flows_unlinked_share": _unlinked_share}
"""What computes each indicator; periods are consecutive."""
