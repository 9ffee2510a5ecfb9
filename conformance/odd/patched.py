"""A testee in Python with some of its text replaced, run as the main program. Must not know why."""
import pathlib
import sys

TESTEES = pathlib.Path(__file__).resolve().parents[1] / "testees"
sys.path.insert(0, str(TESTEES))


def run(name, *replacements):
    """Each replacement is a pair of texts; the first has to be there once."""
    text = (TESTEES / name).read_text()
    for old, new in replacements:
        assert text.count(old) == 1, f"{name} has not one place that reads {old!r}"
        text = text.replace(old, new)
    exec(compile(text, str(TESTEES / name), "exec"), {"__name__": "__main__"})
