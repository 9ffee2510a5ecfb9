"""The cases that were written by hand: what can be said of them without playing them.

Reads heads and verbs only, with a reader of its own; that the octets parse is asked of forkpool-conform. Must not know an
implementation of the protocol."""
import pathlib
import os
import re
import subprocess

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]
SUITE = ROOT / "conformance"
FILES = sorted((SUITE / "cases").glob("*.transcript"))
THEMES = """
    child-framing child-lists child-sync child-async child-events child-shutdown child-errors child-hostile child-buffers child-json
    parent-framing parent-lists parent-ids parent-order parent-events parent-shutdown parent-errors parent-hostile parent-buffers
    parent-json pool-max pool-queue pool-load pool-times pool-retire pool-crash pool-destroy pool-outcomes""".split()
HEAD = "title clause level side mode profile serialiser needs vary options stays".split()
PLAIN_OPTIONS = {"command", "nonblocking", "max", "load", "frame_bytes_max", "lastid"}  # of level 0, or of a capability with another name
LINE_MAX = 120


class Case:
    """One transcript's head, and its other lines as they stand."""

    def __init__(self, path, name):
        self.id = f"{path.stem}/{name}"
        self.file = path.stem
        self.head = {"side": "child", "mode": "both", "profile": "both", "serialiser": "string"}
        self.body = []

    def words(self, key):
        return self.head.get(key, "").split()


class Clause:
    """The second line of a clause: `LEVEL · sides · mode · profile`."""

    def __init__(self, binds):
        self.level, sides, self.mode, self.profile = (part.strip() for part in binds.split("·"))
        self.sides = {side.strip() for side in sides.split(",")}


def lines_of(path):
    """Statements: comments left out, continued lines joined."""
    text = re.sub(r"\\\n\s*", " ", path.read_text())
    return [line for line in text.splitlines() if line.strip() and not line.startswith("#")]


def cases_of(path):
    cases = []
    for line in lines_of(path):
        word, _, rest = line.partition(" ")
        if word == "case":
            cases.append(Case(path, rest.strip()))
        elif word in HEAD:
            cases[-1].head[word] = rest.strip()
        else:
            cases[-1].body.append(re.sub(r"\s+", " ", line))
    return cases


def spec_clauses():
    found = re.findall(r"^### (\S+) .*\n\n(.*·.*)$", (SUITE / "SPEC.md").read_text(), re.M)
    return {name: Clause(binds) for name, binds in found}


def capabilities():
    """Words in backquotes in the first column of TESTEE.md's tables."""
    rows = re.findall(r"^\|([^|]*)\|", (SUITE / "TESTEE.md").read_text(), re.M)
    return {word for row in rows for word in re.findall(r"`([a-z_]+)", row)}


CASES = [case for path in FILES for case in cases_of(path)]
CLAUSES = spec_clauses()
CAPABILITIES = capabilities()
each_file = pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)


def breaking(is_kept):
    """The names of the cases for which a rule does not hold."""
    return [case.id for case in CASES if not is_kept(case)]


def first_clause(case):
    return CLAUSES[case.words("clause")[0]]


# ---- files ----

def test_every_theme_has_its_file():
    assert sorted(path.stem for path in FILES) == sorted(THEMES)


@each_file
def test_octets_and_lines_parse(path):
    conform = ROOT / (os.environ.get("FORKPOOL_BUILD") or "build") / "bin" / "forkpool-conform"
    listing = subprocess.run([conform, "list", "--cases", path], capture_output=True, text=True, timeout=60, check=False)
    assert listing.returncode == 0, listing.stderr


@each_file
def test_file_opens_with_what_it_holds(path):
    lines = path.read_text().splitlines()
    assert lines[0].startswith("# ") and lines[0].endswith(".")
    assert max(map(len, lines)) <= LINE_MAX


# ---- heads ----

def test_names_are_unique_and_titles_there():
    names = [case.id for case in CASES]
    assert len(names) == len(set(names)) > 400
    assert not breaking(lambda case: case.head.get("title"))


def test_clauses_exist_and_bind_the_side_that_is_judged():
    def is_kept(case):
        """A pool has its workers' connections, so a parent's clauses bind it too."""
        sides = {case.head["side"]} | ({"parent"} if case.head["side"] == "pool" else set())
        names = case.words("clause")
        return len(names) == len(set(names)) and all(name in CLAUSES and sides & CLAUSES[name].sides for name in names)
    assert not breaking(is_kept)
    assert not breaking(lambda case: case.words("clause"))


def test_first_clause_holds_in_the_mode_and_profile_of_the_case():
    assert not breaking(lambda case: first_clause(case).mode in ("both", case.head["mode"]))
    assert not breaking(lambda case: first_clause(case).profile in ("both", case.head["profile"]))


def test_no_case_is_harder_than_its_clause():
    order = ["unspecified", "may", "should", "must"]
    assert not breaking(lambda case: order.index(case.head.get("level", "unspecified")) <=
                        order.index(first_clause(case).level.lower()))


def test_what_cannot_fail_says_why_it_stays():
    assert not breaking(lambda case: case.head.get("stays") or
                        case.head.get("level", first_clause(case).level.lower()) != "unspecified")


def test_names_tell_side_and_mode():
    def is_kept(case):
        theme, mode = case.id.split("/")[:2]
        return (theme.partition("-")[0] == case.head["side"] and
                (case.head["serialiser"] == "json") == theme.endswith("-json") and
                case.head["mode"] == (mode if mode in ("sync", "async") else "both"))
    assert not breaking(is_kept)


# ---- what a testee has to offer ----

def test_needs_are_capabilities():
    assert not breaking(lambda case: set(case.words("needs")) <= CAPABILITIES)
    assert not breaking(lambda case: ("json" in case.words("needs")) == (case.head["serialiser"] == "json"))


def test_options_are_needed():
    def options(case):
        return {option.partition("=")[0] for option in case.words("options")}
    assert not breaking(lambda case: options(case) - PLAIN_OPTIONS <= set(case.words("needs")))
    assert not breaking(lambda case: ("frame_bytes_max" in options(case)) == ("limit" in case.words("needs")))
    def sets_lastid(case):
        return "lastid" in options(case) or any("sets lastid" in line for line in case.body)
    assert not breaking(lambda case: sets_lastid(case) == ("lastid" in case.words("needs")))


def test_verbs_of_requests_are_needed():
    def is_kept(case):
        sent = "".join(line for line in case.body if line.startswith("parent sends"))
        verbs = set(re.findall(r'\b0[0-9a-f] "([a-z]+)"', sent)) & CAPABILITIES
        return case.head["side"] != "child" or verbs <= {"echo", *case.words("needs")}
    assert not breaking(is_kept)


def test_reports_of_a_parent_are_needed():
    def is_kept(case):
        reports = {line.split()[2] for line in case.body if line.startswith("app gets ")}
        return case.head["side"] != "parent" or reports <= {"result", *case.words("needs")}
    assert not breaking(is_kept)


# ---- lines ----

def test_something_is_expected():
    """What may come, and what is done, fails nobody."""
    marks = {"child": r"child (sends|ends|exits|closes)", "parent": r"parent |app gets ", "pool": r"pool |app gets "}
    assert not breaking(lambda case: any(re.match(marks[case.head["side"]] + "|nothing more", line) for line in case.body))
