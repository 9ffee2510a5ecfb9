"""What the committed corpus and the regressions reach: llvm-cov's report, HTML, and each line that is not reached."""
import re
import shutil
import subprocess

import build
import runner

SOURCES = {"frame": ["lib/core/frame.c"], "args": ["lib/core/args.c"], "parent": ["lib/core/parent.c"], "child": ["lib/core/child.c"],
           "pair": ["lib/core/ids.c", "lib/core/buf.c"], "sched": ["lib/core/sched.c", "lib/core/heap.c"], "json": ["lib/io/json.c"],
           "engine": ["lib/core/engine.c", "lib/core/engine_job.c", "lib/core/engine_worker.c", "lib/core/retire.c"],
           "transcript": [f"conformance/transcript/{n}.c" for n in ("cursor", "head", "octets", "pieces", "statement", "transcript")],
           "scenario": ["sim/scenario.c", "sim/fields.c"]}
SHOWN = build.BUILD / "cover.html"


def llvm(name):
    """An LLVM program, by its plain name or with a version behind it."""
    found = shutil.which(name) or next((p for v in range(25, 12, -1) if (p := shutil.which(f"{name}-{v}"))), None)
    if not found:
        raise build.Trouble(f"{name} is not installed: apt-get install llvm")
    return found


def measure(targets):
    """Replays each target's inputs; the programs and the merged profile."""
    profiles, programs = [], []
    for target in targets:
        program = build.program("cover", target)
        profile = build.BUILD / "cover" / f"{target}.profraw"
        paths = [d / target for d in (runner.CORPUS, runner.REGRESSIONS) if (d / target).is_dir()]
        if not paths:
            raise build.Trouble(f"there is no corpus of {target}: forkpool-fuzz seeds makes it")
        subprocess.run([program, *paths], check=True, env={"LLVM_PROFILE_FILE": str(profile)}, stdout=subprocess.DEVNULL)
        profiles.append(profile)
        programs.append(program)
    merged = build.BUILD / "cover" / "all.profdata"
    subprocess.run([llvm("llvm-profdata"), "merge", "-sparse", *profiles, "-o", merged], check=True)
    return programs, merged


def run(options):
    """Prints the summary and what is not reached; writes the HTML."""
    targets = [options.target] if options.target else list(build.TARGETS)
    programs, merged = measure(targets)
    sources = [s for t in targets for s in SOURCES[t]]
    common = [programs[0], *[x for p in programs[1:] for x in ("-object", p)], f"-instr-profile={merged}", *sources]
    subprocess.run([llvm("llvm-cov"), "report", "-show-branch-summary", *common], check=True, cwd=build.ROOT)
    shutil.rmtree(SHOWN, ignore_errors=True)
    subprocess.run([llvm("llvm-cov"), "show", "-format=html", "-show-branches=count", f"-output-dir={SHOWN}", *common],
                   check=True, cwd=build.ROOT)
    shown = subprocess.run([llvm("llvm-cov"), "show", "-show-branches=count", "-show-expansions=0", *common], check=True,
                           capture_output=True, text=True, cwd=build.ROOT).stdout
    print_missed(shown)
    print(f"HTML: {SHOWN.relative_to(build.ROOT)}/index.html")
    return 0


def print_missed(shown):
    """The lines that were never run, and the branches that went one way only."""
    name = ""
    for line in shown.splitlines():
        if line.endswith(".c:"):
            name = line[:-1].rsplit("/", 1)[-1]
        if text := re.match(r"\s*(\d+)\|\s+0\|(.*)", line):
            print(f"  {name}:{text[1]} never run: {text[2].strip()}")
        if text := re.match(r"\s*\|\s+Branch \((\d+):(\d+)\): \[True: (\S+), False: (\S+)\]", line):
            if "0" in (text[3], text[4]) and text[3] != "Folded":
                print(f"  {name}:{text[1]} column {text[2]}: never {'true' if text[3] == '0' else 'false'}")
