"""Mutations of node pools, and of the placeholders that keep nodes ready."""

from lab.mutations.mutation import Mutation, rules

_SCALEWAY = "tests/components/test_scaleway_resources.py::"
_POOLS = f"{_SCALEWAY}test_bridge_pools_are_public_tainted_and_kept_out_of_load_balancers[local]"
_NODES, _SIZING, _KAPSULE = (
    "components/scaleway/dedicated_nodes.py",
    "sizing/pools.py",
    "components/scaleway/kapsule.py",
)
_BRIDGES = "components/scaleway/bridge_nodes.py"
_SPARES, _TIMES = "components/bridges/spares.py", "sizing/spare_times.py"
_SPARE_TIMES = "tests/sizing/test_sizing_spare_times.py::"
_JOBS = "tests/components/test_scaling_objects.py::test_spares_follow_the_timetable_as_jobs_that_end_themselves"

POOLS = (
    Mutation(
        _NODES, 'effect="NoSchedule"', 'effect="PreferNoSchedule"', "Nothing else runs on a bridge's node.", rules()
    ),
    Mutation(_NODES, "public_ip_disabled=False,", "public_ip_disabled=True,", "A bridge's node is public.", rules()),
    Mutation(
        _NODES,
        'EXCLUDED_FROM_BALANCERS: "true"',
        'EXCLUDED_FROM_BALANCERS: "false"',
        "The load balancer sends nothing to bridge nodes.",
        _POOLS,
    ),
    Mutation(
        _NODES,
        'ignore_changes=["size"] if bounds.autoscaled else None',
        "ignore_changes=None",
        "An update leaves the autoscaler's number of nodes alone.",
        _POOLS,
    ),
    Mutation(
        _SIZING,
        "draining = -(-bridges.max // DRAINING_SHARE)",
        "draining = 0",
        "A pool has room for the bridges that drain.",
        rules(),
    ),
    Mutation(
        _SIZING,
        "bridges.max + bridges.scaling.spares + draining",
        "bridges.max + draining",
        "A pool has room for spares.",
        rules(),
    ),
    Mutation(
        _SIZING,
        "return -(-pods // per_node)",
        "return pods // per_node",
        "A pool has nodes for all its bridges.",
        "tests/sizing/test_sizing_capacity.py::test_sums_hold_for_any_size",
    ),
    Mutation(_NODES, "max_size=bounds.max,", "max_size=bounds.min,", "A bridge pool grows to its maximum.", rules()),
    Mutation(
        _BRIDGES,
        "reserved=(SHARD_LABEL, shard.name),",
        'reserved=(SHARD_LABEL, "bridges"),',
        "Bridges of a shard find the nodes of their pool.",
        rules(),
    ),
    Mutation(
        _KAPSULE,
        "skip_nodes_with_local_storage=False,",
        "skip_nodes_with_local_storage=True,",
        "Empty bridge nodes are removed.",
        f"{_SCALEWAY}test_the_autoscaler_waits_for_the_longest_drain[local]",
    ),
    Mutation(
        _KAPSULE,
        "max_graceful_termination_sec=args.drain_seconds,",
        "max_graceful_termination_sec=600,",
        "The node autoscaler waits for the longest drain.",
        rules(),
    ),
    Mutation(
        "components/scaleway/turn_nodes.py",
        "bounds=fixed_nodes(1),",
        "bounds=fixed_nodes(2),",
        "Each TURN node is a pool of its own.",
        "tests/plan/test_plan_turn_udp.py::test_each_node_is_a_pool_whose_address_is_a_record_of_the_relays_name",
    ),
    Mutation(
        "sizing/system_pods.py",
        "max(SYSTEM_NODES, pool.min, needed)",
        "max(SYSTEM_NODES, pool.min)",
        "The system pool holds what runs at the same time.",
        "tests/sizing/test_sizing_pods.py::test_the_maximum_of_system_nodes_follows_from_the_shards_unless_it_is_set",
    ),
)

SPARES = (
    Mutation(_SPARES, "PRIORITY = -5", "PRIORITY = 5", "Bridges outrank placeholders.", rules()),
    Mutation(_SPARES, "PRIORITY = -5", "PRIORITY = -11", "A pending placeholder adds a node.", rules()),
    Mutation(
        _SPARES,
        'preemptionPolicy="Never"',
        'preemptionPolicy="PreemptLowerPriority"',
        "Placeholders preempt no pod.",
        rules(),
    ),
    Mutation(
        _SPARES,
        '"cluster-autoscaler.kubernetes.io/safe-to-evict": "true"',
        '"cluster-autoscaler.kubernetes.io/safe-to-evict": "false"',
        "A placeholder holds no node that is to go.",
        rules(),
    ),
    Mutation(
        _SPARES,
        "terminationGracePeriodSeconds=0,",
        "terminationGracePeriodSeconds=600,",
        "A placeholder gives way at once.",
        rules(),
    ),
    Mutation(
        _SPARES,
        '"cpu": f"{size.millicpu}m"',
        '"cpu": "100m"',
        "A placeholder has the size of a bridge.",
        rules(),
    ),
    Mutation(
        _SPARES,
        '"replicas": pods.shard.bridges.scaling.spares,',
        '"replicas": pods.shard.bridges.scaling.spares + 1,',
        "There are as many placeholders as the stack asks for.",
        rules(),
    ),
    Mutation(
        _SPARES, "window.minutes * 60", "window.minutes", "Spares stand until the window ends.", rules("announced")
    ),
    Mutation(
        _SPARES,
        '"timeZone": window.timezone',
        '"timeZone": "Etc/UTC"',
        "Spares start by the clock of the timetable.",
        rules("announced"),
    ),
    Mutation(
        _SPARES,
        "{window.start.minute} {window.start.hour} * *",
        "{window.start.hour} {window.start.minute} * *",
        "Spares start at the minute of their window.",
        rules("announced"),
    ),
    Mutation(
        _SPARES,
        '"parallelism": count,',
        '"parallelism": 1,',
        "All spares of a window stand together.",
        _JOBS,
    ),
    Mutation(
        _TIMES,
        "% DAY + lead)",
        "% DAY)",
        "Spares stand for the lead and the whole entry.",
        f"{_SPARE_TIMES}test_spares_stand_from_the_lead_to_the_end",
    ),
    Mutation(
        _TIMES,
        "BRIDGED = 60",
        "BRIDGED = 0",
        "A short break does not send spares away.",
        f"{_SPARE_TIMES}test_lessons_of_a_morning_are_one_window_and_an_hours_gap_is_a_gap",
    ),
    Mutation(
        _TIMES,
        'if not bridges.schedule or bridges.scaling.spares_when == "always":',
        "if not bridges.schedule:",
        "With sparesWhen always spares never leave.",
        f"{_SPARE_TIMES}test_without_a_timetable_or_when_it_never_rests_they_always_stand",
    ),
    Mutation(
        _KAPSULE,
        "SPARE_CUTOFF = -10",
        "SPARE_CUTOFF = 0",
        "Kapsule's autoscaler adds nodes for placeholders.",
        rules(),
    ),
)
