/* What processes use, asked of the kernel.
 *
 * CPU time covers this process, the template and the workers. Workers are not this process's children and are still
 * running when they are looked at, so neither RUSAGE_CHILDREN nor wait4 knows of them: the descendants are found
 * through the parents named in /proc/PID/stat, and each one's CPU clock is read (clock_getcpuclockid; nanoseconds, where
 * utime and stime in /proc count ticks of 10 ms). Both sides of the benchmark are measured in this one way.
 * It must never know which side it looks at. */
#define _GNU_SOURCE 1
#include "usage.h"

#include "bench.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <poll.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/pidfd.h>
#include <time.h>
#include <unistd.h>

#define PROC_MAX 4096u /* processes looked at in /proc */

uint64_t usage_now_ns(void)
{
	struct timespec t;
	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

static int by_size(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
	return (x > y) - (x < y);
}

double usage_median(uint64_t *v, size_t n)
{
	if (!n)
		return 0;
	qsort(v, n, sizeof *v, by_size);
	return ((double)v[(n - 1) / 2] + (double)v[n / 2]) / 2;
}

struct process {
	pid_t pid, parent;
	char state;
	bool ours;
};

/* False: it is gone. The name in parentheses may hold anything, so the fields are counted from its last one. */
static bool process_get(struct process *p, pid_t pid)
{
	char path[64], text[1024];
	snprintf(path, sizeof path, "/proc/%d/stat", (int)pid);
	FILE *f = fopen(path, "re");
	if (!f)
		return false;
	size_t n = fread(text, 1, sizeof text - 1, f);
	fclose(f);
	text[n] = 0;
	const char *rest = strrchr(text, ')');
	int parent = 0;
	if (!rest || sscanf(rest, ") %c %d", &p->state, &parent) != 2)
		return false;
	p->pid = pid;
	p->parent = (pid_t)parent;
	p->ours = false;
	return true;
}

static size_t process_list(struct process *all)
{
	DIR *d = opendir("/proc");
	if (!d)
		bench_die("cannot read /proc: %s; mount it", strerror(errno));
	size_t n = 0;
	for (struct dirent *e; (e = readdir(d));) {
		if (!isdigit((unsigned char)e->d_name[0]))
			continue;
		if (n == PROC_MAX)
			bench_die("more than %u processes on this machine; raise PROC_MAX in usage.c", PROC_MAX);
		n += process_get(&all[n], (pid_t)atoi(e->d_name));
	}
	closedir(d);
	return n;
}

/* Marks one more generation; false when there was none. */
static bool mark_children(struct process *all, size_t n)
{
	bool more = false;
	for (size_t i = 0; i < n; i++)
		for (size_t k = 0; k < n && !all[i].ours; k++)
			if (all[k].pid == all[i].parent && (all[k].ours || all[k].pid == getpid()))
				more = all[i].ours = true;
	return more;
}

static void family_get(struct usage_family *f)
{
	static struct process all[PROC_MAX];
	size_t n = process_list(all);
	while (mark_children(all, n))
		;
	f->n = 0;
	for (size_t i = 0; i < n; i++) {
		if (!all[i].ours || all[i].state == 'Z')
			continue;
		if (f->n == USAGE_PROCESSES_MAX)
			bench_die("more than %u descendants; raise USAGE_PROCESSES_MAX in usage.h", USAGE_PROCESSES_MAX);
		f->pid[f->n++] = all[i].pid;
	}
}

static double cpu_seconds(pid_t pid)
{
	clockid_t clock;
	struct timespec t;
	if (clock_getcpuclockid(pid, &clock) || clock_gettime(clock, &t))
		bench_die("cannot read the CPU clock of process %d: it ended while it was measured", (int)pid);
	return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

static double family_cpu_seconds(const struct usage_family *f)
{
	double sum = 0;
	for (size_t i = 0; i < f->n; i++)
		sum += cpu_seconds(f->pid[i]);
	return sum;
}

/* Own time is read last here and first at the end: what the looking costs stays out. */
void usage_cpu_begin(struct usage_cpu *u, size_t at_least)
{
	family_get(&u->family);
	if (u->family.n < at_least)
		bench_die("%zu descendants in /proc where %zu should run: CPU time would be lost", u->family.n, at_least);
	u->family_seconds = family_cpu_seconds(&u->family);
	u->own_seconds = cpu_seconds(getpid());
}

double usage_cpu_end(const struct usage_cpu *u)
{
	double own = cpu_seconds(getpid());
	struct usage_family now;
	family_get(&now);
	if (now.n != u->family.n || memcmp(now.pid, u->family.pid, now.n * sizeof *now.pid))
		bench_die("processes came or went while CPU time was measured: workers must live throughout");
	return own - u->own_seconds + family_cpu_seconds(&now) - u->family_seconds;
}

static void wait_end(pid_t pid)
{
	int fd = pidfd_open(pid, 0);
	if (fd < 0 && errno == ESRCH)
		return;
	if (fd < 0)
		bench_die("pidfd_open: %s; this needs Linux 5.3 or later", strerror(errno));
	struct pollfd p = {.fd = fd, .events = POLLIN};
	while (poll(&p, 1, -1) < 0 && errno == EINTR)
		;
	close(fd);
}

void usage_settle(pid_t keep)
{
	struct usage_family f;
	family_get(&f);
	for (size_t i = 0; i < f.n; i++)
		if (f.pid[i] != keep)
			wait_end(f.pid[i]);
}

void usage_wait_asleep(pid_t pid)
{
	struct process p;
	do {
		sched_yield();
		if (!process_get(&p, pid))
			bench_die("worker %d is gone from /proc", (int)pid);
	} while (p.state != 'S');
}

double usage_private_bytes(pid_t pid)
{
	char path[64], line[256];
	snprintf(path, sizeof path, "/proc/%d/smaps_rollup", (int)pid);
	FILE *f = fopen(path, "re");
	if (!f)
		bench_die("%s: %s; this needs Linux 4.14 or later and the right to trace the worker", path, strerror(errno));
	unsigned long kib, sum = 0, found = 0;
	while (fgets(line, sizeof line, f))
		if (sscanf(line, "Private_%*[A-Za-z]: %lu", &kib) == 1) {
			sum += kib;
			found++;
		}
	fclose(f);
	if (!found)
		bench_die("%s has no line Private_*", path);
	return (double)sum * 1024;
}
