"""The table of mutations, by topic."""

from collections.abc import Mapping

from lab.mutations.cost import COST, FINDINGS
from lab.mutations.edge import EDGE, POLICIES
from lab.mutations.mutation import Mutation
from lab.mutations.pools import POOLS, SPARES
from lab.mutations.ports import FIREWALL, PORTS
from lab.mutations.rights import RIGHTS, SECRETS
from lab.mutations.scaling import HPA, SCHEDULE
from lab.mutations.timers import SCRIPTS, TIMERS

TOPICS: Mapping[str, tuple[Mutation, ...]] = {
    "ports": PORTS,
    "firewall": FIREWALL,
    "pools": POOLS,
    "timers": TIMERS,
    "HPA": HPA,
    "spares": SPARES,
    "schedule": SCHEDULE,
    "edge": EDGE,
    "policies": POLICIES,
    "rights": RIGHTS,
    "secrets": SECRETS,
    "cost": COST,
    "findings": FINDINGS,
    "scripts": SCRIPTS,
}
