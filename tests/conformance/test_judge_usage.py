"""forkpool-conform's command line: what it takes, each exit status, what it lists and explains, known failures."""
import json
import re
import shlex
import subprocess

import pytest
from judge_rig import CONFORM, ECHO, RIGHT, RIGHT_ASYNC, TREE, case, conform, run, scripted

WRONG_ECHO = ECHO.replace('01 "a"\nparent ends', '01 "b"\nparent ends')


@pytest.fixture
def cases(tmp_path):
    """A folder with one case that a right child keeps, t/good, and one that none keeps, below/t/bad."""
    (tmp_path / "cases/below").mkdir(parents=True)
    (tmp_path / "cases/t.transcript").write_text(case(ECHO, name="good"))
    (tmp_path / "cases/below/t.transcript").write_text(case(WRONG_ECHO, name="bad", head="level must"))
    return tmp_path / "cases"


def is_usage(done, *texts):
    assert (done.status, done.out) == (2, "")
    assert len(done.err.splitlines()) == 1 and done.err.startswith("forkpool-conform")
    for text in texts:
        assert text in done.err


# ---- exit statuses ----


def test_0_conforms(cases):
    done = run(cases, RIGHT, "--case", "t/good")
    assert (done.status, done.err) == (0, "") and done.out.startswith("1 cases: 1 pass in ")
    assert done.out.endswith(": conforms\n")


def test_1_does_not(cases):
    done = run(cases, RIGHT)
    assert done.status == 1 and done.verdicts == {"pass": 1, "fail": 1}


@pytest.mark.parametrize("level, word", [("should", "warn"), ("unspecified", "warn"), ("may", "fail"), ("must", "fail")])
def test_the_level_decides_whether_it_fails(tmp_path, level, word):
    (tmp_path / "t.transcript").write_text(case(WRONG_ECHO, head=f"level {level}"))
    done = run(tmp_path, RIGHT)
    assert done.status == (word == "fail") and done.verdicts == {word: 1}


def test_4_is_the_suite_s_own_fault(tmp_path):
    (tmp_path / "t.transcript").write_text(case('parent sends 00000001 00\nchild sends u32:1 u32:5 00'))
    done = run(tmp_path, RIGHT)
    assert done.status == 4 and done.verdicts == {"error": 1}
    assert "the frame that is expected is not whole" in done.out


def test_2_where_a_report_cannot_be_made(cases):
    is_usage(run(cases, RIGHT, "--report", "text=/nowhere/report"), "--report: /nowhere/report: cannot be written")


def test_a_report_of_before_stays_where_nothing_starts(cases, tmp_path):
    report = tmp_path / "report"
    report.write_text("of before")
    assert run(cases, "exit 7", "--report", f"text={report}").status == 3
    assert report.read_text() == "of before"


def test_4_where_a_report_cannot_be_written(cases):
    done = run(cases, RIGHT, "--report", "text=/dev/full")
    assert done.status == 4 and "/dev/full: cannot be written" in done.err


@pytest.mark.parametrize("arguments, texts", [
    ([], ["a command is expected"]),
    (["dance"], ["dance: there is no such command"]),
    (["--nothing"], ["no such option"]),
    (["run"], ["one of --child CMD, --parent CMD and --pool CMD"]),
    (["run", "--child", "a", "--pool", "b"], ["one of --child CMD"]),
    (["run", "--child", "a", "b"], ["b: not expected"]),
    (["run", "--child", "a", "--sync", "--async"], ["exclude each other"]),
    (["run", "--child", "a", "--jobs", "0"], ["--jobs '0'"]),
    (["run", "--child", "a", "--jobs", "65"], ["--jobs '65'"]),
    (["run", "--child", "a", "--timeout", "0"], ["--timeout"]),
    (["run", "--child", "a", "--can", "void,viod"], ["--can 'viod': no such capability"]),
    (["run", "--child", "a", "--variant", "halves"], ["--variant 'halves': expected as-written, whole"]),
    (["run", "--child", "a", "--variant", "cut-1-"], ["--variant 'cut-1-'"]),
    (["run", "--child", "a", "--level", "shall"], ["must, should, may, unspecified"]),
    (["run", "--child", "a", "--report", "runes"], ["--report 'runes'", "text"]),
    (["run", "--child", "a", "--report", "text="], ["--report 'text='"]),
    (["run", "--child", "a", "--cases", "/nowhere"], ["/nowhere: cannot be read: No such file"]),
    (["replay"], ["one of --child"]),
    (["replay", "--child", "a"], ["one FILE"]),
    (["list", "stars"], ["stars: expected cases or clauses"]),
    (["list", "--clause", "NONE-1"], ["no case is selected by --clause 'NONE-1'"]),
    (["explain"], ["one CLAUSE or CASE"]),
    (["explain", "NONE-1"], ["NONE-1: there is no such clause or case"]),
    (["record"], ["a command is expected"]),
])
def test_2_is_wrong_usage(arguments, texts, cases):
    if arguments and arguments[0] in ("list", "explain"):
        arguments = [arguments[0], "--cases", str(cases), *arguments[1:]]
    is_usage(conform(*arguments), *texts)


@pytest.mark.parametrize("selection", [["--case", "nothing"], ["--clause", "NONE-*"], ["--level", "unspecified"],
                                       ["--clause", "FRM-1", "--clause", "NONE-1"], ["--case", "*good,nothing"], ["--case", ""],
                                       ["--clause", "FRM-1", "--case", ","]])
def test_2_nothing_is_selected(cases, selection):
    is_usage(run(cases, RIGHT, *selection), "no case is selected")


def test_every_capability_of_the_page_can_be_declared(cases):
    page = (TREE / "conformance/TESTEE.md").read_text()
    words = [w for line in re.findall(r"^\| (`[^|]*) \|", page, re.M) for w in re.findall(r"`([a-z_]+)`", line)]
    assert len(words) > 40
    assert run(cases, RIGHT, "--case", "t/good", "--can", ",".join(words)).status == 0


def test_2_nothing_can_be_played(tmp_path):
    (tmp_path / "t.transcript").write_text(case(ECHO, head="needs void"))
    is_usage(run(tmp_path, RIGHT), "--can void")


@pytest.mark.parametrize("text, place", [
    ("case a\n\nparent sings\n", ":3:8"),
    ("case a\nclause FRM-1\n\nparent sends 0x\n", ":4:"),
    ("case a\nneeds flying\n\nparent ends\n", ":1:1: case a: there is no capability flying in TESTEE.md"),
    ("case a\n\nparent ends\n\ncase b\nclause XYZ-9\n\nparent ends\n", ":5:1: case b: there is no clause XYZ-9"),
])
def test_2_a_case_file_is_wrong(tmp_path, text, place):
    (tmp_path / "t.transcript").write_text(text)
    is_usage(run(tmp_path, RIGHT), f"{tmp_path}/t.transcript{place}")


@pytest.mark.parametrize("command", [[], ["run"], ["replay"], ["list"], ["explain"], ["record"]])
def test_help_has_examples(command):
    done = conform(*command, "--help")
    assert done.status == 0 and "Example" in done.out and done.err == ""
    assert all(len(line) <= 80 for line in done.out.splitlines())


def options_of(text):
    return set(re.findall(r"(?<![\w-])--([a-z]+(?:-[a-z]+)*)", text))


@pytest.mark.parametrize("program, commands", [("forkpool-conform", ["run", "replay", "record", "list", "explain"]),
                                               ("forkpool-sim", [])])
def test_the_manual_has_the_options_of_the_help(program, commands):
    page = (TREE / f"lib/man/{program}.1").read_text()
    helps = [subprocess.run([CONFORM.parent / program, *command, "--help"], capture_output=True, text=True, check=True).stdout
             for command in [[], *([c] for c in commands)]]
    wanted = {o for text in helps for o in options_of(text.split("Example")[0])} - {"command"}
    told = set(re.findall(r"Fl -([a-z-]+)", page)) | {"help", "version"}
    assert told == wanted | {"help", "version"}


# ---- selection ----


@pytest.mark.parametrize("selection, names", [
    ([], {"below/t/bad", "t/good", "t/other"}), (["--case", "below/*"], {"below/t/bad"}), (["--case", "*good"], {"t/good"}),
    (["--clause", "FRM-?"], {"below/t/bad", "t/good", "t/other"}), (["--clause", "FRM-2"], {"t/other"}),
    (["--clause", "FRM-2", "--clause", "FRM-1"], {"below/t/bad", "t/good", "t/other"}),
    (["--clause", "FRM-1,FRM-2", "--case", "t/*"], {"t/good", "t/other"}),
    (["--case", "t/good", "--case", "*bad"], {"below/t/bad", "t/good"}),
    (["--case", "t/good,t/other", "--case", "*bad", "--clause", "FRM-1"], {"below/t/bad", "t/good"}),
])
def test_selection(cases, selection, names):
    """All options of a kind count together, and the kinds each; as listed, so played."""
    other = case(ECHO, name="other").replace("FRM-1", "FRM-2")
    (cases / "t.transcript").write_text(case(ECHO, name="good") + "\n" + other)
    done = conform("list", "--cases", cases, *selection)
    assert done.status == 0 and {line.split("\t")[0] for line in done.out.splitlines()} == names
    file = cases.parent / "report"
    assert run(cases, RIGHT, *selection, "--report", f"json={file}").status in (0, 1)
    assert {c["id"] for c in json.loads(file.read_text())["cases"]} == names


def test_list_clauses(cases):
    done = conform("list", "--cases", cases, "clauses")
    assert re.search(r"^FRM-1 +MUST +Request in a synchronous connection$", done.out, re.M)


def test_explain_a_clause(cases):
    done = conform("explain", "--cases", cases, "FRM-1")
    assert done.status == 0 and done.out.startswith("FRM-1 Request in a synchronous connection\nMUST · ")
    assert "Why:" in done.out and "Cases:\n  below/t/bad: bad\n  t/good: good\n" in done.out


def test_explain_a_case(cases):
    done = conform("explain", "--cases", cases, "t/good")
    assert done.status == 0 and "parent sends" in done.out and "FRM-1 Request in" in done.out


@pytest.mark.parametrize("head, options, is_played", [
    ("mode sync", ["--async"], False), ("mode async", [], False), ("mode async", ["--async"], True),
    ("profile native", [], False), ("profile native", ["--profile", "native"], True),
    ("needs void event", ["--can", "void"], False), ("needs void event", ["--can", "void,event"], True),
    ("needs void event", ["--can", "void", "--can", "event"], True), ("needs void event", ["--can", "all"], True),
    ("serialiser json", [], False), ("serialiser json", ["--serialiser", "json"], True),
])
def test_cases_for_others_are_skipped(tmp_path, head, options, is_played):
    (tmp_path / "t.transcript").write_text(case("parent ends\nchild ends", head=head))
    done = run(tmp_path, RIGHT_ASYNC if "--async" in options else RIGHT, *options)
    assert (done.status == 0) == is_played


# ---- known failures ----


def known(cases, tmp_path, text):
    (tmp_path / "known").write_text(text)
    return run(cases, RIGHT, "--known", tmp_path / "known")


def test_a_known_failure_fails_nobody(cases, tmp_path):
    done = known(cases, tmp_path, "# a comment\n\nbelow/*  the case is wrong\n")
    assert done.status == 0 and "known: the case is wrong" in done.out and "(1 known)" in done.out


def test_an_unexpected_pass_fails(cases, tmp_path):
    done = known(cases, tmp_path, "*  both\n")
    assert done.status == 1 and "UNEXPECTED PASS t/good" in done.out


def test_a_line_that_matches_nothing_fails(cases, tmp_path):
    done = known(cases, tmp_path, "below/t/bad  it is so\nt/none  nothing\n")
    assert done.status == 1 and "known:2:1: no case matches t/none" in done.err


def test_a_line_about_a_case_that_is_not_selected_is_none(cases, tmp_path):
    (tmp_path / "known").write_text("below/t/bad  it is so\n")
    assert run(cases, RIGHT, "--known", tmp_path / "known", "--case", "t/good").status == 0


def test_a_line_needs_a_reason(cases, tmp_path):
    is_usage(known(cases, tmp_path, "below/t/bad\n"), "known:1:12: a reason is expected")


# ---- what a failure says ----


def test_a_failure_says_all(cases):
    done = run(cases, scripted("say:bother", "read:11", "write:0000000100000002016c", "wait"), "--case", "below/*")
    for text in ("FAIL below/t/bad: bad\n", "FRM-1 (MUST) Request in a synchronous connection\n  A request is a 32-bit",
                 "octet 9 of what came is another, played as-written", "parent sends", "[6c]", "[62]", "standard error:",
                 "bother"):
        assert text in done.out


def test_each_broken_clause_is_named_once(tmp_path):
    """At the end, with how many cases met it; one that is known counts for nobody."""
    lines = "".join(case(WRONG_ECHO, name=f"c{i}", head="level must" if i else "level should") + "\n" for i in range(4))
    (tmp_path / "t.transcript").write_text(lines + case(ECHO, name="good").replace("FRM-1", "FRM-3"))
    (tmp_path / "known").write_text("t/c3  so it is\n")
    done = run(tmp_path, RIGHT, "--known", tmp_path / "known")
    assert [line for line in done.out.splitlines() if line.startswith("broken")] == [
        "broken: FRM-1 (MUST) Request in a synchronous connection: 2 fail, 1 warn"]


def test_the_command_that_plays_it_again(cases):
    command = re.search(r"again: (.*)", run(cases, RIGHT).out)[1]
    words = shlex.split(command)
    assert words[0] == "forkpool-conform"
    again = conform(*words[1:])
    assert again.status == 1 and again.verdicts == {"fail": 1} and f"again: {command}" in again.out


def test_reports_go_where_they_are_told(cases, tmp_path):
    done = run(cases, RIGHT, "--report", f"text={tmp_path}/a", "--report", f"text={tmp_path}/b")
    assert done.out == "" and (tmp_path / "a").read_text() == (tmp_path / "b").read_text() != ""


def order_of_play(tmp_path, seed):
    """Each testee writes down what it was asked."""
    log = tmp_path / f"log-{seed}"
    assert run(tmp_path, f"tee -a {log} <&{{fd}} | {RIGHT.replace('--fd {fd}', '--stdio')} >&{{fd}}", "--seed", seed,
               "--jobs", 1).status in (0, 1)
    return re.findall(rb"#\d\d", log.read_bytes())


def test_the_seed_orders_the_plays(tmp_path):
    lines = 'parent sends u32:9 04 "echo" 03 "#{0:02}"\nchild sends u32:1 u32:4 03 "#{0:02}"\n'
    lines += "parent ends\nchild ends\nchild exits any"
    (tmp_path / "t.transcript").write_text("".join(case(lines.format(i), name=f"c{i}") for i in range(12)))
    plain, one, other = (order_of_play(tmp_path, seed) for seed in (0, 1, 2))
    assert plain == sorted(plain) and one != plain and other not in (plain, one)
    assert sorted(one) == sorted(other) == plain


def test_the_verdicts_do_not_depend_on_seed_or_jobs(tmp_path):
    wrong = scripted("read:11", "write:0000000100000002016c", "drain")
    (tmp_path / "t.transcript").write_text("".join(case(ECHO, name=f"c{i}") for i in range(8)))
    texts = {re.sub(r"in [\d.]+ s", "", run(tmp_path, wrong, "--seed", seed, "--jobs", jobs).out)
             for seed, jobs in ((0, 1), (7, 2), (7, 4))}
    assert len(texts) == 1


def test_the_debugger_is_waited_for(cases):
    done = conform("run", "--child", RIGHT, "--cases", cases, "--case", "t/good", "--wait-for-debugger", input="\n")
    assert done.status == 0 and re.search(r"the testee is process \d+: attach", done.err)


def test_the_program_is_built():
    assert CONFORM.exists(), "run make first"
