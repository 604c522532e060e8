"""Changes of a stack beside its bridges, applied to a running stack: the engine does what the diff says, and who leaves is whom it names."""

import pytest
from applied_chain import Chain
from diff_chains import CHAINS

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(1200)]

STEPS = CHAINS["stack"]


@pytest.fixture(scope="module")
def chain(embedded, tmp_path_factory):
    """The local stack, up; destroyed when the module ends."""
    running = Chain("stack", embedded, tmp_path_factory.mktemp("chain"))
    running.start()
    yield running
    running.write()
    embedded.engine.destroy(running.file(running.taken))


@pytest.mark.parametrize("number", range(len(STEPS)), ids=[step.name for step in STEPS])
def test_the_engine_does_what_the_diff_says_and_the_bridges_that_leave_are_those_that_it_names(chain, number):
    chain.take(number)


def test_the_names_of_bridge_workloads_are_those_of_the_cluster(chain):
    plan, found = chain.named()
    assert plan == found
