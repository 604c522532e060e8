"""A shard: signalling and bridges that belong together, and are lost together."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import pulumi

from components.bridges.bridge_pool import BridgePool, BridgePoolArgs
from components.bridges.pods import BridgePods
from components.children import child_options
from components.kubernetes_object import KubernetesObject
from components.labels import labels, manifest
from components.network_policies import metrics_reader, scraping_pods, shard_policies
from components.signalling import accounts, manifests, web
from components.signalling.access import SECRET_VARIABLES
from components.signalling.addresses import ShardNames
from components.signalling.environment import ClientTurn
from components.signalling.options import Options
from components.signalling.web_content import WebContent
from components.visitors.visitor_nodes import VisitorNodes, VisitorNodesArgs
from config.access import Auth
from config.accounts import accounts_file
from config.environment import Env
from config.images import Images
from config.meetings import Meetings
from config.metrics import Metrics
from config.passwords import TURN, fingerprint, mark_of, password
from config.shard import Shard
from config.turn import UDP_PORT, Turn, turn_host, turn_udp_host
from config.web import Web


@dataclass(frozen=True, kw_only=True, slots=True)
class JitsiShardArgs:
    """Inputs of `JitsiShard`."""

    namespace: str
    domain: str
    shard: Shard
    images: Images
    auth: Auth
    metrics: Metrics
    scraped_by_others: bool
    """Whether a Prometheus that is not the stack's own reads the pods."""
    web: Web
    options: Options
    turn: Turn | None
    meetings: Meetings
    env: Env
    web_content: WebContent
    web_files: Sequence[pulumi.Resource]
    """ConfigMaps that web pods mount, and that change before the pods do."""
    on_kapsule: bool
    seed: pulumi.Output[str]
    access_secrets: Mapping[str, pulumi.Output[str]]
    """Secret under `jitsi:` -> its value, as `Auth.secrets` names them."""
    secret_generations: Mapping[str, int]


class JitsiShard(pulumi.ComponentResource):
    """Web, prosody, jicofo and bridges of one shard, its passwords, and who may talk to them."""

    bridges: BridgePool

    def __init__(self, name: str, args: JitsiShardArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("jitsi:shard:JitsiShard", name, None, opts)
        child = child_options(self, opts)
        shard = args.shard
        passwords = {"JICOFO_AUTH_PASSWORD": f"{shard.name}-jicofo", "JVB_AUTH_PASSWORD": f"{shard.name}-jvb"}
        if args.turn:
            passwords["TURN_CREDENTIALS"] = TURN
        passwords |= args.options.passwords
        secret = KubernetesObject(f"{name}-passwords", self._secret(args, passwords), child)
        scraper = None if args.scraped_by_others else scraping_pods(args.metrics)
        for component, policy in shard_policies(shard, args.namespace, scraper, args.options).items():
            KubernetesObject(f"{name}-{component}-policy", policy, child)
        signalling = manifests.Signalling(
            namespace=args.namespace,
            domain=args.domain,
            shard=shard,
            images={part: args.images.jitsi(part, shard.release) for part in ("web", "prosody", "jicofo")},
            auth=args.auth,
            web=args.web,
            options=args.options,
            turn=self._client_turn(args),
            meetings=args.meetings,
            extra=args.env,
            content=args.web_content,
            annotations=self._rolled_by(args, *passwords.values()),
            prosody_annotations=self._rolled_by_access(args),
        )
        with_secret = child_options(self, opts, secret)
        access = [
            KubernetesObject(f"{name}-{part}", document, child)
            for part, document in accounts.objects(args.auth, signalling.names, self._accounts(args)).items()
        ]
        config = KubernetesObject(f"{name}-jicofo-config", manifests.jicofo_config(signalling), with_secret)
        needs = {
            "jicofo": child_options(self, opts, config),  # and through it the Secret
            "prosody": child_options(self, opts, secret, *access),
        }
        if args.web_files:
            needs["web"] = child_options(self, opts, secret, *args.web_files)
        made = {
            "prosody": manifests.prosody(signalling),
            "jicofo": manifests.jicofo(signalling),
            "web": web.web(signalling),
        }
        for component, (deployment, service) in made.items():
            KubernetesObject(f"{name}-{component}-service", service, child)
            KubernetesObject(f"{name}-{component}", deployment, needs.get(component, with_secret))
        for part, document in web.companions(signalling, made["web"][0]).items():
            KubernetesObject(f"{name}-web-{part}", document, child)
        if args.options.visitors:
            VisitorNodes(
                f"{name}-visitors",
                VisitorNodesArgs(signalling=signalling, visitors=args.options.visitors, reader=metrics_reader(scraper)),
                with_secret,
            )
        pods = BridgePods(
            namespace=args.namespace,
            shard=shard,
            image=args.images.jitsi("jvb", shard.release),
            on_kapsule=args.on_kapsule,
            relayed=args.turn is not None,
            last_n=args.meetings.last_n.bridge,
            extra=args.env.of("jvb"),
            annotations=self._rolled_by(args, passwords["JVB_AUTH_PASSWORD"]),
        )
        self.bridges = BridgePool(
            f"{name}-bridges",
            BridgePoolArgs(pods=pods, metrics=args.metrics),
            with_secret,
        )
        self.register_outputs({"bridges": self.bridges.workloads})

    @staticmethod
    def _client_turn(args: JitsiShardArgs) -> ClientTurn | None:
        turn, host = args.turn, turn_host(args.domain, args.turn)
        if turn is None or host is None:
            return None
        port = turn.udp.port if turn.udp else UDP_PORT
        return ClientTurn(host, turn.credentials, turn_udp_host(args.domain, turn), port)

    @staticmethod
    def _secret(args: JitsiShardArgs, passwords: Mapping[str, str]) -> dict[str, object]:
        values: dict[str, pulumi.Input[str]] = {
            key: args.seed.apply(lambda seed, of=of: password(seed, of, args.secret_generations))
            for key, of in passwords.items()
        }
        values |= {
            SECRET_VARIABLES[key]: value for key, value in args.access_secrets.items() if key in SECRET_VARIABLES
        }
        names = ShardNames(args.shard.name, args.namespace)
        return manifest(
            "v1",
            "Secret",
            names.secret,
            args.namespace,
            labels("shard", args.shard.name),
            type="Opaque",
            stringData=values,
        )

    @staticmethod
    def _rolled_by(args: JitsiShardArgs, *names: str) -> dict[str, pulumi.Output[str]]:
        mark = args.seed.apply(lambda seed: fingerprint(seed, names, args.secret_generations))
        return {"jitsi.org/passwords": pulumi.Output.unsecret(mark)}

    @staticmethod
    def _accounts(args: JitsiShardArgs) -> pulumi.Output[str] | None:
        users = args.access_secrets.get("users")
        return (
            pulumi.Output.all(users, args.seed).apply(lambda both: accounts_file(both[0], both[1])) if users else None
        )

    @staticmethod
    def _rolled_by_access(args: JitsiShardArgs) -> dict[str, pulumi.Output[str]]:
        """Prosody reads these secrets when it starts; accounts it reads whenever they change."""
        read = [value for key, value in args.access_secrets.items() if key in SECRET_VARIABLES]
        if not read:
            return {}
        mark = pulumi.Output.all(args.seed, *read).apply(lambda values: mark_of(values[0], values[1:]))
        return {"jitsi.org/access": pulumi.Output.unsecret(mark)}
