"""The TURN relay of the stack."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import pulumi

from components.children import child_options
from components.kubernetes_object import KubernetesObject
from components.turn import coturn_conf
from components.turn.manifests import TurnPods
from config.passwords import TURN, fingerprint, password
from config.shard import Shard
from config.turn import Turn


@dataclass(frozen=True, kw_only=True, slots=True)
class TurnRelayArgs:
    """Inputs of `TurnRelay`."""

    namespace: str
    instance: str
    turn: Turn
    host: str
    image: str
    shards: tuple[Shard, ...]
    scraper: str | None
    seed: pulumi.Output[str]
    secret_generations: Mapping[str, int]


class TurnRelay(pulumi.ComponentResource):
    """coturn behind the edge: TURN over TLS on the public TCP 443, relayed to the bridges' UDP ports and nowhere else."""

    def __init__(self, name: str, args: TurnRelayArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("jitsi:turn:TurnRelay", name, None, opts)
        self._name = name
        self._opts = opts
        mark = args.seed.apply(lambda seed: fingerprint(seed, [TURN], args.secret_generations))
        text = args.seed.apply(
            lambda seed: coturn_conf.render(args.turn, args.host, password(seed, TURN, args.secret_generations))
        )
        pods = TurnPods(
            namespace=args.namespace,
            instance=args.instance,
            turn=args.turn,
            host=args.host,
            image=args.image,
            shards=args.shards,
            scraper=args.scraper,
            annotations={
                "jitsi.org/passwords": pulumi.Output.unsecret(mark),
                "jitsi.org/config": coturn_conf.mark(args.turn, args.host),
            },
        )
        needs = [
            self._make("config", pods.config(text)),
            self._make("scripts", pods.scripts()),
            self._make("network-policy", pods.network_policy()),
        ]
        self._make("service", pods.service())
        self._make("coturn", pods.workload(), *needs)
        self._make("budget", pods.disruption_budget())
        if args.turn.scales:
            self._make("autoscaler", pods.autoscaler())
        self.register_outputs({"host": args.host})

    def _make(self, part: str, document: dict[str, Any], *needs: pulumi.Resource) -> KubernetesObject:
        return KubernetesObject(f"{self._name}-{part}", document, child_options(self, self._opts, *needs))
