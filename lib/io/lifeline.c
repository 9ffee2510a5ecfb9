/* The lifeline of this process. See lifeline.h. */
#include "lifeline.h"

#include "sys.h"

#include <pthread.h>

static struct {
	pthread_mutex_t lock; /* templates may live in several threads */
	int ends[2];
	unsigned holders;
} lifeline = {.lock = PTHREAD_MUTEX_INITIALIZER};

int fp_lifeline_get(void)
{
	pthread_mutex_lock(&lifeline.lock);
	int r = lifeline.holders ? 0 : fp_sys_pipe(lifeline.ends);
	if (!r) {
		lifeline.holders++;
		r = lifeline.ends[0];
	}
	pthread_mutex_unlock(&lifeline.lock);
	return r;
}

void fp_lifeline_put(void)
{
	pthread_mutex_lock(&lifeline.lock);
	if (!--lifeline.holders) {
		fp_sys_close(lifeline.ends[0]);
		fp_sys_close(lifeline.ends[1]);
	}
	pthread_mutex_unlock(&lifeline.lock);
}
