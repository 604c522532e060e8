"""Cockpit's data sources and tokens (`/cockpit/v1`). Push URLs do not resolve: the emulator stores no logs."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from scaleway_emulator.call import Answer, Body, Call
from scaleway_emulator.collection import Collection
from scaleway_emulator.resource import new_id
from scaleway_emulator.state import CockpitToken, DataSource

Scope = Literal[
    "read_only_metrics",
    "write_only_metrics",
    "full_access_metrics_rules",
    "read_only_logs",
    "write_only_logs",
    "full_access_logs_rules",
    "full_access_alert_manager",
    "read_only_traces",
    "write_only_traces",
]


class DataSourceBody(Body):
    """Create a data source."""

    project_id: str = ""
    name: str = Field(min_length=1)
    type: Literal["metrics", "logs", "traces"]
    retention_days: int = Field(default=7, ge=1, le=365)


class DataSourceChange(Body):
    """Update a data source; its type cannot change."""

    name: str | None = Field(default=None, min_length=1)
    retention_days: int | None = Field(default=None, ge=1, le=365)


class TokenBody(Body):
    """Create a token."""

    project_id: str = ""
    name: str = Field(min_length=1)
    token_scopes: list[Scope] = Field(min_length=1)


SOURCES = Collection[DataSource](
    records=lambda state: state.data_sources,
    name="data source",
    key="data_sources",
    filters=("project_id", "type"),
    change=DataSourceChange,
)
TOKENS = Collection[CockpitToken](records=lambda state: state.cockpit_access, name="token")


def create_source(call: Call) -> Answer:
    """POST data-sources."""
    body = call.body(DataSourceBody)
    source = DataSource(
        name=body.name,
        region=call.region,
        project_id=body.project_id,
        type=body.type,
        retention_days=body.retention_days,
    )
    source.url = f"https://{source.id}.{body.type}.cockpit.{call.region}.emulator.invalid"
    return SOURCES.add(call, source)


def create_token(call: Call) -> Answer:
    """POST tokens; the only answer that holds the secret key."""
    body = call.body(TokenBody)
    token = CockpitToken(name=body.name, region=call.region, project_id=body.project_id, scopes=list(body.token_scopes))
    status, shown = TOKENS.add(call, token)
    return status, shown | {"secret_key": new_id()}
