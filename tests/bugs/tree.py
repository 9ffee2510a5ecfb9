"""Copies of the sources in which bugs are planted, built and taken out again: one for each job, so that little is built anew."""
import contextlib
import os
import pathlib
import queue
import shutil
import subprocess

ROOT = pathlib.Path(__file__).resolve().parents[2]
BUILD_S = 900


def source_files():
    """What git knows or does not ignore, and is there; where there is no git, everything but what was made."""
    done = subprocess.run(["git", "-C", ROOT, "ls-files", "-z", "--cached", "--others", "--exclude-standard"], capture_output=True)
    names = done.stdout.decode().split("\0") if done.returncode == 0 else \
        [str(p.relative_to(ROOT)) for p in ROOT.rglob("*") if "build" not in p.relative_to(ROOT).parts[:1]]
    return [name for name in names if name and (ROOT / name).is_file()]


def copy_changed(tree):
    """The sources as they are; a file that is the same keeps its time, so that make does only what is needed."""
    for name in source_files():
        to = tree / name
        if to.exists() and to.read_bytes() == (ROOT / name).read_bytes():
            continue
        to.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / name, to)


class Unbuilt(Exception):
    """A tree does not build, or what was built does not run."""


def built(tree, *targets):
    """Lets make bring what is named up to date. Raises Unbuilt with the end of what make said."""
    environment = {k: v for k, v in os.environ.items() if k not in ("MAKEFLAGS", "MAKELEVEL", "MFLAGS")}
    done = subprocess.run(["make", "-s", "B=build", *targets], cwd=tree, env=environment, stdin=subprocess.DEVNULL,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, errors="replace", timeout=BUILD_S)
    if done.returncode:
        raise Unbuilt("\n".join(done.stdout.splitlines()[-8:]))


@contextlib.contextmanager
def planted(bug, tree):
    """The bug is in the tree. What is built has to be asked of make again after each bug: the file that it was in is newer."""
    if not bug.patch:
        yield tree
        return
    path = tree / bug.file
    right = path.read_bytes()
    try:
        subprocess.run(["patch", "-s", "-p1"], cwd=tree, input=bug.patch, text=True, check=True)
        yield tree
    finally:
        path.write_bytes(right)


class Trees:
    """As many as are to be used at a time. Raises Unbuilt where one without a bug does not build."""

    def __init__(self, place, n, targets):
        self.free = queue.SimpleQueue()
        first = place / "tree-1"
        copy_changed(first)
        built(first, *targets)
        self.free.put(first)
        for i in range(2, n + 1):
            tree = place / f"tree-{i}"
            shutil.rmtree(tree, ignore_errors=True)
            subprocess.run(["cp", "-a", first, tree], check=True)
            self.free.put(tree)

    @contextlib.contextmanager
    def with_bug(self, bug):
        """A tree of its own for as long as it is used."""
        tree = self.free.get()
        try:
            with planted(bug, tree) as wrong:
                yield wrong
        finally:
            self.free.put(tree)
