"""Labels of every object, and selectors."""

SHARD_LABEL = "jitsi.org/bridges"
"""Label and taint of a bridge pool's nodes; the value is the shard."""
LAYOUT_LABEL = "jitsi.org/layout"
RECORDER_LABEL = "jitsi.org/recorders"
"""Label and taint of the recorders' nodes; the value is `"true"`."""
ROLE_LABEL = "jitsi.org/role"
"""Label and taint of nodes for one kind of pod; the value is its name."""
SYSTEM_ROLE = "system"
ZONE_LABEL = "topology.kubernetes.io/zone"
RESERVE_TAINT = "CriticalAddonsOnly"
"""Taint (PreferNoSchedule) of the system pools beside the first. What nothing binds to a zone stays in the first pool while that has
room, and moves here when its zone is lost. Kubernetes' own manifest of CoreDNS tolerates this key, so that DNS is in both."""

SKIP_AWAIT = {"pulumi.com/skipAwait": "true"}
"""The engine does not await the object. Each awaited Service costs ten seconds, and its workload is awaited anyway."""

DELETE_IN_BACKGROUND = {"pulumi.com/deletionPropagationPolicy": "background"}
"""Deletes a workload at once while its pods still drain. Otherwise the engine waits for them, and cannot create a workload of the
same name meanwhile, as a changed bridge port needs."""


def selector(name: str, instance: str) -> dict[str, str]:
    """The two labels that identify a workload. Selectors are immutable."""
    return {"app.kubernetes.io/name": name, "app.kubernetes.io/instance": instance}


def labels(name: str, instance: str, **more: str) -> dict[str, str]:
    """All labels of an object. `instance` is the shard, or the stack for shared parts."""
    return selector(name, instance) | {
        "app.kubernetes.io/part-of": "jitsi",
        "app.kubernetes.io/managed-by": "pulumi",
        **more,
    }
