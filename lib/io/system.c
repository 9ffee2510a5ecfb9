/* What forkpool.h tells about the system and the library. */
#include "../forkpool.h"

#include <sched.h>

unsigned fp_ncpu(void)
{
	cpu_set_t set;
	int n = sched_getaffinity(0, sizeof set, &set) == 0 ? CPU_COUNT(&set) : 1;
	return n > 0 ? (unsigned)n : 1;
}

const char *fp_version(void)
{
	return FP_VERSION;
}
