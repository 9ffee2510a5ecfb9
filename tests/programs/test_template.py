"""forkpool-template: its command line, commands that cannot be carried out, and the code it loads and compiles. The
recordings of the original's command stream are played elsewhere."""
import os
import pathlib
import socket
import struct
import subprocess

import pytest
from frames import command, freeze
from processes import TEMPLATE, Process, Stream, run
from templates import COMPLAINT, TELL, Template

# ---- the command line ----


def test_the_words_for_a_perl_are_skipped():
    ours, theirs = socket.socketpair()
    words = ["-MAnyEvent::Fork::Serve", "-e", "AnyEvent::Fork::Serve::me"]
    fd = theirs.fileno()
    with Process(TEMPLATE, *words, str(fd), "1", pass_fds=[fd], stdin=subprocess.DEVNULL) as process:
        theirs.close()
        ours.close()
        assert process.status() == 0 and process.err.rest() == b""


@pytest.mark.parametrize("options", [
    [], ["--require", "echo"], ["--require", "echo", "--require=digest", "--profile", "native"],
])
def test_end_of_file_is_a_clean_end(options):
    with Template(*options) as template:
        template.close()
        assert template.out.rest() == b""
        template.ends(0)


@pytest.mark.parametrize("name, said", [
    ("nosuch", r"--require nosuch: no nosuch\.so in FORKPOOL_PATH or /.*: set FORKPOOL_PATH, or give a path that ends in .so"),
    ("./nosuch.so", r"--require \./nosuch\.so: \./nosuch\.so: cannot open shared object file: No such file or directory"),
])
def test_a_module_that_is_missing(name, said):
    for first in ([], ["--require", "echo"]):
        with Template(*first, "--require", name) as template:
            template.ends(1, COMPLAINT.format(said) + "\n")


def test_standard_input_will_do():
    """From a shell: end of file there is a clean end, too."""
    done = run(TEMPLATE, "0")
    assert (done.status, done.out, done.err) == (0, b"", b"")


# ---- commands that cannot be carried out ----


@pytest.mark.parametrize("octets", [b"x" + bytes(4), b"A" + bytes(4), bytes(5), b"\xff" + bytes(4), b"GET /" + b"\0"])
def test_an_unknown_command(octets):
    with Template() as template:
        template.send(octets)
        template.complains("(unknown command|a command is too long): the stream is corrupt")


def test_a_command_that_is_too_long_is_not_waited_for():
    for length in ((16 << 20) + 1, 0xffffffff):
        with Template() as template:
            template.send(b"a" + struct.pack("=I", length))
            template.complains("a command is too long: the stream is corrupt")


def test_the_longest_command():
    size = 16 << 20
    payload = freeze([b"x" * (size - 4)])
    assert len(payload) == size
    with Template() as template:
        template.send(command(b"a", payload))
        template.eval(TELL)
        template.run("tell")
        template.sock.sendall(b"!")
        assert template.out.size(size - 4 + 4) == b"<" + b"x" * (size - 4) + b">+!"
        template.ends(42)


@pytest.mark.parametrize("octets", [b"a", b"a\5\0\0", command(b"a", b"\4four")[:-1], command(b"r", b"tell")[:-2]])
def test_end_of_file_inside_a_command(octets):
    with Template() as template:
        template.send(octets)
        template.close()
        template.complains("end of file inside a command")


@pytest.mark.parametrize("letter", [b"a", b"e"])
@pytest.mark.parametrize("payload", [b"\x80", b"\2a", b"\1a\xff"])
def test_a_list_that_is_none(letter, payload):
    with Template() as template:
        template.send(command(letter, payload))
        template.complains("a command's list: .+")


def test_a_descriptor_that_does_not_come():
    with Template() as template:
        template.send(command(b"h"), b"\0")
        template.complains("a descriptor was announced, and none came")


@pytest.mark.parametrize("args", [[], [b"a"]])
def test_a_fork_without_a_descriptor(args):
    with Template() as template:
        template.args(*args)
        template.send(command(b"f"))
        template.complains("fork: the last argument is not a descriptor")


def test_a_function_that_is_missing():
    with Template() as template:
        template.run("no::such")
        assert template.out.rest() == b""
        template.ends(255, COMPLAINT.format("run: no loaded object exports 'no::such'\n"))


@pytest.mark.parametrize("name", ["nosuch", "/nosuch.so"])
def test_a_require_that_fails(name):
    with Template() as template:
        template.require("echo", name)
        template.complains("require: .*nosuch.*")


# ---- C source ----


def test_source_is_compiled_and_its_function_run():
    read, write = os.pipe()
    with Template() as template:
        template.args(b"one", b"")
        template.eval(TELL)
        template.pass_descriptor(write)
        os.close(write)
        template.args(b"two")
        template.run("tell")
        template.sock.sendall(b"behind it")
        assert template.out.rest() == b"<one><>fd<><two>+behind it"
        assert Stream(read).rest() == b"from 2"
        template.ends(42)
    os.close(read)


def test_functions_are_found_by_their_perl_names():
    for perl, c in (("A::B::f", "A__B__f"), ("main::f", "f")):
        with Template() as template:
            template.eval(TELL.replace("tell(", f"{c}("))
            template.run(perl)
            template.sock.sendall(b"x")
            assert template.out.rest() == b"+x"
            template.ends(42)


EVAL_MAIN = r"""
#include <forkpool.h>
#include <stdio.h>
FP_API fp_eval_function eval_main;
int eval_main(const struct fp_item *items, size_t n)
{
	for (size_t i = 0; i < n; i++)
		fprintf(stderr, "%.*s;", (int)items[i].len, (const char *)items[i].data);
	fputs("eval_main\n", stderr);
	return RESULT;
}
"""


@pytest.mark.parametrize("result, status, said", [
    ("0", 0, ""), ("1", 0, ""), ("-1", 1, COMPLAINT.format("eval: eval_main failed\n")),
])
def test_eval_main_gets_the_arguments(result, status, said):
    with Template() as template:
        template.eval(EVAL_MAIN.replace("RESULT", result), b"a", b"", b"b c")
        template.close()
        template.ends(status, "a;;b c;eval_main\n" + said)


def test_each_source_has_its_own_eval_main():
    with Template() as template:
        template.eval(EVAL_MAIN.replace("RESULT", "0"), b"1")
        template.eval("int unused;")
        template.eval(EVAL_MAIN.replace("RESULT", "0").replace('"eval_main', '"another'), b"2")
        template.close()
        template.ends(0, "1;eval_main\n2;another\n")


@pytest.mark.parametrize("source", [
    "this is not C", "#include <nosuch.h>\n", "extern int nosuch(void); int f(void) { return nosuch(); }",
])
def test_source_that_does_not_compile_or_load(source):
    """The compiler's own words, or the loader's, come before or in the last line."""
    with Template() as template:
        template.eval(source)
        assert template.out.rest() == b""
        template.complains("eval: .+")


def test_no_compiler():
    with Template(env={"CC": "/no/such/cc"}) as template:
        template.eval("int x;")
        template.complains("eval: no C compiler: install one or set CC")


def test_compiler_with_arguments():
    with Template(env={"CC": "cc -DANSWER=42"}) as template:
        template.eval("int x[ANSWER == 42 ? 1 : -1];")
        template.close()
        template.ends(0)


def test_compiling_where_TMPDIR_says(tmp_path):
    with Template(env={"TMPDIR": str(tmp_path / "none")}) as template:
        template.eval("int x;")
        template.complains(f"eval: {tmp_path}/none: No such file or directory: "
                           "set TMPDIR to where files can be made")


@pytest.mark.parametrize("source", ["int x;", "this is not C"])
def test_compiling_leaves_no_files(tmp_path, source):
    """A compiler in between tells where the object goes to."""
    compiler = tmp_path / "cc"
    compiler.write_text(f"""#!/bin/sh
for word; do [ "$last" = -o ] && echo "$word" >{tmp_path}/object; last=$word; done
exec cc "$@"
""")
    compiler.chmod(0o755)
    with Template(env={"CC": str(compiler)}) as template:
        template.eval(source)
        template.close()
        template.err.rest()
        template.process.status()
    made = pathlib.Path((tmp_path / "object").read_text().strip())
    assert made.parent != tmp_path and not made.parent.exists()


def test_a_hook_is_offered_the_source_first():
    hook = r"""
    #include <forkpool.h>
    #include <stdio.h>
    #include <string.h>
    FP_API fp_eval_function forkpool_eval;
    int forkpool_eval(const struct fp_item *items, size_t n)
    {
        int mine = items[0].len > 2 && !memcmp(items[0].data, "my ", 3);
        if (mine)
            fprintf(stderr, "%.*s %zu\n", (int)items[0].len, (const char *)items[0].data, n);
        return items[0].len == 3 ? -1 : mine;
    }
    """
    with Template() as template:
        template.eval(hook)
        template.eval("my words", b"a", b"b")
        template.eval(EVAL_MAIN.replace("RESULT", "0"))
        template.eval("my ")
        template.ends(1, "my words 3\neval_main\nmy  1\nforkpool-template: eval: it failed\n")
