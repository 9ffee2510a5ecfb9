/* How workers are started and ended: pauses, signals, what is told of it. See oracle.h. */
#include "oracle_inside.h"

#include <signal.h> /* numbers only */

void sim_oracle_lose(struct sim_oracle *o)
{
	o->losses++;
	o->lost_ns = *o->now_ns;
}

/* ---- starts ---- */

void sim_oracle_started(struct sim_oracle *o, struct sim_witness *w)
{
	(void)o;
	w->is_started = true;
	w->killed = 0; /* what was sent before found no process */
}

void sim_oracle_start_failed(struct sim_oracle *o, struct sim_witness *w)
{
	w->has_failed = true;
	o->failed_starts++;
	o->in_row++;
	o->failed_ns = *o->now_ns;
	o->had_reason = true;
	sim_oracle_lose(o);
}

/* A second failure in a row brings a pause, each further one doubles it. */
void sim_oracle_pause(struct sim_oracle *o)
{
	uint64_t pause_ns = o->in_row < 2 ? 0 : FP_START_PAUSE_MIN_NS;
	for (uint64_t i = 2; i < o->in_row && pause_ns < FP_START_PAUSE_MAX_NS; i++)
		pause_ns *= 2;
	pause_ns = pause_ns < FP_START_PAUSE_MAX_NS ? pause_ns : FP_START_PAUSE_MAX_NS;
	o->pause_until_ns = pause_ns ? o->failed_ns + pause_ns : 0;
}

/* ---- ends ---- */

/* Who was asked to end and has nothing left to do is terminated after grace; who was terminated is killed after grace. */
void sim_oracle_check_kill(struct sim_oracle *o, struct sim_witness *w, int signal)
{
	uint64_t grace_ns = o->scenario->pool.grace_ns, from_ns = w->ended_ns > w->read_ns ? w->ended_ns : w->read_ns;
	EXPECT(signal != SIGTERM || !w->killed, SIM_ENDED_WELL, "worker %llu is terminated again", N(w->number));
	EXPECT(signal != SIGTERM || !w->is_half_closed || w->is_late || w->requests != w->answers || *o->now_ns <= from_ns + grace_ns,
	       SIM_ENDED_WELL, "worker %llu was asked to end and is terminated too late", N(w->number));
	if (signal == SIGKILL && grace_ns)
		EXPECT(w->is_terminated && *o->now_ns >= w->killed_ns + grace_ns, SIM_ENDED_WELL, "worker %llu is killed too soon",
		       N(w->number));
	w->killed = signal;
	if (!w->is_terminated)
		w->killed_ns = *o->now_ns;
	w->is_terminated = true;
}

void sim_oracle_check_gone(struct sim_oracle *o, const struct sim_witness *w)
{
	EXPECT(!w->has_failed || w->has_failure_told, SIM_FAILURE_TOLD, "worker %llu did not start, and that is not told",
	       N(w->number));
}

/* A worker ends after calls_max calls. */
void sim_oracle_check_spent(struct sim_oracle *o, const struct sim_witness *w)
{
	uint64_t calls_max = o->scenario->pool.calls_max;
	EXPECT(!calls_max || w->is_void || w->was_faulty || w->requests <= calls_max, SIM_AT_MOST_LOAD,
	       "worker %llu has more calls than calls_max", N(w->number));
	EXPECT(!calls_max || w->is_void || w->was_faulty || w->is_ending || w->answers < calls_max ||
	               sim_oracle_has_unread(w),
	       SIM_MAY_STOP, "worker %llu had its last call and does not end", N(w->number));
}

void sim_oracle_counted(struct sim_oracle *o, const struct fp_stats *s)
{
	for (int i = 0; i < FP_OUTCOMES; i++)
		EXPECT(s->outcomes[i] == o->told[i], SIM_STATS, "%llu calls are counted as outcome %d, which %llu had",
		       N(s->outcomes[i]), i, N(o->told[i]));
	EXPECT(s->calls == o->n_jobs, SIM_STATS, "%llu calls are counted of %llu", N(s->calls), N(o->n_jobs));
}
