"""A recording of two live processes, and that it can be played."""
import os
import shlex
import signal
import subprocess
import sys

import pytest
from judge_rig import BUILD, CONFORM, HANG_S, MODULE, PYTHON, RIGHT, RIGHT_ASYNC, WORKER, conform, scripted

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


def child_that_answers(octets):
    program = f"import os, sys; os.read(0, 11); os.write(1, bytes.fromhex('{octets}')); sys.exit(3)"
    return [PYTHON, "-I", "-S", "-c", program]


@pytest.mark.parametrize("cut", [ANSWER[:9], ANSWER[:7], ANSWER[:1], ANSWER + ANSWER[:3]])
def test_an_answer_that_is_cut_off(file, cut):
    """The same again passes; a whole answer, or less, is something else."""
    done = record(file, *child_that_answers(cut.hex()), input=ECHO)
    assert (done.returncode, done.stdout) == (3, cut)
    for octets, status in ((cut, 0), (ANSWER * 2, 1), (cut[:-1], 1), (b"", 1)):
        command = shlex.join(["exec", *child_that_answers(octets.hex())])
        again = conform("replay", file, "--stdio", "--child", command, "--timeout", "2s")
        assert again.status == status and sum(again.verdicts.values()) == 1, again


def test_a_request_that_is_cut_off(file):
    assert record(file, WORKER, MODULE, "testworker", input=ECHO + ECHO[:5]).returncode == 1
    assert "child exits 1" in file.read_text()
    assert conform("replay", file, "--child", RIGHT).status == 0


@pytest.mark.parametrize("is_async", [False, True])
def test_a_session_in_json(file, is_async):
    payload = b'["echo","a",1,null]'
    request = (bytes.fromhex("00000009") if is_async else b"") + len(payload).to_bytes(4, "big") + payload
    mode, name = (["--async"], "testworker_async") if is_async else ([], "testworker")
    done = record(file, WORKER, *mode, "--serialiser", "json", MODULE, name, input=request,
                  options=[*mode, "--serialiser", "json"])
    assert done.returncode == 0 and done.stdout.endswith(b'["a",1,null]'), done
    right = RIGHT_ASYNC if is_async else RIGHT
    assert conform("replay", file, "--child", right.replace("--fd", "--serialiser json --fd")).status == 0
    assert conform("replay", file, "--child", right).status == 1


@pytest.mark.parametrize("profile", ["network", "native"])
def test_a_profile(file, profile):
    order = "big" if profile == "network" else sys.byteorder
    request = (7).to_bytes(4, order) + ECHO[4:]
    done = record(file, WORKER, "--profile", profile, MODULE, "testworker", input=request * 2, options=["--profile", profile])
    assert done.returncode == 0 and file.read_text().count("child sends u32:") == 2
    assert conform("replay", file, "--child", RIGHT.replace("--fd", f"--profile {profile} --fd")).status == 0


def test_an_async_session_with_events_and_answers_out_of_order(file):
    def request(number, *items):
        body = b"".join(bytes([len(i)]) + i for i in items)
        return number.to_bytes(4, "big") + len(body).to_bytes(4, "big") + body
    said = request(1, b"hold", b"k", b"late") + request(2, b"events", b"2", b"x") + request(3, b"free", b"k")
    assert record(file, WORKER, "--async", MODULE, "testworker_async", input=said, options=["--async"]).returncode == 0
    assert file.read_text().count("child sends u32:0 ") == 2
    assert conform("replay", file, "--child", RIGHT_ASYNC).status == 0


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
