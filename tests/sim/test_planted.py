"""Faults planted in a copy of the core are found by the oracle, and what shrinking leaves is needed."""
import pytest

import sim

SEEDS = 20000

# file, what stands there, what is put there, promises one of which must be named
BUGS = {
    "a job too many": ("sched.c", "top->key >= s->config.load", "top->key > s->config.load", {"at-most-load"}),
    "a worker too many": ("sched.c", "fp_sched_workers(s) < s->config.max)\n\t\ts->start_at_ns", "fp_sched_workers(s) <= s->config.max)\n\t\ts->start_at_ns",
                          {"at-most-max"}),
    "the last job first": ("engine_job.c", "\telse\n\t\tfp_list_push(&e->waiting, &j->link);",
                           "\telse\n\t\tfp_list_push_front(&e->waiting, &j->link);", {"in-order"}),
    "a lost timeout": ("engine_job.c", "limit_ns ? fp_after(from_ns, limit_ns) : FP_NEVER",
                       "limit_ns > 40000000 ? fp_after(from_ns, limit_ns) : FP_NEVER", {"on-time", "ends-all"}),
    "a leak": ("engine_worker.c", "\tfp_parent_fini(&w->parent);\n\tfp_alloc_put(e->alloc, w, sizeof *w);\n\te->n_workers--;",
               "\tfp_alloc_put(e->alloc, w, sizeof *w);\n\te->n_workers--;", {"memory"}),
    "a pause that does not grow": ("sched.c", "\tfor (uint32_t i = 2; i < s->failures && pause < FP_START_PAUSE_MAX_NS; i++)\n\t\tpause *= 2;\n", "",
                                   {"may-start"}),
    "given back in reverse": ("engine_worker.c", "(k = fp_list_last(&again))", "(k = fp_list_first(&again))", {"in-order"}),
    "the newest call answered": ("parent.c", "call = call_of(fp_list_first(&p->calls));", "call = call_of(fp_list_last(&p->calls));",
                                 {"right-result", "assertion", "in-order", "delivered", "right-outcome"}),
}


def plant(tree, name):
    """A copy of the sources with one fault."""
    file, old, new, _ = BUGS[name]
    path = sim.copy_tree(tree) / "lib" / "core" / file
    text = path.read_text()
    assert text.count(old) == 1, f"{file} has changed: write this fault anew"
    path.write_text(text.replace(old, new))
    return sim.build(tree)


@pytest.mark.parametrize("name", BUGS)
def test_a_planted_fault_is_found_and_made_small(tmp_path, name):
    program = plant(tmp_path, name)
    status, out, err = sim.run(program, "swarm", "--seeds", SEEDS)
    assert status == 1, f"not found in {SEEDS} seeds: {out}{err}"
    assert sim.broken(out) in BUGS[name][3], out
    words = sim.replay_words(out)
    assert all(n <= most for n, most in zip(sim.size(words), (3, 2, 3))), f"not small: {words}"
    if sim.broken(out) != "assertion":
        assert sim.broken(sim.run(program, "replay", words)[1]) == sim.broken(out)
    for fewer in sim.without_each(words):
        status, again, _ = sim.run(program, "replay", *fewer)
        assert status >= 0 and sim.broken(again) != sim.broken(out), f"not 1-minimal: {' '.join(fewer)}"
