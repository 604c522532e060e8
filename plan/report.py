"""The report of a stack: ports, capacity, cost, findings. The public shape of `plan report --json`."""

from dataclasses import dataclass
from datetime import date
from typing import Any

from config.stack import StackConfig
from plan.capacity import capacity
from plan.cost import cost
from plan.findings.check import check
from plan.findings.rule import Subject
from plan.gateways import gateway_ports
from plan.ports import BridgePort, port_plan
from plan.timers import timers
from plan.turn import relay_ports


@dataclass(frozen=True, slots=True)
class Reported:
    """A report with the stack it is about, for those that draw it."""

    config: StackConfig
    today: date
    report: dict[str, Any]

    @property
    def has_errors(self) -> bool:
        """Whether a finding of severity `error` stands in it."""
        return any(finding["severity"] == "error" for finding in self.report["findings"])


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


def report(subject: Subject) -> Reported:
    """Everything that can be said about a stack without an engine, a cloud or a cluster."""
    config = subject.config
    document = {
        "stack": subject.stack,
        "region": config.region,
        "ports": [_port(port) for port in port_plan(config.resolved)],
        **({"gatewayPorts": found} if (found := gateway_ports(config)) else {}),
        **({"relayPorts": found} if (found := relay_ports(config)) else {}),
        "capacity": capacity(config),
        "timers": [timer.as_dict() for timer in timers(config)],
        "cost": cost(config, subject.today),
        "findings": [finding.as_dict() for finding in check(subject)],
    }
    return Reported(config, subject.today, document)
