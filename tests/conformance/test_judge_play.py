"""How lines of a transcript are played with a child: what fits what is expected, and what does not. Each promise is shown by a
testee that keeps it and by one that breaks it."""
import pytest
from judge_rig import BAD, RIGHT, RIGHT_ASYNC, case, run, scripted

A, B = "00000001000000020161", "00000002000000020162"  # replies 1 "a", 2 "b"
EVENT = "00000000000000020165"


@pytest.fixture
def play(tmp_path):
    def with_testee(lines, command, *options, head=""):
        (tmp_path / "t.transcript").write_text(case(lines, head=head))
        done = run(tmp_path, command, "--timeout", "2s", *options)
        assert done.status in (0, 1), done
        return done
    return with_testee


def replies(*frames, after=()):
    return scripted("read:4", *(f"write:{f}" for f in frames), *(after or ["drain"]))


ASK = "parent sends 00000000\n"
SENDS_A, SENDS_B = 'child sends u32:1 u32:2 01 "a"\n', 'child sends u32:2 u32:2 01 "b"\n'
END = "parent ends\nchild ends\nchild exits 0\n"


@pytest.mark.parametrize("lines, frames, is_kept", [
    (SENDS_A + SENDS_B, [A, B], True),
    (SENDS_A + SENDS_B, [B, A], False),
    (SENDS_A + SENDS_B, [A], False),
    (SENDS_A, [A, A], False),
    (SENDS_A + SENDS_B, [A[:6], A[6:] + B[:14], B[14:]], True),
    ('child sends u32:1 u32:2 01 "a" u32:2 u32:2 01 "b"\n', [A, B], True),
    ('child sends u32:1 u32:2\nchild sends 01 "a" u32:2 u32:2 01 "b"\n', [A, B], True),
    # events come where they please, but what is expected has to come
    (SENDS_A + SENDS_B, [EVENT, A, EVENT, EVENT, B, EVENT], True),
    ('child sends u32:0 u32:2 01 "e"\n' + SENDS_A, [EVENT, A], True),
    ('child sends u32:0 u32:2 01 "e"\n' + SENDS_A, [A, EVENT], False),
    ('child sends u32:0 u32:2 01 "e"\n' + SENDS_A, [EVENT.replace("65", "66"), A], False),
    # any order
    ("".join(f"child sends unordered {x}\n" for x in (A, B)), [A, B], True),
    ("".join(f"child sends unordered {x}\n" for x in (A, B)), [B, A], True),
    ("".join(f"child sends unordered {x}\n" for x in (A, B)), [B, B], False),
    ("".join(f"child sends unordered {x}\n" for x in (A, B)), [B], False),
    # what may be missing
    (f"child may send {A}\n" + SENDS_B, [A, B], True),
    (f"child may send {A}\n" + SENDS_B, [B], True),
    (f"child may send {A}\n" + SENDS_B, [B, A], False),
    (f"child may send {A}\n" + SENDS_B, [A, A, B], False),
    # wildcards
    ('child sends u32:+ u32:2 01 "a"\n', ["7fffffff" + A[8:]], True),
    ('child sends u32:? u32:2 01 ?\n', ["00000007" + A[8:]], True),
    ('child sends u32:1 u32:? 01 "a"\n', [A], True),
    ('child sends u32:1 u32:2 01 ?\n', ["000000010000000202" "78"], False),
])
def test_what_is_expected(play, lines, frames, is_kept):
    assert (play(ASK + lines + END, replies(*frames)).status == 0) == is_kept


def test_a_line_is_expected_before_the_next_is_done(play):
    """An answer that needs the second request cannot be awaited after the first one."""
    lines = ASK + SENDS_A + ASK + SENDS_B + END
    assert play(lines, scripted("read:4", f"write:{A}", "read:4", f"write:{B}", "drain")).status == 0
    assert play(lines, scripted("read:8", f"write:{A}{B}", "drain"), "--timeout", "300ms").status == 1


def test_an_event_is_known_by_four_octets_of_zero(play):
    done = play(ASK + SENDS_A + END, scripted("read:4", "write:00000000", "write:00000002", f"write:0165{A}", "drain"))
    assert done.status == 0


# ---- nothing more ----

FENCED = 'parent sends u32:7 04 "echo" 01 "a"\nchild sends u32:1 u32:2 01 "a"\nnothing more\n'
ANSWER = "00000001000000060566656e6365"


def test_a_fence_is_an_echo_of_the_suite_s_own(play):
    assert play(FENCED, RIGHT).status == 0
    assert play(FENCED, RIGHT_ASYNC, "--async", head="mode async").status == 1  # its request is another one there
    assert play(FENCED.replace("sends u32:7", "sends u32:1 u32:7"), RIGHT_ASYNC, "--async", head="mode async").status == 0


@pytest.mark.parametrize("surplus, is_kept", [("", True), (EVENT, True), (A, False), (B, False)])
def test_a_fence_shows_what_was_too_much(play, surplus, is_kept):
    words = ["read:11", f"write:{A}{surplus}", "read:15", f"write:{ANSWER}", "wait"]
    done = play(FENCED, scripted(*words))
    assert (done.status == 0) == is_kept
    assert is_kept or "expected nothing more" in done.out


@pytest.mark.parametrize("before, after, is_kept", [("", B, True), (B, B, True), (B, "", False)])
def test_what_may_come_comes_no_more_after_a_fence(play, before, after, is_kept):
    lines = FENCED.replace("nothing more\n", f"child may send {B}\nnothing more\n") + ASK + f"child sends {B}\n"
    words = ["read:11", f"write:{A}{before}", "read:15", f"write:{ANSWER}", "read:4", f"write:{after}" if after else "wait", "wait"]
    assert (play(lines, scripted(*words)).status == 0) == is_kept


def test_after_the_end_nothing_more_is_the_end(play):
    lines = ASK + SENDS_A + "parent ends\nnothing more\n"
    assert play(lines, replies(A, after=["drain", "end", "wait"])).status == 0
    assert play(lines, replies(A, after=["drain", f"write:{B}", "end", "wait"])).status == 1


# ---- ways of cutting ----

TWO = 'parent sends u32:7 04 "echo" / 01 "a" u32:7 04 "echo" 01 "b"\nchild sends u32:1 u32:2 01 "a" u32:1 u32:2 01 "b"\n' + END


@pytest.mark.parametrize("way", ["as-written", "whole", "octets", "cuts", "pairs", "truncated", "whole octets cuts truncated"])
def test_a_right_child_keeps_every_way(play, way):
    assert play(TWO, RIGHT, head=f"vary {way}").status == 0


# What a child sees of a write that is cut: it answers after its first read only if this was right.
@pytest.mark.parametrize("variant, first", [("as-written", 9), ("whole", 22), ("octets", 1), ("cut-1", 1), ("cut-21", 21),
                                            ("cut-2-7", 2), ("truncated-5", 5)])
def test_the_next_piece_is_written_when_the_last_was_read(play, tmp_path, variant, first):
    seen = tmp_path / "seen"
    reader = f"dd bs=65536 count=1 <&{{fd}} of={seen}-$$ 2>/dev/null; exit 1"
    play(TWO, reader, "--variant", variant, head="vary as-written whole octets cuts pairs truncated")
    assert sorted({f.stat().st_size for f in tmp_path.glob("seen-*")} - {0, 1}) == ([first] if first > 1 else [])


@pytest.mark.parametrize("testee, wrong", [
    (["read:12", f"write:{A}", "drain"], "cut-12"),
    (["read:21", "write:" + A + A.replace("61", "62"), "drain"], None),
])
def test_a_child_that_acts_too_early_or_not_at_all(play, testee, wrong):
    """One that answers the first request alone fails; one that answers a request before its last octet is found by truncation."""
    done = play(TWO, scripted(*testee), "--timeout", "300ms", head="vary whole" if wrong else "vary truncated")
    assert done.status == 1


def test_truncated_expects_the_answers_to_whole_requests(play):
    done = play(TWO, scripted("drain", "exit:0"), head="vary truncated")
    assert done.status == 1 and "played truncated-11" in done.out


def test_truncated_takes_any_exit_status(play):
    assert play('parent sends u32:7 04 "echo" 01 "a"\nchild sends u32:1 u32:2 01 "a"\n' + END,
                scripted("drain", "exit:9"), head="vary truncated").status == 0


def test_plays_end_at_the_first_that_is_not_kept(play):
    done = play(TWO, scripted("read:3", "exit:1"), head="vary cuts")
    assert done.status == 1 and "played cut-1\n" in done.out


# ---- the rest of the language ----


@pytest.mark.parametrize("expected, status, is_kept", [
    ("0", 0, True), ("0", 1, False), ("zero", 0, True), ("zero", 2, False), ("nonzero", 3, True), ("nonzero", 0, False),
    ("any", 0, True), ("any", 5, True), ("5", 5, True), ("5", 4, False)])
def test_exits(play, expected, status, is_kept):
    done = play(ASK + f"parent ends\nchild ends\nchild exits {expected}\n", scripted("read:4", "drain", f"exit:{status}"))
    assert (done.status == 0) == is_kept


def test_a_signal_counts_as_nonzero(play):
    assert play(ASK + "child ends\nchild exits nonzero\n", "head -c 4 <&{fd} >/dev/null; kill -9 $$").status == 0


def test_child_closes(play):
    assert play(ASK + "child closes\n", scripted("read:4", "close", "wait")).status == 0
    assert play(ASK + "child closes\n", scripted("read:4", "end", "wait"), "--timeout", "300ms").status == 1


def test_parent_closes(play):
    assert play(ASK + "parent closes\nchild exits 3\n", scripted("read:4", "drain", "exit:3")).status == 0
    assert play(ASK + "parent closes\nchild exits 3\n", scripted("read:4", "drain", "exit:4")).status == 1


def test_memory(play):
    small = 'parent sends u32:7 04 "echo" 01 "a"\nchild sends u32:1 u32:2 01 "a"\nchild stays within 8M\n'
    assert play(small, RIGHT).status == 0
    eater = "exec /usr/bin/python3 -c \"import os; os.read({fd}, 4); x = b'x' * (64 << 20); os.read({fd}, 4); os.read({fd}, 9)\""
    done = play(ASK + ASK + "child stays within 8M\n", eater)
    assert done.status == 1 and "more memory than at its start" in done.out


def test_a_signal_is_sent(play):
    lines = ASK + "child gets USR1\nchild ends\nchild exits nonzero\n"
    assert play(lines, scripted("read:4", "wait")).status == 0


def test_stopped_and_continued(play):
    lines = ASK + SENDS_A + "child gets STOP\n" + ASK + "child gets CONT\n" + SENDS_B + END
    assert play(lines, scripted("read:4", f"write:{A}", "read:4", f"write:{B}", "drain")).status == 0


BIG = 1 << 20
STALLED = (f'parent stops reading\nparent sends u32:{BIG + 8} 04 "echo" c08000 "x"*{BIG}\n' * 3 + "parent reads\n" +
           f'child sends u32:1 u32:{BIG + 3} c08000 "x"*{BIG}\n' * 3 + END)


def test_a_parent_that_does_not_read(play):
    assert play(STALLED, RIGHT).status == 0
    assert play(STALLED, RIGHT.replace("--fd {fd}", "--stdio"), "--stdio").status == 0


def test_what_a_case_leaves_open_is_not_judged(play):
    assert play(ASK + SENDS_A, scripted("deaf", "read:4", f"write:{A}", "wait")).status == 0


def test_pipes(play):
    """Descriptor 0 and 1; its end is its exit."""
    assert play(TWO, RIGHT.replace("--fd {fd}", "--stdio"), "--stdio", head="vary as-written octets").status == 0


# ---- signals ----

INTERRUPTED = """\
parent sends u32:7 04 "echo"
child gets USR1
parent sends 01 "a"
child sends  u32:1 u32:2 01 "a"
parent ends
child ends
child exits 0"""


@pytest.mark.parametrize("how, verdict", [("end", "fail"), ("retry", "pass")])
def test_a_signal_meets_the_read_each_time(tmp_path, how, verdict):
    """Sent too early it would meet no read; then what follows has to wait until it was delivered. More plays than processors."""
    (tmp_path / "t.transcript").write_text("".join(case(INTERRUPTED, name=f"c{i}") for i in range(40)))
    done = run(tmp_path, f"exec perl {BAD}/interrupted.pl {how}", "--jobs", 8)
    assert done.verdicts == {verdict: 40}, done.out


def test_a_signal_to_one_that_never_sleeps(tmp_path):
    """It spins, so there is no moment to wait for."""
    (tmp_path / "t.transcript").write_text(case(INTERRUPTED))
    assert run(tmp_path, scripted("deaf", "spin:11", "write:0000000100000002" "0161", "drain")).verdicts == {"pass": 1}


def test_a_stop_is_there_before_what_follows(tmp_path):
    """What is stopped answers nothing until it goes on."""
    lines = INTERRUPTED.replace("USR1", "STOP").replace("child sends", "child gets CONT\nchild sends")
    (tmp_path / "t.transcript").write_text("".join(case(lines, name=f"c{i}") for i in range(20)))
    assert run(tmp_path, RIGHT, "--jobs", 8).verdicts == {"pass": 20}
