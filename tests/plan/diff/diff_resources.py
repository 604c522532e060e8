"""Resources of which the tests of the diff make their two sides."""

from typing import Any

from plan.diff.compare import Change, changes
from plan.diff.fleet import fleet
from plan.diff.verdicts.judge import judge
from plan.diff.verdicts.rule import Effect
from plan.recorder import Resource

PROVIDER = "urn:pulumi:dev::jitsi::pulumi:providers:kubernetes::access"


def resource(type_: str, name: str, **more: Any) -> Resource:
    """One registration; `properties` and the resource's options in `more`."""
    properties = more.pop("properties", {})
    urn = more.pop("urn", f"urn:pulumi:dev::jitsi::{type_}::{name}")
    return Resource(urn=urn, type=type_, name=name, parent=None, properties=properties, **more)


def provider(**properties: Any) -> Resource:
    """The provider of a cluster, which changes ConfigMaps and Secrets in place."""
    switches = {"enableConfigMapMutable": "true", "enableSecretMutable": "true", "clusterIdentifier": "c"}
    return resource("pulumi:providers:kubernetes", "access", properties=switches | properties)


def kubernetes(api: str, kind: str, name: str, component: str = "", shard: str = "s0", **body: Any) -> Resource:
    """An object of the API with the labels of a component."""
    labels = {"app.kubernetes.io/name": component, "app.kubernetes.io/instance": shard} if component else {}
    options = {key: body.pop(key) for key in ("aliases", "ignore_changes", "secret_marks", "protect") if key in body}
    group = api if "/" in api else f"core/{api}"
    document = {"apiVersion": api, "kind": kind, "metadata": {"name": name, "namespace": "jitsi", "labels": labels}}
    return resource(
        f"kubernetes:{group}:{kind}", name, properties=document | body, provider=f"{PROVIDER}::id", **options
    )


def template(image: str = "one", grace: int = 3600, *, drains: bool = True, **more: Any) -> dict[str, Any]:
    """A pod of one container."""
    container: dict[str, Any] = {"name": "main", "image": image}
    if drains:
        container["lifecycle"] = {"preStop": {"exec": {"command": ["wait"]}}}
    return {"spec": {"containers": [container], "terminationGracePeriodSeconds": grace, **more}}


def bridges(least: int = 2, most: int = 6, kind: str = "Deployment", **spec: Any) -> list[Resource]:
    """The bridges of shard s0 with the autoscaler that sizes them."""
    workload = kubernetes("apps/v1", kind, "jvb-s0", "jvb", spec={"template": template()} | spec)
    target = {"scaleTargetRef": {"name": "jvb-s0"}, "minReplicas": least, "maxReplicas": most}
    return [workload, kubernetes("autoscaling/v2", "HorizontalPodAutoscaler", "jvb-s0", "jvb", spec=target)]


def one_change(old: list[Resource], new: list[Resource]) -> Change:
    """The only change between two sets."""
    found = changes(old, new)
    assert len(found) == 1, found
    return found[0]


def effect(old: list[Resource], new: list[Resource], beside: list[Resource] | None = None) -> Effect:
    """What the only change between two sets means, with the bridges of `beside` on both sides."""
    both = bridges() if beside is None else beside
    return judge(one_change(old, new), fleet([*both, *old]), fleet([*both, *new]))
