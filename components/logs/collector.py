"""The log collector."""

from dataclasses import dataclass
from typing import Any

import pulumi

from components.kubernetes import pod
from components.kubernetes.component import Component
from components.kubernetes.site import Site
from components.logs.alloy_config import PASSWORD_VARIABLE, SALT_VARIABLE, Destination
from components.logs.pods import CollectorPods
from components.place.place import LogStore
from config.passwords import LOGS


@dataclass(frozen=True, kw_only=True, slots=True)
class LogCollectorArgs:
    """Inputs of `LogCollector`."""

    site: Site
    store: LogStore


class LogCollector(Component):
    """Sends the logs of all pods to `store`. No call depends on it, and `kubectl logs` works without it."""

    def __init__(self, name: str, args: LogCollectorArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("jitsi:logs:LogCollector", name, opts)
        site, logs = args.site, args.site.config.monitoring.logs
        pods = CollectorPods(
            objects=site.objects(),
            destination=Destination(url="", user=logs.user, tenant=logs.tenant, token=logs.to == "cockpit"),
            pseudonyms=logs.pseudonyms,
            scraper=site.scraper,
        )
        text = pulumi.Output.from_input(args.store.url).apply(pods.text_for)
        secrets: dict[str, pulumi.Output[str]] = {}
        if args.store.password is not None:
            secrets[PASSWORD_VARIABLE] = args.store.password
        if logs.pseudonyms:
            secrets[SALT_VARIABLE] = site.passwords.of(LOGS)
        marks: dict[str, Any] = {
            "jitsi.org/config": text.apply(pod.text_hash),
            **site.passwords.mark_secrets("jitsi.org/secrets", *secrets.values()),
        }
        needs = [self.add("config", pods.config(text))]
        needs += [self.add(part, document) for part, document in pods.documents().items()]
        if secrets:
            needs.append(self.add("secret", pods.secret(secrets)))
        self.add("collector", pods.workload(list(secrets), marks), *needs)
        self.register_outputs({})
