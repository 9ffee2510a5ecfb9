/* `record`: stands where a parent starts a child on standard input and output, passes everything on, and writes what it saw as
 * a transcript. Must not know what the frames are for. */
#include "command.h"

#include "../../lib/programs/cli.h"
#include "frame.h"
#include "process.h"
#include "runner.h"
#include "seen.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define READ_BYTES ((size_t)64 << 10)

/* One direction: what is read from one side is written to the other, all of it before more is read. */
struct flow {
	int from, to;             /* -1: over */
	bool is_child;            /* the child speaks */
	struct fp_bytes unwritten;
	struct fp_bytes frame;    /* of the child: what has come of frames that are not told yet */
};

struct recorder {
	FILE *file;
	bool is_async, is_native, is_json;
};

static const struct fp_cli cli = {"forkpool-conform record",
                                  "Usage: forkpool-conform record [OPTION ...] -- CMD [ARG ...]\n"
                                  "Stands where a parent starts CMD as its child, on standard input and output, and\n"
                                  "writes a transcript of what they say to each other.\n"
                                  "\n"
                                  "  -o, --output FILE  the transcript [recorded.transcript]\n"
                                  "  --async            the parent's mode [sync]\n"
                                  "  --profile WORD     byte order of frames: network (default) or native\n"
                                  "  --serialiser WORD  string (default) or json\n"
                                  "  --help, --version\n"
                                  "\n"
                                  "Exit status: that of CMD; 2 wrong usage, 3 CMD did not start, 4 no transcript.\n"
                                  "\n"
                                  "Example:\n"
                                  "  forkpool-run --command 'forkpool-conform record -o t -- ./worker' < lines\n"};

/* ---- the transcript ---- */

static void head_write(const struct recorder *r)
{
	fprintf(r->file, "case        recorded\ntitle       recorded between a parent and a child\nmode        %s\n"
	                 "profile     %s\nserialiser  %s\n\n",
	        r->is_async ? "async" : "sync", r->is_native ? "native" : "network", r->is_json ? "json" : "string");
}

static void line_write(const struct recorder *r, bool is_child, char *text)
{
	fprintf(r->file, "%s %s\n", is_child ? "child" : "parent", text);
	free(text);
}

/* The child's lines hold whole frames, however they were cut, so that they can be expected. */
static void frames_write(const struct recorder *r, struct flow *f)
{
	struct fp_framing framing = {.has_id = true, .is_big_endian = !r->is_native};
	uint64_t len;
	while (f->frame.len && (len = fp_frame_len(framing, fp_bytes_front(&f->frame), f->frame.len)) && len <= f->frame.len) {
		line_write(r, true, fp_seen_octets(fp_bytes_front(&f->frame), (size_t)len, true, !r->is_native));
		fp_bytes_take(&f->frame, (size_t)len);
	}
}

static void seen_write(const struct recorder *r, struct flow *f, const uint8_t *data, size_t len)
{
	if (!f->is_child) {
		line_write(r, false, fp_seen_octets(data, len, false, true));
		return;
	}
	fp_bytes_put(&f->frame, data, len);
	frames_write(r, f);
}

static void end_write(const struct recorder *r, struct flow *f)
{
	if (f->frame.len)
		line_write(r, true, fp_seen_octets(fp_bytes_front(&f->frame), f->frame.len, false, true));
	line_write(r, f->is_child, fp_text("ends"));
}

/* ---- the flows ---- */

static void flow_close(struct flow *f)
{
	if (f->to >= 0)
		close(f->to);
	f->to = -1;
	fp_bytes_take(&f->unwritten, f->unwritten.len);
}

static void flow_write(struct flow *f)
{
	ssize_t n = write(f->to, fp_bytes_front(&f->unwritten), f->unwritten.len);
	if (n > 0)
		fp_bytes_take(&f->unwritten, (size_t)n);
	else if (n < 0 && errno != EAGAIN && errno != EINTR)
		flow_close(f); /* what else comes goes nowhere */
}

static void flow_read(const struct recorder *r, struct flow *f)
{
	uint8_t *room = fp_bytes_space(&f->unwritten, READ_BYTES);
	ssize_t n = read(f->from, room, READ_BYTES);
	if (n < 0 && (errno == EINTR || errno == EAGAIN))
		return;
	if (n <= 0) {
		end_write(r, f);
		close(f->from);
		f->from = -1;
		flow_close(f);
		return;
	}
	seen_write(r, f, room, (size_t)n);
	if (f->to >= 0)
		fp_bytes_add(&f->unwritten, (size_t)n);
}

static void flows_run(const struct recorder *r, struct flow flows[2])
{
	/* The child's end is the end: a parent may keep its side open for longer than that. */
	while (flows[1].from >= 0) {
		struct pollfd p[2];
		for (int i = 0; i < 2; i++)
			p[i] = flows[i].unwritten.len ? (struct pollfd){.fd = flows[i].to, .events = POLLOUT}
			                              : (struct pollfd){.fd = flows[i].from, .events = POLLIN};
		if (poll(p, 2, -1) < 0)
			continue;
		for (int i = 0; i < 2; i++) {
			if (!p[i].revents)
				continue;
			if (flows[i].unwritten.len)
				flow_write(&flows[i]);
			else
				flow_read(r, &flows[i]);
		}
		fflush(r->file);
	}
}

/* ---- the child ---- */

static pid_t child_start(char **argv, struct flow flows[2])
{
	int to[2], from[2];
	pid_t pid;
	posix_spawn_file_actions_t actions;
	if (pipe2(to, O_CLOEXEC) < 0 || pipe2(from, O_CLOEXEC) < 0)
		return -1;
	posix_spawn_file_actions_init(&actions);
	posix_spawn_file_actions_adddup2(&actions, to[0], 0);
	posix_spawn_file_actions_adddup2(&actions, from[1], 1);
	errno = posix_spawnp(&pid, argv[0], &actions, NULL, argv, environ);
	posix_spawn_file_actions_destroy(&actions);
	close(to[0]);
	close(from[1]);
	flows[0] = (struct flow){.from = 0, .to = to[1]};
	flows[1] = (struct flow){.from = from[0], .to = 1, .is_child = true};
	return errno ? -1 : pid;
}

/* The descriptors of the pipes do not block; those that were inherited are left as they are, since others have them too. */
static int record(const struct recorder *r, char **argv)
{
	struct flow flows[2];
	int status;
	signal(SIGPIPE, SIG_DFL);
	pid_t pid = child_start(argv, flows);
	if (pid < 0) {
		fp_cli_say(&cli, "%s did not start: %s", argv[0], strerror(errno));
		return FP_STATUS_NOT_STARTED;
	}
	signal(SIGPIPE, SIG_IGN);
	fcntl(flows[0].to, F_SETFL, O_NONBLOCK);
	head_write(r);
	flows_run(r, flows);
	if (flows[0].to >= 0)
		close(flows[0].to);
	while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	status = WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
	fprintf(r->file, "child exits %d\n", status);
	for (int i = 0; i < 2; i++) {
		fp_bytes_fini(&flows[i].unwritten);
		fp_bytes_fini(&flows[i].frame);
	}
	return status;
}

int fp_command_record(int argc, char **argv)
{
	static const char *const profiles[] = {"network", "native", NULL};
	static const char *const serialisers[] = {"string", "json", NULL};
	static char output[] = "--output";
	struct recorder r = {0};
	unsigned profile = 0, serialiser = 0;
	const char *file = "recorded.transcript";
	const struct fp_cli_option options[] = {
		{.name = "output", .kind = FP_CLI_TEXT, .to = &file},
		{.name = "async", .kind = FP_CLI_FLAG, .to = &r.is_async},
		{.name = "profile", .kind = FP_CLI_WORD, .to = &profile, .words = profiles},
		{.name = "serialiser", .kind = FP_CLI_WORD, .to = &serialiser, .words = serialisers}};
	for (int i = 1; i < argc && strcmp(argv[i], "--") != 0 && argv[i][0] == '-'; i++)
		if (!strcmp(argv[i], "-o"))
			argv[i] = output;
	int at = fp_cli_parse(&cli, options, sizeof options / sizeof *options, argc, argv);
	if (at == argc)
		fp_cli_wrong(&cli, "a command is expected: record -- CMD");
	r.is_native = profile == 1;
	r.is_json = serialiser == 1;
	r.file = fopen(file, "we");
	if (!r.file) {
		fp_cli_say(&cli, "%s: %s", file, strerror(errno));
		return FP_STATUS_SUITE;
	}
	int status = record(&r, argv + at);
	if (ferror(r.file) | fclose(r.file)) {
		fp_cli_say(&cli, "%s: cannot be written", file);
		return FP_STATUS_SUITE;
	}
	return status;
}
