/* The process's end of the command stream. See serve.h. One loop serves the template and, after a fork, the process that it
 * forked: the fork only gives the loop another socket. */
#include "serve.h"

#include "../core/args.h"
#include "command.h"
#include "module.h"
#include "outbox.h"
#include "sys.h"
#include "worker.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#define ARG_BYTES_MAX ((size_t)256 << 20) /* octets: all arguments together */

struct child {
	pid_t pid;
	uint32_t fork;
};

struct serve {
	struct fp_serve_options options;
	int lifelines[2];    /* negative: none; see sys.h */
	int signals;         /* signalfd for SIGCHLD */
	struct fp_args args; /* copies; a descriptor is an empty item */
	int *fds;            /* as many as args: the descriptor, or -1 */
	size_t fds_cap;
	struct fp_buf payload;
	struct fp_args list;    /* the items of the command */
	struct child *children; /* to be reported */
	size_t n_children, children_cap;
	uint32_t forks;
	int outbox_fd; /* of this process; -1: none */
	bool is_over;
	int status;
};

static void end(struct serve *s, int status)
{
	s->is_over = true;
	s->status = status;
}

static void complain(struct serve *s, const char *what, const char *why)
{
	fprintf(stderr, "forkpool-template: %s%s%s\n", what, why ? ": " : "", why ? why : "");
	end(s, 1);
}

/* ---- arguments ---- */

static bool has_room_for_fd(struct serve *s)
{
	if (s->args.n < s->fds_cap)
		return true;
	size_t cap = s->fds_cap ? s->fds_cap * 2 : 16;
	int *fds = realloc(s->fds, cap * sizeof *fds);
	if (!fds)
		return false;
	s->fds = fds;
	s->fds_cap = cap;
	return true;
}

static void add_arg(struct serve *s, struct fp_item item, int fd)
{
	if (!has_room_for_fd(s) || fp_args_copy(&s->args, item)) {
		complain(s, "too many arguments", NULL);
		return;
	}
	s->fds[s->args.n - 1] = fd;
}

/* The items of the command, which point into its payload. */
static bool is_list_read(struct serve *s)
{
	size_t fault;
	enum fp_reason r = fp_args_thaw(&s->list, &fp_string_serialiser, fp_buf_front(&s->payload), &fault);
	if (r)
		complain(s, "a command's list", fp_reason_text(r));
	return r == FP_NONE;
}

static void take_args(struct serve *s)
{
	if (!is_list_read(s))
		return;
	for (size_t i = 0; i < s->list.n && !s->is_over; i++)
		add_arg(s, s->list.items[i], -1);
}

static void take_fd(struct serve *s)
{
	uint8_t octet;
	int fd;
	ssize_t n = fp_sys_recv_fd(s->options.fd, &octet, 1, &fd);
	if (n < 0)
		complain(s, "a descriptor was announced", strerror((int)-n));
	else if (fd < 0)
		complain(s, "a descriptor was announced, and none came", fd == -1 ? NULL : strerror(-fd));
	else
		add_arg(s, (struct fp_item){NULL, 0, FP_STRING}, fd);
}

/* ---- code ---- */

/* Modules of the original that this program stands in for. */
static bool is_built_in(struct fp_item name)
{
	static const char prefix[] = "AnyEvent/Fork";
	return name.len >= sizeof prefix - 1 && memcmp(name.data, prefix, sizeof prefix - 1) == 0;
}

static void load(struct serve *s, struct fp_item name)
{
	char text[PATH_MAX];
	if (is_built_in(name))
		return;
	fp_copy_text(text, sizeof text, name.data, name.len);
	const char *why = fp_module_load(text);
	if (why)
		complain(s, "require", why);
}

static bool is_text(const struct fp_item *item, const char *text)
{
	return item->len == strlen(text) && memcmp(item->data, text, item->len) == 0;
}

/* C source: compiled and loaded; its function `eval_main`, if it has one, gets the arguments. */
static void compile(struct serve *s)
{
	const char *why = fp_module_compile(s->list.items[0]);
	if (why) {
		complain(s, "eval", why);
		return;
	}
	fp_eval_function *eval_main = (fp_eval_function *)(uintptr_t)fp_module_find_newest("eval_main");
	if (eval_main && eval_main(s->list.items + 1, s->list.n - 1) < 0)
		complain(s, "eval", "eval_main failed");
}

static uint32_t number(const struct fp_item *item)
{
	char text[16];
	fp_copy_text(text, sizeof text, item->data, item->len);
	return (uint32_t)strtoul(text, NULL, 10);
}

static void remember(const struct fp_item *name)
{
	char text[256];
	fp_copy_text(text, sizeof text, name->data, name->len);
	fp_module_remember(text);
}

/* A setting of forkpool's own. */
static void set(struct serve *s)
{
	const struct fp_item *name = &s->list.items[1], *value = &s->list.items[2];
	if (s->list.n == 3 && is_text(name, "profile"))
		s->options.profile = is_text(value, "native") ? FP_NATIVE : FP_NETWORK;
	else if (s->list.n == 3 && is_text(name, "frame_bytes_max"))
		s->options.payload_max = number(value);
	else if (s->list.n == 3 && is_text(name, "outbox"))
		s->options.outbox = s->options.report && is_text(value, "1");
	else if (s->list.n == 3 && is_text(name, "function"))
		remember(value);
	else
		complain(s, "eval", "an unknown setting");
}

static void eval(struct serve *s)
{
	if (!is_list_read(s) || !s->list.n)
		return;
	if (is_text(&s->list.items[0], FP_COMMAND_SETTING)) {
		set(s);
		return;
	}
	if (is_text(&s->list.items[0], fp_command_require)) {
		for (size_t i = 1; i < s->list.n && !s->is_over; i++)
			load(s, s->list.items[i]);
		return;
	}
	fp_eval_function *hook = (fp_eval_function *)(uintptr_t)fp_module_find("forkpool_eval");
	int r = hook ? hook(s->list.items, s->list.n) : 0;
	if (r < 0)
		complain(s, "eval", "it failed");
	else if (r == 0)
		compile(s);
}

/* ---- processes ---- */

static void report(struct serve *s, enum fp_report_kind kind, uint32_t number, pid_t pid, int value)
{
	struct fp_report r = {number, kind, pid, value};
	fp_sys_write_all(s->options.fd, &r, sizeof r);
}

/* The descriptors are on the first two octets, one each; what follows the last of them goes with it. */
static void report_start(struct serve *s, pid_t pid, int outbox_fd)
{
	struct fp_report r = {s->forks, FP_REPORT_STARTED, pid, 0};
	const uint8_t *octets = (const uint8_t *)&r;
	int fds[] = {fp_sys_pidfd_open(pid), outbox_fd};
	size_t done = 0, n = fds[1] < 0 ? 1 : 2;
	for (size_t i = 0; i < n && fds[i] >= 0; i++) {
		ssize_t sent = fp_sys_send_fd(s->options.fd, octets + done, i + 1 < n ? 1 : sizeof r - done, fds[i]);
		if (sent <= 0)
			break;
		done += (size_t)sent;
	}
	fp_sys_write_all(s->options.fd, octets + done, sizeof r - done);
	fp_sys_close(fds[0]);
}

static void reap(struct serve *s)
{
	struct signalfd_siginfo unused;
	int status;
	(void)!read(s->signals, &unused, sizeof unused);
	for (pid_t pid; (pid = waitpid(-1, &status, WNOHANG)) > 0;) {
		size_t i = 0;
		while (i < s->n_children && s->children[i].pid != pid)
			i++;
		if (i == s->n_children)
			continue;
		report(s, FP_REPORT_EXITED, s->children[i].fork, pid, status);
		s->children[i] = s->children[--s->n_children];
	}
}

static bool has_room_for_child(struct serve *s)
{
	if (s->n_children < s->children_cap)
		return true;
	size_t cap = s->children_cap ? s->children_cap * 2 : 16;
	struct child *children = realloc(s->children, cap * sizeof *children);
	if (!children)
		return false;
	s->children = children;
	s->children_cap = cap;
	return true;
}

static void become_child(struct serve *s, int fd, int outbox_fd)
{
	close(s->options.fd);
	fp_sys_close(s->outbox_fd);
	s->outbox_fd = outbox_fd;
	s->options.fd = fd;
	s->n_children = 0;
	s->forks = 0;
}

static void note_child(struct serve *s, pid_t pid, int why, int outbox_fd)
{
	if (!s->options.report)
		return;
	if (pid < 0) {
		report(s, FP_REPORT_FAILED, s->forks, 0, why);
		return;
	}
	s->children[s->n_children++] = (struct child){pid, s->forks};
	report_start(s, pid, outbox_fd);
}

/* The last argument is the socket of the new process, which starts with a copy of the others. */
static void fork_process(struct serve *s)
{
	int fd = s->args.n ? s->fds[s->args.n - 1] : -1;
	if (fd < 0) {
		complain(s, "fork: the last argument is not a descriptor", NULL);
		return;
	}
	fp_args_pop(&s->args);
	s->forks++;
	int outbox_fd = s->options.outbox ? fp_outbox_make() : -1;
	pid_t pid = has_room_for_child(s) ? fork() : -1;
	if (pid == 0) {
		become_child(s, fd, outbox_fd);
		return;
	}
	note_child(s, pid, errno, outbox_fd);
	close(fd);
	fp_sys_close(outbox_fd);
}

/* ---- the last command ---- */

static void prepare_to_run(struct serve *s)
{
	static const sigset_t none;
	close(s->signals);
	signal(SIGCHLD, SIG_DFL);
	sigprocmask(SIG_SETMASK, &none, NULL);
}

static int run_shell(struct serve *s, const struct fp_item *arg)
{
	char *command = strndup(arg->data ? arg->data : "", arg->len);
	dup2(s->options.fd, 0);
	dup2(s->options.fd, 1);
	for (size_t i = 0; i < 2; i++)
		if (s->lifelines[i] >= 0)
			fcntl(s->lifelines[i], F_SETFD, 0);
	execl("/bin/sh", "sh", "-c", command, (char *)NULL);
	fprintf(stderr, "forkpool-template: /bin/sh: %s\n", strerror(errno));
	return 127;
}

static int run_function(struct serve *s, const char *name, const struct fp_item *args)
{
	fp_run_function *f = (fp_run_function *)(uintptr_t)fp_module_find(name);
	if (f)
		return f(s->options.fd, args, s->fds, s->args.n);
	fprintf(stderr, "forkpool-template: run: no loaded object exports '%s'\n", name);
	return 255;
}

static int run_worker(struct serve *s, bool async, const struct fp_item *args)
{
	struct fp_work_options o = {.rfd = s->options.fd,
	                            .wfd = s->options.fd,
	                            .async = async,
	                            .profile = s->options.profile,
	                            .payload_max = s->options.payload_max,
	                            .outbox_fd = async ? -1 : s->outbox_fd,
	                            .args = args,
	                            .fds = s->fds,
	                            .n_args = s->args.n};
	const char *why = fp_work_read_start_up(&o);
	if (!why)
		return fp_work_run(&o);
	fprintf(stderr, "forkpool-template: run: %s\n", why);
	return 1;
}

static void run(struct serve *s)
{
	char name[256];
	struct fp_span payload = fp_buf_front(&s->payload);
	fp_copy_text(name, sizeof name, payload.data, payload.len);
	const struct fp_item *args = fp_args_seal(&s->args);
	bool is_sync = strcmp(name, FP_COMMAND_SYNC_RUN) == 0;
	prepare_to_run(s);
	if (is_sync || strcmp(name, FP_COMMAND_ASYNC_RUN) == 0)
		s->status = run_worker(s, !is_sync, args);
	else if (strcmp(name, FP_COMMAND_SHELL_RUN) == 0 && s->args.n == 1)
		s->status = run_shell(s, &args[0]);
	else
		s->status = run_function(s, name, args);
	s->is_over = true;
}

/* ---- the loop ---- */

static void carry_out(struct serve *s, uint8_t letter)
{
	static const struct {
		uint8_t letter;
		void (*carry_out)(struct serve *s);
	} commands[] = {{FP_COMMAND_ARGS, take_args},
	                {FP_COMMAND_EVAL, eval},
	                {FP_COMMAND_FD, take_fd},
	                {FP_COMMAND_FORK, fork_process},
	                {FP_COMMAND_RUN, run}};
	for (size_t i = 0; i < sizeof commands / sizeof *commands; i++)
		if (commands[i].letter == letter) {
			commands[i].carry_out(s);
			return;
		}
	complain(s, "unknown command: the stream is corrupt", NULL);
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
		complain(s, "a command is too long: the stream is corrupt", NULL);
	else if (n < (ssize_t)sizeof head || !is_payload_read(s, len))
		complain(s, "end of file inside a command", NULL);
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
		reap(s);
	if (p[0].revents)
		take_command(s);
}

static void init(struct serve *s, const struct fp_serve_options *options)
{
	sigset_t chld;
	*s = (struct serve){.options = *options, .outbox_fd = -1, .lifelines = {options->lifeline, -1}};
	fp_args_init(&s->args, &fp_sys_alloc, ARG_BYTES_MAX);
	fp_args_init(&s->list, &fp_sys_alloc, 0);
	fp_buf_init(&s->payload, &fp_sys_alloc, FP_COMMAND_BYTES_MAX + FP_READ_BYTES);
	sigemptyset(&chld);
	sigaddset(&chld, SIGCHLD);
	sigprocmask(SIG_BLOCK, &chld, NULL);
	s->signals = signalfd(-1, &chld, SFD_CLOEXEC | SFD_NONBLOCK);
	if (options->lifeline >= 0)
		s->lifelines[1] = fp_sys_arm_lifeline(options->lifeline);
	if (s->lifelines[1] == -EPIPE)
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
