"""Whoever writes to the tables without the key is found, and it is said where and what kind of tampering it was."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self
from uuid import UUID

import pytest
from sqlalchemy import text

from app.audit import anchors, verifying
from app.audit.rules import Anchor, Finding
from app.audit.service import SERVICE, Act, append, first_broken
from app.audit.vocabulary import Tampering
from app.clock import uuid7
from app.db.engine import WriteSession
from app.http.context import Context
from tests.clock import NIGHT

LENGTH = 12


@dataclass
class Chain:
    """A chain of twelve entries, and hands that reach past the service into the tables."""

    context: Context
    org_id: UUID

    @classmethod
    async def grown(cls, context: Context) -> Self:
        made = cls(context, uuid7(NIGHT))
        await made.grow(LENGTH)
        return made

    async def grow(self, count: int, action: str = "patrol.post") -> None:
        async with self.context.database.writing() as session:
            acts = [Act(self.org_id, SERVICE, action, NIGHT, {"created": n}) for n in range(count)]
            await append(session, self.context.keyring, acts)

    async def tamper(self, *statements: str, **values: object) -> None:
        """Run statements on the table as somebody with the file, or the owner's rights, would."""
        async with self.context.database.writing() as session:
            rules = await _unguard(session)
            for statement in statements:
                await session.execute(text(statement), {"org": self._key, **values})
            for rule in rules:
                await session.execute(text(rule))

    @property
    def _key(self) -> Any:
        return self.org_id.bytes if self.context.database.is_sqlite else self.org_id

    async def findings(self, *anchored: Anchor) -> Sequence[Finding]:
        wanted = {self.org_id: anchored}
        chains = verifying.verify(self.context.database, self.context.keyring, wanted, only=self.org_id)
        (found,) = [chain async for chain in chains]
        return found.findings

    async def head(self) -> Anchor:
        async with self.context.database.reading() as session:
            asked = text("SELECT number, mac FROM audit_entry WHERE org_id = :org ORDER BY number DESC LIMIT 1")
            number, mac = (await session.execute(asked, {"org": self._key})).one()
            return Anchor(number, bytes(mac))


async def _unguard(session: WriteSession) -> list[str]:
    """Drop SQLite's triggers, as whoever can write to the file can; return what makes them again."""
    if session.get_bind().dialect.name != "sqlite":
        return []
    found = (await session.execute(text("SELECT name, sql FROM sqlite_master WHERE type = 'trigger'"))).all()
    for name, _ in found:
        await session.execute(text(f"DROP TRIGGER {name}"))
    return [sql for _, sql in found]


@pytest.fixture
async def chain(context: Context) -> Chain:
    return await Chain.grown(context)


_CHANGE = "UPDATE audit_entry SET {} WHERE org_id = :org AND number = :a"
_SWAP = (
    "UPDATE audit_entry SET number = 900 WHERE org_id = :org AND number = :a",
    "UPDATE audit_entry SET number = :a WHERE org_id = :org AND number = :b",
    "UPDATE audit_entry SET number = :b WHERE org_id = :org AND number = 900",
)
_DELETE = "DELETE FROM audit_entry WHERE org_id = :org AND number BETWEEN :a AND :b"
_DOWN = (
    "UPDATE audit_entry SET number = number + 500 WHERE org_id = :org AND number > :b",
    "UPDATE audit_entry SET number = number - 500 - (:b - :a + 1) WHERE org_id = :org AND number > 500",
)
_UP = (
    "UPDATE audit_entry SET number = number + 500 WHERE org_id = :org AND number >= :a",
    "UPDATE audit_entry SET number = number - 499 WHERE org_id = :org AND number > 500",
)
_COPY = (
    "INSERT INTO audit_entry SELECT org_id, :a, at, actor, action, detail, mac FROM audit_entry"
    " WHERE org_id = :org AND number = :b"
)


async def test_a_chain_nobody_touched_holds(chain: Chain, context: Context) -> None:
    assert await chain.findings(await chain.head()) == []
    async with context.database.reading() as session:
        assert await first_broken(session, context.keyring, chain.org_id) is None


@pytest.mark.parametrize("number", [1, 5, LENGTH])
@pytest.mark.parametrize(
    "change",
    [
        "at = at + 1",
        "action = 'patrol.pose'",
        "detail = '{\"created\": 99}'",
        "actor = org_id",
        "mac = (SELECT m.mac FROM audit_entry AS m WHERE m.org_id = :org AND m.number = 2)",
    ],
)
async def test_a_changed_entry_is_found(chain: Chain, change: str, number: int) -> None:
    await chain.tamper(_CHANGE.format(change), a=number)
    assert await chain.findings() == [Finding(Tampering.changed, number, number)]


async def test_two_changed_entries_are_found_apart(chain: Chain) -> None:
    await chain.tamper("UPDATE audit_entry SET at = 7 WHERE org_id = :org AND number IN (3, 8)")
    assert await chain.findings() == [Finding(Tampering.changed, n, n) for n in (3, 8)]


@pytest.mark.parametrize(("first", "last"), [(1, 1), (1, 4), (5, 5), (5, 9)])
async def test_entries_taken_out_are_found(chain: Chain, first: int, last: int) -> None:
    await chain.tamper(_DELETE, a=first, b=last)
    assert await chain.findings() == [Finding(Tampering.removed, first, last)]


@pytest.mark.parametrize(("first", "last"), [(1, 1), (1, 4), (5, 5), (5, 9)])
async def test_entries_taken_out_are_found_when_the_rest_was_renumbered(chain: Chain, first: int, last: int) -> None:
    await chain.tamper(_DELETE, *_DOWN, a=first, b=last)
    assert await chain.findings() == [Finding(Tampering.removed, first, last)]


@pytest.mark.parametrize("number", [2, 5, LENGTH])
async def test_an_entry_put_in_is_found(chain: Chain, number: int) -> None:
    await chain.tamper(*_UP, _COPY, a=number, b=1)
    assert await chain.findings() == [Finding(Tampering.inserted, number, number)]


async def test_an_entry_put_at_the_end_is_found(chain: Chain) -> None:
    await chain.tamper(_COPY, a=LENGTH + 1, b=LENGTH)
    await chain.grow(2)
    assert await chain.findings() == [Finding(Tampering.changed, LENGTH + 1, LENGTH + 1)]


@pytest.mark.parametrize(("one", "other"), [(1, 2), (4, 5), (LENGTH - 1, LENGTH)])
async def test_neighbours_that_changed_places_are_found(chain: Chain, one: int, other: int) -> None:
    await chain.tamper(*_SWAP, a=one, b=other)
    assert await chain.findings() == [Finding(Tampering.reordered, one, other)]


@pytest.mark.parametrize(("one", "other"), [(1, 6), (3, LENGTH), (4, 9)])
async def test_distant_entries_that_changed_places_are_found(chain: Chain, one: int, other: int) -> None:
    await chain.tamper(*_SWAP, a=one, b=other)
    assert await chain.findings() == [Finding(Tampering.reordered, n, n) for n in (one, other)]


async def test_an_end_cut_off_is_found_up_to_the_last_anchor(chain: Chain) -> None:
    anchor = await chain.head()
    await chain.grow(3)
    await chain.tamper(_DELETE, a=10, b=900)
    assert await chain.findings(anchor) == [Finding(Tampering.truncated, 10, LENGTH)]
    assert await chain.findings() == []  # no anchor, no memory


async def test_a_chain_that_is_gone_is_found(chain: Chain) -> None:
    anchor = await chain.head()
    await chain.tamper(_DELETE, a=1, b=900)
    assert await chain.findings(anchor) == [Finding(Tampering.truncated, 1, LENGTH)]


class TestWithoutAnyAnchor:
    """Whose chain there must be, and what it begins with, is known without the file of anchors."""

    async def _found(self, chain: Chain, begun_by: str = "patrol.post") -> Sequence[Finding]:
        expected = {chain.org_id: begun_by}
        chains = verifying.verify(chain.context.database, chain.context.keyring, {}, chain.org_id, expected)
        (found,) = [one async for one in chains]
        return found.findings

    async def test_a_chain_from_its_beginning_holds(self, chain: Chain) -> None:
        assert await self._found(chain) == []

    async def test_a_chain_that_is_gone_is_found(self, chain: Chain) -> None:
        await chain.tamper(_DELETE, a=1, b=900)
        assert await self._found(chain) == [Finding(Tampering.removed, 1, 1)]

    async def test_a_chain_that_is_gone_is_found_once_when_the_service_grew_another(self, chain: Chain) -> None:
        await chain.tamper(_DELETE, a=1, b=900)
        await chain.grow(3, action="audit.anchor")
        assert await self._found(chain) == [Finding(Tampering.removed, 1, 1)]

    async def test_a_beginning_taken_out_is_told_once(self, chain: Chain) -> None:
        await chain.tamper(_DELETE, a=1, b=4)
        assert await self._found(chain) == [Finding(Tampering.removed, 1, 4)]

    async def test_a_migration_from_an_earlier_schema_begins_nothing(self, chain: Chain) -> None:
        await chain.tamper(_DELETE, a=1, b=900)
        async with chain.context.database.writing() as session:
            act = Act(chain.org_id, SERVICE, "database.migrate", NIGHT, {"was": "0001", "now": "0002"})
            await append(session, chain.context.keyring, [act])
        assert await self._found(chain, "database.migrate") == [Finding(Tampering.removed, 1, 1)]

    async def test_an_organisation_without_a_chain_is_looked_for(self, chain: Chain) -> None:
        missing = uuid7(NIGHT)
        looked = verifying.verify(chain.context.database, chain.context.keyring, {}, None, {missing: "patrol.post"})
        found = {one.org_id: one.findings async for one in looked}
        assert found[missing] == [Finding(Tampering.removed, 1, 1)]


async def test_an_end_cut_off_and_grown_again_is_found(chain: Chain) -> None:
    await chain.tamper(_DELETE, a=9, b=900)
    earlier = await chain.head()
    await chain.grow(4)
    later = await chain.head()
    await chain.tamper(_DELETE, a=9, b=900)
    await chain.grow(9, action="team.close")
    assert await chain.findings(earlier, later) == [Finding(Tampering.regrown, earlier.number + 1, later.number)]
    assert await chain.findings(later) == [Finding(Tampering.regrown, 1, later.number)]
    assert await chain.findings() == []  # the service itself grew it: the chain alone cannot tell


@pytest.mark.parametrize("value", ["'not json'", "NULL", "x'00'", "12"])
@pytest.mark.parametrize("column", ["actor", "action", "detail", "mac", "at"])
async def test_what_cannot_even_be_read_is_found(chain: Chain, column: str, value: str) -> None:
    """SQLite takes any value in any column."""
    if not chain.context.database.is_sqlite:
        value = {"actor": "org_id", "action": "'x'", "detail": "'[]'", "mac": "'\\x00'", "at": "-1"}[column]
    rebuilt = (
        "CREATE TABLE loose AS SELECT * FROM audit_entry",
        "ALTER TABLE audit_entry RENAME TO strict_audit_entry",
        "ALTER TABLE loose RENAME TO audit_entry",
    )
    back = ("DROP TABLE audit_entry", "ALTER TABLE strict_audit_entry RENAME TO audit_entry")
    change = _CHANGE.format(f"{column} = {value}")
    await chain.tamper(*(rebuilt if chain.context.database.is_sqlite else ()), change, a=4)
    found = await chain.findings()
    await chain.tamper(*(back if chain.context.database.is_sqlite else ()))
    assert found[0].kind is Tampering.changed
    assert found[0].first == 4


async def test_a_chain_made_with_another_key_holds_nowhere(chain: Chain, tmp_path: Path) -> None:
    from app.keyring import Keyring

    chains = verifying.verify(chain.context.database, Keyring(tmp_path), {}, only=chain.org_id)
    assert [finding.first async for found in chains for finding in found.findings][:1] == [1]


async def test_a_long_chain_that_was_rewritten_is_given_up_on(chain: Chain) -> None:
    await chain.grow(400)
    await chain.tamper("UPDATE audit_entry SET mac = :junk WHERE org_id = :org AND number > 20", junk=bytes(32))
    (found,) = await chain.findings()
    assert (found.kind, found.first) == (Tampering.rewritten, 21)


class TestAnchors:
    """The file outside the database."""

    async def _written(self, chain: Chain, folder: Path, times: int = 2) -> Path:
        for _ in range(times):
            await chain.grow(1)
            assert await verifying.anchor(chain.context.database, chain.context.keyring, folder, NIGHT) is not None
        return folder / "anchors.txt"

    async def _findings(self, chain: Chain, folder: Path) -> Sequence[Finding]:
        kept = anchors.read(folder, chain.context.keyring)
        return await verifying.verify_anchors(chain.context.database, kept)

    async def test_are_the_heads_of_all_chains(self, chain: Chain, tmp_path: Path) -> None:
        head = await chain.head()
        written = await verifying.anchor(chain.context.database, chain.context.keyring, tmp_path, NIGHT)
        assert written is not None
        line = f"2026-03-02T21:00:00+01:00 {chain.org_id} {head.number} {head.mac.hex()} "
        assert [one for one in written.lines if one.startswith(line)]
        assert (tmp_path / "anchors.txt").stat().st_mode & 0o777 == 0o600
        assert anchors.read(tmp_path, chain.context.keyring).anchors[chain.org_id] == [head]
        assert await self._findings(chain, tmp_path) == []

    @pytest.mark.parametrize(
        ("change", "line"),
        [
            (lambda lines: [lines[0].replace(" 1", " 2", 1).replace(" 0", " 1", 1), *lines[1:]], 1),
            (lambda lines: lines[1:], 1),
            (lambda lines: [lines[0], *lines[2:]], 2),
            (lambda lines: [lines[1], lines[0], *lines[2:]], 1),
            (lambda lines: [lines[0], lines[0], *lines[1:]], 2),
            (lambda lines: [lines[0], "\x00 \udcff".encode(errors="replace").decode(), *lines[1:]], 2),
        ],
        ids=["changed", "first out", "second out", "swapped", "twice", "junk"],
    )
    async def test_that_were_changed_are_found(
        self, chain: Chain, tmp_path: Path, change: Callable[[list[str]], list[str]], line: int
    ) -> None:
        path = await self._written(chain, tmp_path)
        path.write_text("".join(f"{one}\n" for one in change(path.read_text().splitlines())))
        assert await self._findings(chain, tmp_path) == [Finding(Tampering.anchors_changed, line, line)]

    @pytest.mark.parametrize("left", [0, 1, 2])
    async def test_whose_end_was_cut_off_are_found(self, chain: Chain, tmp_path: Path, left: int) -> None:
        path = await self._written(chain, tmp_path)
        lines = path.read_text().splitlines()
        path.write_text("".join(f"{one}\n" for one in lines[:left]))
        found = await self._findings(chain, tmp_path)
        assert found == [Finding(Tampering.anchors_shortened, left + 1, len(lines))]

    async def test_that_are_gone_are_missed(self, chain: Chain, tmp_path: Path) -> None:
        path = await self._written(chain, tmp_path)
        path.unlink()
        (found,) = await self._findings(chain, tmp_path)
        assert found.kind is Tampering.anchors_shortened

    async def test_survive_a_line_torn_by_a_power_cut(self, chain: Chain, tmp_path: Path) -> None:
        path = await self._written(chain, tmp_path)
        with path.open("a") as file:
            file.write("2026-03-02T21:00:00+01:00 half a li")
        assert await self._findings(chain, tmp_path) == []
        await self._written(chain, tmp_path)
        assert await self._findings(chain, tmp_path) == []

    async def test_are_written_once_a_day_by_the_service(self, chain: Chain, tmp_path: Path) -> None:
        from datetime import timedelta

        database, keyring = chain.context.database, chain.context.keyring
        days = [NIGHT, NIGHT + timedelta(minutes=10), NIGHT + timedelta(days=1)]
        done = [await verifying.anchor(database, keyring, tmp_path, day, once_a_day=True) for day in days]
        assert [written is not None for written in done] == [True, False, True]

    async def test_pasted_elsewhere_hold_without_the_file(self, chain: Chain, tmp_path: Path) -> None:
        written = await verifying.anchor(chain.context.database, chain.context.keyring, tmp_path, NIGHT)
        assert written is not None
        pasted = anchors.parse(["", "some words", *written.lines])
        await chain.tamper(_DELETE, a=LENGTH, b=LENGTH)
        assert await chain.findings(*pasted[chain.org_id]) == [Finding(Tampering.truncated, LENGTH, LENGTH)]
