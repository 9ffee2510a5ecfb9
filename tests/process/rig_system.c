/* What the tests look at outside the library: files, processes, numbers. See rig.h. */
#include "rig.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#define PROGRAM_S 300 /* seconds: a test program that is stuck inside a function is ended by SIGALRM */

/* ---- files ---- */

const char *rig_file(struct rig *r, const char *name)
{
	static char paths[4][PATH_MAX + 64];
	static unsigned turn;
	if (!r->dir[0]) {
		snprintf(r->dir, sizeof r->dir, "/tmp/forkpool-test-XXXXXX");
		rig_must(mkdtemp(r->dir));
	}
	char *path = paths[turn++ % 4];
	snprintf(path, sizeof paths[0], "%s/%s", r->dir, name);
	return path;
}

void catch_stderr(struct rig *r)
{
	int fd = open(rig_file(r, "stderr"), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
	fflush(stderr);
	r->stderr_fd = fcntl(2, F_DUPFD_CLOEXEC, 3);
	assert_true(fd >= 0 && r->stderr_fd >= 0);
	dup2(fd, 2);
	close(fd);
}

char *caught_stderr(struct rig *r)
{
	fflush(stderr);
	dup2(r->stderr_fd, 2);
	close(r->stderr_fd);
	return read_file(rig_file(r, "stderr"));
}

char *read_file(const char *path)
{
	size_t len = 0, cap = 4096;
	char *text = rig_must(malloc(cap));
	FILE *f = fopen(path, "re");
	for (size_t n; f && (n = fread(text + len, 1, cap - len - 1, f)) > 0;) {
		len += n;
		if (cap - len < 2048)
			text = rig_must(realloc(text, cap *= 2));
	}
	if (f)
		fclose(f);
	text[len] = '\0';
	return text;
}

bool file_has_line(const char *path, const char *line)
{
	char *text = read_file(path);
	bool is_found = false;
	for (char *at = strtok(text, "\n"); at && !is_found; at = strtok(NULL, "\n"))
		is_found = strcmp(at, line) == 0;
	free(text);
	return is_found;
}

void rig_remove_dir(const char *path)
{
	DIR *dir = opendir(path);
	for (struct dirent *e; dir && (e = readdir(dir));)
		if (e->d_name[0] != '.')
			unlinkat(dirfd(dir), e->d_name, 0);
	if (dir)
		closedir(dir);
	rmdir(path);
}

const char *source_dir(void)
{
	static char dir[PATH_MAX];
	char file[] = __FILE__;
	*strrchr(file, '/') = '\0';
	if (!dir[0] && !realpath(file, dir))
		fail_msg("%s is not here: run the tests in the top directory of the tree", file);
	return dir;
}

/* ---- processes ---- */

pid_t rig_pid(struct rig *r)
{
	return (pid_t)atoi(rig_ask(r, "pid"));
}

pid_t rig_template_pid(struct rig *r)
{
	pid_t template = (pid_t)atoi(rig_ask(r, "ppid")); /* while the worker is there, so is what it says */
	if (template <= 1)
		fail_msg("the worker's template has ended");
	return template;
}

/* Of /proc/PID/stat: the state and the parent, which stand behind the last ')'. */
static bool look_at(pid_t pid, char *state, int *parent)
{
	char path[64];
	snprintf(path, sizeof path, "/proc/%d/stat", (int)pid);
	char *text = read_file(path), *at = strrchr(text, ')');
	bool is_there = at && sscanf(at + 1, " %c %d", state, parent) == 2;
	free(text);
	return is_there;
}

pid_t parent_of(pid_t pid)
{
	char state;
	int parent;
	return look_at(pid, &state, &parent) ? parent : 0;
}

char state_of(pid_t pid)
{
	char state;
	int parent;
	return look_at(pid, &state, &parent) ? state : 0;
}

#define MARK "FORKPOOL_TEST_MARK"
static char mark[64];

void mark_processes(void)
{
	static unsigned turn;
	snprintf(mark, sizeof mark, "%d.%u", (int)getpid(), ++turn);
	setenv(MARK, mark, 1);
}

bool is_marked(pid_t pid)
{
	char path[64], environment[16384];
	snprintf(path, sizeof path, "/proc/%d/environ", (int)pid);
	FILE *f = fopen(path, "re");
	size_t n = f ? fread(environment, 1, sizeof environment - 1, f) : 0;
	if (f)
		fclose(f);
	environment[n] = '\0';
	for (size_t at = 0; at < n; at += strlen(environment + at) + 1)
		if (strncmp(environment + at, MARK "=", strlen(MARK) + 1) == 0)
			return strcmp(environment + at + strlen(MARK) + 1, mark) == 0;
	return false;
}

static bool is_child(pid_t pid, pid_t parent)
{
	return parent_of(pid) == parent;
}

static bool is_started_here(pid_t pid, pid_t here)
{
	return pid != here && is_marked(pid);
}

/* Of all processes, those that are what is asked for of this one. */
static size_t find(bool (*is_it)(pid_t pid, pid_t of), pid_t of, pid_t *pids, size_t max)
{
	size_t n = 0;
	DIR *dir = opendir("/proc");
	for (struct dirent *e; dir && n < max && (e = readdir(dir));) {
		pid_t pid = atoi(e->d_name);
		if (pid > 0 && is_it(pid, of))
			pids[n++] = pid;
	}
	closedir(dir);
	return n;
}

size_t marked(pid_t *pids, size_t max)
{
	return find(is_started_here, getpid(), pids, max);
}

unsigned zombies_of(pid_t parent)
{
	pid_t pids[256];
	unsigned zombies = 0;
	for (size_t n = find(is_child, parent, pids, sizeof pids / sizeof pids[0]); n > 0; n--)
		zombies += state_of(pids[n - 1]) == 'Z';
	return zombies;
}

unsigned open_fds(void)
{
	unsigned n = 0;
	DIR *dir = opendir("/proc/self/fd");
	for (struct dirent *e; dir && (e = readdir(dir));)
		n += e->d_name[0] != '.';
	closedir(dir);
	return n - 1; /* without the one that lists them */
}

static void on_process_end(struct ev_loop *loop, ev_io *io, int events)
{
	(void)events;
	struct watched *w = io->data;
	w->gone = true;
	ev_io_stop(loop, io);
}

void watch_process(struct rig *r, struct watched *w, pid_t pid)
{
	*w = (struct watched){.rig = r, .pid = pid, .pidfd = (int)syscall(SYS_pidfd_open, pid, 0)};
	if (w->pidfd < 0)
		fail_msg("process %d is not there", (int)pid);
	fcntl(w->pidfd, F_SETFD, FD_CLOEXEC);
	ev_io_init(&w->io, on_process_end, w->pidfd, EV_READ);
	w->io.data = w;
	ev_io_start(r->loop, &w->io);
}

void unwatch_process(struct watched *w)
{
	ev_io_stop(w->rig->loop, &w->io);
	close(w->pidfd);
}

void kill_watched(const struct watched *w, int signal)
{
	syscall(SYS_pidfd_send_signal, w->pidfd, signal, NULL, 0);
}

/* ---- numbers ---- */

uint32_t draw(uint64_t *seed, uint32_t below)
{
	*seed = *seed * 6364136223846793005u + 1442695040888963407u;
	return (uint32_t)(*seed >> 33) % below;
}

const char *numbered(const char *prefix, size_t i)
{
	static char texts[4][64];
	static unsigned turn;
	char *text = texts[turn++ % 4];
	snprintf(text, sizeof texts[0], "%s%zu", prefix, i);
	return text;
}

double now_s(void)
{
	struct timespec t;
	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

long memory_kib(const char *field)
{
	char *text = read_file("/proc/self/status"), *at = strstr(text, field);
	long kib = at ? atol(at + strlen(field) + 1) : -1;
	free(text);
	assert_true(kib > 0);
	return kib;
}

/* ---- the program ---- */

/* The programs and modules of the build tree that this test stands in: B/tests/process/test_x, B/bin, B/lib/forkpool. */
void rig_prepare(void)
{
	char here[PATH_MAX], text[3 * PATH_MAX];
	ssize_t n = readlink("/proc/self/exe", here, sizeof here - 1);
	here[n > 0 ? n : 0] = '\0';
	*strrchr(here, '/') = '\0';
	snprintf(text, sizeof text, "%s/../../bin/forkpool-template", here);
	setenv("FORKPOOL_TEMPLATE", text, 0);
	snprintf(text, sizeof text, "%s/../../lib/forkpool:%s", here, here);
	setenv("FORKPOOL_PATH", text, 0);
	snprintf(text, sizeof text, "%s/../../lib", source_dir());
	setenv("CPATH", text, 0); /* the header for C sources that are compiled by a template, wherever the build tree is */
	if (access(getenv("FORKPOOL_TEMPLATE"), X_OK) < 0) {
		fprintf(stderr, "no %s: build it first, or set FORKPOOL_TEMPLATE\n", getenv("FORKPOOL_TEMPLATE"));
		exit(1);
	}
	alarm(PROGRAM_S);
}
