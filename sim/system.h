/* What the program takes from the operating system: memory, and a way to end. The world must not know it. */
#ifndef FP_SIM_SYSTEM_H
#define FP_SIM_SYSTEM_H

#include "../lib/core/base.h"

extern const struct fp_alloc sim_system_memory;

/* This process ends by SIGPROF once it has computed for so long from now on. */
void sim_system_limit(uint64_t ms);
void sim_system_no_core(void);                  /* this process leaves no core file when it aborts */
_Noreturn void sim_system_give_up(const char *what); /* says which call failed, and why; exit status 2 */

#endif
