"""The pool against closed forms, small, and three planted errors that the comparison alone must see."""
import re
import xml.dom.minidom

import pytest

import sim

SMALL = ["--replications", 20, "--calls", 5000, "--jobs", 2]  # forkpool-sim theory, as it is, makes 40 of 100,000 calls
SMALLER = ["--replications", 20, "--calls", 2000, "--jobs", 2]

# file, what stands there, what is put there, and which queue's row must fail by which column
ERRORS = {
    "a wrong distribution": ("sim/numbers.c", "return (uint64_t)(-mean * sim_log(1 - share(draw)));",
                             "return (uint64_t)(2 * mean * share(draw));", "M/M/1", "wait"),
    "a wrong tie-break": ("lib/core/engine_job.c", "\telse\n\t\tfp_list_push(&e->waiting, &j->link);",
                          "\telse\n\t\tfp_list_push_front(&e->waiting, &j->link);", "M/M/1", "longer"),
    "a dropped wait": ("lib/core/engine.c", ".queued_ns = j->given_at_ns - j->queued_at_ns,",
                       ".queued_ns = j->given_at_ns - j->queued_at_ns < 1000000 ? 0 : j->given_at_ns - j->queued_at_ns,",
                       "M/M/1", "little"),
}


def rows(out):
    """The table: (queue, utilisation) to its two z-scores and whether Little's law holds."""
    line = r"^(M/\S+) +([\d.]+) .*? ([+-][\d.naif]+) .* ([+-][\d.naif]+) +(holds|BROKEN)"
    return {(q, u): {"wait": abs(float(z)), "longer": abs(float(y)), "little": 0 if law == "holds" else 9}
            for q, u, z, y, law in re.findall(line, out, re.M)}


def replace(path, old, new):
    text = path.read_text()
    assert text.count(old) == 1, f"{path.name} has changed: write this error anew"
    path.write_text(text.replace(old, new))


def test_the_pool_is_as_theory_has_it(program, tmp_path):
    svg = tmp_path / "it's a plot.svg"
    status, out, err = sim.run(program, "theory", *SMALL, "--svg", svg)
    table = rows(out)
    assert status == 0 and not err, out + err
    assert len(table) == 15 and all(max(row.values()) < 3.5 for row in table.values())
    assert {u for _, u in table} == {"0.50", "0.80", "0.95"}
    assert xml.dom.minidom.parse(str(svg)).getElementsByTagName("path")


@pytest.mark.parametrize("name", ERRORS)
def test_a_planted_error_is_caught(tmp_path, name):
    """The oracle is made deaf, so that it is theory that tells."""
    file, old, new, queue, column = ERRORS[name]
    tree = sim.copy_tree(tmp_path)
    replace(tree / file, old, new)
    replace(tree / "sim" / "oracle.c", "\tif (o->broken)\n\t\treturn;\n\to->broken = promise;", "\to->broken = SIM_KEPT * promise;")
    status, out, err = sim.run(sim.build(tree), "theory", *SMALLER, "--queue", queue)
    table = rows(out)
    assert status == 1 and not err and "broken:" not in out, out + err
    assert any(row[column] >= 3.5 for (q, _), row in table.items() if q == queue), out


def test_theory_is_the_same_over_any_number_of_processes(program):
    few = ["--replications", 5, "--calls", 500]
    one, three = (sim.run(program, "theory", *few, "--jobs", n) for n in (1, 3))
    assert one == three


@pytest.mark.parametrize("words", [["--calls", "0"], ["--replications", "2"], ["--jobs", "x"], ["--svg"],
                                   ["--queue", "M/M/2"], ["--queue"], ["steady.json"]])
def test_wrong_words_are_refused(program, words):
    status, out, err = sim.run(program, "theory", *words)
    assert status == 2 and not out and err.count("\n") == 1
