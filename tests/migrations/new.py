"""Writes the next version from what the tables have become: `make migration m="what changes"`.

It compares with a PostgreSQL of its own, brought to the newest version: PostgreSQL knows every detail, comments too.
"""

import subprocess
import sys
from pathlib import Path

from alembic import command
from alembic.script import Script, ScriptDirectory

from app.db import migrate
from app.db.catalogue import all_tables
from app.settings import Settings
from tests import postgres


def write(message: str) -> None:
    """Write and format the next version, to be read and completed by hand."""
    with postgres.server() as server:
        settings = Settings(database_url=server.create("maraude_next"))
        try:
            migrate.upgrade(settings)
            number = f"{len(list(ScriptDirectory.from_config(migrate.config()).walk_revisions())) + 1:04d}"
            with migrate.alone(settings) as connection:
                made = migrate.config(connection, tables=all_tables())
                made.set_main_option("file_template", "%%(rev)s_%%(slug)s")
                version = command.revision(made, message, autogenerate=True, rev_id=number)
        finally:
            server.drop("maraude_next")
    assert isinstance(version, Script)
    path = Path(version.path)
    lines = path.read_text().splitlines(keepends=True)
    path.write_text("".join(line for line in lines if not line.strip().startswith("# ###")))
    for tidy in (["check", "--select=I", "--fix"], ["format"]):
        subprocess.run([sys.executable, "-m", "ruff", *tidy, "--quiet", str(path)], check=True)


if __name__ == "__main__":
    write(" ".join(sys.argv[1:]))
