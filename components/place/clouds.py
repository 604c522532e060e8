"""Every cloud that a stack can run in: `cluster.kind` and the function that returns its `Place`."""

from collections.abc import Callable

from components.place.existing import existing
from components.place.place import Place
from components.scaleway.place import kapsule
from config.cluster import Kind
from config.load import Secrets
from config.stack import StackConfig

PLACES: dict[Kind, Callable[[StackConfig, Secrets, str], Place]] = {"kapsule": kapsule, "existing": existing}
"""`cluster.kind` -> what creates the place, or finds it."""


def place(config: StackConfig, secrets: Secrets, stack: str) -> Place:
    """Return the place of a stack: its cluster and cloud resources."""
    return PLACES[config.cluster.kind](config, secrets, stack)
