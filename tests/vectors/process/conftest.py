"""Plays tests that only wait for processes beside each other, and counts the recordings that agree.

A test marked `beside` runs in a thread once the first of them has its turn; its own turn in pytest's order takes the result. A
recording agrees when all tests that play it pass."""

import concurrent.futures
import os
import pathlib
import subprocess
import sys

import pytest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))

import programs  # noqa: E402: it is found by the line above

THREADS = 3 * (os.cpu_count() or 1)  # most of them wait
HERE = pathlib.Path(__file__).resolve().parent
played = {}  # recording: it agrees


def pytest_configure(config):
    config.addinivalue_line("markers", "beside: takes nothing but parameters and waits for its own processes only")


def pytest_collection_finish(session):
    for item in session.items:
        if HERE in item.path.parents and "vector" in parameters_of(item):
            item.user_properties.append(("recording", parameters_of(item)["vector"]["name"]))


def parameters_of(item):
    return item.callspec.params if hasattr(item, "callspec") else {}


def start_all(session):
    """All that may run beside each other. Not before the first has its turn: until then other tests want the processors."""
    try:
        programs.build()
    except (FileNotFoundError, subprocess.CalledProcessError) as e:
        pytest.exit(str(e), returncode=1)
    session.beside = concurrent.futures.ThreadPoolExecutor(THREADS)
    for item in session.items:
        if item.get_closest_marker("beside"):
            item.under_way = session.beside.submit(item.obj, **parameters_of(item))


def pytest_pyfunc_call(pyfuncitem):
    if not pyfuncitem.get_closest_marker("beside"):
        return None
    if not hasattr(pyfuncitem.session, "beside"):
        start_all(pyfuncitem.session)
    pyfuncitem.under_way.result()
    return True


def pytest_sessionfinish(session):
    if hasattr(session, "beside"):
        session.beside.shutdown(cancel_futures=True)


def pytest_runtest_logreport(report):
    for key, name in report.user_properties:
        if key == "recording" and (report.when == "call" or not report.passed):
            played[name] = played.get(name, True) and report.passed


@pytest.hookimpl(trylast=True)
def pytest_terminal_summary(terminalreporter):
    if played:
        agree = sum(played.values())
        terminalreporter.write_line(f"played {len(played)} recordings of the original on processes: {agree} agree")
