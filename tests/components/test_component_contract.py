"""Rules that every component and every object of every sample stack keeps."""

import pytest
from sample_stacks import NAMES, kubernetes_objects, pod_templates, recorded

TOKENS = {
    "jitsi:admission:PodSecurity",
    "jitsi:bridges:BridgePool",
    "jitsi:cloud:BridgeNodes",
    "jitsi:cloud:KapsuleCluster",
    "jitsi:cloud:PublicAddress",
    "jitsi:cloud:RelayNodes",
    "jitsi:cloud:RecorderNodes",
    "jitsi:cloud:RecordingsBucket",
    "jitsi:cloud:ScalewayRegion",
    "jitsi:cloud:CockpitLogs",
    "jitsi:collaboration:Collaboration",
    "jitsi:edge:IngressEdge",
    "jitsi:cloud:GatewayNodes",
    "jitsi:gateway:Gateway",
    "jitsi:jitsi:JitsiMeet",
    "jitsi:logs:LogCollector",
    "jitsi:metrics:MetricsAdapter",
    "jitsi:monitoring:Monitoring",
    "jitsi:recording:Recorders",
    "jitsi:shard:JitsiShard",
    "jitsi:turn:TurnRelay",
    "jitsi:visitors:VisitorNodes",
}
"""Type tokens are in every stack's state: one that changes replaces all that is below it."""

SIZED_BY_CONFIG = {"jvb", "web", "jibri", "coturn"}
"""Workloads whose number is an autoscaler's with one config and fixed with another."""

every_stack = pytest.mark.parametrize("stack", NAMES)


def components(stack):
    return [r for r in recorded(stack) if not r.custom and r.type != "pulumi:pulumi:Stack"]


def test_the_table_of_type_tokens_is_complete():
    assert {r.type for stack in NAMES for r in components(stack)} == TOKENS


@every_stack
def test_who_counts_a_workloads_pods_never_changes(stack):
    """A number that goes from the program to an autoscaler, or back, makes an update fail or ends all pods but one."""
    counted = {
        (spec["scaleTargetRef"]["kind"], spec["scaleTargetRef"]["name"])
        for o in kubernetes_objects(stack)
        if o.properties["kind"] == "HorizontalPodAutoscaler" and (spec := o.properties["spec"])
    }
    for o in kubernetes_objects(stack):
        kind, meta = o.properties["kind"], o.properties["metadata"]
        if kind not in ("Deployment", "StatefulSet"):
            continue
        states = "replicas" in o.properties["spec"]
        assert states is not ((kind, meta["name"]) in counted), f"{meta['name']} has no one owner of its number"
        assert states is (meta["labels"]["app.kubernetes.io/name"] not in SIZED_BY_CONFIG), meta["name"]


@every_stack
def test_every_resource_has_a_parent_and_only_components_stand_at_the_top(stack):
    resources = {r.urn: r for r in recorded(stack)}
    for resource in resources.values():
        if resource.type == "pulumi:pulumi:Stack":
            continue
        assert resource.parent, f"{resource.name} is loose"
        top = resources[resource.parent].type == "pulumi:pulumi:Stack"
        if top:
            assert not resource.custom or resource.type.startswith("pulumi:providers:"), resource.name


@every_stack
def test_no_two_resources_share_a_urn_or_a_kubernetes_name(stack):
    urns = [r.urn for r in recorded(stack)]
    assert len(urns) == len(set(urns))
    names = [
        (o.properties["kind"], o.properties["metadata"].get("namespace"), o.properties["metadata"]["name"])
        for o in kubernetes_objects(stack)
    ]
    assert len(names) == len(set(names))


@every_stack
def test_every_kubernetes_object_goes_to_the_stacks_own_cluster(stack):
    providers = {o.provider for o in kubernetes_objects(stack)}
    assert len(providers) == 1
    assert "pulumi:providers:kubernetes" in providers.pop()


@every_stack
def test_everything_in_the_cluster_carries_the_four_labels(stack):
    for o in kubernetes_objects(stack):
        labels = o.properties["metadata"]["labels"]
        assert labels["app.kubernetes.io/part-of"] == "jitsi", o.name
        assert labels["app.kubernetes.io/managed-by"] == "pulumi", o.name
        assert labels["app.kubernetes.io/name"], o.name
        assert labels["app.kubernetes.io/instance"], o.name
        if labels["app.kubernetes.io/name"] == "jvb":
            assert labels["jitsi.org/layout"] in ("hostPort", "nodePort"), o.name


@every_stack
def test_every_namespaced_object_waits_for_the_namespace(stack):
    (namespace,) = [o for o in kubernetes_objects(stack) if o.properties["kind"] == "Namespace"]
    for o in kubernetes_objects(stack):
        if o.properties["metadata"].get("namespace") == namespace.properties["metadata"]["name"]:
            assert namespace.urn in o.dependencies, f"{o.name} may be made before its namespace"


@every_stack
def test_every_container_is_restricted_and_has_requests_and_a_memory_limit(stack):
    for owner, template in pod_templates(stack):
        spec = template["spec"]
        assert spec["enableServiceLinks"] is False, owner
        assert spec["securityContext"]["runAsNonRoot"] is True, owner
        assert spec["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}, owner
        assert not spec.get("hostNetwork"), owner
        for container in [*spec.get("initContainers", []), *spec["containers"]]:
            where = f"{owner}/{container['name']}"
            security = container["securityContext"]
            assert security["allowPrivilegeEscalation"] is False, where
            # coturn's binary carries a file capability, which must be in the bounding set for it to start.
            added = {"add": ["NET_BIND_SERVICE"]} if container["name"] == "coturn" else {}
            assert security["capabilities"] == {"drop": ["ALL"], **added}, where
            assert security["readOnlyRootFilesystem"] is True, where
            assert {"cpu", "memory"} <= set(container["resources"]["requests"]), where
            assert "memory" in container["resources"]["limits"], where


@every_stack
def test_every_server_has_probes(stack):
    for owner, template in pod_templates(stack):
        for container in template["spec"]["containers"]:
            if container.get("ports"):
                assert {"readinessProbe", "livenessProbe"} <= set(container), f"{owner}/{container['name']}"


@every_stack
def test_jitsi_containers_have_what_their_images_need_on_kubernetes(stack):
    for owner, template in pod_templates(stack):
        for container in template["spec"]["containers"]:
            if "/jitsi/" not in container["image"] or container["name"] in ("spare", "whiteboard"):
                continue
            env = {variable["name"]: variable.get("value") for variable in container["env"]}
            assert env["S6_YES_I_WANT_A_WORLD_WRITABLE_RUN_BECAUSE_KUBERNETES"] == "1", owner
            assert {"/run", "/tmp"} <= {mount["mountPath"] for mount in container["volumeMounts"]}, owner


@every_stack
def test_every_mounted_volume_is_declared_and_every_declared_one_is_mounted(stack):
    for owner, template in pod_templates(stack):
        spec = template["spec"]
        mounted = {
            mount["name"]
            for container in [*spec.get("initContainers", []), *spec["containers"]]
            for mount in container.get("volumeMounts", [])
        }
        declared = {volume["name"] for volume in spec["volumes"]}
        claims = {mount for mount in mounted if owner == "StatefulSet jibri" and mount.startswith("storage-")}
        assert mounted == declared | claims, owner


@every_stack
def test_no_service_asks_a_load_balancer_to_carry_udp(stack):
    for o in kubernetes_objects(stack):
        if o.properties["kind"] == "Service" and o.properties["spec"].get("type") == "LoadBalancer":
            assert {port["protocol"] for port in o.properties["spec"]["ports"]} == {"TCP"}


@every_stack
def test_every_reference_to_an_object_of_the_namespace_is_answered(stack):
    present = {(o.properties["kind"], o.properties["metadata"]["name"]) for o in kubernetes_objects(stack)}
    foreign = {"own-tls", "kube-root-ca.crt", "haproxy-tls"}
    for owner, template in pod_templates(stack):
        spec = template["spec"]
        for volume in spec["volumes"]:
            if "configMap" in volume:
                assert ("ConfigMap", volume["configMap"]["name"]) in present, owner
            if "secret" in volume and volume["secret"]["secretName"] not in foreign:
                assert ("Secret", volume["secret"]["secretName"]) in present, owner
        if "serviceAccountName" in spec:
            assert ("ServiceAccount", spec["serviceAccountName"]) in present, owner
        for container in spec["containers"]:
            for variable in container.get("env", []):
                reference = variable.get("valueFrom", {}).get("secretKeyRef")
                if reference:
                    assert ("Secret", reference["name"]) in present, owner


@every_stack
def test_selectors_find_the_pods_they_are_meant_for(stack):
    templates = [template["metadata"]["labels"] for _, template in pod_templates(stack)]
    for o in kubernetes_objects(stack):
        kind, spec = o.properties["kind"], o.properties.get("spec", {})
        wanted = spec.get("selector") if kind == "Service" else spec.get("podSelector", spec.get("selector", {}))
        wanted = (wanted or {}).get("matchLabels", wanted or {})
        if kind not in ("Service", "PodDisruptionBudget", "NetworkPolicy", "Deployment", "StatefulSet", "DaemonSet"):
            continue
        if "statefulset.kubernetes.io/pod-name" in wanted or "acme.cert-manager.io/http01-solver" in wanted:
            continue
        assert any(wanted.items() <= labels.items() for labels in templates), o.name


@every_stack
def test_bridges_get_the_quality_of_service_that_their_stress_is_measured_against(stack):
    for owner, template in pod_templates(stack):
        if template["metadata"]["labels"]["app.kubernetes.io/name"] == "jvb":
            for container in [*template["spec"].get("initContainers", []), *template["spec"]["containers"]]:
                assert container["resources"]["requests"] == container["resources"]["limits"], owner


@every_stack
def test_a_bridge_itself_holds_no_token(stack):
    for owner, template in pod_templates(stack):
        if template["metadata"]["labels"]["app.kubernetes.io/name"] != "jvb":
            continue
        assert template["spec"]["automountServiceAccountToken"] is False, owner
        for container in template["spec"]["containers"]:
            assert "account" not in {mount["name"] for mount in container["volumeMounts"]}, owner
        holders = [c for c in template["spec"]["initContainers"] if "account" in {m["name"] for m in c["volumeMounts"]}]
        assert len(holders) == 2, owner
