"""A recording of two live processes, and that it can be played."""
import os
import signal
import subprocess

import pytest
from judge_rig import BUILD, CONFORM, HANG_S, MODULE, RIGHT, RIGHT_ASYNC, WORKER, conform, scripted

ECHO = bytes.fromhex("00000007046563686f0161")
ANSWER = bytes.fromhex("00000001000000020161")


def record(file, *command, input, options=()):
    return subprocess.run([CONFORM, "record", "-o", file, *options, "--", *command], input=input, capture_output=True,
                          timeout=HANG_S)


@pytest.fixture
def file(tmp_path):
    return tmp_path / "seen.transcript"


def test_what_is_recorded(file):
    done = record(file, WORKER, MODULE, "testworker", input=ECHO)
    assert (done.returncode, done.stdout, done.stderr) == (0, ANSWER, b"")
    lines = file.read_text().split("\n\n", 1)[1].splitlines()
    assert {"parent ends", "child ends", "child exits 0"} < set(lines)
    assert lines[-2:] == ["child ends", "child exits 0"]
    assert [line.split(maxsplit=2)[:2] for line in lines[:1]] == [["parent", "sends"]]
    assert "child sends u32:1 u32:2 0161" in [line.replace('01 "a"', "0161") for line in lines]


@pytest.mark.parametrize("is_async", [False, True])
def test_a_recording_can_be_played(file, is_async):
    request = bytes.fromhex("00000007") + ECHO if is_async else ECHO
    name = "testworker_async" if is_async else "testworker"
    mode = ["--async"] if is_async else []
    assert record(file, WORKER, *mode, MODULE, name, input=request * 3, options=mode).returncode == 0
    done = conform("replay", file, "--child", RIGHT_ASYNC if is_async else RIGHT)
    assert done.status == 0 and done.verdicts == {"pass": 1}
    wrong = conform("replay", "--child", scripted("read:11", "write:00000001000000020162", "drain"), "--timeout", "1s", file)
    assert wrong.status == 1


def test_a_recording_of_much(file):
    """Both directions at once, more than the pipes hold; frames are whole in the transcript, however they were read."""
    body = bytes.fromhex("04") + b"echo" + bytes.fromhex("c08000") + b"x" * (1 << 20)
    request = len(body).to_bytes(4, "big") + body
    done = record(file, WORKER, MODULE, "testworker", input=request * 3)
    assert done.returncode == 0 and len(done.stdout) == 3 * (8 + 3 + (1 << 20))
    assert file.read_text().count("child sends") == 3
    assert conform("replay", file, "--child", RIGHT).status == 0


def test_the_status_is_the_child_s(file):
    assert record(file, "sh", "-c", "exit 7", input=b"").returncode == 7
    assert file.read_text().endswith("child exits 7\n")
    assert record(file, "sh", "-c", "kill -9 $$", input=b"").returncode == 128 + signal.SIGKILL


def test_a_child_that_does_not_start(file):
    done = record(file, "/nowhere/at/all", input=b"")
    assert done.returncode == 3 and b"/nowhere/at/all did not start: No such file" in done.stderr


def test_a_transcript_that_cannot_be_written():
    done = record("/nowhere/t", "cat", input=b"")
    assert done.returncode == 4 and b"/nowhere/t" in done.stderr


def test_between_two_programs(file):
    """Where forkpool-run starts a worker."""
    command = f"{CONFORM} record -o {file} -- {WORKER} {BUILD}/lib/forkpool/echo.so echo"
    done = subprocess.run([BUILD / "bin/forkpool-run", "--max", "1", "--command", command], input=b"one\ntwo\n",
                          capture_output=True, timeout=HANG_S, env=os.environ)
    assert (done.returncode, done.stdout) == (0, b"one\ntwo\n"), done
    text = file.read_text()
    assert text.count("child sends") == 2 and text.endswith("child exits 0\n")
