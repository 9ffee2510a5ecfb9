"""What all programs share: --help, --version, and wrong usage, which is one line that says what to do, and status 2."""
import re

import pytest
from processes import RUN, TEMPLATE, TREE, WORKER, run

PROGRAMS = [RUN, WORKER, TEMPLATE]
VERSION = re.search(r'#define FP_VERSION "(.+)"', (TREE / "lib/forkpool.h").read_text()).group(1)

every_program = pytest.mark.parametrize("program", PROGRAMS, ids=lambda p: p.name)


def help_of(program):
    return run(program, "--help").out.decode()


def options_of(program):
    return set(re.findall(r"(?<![\w-])--([a-z][a-z-]*)", help_of(program)))


# ---- what they say of themselves ----


@every_program
def test_help(program):
    done = run(program, "--help")
    assert (done.status, done.err) == (0, b"")
    assert done.lines[0].startswith(f"Usage: {program.name} ")
    assert all(len(line) <= 80 and line == line.rstrip() for line in done.lines)
    assert {"help", "version"} <= options_of(program)


@every_program
def test_version(program):
    done = run(program, "--version")
    assert (done.status, done.out.decode(), done.err) == (0, f"{program.name} {VERSION}\n", b"")


@every_program
@pytest.mark.parametrize("option", ["--help", "--version"])
def test_a_full_disk_is_a_failure(program, option):
    with open("/dev/full", "wb") as full:
        done = run(program, option, stdout=full)
    assert done.status == 1
    done.is_one_line(f"{program.name}: cannot write standard output: No space left on device")


@every_program
def test_help_wins_over_what_comes_behind_it(program):
    assert run(program, "--help", "--nosuch").status == 0


@every_program
def test_the_manual_has_the_same_options(program):
    page = (TREE / f"lib/man/{program.name}.1").read_text()
    items = re.findall(r"^\.It (Fl .*)$", page, re.M)
    assert {o for item in items for o in re.findall(r"Fl -([a-z-]+)", item)} == options_of(program) - others(program)


def others(program):
    """Options of other programs, in examples."""
    return {"stdio", "command"} - set(re.findall(r"^ +--([a-z-]+)", help_of(program), re.M))


@every_program
def test_each_option_of_the_help_is_known(program):
    """Given last and without an argument, it is not refused as unknown."""
    for option in sorted(options_of(program) - others(program) - {"help", "version"}):
        done = run(program, f"--{option}")
        assert done.status == 2 and b"no such option" not in done.err, option


# ---- wrong usage ----

ANY = [
    (["--nosuch"], "--nosuch: no such option"),
    (["-x"], "-x: no such option"),
    (["--help=yes"], "--help: it takes no argument"),
    (["--frame-max"], "--frame-max: its argument is missing"),
    (["--frame-max", "-1"], "--frame-max '-1': expected octets from "),
    (["--frame-max", "1x"], "--frame-max '1x': expected octets from "),
    (["--frame-max", "4G"], "--frame-max '4G': expected octets from "),
    (["--frame-max", "4294967296"], "--frame-max '4294967296': expected octets from "),
    (["--profile", "big"], "--profile 'big': expected one of network, native"),
    (["--profile=", "a", "b"], "--profile '': expected one of network, native"),
]
OF = {
    RUN: [
        ([], "expected MODULE and FUNCTION, or --command CMD"),
        (["echo"], "expected a FUNCTION after MODULE 'echo'"),
        (["echo", "echo", "more"], "'more': expected nothing after FUNCTION"),
        (["echo", "echo", "--stats"], "'--stats': expected nothing after FUNCTION: options stand before MODULE"),
        (["", "echo"], "expected a MODULE and a FUNCTION that are not empty"),
        (["echo", ""], "expected a MODULE and a FUNCTION that are not empty"),
        (["echo", "f" * 256], "FUNCTION: expected a name of at most 255 octets"),
        (["--init", "f" * 256, "echo", "echo"], "--init: expected a name of at most 255 octets"),
        (["--command", "cat", "echo", "echo"], "with --command there is no MODULE and FUNCTION"),
        (["--command", ""], "--command '': expected some text"),
        (["--command", "cat", "--require", "echo"], "--require: a worker made by --command loads what it needs itself"),
        (["--command", "cat", "--init", "f"], "--init: a worker made by --command is set up by CMD itself"),
        (["--init-arg", "a", "echo", "echo"], "--init-arg: expected --init FN, too"),
        (["--max", "0"], "--max '0': expected a whole number from 1 to "),
        (["--max", "4294967295"], "--max '4294967295': expected a whole number from 1 to 4294967294"),
        (["--max", "two"], "--max 'two': expected a whole number from 1 to "),
        (["--max", " 2"], "--max ' 2': expected a whole number from 1 to "),
        (["--min", "2.5"], "--min '2.5': expected a whole number from 0 to "),
        (["--min-idle", "18446744073709551616"], "--min-idle '18446744073709551616': expected a whole number"),
        (["--load", "0"], "--load '0': expected a whole number from 1 to 65536"),
        (["--load", "65537"], "--load '65537': expected a whole number from 1 to 65536"),
        (["--retries", "-1"], "--retries '-1': expected a whole number from 0 to 4294967295"),
        (["--calls-max", "1k"], "--calls-max '1k': expected a whole number from 0 to 18446744073709551615"),
        (["--min", "5", "--max", "4", "echo", "echo"], "--min 5: expected no more than --max, which is 4"),
        (["--min-idle", "5", "--max", "4", "echo", "echo"], "--min-idle 5: expected no more than --max, which is 4"),
        (["--timeout", "5"], "--timeout '5': expected a time such as 100ms, 1.5s or 5m"),
        (["--timeout", "-1s"], "--timeout '-1s': expected a time"),
        (["--run-timeout", "1d"], "--run-timeout '1d': expected a time"),
        (["--queue-timeout", "s"], "--queue-timeout 's': expected a time"),
        (["--idle-time", "1.s"], "--idle-time '1.s': expected a time"),
        (["--busy-time", "0.5ns"], "--busy-time '0.5ns': expected a time"),
        (["--grace", "999999999h"], "--grace '999999999h': expected a time"),
        (["--serialiser", "xml"], "--serialiser 'xml': expected one of string, json"),
        (["--keep-going=yes"], "--keep-going: it takes no argument"),
        (["--frame-max", "0"], "--frame-max '0': expected octets from 1 to "),
        (["--m", "1"], "--m: no such option, or several begin so"),
    ],
    WORKER: [
        ([], "a MODULE.so and a FUNCTION are expected"),
        (["echo"], "a MODULE.so and a FUNCTION are expected"),
        (["--stdio", "--fd", "0", "echo", "echo"], "--stdio and --fd exclude each other"),
        (["--fd", "99", "echo", "echo"], "--fd 99: not an open descriptor"),
        (["--fd", "x", "echo", "echo"], "--fd x: not an open descriptor"),
        (["--fd", "-1", "echo", "echo"], "--fd -1: not an open descriptor"),
        (["--fd", "99999999999", "echo", "echo"], "--fd 99999999999: not an open descriptor"),
        (["--fd", "", "echo", "echo"], "--fd '': expected some text"),
        (["--serialiser", "xml"], "--serialiser 'xml': expected one of string, json"),
        (["--async=1"], "--async: it takes no argument"),
        (["--init", "f" * 256, "echo", "echo"], "--init: the name is longer than 255 octets"),
        (["--done", "f" * 256, "echo", "echo"], "--done: the name is longer than 255 octets"),
        (["echo", "f" * 256], "FUNCTION: the name is longer than 255 octets"),
    ],
    TEMPLATE: [
        ([], "one descriptor and perhaps a process number are expected"),
        (["0", "1", "2"], "one descriptor and perhaps a process number are expected"),
        (["99"], "'99' is not an open descriptor"),
        (["-1"], "-1: no such option"),
        (["--", "-1"], "'-1' is not an open descriptor"),
        (["x"], "'x' is not an open descriptor"),
        (["99999999999"], "'99999999999' is not an open descriptor"),
        (["--lifeline", "99", "0"], "'99' is not an open descriptor"),
        (["--lifeline", "", "0"], "--lifeline '': expected some text"),
        (["--report=1", "0"], "--report: it takes no argument"),
        (["-MAnyEvent::Fork::Serve", "-e", "AnyEvent::Fork::Serve::me"], "one descriptor and perhaps a process number"),
        (["-MAnyEvent::Fork::Serve", "0"], "-M: no such option"),
    ],
}
WRONG = [(p, *case) for p in PROGRAMS for case in [*ANY, *OF[p]]]


@pytest.mark.parametrize("program, arguments, text", WRONG)
def test_wrong_usage(program, arguments, text):
    done = run(program, *arguments, input=b"a\n")
    assert (done.status, done.out) == (2, b"")
    done.is_one_line(rf"{program.name}: {re.escape(text)}.*: try '{program.name} --help'")


@every_program
def test_a_message_has_no_control_octets(program):
    done = run(program, "--profile", "a\nb\x1b[31m")
    assert done.status == 2
    done.is_one_line(rf"{program.name}: --profile 'a\?b\?\[31m': expected .*")


@every_program
def test_options_may_be_shortened_and_end_with_two_dashes(program):
    done = run(program, "--prof", "native", "--profil=network", "--", "--help", "--help", "--help")
    assert done.status != 0 and b"Usage" not in done.out


def test_wrong_usage_of_run_starts_nothing_and_reads_nothing(tmp_path):
    done = run("sh", "-c", f"{RUN} --max 0 echo echo; cat", input=b"a\n")
    assert done.out == b"a\n"
