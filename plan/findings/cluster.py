"""Rules about the cluster."""

from collections.abc import Iterator
from datetime import date

from config.cluster import MIN_KUBERNETES, NEWEST_KUBERNETES, POD_CIDR, SERVICE_CIDR, SMALLEST_PREFIX
from config.node_types import VERSIONS, VERSIONS_AS_OF
from plan.findings.edge import is_placeholder
from plan.findings.rule import Hit, Subject, rule
from sizing.host_ports import host_ports

VERSION_ENDS = {
    "1.33": date(2026, 11, 4),
    "1.34": date(2026, 11, 29),
    "1.35": date(2027, 3, 19),
    "1.36": date(2027, 9, 7),
}
"""End of support of a minor version (Scaleway Kapsule, version support policy)."""

NOTICE_DAYS = 60  # time to try the next version on another stack


@rule("version-support-ends", "warning")
def version_support_ends(subject: Subject) -> Iterator[Hit]:
    """Support for the Kubernetes version ends soon or has ended."""
    minor = ".".join(subject.config.cluster.version.split(".")[:2])
    ends = VERSION_ENDS.get(minor)
    if subject.kapsule and ends and (ends - subject.today).days < NOTICE_DAYS:
        newer = [name for name, end in VERSION_ENDS.items() if (end - subject.today).days >= NOTICE_DAYS]
        passed = "ended" if ends <= subject.today else "ends"
        yield Hit(
            "cluster.version",
            f"Kapsule's support for {minor} {passed} on {ends}; Kapsule then upgrades the pools unannounced",
            f"upgrade to {newer[0]} at a time you choose"
            if newer
            else "upgrade to a supported version at a time you choose",
        )


@rule("mutualized-control-plane", "info")
def mutualized_control_plane(subject: Subject) -> Iterator[Hit]:
    """Several shards depend on a control plane without an SLA."""
    if subject.kapsule and subject.config.cluster.control_plane == "kapsule" and len(subject.shards) > 1:
        yield Hit(
            "cluster.controlPlane",
            f"{len(subject.shards)} shards on the free, shared control plane: no SLA, 55 MB of etcd; while it is "
            "down, meetings continue but nothing scales",
            "use kapsule-dedicated-4 (99.5 % SLA)",
        )


@rule("no-protection", "info")
def no_protection(subject: Subject) -> Iterator[Hit]:
    """A production stack is not protected from deletion."""
    serious = len(subject.shards) > 1 or not is_placeholder(subject.config.domain)
    if subject.kapsule and not subject.config.protect and serious:
        yield Hit(
            "protect",
            "protect is false: pulumi destroy, or a change that replaces them, deletes the cluster and its addresses",
            "set protect: true for a production stack",
        )


@rule("version-unknown", "warning")
def version_unknown(subject: Subject) -> Iterator[Hit]:
    """Kapsule is not known to offer this Kubernetes version."""
    version = subject.config.cluster.version
    minor = ".".join(version.split(".")[:2])
    if subject.kapsule and minor in VERSION_ENDS and version not in (*VERSIONS, minor):
        yield Hit(
            "cluster.version",
            f"{version} is not among the patch versions that Kapsule offered on {VERSIONS_AS_OF} ({', '.join(VERSIONS)}); Kapsule offers only "
            f"its newest of {minor} and refuses others",
            "check that it is offered: scw k8s version list",
        )
    if subject.kapsule and minor not in VERSION_ENDS:
        yield Hit(
            "cluster.version",
            f"{version} is not among the versions that Kapsule offered at the time of writing "
            f"({', '.join(VERSION_ENDS)}); Kapsule refuses others, and objects are held against {MIN_KUBERNETES} to {NEWEST_KUBERNETES} only",
            f"use one of these, or check availability: scw k8s version list (newest known: {max(VERSION_ENDS)})",
        )


@rule("no-auto-upgrade", "info")
def no_auto_upgrade(subject: Subject) -> Iterator[Hit]:
    """Kubernetes security patches are not applied automatically."""
    cluster = subject.config.cluster
    if subject.kapsule and cluster.auto_upgrade is None:
        yield Hit(
            "cluster.autoUpgrade",
            f"patch versions after {cluster.version} are installed only when you raise cluster.version",
            "raise it regularly, outside busy hours, or set autoUpgrade: {day: sunday, hour: 3} with a minor version",
        )


@rule("dedicated-commitment", "info")
def dedicated_commitment(subject: Subject) -> Iterator[Hit]:
    """A dedicated control plane has a 30-day commitment."""
    chosen = subject.config.cluster.control_plane
    if subject.kapsule and chosen != "kapsule":
        yield Hit(
            "cluster.controlPlane",
            f"{chosen} is billed for at least 30 days, and a lower control plane within them replaces the cluster; after them "
            "it may be changed in place, kapsule included",
            "no action for a permanent stack; use kapsule to experiment",
        )


@rule("one-system-node", "info")
def one_system_node(subject: Subject) -> Iterator[Hit]:
    """Signalling of all shards may run on one node."""
    if subject.kapsule and subject.config.cluster.system.min == 1:
        yield Hit(
            "cluster.system.min",
            "one node may run prosody, jicofo and HAProxy of all shards: if it fails, every meeting reconnects at "
            "once, after a new node has booted",
            "set cluster.system.min: 2, so that HAProxy's pods are spread and the other pods can move",
        )


@rule("network-of-others", "info")
def network_of_others(subject: Subject) -> Iterator[Hit]:
    """The owner of an existing private network decides about its range and its life."""
    if subject.kapsule and subject.config.cluster.network_id:
        yield Hit(
            "cluster.privateNetwork",
            f"{subject.config.cluster.private_network} is not this stack's: its range must be /{SMALLEST_PREFIX} or larger, disjoint from "
            f"{POD_CIDR} (pods) and {SERVICE_CIDR} (Services), and whatever is attached to it reaches the nodes, whose firewall filters "
            "their public interface only",
            "check the range with: scw vpc private-network get ID; protect the network where it is made",
        )


@rule("signalling-in-one-zone", "info")
def signalling_in_one_zone(subject: Subject) -> Iterator[Hit]:
    """Signalling of a shard does not run beside its bridges."""
    zone = subject.config.system_zone
    for position, shard in enumerate(subject.shards):
        if subject.kapsule and shard.zone != zone and shard.signalling_zone is None:
            chosen = subject.config.shards[position].pinned is False
            yield Hit(
                f"shards[{position}].pinned" if chosen else "cluster.system.nodeType",
                f"signalling of {shard.name} runs in {zone}, and its bridges in {shard.zone}: its meetings end with either zone"
                + ("" if chosen else f", since {shard.zone} offers no {subject.config.cluster.system.node_type}"),
                "remove pinned while the shard is empty (docs/shards.md says how)"
                if chosen
                else "use a nodeType that both zones offer",
            )


@rule("signalling-unpinned", "info")
def signalling_unpinned(subject: Subject) -> Iterator[Hit]:
    """Signalling of a shard prefers the zone of its bridges, and nothing binds it."""
    if len(subject.config.system_zones) < 2:  # noqa: PLR2004
        return
    for position, shard in enumerate(subject.shards):
        if shard.zone == subject.config.system_zone and shard.signalling_zone is None:
            yield Hit(
                f"shards[{position}].pinned",
                f"signalling of {shard.name} prefers {shard.zone}, but starts in another zone while {shard.zone} is full or lost; its meetings "
                "then end with either zone",
                "set pinned: true while the shard is empty, since that restarts its signalling once",
            )


@rule("system-zone-without-shards", "info")
def system_zone_without_shards(subject: Subject) -> Iterator[Hit]:
    """The first system pool is in a zone without shards."""
    zone = subject.config.system_zone
    if len(subject.config.system_zones) > 1 and zone not in {shard.zone for shard in subject.shards}:
        yield Hit(
            "cluster.system.zone",
            f"the first system pool is in {zone}, where no shard is: it costs its nodes beside those of the shards' zones, and "
            "autoscaling ends with that zone",
            f"set cluster.system.zone: {subject.shards[0].zone} before the stack is in use; docs/placement.md says what it does later",
        )


@rule("namespace-taken", "error")
def namespace_taken(subject: Subject) -> Iterator[Hit]:
    """The namespace already exists in every cluster."""
    name = subject.config.namespace
    if name == "default" or name.startswith("kube-"):
        yield Hit(
            "namespace",
            f"{name} exists in every cluster, but the stack creates and deletes its own namespace with everything in "
            "it",
            "use a dedicated namespace, such as jitsi",
        )


@rule("admission-policy-off", "warning")
def admission_policy_off(subject: Subject) -> Iterator[Hit]:
    """Pods take host ports, and nothing enforces pod security in their namespace."""
    ports = host_ports(subject.config, subject.stack)
    if ports and not subject.config.cluster.admission_policy:
        parts = ", ".join(dict.fromkeys(each.part for each in ports))
        yield Hit(
            "cluster.admissionPolicy",
            f"{parts} take host ports, which pod security forbids, and without the policy {subject.config.namespace} enforces nothing: "
            "who may create pods there takes over its nodes",
            "set admissionPolicy: true; where the cluster's owner refuses it, check that a policy of theirs covers the namespace, or use "
            "layout: nodePort without telephones and TURN over UDP",
        )
