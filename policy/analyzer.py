"""The engine's Analyzer service: tells it what the rules find, and how much each finding counts.

The engine starts the pack before the program, configures it with the stack's config, asks about every resource before it
is made, and about all of them at the end. The first resource is the stack itself; what can be said before anything is
made is said then, so that a refusal leaves everything as it was, in a preview and in an update without one.

pulumi-policy's own service keeps the stack's config to itself, gives each policy one level, and gives a policy up that
meets a value which only an update will know; so this is the protocol itself, as the SDK ships it.
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
from plan.findings.check import RULES as ABOUT_CONFIG
from plan.findings.rule import Finding, Severity
from plan.recorder import Resource
from plan.resources.check import RULES as ABOUT_RESOURCES
from plan.tokens import STACK_TYPE
from plan.wire import document
from policy.judgement import Update, forecast, review
from policy.running import qualified

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
    **{rule.name: (rule.severity, rule.about) for rule in ABOUT_CONFIG},
    **{rule.name: (rule.severity, rule.about) for rule in ABOUT_RESOURCES},
    GUARD: ("error", "A change of a protected stack that throws people out of calls."),
}
"""Rule -> its severity, and what it is about."""


class Analyzer(proto.AnalyzerServicer):
    """One update's. Calls that it does not know answer UNIMPLEMENTED, which the engine takes as `nothing to do`."""

    def __init__(self) -> None:
        self._ahead = futures.ThreadPoolExecutor(1)
        self._update: Update | None = None
        self._forecast: futures.Future[tuple[Finding, ...]] | None = None
        self._overrides: dict[str, Level] = {}

    def GetPluginInfo(self, request: Any, context: Any) -> Any:
        """The pack's version."""
        return proto.PluginInfo(version=VERSION)

    def GetAnalyzerInfo(self, request: Any, context: Any) -> Any:
        """Every rule, with the level that it has unless a stack says otherwise."""
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
        """Learn the stack and its config, and begin to look ahead while the program starts."""
        self._update = Update(
            stack=request.stack,
            named=qualified(request.organization, request.project, request.stack),
            values=dict(request.config),
            secret_keys=frozenset(request.config_secret_keys),
            today=datetime.now(UTC).date(),
            preview=request.dry_run,
        )
        if self._enforcement is not None:
            self._forecast = self._ahead.submit(forecast, self._update)
        return proto.AnalyzerStackConfigureResponse()

    def Configure(self, request: Any, context: Any) -> Any:
        """Learn what `--policy-pack-config` says; levels that are not the rules' own win over the stack's config."""
        words: dict[Any, Level] = {number: word for word, number in LEVELS.items()}
        for name, given in request.policyConfig.items():
            level = words.get(given.enforcementLevel)
            if name in ABOUT and level is not None and level != DEFAULT.level(name, ABOUT[name][0]):
                self._overrides[name] = level
        return empty_pb2.Empty()

    def Analyze(self, request: Any, context: Any) -> Any:
        """At the stack itself, the first resource: everything that can be said before anything is made."""
        if request.type != STACK_TYPE or self._forecast is None:
            return proto.AnalyzeResponse()
        return proto.AnalyzeResponse(diagnostics=self._diagnostics(self._forecast.result(), {}))

    def AnalyzeStack(self, request: Any, context: Any) -> Any:
        """At the end: what only the resources tell that the engine has registered."""
        if self._update is None or self._forecast is None:
            return proto.AnalyzeResponse()
        registered = [_resource(one) for one in request.resources]
        found = review(self._update, registered, self._forecast.result())
        return proto.AnalyzeResponse(diagnostics=self._diagnostics(found, {one.name: one.urn for one in registered}))

    def Remediate(self, request: Any, context: Any) -> Any:
        """Nothing is changed behind the program's back."""
        return proto.RemediateResponse()

    @property
    def _enforcement(self) -> Enforcement | None:
        """How the stack wants findings to count; none where no rule is looked at, or the config is refused anyway."""
        config = self._update.config if self._update else None
        return config.policy if config and not config.policy.is_off(protect=config.protect) else None

    def _diagnostics(self, found: Iterable[Finding], urns: dict[str, str]) -> Iterator[Any]:
        for finding in found:
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


def _resource(request: Any) -> Resource:
    return Resource(
        urn=request.urn,
        type=request.type,
        name=request.name,
        parent=request.parent or None,
        properties=document(request.properties),
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
