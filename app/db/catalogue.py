"""All tables of the service, whichever feature they belong to: for migrations, Citus placement and tests."""

import importlib
from pathlib import Path

from sqlalchemy import MetaData

import app
from app.db.table import metadata

ROOT = Path(app.__file__).resolve().parent


def all_tables() -> MetaData:
    """Import every feature's tables and return the metadata that then holds them all."""
    for found in sorted(ROOT.rglob("models.py")):
        importlib.import_module(".".join(("app", *found.relative_to(ROOT).with_suffix("").parts)))
    return metadata
