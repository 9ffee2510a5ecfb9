"""coverage.py over small suites, each with one fault: it is told, in one line, and nothing else is."""
import json
import pathlib
import subprocess
import sys

import pytest

PROGRAM = pathlib.Path(__file__).resolve().parents[2] / "conformance/coverage.py"

SPEC = """# Title
## Group
### A-1 One
MUST · child · both · both

Text. ### B-9 is no heading here.
### A-1b Two
MAY · child · both · both

### A-2 Three
UNSPECIFIED · child · both · both
"""
CASES = """# A comment: clause A-9
case        one
title       clause A-9 is no clause line
clause      A-1   # and no other

parent ends

case        two/deep
clause      A-1b \\
            A-1
stays       it is the only one that is short
child ends
"""
UNSHOWN = "# CLAUSE kept|broken|both REASON\n\nA-2 both it is unspecified\n"
MUTANTS = {"m1": "mutant: m1\nbreaks: A-1\nhow: so\n\n--- a/x\n+++ b/x\n+breaks: A-9\n", "m2": "mutant: m2\nbreaks: A-1b A-1\n\n--- a/x\n"}
RESULTS = [{"mutant": "m1", "breaks": ["A-1"], "caught_by": ["f/one"]},
           {"mutant": "m2", "breaks": ["A-1b", "A-1"], "caught_by": ["f/two/deep", "f/one"]}]


@pytest.fixture
def suite(tmp_path):
    """A suite in which every clause is shown."""
    (tmp_path / "cases").mkdir()
    (tmp_path / "mutants").mkdir()
    (tmp_path / "SPEC.md").write_text(SPEC)
    (tmp_path / "cases/f.transcript").write_text(CASES)
    (tmp_path / "spec-unshown.txt").write_text(UNSHOWN)
    (tmp_path / "mutants/build.py").write_text("# breaks: A-9\n")
    for name, text in MUTANTS.items():
        (tmp_path / f"mutants/{name}.patch").write_text(text)
    return tmp_path


def run(suite, *more):
    return subprocess.run([sys.executable, PROGRAM, "--folder", suite, *more], capture_output=True, text=True, timeout=60)


def expect(suite, *lines, results=None):
    more = ()
    if results is not None:
        (suite / "results.json").write_text(json.dumps(results))
        more = ("--results", suite / "results.json")
    done = run(suite, *more)
    assert (done.stdout.splitlines(), done.stderr) == (list(lines), "")
    assert done.returncode == (1 if lines else 0)


def change(file, old, new):
    text = file.read_text()
    assert old in text
    file.write_text(text.replace(old, new))


def test_all_is_shown(suite):
    expect(suite)
    expect(suite, results=RESULTS)


def test_clause_without_case(suite):
    change(suite / "cases/f.transcript", "A-1b", "A-1")
    expect(suite, "A-1b: no case shows it kept, and spec-unshown.txt does not say why")


def test_clause_without_mutant(suite):
    (suite / "mutants/m2.patch").unlink()
    expect(suite, "A-1b: no mutant shows it broken, and spec-unshown.txt does not say why")


@pytest.mark.parametrize("word, missing", [("kept", "no mutant shows it broken"), ("broken", "no case shows it kept")])
def test_half_a_reason(suite, word, missing):
    change(suite / "spec-unshown.txt", "both", word)
    expect(suite, f"A-2: {missing}, and spec-unshown.txt does not say why")


def test_reason_for_what_is_shown(suite):
    (suite / "spec-unshown.txt").write_text(UNSHOWN + "A-1 kept it is hard\n")
    expect(suite, "spec-unshown.txt: A-1 is shown kept by case f/one: take that out")
    (suite / "spec-unshown.txt").write_text(UNSHOWN + "A-1 broken it is hard\n")
    expect(suite, "spec-unshown.txt: A-1 is shown broken by mutant m1: take that out")


@pytest.mark.parametrize("line, fault", [
    ("A-1 both", "spec-unshown.txt:4: expected CLAUSE kept|broken|both REASON"),
    ("A-1 never it is hard", "spec-unshown.txt:4: expected CLAUSE kept|broken|both REASON"),
    ("A-2 both again", "spec-unshown.txt:4: A-2 has a line already"),
    ("A-9 both it is gone", "spec-unshown.txt: A-9 is no clause of SPEC.md")])
def test_wrong_line_of_reasons(suite, line, fault):
    (suite / "spec-unshown.txt").write_text(UNSHOWN + line + "\n")
    expect(suite, fault)


def test_unknown_clauses(suite):
    change(suite / "cases/f.transcript", "A-1   #", "A-1 A-3 #")
    change(suite / "mutants/m1.patch", "breaks: A-1\n", "breaks: A-1 A-4\n")
    expect(suite, "case f/one: A-3 is no clause of SPEC.md", "mutant m1: A-4 is no clause of SPEC.md")


def test_no_clause_named(suite):
    change(suite / "cases/f.transcript", "clause      A-1   #", "#")
    change(suite / "mutants/m1.patch", "breaks: A-1\nhow", "how")
    expect(suite, "case f/one: names no clause", "mutant m1: names no clause")


def test_mutant_that_nobody_catches(suite):
    results = [{**RESULTS[0], "caught_by": []}, RESULTS[1]]
    expect(suite, "mutant m1: no case of A-1 catches it (caught by: none)", results=results)


def test_mutant_that_a_case_of_another_clause_catches(suite):
    results = [RESULTS[0], {**RESULTS[1], "caught_by": ["f/one"]}]
    expect(suite, "mutant m2: no case of A-1b catches it (caught by: f/one)", results=results)


def test_case_that_catches_nothing(suite):
    results = [{**r, "caught_by": ["f/two/deep"]} for r in RESULTS]
    expect(suite, "case f/one: catches no mutant, and neither a `stays` line nor stays.txt says why it is kept", results=results)


IDLE = [{**r, "caught_by": ["f/two/deep"]} for r in RESULTS]  # f/one catches nothing


@pytest.mark.parametrize("line", ["f/one f/two/deep the same, cut", "f/o* - nobody can break it"])
def test_family_that_stays(suite, line):
    (suite / "cases/stays.txt").write_text(f"# PATTERN SIBLING REASON\n\n{line}\n")
    expect(suite, results=IDLE)


@pytest.mark.parametrize("line, faults", [
    ("f/one f/two/deep", ["stays.txt:2: expected PATTERN SIBLING|- REASON"]),
    ("f/two* - so", ["stays.txt: f/two*: no case without a mutant is left for it: take it out"]),
    ("f/none f/two/deep so", ["stays.txt: f/none: no case without a mutant is left for it: take it out"]),
    ("f/o* f/one so", ["stays.txt: f/o*: f/one catches no mutant in their place"])])
def test_family_that_is_wrong(suite, line, faults):
    (suite / "cases/stays.txt").write_text(f"f/on* f/two/deep so\n{line}\n")
    if line.startswith("f/o*"):
        faults = ["stays.txt: f/o*: no case without a mutant is left for it: take it out", *faults]
    expect(suite, *faults, results=IDLE)


def test_family_whose_sibling_is_about_other_clauses(suite):
    change(suite / "cases/f.transcript", "            A-1\n", "            A-1b\n")
    (suite / "cases/stays.txt").write_text("f/one f/two/deep so\n")
    expect(suite, "mutant m1: no case of A-1 catches it (caught by: f/two/deep)",
           "mutant m2: no case of A-1 catches it (caught by: f/two/deep)",
           "stays.txt: f/one: f/one shares no clause with f/two/deep", results=IDLE)


def test_results_of_other_files(suite):
    gone = {"mutant": "m3", "breaks": ["A-1"], "caught_by": ["f/gone"]}
    expect(suite, "results: mutant m2 was not run: run make mutants again",
           "results: mutant m3 is not as its file says: run make mutants again",
           "results: there is no case f/gone: run make mutants again", results=[RESULTS[0], gone])
    expect(suite, "results: mutant m2 is not as its file says: run make mutants again",
           results=[RESULTS[0], {**RESULTS[1], "breaks": ["A-1"]}])


def test_table(suite):
    done = run(suite, "--table")
    assert done.stdout.splitlines() == ["clause       cases mutants", "A-1              2       2", "A-1b             1       1",
                                        "A-2        excused excused", "3 clauses, 2 cases, 2 mutants"]
    assert done.returncode == 0


@pytest.mark.parametrize("text", ["", "{}", "[1]", '[{"mutant": "m"}]', None])
def test_results_that_are_none(suite, text):
    if text is not None:
        (suite / "results.json").write_text(text)
    done = run(suite, "--results", suite / "results.json")
    assert done.returncode == 2 and done.stdout == "" and len(done.stderr.splitlines()) == 1


def test_folder_without_a_suite(tmp_path):
    done = run(tmp_path)
    assert done.returncode == 2 and done.stdout == "" and len(done.stderr.splitlines()) == 1


def test_help_and_wrong_usage(suite):
    assert "coverage.py --results FILE" in run(suite, "--help").stdout
    assert run(suite, "--nonsense").returncode == 2
