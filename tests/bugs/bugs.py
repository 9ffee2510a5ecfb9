"""Applies each planted bug to a copy of the tree, builds it, lets the tools look for it, and prints who saw what.

    bugs.py [--build DIR] [--only NAME]... [--tools unit,sim] [--jobs N] [--long] [--again]

Results are kept in DIR/bugs/results.json: a run that was interrupted goes on where it stopped, and a bug is looked for
again after its patch or the sources changed. The row `no-bug` is the tree as it is, in which no tool may see anything. The exit
status is 0 only if each bug was seen by every tool that its header names and that was asked.

Examples:
    bugs.py --tools sim --jobs 2
    bugs.py --only retries-without-end --again
"""
import argparse
import concurrent.futures
import dataclasses
import hashlib
import json
import os
import pathlib
import re
import shutil
import signal
import statistics
import subprocess
import sys
import threading
import time

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parents[1]
TOOLS = ("unit", "properties", "sim", "conform")

BUILD_S = 900            # to build a tree
TEST_S = 60              # one program of unit tests
PYTEST_S = 300           # those in Python
PROPERTIES_S = 600
CONFORM_S = 300          # one side in one mode
SWARM_S, SWARM_LONG_S = 60, 600
SHRINK_S = 120
REPLAY_S = 2             # a run that was made small takes milliseconds: longer, and it does not end
DRAWS = ("arrival", "service", "size")
SWARM_SEEDS = 100_000    # for one process; then the next goes on


# ---- a bug

@dataclasses.dataclass(frozen=True)
class Bug:
    name: str
    breaks: str = ""
    sees: tuple = ()
    reach: str = "core"
    file: str = ""       # what the patch changes
    patch: str = ""

    @property
    def tools(self):
        """Those that run what the bug is in: the simulator and the properties know the core alone."""
        return TOOLS if self.reach == "core" else ("unit", "conform")


NO_BUG = Bug("no-bug")


def read_bug(path):
    """A patch with its header. Raises ValueError with a line that says what is wrong."""
    text = path.read_text()
    head = dict(re.findall(r"^(bug|breaks|sees|reach): (.+)$", text.split("\n\n")[0], re.M))
    missing = {"bug", "breaks", "sees", "reach"} - head.keys()
    files = re.findall(r"^\+\+\+ b/(\S+)$", text, re.M)
    sees = tuple(head.get("sees", "").split())
    if missing:
        raise ValueError(f"{path.name}: the header has no {', '.join(sorted(missing))}")
    if head["bug"] != path.stem:
        raise ValueError(f"{path.name}: the header calls it {head['bug']}")
    if head["reach"] not in ("core", "glue"):
        raise ValueError(f"{path.name}: reach is core or glue, not {head['reach']}")
    if len(files) != 1:
        raise ValueError(f"{path.name}: one file is changed by a bug, not {len(files)}")
    bug = Bug(path.stem, head["breaks"], sees, head["reach"], files[0], text)
    if not sees or set(sees) - set(bug.tools):
        raise ValueError(f"{path.name}: sees is some of {' '.join(bug.tools)}, not '{' '.join(sees)}'")
    return bug


def read_bugs():
    return [read_bug(path) for path in sorted(HERE.glob("*.patch"))]


# ---- trees

def tracked_files():
    """What git knows and is there; where there is no git, everything but what was made."""
    done = subprocess.run(["git", "-C", ROOT, "ls-files", "-z"], capture_output=True)
    names = done.stdout.decode().split("\0") if done.returncode == 0 else \
        [str(p.relative_to(ROOT)) for p in ROOT.rglob("*") if "build" not in p.relative_to(ROOT).parts[:1]]
    return [name for name in names if name and (ROOT / name).is_file()]


def copy_changed(tree):
    """The sources as they are; a file that is the same keeps its time, so that make does only what is needed."""
    for name in tracked_files():
        to = tree / name
        if to.exists() and to.read_bytes() == (ROOT / name).read_bytes():
            continue
        to.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / name, to)


def make(tree, *targets):
    """None, or the end of what make said."""
    environment = {k: v for k, v in os.environ.items() if k not in ("MAKEFLAGS", "MAKELEVEL", "MFLAGS")}
    done = subprocess.run(["make", "-s", "B=build", *targets], cwd=tree, env=environment, stdin=subprocess.DEVNULL,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, errors="replace", timeout=BUILD_S)
    return None if done.returncode == 0 else "\n".join(done.stdout.splitlines()[-8:])


def plant(bug, clean, tree):
    """A copy of the clean tree, with what was built there, and the bug in it."""
    shutil.rmtree(tree, ignore_errors=True)
    subprocess.run(["cp", "-a", clean, tree], check=True)
    if bug.patch:
        subprocess.run(["patch", "-s", "-p1"], cwd=tree, input=bug.patch, text=True, check=True)


# ---- tools: each builds what it needs in the tree and returns what it saw

class Unbuilt(Exception):
    """The tree with the bug does not build: the patch is wrong."""


def built(tree, *targets):
    if targets and (wrong := make(tree, *targets)):
        raise Unbuilt(wrong)


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


def is_choice(word):
    return word.split("=")[0].rsplit(".", 1)[-1].isdigit()


def size_of(words):
    """Faults, workers and jobs of a run as the simulator prints it. How long a call takes and the like is no fault."""
    values = dict(w.split("=", 1) for w in words.split() if "=" in w)
    faults = sum(is_choice(name) and name.split(".")[0] not in DRAWS for name in values)
    return {"faults": faults, "max": int(values.get("pool.max", 8)), "jobs": int(values.get("arrivals.jobs", 10))}


def broken_by(tree, words):
    """The promise that a run breaks; "assertion" where the program ends by a signal or not at all."""
    status, out = run(tree, ["build/bin/forkpool-sim", "replay", " ".join(words)], REPLAY_S)
    said = re.search(r"^broken: ([\w-]+)", out, re.M)
    return said[1] if said else "assertion" if status == "time" or status < 0 else None


def is_minimal(tree, seen):
    """The run that was made small breaks the same promise, and does not without any one of its choices."""
    words = seen["replay"].split()
    without = (words[:i] + words[i + 1:] for i, word in enumerate(words) if is_choice(word))
    return broken_by(tree, words) == seen["by"] and all(broken_by(tree, fewer) != seen["by"] for fewer in without)


def found(said, spent_s):
    """What a swarm that failed said of it."""
    text = "\n".join(line for _, line in said)
    at_s = next(s for s, line in said if line.startswith("seed "))
    seen = {"seen": True, "seeds": int(re.search(r"^seed (\d+)", text, re.M)[1]), "seconds": round(spent_s + at_s, 2)}
    broken = re.search(r"^broken: ([\w-]+)", text, re.M)
    replay = re.search(r"^replay: forkpool-sim replay '(.*?)'", text, re.M)
    if broken and replay:
        seen |= {"by": broken[1], "shrink_s": round(said[-1][0] - at_s, 2), "replay": replay[1], **size_of(replay[1])}
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


# ---- results

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


def key_of(bug, sources, tool, options):
    """Changes with whatever a result depends on."""
    long = "long" if tool == "sim" and options.long else ""
    return hashlib.sha256(f"{sources} {bug.patch} {long}".encode()).hexdigest()[:16]


def sources_key():
    digest = hashlib.sha256()
    for name in sorted(tracked_files()):
        if name.startswith(("lib/", "sim/", "tests/", "conformance/")) and not name.startswith("tests/bugs/"):
            digest.update(name.encode() + b"\0" + (ROOT / name).read_bytes())
    return digest.hexdigest()


def look(bug, options, results, sources, clean):
    """Lets the tools that were asked look for one bug; those whose result is kept do not look again."""
    due = [t for t in bug.tools if t in options.tools
           and (options.again or not results.get(bug, t, key_of(bug, sources, t, options)))]
    if not due:
        return bug
    tree = clean.parent / bug.name
    try:
        plant(bug, clean, tree)
        for tool in due:
            began = time.monotonic()
            result = LOOK[tool](bug, tree, options)
            results.put(bug, tool, key_of(bug, sources, tool, options),
                        {"seconds": round(time.monotonic() - began, 2), **result})
    finally:
        shutil.rmtree(tree, ignore_errors=True)
    return bug


# ---- the table

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


# ---- main

def parse():
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0], epilog=__doc__.split("\n\n", 2)[2],
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--build", type=pathlib.Path, default=ROOT / "build", help="folder for what is made [build]")
    parser.add_argument("--only", action="append", metavar="NAME", help="this bug, or no-bug; may be given several times")
    parser.add_argument("--tools", type=lambda s: s.split(","), default=list(TOOLS), help=f"some of {','.join(TOOLS)} [all]")
    parser.add_argument("--jobs", type=int, choices=range(1, 65), metavar="N", default=1, help="bugs at a time [1]")
    parser.add_argument("--long", action="store_true", help=f"the simulator looks for {SWARM_LONG_S} s instead of {SWARM_S}")
    parser.add_argument("--again", action="store_true", help="look again though a result is kept")
    options = parser.parse_args()
    if unknown := set(options.tools) - set(TOOLS):
        parser.error(f"--tools takes {','.join(TOOLS)}, not {','.join(sorted(unknown))}")
    return parser, options


def chosen(parser, options):
    bugs = [NO_BUG, *read_bugs()]
    if not options.only:
        return bugs
    if unknown := set(options.only) - {bug.name for bug in bugs}:
        parser.error(f"no such bug: {', '.join(sorted(unknown))}")
    return [bug for bug in bugs if bug.name in options.only]


def look_at_all(bugs, options, results, clean):
    """Names of the bugs that could not be looked for, each with why."""
    failed, sources = {}, sources_key()
    with concurrent.futures.ThreadPoolExecutor(options.jobs) as pool:
        futures = {pool.submit(look, bug, options, results, sources, clean): bug for bug in bugs}
        for n, future in enumerate(concurrent.futures.as_completed(futures), 1):
            bug = futures[future]
            try:
                future.result()
            except (Unbuilt, subprocess.SubprocessError) as e:
                failed[bug.name] = str(e)
            if sys.stderr.isatty():
                print(f"\r{n} of {len(bugs)} bugs, last {bug.name:<50}", end="", file=sys.stderr, flush=True)
    if sys.stderr.isatty():
        print(file=sys.stderr)
    return failed


def main():
    parser, options = parse()
    bugs = chosen(parser, options)
    clean = options.build.resolve() / "bugs" / "clean"
    clean.mkdir(parents=True, exist_ok=True)
    copy_changed(clean)
    if wrong := make(clean, *(target for tool in options.tools for target in NEEDS[tool])):
        sys.exit(f"the tree without a bug does not build:\n{wrong}")
    results = Results(clean.parent / "results.json")
    failed = look_at_all(bugs, options, results, clean)
    print_table(bugs, results, options.tools)
    print_summary(bugs, results)
    wrong = [f"{name}: {why}" for name, why in failed.items()] + list(complaints(bugs, results, options.tools))
    print("\n".join(wrong) or "each bug was seen by each tool that should see it")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
