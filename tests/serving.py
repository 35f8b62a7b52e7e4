"""A PostgreSQL set up as deploy/ does it: one role owns the tables and migrated them, another one serves."""

import os
import subprocess
from pathlib import Path

import pytest
from typer.testing import CliRunner

from app.cli import build
from tests.postgres import Cluster

_SCRIPT = Path(__file__).parents[1] / "deploy" / "postgres" / "roles.sh"


def url(host: str, role: str) -> str:
    return f"postgresql://{role}@/maraude?host={host}"


def set_up(cluster: Cluster, folder: Path) -> str:
    """Make the roles, migrate as the owner, and return the folder of the server's socket."""
    for name in ("owner", "app"):
        (folder / f"{name}_password").write_text("x\n")
    host = str(cluster.folder)
    surroundings = {"PGHOST": host, "PGUSER": "maraude", "PGDATABASE": "postgres", "SECRETS": str(folder)}
    subprocess.run([_SCRIPT], env=os.environ | surroundings, check=True)
    with pytest.MonkeyPatch.context() as patched:
        patched.setenv("MARAUDE_DATABASE_URL", url(host, "maraude_owner"))
        patched.setenv("MARAUDE_KEYS_DIR", str(folder / "keys"))
        done = CliRunner().invoke(build(), ["migrate", "--serving", "maraude_app"])
    assert done.exit_code == 0, done.output
    return host
