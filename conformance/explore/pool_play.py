"""A session with a pool, played by forkpool-conform, as its workers are the suite's own. Must not know how sessions are made, nor
what is right."""
import dataclasses
import json
import os
import pathlib
import re
import shutil
import subprocess
import tempfile

from .player import HANG_S, Finding
from .pool_model import Pool
from .transcript import document, fold

ROOT = pathlib.Path(__file__).resolve().parents[2]
CLAUSE = "OUT-1"  # of a case that is played; one that went wrong is written with the clause of the line that did not come
ALWAYS = ("max", "load")
NEVER_MIND = {"calls_max", "queue_max"}  # are left out where they are 0, as none is what their absence means
UNCALLED = {"starts": "POOL-5", "gets": "POOL-3b", "ends": "POL-6", "kills": "OUT-13"}  # what came, though no line is for it
NOT_STARTED = 3
HARNESS_S = 600  # only bounds a hang of forkpool-conform itself


def conform():
    """The program that was built here, or one that is installed."""
    found = shutil.which("forkpool-conform", path=os.pathsep.join([str(ROOT / "build/bin"), os.environ.get("PATH", os.defpath)]))
    return found or "forkpool-conform"


class PoolWriter:
    def __init__(self, form, session, can):
        self.form, self.session, self.can = form, session, can
        self.lines = Pool(form, can, session).all(session)

    def write(self, finding):
        given = {k: v for k, v in dataclasses.asdict(self.session.options).items()
                 if k in ALWAYS or (k in self.can and (v or k not in NEVER_MIND))}
        head = ["side        pool", "options     " + " ".join(f"{k}={v}" for k, v in given.items())]
        return document(finding, self.form, head, [fold(text) for text, _ in self.lines])


class PoolPlay:
    peak_bytes = 0  # no clause speaks of it

    def __init__(self, testee, session, hang_s=HANG_S):
        self.testee, self.session, self.hang_s = testee, session, hang_s
        self.writer = PoolWriter(testee.form, session, testee.can)

    def run(self):
        """The Finding, or None."""
        with tempfile.TemporaryDirectory() as folder:
            case = pathlib.Path(folder) / "explored.transcript"
            text = self.writer.write(Finding("", CLAUSE, "a session"))
            case.write_text(text)
            command = [conform(), "replay", case, "--pool", self.testee.command, "--timeout", f"{self.hang_s:g}s", "--report", "json"]
            done = subprocess.run(command, capture_output=True, text=True, timeout=HARNESS_S, check=False)
        if done.returncode == NOT_STARTED:
            return Finding("stays", CLAUSE, done.stderr.strip())
        if done.returncode not in (0, 1):
            raise RuntimeError(f"forkpool-conform: status {done.returncode}: {done.stderr.strip()}")
        verdict = json.loads(done.stdout)["cases"][0]
        return None if verdict["verdict"] == "pass" else self.finding(verdict, text)

    def finding(self, verdict, text):
        why = verdict["why"]
        kind = "missing" if verdict["is_late"] else "wrong"
        return Finding(kind, self.clause_of(why, text), re.sub(r" \(line \d+\)", "", why))

    def clause_of(self, why, text):
        """Of the line that is due; of what came, where none is for it."""
        came = re.search(r"what came is `(\w+)", why)
        line = re.search(r"`(.*)` \(line (\d+)\)", why)
        if came and came[1] == "gets" and line and "pool ends" in line[1]:  # a job too many
            return UNCALLED["gets"]
        return line and self.clause_at(int(line[2]), text) or UNCALLED.get(came and came[1], CLAUSE)

    def clause_at(self, number, text):
        """The lines of the model are the last ones of the file; one that is folded is named by its first row."""
        number -= len(text.splitlines()) - sum(fold(line).count("\n") + 1 for line, _ in self.writer.lines)
        for line, clause in self.writer.lines:
            rows = fold(line).count("\n") + 1
            if 0 < number <= rows:
                return clause
            number -= rows
        return None
