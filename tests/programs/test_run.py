"""forkpool-run: the form of lines both ways, their order, calls that fail, the exit status."""
import itertools
import os
import re
import signal

import hypothesis
import hypothesis.strategies as st
import pytest
from processes import PYTHON_WORKER, RUN, Gate, Process, environment, run

# ---- lines ----

SAME = ["a", "a b\tc", "\t", "\t\t", "a\t", "\ta", "\\e", "", "\\t", "\\n\\r\\\\\\0", "\\x1b", "\\x7f", "é\u20ac", " "]
OTHER = {  # read: written
    "\\e\t\\e": "\t",
    "\\e\ta": "\ta",
    "a\t\\e": "a\t",
    "\\x41": "A",
    "\\x09\\x0a\\x0d\\x5c\\x00": "\\t\\n\\r\\\\\\0",
    "\\x1B": "\\x1b",
    "\\xc3\\xA9": "é",
    "\x01\x1f\x7f": "\\x01\\x1f\\x7f",
    "a\r": "a\\r",
    "a\x00b": "a\\0b",
}


@pytest.mark.parametrize("line, written", [*((s, s) for s in SAME), *OTHER.items()])
def test_a_line_is_written_in_one_way(line, written):
    done = run(RUN, "echo", "echo", input=f"{line}\n".encode())
    assert (done.status, done.out.decode(), done.err) == (0, f"{written}\n", b"")


@pytest.mark.parametrize("line, result", [
    ("", "noargs"),
    ("nargs", "0"),
    ("nargs\t", "1"),
    ("nargs\t\\e", "1"),
    ("nargs\t\t", "2"),
    ("nargs\ta\t\t\\e\tb", "4"),
    ("size\t\t\\t\ta\\nb\t\\x00\\0\\\\\t\\\\e", "0\t1\t3\t3\t2"),
    ("\\e", "?\t"),
    ("void", ""),
    ("list\t1\t", "\\e"),
    ("list\t2\t", "\t"),
    ("list\t3\t\\e", "\t\t"),
    ("rev\ta\tb\tc", "c\tb\ta"),
])
def test_fields_are_arguments_and_results(line, result):
    done = run(RUN, "testworker", "testworker", input=f"{line}\n".encode())
    assert (done.status, done.out.decode()) == (0, f"{result}\n")


SHORT = {9: "t", 10: "n", 13: "r", 0: "0", 92: "\\"}


def spelled(octet):
    """As it is written."""
    if octet in SHORT:
        return b"\\" + SHORT[octet].encode()
    return b"\\x%02x" % octet if octet < 32 or octet == 127 else bytes([octet])


def spellings(octet):
    """All ways in which it may be read."""
    ways = {spelled(octet), b"\\x%02x" % octet, b"\\x%02X" % octet}
    return sorted(ways | ({bytes([octet])} if octet not in (9, 10, 92) else set()))


def written(items):
    return b"\\e" if items == [b""] else b"\t".join(b"".join(map(spelled, i)) for i in items)


@st.composite
def lines(draw):
    """A list and one of the lines that mean it."""
    items = draw(st.lists(st.binary(max_size=6), max_size=4))
    fields = [b"".join(draw(st.sampled_from(spellings(o))) for o in i) or draw(st.sampled_from([b"", b"\\e"])) for i in items]
    line = b"\t".join(fields)
    return items, b"\\e" if items == [b""] else line


@hypothesis.given(st.lists(lines(), max_size=50))
@hypothesis.settings(derandomize=True, database=None, deadline=None, max_examples=25)
def test_what_is_written_is_read_as_the_same(drawn):
    text = b"".join(line + b"\n" for _, line in drawn)
    expected = b"".join(written(items) + b"\n" for items, _ in drawn)
    done = run(RUN, "echo", "echo", input=text)
    assert (done.status, done.out) == (0, expected)
    assert run(RUN, "echo", "echo", input=expected).out == expected


def test_every_octet_both_ways():
    text = b"".join(way + b"\n" for o in range(256) for way in spellings(o))
    expected = b"".join(spelled(o) + b"\n" for o in range(256) for _ in spellings(o))
    assert run(RUN, "echo", "echo", input=text).out == expected


@pytest.mark.parametrize("text, out", [
    (b"a\nb", b"a\nb\n"), (b"a\n\n", b"a\n\n"), (b"\n", b"\n"), (b"", b""), (b"\\e", b"\\e\n"),
])
def test_the_last_newline_may_be_missing(text, out):
    done = run(RUN, "echo", "echo", input=text)
    assert (done.status, done.out) == (0, out)


ESCAPES = "a backslash must be followed by t, n, r, 0, e, xHH or a backslash"
HEX = "\\x must be followed by two hexadecimal digits"
EMPTY = "\\e means an empty field and must stand alone in it (the escape octet is \\x1b)"


@pytest.mark.parametrize("line, column, text", [
    ("\\q", 1, ESCAPES),
    ("\\", 1, ESCAPES),
    ("abc\\", 4, ESCAPES),
    ("a\tb\\", 4, ESCAPES),
    ("a\\\tb", 2, ESCAPES),
    ("a\\N", 2, ESCAPES),
    ("\u20ac\\z", 4, ESCAPES),
    ("\\x", 1, HEX),
    ("\\x1", 1, HEX),
    ("\\xg0", 1, HEX),
    ("\\x0g", 1, HEX),
    ("ok\\x1\t0", 3, HEX),
    ("a\\e", 2, EMPTY),
    ("\\ea", 1, EMPTY),
    ("\\e\\e", 1, EMPTY),
    ("b\t\\t\\e", 5, EMPTY),
])
def test_a_line_that_is_no_call(line, column, text):
    done = run(RUN, "echo", "echo", input=f"one\n{line}\nthree\n".encode())
    assert (done.status, done.out) == (1, b"one\n")
    done.is_one_line(re.escape(f"forkpool-run: line 2, column {column}: {text}"))


def test_events_are_written_as_lines_are():
    lines = b"event\ta\\tb\t\\x07\nemptyevent\nevent\t\nevents\t2\t\xff\n"
    done = run(RUN, "--max", "1", "testworker", "testworker", input=lines)
    assert (done.status, done.out) == (0, b"evented\n\nevented\n\xff\n")
    assert done.err == b"worker 1: a\\tb\t\\x07\nworker 1: \nworker 1: \\e\nworker 1: 1\t\xff\nworker 1: 2\t\xff\n"


# ---- order ----


def test_twenty_thousand_lines_in_order():
    text = b"".join(b"%d\n" % i for i in range(20000))
    done = run(RUN, "--max", "4", "echo", "echo", input=text)
    assert (done.status, done.out, done.err) == (0, text, b"")


def test_unordered_lines_all_come():
    lines = [b"%d" % i for i in range(20000)]
    done = run(RUN, "--max", "4", "--unordered", "echo", "echo", input=b"\n".join(lines))
    assert done.status == 0
    assert sorted(done.out.splitlines()) == sorted(lines)


SWAPPED = b"hold\tk\tone\necho\ttwo\nfree\tk\n"
SWAP = [RUN, "--async", "--max", "1", "--load", "3", "testworker", "testworker_async"]


def test_results_wait_for_those_of_earlier_lines():
    assert run(*SWAP, input=SWAPPED).out == b"one\ntwo\nfreed\t1\n"


def test_unordered_results_come_as_they_are_ready():
    assert run(*SWAP[:1], "--unordered", *SWAP[1:], input=SWAPPED).out == b"two\none\nfreed\t1\n"


def begin(gate, at: Gate, *options):
    """The first of four calls waits in a worker of its own; the others have been run."""
    process = Process(RUN, "--max", "2", "--load", "1", *options, gate, "gate")
    process.send(f"wait\t{at.path}", "note\t2", "note\t3", "note\t4")
    assert sorted(process.err.lines(4))[1:] == [f"worker 2: {n}" for n in "234"]
    return process


def test_a_slow_call_holds_the_later_results_back(gate, new_gate):
    at = new_gate()
    with begin(gate, at) as process:
        assert not process.out.read(0)
        at.open(b"1")
        assert process.out.lines(4) == list("1234")
        assert process.end().status == 0


def test_unordered_a_slow_call_holds_nothing_back(gate, new_gate):
    at = new_gate()
    with begin(gate, at, "--unordered") as process:
        assert process.out.lines(3) == list("234")
        at.open(b"1")
        assert process.out.line() == "1"
        assert process.end().status == 0


@pytest.mark.parametrize("options", [[], ["--unordered"]])
def test_a_result_does_not_wait_for_more_input(options):
    with Process(RUN, *options, "echo", "echo") as process:
        for i in range(20):
            process.send(f"{i}")
            assert process.out.line() == f"{i}"
        assert process.end().status == 0


# ---- calls that fail ----

CRASHES = {  # line: what is said of it
    "exit\t3": "crashed: worker 1 ended with status 3",
    "exit\t0": "crashed: worker 1 ended with status 0",
    "die\toops": "crashed: worker 1 ended with status 1",
    "kill\t9": "crashed: worker 1 was ended by signal 9 (Killed)",
    "kill\t11": "crashed: worker 1 was ended by signal 11 (Segmentation fault)",
}


@pytest.mark.parametrize("options", [[], ["--keep-going"], ["--unordered"]])
@pytest.mark.parametrize("line, text", CRASHES.items())
def test_a_crash_is_told_with_its_line(line, text, options):
    done = run(RUN, "--max", "1", *options, "testworker", "testworker", input=f"echo\ta\n{line}\n".encode())
    assert (done.status, done.out) == (1, b"a\n")
    assert done.said.count(f"forkpool-run: line 2: {text}") == 1


def test_without_keep_going_exactly_the_lines_before_come_out():
    lines = [f"echo\t{i}\n" for i in range(500)]
    lines[250] = "exit\t1\n"
    done = run(RUN, "--max", "4", "testworker", "testworker", input="".join(lines).encode())
    assert done.status == 1
    assert done.lines == [str(i) for i in range(250)]
    assert re.fullmatch(r"forkpool-run: stopped at line 251; \d+ lines read with it were dropped; --keep-going would go on",
                        done.said[-1])


def test_an_earlier_failure_counts_even_if_it_comes_later(gate, new_gate):
    """Line 3 fails while line 1 still waits; then line 1 is done: lines 1 and 2 come out. Line 4 does not."""
    at = new_gate()
    with Process(RUN, "--max", "2", "--load", "1", gate, "gate") as process:
        process.send(f"wait\t{at.path}", "note\t2", "\\q", "note\t4")
        said = process.err.lines(3)
        assert any("line 3, column 1" in line for line in said) and "worker 2: 2" in said
        assert not process.out.read(0)
        at.open(b"1")
        done = process.end()
        assert (done.status, done.out, done.err) == (1, b"1\n2\n", b"")


def test_what_was_dropped_is_counted(gate, new_gate):
    """Two workers hold two calls, and two more are read ahead: all of them wait, and none can end before the first one."""
    with Process(RUN, "--max", "2", "--load", "1", gate, "gate") as process:
        process.send(*(f"wait\t{new_gate().path}" for _ in range(4)), "a", "b")
        workers = dict(process.err.until(rb"worker (\d): waiting\t(\d+)\n").groups() for _ in range(2))
        os.kill(int(workers[b"1"]), signal.SIGKILL)
        done = process.end()
    assert (done.status, done.out) == (1, b"")
    assert done.said[-1] == "forkpool-run: stopped at line 1; 3 lines read with it were dropped; --keep-going would go on"


def test_keep_going_leaves_out_just_what_failed():
    lines = [f"echo\t{i}\n" if i % 10 else "kill\t9\n" for i in range(1, 41)]
    lines += ["\\q\n", *(f"echo\t{i}\n" for i in range(10))]
    done = run(RUN, "--keep-going", "--max", "4", "testworker", "testworker", input="".join(lines).encode())
    assert done.status == 1
    assert done.lines == [str(i) for i in range(1, 41) if i % 10] + [str(i) for i in range(10)]
    failed = sorted(int(n) for n in re.findall(r"^forkpool-run: line (\d+)[:,]", done.err.decode(), re.M))
    assert failed == [10, 20, 30, 40, 41]


def test_unordered_a_failure_ends_all_at_once(gate, new_gate):
    at = new_gate()
    with Process(RUN, "--unordered", "--max", "2", "--load", "1", gate, "gate") as process:
        process.send(f"wait\t{at.path}")
        process.err.until(rb"worker 1: waiting\t\d+\n")
        process.send("\\q")
        done = process.end()
        assert (done.status, done.out) == (1, b"")
        assert "forkpool-run: stopped at line 2; 1 lines read with it were dropped" in done.said[-1]


# ---- the exit status ----


@pytest.mark.parametrize("arguments, said", [
    (["nosuch", "echo"], "no nosuch.so in FORKPOOL_PATH or "),
    (["./nosuch.so", "echo"], "./nosuch.so: cannot open shared object file"),
    (["/dev/null/x.so", "echo"], "/dev/null/x.so: cannot open shared object file"),
    (["--require", "nosuch", "echo", "echo"], "no nosuch.so in FORKPOOL_PATH or "),
])
def test_3_no_module(arguments, said):
    done = run(RUN, *arguments, input=b"a\nb\n")
    assert (done.status, done.out) == (3, b"")
    assert said in done.err.decode()


def test_3_no_module_by_name_of_another_kind(tmp_path):
    (tmp_path / "text.so").write_text("no shared object")
    done = run(RUN, "./text.so", "f", input=b"a\n", cwd=tmp_path)
    assert (done.status, done.out) == (3, b"")
    assert "text.so: " in done.err.decode()


def test_3_no_template():
    done = run(RUN, "echo", "echo", input=b"a\n", env=environment(FORKPOOL_TEMPLATE="/no/such/template"))
    assert (done.status, done.out) == (3, b"")
    assert "FORKPOOL_TEMPLATE" in done.err.decode()


GIVING_UP = "giving up: no worker has taken a call; what is wrong is said above"


@pytest.mark.parametrize("arguments, said", [
    (["echo", "nosuch"], "exports the function: nosuch"),
    (["--init", "nosuch", "echo", "echo"], "exports the init function: nosuch"),
    (["--init", "testworker_initdie", "testworker", "testworker"], "the init function failed: testworker_initdie"),
    (["--command", "/no/such/program"], "/no/such/program: not found"),
    (["--command", "exit 3"], ""),
])
@pytest.mark.parametrize("keep_going", [[], ["--keep-going"]])
def test_1_workers_that_end_at_once(arguments, said, keep_going):
    """The line that one of them was sent has crashed it, or it came to nobody."""
    done = run(RUN, "--max", "1", *keep_going, *arguments, input=b"a\n")
    assert (done.status, done.out) == (1, b"")
    assert said in done.err.decode()
    pattern = rf"^forkpool-run: (line 1: crashed: worker \d+ ended with status \d+|{GIVING_UP})$"
    assert re.search(pattern, done.err.decode(), re.M)


def test_1_a_worker_that_does_not_speak_the_protocol():
    done = run(RUN, "--command", "echo hello, world; cat >/dev/null", input=b"a\n")
    assert (done.status, done.out) == (1, b"")
    pattern = rf"^forkpool-run: (line 1: protocol: worker \d+: .*, at octet \d+|{GIVING_UP})$"
    assert re.search(pattern, done.err.decode(), re.M)


def test_1_workers_that_end_without_a_call():
    with Process(RUN, "--min", "1", "--command", "exit 3") as process:
        assert process.status() == 1
        assert process.err.rest().decode().endswith(f"\nforkpool-run: {GIVING_UP}\n")


def test_0_no_lines_and_good_lines():
    assert run(RUN, "echo", "echo").status == 0
    assert run(RUN, "echo", "echo", input=b"a\n").status == 0
    assert run(RUN, "--keep-going", "--unordered", "echo", "echo", input=b"a\n").status == 0


def test_a_message_names_its_worker_once():
    done = run(RUN, "--max", "1", "testworker", "testworker", input=b"exit\t3\n")
    assert done.said[0] == "forkpool-run: worker 1: unexpected end of file"


# ---- workers that are commands ----

ROWS = [b"".join(b"%d\t%d\n" % (i, j) for j in range(3)) for i in range(40)]


@pytest.mark.parametrize("worker", ["forkpool-worker --stdio {0} {0}", "forkpool-worker --fd 0 {0} {0}", PYTHON_WORKER])
@pytest.mark.parametrize("profile, serialiser", itertools.product(["network", "native"], ["string", "json"]))
def test_a_command_speaks_the_protocol(worker, profile, serialiser):
    agreed = f"--profile {profile} --serialiser {serialiser}"
    command = worker.replace("forkpool-worker", f"{RUN.parent}/forkpool-worker {agreed}").format("echo")
    if "worker.py" in command:
        command += f" {agreed}"
    done = run(RUN, "--max", "2", *agreed.split(), "--command", command, input=b"".join(ROWS))
    assert (done.status, done.out, done.err) == (0, b"".join(ROWS), b"")


def test_an_async_command():
    done = run(RUN, "--async", "--max", "1", "--unordered", "--command", f"{PYTHON_WORKER} --async", input=b"swap\ta\nb\n")
    assert (done.status, done.out) == (0, b"b\na\n")


def test_events_of_a_command():
    done = run(RUN, "--command", PYTHON_WORKER, input=b"note\ta\tb\n")
    assert (done.status, done.out, done.err) == (0, b"a\tb\n", b"worker 1: a\tb\n")
