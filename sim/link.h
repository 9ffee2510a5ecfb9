/* One connection: two pipes with bounded buffers, through which octets take time. Must not know what the octets mean, nor who
 * is at either end: the ends set the two events of each pipe. */
#ifndef FP_SIM_LINK_H
#define FP_SIM_LINK_H

#include "../lib/core/buf.h"
#include "clock.h"

#define SIM_RUNS_MAX 8u /* octets with times of their own; more arrive with the last */

enum sim_end { SIM_OPEN, SIM_SHUT_END, SIM_RESET_EOF, SIM_RESET_ERROR };

struct sim_pipe {
	struct sim_clock *clock;
	struct sim_choice *choice;
	struct sim_event arrives, has_room; /* for the reader, for the writer that was told EAGAIN */
	struct fp_buf buf;                  /* written and not read */
	uint64_t delay_ns, step_ns;
	struct {
		uint64_t end, at_ns; /* the stream up to `end` is there at at_ns; both ascend */
	} runs[SIM_RUNS_MAX];
	unsigned runs_n;
	uint64_t written, read; /* octets ever */
	uint64_t end_at_ns;     /* when the reader sees how it ended */
	enum sim_end end;       /* the writer's side */
	bool is_deaf;           /* the reader's side is closed */
	bool is_writer_waiting;
};

struct sim_link {
	struct sim_pipe to_worker, to_pool;
};

void sim_pipe_init(struct sim_pipe *p, struct sim_clock *clock, struct sim_choice *choice, const struct fp_alloc *memory,
                   size_t bytes_max, uint64_t delay_ns, uint64_t step_ns);
void sim_pipe_fini(struct sim_pipe *p);

enum sim_io { SIM_DONE, SIM_EAGAIN, SIM_EPIPE, SIM_EOF, SIM_ECONNRESET };

/* SIM_DONE: *n octets were taken, at least one. SIM_EAGAIN: has_room will happen. */
enum sim_io sim_pipe_write(struct sim_pipe *p, struct fp_span octets, size_t *n);
/* What a read would find. SIM_DONE: octets, to be taken at once. SIM_EAGAIN: arrives will happen if there is more to come. So
 * a reader needs room only where there is something to put there. */
enum sim_io sim_pipe_look(struct sim_pipe *p);
size_t sim_pipe_take(struct sim_pipe *p, struct fp_space space); /* octets that are now in space: at least one */
/* No more is written. A reset loses what was not read. */
void sim_pipe_shut(struct sim_pipe *p, enum sim_end end);
void sim_pipe_deafen(struct sim_pipe *p); /* the reader closed */
void sim_pipe_wake(struct sim_pipe *p);   /* arrives happens if there is something to read already */

#endif
