"""The engine's Analyzer service: reports findings, each with its enforcement level.

The engine starts the pack before the program, configures it with the stack's config, calls `Analyze` for every resource before
it is registered, and `AnalyzeStack` at the end. The first resource is the stack itself. Findings that need no registered resource
are reported there, so that a refusal changes nothing, in a preview and in an update without one.

pulumi-policy's own service does not expose the stack's config, has one level per policy, and skips a policy that reads a value
unknown before the update. So this module implements the protocol itself, as the SDK ships it.
"""

# ruff: noqa: N802, ARG002 - names and signatures are the protocol's

import sys
import time
from collections.abc import Iterable, Iterator
from concurrent import futures
from datetime import UTC, datetime
from typing import Any

import grpc
from google.protobuf import empty_pb2
from pulumi.runtime import proto
from pulumi.runtime.proto import analyzer_pb2_grpc

from config.policy import GUARD, Enforcement, Level
from plan.findings.check import RULES as CONFIG_RULES
from plan.findings.rule import Finding, Severity
from plan.recorder import Resource
from plan.resources.check import RULES as RESOURCE_RULES
from plan.tokens import STACK_TYPE
from plan.wire import document
from policy.state import qualified
from policy.update import Update, forecast, review

NAME = "jitsi"
VERSION = "0.1.0"  # that of PulumiPolicy.yaml, which the engine shows
MESSAGE_BYTES = 400 * 1024 * 1024  # the engine's own limit (rpcutil.GrpcChannelOptions)

LEVELS: dict[Level, Any] = {"mandatory": proto.MANDATORY, "advisory": proto.ADVISORY, "disabled": proto.DISABLED}
SEVERITIES = {
    "error": proto.POLICY_SEVERITY_HIGH,
    "warning": proto.POLICY_SEVERITY_MEDIUM,
    "info": proto.POLICY_SEVERITY_LOW,
}
DEFAULT = Enforcement()
ABOUT: dict[str, tuple[Severity, str]] = {
    **{rule.name: (rule.severity, rule.about) for rule in CONFIG_RULES},
    **{rule.name: (rule.severity, rule.about) for rule in RESOURCE_RULES},
    GUARD: ("error", "A change of a protected stack disconnects participants."),
}
"""Rule -> its severity and description."""


class Analyzer(proto.AnalyzerServicer):
    """The service for one update. Unknown calls answer UNIMPLEMENTED, which the engine takes as `nothing to do`."""

    def __init__(self) -> None:
        self._executor = futures.ThreadPoolExecutor(1)
        self._update: Update | None = None
        self._forecast: futures.Future[tuple[Finding, ...]] | None = None
        self._overrides: dict[str, Level] = {}
        self._inputs: dict[str, dict[str, Any]] = {}

    def GetPluginInfo(self, request: Any, context: Any) -> Any:
        """The pack's version."""
        return proto.PluginInfo(version=VERSION)

    def GetAnalyzerInfo(self, request: Any, context: Any) -> Any:
        """Every rule with its default level."""
        return proto.AnalyzerInfo(
            name=NAME,
            displayName="Jitsi Meet on Kapsule",
            version=VERSION,
            supportsConfig=True,
            policies=[
                proto.PolicyInfo(
                    name=name,
                    description=about,
                    enforcementLevel=LEVELS[DEFAULT.level(name, severity)],
                    severity=SEVERITIES[severity],
                    policy_type=proto.POLICY_TYPE_STACK,
                )
                for name, (severity, about) in ABOUT.items()
            ],
        )

    def ConfigureStack(self, request: Any, context: Any) -> Any:
        """Receive the stack and its config, and start the forecast while the program starts."""
        self._update = Update(
            stack=request.stack,
            qualified_name=qualified(request.organization, request.project, request.stack),
            values=dict(request.config),
            secret_keys=frozenset(request.config_secret_keys),
            today=datetime.now(UTC).date(),
            preview=request.dry_run,
        )
        if self._enforcement is not None:
            self._forecast = self._executor.submit(forecast, self._update)
        return proto.AnalyzerStackConfigureResponse()

    def Configure(self, request: Any, context: Any) -> Any:
        """Receive `--policy-pack-config`; its levels, unless they are the defaults, take precedence over the stack's config."""
        levels: dict[Any, Level] = {number: level for level, number in LEVELS.items()}
        for name, policy in request.policyConfig.items():
            level = levels.get(policy.enforcementLevel)
            if name in ABOUT and level is not None and level != DEFAULT.level(name, ABOUT[name][0]):
                self._overrides[name] = level
        return empty_pb2.Empty()

    def Analyze(self, request: Any, context: Any) -> Any:
        """Keep the resource's inputs. For the stack, which is the first resource: all findings that need no registered resource."""
        self._inputs[request.urn] = document(request.properties)
        if request.type != STACK_TYPE or self._forecast is None:
            return proto.AnalyzeResponse()
        return proto.AnalyzeResponse(diagnostics=self._diagnostics(self._forecast.result(), {}))

    def AnalyzeStack(self, request: Any, context: Any) -> Any:
        """At the end: findings about the registered resources."""
        if self._update is None or self._forecast is None:
            return proto.AnalyzeResponse()
        registered = [_resource(resource, self._inputs.get(resource.urn)) for resource in request.resources]
        urns = {resource.name: resource.urn for resource in registered}
        findings = review(self._update, registered, self._forecast.result())
        return proto.AnalyzeResponse(diagnostics=self._diagnostics(findings, urns))

    def Remediate(self, request: Any, context: Any) -> Any:
        """No remediation: the pack changes no resource."""
        return proto.RemediateResponse()

    @property
    def _enforcement(self) -> Enforcement | None:
        """The stack's levels; None if its policy is off or its config is invalid."""
        config = self._update.config if self._update else None
        return config.policy if config and not config.policy.is_off(protect=config.protect) else None

    def _diagnostics(self, findings: Iterable[Finding], urns: dict[str, str]) -> Iterator[Any]:
        for finding in findings:
            level = self._overrides.get(finding.rule) or (self._enforcement or DEFAULT).level(
                finding.rule, finding.severity
            )
            if level == "disabled":
                continue
            yield proto.AnalyzeDiagnostic(
                policyName=finding.rule,
                policyPackName=NAME,
                policyPackVersion=VERSION,
                description=ABOUT[finding.rule][1],
                message=f"{finding.where}: {finding.message}\n{finding.remedy}",
                urn=urns.get(finding.where.partition(".")[0], ""),
                enforcementLevel=LEVELS[level],
                severity=SEVERITIES[finding.severity],
            )


def _resource(request: Any, inputs: dict[str, Any] | None) -> Resource:
    """Return a registered resource by its inputs: the outputs, which the engine sends, carry defaults of server and provider."""
    return Resource(
        urn=request.urn,
        type=request.type,
        name=request.name,
        parent=request.parent or None,
        properties=document(request.properties) if inputs is None else inputs,
        protect=request.options.protect,
    )


def serve() -> None:
    """Serve until the engine ends this process; the port is the first line of standard output, and the only one."""
    server = grpc.server(
        futures.ThreadPoolExecutor(4),
        options=[("grpc.max_receive_message_length", MESSAGE_BYTES), ("grpc.max_send_message_length", MESSAGE_BYTES)],
    )
    analyzer_pb2_grpc.add_AnalyzerServicer_to_server(Analyzer(), server)
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    print(port, flush=True)  # noqa: T201 - the protocol's handshake
    sys.stdout = sys.stderr
    try:
        while True:
            time.sleep(86400)
    except KeyboardInterrupt:
        server.stop(0)
