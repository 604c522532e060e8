"""Rules about host names: pods connect to Services that exist, of their own shard."""

import re
from collections.abc import Iterator

from plan.diff.fleet import instance_of, object_name
from plan.diff.paths import at, number
from plan.findings.rule import Hit, rule
from plan.recorder import Resource
from plan.resources.made import Resources
from plan.resources.selection import Pods, namespace_of, selected, selector_of
from plan.resources.templates import templates, wrong_variables
from sizing.addresses import C2S_PORT, XMPP_AUTH_DOMAIN, XMPP_DOMAIN
from sizing.parts import PROSODY

_HOST = re.compile(r"\b([a-z0-9][a-z0-9-]*)\.([a-z0-9][a-z0-9-]*)\.svc(?:\.([a-z0-9.-]*[a-z0-9]))?\b(?::(\d+))?")
XMPP_SERVER = "XMPP_SERVER"
"""Variable of every image that logs in at prosody: its hosts, with a port where it is not 5222."""


def _named_hosts(stack: Resources) -> Iterator[tuple[str, str, Resource | Pods, re.Match[str]]]:
    """Place, text, owner and host, of every cluster host name in pods and ConfigMaps."""
    for pods in stack.pods:
        for container in pods.containers:
            texts = [(f"env.{variable.get('name')}", variable.get("value")) for variable in container.get("env") or []]
            texts += [("args", text) for text in (*(container.get("command") or []), *(container.get("args") or []))]
            for place, text in texts:
                for host in _HOST.finditer(str(text)):
                    yield f"{pods.workload.name}.spec.template.spec.containers.{place}", place, pods, host
    for config in stack.of("ConfigMap"):
        for key, text in (config.properties.get("data") or {}).items():
            for host in _HOST.finditer(str(text)):
                yield f"{config.name}.data.{key}", key, config, host


@rule("host-unknown", "error")
def host_unknown(stack: Resources) -> Iterator[Hit]:
    """A host name or its port is of no Service, or of another shard."""
    services = {(object_name(each), namespace_of(each)): each for each in stack.of("Service")}
    names = {name for name, _ in services}
    for where, place, owner, host in _named_hosts(stack):
        name, namespace, domain, port = host.groups()
        if namespace != stack.config.namespace and name not in names:
            continue  # a service of the operator
        if domain not in (None, stack.config.cluster.domain):
            yield Hit(
                where,
                f"{host[0]} resolves nowhere: the cluster's DNS domain is {stack.config.cluster.domain}",
                "name Services with sizing.addresses.service_host, and set cluster.domain to the cluster's",
            )
        service = services.get((name, namespace))
        ports = {number(one.get("port")) for one in at(service.properties, "spec", "ports") or []} if service else set()
        asked = number(port, C2S_PORT if place == f"env.{XMPP_SERVER}" else 0)
        if service is None or (asked and asked not in ports):
            yield Hit(
                where,
                f"{host[0]} is no Service of the stack"
                if service is None
                else f"Service {name} has no port {asked}, but {_all(ports)}",
                "name a Service of the stack, and one of its ports",
            )
        elif (
            isinstance(owner, Pods)
            and owner.part
            and owner.part.per_shard
            and _is_of_other_shard(stack, service, owner)
        ):
            yield Hit(
                where,
                f"{owner.title} connects to {name}, which is of {instance_of(service)}: it serves the rooms of another shard",
                "name the Service of its own shard",
            )


def _all(ports: set[int]) -> str:
    return ", ".join(map(str, sorted(ports))) or "none"


def _is_of_other_shard(stack: Resources, service: Resource, pods: Pods) -> bool:
    shards = {shard.name for shard in stack.config.resolved}
    return instance_of(service) in shards and instance_of(service) != pods.instance


@rule("log-in-elsewhere", "error")
def log_in_elsewhere(stack: Resources) -> Iterator[Hit]:
    """A bridge, jicofo, recorder or gateway does not log in at the prosody of its shard, or of every shard."""
    services = {(object_name(each), namespace_of(each)): each for each in stack.of("Service")}
    shards = [shard.name for shard in stack.config.resolved]
    for pods in stack.pods:
        if not pods.part or pods.component not in PROSODY.opened("c2s").peers:
            continue
        variables = [variable for container in pods.containers for variable in container.get("env") or []]
        text = " ".join(str(variable.get("value")) for variable in variables if variable.get("name") == XMPP_SERVER)
        hosts = [services.get((host[1], host[2])) for host in _HOST.finditer(text)]
        reached = {
            each.instance
            for service in hosts
            if service
            for each in selected(selector_of(service), namespace_of(service), stack.pods)
            if each.component == PROSODY.name
        }
        missing = [shard for shard in ([pods.instance] if pods.part.per_shard else shards) if shard not in reached]
        if missing:
            yield Hit(
                f"{pods.workload.name}.spec.template.spec.containers.env.{XMPP_SERVER}",
                f"{pods.title} logs in at {text or 'no host'}, and never at prosody of {', '.join(missing)}: that shard has no {pods.component}",
                "name the Service of prosody of each of its shards",
            )


@rule("log-in-refused", "error")
def log_in_refused(stack: Resources) -> Iterator[Hit]:
    """A part that logs in at prosody, or prosody itself, has another XMPP domain than the others."""
    domains = {"XMPP_DOMAIN": XMPP_DOMAIN, "XMPP_AUTH_DOMAIN": XMPP_AUTH_DOMAIN}
    for template in templates(stack, "prosody", "jvb", "jicofo"):
        problems = wrong_variables(template.main, domains)
        if problems:
            yield Hit(
                f"{template.where}.spec.containers",
                f"{'; '.join(problems)}: {template.name} and prosody do not know each other, and the shard has no {template.name}",
                "leave the domains to the program",
            )
