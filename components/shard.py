"""Component of a shard: signalling and bridges, which share one failure domain."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pulumi

from components.bridges.bridge_pool import BridgePool, BridgePoolArgs
from components.bridges.pods import BridgePods
from components.kubernetes.component import Component
from components.kubernetes.document import Document, manifest
from components.kubernetes.labels import labels
from components.kubernetes.network_policies import metrics_reader
from components.kubernetes.site import Site
from components.shard_policies import shard_policies
from components.signalling import accounts, manifests, web
from components.signalling.access import SECRET_VARIABLES
from components.signalling.environment import ClientTurn
from components.signalling.options import Options
from components.signalling.web_content import WebContent
from components.visitors.visitor_nodes import VisitorNodes, VisitorNodesArgs
from config import plugin_files
from config.accounts import accounts_file
from config.passwords import TURN
from config.shard import Shard
from config.stack import StackConfig
from config.turn import announced
from sizing.addresses import ShardNames


@dataclass(frozen=True, kw_only=True, slots=True)
class JitsiShardArgs:
    """Inputs of `JitsiShard`."""

    site: Site
    shard: Shard
    web_content: WebContent
    web_files: Sequence[pulumi.Resource]
    """ConfigMaps that web pods mount, which are updated before the pods."""
    access_secrets: Mapping[str, pulumi.Output[str]]
    """Secret under `jitsi:` -> its value, as `Auth.secrets` names them."""


class JitsiShard(Component):
    """Web, prosody, jicofo and bridges of one shard, with their passwords and network policies."""

    bridges: BridgePool
    running: list[pulumi.Resource]
    """Workloads of web, prosody, jicofo and bridges."""

    def __init__(self, name: str, args: JitsiShardArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("jitsi:shard:JitsiShard", name, opts)
        site, shard = args.site, args.shard
        options = Options.of(site.config)
        passwords = shard_passwords(shard, options, relayed=site.config.coturn is not None)
        secret = self.add("passwords", self._secret(args, passwords))
        for component, policy in shard_policies(shard, site.namespace, site.scraper, options).items():
            self.add(f"{component}-policy", policy)
        signalling = self._signalling(args, options, passwords)
        self.running = list(self._add_signalling(args, signalling, secret))
        if options.visitors:
            VisitorNodes(
                f"{name}-visitors",
                VisitorNodesArgs(signalling=signalling, visitors=options.visitors, reader=metrics_reader(site.scraper)),
                self.child(secret),
            )
        pods = BridgePods(
            namespace=site.namespace,
            shard=shard,
            image=site.images.jitsi("jvb", shard.release),
            own_pools=site.place.own_pools,
            pool=site.place.bridge_pools.get(shard.name, {}),
            dns_domain=site.config.cluster.domain,
            advertises_pod=site.config.coturn is not None and site.place.advertise_pods,
            last_n=site.config.meetings.last_n.bridge,
            extra=site.config.env.of("jvb"),
            annotations=site.passwords.mark(passwords["JVB_AUTH_PASSWORD"]),
        )
        self.bridges = BridgePool(
            f"{name}-bridges",
            BridgePoolArgs(pods=pods, metrics=site.config.metrics, kubeconfig=site.place.kubeconfig),
            self.child(secret),
        )
        self.running += self.bridges.running
        self.register_outputs({"bridges": self.bridges.workloads})

    def _add_signalling(
        self, args: JitsiShardArgs, signalling: manifests.Signalling, secret: pulumi.Resource
    ) -> Iterator[pulumi.Resource]:
        files = accounts.objects(signalling.auth, signalling.names, self._accounts(args), signalling.plugins)
        access = [self.add(part, document) for part, document in files.items()]
        config = self.add("jicofo-config", manifests.jicofo_config(signalling), secret)
        workloads = {
            "prosody": (*manifests.prosody(signalling), [secret, *access]),
            "jicofo": (*manifests.jicofo(signalling), [config]),  # which waits for the Secret
            "web": (*web.web(signalling), [secret, *args.web_files]),
        }
        for component, (deployment, service, needs) in workloads.items():
            self.add(f"{component}-service", service)
            yield self.add(component, deployment, *needs)
        for part, document in web.companions(signalling, workloads["web"][0]).items():
            self.add(f"web-{part}", document)

    @staticmethod
    def _signalling(args: JitsiShardArgs, options: Options, passwords: Mapping[str, str]) -> manifests.Signalling:
        site, config, shard = args.site, args.site.config, args.shard
        # Prosody reads these secrets when it starts; it reads accounts whenever they change.
        read = [value for key, value in args.access_secrets.items() if key in SECRET_VARIABLES]
        return manifests.Signalling(
            namespace=site.namespace,
            domain=config.domain,
            shard=shard,
            images={part: site.images.jitsi(part, shard.release) for part in ("web", "prosody", "jicofo")},
            auth=config.auth,
            web=config.web,
            options=options,
            plugins=plugin_files.read(config.signalling),
            turn=client_turn(
                config, site.passwords.mark_secrets("jitsi.org/turn", args.access_secrets.get("turnSecret"))
            ),
            meetings=config.meetings,
            extra=config.env,
            content=args.web_content,
            annotations=site.passwords.mark(*passwords.values()),
            own_pools=site.place.own_pools,
            prosody_annotations=site.passwords.mark_secrets("jitsi.org/access", *read),
        )

    @staticmethod
    def _secret(args: JitsiShardArgs, passwords: Mapping[str, str]) -> Document:
        access = {SECRET_VARIABLES[key]: value for key, value in args.access_secrets.items() if key in SECRET_VARIABLES}
        return manifest(
            "v1",
            "Secret",
            ShardNames(args.shard.name, args.site.namespace).secret,
            args.site.namespace,
            labels("shard", args.shard.name),
            type="Opaque",
            stringData={**args.site.passwords.each(passwords), **access},
        )

    @staticmethod
    def _accounts(args: JitsiShardArgs) -> pulumi.Output[str] | None:
        users = args.access_secrets.get("users")
        if users is None:
            return None
        return pulumi.Output.all(users, args.site.passwords.seed).apply(
            lambda values: accounts_file(values[0], values[1])
        )


def shard_passwords(shard: Shard, options: Options, *, relayed: bool) -> dict[str, str]:
    """Variable of the images -> name of the password, for the shard's Secret."""
    passwords = {"JICOFO_AUTH_PASSWORD": f"{shard.name}-jicofo", "JVB_AUTH_PASSWORD": f"{shard.name}-jvb"}
    return passwords | ({"TURN_CREDENTIALS": TURN} if relayed else {}) | options.passwords


def client_turn(config: StackConfig, mark: Mapping[str, Any] | None = None) -> ClientTurn | None:
    """TURN servers that prosody offers to clients. None without `turn`."""
    if config.turn is None:
        return None
    return ClientTurn(announced(config.domain, config.turn), config.turn.credentials, mark or {})
