"""Each planted bug applies to the tree as it is, is one small change, and says what it breaks and who should see it."""
import re
import shutil
import subprocess

import pytest

import table
import tools
import tree
from bug import HERE, NO_BUG, Bug, read_bug, read_bugs

PATCHES = sorted(HERE.glob("*.patch"))
LINES_MAX = 16      # removed and added: one fault


def changed_lines(text):
    return re.findall(r"^[-+](?![-+]{2} )(.*)$", text, re.M)


def test_there_are_enough():
    assert len(PATCHES) >= 50
    assert len({bug.reach for bug in read_bugs()}) == 2


@pytest.mark.parametrize("path", PATCHES, ids=lambda p: p.stem)
def test_a_bug_applies_and_is_small(tmp_path, path):
    bug = read_bug(path)
    to = tmp_path / bug.file
    to.parent.mkdir(parents=True)
    shutil.copy(tree.ROOT / bug.file, to)
    done = subprocess.run(["patch", "-p1", "-F0"], cwd=tmp_path, input=bug.patch, text=True, capture_output=True)
    assert done.returncode == 0 and "offset" not in done.stdout, f"{path.name} is to be written anew: {done.stdout}"
    assert to.read_text() != (tree.ROOT / bug.file).read_text()
    assert 0 < len(changed_lines(bug.patch)) <= LINES_MAX


def test_no_two_are_the_same():
    faults = {bug.patch.split("\n\n", 1)[1] for bug in read_bugs()}
    assert len(faults) == len(PATCHES)


@pytest.mark.parametrize("broken, why", [
    (lambda t: t.replace("reach: core", "reach: far"), "reach is core or glue"),
    (lambda t: t.replace("breaks: ", "broke: "), "the header has no breaks"),
    (lambda t: t.replace("bug: ", "bug: un"), "the header calls it"),
    (lambda t: re.sub("sees: .*", "sees: nobody", t), "sees is some of"),
])
def test_a_wrong_header_is_refused(tmp_path, broken, why):
    path = tmp_path / "retries-without-end.patch"
    path.write_text(broken((HERE / path.name).read_text()))
    with pytest.raises(ValueError, match=why):
        read_bug(path)


def test_what_a_swarm_says_is_read():
    said = [(1.0, "24 runs, 198856 events"), (1.0, "seed 24 fails"), (1.5, "made small in 70 runs: 2 choices of 17 are left"),
            (1.5, "broken: begun-once: job 3 is begun 3 times"),
            (1.5, "replay: forkpool-sim replay 'pool.max=1 pool.async=true arrivals.jobs=4 shut.2=1 shut.4=1 seed=0' --log")]
    seen = tools.found(said, 60)
    assert (seen["seeds"], seen["seconds"], seen["shrink_s"], seen["by"]) == (24, 61.0, 0.5, "begun-once")
    assert (seen["faults"], seen["max"], seen["jobs"]) == (2, 1, 4)


def test_a_bug_that_nobody_sees_is_complained_of():
    class Kept:
        of = {"lost": {"unit": {"seen": True}, "sim": {"seen": False}}, "no-bug": {"unit": {"seen": True}}}
    lost = Bug("lost", "a promise", ("unit", "sim"))
    assert list(table.complaints([lost], Kept, ["unit"])) == []
    assert list(table.complaints([lost], Kept, ["unit", "sim"])) == ["lost: not seen by sim: a promise"]
    assert len(list(table.complaints([NO_BUG], Kept, ["unit"]))) == 1


def test_a_bug_is_taken_out_again_whatever_happens(tmp_path):
    bug = read_bug(HERE / "retries-without-end.patch")
    path = tmp_path / bug.file
    path.parent.mkdir(parents=True)
    shutil.copy(tree.ROOT / bug.file, path)
    right = path.read_bytes()
    with pytest.raises(tree.Unbuilt), tree.planted(bug, tmp_path):
        assert path.read_bytes() != right
        raise tree.Unbuilt("it does not build")
    assert path.read_bytes() == right
    with tree.planted(NO_BUG, tmp_path):
        assert path.read_bytes() == right
