"""What was reached of some sources: the lines, and the two ways of each condition, as llvm-cov tells them of a profile. Must not
know what should have been reached."""
import json
import re
import shutil
import subprocess

import build


def llvm(name):
    """An LLVM program, by its plain name or with a version behind it."""
    found = shutil.which(name) or next((p for v in range(25, 12, -1) if (p := shutil.which(f"{name}-{v}"))), None)
    if not found:
        raise build.Trouble(f"{name} is not installed: apt-get install llvm")
    return found


def merge(profiles, into):
    """One profile of several."""
    subprocess.run([llvm("llvm-profdata"), "merge", "-sparse", *profiles, "-o", into], check=True)


def cov(command, programs, profile, sources, *arguments):
    """What llvm-cov prints."""
    objects = [programs[0], *[x for p in programs[1:] for x in ("-object", p)]]
    return subprocess.run([llvm("llvm-cov"), command, *arguments, *objects, f"-instr-profile={profile}", *sources], check=True,
                          cwd=build.ROOT, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True).stdout


class Way:
    """One thing that can be reached: a line ("run"), or a condition's being true or false. `text` is the source of it."""

    def __init__(self, source, line, side, text, at=None):
        self.source, self.line, self.side, self.text = source, line, side, text
        self.name = f"{source}: never {side}: {text}"
        self.key = source, line, side, at

    def __str__(self):
        return f"{self.source}:{self.line}: never {self.side}: {self.text}"


def lines_of(lcov, texts):
    """Each line that holds code, and whether it was run."""
    source = None
    for record in lcov.splitlines():
        if record.startswith("SF:"):
            source = record[3:].removeprefix(f"{build.ROOT}/")
        elif source in texts and (found := re.match(r"DA:(\d+),(\d+)", record)):
            line = int(found[1])
            yield Way(source, line, "run", texts[source][line - 1].strip()), found[2] != "0"


def place_of(function, branch):
    """Where a condition stands in the source itself: that of its macro, if it comes from one."""
    where, file = branch[:4], branch[6]
    while file:
        where, file = next((r[:4], r[5]) for r in function["regions"] if r[7] == 1 and r[6] == file)
    return where


def text_of(function, number, texts):
    """A condition as it is written; of a macro's all but the last say which one they are."""
    branch = function["branches"][number]
    line, column, last, end = place_of(function, branch)
    same = [i for i, b in enumerate(function["branches"]) if b[6] and b[6] == branch[6]]
    text = texts[line - 1][column - 1:end - 1 if last == line else None]
    return line, text if not same or number == same[-1] else f"{text}, condition {1 + same.index(number)}"


def conditions_of(exported, texts):
    """Each way of each condition, and whether it was taken."""
    for function in json.loads(exported)["data"][0]["functions"]:
        source = function["filenames"][0].removeprefix(f"{build.ROOT}/")
        for number, branch in enumerate(function["branches"] if source in texts else ()):
            line, text = text_of(function, number, texts[source])
            for side, count in (("true", branch[4]), ("false", branch[5])):
                yield Way(source, line, side, text, (number, text)), count > 0


def reached(programs, profile, sources):
    """Every way there is in the sources, by its key: the way and whether it was reached by any program."""
    texts = {s: (build.ROOT / s).read_text().splitlines() for s in sources}
    ways = {}
    for way, is_taken in [*lines_of(cov("export", programs, profile, sources, "-format=lcov"), texts),
                          *conditions_of(cov("export", programs, profile, sources), texts)]:
        ways[way.key] = way, is_taken or ways.get(way.key, (way, False))[1]
    return ways
