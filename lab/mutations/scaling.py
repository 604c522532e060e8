"""Mutations of autoscaling, and of the timetable."""

from lab.mutations.mutation import Mutation, rules

_HPA, _BRIDGES = "components/bridges/autoscaling.py", "config/bridges.py"
_TIMETABLE, _PROMQL = "sizing/timetable.py", "components/metrics/timetable_promql.py"
_SCHEDULES = "components/metrics/scaling_schedules.py"
_OBJECTS = "tests/components/test_scaling_objects.py::"
_COLLECTOR = f"{_OBJECTS}test_the_collector_reads_the_same_timetable_while_clocks_do_not_change"
_TIMES = "tests/sizing/test_sizing_timetable.py::"

HPA = (
    Mutation(
        _HPA,
        "round(scaling.stress * 1000)",
        "round(scaling.stress * 100)",
        "Bridges are added at the stress that the stack says.",
        rules(),
    ),
    Mutation(
        _HPA,
        "shard.bridges.target_participants * count",
        "shard.bridges.target_participants",
        "Workloads divide the participants of their shard.",
        f"{_OBJECTS}test_workloads_that_share_a_shards_bridges_share_its_metrics",
    ),
    Mutation(
        _HPA,
        "_of_namespace(TIMETABLE, shard, namespace, count)",
        "_of_namespace(TIMETABLE, shard, namespace, 1)",
        "Workloads divide the bridges of the timetable.",
        f"{_OBJECTS}test_workloads_that_share_a_shards_bridges_share_its_metrics",
    ),
    Mutation(
        _HPA,
        '{"matchLabels": {SHARD: shard.name}}',
        '{"matchLabels": {SHARD: "s0"}}',
        "A shard scales by its own participants.",
        rules(),
    ),
    Mutation(
        _HPA,
        '{"stabilizationWindowSeconds": scaling.scale_down_window}',
        '{"stabilizationWindowSeconds": 0}',
        "A short lull removes no bridge.",
        rules(),
    ),
    Mutation(
        _HPA,
        'up: Document = {"stabilizationWindowSeconds": 0}',
        'up: Document = {"stabilizationWindowSeconds": 300}',
        "Bridges are added at once.",
        rules(),
    ),
    Mutation(
        _HPA,
        'if bridges.topology == "static":',
        'if bridges.topology == "daemonset":',
        "A fixed number of bridges needs no metric.",
        "tests/components/test_features.py"
        "::test_a_fixed_number_of_bridges_is_an_autoscaler_with_one_bound_and_workloads_state_none",
    ),
    Mutation(
        _HPA,
        'f"{prefix}/port": "8080",',
        'f"{prefix}/port": "8888",',
        "The collector reads the bridge's own port.",
        rules("scaling-schedules"),
    ),
    Mutation(
        "components/kubernetes/replicas.py",
        '"maxReplicas": maximum,',
        '"maxReplicas": minimum,',
        "A workload grows to its maximum.",
        rules(),
    ),
    Mutation(
        "components/metrics/demand_promql.py",
        "clamp_min({grows}, 0) *",
        "clamp_max({grows}, 0) *",
        "Growth is carried on before bridges are full.",
        rules(),
    ),
    Mutation(
        _BRIDGES,
        "return min(self.participants, self.scaling.participants)",
        "return max(self.participants, self.scaling.participants)",
        "The autoscaler aims at no more than a bridge carries well.",
        f"{_OBJECTS}test_a_shards_own_metrics_are_asked_of_its_namespace_by_the_shards_name",
    ),
    Mutation(
        "components/metrics/adapter.py",
        '"apiGroups": ["custom.metrics.k8s.io"]',
        '"apiGroups": ["external.metrics.k8s.io"]',
        "The autoscaler may read the metrics that it scales by.",
        rules(),
    ),
    Mutation(
        "components/recording/autoscaling.py",
        '"scaleDown": {"stabilizationWindowSeconds": SHRINK_AFTER}',
        '"scaleDown": {"stabilizationWindowSeconds": 0}',
        "Recorders stay for a quarter of an hour.",
        "tests/components/test_recording_objects.py::test_recorders_shrink_only_after_a_quarter_of_an_hour",
    ),
)

SCHEDULE = (
    Mutation(
        _TIMETABLE,
        "entry.start), zone, 0) - lead",
        "entry.start), zone, 0)",
        "Bridges stand before an entry starts.",
        f"{_TIMES}test_capacity_stands_from_lead_before_start_until_end",
    ),
    Mutation(
        _TIMETABLE,
        "entry.start), zone, 0) - lead",
        "entry.start), zone, 1) - lead",
        "An entry starts with the first of two equal hours.",
        f"{_TIMES}test_an_entry_that_starts_in_the_hour_that_comes_twice_starts_with_the_first",
    ),
    Mutation(
        _TIMETABLE,
        "entry.end), zone, 1)",
        "entry.end), zone, 0)",
        "An entry ends with the second of two equal hours.",
        f"{_TIMES}test_an_entry_that_ends_in_the_hour_that_comes_twice_lasts_until_the_second",
    ),
    Mutation(
        _TIMETABLE,
        "nights = 1 if entry.end < entry.start else 0",
        "nights = 0",
        "An entry may last beyond midnight.",
        f"{_TIMES}test_an_entry_whose_end_lies_before_its_start_runs_into_the_next_day",
    ),
    Mutation(
        _TIMETABLE,
        "day <= entry.until)",
        "day < entry.until)",
        "The day of until is the last one.",
        f"{_TIMES}test_until_is_the_last_day_on_which_an_entry_starts",
    ),
    Mutation(
        _TIMETABLE,
        "return max((window.bridges for window in active",
        "return min((window.bridges for window in active",
        "The largest of overlapping entries counts.",
        f"{_TIMES}test_the_largest_of_overlapping_entries_counts_and_not_their_sum",
    ),
    Mutation(
        _BRIDGES,
        "return -(-(entry.participants or 0) // self.target_participants)",
        "return (entry.participants or 0) // self.target_participants",
        "Every announced participant has a place.",
        f"{_TIMES}test_participants_are_spread_over_whole_bridges",
    ),
    Mutation(
        _PROMQL,
        "(DAYS.index(day) + 1) % 7",
        "DAYS.index(day)",
        "Prometheus reads an entry on its own weekdays.",
        rules("announced"),
    ),
    Mutation(
        _PROMQL,
        "ahead = lead or 0",
        "ahead = 0",
        "Prometheus asks for bridges from the lead on.",
        rules("announced"),
    ),
    Mutation(
        _PROMQL,
        "if change.forward > 0:",
        "if change.forward < 0:",
        "Prometheus follows the clock of the entry's zone.",
        rules("announced"),
    ),
    Mutation(
        _SCHEDULES,
        "begin = start - -(-entry.lead // 60)",
        "begin = start",
        "The collector asks for bridges from the lead on.",
        _COLLECTOR,
    ),
    Mutation(
        _SCHEDULES,
        "if end < start:\n        end += _DAY",
        "if end < start:\n        end = _DAY",
        "The collector splits an entry at midnight and keeps both pieces.",
        _COLLECTOR,
    ),
    Mutation(
        _SCHEDULES,
        "(DAYS.index(day) + shift) % len(DAYS)",
        "DAYS.index(day) % len(DAYS)",
        "The second piece of an entry is on the next day.",
        _COLLECTOR,
    ),
)
