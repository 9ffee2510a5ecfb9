/* The outbox of a worker: what waits in it, what the pool finds there, and how long octets wait. */
#include "../../lib/io/outbox.h"

#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#define LONG (2 * FP_OUTBOX_BYTES) /* octets: more than the box holds */

static uint8_t octets[LONG];

/* An outbox as both sides have it. */
struct box {
	struct fp_outbox *worker;
	const struct fp_outbox_memory *pool;
	int fds[2]; /* the pool's end of the socket, the worker's */
};

static struct box boxes[256];
static size_t n_boxes;

static struct box *open_box(void)
{
	assert_true(n_boxes < sizeof boxes / sizeof boxes[0]);
	struct box *b = &boxes[n_boxes++];
	int room = 4 * LONG, memory = fp_outbox_make();
	assert_true(memory >= 0);
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, b->fds), 0);
	assert_int_equal(setsockopt(b->fds[1], SOL_SOCKET, SO_SNDBUF, &room, sizeof room), 0);
	b->pool = fp_outbox_map(dup(memory));
	b->worker = fp_outbox_open(memory, b->fds[1]);
	assert_non_null(b->pool);
	assert_non_null(b->worker);
	return b;
}

static void close_boxes(void)
{
	for (size_t i = 0; i < n_boxes; i++) {
		fp_outbox_close(boxes[i].worker);
		fp_outbox_unmap(boxes[i].pool);
		close(boxes[i].fds[0]);
		close(boxes[i].fds[1]);
	}
	fp_outbox_close(NULL);
}

static struct fp_span span_of(size_t from, size_t len)
{
	return (struct fp_span){octets + from, len};
}

static void assert_arrives(struct box *b, size_t from, size_t len)
{
	static uint8_t got[LONG];
	for (size_t n = 0; n < len;) {
		ssize_t more = read(b->fds[0], got + n, len - n);
		assert_true(more > 0);
		n += (size_t)more;
	}
	assert_memory_equal(got, octets + from, len);
}

static void assert_nothing_arrived(struct box *b)
{
	uint8_t octet;
	assert_int_equal(recv(b->fds[0], &octet, 1, MSG_DONTWAIT), -1);
	assert_int_equal(errno, EAGAIN);
}

static void assert_rest(const struct fp_outbox_memory *m, uint64_t received, const void *data, size_t len)
{
	struct fp_span rest = fp_outbox_rest(m, received);
	assert_int_equal(rest.len, len);
	if (len)
		assert_memory_equal(rest.data, data, len);
}

/* ---- the memory ---- */

static void the_memory_keeps_its_size(void **state)
{
	(void)state;
	int fd = fp_outbox_make();
	assert_true(fd >= 0);
	assert_int_equal(lseek(fd, 0, SEEK_END), sizeof(struct fp_outbox_memory));
	assert_int_equal(ftruncate(fd, 1), -1);
	assert_int_equal(ftruncate(fd, 2 * (off_t)sizeof(struct fp_outbox_memory)), -1);
	assert_true(fcntl(fd, F_GETFD) & FD_CLOEXEC);
	close(fd);
}

static void a_descriptor_is_taken_over(void **state)
{
	(void)state;
	int fd = fp_outbox_make();
	const struct fp_outbox_memory *m = fp_outbox_map(fd);
	assert_non_null(m);
	assert_int_equal(fcntl(fd, F_GETFD), -1);
	fp_outbox_unmap(m);
	fp_outbox_unmap(NULL);
}

static void what_is_no_memory_is_not_to_be_had(void **state)
{
	(void)state;
	int fds[2];
	assert_int_equal(pipe(fds), 0);
	assert_null(fp_outbox_map(fds[0]));
	assert_null(fp_outbox_open(fds[1], 1));
	assert_int_equal(fcntl(fds[1], F_GETFD), -1);
}

/* ---- the worker's side ---- */

static void octets_leave_in_order(void **state)
{
	(void)state;
	struct box *b = open_box();
	assert_true(fp_outbox_put(b->worker, span_of(0, 5)));
	assert_true(fp_outbox_put(b->worker, span_of(5, 1)));
	assert_int_equal(fp_outbox_write(b->worker, span_of(6, 7)), 0);
	assert_true(fp_outbox_put(b->worker, span_of(13, 3)));
	assert_int_equal(fp_outbox_flush(b->worker), 0);
	assert_arrives(b, 0, 16);
	assert_int_equal(fp_outbox_flush(b->worker), 0);
	assert_nothing_arrived(b);
}

static void what_does_not_fit_leaves_behind_what_waits(void **state)
{
	(void)state;
	struct box *b = open_box();
	assert_true(fp_outbox_put(b->worker, span_of(0, 100)));
	assert_int_equal(fp_outbox_write(b->worker, span_of(100, LONG - 200)), 0);
	assert_int_equal(fp_outbox_write(b->worker, span_of(LONG - 100, 100)), 0);
	assert_arrives(b, 0, LONG);
	assert_rest(b->pool, LONG, NULL, 0);
}

/* Octets that the thread has taken away in between would be no full box: then again, with a new one. */
static bool is_full_box_seen(size_t first, size_t second)
{
	struct box *b = open_box();
	bool had_room = fp_outbox_put(b->worker, span_of(0, first)),
	     has_room = fp_outbox_put(b->worker, span_of(first, second));
	assert_true(had_room);
	if (b->pool->base)
		return false;
	assert_int_equal(has_room, first + second <= FP_OUTBOX_BYTES);
	assert_int_equal(fp_outbox_flush(b->worker), 0);
	assert_arrives(b, 0, has_room ? first + second : first);
	assert_nothing_arrived(b);
	return true;
}

static void a_full_box_takes_nothing_more(void **state)
{
	(void)state;
	static const size_t firsts[] = {FP_OUTBOX_BYTES, FP_OUTBOX_BYTES - 1, 1, FP_OUTBOX_BYTES / 2};
	static const size_t seconds[] = {1, 2, FP_OUTBOX_BYTES, FP_OUTBOX_BYTES / 2};
	for (size_t i = 0; i < 4; i++)
		while (!is_full_box_seen(firsts[i], seconds[i]))
			;
}

static void more_than_the_box_holds_is_not_taken(void **state)
{
	(void)state;
	struct box *b = open_box();
	assert_false(fp_outbox_put(b->worker, span_of(0, FP_OUTBOX_BYTES + 1)));
	assert_int_equal(b->pool->made, 0);
	assert_nothing_arrived(b);
}

/* Nobody writes them but the thread. */
static void octets_wait_for_two_rounds_at_most(void **state)
{
	(void)state;
	struct box *b = open_box();
	for (size_t i = 0; i < 50; i++) {
		assert_true(fp_outbox_put(b->worker, span_of(i, 1)));
		assert_arrives(b, i, 1);
	}
	for (size_t i = 0; i < 50; i++)
		assert_true(fp_outbox_put(b->worker, span_of(i, 1)));
	assert_arrives(b, 0, 50);
}

/* The thread is woken for octets that have left when it looks, and sees those that come after them. */
static void octets_that_come_after_a_flush_are_not_forgotten(void **state)
{
	(void)state;
	struct box *b = open_box();
	for (size_t i = 0; i < 2000; i += 2) {
		assert_true(fp_outbox_put(b->worker, span_of(i, 1)));
		assert_int_equal(fp_outbox_flush(b->worker), 0);
		assert_true(fp_outbox_put(b->worker, span_of(i + 1, 1)));
		assert_arrives(b, i, 2);
	}
}

static void a_write_that_failed_stays_failed(void **state)
{
	(void)state;
	struct box *b = open_box();
	close(b->fds[0]);
	b->fds[0] = -1;
	assert_int_equal(fp_outbox_write(b->worker, span_of(0, 10)), -EPIPE);
	assert_int_equal(fp_outbox_flush(b->worker), -EPIPE);
	assert_int_equal(fp_outbox_write(b->worker, span_of(10, LONG - 10)), -EPIPE);
	assert_int_equal(fp_outbox_flush(b->worker), -EPIPE);
}

/* ---- the pool's side ---- */

static struct fp_outbox_memory memory;

static void set_counts(uint64_t base, uint64_t made)
{
	memory.base = base;
	memory.made = made;
}

static void the_rest_begins_where_the_pool_has_stopped(void **state)
{
	(void)state;
	memcpy(memory.octets, "abcd", 4);
	set_counts(10, 14);
	for (size_t i = 0; i < 4; i++)
		assert_rest(&memory, 10 + i, &"abcd"[i], 4 - i);
	assert_rest(&memory, 14, NULL, 0);
	set_counts(0, FP_OUTBOX_BYTES);
	assert_rest(&memory, 0, memory.octets, FP_OUTBOX_BYTES);
	assert_rest(&memory, FP_OUTBOX_BYTES - 1, memory.octets + FP_OUTBOX_BYTES - 1, 1);
	set_counts(0, 0);
	assert_rest(&memory, 0, NULL, 0);
}

static void counts_that_make_no_sense_give_nothing(void **state)
{
	(void)state;
	static const struct {
		uint64_t base, made, received;
	} wrong[] = {{10, 14, 9},
		     {10, 14, 0},
		     {10, 14, 15},
		     {10, 14, UINT64_MAX}, /* the pool received what was not made */
		     {14, 10, 12},
		     {14, 10, 14},
		     {14, 10, 10},
		     {1, 0, 0},
		     {1, 0, 1},
		     {0, FP_OUTBOX_BYTES + 1, 0},
		     {0, FP_OUTBOX_BYTES + 1, FP_OUTBOX_BYTES},
		     {0, UINT64_MAX, 0},
		     {0, UINT64_MAX, 5},
		     {UINT64_MAX - 3, 1, UINT64_MAX - 2},
		     {UINT64_MAX - 3, 1, 0},
		     {UINT64_MAX, UINT64_MAX, 7},
		     {UINT64_MAX, 0, 0}};
	for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
		set_counts(wrong[i].base, wrong[i].made);
		assert_rest(&memory, wrong[i].received, NULL, 0);
	}
}

/* It is the pool's to take what waits when its worker has ended. */
static void what_waits_is_not_written_by_closing(void **state)
{
	(void)state;
	for (bool is_seen = false; !is_seen;) { /* again where the thread was faster */
		struct box *b = open_box();
		assert_true(fp_outbox_put(b->worker, span_of(0, 10)));
		fp_outbox_close(b->worker);
		b->worker = NULL;
		is_seen = b->pool->base == 0;
		if (!is_seen)
			continue;
		assert_nothing_arrived(b);
		assert_rest(b->pool, 0, octets, 10);
	}
}

/* However many of the octets the pool has received: together they are all, once. */
static void received_and_rest_are_all_that_was_made(void **state)
{
	(void)state;
	struct box *b = open_box();
	assert_int_equal(fp_outbox_write(b->worker, span_of(0, 1000)), 0);
	assert_rest(b->pool, 1000, NULL, 0);
	assert_true(fp_outbox_put(b->worker, span_of(1000, 50)));
	struct fp_span rest = fp_outbox_rest(b->pool,
					     1000); /* nothing, if the thread has written them already and forgotten */
	if (rest.len)
		assert_rest(b->pool, 1000, octets + 1000, 50);
	assert_arrives(b, 0, 1050);
	assert_rest(b->pool, 1050, NULL, 0);
}

int main(void)
{
	for (size_t i = 0; i < LONG; i++)
		octets[i] = (uint8_t)(i * 2654435761u >> 13);
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_memory_keeps_its_size),
		cmocka_unit_test(a_descriptor_is_taken_over),
		cmocka_unit_test(what_is_no_memory_is_not_to_be_had),
		cmocka_unit_test(octets_leave_in_order),
		cmocka_unit_test(what_does_not_fit_leaves_behind_what_waits),
		cmocka_unit_test(a_full_box_takes_nothing_more),
		cmocka_unit_test(more_than_the_box_holds_is_not_taken),
		cmocka_unit_test(octets_wait_for_two_rounds_at_most),
		cmocka_unit_test(octets_that_come_after_a_flush_are_not_forgotten),
		cmocka_unit_test(a_write_that_failed_stays_failed),
		cmocka_unit_test(the_rest_begins_where_the_pool_has_stopped),
		cmocka_unit_test(counts_that_make_no_sense_give_nothing),
		cmocka_unit_test(what_waits_is_not_written_by_closing),
		cmocka_unit_test(received_and_rest_are_all_that_was_made),
	};
	alarm(60); /* a read that waits in vain */
	int r = cmocka_run_group_tests(tests, NULL, NULL);
	close_boxes();
	return r;
}
