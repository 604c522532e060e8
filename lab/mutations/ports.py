"""Mutations of ports, and of the firewalls in front of them."""

from lab.mutations.mutation import Mutation, rules

_PLAN = "tests/components/test_port_plan.py::"
_SCALEWAY = "tests/components/test_scaleway_resources.py::"
_OPENS = f"{_SCALEWAY}test_each_bridge_pool_opens_exactly_its_bridges_ports_to_both_families[local]"
_SIZING, _WORKLOADS, _PODS = "sizing/ports.py", "components/bridges/workloads.py", "components/bridges/pods.py"
_NODES = "components/scaleway/dedicated_nodes.py"

PORTS = (
    Mutation(
        _SIZING,
        "number if by_node_port else number % bridges.per_node",
        "number % bridges.per_node if by_node_port else number",
        "A bridge's port follows from its layout and its number.",
        f"{_PLAN}test_these_are_the_ports_that_running_stacks_hold",
    ),
    Mutation(
        _SIZING,
        "local_port=port,",
        "local_port=port + 1,",
        "A bridge listens on the very port that it advertises.",
        rules(),
    ),
    Mutation(
        _SIZING,
        "for number in range(bridges.ceiling)",
        "for number in range(bridges.max)",
        "Ports are planned only for bridges that can run.",
        f"{_PLAN}test_only_bridges_that_can_run_are_opened",
    ),
    Mutation(
        _SIZING,
        "return (total - index + per_node - 1) // per_node",
        "return total // per_node",
        "The workloads of a hostPort shard add up to its bridges.",
        f"{_PLAN}test_the_workloads_of_a_host_port_shard_add_up_to_its_bridges",
    ),
    Mutation(
        _SIZING,
        "port=shard.first_port + index,",
        "port=shard.first_port,",
        "Bridges that share a node have different host ports.",
        rules("many-ports-per-node"),
    ),
    Mutation(
        _WORKLOADS,
        '"externalTrafficPolicy": "Local",',
        '"externalTrafficPolicy": "Cluster",',
        "A NodePort answers only on the node of its bridge.",
        rules(),
    ),
    Mutation(
        _WORKLOADS,
        '"publishNotReadyAddresses": True,',
        '"publishNotReadyAddresses": False,',
        "Media keeps flowing to a bridge that drains.",
        rules(),
    ),
    Mutation(
        _WORKLOADS,
        '"nodePort": bridge.port,',
        '"nodePort": bridge.port + 1,',
        "The NodePort is the one that the bridge advertises.",
        rules(),
    ),
    Mutation(
        _WORKLOADS,
        '"targetPort": bridge.local_port,',
        '"targetPort": shard_port if (shard_port := pods.shard.first_port) else 0,',
        "A media Service leads to the port on which its own bridge listens.",
        rules(),
    ),
    Mutation(
        _PODS,
        '"hostPort": host_port, "protocol": "UDP"',
        '"hostPort": host_port, "protocol": "TCP"',
        "Host ports of bridges are UDP.",
        rules(),
    ),
    Mutation(
        _PODS,
        "if ordinal else []),",
        "if not ordinal else []),",
        "A bridge behind a NodePort adds its ordinal to the first port.",
        rules(),
    ),
    Mutation(
        "components/bridges/scripts/advertise.sh",
        "port=$((FIRST_PORT + ${ORDINAL:-0}))",
        "port=$FIRST_PORT",
        "The script adds the ordinal to the first port.",
        "tests/components/test_bridge_advertises.py::test_a_bridge_advertises_its_nodes_public_address_and_its_own_port",
        engine=True,
    ),
)

FIREWALL = (
    Mutation(
        _SIZING,
        "ranges[-1] = (ranges[-1][0], port)",
        "ranges[-1] = (ranges[-1][0], port - 1)",
        "The firewall's ranges are exactly the planned ports.",
        f"{_PLAN}test_the_firewall_opens_exactly_the_ports_of_the_plan",
    ),
    Mutation(
        _NODES,
        'inbound_default_policy="drop"',
        'inbound_default_policy="accept"',
        "A bridge's node drops all inbound traffic that no rule names.",
        rules(),
    ),
    Mutation(
        _NODES,
        "stateful=True,",
        "stateful=False,",
        "Answers to connections from the node come in.",
        rules(),
    ),
    Mutation(
        _NODES,
        'ALL_ADDRESSES = ("0.0.0.0/0", "::/0")',
        'ALL_ADDRESSES = ("0.0.0.0/0",)',
        "Clients with IPv6 reach the bridges.",
        rules(),
    ),
    Mutation(_NODES, 'protocol="UDP",', 'protocol="TCP",', "The firewall lets in media, which is UDP.", rules()),
    Mutation(
        _NODES,
        'port_range=None if first == last else f"{first}-{last}"',
        'port_range=None if first == last else f"{first}-{last - 1}"',
        "The firewall lets in the whole range.",
        rules(),
    ),
    Mutation(
        _NODES,
        'outbound_default_policy="accept"',
        'outbound_default_policy="drop"',
        "Nodes pull images and bridges answer clients.",
        rules(),
    ),
    Mutation(
        _NODES,
        "security_group_id=firewall.id if firewall else None,",
        "security_group_id=None,",
        "Each bridge pool has its firewall.",
        rules(),
    ),
    Mutation(
        _NODES,
        "zone=zone,\n        stateful",
        'zone=f"{site.region}-3",\n        stateful',
        "A firewall is in the zone of its pool.",
        _OPENS,
    ),
    Mutation(
        "components/scaleway/bridge_nodes.py",
        "ports=open_ports(shard)",
        "ports=[(1024, 65535)]",
        "The firewall lets in nothing but media ports.",
        rules(),
    ),
    Mutation(
        "components/scaleway/gateway_nodes.py",
        "ports=[(sip.first_port, sip.last_port)],",
        "ports=[(sip.first_port, sip.last_port - 1)],",
        "Every media port of a SIP gateway is open.",
        "tests/components/test_gateway.py::test_plan_firewall_pod_and_policy_open_the_same_ports",
    ),
    Mutation(
        "components/scaleway/turn_nodes.py",
        "ports=[(args.udp.port, args.udp.port)]",
        "ports=[(args.udp.port, args.udp.port + 1)]",
        "A TURN node opens one port.",
        "tests/plan/test_plan_turn_udp.py::test_its_nodes_let_in_the_one_port_and_nothing_else",
    ),
)
