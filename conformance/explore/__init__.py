"""forkpool-explore: random sessions against a program under test, judged by a small model of SPEC.md."""
