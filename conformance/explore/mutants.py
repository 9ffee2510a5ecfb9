#!/usr/bin/python3
"""Explores every child, parent and pool with a planted fault, and the right ones, and tells what was found.

A mutant is found where a session goes wrong by the model alone; nothing of the suite's cases is asked. What was found is
written as a case, which `forkpool-conform replay` has to fail with the mutant and to pass with the program that it was made
from: so it shows the mutant's fault, though a fault may show by another clause than the ones that the mutant's head names. A
line tells which, and how many lines the case has. A right program, a testee or an odd one, has to give no finding in as many
sessions (an odd one at MUST, as some do otherwise than a SHOULD on purpose): a finding there is a false alarm. Results are
kept in BUILD/mutants/explore.json as they come, cases in BUILD/mutants/explored; --resume goes on from there. Exit status: 0
enough mutants were found and no false alarm was raised, 1 not, 2 wrong usage or something is not built."""
import argparse
import concurrent.futures
import json
import pathlib
import re
import subprocess
import sys
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "conformance/mutants"))

import build as planted  # noqa: E402: found by the line above

EXPLORE = ROOT / "conformance/explore/forkpool-explore"
LIMIT_S = 900  # for one testee; only bounds a hang
SHRINK_MAX = 150  # sessions to make a found one smaller
RACE_TRIES = 3  # of a replay that has to fail, as a fault may lie in which of two things comes first
STEP_S = {"mutant": 3, "right": 20}  # of a replay; for a hang that is the fault, and one that is none
FOUND_SHARE = 50 / 60  # of the mutants, at least
NEITHER = {  # words of TESTEE.md that explore has no use for, or takes for granted
    "signal", "json", "echo", "call", "run_timeout", "queue_timeout", "grace", "deaf"}
EXAMPLES = """examples:
  make explore-mutants                                       all of them (more than half an hour)
  conformance/explore/mutants.py --only 'child-ber-*'        some
  conformance/explore/mutants.py --resume                    those that are missing"""


def plays(testee, modes, serialisers, profile, is_stdio=False, level="should"):
    """The runs of one testee, as the words of forkpool-explore."""
    words = ["--profile", profile, "--can", ",".join(c for c in testee["can"] if c not in NEITHER), "--level", level]
    words += ["--stdio"] * is_stdio
    return [[*words, *(["--async"] if mode == "async" else []), "--serialiser", s] for mode in modes for s in serialisers]


def right_command(name, options):
    testee = planted.testees()[name]
    return planted.command_of(testee, planted.TESTEES, options.build / testee.get("program", ""), options.build)


def mutants(options):
    index = options.build / "mutants/index.json"
    if not index.exists():
        raise SystemExit(f"mutants.py: {index} is not there: make the mutants first, by conformance/mutants/build.py")
    for m in json.loads(index.read_text()):
        modes = [m["mode"]] if m.get("mode") else ["sync", "async"]
        yield {"name": m["mutant"], "side": m["side"], "command": m["command"], "right": right_command(m["of"], options), "breaks": m["breaks"],
               "plays": plays(m, modes, [m.get("serialiser", "string")], m.get("profile", "network"), m.get("over") == "pipes")}


def right_ones(options):
    """The testees in every way, the odd ones in their modes."""
    for name, testee in planted.testees().items():
        told = {"can": planted.capabilities(planted.TESTEES / testee["source"])}
        serialisers = ("string", "json") if "json" in told["can"] else ("string",)
        for profile in ("network", "native"):
            yield {"name": f"{name} {profile}", "side": testee["side"], "command": right_command(name, options),
                   "plays": plays(told, ("sync", "async"), serialisers, profile)}
    for path in sorted((ROOT / "conformance/odd").glob("*.*")):
        if path.suffix in (".py", ".pl", ".mjs") and path.name != "patched.py":
            mode = re.search(r"^(?:# |// )?mode: (\w+)", path.read_text(), re.M)
            yield {"name": path.name, "side": "parent" if path.name.startswith("parent_") else "child", "command": str(path),
                   "plays": plays({"can": planted.capabilities(path)}, [mode[1]] if mode else ["sync", "async"], ["string"], "network", level="must")}


def explore(testee, options):
    """What was found first in the runs of one testee."""
    result = {"name": testee["name"], "found": None, "sessions": 0, "seconds": 0}
    case = options.build / "mutants/explored" / f"{testee['name'].replace(' ', '-')}.transcript"
    for words in testee["plays"]:
        began = time.monotonic()
        done = subprocess.run([EXPLORE, f"--{testee['side']}", testee["command"], *words, "--sessions", str(options.sessions), "--seed", str(options.seed),
                               "--hang", str(options.hang), "--shrink", str(options.shrink), "--write", case],
                              capture_output=True, text=True, timeout=LIMIT_S, check=False)
        played = re.search(r"found in (?:session )?(\d+)", done.stdout)
        result["sessions"] += int(played[1]) if played else 0
        if done.returncode == 1:
            result |= {"found": done.stdout.splitlines()[0], "lines": len(statements(case)), "with": " ".join(words)} | judged(testee, words, case, options)
        elif done.returncode:
            result["trouble"] = (done.stderr.strip().splitlines() or ["without a word"])[-1]
        result["seconds"] += time.monotonic() - began
        if done.returncode:
            break
    return result


def statements(case):
    """Its lines behind the head, continued ones as one."""
    return case.read_text().replace("\\\n", "").split("\n\n", 2)[2].strip().splitlines()


def judged(testee, words, case, options):
    """Of a mutant: whether the clause that its case names is one that it breaks, and what a replay says of it and of the right one."""
    if "breaks" not in testee:
        return {}
    clause = re.search(r"^clause +(\S+)", case.read_text(), re.M)[1]
    tries = (replay(testee, testee["command"], words, case, STEP_S["mutant"], options) for _ in range(RACE_TRIES))
    replayed = {"mutant": next((verdict for verdict in tries if verdict != "pass"), "pass"),
                "right": replay(testee, testee["right"], words, case, STEP_S["right"], options)}
    return {"clause": clause, "is_own": clause in testee["breaks"], "replayed": replayed,
            "is_shown": replayed["mutant"] in ("fail", "warn") and replayed["right"] == "pass"}


def replay(testee, command, words, case, step_s, options):
    """The verdict of forkpool-conform."""
    done = subprocess.run([options.build / "bin/forkpool-conform", "replay", case, f"--{testee['side']}", command, *["--stdio"] * ("--stdio" in words),
                           "--timeout", f"{step_s}s", "--report", "json"], capture_output=True, text=True, timeout=LIMIT_S, check=False)
    if done.returncode not in (0, 1):
        return f"status {done.returncode}: {(done.stderr.strip().splitlines() or ['without a word'])[-1]}"
    return json.loads(done.stdout)["cases"][0]["verdict"]


def is_found(result):
    return bool(result["found"]) and result.get("is_shown", True)


def line_of(result):
    told = result.get("trouble") or result["found"] or "nothing"
    how = ""
    if "clause" in result:
        how = f"{'own' if result['is_own'] else 'other':6}{result['lines']:3} lines "
        told = told if result["is_shown"] else f"NOT SHOWN, mutant {result['replayed']['mutant']}, right {result['replayed']['right']}: {told}"
    return f"{'found' if is_found(result) else '-':6}{result['name']:42} {how:16}{result['sessions']:5} sessions {result['seconds']:6.1f} s  {told[:160]}"


def run_all(testees, options, kept):
    """A result for each testee, as it comes; those that are known are not asked again."""
    for testee in testees:
        if testee["name"] in kept:
            yield kept[testee["name"]]
    left = [t for t in testees if t["name"] not in kept]
    with concurrent.futures.ThreadPoolExecutor(options.jobs) as workers:
        for done in concurrent.futures.as_completed([workers.submit(explore, t, options) for t in left]):
            yield done.result()


def keep(options, results):
    file = options.build / "mutants/explore.json"
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(json.dumps(results, indent="\t") + "\n")


def table(head, testees, options, kept):
    print(head, flush=True)
    results = []
    for result in run_all(testees, options, kept):
        print(line_of(result), flush=True)
        kept[result["name"]] = result
        results.append(result)
        keep(options, kept)
    return results


def parse():
    parser = argparse.ArgumentParser(description=__doc__, epilog=EXAMPLES, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", action="append", metavar="GLOB", help="these, mutants or right ones")
    parser.add_argument("--sessions", type=int, default=300, metavar="N", help="for each mode and serialiser [300]")
    parser.add_argument("--shrink", type=int, default=SHRINK_MAX, metavar="N", help=f"sessions to make a found one smaller [{SHRINK_MAX}]")
    parser.add_argument("--seed", type=int, default=1, metavar="N", help="other sessions [1]")
    parser.add_argument("--hang", type=float, default=3, metavar="SECONDS", help="what takes longer hangs [3]")
    parser.add_argument("--jobs", type=int, default=2, metavar="N", help="testees at a time [2]")
    parser.add_argument("--resume", action="store_true", help="take what is known from earlier")
    parser.add_argument("--build", default=ROOT / "build", type=pathlib.Path, help="where everything is made [build]")
    return parser.parse_args()


def main():
    options = parse()
    options.build = options.build.resolve()
    file = options.build / "mutants/explore.json"
    kept = json.loads(file.read_text()) if options.resume and file.exists() else {}
    (options.build / "mutants/explored").mkdir(parents=True, exist_ok=True)
    chosen = [t for t in mutants(options) if not options.only or any(pathlib.PurePath(t["name"]).match(g) for g in options.only)]
    right = [t for t in right_ones(options) if not options.only or any(pathlib.PurePath(t["name"]).match(g) for g in options.only)]
    if not chosen and not right:
        raise SystemExit("mutants.py: no such mutant, and no such right one")
    results = table("with a fault", chosen, options, kept)
    alarms = [r for r in table("right", right, options, kept) if r["found"] or r.get("trouble")]
    found = [r for r in results if is_found(r)]
    unshown = sum(bool(r["found"]) for r in results) - len(found)
    print(f"{len(found)} of {len(results)} mutants found, {sum(r['is_own'] for r in found)} of them by a clause that their heads name; "
          f"{unshown} finds that do not show the fault; {len(alarms)} false alarms in {len(right)} right ones")
    return int(len(found) < FOUND_SHARE * len(results) or bool(unshown) or bool(alarms))


if __name__ == "__main__":
    sys.exit(main())
