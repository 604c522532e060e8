"""coturn, for clients behind firewalls that block outgoing UDP."""

from dataclasses import dataclass
from typing import Any

import pulumi

from components.kubernetes.component import Component
from components.kubernetes.site import Site
from components.turn import coturn_conf
from components.turn.manifests import TurnPods
from components.turn.udp_pods import UdpTurnPods
from config.passwords import TURN
from config.turn import Turn


@dataclass(frozen=True, kw_only=True, slots=True)
class TurnServerArgs:
    """Inputs of `TurnRelay`. `host` is the public name of TURN."""

    site: Site
    turn: Turn
    host: str


class TurnServer(Component):
    """coturn behind ingress: TURN over TLS on the public TCP port 443, and over UDP on dedicated nodes if configured.

    Its only peers are bridges.
    """

    def __init__(self, name: str, args: TurnServerArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("jitsi:turn:TurnRelay", name, opts)
        site = args.site
        common: dict[str, Any] = {
            "namespace": site.namespace,
            "instance": site.instance,
            "turn": args.turn,
            "host": args.host,
            "image": site.images.coturn,
            "shards": site.config.resolved,
            "scraper": site.scraper,
        }
        pods = TurnPods(**common, annotations=self._marks(args, udp=False))
        self._deploy("", pods, self._text(args, udp=False))
        self.add("service", pods.service())
        self.add("autoscaler", pods.autoscaler())
        if args.turn.udp:
            udp_pods = UdpTurnPods(
                **common,
                annotations=self._marks(args, udp=True),
                udp=args.turn.udp,
                own_pools=site.place.own_pools,
            )
            self._deploy("udp-", udp_pods, self._text(args, udp=True))
        self.register_outputs({"host": args.host})

    @staticmethod
    def _marks(args: TurnServerArgs, *, udp: bool) -> dict[str, Any]:
        return {
            **args.site.passwords.mark(TURN),
            "jitsi.org/config": coturn_conf.mark(args.turn, args.host, udp=udp),
        }

    @staticmethod
    def _text(args: TurnServerArgs, *, udp: bool) -> pulumi.Output[str]:
        secret = args.site.passwords.of(TURN)
        return secret.apply(lambda secret: coturn_conf.render(args.turn, args.host, secret, udp=udp))

    def _deploy(self, prefix: str, pods: TurnPods, text: pulumi.Output[str]) -> None:
        needs = [
            self.add(f"{prefix}config", pods.config(text)),
            self.add(f"{prefix}scripts", pods.scripts()),
            self.add(f"{prefix}network-policy", pods.network_policy()),
        ]
        self.add(f"{prefix}coturn", pods.workload(), *needs)
        self.add(f"{prefix}budget", pods.disruption_budget())
