"""How many examples a property draws: few, and the same each time; with FORKPOOL_HYPOTHESIS=search five times as many, likewise;
with hunt very many at random."""

import os

from hypothesis import HealthCheck, settings


def profile(check, hunt):
    """Settings; of check and hunt: (examples, steps of a state machine)."""
    which = os.environ.get("FORKPOOL_HYPOTHESIS", "check")
    examples, steps = {"check": check, "search": (5 * check[0], check[1]), "hunt": hunt}[which]
    return settings(max_examples=examples, stateful_step_count=steps, derandomize=which != "hunt", print_blob=which == "hunt",
                    deadline=None, database=None, suppress_health_check=list(HealthCheck))
