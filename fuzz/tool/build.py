"""Where things are, and how a target is built: by make and fuzz/fuzz.mk, for one driver, from the tree or a copy of it."""
import os
import pathlib
import subprocess

ROOT = pathlib.Path(__file__).resolve().parents[2]
FUZZ = ROOT / "fuzz"
BUILD = ROOT / "build" / "fuzz"
TARGETS = ("frame", "args", "parent", "child", "pair", "sched", "json", "engine", "transcript", "scenario")


class Trouble(Exception):
    """Something that the user can put right; the text says how."""


def make(name, lib="lib", out=BUILD):
    """Makes one of fuzz.mk's files, where it is not; its path."""
    path = pathlib.Path(out) / name
    lib, out = (os.path.relpath(ROOT / p, ROOT) for p in (lib, out))  # as make says it, or what depends on what is lost
    done = subprocess.run(["make", "-s", "-f", "fuzz/fuzz.mk", f"LIB={lib}", f"FUZZ_B={out}", f"{out}/{name}"], cwd=ROOT,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    if done.returncode:
        raise Trouble(f"{name} cannot be built (see FUZZ_PACKAGES in fuzz/fuzz.mk):\n{done.stdout.rstrip()}")
    return path


def program(driver, target, lib="lib", out=BUILD):
    """A target built for a driver: libfuzzer, plain, afl, replay or cover."""
    return make(f"{driver}/{target}", lib, out)


def target_of(path, given):
    """The target an input is for: the one given, or the folder it lies in."""
    if given:
        return given
    names = [p for p in reversed(pathlib.Path(path).resolve().parts) if p in TARGETS]
    if not names:
        raise Trouble(f"{path}: for which target? Say so with --target ({', '.join(TARGETS)})")
    return names[0]
