"""Log collection."""

import re
from collections.abc import Iterator
from typing import Annotated, Literal

from pydantic import Field

from config.addresses import Tenant
from config.model import Duration, Model, between, format_duration, matching

DAY = 86400
MAX_RETENTION_DAYS = 365  # Cockpit's limit for logs
LOKI_KEYS = ("url", "user", "tenant")

_PUSH_URL = re.compile(r"https?://[^\s/@?#]+/[^\s@?#]+")
PushUrl = Annotated[
    str,
    matching(
        _PUSH_URL,
        "a push URL begins with http:// or https:// and has a path, without names, passwords and ?, such as "
        "https://loki.example.org/loki/api/v1/push",
    ),
    Field(json_schema_extra={"pattern": f"^{_PUSH_URL.pattern}$"}),
]
_USER = re.compile(r"[^:\s]+")
UserName = Annotated[
    str,
    matching(_USER, "a user name has no colon and no space, such as jitsi"),
    Field(min_length=1, json_schema_extra={"pattern": f"^{_USER.pattern}$"}),
]


class Logs(Model):
    """Collection of the logs of all pods."""

    to: Literal["none", "loki", "cockpit"] = "none"
    """`none`: logs stay in the pods (`kubectl logs`). `loki`: an existing Loki. `cockpit`: Scaleway's Cockpit, with a data source and a
    token that the stack creates."""
    url: PushUrl | None = None
    """Push URL of Loki, such as https://loki.example.org/loki/api/v1/push."""
    user: UserName | None = None
    """User name for Loki's basic authentication; the password is the secret jitsi:lokiPassword."""
    tenant: Tenant | None = None
    """Tenant of Loki, sent as X-Scope-OrgID."""
    retention: Annotated[Duration, between("1s", "365d")] = 7 * DAY
    """Retention in Cockpit, in whole days; Scaleway bills stored logs."""
    pseudonyms: bool = True
    """Replaces IP addresses and the names of rooms and people with pseudonyms: the same for the same name, not reversible."""

    def contradictions(self) -> Iterator[tuple[str, str]]:
        """Yield keys that the destination does not take, or lacks."""
        if self.to == "loki" and self.url is None:
            yield "url", "to: loki needs url; set it, such as https://loki.example.org/loki/api/v1/push"
        for key in LOKI_KEYS if self.to != "loki" else ():
            if getattr(self, key) is not None:
                yield key, f"{key} is used only with to: loki, got to: {self.to}; remove it, or set to: loki"
        if self.retention % DAY or not 1 <= self.retention // DAY <= MAX_RETENTION_DAYS:
            yield (
                "retention",
                f"retention is 1d to {MAX_RETENTION_DAYS}d in whole days, got {format_duration(self.retention)}; round it",
            )

    @property
    def collected(self) -> bool:
        """Whether the stack runs a log collector."""
        return self.to != "none"

    @property
    def needs_password(self) -> bool:
        """Whether `jitsi:lokiPassword` must be set."""
        return self.user is not None
