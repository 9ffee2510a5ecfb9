/* The workers of a pool under test. See crew.h. */
#include "crew.h"

#include <stdlib.h>
#include <unistd.h>

int fp_crew_init(struct fp_crew *c, struct fp_framing requests, char name[FP_PUPPET_NAME_BYTES])
{
	*c = (struct fp_crew){.puppets = fp_puppet_stage(name), .requests = requests};
	return c->puppets < 0 ? c->puppets : 0;
}

void fp_crew_fini(struct fp_crew *c)
{
	for (size_t i = 0; i < c->n; i++)
		fp_worker_free(c->workers[i]);
	free(c->workers);
	if (c->puppets >= 0)
		close(c->puppets);
	*c = (struct fp_crew){.puppets = -1};
}

/* ---- those that came ---- */

static size_t alive(const struct fp_crew *c)
{
	size_t n = 0;
	for (size_t i = 0; i < c->n; i++)
		n += !c->workers[i]->is_over;
	return n;
}

void fp_crew_pump(struct fp_crew *c)
{
	struct fp_puppet puppet;
	while (alive(c) < FP_CREW_MAX && fp_puppet_next(c->puppets, &puppet)) {
		c->workers = fp_grow(c->workers, c->n + 1, sizeof(struct fp_worker *));
		c->workers[c->n++] = fp_worker_new(&puppet, c->requests);
	}
	for (size_t i = 0; i < c->n; i++)
		fp_worker_pump(c->workers[i]);
}

/* ---- their numbers ---- */

struct fp_worker *fp_crew_numbered(const struct fp_crew *c, unsigned number)
{
	for (size_t i = 0; i < c->n; i++)
		if (c->workers[i]->number == number)
			return c->workers[i];
	return NULL;
}

unsigned fp_crew_number_free(const struct fp_crew *c)
{
	unsigned number = 1;
	while (fp_crew_numbered(c, number))
		number++;
	return number;
}

struct fp_worker *fp_crew_get(struct fp_crew *c, unsigned number)
{
	struct fp_worker *w = fp_crew_numbered(c, number);
	if (!w && (w = fp_crew_numbered(c, 0)))
		w->number = number;
	return w;
}

/* ---- all of them ---- */

bool fp_crew_has_call(const struct fp_crew *c, size_t call)
{
	for (size_t i = 0; i < c->n; i++)
		for (size_t j = 0; !c->workers[i]->is_over && j < c->workers[i]->n_jobs; j++)
			if (c->workers[i]->jobs[j].call == call)
				return true;
	return false;
}

bool fp_crew_is_settled(const struct fp_crew *c)
{
	for (size_t i = 0; i < c->n; i++)
		if (!fp_worker_is_settled(c->workers[i]))
			return false;
	return true;
}

bool fp_crew_is_waiting(const struct fp_crew *c)
{
	for (size_t i = 0; i < c->n; i++) {
		const struct fp_worker *w = c->workers[i];
		if (fp_link_is_waiting(&w->link) || (w->is_ended && !w->is_over))
			return true;
	}
	return false;
}

size_t fp_crew_fds(const struct fp_crew *c, struct pollfd fds[FP_CREW_FDS])
{
	size_t n = 0;
	if (alive(c) < FP_CREW_MAX)
		fds[n++] = (struct pollfd){.fd = c->puppets, .events = POLLIN};
	for (size_t i = 0; i < c->n; i++)
		n += fp_worker_fds(c->workers[i], fds + n);
	return n;
}
