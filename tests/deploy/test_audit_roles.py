"""On PostgreSQL the role that serves reads the audit log and adds to it, and cannot undo what it added."""

from pathlib import Path

import psycopg
import pytest
from typer.testing import CliRunner

from app.cli import build
from tests.postgres import Cluster
from tests.serving import set_up, url

_ENTRY = "INSERT INTO audit_entry VALUES (gen_random_uuid(), 1, 0, gen_random_uuid(), 'x', '{}', decode('00', 'hex'))"


@pytest.fixture(scope="module")
def host(own_cluster: Cluster, tmp_path_factory: pytest.TempPathFactory) -> str:
    """The socket folder of a server set up as deploy/ does."""
    return set_up(own_cluster, tmp_path_factory.mktemp("secrets"))


def test_the_serving_role_reads_the_log_and_adds_to_it(host: str) -> None:
    with psycopg.connect(url(host, "maraude_app")) as connection:
        connection.execute(_ENTRY)
        assert connection.execute("SELECT count(*) FROM audit_entry").fetchone() is not None


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE audit_entry SET number = number",
        "UPDATE audit_entry SET mac = mac WHERE false",
        "DELETE FROM audit_entry",
        "DELETE FROM audit_entry WHERE false",
        "UPDATE plan_entry SET recorded_at = 0",
        "DELETE FROM plan_entry WHERE false",
        "UPDATE plan_snapshot SET taken_at = 0",
        "DELETE FROM plan_snapshot WHERE false",
        "TRUNCATE audit_entry",
        "TRUNCATE organisation, audit_entry",
        "MERGE INTO audit_entry AS a USING (SELECT 1) AS b ON true WHEN MATCHED THEN DELETE",
        f"{_ENTRY} ON CONFLICT (org_id, number) DO UPDATE SET at = 1",
        "SELECT * FROM audit_entry FOR UPDATE",
        "LOCK TABLE audit_entry IN ACCESS EXCLUSIVE MODE",
        "ALTER TABLE audit_entry OWNER TO maraude_app",
        "ALTER TABLE audit_entry DROP CONSTRAINT pk_audit_entry",
        "ALTER TABLE audit_entry RENAME TO other",
        "ALTER TABLE audit_entry DISABLE TRIGGER ALL",
        "CREATE RULE r AS ON INSERT TO audit_entry DO INSTEAD NOTHING",
        "CREATE TRIGGER t BEFORE INSERT ON audit_entry EXECUTE FUNCTION suppress_redundant_updates_trigger()",
        "DROP TABLE audit_entry",
        "CREATE TABLE public.mine (id integer)",
        "ALTER TABLE audit_entry ENABLE ROW LEVEL SECURITY",
        "SET ROLE maraude_owner",
        "SET SESSION AUTHORIZATION maraude_owner",
        "GRANT maraude_owner TO maraude_app",
        "UPDATE alembic_version SET version_num = '0001'",
        "SET session_replication_role = replica",
    ],
)
def test_the_serving_role_cannot_undo_what_it_added(host: str, statement: str) -> None:
    with (
        psycopg.connect(url(host, "maraude_app")) as connection,
        pytest.raises(psycopg.errors.InsufficientPrivilege),
    ):
        connection.execute(statement.encode())


def test_a_grant_it_gives_itself_is_worth_nothing(host: str) -> None:
    """PostgreSQL only warns that nothing was granted."""
    with psycopg.connect(url(host, "maraude_app"), autocommit=True) as connection:
        connection.execute("GRANT UPDATE ON audit_entry TO maraude_app")
        asked = "SELECT has_table_privilege('audit_entry', 'UPDATE, DELETE, TRUNCATE, REFERENCES, TRIGGER')"
        assert connection.execute(asked).fetchone() == (False,)


def _granted(host: str, role: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> tuple[int, str]:
    monkeypatch.setenv("MARAUDE_DATABASE_URL", url(host, "maraude_owner"))
    monkeypatch.setenv("MARAUDE_KEYS_DIR", str(tmp_path))
    done = CliRunner().invoke(build(), ["db", "grant", role])
    return done.exit_code, done.output


def test_rights_that_were_given_by_hand_are_taken_back(
    host: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with psycopg.connect(url(host, "maraude_owner")) as connection:
        connection.execute("GRANT ALL ON audit_entry TO maraude_app")
    assert _granted(host, "maraude_app", tmp_path, monkeypatch)[0] == 0
    with psycopg.connect(url(host, "maraude_app")) as connection:
        rights = "SELECT has_table_privilege('audit_entry', 'UPDATE, DELETE, TRUNCATE, REFERENCES, TRIGGER')"
        assert connection.execute(rights).fetchone() == (False,)
        assert connection.execute("SELECT has_table_privilege('audit_entry', 'INSERT')").fetchone() == (True,)


@pytest.mark.parametrize("role", ["nobody_here", "maraude_owner", "maraude", 'maraude_app"; DROP TABLE feed; --'])
def test_only_a_role_that_is_there_and_not_the_owner_is_granted(
    host: str, role: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    code, output = _granted(host, role, tmp_path, monkeypatch)
    assert code == 1
    assert "nothing was changed" in output
