"""conformance/convert.py: the committed cases are what it makes, each recording is accounted for, and a case has the
recording's octets. The reader of pieces here is written from TRANSCRIPT.md and shares nothing with the converter."""

import pathlib
import re
import subprocess
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

CONFORMANCE = pathlib.Path(__file__).resolve().parents[2] / "conformance"
sys.path.insert(0, str(CONFORMANCE))

import convert  # noqa: E402
from converting import pieces  # noqa: E402
from converting.wire import octets  # noqa: E402

VECTORS = convert.recordings()
BY_NAME = {v["name"]: v for v in VECTORS}
FILES, OMITTED = convert.convert(VECTORS)
CASES = [c for cases in FILES.values() for c in cases]
EXACT = [c for c in CASES if c.side in ("child", "parent") and not c.sources[0].startswith("serialiser/")
         and all(BY_NAME[s]["conform"] == "must" for s in c.sources)]

# Why a recording has no case, and how many there are.
REASONS = {
    "a start through a template is judged by tests/vectors, a template is no testee": 59,
    "what is done, or thrown, in a callback has no line in a transcript": 39,
    "TESTEE.md knows no init and no done function of a child": 23,
    "that an application listens to less has no line in a transcript": 23,
    "a verb that is not in TESTEE.md": 20,
    "a parent under test has its connection from the start (ORD-6)": 12,
    "what octets of another profile or mode happen to mean is free (FRM-8)": 12,
    "which of several workers with the same load gets a job is free (POOL-3c)": 10,
    "what is seen only because seconds passed is left to cases with shorter times": 6,
    "which descriptors a child has is the run's choice (--stdio), not a case's": 6,
    "a child that closes its reading side only has no line in a transcript": 4,
    "a child's function is that of TESTEE.md": 4,
    "a serialiser that does not compile is a matter of Perl": 4,
    "an answer of any length, or the end of the process: a case cannot ask for one of the two (ERR-6)": 4,
    "strings of wide characters are a matter of Perl": 4,
    "whether a child with a request that is never answered ends is free (SHUT-9)": 4,
    "numbers beyond 64 bits and members of one name are the implementation's own (JSN-5f)": 2,
    "when a worker retires while jobs wait, another may come sooner than in the recording (POOL-9e)": 2,
    "the counter of ids can be set before the first call only": 2,
    "the digits of a fraction and the order of an object's members are the implementation's own (JSN-5f)": 2,
    "what an exit does to the replies of an asynchronous child that are on their way is free": 2,
    "what is refused when a pool is made has no line in a transcript": 2,
    "a worker that does not read has no line in a transcript": 1,
}

# ---- reading pieces

TEXT = r'"((?:\\.|[^"\\])*)"'
PIECE = re.compile(rf'{TEXT}|u32:(\d+|\+)|(\()|(\))|([0-9a-f]+)|[ +]')
ESCAPES = {"\\": "\\", '"': '"', "n": "\n", "r": "\r", "t": "\t"}


def lay(text, order):
    """The octets; for `u32:+` 1, which is what the original writes."""
    out, groups, at = b"", [], 0
    while at < len(text):
        found = PIECE.match(text, at)
        assert found, f"no piece: {text[at:]!r}"
        at = found.end()
        word, number, begin, end, hexes = found.groups()
        unit = b""
        if word is not None:
            unit = re.sub(r"\\(.)", lambda m: ESCAPES[m[1]], word).encode("ascii")
        elif number:
            unit = (1 if number == "+" else int(number)).to_bytes(4, order)
        elif hexes:
            unit = bytes.fromhex(hexes)
        elif begin:
            groups.append(out)
            out = b""
            continue
        elif end:
            unit, out = out, groups.pop()
        times = re.compile(r"\*(\d+)").match(text, at)
        at = times.end() if times else at
        out += unit * (int(times[1]) if times else 1)
    assert not groups
    return out


def said_by(case, actor, order):
    """All octets of an actor's lines."""
    lines = [re.fullmatch(rf"{actor} sends (?:unordered )?(.*)", line) for line in case.lines]
    return b"".join(lay(m[1], order) for m in lines if m)


def order_of(vector):
    return "big" if vector["profile"] == "network" else "little"


def recorded(vector, op):
    return b"".join(octets(s["data"]) for s in vector["steps"] if s["op"] == op)


# ---- what is committed


def test_the_committed_cases_are_what_it_makes():
    committed = {path.name: path.read_text() for path in convert.CASES.glob("*")}
    assert sorted(committed) == sorted(FILES)
    for name, cases in FILES.items():
        assert committed[name] == convert.text_of(cases), f"{name}: run conformance/convert.py"


def test_it_writes_and_removes_what_it_no_longer_makes(tmp_path):
    (tmp_path / "old.transcript").write_text("")
    convert.write(tmp_path, {"a.transcript": CASES[:1]})
    assert [p.name for p in tmp_path.iterdir()] == ["a.transcript"]


def test_the_list_of_what_is_left_out():
    run = subprocess.run([sys.executable, "-B", CONFORMANCE / "convert.py", "--omitted"], capture_output=True, text=True, check=True,
                         timeout=300)
    listed = [re.fullmatch(r" *(\d+)  (.*?): [^ ].*", line) for line in run.stdout.splitlines()]
    assert len(listed) == len(REASONS)
    for why, count in REASONS.items():
        assert any(line.startswith(f"{count:4}  {why}: ") for line in run.stdout.splitlines()), why


# ---- every recording


def test_each_recording_is_a_case_or_left_out():
    used = {s for c in CASES for s in c.sources}
    left = [name for names in OMITTED.values() for name in names]
    assert len(VECTORS) == len(BY_NAME) == 1380
    assert used.isdisjoint(left)
    assert used | set(left) == set(BY_NAME)
    assert {why: len(names) for why, names in OMITTED.items()} == REASONS


def test_only_what_is_equal_became_one():
    """Of one case, and from the same recording in another mode or profile, or cut elsewhere."""
    for case in CASES:
        bare = {re.sub(r"/at-\d+$", "", re.sub(r"^[a-z]+/(sync|async)/(network|native)/", "", s)) for s in case.sources}
        assert len(bare) == 1, case.sources
        profiles = {BY_NAME[s].get("profile") for s in case.sources} & {"network", "native"}
        assert case.profile == ("both" if len(profiles) != 1 else profiles.pop())


def test_names_are_unique_in_their_files():
    for name, cases in FILES.items():
        assert len({c.name for c in cases}) == len(cases), name


def test_all_name_a_clause_and_expect_something():
    expected = {"child": ("child",), "parent": ("parent", "app gets", "app may"), "pool": ("pool", "app gets", "worker 1 gets")}
    for case in CASES:
        assert case.clauses and case.title
        assert any(line.startswith(expected[case.side]) for line in case.lines), case.name


# ---- the octets


@pytest.mark.parametrize("case", EXACT, ids=lambda c: f"{c.side}-{c.mode}-{c.name}")
def test_a_case_has_the_octets_of_its_recordings(case):
    done, expected = ("parent", "child") if case.side == "child" else ("child", "parent")
    for vector in (BY_NAME[s] for s in case.sources):
        assert said_by(case, done, order_of(vector)) == recorded(vector, "send")
        assert said_by(case, expected, order_of(vector)) == recorded(vector, "recv")


def test_most_cases_were_compared():
    assert len(EXACT) > 200


def test_better_ones_do_what_was_recorded():
    """No octet is done to the testee that the recording does not have; the end may be left out."""
    compared = 0
    for case in CASES:
        vectors = [BY_NAME[s] for s in case.sources]
        if vectors[0]["kind"] not in ("child", "parent") or vectors[0]["conform"] == "must":
            continue
        for vector in vectors:
            assert recorded(vector, "send").startswith(said_by(case, "parent" if case.side == "child" else "child", order_of(vector)))
            compared += 1
    assert compared > 150


def test_lists_are_echoed_or_end_the_child():
    for case in (c for c in CASES if c.sources[0].startswith("serialiser/")):
        vector = BY_NAME[case.sources[0]]
        payload = octets(vector["bytes"])
        request = said_by(case, "parent", "big")[8 if case.mode == "async" else 4:]
        assert payload in {request, request.removeprefix(b"\4echo"), request.replace(b'"echo",', b""), request.replace(b'"echo"', b"")}
        answer = said_by(case, "child", "big")
        is_bad = vector.get("result") == "error" or vector["conform"] == "should-differ"
        assert (case.lines[-1] == "child exits nonzero") == is_bad == (not answer)
        if vector["op"] == "encode" or vector.get("canonical"):
            assert answer == (1).to_bytes(4, "big") + len(payload).to_bytes(4, "big") + payload


@given(st.lists(st.one_of(st.binary(max_size=20), st.text("ab \"\\(", max_size=20).map(str.encode),
                          st.builds(lambda u, n: u * n, st.binary(min_size=1, max_size=9), st.integers(1, 40)))).map(b"".join))
def test_any_octets_are_pieces(some):
    assert lay(" ".join(pieces.of(some)), "big") == some
    if some:
        assert lay(pieces.item(some), "big") == some
    else:
        assert pieces.item(some) == "-"
