"""What was seen, by bug and tool: kept between runs, and printed as a table."""
import json
import statistics
import threading

from bug import NO_BUG
from tools import SWARM_S


class Results:
    """What was seen, by bug and tool; written after each, so that nothing is lost."""

    def __init__(self, path):
        self.path = path
        self.lock = threading.Lock()
        self.of = json.loads(path.read_text()) if path.exists() else {}

    def get(self, bug, tool, key):
        kept = self.of.get(bug.name, {}).get(tool)
        return kept if kept and kept["key"] == key else None

    def put(self, bug, tool, key, result):
        with self.lock:
            self.of.setdefault(bug.name, {})[tool] = {"key": key, **result}
            self.path.with_suffix(".new").write_text(json.dumps(self.of, indent=1, sort_keys=True))
            self.path.with_suffix(".new").rename(self.path)


def cell(bug, tool, result):
    if tool not in bug.tools:
        return "-"
    if not result:
        return "?"
    mark = f"{result['seconds']:.1f} s" if result["seen"] else "missed" if tool in bug.sees else "."
    return f"{mark} ({result['seeds']})" if tool == "sim" and result["seen"] else mark


def size_cell(result):
    if not result or not result["seen"]:
        return ""
    if "faults" not in result:
        return "not made small"
    return (f"{result['by']}: {result['faults']} faults, max {result['max']}, {result['jobs']} jobs, {result['shrink_s']:.1f} s"
            + ("" if result["minimal"] else ", not minimal"))


def print_table(bugs, results, tools):
    width = max(len(bug.name) for bug in bugs)
    print(f"{'bug':<{width}} " + "".join(f"{tool:<17}" for tool in tools) + "made small")
    for bug in bugs:
        row = results.of.get(bug.name, {})
        print(f"{bug.name:<{width}} " + "".join(f"{cell(bug, t, row.get(t)):<17}" for t in tools) + size_cell(row.get("sim")))


def print_summary(bugs, results):
    seen = [results.of[b.name]["sim"] for b in bugs if "sim" in b.sees and "sim" in results.of.get(b.name, {})]
    if not seen:
        return
    hits = [r for r in seen if r["seen"]]
    shrunk = [r["shrink_s"] for r in hits if "shrink_s" in r]
    small = [r for r in hits if "faults" in r and r["faults"] <= 3 and r["max"] <= 2 and r["jobs"] <= 3]
    print(f"simulator: {sum(r['seconds'] <= SWARM_S for r in hits)} of {len(seen)} in its reach found within {SWARM_S} s, "
          f"{len(hits)} in all")
    if shrunk:
        print(f"made small: {len(small)} of {len(hits)} to at most 3 faults, 2 workers, 3 jobs; "
              f"{sum(r.get('minimal', False) for r in hits)} without a choice that could be dropped; "
              f"median {statistics.median(shrunk):.2f} s, longest {max(shrunk):.2f} s")


def complaints(bugs, results, tools):
    """A line for each bug that was not seen by whom it should have been."""
    for bug in bugs:
        row = results.of.get(bug.name, {})
        missed = [t for t in bug.sees if t in tools and not row.get(t, {}).get("seen")]
        if bug is NO_BUG and any(row.get(t, {}).get("seen") for t in tools):
            yield "no-bug: a tool sees something in the tree as it is"
        elif missed:
            yield f"{bug.name}: not seen by {', '.join(missed)}: {bug.breaks}"
