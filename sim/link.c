/* Pipes whose octets take time. See link.h. */
#include "link.h"

#define DELAYS 8u /* steps */

void sim_pipe_init(struct sim_pipe *p, struct sim_clock *clock, struct sim_choice *choice, const struct fp_alloc *memory,
                   size_t bytes_max, uint64_t delay_ns, uint64_t step_ns)
{
	*p = (struct sim_pipe){.clock = clock, .choice = choice, .delay_ns = delay_ns, .step_ns = step_ns};
	fp_buf_init(&p->buf, memory, bytes_max);
}

void sim_pipe_fini(struct sim_pipe *p)
{
	sim_clock_cancel(p->clock, &p->arrives);
	sim_clock_cancel(p->clock, &p->has_room);
	fp_buf_fini(&p->buf);
}

/* ---- when ---- */

static uint64_t arrival_ns(struct sim_pipe *p)
{
	uint64_t at = p->clock->now_ns + p->delay_ns + sim_choose(p->choice, SIM_DELAY, DELAYS) * p->step_ns;
	uint64_t last = p->runs_n ? p->runs[p->runs_n - 1].at_ns : 0;
	return at > last ? at : last; /* a stream keeps its order */
}

static void add_run(struct sim_pipe *p, uint64_t at_ns)
{
	bool is_same = p->runs_n && (p->runs_n == SIM_RUNS_MAX || p->runs[p->runs_n - 1].at_ns == at_ns);
	unsigned i = is_same ? p->runs_n - 1 : p->runs_n++;
	p->runs[i].end = p->written;
	p->runs[i].at_ns = at_ns;
}

static void forget_run(struct sim_pipe *p)
{
	p->runs_n--;
	memmove(p->runs, p->runs + 1, p->runs_n * sizeof p->runs[0]);
}

/* Octets that are there by now. */
static size_t arrived(const struct sim_pipe *p)
{
	uint64_t end = p->read;
	for (unsigned i = 0; i < p->runs_n && p->runs[i].at_ns <= p->clock->now_ns; i++)
		end = p->runs[i].end;
	return (size_t)(end - p->read);
}

static uint64_t next_arrival_ns(const struct sim_pipe *p)
{
	if (p->runs_n)
		return p->runs[0].at_ns;
	return p->end != SIM_OPEN ? p->end_at_ns : FP_NEVER;
}

static void wake_reader(struct sim_pipe *p)
{
	uint64_t at = next_arrival_ns(p), now = p->clock->now_ns;
	if (!p->is_deaf && at != FP_NEVER)
		sim_clock_set_sooner(p->clock, &p->arrives, at > now ? at : now);
}

void sim_pipe_wake(struct sim_pipe *p)
{
	wake_reader(p);
}

static void wake_writer(struct sim_pipe *p)
{
	if (!p->is_writer_waiting)
		return;
	p->is_writer_waiting = false;
	sim_clock_set_sooner(p->clock, &p->has_room, p->clock->now_ns);
}

/* ---- octets ---- */

/* So many of n octets are taken: all, or fewer where that is chosen. */
static size_t some(struct sim_pipe *p, enum sim_kind kind, size_t n)
{
	size_t few = (size_t)sim_choose(p->choice, kind, n);
	return few ? few : n;
}

enum sim_io sim_pipe_write(struct sim_pipe *p, struct fp_span octets, size_t *n)
{
	if (p->is_deaf || p->end != SIM_OPEN)
		return SIM_EPIPE;
	size_t room = p->buf.bytes_max - fp_buf_len(&p->buf);
	bool is_refused = room && sim_choose(p->choice, SIM_AGAIN, 2);
	if (!room || is_refused) {
		p->is_writer_waiting = true;
		if (is_refused)
			wake_writer(p);
		return SIM_EAGAIN;
	}
	*n = some(p, SIM_WRITE, octets.len < room ? octets.len : room);
	enum fp_reason r = fp_buf_put(&p->buf, octets.data, *n);
	FP_ASSERT(r == FP_NONE);
	p->written += *n;
	add_run(p, arrival_ns(p));
	wake_reader(p);
	return SIM_DONE;
}

static enum sim_io read_end(struct sim_pipe *p)
{
	if (p->end == SIM_OPEN || p->end_at_ns > p->clock->now_ns) {
		wake_reader(p);
		return SIM_EAGAIN;
	}
	return p->end == SIM_RESET_ERROR ? SIM_ECONNRESET : SIM_EOF;
}

enum sim_io sim_pipe_look(struct sim_pipe *p)
{
	size_t here = arrived(p);
	if (!here && !p->runs_n)
		return read_end(p);
	if (here && !sim_choose(p->choice, SIM_AGAIN, 2))
		return SIM_DONE;
	wake_reader(p);
	return SIM_EAGAIN;
}

size_t sim_pipe_take(struct sim_pipe *p, struct fp_space space)
{
	size_t here = arrived(p), n = some(p, SIM_READ, here < space.len ? here : space.len);
	memcpy(space.data, fp_buf_front(&p->buf).data, n);
	fp_buf_drop(&p->buf, n);
	p->read += n;
	while (p->runs_n && p->runs[0].end <= p->read)
		forget_run(p);
	wake_writer(p);
	return n;
}

void sim_pipe_shut(struct sim_pipe *p, enum sim_end end)
{
	if (p->end != SIM_OPEN)
		return;
	p->end_at_ns = arrival_ns(p);
	p->end = end;
	if (end != SIM_SHUT_END) {
		fp_buf_cut(&p->buf, 0);
		p->runs_n = 0;
	}
	wake_reader(p);
}

void sim_pipe_deafen(struct sim_pipe *p)
{
	p->is_deaf = true;
	sim_clock_cancel(p->clock, &p->arrives);
	fp_buf_cut(&p->buf, 0);
	p->runs_n = 0;
	wake_writer(p);
}
