"""Changes of the cluster, its network, the namespace and the provider."""

from plan.diff.compare import PROVIDER_TYPE
from plan.diff.paths import under
from plan.diff.scaleway_rules import AVAILABLE_TYPES, CLUSTER_TYPE, forcing_paths
from plan.diff.verdicts.rule import GUESS, Case, Effect, rule
from plan.diff.verdicts.sources import DOCS, PROVIDER, RECORDINGS

DOWNGRADE = "Kapsule refuses a lower version"
SKIP = "Kapsule refuses to skip a minor version"


@rule("cluster-goes", f"{PROVIDER}/k8s/cluster.go (ForceNew, CustomizeDiff)")
def cluster(case: Case) -> Effect | None:
    """Replacing or deleting the cluster ends everything in it."""
    old = case.change.old
    if old is None or old.type != CLUSTER_TYPE or not case.change.goes:
        return None
    if case.change.operation == "delete":
        return Effect("drops", "the cluster is deleted with everything in it", case.base.bridges)
    paths, forcing = case.change.paths, forcing_paths(CLUSTER_TYPE)
    reason = next((path for path in paths if any(under(path, force) for force in forcing)), paths[0])
    why = f"the cluster is replaced because {reason} changes: everything in it starts again in the new one"
    if reason != "type":
        return Effect("drops", why, case.base.bridges)
    before, after = str(case.change.before.get("type")), str(case.change.after.get("type"))
    if before not in AVAILABLE_TYPES:
        guess = f"{GUESS}no recording shows what the API lists for {before}"
        return Effect("drops", f"{why}, as the API lists no {after} for a {before}", case.base.bridges, guess)
    listed = ", ".join(AVAILABLE_TYPES[before])
    after_commitment = f"after its 30 days of commitment {before} may become {after} in place: scw k8s cluster list-available-types CLUSTER shows it"
    why = f"{why}, as the API lists only {listed} for a {before}; {after_commitment}"
    source = f"{RECORDINGS}/cluster-type-change.cassette.yaml; {DOCS}/api-cli/changing-control-plane-offer.mdx"
    return Effect("drops", why, case.base.bridges, source)


@rule(
    "cluster-upgrades",
    f"{RECORDINGS}/cluster-upgrade-pools-with-cluster.cassette.yaml; {DOCS}/how-to/upgrade-kubernetes-version.mdx",
)
def upgrade(case: Case) -> Effect | None:
    """On a Kubernetes upgrade Kapsule replaces every node; it refuses a lower version, and to skip a minor one."""
    old = case.change.old
    if old is None or old.type != CLUSTER_TYPE or case.change.operation != "update":
        return None
    if not case.change.touches("version"):
        return Effect("none", "the control plane changes in place; no pod restarts")
    before, after = str(case.change.before.get("version")), str(case.change.after.get("version"))
    old_numbers, new_numbers = _numbers(before), _numbers(after)
    known = min(len(old_numbers), len(new_numbers))
    if new_numbers[:known] < old_numbers[:known]:
        return Effect("refused", f"{DOWNGRADE}: Kubernetes {before} cannot become {after}; keep {before}")
    if known > 1 and new_numbers[1] > old_numbers[1] + 1:
        between = ", then ".join(f"{old_numbers[0]}.{minor}" for minor in range(old_numbers[1] + 1, new_numbers[1]))
        return Effect(
            "refused", f"{SKIP}: between {before} and {after} upgrade to {between}, each with its own `pulumi up`"
        )
    why = f"Kubernetes {before} becomes {after}: Kapsule replaces every node, prosody and jicofo of every shard restart"
    if after.startswith(f"{before}.") or before.startswith(f"{after}."):
        why = f"Kubernetes {after} instead of {before}: unless it is the same patch version, every node is replaced"
    return Effect("drops", why, case.base.bridges)


def _numbers(version: str) -> tuple[int, ...]:
    """Return a version's numbers: (1, 35) of `1.35`; none if it has other parts."""
    parts = version.split(".")
    return tuple(map(int, parts)) if all(part.isdigit() for part in parts) else ()


@rule("network-goes", f"{PROVIDER}/k8s/cluster.go (CustomizeDiff of private_network_id)")
def network(case: Case) -> Effect | None:
    """Replacing the private network replaces the cluster."""
    old = case.change.old
    if old is None or not old.type.startswith("scaleway:network/") or not case.change.goes:
        return None
    return Effect("drops", "the cluster's network is replaced, and the cluster with it", case.base.bridges)


@rule("namespace-goes")
def namespace(case: Case) -> Effect | None:
    """Deleting the namespace deletes everything in it."""
    if case.kind != "Namespace" or not case.existed:
        return None
    if case.change.goes:
        return Effect("drops", "the namespace is deleted with everything in it", case.base.bridges)
    return Effect("none", "namespace labels apply to pods that start from now on")


@rule("provider-changes")
def provider(case: Case) -> Effect | None:
    """Another cluster for all Kubernetes objects, or only other credentials for the same one."""
    old = case.change.old
    if old is None or old.type != PROVIDER_TYPE:
        return None
    if case.change.goes:
        return Effect("drops", "every object moves to another cluster; everything in this one ends", case.base.bridges)
    return Effect("none", "only the credentials for the same cluster change")


@rule("api-access", f"{PROVIDER}/k8s/acl.go")
def access(case: Case) -> Effect | None:
    """API server access does not affect calls."""
    if not case.change.resource.type.startswith("scaleway:kubernetes/acl:"):
        return None
    return Effect("none", "only access to the API server changes; no call passes through it")


@rule("admission-policy")
def admission(case: Case) -> Effect | None:
    """An admission policy judges pods that are created or changed, never those that run."""
    if case.component != "admission" or not case.existed:
        return None
    return Effect("none", "running pods stay; only pods that are created or changed are held to it")
