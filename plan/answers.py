"""Deterministic placeholder ids and outputs of resources.

They exist so that the program can compute with outputs; real values differ.
"""

import uuid
from typing import Any

from config.node_types import first_zone
from plan.tokens import is_kubernetes_object, is_scaleway_resource

NAMESPACE = uuid.UUID("6ba7b811-9dad-11d1-80b4-00c04fd430c8")  # uuid.NAMESPACE_URL
KUBECONFIG = """\
apiVersion: v1
kind: Config
current-context: placeholder
clusters: [{name: placeholder, cluster: {server: "https://203.0.113.1:6443"}}]
contexts: [{name: placeholder, context: {cluster: placeholder, user: placeholder}}]
users: [{name: placeholder, user: {token: placeholder}}]
"""
ADDRESS = "203.0.113.1"  # TEST-NET-3 (RFC 5737)
ADDRESS6 = "2001:db8::1"  # documentation (RFC 3849)
NODE_ADDRESS = "203.0.113.2"
POOL_TYPE = "scaleway:kubernetes/pool:Pool"
REGIONAL = (
    "scaleway:kubernetes/",
    "scaleway:network/",
    "scaleway:registry/",
    "scaleway:object/",
    "scaleway:observability/",
)


def unique(urn: str) -> str:
    """Return a uuid derived from the URN."""
    return str(uuid.uuid5(NAMESPACE, urn))


def autoname(name: str, urn: str) -> str:
    """Return the name of a Kubernetes object without one: its provider appends eight random digits."""
    return f"{name}-{unique(urn)[:8]}"


def pool_name(urn: str) -> str:
    """Return the name of a node pool: its provider appends seven random digits to the logical name."""
    return f"{urn.rpartition('::')[2]}-{unique(urn)[:7]}"


def generated(type_: str, urn: str) -> frozenset[str]:
    """Return the texts that stand for what the cloud or the provider makes up for a resource: its id, and a pool's name."""
    return frozenset({unique(urn), *([pool_name(urn)] if type_ == POOL_TYPE else [])})


def identifier(type_: str, urn: str, properties: dict[str, Any], region: str) -> str:
    """Return the physical id: `namespace/name` in Kubernetes, `region/uuid` or `zone/uuid` at Scaleway."""
    if is_kubernetes_object(type_):
        metadata = properties.get("metadata")
        metadata = metadata if isinstance(metadata, dict) else {}
        namespace = metadata.get("namespace")
        return f"{namespace}/{metadata.get('name')}" if namespace else str(metadata.get("name"))
    if is_scaleway_resource(type_):
        place = region if type_.startswith(REGIONAL) else properties.get("zone") or first_zone(region)
        return f"{place}/{unique(urn)}"
    return unique(urn)


def outputs(type_: str, urn: str, properties: dict[str, Any]) -> dict[str, Any]:
    """Return the outputs that the provider adds to the inputs."""
    match type_:
        case "scaleway:kubernetes/cluster:Cluster":
            return {
                "status": "ready",
                "apiserverUrl": f"https://{unique(urn)}.api.k8s.example:6443",
                "wildcardDns": f"*.{unique(urn)}.nodes.k8s.example",
            }
        case type_ if type_ == POOL_TYPE:
            nodes = [{"publicIp": NODE_ADDRESS}]
            return {"name": pool_name(urn), "status": "ready", "nodes": nodes, "currentSize": properties.get("size", 1)}
        case "scaleway:loadbalancers/ip:Ip":
            return {"ipAddress": ADDRESS6 if properties.get("isIpv6") else ADDRESS, "reverse": ""}
        case "scaleway:domain/record:Record":
            return {"fqdn": f"{properties.get('name', '')}.{properties.get('dnsZone', '')}".lstrip(".")}
        case "scaleway:object/bucket:Bucket":
            return {"projectId": unique("project"), "apiEndpoint": "https://s3.example", "endpoint": "https://example"}
        case "scaleway:iam/apiKey:ApiKey":
            return {"accessKey": "SCWPLACEHOLDER000000"}
        case "scaleway:observability/source:Source":
            url = f"https://{unique(urn)}.logs.cockpit.example"
            return {"url": url, "pushUrl": f"{url}/loki/api/v1/push", "projectId": unique("project")}
        case _:
            return {}


def secret_outputs(type_: str) -> dict[str, Any]:
    """Return the outputs that the provider adds and marks as secret."""
    if type_ in ("scaleway:iam/apiKey:ApiKey", "scaleway:observability/token:Token"):
        return {"secretKey": unique(type_)}
    if type_ != "scaleway:kubernetes/cluster:Cluster":
        return {}
    return {
        "kubeconfigs": [
            {
                "configFile": KUBECONFIG,
                "host": "https://203.0.113.1:6443",
                "clusterCaCertificate": "cGxhY2Vob2xkZXI=",
                "token": "placeholder",
            }
        ]
    }
