"""Plants each bug of fuzz/bugs in a copy of the library, fuzzes the target its header names, and tells what it took.

A bug is a patch with three lines in front: the promise it breaks, the target, and the oracle that should see it. The budget is
100,000 executions with corpus and mutator, 1,000,000 with neither; both have the dictionary. The median of the seeds counts.
"""
import concurrent.futures
import re
import shutil
import statistics
import subprocess
import tempfile

import build
import runner

BUGS = build.FUZZ / "bugs"
BUDGET, BUDGET_EMPTY = 100_000, 1_000_000  # executions


class Bug:
    """A patch and what its header says."""

    def __init__(self, path):
        self.path, self.name, text = path, path.stem, path.read_text()
        header = dict(re.findall(r"^(Promise|Target|Oracle): (.+)$", text.split("\n--- ", 1)[0], re.M))
        if set(header) != {"Promise", "Target", "Oracle"}:
            raise build.Trouble(f"{path}: the header needs a line Promise:, Target: and Oracle:")
        self.promise, self.target, self.oracle = header["Promise"], header["Target"], header["Oracle"]


def all_bugs(prefix=""):
    """The bugs whose names begin so, in the order of their names."""
    return [bug for bug in map(Bug, sorted(BUGS.glob("*.patch"))) if bug.name.startswith(prefix)]


def plant(bug, driver):
    """Builds the bug's target for a driver from a patched copy of the sources; its path. Objects of files that are as they
    were are taken over from what was built without a bug, unless a header is patched."""
    place = build.BUILD / "bugs" / bug.name
    shutil.rmtree(place, ignore_errors=True)
    for part in ("lib/core", "lib/io", "sim", "conformance/transcript"):
        shutil.copytree(build.ROOT / part, place / part)
    shutil.copy2(build.ROOT / "lib" / "forkpool.h", place / "lib")
    if not re.search(r"^\+\+\+ .*\.h\b", bug.path.read_text(), re.M):
        shutil.copytree(build.BUILD / "obj" / driver, place / "obj" / driver)
    done = subprocess.run(["patch", "-s", "-p1", "-F0", "-i", bug.path], cwd=place, capture_output=True, text=True)
    if done.returncode:
        raise build.Trouble(f"{bug.path.relative_to(build.ROOT)} does not apply any more: {done.stdout.strip()}")
    return build.program(driver, bug.target, lib=place / "lib", out=place)


def read_find(status, text):
    """The oracle that fired and the execution it took, from how libFuzzer ended; (None, None): nothing was found."""
    if status == 0:
        return None, None
    said = re.search(r"^forkpool-fuzz: \w+: (\w+):", text, re.M)
    last = re.findall(r"^stat::number_of_executed_units: (\d+)", text, re.M)
    return said[1] if said else "crash", int(last[-1]) if last else 0


def hunt(program, bug, seed, empty, seconds):
    """One run: the oracle and the executions."""
    with tempfile.TemporaryDirectory() as place:
        command = [program, f"-runs={BUDGET_EMPTY if empty else BUDGET}", f"-seed={seed}", f"-max_total_time={seconds}",
                   f"-max_len={runner.LEN_MAX}", "-timeout=10", f"-dict={build.FUZZ}/engine/forkpool.dict",
                   f"-artifact_prefix={place}/", "-print_final_stats=1", place]
        command += [] if empty else runner.inputs_of(bug.target)
        done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, errors="replace")
    return read_find(done.returncode, done.stdout)


def driver_of(options):
    return "plain" if options.empty else "libfuzzer"


def try_bug(bug, options):
    """All runs for one bug, as one line of the matrix; whether it was found as it should."""
    program = plant(bug, driver_of(options))
    finds = [hunt(program, bug, seed, options.empty, options.time) for seed in range(1, options.seeds + 1)]
    shutil.rmtree(program.parents[1], ignore_errors=True)
    cells = [f"{executions}" if oracle else "-" for oracle, executions in finds]
    oracles = sorted({oracle for oracle, _ in finds if oracle})
    median = statistics.median(executions if oracle else float("inf") for oracle, executions in finds)
    verdict = "MISSED" if median == float("inf") else "found" if set(bug.oracle.split()) & set(oracles) else "found by another"
    return bug, cells, ",".join(oracles), verdict


def run(options):
    """The matrix: bug, executions for each seed, oracle. Fails where one is missed, or found by another oracle than it should."""
    bugs = all_bugs(options.only)
    if not bugs:
        raise build.Trouble(f"no bug's name begins with {options.only!r}; see fuzz/bugs")
    for target in sorted({bug.target for bug in bugs}):
        build.program(driver_of(options), target)
    amiss = 0
    print(f"{'bug':<28} {'verdict':<17} {'oracle':<20} {'(due)':<17} executions, a seed each")
    with concurrent.futures.ThreadPoolExecutor(options.jobs) as pool:
        for bug, cells, oracles, verdict in pool.map(lambda b: try_bug(b, options), bugs):
            amiss += verdict != "found"
            print(f"{bug.name:<28} {verdict:<17} {oracles or '-':<20} {bug.oracle:<17} {' '.join(cells)}", flush=True)
    print(f"{len(bugs) - amiss} of {len(bugs)} planted bugs found by the oracle that their header names")
    return int(amiss > 0)
