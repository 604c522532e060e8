"""The handler of each method and path."""

from __future__ import annotations

from typing import TYPE_CHECKING

from scaleway_emulator.api import (
    acls,
    clusters,
    cockpit,
    domain,
    iam_applications,
    iam_policies,
    ipam,
    loadbalancers,
    nodes,
    pools,
    products,
    security_groups,
    versions,
    vpc,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from scaleway_emulator.call import Answer, Call

    Handler = Callable[[Call], Answer]

VPC, K8S = "/vpc/v2/regions/{region}", "/k8s/v1/regions/{region}"
INSTANCE, LB = "/instance/v1/zones/{zone}", "/lb/v1/zones/{zone}"
DOMAIN, IPAM, IAM = "/domain/v2beta1", "/ipam/v1/regions/{region}", "/iam/v1alpha1"
COCKPIT = "/cockpit/v1/regions/{region}"

ROUTES: dict[str, dict[str, Handler]] = {
    f"{VPC}/vpcs": {"GET": vpc.VPCS.list, "POST": vpc.create_vpc},
    f"{VPC}/vpcs/{{id}}": vpc.VPCS.handlers,
    f"{VPC}/vpcs/{{id}}/enable-routing": {"POST": vpc.enable_routing},
    f"{VPC}/vpcs/{{id}}/enable-custom-routes-propagation": {"POST": vpc.enable_custom_routes},
    f"{VPC}/private-networks": {"GET": vpc.NETWORKS.list, "POST": vpc.create_network},
    f"{VPC}/private-networks/{{id}}": vpc.NETWORKS.handlers,
    f"{K8S}/versions": {"GET": versions.list_versions},
    f"{K8S}/versions/{{id}}": {"GET": versions.read_version},
    f"{K8S}/clusters": {"GET": clusters.CLUSTERS.list, "POST": clusters.create},
    f"{K8S}/clusters/{{id}}": {**clusters.CLUSTERS.handlers, "PATCH": clusters.update, "DELETE": clusters.delete},
    f"{K8S}/clusters/{{id}}/upgrade": {"POST": clusters.upgrade},
    f"{K8S}/clusters/{{id}}/set-type": {"POST": clusters.set_type},
    f"{K8S}/clusters/{{id}}/available-types": {"GET": clusters.available_types},
    f"{K8S}/clusters/{{id}}/available-versions": {"GET": clusters.available_versions},
    f"{K8S}/clusters/{{id}}/kubeconfig": {"GET": clusters.kubeconfig},
    f"{K8S}/clusters/{{id}}/acls": {"GET": acls.list_rules, "PUT": acls.set_rules, "POST": acls.add_rules},
    f"{K8S}/acls/{{id}}": {"DELETE": acls.delete_rule},
    f"{K8S}/clusters/{{id}}/pools": {"GET": pools.list_pools, "POST": pools.create},
    f"{K8S}/clusters/{{id}}/nodes": {"GET": nodes.list_nodes},
    f"{K8S}/pools/{{id}}": {**pools.POOLS.handlers, "PATCH": pools.update, "DELETE": pools.delete},
    f"{K8S}/pools/{{id}}/upgrade": {"POST": pools.upgrade},
    f"{K8S}/pools/{{id}}/set-labels": {"PUT": pools.set_labels},
    f"{K8S}/pools/{{id}}/set-taints": {"PUT": pools.set_taints},
    f"{K8S}/pools/{{id}}/set-startup-taints": {"PUT": pools.set_startup_taints},
    f"{K8S}/nodes/{{id}}": {"GET": nodes.NODES.read, "DELETE": nodes.delete},
    f"{K8S}/nodes/{{id}}/replace": {"POST": nodes.replace},
    f"{K8S}/nodes/{{id}}/reboot": {"POST": nodes.NODES.read},
    f"{K8S}/autoscaler/clusters/{{id}}/pools": {"GET": nodes.autoscaler_pools},
    f"{K8S}/autoscaler/clusters/{{id}}/nodes": {"GET": nodes.list_nodes},
    f"{K8S}/autoscaler/pools/{{id}}": {"PATCH": nodes.autoscaler_resize},
    f"{K8S}/autoscaler/nodes/{{id}}": {"DELETE": nodes.delete},
    f"{INSTANCE}/products/servers": {"GET": products.list_products},
    f"{INSTANCE}/products/servers/availability": {"GET": products.list_availability},
    f"{INSTANCE}/security_groups": {"GET": security_groups.GROUPS.list, "POST": security_groups.create},
    f"{INSTANCE}/security_groups/{{id}}": {
        **security_groups.GROUPS.handlers,
        **dict.fromkeys(("PATCH", "PUT"), security_groups.update),
    },
    f"{INSTANCE}/security_groups/{{id}}/rules": {"GET": security_groups.list_rules, "PUT": security_groups.set_rules},
    f"{LB}/ips": {"GET": loadbalancers.ADDRESSES.list, "POST": loadbalancers.create_ip},
    f"{LB}/ips/{{id}}": loadbalancers.ADDRESSES.handlers,
    f"{LB}/lbs": {"GET": loadbalancers.BALANCERS.list},
    f"{LB}/lbs/{{id}}": {"GET": loadbalancers.BALANCERS.read, "DELETE": loadbalancers.delete_lb},
    f"{LB}/lbs/{{id}}/frontends": {"GET": loadbalancers.list_frontends},
    f"{LB}/lbs/{{id}}/backends": {"GET": loadbalancers.list_backends},
    f"{DOMAIN}/dns-zones": {"GET": domain.list_zones},
    f"{DOMAIN}/dns-zones/{{dns_zone}}/records": {"GET": domain.list_records, "PATCH": domain.update_records},
    f"{IPAM}/ips": {"GET": ipam.list_ips},
    f"{COCKPIT}/data-sources": {"GET": cockpit.SOURCES.list, "POST": cockpit.create_source},
    f"{COCKPIT}/data-sources/{{id}}": cockpit.SOURCES.handlers,
    f"{COCKPIT}/tokens": {"POST": cockpit.create_token},
    f"{COCKPIT}/tokens/{{id}}": {"GET": cockpit.TOKENS.read, "DELETE": cockpit.TOKENS.delete},
    f"{IAM}/applications": {
        "GET": iam_applications.APPLICATIONS.list,
        "POST": iam_applications.create_application,
    },
    f"{IAM}/applications/{{id}}": iam_applications.APPLICATIONS.handlers,
    f"{IAM}/api-keys": {"GET": iam_applications.list_keys, "POST": iam_applications.create_key},
    f"{IAM}/api-keys/{{id}}": iam_applications.KEYS.handlers,
    f"{IAM}/policies": {"GET": iam_policies.POLICIES.list, "POST": iam_policies.create},
    f"{IAM}/policies/{{id}}": {**iam_policies.POLICIES.handlers, "PATCH": iam_policies.update},
    f"{IAM}/rules": {"GET": iam_policies.list_rules, "PUT": iam_policies.set_rules},
    f"{IAM}/permission-sets": {"GET": iam_policies.list_permission_sets},
}
