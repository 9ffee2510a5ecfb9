"""A parent is judged: ours conform, one with a fault is caught by the case for it, and what is no parent at all gets a clear
verdict."""
import pytest
from judge_rig import BAD, PATIENT, limit_for
from sessions_rig import CAN_PARENT, built, case, judge, nothing_is_left, parent_in_python, script  # noqa: F401

LIMIT_S = 60  # of which the judge's own is 1 s for each step


@pytest.fixture(scope="module")
def commands(tmp_path_factory):
    return {"c": built(tmp_path_factory.mktemp("c"), "parent"), "python": parent_in_python(tmp_path_factory.mktemp("python"))}


# ---- right ones, but for our own over a socket, which conformance/ours.sh judges ----

@pytest.mark.parametrize("mode", ["--sync", "--async"])
@pytest.mark.parametrize("language, cases", [("c", "parent-e*"), ("c", "parent-[bhios]*"), ("c", "parent-framing/*"),
                                             ("python", "parent-e*")])
def test_ours_conform(commands, language, cases, mode):
    done = judge("parent", commands[language], mode, "--stdio", "--can", CAN_PARENT, "--case", cases, *PATIENT)
    assert done.status == 0 and done.verdicts["pass"] > 10 and not done.verdicts.get("warn"), done.out


# ---- one fault each ----

FAULTS = {
    "the first id is 2": ("async", "parent-ids/*/counting", "calls.py", "self.last_id = 0", "self.last_id = 1"),
    "the newest call is answered": ("sync", "parent-order/*/by-position", "calls.py", "next(iter(self.outstanding), None)",
                                    "next(reversed(self.outstanding), None)"),
    "events are lost": ("sync", "parent-events/*/idle", "calls.py", 'return self.tell("event", None, items)', "return None"),
    "an event is answered": ("sync", "parent-events/*/is-not-answered", "calls.py", 'return self.tell("event", None, items)',
                             'self.out += bytes(4); return self.tell("event", None, items)'),
    "an event begins a request": ("async", "parent-events/*/is-not-answered", "calls.py",
                                  'return self.tell("event", None, items)',
                                  'self.out += bytes(2); return self.tell("event", None, items)'),
    "an item too many": ("sync", "parent-framing/*/call", "calls.py", 'self.outstanding.pop(number), items)',
                         'self.outstanding.pop(number), [*items, b"x"])'),
    "a result is told twice": ("sync", "parent-order/*/by-position", "calls.py",
                               'self.tell("result", self.outstanding.pop(number), items)',
                               'tag = self.outstanding.pop(number); self.tell("result", tag, items); '
                               'self.tell("result", tag, items)'),
    "it never half-closes": ("sync", "parent-framing/*/call", "parent.py", "(calls.is_dropped or calls.is_over)",
                             "calls.is_over"),
    "the end is told twice": ("async", "parent-errors/*/end-after-an-error", "calls.py", '        self.tell("end")',
                              '        self.tell("end"); self.tell("end")'),
    "lost calls are not told": ("async", "parent-errors/*/calls-are-told", "calls.py", 'self.tell("failure", tag)\n        self.end',
                                'pass\n        self.end'),
    "a cut reply is a result": ("sync", "parent-framing/*/truncated", "calls.py", "        if self.outstanding or",
                                '        if self.received and self.outstanding:\n'
                                '            self.tell("result", self.outstanding.pop(next(iter(self.outstanding))), [])\n'
                                '        if self.outstanding or'),
}


@pytest.mark.parametrize("name", FAULTS)
def test_a_fault_is_caught(commands, tmp_path, name):
    mode, which, *patch = FAULTS[name]
    options = [f"--{mode}", "--can", CAN_PARENT, "--case", which, "--timeout", "2s"]
    assert judge("parent", commands["python"], *options).status == 0
    done = judge("parent", parent_in_python(tmp_path, patch), *options)
    assert done.verdicts.get("fail", 0) + done.verdicts.get("warn", 0) == 1, done.out + done.err


# ---- none at all ----

TELLS = "import os, sys, time\nfor line in iter(sys.stdin.readline, ''):\n  word = line.split()\n"
PONG = "  if word[0] == 'ping': os.write(1, b'pong %s\\n' % word[1].encode()); continue\n"
WAITS = "time.sleep(1000)\n"

NOT_STARTED = {
    "not there": ("/nowhere/at/all", "exited with status 127"),
    "not executable": (str(BAD / "not-executable"), "exited with status 126"),
    "exits": ("exit 7", "exited with status 7"),
    "never answers": (script(TELLS + "  pass\n"), "no ping within 1 s"),
    "never reads": (script("import time; " + WAITS), "no ping within 1 s"),
    "greets": (script("import os, time; os.write(1, b'hello\\n'); " + WAITS), "`sends \"hello\"`"),
    "floods": (script("import os\nwhile True: os.write(1, b'x' * 65536)"), "`sends"),
}


@pytest.mark.parametrize("name", NOT_STARTED)
def test_what_does_not_start(name):
    command, why = NOT_STARTED[name]
    done = judge("parent", command, *limit_for(why), "--case", "parent-framing/sync/call")
    assert done.status == 3 and why in done.err and done.seconds < LIMIT_S, done.err


DEAF = "  import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN); os.fork() or os.setsid(); " + WAITS

BROKEN = {
    "dies at a call": ("  os._exit(9)\n", "exited with status 9"),
    "is killed": ("  os.kill(os.getpid(), 11)\n", "exited with status 139"),
    "ends its channel": ("  os.close(1); " + WAITS, "closes its control channel"),
    "says what is no line": ("  os.write(1, b'surely, a\\n')\n", 'sends "surely, a"'),
    "says items that are no hex": ("  os.write(1, b'result a 6g\\n')\n", 'sends "result a 6g"'),
    "tells of another call": ("  os.write(1, b'result zz 78\\n')\n", 'gets result zz 78'),
    "does nothing": ("  pass\n", "did not come within 1 s"),
    "ignores SIGTERM, and so does its child": (DEAF, "did not come within 1 s"),
    "floods with events": ("  while True: os.write(1, b'event 61\\n' * 1000)\n", "gets event"),
    "floods with octets": ("  while True: os.write(1, b'x' * 65536)\n", "sends"),
    "floods standard error": ("  while True: os.write(2, b'x' * 65536)\n", "did not come within 0.2 s"),
    "leaves a process": ("  os.fork() or " + WAITS, "did not come within 1 s"),
}


@pytest.mark.parametrize("name", BROKEN)
def test_what_breaks_off(tmp_path, name):
    act, why = BROKEN[name]
    (tmp_path / "t.transcript").write_text(case("parent", 'app calls a "1"\napp gets result a "x"\nnothing more\n'))
    done = judge("parent", script(TELLS + PONG + act), *limit_for(why), "--cases", tmp_path)
    assert done.status == 1 and why in done.out and done.seconds < LIMIT_S, done.out + done.err
