/* What becomes of a process with its last command: a worker, a function, or a shell. See serve_inside.h. */
#include "serve_inside.h"

#include "command.h"
#include "module.h"
#include "sys.h"
#include "worker.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

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
	const int lifelines[] = {s->options.lifeline, s->armed_lifeline};
	for (size_t i = 0; i < 2; i++)
		if (lifelines[i] >= 0)
			fcntl(lifelines[i], F_SETFD, 0);
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

void fp_serve_run(struct serve *s)
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
