"""What the tests of the simulator share: building it, here or from a changed copy, and running it."""
import os
import pathlib
import re
import shutil
import subprocess

ROOT = pathlib.Path(__file__).resolve().parents[2]
SCENARIOS = ROOT / "sim" / "scenarios"
BUILT = pathlib.Path(os.environ.get("FORKPOOL_BUILD", ROOT / "build"))
PARTS = ("lib", "sim", "conformance/transcript")
LIMIT_S = 300  # bounds a hang, decides nothing
DRAWS = ("arrival", "service", "size")  # kinds of choice that are numbers, and no faults


def build(tree, folder="build", **variables):
    """forkpool-sim of a source tree, built into this folder there with these make variables."""
    words = [f"{key}={value}" for key, value in variables.items()]
    target = f"{folder}/bin/forkpool-sim"
    done = subprocess.run(["make", "-s", "-j2", f"B={folder}", *words, target], cwd=tree, text=True,
                          stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=LIMIT_S,
                          env={k: v for k, v in os.environ.items() if k not in ("MAKEFLAGS", "MAKELEVEL", "MFLAGS")})
    assert done.returncode == 0, done.stdout
    return tree / target


def copy_tree(to):
    """The sources of the library's core and of the simulator, to be changed, and the objects that were made of them."""
    for part in PARTS:
        shutil.copytree(ROOT / part, to / part)
        if (BUILT / "obj" / part).exists():
            shutil.copytree(BUILT / "obj" / part, to / "build" / "obj" / part)
    for file in (ROOT / "Makefile", BUILT / ".flags", BUILT / ".deps"):
        if file.exists():
            shutil.copy2(file, to / file.relative_to(BUILT.parent if file.parent == BUILT else ROOT))
    return to


def run(program, *words, env=None):
    """Exit status, standard output and standard error."""
    done = subprocess.run([program, *map(str, words)], text=True, capture_output=True, stdin=subprocess.DEVNULL, timeout=LIMIT_S,
                          env=env)
    return done.returncode, done.stdout, done.stderr


def hash_of(text):
    """The hash that run and replay print."""
    return re.search(r"^hash +([0-9a-f]{16})", text, re.M).group(1)


def replay_words(text):
    """The words of the replay command that a failure prints."""
    return re.search(r"^replay: forkpool-sim replay '([^']*)'", text, re.M).group(1)


def broken(text):
    """Which promise a failure names; None: none."""
    found = re.search(r"^broken: ([a-z-]+):", text, re.M)
    return found and found.group(1)


def is_choice(word):
    """Of the words of a run: KIND.POSITION=VALUE."""
    return word.split("=")[0].rsplit(".", 1)[-1].isdigit()


def size(words):
    """Faults, workers and calls of a run; where its words do not say, as many as usual."""
    values = dict(word.split("=", 1) for word in words.split() if "=" in word)
    faults = sum(is_choice(name) and name.split(".")[0] not in DRAWS for name in values)
    return faults, int(values.get("pool.max", 8)), int(values.get("arrivals.jobs", 10))


def without_each(words):
    """The words of the same run with one choice less, for each choice."""
    parts = words.split()
    return [parts[:i] + parts[i + 1:] for i, part in enumerate(parts) if is_choice(part)]
