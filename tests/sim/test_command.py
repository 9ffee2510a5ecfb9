"""The command line: clean runs, wrong scenarios, wrong words."""
import json
import re
import subprocess
import xml.etree.ElementTree

import pytest

import sim


@pytest.mark.parametrize("path", sorted(sim.SCENARIOS.glob("*.json")), ids=lambda p: p.stem)
def test_every_scenario_keeps_every_promise(program, path, tmp_path):
    svg, perfetto = tmp_path / "a.svg", tmp_path / "a.json"
    status, out, err = sim.run(program, "run", path, "--svg", svg, "--perfetto", perfetto)
    assert status == 0 and not err, out + err
    assert xml.etree.ElementTree.parse(svg).find(".//{*}rect") is not None
    assert any(e["ph"] == "X" for e in json.loads(perfetto.read_text())["traceEvents"])


def test_scenarios_that_came_with_it_have_names(program):
    told = sim.run(program, "--help")[1].split("or one of:")[1].split("run SCENARIO")[0].split()
    assert sorted(told) == sorted(path.stem for path in sim.SCENARIOS.glob("*.json"))
    by_name, by_path = (sim.run(program, "run", word) for word in ("crash", sim.SCENARIOS / "crash.json"))
    assert by_name == by_path and by_name[0] == 0


def test_a_name_of_none(program):
    status, out, err = sim.run(program, "run", "crush")
    assert (status, out) == (2, "") and err.startswith("forkpool-sim: crush: No such file or directory, nor a scenario of that name; ")


def test_the_picture_in_the_readme_is_what_it_draws(program, tmp_path):
    sim.run(program, "run", "crash", "--svg", tmp_path / "crash.svg")
    assert (tmp_path / "crash.svg").read_text() == (sim.SCENARIOS / "crash.svg").read_text()


def test_a_log_has_a_line_for_each_record(program):
    out = sim.run(program, "run", sim.SCENARIOS / "session.json", "--log")[1]
    records = int(re.search(r"over (\d+) records", out).group(1))
    assert len(re.findall(r"^\d+\.\d{9} ", out, re.M)) == records


def test_explore_tries_every_octet_and_every_cut(program):
    status, out, _ = sim.run(program, "explore", sim.SCENARIOS / "session.json")
    counts = {k: int(n) for k, n in re.findall(r"^  (\S+) +(\d+)$", out, re.M)}
    assert status == 0, out
    log = sim.run(program, "run", sim.SCENARIOS / "session.json", "--seed", 0, "--log")[1]
    for kind, verb in (("crash-in", "process reads"), ("crash-out", "process writes")):
        octets = sum(map(int, re.findall(rf"{verb} octets (\d+)", log)))
        assert counts[kind] >= octets > 0
    for kind, verb in (("read", "reads"), ("write", "writes")):
        assert counts[kind] == sum(int(n) - 1 for n in re.findall(rf"{verb} octets (\d+)", log))


def test_a_swarm_is_clean(program):
    status, out, err = sim.run(program, "swarm", "--seeds", 2000, "--jobs", 2)
    assert status == 0 and "2000 runs" in out, out + err


def test_sweep_writes_a_line_for_each_combination(program):
    status, out, _ = sim.run(program, "sweep", sim.SCENARIOS / "steady.json", "--vary", "load=1..2", "--vary", "max=3..5")
    lines = out.splitlines()
    assert status == 0 and lines[0].startswith("load,max,calls,") and len(lines) == 7
    assert [tuple(l.split(",")[:2]) for l in lines[1:]] == [(a, b) for a in "12" for b in "345"]


@pytest.mark.parametrize("varies, lines", [(["load=1..4"], 2), (["load=1..2", "max=3..5"], 4)])
def test_sweep_draws_a_line_for_each_value(program, tmp_path, varies, lines):
    svg = tmp_path / "a.svg"
    words = [w for v in varies for w in ("--vary", v)]
    status, out, err = sim.run(program, "sweep", sim.SCENARIOS / "steady.json", *words, "--plot", svg)
    titles = [t.text for t in xml.etree.ElementTree.parse(svg).iterfind(".//{*}title")]
    assert status == 0 and not err
    assert len([t for t in titles if t.startswith(("mean", "p99"))]) == lines


@pytest.mark.parametrize("words", [["sweep", "pool.max=1", "--vary", "load=1..2", "--plot"], ["theory", "--replications", "20",
                                                                                        "--calls", "100", "--svg"]])
def test_a_plot_without_gnuplot_says_what_to_install(program, tmp_path, words):
    status, out, err = sim.run(program, *words, tmp_path / "a.svg", env={"PATH": str(tmp_path)})
    assert status == 2 and not out and "install Debian's package gnuplot-nox" in err and err.count("\n") == 1


WRONG = {
    '{"pool": {"mix": 1}}': r':1:11: there is no "mix" in "pool"',
    '{"pool": {"max": 0}}': r":1:11: pool.max is a whole number from 1 to",
    '{"pool": {"max": 1.5}}': r":1:11: pool.max is a whole number",
    '{\n "pool": {"async": 1}}': r":2:11: pool.async is true or false",
    '{"arrivals": {"kind": "often"}}': r':1:15: arrivals.kind is "poisson", "every", "bursts" or "list"',
    '{"faults": {"hang": 2}}': r":1:13: faults.hang is a share from 0 to 1",
    '{"pool": 1}': r":1:2: an object",
    '{"pol": {}}': r':1:2: "pol" is none of title',
    '{"pool": {"min": 3, "max": 2}}': r":1:2: pool.min and pool.min_idle are at most pool.max",
    '{"service": {"kind": "list", "list": [1, "x"]}}': r":1:30: an array of times in seconds",
    '{"pool": {"max": 1, "max": 2}}': r":1:\d+: duplicate",
    '{"pool": ': r":1:\d+: ",
    '[]': r":1:1: a scenario is an object",
}


@pytest.mark.parametrize("text", WRONG)
def test_a_wrong_scenario_names_its_place(program, tmp_path, text):
    path = tmp_path / "wrong.json"
    path.write_text(text)
    status, out, err = sim.run(program, "run", path)
    assert status == 2 and not out
    assert re.search(re.escape(str(path)) + WRONG[text], err), err
    assert err.count("\n") == 1


@pytest.mark.parametrize("words", [[], ["walk"], ["run"], ["run", "/nowhere"], ["run", "--sed", "1"], ["run", "crash", "steady"], ["run", "crash", "load"],
                                   ["run", "crash", "delay=1"], ["replay", "pool.max"],
                                   ["replay", "pool.max=x"], ["replay", "crash-in.x=1"], ["swarm", "--jobs", "0"],
                                   ["sweep", "pool.max=1", "--vary", "load=3..1"], ["explore"], ["sweep", "pool.max=1"],
                                   ["sweep", "--plot", "a", "--vary", "load=1..2", "--vary", "max=1..2", "--vary", "jobs=1..2"],
                                   ["run", "pool.max=1", "--transcript", "x"], ["run", "pool.max=1", "--transcript", "9"]])
def test_wrong_words_are_refused(program, words):
    status, out, err = sim.run(program, *words)
    assert status == 2 and err.startswith("forkpool-sim: ") and err.count("\n") == 1 and not out


@pytest.mark.parametrize("words", [["--help"], ["-h"], ["help"], ["run", "--help"], ["swarm", "--seeds", 3, "--help"]])
def test_help_shows_commands_and_examples(program, words):
    status, out, err = sim.run(program, *words)
    assert status == 0 and not err and "Examples:\n  forkpool-sim run " in out and "Exit status: 0 " in out


def test_output_that_is_lost_is_an_error(program):
    with open("/dev/full", "w") as full:
        done = subprocess.run([program, "fields"], stdout=full, stderr=subprocess.PIPE, text=True, timeout=sim.LIMIT_S)
    assert done.returncode == 2 and done.stderr == "forkpool-sim: standard output: No space left on device\n"


def test_the_schema_names_what_the_program_knows(program):
    schema = json.loads((sim.ROOT / "sim" / "scenario.schema.json").read_text())["properties"]
    told = set(re.findall(r"^(\w+)\.([\w-]+) is", sim.run(program, "fields")[1], re.M))
    written = {(s, name) for s, part in schema.items() for name in part.get("properties", ())}
    assert written == told | {("arrivals", "list"), ("service", "list")}
