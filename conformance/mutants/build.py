#!/usr/bin/python3
"""Makes the mutants: programs under test with one fault each, to prove that the suite sees it.

A mutant is a patch with a head of `key: value` lines:

    mutant  its name            breaks  the clauses it does not keep, first the one that has to catch it
    of      the testee          how     the fault in one sentence
    sees    crash or timeout, where that is how the fault shows
    mode, profile, serialiser, over (pipes), can    where it shows only there, or with these capabilities

Each is applied to a copy of the sources in PLACE/NAME, which is made anew: who runs some at the same time as others
make them names a folder of his own. What is C is linked with the objects of the right program, so those have to be made first
(`make mutants` does). Afterwards PLACE/index.json lists all of them."""
import argparse
import concurrent.futures
import json
import os
import pathlib
import re
import shlex
import shutil
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]
TESTEES = ROOT / "conformance/testees"
KEYS = {"mutant", "breaks", "of", "how", "sees", "mode", "profile", "serialiser", "over", "can"}
CFLAGS = shlex.split("-std=c11 -O0 -g1 -D_GNU_SOURCE -fPIC -fvisibility=hidden -w")
LIBS = ["-lev", "-ljansson", "-ldl", "-pthread"]
PARTS = {"worker": ["lib/programs/worker.c", "lib/programs/cli.c"],
         **{side: [str(p.relative_to(ROOT)) for part in (side, "control") for p in sorted(TESTEES.glob(f"{part}*.c"))]
            for side in ("parent", "pool")}}
EXAMPLES = """examples:
  make mutants                                     makes all of them, and what they need
  conformance/mutants/build.py                     the same, if what they need is there
  conformance/mutants/build.py child-ber-padded    makes one, and prints the command that starts it"""


class BadMutant(Exception):
    """A patch that is not as it should be."""


def testees():
    return json.loads((TESTEES / "testees.json").read_text())


def command_of(testee, testee_dir, program, build):
    return testee["command"].format(testees=testee_dir, program=program, build=build)


def capabilities(source):
    """The words behind `capabilities:` in the first lines of a program, up to a blank line."""
    found = re.search(r"capabilities:((?:.|\n(?![ *#/]*\n))*?)(\n[ *#/]*\n|\"\"\"|\*/|\n(?=[^ *#/]))", source.read_text()[:2000])
    if not found:
        raise BadMutant(f"{source}: no line `capabilities: WORD…` at its beginning")
    return re.findall(r"[a-z_]+", found[1])


def read_head(patch):
    head = {}
    for line in patch.read_text().split("\n\n", 1)[0].splitlines():
        key, colon, value = line.partition(": ")
        if not colon or key not in KEYS:
            raise BadMutant(f"{patch}: `{line}`: one of {', '.join(sorted(KEYS))} is expected")
        head[key] = value
    if missing := {"mutant", "breaks", "of", "how"} - set(head):
        raise BadMutant(f"{patch}: no line `{min(missing)}: …`")
    if head["mutant"] != patch.stem:
        raise BadMutant(f"{patch}: the name in it is {head['mutant']}")
    if head["of"] not in testees():
        raise BadMutant(f"{patch}: of: {head['of']}: no such testee")
    return head


def run(what, **options):
    done = subprocess.run(what, capture_output=True, text=True, check=False, **options)
    if done.returncode:
        raise BadMutant(f"{shlex.join(map(str, what))}: status {done.returncode}: {done.stdout}{done.stderr}")
    return done.stdout


def apply(patch, tree, parts):
    """A copy of the sources with the fault; the names of the files that it changes."""
    shutil.rmtree(tree, ignore_errors=True)
    for part in parts:
        shutil.copytree(ROOT / part, tree / part)
    told = run(["patch", "-p1", "--fuzz=0", "--no-backup-if-mismatch", "-i", patch], cwd=tree)
    return re.findall(r"^patching file (\S+)", told, re.M)


def compile_and_link(testee, changed, tree, build):
    """The program, of the right one's objects and those of the files that were changed."""
    replaced = {}
    for name in changed:
        replaced[name] = tree / (name.replace("/", "-") + ".o")
        run([os.environ.get("CC", "cc"), *CFLAGS, f"-I{tree}/lib", *defines(build), "-c", tree / name, "-o", replaced[name]])
    sources = [str(p.relative_to(ROOT)) for d in ("core", "io") for p in sorted((ROOT / "lib" / d).glob("*.c"))]
    objects = [replaced.get(s) or build / "obj" / (s[:-2] + ".o") for s in [*sources, *PARTS[testee]]]
    program = tree / testee
    run([os.environ.get("CC", "cc"), "-rdynamic", *objects, *LIBS, "-o", program])
    return program


def defines(build):
    return [f'-DFP_MODULE_DIR="{build}/lib/forkpool"', f'-DFP_LIBEXEC_DIR="{build}/bin"', f'-DFP_INCLUDE_DIR="{ROOT}/lib"']


def make(patch, build, place):
    """What index.json says of a mutant."""
    head = read_head(patch)
    testee, tree = testees()[head["of"]], place / patch.stem
    parts = ["conformance/testees", *(["lib"] if "program" in testee else [])]
    changed = apply(patch, tree, parts)
    program = compile_and_link(head["of"], changed, tree, build) if "program" in testee else None
    can = head.get("can", "").split() or capabilities(TESTEES / testee["source"])
    return {**head, "breaks": head["breaks"].split(), "can": can, "side": testee["side"],
            "command": command_of(testee, tree / "conformance/testees", program, build)}


def make_all(patches, build, place):
    with concurrent.futures.ThreadPoolExecutor(2) as workers:
        return list(workers.map(lambda p: make(p, build, place), patches))


def main():
    parser = argparse.ArgumentParser(description=__doc__, epilog=EXAMPLES, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("name", nargs="*", help="mutants to make [all]")
    parser.add_argument("--build", default=ROOT / "build", type=pathlib.Path, help="where the right programs were made [build]")
    parser.add_argument("--place", type=pathlib.Path, help="where each gets a folder [BUILD/mutants]")
    options = parser.parse_args()
    here = pathlib.Path(__file__).parent
    patches = [here / f"{n}.patch" for n in options.name] or sorted(here.glob("*.patch"))
    for patch in patches:
        if not patch.exists():
            parser.error(f"{patch.stem}: no such mutant")
    place = (options.place or options.build / "mutants").resolve()
    try:
        made = make_all(patches, options.build.resolve(), place)
    except BadMutant as e:
        sys.exit(f"build.py: {e}")
    if options.name:
        print("\n".join(m["command"] for m in made))
    else:
        (place / "index.json").write_text(json.dumps(made, indent="\t") + "\n")
        print(f"made {len(made)} mutants: {place}/index.json")


if __name__ == "__main__":
    main()
