"""Parents and pools to be judged: the suite's own testees, right or with one fault patched in; and scripts that are no
implementation at all. Must not know what is tested."""
import os
import pathlib
import shlex
import shutil
import subprocess

import pytest
from judge_rig import BUILD, PYTHON, TREE, adopt_orphans, children, conform, kill_children

TESTEES = TREE / "conformance/testees"
LIBRARIES = ["-lev", "-ljansson", "-ldl", "-pthread"]
CAN_PARENT = "call,event,error,failure,end,lastid,limit"
HEAD = "case {name}\ntitle {name}\nclause FRM-1\nside {side}\n{head}\n\n{lines}\n"

os.environ.setdefault("FORKPOOL_TEMPLATE", str((BUILD / "bin/forkpool-template").resolve()))


def patched(folder, patches):
    """A copy of the testees. Each patch is (file, or what the files' names begin with, old text, new text); the old one has to be there,
    once."""
    copy = folder / "conformance/testees"
    shutil.copytree(TESTEES, copy)
    (folder / "lib").symlink_to(TREE / "lib")  # includes are relative
    for name, old, new in patches:
        texts = {path: path.read_text() for path in copy.glob(f"{name}*")}
        assert sum(text.count(old) for text in texts.values()) == 1, (name, old)
        for path, text in texts.items():
            path.write_text(text.replace(old, new))
    return copy


def built(folder, name, *patches):
    """The command of a testee in C."""
    source, program = patched(folder, patches), folder / name
    subprocess.run([os.environ.get("CC", "cc"), "-std=c11", "-O0", "-D_GNU_SOURCE", f"-I{TREE}/lib", "-o", program,
                    *source.glob(f"{name}*.c"), *source.glob("control*.c"), BUILD / "lib/libforkpool.a", *LIBRARIES], check=True)
    return f"exec {program}"


def parent_in_python(folder, *patches):
    return f"exec {PYTHON} -E -s -S {patched(folder, patches)}/parent.py"


def script(text):
    """A testee that is these lines of Python."""
    return f"exec {PYTHON} -I -S -c {shlex.quote(text)}"


def case(side, lines, name="it", head=""):
    return HEAD.format(side=side, lines=lines, name=name, head=head)


def judge(side, command, *options):
    return conform("run", f"--{side}", command, *options)


@pytest.fixture(autouse=True)
def nothing_is_left():
    adopt_orphans()
    before = set(children())
    yield
    left = set(children()) - before
    names = [pathlib.Path(f"/proc/{pid}/cmdline").read_bytes() for pid in left]
    kill_children()
    assert not names
