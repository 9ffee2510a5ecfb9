"""forkpool-conform as a process, with cases of a test's own; and what is left behind. Must not know what is tested."""
import ctypes
import os
import pathlib
import re
import shlex
import signal
import subprocess
import time
from dataclasses import dataclass

TREE = pathlib.Path(__file__).resolve().parents[2]
BUILD = TREE / (os.environ.get("FORKPOOL_BUILD") or "build")
CONFORM = BUILD / "bin/forkpool-conform"
BAD = pathlib.Path(__file__).resolve().parent / "bad"
PYTHON = "/usr/bin/python3"
WORKER = f"{BUILD}/bin/forkpool-worker"
MODULE = f"{BUILD}/lib/forkpool/testworker.so"
RIGHT = f"exec {WORKER} --fd {{fd}} {MODULE} testworker"
RIGHT_ASYNC = f"exec {WORKER} --async --fd {{fd}} {MODULE} testworker_async"

HANG_S = 300
PATIENT = ("--timeout", "60s")  # where no verdict hangs on a time limit: a busy machine changes none


def limit_for(why, otherwise=PATIENT):
    """What the judge is given for each step where it is to say `why`."""
    within = re.search(r"within ([\d.]+) s", why)
    return ("--timeout", within[1] + "s") if within else otherwise


PR_SET_CHILD_SUBREAPER = 36

CASE = """\
case     {name}
title    {name}
clause   FRM-1
{head}

{lines}
"""

ECHO = """\
parent sends u32:7 04 "echo" 01 "a"
child sends  u32:1 u32:2 01 "a"
parent ends
child ends
child exits 0"""


def case(lines, name="it", head=""):
    return CASE.format(name=name, lines=lines, head=head)


def scripted(*words):
    return " ".join(["exec", PYTHON, "-I", "-S", str(BAD / "scripted.py"), *map(shlex.quote, words)])


@dataclass
class Done:
    status: int
    out: str
    err: str
    seconds: float

    @property
    def verdicts(self):
        """From the text's last line: {'pass': 1, …}."""
        last = self.out.splitlines()[-1]
        return {word: int(n) for n, word in re.findall(r"(\d+) (pass|warn|fail|skip|error)\b", last)}


def conform(*arguments, input="", env=None):
    start = time.monotonic()
    done = subprocess.run([CONFORM, *map(str, arguments)], input=input, capture_output=True, text=True, timeout=HANG_S,
                          env={**os.environ, **(env or {})})
    return Done(done.returncode, done.stdout, done.stderr, time.monotonic() - start)


def run(cases, command, *more):
    return conform("run", "--child", command, "--cases", cases, *more)


def adopt_orphans():
    if ctypes.CDLL(None, use_errno=True).prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0) != 0:
        raise OSError(ctypes.get_errno(), "prctl")


def children():
    """Of this process: orphans of what it started among them."""
    return [int(p) for task in pathlib.Path("/proc/self/task").iterdir() for p in (task / "children").read_text().split()]


def kill_children():
    for pid in children():
        os.kill(pid, signal.SIGKILL)
        os.waitpid(pid, 0)
