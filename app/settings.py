"""Every setting of the service, read once from the environment (`MARAUDE_*`) by whoever builds the application."""

from datetime import timedelta
from pathlib import Path
from typing import Literal

from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict


class Settings(BaseSettings):
    """Frozen settings. No secret has a default: keys live in `keys_dir`, made on first use, mode 0400."""

    model_config = SettingsConfigDict(env_prefix="MARAUDE_", frozen=True, extra="ignore")

    database_url: str = Field(
        default="sqlite:///var/maraude.db",
        description="sqlite:///path or postgresql://user@host/name; passwords belong in PGPASSFILE.",
        repr=False,
    )
    keys_dir: Path = Field(default=Path("var/keys"), description="Keys, outside the database and its backups.")
    public_url: str = Field(default="http://127.0.0.1:8000", description="The address devices use; proofs name it.")

    token_lifetime: timedelta = Field(default=timedelta(hours=24), description="How long a bearer token is good for.")
    enrolment_lifetime: timedelta = Field(
        default=timedelta(minutes=15), description="How long an enrolment code lasts."
    )

    body_limit: int = Field(default=1_000_000, ge=1_000, description="Largest request body, inflated, in bytes.")
    queue_limit: int = Field(default=20_000, ge=500, description="Items that may wait to be stored before 503.")

    read_timeout_s: float = Field(default=5.0, gt=0, description="A phone's or a desk's read is given up after this.")
    analysis_timeout_s: float = Field(default=30.0, gt=0, description="A metric is given up after this.")
    write_timeout_s: float = Field(default=30.0, gt=0, description="A write transaction is given up after this.")
    read_connections: int = Field(default=5, ge=1, description="Connections for phones, desks and authentication.")
    analysis_connections: int = Field(default=3, ge=1, description="Connections for metrics, apart from the others.")
    write_connections: int = Field(default=4, ge=1, description="Connections that write (SQLite always has one).")
    sqlite_synchronous: Literal["FULL", "NORMAL", "OFF"] = Field(
        default="FULL", description="FULL acknowledges only what is on disk. The demo loads with OFF: it can be remade."
    )

    sweep_interval_s: float = Field(default=300.0, gt=0, description="Pause between two sweeps for silent referrals.")
    refresh_interval_s: float = Field(default=2.0, gt=0, description="Pause between two rounds of computing facts.")
    perimeter: str = Field(default="paris-nord-est", description="Code of the perimeter that marks records as outside.")
    minimum_app_version: str = Field(default="1.0.0", description="Oldest patrol app that is still welcome.")
