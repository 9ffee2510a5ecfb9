"""How many examples a property draws: few, and the same each time, or, with FORKPOOL_HYPOTHESIS=hunt, very many at random."""

import os

from hypothesis import HealthCheck, settings


def profile(check, hunt):
    """Settings; of each of the two: (examples, steps of a state machine)."""
    which = os.environ.get("FORKPOOL_HYPOTHESIS", "check")
    examples, steps = {"check": check, "hunt": hunt}[which]
    return settings(max_examples=examples, stateful_step_count=steps, derandomize=which == "check", print_blob=which == "hunt",
                    deadline=None, database=None, suppress_health_check=list(HealthCheck))
