/* What the commands of forkpool-sim share. Each takes its words after the command's name and returns the exit status: 0 no
 * promise was broken, 1 one was, 2 wrong usage. */
#ifndef FP_SIM_COMMAND_H
#define FP_SIM_COMMAND_H

#include "attempt.h"
#include "shrink.h"
#include "story.h"
#include "system.h"

enum { SIM_EXIT_CLEAN, SIM_EXIT_BROKEN, SIM_EXIT_USAGE };

int sim_command_run(int n, char **words);
int sim_command_replay(int n, char **words);
int sim_command_shrink(int n, char **words);
int sim_command_swarm(int n, char **words);
int sim_command_explore(int n, char **words);
int sim_command_sweep(int n, char **words);
int sim_command_theory(int n, char **words);
int sim_command_fields(int n, char **words);

int sim_usage(const char *what, ...) __attribute__((format(printf, 1, 2))); /* says it on standard error; SIM_EXIT_USAGE */

/* An option with a value: "--seed 7" or "--seed=7". Answers whether words[*i] is it; *i then stands at the last word of it;
 * *value is NULL where it is missing. */
bool sim_option_is(const char *name, int n, char **words, int *i, const char **value);
bool sim_number_is_parsed(const char *text, uint64_t min, uint64_t max, uint64_t *value);

/* A word that is no option: a scenario file, or NAME=VALUE. 0, or SIM_EXIT_USAGE after a message. */
int sim_plan_word(struct sim_plan *p, const char *word);

/* The random run of a seed, with n words NAME=VALUE to change it. NULL, or what is wrong with them. To be ended by fini. */
const char *sim_plan_random(struct sim_plan *p, uint64_t seed, int n, char **words);

/* What broke, and the command that shows it again. */
void sim_report(const struct sim_plan *p, const struct sim_verdict *v);
/* Makes a failing plan small, the failure staying the same. */
struct sim_shrunk sim_make_small(struct sim_attempt *a, struct sim_plan *p);
/* The same, and says how far. */
void sim_shrink_and_tell(struct sim_attempt *a, struct sim_plan *p);
/* The same, and reports what is left. */
void sim_shrink_and_report(struct sim_attempt *a, struct sim_plan *p);

#endif
