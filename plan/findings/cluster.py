"""Rules about the cluster itself."""

from collections.abc import Iterator
from datetime import date

from plan.findings.edge import is_placeholder
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
