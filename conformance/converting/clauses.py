"""From the clauses that the recordings name to those of SPEC.md, which are finer. Must not know sessions."""

# Nothing: the clause does not bind this side, and the others of the recording say enough.
BOTH_PROFILES = {"FRM-4": ["FRM-4", "FRM-4b"]}
CHILD = BOTH_PROFILES | {"EVT-1": ["EVT-1c"], "EVT-2": [], "EVT-6": [], "POOL-9": [], "ERR-8": [], "ERR-9": []}
PARENT = BOTH_PROFILES | {"EVT-4": ["EVT-1"], "EVT-6": ["EVT-1"], "INI-1": [], "ERR-7": ["ERR-7b"], "ORD-1": ["ORD-1b"]}
FINER = {
    ("child", "sync"): CHILD | {"ORD-3": [], "ERR-4": ["ERR-4b"]},
    ("child", "async"): CHILD | {"EVT-2": ["ORD-3b"], "ORD-2": ["ORD-3b"], "ORD-3": ["ORD-3b"], "ERR-4": ["ERR-4c"], "SHUT-3": ["SHUT-3b"]},
    ("parent", "sync"): PARENT,
    ("parent", "async"): PARENT,
    ("pool", "sync"): {"ERR-4": ["OUT-5"], "EVT-4": [], "ODD-10": [], "ODD-12": ["POOL-9c"]},
    ("pool", "async"): {},
}


def finer(side, mode, clauses, lead=None):
    """In the same order, each once; `lead` comes first, since a failure names the first."""
    table = FINER[side, mode]
    found = [one for clause in clauses for one in table.get(clause, [clause])]
    return list(dict.fromkeys(([lead] if lead else []) + found))
