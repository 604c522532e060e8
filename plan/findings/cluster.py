"""Rules about the cluster itself."""

from collections.abc import Iterator
from datetime import date

from plan.findings.edge import is_placeholder
from plan.findings.existing import LEAST_KUBERNETES
from plan.findings.rule import Found, Subject, rule

VERSION_ENDS = {
    "1.33": date(2026, 11, 4),
    "1.34": date(2026, 11, 29),
    "1.35": date(2027, 3, 19),
    "1.36": date(2027, 9, 7),
}
"""End of support of a minor version (Scaleway Kapsule, version support policy)."""

NOTICE_DAYS = 60  # time to try the next version on another stack


@rule("version-support-ends", "warning")
def version_support_ends(subject: Subject) -> Iterator[Found]:
    """The Kubernetes version is about to be upgraded by Scaleway, or was already dropped."""
    minor = ".".join(subject.config.cluster.version.split(".")[:2])
    ends = VERSION_ENDS.get(minor)
    if subject.kapsule and ends and (ends - subject.today).days < NOTICE_DAYS:
        newer = [name for name, end in VERSION_ENDS.items() if (end - subject.today).days >= NOTICE_DAYS]
        passed = "ended" if ends <= subject.today else "ends"
        yield Found(
            "cluster.version",
            f"Kapsule's support for {minor} {passed} on {ends}; an upgrade of the pools then comes without asking",
            f"move to {newer[0]} at a time of your own"
            if newer
            else "move to a supported version at a time of your own",
        )


@rule("mutualized-control-plane", "info")
def mutualized_control_plane(subject: Subject) -> Iterator[Found]:
    """Several shards hang on a control plane without any promise."""
    if subject.kapsule and subject.config.cluster.control_plane == "kapsule" and len(subject.shards) > 1:
        yield Found(
            "cluster.controlPlane",
            f"{len(subject.shards)} shards on the free, shared control plane: no SLA, 55 MB of etcd; while it is away, meetings go "
            "on but nothing scales",
            "take kapsule-dedicated-4 (99.5 % SLA)",
        )


@rule("no-protection", "info")
def no_protection(subject: Subject) -> Iterator[Found]:
    """Nothing keeps a real service from being destroyed by mistake."""
    serious = len(subject.shards) > 1 or not is_placeholder(subject.config.domain)
    if subject.kapsule and not subject.config.protect and serious:
        yield Found(
            "protect",
            "protect is false: pulumi destroy, or a change that replaces them, takes the cluster and its addresses away",
            "set protect: true for a stack that people rely on",
        )


@rule("version-unknown", "warning")
def version_unknown(subject: Subject) -> Iterator[Found]:
    """A Kubernetes version that Kapsule is not known to offer."""
    version = subject.config.cluster.version
    minor = ".".join(version.split(".")[:2])
    if subject.kapsule and minor not in VERSION_ENDS:
        yield Found(
            "cluster.version",
            f"{version} is none of the versions that Kapsule offered when this was written ({', '.join(VERSION_ENDS)}); others are "
            f"refused, and below {LEAST_KUBERNETES} the bridges' admission policy is missing",
            f"take one of them, or check that it is there: scw k8s version list (or raise it: {max(VERSION_ENDS)})",
        )


@rule("no-auto-upgrade", "info")
def no_auto_upgrade(subject: Subject) -> Iterator[Found]:
    """Security patches of Kubernetes wait for somebody."""
    cluster = subject.config.cluster
    if subject.kapsule and cluster.auto_upgrade is None:
        yield Found(
            "cluster.autoUpgrade",
            f"patch versions after {cluster.version} come only when cluster.version is raised by hand",
            "raise it now and then at a time without lessons, or set autoUpgrade: {day: sunday, hour: 3} with a minor version",
        )


@rule("dedicated-commitment", "info")
def dedicated_commitment(subject: Subject) -> Iterator[Found]:
    """A dedicated control plane binds for a month, and is not left again."""
    chosen = subject.config.cluster.control_plane
    if subject.kapsule and chosen != "kapsule":
        yield Found(
            "cluster.controlPlane",
            f"{chosen} is paid for 30 days at least, and a cluster never returns to the shared control plane: going back replaces it",
            "fine for a stack that stays; try things out on kapsule",
        )


@rule("one-system-node", "info")
def one_system_node(subject: Subject) -> Iterator[Found]:
    """Signalling of all shards on one node."""
    if subject.kapsule and subject.config.cluster.system.min == 1:
        yield Found(
            "cluster.system.min",
            "one node may carry prosody, jicofo and HAProxy of all shards: when it goes, every meeting reconnects at once, after "
            "a new node has booted",
            "set cluster.system.min: 2, so that HAProxy's pods stand apart and the rest has somewhere to go",
        )


@rule("signalling-in-one-zone", "info")
def signalling_in_one_zone(subject: Subject) -> Iterator[Found]:
    """Zones of shards are zones of bridges; everything else is in the first one."""
    region = subject.config.region
    elsewhere = [shard.name for shard in subject.active if shard.zone != f"{region}-1"]
    if subject.kapsule and elsewhere:
        yield Found(
            "shards",
            f"the system pool is in {region}-1: without that zone, web, prosody, jicofo and HAProxy of {', '.join(elsewhere)} are "
            "away as well, whose bridges run on elsewhere",
            "where a zone may fail, run a second stack in another region",
        )


@rule("namespace-taken", "error")
def namespace_taken(subject: Subject) -> Iterator[Found]:
    """A namespace that every cluster has already."""
    name = subject.config.namespace
    if name == "default" or name.startswith("kube-"):
        yield Found(
            "namespace",
            f"{name} exists in every cluster, and the stack makes and deletes its namespace with all that is in it",
            "take a name of its own, such as jitsi",
        )
