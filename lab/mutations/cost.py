"""Mutations of the bill, and of findings."""

from lab.mutations.mutation import Mutation

_COST, _USE, _PRICES = "sizing/cost.py", "sizing/typical_use.py", "sizing/prices.py"
_BILL = "tests/sizing/test_sizing_cost.py::"
_SPEAKS = "tests/plan/test_plan_findings.py::test_a_rule_speaks_where_it_applies"
_SILENT = "tests/plan/test_plan_findings.py::test_a_rule_is_silent_where_it_just_does_not_apply"
_FINDINGS = "plan/findings/"

COST = (
    Mutation(
        _PRICES,
        "HOURS_PER_MONTH = 730",
        "HOURS_PER_MONTH = 720",
        "A month has 730 hours.",
        f"{_BILL}test_nodes_are_priced_by_the_hour_for_a_month_of_730",
    ),
    Mutation(
        _COST,
        'yield Item("public addresses of nodes", "IPv4", IPV4, *_units_of(item for _, item in nodes))',
        "",
        "Every node's address is on the bill.",
        f"{_BILL}test_every_node_has_an_address_and_a_root_volume",
    ),
    Mutation(
        _COST,
        "CONTROL_PLANES[control_plane])",
        "0.0)",
        "A dedicated control plane is on the bill.",
        f"{_BILL}test_a_control_plane_costs_what_its_size_costs",
    ),
    Mutation(
        _COST,
        "if config.metrics.managed:",
        "if not config.metrics.managed:",
        "The volume of the stack's Prometheus is on the bill.",
        f"{_BILL}test_prometheus_is_paid_for_only_where_the_stack_runs_it",
    ),
    Mutation(
        _COST,
        "if config.recording.endpoint is None:",
        "if config.recording.bucket:",
        "A bucket elsewhere is not on this bill.",
        f"{_BILL}test_a_bucket_elsewhere_is_not_on_this_bill",
    ),
    Mutation(
        _COST,
        "line.monthly(getattr(line, column))",
        "line.monthly(line.min)",
        "Each column is the sum of its lines.",
        f"{_BILL}test_columns_add_up",
    ),
    Mutation(
        _COST,
        'if pool.kind != "bridges"]',
        'if pool.kind == "bridges"]',
        "The fixed price is everything but bridges.",
        f"{_BILL}test_the_fixed_price_is_the_least_of_every_line_but_the_bridges_nodes",
    ),
    Mutation(
        "config/quantities.py",
        "quantity(text) / 10**9",
        "quantity(text) / 2**30",
        "Storage is sold in decimal gigabytes.",
        f"{_BILL}test_a_quantity_is_sold_in_started_decimal_gigabytes",
    ),
    Mutation(
        "sizing/timetable.py",
        "return -(-(run[1] - run[0]) // timedelta(hours=1))",
        "return (run[1] - run[0]) // timedelta(hours=1)",
        "A node is billed by the started hour.",
        "tests/sizing/test_sizing_timetable.py::test_a_node_is_billed_by_the_started_hour_of_each_run",
    ),
    Mutation(
        _USE,
        "spares=not spare_windows(bridges))",
        "spares=False)",
        "A spare that always stands is on the bill.",
        f"{_BILL}test_a_spare_that_no_timetable_sends_away_is_paid_for_always",
    ),
    Mutation(
        _USE,
        "* 3600 * kept_days(recording) / WEEK.days",
        "* 3600 / WEEK.days",
        "A longer retention costs more.",
        f"{_BILL}test_larger_pictures_and_longer_retention_cost_more",
    ),
    Mutation(
        "sizing/system_pods.py",
        "min(maximum, max(system_min(config, zone), needed))",
        "min(maximum, system_min(config, zone))",
        "System nodes of what always runs are on the bill.",
        f"{_BILL}test_system_nodes_that_what_always_runs_takes_are_on_the_bill",
    ),
)

FINDINGS = (
    Mutation(
        f"{_FINDINGS}timetable.py",
        "needed > CLOSE * bridges.ceiling",
        "needed > bridges.ceiling",
        "An entry that needs nearly every bridge is a finding.",
        _SPEAKS,
    ),
    Mutation(
        f"{_FINDINGS}timetable.py",
        "entry.until < subject.today",
        "entry.until <= subject.today",
        "An entry has not expired on its last day.",
        _SILENT,
    ),
    Mutation(
        f"{_FINDINGS}timetable.py",
        "len(sharing) > 1",
        "len(sharing) > 2",
        "Participants that look doubled are a finding.",
        _SPEAKS,
    ),
    Mutation(
        f"{_FINDINGS}scaling.py",
        "if entry.lead >= takes:",
        "if entry.lead > takes:",
        "A lead that is just long enough is no finding.",
        _SILENT,
    ),
    Mutation(
        f"{_FINDINGS}turn.py",
        "if turn and turn.replicas == 1:",
        "if turn and turn.replicas == 2:",
        "A single relay is a finding.",
        _SPEAKS,
    ),
    Mutation(
        f"{_FINDINGS}shards.py",
        "if not subject.active:",
        "if not subject.shards:",
        "A stack without an active shard is a finding.",
        _SPEAKS,
    ),
    Mutation(
        f"{_FINDINGS}shards.py",
        "if len(subject.active) > 1 and len(zones) == 1:",
        "if len(zones) == 1:",
        "One shard is not called a stack in one zone.",
        _SILENT,
    ),
    Mutation(
        f"{_FINDINGS}edge.py",
        "if subject.config.ingress.replicas == 1:",
        "if subject.config.ingress.replicas == 0:",
        "A single HAProxy is a finding.",
        _SPEAKS,
    ),
    Mutation(
        f"{_FINDINGS}recording.py",
        "if longest > NODE_DELETION_SECONDS:",
        "if longest >= NODE_DELETION_SECONDS:",
        "A recording that just survives an upgrade is no finding.",
        _SILENT,
    ),
    Mutation(
        f"{_FINDINGS}edge.py",
        "if needed > size:",
        "if needed > 2 * size:",
        "A table with fewer places than rooms is a finding.",
        _SPEAKS,
    ),
    Mutation(
        f"{_FINDINGS}secrets.py",
        "if subject.kapsule and region and override and override != region:",
        "if subject.kapsule and region and override:",
        "An environment that agrees with the stack is no finding.",
        _SILENT,
    ),
    Mutation(
        f"{_FINDINGS}rule.py",
        "if hit not in reported:",
        "if True:",
        "A finding of several shards is said once.",
        "tests/plan/test_plan_findings.py::test_a_default_that_several_shards_share_is_told_once",
    ),
)
