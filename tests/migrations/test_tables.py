"""Every table says what it holds, where it belongs, and puts its organisation first."""

from collections.abc import Iterator

import pytest
from sqlalchemy import Column, ForeignKeyConstraint, PrimaryKeyConstraint, Table, UniqueConstraint

from app.db.catalogue import all_tables
from app.db.portability import distribution
from app.db.table import placement_of

_TABLES = list(all_tables().tables.values())
_OF_AN_ORGANISATION = [table for table in _TABLES if placement_of(table.info) == "organisation"]
_LOOKED_UP_WITHOUT_ORGANISATION: dict[str, dict[tuple[str, ...], str]] = {
    "device": {("thumbprint",): "a renewal knows the key before it knows whose it is"},
    "encounter": {
        ("link_id",): "one person's card is met by the teams of several organisations",
        ("link_id", "service_day", "territory", "org_id", "withdrawn"): "the same",
    },
    "referral": {
        ("id",): "an answer names a referral whose organisation its sender does not know",
        ("facility_id", "position", "id"): "a facility answers the referrals of every organisation",
        ("slip_digest",): "a desk looks a slip up whoever made it",
        ("link_id",): "a desk looks a card up whoever made the referral",
        ("due_at",): "the sweep goes through every organisation",
        ("state_at",): "a perimeter's figures are of every organisation",
        ("exited_at", "territory", "org_id", "kind", "cohort_day", "exit_destination"): "the same",
        (
            "admitted_at",
            "exited_at",
            "kind",
            "territory",
            "org_id",
            "id",
            "facility_id",
            "previous_referral_id",
            "exit_destination",
        ): "the same",
        (
            "exited_at",
            "admitted_at",
            "kind",
            "territory",
            "org_id",
            "id",
            "facility_id",
            "previous_referral_id",
            "exit_destination",
            "link_id",
            "created_at",
        ): "the same",
    },
    "referral_event": {("sender_id", "id"): "a sender asks for its own answers, whosever referrals they are about"},
    "held_event": {
        ("referral_id",): "an answer waits in its sender's organisation for a referral of any",
        ("slip_digest",): "the same",
        ("slip_digest_beside",): "the same",
    },
    "funnel_fact": {
        ("horizon_days", "span", "kind", "first_day", "territory"): "a perimeter's figures are of every organisation"
    },
    "flow_fact": {("lookup", "span", "first_day", "territory"): "the same"},
    "contact_fact": {("span", "first_day", "territory"): "the same"},
    "outing_fact": {("span", "first_day", "team_id"): "the same"},
    "demand_fact": {("span", "kind", "first_day", "territory"): "the same"},
    "need_fact": {("span", "kind", "first_day", "territory"): "the same"},
    "reporting_fact": {("span", "first_day", "territory"): "the same"},
    "time_fact": {("span", "first_day", "territory"): "the same"},
    "people_fact": {("span", "first_day", "territory"): "the same"},
    "alone_fact": {("day", "territory"): "the same"},
    "stay_opened": {("opened_on",): "the same"},
    "stay_left": {("left_on",): "the same"},
    "place_night": {("facility_id", "night"): "stays of every organisation take a facility's places"},
    "unplaced_night": {("night",): "a perimeter's figures are of every organisation"},
    "followed_exit": {
        ("left_on",): "the same",
        ("link_id",): "one person's card is met by the teams of several organisations",
    },
    "blocked_day": {("day", "lookup"): "a perimeter's figures are of every organisation"},
    "place_hold": {("facility_id", "expires_at"): "a facility's places are held by teams of every organisation"},
}
"""Indexes that do not begin with the organisation, each with its reason: such a read fans out over the shards."""


def _named(table: Table) -> str:
    return table.name


@pytest.mark.parametrize("table", _TABLES, ids=_named)
def test_a_table_has_a_placement_a_comment_and_a_primary_key(table: Table) -> None:
    assert placement_of(table.info) in {"organisation", "reference", "local"}
    assert table.comment
    assert table.primary_key.columns


@pytest.mark.parametrize("table", _TABLES, ids=_named)
def test_every_column_has_a_comment(table: Table) -> None:
    assert [column.name for column in table.columns if not column.comment] == []


@pytest.mark.parametrize("table", _TABLES, ids=_named)
def test_every_constraint_and_index_has_a_name_that_postgresql_keeps_whole(table: Table) -> None:
    names = [str(constraint.name) for constraint in table.constraints] + [str(index.name) for index in table.indexes]
    assert "None" not in names
    assert [name for name in names if len(name) > 63] == []


@pytest.mark.parametrize("table", _TABLES, ids=_named)
def test_no_value_is_made_by_the_database(table: Table) -> None:
    for column in table.columns:
        assert column.server_default is None
        assert column.identity is None
        assert column.autoincrement in {"auto", False}
    assert len(table.primary_key.columns) > 1 or not _is_a_serial(table)


def _is_a_serial(table: Table) -> bool:
    (column,) = table.primary_key.columns
    return table.autoincrement_column is column


def _ordered(table: Table) -> Iterator[tuple[str, tuple[Column[object], ...]]]:
    for constraint in table.constraints:
        if isinstance(constraint, PrimaryKeyConstraint | UniqueConstraint):
            yield "key", tuple(constraint.columns)
    for index in table.indexes:
        yield "index", tuple(index.columns)


@pytest.mark.parametrize("table", _OF_AN_ORGANISATION, ids=_named)
def test_the_organisation_is_the_first_column_of_keys_and_indexes(table: Table) -> None:
    excused = _LOOKED_UP_WITHOUT_ORGANISATION.get(table.name, {})
    for kind, columns in _ordered(table):
        names = tuple(column.name for column in columns)
        assert names[0] == "org_id" or (kind == "index" and names in excused), names


@pytest.mark.parametrize("table", _OF_AN_ORGANISATION, ids=_named)
def test_a_foreign_key_stays_in_the_organisation_or_leads_to_shared_tables(table: Table) -> None:
    for constraint in table.constraints:
        if isinstance(constraint, ForeignKeyConstraint):
            referred = constraint.referred_table
            if placement_of(referred.info) == "organisation":
                assert next(iter(constraint.columns)).name == "org_id"
                assert constraint.elements[0].column.name == "org_id"
            else:
                assert placement_of(referred.info) == "reference"
            assert constraint.ondelete is None


def test_a_shared_table_never_refers_to_one_of_an_organisation() -> None:
    for table in _TABLES:
        if placement_of(table.info) != "organisation":
            assert {placement_of(key.column.table.info) for key in table.foreign_keys} <= {placement_of(table.info)}


def test_every_table_is_placed_under_citus_unless_it_is_local() -> None:
    placed = [table for table in _TABLES if placement_of(table.info) != "local"]
    assert len(distribution(_TABLES)) == len(placed)


def test_every_excuse_is_still_needed() -> None:
    for table, excused in _LOOKED_UP_WITHOUT_ORGANISATION.items():
        indexes = {tuple(column.name for column in index.columns) for index in all_tables().tables[table].indexes}
        assert excused.keys() <= indexes
