"""The service does its work as the role that deploy/ gives it, which changes and deletes nothing on the audit log.

These are the tests of other modules once more, on a server with separate roles.
"""

from types import ModuleType
from typing import Any

import pytest
from _pytest.fixtures import FixtureFunctionDefinition
from sqlalchemy import text

from app.audit.service import first_broken
from app.http.context import Context
from tests.api import test_audit, test_encounters, test_lookup, test_patrols, test_referral_events
from tests.members import House
from tests.postgres import Cluster
from tests.serving import set_up, url


@pytest.fixture(scope="module")
def database_url(own_cluster: Cluster, tmp_path_factory: pytest.TempPathFactory) -> str:
    """The database as the serving role reaches it."""
    return url(set_up(own_cluster, tmp_path_factory.mktemp("secrets")), "maraude_app")


def _tests_of(module: ModuleType) -> dict[str, Any]:
    """Return a module's tests, under names of their own, and its fixtures."""
    found: dict[str, Any] = {}
    for name, thing in vars(module).items():
        if isinstance(thing, FixtureFunctionDefinition):
            found[name] = thing
        elif name.startswith("test_") and callable(thing):
            found[f"{module.__name__.rpartition('.')[2]}_{name.removeprefix('test_')}"] = thing
        elif name.startswith("Test") and name != "TestOnSqlite" and isinstance(thing, type):
            found[f"{name}Of{module.__name__.rpartition('_')[2].title()}"] = thing
    return found


for _module in (test_audit, test_encounters, test_lookup, test_patrols, test_referral_events):
    globals().update(_tests_of(_module))


async def test_it_is_not_the_owner_and_the_chain_holds(context: Context, house: House) -> None:
    async with context.database.reading() as session:
        assert (await session.scalars(text("SELECT current_user"))).one() == "maraude_app"
        assert await first_broken(session, context.keyring, house.org_id) is None
