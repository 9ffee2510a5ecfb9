/* Memory and the end of the program. See system.h. */
#include "system.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/time.h>

static void *resize(void *ctx, void *p, size_t old_len, size_t new_len)
{
	(void)ctx;
	(void)old_len;
	if (new_len)
		return realloc(p, new_len);
	free(p);
	return NULL;
}

const struct fp_alloc sim_system_memory = {resize, NULL};

void sim_system_limit(uint64_t ms)
{
	struct timeval tv = {.tv_sec = (time_t)(ms / 1000), .tv_usec = (suseconds_t)(ms % 1000 * 1000)};
	setitimer(ITIMER_PROF, &(struct itimerval){.it_value = tv}, NULL);
}

void sim_system_no_core(void)
{
	setrlimit(RLIMIT_CORE, &(struct rlimit){0, 0});
}

void sim_system_give_up(const char *what)
{
	fprintf(stderr, "forkpool-sim: %s: %s\n", what, strerror(errno));
	exit(2);
}
