"""Whatever the document allows, and much that it does not, is answered as the document says: no crash, no surprise.

All phases of Schemathesis, over the wire, as every role. `FUZZ_EXAMPLES=100` (`make fuzz`) tries harder: then each
operation is covered on both databases, else all but one on either.
"""

import os
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from app.identity.vocabulary import Permission, Role
from tests import places, postgres
from tests.contract import document as walk
from tests.contract.callers import organisation
from tests.contract.exploring import explore
from tests.effort import shared
from tests.hostile.serving import Serving, serving

AT_LENGTH = "FUZZ_EXAMPLES" in os.environ
_LONG = "post_plan_entries"
"""Of seventeen types, each with cases of its own: a third of all; `tests/hostile` fills every field of them."""
EXAMPLES = int(os.environ.get("FUZZ_EXAMPLES", "2"))


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def served(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Serving]:
    """A service of this module's own."""
    cluster: postgres.Cluster | None = None
    if request.param == "postgresql":
        cluster = request.getfixturevalue("own_cluster")
    folder: Path = tmp_path_factory.mktemp("served")
    with serving(folder, cluster) as running:
        yield running


async def test_every_request_is_answered_as_documented(
    served: Serving, permissions: dict[str, Permission | None]
) -> None:
    await places.seeded(served.context)
    async with httpx.AsyncClient(base_url=served.service.url, timeout=30) as client:
        tokens = (await organisation(client, served.context)).tokens
    document = walk.frozen()
    offered = {operation["operationId"] for _, _, operation in walk.operations(document)}
    covered = set(shared(sorted(offered - {_LONG}), sqlite=served.cluster is None, at_length=AT_LENGTH))
    found = explore(
        served.service.url,
        document,
        tokens,
        permissions,
        examples=EXAMPLES,
        seed=1,
        uncovered=() if AT_LENGTH else sorted(offered - covered),
    )
    print(  # noqa: T201 - the figures
        f"\n{found.cases.total()} cases: {dict(found.cases)}; answers {dict(found.statuses)}; as {dict(found.callers)}"
    )
    assert found.failures == []
    assert found.operations == offered
    assert not {status for status in found.statuses if status >= 500}
    assert {"examples", "coverage", "fuzzing", "stateful"} <= {phase for phase, cases in found.cases.items() if cases}
    assert found.callers.keys() == {"nobody", *(role.value for role in Role)}
