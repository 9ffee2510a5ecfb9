"""A pool is judged with workers that are the suite's own: ours keeps each promise, one with a fault is caught where it shows,
and what is no pool at all gets a clear verdict. No worker is left behind."""
import pytest
from judge_rig import BAD, PATIENT, limit_for
from sessions_rig import built, case, conform, judge, nothing_is_left, script  # noqa: F401

LIMIT_S = 60  # of which the judge's own is 1 s for each step


@pytest.fixture(scope="module")
def pool(tmp_path_factory):
    return built(tmp_path_factory.mktemp("pool"), "pool")


@pytest.fixture
def play(tmp_path, pool):
    """A case of a test's own."""
    def with_pool(lines, options="max=1 load=1", command=None, mode="--sync", limit=PATIENT):
        (tmp_path / "t.transcript").write_text(case("pool", lines, head=f"options {options}"))
        return judge("pool", command or pool, mode, "--can", "all", "--cases", tmp_path, *limit)
    return with_pool


# ---- what is kept; that the whole suite is, conformance/ours.sh shows ----

GETS_A = 'app calls a "a"\npool starts worker 1\nworker 1 gets a\n'
DONE_A = 'worker 1 answers a "x"\napp gets result a "x"\n'

KEPT = {
    "one call": GETS_A + DONE_A,
    "equal items are told apart by their order": 'app calls a "q"\napp calls b "q"\npool starts worker 1\nworker 1 gets a\n'
    'worker 1 answers a "1"\napp gets result a "1"\nworker 1 gets b\nworker 1 answers b "2"\napp gets result b "2"\nnothing more\n',
    "a worker that holds stays until it exits": GETS_A + "worker 1 holds\napp drops\npool ends worker 1\n" + DONE_A +
    "nothing more\nworker 1 exits\napp gets end\n",
    "one that does not hold exits by itself": GETS_A + "app drops\npool ends worker 1\n" + DONE_A + "app gets end\nnothing more\n",
    "a dead one is a crash": GETS_A + "worker 1 dies\napp gets error\napp gets failure a crashed\nnothing more\n",
    "one of several outcomes": GETS_A + "worker 1 dies\napp gets error write|eof\napp gets failure a protocol|crashed\nnothing more\n",
    "an answer cut in three": GETS_A + 'worker 1 sends 0000 / 0001 u32:2 / 01 "x"\napp gets result a "x"\nnothing more\n',
    "whichever worker is ended": GETS_A + DONE_A + "app drops\npool ends worker any\napp gets end\nnothing more\n",
    "what it writes before it dies arrives": GETS_A + 'worker 1 answers a "x"\nworker 1 dies\napp gets result a "x"\n',
}


@pytest.mark.parametrize("name", KEPT)
def test_what_is_kept(play, name):
    done = play(KEPT[name])
    assert done.status == 0, done.out + done.err


BROKEN = {
    "a start that no line has": ('app calls a "a"\napp cancels a\napp gets failure a\napp drops\napp gets end\nnothing more\n',
                                 "max=1 load=1", "starts worker 1"),
    "a job that no line has": ('app calls a "a"\napp calls b "b"\npool starts worker 1\nworker 1 gets a\nnothing more\n',
                               "max=1 load=2", "gets b"),
    "the wrong job": ('app calls a "a"\napp calls b "b"\npool starts worker 1\nworker 1 gets b\nworker 1 gets a\n',
                      "max=1 load=2", "`worker 1 gets b` (line 10), but what came is `gets a`"),
    "a start too early": ('app calls a "a"\npool starts worker 1 after 100s\n', "max=1 load=1", "ms too early"),
    "an end that no line has": (GETS_A + DONE_A + "app drops\nnothing more\n", "max=1 load=1", "ends worker 1"),
    "a worker that was killed": (GETS_A + "worker 1 holds\n" + DONE_A + "app drops\npool ends worker 1\napp gets end\nnothing more\n",
                                 "max=1 load=1 grace=50", "kills worker 1"),
    "an end of any too early": (GETS_A + DONE_A + "app drops\npool ends worker any after 100s\n", "max=1 load=1", "ms too early"),
    "a kill too early": (GETS_A + "worker 1 holds\n" + DONE_A + "app drops\npool ends worker 1\npool kills worker 1 after 100s\n",
                         "max=1 load=1 grace=50", "ms too early"),
    "a result that is another": (GETS_A + 'worker 1 answers a "y"\napp gets result a "x"\n', "max=1 load=1",
                                 "`app gets result a \"x\"` (line 11)"),
    "an outcome that is another": (GETS_A + "worker 1 dies\napp may get error\napp gets failure a timeout\n", "max=1 load=1",
                                   "gets failure a crashed"),
    "an outcome that is none of several": (GETS_A + "worker 1 dies\napp may get error\napp gets failure a timeout|protocol\n",
                                           "max=1 load=1", "gets failure a crashed"),
}


@pytest.mark.parametrize("name", BROKEN)
def test_what_is_not_kept(play, name):
    lines, options, why = BROKEN[name]
    done = play(lines, options)
    assert done.status == 1 and why in done.out, done.out + done.err


# ---- one fault each ----

FAULTS = {
    "more than max": ("pool-max/never-above-max", ("pool = fp_pool_new(", "options.max++;\n	pool = fp_pool_new(")),
    "more than load": ("pool-load/never-more-than-load", ("pool = fp_pool_new(", "options.load++;\n	pool = fp_pool_new(")),
    "less than load": ("pool-load/as-many-as-load", ("pool = fp_pool_new(", "options.load = 1;\n	pool = fp_pool_new(")),
    "busy_time is not kept": ("pool-times/busy-time", ("pool = fp_pool_new(", "options.busy_time_ns = 0;\n	pool = fp_pool_new(")),
    "idle_time is not kept": ("pool-times/idle-time", ("pool = fp_pool_new(", "options.idle_time_ns = 0;\n	pool = fp_pool_new(")),
    "min is not kept": ("pool-times/min-at-once", ("pool = fp_pool_new(", "options.min = 1;\n	pool = fp_pool_new(")),
    "max is not reached": ("pool-max/grows-to-max", ("pool = fp_pool_new(", "options.max -= options.max > 1;\n	pool = fp_pool_new(")),
    "tried again unasked": ("pool-crash/not-run-twice", ("pool = fp_pool_new(", "options.retries = 1;\n	pool = fp_pool_new(")),
    "events are lost": ("pool-outcomes/events-among-results", ("options.on_event = on_event;", "options.on_event = NULL;")),
    "results are lost": ("pool-max/call", ('control_tell(&control, "result"', 'if (r->n) control_tell(&control, "result"'),
                         ("if (r->n) control", "if (!r->n) control")),
    "the end is told twice": ("pool-destroy/unused", ("	pool = NULL;\n	control_tell(", "	pool = NULL;\n	on_destroy_again();\n	control_tell("),
                              ("void on_destroy(void *data)\n", "static void on_destroy_again(void)\n{\n"
                               '	control_tell(&control, "end", NULL, NULL, NULL, 0);\n}\n\nvoid on_destroy(void *data)\n')),
    "another outcome": ("pool-crash/running-call", ("fp_outcome_name(r->outcome)", "fp_outcome_name(FP_TIMEOUT)")),
}


@pytest.mark.parametrize("name", FAULTS)
def test_a_fault_is_caught(pool, tmp_path, name):
    which, *patches = FAULTS[name]
    options = ["--can", "all", "--case", which, "--timeout", "2s"]
    assert judge("pool", pool, *options).status == 0
    done = judge("pool", built(tmp_path, "pool", *(("pool", *p) for p in patches)), *options)
    assert done.status == 1 and done.verdicts["fail"] == 1, done.out + done.err


# ---- none at all ----

TELLS = "import os, sys, time, subprocess, socket\nfor line in iter(sys.stdin.readline, ''):\n  word = line.split()\n"
PONG = "  if word[0] == 'ping': os.write(1, b'pong %s\\n' % word[1].encode()); continue\n"
OPEN = "  if word[0] == 'open': command = bytes.fromhex(word[1].split('=')[1]).decode(); continue\n"
START = "  ours, its = socket.socketpair(); subprocess.Popen(command, shell=True, stdin=its, stdout=its); its.close()\n"

DEAF = "  import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN); os.fork() or os.setsid(); time.sleep(1000)\n"

NONE = {
    "starts no worker": ("  pass\n", "did not come within 1 s"),
    "dies": ("  os._exit(9)\n", "exited with status 9"),
    "dies with a worker": (START + "  os._exit(9)\n", ("exited with status 9", "`ends worker 1`")),  # whichever is seen first
    "hangs with a worker": (START + "  time.sleep(1000)\n", "did not come within 1 s"),
    "starts many workers": ("  for i in range(40):\n  " + START.replace("\n", "; sys.argv.append(ours)\n"), "what came is `starts worker 2`"),
    "sends a worker what nobody called": (START + "  ours.sendall(b'\\0\\0\\0\\1' b'\\0')\n", "sends 0000000100"),
    "sends a worker half a job": (START + "  ours.sendall(b'\\0'); ours.shutdown(1); time.sleep(1000)\n", "sends 00"),
    "ignores SIGTERM, and so does its child": (DEAF, "did not come within 1 s"),
    "floods with events": ("  while True: os.write(1, b'event 61\\n' * 1000)\n", "did not come within 1 s"),
    "floods with octets": ("  while True: os.write(1, b'x' * 65536)\n", "sends"),
    "floods standard error": ("  while True: os.write(2, b'x' * 65536)\n", "did not come within 0.2 s"),
    "writes what is no line": ("  os.write(1, b'\\xff\\0\\n')\n", "sends ff00"),
}


@pytest.mark.parametrize("name", NONE)
def test_what_is_no_pool(play, name):
    act, why = NONE[name]
    whys = [why] if isinstance(why, str) else why
    done = play(GETS_A + DONE_A, command=script(TELLS + PONG + OPEN + act), limit=limit_for(whys[0]))
    assert done.status == 1 and any(w in done.out for w in whys) and done.seconds < LIMIT_S, done.out + done.err


NOT_STARTED = {
    "not there": ("/nowhere/at/all", "exited with status 127"),
    "not executable": (str(BAD / "not-executable"), "exited with status 126"),
    "exits": ("exit 7", "exited with status 7"),
    "never reads": (str(BAD / "mute.sh"), "no ping within 1 s"),
    "floods standard error": (str(BAD / "noise.sh"), "no ping within 0.2 s"),
    "greets": ("echo hello; exec sleep 1000000", "`sends \"hello\"`"),
}


@pytest.mark.parametrize("name", NOT_STARTED)
def test_what_does_not_start(play, name):
    command, why = NOT_STARTED[name]
    done = play(GETS_A + DONE_A, command=command, limit=limit_for(why))
    assert done.status == 3 and why in done.err and done.seconds < LIMIT_S, done.err


def test_a_worker_by_hand():
    """Where no suite is."""
    done = conform("worker", "zzzzz")
    assert done.status == 1 and "the suite is not there" in done.err
    assert conform("worker").status == 2 and conform("worker", "--help").status == 0
