"""What all tests of the programs stand on: they are built, no test hangs, and none leaves a process behind."""
import itertools
import pathlib
import sys

import pytest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))

import processes  # noqa: E402: it is found by the line above

TEST_S = 50  # a test that takes longer hangs


def pytest_sessionstart():
    missing = [p for p in (processes.RUN, processes.WORKER, processes.TEMPLATE) if not p.exists()]
    if missing:
        pytest.exit(f"not built: run `make` first, or set FORKPOOL_BUILD: {missing[0]} is missing", 2)
    processes.take_default_signals()
    processes.adopt_orphans()


@pytest.fixture(autouse=True)
def no_process_is_left():
    with processes.at_most(TEST_S):
        yield
    left = processes.left_behind()
    assert not left, f"still running {processes.LEFT_S} s later: {left}"


@pytest.fixture(scope="session")
def gate(tmp_path_factory):
    """The path of the module that waits."""
    to = tmp_path_factory.mktemp("modules") / "gate.so"
    return str(processes.compile_c(processes.HERE / "gate.c", to, "-shared", "-fPIC", f"-I{processes.TREE / 'lib'}"))


@pytest.fixture
def new_gate(tmp_path):
    """Makes fifos to wait at."""
    numbers = itertools.count()
    return lambda: processes.Gate(tmp_path / f"gate{next(numbers)}")
