/* Answers that wait to be written together. See outbox.h. */
#include "outbox.h"

#include "sys.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#define STACK_BYTES ((size_t)64 << 10) /* of the thread, which does little */

struct fp_outbox {
	struct fp_outbox_memory *memory;
	int wfd;
	pthread_mutex_t lock; /* for all below, and for writing to wfd */
	pthread_cond_t filled;
	uint64_t rounds; /* writes so far: tells the thread whether what waits has waited since it looked */
	pthread_t thread;
	bool is_thread_there, is_thread_idle, is_closing;
	int error; /* negative errno of a write that failed */
};

int fp_outbox_make(void)
{
	int fd = memfd_create("forkpool-outbox", MFD_CLOEXEC | MFD_ALLOW_SEALING);
	if (fd < 0)
		return -errno;
	if (ftruncate(fd, sizeof(struct fp_outbox_memory)) == 0 && fcntl(fd, F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW) == 0)
		return fd;
	int r = -errno;
	close(fd);
	return r;
}

static void *map(int fd, int protection)
{
	void *m = mmap(NULL, sizeof(struct fp_outbox_memory), protection, MAP_SHARED, fd, 0);
	close(fd);
	return m == MAP_FAILED ? NULL : m;
}

/* ---- the worker's side ---- */

struct fp_outbox *fp_outbox_open(int memory_fd, int wfd)
{
	struct fp_outbox *o = calloc(1, sizeof *o);
	if (o)
		o->memory = map(memory_fd, PROT_READ | PROT_WRITE);
	if (!o || !o->memory) {
		free(o);
		return NULL;
	}
	o->wfd = wfd;
	pthread_mutex_init(&o->lock, NULL);
	pthread_cond_init(&o->filled, NULL);
	return o;
}

/* What was done before is seen by whoever sees this; a barrier for what comes after would cost an answer 20 cycles. */
static void publish(_Atomic uint64_t *count, uint64_t octets)
{
	atomic_store_explicit(count, octets, memory_order_release);
}

static size_t waiting(const struct fp_outbox *o)
{
	return (size_t)(o->memory->made - o->memory->base);
}

/* The pool may see any state between these steps: each tells it the truth, since it knows what it has received. */
static int flush(struct fp_outbox *o)
{
	size_t n = waiting(o);
	if (!o->error && n)
		o->error = fp_sys_write_all(o->wfd, o->memory->octets, n);
	if (!o->error)
		publish(&o->memory->base, o->memory->made);
	o->rounds++;
	return o->error;
}

/* Until the first octets after a pause: whoever puts them ends it, so that it is woken once, however soon they leave. */
static void pause_thread(struct fp_outbox *o)
{
	o->is_thread_idle = true;
	while (o->is_thread_idle && !o->is_closing)
		pthread_cond_wait(&o->filled, &o->lock);
}

/* Looks again after a while: what was there already, with no write in between, has waited long enough. */
static void *write_what_waits(void *arg)
{
	struct fp_outbox *o = arg;
	const struct timespec round = {0, FP_OUTBOX_WAIT_NS};
	pthread_mutex_lock(&o->lock);
	while (!o->is_closing) {
		uint64_t rounds = o->rounds;
		pthread_mutex_unlock(&o->lock);
		nanosleep(&round, NULL);
		pthread_mutex_lock(&o->lock);
		if (o->rounds != rounds || o->is_closing)
			continue;
		if (waiting(o))
			flush(o);
		else
			pause_thread(o);
	}
	pthread_mutex_unlock(&o->lock);
	return NULL;
}

/* The host's signals are for the thread that runs its function. */
static bool start_thread(struct fp_outbox *o)
{
	pthread_attr_t attributes;
	sigset_t all, before;
	sigfillset(&all);
	pthread_attr_init(&attributes);
	pthread_attr_setstacksize(&attributes, STACK_BYTES);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	o->is_thread_there = pthread_create(&o->thread, &attributes, write_what_waits, o) == 0;
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	pthread_attr_destroy(&attributes);
	return o->is_thread_there;
}

static bool put(struct fp_outbox *o, struct fp_span octets)
{
	size_t n = waiting(o);
	if (octets.len > FP_OUTBOX_BYTES - n || (!o->is_thread_there && !start_thread(o)))
		return false;
	memcpy(o->memory->octets + n, octets.data, octets.len);
	publish(&o->memory->made, o->memory->made + octets.len);
	if (o->is_thread_idle)
		pthread_cond_signal(&o->filled);
	o->is_thread_idle = false;
	return true;
}

void fp_outbox_close(struct fp_outbox *o)
{
	if (!o)
		return;
	pthread_mutex_lock(&o->lock);
	o->is_closing = true;
	pthread_cond_signal(&o->filled);
	pthread_mutex_unlock(&o->lock);
	if (o->is_thread_there)
		pthread_join(o->thread, NULL);
	munmap(o->memory, sizeof *o->memory);
	free(o);
}

bool fp_outbox_put(struct fp_outbox *o, struct fp_span octets)
{
	pthread_mutex_lock(&o->lock);
	bool had_room = put(o, octets);
	pthread_mutex_unlock(&o->lock);
	return had_room;
}

int fp_outbox_flush(struct fp_outbox *o)
{
	pthread_mutex_lock(&o->lock);
	int r = flush(o);
	pthread_mutex_unlock(&o->lock);
	return r;
}

static int write_behind(struct fp_outbox *o, struct fp_span octets)
{
	size_t n = waiting(o);
	if (n && octets.len <= FP_OUTBOX_BYTES - n) { /* together: one write */
		memcpy(o->memory->octets + n, octets.data, octets.len);
		publish(&o->memory->made, o->memory->made + octets.len);
		return flush(o);
	}
	int r = flush(o);
	if (!r)
		r = o->error = fp_sys_write_all(o->wfd, octets.data, octets.len);
	/* nothing is in the memory: `base` moves first, so that the pool never takes old octets for new */
	uint64_t made = o->memory->made + octets.len;
	publish(&o->memory->base, made);
	publish(&o->memory->made, made);
	return r;
}

int fp_outbox_write(struct fp_outbox *o, struct fp_span octets)
{
	pthread_mutex_lock(&o->lock);
	int r = write_behind(o, octets);
	pthread_mutex_unlock(&o->lock);
	return r;
}

/* ---- the pool's side ---- */

const struct fp_outbox_memory *fp_outbox_map(int memory_fd)
{
	return map(memory_fd, PROT_READ);
}

void fp_outbox_unmap(const struct fp_outbox_memory *m)
{
	if (m)
		munmap((void *)(uintptr_t)m, sizeof *m);
}

struct fp_span fp_outbox_rest(const struct fp_outbox_memory *m, uint64_t received)
{
	uint64_t base = atomic_load(&m->base), made = atomic_load(&m->made);
	if (base > received || received >= made || made - base > FP_OUTBOX_BYTES)
		return (struct fp_span){NULL, 0};
	return (struct fp_span){m->octets + (received - base), (size_t)(made - received)};
}
