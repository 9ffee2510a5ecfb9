"""What `make install` leaves: a program is compiled against it and runs a pool of it, a module is compiled against it and
loaded, and nothing is exported but what the header declares.

Everything is built for /usr and installed below a scratch directory, in a build directory of its own: the one that the other
tests use has other paths compiled in, and is not to change under them. It begins with the objects of that one, as those are
that somebody has who calls `make` and then `make install` with a PREFIX."""
import os
import pathlib
import re
import shlex
import shutil
import subprocess

import pytest
from processes import TREE, environment, run

PREFIX = "/usr"
STRICT = "-std=c11 -Wall -Wextra -pedantic -Werror".split()
CC = shlex.split(os.environ.get("CC") or "cc")
OF_MAKE = ("MAKEFLAGS", "MAKELEVEL", "MFLAGS", "MAKEOVERRIDES", "B", "PREFIX", "DESTDIR", "OPT", "SAN", "CFLAGS", "LDFLAGS")
PROGRAMS = ["forkpool-run", "forkpool-template", "forkpool-worker"]


class Installed:
    def __init__(self, scratch):
        self.root = scratch / "root"
        self.prefix = self.root / PREFIX[1:]
        built, build = pathlib.Path(os.environ["FORKPOOL_BUILD"]), scratch / "build"
        for part in ("lib", "sim", "conformance"):
            shutil.copytree(built / "obj" / part, build / "obj" / part)
        shutil.copy2(built / ".flags", build)
        environ = {k: v for k, v in environment().items() if k not in OF_MAKE}
        make = ["make", "-s", "-C", TREE, f"B={build}", f"PREFIX={PREFIX}", f"DESTDIR={self.root}", "install"]
        done = subprocess.run(make, env=environ, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        assert done.returncode == 0, done.stdout

    def files(self):
        return {str(f.relative_to(self.root)) for f in self.root.rglob("*") if not f.is_dir()}

    def pkg_config(self, *words):
        found = {"PKG_CONFIG_SYSROOT_DIR": str(self.root), "PKG_CONFIG_LIBDIR": str(self.prefix / "lib/pkgconfig"),
                 "PKG_CONFIG_ALLOW_SYSTEM_CFLAGS": "1", "PKG_CONFIG_ALLOW_SYSTEM_LIBS": "1"}
        done = run("pkg-config", *words, "forkpool", env=environment(**found))
        assert done.status == 0, done.err
        return shlex.split(done.out.decode())

    def environment(self, **more):
        """That of somebody who has it installed."""
        path = f"{self.prefix / 'bin'}:{os.environ['PATH']}"
        return environment(LD_LIBRARY_PATH=str(self.prefix / "lib"), PATH=path, **more)


@pytest.fixture(scope="module")
def installed(tmp_path_factory):
    return Installed(tmp_path_factory.mktemp("install"))


def compile_c(source, to, *words):
    subprocess.run([*CC, *STRICT, "-x", "c", "-", "-x", "none", "-o", str(to), *words], input=source.encode(), check=True)
    return to


def declared():
    """The functions of the header."""
    text = re.sub(r"/\*.*?\*/", " ", (TREE / "lib/forkpool.h").read_text(), flags=re.S)
    found = re.findall(r"^FP_API [^;()]*?(\w+)\([^;]*\)(?: *__attribute__[^;]*)?;", text, re.M)
    assert len(found) == len(set(found)) == text.count("FP_API ") - text.count("#define FP_API ")
    return set(found)


# ---- what is there ----


def test_the_files(installed):
    modules = {f"usr/lib/forkpool/{name}.so" for name in ("echo", "digest", "testworker")}
    library = {f"usr/lib/libforkpool.{end}" for end in ("a", "so", "so.1")}
    pages = {f"usr/share/man/man1/{name}.1" for name in [*PROGRAMS, "forkpool-conform", "forkpool-sim"]}
    pages |= {"usr/share/man/man3/forkpool.3"}
    others = {"usr/include/forkpool.h", "usr/lib/pkgconfig/forkpool.pc"} | {f"usr/bin/{name}" for name in PROGRAMS}
    tools = {"usr/bin/forkpool-conform", "usr/bin/forkpool-sim"}
    suite = {f"usr/share/forkpool/conformance/{f.relative_to(TREE / 'conformance')}"
             for pattern in ("*.md", "cases/**/*.transcript") for f in (TREE / "conformance").glob(pattern)}
    worlds = {f"usr/share/forkpool/sim/{f.name}" for f in [*TREE.glob("sim/scenarios/*.json"), TREE / "sim/scenario.schema.json"]}
    assert installed.files() == modules | library | pages | others | tools | suite | worlds


def test_programs_may_be_run_and_the_rest_not(installed):
    for name in installed.files():
        path = installed.root / name
        is_run = os.access(path, os.X_OK)
        assert is_run == (name.startswith("usr/bin/") or name.endswith(("lib/libforkpool.so", "lib/libforkpool.so.1"))), name
        assert path.stat().st_mode & 0o444 == 0o444, name
    link = installed.prefix / "lib/libforkpool.so"
    assert os.readlink(link) == "libforkpool.so.1"


def test_no_scratch_directory_is_written_into_it(installed):
    for name in installed.files():
        if not name.endswith(".a") and ".so" not in name and "/bin/" not in name:  # debugging information names the sources
            assert str(installed.root).encode() not in (installed.root / name).read_bytes(), name


def test_pkg_config(installed):
    version = re.search(r'#define FP_VERSION "(.+)"', (TREE / "lib/forkpool.h").read_text()).group(1)
    assert installed.pkg_config("--modversion") == [version]
    assert installed.pkg_config("--variable=prefix") in ([PREFIX], [str(installed.prefix)])
    assert installed.pkg_config("--cflags") == [f"-I{installed.prefix}/include"]
    assert installed.pkg_config("--libs") == [f"-L{installed.prefix}/lib", "-lforkpool"]
    assert "-lev" in installed.pkg_config("--libs", "--static")
    assert "@" not in (installed.prefix / "lib/pkgconfig/forkpool.pc").read_text()


# ---- the library ----


def names(*words):
    done = run("nm", "--defined-only", "-P", *words)
    assert done.status == 0, done.err
    return {line.split()[0].partition("@")[0] for line in done.lines}


def test_exported_is_exactly_what_the_header_declares(installed):
    assert names("-D", installed.prefix / "lib/libforkpool.so.1") == declared()


def test_programs_export_it_to_the_modules_they_load(installed):
    for name in ("forkpool-template", "forkpool-worker"):
        assert declared() <= names("-D", installed.prefix / "bin" / name), name


def test_the_soname(installed):
    done = run("readelf", "-d", installed.prefix / "lib/libforkpool.so", env=environment())
    assert re.search(r"\(SONAME\) .*\[libforkpool\.so\.1\]", done.out.decode())
    assert "(TEXTREL)" not in done.out.decode() and "PATH)" not in done.out.decode()


def test_modules_need_no_library_of_ours(installed):
    """They take its functions from the program that loads them."""
    for name in ("echo", "digest", "testworker"):
        assert "libforkpool" not in run("readelf", "-d", installed.prefix / f"lib/forkpool/{name}.so").out.decode()


def test_the_header_stands_alone(installed, tmp_path):
    compile_c("#include <forkpool.h>\nint nothing;\n", tmp_path / "a.o", "-c", *installed.pkg_config("--cflags"))
    compile_c("#include <forkpool.h>\n#include <forkpool.h>\nint nothing;\n", tmp_path / "b.o", "-c",
              *installed.pkg_config("--cflags"))


# ---- programs and modules of others ----

PROGRAM = r"""
#include <ev.h>
#include <forkpool.h>
#include <stdio.h>
#include <string.h>

static int failed;

static void on_result(void *data, const struct fp_result *r)
{
	(void)data;
	if (r->outcome != FP_OK)
		failed = 1;
	printf("%s", fp_outcome_name(r->outcome));
	for (size_t i = 0; i < r->n; i++)
		printf(" %.*s", (int)r->items[i].len, (const char *)r->items[i].data);
	putchar('\n');
}

int main(int argc, char **argv)
{
	const char *const modules[] = {argv[1], NULL};
	struct fp_options options;
	char why[256];

	fp_options_init(&options);
	options.max = 1;
	options.require = modules;
	options.eval = argc > 3 ? argv[3] : NULL;
	struct fp_pool *pool = fp_pool_new(ev_default_loop(0), argv[2], &options, why);
	if (!pool) {
		puts(why);
		return 2;
	}
	for (int i = 0; i < 3; i++) {
		const struct fp_item args[] = {fp_item_str("call"), fp_item_str("again")};
		failed |= fp_pool_call(pool, args, (size_t)(1 + i % 2), NULL, on_result, NULL, NULL) != FP_NONE;
	}
	fp_pool_destroy(pool);
	ev_run(ev_default_loop(0), 0);
	printf("version %s\n", fp_version());
	return failed || strcmp(fp_version(), FP_VERSION) != 0;
}
"""
MODULE = r"""
#include <forkpool.h>

FP_API fp_function twice;

int twice(struct fp_task *task, const struct fp_item *args, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (fp_put_item(task, &args[i]) || fp_put_item(task, &args[i]))
			return 1;
	return 0;
}
"""


@pytest.fixture(scope="module")
def program(installed, tmp_path_factory):
    to = tmp_path_factory.mktemp("program") / "program"
    return compile_c(PROGRAM, to, *installed.pkg_config("--cflags", "--libs"), "-lev")


@pytest.fixture(scope="module")
def module(installed, tmp_path_factory):
    to = tmp_path_factory.mktemp("module") / "mine.so"
    return compile_c(MODULE, to, "-shared", "-fPIC", *installed.pkg_config("--cflags"))


ECHOED = ["ok call", "ok call again", "ok call"]
DOUBLED = ["ok call call", "ok call call again again", "ok call call"]


def is_right(done, expected):
    assert (done.status, done.err) == (0, b"")
    assert done.lines[:-1] == expected and done.lines[-1].startswith("version ")


def test_a_program_uses_the_installed_library(installed, program):
    done = run("ldd", program, env=installed.environment())
    assert f"libforkpool.so.1 => {installed.prefix}/lib/libforkpool.so.1" in done.out.decode()


def test_a_program_runs_a_pool(installed, program):
    """Its template is found in PATH, and finds the modules that were installed with it."""
    is_right(run(program, "echo", "echo", env=installed.environment()), ECHOED)


def test_a_program_names_its_template(installed, program):
    named = environment(LD_LIBRARY_PATH=str(installed.prefix / "lib"), PATH="/usr/bin:/bin",
                        FORKPOOL_TEMPLATE=str(installed.prefix / "bin/forkpool-template"))
    is_right(run(program, "echo", "echo", env=named), ECHOED)


def test_a_module_is_loaded_by_path_and_by_name(installed, program, module):
    is_right(run(program, str(module), "twice", env=installed.environment()), DOUBLED)
    is_right(run(program, "mine", "twice", env=installed.environment(FORKPOOL_PATH=str(module.parent))), DOUBLED)


def test_a_module_in_all_programs(installed, module):
    for words in (["forkpool-run", str(module), "twice"], ["forkpool-run", "--command", f"forkpool-worker {module} twice"]):
        done = run(*words, input=b"a\tb\n", env=installed.environment())
        assert (done.status, done.out, done.err) == (0, b"a\ta\tb\tb\n", b"")


def test_source_is_compiled_against_the_installed_header(installed, program):
    """A tree of its own below the scratch directory: the header is beside the program that compiles."""
    is_right(run(program, "echo", "twice", MODULE, env=installed.environment()), DOUBLED)


def test_a_program_may_be_linked_without_the_shared_library(installed, tmp_path):
    flags = installed.pkg_config("--cflags", "--libs", "--static")
    static = [f"{installed.prefix}/lib/libforkpool.a" if word == "-lforkpool" else word for word in flags]
    program = compile_c(PROGRAM, tmp_path / "static", *static)
    is_right(run(program, "echo", "echo", env={**installed.environment(), "LD_LIBRARY_PATH": "/nosuch"}), ECHOED)


def test_the_programs_find_each_other(installed):
    """And the modules, wherever the tree was moved to, without any environment."""
    done = run(installed.prefix / "bin/forkpool-run", "echo", "echo", input=b"a\n", env={"PATH": "/usr/bin:/bin"})
    assert (done.status, done.out, done.err) == (0, b"a\n", b"")


def test_the_manual_pages_are_in_order(installed):
    pages = [installed.root / f for f in sorted(installed.files()) if "/man/" in f]
    done = run("mandoc", "-T", "lint", "-W", "warning", *pages)
    assert (done.status, done.out) == (0, b"")
