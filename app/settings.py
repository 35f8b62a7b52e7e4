"""Every setting of the service, read once from the environment (`MARAUDE_*`) by whoever builds the application."""

from datetime import timedelta
from pathlib import Path
from typing import Literal

from pydantic import Field, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError


class Settings(BaseSettings):
    """Frozen settings. No secret has a default: keys live in `keys_dir`, made on first use, mode 0400."""

    model_config = SettingsConfigDict(env_prefix="MARAUDE_", frozen=True, extra="ignore", hide_input_in_errors=True)

    database_url: str = Field(
        default="sqlite:///var/maraude.db",
        description="sqlite:///path or postgresql://user@host/name; passwords belong in PGPASSFILE.",
        repr=False,
    )
    keys_dir: Path = Field(default=Path("var/keys"), description="Keys, outside the database and its backups.")
    anchors_dir: Path = Field(
        default=Path("var/anchors"), description="Heads of the audit chains, outside the database and its backups."
    )
    late_data: timedelta = Field(
        default=timedelta(days=100),
        ge=timedelta(0),
        description="How long after a year's end its key may be closed: until then late records still come.",
    )
    public_url: str = Field(default="http://127.0.0.1:8000", description="The address devices use; proofs name it.")

    token_lifetime: timedelta = Field(default=timedelta(hours=24), description="How long a bearer token is good for.")
    enrolment_lifetime: timedelta = Field(
        default=timedelta(minutes=15), description="How long an enrolment code lasts."
    )

    session_idle: timedelta = Field(
        default=timedelta(minutes=30), description="A person's session ends when it was not used for so long."
    )
    session_lifetime: timedelta = Field(
        default=timedelta(hours=12), description="A person's session ends after this, however much it is used."
    )
    invitation_lifetime: timedelta = Field(
        default=timedelta(hours=72), description="How long an invitation of a person lasts."
    )
    oidc_issuer: str | None = Field(
        default=None, description="Issuer of the OpenID provider people sign in with; none, and only passwords do."
    )
    oidc_client_id: str = Field(default="maraude", description="Name under which the provider knows this service.")
    oidc_client_secret_file: Path | None = Field(
        default=None, description="File that holds the secret shared with the provider; none for a public client."
    )

    body_limit: int = Field(default=1_000_000, ge=1_000, description="Largest request body, inflated, in bytes.")
    queue_limit: int = Field(default=20_000, ge=500, description="Items that may wait to be stored before 503.")

    body_timeout_s: float = Field(default=60.0, gt=0, description="A body that takes longer to arrive is given up.")
    most_connections: int = Field(default=800, ge=1, description="Connections of a worker; the next meet 503.")

    rate_scale: float = Field(default=1.0, ge=0, description="All rate limits times this; 0 keeps none.")
    trusted_hops: int = Field(
        default=0, ge=0, le=5, description="Proxies in front whose X-Forwarded-For is believed; 0: it is not read."
    )
    query_budget: int = Field(default=1_000, ge=1, description="Questions for figures an account has each day.")

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
    release_interval_s: float = Field(
        default=3600.0, gt=0, description="Pause between two looks whether a release or a snapshot of a plan is due."
    )
    publisher: str = Field(
        default="Maraude", min_length=1, max_length=200, description="Who publishes, as the catalogue names it."
    )
    licence_url: str = Field(
        default="https://www.etalab.gouv.fr/licence-ouverte-open-licence",
        max_length=500,
        description="Licence of the published figures: its address, as the catalogue gives it.",
    )

    purge_interval_s: float = Field(
        default=3_600.0, gt=0, description="Pause between two looks whether records are due to become coarse or go."
    )
    records_kept_for: timedelta = Field(
        default=timedelta(days=730), ge=timedelta(days=120), description="After this records are deleted."
    )
    anchor_interval_s: float = Field(
        default=600.0, gt=0, description="Pause between two looks whether today's heads are in `anchors_dir`."
    )
    perimeter: str = Field(default="paris-nord-est", description="Code of the perimeter that marks records as outside.")
    minimum_app_version: str = Field(default="1.0.0", description="Oldest patrol app that is still welcome.")

    @field_validator("database_url")
    @classmethod
    def _is_an_address(cls, given: str) -> str:
        """Refuse here what a library would refuse later with parts of it, perhaps a password, in its words."""
        try:
            kind = make_url(given).get_backend_name()
        except (ArgumentError, ValueError):
            raise ValueError("must be the address of a database") from None
        if kind not in {"sqlite", "postgresql"}:
            raise ValueError("must begin with sqlite: or postgresql:")
        return given
