"""One build of the simulator for all tests."""
import pytest

import sim


@pytest.fixture(scope="session")
def program():
    """forkpool-sim as it is built by default."""
    return sim.build(sim.ROOT, "sim")
