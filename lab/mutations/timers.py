"""Mutations of the timers of leaving, and of the hooks' scripts."""

from lab.mutations.mutation import Mutation, rules

_DRAIN, _PODS, _WORKLOADS = "sizing/drain.py", "components/bridges/pods.py", "components/bridges/workloads.py"
_CONF = "components/bridges/jvb_conf.py"
_TIMERS = "tests/sizing/test_sizing_timers.py::"
_HOOK, _SIDECAR = "components/bridges/scripts/drain.sh", "components/bridges/scripts/own-pod.sh"
_RELAY, _RECORDER = "components/turn/scripts/drain.sh", "components/recording/scripts/leave.sh"
_GATEWAY = "components/gateway/scripts/leave.sh"
_LEAVING = "tests/components/test_leaving_scripts.py::"
_BRIDGE_LEAVES = f"{_LEAVING}test_a_bridge_drains_is_asked_to_leave_and_then_to_move_the_rest"
_WHOLE_DEADLINE = f"{_LEAVING}test_a_bridge_that_never_empties_has_its_whole_deadline_and_no_more"
_RECORDER_WAITS = f"{_LEAVING}test_a_recorder_refuses_new_recordings_and_waits_for_its_own"
_RELAY_WAITS = f"{_LEAVING}test_a_relay_waits_while_it_has_sessions_until_its_deadline"
_CALLS = "tests/components/test_gateway.py::"
_OWN_POD = "tests/components/test_own_pod_script.py"

TIMERS = (
    Mutation(
        _DRAIN,
        'all steps included."""\n    return bridges.drain.deadline',
        'all steps included."""\n    return 30',
        "A bridge's grace period is its drain's deadline.",
        rules(),
    ),
    Mutation(
        _DRAIN,
        "return bridges.drain.deadline - HOOK_MARGIN_SECONDS",
        "return bridges.drain.deadline",
        "The hook ends before the grace period.",
        f"{_TIMERS}test_what_follows_from_a_drain_agrees_with_it",
    ),
    Mutation(
        _DRAIN,
        "return recording.longest + UPLOAD_SECONDS",
        "return UPLOAD_SECONDS",
        "A recorder outlives its longest recording.",
        "tests/components/test_recording_objects.py"
        "::test_a_recorder_outlives_its_longest_recording_and_has_an_hour_for_the_upload",
    ),
    Mutation(
        "sizing/rollout.py",
        "return JOINED_SECONDS if in_place(bridges) else bridges.drain.shortest_deadline",
        "return JOINED_SECONDS",
        "A rollout waits until the former bridges have gone.",
        rules(),
    ),
    Mutation(
        "sizing/rollout.py",
        "SHARE_PERCENT = 100 // DRAINING_SHARE",
        "SHARE_PERCENT = 100",
        "A share of the bridges leaves at a time.",
        f"{_TIMERS}test_the_share_counts_every_port_of_a_node",
    ),
    Mutation(
        "sizing/rollout.py",
        "return max(1, replicas * SHARE_PERCENT // 100)",
        "return replicas * SHARE_PERCENT // 100",
        "A rollout of few bridges goes on.",
        f"{_TIMERS}test_an_update_takes_its_share_of_the_bridges_and_at_least_one",
    ),
    Mutation(
        "config/bridges.py",
        "return ANNOUNCE_SECONDS + self.migrate_after + MOVE_SECONDS + EXIT_SECONDS",
        "return ANNOUNCE_SECONDS + self.migrate_after",
        "A drain's deadline covers each of its steps.",
        "tests/config/test_config_problems.py::test_each_rule_names_the_place_the_limit_and_the_remedy",
    ),
    Mutation(
        _PODS,
        'lifecycle={"preStop": {"exec": {"command": ["/bin/sh", "/bridge-scripts/drain.sh"]}}},',
        "",
        "A bridge drains before it is stopped.",
        rules(),
    ),
    Mutation(
        _PODS,
        '"cluster-autoscaler.kubernetes.io/safe-to-evict": "false"',
        '"cluster-autoscaler.kubernetes.io/safe-to-evict": "true"',
        "The node autoscaler moves no bridge with meetings.",
        rules(),
    ),
    Mutation(
        _PODS,
        '"MIGRATE_AFTER": bridges.drain.migrate_after,',
        '"MIGRATE_AFTER": 0,',
        "The hook waits for meetings as long as the stack says.",
        rules(),
    ),
    Mutation(
        _WORKLOADS,
        '{"maxUnavailable": unavailable, "maxSurge": 0}',
        '{"maxUnavailable": unavailable, "maxSurge": 1}',
        "A new bridge waits for a free host port.",
        rules(),
    ),
    Mutation(
        _WORKLOADS,
        '"maxUnavailable": SHARE,',
        '"maxUnavailable": "100%",',
        "A node drain evicts a share of the bridges at a time.",
        rules(),
    ),
    Mutation(
        _CONF,
        "{shard.bridges.drain.migrate_after} seconds",
        "86400 seconds",
        "The bridge waits for meetings as long as its hook.",
        rules(),
    ),
    Mutation(
        _CONF,
        "{MOVE_SECONDS} seconds",
        "{10 * MOVE_SECONDS} seconds",
        "The bridge exits before its hook gives up.",
        rules(),
    ),
    Mutation(
        "components/turn/manifests.py",
        "terminationGracePeriodSeconds=self.turn.drain,",
        "terminationGracePeriodSeconds=30,",
        "Relayed sessions have the whole drain.",
        rules("turn"),
    ),
)

SCRIPTS = (
    Mutation(_HOOK, "/colibri/drain/enable", "/colibri/drain/disable", "A leaving bridge drains.", _BRIDGE_LEAVES),
    Mutation(
        _HOOK,
        "leave) shut_down true",
        "leave) shut_down false",
        "A bridge waits for its meetings before it moves them.",
        _BRIDGE_LEAVES,
    ),
    Mutation(_HOOK, "move) shut_down false", "move) shut_down true", "The rest is moved in the end.", _BRIDGE_LEAVES),
    Mutation(
        _HOOK,
        "leave_at=$((started + announce))",
        "leave_at=$started",
        "A drain is announced before the bridge is asked to leave.",
        _BRIDGE_LEAVES,
    ),
    Mutation(_HOOK, "[ $? -ne 7 ]", "[ $? -eq 7 ]", "The hook returns when the bridge has exited.", _BRIDGE_LEAVES),
    Mutation(
        _HOOK,
        "end=$((started + deadline))",
        "end=$((started + 20))",
        "The hook returns at its deadline.",
        _WHOLE_DEADLINE,
    ),
    Mutation(
        _HOOK,
        'while clock && [ "$now" -lt "$end" ]; do',
        'while clock && [ "$now" -lt "$started" ]; do',
        "The hook waits for the bridge.",
        _WHOLE_DEADLINE,
    ),
    Mutation(
        _RECORDER, "*) quiet=0 ;;", "*) quiet=$((quiet + 1)) ;;", "A recorder finishes its recording.", _RECORDER_WAITS
    ),
    Mutation(
        _RECORDER,
        "internal/v1.0/gracefulShutdown",
        "internal/v1.0/notifyConfigChanged",
        "A leaving recorder takes no new recording.",
        _RECORDER_WAITS,
    ),
    Mutation(
        _RELAY,
        '[ "$port" -gt "$LAST_PORT" ]',
        '[ "$port" -ge "$LAST_PORT" ]',
        "Each relayed session counts.",
        _RELAY_WAITS,
    ),
    Mutation(
        _RELAY,
        '[ "$(sessions)" -gt 0 ] || exit 0',
        "exit 0",
        "A relay waits for its sessions.",
        _RELAY_WAITS,
    ),
    Mutation(
        _GATEWAY,
        "&& asked; then told=yes; fi",
        "; then asked; told=yes; fi",
        "A gateway that does not hear is asked again.",
        f"{_CALLS}test_a_gateway_that_does_not_hear_is_asked_again",
    ),
    Mutation(
        _GATEWAY,
        '-lt "$DEADLINE"',
        '-lt "$started"',
        "A call that never ends holds nobody beyond the deadline.",
        f"{_CALLS}test_a_call_that_never_ends_keeps_nobody_beyond_the_deadline",
    ),
    Mutation(
        _HOOK,
        "kept) return_by",
        "never) return_by",
        "A bridge whose pod is not deleted moves everybody at once.",
        "tests/components/test_bridge_leaves.py"
        "::test_a_pod_that_ends_without_being_deleted_has_everybody_moved_at_once",
        engine=True,
    ),
    Mutation(
        _HOOK,
        'echo "$number" >"$asked"',
        'echo none >"$asked"',
        "The hook learns the pod's real grace period.",
        "tests/components/test_bridge_leaves.py::test_a_smaller_grace_than_planned_moves_the_rest_in_time",
        engine=True,
    ),
    Mutation(
        _SIDECAR,
        "?*) cost=-1 ;;",
        "?*) cost=1000 ;;",
        "A draining bridge is removed first.",
        _OWN_POD,
        engine=True,
    ),
)
