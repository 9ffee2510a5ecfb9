"""What each scenario teaches is what happens: its lesson is shown, and the numbers that it points at come out."""
import json
import re

import pytest

import sim

TEXTS = {path.stem: json.loads(path.read_text()) for path in sim.SCENARIOS.glob("*.json")}


@pytest.fixture(scope="module")
def see(program):
    """Runs a scenario with changes, and gives the numbers of its summary; times in ms."""
    def run(name, *words):
        status, out, err = sim.run(program, "run", sim.SCENARIOS / f"{name}.json", *words)
        assert status == 0 and not err, out + err
        return numbers(out)
    return run


def numbers(out):
    latency = re.search(r"^latency +mean ([\d.]+)  p50 ([\d.]+)  p90 ([\d.]+)  p99 ([\d.]+)  max ([\d.]+) ms", out, re.M)
    calls = re.search(r"^calls +(\d+), (\d+) refused; ([\d.]+) s", out, re.M)
    found = dict(zip(("mean", "p50", "p90", "p99", "max"), map(float, latency.groups())))
    found |= {"calls": int(calls[1]), "refused": int(calls[2]), "end_s": float(calls[3])}
    found["outcomes"] = {k: int(n) for k, n in re.findall(r" ([a-z]+) (\d+)", re.search(r"^outcomes(.*)", out, re.M)[1])}
    found["used"] = float(re.search(r"^utilisation +([\d.]+) %", out, re.M)[1])
    found["starts"] = int(re.search(r"^processes +(\d+) started", out, re.M)[1])
    return found


@pytest.mark.parametrize("name", TEXTS)
def test_run_shows_the_lesson(program, name):
    out = sim.run(program, "run", sim.SCENARIOS / f"{name}.json")[1]
    shown, text = " ".join(out.split()), TEXTS[name]
    assert shown.startswith(f"{text['title']} {text['lesson']} calls ")
    assert len(text["lesson"]) > 200 and max(map(len, out.splitlines())) <= 100


def test_the_list_of_scenarios_is_whole():
    listed = re.findall(r"^\| \[([a-z-]+)\]\((\S+)\) \|", (sim.SCENARIOS / "README.md").read_text(), re.M)
    assert sorted(listed) == sorted((name, f"{name}.json") for name in TEXTS)


def test_steady_starts_more_than_four_when_chance_wants_it(see):
    run = see("steady")
    assert run["outcomes"] == {"ok": 1000} and 4 < run["starts"] <= 8
    assert see("steady", "max=4")["mean"] > run["mean"]


def test_load_two_hides_the_way(see):
    one, two, three = (see("load-two", f"load={n}") for n in (1, 2, 3))
    assert one["used"] == 50.0 and two["used"] > 99
    assert one["end_s"] > 1.99 * two["end_s"] and two["end_s"] == three["end_s"]


def test_erlang_holds_at_load_one_only(see):
    one, two = (see("erlang", f"load={n}")["mean"] for n in (1, 2))
    assert abs(one - 52.37) < 4
    assert 1.05 * one < two < 1.2 * one


def test_busy_time_saves_starts_where_work_is_short(see):
    eager, patient = (see("busy-time", f"busy_time={t}") for t in ("0", "50ms"))
    assert patient["starts"] == 1 and eager["starts"] > 250
    assert eager["p99"] < patient["p99"] < eager["p99"] + 10


def test_busy_time_makes_late_where_work_is_long(see):
    eager, patient = (see("busy-time", "service.mean=0.1", f"busy_time={t}") for t in ("0", "50ms"))
    assert patient["starts"] > 0.9 * eager["starts"] and patient["p99"] > eager["p99"] + 90


def test_an_idle_limit_trades_lives_for_starts(see):
    short, long = (see("idle-time", f"idle_time={t}") for t in ("0.2", "10"))
    assert short["starts"] == 200 and long["starts"] == 4
    assert short["used"] > 3 * long["used"] and short["mean"] > long["mean"] + 9


def test_one_slow_job_holds_up_those_behind_it(see):
    eight, one, apart = see("slow-job"), see("slow-job", "load=1"), see("slow-job", "async=true")
    assert eight["p99"] >= 400 and one["p99"] < 40 and apart["p99"] < 40
    assert abs(eight["p50"] - one["p50"]) < 2


def test_a_crash_costs_the_call_that_ran(see):
    once, again = see("crash"), see("crash", "retries=1")
    died = once["outcomes"]["crashed"]
    assert died > 5 and once["outcomes"] == {"ok": 200 - died, "crashed": died}
    assert died <= once["starts"] <= died + 2
    assert again["outcomes"].get("crashed", 0) < died / 4


def test_a_retired_worker_costs_no_call(see):
    run, each = see("retire"), see("retire", "calls_max=1")
    assert run["outcomes"] == each["outcomes"] == {"ok": 1000}
    assert 1000 // 50 <= run["starts"] <= 1000 // 50 + 2 and 1000 <= each["starts"] <= 1002
    assert run["max"] < 12 + 20 + 1 and each["mean"] > 1000


def test_an_overload_without_a_limit_grows(see):
    run, longer = see("overload"), see("overload", "jobs=2500")
    assert run["outcomes"] == {"ok": 1250} and run["refused"] == 0
    assert run["max"] > 2000 and longer["max"] > 1.7 * run["max"]


def test_an_overload_with_a_limit_refuses_what_is_too_much(see):
    run, longer = see("queue-max"), see("queue-max", "jobs=2500")
    for r, jobs in ((run, 1250), (longer, 2500)):
        assert 0.15 < r["refused"] / jobs < 0.25 and r["outcomes"]["ok"] + r["refused"] == jobs
        assert r["max"] <= 140.1


def test_async_workers_wait_at_the_same_time(see):
    both, one = see("async"), see("async", "async=false")
    assert both["used"] > 400 and both["mean"] < 60
    assert one["end_s"] > 4 * both["end_s"] and one["mean"] > 100 * both["mean"]


def test_a_session_is_whole(see):
    assert see("session")["outcomes"] == {"ok": 3}
