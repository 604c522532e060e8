"""The TURN relay of the stack."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import pulumi

from components.children import child_options
from components.kubernetes_object import KubernetesObject
from components.turn import coturn_conf
from components.turn.manifests import TurnPods
from components.turn.udp_relay import UdpRelayPods
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
    on_kapsule: bool
    seed: pulumi.Output[str]
    secret_generations: Mapping[str, int]


class TurnRelay(pulumi.ComponentResource):
    """coturn behind the edge, TURN over TLS on the public TCP 443, and over UDP on nodes of its own where wanted; both to bridges alone."""

    def __init__(self, name: str, args: TurnRelayArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("jitsi:turn:TurnRelay", name, None, opts)
        self._name = name
        self._opts = opts
        self._args = args
        mark = args.seed.apply(lambda seed: fingerprint(seed, [TURN], args.secret_generations))
        common: dict[str, Any] = {
            "namespace": args.namespace,
            "instance": args.instance,
            "turn": args.turn,
            "host": args.host,
            "image": args.image,
            "shards": args.shards,
            "scraper": args.scraper,
        }

        def marks(*, udp: bool) -> dict[str, Any]:
            return {
                "jitsi.org/passwords": pulumi.Output.unsecret(mark),
                "jitsi.org/config": coturn_conf.mark(args.turn, args.host, udp=udp),
            }

        pods = TurnPods(**common, annotations=marks(udp=False))
        self._relay("", pods, self._text(udp=False))
        self._make("service", pods.service())
        self._make("autoscaler", pods.autoscaler())
        if args.turn.udp:
            direct = UdpRelayPods(**common, annotations=marks(udp=True), udp=args.turn.udp, on_kapsule=args.on_kapsule)
            self._relay("udp-", direct, self._text(udp=True))
        self.register_outputs({"host": args.host})

    def _text(self, *, udp: bool) -> pulumi.Output[str]:
        args = self._args
        return args.seed.apply(
            lambda seed: coturn_conf.render(
                args.turn, args.host, password(seed, TURN, args.secret_generations), udp=udp
            )
        )

    def _relay(self, prefix: str, pods: TurnPods, text: pulumi.Output[str]) -> None:
        needs = [
            self._make(f"{prefix}config", pods.config(text)),
            self._make(f"{prefix}scripts", pods.scripts()),
            self._make(f"{prefix}network-policy", pods.network_policy()),
        ]
        self._make(f"{prefix}coturn", pods.workload(), *needs)
        self._make(f"{prefix}budget", pods.disruption_budget())

    def _make(self, part: str, document: dict[str, Any], *needs: pulumi.Resource) -> KubernetesObject:
        return KubernetesObject(f"{self._name}-{part}", document, child_options(self, self._opts, *needs))
