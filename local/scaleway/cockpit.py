"""Cockpit's data sources and tokens (`/cockpit/v1`). The emulator takes no logs: its push addresses lead nowhere."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import Field

from local.scaleway import refusals
from local.scaleway.call import Answer, Body, Call
from local.scaleway.record import new_id
from local.scaleway.records import CockpitToken, DataSource

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
    """Change one; its type stays."""

    name: str | None = Field(default=None, min_length=1)
    retention_days: int | None = Field(default=None, ge=1, le=365)


class TokenBody(Body):
    """Create a token."""

    project_id: str = ""
    name: str = Field(min_length=1)
    token_scopes: list[Scope] = Field(min_length=1)


def _source(call: Call) -> DataSource:
    source = call.state.data_sources.get(call.path["id"])
    if source is None or source.region != call.region:
        raise refusals.not_found("data_source", call.path["id"])
    return source


def _token(call: Call) -> CockpitToken:
    token = call.state.cockpit_access.get(call.path["id"])
    if token is None or token.region != call.region:
        raise refusals.not_found("token", call.path["id"])
    return token


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
    call.state.data_sources[source.id] = source
    return 200, source.shown()


def read_source(call: Call) -> Answer:
    """GET data-sources/{id}."""
    return 200, _source(call).shown()


def list_sources(call: Call) -> Answer:
    """GET data-sources."""
    shown = [source.shown() for source in call.state.data_sources.values() if source.region == call.region]
    return call.page("data_sources", [source for source in shown if call.matches(source, "project_id", "type")])


def update_source(call: Call) -> Answer:
    """PATCH data-sources/{id}."""
    source = _source(call)
    for name, value in call.body(DataSourceChange).given().items():
        setattr(source, name, value)
    source.touched()
    return 200, source.shown()


def delete_source(call: Call) -> Answer:
    """DELETE data-sources/{id}; what it holds goes with it."""
    del call.state.data_sources[_source(call).id]
    return 204, None


def create_token(call: Call) -> Answer:
    """POST tokens; the only answer that holds the secret key."""
    body = call.body(TokenBody)
    token = CockpitToken(name=body.name, region=call.region, project_id=body.project_id, scopes=list(body.token_scopes))
    call.state.cockpit_access[token.id] = token
    secret: dict[str, Any] = {"secret_key": new_id()}
    return 200, token.shown() | secret


def read_token(call: Call) -> Answer:
    """GET tokens/{id}."""
    return 200, _token(call).shown()


def delete_token(call: Call) -> Answer:
    """DELETE tokens/{id}."""
    del call.state.cockpit_access[_token(call).id]
    return 204, None
