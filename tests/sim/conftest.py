"""The simulator under test."""
import pytest

import sim


@pytest.fixture(scope="session")
def program():
    """forkpool-sim as it is built by default."""
    return sim.BUILT / "bin" / "forkpool-sim"
