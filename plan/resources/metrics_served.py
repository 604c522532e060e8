"""Rules about the custom metrics API: its registration, the adapter behind it, what the adapter reads, and who may ask."""

from collections.abc import Iterator
from typing import Any

from plan.diff.fleet import object_name
from plan.diff.paths import at, number
from plan.findings.rule import Hit, rule
from plan.promql.nodes import PromqlError, seconds
from plan.recorder import Resource
from plan.resources.custom_metrics import Adapter, adapters, asked_metrics
from plan.resources.files import argument, is_unknown
from plan.resources.made import Resources
from plan.resources.observers import asked_server, servers
from plan.resources.selection import namespace_of, pod_template

GROUP = "custom.metrics.k8s.io"
VERSIONS = ("v1beta1", "v1beta2")
"""Versions that the HPA controller asks for (kubernetes/pkg/controller/podautoscaler/metrics)."""
FROZEN = "every autoscaler that asks for bridges' load keeps its size"
COLLECTOR_SECONDS = 60
"""kube-metrics-adapter v0.2.3 looks at a ScalingSchedule every minute, so a shorter TTL loses its value in between."""
LONGEST_TTL_SECONDS = 300
"""Longer, bridges that have gone stay in the mean for many decisions of the autoscaler."""


@rule("metrics-api", "error")
def metrics_api(stack: Resources) -> Iterator[Hit]:
    """The custom metrics API does not lead to an adapter that serves it."""
    serving = list(adapters(stack))
    asking = [resource.name for resource in stack.of("HorizontalPodAutoscaler") if asked_metrics(resource)]
    if asking and not serving and stack.config.metrics.adapter != "existing":
        yield Hit(
            asking[0],
            f"asks for custom metrics, and no adapter serves them: {FROZEN}",
            "run the adapter of metrics.adapter",
        )
    registered = [resource for resource in stack.of("APIService") if at(resource.properties, "spec", "group") == GROUP]
    if serving and len(registered) != 1:
        yield Hit(
            serving[0].workload.name,
            f"{len(registered)} APIServices register {GROUP}, and one is due: {FROZEN}",
            f"register one of {', '.join(VERSIONS)}",
        )
    for api in registered:
        for adapter in serving:
            yield from _registration(stack, api, adapter)
    for adapter in serving:
        yield from _arguments(stack, adapter)


def _registration(stack: Resources, api: Resource, adapter: Adapter) -> Iterator[Hit]:
    spec, where = api.properties.get("spec") or {}, f"{api.name}.spec"
    if object_name(api) != f"{spec.get('version')}.{GROUP}" or spec.get("version") not in VERSIONS:
        yield Hit(
            where,
            f"{object_name(api)} registers version {spec.get('version')}, and autoscalers ask for {' or '.join(VERSIONS)}: {FROZEN}",
            f"name it {VERSIONS[0]}.{GROUP}",
        )
    if spec.get("insecureSkipTLSVerify") is True or not spec.get("caBundle"):
        yield Hit(
            where, "does not verify the adapter's certificate: another pod could serve its metrics", "set caBundle"
        )
    target = spec.get("service") or {}
    service = next(
        (
            resource
            for resource in stack.of("Service")
            if (object_name(resource), namespace_of(resource)) == (target.get("name"), target.get("namespace"))
        ),
        None,
    )
    if service is None:
        yield Hit(
            where,
            f"names the Service {target.get('namespace')}/{target.get('name')}, which is not there: {FROZEN}",
            "name it",
        )
        return
    yield from _service(service, number(target.get("port"), 443), adapter)


def _service(service: Resource, asked: int, adapter: Adapter) -> Iterator[Hit]:
    spec, where = service.properties.get("spec") or {}, f"{service.name}.spec"
    labels = at(pod_template(adapter.workload), "metadata", "labels") or {}
    selector = spec.get("selector") or {}
    if (
        not selector
        or not selector.items() <= labels.items()
        or namespace_of(service) != namespace_of(adapter.workload)
    ):
        yield Hit(
            f"{where}.selector", f"does not select the pods of {adapter.workload.name}: {FROZEN}", "select their labels"
        )
    port = next((each for each in spec.get("ports") or [] if number(each.get("port")) == asked), None)
    declared = {each.get("name"): number(each.get("containerPort")) for each in adapter.container.get("ports") or []}
    target = port.get("targetPort", asked) if port else None
    listens = number(argument(adapter.container, "secure-port"))
    if port is None or declared.get(target, target) != listens:
        yield Hit(
            f"{where}.ports",
            f"port {asked}, which the APIService names, leads to {declared.get(target, target)}, and the adapter listens on {listens}: "
            f"{FROZEN}",
            f"forward {asked} to {listens}",
        )


def _arguments(stack: Resources, adapter: Adapter) -> Iterator[Hit]:
    where = f"{adapter.workload.name}.spec.template.spec.containers"
    if number(at(adapter.workload.properties, "spec", "replicas"), 1) < 1:
        yield Hit(f"{adapter.workload.name}.spec.replicas", f"no adapter runs: {FROZEN}", "set replicas: 1")
    for flag in ("tls-cert-file", "tls-private-key-file"):
        path = argument(adapter.container, flag) or ""
        if not is_unknown(path) and not _in_secret(stack, adapter, path):
            yield Hit(
                where,
                f"--{flag}={path} is in no Secret that is mounted: the adapter makes its own certificate, which the API server "
                f"does not trust; {FROZEN}",
                "mount the Secret with tls.crt and tls.key",
            )
    try:
        yield from _collector(stack, adapter, where) if adapter.collects else _asking(stack, adapter, where)
    except PromqlError as error:
        yield Hit(where, f"{error}: the adapter does not start; {FROZEN}", "write a duration such as 15s")


def _in_secret(stack: Resources, adapter: Adapter, path: str) -> bool:
    folder, _, key = path.rpartition("/")
    mounts = {str(mount.get("mountPath")): mount.get("name") for mount in adapter.container.get("volumeMounts") or []}
    volumes = {volume.get("name"): volume for volume in adapter.spec.get("volumes") or []}
    name = at(volumes.get(mounts.get(folder)), "secret", "secretName")
    for secret in stack.of("Secret"):
        keys = {**(secret.properties.get("stringData") or {}), **(secret.properties.get("data") or {})}
        if object_name(secret) == name and namespace_of(secret) == namespace_of(adapter.workload) and key in keys:
            return True
    return False


def _asking(stack: Resources, adapter: Adapter, where: str) -> Iterator[Hit]:
    """Check prometheus-adapter: its rules, the Prometheus that it asks, and how long a series counts."""
    if adapter.file is None:
        yield Hit(
            where,
            f"--config={argument(adapter.container, 'config')} is in no mounted ConfigMap: {FROZEN}",
            "mount its rules",
        )
    if is_unknown(adapter.url):
        return
    asked = stack.config.metrics
    if list(servers(stack)) and asked.managed:
        if asked_server(stack, adapter.url) is None:
            yield Hit(
                where,
                f"--prometheus-url={adapter.url} leads to no Prometheus of the stack: {FROZEN}",
                "name its Service and port",
            )
    elif adapter.url != (asked.url or ""):
        yield Hit(
            where, f"--prometheus-url is {adapter.url}, and metrics.url {asked.url}: {FROZEN}", f"ask {asked.url}"
        )
    relist = seconds(argument(adapter.container, "metrics-relist-interval") or "10m")
    kept = seconds(argument(adapter.container, "metrics-max-age") or f"{relist:g}s")
    if kept < relist or kept < 2 * asked.interval:
        yield Hit(
            where,
            f"--metrics-max-age is {kept:g} s, with a look every {relist:g} s at series that are scraped every {asked.interval} s: "
            "metrics come and go",
            "set it to four scrape intervals",
        )
    if relist > max(COLLECTOR_SECONDS, asked.interval):
        yield Hit(
            where,
            f"--metrics-relist-interval is {relist:g} s: a metric exists that much later, after every restart",
            f"set {asked.interval}s",
        )


def _collector(stack: Resources, adapter: Adapter, where: str) -> Iterator[Hit]:
    """Check kube-metrics-adapter: how long a value counts, and schedules."""
    kept = seconds(argument(adapter.container, "metrics-ttl") or "15m")
    if not COLLECTOR_SECONDS < kept <= LONGEST_TTL_SECONDS:
        yield Hit(
            where,
            f"--metrics-ttl is {kept:g} s: "
            + (
                "values are gone before the next look"
                if kept <= COLLECTOR_SECONDS
                else "bridges that have gone still count"
            ),
            f"set more than {COLLECTOR_SECONDS} s and at most {LONGEST_TTL_SECONDS} s",
        )
    scheduled = stack.of("ScalingSchedule")
    flags = [str(text).partition("=") for text in adapter.container.get("args") or []]
    values: dict[str, Any] = {flag: value for flag, _, value in flags}
    if scheduled and values.get("--scaling-schedule", "false") not in ("", "true"):
        yield Hit(
            where, "--scaling-schedule is not set: no ScalingSchedule is read, and timetables are not kept", "set it"
        )
    kinds = [at(resource.properties, "spec", "names", "kind") for resource in stack.of("CustomResourceDefinition")]
    if scheduled and "ScalingSchedule" not in kinds:
        yield Hit(
            where, "no CustomResourceDefinition makes ScalingSchedule known: timetables cannot be created", "create it"
        )
    if scheduled and seconds(values.get("--scaling-schedule-default-scaling-window") or "10m"):
        yield Hit(where, "--scaling-schedule-default-scaling-window ramps: bridges come late", "set it to 0s")
