"""Where logs go."""

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from config.model import Duration, Model, lasts

DAY = 86400
LONGEST_RETENTION_DAYS = 365  # Cockpit's limit for logs
OF_LOKI = ("url", "user", "tenant")


class Logs(Model):
    """One place to look for what all pods of the stack say."""

    to: Literal["none", "loki", "cockpit"] = "none"
    """`none`: standard output alone, as `kubectl logs` shows it; `loki`: one that is already there; `cockpit`: Scaleway's, with a
    data source and a token that the stack makes."""
    url: Annotated[str, Field(pattern=r"^https?://[^\s/@?#]+/[^\s@?#]+$")] | None = None
    """Push address of Loki, such as https://loki.example.org/loki/api/v1/push."""
    user: Annotated[str, Field(min_length=1, pattern=r"^[^:\s]+$")] | None = None
    """User of Loki's basic authentication; the password is jitsi:lokiPassword."""
    tenant: Annotated[str, Field(min_length=1, max_length=150, pattern=r"^[A-Za-z0-9_.!*'()-]+$")] | None = None
    """Tenant of Loki, sent as X-Scope-OrgID."""
    retention: Annotated[Duration, lasts("1s", "365d")] = 7 * DAY
    """How long Cockpit keeps them, in whole days; Scaleway bills what is kept."""
    pseudonyms: bool = True
    """Addresses and names of rooms and people leave the cluster as pseudonyms: alike for the same name, and not to be read back."""

    @model_validator(mode="after")
    def _fits(self) -> Self:
        if self.to == "loki" and self.url is None:
            raise ValueError("to: loki needs url, such as https://loki.example.org/loki/api/v1/push")
        if self.to != "loki" and (said := [key for key in OF_LOKI if getattr(self, key) is not None]):
            raise ValueError(f"{', '.join(said)} is read only with to: loki; here it is {self.to}")
        if self.retention % DAY or not 1 <= self.retention // DAY <= LONGEST_RETENTION_DAYS:
            raise ValueError(
                f"retention is whole days, from 1d to {LONGEST_RETENTION_DAYS}d, as Cockpit counts them; got {self.retention} seconds"
            )
        return self

    @property
    def collected(self) -> bool:
        """Whether a collector runs."""
        return self.to != "none"

    @property
    def needs_password(self) -> bool:
        """Whether `jitsi:lokiPassword` must be set."""
        return self.user is not None
