"""Report of a stack: ports, capacity, timers, cost, findings. Defines the public format of `plan report --json`."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from config.stack import StackConfig
from plan.findings.check import check
from plan.findings.rule import Subject, by_severity
from plan.leaving import timers
from plan.recorder import Resource
from plan.resources.check import check as check_resources
from plan.resources.made import Resources
from plan.zone_loss import survival, zone_losses
from sizing.cost import cost
from sizing.ports import BridgePort, gateway_ports, port_plan, turn_ports
from sizing.stack_capacity import stack_capacity


@dataclass(frozen=True, slots=True)
class StackReport:
    """A report with its stack's config, from which the pictures are drawn."""

    config: StackConfig
    today: date
    document: dict[str, Any]

    @property
    def has_errors(self) -> bool:
        """Whether a finding has severity `error`."""
        return any(finding["severity"] == "error" for finding in self.document["findings"])


def _port(port: BridgePort) -> dict[str, Any]:
    return {
        "shard": port.shard,
        "bridge": port.bridge,
        "protocol": "UDP",
        "port": port.port,
        "localPort": port.local_port,
        "layout": port.layout,
        "service": port.service,
        "rule": port.rule,
    }


def report(subject: Subject, resources: Sequence[Resource]) -> StackReport:
    """Report on a stack and the resources that the program renders for it, without an engine, cloud or cluster."""
    config = subject.config
    rendered = Resources(config, tuple(resources))
    findings = by_severity([*check(subject), *check_resources(rendered)])
    losses = zone_losses(config, subject.today)
    document = {
        "stack": subject.stack,
        "region": config.region,
        "ports": [_port(port) for port in port_plan(config.resolved)],
        **({"gatewayPorts": ports} if (ports := gateway_ports(config)) else {}),
        **({"relayPorts": ports} if (ports := turn_ports(config)) else {}),
        "capacity": stack_capacity(config),
        **(
            {"zones": [loss.as_dict() for loss in losses], "survival": survival(config, losses)}
            if len(losses) > 1
            else {}
        ),
        "timers": [timer.as_dict() for timer in timers(rendered)],
        "cost": cost(config, subject.today),
        "findings": [finding.as_dict() for finding in findings],
    }
    return StackReport(config, subject.today, document)
