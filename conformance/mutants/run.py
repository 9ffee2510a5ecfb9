#!/usr/bin/python3
"""Runs the suite on every mutant, and tells which case sees it.

A mutant counts as caught by a case of a clause that it breaks, which fails (or warns, where the clause is a SHOULD). A case
that ran into its time limit counts only where the mutant's head says that this is how the fault shows. Prints a line for each
mutant and a summary, and writes BUILD/mutants/results.json for coverage.py. Exit status 1 where one was not caught."""
import argparse
import concurrent.futures
import json
import pathlib
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]
HANG_S = 300  # for one run of the suite
CAUGHT = {"fail", "warn"}
EXAMPLES = """examples:
  make mutants                                          all of them
  conformance/mutants/run.py --only 'child-ber-*'       some, when they are built
  conformance/mutants/run.py --only pool-lifo --all     one, against all cases and not its clauses' alone"""


def clauses():
    """Of each clause its level, sides, mode and profile."""
    found, name = {}, None
    for line in (ROOT / "conformance/SPEC.md").read_text().splitlines():
        if line.startswith("### "):
            name = line.split()[1]
        elif name and " · " in line:
            found[name], name = [word.strip() for word in line.split("·")], None
    return found


def configurations(mutant, clause, spec):
    """The modes, profiles and serialisers in which a clause may show the fault."""
    _, _, mode, profile = spec[clause]
    modes = [mutant.get("mode", mode)]
    if modes == ["both"]:
        modes = ["sync", "async"]
    profile = mutant.get("profile", "native" if profile == "native" else "network")
    serialiser = mutant.get("serialiser", "json" if clause.startswith("JSN-") else "string")
    return [(m, profile, serialiser) for m in modes]


def play(mutant, configuration, clause, options):
    """The cases of a clause (None: all) that see the mutant, and what went wrong with the suite itself."""
    mode, profile, serialiser = configuration
    command = [options.build / "bin/forkpool-conform", "run", f"--{mutant['side']}", mutant["command"], f"--{mode}",
               "--profile", profile, "--serialiser", serialiser, "--can", ",".join(mutant["can"]), "--jobs", "1",
               "--timeout", options.timeout, "--report", "json"]
    if mutant.get("over") == "pipes":
        command.append("--stdio")
    if clause:
        command += ["--clause", clause]
    done = subprocess.run(command, capture_output=True, text=True, timeout=HANG_S, check=False)
    if done.returncode not in (0, 1):
        told = (done.stderr or done.stdout).strip().splitlines() or ["without a word"]
        return [], [f"{mode}: the suite ended with status {done.returncode}: {told[-1]}"]
    cases = json.loads(done.stdout)["cases"]
    return [c for c in cases if c["verdict"] in CAUGHT], [f"{c['id']}: {c['why']}" for c in cases if c["verdict"] == "error"]


def is_caught_by(mutant, case):
    return bool(set(case["clauses"]) & set(mutant["breaks"])) and (not case["is_late"] or mutant.get("sees") == "timeout")


def judge(mutant, spec, options):
    """What results.json says of a mutant."""
    seen, faults = {}, []
    plays = {(con, None if options.all else c) for c in mutant["breaks"] for con in configurations(mutant, c, spec)}
    for configuration, clause in sorted(plays, key=str):
        found, wrong = play(mutant, configuration, clause, options)
        seen.update((c["id"], c) for c in found)
        faults += wrong
    caught = [name for name, case in seen.items() if is_caught_by(mutant, case)]
    return {"mutant": mutant["mutant"], "breaks": mutant["breaks"], "caught_by": caught,
            "others": [name for name in seen if name not in caught], "faults": faults}


def line_of(result):
    if result["caught_by"]:
        return f"caught  {result['mutant']:40} {result['breaks'][0]:9} by {len(result['caught_by']):3}: {result['caught_by'][0]}"
    why = "; ".join(result["faults"]) or f"only seen by {', '.join(result['others']) or 'nothing'}"
    return f"MISSED  {result['mutant']:40} {result['breaks'][0]:9} {why}"


def keep(results, options):
    """For coverage.py. Of only some mutants, in the place of what is known of them; of all against all cases, not at all."""
    file = options.build / "mutants/results.json"
    if options.all or (options.only and not file.exists()):
        return
    known = {r["mutant"]: r for r in json.loads(file.read_text())} if options.only else {}
    known |= {r["mutant"]: r for r in results}
    file.write_text(json.dumps(sorted(known.values(), key=lambda r: r["mutant"]), indent="\t") + "\n")


def parse():
    parser = argparse.ArgumentParser(description=__doc__, epilog=EXAMPLES, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", action="append", metavar="GLOB", help="these mutants")
    parser.add_argument("--all", action="store_true", help="play all cases, not only those of the clauses that are broken")
    parser.add_argument("--timeout", default="2s", help="for each step of a case [2s]")
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--build", default=ROOT / "build", type=pathlib.Path, help="where everything is made [build]")
    return parser, parser.parse_args()


def main():
    parser, options = parse()
    index = options.build / "mutants/index.json"
    if not index.exists():
        parser.error(f"{index} is not there: make the mutants first, by conformance/mutants/build.py")
    mutants = [m for m in json.loads(index.read_text())
               if not options.only or any(pathlib.PurePath(m["mutant"]).match(g) for g in options.only)]
    if not mutants:
        parser.error("no such mutant")
    spec, results = clauses(), []
    with concurrent.futures.ThreadPoolExecutor(options.jobs) as workers:
        for result in workers.map(lambda m: judge(m, spec, options), mutants):
            results.append(result)
            print(line_of(result), flush=True)
            if sys.stderr.isatty():
                print(f"  {len(results)} of {len(mutants)}", end="\r", file=sys.stderr)
    missed = [r["mutant"] for r in results if not r["caught_by"]]
    keep(results, options)
    print(f"{len(mutants)} mutants: {len(mutants) - len(missed)} caught by a case of a clause that they break, {len(missed)} missed")
    sys.exit(1 if missed else 0)


if __name__ == "__main__":
    main()
