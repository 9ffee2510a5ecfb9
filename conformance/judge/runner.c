/* Plays cases in processes of their own. See runner.h. */
#include "runner.h"

#include "parcel.h"
#include "process.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#define READ_BYTES ((size_t)64 << 10)

/* A process that plays. */
struct slot {
	pid_t pid;
	int fd;               /* its verdict comes here */
	struct fp_bytes came;
	size_t place;         /* in the order of play */
};

struct run {
	const struct fp_runner *r;
	struct fp_verdict *verdicts;
	size_t *order, n_order; /* numbers of verdicts */
	size_t next;            /* place that is played next */
	unsigned late;
	struct slot slots[FP_JOBS_MAX];
	unsigned n_slots;
};

/* ---- to end ---- */

static void end_all(int number)
{
	fp_process_sweep();
	_exit(128 + number);
}

void fp_runner_guard(void)
{
	struct sigaction ending = {.sa_handler = end_all};
	sigfillset(&ending.sa_mask);
	sigaction(SIGINT, &ending, NULL);
	sigaction(SIGTERM, &ending, NULL);
	sigaction(SIGHUP, &ending, NULL);
	signal(SIGPIPE, SIG_IGN);
	fp_process_adopt();
}

/* ---- the order ---- */

static uint64_t random_next(uint64_t *state)
{
	uint64_t z = *state += 0x9e3779b97f4a7c15u;
	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9u;
	z = (z ^ z >> 27) * 0x94d049bb133111ebu;
	return z ^ z >> 31;
}

static void shuffle(size_t *order, size_t n, uint64_t seed)
{
	for (size_t i = n; seed && i > 1; i--) {
		size_t j = (size_t)(random_next(&seed) % i), moved = order[j];
		order[j] = order[i - 1];
		order[i - 1] = moved;
	}
}

static void order_make(struct run *run, size_t n)
{
	run->order = fp_get(n, sizeof *run->order);
	for (size_t i = 0; i < n; i++)
		if (run->r->is_to_be_played(i, run->r->ctx))
			run->order[run->n_order++] = i;
	shuffle(run->order, run->n_order, run->r->seed);
}

/* ---- in the process that plays ---- */

static void write_all(int fd, const struct fp_bytes *b)
{
	for (size_t at = 0; at < b->len;) {
		ssize_t n = write(fd, fp_bytes_front(b) + at, b->len - at);
		if (n < 0 && errno != EINTR)
			_exit(FP_SUITE_FAULT);
		at += n > 0 ? (size_t)n : 0;
	}
}

static _Noreturn void play(const struct run *run, size_t i, int fd)
{
	struct fp_verdict *v = &run->verdicts[i];
	struct fp_bytes parcel = {0};
	prctl(PR_SET_PDEATHSIG, SIGTERM, 0, 0, 0); /* then the handler ends the testee */
	fp_process_adopt();
	run->r->judge(v, i, run->r->ctx);
	fp_parcel_put(&parcel, v);
	write_all(fd, &parcel);
	_exit(0);
}

/* ---- in the one that waits for it ---- */

static void harness(struct fp_verdict *v, char *why)
{
	v->judgement = FP_HARNESS;
	v->why = why;
}

static void launch(struct run *run)
{
	int fds[2];
	size_t place = run->next++, i = run->order[place];
	if (pipe2(fds, O_CLOEXEC) < 0) {
		harness(&run->verdicts[i], fp_text("no pipe: %s", strerror(errno)));
		return;
	}
	pid_t pid = fork();
	if (pid == 0) {
		close(fds[0]);
		play(run, i, fds[1]);
	}
	close(fds[1]);
	if (pid < 0) {
		close(fds[0]);
		harness(&run->verdicts[i], fp_text("no process: %s", strerror(errno)));
		return;
	}
	run->slots[run->n_slots++] = (struct slot){.pid = pid, .fd = fds[0], .place = place};
}

static void finish(struct run *run, struct slot *s)
{
	size_t i = run->order[s->place];
	struct fp_verdict *v = &run->verdicts[i];
	int status;
	close(s->fd);
	while (waitpid(s->pid, &status, 0) < 0 && errno == EINTR)
		;
	if (!fp_parcel_take(&s->came, v) || status)
		harness(v, WIFSIGNALED(status) ? fp_text("the judge's process was ended by signal %d", WTERMSIG(status))
		                               : fp_text("the judge's process ended with status %d", WEXITSTATUS(status)));
	fp_bytes_fini(&s->came);
	run->late += v->is_late;
	*s = run->slots[--run->n_slots];
	run->r->progress(i, run->r->ctx);
}

/* False: that was all. */
static bool receive(struct slot *s)
{
	ssize_t n = read(s->fd, fp_bytes_space(&s->came, READ_BYTES), READ_BYTES);
	if (n > 0)
		fp_bytes_add(&s->came, (size_t)n);
	return n > 0 || (n < 0 && errno == EINTR);
}

static void wait_for_some(struct run *run)
{
	struct pollfd fds[FP_JOBS_MAX];
	for (unsigned i = 0; i < run->n_slots; i++)
		fds[i] = (struct pollfd){.fd = run->slots[i].fd, .events = POLLIN};
	if (poll(fds, run->n_slots, -1) < 0)
		return;
	for (unsigned i = run->n_slots; i-- > 0;) /* from the end: finish moves the last one */
		if (fds[i].revents && !receive(&run->slots[i]))
			finish(run, &run->slots[i]);
}

/* What stands behind the last that was allowed to be late was not to be played, even where it was: which one is faster must
 * not show. */
static void cut_off(struct run *run)
{
	unsigned late = 0;
	for (size_t place = 0; place < run->n_order; place++) {
		struct fp_verdict *v = &run->verdicts[run->order[place]];
		if (late < FP_LATE_MAX) {
			late += v->is_late;
			continue;
		}
		char *id = v->id;
		const struct fp_transcript *of = v->of;
		const char *clause = v->clause;
		v->id = NULL;
		fp_verdict_fini(v);
		*v = (struct fp_verdict){.of = of, .id = id, .clause = clause, .judgement = FP_SKIP};
		v->why = fp_text("not played: %u cases before it ran into the time limit", FP_LATE_MAX);
	}
}

void fp_runner_run(const struct fp_runner *r, struct fp_verdict *verdicts, size_t n)
{
	struct run run = {.r = r, .verdicts = verdicts};
	order_make(&run, n);
	for (;;) {
		while (run.n_slots < r->jobs && run.next < run.n_order && run.late < FP_LATE_MAX)
			launch(&run);
		if (!run.n_slots)
			break;
		wait_for_some(&run);
	}
	cut_off(&run);
	free(run.order);
	fp_process_sweep(); /* orphans of a process that died as it played */
}
