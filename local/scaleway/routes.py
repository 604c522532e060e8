"""Which handler answers which method and path."""

from __future__ import annotations

from typing import TYPE_CHECKING

from local.scaleway import (
    acls,
    clusters,
    cockpit,
    domain,
    iam,
    iam_policies,
    ipam,
    loadbalancers,
    node_api,
    pools,
    products,
    security_groups,
    versions,
    vpc,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from local.scaleway.call import Answer, Call

    Handler = Callable[[Call], Answer]

VPC, K8S = "/vpc/v2/regions/{region}", "/k8s/v1/regions/{region}"
INSTANCE, LB = "/instance/v1/zones/{zone}", "/lb/v1/zones/{zone}"
DOMAIN, IPAM, IAM = "/domain/v2beta1", "/ipam/v1/regions/{region}", "/iam/v1alpha1"
COCKPIT = "/cockpit/v1/regions/{region}"

ROUTES: dict[str, dict[str, Handler]] = {
    f"{VPC}/vpcs": {"GET": vpc.list_vpcs, "POST": vpc.create_vpc},
    f"{VPC}/vpcs/{{id}}": {"GET": vpc.read_vpc, "PATCH": vpc.update_vpc, "DELETE": vpc.delete_vpc},
    f"{VPC}/vpcs/{{id}}/enable-routing": {"POST": vpc.enable_routing},
    f"{VPC}/vpcs/{{id}}/enable-custom-routes-propagation": {"POST": vpc.enable_custom_routes},
    f"{VPC}/private-networks": {"GET": vpc.list_networks, "POST": vpc.create_network},
    f"{VPC}/private-networks/{{id}}": {
        "GET": vpc.read_network,
        "PATCH": vpc.update_network,
        "DELETE": vpc.delete_network,
    },
    f"{K8S}/versions": {"GET": versions.list_versions},
    f"{K8S}/versions/{{id}}": {"GET": versions.read_version},
    f"{K8S}/clusters": {"GET": clusters.list_clusters, "POST": clusters.create},
    f"{K8S}/clusters/{{id}}": {"GET": clusters.read, "PATCH": clusters.update, "DELETE": clusters.delete},
    f"{K8S}/clusters/{{id}}/upgrade": {"POST": clusters.upgrade},
    f"{K8S}/clusters/{{id}}/set-type": {"POST": clusters.set_type},
    f"{K8S}/clusters/{{id}}/available-types": {"GET": clusters.available_types},
    f"{K8S}/clusters/{{id}}/available-versions": {"GET": clusters.available_versions},
    f"{K8S}/clusters/{{id}}/kubeconfig": {"GET": clusters.kubeconfig},
    f"{K8S}/clusters/{{id}}/acls": {"GET": acls.list_rules, "PUT": acls.set_rules, "POST": acls.add_rules},
    f"{K8S}/acls/{{id}}": {"DELETE": acls.delete_rule},
    f"{K8S}/clusters/{{id}}/pools": {"GET": pools.list_pools, "POST": pools.create},
    f"{K8S}/clusters/{{id}}/nodes": {"GET": node_api.list_nodes},
    f"{K8S}/pools/{{id}}": {"GET": pools.read, "PATCH": pools.update, "DELETE": pools.delete},
    f"{K8S}/pools/{{id}}/upgrade": {"POST": pools.upgrade},
    f"{K8S}/pools/{{id}}/set-labels": {"PUT": pools.set_labels},
    f"{K8S}/pools/{{id}}/set-taints": {"PUT": pools.set_taints},
    f"{K8S}/pools/{{id}}/set-startup-taints": {"PUT": pools.set_startup_taints},
    f"{K8S}/nodes/{{id}}": {"GET": node_api.read, "DELETE": node_api.delete},
    f"{K8S}/nodes/{{id}}/replace": {"POST": node_api.replace},
    f"{K8S}/nodes/{{id}}/reboot": {"POST": node_api.reboot},
    f"{K8S}/autoscaler/clusters/{{id}}/pools": {"GET": node_api.autoscaler_pools},
    f"{K8S}/autoscaler/clusters/{{id}}/nodes": {"GET": node_api.autoscaler_nodes},
    f"{K8S}/autoscaler/pools/{{id}}": {"PATCH": node_api.autoscaler_resize},
    f"{K8S}/autoscaler/nodes/{{id}}": {"DELETE": node_api.delete},
    f"{INSTANCE}/products/servers": {"GET": products.list_products},
    f"{INSTANCE}/products/servers/availability": {"GET": products.list_availability},
    f"{INSTANCE}/security_groups": {"GET": security_groups.list_groups, "POST": security_groups.create},
    f"{INSTANCE}/security_groups/{{id}}": {
        "GET": security_groups.read,
        "PATCH": security_groups.update,
        "PUT": security_groups.update,
        "DELETE": security_groups.delete,
    },
    f"{INSTANCE}/security_groups/{{id}}/rules": {"GET": security_groups.list_rules, "PUT": security_groups.set_rules},
    f"{LB}/ips": {"GET": loadbalancers.list_ips, "POST": loadbalancers.create_ip},
    f"{LB}/ips/{{id}}": {
        "GET": loadbalancers.read_ip,
        "PATCH": loadbalancers.update_ip,
        "DELETE": loadbalancers.release_ip,
    },
    f"{LB}/lbs": {"GET": loadbalancers.list_lbs},
    f"{LB}/lbs/{{id}}": {"GET": loadbalancers.read_lb, "DELETE": loadbalancers.delete_lb},
    f"{LB}/lbs/{{id}}/frontends": {"GET": loadbalancers.list_frontends},
    f"{LB}/lbs/{{id}}/backends": {"GET": loadbalancers.list_backends},
    f"{DOMAIN}/dns-zones": {"GET": domain.list_zones},
    f"{DOMAIN}/dns-zones/{{dns_zone}}/records": {"GET": domain.list_records, "PATCH": domain.update_records},
    f"{IPAM}/ips": {"GET": ipam.list_ips},
    f"{COCKPIT}/data-sources": {"GET": cockpit.list_sources, "POST": cockpit.create_source},
    f"{COCKPIT}/data-sources/{{id}}": {
        "GET": cockpit.read_source,
        "PATCH": cockpit.update_source,
        "DELETE": cockpit.delete_source,
    },
    f"{COCKPIT}/tokens": {"POST": cockpit.create_token},
    f"{COCKPIT}/tokens/{{id}}": {"GET": cockpit.read_token, "DELETE": cockpit.delete_token},
    f"{IAM}/applications": {"GET": iam.list_applications, "POST": iam.create_application},
    f"{IAM}/applications/{{id}}": {
        "GET": iam.read_application,
        "PATCH": iam.update_application,
        "DELETE": iam.delete_application,
    },
    f"{IAM}/api-keys": {"GET": iam.list_keys, "POST": iam.create_key},
    f"{IAM}/api-keys/{{id}}": {"GET": iam.read_key, "PATCH": iam.update_key, "DELETE": iam.delete_key},
    f"{IAM}/policies": {"GET": iam_policies.list_policies, "POST": iam_policies.create},
    f"{IAM}/policies/{{id}}": {
        "GET": iam_policies.read,
        "PATCH": iam_policies.update,
        "DELETE": iam_policies.delete,
    },
    f"{IAM}/rules": {"GET": iam_policies.list_rules, "PUT": iam_policies.set_rules},
    f"{IAM}/permission-sets": {"GET": iam_policies.list_permission_sets},
}
