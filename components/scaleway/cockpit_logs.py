"""A data source for the stack's logs in Cockpit, and the token that pushes them."""

from dataclasses import dataclass

import pulumi
from pulumiverse_scaleway.observability import Source, Token, TokenScopesArgs

from components.kubernetes.component import Component
from config.logs import DAY, Logs


@dataclass(frozen=True, kw_only=True, slots=True)
class CockpitLogsArgs:
    """Inputs of `CockpitLogs`."""

    logs: Logs
    instance: str
    region: str
    token_generation: int


class CockpitLogs(Component):
    """A data source of type logs, and a token that may write logs and nothing else.

    The provider's credentials choose the project. The stored logs are deleted with the stack.
    """

    url: pulumi.Output[str]
    """Push URL, Loki's protocol."""
    token: pulumi.Output[str]
    """Secret; sent as X-Token."""

    def __init__(self, name: str, args: CockpitLogsArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("jitsi:cloud:CockpitLogs", name, opts)
        child = self.child()
        place = Source(
            f"{name}-source",
            name=f"jitsi-{args.instance}",
            type="logs",
            retention_days=args.logs.retention // DAY,
            region=args.region,
            opts=child,
        )
        generation = args.token_generation
        token = Token(
            f"{name}-token",
            name=f"jitsi-{args.instance}-logs" + (f"-{generation}" if generation > 1 else ""),
            # List every scope: the provider's default also grants metrics and traces.
            scopes=TokenScopesArgs(
                write_logs=True,
                query_logs=False,
                write_metrics=False,
                query_metrics=False,
                write_traces=False,
                query_traces=False,
                setup_alerts=False,
                setup_logs_rules=False,
                setup_metrics_rules=False,
            ),
            region=args.region,
            opts=child,
        )
        self.url = place.push_url
        self.token = pulumi.Output.secret(token.secret_key)
        self.register_outputs({"url": self.url})
