"""What the committed corpus and the regressions reach: llvm-cov's report, HTML, and each line and condition that is not reached.

With --check it holds the floor: all of the ends, 95 % of sched and engine. What cannot be reached is explained in
fuzz/unreached.txt, one line each: "FILE: never run|true|false: SOURCE TEXT -- why". A reason for what is reached, or is not there
any more, is an error, too. With --empty it tells how many executions it takes to reach 95 % of that from nothing.
"""
import pathlib
import re
import shutil
import subprocess
import tempfile

import build
import edges
import runner

SOURCES = {"frame": ["lib/core/frame.c"], "args": ["lib/core/args.c"], "parent": ["lib/core/parent.c"], "child": ["lib/core/child.c"],
           "pair": ["lib/core/ids.c", "lib/core/buf.c"], "sched": ["lib/core/sched.c", "lib/core/heap.c"], "json": ["lib/io/json.c"],
           "engine": ["lib/core/engine.c", "lib/core/engine_job.c", "lib/core/engine_worker.c", "lib/core/retire.c"],
           "transcript": [f"conformance/transcript/{n}.c" for n in ("cursor", "head", "octets", "pieces", "statement", "transcript")],
           "scenario": ["sim/scenario.c", "sim/fields.c"]}
FLOORS = {"frame": 1.0, "args": 1.0, "parent": 1.0, "child": 1.0, "sched": 0.95, "engine": 0.95}  # of lines, and of conditions
REASONS = build.FUZZ / "unreached.txt"
SHOWN = build.BUILD / "cover.html"
EMPTY_RUNS, EMPTY_SHARE, FIRST_RUNS = 2_000_000, 0.95, 25_000


def profile_of(target, paths, name):
    """The target's program, and the profile of these inputs."""
    program = build.program("cover", target)
    profile = build.BUILD / "cover" / f"{name}.profraw"
    subprocess.run([program, *paths], check=True, env={"LLVM_PROFILE_FILE": str(profile)}, stdout=subprocess.DEVNULL)
    return program, profile


def measure(targets):
    """Replays each target's inputs; the programs and the merged profile."""
    found = [profile_of(t, runner.inputs_of(t), t) for t in targets]
    merged = build.BUILD / "cover" / "all.profdata"
    edges.merge([profile for _, profile in found], merged)
    return [program for program, _ in found], merged


def reasons():
    """What may stay unreached: the name of a way to the words."""
    found = {}
    for line in REASONS.read_text().splitlines():
        if line and not line.startswith("#"):
            if not re.match(r"\S+: never (run|true|false): .+ -- .+", line):
                raise build.Trouble(f"{REASONS.name}: not a reason: {line}")
            name, words = line.rsplit(" -- ", 1)
            found[name] = words
    return found


def share(ways, is_line):
    """How many of the lines, or of the conditions' ways, are reached, and of how many."""
    taken = [is_taken for way, is_taken in ways if (way.side == "run") == is_line]
    return sum(taken), len(taken)


def check():
    """The table of the floors. Fails where one is not held, or a reason is none."""
    programs, merged = measure([*FLOORS, "pair", "json"])  # those two use the ends in other ways
    ways = list(edges.reached(programs, merged, [s for t in FLOORS for s in SOURCES[t]]).values())
    told = reasons()
    wrong = [f"a reason, and yet it is reached: {way}" for way, is_taken in ways if is_taken and way.name in told]
    names = {way.name for way, _ in ways}
    wrong += [f"a reason for what is not there: {name}" for name in told if name not in names]
    print(f"{'part':<8} {'lines':>14} {'conditions':>14}  explained  floor")
    for target, floor in FLOORS.items():
        its = [(way, is_taken) for way, is_taken in ways if way.source in SOURCES[target]]
        counted = [(way, is_taken) for way, is_taken in its if way.name not in told]
        cells, is_held = [], True
        for some, of in (share(counted, True), share(counted, False)):
            cells.append(f"{some}/{of} {100 * some / of:.1f}%".rjust(14))
            is_held = is_held and some >= floor * of
        print(f"{target:<8} {cells[0]} {cells[1]}  {len(its) - len(counted):>9}  {100 * floor:.0f}% {'held' if is_held else 'MISSED'}")
        if not is_held:
            wrong += [f"not reached: {way}" for way, is_taken in counted if not is_taken]
    for line in wrong:
        print(f"  {line}")
    return int(bool(wrong))


def empty_run(target, most, seed):
    """Executions from nothing until the share is reached, and the share."""
    sources = SOURCES[target]

    def reach(paths):
        program, profile = profile_of(target, paths, f"{target}-empty")
        return {way.key for way, is_taken in edges.reached([program], merged_alone(profile), sources).values() if is_taken}

    goal = reach(runner.inputs_of(target))
    runs, step = 0, FIRST_RUNS
    with tempfile.TemporaryDirectory() as place, tempfile.TemporaryDirectory() as finds:
        while True:
            step = min(step, most - runs)
            command = runner.engine_arguments(target, 0, step, seed + runs, finds)
            done = subprocess.run([*command, place], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, errors="replace")
            if done.returncode:
                raise build.Trouble(f"{target} found something: {done.stdout[-2000:]}")
            runs += int(re.search(r"number_of_executed_units: (\d+)", done.stdout)[1])
            got = len(reach([pathlib.Path(place)]) & goal) / len(goal)
            if got >= EMPTY_SHARE or runs >= most:
                return runs, got, len(goal)
            step *= 2


def merged_alone(profile):
    """A profile of one program, in the form that llvm-cov reads."""
    merged = profile.with_suffix(".profdata")
    edges.merge([profile], merged)
    return merged


def from_nothing(options):
    """The table of what it takes from an empty corpus. Fails where it is not enough."""
    missed = 0
    print(f"{'part':<8} {'edges':>6} {'reached':>8}  executions from nothing")
    for target in [options.target] if options.target else FLOORS:
        runs, got, edges_of = empty_run(target, options.runs, options.seed)
        missed += got < EMPTY_SHARE
        print(f"{target:<8} {edges_of:>6} {100 * got:>7.1f}%  {runs}{'' if got >= EMPTY_SHARE else ' MISSED'}", flush=True)
    return int(missed > 0)


def run(options):
    """Prints the summary and what is not reached; writes the HTML."""
    if options.check:
        return check()
    if options.empty:
        return from_nothing(options)
    targets = [options.target] if options.target else list(build.TARGETS)
    programs, merged = measure(targets)
    sources = [s for t in targets for s in SOURCES[t]]
    print(edges.cov("report", programs, merged, sources, "-show-branch-summary"))
    shutil.rmtree(SHOWN, ignore_errors=True)
    edges.cov("show", programs, merged, sources, "-format=html", "-show-branches=count", f"-output-dir={SHOWN}")
    for way, is_taken in edges.reached(programs, merged, sources).values():
        if not is_taken:
            print(f"  {way}")
    print(f"HTML: {SHOWN.relative_to(build.ROOT)}/index.html")
    return 0
