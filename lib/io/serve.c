/* The process's end of the command stream: the loop. See serve.h. One loop serves the template and, after a fork, the process
 * that it forked: the fork only gives the loop another socket. */
#include "serve_inside.h"

#include "command.h"
#include "sys.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <unistd.h>

#define ARG_BYTES_MAX ((size_t)256 << 20) /* octets: all arguments together */

static void end(struct serve *s, int status)
{
	s->is_over = true;
	s->status = status;
}

void fp_serve_complain(struct serve *s, const char *what, const char *why)
{
	fprintf(stderr, "forkpool-template: %s%s%s\n", what, why ? ": " : "", why ? why : "");
	end(s, 1);
}

static void carry_out(struct serve *s, uint8_t letter)
{
	static const struct {
		uint8_t letter;
		void (*carry_out)(struct serve *s);
	} commands[] = {{FP_COMMAND_ARGS, fp_serve_args},
	                {FP_COMMAND_EVAL, fp_serve_eval},
	                {FP_COMMAND_FD, fp_serve_fd},
	                {FP_COMMAND_FORK, fp_serve_fork},
	                {FP_COMMAND_RUN, fp_serve_run}};
	for (size_t i = 0; i < sizeof commands / sizeof *commands; i++)
		if (commands[i].letter == letter) {
			commands[i].carry_out(s);
			return;
		}
	fp_serve_complain(s, "unknown command: the stream is corrupt", NULL);
}

/* Memory is taken as the octets come, not as they are announced. */
static bool is_payload_read(struct serve *s, uint32_t len)
{
	struct fp_space space;
	while (fp_buf_len(&s->payload) < len) {
		size_t rest = len - fp_buf_len(&s->payload);
		if (rest > FP_READ_BYTES)
			rest = FP_READ_BYTES;
		if (fp_buf_space(&s->payload, rest, &space))
			return false;
		ssize_t n = fp_sys_read_all(s->options.fd, space.data, rest);
		if (n < (ssize_t)rest)
			return false;
		fp_buf_commit(&s->payload, rest);
	}
	return true;
}

static void take_command(struct serve *s)
{
	uint8_t head[FP_COMMAND_HEAD];
	ssize_t n = fp_sys_read_all(s->options.fd, head, sizeof head); /* never beyond it: a descriptor may follow */
	if (n <= 0) {
		end(s, 0);
		return;
	}
	uint32_t len = n == sizeof head ? fp_command_len(head) : 0;
	fp_buf_drop(&s->payload, fp_buf_len(&s->payload));
	if (len > FP_COMMAND_BYTES_MAX)
		fp_serve_complain(s, "a command is too long: the stream is corrupt", NULL);
	else if (n < (ssize_t)sizeof head || !is_payload_read(s, len))
		fp_serve_complain(s, "end of file inside a command", NULL);
	else
		carry_out(s, head[0]);
}

static void serve_once(struct serve *s)
{
	struct pollfd p[] = {{.fd = s->options.fd, .events = POLLIN}, {.fd = s->signals, .events = POLLIN}};
	if (!s->n_children) { /* nothing to wait for but a command */
		take_command(s);
		return;
	}
	if (poll(p, 2, -1) < 0)
		return;
	if (p[1].revents)
		fp_serve_reap(s);
	if (p[0].revents)
		take_command(s);
}

static void init(struct serve *s, const struct fp_serve_options *options)
{
	sigset_t chld;
	*s = (struct serve){.options = *options, .outbox_fd = -1, .armed_lifeline = -1};
	fp_args_init(&s->args, &fp_sys_alloc, ARG_BYTES_MAX);
	fp_args_init(&s->list, &fp_sys_alloc, 0);
	fp_buf_init(&s->payload, &fp_sys_alloc, FP_COMMAND_BYTES_MAX + FP_READ_BYTES);
	sigemptyset(&chld);
	sigaddset(&chld, SIGCHLD);
	sigprocmask(SIG_BLOCK, &chld, NULL);
	s->signals = signalfd(-1, &chld, SFD_CLOEXEC | SFD_NONBLOCK);
	if (options->lifeline >= 0)
		s->armed_lifeline = fp_sys_arm_lifeline(options->lifeline);
	if (s->armed_lifeline == -EPIPE)
		end(s, 1);
}

static void fini(struct serve *s)
{
	fp_args_fini(&s->args);
	fp_args_fini(&s->list);
	fp_buf_fini(&s->payload);
	free(s->fds);
	free(s->children);
}

int fp_serve(const struct fp_serve_options *options)
{
	struct serve s;
	init(&s, options);
	while (!s.is_over)
		serve_once(&s);
	shutdown(s.options.fd, SHUT_RDWR);
	fini(&s);
	return s.status;
}
