"""Plays tests that only wait for processes beside each other, and counts the recordings that agree.

A test marked `beside` runs in a thread from the end of the collection on; its turn in pytest's own order takes the result. A
recording agrees when all tests that play it pass."""

import concurrent.futures
import os
import pathlib
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
    if session.config.option.collectonly:
        return
    items = [i for i in session.items if HERE in i.path.parents]
    if items:
        programs.build()
    session.vectors_pool = pool = concurrent.futures.ThreadPoolExecutor(THREADS)
    for item in items:
        parameters = item.callspec.params if hasattr(item, "callspec") else {}
        if "vector" in parameters:
            item.user_properties.append(("recording", parameters["vector"]["name"]))
        if item.get_closest_marker("beside"):
            item.under_way = pool.submit(item.obj, **parameters)


def pytest_pyfunc_call(pyfuncitem):
    under_way = getattr(pyfuncitem, "under_way", None)
    if under_way is None:
        return None
    under_way.result()
    return True


def pytest_sessionfinish(session):
    if hasattr(session, "vectors_pool"):
        session.vectors_pool.shutdown(cancel_futures=True)


def pytest_runtest_logreport(report):
    for key, name in report.user_properties:
        if key == "recording" and (report.when == "call" or not report.passed):
            played[name] = played.get(name, True) and report.passed


@pytest.hookimpl(trylast=True)
def pytest_terminal_summary(terminalreporter):
    if played:
        agree = sum(played.values())
        terminalreporter.write_line(f"played {len(played)} recordings of the original on processes: {agree} agree")
