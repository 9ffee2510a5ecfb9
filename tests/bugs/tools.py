"""The tools that look for a bug. Each builds what it needs in the tree with the bug and returns what it saw."""
import os
import pathlib
import re
import signal
import subprocess
import sys
import threading
import time

from bug import NO_BUG
from tree import ROOT, Unbuilt, built

sys.path.append(str(ROOT / "tests/sim"))
import sim  # noqa: E402: found by the line above

TEST_S = 60              # one program of unit tests
PYTEST_S = 300           # those in Python
PROPERTIES_S = 600
CONFORM_S = 300          # one side in one mode
SWARM_S, SWARM_LONG_S = 60, 600
SHRINK_S = 120
REPLAY_S = 2             # a run that was made small takes milliseconds: longer, and it does not end
SWARM_SEEDS = 100_000    # for one process; then the next goes on


def environment_of(tree, **more):
    build = tree / "build"
    return os.environ | more | {"FORKPOOL_BUILD": str(build), "FORKPOOL_TEMPLATE": f"{build}/bin/forkpool-template",
                         "FORKPOOL_WORKER": f"{build}/bin/forkpool-worker", "FORKPOOL_CFFI": f"{build}/tests/cffi",
                         "FORKPOOL_PATH": f"{build}/lib/forkpool:{build}/tests/modules:{build}/tests/process"}


def run(tree, command, limit_s, **environment):
    """Exit status and output; a time that passed is a status of its own, since a bug may well hang what it is in."""
    with subprocess.Popen(command, cwd=tree, env=environment_of(tree, **environment), stdin=subprocess.DEVNULL, text=True, errors="replace",
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT, start_new_session=True) as process:
        try:
            out, _ = process.communicate(timeout=limit_s)
            return process.returncode, out
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            return "time", process.communicate()[0]


def run_pytest(tree, files, limit_s, **environment):
    """What failed, or none."""
    status, out = run(tree, [sys.executable, "-m", "pytest", "-q", "-x", "-p", "no:cacheprovider", *files], limit_s, **environment)
    failed = re.search(r"^FAILED (\S+)", out, re.M)
    return None if status == 0 else failed[1].split("::")[-1] if failed else str(status)


def noun_of(bug):
    return pathlib.Path(bug.file).stem.split("_")[0]


def unit_tests(bug, tree):
    """The tests in C of the file that the bug is in, then those of what is built on it; of the glue: with real processes."""
    if bug.reach == "glue":
        patterns = ["io/test_outbox", "process/test_*"]
    elif bug.file:
        patterns = [f"core/test_{noun_of(bug)}*", "core/test_pair", "core/test_engine_*"]
    else:
        patterns = ["core/test_*", "io/test_outbox", "process/test_*"]
    found = [path for pattern in patterns for path in sorted((tree / "tests").glob(pattern + ".c"))]
    return list(dict.fromkeys(str(path.relative_to(tree).with_suffix("")) for path in found))


PROCESS_TESTS = ["tests/programs", "tests/vectors/process"]


def look_unit(bug, tree, _):
    tests, is_glue = [f"build/{name}" for name in unit_tests(bug, tree)], bug.reach == "glue" or not bug.file
    built(tree, *(["all", "tests"] if is_glue else []), *tests)
    for test in tests:
        status, out = run(tree, [f"./{test}"], TEST_S)
        if status != 0:
            failed = re.findall(r"^\[  FAILED  \] (\w+)", out, re.M)
            return {"seen": True, "by": f"{pathlib.Path(test).name} {failed[0] if failed else status}"}
    failed = run_pytest(tree, PROCESS_TESTS, PYTEST_S) if is_glue else None
    return {"seen": failed is not None, "by": failed}


PROPERTIES = {"sched": ["sched", "engine"], "heap": ["sched", "engine"], "engine": ["engine"], "retire": ["engine"],
              "parent": ["endpoints", "engine"], "child": ["endpoints"], "ids": ["endpoints", "engine"],
              "frame": ["octets", "endpoints"], "args": ["octets", "endpoints"], "buf": ["octets", "endpoints"]}


def look_properties(bug, tree, _):
    """Who is to see it looks longer than who may."""
    built(tree, "build/tests/cffi/.built")
    files = [f"tests/properties/test_{n}.py" for n in PROPERTIES[noun_of(bug)]] if bug.file else ["tests/properties"]
    failed = run_pytest(tree, files, PROPERTIES_S, FORKPOOL_HYPOTHESIS="search" if "properties" in bug.sees else "check")
    return {"seen": failed is not None, "by": failed}


def swarm(tree, first, limit_s):
    """Runs seeds until one fails or the time has passed: the lines said until then, with the second each came."""
    began, said = time.monotonic(), []
    with subprocess.Popen(["build/bin/forkpool-sim", "swarm", "--first", str(first), "--seeds", str(SWARM_SEEDS), "--jobs", "1"],
                          cwd=tree, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                          errors="replace", start_new_session=True) as process:
        end = threading.Timer(limit_s, os.killpg, (process.pid, signal.SIGKILL))
        end.start()
        for line in process.stdout:
            said.append((time.monotonic() - began, line.rstrip("\n")))
            if line.startswith("seed "): # the rest is shrinking
                end.cancel()
                end = threading.Timer(SHRINK_S, os.killpg, (process.pid, signal.SIGKILL))
                end.start()
        process.wait()
        end.cancel()
    return process.returncode, said


def broken_by(tree, words):
    """The promise that a run breaks; "assertion" where the program ends by a signal or not at all."""
    status, out = run(tree, ["build/bin/forkpool-sim", "replay", " ".join(words)], REPLAY_S)
    return sim.broken(out) or ("assertion" if status == "time" or status < 0 else None)


def is_minimal(tree, seen):
    """The run that was made small breaks the same promise, and does not without any one of its choices."""
    words, by = seen["replay"], seen["by"]
    return broken_by(tree, words.split()) == by and all(broken_by(tree, fewer) != by for fewer in sim.without_each(words))


def found(said, spent_s):
    """What a swarm that failed said of it."""
    text = "\n".join(line for _, line in said)
    at_s = next(s for s, line in said if line.startswith("seed "))
    seen = {"seen": True, "seeds": int(re.search(r"^seed (\d+)", text, re.M)[1]), "seconds": round(spent_s + at_s, 2)}
    if sim.broken(text):
        words = sim.replay_words(text)
        seen |= {"by": sim.broken(text), "shrink_s": round(said[-1][0] - at_s, 2), "replay": words,
                 **dict(zip(("faults", "max", "jobs"), sim.size(words)))}
    return seen


def look_sim(bug, tree, options):
    built(tree, "build/bin/forkpool-sim")
    limit_s = SWARM_LONG_S if options.long and bug is not NO_BUG else SWARM_S
    began, first = time.monotonic(), 1
    while (spent_s := time.monotonic() - began) < limit_s:
        status, said = swarm(tree, first, limit_s - spent_s)
        if any(line.startswith("seed ") for _, line in said):
            seen = found(said, spent_s)
            return seen | {"minimal": is_minimal(tree, seen)} if "replay" in seen else seen
        if status == 0:
            first += SWARM_SEEDS
        elif status != -signal.SIGKILL:
            raise Unbuilt(f"forkpool-sim ended with status {status}: {said}")
    return {"seen": False, "seeds": first - 1, "seconds": limit_s}


def conform_commands(tree):
    testees = tree / "conformance/testees"
    for mode in ("sync", "async"):
        yield f"worker {mode}", ["--child", f"exec {testees}/worker.sh", f"--{mode}"]
        yield f"pool {mode}", ["--pool", f"exec {tree}/build/testees/pool", f"--{mode}"]


def look_conform(bug, tree, _):
    built(tree, "all", "build/testees/pool")
    for what, arguments in conform_commands(tree):
        status, out = run(tree, ["build/bin/forkpool-conform", "run", *arguments, "--can", "all", "--jobs", "2", "--report", "tap"], CONFORM_S)
        if status in (2, 4):
            raise Unbuilt(f"forkpool-conform ended with status {status}: {out[-300:]}")
        if status != 0:
            case = re.search(r"^not ok \d+ -? ?(\S+)", out, re.M)
            return {"seen": True, "by": f"{what} {case[1] if case else status}"}
    return {"seen": False}


# what is built once, before a bug is in it
NEEDS = {"unit": ["tests"], "properties": ["build/tests/cffi/.built"], "sim": ["build/bin/forkpool-sim"],
         "conform": ["all", "build/testees/pool"]}
LOOK = {"unit": look_unit, "properties": look_properties, "sim": look_sim, "conform": look_conform}
