"""What the containers of Jitsi's images are told, from a config alone: environment, and the files that programs read beside it."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from components.bridges.pods import BridgePods
from components.gateway.pods import GatewayPods
from components.kubernetes.stack_objects import StackObjects
from components.recording.pods import RecorderPods, Store
from components.shard import client_turn
from components.signalling import manifests, web
from components.signalling.options import Options
from components.signalling.web_content import web_content
from components.visitors.manifests import workload
from config.read import parse
from sizing.addresses import ShardNames

if TYPE_CHECKING:
    from collections.abc import Mapping

    from config.stack import StackConfig

BASE: dict[str, Any] = {
    "domain": "meet.example.org",
    "cluster": {"kind": "existing"},
    "shards": [{"name": "s0", "zone": "zone-1"}],
    "ingress": {"tls": {"mode": "selfSigned"}},
}


def stack(**keys: Any) -> StackConfig:
    """Return the config of a small stack with these keys."""
    values = {**BASE, **keys}
    return parse({f"jitsi:{k}": v if isinstance(v, str) else json.dumps(v) for k, v in values.items()})


def told(config: StackConfig) -> dict[str, dict[str, str]]:
    """Return kind of pod -> what its main container reads of the first shard: variable or file -> value."""
    signalling = _signalling(config)
    pods = {
        "web": web.web(signalling)[0],
        "prosody": manifests.prosody(signalling)[0],
        "jicofo": manifests.jicofo(signalling)[0],
        **({"visitors": workload(signalling, config.visitors)} if config.visitors else {}),
        **_gateways(config),
    }
    templates = {kind: one["spec"]["template"] for kind, one in pods.items()} | {"jvb": _bridge(config)}
    result = {
        kind: {
            name: str(value)
            for container in [*template["spec"].get("initContainers", []), *template["spec"]["containers"]]
            if container["name"] in (kind, "advertise")
            for name, value in _values(container)
        }
        for kind, template in templates.items()
    }
    result["web"] |= {f"file {name.rsplit('/', 1)[-1]}": str(text) for name, text in signalling.content.files.items()}
    result["jicofo"] |= {f"file {k}": v for k, v in manifests.jicofo_config(signalling)["data"].items()}
    return result


def _values(container: Mapping[str, Any]) -> list[tuple[str, str]]:
    return [
        (variable["name"], variable.get("value") or json.dumps(variable.get("valueFrom", "")))
        for variable in container.get("env", [])
    ]


def _signalling(config: StackConfig) -> manifests.Signalling:
    return manifests.Signalling(
        namespace=config.namespace,
        domain=config.domain,
        shard=config.resolved[0],
        images={part: part for part in ("web", "prosody", "jicofo")},
        auth=config.auth,
        web=config.web,
        options=Options.of(config),
        turn=client_turn(config),
        meetings=config.meetings,
        extra=config.env,
        content=web_content(config.domain, config.web, config.meetings, config.turn),
    )


def _bridge(config: StackConfig) -> Mapping[str, Any]:
    shard = config.resolved[0]
    pods = BridgePods(
        namespace=config.namespace,
        shard=shard,
        image="jvb",
        own_pools=False,
        advertises_pod=config.coturn is not None,
        extra=config.env.of("jvb"),
        dns_domain=config.cluster.domain,
    )
    return pods.template(
        first_port=shard.first_port, ordinal=False, host_port=True, deletion_cost=False, extra_labels={}
    )


def _gateways(config: StackConfig) -> dict[str, Mapping[str, Any]]:
    found: dict[str, Mapping[str, Any]] = {}
    if jigasi := config.jigasi:
        pods = GatewayPods(
            objects=StackObjects(namespace=config.namespace, instance="test", images=config.images),
            image="jigasi",
            domain=config.domain,
            shards=tuple(ShardNames(shard.name, config.namespace, config.cluster.domain) for shard in config.resolved),
            auth=config.auth,
            jigasi=jigasi,
            marks={"jigasi": {}, "transcriber": {}},
            visitors=config.visitors is not None,
            own_pools=False,
        )
        if jigasi.sip:
            found["jigasi"] = pods.gateway(jigasi.sip)
        if jigasi.transcription:
            found["transcriber"] = pods.transcriber(jigasi.transcription)
    if config.recording:
        found["jibri"] = RecorderPods(
            namespace=config.namespace,
            instance="test",
            dns_domain=config.cluster.domain,
            domain=config.domain,
            shards=[shard.name for shard in config.resolved],
            image="jibri",
            recording=config.recording,
            store=Store(endpoint="", region="", provider=""),
            zone=None,
            own_pools=False,
            trust_any_certificate=False,
            keep_data=False,
        ).workload()
    return found
