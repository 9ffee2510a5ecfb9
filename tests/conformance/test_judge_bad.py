"""Testees that are no implementations at all: a clear verdict within the time limit, and no process left."""
import os
import pathlib
import re
import shlex
import signal
import subprocess
import time

import pytest
from judge_rig import BAD, CONFORM, ECHO, PYTHON, Done, adopt_orphans, case, children, kill_children, limit_for, run, scripted

LIMIT_S = 60  # bounds a hang


@pytest.fixture(autouse=True)
def nothing_is_left():
    adopt_orphans()
    before = set(children())
    yield
    left = set(children()) - before
    names = [pathlib.Path(f"/proc/{pid}/cmdline").read_bytes() for pid in left]
    kill_children()
    assert not names


@pytest.fixture
def cases(tmp_path):
    (tmp_path / "t.transcript").write_text(case(ECHO))
    return tmp_path


HASTY = ("--timeout", "1s")


def judged(cases, command, limit=HASTY):
    done = run(cases, command, *limit)
    assert done.seconds < LIMIT_S
    return done


# ---- it does not start: status 3 ----

NOT_STARTED = {
    "not executable": (str(BAD / "not-executable"), "status 126"),
    "not there": ("/nowhere/at/all", "status 127"),
    "exits at once": ("exit 7", "status 7"),
    "ends at once": ("true", "status 0"),
    "is killed at once": ("kill -9 $$", "status 137"),
    "closes its connection unread": (scripted("close", "wait"), "closed the connection"),
    "never reads": (str(BAD / "mute.sh"), "read nothing within 1 s"),
    "floods standard error": (str(BAD / "noise.sh"), "read nothing within 0.2 s"),
}


@pytest.mark.parametrize("name", NOT_STARTED)
def test_what_does_not_start(cases, name):
    command, why = NOT_STARTED[name]
    done = judged(cases, command, limit_for(why))
    assert (done.status, done.out) == (3, "")
    assert done.err.startswith("forkpool-conform run: the testee did not start: ") and why in done.err


def test_what_it_said_is_shown(cases):
    done = judged(cases, "echo 'cannot find libfoo' >&2; exit 1")
    assert done.status == 3 and "cannot find libfoo" in done.err


# ---- what it says, and a terminal ----

SEQUENCE = "\x1b]0;owned\x07\x1b[2J\xc2\x9b31m\x9b31m\r\x7f".encode("latin-1")


def is_harmless(done):
    said = done.out + done.err
    assert not re.search("[\x00-\x08\x0b-\x1f\x7f-\x9f]", said) and "\\x1b" in said and "\\u{9b}31m\\x9b31m" in said


def judged_in_octets(cases, command, side="--child"):
    done = subprocess.run([CONFORM, "run", side, command, "--cases", cases, "--timeout", "1s"], capture_output=True, timeout=LIMIT_S)
    return Done(done.returncode, done.stdout.decode(), done.stderr.decode(), 0)


def test_standard_error_of_one_that_does_not_start_moves_no_cursor(cases):
    done = judged_in_octets(cases, scripted(f"raw:{SEQUENCE.hex()}", "exit:1"))
    assert done.status == 3
    is_harmless(done)


def test_standard_error_of_one_that_is_wrong_moves_no_cursor(cases):
    done = judged_in_octets(cases, scripted("read:11", f"raw:{SEQUENCE.hex()}", "exit:1"))
    assert done.status == 1
    is_harmless(done)


def test_octets_move_no_cursor(cases):
    done = judged_in_octets(cases, scripted("read:11", f"write:{SEQUENCE.hex()}", "drain"))
    assert done.status == 1 and not re.search("[\x00-\x08\x0b-\x1f\x7f-\x9f]", done.out)


@pytest.mark.parametrize("line", [b"failure a ", b"failure ", b"error ", b"result "])
def test_words_on_the_control_channel_move_no_cursor(tmp_path, line):
    """A tag or a class is quoted in what is said about it."""
    (tmp_path / "t.transcript").write_text(case('app calls a "1"\napp gets result a "x"', head="side parent"))
    program = ("import os, sys\nfor line in iter(sys.stdin.readline, ''):\n word = line.split()\n"
               " if word[0] == 'ping': os.write(1, b'pong %s\\n' % word[1].encode())\n"
               f" else: os.write(1, bytes.fromhex('{line.hex()}{SEQUENCE.hex()}0a'))\n")
    done = judged_in_octets(tmp_path, f"exec {PYTHON} -c {shlex.quote(program)}", "--parent")
    assert done.status == 1, done
    is_harmless(done)


# ---- it starts, and is wrong: status 1 ----

EVENT = "00000000" "00000001" "00"
ANSWER = "00000001" "00000002" "0161"
WRONG = {
    "prints garbage": (str(BAD / "chatter.sh"), "octet 0 of what came is another"),
    "closes early": (scripted("read:11", "close", "exit:3"), "`ends`; then it exited with status 3"),
    "closes and stays": (scripted("read:11", "close", "wait"), "`ends`"),
    "closes in the middle of a frame": (scripted("read:11", "write:" + ANSWER[:-2], "exit:0"), "octet 9"),
    "reads and says nothing": (scripted("read:11", "drain", "wait"), "did not come within 1 s"),
    "ignores SIGTERM": (scripted("deaf", "read:11", "wait"), "did not come within 1 s"),
    "does not end": (scripted("deaf", "read:11", "write:" + ANSWER, "wait"), "`child ends`"),
    "ends and does not exit": (scripted("deaf", "read:11", "write:" + ANSWER, "drain", "end", "wait"), "`child exits 0`"),
    "floods with garbage": (scripted("repeat:ff"), "octet 0 of what came is another"),
    "floods with events": (scripted("read:11", "repeat:" + EVENT), "did not come within 0.2 s"),
    "announces 4 GiB": (scripted("read:11", "write:00000001ffffffff", "repeat:61"), "octet 4 of what came is another"),
    "announces an event of 4 GiB": (scripted("read:11", "write:00000000ffffffff", "repeat:61"), "did not come within 1 s"),
    "leaves a grandchild with the connection": (scripted("leave", "read:11", "write:" + ANSWER, "drain", "exit:0"),
                                                "something that it left holds the connection"),
    "exits with another status": (scripted("read:11", "write:" + ANSWER, "drain", "exit:5"), "`exits 5`"),
}


@pytest.mark.parametrize("name", WRONG)
def test_what_is_wrong(cases, name):
    command, why = WRONG[name]
    done = judged(cases, command, limit_for(why, HASTY))
    assert done.status == 1, done
    assert done.verdicts == {"fail": 1}
    assert why in done.out
    assert "again: forkpool-conform run --child " in done.out


@pytest.mark.parametrize("words, status", [([], 1), (["write:" + ANSWER, "drain", "exit:0"], 0), (["write:" + EVENT, "exit:0"], 1)])
def test_a_flood_of_standard_error_changes_no_verdict(cases, words, status):
    done = judged(cases, scripted("chatter", "read:11", *words, *([] if words else ["wait"])))
    assert done.status == status, done
    assert ("no memory" in done.out) == (status == 1) and len(done.out) < 10000


def test_standard_error_of_what_is_wrong(cases):
    done = judged(cases, scripted("say:first", "read:11", "say:out of cheese", "exit:1"))
    assert done.status == 1 and "out of cheese" in done.out


def test_many_that_hang_do_not_take_for_ever(tmp_path):
    (tmp_path / "t.transcript").write_text("".join(case(ECHO, name=f"c{i}") for i in range(60)))
    done = run(tmp_path, scripted("deaf", "drain", "wait"), "--timeout", "0.4s", "--jobs", "2")
    assert done.status == 1
    assert done.verdicts == {"fail": 16, "skip": 44}
    assert "16 cases before it ran into the time limit" in done.out


# ---- nothing is left behind ----


def test_a_crowd_is_ended(cases):
    done = judged(cases, str(BAD / "crowd.sh"))
    assert done.status == 1 and done.verdicts == {"fail": 1}


def play_until(cases, sign):
    """A judge that plays with a testee that would stay for ever, and so would what it left."""
    os.mkfifo(sign)
    command = scripted("deaf", "read:11", "leave", f"sign:{sign}", "wait")
    judge = subprocess.Popen([CONFORM, "run", "--cases", cases, "--timeout", "600s", "--child", command],
                             stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    with open(sign) as said:
        assert said.read() == "here"
    return judge


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_judge_that_is_told_to_end_ends_all(cases, number, tmp_path):
    judge = play_until(cases, tmp_path / "sign")
    judge.send_signal(number)
    assert judge.wait(LIMIT_S) == 128 + number


def test_what_a_killed_judge_leaves_ends_by_itself(cases, tmp_path):
    judge = play_until(cases, tmp_path / "sign")
    judge.kill()
    judge.wait(LIMIT_S)
    wait_for_all()


def wait_for_all():
    """Until there is no child any more, orphans included."""
    end = time.monotonic() + LIMIT_S
    while time.monotonic() < end:
        try:
            if os.waitpid(-1, os.WNOHANG) == (0, 0):
                time.sleep(0.01)
        except ChildProcessError:
            return
