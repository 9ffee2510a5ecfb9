"""forkpool-fuzz as somebody uses it: explain, add, minimize, wrong usage; and a planted bug that replay finds."""
import subprocess

import build
import bugs
import inputs
import pytest

TOOL = build.FUZZ / "forkpool-fuzz"


def tool(*arguments):
    return subprocess.run([TOOL, *map(str, arguments)], capture_output=True, text=True, timeout=120)


def test_explain_tells_offsets_lengths_items_and_why(tmp_path):
    path = tmp_path / "input"
    path.write_bytes(bytes.fromhex("00000007 00000004 0161 0462".replace(" ", "")))
    said = tool("explain", "--target", "child", path)
    assert said.returncode == 0, said.stderr
    assert '000000 -> child: id 7 length 4' in said.stdout
    assert '000008      item 0 "a"' in said.stdout
    assert "000010      item 1 refused: the length is greater than what is left (SER-7)" in said.stdout
    assert "=> failed malformed at offset 10" in said.stdout


def test_replay_of_a_right_input_finds_nothing(tmp_path):
    path = tmp_path / "input"
    path.write_bytes(bytes(8))
    assert tool("replay", "--target", "frame", path).returncode == 0


@pytest.mark.parametrize("arguments", [["replay"], ["explain", "x"], ["run", "nothing"], ["bugs", "--only", "no-such-bug"],
                                       ["minimize", "--target", "args", "/dev/null"], ["minimize", "--target", "args", "/nonexistent"],
                                       ["add", "/", "--target", "args", "--name", "x"], ["replay", "--target", "args", "/nonexistent"],
                                       ["explain", "--target", "args", "/nonexistent"], ["run", "args", "--time", "0"], []])
def test_wrong_usage_ends_with_2_and_a_line(arguments):
    said = tool(*arguments)
    assert said.returncode == 2
    assert said.stderr.startswith("forkpool-fuzz") and said.stderr.count("\n") == 1, said.stderr


def test_a_planted_bug_is_found_minimized_and_the_clean_library_is_not_blamed():
    (bug,) = bugs.all_bugs("args-trailing-zero")
    broken, right = bugs.plant(bug, "replay"), build.program("replay", "args")
    octets = b"\x03abc\x02de\x00"
    assert inputs.finding(right, octets) is None
    same = inputs.finding(broken, octets)
    assert same.startswith("decoder: ")
    short = inputs.shorten(octets, lambda shorter: inputs.finding(broken, shorter) == same)
    assert len(short) <= 4 and inputs.finding(broken, short) == same


def test_shorten_keeps_what_matters():
    assert inputs.shorten(b"a long input with X and Y in it", lambda octets: b"X" in octets and b"Y" in octets) == b"XY"
