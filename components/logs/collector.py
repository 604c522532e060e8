"""What collects the logs, and what it is told in secret."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import pulumi

from components import pod
from components.children import child_options
from components.kubernetes_object import KubernetesObject
from components.logs.alloy_config import PASSWORD_VARIABLE, SALT_VARIABLE, Destination
from components.logs.pods import CollectorPods
from components.stack_objects import StackObjects
from config.images import Images
from config.logs import Logs
from config.passwords import LOGS, mark_of, password

Document = dict[str, Any]


@dataclass(frozen=True, kw_only=True, slots=True)
class LogCollectorArgs:
    """Inputs of `LogCollector`; `url` and `password` are Cockpit's, or what the config says of Loki."""

    namespace: str
    instance: str
    wanted: Logs
    images: Images
    scraper: str | None
    url: pulumi.Input[str]
    password: pulumi.Output[str] | None
    """Loki's password or Cockpit's token."""
    seed: pulumi.Output[str]
    secret_generations: Mapping[str, int]


class LogCollector(pulumi.ComponentResource):
    """Sends what all pods say to one place. No call passes here; without it logs stay where `kubectl logs` finds them."""

    def __init__(self, name: str, args: LogCollectorArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("jitsi:logs:LogCollector", name, None, opts)
        wanted = args.wanted
        pods = CollectorPods(
            objects=StackObjects(namespace=args.namespace, instance=args.instance, images=args.images),
            destination=Destination(url="", user=wanted.user, tenant=wanted.tenant, token=wanted.to == "cockpit"),
            pseudonyms=wanted.pseudonyms,
            scraper=args.scraper,
        )
        written = pulumi.Output.from_input(args.url).apply(pods.text_for)
        values: dict[str, pulumi.Output[str]] = {}
        if args.password is not None:
            values[PASSWORD_VARIABLE] = args.password
        if wanted.pseudonyms:
            values[SALT_VARIABLE] = args.seed.apply(lambda seed: password(seed, LOGS, args.secret_generations))

        def made(part: str, document: Document, *needs: pulumi.Resource) -> KubernetesObject:
            return KubernetesObject(f"{name}-{part}", document, child_options(self, opts, *needs))

        marks: dict[str, Any] = {"jitsi.org/config": written.apply(pod.text_hash)}
        needs: list[pulumi.Resource] = [made("config", pods.config(written))]
        needs += [made(part, document) for part, document in pods.documents().items()]
        if values:
            needs.append(made("secret", pods.secret(values)))
            marks["jitsi.org/secrets"] = pulumi.Output.unsecret(
                pulumi.Output.all(args.seed, *values.values()).apply(lambda known: mark_of(known[0], known[1:]))
            )
        made("collector", pods.workload(list(values), marks), *needs)
        self.register_outputs({})
