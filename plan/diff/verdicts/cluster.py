"""Changes of what everything stands on: cluster, network, namespace, and the provider that names the cluster."""

from plan.diff.compare import PROVIDER_TYPE
from plan.diff.verdicts.rule import Case, Effect, verdict

CLUSTER_TYPE = "scaleway:kubernetes/cluster:Cluster"


@verdict("cluster-goes")
def cluster(case: Case) -> Effect | None:
    """A cluster that is replaced or deleted takes everything with it."""
    old = case.change.old
    if old is None or old.type != CLUSTER_TYPE or not case.change.goes:
        return None
    if case.change.operation == "delete":
        return Effect("drops", "the cluster is deleted with all that runs in it", case.base.bridges)
    why = f"the cluster is replaced for another {case.change.paths[0]}: all that runs in it starts again elsewhere"
    return Effect("drops", why, case.base.bridges)


@verdict("cluster-upgrades")
def upgrade(case: Case) -> Effect | None:
    """Another version of Kubernetes: Kapsule replaces every node, those of prosody and jicofo too."""
    old = case.change.old
    if old is None or old.type != CLUSTER_TYPE or case.change.operation != "update":
        return None
    if not case.change.touches("version"):
        return Effect("none", "the control plane is changed in place; no pod restarts for it")
    before, after = str(case.change.before.get("version")), str(case.change.after.get("version"))
    why = f"Kubernetes {before} becomes {after}: Kapsule replaces every node, prosody and jicofo of every shard restart"
    if after.startswith(f"{before}.") or before.startswith(f"{after}."):
        why = f"Kubernetes {after} in place of {before}: unless that is the same patch, every node is replaced"
    return Effect("drops", why, case.base.bridges)


@verdict("network-goes")
def network(case: Case) -> Effect | None:
    """A cluster lives in one private network: without it the cluster is made anew."""
    old = case.change.old
    if old is None or not old.type.startswith("scaleway:network/") or not case.change.goes:
        return None
    return Effect("drops", "the cluster's network is made anew, and the cluster with it", case.base.bridges)


@verdict("namespace-goes")
def namespace(case: Case) -> Effect | None:
    """A namespace takes everything in it along."""
    if case.kind != "Namespace" or not case.existed:
        return None
    if case.change.goes:
        return Effect("drops", "the namespace goes, and everything in it", case.base.bridges)
    return Effect("none", "labels of the namespace count for pods that start from now on")


@verdict("provider-changes")
def provider(case: Case) -> Effect | None:
    """Another cluster for all Kubernetes objects, or only another way to log in to the same one."""
    old = case.change.old
    if old is None or old.type != PROVIDER_TYPE:
        return None
    if case.change.goes:
        return Effect("drops", "every object goes to another cluster; what runs in this one ends", case.base.bridges)
    return Effect("none", "another way to log in to the same cluster")


@verdict("api-access")
def access(case: Case) -> Effect | None:
    """Who may reach the API server does not matter to calls."""
    if not case.change.resource.type.startswith("scaleway:kubernetes/acl:"):
        return None
    return Effect("none", "only who may reach the API server changes; no call passes there")
