"""Rules about alerts, and about the times of Prometheus: scrapes, ranges, how long samples count and are kept."""

from collections.abc import Iterator
from pathlib import Path

from plan.diff.paths import mappings
from plan.findings.rule import Hit, rule
from plan.promql.nodes import Call, Node, PromqlError, Selector, children, seconds, selectors
from plan.promql.parse import parse
from plan.promql.series import ANY, labelled, selected
from plan.resources.files import argument, is_unknown
from plan.resources.made import Resources
from plan.resources.metrics import dashboard_maps, dashboards_of
from plan.resources.observers import Rule, Server, managed_rules, operated_rules, servers
from plan.resources.targets import is_readable
from plan.resources.watched import observers, panels
from sizing.metrics_volume import KEPT_PERCENT, kept_mib

SEVERITIES = ("critical", "warning")
"""critical pages; warning is for the same day (docs/monitoring.md)."""
TRANSIENT_SECONDS = 60
"""A condition that lasts shorter comes and goes with one restart or one failed scrape."""
SCRAPES = 4
"""Scrapes that a rate or slope spans: it survives one that fails, and is no difference of two."""
LEAVING = "bridge:leaving:state"
COUNTS = ("rate", "increase", "deriv")
RUNBOOKS = Path(__file__).parents[2] / "docs" / "runbooks"
NOTES = ("summary", "description", "action", "runbook_url")


def _alerts(stack: Resources) -> list[Rule]:
    rules = [rule for server in servers(stack) for rule in managed_rules(stack, server)] + operated_rules(stack)
    return [each for each in rules if each.alert and not is_unknown(each.expression)]


@rule("alert-unusable", "warning")
def alert_unusable(stack: Resources) -> Iterator[Hit]:
    """An alert has no severity, no duration, no words, or no page that tells what to do."""
    for alert in _alerts(stack):
        notes, severity = alert.document.get("annotations") or {}, (alert.document.get("labels") or {}).get("severity")
        if severity not in SEVERITIES:
            yield Hit(alert.where, f"severity is {severity!r}: no route pages anybody", "set critical or warning")
        for key in NOTES:
            if not notes.get(key):
                yield Hit(
                    alert.where,
                    f"has no {key}: whoever is paged does not know what it means",
                    f"add the annotation {key}",
                )
        page = f"{stack.config.monitoring.runbooks.rstrip('/')}/{alert.alert}.md"
        if notes.get("runbook_url") not in (None, "", page):
            yield Hit(alert.where, f"runbook_url is {notes['runbook_url']}, and its page is {page}", f"set {page}")
        if RUNBOOKS.is_dir() and not (RUNBOOKS / f"{alert.alert}.md").is_file():
            yield Hit(
                alert.where, f"has no page {alert.alert}.md in docs/runbooks", "write the page, or correct the name"
            )
        yield from _duration(stack, alert)


def _duration(stack: Resources, one: Rule) -> Iterator[Hit]:
    text = str(one.document.get("for", ""))
    try:
        lasts, tree = seconds(text), parse(one.expression)
    except PromqlError:
        if text:
            return  # metric-missing names an expression that cannot be read
        yield Hit(one.where, "has no `for`: it fires on a single evaluation", "set how long it must hold")
        return
    if lasts < TRANSIENT_SECONDS and not any(call.function == "increase" for call in calls(tree)):
        yield Hit(
            one.where,
            f"fires after {lasts:g} s, and one restart or failed scrape lasts {TRANSIENT_SECONDS} s: it comes and goes",
            f"set `for` to {TRANSIENT_SECONDS}s or more",
        )
    if all(selector.name == LEAVING for selector in selectors(tree)):
        graces = {workload.grace_seconds for workload in stack.fleet.workloads if _about(tree, workload.shard)}
        if graces and lasts <= max(graces):
            yield Hit(
                one.where,
                f"fires after {lasts:g} s, and bridges may drain for {max(graces)} s: it fires for meetings that only last",
                f"set `for` above {max(graces)}s",
            )


def _about(tree: Node, shard: str) -> bool:
    own = labelled({"shard": shard, "namespace": ANY})
    return any(selected(own, selector) is not None for selector in selectors(tree))


@rule("alert-missing", "warning")
def alert_missing(stack: Resources) -> Iterator[Hit]:
    """An alert that has a page in docs/runbooks, and whose parts run, is not evaluated."""
    config = stack.config
    if not config.monitoring.alerts or not RUNBOOKS.is_dir() or not is_readable(stack):
        return
    autoscaled = [shard for shard in config.resolved if shard.bridges.topology == "autoscaled"]
    kube_state = bool(autoscaled) and (config.makes_kube_state or config.monitoring.kube_state == "existing")
    needs = {
        "RoomSplit": len(config.resolved) > 1,
        "HaproxiesDisagree": config.ingress.replicas > 1,
        "TimetableNotMet": any(shard.bridges.schedule for shard in autoscaled),
        **dict.fromkeys(("AutoscalerBlind", "AutoscalerAtMax", "PoolStuck"), kube_state),
        "MetricsAdapterStale": config.metrics.managed and config.runs_adapter,
        **dict.fromkeys(("RulesFail", "MetricsVolumeNearFull"), config.metrics.managed),
        **dict.fromkeys(("ProbeFailing", "CertificateExpiring"), bool(config.monitoring.probe)),
        **dict.fromkeys(("RecordingsNotUploaded", "RecordingIncomplete", "NoFreeRecorder"), bool(config.recording)),
    }
    evaluated = [(server.workload.name, "Prometheus", managed_rules(stack, server)) for server in servers(stack)]
    if config.monitoring.scrape == "operator":
        places = [
            *(resource.name for kind in ("PrometheusRule", "PodMonitor") for resource in stack.of(kind)),
            "monitoring.scrape",
        ]
        evaluated.append((places[0], "the operator's Prometheus", operated_rules(stack)))
    for place, title, rules in evaluated:
        names = {each.alert for each in rules}
        for page in sorted(RUNBOOKS.glob("*.md")):
            if page.stem not in names and needs.get(page.stem, True):
                yield Hit(
                    place,
                    f"{title} does not evaluate the alert {page.stem}: nobody is called when it should fire",
                    "add it to the rules, or set monitoring.alerts: false",
                )


def calls(node: Node) -> Iterator[Call]:
    """Yield every function call of an expression."""
    if isinstance(node, Call):
        yield node
    for child in children(node):
        yield from calls(child)


@rule("range-below-scrapes", "error")
def range_below_scrapes(stack: Resources) -> Iterator[Hit]:
    """A rate or slope spans too few scrapes."""
    if not is_readable(stack):
        return
    try:
        watching = [observer for observer in observers(stack) if observer.own]
    except PromqlError:
        return
    drawn = [
        (f"{dashboards.name}.data[{key!r}]: {title}", text)
        for dashboards in dashboard_maps(stack)
        for key, document in dashboards_of(dashboards)
        for title, text in panels(document)
    ]
    for observer in watching:
        least = SCRAPES * observer.interval
        for where, text in [*((each.where, each.expression) for each in observer.rules), *drawn]:
            short = min((span for span in _ranges(text)), default=least)
            if short < least:
                yield Hit(
                    where,
                    f"a rate over {short:g} s, and {observer.title} scrapes every {observer.interval:g} s: with less than "
                    f"{SCRAPES} scrapes it has gaps, or is a difference of two",
                    f"set a range of {least:g}s or more, or scrape more often",
                )


def _ranges(text: str) -> Iterator[float]:
    try:
        tree = parse(text)
    except PromqlError:
        return
    for call in calls(tree):
        for each in call.arguments:
            if call.function in COUNTS and isinstance(each, Selector) and each.seconds:
                yield each.seconds


@rule("prometheus-times", "error")
def prometheus_times(stack: Resources) -> Iterator[Hit]:
    """Prometheus scrapes, evaluates or forgets at other times than the config and its rules need."""
    for server in servers(stack):
        if server.file is None or is_unknown(server.file.text):
            continue
        try:
            yield from _times(stack, server)
        except PromqlError as error:
            yield Hit(server.file.where, f"{error}", "write a duration such as 15s")
    for monitor in stack.of("PodMonitor"):
        for endpoint in mappings(monitor.properties, "spec", "podMetricsEndpoints"):
            timeout, interval = (str(endpoint.get(key) or "") for key in ("scrapeTimeout", "interval"))
            try:
                is_longer = bool(timeout and interval) and seconds(timeout) > seconds(interval)
            except PromqlError:
                is_longer = True
            if is_longer:
                yield Hit(
                    f"{monitor.name}.spec.podMetricsEndpoints",
                    f"scrapeTimeout {timeout} is above interval {interval}, or no duration: the operator drops the PodMonitor",
                    "lower it",
                )


def _times(stack: Resources, server: Server) -> Iterator[Hit]:
    where, arguments = (
        str(server.file.where if server.file else ""),
        f"{server.workload.name}.spec.template.spec.containers",
    )
    base, asked = server.config.get("global") or {}, stack.config.metrics
    scrape, evaluate, timeout = (
        seconds(str(base.get(key) or default))
        for key, default in (("scrape_interval", "1m"), ("evaluation_interval", "1m"), ("scrape_timeout", "10s"))
    )
    for key, value in (("scrape_interval", scrape), ("evaluation_interval", evaluate)):
        if value != asked.interval:
            yield Hit(
                where,
                f"{key} is {value:g} s, and metrics.interval {asked.interval} s: the autoscaler reads numbers of another age",
                f"set {key}: {asked.interval}s",
            )
    if timeout > scrape:
        yield Hit(
            where,
            f"scrape_timeout {timeout:g} s is above scrape_interval {scrape:g} s: Prometheus does not start",
            "lower it",
        )
    lookback = seconds(argument(server.container, "query.lookback-delta") or "5m")
    if not 2 * scrape <= lookback <= max(300, SCRAPES * scrape):
        yield Hit(
            arguments,
            f"query.lookback-delta is {lookback:g} s, with a scrape every {scrape:g} s: "
            + (
                "series vanish between two scrapes"
                if lookback < 2 * scrape
                else "bridges that have gone are still served"
            ),
            f"set it to {SCRAPES * scrape:g}s",
        )
    kept = argument(server.container, "storage.tsdb.retention.time")
    if seconds(kept or "15d") != asked.retention:
        yield Hit(
            arguments,
            f"storage.tsdb.retention.time is {kept}, and metrics.retention {asked.retention} s",
            f"set {asked.retention}s",
        )
    size, most = argument(server.container, "storage.tsdb.retention.size"), kept_mib(asked.storage)
    if size not in {f"{most}MB", f"{most}MiB"}:
        yield Hit(
            arguments,
            f"storage.tsdb.retention.size is {size or 'not set'}, not {KEPT_PERCENT} % of metrics.storage: samples fill the "
            "volume, Prometheus ends, and scaling freezes",
            f"set {most}MB",
        )
    folder = argument(server.container, "storage.tsdb.path") or ""
    mounts = {str(mount.get("mountPath")): mount.get("name") for mount in server.container.get("volumeMounts") or []}
    volumes = {volume.get("name"): volume for volume in server.spec.get("volumes") or []}
    if "persistentVolumeClaim" not in volumes.get(mounts.get(folder), {}):
        yield Hit(
            arguments,
            f"storage.tsdb.path {folder!r} is on no persistent volume: a restart loses every sample",
            "mount the claim there",
        )
