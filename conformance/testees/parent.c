/* A parent under test on the library's own parent endpoint, with poll(2) for a loop. Must not know pools.
 *
 * capabilities: call event error failure end lastid limit */
#include "../../lib/core/parent.h"
#include "../../lib/io/serialiser.h"
#include "../../lib/io/sys.h"
#include "control.h"

#include <err.h>
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

static struct control control;
static struct fp_parent parent;
static int reading, writing;
static bool is_over, is_half_closed;

struct call {
	struct fp_call call;
	char *tag;
	size_t block_len; /* of call.frame */
};

static void call_end(struct call *call, const char *how, const struct fp_item *items, size_t n)
{
	control_tell(&control, how, call->tag, NULL, items, n);
	fp_alloc_put(&fp_sys_alloc, call->call.frame, call->block_len);
	free(call->tag);
	free(call);
}

/* ---- what the application does ---- */

static enum fp_reason freeze(struct call *call, size_t n_words)
{
	static const uint8_t no_head[FP_FRAME_HEAD_MAX];
	struct fp_buf payload;
	fp_buf_init(&payload, &fp_sys_alloc, SIZE_MAX);
	fp_buf_put(&payload, no_head, sizeof no_head);
	size_t n = control_items(&control, 2, n_words);
	enum fp_reason r = fp_args_freeze(parent.wire.serialiser, control.items, n, &payload);
	call->call.payload_len = fp_buf_len(&payload) - sizeof no_head;
	call->call.frame = fp_buf_release(&payload, &call->block_len);
	return r;
}

static void make_call(size_t n_words)
{
	struct call *call = calloc(1, sizeof *call);
	if (!call || !(call->tag = strdup(control.words[1])))
		err(1, "call");
	if (freeze(call, n_words) || fp_parent_call(&parent, &call->call))
		call_end(call, "failure", NULL, 0);
}

static void obey(size_t n_words)
{
	const char *command = control.words[0];
	if (strcmp(command, "call") == 0 && n_words > 1)
		make_call(n_words);
	else if (strcmp(command, "drop") == 0)
		fp_parent_close(&parent);
	else if (strcmp(command, "lastid") == 0 && n_words == 2)
		parent.last_id = (uint32_t)strtoul(control.words[1], NULL, 10);
	else if (strcmp(command, "ping") == 0 && n_words == 2)
		control_keep_ping(&control, control.words[1]);
	else
		errx(2, "control channel: %s: no such command", command);
}

static void obey_all(void)
{
	control_read(&control);
	for (size_t n; (n = control_next(&control));)
		obey(n);
	if (!control.is_open)
		fp_parent_close(&parent);
}

/* ---- what the application gets ---- */

static const char *class_of(enum fp_reason r)
{
	static const char *const classes[] = {[FP_EOF] = "eof",         [FP_TRUNCATED] = "eof", [FP_UNEXPECTED] = "reply",
	                                      [FP_MALFORMED] = "payload", [FP_TOO_LONG] = "length", [FP_WRITE] = "write"};
	return r < sizeof classes / sizeof classes[0] && classes[r] ? classes[r] : "read";
}

/* After a failure, or an end, nothing else comes: those that wait are told, and the connection is closed. */
static void finish(const struct fp_parent_event *e)
{
	bool may_have_run;
	if (e->kind == FP_PARENT_FAILED)
		control_tell(&control, "error", class_of(e->reason), fp_reason_text(e->reason), NULL, 0);
	for (struct fp_call *call; (call = fp_parent_take(&parent, &may_have_run));)
		call_end(FP_OWNER(call, struct call, call), "failure", NULL, 0);
	close(reading);
	if (writing != reading)
		close(writing);
	is_over = true;
	control_tell(&control, "end", NULL, NULL, NULL, 0);
}

static void deliver(void)
{
	struct fp_parent_event e;
	while (fp_parent_next(&parent, &e)) {
		if (e.kind == FP_PARENT_RESULT) {
			call_end(FP_OWNER(e.call, struct call, call), "result", e.items, e.n);
		} else if (e.kind == FP_PARENT_EVENT) {
			control_tell(&control, "event", NULL, NULL, e.items, e.n);
		} else {
			finish(&e);
		}
	}
}

/* ---- the connection ---- */

static void receive(void)
{
	struct fp_space space;
	if (fp_parent_rx_buf(&parent, &space))
		return;
	ssize_t n = fp_sys_read(reading, space.data, space.len);
	if (n > 0)
		fp_parent_rx_ack(&parent, (size_t)n);
	else if (n == 0 || n == -ECONNRESET) /* a child that ends with requests unread resets */
		fp_parent_rx_eof(&parent);
	else if (n != -EAGAIN)
		fp_parent_rx_error(&parent, FP_READ);
}

static void send_on(void)
{
	struct fp_span out = fp_parent_tx_buf(&parent);
	ssize_t n = out.len ? fp_sys_write(writing, out.data, out.len) : 0;
	if (n >= 0)
		fp_parent_tx_ack(&parent, (size_t)n);
	else if (n != -EAGAIN)
		fp_parent_tx_error(&parent);
	if (is_half_closed || !fp_parent_is_half_close_due(&parent))
		return;
	is_half_closed = true;
	if (shutdown(writing, SHUT_WR) < 0) /* a pipe */
		close(writing);
}

/* Waits, unless a ping is to be answered: that is when nothing moves. */
static void turn(void)
{
	bool has_output = !is_over && fp_parent_tx_buf(&parent).len;
	struct pollfd p[] = {{control.is_open ? control.reading : -1, POLLIN, 0},
	                     {is_over ? -1 : reading, POLLIN, 0},
	                     {has_output ? writing : -1, POLLOUT, 0}};
	int n = poll(p, 3, control.n_pings ? 0 : -1);
	if (p[0].revents)
		obey_all();
	if (p[1].revents)
		receive();
	deliver();
	if (!is_over)
		send_on();
	deliver();
	if (n == 0)
		control_answer_pings(&control);
}

static const char *told(const char *variable)
{
	const char *value = getenv(variable);
	return value ? value : "";
}

int main(void)
{
	uint32_t limit = (uint32_t)strtoul(told("FORKPOOL_FRAME_MAX"), NULL, 10);
	struct fp_wire wire = {.profile = strcmp(told("FORKPOOL_PROFILE"), "native") == 0 ? FP_NATIVE : FP_NETWORK,
	                       .async = strcmp(told("FORKPOOL_MODE"), "async") == 0,
	                       .payload_max = limit ? limit : FP_FRAME_BYTES_MAX_DEFAULT,
	                       .serialiser = fp_serialiser_by_name("string")};
	int channel = atoi(told("FORKPOOL_CONTROL"));
	reading = atoi(told("FORKPOOL_FD"));
	writing = reading ? reading : 1;
	control_init(&control, reading ? 0 : channel, reading ? 1 : channel);
	signal(SIGPIPE, SIG_IGN);
	fp_sys_set_blocking(reading, false);
	fp_sys_set_blocking(writing, false);
	fp_parent_init(&parent, &fp_sys_alloc, &wire);
	while (control.is_open || !is_over)
		turn();
	fp_parent_fini(&parent);
	return 0;
}
