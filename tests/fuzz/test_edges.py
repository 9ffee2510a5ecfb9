"""What llvm-cov says of a source is read as lines, and as the two ways of each condition, those of macros too."""
import subprocess

import build
import edges
import pytest

SOURCE = """\
void abort(void);
#define CHECK(truth) ((truth) ? (void)0 : abort())
int main(int n, char **v)
{
	CHECK(n < 5 || v);
	if (n > 1 && v[1])
		return 1;
	return 0;
}
"""


@pytest.fixture()
def ways(tmp_path, monkeypatch):
    """Of a program that was run without arguments."""
    monkeypatch.setattr(build, "ROOT", tmp_path)
    (tmp_path / "a.c").write_text(SOURCE)
    subprocess.run(["clang", "-O0", "-fno-builtin", "-fprofile-instr-generate", "-fcoverage-mapping", tmp_path / "a.c", "-o", tmp_path / "a"],
                   check=True)
    subprocess.run([tmp_path / "a"], check=True, env={"LLVM_PROFILE_FILE": str(tmp_path / "a.raw")})
    edges.merge([tmp_path / "a.raw"], tmp_path / "a.data")
    return list(edges.reached([tmp_path / "a"], tmp_path / "a.data", ["a.c"]).values())


def test_lines_and_conditions_are_told_apart_from_what_was_reached(ways):
    missed = {str(way) for way, is_taken in ways if not is_taken}
    assert missed == {"a.c:5: never false: CHECK, condition 1", "a.c:5: never true: CHECK", "a.c:5: never false: CHECK",
                      "a.c:6: never true: n > 1", "a.c:6: never true: v[1]", "a.c:6: never false: v[1]", "a.c:7: never run: return 1;"}
    assert {way.line for way, is_taken in ways if is_taken and way.side == "run"} >= {4, 5, 6, 8, 9}
